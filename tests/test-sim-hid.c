/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The virtual devices that a HID report brings into their bootloader: what triggers them, and what does not. */

#include "sim-hid-host.h"

TestSuite(sim_hid, .fini = stop, .timeout = 20);

/* It came back as something else, and the host broke no rule. */
static void assert_became(uint16_t vendor_id, uint16_t product_id)
{
	host_wait_ms(host, 2000);
	assert_ids(vendor_id, product_id);
	assert_text(get_mode(), "bootloader");
	cr_assert(eq(u64, host_get(host)->instance, 2));
	cr_assert(eq(sz, get_breaches(), 0));
}

static void assert_stays(void)
{
	host_wait_ms(host, 2000);
	cr_assert(eq(u64, host_get(host)->instance, 1));
	assert_text(get_mode(), "application");
}

/* A report of zeros but for its first bytes. */
static int set_long_report(uint16_t value, uint16_t interface, const void *start, size_t start_size, uint16_t length)
{
	uint8_t data[64] = { 0 };

	memcpy(data, start, start_size);
	return set_report(value, interface, data, length);
}

/* HID in general. */

static const char *const specs[] = {
	"nrf52840-keyboard",   "sonix-keyboard", "sonix-keyboard:interface=0",
	"sinowealth-keyboard", "via-keyboard",	 "jabra",
	"jabra:family=710",    "teensy",	 "teensy:model=4",
};

/* Descriptors: of an interface, its report descriptor has the length that its HID descriptor says, and ends well. */
static void check_report_descriptor(uint8_t interface, const uint8_t *hid)
{
	uint16_t size = dfut_le16(&hid[7]);
	const uint8_t *data = host->request.buffer;

	open_interface(interface);
	cr_assert(eq(int, host_in(host, 0x81, 6, 0x2100, interface, 255), hid[0]));
	cr_assert(eq(int, memcmp(data, hid, hid[0]), 0));
	cr_assert(eq(int, host_in(host, 0x81, 6, 0x2200, interface, 1024), size));
	cr_assert(eq(u8, data[size - 1], 0xc0));
	cr_assert(eq(int, host_in(host, 0x81, 6, 0x2200, interface, 5), 5));
	cr_assert(eq(int, host_in(host, 0x81, 6, 0x2300, interface, 5), DFUT_ERROR_DEVICE));
	cr_assert(eq(int, host_alternate(host, interface, 0), 0));
	cr_assert(eq(int, host_close(host), 0));
}

static size_t check_descriptors(void)
{
	struct host_device device = *host_get(host);
	const uint8_t *at = device.descriptors, *end = at + device.descriptors_size, *interface = NULL;
	size_t endpoints = 0, interfaces = 0, reports = 0;

	cr_assert(eq(sz, device.descriptors_size, 18u + dfut_le16(&at[20])));
	for (; at < end; at += at[0]) {
		cr_assert(ge(u8, at[0], 2));
		if (at[1] == 4 && at[3] == 0)
			interfaces++;
		if (at[1] == 4) {
			cr_assert(eq(sz, endpoints, interface ? interface[4] : 0));
			endpoints = 0;
			interface = at;
		} else if (at[1] == 5) {
			endpoints++;
		} else if (at[1] == 0x21 && interface && interface[5] == 3) {
			check_report_descriptor(interface[2], at);
			reports++;
		}
	}
	cr_assert(eq(ptr, (void *)at, (void *)end));
	cr_assert(eq(sz, interfaces, device.descriptors[18 + 4]));
	return reports;
}

Test(sim_hid, describes_itself)
{
	for (size_t i = 0; i < DFUT_COUNT(specs); i++) {
		plug(specs[i], DFUT_CHANNEL_DEVICE);
		cr_assert(lt(sz, 0, check_descriptors()), "%s", specs[i]);
		cr_assert(eq(sz, get_breaches(), 0));
	}
}

