/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Updates by SMP of a board with Zephyr: to the slot that does not run, on test, confirmed; and by MCUboot's serial recovery. */

#define SAMPLE_CAPACITY (300 * 1024)

#include "smp-bench.h"
#include "traffic.h"

static const struct smp_wish no_wish;

static void update_and_expect(const char *spec, const struct smp_wish *wish, uint32_t body, const char *slot)
{
	struct sample sample = smp_make_sample(1, body);
	struct smp_end end;
	struct bench bench;

	smp_start(&bench, spec);
	end = smp_update(&bench, &sample, wish, spec);
	smp_expect(&end, 0, "downloaded and verified", spec);
	cr_expect(smp_holds(&bench, slot, &sample), "%s", spec);
	cr_expect(eq(int, end.verified, DFUT_VERIFIED_YES), "%s", spec);
	bench_expect_no_breach(bench.device, spec);
	/* What was confirmed is there after the next restart, too. */
	dfut_sim_device_press_reset(bench.device);
	smp_wait_ms(&bench, 5000);
	cr_expect(smp_holds(&bench, slot, &sample), "%s: after a restart", spec);
	cr_expect(strcmp(dfut_sim_device_get_mode_name(bench.device), "application") == 0, "%s", spec);
	bench_stop(&bench);
}

Test(update_smp, application_is_updated_and_confirmed)
{
	struct sample sample = smp_make_sample(1, 20000);
	struct smp_end end;
	struct bench bench;

	smp_start(&bench, "smp-board");
	end = smp_update(&bench, &sample, &no_wish, "first");
	smp_expect(&end, 0, "downloaded and verified; the new firmware has been started: version 9.1.0, confirmed",
		   "first");
	cr_expect(eq(int, end.hint[0], 0), "%s", end.hint);
	cr_expect(strstr(end.facts, "running_version: 9.1.0") != NULL, "%s", end.facts);
	cr_expect(strstr(end.facts, "smp_bootloader: MCUboot") != NULL, "%s", end.facts);
	bench_expect_no_breach(bench.device, "first");
	end = smp_update(&bench, &sample, &no_wish, "again");
	smp_expect(&end, 0, "already: nothing was written", "again");
	bench_expect_no_breach(bench.device, "again");
	bench_stop(&bench);
}

Test(update_smp, boards_of_all_kinds, .timeout = 120)
{
	static const char *const specs[] = {
		"smp-board:version=1",
		"smp-board:encoding=canonical",
		"smp-board:buffer=512",
		"smp-board:buffer=1024,encoding=canonical,version=1",
		"smp-board:buffer=none",
		"smp-board:buffer=none,version=1,encoding=canonical",
		"smp-board:console=yes",
		"smp-board:console=no,list=frugal",
		"smp-board:list=frugal,slot-info=no",
		"smp-board:match=yes",
		"smp-board:erase=progressive",
		"smp-board:erase=at-once,erase-ms=60",
		"smp-board:write-block=32",
		"smp-board:no-downgrade=yes",
		"smp-board:bootloader=overwrite",
		"smp-board:echo=no",
		"smp-board:speed=115200",
	};

	for (size_t i = 0; i < COUNT(specs); i++)
		update_and_expect(specs[i], &no_wish, 9000 + (uint32_t)i, "slot0");
}

Test(update_smp, recovery_of_all_kinds, .timeout = 120)
{
	static const char *const specs[] = {
		"smp-board:mode=recovery",
		"smp-board:mode=recovery,encoding=canonical",
		"smp-board:mode=recovery,buffer=512",
		"smp-board:mode=recovery,buffer=none",
		"smp-board:mode=recovery,erase=progressive",
		"smp-board:mode=recovery,write-block=32",
		"smp-board:mode=recovery,direct=yes",
		"smp-board:mode=recovery,image-state=yes",
		"smp-board:mode=recovery,slot-info=no",
		"smp-board:mode=recovery,recovery-pid=0004",
		"smp-board:mode=recovery,speed=115200",
	};

	for (size_t i = 0; i < COUNT(specs); i++)
		update_and_expect(specs[i], &no_wish, 9000 + (uint32_t)i, "slot0");
}

