/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The boot ROM of a virtual Pico, asked in PICOBOOT by a host that is written here from boot/picoboot.h. */

#include <stdio.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "base/base.h"
#include "bulk-host.h"

#define OUT 0x03
#define IN 0x84
#define FLASH 0x10000000u
#define RAM 0x20000000u
#define SECTOR 4096u

enum {
	EXCLUSIVE = 0x01,
	REBOOT = 0x02,
	ERASE = 0x03,
	WRITE = 0x05,
	EXIT_XIP = 0x06,
	EXEC = 0x08,
	REBOOT2 = 0x0a,
	OTP_WRITE = 0x0d,
	READ = 0x84,
	GET_INFO = 0x8b,
	OTP_READ = 0x8c,
};

static struct host *host;
static uint8_t interface = 1;
static uint32_t token;

static void stop(void)
{
	host_free(host);
	host = NULL;
}

TestSuite(sim_picoboot, .fini = stop, .timeout = 60);

/* Into the ROM by the reset interface, with the drive or without. */
static void plug_disabled(const char *spec, uint16_t disabled)
{
	host_free(host);
	host = host_new_or_fail(spec);
	if (strcmp(dfut_sim_device_get_mode_name(host->device), "application") == 0) {
		cr_assert(eq(int, host_open(host, 2), 0));
		host_out(host, 0x21, 1, disabled, 2, NULL, 0);
		host_wait_ms(host, 1000);
	}
	host_disconnect(host);
	interface = disabled & 1 ? 0 : 1;
	cr_assert(eq(int, host_open(host, interface), 0));
	dfut_sim_device_clear_record(host->device);
}

static void plug(const char *spec)
{
	plug_disabled(spec, 0);
}

static size_t get_breaches(void)
{
	return dfut_sim_device_get_breach_count(host->device);
}

static const uint8_t *get_flash(size_t *size)
{
	return dfut_sim_device_get_memory(host->device, "flash", size);
}

/* Frames. */

static void put_frame(uint8_t frame[32], uint8_t id, const void *args, uint8_t args_length, uint32_t length)
{
	memset(frame, 0, 32);
	memcpy(frame, "\x0b\xd1\x1f\x43", 4);
	dfut_put_le32(&frame[4], ++token);
	frame[8] = id;
	frame[9] = args_length;
	/* Nobody looks at these. */
	frame[10] = 0xa5;
	frame[11] = 0x5a;
	dfut_put_le32(&frame[12], length);
	if (args_length)
		memcpy(&frame[16], args, args_length);
}

static int send_frame(uint8_t id, const void *args, uint8_t args_length, uint32_t length)
{
	uint8_t frame[32];

	put_frame(frame, id, args, args_length, length);
	return bulk_out(host, OUT, frame, sizeof(frame), 1000);
}

static int get_status(uint32_t *code)
{
	int result = host_in(host, 0xc1, 0x42, 0, interface, 16);

	*code = dfut_le32(&host->request.buffer[4]);
	return result;
}

static uint32_t get_code(void)
{
	uint32_t code = 99;

	cr_assert(eq(int, get_status(&code), 16));
	cr_expect(eq(u32, dfut_le32(host->request.buffer), token));
	cr_expect(eq(u8, host->request.buffer[9], 0));
	return code;
}

static void recover(void)
{
	cr_assert(eq(int, bulk_clear_halt(host, OUT), 0));
	cr_assert(eq(int, bulk_clear_halt(host, IN), 0));
	cr_assert(eq(int, host_out(host, 0x41, 0x41, 0, interface, NULL, 0), 0));
}

/* A command without data. */
static int run(uint8_t id, const void *args, uint8_t args_length)
{
	int result = send_frame(id, args, args_length, 0);

	return result < 0 ? result : bulk_in(host, IN, 1, BULK_LIMIT_MS);
}

/* It fails with that code, and both endpoints are halted. */
static void assert_refused(uint8_t id, const void *args, uint8_t args_length, uint32_t length, uint32_t code)
{
	cr_assert(eq(int, send_frame(id, args, args_length, length), 32));
	cr_assert(eq(int, bulk_in(host, IN, 64, 100), DFUT_ERROR_DEVICE));
	cr_assert(eq(int, bulk_out(host, OUT, "", 0, 100), DFUT_ERROR_DEVICE));
	cr_expect(eq(u32, get_code(), code), "command 0x%02x", id);
	recover();
}

