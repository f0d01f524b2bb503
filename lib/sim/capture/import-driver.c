/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Requests that a driver made: of bytes and lines of a serial port (USB CDC 1.2, PSTN 1.2: cdc-acm), and of HID reports (HID 1.11:
 * usbhid). A session file has what the program had asked the driver for, as a recording of our own has.
 */

#include "sim/capture/import.h"

/* HID 1.11, 7.2 */
#define HID_CLASS 3
#define HID_BOOT 1
#define TO_INTERFACE 0x21
#define FROM_INTERFACE 0xa1
#define GET_REPORT 1
#define SET_REPORT 9
#define SET_IDLE 10
#define REPORT_INPUT 1
#define REPORT_OUTPUT 2
#define REPORT_FEATURE 3

/* PSTN 1.2, 6.3 */
#define SET_LINE_CODING 0x20
#define SET_CONTROL_LINE_STATE 0x22
#define CODING_SIZE 7

static bool is_request(const struct capture_request *request, uint8_t type, uint8_t code)
{
	return request->has_setup && request->setup[0] == type && request->setup[1] == code;
}

/* Nothing came, or nobody waited for it any more: a driver asks again and again, and tells no program. */
static bool is_silent(const struct capture_request *request)
{
	return request->is_in && !request->has_setup &&
	       (!request->is_answered || request->status != CAPTURE_STATUS_OK || request->moved == 0);
}

static bool has_spoken(const struct import *import, const struct import_action *action)
{
	return action->channel < 32 && import->spoken_to[action->number - 1] >> action->channel & 1;
}

static void speak(struct import *import, const struct import_action *action)
{
	if (!action->request->is_in && action->channel < 32)
		import->spoken_to[action->number - 1] |= UINT32_C(1) << action->channel;
}

/* Serial ports. */

static void write_coding(struct import *import, const struct import_action *action)
{
	struct dfut_record_line *line = &import->line;
	const uint8_t *coding = action->request->data;

	import_begin_action(import, action, "line_coding");
	dfut_line_text(line, "link", "serial");
	dfut_line_number(line, "baud", dfut_le32(coding));
	dfut_line_number(line, "data_bits", coding[6]);
	dfut_line_number(line, "parity", coding[5]);
	dfut_line_number(line, "stop_bits", coding[4] == 2 ? 2 : 1);
	import_end_action(import, action, 0);
}

/* What a session file has no words for stays a request: a stop bit and a half, other parities. */
static bool is_coding(const struct capture_request *request)
{
	const uint8_t *coding = request->data;

	return is_request(request, TO_INTERFACE, SET_LINE_CODING) && request->size == CODING_SIZE &&
	       (coding[4] == 0 || coding[4] == 2) && coding[5] <= 4 && coding[6] <= 16;
}

static void write_lines(struct import *import, const struct import_action *action)
{
	struct dfut_record_line *line = &import->line;

	import_begin_action(import, action, "lines");
	dfut_line_text(line, "link", "serial");
	dfut_line_flag(line, "dtr", action->request->setup[2] & 1);
	dfut_line_flag(line, "rts", action->request->setup[2] & 2);
	import_end_action(import, action, 0);
}

static void write_bytes(struct import *import, const struct import_action *action)
{
	const struct capture_request *request = action->request;

	if (is_silent(request))
		return;
	import_begin_action(import, action, request->is_in ? "read" : "write");
	dfut_line_text(&import->line, "link", "serial");
	dfut_line_number(&import->line, "length", request->asked);
	import_add_part(import, action, NULL, 0, 0, !request->is_in || has_spoken(import, action));
	import_end_action(import, action, request->moved);
}

static bool write_serial(struct import *import, const struct import_action *action)
{
	const struct capture_request *request = action->request;
	int port = action->channel < 0 ? -1 : capture_device_find_port(action->device, (unsigned int)action->channel);
	struct import_action own = *action;

	if (port < 0)
		return false;
	own.channel = port;
	if (request->kind == CAPTURE_BULK) {
		write_bytes(import, &own);
		speak(import, &own);
	} else if (is_coding(request)) {
		write_coding(import, &own);
	} else if (is_request(request, TO_INTERFACE, SET_CONTROL_LINE_STATE)) {
		write_lines(import, &own);
	} else {
		/* Notifications are the driver's. */
		return request->kind == CAPTURE_INTERRUPT;
	}
	return true;
}

