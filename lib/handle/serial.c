/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Handles: serial ports. */

#include <stdlib.h>
#include <string.h>

#include "handle/handle.h"

static int open_serial(struct dfut_handle *handle, int interface, struct dfut_action *action)
{
	struct dfut_device *device = dfut_handle_find_present(handle);
	struct dfut_target target;

	if (interface < -1 || interface > 254)
		return dfut_fail(&handle->context->failure, DFUT_ERROR_USAGE, "there is no interface %d", interface);
	if (!dfut_target_find_serial(&target, device ? device : handle->device, interface))
		return dfut_fail(&handle->context->failure, DFUT_ERROR_NOT_FOUND, "the device has no such serial port");
	action->link = DFUT_LINK_SERIAL;
	action->channel = target.interface;
	return dfut_handle_need_open(handle, DFUT_LINK_SERIAL, target.interface);
}

static int perform_serial(struct dfut_handle *handle, int interface, struct dfut_action *action, void *data)
{
	int result = open_serial(handle, interface, action);

	return result < 0 ? result : dfut_handle_perform(handle, action, data);
}

DFUT_API int dfut_handle_set_line_coding(struct dfut_handle *handle, int interface,
					 const struct dfut_line_coding *coding, unsigned int timeout_ms)
{
	struct dfut_action action = { .kind = DFUT_ACTION_LINE_CODING,
				      .timeout_ms = dfut_handle_limit_call(handle, timeout_ms) };

	if (!coding || !coding->baud || coding->stop_bits < 1 || coding->stop_bits > 2 || coding->parity > 4 ||
	    coding->data_bits < 5 || coding->data_bits > 8)
		return dfut_fail(&handle->context->failure, DFUT_ERROR_USAGE, "the line coding is not valid");
	action.line_coding = *coding;
	return perform_serial(handle, interface, &action, NULL);
}

DFUT_API int dfut_handle_set_lines(struct dfut_handle *handle, int interface, int dtr, int rts, unsigned int timeout_ms)
{
	struct dfut_action action = { .kind = DFUT_ACTION_LINES,
				      .timeout_ms = dfut_handle_limit_call(handle, timeout_ms) };

	if (dtr < -1 || dtr > 1 || rts < -1 || rts > 1)
		return dfut_fail(&handle->context->failure, DFUT_ERROR_USAGE, "a line must be 1, 0 or -1");
	action.lines = dfut_action_lines_from(dtr, rts);
	return perform_serial(handle, interface, &action, NULL);
}

DFUT_API int dfut_handle_read_serial(struct dfut_handle *handle, int interface, void *data, uint16_t length,
				     unsigned int timeout_ms)
{
	struct dfut_action action = { .kind = DFUT_ACTION_READ,
				      .transfer = { .length = length },
				      .timeout_ms = dfut_handle_limit_call(handle, timeout_ms) };

	if (!data || !length)
		return dfut_fail(&handle->context->failure, DFUT_ERROR_USAGE, "no buffer was given to read into");
	return perform_serial(handle, interface, &action, data);
}

DFUT_API int dfut_handle_write_serial(struct dfut_handle *handle, int interface, const void *data, uint16_t length,
				      unsigned int timeout_ms)
{
	struct dfut_action action = { .kind = DFUT_ACTION_WRITE,
				      .transfer = { .length = length, .data = data },
				      .timeout_ms = dfut_handle_limit_call(handle, timeout_ms) };
	int result = dfut_handle_check_data(handle, data, length);

	return result < 0 ? result : perform_serial(handle, interface, &action, NULL);
}

/* Closes the port if the machine could not, and tells of its failure. */
static int end_touch(struct dfut_handle *handle, const struct dfut_action *open, int result)
{
	struct dfut_failure *failure = &handle->context->failure;

	if (result == DFUT_ERROR_TIMEOUT || dfut_run_has_open(handle->run, open->link, open->channel))
		dfut_handle_close_all(handle);
	if (result == DFUT_ERROR_ACCESS || result == DFUT_ERROR_BUSY || result == DFUT_ERROR_NOT_FOUND)
		return dfut_handle_explain(handle, open, result);
	if (result < 0 && failure->code != result)
		dfut_fail(failure, result, "%s",
			  result == DFUT_ERROR_TIMEOUT ? "the touch took too long" : dfut_error_get_text(result));
	if (result >= 0)
		dfut_failure_clear(failure);
	return result;
}

DFUT_API int dfut_handle_touch(struct dfut_handle *handle, int interface, uint32_t baud, unsigned int timeout_ms)
{
	struct dfut_context *context = handle->context;
	struct dfut_trigger trigger = { .way = &dfut_way_serial_touch, .number = interface, .baud = baud };
	struct dfut_job job = { .failure = &context->failure, .trigger = &trigger };
	struct dfut_target target;
	struct dfut_action open = { .kind = DFUT_ACTION_OPEN, .link = DFUT_LINK_SERIAL };
	int result = dfut_handle_check_use(handle);

	if (result < 0)
		return result;
	if (!baud || interface < -1 || interface > 254)
		return dfut_fail(&context->failure, DFUT_ERROR_USAGE,
				 "a touch needs a speed, and an interface from -1 to 254");
	if (!dfut_target_find_serial(&target, dfut_handle_find_present(handle), interface))
		return dfut_fail(&context->failure, DFUT_ERROR_NOT_FOUND, "the device has no such serial port");
	job.interface = target.interface;
	open.channel = target.interface;
	dfut_handle_limit_call(handle, timeout_ms);
	dfut_run_set_limit(handle->run, handle->until_us);
	/* The machine of the trigger; a port that the handle has open is in nobody's way. */
	result = dfut_handle_run(handle, dfut_way_serial_touch.machine, &job);
	return end_touch(handle, &open, result);
}
