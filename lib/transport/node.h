/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A device of the system, as bus.c keeps it. */

#ifndef DFUT_SYSTEM_NODE_H
#define DFUT_SYSTEM_NODE_H

#include "transport/bus.h"
#include "transport/node-state.h"

struct dfut_system_interface {
	struct dfut_node_facts facts;
	char name[DFUT_OS_NAME_SIZE];
	uint8_t *report_descriptor;
	size_t report_descriptor_size;
};

struct dfut_system_node {
	struct dfut_system_node *next;
	struct dfut_system *system;
	struct dfut_system_place place;
	uint64_t instance;
	uint64_t arrived_us;	     /* 0: it was there at the first look */
	bool seen;		     /* by the look that is being taken */
	enum dfut_node_state state;  /* under the lock */
	uint64_t answered_us;	     /* when its reading began, or got an answer; the system's clock; under the lock */
	uint64_t reading_us;	     /* when its reading began or ended; the system's clock; under the lock */
	char **read;		     /* strings that a thread has read and nobody taken; under the lock */
	int unread;		     /* why some could not be read; under the lock */
	bool told;		     /* to the context */
	enum dfut_node_state logged; /* the last one in the log; only dispatch looks at it */
	struct dfut_os_facts facts;
	struct dfut_system_interface *interfaces;
	size_t interface_count;
};

/* A device, as a look has found it. */
struct dfut_system_found {
	struct dfut_system_node *node; /* owned while it is new */
	bool is_complete;	       /* no driver may still be about to make a node */
	uint8_t configuration;	       /* in use */
	struct dfut_system_interface *interfaces;
	size_t interface_count;
};

/* Reads what the system tells of a device. NULL when out of memory. */
struct dfut_system_node *dfut_system_node_new(struct dfut_system *system, const struct dfut_os_place *place,
					      void *device);
void dfut_system_node_free(struct dfut_system_node *node);
/*
 * All changes of its state. From any thread; returns the new state. Whoever makes it GONE frees it, and one that has LEFT
 * belongs to its thread from then on.
 */
enum dfut_node_state dfut_system_node_change(struct dfut_system_node *node, enum dfut_node_event event);
enum dfut_node_state dfut_system_node_get_state(struct dfut_system_node *node);
bool dfut_system_node_is_at(const struct dfut_system_node *node, const struct dfut_os_place *place, const void *device);
/* Whether its names are to be read now, for the first time or again. `is_new`: it has arrived less than 2 s ago. */
bool dfut_system_node_wants_names(struct dfut_system_node *node, bool is_listing, bool is_new);
/* Reads them, on a thread; DFUT_NODE_NAMES_MISSING was before. */
void dfut_system_node_begin_reading(struct dfut_system_node *node);
/* What struct dfut_device_facts says of its names now. `is_new`: it has arrived less than 2 s ago. */
int dfut_system_node_judge_names(struct dfut_system_node *node, bool is_new);
/* Whether its names have been read for so long that it is told without. */
bool dfut_system_node_is_slow(struct dfut_system_node *node);
/* Tells it, with what is known by now. */
int dfut_system_node_report(struct dfut_system *system, struct dfut_system_node *node, int names);

/* Looks for what drivers have made; the node itself stays as it is ... */
void dfut_system_found_fill(struct dfut_system_found *found);
/* ... until it takes that. */
void dfut_system_found_take(struct dfut_system_found *found);
/* What was not taken. */
void dfut_system_found_free(struct dfut_system_found *found);

#endif
