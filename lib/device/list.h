/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Lists of devices, as they are inside. */

#ifndef DFUT_LIST_H
#define DFUT_LIST_H

#include "device/look.h"

/* Each with a reference, by bus and port path. */
struct dfut_devices {
	size_t count;
	struct dfut_device **items;
	size_t room;
};

struct dfut_device_list {
	struct dfut_context *context;
	struct dfut_devices devices; /* that fit */
	struct dfut_devices unread;  /* that fit, or may fit, and have names that are not read */
	bool has_all;		     /* no bus had devices that it had not told */
};

/* What the registry has now, without waiting. 0 or NO_MEMORY, with the context's words. */
int dfut_device_list_fill(struct dfut_device_list **list, const struct dfut_look *look, const struct dfut_match *match);

#endif
