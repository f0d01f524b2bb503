/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Which device is taken, which is left alone, and what becomes of one that was triggered and then turned out to be wrong. */

#include "dfuse-bench.h"

/* A look at what is there */
#define AT_ONCE_MS 10
/* Restarting, and what follows from it */
#define SETTLE_MS 5000

TestSuite(choose, .timeout = 60);

/* Several devices, each at the next port. */
struct room {
	struct bench bench;
	struct dfut_sim_device *devices[4];
};

static void start_room(struct room *room, const char *const *specs, size_t count)
{
	memset(room, 0, sizeof(*room));
	bench_start(&room->bench, specs[0]);
	room->devices[0] = room->bench.device;
	for (size_t i = 1; i < count; i++) {
		char path[16];

		snprintf(path, sizeof(path), "1-%u", (unsigned int)i + 1);
		room->devices[i] = bench_plug(&room->bench, specs[i], path);
	}
}

/* What a device that nobody chose may be asked: its descriptors and strings. */
static bool is_reading(const struct dfut_sim_record *record)
{
	return record->event == DFUT_SIM_EVENT_CONTROL && record->request_type == 0x80 && record->request == 6;
}

static bool is_request(const struct dfut_sim_record *record)
{
	return record->event == DFUT_SIM_EVENT_CONTROL || record->event == DFUT_SIM_EVENT_BUS_RESET ||
	       record->event == DFUT_SIM_EVENT_ENDPOINT;
}

static size_t count_requests(const struct dfut_sim_device *device)
{
	size_t count = 0;

	for (size_t i = 0; i < dfut_sim_device_get_record_count(device); i++) {
		const struct dfut_sim_record *record = dfut_sim_device_get_record(device, i);

		count += is_request(record) && !is_reading(record);
	}
	return count;
}

static size_t count_downloads(const struct dfut_sim_device *device)
{
	size_t count = 0;

	for (size_t i = 0; i < dfut_sim_device_get_record_count(device); i++) {
		const struct dfut_sim_record *record = dfut_sim_device_get_record(device, i);

		count += record->event == DFUT_SIM_EVENT_CONTROL && record->request_type == 0x21 &&
			 record->request == 1 && record->length;
	}
	return count;
}

static bool is_in_application(const struct dfut_sim_device *device)
{
	return dfut_sim_device_is_present(device) && strcmp(dfut_sim_device_get_mode_name(device), "application") == 0;
}

static void wait_ms(struct bench *bench, uint64_t ms)
{
	uint64_t until_us = dfut_sim_get_time_us(bench->sim) + ms * 1000;

	for (size_t i = 0; i < 1000 && dfut_sim_get_time_us(bench->sim) < until_us; i++)
		dfut_context_dispatch(bench->context, (int)((until_us - dfut_sim_get_time_us(bench->sim)) / 1000) + 1);
}

static const char *get_error(const struct bench *bench)
{
	return dfut_context_get_error(bench->context);
}

/* Images. */

#define IMAGE_SIZE 3000

static const struct part part = { FLASH, IMAGE_SIZE };

/* Bytes and nothing else, not even where they go. */
static struct dfut_image *make_raw(struct bench *bench)
{
	struct file *file = calloc(1, sizeof(*file));
	struct dfut_image *image;

	file_add_content(file, &part);
	image = bench_load(bench, file);
	free(file);
	return image;
}

static void expect_flash(const struct dfut_sim_device *device, const char *what)
{
	size_t size;
	const uint8_t *flash = dfut_sim_device_get_memory(device, "flash", &size);

	if (!flash)
		flash = dfut_sim_device_get_memory(device, "memory0", &size);
	cr_assert(flash && size >= IMAGE_SIZE, "%s: no memory", what);
	for (uint32_t i = 0; i < IMAGE_SIZE; i++)
		cr_assert(eq(u8, flash[i], get_content(FLASH + i)), "%s: byte %u", what, i);
}

struct ids {
	uint16_t vendor_id;
	uint16_t product_id;
};

/* Jobs. */

static struct dfut_match match_ids(int vendor_id, int product_id)
{
	struct dfut_match match = DFUT_MATCH_INIT;

	match.vendor_id = vendor_id;
	match.product_id = product_id;
	return match;
}

static struct dfut_match match_pair(int vendor_id, int product_id, int boot_vendor_id, int boot_product_id)
{
	struct dfut_match match = match_ids(vendor_id, product_id);

	match.bootloader_vendor_id = boot_vendor_id;
	match.bootloader_product_id = boot_product_id;
	return match;
}

struct outcome {
	int found;   /* what finding the device returned */
	int started; /* what starting the session returned */
	int result;
	enum dfut_verified verified;
	char path[32];
	char text[900]; /* and the hint behind it */
};

/* Whatever went wrong first. */
static int get_code(const struct outcome *outcome)
{
	return outcome->found < 0 ? outcome->found : outcome->started < 0 ? outcome->started : outcome->result;
}

enum what {
	UPDATE,
	UPLOAD,
	TRIGGER,
};

struct job {
	enum what what;
	struct dfut_match match;
	struct dfut_image *image;
	bool touch;
};

static int write_nothing(const uint8_t *data, size_t size, void *user_data)
{
	(void)data;
	(void)size;
	(void)user_data;
	return 0;
}

static int start(struct dfut_session *session, const struct job *job)
{
	switch (job->what) {
	case UPDATE:
		return dfut_session_start_update(session, job->image);
	case UPLOAD:
		return dfut_session_start_upload(session, write_nothing, NULL);
	case TRIGGER:
		break;
	}
	return dfut_session_start_trigger(session);
}

static void tell(struct outcome *outcome, const char *text, const char *hint)
{
	snprintf(outcome->text, sizeof(outcome->text), "%s; %s", text, hint);
}

/* One call of the command: find, set up, start, run. */
static struct outcome run(struct bench *bench, const struct job *job)
{
	struct outcome outcome = { 0 };
	struct dfut_match match = job->match;
	struct dfut_session *session;
	struct dfut_device *device;

	match.image = job->image;
	outcome.found = dfut_device_find(&device, bench->context, &match);
	tell(&outcome, get_error(bench), dfut_context_get_hint(bench->context));
	if (outcome.found < 0)
		return outcome;
	snprintf(outcome.path, sizeof(outcome.path), "%s", dfut_device_get_path(device));
	cr_assert(eq(int, dfut_session_new(&session, device), 0));
	dfut_device_unref(device);
	if (job->touch)
		cr_assert(eq(int, dfut_session_set_trigger_touch(session, -1, 1200), 0));
	dfut_session_set_bootloader_ids(session, match.bootloader_vendor_id, match.bootloader_product_id);
	outcome.started = start(session, job);
	if (outcome.started == 0)
		outcome.result = bench_run(bench, session, SIZE_MAX, outcome.path);
	outcome.verified = dfut_session_get_verified(session);
	tell(&outcome, dfut_session_get_message(session), dfut_session_get_hint(session));
	bench_expect_words(outcome.text, outcome.path);
	dfut_session_free(session);
	return outcome;
}

static void expect_updated(const struct outcome *outcome, const struct dfut_sim_device *device, const char *what)
{
	cr_expect(eq(int, get_code(outcome), 0), "%s: %s", what, outcome->text);
	if (get_code(outcome) < 0)
		return;
	cr_expect(eq(int, outcome->verified, DFUT_VERIFIED_YES), "%s: %s", what, outcome->text);
	cr_expect(is_in_application(device), "%s: %s: %s", what, dfut_sim_device_get_mode_name(device), outcome->text);
	expect_flash(device, what);
	bench_expect_no_breach(device, what);
}

