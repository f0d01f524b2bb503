/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

#include "table/table.h"

static int load(const char *text, struct dfut_failure *failure)
{
	struct dfut_entry *table = NULL;
	int result = dfut_table_load(&table, text, strlen(text), "mine.json", failure);

	dfut_table_free(table);
	return result;
}

Test(device_table, names_line_and_column_of_a_syntax_error)
{
	struct dfut_failure failure = { 0 };

	cr_assert(eq(int, load("{\n  \"format\": 1,\n  oops\n}", &failure), DFUT_ERROR_USAGE));
	cr_assert(eq(int, strncmp(failure.text, "mine.json:3:", 12), 0), "%s", failure.text);
}

Test(device_table, refuses_a_key_twice)
{
	struct dfut_failure failure = { 0 };

	cr_assert(eq(int, load("{\"format\": 1, \"format\": 1, \"devices\": []}", &failure), DFUT_ERROR_USAGE));
}

Test(device_table, names_the_line_of_an_entry_with_an_unknown_key)
{
	struct dfut_failure failure = { 0 };
	const char
		*text = "{\"format\": 1, \"devices\": [\n{\"name\": \"a\", \"bootloader\": [{\"ids\": [\"1:2\"]}]},\n"
			"{\"name\": \"b\", \"colour\": \"red\"}]}";

	cr_assert(eq(int, load(text, &failure), DFUT_ERROR_USAGE));
	text = "{\"format\": 1, \"devices\": [\n{\"name\": \"a\", \"bootloader\": [{\"ids\": [\"0001:0002\"]}]},\n"
	       "{\"name\": \"b\", \"colour\": \"red\"}]}";
	cr_assert(eq(int, load(text, &failure), DFUT_ERROR_USAGE));
	cr_assert(eq(int, strncmp(failure.text, "mine.json:3:", 12), 0), "%s", failure.text);
}

/* A file may have any characters in its names. */
Test(device_table, errors_are_one_line)
{
	struct dfut_failure failure = { 0 };

	cr_assert(eq(int,
		     load("{\"format\": 1, \"devices\": [\n{\"name\": \"a\\nb\", \"col\\nour\\u009b\": \"red\"}]}",
			  &failure),
		     DFUT_ERROR_USAGE));
	cr_assert(
		eq(str, failure.text, (char *)"mine.json:2: device \"a?b\": \"col?our?\": there is no such key here"));
}

/* What is shown of a device comes from the table. */
Test(device_table, texts_are_cleaned)
{
	const char *text =
		"{\"format\": 1, \"devices\": [{\"name\": \"a\", \"title\": \"T\\u001b\", \"help\": [\"one\\ntwo\"],"
		"\"bootloader\": [{\"ids\": [\"0001:0002\"]}]}]}";
	struct dfut_entry *table = NULL;
	struct dfut_failure failure = { 0 };

	cr_assert(eq(int, dfut_table_load(&table, text, strlen(text), "mine.json", &failure), 0), "%s", failure.text);
	cr_expect(eq(str, (char *)table->title, (char *)"T?"));
	cr_expect(eq(str, (char *)table->help.items[0], (char *)"one?two"));
	dfut_table_free(table);
}

/* Each in an entry of its own on line 3, behind one that is good. What is in front of a rule or trigger is put around it. */
enum place {
	IN_ENTRY,
	IN_RULE,
	IN_TRIGGER,
};

