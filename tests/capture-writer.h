/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Captures of a bus as usbmon, libpcap, Wireshark and USBPcap write them, for tests that read them. */

#ifndef CAPTURE_WRITER_H
#define CAPTURE_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define CAPTURE_SIZE 65536

enum capture_form {
	FORM_TEXT,
	FORM_PCAP,
	FORM_PCAP_BIG, /* of a big-endian machine, in nanoseconds, with the shorter header */
	FORM_PCAPNG,
	FORM_USBPCAP,
	FORM_COUNT,
};

/* A request with its answer. */
struct traffic_step {
	uint8_t address;
	char kind;	  /* 'C', 'B', 'I' */
	uint8_t endpoint; /* bEndpointAddress */
	uint8_t setup[8]; /* of 'C' */
	const uint8_t *data;
	size_t size;
	int status; /* as Linux numbers it */
	bool has_no_answer;
};

struct capture_writer {
	enum capture_form form;
	uint8_t bytes[CAPTURE_SIZE];
	size_t size;
	uint64_t at; /* us */
	uint64_t id;
};

static inline void capture_put(struct capture_writer *writer, const void *bytes, size_t size)
{
	memcpy(writer->bytes + writer->size, bytes, size);
	writer->size += size;
}

static inline void capture_put_number(struct capture_writer *writer, uint64_t value, int size)
{
	bool is_big = writer->form == FORM_PCAP_BIG;

	for (int i = 0; i < size; i++)
		writer->bytes[writer->size++] = (uint8_t)(value >> 8 * (is_big ? size - 1 - i : i));
}

/* What stands around a packet; size is that of the packet. */
static inline void capture_put_frame(struct capture_writer *writer, size_t size)
{
	size_t padded = (size + 3) / 4 * 4;

	switch (writer->form) {
	case FORM_PCAP:
	case FORM_USBPCAP:
	case FORM_PCAP_BIG:
		capture_put_number(writer, writer->at / 1000000, 4);
		capture_put_number(writer, writer->at % 1000000 * (writer->form == FORM_PCAP_BIG ? 1000 : 1), 4);
		capture_put_number(writer, size, 4);
		capture_put_number(writer, size, 4);
		break;
	case FORM_PCAPNG:
		capture_put_number(writer, 6, 4);
		capture_put_number(writer, 32 + padded, 4);
		capture_put_number(writer, 0, 4);
		capture_put_number(writer, writer->at >> 32, 4);
		capture_put_number(writer, writer->at & 0xffffffff, 4);
		capture_put_number(writer, size, 4);
		capture_put_number(writer, size, 4);
		break;
	case FORM_TEXT:
	case FORM_COUNT:
		break;
	}
}

static inline void capture_end_frame(struct capture_writer *writer, size_t size)
{
	if (writer->form != FORM_PCAPNG)
		return;
	while (size % 4 != 0) {
		writer->bytes[writer->size++] = 0;
		size++;
	}
	capture_put_number(writer, 32 + size, 4);
}

static inline void capture_begin(struct capture_writer *writer, enum capture_form form)
{
	memset(writer, 0, sizeof(*writer));
	writer->form = form;
	writer->at = 1700000000000000;
	writer->id = 0xffff888012345600;
	switch (form) {
	case FORM_TEXT:
	case FORM_COUNT:
		break;
	case FORM_PCAPNG:
		capture_put_number(writer, 0x0a0d0d0a, 4);
		capture_put_number(writer, 28, 4);
		capture_put_number(writer, 0x1a2b3c4d, 4);
		capture_put_number(writer, 1, 4);
		capture_put_number(writer, UINT64_MAX, 8);
		capture_put_number(writer, 28, 4);
		/* An interface with a resolution of microseconds, said. */
		capture_put_number(writer, 1, 4);
		capture_put_number(writer, 32, 4);
		capture_put_number(writer, 220, 4);
		capture_put_number(writer, 262144, 4);
		capture_put_number(writer, 9 | 1 << 16, 4);
		capture_put_number(writer, 6, 4);
		capture_put_number(writer, 0, 4);
		capture_put_number(writer, 32, 4);
		break;
	case FORM_PCAP:
	case FORM_PCAP_BIG:
	case FORM_USBPCAP:
		capture_put_number(writer, form == FORM_PCAP_BIG ? 0xa1b23c4d : 0xa1b2c3d4, 4);
		capture_put_number(writer, 2, 2);
		capture_put_number(writer, 4, 2);
		capture_put_number(writer, 0, 8);
		capture_put_number(writer, 262144, 4);
		capture_put_number(writer, form == FORM_USBPCAP ? 249 : form == FORM_PCAP_BIG ? 189 : 220, 4);
	}
}

static inline bool capture_is_in(const struct traffic_step *step)
{
	return (step->kind == 'C' ? step->setup[0] : step->endpoint) & 0x80;
}

