/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The virtual devices whose serial port is their trigger: what they leave for, what not, and in which order. */

#include <stdio.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "sim-host.h"
#include "sim/parts/board.h"

#define assert_text(got, want) cr_assert(eq(str, (char *)(got), (char *)(want)))

#define DTR 1
#define RTS 2

static struct host *host;

static void stop(void)
{
	host_free(host);
	host = NULL;
}

TestSuite(sim_cdc, .fini = stop, .timeout = 20);

static void open_interface(uint8_t number)
{
	host_disconnect(host);
	cr_assert(eq(int, host_open(host, number), 0));
}

static void plug(const char *spec)
{
	host_free(host);
	host = host_new_or_fail(spec);
	open_interface(0);
}

static void assert_mode(const char *mode)
{
	assert_text(dfut_sim_device_get_mode_name(host->device), mode);
}

static void assert_ids(uint16_t vendor_id, uint16_t product_id)
{
	const struct host_device *device = host_get(host);

	cr_assert(ne(ptr, (void *)device, NULL));
	cr_assert(eq(u16, dfut_le16(&device->descriptors[8]), vendor_id));
	cr_assert(eq(u16, dfut_le16(&device->descriptors[10]), product_id));
}

/* How often it has come to the bus. */
static size_t count_arrivals(void)
{
	size_t count = 0;

	for (size_t i = 0; i < dfut_sim_device_get_record_count(host->device); i++)
		count += dfut_sim_device_get_record(host->device, i)->event == DFUT_SIM_EVENT_ARRIVED;
	return count;
}

static int try_coding(uint32_t baud)
{
	uint8_t coding[DFUT_SIM_LINE_CODING_SIZE] = { 0, 0, 0, 0, 0, 0, 8 };

	dfut_put_le32(coding, baud);
	return host_out(host, 0x21, DFUT_SIM_CDC_SET_LINE_CODING, 0, 0, coding, sizeof(coding));
}

static int try_state(uint16_t state)
{
	return host_out(host, 0x21, DFUT_SIM_CDC_SET_CONTROL_LINE_STATE, state, 0, NULL, 0);
}

static void set_coding(uint32_t baud)
{
	cr_assert(eq(int, try_coding(baud), DFUT_SIM_LINE_CODING_SIZE));
}

static void set_state(uint16_t state)
{
	cr_assert(eq(int, try_state(state), 0));
}

/* As Linux does it: opening raises both lines, closing lowers them. Some are gone before that. */
static void touch(void)
{
	set_state(DTR | RTS);
	try_coding(1200);
	try_state(0);
}

/* It has left for its bootloader and come back. */
static void assert_left(uint16_t vendor_id, uint16_t product_id)
{
	host_wait_ms(host, 2000);
	cr_assert(eq(sz, count_arrivals(), 2));
	cr_assert(ne(int, strcmp(dfut_sim_device_get_mode_name(host->device), "application"), 0));
	assert_ids(vendor_id, product_id);
	cr_assert(eq(sz, dfut_sim_device_get_breach_count(host->device), 0));
}

static void assert_stayed(void)
{
	host_wait_ms(host, 2000);
	cr_assert(eq(sz, count_arrivals(), 1));
	assert_mode("application");
}

/* What cdc_acm binds to: control interface with functional descriptors, and all endpoints. */
static size_t count_descriptors(uint8_t type, int third)
{
	const struct host_device *device = host_get(host);
	size_t count = 0;

	for (size_t at = 0; at < device->descriptors_size; at += device->descriptors[at])
		if (device->descriptors[at + 1] == type && (third < 0 || device->descriptors[at + 2] == third))
			count++;
	return count;
}

static void assert_whole(size_t interfaces, size_t endpoints)
{
	const struct host_device *device = host_get(host);

	cr_assert(eq(sz, device->descriptors_size, 18 + dfut_le16(&device->descriptors[20])));
	cr_assert(eq(sz, device->descriptors[22], interfaces));
	cr_assert(eq(sz, count_descriptors(4, -1), interfaces));
	cr_assert(eq(sz, count_descriptors(5, -1), endpoints));
}

