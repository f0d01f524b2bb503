/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The virtual AVRs whose bootloader speaks FLIP: Atmel's, LUFA's and QMK's, and what a host must not do. */

#include <unistd.h>

#include "flip-host.h"

#define LUFA "flip:loader=lufa"

TestSuite(sim_flip, .fini = stop, .timeout = 30);

/* What they are. */

Test(sim_flip, parts_have_their_ids_and_faces)
{
	static const struct {
		const char *spec;
		uint16_t product;
		uint32_t size;
		uint8_t packet;
		uint8_t device_class;
		uint8_t interface_class;
		size_t descriptors_size;
	} cases[] = {
		{ "flip:part=at90usb82", 0x2ff7, 0x2000, 32, 0xfe, 0, 36 },
		{ "flip:part=at90usb162", 0x2ffa, 0x4000, 32, 0xfe, 0, 36 },
		{ "flip:part=atmega8u2", 0x2fee, 0x2000, 32, 0xfe, 0, 36 },
		{ "flip:part=atmega16u2", 0x2fef, 0x4000, 32, 0xfe, 0, 36 },
		{ "flip:part=atmega32u2", 0x2ff0, 0x8000, 32, 0xfe, 0, 36 },
		{ "flip:part=atmega16u4", 0x2ff3, 0x4000, 32, 0xfe, 0, 36 },
		{ "flip", 0x2ff4, 0x8000, 32, 0xfe, 0, 36 },
		{ "flip:part=at90usb646", 0x2ff9, 0x10000, 32, 0xfe, 0, 36 },
		{ "flip:part=at90usb1286", 0x2ffb, 0x20000, 32, 0xfe, 0, 36 },
		{ LUFA, 0x2ff4, 0x8000, 32, 0, 0xfe, 45 },
		{ "flip:loader=qmk", 0x2ff4, 0x8000, 32, 0, 0xfe, 45 },
		{ "flip:functional=zeros", 0x2ff4, 0x8000, 32, 0xfe, 0, 45 },
		{ "flip:loader=lufa,functional=missing", 0x2ff4, 0x8000, 32, 0, 0xfe, 36 },
		{ "flip:part=atxmega64a3u", 0x2fe5, 0x10000, 64, 0, 0xff, 36 },
		{ "flip:part=atxmega128a3u", 0x2fe6, 0x20000, 64, 0, 0xff, 36 },
		{ "flip:part=at32uc3a0512", 0x2ff8, 0x80000, 64, 0, 0xfe, 36 },
		{ "flip:part=at32uc3b0256", 0x2ff6, 0x40000, 64, 0, 0xfe, 36 },
	};

	for (size_t i = 0; i < DFUT_COUNT(cases); i++) {
		const struct host_device *device;
		size_t size;

		plug(cases[i].spec);
		device = host_get(host);
		dfut_sim_device_get_memory(host->device, "flash", &size);
		cr_expect(eq(sz, size, cases[i].size));
		cr_expect(eq(u16, dfut_le16(&device->descriptors[8]), 0x03eb));
		cr_expect(eq(u16, dfut_le16(&device->descriptors[10]), cases[i].product));
		cr_expect(eq(u8, device->descriptors[4], cases[i].device_class));
		cr_expect(eq(u8, device->descriptors[7], cases[i].packet));
		cr_expect(eq(u8, device->descriptors[18 + 9 + 5], cases[i].interface_class));
		cr_expect(eq(sz, device->descriptors_size, cases[i].descriptors_size), "%s", cases[i].spec);
		assert_mode("bootloader");
	}
	plug(LUFA);
	cr_assert(eq(u8, host_get(host)->descriptors[18 + 18 + 2], 3));
	cr_assert(eq(u16, dfut_le16(&host_get(host)->descriptors[18 + 18 + 5]), 0x0c00));
	assert_text(host_get(host)->strings[2], "LUFA DFU");
	cr_assert(eq(u8, host_get(host)->descriptors[16], 0));
}

/* Atmel's of an AVR. */

