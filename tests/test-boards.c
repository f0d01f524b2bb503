/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What the table makes of boards that people own, in both modes: each line of data/boards.txt is a device on a bus. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dfutrigger-transport.h"
#include "usb/reports.h"

#define LINE_SIZE 2048
#define DATA_SIZE 1024
#define REPORT_SIZE 64
#define NODE_LIMIT 8
#define STRING_LIMIT 16
#define FIELD_COUNT 7
#define BOARDS_AT_LEAST 150

TestSuite(boards, .timeout = 60);

enum field {
	FIELD_NAME,
	FIELD_IDS,
	FIELD_INTERFACES,
	FIELD_STRINGS,
	FIELD_MODE,
	FIELD_LANGUAGE,
	FIELD_TRIGGERS,
};

/* A line, and the device that it tells of. */
struct board {
	char line[LINE_SIZE];
	char *fields[FIELD_COUNT];
	size_t number; /* of the line */
	uint8_t data[DATA_SIZE];
	size_t size;
	uint8_t interfaces;
	uint8_t cdc_protocol; /* of ports that have any */
	bool has_any_port;
	uint8_t reports[NODE_LIMIT][REPORT_SIZE];
	struct dfut_node_facts nodes[NODE_LIMIT];
	size_t node_count;
	struct dfut_string strings[STRING_LIMIT];
	char texts[STRING_LIMIT][128];
	size_t string_count;
};

/* The bus, with one device. */

static struct {
	struct dfut_context *context;
	struct dfut_bus *bus;
	const struct board *board;
	uint64_t instance;
} lab;

static int lab_start(void *self, struct dfut_bus *bus)
{
	(void)self;
	lab.bus = bus;
	return 0;
}

static void lab_stop(void *self)
{
	(void)self;
}

static int lab_scan(void *self, bool may_block)
{
	const struct board *board = lab.board;
	struct dfut_device_facts facts = {
		.size = sizeof(facts),
		.instance = lab.instance,
		.path = "1-1",
		.configuration = 1,
	};

	(void)self;
	(void)may_block;
	if (!board)
		return 0;
	facts.descriptors = board->data;
	facts.descriptors_size = board->size;
	facts.strings = board->strings;
	facts.string_count = board->string_count;
	facts.nodes = board->nodes;
	facts.node_count = board->node_count;
	return dfut_bus_report(lab.bus, &facts);
}

static int lab_connect(void *self, uint64_t instance, const struct dfut_transport_ops **ops, void **transport)
{
	(void)self;
	(void)instance;
	(void)ops;
	(void)transport;
	return DFUT_ERROR_GONE;
}

static const struct dfut_bus_ops lab_ops = {
	.size = sizeof(struct dfut_bus_ops),
	.name = "lab",
	.start = lab_start,
	.stop = lab_stop,
	.scan = lab_scan,
	.connect = lab_connect,
};

/* Descriptors. */

static void add(struct board *board, const uint8_t *bytes, size_t size)
{
	cr_assert(le(sz, board->size + size, DATA_SIZE));
	memcpy(board->data + board->size, bytes, size);
	board->size += size;
}

static uint8_t add_string(struct board *board, const char *text, size_t length)
{
	struct dfut_string *string = &board->strings[board->string_count];

	cr_assert(lt(sz, board->string_count, STRING_LIMIT));
	cr_assert(lt(sz, length, sizeof(board->texts[0])));
	memcpy(board->texts[board->string_count], text, length);
	string->index = (uint8_t)(board->string_count + 1);
	string->text = board->texts[board->string_count];
	board->string_count++;
	return string->index;
}

static void add_interface(struct board *board, unsigned int alternate, unsigned int endpoints,
			  const unsigned int codes[3], uint8_t name)
{
	const uint8_t interface[] = { 0x09,
				      0x04,
				      board->interfaces,
				      (uint8_t)alternate,
				      (uint8_t)endpoints,
				      (uint8_t)codes[0],
				      (uint8_t)codes[1],
				      (uint8_t)codes[2],
				      name };

	add(board, interface, sizeof(interface));
	for (unsigned int i = 0; i < endpoints; i++) {
		const uint8_t endpoint[] = { 0x07, 0x05, (uint8_t)(0x81 + i), 0x03, 0x40, 0x00, 0x0a };

		add(board, endpoint, sizeof(endpoint));
	}
}

static struct dfut_node_facts *add_node(struct board *board, enum dfut_link link)
{
	struct dfut_node_facts *node = &board->nodes[board->node_count];