Test(sim_hid, has_an_idle_rate_and_a_protocol)
{
	plug("sinowealth-keyboard", 0);
	cr_assert(eq(int, host_out(host, 0x21, 0x0a, 0x7d00, 0, NULL, 0), 0));
	cr_assert(eq(int, host_in(host, 0xa1, 0x02, 0, 0, 1), 1));
	cr_assert(eq(u8, host->request.buffer[0], 0x7d));
	cr_assert(eq(int, host_in(host, 0xa1, 0x03, 0, 0, 1), 1));
	cr_assert(eq(u8, host->request.buffer[0], 1));
	cr_assert(eq(int, host_out(host, 0x21, 0x0b, 0, 0, NULL, 0), 0));
	cr_assert(eq(int, host_in(host, 0xa1, 0x03, 0, 0, 1), 1));
	cr_assert(eq(u8, host->request.buffer[0], 0));
	open_interface(1);
	cr_assert(eq(int, host_out(host, 0x21, 0x0a, 0, 1, NULL, 0), 0));
	cr_assert(eq(int, host_out(host, 0x21, 0x0b, 0, 1, NULL, 0), DFUT_ERROR_DEVICE));
	cr_assert(eq(int, host_in(host, 0xa1, 0x03, 0, 1, 1), DFUT_ERROR_DEVICE));
	cr_assert(eq(sz, get_breaches(), 0));
}

Test(sim_hid, has_reports_of_the_declared_sizes)
{
	plug("nrf52840-keyboard", 0);
	cr_assert(eq(int, get_report(INPUT, 0, 64), 8));
	cr_assert(eq(int, get_report(INPUT, 0, 3), 3));
	cr_assert(eq(int, get_report(OUTPUT, 0, 64), 1));
	cr_assert(eq(int, set_report(OUTPUT, 0, "\2", 1), 1));
	plug("sinowealth-keyboard", 1);
	cr_assert(eq(int, get_report(FEATURE | 5, 1, 64), 6));
	cr_assert(eq(u8, host->request.buffer[0], 5));
	cr_assert(eq(int, get_report(FEATURE | 6, 1, 4096), 2050));
	cr_assert(eq(u8, host->request.buffer[0], 6));
	cr_assert(eq(int, get_report(INPUT | 3, 1, 64), 3));
	cr_assert(eq(sz, get_breaches(), 0));
}

Test(sim_hid, notes_reports_that_are_not_well_formed)
{
	static const struct {
		uint16_t value;
		uint16_t length;
		const char *data;
		const char *breach;
	} cases[] = {
		{ FEATURE | 5, 5, "\x05\x75\0\0\0", "5 bytes instead of 6" },
		{ FEATURE | 5, 7, "\x05\x75\0\0\0\0\0", "7 bytes instead of 6" },
		{ FEATURE | 5, 0, "", "0 bytes instead of 6" },
		{ FEATURE | 5, 6, "\x75\0\0\0\0\0", "0x75 in front" },
		{ FEATURE | 5, 6, "\0\x05\x75\0\0\0", "0x00 in front" },
		{ FEATURE, 6, "\x05\x75\0\0\0\0", "feature report 0x00, which" },
		{ FEATURE | 7, 6, "\x07\x75\0\0\0\0", "feature report 0x07, which" },
		{ OUTPUT | 5, 6, "\x05\x75\0\0\0\0", "output report 0x05, which" },
		{ 0x0005, 6, "\x05\x75\0\0\0\0", "unknown report 0x05, which" },
		{ 0x0405, 6, "\x05\x75\0\0\0\0", "unknown report 0x05, which" },
	};

	for (size_t i = 0; i < DFUT_COUNT(cases); i++) {
		plug("sinowealth-keyboard", 1);
		cr_assert(eq(int, set_report(cases[i].value, 1, cases[i].data, cases[i].length), DFUT_ERROR_DEVICE));
		cr_assert(eq(sz, get_breaches(), 1));
		cr_assert(has_breach(cases[i].breach), "%s", cases[i].breach);
		assert_stays();
	}
	plug("sinowealth-keyboard", 1);
	cr_assert(eq(int, get_report(FEATURE | 9, 1, 6), DFUT_ERROR_DEVICE));
	cr_assert(has_breach("GET_REPORT of feature report 0x09"));
}

/* What all of them can be told to do, whatever the trigger is. */

struct trigger {
	const char *model;
	uint8_t interface;
	uint16_t value;
	uint16_t length;
	const char *start;
	size_t start_size;
	uint16_t vendor_id;
	uint16_t product_id;
};

