/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The USB class DFU in descriptors (DFU 1.1, 4): what a device shows, whatever its bootloader speaks. */

#ifndef DFUT_USB_DFU_H
#define DFUT_USB_DFU_H

#include "base/base.h"

#define DFU_CLASS 0xfe
#define DFU_SUBCLASS 0x01
#define DFU_FUNCTIONAL_DESCRIPTOR 0x21

/* The functional descriptor in its 7 and 9 byte forms; false if it is neither. */
bool dfu_descriptor_parse(struct dfut_dfu_descriptor *descriptor, const uint8_t *data, size_t size);

#endif
