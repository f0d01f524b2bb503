/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Session files that are read (docs/session-files.md). Nothing in them is trusted, and no file that they name is opened. In both
 * libraries. */

#ifndef DFUT_TAPE_H
#define DFUT_TAPE_H

#include "base/base.h"
#include "base/json.h"

#define DFUT_TAPE_VERSION 1
#define DFUT_TAPE_SHA256_SIZE 32
/* In place of a result: the host gave it up. */
#define DFUT_TAPE_NONE INT32_MIN
#define DFUT_TAPE_NO_CHANNEL (-1)

enum dfut_tape_kind {
	DFUT_TAPE_ARRIVES,
	DFUT_TAPE_CHANGES,
	DFUT_TAPE_LEAVES,
	DFUT_TAPE_OPEN,
	DFUT_TAPE_CLOSE,
	DFUT_TAPE_RELEASE,
	DFUT_TAPE_RESET,
	DFUT_TAPE_CONFIGURE,
	DFUT_TAPE_ALTERNATE,
	DFUT_TAPE_DRIVER,
	DFUT_TAPE_CONTROL,
	DFUT_TAPE_CLEAR_HALT,
	DFUT_TAPE_REPORT,
	DFUT_TAPE_LINE_CODING,
	DFUT_TAPE_LINES,
	DFUT_TAPE_READ,
	DFUT_TAPE_WRITE,
	DFUT_TAPE_LOG,
	DFUT_TAPE_PLAN,
	DFUT_TAPE_STATE,
	DFUT_TAPE_RESULT,
	DFUT_TAPE_END,
};

/* Bytes, and behind them what only its length and hash are known of. */
struct dfut_tape_data {
	uint8_t *bytes;
	size_t size;
	size_t hidden; /* 0: all is known */
	/* of what is hidden */
	enum dfut_tape_hash {
		DFUT_TAPE_NO_HASH,
		DFUT_TAPE_SHA256,
		DFUT_TAPE_XXH64,
	} hash_kind;
	uint8_t hash[DFUT_TAPE_SHA256_SIZE];
};

struct dfut_tape_event {
	enum dfut_tape_kind kind;
	int line; /* in the file, from 1 */
	uint64_t at_us;
	uint64_t took_us;
	uint32_t device;
	enum dfut_link link;
	int channel;
	int result;
	bool is_in;		    /* its data came in */
	struct dfut_tape_data data; /* of arrives and changes the descriptors */
	uint8_t setup[8];	    /* CONTROL */
	uint8_t endpoint;	    /* READ, WRITE, CLEAR_HALT */
	uint8_t value;		    /* configuration, setting; of a device the configuration in use */
	enum dfut_report_type type; /* REPORT */
	uint8_t id;		    /* REPORT */
	uint32_t length;	    /* READ, WRITE, REPORT: what was asked for */
	char *file;		    /* READ, WRITE of a volume; else NULL */
	uint64_t offset;	    /* the same, where in the file */
	struct dfut_line_coding coding;
	uint8_t lines_which, lines_on;	/* bits of enum dfut_line */
	struct dfut_json_document json; /* of what is about devices and sessions: texts and lists; else empty */
};

struct dfut_tape {
	struct dfut_tape_event *events;
	size_t count;
	const char *mistake; /* and on which line */
	int line;
	bool is_cut;	/* its last line is not whole, and left out */
	bool has_names; /* serial numbers and names of people are in it, as far as it says */
	bool has_data;	/* and what memories hold */
};

/* 0, DFUT_ERROR_USAGE with the mistake, or DFUT_ERROR_NO_MEMORY; to be freed in any case. */
int dfut_tape_parse(struct dfut_tape *tape, const char *text, size_t size);
/* The same for a file; DFUT_ERROR_IO, with errno set, if it can't be read. */
int dfut_tape_read(struct dfut_tape *tape, const char *path);
void dfut_tape_free(struct dfut_tape *tape);

/* The word of an event, as in "control". */
const char *dfut_tape_get_name(enum dfut_tape_kind kind);
/* A text member, "" if there is none. */
const char *dfut_tape_get_text(const struct dfut_tape_event *event, const char *key);
static inline bool dfut_tape_is_action(const struct dfut_tape_event *event)
{
	return event->kind >= DFUT_TAPE_OPEN && event->kind <= DFUT_TAPE_WRITE;
}
/* Its bytes, known or not. */
static inline size_t dfut_tape_get_size(const struct dfut_tape_data *data)
{
	return data->size + data->hidden;
}

/* Whether as many bytes as are hidden may be these, by their hash. */
bool dfut_tape_is_hidden(const struct dfut_tape_data *data, const uint8_t *bytes);

/* Bytes in hexadecimal; false if they are none. To be freed. */
bool dfut_tape_take_bytes(const char *text, uint8_t **bytes, size_t *size, bool *has_memory);

#endif
