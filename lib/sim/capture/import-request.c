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

#define HID_CLASS 3
#define HID_BOOT 1
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
static bool is_content(const struct capture_device *device, const struct capture_request *request, int channel)
{
	uint8_t class[3] = { 0 };

	if (request->has_setup && channel >= 0 && capture_device_get_class(device, (unsigned int)channel, class) &&
	    class[0] == DFU_CLASS && class[1] == DFU_SUBCLASS &&
	    ((request->setup[0] == DFU_TO && request->setup[1] == DFU_DNLOAD) ||
	     (request->setup[0] == DFU_FROM && request->setup[1] == DFU_UPLOAD)))
		return request->moved > DFUSE_COMMAND;
	return request->moved > TOLD_SIZE;
}

static void add_hashed(struct import *import, const char *key, const struct capture_request *request, size_t whole)
{
	uint8_t digest[DFUT_DIGEST_MAX_SIZE];

	import_open_member(import, key, '{');
	dfut_line_number(&import->line, "length", whole);
	if (request->size == whole && dfut_digest(digest, DFUT_DIGEST_SHA256, request->data, request->size))
		dfut_line_bytes(&import->line, "sha256", digest, SHA256_SIZE);
	dfut_line_close(&import->line, '}');
}

static void add_data(struct import *import, const struct capture_device *device, const struct capture_request *request,
		     int channel)
{
	const char *key = request->is_in ? "in" : "out";
	size_t whole = request->is_in ? request->moved : request->asked;
	bool is_told = import->flags & DFUT_SIM_IMPORT_DATA || !is_content(device, request, channel);

	if (whole == 0)
		return;
	if (is_told && request->size == whole)
		dfut_line_bytes(&import->line, key, request->data, request->size);
	else
		add_hashed(import, key, request, whole);
}

static void add_result(struct import *import, const struct capture_request *request)
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
		dfut_line_number(&import->line, "result", request->moved);
		return;
	}
	for (size_t i = 0; i < DFUT_COUNT(names); i++)
		if (names[i].status == request->status) {
			dfut_line_text(&import->line, "result", names[i].name);
			return;
		}
	dfut_line_text(&import->line, "result", "io");
}

static void begin(struct import *import, unsigned int number, const struct capture_request *request, const char *event,
		  int channel)
{
	struct dfut_record_line *line = &import->line;

	dfut_line_begin(line);
	dfut_line_number(line, "at", request->at - import->begin);
	if (request->is_answered)
		dfut_line_number(line, "took", request->over - request->at);
	dfut_line_text(line, "event", event);
	dfut_line_number(line, "device", number);
	if (channel >= 0)
		dfut_line_number(line, "channel", (unsigned int)channel);
}

static void finish(struct import *import, const struct capture_request *request)
{
	add_result(import, request);
	import_end_line(import);
}

/* Of what each system asks each device nothing is told; the first configuration is part of the device. */
static void write_standard(struct import *import, const struct capture_device *device, unsigned int number,
			   const struct capture_request *request, int channel)
{
	struct dfut_record_line *line = &import->line;

	if (is_standard(request, SET_CONFIGURATION) && request->setup[2] != device->configuration) {
		begin(import, number, request, "configure", -1);
		dfut_line_number(line, "configuration", request->setup[2]);
	} else if (is_standard(request, SET_INTERFACE)) {
		begin(import, number, request, "alternate", channel);
		dfut_line_number(line, "setting", request->setup[2]);
	} else if (is_standard(request, CLEAR_FEATURE) && request->setup[0] == RECIPIENT_ENDPOINT) {
		begin(import, number, request, "clear_halt", channel);
		dfut_line_number(line, "endpoint", request->setup[4]);
	} else {
		return;
	}
	finish(import, request);
}

/* Keystrokes: what a keyboard or mouse says in any case, and what comes of an interface that was asked nothing. */
static bool is_unasked(const struct import *import, const struct capture_device *device, unsigned int number,
		       int channel)
{
	uint8_t class[3] = { 0 };

	if (channel < 0 || !capture_device_get_class(device, (unsigned int)channel, class) || class[0] != HID_CLASS)
		return false;
	return class[1] == HID_BOOT || channel >= 32 || !(import->spoken_to[number - 1] >> channel & 1);
}

static void write_transfer(struct import *import, const struct capture_device *device, unsigned int number,
			   const struct capture_request *request, int channel, uint8_t attributes)
{
	struct dfut_record_line *line = &import->line;

	if (request->is_in && is_unasked(import, device, number, channel))
		return;
	begin(import, number, request, request->is_in ? "read" : "write", channel);
	dfut_line_number(line, "endpoint", request->endpoint);
	dfut_line_number(line, "attributes", attributes);
	dfut_line_number(line, "length", request->asked);
	add_data(import, device, request, channel);
	finish(import, request);
}

void import_write_request(struct import *import, const struct capture_device *device, unsigned int number,
			  const struct capture_request *request)
{
	uint8_t attributes;
	int channel = get_channel(device, request, &attributes);

	if (!request->is_in && channel >= 0 && channel < 32)
		import->spoken_to[number - 1] |= UINT32_C(1) << channel;
	if (!request->has_setup) {
		write_transfer(import, device, number, request, channel, attributes);
		return;
	}
	if ((request->setup[0] & TYPE_MASK) == TYPE_STANDARD) {
		write_standard(import, device, number, request, channel);
		return;
	}
	begin(import, number, request, "control", channel);
	dfut_line_bytes(&import->line, "setup", request->setup, sizeof(request->setup));
	add_data(import, device, request, channel);
	finish(import, request);
}
