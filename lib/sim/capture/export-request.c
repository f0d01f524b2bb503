/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Actions, as the requests that a system's drivers make of them. */

#include <string.h>

#include "sim/capture/export.h"

#define INTERFACE_DESCRIPTOR 4
#define INTERFACE_SIZE 9
#define ENDPOINT_DESCRIPTOR 5
#define ENDPOINT_SIZE 7
#define BULK 2
#define INTERRUPT 3
#define IN 0x80

/* USB 2.0, 9.4; HID 1.11, 7.2; PSTN 1.2, 6.3 */
#define CLEAR_FEATURE 1
#define SET_CONFIGURATION 9
#define SET_INTERFACE 11
#define TO_INTERFACE 0x21
#define FROM_INTERFACE 0xa1
#define GET_REPORT 1
#define SET_REPORT 9
#define SET_LINE_CODING 0x20
#define SET_CONTROL_LINE_STATE 0x22
#define CODING_SIZE 7

/* An endpoint of an interface as it is at first; 0 if there is none. */
static uint8_t find_endpoint(const struct export_device *device, int interface, uint8_t kind, bool is_in)
{
	const uint8_t *at = device->event->data.bytes;
	const uint8_t *end = at + device->event->data.size;
	bool is_there = false;

	for (; end - at >= 2 && at[0] >= 2 && end - at >= at[0]; at += at[0]) {
		if (at[1] == INTERFACE_DESCRIPTOR && at[0] >= INTERFACE_SIZE)
			is_there = at[2] == interface && at[3] == 0;
		else if (is_there && at[1] == ENDPOINT_DESCRIPTOR && at[0] >= ENDPOINT_SIZE && (at[3] & 3) == kind &&
			 !(at[2] & IN) != is_in)
			return at[2];
	}
	return 0;
}

/* Data that have another byte in front on the wire, or lack their first one there. */
static void add_data(struct export *export, struct capture_request *request, const struct dfut_tape_data *data,
		     const uint8_t *front, size_t skipped)
{
	size_t added = front ? 1 : 0;
	uint8_t *bytes;

	skipped = skipped < data->size ? skipped : data->size;
	request->size = data->hidden ? 0 : data->size - skipped + added;
	request->data = data->size ? data->bytes + skipped : NULL;
	if (!request->is_in)
		request->asked = (uint32_t)(dfut_tape_get_size(data) - skipped + added);
	if (request->is_in && request->status == CAPTURE_STATUS_OK)
		request->moved = (uint32_t)(dfut_tape_get_size(data) - skipped + added);
	if (!request->size || !front)
		return;
	bytes = export_new_bytes(export, request->size);
	if (!bytes)
		return;
	bytes[0] = *front;
	if (data->size > skipped)
		memcpy(bytes + 1, request->data, data->size - skipped);
	request->data = bytes;
}

static void set_setup(struct capture_request *request, uint8_t type, uint8_t code, unsigned int value,
		      unsigned int index, size_t length)
{
	request->kind = CAPTURE_CONTROL;
	request->has_setup = true;
	request->is_in = type & IN;
	request->setup[0] = type;
	request->setup[1] = code;
	dfut_put_le16(request->setup + 2, (uint16_t)value);
	dfut_put_le16(request->setup + 4, (uint16_t)index);
	dfut_put_le16(request->setup + 6, (uint16_t)length);
	request->asked = (uint32_t)length;
}

static void set_endpoint(struct capture_request *request, uint8_t endpoint, uint8_t kind, size_t length)
{
	request->kind = kind == INTERRUPT ? CAPTURE_INTERRUPT : CAPTURE_BULK;
	request->endpoint = endpoint;
	request->is_in = endpoint & IN;
	request->asked = (uint32_t)length;
}

static void set_report(struct export *export, struct capture_request *request, const struct export_device *device,
		       const struct dfut_tape_event *event)
{
	uint8_t endpoint = find_endpoint(device, event->channel, INTERRUPT, event->is_in);
	const uint8_t *front = event->id ? &event->id : NULL;
	size_t length = event->is_in ? event->length : dfut_tape_get_size(&event->data);
	bool is_input = event->type == DFUT_REPORT_INPUT;
	size_t skipped = is_input && event->data.size && event->data.bytes[0] == 0;

	if (is_input || (event->type == DFUT_REPORT_OUTPUT && endpoint))
		set_endpoint(request, endpoint, INTERRUPT, is_input ? length - (length ? skipped : 0) : 0);
	else
		set_setup(request, event->is_in ? FROM_INTERFACE : TO_INTERFACE, event->is_in ? GET_REPORT : SET_REPORT,
			  (unsigned int)event->type << 8 | event->id, (unsigned int)event->channel,
			  length + (front ? 1 : 0));
	add_data(export, request, &event->data, is_input ? NULL : front, skipped);
}

