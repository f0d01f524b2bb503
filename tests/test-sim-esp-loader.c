/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The ROM's serial loader of virtual ESP32-S2, S3 and C3: frames, answers, what is written and what is started. */

#include <zlib.h>

#include "nordic-host.h"
#include "sim/parts/esp-loader.h"

TestSuite(sim_esp_loader, .fini = stop, .timeout = 20);

#define DTR DFUT_LINE_DTR
#define RTS DFUT_LINE_RTS

/* As in the trace of esptool's serial-protocol.rst */
#define SYNC \
	"c00008240000000000" \
	"0707122055555555555555555555555555555555555555555555555555555555" \
	"55555555" \
	"c0"
#define SYNCED "c0010804000712205500000000c0"

/* Requests. */

static size_t make_request(uint8_t *frame, uint8_t op, uint32_t checksum, const uint8_t *data, size_t size)
{
	static uint8_t bytes[0x4000];
	size_t put = 1;

	bytes[0] = 0;
	bytes[1] = op;
	dfut_put_le16(bytes + 2, (uint16_t)size);
	dfut_put_le32(bytes + 4, checksum);
	memcpy(bytes + 8, data, size);
	frame[0] = DFUT_SIM_SLIP_END;
	put += dfut_sim_slip_put(frame + put, bytes, 8 + size);
	frame[put++] = DFUT_SIM_SLIP_END;
	return put;
}

static void send_request(uint8_t op, uint32_t checksum, const uint8_t *data, size_t size)
{
	static uint8_t frame[0x8000];

	say_bytes(frame, make_request(frame, op, checksum, data, size));
}

static void send_words(uint8_t op, const uint32_t *words, size_t count)
{
	uint8_t data[64];

	for (size_t i = 0; i < count; i++)
		dfut_put_le32(data + 4 * i, words[i]);
	send_request(op, 0, data, 4 * count);
}

#define say_words(op, ...) \
	send_words(op, (const uint32_t[]){ __VA_ARGS__ }, sizeof((const uint32_t[]){ __VA_ARGS__ }) / sizeof(uint32_t))

/* An answer that has nothing but a status: 0, or the error. */
static void assert_status(uint8_t op, uint8_t error)
{
	char want[64];

	snprintf(want, sizeof(want), "c001%02x040000000000%02x%02x0000c0", op, error != 0, error);
	assert_text(hear(60000), want);
}

#define ask(op, error, ...) \
	do { \
		say_words(op, __VA_ARGS__); \
		assert_status(op, error); \
	} while (0)

static uint8_t get_checksum(const uint8_t *bytes, size_t size)
{
	uint8_t checksum = 0xef;

	for (size_t i = 0; i < size; i++)
		checksum ^= bytes[i];
	return checksum;
}

static void say_block(uint8_t op, uint32_t number, const uint8_t *bytes, size_t size, uint8_t spoilt)
{
	static uint8_t data[16 + 0x2000];

	memset(data, 0, 16);
	dfut_put_le32(data, (uint32_t)size);
	dfut_put_le32(data + 4, number);
	memcpy(data + 16, bytes, size);
	send_request(op, get_checksum(bytes, size) ^ spoilt, data, 16 + size);
}

static void send_block(uint8_t op, uint32_t number, const uint8_t *bytes, size_t size, uint8_t error)
{
	say_block(op, number, bytes, size, 0);
	assert_status(op, error);
}

/* Ways in and out. */

static void skip_boot_log(void)
{
	hear(SILENCE_MS);
}

static void go_to_download(void)
{
	open_port();
	set_lines(0);
	set_lines(DTR);
	set_lines(DTR | RTS);
	set_lines(RTS);
	host_wait_ms(host, 1000);
	assert_mode("bootloader");
	open_port();
	set_lines(0);
	skip_boot_log();
}

static void synchronise(void)
{
	say(SYNC);
	assert_heard(SYNCED SYNCED SYNCED SYNCED SYNCED SYNCED SYNCED SYNCED);
}

static void attach(uint32_t size)
{
	ask(0x0d, 0, 0, 0);
	ask(0x0b, 0, 0, size, 0x10000, 0x1000, 0x100, 0xffff);
}

static void plug_loader(const char *spec)
{
	plug(spec);
	go_to_download();
	synchronise();
}

static void reset_by_lines(const char *mode)
{
	set_lines(RTS);
	host_wait_ms(host, 1000);
	assert_mode(mode);
}

/* Images: esp-idf's app_image_format.rst */

