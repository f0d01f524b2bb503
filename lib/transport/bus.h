/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * The system's bus: the devices of the operating system, each reached through up to three libraries. bus.c lists
 * them, node.c knows one, transport.c carries actions out, and usb.c, hid.c and serial.c each know one library.
 */

#ifndef DFUT_SYSTEM_H
#define DFUT_SYSTEM_H

#include <pthread.h>

#include "base/base.h"
#include "dfutrigger-transport.h"
#include "transport/os.h"

struct dfut_usb;
struct dfut_link_transport;

/* Who watches an event: called by dispatch when it is ready. */
struct dfut_system_source {
	void (*ready)(void *data);
	void *data;
};

/* Lives until the bus has stopped and the last thread's work for it is done. */
struct dfut_system {
	pthread_mutex_t lock; /* of what threads share, here and in its transports */
	size_t refs;
	struct dfut_bus *bus; /* NULL once stopped */
	struct dfut_usb *usb;
	struct dfut_system_node *nodes;
	struct dfut_link_transport *closings; /* what the engine has closed, until that is done; under the lock */
	pthread_cond_t closed;		      /* one of them is, or nobody waits for it any more */
	pthread_cond_t looked;		      /* a look or the reading of a device's names has ended */
	uint64_t instances;
	struct dfut_system_look *look; /* finished, and not yet adopted; under the lock */
	bool looking;		       /* a thread looks; under the lock */
	bool dirty;		       /* something came or went since the last look began; under the lock */
};

/* What it takes to find a device again, kept as long as a transport to it. */
struct dfut_system_place {
	struct dfut_os_place place; /* its texts are these: */
	char path[32];
	char serial_number[128];
	void *device; /* of usb.c, with a reference; NULL without libusb */
};

void dfut_system_ref(struct dfut_system *system);
void dfut_system_unref(struct dfut_system *system);
/* From any thread: devices came or went; something is ready. */
void dfut_system_changed(struct dfut_system *system);
/* What is known has changed, not what is there. */
void dfut_system_tell_changed(struct dfut_system *system);
void dfut_system_wake(struct dfut_system *system);
/* dfut_bus_run(), or DFUT_ERROR_GONE when the bus has stopped. From any thread. */
int dfut_system_run(struct dfut_system *system, struct dfut_strand *strand, dfut_work work, void *data);

/* transport.c */

/* A transport to the device at this place; the place's reference becomes the transport's, also when it fails. */
int dfut_link_transport_new(struct dfut_link_transport **transport, struct dfut_system *system,
			    const struct dfut_system_place *place);
extern const struct dfut_transport_ops dfut_link_transport_ops;

#endif
