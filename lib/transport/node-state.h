/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What the system's bus knows of a device so far: states, and what changes them. docs/architecture.md prints the table. */

#ifndef DFUT_NODE_STATE_H
#define DFUT_NODE_STATE_H

enum dfut_node_state {
	DFUT_NODE_NEW,	    /* found by a look that nobody has taken yet */
	DFUT_NODE_SILENT,   /* shows no descriptors: not told */
	DFUT_NODE_READING,  /* a thread reads its names: told without them, unless that takes no time */
	DFUT_NODE_UNREAD,   /* told; some names could not be read */
	DFUT_NODE_SETTLING, /* told; a driver may be about to make a node, so it is looked at again soon */
	DFUT_NODE_KNOWN,    /* told */
	DFUT_NODE_LEFT,	    /* left while a thread reads: that one frees it */
	DFUT_NODE_GONE,	    /* to be freed */
};
#define DFUT_NODE_STATE_COUNT 8

enum dfut_node_event {
	DFUT_NODE_NO_DESCRIPTORS, /* a look has found it, and no descriptors */
	DFUT_NODE_NAMES_MISSING,  /* a thread begins to read names */
	DFUT_NODE_NAMES_READ,	  /* the thread has all there are */
	DFUT_NODE_NAMES_UNREAD,	  /* the thread could not read them all, or could not begin */
	DFUT_NODE_MAY_GROW,	  /* a look has found it, and it has just arrived: a node may follow */
	DFUT_NODE_COMPLETE,	  /* a look has found it, and nothing is waited for */
	DFUT_NODE_MISSED,	  /* a look has not found it, or the bus stops */
};
#define DFUT_NODE_EVENT_COUNT 7

/* The state after an event; the same where the event means nothing to it. */
enum dfut_node_state dfut_node_get_next_state(enum dfut_node_state state, enum dfut_node_event event);
/* As in docs/architecture.md */
const char *dfut_node_state_get_name(enum dfut_node_state state);
const char *dfut_node_event_get_name(enum dfut_node_event event);

#endif