/* Refused, and nobody has sent anything. */
static void expect_refused(const struct outcome *outcome, const struct room *room, size_t count, const char *what)
{
	cr_expect(lt(int, get_code(outcome), 0), "%s: %s", what, outcome->text);
	for (size_t i = 0; i < count; i++)
		cr_expect(eq(sz, count_requests(room->devices[i]), 0), "%s: device %zu: %s", what, i, outcome->text);
}

static void expect_word(const struct outcome *outcome, const char *word)
{
	cr_expect(strstr(outcome->text, word) != NULL, "\"%s\" is not in: %s", word, outcome->text);
}

/* A bystander that only its class tells. */

Test(choose, a_webcam_is_not_triggered_because_it_is_there)
{
	static const enum what jobs[] = { UPDATE, UPLOAD, TRIGGER };
	static const char *const specs[] = { "webcam" };

	for (size_t i = 0; i < COUNT(jobs); i++) {
		struct room room;
		struct job job = { .what = jobs[i], .match = DFUT_MATCH_INIT };
		struct outcome outcome;

		start_room(&room, specs, 1);
		job.image = jobs[i] == UPDATE ? make_raw(&room.bench) : NULL;
		outcome = run(&room.bench, &job);
		cr_expect(eq(int, outcome.found, DFUT_ERROR_NOT_FOUND), "%s", outcome.text);
		expect_word(&outcome, "30c9:00a8");
		expect_word(&outcome, "1-1");
		expect_refused(&outcome, &room, 1, "webcam");
		cr_expect(strstr(outcome.text, "cable") == NULL, "%s", outcome.text);
		dfut_image_free(job.image);
		bench_stop(&room.bench);
	}
}

Test(choose, a_webcam_that_is_named_is_updated)
{
	static const char *const names[] = { "ids", "path", "serial", "suffix" };

	for (size_t i = 0; i < COUNT(names); i++) {
		for (size_t k = 0; k < 2; k++) {
			const char *const specs[] = { k ? "webcam:will-detach=no" : "webcam", "stm32f072" };
			struct room room;
			struct job job = { .match = DFUT_MATCH_INIT };
			struct outcome outcome;

			start_room(&room, specs, 2);
			job.image = make_raw(&room.bench);
			if (i == 0)
				job.match = match_ids(0x30c9, 0x00a8);
			if (i == 1)
				job.match.path = "1-1";
			if (i == 2)
				job.match.serial_number = "200901010001";
			if (i == 3)
				dfut_image_set_suffix(job.image, 0x30c9, 0x00a8, DFUT_ID_ANY);
			outcome = run(&room.bench, &job);
			expect_updated(&outcome, room.devices[0], names[i]);
			cr_expect(eq(sz, count_requests(room.devices[1]), 0), "%s", names[i]);
			dfut_image_free(job.image);
			bench_stop(&room.bench);
		}
	}
}

Test(choose, the_one_that_waits_for_firmware_is_taken)
{
	static const enum kind kinds[] = { KIND_RAW, KIND_HEX, KIND_DFUSE };
	static const char *const rooms[][2] = { { "webcam", "stm32f072:application=runtime" },
						{ "stm32f072:application=runtime", "webcam" } };

	for (size_t i = 0; i < COUNT(kinds) * COUNT(rooms); i++) {
		size_t chip = i % 2 ? 0 : 1;
		struct room room;
		struct job job = { .match = DFUT_MATCH_INIT };
		struct outcome outcome;

		start_room(&room, rooms[i % 2], 2);
		job.image = bench_make_image(&room.bench, kinds[i / 2], &part, 1);
		outcome = run(&room.bench, &job);
		cr_assert(eq(int, get_code(&outcome), 0), "%s", outcome.text);
		cr_expect(eq(str, outcome.path, (char *)(chip ? "1-2" : "1-1")));
		expect_flash(room.devices[chip], "chip");
		cr_expect(eq(sz, count_requests(room.devices[1 - chip]), 0));
		dfut_image_free(job.image);
		bench_stop(&room.bench);
	}
}

/* Known applications are candidates, too; the one in its bootloader that the file fits wins. */
Test(choose, who_waits_for_firmware_wins_over_known_applications)
{
	static const char *const specs[] = { "zephyr", "stm32f072:application=runtime", "leonardo", "webcam" };
	struct room room;
	struct job job = { .match = DFUT_MATCH_INIT };
	struct outcome outcome;

	start_room(&room, specs, 4);
	job.image = bench_make_image(&room.bench, KIND_HEX, &part, 1);
	outcome = run(&room.bench, &job);
	cr_assert(eq(int, get_code(&outcome), 0), "%s", outcome.text);
	expect_flash(room.devices[1], "chip");
	for (size_t i = 0; i < 4; i++)
		cr_expect(eq(sz, i == 1 ? 0 : count_requests(room.devices[i]), 0), "%s", specs[i]);
	dfut_image_free(job.image);
	bench_stop(&room.bench);
}

/* An Uno and a Mega are known by name, and written by other programs. */
Test(choose, what_others_write_is_not_meant)
{
	static const enum what jobs[] = { UPDATE, TRIGGER };
	static const uint8_t program[128] = { 0x0c, 0x94, 0x34, 0x00 };
	static const char *const specs[] = { "cdc-board:vid=2341,pid=0043", "leonardo", "cdc-board:vid=2341,pid=0042" };

	for (size_t i = 0; i < COUNT(jobs); i++) {
		struct room room;
		struct job job = { .what = jobs[i], .match = DFUT_MATCH_INIT };
		struct outcome outcome;

		start_room(&room, specs, COUNT(specs));
		if (jobs[i] == UPDATE)
			cr_assert(
				eq(int,
				   dfut_image_load_buffer(&job.image, room.bench.context, program, sizeof(program), 0),
				   0));
		outcome = run(&room.bench, &job);
		cr_expect(eq(int, outcome.found, 0), "%s", outcome.text);
		cr_expect(eq(int, outcome.result, 0), "%s", outcome.text);
		cr_expect(eq(sz, count_requests(room.devices[0]), 0));
		cr_expect(eq(sz, count_requests(room.devices[2]), 0));
		dfut_image_free(job.image);
		bench_stop(&room.bench);
	}
}

Test(choose, two_that_wait_for_firmware_are_ambiguous)
{
	static const char *const specs[] = { "stm32f072", "webcam", "stm32f072" };
	struct room room;
	struct job job = { .match = DFUT_MATCH_INIT };
	struct outcome outcome;

	start_room(&room, specs, 3);
	job.image = bench_make_image(&room.bench, KIND_HEX, &part, 1);
	outcome = run(&room.bench, &job);
	cr_expect(eq(int, outcome.found, DFUT_ERROR_AMBIGUOUS), "%s", outcome.text);
	expect_word(&outcome, "1-1");
	expect_word(&outcome, "1-3");
	expect_refused(&outcome, &room, 3, "twins");
	dfut_image_free(job.image);
	bench_stop(&room.bench);
}

/* Applications that no table knows. */

#define APPLICATION 0x1209, 0x0005
#define BOOTLOADER 0x1209, 0x0006

