/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Updates through Espressif's ROM loader: in one call, on each chip by each port; what is refused; what is told. */

#include "esp-bench.h"
#include "traffic.h"

static const char *const specs[] = {
	"esp32-s3-jtag",
	"esp32-s3-jtag:re-enumerate=no",
	"esp32-s3-jtag:watchdog=yes",
	"esp32-s3-jtag:chip=esp32-c3",
	"esp32-s3-jtag:chip=esp32-c3,watchdog=yes,re-enumerate=no",
	"esp32-s3-jtag:vid=239a,pid=811b,touch=yes",
	"esp32-s2",
	"esp32-s2:force-download=yes",
	"esp32-s2:chip=esp32-s3",
	"esp32-s2:chip=esp32-s3,force-download=yes,watchdog=yes",
};

static struct bytes bytes;

TestSuite(update_esp_serial, .timeout = 120);

Test(update_esp_serial, application_in_one_call_and_unchanged_then)
{
	for (size_t i = 0; i < COUNT(specs); i++) {
		struct outcome outcome;
		struct bench bench;

		bench_start(&bench, specs[i]);
		fill_flash(&bench, get_chip(specs[i]));
		make_application(&bytes, get_chip(specs[i]), 100000, 1);
		outcome = update(&bench, load(&bench, &bytes), specs[i]);
		cr_expect(eq(int, outcome.result, 0), "%s: %s", specs[i], outcome.message);
		cr_expect(holds(&bench, &bytes, APPLICATION), "%s", specs[i]);
		cr_expect(runs_application(&bench), "%s", specs[i]);
		cr_expect(eq(int, outcome.verified, DFUT_VERIFIED_YES), "%s", specs[i]);
		cr_expect(strstr(outcome.message, "started") != NULL, "%s: %s", specs[i], outcome.message);
		bench_expect_no_breach(bench.device, specs[i]);
		fprintf(stderr, "%s: %s, %llu ms (%s)\n", specs[i], outcome.message,
			(unsigned long long)outcome.time_ms, outcome.hint);
		outcome = update(&bench, load(&bench, &bytes), specs[i]);
		cr_expect(eq(int, outcome.result, 0), "%s: %s", specs[i], outcome.message);
		cr_expect(strstr(outcome.message, "already") != NULL, "%s: %s", specs[i], outcome.message);
		cr_expect(runs_application(&bench), "%s", specs[i]);
		bench_expect_no_breach(bench.device, specs[i]);
		bench_stop(&bench);
	}
}

/* What it costs to have no stub: blocks of 1 KiB, each there and back. */

static size_t count_blocks(const struct bench *bench)
{
	size_t count = 0;

	for (size_t i = 0; i < dfut_sim_device_get_record_count(bench->device); i++) {
		const struct dfut_sim_record *record = dfut_sim_device_get_record(bench->device, i);

		count += record->event == DFUT_SIM_EVENT_ENDPOINT && record->length > 1000;
	}
	return count;
}

static size_t count_block_bytes(const struct bench *bench)
{
	size_t sum = 0;

	for (size_t i = 0; i < dfut_sim_device_get_record_count(bench->device); i++) {
		const struct dfut_sim_record *record = dfut_sim_device_get_record(bench->device, i);

		sum += record->event == DFUT_SIM_EVENT_ENDPOINT && record->length > 1000 ? record->length : 0;
	}
	return sum;
}

/* With flash that takes its time, and with one that takes none: what is left then is the wire and the ROM. */
Test(update_esp_serial, costs_no_more_than_the_rom_needs)
{
	static const char *const own[] = { "esp32-s3-jtag:re-enumerate=no",
					   "esp32-s3-jtag:re-enumerate=no,erase-ms=0,write-us=0" };
	static const size_t sizes[] = { 100000, 400 * 1024 };

	for (size_t k = 0; k < COUNT(own) * COUNT(sizes); k++) {
		size_t i = k % COUNT(sizes);
		struct outcome outcome;
		struct bench bench;
		struct traffic need, most;
		size_t blocks;

		bench_start(&bench, own[k / COUNT(sizes)]);
		fill_flash(&bench, S3);
		make_application(&bytes, S3, sizes[i], 1);
		outcome = update(&bench, load(&bench, &bytes), "cost");
		cr_expect(eq(int, outcome.result, 0), "%s", outcome.message);
		blocks = count_blocks(&bench);
		fprintf(stderr, "%s: %zu bytes: %zu blocks, %llu ms\n", own[k / COUNT(sizes)], sizes[i], blocks,
			(unsigned long long)outcome.time_ms);
		/* Half of it compresses to nearly nothing, and no block is sent twice. */
		cr_expect(le(sz, blocks, sizes[i] / 1024 * 55 / 100 + 1));
		/* SYNC, SPI_ATTACH, SPI_SET_PARAMS, FLASH_DEFL_BEGIN, SPI_FLASH_MD5, the end */
		need = (struct traffic){ blocks + 6, count_block_bytes(&bench), 0 };
		most = (struct traffic){ need.writes + 36, need.bytes + 2500, 0 };
		traffic_expect(&bench, own[k / COUNT(sizes)], &need, &most);
		bench_stop(&bench);
	}
}

