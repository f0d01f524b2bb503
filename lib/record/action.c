/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Actions in a recording: one line for each. */

#include <limits.h>

#include "base/digest.h"
#include "record/record.h"

#define SHA256_SIZE 32
#define XXH64_SIZE 8
#define LONG_SIZE 64
#define SETUP_SIZE 8
#define REQUEST_IN 0x80
#define GET_DESCRIPTOR 6
#define STRING_DESCRIPTOR 3

static const char *const names[] = {
	[DFUT_ACTION_OPEN] = "open",
	[DFUT_ACTION_CLOSE] = "close",
	[DFUT_ACTION_RELEASE] = "release",
	[DFUT_ACTION_RESET] = "reset",
	[DFUT_ACTION_CONFIGURE] = "configure",
	[DFUT_ACTION_ALTERNATE] = "alternate",
	[DFUT_ACTION_DRIVER] = "driver",
	[DFUT_ACTION_CONTROL] = "control",
	[DFUT_ACTION_CLEAR_HALT] = "clear_halt",
	[DFUT_ACTION_REPORT] = "report",
	[DFUT_ACTION_LINE_CODING] = "line_coding",
	[DFUT_ACTION_LINES] = "lines",
	[DFUT_ACTION_READ] = "read",
	[DFUT_ACTION_WRITE] = "write",
};

static const char *const links[] = {
	[DFUT_LINK_USB] = "usb",
	[DFUT_LINK_HID] = "hid",
	[DFUT_LINK_SERIAL] = "serial",
	[DFUT_LINK_VOLUME] = "volume",
};

static void add_control(struct dfut_record_line *line, const struct dfut_action_control *control)
{
	uint8_t setup[SETUP_SIZE] = { control->request_type, control->request };

	dfut_put_le16(setup + 2, control->value);
	dfut_put_le16(setup + 4, control->index);
	dfut_put_le16(setup + 6, control->length);
	dfut_line_bytes(line, "setup", setup, sizeof(setup));
}

static void add_report(struct dfut_record_line *line, const struct dfut_action_report *report)
{
	static const char *const types[] = {
		[DFUT_REPORT_INPUT] = "input", [DFUT_REPORT_OUTPUT] = "output", [DFUT_REPORT_FEATURE] = "feature"
	};

	dfut_line_text(line, "type", types[report->type]);
	dfut_line_number(line, "id", report->id);
	dfut_line_number(line, "length", report->length);
	dfut_line_flag(line, "is_in", report->is_in);
}

static void add_transfer(struct dfut_record_line *line, const struct dfut_action *action)
{
	const struct dfut_action_transfer *transfer = &action->transfer;

	dfut_line_number(line, "length", transfer->length);
	if (action->link == DFUT_LINK_USB) {
		dfut_line_number(line, "endpoint", transfer->endpoint);
		dfut_line_number(line, "attributes", transfer->attributes);
	} else if (action->link == DFUT_LINK_VOLUME) {
		dfut_line_text(line, "file", transfer->file);
		dfut_line_number(line, "offset", transfer->offset);
	}
}

static void add_lines(struct dfut_record_line *line, const struct dfut_action_lines *lines)
{
	if (lines->which & DFUT_LINE_DTR)
		dfut_line_flag(line, "dtr", lines->on & DFUT_LINE_DTR);
	if (lines->which & DFUT_LINE_RTS)
		dfut_line_flag(line, "rts", lines->on & DFUT_LINE_RTS);
}

static void add_line_coding(struct dfut_record_line *line, const struct dfut_line_coding *coding)
{
	dfut_line_number(line, "baud", coding->baud);
	dfut_line_number(line, "data_bits", coding->data_bits);
	dfut_line_number(line, "parity", coding->parity);
	dfut_line_number(line, "stop_bits", coding->stop_bits);
}

