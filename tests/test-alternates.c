/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Which memory is meant: numbers, names, two DFU interfaces on one device; and that only its interface is talked to. */

#include "bench.h"

#define FIRMWARE_SIZE 700
#define MEMORY_SIZE 1024
#define MEMORY_COUNT 7
#define NOWHERE (-1)

/* 0:0 "flash", 0:1 "A", 0:2 "A", 0:3 "1", 1:0 "flash", 1:1 "B", 1:2 "2:x" */
#define TWO "alternates=4,second=3,names=flash/A/A/1/flash/B/2:x,size=1K,transfer-size=256,second-transfer-size=64"
#define TWO_LIST "0:0 \"flash\", 0:1 \"A\", 0:2 \"A\", 0:3 \"1\", 1:0 \"flash\", 1:1 \"B\", 1:2 \"2:x\""

TestSuite(alternates, .timeout = 60);

static const struct {
	unsigned int interface;
	unsigned int alternate;
	unsigned int transfer_size;
} memories[MEMORY_COUNT] = { { 0, 0, 256 }, { 0, 1, 256 }, { 0, 2, 256 }, { 0, 3, 256 },
			     { 1, 0, 64 },  { 1, 1, 64 },  { 1, 2, 64 } };

struct taken {
	uint8_t data[MEMORY_SIZE + 1];
	size_t size;
};

static int take(const uint8_t *data, size_t size, void *user_data)
{
	struct taken *taken = user_data;

	cr_assert(le(sz, size, sizeof(taken->data) - taken->size));
	memcpy(taken->data + taken->size, data, size);
	taken->size += size;
	return 0;
}

static const uint8_t *get_memory(const struct bench *bench, int memory)
{
	char name[24];
	size_t size;
	const uint8_t *data;

	snprintf(name, sizeof(name), "memory%d", memory);
	data = dfut_sim_device_get_memory(bench->device, name, &size);
	cr_assert(data != NULL, "%s", name);
	cr_assert(eq(sz, size, MEMORY_SIZE));
	return data;
}

/* Each byte of a memory is its index. */
static void fill_memories(const struct bench *bench, int count)
{
	uint8_t data[MEMORY_SIZE];
	char name[24];

	for (int i = 0; i < count; i++) {
		memset(data, i, sizeof(data));
		snprintf(name, sizeof(name), "memory%d", i);
		cr_assert(eq(int, dfut_sim_device_set_memory(bench->device, name, 0, data, sizeof(data)), 0));
	}
}

static bool is_dfu_request(const struct dfut_sim_record *record)
{
	return record->event == DFUT_SIM_EVENT_CONTROL && (record->request_type & 0x60) == 0x20;
}

static bool is_set_interface(const struct dfut_sim_record *record)
{
	return record->event == DFUT_SIM_EVENT_CONTROL && record->request_type == 0x01 && record->request == 0x0b;
}

/* Whatever the bootloader was asked went to this interface, in blocks of its size. */
static void expect_interface(const struct bench *bench, unsigned int interface, unsigned int transfer_size,
			     const char *what)
{
	size_t requests = 0;

	for (size_t i = 0; i < dfut_sim_device_get_record_count(bench->device); i++) {
		const struct dfut_sim_record *record = dfut_sim_device_get_record(bench->device, i);

		if (strncmp(record->text, "app", 3) == 0 || (!is_dfu_request(record) && !is_set_interface(record)))
			continue;
		requests++;
		cr_expect(eq(uint, record->index, interface), "%s: request %u", what, record->request);
		cr_expect(le(uint, record->length, transfer_size), "%s: request %u", what, record->request);
	}
	cr_expect(lt(sz, 0, requests), "%s", what);
	bench_expect_no_breach(bench->device, what);
}

static void expect_silence(const struct bench *bench, const char *what)
{
	for (size_t i = 0; i < dfut_sim_device_get_record_count(bench->device); i++)
		cr_expect(not(is_dfu_request(dfut_sim_device_get_record(bench->device, i))), "%s", what);
}

static struct dfut_session *new_session(struct bench *bench, const char *alternate)
{
	struct dfut_session *session = bench_new_session(bench, "1-1");

