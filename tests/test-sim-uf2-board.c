/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The virtual boards whose bootloader is a drive for UF2 files: what each makes of blocks, and when it restarts. */

#include <stdio.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "drive-host.h"

#define ESP32_S2 0xbfdd4eeeu
#define SAMD51 0x55114460u
#define SAMD21 0x68ed2b88u
#define NRF52840 0xada52840u
#define NRF52_BOOT 0xd663823cu
#define SOMEWHERE 5000
#define MANY 32u

static struct host *host;
static struct drive drive;

static void stop(void)
{
	host_free(host);
	host = NULL;
}

TestSuite(sim_uf2_board, .fini = stop, .timeout = 120);

static const struct flavour {
	const char *name;
	uint16_t application;
	uint16_t bootloader;
	uint8_t interface;
	uint32_t family;
	uint32_t start;
	const char *info;
} flavours[] = {
	{ "tinyuf2", 0x80df, 0x00df, 0, ESP32_S2, 0, "TinyUF2 Bootloader " },
	{ "samdx1", 0x8022, 0x0022, 2, SAMD51, 0x4000, "UF2 Bootloader v" },
	{ "samd21", 0x801b, 0x001b, 2, SAMD21, 0x2000, "UF2 Bootloader v" },
	{ "nrf52", 0x8029, 0x0029, 2, NRF52840, 0x26000, "UF2 Bootloader " },
};

static const struct flavour *flavour;

static void assert_ids(uint16_t product_id)
{
	const struct host_device *device = host_get(host);

	cr_assert(ne(ptr, (void *)device, NULL));
	cr_assert(eq(u16, dfut_le16(&device->descriptors[8]), 0x239a));
	cr_assert(eq(u16, dfut_le16(&device->descriptors[10]), product_id));
}

static void touch(void)
{
	uint8_t coding[7] = { 0xb0, 0x04, 0, 0, 0, 0, 8 };

	cr_assert(eq(int, host_open(host, 0), 0));
	cr_assert(eq(int, host_out(host, 0x21, 0x22, 3, 0, NULL, 0), 0));
	cr_assert(eq(int, host_out(host, 0x21, 0x20, 0, 0, coding, 7), 7));
	cr_assert(eq(int, host_out(host, 0x21, 0x22, 0, 0, NULL, 0), 0));
	host_wait_ms(host, 1000);
}

static void open_drive(void)
{
	host_disconnect(host);
	cr_assert(eq(int, host_open(host, flavour->interface), 0));
	drive = (struct drive){ .host = host, .interface = flavour->interface, .out = 0x03, .in = 0x83 };
}

static void plug(size_t index, const char *options)
{
	char spec[128];

	flavour = &flavours[index];
	snprintf(spec, sizeof(spec), "uf2-board:flavour=%s%s", flavour->name, options);
	host_free(host);
	host = host_new_or_fail(spec);
	assert_ids(flavour->application);
	touch();
	assert_ids(flavour->bootloader);
	open_drive();
	dfut_sim_device_clear_record(host->device);
}

static size_t get_breaches(void)
{
	return dfut_sim_device_get_breach_count(host->device);
}

static const uint8_t *get_flash(uint32_t address)
{
	return dfut_sim_device_get_memory(host->device, "flash", NULL) + address;
}

static const char *get_mode_after(uint64_t ms)
{
	host_wait_ms(host, ms);
	return dfut_sim_device_get_mode_name(host->device);
}

/* The first block is the beginning of a program: vectors, or an ESP image's mark. */
static const uint8_t *make_payload(uint32_t number, uint8_t seed)
{
	static uint8_t payload[256];

	for (size_t i = 0; i < sizeof(payload); i++)
		payload[i] = (uint8_t)(i * 3 + number + seed);
	if (number == 0 && flavour->family == ESP32_S2) {
		payload[0] = 0xe9;
	} else if (number == 0) {
		dfut_put_le32(payload, 0x20010000);
		dfut_put_le32(&payload[4], flavour->start + 0x199);
	}
	return payload;
}

