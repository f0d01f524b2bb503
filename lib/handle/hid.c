/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Handles: HID reports. */

#include <stdlib.h>
#include <string.h>

#include "handle/handle.h"

/* Which input report comes is the device's choice. */
static bool find_report(struct dfut_target *target, const struct dfut_device *device, int interface,
			enum dfut_report_type type, uint8_t id)
{
	struct dfut_report report = { .type = type, .id = id };
	unsigned int last = type == DFUT_REPORT_INPUT ? 255 : id;

	for (unsigned int at = id; at <= last; at++) {
		report.id = (uint8_t)at;
		if (dfut_target_find_report(target, device, interface, &report))
			return true;
	}
	return false;
}

static int open_report(struct dfut_handle *handle, int interface, enum dfut_report_type type, uint8_t id,
		       struct dfut_action *action)
{
	struct dfut_target target;
	struct dfut_device *device = dfut_handle_find_present(handle);

	if (interface < -1 || interface > 254)
		return dfut_fail(&handle->context->failure, DFUT_ERROR_USAGE, "there is no interface %d", interface);
	if (!find_report(&target, device ? device : handle->device, interface, type, id))
		return dfut_fail(&handle->context->failure, DFUT_ERROR_NOT_FOUND, "no HID interface has such a report");
	action->kind = DFUT_ACTION_REPORT;
	action->link = DFUT_LINK_HID;
	action->channel = target.interface;
	action->report.type = type;
	action->report.id = id;
	return dfut_handle_need_open(handle, DFUT_LINK_HID, target.interface);
}

DFUT_API int dfut_handle_send_report(struct dfut_handle *handle, int interface, enum dfut_report_type type, uint8_t id,
				     const void *data, uint16_t length, unsigned int timeout_ms)
{
	struct dfut_action action = { .report = { .length = length, .data = data },
				      .timeout_ms = dfut_handle_limit_call(handle, timeout_ms) };
	int result = dfut_handle_check_data(handle, data, length);

	if (type != DFUT_REPORT_FEATURE && type != DFUT_REPORT_OUTPUT)
		return dfut_fail(&handle->context->failure, DFUT_ERROR_USAGE,
				 "only feature and output reports can be sent");
	if (result == 0)
		result = open_report(handle, interface, type, id, &action);
	if (result == 0)
		result = dfut_handle_perform(handle, &action, NULL);
	return result < 0 ? result : 0;
}

DFUT_API int dfut_handle_get_feature_report(struct dfut_handle *handle, int interface, uint8_t id, void *data,
					    uint16_t length, unsigned int timeout_ms)
{
	struct dfut_action action = { .report = { .is_in = true, .length = length },
				      .timeout_ms = dfut_handle_limit_call(handle, timeout_ms) };
	int result = dfut_handle_check_data(handle, data, length);

	if (result == 0)
		result = open_report(handle, interface, DFUT_REPORT_FEATURE, id, &action);
	return result < 0 ? result : dfut_handle_perform(handle, &action, data);
}

/* The report's id comes in front of its data. */
DFUT_API int dfut_handle_read_report(struct dfut_handle *handle, int interface, uint8_t *id, void *data,
				     uint16_t length, unsigned int timeout_ms)
{
	struct dfut_action action = { .report = { .is_in = true },
				      .timeout_ms = dfut_handle_limit_call(handle, timeout_ms) };
	int result = dfut_handle_check_data(handle, data, length);
	uint8_t *room;

	if (result < 0)
		return result;
	action.report.length = length < UINT16_MAX ? (uint16_t)(length + 1) : UINT16_MAX;
	room = malloc(action.report.length);
	if (!room)
		return dfut_fail_memory(&handle->context->failure);
	result = open_report(handle, interface, DFUT_REPORT_INPUT, 0, &action);
	if (result == 0)
		result = dfut_handle_perform(handle, &action, room);
	if (result > 0 && id)
		*id = room[0];
	if (result > 1)
		memcpy(data, room + 1, (size_t)result - 1);
	free(room);
	return result > 0 ? result - 1 : result;
}
