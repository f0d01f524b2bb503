/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Updates of Nordic bootloaders on serial ports, from the application to the new application. */

#include "nordic-bench.h"

static struct firmware firmware, other;

static int run(struct bench *bench, struct dfut_image *image, struct dfut_session **session, const char *what)
{
	int result;

	*session = bench_new_session(bench, "1-1");
	result = dfut_session_start_update(*session, image);
	if (result == 0)
		result = bench_run(bench, *session, SIZE_MAX, what);
	bench_expect_words(dfut_session_get_message(*session), what);
	return result;
}

Test(update_nordic, from_application_to_new_application, .timeout = 60)
{
	static const char *const specs[] = {
		"nrf52840-keyboard",
		"nrf52840-keyboard:detach-race=ack,bank=dual",
		"nrf52840-keyboard:requests=few,save-progress=yes",
		"nrf52840-keyboard:bootloader-serial=ANOTHER",
		/* A Nitrokey 3's */
		"nrf52840-keyboard:bootloader-vid=20a0,bootloader-pid=42e8,bootloader-serial=ANOTHER",
		"pca10059",
		"adafruit-nrf52",
		"adafruit-nrf52:bank=dual",
		"adafruit-nrf52:bootloader=uf2,race=gone",
	};

	firmware_make(&firmware, 30000, 1);
	for (size_t i = 0; i < COUNT(specs); i++) {
		struct dfut_session *session;
		struct dfut_image *image;
		struct bench bench;

		bench_start(&bench, specs[i]);
		image = bench_pack_application(&bench, specs[i], &firmware);
		cr_expect(eq(int, run(&bench, image, &session, specs[i]), 0), "%s: %s", specs[i],
			  dfut_session_get_message(session));
		cr_expect(bench_holds(&bench, specs[i], &firmware), "%s", specs[i]);
		cr_expect(bench_runs_application(&bench), "%s", specs[i]);
		cr_expect(eq(int, dfut_device_get_mode(dfut_session_get_device(session)), DFUT_MODE_APPLICATION), "%s",
			  specs[i]);
		cr_expect(eq(int, dfut_session_get_verified(session), DFUT_VERIFIED_IMPOSSIBLE), "%s", specs[i]);
		bench_expect_no_breach(bench.device, specs[i]);
		dfut_session_free(session);
		dfut_image_free(image);
		bench_stop(&bench);
	}
}

Test(update_nordic, tells_the_version_of_the_new_application)
{
	struct dfut_session *session;
	struct dfut_image *image;
	struct bench bench;

	firmware_make(&firmware, 8192, 1);
	bench_start(&bench, "nrf52840-keyboard");
	image = bench_pack_application(&bench, "", &firmware);
	cr_assert(eq(int, run(&bench, image, &session, "version"), 0));
	cr_expect(strstr(bench_get_fact(session, "nordic_semantic_version"), "2.0.0") != NULL, "%s",
		  bench_get_fact(session, "nordic_semantic_version"));
	cr_expect(strstr(dfut_session_get_message(session), "2.0.0") != NULL, "%s", dfut_session_get_message(session));
	cr_expect(eq(int, strcmp(bench_get_fact(session, "nordic_chip"), "0x52840"), 0));
	cr_expect(eq(int, strcmp(bench_get_fact(session, "nordic_bootloader_version"), "1"), 0), "%s",
		  bench_get_fact(session, "nordic_bootloader_version"));
	dfut_session_free(session);
	dfut_image_free(image);
	bench_stop(&bench);
}

/* Each on the way is told once, in this order. */
static enum dfut_session_state states[32];
static size_t state_count;

static void note_state(struct dfut_session *session, const struct dfut_progress *progress, void *user_data)
{
	(void)session;
	(void)user_data;
	if (state_count == 0 || states[state_count - 1] != progress->state)
		if (state_count < COUNT(states))
			states[state_count++] = progress->state;
}

