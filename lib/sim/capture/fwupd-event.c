/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Requests in fwupd's emulation: an id that says what was asked, and what came of it. */

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "sim/capture/fwupd.h"
#include "sim/capture/meeting.h"
#include "sim/sim.h"

/* libusb's errors */
#define ERROR_IO (-1)
#define ERROR_NO_DEVICE (-4)
#define ERROR_TIMEOUT (-7)
#define ERROR_PIPE (-9)
#define IN 0x80
#define STRING_LIMIT 255

static int get_value(char letter)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *found = letter ? strchr(digits, letter) : NULL;

	return found ? (int)(found - digits) : -1;
}

uint8_t *fwupd_decode(const char *text, size_t length, size_t *size)
{
	uint8_t *bytes = malloc(length / 4 * 3 + 3);
	uint32_t bits = 0;
	unsigned int count = 0;

	*size = 0;
	for (size_t i = 0; bytes && i < length; i++) {
		int value = get_value(text[i]);

		if (value < 0)
			break;
		bits = bits << 6 | (uint32_t)value;
		count += 6;
		if (count < 8)
			continue;
		count -= 8;
		bytes[(*size)++] = (uint8_t)(bits >> count);
	}
	return bytes;
}

/* "Value=0x0001" within an id; 0 if it is not there. */
static unsigned long get_number(const char *id, const char *key)
{
	const char *found = strstr(id, key);

	return found ? strtoul(found + strlen(key), NULL, 16) : 0;
}

static int get_status(const struct dfut_json *event)
{
	const struct dfut_json *error = dfut_json_get(event, "Error");

	if (!dfut_json_is(error, DFUT_JSON_INTEGER))
		return dfut_json_get(event, "Status") ? CAPTURE_STATUS_PROTOCOL : CAPTURE_STATUS_OK;
	switch (error->number) {
	case ERROR_PIPE:
		return CAPTURE_STATUS_STALL;
	case ERROR_NO_DEVICE:
		return CAPTURE_STATUS_NO_DEVICE;
	case ERROR_TIMEOUT:
		return CAPTURE_STATUS_TIMEOUT;
	case ERROR_IO:
	default:
		return CAPTURE_STATUS_PROTOCOL;
	}
}

/* What went out is in the id; what came in beside it. */
static uint8_t *take_data(const struct dfut_json *event, const char *id, bool is_in, size_t *size)
{
	const char *out = strstr(id, "Data=");
	const char *in = dfut_json_get_text(dfut_json_get(event, "Data"));

	if (is_in)
		return fwupd_decode(in ? in : "", in ? strlen(in) : 0, size);
	out = out ? out + strlen("Data=") : "";
	return fwupd_decode(out, strcspn(out, ","), size);
}

static bool tell(struct meeting *meeting, struct capture_request *request, const struct dfut_json *event,
		 const char *id)
{
	size_t size = 0;
	uint8_t *data = take_data(event, id, request->is_in, &size);

	if (!data) {
		meeting->result = DFUT_ERROR_NO_MEMORY;
		return true;
	}
	request->at = request->over = meeting->at;
	request->bus = meeting->bus;
	request->address = meeting->address;
	request->is_answered = true;
	request->status = get_status(event);
	request->size = size < request->asked ? size : request->asked;
	request->moved = request->status == CAPTURE_STATUS_OK ? (uint32_t)request->size : 0;
	if (request->is_in && request->status != CAPTURE_STATUS_OK)
		request->size = 0;
	request->data = data;
	if (meeting->result == 0)
		meeting->result = meeting->visitor(meeting->data, request);
	free(data);
	return true;
}

static bool tell_control(struct meeting *meeting, const struct dfut_json *event, const char *id)
{
	/* fwupd's direction 0 is from the device. */
	struct capture_request request = { .kind = CAPTURE_CONTROL,
					   .has_setup = true,
					   .is_in = get_number(id, "Direction=") == 0,
					   .asked = (uint32_t)get_number(id, "Length=") & UINT16_MAX };

	request.setup[0] = (uint8_t)((request.is_in ? IN : 0) | (get_number(id, "RequestType=") & 3) << 5 |
				     (get_number(id, "Recipient=") & 0x1f));
	request.setup[1] = (uint8_t)get_number(id, ",Request=");
	dfut_put_le16(request.setup + 2, (uint16_t)get_number(id, "Value="));
	dfut_put_le16(request.setup + 4, (uint16_t)get_number(id, "Idx="));
	dfut_put_le16(request.setup + 6, (uint16_t)request.asked);
	return tell(meeting, &request, event, id);
}

static bool tell_transfer(struct meeting *meeting, const struct dfut_json *event, const char *id,
			  enum capture_kind kind)
{
	struct capture_request request = { .kind = kind,
					   .endpoint = (uint8_t)get_number(id, "Endpoint="),
					   .asked = (uint32_t)get_number(id, "Length=") };

	request.is_in = request.endpoint & IN;
	return tell(meeting, &request, event, id);
}

/* Its answer is the text, decoded. */
static bool tell_string(struct meeting *meeting, const struct dfut_json *event, const char *id)
{
	const char *text = dfut_json_get_text(dfut_json_get(event, "Data"));
	uint8_t descriptor[DFUT_SIM_STRING_ROOM];
	size_t size = 0;
	uint8_t *bytes = fwupd_decode(text ? text : "", text ? strlen(text) : 0, &size);
	char name[STRING_LIMIT + 1] = "";

	if (!bytes) {
		meeting->result = DFUT_ERROR_NO_MEMORY;
		return true;
	}
	memcpy(name, bytes, size < STRING_LIMIT ? size : STRING_LIMIT);
	free(bytes);
	if (*name)
		meeting_ask_descriptor(meeting, 0, (uint16_t)(0x300 | (get_number(id, "DescIndex=") & 0xff)), 0x0409,
				       descriptor, dfut_sim_make_string(descriptor, name));
	return true;
}

bool fwupd_tell_event(struct meeting *meeting, const struct dfut_json *event)
{
	const char *id = dfut_json_get_text(dfut_json_get(event, "Id"));

	if (!id)
		return false;
	if (strncmp(id, "ControlTransfer:", 16) == 0)
		return tell_control(meeting, event, id);
	if (strncmp(id, "BulkTransfer:", 13) == 0)
		return tell_transfer(meeting, event, id, CAPTURE_BULK);
	if (strncmp(id, "InterruptTransfer:", 18) == 0)
		return tell_transfer(meeting, event, id, CAPTURE_INTERRUPT);
	if (strncmp(id, "GetStringDescriptor:", 20) == 0)
		return tell_string(meeting, event, id);
	/* What fwupd looks up in descriptors is no request. */
	return *id != '#';
}