static void assert_port(size_t interfaces, size_t endpoints)
{
	static const uint8_t kinds[] = { 0x00, 0x01, 0x02, 0x06 };

	assert_whole(interfaces, endpoints);
	cr_assert(eq(sz, count_descriptors(0x0b, 0), 1));
	for (size_t i = 0; i < DFUT_COUNT(kinds); i++)
		cr_assert(eq(sz, count_descriptors(0x24, kinds[i]), 1));
}

/* What they all do. */

/* Those that Linux's way of touching them triggers, and what they become. */
/* clang-format off */
static const struct {
	const char *name;
	uint16_t vendor_id;
	uint16_t product_id;
} boards[] = {
	{ "leonardo", 0x2341, 0x0036 },
	{ "samd", 0x2341, 0x004d },
	{ "adafruit-nrf52", 0x239a, 0x002a },
	{ "pico", 0x2e8a, 0x0003 },
	{ "esp32-s2", 0x303a, 0x0002 },
};
/* clang-format on */

static void plug_board(size_t index, const char *options)
{
	char spec[128];

	snprintf(spec, sizeof(spec), "%s%s%s", boards[index].name, *options ? ":" : "", options);
	plug(spec);
}

Test(sim_cdc, keeps_a_line_coding)
{
	static const uint8_t coding[] = { 0x00, 0xe1, 0x00, 0x00, 0x02, 0x01, 0x07 };

	for (size_t i = 0; i < DFUT_COUNT(boards); i++) {
		plug_board(i, "");
		cr_assert(eq(int, host_in(host, 0xa1, DFUT_SIM_CDC_GET_LINE_CODING, 0, 0, 7), 7));
		cr_assert(eq(u32, dfut_le32(host->request.buffer), 115200));
		cr_assert(eq(int, host_out(host, 0x21, DFUT_SIM_CDC_SET_LINE_CODING, 0, 0, coding, 7), 7));
		cr_assert(eq(int, host_in(host, 0xa1, DFUT_SIM_CDC_GET_LINE_CODING, 0, 0, 64), 7));
		cr_assert(eq(int, memcmp(host->request.buffer, coding, sizeof(coding)), 0));
		cr_assert(eq(int, host_out(host, 0x21, DFUT_SIM_CDC_SET_LINE_CODING, 0, 0, coding, 6),
			     DFUT_ERROR_DEVICE));
		cr_assert(eq(int, host_out(host, 0x21, DFUT_SIM_CDC_SEND_BREAK, 100, 0, NULL, 0), 0));
		cr_assert(eq(int, host_out(host, 0x21, 0x24, 0, 0, NULL, 0), DFUT_ERROR_DEVICE));
		cr_assert(eq(int, host_in(host, 0xa1, DFUT_SIM_CDC_SET_LINE_CODING, 0, 0, 7), DFUT_ERROR_DEVICE));
		assert_stayed();
	}
}

Test(sim_cdc, leaves_when_touched)
{
	for (size_t i = 0; i < DFUT_COUNT(boards); i++) {
		plug_board(i, "");
		touch();
		assert_left(boards[i].vendor_id, boards[i].product_id);
		plug_board(i, "vid=1234,pid=5678,serial=ABC");
		assert_ids(0x1234, 0x5678);
		assert_text(host_get(host)->strings[3], "ABC");
		touch();
		assert_left(boards[i].vendor_id, boards[i].product_id);
	}
}

Test(sim_cdc, stays_at_other_rates)
{
	for (size_t i = 0; i < DFUT_COUNT(boards); i++) {
		plug_board(i, "");
		set_state(DTR | RTS);
		set_coding(9600);
		set_state(0);
		set_coding(134);
		set_state(DTR);
		set_state(0);
		assert_stayed();
	}
}

Test(sim_cdc, ignores_what_it_is_told_to_ignore)
{
	for (size_t i = 0; i < DFUT_COUNT(boards); i++) {
		plug_board(i, "leave=no");
		touch();
		assert_stayed();
		plug_board(i, "leave=no,race=gone");
		touch();
		assert_stayed();
	}
}