#define BYTES(text) text, sizeof(text) - 1

static const struct trigger triggers[] = {
	{ "sonix-keyboard", 1, FEATURE, 64, BYTES("\xaa\x55\xa5\x5a\xff\x00\x33\xcc"), 0x0c45, 0x7040 },
	{ "sinowealth-keyboard", 1, FEATURE | 5, 6, BYTES("\x05\x75"), 0x0603, 0x1020 },
	{ "via-keyboard:control=take,", 1, OUTPUT, 32, BYTES("\x0b"), 0x03eb, 0x2ff4 },
	{ "teensy", 2, FEATURE, 4, BYTES("\xa9\x45\xc2\x6b"), 0x16c0, 0x0478 },
};

static void plug_with(const struct trigger *trigger, const char *options)
{
	char spec[128];

	snprintf(spec, sizeof(spec), "%s%s%s", trigger->model, strchr(trigger->model, ':') ? "" : ":", options);
	plug(spec, trigger->interface);
}

static int send(const struct trigger *trigger)
{
	return set_long_report(trigger->value, trigger->interface, trigger->start, trigger->start_size,
			       trigger->length);
}

Test(sim_hid, is_triggered)
{
	for (size_t i = 0; i < DFUT_COUNT(triggers); i++) {
		plug_with(&triggers[i], "");
		cr_assert(eq(int, send(&triggers[i]), triggers[i].length));
		assert_became(triggers[i].vendor_id, triggers[i].product_id);
		assert_text(host_get(host)->strings[3], "0001");
		check_descriptors();
		plug_with(&triggers[i], "race=gone");
		cr_assert(eq(int, send(&triggers[i]), DFUT_ERROR_GONE));
		assert_became(triggers[i].vendor_id, triggers[i].product_id);
	}
}

Test(sim_hid, is_not_triggered_if_so_wanted)
{
	for (size_t i = 0; i < DFUT_COUNT(triggers); i++) {
		plug_with(&triggers[i], "trigger=stall");
		cr_assert(eq(int, send(&triggers[i]), DFUT_ERROR_DEVICE));
		assert_stays();
		plug_with(&triggers[i], "leave=no");
		cr_assert(eq(int, send(&triggers[i]), triggers[i].length));
		assert_stays();
		plug_with(&triggers[i], "return=no");
		cr_assert(eq(int, send(&triggers[i]), triggers[i].length));
		host_wait_ms(host, 60000);
		cr_assert(eq(ptr, (void *)host_get(host), NULL));
		plug_with(&triggers[i], "return-as=application,vid=1234,pid=abcd,serial=X");
		cr_assert(eq(int, send(&triggers[i]), triggers[i].length));
		host_wait_ms(host, 2000);
		assert_text(get_mode(), "application");
		assert_ids(0x1234, 0xabcd);
		assert_text(host_get(host)->strings[3], "X");
		cr_assert(eq(u64, host_get(host)->instance, 2));
		cr_assert(eq(sz, get_breaches(), 0));
	}
}

/* Nothing but the right bytes is a trigger: each of them is changed in turn. */
Test(sim_hid, is_not_triggered_by_other_bytes)
{
	for (size_t i = 0; i < DFUT_COUNT(triggers); i++) {
		size_t first = triggers[i].value & 0xff ? 1 : 0;

		for (size_t at = first; at < triggers[i].start_size; at++) {
			char start[64];

			plug_with(&triggers[i], "");
			memcpy(start, triggers[i].start, triggers[i].start_size);
			start[at] ^= 1;
			cr_assert(eq(int,
				     set_long_report(triggers[i].value, triggers[i].interface, start,
						     triggers[i].start_size, triggers[i].length),
				     triggers[i].length));
			assert_stays();
		}
	}
}

/* Power brings the application back; so does the button. */
Test(sim_hid, starts_its_application)
{
	for (size_t i = 0; i < DFUT_COUNT(triggers); i++) {
		plug_with(&triggers[i], "");
		send(&triggers[i]);
		host_wait_ms(host, 2000);
		assert_text(get_mode(), "bootloader");
		dfut_sim_device_unplug(host->device);
		dfut_sim_device_replug(host->device);
		assert_text(get_mode(), "application");
	}
}