#define HEADER_SIZE 24

/* One segment of that size. Returns the size of all. */
static uint32_t make_image(uint16_t chip, uint32_t segment)
{
	uint32_t size = HEADER_SIZE + 8 + segment;

	memset(image, 0, sizeof(image));
	memcpy(image, "\xe9\x01\x02\x20", 4);
	dfut_put_le16(image + 12, chip);
	image[23] = 1;
	dfut_put_le32(image + HEADER_SIZE, 0x3fc90000);
	dfut_put_le32(image + HEADER_SIZE + 4, segment);
	for (uint32_t i = 0; i < segment; i++)
		image[HEADER_SIZE + 8 + i] = (uint8_t)(i * 13 + i / 256);
	size += 16 - size % 16;
	image[size - 1] = get_checksum(image + HEADER_SIZE + 8, segment);
	EVP_Digest(image, size, image + size, NULL, EVP_sha256(), NULL);
	size += 32;
	memset(image + size, 0xff, 0x400);
	return size;
}

static uint32_t count_blocks(uint32_t size)
{
	return (size + 0x3ff) / 0x400;
}

static void write_plain(uint32_t address, uint32_t size, bool is_encrypted)
{
	ask(0x02, 0, size, count_blocks(size), 0x400, address, is_encrypted);
	for (uint32_t i = 0; i < count_blocks(size); i++)
		send_block(0x03, i, image + (size_t)i * 0x400, 0x400, 0);
}

static uint8_t packed[IMAGE_LIMIT];

static size_t pack(uint32_t size, int level)
{
	uLongf packed_size = sizeof(packed);

	cr_assert(eq(int, compress2(packed, &packed_size, image, size, level), Z_OK));
	return packed_size;
}

static void write_packed(uint32_t address, uint32_t size, int level)
{
	size_t packed_size = pack(size, level);
	uint32_t blocks = count_blocks((uint32_t)packed_size);

	ask(0x10, 0, (size + 0x3ff) / 0x400 * 0x400, blocks, 0x400, address, 0);
	for (uint32_t i = 0; i < blocks; i++) {
		size_t left = packed_size - (size_t)i * 0x400;

		send_block(0x11, i, packed + (size_t)i * 0x400, left < 0x400 ? left : 0x400, 0);
	}
}

static void assert_md5(uint32_t address, uint32_t size, const uint8_t *bytes)
{
	uint8_t md5[EVP_MAX_MD_SIZE];
	char want[128] = "c0011324000000000000";
	char text[33];

	EVP_Digest(bytes, size, md5, NULL, EVP_md5(), NULL);
	for (size_t i = 0; i < 16; i++)
		snprintf(text + 2 * i, 3, "%02x", md5[i]);
	snprintf(want, sizeof(want),
		 "c001132400"
		 "00000000");
	for (size_t i = 0; i < 32; i++)
		snprintf(want + strlen(want), sizeof(want) - strlen(want), "%02x", text[i]);
	strcat(want, "00000000"
		     "c0");
	say_words(0x13, address, size, 0, 0);
	assert_text(hear(60000), want);
}

/* Frames. */

Test(sim_esp_loader, speaks_these_bytes)
{
	plug("esp32-s3-jtag");
	go_to_download();
	synchronise();
	/* Security information: nothing set, an ESP32-S3 */
	assert_said("c0001400000000"
		    "0000c0",
		    "c001141800"
		    "00000000"
		    "00000000"
		    "0000000000000000"
		    "09000000"
		    "00000000"
		    "00000000"
		    "c0");
	/* What 0x40001000 has */
	assert_said("c0000a040000000000"
		    "00100040"
		    "c0",
		    "c0010a0400"
		    "09000000"
		    "00000000"
		    "c0");
	assert_said("c0000d08000000000000000000"
		    "00000000"
		    "c0",
		    "c0010d040000000000"
		    "00000000"
		    "c0");
	assert_breaches(0);
}