Test(sim_flip, avr_tells_its_ids_and_is_closed_until_erased)
{
	plug("flip");
	cr_assert(eq(u8, read_id(1, 0x30), 0x58));
	cr_assert(eq(u8, read_id(1, 0x31), 0x1e));
	cr_assert(eq(u8, read_id(1, 0x60), 0x95));
	cr_assert(eq(u8, read_id(1, 0x61), 0x87));
	cr_assert(eq(int, COMMAND(3, 0, 0, 0, 0, 0xff), 6));
	assert_status(STATUS_OK, DFU_IDLE);
	cr_assert(eq(int, upload(256), STALL));
	assert_status(ERR_WRITE, DFU_ERROR);
	cr_assert(eq(int, send_dfu(DFUT_SIM_DFU_CLRSTATUS), 0));
	cr_assert(eq(int, COMMAND(3, 1, 0, 0, 0x6f, 0xff), STALL));
	cr_assert(eq(int, send_dfu(DFUT_SIM_DFU_CLRSTATUS), 0));
	cr_assert(eq(int, program(0, 0, 128, 32), STALL));
	assert_status(ERR_WRITE, DFU_ERROR);
	cr_assert(eq(int, send_dfu(DFUT_SIM_DFU_ABORT), 0));
	cr_assert(eq(u8, get_memory("flash")[0], 0x0c));
	erase();
	cr_assert(eq(u8, get_memory("flash")[0], 0xff));
	cr_assert(eq(int, read_range(0, 0, 256), 256));
	cr_assert(eq(u8, read_id(1, 0x31), 0xff));
	assert_breaches(0);
	plug("flip:ids=kept");
	erase();
	cr_assert(eq(u8, read_id(1, 0x31), 0x1e));
	cr_assert(eq(int, COMMAND(5, 1, 0x32), 3));
	cr_assert(eq(int, upload(1), STALL));
	assert_status(ERR_STALLEDPKT, DFU_ERROR);
}

Test(sim_flip, avr_is_written_read_and_started)
{
	plug("flip");
	erase();
	assert_programs(0, 0, 0x400, 32);
	assert_programs(0, 0x400, 0x80, 32);
	assert_programs(0, 0x6f80, 0x80, 32);
	assert_programs(1, 0x20, 0x40, 32);
	cr_assert(holds("flash", 0, 0, 0x480));
	cr_assert(holds("flash", 0x6f80, 0x6f80, 0x80));
	cr_assert(holds("eeprom", 0x20, 0x20, 0x40));
	cr_assert(eq(int, read_range(0, 0x400, 0x80), 0x80));
	cr_assert(eq(int, memcmp(host->request.buffer, get_memory("flash") + 0x400, 0x80), 0));
	cr_assert(eq(int, read_range(2, 0x20, 0x40), 0x40));
	cr_assert(eq(int, memcmp(host->request.buffer, get_memory("eeprom") + 0x20, 0x40), 0));
	leave();
	assert_breaches(0);
	assert_mode("application");
	cr_assert(not(dfut_sim_device_is_present(host->device)));
	dfut_sim_device_press_reset(host->device);
	host_wait_ms(host, 1000);
	assert_mode("bootloader");
}

/* Nothing is there that could start. */
Test(sim_flip, avr_comes_back_where_it_is_empty)
{
	plug("flip");
	erase();
	assert_programs(0, 0x100, 0x80, 32);
	leave();
	assert_mode("bootloader");
	cr_assert(eq(u64, host_get(host)->instance, 2));
	open_again(0);
	cr_assert(eq(int, program(0, 0, 128, 32), STALL));
	plug("flip:application=via,blank=yes");
	assert_mode("bootloader");
}

Test(sim_flip, avr_checks_whether_it_is_blank)
{
	plug("flip:blank=yes");
	erase();
	cr_assert(eq(int, COMMAND(3, 1, 0, 0, 0x6f, 0xff), 6));
	assert_status(STATUS_OK, DFU_IDLE);
	set_memory("flash", 0x1234, "", 1);
	cr_assert(eq(int, COMMAND(3, 1, 0, 0, 0x6f, 0xff), 6));
	assert_status(ERR_CHECK_ERASED, DFU_IDLE);
	cr_assert(eq(int, upload(2), 2));
	cr_assert(eq(int, memcmp(host->request.buffer, "\x12\x34", 2), 0));
	cr_assert(eq(int, COMMAND(3, 1, 0x12, 0x35, 0x6f, 0xff), 6));
	assert_status(STATUS_OK, DFU_IDLE);
	assert_breaches(0);
}

