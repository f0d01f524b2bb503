/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The DFU interfaces that are plugged in and meant: one for each alternate setting. */

#ifndef DFUTRIGGER_DFU_UTIL_FOUND_H
#define DFUTRIGGER_DFU_UTIL_FOUND_H

#include <stddef.h>

#include "options.h"
#include "words.h"

struct found {
	struct dfut_device *device; /**< belongs to the list */
	const struct dfut_interface *interface;
	size_t index; /**< of the interface */
	bool is_dfu;  /**< it is in DFU mode */
};

struct found_list {
	struct found *items;
	size_t count;
	size_t unnamed_count; /**< left out: applications that only a class shows, and that nothing names */
};

/** Adds the interfaces that are meant, the last one first. @return 0 or a negative enum dfut_error */
int found_list_add_all(struct found_list *list, const struct options *options, const struct dfut_device_list *devices);
/** Tells of devices with DFU that this user may not open: they are left out, as dfu-util leaves them out. */
void found_complain_of_denied(struct words *words, const struct dfut_device_list *devices);
/** @return true if all of them are alternate settings of one interface in DFU mode */
bool found_list_is_one_interface(const struct found_list *list);
/** Releases what the list has made. */
void found_list_free(struct found_list *list);

#endif
