/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The virtual boards with a SAM whose bootloader speaks SAM-BA: commands, memories, and what a host must not do. */

#include <unistd.h>

#include "samba-host.h"

#define SAMD21_BUFFER 0x20004000u
#define RESET "WE000ED0C,05FA0004#"

TestSuite(sim_samba, .fini = stop, .timeout = 60);

static uint8_t image[16384];

static void start_again(void)
{
	say(RESET);
	host_wait_ms(host, 2000);
}

/* What they are. */

Test(sim_samba, boards_have_their_ids_and_memories)
{
	static const struct {
		const char *spec;
		uint16_t ids[4];
		uint32_t size;
	} cases[] = {
		{ "samd", { 0x2341, 0x804d, 0x2341, 0x004d }, 0x40000 },
		{ "samd:board=mkr", { 0x2341, 0x804e, 0x2341, 0x004e }, 0x40000 },
		{ "samd:board=nano-33-iot", { 0x2341, 0x8057, 0x2341, 0x0057 }, 0x40000 },
		{ "samd:board=xiao-samd21", { 0x2886, 0x802f, 0x2886, 0x002f }, 0x40000 },
		{ "samd:board=metro-m4", { 0x239a, 0x8020, 0x239a, 0x0020 }, 0x80000 },
		{ "samd:board=nano-33-ble", { 0x2341, 0x805a, 0x2341, 0x005a }, 0x100000 },
		{ "samd:board=due", { 0x2341, 0x003e, 0x03eb, 0x6124 }, 0x80000 },
		{ "samd:board=metro-m4,vid=1209,pid=0001", { 0x1209, 0x0001, 0x239a, 0x0020 }, 0x80000 },
	};

	for (size_t i = 0; i < DFUT_COUNT(cases); i++) {
		size_t size;

		plug(cases[i].spec);
		assert_mode("application");
		assert_ids(cases[i].ids[0], cases[i].ids[1]);
		touch();
		assert_ids(cases[i].ids[2], cases[i].ids[3]);
		dfut_sim_device_get_memory(host->device, "flash", &size);
		cr_assert(eq(sz, size, cases[i].size));
		assert_breaches(0);
	}
}

/* The monitor. */

Test(sim_samba, tells_what_it_is)
{
	plug_bootloader("samd");
	assert_said("N#", "\n\r");
	assert_said("V#", "v2.0 [Arduino:XYZ] Apr 19 2019 14:38:48\n\r");
	assert_said("I#", "");
	assert_said("q#", "");
	assert_word("w00000000,4#", 0x20004000);
	assert_word("wE000ED00,4#", 0x410cc601);
	assert_word("w41002018,4#", 0x10010305);
	assert_said("h41002018,2#", "\x05\x03");
	assert_said("o4100201b,4#", "\x10");
	assert_breaches(0);
	cr_assert(eq(sz, host->device->counters.frames, 9));
}

/* The pieces of an answer come one by one. */
Test(sim_samba, tells_its_version_in_packets)
{
	static const char *const packets[] = { "v",	      "2.0", " ",	 "[Arduino:XYZ]", " ",
					       "Apr 19 2019", " ",   "14:38:48", "\n\r" };
	struct dfut_action action = { .kind = DFUT_ACTION_READ,
				      .link = DFUT_LINK_SERIAL,
				      .transfer = { .length = 256 } };

	plug_bootloader("samd");
	say("V#");
	for (size_t i = 0; i < DFUT_COUNT(packets); i++) {
		cr_assert(eq(int, host_run(host, &action, REPLY_MS), (int)strlen(packets[i])));
		cr_assert(eq(int, memcmp(host->request.buffer, packets[i], strlen(packets[i])), 0));
	}
	assert_silent();
}

Test(sim_samba, adafruits_is_quieter)
{
	plug_bootloader("samd:board=xiao-samd21");
	say_quietly("N#");
	say_quietly("T#");
	say("V#");
	assert_heard_bytes("v1.1 [Arduino:XYZ] Feb 19 2019 01:27:02\n\r", 42);
	assert_word("w41002018,4#", 0x10010305);
	plug_bootloader("samd:board=metro-m4");
	assert_word("wE000ED00,4#", 0x410fc241);
	assert_word("w41002018,4#", 0x60060305);
	assert_breaches(0);
}

Test(sim_samba, has_a_terminal)
{
	plug_bootloader("samd");
	assert_said("T#", "\n\r>");
	assert_said("wE000ED00,4#", "\n\r0x410CC601\n\r>");
	assert_said("N#", "\n\r");
	assert_said("N#", "\n\r");
	assert_breaches(0);
}