Test(sim_esp_loader, tells_how_it_has_started)
{
	static const char *const chips[] = { "esp32-s3", "esp32-c3" };

	for (size_t i = 0; i < DFUT_COUNT(chips); i++) {
		static const char tail[] = "waiting for download\r\n";
		char spec[64];
		uint8_t text[TEXT_LIMIT / 2];
		size_t size;

		snprintf(spec, sizeof(spec), "esp32-s3-jtag:strap=yes,chip=%s", chips[i]);
		plug(spec);
		open_port();
		size = get_bytes(hear(1000), text);
		cr_assert(lt(sz, sizeof(tail), size));
		cr_assert(eq(int, memcmp(text, "ESP-ROM:esp32", 13), 0));
		cr_assert(eq(int, memcmp(text + size + 1 - sizeof(tail), tail, sizeof(tail) - 1), 0));
	}
	/* What is not read is no breach. */
	plug("esp32-s3-jtag:strap=yes");
	open_port();
	host_wait_ms(host, 100);
	say_words(0x0a, 0x40001000);
	hear(1000);
	assert_breaches(0);
	plug("esp32-s3-jtag:strap=yes,boot-log=no");
	open_port();
	assert_silent();
}

Test(sim_esp_loader, says_nothing_as_an_application)
{
	plug("esp32-s3-jtag");
	open_port();
	say(SYNC);
	assert_silent();
}

Test(sim_esp_loader, tells_which_chip_it_is)
{
	plug_loader("esp32-s3-jtag:chip=esp32-c3,encrypted=yes,secure-boot=yes");
	assert_said("c00014000000000000c0", "c001141800"
					    "00000000"
					    "01000000"
					    "0104090000000000"
					    "05000000"
					    "00000000"
					    "00000000"
					    "c0");
	say_words(0x0a, 0x40001000);
	assert_heard("c0010a04006f50311b00000000c0");
}

Test(sim_esp_loader, finds_frames_in_noise)
{
	plug_loader("esp32-s3-jtag");
	/* Without END in front it is none; an empty one is none. */
	say("41540d"
	    "00140000000000"
	    "00c0"
	    "c0c0c0");
	assert_silent();
	/* A length that is wrong, an escape that is none */
	assert_said("c0c0001401000000"
		    "0000c0",
		    "c001140400000000000105"
		    "0000c0");
	say("c0001400db00000000"
	    "00c0");
	assert_silent();
	say("c001140000000000"
	    "00c0");
	assert_silent();
	synchronise();
	assert_breaches(0);
}

/* Another op byte, 14 bytes, 8 times. */
#define UNKNOWN \
	"c00100040000000000" \
	"01050000c0"

Test(sim_esp_loader, does_not_know_what_a_stub_knows)
{
	plug_loader("esp32-s3-jtag");
	for (uint8_t op = 0xd0; op < 0xd4; op++) {
		say_words(op, 0, 0);
		assert_heard(UNKNOWN UNKNOWN UNKNOWN UNKNOWN UNKNOWN UNKNOWN UNKNOWN UNKNOWN);
	}
	assert_breaches(0);
	say_words(0xd0, 0);
	say_words(0x0a, 0x40001000);
	assert_breaches(1);
}

Test(sim_esp_loader, refuses_wrong_sizes)
{
	plug_loader("esp32-s3-jtag");
	ask(0x0d, 5, 0);
	ask(0x0b, 5, 0, 0x400000);
	ask(0x0a, 5, 0, 0);
	ask(0x09, 5, 0, 0);
	ask(0x08, 5, 0x20120707);
	ask(0x13, 5, 0, 0);
	ask(0x0e, 5, 0);
	ask(0x04, 5, 0, 0);
	ask(0x14, 5, 0);
	ask(0x0f, 5, 115200);
	ask(0x0f, 0, 921600, 0);
	attach(0x400000);
	ask(0x02, 5, 0x400, 1, 0x400, 0x10000);
	assert_breaches(0);
}

/* Flash. */

Test(sim_esp_loader, takes_an_application)
{
	uint64_t start_us;
	uint32_t size;

	plug_loader("esp32-s3-jtag");
	attach(0x400000);
	size = make_image(9, 20000);
	start_us = host_get_time_us(host);
	ask(0x02, 0, size, count_blocks(size), 0x400, 0x10000, 0);
	/* Five sectors */
	cr_assert(ge(u64, host_get_time_us(host) - start_us, 225000));
	cr_assert(lt(u64, host_get_time_us(host) - start_us, 235000));
	for (uint32_t i = 0; i < count_blocks(size); i++)
		send_block(0x03, i, image + (size_t)i * 0x400, 0x400, 0);
	assert_md5(0x10000, size, image);
	cr_assert(eq(int, memcmp(get_flash() + 0x10000, image, size), 0));
	cr_assert(eq(sz, host->device->counters.pages, 5));
	cr_assert(eq(sz, host->device->counters.objects, count_blocks(size)));
	reset_by_lines("application");
	assert_breaches(0);
}

