/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The machines of PICOBOOT against what a device may say: each status, halts, data that ends early, and a ROM that is another. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

#include "language/picoboot/machine.h"

#define IN 0x84
#define OUT 0x03
#define INTERFACE 1

struct host {
	const struct dfut_machine_ops *ops;
	void *state;
	struct dfut_failure failure;
	struct dfut_job job;
	struct picoboot_job own;
	struct picoboot_identity identity;
	struct dfut_next next;
	int result;
	uint8_t data[32768];
	uint32_t token; /* of the last command */
	size_t kept;
};

static int keep(const uint8_t *data, size_t size, void *user_data)
{
	struct host *host = user_data;

	(void)data;
	host->kept += size;
	return 0;
}

static void start(struct host *host, const struct dfut_machine_ops *ops)
{
	host->ops = ops;
	host->state = calloc(1, ops->state_size);
	host->own.in = IN;
	host->own.out = OUT;
	host->own.identity = &host->identity;
	host->job.failure = &host->failure;
	host->job.own = &host->own;
	host->job.interface = INTERFACE;
	host->job.writer = keep;
	host->job.writer_data = host;
	cr_assert(eq(int, ops->begin(host->state, &host->job), 0));
	host->result = ops->next(host->state, NULL, &host->next);
}

static void stop(struct host *host)
{
	free(host->state);
	free(host);
}

static struct host *make(const struct dfut_machine_ops *ops, bool is_first)
{
	struct host *host = calloc(1, sizeof(*host));

	host->own.is_first = is_first;
	start(host, ops);
	return host;
}

static void tell(struct host *host, int result)
{
	struct dfut_outcome outcome = { .result = result, .data = host->data };

	cr_assert(eq(int, host->result, 0), "%s", host->failure.text);
	memset(&host->next, 0, sizeof(host->next));
	host->result = host->ops->next(host->state, &outcome, &host->next);
}

static void expect(const struct host *host, enum dfut_action_kind kind)
{
	cr_assert(eq(int, host->result, 0), "%s", host->failure.text);
	cr_assert(eq(int, host->next.kind, DFUT_NEXT_ACT));
	cr_assert(eq(int, host->next.action.kind, kind));
}

static void expect_control(struct host *host, uint8_t type, uint8_t request, uint16_t length)
{
	expect(host, DFUT_ACTION_CONTROL);
	cr_expect(eq(u8, host->next.action.control.request_type, type));
	cr_expect(eq(u8, host->next.action.control.request, request));
	cr_expect(eq(u16, host->next.action.control.value, 0));
	cr_expect(eq(u16, host->next.action.control.index, INTERFACE));
	cr_expect(eq(u16, host->next.action.control.length, length));
}

static void open_interface(struct host *host)
{
	expect(host, DFUT_ACTION_OPEN);
	cr_expect(eq(u8, host->next.action.channel, INTERFACE));
	tell(host, 0);
	if (!host->own.is_first)
		return;
	expect_control(host, 0x41, 0x41, 0);
	tell(host, 0);
}

/* A command of 32 bytes goes out, with these arguments and data of that length. */
static void expect_command(struct host *host, uint8_t id, uint8_t argument_size, const void *arguments, uint32_t length)
{
	static const uint8_t magic[] = { 0x0b, 0xd1, 0x1f, 0x43 };
	uint8_t wanted[16] = { 0 };
	const uint8_t *frame = host->next.action.transfer.data;

	expect(host, DFUT_ACTION_WRITE);
	cr_assert(eq(u8, host->next.action.transfer.endpoint, OUT));
	cr_assert(eq(u16, host->next.action.transfer.length, 32));
	memcpy(wanted, arguments, argument_size);
	cr_expect(eq(int, memcmp(frame, magic, 4), 0));
	cr_expect(eq(u8, frame[8], id));
	cr_expect(eq(u8, frame[9], argument_size));
	cr_expect(eq(u16, dfut_le16(frame + 10), 0));
	cr_expect(eq(u32, dfut_le32(frame + 12), length));
	cr_expect(eq(int, memcmp(frame + 16, wanted, 16), 0), "command %02x", id);
	cr_expect(ne(u32, dfut_le32(frame + 4), host->token));
	host->token = dfut_le32(frame + 4);
	tell(host, 32);
}

