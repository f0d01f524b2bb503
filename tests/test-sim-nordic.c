/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * The virtual devices with nRF5 SDK's bootloader, asked byte by byte: frames, requests, objects, init packets, what
 * survives a restart, and how long it all takes.
 */

#include <stdio.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "nordic-host.h"

TestSuite(sim_nordic, .fini = stop, .timeout = 20);

/* Modes. */

Test(sim_nordic, leaves_for_its_bootloader)
{
	plug("nrf52840-keyboard");
	enter();
	cr_assert(eq(u16, dfut_le16(&host_get(host)->descriptors[8]), 0x1915));
	cr_assert(eq(u16, dfut_le16(&host_get(host)->descriptors[10]), 0x521f));
	assert_text(host_get(host)->strings[2], "Open DFU Bootloader");
	assert_text(host_get(host)->strings[3], "CC5B702828B2");
	plug("pca10059:bootloader-vid=20a0,bootloader-pid=42e8,bootloader-serial=4711");
	enter();
	cr_assert(eq(u16, dfut_le16(&host_get(host)->descriptors[8]), 0x20a0));
	cr_assert(eq(u16, dfut_le16(&host_get(host)->descriptors[10]), 0x42e8));
	assert_text(host_get(host)->strings[3], "4711");
}

Test(sim_nordic, has_no_application)
{
	plug("pca10059:application=no");
	assert_mode("bootloader");
	open_port();
	assert_said("0900c0", "60090100c0");
	dfut_sim_device_unplug(host->device);
	dfut_sim_device_replug(host->device);
	assert_mode("bootloader");
}

/* Frames. */

Test(sim_nordic, speaks_slip)
{
	plug_bootloader("nrf52840-keyboard");
	assert_said("0905c0", "60090105c0");
	assert_said("09dbdcc0", "600901dbdcc0");
	assert_said("09dbddc0", "600901dbddc0");
	assert_said("07c0", "6007010308c0");
	assert_said("00c0", "60000101c0");
	assert_said("020000c0", "600201c0");
	assert_breaches(0);
}

Test(sim_nordic, takes_bytes_one_by_one)
{
	plug_bootloader("nrf52840-keyboard");
	say("09");
	assert_silent();
	say("db");
	say("dc");
	assert_silent();
	say("c0");
	assert_heard("600901dbdcc0");
	assert_breaches(0);
}

/* What another program left there is a part of the first frame. */
Test(sim_nordic, has_stray_bytes_in_front)
{
	plug_bootloader("nrf52840-keyboard");
	assert_said("41540d0901c0", "604102c0");
	assert_said("0901c0", "60090101c0");
	assert_breaches(0);
}

Test(sim_nordic, is_stuck_in_an_escape)
{
	plug_bootloader("nrf52840-keyboard");
	say("0901db");
	assert_silent();
	open_port();
	say("0902c0");
	assert_silent();
	assert_breaches(1);
	assert_said("0903c0", "60090103c0");
	/* END after ESC takes the whole of the next frame with it. */
	say("09dbc0");
	say("0904c0");
	assert_silent();
	assert_said("0905c0", "60090105c0");
	assert_breaches(2);
}

Test(sim_nordic, hears_nothing_after_a_frame_that_is_too_long)
{
	static uint8_t bytes[2052];

	plug_bootloader("nrf52840-keyboard");
	memset(bytes, 0x08, sizeof(bytes));
	say_bytes(bytes, 2051);
	assert_breaches(0);
	say_bytes(bytes, 1);
	assert_breaches(1);
	say("c0");
	say("0901c0");
	assert_silent();
	assert_breaches(1);
	dfut_sim_device_press_reset(host->device);
	host_wait_ms(host, 1000);
	open_port();
	assert_said("0901c0", "60090101c0");
}

Test(sim_nordic, repeats_itself_for_an_empty_frame)
{
	plug_bootloader("nrf52840-keyboard");
	say("c0");
	assert_silent();
	assert_said("0907c0", "60090107c0");
	assert_said("c0", "60090107c0");
	assert_breaches(2);
}

Test(sim_nordic, reads_nothing_without_dtr)
{
	plug_bootloader("nrf52840-keyboard");
	set_lines(0);
	cr_assert(eq(int, write_bytes((const uint8_t *)"\x09\x01\xc0", 3), DFUT_ERROR_TIMEOUT));
	assert_silent();
	assert_breaches(1);
	set_lines(3);
	assert_said("0901c0", "60090101c0");
}

