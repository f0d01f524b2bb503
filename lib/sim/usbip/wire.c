/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* USB/IP on the wire: Linux, Documentation/usb/usbip_protocol.rst. */

#include <stdio.h>
#include <string.h>

#include "sim/usbip/wire.h"

/* Offsets in a header */
enum {
	HEADER_COMMAND = 0,
	HEADER_SEQUENCE = 4,
	HEADER_DIRECTION = 12,
	HEADER_ENDPOINT = 16,
	HEADER_FLAGS = 20,
	HEADER_UNLINKED = 20,
	HEADER_STATUS = 20,
	HEADER_LENGTH = 24,
	HEADER_PACKETS = 32,
	HEADER_SETUP = 40,
};

/* Offsets in the description of a device */
enum {
	DEVICE_PATH = 0,
	DEVICE_BUSID = 256,
	DEVICE_BUS = 288,
	DEVICE_ADDRESS = 292,
	DEVICE_SPEED = 296,
	DEVICE_VENDOR = 300,
	DEVICE_PRODUCT = 302,
	DEVICE_RELEASE = 304,
	DEVICE_CLASS = 306,
	DEVICE_CONFIGURATION = 309,
	DEVICE_CONFIGURATION_COUNT = 310,
	DEVICE_INTERFACE_COUNT = 311,
};

/* Offsets in descriptors: USB 2.0, 9.6 */
enum {
	DESCRIPTOR_CLASS = 4,
	DESCRIPTOR_VENDOR = 8,
	DESCRIPTOR_PRODUCT = 10,
	DESCRIPTOR_RELEASE = 12,
	DESCRIPTOR_CONFIGURATION_COUNT = 17,
	CONFIGURATION_INTERFACE_COUNT = 4,
};

void dfut_usbip_take_header(struct dfut_usbip_header *header, const uint8_t *bytes)
{
	const uint8_t *setup = bytes + HEADER_SETUP;

	header->command = dfut_be32(bytes + HEADER_COMMAND);
	header->sequence = dfut_be32(bytes + HEADER_SEQUENCE);
	header->is_in = dfut_be32(bytes + HEADER_DIRECTION) != 0;
	header->endpoint = dfut_be32(bytes + HEADER_ENDPOINT) & 0x0f;
	header->flags = dfut_be32(bytes + HEADER_FLAGS);
	header->length = dfut_be32(bytes + HEADER_LENGTH);
	header->packets = dfut_be32(bytes + HEADER_PACKETS);
	header->unlinked = dfut_be32(bytes + HEADER_UNLINKED);
	/* The setup packet is as on USB: little-endian. */
	header->setup = (struct dfut_sim_setup){ setup[0], setup[1], dfut_le16(setup + 2), dfut_le16(setup + 4),
						 dfut_le16(setup + 6) };
}

void dfut_usbip_put_operation(uint8_t *bytes, uint16_t operation, uint32_t status)
{
	dfut_put_be16(bytes, DFUT_USBIP_VERSION);
	dfut_put_be16(bytes + 2, operation);
	dfut_put_be32(bytes + 4, status);
}

void dfut_usbip_put_device(uint8_t *bytes, const struct dfut_sim_device *device)
{
	struct dfut_sim_description description = dfut_sim_device_describe(device);
	const uint8_t *descriptor = description.descriptors;

	memset(bytes, 0, DFUT_USBIP_DEVICE_SIZE);
	snprintf((char *)bytes + DEVICE_PATH, DEVICE_BUSID - DEVICE_PATH, "/virtual/%s", device->path);
	snprintf((char *)bytes + DEVICE_BUSID, DFUT_USBIP_BUSID_SIZE, "%s", device->path);
	dfut_put_be32(bytes + DEVICE_BUS, device->bus_number);
	dfut_put_be32(bytes + DEVICE_ADDRESS, device->address);
	dfut_put_be32(bytes + DEVICE_SPEED, DFUT_USBIP_SPEED_FULL);
	dfut_put_be16(bytes + DEVICE_VENDOR, dfut_le16(descriptor + DESCRIPTOR_VENDOR));
	dfut_put_be16(bytes + DEVICE_PRODUCT, dfut_le16(descriptor + DESCRIPTOR_PRODUCT));
	dfut_put_be16(bytes + DEVICE_RELEASE, dfut_le16(descriptor + DESCRIPTOR_RELEASE));
	memcpy(bytes + DEVICE_CLASS, descriptor + DESCRIPTOR_CLASS, 3);
	bytes[DEVICE_CONFIGURATION] = dfut_sim_get_configuration_value(&description);
	bytes[DEVICE_CONFIGURATION_COUNT] = descriptor[DESCRIPTOR_CONFIGURATION_COUNT];
	bytes[DEVICE_INTERFACE_COUNT] = dfut_sim_get_configuration(&description)[CONFIGURATION_INTERFACE_COUNT];
}

static void put_reply(uint8_t *bytes, uint32_t command, uint32_t sequence, int status)
{
	memset(bytes, 0, DFUT_USBIP_HEADER_SIZE);
	dfut_put_be32(bytes + HEADER_COMMAND, command);
	dfut_put_be32(bytes + HEADER_SEQUENCE, sequence);
	dfut_put_be32(bytes + HEADER_STATUS, (uint32_t)status);
}

void dfut_usbip_put_submit_reply(uint8_t *bytes, uint32_t sequence, int status, uint32_t length)
{
	put_reply(bytes, DFUT_USBIP_SUBMIT_REPLY, sequence, status);
	dfut_put_be32(bytes + HEADER_LENGTH, length);
}

void dfut_usbip_put_unlink_reply(uint8_t *bytes, uint32_t sequence, int status)
{
	put_reply(bytes, DFUT_USBIP_UNLINK_REPLY, sequence, status);
}
