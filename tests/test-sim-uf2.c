/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The drives of a virtual Pico's boot ROM: as drives, as file systems, and as loaders of UF2 files. */

#include <stdio.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "drive-host.h"

#define FLASH 0x10000000u
#define RAM 0x20000000u
#define RP2040 0xe48bff56u
#define ABSOLUTE 0xe48bff57u
#define DATA 0xe48bff58u
#define ARM 0xe48bff59u
#define NRF52840 0xada52840u
/* Far behind what is there */
#define SOMEWHERE 5000
#define SMALL 32u

static struct host *host;
static struct drive drive;

static void stop(void)
{
	host_free(host);
	host = NULL;
}

TestSuite(sim_uf2, .fini = stop, .timeout = 120);

/* Into the ROM, the drive's interface in hand. */
static void plug(const char *spec)
{
	host_free(host);
	host = host_new_or_fail(spec);
	if (strcmp(dfut_sim_device_get_mode_name(host->device), "application") == 0) {
		cr_assert(eq(int, host_open(host, 2), 0));
		host_out(host, 0x21, 1, 0, 2, NULL, 0);
		host_wait_ms(host, 1000);
	}
	host_disconnect(host);
	cr_assert(eq(int, host_open(host, 0), 0));
	drive = (struct drive){ .host = host, .interface = 0, .out = 0x02, .in = 0x81 };
	dfut_sim_device_clear_record(host->device);
}

static size_t get_breaches(void)
{
	return dfut_sim_device_get_breach_count(host->device);
}

static const uint8_t *get_flash(uint32_t address)
{
	return dfut_sim_device_get_memory(host->device, "flash", NULL) + (address - FLASH);
}

static const char *get_mode_after(uint64_t ms)
{
	host_wait_ms(host, ms);
	return dfut_sim_device_get_mode_name(host->device);
}

/* Payload of a block: tells which one it is. */
static const uint8_t *make_payload(uint32_t number)
{
	static uint8_t payload[256];

	for (size_t i = 0; i < sizeof(payload); i++)
		payload[i] = (uint8_t)(i + number * 3);
	return payload;
}

static int send_block(uint32_t family, uint32_t address, uint32_t number, uint32_t count)
{
	uint8_t data[BLOCK];

	drive_put_block(data, family, address, number, count, make_payload(number));
	return drive_write_blocks(&drive, SOMEWHERE + number, 1, data);
}

static bool is_written(uint32_t address, uint32_t number)
{
	return memcmp(get_flash(address), make_payload(number), 256) == 0;
}

static void send_range(uint32_t family, uint32_t address, uint32_t first, uint32_t end, uint32_t count)
{
	for (uint32_t number = first; number < end; number++)
		cr_assert(eq(int, send_block(family, address + number * 256, number, count), 0));
}

/* The second stage's CRC, and an image definition. */
static void make_program(uint8_t *image, size_t size, bool is_2350)
{
	static const uint32_t block[] = { 0xffffded3, 0x10210142, 0x000001ff, 0, 0xab123579 };
	uint32_t crc = 0xffffffff;

	for (size_t i = 0; i < size; i++)
		image[i] = (uint8_t)(i * 5 + i / 256);
	for (size_t i = 0; i < 8 * 252; i++)
		crc = (crc << 1) ^ ((crc >> 31 ^ (image[i / 8] >> (7 - i % 8) & 1)) ? 0x04c11db7 : 0);
	dfut_put_le32(&image[252], crc);
	for (size_t i = 0; is_2350 && i < DFUT_COUNT(block); i++)
		dfut_put_le32(&image[0x400 + 4 * i], block[i]);
}

/* Many blocks in one command. */
static void send_program(const uint8_t *image, uint32_t size, uint32_t family, uint32_t address)
{
	static uint8_t data[16 * BLOCK];
	uint32_t count = size / 256;

	for (uint32_t number = 0; number < count; number += 16) {
		for (uint32_t i = 0; i < 16; i++)
			drive_put_block(&data[i * BLOCK], family, address + (number + i) * 256, number + i, count,
					&image[(number + i) * 256]);
		cr_assert(eq(int, drive_write_blocks(&drive, SOMEWHERE + number, 16, data), 0));
	}
}

