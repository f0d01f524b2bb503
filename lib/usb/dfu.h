/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The USB class DFU in descriptors (DFU 1.1, 4): what a device shows, whatever its bootloader speaks. */

#ifndef DFUT_USB_DFU_H
#define DFUT_USB_DFU_H

#include "base/base.h"

#define DFU_CLASS 0xfe
#define DFU_SUBCLASS 0x01
#define DFU_FUNCTIONAL_DESCRIPTOR 0x21
/* What every system can do in one request */
#define DFU_LONGEST_TRANSFER 4096

/* The functional descriptor in its 7 and 9 byte forms; false if it is neither. */
bool dfu_descriptor_parse(struct dfut_dfu_descriptor *descriptor, const uint8_t *data, size_t size);

/* An alternate setting's name may be more than a name: "@" in front of it, where its memory is behind it (ST UM0290). What
 * of it is the name, without blanks around it: "Option Bytes" of "@Option Bytes  /0x1FFFF800/01*016 e". */
const char *dfu_find_name(const char *text, size_t *length);
/* The next "/0x" in it, where an address begins; NULL if there is none. */
const char *dfu_find_zone(const char *text);

#endif