static void add_kind(struct dfut_record_line *line, const struct dfut_action *action)
{
	static const char *const requests[] = {
		[DFUT_DRIVER_ASK] = "ask", [DFUT_DRIVER_DETACH] = "detach", [DFUT_DRIVER_ATTACH] = "attach"
	};

	switch (action->kind) {
	case DFUT_ACTION_OPEN:
		dfut_line_flag(line, "keeps_driver", action->open.keeps_driver);
		break;
	case DFUT_ACTION_CONFIGURE:
		dfut_line_number(line, "configuration", action->configure.configuration);
		break;
	case DFUT_ACTION_ALTERNATE:
		dfut_line_number(line, "setting", action->alternate.setting);
		break;
	case DFUT_ACTION_DRIVER:
		dfut_line_text(line, "request", requests[action->driver.request]);
		break;
	case DFUT_ACTION_CONTROL:
		add_control(line, &action->control);
		break;
	case DFUT_ACTION_CLEAR_HALT:
		dfut_line_number(line, "endpoint", action->clear_halt.endpoint);
		break;
	case DFUT_ACTION_REPORT:
		add_report(line, &action->report);
		break;
	case DFUT_ACTION_LINE_CODING:
		add_line_coding(line, &action->line_coding);
		break;
	case DFUT_ACTION_LINES:
		add_lines(line, &action->lines);
		break;
	case DFUT_ACTION_READ:
	case DFUT_ACTION_WRITE:
		add_transfer(line, action);
		break;
	case DFUT_ACTION_CLOSE:
	case DFUT_ACTION_RELEASE:
	case DFUT_ACTION_RESET:
		break;
	}
}

/* Data. */

/* The device's serial number, on its way to a program that asks for it */
static bool is_serial(const struct dfut_recorded_action *recorded)
{
	const struct dfut_action *action = recorded->action;

	return action->kind == DFUT_ACTION_CONTROL && action->control.request == GET_DESCRIPTOR &&
	       (action->control.request_type & REQUEST_IN) && recorded->serial_index &&
	       action->control.value == (STRING_DESCRIPTOR << 8 | recorded->serial_index);
}

/* A short one might be found from a hash that withstands nobody; of a long one that is enough, and costs next to nothing. */
static void add_hash(struct dfut_record_line *line, const uint8_t *data, size_t size)
{
	bool is_long = size >= LONG_SIZE;
	uint8_t digest[DFUT_DIGEST_MAX_SIZE];

	if (dfut_digest(digest, is_long ? DFUT_DIGEST_XXH64 : DFUT_DIGEST_SHA256, data, size))
		dfut_line_bytes(line, is_long ? "xxh64" : "sha256", digest, is_long ? XXH64_SIZE : SHA256_SIZE);
	else
		line->has_failed = true;
}

static void add_hidden(struct dfut_record_line *line, const char *key, const uint8_t *data, size_t size, size_t head)
{
	head = head < size ? head : size;
	dfut_line_key(line, key);
	dfut_line_open(line, '{');
	if (head)
		dfut_line_bytes(line, "head", data, head);
	dfut_line_number(line, "length", (int64_t)(size - head));
	add_hash(line, data + head, size - head);
	dfut_line_close(line, '}');
}

static void add_data(struct dfut_recording *recording, const struct dfut_recorded_action *recorded)
{
	const struct dfut_action *action = recorded->action;
	bool is_in = dfut_action_is_in(action);
	size_t size = !is_in ? dfut_action_get_length(action) : recorded->result > 0 ? (size_t)recorded->result : 0;
	const char *key = is_in ? "in" : "out";

	/* Where a drive is mounted is the person's. */
	if (!size || action->kind == DFUT_ACTION_OPEN || action->kind == DFUT_ACTION_DRIVER)
		return;
	if ((action->has_content || recorded->hides_all) && !(recording->flags & DFUT_RECORD_DATA))
		add_hidden(&recording->line, key, recorded->data, size, recorded->hides_all ? 0 : action->content_at);
	else if (is_serial(recorded) && !(recording->flags & DFUT_RECORD_PLAIN))
		add_hidden(&recording->line, key, recorded->data, size, 2);
	else
		dfut_line_bytes(&recording->line, key, recorded->data, size);
}

static void add_result(struct dfut_record_line *line, int result)
{
	if (result >= 0)
		dfut_line_number(line, "result", result);
	else
		dfut_line_text(line, "result", result == DFUT_RECORDED_NONE ? "none" : dfut_error_get_name(result));
}

void dfut_recording_take_action(struct dfut_recording *recording, const struct dfut_recorded_action *recorded)
{
	const struct dfut_action *action = recorded->action;
	struct dfut_record_line *line = dfut_recording_begin(recording, names[action->kind], recorded->begun_us);

	dfut_line_number(line, "took", (int64_t)(recorded->ended_us - recorded->begun_us));
	dfut_line_number(line, "device", recorded->device);
	dfut_line_text(line, "link", links[action->link]);
	if (action->channel != DFUT_CHANNEL_DEVICE)
		dfut_line_number(line, "channel", action->channel);
	add_kind(line, action);
	add_data(recording, recorded);
	add_result(line, recorded->result);
	dfut_recording_end_soon(recording, recorded->ended_us);
}
