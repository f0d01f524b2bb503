/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A context's devices, and the table that they are judged by. */

#ifndef DFUT_REGISTRY_H
#define DFUT_REGISTRY_H

#include "device/device.h"

struct dfut_registry {
	struct dfut_watcher watcher; /* the last: handlers hear of a device after sessions */
	struct dfut_entry *table;    /* what was loaded; the built-in rows come after it */
	struct dfut_device *devices; /* present; each with a reference */
	dfut_device_handler handler;
	void *handler_data;
	bool tell_all;		       /* the handler is new */
	struct dfut_device **expected; /* in a scan, where the next one may be; NULL: nowhere in particular */
};

/* The first of those that are present; `next` leads on. */
static inline struct dfut_device *dfut_registry_get_devices(const struct dfut_context *context)
{
	return context->registry->devices;
}

/* What was loaded. */
static inline const struct dfut_entry *dfut_registry_get_table(const struct dfut_context *context)
{
	return context->registry->table;
}

/* The rows that may have ids of a vendor, the built-in ones as well. */
static inline struct dfut_candidates dfut_registry_find_entries(const struct dfut_context *context, uint16_t vendor)
{
	return dfut_table_find(context->registry->table, vendor);
}

#endif