Test(sim_flip, avr_of_more_than_64_kib_has_pages_of_them)
{
	plug("flip:part=at90usb1286");
	erase();
	cr_assert(eq(int, COMMAND(6, 3, 0, 1), 4));
	assert_programs(0, 0x100, 0x100, 32);
	cr_assert(eq(int, COMMAND(6, 0, 0), 3));
	assert_programs(0, 0x200, 0x100, 32);
	cr_assert(holds("flash", 0x10100, 0x100, 0x100));
	cr_assert(holds("flash", 0x200, 0x200, 0x100));
	assert_breaches(0);
	cr_assert(eq(int, COMMAND(6, 3, 0, 1), 4));
	cr_assert(eq(int, program(0, 0xe000, 0x100, 32), STALL));
	assert_status(ERR_ADDRESS, DFU_ERROR);
	assert_breach("where the bootloader is");
}

Test(sim_flip, avr_takes_its_time)
{
	uint64_t start_us;

	plug("flip");
	start_us = host_get_time_us(host);
	cr_assert(eq(int, COMMAND(4, 0, 0xff), 3));
	cr_assert(lt(u64, host_get_time_us(host) - start_us, 10000));
	assert_status(STATUS_OK, DFU_IDLE);
	cr_assert(ge(u64, host_get_time_us(host) - start_us, 1008000));
	start_us = host_get_time_us(host);
	assert_programs(0, 0, 0x400, 32);
	cr_assert(ge(u64, host_get_time_us(host) - start_us, 72000));
	plug("flip:erase=poll,erase-ms=5000");
	cr_assert(eq(int, COMMAND(4, 0, 0xff), 3));
	assert_status(ERR_NOTDONE, DFU_DNBUSY);
	host_wait_ms(host, 4900);
	assert_status(ERR_NOTDONE, DFU_DNBUSY);
	cr_assert(eq(int, COMMAND(5, 0, 0), STALL));
	assert_breach("while it is being erased");
	host_wait_ms(host, 200);
	cr_assert(eq(int, send_dfu(DFUT_SIM_DFU_CLRSTATUS), 0));
	assert_status(STATUS_OK, DFU_IDLE);
	plug("flip:erase=command,erase-ms=3000");
	start_us = host_get_time_us(host);
	cr_assert(eq(int, COMMAND(4, 0, 0xff), 3));
	cr_assert(ge(u64, host_get_time_us(host) - start_us, 3000000));
}

Test(sim_flip, notes_what_no_host_may_do)
{
	static uint8_t message[4096];

	plug("flip:secure=no");
	cr_assert(eq(int, COMMAND(4, 0, 0xff), 3));
	COMMAND(5, 0, 0);
	assert_breach("no GETSTATUS came");
	COMMAND(4, 1, 1, 0xff);
	assert_breach("8051");
	COMMAND(4, 0, 0x20);
	assert_breach("erases a block");
	send_dfu(DFUT_SIM_DFU_DETACH);
	assert_breach("DETACH");
	COMMAND(0x0c, 0x94, 0x34, 0x00);
	assert_breach("error was not cleared");
	send_dfu(DFUT_SIM_DFU_CLRSTATUS);
	COMMAND(0x0c, 0x94, 0x34, 0x00);
	assert_breach("unknown");
	send_dfu(DFUT_SIM_DFU_CLRSTATUS);
	cr_assert(eq(int, program(0, 0, 0x480, 32), STALL));
	assert_breach("more than 0x400");
	send_dfu(DFUT_SIM_DFU_CLRSTATUS);
	make_message(message, 0, 0, 128, 32);
	cr_assert(eq(int, dnload(message, 32 + 128), STALL));
	assert_breach("shorter than header");
	send_dfu(DFUT_SIM_DFU_CLRSTATUS);
	cr_assert(eq(int, COMMAND(3, 0, 0x70, 0, 0x70, 0xff), STALL));
	assert_status(ERR_ADDRESS, DFU_ERROR);
	send_dfu(DFUT_SIM_DFU_CLRSTATUS);
	cr_assert(eq(int, COMMAND(3, 0, 0, 10, 0, 9), STALL));
	assert_breach("in front of");
	send_dfu(DFUT_SIM_DFU_CLRSTATUS);
	cr_assert(eq(int, COMMAND(3, 0, 0, 0, 0, 0x7f), 6));
	cr_assert(eq(int, upload(64), 64));
	assert_breach("were asked for");
}

/* LUFA's and QMK's. */

