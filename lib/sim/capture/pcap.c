/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The files of libpcap (pcap-savefile(5)) and of Wireshark (pcapng, draft-ietf-opsawg-pcapng). */

#include <string.h>

#include "sim/capture/capture.h"

#define PCAP_US 0xa1b2c3d4
#define PCAP_NS 0xa1b23c4d
#define PCAP_HEADER 24
#define PCAP_RECORD 16

#define SECTION_HEADER 0x0a0d0d0a
#define SECTION_ORDER 0x1a2b3c4d
#define INTERFACE_DESCRIPTION 1
#define OBSOLETE_PACKET 2
#define ENHANCED_PACKET 6
#define BLOCK_FRAME 12 /* type, length, and length again */
#define OPTION_END 0
#define OPTION_RESOLUTION 9
#define PACKET_HEADER 20

#define US 1000000

/* The order of a magic number says that of the file. */
static bool take_order(struct capture *capture, const uint8_t *bytes, uint32_t magic)
{
	capture->is_big_endian = false;
	if (capture_get32(capture, bytes) == magic)
		return true;
	capture->is_big_endian = true;
	return capture_get32(capture, bytes) == magic;
}

static uint64_t get_us(uint64_t ticks, uint64_t in_second)
{
	uint64_t seconds = ticks / in_second;
	uint64_t rest = ticks % in_second;

	/* Of what is finer than 2^43 ticks a second, the rest times a million would not fit. */
	while (in_second > UINT64_C(1) << 43) {
		in_second /= 2;
		rest /= 2;
	}
	return seconds * US + rest * US / in_second;
}

static bool read_packet(struct capture *capture, const struct capture_interface *interface, const uint8_t *bytes,
			size_t size, struct capture_packet *packet)
{
	return capture_read_header(capture, interface->link_type, bytes, size, packet);
}

static bool next_record(struct capture *capture, struct capture_packet *packet)
{
	const struct capture_interface *interface = &capture->interfaces[0];

	while (capture->size - capture->at >= PCAP_RECORD) {
		const uint8_t *record = capture->bytes + capture->at;
		uint32_t size = capture_get32(capture, record + 8);

		if (size > capture->size - capture->at - PCAP_RECORD)
			return false;
		memset(packet, 0, sizeof(*packet));
		packet->at = (uint64_t)capture_get32(capture, record) * US +
			     get_us(capture_get32(capture, record + 4), interface->ticks);
		capture->at += PCAP_RECORD + size;
		if (read_packet(capture, interface, record + PCAP_RECORD, size, packet))
			return true;
	}
	return false;
}

static bool take_interface(struct capture *capture, uint32_t link_type, uint64_t ticks)
{
	if (capture->interface_count == CAPTURE_INTERFACES) {
		capture->error = "more interfaces than are read of a capture";
		return false;
	}
	capture->interfaces[capture->interface_count++] = (struct capture_interface){ link_type, ticks };
	return true;
}

bool capture_open_pcap(struct capture *capture)
{
	uint32_t link_type;
	bool is_ns;

	if (capture->size < PCAP_HEADER)
		return false;
	is_ns = take_order(capture, capture->bytes, PCAP_NS);
	if (!is_ns && !take_order(capture, capture->bytes, PCAP_US))
		return false;
	/* What is above is about checksums. */
	link_type = capture_get32(capture, capture->bytes + 20) & 0xffff;
	if (!capture_has_link_type(link_type)) {
		capture->error = "a capture of something other than USB";
		return false;
	}
	capture->at = PCAP_HEADER;
	capture->next = next_record;
	return take_interface(capture, link_type, is_ns ? 1000 * (uint64_t)US : US);
}

/* if_tsresol: a power of 10, or of 2. 0 if it is none that can be. */
static uint64_t get_ticks(uint8_t resolution)
{
	uint64_t ticks = 1;

	if (resolution & 0x80)
		return (resolution & 0x7f) < 64 ? UINT64_C(1) << (resolution & 0x7f) : 0;
	if (resolution > 19)
		return 0;
	for (int i = 0; i < resolution; i++)
		ticks *= 10;
	return ticks;
}

static bool read_interface(struct capture *capture, const uint8_t *body, size_t size)
{
	uint64_t ticks = US;
	size_t at = 8;

	if (size < at) {
		capture->error = "an interface without a description";
		return false;
	}
	while (size - at >= 4) {
		uint16_t option = capture_get16(capture, body + at);
		uint16_t length = capture_get16(capture, body + at + 2);

		at += 4;
		if (option == OPTION_END || length > size - at)
			break;
		if (option == OPTION_RESOLUTION && length == 1)
			ticks = get_ticks(body[at]);
		at += length + (4 - length % 4) % 4;
		if (at > size)
			break;
	}
	if (ticks == 0) {
		capture->error = "times in a resolution that can't be";
		return false;
	}
	return take_interface(capture, capture_get16(capture, body), ticks);
}

/* The older kind of packet has the number of packets that were lost beside its interface. */
static bool read_block_packet(struct capture *capture, uint32_t type, const uint8_t *body, size_t size,
			      struct capture_packet *packet)
{
	const struct capture_interface *interface;
	size_t index;
	uint32_t captured;

	if (size < PACKET_HEADER)
		return false;
	index = type == ENHANCED_PACKET ? capture_get32(capture, body) : capture_get16(capture, body);
	captured = capture_get32(capture, body + 12);
	if (index >= capture->interface_count || captured > size - PACKET_HEADER)
		return false;
	interface = &capture->interfaces[index];
	if (!capture_has_link_type(interface->link_type))
		return false;
	memset(packet, 0, sizeof(*packet));
	packet->at = get_us((uint64_t)capture_get32(capture, body + 4) << 32 | capture_get32(capture, body + 8),
			    interface->ticks);
	return read_packet(capture, interface, body + PACKET_HEADER, captured, packet);
}

/* A section header's length is in an order that only its body tells. */
static bool begin_section(struct capture *capture, const uint8_t *block)
{
	if (!take_order(capture, block + 8, SECTION_ORDER)) {
		capture->error = "a section in no order of bytes";
		return false;
	}
	capture->interface_count = 0;
	return true;
}

static bool next_block(struct capture *capture, struct capture_packet *packet)
{
	while (capture->size - capture->at >= BLOCK_FRAME) {
		const uint8_t *block = capture->bytes + capture->at;
		uint32_t type = capture_get32(capture, block);
		uint32_t length;

		if (type == SECTION_HEADER && !begin_section(capture, block))
			return false;
		length = capture_get32(capture, block + 4);
		if (length < BLOCK_FRAME || length % 4 != 0) {
			capture->error = "a block of a length that can't be";
			return false;
		}
		if (length > capture->size - capture->at)
			return false;
		capture->at += length;
		if (type == INTERFACE_DESCRIPTION && !read_interface(capture, block + 8, length - BLOCK_FRAME))
			return false;
		if ((type == ENHANCED_PACKET || type == OBSOLETE_PACKET) &&
		    read_block_packet(capture, type, block + 8, length - BLOCK_FRAME, packet))
			return true;
	}
	return false;
}

bool capture_open_pcapng(struct capture *capture)
{
	if (capture->size < BLOCK_FRAME + 16 || dfut_le32(capture->bytes) != SECTION_HEADER)
		return false;
	capture->next = next_block;
	return true;
}
