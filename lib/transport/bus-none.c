/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* In place of the system's bus in a build without any transport. */

#include "core/context.h"

int dfut_system_bus_add(struct dfut_context *context)
{
	dfut_fail(&context->failure, DFUT_ERROR_UNSUPPORTED, "this build of libdfutrigger has no USB transport");
	dfut_hint(&context->failure, "build it with -Dusb=enabled, or add a bus of your own");
	return DFUT_ERROR_UNSUPPORTED;
}
