/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Secure DFU's machine against the bytes of nRF5 SDK 17.1 (nrf_dfu_serial.c, nrf_dfu_req_handler.c). CRCs are zlib's. */

#include "machine-host.h"

#define INIT_BYTES "\xb8\xb9\xba\xbb\xbc\xbd\xbe\xbf\xc0\xc1\xc2\xc3"
#define INIT_CRC "\x3c\xd8\x39\x11"
#define FIRMWARE "\x01\x02\x03\x04\xc0\xdb\x07\x08\x09\x0a\x0b\x0c"
#define CRC_4 "\xcd\xfb\x3c\xb6"
#define CRC_8 "\x92\x30\x08\xfb"
#define CRC_12 "\x83\xed\x0d\x6a"
#define NO_CRC "\0\0\0\0"

static void start(struct machine_host *host)
{
	host->own.init = (const uint8_t *)INIT_BYTES;
	host->own.init_size = 12;
	host->job.data = (const uint8_t *)FIRMWARE;
	host->job.size = 12;
	host->own.end = DFUT_END_LEAVES;
	machine_start(host, &nordic_download_machine);
}

/* Port, PING, silence, MTU, versions that an old bootloader does not tell. */
static void connect(struct machine_host *host)
{
	start(host);
	machine_open(host);
	WRITES(host, "\x09\x01\xc0");
	ANSWERS(host, "\x60\x09\x01\x01\xc0");
	WRITES(host, "\x02\x00\x00\xc0");
	ANSWERS(host, "\x60\x02\x01\xc0");
	WRITES(host, "\x07\xc0");
	ANSWERS(host, "\x60\x07\x01\x03\x08\xc0");
	WRITES(host, "\x0a\xc0");
	ANSWERS(host, "\x60\x0a\x02\xc0");
	WRITES(host, "\x0b\x00\xc0");
	ANSWERS(host, "\x60\x0b\x02\xc0");
	WRITES(host, "\x06\x01\xc0");
}

/* A whole init packet, and the question what there is of the firmware. */
static void announce(struct machine_host *host)
{
	connect(host);
	ANSWERS(host, "\x60\x06\x01\x00\x02\x00\x00"
		      "\0\0\0\0"
		      "\0\0\0\0"
		      "\xc0");
	WRITES(host, "\x01\x01\x0c\x00\x00\x00\xc0");
	ANSWERS(host, "\x60\x01\x01\xc0");
	machine_expect_write(host,
			     "\x08\xb8\xb9\xba\xbb\xbc\xbd\xbe\xbf\xdb\xdc\xc1\xc2\xc3\xc0"
			     "\x03\xc0",
			     17);
	ANSWERS(host, "\x60\x03\x01\x0c\x00\x00\x00" INIT_CRC "\xc0");
	WRITES(host, "\x04\xc0");
	ANSWERS(host, "\x60\x04\x01\xc0");
	WRITES(host, "\x06\x02\xc0");
}

/* After whatever went wrong: PING, silence, and the question for the init packet, which is there. */
static void find_back(struct machine_host *host, uint8_t id)
{
	const uint8_t ping[] = { 0x09, id, 0xc0 }, answer[] = { 0x60, 0x09, 0x01, id, 0xc0 };

	machine_expect_write(host, ping, sizeof(ping));
	machine_answer(host, answer, sizeof(answer));
	WRITES(host, "\x02\x00\x00\xc0");
	ANSWERS(host, "\x60\x02\x01\xc0");
	WRITES(host, "\x06\x01\xc0");
	ANSWERS(host, "\x60\x06\x01\x00\x02\x00\x00"
		      "\x0c\0\0\0" INIT_CRC "\xc0");
	WRITES(host, "\x04\xc0");
	ANSWERS(host, "\x60\x04\x01\xc0");
	WRITES(host, "\x06\x02\xc0");
}

/* The first object of 8 bytes, written and right. */
static void first_object(struct machine_host *host)
{
	WRITES(host, "\x01\x02\x08\x00\x00\x00\xc0");
	ANSWERS(host, "\x60\x01\x01\xc0");
	WRITES(host, "\x08\x01\x02\x03\x04\xdb\xdc\xdb\xdd\x07\x08\xc0\x03\xc0");
	ANSWERS(host, "\x60\x03\x01\x08\x00\x00\x00" CRC_8 "\xc0");
}