/* As drives. */

Test(sim_uf2, is_a_drive)
{
	static const uint8_t ready[10] = { 0x00 };
	static const uint8_t name[10] = { 0x12, 0, 0, 0, 36 };
	static const uint8_t pages[10] = { 0x12, 1, 0, 0, 36 };
	static const uint8_t mode[10] = { 0x1a, 0, 0x3f, 0, 192 };
	static const uint8_t capacity[10] = { 0x25 };
	static const uint8_t prevent[10] = { 0x1e, 0, 0, 0, 1 };
	static const uint8_t format[10] = { 0x04 };
	uint8_t data[512] = { 0 };

	plug("pico");
	cr_assert(eq(int, host_in(host, 0xa1, 0xfe, 0, 0, 1), 1));
	cr_assert(eq(int, drive_read(&drive, ready, data, 0), 0));
	cr_assert(eq(int, drive_read(&drive, name, data, 36), 0));
	cr_expect(eq(int, memcmp(&data[8], "RPI     RP2             ", 24), 0));
	cr_assert(eq(int, drive_read(&drive, pages, data, 36), 1));
	cr_expect(eq(uint, drive_get_sense(&drive), 0x0524));
	cr_assert(eq(int, drive_read(&drive, mode, data, 192), 0));
	cr_expect(eq(u32, drive.residue, 188));
	cr_expect(eq(u8, data[2], 0));
	cr_assert(eq(int, drive_read(&drive, capacity, data, 8), 0));
	cr_expect(eq(int, memcmp(data, "\0\3\xff\xff\0\0\2\0", 8), 0));
	cr_assert(eq(int, drive_read(&drive, prevent, data, 0), 0));
	cr_assert(eq(int, drive_read(&drive, format, data, 0), 1));
	cr_expect(eq(uint, drive_get_sense(&drive), 0x0520));
	cr_expect(eq(uint, drive_get_sense(&drive), 0));
	cr_assert(eq(int, drive_read_blocks(&drive, 0x3ffff, 2, data), 1));
	cr_expect(eq(uint, drive_get_sense(&drive), 0x0521));
	cr_expect(eq(sz, get_breaches(), 0));
}

Test(sim_uf2, can_be_taken_out)
{
	static const uint8_t eject[10] = { 0x1b, 0, 0, 0, 2 };
	static const uint8_t load[10] = { 0x1b, 0, 0, 0, 3 };
	static const uint8_t ready[10] = { 0x00 };
	uint8_t data[BLOCK] = { 0 };

	plug("pico");
	cr_assert(eq(int, drive_read(&drive, eject, data, 0), 0));
	cr_assert(eq(int, drive_read(&drive, ready, data, 0), 1));
	cr_expect(eq(uint, drive_get_sense(&drive), 0x023a));
	cr_assert(eq(int, drive_write_blocks(&drive, SOMEWHERE, 1, data), 1));
	cr_assert(eq(int, drive_read(&drive, load, data, 0), 0));
	cr_assert(eq(int, drive_read(&drive, ready, data, 0), 0));
}