/* SONiX. */

static const char sonix_magic[] = "\xaa\x55\xa5\x5a\xff\x00\x33\xcc";
static const char hfd_magic[] = "\xaa\x42\x89\x5a\xff\x71\x62\xcc";

Test(sim_hid, sonix_takes_the_magic_of_its_firmware)
{
	plug("sonix-keyboard:firmware=hfd,bootloader-pid=7900", 1);
	cr_assert(eq(int, set_long_report(FEATURE, 1, sonix_magic, 8, 64), 64));
	assert_stays();
	cr_assert(eq(int, set_long_report(FEATURE, 1, hfd_magic, 8, 64), 64));
	assert_became(0x0c45, 0x7900);
	plug("sonix-keyboard:firmware=evision", 1);
	cr_assert(eq(int, set_long_report(FEATURE, 1, hfd_magic, 8, 64), 64));
	assert_stays();
	cr_assert(eq(int, set_long_report(FEATURE, 1, sonix_magic, 8, 64), 64));
	assert_became(0x0c45, 0x7040);
}

Test(sim_hid, sonix_takes_it_on_one_interface)
{
	plug("sonix-keyboard", 0);
	cr_assert(eq(int, set_long_report(FEATURE, 0, sonix_magic, 8, 64), DFUT_ERROR_DEVICE));
	cr_assert(has_breach("which interface 0 does not have"));
	assert_stays();
	plug("sonix-keyboard:interface=0", 0);
	cr_assert(eq(int, set_report(OUTPUT, 0, "\1", 1), 1));
	cr_assert(eq(int, set_long_report(FEATURE, 0, sonix_magic, 8, 64), 64));
	assert_became(0x0c45, 0x7040);
}

Test(sim_hid, sonix_wants_nothing_else_on_the_wire)
{
	char numbered[65] = { 0 };

	plug("sonix-keyboard", 1);
	memcpy(numbered + 1, sonix_magic, 8);
	cr_assert(eq(int, set_report(FEATURE, 1, numbered, 64), 64));
	assert_stays();
	cr_assert(eq(int, set_report(FEATURE, 1, numbered, 65), DFUT_ERROR_DEVICE));
	cr_assert(has_breach("65 bytes instead of 64"));
	plug("sonix-keyboard", 1);
	cr_assert(eq(int, set_long_report(FEATURE, 1, "\xaa\x55\xa5\x5a\xff\x00\x33\xcc\1", 9, 64), 64));
	cr_assert(has_breach("not followed by zeros"));
}

Test(sim_hid, sonix_rom_answers)
{
	const uint8_t *data;

	plug("sonix-keyboard", 1);
	cr_assert(eq(int, set_long_report(FEATURE, 1, sonix_magic, 8, 64), 64));
	host_wait_ms(host, 2000);
	open_interface(0);
	data = host->request.buffer;
	cr_assert(eq(int, set_long_report(FEATURE, 0, "\1\xaa\x55", 3, 64), 64));
	cr_assert(eq(int, get_report(FEATURE, 0, 64), 64));
	cr_assert(eq(u32, dfut_le32(data), 0x55aa01));
	cr_assert(eq(u32, dfut_le32(data + 4), 0xfafafafa));
	cr_assert(eq(int, set_long_report(FEATURE, 0, "\1\x55\xaa", 3, 64), 64));
	cr_assert(eq(int, get_report(FEATURE, 0, 64), 64));
	cr_assert(eq(u32, dfut_le32(data + 4), 0));
	cr_assert(eq(int, set_long_report(FEATURE, 0, "\7\xaa\x55", 3, 64), 64));
	host_wait_ms(host, 2000);
	assert_text(get_mode(), "application");
}

/* SinoWealth. */

Test(sim_hid, sinowealth_wants_zeros_to_the_end)
{
	plug("sinowealth-keyboard:bootloader-pid=1021", 1);
	cr_assert(eq(int, set_report(FEATURE | 5, 1, "\x05\x75\0\0\0\1", 6), 6));
	assert_stays();
	cr_assert(eq(int, set_report(FEATURE | 5, 1, "\x05\x75\0\0\0\0", 6), 6));
	assert_became(0x0603, 0x1021);
}

/* VIA. */

