/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The virtual XMEGA and UC3, whose FLIP has units of memory; and the applications of parts with FLIP, which are triggered. */

#include <unistd.h>

#include "flip-host.h"

#define XMEGA "flip:part=atxmega64a3u"
#define UC3 "flip:part=at32uc3a0512"

TestSuite(sim_flip_units, .fini = stop, .timeout = 30);

static void select_unit(uint8_t unit)
{
	cr_assert(eq(int, COMMAND(6, 3, 0, unit), 4));
	assert_status(STATUS_OK, DFU_IDLE);
}

static void select_page(uint8_t page)
{
	cr_assert(eq(int, COMMAND(6, 3, 1, 0, page, 0), 6));
	assert_status(STATUS_OK, DFU_IDLE);
}

static void clear(void)
{
	cr_assert(eq(int, send_dfu(DFUT_SIM_DFU_CLRSTATUS), 0));
	assert_status(STATUS_OK, DFU_IDLE);
}

/* Waits as long as it says that it is being erased. */
static void erase_polled(void)
{
	uint8_t status = ERR_NOTDONE, state;

	cr_assert(eq(int, COMMAND(4, 0, 0xff, 0, 0, 0), 6));
	for (int i = 0; i < 300 && status == ERR_NOTDONE; i++) {
		get_status(&status, &state);
		host_wait_ms(host, 100);
	}
	cr_assert(eq(u8, status, STATUS_OK));
}

Test(sim_flip_units, tell_what_they_are)
{
	plug(XMEGA);
	select_unit(5);
	cr_assert(eq(int, read_range(0, 0, 4), 4));
	cr_assert(eq(int, memcmp(host->request.buffer, "\x1e\x96\x42", 3), 0));
	select_unit(4);
	cr_assert(eq(int, read_range(0, 0, 3), 3));
	assert_breaches(0);
	plug(XMEGA ",idle=app");
	assert_status(STATUS_OK, APP_IDLE);
	cr_assert(eq(int, COMMAND(6, 3, 0, 0), 4));
	assert_status(STATUS_OK, APP_IDLE);
}

Test(sim_flip_units, xmega_is_written_read_and_started)
{
	uint64_t start_us;

	plug(XMEGA);
	start_us = host_get_time_us(host);
	cr_assert(eq(int, COMMAND(4, 0, 0xff, 0, 0, 0), 6));
	cr_assert(ge(u64, host_get_time_us(host) - start_us, 2000000));
	assert_status(STATUS_OK, DFU_IDLE);
	assert_programs(0, 0, 0x400, 64);
	assert_programs(0, 0xff00, 0x100, 64);
	assert_programs(0, 0x425, 0x33, 64);
	cr_assert(holds("flash", 0, 0, 0x400));
	cr_assert(holds("flash", 0xff00, 0xff00, 0x100));
	cr_assert(holds("flash", 0x425, 0x425, 0x33));
	cr_assert(eq(int, read_range(0, 0x425, 0x33), 0x33));
	cr_assert(eq(int, memcmp(host->request.buffer, get_memory("flash") + 0x425, 0x33), 0));
	select_unit(1);
	start_us = host_get_time_us(host);
	assert_programs(0, 0x20, 0x100, 64);
	cr_assert(ge(u64, host_get_time_us(host) - start_us, 3072000));
	cr_assert(holds("eeprom", 0x20, 0x20, 0x100));
	leave();
	assert_mode("application");
	assert_breaches(0);
}

