/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The script of a device that is replayed, out of a session file. */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/parts/replay.h"

#define DEVICE_SIZE 18
#define CONFIGURATION_COUNT 17
#define CONFIGURATION_SIZE 9
#define CONFIGURATION_VALUE 5
#define INTERFACE_DESCRIPTOR 4
#define INTERFACE_SIZE 9
#define INTERFACE_NUMBER 2
#define INTERFACE_CLASS 5
#define ENDPOINT_DESCRIPTOR 5
#define ENDPOINT_SIZE 7
#define ENDPOINT_ADDRESS 2
#define ENDPOINT_ATTRIBUTES 3
#define BULK 2
#define INTERRUPT 3
#define IN 0x80
#define CLASS_DATA 0x0a

#define CLASS_OUT 0x21
#define CLASS_IN 0xa1
#define GET_REPORT 0x01
#define SET_REPORT 0x09
#define SET_IDLE 0x0a
#define SET_LINE_CODING 0x20
#define SET_CONTROL_LINE_STATE 0x22
#define BAUD_AT_FIRST 9600
#define DTR 1
#define TOOK_LIMIT_US 60000000

/* Descriptors. */

/* An endpoint of an interface as it is at first; 0 if there is none. */
static uint8_t find_endpoint(const struct dfut_sim_life *life, int interface, uint8_t kind, bool is_in)
{
	const uint8_t *at = life->descriptors;
	const uint8_t *end = at + life->descriptors_size;
	bool is_there = false;

	for (; end - at >= 2 && at[0] >= 2 && end - at >= at[0]; at += at[0]) {
		if (at[1] == INTERFACE_DESCRIPTOR && at[0] >= INTERFACE_SIZE)
			is_there = at[INTERFACE_NUMBER] == interface && at[INTERFACE_NUMBER + 1] == 0;
		else if (is_there && at[1] == ENDPOINT_DESCRIPTOR && at[0] >= ENDPOINT_SIZE &&
			 (at[ENDPOINT_ATTRIBUTES] & 3) == kind && !(at[ENDPOINT_ADDRESS] & IN) != is_in)
			return at[ENDPOINT_ADDRESS];
	}
	return 0;
}

static uint8_t find_bulk(const struct dfut_sim_life *life, int interface, bool is_in)
{
	uint8_t endpoint = find_endpoint(life, interface, BULK, is_in);

	return endpoint ? endpoint : find_endpoint(life, interface + 1, BULK, is_in);
}

static const uint8_t *find_configuration(const struct dfut_tape_event *event, size_t *size)
{
	const uint8_t *at = event->data.bytes + DEVICE_SIZE;
	const uint8_t *end = event->data.bytes + event->data.size;
	const uint8_t *first = NULL;

	while (end - at >= CONFIGURATION_SIZE && at[0] >= CONFIGURATION_SIZE && at[1] == 2) {
		size_t total = dfut_le16(at + 2);

		if (total < at[0] || total > (size_t)(end - at))
			break;
		if (!first || at[CONFIGURATION_VALUE] == event->value) {
			first = at;
			*size = total;
		}
		if (at[CONFIGURATION_VALUE] == event->value)
			break;
		at += total;
	}
	return first;
}

/* The device's, and those of the configuration in use. */
static int take_descriptors(struct dfut_sim_life *life, const struct dfut_tape_event *event)
{
	const uint8_t *bytes = event->data.bytes;
	const uint8_t *configuration = NULL;
	size_t size = 0;

	free(life->descriptors);
	life->descriptors = NULL;
	if (event->data.size >= DEVICE_SIZE && bytes[0] == DEVICE_SIZE && bytes[1] == 1)
		configuration = find_configuration(event, &size);
	if (!configuration)
		return DFUT_ERROR_USAGE;
	life->descriptors = malloc(DEVICE_SIZE + size);
	if (!life->descriptors)
		return DFUT_ERROR_NO_MEMORY;
	memcpy(life->descriptors, bytes, DEVICE_SIZE);
	life->descriptors[CONFIGURATION_COUNT] = 1;
	memcpy(life->descriptors + DEVICE_SIZE, configuration, size);
	life->descriptors_size = DEVICE_SIZE + size;
	return 0;
}