static int send_raw(const char *start, size_t start_size)
{
	uint8_t data[32] = { 0 };

	memcpy(data, start, start_size);
	return dfut_sim_endpoint_receive(host->device, 0x03, data, sizeof(data));
}

/* The first byte of the answer, DFUT_ERROR_BUSY if there is none. */
static int read_raw(void)
{
	int result = dfut_sim_endpoint_send(host->device, 0x82, host->request.buffer, 64);

	cr_assert(result == 32 || result < 0);
	return result < 0 ? result : host->request.buffer[0];
}

Test(sim_hid, via_echoes_then_jumps)
{
	plug("via-keyboard", 1);
	cr_assert(eq(int, read_raw(), DFUT_ERROR_BUSY));
	cr_assert(eq(int, send_raw("\x0b\xfe\xfe", 3), 32));
	cr_assert(eq(int, read_raw(), 0x0b));
	cr_assert(eq(u8, host->request.buffer[2], 0xfe));
	cr_assert(eq(int, read_raw(), DFUT_ERROR_BUSY));
	host_wait_ms(host, 99);
	cr_assert(dfut_sim_device_is_present(host->device));
	host_wait_ms(host, 2);
	cr_assert(not(dfut_sim_device_is_present(host->device)));
	assert_became(0x03eb, 0x2ff4);
	cr_assert(eq(int, send_raw("\x0b", 1), DFUT_ERROR_DEVICE));
}

Test(sim_hid, via_answers_other_commands)
{
	plug("via-keyboard", 1);
	cr_assert(eq(int, send_raw("\x01", 1), 32));
	cr_assert(eq(int, read_raw(), 1));
	cr_assert(eq(int, send_raw("\x0d", 1), 32));
	cr_assert(eq(int, read_raw(), 0xff));
	cr_assert(eq(int, send_raw("\x00\x0b", 2), 32));
	cr_assert(eq(int, read_raw(), 0xff));
	cr_assert(eq(sz, get_breaches(), 0));
	cr_assert(
		eq(int, dfut_sim_endpoint_receive(host->device, 0x03, (const uint8_t *)"\x0b", 2), DFUT_ERROR_DEVICE));
	cr_assert(has_breach("2 bytes instead of 32"));
	assert_stays();
}

Test(sim_hid, via_refuses_in_its_ways)
{
	plug("via-keyboard:via=refuse", 1);
	cr_assert(eq(int, send_raw("\x0b", 1), 32));
	cr_assert(eq(int, read_raw(), 0xff));
	assert_stays();
	plug("via-keyboard:via=locked", 1);
	cr_assert(eq(int, send_raw("\x0b", 1), 32));
	cr_assert(eq(int, read_raw(), 0x0b));
	assert_stays();
	plug("via-keyboard:trigger=stall", 1);
	cr_assert(eq(int, send_raw("\x0b", 1), DFUT_ERROR_DEVICE));
	assert_stays();
	plug("via-keyboard", 1);
	cr_assert(eq(int, set_long_report(OUTPUT, 1, "\x0b", 1, 32), DFUT_ERROR_DEVICE));
	assert_stays();
	cr_assert(eq(sz, get_breaches(), 0));
}

Test(sim_hid, via_jumps_without_an_echo)
{
	plug("via-keyboard:via=silent", 1);
	cr_assert(eq(int, send_raw("\x0b", 1), 32));
	cr_assert(eq(int, read_raw(), DFUT_ERROR_BUSY));
	host_wait_ms(host, 10);
	cr_assert(not(dfut_sim_device_is_present(host->device)));
	assert_became(0x03eb, 0x2ff4);
}

static const uint8_t *find_descriptor(uint8_t type)
{
	const struct host_device *device = host_get(host);
	const uint8_t *at = device->descriptors;

	while (at < device->descriptors + device->descriptors_size && at[1] != type)
		at += at[0];
	return at;
}

static void assert_dfu_state(uint8_t state)
{
	cr_assert(eq(int, host_in(host, 0xa1, DFUT_SIM_DFU_GETSTATE, 0, 0, 1), 1));
	cr_assert(eq(u8, host->request.buffer[0], state));
	cr_assert(eq(int, host_in(host, 0xa1, DFUT_SIM_DFU_GETSTATUS, 0, 0, 6), 6));
}

