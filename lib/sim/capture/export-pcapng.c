/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Requests as packets of usbmon (Linux, Documentation/usb/usbmon.rst: struct usbmon_packet) in a file of Wireshark's (pcapng,
 * draft-ietf-opsawg-pcapng), little endian, with times in microseconds. */

#include <stdlib.h>
#include <string.h>

#include "sim/capture/export.h"

#define SECTION_HEADER 0x0a0d0d0a
#define SECTION_ORDER 0x1a2b3c4d
#define INTERFACE_DESCRIPTION 1
#define ENHANCED_PACKET 6
#define PACKET_FRAME 32
#define HEADER_SIZE 64
#define US 1000000
#define IN_PROGRESS (-115)
/* How many bytes a packet may have; for readers. */
#define SNAP_LENGTH (16 * 1024 * 1024)

/* A request is two packets. */
struct packet {
	uint64_t at;
	size_t order;
	const struct capture_request *request;
	bool is_answer;
};

struct output {
	dfut_writer writer;
	void *data;
	int result;
};

static void put(struct output *output, const uint8_t *bytes, size_t size)
{
	if (output->result == 0 && size)
		output->result = output->writer(bytes, size, output->data);
}

static void put_header(struct output *output)
{
	uint8_t section[28] = { 0 };
	uint8_t interface[20] = { 0 };

	dfut_put_le32(section, SECTION_HEADER);
	dfut_put_le32(section + 4, sizeof(section));
	dfut_put_le32(section + 8, SECTION_ORDER);
	dfut_put_le16(section + 12, 1);
	/* Its length is not told. */
	memset(section + 16, 0xff, 8);
	dfut_put_le32(section + 24, sizeof(section));
	put(output, section, sizeof(section));
	dfut_put_le32(interface, INTERFACE_DESCRIPTION);
	dfut_put_le32(interface + 4, sizeof(interface));
	dfut_put_le16(interface + 8, CAPTURE_USB_LINUX_MMAPPED);
	dfut_put_le32(interface + 12, SNAP_LENGTH);
	dfut_put_le32(interface + 16, sizeof(interface));
	put(output, interface, sizeof(interface));
}

/* What belongs to one request has one id. */
static void fill_header(uint8_t header[HEADER_SIZE], const struct packet *packet, uint64_t id)
{
	static const uint8_t directions[] = { '>', '<' };
	const struct capture_request *request = packet->request;
	bool is_carrying = request->size > 0 && request->is_in == packet->is_answer;
	uint32_t length = packet->is_answer ? request->moved : request->asked;

	dfut_put_le32(header, (uint32_t)id);
	dfut_put_le32(header + 4, (uint32_t)(id >> 32));
	header[8] = packet->is_answer ? 'C' : 'S';
	header[9] = (uint8_t)request->kind;
	header[10] = (uint8_t)(request->has_setup ? (request->is_in ? 0x80 : 0) : request->endpoint);
	header[11] = (uint8_t)request->address;
	dfut_put_le16(header + 12, (uint16_t)request->bus);
	header[14] = request->has_setup && !packet->is_answer ? 0 : '-';
	header[15] = is_carrying ? 0 : directions[request->is_in];
	dfut_put_le32(header + 16, (uint32_t)(packet->at / US));
	dfut_put_le32(header + 20, (uint32_t)(packet->at / US >> 32));
	dfut_put_le32(header + 24, (uint32_t)(packet->at % US));
	dfut_put_le32(header + 28, (uint32_t)(packet->is_answer ? request->status : IN_PROGRESS));
	dfut_put_le32(header + 32, length);
	dfut_put_le32(header + 36, is_carrying ? (uint32_t)request->size : 0);
	if (request->has_setup && !packet->is_answer)
		memcpy(header + 40, request->setup, sizeof(request->setup));
}

static void put_packet(struct output *output, const struct packet *packet, uint64_t id)
{
	const struct capture_request *request = packet->request;
	size_t size = request->is_in == packet->is_answer ? request->size : 0;
	size_t padding = (4 - size % 4) % 4;
	uint32_t whole = (uint32_t)(PACKET_FRAME + HEADER_SIZE + size + padding);
	uint8_t front[28 + HEADER_SIZE] = { 0 };
	uint8_t back[8] = { 0 };

	dfut_put_le32(front, ENHANCED_PACKET);
	dfut_put_le32(front + 4, whole);
	dfut_put_le32(front + 12, (uint32_t)(packet->at >> 32));
	dfut_put_le32(front + 16, (uint32_t)packet->at);
	dfut_put_le32(front + 20, (uint32_t)(HEADER_SIZE + size));
	dfut_put_le32(front + 24, (uint32_t)(HEADER_SIZE + size));
	fill_header(front + 28, packet, id);
	put(output, front, sizeof(front));
	put(output, request->data, size);
	dfut_put_le32(back + padding, whole);
	put(output, back, padding + 4);
}

/* In time; of those that are at once, as they stand in the session. */
static int compare(const void *a, const void *b)
{
	const struct packet *first = a, *second = b;

	if (first->at != second->at)
		return first->at < second->at ? -1 : 1;
	return first->order < second->order ? -1 : first->order > second->order;
}

int export_write(struct export *export, dfut_writer writer, void *data)
{
	struct output output = { .writer = writer, .data = data };
	struct packet *packets = calloc(2 * export->request_count + 1, sizeof(*packets));
	size_t count = 0;

	if (!packets)
		return DFUT_ERROR_NO_MEMORY;
	for (size_t i = 0; i < export->request_count; i++) {
		const struct capture_request *request = &export->requests[i];

		packets[count++] = (struct packet){ request->at, 2 * i, request, false };
		if (request->is_answered)
			packets[count++] = (struct packet){ request->over, 2 * i + 1, request, true };
	}
	qsort(packets, count, sizeof(*packets), compare);
	put_header(&output);
	for (size_t i = 0; i < count; i++)
		put_packet(&output, &packets[i], 1 + (uint64_t)(packets[i].request - export->requests));
	free(packets);
	return output.result;
}
