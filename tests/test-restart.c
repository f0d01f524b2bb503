/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Whether an update or upload ends with a restart, as the caller wants it: what the device does, what is said, planned, waited for. */

#define ROUND_LIMIT 1000000

#include "bench.h"

#define FLASH 0x08000000u
#define SIZE 5000

TestSuite(restart, .timeout = 300);

enum kind {
	KIND_ANY,
	KIND_STM32,
	KIND_SONIX,
	KIND_AVR,
};

static void put_word(uint8_t *bytes, size_t index, uint32_t value)
{
	for (size_t i = 0; i < 4; i++)
		bytes[4 * index + i] = (uint8_t)(value >> 8 * i);
}

/* Firmware that the device takes for its own. */
static struct dfut_image *make_image(struct bench *bench, enum kind kind)
{
	static uint8_t bytes[SIZE];
	struct dfut_image *image;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)((i * 2654435761u >> 13) & 0x7f);
	switch (kind) {
	case KIND_ANY:
		break;
	case KIND_STM32:
		put_word(bytes, 0, 0x20004000);
		put_word(bytes, 1, FLASH + 0x201);
		break;
	case KIND_SONIX:
		put_word(bytes, 0, 0x20000800);
		for (uint32_t i = 1; i < 16; i++)
			put_word(bytes, i, 0xc1 + 2 * i);
		break;
	case KIND_AVR:
		put_word(bytes, 0, 0x0040940c);
		break;
	}
	cr_assert(eq(int, dfut_image_load_buffer(&image, bench->context, bytes, sizeof(bytes), 0), 0));
	if (kind == KIND_STM32)
		cr_assert(eq(int, dfut_image_set_address(image, FLASH), 0));
	return image;
}

static struct dfut_step get_last_step(const struct dfut_session *session)
{
	struct dfut_step step = { 0 };

	cr_assert(lt(sz, 0, dfut_session_get_step_count(session)));
	cr_assert(eq(int, dfut_session_get_step(session, dfut_session_get_step_count(session) - 1, &step, sizeof(step)),
		     0));
	return step;
}

static bool has_word(const char *text, const char *word)
{
	return strstr(text, word) != NULL;
}

struct end {
	bool runs; /* its application */
	uint64_t took_us;
	enum dfut_verified verified;
	char message[512];
	char hint[512];
	char by[128];
	char step[256];
};

static const char *get_words(const struct end *end)
{
	return end->message;
}

static struct end finish(struct bench *bench, struct dfut_session *session, uint64_t began_us, const char *what)
{
	struct end end = { 0 };

	snprintf(end.step, sizeof(end.step), "%s", get_last_step(session).text);
	cr_expect(eq(int, bench_run(bench, session, SIZE_MAX, what), 0), "%s: %s", what,
		  dfut_session_get_message(session));
	end.took_us = dfut_sim_get_time_us(bench->sim) - began_us;
	end.runs = dfut_sim_device_is_present(bench->device) && !bench_is_in_bootloader(bench->device);
	end.verified = dfut_session_get_verified(session);
	snprintf(end.message, sizeof(end.message), "%s", dfut_session_get_message(session));
	snprintf(end.hint, sizeof(end.hint), "%s", dfut_session_get_hint(session));
	snprintf(end.by, sizeof(end.by), "%s", bench_get_fact(session, "restarted_by"));
	bench_expect_words(end.message, what);
	bench_expect_no_breach(bench->device, what);
	dfut_session_free(session);
	return end;
}

static struct end update(struct bench *bench, enum kind kind, enum dfut_restart restart, enum dfut_verify verify,
			 const char *what)
{
	struct dfut_image *image = make_image(bench, kind);
	struct dfut_session *session = bench_new_session(bench, "1-1");
	uint64_t began_us = dfut_sim_get_time_us(bench->sim);

	dfut_session_set_restart(session, restart);
	dfut_session_set_verify(session, verify);
	cr_assert(eq(int, dfut_session_start_update(session, image), 0), "%s: %s", what,
		  dfut_session_get_message(session));
	dfut_image_free(image);
	return finish(bench, session, began_us, what);
}

/* Devices that stay where they are, unless somebody asks them to leave. */

static const struct {
	const char *spec;
	enum kind kind;
} staying[] = {
	{ "dfu", KIND_ANY },
	{ "dfu:start=bootloader", KIND_ANY },
	{ "dfu:start=bootloader,flavour=tinyusb", KIND_ANY },
	{ "stm32f072:application=runtime", KIND_STM32 },
	{ "stm32f405:application=runtime", KIND_STM32 },
	{ "usbd-dfu-rt", KIND_STM32 },
	{ "sonix-keyboard", KIND_SONIX },
	{ "leonardo", KIND_AVR },
};

