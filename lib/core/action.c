/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Actions: what is the same for whatever their kind is. */

#include <stdio.h>
#include <string.h>

#include "base/base.h"
#include "core/action.h"

#define REQUEST_IN 0x80

static const char *get_name(const struct dfut_action *action)
{
	switch (action->kind) {
	case DFUT_ACTION_OPEN:
		return "open";
	case DFUT_ACTION_CLOSE:
		return "close";
	case DFUT_ACTION_RELEASE:
		return "release";
	case DFUT_ACTION_RESET:
		return "reset";
	case DFUT_ACTION_CONFIGURE:
		return "configure";
	case DFUT_ACTION_ALTERNATE:
		return "alternate";
	case DFUT_ACTION_DRIVER:
		return "driver";
	case DFUT_ACTION_CONTROL:
		return "control";
	case DFUT_ACTION_CLEAR_HALT:
		return "clear halt";
	case DFUT_ACTION_REPORT:
		return "report";
	case DFUT_ACTION_LINE_CODING:
		return "line coding";
	case DFUT_ACTION_LINES:
		return "lines";
	case DFUT_ACTION_READ:
		return "read";
	case DFUT_ACTION_WRITE:
		return "write";
	}
	return "?";
}

void dfut_action_describe(const struct dfut_action *action, char *text, size_t size)
{
	struct dfut_action_control of = { 0 };

	switch (action->kind) {
	case DFUT_ACTION_CONTROL:
		of = action->control;
		break;
	case DFUT_ACTION_REPORT:
		of.request_type = action->report.is_in ? REQUEST_IN : 0;
		of.request = (uint8_t)action->report.type;
		of.value = action->report.id;
		of.length = action->report.length;
		break;
	case DFUT_ACTION_LINES:
		of.value = action->lines.on;
		of.index = action->lines.which;
		break;
	case DFUT_ACTION_READ:
	case DFUT_ACTION_WRITE:
		of.request = action->transfer.attributes;
		of.index = action->transfer.endpoint;
		of.length = action->transfer.length;
		break;
	case DFUT_ACTION_ALTERNATE:
		of.value = action->alternate.setting;
		break;
	case DFUT_ACTION_CONFIGURE:
		of.value = action->configure.configuration;
		break;
	case DFUT_ACTION_DRIVER:
		of.request = (uint8_t)action->driver.request;
		of.length = 1;
		break;
	case DFUT_ACTION_CLEAR_HALT:
		of.index = action->clear_halt.endpoint;
		break;
	case DFUT_ACTION_OPEN:
		of.value = action->open.keeps_driver;
		of.length = action->open.length;
		break;
	case DFUT_ACTION_CLOSE:
	case DFUT_ACTION_RELEASE:
	case DFUT_ACTION_RESET:
	case DFUT_ACTION_LINE_CODING:
		break;
	}
	snprintf(text, size, "%s %02x %02x %04x %04x %u", get_name(action), of.request_type, of.request, of.value,
		 of.index, of.length);
}

/* Where an action of this kind says what goes out, and how much is moved; NULL if it moves nothing. */
static const uint8_t **find_data(struct dfut_action *action, uint16_t *length)
{
	*length = 0;
	switch (action->kind) {
	case DFUT_ACTION_CONTROL:
		*length = action->control.length;
		return &action->control.data;
	case DFUT_ACTION_REPORT:
		*length = action->report.length;
		return &action->report.data;
	case DFUT_ACTION_READ:
	case DFUT_ACTION_WRITE:
		*length = action->transfer.length;
		return &action->transfer.data;
	case DFUT_ACTION_OPEN:
		*length = action->open.length;
		return &action->open.data;
	case DFUT_ACTION_CLOSE:
	case DFUT_ACTION_RELEASE:
	case DFUT_ACTION_RESET:
	case DFUT_ACTION_CONFIGURE:
	case DFUT_ACTION_ALTERNATE:
	case DFUT_ACTION_DRIVER:
	case DFUT_ACTION_CLEAR_HALT:
	case DFUT_ACTION_LINE_CODING:
	case DFUT_ACTION_LINES:
		break;
	}
	return NULL;
}

DFUT_API uint16_t dfut_action_get_length(const struct dfut_action *action)
{
	struct dfut_action copy = *action;
	uint16_t length;

	find_data(&copy, &length);
	return length;
}

DFUT_API bool dfut_action_is_in(const struct dfut_action *action)
{
	if (action->kind == DFUT_ACTION_CONTROL)
		return action->control.request_type & REQUEST_IN;
	if (action->kind == DFUT_ACTION_REPORT)
		return action->report.is_in;
	return action->kind == DFUT_ACTION_READ;
}

void dfut_action_move_data(struct dfut_action *action, uint8_t *buffer)
{
	uint16_t length;
	const uint8_t **data = find_data(action, &length);

	if (!data)
		return;
	if (*data && length && !dfut_action_is_in(action))
		memcpy(buffer, *data, length);
	*data = buffer;
}

int dfut_action_get_limit(const struct dfut_action *action)
{
	bool asks = action->kind == DFUT_ACTION_DRIVER && action->driver.request == DFUT_DRIVER_ASK;

	return asks ? 1 : dfut_action_get_length(action);
}
