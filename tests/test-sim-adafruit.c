/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The legacy bootloader of the virtual Feather: packets, acknowledgements, what it takes and what it restarts as. */

#include "nordic-host.h"
#include "sim/parts/adafruit-dfu.h"

TestSuite(sim_adafruit, .fini = stop, .timeout = 20);

/* Expected number n: n << 3, 0, 0, and what makes the sum zero */
static const char *const acks[] = { "c0000000"
				    "00c0",
				    "c0080000"
				    "f8c0",
				    "c0100000"
				    "f0c0",
				    "c0180000"
				    "e8c0",
				    "c0200000"
				    "e0c0",
				    "c0280000"
				    "d8c0",
				    "c0300000"
				    "d0c0",
				    "c0380000"
				    "c8c0" };

static unsigned int sequence;

static void touch(void)
{
	static const uint8_t coding[] = { 0xb0, 0x04, 0, 0, 0, 0, 8 };

	cr_assert(eq(int, host_connect(host), 0));
	cr_assert(eq(int, host_open(host, 0), 0));
	host_out(host, 0x21, 0x22, 3, 0, NULL, 0);
	host_out(host, 0x21, 0x20, 0, 0, coding, sizeof(coding));
	host_out(host, 0x21, 0x22, 0, 0, NULL, 0);
	host_wait_ms(host, 1000);
	assert_mode("bootloader");
}

static void plug_touched(const char *spec)
{
	plug(spec);
	touch();
	open_port();
	sequence = 0;
}

static uint16_t get_crc16(const uint8_t *bytes, size_t size)
{
	uint16_t crc = 0xffff;

	for (size_t i = 0; i < size; i++) {
		crc = (uint16_t)(crc >> 8 | crc << 8) ^ bytes[i];
		crc ^= (crc & 0xff) >> 4;
		crc ^= (uint16_t)(crc << 12);
		crc ^= (uint16_t)((crc & 0xff) << 5);
	}
	return crc;
}

/* What it is without END and escapes. Returns the size. */
static size_t make_packet_bytes(uint8_t *out, unsigned int number, const uint8_t *payload, size_t size)
{
	out[0] = (uint8_t)(number | ((number + 1) & 7) << 3 | 0xc0);
	out[1] = (uint8_t)(14 | (size & 0xf) << 4);
	out[2] = (uint8_t)(size >> 4);
	out[3] = (uint8_t) - (out[0] + out[1] + out[2]);
	memcpy(out + 4, payload, size);
	dfut_put_le16(out + 4 + size, get_crc16(out, 4 + size));
	return size + 6;
}

static void say_packet_bytes(const uint8_t *bytes, size_t size)
{
	static uint8_t frame[4096];
	size_t frame_size = 1;

	frame[0] = DFUT_SIM_SLIP_END;
	frame_size += dfut_sim_slip_put(frame + 1, bytes, size);
	frame[frame_size++] = DFUT_SIM_SLIP_END;
	say_bytes(frame, frame_size);
}

static void say_packet(unsigned int number, const uint8_t *payload, size_t size)
{
	uint8_t bytes[1024];

	say_packet_bytes(bytes, make_packet_bytes(bytes, number, payload, size));
}

static void send_packet(const uint8_t *payload, size_t size)
{
	sequence = (sequence + 1) % 8;
	say_packet(sequence, payload, size);
	assert_heard(acks[(sequence + 1) % 8]);
}

/* Words in hexadecimal digits, low byte first */
static void send_hex(const char *digits)
{
	uint8_t bytes[TEXT_LIMIT / 2];

	send_packet(bytes, get_bytes(digits, bytes));
}

static void send_start(uint32_t mode, uint32_t sd_size, uint32_t bl_size, uint32_t app_size)
{
	uint8_t payload[20] = { 3 };

	dfut_put_le32(payload + 4, mode);
	dfut_put_le32(payload + 8, sd_size);
	dfut_put_le32(payload + 12, bl_size);
	dfut_put_le32(payload + 16, app_size);
	send_packet(payload, sizeof(payload));
}

