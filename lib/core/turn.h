/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Turns: a system resets the devices of a bus one after the other. Who must reset a device soon after a request takes its
 * turn before that request, so that nobody's reset comes in between.
 */

#ifndef DFUT_TURN_H
#define DFUT_TURN_H

#include "base/base.h"

struct dfut_bus;
struct dfut_watcher;

/* A part of its owner. */
struct dfut_turn {
	struct dfut_turn *next;	 /* of all in the order in which they were asked for */
	struct dfut_turn **list; /* NULL unless it was asked for */
	const struct dfut_bus *bus;
	const char *path;	      /* of the device: lives as long as the turn */
	struct dfut_watcher *watcher; /* whoever waits for it; its owner's */
};

/* Asks for it. */
void dfut_turn_ask(struct dfut_turn *turn, struct dfut_turn **list, const struct dfut_bus *bus, const char *path);
/* Whether it has come: nobody before it is on the same bus of the system. */
bool dfut_turn_has_come(const struct dfut_turn *turn);
/* Whether somebody has it now on the bus of this device: nothing is enumerated there meanwhile. */
bool dfut_turn_is_taken(const struct dfut_turn *list, const struct dfut_bus *bus, const char *path);
/* It is over, or not wanted any more. Does nothing if it was not asked for. */
void dfut_turn_end(struct dfut_turn *turn);

#endif