static int send_as(uint32_t family, uint32_t address, uint32_t number, uint32_t count, uint8_t seed)
{
	uint8_t data[BLOCK];

	drive_put_block(data, family, address, number, count, make_payload(number, seed));
	return drive_write_blocks(&drive, SOMEWHERE + number, 1, data);
}

static void send_range(uint32_t first, uint32_t end, uint32_t count, uint8_t seed)
{
	for (uint32_t number = first; number < end; number++)
		cr_assert(eq(int, send_as(flavour->family, flavour->start + number * 256, number, count, seed), 0));
}

static bool is_written(uint32_t number, uint8_t seed)
{
	return memcmp(get_flash(flavour->start + number * 256), make_payload(number, seed), 256) == 0;
}

static bool has_left(void)
{
	size_t count = 0;

	for (size_t i = 0; i < dfut_sim_device_get_record_count(host->device); i++)
		count += dfut_sim_device_get_record(host->device, i)->event == DFUT_SIM_EVENT_LEFT;
	return count > 0;
}

static const uint8_t *find_file(const char *name, uint32_t *size)
{
	static uint8_t data[BLOCK];
	uint8_t boot[BLOCK];
	uint32_t root_block;

	cr_assert(eq(int, drive_read_blocks(&drive, 0, 1, boot), 0));
	root_block = 1 + 2u * dfut_le16(&boot[22]);
	cr_assert(eq(int, drive_read_blocks(&drive, root_block, 1, data), 0));
	for (size_t i = 0; i < BLOCK; i += 32) {
		if (memcmp(&data[i], name, 11) != 0)
			continue;
		*size = dfut_le32(&data[i + 28]);
		cr_assert(eq(int,
			     drive_read_blocks(&drive, root_block + 4 + (dfut_le16(&data[i + 26]) - 2u) * boot[13], 1,
					       data),
			     0));
		return data;
	}
	*size = 0;
	return NULL;
}

Test(sim_uf2_board, has_files)
{
	for (size_t i = 0; i < DFUT_COUNT(flavours); i++) {
		const uint8_t *data;
		uint32_t size;

		plug(i, "");
		data = find_file("INFO_UF2TXT", &size);
		cr_assert(ne(ptr, (void *)data, NULL));
		cr_expect(eq(int, memcmp(data, flavour->info, strlen(flavour->info)), 0));
		cr_expect(ne(ptr, strstr((const char *)data, "\r\nBoard-ID: "), NULL));
		cr_expect(ne(ptr, (void *)find_file("INDEX   HTM", &size), NULL));
		data = find_file("CURRENT UF2", &size);
		cr_assert(ne(ptr, (void *)data, NULL));
		cr_expect(eq(u32, size, dfut_le32(&data[24]) * BLOCK));
		cr_expect(eq(u32, dfut_le32(data), 0x0a324655));
		cr_expect(eq(u32, dfut_le32(&data[28]), flavour->family));
		cr_expect(eq(int, memcmp(&data[32], get_flash(dfut_le32(&data[12])), 256), 0));
		cr_expect(eq(sz, get_breaches(), 0));
	}
}

Test(sim_uf2_board, is_updated)
{
	for (size_t i = 0; i < DFUT_COUNT(flavours); i++) {
		plug(i, "");
		send_range(0, MANY, MANY, 1);
		cr_expect_str_eq(get_mode_after(1000), "application");
		assert_ids(flavour->application);
		for (uint32_t number = 0; number < MANY; number++)
			cr_expect(eq(int, is_written(number, 1), 1), "%s: %u", flavour->name, number);
		cr_expect(eq(sz, get_breaches(), 0));
	}
}

