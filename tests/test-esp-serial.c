/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The machines of Espressif's ROM loader against its bytes (esptool, docs/en/advanced-topics/serial-protocol.rst, loader.py). */

#include "language/esp-serial/image.h"
#include "language/esp-serial/machine.h"
#include "machine-host.h"

TestSuite(esp_serial, .timeout = 60);

#define SYNC_DATA \
	"\x07\x07\x12\x20\x55\x55\x55\x55\x55\x55\x55\x55\x55" \
	"\x55\x55\x55\x55\x55\x55\x55\x55\x55\x55\x55\x55\x55" \
	"\x55\x55\x55\x55\x55\x55\x55\x55\x55\x55"
#define SYNC "\xc0\x00\x08\x24\x00\x00\x00\x00\x00" SYNC_DATA "\xc0"
#define SYNCED "\xc0\x01\x08\x04\x00\x07\x07\x12\x20\x00\x00\x00\x00\xc0"
#define SYNCED_8 SYNCED SYNCED SYNCED SYNCED SYNCED SYNCED SYNCED SYNCED
/* What a ROM says to what it does not understand. */
#define UNKNOWN "\xc0\x01\x05\x04\x00\x00\x00\x00\x00\x01\x05\x00\x00\xc0"

#define DONE(op) "\xc0\x01" op "\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\xc0"
#define FAILED(op, error) "\xc0\x01" op "\x04\x00\x00\x00\x00\x00\x01" error "\x00\x00\xc0"

#define ASK_SECURITY "\xc0\x00\x14\x00\x00\x00\x00\x00\x00\xc0"
/* Flags, count of encryption, purposes of 7 keys, chip, version of this */
#define SECURITY(flags, count, chip) \
	"\xc0\x01\x14\x18\x00\x00\x00\x00\x00" flags "\x00\x00\x00" count "\x00\x00\x00\x00\x00\x00\x00" chip \
	"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xc0"
#define SECURITY_S2 \
	"\xc0\x01\x14\x10\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xc0"
#define ASK_MAGIC "\xc0\x00\x0a\x04\x00\x00\x00\x00\x00\x00\x10\x00\x40\xc0"

#define WRITE_REGISTER(address, value, mask) \
	"\xc0\x00\x09\x10\x00\x00\x00\x00\x00" address value mask "\x00\x00\x00\x00\xc0"
#define READ_REGISTER(address) "\xc0\x00\x0a\x04\x00\x00\x00\x00\x00" address "\xc0"
#define VALUE(value) "\xc0\x01\x0a\x04\x00" value "\x00\x00\x00\x00\xc0"
#define ALL "\xff\xff\xff\xff"
#define ZERO "\x00\x00\x00\x00"

#define ATTACH "\xc0\x00\x0d\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xc0"
#define PARAMETERS_4M \
	"\xc0\x00\x0b\x18\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x40\x00\x00\x00\x01\x00\x00\x10\x00\x00" \
	"\x00\x01\x00\x00\xff\xff\x00\x00\xc0"

/* Four bytes for 0x10000, two of which SLIP escapes. */
#define CONTENT "\xe9\xc0\xdb\x03"
#define CONTENT_MD5 "db6042acf24dff9a8cb56e69f9f4d6b9"
#define OTHER_MD5 "00000000000000000000000000000000"
#define ASK_MD5 \
	"\xc0\x00\x13\x10\x00\x00\x00\x00\x00\x00\x00\x01\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xc0"
#define MD5(text) "\xc0\x01\x13\x24\x00\x00\x00\x00\x00" text "\x00\x00\x00\x00\xc0"
/* Size, one block of 0x400, address, not encrypted */
#define BEGIN \
	"\xc0\x00\x02\x14\x00\x00\x00\x00\x00\x04\x00\x00\x00\x01\x00\x00\x00\x00\x04\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\xc0"

struct bed {
	struct machine_host host;
	struct esp_serial_job own;
	struct esp_serial_identity identity;
	struct esp_serial_region region;
	uint32_t outs[2];
	bool has_stayed;
	uint8_t got[256];
	size_t got_size;
	int judged; /* what the judge says */
};

static int judge(void *user_data)
{
	struct bed *bed = user_data;

	return bed->judged ? dfut_fail(&bed->host.failure, bed->judged, "refused by the test") : 0;
}

