/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Reading, judging and writing lines of hexadecimal digits. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "image/format/records.h"
#include "image/paged.h"

/* So much of a record must be digits for the file to be taken for one of its kind. */
#define DIGITS_TO_MATCH 8
/* DOS ended text files with it. */
#define CONTROL_Z 0x1a

/* One more than the value of a digit; 0 for what is none. */
static const uint8_t digits_of[256] = {
	['0'] = 1,  ['1'] = 2,	['2'] = 3,  ['3'] = 4,	['4'] = 5,  ['5'] = 6,	['6'] = 7,  ['7'] = 8,
	['8'] = 9,  ['9'] = 10, ['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
	['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
};

static int get_digit(uint8_t character)
{
	return digits_of[character] - 1;
}

static bool is_line_end(uint8_t character)
{
	return character == '\n' || character == '\r';
}

static bool is_blank(uint8_t character)
{
	return character == ' ' || character == '\t' || character == CONTROL_Z || is_line_end(character);
}

/* Drops what is before the offset, and makes room for a chunk behind what is left. */
static int make_room(struct dfut_records *records)
{
	size_t left = records->end - records->offset;
	uint8_t *chunks = records->chunks;

	if (left > 0)
		memmove(chunks, chunks + (records->offset - records->start), left);
	records->start = records->offset;
	if (left + DFUT_PAGED_CHUNK_SIZE > records->room) {
		chunks = realloc(chunks, left + DFUT_PAGED_CHUNK_SIZE);
		if (!chunks)
			return dfut_fail_memory(records->loader->failure);
		records->chunks = chunks;
		records->room = left + DFUT_PAGED_CHUNK_SIZE;
	}
	records->window = chunks;
	return 0;
}

/* Whether the window has the byte at an offset, or the next chunk brings it: 1, 0 at the end of the file, or an error. */
static int has(struct dfut_records *records, size_t offset)
{
	const struct dfut_image *image = records->loader->image;
	size_t size;

	if (offset < records->end)
		return 1;
	if (offset == image->size)
		return 0;
	if (make_room(records) < 0 ||
	    dfut_paged_judge_next(image->paged, records->loader->failure,
				  records->chunks + (records->end - records->start), &size) < 0)
		return records->loader->failure->code;
	records->end += size;
	return 1;
}

static uint8_t get(const struct dfut_records *records, size_t offset)
{
	return records->window[offset - records->start];
}

/* To the next character that is not blank, counting lines: 1, 0 at the end, or an error. */
static int skip_blanks(struct dfut_records *records)
{
	int result;

	while ((result = has(records, records->offset)) > 0 && is_blank(get(records, records->offset))) {
		uint8_t character = get(records, records->offset++);

		result = character == '\r' ? has(records, records->offset) : 0;
		if (result < 0)
			return result;
		if (character == '\n' || (character == '\r' && (result == 0 || get(records, records->offset) != '\n')))
			records->line++;
	}
	return result;
}

static size_t skip_byte_order_mark(const struct dfut_image *image)
{
	return image->size >= 3 && memcmp(image->data, DFUT_BYTE_ORDER_MARK, 3) == 0 ? 3 : 0;
}

bool dfut_records_match(const struct dfut_image *image, const struct dfut_record_kind *kind)
{
	size_t offset = skip_byte_order_mark(image);
	size_t digits = 0;

	while (offset < image->size && is_blank(image->data[offset]))
		offset++;
	if (offset == image->size || image->data[offset++] != (uint8_t)kind->mark)
		return false;
	while (digits < DIGITS_TO_MATCH && offset < image->size && get_digit(image->data[offset]) >= 0) {
		if (digits == 0 && kind->has_type && get_digit(image->data[offset]) > 9)
			return false;
		digits++;
		offset++;
	}
	return digits == DIGITS_TO_MATCH || (digits > 0 && (offset == image->size || is_blank(image->data[offset])));
}

void dfut_records_begin(struct dfut_records *records, struct dfut_loader *loader, const struct dfut_record_kind *kind)
{
	const struct dfut_image *image = loader->image;

	*records = (struct dfut_records){ .loader = loader, .kind = kind, .line = 1 };
	if (image->paged)
		return;
	records->offset = skip_byte_order_mark(image);
	records->window = image->data;
	records->end = image->size;
}

int dfut_records_finish(struct dfut_records *records, int result)
{
	while (result == 0 && records->end < records->loader->image->size) {
		records->offset = records->end;
		result = has(records, records->offset);
		result = result < 0 ? result : 0;
	}
	free(records->chunks);
	return result;
}

static int doubt(struct dfut_records *records, unsigned int check, const char *text)
{
	return dfut_image_doubt(records->loader, DFUT_ERROR_IMAGE, check, "line %zu: %s", records->line, text);
}

/* The characters of a line from the mark on, without blanks at the end. */
static int get_line_length(struct dfut_records *records, size_t *length)
{
	size_t end = records->offset;
	int result;

	while ((result = has(records, end)) > 0 && !is_line_end(get(records, end)))
		while (end < records->end && !is_line_end(get(records, end)))
			end++;
	while (end > records->offset && is_blank(get(records, end - 1)))
		end--;
	*length = end - records->offset;
	return result < 0 ? result : 0;
}

/* 1 if the record is good, 0 if it is left out. */
static int judge(struct dfut_records *records, const struct dfut_record *record)
{
	size_t said = (size_t)record->bytes[0] + records->kind->overhead;
	uint8_t sum = 0;
	int result;

	if (record->size != said)
		return dfut_image_doubt(records->loader, DFUT_ERROR_IMAGE, DFUT_CHECK_LENGTH,
					"line %zu: the record has %zu bytes, its length says %zu", record->line,
					record->size, said);
	if (record->bytes[0] < records->kind->shortest)
		return dfut_image_doubt(records->loader, DFUT_ERROR_IMAGE, DFUT_CHECK_LENGTH,
					"line %zu: the record says length %u, the least is %u", record->line,
					(unsigned int)record->bytes[0], (unsigned int)records->kind->shortest);
	for (size_t i = 0; i < record->size; i++)
		sum = (uint8_t)(sum + record->bytes[i]);
	if (sum == records->kind->sum)
		return 1;
	result = dfut_image_doubt(records->loader, DFUT_ERROR_IMAGE, DFUT_CHECK_CHECKSUM,
				  "line %zu: the record says checksum %02X, it has %02X", record->line,
				  (unsigned int)record->bytes[record->size - 1],
				  (unsigned int)(uint8_t)(record->bytes[record->size - 1] + records->kind->sum - sum));
	return result < 0 ? result : 1;
}

static int decode(struct dfut_records *records, struct dfut_record *record, size_t length)
{
	const uint8_t *digits = records->window + (record->offset - records->start);

	for (size_t i = 0; i < length; i++)
		if (get_digit(digits[i]) < 0)
			return dfut_image_doubt(records->loader, DFUT_ERROR_IMAGE, DFUT_CHECK_FORMAT,
						"line %zu: the character at offset %zu is no hexadecimal digit",
						record->line, record->offset + i);
	if (length % 2 != 0)
		return doubt(records, DFUT_CHECK_LENGTH, "half a byte at the end of the record");
	if (length == 0 || length > 2 * sizeof(record->bytes))
		return doubt(records, DFUT_CHECK_LENGTH, length ? "the record is too long" : "the record is empty");
	record->size = length / 2;
	for (size_t i = 0; i < record->size; i++)
		record->bytes[i] = (uint8_t)(get_digit(digits[2 * i]) << 4 | get_digit(digits[2 * i + 1]));
	return judge(records, record);
}

static int read_record(struct dfut_records *records, struct dfut_record *record)
{
	const struct dfut_record_kind *kind = records->kind;
	const uint8_t *line;
	size_t head = kind->has_type ? 2 : 1;
	size_t length;

	if (get_line_length(records, &length) < 0)
		return records->loader->failure->code;
	line = records->window + (records->offset - records->start);
	record->line = records->line;
	record->offset = records->offset + head;
	records->offset += length;
	if (line[0] != (uint8_t)kind->mark)
		return dfut_image_doubt(records->loader, DFUT_ERROR_IMAGE, DFUT_CHECK_FORMAT,
					"line %zu: the line does not begin with '%c'", record->line, kind->mark);
	if (length < head)
		return doubt(records, DFUT_CHECK_LENGTH, "the record is empty");
	record->type = kind->has_type ? (uint8_t)(line[1] - '0') : 0;
	if (record->type > 9)
		return doubt(records, DFUT_CHECK_FORMAT, "the type of the record is no digit");
	return decode(records, record, length - head);
}

int dfut_records_next(struct dfut_records *records, struct dfut_record *record)
{
	int result = 0;

	while (result == 0) {
		result = skip_blanks(records);
		if (result <= 0)
			return result;
		result = read_record(records, record);
	}
	return result;
}

int dfut_records_end(struct dfut_records *records)
{
	int result = skip_blanks(records);

	if (result <= 0)
		return result;
	return dfut_image_doubt(records->loader, DFUT_ERROR_IMAGE, DFUT_CHECK_LENGTH,
				"line %zu: %zu bytes too many after the last record", records->line,
				records->loader->image->size - records->offset);
}

int dfut_records_add_piece(struct dfut_pieces *pieces, const struct dfut_record *record, size_t skip, uint32_t address,
			   uint32_t group)
{
	const struct dfut_piece piece = {
		.group = group,
		.address = address,
		.size = (uint32_t)(record->size - skip - 1),
		.offset = (uint32_t)(record->offset + 2 * skip),
	};

	return piece.size > 0 ? dfut_pieces_add_bytes(pieces, &piece, record->bytes + skip) : 0;
}

int dfut_records_write(struct dfut_buffer *file, const struct dfut_record_kind *kind, uint8_t type,
		       const uint8_t *bytes, size_t size)
{
	char line[2 * DFUT_RECORD_MAX_SIZE + 4];
	size_t length = 0;
	uint8_t sum = 0;

	line[length++] = kind->mark;
	if (kind->has_type)
		line[length++] = (char)('0' + type);
	for (size_t i = 0; i < size; i++) {
		length += (size_t)snprintf(line + length, sizeof(line) - length, "%02X", (unsigned int)bytes[i]);
		sum = (uint8_t)(sum + bytes[i]);
	}
	length += (size_t)snprintf(line + length, sizeof(line) - length, "%02X\n",
				   (unsigned int)(uint8_t)(kind->sum - sum));
	return dfut_buffer_add(file, line, length);
}