Test(sim_uf2_board, starts_only_an_application)
{
	static const uint8_t nothing[256] = { 0 };

	for (size_t i = 0; i < DFUT_COUNT(flavours); i++) {
		uint8_t data[BLOCK];

		plug(i, "");
		drive_put_block(data, flavour->family, flavour->start, 0, 1, nothing);
		cr_assert(eq(int, drive_write_blocks(&drive, SOMEWHERE, 1, data), 0));
		cr_expect_str_eq(get_mode_after(1000), "bootloader");
		dfut_sim_device_unplug(host->device);
		dfut_sim_device_replug(host->device);
		cr_expect_str_eq(get_mode_after(1000), "bootloader");
		/* And is there for the next one. */
		open_drive();
		send_range(0, MANY, MANY, 2);
		cr_expect_str_eq(get_mode_after(1000), "application");
	}
}

Test(sim_uf2_board, starts_its_bootloader_by_two_taps)
{
	host = host_new_or_fail("uf2-board:flavour=nrf52");
	dfut_sim_device_press_reset(host->device);
	host_wait_ms(host, 350);
	dfut_sim_device_press_reset(host->device);
	cr_expect_str_eq(get_mode_after(1000), "bootloader");
}

Test(sim_uf2_board, ignores_other_families)
{
	for (size_t i = 0; i < DFUT_COUNT(flavours); i++) {
		bool needs_none = flavours[i].start == 0x4000 || flavours[i].start == 0x2000;

		plug(i, "");
		send_range(0, MANY - 1, MANY, 1);
		cr_assert(eq(int, send_as(0xe48bff56, 0, 99, 7, 0), 0));
		cr_expect(eq(sz, get_breaches(), 0));
		host_wait_ms(host, 1000);
		cr_expect(eq(int, has_left(), 0));
		/* uf2-samdx1 takes blocks without a family, too. */
		cr_assert(eq(int, send_as(0, flavour->start + (MANY - 1) * 256, MANY - 1, MANY, 1), 0));
		host_wait_ms(host, 1000);
		cr_expect(eq(int, has_left(), needs_none), "%s", flavour->name);
	}
}

Test(sim_uf2_board, never_ends_when_the_number_of_blocks_changes)
{
	for (size_t i = 0; i < DFUT_COUNT(flavours); i++) {
		plug(i, "");
		send_range(0, 8, MANY, 1);
		send_range(8, MANY, MANY + 1, 1);
		cr_assert(eq(int, send_as(flavour->family, flavour->start + MANY * 256, MANY, MANY + 1, 1), 0));
		cr_expect(eq(sz, get_breaches(), 1), "%s", flavour->name);
		host_wait_ms(host, 5000);
		cr_expect(eq(int, has_left(), 0));
		/* What was written is there, however. */
		dfut_sim_device_press_reset(host->device);
		cr_expect_str_eq(get_mode_after(1000), "application");
	}
}

Test(sim_uf2_board, counts_blocks_below_the_application)
{
	for (size_t i = 1; i < DFUT_COUNT(flavours); i++) {
		plug(i, "");
		cr_assert(eq(int, send_as(flavour->family, 0, 0, 2, 1), 0));
		cr_expect(eq(u8, *get_flash(0), 0xff));
		cr_assert(eq(int, send_as(flavour->family, flavour->start + 256, 1, 2, 1), 0));
		host_wait_ms(host, 1000);
		cr_expect(eq(int, has_left(), 1), "%s", flavour->name);
		cr_expect(eq(sz, get_breaches(), 0));
	}
}

Test(sim_uf2_board, does_not_write_above_the_application)
{
	static const uint32_t ends[] = { 0x160000, 0x80000, 0x40000, 0xad000 };

	for (size_t i = 0; i < DFUT_COUNT(flavours); i++) {
		plug(i, "");
		cr_assert(eq(int, send_as(flavour->family, ends[i], 0, 1, 1), 0));
		cr_expect(eq(sz, get_breaches(), 1));
		host_wait_ms(host, 1000);
		cr_expect(eq(int, has_left(), flavour->family != NRF52840), "%s", flavour->name);
	}
}

