/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Whole updates of the DFU family's odd members, Espressif's ROM and XMOS's: clean, with faults and cancels, and commands. */

#include "bench.h"
#include "esp-archive.h"

#define RAW_SIZE 1300
#define APP_ADDRESS 0x10000

enum kind {
	KIND_RAW,
	KIND_ESP,
};

static const struct variant {
	const char *spec;
	enum kind kind;
	const char *memory;
	uint32_t address;
	const char *end; /* mode that it is in afterwards */
	enum dfut_verified verified;
	size_t most; /* requests */
} variants[] = {
	{ "esp32-s2:erase-percent=10", KIND_ESP, "flash", APP_ADDRESS, "application", DFUT_VERIFIED_IMPOSSIBLE, 330 },
	{ "esp32-s2:erase-percent=10,work=busy,detach=value,manifest=leave", KIND_ESP, "flash", APP_ADDRESS,
	  "application", DFUT_VERIFIED_IMPOSSIBLE, 330 },
	{ "esp32-s2:erase-percent=10,work=getstatus", KIND_ESP, "flash", APP_ADDRESS, "application",
	  DFUT_VERIFIED_IMPOSSIBLE, 330 },
	{ "xmos:erase-percent=1", KIND_RAW, "upgrade", 0, "application", DFUT_VERIFIED_YES, 100 },
	{ "xmos:xua=4,erase-percent=1", KIND_RAW, "upgrade", 0, "application", DFUT_VERIFIED_YES, 100 },
	{ "xmos:pid=0016,dfu-pid=d016,interface=1,erase-percent=1", KIND_RAW, "upgrade", 0, "application",
	  DFUT_VERIFIED_YES, 100 },
	{ "sln-voice", KIND_RAW, "upgrade", 0, "application", DFUT_VERIFIED_YES, 29 },
};

static const enum dfut_sim_fault_kind faults[] = { DFUT_SIM_FAULT_STALL,       DFUT_SIM_FAULT_TIMEOUT,
						   DFUT_SIM_FAULT_LOST_ANSWER, DFUT_SIM_FAULT_UNPLUG,
						   DFUT_SIM_FAULT_SHORT,       DFUT_SIM_FAULT_GARBAGE };

static const struct file esp_files[] = {
	{ 0x1000, 0, "bootloader.bin", 2003 },
	{ APP_ADDRESS, 0, "app.bin", RAW_SIZE },
};

static void free_archive(void)
{
	free(archive);
	archive = NULL;
}

TestSuite(update_family, .fini = free_archive, .timeout = 600);

static const uint8_t *get_content(const struct variant *variant)
{
	static uint8_t bytes[RAW_SIZE];

	if (variant->kind == KIND_ESP)
		return make_bytes(RAW_SIZE);
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 7 + i / 256 + 128);
	return bytes;
}

static struct dfut_image *make_image(struct bench *bench, const struct variant *variant)
{
	const void *bytes = get_content(variant);
	size_t size = RAW_SIZE;
	struct dfut_image *image;

	if (variant->kind == KIND_ESP) {
		make_archive(esp_files, COUNT(esp_files), 2 * 1024 * 1024);
		add_suffix(0x0002);
		bytes = archive;
		size = archive_size;
	}
	cr_assert(eq(int, dfut_image_load_buffer(&image, bench->context, bytes, size, 0), 0), "%s",
		  dfut_context_get_error(bench->context));
	return image;
}

static bool holds(const struct bench *bench, const struct variant *variant)
{
	size_t size = 0;
	const uint8_t *memory = dfut_sim_device_get_memory(bench->device, variant->memory, &size);

	cr_assert(memory && size >= variant->address + RAW_SIZE);
	return memcmp(memory + variant->address, get_content(variant), RAW_SIZE) == 0;
}

struct end {
	int result;
	enum dfut_verified verified;
	char message[512];
	char hint[512];
};