static struct outcome update_board(struct room *room, const char *spec, struct dfut_match match, bool touch,
				   const struct part *at)
{
	const char *const specs[] = { spec, "webcam" };
	struct job job = { .match = match, .touch = touch };
	struct outcome outcome;

	start_room(room, specs, 2);
	job.image = at ? bench_make_image(&room->bench, KIND_HEX, at, 1) : make_raw(&room->bench);
	outcome = run(&room->bench, &job);
	cr_expect(eq(sz, count_requests(room->devices[1]), 0), "%s", spec);
	dfut_image_free(job.image);
	return outcome;
}

Test(choose, who_names_the_way_and_the_bootloader_gets_it)
{
	struct dfut_match match = match_pair(APPLICATION, BOOTLOADER);
	struct outcome outcome;
	struct room room;

	outcome = update_board(&room, "cdc-board", match, true, NULL);
	expect_updated(&outcome, room.devices[0], "dfu");
	bench_stop(&room.bench);
	outcome = update_board(&room, "cdc-board:bootloader=dfuse", match, true, &part);
	expect_updated(&outcome, room.devices[0], "dfuse");
	bench_stop(&room.bench);
	/* The ids of a ROM that the table knows */
	match = match_pair(APPLICATION, 0x0483, 0xdf11);
	outcome = update_board(&room, "cdc-board:bootloader=dfuse,boot-vid=0483,boot-pid=df11", match, true, &part);
	expect_updated(&outcome, room.devices[0], "st-rom");
	bench_stop(&room.bench);
}

Test(choose, half_of_it_is_refused_and_nothing_is_sent)
{
	static const char *const specs[] = { "cdc-board", "cdc-board:bootloader=dfuse",
					     "cdc-board:bootloader=unknown" };

	for (size_t i = 0; i < COUNT(specs); i++) {
		struct outcome outcome;
		struct room room;

		outcome = update_board(&room, specs[i], match_ids(APPLICATION), true, NULL);
		expect_refused(&outcome, &room, 2, "no bootloader");
		bench_stop(&room.bench);
		outcome = update_board(&room, specs[i], match_pair(APPLICATION, BOOTLOADER), false, NULL);
		expect_refused(&outcome, &room, 2, "no way");
		bench_stop(&room.bench);
	}
}

/* Something else came back than was said. */
Test(choose, another_bootloader_is_not_written_to_and_started_again)
{
	static const struct {
		const char *spec;
		bool has_way_back;
	} cases[] = {
		{ "cdc-board:boot-pid=0007", true },
		{ "cdc-board:bootloader=dfuse,boot-pid=0007", true },
		{ "cdc-board:bootloader=unknown,boot-pid=0007", false },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct room room;
		struct outcome outcome = update_board(&room, cases[i].spec, match_pair(APPLICATION, BOOTLOADER), true,
						      i == 1 ? &part : NULL);

		cr_expect(eq(int, get_code(&outcome), DFUT_ERROR_MISMATCH), "%s: %s", cases[i].spec, outcome.text);
		expect_word(&outcome, "1209:0007");
		wait_ms(&room.bench, SETTLE_MS);
		/* Set Address of a DfuSe bootloader that is left is not writing. */
		cr_expect(le(sz, count_downloads(room.devices[0]), i == 1 ? 1 : 0), "%s", cases[i].spec);
		cr_expect(eq(int, is_in_application(room.devices[0]), cases[i].has_way_back), "%s: %s", cases[i].spec,
			  outcome.text);
		bench_expect_no_breach(room.devices[0], cases[i].spec);
		bench_stop(&room.bench);
	}
}

Test(choose, a_bootloader_without_a_language_is_refused_with_words)
{
	struct room room;
	struct outcome outcome = update_board(&room, "cdc-board:bootloader=unknown",
					      match_pair(APPLICATION, BOOTLOADER), true, NULL);

	cr_expect(lt(int, get_code(&outcome), 0), "%s", outcome.text);
	cr_expect(bench_is_in_bootloader(room.devices[0]));
	cr_expect(eq(sz, count_downloads(room.devices[0]), 0));
	bench_stop(&room.bench);
}

/* A trigger that may leave no trace, in front of a bootloader that shows what it speaks: nothing has come, nothing was written. */
Test(choose, a_device_that_stays_as_it_is_was_not_updated)
{
	static const char table[] =
		"{\"format\": 1, \"devices\": [{\"name\": \"here\", \"title\": \"here\", \"application\": [{\"ids\": [\"303a:1001\"]}],"
		"\"triggers\": [{\"name\": \"stay\", \"in_place\": true, \"lines\": [{\"dtr\": true}]}],"
		"\"protocols\": [\"dfu\", \"dfuse\"], \"sources\": [\"here\"]}]}";
	static const char *const specs[] = { "esp32-s3-jtag" };
	struct job job = { .match = match_ids(0x303a, 0x1001) };
	struct outcome outcome;
	struct room room;

	start_room(&room, specs, 1);
	cr_assert(eq(int, bench_load_devices(&room.bench, table), 0), "%s", dfut_context_get_error(room.bench.context));
	job.image = make_raw(&room.bench);
	outcome = run(&room.bench, &job);
	cr_expect(eq(int, get_code(&outcome), DFUT_ERROR_MISMATCH), "%s", outcome.text);
	expect_word(&outcome, "nothing was written");
	dfut_image_free(job.image);
	bench_stop(&room.bench);
}

/* A file that the bootloader which came can't take: started again. */
Test(choose, a_file_that_does_not_fit_what_came_is_refused_and_the_application_started)
{
	static const struct part elsewhere = { 0x60000000, 1000 };
	struct room room;
	struct outcome outcome = update_board(&room, "cdc-board:bootloader=dfuse", match_pair(APPLICATION, BOOTLOADER),
					      true, &elsewhere);

	cr_expect(lt(int, get_code(&outcome), 0), "%s", outcome.text);
	wait_ms(&room.bench, SETTLE_MS);
	cr_expect(is_in_application(room.devices[0]), "%s", outcome.text);
	cr_expect(le(sz, count_downloads(room.devices[0]), 1));
	bench_stop(&room.bench);
}

/* Other ways than a touch, and other endings. */

static struct outcome update_by_request(struct bench *bench, struct dfut_match match)
{
	struct outcome outcome = { 0 };
	struct dfut_image *image = make_raw(bench);
	struct dfut_session *session;
	struct dfut_device *device;

	match.image = image;
	outcome.found = dfut_device_find(&device, bench->context, &match);
	cr_assert(eq(int, outcome.found, 0), "%s", get_error(bench));
	cr_assert(eq(int, dfut_session_new(&session, device), 0));
	dfut_device_unref(device);
	/* DETACH */
	cr_assert(eq(int, dfut_session_set_trigger_request(session, 0x21, 0, 1000, 2, NULL, 0), 0));
	dfut_session_set_bootloader_ids(session, match.bootloader_vendor_id, match.bootloader_product_id);
	outcome.started = dfut_session_start_update(session, image);
	if (outcome.started == 0)
		outcome.result = bench_run(bench, session, SIZE_MAX, "request");
	outcome.verified = dfut_session_get_verified(session);
	tell(&outcome, dfut_session_get_message(session), dfut_session_get_hint(session));
	dfut_session_free(session);
	dfut_image_free(image);
	return outcome;
}

