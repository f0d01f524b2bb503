/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The memories of a bootloader, which are alternate settings of its DFU interfaces, in words. */

#ifndef MEMORY_H
#define MEMORY_H

#include <dfutrigger.h>
#include <stdbool.h>

bool memory_is(const struct dfut_interface *interface);
/* As "Internal Flash, from 0x08000000"; with its number if another one is called the same. Free it. */
char *memory_describe(const struct dfut_device *device, const struct dfut_interface *interface);
/* Where it begins, if it has addresses (DfuSe). */
bool memory_get_start(const struct dfut_interface *interface, uint32_t *address);
/* What it is called, without its map; "" if it has no name. Free it. */
char *memory_get_name(const struct dfut_interface *interface);

#endif
