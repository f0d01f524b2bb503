/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The virtual boards whose SAM-BA is another one: dialect 2.0 of Nano 33 BLE and UNO R4 WiFi, ROM of a Due. */

#include "samba-host.h"

#define R4 "samd:board=uno-r4-wifi"
#define BLE "samd:board=nano-33-ble"
#define DUE "samd:board=due"
#define VERSION "Arduino Bootloader (SAM-BA extended) 2.0 [Arduino:IKXYZ]\n\r"
#define DUE_BUFFER 0x20001000u

TestSuite(sim_samba_boards, .fini = stop, .timeout = 60);

static uint8_t image[8192];

/* UNO R4 WiFi. */

/* 1200 baud do it, and then its loader's speed. */
static void plug_r4(const char *spec, uint32_t baud)
{
	plug(spec);
	open_port();
	set_baud(1200);
	host_wait_ms(host, 350);
	assert_mode("bootloader");
	set_baud(baud);
}

static size_t count_arrivals(void)
{
	size_t count = 0;

	for (size_t i = 0; i < dfut_sim_device_get_record_count(host->device); i++)
		count += dfut_sim_device_get_record(host->device, i)->event == DFUT_SIM_EVENT_ARRIVED;
	return count;
}

Test(sim_samba_boards, r4_never_leaves)
{
	plug(R4);
	assert_ids(0x2341, 0x1002);
	open_port();
	say_quietly("N#");
	set_baud(1200);
	assert_mode("application");
	host_wait_ms(host, 350);
	assert_mode("bootloader");
	assert_ids(0x2341, 0x1002);
	set_baud(230400);
	assert_said("N#", "\n\r");
	assert_said("V#", VERSION);
	assert_said("I#", "nRF52840-QIAA\n\r");
	say_quietly("K#");
	host_wait_ms(host, 100);
	assert_mode("application");
	say_quietly("N#");
	cr_assert(eq(sz, count_arrivals(), 1));
	assert_breaches(0);
	plug(R4 ",leave=no");
	open_port();
	set_baud(1200);
	host_wait_ms(host, 1000);
	assert_mode("application");
	plug(R4 ",blank=yes");
	assert_mode("bootloader");
}

Test(sim_samba_boards, r4_hears_at_its_speed)
{
	plug_r4(R4, 115200);
	say_quietly("N#");
	set_baud(230400);
	/* What came before spoils this one. */
	say_quietly("N#");
	assert_said("N#", "\n\r");
	plug_r4(R4 ",dfu=yes", 230400);
	say_quietly("N#");
	set_baud(115200);
	say_quietly("N#");
	assert_said("N#", "\n\r");
	assert_breach("command 0xce");
	/* A line coding throws away what was not read. */
	say("N#");
	host_wait_ms(host, 10);
	set_baud(230400);
	assert_silent();
	set_baud(2400);
	assert_breach("in its ROM");
	set_baud(115200);
	say_quietly("N#");
	set_baud(1200);
	host_wait_ms(host, 350);
	set_baud(115200);
	assert_said("N#", "\n\r");
}

Test(sim_samba_boards, r4_skips_nothing)
{
	plug_r4(R4, 230400);
	say_bytes("\xff", 1);
	say_quietly("N#");
	assert_breach("command 0xff");
	say_quietly("\n\rN#");
	assert_breach("command 0x0a");
	say_quietly("w00000000,4#");
	assert_breach("command 0x77");
	say_quietly("R00000000,4#");
	say_quietly("W00000000,4#");
	say_quietly("G00000000#");
	assert_said("N#", "\n\r");
	/* It looks at lines only while '#' is the last byte. */
	say_quietly("N#V");
	assert_said("#", "\n\r");
	assert_breach("right behind '#'");
	for (int i = 0; i < 64; i++)
		say("x");
	say_quietly("N#");
	assert_breach("64 bytes and no end");
	say_quietly("N#");
	set_baud(1200);
	host_wait_ms(host, 350);
	set_baud(230400);
	assert_said("N#", "\n\r");
}