/* Bytes, and how they are put together. */
Test(sim_samba, takes_commands_byte_by_byte)
{
	plug_bootloader("samd");
	say("w4100");
	say("2018,");
	assert_word("4#", 0x10010305);
	say_bytes("\xff\xffw41002018,4\xff#\xff", 16);
	assert_heard_bytes("\x05\x03\x01\x10", 4);
	say("W20001000,12345678#W20001004,9abcdef0#w20001004,4#");
	assert_heard_bytes("\xf0\xde\xbc\x9a", 4);
	say("O20001000,ab#H20001002,cdef#");
	assert_word("w20001000,4#", 0xcdef56ab);
	assert_breaches(0);
	/* What is behind a version in its packet is lost; Adafruit's loses what is behind an FF. */
	say("V#N#");
	cr_assert(eq(sz, hear(REPLY_MS), 41));
	plug_bootloader("samd:board=metro-m4");
	say_bytes("\xffw41002018,4#", 13);
	assert_silent();
	assert_word("w41002018,4#", 0x60060305);
}

/* Reading. */

Test(sim_samba, reads_63_bytes_at_most)
{
	plug_bootloader("samd");
	say("R00002000,3F#");
	assert_heard_bytes(get_flash() + 0x2000, 63);
	assert_breaches(0);
	say("R00002000,40#");
	cr_assert(eq(sz, hear(REPLY_MS), 64));
	cr_assert(ne(int, memcmp(heard, get_flash() + 0x2000, 64), 0));
	assert_breach("R of 64 bytes");
	say("R00002000,1000#");
	cr_assert(eq(sz, hear(REPLY_MS), 4096));
	assert_breach("R of 4096 bytes");
}

Test(sim_samba, hangs_where_nothing_is)
{
	static const char *const commands[] = { "w400E0740,4#", "R30000000,4#", "W60000000,1#", "Z0003FFFF,2#",
						"o20008000,1#" };
	struct dfut_action lower = { .kind = DFUT_ACTION_LINES,
				     .link = DFUT_LINK_SERIAL,
				     .lines = { .which = DFUT_LINE_DTR } };

	for (size_t i = 0; i < DFUT_COUNT(commands); i++) {
		plug_bootloader("samd");
		say(commands[i]);
		assert_silent();
		assert_breach("it hangs");
		cr_assert(eq(int, write_bytes("N#", 2, 1000), DFUT_ERROR_TIMEOUT));
		cr_assert(eq(int, host_run(host, &lower, 6000), DFUT_ERROR_TIMEOUT));
		dfut_sim_device_press_reset(host->device);
		host_wait_ms(host, 2000);
		assert_mode("application");
		touch();
		open_port();
		assert_said("N#", "\n\r");
	}
}

Test(sim_samba, sums_up)
{
	plug_bootloader("samd");
	send_buffer(SAMD21_BUFFER, (const uint8_t *)"123456789", 9);
	assert_said("Z20004000,9#", "Z000031C3#\n\r");
	assert_said("Z20004000,0#", "Z00000000#\n\r");
	assert_crc(0x2000, get_flash() + 0x2000, 0x1000);
	assert_breaches(0);
}

/* Data of S. */

Test(sim_samba, takes_data_in_packets_of_their_own)
{
	fill(image, sizeof(image), 1);
	plug_bootloader("samd");
	say("S20004000,100#");
	say_bytes(image, 256);
	assert_crc(SAMD21_BUFFER, image, 256);
	assert_breaches(0);
	/* In the packet of the command: what follows is stored over it. */
	say("S20005000,4#abcd");
	assert_word("w20005000,4#", 0x64636261);
	assert_breach("in the packet of its command");
	say("S20005000,6#ab");
	say("cdef");
	assert_word("w20005000,4#", 0x66656463);
	assert_breach("in the packet of its command");
	/* And what is behind the data is lost. */
	say("S20005000,4#");
	say("wxyzN#");
	assert_silent();
	assert_breach("they are lost");
	assert_said("N#", "\n\r");
	say("S20007fff,4#");
	cr_assert(ge(int, write_bytes("abcd", 4, 1000), 0));
	assert_breach("nothing is at 0x20007fff");
}

/* Writing. */