Test(sim_esp_loader, takes_it_compressed)
{
	static const int levels[] = { 0, 1, 9 };

	for (size_t i = 0; i < DFUT_COUNT(levels); i++) {
		uint32_t size = make_image(9, 70000);

		plug_loader("esp32-s3-jtag");
		attach(0x400000);
		write_packed(0x10000, size, levels[i]);
		assert_md5(0x10000, size, image);
		reset_by_lines("application");
		assert_breaches(0);
	}
}

Test(sim_esp_loader, starts_nothing_that_is_not_valid)
{
	static const struct {
		uint32_t address;
		uint8_t change;
		uint16_t chip;
	} cases[] = { { 40, 1, 9 }, { 0, 1, 9 }, { 0, 0, 5 }, { 23, 1, 9 }, { 1, 2, 9 } };

	for (size_t i = 0; i < DFUT_COUNT(cases); i++) {
		uint32_t size = make_image(cases[i].chip, 3000);

		image[cases[i].address] ^= cases[i].change;
		plug_loader("esp32-s3-jtag");
		attach(0x400000);
		write_plain(0x10000, size, false);
		/* Without the hash it is valid. */
		reset_by_lines(cases[i].address == 23 ? "application" : "boot-loop");
		/* It is no dead end. */
		go_to_download();
		synchronise();
		attach(0x400000);
		size = make_image(9, 3000);
		write_plain(0x10000, size, false);
		reset_by_lines("application");
		assert_breaches(0);
	}
}

Test(sim_esp_loader, looks_into_the_partition_table)
{
	static const uint8_t entry[] = { 0xaa, 0x50, 0, 0x10, 0, 0, 2, 0 };
	uint32_t size;

	plug_loader("esp32-s3-jtag");
	attach(0x400000);
	memset(image, 0xff, 0x400);
	memcpy(image, entry, sizeof(entry));
	write_plain(0x8000, 0x400, false);
	reset_by_lines("boot-loop");
	go_to_download();
	synchronise();
	attach(0x400000);
	size = make_image(9, 3000);
	write_plain(0x20000, size, false);
	reset_by_lines("application");
}

Test(sim_esp_loader, is_strict_with_blocks)
{
	plug_loader("esp32-s3-jtag");
	attach(0x400000);
	memset(image, 0x5a, 0x2000);
	send_block(0x03, 0, image, 0x400, 6);
	ask(0x02, 0, 0x800, 2, 0x400, 0x10000, 0);
	send_block(0x03, 1, image, 0x400, 6);
	send_block(0x11, 0, image, 0x400, 6);
	send_block(0x03, 0, image, 0x3fc, 5);
	send_block(0x03, 0, image, 0x404, 5);
	assert_breaches(0);
	say_block(0x03, 0, image, 0x400, 1);
	assert_status(0x03, 7);
	assert_breaches(1);
	send_block(0x03, 0, image, 0x400, 0);
	/* Once more */
	send_block(0x03, 0, image, 0x400, 0);
	send_block(0x03, 1, image, 0x400, 0);
	send_block(0x03, 2, image, 0x400, 6);
	assert_breaches(1);
	/* Blocks of another size; what is not there */
	ask(0x02, 5, 0x4000, 1, 0x4000, 0x10000, 0);
	assert_breaches(2);
	ask(0x02, 6, 0x1000, 4, 0x400, 0x400000, 0);
	ask(0x02, 6, 0xfffff000, 4, 0x400, 0x10000, 0);
	ask(0x02, 0, 0x400, 1, 0x400, 0x10400, 0);
	assert_breaches(3);
}

Test(sim_esp_loader, says_what_is_wrong_with_a_stream)
{
	uint32_t size = make_image(9, 3000);
	size_t packed_size = pack(size, 9);

	plug_loader("esp32-s3-jtag");
	attach(0x400000);
	ask(0x10, 0, 0xc00, 3, 0x400, 0x10000, 0);
	send_block(0x11, 0, image, 0x400, 0x0b);
	packed[packed_size - 1] ^= 1;
	cr_assert(lt(sz, packed_size, 0x400));
	ask(0x10, 0, 0xc00, 3, 0x400, 0x10000, 0);
	send_block(0x11, 0, packed, packed_size, 0x0c);
	packed[packed_size - 1] ^= 1;
	ask(0x10, 0, 0x800, 3, 0x400, 0x10000, 0);
	send_block(0x11, 0, packed, packed_size, 0x0d);
	ask(0x10, 0, 0xc00, 3, 0x400, 0x10000, 0);
	send_block(0x11, 0, packed, packed_size, 0);
	send_block(0x11, 1, packed, packed_size, 0x0b);
	assert_breaches(0);
}