/* Where files go. */

Test(update_esp_serial, a_merged_file_is_written_from_the_beginning_on)
{
	static const char *const own[] = { "esp32-s3-jtag", "esp32-s3-jtag:chip=esp32-c3", "esp32-s2" };

	for (size_t i = 0; i < COUNT(own); i++) {
		struct outcome outcome;
		struct bench bench;

		bench_start(&bench, own[i]);
		fill_flash(&bench, get_chip(own[i]));
		make_merged(&bytes, get_chip(own[i]), 50000, 3);
		outcome = update(&bench, load(&bench, &bytes), own[i]);
		cr_expect(eq(int, outcome.result, 0), "%s: %s", own[i], outcome.message);
		cr_expect(holds(&bench, &bytes, 0), "%s", own[i]);
		cr_expect(runs_application(&bench), "%s", own[i]);
		bench_expect_no_breach(bench.device, own[i]);
		bench_stop(&bench);
	}
}

Test(update_esp_serial, data_go_where_it_is_said)
{
	static struct bytes old;
	struct outcome outcome;
	struct bench bench;

	bench_start(&bench, "esp32-s3-jtag");
	fill_flash(&bench, S3);
	make_application(&old, S3, 20000, 77);
	bytes.size = 5001;
	memset(bytes.data, 0x42, bytes.size);
	outcome = update(&bench, load_at(&bench, &bytes, 0x110000), "data");
	cr_expect(eq(int, outcome.result, 0), "%s", outcome.message);
	cr_expect(holds(&bench, &bytes, 0x110000));
	/* What is filled up to a word is erased flash. */
	cr_expect(eq(u8, dfut_sim_device_get_memory(bench.device, "flash", NULL)[0x110000 + 5001], 0xff));
	cr_expect(holds(&bench, &old, APPLICATION));
	bench_stop(&bench);
}

/* Files of flasher_args.json: what differs is written. */

static char folder[64];

static void put_file(const char *name, const void *data, size_t size)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "wb");
	cr_assert(file != NULL);
	cr_assert(eq(sz, fwrite(data, 1, size, file), size));
	fclose(file);
}

static struct dfut_image *load_args(struct bench *bench, const char *chip)
{
	struct dfut_image *image = NULL;
	char path[128], text[500];

	snprintf(text, sizeof(text),
		 "{\"flash_settings\": {\"flash_size\": \"4MB\"}, \"flash_files\": {\"0x10000\": \"app.bin\", \"0x0\": "
		 "\"boot.bin\", \"0x8000\": \"table.bin\"}, \"extra_esptool_args\": {\"chip\": \"%s\"}}",
		 chip);
	put_file("flasher_args.json", text, strlen(text));
	snprintf(path, sizeof(path), "%s/flasher_args.json", folder);
	cr_assert(eq(int, dfut_image_load_file(&image, bench->context, path, 0), 0), "%s",
		  dfut_context_get_error(bench->context));
	return image;
}

static void make_folder(unsigned int seed)
{
	static struct bytes part;
	uint8_t table[0xc00];

	snprintf(folder, sizeof(folder), "/tmp/dfutrigger-esp-XXXXXX");
	cr_assert(mkdtemp(folder) != NULL);
	make_image(&part, S3, 0x3000, seed);
	put_file("boot.bin", part.data, part.size);
	make_table(table);
	put_file("table.bin", table, sizeof(table));
	make_application(&part, S3, 40000, seed);
	put_file("app.bin", part.data, part.size);
}

