/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

#include "device/look.h"

int dfut_look_begin(struct dfut_look *look, struct dfut_context *context)
{
	int result;

	*look = (struct dfut_look){ context,
				    dfut_context_get_time_us(context) + DFUT_LOOK_TIMEOUT_MS * UINT64_C(1000) };
	/* A bus may say more than its code does. */
	dfut_failure_clear(&context->failure);
	result = dfut_context_need_buses(context, &context->failure);
	if (result == 0)
		result = dfut_context_look(context, &context->failure);
	return result < 0 ? result : 0;
}

static bool is_reading(const struct dfut_look *look)
{
	for (struct dfut_device *device = dfut_registry_get_devices(look->context); device; device = device->next)
		if (device->names == DFUT_NAMES_COMING)
			return true;
	return false;
}

bool dfut_look_has_all(const struct dfut_look *look)
{
	return !dfut_buses_are_looking(look->context);
}

bool dfut_look_go_on(struct dfut_look *look)
{
	struct dfut_context *context = look->context;

	if (context->dispatching || (dfut_look_has_all(look) && !is_reading(look)))
		return false;
	if (dfut_context_get_time_us(context) >= look->until_us)
		return false;
	dfut_context_dispatch_until(context, look->until_us);
	return true;
}

int dfut_look_fail(const struct dfut_look *look, const struct dfut_device *device, struct dfut_failure *failure)
{
	char text[160];

	(void)look;
	if (!device) {
		dfut_fail(failure, DFUT_ERROR_TIMEOUT,
			  "not all devices could be looked at within %u s: which one is meant can't be told",
			  DFUT_LOOK_TIMEOUT_MS / 1000);
		dfut_hint(failure, "repeat; if it stays so, unplug what does not answer");
		return DFUT_ERROR_TIMEOUT;
	}
	dfut_device_describe(device, text, sizeof(text));
	if (device->names == DFUT_ERROR_ACCESS) {
		dfut_fail(failure, DFUT_ERROR_ACCESS, "%s: %s, so that it can't be told whether it is the one", text,
			  dfut_device_get_missing(device));
		dfut_hint(failure,
			  "choose a device by its port path or ids, or give yourself the right to open this one");
		return DFUT_ERROR_ACCESS;
	}
	dfut_fail(failure, DFUT_ERROR_TIMEOUT, "%s: %s, so that it can't be told whether it is the one", text,
		  dfut_device_get_missing(device));
	dfut_hint(failure, "unplug this one, or choose a device by its port path or ids");
	return DFUT_ERROR_TIMEOUT;
}
