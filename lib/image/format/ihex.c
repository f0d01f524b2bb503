/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Intel HEX (Intel, "Hexadecimal Object File Format Specification", revision A, 1988), and what the micro:bit's Universal
 * Hex (github.com/microbit-foundation/spec-universal-hex) adds: sections, each with firmware for a board of its own.
 */

#include <stdio.h>

#include "image/format/records.h"

#define TYPE_DATA 0x00
#define TYPE_END 0x01
#define TYPE_SEGMENT 0x02
#define TYPE_START_SEGMENT 0x03
#define TYPE_LINEAR 0x04
#define TYPE_START_LINEAR 0x05
#define TYPE_BOARD 0x0a
#define TYPE_BOARD_END 0x0b
#define TYPE_PADDING 0x0c
#define TYPE_BOARD_DATA 0x0d /* where a loader that does not know boards must not take it */
#define TYPE_OTHER 0x0e

/* Offsets in a record */
#define OFFSET 1
#define TYPE 3
#define DATA 4

#define SEGMENT_SIZE 0x10000u
#define LINE_SIZE 16

static const struct dfut_record_kind kind = { ':', false, 5, 0, 0x00 };

struct ihex {
	struct dfut_loader *loader;
	struct dfut_records records;
	struct dfut_pieces pieces;
	uint32_t base;
	bool is_linear; /* else addresses do not go on at the end of 64 KiB */
	size_t data_count;
	uint32_t board; /* group of the section */
	bool is_in_section;
	bool has_ended;
};

bool dfut_ihex_matches(const struct dfut_image *image)
{
	return dfut_records_match(image, &kind);
}

static unsigned int be16(const uint8_t *bytes)
{
	return (unsigned int)bytes[0] << 8 | bytes[1];
}

static uint32_t be32(const uint8_t *bytes)
{
	return (uint32_t)be16(bytes) << 16 | be16(bytes + 2);
}

static bool is_universal(const struct ihex *ihex)
{
	return ihex->loader->image->family_count > 0;
}

static int add_data(struct ihex *ihex, const struct dfut_record *record)
{
	uint32_t offset = be16(record->bytes + OFFSET);
	int result = 0;

	if (is_universal(ihex) && !ihex->is_in_section)
		return dfut_image_doubt(ihex->loader, DFUT_ERROR_IMAGE, DFUT_CHECK_FORMAT,
					"line %zu: data for no board, outside of the sections of a Universal Hex",
					record->line);
	ihex->data_count++;
	if (!ihex->is_linear && offset + record->bytes[0] > SEGMENT_SIZE)
		result = dfut_image_doubt(
			ihex->loader, DFUT_ERROR_IMAGE, DFUT_CHECK_FORMAT,
			"line %zu: %u bytes at offset %04lX go beyond the end of their segment of 64 KiB", record->line,
			(unsigned int)record->bytes[0], (unsigned long)offset);
	if (result < 0)
		return result;
	if (offset > UINT32_MAX - ihex->base)
		return dfut_fail(ihex->loader->failure, DFUT_ERROR_IMAGE,
				 "line %zu: the address is beyond the last, 0xffffffff", record->line);
	return dfut_records_add_piece(&ihex->pieces, record, DATA, ihex->base + offset, ihex->board);
}

static void note_start(struct ihex *ihex, const struct dfut_record *record)
{
	const uint8_t *data = record->bytes + DATA;

	if (record->bytes[TYPE] == TYPE_START_SEGMENT) {
		dfut_image_add_fact(ihex->loader, "start_segment", "%04x:%04x", be16(data), be16(data + 2));
		return;
	}
	ihex->loader->image->has_entry = !is_universal(ihex);
	ihex->loader->image->entry = be32(data);
	dfut_image_add_fact(ihex->loader, "start_address", "0x%08lx", (unsigned long)be32(data));
}

/* How many bytes of data a record of the type has, -1 for any number. */
static int get_data_size(uint8_t type)
{
	static const int sizes[] = { -1, 0, 2, 4, 2, 4, -1, -1, -1, -1, 4 };

	return type < DFUT_COUNT(sizes) ? sizes[type] : -1;
}

/* The others of a Universal Hex are known once it has shown that it is one. */
static bool is_known(const struct ihex *ihex, uint8_t type)
{
	if (type <= TYPE_START_LINEAR || type == TYPE_BOARD)
		return true;
	return is_universal(ihex) && type > TYPE_BOARD && type <= TYPE_OTHER;
}

static int begin_section(struct ihex *ihex, const struct dfut_record *record)
{
	struct dfut_image *image = ihex->loader->image;
	uint32_t id = be16(record->bytes + DATA);
	char text[40];
	char key[40];
	size_t i = 0;

	ihex->is_in_section = true;
	while (i < image->family_count && image->families[i].id != id)
		i++;
	ihex->board = (uint32_t)i;
	if (i < image->family_count)
		return 0;
	if (i == DFUT_MAX_FAMILIES)
		return dfut_fail(ihex->loader->failure, DFUT_ERROR_IMAGE, "line %zu: firmware for more than %d boards",
				 record->line, DFUT_MAX_FAMILIES);
	image->families[image->family_count++] = (struct dfut_family){ true, id };
	dfut_uf2_put_family(text, sizeof(text), id);
	snprintf(key, sizeof(key), "universal_hex_board_%zu", i);
	dfut_image_add_fact(ihex->loader, key, "%s", text);
	return 0;
}