Test(sim_flip, lufa_is_written_read_and_started)
{
	plug(LUFA);
	cr_assert(eq(u8, read_id(0, 0), 0x20));
	cr_assert(eq(u8, read_id(0, 1), 0xdc));
	cr_assert(eq(u8, read_id(0, 2), 0xfb));
	cr_assert(eq(u8, read_id(1, 0x61), 0x87));
	cr_assert(eq(int, read_range(0, 0, 256), 256));
	erase();
	cr_assert(eq(u8, read_id(1, 0x30), 0x58));
	assert_programs(0, 0, 0x400, 32);
	assert_status(STATUS_OK, DFU_DNLOAD_IDLE);
	assert_programs(0, 0x400, 0x180, 32);
	assert_programs(1, 0x20, 0x33, 32);
	cr_assert(holds("flash", 0, 0, 0x580));
	cr_assert(holds("eeprom", 0x20, 0x20, 0x33));
	cr_assert(eq(int, read_range(0, 0, 0x400), 0x400));
	assert_status(STATUS_OK, DFU_IDLE);
	cr_assert(eq(int, read_range(2, 0x20, 0x33), 0x33));
	cr_assert(eq(int, memcmp(host->request.buffer, get_memory("eeprom") + 0x20, 0x33), 0));
	cr_assert(eq(int, COMMAND(4, 3, 0), 3));
	host_wait_ms(host, 240);
	cr_assert(dfut_sim_device_is_present(host->device));
	host_wait_ms(host, 20);
	assert_mode("application");
	assert_breaches(0);
}

/* A start that is not a multiple of 32 loses a byte; one within a page empties the rest of it. */
Test(sim_flip, lufa_loses_a_byte_of_the_filler)
{
	plug(LUFA);
	erase();
	cr_assert(lt(int, 0, program(1, 0x24, 0x20, 32)));
	assert_breach("multiple of 32");
	assert_status(STATUS_OK, DFU_DNLOAD_IDLE);
	cr_assert(eq(u8, get_memory("eeprom")[0x24], 0));
	cr_assert(holds("eeprom", 0x25, 0x24, 0x1f));
	assert_programs(0, 0, 0x80, 32);
	cr_assert(lt(int, 0, program(0, 0x40, 0x40, 32)));
	assert_breach("inside a page");
	cr_assert(eq(u8, get_memory("flash")[0], 0xff));
	cr_assert(holds("flash", 0x40, 0x40, 0x40));
	assert_status(STATUS_OK, DFU_DNLOAD_IDLE);
	cr_assert(lt(int, 0, program(0, 0x100, 0x7f, 32)));
	assert_breach("odd");
	cr_assert(holds("flash", 0x100, 0x100, 0x7e));
	cr_assert(eq(u8, get_memory("flash")[0x17e], 0xff));
}

Test(sim_flip, lufa_leaves_an_error_by_abort_alone)
{
	plug(LUFA);
	cr_assert(eq(int, COMMAND(5, 0, 7), 3));
	assert_status(ERR_ADDRESS, DFU_ERROR);
	cr_assert(eq(int, send_dfu(DFUT_SIM_DFU_CLRSTATUS), 0));
	assert_status(STATUS_OK, DFU_ERROR);
	cr_assert(eq(int, send_dfu(DFUT_SIM_DFU_ABORT), 0));
	assert_status(STATUS_OK, DFU_IDLE);
	assert_breaches(0);
	cr_assert(eq(int, COMMAND(0x0c, 0x94, 0x34), 3));
	assert_status(STATUS_OK, DFU_IDLE);
	assert_breach("unknown");
}

Test(sim_flip, lufa_checks_all_and_changes_the_page)
{
	plug("flip:loader=lufa,part=at90usb1286,blank=yes");
	erase();
	cr_assert(eq(int, COMMAND(3, 1, 0, 0, 0, 0xff), 6));
	assert_status(STATUS_OK, DFU_IDLE);
	set_memory("flash", 0x12345, "", 1);
	cr_assert(eq(int, COMMAND(6, 3, 0, 0), 4));
	cr_assert(eq(int, COMMAND(3, 1, 0, 0, 0, 0xff), 6));
	assert_status(ERR_CHECK_ERASED, DFU_ERROR);
	cr_assert(eq(int, upload(2), 2));
	cr_assert(eq(int, memcmp(host->request.buffer, "\x45\x23", 2), 0));
	cr_assert(eq(int, send_dfu(DFUT_SIM_DFU_CLRSTATUS), 0));
	cr_assert(eq(int, send_dfu(DFUT_SIM_DFU_ABORT), 0));
	assert_programs(0, 0x100, 0x100, 32);
	cr_assert(holds("flash", 0x10100, 0x100, 0x100));
	assert_breaches(0);
	cr_assert(eq(int, COMMAND(6, 0, 0), 3));
	assert_breach("selects nothing");
	assert_programs(0, 0x200, 0x100, 32);
	cr_assert(holds("flash", 0x10200, 0x200, 0x100));
	cr_assert(eq(int, COMMAND(6, 3, 0, 0), 4));
	assert_programs(0, 0x200, 0x100, 32);
	cr_assert(holds("flash", 0x200, 0x200, 0x100));
}

