/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The headers of packets in pcap files: Linux' usbmon (struct usbmon_packet of Documentation/usb/usbmon.rst, in the byte order of
 * the machine that wrote it) and Windows' USBPcap (USBPCAP_BUFFER_PACKET_HEADER, little endian). */

#include "sim/capture/capture.h"

#define LINUX_SIZE 48
#define LINUX_MMAPPED_SIZE 64
#define LINUX_ISO_DESCRIPTOR 16

#define USBPCAP_SIZE 27
#define USBPCAP_CONTROL_SIZE 28
#define USBPCAP_FROM_DEVICE 0x01
#define USBPCAP_STAGE_SETUP 0
#define USBPCAP_STAGE_DATA 1

/* Windows' USBD_STATUS */
#define USBD_STALL_PID 0xc0000004
#define USBD_DEVICE_GONE 0xc0007000
#define USBD_CANCELED 0xc0010000

#define SETUP_SIZE 8

bool capture_has_link_type(uint32_t link_type)
{
	return link_type == CAPTURE_USB_LINUX || link_type == CAPTURE_USB_LINUX_MMAPPED || link_type == CAPTURE_USBPCAP;
}

static bool read_linux(const struct capture *capture, uint32_t link_type, const uint8_t *bytes, size_t size,
		       struct capture_packet *packet)
{
	size_t header = link_type == CAPTURE_USB_LINUX ? LINUX_SIZE : LINUX_MMAPPED_SIZE;

	if (size < header || bytes[9] > CAPTURE_BULK)
		return false;
	packet->id = capture_get64(capture, bytes);
	packet->stage = bytes[8] == 'S' ? CAPTURE_ASKED : CAPTURE_OVER;
	packet->kind = (enum capture_kind)bytes[9];
	packet->endpoint = bytes[10];
	packet->address = bytes[11];
	packet->bus = capture_get16(capture, bytes + 12);
	packet->status = packet->stage == CAPTURE_OVER ? (int32_t)capture_get32(capture, bytes + 28) : 0;
	packet->length = capture_get32(capture, bytes + 32);
	if (packet->kind == CAPTURE_CONTROL && packet->stage == CAPTURE_ASKED && bytes[14] == 0)
		packet->setup = bytes + 40;
	/* Isochronous ones have descriptors in front of their data; nobody needs either. */
	if (packet->kind == CAPTURE_ISOCHRONOUS)
		return false;
	packet->data = bytes + header;
	packet->size = bytes[15] == 0 ? size - header : 0;
	return true;
}

static int get_usbd_status(uint32_t status)
{
	switch (status) {
	case 0:
		return CAPTURE_STATUS_OK;
	case USBD_STALL_PID:
		return CAPTURE_STATUS_STALL;
	case USBD_DEVICE_GONE:
		return CAPTURE_STATUS_NO_DEVICE;
	case USBD_CANCELED:
		return CAPTURE_STATUS_UNLINKED;
	default:
		return status >> 30 == 3 ? CAPTURE_STATUS_PROTOCOL : CAPTURE_STATUS_OK;
	}
}

static enum capture_stage get_usbpcap_stage(const uint8_t *bytes, const struct capture_packet *packet)
{
	bool from_device = bytes[16] & USBPCAP_FROM_DEVICE;

	if (packet->kind != CAPTURE_CONTROL)
		return from_device ? CAPTURE_OVER : CAPTURE_ASKED;
	if (bytes[27] == USBPCAP_STAGE_SETUP)
		return CAPTURE_ASKED;
	return bytes[27] == USBPCAP_STAGE_DATA ? CAPTURE_MORE : CAPTURE_OVER;
}

static bool read_usbpcap(const uint8_t *bytes, size_t size, struct capture_packet *packet)
{
	size_t header;

	if (size < USBPCAP_SIZE)
		return false;
	header = dfut_le16(bytes);
	if (bytes[22] > CAPTURE_BULK || bytes[22] == CAPTURE_ISOCHRONOUS || header < USBPCAP_SIZE || header > size ||
	    (bytes[22] == CAPTURE_CONTROL && header < USBPCAP_CONTROL_SIZE))
		return false;
	packet->id = (uint64_t)dfut_le32(bytes + 6) << 32 | dfut_le32(bytes + 2);
	packet->status = get_usbd_status(dfut_le32(bytes + 10));
	packet->bus = dfut_le16(bytes + 17);
	packet->address = dfut_le16(bytes + 19);
	packet->endpoint = bytes[21];
	packet->kind = (enum capture_kind)bytes[22];
	packet->length = dfut_le32(bytes + 23);
	packet->stage = get_usbpcap_stage(bytes, packet);
	packet->data = bytes + header;
	packet->size = size - header;
	if (packet->kind != CAPTURE_CONTROL || packet->stage != CAPTURE_ASKED)
		return true;
	if (packet->size < SETUP_SIZE)
		return false;
	packet->setup = packet->data;
	packet->data += SETUP_SIZE;
	packet->size -= SETUP_SIZE;
	packet->length = dfut_le16(packet->setup + 6);
	return true;
}

bool capture_read_header(const struct capture *capture, uint32_t link_type, const uint8_t *bytes, size_t size,
			 struct capture_packet *packet)
{
	bool is_known = link_type == CAPTURE_USBPCAP ? read_usbpcap(bytes, size, packet) :
						       read_linux(capture, link_type, bytes, size, packet);

	if (!is_known)
		return false;
	if (packet->stage == CAPTURE_OVER && packet->size > packet->length)
		packet->size = packet->length;
	return true;
}