	cr_assert(eq(int, dfut_session_set_alternate(session, alternate), 0));
	return session;
}

/* What was asked for, the memory that is read, or the error and the candidates that it lists. */
struct row {
	const char *alternate;
	int memory;
	int code;
	const char *words;
};

static int read_memory(struct bench *bench, struct dfut_session *session, struct taken *taken, const char *what)
{
	int code;

	dfut_sim_device_clear_record(bench->device);
	taken->size = 0;
	code = dfut_session_start_upload(session, take, taken);
	return code < 0 ? code : bench_run(bench, session, SIZE_MAX, what);
}

static void expect_row_of(struct bench *bench, int configuration, int interface, const struct row *row)
{
	const char *what = row->alternate ? row->alternate : "(nothing)";
	struct dfut_session *session = new_session(bench, row->alternate);
	struct taken taken;
	const char *text;
	int code;

	cr_assert(eq(int, dfut_session_set_interface(session, configuration, interface), 0));
	code = read_memory(bench, session, &taken, what);
	text = dfut_session_get_message(session);
	cr_expect(eq(int, code, row->code), "\"%s\": %s", what, text);
	bench_expect_words(text, what);
	if (row->memory == NOWHERE) {
		expect_silence(bench, what);
		cr_expect(strstr(text, row->words) != NULL, "\"%s\": %s", what, text);
	} else if (code == 0) {
		cr_expect(eq(sz, taken.size, MEMORY_SIZE), "\"%s\"", what);
		cr_expect(eq(int, memcmp(taken.data, get_memory(bench, row->memory), MEMORY_SIZE), 0), "\"%s\"", what);
	}
	dfut_session_free(session);
}

static void expect_row(struct bench *bench, const struct row *row)
{
	expect_row_of(bench, -1, -1, row);
}

static void bring_into_bootloader(struct bench *bench)
{
	struct dfut_session *session = bench_new_session(bench, "1-1");

	cr_assert(eq(int, dfut_session_start_trigger(session), 0));
	cr_assert(eq(int, bench_run(bench, session, SIZE_MAX, "trigger"), 0), "%s", dfut_session_get_message(session));
	dfut_session_free(session);
}

/* The interface by itself, and beside any form of an alternate setting. */
Test(alternates, are_those_of_the_interface_that_was_chosen)
{
	static const struct {
		int configuration;
		int interface;
		struct row row;
	} cases[] = {
		{ -1, 1, { "0", 4, 0, NULL } },
		{ 1, 1, { "0", 4, 0, NULL } },
		{ 1, -1, { "B", 5, 0, NULL } },
		{ -1, 0, { "flash", 0, 0, NULL } },
		{ -1, 1, { "flash", 4, 0, NULL } },
		{ -1, 1, { "1:1", 5, 0, NULL } },
		{ -1, 1, { "2:x", 6, 0, NULL } },
		{ -1, 0, { "A", NOWHERE, DFUT_ERROR_AMBIGUOUS, ": 0:1 \"A\", 0:2 \"A\"" } },
		{ -1, 1, { "3", NOWHERE, DFUT_ERROR_NOT_FOUND, TWO_LIST } },
		{ -1, 1, { "0:1", NOWHERE, DFUT_ERROR_NOT_FOUND, "\"0:1\" on interface 1" } },
		{ -1, 2, { "0", NOWHERE, DFUT_ERROR_NOT_FOUND, TWO_LIST } },
		{ -1, 2, { NULL, NOWHERE, DFUT_ERROR_NOT_FOUND, "on interface 2" } },
		{ 3,
		  -1,
		  { "B", NOWHERE, DFUT_ERROR_NOT_FOUND, "in configuration 3; the device has, in configuration 1" } },
		{ 3, 1, { NULL, NOWHERE, DFUT_ERROR_NOT_FOUND, "on interface 1, in configuration 3" } },
		{ -1, 1, { NULL, NOWHERE, DFUT_ERROR_USAGE, "no memory was chosen" } },
	};
	struct bench bench;

	bench_start(&bench, "dfu:start=bootloader," TWO);
	fill_memories(&bench, MEMORY_COUNT);
	for (size_t i = 0; i < COUNT(cases); i++)
		expect_row_of(&bench, cases[i].configuration, cases[i].interface, &cases[i].row);
	bench_stop(&bench);
	/* One memory on each of two: the interface is enough. */
	bench_start(&bench, "dfu:start=bootloader,second=1,size=1K");
	fill_memories(&bench, 2);
	for (int i = 0; i < 2; i++)
		expect_row_of(&bench, -1, i, &(struct row){ NULL, i, 0, NULL });
	bench_stop(&bench);
	/* One without any DFU */
	bench_start(&bench, "leonardo");
	bring_into_bootloader(&bench);
	expect_row_of(&bench, -1, 0, &(struct row){ NULL, NOWHERE, DFUT_ERROR_UNSUPPORTED, "no DFU interface" });
	bench_stop(&bench);
}

