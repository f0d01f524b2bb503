/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Recordings in words. Those of other hosts are in tests/sessions. */

#include "base/tape.h"
#include "explain/explain.h"
#include "record-bench.h"

TestSuite(explain, .timeout = 120);

struct words {
	char text[8192];
};

static void hear_line(const char *text, void *data)
{
	struct words *words = data;
	size_t used = strlen(words->text);

	snprintf(words->text + used, sizeof(words->text) - used, "%s\n", text);
}

static void expect_words(const struct words *words, const char *wanted)
{
	cr_expect(ne(ptr, strstr(words->text, wanted), NULL), "no \"%s\" in:\n%s", wanted, words->text);
}

/* What is erased is told, and where. */
Test(explain, commands_of_dfuse_are_explained)
{
	size_t index = 0;
	struct dfut_context *context;
	struct take take = { 0 };
	struct words words = { "" };
	char path[256];

	while (strcmp(specimens[index].language, "dfuse") != 0)
		index++;
	take = (struct take){ .specimen = &specimens[index], .spec = "stm32f072:application=runtime,fault=stall@40" };
	snprintf(path, sizeof(path), "%s", record_in_folder("dfuse"));
	take.path = path;
	record_perform(&take);
	cr_assert(eq(int, dfut_context_new(&context), 0));
	cr_expect(eq(int, dfut_context_explain(context, path, hear_line, &words), 0));
	expect_words(&words, "erase a page ");
	expect_words(&words, " 0x08000000 to 0x0800");
	expect_words(&words, " at 0x0800");
	dfut_context_free(context);
	unlink(path);
	rmdir(record_folder);
}

/* A device, and what it was asked and said, as JSON. */
static void write_session(const char *path, unsigned int vendor, unsigned int product, const char *actions)
{
	FILE *file = fopen(path, "w");

	cr_assert(file != NULL);
	fprintf(file,
		"{\"dfutrigger-session\":1}\n"
		"{\"at\":0,\"event\":\"arrives\",\"device\":1,\"descriptors\":\"1201000200000040%02x%02x%02x%02x0001000000"
		"0109021200010100803209040000000a000000\"}\n%s",
		vendor & 0xff, vendor >> 8, product & 0xff, product >> 8, actions);
	fclose(file);
}

/* What a device refuses is told by its language: of a device that the table knows, or by the form of what is sent. */
Test(explain, refusals_are_explained)
{
#define SERIAL(at, way, data, size) \
	"{\"at\":" #at ",\"event\":\"" way "\",\"device\":1,\"link\":\"serial\",\"channel\":0," data \
	",\"result\":" #size "}\n"
#define REPORT(at, data) \
	"{\"at\":" #at \
	",\"event\":\"report\",\"device\":1,\"link\":\"hid\",\"channel\":0,\"type\":\"feature\",\"id\":0," data \
	",\"result\":64}\n"
#define ZEROS "000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
	static const struct {
		unsigned int vendor, product;
		const char *actions;
		const char *wanted;
	} cases[] = {
		{ 0x303a, 0x0002,
		  SERIAL(1, "write", "\"out\":\"c0001310000000000000000100100400000000000000000000c0\"", 26)
			  SERIAL(2, "read", "\"in\":\"c0011304000000000001050000c0\"", 14),
		  "the ROM refuses \"tell the MD5 of flash\": " },
		{ 0x2341, 0x0036, SERIAL(1, "write", "\"out\":\"7a\"", 1) SERIAL(2, "read", "\"in\":\"3f\"", 1),
		  "the bootloader does not know the command z" },
		{ 0x1915, 0x521f,
		  SERIAL(1, "write", "\"out\":\"04c0\"", 2) SERIAL(2, "read", "\"in\":\"60040b05c0\"", 5),
		  "the bootloader refuses EXECUTE: firmware version too low" },
		{ 0x0c45, 0x7900,
		  REPORT(1, "\"is_in\":false,\"out\":\"04aa550000000000400000000000000" ZEROS "0\"")
			  REPORT(2, "\"is_in\":true,\"in\":\"04aa550000000000000000000000000" ZEROS "0\""),
		  "the chip refuses the erase" },
		{ 0x2e8a, 0x0003,
		  "{\"at\":1,\"event\":\"control\",\"device\":1,\"setup\":\"c142000000001000\",\"in\":"
		  "\"01000000040000000300000000000000\",\"result\":16}\n",
		  "what became of the command (GET_COMMAND_STATUS)? bad address" },
	};
	struct dfut_context *context;
	char path[256];

	snprintf(path, sizeof(path), "%s", record_in_folder("refusal"));
	cr_assert(eq(int, dfut_context_new(&context), 0));
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct words words = { "" };

		write_session(path, cases[i].vendor, cases[i].product, cases[i].actions);
		cr_expect(eq(int, dfut_context_explain(context, path, hear_line, &words), 0), "%s",
			  dfut_context_get_error(context));
		expect_words(&words, cases[i].wanted);
	}
	dfut_context_free(context);
	unlink(path);
	rmdir(record_folder);
}