Test(update_nordic, tells_of_every_phase)
{
	static const enum dfut_session_state wanted[] = {
		DFUT_SESSION_PROBING,	 DFUT_SESSION_TRIGGERING,  DFUT_SESSION_LEAVING,     DFUT_SESSION_RETURNING,
		DFUT_SESSION_ANNOUNCING, DFUT_SESSION_DOWNLOADING, DFUT_SESSION_MANIFESTING, DFUT_SESSION_LEAVING,
		DFUT_SESSION_RETURNING,	 DFUT_SESSION_PROBING,	   DFUT_SESSION_DONE,
	};
	struct dfut_session *session;
	struct dfut_image *image;
	struct bench bench;

	firmware_make(&firmware, 12288, 1);
	bench_start(&bench, "nrf52840-keyboard");
	image = bench_pack_application(&bench, "", &firmware);
	session = bench_new_session(&bench, "1-1");
	dfut_session_set_progress_handler(session, note_state, NULL);
	cr_assert(eq(int, dfut_session_start_update(session, image), 0));
	cr_assert(eq(int, bench_run(&bench, session, SIZE_MAX, "phases"), 0));
	cr_assert(eq(sz, state_count, COUNT(wanted)));
	for (size_t i = 0; i < COUNT(wanted); i++)
		cr_expect(eq(int, states[i], wanted[i]), "%zu: %s", i, dfut_session_state_get_name(states[i]));
	dfut_session_free(session);
	dfut_image_free(image);
	bench_stop(&bench);
}

/* Refused on the host: no request reaches the device. */
Test(update_nordic, what_the_host_can_judge_never_reaches_the_device)
{
	static const struct {
		const char *spec;
		bool is_legacy;
		uint16_t device_type;
		enum dfut_verify verify;
		int code;
		const char *words;
	} cases[] = {
		{ "nrf52840-keyboard", true, 0x52, DFUT_VERIFY_AUTO, DFUT_ERROR_MISMATCH,
		  "speak \"nordic-legacy-serial\"" },
		{ "adafruit-nrf52", false, 0x52, DFUT_VERIFY_AUTO, DFUT_ERROR_MISMATCH, "speak \"nordic-serial\"" },
		{ "adafruit-nrf52", true, 0x51, DFUT_VERIFY_AUTO, DFUT_ERROR_MISMATCH, "type 0x0051" },
		{ "nrf52840-keyboard", false, 0x52, DFUT_VERIFY_ALWAYS, DFUT_ERROR_VERIFY, "can't be read back" },
	};

	firmware_make(&firmware, 4096, 1);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct dfut_nordic settings = make_settings(cases[i].is_legacy);
		struct dfut_session *session;
		struct dfut_image *image;
		struct bench bench;

		settings.device_type = cases[i].device_type;
		bench_start(&bench, cases[i].spec);
		image = bench_pack(&bench, settings, &firmware, NULL, NULL);
		session = bench_new_session(&bench, "1-1");
		dfut_session_set_verify(session, cases[i].verify);
		cr_expect(eq(int, dfut_session_start_update(session, image), cases[i].code), "%zu", i);
		cr_expect(strstr(dfut_session_get_message(session), cases[i].words) != NULL, "%s",
			  dfut_session_get_message(session));
		cr_expect(eq(sz, dfut_sim_device_get_request_count(bench.device), 0), "%zu", i);
		dfut_session_free(session);
		dfut_image_free(image);
		bench_stop(&bench);
	}
}

Test(update_nordic, other_files_are_no_packages)
{
	static const char *const specs[] = { "nrf52840-keyboard", "adafruit-nrf52" };

	firmware_make(&firmware, 4096, 1);
	for (size_t i = 0; i < COUNT(specs); i++) {
		struct dfut_session *session;
		struct dfut_image *image;
		struct bench bench;

		bench_start(&bench, specs[i]);
		cr_assert(eq(int, dfut_image_load_buffer(&image, bench.context, firmware.bytes, firmware.size, 0), 0));
		session = bench_new_session(&bench, "1-1");
		cr_expect(eq(int, dfut_session_start_update(session, image), DFUT_ERROR_MISMATCH));
		cr_expect(eq(u32, dfut_session_get_failed_check(session), DFUT_CHECK_FORMAT));
		cr_expect(eq(sz, dfut_sim_device_get_request_count(bench.device), 0));
		dfut_session_free(session);
		dfut_image_free(image);
		bench_stop(&bench);
	}
}