Test(sim_flip_units, say_what_is_wrong)
{
	plug(XMEGA);
	cr_assert(eq(int, COMMAND(6, 3, 0, 0x11), STALL));
	assert_status(ERR_ADDRESS, DFU_ERROR);
	clear();
	cr_assert(eq(int, COMMAND(6, 3, 1, 0, 1), STALL));
	assert_status(ERR_ADDRESS, DFU_ERROR);
	clear();
	select_unit(6);
	cr_assert(eq(int, read_range(0, 0, 1), STALL));
	assert_status(ERR_ADDRESS, DFU_ERROR);
	clear();
	cr_assert(eq(int, program(0, 0, 1, 64), STALL));
	assert_status(ERR_WRITE, DFU_ERROR);
	assert_breach("unit of security");
	clear();
	select_unit(0);
	cr_assert(eq(int, upload(1), STALL));
	assert_status(ERR_STALLEDPKT, DFU_ERROR);
	clear();
	cr_assert(eq(int, send_dfu(DFUT_SIM_DFU_ABORT), STALL));
	assert_status(ERR_STALLEDPKT, DFU_ERROR);
	clear();
	assert_breaches(0);
	cr_assert(eq(int, dnload(NULL, 0), STALL));
	assert_breach("not told to start");
	clear();
	cr_assert(eq(int, COMMAND(5, 0, 0), STALL));
	assert_breach("unknown");
}

/* Past the end of what is blank is the next page. */
Test(sim_flip_units, blank_check_may_change_the_page)
{
	plug("flip:part=at32uc3b0256,blank=yes");
	select_page(1);
	cr_assert(eq(int, COMMAND(3, 1, 0, 0, 0xff, 0xff), 6));
	assert_status(STATUS_OK, DFU_IDLE);
	assert_programs(0, 0, 0x200, 64);
	cr_assert(holds("flash", 0x20000, 0, 0x200));
	select_page(2);
	cr_assert(eq(int, COMMAND(3, 1, 0, 0, 0xff, 0xff), 6));
	assert_status(ERR_CHECK_ERASED, DFU_IDLE);
	cr_assert(eq(int, upload(2), 2));
	cr_assert(eq(int, memcmp(host->request.buffer, "\0\0", 2), 0));
	assert_breaches(0);
}

Test(sim_flip_units, uc3_is_written_above_its_bootloader)
{
	plug(UC3);
	erase_polled();
	select_unit(0);
	assert_programs(0, 0x2000, 0x400, 64);
	assert_programs(0, 0x2440, 0x100, 64);
	select_page(7);
	assert_programs(0, 0xfe00, 0x200, 64);
	cr_assert(holds("flash", 0x2000, 0x2000, 0x400));
	cr_assert(holds("flash", 0x2440, 0x2440, 0x100));
	cr_assert(holds("flash", 0x7fe00, 0xfe00, 0x200));
	assert_breaches(0);
	select_page(0);
	assert_programs(0, 0x1e00, 0x200, 64);
	assert_breach("where the bootloader is");
	cr_assert(not(holds("flash", 0x1e00, 0x1e00, 0x200)));
	/* What is not erased can only become less. */
	assert_programs(0, 0x2000, 0x200, 64);
	cr_assert(holds("flash", 0x2000, 0x2000, 0x200));
	leave();
	assert_mode("application");
}

/* Until it was told to start, whatever it holds. */
Test(sim_flip_units, uc3_comes_back_to_an_update)
{
	plug(UC3 ",application=via");
	assert_mode("application");
	dfut_sim_device_press_reset(host->device);
	host_wait_ms(host, 1000);
	open_again(0);
	select_unit(5);
	cr_assert(eq(u8, get_memory("isp-force")[0], 1));
	dfut_sim_device_unplug(host->device);
	dfut_sim_device_replug(host->device);
	assert_mode("bootloader");
	open_again(0);
	leave();
	assert_mode("application");
	cr_assert(eq(u8, get_memory("isp-force")[0], 0));
}

Test(sim_flip_units, security_closes_memories_until_erased)
{
	plug(UC3 ",secure=yes,erase-ms=100");
	select_unit(2);
	cr_assert(eq(int, read_range(0, 0, 1), 1));
	cr_assert(eq(u8, host->request.buffer[0], 1));
	select_unit(0);
	cr_assert(eq(int, read_range(0, 0x2000, 0x200), STALL));
	assert_status(ERR_WRITE, DFU_IDLE);
	cr_assert(eq(int, program(0, 0x2000, 0x200, 64), STALL));
	assert_status(ERR_WRITE, DFU_IDLE);
	erase_polled();
	assert_programs(0, 0x2000, 0x200, 64);
	cr_assert(eq(int, read_range(0, 0x2000, 0x200), 0x200));
	assert_breaches(0);
	host_reset(host);
	open_again(0);
	cr_assert(eq(int, read_range(0, 0x2000, 0x200), STALL));
}

