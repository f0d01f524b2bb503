/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The line that dfu-util 0.11 has for an interface: programs and people match on it. */

#include <stdio.h>
#include <string.h>

#include "line.h"

#define DFU_CLASS 0xfe
#define DFU_SUBCLASS 0x01
#define PROTOCOL_DFU_MODE 2
/* GigaDevice's bootloader has two bytes of its serial number in each character. */
#define GD32_VENDOR 0x28e9
#define GD32_PRODUCT 0x0189

static const char *get_text(const char *text)
{
	return text && text[0] ? text : "UNKNOWN";
}

bool line_is_dfu_interface(const struct dfut_interface *interface)
{
	return interface->class_code == DFU_CLASS && interface->subclass == DFU_SUBCLASS;
}

bool line_is_dfu_mode(const struct dfut_device *device, const struct dfut_interface *interface)
{
	return interface->protocol == PROTOCOL_DFU_MODE || dfut_device_get_mode(device) == DFUT_MODE_BOOTLOADER;
}

/* A character of three bytes in UTF-8 (U+0800 to U+FFFF): its number, else 0. */
static unsigned int decode(const unsigned char *text)
{
	bool is_one = (text[0] & 0xf0) == 0xe0 && (text[1] & 0xc0) == 0x80 && (text[2] & 0xc0) == 0x80;

	return is_one ? (text[0] & 0x0fU) << 12 | (text[1] & 0x3fU) << 6 | (text[2] & 0x3fU) : 0;
}

static bool is_printable(unsigned int code)
{
	return code > 0x20 && code < 0x7f;
}

const char *line_get_serial(const struct dfut_device *device, char serial[LINE_SERIAL_SIZE])
{
	const char *text = dfut_device_get_serial_number(device);
	size_t length = text ? strlen(text) : 0;
	size_t size = 0;

	if (dfut_device_get_vendor_id(device) != GD32_VENDOR || dfut_device_get_product_id(device) != GD32_PRODUCT)
		return text;
	for (size_t i = 0; i + 3 <= length && size + 3 <= LINE_SERIAL_SIZE; i += 3) {
		unsigned int code = decode((const unsigned char *)text + i);

		if (!is_printable(code & 0xff) || !is_printable(code >> 8))
			return text;
		serial[size++] = (char)(code & 0xff);
		serial[size++] = (char)(code >> 8);
	}
	serial[size] = '\0';
	return length > 0 && size / 2 * 3 == length ? serial : text;
}

void line_write(char *line, const struct dfut_device *device, const struct dfut_interface *interface)
{
	char serial[LINE_SERIAL_SIZE];

	snprintf(line, LINE_SIZE,
		 "Found %s: [%04x:%04x] ver=%04x, devnum=%u, cfg=%u, intf=%u, path=\"%s\", alt=%u, name=\"%s\", "
		 "serial=\"%s\"\n",
		 line_is_dfu_mode(device, interface) ? "DFU" : "Runtime", dfut_device_get_vendor_id(device),
		 dfut_device_get_product_id(device), dfut_device_get_release(device), dfut_device_get_address(device),
		 interface->configuration, interface->number, dfut_device_get_path(device), interface->alternate,
		 get_text(interface->name), get_text(line_get_serial(device, serial)));
}