/* The second reply finds the endpoint busy. */
Test(sim_nordic, loses_the_reply_to_a_hasty_request)
{
	plug_bootloader("nrf52840-keyboard");
	say("0901c0");
	say("0902c0");
	assert_heard("60090101c0");
	assert_silent();
	assert_breaches(1);
	say("0903c0");
	set_lines(0);
	set_lines(3);
	assert_silent();
	assert_said("0904c0", "60090104c0");
	assert_breaches(1);
}

/* Requests. */

Test(sim_nordic, tells_what_it_is)
{
	plug_bootloader("nrf52840-keyboard");
	assert_said("0ac0", "600a0140280500304441410000100000000400"
			    "00100000c0");
	assert_said("0b00c0", "600b010201000000"
			      "00000e00"
			      "00e00100c0");
	assert_said("0b01c0", "600b010101000000"
			      "00100000"
			      "00dbdc0000c0");
	assert_said("0b02c0", "600b01ff000000000000000000000000c0");
	plug_bootloader("pca10059:softdevice=0x100,bootloader-version=3,fw-version=7");
	assert_said("0b00c0", "600b010203000000"
			      "00000e00"
			      "00e00100c0");
	assert_said("0b01c0", "600b010090d76a00"
			      "00100000"
			      "00600200c0");
	assert_said("0b02c0", "600b010107000000"
			      "00700200"
			      "00dbdc0000c0");
	plug_bootloader("nrf52840-keyboard:requests=few");
	assert_said("00c0", "600002c0");
	assert_said("0ac0", "600a02c0");
	assert_said("0b00c0", "600b02c0");
	assert_breaches(0);
}

Test(sim_nordic, refuses_what_there_is_not)
{
	plug_bootloader("nrf52840-keyboard");
	assert_said("05c0", "600502c0");
	assert_said("0dc0", "600d02c0");
	assert_said("60c0", "606002c0");
	/* Until something else is said, commands are meant. */
	assert_said("03c0", "600301"
			    "00000000"
			    "00000000c0");
	assert_said("04c0", "600405c0");
	assert_said("0600c0", "600605c0");
	assert_said("03c0", "600305c0");
	assert_said("04c0", "600405c0");
	assert_said("0603c0", "600605c0");
	assert_said("010300100000c0", "600105c0");
	assert_breaches(0);
	assert_said("01010000c0", "600103c0");
	assert_said("02c0", "600203c0");
	assert_breaches(2);
}

Test(sim_nordic, returns_when_told_to)
{
	plug_bootloader("nrf52840-keyboard");
	say("0cc0");
	host_wait_ms(host, 1000);
	assert_mode("application");
	plug_bootloader("pca10059:application=no");
	say("0cc0");
	host_wait_ms(host, 1000);
	assert_mode("bootloader");
	cr_assert(eq(sz, count_arrivals(), 2));
}

/* The command object. */

Test(sim_nordic, creates_commands)
{
	plug_bootloader("nrf52840-keyboard");
	assert_said("0601c0", "60060100020000"
			      "00000000"
			      "00000000c0");
	assert_said("010100000000c0", "600103c0");
	assert_said("010101020000c0", "600104c0");
	assert_said("010100020000c0", "600101c0");
	assert_said("010109000000c0", "600101c0");
	/* The check value of CRC-32 */
	say("08313233343536373839c0");
	assert_silent();
	assert_said("03c0", "600301"
			    "09000000"
			    "2639f4cbc0");
	/* Too much: silence */
	say("0831c0");
	assert_silent();
	assert_said("03c0", "600301"
			    "09000000"
			    "2639f4cbc0");
	assert_said("0601c0", "60060100020000"
			      "09000000"
			      "2639f4cbc0");
	assert_said("04c0", "600405c0");
	/* What is refused is forgotten. */
	assert_said("0601c0", "60060100020000"
			      "00000000"
			      "00000000c0");
	assert_breaches(0);
}

Test(sim_nordic, wants_all_of_a_command)
{
	plug_bootloader("nrf52840-keyboard");
	assert_said("010109000000c0", "600101c0");
	say("0831c0");
	assert_said("04c0", "600408c0");
	assert_breaches(1);
	assert_said("010200100000c0", "600108c0");
}

