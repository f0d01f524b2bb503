/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * AVR109 byte by byte (Atmel's application note AVR109; Arduino, Caterina.c; LUFA, BootloaderCDC.c), and its machines against
 * answers that come late, spoilt, doubled or not at all.
 */

#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "language/avr109/machine.h"
#include "language/avr109/plan.h"

TestSuite(avr109, .timeout = 60);

#define ESC "\x1b"
#define PAGE 128

/* Messages. */

static void expect_message(const struct avr109_message *message, const void *bytes, size_t size, const char *what)
{
	cr_expect(eq(sz, message->size, size), "%s", what);
	cr_expect(memcmp(message->bytes, bytes, size) == 0, "%s", what);
}

#define EXPECT(message, bytes) expect_message(message, bytes, sizeof(bytes) - 1, #bytes)

Test(avr109, messages_have_no_frame)
{
	struct avr109_message message;

	avr109_put_command(&message, AVR109_GET_SIGNATURE);
	EXPECT(&message, "s");
	avr109_put_address(&message, AVR109_FLASH, 0x6f80);
	EXPECT(&message, "A\x37\xc0");
	avr109_put_address(&message, AVR109_EEPROM, 0x3e0);
	EXPECT(&message, "A\x03\xe0");
	avr109_put_address(&message, AVR109_FLASH, 0x1fffe);
	EXPECT(&message, "A\xff\xff");
	avr109_put_address(&message, AVR109_FLASH, 0x20000);
	EXPECT(&message, "H\x01\x00\x00");
	avr109_put_read(&message, AVR109_FLASH, PAGE);
	EXPECT(&message, "g\x00\x80"
			 "F");
	avr109_put_write(&message, AVR109_EEPROM, (const uint8_t *)"abc", 3);
	EXPECT(&message, "B\x00\x03"
			 "Eabc");
	avr109_put_write(&message, AVR109_FLASH, NULL, 256);
	cr_expect(eq(u16, message.size, 260));
	cr_expect(memcmp(message.bytes,
			 "B\x01\x00"
			 "F\xff",
			 5) == 0);
	cr_expect(eq(u8, message.bytes[259], 0xff));
}

Test(avr109, parts_have_usb)
{
	bool has_32u4 = false;
	const char *name;

	for (size_t i = 0; (name = avr109_part_get_name(i)); i++) {
		has_32u4 = has_32u4 || strcmp(name, "atmega32u4") == 0;
		cr_expect(strncmp(name, "at32", 4) != 0, "%s", name);
	}
	cr_expect(has_32u4);
}

/* A machine, and bytes that the test gives. */

struct host {
	const struct dfut_machine_ops *ops;
	void *state;
	struct dfut_failure failure;
	struct avr109_answers answers;
	uint8_t image[2 * PAGE];
	bool used[2], pending[2], checked[2];
	struct flip_content content;
	struct avr109_job own;
	struct dfut_job job;
	uint8_t got[2 * PAGE];
	size_t got_size;
	struct dfut_next next;
	int result;
	uint64_t now_ms;
};

static void start(struct host *host, const struct dfut_machine_ops *ops)
{
	host->ops = ops;
	host->state = calloc(1, ops->state_size);
	for (size_t i = 0; i < sizeof(host->image); i++)
		host->image[i] = (uint8_t)(i * 7 + 1);
	host->content.blocks = (struct dfut_blocks){ host->image, host->used, 2, 2, PAGE };
	host->answers.has_increment = true;
	host->own.answers = &host->answers;
	host->own.memory = AVR109_FLASH;
	host->own.unit = PAGE;
	host->own.content = &host->content;
	host->own.pending = host->pending;
	host->own.checked = host->checked;
	host->own.erase_ms = 9000;
	host->job.failure = &host->failure;
	host->job.own = &host->own;
	cr_assert(eq(int, ops->begin(host->state, &host->job), 0));
	host->result = ops->next(host->state, NULL, &host->next);
}

static void stop(struct host *host)
{
	free(host->state);
}

static void tell(struct host *host, int result, const void *data)
{
	struct dfut_outcome outcome = { result, data, host->now_ms };

	cr_assert(eq(int, host->result, 0), "%s", host->failure.text);
	memset(&host->next, 0, sizeof(host->next));
	host->result = host->ops->next(host->state, &outcome, &host->next);
}

static void expect(const struct host *host, enum dfut_action_kind kind)
{
	cr_assert(eq(int, host->result, 0), "%s", host->failure.text);
	cr_assert(eq(int, (int)host->next.kind, DFUT_NEXT_ACT));
	cr_assert(eq(int, (int)host->next.action.kind, (int)kind));
}

static void expect_done(const struct host *host, enum dfut_end end)
{
	cr_assert(eq(int, host->result, 0), "%s", host->failure.text);
	cr_assert(eq(int, (int)host->next.kind, DFUT_NEXT_DONE));
	cr_expect(eq(int, (int)host->next.end, (int)end));
}

static void expect_failure(const struct host *host, int code, const char *text)
{
	cr_expect(eq(int, host->result, code));
	cr_expect(strstr(host->failure.text, text) != NULL, "%s", host->failure.text);
}

static void expect_write(struct host *host, const void *bytes, size_t size, const char *what)
{
	expect(host, DFUT_ACTION_WRITE);
	cr_assert(eq(int, host->next.action.transfer.length, (int)size), "%s", what);
	cr_assert(memcmp(host->next.action.transfer.data, bytes, size) == 0, "%s: %.4s", what,
		  (const char *)host->next.action.transfer.data);
	tell(host, (int)size, NULL);
}

static void answer(struct host *host, const void *bytes, size_t size)
{
	expect(host, DFUT_ACTION_READ);
	tell(host, (int)size, bytes);
}

/* Nothing comes in. */
static void pass(struct host *host)
{
	expect(host, DFUT_ACTION_READ);
	host->now_ms += host->next.action.timeout_ms;
	tell(host, DFUT_ERROR_TIMEOUT, NULL);
}

#define WRITES(host, text) expect_write(host, text, sizeof(text) - 1, #text)
#define ANSWERS(host, text) answer(host, text, sizeof(text) - 1)
#define TALK(host, text, back) (WRITES(host, text), ANSWERS(host, back))

static void open_port(struct host *host)
{
	expect(host, DFUT_ACTION_OPEN);
	cr_assert(eq(int, host->next.action.link, DFUT_LINK_SERIAL));
	tell(host, 0, NULL);
	expect(host, DFUT_ACTION_LINE_CODING);
	tell(host, DFUT_ERROR_DEVICE, NULL);
	expect(host, DFUT_ACTION_LINES);
	tell(host, DFUT_ERROR_DEVICE, NULL);
}

static void find(struct host *host)
{
	WRITES(host, ESC);
	pass(host);
	TALK(host, "S", "CATERIN");
}

static void connect(struct host *host)
{
	open_port(host);
	find(host);
}

static void write_page(struct host *host, size_t index)
{
	uint8_t bytes[4 + PAGE] = { 'B', 0, PAGE, 'F' };

	memcpy(bytes + 4, host->image + index * PAGE, PAGE);
	expect_write(host, bytes, sizeof(bytes), "page");
	ANSWERS(host, "\r");
}

#define READS(host) \
	WRITES(host, "g\x00\x80" \
		     "F")

static void read_page(struct host *host, const uint8_t *bytes)
{
	READS(host);
	answer(host, bytes, PAGE);
}

/* Asking. */

static void ask_all(struct host *host)
{
	TALK(host, "V", "10");
	TALK(host, "v", "?");
	TALK(host, "p", "S");
	TALK(host, "a", "Y");
	TALK(host, "a", "Y");
	TALK(host, "b", "Y\x00\x80");
	TALK(host, "b", "Y\x00\x80");
	TALK(host, "t", "D\x00");
	TALK(host, "s", "\x87\x95\x1e");
}

Test(avr109, is_asked_what_it_is)
{
	struct host host = { 0 };

	start(&host, &avr109_ask_machine);
	connect(&host);
	ask_all(&host);
	TALK(&host, "s", "\x87\x95\x1e");
	expect_done(&host, DFUT_END_STAYS);
	cr_expect(strcmp(host.answers.id, "CATERIN") == 0, "%s", host.answers.id);
	cr_expect(strcmp(host.answers.software, "1.0") == 0, "%s", host.answers.software);
	cr_expect(strcmp(host.answers.hardware, "") == 0, "%s", host.answers.hardware);
	cr_expect(host.answers.is_serial && host.answers.has_increment);
	cr_expect(eq(u16, host.answers.block_size, 128));
	cr_expect(memcmp(host.answers.signature, "\x1e\x95\x87", 3) == 0);
	stop(&host);
}

/* Answers come in whatever pieces, and other loaders give others. */
Test(avr109, may_be_another)
{
	struct host host = { 0 };

	start(&host, &avr109_ask_machine);
	open_port(&host);
	WRITES(&host, ESC);
	ANSWERS(&host, "??");
	pass(&host);
	WRITES(&host, "S");
	ANSWERS(&host, "XB");
	ANSWERS(&host, "oot++");
	TALK(&host, "V", "17");
	WRITES(&host, "v");
	ANSWERS(&host, "1");
	ANSWERS(&host, "2");
	TALK(&host, "p", "S");
	TALK(&host, "a", "N");
	TALK(&host, "a", "N");
	TALK(&host, "b", "?");
	TALK(&host, "b", "?");
	TALK(&host, "t", "?");
	TALK(&host, "s", "\x42\x97\x1e");
	TALK(&host, "s", "\x42\x97\x1e");
	expect_done(&host, DFUT_END_STAYS);
	cr_expect(strcmp(host.answers.id, "XBoot++") == 0, "%s", host.answers.id);
	cr_expect(strcmp(host.answers.hardware, "1.2") == 0, "%s", host.answers.hardware);
	cr_expect(host.answers.has_increment == false);
	cr_expect(eq(u16, host.answers.block_size, 0));
	stop(&host);
}

Test(avr109, a_signature_counts_that_comes_twice)
{
	struct host host = { 0 };

	start(&host, &avr109_ask_machine);
	connect(&host);
	ask_all(&host);
	TALK(&host, "s", "\x87\x95\x1f");
	find(&host);
	TALK(&host, "s", "\x87\x95\x1e");
	find(&host);
	TALK(&host, "s", "\x87\x95\x1e");
	expect_done(&host, DFUT_END_STAYS);
	cr_expect(memcmp(host.answers.signature, "\x1e\x95\x87", 3) == 0);
	stop(&host);
}

/* What it waits for is filled up, more at each attempt. */
Test(avr109, is_looked_for_until_it_says_its_name)
{
	struct host host = { 0 };
	uint8_t filler[1024];

	memset(filler, 0x1b, sizeof(filler));
	start(&host, &avr109_ask_machine);
	open_port(&host);
	WRITES(&host, ESC);
	pass(&host);
	TALK(&host, "S", "?");
	WRITES(&host, ESC);
	pass(&host);
	WRITES(&host, "S");
	pass(&host);
	expect_write(&host, filler, sizeof(filler), "filler");
	ANSWERS(&host, "\r");
	pass(&host);
	TALK(&host, "S", "CATERI\r");
	expect(&host, DFUT_ACTION_CLOSE);
	tell(&host, 0, NULL);
	open_port(&host);
	expect_write(&host, filler, sizeof(filler), "filler");
	pass(&host);
	TALK(&host, "S", "CATERINN");
	for (size_t i = 0; i < 64; i++)
		expect_write(&host, filler, sizeof(filler), "filler");
	pass(&host);
	TALK(&host, "S", "CATERIN");
	TALK(&host, "V", "10");
	stop(&host);
}

static void expect_silence(struct host *host, const char *said, size_t size)
{
	for (int attempt = 0; attempt < 5; attempt++) {
		if (attempt == 3) {
			expect(host, DFUT_ACTION_CLOSE);
			tell(host, 0, NULL);
			open_port(host);
		}
		do {
			expect(host, DFUT_ACTION_WRITE);
			tell(host, host->next.action.transfer.length, NULL);
		} while (host->next.action.kind == DFUT_ACTION_WRITE);
		pass(host);
		WRITES(host, "S");
		if (size)
			answer(host, said, size);
		else
			pass(host);
	}
}

Test(avr109, says_that_nobody_answers)
{
	struct host host = { 0 };

	start(&host, &avr109_ask_machine);
	open_port(&host);
	expect_silence(&host, NULL, 0);
	expect_failure(&host, DFUT_ERROR_TIMEOUT, "does not answer");
	cr_expect(host.now_ms < 8000);
	stop(&host);
}

Test(avr109, knows_stk500_by_its_answers)
{
	static const struct {
		const char *answer, *text, *tool;
	} cases[] = {
		{ "\x15", "STK500 version 1", "-c arduino" },
		{ "\x14", "STK500 version 1", "-c arduino" },
		{ ESC, "STK500 version 2", "-c wiring" },
	};

	for (size_t i = 0; i < DFUT_COUNT(cases); i++) {
		struct host host = { 0 };

		start(&host, &avr109_ask_machine);
		open_port(&host);
		expect_silence(&host, cases[i].answer, 1);
		expect_failure(&host, DFUT_ERROR_UNSUPPORTED, cases[i].text);
		cr_expect(strstr(host.failure.hint, cases[i].tool) != NULL, "%s", host.failure.hint);
		stop(&host);
	}
}

/* Once it begins anew: it was about to leave. */
Test(avr109, says_that_it_has_left)
{
	for (unsigned int restarts = 0; restarts < 2; restarts++) {
		struct host host = { .job.restarts = restarts };

		start(&host, &avr109_ask_machine);
		connect(&host);
		WRITES(&host, "V");
		tell(&host, DFUT_ERROR_GONE, NULL);
		if (restarts) {
			expect_failure(&host, DFUT_ERROR_GONE,
				       "asking for its version: the bootloader has left the bus");
			cr_expect(strstr(host.failure.hint, "8 s") != NULL, "%s", host.failure.hint);
		} else {
			expect_done(&host, DFUT_END_RESTARTED);
			cr_expect(strcmp(host.failure.text, "") == 0, "%s", host.failure.text);
		}
		stop(&host);
	}
}

Test(avr109, says_that_the_port_can_not_be_opened)
{
	struct host host = { 0 };

	start(&host, &avr109_ask_machine);
	expect(&host, DFUT_ACTION_OPEN);
	tell(&host, DFUT_ERROR_ACCESS, NULL);
	expect_failure(&host, DFUT_ERROR_ACCESS, "can't be opened");
	stop(&host);
}

/* Writing. */

static void begin_writing(struct host *host)
{
	start(host, &avr109_write_machine);
	connect(host);
	TALK(host, "P", "\r");
}

Test(avr109, writes_pages_that_are_pending)
{
	struct host host = { .pending = { true, true } };
	uint64_t done, total;

	begin_writing(&host);
	TALK(&host, "A\x00\x00", "\r");
	write_page(&host, 0);
	host.ops->progress(host.state, &done, &total);
	cr_expect(done == PAGE && total == 2 * PAGE);
	write_page(&host, 1);
	expect_done(&host, DFUT_END_STAYS);
	cr_expect(host.pending[0] == false && host.pending[1] == false);
	stop(&host);
}

Test(avr109, does_not_trust_in_addresses_that_do_not_advance)
{
	struct host host = { .pending = { true, true } };

	begin_writing(&host);
	host.answers.has_increment = false;
	TALK(&host, "A\x00\x00", "\r");
	write_page(&host, 0);
	TALK(&host, "A\x00\x40", "\r");
	write_page(&host, 1);
	expect_done(&host, DFUT_END_STAYS);
	stop(&host);
}

Test(avr109, empties_the_first_page_before)
{
	struct host host = { .pending = { false, true }, .own.blanks = true };
	uint8_t blank[4 + PAGE] = { 'B', 0, PAGE, 'F' };

	memset(blank + 4, 0xff, PAGE);
	begin_writing(&host);
	TALK(&host, "A\x00\x00", "\r");
	expect_write(&host, blank, sizeof(blank), "blank");
	ANSWERS(&host, "\r");
	write_page(&host, 1);
	expect_done(&host, DFUT_END_STAYS);
	stop(&host);
}

Test(avr109, erases_all_if_it_is_told_to)
{
	struct host host = { .pending = { false, true }, .own.erases = true };

	begin_writing(&host);
	WRITES(&host, "e");
	cr_expect(eq(u32, host.next.action.timeout_ms, 9000));
	ANSWERS(&host, "\r");
	TALK(&host, "A\x00\x40", "\r");
	write_page(&host, 1);
	expect_done(&host, DFUT_END_STAYS);
	stop(&host);
}

/* Whatever was not answered is done again, and where, as the address may have advanced or not. */
Test(avr109, writes_again_what_was_not_answered)
{
	static const char *const wrong[] = { "?", "\n", "\r\r", "" };

	for (size_t i = 0; i < DFUT_COUNT(wrong); i++) {
		struct host host = { .pending = { true, false } };

		begin_writing(&host);
		TALK(&host, "A\x00\x00", "\r");
		expect(&host, DFUT_ACTION_WRITE);
		tell(&host, 4 + PAGE, NULL);
		if (*wrong[i])
			answer(&host, wrong[i], strlen(wrong[i]));
		else
			pass(&host);
		find(&host);
		TALK(&host, "A\x00\x00", "\r");
		write_page(&host, 0);
		expect_done(&host, DFUT_END_STAYS);
		stop(&host);
	}
}

Test(avr109, gives_up_what_is_never_answered_right)
{
	struct host host = { .pending = { true, false } };

	begin_writing(&host);
	for (int i = 0; i < 4; i++) {
		TALK(&host, "A\x00\x00", "\r");
		expect(&host, DFUT_ACTION_WRITE);
		tell(&host, 4 + PAGE, NULL);
		ANSWERS(&host, "?");
		if (i < 3)
			find(&host);
	}
	expect_failure(&host, DFUT_ERROR_DEVICE, "writing at 0x00000: the bootloader does not know how");
	stop(&host);
}

Test(avr109, reads_back_and_writes_again_what_is_wrong)
{
	struct host host = { .checked = { true, true }, .own.rounds = 1 };
	uint8_t wrong[PAGE];

	begin_writing(&host);
	memcpy(wrong, host.image + PAGE, PAGE);
	wrong[5] ^= 0x10;
	TALK(&host, "A\x00\x00", "\r");
	read_page(&host, host.image);
	/* It may have been read wrong. */
	read_page(&host, wrong);
	TALK(&host, "A\x00\x40", "\r");
	read_page(&host, host.image + PAGE);
	expect_done(&host, DFUT_END_STAYS);
	stop(&host);

	host = (struct host){ .checked = { false, true }, .own.rounds = 1 };
	begin_writing(&host);
	for (int round = 0; round < 2; round++) {
		TALK(&host, "A\x00\x40", "\r");
		read_page(&host, wrong);
		TALK(&host, "A\x00\x40", "\r");
		read_page(&host, wrong);
		if (round == 0) {
			TALK(&host, "A\x00\x40", "\r");
			write_page(&host, 1);
		}
	}
	expect_failure(&host, DFUT_ERROR_VERIFY, "read back differs at 0x00085");
	stop(&host);
}

Test(avr109, compares_without_writing)
{
	struct host host = { .checked = { true, true } };
	uint8_t wrong[PAGE] = { 0 };

	begin_writing(&host);
	TALK(&host, "A\x00\x00", "\r");
	read_page(&host, host.image);
	read_page(&host, wrong);
	expect_done(&host, DFUT_END_STAYS);
	cr_expect(host.pending[0] == false && host.pending[1]);
	stop(&host);
}

Test(avr109, never_goes_by_what_reads_otherwise_each_time)
{
	struct host host = { .checked = { true, false }, .own.rounds = 1 };
	uint8_t wrong[PAGE] = { 0 };

	begin_writing(&host);
	for (int i = 0; i < 5; i++) {
		TALK(&host, "A\x00\x00", "\r");
		wrong[0]++;
		read_page(&host, wrong);
		if (i > 0 && i < 4)
			find(&host);
	}
	expect_failure(&host, DFUT_ERROR_PROTOCOL, "it reads otherwise each time");
	stop(&host);
}

Test(avr109, keeps_bytes_of_eeprom_that_the_image_has_not)
{
	bool covered[2 * PAGE] = { [1] = true };
	struct host host = { .checked = { true, false }, .own.merges = true, .content.covered = covered };
	uint8_t there[32];

	begin_writing(&host);
	host.own.memory = AVR109_EEPROM;
	host.own.unit = 32;
	host.content.blocks.size = 32;
	memset(there, 0x33, sizeof(there));
	for (int i = 0; i < 2; i++) {
		/* The first one was already sent as one of flash. */
		expect(&host, DFUT_ACTION_WRITE);
		tell(&host, 3, NULL);
		ANSWERS(&host, "\r");
		WRITES(&host, "g\x00\x20"
			      "E");
		answer(&host, there, sizeof(there));
	}
	expect_done(&host, DFUT_END_STAYS);
	cr_expect(host.pending[0]);
	cr_expect(eq(u8, host.image[0], 0x33));
	cr_expect(eq(u8, host.image[1], 8));
	cr_expect(eq(u8, host.image[31], 0x33));
	stop(&host);
}

/* Reading for the caller. */

static int keep(const uint8_t *data, size_t size, void *user_data)
{
	struct host *host = user_data;

	cr_assert(le(sz, host->got_size + size, sizeof(host->got)));
	memcpy(host->got + host->got_size, data, size);
	host->got_size += size;
	return 0;
}

static int settle(void *user_data)
{
	struct host *host = user_data;

	host->own.address = 0x81;
	host->own.size = PAGE + 1;
	return 0;
}

Test(avr109, reads_whole_words)
{
	struct host host = { 0 };

	host.own.settle = settle;
	host.own.settle_data = &host;
	host.job.writer = keep;
	host.job.writer_data = &host;
	start(&host, &avr109_read_machine);
	connect(&host);
	ask_all(&host);
	TALK(&host, "s", "\x87\x95\x1e");
	TALK(&host, "A\x00\x40", "\r");
	read_page(&host, host.image);
	WRITES(&host, "g\x00\x02"
		      "F");
	ANSWERS(&host, "\xaa\xbb");
	expect_done(&host, DFUT_END_STAYS);
	cr_expect(eq(sz, host.got_size, PAGE + 1));
	cr_expect(memcmp(host.got, host.image + 1, PAGE - 1) == 0);
	cr_expect(memcmp(host.got + PAGE - 1, "\xaa\xbb", 2) == 0);
	stop(&host);
}

/* Leaving. */

Test(avr109, leaves)
{
	struct host host = { 0 };

	start(&host, &avr109_leave_machine);
	connect(&host);
	TALK(&host, "L", "\r");
	TALK(&host, "E", "\r");
	expect_done(&host, DFUT_END_GONE);
	stop(&host);
}

/* Before what it answers was fetched. */
Test(avr109, may_be_gone_at_once)
{
	struct host host = { 0 };

	start(&host, &avr109_leave_machine);
	connect(&host);
	TALK(&host, "L", "?");
	WRITES(&host, "E");
	pass(&host);
	WRITES(&host, ESC);
	tell(&host, DFUT_ERROR_GONE, NULL);
	expect_done(&host, DFUT_END_GONE);
	cr_expect(strcmp(host.failure.text, "") == 0, "%s", host.failure.text);
	stop(&host);
}