static int run_range(uint8_t id, uint32_t address, uint32_t size)
{
	uint8_t args[8];

	dfut_put_le32(args, address);
	dfut_put_le32(&args[4], size);
	if (id == ERASE)
		return run(id, args, 8);
	return send_frame(id, args, 8, size);
}

static void erase(uint32_t address, uint32_t size)
{
	cr_assert(eq(int, run_range(ERASE, address, size), 0));
}

static void write_at(uint32_t address, const void *data, uint32_t size)
{
	cr_assert(eq(int, run_range(WRITE, address, size), 32));
	cr_assert(eq(int, bulk_out(host, OUT, data, size, 1000), (int)size));
	cr_assert(eq(int, bulk_in(host, IN, 1, BULK_LIMIT_MS), 0));
}

static const uint8_t *read_at(uint32_t address, uint32_t size)
{
	static uint8_t data[8192];

	cr_assert(eq(int, run_range(READ, address, size), 32));
	cr_assert(eq(int, bulk_in(host, IN, size, 1000), (int)size));
	memcpy(data, host->request.buffer, size);
	cr_assert(eq(int, bulk_out(host, OUT, "", 0, 1000), 0));
	return data;
}

static void reboot(uint32_t delay_ms)
{
	uint8_t args[12] = { 0 };

	dfut_put_le32(&args[4], 0x20042000);
	dfut_put_le32(&args[8], delay_ms);
	cr_assert(eq(int, run(REBOOT, args, 12), 0));
}

static int run_reboot2(uint32_t flags, uint32_t delay_ms, uint32_t p0, uint32_t p1)
{
	uint8_t args[16];

	dfut_put_le32(args, flags);
	dfut_put_le32(&args[4], delay_ms);
	dfut_put_le32(&args[8], p0);
	dfut_put_le32(&args[12], p1);
	return run(REBOOT2, args, 16);
}

static const char *get_mode_after(uint64_t ms)
{
	host_wait_ms(host, ms);
	return dfut_sim_device_get_mode_name(host->device);
}

/* A word of an answer; the first one counts the others. */
static uint32_t get_info_word(uint8_t type, uint32_t parameter, size_t index)
{
	static uint8_t copy[256];
	uint8_t args[16] = { type };

	dfut_put_le32(&args[4], parameter);
	cr_assert(eq(int, send_frame(GET_INFO, args, 16, 256), 32));
	cr_assert(eq(int, bulk_in(host, IN, 256, 1000), 256));
	memcpy(copy, host->request.buffer, sizeof(copy));
	cr_assert(eq(int, bulk_out(host, OUT, "", 0, 1000), 0));
	cr_assert(le(sz, index, dfut_le32(copy)));
	return dfut_le32(&copy[4 * index]);
}

/* Images. */

static uint32_t get_crc(const uint8_t *data, size_t size)
{
	uint32_t crc = 0xffffffff;

	for (size_t i = 0; i < 8 * size; i++) {
		uint32_t bit = data[i / 8] >> (7 - i % 8) & 1;

		crc = (crc << 1) ^ ((crc >> 31 ^ bit) ? 0x04c11db7 : 0);
	}
	return crc;
}

static void make_rp2040(uint8_t *image, size_t size)
{
	for (size_t i = 0; i < size; i++)
		image[i] = (uint8_t)(i * 13 + i / 256);
	dfut_put_le32(&image[252], get_crc(image, 252));
}

static void make_rp2350(uint8_t *image, size_t size, uint16_t version)
{
	static const uint32_t block[] = { 0xffffded3, 0x10210142, 0x00000248, 0, 0x000003ff, 0, 0xab123579 };

	for (size_t i = 0; i < size; i++)
		image[i] = (uint8_t)(i * 11 + i / 256);
	for (size_t i = 0; i < DFUT_COUNT(block); i++)
		dfut_put_le32(&image[0x200 + 4 * i], block[i]);
	dfut_put_le16(&image[0x20c], version);
}

static void write_image(uint32_t address, const uint8_t *image, uint32_t size)
{
	erase(address, size);
	write_at(address, image, size);
	for (uint32_t at = 0; at < size; at += 4096)
		cr_assert(eq(int, memcmp(read_at(address + at, 4096), image + at, 4096), 0));
}

/* What goes well. */