/* As hints call a memory, whatever stands around its name; a name as the device has it goes first. */
Test(alternates, are_found_by_what_they_are_called)
{
	static const struct row rows[] = {
		{ "Option Bytes", 0, 0, NULL },
		{ "=Option Bytes", 0, 0, NULL },
		{ "0:Option Bytes", 0, 0, NULL },
		{ "@Option Bytes", 0, 0, NULL },
		{ " Option Bytes ", 0, 0, NULL },
		{ "@Option Bytes  /0x1FFFF800/01*016 e", 0, 0, NULL },
		{ "Internal Flash", 1, 0, NULL },
		{ "FSBL", 2, 0, NULL },
		{ "Twin", 3, 0, NULL },
		{ "@Twin", 4, 0, NULL },
		{ "a/b", 5, 0, NULL },
		{ "Option", NOWHERE, DFUT_ERROR_NOT_FOUND, "0 \"@Option Bytes  /0x1FFFF800/01*016 e\"" },
		{ "option bytes", NOWHERE, DFUT_ERROR_NOT_FOUND, "0 \"@Option Bytes  /0x1FFFF800/01*016 e\"" },
		{ "a", NOWHERE, DFUT_ERROR_NOT_FOUND, "5 \"a/b\"" },
		{ "@", NOWHERE, DFUT_ERROR_NOT_FOUND, "5 \"a/b\"" },
	};
	struct bench bench;

	bench_start(&bench,
		    "dfu:start=bootloader,alternates=6,size=1K,transfer-size=256,names=@Option Bytes  "
		    "\\\\/0x1FFFF800\\\\/01*016 e/Internal Flash   /@FSBL \\\\/0x01\\\\/1*1Me/Twin/@Twin/a\\\\/b");
	fill_memories(&bench, 6);
	for (size_t i = 0; i < COUNT(rows); i++)
		expect_row(&bench, &rows[i]);
	bench_stop(&bench);
}

