/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* USB/IP on the wire: Linux, Documentation/usb/usbip_protocol.rst. All numbers are big-endian. */

#ifndef DFUT_SIM_USBIP_WIRE_H
#define DFUT_SIM_USBIP_WIRE_H

#include "sim/sim.h"

#define DFUT_USBIP_VERSION 0x0111

enum dfut_usbip_operation {
	DFUT_USBIP_IMPORT_REQUEST = 0x8003,
	DFUT_USBIP_IMPORT_REPLY = 0x0003,
	DFUT_USBIP_LIST_REQUEST = 0x8005,
	DFUT_USBIP_LIST_REPLY = 0x0005,
};

enum dfut_usbip_operation_status {
	DFUT_USBIP_STATUS_OK = 0,
	DFUT_USBIP_STATUS_BUSY = 2,
	DFUT_USBIP_STATUS_NO_DEVICE = 4,
};

enum dfut_usbip_command {
	DFUT_USBIP_SUBMIT = 1,
	DFUT_USBIP_UNLINK = 2,
	DFUT_USBIP_SUBMIT_REPLY = 3,
	DFUT_USBIP_UNLINK_REPLY = 4,
};

/* Linux's numbers, whatever the system that this runs on calls them */
enum dfut_usbip_error {
	DFUT_USBIP_ENOMEM = 12,
	DFUT_USBIP_EPIPE = 32,
	DFUT_USBIP_EPROTO = 71,
	DFUT_USBIP_ECONNRESET = 104,
	DFUT_USBIP_ESHUTDOWN = 108,
	DFUT_USBIP_EREMOTEIO = 121,
};

/* enum usb_device_speed */
#define DFUT_USBIP_SPEED_FULL 2

#define DFUT_USBIP_OPERATION_SIZE 8
#define DFUT_USBIP_BUSID_SIZE 32
#define DFUT_USBIP_DEVICE_SIZE 312
#define DFUT_USBIP_HEADER_SIZE 48
#define DFUT_USBIP_SHORT_NOT_OK 1u

/* What a host asks of a device, or takes back. */
struct dfut_usbip_header {
	uint32_t command;
	uint32_t sequence;
	bool is_in;
	uint8_t endpoint;
	uint32_t flags;
	uint32_t length;
	uint32_t packets;
	uint32_t unlinked;
	struct dfut_sim_setup setup;
};

static inline uint16_t dfut_be16(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static inline uint32_t dfut_be32(const uint8_t *bytes)
{
	return (uint32_t)dfut_be16(bytes) << 16 | dfut_be16(bytes + 2);
}

static inline void dfut_put_be16(uint8_t *bytes, uint16_t value)
{
	bytes[0] = (uint8_t)(value >> 8);
	bytes[1] = (uint8_t)value;
}

static inline void dfut_put_be32(uint8_t *bytes, uint32_t value)
{
	dfut_put_be16(bytes, (uint16_t)(value >> 16));
	dfut_put_be16(bytes + 2, (uint16_t)value);
}

/* Each fills a whole field of the size that its name tells. */
void dfut_usbip_take_header(struct dfut_usbip_header *header, const uint8_t *bytes);
void dfut_usbip_put_operation(uint8_t *bytes, uint16_t operation, uint32_t status);
void dfut_usbip_put_device(uint8_t *bytes, const struct dfut_sim_device *device);
void dfut_usbip_put_submit_reply(uint8_t *bytes, uint32_t sequence, int status, uint32_t length);
void dfut_usbip_put_unlink_reply(uint8_t *bytes, uint32_t sequence, int status);

#endif