Test(update_nordic, a_bootloader_that_cant_be_read_is_not_triggered_for_it)
{
	struct dfut_session *session;
	struct bench bench;

	bench_start(&bench, "nrf52840-keyboard");
	session = bench_new_session(&bench, "1-1");
	cr_expect(eq(int, dfut_session_start_upload(session, (dfut_writer)0, NULL), DFUT_ERROR_USAGE));
	dfut_session_free(session);
	cr_expect(eq(sz, dfut_sim_device_get_request_count(bench.device), 0));
	bench_stop(&bench);
}

/* Refused in the bootloader, by us or by it: the application is untouched and runs again. */
Test(update_nordic, what_the_bootloader_refuses_leaves_the_application_running, .timeout = 60)
{
	static const uint32_t none[] = { 0 }, s140[] = { 0x100 };
	static const struct {
		const char *spec;
		uint32_t version;
		uint32_t hw_version;
		const uint32_t *sd_req;
		int code;
		const char *words;
	} cases[] = {
		{ "nrf52840-keyboard", 2, 51, none, DFUT_ERROR_MISMATCH,
		  "hardware version 51, the device has an nRF52840" },
		{ "nrf52840-keyboard", 2, 7, none, DFUT_ERROR_DEVICE, "hardware version mismatch" },
		{ "nrf52840-keyboard:requests=few", 2, 51, none, DFUT_ERROR_DEVICE, "hardware version mismatch" },
		{ "nrf52840-keyboard:fw-version=5", 4, 52, none, DFUT_ERROR_MISMATCH,
		  "has version 4, the device has 5" },
		{ "nrf52840-keyboard", 2, 52, s140, DFUT_ERROR_MISMATCH,
		  "needs the SoftDevice 0x0100, the device has none" },
		{ "nrf52840-keyboard:requests=few", 2, 52, s140, DFUT_ERROR_DEVICE, "SoftDevice requirement" },
		{ "pca10059:softdevice=182", 2, 52, s140, DFUT_ERROR_DEVICE, "SoftDevice requirement" },
	};

	firmware_make(&firmware, 8192, 1);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct dfut_nordic settings = make_settings(false);
		struct dfut_session *session;
		struct dfut_image *image;
		struct bench bench;

		settings.application_version = cases[i].version;
		settings.hw_version = cases[i].hw_version;
		settings.sd_req = cases[i].sd_req;
		bench_start(&bench, cases[i].spec);
		image = bench_pack(&bench, settings, &firmware, NULL, NULL);
		cr_expect(eq(int, run(&bench, image, &session, cases[i].spec), cases[i].code), "%zu: %s", i,
			  dfut_session_get_message(session));
		cr_expect(strstr(dfut_session_get_message(session), cases[i].words) != NULL, "%zu: %s", i,
			  dfut_session_get_message(session));
		bench_wait_ms(&bench, 5000);
		cr_expect(bench_runs_application(&bench), "%zu", i);
		cr_expect(not(bench_holds(&bench, "", &firmware)), "%zu", i);
		bench_expect_no_breach(bench.device, cases[i].spec);
		dfut_session_free(session);
		dfut_image_free(image);
		bench_stop(&bench);
	}
}

Test(update_nordic, an_older_version_goes_in_by_force)
{
	struct dfut_nordic settings = make_settings(false);
	struct dfut_session *session;
	struct dfut_image *image;
	struct bench bench;

	firmware_make(&firmware, 8192, 1);
	settings.application_version = 1;
	bench_start(&bench, "nrf52840-keyboard:fw-version=5");
	image = bench_pack(&bench, settings, &firmware, NULL, NULL);
	session = bench_new_session(&bench, "1-1");
	dfut_session_set_force(session, DFUT_CHECK_VERSION);
	cr_assert(eq(int, dfut_session_start_update(session, image), 0));
	cr_expect(eq(int, bench_run(&bench, session, SIZE_MAX, "force"), 0), "%s", dfut_session_get_message(session));
	cr_expect(bench_holds(&bench, "", &firmware));
	dfut_session_free(session);
	dfut_image_free(image);
	bench_stop(&bench);
}

