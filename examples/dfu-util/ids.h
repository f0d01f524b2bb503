/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Which vendor and product are meant: the argument of -d. */

#ifndef DFUTRIGGER_DFU_UTIL_IDS_H
#define DFUTRIGGER_DFU_UTIL_IDS_H

#include <stdbool.h>
#include <stdint.h>

#include <dfutrigger.h>

/** No device has it. */
#define IDS_NONE 0x10000

/** A pair of numbers, each of which may be DFUT_MATCH_ANY or IDS_NONE. */
struct id_pair {
	int vendor_id;
	int product_id;
};

/** Those of a device in its application, and those that it has in its bootloader. */
struct ids {
	struct id_pair runtime;
	struct id_pair dfu;
};

/** Every device. */
#define IDS_INIT \
	{ \
		{ DFUT_MATCH_ANY, DFUT_MATCH_ANY }, \
		{ \
			DFUT_MATCH_ANY, DFUT_MATCH_ANY \
		} \
	}

/** Reads "VENDOR:PRODUCT[,VENDOR:PRODUCT]"; what is no number means any, or in the second pair the same as in the first. */
void ids_parse(struct ids *ids, const char *text);
/** @return true if a device has these ids */
bool id_pair_fits(const struct id_pair *pair, const struct dfut_device *device);
/** @return true if the pair says which devices are meant, if only by their vendor */
bool id_pair_names(const struct id_pair *pair);

#endif
