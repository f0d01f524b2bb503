/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

#include "transport/node-state.h"

static const struct {
	const char *name;
	/* By event: no descriptors, names missing, names read, names unread, may grow, complete, missed */
	enum dfut_node_state next[DFUT_NODE_EVENT_COUNT];
} states[DFUT_NODE_STATE_COUNT] = {
	/* clang-format off */
	[DFUT_NODE_NEW] = { "new",
		{ DFUT_NODE_SILENT, DFUT_NODE_READING, DFUT_NODE_NEW, DFUT_NODE_NEW, DFUT_NODE_SETTLING, DFUT_NODE_KNOWN, DFUT_NODE_GONE } },
	[DFUT_NODE_SILENT] = { "silent",
		{ DFUT_NODE_SILENT, DFUT_NODE_SILENT, DFUT_NODE_SILENT, DFUT_NODE_SILENT, DFUT_NODE_SILENT, DFUT_NODE_SILENT, DFUT_NODE_GONE } },
	[DFUT_NODE_READING] = { "reading",
		{ DFUT_NODE_READING, DFUT_NODE_READING, DFUT_NODE_KNOWN, DFUT_NODE_UNREAD, DFUT_NODE_READING, DFUT_NODE_READING, DFUT_NODE_LEFT } },
	[DFUT_NODE_UNREAD] = { "unread",
		{ DFUT_NODE_UNREAD, DFUT_NODE_READING, DFUT_NODE_UNREAD, DFUT_NODE_UNREAD, DFUT_NODE_UNREAD, DFUT_NODE_UNREAD, DFUT_NODE_GONE } },
	[DFUT_NODE_SETTLING] = { "settling",
		{ DFUT_NODE_SETTLING, DFUT_NODE_SETTLING, DFUT_NODE_SETTLING, DFUT_NODE_SETTLING, DFUT_NODE_SETTLING, DFUT_NODE_KNOWN, DFUT_NODE_GONE } },
	[DFUT_NODE_KNOWN] = { "known",
		{ DFUT_NODE_KNOWN, DFUT_NODE_KNOWN, DFUT_NODE_KNOWN, DFUT_NODE_KNOWN, DFUT_NODE_SETTLING, DFUT_NODE_KNOWN, DFUT_NODE_GONE } },
	[DFUT_NODE_LEFT] = { "left",
		{ DFUT_NODE_LEFT, DFUT_NODE_LEFT, DFUT_NODE_GONE, DFUT_NODE_GONE, DFUT_NODE_LEFT, DFUT_NODE_LEFT, DFUT_NODE_LEFT } },
	[DFUT_NODE_GONE] = { "gone",
		{ DFUT_NODE_GONE, DFUT_NODE_GONE, DFUT_NODE_GONE, DFUT_NODE_GONE, DFUT_NODE_GONE, DFUT_NODE_GONE, DFUT_NODE_GONE } },
	/* clang-format on */
};

enum dfut_node_state dfut_node_get_next_state(enum dfut_node_state state, enum dfut_node_event event)
{
	return states[state].next[event];
}

const char *dfut_node_state_get_name(enum dfut_node_state state)
{
	return states[state].name;
}

const char *dfut_node_event_get_name(enum dfut_node_event event)
{
	switch (event) {
	case DFUT_NODE_NO_DESCRIPTORS:
		return "no descriptors";
	case DFUT_NODE_NAMES_MISSING:
		return "names missing";
	case DFUT_NODE_NAMES_READ:
		return "names read";
	case DFUT_NODE_NAMES_UNREAD:
		return "names unread";
	case DFUT_NODE_MAY_GROW:
		return "may grow";
	case DFUT_NODE_COMPLETE:
		return "complete";
	case DFUT_NODE_MISSED:
		return "missed";
	}
	return "?";
}