Test(sim_cdc, refuses_what_it_is_told_to_refuse)
{
	for (size_t i = 0; i < DFUT_COUNT(boards); i++) {
		plug_board(i, "stall=coding");
		set_state(DTR | RTS);
		set_coding(9600);
		cr_assert(eq(int, try_coding(1200), DFUT_ERROR_DEVICE));
		set_state(0);
		assert_stayed();
		plug_board(i, "stall=state");
		cr_assert(eq(int, try_state(DTR | RTS), DFUT_ERROR_DEVICE));
		set_coding(9600);
		cr_assert(eq(int, try_state(0), DFUT_ERROR_DEVICE));
		assert_stayed();
	}
}

Test(sim_cdc, comes_back_as_what_it_is_told)
{
	for (size_t i = 0; i < DFUT_COUNT(boards); i++) {
		plug_board(i, "return-as=application,return-ms=700");
		touch();
		host_wait_ms(host, 600);
		cr_assert(eq(sz, host_scan(host), 0));
		host_wait_ms(host, 600);
		cr_assert(eq(sz, count_arrivals(), 2));
		assert_mode("application");
		plug_board(i, "return=no");
		touch();
		host_wait_ms(host, 60000);
		cr_assert(eq(sz, host_scan(host), 0));
	}
}

Test(sim_cdc, has_nothing_to_say)
{
	uint8_t data[64];

	for (size_t i = 0; i < DFUT_COUNT(boards); i++) {
		const struct host_device *device;

		plug_board(i, "");
		device = host_get(host);
		for (size_t at = 0; at < device->descriptors_size; at += device->descriptors[at])
			if (device->descriptors[at + 1] == 5 && device->descriptors[at + 2] & 0x80)
				cr_assert(eq(int,
					     dfut_sim_endpoint_send(host->device, device->descriptors[at + 2], data,
								    sizeof(data)),
					     DFUT_ERROR_BUSY));
	}
}

/* Leonardo. */

Test(sim_cdc, is_a_leonardo)
{
	plug("leonardo");
	assert_ids(0x2341, 0x8036);
	assert_port(3, 4);
	cr_assert(eq(int, host_in(host, 0x81, 6, 0x2200, 0, 255), DFUT_ERROR_DEVICE));
	open_interface(2);
	cr_assert(eq(int, host_in(host, 0x81, 6, 0x2100, 2, 255), 9));
	cr_assert(eq(int, host_in(host, 0x81, 6, 0x2200, 2, 255), 47));
	cr_assert(eq(int, host_out(host, 0x21, 0x0a, 0, 2, NULL, 0), 0));
	cr_assert(eq(int, host_in(host, 0xa1, 0x01, 0x0102, 2, 9), DFUT_ERROR_DEVICE));
	open_interface(0);
	touch();
	assert_left(0x2341, 0x0036);
	/* LUFA's loaders have nothing that joins the two interfaces, and cdc_acm needs nothing. */
	assert_whole(2, 3);
	cr_assert(eq(sz, count_descriptors(0x0b, -1), 0));
	cr_assert(eq(sz, count_descriptors(0x24, 0x06), 1));
	assert_text(host_get(host)->strings[3], "");
	cr_assert(eq(u8, host_get(host)->descriptors[16], 0));
}

Test(sim_cdc, leonardo_needs_the_lines_after_the_rate)
{
	plug("leonardo");
	set_coding(1200);
	assert_stayed();
	set_state(0);
	assert_left(0x2341, 0x0036);

	plug("leonardo");
	set_state(0);
	set_coding(1200);
	assert_stayed();

	plug("leonardo");
	set_coding(1200);
	set_state(RTS);
	assert_left(0x2341, 0x0036);
}