Test(sim_nordic, sends_receipts)
{
	plug_bootloader("nrf52840-keyboard");
	assert_said("020200c0", "600201c0");
	assert_said("010109000000c0", "600101c0");
	say("083132333435c0");
	assert_silent();
	say("0836373839c0");
	assert_heard("600301"
		     "09000000"
		     "2639f4cbc0");
	/* The counter starts again with each CREATE. */
	say("0831c0");
	assert_said("010109000000c0", "600101c0");
	say("0831c0");
	assert_silent();
	say("0832333435363738393031c0");
	assert_heard("600303c0");
	assert_said("020100c0", "600201c0");
	assert_said("0602c0", "60060100100000"
			      "00000000"
			      "00000000c0");
	say("0831323334c0");
	assert_heard("600308c0");
	assert_said("0603c0", "600605c0");
	say("0831323334c0");
	assert_heard("600305c0");
	assert_breaches(0);
}

/* Init packets. */

static void assert_init(const char *spec, const struct packet *packet, const char *answer)
{
	plug_bootloader(spec);
	send_command(packet);
	assert_said("04c0", answer);
	assert_breaches(0);
}

Test(sim_nordic, takes_an_init_packet)
{
	struct packet packet = make_packet(8192);

	assert_init("nrf52840-keyboard", &packet, "600401c0");
	assert_said("04c0", "600401c0");
	packet.sd_req[0] = 0;
	packet.sd_req_count = 1;
	packet.has_fw_version = false;
	packet.is_unpacked = true;
	assert_init("pca10059", &packet, "600401c0");
}

Test(sim_nordic, decodes_in_its_own_way)
{
	static const char *const broken[] = {
		"ff", "08", "0a05", "0a00", "0a0408001200", "0a0408011203", "0a06080112020aff"
	};

	for (size_t i = 0; i < DFUT_COUNT(broken); i++) {
		uint8_t bytes[16];

		plug_bootloader("nrf52840-keyboard");
		send_command_bytes(bytes, get_bytes(broken[i], bytes));
		assert_said("04c0", "600405c0");
	}
}

Test(sim_nordic, validates_in_order)
{
	struct packet packet = make_packet(8192);

	packet.has_type = false;
	packet.hash_type = 1;
	packet.hw_version = 51;
	assert_init("nrf52840-keyboard", &packet, "60040b04c0");
	packet.has_type = true;
	packet.type = 4;
	assert_init("nrf52840-keyboard", &packet, "60040b08c0");
	packet.type = 0;
	assert_init("nrf52840-keyboard", &packet, "60040b09c0");
	packet.hash_type = 3;
	packet.sd_req[0] = 0x100;
	packet.sd_req_count = 1;
	assert_init("nrf52840-keyboard", &packet, "60040b06c0");
	packet.has_hw_version = false;
	assert_init("nrf52840-keyboard", &packet, "60040b04c0");
	assert_init("nrf52840-keyboard:debug=yes", &packet, "60040b04c0");
	packet.is_debug = true;
	assert_init("nrf52840-keyboard:debug=yes", &packet, "600401c0");
	packet.is_debug = false;
	packet.has_hw_version = true;
	packet.hw_version = 52;
	assert_init("nrf52840-keyboard", &packet, "60040b07c0");
	packet.sd_req_count = 0;
	packet.size = 0;
	assert_init("nrf52840-keyboard", &packet, "60040b04c0");
	packet.size = 0xdf000;
	assert_init("nrf52840-keyboard", &packet, "600401c0");
	packet.size += 4;
	assert_init("nrf52840-keyboard", &packet, "600404c0");
	packet.size = UINT32_MAX;
	assert_init("nrf52840-keyboard", &packet, "600404c0");
}

Test(sim_nordic, wants_the_right_softdevice)
{
	struct packet packet = make_packet(8192);

	assert_init("pca10059:softdevice=0x100", &packet, "60040b07c0");
	packet.sd_req[packet.sd_req_count++] = 0xfffe;
	assert_init("pca10059:softdevice=0x100", &packet, "60040b07c0");
	packet.sd_req[packet.sd_req_count++] = 0x100;
	assert_init("pca10059:softdevice=0x100", &packet, "600401c0");
	assert_init("pca10059", &packet, "60040b07c0");
	packet.sd_req[0] = 0;
	packet.sd_req_count = 1;
	assert_init("pca10059:softdevice=0x100", &packet, "600401c0");
}