static void expect_read(const struct host *host, uint16_t length)
{
	expect(host, DFUT_ACTION_READ);
	cr_expect(eq(u8, host->next.action.transfer.endpoint, IN));
	cr_expect(eq(u16, host->next.action.transfer.length, length));
}

static void give(struct host *host, const void *data, size_t size)
{
	memcpy(host->data, data, size);
	expect(host, DFUT_ACTION_READ);
	tell(host, (int)size);
	/* The acknowledgement of what came in goes out. */
	expect(host, DFUT_ACTION_WRITE);
	cr_expect(eq(u16, host->next.action.transfer.length, 0));
	tell(host, 0);
}

/* What has no data, or data that goes out, is acknowledged by an empty packet that comes in. */
static void acknowledge(struct host *host)
{
	expect_read(host, 64);
	tell(host, 0);
}

/* It asks why, and ends all; then it returns this. */
static void expect_recovery(struct host *host, uint32_t token, uint32_t code, int status_result, int result)
{
	expect_control(host, 0xc1, 0x42, 16);
	memset(host->data, 0, 16);
	dfut_put_le32(host->data, token);
	dfut_put_le32(host->data + 4, code);
	tell(host, status_result);
	expect(host, DFUT_ACTION_CLEAR_HALT);
	cr_expect(eq(u8, host->next.action.clear_halt.endpoint, IN));
	tell(host, 0);
	expect(host, DFUT_ACTION_CLEAR_HALT);
	cr_expect(eq(u8, host->next.action.clear_halt.endpoint, OUT));
	tell(host, 0);
	expect_control(host, 0x41, 0x41, 0);
	tell(host, 0);
	cr_expect(eq(int, host->result, result), "%s", host->failure.text);
	cr_expect(eq(int, host->failure.code, result), "%s", host->failure.text);
}

static const uint8_t rp2040[] = { 'M', 'u', 1, 2 }, rp2350[] = { 'M', 'u', 2, 2 };
static const uint8_t chip_place[] = { 0x10, 0, 0, 0, 4, 0, 0, 0 };

static void expect_chip(struct host *host, const uint8_t *chip)
{
	open_interface(host);
	expect_command(host, 0x06, 0, "", 0);
	acknowledge(host);
	expect_command(host, 0x84, 8, chip_place, 4);
	expect_read(host, 4);
	give(host, chip, 4);
}

/* Probing. */

Test(picoboot, knows_a_chip_by_its_rom)
{
	struct host *host = make(&picoboot_probe_machine, true);

	expect_chip(host, rp2040);
	cr_expect(eq(int, host->next.kind, DFUT_NEXT_DONE));
	cr_expect(eq(int, host->next.end, DFUT_END_STAYS));
	cr_expect(eq(int, host->identity.chip, PICOBOOT_CHIP_RP2040));
	cr_expect(eq(u8, host->identity.version, 2));
	stop(host);
}

Test(picoboot, does_not_know_another_rom)
{
	static const uint8_t others[][4] = { { 'M', 'u', 3, 1 }, { 0xff, 0xff, 0xff, 0xff }, { 'M', 'v', 1, 1 } };

	for (size_t i = 0; i < DFUT_COUNT(others); i++) {
		struct host *host = make(&picoboot_probe_machine, true);

		expect_chip(host, others[i]);
		expect_control(host, 0x41, 0x41, 0);
		tell(host, 0);
		cr_expect(eq(int, host->result, DFUT_ERROR_UNSUPPORTED));
		cr_expect(strstr(host->failure.text, "neither") != NULL, "%s", host->failure.text);
		stop(host);
	}
}

static void give_words(struct host *host, const uint32_t *words, size_t count)
{
	uint8_t bytes[256] = { 0 };

	for (size_t i = 0; i < count; i++)
		dfut_put_le32(bytes + 4 * i, words[i]);
	expect_read(host, 256);
	give(host, bytes, sizeof(bytes));
}