Test(alternates, are_found_by_interface_number_and_name)
{
	static const struct row rows[] = {
		{ "0:0", 0, 0, NULL },
		{ "0:1", 1, 0, NULL },
		{ "0:2", 2, 0, NULL },
		{ "0:3", 3, 0, NULL },
		{ "1:0", 4, 0, NULL },
		{ "1:1", 5, 0, NULL },
		{ "1:2", 6, 0, NULL },
		/* On one interface only */
		{ "3", 3, 0, NULL },
		{ "0x3", 3, 0, NULL },
		{ "1:0x1", 5, 0, NULL },
		{ "0x1:1", 5, 0, NULL },
		{ "B", 5, 0, NULL },
		{ "=B", 5, 0, NULL },
		{ "1:B", 5, 0, NULL },
		{ "1:=B", 5, 0, NULL },
		{ "0:flash", 0, 0, NULL },
		{ "1:flash", 4, 0, NULL },
		{ "1:=flash", 4, 0, NULL },
		/* Names that look like something else */
		{ "=1", 3, 0, NULL },
		{ "0:=1", 3, 0, NULL },
		{ "2:x", 6, 0, NULL },
		{ "=2:x", 6, 0, NULL },
		{ "1:2:x", 6, 0, NULL },
		/* Several */
		{ "0", NOWHERE, DFUT_ERROR_AMBIGUOUS, ": 0:0 \"flash\", 1:0 \"flash\"" },
		{ "1", NOWHERE, DFUT_ERROR_AMBIGUOUS, ": 0:1 \"A\", 1:1 \"B\"" },
		{ "2", NOWHERE, DFUT_ERROR_AMBIGUOUS, ": 0:2 \"A\", 1:2 \"2:x\"" },
		{ "flash", NOWHERE, DFUT_ERROR_AMBIGUOUS, ": 0:0 \"flash\", 1:0 \"flash\"" },
		{ "=flash", NOWHERE, DFUT_ERROR_AMBIGUOUS, ": 0:0 \"flash\", 1:0 \"flash\"" },
		{ "A", NOWHERE, DFUT_ERROR_AMBIGUOUS, ": 0:1 \"A\", 0:2 \"A\"" },
		{ "0:A", NOWHERE, DFUT_ERROR_AMBIGUOUS, ": 0:1 \"A\", 0:2 \"A\"" },
		/* None */
		{ "1:A", NOWHERE, DFUT_ERROR_NOT_FOUND, TWO_LIST },
		{ "1:1x", NOWHERE, DFUT_ERROR_NOT_FOUND, TWO_LIST },
		{ "1:=1", NOWHERE, DFUT_ERROR_NOT_FOUND, TWO_LIST },
		{ "1:3", NOWHERE, DFUT_ERROR_NOT_FOUND, TWO_LIST },
		{ "2:0", NOWHERE, DFUT_ERROR_NOT_FOUND, TWO_LIST },
		{ "256:0", NOWHERE, DFUT_ERROR_NOT_FOUND, TWO_LIST },
		{ "4294967296", NOWHERE, DFUT_ERROR_NOT_FOUND, TWO_LIST },
		{ "-1", NOWHERE, DFUT_ERROR_NOT_FOUND, TWO_LIST },
		{ " 3", NOWHERE, DFUT_ERROR_NOT_FOUND, TWO_LIST },
		{ "0:", NOWHERE, DFUT_ERROR_NOT_FOUND, TWO_LIST },
		{ ":0", NOWHERE, DFUT_ERROR_NOT_FOUND, TWO_LIST },
		{ "=3", NOWHERE, DFUT_ERROR_NOT_FOUND, TWO_LIST },
		{ "=", NOWHERE, DFUT_ERROR_NOT_FOUND, TWO_LIST },
		{ "", NOWHERE, DFUT_ERROR_NOT_FOUND, TWO_LIST },
		{ NULL, NOWHERE, DFUT_ERROR_USAGE, "no memory was chosen: the device has " TWO_LIST },
	};
	struct bench bench;

	bench_start(&bench, "dfu:start=bootloader," TWO);
	fill_memories(&bench, MEMORY_COUNT);
	for (size_t i = 0; i < COUNT(rows); i++)
		expect_row(&bench, &rows[i]);
	bench_stop(&bench);
}

Test(alternates, of_one_interface_need_no_interface)
{
	static const struct row rows[] = {
		{ "1", 1, 0, NULL },
		{ "=1", 2, 0, NULL },
		{ "2", 2, 0, NULL },
		{ "0:2", 2, 0, NULL },
		{ "0:=1", 2, 0, NULL },
		{ "7", 3, 0, NULL },
		{ "=7", 3, 0, NULL },
		{ "010", NOWHERE, DFUT_ERROR_NOT_FOUND, "the device has 0 \"A\", 1 \"A\", 2 \"1\", 3 \"7\"" },
		{ "A", NOWHERE, DFUT_ERROR_AMBIGUOUS, "2 alternate settings fit \"A\": 0 \"A\", 1 \"A\"" },
		{ "1:0", NOWHERE, DFUT_ERROR_NOT_FOUND, "the device has 0 \"A\", 1 \"A\", 2 \"1\", 3 \"7\"" },
	};
	struct bench bench;

	bench_start(&bench, "dfu:start=bootloader,alternates=4,names=A/A/1/7,size=1K");
	fill_memories(&bench, 4);
	for (size_t i = 0; i < COUNT(rows); i++)
		expect_row(&bench, &rows[i]);
	bench_stop(&bench);
}