static int keep(const uint8_t *data, size_t size, void *user_data)
{
	struct bed *bed = user_data;

	memcpy(bed->got + bed->got_size, data, size);
	bed->got_size += size;
	return 0;
}

static void start(struct bed *bed, const struct dfut_machine_ops *ops)
{
	bed->own.identity = &bed->identity;
	bed->own.judge = judge;
	bed->own.judge_data = bed;
	bed->own.has_stayed = &bed->has_stayed;
	bed->host.job.own = &bed->own;
	bed->host.job.writer = keep;
	bed->host.job.writer_data = bed;
	machine_start(&bed->host, ops);
}

static void connect(struct bed *bed, const struct dfut_machine_ops *ops)
{
	start(bed, ops);
	machine_open(&bed->host);
	machine_pass(&bed->host);
	WRITES(&bed->host, SYNC);
	ANSWERS(&bed->host, SYNCED_8);
}

static void expect_failure(struct bed *bed, int code, const char *words, const char *hint)
{
	cr_assert(eq(int, bed->host.result, code), "%s", bed->host.failure.text);
	cr_expect(strstr(bed->host.failure.text, words) != NULL, "%s", bed->host.failure.text);
	cr_expect(strstr(bed->host.failure.hint, hint) != NULL, "%s", bed->host.failure.hint);
	machine_stop(&bed->host);
}

static void expect_done(struct bed *bed, enum dfut_end end)
{
	machine_expect_done(&bed->host, end);
	machine_stop(&bed->host);
}

/* Finding it. */

Test(esp_serial, finds_the_rom_after_some_tries)
{
	struct bed bed = { 0 };
	struct machine_host *host = &bed.host;

	start(&bed, &esp_serial_probe_machine);
	machine_open(host);
	cr_expect(eq(u32, host->next.action.timeout_ms, 50));
	ANSWERS(host, "boot log\r\n");
	machine_pass(host);
	WRITES(host, SYNC);
	cr_expect(eq(u32, host->next.action.timeout_ms, 100));
	machine_pass(host);
	machine_pass(host);
	WRITES(host, SYNC);
	/* Some of the eight are lost. */
	ANSWERS(host, "noise" SYNCED SYNCED "\xc0\x01\x08");
	machine_pass(host);
	WRITES(host, ASK_SECURITY);
	machine_stop(host);
}

Test(esp_serial, a_silent_port_and_a_stub_are_told)
{
	struct bed bed = { 0 };
	struct machine_host *host = &bed.host;

	start(&bed, &esp_serial_probe_machine);
	machine_open(host);
	for (int i = 0; i < 35; i++) {
		machine_pass(host);
		WRITES(host, SYNC);
		machine_pass(host);
	}
	expect_failure(&bed, DFUT_ERROR_TIMEOUT, "does not answer", "hold BOOT");
	cr_expect(lt(u64, host->now_ms, 6000));

	memset(&bed, 0, sizeof(bed));
	start(&bed, &esp_serial_probe_machine);
	machine_open(host);
	machine_pass(host);
	WRITES(host, SYNC);
	/* A stub's value is zero. */
	ANSWERS(host, DONE("\x08"));
	machine_pass(host);
	expect_failure(&bed, DFUT_ERROR_UNSUPPORTED, "another tool's flasher", "RESET");
}

/* Looking. */