Test(sim_picoboot, updates_an_rp2040)
{
	static uint8_t image[8192];
	uint64_t begun_us;

	plug("pico");
	make_rp2040(image, sizeof(image));
	cr_expect(eq(int, memcmp(read_at(0x10, 4), "Mu\1\2", 4), 0));
	cr_assert(eq(int, run(EXCLUSIVE, "\1", 1), 0));
	cr_assert(eq(int, run(EXIT_XIP, NULL, 0), 0));
	begun_us = host_get_time_us(host);
	write_image(FLASH, image, sizeof(image));
	cr_expect(lt(u64, 2 * 45000 + 32 * 400, host_get_time_us(host) - begun_us));
	cr_expect(eq(int, memcmp(get_flash(NULL), image, sizeof(image)), 0));
	cr_expect(eq(u32, get_code(), 0));
	reboot(500);
	cr_expect(eq(int, run(EXCLUSIVE, "\0", 1), 0));
	cr_expect_str_eq(get_mode_after(2000), "application");
	cr_expect(eq(sz, get_breaches(), 0));
}

Test(sim_picoboot, updates_an_rp2350)
{
	static uint8_t image[8192];
	static const uint8_t none = 0;

	plug("pico:chip=rp2350,revision=4,flash-size=4M");
	cr_expect(eq(u16, dfut_le16(&host_get(host)->descriptors[10]), 0x000f));
	make_rp2350(image, sizeof(image), 1);
	cr_expect(eq(int, memcmp(read_at(0x10, 4), "Mu\2\4", 4), 0));
	write_image(FLASH, image, sizeof(image));
	cr_assert(eq(int, run_reboot2(4, 500, FLASH, 0), 0));
	/* It is on its way, and says so. */
	cr_assert(eq(int, send_frame(EXCLUSIVE, &none, 1, 0), 32));
	cr_assert(eq(int, bulk_in(host, IN, 1, 100), DFUT_ERROR_DEVICE));
	cr_expect(eq(u32, get_code(), 7));
	cr_expect_str_eq(get_mode_after(2000), "application");
	cr_expect(eq(sz, get_breaches(), 0));
	cr_expect(eq(u16, dfut_le16(&host_get(host)->descriptors[10]), 0x0009));
}

Test(sim_picoboot, has_no_drive_if_asked_so)
{
	plug_disabled("pico", 1);
	cr_expect(eq(int, memcmp(read_at(0x10, 4), "Mu\1\2", 4), 0));
	plug_disabled("pico:chip=rp2350", 1);
	cr_expect(eq(int, memcmp(read_at(0x10, 4), "Mu\2\2", 4), 0));
	cr_expect(eq(sz, get_breaches(), 0));
}

Test(sim_picoboot, moves_data_in_pieces)
{
	static uint8_t data[1024];

	plug("pico");
	erase(FLASH, SECTOR);
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i / 3);
	cr_assert(eq(int, run_range(WRITE, FLASH, 1024), 32));
	for (size_t at = 0; at < 1024; at += 100)
		cr_assert(ge(int, bulk_out(host, OUT, data + at, at + 100 < 1024 ? 100 : 1024 - at, 1000), 0));
	cr_assert(eq(int, bulk_in(host, IN, 0, 1000), 0));
	cr_expect(eq(int, memcmp(get_flash(NULL), data, 1024), 0));
	/* The acknowledgement may have a byte. */
	cr_assert(eq(int, run_range(READ, FLASH, 128), 32));
	cr_assert(eq(int, bulk_in(host, IN, 64, 1000), 64));
	cr_assert(eq(int, bulk_in(host, IN, 64, 1000), 64));
	cr_assert(eq(int, bulk_out(host, OUT, "a", 1, 1000), 1));
	cr_expect(eq(int, memcmp(read_at(FLASH + 512, 64), data + 512, 64), 0));
	write_at(RAM + 100, data, 300);
	cr_expect(eq(int, memcmp(read_at(RAM + 100, 300), data, 300), 0));
	cr_expect(eq(sz, get_breaches(), 0));
}

/* What starts. */

