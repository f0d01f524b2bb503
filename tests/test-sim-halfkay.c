/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The virtual Teensy in HalfKay: what it takes, what it holds then, and when it starts a program. */

#include "sim-hid-host.h"

#define HEADER 64
#define BLOCK 1024
#define CODE_SIZE 262144

TestSuite(sim_halfkay, .fini = stop, .timeout = 20);

static void plug_bootloader(const char *spec)
{
	plug(spec, 2);
	cr_assert(eq(int, set_report(FEATURE, 2, "\xa9\x45\xc2\x6b", 4), 4));
	assert_is("bootloader", 0x16c0, 0x0478);
	open_interface(0);
	dfut_sim_device_clear_record(host->device);
}

/* A block of one byte, with the header of Teensy 3 and 4. */
static int send_block(uint32_t address, uint8_t byte)
{
	uint8_t report[HEADER + BLOCK] = { (uint8_t)address, (uint8_t)(address >> 8), (uint8_t)(address >> 16) };

	memset(report + HEADER, byte, BLOCK);
	return set_report(OUTPUT, 0, report, sizeof(report));
}

static int boot(uint16_t length)
{
	uint8_t report[HEADER + BLOCK] = { 0xff, 0xff, 0xff };

	return set_report(OUTPUT, 0, report, length);
}

/* Sends it until it is taken; returns how long that took. */
static uint64_t send_until_taken(uint32_t address, uint8_t byte, int refusal)
{
	uint64_t before_us = host_get_time_us(host);
	int result;

	while ((result = send_block(address, byte)) == refusal)
		host_wait_ms(host, 10);
	cr_assert(eq(int, result, HEADER + BLOCK));
	return (host_get_time_us(host) - before_us) / 1000;
}

Test(sim_halfkay, is_written_and_started)
{
	const uint8_t *flash;

	plug_bootloader("teensy");
	flash = get_flash(CODE_SIZE);
	cr_assert(ne(u8, flash[0], 0xff));
	cr_assert(eq(int, send_block(0, 0x11), HEADER + BLOCK));
	cr_assert(ge(u64, send_until_taken(BLOCK, 0x22, DFUT_ERROR_DEVICE), 380));
	cr_assert(lt(u64, send_until_taken(CODE_SIZE - BLOCK, 0x33, DFUT_ERROR_DEVICE), 50));
	cr_assert(eq(u8, flash[BLOCK - 1], 0x11));
	cr_assert(eq(u8, flash[BLOCK], 0x22));
	cr_assert(eq(u8, flash[2 * BLOCK], 0xff));
	cr_assert(eq(u8, flash[CODE_SIZE - 1], 0x33));
	host_wait_ms(host, 10);
	cr_assert(eq(int, boot(HEADER + BLOCK), HEADER + BLOCK));
	assert_is("application", 0x16c0, 0x0482);
	cr_assert(eq(sz, get_breaches(), 0));
}