/* A session that has not ended after `rounds` rounds of dispatch is cancelled. */
static struct end update(struct bench *bench, const struct variant *variant, size_t rounds, const char *what)
{
	struct dfut_session *session = bench_new_session(bench, "1-1");
	struct dfut_image *image = make_image(bench, variant);
	struct end end = { .result = dfut_session_start_update(session, image) };

	if (end.result == 0)
		end.result = bench_run(bench, session, rounds, what);
	end.verified = dfut_session_get_verified(session);
	snprintf(end.message, sizeof(end.message), "%s", dfut_session_get_message(session));
	snprintf(end.hint, sizeof(end.hint), "%s", dfut_session_get_hint(session));
	bench_expect_words(end.message, what);
	dfut_session_free(session);
	dfut_image_free(image);
	return end;
}

static size_t run_clean(const struct variant *variant)
{
	struct bench bench;
	struct end end;
	size_t count;

	bench_start(&bench, variant->spec);
	end = update(&bench, variant, SIZE_MAX, variant->spec);
	cr_expect(eq(int, end.result, 0), "%s: %s", variant->spec, end.message);
	cr_expect(eq(int, end.verified, variant->verified), "%s: %s", variant->spec, end.message);
	cr_expect(eq(str, end.hint, (char *)""), "%s: %s", variant->spec, end.hint);
	cr_expect(strstr(end.message, "has been started") != NULL, "%s: %s", variant->spec, end.message);
	cr_expect(holds(&bench, variant), "%s", variant->spec);
	cr_expect(dfut_sim_device_is_present(bench.device));
	cr_expect(eq(str, (char *)dfut_sim_device_get_mode_name(bench.device), (char *)variant->end), "%s",
		  variant->spec);
	bench_expect_no_breach(bench.device, variant->spec);
	count = dfut_sim_device_get_request_count(bench.device);
	cr_expect(le(sz, count, variant->most), "%s", variant->spec);
	bench_stop(&bench);
	return count;
}

Test(update_family, a_clean_run_breaks_no_rule_and_ends_in_the_application)
{
	for (size_t i = 0; i < COUNT(variants); i++)
		fprintf(stderr, "%s: %zu requests\n", variants[i].spec, run_clean(&variants[i]));
}

/* The device is as somebody finds it after a while. */
static void recover(struct bench *bench, const struct variant *variant, const char *what)
{
	struct end end;

	dfut_sim_device_clear_faults(bench->device);
	for (uint64_t until_us = dfut_sim_get_time_us(bench->sim) + 5000000;
	     dfut_sim_get_time_us(bench->sim) < until_us;)
		dfut_context_dispatch(bench->context, 500);
	if (!dfut_sim_device_is_present(bench->device))
		dfut_sim_device_replug(bench->device);
	for (uint64_t until_us = dfut_sim_get_time_us(bench->sim) + 5000000;
	     dfut_sim_get_time_us(bench->sim) < until_us;)
		dfut_context_dispatch(bench->context, 500);
	end = update(bench, variant, SIZE_MAX, what);
	cr_expect(eq(int, end.result, 0), "%s: second run: %s", what, end.message);
	cr_expect(holds(bench, variant), "%s: second run", what);
}

/* Garbage that the device has swallowed shows only where it can be read back: else it must be said. */
static void try_fault(const struct variant *variant, enum dfut_sim_fault_kind kind, size_t request)
{
	struct dfut_sim_fault fault = { .size = sizeof(fault), .kind = kind, .request = request };
	struct bench bench;
	struct end end;
	char what[160];

	snprintf(what, sizeof(what), "%s, fault %d at request %zu", variant->spec, kind, request);
	bench_start(&bench, variant->spec);
	dfut_sim_device_add_fault(bench.device, &fault);
	end = update(&bench, variant, SIZE_MAX, what);
	if (end.result == 0)
		cr_expect(holds(&bench, variant) || end.verified == DFUT_VERIFIED_IMPOSSIBLE, "%s: false success: %s",
			  what, end.message);
	else
		recover(&bench, variant, what);
	bench_stop(&bench);
}

