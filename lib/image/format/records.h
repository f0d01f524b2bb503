/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Lines of hexadecimal digits with a length and a checksum: what Intel HEX and S-records have in common. */

#ifndef DFUT_RECORDS_H
#define DFUT_RECORDS_H

#include "image/pieces.h"

#define DFUT_RECORD_MAX_SIZE 260

/* How a format writes its records. */
struct dfut_record_kind {
	char mark;	  /* begins a line */
	bool has_type;	  /* a digit that is not counted follows it */
	uint8_t overhead; /* bytes that the length at the beginning does not count */
	uint8_t shortest; /* what the length is at least */
	uint8_t sum;	  /* of all bytes */
};

struct dfut_record {
	size_t line;
	size_t offset; /* of its first digit in the file */
	uint8_t type;
	uint8_t bytes[DFUT_RECORD_MAX_SIZE]; /* from the length to the checksum */
	size_t size;
};

struct dfut_records {
	struct dfut_loader *loader;
	const struct dfut_record_kind *kind;
	size_t offset; /* of what is read next */
	size_t line;
	const uint8_t *window; /* bytes of the file, all of them if it is held in memory */
	size_t start;	       /* of the window in the file */
	size_t end;	       /* behind its last byte */
	uint8_t *chunks;       /* what it is, if not */
	size_t room;
};

/* The first record is there, or begins. */
bool dfut_records_match(const struct dfut_image *image, const struct dfut_record_kind *kind);
void dfut_records_begin(struct dfut_records *records, struct dfut_loader *loader, const struct dfut_record_kind *kind);
/* Reads what nobody has looked at, and forgets all of it. */
int dfut_records_finish(struct dfut_records *records, int result);
/* 1 and the next record, 0 at the end, or an error. A record whose doubt is overruled is left out. */
int dfut_records_next(struct dfut_records *records, struct dfut_record *record);
/* Judges what comes after the record that is the last by its kind. */
int dfut_records_end(struct dfut_records *records);
/* The data of a record go to an address; `skip` bytes of the record stand before them, a checksum behind. */
int dfut_records_add_piece(struct dfut_pieces *pieces, const struct dfut_record *record, size_t skip, uint32_t address,
			   uint32_t group);
/* Writes mark, type (if the kind has one), bytes, checksum and a line end. */
int dfut_records_write(struct dfut_buffer *file, const struct dfut_record_kind *kind, uint8_t type,
		       const uint8_t *bytes, size_t size);

#endif