static void ask_flash_id(struct machine_host *host)
{
	WRITES(host, READ_REGISTER("\x18\x20\x00\x60"));
	ANSWERS(host, VALUE("\x01\x02\x03\x04"));
	WRITES(host, READ_REGISTER("\x20\x20\x00\x60"));
	ANSWERS(host, VALUE("\x05\x06\x07\x08"));
	WRITES(host, WRITE_REGISTER("\x28\x20\x00\x60", "\x17\x00\x00\x00", ALL));
	ANSWERS(host, DONE("\x09"));
	WRITES(host, WRITE_REGISTER("\x18\x20\x00\x60", "\x00\x00\x00\x90", ALL));
	ANSWERS(host, DONE("\x09"));
	WRITES(host, WRITE_REGISTER("\x20\x20\x00\x60", "\x9f\x00\x00\x70", ALL));
	ANSWERS(host, DONE("\x09"));
	WRITES(host, WRITE_REGISTER("\x58\x20\x00\x60", ZERO, ALL));
	ANSWERS(host, DONE("\x09"));
	WRITES(host, WRITE_REGISTER("\x00\x20\x00\x60", "\x00\x00\x04\x00", ALL));
	ANSWERS(host, DONE("\x09"));
	/* It is at work still, then not. */
	WRITES(host, READ_REGISTER("\x00\x20\x00\x60"));
	ANSWERS(host, VALUE("\x00\x00\x04\x00"));
	WRITES(host, READ_REGISTER("\x00\x20\x00\x60"));
	ANSWERS(host, VALUE(ZERO));
	WRITES(host, READ_REGISTER("\x58\x20\x00\x60"));
	ANSWERS(host, VALUE("\xef\x40\x16\xff"));
	WRITES(host, WRITE_REGISTER("\x18\x20\x00\x60", "\x01\x02\x03\x04", ALL));
	ANSWERS(host, DONE("\x09"));
	WRITES(host, WRITE_REGISTER("\x20\x20\x00\x60", "\x05\x06\x07\x08", ALL));
	ANSWERS(host, DONE("\x09"));
}

/* All is asked twice, and the strapping pins once. */
static void ask_flash(struct machine_host *host)
{
	WRITES(host, ATTACH);
	ANSWERS(host, DONE("\x0d"));
	ask_flash_id(host);
	ask_flash_id(host);
	WRITES(host, READ_REGISTER("\x38\x40\x00\x60"));
	ANSWERS(host, VALUE("\x08\x00\x00\x00"));
}

/* The ROM is not asked for; RTC watchdog: off; super watchdog: feeds itself. */
static void stop_watchdogs_s3(struct machine_host *host)
{
	WRITES(host, WRITE_REGISTER("\x2c\x81\x00\x60", ZERO, "\x01\x00\x00\x00"));
	ANSWERS(host, DONE("\x09"));
	WRITES(host, WRITE_REGISTER("\xb0\x80\x00\x60", "\xa1\x3a\xd8\x50", ALL));
	ANSWERS(host, DONE("\x09"));
	WRITES(host, WRITE_REGISTER("\x98\x80\x00\x60", ZERO, ALL));
	ANSWERS(host, DONE("\x09"));
	WRITES(host, WRITE_REGISTER("\xb0\x80\x00\x60", ZERO, ALL));
	ANSWERS(host, DONE("\x09"));
	WRITES(host, WRITE_REGISTER("\xb8\x80\x00\x60", "\x2a\x31\x1d\x8f", ALL));
	ANSWERS(host, DONE("\x09"));
	WRITES(host, WRITE_REGISTER("\xb4\x80\x00\x60", "\x00\x00\x00\x80", "\x00\x00\x00\x80"));
	ANSWERS(host, DONE("\x09"));
	WRITES(host, WRITE_REGISTER("\xb8\x80\x00\x60", ZERO, ALL));
	ANSWERS(host, DONE("\x09"));
}

static void probe_s3(struct bed *bed)
{
	for (int i = 0; i < 2; i++) {
		WRITES(&bed->host, ASK_SECURITY);
		ANSWERS(&bed->host, SECURITY("\x00", "\x00", "\x09"));
	}
	if (bed->own.port == ESP_SERIAL_PORT_JTAG)
		stop_watchdogs_s3(&bed->host);
	ask_flash(&bed->host);
}

Test(esp_serial, an_s3_is_asked_by_its_jtag_and_by_its_own_port)
{
	static const enum esp_serial_port ports[] = { ESP_SERIAL_PORT_JTAG, ESP_SERIAL_PORT_ROM,
						      ESP_SERIAL_PORT_LINES };

	for (size_t i = 0; i < DFUT_COUNT(ports); i++) {
		struct bed bed = { .own.port = ports[i] };

		connect(&bed, &esp_serial_probe_machine);
		probe_s3(&bed);
		expect_done(&bed, DFUT_END_STAYS);
		cr_expect(eq(str, (char *)bed.identity.chip->title, (char *)"ESP32-S3"));
		cr_expect(eq(u32, bed.identity.flash_size, 4 * 1024 * 1024));
		cr_expect(eq(u32, bed.identity.flash_id, 0x1640ef));
	}
}