/* Signatures and versions. */

Test(sim_nordic, secure_wants_a_signature)
{
	struct packet packet = make_packet(8192);
	const char *spec = make_key("pca10059:variant=secure");

	assert_init(spec, &packet, "60040b08c0");
	packet.is_signed = true;
	assert_init(spec, &packet, "600401c0");
	assert_text(host_get(host)->strings[2], "Secure DFU Bootloader");
	packet.signature_type = 1;
	assert_init(spec, &packet, "60040b0bc0");
	packet.signature_type = 0;
	packet.signature_size = 63;
	assert_init(spec, &packet, "60040b0ac0");
	packet.signature_size = 64;
	packet.is_signature_wrong = true;
	assert_init(spec, &packet, "600405c0");
	/* Whoever does not ask for one does not look at it. */
	assert_init("pca10059", &packet, "600401c0");
}

Test(sim_nordic, secure_refuses_what_is_older)
{
	struct packet packet = make_packet(8192);
	const char *spec = make_key("pca10059:variant=secure,fw-version=5,bootloader-version=5");

	packet.is_signed = true;
	packet.fw_version = 4;
	assert_init(spec, &packet, "60040b05c0");
	packet.fw_version = 5;
	assert_init(spec, &packet, "600401c0");
	packet.has_fw_version = false;
	assert_init(spec, &packet, "60040b07c0");
	packet.has_fw_version = true;
	packet.type = 2;
	assert_init(spec, &packet, "60040b05c0");
	packet.fw_version = 6;
	assert_init(spec, &packet, "600401c0");
	packet.type = 0;
	packet.fw_version = 4;
	assert_init("pca10059:fw-version=5", &packet, "600401c0");
}

Test(sim_nordic, secure_needs_a_key)
{
	host = host_new_or_fail(NULL);
	cr_assert(eq(int, dfut_sim_plug(NULL, host->sim, "pca10059:variant=secure", NULL), DFUT_ERROR_USAGE));
	cr_assert(eq(int, dfut_sim_plug(NULL, host->sim, "pca10059:public-key=/nothing", NULL), DFUT_ERROR_IO));
}

/* The image. */

Test(sim_nordic, takes_an_application)
{
	struct packet packet = make_packet(10000);
	const struct dfut_sim_counters *counters;

	plug_bootloader("nrf52840-keyboard");
	packet.fw_version = 2;
	send_command(&packet);
	assert_said("04c0", "600401c0");
	dfut_sim_device_clear_record(host->device);
	send_image(0, 10000);
	assert_breaches(0);
	counters = &host->device->counters;
	cr_assert(eq(sz, counters->objects, 3));
	cr_assert(eq(sz, counters->pages, 3));
	cr_assert(eq(sz, counters->words, 2500));
	cr_assert(lt(sz, 10000, counters->bytes));
	cr_assert(eq(sz, counters->frames, 3 * 3 + 10));
	host_wait_ms(host, 1000);
	assert_mode("application");
	cr_assert(eq(int, memcmp(get_flash() + 0x1000, get_image(), 10000), 0));
	assert_version("27x2-mitosis 2.0.0");
}

Test(sim_nordic, takes_its_time)
{
	struct packet packet = make_packet(8192);
	uint64_t start_us;

	plug_bootloader("nrf52840-keyboard");
	send_command(&packet);
	start_us = host_get_time_us(host);
	assert_said("04c0", "600401c0");
	cr_assert(ge(u64, host_get_time_us(host) - start_us, 2 * 85000));
	/* The page is erased while the bytes are on their way; what has no buffer waits. */
	start_us = host_get_time_us(host);
	create(2, 4096);
	for (uint32_t i = 0; i < 3; i++)
		send_piece(i * 1024, 1024);
	cr_assert(lt(u64, host_get_time_us(host) - start_us, 10000));
	send_piece(3072, 1024);
	cr_assert(ge(u64, host_get_time_us(host) - start_us, 85000));
	assert_crc(4096);
	assert_said("04c0", "600401c0");
	cr_assert(ge(u64, host_get_time_us(host) - start_us, 85000 + 1024 * 41));
	cr_assert(lt(u64, host_get_time_us(host) - start_us, 85000 + 1024 * 41 + 20000));
}