static void last_object(struct machine_host *host)
{
	WRITES(host, "\x01\x02\x04\x00\x00\x00\xc0");
	ANSWERS(host, "\x60\x01\x01\xc0");
	WRITES(host, "\x08\x09\x0a\x0b\x0c\xc0\x03\xc0");
	ANSWERS(host, "\x60\x03\x01\x0c\x00\x00\x00" CRC_12 "\xc0");
	WRITES(host, "\x04\xc0");
}

static void execute(struct machine_host *host)
{
	WRITES(host, "\x04\xc0");
	ANSWERS(host, "\x60\x04\x01\xc0");
}

static void expect_done(struct machine_host *host)
{
	machine_expect_done(host, DFUT_END_LEAVES);
	machine_stop(host);
}

static void expect_failure(struct machine_host *host, int code, const char *words, const char *hint)
{
	cr_assert(eq(int, host->result, code), "%s", host->failure.text);
	cr_expect(strstr(host->failure.text, words) != NULL, "%s", host->failure.text);
	cr_expect(strstr(host->failure.hint, hint) != NULL, "%s", host->failure.hint);
	machine_stop(host);
}

Test(nordic_serial, sends_all_to_an_empty_bootloader)
{
	struct machine_host host = { .now_ms = 0 };

	announce(&host);
	ANSWERS(&host, "\x60\x06\x01\x08\x00\x00\x00"
		       "\0\0\0\0"
		       "\x12\x34\x56\x78"
		       "\xc0");
	first_object(&host);
	execute(&host);
	last_object(&host);
	ANSWERS(&host, "\x60\x04\x01\xc0");
	expect_done(&host);
}

Test(nordic_serial, an_answer_in_pieces_and_between_noise)
{
	struct machine_host host = { .now_ms = 0 };

	announce(&host);
	ANSWERS(&host, "AT\xc0\xc0\x60");
	ANSWERS(&host, "\x06\x01\x08\x00");
	ANSWERS(&host, "\x00\x00"
		       "\0\0\0\0"
		       "\0\0\0");
	ANSWERS(&host, "\x00\xc0\x60\x07");
	first_object(&host);
	machine_stop(&host);
}

Test(nordic_serial, the_first_ping_is_swallowed_by_what_was_there)
{
	struct machine_host host = { .now_ms = 0 };

	start(&host);
	machine_open(&host);
	WRITES(&host, "\x09\x01\xc0");
	ANSWERS(&host, "\x60\x41\x02\xc0");
	WRITES(&host, "\x09\x02\xc0");
	ANSWERS(&host, "\x60\x09\x01\x02\xc0");
	machine_expect(&host, DFUT_ACTION_WRITE);
	machine_stop(&host);
}

Test(nordic_serial, an_older_ping_is_no_answer)
{
	struct machine_host host = { .now_ms = 0 };

	start(&host);
	machine_open(&host);
	WRITES(&host, "\x09\x01\xc0");
	machine_pass(&host);
	WRITES(&host, "\x09\x02\xc0");
	ANSWERS(&host, "\x60\x09\x01\x01\xc0");
	WRITES(&host, "\x09\x03\xc0");
	ANSWERS(&host, "\x60\x09\x01\x03\xc0");
	WRITES(&host, "\x02\x00\x00\xc0");
	machine_stop(&host);
}

Test(nordic_serial, a_port_that_does_not_answer_is_opened_again_and_given_up_in_time)
{
	struct machine_host host = { .now_ms = 0 };

	start(&host);
	machine_open(&host);
	for (size_t i = 0; i < 3; i++) {
		machine_expect(&host, DFUT_ACTION_WRITE);
		machine_tell(&host, 3);
		machine_pass(&host);
	}
	machine_expect(&host, DFUT_ACTION_CLOSE);
	machine_tell(&host, 0);
	machine_open(&host);
	for (size_t i = 0; i < 2; i++) {
		machine_expect(&host, DFUT_ACTION_WRITE);
		machine_tell(&host, 3);
		machine_pass(&host);
	}
	cr_expect(le(u64, host.now_ms, 4000));
	expect_failure(&host, DFUT_ERROR_TIMEOUT, "does not answer on its serial port", "unplug it");
}