Test(sim_uf2, keeps_to_bulk_only_transport)
{
	uint8_t command[10];
	uint8_t data[BLOCK + 1] = { 0 };

	plug("pico");
	drive_put_transfer(command, 0x28, 0, 1);
	/* A second command before the first one's data and status were read */
	cr_assert(eq(int, drive_send_command(&drive, command, BLOCK, true), 31));
	cr_assert(eq(int, bulk_out(host, drive.out, data, 31, 100), DFUT_ERROR_TIMEOUT));
	cr_assert(eq(int, bulk_in(host, drive.in, BLOCK, 100), BLOCK));
	cr_assert(eq(int, bulk_out(host, drive.out, data, 31, 100), DFUT_ERROR_TIMEOUT));
	cr_assert(eq(int, drive_take_status(&drive), 0));
	cr_expect(eq(sz, get_breaches(), 2));
	/* Not the data that the command moves */
	cr_assert(eq(int, drive_read(&drive, command, data, 100), 2));
	cr_assert(eq(int, drive_write(&drive, command, data, BLOCK), 2));
	cr_expect(eq(sz, get_breaches(), 4));
	/* No command: stalls until it is reset, and both halts are cleared */
	cr_assert(eq(int, bulk_out(host, drive.out, data, 30, 100), DFUT_ERROR_DEVICE));
	cr_assert(eq(int, bulk_clear_halt(host, drive.out), 0));
	cr_assert(eq(int, drive_send_command(&drive, command, BLOCK, true), DFUT_ERROR_DEVICE));
	cr_assert(eq(int, host_out(host, 0x21, 0xff, 0, 0, NULL, 0), 0));
	cr_assert(eq(int, bulk_clear_halt(host, drive.in), 0));
	cr_assert(eq(int, bulk_clear_halt(host, drive.out), 0));
	cr_assert(eq(int, drive_read_blocks(&drive, 0, 1, data), 0));
	cr_expect(eq(sz, get_breaches(), 5));
	/* More than it said */
	drive_put_transfer(command, 0x2a, SOMEWHERE, 1);
	cr_assert(eq(int, drive_send_command(&drive, command, BLOCK, false), 31));
	cr_assert(eq(int, bulk_out(host, drive.out, data, BLOCK + 1, 100), DFUT_ERROR_DEVICE));
	cr_expect(eq(sz, get_breaches(), 6));
}

/* An image that was left half written does not become a part of the next one. */
Test(sim_uf2, forgets_a_transfer_when_it_is_reset)
{
	plug("pico");
	send_range(RP2040, FLASH, 0, SMALL - 1, SMALL);
	cr_assert(eq(int, host_out(host, 0x21, 0xff, 0, 0, NULL, 0), 0));
	cr_assert(eq(int, send_block(RP2040, FLASH + (SMALL - 1) * 256, SMALL - 1, SMALL), 0));
	cr_expect(eq(int, strcmp(get_mode_after(3000), "bootloader"), 0));
	send_range(RP2040, FLASH, 0, SMALL, SMALL);
	cr_expect(eq(sz, get_breaches(), 0));
}

/* As file systems. */

/* Finds a file in the root directory. Returns its size, and where it is. */
static uint32_t find_file(uint32_t volume, const char *name, uint32_t *block)
{
	uint8_t boot[BLOCK];
	uint8_t root[BLOCK];
	uint32_t root_block;
	uint32_t data_block;

	cr_assert(eq(int, drive_read_blocks(&drive, volume, 1, boot), 0));
	root_block = volume + dfut_le16(&boot[14]) + boot[16] * (uint32_t)dfut_le16(&boot[22]);
	data_block = root_block + dfut_le16(&boot[17]) * 32u / BLOCK;
	cr_assert(eq(int, drive_read_blocks(&drive, root_block, 1, root), 0));
	for (size_t i = 0; i < BLOCK; i += 32) {
		if (memcmp(&root[i], name, 11) != 0)
			continue;
		*block = data_block + (dfut_le16(&root[i + 26]) - 2u) * boot[13];
		return dfut_le32(&root[i + 28]);
	}
	return 0;
}

static void assert_text_file(uint32_t volume, const char *name, const char *begin)
{
	uint8_t data[BLOCK];
	uint32_t block = 0;

	cr_assert(lt(u32, strlen(begin), find_file(volume, name, &block)));
	cr_assert(eq(int, drive_read_blocks(&drive, block, 1, data), 0));
	cr_expect(eq(int, memcmp(data, begin, strlen(begin)), 0), "%.60s", (char *)data);
}