Test(choose, a_request_of_the_callers_is_a_way_too)
{
	struct outcome outcome;
	struct bench bench;

	bench_start(&bench, "webcam");
	outcome = update_by_request(&bench, match_pair(0x30c9, 0x00a8, 0x30c9, 0x80a8));
	expect_updated(&outcome, bench.device, "request");
	bench_stop(&bench);
	bench_start(&bench, "webcam");
	outcome = update_by_request(&bench, match_pair(0x30c9, 0x00a8, 0x30c9, 0x4242));
	cr_expect(eq(int, get_code(&outcome), DFUT_ERROR_MISMATCH), "%s", outcome.text);
	wait_ms(&bench, SETTLE_MS);
	cr_expect(is_in_application(bench.device), "%s", outcome.text);
	cr_expect(eq(sz, count_downloads(bench.device), 0));
	bench_stop(&bench);
}

Test(choose, the_ids_of_a_bootloader_are_kept_to_for_known_ways_too)
{
	static const struct {
		const char *spec;
		struct dfut_match match;
	} cases[] = {
		{ "webcam", { .vendor_id = 0x30c9, .product_id = 0x00a8 } },
		{ "dfu", { .vendor_id = 0x1209, .product_id = 0x0001 } },
		{ "usbd-dfu-rt", { .vendor_id = 0x1209, .product_id = 0x0001 } },
		{ "via-keyboard:bootloader=dfu", { .vendor_id = 0xfeed, .product_id = 0x6060 } },
		{ "via-keyboard:bootloader=stm32", { .vendor_id = 0xfeed, .product_id = 0x6060 } },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct dfut_match *match = &cases[i].match;
		struct room room;
		struct job job = { .match = match_pair(match->vendor_id, match->product_id, 0x4242, 0x0001) };
		struct outcome outcome;

		start_room(&room, &cases[i].spec, 1);
		job.image = make_raw(&room.bench);
		outcome = run(&room.bench, &job);
		cr_expect(eq(int, get_code(&outcome), DFUT_ERROR_MISMATCH), "%s: %s", cases[i].spec, outcome.text);
		wait_ms(&room.bench, SETTLE_MS);
		cr_expect(is_in_application(room.devices[0]), "%s: %s", cases[i].spec, outcome.text);
		cr_expect(le(sz, count_downloads(room.devices[0]), 1), "%s", cases[i].spec);
		dfut_image_free(job.image);
		bench_stop(&room.bench);
	}
}

Test(choose, a_touch_that_fails_is_told)
{
	static const struct {
		const char *spec;
		int code;
	} cases[] = {
		{ "cdc-board:touch=no", DFUT_ERROR_DEVICE },
		{ "cdc-board:return=no", DFUT_ERROR_TIMEOUT },
		{ "cdc-board:return-as=application", DFUT_ERROR_MISMATCH },
		{ "cdc-board:stall=coding", DFUT_ERROR_DEVICE },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct room room;
		struct outcome outcome = update_board(&room, cases[i].spec, match_pair(APPLICATION, BOOTLOADER), true,
						      NULL);

		cr_expect(eq(int, get_code(&outcome), cases[i].code), "%s: %s", cases[i].spec, outcome.text);
		cr_expect(eq(sz, count_downloads(room.devices[0]), 0), "%s", cases[i].spec);
		bench_stop(&room.bench);
	}
}

/* Keyboards whose bootloader is known once it is there. */

Test(choose, a_keyboard_is_updated_by_one_call)
{
	static const struct {
		const char *spec;
		bool is_raw;
	} cases[] = {
		{ "via-keyboard:bootloader=stm32", false },
		{ "via-keyboard:bootloader=stm32", true },
		{ "via-keyboard:bootloader=dfu", true },
		{ "via-keyboard:bootloader=dfu,dfu-vid=1c11,dfu-pid=b007", true },
		{ "via-keyboard:bootloader=stm32,via=silent", false },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *const specs[] = { cases[i].spec, "webcam" };
		struct room room;
		struct job job = { .match = DFUT_MATCH_INIT };
		struct outcome outcome;

		start_room(&room, specs, 2);
		job.image = cases[i].is_raw ? make_raw(&room.bench) : bench_make_image(&room.bench, KIND_HEX, &part, 1);
		outcome = run(&room.bench, &job);
		expect_updated(&outcome, room.devices[0], cases[i].spec);
		cr_expect(eq(sz, count_requests(room.devices[1]), 0));
		dfut_image_free(job.image);
		bench_stop(&room.bench);
	}
}

Test(choose, a_keyboard_with_a_drive_gets_no_download)
{
	static const char *const spec = "via-keyboard:bootloader=rp2040";
	struct room room;
	struct job job = { .match = DFUT_MATCH_INIT };
	struct outcome outcome;

	start_room(&room, &spec, 1);
	job.image = make_raw(&room.bench);
	outcome = run(&room.bench, &job);
	cr_expect(lt(int, get_code(&outcome), 0), "%s: %s", spec, outcome.text);
	cr_expect(eq(sz, count_downloads(room.devices[0]), 0), "%s", spec);
	bench_expect_no_breach(room.devices[0], spec);
	dfut_image_free(job.image);
	bench_stop(&room.bench);
}

/* It is an AVR: what is for another processor is refused, and the keyboard starts again. */
Test(choose, a_keyboard_with_flip_gets_nothing_that_is_no_avrs)
{
	static const char *const spec = "flip:part=atmega32u4,loader=qmk,application=via";
	struct room room;
	struct job job = { .match = DFUT_MATCH_INIT };
	struct outcome outcome;

	start_room(&room, &spec, 1);
	job.image = make_raw(&room.bench);
	outcome = run(&room.bench, &job);
	cr_expect(eq(int, get_code(&outcome), DFUT_ERROR_MISMATCH), "%s", outcome.text);
	cr_expect(strstr(outcome.text, "neither jmp nor rjmp") != NULL, "%s", outcome.text);
	cr_expect(strcmp(dfut_sim_device_get_mode_name(room.devices[0]), "application") == 0);
	bench_expect_no_breach(room.devices[0], spec);
	dfut_image_free(job.image);
	bench_stop(&room.bench);
}

/* Returns NULL where the build makes no packages. */
static struct dfut_image *make_package(struct bench *bench)
{
	char path[] = "/tmp/dfutrigger-test-XXXXXX";
	struct dfut_nordic nordic = DFUT_NORDIC_INIT;
	struct dfut_image *image = NULL;
	struct file *file = calloc(1, sizeof(*file));
	int fd = mkstemp(path);
	int code;

	file_make_hex(file, &(struct part){ 0x1000, 4096 }, 1);
	cr_assert(eq(sz, (size_t)write(fd, file->bytes, file->size), file->size));
	close(fd);
	free(file);
	nordic.application = path;
	code = dfut_image_build_nordic(&image, bench->context, &nordic);
	unlink(path);
	cr_assert(code == 0 || code == DFUT_ERROR_UNSUPPORTED, "%s", get_error(bench));
	return image;
}

