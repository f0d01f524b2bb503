/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Buses as the context has them. */

#ifndef DFUT_BUS_H
#define DFUT_BUS_H

#include "base/base.h"
#include "dfutrigger-transport.h"

struct dfut_bus {
	struct dfut_bus *next;
	struct dfut_context *context;
	struct dfut_bus_ops ops;
	void *self;
	bool woken;   /* under the inbox's lock */
	bool changed; /* under the inbox's lock */
	bool looking; /* it has devices that it has not told yet */
	bool scanned; /* what is found from now on has arrived */
	uint64_t next_scan_us;
	struct dfut_watch *watches;
	struct dfut_bus *front; /* of a bus behind another one; it has no more than what follows */
	dfut_report_handler report;
	void *report_data;
};

/* Both return how much was done. */
size_t dfut_buses_dispatch(struct dfut_context *context, uint64_t now_us);
size_t dfut_buses_scan_due(struct dfut_context *context, uint64_t now_us);
/* Whether one has devices that it has not told yet. */
bool dfut_buses_are_looking(const struct dfut_context *context);
uint64_t dfut_buses_get_deadline_us(const struct dfut_context *context);
/* For dfut_event_set_wait() */
void dfut_bus_ready(void *owner);
void dfut_buses_stop(struct dfut_context *context);

#endif