Test(explain, is_explained)
{
	struct take take = { .specimen = &specimens[0], .spec = "dfu:transfer-size=256,fault=stall@6" };
	struct dfut_context *context;
	struct words words = { "" };
	char path[256];

	snprintf(path, sizeof(path), "%s", record_in_folder("explained"));
	take.path = path;
	record_perform(&take);
	cr_assert(eq(int, dfut_context_new(&context), 0));
	cr_expect(eq(int, dfut_context_explain(context, path, hear_line, &words), 0));
	expect_words(&words, "at 1-1 arrives: ");
	expect_words(&words, "plan: ");
	expect_words(&words, "1-1: triggering");
	expect_words(&words, "DETACH");
	expect_words(&words, ": refused (stall)");
	expect_words(&words, "the end: ");
	expect_words(&words, take.text);
	cr_expect(eq(int, dfut_context_explain(context, "/dev/null", hear_line, &words), DFUT_ERROR_USAGE));
	cr_expect(eq(int, dfut_context_explain(context, "/nowhere", hear_line, &words), DFUT_ERROR_IO));
	dfut_context_free(context);
	unlink(path);
	rmdir(record_folder);
}

/* Damaged recordings. */

static void count_line(const char *text, void *data)
{
	size_t *lines = data;

	cr_expect(text[0] != '\0');
	(*lines)++;
}

/* Refused with words, or told. */
static bool is_told(const char *text, size_t size)
{
	struct dfut_tape tape;
	size_t lines = 0;
	int result = dfut_tape_parse(&tape, text, size);

	cr_expect(result == 0 || (result == DFUT_ERROR_USAGE && tape.mistake));
	if (result == 0)
		cr_expect(eq(int, dfut_explain(&tape, NULL, count_line, &lines), 0));
	dfut_tape_free(&tape);
	return lines;
}

static size_t read_all(const char *path, char *text, size_t room)
{
	FILE *file = fopen(path, "rb");
	size_t size;

	cr_assert(file != NULL);
	size = fread(text, 1, room, file);
	fclose(file);
	cr_assert(lt(sz, size, room));
	return size;
}

/* Cut at any byte, or with any byte changed, in recordings of several languages. */
Test(explain, damaged_recordings_do_no_harm)
{
	static const size_t chosen[] = { 0, 9, 15 };
	static char text[256 * 1024];
	size_t told = 0, refused = 0;

	for (size_t i = 0; i < COUNT(chosen); i++) {
		struct take take = { .specimen = &specimens[chosen[i]], .spec = specimens[chosen[i]].spec };
		char path[256];
		size_t size, step;

		snprintf(path, sizeof(path), "%s", record_in_folder("damaged"));
		take.path = path;
		record_perform(&take);
		size = read_all(path, text, sizeof(text));
		/* More of what is in front, where descriptors are */
		for (size_t at = 0; at < size; at += step) {
			char kept = text[at];

			step = at < 1500 ? 7 : size / 100 + 1;
			told += is_told(text, at);
			text[at] = (char)(kept ^ (1 << at % 7));
			refused += !is_told(text, size);
			text[at] = kept;
		}
		unlink(path);
	}
	cr_expect(ne(sz, told, 0));
	cr_expect(ne(sz, refused, 0));
	rmdir(record_folder);
}
