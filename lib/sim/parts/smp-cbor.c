/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* CBOR of the devices: written as zcbor writes it, read as Zephyr's zcbor_bulk.c reads it. */

#include <string.h>

#include "sim/parts/smp-cbor.h"

enum major {
	MAJOR_NUMBER = 0,
	MAJOR_NEGATIVE = 1,
	MAJOR_BYTES = 2,
	MAJOR_TEXT = 3,
	MAJOR_LIST = 4,
	MAJOR_MAP = 5,
	MAJOR_TAG = 6,
	MAJOR_SIMPLE = 7,
};

#define FALSE_VALUE 20
#define TRUE_VALUE 21
#define ONE_BYTE 24
#define INDEFINITE 31
#define END 0xff
#define HEAD_LIMIT 9

/* Writing. */

void dfut_sim_cbor_start(struct dfut_sim_cbor *cbor, uint8_t *bytes, size_t room, bool is_canonical)
{
	memset(cbor, 0, sizeof(*cbor));
	cbor->bytes = bytes;
	cbor->room = room;
	cbor->is_canonical = is_canonical;
}

static void add(struct dfut_sim_cbor *cbor, const uint8_t *bytes, size_t size)
{
	if (size > cbor->room - cbor->size) {
		cbor->is_full = true;
		return;
	}
	if (size)
		memcpy(cbor->bytes + cbor->size, bytes, size);
	cbor->size += size;
}

/* Major type and value in as few bytes as possible. Returns their number. */
static size_t make_head(uint8_t *head, enum major major, uint32_t value)
{
	static const uint8_t sizes[] = { 1, 2, 4 };
	size_t extra = value < ONE_BYTE ? 0 : value <= UINT8_MAX ? 1 : value <= UINT16_MAX ? 2 : 3;

	head[0] = (uint8_t)(major << 5 | (extra ? ONE_BYTE + extra - 1 : value));
	for (size_t i = 0; extra && i < sizes[extra - 1]; i++)
		head[1 + i] = (uint8_t)(value >> 8 * (sizes[extra - 1] - 1u - i));
	return extra ? 1u + sizes[extra - 1] : 1;
}

static void put_head(struct dfut_sim_cbor *cbor, enum major major, uint32_t value)
{
	uint8_t head[HEAD_LIMIT];

	if (cbor->depth)
		cbor->levels[cbor->depth - 1].count++;
	add(cbor, head, make_head(head, major, value));
}

static void open_level(struct dfut_sim_cbor *cbor, bool is_map)
{
	uint8_t head = (uint8_t)((is_map ? MAJOR_MAP : MAJOR_LIST) << 5 | INDEFINITE);

	if (cbor->depth)
		cbor->levels[cbor->depth - 1].count++;
	if (cbor->depth == DFUT_SIM_CBOR_DEPTH) {
		cbor->is_full = true;
		return;
	}
	cbor->levels[cbor->depth].start = cbor->size;
	cbor->levels[cbor->depth].count = 0;
	cbor->levels[cbor->depth++].is_map = is_map;
	if (!cbor->is_canonical)
		add(cbor, &head, 1);
}

void dfut_sim_cbor_open_map(struct dfut_sim_cbor *cbor)
{
	open_level(cbor, true);
}

void dfut_sim_cbor_open_list(struct dfut_sim_cbor *cbor)
{
	open_level(cbor, false);
}

/* The length comes in front of what is there by now. */
static void insert_length(struct dfut_sim_cbor *cbor, size_t start, bool is_map, size_t count)
{
	uint8_t head[HEAD_LIMIT];
	size_t size = make_head(head, is_map ? MAJOR_MAP : MAJOR_LIST, (uint32_t)(is_map ? count / 2 : count));

	if (size > cbor->room - cbor->size) {
		cbor->is_full = true;
		return;
	}
	memmove(cbor->bytes + start + size, cbor->bytes + start, cbor->size - start);
	memcpy(cbor->bytes + start, head, size);
	cbor->size += size;
}

void dfut_sim_cbor_close(struct dfut_sim_cbor *cbor)
{
	static const uint8_t end = END;

	if (!cbor->depth)
		return;
	cbor->depth--;
	if (cbor->is_canonical)
		insert_length(cbor, cbor->levels[cbor->depth].start, cbor->levels[cbor->depth].is_map,
			      cbor->levels[cbor->depth].count);
	else
		add(cbor, &end, 1);
}

void dfut_sim_cbor_put_number(struct dfut_sim_cbor *cbor, uint32_t number)
{
	put_head(cbor, MAJOR_NUMBER, number);
}

void dfut_sim_cbor_put_flag(struct dfut_sim_cbor *cbor, bool flag)
{
	put_head(cbor, MAJOR_SIMPLE, flag ? TRUE_VALUE : FALSE_VALUE);
}

void dfut_sim_cbor_put_bytes(struct dfut_sim_cbor *cbor, const uint8_t *bytes, size_t size)
{
	put_head(cbor, MAJOR_BYTES, (uint32_t)size);
	add(cbor, bytes, size);
}

void dfut_sim_cbor_put_text_bytes(struct dfut_sim_cbor *cbor, const uint8_t *bytes, size_t size)
{
	put_head(cbor, MAJOR_TEXT, (uint32_t)size);
	add(cbor, bytes, size);
}

void dfut_sim_cbor_put_text(struct dfut_sim_cbor *cbor, const char *text)
{
	dfut_sim_cbor_put_text_bytes(cbor, (const uint8_t *)text, strlen(text));
}

