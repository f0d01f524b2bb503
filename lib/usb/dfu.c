/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The USB class DFU in descriptors. */

#include "usb/dfu.h"

bool dfu_descriptor_parse(struct dfut_dfu_descriptor *descriptor, const uint8_t *data, size_t size)
{
	if (size < 7 || data[0] < 7 || data[0] > size || data[1] != DFU_FUNCTIONAL_DESCRIPTOR)
		return false;
	descriptor->attributes = data[2];
	descriptor->detach_timeout_ms = dfut_le16(data + 3);
	descriptor->transfer_size = dfut_le16(data + 5);
	descriptor->version = data[0] >= 9 ? dfut_le16(data + 7) : 0x0100;
	/* Seen with its bytes swapped: TinyUSB before February 2026. */
	if (descriptor->version == 0x0101 || descriptor->version == 0x1001)
		descriptor->version = 0x0110;
	/* 8 bytes are neither form: nothing behind bmAttributes can be trusted. */
	if (data[0] == 8)
		descriptor->transfer_size = 0;
	return true;
}