Test(sim_hid, via_jumps_to_its_bootloader)
{
	plug("via-keyboard:bootloader=stm32", 1);
	cr_assert(eq(int, send_raw("\x0b", 1), 32));
	assert_became(0x0483, 0xdf11);
	cr_assert(eq(int, memcmp(find_descriptor(4) + 5, "\xfe\1\2", 3), 0));
	cr_assert(eq(u16, dfut_le16(find_descriptor(0x21) + 7), 0x011a));
	assert_text(host_get(host)->strings[find_descriptor(4)[8]],
		    "@Internal Flash  /0x08000000/04*016Kg,01*064Kg,07*128Kg");
	open_interface(0);
	assert_dfu_state(DFU_IDLE);
	plug("via-keyboard:bootloader=rp2040", 1);
	cr_assert(eq(int, send_raw("\x0b", 1), 32));
	assert_became(0x2e8a, 0x0003);
	cr_assert(eq(int, memcmp(find_descriptor(4) + 5, "\x08\x06\x50", 3), 0));
	cr_assert(
		eq(int, dfut_sim_endpoint_receive(host->device, 0x02, (const uint8_t *)"USBC", 4), DFUT_ERROR_DEVICE));
	plug("via-keyboard:bootloader=atmel-dfu,vid=1234,pid=5678", 1);
	assert_ids(0x1234, 0x5678);
	cr_assert(eq(int, send_raw("\x0b", 1), 32));
	assert_became(0x03eb, 0x2ff4);
	open_interface(0);
	assert_dfu_state(DFU_IDLE);
	cr_assert(eq(sz, get_breaches(), 0));
}

/* Jabra. */

static const struct trigger jabra = {
	"jabra", 3, OUTPUT | 2, 33, BYTES("\x02\x01\x00\x01\x85\x07"), 0x0b0e, 0x0411,
};
static const struct trigger jabra_710 = {
	"jabra:family=710,", 3, OUTPUT | 5, 33, BYTES("\x05\x08\x00\x01\x85\x07"), 0x0b0e, 0x0982,
};

static void enter_runtime(const struct trigger *trigger, const char *options)
{
	plug_with(trigger, options);
	cr_assert(eq(int, send(trigger), 33));
	host_wait_ms(host, 2000);
	assert_text(get_mode(), "runtime-dfu");
	assert_ids(trigger->vendor_id, trigger->product_id);
	cr_assert(eq(int, memcmp(find_descriptor(4) + 5, "\xfe\1\1", 3), 0));
	open_interface(0);
	assert_dfu_state(APP_IDLE);
}

static int detach(uint16_t timeout_ms)
{
	return host_out(host, 0x21, DFUT_SIM_DFU_DETACH, timeout_ms, 0, NULL, 0);
}

/* A download of one block, then back to the application by a reset of the bus. */
static void update_jabra(void)
{
	host_wait_ms(host, 2000);
	assert_text(get_mode(), "bootloader");
	open_interface(0);
	assert_dfu_state(DFU_IDLE);
	cr_assert(eq(int, host_out(host, 0x21, DFUT_SIM_DFU_DNLOAD, 0, 0, "abc", 3), 3));
	assert_dfu_state(DFU_DNLOAD_SYNC);
	assert_dfu_state(DFU_DNLOAD_IDLE);
	cr_assert(eq(int, host_out(host, 0x21, DFUT_SIM_DFU_DNLOAD, 1, 0, NULL, 0), 0));
	assert_dfu_state(DFU_MANIFEST_SYNC);
	assert_dfu_state(DFU_IDLE);
	cr_assert(eq(sz, get_breaches(), 0));
	host_reset(host);
	host_wait_ms(host, 2000);
	assert_text(get_mode(), "application");
}

Test(sim_hid, jabra_goes_through_runtime_dfu)
{
	enter_runtime(&jabra, "");
	cr_assert(eq(int, detach(1000), 0));
	update_jabra();
	assert_ids(0x0b0e, 0x0412);
	enter_runtime(&jabra_710, "will-detach=no,dfu-protocol=0");
	cr_assert(eq(int, detach(1000), 0));
	host_wait_ms(host, 100);
	assert_dfu_state(APP_DETACH);
	host_reset(host);
	host_wait_ms(host, 2000);
	cr_assert(eq(int, memcmp(find_descriptor(4) + 5, "\xfe\1\0", 3), 0));
	update_jabra();
	assert_ids(0x0b0e, 0x2475);
}

