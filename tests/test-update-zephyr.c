/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Zephyr's slots: the version that runs against the one in the file, and backups. The board comes with 1.0.0. */

#include "bench.h"

#define SLOT_SIZE (16 * 1024)

struct end {
	int result;
	unsigned int check;
	char message[512];
	char hint[512];
};

static struct dfut_image *make_image(struct bench *bench, const char *version)
{
	uint8_t payload[900];
	struct dfut_image *image;

	for (size_t i = 0; i < sizeof(payload); i++)
		payload[i] = (uint8_t)(i * 7 + 131);
	cr_assert(eq(int, dfut_image_load_buffer(&image, bench->context, payload, sizeof(payload), 0), 0));
	cr_assert(eq(int, dfut_image_wrap_mcuboot(image, version, 32), 0));
	return image;
}

static struct end update(struct bench *bench, struct dfut_image *image, unsigned int force, const char *alternate)
{
	struct dfut_session *session = bench_new_session(bench, "1-1");
	struct end end;

	dfut_session_set_force(session, force);
	dfut_session_set_alternate(session, alternate);
	end.result = dfut_session_start_update(session, image);
	if (end.result == 0)
		end.result = bench_run(bench, session, SIZE_MAX, "update");
	end.check = dfut_session_get_failed_check(session);
	snprintf(end.message, sizeof(end.message), "%s", dfut_session_get_message(session));
	snprintf(end.hint, sizeof(end.hint), "%s", dfut_session_get_hint(session));
	bench_expect_words(end.message, "update");
	dfut_session_free(session);
	dfut_image_free(image);
	return end;
}

static const char *const specs[] = {
	"zephyr:slot-size=16K,erase-ms=0",
	"zephyr:stack=legacy,slot-size=16K,erase-ms=0",
};

Test(update_zephyr, firmware_older_than_what_runs_is_refused, .timeout = 60)
{
	static const struct {
		const char *version;
		unsigned int force;
		int result;
	} cases[] = {
		{ "0.9.9", 0, DFUT_ERROR_MISMATCH },
		{ "0.255.65535+7", 0, DFUT_ERROR_MISMATCH },
		{ "0.9.9", DFUT_CHECK_VERSION, 0 },
		{ "1.0.0", 0, 0 },
		{ "1.0.0+5", 0, 0 },
		{ "1.0.1", 0, 0 },
		{ "2.0.0", 0, 0 },
	};

	for (size_t i = 0; i < COUNT(specs) * COUNT(cases); i++) {
		const char *spec = specs[i % COUNT(specs)];
		size_t which = i / COUNT(specs);
		struct bench bench;
		struct end end;

		bench_start(&bench, spec);
		end = update(&bench, make_image(&bench, cases[which].version), cases[which].force, NULL);
		cr_expect(eq(int, end.result, cases[which].result), "%s, %s: %s", spec, cases[which].version,
			  end.message);
		if (end.result) {
			const uint8_t *slot = dfut_sim_device_get_memory(bench.device, "slot1", NULL);

			cr_expect(eq(u32, end.check, DFUT_CHECK_VERSION));
			cr_expect(strstr(end.message, cases[which].version) && strstr(end.message, "runs 1.0.0"), "%s",
				  end.message);
			cr_expect(ne(str, end.hint, (char *)""));
			cr_expect(eq(u8, slot[0], 0xff), "%s was written", spec);
		}
		bench_expect_no_breach(bench.device, spec);
		bench_stop(&bench);
	}
}

/* The board has left its application for nothing: whoever looks at it does not see that. */
Test(update_zephyr, a_refusal_behind_the_trigger_says_where_the_board_is, .timeout = 60)
{
	for (size_t i = 0; i < COUNT(specs); i++) {
		struct bench bench;
		struct end end;

		bench_start(&bench, specs[i]);
		end = update(&bench, make_image(&bench, "0.9.9"), 0, NULL);
		cr_expect(strstr(end.hint, "nothing was written; the device waits in its bootloader") != NULL, "%s",
			  end.hint);
		cr_expect(eq(str, (char *)dfut_sim_device_get_mode_name(bench.device), (char *)"bootloader"));
		/* We have not brought it there. */
		end = update(&bench, make_image(&bench, "0.9.9"), 0, NULL);
		cr_expect(eq(int, end.result, DFUT_ERROR_MISMATCH), "%s", end.message);
		cr_expect(strstr(end.hint, "bootloader, its application") == NULL, "%s", end.hint);
		/* What was promised. */
		dfut_sim_device_unplug(bench.device);
		dfut_sim_device_replug(bench.device);
		cr_expect(eq(str, (char *)dfut_sim_device_get_mode_name(bench.device), (char *)"application"));
		bench_stop(&bench);
	}
}