Test(sim_samba, erases_and_writes)
{
	fill(image, sizeof(image), 2);
	plug_bootloader("samd");
	assert_said("X00002000#", "X\n\r");
	cr_assert(is_filled(0x2000, 0x3e000, 0xff));
	cr_assert(eq(sz, host->device->counters.pages, 992));
	for (uint32_t at = 0; at < sizeof(image); at += 4096)
		write_flash(SAMD21_BUFFER, 0x2000 + at, image + at, 4096);
	cr_assert(eq(int, memcmp(get_flash() + 0x2000, image, sizeof(image)), 0));
	cr_assert(eq(sz, host->device->counters.words, 4096));
	cr_assert(eq(sz, host->device->counters.objects, 4));
	for (uint32_t at = 0; at < sizeof(image); at += 4096)
		assert_crc(0x2000 + at, image + at, 4096);
	assert_breaches(0);
}

Test(sim_samba, takes_its_time)
{
	uint64_t start_us;

	plug_bootloader("samd");
	start_us = host_get_time_us(host);
	assert_said("X00002000#", "X\n\r");
	cr_assert(ge(u64, host_get_time_us(host) - start_us, 3968000));
	start_us = host_get_time_us(host);
	write_flash(SAMD21_BUFFER, 0x2000, image, 4096);
	cr_assert(ge(u64, host_get_time_us(host) - start_us, 160000));
	plug_bootloader("samd:erase-us=0,page-us=0");
	start_us = host_get_time_us(host);
	say("X00002000#");
	cr_assert(eq(sz, hear(1), 3));
	cr_assert(lt(u64, host_get_time_us(host) - start_us, 200000));
}

Test(sim_samba, does_not_erase_when_it_writes)
{
	fill(image, sizeof(image), 3);
	plug_bootloader("samd");
	write_flash(SAMD21_BUFFER, 0x2000, image, 64);
	assert_breach("was not erased");
	assert_said("X00003000#", "X\n\r");
	write_flash(SAMD21_BUFFER, 0x3000, image, 66);
	cr_assert(eq(int, memcmp(get_flash() + 0x3000, image, 64), 0));
	cr_assert(is_filled(0x3040, 2, 0xff));
	assert_breach("Y of 66 bytes");
	write_flash(SAMD21_BUFFER, 0x3104, image, 64);
	cr_assert(eq(int, memcmp(get_flash() + 0x3104, image, 64), 0));
	assert_breach("to 0x00003104");
	/* Erased is what holds the address, and what follows. */
	assert_said("X00003180#", "X\n\r");
	cr_assert(is_filled(0x3100, 0x100, 0xff));
	cr_assert(eq(int, memcmp(get_flash() + 0x3000, image, 64), 0));
	assert_said("X00040000#", "X\n\r");
	cr_assert(eq(int, memcmp(get_flash() + 0x3000, image, 64), 0));
	say("Y0003FFC0,80#");
	assert_silent();
	assert_breach("nothing is at 0x00040000");
}

Test(sim_samba, samd51_writes_16_bytes_at_once)
{
	fill(image, sizeof(image), 4);
	plug_bootloader("samd:board=metro-m4");
	assert_said("X00004000#", "X\n\r");
	cr_assert(eq(sz, host->device->counters.pages, 62));
	write_flash(SAMD21_BUFFER, 0x4000, image, 4096);
	write_flash(SAMD21_BUFFER, 0x5000, image + 4096, 512);
	cr_assert(eq(int, memcmp(get_flash() + 0x4000, image, 4608), 0));
	assert_crc(0x4000, image, 4608);
	assert_breaches(0);
	write_flash(SAMD21_BUFFER, 0x5200, image, 24);
	cr_assert(is_filled(0x5210, 8, 0xff));
	assert_breach("Y of 24 bytes");
}

/* The controller of the flash. */

Test(sim_samba, samd21_is_written_by_registers)
{
	plug_bootloader("samd:erase-us=6000,page-us=2500");
	assert_word("w41004008,4#", 0x00031000);
	say("W41004004,00040080#");
	say("W4100401C,00001000#");
	say("W41004000,0000A502#");
	assert_word("w41004014,4#", 0);
	host_wait_ms(host, 10);
	assert_word("w41004014,4#", 1);
	cr_assert(is_filled(0x2000, 256, 0xff));
	cr_assert(ne(u8, get_flash()[0x2100], 0xff));
	say("W41004000,0000A544#");
	for (int i = 0; i < 16; i++) {
		char command[32];

		snprintf(command, sizeof(command), "W%08X,%08X#", 0x2040 + 4 * i, 0x11111111 * (i % 4 + 1));
		say(command);
	}
	say("W4100401C,00001020#");
	say("W41004000,0000A504#");
	host_wait_ms(host, 10);
	assert_word("w0000204C,4#", 0x44444444);
	assert_word("w41004014,4#", 1);
	assert_breaches(0);
	say("W41004000,00000002#");
	assert_word("w41004014,4#", 3);
	say("W41004014,00000002#");
	assert_word("w41004014,4#", 1);
	say("W41004000,0000A502#");
	say("W41004000,0000A502#");
	assert_breach("while it is not ready");
	say("W41004000,0000A505#");
	assert_breach("fuses");
	say("W41004000,0000A545#");
	assert_breach("bricked: the security bit");
}