Test(sim_cdc, leonardo_is_called_back_by_an_open_port)
{
	plug("leonardo");
	touch();
	host_wait_ms(host, 100);
	set_state(DTR | RTS);
	assert_stayed();

	plug("leonardo");
	touch();
	host_wait_ms(host, 100);
	set_coding(9600);
	assert_left(0x2341, 0x0036);

	plug("leonardo");
	touch();
	host_wait_ms(host, 100);
	set_coding(9600);
	set_state(0);
	assert_stayed();

	plug("leonardo");
	touch();
	host_wait_ms(host, 118);
	cr_assert(dfut_sim_device_is_present(host->device));
	host_wait_ms(host, 2);
	cr_assert(not(dfut_sim_device_is_present(host->device)));
}

Test(sim_cdc, leonardo_gives_way_to_the_sketch)
{
	plug("leonardo:return-ms=300");
	touch();
	host_wait_ms(host, 8300);
	assert_mode("bootloader");
	host_wait_ms(host, 1000);
	assert_mode("application");
	assert_ids(0x2341, 0x8036);

	plug("leonardo");
	dfut_sim_device_press_reset(host->device);
	host_wait_ms(host, 1000);
	assert_ids(0x2341, 0x0036);
	host_wait_ms(host, 10000);
	assert_ids(0x2341, 0x8036);

	plug("leonardo:program=no");
	host_wait_ms(host, 60000);
	assert_ids(0x2341, 0x0036);
}

/* Samd. */

Test(sim_cdc, is_a_samd)
{
	plug("samd");
	assert_ids(0x2341, 0x804d);
	assert_port(2, 3);
	touch();
	host_wait_ms(host, 246);
	cr_assert(dfut_sim_device_is_present(host->device));
	host_wait_ms(host, 5);
	cr_assert(not(dfut_sim_device_is_present(host->device)));
	assert_left(0x2341, 0x004d);
	assert_port(2, 3);
	open_interface(0);
	touch();
	host_wait_ms(host, 60000);
	cr_assert(eq(sz, count_arrivals(), 2));
}

Test(sim_cdc, samd_takes_either_order)
{
	plug("samd");
	set_coding(1200);
	assert_left(0x2341, 0x004d);

	plug("samd");
	set_state(DTR | RTS);
	set_coding(1200);
	assert_stayed();
	set_state(RTS);
	assert_left(0x2341, 0x004d);

	plug("samd");
	set_state(DTR);
	set_state(0);
	assert_stayed();
	set_coding(1200);
	assert_left(0x2341, 0x004d);
}

Test(sim_cdc, samd_is_called_back)
{
	plug("samd");
	touch();
	host_wait_ms(host, 200);
	set_state(DTR);
	assert_stayed();

	plug("samd");
	touch();
	host_wait_ms(host, 200);
	set_coding(9600);
	assert_stayed();

	plug("samd");
	touch();
	host_wait_ms(host, 200);
	host_in(host, 0xa1, DFUT_SIM_CDC_GET_LINE_CODING, 0, 0, 7);
	assert_left(0x2341, 0x004d);
}

Test(sim_cdc, is_tapped_twice)
{
	static const char *const specs[] = { "samd", "adafruit-nrf52" };

	for (size_t i = 0; i < DFUT_COUNT(specs); i++) {
		plug(specs[i]);
		dfut_sim_device_press_reset(host->device);
		host_wait_ms(host, 600);
		dfut_sim_device_press_reset(host->device);
		host_wait_ms(host, 1000);
		assert_mode("application");
		dfut_sim_device_press_reset(host->device);
		host_wait_ms(host, 400);
		dfut_sim_device_press_reset(host->device);
		host_wait_ms(host, 1000);
		assert_mode("bootloader");
		dfut_sim_device_press_reset(host->device);
		host_wait_ms(host, 1000);
		assert_mode("application");
	}
}

/* Adafruit. */

Test(sim_cdc, is_a_feather)
{
	plug("adafruit-nrf52");
	assert_ids(0x239a, 0x8029);
	assert_port(2, 3);
	touch();
	assert_left(0x239a, 0x002a);
	assert_port(2, 3);
	assert_text(host_get(host)->strings[3], "3F1A9C60D5427B8E");
	plug("adafruit-nrf52:bootloader=uf2");
	touch();
	assert_left(0x239a, 0x0029);
	assert_port(3, 5);
}