void dfut_sim_cbor_put_number_as(struct dfut_sim_cbor *cbor, const char *key, uint32_t number)
{
	dfut_sim_cbor_put_text(cbor, key);
	dfut_sim_cbor_put_number(cbor, number);
}

void dfut_sim_cbor_put_flag_as(struct dfut_sim_cbor *cbor, const char *key, bool flag)
{
	dfut_sim_cbor_put_text(cbor, key);
	dfut_sim_cbor_put_flag(cbor, flag);
}

/* Reading. */

struct reader {
	const uint8_t *at;
	const uint8_t *end;
	bool is_canonical;
};

struct head {
	enum major major;
	uint64_t value;
	bool is_indefinite;
};

static bool is_shortest(uint64_t value, size_t extra)
{
	static const uint64_t least[] = { 0, ONE_BYTE, UINT8_MAX + 1, 0, UINT16_MAX + 1, 0, 0, 0, UINT64_C(1) << 32 };

	return value >= least[extra];
}

static bool read_head(struct reader *reader, struct head *head)
{
	uint8_t info;
	size_t extra;

	if (reader->at == reader->end)
		return false;
	info = *reader->at & 0x1f;
	head->major = (enum major)(*reader->at++ >> 5);
	head->is_indefinite = info == INDEFINITE;
	head->value = info;
	if (head->is_indefinite)
		return !reader->is_canonical && (head->major == MAJOR_LIST || head->major == MAJOR_MAP);
	if (info < ONE_BYTE)
		return true;
	extra = (size_t)1 << (info - ONE_BYTE);
	if (info > ONE_BYTE + 3 || (size_t)(reader->end - reader->at) < extra)
		return false;
	head->value = 0;
	for (size_t i = 0; i < extra; i++)
		head->value = head->value << 8 | *reader->at++;
	return !reader->is_canonical || head->major == MAJOR_SIMPLE || is_shortest(head->value, extra);
}

static bool is_end(const struct reader *reader)
{
	return reader->at < reader->end && *reader->at == END;
}

static bool read_string(struct reader *reader, const struct head *head, const uint8_t **bytes, size_t *size)
{
	if (head->value > (uint64_t)(reader->end - reader->at))
		return false;
	*bytes = reader->at;
	*size = (size_t)head->value;
	reader->at += *size;
	return true;
}

/* Passes over items, and all that is in them: without recursion, each level by what is left of it. */
static bool skip(struct reader *reader)
{
	uint64_t left[DFUT_SIM_CBOR_DEPTH] = { 1 };
	bool is_indefinite[DFUT_SIM_CBOR_DEPTH] = { false };
	size_t depth = 1;

	while (depth) {
		struct head head = { .value = 0 };
		const uint8_t *bytes;
		size_t size;

		if (is_indefinite[depth - 1] ? is_end(reader) : left[depth - 1] == 0) {
			reader->at += is_indefinite[--depth] ? 1 : 0;
			continue;
		}
		left[depth - 1]--;
		if (!read_head(reader, &head))
			return false;
		if ((head.major == MAJOR_BYTES || head.major == MAJOR_TEXT) &&
		    !read_string(reader, &head, &bytes, &size))
			return false;
		if (head.major != MAJOR_LIST && head.major != MAJOR_MAP && head.major != MAJOR_TAG)
			continue;
		if (depth == DFUT_SIM_CBOR_DEPTH || head.value > UINT32_MAX)
			return false;
		is_indefinite[depth] = head.is_indefinite;
		left[depth++] = head.major == MAJOR_TAG ? 1 : head.value * (head.major == MAJOR_MAP ? 2 : 1);
	}
	return true;
}

static bool read_value(struct reader *reader, struct dfut_sim_cbor_field *field)
{
	struct head head;

	if (!read_head(reader, &head))
		return false;
	field->is_there = true;
	switch (field->kind) {
	case DFUT_SIM_CBOR_NUMBER:
		field->number = (uint32_t)head.value;
		return head.major == MAJOR_NUMBER && head.value <= UINT32_MAX;
	case DFUT_SIM_CBOR_FLAG:
		field->flag = head.value == TRUE_VALUE;
		return head.major == MAJOR_SIMPLE && (head.value == TRUE_VALUE || head.value == FALSE_VALUE);
	case DFUT_SIM_CBOR_TEXT:
		return head.major == MAJOR_TEXT && read_string(reader, &head, &field->bytes, &field->size);
	case DFUT_SIM_CBOR_BYTES:
		return head.major == MAJOR_BYTES && read_string(reader, &head, &field->bytes, &field->size);
	}
	return false;
}

static bool read_pair(struct reader *reader, struct dfut_sim_cbor_field *fields, size_t count)
{
	const uint8_t *key;
	struct head head;
	size_t size;

	if (!read_head(reader, &head) || head.major != MAJOR_TEXT || !read_string(reader, &head, &key, &size))
		return false;
	for (size_t i = 0; i < count; i++)
		if (strlen(fields[i].key) == size && memcmp(fields[i].key, key, size) == 0)
			return !fields[i].is_there && read_value(reader, &fields[i]);
	return skip(reader);
}

bool dfut_sim_cbor_read_map(const uint8_t *bytes, size_t size, bool is_canonical, struct dfut_sim_cbor_field *fields,
			    size_t count)
{
	struct reader reader = { bytes, bytes + size, is_canonical };
	struct head head;

	if (!read_head(&reader, &head) || head.major != MAJOR_MAP)
		return false;
	for (uint64_t i = 0; head.is_indefinite ? !is_end(&reader) : i < head.value; i++)
		if (!read_pair(&reader, fields, count))
			return false;
	return true;
}