/* Usage, header and size of the blocks by board; a block behind the first 64 KiB shows how the address is sent. */
Test(sim_halfkay, has_the_sizes_of_its_board)
{
	static const struct {
		const char *board;
		uint8_t usage;
		size_t code_size;
		uint16_t block;
		uint16_t header;
		uint16_t release;
	} boards[] = {
		{ "2.0", 0x1b, 32256, 128, 2, 0x0100 },	    { "++1.0", 0x1a, 64512, 256, 2, 0x0100 },
		{ "++2.0", 0x1c, 130048, 256, 2, 0x0100 },  { "lc", 0x20, 63488, 512, 64, 0x0273 },
		{ "3.0", 0x1d, 131072, 1024, 64, 0x0274 },  { "3.1", 0x1e, 262144, 1024, 64, 0x0275 },
		{ "3.2", 0x21, 262144, 1024, 64, 0x0275 },  { "3.5", 0x1f, 524288, 1024, 64, 0x0276 },
		{ "3.6", 0x22, 1048576, 1024, 64, 0x0277 }, { "4.0", 0x24, 2031616, 1024, 64, 0x0279 },
		{ "4.1", 0x25, 8126464, 1024, 64, 0x0280 }, { "micromod", 0x26, 16515072, 1024, 64, 0x0281 },
	};

	for (size_t i = 0; i < DFUT_COUNT(boards); i++) {
		uint8_t report[HEADER + BLOCK] = { 0 };
		uint16_t size = (uint16_t)(boards[i].header + boards[i].block);
		uint32_t last = (uint32_t)boards[i].code_size - boards[i].block;
		char spec[64];

		snprintf(spec, sizeof(spec), "teensy:erase-ms=1,board=%s", boards[i].board);
		plug_bootloader(spec);
		cr_assert(eq(int, host_in(host, 0x81, 6, 0x2200, 0, 64), 22));
		cr_assert(eq(u8, host->request.buffer[4], boards[i].usage));
		cr_assert(eq(u16, dfut_le16(&host->request.buffer[15]), size));
		cr_assert(eq(int, set_report(OUTPUT, 0, report, size), size));
		host_wait_ms(host, 2);
		dfut_put_le16(report, (uint16_t)(strcmp(boards[i].board, "++2.0") == 0 ? last >> 8 : last));
		report[2] = boards[i].header == 2 ? 0x42 : (uint8_t)(last >> 16);
		report[boards[i].header] = 0x42;
		cr_assert(eq(int, set_report(OUTPUT, 0, report, size), size));
		cr_assert(eq(u8, get_flash(boards[i].code_size)[last], 0x42), "%s", boards[i].board);
		memset(report, 0, sizeof(report));
		memset(report, 0xff, 3);
		host_wait_ms(host, 10);
		cr_assert(eq(int, set_report(OUTPUT, 0, report, size), size));
		assert_is("application", 0x16c0, 0x0482);
		cr_assert(eq(u16, dfut_le16(&host_get(host)->descriptors[12]), boards[i].release));
		cr_assert(eq(sz, get_breaches(), 0));
	}
}

Test(sim_halfkay, is_busy_in_its_way)
{
	plug_bootloader("teensy:busy=timeout,erase-ms=12000,block-ms=100");
	cr_assert(eq(int, send_block(0, 0x11), HEADER + BLOCK));
	cr_assert(eq(int, boot(HEADER + BLOCK), DFUT_ERROR_TIMEOUT));
	host_wait_ms(host, 12000);
	cr_assert(eq(int, send_block(BLOCK, 0x22), HEADER + BLOCK));
	cr_assert(eq(int, send_block(2 * BLOCK, 0x22), DFUT_ERROR_TIMEOUT));
	cr_assert(eq(sz, get_breaches(), 0));
	plug_bootloader("teensy:usage=0099");
	cr_assert(eq(int, host_in(host, 0x81, 6, 0x2200, 0, 64), 22));
	cr_assert(eq(u8, host->request.buffer[4], 0x99));
}

/* A block that was taken, but not answered, comes twice. */
Test(sim_halfkay, takes_a_block_again)
{
	plug_bootloader("teensy:erase-ms=1");
	cr_assert(eq(int, send_block(0, 0x11), HEADER + BLOCK));
	host_wait_ms(host, 10);
	cr_assert(eq(int, send_block(BLOCK, 0x22), HEADER + BLOCK));
	host_wait_ms(host, 10);
	cr_assert(eq(int, send_block(BLOCK, 0x22), HEADER + BLOCK));
	cr_assert(eq(u8, get_flash(CODE_SIZE)[BLOCK], 0x22));
	cr_assert(eq(sz, get_breaches(), 0));
}

