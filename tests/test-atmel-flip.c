/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Messages of Atmel's FLIP byte by byte (doc7618, AVR1916; LUFA, Bootloaders/DFU), and its machines against answers that no
 * virtual part gives.
 */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "language/atmel-flip/machine.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void expect_message(const struct flip_message *message, const void *bytes, size_t size, const char *what)
{
	cr_expect(eq(sz, message->size, size), "%s", what);
	cr_expect(memcmp(message->bytes, bytes, size) == 0, "%s", what);
}

#define EXPECT(message, bytes) expect_message(message, bytes, sizeof(bytes) - 1, #bytes)

Test(atmel_flip, commands_are_short)
{
	struct flip_message message;

	flip_put_question(&message, 0x61);
	EXPECT(&message, "\x05\x01\x61");
	flip_put_select_page(&message, false, 1);
	EXPECT(&message, "\x06\x03\x00\x01");
	flip_put_select_page(&message, true, 0x0102);
	EXPECT(&message, "\x06\x03\x01\x01\x02\x00");
	flip_put_select_unit(&message, FLIP_UNIT_SIGNATURE);
	EXPECT(&message, "\x06\x03\x00\x05\x00\x00");
	flip_put_erase(&message);
	EXPECT(&message, "\x04\x00\xff");
	flip_put_start(&message);
	EXPECT(&message, "\x04\x03\x00");
	flip_put_blank_check(&message, 0x10000, 0xe000);
	EXPECT(&message, "\x03\x01\x00\x00\xdf\xff");
	flip_put_read(&message, false, FLIP_UNIT_FLASH, 0x12345, 0x400);
	EXPECT(&message, "\x03\x00\x23\x45\x27\x44");
	flip_put_read(&message, false, FLIP_UNIT_EEPROM, 0, 32);
	EXPECT(&message, "\x03\x02\x00\x00\x00\x1f");
	flip_put_read(&message, true, FLIP_UNIT_EEPROM, 0, 32);
	EXPECT(&message, "\x03\x00\x00\x00\x00\x1f");
}

Test(atmel_flip, data_follows_a_whole_packet)
{
	static const char suffix[] = "\0\0\0\0\x10"
				     "DFU\x01\x10\xff\xff\xff\xff\xff\xff";
	static const uint8_t data[] = { 0xa0, 0xa1, 0xa2, 0xa3 };
	uint8_t one[32 + 4 + 16] = { 1, 0, 0x30, 0x80, 0x30, 0x83 };
	uint8_t two[64 + 4] = { 1, 0, 0x30, 0x80, 0x30, 0x83 };
	struct flip_message message;

	memcpy(one + 32, data, 4);
	memcpy(one + 36, suffix, 16);
	memcpy(two + 64, data, 4);
	flip_put_program(&message, false, FLIP_UNIT_FLASH, 0x13080, data, 4);
	expect_message(&message, one, sizeof(one), "flash of FLIP 1");
	one[1] = 1;
	flip_put_program(&message, false, FLIP_UNIT_EEPROM, 0x3080, data, 4);
	expect_message(&message, one, sizeof(one), "EEPROM of FLIP 1");
	flip_put_program(&message, true, FLIP_UNIT_EEPROM, 0x3080, data, 4);
	expect_message(&message, two, sizeof(two), "FLIP 2");
}

Test(atmel_flip, parts_of_one_product_id_may_differ)
{
	static const uint8_t signatures[][4] = { { 0x58, 0x1e, 0x95, 0x87 },
						 { 0x1e, 0x97, 0x46, 1 },
						 { 0x58, 0x1e, 0x97, 0x46 },
						 { 0xff, 0xff, 0xff, 0xff },
						 { 0, 0, 0, 0 } };
	static const char *const names[] = { "atmega32u4", "atxmega128a4u", NULL, NULL, NULL };

	cr_expect(flip_part_find_by_product(0x2ff8) == NULL);
	cr_expect(flip_part_find_by_product(0x2ffd) == NULL);
	cr_expect(eq(u32, flip_part_find_by_product(0x2ffb)->flash, 0x20000));
	for (size_t i = 0; i < COUNT(signatures); i++) {
		const struct flip_part *part = flip_part_find_by_signature(signatures[i]);

		cr_expect(names[i] ? part && strcmp(part->name, names[i]) == 0 : part == NULL, "%zu", i);
	}
	for (size_t i = 0; flip_part_get(i); i++) {
		const struct flip_part *part = flip_part_get(i);

		cr_expect(eq(u32, part->flash % part->page, 0), "%s", part->name);
		cr_expect(eq(u32, part->loader % part->page, 0), "%s", part->name);
		cr_expect(eq(u32, part->eeprom % 64u, 0), "%s", part->name);
		cr_expect(eq(u32, part->page % 32u, 0), "%s", part->name);
	}
}

/* A machine, and answers to its requests one after the other. */

struct host {
	const struct dfut_machine_ops *ops;
	void *state;
	struct dfut_failure failure;
	struct flip_answers answers;
	struct flip_range range;
	struct flip_job own;
	struct dfut_job job;
	struct dfut_next next;
	int result;
	uint64_t now_ms;
};

static const uint8_t page[128] = { 0x0c, 0x94, 0x40 };