Test(sim_cdc, feather_needs_the_lines_after_the_rate)
{
	plug("adafruit-nrf52");
	set_state(0);
	set_coding(1200);
	assert_stayed();
	set_state(DTR);
	assert_stayed();
	set_state(RTS);
	assert_left(0x239a, 0x002a);
}

Test(sim_cdc, feather_is_not_called_back)
{
	plug("adafruit-nrf52");
	set_state(DTR | RTS);
	set_coding(1200);
	set_state(0);
	try_state(DTR | RTS);
	try_coding(9600);
	assert_left(0x239a, 0x002a);

	plug("adafruit-nrf52:race=gone");
	set_coding(1200);
	cr_assert(eq(int, try_state(0), DFUT_ERROR_GONE));
	assert_left(0x239a, 0x002a);
}

/* Drive of the Feather. */

static void command(uint8_t out, const uint8_t *block, uint32_t length, uint8_t flags)
{
	uint8_t wrapper[31] = { 'U', 'S', 'B', 'C', 1, 2, 3, 4 };

	dfut_put_le32(&wrapper[8], length);
	wrapper[12] = flags;
	wrapper[14] = 6;
	memcpy(&wrapper[15], block, 6);
	cr_assert(eq(int, dfut_sim_endpoint_receive(host->device, out, wrapper, sizeof(wrapper)), 31));
}

static void assert_status(uint8_t in, uint32_t residue, uint8_t status)
{
	uint8_t wrapper[64];

	cr_assert(eq(int, dfut_sim_endpoint_send(host->device, in, wrapper, sizeof(wrapper)), 13));
	cr_assert(eq(int, memcmp(wrapper, "USBS\1\2\3\4", 8), 0));
	cr_assert(eq(u32, dfut_le32(&wrapper[8]), residue));
	cr_assert(eq(u8, wrapper[12], status));
	cr_assert(eq(int, dfut_sim_endpoint_send(host->device, in, wrapper, sizeof(wrapper)), DFUT_ERROR_BUSY));
}

/* It refused to move data: the endpoint is halted until that is cleared. */
static void clear_halt(uint8_t endpoint)
{
	cr_assert(eq(int, host_out(host, 0x02, 1, 0, endpoint, NULL, 0), 0));
}

static void assert_drive(uint8_t number, uint8_t in, uint8_t out)
{
	uint8_t data[64];

	open_interface(number);
	cr_assert(eq(int, host_in(host, 0xa1, 0xfe, 0, number, 1), 1));
	cr_assert(eq(u8, host->request.buffer[0], 0));
	cr_assert(eq(int, host_out(host, 0x21, 0xff, 0, number, NULL, 0), 0));
	cr_assert(eq(int, host_in(host, 0xa1, 0xfd, 0, number, 1), DFUT_ERROR_DEVICE));
	command(out, (const uint8_t *)"\x12\0\0\0\x24", 36, 0x80);
	cr_assert(eq(int, dfut_sim_endpoint_receive(host->device, out, data, 31), DFUT_ERROR_BUSY));
	cr_assert(eq(int, dfut_sim_endpoint_send(host->device, in, data, 30), 30));
	cr_assert(eq(u8, data[1], 0x80));
	cr_assert(eq(int, dfut_sim_endpoint_send(host->device, in, data, sizeof(data)), 6));
	assert_status(in, 0, 0);
	command(out, (const uint8_t *)"\0\0\0\0\0", 0, 0);
	assert_status(in, 0, 1);
	command(out, (const uint8_t *)"\x03\0\0\0\x60", 96, 0x80);
	cr_assert(eq(int, dfut_sim_endpoint_send(host->device, in, data, sizeof(data)), 18));
	cr_assert(eq(u8, data[12], 0x3a));
	assert_status(in, 78, 0);
	command(out, (const uint8_t *)"\x28\0\0\0\0", 512, 0x80);
	cr_assert(eq(int, dfut_sim_endpoint_send(host->device, in, data, sizeof(data)), DFUT_ERROR_DEVICE));
	clear_halt(in);
	assert_status(in, 512, 1);
	command(out, (const uint8_t *)"\x2a\0\0\0\0", 512, 0);
	cr_assert(eq(int, dfut_sim_endpoint_receive(host->device, out, data, sizeof(data)), DFUT_ERROR_DEVICE));
	clear_halt(out);
	assert_status(in, 512, 1);
	cr_assert(eq(int, dfut_sim_endpoint_receive(host->device, out, data, 5), DFUT_ERROR_DEVICE));
}