	cr_assert(lt(sz, board->node_count, NODE_LIMIT));
	board->node_count++;
	*node = (struct dfut_node_facts){ .size = sizeof(*node) };
	node->link = link;
	node->interface_number = board->interfaces;
	node->name = "/dev/node";
	return node;
}

static void add_port(struct board *board, unsigned int protocol)
{
	add_node(board, DFUT_LINK_SERIAL);
	add_interface(board, 0, 1, (const unsigned int[]){ 0x02, 0x02, protocol }, 0);
	board->interfaces++;
	add_interface(board, 0, 2, (const unsigned int[]){ 0x0a, 0x00, 0x00 }, 0);
	board->interfaces++;
}

/* "07/0110", then names of alternate settings */
static void add_dfu(struct board *board, const char *text, unsigned int protocol, const char *names)
{
	unsigned int attributes, version, alternate = 0;

	cr_assert(eq(int, sscanf(text, "%2x/%4x", &attributes, &version), 2), "line %zu: %s", board->number, text);
	do {
		const char *end = *names == '"' ? strchr(names + 1, '"') : NULL;
		uint8_t name = end ? add_string(board, names + 1, (size_t)(end - names - 1)) : 0;

		add_interface(board, alternate++, 0, (const unsigned int[]){ 0xfe, 0x01, protocol }, name);
		names = end ? end + 1 + strspn(end + 1, " ") : "";
	} while (*names == '"');
	add(board,
	    (const uint8_t[]){ 0x09, 0x21, (uint8_t)attributes, 0xe8, 0x03, 0x00, 0x04, (uint8_t)version,
			       (uint8_t)(version >> 8) },
	    9);
	board->interfaces++;
}

/* "ff60/61:0:32": usage, id, bytes without the id. Item tags: HID 1.11, 6.2.2.4. */
static void add_hid(struct board *board, const char *text, uint8_t main_item)
{
	struct dfut_node_facts *node = add_node(board, DFUT_LINK_HID);
	uint8_t *report = board->reports[node - board->nodes];
	unsigned int page, usage, id, size;
	size_t used = 0;

	cr_assert(eq(int, sscanf(text, "%4x/%4x:%2x:%u", &page, &usage, &id, &size), 4), "line %zu: %s", board->number,
		  text);
	memcpy(report, (const uint8_t[]){ 0x06, (uint8_t)page, (uint8_t)(page >> 8), 0x09, (uint8_t)usage, 0xa1, 0x01 },
	       7);
	used = 7;
	if (id) {
		report[used++] = 0x85;
		report[used++] = (uint8_t)id;
	}
	memcpy(report + used,
	       (const uint8_t[]){ 0x15, 0x00, 0x26, 0xff, 0x00, 0x75, 0x08, 0x95, (uint8_t)size, 0x09, 0x01, main_item,
				  0x02, 0xc0 },
	       14);
	node->report_descriptor = report;
	node->report_descriptor_size = used + 14;
	add_interface(board, 0, 2, (const unsigned int[]){ 0x03, 0x00, 0x00 }, 0);
	board->interfaces++;
}

static void add_other(struct board *board, const char *text)
{
	unsigned int codes[3], endpoints;

	cr_assert(eq(int, sscanf(text, "%2x/%2x/%2x.%u", &codes[0], &codes[1], &codes[2], &endpoints), 4),
		  "line %zu: there is no interface \"%s\"", board->number, text);
	add_interface(board, 0, endpoints, codes, 0);
	board->interfaces++;
}

static void add_named(struct board *board, const char *word, const char *rest)
{
	static const struct {
		const char *word;
		unsigned int codes[3];
		unsigned int endpoints;
	} known[] = {
		{ "msc", { 0x08, 0x06, 0x50 }, 2 },
		{ "kbd", { 0x03, 0x01, 0x01 }, 1 },
		{ "reset", { 0xff, 0x00, 0x01 }, 0 },
	};
	unsigned int protocol;

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(known[i].word, word) == 0) {
			add_interface(board, 0, known[i].endpoints, known[i].codes, 0);
			board->interfaces++;
			return;
		}
	if (strcmp(word, "cdc") == 0) {
		board->has_any_port = true;
		add_port(board, board->cdc_protocol);
	} else if (sscanf(word, "cdc.%2x", &protocol) == 1) {
		add_port(board, protocol);
	} else if (strcmp(word, "serial") == 0) {
		/* A port of the interface before */
		board->interfaces--;
		add_node(board, DFUT_LINK_SERIAL);
		board->interfaces++;
	} else if (strncmp(word, "app=", 4) == 0) {
		add_dfu(board, word + 4, 1, rest);
	} else if (strncmp(word, "boot=", 5) == 0) {
		add_dfu(board, word + 5, 2, rest);
	} else if (strncmp(word, "out=", 4) == 0) {
		add_hid(board, word + 4, 0x91);
	} else if (strncmp(word, "feature=", 8) == 0) {
		add_hid(board, word + 8, 0xb1);
	} else {
		add_other(board, word);
	}
}