/* An S2 does not tell its id: the word in its ROM does. */
Test(esp_serial, an_s2_is_known_by_its_rom)
{
	struct bed bed = { .own.port = ESP_SERIAL_PORT_ROM };
	struct machine_host *host = &bed.host;

	connect(&bed, &esp_serial_probe_machine);
	WRITES(host, ASK_SECURITY);
	ANSWERS(host, SECURITY_S2);
	WRITES(host, ASK_SECURITY);
	ANSWERS(host, SECURITY_S2);
	/* Of what differs none is believed. */
	WRITES(host, ASK_MAGIC);
	ANSWERS(host, VALUE("\xc7\x07\x00\x00"));
	WRITES(host, ASK_MAGIC);
	ANSWERS(host, VALUE("\xc6\x07\x00\x00"));
	WRITES(host, ASK_MAGIC);
	ANSWERS(host, VALUE("\xc6\x07\x00\x00"));
	WRITES(host, ATTACH);
	ANSWERS(host, DONE("\x0d"));
	WRITES(host, READ_REGISTER("\x18\x20\x40\x3f"));
	cr_expect(eq(str, (char *)bed.identity.chip->title, (char *)"ESP32-S2"));
	machine_stop(host);
}

/* What an ESP32 does not know it says eight times: all of that is thrown away. */
Test(esp_serial, what_a_rom_does_not_know_is_no_error)
{
	struct bed bed = { 0 };
	struct machine_host *host = &bed.host;

	connect(&bed, &esp_serial_probe_machine);
	for (int i = 0; i < 6; i++) {
		WRITES(host, ASK_SECURITY);
		ANSWERS(host, UNKNOWN UNKNOWN);
		cr_expect(eq(u32, host->next.action.timeout_ms, 200));
		ANSWERS(host, UNKNOWN UNKNOWN UNKNOWN UNKNOWN UNKNOWN UNKNOWN);
		machine_pass(host);
	}
	WRITES(host, ASK_MAGIC);
	ANSWERS(host, VALUE("\x83\x1d\xf0\x00"));
	WRITES(host, ASK_MAGIC);
	ANSWERS(host, VALUE("\x83\x1d\xf0\x00"));
	expect_done(&bed, DFUT_END_STAYS);
	cr_expect(eq(str, (char *)bed.identity.chip->title, (char *)"ESP32"));
	cr_expect(not(bed.identity.chip->is_supported));
	cr_expect(not(bed.identity.has_security));
}

Test(esp_serial, nothing_more_is_asked_of_other_chips_and_in_secure_download_mode)
{
	struct bed bed = { 0 };

	connect(&bed, &esp_serial_probe_machine);
	WRITES(&bed.host, ASK_SECURITY);
	ANSWERS(&bed.host, SECURITY("\x04", "\x00", "\x09"));
	WRITES(&bed.host, ASK_SECURITY);
	ANSWERS(&bed.host, SECURITY("\x04", "\x00", "\x09"));
	expect_done(&bed, DFUT_END_STAYS);
	cr_expect(eq(u32, bed.identity.flags, ESP_SERIAL_FLAG_SECURE_DOWNLOAD));

	memset(&bed, 0, sizeof(bed));
	connect(&bed, &esp_serial_probe_machine);
	WRITES(&bed.host, ASK_SECURITY);
	ANSWERS(&bed.host, SECURITY("\x00", "\x07", "\x0d"));
	WRITES(&bed.host, ASK_SECURITY);
	ANSWERS(&bed.host, SECURITY("\x00", "\x07", "\x0d"));
	expect_done(&bed, DFUT_END_STAYS);
	cr_expect(eq(str, (char *)bed.identity.chip->title, (char *)"ESP32-C6"));
	cr_expect(eq(int, bed.identity.crypt_count, 7));

	memset(&bed, 0, sizeof(bed));
	connect(&bed, &esp_serial_probe_machine);
	WRITES(&bed.host, ASK_SECURITY);
	ANSWERS(&bed.host, SECURITY("\x00", "\x00", "\x77"));
	WRITES(&bed.host, ASK_SECURITY);
	ANSWERS(&bed.host, SECURITY("\x00", "\x00", "\x77"));
	expect_done(&bed, DFUT_END_STAYS);
	cr_expect(eq(ptr, (void *)bed.identity.chip, NULL));
	cr_expect(eq(u32, bed.identity.id, 0x77));
}