static inline void capture_put_text(struct capture_writer *writer, const struct traffic_step *step, char stage,
				    size_t size)
{
	const uint8_t *setup = step->setup;
	char *text = (char *)writer->bytes + writer->size;
	bool has_data = size > 0 && capture_is_in(step) == (stage == 'C');
	size_t at = (size_t)sprintf(text, "%llx %u %c %c%c:1:%03u:%u ", (unsigned long long)writer->id,
				    (unsigned int)(writer->at % 1000000000), stage, step->kind,
				    capture_is_in(step) ? 'i' : 'o', step->address, step->endpoint & 15u);

	if (stage == 'C')
		at += (size_t)sprintf(text + at, "%d%s ", step->status, step->kind == 'I' ? ":8" : "");
	else if (step->kind == 'C')
		at += (size_t)sprintf(text + at, "s %02x %02x %04x %04x %04x ", setup[0], setup[1],
				      setup[2] | setup[3] << 8, setup[4] | setup[5] << 8, setup[6] | setup[7] << 8);
	else
		at += (size_t)sprintf(text + at, "-115 ");
	at += (size_t)sprintf(text + at, "%zu%s", size, has_data ? " =" : size > 0 ? " <" : "");
	for (size_t i = 0; has_data && i < size && i < 32; i++)
		at += (size_t)sprintf(text + at, "%s%02x", i % 4 == 0 ? " " : "", step->data[i]);
	at += (size_t)sprintf(text + at, "\n");
	writer->size += at;
}

static inline void capture_put_linux(struct capture_writer *writer, const struct traffic_step *step, char stage,
				     size_t size)
{
	static const uint8_t kinds[] = { ['I'] = 1, ['C'] = 2, ['B'] = 3 };
	bool has_data = size > 0 && capture_is_in(step) == (stage == 'C');
	size_t header = writer->form == FORM_PCAP_BIG ? 48 : 64;
	size_t whole = header + (has_data ? size : 0);

	capture_put_frame(writer, whole);
	capture_put_number(writer, writer->id, 8);
	capture_put_number(writer, (unsigned char)stage, 1);
	capture_put_number(writer, kinds[(unsigned char)step->kind], 1);
	capture_put_number(writer, (step->endpoint & 15u) | (capture_is_in(step) ? 0x80u : 0), 1);
	capture_put_number(writer, step->address, 1);
	capture_put_number(writer, 1, 2);
	capture_put_number(writer, step->kind == 'C' && stage == 'S' ? 0 : '-', 1);
	capture_put_number(writer, has_data ? 0 : '<', 1);
	capture_put_number(writer, writer->at / 1000000, 8);
	capture_put_number(writer, writer->at % 1000000, 4);
	capture_put_number(writer, (uint32_t)(stage == 'C' ? step->status : -115), 4);
	capture_put_number(writer, size, 4);
	capture_put_number(writer, has_data ? size : 0, 4);
	capture_put(writer, step->setup, 8);
	if (header == 64)
		for (int i = 0; i < 4; i++)
			capture_put_number(writer, 0, 4);
	if (has_data)
		capture_put(writer, step->data, size);
	capture_end_frame(writer, whole);
}

static inline void capture_put_usbpcap(struct capture_writer *writer, const struct traffic_step *step, char stage,
				       size_t size)
{
	static const uint8_t kinds[] = { ['I'] = 1, ['C'] = 2, ['B'] = 3 };
	bool has_data = size > 0 && capture_is_in(step) == (stage == 'C');
	size_t header = step->kind == 'C' ? 28 : 27;
	size_t setup = step->kind == 'C' && stage == 'S' ? 8 : 0;
	size_t length = setup + (has_data ? size : 0);

	capture_put_frame(writer, header + length);
	capture_put_number(writer, header, 2);
	capture_put_number(writer, writer->id, 8);
	capture_put_number(writer, stage == 'C' && step->status == -32 ? 0xc0000004 : 0, 4);
	capture_put_number(writer, 8, 2);
	capture_put_number(writer, stage == 'C', 1);
	capture_put_number(writer, 1, 2);
	capture_put_number(writer, step->address, 2);
	capture_put_number(writer, (step->endpoint & 15u) | (capture_is_in(step) ? 0x80u : 0), 1);
	capture_put_number(writer, kinds[(unsigned char)step->kind], 1);
	capture_put_number(writer, length, 4);
	if (step->kind == 'C')
		capture_put_number(writer, stage == 'S' ? 0 : 3, 1);
	capture_put(writer, step->setup, setup);
	if (has_data)
		capture_put(writer, step->data, size);
}

static inline void capture_put_packet(struct capture_writer *writer, const struct traffic_step *step, char stage)
{
	/* An answer that failed has moved nothing. */
	size_t size = stage == 'C' && step->status ? 0 : step->size;

	if (writer->form == FORM_TEXT)
		capture_put_text(writer, step, stage, size);
	else if (writer->form == FORM_USBPCAP)
		capture_put_usbpcap(writer, step, stage, size);
	else
		capture_put_linux(writer, step, stage, size);
}

/* 100 us for an answer, 1 ms until the next request. */
static inline void capture_put_step(struct capture_writer *writer, const struct traffic_step *step)
{
	writer->id += 0x40;
	capture_put_packet(writer, step, 'S');
	writer->at += 100;
	if (!step->has_no_answer)
		capture_put_packet(writer, step, 'C');
	writer->at += 1000;
}

#endif