Test(sim_samba_boards, r4_is_written)
{
	fill(image, sizeof(image), 1);
	dfut_put_le32(image, 0x20008000);
	dfut_put_le32(image + 4, 0x4101);
	plug_r4(R4, 230400);
	assert_said("X00000000#", "X\n\r");
	cr_assert(ne(u8, get_flash()[0x4000 + 0x100], 0xff));
	write_flash(0, 0, image, 4096);
	write_flash(4096, 4096, image + 4096, 4096);
	cr_assert(eq(int, memcmp(get_flash() + 0x4000, image, sizeof(image)), 0));
	cr_assert(eq(sz, host->device->counters.pages, 4));
	assert_crc(0, image, 4096);
	assert_crc(4096, image + 4096, 4096);
	say_quietly("K#");
	assert_mode("application");
	assert_breaches(0);
	plug_r4(R4 ",dfu=yes,crc=no", 115200);
	write_flash(0, 0, image, 4096);
	say_quietly("Z00000000,1000#");
	cr_assert(eq(int, memcmp(get_flash() + 0x8000, image, 4096), 0));
	assert_breaches(0);
}

/* Two blocks are erased: of two chunks of one block each, the first one is written last. */
Test(sim_samba_boards, r4_erases_two_blocks)
{
	fill(image, sizeof(image), 2);
	plug_r4(R4, 230400);
	write_flash(0, 2048, image + 2048, 2048);
	write_flash(0, 0, image, 2048);
	cr_assert(eq(int, memcmp(get_flash() + 0x4000, image, 2048), 0));
	cr_assert(is_filled(0x4800, 2048, 0xff));
	assert_breaches(0);
	/* The last block has none behind it. */
	write_flash(0, 0x3b800, image, 2048);
	cr_assert(eq(int, memcmp(get_flash() + 0x3f800, image, 2048), 0));
	assert_breaches(0);
	write_flash(0, 0x3c000, image, 2048);
	assert_breach("nothing is written");
	write_flash(0, 0x100, image, 256);
	assert_breach("was not erased");
}

Test(sim_samba_boards, r4_writes_8_bytes_at_once)
{
	fill(image, sizeof(image), 3);
	plug_r4(R4, 230400);
	/* What does not begin with a stack is no application. */
	write_flash(0, 0, image, 4096);
	say("K#");
	host_wait_ms(host, 1000);
	assert_mode("bootloader");
	plug_r4(R4, 230400);
	write_flash(0, 0, image, 12);
	cr_assert(is_filled(0x4000, 4096, 0xff));
	assert_breach("Y of 12 bytes to 0x00000000: nothing is written");
	write_flash(0, 4, image, 8);
	cr_assert(is_filled(0x4000, 4096, 0xff));
	assert_breach("to 0x00000004: nothing is written");
	write_flash(8, 8, image, 8);
	cr_assert(eq(int, memcmp(get_flash() + 0x4008, image, 8), 0));
	assert_breaches(0);
	/* Below where addresses begin */
	assert_said("Y00000000,0#", "Y\n\r");
	say_quietly("YFFFFC000,00000800#");
	assert_breach("bricked: its bootloader was erased at 0x00000000");
	cr_assert(dfut_sim_device_is_present(host->device));
	set_baud(1200);
	host_wait_ms(host, 350);
	set_baud(230400);
	say_quietly("N#");
}

Test(sim_samba_boards, r4_reads_numbers_where_they_are)
{
	plug_r4(R4, 230400);
	assert_said("Y0,0#", "Y\n\r");
	assert_breach("'Y' without 8 digits");
	assert_said("Z00000000,0#", "Z00000000#\n\r");
	assert_breaches(0);
	say_quietly("Z00000000,1001#");
	assert_breach("Z of more than 4096 bytes");
	say_quietly("N#");
	plug_r4(R4, 230400);
	say_quietly("S00001001,1000#");
	assert_breach("S beyond its buffer");
	say_quietly("N#");
	plug_r4(R4, 230400);
	say("S00000000,4#");
	say_quietly("abc");
	say_quietly("d");
	assert_said("N#", "\n\r");
	say("S00000000,4#");
	say_quietly("efghN#");
	assert_breach("right behind the data");
	assert_said("N#", "\n\r");
	say_quietly("Q#");
	assert_breach("Q, which takes 41 s");
	say_quietly("N#");
	assert_breach("while it writes");
	host_wait_ms(host, 41000);
	assert_said("N#", "\n\r");
}