Test(sim_uf2, rp_roms_have_files)
{
	uint8_t data[BLOCK];
	uint32_t block;

	plug("pico");
	cr_assert(eq(int, drive_read_blocks(&drive, 0, 1, data), 0));
	cr_expect(eq(int, memcmp(&data[510], "\x55\xaa", 2), 0));
	cr_expect(eq(u32, dfut_le32(&data[454]), 1));
	cr_expect(eq(u32, dfut_le32(&data[458]), 0x3ffff));
	cr_assert(eq(int, drive_read_blocks(&drive, 1, 1, data), 0));
	cr_expect(eq(int, memcmp(&data[510], "\0\0", 2), 0));
	cr_expect(eq(int, memcmp(&data[43], "RPI-RP2    FAT16   ", 19), 0));
	assert_text_file(1, "INFO_UF2TXT", "UF2 Bootloader v3.0\r\nModel: Raspberry Pi RP2\r\nBoard-ID: RPI-RP2");
	assert_text_file(1, "INDEX   HTM", "<html>");
	cr_expect(eq(u32, find_file(1, "CURRENT UF2", &block), 0));
	plug("pico:chip=rp2350");
	cr_assert(eq(int, drive_read_blocks(&drive, 1, 1, data), 0));
	cr_expect(eq(int, memcmp(&data[510], "\x55\xaa", 2), 0));
	assert_text_file(1, "INFO_UF2TXT", "UF2 Bootloader v1.0\r\n");
	cr_expect(eq(sz, get_breaches(), 0));
}

Test(sim_uf2, has_a_fat)
{
	uint8_t data[BLOCK];

	plug("pico");
	cr_assert(eq(int, drive_read_blocks(&drive, 2, 1, data), 0));
	/* Each file has one cluster. */
	cr_expect(eq(int, memcmp(data, "\xf8\xff\xff\xff\xff\xff\xff\xff\0\0", 10), 0));
}

/* RP2040. */

Test(sim_uf2, updates_an_rp2040)
{
	static uint8_t image[16384];
	uint64_t begun_us;

	plug("pico");
	make_program(image, sizeof(image), false);
	begun_us = host_get_time_us(host);
	send_program(image, sizeof(image), RP2040, FLASH);
	cr_expect(lt(u64, 4 * 45000 + 64 * 400, host_get_time_us(host) - begun_us));
	cr_expect(eq(int, memcmp(get_flash(FLASH), image, sizeof(image)), 0));
	cr_expect_str_eq(get_mode_after(900), "bootloader");
	cr_expect_str_eq(get_mode_after(1000), "application");
	cr_expect(eq(sz, get_breaches(), 0));
}

Test(sim_uf2, rp2040_ignores_what_is_not_for_it)
{
	uint8_t data[BLOCK];

	plug("pico");
	send_range(RP2040, FLASH, 0, 20, SMALL);
	/* Another family, none, one that is not for flash, a wrong mark, no UF2 block at all: numbers do not matter */
	cr_assert(eq(int, send_block(NRF52840, 0x26000, 99, 7), 0));
	cr_assert(eq(int, send_block(ABSOLUTE, 0x10ffff00, 0, 2), 0));
	cr_assert(eq(int, send_block(0, FLASH, 99, 7), 0));
	drive_put_block(data, RP2040, 0, 99, 7, make_payload(0));
	data[8] |= 1;
	cr_assert(eq(int, drive_write_blocks(&drive, 7, 1, data), 0));
	data[8] &= 0xfe;
	data[508] ^= 1;
	cr_assert(eq(int, drive_write_blocks(&drive, 8, 1, data), 0));
	memset(data, 0, sizeof(data));
	cr_assert(eq(int, drive_write_blocks(&drive, 2, 1, data), 0));
	/* Blocks that come again are no more */
	send_range(RP2040, FLASH, 10, SMALL, SMALL);
	cr_expect(eq(int, is_written(FLASH + 31 * 256, 31), 1));
	cr_expect(eq(sz, get_breaches(), 0));
	host_wait_ms(host, 2000);
	/* No program, but it restarted. */
	cr_expect_str_eq(dfut_sim_device_get_mode_name(host->device), "bootloader");
	host_disconnect(host);
	cr_assert(eq(int, host_open(host, 0), 0));
}