Test(sim_esp_loader, is_no_flash_without_attach)
{
	plug_loader("esp32-s3-jtag");
	ask(0x02, 6, 0x400, 1, 0x400, 0x10000, 0);
	ask(0x13, 6, 0, 0x1000, 0, 0);
	ask(0x0e, 6, 0, 64);
	assert_breaches(3);
}

Test(sim_esp_loader, reads_slowly)
{
	plug_loader("esp32-s3-jtag");
	attach(0x400000);
	ask(0x0e, 0x0a, 0x10000, 65);
	say_words(0x0e, 0x10000, 4);
	assert_heard("c0010e440000000000"
		     "e9010200"
		     "000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
		     "000000000000000000000000000000000000"
		     "00000000c0");
}

Test(sim_esp_loader, loses_what_was_not_erased)
{
	plug_loader("esp32-s3-jtag");
	attach(0x400000);
	memset(image, 0, 0x1000);
	write_plain(0x20000, 0x1000, false);
	/* One sector is erased, the second is not. */
	ask(0x02, 0, 0x400, 8, 0x400, 0x1f000, 0);
	memset(image, 0xff, 0x2000);
	for (uint32_t i = 0; i < 4; i++)
		send_block(0x03, i, image, 0x400, 0);
	send_block(0x03, 4, image, 0x400, 8);
}

/* Resets. */

Test(sim_esp_loader, forgets_at_a_reset)
{
	plug_loader("esp32-s3-jtag");
	attach(0x400000);
	set_lines(DTR);
	set_lines(DTR | RTS);
	set_lines(RTS);
	host_wait_ms(host, 1000);
	assert_mode("bootloader");
	cr_assert(eq(sz, count_arrivals(), 3));
	open_port();
	set_lines(0);
	skip_boot_log();
	synchronise();
	ask(0x13, 6, 0, 0x1000, 0, 0);
	assert_breaches(1);
}

Test(sim_esp_loader, is_left_with_a_word)
{
	static const uint8_t ops[] = { 0x04, 0x12 };

	for (size_t i = 0; i < DFUT_COUNT(ops); i++) {
		plug_loader("esp32-s3-jtag");
		ask(ops[i], 0, 0);
		host_wait_ms(host, 1000);
		assert_mode("application");
		assert_breaches(1);
	}
}

Test(sim_esp_loader, is_restarted_by_its_watchdog)
{
	plug_loader("esp32-s3-jtag:watchdog=yes");
	attach(0x400000);
	ask(0x02, 0, 0x1000, 4, 0x400, 0x20000, 0);
	host_wait_ms(host, 4000);
	assert_mode("application");
	go_to_download();
	synchronise();
	/* RTC_CNTL's, then the super watchdog; each behind its key */
	ask(0x09, 0, 0x600080b0, 0x50d83aa1, 0xffffffff, 0);
	ask(0x09, 0, 0x60008098, 0, 0xffffffff, 0);
	ask(0x09, 0, 0x600080b0, 0, 0xffffffff, 0);
	ask(0x09, 0, 0x600080b8, 0x8f1d312a, 0xffffffff, 0);
	ask(0x09, 0, 0x600080b4, 0x80000000, 0x80000000, 0);
	ask(0x09, 0, 0x600080b8, 0, 0xffffffff, 0);
	host_wait_ms(host, 10000);
	assert_mode("bootloader");
	assert_breaches(0);
	/* One of them is not enough. */
	reset_by_lines("application");
	go_to_download();
	ask(0x09, 0, 0x60008098, 0, 0xffffffff, 0);
	assert_breaches(1);
	ask(0x09, 0, 0x600080b0, 0x50d83aa1, 0xffffffff, 0);
	ask(0x09, 0, 0x60008098, 0, 0xffffffff, 0);
	host_wait_ms(host, 4000);
	assert_mode("application");
}

static void bite(uint32_t config)
{
	uint32_t lock = config == 0x3f408094 ? 0x3f4080ac : 0x600080b0;

	ask(0x09, 0, lock, 0x50d83aa1, 0xffffffff, 0);
	ask(0x09, 0, config + 4, 2000, 0xffffffff, 0);
	ask(0x09, 0, config, 0xd0000102, 0xffffffff, 0);
	ask(0x09, 0, lock, 0, 0xffffffff, 0);
	host_wait_ms(host, 1000);
}