/* What a SoftDevice tells of itself: its magic number and its id (nrf_sdm.h). */
static void make_softdevice(struct firmware *softdevice, uint16_t id)
{
	static const uint8_t magic[] = { 0xdb, 0xe5, 0xb1, 0x51 };

	firmware_make(softdevice, 0x26000, 2);
	memcpy(softdevice->bytes + 0x2004, magic, sizeof(magic));
	softdevice->bytes[0x200c] = (uint8_t)id;
	softdevice->bytes[0x200d] = (uint8_t)(id >> 8);
}

/* SoftDevice first; the device restarts in between, and is found again. */
Test(update_nordic, a_package_with_a_softdevice_and_an_application, .timeout = 60)
{
	static const uint32_t there[] = { 0x100 }, next[] = { 0x123 };
	struct dfut_nordic settings = make_settings(false);
	struct dfut_session *session;
	struct dfut_image *image;
	struct bench bench;

	firmware_make(&firmware, 12288, 1);
	make_softdevice(&other, 0x123);
	settings.sd_req = there;
	settings.sd_id = next;
	settings.sd_id_count = 1;
	bench_start(&bench, "pca10059:softdevice=0x100");
	image = bench_pack(&bench, settings, &firmware, &other, NULL);
	cr_expect(eq(int, run(&bench, image, &session, "softdevice"), 0), "%s", dfut_session_get_message(session));
	cr_expect(bench_runs_application(&bench));
	cr_expect(strstr(dfut_session_get_message(session), "2.0.0") != NULL, "%s", dfut_session_get_message(session));
	bench_expect_no_breach(bench.device, "softdevice");
	dfut_session_free(session);
	dfut_image_free(image);
	bench_stop(&bench);
}

/* No application comes with it: the one that was there before is started again. */
Test(update_nordic, a_package_with_a_softdevice_alone, .timeout = 60)
{
	static const uint32_t there[] = { 0x100 };
	struct dfut_nordic settings = make_settings(false);
	struct dfut_session *session;
	struct dfut_image *image;
	struct bench bench;

	make_softdevice(&other, 0x100);
	settings.sd_req = there;
	bench_start(&bench, "pca10059:softdevice=0x100");
	image = bench_pack(&bench, settings, NULL, &other, NULL);
	cr_expect(eq(int, run(&bench, image, &session, "softdevice"), 0), "%s", dfut_session_get_message(session));
	cr_expect(bench_runs_application(&bench));
	bench_expect_no_breach(bench.device, "softdevice");
	dfut_session_free(session);
	dfut_image_free(image);
	bench_stop(&bench);
}

/* What the bootloader has is not sent again. */
Test(update_nordic, only_the_rest_is_sent_after_a_cancel, .timeout = 60)
{
	struct dfut_session *session;
	struct dfut_progress progress;
	struct dfut_image *image;
	struct bench bench;
	size_t whole, rest;

	firmware_make(&firmware, 65536, 1);
	bench_start(&bench, "nrf52840-keyboard");
	image = bench_pack_application(&bench, "", &firmware);
	session = bench_new_session(&bench, "1-1");
	cr_assert(eq(int, dfut_session_start_update(session, image), 0));
	do {
		dfut_context_dispatch(bench.context, -1);
		dfut_session_get_progress(session, &progress, sizeof(progress));
	} while (progress.done < 40960 && !dfut_session_has_ended(session));
	dfut_session_cancel(session);
	cr_assert(eq(int, bench_run(&bench, session, SIZE_MAX, "cancel"), DFUT_ERROR_CANCELLED));
	dfut_session_free(session);
	whole = bench_count_written(&bench);
	dfut_sim_device_clear_record(bench.device);
	cr_expect(eq(int, run(&bench, image, &session, "rest"), 0), "%s", dfut_session_get_message(session));
	rest = bench_count_written(&bench);
	cr_expect(bench_holds(&bench, "", &firmware));
	/* Some bytes are escaped; an object may be sent twice. */
	cr_expect(le(sz, rest, (65536 - 40960 + OBJECT_SIZE) * 102 / 100 + 1000), "%zu of %zu", rest, whole);
	bench_expect_no_breach(bench.device, "rest");
	dfut_session_free(session);
	dfut_image_free(image);
	bench_stop(&bench);
}