Test(sim_uf2, rp2040_takes_256_bytes_only)
{
	uint8_t data[BLOCK];

	plug("pico");
	drive_put_block(data, RP2040, FLASH, 0, 1, make_payload(0));
	dfut_put_le32(&data[16], 476);
	cr_assert(eq(int, drive_write_blocks(&drive, SOMEWHERE, 1, data), 0));
	cr_expect(eq(int, is_written(FLASH, 0), 0));
	cr_expect(eq(sz, get_breaches(), 1));
}

Test(sim_uf2, rp2040_throws_a_transfer_away)
{
	static const struct {
		uint32_t address;
		uint32_t number;
	} wrong[] = { { FLASH - 256, 3 }, { FLASH + 0x01000000, 3 }, { FLASH + 128, 3 }, { FLASH, SMALL }, { RAM, 3 } };

	for (size_t i = 0; i < DFUT_COUNT(wrong); i++) {
		plug("pico");
		send_range(RP2040, FLASH, 0, 16, SMALL);
		cr_assert(eq(int, send_block(RP2040, wrong[i].address, wrong[i].number, SMALL), 0));
		cr_expect(eq(sz, get_breaches(), 1));
		send_range(RP2040, FLASH, 16, SMALL, SMALL);
		host_wait_ms(host, 2000);
		/* It waits for the first sixteen. */
		cr_assert(eq(int, send_block(NRF52840, 0, 0, 1), 0));
		cr_expect(eq(int, is_written(FLASH, 0), 1));
		send_range(RP2040, FLASH, 0, 16, SMALL);
		host_wait_ms(host, 1001);
		cr_expect(eq(int, send_block(NRF52840, 0, 0, 1), DFUT_ERROR_GONE));
	}
}

Test(sim_uf2, rp2040_begins_anew_with_another_number_of_blocks)
{
	plug("pico");
	send_range(RP2040, FLASH, 0, 16, SMALL);
	send_range(RP2040, FLASH, 16, SMALL, SMALL + 1);
	cr_expect(eq(sz, get_breaches(), 1));
	host_wait_ms(host, 2000);
	cr_expect(eq(int, send_block(NRF52840, 0, 0, 1), 0));
}

Test(sim_uf2, rp2040_erases_by_groups_of_block_numbers)
{
	/* Groups that begin in the middle of a sector */
	plug("pico");
	send_range(RP2040, FLASH + 2048, 0, 16, SMALL);
	cr_expect(eq(sz, get_breaches(), 0));
	send_range(RP2040, FLASH + 2048, 16, 24, SMALL);
	cr_expect(lt(sz, 0, get_breaches()));
	cr_expect(eq(int, is_written(FLASH + 2048, 0), 1));
	/* The second group erased what the first had written there. */
	cr_expect(eq(int, is_written(FLASH + 4096, 8), 0));

	/* A hole of whole sectors keeps to the rule. */
	plug("pico");
	send_range(RP2040, FLASH, 0, 16, SMALL);
	for (uint32_t i = 16; i < SMALL; i++)
		cr_assert(eq(int, send_block(RP2040, FLASH + 0x4000 + i * 256, i, SMALL), 0));
	cr_expect(eq(sz, get_breaches(), 0));
	cr_expect(eq(int, is_written(FLASH + 0x5000, 16), 1));

	/* So does any order. */
	plug("pico");
	for (uint32_t i = SMALL; i-- > 0;)
		cr_assert(eq(int, send_block(RP2040, FLASH + i * 256, i, SMALL), 0));
	cr_expect(eq(sz, get_breaches(), 0));
	for (uint32_t i = 0; i < SMALL; i++)
		cr_expect(eq(int, is_written(FLASH + i * 256, i), 1));
}

Test(sim_uf2, rp2040_starts_from_ram)
{
	plug("pico");
	send_range(RP2040, RAM, 0, SMALL, SMALL);
	cr_expect_str_eq(get_mode_after(2000), "application");
	cr_expect(eq(sz, get_breaches(), 0));
}