/* By the application's touch, into the ROM on USB OTG */
static void touch(const char *spec, uint16_t product_id)
{
	static const uint8_t coding[] = { 0xb0, 0x04, 0, 0, 0, 0, 8 };

	plug(spec);
	cr_assert(eq(int, host_connect(host), 0));
	cr_assert(eq(int, host_open(host, 0), 0));
	host_out(host, 0x21, 0x20, 0, 0, coding, sizeof(coding));
	host_wait_ms(host, 1000);
	assert_mode("download");
	cr_assert(eq(u16, dfut_le16(&host_get(host)->descriptors[10]), product_id));
	open_port();
	synchronise();
}

static const struct {
	const char *spec;
	uint16_t product_id;
	uint16_t chip;
	uint32_t magic;
	uint32_t config;
	uint32_t option1;
	uint32_t port;
	uint8_t number;
} otg[] = {
	{ "esp32-s2", 0x0002, 2, 0x7c6, 0x3f408094, 0x3f408128, 0x3ffffd14, 2 },
	{ "esp32-s2:chip=esp32-s3", 0x0009, 9, 9, 0x60008098, 0x6000812c, 0x3fcef14c, 3 },
};

static void assert_register(uint32_t address, uint32_t value)
{
	uint8_t bytes[4];
	char want[64];

	dfut_put_le32(bytes, value);
	snprintf(want, sizeof(want), "c0010a0400%02x%02x%02x%02x00000000c0", bytes[0], bytes[1], bytes[2], bytes[3]);
	say_words(0x0a, address);
	assert_heard(want);
}

Test(sim_esp_loader, listens_on_usb_otg)
{
	for (size_t i = 0; i < DFUT_COUNT(otg); i++) {
		uint32_t size;

		touch(otg[i].spec, otg[i].product_id);
		assert_register(0x40001000, otg[i].magic);
		assert_register(otg[i].port, otg[i].number);
		assert_register(otg[i].option1, 1);
		attach(0x200000);
		size = make_image(otg[i].chip, 5000);
		write_packed(0x10000, size, 6);
		assert_md5(0x10000, size, image);
		/* The bit that the application has set leads back. */
		bite(otg[i].config);
		assert_mode("download");
		open_port();
		synchronise();
		ask(0x09, 0, otg[i].option1, 0, 1, 0);
		bite(otg[i].config);
		assert_mode("application");
		assert_breaches(0);
	}
}

Test(sim_esp_loader, tells_less_on_an_s2)
{
	touch("esp32-s2", 0x0002);
	assert_said("c00014000000000000c0", "c001141000"
					    "00000000"
					    "00000000"
					    "0000000000000000"
					    "00000000"
					    "c0");
}

Test(sim_esp_loader, no_line_resets_usb_otg)
{
	touch("esp32-s2", 0x0002);
	set_lines(DTR);
	set_lines(RTS);
	set_lines(0);
	host_wait_ms(host, 1000);
	assert_mode("download");
	synchronise();
}

Test(sim_esp_loader, is_not_seen_without_an_application)
{
	for (size_t i = 0; i < DFUT_COUNT(otg); i++) {
		touch(otg[i].spec, otg[i].product_id);
		attach(0x200000);
		ask(0x02, 0, 0x1000, 4, 0x400, 0x10000, 0);
		ask(0x09, 0, otg[i].option1, 0, 1, 0);
		bite(otg[i].config);
		cr_assert(eq(sz, host_scan(host), 0));
		dfut_sim_device_press_reset(host->device);
		host_wait_ms(host, 2000);
		cr_assert(eq(sz, host_scan(host), 0));
	}
}

Test(sim_esp_loader, loses_what_is_too_long_for_usb_otg)
{
	touch("esp32-s2", 0x0002);
	memset(image, 0, 0x1000);
	ask(0x05, 0, 0x800, 1, 0x800, 0x3ffe0000);
	send_block(0x07, 0, image, 0x800, 0);
	assert_breaches(0);
	say_block(0x07, 0, image, 0x801, 0);
	assert_silent();
	assert_breaches(1);
	synchronise();
}