static void start(struct host *host, const struct dfut_machine_ops *ops)
{
	host->ops = ops;
	host->state = calloc(1, ops->state_size);
	host->range = (struct flip_range){ 0, sizeof(page), page };
	host->own.answers = &host->answers;
	host->own.ranges = &host->range;
	host->own.range_count = 1;
	host->own.check = (struct flip_range){ 0, sizeof(page), NULL };
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

/* It has sent this request, or a DNLOAD that begins with this byte. */
static void expect(const struct host *host, uint8_t request, int first)
{
	const struct dfut_action_control *control = &host->next.action.control;

	cr_assert(eq(int, host->result, 0), "%s", host->failure.text);
	cr_assert(eq(int, host->next.kind, DFUT_NEXT_ACT));
	cr_assert(eq(int, host->next.action.kind, DFUT_ACTION_CONTROL));
	cr_assert(eq(u8, control->request, request));
	cr_assert(eq(u16, control->value, 0));
	if (first >= 0)
		cr_assert(eq(int, control->data[0], first));
}

static void take(struct host *host, int first)
{
	expect(host, DFU_DNLOAD, first);
	tell(host, host->next.action.control.length, NULL);
}

static void say(struct host *host, uint8_t status, uint8_t state)
{
	const uint8_t answer[6] = { status, 0, 0, 0, state, 0 };

	expect(host, DFU_GETSTATUS, -1);
	tell(host, sizeof(answer), answer);
}

static void pass(struct host *host)
{
	cr_assert(eq(int, host->result, 0), "%s", host->failure.text);
	cr_assert(eq(int, host->next.kind, DFUT_NEXT_WAIT));
	host->now_ms += (host->next.wait_us + 999) / 1000;
	tell(host, 0, NULL);
}

static void open_it(struct host *host)
{
	cr_assert(eq(int, host->next.action.kind, DFUT_ACTION_OPEN));
	tell(host, 0, NULL);
}

static void begin_erase(struct host *host)
{
	host->own.erases = true;
	start(host, &flip_write_machine);
	open_it(host);
	say(host, 0, 2);
	take(host, 4);
}

Test(atmel_flip, a_chip_that_is_not_empty_tells_where)
{
	static const struct {
		bool is_lufa;
		const char *word;
	} cases[] = { { false, "0x1234" }, { true, "0x3412" } };

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct host host = { .answers.is_lufa = cases[i].is_lufa };

		begin_erase(&host);
		say(&host, 0, 2);
		take(&host, 3);
		say(&host, 5, 10);
		expect(&host, DFU_UPLOAD, -1);
		tell(&host, 2, "\x12\x34");
		cr_expect(eq(int, host.result, DFUT_ERROR_DEVICE));
		cr_expect(strstr(host.failure.text, cases[i].word) != NULL, "%s", host.failure.text);
		stop(&host);
	}
}

Test(atmel_flip, an_erase_is_polled_for_20_s)
{
	struct host host = { 0 };
	size_t polls = 0;

	begin_erase(&host);
	while (host.result == 0 && polls < 1000) {
		say(&host, 9, 4);
		polls++;
		if (host.result == 0)
			pass(&host);
	}
	cr_expect(eq(int, host.result, DFUT_ERROR_TIMEOUT), "%s", host.failure.text);
	cr_expect(eq(sz, polls, 201));
	stop(&host);
}

Test(atmel_flip, an_erase_may_fail_its_status_ten_times)
{
	for (size_t fails = 10; fails <= 11; fails++) {
		struct host host = { 0 };

		begin_erase(&host);
		for (size_t i = 0; i < fails && host.result == 0; i++) {
			expect(&host, DFU_GETSTATUS, -1);
			tell(&host, DFUT_ERROR_DEVICE, NULL);
			if (host.result < 0)
				break;
			expect(&host, DFU_CLRSTATUS, -1);
			tell(&host, 0, NULL);
			pass(&host);
		}
		if (fails == 10)
			say(&host, 0, 2);
		cr_expect(eq(int, host.result, fails == 10 ? 0 : DFUT_ERROR_DEVICE), "%s", host.failure.text);
		stop(&host);
	}
}

Test(atmel_flip, an_error_is_left_by_abort_where_its_clearing_does_not_do)
{
	struct host host = { 0 };

	start(&host, &flip_write_machine);
	open_it(&host);
	say(&host, 3, 10);
	expect(&host, DFU_CLRSTATUS, -1);
	tell(&host, 0, NULL);
	say(&host, 0, 10);
	expect(&host, DFU_ABORT, -1);
	tell(&host, 0, NULL);
	say(&host, 0, 2);
	take(&host, 1);
	stop(&host);
}

Test(atmel_flip, who_speaks_neither_surely_is_asked_by_both)
{
	struct host host = { .own.kind = FLIP_KIND_UNKNOWN };
	int first = 6;

	start(&host, &flip_ask_machine);
	open_it(&host);
	say(&host, 0, 2);
	expect(&host, DFU_DNLOAD, 5);
	tell(&host, DFUT_ERROR_DEVICE, NULL);
	say(&host, 15, 10);
	say(&host, 15, 10);
	expect(&host, DFU_CLRSTATUS, -1);
	tell(&host, 0, NULL);
	say(&host, 0, 2);
	take(&host, first);
	say(&host, 0, 2);
	take(&host, first);
	say(&host, 0, 2);
	take(&host, 3);
	expect(&host, DFU_UPLOAD, -1);
	tell(&host, 4, "\x1e\x96\x42\x03");
	cr_expect(eq(int, host.next.kind, DFUT_NEXT_DONE));
	cr_expect(host.answers.is_two);
	cr_expect(strcmp(flip_part_find_by_signature(host.answers.signature)->name, "atxmega64a3u") == 0);
	stop(&host);
}
