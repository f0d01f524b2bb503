/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The virtual VIA keyboard in LUFA's HID bootloader: pages, what it does not fetch, and how it ends. */

#include "sim-hid-host.h"

#define PAGE 128
#define FLASH_SIZE 0x8000

TestSuite(sim_lufa_hid, .fini = stop, .timeout = 20);

static void plug_bootloader(const char *options)
{
	uint8_t jump[32] = { 0x0b };
	char spec[128];

	snprintf(spec, sizeof(spec), "via-keyboard:control=take,bootloader=lufa-hid,%s", options);
	plug(spec, 1);
	cr_assert(eq(int, set_report(OUTPUT, 1, jump, sizeof(jump)), 32));
	assert_is("bootloader", 0x03eb, 0x2067);
	open_interface(0);
	dfut_sim_device_clear_record(host->device);
}

/* A page of one byte, but for the first. */
static int send_page(uint16_t address, uint8_t first, uint8_t byte, uint16_t page)
{
	uint8_t report[2 + 256] = { (uint8_t)address, (uint8_t)(address >> 8), first };

	memset(report + 3, byte, page - 1u);
	return set_report(OUTPUT, 0, report, (uint16_t)(2 + page));
}

static int start(void)
{
	return send_page(0xffff, 0, 0, PAGE);
}

Test(sim_lufa_hid, describes_itself)
{
	const uint8_t *data;

	plug_bootloader("");
	cr_assert(eq(u8, host_get(host)->descriptors[7], 8));
	assert_text(host_get(host)->strings[3], "");
	data = host->request.buffer;
	cr_assert(eq(int, host_in(host, 0x81, 6, 0x2200, 0, 64), 21));
	cr_assert(eq(int, memcmp(data, "\x06\xdc\xff\x09\xfb", 5), 0));
	cr_assert(eq(u16, dfut_le16(data + 16), 130));
}

Test(sim_lufa_hid, is_written_and_started)
{
	const uint8_t *flash;
	uint64_t before_us;

	plug_bootloader("");
	flash = get_flash(FLASH_SIZE);
	cr_assert(ne(u8, flash[PAGE], 0xff));
	before_us = host_get_time_us(host);
	cr_assert(eq(int, send_page(0, 0x0c, 0x94, PAGE), 130));
	cr_assert(ge(u64, host_get_time_us(host) - before_us, 9000));
	cr_assert(eq(int, send_page(0x6f80, 0x11, 0x22, PAGE), 130));
	cr_assert(eq(int, memcmp(flash, "\x0c\x94\x94", 3), 0));
	cr_assert(eq(u8, flash[0x6f80], 0x11));
	cr_assert(eq(u8, flash[0x6fff], 0x22));
	cr_assert(eq(int, start(), DFUT_ERROR_GONE));
	assert_is("application", 0xfeed, 0x6060);
	cr_assert(eq(sz, get_breaches(), 0));
}

/* The last page of each part, and the first that is the bootloader's. */
Test(sim_lufa_hid, has_the_sizes_of_its_part)
{
	static const struct {
		const char *part;
		size_t flash_size;
		uint32_t loader_start;
		uint16_t page;
		uint8_t shift;
	} parts[] = {
		{ "atmega16u2", 0x4000, 0x3000, 128, 0 },  { "atmega32u2", 0x8000, 0x7000, 128, 0 },
		{ "atmega16u4", 0x4000, 0x3000, 128, 0 },  { "atmega32u4", 0x8000, 0x7000, 128, 0 },
		{ "at90usb82", 0x2000, 0x1000, 128, 0 },   { "at90usb162", 0x4000, 0x3000, 128, 0 },
		{ "at90usb646", 0x10000, 0xe000, 256, 0 }, { "at90usb1286", 0x20000, 0x1e000, 256, 8 },
	};

	for (size_t i = 0; i < DFUT_COUNT(parts); i++) {
		char options[64];
		uint32_t last = parts[i].loader_start - parts[i].page;
		uint16_t page = parts[i].page;

		snprintf(options, sizeof(options), "part=%s", parts[i].part);
		plug_bootloader(options);
		cr_assert(eq(int, send_page((uint16_t)(last >> parts[i].shift), 7, 8, page), page + 2));
		cr_assert(eq(u8, get_flash(parts[i].flash_size)[last], 7), "%s", parts[i].part);
		cr_assert(eq(u8, get_flash(parts[i].flash_size)[last + page - 1u], 8));
		cr_assert(eq(sz, get_breaches(), 0));
		cr_assert(eq(int, send_page((uint16_t)(parts[i].loader_start >> parts[i].shift), 7, 8, page),
			     DFUT_ERROR_TIMEOUT));
		assert_breach("is in the bootloader");
		cr_assert(ne(u8, get_flash(parts[i].flash_size)[parts[i].loader_start], 7));
	}
}

