/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A device of the system, as bus.c keeps it. */

#ifndef DFUT_SYSTEM_NODE_H
#define DFUT_SYSTEM_NODE_H

#include "transport/bus.h"

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
	uint64_t arrived_us; /* 0: it was there at the first look */
	bool seen;
	bool reading; /* a thread reads its strings; under the lock */
	bool orphan;  /* left meanwhile; under the lock */
	struct dfut_os_facts facts;
	struct dfut_system_interface *interfaces;
	size_t interface_count;
};

/* A device, as a look has found it. */
struct dfut_system_found {
	struct dfut_system_node *node;
	bool is_new;
	bool is_complete; /* no driver may still be about to make a node */
	struct dfut_system_interface *interfaces;
	size_t interface_count;
};

/* Reads what the system tells of a device. NULL when out of memory. */
struct dfut_system_node *dfut_system_node_new(struct dfut_system *system, const struct dfut_os_place *place,
					      void *device);
/* A node whose strings are being read is freed by its thread. */
void dfut_system_node_drop(struct dfut_system_node *node);
bool dfut_system_node_is_at(const struct dfut_system_node *node, const struct dfut_os_place *place, const void *device);
/* Begins to read, on a thread, the names that only the device tells. */
void dfut_system_node_begin_reading(struct dfut_system_node *node);
bool dfut_system_node_is_reading(struct dfut_system_node *node);
int dfut_system_node_report(struct dfut_system *system, struct dfut_system_node *node);

/* Looks for what drivers have made; the node itself stays as it is ... */
void dfut_system_found_fill(struct dfut_system_found *found);
/* ... until it takes that. */
void dfut_system_found_take(struct dfut_system_found *found);
/* What was not taken. */
void dfut_system_found_free(struct dfut_system_found *found);

#endif