static void remove_folder(void)
{
	static const char *const names[] = { "boot.bin", "table.bin", "app.bin", "flasher_args.json" };
	char path[128];

	for (size_t i = 0; i < COUNT(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		unlink(path);
	}
	rmdir(folder);
}

Test(update_esp_serial, all_files_of_a_build_in_one_call)
{
	static struct bytes part;
	struct outcome outcome;
	struct bench bench;

	bench_start(&bench, "esp32-s3-jtag");
	fill_flash(&bench, S3);
	make_folder(5);
	outcome = update(&bench, load_args(&bench, "esp32s3"), "all");
	cr_expect(eq(int, outcome.result, 0), "%s", outcome.message);
	make_image(&part, S3, 0x3000, 5);
	cr_expect(holds(&bench, &part, 0));
	make_application(&part, S3, 40000, 5);
	cr_expect(holds(&bench, &part, APPLICATION));
	cr_expect(runs_application(&bench));
	bench_expect_no_breach(bench.device, "all");
	outcome = update(&bench, load_args(&bench, "esp32s2"), "other chip");
	cr_expect(eq(int, outcome.result, DFUT_ERROR_MISMATCH), "%s", outcome.message);
	cr_expect(strstr(outcome.message, "esp32s2") != NULL, "%s", outcome.message);
	wait_ms(&bench, 2000);
	cr_expect(runs_application(&bench));
	remove_folder();
	bench_stop(&bench);
}

/* Refusals. */

struct refusal {
	const char *spec;
	uint16_t chip;
	enum { APP, MERGED, CUT, DAMAGED, DATA, BOOTLOADER, LARGE } file;
	int64_t address; /* -1: none */
	int code;
	unsigned int check;
	const char *words;
};

static struct dfut_image *make_refused(struct bench *bench, const struct refusal *refusal)
{
	switch (refusal->file) {
	case APP:
		make_application(&bytes, refusal->chip, 20000, 9);
		break;
	case MERGED:
		make_merged(&bytes, refusal->chip, 20000, 9);
		break;
	case CUT:
		make_application(&bytes, refusal->chip, 20000, 9);
		bytes.size -= 100;
		break;
	case DAMAGED:
		make_application(&bytes, refusal->chip, 20000, 9);
		bytes.data[5000] ^= 1;
		break;
	case DATA:
		bytes.size = 9000;
		memset(bytes.data, 0x42, bytes.size);
		break;
	case BOOTLOADER:
		make_image(&bytes, refusal->chip, 0x3000, 9);
		bytes.data[bytes.size - 1] ^= bytes.data[32] ^ 0x50;
		bytes.data[32] = 0x50;
		break;
	case LARGE:
		make_application(&bytes, refusal->chip, 120000, 9);
		break;
	}
	return refusal->address < 0 ? load(bench, &bytes) : load_at(bench, &bytes, (uint32_t)refusal->address);
}

static const struct refusal refusals[] = {
	{ "esp32-s3-jtag", C3, APP, -1, DFUT_ERROR_MISMATCH, DFUT_CHECK_IDS, "for an ESP32-C3 (chip id 5)" },
	{ "esp32-s3-jtag:re-enumerate=no", S2, APP, -1, DFUT_ERROR_MISMATCH, DFUT_CHECK_IDS, "for an ESP32-S2" },
	{ "esp32-s3-jtag:chip=esp32-c3", S3, APP, -1, DFUT_ERROR_MISMATCH, DFUT_CHECK_IDS, "has an ESP32-C3" },
	{ "esp32-s2", S3, APP, -1, DFUT_ERROR_MISMATCH, DFUT_CHECK_IDS, "has an ESP32-S2" },
	{ "esp32-s2:chip=esp32-s3", S2, APP, -1, DFUT_ERROR_MISMATCH, DFUT_CHECK_IDS, "has an ESP32-S3" },
	{ "esp32-s3-jtag", S2, MERGED, -1, DFUT_ERROR_MISMATCH, DFUT_CHECK_IDS, "for an ESP32-S2 (chip id 2)" },
	{ "esp32-s2", S3, MERGED, -1, DFUT_ERROR_MISMATCH, DFUT_CHECK_IDS, "for an ESP32-S3" },
	{ "esp32-s3-jtag", S3, CUT, -1, DFUT_ERROR_MISMATCH, DFUT_CHECK_LENGTH, "cut off" },
	{ "esp32-s3-jtag", S3, DAMAGED, -1, DFUT_ERROR_MISMATCH, DFUT_CHECK_CHECKSUM, "damaged" },
	{ "esp32-s3-jtag", S3, DATA, -1, DFUT_ERROR_MISMATCH, DFUT_CHECK_FORMAT, "begins with 0x42" },
	{ "esp32-s3-jtag", S3, BOOTLOADER, -1, DFUT_ERROR_MISMATCH, 0, "is a bootloader" },
	{ "esp32-s3-jtag", S3, DATA, 0, DFUT_ERROR_MISMATCH, DFUT_CHECK_FORMAT, "has its bootloader" },
	{ "esp32-s3-jtag", S3, APP, 0x10100, DFUT_ERROR_MISMATCH, 0, "not where a sector" },
	{ "esp32-s3-jtag", S3, APP, 0xfffff000, DFUT_ERROR_MISMATCH, 0, "no flash is so large" },
	{ "esp32-s3-jtag:flash-size=128K", S3, LARGE, -1, DFUT_ERROR_MISMATCH, DFUT_CHECK_SIZE,
	  "the flash at 0x1ffff" },
	{ "esp32-s3-jtag:encrypted=yes", S3, APP, -1, DFUT_ERROR_UNSUPPORTED, 0, "encrypted" },
	{ "esp32-s2:encrypted=yes", S2, APP, -1, DFUT_ERROR_UNSUPPORTED, 0, "encrypted" },
	{ "esp32-s3-jtag:secure-download=yes", S3, APP, -1, DFUT_ERROR_UNSUPPORTED, 0, "Secure Download Mode" },
	{ "esp32-s2:secure-download=yes", S2, APP, -1, DFUT_ERROR_UNSUPPORTED, 0, "Secure Download Mode" },
	{ "esp32-s3-jtag:secure-boot=yes", S3, MERGED, -1, DFUT_ERROR_MISMATCH, DFUT_CHECK_BOOTLOADER, "secure boot" },
};

/* Nothing is written, and what ran before runs again (what is in an encrypted flash here never did). */
Test(update_esp_serial, refused_before_anything_is_erased)
{
	static uint8_t before[4 * 1024 * 1024];

	for (size_t i = 0; i < COUNT(refusals); i++) {
		const struct refusal *refusal = &refusals[i];
		struct outcome outcome;
		struct bench bench;
		const uint8_t *flash;
		char what[120];
		size_t size;

		snprintf(what, sizeof(what), "%zu: %s: %s", i, refusal->spec, refusal->words);
		bench_start(&bench, refusal->spec);
		fill_flash(&bench, get_chip(refusal->spec));
		flash = dfut_sim_device_get_memory(bench.device, "flash", &size);
		cr_assert(le(sz, size, sizeof(before)));
		memcpy(before, flash, size);
		outcome = update(&bench, make_refused(&bench, refusal), what);
		cr_expect(eq(int, outcome.result, refusal->code), "%s: %s", what, outcome.message);
		cr_expect(eq(u32, outcome.check, refusal->check), "%s: %s", what, outcome.message);
		cr_expect(strstr(outcome.message, refusal->words) != NULL, "%s: %s", what, outcome.message);
		cr_expect(zero(int, memcmp(before, flash, size)), "%s: something was written", what);
		wait_ms(&bench, 3000);
		cr_expect(runs_application(&bench) || strstr(refusal->spec, "secure-download") != NULL ||
				  strstr(refusal->spec, "encrypted") != NULL,
			  "%s: the application does not run (%s)", what, outcome.hint);
		bench_expect_no_breach(bench.device, what);
		bench_stop(&bench);
	}
}

/* Where the application itself can't be overruled, the check can. */
Test(update_esp_serial, checks_that_are_overruled)
{
	const struct wishes wishes = { .force = DFUT_CHECK_IDS };
	const struct wishes bootloader = { .force = DFUT_CHECK_BOOTLOADER };
	struct outcome outcome;
	struct bench bench;

	bench_start(&bench, "esp32-s3-jtag");
	fill_flash(&bench, S3);
	make_application(&bytes, C3, 20000, 9);
	outcome = update_with(&bench, load(&bench, &bytes), &wishes, SIZE_MAX, "ids");
	cr_expect(eq(int, outcome.result, 0), "%s", outcome.message);
	cr_expect(holds(&bench, &bytes, APPLICATION));
	bench_stop(&bench);
	bench_start(&bench, "esp32-s3-jtag:secure-boot=yes");
	fill_flash(&bench, S3);
	make_merged(&bytes, S3, 20000, 9);
	outcome = update_with(&bench, load(&bench, &bytes), &bootloader, SIZE_MAX, "bootloader");
	cr_expect(eq(int, outcome.result, 0), "%s", outcome.message);
	cr_expect(holds(&bench, &bytes, 0));
	bench_stop(&bench);
}

/* A pin that is held low leads back into the ROM: that is told, whatever the port looks like. */
Test(update_esp_serial, a_chip_that_does_not_start_is_told)
{
	static const char *const own[] = { "esp32-s3-jtag:strap=yes", "esp32-s3-jtag:strap=yes,re-enumerate=no" };
	struct outcome outcome;
	struct bench bench;

	for (size_t i = 0; i < COUNT(own); i++) {
		bench_start(&bench, own[i]);
		fill_flash(&bench, S3);
		make_application(&bytes, S3, 20000, 9);
		outcome = update(&bench, load(&bench, &bytes), own[i]);
		cr_expect(eq(int, outcome.result, DFUT_ERROR_DEVICE), "%s: %s", own[i], outcome.message);
		cr_expect(strstr(outcome.message, "waits in its ROM loader again") != NULL, "%s", outcome.message);
		cr_expect(strstr(outcome.hint, "BOOT") != NULL, "%s", outcome.hint);
		cr_expect(holds(&bench, &bytes, APPLICATION));
		bench_stop(&bench);
	}
	bench_start(&bench, "esp32-s2:strap=yes");
	fill_flash(&bench, S2);
	make_application(&bytes, S2, 20000, 9);
	outcome = update(&bench, load(&bench, &bytes), "strap of an S2");
	cr_expect(eq(int, outcome.result, 0), "%s", outcome.message);
	cr_expect(strstr(outcome.message, "started") == NULL, "%s", outcome.message);
	cr_expect(strstr(outcome.hint, "reset") != NULL, "%s", outcome.hint);
	bench_stop(&bench);
}

Test(update_esp_serial, another_tools_stub_is_reset_or_told)
{
	struct outcome outcome;
	struct bench bench;

	bench_start(&bench, "esp32-s3-jtag:stub=yes");
	fill_flash(&bench, S3);
	make_application(&bytes, S3, 20000, 9);
	outcome = update(&bench, load(&bench, &bytes), "stub");
	cr_expect(eq(int, outcome.result, 0), "%s", outcome.message);
	cr_expect(holds(&bench, &bytes, APPLICATION));
	bench_stop(&bench);
}

/* Reading. */

static uint8_t got[64 * 1024];
static size_t got_size;

static int keep(const uint8_t *data, size_t size, void *user_data)
{
	(void)user_data;
	cr_assert(le(sz, got_size + size, sizeof(got)));
	memcpy(got + got_size, data, size);
	got_size += size;
	return 0;
}

Test(update_esp_serial, reads_flash)
{
	struct dfut_session *session;
	struct bench bench;

	bench_start(&bench, "esp32-s3-jtag");
	fill_flash(&bench, S3);
	session = bench_new_session(&bench, "1-1");
	dfut_session_set_upload_size(session, 1001);
	cr_assert(eq(int, dfut_session_set_address(session, 0x7ff0), 0));
	cr_assert(eq(int, dfut_session_start_upload(session, keep, NULL), 0), "%s", dfut_session_get_message(session));
	cr_expect(eq(int, bench_run(&bench, session, SIZE_MAX, "upload"), 0), "%s", dfut_session_get_message(session));
	cr_expect(eq(sz, got_size, 1001));
	cr_expect(zero(int, memcmp(got, dfut_sim_device_get_memory(bench.device, "flash", NULL) + 0x7ff0, 1001)));
	wait_ms(&bench, 2000);
	cr_expect(runs_application(&bench));
	bench_expect_no_breach(bench.device, "upload");
	dfut_session_free(session);
	bench_stop(&bench);
}