Test(sim_cdc, has_an_empty_drive)
{
	plug("adafruit-nrf52:bootloader=uf2");
	touch();
	assert_left(0x239a, 0x0029);
	assert_drive(2, 0x83, 0x03);
}

/* Pico. */

Test(sim_cdc, is_a_pico)
{
	plug("pico:serial=E66038B713596F31");
	assert_ids(0x2e8a, 0x000a);
	assert_port(3, 3);
	assert_text(host_get(host)->strings[3], "E66038B713596F31");
	touch();
	assert_left(0x2e8a, 0x0003);
	assert_whole(2, 4);
	assert_text(host_get(host)->strings[3], "E0C9125B0D9B");
	plug("pico:reset-interface=no");
	assert_port(2, 3);
}

Test(sim_cdc, pico_needs_no_lines)
{
	plug("pico");
	set_state(0);
	assert_stayed();
	set_coding(1200);
	assert_left(0x2e8a, 0x0003);

	plug("pico");
	set_state(DTR | RTS);
	set_coding(1200);
	assert_left(0x2e8a, 0x0003);

	plug("pico:race=gone");
	cr_assert(eq(int, try_coding(1200), DFUT_ERROR_GONE));
	assert_left(0x2e8a, 0x0003);

	plug("pico:baud=no");
	touch();
	assert_stayed();
}

static int reset_pico(uint8_t request, uint16_t value)
{
	open_interface(2);
	return host_out(host, 0x21, request, value, 2, NULL, 0);
}

Test(sim_cdc, pico_goes_to_its_boot_rom)
{
	plug("pico:baud=no");
	cr_assert(eq(int, reset_pico(1, 0), DFUT_ERROR_GONE));
	assert_left(0x2e8a, 0x0003);
	assert_whole(2, 4);
	plug("pico");
	cr_assert(eq(int, reset_pico(1, 1), DFUT_ERROR_GONE));
	assert_left(0x2e8a, 0x0003);
	assert_whole(1, 2);
	cr_assert(eq(sz, count_descriptors(4, 0), 1));
	cr_assert(eq(u8, host_get(host)->descriptors[18 + 9 + 5], 0xff));
	open_interface(0);
	cr_assert(eq(int, host_in(host, 0xa1, 0xfe, 0, 0, 1), DFUT_ERROR_DEVICE));
	plug("pico");
	cr_assert(eq(int, reset_pico(1, 2), DFUT_ERROR_GONE));
	assert_left(0x2e8a, 0x0003);
	assert_whole(1, 2);
	cr_assert(eq(u8, host_get(host)->descriptors[18 + 9 + 5], 0x08));
}

Test(sim_cdc, pico_restarts_from_flash)
{
	plug("pico");
	cr_assert(eq(int, reset_pico(2, 0), 0));
	host_wait_ms(host, 98);
	cr_assert(dfut_sim_device_is_present(host->device));
	host_wait_ms(host, 2);
	cr_assert(not(dfut_sim_device_is_present(host->device)));
	host_wait_ms(host, 1000);
	cr_assert(eq(sz, count_arrivals(), 2));
	assert_ids(0x2e8a, 0x000a);
}