Test(choose, a_package_that_no_keyboard_takes_is_refused_before_the_trigger)
{
	static const char *const specs[] = { "via-keyboard:bootloader=dfu", "via-keyboard:bootloader=stm32" };

	for (size_t i = 0; i < COUNT(specs); i++) {
		struct room room;
		struct job job = { .match = DFUT_MATCH_INIT };
		struct outcome outcome;

		start_room(&room, &specs[i], 1);
		job.image = make_package(&room.bench);
		if (job.image) {
			outcome = run(&room.bench, &job);
			expect_refused(&outcome, &room, 1, specs[i]);
		}
		dfut_image_free(job.image);
		bench_stop(&room.bench);
	}
}

/* QMK's builds give their files a suffix with the ids of the bootloader. */

static struct outcome update_keyboard(struct room *room, const char *spec, struct ids suffix, const struct part *at)
{
	struct job job = { .match = DFUT_MATCH_INIT };
	struct outcome outcome;

	start_room(room, &spec, 1);
	job.image = at ? bench_make_image(&room->bench, KIND_HEX, at, 1) : make_raw(&room->bench);
	if (suffix.vendor_id)
		dfut_image_set_suffix(job.image, suffix.vendor_id, suffix.product_id, DFUT_ID_ANY);
	outcome = run(&room->bench, &job);
	wait_ms(&room->bench, SETTLE_MS);
	dfut_image_free(job.image);
	return outcome;
}

Test(choose, a_file_for_a_keyboards_bootloader_is_for_the_keyboard)
{
	static const struct {
		const char *spec;
		struct ids suffix;
		bool fits;
	} cases[] = {
		{ "via-keyboard:bootloader=stm32", { 0x0483, 0xdf11 }, true },
		{ "via-keyboard:bootloader=dfu", { 0x1209, 0x0003 }, true },
		{ "via-keyboard:bootloader=dfu", { 0x0483, 0xdf11 }, false },
		{ "via-keyboard:bootloader=stm32", { 0x1209, 0x0003 }, false },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct room room;
		struct outcome outcome = update_keyboard(&room, cases[i].spec, cases[i].suffix, NULL);

		if (cases[i].fits)
			expect_updated(&outcome, room.devices[0], cases[i].spec);
		cr_expect(eq(int, get_code(&outcome), cases[i].fits ? 0 : DFUT_ERROR_MISMATCH), "%s: %s", cases[i].spec,
			  outcome.text);
		cr_expect(is_in_application(room.devices[0]), "%s: %s", cases[i].spec, outcome.text);
		bench_stop(&room.bench);
	}
}

/* For ST's ROM, as is usual, or for any device */
Test(choose, a_dfuse_file_for_sts_rom_is_for_the_keyboard)
{
	static const struct ids ids[] = { { 0x0483, 0xdf11 }, { DFUT_ID_ANY, DFUT_ID_ANY } };
	static const char *const specs[] = { "via-keyboard:bootloader=stm32" };

	for (size_t i = 0; i < COUNT(ids); i++) {
		struct room room;
		struct job job = { .match = DFUT_MATCH_INIT };
		struct file *file = calloc(1, sizeof(*file));
		struct outcome outcome;

		start_room(&room, specs, 1);
		file_begin_dfuse(file, 1);
		file_add_target(file, 0, &part, 1);
		file_end_dfuse(file, ids[i].vendor_id, ids[i].product_id);
		job.image = bench_load(&room.bench, file);
		free(file);
		outcome = run(&room.bench, &job);
		expect_updated(&outcome, room.devices[0], "DfuSe");
		dfut_image_free(job.image);
		bench_stop(&room.bench);
	}
}

Test(choose, a_keyboard_whose_memory_does_not_take_the_file_is_started_again)
{
	static const struct part elsewhere = { 0x60000000, 1000 };
	struct room room;
	struct outcome outcome = update_keyboard(&room, "via-keyboard:bootloader=stm32", (struct ids){ 0, 0 },
						 &elsewhere);

	cr_expect(lt(int, get_code(&outcome), 0), "%s", outcome.text);
	cr_expect(is_in_application(room.devices[0]), "%s", outcome.text);
	bench_stop(&room.bench);
}

Test(choose, a_keyboard_is_read_by_one_call_or_started_again)
{
	static const char *const specs[] = { "via-keyboard:bootloader=dfu", "via-keyboard:bootloader=stm32" };

	for (size_t i = 0; i < COUNT(specs); i++) {
		struct room room;
		struct job job = { .what = UPLOAD, .match = DFUT_MATCH_INIT };
		struct outcome outcome;

		start_room(&room, &specs[i], 1);
		outcome = run(&room.bench, &job);
		wait_ms(&room.bench, SETTLE_MS);
		cr_expect(get_code(&outcome) == 0 || is_in_application(room.devices[0]), "%s: %s", specs[i],
			  outcome.text);
		bench_expect_no_breach(room.devices[0], specs[i]);
		bench_stop(&room.bench);
	}
}

/* A mode that is guessed. */

Test(choose, a_pair_of_ids_overrules_a_guessed_mode)
{
	static const char *const starts[] = { "dfu:version=1.0", "dfu:version=1.0,start=bootloader" };

	for (size_t i = 0; i < COUNT(starts); i++) {
		struct room room;
		struct job job = { .match = match_pair(0x1209, 0x0001, 0x1209, 0x0002) };
		struct outcome outcome;

		start_room(&room, &starts[i], 1);
		job.image = make_raw(&room.bench);
		outcome = run(&room.bench, &job);
		expect_updated(&outcome, room.devices[0], starts[i]);
		dfut_image_free(job.image);
		bench_stop(&room.bench);
	}
}

Test(choose, a_guess_is_told)
{
	static const struct {
		const char *spec;
		bool is_guessed;
		bool is_generic;
	} cases[] = {
		{ "dfu:version=1.0", true, true },
		{ "dfu", false, true },
		{ "webcam", false, true },
		{ "stm32f072", false, false },
		{ "zephyr", false, false },
		{ "via-keyboard", false, false },
		{ "dfu:start=bootloader", false, true },
		{ "dfu:vid=cafe", false, false },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct dfut_device *device;
		struct bench bench;

		bench_start(&bench, cases[i].spec);
		device = bench_find(&bench, "1-1");
		cr_expect(eq(int, dfut_device_is_mode_guessed(device), cases[i].is_guessed), "%s", cases[i].spec);
		cr_expect(eq(int, dfut_device_is_generic(device), cases[i].is_generic), "%s", cases[i].spec);
		dfut_device_unref(device);
		bench_stop(&bench);
	}
}

/* DFU 1.0 does not tell an application from a bootloader: who guesses wrong has triggered what nobody named. */
Test(choose, a_guess_is_no_reason_to_take_what_nobody_named)
{
	static const char *const rooms[][2] = { { "dfu:version=1.0", "webcam" }, { "dfu:version=1.0", "stm32f072" } };

	for (size_t i = 0; i < COUNT(rooms); i++) {
		struct room room;
		struct job job = { .match = DFUT_MATCH_INIT };
		struct outcome outcome;

		start_room(&room, rooms[i], 2);
		job.image = bench_make_image(&room.bench, KIND_RAW, &part, 1);
		outcome = run(&room.bench, &job);
		cr_expect(eq(int, outcome.found, i == 0 ? DFUT_ERROR_NOT_FOUND : 0), "%s", outcome.text);
		/* Who reads that bootloaders are taken sees why this one is not. */
		cr_expect(i == 1 || strstr(outcome.text, "(bootloader, guessed)"), "%s", outcome.text);
		cr_expect(eq(sz, count_requests(room.devices[0]), 0), "%s", outcome.text);
		dfut_image_free(job.image);
		bench_stop(&room.bench);
	}
}

