/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What the name of a DfuSe memory says of it. */

#ifndef DFUTRIGGER_DFU_UTIL_LAYOUT_H
#define DFUTRIGGER_DFU_UTIL_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

/** Prints the words of a name, in front of its addresses. @param name NULL for none */
void layout_print_name(const char *name);
/**
 * Tells where the run of equal sectors ends that an address lies in.
 *
 * @param[out] end the address behind it
 * @return true if there is one
 */
bool layout_find_end(const char *name, uint32_t address, uint64_t *end);

#endif