Test(sim_samba, samd51_is_written_by_registers)
{
	plug_bootloader("samd:board=metro-m4");
	say("o41004012,4#");
	assert_heard_bytes("\x01", 1);
	say("W41004014,00004000#");
	say("W41004004,0000A501#");
	say("o41004012,4#");
	assert_heard_bytes("\0", 1);
	host_wait_ms(host, 200);
	cr_assert(is_filled(0x4000, 8192, 0xff));
	say("W41004004,0000A515#");
	say("W00004200,cafebabe#");
	say("W41004014,00004200#");
	say("W41004004,0000A503#");
	host_wait_ms(host, 20);
	assert_word("w00004200,4#", 0xcafebabe);
	say("o41004010,4#");
	assert_heard_bytes("\0", 1);
	assert_breaches(0);
}

/* The end of a bootloader. */

Test(sim_samba, is_killed_below_its_application)
{
	static const char *const commands[] = { "X00000000#", "X00001FFF#", "Y00001FC0,40#", "Y00000000,1000#" };

	for (size_t i = 0; i < DFUT_COUNT(commands); i++) {
		plug_bootloader("samd");
		assert_said("Y20004000,0#", "Y\n\r");
		say(commands[i]);
		host_wait_ms(host, 5000);
		assert_breach("bricked");
		cr_assert(not(dfut_sim_device_is_present(host->device)));
		dfut_sim_device_press_reset(host->device);
		host_wait_ms(host, 100);
		dfut_sim_device_press_reset(host->device);
		host_wait_ms(host, 5000);
		cr_assert(not(dfut_sim_device_is_present(host->device)));
	}
}

/* Starting. */

Test(sim_samba, starts_its_application)
{
	fill(image, sizeof(image), 5);
	dfut_put_le32(image, 0x20008000);
	dfut_put_le32(image + 4, 0x2101);
	plug_bootloader("samd");
	start_again();
	assert_mode("application");
	touch();
	open_port();
	assert_said("X00002000#", "X\n\r");
	write_flash(SAMD21_BUFFER, 0x2000, image, 4096);
	say("G00002000#");
	host_wait_ms(host, 2000);
	assert_mode("application");
	assert_ids(0x2341, 0x804d);
	assert_breaches(0);
}

Test(sim_samba, stays_where_nothing_can_be_started)
{
	static const char *const specs[] = { "samd:blank=yes", "samd:board=xiao-samd21,blank=yes",
					     "samd:board=nano-33-ble,blank=yes", "samd:board=due,blank=yes" };

	for (size_t i = 0; i < DFUT_COUNT(specs); i++) {
		plug(specs[i]);
		assert_mode("bootloader");
		dfut_sim_device_press_reset(host->device);
		host_wait_ms(host, 2000);
		assert_mode("bootloader");
		cr_assert(dfut_sim_device_is_present(host->device));
	}
}

/* Made for another address: Arduino's starts it, and only a second press of the button helps; Adafruit's looks at it. */
Test(sim_samba, starts_what_does_not_run)
{
	fill(image, sizeof(image), 6);
	dfut_put_le32(image, 0x20008000);
	dfut_put_le32(image + 4, 0x1b5);
	for (int i = 0; i < 2; i++) {
		plug_bootloader(i ? "samd:board=xiao-samd21" : "samd");
		assert_said("X00002000#", "X\n\r");
		write_flash(SAMD21_BUFFER, 0x2000, image, 4096);
		start_again();
		assert_mode(i ? "bootloader" : "application");
		cr_assert(eq(int, dfut_sim_device_is_present(host->device), i));
		dfut_sim_device_press_reset(host->device);
		host_wait_ms(host, 200);
		dfut_sim_device_press_reset(host->device);
		host_wait_ms(host, 2000);
		assert_mode("bootloader");
		cr_assert(dfut_sim_device_is_present(host->device));
	}
}