/* HID. */

static void begin_report(struct import *import, const struct import_action *action, const char *type, uint8_t id,
			 size_t length)
{
	struct dfut_record_line *line = &import->line;

	import_begin_action(import, action, "report");
	dfut_line_text(line, "link", "hid");
	dfut_line_text(line, "type", type);
	dfut_line_number(line, "id", id);
	dfut_line_number(line, "length", (int64_t)length);
	dfut_line_flag(line, "is_in", action->request->is_in);
}

/* Keystrokes: what a keyboard or mouse says in any case, and what comes of an interface that was asked nothing. */
static bool is_unasked(const struct import *import, const struct import_action *action, const uint8_t class[3])
{
	return class[1] == HID_BOOT || !has_spoken(import, action);
}

/* The first byte is the report's id, 0 if it has none. */
static void write_input(struct import *import, const struct import_action *action, bool is_numbered)
{
	static const uint8_t none;
	const struct capture_request *request = action->request;
	uint32_t added = is_numbered ? 0 : 1;

	begin_report(import, action, "input", 0, request->asked + added);
	import_add_part(import, action, &none, added, 0, true);
	import_end_action(import, action, request->moved + added);
}

/* On the wire the id stands in front of a report that has one. False: that is not so here. */
static bool write_report(struct import *import, const struct import_action *action, unsigned int type, uint8_t id)
{
	static const char *const types[] = { [REPORT_OUTPUT] = "output", [REPORT_FEATURE] = "feature" };
	const struct capture_request *request = action->request;
	size_t skipped = id ? 1 : 0;
	bool is_in = request->is_in;

	if ((is_in ? request->moved : request->asked) > 0 && id && (!request->size || request->data[0] != id))
		return false;
	if (request->asked < skipped)
		return false;
	begin_report(import, action, types[type], id, request->asked - skipped);
	import_add_part(import, action, NULL, 0, skipped, true);
	import_end_action(import, action, is_in && request->moved >= skipped ? request->moved - (uint32_t)skipped : 0);
	return true;
}

/* What hidraw would send otherwise stays a request: an output report beside an endpoint for those, a reading of input reports. */
static bool write_report_request(struct import *import, const struct import_action *action)
{
	const struct capture_request *request = action->request;
	unsigned int type = request->setup[3];
	bool is_output = type == REPORT_OUTPUT && !request->is_in &&
			 !capture_device_has_interrupt(action->device, (unsigned int)action->channel, false);

	if (!is_request(request, TO_INTERFACE, SET_REPORT) && !is_request(request, FROM_INTERFACE, GET_REPORT))
		return false;
	return (is_output || type == REPORT_FEATURE) && write_report(import, action, type, request->setup[2]);
}

static bool write_hid(struct import *import, const struct import_action *action)
{
	const struct capture_request *request = action->request;
	uint8_t class[3] = { 0 };
	int numbered;

	if (action->channel < 0 || !capture_device_get_class(action->device, (unsigned int)action->channel, class) ||
	    class[0] != HID_CLASS)
		return false;
	/* How often a device repeats itself, a driver says to each when it meets it. */
	if (is_request(request, TO_INTERFACE, SET_IDLE) || is_silent(request))
		return true;
	speak(import, action);
	if (request->is_in && !request->has_setup && is_unasked(import, action, class))
		return true;
	numbered = capture_device_is_numbered(action->device, (unsigned int)action->channel);
	if (request->has_setup)
		return write_report_request(import, action);
	if (numbered < 0)
		return false;
	if (!request->is_in)
		return write_report(import, action, REPORT_OUTPUT, numbered && request->size ? request->data[0] : 0);
	write_input(import, action, numbered == 1);
	return true;
}

bool import_write_driven(struct import *import, const struct import_action *action)
{
	return write_serial(import, action) || write_hid(import, action);
}