Test(restart, who_stays_is_left_in_its_bootloader_at_once)
{
	for (size_t i = 0; i < COUNT(staying); i++) {
		const char *spec = staying[i].spec;
		struct end usual, end;
		struct bench bench;

		bench_start(&bench, spec);
		usual = update(&bench, staying[i].kind, DFUT_RESTART_AUTO, DFUT_VERIFY_AUTO, spec);
		cr_expect(usual.runs, "%s: %s", spec, get_words(&usual));
		cr_expect(has_word(usual.message, "has been started"), "%s: %s", spec, usual.message);
		cr_expect(not(has_word(usual.step, "leave the device")), "%s: %s", spec, usual.step);
		bench_stop(&bench);

		bench_start(&bench, spec);
		end = update(&bench, staying[i].kind, DFUT_RESTART_NEVER, DFUT_VERIFY_AUTO, spec);
		cr_expect(bench_is_in_bootloader(bench.device), "%s: %s", spec, get_words(&end));
		cr_expect(has_word(end.message, "stays in its bootloader"), "%s: %s", spec, end.message);
		cr_expect(eq(str, end.by, (char *)""), "%s", spec);
		cr_expect(eq(str, end.step, (char *)"leave the device in its bootloader"), "%s", spec);
		cr_expect(eq(int, end.verified, usual.verified), "%s", spec);
		/* Nobody is waited for. */
		cr_expect(le(u64, end.took_us, usual.took_us), "%s", spec);
		bench_stop(&bench);

		bench_start(&bench, spec);
		end = update(&bench, staying[i].kind, DFUT_RESTART_ALWAYS, DFUT_VERIFY_AUTO, spec);
		cr_expect(end.runs, "%s: %s", spec, get_words(&end));
		cr_expect(eq(str, end.message, usual.message), "%s", spec);
		bench_stop(&bench);
	}
}

/* Where it is compared first: nothing is written, and the device stays, or starts, all the same. */
Test(restart, what_is_there_already_is_started_or_not)
{
	static const struct {
		const char *spec;
		enum kind kind;
	} cases[] = { { "stm32f072:application=runtime", KIND_STM32 }, { "leonardo", KIND_AVR } };

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct end end;
		struct bench bench;

		bench_start(&bench, cases[i].spec);
		update(&bench, cases[i].kind, DFUT_RESTART_NEVER, DFUT_VERIFY_AUTO, cases[i].spec);
		for (int restart = DFUT_RESTART_NEVER; restart <= DFUT_RESTART_ALWAYS; restart++) {
			end = update(&bench, cases[i].kind, (enum dfut_restart)restart, DFUT_VERIFY_AUTO,
				     cases[i].spec);
			cr_expect(has_word(end.message, "nothing was written"), "%s: %s", cases[i].spec, end.message);
			cr_expect(eq(int, end.runs, restart == DFUT_RESTART_ALWAYS), "%s: %s", cases[i].spec,
				  end.message);
			cr_expect(has_word(end.message, restart == DFUT_RESTART_ALWAYS ? "has been started" :
											 "stays in its bootloader"),
				  "%s: %s", cases[i].spec, end.message);
		}
		bench_stop(&bench);
	}
}

/* Devices of plain DFU that leave by themselves, or have to be reset: that is done, and told. */

static const struct {
	const char *spec;
	enum dfut_verify verify;
	bool runs;
	const char *by;	  /* begins the fact */
	const char *step; /* of the plan */
} leaving[] = {
	{ "dfu:tolerant=no", DFUT_VERIFY_NEVER, true, "the device itself", "by itself" },
	{ "dfu:start=bootloader,tolerant=no", DFUT_VERIFY_NEVER, true, "the device itself", "by itself" },
	{ "dfu:tolerant=no,will-detach=no", DFUT_VERIFY_NEVER, true, "a bus reset", "reset the bus" },
	{ "dfu:start=bootloader,tolerant=no,will-detach=no", DFUT_VERIFY_NEVER, true, "a bus reset", "reset the bus" },
	/* What came back is read in its bootloader, and stays there. */
	{ "dfu:tolerant=no", DFUT_VERIFY_AUTO, false, "the device itself", "by itself" },
	{ "dfu:tolerant=no,will-detach=no", DFUT_VERIFY_AUTO, false, "a bus reset", "reset the bus" },
	/* It may be its bootloader that comes back, which is what was wanted. */
	{ "dfu:start=bootloader,tolerant=no,will-detach=no,reset-returns=bootloader", DFUT_VERIFY_NEVER, false,
	  "a bus reset", "reset the bus" },
};