Test(update_smp, second_of_two_images)
{
	static const struct smp_wish first = { .alternate = "image 0" }, second = { .alternate = "1" },
				     third = { .alternate = "2" }, odd = { .alternate = "slot1" };
	struct sample sample = smp_make_sample(1, 5000);
	struct smp_end end;
	struct bench bench;

	smp_start(&bench, "smp-board:images=2");
	end = smp_update(&bench, &sample, &no_wish, "not chosen");
	smp_expect(&end, DFUT_ERROR_USAGE, "no image was chosen: the device has \"image 0\", \"image 1\"",
		   "not chosen");
	end = smp_update(&bench, &sample, &third, "third");
	smp_expect(&end, DFUT_ERROR_NOT_FOUND, "no image 2", "third");
	end = smp_update(&bench, &sample, &odd, "odd");
	smp_expect(&end, DFUT_ERROR_NOT_FOUND, "no image \"slot1\"", "odd");
	end = smp_update(&bench, &sample, &second, "second");
	smp_expect(&end, 0, "downloaded and verified", "second");
	cr_expect(smp_holds(&bench, "slot2", &sample));
	bench_expect_no_breach(bench.device, "second");
	end = smp_update(&bench, &sample, &first, "first");
	smp_expect(&end, 0, "downloaded and verified", "first");
	cr_expect(smp_holds(&bench, "slot0", &sample));
	bench_expect_no_breach(bench.device, "first");
	bench_stop(&bench);
}

Test(update_smp, second_image_in_recovery)
{
	static const struct smp_wish second = { .alternate = "1" };
	struct sample sample = smp_make_sample(1, 5000);
	struct smp_end end;
	struct bench bench;

	update_and_expect("smp-board:mode=recovery,images=2", &second, 5000, "slot2");
	update_and_expect("smp-board:mode=recovery,images=2,direct=yes", &second, 5000, "slot2");
	smp_start(&bench, "smp-board:mode=recovery,images=2,slot-info=no");
	end = smp_update(&bench, &sample, &second, "unsaid");
	smp_expect(&end, DFUT_ERROR_UNSUPPORTED, "could be overwritten", "unsaid");
	bench_stop(&bench);
}

Test(update_smp, left_on_test_goes_back)
{
	static const struct smp_wish on_test = { .leaves_on_test = true };
	struct sample sample = smp_make_sample(1, 9000);
	struct smp_end end;
	struct bench bench;

	smp_start(&bench, "smp-board");
	end = smp_update(&bench, &sample, &on_test, "on test");
	smp_expect(&end, 0, "version 9.1.0, on test", "on test");
	cr_expect(strstr(end.hint, "\"confirm\"") != NULL, "%s", end.hint);
	cr_expect(smp_holds(&bench, "slot0", &sample));
	dfut_sim_device_press_reset(bench.device);
	smp_wait_ms(&bench, 5000);
	cr_expect(not(smp_holds(&bench, "slot0", &sample)));
	/* It is in the other slot now: nothing is sent again. */
	end = smp_update(&bench, &sample, &on_test, "again");
	cr_expect(eq(int, end.result, 0), "%s", end.message);
	cr_expect(strstr(end.message, "were in the device already") != NULL, "%s", end.message);
	cr_expect(smp_holds(&bench, "slot0", &sample));
	end = smp_command(&bench, "confirm", "confirm");
	cr_expect(eq(int, end.result, 0), "%s", end.message);
	dfut_sim_device_press_reset(bench.device);
	smp_wait_ms(&bench, 5000);
	cr_expect(smp_holds(&bench, "slot0", &sample));
	bench_expect_no_breach(bench.device, "all");
	bench_stop(&bench);
}