static const struct mistake {
	enum place place;
	const char *text;
	const char *key; /* that the error names */
	const char *reason;
} mistakes[] = {
	/* Keys that do not exist, or are missing */
	{ IN_ENTRY, "\"colour\": \"red\"", "colour", "no such key" },
	{ IN_RULE, "\"colour\": \"red\"", "colour", "no such key" },
	{ IN_TRIGGER, "\"touch\": 1200, \"baud\": 1200", "baud", "no such key" },
	{ IN_TRIGGER, "\"touch\": 1200, \"in_place\": 1", "in_place", "true or false" },
	{ IN_TRIGGER, "\"report\": \"feature\", \"data\": \"00\", \"reply\": {\"refused\": \"ff\", \"byte\": 1}",
	  "byte", "no such key" },
	{ IN_TRIGGER, "\"lines\": [{\"dtr\": true, \"cts\": true}]", "cts", "no such key" },
	{ IN_TRIGGER, "\"request_type\": \"40\"", "triggers", "without request, report, touch or lines" },
	{ IN_TRIGGER, "\"request\": \"01\"", "request", "without request_type" },
	{ IN_TRIGGER, "\"report\": \"feature\"", "triggers", "without data" },
	{ IN_TRIGGER, "\"report\": \"feature\", \"data\": \"\"", "triggers", "without data" },
	{ IN_TRIGGER, "\"request_type\": \"21\", \"request\": \"01\", \"index\": \"interface\"", "index",
	  "no interface is given" },
	{ IN_ENTRY, "\"triggers\": [{\"touch\": 1200}]", "triggers", "without a name" },
	{ IN_ENTRY, "\"triggers\": [{}]", "triggers", "without request" },
	{ IN_ENTRY, "\"triggers\": [7]", "triggers", "without request" },
	{ IN_ENTRY, "\"triggers\": [\"touch-1201\"]", "triggers", "does not exist" },
	{ IN_ENTRY, "\"bootloader\": [{}]", "bootloader", "every device would fit" },
	{ IN_RULE, "\"report\": {\"type\": \"feature\"}", "report", "must have" },
	{ IN_RULE, "\"report\": {\"size\": 64}", "report", "must have" },
	{ IN_RULE, "\"endpoints\": 0", "endpoints", "none is given" },
	/* Types */
	{ IN_ENTRY, "\"title\": 7", "title", "string" },
	{ IN_ENTRY, "\"protocol\": true", "protocol", "string" },
	{ IN_ENTRY, "\"protocol\": \"dfx\"", "protocol", "does not exist" },
	{ IN_ENTRY, "\"protocols\": [\"dfu\", \"dfx\"]", "protocols", "does not exist" },
	{ IN_ENTRY, "\"other_files\": \"dfx\"", "other_files", "does not exist" },
	{ IN_ENTRY, "\"quirks\": \"no-upload\"", "quirks", "list" },
	{ IN_ENTRY, "\"quirks\": [\"none\"]", "quirks", "does not exist" },
	{ IN_ENTRY, "\"leave\": \"now\"", "leave", "reset" },
	{ IN_ENTRY, "\"leave\": 1", "leave", "reset" },
	{ IN_ENTRY, "\"leave\": {\"request\": \"01\"}", "request", "without request_type" },
	{ IN_ENTRY, "\"leave\": {\"request_type\": \"21\", \"request\": \"01\", \"name\": \"x\"}", "name",
	  "no such key" },
	{ IN_ENTRY, "\"manifest_ms\": 0", "manifest_ms", "number of ms" },
	{ IN_ENTRY, "\"manifest_ms\": \"90000\"", "manifest_ms", "number of ms" },
	{ IN_ENTRY, "\"manifest_ms\": 86400001", "manifest_ms", "86400000" },
	{ IN_ENTRY, "\"help\": \"x\"", "help", "list" },
	{ IN_ENTRY, "\"help\": [1]", "help", "list" },
	{ IN_ENTRY, "\"commands\": {}", "commands", "list" },
	{ IN_ENTRY, "\"commands\": [1]", "commands", "object" },
	{ IN_ENTRY, "\"commands\": [{\"text\": \"a\"}]", "commands", "without a name" },
	{ IN_ENTRY, "\"commands\": [{\"name\": \"a\"}]", "commands", "a text" },
	{ IN_ENTRY, "\"commands\": [{\"name\": \"a\", \"text\": \"b\"}]", "mode", "bootloader" },
	{ IN_ENTRY, "\"commands\": [{\"name\": \"a\", \"text\": \"b\", \"mode\": \"application\"}]", "mode", "any" },
	{ IN_ENTRY, "\"commands\": [{\"name\": \"a\", \"text\": \"b\", \"mode\": \"any\"}]", "requests", "list" },
	{ IN_ENTRY, "\"commands\": [{\"name\": \"a\", \"text\": \"b\", \"mode\": \"any\", \"requests\": [{}]}]",
	  "request", "without request_type" },
	{ IN_ENTRY,
	  "\"commands\": [{\"name\": \"a\", \"text\": \"b\", \"mode\": \"any\", \"restart\": 1, \"requests\": []}]",
	  "restart", "true or false" },
	{ IN_ENTRY, "\"triggers\": {}", "triggers", "list" },
	{ IN_ENTRY, "\"bootloader\": {}", "bootloader", "list" },
	{ IN_ENTRY, "\"bootloader\": [7]", "bootloader", "object" },
	{ IN_ENTRY, "\"slots\": []", "slots", "object" },
	{ IN_ENTRY, "\"slots\": {\"size\": \"1\"}", "size", "number" },
	{ IN_ENTRY, "\"slots\": {\"start\": 134479872}", "start", "hexadecimal" },
	{ IN_ENTRY, "\"slots\": {\"start\": \"100000000\"}", "start", "too large" },
	{ IN_ENTRY, "\"slots\": {\"running\": \"a\"}", "running", "list" },
	{ IN_ENTRY, "\"slots\": {\"read_only\": \"a\"}", "read_only", "list" },
	{ IN_RULE, "\"will_detach\": 1", "will_detach", "true or false" },
	{ IN_RULE, "\"shared\": \"yes\"", "shared", "true or false" },
	{ IN_RULE, "\"functional\": 1", "functional", "true or false" },
	{ IN_RULE, "\"product\": 1", "product", "string" },
	{ IN_RULE, "\"manufacturer\": []", "manufacturer", "string" },
	{ IN_RULE, "\"release\": 256", "release", "hexadecimal" },
	{ IN_RULE, "\"dfu_version\": \"missing\"", "dfu_version", "hexadecimal" },
	{ IN_RULE, "\"dfu_version\": false", "dfu_version", "hexadecimal" },
	{ IN_RULE, "\"alternate\": 1", "alternate", "string" },
	{ IN_RULE, "\"report\": []", "report", "object" },
	{ IN_RULE, "\"report\": {\"type\": \"input\", \"size\": 1}", "type", "feature" },
	{ IN_RULE, "\"report\": {\"type\": \"output\", \"size\": 0}", "size", "range" },
	{ IN_RULE, "\"report\": {\"type\": \"output\", \"size\": 65536}", "size", "range" },
	{ IN_RULE, "\"dfu\": \"mode\"", "dfu", "application" },
	{ IN_RULE, "\"interface\": \"ff/00/01\", \"endpoints\": \"0\"", "endpoints", "number" },
	{ IN_RULE, "\"interface\": \"ff/00/01\", \"endpoints\": -1", "endpoints", "range" },
	{ IN_RULE, "\"interface\": \"ff/00/01\", \"endpoints\": 31", "endpoints", "range" },
	{ IN_TRIGGER, "\"touch\": \"1200\"", "touch", "number" },
	{ IN_TRIGGER, "\"touch\": 0", "touch", "range" },
	{ IN_TRIGGER, "\"touch\": -1", "touch", "range" },
	{ IN_TRIGGER, "\"touch\": 1200.5", "touch", "number" },
	{ IN_TRIGGER, "\"touch\": 1200, \"hint\": 1", "hint", "string" },
	{ IN_TRIGGER, "\"touch\": 1200, \"number\": 255", "number", "range" },
	{ IN_TRIGGER, "\"touch\": 1200, \"number\": \"1\"", "number", "number" },
	{ IN_TRIGGER, "\"report\": \"input\", \"data\": \"00\"", "report", "output" },
	{ IN_TRIGGER, "\"report\": 3, \"data\": \"00\"", "report", "output" },
	{ IN_TRIGGER, "\"report\": \"feature\", \"data\": \"00\", \"tries\": 0", "tries", "range" },
	{ IN_TRIGGER, "\"report\": \"feature\", \"data\": \"00\", \"delay_ms\": 10001", "delay_ms", "range" },
	{ IN_TRIGGER, "\"report\": \"feature\", \"data\": \"00\", \"usual_number\": 255", "usual_number", "range" },
	{ IN_TRIGGER, "\"report\": \"feature\", \"data\": \"00\", \"keys\": 1", "keys", "true or false" },
	{ IN_TRIGGER, "\"report\": \"feature\", \"data\": \"00\", \"reply\": \"ff\"", "reply", "object" },
	{ IN_TRIGGER,
	  "\"report\": \"feature\", \"data\": \"00\", \"reply\": {\"type\": \"output\", \"refused\": \"ff\"}", "type",
	  "input" },
	{ IN_TRIGGER, "\"lines\": {}", "lines", "steps" },
	{ IN_TRIGGER, "\"lines\": []", "lines", "steps" },
	{ IN_TRIGGER, "\"lines\": [true]", "lines", "object" },
	{ IN_TRIGGER, "\"lines\": [{\"dtr\": 1}]", "dtr", "true or false" },
	{ IN_TRIGGER, "\"lines\": [{\"wait_ms\": -1}]", "wait_ms", "range" },
	{ IN_TRIGGER, "\"lines\": [{\"data\": \"1EA\"}]", "data", "hexadecimal" },
	{ IN_TRIGGER, "\"lines\": [{\"data\": 1}]", "data", "hexadecimal" },
	{ IN_TRIGGER,
	  "\"lines\": [{\"data\": \"0000000000000000000000000000000000000000000000000000000000000000"
	  "000000000000000000000000000000000000000000000000000000000000000000\"}]",
	  "data", "64 bytes" },
	{ IN_TRIGGER, "\"lines\": [{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}]", "lines",
	  "16 steps" },
	/* Hexadecimal numbers */
	{ IN_RULE, "\"release\": \"0x0100\"", "release", "hexadecimal" },
	{ IN_RULE, "\"release\": \"\"", "release", "hexadecimal" },
	{ IN_RULE, "\"release\": \"10000\"", "release", "too large" },
	{ IN_RULE, "\"release\": \"ffffffffffffffffffffff\"", "release", "too large" },
	{ IN_RULE, "\"interface\": \"ff/00\"", "interface", "class" },
	{ IN_RULE, "\"interface\": \"ff/00/\"", "interface", "class" },
	{ IN_RULE, "\"interface\": \"ff/00/*1\"", "interface", "class" },
	{ IN_RULE, "\"interface\": \"ff/*/01\"", "interface", "class" },
	{ IN_RULE, "\"interface\": \"*\"", "interface", "class" },
	{ IN_RULE, "\"interface\": \"ff/00/001\"", "interface", "class" },
	{ IN_RULE, "\"interface\": \"-1/00/01\"", "interface", "class" },
	{ IN_RULE, "\"interface\": \" f/00/01\"", "interface", "class" },
	{ IN_RULE, "\"usage\": \"ff60\"", "usage", "usage page" },
	{ IN_RULE, "\"usage\": \"0/61\"", "usage", "usage page" },
	{ IN_RULE, "\"usage\": \"-1/61\"", "usage", "usage page" },
	{ IN_RULE, "\"usage\": \"ff60/+61\"", "usage", "usage page" },
	{ IN_RULE, "\"usage\": \"0xff/0x61\"", "usage", "usage page" },
	{ IN_ENTRY, "\"bootloader\": [{\"ids\": []}]", "ids", "list" },
	{ IN_ENTRY, "\"bootloader\": [{\"ids\": \"1209:0001\"}]", "ids", "list" },
	{ IN_ENTRY, "\"bootloader\": [{\"ids\": [1]}]", "ids", "must be like" },
	{ IN_ENTRY, "\"bootloader\": [{\"ids\": [\"1209\"]}]", "ids", "must be like" },
	{ IN_ENTRY, "\"bootloader\": [{\"ids\": [\"1209:1\"]}]", "ids", "must be like" },
	{ IN_ENTRY, "\"bootloader\": [{\"ids\": [\"1209:00010\"]}]", "ids", "must be like" },
	{ IN_ENTRY, "\"bootloader\": [{\"ids\": [\"1209:0002-0001\"]}]", "ids", "must be like" },
	{ IN_ENTRY, "\"bootloader\": [{\"ids\": [\"*:0001\"]}]", "ids", "must be like" },
	{ IN_ENTRY, "\"bootloader\": [{\"ids\": [\"0x12:0001\"]}]", "ids", "must be like" },
	{ IN_ENTRY, "\"bootloader\": [{\"ids\": [\"-123:0001\"]}]", "ids", "must be like" },
	{ IN_ENTRY, "\"bootloader\": [{\"ids\": [\" 123:0001\"]}]", "ids", "must be like" },
	{ IN_ENTRY, "\"bootloader\": [{\"ids\": [\"1209:+001\"]}]", "ids", "must be like" },
	{ IN_ENTRY, "\"bootloader\": [{\"ids\": [\"1209:0001- 002\"]}]", "ids", "must be like" },
	{ IN_TRIGGER, "\"request_type\": \"a1\", \"request\": \"01\"", "request_type", "too large" },
	{ IN_TRIGGER, "\"request_type\": \"21\", \"request\": 1", "request", "hexadecimal" },
	{ IN_TRIGGER, "\"request_type\": \"21\", \"request\": \"100\"", "request", "too large" },
	{ IN_TRIGGER, "\"request_type\": \"21\", \"request\": \"01\", \"value\": \"0x01\"", "value", "hexadecimal" },
	{ IN_TRIGGER, "\"request_type\": \"21\", \"request\": \"01\", \"index\": 1", "index", "hexadecimal" },
	{ IN_TRIGGER, "\"request_type\": \"21\", \"request\": \"01\", \"index\": \"Interface\"", "index",
	  "hexadecimal" },
	{ IN_TRIGGER, "\"report\": \"feature\", \"data\": \"0\"", "data", "hexadecimal" },
	{ IN_TRIGGER, "\"report\": \"feature\", \"data\": \"0g\"", "data", "hexadecimal" },
	{ IN_TRIGGER, "\"report\": \"feature\", \"data\": 7", "data", "hexadecimal" },
	{ IN_TRIGGER, "\"report\": \"feature\", \"data\": \"00\", \"id\": \"100\"", "id", "too large" },
	{ IN_TRIGGER,
	  "\"report\": \"feature\", \"data\": \"0000000000000000000000000000000000000000000000000000000000000000"
	  "000000000000000000000000000000000000000000000000000000000000000000\"",
	  "data", "64 bytes" },
	/* Things that do not go together */
	{ IN_TRIGGER, "\"report\": \"feature\", \"data\": \"0000\", \"size\": 1", "size", "less" },
	{ IN_TRIGGER, "\"report\": \"feature\", \"data\": \"00\", \"reply\": {}", "reply", "either" },
	{ IN_TRIGGER,
	  "\"report\": \"feature\", \"data\": \"00\", \"reply\": {\"accepted\": \"00\", \"refused\": \"ff\"}", "reply",
	  "either" },
	{ IN_TRIGGER, "\"report\": \"feature\", \"data\": \"00\", \"reply\": {\"accepted\": \"0x00\"}", "accepted",
	  "hexadecimal" },
	{ IN_TRIGGER, "\"touch\": 1200, \"report\": \"feature\", \"data\": \"00\"", "touch", "no such key" },
};