Test(sim_nordic, has_rules_for_objects)
{
	struct packet packet = make_packet(10000);

	plug_bootloader("nrf52840-keyboard");
	assert_said("010200100000c0", "600108c0");
	send_command(&packet);
	assert_said("010200100000c0", "600108c0");
	/* The refused CREATE has changed what EXECUTE is about. */
	assert_said("04c0", "600408c0");
	say("0601c0");
	hear(REPLY_MS);
	assert_said("04c0", "600401c0");
	assert_said("010200000000c0", "600103c0");
	assert_said("010204000000c0", "600103c0");
	assert_said("010200200000c0", "600104c0");
	assert_said("010200100000c0", "600101c0");
	send_piece(0, 1024);
	send_piece(1024, 1024);
	assert_crc(2048);
	assert_said("04c0", "600408c0");
	/* CREATE goes back to the last object that was executed. */
	assert_said("010200100000c0", "600101c0");
	assert_crc(0);
	send_object(0, 4096);
	assert_said("04c0", "600401c0");
	cr_assert(eq(sz, host->device->counters.objects, 1));
	send_object(4096, 4096);
	assert_said("04c0", "600401c0");
	assert_said("010200100000c0", "600108c0");
	create(2, 10000 - 8192);
}

Test(sim_nordic, ignores_half_words)
{
	struct packet packet = make_packet(8192);

	plug_bootloader("nrf52840-keyboard");
	send_command(&packet);
	assert_said("04c0", "600401c0");
	assert_said("020100c0", "600201c0");
	assert_said("010200100000c0", "600101c0");
	say("08010203c0");
	assert_heard("600301"
		     "00000000"
		     "00000000c0");
	assert_breaches(1);
	say("0801020304c0");
	assert_heard("600301"
		     "04000000"
		     "cdfb3cb6c0");
}

Test(sim_nordic, notices_a_wrong_image)
{
	struct packet packet = make_packet(4096);

	packet.hash[0] ^= 1;
	plug_bootloader("nrf52840-keyboard");
	send_command(&packet);
	assert_said("04c0", "600401c0");
	assert_said("010200100000c0", "600101c0");
	send_piece(0, 1024);
	send_piece(1024, 1024);
	send_piece(2048, 1024);
	send_piece(3072, 1024);
	assert_crc(4096);
	assert_said("04c0", "60040b0cc0");
	host_wait_ms(host, 1000);
	/* The old application is gone. */
	assert_mode("bootloader");
	cr_assert(eq(sz, count_arrivals(), 3));
	open_port();
	assert_said("0601c0", "60060100020000"
			      "00000000"
			      "00000000c0");
	plug_bootloader("nrf52840-keyboard:bank=dual");
	send_command(&packet);
	assert_said("04c0", "600401c0");
	assert_said("010200100000c0", "600101c0");
	for (uint32_t i = 0; i < 4; i++)
		send_piece(i * 1024, 1024);
	assert_crc(4096);
	assert_said("04c0", "60040b0cc0");
	host_wait_ms(host, 1000);
	assert_mode("application");
	assert_version("27x2-mitosis 1.0.0");
}

Test(sim_nordic, checks_boot_validation)
{
	struct packet packet = make_packet(4096);

	packet.validation_type = 2;
	plug_bootloader("nrf52840-keyboard");
	send_command(&packet);
	assert_said("04c0", "600401c0");
	send_image(0, 4096);
	host_wait_ms(host, 1000);
	assert_mode("application");
	packet.validation_type = 3;
	plug_bootloader("nrf52840-keyboard");
	send_command(&packet);
	assert_said("04c0", "600401c0");
	assert_said("010200100000c0", "600101c0");
	for (uint32_t i = 0; i < 4; i++)
		send_piece(i * 1024, 1024);
	assert_crc(4096);
	assert_said("04c0", "600405c0");
}

/* Restarts. */

/* Which object is meant has to be told again. */
static void select_data(uint32_t offset)
{
	uint8_t reply[15] = { 0x60, 0x06, 0x01, 0x00, 0x10 };
	char want[64];

	dfut_put_le32(reply + 7, offset);
	dfut_put_le32(reply + 11, get_crc(get_image(), offset));
	put_frame(want, sizeof(want), reply, sizeof(reply));
	assert_said("0602c0", want);
}