/* The texts stay the file's. */
static int take_strings(struct dfut_sim_life *life, const struct dfut_tape_event *event)
{
	const struct dfut_json *strings = dfut_json_get(event->json.values, "strings");

	free(life->strings);
	life->string_count = 0;
	life->strings = calloc(strings ? strings->count + 1 : 1, sizeof(*life->strings));
	if (!life->strings)
		return DFUT_ERROR_NO_MEMORY;
	for (const struct dfut_json *at = dfut_json_get_first(strings); at; at = at->next) {
		unsigned long index = at->key ? strtoul(at->key, NULL, 10) : 0;

		if (index < 1 || index > 255 || !at->text || life->string_count == DFUT_SIM_STRING_LIMIT)
			return DFUT_ERROR_USAGE;
		life->strings[life->string_count++] = (struct dfut_string){ (uint8_t)index, at->text };
	}
	return 0;
}

uint8_t *dfut_sim_life_take_reports(const struct dfut_sim_life *life, uint8_t interface, size_t *size)
{
	const struct dfut_json *node = dfut_json_get_first(dfut_json_get(life->event->json.values, "nodes"));
	const struct dfut_json *reports = NULL;
	uint8_t *bytes = NULL;
	bool has_memory;

	for (; node && !reports; node = node->next)
		if (dfut_json_is(dfut_json_get(node, "interface"), DFUT_JSON_INTEGER) &&
		    dfut_json_get_integer(dfut_json_get(node, "interface")) == interface)
			reports = dfut_json_get(node, "report_descriptor");
	return reports && reports->text && dfut_tape_take_bytes(reports->text, &bytes, size, &has_memory) ? bytes :
													    NULL;
}

/* Steps. */

size_t dfut_sim_step_get_size(const struct dfut_sim_step *step)
{
	return step->has_id + dfut_tape_get_size(step->data) - step->skipped;
}

bool dfut_sim_step_has(const struct dfut_sim_step *step, const uint8_t *bytes, size_t size)
{
	const struct dfut_tape_data *data = step->data;
	size_t known = data->size - step->skipped;
	size_t whole = dfut_sim_step_get_size(step);

	if (size > whole || (step->has_id && size && bytes[0] != step->id))
		return false;
	if (step->has_id && size)
		bytes++;
	if (known && memcmp(bytes, data->bytes + step->skipped, size < known ? size : known) != 0)
		return false;
	return size < whole || !data->hidden || dfut_tape_is_hidden(data, bytes + known);
}

bool dfut_sim_is_for_driver(const struct dfut_sim_setup *setup)
{
	return setup->request_type == CLASS_OUT &&
	       (setup->request == SET_LINE_CODING || setup->request == SET_CONTROL_LINE_STATE ||
		setup->request == SET_IDLE);
}

int dfut_sim_get_dtr(const struct dfut_sim_setup *setup)
{
	bool is_it = setup->request_type == CLASS_OUT && setup->request == SET_CONTROL_LINE_STATE;

	return is_it ? setup->value & DTR : -1;
}

bool dfut_sim_is_same_setup(const struct dfut_sim_setup *a, const struct dfut_sim_setup *b)
{
	return a->request_type == b->request_type && a->request == b->request && a->value == b->value &&
	       a->index == b->index && a->length == b->length;
}

