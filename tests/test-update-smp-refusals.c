/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What is refused before anything is written by SMP, what goes on where it was broken off, and the commands. */

#define SAMPLE_CAPACITY (140 * 1024)

#include "smp-bench.h"

static const struct smp_wish no_wish;

/* Of requests that carry a part of an image: long ones. */
static size_t count_written(const struct bench *bench)
{
	size_t bytes = 0;

	for (size_t i = 0; i < dfut_sim_device_get_record_count(bench->device); i++) {
		const struct dfut_sim_record *record = dfut_sim_device_get_record(bench->device, i);

		bytes += record->event == DFUT_SIM_EVENT_ENDPOINT && record->length > 200 ? record->length : 0;
	}
	return bytes;
}

static void refuse(const char *spec, const struct sample *sample, const struct smp_wish *wish, int code,
		   unsigned int check, const char *words)
{
	struct smp_end end;
	struct bench bench;

	smp_start(&bench, spec);
	end = smp_update(&bench, sample, wish, spec);
	smp_expect(&end, code, words, spec);
	cr_expect(eq(uint, end.check, check), "%s: %s", spec, end.message);
	cr_expect(eq(sz, count_written(&bench), 0), "%s", spec);
	bench_expect_no_breach(bench.device, spec);
	bench_stop(&bench);
}

static void refuse_bytes(const uint8_t *bytes, size_t size, const struct smp_wish *wish, int code, unsigned int check,
			 const char *words)
{
	struct dfut_image *image = NULL;
	struct smp_end end;
	struct bench bench;

	smp_start(&bench, "smp-board");
	cr_assert(eq(int,
		     dfut_image_load_buffer(&image, bench.context, bytes, size, DFUT_CHECK_HASH | DFUT_CHECK_LENGTH),
		     0),
		  "%s", dfut_context_get_error(bench.context));
	end = smp_put(&bench, image, wish, words);
	smp_expect(&end, code, words, words);
	cr_expect(eq(uint, end.check, check), "%s", end.message);
	cr_expect(ne(int, end.hint[0], 0), "%s", end.message);
	cr_expect(eq(sz, dfut_sim_device_get_request_count(bench.device), 0), "%s", words);
	bench_stop(&bench);
}

Test(update_smp_refusals, files_that_are_no_mcuboot_images)
{
	static const struct smp_wish forced = { .force = DFUT_CHECK_FORMAT };
	static const uint8_t raw[100] = "no firmware of this kind";
	struct sample_wish hashless = { .hash = 0xffff };
	struct sample sample = sample_make(&hashless);

	refuse_bytes(raw, sizeof(raw), &no_wish, DFUT_ERROR_MISMATCH, DFUT_CHECK_FORMAT, "SMP takes MCUboot images");
	refuse_bytes(raw, sizeof(raw), &forced, DFUT_ERROR_MISMATCH, 0, "SMP takes MCUboot images");
	refuse_bytes(sample.bytes, sample.size, &no_wish, DFUT_ERROR_UNSUPPORTED, 0, "no hash among its TLVs");
	sample = sample_plain();
	sample_put_trailer(&sample, 8192, 8, 0x01, 0xff, 0xff);
	refuse_bytes(sample.bytes, sample.size, &no_wish, DFUT_ERROR_MISMATCH, 0, "dump of a slot");
}

Test(update_smp_refusals, images_that_are_too_large)
{
	static const struct smp_wish forced = { .force = DFUT_CHECK_SIZE };
	struct sample sample = smp_make_sample(1, 128 * 1024);
	struct smp_end end;
	struct bench bench;

	refuse("smp-board:slot-size=128K", &sample, &no_wish, DFUT_ERROR_MISMATCH, DFUT_CHECK_SIZE,
	       "slot 1 of the device takes");
	refuse("smp-board:slot-size=128K,mode=recovery", &sample, &no_wish, DFUT_ERROR_MISMATCH, DFUT_CHECK_SIZE,
	       "slot 0 of the device takes");
	smp_start(&bench, "smp-board:slot-size=128K");
	end = smp_update(&bench, &sample, &forced, "forced");
	smp_expect(&end, DFUT_ERROR_DEVICE, "refuses", "forced");
	bench_stop(&bench);
}

Test(update_smp_refusals, older_images)
{
	static const struct smp_wish forced = { .force = DFUT_CHECK_VERSION };
	struct sample_wish wish = { .version = { 0, 0, 1, 0 }, .header_size = 0x200 };
	struct sample sample = sample_make(&wish);
	struct smp_end end;
	struct bench bench;

	refuse("smp-board", &sample, &no_wish, DFUT_ERROR_MISMATCH, DFUT_CHECK_VERSION,
	       "has version 0.0.1, the device runs");
	smp_start(&bench, "smp-board");
	end = smp_update(&bench, &sample, &forced, "forced");
	smp_expect(&end, 0, "version 0.0.1, confirmed", "forced");
	bench_stop(&bench);
	/* Whoever does it all the same is told what came of it. */
	smp_start(&bench, "smp-board:no-downgrade=yes,bootloader=overwrite");
	end = smp_update(&bench, &sample, &forced, "prevented");
	cr_expect(lt(int, end.result, 0), "%s", end.message);
	cr_expect(not(smp_holds(&bench, "slot0", &sample)));
	bench_stop(&bench);
}

Test(update_smp_refusals, ports_that_speak_no_smp)
{
	struct sample sample = smp_make_sample(1, 5000);

	refuse("smp-board:kind=console", &sample, &no_wish, DFUT_ERROR_MISMATCH, 0, "does not speak SMP");
	refuse("smp-board:kind=echo", &sample, &no_wish, DFUT_ERROR_MISMATCH, 0, "does not speak SMP");
}

