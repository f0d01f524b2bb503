/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The devices of this machine. Tests have virtual ones in this file's place. */

#include "bus.h"

int bus_open(struct bus *bus)
{
	return dfut_context_new(&bus->context);
}

void bus_close(struct bus *bus)
{
	dfut_context_free(bus->context);
}
