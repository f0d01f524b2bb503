/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* In place of the system's bus in a build without any transport: one that never starts. */

#include "base/base.h"
#include "dfutrigger-transport.h"

static int bus_start(void *self, struct dfut_bus *bus)
{
	(void)self;
	return dfut_bus_set_error(bus, DFUT_ERROR_UNSUPPORTED, "build it with -Dusb=enabled, or add a bus of your own",
				  "this build of libdfutrigger has no USB transport");
}

static void bus_stop(void *self)
{
	(void)self;
}

/* Never called */

static int bus_scan(void *self, bool may_block)
{
	(void)self;
	(void)may_block;
	return 0;
}

static int bus_connect(void *self, uint64_t instance, const struct dfut_transport_ops **ops, void **transport)
{
	(void)self;
	(void)instance;
	(void)ops;
	(void)transport;
	return DFUT_ERROR_GONE;
}

static const struct dfut_bus_ops bus_ops = {
	.size = sizeof(struct dfut_bus_ops),
	.name = "usb",
	.start = bus_start,
	.stop = bus_stop,
	.scan = bus_scan,
	.connect = bus_connect,
};

DFUT_API int dfut_system_bus_new(const struct dfut_bus_ops **ops, void **self)
{
	*ops = &bus_ops;
	*self = NULL;
	return 0;
}