/* Words. */

Test(choose, says_what_was_asked_for_and_what_is_there)
{
	static const char *const specs[] = { "webcam", "cdc-board", "stm32f072" };
	struct room room;
	struct job job = { .what = TRIGGER };
	struct outcome outcome;

	start_room(&room, specs, 3);
	job.match = match_ids(0x1234, 0xabcd);
	outcome = run(&room.bench, &job);
	cr_expect(eq(int, outcome.found, DFUT_ERROR_NOT_FOUND), "%s", outcome.text);
	expect_word(&outcome, "1234:abcd");
	expect_word(&outcome, "1-1");
	expect_word(&outcome, "1-2");
	expect_word(&outcome, "1-3");
	cr_expect(strstr(outcome.text, "cable") == NULL, "%s", outcome.text);
	job.match = (struct dfut_match)DFUT_MATCH_INIT;
	job.match.path = "1-7";
	outcome = run(&room.bench, &job);
	cr_expect(eq(int, outcome.found, DFUT_ERROR_NOT_FOUND), "%s", outcome.text);
	expect_word(&outcome, "1-7");
	job.match = (struct dfut_match)DFUT_MATCH_INIT;
	job.match.serial_number = "nobody's";
	outcome = run(&room.bench, &job);
	cr_expect(eq(int, outcome.found, DFUT_ERROR_NOT_FOUND), "%s", outcome.text);
	expect_word(&outcome, "nobody's");
	bench_stop(&room.bench);
}

Test(choose, talks_of_cables_where_nothing_is)
{
	struct room room;
	struct job job = { .what = TRIGGER, .match = DFUT_MATCH_INIT };
	struct outcome outcome;

	start_room(&room, (const char *const[]){ "webcam" }, 1);
	dfut_sim_device_unplug(room.devices[0]);
	outcome = run(&room.bench, &job);
	cr_expect(eq(int, outcome.found, DFUT_ERROR_NOT_FOUND), "%s", outcome.text);
	expect_word(&outcome, "cable");
	bench_stop(&room.bench);
}

/* What can be refused before the trigger. */