/* From the record: from its arrival as the bootloader to the first CREATE, and the time that the device itself needs. */
static uint64_t get_time_us(const struct bench *bench, enum dfut_sim_event event, size_t skip, uint16_t length)
{
	for (size_t i = 0; i < dfut_sim_device_get_record_count(bench->device); i++) {
		const struct dfut_sim_record *record = dfut_sim_device_get_record(bench->device, i);

		if (record->event == event && (!length || record->length == length) && skip-- == 0)
			return record->time_us;
	}
	cr_assert(false, "no event %d", event);
	return 0;
}

#define CREATE_SIZE 7

Test(update_nordic, keeps_the_device_busy)
{
	/* nRF52840: erase and write of an object */
	const uint64_t object_us = 85000 + OBJECT_SIZE / 4 * 41;
	const size_t objects = 64;
	struct dfut_session *session;
	struct dfut_image *image;
	struct bench bench;
	uint64_t there_us, first_us, last_us, took_us;

	firmware_make(&firmware, objects * OBJECT_SIZE, 1);
	bench_start(&bench, "nrf52840-keyboard:erase-ms=85,write-us=41");
	image = bench_pack_application(&bench, "", &firmware);
	cr_assert(eq(int, run(&bench, image, &session, "speed"), 0), "%s", dfut_session_get_message(session));
	there_us = get_time_us(&bench, DFUT_SIM_EVENT_ARRIVED, 1, 0);
	first_us = get_time_us(&bench, DFUT_SIM_EVENT_ENDPOINT, 0, CREATE_SIZE);
	cr_expect(le(u64, first_us - there_us, 100000));
	first_us = get_time_us(&bench, DFUT_SIM_EVENT_ENDPOINT, 1, CREATE_SIZE);
	last_us = get_time_us(&bench, DFUT_SIM_EVENT_ENDPOINT, objects, CREATE_SIZE);
	took_us = last_us - first_us;
	fprintf(stderr, "%zu objects in %llu ms, the device alone %llu ms: %.3f\n", objects - 1,
		(unsigned long long)took_us / 1000, (unsigned long long)object_us * (objects - 1) / 1000,
		(double)object_us * (double)(objects - 1) / (double)took_us);
	cr_expect(ge(u64, object_us * (objects - 1) * 100, took_us * 95));
	dfut_session_free(session);
	dfut_image_free(image);
	bench_stop(&bench);
}

/* Erasing comes first, all at once; then each packet is written while the next one is on its way. */
Test(update_nordic, keeps_a_legacy_device_busy)
{
	const size_t size = 256 * 1024;
	const uint64_t write_us = size / 4 * 41;
	struct dfut_session *session;
	struct dfut_image *image;
	struct bench bench;
	uint64_t there_us, start_us, first_us, last_us;

	firmware_make(&firmware, size, 1);
	bench_start(&bench, "adafruit-nrf52:erase-ms=85,write-us=41");
	image = bench_pack_application(&bench, "adafruit-nrf52", &firmware);
	cr_assert(eq(int, run(&bench, image, &session, "speed"), 0), "%s", dfut_session_get_message(session));
	there_us = get_time_us(&bench, DFUT_SIM_EVENT_ARRIVED, 1, 0);
	start_us = get_time_us(&bench, DFUT_SIM_EVENT_ENDPOINT, 0, 0);
	cr_expect(le(u64, start_us - there_us, 100000));
	/* START, INIT, the packets, STOP */
	first_us = get_time_us(&bench, DFUT_SIM_EVENT_ENDPOINT, 2, 0);
	last_us = get_time_us(&bench, DFUT_SIM_EVENT_ENDPOINT, 2 + size / 512, 0);
	fprintf(stderr, "%zu packets in %llu ms, the flash alone %llu ms: %.3f\n", size / 512,
		(unsigned long long)(last_us - first_us) / 1000, (unsigned long long)write_us / 1000,
		(double)write_us / (double)(last_us - first_us));
	cr_expect(ge(u64, write_us * 100, (last_us - first_us) * 95));
	dfut_session_free(session);
	dfut_image_free(image);
	bench_stop(&bench);
}