/* The middle of a long download is all the same. */
static size_t next_request(size_t request, size_t count)
{
	return request < 30 || request + 40 > count ? request + 1 : request + 13;
}

Test(update_family, recovers_from_every_fault)
{
	size_t cases = 0;

	for (size_t i = 0; i < COUNT(variants); i++) {
		size_t count = run_clean(&variants[i]);

		for (size_t request = 0; request < count; request = next_request(request, count))
			for (size_t k = 0; k < COUNT(faults); k++, cases++)
				try_fault(&variants[i], faults[k], request);
	}
	fprintf(stderr, "%zu faults tried\n", cases);
	cr_expect(ge(sz, cases, 2000));
}

static bool try_cancel(const struct variant *variant, size_t round)
{
	struct bench bench;
	struct end end;
	char what[160];

	snprintf(what, sizeof(what), "%s, cancel in round %zu", variant->spec, round);
	bench_start(&bench, variant->spec);
	end = update(&bench, variant, round, what);
	if (end.result != 0) {
		cr_expect(eq(int, end.result, DFUT_ERROR_CANCELLED), "%s: %s", what, end.message);
		recover(&bench, variant, what);
	}
	bench_stop(&bench);
	return end.result != 0;
}

Test(update_family, recovers_from_a_cancel_at_every_step)
{
	size_t cases = 0;

	for (size_t i = 0; i < COUNT(variants); i++)
		for (size_t round = 0; try_cancel(&variants[i], round); round += round < 60		? 1 :
										 variants[i].most > 200 ? 9 :
													  2)
			cases++;
	fprintf(stderr, "%zu cancels tried\n", cases);
	cr_expect(ge(sz, cases, 400));
}

/* What a row of the table is for: without it, the update does not end well, or breaks a rule. */

static void update_with_table(const char *spec, const char *table, struct end *end, bool *is_right)
{
	const struct variant *variant = strncmp(spec, "esp", 3) == 0 ? &variants[0] : &variants[3];
	struct bench bench;

	bench_start(&bench, spec);
	cr_assert(eq(int, bench_load_devices(&bench, table), 0), "%s", dfut_context_get_error(bench.context));
	*end = update(&bench, variant, SIZE_MAX, spec);
	*is_right = end->result == 0 && dfut_sim_device_get_breach_count(bench.device) == 0 && end->hint[0] == '\0' &&
		    end->verified != DFUT_VERIFIED_NO;
	if (strncmp(spec, "esp", 3) != 0)
		*is_right = *is_right && end->verified == DFUT_VERIFIED_YES;
	bench_stop(&bench);
}

#define XMOS_ROW(will_detach, quirks, leave) \
	"{\"format\": 1, \"devices\": [{\"name\": \"mine\", \"protocol\": \"dfu\"," \
	"\"application\": [{\"ids\": [\"20b1:*\"], \"dfu\": \"application\"}]," \
	"\"bootloader\": [{\"ids\": [\"20b1:*\"], \"dfu\": \"bootloader\"}], \"triggers\": [\"dfu-detach\"]," \
	"\"quirks\": [" quirks "], \"leave\": " leave ", \"slots\": {\"update\": [\"DFU UPGRADE\"]}}]}"
#define REQUEST_F3 "{\"request_type\": \"21\", \"request\": \"f3\", \"index\": \"interface\"}"
#define PAD "\"pad-last-block\""
#define READ "\"read-after-restart\""
#define ESP_ROW(leave) \
	"{\"format\": 1, \"devices\": [{\"name\": \"mine\", \"protocol\": \"dfu\"," \
	"\"application\": [{\"ids\": [\"303a:1000-ffff\"], \"interface\": \"02/02/00\"}," \
	"{\"ids\": [\"303a:0002\"], \"dfu\": \"application\"}]," \
	"\"bootloader\": [{\"ids\": [\"303a:0002\"], \"dfu\": \"bootloader\"}]," \
	"\"triggers\": [\"dfu-detach\", \"touch-1200\"], \"leave\": " leave "}]}"