static int judge_record(struct ihex *ihex, const struct dfut_record *record)
{
	int size = get_data_size(record->bytes[TYPE]);

	if (size >= 0 && record->bytes[0] != size)
		return dfut_image_doubt(ihex->loader, DFUT_ERROR_IMAGE, DFUT_CHECK_LENGTH,
					"line %zu: a record of type %02X has %d bytes of data, this one %u",
					record->line, (unsigned int)record->bytes[TYPE], size,
					(unsigned int)record->bytes[0]);
	if (!is_known(ihex, record->bytes[TYPE]))
		return dfut_image_doubt(ihex->loader, DFUT_ERROR_IMAGE, DFUT_CHECK_FORMAT,
					"line %zu: a record of type %02X, which Intel HEX does not have", record->line,
					(unsigned int)record->bytes[TYPE]);
	return 1;
}

static int take_record(struct ihex *ihex, const struct dfut_record *record)
{
	int result = judge_record(ihex, record);

	if (result <= 0)
		return result;
	switch (record->bytes[TYPE]) {
	case TYPE_DATA:
	case TYPE_BOARD_DATA:
		return add_data(ihex, record);
	case TYPE_BOARD:
		return begin_section(ihex, record);
	case TYPE_BOARD_END:
		ihex->is_in_section = false;
		return 0;
	case TYPE_PADDING:
	case TYPE_OTHER:
		return 0;
	case TYPE_END:
		ihex->has_ended = true;
		return dfut_records_end(&ihex->records);
	case TYPE_SEGMENT:
		ihex->base = (uint32_t)be16(record->bytes + DATA) << 4;
		ihex->is_linear = false;
		return 0;
	case TYPE_LINEAR:
		ihex->base = (uint32_t)be16(record->bytes + DATA) << 16;
		ihex->is_linear = true;
		return 0;
	default:
		note_start(ihex, record);
		return 0;
	}
}

static int read_records(struct ihex *ihex)
{
	struct dfut_record record;
	int result = 1;

	while (result > 0 && !ihex->has_ended) {
		result = dfut_records_next(&ihex->records, &record);
		if (result > 0 && take_record(ihex, &record) < 0)
			return ihex->loader->failure->code;
	}
	if (result < 0)
		return result;
	dfut_image_add_fact(ihex->loader, "data_records", "%zu", ihex->data_count);
	if (!ihex->has_ended)
		return dfut_image_doubt(ihex->loader, DFUT_ERROR_IMAGE, DFUT_CHECK_LENGTH,
					"line %zu: the file ends without an end-of-file record", ihex->records.line);
	return 0;
}

int dfut_ihex_inspect(struct dfut_loader *loader)
{
	struct ihex ihex = { .loader = loader, .pieces = { .loader = loader } };
	int result;

	dfut_records_begin(&ihex.records, loader, &kind);
	result = dfut_records_finish(&ihex.records, read_records(&ihex));
	if (result == 0)
		result = dfut_pieces_join(&ihex.pieces, NULL);
	dfut_pieces_free(&ihex.pieces);
	return result;
}

/* Writing */

static int write_record(struct dfut_buffer *file, uint8_t type, uint32_t offset, const uint8_t *data, size_t size)
{
	uint8_t bytes[DATA + LINE_SIZE] = { (uint8_t)size, (uint8_t)(offset >> 8), (uint8_t)offset, type };

	for (size_t i = 0; i < size; i++)
		bytes[DATA + i] = data[i];
	return dfut_records_write(file, &kind, 0, bytes, DATA + size);
}

static int write_base(struct dfut_buffer *file, uint32_t address)
{
	const uint8_t upper[] = { (uint8_t)(address >> 24), (uint8_t)(address >> 16) };

	return write_record(file, TYPE_LINEAR, 0, upper, sizeof(upper));
}

/* Records begin at multiples of their size, so that none crosses 64 KiB. */
static int write_segment(struct dfut_buffer *file, const struct dfut_segment *segment, uint32_t *base)
{
	size_t done = 0;
	int result = 0;

	while (result == 0 && done < segment->size) {
		uint32_t address = segment->address + (uint32_t)done;
		size_t room = LINE_SIZE - address % LINE_SIZE;
		size_t size = segment->size - done < room ? segment->size - done : room;

		if (address >> 16 != *base >> 16)
			result = write_base(file, address);
		*base = address;
		if (result == 0)
			result = write_record(file, TYPE_DATA, address & 0xffff, segment->data + done, size);
		done += size;
	}
	return result;
}

int dfut_ihex_write(const struct dfut_source *source, struct dfut_buffer *file)
{
	const uint8_t entry[] = { (uint8_t)(source->entry >> 24), (uint8_t)(source->entry >> 16),
				  (uint8_t)(source->entry >> 8), (uint8_t)source->entry };
	uint32_t base = 0;
	int result = 0;

	for (size_t i = 0; result == 0 && i < source->count; i++)
		result = write_segment(file, &source->segments[i], &base);
	if (result == 0 && source->has_entry)
		result = write_record(file, TYPE_START_LINEAR, 0, entry, sizeof(entry));
	return result < 0 ? result : write_record(file, TYPE_END, 0, NULL, 0);
}
