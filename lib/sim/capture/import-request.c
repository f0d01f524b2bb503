/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Requests of a capture, as a session file tells them. */

#include "base/digest.h"
#include "sim/capture/import.h"

/* USB 2.0, 9.4 */
#define TYPE_MASK 0x60
#define TYPE_STANDARD 0x00
#define RECIPIENT_MASK 0x1f
#define RECIPIENT_INTERFACE 1
#define RECIPIENT_ENDPOINT 2
#define CLEAR_FEATURE 1
#define SET_CONFIGURATION 9
#define SET_INTERFACE 11

/* DFU 1.1, table 3.2; what fits into a command of DfuSe, or its answer, is told */
#define DFU_CLASS 0xfe
#define DFU_SUBCLASS 1
#define DFU_TO 0x21
#define DFU_FROM 0xa1
#define DFU_DNLOAD 1
#define DFU_UPLOAD 2
#define DFUSE_COMMAND 5

/* Of a protocol that nobody knows, what is longer may be a memory's. */
#define TOLD_SIZE 64
#define SHA256_SIZE 32

static bool is_standard(const struct capture_request *request, uint8_t code)
{
	return request->has_setup && (request->setup[0] & TYPE_MASK) == TYPE_STANDARD && request->setup[1] == code;
}

static int get_channel(const struct capture_device *device, const struct capture_request *request, uint8_t *attributes)
{
	*attributes = request->kind == CAPTURE_INTERRUPT ? 3 : 2;
	if (!request->has_setup)
		return capture_device_find_interface(device, request->endpoint, attributes);
	if ((request->setup[0] & RECIPIENT_MASK) == RECIPIENT_INTERFACE)
		return request->setup[4];
	if ((request->setup[0] & RECIPIENT_MASK) == RECIPIENT_ENDPOINT)
		return capture_device_find_interface(device, request->setup[4], attributes);
	return -1;
}

/* Whether it moves what a memory holds. */
static bool is_content(const struct import_action *action)
{
	const struct capture_request *request = action->request;
	uint8_t class[3] = { 0 };

	if (request->has_setup && action->channel >= 0 &&
	    capture_device_get_class(action->device, (unsigned int)action->channel, class) && class[0] == DFU_CLASS &&
	    class[1] == DFU_SUBCLASS &&
	    ((request->setup[0] == DFU_TO && request->setup[1] == DFU_DNLOAD) ||
	     (request->setup[0] == DFU_FROM && request->setup[1] == DFU_UPLOAD)))
		return request->moved > DFUSE_COMMAND;
	return request->moved > TOLD_SIZE;
}

static void add_hashed(struct import *import, const char *key, const uint8_t *head, size_t head_size,
		       const uint8_t *data, size_t size, size_t whole)
{
	uint8_t digest[DFUT_DIGEST_MAX_SIZE];

	import_open_member(import, key, '{');
	if (head_size)
		dfut_line_bytes(&import->line, "head", head, head_size);
	dfut_line_number(&import->line, "length", (int64_t)whole);
	if (size == whole && dfut_digest(digest, DFUT_DIGEST_SHA256, data, size))
		dfut_line_bytes(&import->line, "sha256", digest, SHA256_SIZE);
	dfut_line_close(&import->line, '}');
}

static size_t get_whole(const struct capture_request *request)
{
	return request->is_in ? request->moved : request->asked;
}

void import_add_part(struct import *import, const struct import_action *action, const uint8_t *head, size_t head_size,
		     size_t skipped, bool is_told)
{
	const struct capture_request *request = action->request;
	const char *key = request->is_in ? "in" : "out";
	size_t whole = get_whole(request);
	size_t size = request->size;
	const uint8_t *data = request->data;

	skipped = skipped < whole ? skipped : whole;
	whole -= skipped;
	data = size > skipped ? data + skipped : NULL;
	size = size > skipped ? size - skipped : 0;
	if (whole + head_size == 0)
		return;
	is_told = import->flags & DFUT_SIM_IMPORT_DATA || (is_told && !is_content(action));
	if (!is_told || size != whole) {
		add_hashed(import, key, head, head_size, data, size, whole);
		return;
	}
	import_open_member(import, key, '"');
	dfut_line_digits(&import->line, head, head_size);
	dfut_line_digits(&import->line, data, size);
	dfut_line_close(&import->line, '"');
}