Test(sim_flip_units, uc3_can_be_made_unusable)
{
	static const struct {
		uint8_t unit;
		const char *memory;
	} cases[] = { { 3, "fuses" }, { 6, "user" } };
	uint8_t message[128];

	plug(UC3);
	select_unit(2);
	make_message(message, 0, 0, 1, 64);
	message[64] = 1;
	cr_assert(eq(int, dnload(message, 65), 65));
	assert_breach("unit of security, fuses or user page");
	assert_status(STATUS_OK, DFU_IDLE);
	cr_assert(eq(u8, get_memory("security")[0], 1));
	for (size_t i = 0; i < DFUT_COUNT(cases); i++) {
		select_unit(cases[i].unit);
		cr_assert(lt(int, 0, program(0, 0, 1, 64)));
		assert_breach("unit of security, fuses or user page");
		assert_status(STATUS_OK, DFU_IDLE);
		cr_assert(eq(u8, get_memory(cases[i].memory)[0], 0), "%s", cases[i].memory);
	}
}

/* Applications. */

static int report(uint8_t command)
{
	const uint8_t data[32] = { command };

	return host_out(host, 0x21, 0x09, 0x0200, 1, data, sizeof(data));
}

static void assert_is(uint16_t vendor_id, uint16_t product_id)
{
	const struct host_device *device = host_get(host);

	cr_assert(ne(ptr, (void *)device, NULL));
	cr_assert(eq(u16, dfut_le16(&device->descriptors[8]), vendor_id));
	cr_assert(eq(u16, dfut_le16(&device->descriptors[10]), product_id));
}

Test(sim_flip_units, keyboards_are_triggered_and_come_back)
{
	static const struct {
		const char *spec;
		uint8_t command;
		uint16_t vendor, product, boot;
	} cases[] = {
		{ "flip:application=via,loader=qmk,control=take", 0x0b, 0xfeed, 0x6060, 0x2ff4 },
		{ "flip:application=system76,control=take", 0x06, 0x3384, 0x0001, 0x2ff4 },
		{ "flip:application=system76,part=at90usb646,control=take", 0x06, 0x3384, 0x0005, 0x2ff9 },
	};

	for (size_t i = 0; i < DFUT_COUNT(cases); i++) {
		plug(cases[i].spec);
		assert_mode("application");
		assert_is(cases[i].vendor, cases[i].product);
		open_again(1);
		cr_assert(eq(int, report(cases[i].command), 32));
		host_wait_ms(host, 2000);
		assert_mode("bootloader");
		assert_is(0x03eb, cases[i].boot);
		open_again(0);
		erase();
		leave();
		assert_mode("bootloader");
		open_again(0);
		erase();
		assert_programs(0, 0, 0x100, 32);
		leave();
		assert_mode("application");
		assert_is(cases[i].vendor, cases[i].product);
		assert_breaches(0);
	}
	plug("flip:application=system76,control=take,via=locked");
	open_again(1);
	cr_assert(eq(int, report(6), 32));
	host_wait_ms(host, 2000);
	assert_mode("application");
}

Test(sim_flip_units, memories_are_kept_in_a_file)
{
	char path[] = "/tmp/dfutrigger-test-XXXXXX";
	char spec[128];

	close(mkstemp(path));
	unlink(path);
	snprintf(spec, sizeof(spec), UC3 ",state=%s", path);
	plug(spec);
	set_memory("flash", 0x3000, "hello", 5);
	cr_assert(eq(int, dfut_sim_save(host->sim), 0));
	plug(spec);
	cr_assert(eq(int, memcmp(get_memory("flash") + 0x3000, "hello", 5), 0));
	assert_mode("bootloader");
	unlink(path);
}