Test(sim_picoboot, starts_only_what_is_a_program)
{
	static uint8_t image[8192];

	plug("pico");
	make_rp2040(image, sizeof(image));
	image[100] ^= 1;
	write_image(FLASH, image, sizeof(image));
	reboot(10);
	cr_expect_str_eq(get_mode_after(2000), "bootloader");
	dfut_sim_device_unplug(host->device);
	dfut_sim_device_replug(host->device);
	cr_expect_str_eq(get_mode_after(2000), "bootloader");

	plug("pico:chip=rp2350");
	make_rp2350(image, sizeof(image), 1);
	/* For an RP2040 */
	image[0x207] = 0x00;
	write_image(FLASH, image, sizeof(image));
	cr_assert(eq(int, run_reboot2(0, 10, 0, 0), 0));
	cr_expect_str_eq(get_mode_after(2000), "bootloader");
	cr_expect(eq(sz, get_breaches(), 0));

	plug("pico:chip=rp2350");
	make_rp2350(image, sizeof(image), 1);
	image[0x218] ^= 1;
	write_image(FLASH, image, sizeof(image));
	cr_assert(eq(int, run_reboot2(0, 10, 0, 0), 0));
	cr_expect_str_eq(get_mode_after(2000), "bootloader");
}

Test(sim_picoboot, comes_back_without_a_program_when_it_was_interrupted)
{
	plug("pico");
	erase(FLASH, SECTOR);
	dfut_sim_device_unplug(host->device);
	dfut_sim_device_replug(host->device);
	host_wait_ms(host, 1000);
	cr_expect_str_eq(dfut_sim_device_get_mode_name(host->device), "bootloader");
	host_disconnect(host);
	cr_assert(eq(int, host_open(host, 1), 0));
	cr_expect(eq(u8, *read_at(FLASH, 64), 0xff));
}