/* Lines. */

static void expect_lines(struct machine_host *host, uint8_t which, uint8_t on)
{
	machine_expect(host, DFUT_ACTION_LINES);
	cr_assert(eq(u8, host->next.action.lines.which, which));
	cr_assert(eq(u8, host->next.action.lines.on, on));
	machine_tell(host, 0);
}

/* Both off, RTS on while DTR is off, both off: 0.2 s */
static void reset_by_lines(struct machine_host *host)
{
	uint64_t before_ms;

	expect_lines(host, DFUT_LINE_DTR | DFUT_LINE_RTS, 0);
	expect_lines(host, DFUT_LINE_RTS, DFUT_LINE_RTS);
	before_ms = host->now_ms;
	machine_expect_wait(host);
	cr_expect(eq(u64, host->now_ms - before_ms, 200));
	expect_lines(host, DFUT_LINE_RTS, 0);
}

Test(esp_serial, restarts_by_lines_and_hears_whether_the_rom_waits_again)
{
	struct bed bed = { 0 };

	start(&bed, &esp_serial_restart_machine);
	machine_open(&bed.host);
	reset_by_lines(&bed.host);
	ANSWERS(&bed.host, "ESP-ROM:esp32s3-20210327\r\nboot:0x8 (SPI_FAST_FLASH_BOOT)\r\nwaiwaiting for dow");
	machine_pass(&bed.host);
	expect_done(&bed, DFUT_END_STAYS);
	cr_expect(not(bed.has_stayed));

	memset(&bed, 0, sizeof(bed));
	start(&bed, &esp_serial_restart_machine);
	machine_open(&bed.host);
	reset_by_lines(&bed.host);
	ANSWERS(&bed.host, "boot:0x0 (DOWNLOAD(USB/UART0))\r\nwwaiting for down");
	ANSWERS(&bed.host, "load\r\n");
	expect_done(&bed, DFUT_END_STAYS);
	cr_expect(bed.has_stayed);

	memset(&bed, 0, sizeof(bed));
	start(&bed, &esp_serial_restart_machine);
	machine_open(&bed.host);
	reset_by_lines(&bed.host);
	machine_tell(&bed.host, DFUT_ERROR_GONE);
	expect_done(&bed, DFUT_END_GONE);
}

Test(esp_serial, what_is_refused_is_started_again)
{
	struct bed bed = { .own.port = ESP_SERIAL_PORT_JTAG,
			   .own.leave_if_refused = true,
			   .judged = DFUT_ERROR_MISMATCH };

	connect(&bed, &esp_serial_probe_machine);
	probe_s3(&bed);
	machine_open(&bed.host);
	reset_by_lines(&bed.host);
	machine_pass(&bed.host);
	expect_failure(&bed, DFUT_ERROR_MISMATCH, "refused by the test", "");

	memset(&bed, 0, sizeof(bed));
	bed.judged = DFUT_ERROR_MISMATCH;
	connect(&bed, &esp_serial_probe_machine);
	probe_s3(&bed);
	expect_failure(&bed, DFUT_ERROR_MISMATCH, "refused by the test", "");
}

/* The watchdog of an S2, after which its ROM is not asked for any more. */
Test(esp_serial, leaves_by_the_watchdog)
{
	struct bed bed = { .own.port = ESP_SERIAL_PORT_ROM, .identity.chip = esp_serial_find_chip(2) };
	struct machine_host *host = &bed.host;

	connect(&bed, &esp_serial_leave_machine);
	WRITES(host, WRITE_REGISTER("\x28\x81\x40\x3f", ZERO, "\x01\x00\x00\x00"));
	ANSWERS(host, DONE("\x09"));
	WRITES(host, WRITE_REGISTER("\xac\x80\x40\x3f", "\xa1\x3a\xd8\x50", ALL));
	ANSWERS(host, DONE("\x09"));
	WRITES(host, WRITE_REGISTER("\x98\x80\x40\x3f", "\xd0\x07\x00\x00", ALL));
	ANSWERS(host, DONE("\x09"));
	WRITES(host, WRITE_REGISTER("\x94\x80\x40\x3f", "\x02\x01\x00\xd0", ALL));
	ANSWERS(host, DONE("\x09"));
	WRITES(host, WRITE_REGISTER("\xac\x80\x40\x3f", ZERO, ALL));
	machine_tell(host, DFUT_ERROR_GONE);
	expect_done(&bed, DFUT_END_GONE);

	/* One that was not asked before is asked which chip it is. */
	memset(&bed, 0, sizeof(bed));
	bed.own.port = ESP_SERIAL_PORT_ROM;
	connect(&bed, &esp_serial_leave_machine);
	probe_s3(&bed);
	WRITES(host, WRITE_REGISTER("\x2c\x81\x00\x60", ZERO, "\x01\x00\x00\x00"));
	machine_tell(host, DFUT_ERROR_GONE);
	expect_failure(&bed, DFUT_ERROR_GONE, "0x6000812c", "plug");
}

