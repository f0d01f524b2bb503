/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The USB class DFU in descriptors. */

#include <string.h>

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

DFUT_API uint16_t dfut_dfu_get_block_size(uint16_t transfer_size)
{
	if (transfer_size == 0)
		return 64;
	if (transfer_size == 0xffff)
		return 1024;
	return transfer_size < DFU_LONGEST_TRANSFER ? transfer_size : DFU_LONGEST_TRANSFER;
}

const char *dfu_find_zone(const char *text)
{
	while ((text = strchr(text, '/')) && (text[1] != '0' || (text[2] | 0x20) != 'x'))
		text++;
	return text;
}

static bool is_noise(char character)
{
	return (unsigned char)character <= ' ' || character == 0x7f;
}

const char *dfu_find_name(const char *text, size_t *length)
{
	const char *zone = dfu_find_zone(text);
	const char *end = zone ? zone : text + strlen(text);

	while (text < end && is_noise(*text))
		text++;
	if (text < end && *text == '@')
		text++;
	while (text < end && is_noise(*text))
		text++;
	while (end > text && is_noise(end[-1]))
		end--;
	*length = (size_t)(end - text);
	return text;
}