Test(sim_uf2, a_file_that_is_not_whole_changes_nothing_else)
{
	plug("pico");
	send_range(RP2040, FLASH + 0x10000, 0, SMALL - 1, SMALL);
	cr_expect_str_eq(get_mode_after(5000), "bootloader");
	dfut_sim_device_unplug(host->device);
	dfut_sim_device_replug(host->device);
	cr_expect_str_eq(get_mode_after(1000), "application");
}

/* PICOBOOT beside it. */

static int picoboot(uint8_t id, const void *args, uint8_t args_length)
{
	uint8_t frame[32] = { 0x0b, 0xd1, 0x1f, 0x43, [8] = id, [9] = args_length };
	int result;

	memcpy(&frame[16], args, args_length);
	result = bulk_out(host, 0x03, frame, sizeof(frame), 1000);
	return result < 0 ? result : bulk_in(host, 0x84, 1, 1000);
}

static void have_both(const char *spec)
{
	plug(spec);
	cr_assert(eq(int, host_open(host, 1), 0));
}

Test(sim_uf2, is_dropped_while_picoboot_is_exclusive)
{
	static const char *const specs[] = { "pico", "pico:chip=rp2350" };
	static const uint32_t families[] = { RP2040, ARM };
	static const uint8_t ready[10] = { 0x00 };
	uint8_t data[1];

	for (size_t i = 0; i < DFUT_COUNT(specs); i++) {
		have_both(specs[i]);
		send_range(families[i], FLASH, 0, 16, SMALL);
		cr_assert(eq(int, picoboot(1, "\1", 1), 0));
		send_range(families[i], FLASH, 16, 17, SMALL);
		cr_expect(eq(int, is_written(FLASH + 16 * 256, 16), 0));
		cr_expect(eq(sz, get_breaches(), 1));
		cr_assert(eq(int, picoboot(1, "\2", 1), 0));
		cr_assert(eq(int, drive_read(&drive, ready, data, 0), 1));
		cr_assert(eq(int, picoboot(1, "\0", 1), 0));
		cr_assert(eq(int, drive_read(&drive, ready, data, 0), 0));
		send_range(families[i], FLASH, 16, SMALL, SMALL);
		host_wait_ms(host, 2000);
		cr_expect(eq(int, send_block(NRF52840, 0, 0, 1), 0));
	}
}

Test(sim_uf2, is_not_mixed_with_picoboot)
{
	uint8_t args[8] = { 0, 0, 0, 0x10, 0, 0x10, 0, 0 };
	uint8_t frame[32] = { 0x0b, 0xd1, 0x1f, 0x43, [8] = 5, [9] = 8, [13] = 1, [19] = 0x10, [21] = 1 };
	uint8_t page[256] = { 0 };

	have_both("pico:chip=rp2350");
	send_range(ARM, FLASH, 0, 1, SMALL);
	cr_assert(eq(int, picoboot(3, args, 8), DFUT_ERROR_DEVICE));
	cr_assert(eq(int, host_in(host, 0xc1, 0x42, 0, 1, 16), 16));
	cr_expect(eq(u8, host->request.buffer[4], 6));

	/* The RP2040 finds out late: only the data's endpoint is halted. */
	have_both("pico");
	send_range(RP2040, FLASH, 0, 1, SMALL);
	cr_assert(eq(int, picoboot(3, args, 8), 0));
	cr_assert(eq(int, bulk_out(host, 0x03, frame, sizeof(frame), 100), 32));
	cr_assert(eq(int, bulk_out(host, 0x03, page, sizeof(page), 100), DFUT_ERROR_DEVICE));
	cr_assert(eq(int, host_in(host, 0x82, 0, 0, 0x84, 2), 2));
	cr_expect(eq(u8, host->request.buffer[0], 0));
	cr_assert(eq(int, host_in(host, 0x82, 0, 0, 0x03, 2), 2));
	cr_expect(eq(u8, host->request.buffer[0], 1));
}