/* Writing. */

static void prepare(struct bed *bed)
{
	if (!bed->region.size)
		bed->region = (struct esp_serial_region){
			.address = 0x10000, .size = 4, .data = (const uint8_t *)CONTENT, .md5 = CONTENT_MD5
		};
	bed->own.regions = &bed->region;
	bed->own.region_count = 1;
	bed->own.flash_size = 4 * 1024 * 1024;
	bed->own.compare = true;
	bed->own.verify = true;
	connect(bed, &esp_serial_download_machine);
	WRITES(&bed->host, ATTACH);
	ANSWERS(&bed->host, DONE("\x0d"));
	WRITES(&bed->host, PARAMETERS_4M);
	ANSWERS(&bed->host, DONE("\x0b"));
}

/* 4 bytes and 1020 of FF; the checksum is EF and all of them: an even number of FFs leaves nothing. */
static void expect_block(struct machine_host *host)
{
	uint8_t frame[1100] = { 0xc0, 0x00, 0x03, 0x10, 0x04, 0x1e, 0, 0, 0, 0, 0x04 };
	size_t size = 25;

	for (size_t i = 0; i < 4; i++) {
		uint8_t byte = (uint8_t)CONTENT[i];

		frame[size++] = byte == 0xc0 || byte == 0xdb ? 0xdb : byte;
		if (byte == 0xc0 || byte == 0xdb)
			frame[size++] = byte == 0xc0 ? 0xdc : 0xdd;
	}
	memset(frame + size, 0xff, 1020);
	size += 1020;
	frame[size++] = 0xc0;
	machine_expect_write(host, frame, size);
}

/* The region differs, and its first block is sent. */
static void begin_region(struct bed *bed)
{
	struct machine_host *host = &bed->host;

	prepare(bed);
	WRITES(host, ASK_MD5);
	ANSWERS(host, MD5(OTHER_MD5));
	WRITES(host, BEGIN);
	ANSWERS(host, DONE("\x02"));
	expect_block(host);
}

Test(esp_serial, writes_a_region_and_compares_its_md5)
{
	struct bed bed = { 0 };
	struct machine_host *host = &bed.host;

	prepare(&bed);
	WRITES(host, ASK_MD5);
	ANSWERS(host, MD5(OTHER_MD5));
	WRITES(host, BEGIN);
	cr_expect(eq(u32, host->next.action.timeout_ms, 3000));
	ANSWERS(host, DONE("\x02"));
	expect_block(host);
	ANSWERS(host, DONE("\x03"));
	WRITES(host, ASK_MD5);
	ANSWERS(host, MD5(CONTENT_MD5));
	expect_done(&bed, DFUT_END_STAYS);
	cr_expect(not(bed.region.is_same));
}

Test(esp_serial, what_is_there_already_is_not_written)
{
	struct bed bed = { 0 };

	prepare(&bed);
	WRITES(&bed.host, ASK_MD5);
	ANSWERS(&bed.host, MD5(CONTENT_MD5));
	expect_done(&bed, DFUT_END_STAYS);
	cr_expect(bed.region.is_same);
}