static struct host *ask_rp2350(const uint32_t *flash, size_t flash_count, const uint32_t *place, size_t place_count)
{
	static const uint8_t system[16] = { 1, 0, 0, 0, 8 }, target[16] = { 3, 0, 0, 0, 0x59, 0xff, 0x8b, 0xe4 };
	struct host *host = make(&picoboot_probe_machine, true);

	host->own.wants_place = true;
	host->own.family = 0xe48bff59;
	expect_chip(host, rp2350);
	expect_command(host, 0x8b, 16, system, 256);
	give_words(host, flash, flash_count);
	expect_command(host, 0x8b, 16, target, 256);
	give_words(host, place, place_count);
	return host;
}

Test(picoboot, asks_an_rp2350_what_it_has)
{
	static const uint32_t flash[] = { 2, 8, 10 << 8 }, place[] = { 3, 1, 0x10 | 0x2f << 13 | 0xfc000000, 0 };
	struct host *host = ask_rp2350(flash, 3, place, 4);

	cr_expect(eq(int, host->next.kind, DFUT_NEXT_DONE));
	cr_expect(eq(u32, host->identity.flash_size, 4 * 1024 * 1024));
	cr_expect(host->identity.has_place);
	cr_expect(eq(u32, host->identity.place.number, 1));
	cr_expect(eq(u32, host->identity.place.start, 0x10000));
	cr_expect(eq(u32, host->identity.place.size, 0x20000));
	stop(host);
}

/* Too few words, a size that there is none of, sectors the wrong way round. */
Test(picoboot, looks_at_the_answers_of_an_rp2350)
{
	static const uint32_t none[] = { 0 }, odd[] = { 2, 8, 15 << 8 }, other[] = { 2, 1, 10 << 8 },
			      nowhere[] = { 3, UINT32_MAX, 0, 0 }, everywhere[] = { 3, 0xff, 0, 0 },
			      backward[] = { 3, 0, 0x20 | 0x10 << 13, 0 }, cut[] = { 1, 0 };
	struct host *host = ask_rp2350(none, 1, nowhere, 4);

	cr_expect(eq(u32, host->identity.flash_size, 0));
	cr_expect(not(host->identity.has_place));
	stop(host);
	host = ask_rp2350(odd, 3, everywhere, 4);
	cr_expect(eq(u32, host->identity.flash_size, 0));
	cr_expect(host->identity.has_place);
	cr_expect(eq(u32, host->identity.place.size, 0));
	stop(host);
	host = ask_rp2350(other, 3, backward, 4);
	cr_expect(eq(u32, host->identity.flash_size, 0));
	expect_control(host, 0x41, 0x41, 0);
	tell(host, 0);
	cr_expect(eq(int, host->result, DFUT_ERROR_PROTOCOL));
	stop(host);
	host = ask_rp2350(none, 1, cut, 2);
	tell(host, 0);
	cr_expect(eq(int, host->result, DFUT_ERROR_PROTOCOL));
	stop(host);
}

/* Failures. */

Test(picoboot, tells_each_status_in_words)
{
	static const struct {
		uint32_t code;
		const char *words;
	} codes[] = {
		{ 1, "unknown command" }, { 2, "arguments" },	      { 3, "transfer length" },
		{ 4, "bad address" },	  { 5, "alignment" },	      { 6, "at the same time" },
		{ 7, "restarting" },	  { 8, "unknown error" },     { 9, "invalid state" },
		{ 10, "not permitted" },  { 11, "invalid argument" }, { 12, "too small" },
		{ 13, "precondition" },	  { 14, "modified data" },    { 15, "invalid data" },
		{ 16, "not found" },	  { 17, "unsupported" },      { 99, "unknown code (99)" },
	};
	static const struct picoboot_range range = { PICOBOOT_FLASH + 0x3000, 256, NULL };

	for (size_t i = 0; i < DFUT_COUNT(codes); i++) {
		struct host *host = calloc(1, sizeof(*host));

		host->own.ranges = &range;
		host->own.range_count = 1;
		start(host, &picoboot_read_machine);
		open_interface(host);
		expect(host, DFUT_ACTION_WRITE);
		host->token = dfut_le32(host->next.action.transfer.data + 4);
		tell(host, 32);
		expect_read(host, 256);
		tell(host, DFUT_ERROR_DEVICE);
		expect_recovery(host, host->token, codes[i].code, 16, DFUT_ERROR_DEVICE);
		cr_expect(strstr(host->failure.text, codes[i].words) != NULL, "%s", host->failure.text);
		cr_expect(strstr(host->failure.text, "0x10003000") != NULL, "%s", host->failure.text);
		stop(host);
	}
}