Test(nordic_serial, sends_only_what_is_missing_of_an_object)
{
	struct machine_host host = { .now_ms = 0 };

	announce(&host);
	ANSWERS(&host, "\x60\x06\x01\x08\x00\x00\x00"
		       "\x04\0\0\0" CRC_4 "\xc0");
	WRITES(&host, "\x08\xdb\xdc\xdb\xdd\x07\x08\xc0\x03\xc0");
	ANSWERS(&host, "\x60\x03\x01\x08\x00\x00\x00" CRC_8 "\xc0");
	execute(&host);
	last_object(&host);
	machine_stop(&host);
}

Test(nordic_serial, executes_what_is_complete_once_more)
{
	struct machine_host host = { .now_ms = 0 };

	announce(&host);
	ANSWERS(&host, "\x60\x06\x01\x08\x00\x00\x00"
		       "\x08\0\0\0" CRC_8 "\xc0");
	execute(&host);
	last_object(&host);
	machine_stop(&host);
}

/* The next object was begun when somebody was interrupted. */
Test(nordic_serial, goes_on_where_an_object_was_created_only)
{
	struct machine_host host = { .now_ms = 0 };

	announce(&host);
	ANSWERS(&host, "\x60\x06\x01\x08\x00\x00\x00"
		       "\x08\0\0\0" CRC_8 "\xc0");
	WRITES(&host, "\x04\xc0");
	ANSWERS(&host, "\x60\x04\x08\xc0");
	last_object(&host);
	machine_stop(&host);
}

Test(nordic_serial, executes_the_last_object_that_was_not)
{
	struct machine_host host = { .now_ms = 0 };

	announce(&host);
	ANSWERS(&host, "\x60\x06\x01\x08\x00\x00\x00"
		       "\x0c\0\0\0" CRC_12 "\xc0");
	WRITES(&host, "\x04\xc0");
	ANSWERS(&host, "\x60\x04\x01\xc0");
	expect_done(&host);
}

Test(nordic_serial, steps_back_by_an_object_that_is_wrong)
{
	struct machine_host host = { .now_ms = 0 };

	announce(&host);
	ANSWERS(&host, "\x60\x06\x01\x08\x00\x00\x00"
		       "\x0c\0\0\0" CRC_8 "\xc0");
	last_object(&host);
	machine_stop(&host);
	memset(&host, 0, sizeof(host));
	announce(&host);
	ANSWERS(&host, "\x60\x06\x01\x08\x00\x00\x00"
		       "\x08\0\0\0" CRC_12 "\xc0");
	first_object(&host);
	machine_stop(&host);
}

Test(nordic_serial, the_init_packet_that_is_there_is_not_sent_again)
{
	struct machine_host host = { .now_ms = 0 };

	connect(&host);
	ANSWERS(&host, "\x60\x06\x01\x00\x02\x00\x00"
		       "\x0c\0\0\0" INIT_CRC "\xc0");
	WRITES(&host, "\x04\xc0");
	machine_stop(&host);
	/* Another one is made anew. */
	memset(&host, 0, sizeof(host));
	connect(&host);
	ANSWERS(&host, "\x60\x06\x01\x00\x02\x00\x00"
		       "\x0c\0\0\0" CRC_8 "\xc0");
	WRITES(&host, "\x01\x01\x0c\x00\x00\x00\xc0");
	machine_stop(&host);
}

Test(nordic_serial, a_lost_byte_shows_in_the_crc_and_the_object_is_made_again)
{
	struct machine_host host = { .now_ms = 0 };

	announce(&host);
	ANSWERS(&host, "\x60\x06\x01\x08\x00\x00\x00"
		       "\0\0\0\0" NO_CRC "\xc0");
	WRITES(&host, "\x01\x02\x08\x00\x00\x00\xc0");
	ANSWERS(&host, "\x60\x01\x01\xc0");
	machine_expect(&host, DFUT_ACTION_WRITE);
	machine_tell(&host, host.next.action.transfer.length);
	ANSWERS(&host, "\x60\x03\x01\x00\x00\x00\x00" NO_CRC "\xc0");
	find_back(&host, 2);
	ANSWERS(&host, "\x60\x06\x01\x08\x00\x00\x00"
		       "\0\0\0\0" NO_CRC "\xc0");
	first_object(&host);
	execute(&host);
	last_object(&host);
	machine_stop(&host);
}