Test(sim_uf2_board, has_its_own_mind_about_payloads)
{
	for (size_t i = 0; i < DFUT_COUNT(flavours); i++) {
		uint8_t data[BLOCK];

		plug(i, "");
		drive_put_block(data, flavour->family, flavour->start + 4096, 0, 1, make_payload(3, 1));
		dfut_put_le32(&data[16], 128);
		cr_assert(eq(int, drive_write_blocks(&drive, SOMEWHERE, 1, data), 0));
		cr_expect(eq(sz, get_breaches(), flavour->family != ESP32_S2));
		cr_expect(eq(int, memcmp(get_flash(flavour->start + 4096), &data[32], 128) == 0,
			     flavour->family == ESP32_S2));
		host_wait_ms(host, 1000);
		cr_expect(eq(int, has_left(), flavour->family != NRF52840), "%s", flavour->name);
	}
}

Test(sim_uf2_board, replaces_its_loader_for_nobody)
{
	plug(3, "");
	cr_assert(eq(int, send_as(NRF52_BOOT, 0xf4000, 0, 8, 1), 0));
	cr_expect(eq(sz, get_breaches(), 1));
}

Test(sim_uf2_board, samdx1_restarts_at_a_number_of_zero)
{
	plug(1, "");
	cr_assert(eq(int, send_as(SAMD51, 0x8000, 0, 0, 1), 0));
	host_wait_ms(host, 200);
	cr_expect(eq(int, has_left(), 0));
	host_wait_ms(host, 500);
	cr_expect(eq(int, has_left(), 1));
}

Test(sim_uf2_board, samd51_erases_once_in_a_session)
{
	plug(1, "");
	send_range(0, 8, MANY, 1);
	cr_expect(eq(sz, get_breaches(), 0));
	send_range(0, 1, MANY, 0x55);
	cr_expect(eq(sz, get_breaches(), 1));
	cr_expect(eq(int, is_written(0, 0x55), 0));
	/* All others write over what is there. */
	plug(2, "");
	send_range(0, 8, MANY, 1);
	send_range(0, 1, MANY, 0x55);
	cr_expect(eq(sz, get_breaches(), 0));
	cr_expect(eq(int, is_written(0, 0x55), 1));
	cr_expect(eq(int, is_written(1, 1), 1));
}

/* The last command: its data goes out, and nobody asks for its status for a while. */
static void send_last(void)
{
	uint8_t data[BLOCK];
	uint8_t command[10];

	drive_put_block(data, flavour->family, flavour->start, 0, 1, make_payload(0, 1));
	drive_put_transfer(command, 0x2a, SOMEWHERE, 1);
	cr_assert(eq(int, drive_send_command(&drive, command, BLOCK, false), 31));
	cr_assert(eq(int, bulk_out(host, drive.out, data, BLOCK, 1000), BLOCK));
	host_wait_ms(host, 3000);
}

Test(sim_uf2_board, may_wait_for_the_last_status)
{
	for (size_t i = 0; i < DFUT_COUNT(flavours); i++) {
		bool waits = flavours[i].family == ESP32_S2 || flavours[i].family == NRF52840;

		plug(i, "");
		send_last();
		cr_expect(eq(int, has_left(), !waits), "%s", flavour->name);
		cr_expect(eq(int, drive_take_status(&drive), waits ? 0 : DFUT_ERROR_GONE));
		cr_expect_str_eq(get_mode_after(1000), "application");

		plug(i, ",last-status=no");
		cr_assert(eq(int, send_as(flavour->family, flavour->start, 0, 1, 1), DFUT_ERROR_GONE));
		cr_expect_str_eq(get_mode_after(1000), "application");
	}
}

Test(sim_uf2_board, takes_its_time)
{
	uint64_t begun_us;

	plug(3, "");
	begun_us = host_get_time_us(host);
	send_range(0, 16, MANY, 1);
	cr_expect(lt(u64, 85000 + 16 * 2600, host_get_time_us(host) - begun_us));
	plug(3, ",erase-us=0,program-us=0");
	begun_us = host_get_time_us(host);
	send_range(0, 16, MANY, 1);
	cr_expect(lt(u64, host_get_time_us(host) - begun_us, 85000));
}