/* Of another command, cut off, or none at all: it says so. */
Test(picoboot, does_not_believe_any_status)
{
	static const struct {
		uint32_t token; /* beside that of the command */
		uint32_t code;
		int result;
	} cases[] = {
		{ 1, 4, 16 }, { 0, 4, 15 }, { 0, 0, 16 }, { 0, 4, DFUT_ERROR_DEVICE }, { 0, 4, DFUT_ERROR_TIMEOUT }
	};

	for (size_t i = 0; i < DFUT_COUNT(cases); i++) {
		struct host *host = make(&picoboot_probe_machine, false);

		open_interface(host);
		expect(host, DFUT_ACTION_WRITE);
		host->token = dfut_le32(host->next.action.transfer.data + 4);
		tell(host, DFUT_ERROR_DEVICE);
		expect_recovery(host, host->token + cases[i].token, cases[i].code, cases[i].result, DFUT_ERROR_DEVICE);
		cr_expect(strstr(host->failure.text, "does not say why") != NULL, "%s", host->failure.text);
		stop(host);
	}
}

/* Each transfer of a read and how it may end. */
Test(picoboot, ends_a_read_that_breaks)
{
	static const struct {
		size_t transfer;
		int result;
		int code;
	} cases[] = {
		{ 0, 31, DFUT_ERROR_IO },
		{ 0, DFUT_ERROR_TIMEOUT, DFUT_ERROR_TIMEOUT },
		{ 1, 4095, DFUT_ERROR_IO },
		{ 1, 0, DFUT_ERROR_IO },
		{ 1, DFUT_ERROR_IO, DFUT_ERROR_IO },
		{ 2, DFUT_ERROR_DEVICE, DFUT_ERROR_DEVICE },
		{ 2, DFUT_ERROR_TIMEOUT, DFUT_ERROR_TIMEOUT },
	};
	static const int good[] = { 32, 4096, 0 };
	static const struct picoboot_range range = { PICOBOOT_FLASH, 4096, NULL };

	for (size_t i = 0; i < DFUT_COUNT(cases); i++) {
		struct host *host = calloc(1, sizeof(*host));

		host->own.ranges = &range;
		host->own.range_count = 1;
		start(host, &picoboot_read_machine);
		open_interface(host);
		for (size_t k = 0; k < cases[i].transfer; k++)
			tell(host, good[k]);
		tell(host, cases[i].result);
		expect_recovery(host, 0, 0, 16, cases[i].code);
		cr_expect(eq(sz, host->kept, 0));
		stop(host);
	}
}

Test(picoboot, does_not_take_data_for_an_acknowledgement)
{
	struct host *host = make(&picoboot_probe_machine, false);

	open_interface(host);
	expect_command(host, 0x06, 0, "", 0);
	expect_read(host, 64);
	tell(host, 1);
	expect_recovery(host, 0, 0, 16, DFUT_ERROR_PROTOCOL);
	cr_expect(strstr(host->failure.text, "acknowledgement") != NULL, "%s", host->failure.text);
	stop(host);
}

/* A device that is gone is asked nothing more. */
Test(picoboot, ends_at_once_when_the_device_is_gone)
{
	for (size_t transfer = 0; transfer < 3; transfer++) {
		static const int good[] = { 32, 4 };
		struct host *host = make(&picoboot_probe_machine, true);

		open_interface(host);
		expect_command(host, 0x06, 0, "", 0);
		acknowledge(host);
		for (size_t k = 0; k < transfer; k++)
			tell(host, good[k]);
		tell(host, DFUT_ERROR_GONE);
		cr_expect(eq(int, host->result, DFUT_ERROR_GONE));
		stop(host);
	}
}