Test(update_family, each_quirk_is_needed)
{
	static const struct {
		const char *spec;
		const char *table;
		bool is_right;
	} cases[] = {
		{ "xmos", XMOS_ROW("true", PAD "," READ, "\"detach\""), true },
		{ "xmos", XMOS_ROW("true", READ, "\"detach\""), false },
		{ "xmos", XMOS_ROW("true", PAD, "\"detach\""), false },
		{ "xmos:xua=4", XMOS_ROW("false", PAD "," READ, REQUEST_F3), true },
		{ "xmos:xua=4", XMOS_ROW("false", PAD "," READ, "\"detach\""), false },
		{ "xmos:xua=4", XMOS_ROW("false", PAD "," READ, "\"none\""), false },
		{ "sln-voice", XMOS_ROW("true", "\"dfu-in-application\"", "\"detach\""), true },
		{ "sln-voice", XMOS_ROW("true", "", "\"detach\""), false },
		{ "esp32-s2", ESP_ROW("\"self\""), true },
		{ "esp32-s2", ESP_ROW("\"none\""), false },
		{ "esp32-s2", ESP_ROW("\"detach\""), false },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct end end;
		bool is_right;

		update_with_table(cases[i].spec, cases[i].table, &end, &is_right);
		cr_expect(eq(int, is_right, cases[i].is_right), "case %zu, %s: %s; %s", i, cases[i].spec, end.message,
			  end.hint);
	}
}

/* XMOS. */

static struct end command(struct bench *bench, const char *name)
{
	struct dfut_session *session = bench_new_session(bench, "1-1");
	struct end end = { .result = dfut_session_start_command(session, name) };

	if (end.result == 0)
		end.result = bench_run(bench, session, SIZE_MAX, name);
	snprintf(end.message, sizeof(end.message), "%s", dfut_session_get_message(session));
	snprintf(end.hint, sizeof(end.hint), "%s", dfut_session_get_hint(session));
	bench_expect_words(end.message, name);
	dfut_session_free(session);
	return end;
}

static uint32_t get_image_size(const struct bench *bench)
{
	return dfut_le32(dfut_sim_device_get_memory(bench->device, "image-size", NULL));
}

static void revert(const char *spec)
{
	struct bench bench;
	struct end end;

	bench_start(&bench, spec);
	cr_expect(eq(int, update(&bench, &variants[3], SIZE_MAX, spec).result, 0), "%s", spec);
	cr_expect(lt(u32, RAW_SIZE - 1, get_image_size(&bench)));
	end = command(&bench, "revert-factory");
	cr_expect(eq(int, end.result, 0), "%s: %s", spec, end.message);
	cr_expect(strstr(end.message, "has been started") != NULL, "%s: %s", spec, end.message);
	cr_expect(eq(u32, get_image_size(&bench), 0), "%s", spec);
	cr_expect(eq(str, (char *)dfut_sim_device_get_mode_name(bench.device), (char *)"application"), "%s", spec);
	bench_expect_no_breach(bench.device, spec);
	bench_stop(&bench);
}

Test(update_family, xmos_reverts_to_its_factory_image)
{
	revert("xmos");
	revert("xmos:xua=4");
}

/* As faults count them */
static size_t find_request(const struct dfut_sim_device *device, uint8_t type, uint8_t request)
{
	size_t count = 0;

	for (size_t i = 0; i < dfut_sim_device_get_record_count(device); i++) {
		const struct dfut_sim_record *record = dfut_sim_device_get_record(device, i);

		if (record->event == DFUT_SIM_EVENT_CONTROL && record->request_type == type &&
		    record->request == request)
			return count;
		count += record->event == DFUT_SIM_EVENT_CONTROL || record->event == DFUT_SIM_EVENT_ENDPOINT ||
			 record->event == DFUT_SIM_EVENT_BUS_RESET;
	}
	cr_assert(false, "no request %02x/%02x", type, request);
	return 0;
}