static void add_interfaces(struct board *board)
{
	const char *at = board->fields[FIELD_INTERFACES];

	while (*at) {
		char word[64];
		size_t length = strcspn(at, " ");

		cr_assert(lt(sz, length, sizeof(word)), "line %zu", board->number);
		memcpy(word, at, length);
		word[length] = '\0';
		at += length + strspn(at + length, " ");
		add_named(board, word, at);
		/* Names belong to it. */
		while (*at == '"') {
			at = strchr(at + 1, '"') + 1;
			at += strspn(at, " ");
		}
	}
}

static void build(struct board *board, uint8_t cdc_protocol)
{
	static const uint8_t start[] = { 0x12, 0x01, 0x00, 0x02, 0x00, 0x00, 0x00, 0x40, 0,    0,    0,	   0,	 0,   0,
					 0x00, 0x00, 0x00, 0x01, 0x09, 0x02, 0,	   0,	 0x00, 0x01, 0x00, 0x80, 0x32 };
	const char *strings = board->fields[FIELD_STRINGS];
	const char *slash = strchr(strings, '/');
	unsigned int vendor, product, release = 0x0100;

	board->size = board->node_count = board->string_count = 0;
	board->interfaces = 0;
	board->has_any_port = false;
	board->cdc_protocol = cdc_protocol;
	memset(board->texts, 0, sizeof(board->texts));
	cr_assert(ge(int, sscanf(board->fields[FIELD_IDS], "%4x:%4x@%4x", &vendor, &product, &release), 2),
		  "line %zu: %s", board->number, board->fields[FIELD_IDS]);
	add(board, start, sizeof(start));
	for (unsigned int i = 0; i < 2; i++) {
		board->data[8 + i] = (uint8_t)(vendor >> 8 * i);
		board->data[10 + i] = (uint8_t)(product >> 8 * i);
		board->data[12 + i] = (uint8_t)(release >> 8 * i);
	}
	if (slash) {
		board->data[14] = add_string(board, strings, (size_t)(slash - strings));
		board->data[15] = add_string(board, slash + 1, strlen(slash + 1));
	}
	add_interfaces(board);
	board->data[20] = (uint8_t)(board->size - 18);
	board->data[21] = (uint8_t)((board->size - 18) >> 8);
	board->data[22] = board->interfaces;
}

/* Lines. */

static bool split(struct board *board)
{
	char *at = board->line;

	at[strcspn(at, "\n")] = '\0';
	if (!*at || *at == '#')
		return false;
	for (size_t i = 0; i < FIELD_COUNT; i++) {
		char *end = strstr(at, " | ");

		cr_assert(eq(int, end != NULL, i + 1 < FIELD_COUNT), "line %zu has not seven fields", board->number);
		board->fields[i] = at;
		if (!end)
			break;
		at = end + 3;
		*end = '\0';
		while (end > board->fields[i] && isspace((unsigned char)end[-1]))
			*--end = '\0';
	}
	return true;
}

static FILE *open_list(void)
{
	const char *folder = getenv("DFUTRIGGER_TEST_DATA");
	char path[512];
	FILE *file;

	snprintf(path, sizeof(path), "%s/boards.txt", folder ? folder : "tests/data");
	file = fopen(path, "r");
	cr_assert(file != NULL, "%s can't be read", path);
	return file;
}

static bool read_board(struct board *board, FILE *file)
{
	while (fgets(board->line, sizeof(board->line), file)) {
		board->number++;
		if (split(board))
			return true;
	}
	return false;
}

/* Judgements, as the command's list tells them. */

static void tell_triggers(const struct dfut_device *device, char *text, size_t size)
{
	size_t used = 0;

	snprintf(text, size, "-");
	for (size_t i = 0; i < dfut_device_get_trigger_count(device) && used < size; i++)
		used += (size_t)snprintf(text + used, size - used, "%s%s", i ? ", " : "",
					 dfut_device_get_trigger_name(device, i));
}