Test(alternates, must_be_chosen_where_each_interface_has_one)
{
	static const struct row rows[] = {
		{ "1:0", 1, 0, NULL },
		{ "memory 0", 0, 0, NULL },
		{ "0", NOWHERE, DFUT_ERROR_AMBIGUOUS, ": 0:0 \"memory 0\", 1:0 \"memory 1\"" },
		{ NULL, NOWHERE, DFUT_ERROR_USAGE, "the device has 0:0 \"memory 0\", 1:0 \"memory 1\"" },
	};
	struct bench bench;

	bench_start(&bench, "dfu:start=bootloader,second=1,size=1K");
	fill_memories(&bench, 2);
	for (size_t i = 0; i < COUNT(rows); i++)
		expect_row(&bench, &rows[i]);
	bench_stop(&bench);
}

Test(alternates, are_read_through_their_own_interface)
{
	for (int i = 0; i < MEMORY_COUNT; i++) {
		struct dfut_session *session;
		struct taken taken;
		struct bench bench;
		char text[16];

		bench_start(&bench, "dfu:start=bootloader," TWO);
		fill_memories(&bench, MEMORY_COUNT);
		snprintf(text, sizeof(text), "%u:%u", memories[i].interface, memories[i].alternate);
		session = new_session(&bench, text);
		cr_expect(eq(int, read_memory(&bench, session, &taken, text), 0), "%s", text);
		expect_interface(&bench, memories[i].interface, memories[i].transfer_size, text);
		dfut_session_free(session);
		bench_stop(&bench);
	}
}

static struct dfut_image *new_image(struct bench *bench)
{
	uint8_t bytes[FIRMWARE_SIZE];
	struct dfut_image *image;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 13 + 100);
	cr_assert(eq(int, dfut_image_load_buffer(&image, bench->context, bytes, sizeof(bytes), 0), 0));
	return image;
}

static int update(struct bench *bench, struct dfut_session *session, const char *what)
{
	struct dfut_image *image = new_image(bench);
	int code = dfut_session_start_update(session, image);

	if (code == 0)
		code = bench_run(bench, session, SIZE_MAX, what);
	dfut_image_free(image);
	return code;
}

/* The firmware is in this memory, and the others are as they were. */
static void expect_memories(struct bench *bench, int memory, const char *what)
{
	struct dfut_image *image = new_image(bench);
	struct dfut_segment segment;

	cr_assert(eq(int, dfut_image_get_segment(image, 0, &segment, sizeof(segment)), 0));
	for (int i = 0; i < MEMORY_COUNT; i++) {
		const uint8_t *data = get_memory(bench, i);

		if (i == memory)
			cr_expect(eq(int, memcmp(data, segment.data, FIRMWARE_SIZE), 0), "%s", what);
		for (size_t k = 0; i != memory && k < MEMORY_SIZE; k++)
			cr_assert(eq(int, data[k], i), "%s: memory%d at %zu", what, i, k);
	}
	dfut_image_free(image);
}

static void expect_update(const char *spec, int memory)
{
	struct dfut_session *session;
	struct bench bench;
	char text[16], what[320];

	snprintf(text, sizeof(text), "%u:%u", memories[memory].interface, memories[memory].alternate);
	snprintf(what, sizeof(what), "%s, %s", spec, text);
	bench_start(&bench, spec);
	fill_memories(&bench, MEMORY_COUNT);
	session = new_session(&bench, text);
	cr_expect(eq(int, update(&bench, session, what), 0), "%s: %s", what, dfut_session_get_message(session));
	cr_expect(eq(int, dfut_session_get_verified(session), DFUT_VERIFIED_YES), "%s", what);
	expect_memories(&bench, memory, what);
	expect_interface(&bench, memories[memory].interface, memories[memory].transfer_size, what);
	cr_expect(eq(str, (char *)dfut_sim_device_get_mode_name(bench.device), (char *)"application"), "%s", what);
	dfut_session_free(session);
	bench_stop(&bench);
}