static void send_half(const char *spec, const struct packet *packet)
{
	plug_bootloader(spec);
	send_command(packet);
	assert_said("04c0", "600401c0");
	send_object(0, 4096);
	assert_said("04c0", "600401c0");
	create(2, 4096);
	send_piece(4096, 1024);
	assert_crc(5120);
}

static void pull_plug(void)
{
	dfut_sim_device_unplug(host->device);
	dfut_sim_device_replug(host->device);
	assert_mode("bootloader");
	open_port();
}

Test(sim_nordic, goes_on_when_the_port_is_opened_again)
{
	struct packet packet = make_packet(10000);

	send_half("nrf52840-keyboard", &packet);
	open_port();
	select_data(5120);
	send_piece(5120, 1024);
	send_piece(6144, 1024);
	send_piece(7168, 1024);
	assert_crc(8192);
	assert_said("04c0", "600401c0");
	send_image(8192, 10000);
	host_wait_ms(host, 1000);
	assert_mode("application");
}

Test(sim_nordic, forgets_the_image_with_the_power)
{
	struct packet packet = make_packet(10000);

	send_half("nrf52840-keyboard", &packet);
	pull_plug();
	select_data(0);
	/* But not the init packet. */
	send_image(0, 10000);
	host_wait_ms(host, 1000);
	assert_mode("application");
}

Test(sim_nordic, remembers_what_was_executed_if_built_so)
{
	struct packet packet = make_packet(10000);

	send_half("nrf52840-keyboard:save-progress=yes", &packet);
	pull_plug();
	select_data(4096);
	send_image(4096, 10000);
	host_wait_ms(host, 1000);
	assert_mode("application");
	assert_version("27x2-mitosis 3.0.0");
}

/* CREATE is not saved, EXECUTE is. */
Test(sim_nordic, brings_an_older_command_back)
{
	struct packet packet = make_packet(10000);

	send_half("nrf52840-keyboard", &packet);
	assert_said("010110000000c0", "600101c0");
	pull_plug();
	assert_said("010200100000c0", "600101c0");
}

Test(sim_nordic, says_strange_things_after_an_update)
{
	struct packet packet = make_packet(4096);
	uint8_t reply[15] = { 0x60, 0x06, 0x01, 0x00, 0x10 };
	char want[64];

	plug_bootloader("nrf52840-keyboard");
	send_command(&packet);
	assert_said("04c0", "600401c0");
	send_image(0, 4096);
	host_wait_ms(host, 1000);
	enter();
	open_port();
	dfut_put_le32(reply + 11, get_crc(get_image(), 4096));
	put_frame(want, sizeof(want), reply, sizeof(reply));
	assert_said("0602c0", want);
}

Test(sim_nordic, secure_does_not_wait_for_ever)
{
	const char *spec = make_key("pca10059:variant=secure");

	plug_bootloader(spec);
	host_wait_ms(host, 60000);
	assert_said("0901c0", "60090101c0");
	host_wait_ms(host, 61000);
	assert_mode("application");
	plug_bootloader(spec);
	host_wait_ms(host, 100000);
	assert_said("010110000000c0", "600101c0");
	host_wait_ms(host, 100000);
	assert_mode("bootloader");
	host_wait_ms(host, 30000);
	assert_mode("application");
	plug_bootloader("pca10059");
	host_wait_ms(host, 3600000);
	assert_mode("bootloader");
}

/* SoftDevice and bootloader. */

Test(sim_nordic, waits_for_more_after_a_softdevice)
{
	struct packet packet = make_softdevice(0x26000, 0x123);
	const char *spec = make_key("pca10059:softdevice=0x100");

	plug_bootloader(spec);
	packet.sd_req[packet.sd_req_count++] = 0x100;
	send_command(&packet);
	assert_said("04c0", "600401c0");
	send_image(0, 0x26000);
	host_wait_ms(host, 6000);
	assert_mode("bootloader");
	open_port();
	assert_said("0b01c0", "600b010078563412"
			      "00100000"
			      "00600200c0");
	host_wait_ms(host, 11000);
	assert_mode("application");
}