/* It is damaged once it is in its slot, so that the old firmware starts again. */
Test(update_smp_refusals, image_that_the_bootloader_does_not_take)
{
	static const uint8_t damage[4] = { 0x11, 0x22, 0x33, 0x44 };
	struct sample sample = smp_make_sample(1, 5000);
	struct dfut_session *session;
	struct dfut_image *image;
	struct bench bench;

	smp_start(&bench, "smp-board");
	image = smp_load(&bench, &sample);
	session = bench_new_session(&bench, "1-1");
	cr_assert(eq(int, dfut_session_start_update(session, image), 0));
	while (!dfut_session_has_ended(session)) {
		if (dfut_session_get_state(session) == DFUT_SESSION_RESTARTING)
			dfut_sim_device_set_memory(bench.device, "slot1", 600, damage, sizeof(damage));
		dfut_context_dispatch(bench.context, -1);
	}
	cr_expect(eq(int, dfut_session_get_result(session), DFUT_ERROR_DEVICE));
	cr_expect(strstr(dfut_session_get_message(session), "restarted with its old firmware") != NULL, "%s",
		  dfut_session_get_message(session));
	cr_expect(ne(int, dfut_session_get_hint(session)[0], 0));
	dfut_session_free(session);
	dfut_image_free(image);
	bench_stop(&bench);
}

Test(update_smp_refusals, goes_on_where_it_was_broken_off)
{
	struct sample sample = smp_make_sample(1, 20000);
	struct smp_wish cancelled = { .cancel_round = 60 };
	size_t all, first;
	struct smp_end end;
	struct bench bench;

	smp_start(&bench, "smp-board");
	end = smp_update(&bench, &sample, &no_wish, "whole");
	all = count_written(&bench);
	cr_expect(eq(int, end.result, 0), "%s", end.message);
	bench_stop(&bench);
	smp_start(&bench, "smp-board");
	end = smp_update(&bench, &sample, &cancelled, "cancelled");
	cr_expect(eq(int, end.result, DFUT_ERROR_CANCELLED), "%s", end.message);
	first = count_written(&bench);
	cr_assert(lt(sz, all / 5, first));
	cr_assert(lt(sz, first, all - 3000));
	end = smp_update(&bench, &sample, &no_wish, "second");
	smp_expect(&end, 0, "downloaded and verified", "second");
	/* The first request is sent again, and what had no answer. */
	cr_expect(le(sz, count_written(&bench), all + 1200), "%zu of %zu", count_written(&bench), all);
	cr_expect(smp_holds(&bench, "slot0", &sample));
	bench_stop(&bench);
}

Test(update_smp_refusals, memory_can_t_be_read)
{
	struct dfut_session *session;
	struct bench bench;

	smp_start(&bench, "smp-board");
	session = bench_new_session(&bench, "1-1");
	cr_expect(
		eq(int, dfut_session_start_upload(session, (dfut_writer)(void *)abort, NULL), DFUT_ERROR_UNSUPPORTED));
	cr_expect(strstr(dfut_session_get_message(session), "can't be read") != NULL, "%s",
		  dfut_session_get_message(session));
	dfut_session_free(session);
	bench_stop(&bench);
}

Test(update_smp_refusals, commands)
{
	static const char *const names[] = { "echo", "erase", "confirm", "reset" };
	static const char *const all[] = { "smp-board", "smp-board:version=1,encoding=canonical,console=no" };
	struct smp_end end;
	struct bench bench;

	for (size_t k = 0; k < COUNT(all); k++) {
		smp_start(&bench, all[k]);
		for (size_t i = 0; i < COUNT(names); i++) {
			end = smp_command(&bench, names[i], names[i]);
			cr_expect(eq(int, end.result, 0), "%s: %s", names[i], end.message);
		}
		cr_expect(dfut_sim_device_is_present(bench.device));
		bench_expect_no_breach(bench.device, all[k]);
		bench_stop(&bench);
	}
	smp_start(&bench, "smp-board:kind=console");
	for (size_t i = 0; i < COUNT(names); i++) {
		end = smp_command(&bench, names[i], names[i]);
		smp_expect(&end, DFUT_ERROR_MISMATCH, "does not speak SMP", names[i]);
	}
	bench_stop(&bench);
	smp_start(&bench, "smp-board:echo=no,mode=recovery");
	end = smp_command(&bench, "echo", "unknown");
	smp_expect(&end, DFUT_ERROR_DEVICE, "not supported", "unknown");
	bench_stop(&bench);
}

/* What a laboratory knows of its own boards. */
Test(update_smp_refusals, row_of_a_table)
{
	static const char table[] = "{\"format\": 1, \"devices\": [{\"name\": \"our-board\", \"title\": \"our board\", "
				    "\"bootloader\": [{\"ids\": [\"2fe3:0004\"]}], \"protocol\": \"smp\", "
				    "\"quirks\": [\"dfu-in-application\"]}]}";
	struct sample sample = smp_make_sample(1, 5000);
	struct smp_end end;
	struct bench bench;

	bench_start(&bench, "smp-board");
	cr_assert(eq(int, bench_load_devices(&bench, table), 0), "%s", dfut_context_get_error(bench.context));
	end = smp_update(&bench, &sample, &no_wish, "row");
	smp_expect(&end, 0, "version 9.1.0, confirmed", "row");
	bench_stop(&bench);
	/* Nobody guesses. */
	bench_start(&bench, "smp-board");
	end = smp_update(&bench, &sample, &no_wish, "unnamed");
	smp_expect(&end, DFUT_ERROR_UNSUPPORTED, "no known bootloader", "unnamed");
	cr_expect(eq(sz, dfut_sim_device_get_request_count(bench.device), 0));
	bench_stop(&bench);
}