/* Nano 33 BLE. */

Test(sim_samba_boards, ble_is_written)
{
	fill(image, sizeof(image), 4);
	dfut_put_le32(image, 0x20008000);
	dfut_put_le32(image + 4, 0x10101);
	plug_bootloader(BLE);
	assert_said("N#", "\n\r");
	assert_said("V#", VERSION);
	assert_said("I#", "nRF52840-QIAA\n\r");
	assert_said("X00001000#", "X\n\r");
	cr_assert(ne(u8, get_flash()[0x10100], 0xff));
	cr_assert(is_filled(0x11000, 0xef000, 0xff));
	assert_said("X00000000#", "X\n\r");
	write_flash(0, 0, image, 4096);
	write_flash(0, 4096, image + 4096, 4096);
	cr_assert(eq(int, memcmp(get_flash() + 0x10000, image, sizeof(image)), 0));
	assert_crc(0, image, 4096);
	assert_breaches(0);
	write_flash(0, 0, image + 4096, 4096);
	assert_breach("was not erased");
	say_quietly("w00000000,4#");
	assert_breach("which there is not");
	say_quietly("R00000000,4#");
	assert_breach("which there is not");
	plug_bootloader(BLE);
	assert_said("X00000000#", "X\n\r");
	write_flash(0, 0, image, 4096);
	say("K#");
	host_wait_ms(host, 2000);
	assert_mode("application");
	assert_ids(0x2341, 0x805a);
}

/* Due. */

/* The words of a page go to the latch. */
static void fill_page(uint32_t page, const uint8_t *bytes)
{
	for (uint32_t i = 0; i < 64; i++) {
		char command[32];

		snprintf(command, sizeof(command), "W%08X,%08X#", (unsigned int)(0x80000 + 256 * page + 4 * i),
			 (unsigned int)dfut_le32(bytes + 4 * i));
		say(command);
	}
}

static void wait_until_ready(uint32_t plane)
{
	char command[32];

	snprintf(command, sizeof(command), "w%08X,4#", (unsigned int)(0x400e0a08 + 0x200 * plane));
	for (int i = 0; i < 1000; i++) {
		say(command);
		cr_assert(eq(sz, hear(REPLY_MS), 4));
		if (heard[0] == 1)
			return;
		cr_assert(eq(u8, heard[0], 0));
	}
	cr_assert(false, "never");
}

Test(sim_samba_boards, due_tells_what_it_is)
{
	plug_bootloader(DUE);
	assert_said("N#", "\n\r");
	assert_said("V#", "v1.1 Dec 15 2010 19:25:04\n\r");
	assert_word("w00000000,4#", 0x20001000);
	assert_word("wE000ED00,4#", 0x412fc230);
	assert_word("w400E0740,4#", 0);
	assert_word("w400E0940,4#", 0x285e0a60);
	assert_word("w400E0944,4#", 0);
	say_quietly("X00080000#");
	say_quietly("Z00080000,4#");
	say_quietly("Y00080000,0#");
	assert_word("w00080000,4#", 0x20008000);
	assert_breaches(0);
	say("w41002018,4#");
	assert_silent();
	assert_breach("nothing is at 0x41002018");
}