Test(nordic_serial, a_lost_answer_is_asked_for_anew)
{
	struct machine_host host = { .now_ms = 0 };

	announce(&host);
	ANSWERS(&host, "\x60\x06\x01\x08\x00\x00\x00"
		       "\0\0\0\0" NO_CRC "\xc0");
	first_object(&host);
	WRITES(&host, "\x04\xc0");
	machine_pass(&host);
	find_back(&host, 2);
	ANSWERS(&host, "\x60\x06\x01\x08\x00\x00\x00"
		       "\x08\0\0\0" CRC_8 "\xc0");
	execute(&host);
	last_object(&host);
	machine_stop(&host);
}

/* What a bootloader answers that never has anything: to whatever was asked last. */
static size_t answer_nothing(struct machine_host *host)
{
	static const struct {
		uint8_t op;
		uint8_t answer[16];
		size_t size;
	} answers[] = {
		{ 0x01, { 0x60, 0x01, 0x01, 0xc0 }, 4 },
		{ 0x02, { 0x60, 0x02, 0x01, 0xc0 }, 4 },
		{ 0x03, { 0x60, 0x03, 0x01, [11] = 0xc0 }, 12 },
		{ 0x04, { 0x60, 0x04, 0x01, 0xc0 }, 4 },
		{ 0x06, { 0x60, 0x06, 0x01, 0x10, [15] = 0xc0 }, 16 },
		{ 0x09, { 0x60, 0x09, 0x02, 0xc0 }, 4 },
	};
	const struct dfut_action *action = &host->next.action;
	uint8_t op = action->transfer.data[0] == 0x08 ? action->transfer.data[action->transfer.length - 2] :
							action->transfer.data[0];

	for (size_t i = 0; i < DFUT_COUNT(answers); i++) {
		if (answers[i].op != op)
			continue;
		memcpy(host->data, answers[i].answer, answers[i].size);
		return answers[i].size;
	}
	cr_assert(false, "request 0x%02x", op);
	return 0;
}

/* Six times in a row nothing arrives: it is given up. */
Test(nordic_serial, does_not_try_for_ever)
{
	struct machine_host host = { .now_ms = 0 };
	size_t creates = 0, size = 0;

	connect(&host);
	ANSWERS(&host, "\x60\x06\x01\x00\x02\x00\x00"
		       "\x0c\0\0\0" INIT_CRC "\xc0");
	for (size_t i = 0; i < 200 && host.result == 0; i++) {
		if (host.next.action.kind == DFUT_ACTION_WRITE) {
			creates += host.next.action.transfer.length == 7;
			size = answer_nothing(&host);
			machine_tell(&host, host.next.action.transfer.length);
		} else {
			machine_expect(&host, DFUT_ACTION_READ);
			machine_tell(&host, (int)size);
		}
	}
	cr_expect(eq(sz, creates, 6));
	expect_failure(&host, DFUT_ERROR_PROTOCOL, "the bootloader has 0 bytes with CRC", "");
}

Test(nordic_serial, says_why_the_init_packet_is_refused)
{
	static const struct {
		uint8_t answer[5];
		const char *words;
		const char *hint;
	} cases[] = {
		{ { 0x60, 0x04, 0x0b, 0x05, 0xc0 }, "firmware version too low (extended error 0x05)", "not lower" },
		{ { 0x60, 0x04, 0x0b, 0x06, 0xc0 }, "hardware version mismatch", "other hardware" },
		{ { 0x60, 0x04, 0x0b, 0x07, 0xc0 }, "SoftDevice requirement", "SoftDevice" },
		{ { 0x60, 0x04, 0x0b, 0x08, 0xc0 }, "signature missing", "sign it" },
		{ { 0x60, 0x04, 0x0b, 0x7f, 0xc0 }, "extended error 0x7f", "" },
		{ { 0x60, 0x04, 0x05, 0xc0 }, "invalid object (result 0x05)", "signature" },
		{ { 0x60, 0x04, 0x04, 0xc0 }, "not enough room", "too large" },
		{ { 0x60, 0x04, 0x77, 0xc0 }, "result 0x77", "" },
	};

	for (size_t i = 0; i < DFUT_COUNT(cases); i++) {
		struct machine_host host = { .now_ms = 0 };

		connect(&host);
		ANSWERS(&host, "\x60\x06\x01\x00\x02\x00\x00"
			       "\x0c\0\0\0" INIT_CRC "\xc0");
		WRITES(&host, "\x04\xc0");
		machine_answer(&host, cases[i].answer, sizeof(cases[i].answer));
		expect_failure(&host, DFUT_ERROR_DEVICE, cases[i].words, cases[i].hint);
	}
}