Test(sim_nordic, wants_a_real_softdevice)
{
	struct packet packet = make_packet(8192);

	packet.type = 1;
	plug_bootloader("pca10059");
	send_command(&packet);
	assert_said("04c0", "600401c0");
	send_object(0, 4096);
	assert_said("04c0", "600401c0");
	send_object(4096, 4096);
	assert_said("04c0", "600405c0");
	host_wait_ms(host, 1000);
	assert_mode("application");
}

/* Settings that make no sense are no settings. */
Test(sim_nordic, survives_nonsense_in_flash)
{
	static uint8_t nonsense[64];

	for (size_t i = 0; i < 17; i++) {
		memset(nonsense, 0xee, sizeof(nonsense));
		plug("pca10059");
		cr_assert(eq(int, dfut_sim_device_set_memory(host->device, "settings", 4 * i, nonsense, 64), 0));
		dfut_sim_device_press_reset(host->device);
		host_wait_ms(host, 1000);
		open_port();
		assert_said("0901c0", "60090101c0");
		dfut_sim_device_unplug(host->device);
		dfut_sim_device_replug(host->device);
		cr_assert(dfut_sim_device_is_present(host->device));
	}
}

Test(sim_nordic, takes_a_bootloader)
{
	struct packet packet = make_packet(8192);
	const char *spec = make_key("pca10059");

	packet.type = 2;
	packet.is_signed = true;
	packet.fw_version = 2;
	plug_bootloader(spec);
	send_command(&packet);
	assert_said("04c0", "600401c0");
	send_image(0, 8192);
	host_wait_ms(host, 1000);
	assert_mode("application");
	enter();
	open_port();
	assert_said("0b00c0", "600b010202000000"
			      "00000e00"
			      "00e00100c0");
}

/* Faults of the line. */

Test(sim_nordic, meets_a_bad_line)
{
	static const struct {
		const char *fault;
		const char *answer;
		/* clang-format off */
	} cases[] = {
		{ "lost-byte", "600103c0" },
		{ "noise", "604102c0" },
		{ "lost-reply", "" },
		{ "noisy-reply", "41540d600101c0" },
		{ "spoilt-reply", "600111c0" },
		{ "doubled-byte", "600101c0" },
	};
	/* clang-format on */

	for (size_t i = 0; i < DFUT_COUNT(cases); i++) {
		char fault[64];

		plug_bootloader("nrf52840-keyboard");
		snprintf(fault, sizeof(fault), "%s@%zu", cases[i].fault,
			 dfut_sim_device_get_request_count(host->device));
		cr_assert(eq(int, dfut_sim_fault_parse(host->device, fault), 0));
		say("010104000000c0");
		assert_heard(cases[i].answer);
		assert_said("0901c0", "60090101c0");
	}
}

Test(sim_nordic, keeps_its_state)
{
	char spec[128];
	char path[64];

	snprintf(path, sizeof(path), "/tmp/sim-nordic-%p.bin", (void *)&spec);
	snprintf(spec, sizeof(spec), "nrf52840-keyboard:state=%s", path);
	plug_bootloader(spec);
	plug(spec);
	assert_mode("bootloader");
	host_free(host);
	host = NULL;
	remove(path);
}

/* Any bytes in any order: with a valid init packet in front, so that they can do harm. */
Test(sim_nordic, survives_any_bytes)
{
	static const char *const specs[] = {
		"nrf52840-keyboard:erase-ms=0,write-us=0,return-ms=0",
		"pca10059:bank=dual,softdevice=0x100,erase-ms=0,save-progress=yes,return-ms=0"
	};
	struct packet packet = make_packet(6000);
	uint32_t value = 1;

	packet.sd_req_count = 1;
	for (size_t round = 0; round < 40; round++) {
		plug_bootloader(specs[round % 2]);
		send_command(&packet);
		for (size_t i = 0; i < 100 && host_get(host); i++) {
			uint8_t bytes[24];

			for (size_t k = 0; k < sizeof(bytes); k++) {
				value = value * 1664525 + 1013904223;
				bytes[k] = (uint8_t)(value >> 24) & (k % 3 ? 0x13 : 0xdf);
			}
			bytes[0] %= 12; /* all but ABORT */
			bytes[7 + value % 16] = 0xc0;
			write_bytes(bytes, sizeof(bytes));
			hear(1);
		}
		host_wait_ms(host, 1000);
		cr_assert(dfut_sim_device_is_present(host->device));
	}
}