Test(picoboot, says_when_the_interface_is_another)
{
	struct host *host = make(&picoboot_probe_machine, true);

	expect(host, DFUT_ACTION_OPEN);
	tell(host, 0);
	tell(host, DFUT_ERROR_DEVICE);
	cr_expect(eq(int, host->result, DFUT_ERROR_DEVICE));
	cr_expect(strstr(host->failure.text, "PICOBOOT") != NULL, "%s", host->failure.text);
	stop(host);
	host = make(&picoboot_probe_machine, true);
	tell(host, DFUT_ERROR_BUSY);
	cr_expect(eq(int, host->result, DFUT_ERROR_BUSY));
	stop(host);
}

/* Writing. */

Test(picoboot, erases_before_it_writes)
{
	static const uint8_t sector[] = { 0, 0x20, 0, 0x10, 0, 0x10, 0, 0 }, exclusive[] = { 1 };
	uint8_t *data = calloc(2, 4096);
	struct picoboot_range range = { PICOBOOT_FLASH + 0x2000, 4096, data };
	struct host *host = calloc(1, sizeof(*host));

	host->own.ranges = &range;
	host->own.range_count = 1;
	start(host, &picoboot_write_machine);
	open_interface(host);
	expect_command(host, 0x01, 1, exclusive, 0);
	acknowledge(host);
	expect_command(host, 0x06, 0, "", 0);
	acknowledge(host);
	expect_command(host, 0x03, 8, sector, 0);
	acknowledge(host);
	expect_command(host, 0x05, 8, sector, 4096);
	expect(host, DFUT_ACTION_WRITE);
	cr_expect(eq(u16, host->next.action.transfer.length, 4096));
	cr_expect(eq(ptr, (void *)host->next.action.transfer.data, (void *)data));
	tell(host, 4096);
	acknowledge(host);
	cr_expect(eq(int, host->next.kind, DFUT_NEXT_DONE));
	stop(host);
	free(data);
}

/* Restarting: whatever comes of it, the bus decides. */

Test(picoboot, restarts_each_chip_in_its_way)
{
	static const uint8_t old[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 100 }, normal[16] = { 0, 0, 0, 0, 100 },
			     updated[16] = { 4, 0, 0, 0, 100, 0, 0, 0, 0, 0x20, 0, 0x10 };
	static const struct {
		enum picoboot_chip chip;
		uint32_t updated;
		uint8_t id;
		uint8_t size;
		const uint8_t *arguments;
	} cases[] = {
		{ PICOBOOT_CHIP_RP2040, 0, 0x02, 12, old },
		{ PICOBOOT_CHIP_RP2350, 0, 0x0a, 16, normal },
		{ PICOBOOT_CHIP_RP2350, 0x10002000, 0x0a, 16, updated },
	};
	static const int ends[] = { 0, DFUT_ERROR_DEVICE, DFUT_ERROR_TIMEOUT, DFUT_ERROR_GONE, DFUT_ERROR_IO };

	for (size_t i = 0; i < DFUT_COUNT(cases) * DFUT_COUNT(ends); i++) {
		size_t k = i % DFUT_COUNT(cases);
		struct host *host = calloc(1, sizeof(*host));

		host->identity.chip = cases[k].chip;
		host->own.updated = cases[k].updated;
		start(host, &picoboot_leave_machine);
		open_interface(host);
		expect_command(host, cases[k].id, cases[k].size, cases[k].arguments, 0);
		tell(host, ends[i / DFUT_COUNT(cases)]);
		cr_expect(eq(int, host->result, 0));
		cr_expect(eq(int, host->next.kind, DFUT_NEXT_DONE));
		cr_expect(eq(int, host->next.end, DFUT_END_GONE));
		stop(host);
	}
}