/* A device that was triggered for it does not stay in its bootloader. */
Test(nordic_serial, a_refused_device_is_sent_back_to_its_application)
{
	struct machine_host host = { .now_ms = 0 };

	host.own.leave_if_refused = true;
	connect(&host);
	ANSWERS(&host, "\x60\x06\x01\x00\x02\x00\x00"
		       "\x0c\0\0\0" INIT_CRC "\xc0");
	WRITES(&host, "\x04\xc0");
	ANSWERS(&host, "\x60\x04\x0b\x06\xc0");
	WRITES(&host, "\x0c\xc0");
	expect_failure(&host, DFUT_ERROR_DEVICE, "hardware version mismatch", "other hardware");
}

Test(nordic_serial, a_wrong_hash_ends_it)
{
	struct machine_host host = { .now_ms = 0 };

	announce(&host);
	ANSWERS(&host, "\x60\x06\x01\x08\x00\x00\x00"
		       "\x08\0\0\0" CRC_8 "\xc0");
	execute(&host);
	last_object(&host);
	ANSWERS(&host, "\x60\x04\x0b\x0c\xc0");
	expect_failure(&host, DFUT_ERROR_DEVICE, "hash of the firmware is wrong", "damaged");
}

Test(nordic_serial, leaving_while_the_last_object_is_executed_is_the_end)
{
	struct machine_host host = { .now_ms = 0 };

	announce(&host);
	ANSWERS(&host, "\x60\x06\x01\x08\x00\x00\x00"
		       "\x08\0\0\0" CRC_8 "\xc0");
	execute(&host);
	last_object(&host);
	machine_tell(&host, DFUT_ERROR_GONE);
	expect_done(&host);
}

Test(nordic_serial, leaving_at_any_other_time_is_not)
{
	struct machine_host host = { .now_ms = 0 };

	announce(&host);
	ANSWERS(&host, "\x60\x06\x01\x08\x00\x00\x00"
		       "\0\0\0\0" NO_CRC "\xc0");
	first_object(&host);
	machine_tell(&host, DFUT_ERROR_GONE);
	expect_failure(&host, DFUT_ERROR_GONE, "0x0 of 0xc", "starts from its bootloader");
}

Test(nordic_serial, an_mtu_without_room_for_a_word_is_nonsense)
{
	static const uint8_t mtus[] = { 0, 1, 2, 3, 9, 10 };

	for (size_t i = 0; i < sizeof(mtus); i++) {
		struct machine_host host = { .now_ms = 0 };

		start(&host);
		machine_open(&host);
		WRITES(&host, "\x09\x01\xc0");
		ANSWERS(&host, "\x60\x09\x01\x01\xc0");
		WRITES(&host, "\x02\x00\x00\xc0");
		ANSWERS(&host, "\x60\x02\x01\xc0");
		WRITES(&host, "\x07\xc0");
		machine_answer(&host, (const uint8_t[]){ 0x60, 0x07, 0x01, mtus[i], 0x00, 0xc0 }, 6);
		expect_failure(&host, DFUT_ERROR_PROTOCOL, "frames of", "");
	}
}