Test(sim_samba, runs_what_copies_words)
{
	fill(image, sizeof(image), 8);
	plug_bootloader("samd");
	send_buffer(0x20005000, image, 64);
	copy_words(SAMD21_BUFFER, 0x20006000, 0x20005000, 16);
	assert_crc(0x20006000, image, 64);
	copy_words(SAMD21_BUFFER, 0x20006000, 0x20005000, 0);
	say("W4100401C,00001000#");
	say("W41004000,0000A502#");
	host_wait_ms(host, 10);
	say("W41004004,00000080#");
	copy_words(SAMD21_BUFFER, 0x2000, 0x20005000, 16);
	say("W41004000,0000A504#");
	cr_assert(eq(int, memcmp(get_flash() + 0x2000, image, 64), 0));
	assert_breaches(0);
	copy_words(SAMD21_BUFFER, 0x30000000, 0x20005000, 1);
	assert_silent();
	assert_breach("it runs what is at 0x20004020");
}

Test(sim_samba, hangs_when_it_runs_anything_else)
{
	plug_bootloader("samd");
	say("G20004000#");
	assert_silent();
	assert_breach("it runs what is at 0x20004000");
}

/* A secured one. */

Test(sim_samba, secured_hides_its_memory)
{
	fill(image, sizeof(image), 7);
	plug_bootloader("samd:board=nano-33-iot");
	assert_said("V#", "v2.0 [Arduino:XYZ] Apr 19 2019 14:38:48\n\r");
	assert_word("w00000000,4#", 0x20004000);
	assert_word("wE000ED00,4#", 0);
	assert_word("w00002000,4#", 0);
	say("R00002000,3F#");
	cr_assert(eq(sz, hear(REPLY_MS), 63));
	cr_assert(ne(int, memcmp(heard, get_flash() + 0x2000, 63), 0));
	say_quietly("G00002000#");
	assert_crc(0x2000, get_flash() + 0x2000, 0x400);
	/* The first Y erases. */
	write_flash(SAMD21_BUFFER, 0x2000, image, 4096);
	cr_assert(eq(int, memcmp(get_flash() + 0x2000, image, 4096), 0));
	cr_assert(is_filled(0x3000, 0x3d000, 0xff));
	write_flash(SAMD21_BUFFER, 0x3000, image, 4096);
	cr_assert(eq(int, memcmp(get_flash() + 0x2000, image, 4096), 0));
	assert_breaches(0);
	/* And so does X, wherever from. */
	assert_said("X00000000#", "X\n\r");
	cr_assert(is_filled(0x2000, 0x3e000, 0xff));
	assert_breaches(0);
	start_again();
	assert_mode("bootloader");
	plug_bootloader("samd:board=nano-33-iot,secured=no");
	assert_word("wE000ED00,4#", 0x410cc601);
}

/* Faults, and what is kept. */

Test(sim_samba, line_spoils_bytes)
{
	static const struct {
		const char *fault;
		const char *answer;
	} cases[] = {
		{ "lost-byte", "" },	      { "noise", "\n\r" },	     { "lost-reply", "" },
		{ "spoilt-reply", "\n\x1d" }, { "noisy-reply", "AT\r\n\r" },
	};

	for (size_t i = 0; i < DFUT_COUNT(cases); i++) {
		struct dfut_sim_fault fault = { .size = sizeof(fault) };

		plug_bootloader("samd");
		fault.request = dfut_sim_device_get_request_count(host->device);
		fault.kind = i == 0 ? DFUT_SIM_FAULT_LOST_BYTE :
			     i == 1 ? DFUT_SIM_FAULT_NOISE :
			     i == 2 ? DFUT_SIM_FAULT_LOST_REPLY :
			     i == 3 ? DFUT_SIM_FAULT_SPOILT_REPLY :
				      DFUT_SIM_FAULT_NOISY_REPLY;
		cr_assert(eq(int, dfut_sim_device_add_fault(host->device, &fault), 0));
		assert_said("N#", cases[i].answer);
		assert_said("N#", "\n\r");
	}
}

Test(sim_samba, notes_what_was_not_read)
{
	plug_bootloader("samd");
	say("N#");
	say("N#");
	assert_breach("before the last answer was read");
}

Test(sim_samba, keeps_its_flash)
{
	char spec[128];
	char path[64];

	snprintf(path, sizeof(path), "/tmp/dfutrigger-test-samba-%d", (int)getpid());
	snprintf(spec, sizeof(spec), "samd:state=%s", path);
	plug_bootloader(spec);
	assert_said("X00002000#", "X\n\r");
	write_flash(SAMD21_BUFFER, 0x2000, image, 64);
	plug(spec);
	assert_mode("bootloader");
	cr_assert(eq(int, memcmp(get_flash() + 0x2000, image, 64), 0));
	open_port();
	assert_said("N#", "\n\r");
	remove(path);
}