void dfut_sim_step_describe(const struct dfut_sim_step *step, char text[DFUT_SIM_STEP_TEXT])
{
	const struct dfut_sim_setup *setup = &step->setup;

	switch (step->kind) {
	case DFUT_SIM_STEP_CONTROL:
		snprintf(text, DFUT_SIM_STEP_TEXT, "request %02x %02x, value %04x, index %04x, length %u",
			 setup->request_type, setup->request, setup->value, setup->index, setup->length);
		return;
	case DFUT_SIM_STEP_ALTERNATE:
		snprintf(text, DFUT_SIM_STEP_TEXT, "alternate setting %u of interface %u", step->setting,
			 step->interface);
		return;
	case DFUT_SIM_STEP_RESET:
		snprintf(text, DFUT_SIM_STEP_TEXT, "a reset");
		return;
	case DFUT_SIM_STEP_READ:
		snprintf(text, DFUT_SIM_STEP_TEXT, "reading from endpoint %02x", step->endpoint);
		return;
	case DFUT_SIM_STEP_WRITE:
		snprintf(text, DFUT_SIM_STEP_TEXT, "%zu bytes to endpoint %02x", dfut_sim_step_get_size(step),
			 step->endpoint);
		return;
	case DFUT_SIM_STEP_FILE_READ:
		snprintf(text, DFUT_SIM_STEP_TEXT, "reading of \"%.40s\" from %" PRIu64 " on", step->file,
			 step->offset);
		return;
	case DFUT_SIM_STEP_FILE_WRITE:
		snprintf(text, DFUT_SIM_STEP_TEXT, "writing to \"%.40s\" from %" PRIu64 " on", step->file,
			 step->offset);
		return;
	}
}

/* What cdc-acm remembers of a port: it sends what changes. */
struct port {
	struct dfut_line_coding coding;
	uint8_t lines;
};

struct writer {
	struct dfut_sim_script *script;
	struct dfut_sim_life *life;
	struct port ports[256];
};

static struct dfut_sim_step *add(struct writer *writer, const struct dfut_tape_event *event,
				 enum dfut_sim_step_kind kind)
{
	struct dfut_sim_step *step = &writer->script->steps[writer->script->step_count++];

	writer->life->step_count++;
	*step = (struct dfut_sim_step){ .kind = kind,
					.line = event->line,
					.room = event->length,
					.data = &event->data,
					.result = event->result,
					.took_us = event->took_us,
					.end_us = event->at_us + event->took_us };
	return step;
}

static void add_control(struct writer *writer, const struct dfut_tape_event *event)
{
	struct dfut_sim_setup setup = { event->setup[0], event->setup[1], dfut_le16(event->setup + 2),
					dfut_le16(event->setup + 4), dfut_le16(event->setup + 6) };
	struct dfut_sim_step *step;

	/* The bus answers those, by what the device has told of itself. */
	if ((setup.request_type & DFUT_SIM_TYPE_MASK) == DFUT_SIM_TYPE_STANDARD)
		return;
	step = add(writer, event, DFUT_SIM_STEP_CONTROL);
	step->setup = setup;
	step->is_for_driver = dfut_sim_is_for_driver(&setup);
}

static void add_report(struct writer *writer, const struct dfut_tape_event *event)
{
	uint8_t interface = (uint8_t)event->channel;
	uint8_t endpoint = find_endpoint(writer->life, interface, INTERRUPT, event->is_in);
	bool is_input = event->type == DFUT_REPORT_INPUT;
	bool is_on_endpoint = is_input || (event->type == DFUT_REPORT_OUTPUT && endpoint);
	uint16_t length = (uint16_t)((event->is_in ? event->length : dfut_tape_get_size(&event->data)) +
				     (event->id ? 1 : 0));
	struct dfut_sim_step *step;

	if (is_input && event->result < 0 && event->result != DFUT_ERROR_DEVICE)
		return;
	step = add(writer, event,
		   is_input	  ? DFUT_SIM_STEP_READ :
		   is_on_endpoint ? DFUT_SIM_STEP_WRITE :
				    DFUT_SIM_STEP_CONTROL);
	step->endpoint = is_on_endpoint ? endpoint : 0;
	step->setup = (struct dfut_sim_setup){ event->is_in ? CLASS_IN : CLASS_OUT,
					       event->is_in ? GET_REPORT : SET_REPORT,
					       (uint16_t)((unsigned int)event->type << 8 | event->id), interface,
					       length };
	step->has_id = !is_input && event->id;
	step->id = event->id;
	/* The first byte of those that are not numbered is not on the wire. */
	step->skipped = is_input && event->data.size && event->data.bytes[0] == 0;
	if (step->result >= 0)
		step->result = is_input ? step->result - (int)step->skipped : (int)dfut_sim_step_get_size(step);
}