Test(alternates, are_written_through_their_own_interface)
{
	static const char *const specs[] = {
		"dfu:" TWO,
		"dfu:start=bootloader," TWO,
		"dfu:functional=first," TWO,
		"dfu:tolerant=no," TWO,
		"dfu:tolerant=no,will-detach=no," TWO,
		"dfu:flavour=tinyusb," TWO,
		"dfu:version=1.0,start=bootloader," TWO,
		"dfu:start=dnload-idle," TWO,
		"dfu:start=error," TWO,
	};

	for (size_t i = 0; i < COUNT(specs); i++)
		for (int memory = 0; memory < MEMORY_COUNT; memory++)
			expect_update(specs[i], memory);
}

Test(alternates, get_no_request_while_the_choice_is_ambiguous)
{
	static const char *const wishes[] = { "1", "flash", "A", NULL, "2:0" };

	for (size_t i = 0; i < COUNT(wishes); i++) {
		struct dfut_session *session;
		struct bench bench;

		bench_start(&bench, "dfu:start=bootloader," TWO);
		fill_memories(&bench, MEMORY_COUNT);
		session = new_session(&bench, wishes[i]);
		cr_expect(lt(int, update(&bench, session, "update"), 0));
		expect_silence(&bench, wishes[i] ? wishes[i] : "nothing");
		expect_memories(&bench, NOWHERE, "update");
		dfut_session_free(session);
		bench_stop(&bench);
	}
}