Test(choose, a_file_for_other_ids_is_refused_before_anything_is_sent)
{
	static const struct {
		const char *spec;
		int vendor_id;
		int product_id;
	} cases[] = {
		{ "dfu", 0x1209, 0x0001 },
		{ "webcam", 0x30c9, 0x00a8 },
		{ "zephyr", 0x2fe3, 0xffff },
		{ "usbd-dfu-rt", 0x1209, 0x0001 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct room room;
		struct job job = { .match = match_ids(cases[i].vendor_id, DFUT_MATCH_ANY) };
		struct outcome outcome;

		start_room(&room, &cases[i].spec, 1);
		job.image = make_raw(&room.bench);
		dfut_image_set_suffix(job.image, 0x1111, 0x2222, DFUT_ID_ANY);
		outcome = run(&room.bench, &job);
		expect_refused(&outcome, &room, 1, cases[i].spec);
		expect_word(&outcome, "1111:2222");
		dfut_image_free(job.image);
		bench_stop(&room.bench);
	}
}

Test(choose, an_unknown_application_and_a_file_for_other_ids_too)
{
	struct dfut_match match = match_pair(APPLICATION, BOOTLOADER);
	static const char *const specs[] = { "cdc-board" };
	struct job job = { .match = match, .touch = true };
	struct outcome outcome;
	struct room room;

	start_room(&room, specs, 1);
	job.image = make_raw(&room.bench);
	dfut_image_set_suffix(job.image, 0x1111, 0x2222, DFUT_ID_ANY);
	outcome = run(&room.bench, &job);
	expect_refused(&outcome, &room, 1, "board");
	/* One that is for its bootloader is good. */
	dfut_image_set_suffix(job.image, BOOTLOADER, DFUT_ID_ANY);
	outcome = run(&room.bench, &job);
	expect_updated(&outcome, room.devices[0], "board");
	dfut_image_free(job.image);
	bench_stop(&room.bench);
}

Test(choose, an_address_on_plain_dfu_is_refused_with_the_reason)
{
	static const char *const specs[] = { "dfu:start=bootloader", "dfu:start=bootloader,version=1.0" };

	for (size_t i = 0; i < COUNT(specs); i++) {
		struct room room;
		struct job job = { .match = DFUT_MATCH_INIT };
		struct outcome outcome;

		start_room(&room, &specs[i], 1);
		job.match.path = "1-1";
		job.image = make_raw(&room.bench);
		cr_assert(eq(int, dfut_image_set_address(job.image, FLASH), 0));
		outcome = run(&room.bench, &job);
		expect_refused(&outcome, &room, 1, specs[i]);
		expect_word(&outcome, "address");
		dfut_image_free(job.image);
		bench_stop(&room.bench);
	}
}

/* What is behind an application that only its class tells may be DfuSe. */
Test(choose, an_address_is_refused_once_the_bootloader_is_plain_dfu)
{
	static const char *const specs[] = { "dfu" };
	struct room room;
	struct job job = { .match = match_ids(0x1209, 0x0001) };
	struct outcome outcome;

	start_room(&room, specs, 1);
	job.image = make_raw(&room.bench);
	cr_assert(eq(int, dfut_image_set_address(job.image, FLASH), 0));
	outcome = run(&room.bench, &job);
	cr_expect(eq(int, get_code(&outcome), DFUT_ERROR_UNSUPPORTED), "%s", outcome.text);
	expect_word(&outcome, "address");
	expect_word(&outcome, "started again");
	cr_expect(is_in_application(room.devices[0]), "%s", outcome.text);
	dfut_image_free(job.image);
	bench_stop(&room.bench);
}

/* Several memories, which only the bootloader shows. */
Test(choose, who_was_triggered_and_then_refused_is_started_again)
{
	static const char *const specs[] = { "dfu:alternates=3", "dfu:alternates=3,tolerant=no",
					     "dfu:alternates=2,names=a/b,will-detach=no" };
	static const enum what jobs[] = { UPDATE, UPLOAD };

	for (size_t i = 0; i < COUNT(specs) * COUNT(jobs); i++) {
		const char *spec = specs[i / 2];
		struct room room;
		struct job job = { .what = jobs[i % 2], .match = match_ids(0x1209, 0x0001) };
		struct outcome outcome;

		start_room(&room, &spec, 1);
		job.image = job.what == UPDATE ? make_raw(&room.bench) : NULL;
		outcome = run(&room.bench, &job);
		cr_expect(lt(int, get_code(&outcome), 0), "%s: %s", spec, outcome.text);
		expect_word(&outcome, "alternate");
		wait_ms(&room.bench, SETTLE_MS);
		cr_expect(is_in_application(room.devices[0]), "%s: %s", spec, outcome.text);
		cr_expect(eq(sz, count_downloads(room.devices[0]), 0), "%s", spec);
		bench_expect_no_breach(room.devices[0], spec);
		dfut_image_free(job.image);
		bench_stop(&room.bench);
	}
}

/* A device that shows them already: nothing is sent. */
Test(choose, several_memories_that_are_seen_are_refused_at_once)
{
	static const char *const specs[] = { "dfu:alternates=3,start=bootloader", "dfu:alternates=2,start=error" };
	static const enum what jobs[] = { UPDATE, UPLOAD };

	for (size_t i = 0; i < COUNT(specs) * COUNT(jobs); i++) {
		struct room room;
		struct job job = { .what = jobs[i % 2], .match = DFUT_MATCH_INIT };
		struct outcome outcome;

		start_room(&room, &specs[i / 2], 1);
		job.match.path = "1-1";
		job.image = job.what == UPDATE ? make_raw(&room.bench) : NULL;
		outcome = run(&room.bench, &job);
		expect_refused(&outcome, &room, 1, specs[i / 2]);
		expect_word(&outcome, "alternate");
		dfut_image_free(job.image);
		bench_stop(&room.bench);
	}
}

/* Waiting. */

/* A person who does something after some time: a model whose timer is that. */
struct hand {
	struct dfut_sim_device *device;
};

static struct {
	void (*act)(struct dfut_sim_device *device);
	struct dfut_sim_device *device;
} deed;

static int hand_create(void *state, struct dfut_sim_device *device)
{
	((struct hand *)state)->device = device;
	return 0;
}

static uint32_t hand_start(void *state, enum dfut_sim_start start)
{
	(void)state;
	(void)start;
	return 0;
}

static const char *hand_get_mode_name(const void *state)
{
	(void)state;
	return "hand";
}

static void hand_describe(const void *state, struct dfut_sim_description *description)
{
	static const uint8_t descriptors[] = { 18, 1, 0, 2, 0xff, 0, 0, 64, 0x09, 0x12, 0x10, 0,    0, 1,
					       0,  0, 0, 1, 9,	  2, 9, 0,  0,	  1,	0,    0x80, 50 };

	(void)state;
	description->descriptors = descriptors;
	description->descriptors_size = sizeof(descriptors);
	description->strings = NULL;
	description->string_count = 0;
}

static int hand_control(void *state, const struct dfut_sim_setup *setup, uint8_t *data)
{
	(void)state;
	(void)setup;
	(void)data;
	return DFUT_ERROR_DEVICE;
}

static void hand_timer(void *state, unsigned int timer)
{
	(void)state;
	(void)timer;
	deed.act(deed.device);
}

static const struct dfut_sim_model hand_model = {
	.size = sizeof(struct dfut_sim_model),
	.name = "hand",
	.text = "a person",
	.state_size = sizeof(struct hand),
	.create = hand_create,
	.start = hand_start,
	.get_mode_name = hand_get_mode_name,
	.describe = hand_describe,
	.control = hand_control,
	.timer = hand_timer,
};

static void do_later(struct bench *bench, uint64_t after_ms, void (*act)(struct dfut_sim_device *device),
		     struct dfut_sim_device *device)
{
	cr_assert(eq(int, dfut_sim_add_model(bench->sim, &hand_model), 0));
	deed.act = act;
	deed.device = device;
	dfut_sim_device_set_timer(bench_plug(bench, "hand", "1-9"), 0, after_ms * 1000);
}

static void tap_twice(struct dfut_sim_device *device)
{
	dfut_sim_device_press_reset(device);
	dfut_sim_device_press_reset(device);
}

struct waited {
	int result;
	uint64_t took_ms;
	char path[32];
	enum dfut_mode mode;
	char text[900];
};

static struct waited wait_for(struct bench *bench, const struct dfut_match *match, int timeout_ms)
{
	uint64_t begin_us = dfut_sim_get_time_us(bench->sim);
	struct waited waited = { 0 };
	struct dfut_device *device = NULL;

	waited.result = dfut_device_wait(&device, bench->context, match, timeout_ms);
	waited.took_ms = (dfut_sim_get_time_us(bench->sim) - begin_us) / 1000;
	snprintf(waited.text, sizeof(waited.text), "%s; %s", get_error(bench), dfut_context_get_hint(bench->context));
	cr_expect(eq(int, device != NULL, waited.result == 0));
	if (device) {
		snprintf(waited.path, sizeof(waited.path), "%s", dfut_device_get_path(device));
		waited.mode = dfut_device_get_mode(device);
	}
	dfut_device_unref(device);
	return waited;
}

Test(choose, waits_for_one_that_is_plugged_in_later)
{
	static const char *const specs[] = { "stm32f072", "webcam" };
	struct dfut_match match = DFUT_MATCH_INIT;
	struct waited waited;
	struct room room;

	start_room(&room, specs, 2);
	dfut_sim_device_unplug(room.devices[0]);
	do_later(&room.bench, 7000, dfut_sim_device_replug, room.devices[0]);
	waited = wait_for(&room.bench, &match, -1);
	cr_assert(eq(int, waited.result, 0), "%s", waited.text);
	cr_expect(eq(str, waited.path, (char *)"1-1"));
	cr_expect(ge(u64, waited.took_ms, 6999));
	cr_expect(le(u64, waited.took_ms, 9000));
	cr_expect(eq(sz, count_requests(room.devices[1]), 0));
	/* Now it is there. */
	waited = wait_for(&room.bench, &match, -1);
	cr_expect(eq(int, waited.result, 0));
	cr_expect(le(u64, waited.took_ms, AT_ONCE_MS));
	bench_stop(&room.bench);
}

Test(choose, waits_for_a_button)
{
	static const char *const specs[] = { "cdc-board", "webcam" };
	struct dfut_match match = match_pair(APPLICATION, BOOTLOADER);
	struct waited waited;
	struct room room;

	match.mode = DFUT_MODE_BOOTLOADER;
	start_room(&room, specs, 2);
	do_later(&room.bench, 3000, tap_twice, room.devices[0]);
	waited = wait_for(&room.bench, &match, 60000);
	cr_assert(eq(int, waited.result, 0), "%s", waited.text);
	cr_expect(eq(int, waited.mode, DFUT_MODE_BOOTLOADER));
	cr_expect(eq(str, waited.path, (char *)"1-1"));
	cr_expect(ge(u64, waited.took_ms, 2999));
	cr_expect(le(u64, waited.took_ms, 6000));
	bench_stop(&room.bench);
}

/* One in its bootloader of which only the class is known is no bystander. */
Test(choose, waits_for_a_bootloader_that_nobody_named)
{
	static const char *const specs[] = { "cdc-board", "webcam" };
	struct dfut_match match = DFUT_MATCH_INIT;
	struct waited waited;
	struct room room;

	start_room(&room, specs, 2);
	do_later(&room.bench, 3000, tap_twice, room.devices[0]);
	waited = wait_for(&room.bench, &match, 60000);
	cr_assert(eq(int, waited.result, 0), "%s", waited.text);
	cr_expect(eq(str, waited.path, (char *)"1-1"));
	cr_expect(eq(int, waited.mode, DFUT_MODE_BOOTLOADER));
	bench_stop(&room.bench);
}

/* What comes is judged by the same rules. */
Test(choose, does_not_take_a_webcam_that_comes)
{
	static const char *const specs[] = { "webcam" };
	struct dfut_match match = DFUT_MATCH_INIT;
	struct waited waited;
	struct room room;

	start_room(&room, specs, 1);
	dfut_sim_device_unplug(room.devices[0]);
	do_later(&room.bench, 1000, dfut_sim_device_replug, room.devices[0]);
	waited = wait_for(&room.bench, &match, 4000);
	cr_expect(eq(int, waited.result, DFUT_ERROR_TIMEOUT), "%s", waited.text);
	cr_expect(eq(sz, count_requests(room.devices[0]), 0));
	bench_stop(&room.bench);
}

Test(choose, waits_no_longer_than_said)
{
	static const char *const specs[] = { "webcam" };
	struct dfut_match match = match_ids(0x1234, 0xabcd);
	struct waited waited;
	struct room room;

	start_room(&room, specs, 1);
	waited = wait_for(&room.bench, &match, 5000);
	cr_expect(eq(int, waited.result, DFUT_ERROR_TIMEOUT), "%s", waited.text);
	cr_expect(ge(u64, waited.took_ms, 4999));
	cr_expect(le(u64, waited.took_ms, 5100));
	cr_expect(strstr(waited.text, "1234:abcd") != NULL, "%s", waited.text);
	bench_expect_words(waited.text, "timeout");
	waited = wait_for(&room.bench, &match, 0);
	cr_expect(eq(int, waited.result, DFUT_ERROR_TIMEOUT), "%s", waited.text);
	cr_expect(le(u64, waited.took_ms, AT_ONCE_MS));
	/* A webcam is not what is waited for. */
	match = (struct dfut_match)DFUT_MATCH_INIT;
	waited = wait_for(&room.bench, &match, 1000);
	cr_expect(eq(int, waited.result, DFUT_ERROR_TIMEOUT), "%s", waited.text);
	cr_expect(eq(sz, count_requests(room.devices[0]), 0));
	bench_stop(&room.bench);
}

/* A bootloader that the file is not for is as much a bystander as two of them. */
Test(choose, waits_beside_a_bootloader_that_the_file_is_not_for)
{
	static const char *const specs[] = { "dfu:start=bootloader", "webcam", "stm32f072:application=runtime" };
	struct dfut_match match = DFUT_MATCH_INIT;
	struct waited waited;
	struct room room;

	start_room(&room, specs, 3);
	dfut_sim_device_unplug(room.devices[2]);
	match.image = make_raw(&room.bench);
	dfut_image_set_suffix((struct dfut_image *)match.image, 0x0483, 0xdf11, DFUT_ID_ANY);
	waited = wait_for(&room.bench, &match, 2000);
	cr_expect(eq(int, waited.result, DFUT_ERROR_TIMEOUT), "%s", waited.text);
	cr_expect(ge(u64, waited.took_ms, 1999));
	cr_expect(strstr(waited.text, "0483:df11") && strstr(waited.text, "1-1"), "%s", waited.text);
	do_later(&room.bench, 3000, dfut_sim_device_replug, room.devices[2]);
	waited = wait_for(&room.bench, &match, 60000);
	cr_assert(eq(int, waited.result, 0), "%s", waited.text);
	cr_expect(eq(str, waited.path, (char *)"1-3"));
	/* Who names a device means it, and is told at once. */
	match.path = "1-1";
	waited = wait_for(&room.bench, &match, 60000);
	cr_expect(eq(int, waited.result, 0), "%s", waited.text);
	cr_expect(le(u64, waited.took_ms, AT_ONCE_MS));
	cr_expect(eq(sz, count_requests(room.devices[0]), 0));
	cr_expect(eq(sz, count_requests(room.devices[1]), 0));
	dfut_image_free((struct dfut_image *)match.image);
	bench_stop(&room.bench);
}

/* Its twin is there, and its own name comes late. */
Test(choose, waits_for_a_serial_number_that_is_read_slowly)
{
	static const char *const specs[] = { "webcam:serial=A", "webcam:serial=B,string-ms=400" };
	struct dfut_match match = DFUT_MATCH_INIT;
	struct waited waited;
	struct room room;

	start_room(&room, specs, 2);
	dfut_sim_device_unplug(room.devices[1]);
	match.serial_number = "B";
	do_later(&room.bench, 2000, dfut_sim_device_replug, room.devices[1]);
	waited = wait_for(&room.bench, &match, -1);
	cr_assert(eq(int, waited.result, 0), "%s", waited.text);
	cr_expect(eq(str, waited.path, (char *)"1-2"));
	cr_expect(le(u64, waited.took_ms, 8000));
	cr_expect(eq(sz, count_requests(room.devices[0]), 0));
	/* Nobody may be taken for it while it is away. */
	dfut_sim_device_unplug(room.devices[1]);
	waited = wait_for(&room.bench, &match, 1000);
	cr_expect(eq(int, waited.result, DFUT_ERROR_TIMEOUT), "%s", waited.text);
	cr_expect(strstr(waited.text, "serial B") != NULL, "%s", waited.text);
	bench_stop(&room.bench);
}

Test(choose, says_what_was_asked_for_in_one_sentence)
{
	static const char *const specs[] = { "webcam" };
	static const char *const words[] = {
		"no device at 1-9;",
		"no device 1234:* at 1-9;",
		"no device 1234:*, or 5678:9abc in its bootloader, at 1-9;",
		"no device 5678:9abc in its bootloader, at 1-9;",
		"no device 5678:9abc serial X in its bootloader, at 1-9;",
	};
	struct room room;

	start_room(&room, specs, 1);
	for (size_t i = 0; i < COUNT(words); i++) {
		struct dfut_match match = DFUT_MATCH_INIT;
		struct dfut_device *device;

		match.path = "1-9";
		if (i == 1 || i == 2)
			match.vendor_id = 0x1234;
		if (i >= 2) {
			match.bootloader_vendor_id = 0x5678;
			match.bootloader_product_id = 0x9abc;
		}
		if (i >= 3)
			match.mode = DFUT_MODE_BOOTLOADER;
		if (i == 4)
			match.bootloader_serial_number = "X";
		cr_expect(eq(int, dfut_device_find(&device, room.bench.context, &match), DFUT_ERROR_NOT_FOUND));
		cr_expect(strstr(get_error(&room.bench), words[i]) != NULL, "%s", get_error(&room.bench));
	}
	bench_stop(&room.bench);
}

Test(choose, does_not_wait_for_an_ambiguity_to_pass)
{
	static const char *const specs[] = { "stm32f072", "stm32f405" };
	struct dfut_match match = DFUT_MATCH_INIT;
	struct waited waited;
	struct room room;

	start_room(&room, specs, 2);
	waited = wait_for(&room.bench, &match, 60000);
	cr_expect(eq(int, waited.result, DFUT_ERROR_AMBIGUOUS), "%s", waited.text);
	cr_expect(le(u64, waited.took_ms, AT_ONCE_MS));
	cr_expect(strstr(waited.text, "1-1") && strstr(waited.text, "1-2"), "%s", waited.text);
	bench_stop(&room.bench);
}

static int waited_in_handler;

static void wait_in_handler(enum dfut_device_event event, struct dfut_device *device, void *user_data)
{
	struct dfut_match match = DFUT_MATCH_INIT;
	struct dfut_device *found;

	(void)event;
	(void)device;
	waited_in_handler = dfut_device_wait(&found, user_data, &match, 1000);
}

Test(choose, does_not_wait_inside_a_handler)
{
	struct bench bench;

	bench_start(&bench, "stm32f072");
	dfut_context_set_device_handler(bench.context, wait_in_handler, bench.context);
	dfut_context_dispatch(bench.context, 0);
	cr_expect(eq(int, waited_in_handler, DFUT_ERROR_USAGE));
	bench_stop(&bench);
}