Test(sim_samba_boards, due_reads_ram_in_odd_lengths)
{
	static const uint8_t zeros[33];

	fill(image, sizeof(image), 5);
	plug_bootloader(DUE);
	send_buffer(DUE_BUFFER, image, 1000);
	say("R20001000,FF#");
	assert_heard_bytes(image, 255);
	say("R20001000,20#");
	assert_heard_bytes(image, 32);
	say("R20001000,64#");
	assert_heard_bytes(image, 100);
	assert_breaches(0);
	say("R20001000,100#");
	assert_heard_bytes(image, 192);
	assert_breach("R of 256 bytes");
	say_quietly("R20001000,40#");
	assert_breach("R of 64 bytes");
	say("R00080000,21#");
	assert_heard_bytes(zeros, 33);
	assert_breach("R of flash");
}

Test(sim_samba_boards, due_is_written_by_words)
{
	fill(image, sizeof(image), 6);
	plug_bootloader(DUE);
	say("W400E0A00,00000600#");
	say("W400E0C00,00000600#");
	fill_page(0, image);
	say("W400E0A04,5A000003#");
	wait_until_ready(0);
	fill_page(1024, image + 256);
	say("W400E0C04,5A000003#");
	wait_until_ready(1);
	cr_assert(eq(int, memcmp(get_flash(), image, 256), 0));
	cr_assert(eq(int, memcmp(get_flash() + 0x40000, image + 256, 256), 0));
	assert_breaches(0);
	fill_page(0, image + 512);
	say("W400E0A04,5A000001#");
	assert_breach("was not erased");
	wait_until_ready(0);
	say("W400E0A04,5A000005#");
	wait_until_ready(0);
	cr_assert(is_filled(0, 0x40000, 0xff));
	fill_page(0, image);
	say("W400E0A04,5A000001#");
	wait_until_ready(0);
	cr_assert(eq(int, memcmp(get_flash(), image, 256), 0));
	assert_breaches(0);
	say("W400E0A04,00000003#");
	assert_word("w400E0A08,4#", 3);
	assert_word("w400E0A08,4#", 1);
	say("W400E0A04,5A040003#");
	assert_word("w400E0A08,4#", 3);
	say("W400E0A00,00000000#");
	say("W400E0A04,5A000003#");
	assert_breach("wait states");
	say("W400E0A04,5A000103#");
	assert_breach("while it is not ready");
	say("O00080000,12#");
	assert_breach("words only");
}

/* As bossac does */
Test(sim_samba_boards, due_copies_pages)
{
	fill(image, sizeof(image), 7);
	plug_bootloader(DUE);
	say("W400E0C00,00000600#");
	send_buffer(0x20002000, image, 256);
	copy_words(DUE_BUFFER, 0xc0100, 0x20002000, 64);
	say("W400E0C04,5A000103#");
	wait_until_ready(1);
	cr_assert(eq(int, memcmp(get_flash() + 0x40100, image, 256), 0));
	copy_words(DUE_BUFFER, 0x20003000, 0xc0100, 64);
	say("R20003001,FF#");
	assert_heard_bytes(image + 1, 255);
	assert_breaches(0);
}

Test(sim_samba_boards, due_starts_by_a_bit)
{
	plug_bootloader(DUE);
	say("W400E0A04,5A00000D#");
	assert_word("w400E0A0C,4#", 0);
	say("W400E1A00,A500000D#");
	host_wait_ms(host, 2000);
	assert_mode("bootloader");
	open_port();
	say("W400E0A04,5A00010B#");
	say("W400E0A04,5A00000D#");
	assert_word("w400E0A0C,4#", 2);
	say("W400E0A04,5A00000A#");
	assert_word("w400E0A0C,4#", 0);
	say("W400E1A00,A500000D#");
	host_wait_ms(host, 2000);
	assert_mode("application");
	assert_ids(0x2341, 0x003e);
	touch();
	open_port();
	say("W400E0A04,5A00010B#");
	say("W400E0A04,5A00010C#");
	say("W400E0A04,5A00030B#");
	assert_word("w400E0A08,4#", 3);
	assert_breaches(0);
	say("W400E0A04,5A00000B#");
	assert_breach("bricked: the security bit was set");
	host_wait_ms(host, 2000);
	cr_assert(not(dfut_sim_device_is_present(host->device)));
}