/* The class request is stalled, as by firmware that only knows the vendor's. */
Test(update_family, the_next_request_of_a_command_is_tried_if_one_is_refused)
{
	struct dfut_sim_fault fault = { .size = sizeof(fault), .kind = DFUT_SIM_FAULT_STALL };
	struct bench bench;

	bench_start(&bench, "xmos");
	cr_expect(eq(int, command(&bench, "revert-factory").result, 0));
	fault.request = find_request(bench.device, 0x21, 0xf1);
	bench_stop(&bench);
	bench_start(&bench, "xmos");
	dfut_sim_device_add_fault(bench.device, &fault);
	cr_expect(eq(int, command(&bench, "revert-factory").result, 0));
	cr_expect(eq(sz, find_request(bench.device, 0x41, 0xf1), fault.request + 1));
	bench_stop(&bench);
}

Test(update_family, xmos_keeps_its_state_where_its_firmware_can)
{
	static const char *const names[] = { "save-state", "restore-state" };
	struct bench bench;
	struct end end;

	for (size_t i = 0; i < COUNT(names); i++) {
		bench_start(&bench, "xmos:xua=4");
		cr_expect(eq(int, command(&bench, names[i]).result, 0), "%s", names[i]);
		cr_expect(eq(str, (char *)dfut_sim_device_get_mode_name(bench.device), (char *)"application"));
		bench_expect_no_breach(bench.device, names[i]);
		bench_stop(&bench);
		/* Taken out in 5.0. */
		bench_start(&bench, "xmos");
		end = command(&bench, names[i]);
		cr_expect(eq(int, end.result, DFUT_ERROR_DEVICE), "%s", names[i]);
		cr_expect(strstr(end.message, names[i]) && strstr(end.message, "refuses"), "%s", end.message);
		cr_expect(ne(str, end.hint, (char *)""));
		bench_stop(&bench);
	}
}

Test(update_family, commands_are_listed_and_others_are_refused)
{
	struct dfut_device *device;
	struct bench bench;
	size_t requests;

	bench_start(&bench, "xmos");
	device = bench_find(&bench, "1-1");
	requests = dfut_sim_device_get_request_count(bench.device);
	cr_expect(eq(sz, dfut_device_get_command_count(device), 3));
	cr_expect(eq(str, (char *)dfut_device_get_command_name(device, 0), (char *)"revert-factory"));
	cr_expect(strstr(dfut_device_get_command_text(device, 0), "factory") != NULL);
	cr_expect(dfut_device_get_command_name(device, 3) == NULL && dfut_device_get_command_text(device, 3) == NULL);
	cr_expect(eq(int, command(&bench, "self-destruct").result, DFUT_ERROR_NOT_FOUND));
	cr_expect(eq(int, command(&bench, NULL).result, DFUT_ERROR_NOT_FOUND));
	cr_expect(eq(sz, dfut_sim_device_get_request_count(bench.device), requests));
	dfut_device_unref(device);
	bench_stop(&bench);
}