/* A zlib stream in a block of its own size; what is erased is whole blocks. */
Test(esp_serial, compressed_regions_go_by_their_own_requests)
{
	struct bed bed = { 0 };
	struct machine_host *host = &bed.host;

	bed.outs[0] = 8 * 1024 * 1024;
	bed.region = (struct esp_serial_region){ .address = 0x10000,
						 .size = 0x1004,
						 .md5 = CONTENT_MD5,
						 .packed = (const uint8_t *)"\x78\xda\x01",
						 .packed_size = 3,
						 .outs = bed.outs };
	prepare(&bed);
	WRITES(host,
	       "\xc0\x00\x13\x10\x00\x00\x00\x00\x00\x00\x00\x01\x00\x04\x10\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xc0");
	ANSWERS(host, MD5(OTHER_MD5));
	WRITES(host,
	       "\xc0\x00\x10\x14\x00\x00\x00\x00\x00\x00\x14\x00\x00\x01\x00\x00\x00\x00\x04\x00\x00\x00\x00\x01\x00"
	       "\x00\x00\x00\x00\xc0");
	ANSWERS(host, DONE("\x10"));
	WRITES(host,
	       "\xc0\x00\x11\x13\x00\x4c\x00\x00\x00\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	       "\x78\xda\x01\xc0");
	/* All that comes out of it is written before it is answered. */
	cr_expect(eq(u32, host->next.action.timeout_ms, 8 * 40000));
	ANSWERS(host, DONE("\x11"));
	WRITES(host,
	       "\xc0\x00\x13\x10\x00\x00\x00\x00\x00\x00\x00\x01\x00\x04\x10\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xc0");
	ANSWERS(host, MD5(CONTENT_MD5));
	expect_done(&bed, DFUT_END_STAYS);
}

Test(esp_serial, a_block_that_was_not_taken_is_sent_again)
{
	struct bed bed = { 0 };
	struct machine_host *host = &bed.host;

	begin_region(&bed);
	ANSWERS(host, FAILED("\x03", "\x07"));
	machine_pass(host);
	expect_block(host);
	ANSWERS(host, UNKNOWN);
	machine_pass(host);
	expect_block(host);
	ANSWERS(host, DONE("\x03"));
	WRITES(host, ASK_MD5);
	ANSWERS(host, MD5(CONTENT_MD5));
	expect_done(&bed, DFUT_END_STAYS);
}

/* Whether a block was taken is not known: the region begins anew, after SYNC. */
static void write_again(struct machine_host *host)
{
	machine_pass(host);
	WRITES(host, SYNC);
	ANSWERS(host, SYNCED_8);
	WRITES(host, BEGIN);
	ANSWERS(host, DONE("\x02"));
	expect_block(host);
}

Test(esp_serial, a_region_that_broke_is_begun_anew)
{
	struct bed bed = { 0 };
	struct machine_host *host = &bed.host;

	begin_region(&bed);
	machine_pass(host);
	write_again(host);
	ANSWERS(host, DONE("\x03"));
	WRITES(host, ASK_MD5);
	ANSWERS(host, MD5(OTHER_MD5));
	write_again(host);
	ANSWERS(host, FAILED("\x03", "\x08"));
	write_again(host);
	ANSWERS(host, FAILED("\x03", "\x08"));
	expect_failure(&bed, DFUT_ERROR_DEVICE, "flash write error", "protected");
}

Test(esp_serial, a_device_that_is_gone_ends_it)
{
	struct bed bed = { 0 };

	prepare(&bed);
	WRITES(&bed.host, ASK_MD5);
	machine_tell(&bed.host, DFUT_ERROR_GONE);
	expect_failure(&bed, DFUT_ERROR_GONE, "MD5 of the flash at 0x10000", "plug");
}

/* Reading. */

#define READ_64 "\xc0\x00\x0e\x08\x00\x00\x00\x00\x00\x00\x01\x00\x00\x40\x00\x00\x00\xc0"
#define BYTES_16 "0123456789abcdef"
#define BYTES_64 "\xc0\x01\x0e\x44\x00\x00\x00\x00\x00" BYTES_16 BYTES_16 BYTES_16 BYTES_16 "\x00\x00\x00\x00\xc0"

Test(esp_serial, reads_64_bytes_at_a_time)
{
	struct bed bed = { .own.port = ESP_SERIAL_PORT_ROM, .own.address = 0x100, .host.job.size = 70 };
	struct machine_host *host = &bed.host;

	connect(&bed, &esp_serial_upload_machine);
	probe_s3(&bed);
	WRITES(host, PARAMETERS_4M);
	ANSWERS(host, DONE("\x0b"));
	WRITES(host, READ_64);
	ANSWERS(host, BYTES_64);
	WRITES(host, "\xc0\x00\x0e\x08\x00\x00\x00\x00\x00\x40\x01\x00\x00\x40\x00\x00\x00\xc0");
	ANSWERS(host, BYTES_64);
	expect_done(&bed, DFUT_END_STAYS);
	cr_expect(eq(sz, bed.got_size, 70));
	cr_expect(zero(int, memcmp(bed.got + 64, "012345", 6)));

	memset(&bed, 0, sizeof(bed));
	bed.own.address = 4 * 1024 * 1024 - 10;
	bed.host.job.size = 11;
	connect(&bed, &esp_serial_upload_machine);
	probe_s3(&bed);
	expect_failure(&bed, DFUT_ERROR_MISMATCH, "0x400000 bytes", "");
}

/* Images. */

/* A header for this chip with one segment of 4 bytes, and a checksum. */
static size_t make_image(uint8_t *bytes, uint16_t chip)
{
	static const uint8_t image[48] = { 0xe9, 1, 2, 0x2f, [24] = 0, [28] = 4, [32] = 1, 2, 3, 8, [47] = 0xef ^ 8 };

	memcpy(bytes, image, sizeof(image));
	bytes[12] = (uint8_t)chip;
	return sizeof(image);
}

Test(esp_serial, headers_and_kinds)
{
	static uint8_t bytes[0x10100];
	struct esp_serial_header header;
	size_t size = make_image(bytes, 9);

	cr_assert(esp_serial_read_header(&header, bytes, size));
	cr_expect(eq(int, header.chip_id, 9));
	cr_expect(eq(u32, header.flash_size, 4 * 1024 * 1024));
	cr_expect(header.is_whole && header.is_right);
	cr_assert(esp_serial_read_header(&header, bytes, size - 1));
	cr_expect(not(header.is_whole));
	bytes[33]++;
	cr_assert(esp_serial_read_header(&header, bytes, size));
	cr_expect(header.is_whole && !header.is_right);
	bytes[33]--;
	bytes[31] = 0xff;
	cr_assert(esp_serial_read_header(&header, bytes, size));
	cr_expect(not(header.is_whole));
	bytes[31] = 0;
	cr_expect(not(esp_serial_read_header(&header, bytes, 23)));
	bytes[1] = 17;
	cr_expect(not(esp_serial_read_header(&header, bytes, size)));
	bytes[1] = 1;
	cr_expect(eq(int, esp_serial_get_kind(bytes, size), ESP_SERIAL_KIND_APPLICATION));
	bytes[32] = 0x50;
	cr_expect(eq(int, esp_serial_get_kind(bytes, size), ESP_SERIAL_KIND_BOOTLOADER));
	memcpy(bytes + 32, "\x32\x54\xcd\xab", 4);
	cr_expect(eq(int, esp_serial_get_kind(bytes, size), ESP_SERIAL_KIND_APPLICATION));
	memcpy(bytes + 0x8000, "\xaa\x50", 2);
	cr_expect(eq(int, esp_serial_get_kind(bytes, sizeof(bytes)), ESP_SERIAL_KIND_MERGED));
	/* One for an S2 begins with what is erased. */
	memset(bytes, 0xff, 0x1000);
	cr_expect(eq(int, esp_serial_get_kind(bytes, sizeof(bytes)), ESP_SERIAL_KIND_OTHER));
	make_image(bytes + 0x1000, 2);
	cr_expect(eq(int, esp_serial_get_kind(bytes, sizeof(bytes)), ESP_SERIAL_KIND_MERGED));
}

Test(esp_serial, sizes_of_flash)
{
	cr_expect(eq(u32, esp_serial_get_flash_size(0x1640ef), 4u << 20));
	cr_expect(eq(u32, esp_serial_get_flash_size(0x1a0000), 64u << 20));
	cr_expect(eq(u32, esp_serial_get_flash_size(0x200000), 64u << 20));
	cr_expect(eq(u32, esp_serial_get_flash_size(0x380000), 16u << 20));
	cr_expect(zero(u32, esp_serial_get_flash_size(0)));
	cr_expect(zero(u32, esp_serial_get_flash_size(0xffffff)));
}