/* Bytes that all have to be escaped, with the MTU of a UART: no frame is longer than that, no write is no word. */
Test(nordic_serial, no_frame_is_longer_than_the_bootloader_takes)
{
	struct machine_host host = { .now_ms = 0 };
	uint8_t escapes[400];
	size_t frame = 0, frames = 0;

	memset(escapes, 0xdb, sizeof(escapes));
	start(&host);
	host.job.data = escapes;
	host.job.size = sizeof(escapes);
	machine_open(&host);
	WRITES(&host, "\x09\x01\xc0");
	ANSWERS(&host, "\x60\x09\x01\x01\xc0");
	WRITES(&host, "\x02\x00\x00\xc0");
	ANSWERS(&host, "\x60\x02\x01\xc0");
	WRITES(&host, "\x07\xc0");
	ANSWERS(&host, "\x60\x07\x01\x83\x00\xc0");
	WRITES(&host, "\x0a\xc0");
	ANSWERS(&host, "\x60\x0a\x02\xc0");
	WRITES(&host, "\x0b\x00\xc0");
	ANSWERS(&host, "\x60\x0b\x02\xc0");
	WRITES(&host, "\x06\x01\xc0");
	ANSWERS(&host, "\x60\x06\x01\x00\x02\x00\x00"
		       "\x0c\0\0\0" INIT_CRC "\xc0");
	execute(&host);
	WRITES(&host, "\x06\x02\xc0");
	ANSWERS(&host, "\x60\x06\x01\x00\x10\x00\x00"
		       "\0\0\0\0" NO_CRC "\xc0");
	WRITES(&host, "\x01\x02\x90\x01\x00\x00\xc0");
	ANSWERS(&host, "\x60\x01\x01\xc0");
	machine_expect(&host, DFUT_ACTION_WRITE);
	for (size_t i = 0; i < host.next.action.transfer.length; i++) {
		frame++;
		if (host.next.action.transfer.data[i] != 0xc0)
			continue;
		cr_expect(le(sz, frame, 131));
		if (frame > 2) {
			cr_expect(eq(sz, (frame - 2) / 2 % 4, 0));
			frames++;
		}
		frame = 0;
	}
	cr_expect(eq(sz, frames, 7));
	machine_stop(&host);
}

static struct nordic_versions told;

static int refuse(const struct nordic_versions *versions, void *user_data)
{
	told = *versions;
	return dfut_fail(user_data, DFUT_ERROR_MISMATCH, "not this one");
}

Test(nordic_serial, tells_versions_before_anything_is_sent)
{
	struct machine_host host = { .now_ms = 0 };

	host.own.judge = refuse;
	host.own.judge_data = &host.failure;
	start(&host);
	machine_open(&host);
	WRITES(&host, "\x09\x01\xc0");
	ANSWERS(&host, "\x60\x09\x01\x01\xc0");
	WRITES(&host, "\x02\x00\x00\xc0");
	ANSWERS(&host, "\x60\x02\x01\xc0");
	WRITES(&host, "\x07\xc0");
	ANSWERS(&host, "\x60\x07\x01\x03\x08\xc0");
	WRITES(&host, "\x0a\xc0");
	ANSWERS(&host,
		"\x60\x0a\x01\x40\x28\x05\x00\x44\x41\x41\x41\x00\x00\x10\x00\x00\x00\x04\x00\x00\x10\x00\x00\xc0");
	WRITES(&host, "\x0b\x00\xc0");
	ANSWERS(&host, "\x60\x0b\x01\x02\x03\x00\x00\x00\x00\xe0\x0f\x00\x00\xdb\xdc\x00\x00\xc0");
	WRITES(&host, "\x0b\x01\xc0");
	ANSWERS(&host, "\x60\x0b\x01\x01\x07\x00\x00\x00\x00\x10\x00\x00\x00\x40\x00\x00\xc0");
	WRITES(&host, "\x0b\x02\xc0");
	ANSWERS(&host, "\x60\x0b\x01\xff\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xc0");
	cr_expect(eq(u32, told.chip, 0x52840));
	cr_expect(eq(u32, told.flash_size, 0x100000));
	cr_expect(eq(u32, told.ram_size, 0x40000));
	cr_expect(eq(u32, told.page_size, 0x1000));
	cr_assert(eq(sz, told.firmware_count, 2));
	cr_expect(eq(int, told.firmware[0].type, 2));
	cr_expect(eq(u32, told.firmware[0].version, 3));
	cr_expect(eq(u32, told.firmware[0].size, 0xc000));
	cr_expect(eq(u32, told.firmware[1].version, 7));
	expect_failure(&host, DFUT_ERROR_MISMATCH, "not this one", "");
}

Test(nordic_serial, leaves_by_abort)
{
	struct machine_host host = { .now_ms = 0 };

	machine_start(&host, &nordic_leave_machine);
	machine_open(&host);
	WRITES(&host, "\x09\x01\xc0");
	ANSWERS(&host, "\x60\x09\x01\x01\xc0");
	WRITES(&host, "\x0c\xc0");
	machine_expect_done(&host, DFUT_END_MAY_LEAVE);
	machine_stop(&host);
}