/* Wherever it breaks off. */
Test(update_zephyr, nothing_was_written_where_it_says_so, .timeout = 60)
{
	size_t unwritten = 0, written = 0;

	for (unsigned int request = 0; request < 60; request++) {
		const uint8_t *slot;
		struct bench bench;
		struct end end;
		char spec[80];

		snprintf(spec, sizeof(spec), "%s,fault=stall@%ux1000", specs[0], request);
		bench_start(&bench, spec);
		end = update(&bench, make_image(&bench, "1.0.1"), 0, NULL);
		slot = dfut_sim_device_get_memory(bench.device, "slot1", NULL);
		if (end.result != 0 && strstr(end.hint, "nothing was written")) {
			for (size_t i = 0; i < SLOT_SIZE; i++)
				cr_assert(eq(u8, slot[i], 0xff), "%s", spec);
			unwritten++;
		} else if (end.result != 0 && slot[0] != 0xff) {
			written++;
		}
		bench_stop(&bench);
	}
	cr_expect(lt(sz, 0, unwritten));
	cr_expect(lt(sz, 0, written));
}

/* What can't be read can't be compared. */
Test(update_zephyr, a_board_that_can_not_be_read_takes_any_version, .timeout = 60)
{
	static const char *const unreadable[] = { "zephyr:upload=no", "zephyr:stack=legacy,upload=no",
						  "zephyr:slots=1" };

	for (size_t i = 0; i < COUNT(unreadable); i++) {
		struct bench bench;
		struct end end;

		bench_start(&bench, unreadable[i]);
		end = update(&bench, make_image(&bench, "0.9.9"), 0, NULL);
		cr_expect(eq(int, end.result, 0), "%s: %s", unreadable[i], end.message);
		bench_stop(&bench);
	}
}

static int keep(const uint8_t *data, size_t size, void *user_data)
{
	struct {
		uint8_t bytes[SLOT_SIZE];
		size_t size;
	} *kept = user_data;

	cr_assert(size <= sizeof(kept->bytes) - kept->size);
	memcpy(kept->bytes + kept->size, data, size);
	kept->size += size;
	return 0;
}

/* A whole slot is read; only the image in it goes back, and is found good before. */
Test(update_zephyr, a_backup_can_be_put_back, .timeout = 60)
{
	for (size_t i = 0; i < COUNT(specs); i++) {
		struct {
			uint8_t bytes[SLOT_SIZE];
			size_t size;
		} kept = { .size = 0 };
		struct dfut_session *session;
		struct dfut_image *image;
		const uint8_t *slots[2];
		struct bench bench;
		struct end end;
		size_t size;

		bench_start(&bench, specs[i]);
		session = bench_new_session(&bench, "1-1");
		dfut_session_set_alternate(session, i ? "image_0" : "slot0_image");
		cr_assert(eq(int, dfut_session_start_upload(session, keep, &kept), 0));
		cr_assert(eq(int, bench_run(&bench, session, SIZE_MAX, specs[i]), 0), "%s",
			  dfut_session_get_message(session));
		dfut_session_free(session);
		cr_assert(eq(sz, kept.size, SLOT_SIZE));
		cr_assert(eq(int, dfut_image_load_buffer(&image, bench.context, kept.bytes, kept.size, 0), 0), "%s",
			  dfut_context_get_error(bench.context));
		size = dfut_image_get_size(image);
		cr_expect(lt(sz, size, 1024));
		end = update(&bench, image, 0, NULL);
		cr_expect(eq(int, end.result, 0), "%s: %s", specs[i], end.message);
		slots[0] = dfut_sim_device_get_memory(bench.device, "slot0", NULL);
		slots[1] = dfut_sim_device_get_memory(bench.device, "slot1", NULL);
		cr_expect(eq(int, memcmp(slots[0], slots[1], size), 0));
		bench_stop(&bench);
	}
}

/* imgtool sign --pad: as large as the slot, and the trailer is its own. */
Test(update_zephyr, an_image_padded_to_the_slot_fits, .timeout = 60)
{
	static const uint8_t magic[] = { 0x77, 0xc2, 0x95, 0xf3, 0x60, 0xd2, 0xef, 0x7f,
					 0x35, 0x52, 0x50, 0x0f, 0x2c, 0xb6, 0x79, 0x80 };
	uint8_t bytes[SLOT_SIZE];
	struct dfut_segment segment;
	struct dfut_image *image;
	const uint8_t *slot;
	struct bench bench;
	struct end end;

	bench_start(&bench, specs[0]);
	image = make_image(&bench, "2.0.0");
	cr_assert(eq(int, dfut_image_get_segment(image, 0, &segment, sizeof(segment)), 0));
	memset(bytes, 0xff, sizeof(bytes));
	memcpy(bytes, segment.data, segment.size);
	memcpy(bytes + SLOT_SIZE - sizeof(magic), magic, sizeof(magic));
	dfut_image_free(image);
	cr_assert(eq(int, dfut_image_load_buffer(&image, bench.context, bytes, sizeof(bytes), 0), 0));
	cr_expect(eq(sz, dfut_image_get_size(image), SLOT_SIZE));
	end = update(&bench, image, 0, NULL);
	cr_expect(eq(int, end.result, 0), "%s", end.message);
	slot = dfut_sim_device_get_memory(bench.device, "slot1", NULL);
	cr_expect(eq(int, memcmp(slot + SLOT_SIZE - sizeof(magic), magic, sizeof(magic)), 0));
	bench_stop(&bench);
}

