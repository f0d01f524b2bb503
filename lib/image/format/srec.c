/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Motorola S-records (M68000 Family Programmer's Reference Manual, appendix C): S19, S28 and S37 files. */

#include <string.h>

#include "image/format/records.h"

#define TYPE_HEADER 0
#define TYPE_DATA_LAST 3
#define TYPE_RESERVED 4
#define TYPE_COUNT_16 5
#define TYPE_COUNT_24 6
#define TYPE_END_FIRST 7

#define LINE_SIZE 32
#define MAX_COUNT_16 0xffffu
#define MAX_COUNT_24 0xffffffu

static const struct dfut_record_kind kind = { 'S', true, 1, 3, 0xff };

struct srec {
	struct dfut_loader *loader;
	struct dfut_records records;
	struct dfut_pieces pieces;
	size_t data_count;
	unsigned int address_size; /* the largest of all data */
	bool is_counted;	   /* the last record has counted all data */
	bool has_ended;
};

bool dfut_srec_matches(const struct dfut_image *image)
{
	return dfut_records_match(image, &kind);
}

/* Bytes of an address or a count, 0 for the type that is reserved. */
static size_t get_address_size(uint8_t type)
{
	static const size_t sizes[] = { 2, 2, 3, 4, 0, 2, 3, 4, 3, 2 };

	return sizes[type];
}

static uint32_t get_address(const struct dfut_record *record)
{
	uint32_t address = 0;

	for (size_t i = 0; i < get_address_size(record->type); i++)
		address = address << 8 | record->bytes[1 + i];
	return address;
}

static void note_header(struct srec *srec, const struct dfut_record *record)
{
	size_t size = record->size - 4;
	char text[DFUT_RECORD_MAX_SIZE];

	memcpy(text, record->bytes + 3, size);
	text[size] = '\0';
	dfut_image_add_fact(srec->loader, "header", "%s", text);
}

static int add_data(struct srec *srec, const struct dfut_record *record)
{
	size_t address_size = get_address_size(record->type);
	uint64_t end = (uint64_t)get_address(record) + (record->size - address_size - 2);
	int result = 0;

	srec->data_count++;
	if (srec->address_size < address_size)
		srec->address_size = (unsigned int)address_size;
	/* Beyond 4 GiB it is refused with the piece. */
	if (address_size < 4 && end > (uint64_t)1 << 8 * address_size)
		result = dfut_image_doubt(srec->loader, DFUT_ERROR_IMAGE, DFUT_CHECK_FORMAT,
					  "line %zu: the data go beyond the last address of an S%u record",
					  record->line, (unsigned int)record->type);
	if (result < 0)
		return result;
	return dfut_records_add_piece(&srec->pieces, record, 1 + address_size, get_address(record), 0);
}

static int judge_count(struct srec *srec, const struct dfut_record *record)
{
	uint32_t said = get_address(record);
	uint32_t most = record->type == TYPE_COUNT_16 ? MAX_COUNT_16 : MAX_COUNT_24;

	srec->is_counted = said == srec->data_count;
	/* Writers cut off what does not fit. */
	if (said == (srec->data_count & most))
		return 0;
	return dfut_image_doubt(srec->loader, DFUT_ERROR_IMAGE, DFUT_CHECK_LENGTH,
				"line %zu: the S%u record says %lu data records, there are %zu", record->line,
				(unsigned int)record->type, (unsigned long)said, srec->data_count);
}

static int end(struct srec *srec, const struct dfut_record *record)
{
	struct dfut_image *image = srec->loader->image;

	srec->has_ended = true;
	image->entry = get_address(record);
	/* 0 is written when there is none. */
	image->has_entry = image->entry != 0;
	dfut_image_add_fact(srec->loader, "start_address", "0x%08lx", (unsigned long)image->entry);
	return dfut_records_end(&srec->records);
}

/* All but data and header have nothing behind the address. */
static int judge_record(struct srec *srec, const struct dfut_record *record)
{
	size_t least = get_address_size(record->type) + 1;

	if (record->type == TYPE_RESERVED)
		return dfut_image_doubt(srec->loader, DFUT_ERROR_IMAGE, DFUT_CHECK_FORMAT,
					"line %zu: an S4 record, which is not in use", record->line);
	if (record->bytes[0] < least || (record->type > TYPE_RESERVED && record->bytes[0] != least))
		return dfut_image_doubt(srec->loader, DFUT_ERROR_IMAGE, DFUT_CHECK_LENGTH,
					"line %zu: an S%u record has %s length %zu, this one %u", record->line,
					(unsigned int)record->type, record->type > TYPE_RESERVED ? "the" : "at least",
					least, (unsigned int)record->bytes[0]);
	return 1;
}

static int take_record(struct srec *srec, const struct dfut_record *record)
{
	int result = judge_record(srec, record);

	if (result <= 0)
		return result;
	srec->is_counted = false;
	if (record->type == TYPE_HEADER) {
		note_header(srec, record);
		return 0;
	}
	if (record->type <= TYPE_DATA_LAST)
		return add_data(srec, record);
	return record->type < TYPE_END_FIRST ? judge_count(srec, record) : end(srec, record);
}

static int judge_missing_end(struct srec *srec)
{
	int result = dfut_image_doubt(srec->loader, DFUT_ERROR_IMAGE, DFUT_CHECK_LENGTH,
				      "line %zu: the file ends without an S7, S8 or S9 record", srec->records.line);

	/* SRecord writes none where it knows of no start address. */
	if (result == DFUT_ERROR_IMAGE && srec->is_counted)
		dfut_hint(
			srec->loader->failure,
			"the count in its last line fits, so no data are missing: force the check \"length\"; srec_cat writes that record if it is given -execution-start-address");
	return result;
}

static int read_records(struct srec *srec)
{
	struct dfut_record record;
	int result = 1;

	while (result > 0 && !srec->has_ended) {
		result = dfut_records_next(&srec->records, &record);
		if (result > 0 && take_record(srec, &record) < 0)
			return srec->loader->failure->code;
	}
	if (result < 0)
		return result;
	dfut_image_add_fact(srec->loader, "data_records", "%zu", srec->data_count);
	if (srec->address_size > 0)
		dfut_image_add_fact(srec->loader, "address_bits", "%u", 8 * srec->address_size);
	return srec->has_ended ? 0 : judge_missing_end(srec);
}

int dfut_srec_inspect(struct dfut_loader *loader)
{
	struct srec srec = { .loader = loader, .pieces = { .loader = loader } };
	int result;

	dfut_records_begin(&srec.records, loader, &kind);
	result = dfut_records_finish(&srec.records, read_records(&srec));
	if (result == 0)
		result = dfut_pieces_join(&srec.pieces, NULL);
	dfut_pieces_free(&srec.pieces);
	return result;
}

/* Writing */

static int write_record(struct dfut_buffer *file, uint8_t type, uint32_t address, const uint8_t *data, size_t size)
{
	uint8_t bytes[1 + 4 + LINE_SIZE];
	size_t address_size = get_address_size(type);

	bytes[0] = (uint8_t)(address_size + size + 1);
	for (size_t i = 0; i < address_size; i++)
		bytes[1 + i] = (uint8_t)(address >> 8 * (address_size - 1 - i));
	for (size_t i = 0; i < size; i++)
		bytes[1 + address_size + i] = data[i];
	return dfut_records_write(file, &kind, type, bytes, 1 + address_size + size);
}

/* The smallest form that has all addresses: S1, S2 or S3. */
static uint8_t choose_type(const struct dfut_source *source)
{
	const struct dfut_segment *segment = &source->segments[source->count - 1];
	uint32_t last = segment->address + (uint32_t)(segment->size - 1);

	if (source->has_entry && source->entry > last)
		last = source->entry;
	return last > 0xffffff ? 3 : last > 0xffff ? 2 : 1;
}

static int write_segment(struct dfut_buffer *file, uint8_t type, const struct dfut_segment *segment, uint32_t *count)
{
	int result = 0;

	for (size_t done = 0; result == 0 && done < segment->size; done += LINE_SIZE) {
		size_t left = segment->size - done;

		result = write_record(file, type, segment->address + (uint32_t)done, segment->data + done,
				      left < LINE_SIZE ? left : LINE_SIZE);
		(*count)++;
	}
	return result;
}

int dfut_srec_write(const struct dfut_source *source, struct dfut_buffer *file)
{
	uint8_t type = choose_type(source);
	uint32_t count = 0;
	int result = write_record(file, TYPE_HEADER, 0, NULL, 0);

	for (size_t i = 0; result == 0 && i < source->count; i++)
		result = write_segment(file, type, &source->segments[i], &count);
	if (result == 0 && count <= MAX_COUNT_24)
		result = write_record(file, count <= MAX_COUNT_16 ? TYPE_COUNT_16 : TYPE_COUNT_24, count, NULL, 0);
	if (result < 0)
		return result;
	return write_record(file, (uint8_t)(10 - type), source->has_entry ? source->entry : 0, NULL, 0);
}