static void add_line_request(struct writer *writer, const struct dfut_tape_event *event, uint8_t request,
			     uint16_t value)
{
	struct dfut_sim_step *step = add(writer, event, DFUT_SIM_STEP_CONTROL);

	step->is_for_driver = true;
	step->setup = (struct dfut_sim_setup){ CLASS_OUT, request, value, (uint16_t)event->channel,
					       request == SET_LINE_CODING ? 7 : 0 };
	step->result = step->setup.length;
}

static void add_lines(struct writer *writer, const struct dfut_tape_event *event, uint8_t which, uint8_t on)
{
	struct port *port = &writer->ports[(uint8_t)event->channel];
	uint8_t lines = (uint8_t)((port->lines & ~which) | (on & which));

	if (lines == port->lines)
		return;
	port->lines = lines;
	add_line_request(writer, event, SET_CONTROL_LINE_STATE, lines);
}

static void add_line_coding(struct writer *writer, const struct dfut_tape_event *event)
{
	struct dfut_line_coding *coding = &writer->ports[(uint8_t)event->channel].coding;

	if (coding->baud == event->coding.baud && coding->data_bits == event->coding.data_bits &&
	    coding->parity == event->coding.parity && coding->stop_bits == event->coding.stop_bits)
		return;
	*coding = event->coding;
	add_line_request(writer, event, SET_LINE_CODING, 0);
}

static void add_transfer(struct writer *writer, const struct dfut_tape_event *event)
{
	bool is_in = event->kind == DFUT_TAPE_READ;
	bool is_serial = event->link == DFUT_LINK_SERIAL;
	struct dfut_sim_step *step;

	if (event->link == DFUT_LINK_VOLUME) {
		step = add(writer, event, is_in ? DFUT_SIM_STEP_FILE_READ : DFUT_SIM_STEP_FILE_WRITE);
		step->interface = (uint8_t)event->channel;
		step->file = event->file;
		step->offset = event->offset;
		return;
	}
	/* Nothing came: that takes its time by itself. */
	if (is_in && event->result < 0 && event->result != DFUT_ERROR_DEVICE)
		return;
	step = add(writer, event, is_in ? DFUT_SIM_STEP_READ : DFUT_SIM_STEP_WRITE);
	step->endpoint = is_serial ? find_bulk(writer->life, event->channel, is_in) : event->endpoint;
	step->is_stream = is_serial;
}

static void keep_time(struct dfut_sim_script *script, const struct dfut_tape_event *event)
{
	uint64_t *time_us = event->kind == DFUT_TAPE_OPEN ? &script->open_us : &script->reset_us;

	if ((event->kind == DFUT_TAPE_OPEN || event->kind == DFUT_TAPE_RESET) && event->result >= 0 && !*time_us &&
	    event->took_us <= TOOK_LIMIT_US)
		*time_us = event->took_us;
}