static void make_file(char *text, size_t size, const struct mistake *mistake)
{
	static const char *const around[][2] = {
		[IN_ENTRY] = { "", "" },
		[IN_RULE] = { "\"bootloader\": [{\"ids\": [\"1209:0002\"], ", "}]" },
		[IN_TRIGGER] = { "\"triggers\": [{\"name\": \"way\", ", "}]" },
	};

	snprintf(
		text, size,
		"{\"format\": 1, \"devices\": [\n"
		"{\"name\": \"good\", \"application\": [{\"ids\": [\"1209:0003\"], \"product\": \"a { and a \\\" [\"}]},\n"
		"{\"name\": \"bad\", \"application\": [{\"ids\": [\"1209:0001\"]}],\n%s%s%s}]}\n",
		around[mistake->place][0], mistake->text, around[mistake->place][1]);
}

Test(device_table, names_file_line_device_and_key_of_every_mistake)
{
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
		const struct mistake *mistake = &mistakes[i];
		struct dfut_failure failure = { 0 };
		char text[2048], key[64];

		make_file(text, sizeof(text), mistake);
		snprintf(key, sizeof(key), "\"%s\"", mistake->key);
		cr_expect(eq(int, load(text, &failure), DFUT_ERROR_USAGE), "%s is taken", mistake->text);
		if (failure.code == 0)
			continue;
		cr_expect(eq(int, strncmp(failure.text, "mine.json:3: device \"bad\": ", 27), 0), "%s: %s",
			  mistake->text, failure.text);
		cr_expect(strstr(failure.text, key) != NULL, "%s: %s", mistake->text, failure.text);
		cr_expect(strstr(failure.text, mistake->reason) != NULL, "%s: %s", mistake->text, failure.text);
	}
	fprintf(stderr, "%zu mistakes\n", sizeof(mistakes) / sizeof(mistakes[0]));
}