void import_add_data(struct import *import, const struct import_action *action)
{
	import_add_part(import, action, NULL, 0, 0, true);
}

static void add_result(struct import *import, const struct capture_request *request, uint32_t moved)
{
	static const struct {
		int status;
		const char *name;
	} names[] = {
		{ CAPTURE_STATUS_STALL, "device" },  { CAPTURE_STATUS_NO_DEVICE, "gone" },
		{ CAPTURE_STATUS_SHUTDOWN, "gone" }, { CAPTURE_STATUS_TIMEOUT, "timeout" },
		{ CAPTURE_STATUS_UNLINKED, "none" }, { CAPTURE_STATUS_RESET, "none" },
	};

	if (!request->is_answered) {
		dfut_line_text(&import->line, "result", "none");
		return;
	}
	if (request->status == CAPTURE_STATUS_OK) {
		dfut_line_number(&import->line, "result", moved);
		return;
	}
	for (size_t i = 0; i < DFUT_COUNT(names); i++)
		if (names[i].status == request->status) {
			dfut_line_text(&import->line, "result", names[i].name);
			return;
		}
	dfut_line_text(&import->line, "result", "io");
}

void import_begin_action(struct import *import, const struct import_action *action, const char *event)
{
	struct dfut_record_line *line = &import->line;

	dfut_line_begin(line);
	dfut_line_number(line, "at", (int64_t)(action->request->at - import->begin));
	if (action->request->is_answered)
		dfut_line_number(line, "took", (int64_t)(action->request->over - action->request->at));
	dfut_line_text(line, "event", event);
	dfut_line_number(line, "device", action->number);
	if (action->channel >= 0)
		dfut_line_number(line, "channel", action->channel);
}

void import_end_action(struct import *import, const struct import_action *action, uint32_t moved)
{
	add_result(import, action->request, moved);
	import_end_line(import);
}

/* Of what each system asks each device nothing is told; the first configuration is part of the device. */
static void write_standard(struct import *import, const struct import_action *action)
{
	const struct capture_request *request = action->request;
	struct import_action whole = *action;

	if (is_standard(request, SET_CONFIGURATION) && request->setup[2] != action->device->configuration) {
		whole.channel = -1;
		import_begin_action(import, &whole, "configure");
		dfut_line_number(&import->line, "configuration", request->setup[2]);
	} else if (is_standard(request, SET_INTERFACE)) {
		import_begin_action(import, action, "alternate");
		dfut_line_number(&import->line, "setting", request->setup[2]);
	} else if (is_standard(request, CLEAR_FEATURE) && request->setup[0] == RECIPIENT_ENDPOINT) {
		import_begin_action(import, action, "clear_halt");
		dfut_line_number(&import->line, "endpoint", request->setup[4]);
	} else {
		return;
	}
	import_end_action(import, action, request->moved);
}

static void write_transfer(struct import *import, const struct import_action *action, uint8_t attributes)
{
	const struct capture_request *request = action->request;

	import_begin_action(import, action, request->is_in ? "read" : "write");
	dfut_line_number(&import->line, "endpoint", request->endpoint);
	dfut_line_number(&import->line, "attributes", attributes);
	dfut_line_number(&import->line, "length", request->asked);
	import_add_data(import, action);
	import_end_action(import, action, request->moved);
}

static void write_control(struct import *import, const struct import_action *action)
{
	import_begin_action(import, action, "control");
	dfut_line_bytes(&import->line, "setup", action->request->setup, sizeof(action->request->setup));
	import_add_data(import, action);
	import_end_action(import, action, action->request->moved);
}

void import_write_request(struct import *import, const struct capture_device *device, unsigned int number,
			  const struct capture_request *request)
{
	uint8_t attributes;
	struct import_action action = { device, number, request, get_channel(device, request, &attributes) };

	if (request->has_setup && (request->setup[0] & TYPE_MASK) == TYPE_STANDARD)
		write_standard(import, &action);
	else if (import_write_driven(import, &action))
		return;
	else if (request->has_setup)
		write_control(import, &action);
	else
		write_transfer(import, &action, attributes);
}