/* Who was interrupted before confirming finds it running. */
Test(update_smp, what_runs_on_test_is_confirmed)
{
	static const struct smp_wish on_test = { .leaves_on_test = true };
	struct sample sample = smp_make_sample(1, 9000);
	struct smp_end end;
	struct bench bench;

	smp_start(&bench, "smp-board");
	end = smp_update(&bench, &sample, &on_test, "on test");
	cr_expect(eq(int, end.result, 0), "%s", end.message);
	end = smp_update(&bench, &sample, &no_wish, "confirmed");
	smp_expect(&end, 0, "already: nothing was written", "confirmed");
	dfut_sim_device_press_reset(bench.device);
	smp_wait_ms(&bench, 5000);
	cr_expect(smp_holds(&bench, "slot0", &sample));
	bench_expect_no_breach(bench.device, "all");
	bench_stop(&bench);
}

Test(update_smp, plan_tells_what_has_no_way_back)
{
	struct sample sample = smp_make_sample(1, 5000);
	struct smp_end end;
	struct bench bench;

	smp_start(&bench, "smp-board:mode=recovery");
	end = smp_update(&bench, &sample, &no_wish, "recovery");
	cr_expect(strstr(end.steps, "this is MCUboot's serial recovery, so that there is no way back") != NULL, "%s",
		  end.steps);
	bench_stop(&bench);
	smp_start(&bench, "smp-board:bootloader=overwrite");
	end = smp_update(&bench, &sample, &no_wish, "overwrite");
	cr_expect(strstr(end.steps, "this bootloader can't go back") != NULL, "%s", end.steps);
	bench_stop(&bench);
	smp_start(&bench, "smp-board");
	end = smp_update(&bench, &sample, &no_wish, "swap");
	cr_expect(strstr(end.steps, "goes back to the old one if it is not confirmed") != NULL, "%s", end.steps);
	bench_stop(&bench);
}

/* When it was downloading. */
struct span {
	struct bench *bench;
	uint64_t began_us;
	uint64_t ended_us;
};

static void note_progress(struct dfut_session *session, const struct dfut_progress *progress, void *user_data)
{
	struct span *span = user_data;
	uint64_t now_us = dfut_sim_get_time_us(span->bench->sim);

	(void)session;
	if (progress->state == DFUT_SESSION_DOWNLOADING && !span->began_us)
		span->began_us = now_us;
	if (progress->state != DFUT_SESSION_DOWNLOADING && span->began_us && !span->ended_us)
		span->ended_us = now_us;
}

/* {"off": 0x00012345} and a header, as a frame. */
#define ANSWER_BYTES 35

/* A chip writes a word of 4 bytes in so long, and nobody can hurry it. */
#define WRITE_US 41

/* What the frames of an upload need, at ten bits a byte. */
static uint64_t get_line_us(const struct span *span, uint32_t speed)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < dfut_sim_device_get_record_count(span->bench->device); i++) {
		const struct dfut_sim_record *record = dfut_sim_device_get_record(span->bench->device, i);

		if (record->event == DFUT_SIM_EVENT_ENDPOINT && record->time_us >= span->began_us &&
		    record->time_us < span->ended_us && record->length > 60)
			bytes += record->length + (record->length > 63 ? ANSWER_BYTES : 0);
	}
	return bytes * 10 * 1000000 / speed;
}