Test(restart, what_a_device_needs_to_install_is_done_and_told)
{
	for (size_t i = 0; i < COUNT(leaving); i++) {
		const char *spec = leaving[i].spec;
		struct dfut_session *session;
		struct dfut_image *image;
		struct dfut_step step;
		struct bench bench;
		bool is_planned = false;
		struct end end;

		bench_start(&bench, spec);
		session = bench_new_session(&bench, "1-1");
		image = make_image(&bench, KIND_ANY);
		dfut_session_set_restart(session, DFUT_RESTART_NEVER);
		cr_assert(eq(int, dfut_session_plan_update(session, image), 0));
		for (size_t k = 0; dfut_session_get_step(session, k, &step, sizeof(step)) == 0; k++)
			is_planned = is_planned || has_word(step.text, leaving[i].step);
		cr_expect(is_planned, "%s", spec);
		dfut_image_free(image);
		dfut_session_free(session);

		end = update(&bench, KIND_ANY, DFUT_RESTART_NEVER, leaving[i].verify, spec);
		cr_expect(eq(int, end.runs, leaving[i].runs), "%s: %s", spec, end.message);
		cr_expect(eq(int, strncmp(end.by, leaving[i].by, strlen(leaving[i].by)), 0), "%s: %s", spec, end.by);
		cr_expect(has_word(end.message, end.runs ? "has been started" : "stays in its bootloader"), "%s: %s",
			  spec, end.message);
		cr_expect(eq(int, end.verified,
			     leaving[i].verify == DFUT_VERIFY_NEVER ? DFUT_VERIFIED_NO : DFUT_VERIFIED_YES),
			  "%s", spec);
		/* One that stays away, or where it is, is waited for once. */
		cr_expect(lt(u64, end.took_us, 14000000), "%s", spec);
		bench_stop(&bench);

		bench_start(&bench, spec);
		if (leaving[i].runs) {
			end = update(&bench, KIND_ANY, DFUT_RESTART_AUTO, leaving[i].verify, spec);
			cr_expect(eq(str, end.by, (char *)""), "%s: only who wanted otherwise is told", spec);
		}
		bench_stop(&bench);
	}
}

/* What hides until a restart is not read, and not passed for good. */
Test(restart, what_can_not_be_read_without_a_restart_is_not_verified)
{
	static const char table
		[] = "{\"format\": 1, \"devices\": [{\"name\": \"hiding\","
		     "\"application\": [{\"ids\": [\"1209:0001\"], \"dfu\": \"application\"}],"
		     "\"bootloader\": [{\"ids\": [\"1209:0002\"], \"dfu\": \"bootloader\"}],"
		     "\"triggers\": [\"dfu-detach\"], \"protocol\": \"dfu\", \"quirks\": [\"read-after-restart\"]}]}";
	struct dfut_session *session;
	struct dfut_image *image;
	struct bench bench;
	struct end end;

	bench_start(&bench, "dfu");
	cr_assert(eq(int, bench_load_devices(&bench, table), 0));
	end = update(&bench, KIND_ANY, DFUT_RESTART_NEVER, DFUT_VERIFY_AUTO, "hiding");
	cr_expect(bench_is_in_bootloader(bench.device));
	cr_expect(eq(int, end.verified, DFUT_VERIFIED_IMPOSSIBLE));
	cr_expect(has_word(end.message, "after a restart only"), "%s", end.message);
	session = bench_new_session(&bench, "1-1");
	image = make_image(&bench, KIND_ANY);
	dfut_session_set_restart(session, DFUT_RESTART_NEVER);
	dfut_session_set_verify(session, DFUT_VERIFY_ALWAYS);
	cr_assert(eq(int, dfut_session_start_update(session, image), 0));
	cr_expect(eq(int, bench_run(&bench, session, SIZE_MAX, "always"), DFUT_ERROR_VERIFY));
	cr_expect(has_word(dfut_session_get_message(session), "nothing was written"), "%s",
		  dfut_session_get_message(session));
	dfut_image_free(image);
	dfut_session_free(session);
	bench_stop(&bench);
}

/* It has restarted, and was triggered once more to be read: then it waits. */
Test(restart, is_not_claimed_of_who_waits_in_the_end)
{
	static const char table[] = "{\"format\": 1, \"devices\": [{\"name\": \"staying\","
				    "\"application\": [{\"ids\": [\"1209:0001\"], \"dfu\": \"application\"}],"
				    "\"bootloader\": [{\"ids\": [\"1209:0002\"], \"dfu\": \"bootloader\"}],"
				    "\"triggers\": [\"dfu-detach\"], \"protocol\": \"dfu\", \"leave\": \"none\"}]}";
	struct bench bench;
	struct end end;

	bench_start(&bench, "dfu:tolerant=no");
	cr_assert(eq(int, bench_load_devices(&bench, table), 0));
	end = update(&bench, KIND_ANY, DFUT_RESTART_AUTO, DFUT_VERIFY_ALWAYS, "staying");
	cr_expect(bench_is_in_bootloader(bench.device));
	cr_expect(eq(int, end.verified, DFUT_VERIFIED_YES));
	cr_expect(not(has_word(end.message, "has been started")), "%s", end.message);
	cr_expect(has_word(end.hint, "to start the new firmware"), "%s", end.hint);
	bench_stop(&bench);
}