static void expect(const struct board *board, const struct dfut_device *device)
{
	const char *language = dfut_device_get_protocol(device);
	bool is_known = dfut_device_get_mode(device) != DFUT_MODE_UNKNOWN;
	char text[256];

	snprintf(text, sizeof(text), "%s%s%s", dfut_mode_get_name(dfut_device_get_mode(device)),
		 is_known && dfut_device_is_generic(device) ? "*" : "", dfut_device_is_shared(device) ? " shared" : "");
	cr_expect(eq(int, strcmp(text, board->fields[FIELD_MODE]), 0), "line %zu: %s, protocol %02x: %s, not %s",
		  board->number, board->fields[FIELD_NAME], board->cdc_protocol, text, board->fields[FIELD_MODE]);
	cr_expect(eq(int, strcmp(*language ? language : "-", board->fields[FIELD_LANGUAGE]), 0),
		  "line %zu: %s, protocol %02x: speaks \"%s\", not \"%s\"", board->number, board->fields[FIELD_NAME],
		  board->cdc_protocol, language, board->fields[FIELD_LANGUAGE]);
	tell_triggers(device, text, sizeof(text));
	cr_expect(eq(int, strcmp(text, board->fields[FIELD_TRIGGERS]), 0),
		  "line %zu: %s, protocol %02x: triggers %s, not %s", board->number, board->fields[FIELD_NAME],
		  board->cdc_protocol, text, board->fields[FIELD_TRIGGERS]);
}

static struct dfut_device *plug(struct board *board)
{
	struct dfut_match match = DFUT_MATCH_INIT;
	struct dfut_device *device;

	lab.board = board;
	lab.instance++;
	dfut_bus_changed(lab.bus);
	match.path = "1-1";
	cr_assert(eq(int, dfut_device_find(&device, lab.context, &match), 0), "line %zu: %s", board->number,
		  dfut_context_get_error(lab.context));
	return device;
}

static void judge(struct board *board, uint8_t cdc_protocol)
{
	struct dfut_device *device;

	build(board, cdc_protocol);
	device = plug(board);
	expect(board, device);
	dfut_device_unref(device);
}

static void start_lab(void)
{
	memset(&lab, 0, sizeof(lab));
	cr_assert(eq(int, dfut_context_new(&lab.context), 0));
	cr_assert(eq(int, dfut_context_add_bus(lab.context, &lab_ops, &lab), 0));
}

/* Whatever protocol their ports name: none, AT commands, a vendor's. */
Test(boards, are_known_for_what_they_are)
{
	static const uint8_t protocols[] = { 0x00, 0x01, 0x02, 0xff };
	static struct board board;
	FILE *file = open_list();
	size_t count = 0;

	start_lab();
	while (read_board(&board, file)) {
		judge(&board, protocols[0]);
		for (size_t i = 1; i < sizeof(protocols) && board.has_any_port; i++)
			judge(&board, protocols[i]);
		count++;
	}
	fclose(file);
	lab.board = NULL;
	dfut_context_free(lab.context);
	cr_expect(ge(sz, count, BOARDS_AT_LEAST));
	fprintf(stderr, "%zu boards\n", count);
}

/* What shows the same and has ids of nobody is another product: none is meant unless it is named, and a port says nothing. */
Test(boards, are_not_known_by_what_others_show_too)
{
	/* QMK's own usage, and what the person has to confirm */
	static const char *const evidence[] = { "out=ff60/61:0:32", "out=ff97/01" };
	static struct board board;
	FILE *file = open_list();

	start_lab();
	while (read_board(&board, file)) {
		const char *interfaces = board.fields[FIELD_INTERFACES];
		struct dfut_device *device;

		if (strstr(interfaces, evidence[0]) || strstr(interfaces, evidence[1]))
			continue;
		board.fields[FIELD_IDS] = (char *)"feed:f00d";
		build(&board, 0);
		device = plug(&board);
		cr_expect(dfut_device_get_mode(device) == DFUT_MODE_UNKNOWN || dfut_device_is_generic(device),
			  "line %zu: %s is taken for \"%s\"", board.number, board.fields[FIELD_NAME],
			  dfut_device_get_title(device));
		if (!strstr(interfaces, "=") && !strstr(interfaces, "reset"))
			cr_expect(eq(str, (char *)dfut_device_get_protocol(device), (char *)""), "line %zu: %s",
				  board.number, board.fields[FIELD_NAME]);
		dfut_device_unref(device);
	}
	fclose(file);
	lab.board = NULL;
	dfut_context_free(lab.context);
}