static void add_event(struct writer *writer, const struct dfut_tape_event *event)
{
	switch (event->kind) {
	case DFUT_TAPE_CONTROL:
		add_control(writer, event);
		return;
	case DFUT_TAPE_ALTERNATE:
		add(writer, event, DFUT_SIM_STEP_ALTERNATE)->interface = (uint8_t)event->channel;
		writer->script->steps[writer->script->step_count - 1].setting = event->value;
		return;
	case DFUT_TAPE_RESET:
		add(writer, event, DFUT_SIM_STEP_RESET);
		return;
	case DFUT_TAPE_REPORT:
		add_report(writer, event);
		return;
	case DFUT_TAPE_OPEN:
		if (event->link != DFUT_LINK_SERIAL || event->result < 0)
			return;
		writer->ports[(uint8_t)event->channel].lines = 0;
		add_lines(writer, event, 3, 3);
		return;
	case DFUT_TAPE_LINES:
		add_lines(writer, event, event->lines_which, event->lines_on);
		return;
	case DFUT_TAPE_LINE_CODING:
		add_line_coding(writer, event);
		return;
	case DFUT_TAPE_READ:
	case DFUT_TAPE_WRITE:
		add_transfer(writer, event);
		return;
	case DFUT_TAPE_ARRIVES:
	case DFUT_TAPE_CHANGES:
	case DFUT_TAPE_LEAVES:
	case DFUT_TAPE_CLOSE:
	case DFUT_TAPE_RELEASE:
	case DFUT_TAPE_CONFIGURE:
	case DFUT_TAPE_DRIVER:
	case DFUT_TAPE_CLEAR_HALT:
	case DFUT_TAPE_LOG:
	case DFUT_TAPE_PLAN:
	case DFUT_TAPE_STATE:
	case DFUT_TAPE_RESULT:
	case DFUT_TAPE_END:
		return;
	}
}

/* Lives. */

/* A device, and what was done with it since it arrived. */
struct deeds {
	const struct dfut_tape_event *arrival;
	size_t count;
};

static bool count_deeds(struct deeds *deeds, const struct dfut_tape *tape)
{
	struct dfut_index by_device = { 0 };
	bool has_memory = true;
	size_t count = 0;

	for (size_t i = 0; i < tape->count && has_memory; i++) {
		const struct dfut_tape_event *event = &tape->events[i];
		struct deeds *known = dfut_index_find(&by_device, 0, event->device);

		if (known && dfut_tape_is_action(event))
			known->count++;
		if (known || event->kind != DFUT_TAPE_ARRIVES)
			continue;
		deeds[count] = (struct deeds){ event, 1 };
		has_memory = dfut_index_put(&by_device, 0, event->device, &deeds[count++]);
	}
	dfut_index_free(&by_device);
	return has_memory;
}

/* Whose port it is: that of the device that most was done with. NULL without memory. */
static const char *choose_path(const struct dfut_tape *tape)
{
	struct deeds *deeds = calloc(tape->count + 1, sizeof(*deeds));
	const char *chosen = "";
	size_t most = 0;

	if (!deeds || !count_deeds(deeds, tape))
		chosen = NULL;
	for (size_t i = 0; chosen && deeds[i].arrival; i++)
		if (deeds[i].count > most) {
			most = deeds[i].count;
			chosen = dfut_tape_get_text(deeds[i].arrival, "path");
		}
	free(deeds);
	return chosen;
}

static struct dfut_sim_life *find_life(const struct dfut_sim_script *script, uint32_t device)
{
	return dfut_index_find(&script->by_device, 0, device);
}

static int take_device(struct dfut_sim_script *script, const struct dfut_tape_event *event, const char *path)
{
	struct dfut_sim_life *life = find_life(script, event->device);
	int result;

	if (!life && (event->kind != DFUT_TAPE_ARRIVES || strcmp(dfut_tape_get_text(event, "path"), path) != 0))
		return 0;
	if (!life) {
		life = &script->lives[script->life_count++];
		life->arrived_us = event->at_us;
		life->left_us = UINT64_MAX;
		if (!dfut_index_put(&script->by_device, 0, event->device, life))
			return DFUT_ERROR_NO_MEMORY;
	}
	life->event = event;
	result = take_descriptors(life, event);
	return result < 0 ? result : take_strings(life, event);
}