Test(sim_esp_loader, loads_ram_and_runs_it)
{
	plug_loader("esp32-s3-jtag");
	memset(image, 0xdb, 0x2000);
	ask(0x05, 0, 0x1800, 1, 0x1800, 0x3fc90000);
	send_block(0x07, 0, image, 0x1800, 0);
	say_block(0x07, 1, image, 0x100, 4);
	assert_status(0x07, 7);
	ask(0x06, 0, 1, 0);
	synchronise();
	ask(0x06, 0, 0, 0x40370000);
	say(SYNC);
	assert_silent();
	assert_breaches(0);
	reset_by_lines("application");
}

Test(sim_esp_loader, goes_back_to_the_loader_with_its_strap)
{
	plug("esp32-s3-jtag:strap=yes");
	assert_mode("bootloader");
	open_port();
	set_lines(0);
	skip_boot_log();
	synchronise();
	assert_register(0x60004038, 0);
	reset_by_lines("bootloader");
}

Test(sim_esp_loader, a_touched_application_leaves_it_in_the_loader)
{
	static const uint8_t coding[] = { 0xb0, 0x04, 0, 0, 0, 0, 8 };

	plug("esp32-s3-jtag:touch=yes");
	cr_assert(eq(int, host_connect(host), 0));
	cr_assert(eq(int, host_open(host, 0), 0));
	host_out(host, 0x21, 0x20, 0, 0, coding, sizeof(coding));
	host_wait_ms(host, 1000);
	open_port();
	set_lines(0);
	reset_by_lines("bootloader");
	open_port();
	set_lines(0);
	skip_boot_log();
	synchronise();
	ask(0x09, 0, 0x6000812c, 0, 1, 0);
	reset_by_lines("application");
	dfut_sim_device_press_reset(host->device);
	host_wait_ms(host, 1000);
	assert_mode("application");
}

/* Security. */

Test(sim_esp_loader, knows_little_in_secure_download_mode)
{
	static const uint8_t ops[] = { 0x05, 0x06, 0x07, 0x09, 0x0a, 0x0e, 0x10, 0x11, 0x12, 0x13 };
	uint32_t size = make_image(9, 3000);

	plug_loader("esp32-s3-jtag:secure-download=yes");
	assert_said("c00014000000000000c0", "c001141800"
					    "00000000"
					    "04000000"
					    "0000000000000000"
					    "09000000"
					    "00000000"
					    "00000000"
					    "c0");
	for (size_t i = 0; i < DFUT_COUNT(ops); i++) {
		say_words(ops[i], 0x40001000);
		assert_heard(UNKNOWN UNKNOWN UNKNOWN UNKNOWN UNKNOWN UNKNOWN UNKNOWN UNKNOWN);
	}
	attach(0x400000);
	write_plain(0x10000, size, false);
	reset_by_lines("application");
	assert_breaches(0);
}

Test(sim_esp_loader, plain_data_do_not_start_where_all_is_encrypted)
{
	uint32_t size = make_image(9, 3000);

	plug_loader("esp32-s3-jtag:encrypted=yes");
	assert_register(0x60007034, 1 << 18);
	attach(0x400000);
	write_plain(0x10000, size, false);
	assert_breaches(1);
	reset_by_lines("boot-loop");
	go_to_download();
	synchronise();
	attach(0x400000);
	write_plain(0x10000, size, true);
	assert_breaches(1);
	cr_assert(ne(int, memcmp(get_flash() + 0x10000, image, size), 0));
	reset_by_lines("application");
}

Test(sim_esp_loader, wants_its_bootloader_signed)
{
	plug_loader("esp32-s3-jtag:secure-boot=yes");
	assert_register(0x60007038, 1 << 20);
	attach(0x400000);
	ask(0x02, 0, 0x1000, 4, 0x400, 0x10000, 0);
	assert_breaches(0);
	ask(0x02, 0, 0x1000, 4, 0x400, 0, 0);
	assert_breaches(1);
}

Test(sim_esp_loader, keeps_its_fuses)
{
	plug_loader("esp32-s3-jtag");
	assert_register(0x60007044, 0xa1e036b4);
	assert_register(0x60007048, 0x7cdf);
	ask(0x09, 0, 0x60007044, 1, 0xffffffff, 0);
	assert_register(0x60007044, 0xa1e036b4);
	assert_breaches(1);
}

Test(sim_esp_loader, asks_its_flash_chip)
{
	plug_loader("esp32-s3-jtag:flash-size=8M");
	/* SPI_USR2, SPI_CMD, SPI_W0 */
	ask(0x09, 0, 0x60002020, 0x7000009f, 0xffffffff, 0);
	ask(0x09, 0, 0x60002000, 0x40000, 0xffffffff, 0);
	assert_register(0x60002000, 0);
	assert_register(0x60002058, 0x001740ef);
	assert_breaches(0);
}