Test(sim_hid, jabra_has_to_be_reset_in_time)
{
	enter_runtime(&jabra, "will-detach=no");
	cr_assert(eq(int, detach(200), 0));
	host_wait_ms(host, 300);
	assert_dfu_state(APP_IDLE);
	cr_assert(eq(int, host_reset(host), 0));
	host_wait_ms(host, 2000);
	assert_text(get_mode(), "runtime-dfu");
	cr_assert(eq(sz, get_breaches(), 0));
	enter_runtime(&jabra, "");
	cr_assert(eq(int, detach(1000), 0));
	host_reset(host);
	cr_assert(has_breach("bitWillDetach"));
}

Test(sim_hid, jabra_does_not_detach_if_so_wanted)
{
	enter_runtime(&jabra, "detach=stall");
	cr_assert(eq(int, detach(1000), DFUT_ERROR_DEVICE));
	enter_runtime(&jabra, "detach=ignore");
	cr_assert(eq(int, detach(1000), 0));
	host_wait_ms(host, 2000);
	assert_text(get_mode(), "runtime-dfu");
	assert_dfu_state(APP_IDLE);
}

Test(sim_hid, jabra_takes_the_report_of_its_family)
{
	plug("jabra", 3);
	cr_assert(eq(int, send(&jabra_710), DFUT_ERROR_DEVICE));
	cr_assert(has_breach("output report 0x05"));
	cr_assert(eq(int, set_long_report(OUTPUT | 2, 3, "\x02\x08\x00\x01\x85\x07", 6, 33), 33));
	cr_assert(eq(int, set_long_report(OUTPUT | 2, 3, "\x02\x01\x00\x01\x85\x07\1", 7, 33), 33));
	assert_stays();
	plug("jabra:pid=0420,release=0213", 3);
	assert_ids(0x0b0e, 0x0420);
	cr_assert(eq(u16, dfut_le16(&host_get(host)->descriptors[12]), 0x0213));
	plug_with(&jabra, "trigger=stall");
	cr_assert(eq(int, send(&jabra), DFUT_ERROR_DEVICE));
	assert_stays();
	plug_with(&jabra, "return-as=application");
	cr_assert(eq(int, send(&jabra), 33));
	host_wait_ms(host, 2000);
	assert_text(get_mode(), "application");
}

/* Teensy. */

static const char teensy_magic[] = "\xa9\x45\xc2\x6b";

/* It leaves that many milliseconds after the answer, and not before. */
static void assert_leaves_after(uint32_t ms)
{
	host_wait_ms(host, ms - 2);
	cr_assert(dfut_sim_device_is_present(host->device));
	host_wait_ms(host, 2);
	cr_assert(not(dfut_sim_device_is_present(host->device)));
	assert_became(0x16c0, 0x0478);
}

static int set_line_coding(uint32_t baud)
{
	uint8_t coding[7] = { 0, 0, 0, 0, 0, 0, 8 };

	dfut_put_le32(coding, baud);
	return host_out(host, 0x21, 0x20, 0, 0, coding, sizeof(coding));
}

Test(sim_hid, teensy_leaves_after_some_frames)
{
	plug("teensy", 2);
	cr_assert(eq(int, set_report(FEATURE, 2, teensy_magic, 4), 4));
	assert_leaves_after(5);
	plug("teensy:model=4", 2);
	cr_assert(eq(int, set_report(FEATURE, 2, teensy_magic, 4), 4));
	assert_leaves_after(10);
	plug("teensy:type=serial", 0);
	cr_assert(eq(int, set_line_coding(134), 7));
	assert_leaves_after(15);
	plug("teensy:type=serial,model=4", 0);
	cr_assert(eq(int, set_line_coding(134), 7));
	assert_leaves_after(10);
}