Test(sim_halfkay, has_nothing_to_start)
{
	plug_bootloader("teensy:erase-ms=1");
	cr_assert(eq(int, send_block(0, 0xff), HEADER + BLOCK));
	host_wait_ms(host, 10);
	cr_assert(eq(int, send_block(BLOCK, 0x22), HEADER + BLOCK));
	host_wait_ms(host, 10);
	cr_assert(eq(int, boot(HEADER + BLOCK), HEADER + BLOCK));
	assert_is("bootloader", 0x16c0, 0x0478);
	cr_assert(eq(u64, host_get(host)->instance, 3));
	dfut_sim_device_unplug(host->device);
	dfut_sim_device_replug(host->device);
	assert_is("bootloader", 0x16c0, 0x0478);
	cr_assert(eq(sz, get_breaches(), 0));
}

Test(sim_halfkay, starts_what_is_there)
{
	plug_bootloader("teensy:boot=gone");
	cr_assert(eq(int, boot(HEADER + BLOCK), DFUT_ERROR_GONE));
	assert_is("application", 0x16c0, 0x0482);
	cr_assert(eq(sz, get_breaches(), 0));
}

/* tytools sends the time along. */
Test(sim_halfkay, takes_the_time)
{
	uint8_t report[HEADER + BLOCK] = { 0xff, 0xff, 0xff };

	plug_bootloader("teensy");
	memcpy(report + HEADER, "\xb7\x31\xc2\x89\1\2\3\4\5\6\7\10", 12);
	cr_assert(eq(int, set_report(OUTPUT, 0, report, sizeof(report)), HEADER + BLOCK));
	assert_is("application", 0x16c0, 0x0482);
	cr_assert(eq(sz, get_breaches(), 0));
}

Test(sim_halfkay, notes_what_is_not_its_language)
{
	uint8_t report[HEADER + BLOCK] = { 0, 0, 0, 1 };

	plug_bootloader("teensy:erase-ms=1");
	cr_assert(eq(int, set_report(OUTPUT, 0, report, 2 + BLOCK), DFUT_ERROR_DEVICE));
	assert_breach("1026 bytes instead of 1088");
	cr_assert(eq(int, boot(3), DFUT_ERROR_DEVICE));
	assert_breach("3 bytes instead of 1088");
	cr_assert(eq(int, get_report(FEATURE, 0, 64), DFUT_ERROR_DEVICE));
	assert_breach("which interface 0 does not have");
	cr_assert(eq(int, set_report(OUTPUT, 0, report, sizeof(report)), HEADER + BLOCK));
	assert_breach("not filled with zeros");
	host_wait_ms(host, 10);
	send_block(100, 0);
	assert_breach("block 0x64 is not aligned");
	send_block(CODE_SIZE, 0);
	assert_breach("block 0x40000 is behind the flash");
	send_block(4 * BLOCK, 0);
	host_wait_ms(host, 10);
	send_block(BLOCK, 0);
	assert_breach("comes after a later one");
	plug_bootloader("teensy:erase-ms=1");
	send_block(BLOCK, 0);
	assert_breach("comes first");
	host_wait_ms(host, 10);
	memset(report, 0xff, sizeof(report));
	set_report(OUTPUT, 0, report, sizeof(report));
	assert_breach("has 0xff at 3");
	assert_is("bootloader", 0x16c0, 0x0478);
}

Test(sim_halfkay, keeps_its_flash)
{
	char path[] = "/tmp/dfutrigger-test-XXXXXX";
	char spec[128];

	close(mkstemp(path));
	unlink(path);
	snprintf(spec, sizeof(spec), "teensy:erase-ms=1,state=%s", path);
	plug_bootloader(spec);
	cr_assert(eq(int, send_block(0, 0x11), HEADER + BLOCK));
	cr_assert(eq(int, dfut_sim_save(host->sim), 0));
	plug(spec, 0);
	assert_text(get_mode(), "bootloader");
	cr_assert(eq(u8, get_flash(CODE_SIZE)[0], 0x11));
	unlink(path);
}