Test(device_table, names_an_entry_without_a_name_by_its_line)
{
	static const char *const texts[] = {
		"{\"format\": 1, \"devices\": [\n{\"title\": \"x\"}]}",
		"{\"format\": 1, \"devices\": [\n{\"name\": 7, \"bootloader\": [{\"ids\": [\"1209:0001\"]}]}]}",
		"{\"format\": 1, \"devices\": [\n7]}",
		"{\"format\": 1, \"devices\": [\n{\"name\": \"\", \"bootloader\": [{\"ids\": [\"1209:0001\"]}]}]}",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct dfut_failure failure = { 0 };

		cr_expect(eq(int, load(texts[i], &failure), DFUT_ERROR_USAGE), "%s", texts[i]);
		cr_expect(eq(int, strncmp(failure.text, "mine.json:2:", 12), 0), "%s: %s", texts[i], failure.text);
	}
}

Test(device_table, refuses_what_is_no_table)
{
	/* clang-format off */
	static const char *const texts[] = {
		"", "[]", "7", "{}", "{\"format\": 1}", "{\"devices\": []}", "{\"format\": 2, \"devices\": []}",
		"{\"format\": \"1\", \"devices\": []}", "{\"format\": 1, \"devices\": {}}",
		"{\"format\": 1, \"devices\": [], \"more\": 1}", "{\"format\": 1, \"devices\": []} x", "\xff",
	};
	/* clang-format on */

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct dfut_failure failure = { 0 };

		cr_expect(eq(int, load(texts[i], &failure), DFUT_ERROR_USAGE), "%s", texts[i]);
		cr_expect(eq(int, strncmp(failure.text, "mine.json:", 10), 0), "%s: %s", texts[i], failure.text);
	}
}