Test(sim_hid, teensy_does_not_answer_other_reports)
{
	const struct dfut_sim_record *record;

	plug("teensy", 2);
	cr_assert(eq(int, set_report(FEATURE, 2, "\0\xa9\x45\xc2\x6b", 5), DFUT_ERROR_TIMEOUT));
	cr_assert(has_breach("5 bytes instead of 4"));
	cr_assert(eq(int, set_report(FEATURE | 1, 2, teensy_magic, 4), DFUT_ERROR_TIMEOUT));
	cr_assert(eq(int, set_report(OUTPUT, 2, teensy_magic, 4), DFUT_ERROR_TIMEOUT));
	assert_stays();
	plug("teensy:model=4", 2);
	cr_assert(eq(int, set_report(FEATURE, 2, "\0\xa9\x45\xc2\x6b", 5), DFUT_ERROR_DEVICE));
	cr_assert(eq(int, set_report(FEATURE, 2, "\1\2\3\4", 4), 4));
	cr_assert(eq(int, set_report(FEATURE, 2, "\1\2\3\4", 4), 4));
	record = dfut_sim_device_get_record(host->device, dfut_sim_device_get_record_count(host->device) - 1);
	assert_text(record->text, "monitored");
	assert_stays();
}

Test(sim_hid, teensy_keyboard_still_has_lights)
{
	plug("teensy", 0);
	cr_assert(eq(int, set_report(OUTPUT, 0, "\2", 1), 1));
	cr_assert(eq(sz, get_breaches(), 0));
}

Test(sim_hid, teensy_is_not_touched_with_1200_baud)
{
	plug("teensy:type=serial", 0);
	assert_ids(0x16c0, 0x0483);
	check_descriptors();
	open_interface(0);
	cr_assert(eq(int, host_out(host, 0x21, 0x22, 1, 0, NULL, 0), 0));
	cr_assert(eq(int, set_line_coding(1200), 7));
	cr_assert(eq(int, host_out(host, 0x21, 0x22, 0, 0, NULL, 0), 0));
	cr_assert(eq(int, host_in(host, 0xa1, 0x21, 0, 0, 7), 7));
	cr_assert(eq(u32, dfut_le32(host->request.buffer), 1200));
	assert_stays();
	plug("teensy:type=serial,leave=no,pid=1234", 0);
	assert_ids(0x16c0, 0x1234);
	cr_assert(eq(int, set_line_coding(134), 7));
	assert_stays();
	plug("teensy:type=serial,trigger=stall", 0);
	cr_assert(eq(int, set_line_coding(134), DFUT_ERROR_DEVICE));
	assert_stays();
	plug("teensy:type=serial,race=gone", 0);
	cr_assert(eq(int, set_line_coding(134), DFUT_ERROR_GONE));
	assert_became(0x16c0, 0x0478);
}

Test(sim_hid, teensy_bootloader_starts_the_program)
{
	static const uint8_t block[1088] = { 0xff, 0xff, 0xff };
	static const uint8_t other[1088] = { 0 };

	plug("teensy", 2);
	cr_assert(eq(int, set_report(FEATURE, 2, teensy_magic, 4), 4));
	host_wait_ms(host, 2000);
	open_interface(0);
	cr_assert(eq(int, set_report(OUTPUT, 0, other, sizeof(other)), sizeof(other)));
	host_wait_ms(host, 2000);
	assert_text(get_mode(), "bootloader");
	cr_assert(eq(int, set_report(OUTPUT, 0, block, sizeof(block)), sizeof(block)));
	host_wait_ms(host, 2000);
	assert_ids(0x16c0, 0x0482);
	cr_assert(eq(sz, get_breaches(), 0));
}

/* State files: a device goes on where it was. */
Test(sim_hid, remembers_its_mode)
{
	char path[] = "/tmp/dfutrigger-sim-XXXXXX";
	char spec[128];
	int fd = mkstemp(path);

	cr_assert(ge(int, fd, 0));
	close(fd);
	remove(path);
	snprintf(spec, sizeof(spec), "jabra:state=%s", path);
	plug(spec, 3);
	cr_assert(eq(int, send(&jabra), 33));
	host_wait_ms(host, 2000);
	stop();
	plug(spec, 0);
	assert_text(get_mode(), "runtime-dfu");
	assert_dfu_state(APP_IDLE);
	stop();
	remove(path);
}