Test(sim_flip, lufa_takes_long_commands_for_data)
{
	uint8_t command[32] = { 3, 0, 0, 0, 0, 0xff };

	plug(LUFA);
	erase();
	cr_assert(eq(int, dnload(command, sizeof(command)), 32));
	assert_breach("longer than 6");
	assert_programs(0, 0, 0x80, 32);
	command[0] = 5;
	cr_assert(eq(int, dnload(command, sizeof(command)), DFUT_ERROR_TIMEOUT));
	assert_breach("longer than 6");
	cr_assert(eq(int, send_dfu(DFUT_SIM_DFU_ABORT), DFUT_ERROR_TIMEOUT));
	dfut_sim_device_unplug(host->device);
	dfut_sim_device_replug(host->device);
	open_again(0);
	assert_status(STATUS_OK, DFU_IDLE);
}

Test(sim_flip, lufa_can_be_secure)
{
	plug("flip:loader=qmk,secure=yes");
	cr_assert(eq(u8, read_id(1, 0x31), 0x1e));
	cr_assert(eq(int, COMMAND(3, 0, 0, 0, 0, 0xff), STALL));
	assert_status(ERR_WRITE, DFU_ERROR);
	cr_assert(eq(int, send_dfu(DFUT_SIM_DFU_CLRSTATUS), 0));
	cr_assert(eq(int, send_dfu(DFUT_SIM_DFU_ABORT), 0));
	cr_assert(eq(int, COMMAND(4, 3, 0), STALL));
	cr_assert(eq(int, send_dfu(DFUT_SIM_DFU_ABORT), 0));
	cr_assert(eq(int, send_dfu(DFUT_SIM_DFU_CLRSTATUS), 0));
	erase();
	cr_assert(eq(int, read_range(0, 0, 256), 256));
	assert_breaches(0);
}

/* It starts nothing by a jump where there is something. */
Test(sim_flip, lufa_jumps_into_nothing)
{
	plug(LUFA);
	cr_assert(eq(int, COMMAND(4, 3, 1, 0, 0), 5));
	cr_assert(eq(int, dnload(NULL, 0), 0));
	host_wait_ms(host, 2000);
	assert_mode("bootloader");
	cr_assert(eq(u64, host_get(host)->instance, 1));
	erase();
	cr_assert(eq(int, COMMAND(4, 3, 1, 0, 0), 5));
	host_wait_ms(host, 2000);
	cr_assert(eq(u64, host_get(host)->instance, 1));
	cr_assert(eq(int, dnload(NULL, 0), 0));
	host_wait_ms(host, 2000);
	assert_mode("bootloader");
	cr_assert(eq(u64, host_get(host)->instance, 2));
}

Test(sim_flip, lufa_does_not_guard_itself)
{
	char path[] = "/tmp/dfutrigger-test-XXXXXX";
	char spec[128];

	close(mkstemp(path));
	unlink(path);
	snprintf(spec, sizeof(spec), "flip:loader=lufa,state=%s", path);
	plug(spec);
	erase();
	cr_assert(lt(int, program(0, 0x6f80, 0x100, 32), 0));
	assert_breach("where the bootloader is");
	host_wait_ms(host, 5000);
	cr_assert(not(dfut_sim_device_is_present(host->device)));
	dfut_sim_device_press_reset(host->device);
	host_wait_ms(host, 5000);
	cr_assert(not(dfut_sim_device_is_present(host->device)));
	assert_mode("bricked");
	cr_assert(eq(int, dfut_sim_save(host->sim), 0));
	host_free(host);
	host = host_new_or_fail(spec);
	host_wait_ms(host, 1000);
	assert_mode("bricked");
	cr_assert(not(dfut_sim_device_is_present(host->device)));
	unlink(path);
	plug("flip:loader=lufa,locked=yes");
	erase();
	assert_programs(0, 0x6f80, 0x100, 32);
	assert_breach("where the bootloader is");
	cr_assert(holds("flash", 0x6f80, 0x6f80, 0x80));
	assert_mode("bootloader");
}