Test(sim_lufa_hid, does_not_fetch_what_it_does_not_want)
{
	plug_bootloader("loader-size=2K");
	cr_assert(eq(int, send_page(0x7000, 1, 2, PAGE), 130));
	cr_assert(eq(sz, get_breaches(), 0));
	cr_assert(eq(int, send_page(0x0040, 1, 2, PAGE), DFUT_ERROR_TIMEOUT));
	assert_breach("page 0x40 is not aligned");
	cr_assert(eq(int, send_page(0x7800, 1, 2, PAGE), DFUT_ERROR_TIMEOUT));
	assert_breach("page 0x7800 is in the bootloader");
	cr_assert(eq(int, send_page(0, 1, 2, PAGE), 130));
	cr_assert(eq(sz, get_breaches(), 0));
}

Test(sim_lufa_hid, of_2017_turns_pages_round)
{
	plug_bootloader("alignment=unchecked");
	cr_assert(eq(int, send_page(0x0140, 1, 2, PAGE), 130));
	assert_breach("page 0x140 is not aligned");
	cr_assert(eq(u8, get_flash(FLASH_SIZE)[0x140], 1));
	cr_assert(eq(u8, get_flash(FLASH_SIZE)[0x100], 2));
	cr_assert(ne(u8, get_flash(FLASH_SIZE)[0x180], 2));
	cr_assert(eq(int, send_page(0x7000, 1, 2, PAGE), DFUT_ERROR_TIMEOUT));
}

Test(sim_lufa_hid, wants_whole_reports)
{
	plug_bootloader("");
	cr_assert(eq(int, set_report(OUTPUT, 0, "\xff\xff", 2), DFUT_ERROR_DEVICE));
	assert_breach("2 bytes instead of 130");
	cr_assert(eq(int, send_page(0, 1, 2, 256), DFUT_ERROR_DEVICE));
	assert_breach("258 bytes instead of 130");
	cr_assert(eq(int, get_report(INPUT, 0, 64), DFUT_ERROR_DEVICE));
	assert_breach("which interface 0 does not have");
	assert_is("bootloader", 0x03eb, 0x2067);
}

/* Nothing is started without a first page, neither by the report nor by power. */
Test(sim_lufa_hid, has_nothing_to_start)
{
	plug_bootloader("");
	cr_assert(eq(int, send_page(0, 0xff, 0xff, PAGE), 130));
	cr_assert(eq(int, start(), DFUT_ERROR_GONE));
	assert_is("bootloader", 0x03eb, 0x2067);
	cr_assert(eq(u64, host_get(host)->instance, 3));
	dfut_sim_device_unplug(host->device);
	dfut_sim_device_replug(host->device);
	assert_is("bootloader", 0x03eb, 0x2067);
	cr_assert(eq(sz, get_breaches(), 0));
}

Test(sim_lufa_hid, keeps_its_flash)
{
	char path[] = "/tmp/dfutrigger-test-XXXXXX";
	char options[64], spec[128];

	close(mkstemp(path));
	unlink(path);
	snprintf(options, sizeof(options), "state=%s", path);
	plug_bootloader(options);
	cr_assert(eq(int, send_page(0, 1, 2, PAGE), 130));
	cr_assert(eq(int, dfut_sim_save(host->sim), 0));
	snprintf(spec, sizeof(spec), "via-keyboard:bootloader=lufa-hid,%s", options);
	plug(spec, 0);
	assert_text(get_mode(), "bootloader");
	cr_assert(eq(u8, get_flash(FLASH_SIZE)[0], 1));
	unlink(path);
}