static void expect_speed(const char *spec, uint64_t write_us, size_t most_writes)
{
	struct sample sample = smp_make_sample(1, 256 * 1024);
	struct dfut_image *image;
	struct dfut_session *session;
	struct bench bench;
	struct span span = { .bench = &bench };
	struct traffic need = { 0 };
	uint64_t needed_us, took_us;

	smp_start(&bench, spec);
	image = smp_load(&bench, &sample);
	session = bench_new_session(&bench, "1-1");
	dfut_session_set_progress_handler(session, note_progress, &span);
	cr_assert(eq(int, dfut_session_start_update(session, image), 0));
	cr_assert(eq(int, bench_run(&bench, session, SIZE_MAX, spec), 0), "%s", dfut_session_get_message(session));
	took_us = span.ended_us - span.began_us;
	needed_us = get_line_us(&span, 115200) + sample.size / 4 * write_us;
	fprintf(stderr, "%s: %llu ms, line and flash need %llu ms\n", spec, (unsigned long long)took_us / 1000,
		(unsigned long long)needed_us / 1000);
	cr_expect(le(u64, took_us, needed_us + needed_us / 20), "%s", spec);
	/* 93 bytes in each line of 127; a message that fills the buffer has a header and CBOR beside its data */
	need.bytes = (sample.size + 92) / 93 * 127;
	need.ms = needed_us / 1000;
	traffic_expect(&bench, spec, &need, &(struct traffic){ most_writes, need.bytes + need.bytes / 10, 0 });
	bench_expect_no_breach(bench.device, spec);
	dfut_session_free(session);
	dfut_image_free(image);
	bench_stop(&bench);
}

Test(update_smp, large_image_at_the_speed_of_the_line, .timeout = 120)
{
	expect_speed("smp-board:slot-size=512K,speed=115200,erase-ms=0", WRITE_US, 760);
	expect_speed("smp-board:slot-size=512K,speed=115200,erase-ms=0,buffer=1024", WRITE_US, 280);
	expect_speed("smp-board:slot-size=512K,speed=115200,erase-ms=0,mode=recovery", WRITE_US, 280);
	/* Of the line alone, where flash takes no time */
	expect_speed("smp-board:slot-size=512K,speed=115200,erase-ms=0,write-us=0", 0, 760);
	expect_speed("smp-board:slot-size=512K,speed=115200,erase-ms=0,write-us=0,buffer=1024", 0, 280);
	expect_speed("smp-board:slot-size=512K,speed=115200,erase-ms=0,write-us=0,mode=recovery", 0, 280);
}

/* Marked, and not restarted: the next restart starts it. And restarted, though it runs already. */
Test(update_smp, is_restarted_as_it_is_wanted)
{
	static const struct smp_wish stays = { .restart = DFUT_RESTART_NEVER },
				     anew = { .restart = DFUT_RESTART_ALWAYS };
	struct sample sample = smp_make_sample(1, 20000);
	struct smp_end end;
	struct bench bench;

	smp_start(&bench, "smp-board");
	end = smp_update(&bench, &sample, &stays, "stays");
	smp_expect(&end, 0, "downloaded and verified; the device was not restarted", "stays");
	cr_expect(strstr(end.steps, "leave the device as it runs") != NULL, "%s", end.steps);
	cr_expect(strstr(end.hint, "next restart") != NULL, "%s", end.hint);
	cr_expect(not(smp_holds(&bench, "slot0", &sample)));
	cr_expect(smp_holds(&bench, "slot1", &sample));
	bench_expect_no_breach(bench.device, "stays");
	dfut_sim_device_press_reset(bench.device);
	smp_wait_ms(&bench, 5000);
	cr_expect(smp_holds(&bench, "slot0", &sample), "it was marked");
	/* It is on test: confirmed first, it need not be restarted. */
	end = smp_update(&bench, &sample, &no_wish, "confirms");
	smp_expect(&end, 0, "nothing was written", "confirms");
	end = smp_update(&bench, &sample, &anew, "anew");
	smp_expect(&end, 0, "nothing was written; the firmware has been started", "anew");
	cr_expect(smp_holds(&bench, "slot0", &sample));
	bench_expect_no_breach(bench.device, "anew");
	bench_stop(&bench);

	smp_start(&bench, "smp-board:mode=recovery");
	end = smp_update(&bench, &sample, &stays, "recovery");
	smp_expect(&end, 0, "the device was not restarted", "recovery");
	cr_expect(strcmp(dfut_sim_device_get_mode_name(bench.device), "application") != 0);
	cr_expect(smp_holds(&bench, "slot0", &sample));
	bench_stop(&bench);
}