static int take_lives(struct dfut_sim_script *script)
{
	const struct dfut_tape *tape = &script->tape;
	const char *path = choose_path(tape);
	int result = path ? 0 : DFUT_ERROR_NO_MEMORY;

	for (size_t i = 0; i < tape->count && result == 0; i++) {
		const struct dfut_tape_event *event = &tape->events[i];
		struct dfut_sim_life *life = find_life(script, event->device);

		if (event->kind == DFUT_TAPE_ARRIVES || event->kind == DFUT_TAPE_CHANGES)
			result = take_device(script, event, path);
		else if (event->kind == DFUT_TAPE_LEAVES && life)
			life->left_us = event->at_us;
	}
	return result == 0 && script->life_count == 0 ? DFUT_ERROR_USAGE : result;
}

/* The events of each life, in their order: the number of the first one for the life, and of the next one for each; 0 for none. */
struct chains {
	size_t *first;
	size_t *next;
};

static void chain_events(struct chains *chains, const struct dfut_sim_script *script)
{
	for (size_t number = script->tape.count; number > 0; number--) {
		const struct dfut_sim_life *life = find_life(script, script->tape.events[number - 1].device);

		if (!life)
			continue;
		chains->next[number] = chains->first[life - script->lives];
		chains->first[life - script->lives] = number;
	}
}

static void write_lives(struct writer *writer, const struct chains *chains)
{
	struct dfut_sim_script *script = writer->script;

	for (size_t i = 0; i < script->life_count; i++) {
		writer->life = &script->lives[i];
		writer->life->first_step = script->step_count;
		for (size_t j = 0; j < DFUT_COUNT(writer->ports); j++)
			writer->ports[j] = (struct port){ .coding = { BAUD_AT_FIRST, 1, 0, 8 } };
		for (size_t number = chains->first[i]; number; number = chains->next[number]) {
			keep_time(script, &script->tape.events[number - 1]);
			add_event(writer, &script->tape.events[number - 1]);
		}
	}
}

static int take_steps(struct dfut_sim_script *script)
{
	struct writer *writer = calloc(1, sizeof(*writer));
	struct chains chains = { calloc(script->life_count + 1, sizeof(size_t)),
				 calloc(script->tape.count + 1, sizeof(size_t)) };
	bool has_memory = writer && chains.first && chains.next;

	if (has_memory) {
		writer->script = script;
		chain_events(&chains, script);
		write_lives(writer, &chains);
	}
	free(chains.first);
	free(chains.next);
	free(writer);
	return has_memory ? 0 : DFUT_ERROR_NO_MEMORY;
}

int dfut_sim_script_make(struct dfut_sim_script *script)
{
	int result;

	script->lives = calloc(script->tape.count + 1, sizeof(*script->lives));
	script->steps = calloc(script->tape.count + 1, sizeof(*script->steps));
	if (!script->lives || !script->steps)
		return DFUT_ERROR_NO_MEMORY;
	result = take_lives(script);
	return result < 0 ? result : take_steps(script);
}

int dfut_sim_script_load(struct dfut_sim_script *script, struct dfut_sim *sim, const char *path)
{
	int result = dfut_tape_read(&script->tape, path);

	if (result == DFUT_ERROR_USAGE)
		return dfut_sim_fail(sim, result, "%s: line %d: %s", path, script->tape.line, script->tape.mistake);
	if (result == DFUT_ERROR_IO)
		return dfut_sim_fail(sim, result, "%s: %s", path, strerror(errno));
	if (result == 0)
		result = dfut_sim_script_make(script);
	if (result == DFUT_ERROR_USAGE)
		return dfut_sim_fail(sim, result, "%s: there is no device in it whose descriptors can be understood",
				     path);
	return result < 0 ? dfut_sim_fail(sim, result, "out of memory") : 0;
}

void dfut_sim_script_free(struct dfut_sim_script *script)
{
	for (size_t i = 0; i < script->life_count; i++) {
		free(script->lives[i].descriptors);
		free(script->lives[i].strings);
	}
	dfut_index_free(&script->by_device);
	free(script->lives);
	free(script->steps);
	dfut_tape_free(&script->tape);
	*script = (struct dfut_sim_script){ 0 };
}