/* RP2350. */

Test(sim_uf2, updates_an_rp2350)
{
	static uint8_t image[16384];
	uint8_t data[BLOCK];
	uint8_t filling[256];

	plug("pico:chip=rp2350,flash-size=4M");
	make_program(image, sizeof(image), true);
	/* What is in front for the sake of erratum E10 */
	memset(filling, 0xef, sizeof(filling));
	drive_put_block(data, ABSOLUTE, 0x10ffff00, 0, 2, filling);
	data[9] = 0xa0;
	memcpy(&data[32 + 256], "\x04\xe3\x57\x99", 4);
	cr_assert(eq(int, drive_write_blocks(&drive, SOMEWHERE - 1, 1, data), 0));
	send_program(image, sizeof(image), ARM, FLASH);
	cr_expect(eq(int, memcmp(get_flash(FLASH), image, sizeof(image)), 0));
	cr_expect_str_eq(get_mode_after(2000), "application");
	cr_expect(eq(sz, get_breaches(), 0));

	/* Where flash reaches there, it is written. */
	plug("pico:chip=rp2350,flash-size=16M");
	cr_assert(eq(int, drive_write_blocks(&drive, SOMEWHERE - 1, 1, data), 0));
	cr_expect(eq(u8, *get_flash(0x10ffff00), 0xef));
	send_program(image, sizeof(image), ARM, FLASH);
	cr_expect_str_eq(get_mode_after(2000), "application");
	cr_expect(eq(sz, get_breaches(), 0));
}

Test(sim_uf2, rp2350_goes_on_after_wrong_blocks)
{
	plug("pico:chip=rp2350");
	send_range(ARM, FLASH, 0, 16, SMALL);
	cr_assert(eq(int, send_block(ARM, FLASH + 0x800000, 3, SMALL), 0));
	cr_assert(eq(int, send_block(ARM, FLASH, SMALL, SMALL), 0));
	cr_expect(eq(sz, get_breaches(), 2));
	cr_assert(eq(int, send_block(RP2040, FLASH, 0, 7), 0));
	send_range(ARM, FLASH, 16, SMALL, SMALL);
	host_wait_ms(host, 1001);
	cr_expect(eq(int, send_block(NRF52840, 0, 0, 1), DFUT_ERROR_GONE));
	cr_expect(eq(sz, get_breaches(), 2));
}

Test(sim_uf2, rp2350_erases_by_address)
{
	plug("pico:chip=rp2350");
	send_range(ARM, FLASH + 2048, 0, SMALL, SMALL);
	cr_expect(eq(sz, get_breaches(), 0));
	for (uint32_t i = 0; i < SMALL; i++)
		cr_expect(eq(int, is_written(FLASH + 2048 + i * 256, i), 1));
}

Test(sim_uf2, rp2350_writes_into_partitions)
{
	static uint8_t image[16384];

	plug("pico:chip=rp2350,flash-size=1M,partitions=ab");
	make_program(image, sizeof(image), true);
	/* The slot that rests begins at sector 96. */
	send_program(image, sizeof(image), ARM, FLASH);
	cr_expect(eq(int, memcmp(get_flash(FLASH + 96 * 4096), image, sizeof(image)), 0));
	cr_expect_str_eq(get_mode_after(2000), "application");
	cr_expect(eq(sz, get_breaches(), 0));

	/* Data does not restart it. */
	plug("pico:chip=rp2350,flash-size=1M,partitions=ab");
	send_range(DATA, FLASH, 0, SMALL, SMALL);
	cr_expect(eq(int, is_written(FLASH + 192 * 4096, 0), 1));
	host_wait_ms(host, 2000);
	cr_expect(eq(int, send_block(NRF52840, 0, 0, 1), 0));
	/* Beyond the end of the partition */
	cr_assert(eq(int, send_block(DATA, FLASH + 64 * 4096, 0, 1), 0));
	cr_expect(eq(sz, get_breaches(), 1));
}