/* One SoftDevice, and the CRC of the image */
static void send_init(uint16_t type, uint16_t softdevice, uint16_t crc)
{
	uint8_t payload[4 + 14 + 2] = { 1 };

	dfut_put_le16(payload + 4, type);
	dfut_put_le16(payload + 6, 0xffff);
	dfut_put_le32(payload + 8, UINT32_MAX);
	dfut_put_le16(payload + 12, 1);
	dfut_put_le16(payload + 14, softdevice);
	dfut_put_le16(payload + 16, crc);
	send_packet(payload, sizeof(payload));
}

static void send_data(uint32_t offset, uint32_t size)
{
	uint8_t payload[4 + 512] = { 4 };

	memcpy(payload + 4, image + offset, size);
	send_packet(payload, 4 + size);
}

static void send_all(uint32_t size)
{
	for (uint32_t at = 0; at < size; at += 512)
		send_data(at, size - at < 512 ? size - at : 512);
}

static void assert_ids(uint16_t product_id)
{
	cr_assert(eq(u16, dfut_le16(&host_get(host)->descriptors[10]), product_id));
}

static uint16_t begin(uint32_t size)
{
	make_packet(size);
	send_start(4, 0, 0, size);
	return get_crc16(image, size);
}

/* It restarts, and as it has no application any more it is a drive too. */
static void assert_refused(void)
{
	host_wait_ms(host, 1000);
	assert_mode("bootloader");
	assert_ids(0x0029);
	cr_assert(eq(sz, count_arrivals(), 3));
}

Test(sim_adafruit, takes_an_application)
{
	static const char *const specs[] = { "adafruit-nrf52", "adafruit-nrf52:bootloader=uf2",
					     "adafruit-nrf52:bank=dual" };

	for (size_t i = 0; i < DFUT_COUNT(specs); i++) {
		uint16_t crc;

		plug_touched(specs[i]);
		crc = begin(10000);
		send_init(0x52, 0xb6, crc);
		send_all(10000);
		cr_assert(eq(sz, host->device->counters.objects, 20));
		cr_assert(eq(sz, host->device->counters.pages, 3));
		cr_assert(eq(sz, host->device->counters.words, 2500));
		cr_assert(eq(sz, host->device->counters.frames, 22));
		send_hex("05000000");
		host_wait_ms(host, 1000);
		assert_mode("application");
		assert_ids(0x8029);
		cr_assert(eq(int, memcmp(get_flash() + 0x26000, image, 10000), 0));
		assert_breaches(0);
	}
}

/* Literally: START of 4 bytes, INIT for any SoftDevice, DATA, STOP. */
Test(sim_adafruit, speaks_these_bytes)
{
	static const uint8_t start[] = { 3, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0 };
	uint8_t bytes[64];

	plug_touched("adafruit-nrf52");
	cr_assert(eq(sz, make_packet_bytes(bytes, 1, start, sizeof(start)), 26));
	cr_assert(eq(u16, dfut_sim_adafruit_crc(0xffff, (const uint8_t *)"123456789", 9), 0x29b1));
	cr_assert(eq(u16, get_crc16((const uint8_t *)"123456789", 9), 0x29b1));
	cr_assert(eq(int, memcmp(bytes, "\xd1\x4e\x01\xe0", 4), 0));
	say_packet_bytes(bytes, 26);
	assert_heard("c0100000f0c0");
	sequence = 1;
	send_hex("01000000"
		 "52000000"
		 "ffffffff"
		 "0100"
		 "feff"
		 "c389"
		 "0000");
	send_hex("04000000"
		 "01020304");
	send_hex("05000000");
	host_wait_ms(host, 1000);
	assert_mode("application");
	cr_assert(eq(int, memcmp(get_flash() + 0x26000, "\x01\x02\x03\x04\xff", 5), 0));
}

Test(sim_adafruit, answers_with_what_it_expects)
{
	static const uint8_t nothing[] = { 9, 0 };

	plug_touched("adafruit-nrf52");
	say_packet(3, nothing, sizeof(nothing));
	assert_heard(acks[1]);
	say_packet(1, nothing, sizeof(nothing));
	assert_heard(acks[2]);
	say_packet(1, nothing, sizeof(nothing));
	assert_heard(acks[2]);
	/* It counts on when the port is opened again. */
	open_port();
	say_packet(1, nothing, sizeof(nothing));
	assert_heard(acks[2]);
	assert_breaches(0);
	say_packet(2, nothing, sizeof(nothing));
	say_packet(3, nothing, sizeof(nothing));
	assert_breaches(1);
}