Test(sim_cdc, pico_knows_its_reset_requests)
{
	plug("pico");
	cr_assert(eq(int, reset_pico(3, 0), DFUT_ERROR_DEVICE));
	open_interface(0);
	cr_assert(eq(int, host_out(host, 0x21, 1, 0, 0, NULL, 0), DFUT_ERROR_DEVICE));
	assert_stayed();
	plug("pico:leave=no");
	cr_assert(eq(int, reset_pico(1, 0), 0));
	cr_assert(eq(int, reset_pico(2, 0), 0));
	assert_stayed();
	plug("pico:return-as=application");
	cr_assert(eq(int, reset_pico(1, 1), DFUT_ERROR_GONE));
	host_wait_ms(host, 1000);
	cr_assert(eq(sz, count_arrivals(), 2));
	assert_ids(0x2e8a, 0x000a);
}

/* ESP32-S2. */

Test(sim_cdc, is_an_esp32_s2)
{
	plug("esp32-s2");
	assert_ids(0x303a, 0x80c2);
	assert_port(2, 3);
	touch();
	assert_left(0x303a, 0x0002);
	assert_port(3, 3);
	assert_text(host_get(host)->strings[3], "0");
	open_interface(0);
	touch();
	set_state(RTS);
	host_wait_ms(host, 2000);
	cr_assert(eq(sz, count_arrivals(), 2));
	dfut_sim_device_press_reset(host->device);
	host_wait_ms(host, 1000);
	assert_ids(0x303a, 0x80c2);
}

Test(sim_cdc, esp32_s2_wants_a_new_rate)
{
	struct dfut_sim_board *board;

	plug("esp32-s2");
	set_coding(1200);
	assert_left(0x303a, 0x0002);

	plug("esp32-s2");
	board = dfut_sim_device_get_state(host->device);
	dfut_put_le32(board->cdc.coding, 1200);
	set_coding(1200);
	assert_stayed();
	set_coding(9600);
	set_coding(1200);
	assert_left(0x303a, 0x0002);

	plug("esp32-s2:race=gone");
	cr_assert(eq(int, try_coding(1200), DFUT_ERROR_GONE));
	assert_left(0x303a, 0x0002);
}

static void go_through(const uint16_t *states, size_t count)
{
	for (size_t i = 0; i < count; i++)
		set_state(states[i]);
}

Test(sim_cdc, esp32_s2_knows_four_states)
{
	static const uint16_t right[] = { RTS, DTR | RTS, DTR, 0 };
	static const uint16_t repeated[] = { DTR | RTS, RTS, RTS, DTR | RTS, DTR, DTR, 0 };
	static const uint16_t renewed[] = { RTS, DTR | RTS, RTS, DTR | RTS, DTR, 0 };
	static const uint16_t wrong[][5] = {
		{ DTR | RTS, DTR, 0, DTR, 0 },
		{ RTS, DTR | RTS, 0, DTR, 0 },
		{ RTS, DTR, DTR | RTS, DTR, 0 },
		{ RTS, 0, DTR | RTS, DTR, 0 },
	};

	plug("esp32-s2");
	go_through(right, 3);
	assert_stayed();
	set_state(0);
	assert_left(0x303a, 0x0002);
	plug("esp32-s2");
	go_through(repeated, DFUT_COUNT(repeated));
	assert_left(0x303a, 0x0002);
	plug("esp32-s2");
	go_through(renewed, DFUT_COUNT(renewed));
	assert_left(0x303a, 0x0002);
	for (size_t i = 0; i < DFUT_COUNT(wrong); i++) {
		plug("esp32-s2");
		go_through(wrong[i], DFUT_COUNT(wrong[i]));
		assert_stayed();
	}
}