/* The ways in beside DETACH, each by its name, and when what stands before it has no effect. */
Test(update_family, xmos_has_three_ways_in)
{
	static const struct {
		const char *spec;
		const char *trigger; /* NULL: whichever works */
		uint8_t request;     /* that it leaves by */
		int result;
	} cases[] = {
		{ "xmos", "xmos-reset-into-dfu", 0xf2, 0 },
		{ "xmos:xua=4", "xmos-reset-into-dfu", 0xf2, 0 },
		{ "xmos:reset-device=dfu", "xmos-reset-device", 0xf0, 0 },
		{ "xmos:xua=4,reset-device=dfu", "xmos-reset-device", 0xf0, 0 },
		{ "xmos", "xmos-reset-device", 0xf0, DFUT_ERROR_MISMATCH },
		/* DETACH is asked twice. */
		{ "xmos:fault=stall@0x2", NULL, 0xf2, 0 },
		{ "xmos:xua=4,fault=stall@0x2", NULL, 0xf2, 0 },
		{ "xmos:reset-device=dfu,fault=stall@0x3", NULL, 0xf0, 0 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct dfut_session *session;
		struct bench bench;
		int result;

		bench_start(&bench, cases[i].spec);
		session = bench_new_session(&bench, "1-1");
		cr_assert(eq(int, dfut_session_set_trigger(session, cases[i].trigger), 0));
		result = dfut_session_start_trigger(session);
		if (result == 0)
			result = bench_run(&bench, session, SIZE_MAX, cases[i].spec);
		cr_expect(eq(int, result, cases[i].result), "case %zu: %s", i, dfut_session_get_message(session));
		cr_expect(eq(int, bench_is_in_bootloader(bench.device), result == 0), "case %zu", i);
		find_request(bench.device, 0x21, cases[i].request);
		dfut_session_free(session);
		bench_stop(&bench);
	}
}

static bool is_playing(const struct bench *bench)
{
	return *dfut_sim_device_get_memory(bench->device, "audio-playing", NULL);
}

/* The first class request to its DFU interface ends the sound until it restarts. */
Test(update_family, looking_at_a_sound_card_does_not_stop_it)
{
	static const char *const specs[] = { "xmos", "xmos:xua=4", "xmos:interface=0" };

	for (size_t i = 0; i < COUNT(specs); i++) {
		struct dfut_session *session;
		struct dfut_device *device;
		struct dfut_image *image;
		struct bench bench;

		bench_start(&bench, specs[i]);
		device = bench_find(&bench, "1-1");
		cr_expect(eq(int, dfut_device_diagnose(device), 0));
		session = bench_new_session(&bench, "1-1");
		image = make_image(&bench, &variants[3]);
		cr_expect(eq(int, dfut_session_start_update(session, image), 0));
		dfut_session_cancel(session);
		bench_run(&bench, session, SIZE_MAX, specs[i]);
		dfut_session_free(session);
		session = bench_new_session(&bench, "1-1");
		cr_expect(eq(int, dfut_session_start_probe(session), DFUT_ERROR_UNSUPPORTED));
		cr_expect(is_playing(&bench), "%s", specs[i]);
		cr_expect(eq(int, update(&bench, &variants[3], SIZE_MAX, specs[i]).result, 0));
		cr_expect(is_playing(&bench), "%s", specs[i]);
		dfut_session_free(session);
		dfut_image_free(image);
		dfut_device_unref(device);
		bench_stop(&bench);
	}
}

static int keep(const uint8_t *data, size_t size, void *user_data)
{
	struct file_bytes {
		uint8_t bytes[8192];
		size_t size;
	} *kept = user_data;

	cr_assert(size <= sizeof(kept->bytes) - kept->size);
	memcpy(kept->bytes + kept->size, data, size);
	kept->size += size;
	return 0;
}

Test(update_family, what_was_written_can_be_read)
{
	static const size_t which[] = { 3, 4, 6 };

	for (size_t i = 0; i < COUNT(which); i++) {
		const struct variant *variant = &variants[which[i]];
		struct {
			uint8_t bytes[8192];
			size_t size;
		} kept = { .size = 0 };
		struct dfut_session *session;
		struct bench bench;

		bench_start(&bench, variant->spec);
		cr_assert(eq(int, update(&bench, variant, SIZE_MAX, variant->spec).result, 0));
		session = bench_new_session(&bench, "1-1");
		dfut_session_set_alternate(session, which[i] == 6 ? "DFU UPGRADE" : NULL);
		dfut_session_set_upload_size(session, 4096);
		cr_assert(eq(int, dfut_session_start_upload(session, keep, &kept), 0), "%s",
			  dfut_session_get_message(session));
		cr_assert(eq(int, bench_run(&bench, session, SIZE_MAX, variant->spec), 0), "%s",
			  dfut_session_get_message(session));
		cr_expect(ge(sz, kept.size, RAW_SIZE));
		cr_expect(eq(int, memcmp(kept.bytes, get_content(variant), RAW_SIZE), 0), "%s", variant->spec);
		/* What the last block was filled up with */
		for (size_t k = RAW_SIZE; which[i] != 6 && k < (RAW_SIZE + 63) / 64 * 64; k++)
			cr_expect(eq(u8, kept.bytes[k], 0));
		dfut_session_free(session);
		bench_stop(&bench);
	}
}

Test(update_family, the_factory_image_of_a_voice_processor_is_left_alone)
{
	struct dfut_session *session;
	struct dfut_image *image;
	struct bench bench;

	bench_start(&bench, "sln-voice");
	session = bench_new_session(&bench, "1-1");
	image = make_image(&bench, &variants[6]);
	dfut_session_set_alternate(session, "DFU FACTORY");
	cr_expect(eq(int, dfut_session_start_update(session, image), DFUT_ERROR_MISMATCH));
	cr_expect(strstr(dfut_session_get_message(session), "\"DFU FACTORY\" is read-only") != NULL, "%s",
		  dfut_session_get_message(session));
	cr_expect(strstr(dfut_session_get_hint(session), "\"DFU UPGRADE\"") != NULL, "%s",
		  dfut_session_get_hint(session));
	cr_expect(eq(u32, dfut_session_get_failed_check(session), DFUT_CHECK_MEMORY_MAP));
	dfut_session_free(session);
	dfut_image_free(image);
	bench_stop(&bench);
}

/* Espressif. */

static struct end update_esp(struct bench *bench, uint16_t product)
{
	struct dfut_session *session = bench_new_session(bench, "1-1");
	struct dfut_image *image;
	struct end end;

	make_archive(esp_files, COUNT(esp_files), 2 * 1024 * 1024);
	add_suffix(product);
	cr_assert(eq(int, dfut_image_load_buffer(&image, bench->context, archive, archive_size, 0), 0));
	end.result = dfut_session_start_update(session, image);
	if (end.result == 0)
		end.result = bench_run(bench, session, SIZE_MAX, "update");
	snprintf(end.message, sizeof(end.message), "%s", dfut_session_get_message(session));
	snprintf(end.hint, sizeof(end.hint), "%s", dfut_session_get_hint(session));
	dfut_session_free(session);
	dfut_image_free(image);
	return end;
}

/* A chip whose flash is empty starts in its ROM. */
static void start_rom(struct bench *bench, struct dfut_sim_device *device)
{
	uint8_t *flash = (uint8_t *)dfut_sim_device_get_memory(device, "flash", NULL);

	flash[0x1000] = 0xff;
	dfut_sim_device_press_reset(device);
	for (uint64_t until_us = dfut_sim_get_time_us(bench->sim) + 3000000;
	     dfut_sim_get_time_us(bench->sim) < until_us;)
		dfut_context_dispatch(bench->context, 500);
	cr_assert(eq(str, (char *)dfut_sim_device_get_mode_name(device), (char *)"download"));
}

static void start_mode(struct bench *bench, const char *mode)
{
	struct dfut_session *session;

	if (strcmp(mode, "application") != 0)
		start_rom(bench, bench->device);
	if (strcmp(mode, "bootloader") != 0)
		return;
	session = bench_new_session(bench, "1-1");
	cr_assert(eq(int, dfut_session_start_trigger(session), 0));
	cr_assert(eq(int, bench_run(bench, session, SIZE_MAX, mode), 0));
	dfut_session_free(session);
}

/* Which chip it is shows only in its ROM: it is asked before anything is written. */
Test(update_family, firmware_for_another_chip_is_refused)
{
	static const char *const modes[] = { "application", "download", "bootloader" };

	for (size_t i = 0; i < COUNT(modes); i++) {
		const char *spec = modes[i];
		const uint8_t *flash;
		struct bench bench;
		struct end end;

		bench_start(&bench, "esp32-s2");
		start_mode(&bench, modes[i]);
		end = update_esp(&bench, 0x0009);
		cr_expect(eq(int, end.result, DFUT_ERROR_MISMATCH), "%s: %s", spec, end.message);
		cr_expect(strstr(end.message, "made for 303a:0009") != NULL, "%s: %s", spec, end.message);
		flash = dfut_sim_device_get_memory(bench.device, "flash", NULL);
		for (size_t k = 0; k < RAW_SIZE; k++)
			cr_assert(eq(u8, flash[APP_ADDRESS + k], 0xff));
		cr_expect(eq(int, update_esp(&bench, 0x0002).result, 0), "%s", spec);
		bench_stop(&bench);
	}
}

/* Its ROM takes images for the chip, and its DFU mode nothing but an archive. */
Test(update_family, a_raw_file_for_an_espressif_chip_is_refused_before_anything_is_sent)
{
	static const char *const modes[] = { "application", "download", "bootloader" };
	const struct variant raw = { .spec = "esp32-s2", .kind = KIND_RAW };

	for (size_t i = 0; i < COUNT(modes); i++) {
		struct bench bench;
		struct end end;
		size_t count;

		bench_start(&bench, raw.spec);
		start_mode(&bench, modes[i]);
		count = dfut_sim_device_get_request_count(bench.device);
		end = update(&bench, &raw, SIZE_MAX, modes[i]);
		cr_expect(eq(int, end.result, DFUT_ERROR_MISMATCH), "%s: %s", modes[i], end.message);
		cr_expect(strstr(end.message, i == 2 ? "takes esp images" : "no image for an Espressif chip") != NULL,
			  "%s: %s", modes[i], end.message);
		cr_expect(strstr(end.hint, i == 2 ? "dfu.bin" : "flasher_args.json") != NULL, "%s: %s", modes[i],
			  end.hint);
		cr_expect(eq(sz, dfut_sim_device_get_request_count(bench.device), count), "%s", modes[i]);
		bench_stop(&bench);
	}
}

/* dfu-util's "Lost device after RESET?": it gives the ROM five seconds. */
Test(update_family, a_rom_that_takes_its_time_is_waited_for)
{
	struct bench bench;
	struct end end;

	bench_start(&bench, "esp32-s2:return-ms=8500");
	end = update_esp(&bench, 0x0002);
	cr_expect(eq(int, end.result, 0), "%s", end.message);
	bench_stop(&bench);
}

/* One of several boards. */
Test(update_family, of_several_boards_only_the_one_that_is_meant_is_written)
{
	struct dfut_sim_device *other;
	struct bench bench;
	const uint8_t *flash;
	struct end end;

	bench_start(&bench, "esp32-s2");
	other = bench_plug(&bench, "esp32-s2", "1-2");
	start_rom(&bench, bench.device);
	start_rom(&bench, other);
	end = update_esp(&bench, 0x0002);
	cr_expect(eq(int, end.result, 0), "%s", end.message);
	cr_expect(holds(&bench, &variants[0]));
	flash = dfut_sim_device_get_memory(other, "flash", NULL);
	cr_expect(eq(int, memcmp(flash + APP_ADDRESS, "\xff\xff\xff\xff", 4), 0));
	cr_expect(eq(str, (char *)dfut_sim_device_get_mode_name(other), (char *)"download"));
	bench_stop(&bench);
}

Test(update_family, help_is_told_with_the_device_and_without_it)
{
	struct dfut_device *device;
	struct bench bench;
	size_t count = 0;

	bench_start(&bench, "esp32-s2");
	device = bench_find(&bench, "1-1");
	while (dfut_device_get_help(device, count))
		count++;
	cr_expect(ge(sz, count, 4));
	for (size_t i = 0; i < count; i++)
		cr_expect(dfut_context_get_help(bench.context, 0x303a, 0x0009, i) == dfut_device_get_help(device, i));
	cr_expect(dfut_context_get_help(bench.context, 0x303a, 0x0009, count) == NULL);
	cr_expect(dfut_context_get_help(bench.context, 0xabcd, 0x0009, 0) == NULL);
	dfut_device_unref(device);
	bench_stop(&bench);
}