Test(sim_picoboot, restarts_as_it_is_told)
{
	uint8_t args[12] = { 0 };

	plug("pico:chip=rp2350");
	cr_assert(eq(int, run_reboot2(0x102, 100, 25, 0x21), 0));
	cr_expect_str_eq(get_mode_after(2000), "bootloader");
	cr_expect(eq(u8, host_get(host)->descriptors[22], 1));
	cr_expect(eq(u8, host_get(host)->descriptors[18 + 9 + 5], 0xff));

	plug("pico:chip=rp2350");
	assert_refused(REBOOT2, "\x07\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16, 0, 11);

	/* Nothing was put into RAM. */
	plug("pico");
	dfut_put_le32(args, RAM);
	dfut_put_le32(&args[8], 100);
	cr_assert(eq(int, run(REBOOT, args, 12), 0));
	host_wait_ms(host, 2000);
	cr_expect(eq(int, dfut_sim_device_is_present(host->device), 0));

	plug("pico");
	write_at(RAM, "program", 7);
	cr_assert(eq(int, run(REBOOT, args, 12), 0));
	cr_expect_str_eq(get_mode_after(2000), "application");

	/* Without a delay it leaves before it was heard. */
	plug("pico");
	memset(args, 0, sizeof(args));
	cr_assert(eq(int, run(REBOOT, args, 12), DFUT_ERROR_GONE));
	cr_expect_str_eq(get_mode_after(2000), "application");
}

/* What is refused. */

Test(sim_picoboot, wants_exact_lengths)
{
	uint8_t args[16] = { 0 };

	plug("pico");
	assert_refused(EXCLUSIVE, args, 4, 0, 2);
	assert_refused(EXIT_XIP, args, 1, 0, 2);
	assert_refused(EXCLUSIVE, args, 1, 4, 3);
	dfut_put_le32(args, FLASH);
	dfut_put_le32(&args[4], 256);
	assert_refused(WRITE, args, 8, 255, 3);
	assert_refused(READ, args, 8, 512, 3);
	cr_expect(eq(sz, get_breaches(), 5));
}

Test(sim_picoboot, refuses_the_other_chips_commands)
{
	uint8_t args[16] = { 0 };

	plug("pico");
	assert_refused(REBOOT2, args, 16, 0, 1);
	assert_refused(OTP_READ, args, 5, 2, 1);
	cr_expect(eq(sz, get_breaches(), 2));
	/* Whoever does not know the chip may ask. */
	assert_refused(GET_INFO, args, 16, 256, 1);
	cr_expect(eq(sz, get_breaches(), 2));
	plug("pico:chip=rp2350");
	assert_refused(REBOOT, args, 12, 0, 1);
	assert_refused(EXEC, args, 4, 0, 1);
	assert_refused(0x55, args, 4, 0, 1);
	cr_expect(eq(sz, get_breaches(), 3));
}

Test(sim_picoboot, takes_32_bytes_for_a_command)
{
	uint8_t frame[32];

	plug("pico");
	put_frame(frame, EXIT_XIP, NULL, 0, 0);
	frame[0] ^= 1;
	cr_assert(eq(int, bulk_out(host, OUT, frame, 32, 1000), 32));
	cr_assert(eq(int, bulk_in(host, IN, 1, 1000), DFUT_ERROR_DEVICE));
	recover();
	cr_assert(eq(int, bulk_out(host, OUT, frame, 31, 1000), 31));
	cr_assert(eq(int, bulk_in(host, IN, 1, 1000), DFUT_ERROR_DEVICE));
	cr_expect(eq(sz, get_breaches(), 2));
}

Test(sim_picoboot, refuses_addresses)
{
	uint8_t args[8] = { 0 };

	plug("pico:chip=rp2350,flash-size=1M");
	cr_assert(eq(int, run_range(READ, FLASH + 1024 * 1024 - 1, 2), 32));
	cr_assert(eq(int, bulk_in(host, IN, 2, 100), DFUT_ERROR_DEVICE));
	cr_expect(eq(u32, get_code(), 4));
	recover();
	dfut_put_le32(args, FLASH + 128);
	dfut_put_le32(&args[4], 256);
	assert_refused(WRITE, args, 8, 256, 5);
	assert_refused(ERASE, args, 8, 0, 5);
	dfut_put_le32(args, FLASH + 1024 * 1024);
	dfut_put_le32(&args[4], 4096);
	assert_refused(ERASE, args, 8, 0, 4);
	assert_refused(WRITE, args, 8, 4096, 4);
	dfut_put_le32(args, 0x40000000);
	assert_refused(READ, args, 8, 4096, 4);
	cr_expect(eq(sz, get_breaches(), 6));
}

/* Quirks of the RP2040. */

Test(sim_picoboot, rp2040_keeps_wrong_erases_to_itself)
{
	uint8_t before[256];

	plug("pico");
	memcpy(before, get_flash(NULL), sizeof(before));
	erase(FLASH + 256, 4096);
	erase(FLASH, 256);
	erase(FLASH + 0x01000000, 4096);
	cr_expect(eq(u32, get_code(), 0));
	cr_expect(eq(int, memcmp(get_flash(NULL), before, sizeof(before)), 0));
	cr_expect(eq(sz, get_breaches(), 3));
}

Test(sim_picoboot, rp2040_wraps_and_takes_a_byte_more)
{
	plug("pico:flash-size=1M");
	cr_expect(eq(int, memcmp(read_at(FLASH + 3 * 1024 * 1024, 512), get_flash(NULL), 512), 0));
	read_at(FLASH + 0x01000000 - 63, 64);
	cr_assert(eq(int, run_range(READ, FLASH + 0x01000000 - 63, 65), 32));
	cr_assert(eq(int, bulk_in(host, IN, 65, 100), DFUT_ERROR_DEVICE));
	cr_expect(eq(sz, get_breaches(), 1));
}

Test(sim_picoboot, fills_a_short_page_with_what_was_there)
{
	uint8_t page[256];

	plug("pico");
	memset(page, 0x33, sizeof(page));
	erase(FLASH, SECTOR);
	write_at(FLASH, page, 256);
	memset(page, 0x44, sizeof(page));
	write_at(FLASH + 256, page, 16);
	cr_expect(eq(u8, get_flash(NULL)[256 + 15], 0x44));
	cr_expect(eq(u8, get_flash(NULL)[256 + 16], 0x33));
	cr_expect(eq(sz, get_breaches(), 1));
}

Test(sim_picoboot, clears_bits_only)
{
	uint8_t page[256];

	plug("pico");
	erase(FLASH, SECTOR);
	memset(page, 0xf0, sizeof(page));
	write_at(FLASH, page, 256);
	cr_expect(eq(sz, get_breaches(), 0));
	memset(page, 0x3c, sizeof(page));
	write_at(FLASH, page, 256);
	cr_expect(eq(u8, get_flash(NULL)[0], 0x30));
	cr_expect(eq(sz, get_breaches(), 1));

	/* Nobody tells that nothing was erased: that is no fault of the host's. */
	plug("pico:erases=no");
	memcpy(page, get_flash(NULL), sizeof(page));
	erase(FLASH, SECTOR);
	cr_expect(eq(u32, get_code(), 0));
	cr_expect(eq(int, memcmp(get_flash(NULL), page, sizeof(page)), 0));
	memset(page, 0, sizeof(page));
	write_at(FLASH, page, 256);
	cr_expect(eq(sz, get_breaches(), 0));
}

/* Phases. */

Test(sim_picoboot, waits_for_acknowledgements)
{
	plug("pico");
	cr_assert(eq(int, send_frame(EXIT_XIP, NULL, 0, 0), 32));
	cr_assert(eq(int, send_frame(EXIT_XIP, NULL, 0, 0), DFUT_ERROR_TIMEOUT));
	cr_expect(eq(sz, get_breaches(), 1));
	cr_assert(eq(int, bulk_in(host, IN, 1, 100), 0));

	/* A command where data was to be acknowledged is lost. */
	cr_assert(eq(int, run_range(READ, FLASH, 64), 32));
	cr_assert(eq(int, bulk_in(host, IN, 64, 100), 64));
	cr_assert(eq(int, send_frame(EXIT_XIP, NULL, 0, 0), 32));
	cr_assert(eq(int, bulk_in(host, IN, 1, 100), DFUT_ERROR_TIMEOUT));
	cr_expect(eq(sz, get_breaches(), 2));

	/* Data that nobody reads; a reset of the interface ends it. */
	cr_assert(eq(int, run_range(READ, FLASH, 64), 32));
	cr_assert(eq(int, send_frame(EXIT_XIP, NULL, 0, 0), DFUT_ERROR_TIMEOUT));
	cr_assert(eq(int, host_out(host, 0x41, 0x41, 0, interface, NULL, 0), 0));
	cr_assert(eq(int, run(EXIT_XIP, NULL, 0), 0));
	cr_expect(eq(sz, get_breaches(), 3));

	/* More than was told */
	cr_assert(eq(int, run_range(WRITE, RAM, 4), 32));
	cr_assert(eq(int, bulk_out(host, OUT, "12345", 5, 100), DFUT_ERROR_DEVICE));
	cr_expect(eq(u32, get_code(), 3));
	cr_expect(eq(sz, get_breaches(), 4));
}

Test(sim_picoboot, is_at_work_for_a_while)
{
	uint8_t args[8] = { 0 };
	uint32_t code;

	plug("pico");
	dfut_put_le32(args, FLASH);
	dfut_put_le32(&args[4], 4 * SECTOR);
	cr_assert(eq(int, send_frame(ERASE, args, 8, 0), 32));
	cr_assert(eq(int, bulk_in(host, IN, 1, 50), DFUT_ERROR_TIMEOUT));
	cr_assert(eq(int, get_status(&code), 16));
	cr_expect(eq(u8, host->request.buffer[9], 1));
	cr_assert(eq(int, bulk_in(host, IN, 1, 1000), 0));
	cr_expect(eq(u32, get_code(), 0));
	plug("pico:erase-us=0");
	cr_assert(eq(int, send_frame(ERASE, args, 8, 0), 32));
	cr_assert(eq(int, bulk_in(host, IN, 1, 20), 0));
}

Test(sim_picoboot, wants_both_ways_out_of_a_failure)
{
	uint8_t args[4] = { 0 };

	plug("pico");
	assert_refused(EXCLUSIVE, args, 4, 0, 2);
	cr_assert(eq(int, run(EXIT_XIP, NULL, 0), 0));
	cr_expect(eq(sz, get_breaches(), 1));

	/* Without the reset of the interface */
	cr_assert(eq(int, send_frame(EXCLUSIVE, args, 4, 0), 32));
	cr_assert(eq(int, bulk_in(host, IN, 1, 100), DFUT_ERROR_DEVICE));
	cr_assert(eq(int, host_in(host, 0x82, 0, 0, IN, 2), 2));
	cr_expect(eq(u8, host->request.buffer[0], 1));
	cr_assert(eq(int, bulk_clear_halt(host, OUT), 0));
	cr_assert(eq(int, bulk_in(host, IN, 1, 100), DFUT_ERROR_DEVICE));
	cr_assert(eq(int, bulk_clear_halt(host, IN), 0));
	cr_assert(eq(int, run(EXIT_XIP, NULL, 0), 0));
	cr_expect(eq(sz, get_breaches(), 3));

	/* Without CLEAR_FEATURE */
	cr_assert(eq(int, send_frame(EXCLUSIVE, args, 4, 0), 32));
	cr_assert(eq(int, host_out(host, 0x41, 0x41, 0, interface, NULL, 0), 0));
	cr_assert(eq(int, run(EXIT_XIP, NULL, 0), 0));
	cr_expect(eq(sz, get_breaches(), 5));

	/* A reset of the bus does both. */
	cr_assert(eq(int, send_frame(EXCLUSIVE, args, 4, 0), 32));
	cr_assert(eq(int, host_reset(host), 0));
	cr_assert(eq(int, run(EXIT_XIP, NULL, 0), 0));
	cr_expect(eq(sz, get_breaches(), 6));
}

Test(sim_picoboot, knows_its_requests)
{
	plug("pico");
	cr_expect(eq(int, host_in(host, 0xc1, 0x41, 0, 1, 16), DFUT_ERROR_DEVICE));
	cr_expect(eq(int, host_out(host, 0x41, 0x42, 0, 1, NULL, 0), DFUT_ERROR_DEVICE));
	cr_expect(eq(int, host_in(host, 0xc1, 0x42, 0, 1, 8), 8));
	cr_expect(eq(int, host_in(host, 0xc1, 0x42, 0, 0, 16), DFUT_ERROR_DEVICE));
}

/* The RP2350. */

Test(sim_picoboot, tells_of_itself)
{
	plug("pico:chip=rp2350,flash-size=4M");
	cr_expect(eq(u32, get_info_word(1, 0x08, 0), 2));
	cr_expect(eq(u32, get_info_word(1, 0x08, 1), 0x08));
	cr_expect(eq(u32, get_info_word(1, 0x08, 2), 0xa00));
	cr_expect(eq(u32, get_info_word(1, 0x7f, 0), 15));
	cr_expect(eq(u32, get_info_word(1, 0x7f, 1), 0x5f));
	cr_expect(eq(u32, get_info_word(4, 0, 1), 0));
	cr_assert(eq(int, run(EXCLUSIVE, "\1", 1), 0));
	cr_expect(eq(u32, get_info_word(4, 0, 1), 0x10));
	cr_expect(eq(sz, get_breaches(), 0));
	assert_refused(GET_INFO, "\x09\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16, 256, 11);
	assert_refused(GET_INFO, "\x01\0\0\0\x7f\0\0\0\0\0\0\0\0\0\0", 16, 8, 12);
	assert_refused(GET_INFO, "\x01\0\0\0\x7f\0\0\0\0\0\0\0\0\0\0", 16, 512, 3);
}

Test(sim_picoboot, has_partitions)
{
	plug("pico:chip=rp2350,revision=3,partitions=ab,flash-size=1M");
	cr_expect(eq(u32, get_info_word(2, 0x11, 0), 1 + 3 + 6));
	cr_expect(eq(u32, get_info_word(2, 0x11, 2), 0x103));
	/* 256 sectors: 2 to 95, 96 to 191, 192 to 255 */
	cr_expect(eq(u32, get_info_word(2, 0x11, 5) & 0x03ffffff, 2 | 95 << 13));
	cr_expect(eq(u32, get_info_word(2, 0x11, 7) & 0x03ffffff, 96 | 191 << 13));
	cr_expect(eq(u32, get_info_word(2, 0x11, 9) & 0x03ffffff, 192 | 255 << 13));
	cr_expect(eq(u32, get_info_word(2, 0x8010 | 2u << 24, 0), 3));
	/* The slot that does not run; data; no place for an RP2040's program */
	cr_expect(eq(u32, get_info_word(3, 0xe48bff59, 1), 1));
	cr_expect(eq(u32, get_info_word(3, 0xe48bff58, 1), 2));
	cr_expect(eq(u32, get_info_word(3, 0xe48bff57, 1), 0xff));
	cr_expect(eq(u32, get_info_word(3, 0xe48bff56, 1), 0xffffffff));
	cr_expect(eq(u32, get_info_word(3, 0x1b57745f, 1), 0xffffffff));
	cr_expect(eq(sz, get_breaches(), 0));
	erase(FLASH, SECTOR);
	cr_expect(eq(sz, get_breaches(), 1));
}

Test(sim_picoboot, a2_reads_the_table_after_exit_xip)
{
	plug("pico:chip=rp2350,partitions=plain");
	cr_expect(eq(u32, get_info_word(2, 0x01, 2), 0));
	cr_expect(eq(u32, get_info_word(3, 0xe48bff59, 1), 0xffffffff));
	cr_expect(eq(sz, get_breaches(), 2));
	cr_assert(eq(int, run(EXIT_XIP, NULL, 0), 0));
	cr_expect(eq(u32, get_info_word(2, 0x01, 2), 0x102));
	cr_expect(eq(u32, get_info_word(3, 0xe48bff59, 1), 0));
	cr_expect(eq(sz, get_breaches(), 2));
}

Test(sim_picoboot, starts_the_slot_that_was_updated)
{
	static uint8_t image[8192];

	plug("pico:chip=rp2350,revision=4,partitions=ab,flash-size=1M");
	make_rp2350(image, sizeof(image), 0);
	write_image(FLASH + 96 * SECTOR, image, sizeof(image));
	erase(FLASH + 2 * SECTOR, SECTOR);
	cr_expect(eq(u32, get_info_word(3, 0xe48bff59, 1), 0));
	cr_assert(eq(int, run_reboot2(4, 10, FLASH + 96 * SECTOR, 0), 0));
	cr_expect_str_eq(get_mode_after(2000), "application");
	cr_expect(eq(sz, get_breaches(), 0));
}

Test(sim_picoboot, tries_before_it_buys)
{
	static const char *const specs[] = { "pico:chip=rp2350,revision=4,partitions=ab,flash-size=1M",
					     "pico:chip=rp2350,revision=4,partitions=ab,flash-size=1M,buys=no" };
	static uint8_t image[8192];

	for (size_t i = 0; i < DFUT_COUNT(specs); i++) {
		const uint8_t *type;

		plug(specs[i]);
		make_rp2350(image, sizeof(image), 1);
		image[0x207] |= 0x80;
		write_image(FLASH + 96 * SECTOR, image, sizeof(image));
		cr_assert(eq(int, run_reboot2(4, 10, FLASH + 96 * SECTOR, 0), 0));
		dfut_sim_device_clear_record(host->device);
		cr_expect_str_eq(get_mode_after(1000), "application");
		host_wait_ms(host, 30000);
		type = get_flash(NULL) + 96 * SECTOR + 0x206;
		cr_expect(eq(u16, dfut_le16(type), i == 0 ? 0x1021 : 0x9021));
		/* Left and came; without its being bought, once more */
		cr_expect(eq(sz, dfut_sim_device_get_record_count(host->device), i == 0 ? 2 : 4));
		cr_expect_str_eq(dfut_sim_device_get_mode_name(host->device), "application");
	}

	/* Nothing else is there: the ROM comes back. */
	plug("pico:chip=rp2350,buys=no");
	write_image(FLASH, image, sizeof(image));
	cr_assert(eq(int, run_reboot2(4, 10, FLASH, 0), 0));
	cr_expect_str_eq(get_mode_after(2000), "application");
	cr_expect_str_eq(get_mode_after(30000), "bootloader");
	plug("pico:chip=rp2350");
	write_image(FLASH, image, sizeof(image));
	cr_assert(eq(int, run_reboot2(0, 10, 0, 0), 0));
	cr_expect_str_eq(get_mode_after(2000), "bootloader");
}

Test(sim_picoboot, counts_what_is_written_to_otp)
{
	uint8_t args[5] = { 0x40, 0, 2, 0, 1 };
	size_t size = 0;

	plug("pico:chip=rp2350");
	cr_assert(eq(int, send_frame(OTP_WRITE, args, 5, 4), 32));
	cr_assert(eq(int, bulk_out(host, OUT, "\x12\x34\x56\x78", 4, 100), 4));
	cr_assert(eq(int, bulk_in(host, IN, 1, 100), 0));
	cr_expect(eq(sz, get_breaches(), 1));
	cr_expect(eq(int, memcmp(dfut_sim_device_get_memory(host->device, "otp", &size) + 0x80, "\x12\x34\x56\x78", 4),
		     0));
	cr_expect(eq(sz, size, 8192));
	cr_assert(eq(int, send_frame(OTP_READ, args, 5, 4), 32));
	cr_assert(eq(int, bulk_in(host, IN, 64, 100), 4));
	cr_expect(eq(int, memcmp(host->request.buffer, "\x12\x34\x56\x78", 4), 0));
	cr_assert(eq(int, bulk_out(host, OUT, "", 0, 100), 0));
	cr_expect(eq(sz, get_breaches(), 1));
	assert_refused(OTP_READ, args, 5, 6, 3);
	args[1] = 0x10;
	assert_refused(OTP_READ, args, 5, 4, 4);
}