/* What one interface can't do does not bind the other. */
Test(alternates, have_the_attributes_of_their_interface)
{
	static const struct {
		const char *spec;
		const char *readable;
		const char *unreadable;
	} cases[] = {
		{ "dfu:start=bootloader,second-upload=no," TWO, "0:1", "1:1" },
		{ "dfu:start=bootloader,upload=no," TWO, "1:1", "0:1" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct dfut_session *session;
		struct taken taken;
		struct bench bench;

		bench_start(&bench, cases[i].spec);
		session = new_session(&bench, cases[i].readable);
		cr_expect(eq(int, read_memory(&bench, session, &taken, cases[i].readable), 0), "%s",
			  dfut_session_get_message(session));
		dfut_session_free(session);
		session = new_session(&bench, cases[i].unreadable);
		cr_expect(eq(int, read_memory(&bench, session, &taken, cases[i].unreadable), DFUT_ERROR_UNSUPPORTED));
		expect_silence(&bench, cases[i].unreadable);
		dfut_session_free(session);
		session = new_session(&bench, cases[i].unreadable);
		cr_expect(eq(int, update(&bench, session, cases[i].unreadable), 0), "%s",
			  dfut_session_get_message(session));
		cr_expect(eq(int, dfut_session_get_verified(session), DFUT_VERIFIED_IMPOSSIBLE));
		bench_expect_no_breach(bench.device, cases[i].unreadable);
		dfut_session_free(session);
		bench_stop(&bench);
	}
}

Test(alternates, are_left_through_their_own_interface)
{
	static const char *const wishes[] = { "0:1", "1:1" };

	for (size_t i = 0; i < COUNT(wishes); i++) {
		struct dfut_session *session;
		struct bench bench;

		bench_start(&bench, "dfu:start=dnload-idle," TWO);
		session = new_session(&bench, wishes[i]);
		cr_assert(eq(int, dfut_session_start_command(session, "start"), 0), "%s",
			  dfut_session_get_message(session));
		cr_expect(eq(int, bench_run(&bench, session, SIZE_MAX, wishes[i]), 0), "%s",
			  dfut_session_get_message(session));
		for (size_t k = 0; k < dfut_sim_device_get_record_count(bench.device); k++) {
			const struct dfut_sim_record *record = dfut_sim_device_get_record(bench.device, k);

			if (is_dfu_request(record))
				cr_expect(eq(uint, record->index, i), "%s: request %u", wishes[i], record->request);
		}
		cr_expect(eq(str, (char *)dfut_sim_device_get_mode_name(bench.device), (char *)"application"));
		dfut_session_free(session);
		bench_stop(&bench);
	}
}

/* What DfuSe devices say, without their language: as far as finding the memory goes. */
#define DFUSE "dfu:start=bootloader,version=1.1a,vid=0483,pid=df11,alternates=1,second=1,transfer-size=256,"
#define AT(address) "@F \\\\/0x" address "\\\\/4*1Kg"

static struct dfut_session *start_dfuse(struct bench *bench, const char *alternate, uint32_t address, int *code)
{
	struct dfut_session *session = new_session(bench, alternate);
	struct dfut_image *image = new_image(bench);

	cr_assert(eq(int, dfut_image_set_address(image, address), 0));
	*code = dfut_session_start_update(session, image);
	if (*code == 0)
		*code = bench_run(bench, session, SIZE_MAX, "DfuSe");
	dfut_image_free(image);
	return session;
}

Test(alternates, of_dfuse_are_found_by_address_on_each_interface)
{
	static const uint32_t addresses[] = { 0x08000000, 0x08010000 };

	for (unsigned int i = 0; i < COUNT(addresses); i++) {
		struct dfut_session *session;
		struct bench bench;
		size_t requests = 0;
		int code;

		bench_start(&bench, DFUSE "names=" AT("08000000") "/" AT("08010000"));
		session = start_dfuse(&bench, NULL, addresses[i], &code);
		for (size_t k = 0; k < dfut_sim_device_get_record_count(bench.device); k++) {
			const struct dfut_sim_record *record = dfut_sim_device_get_record(bench.device, k);

			if (!is_dfu_request(record))
				continue;
			requests++;
			cr_expect(eq(uint, record->index, i), "0x%08x", (unsigned int)addresses[i]);
		}
		cr_expect(lt(sz, 0, requests), "%s", dfut_session_get_message(session));
		dfut_session_free(session);
		bench_stop(&bench);
	}
}

Test(alternates, of_dfuse_with_one_address_are_told_apart_by_interface)
{
	struct dfut_session *session;
	struct bench bench;
	int code;

	bench_start(&bench, DFUSE "names=" AT("08000000") "/" AT("08000000"));
	session = start_dfuse(&bench, NULL, 0x08000000, &code);
	cr_expect(eq(int, code, DFUT_ERROR_AMBIGUOUS), "%s", dfut_session_get_message(session));
	cr_expect(strstr(dfut_session_get_message(session), "0:0 and 1:0") != NULL, "%s",
		  dfut_session_get_message(session));
	expect_silence(&bench, "twins");
	dfut_session_free(session);
	bench_stop(&bench);
}

/* Of several devices, by the interface; one in its application may have it later. */
Test(alternates, choose_a_device_by_its_interface)
{
	struct dfut_match match = DFUT_MATCH_INIT;
	struct dfut_device_list *list;
	struct dfut_device *device;
	struct bench bench;

	bench_start(&bench, "dfu:start=bootloader," TWO);
	bench_plug(&bench, "dfu:start=bootloader", "1-2");
	bench_plug(&bench, "dfu", "1-3");
	match.bootloader_vendor_id = 0x1209;
	match.mode = DFUT_MODE_BOOTLOADER;
	cr_expect(eq(int, dfut_device_find(&device, bench.context, &match), DFUT_ERROR_AMBIGUOUS));
	match.interface_number = 1;
	match.configuration = 1;
	cr_assert(eq(int, dfut_device_find(&device, bench.context, &match), 0), "%s",
		  dfut_context_get_error(bench.context));
	cr_expect(eq(str, (char *)dfut_device_get_path(device), (char *)"1-1"));
	dfut_device_unref(device);
	match.mode = DFUT_MODE_UNKNOWN;
	cr_assert(eq(int, dfut_device_list_new(&list, bench.context, &match), 0));
	cr_expect(eq(sz, dfut_device_list_get_count(list), 2));
	dfut_device_list_free(list);
	match.configuration = 2;
	cr_assert(eq(int, dfut_device_list_new(&list, bench.context, &match), 0));
	cr_assert(eq(sz, dfut_device_list_get_count(list), 1));
	cr_expect(eq(str, (char *)dfut_device_get_path(dfut_device_list_get(list, 0)), (char *)"1-3"));
	dfut_device_list_free(list);
	bench_stop(&bench);
}