Test(sim_cdc, esp32_s2_is_detached_from_its_rom)
{
	plug("esp32-s2");
	touch();
	assert_left(0x303a, 0x0002);
	open_interface(2);
	cr_assert(eq(int, host_in(host, 0x81, 6, 0x2100, 2, 255), 9));
	cr_assert(eq(int, host_in(host, 0xa1, DFUT_SIM_DFU_GETSTATE, 0, 2, 1), 1));
	cr_assert(eq(u8, host->request.buffer[0], APP_IDLE));
	cr_assert(eq(int, host_out(host, 0x21, DFUT_SIM_DFU_DNLOAD, 0, 2, "x", 1), DFUT_ERROR_DEVICE));
	cr_assert(eq(int, host_out(host, 0x21, DFUT_SIM_DFU_DETACH, 1000, 2, NULL, 0), 0));
	host_wait_ms(host, 1000);
	assert_mode("bootloader");
	assert_ids(0x303a, 0x0002);
	assert_whole(1, 0);
	open_interface(0);
	cr_assert(eq(int, host_in(host, 0xa1, DFUT_SIM_DFU_GETSTATUS, 0, 0, 6), 6));
	cr_assert(eq(u8, host->request.buffer[4], DFU_IDLE));
	cr_assert(eq(sz, dfut_sim_device_get_breach_count(host->device), 0));
	cr_assert(eq(int, host_out(host, 0x21, DFUT_SIM_DFU_DETACH, 1000, 0, NULL, 0), DFUT_ERROR_DEVICE));
	cr_assert(eq(sz, dfut_sim_device_get_breach_count(host->device), 1));
}

/* ESP32-S3 at its USB-Serial-JTAG port. */

/* With the pauses of the flashing tool. */
static void go_to_download(void)
{
	set_state(0);
	host_wait_ms(host, 100);
	set_state(DTR);
	host_wait_ms(host, 100);
	set_state(DTR | RTS);
	set_state(RTS);
	try_state(RTS);
	host_wait_ms(host, 100);
	try_state(0);
}

Test(sim_cdc, is_a_jtag_port)
{
	plug("esp32-s3-jtag");
	assert_ids(0x303a, 0x1001);
	assert_port(3, 5);
	touch();
	assert_stayed();
	go_to_download();
	assert_left(0x303a, 0x1001);
	assert_port(3, 5);
	open_interface(0);
	set_state(0);
	set_state(RTS);
	host_wait_ms(host, 1000);
	assert_mode("application");
	cr_assert(eq(sz, count_arrivals(), 3));
}

Test(sim_cdc, jtag_port_tells_which_reset_is_meant)
{
	plug("esp32-s3-jtag");
	set_state(DTR);
	set_state(0);
	set_state(DTR | RTS);
	assert_stayed();
	set_state(RTS);
	host_wait_ms(host, 1000);
	assert_mode("application");
	cr_assert(eq(sz, count_arrivals(), 2));
	plug("esp32-s3-jtag");
	set_state(DTR);
	set_state(RTS);
	assert_left(0x303a, 0x1001);
}

Test(sim_cdc, jtag_port_misbehaves_as_told)
{
	plug("esp32-s3-jtag:leave=no");
	go_to_download();
	assert_stayed();
	plug("esp32-s3-jtag:stall=state");
	cr_assert(eq(int, try_state(DTR), DFUT_ERROR_DEVICE));
	cr_assert(eq(int, try_state(RTS), DFUT_ERROR_DEVICE));
	assert_stayed();
	plug("esp32-s3-jtag:return-as=application");
	go_to_download();
	host_wait_ms(host, 1000);
	cr_assert(eq(sz, count_arrivals(), 2));
	assert_mode("application");
	plug("esp32-s3-jtag:vid=1234,pid=5678,race=gone");
	set_state(DTR);
	cr_assert(eq(int, try_state(RTS), DFUT_ERROR_GONE));
	assert_left(0x1234, 0x5678);
}

Test(sim_cdc, jtag_port_stays_while_the_chip_restarts)
{
	plug("esp32-s3-jtag:re-enumerate=no");
	set_coding(9600);
	go_to_download();
	cr_assert(eq(sz, count_arrivals(), 1));
	assert_mode("bootloader");
	cr_assert(eq(int, host_in(host, 0xa1, DFUT_SIM_CDC_GET_LINE_CODING, 0, 0, 7), 7));
	cr_assert(eq(u32, dfut_le32(host->request.buffer), 9600));
	set_state(RTS);
	host_wait_ms(host, 100);
	assert_mode("application");
	plug("esp32-s3-jtag:re-enumerate=no,leave=no");
	go_to_download();
	assert_stayed();
	plug("esp32-s3-jtag:re-enumerate=no,return-as=application");
	go_to_download();
	assert_stayed();
}