/* A stub that somebody has left, and what it was plugged in with */
Test(sim_esp_loader, is_a_stub_until_it_is_reset)
{
	static const char stub[] = "c00108020000000000"
				   "0000c0";
	char all[8 * sizeof(stub)] = "";

	for (int i = 0; i < 8; i++)
		strcat(all, stub);
	plug("esp32-s3-jtag:stub=yes");
	assert_mode("bootloader");
	open_port();
	say(SYNC);
	assert_heard(all);
	say_words(0x0a, 0x40001000);
	assert_heard("c0010a02000000000001ffc0");
	go_to_download();
	synchronise();
	assert_breaches(0);
}

/* The line. */

Test(sim_esp_loader, counts_what_was_not_read)
{
	plug_loader("esp32-s3-jtag");
	say(SYNC);
	say_words(0x0d, 0, 0);
	assert_heard(SYNCED SYNCED SYNCED SYNCED SYNCED SYNCED SYNCED SYNCED "c0010d04000000000000000000c0");
	assert_breaches(0);
	say_words(0x0d, 0, 0);
	say(SYNC);
	assert_breaches(0);
	hear(1000);
	say_words(0x0d, 0, 0);
	say_words(0x0d, 0, 0);
	assert_breaches(1);
}

Test(sim_esp_loader, meets_a_bad_line)
{
	static const struct {
		const char *fault;
		const char *answer;
	} cases[] = {
		{ "lost-byte", "c0010d04000000000001050000c0" },
		{ "doubled-byte", "c0010d04000000000001050000c0" },
		{ "noise", "c0010d04000000000000000000c0" },
		{ "lost-reply", "" },
		{ "noisy-reply", "41540dc0010d04000000000000000000c0" },
		{ "spoilt-reply", "c0010d04000000100000000000c0" },
	};

	for (size_t i = 0; i < DFUT_COUNT(cases); i++) {
		char fault[64];

		plug_loader("esp32-s3-jtag");
		snprintf(fault, sizeof(fault), "%s@%zu", cases[i].fault,
			 dfut_sim_device_get_request_count(host->device));
		cr_assert(eq(int, dfut_sim_fault_parse(host->device, fault), 0));
		say_words(0x0d, 0, 0);
		assert_heard(cases[i].answer);
		ask(0x0d, 0, 0, 0);
	}
}

Test(sim_esp_loader, vanishes_in_the_middle)
{
	struct dfut_sim_fault fault = { .size = sizeof(fault), .kind = DFUT_SIM_FAULT_UNPLUG };
	uint32_t size = make_image(9, 5000);

	plug_loader("esp32-s3-jtag");
	attach(0x400000);
	ask(0x02, 0, size, count_blocks(size), 0x400, 0x10000, 0);
	send_block(0x03, 0, image, 0x400, 0);
	fault.request = dfut_sim_device_get_request_count(host->device);
	cr_assert(eq(int, dfut_sim_device_add_fault(host->device, &fault), 0));
	cr_assert(lt(int, write_bytes((const uint8_t *)"x", 1), 0));
	cr_assert(eq(sz, host_scan(host), 0));
	dfut_sim_device_replug(host->device);
	/* Half an application is none. */
	assert_mode("boot-loop");
	open_port();
	say(SYNC);
	assert_silent();
}

Test(sim_esp_loader, is_what_it_was)
{
	char spec[128];
	char path[64];
	uint32_t size = make_image(9, 5000);

	snprintf(path, sizeof(path), "/tmp/dfutrigger-test-%d.state", (int)getpid());
	snprintf(spec, sizeof(spec), "esp32-s3-jtag:flash-size=1M,state=%s", path);
	remove(path);
	plug_loader(spec);
	attach(0x100000);
	write_plain(0x20000, size, false);
	ask(0x02, 0, 0x1000, 4, 0x400, 0x10000, 0);
	reset_by_lines("boot-loop");
	plug(spec);
	assert_mode("boot-loop");
	cr_assert(eq(int, memcmp(get_flash() + 0x20000, image, size), 0));
	go_to_download();
	plug(spec);
	assert_mode("bootloader");
	open_port();
	set_lines(0);
	skip_boot_log();
	synchronise();
	/* It is kept once more at its end. */
	stop();
	remove(path);
}
