/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A file with what may be in front of firmware and behind it: the prefix and the suffix of DFU files. */

#ifndef DFUTRIGGER_DFU_UTIL_CONTAINER_H
#define DFUTRIGGER_DFU_UTIL_CONTAINER_H

#include <stddef.h>

#include <dfutrigger.h>

#include "words.h"

enum prefix {
	PREFIX_NONE = 0,
	PREFIX_STELLARIS, /**< TI's: 8 bytes with an address */
	PREFIX_LPC,	  /**< NXP's, not encrypted: 16 bytes */
};

struct container {
	const char *path;
	uint8_t *data; /**< the file */
	size_t size;
	enum prefix prefix;
	uint32_t address;      /**< of the prefix of TI */
	size_t prefix_size;    /**< 0 without one */
	size_t suffix_size;    /**< 0 without one */
	const char *no_suffix; /**< why there is none */
	uint16_t vendor_id;
	uint16_t product_id;
	uint16_t release;
	uint16_t dfu_version;
	uint32_t crc;
};

/** Reads a file, "-" for the standard input. @return 0, or an exit code after a complaint */
int container_load(struct container *container, struct words *words, const char *path);
/** Complains that there is no suffix. @return the exit code */
int container_need_suffix(const struct container *container, struct words *words);
/** Warns if there is no suffix. */
void container_warn(const struct container *container, struct words *words);
/** Prints what prefix and suffix say. */
void container_print(const struct container *container);
/**
 * Replaces the file by one with its payload, and a prefix and a suffix as the members say now.
 *
 * @return 0, or an exit code after a complaint
 */
int container_save(const struct container *container, struct words *words, enum prefix prefix, bool has_suffix);
/** Releases it. */
void container_free(struct container *container);

/** dfu-suffix. @return its exit code */
int suffix_run(const char *name, int argc, char **argv);
/** dfu-prefix. @return its exit code */
int prefix_run(const char *name, int argc, char **argv);

#endif