/* Who was triggered, and then refused, is started again, unless the device is to stay. */
Test(restart, a_refused_device_stays_too)
{
	for (int restart = DFUT_RESTART_AUTO; restart <= DFUT_RESTART_NEVER; restart++) {
		struct dfut_session *session;
		struct dfut_image *image;
		struct bench bench;

		bench_start(&bench, "usbd-dfu-rt");
		session = bench_new_session(&bench, "1-1");
		image = make_image(&bench, KIND_ANY);
		cr_assert(eq(int, dfut_image_set_address(image, 0x20000000), 0));
		dfut_session_set_restart(session, (enum dfut_restart)restart);
		cr_assert(eq(int, dfut_session_start_update(session, image), 0));
		cr_expect(lt(int, bench_run(&bench, session, SIZE_MAX, "refused"), 0));
		cr_expect(eq(int, bench_is_in_bootloader(bench.device), restart == DFUT_RESTART_NEVER), "%s",
			  dfut_session_get_message(session));
		dfut_image_free(image);
		dfut_session_free(session);
		bench_stop(&bench);
	}
}

/* Uploads. */

static int drop(const uint8_t *data, size_t size, void *user_data)
{
	(void)data;
	*(size_t *)user_data += size;
	return 0;
}

static struct end upload(struct bench *bench, enum dfut_restart restart, int64_t address, const char *what)
{
	struct dfut_session *session = bench_new_session(bench, "1-1");
	uint64_t began_us = dfut_sim_get_time_us(bench->sim);
	struct end end;
	size_t size = 0;

	dfut_session_set_restart(session, restart);
	dfut_session_set_upload_size(session, 256);
	cr_assert(eq(int, dfut_session_set_address(session, address), 0));
	cr_assert(eq(int, dfut_session_start_upload(session, drop, &size), 0), "%s: %s", what,
		  dfut_session_get_message(session));
	end = finish(bench, session, began_us, what);
	cr_expect(eq(sz, size, 256), "%s", what);
	return end;
}

Test(restart, an_upload_ends_as_it_is_wanted)
{
	static const struct {
		const char *spec;
		int64_t address;
		bool usual; /* its application runs again without being asked */
	} cases[] = {
		{ "dfu", -1, false },
		{ "dfu:start=bootloader", -1, false },
		{ "stm32f072:application=runtime", FLASH, false },
		/* What was read is not what the application begins with. */
		{ "stm32f072:application=runtime", FLASH + 0x1000, false },
		{ "usbd-dfu-rt", FLASH, false },
		{ "leonardo", -1, false },
		/* Its machine resets the chip when all was read. */
		{ "esp32-s3-jtag", 0x1000, true },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		for (int restart = DFUT_RESTART_AUTO; restart <= DFUT_RESTART_ALWAYS; restart++) {
			bool runs = restart == DFUT_RESTART_ALWAYS || (restart == DFUT_RESTART_AUTO && cases[i].usual);
			struct bench bench;
			struct end end;

			bench_start(&bench, cases[i].spec);
			end = upload(&bench, (enum dfut_restart)restart, cases[i].address, cases[i].spec);
			cr_expect(eq(int, strcmp(dfut_sim_device_get_mode_name(bench.device), "application") == 0,
				     runs),
				  "%s, %d: %s in %s", cases[i].spec, restart, end.message,
				  dfut_sim_device_get_mode_name(bench.device));
			cr_expect(eq(int, has_word(end.step, "leave the device"), restart == DFUT_RESTART_NEVER),
				  "%s, %d: %s", cases[i].spec, restart, end.step);
			bench_stop(&bench);
		}
	}
}

/* Commands restart because they are told to. */
Test(restart, start_starts_whatever_is_set)
{
	struct dfut_session *session;
	struct bench bench;

	bench_start(&bench, "dfu:start=bootloader");
	session = bench_new_session(&bench, "1-1");
	dfut_session_set_restart(session, DFUT_RESTART_NEVER);
	cr_assert(eq(int, dfut_session_start_command(session, "start"), 0));
	cr_expect(eq(int, bench_run(&bench, session, SIZE_MAX, "start"), 0));
	cr_expect(not(bench_is_in_bootloader(bench.device)));
	dfut_session_free(session);
	bench_stop(&bench);
}
