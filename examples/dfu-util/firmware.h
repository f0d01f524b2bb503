/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The file of -D. */

#ifndef DFUTRIGGER_DFU_UTIL_FIRMWARE_H
#define DFUTRIGGER_DFU_UTIL_FIRMWARE_H

#include "program.h"

struct firmware {
	struct dfut_image *image;
	uint16_t vendor_id;  /**< of its suffix, DFUT_ID_ANY without one */
	uint16_t product_id; /**< the same */
	bool is_dfuse;	     /**< it is a DfuSe file */
};

/** Reads a file, "-" for the standard input. @return 0, or an exit code after a complaint */
int firmware_load(struct firmware *firmware, struct program *program);
/** @return true unless the file is of another vendor than a device in its application, and its bootloader */
bool firmware_may_be_for(const struct firmware *firmware, const struct options *options,
			 const struct dfut_device *device);
/**
 * Checks the ids of the file against those of the device, in its application and in its bootloader.
 *
 * @param runtime the ids that the device has, or would have, in its application
 * @return 0, or an exit code after a complaint
 */
int firmware_check_ids(const struct firmware *firmware, struct program *program, const struct id_pair *runtime,
		       const struct dfut_device *device);
/** Releases it. */
void firmware_free(struct firmware *firmware);

#endif
