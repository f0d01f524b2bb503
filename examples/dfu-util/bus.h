/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Where the devices are. */

#ifndef DFUTRIGGER_DFU_UTIL_BUS_H
#define DFUTRIGGER_DFU_UTIL_BUS_H

#include <dfutrigger.h>

struct bus {
	struct dfut_context *context;
	void *own; /**< of what made the context */
};

/** Makes a context with the devices in it. @return 0 or a negative enum dfut_error; the words are the context's, if any */
int bus_open(struct bus *bus);
/** Releases it. */
void bus_close(struct bus *bus);

#endif
