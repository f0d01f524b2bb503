/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What others recorded of a USB bus, packet by packet: usbmon's text (Linux, Documentation/usb/usbmon.rst), and pcap and pcapng
 * files of usbmon and of USBPcap. */

#ifndef DFUT_CAPTURE_H
#define DFUT_CAPTURE_H

#include "base/base.h"

/* As usbmon and USBPcap number them. */
enum capture_kind {
	CAPTURE_ISOCHRONOUS,
	CAPTURE_INTERRUPT,
	CAPTURE_CONTROL,
	CAPTURE_BULK,
};

enum capture_stage {
	CAPTURE_ASKED, /* the host gave the request to its controller */
	CAPTURE_MORE,  /* USBPcap before 1.3: the data of a control request by themselves */
	CAPTURE_OVER,
};

/* Why a request failed, as Linux numbers it. */
enum capture_status {
	CAPTURE_STATUS_OK = 0,
	CAPTURE_STATUS_UNLINKED = -2,
	CAPTURE_STATUS_NO_DEVICE = -19,
	CAPTURE_STATUS_STALL = -32,
	CAPTURE_STATUS_PROTOCOL = -71,
	CAPTURE_STATUS_RESET = -104,
	CAPTURE_STATUS_SHUTDOWN = -108,
	CAPTURE_STATUS_TIMEOUT = -110,
	CAPTURE_STATUS_SHORT = -121,
};

struct capture_packet {
	uint64_t at; /* us */
	uint64_t id; /* equal in what belongs to one request */
	unsigned int bus;
	unsigned int address;
	uint8_t endpoint; /* bEndpointAddress; of control requests the direction is in the setup */
	enum capture_kind kind;
	enum capture_stage stage;
	int status;
	const uint8_t *setup; /* 8 bytes, NULL if it is not there */
	uint32_t length;      /* bytes that were asked for, or moved */
	const uint8_t *data;
	size_t size; /* of what was kept of them */
};

#define CAPTURE_INTERFACES 32
#define CAPTURE_TEXT_DATA 4096

/* A bus as pcap calls it: which header its packets have, and in which fractions of a second their times are. */
struct capture_interface {
	uint32_t link_type;
	uint64_t ticks; /* in a second */
};

struct capture {
	const uint8_t *bytes;
	size_t size;
	size_t at;	   /* of what comes next */
	size_t line;	   /* of a text */
	const char *error; /* what is wrong at `at`, NULL for nothing */
	bool (*next)(struct capture *capture, struct capture_packet *packet);
	bool is_big_endian;
	struct capture_interface interfaces[CAPTURE_INTERFACES];
	size_t interface_count;
	uint8_t setup[8]; /* of a text */
	uint8_t data[CAPTURE_TEXT_DATA];
};

/* False, with the error set, if it is none that is known. The bytes must outlive it. */
bool capture_open(struct capture *capture, const uint8_t *bytes, size_t size);
/* False at the end, and where the error is set. One that ends within a packet ends there. */
static inline bool capture_next(struct capture *capture, struct capture_packet *packet)
{
	return !capture->error && capture->next(capture, packet);
}

/* usbmon-text.c */
bool capture_is_text(const uint8_t *bytes, size_t size);
bool capture_next_line(struct capture *capture, struct capture_packet *packet);

/* pcap.c: false, without an error, if it is none */
bool capture_open_pcap(struct capture *capture);
bool capture_open_pcapng(struct capture *capture);

/* headers.c: what is in front of the data of a packet, by its link type (tcpdump's LINKTYPE_). False if it is to be left out. */
#define CAPTURE_USB_LINUX 189
#define CAPTURE_USB_LINUX_MMAPPED 220
#define CAPTURE_USBPCAP 249
bool capture_has_link_type(uint32_t link_type);
bool capture_read_header(const struct capture *capture, uint32_t link_type, const uint8_t *bytes, size_t size,
			 struct capture_packet *packet);

static inline uint32_t capture_get32(const struct capture *capture, const uint8_t *bytes)
{
	uint32_t value = dfut_le32(bytes);

	return capture->is_big_endian ? value >> 24 | (value >> 8 & 0xff00) | (value << 8 & 0xff0000) | value << 24 :
					value;
}

static inline uint16_t capture_get16(const struct capture *capture, const uint8_t *bytes)
{
	uint16_t value = dfut_le16(bytes);

	return capture->is_big_endian ? (uint16_t)(value >> 8 | value << 8) : value;
}

static inline uint64_t capture_get64(const struct capture *capture, const uint8_t *bytes)
{
	uint64_t first = capture_get32(capture, bytes);
	uint64_t second = capture_get32(capture, bytes + 4);

	return capture->is_big_endian ? first << 32 | second : second << 32 | first;
}

#endif