Test(sim_adafruit, drops_what_is_damaged)
{
	static const uint8_t payload[] = { 9, 0, 0, 0 };
	uint8_t good[64];
	size_t size;

	plug_touched("adafruit-nrf52");
	size = make_packet_bytes(good, 1, payload, sizeof(payload));
	for (size_t i = 0; i < size; i++) {
		uint8_t bad[64];

		memcpy(bad, good, size);
		bad[i] ^= 0x20;
		say_packet_bytes(bad, size);
		assert_silent();
	}
	say_packet_bytes(good, size - 1);
	assert_silent();
	say("c0dbc0");
	assert_silent();
	/* Without END in front it does not begin. */
	say("c0c0");
	say_packet_bytes(good, size);
	assert_heard(acks[2]);
}

Test(sim_adafruit, hears_nothing_after_a_packet_that_is_too_long)
{
	static uint8_t bytes[601];
	static const uint8_t payload[] = { 9, 0, 0, 0 };

	plug_touched("adafruit-nrf52");
	say("c0");
	say_bytes(bytes, 600);
	assert_breaches(0);
	say_bytes(bytes, 1);
	assert_breaches(1);
	say_packet(1, payload, sizeof(payload));
	assert_silent();
	dfut_sim_device_press_reset(host->device);
	host_wait_ms(host, 1000);
	touch();
	open_port();
	say_packet(1, payload, sizeof(payload));
	assert_heard(acks[2]);
}

Test(sim_adafruit, acknowledges_before_it_works)
{
	uint64_t start_us;
	uint16_t crc;

	plug_touched("adafruit-nrf52:erase-ms=90");
	start_us = host_get_time_us(host);
	crc = begin(100 * 1024);
	cr_assert(lt(u64, host_get_time_us(host) - start_us, 10000));
	send_init(0x52, 0xb6, crc);
	cr_assert(ge(u64, host_get_time_us(host) - start_us, 25 * 90000));
	cr_assert(lt(u64, host_get_time_us(host) - start_us, 25 * 90000 + 10000));
	start_us = host_get_time_us(host);
	send_data(0, 512);
	send_data(512, 512);
	cr_assert(ge(u64, host_get_time_us(host) - start_us, 128 * 41));
}

Test(sim_adafruit, refuses_wrong_starts)
{
	static const uint32_t starts[][4] = {
		{ 4, 0, 0, 1022 }, { 4, 0, 0, 0 },    { 4, 4096, 0, 4096 }, { 5, 4096, 0, 4096 },
		{ 0, 0, 0, 4096 }, { 8, 0, 0, 4096 }, { 4, 0, 0, 0xc8000 }, { 3, 4096, 0, 0 },
	};

	for (size_t i = 0; i < DFUT_COUNT(starts); i++) {
		plug_touched("adafruit-nrf52");
		send_start(starts[i][0], starts[i][1], starts[i][2], starts[i][3]);
		host_wait_ms(host, 1000);
		/* The application was not touched yet. */
		assert_mode("application");
		cr_assert(eq(sz, count_arrivals(), 3));
	}
	plug_touched("adafruit-nrf52");
	send_start(4, 0, 0, 0xc7000);
	host_wait_ms(host, 1000);
	cr_assert(eq(sz, count_arrivals(), 2));
}

Test(sim_adafruit, refuses_wrong_init_packets)
{
	plug_touched("adafruit-nrf52");
	begin(4096);
	send_init(0x51, 0xb6, 0);
	assert_refused();
	plug_touched("adafruit-nrf52:softdevice=0x100");
	begin(4096);
	send_init(0x52, 0xb6, 0);
	assert_refused();
	plug_touched("adafruit-nrf52");
	begin(4096);
	/* A list that is longer than the packet */
	send_hex("01000000"
		 "52000000"
		 "ffffffff"
		 "ff00"
		 "b600"
		 "0000"
		 "0000");
	assert_refused();
	plug_touched("adafruit-nrf52:softdevice=0x100");
	begin(4096);
	send_init(0x52, 0xfffe, 0);
	send_data(0, 512);
	host_wait_ms(host, 1000);
	cr_assert(eq(sz, count_arrivals(), 2));
}

