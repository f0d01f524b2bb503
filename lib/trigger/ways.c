/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The ways in that have a name of their own: those that need more than one request, and the touch that most know. */

#include <string.h>

#include "trigger/trigger.h"

const struct dfut_way *dfut_way_find(const char *name)
{
	/* clang-format off */
	/* A new one is a line. */
	static const struct dfut_way *const ways[] = {
		&dfut_way_dfu_detach,
		&dfut_way_dfu_detach_forced,
		&dfut_way_dfu_detach_reset,
		&dfut_way_nordic,
		&dfut_way_serial_touch,
	};

	/* clang-format on */
	for (size_t i = 0; i < DFUT_COUNT(ways); i++)
		if (strcmp(ways[i]->name, name) == 0)
			return ways[i];
	return NULL;
}