/* A device that takes its trigger in place shows its application's interfaces: what the table says of its memories is nowhere
 * among them. */
Test(update_zephyr, memories_that_the_device_does_not_show_are_not_looked_for)
{
	static const char table[] =
		"{\"format\": 1, \"devices\": [{\"name\": \"here\", \"title\": \"here\", \"application\": [{\"ids\": [\"303a:1001\"]}],"
		"\"triggers\": [{\"name\": \"stay\", \"in_place\": true, \"lines\": [{\"dtr\": true}]}], \"protocol\": \"dfu\","
		"\"slots\": {\"running\": [\"slot0_image\"], \"update\": [\"slot1_image\"], \"format\": \"mcuboot\"},"
		"\"sources\": [\"here\"]}]}";
	struct bench bench;
	struct end end;

	bench_start(&bench, "esp32-s3-jtag");
	cr_assert(eq(int, bench_load_devices(&bench, table), 0), "%s", dfut_context_get_error(bench.context));
	end = update(&bench, make_image(&bench, "2.0.0"), 0, NULL);
	cr_expect(eq(int, end.result, DFUT_ERROR_UNSUPPORTED), "%s", end.message);
	cr_expect(eq(str, end.message, (char *)"the device has no DFU interface"));
	for (size_t i = 0; i < dfut_sim_device_get_record_count(bench.device); i++) {
		const struct dfut_sim_record *record = dfut_sim_device_get_record(bench.device, i);

		cr_expect(record->event != DFUT_SIM_EVENT_CONTROL || record->request_type != 0xa1, "%s", record->text);
	}
	bench_stop(&bench);
}

/* An nRF52840 with the legacy stack: 118 pages of 85 ms are erased with the first block, and each takes 1 ms. */
#define PAGE_COUNT 118
#define PAGE_MS 85
#define BLOCK_SIZE 128
#define LARGE_SIZE (100 * 1024)
#define POLL_MS 8

static size_t count_downloads(const struct dfut_sim_device *device, uint8_t request)
{
	return bench_count_requests(device, request == 3 ? 0xa1 : 0x21, request);
}

/* Asked at once, a block would take three requests and 8 ms. */
Test(update_zephyr, a_small_block_takes_two_requests_and_its_own_time, .timeout = 60)
{
	static uint8_t content[LARGE_SIZE];
	struct bench bench;
	struct dfut_image *image;
	struct dfut_session *session;
	size_t blocks, questions;
	uint64_t time_ms, device_ms;

	for (size_t i = 0; i < sizeof(content); i++)
		content[i] = (uint8_t)(i * 7 + i / 256 + 131);
	bench_start(&bench, "zephyr:stack=legacy,erase-ms=85,transfer-us=500");
	cr_assert(eq(int, dfut_image_load_buffer(&image, bench.context, content, sizeof(content), 0), 0));
	cr_assert(eq(int, dfut_image_wrap_mcuboot(image, "2.0.0", 32), 0));
	session = bench_new_session(&bench, "1-1");
	dfut_session_set_verify(session, DFUT_VERIFY_NEVER);
	cr_assert(eq(int, dfut_session_start_update(session, image), 0), "%s", dfut_session_get_message(session));
	time_ms = dfut_sim_get_time_us(bench.sim) / 1000;
	cr_expect(eq(int, dfut_session_run(session), 0), "%s", dfut_session_get_message(session));
	time_ms = dfut_sim_get_time_us(bench.sim) / 1000 - time_ms;
	blocks = count_downloads(bench.device, 1);
	questions = count_downloads(bench.device, 3);
	device_ms = PAGE_COUNT * PAGE_MS + blocks;
	fprintf(stderr, "%zu blocks, %zu questions, %llu ms, the device alone %llu ms\n", blocks, questions,
		(unsigned long long)time_ms, (unsigned long long)device_ms);
	/* While pages are erased it is asked as it wants to be. */
	cr_expect(le(sz, questions, blocks + PAGE_COUNT * PAGE_MS / POLL_MS + 40));
	cr_expect(le(u64, 10 * time_ms, 13 * device_ms));
	bench_expect_no_breach(bench.device, "small blocks");
	dfut_session_free(session);
	dfut_image_free(image);
	bench_stop(&bench);
}