Test(sim_adafruit, refuses_what_comes_in_the_wrong_order)
{
	plug_touched("adafruit-nrf52");
	make_packet(4096);
	send_data(0, 512);
	host_wait_ms(host, 1000);
	assert_mode("application");
	plug_touched("adafruit-nrf52");
	begin(4096);
	send_data(0, 512);
	assert_refused();
	plug_touched("adafruit-nrf52");
	begin(4096);
	begin(4096);
	assert_refused();
	assert_breaches(0);
}

Test(sim_adafruit, refuses_a_wrong_image)
{
	uint16_t crc;

	plug_touched("adafruit-nrf52");
	crc = begin(4096);
	send_init(0x52, 0xb6, crc ^ 1);
	send_all(4096);
	send_hex("05000000");
	assert_refused();
	plug_touched("adafruit-nrf52");
	crc = begin(4096);
	send_init(0x52, 0xb6, crc);
	send_data(0, 512);
	send_hex("05000000");
	assert_refused();
	/* It is no dead end. */
	open_port();
	sequence = 0;
	crc = begin(4096);
	send_init(0x52, 0xb6, crc);
	send_all(4096);
	send_hex("05000000");
	host_wait_ms(host, 1000);
	assert_mode("application");
}

Test(sim_adafruit, refuses_more_than_was_announced)
{
	uint16_t crc;

	plug_touched("adafruit-nrf52");
	crc = begin(516);
	send_init(0x52, 0xb6, crc);
	send_data(0, 512);
	send_data(0, 8);
	assert_refused();
	assert_breaches(0);
	plug_touched("adafruit-nrf52");
	crc = begin(516);
	send_init(0x52, 0xb6, crc);
	send_data(0, 510);
	assert_refused();
	assert_breaches(1);
}

Test(sim_adafruit, takes_a_softdevice)
{
	uint16_t crc;

	plug_touched("adafruit-nrf52");
	make_softdevice(0x10000, 0x123);
	crc = get_crc16(image, 0x10000);
	send_start(1, 0x10000, 0, 0);
	send_init(0x52, 0xb6, crc);
	send_all(0x10000);
	send_hex("05000000");
	host_wait_ms(host, 4000);
	assert_ids(0x0029);
	open_port();
	sequence = 0;
	crc = begin(4096);
	send_init(0x52, 0x123, crc);
	send_all(4096);
	send_hex("05000000");
	host_wait_ms(host, 1000);
	assert_mode("application");
}

Test(sim_adafruit, has_no_application_without_power)
{
	plug_touched("adafruit-nrf52");
	begin(4096);
	dfut_sim_device_unplug(host->device);
	dfut_sim_device_replug(host->device);
	assert_mode("bootloader");
	assert_ids(0x0029);
}

Test(sim_adafruit, meets_a_bad_line)
{
	static const struct {
		const char *fault;
		const char *answer;
	} cases[] = {
		{ "lost-byte", "" },
		{ "doubled-byte", "" },
		{ "noise", "c0100000f0c0" },
		{ "lost-reply", "" },
		{ "noisy-reply", "41540dc0100000f0c0" },
		{ "spoilt-reply", "c0100010f0c0" },
	};
	static const uint8_t payload[] = { 9, 0, 0, 0 };

	for (size_t i = 0; i < DFUT_COUNT(cases); i++) {
		char fault[64];

		plug_touched("adafruit-nrf52");
		snprintf(fault, sizeof(fault), "%s@%zu", cases[i].fault,
			 dfut_sim_device_get_request_count(host->device));
		cr_assert(eq(int, dfut_sim_fault_parse(host->device, fault), 0));
		say_packet(1, payload, sizeof(payload));
		assert_heard(cases[i].answer);
		/* Once more: it knows whether it has that. */
		say_packet(1, payload, sizeof(payload));
		assert_heard(acks[2]);
	}
}