static void set_coding(struct export *export, struct capture_request *request, const struct dfut_tape_event *event)
{
	uint8_t *bytes = export_new_bytes(export, CODING_SIZE);

	set_setup(request, TO_INTERFACE, SET_LINE_CODING, 0, (unsigned int)event->channel, CODING_SIZE);
	if (!bytes)
		return;
	dfut_put_le32(bytes, event->coding.baud);
	bytes[4] = event->coding.stop_bits == 2 ? 2 : 0;
	bytes[5] = event->coding.parity;
	bytes[6] = event->coding.data_bits;
	request->data = bytes;
	request->size = CODING_SIZE;
}

static void set_transfer(struct export *export, struct capture_request *request, const struct export_device *device,
			 const struct dfut_tape_event *event)
{
	uint8_t kind = BULK;
	uint8_t endpoint = event->endpoint;

	if (event->link == DFUT_LINK_SERIAL) {
		endpoint = find_endpoint(device, event->channel, BULK, event->is_in);
		if (!endpoint)
			endpoint = find_endpoint(device, event->channel + 1, BULK, event->is_in);
	} else if (find_endpoint(device, event->channel, INTERRUPT, event->is_in) == endpoint) {
		kind = INTERRUPT;
	}
	set_endpoint(request, endpoint, kind, event->length);
	add_data(export, request, &event->data, NULL, 0);
}

/* False: no bus sees it. */
static bool set_kind(struct export *export, struct capture_request *request, const struct export_device *device,
		     const struct dfut_tape_event *event)
{
	unsigned int channel = event->channel < 0 ? 0 : (unsigned int)event->channel;

	switch (event->kind) {
	case DFUT_TAPE_CONTROL:
		set_setup(request, event->setup[0], event->setup[1], dfut_le16(event->setup + 2),
			  dfut_le16(event->setup + 4), dfut_le16(event->setup + 6));
		add_data(export, request, &event->data, NULL, 0);
		return true;
	case DFUT_TAPE_CONFIGURE:
		set_setup(request, 0, SET_CONFIGURATION, event->value, 0, 0);
		return true;
	case DFUT_TAPE_ALTERNATE:
		set_setup(request, 1, SET_INTERFACE, event->value, channel, 0);
		return true;
	case DFUT_TAPE_CLEAR_HALT:
		set_setup(request, 2, CLEAR_FEATURE, 0, event->endpoint, 0);
		return true;
	case DFUT_TAPE_REPORT:
		set_report(export, request, device, event);
		return true;
	case DFUT_TAPE_LINE_CODING:
		set_coding(export, request, event);
		return true;
	case DFUT_TAPE_LINES:
		set_setup(request, TO_INTERFACE, SET_CONTROL_LINE_STATE, event->lines_on, channel, 0);
		return true;
	case DFUT_TAPE_READ:
	case DFUT_TAPE_WRITE:
		if (event->link == DFUT_LINK_VOLUME)
			return false;
		set_transfer(export, request, device, event);
		return true;
	case DFUT_TAPE_ARRIVES:
	case DFUT_TAPE_CHANGES:
	case DFUT_TAPE_LEAVES:
	case DFUT_TAPE_OPEN:
	case DFUT_TAPE_CLOSE:
	case DFUT_TAPE_RELEASE:
	case DFUT_TAPE_RESET:
	case DFUT_TAPE_DRIVER:
	case DFUT_TAPE_LOG:
	case DFUT_TAPE_PLAN:
	case DFUT_TAPE_STATE:
	case DFUT_TAPE_RESULT:
	case DFUT_TAPE_END:
		break;
	}
	return false;
}

static int get_status(int result)
{
	switch (result) {
	case DFUT_TAPE_NONE:
		return CAPTURE_STATUS_UNLINKED;
	case DFUT_ERROR_DEVICE:
		return CAPTURE_STATUS_STALL;
	case DFUT_ERROR_GONE:
		return CAPTURE_STATUS_NO_DEVICE;
	case DFUT_ERROR_TIMEOUT:
		return CAPTURE_STATUS_TIMEOUT;
	default:
		return result < 0 ? CAPTURE_STATUS_PROTOCOL : CAPTURE_STATUS_OK;
	}
}

void export_add_action(struct export *export, const struct export_device *device, const struct dfut_tape_event *event)
{
	struct capture_request request = { .at = event->at_us,
					   .over = event->at_us + event->took_us,
					   .bus = device->bus,
					   .address = device->address,
					   .is_answered = event->result != DFUT_TAPE_NONE || event->took_us,
					   .status = get_status(event->result) };

	if (!set_kind(export, &request, device, event))
		return;
	if (!request.is_in && request.status == CAPTURE_STATUS_OK)
		request.moved = request.asked;
	export_add(export, &request);
}