/* Also if entries in front of the wrong one are good. */
Test(device_table, is_unchanged_by_a_file_with_a_mistake)
{
	static const char good[] =
		"{\"format\": 1, \"devices\": [{\"name\": \"mine\", \"bootloader\": [{\"ids\": [\"1209:0001\"]}]}]}";
	struct dfut_failure failure = { 0 };
	struct dfut_entry *table = NULL;
	char text[2048];

	cr_assert(eq(int, dfut_table_load(&table, good, strlen(good), "good.json", &failure), 0), "%s", failure.text);
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
		make_file(text, sizeof(text), &mistakes[i]);
		dfut_table_load(&table, text, strlen(text), "mine.json", &failure);
		cr_expect(eq(int, strcmp(table->name, "mine"), 0), "%s", mistakes[i].text);
		cr_expect(table->next == NULL, "%s", mistakes[i].text);
	}
	dfut_table_free(table);
}

Test(device_table, refuses_a_key_twice_wherever_it_is)
{
	static const char *const texts[] = {
		"{\"format\": 1, \"devices\": [\n{\"name\": \"a\",\n\"name\": \"b\"}]}",
		"{\"format\": 1, \"devices\": [\n{\"name\": \"a\", \"application\": [{\n\"release\": \"1\", \"release\": \"2\"}]}]}",
		"{\"format\": 1, \"devices\": [\n{\"name\": \"a\", \"triggers\": [{\n\"touch\": 1, \"touch\": 2}]}]}",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct dfut_failure failure = { 0 };

		cr_expect(eq(int, load(texts[i], &failure), DFUT_ERROR_USAGE), "%s", texts[i]);
		cr_expect(eq(int, strncmp(failure.text, "mine.json:3:", 12), 0), "%s", failure.text);
		cr_expect(strstr(failure.text, "duplicate") != NULL, "%s", failure.text);
	}
}
