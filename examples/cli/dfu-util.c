/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A list in the form that dfu-util 0.11 has: a line for each alternate setting, the last of a device first. */

#include "dfu-util.h"
#include "line.h"

void dfu_util_print(struct output *output, const struct dfut_device *device)
{
	char line[LINE_SIZE];

	for (size_t i = dfut_device_get_interface_count(device); i-- > 0;) {
		const struct dfut_interface *interface = dfut_device_get_interface(device, i);

		if (!line_is_dfu_interface(interface))
			continue;
		line_write(line, device, interface);
		output_text(output, "%s", line);
	}
}
