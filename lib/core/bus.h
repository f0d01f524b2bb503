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
	int looked;   /* how its last scan has ended: 1 if it has devices that it has not told yet */
	bool scanned; /* what is found from now on has arrived */
	uint64_t next_scan_us;
	struct dfut_watch *watches;
	struct dfut_failure *told; /* what the bus says of an error of the call that it is in; NULL: nobody asks */
	struct dfut_bus *front;	   /* of a bus behind another one; it has no more than what follows */
	dfut_report_handler report;
	void *report_data;
};

/* These fill the failure with the words of the bus, or with general ones if it has said nothing of the error. */

/* Adds a bus, which becomes the context's, also when that fails. */
int dfut_context_take_bus(struct dfut_context *context, const struct dfut_bus_ops *ops, void *self,
			  struct dfut_failure *failure);
/* The system's buses, unless others were added. */
int dfut_context_need_buses(struct dfut_context *context, struct dfut_failure *failure);
/* Looks at all buses now, after what is due on them. */
int dfut_context_look(struct dfut_context *context, struct dfut_failure *failure);
/* Whether what a device will become could be opened: 0, also if the bus can't tell. */
int dfut_bus_foresee(struct dfut_bus *bus, uint64_t instance, const struct dfut_prospect *prospect,
		     struct dfut_failure *failure);
/* Whether a channel could be opened: 0, also if the bus can't tell. */
int dfut_bus_diagnose(struct dfut_bus *bus, uint64_t instance, enum dfut_link link, uint8_t channel,
		      struct dfut_failure *failure);
/* Why an open has ended with this code. False, and the failure as it was, if the bus knows no more than that. */
bool dfut_bus_explain(struct dfut_bus *bus, uint64_t instance, enum dfut_link link, uint8_t channel, int code,
		      struct dfut_failure *failure);

/* Who has a channel now: the driver is the text, programs are the hint. False if the bus can't tell. */
bool dfut_bus_tell_holder(struct dfut_bus *bus, uint64_t instance, enum dfut_link link, uint8_t channel,
			  struct dfut_failure *holder);

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
