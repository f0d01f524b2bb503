/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * CBOR (RFC 8949). libcbor takes memory for as many items as a message says that it has, and frees them by calling itself: how
 * many there can be, and how deep they lie, is looked at before it gets them.
 */

#include <string.h>

#include "language/smp/cbor.h"

#define DEPTH_LIMIT 8
#define MAJOR_BYTES 2
#define MAJOR_TEXT 3
#define MAJOR_LIST 4
#define MAJOR_MAP 5
#define MAJOR_TAG 6
#define MAJOR_SIMPLE 7
#define INDEFINITE 31

/* Writing. */

static bool has_room(struct smp_writer *writer, size_t written)
{
	if (written == 0)
		writer->has_overflowed = true;
	writer->size += written;
	return written != 0;
}

static size_t get_room(const struct smp_writer *writer)
{
	return writer->has_overflowed ? 0 : writer->room - writer->size;
}

void smp_put_map(struct smp_writer *writer, size_t pairs)
{
	has_room(writer, cbor_encode_map_start(pairs, writer->out + writer->size, get_room(writer)));
}

static void put_content(struct smp_writer *writer, const void *bytes, size_t size)
{
	if (size > get_room(writer)) {
		writer->has_overflowed = true;
		return;
	}
	if (size)
		memcpy(writer->out + writer->size, bytes, size);
	writer->size += size;
}

void smp_put_text(struct smp_writer *writer, const char *text)
{
	size_t size = strlen(text);

	if (has_room(writer, cbor_encode_string_start(size, writer->out + writer->size, get_room(writer))))
		put_content(writer, text, size);
}

void smp_put_bytes(struct smp_writer *writer, const uint8_t *bytes, size_t size)
{
	if (has_room(writer, cbor_encode_bytestring_start(size, writer->out + writer->size, get_room(writer))))
		put_content(writer, bytes, size);
}

void smp_put_uint(struct smp_writer *writer, uint64_t value)
{
	has_room(writer, cbor_encode_uint(value, writer->out + writer->size, get_room(writer)));
}

void smp_put_bool(struct smp_writer *writer, bool value)
{
	has_room(writer, cbor_encode_bool(value, writer->out + writer->size, get_room(writer)));
}

/* Bounds. */

struct head {
	unsigned int major;
	unsigned int info;
	uint64_t value;
};

struct walk {
	const uint8_t *bytes;
	size_t size;
	size_t at;
	/* Of each level: items that are to come, UINT64_MAX if only its end tells. */
	uint64_t left[DEPTH_LIMIT];
	size_t depth;
};

static bool read_head(struct walk *walk, struct head *head)
{
	size_t length;

	if (walk->at >= walk->size)
		return false;
	head->major = walk->bytes[walk->at] >> 5;
	head->info = walk->bytes[walk->at++] & 31;
	head->value = head->info;
	if (head->info < 24)
		return true;
	if (head->info > 27)
		return head->info == INDEFINITE;
	length = (size_t)1 << (head->info - 24);
	if (length > walk->size - walk->at)
		return false;
	head->value = 0;
	for (size_t i = 0; i < length; i++)
		head->value = head->value << 8 | walk->bytes[walk->at++];
	return true;
}

static bool go_down(struct walk *walk, uint64_t items)
{
	if (walk->depth == DEPTH_LIMIT)
		return false;
	walk->left[walk->depth++] = items;
	return true;
}

/* A container or a string; the rest are numbers, whose head is all. */
static bool take_content(struct walk *walk, const struct head *head)
{
	uint64_t there = walk->size - walk->at;
	uint64_t each = head->major == MAJOR_MAP ? 2 : 1;

	if (head->major < MAJOR_BYTES || head->major == MAJOR_SIMPLE)
		return head->info != INDEFINITE;
	/* Nothing in SMP has a tag. */
	if (head->major == MAJOR_TAG)
		return false;
	if (head->major == MAJOR_LIST || head->major == MAJOR_MAP) {
		if (head->info == INDEFINITE)
			return go_down(walk, UINT64_MAX);
		return head->value <= there / each && go_down(walk, head->value * each);
	}
	/* Nor does it have strings in pieces. */
	if (head->info == INDEFINITE || head->value > there)
		return false;
	walk->at += (size_t)head->value;
	return true;
}

/* Levels that are complete end. */
static void go_up(struct walk *walk)
{
	while (walk->depth && walk->left[walk->depth - 1] == 0)
		walk->depth--;
}

static bool is_bounded(const uint8_t *bytes, size_t size)
{
	struct walk walk = { .bytes = bytes, .size = size };
	struct head head;

	do {
		if (!read_head(&walk, &head))
			return false;
		if (head.major == MAJOR_SIMPLE && head.info == INDEFINITE) {
			if (!walk.depth || walk.left[walk.depth - 1] != UINT64_MAX)
				return false;
			walk.depth--;
		} else {
			if (walk.depth && walk.left[walk.depth - 1] != UINT64_MAX)
				walk.left[walk.depth - 1]--;
			if (!take_content(&walk, &head))
				return false;
		}
		go_up(&walk);
	} while (walk.depth);
	return true;
}

/* Reading. */

cbor_item_t *smp_cbor_load(const uint8_t *bytes, size_t size)
{
	struct cbor_load_result result = { 0 };
	cbor_item_t *item;

	if (!size || bytes[0] >> 5 != MAJOR_MAP || !is_bounded(bytes, size))
		return NULL;
	item = cbor_load(bytes, size, &result);
	if (item && result.error.code == CBOR_ERR_NONE && cbor_isa_map(item))
		return item;
	if (item)
		cbor_decref(&item);
	return NULL;
}

static bool is_text(const cbor_item_t *item, const char *text)
{
	return item && cbor_isa_string(item) && cbor_string_is_definite(item) &&
	       cbor_string_length(item) == strlen(text) && memcmp(cbor_string_handle(item), text, strlen(text)) == 0;
}

const cbor_item_t *smp_cbor_find(const cbor_item_t *map, const char *key)
{
	for (size_t i = 0; map && i < cbor_map_size(map); i++)
		if (is_text(cbor_map_handle(map)[i].key, key))
			return cbor_map_handle(map)[i].value;
	return NULL;
}

bool smp_cbor_get_uint(const cbor_item_t *item, uint64_t *value)
{
	if (!item || !cbor_isa_uint(item))
		return false;
	*value = cbor_get_int(item);
	return true;
}

bool smp_cbor_get_int(const cbor_item_t *item, int64_t *value)
{
	uint64_t number;

	if (!item || !cbor_is_int(item))
		return false;
	number = cbor_get_int(item);
	if (number > INT64_MAX)
		return false;
	*value = cbor_isa_negint(item) ? -1 - (int64_t)number : (int64_t)number;
	return true;
}

bool smp_cbor_get_bool(const cbor_item_t *item, bool *value)
{
	if (!item || !cbor_isa_float_ctrl(item) || !cbor_is_bool(item))
		return false;
	*value = cbor_get_bool(item);
	return true;
}

bool smp_cbor_get_text(const cbor_item_t *item, char *text, size_t size)
{
	size_t length;

	if (!item || !cbor_isa_string(item) || !cbor_string_is_definite(item))
		return false;
	length = cbor_string_length(item);
	length = length < size ? length : size - 1;
	if (length)
		memcpy(text, cbor_string_handle(item), length);
	text[length] = '\0';
	return true;
}

bool smp_cbor_get_bytes(const cbor_item_t *item, uint8_t *bytes, size_t room, size_t *size)
{
	if (!item || !cbor_isa_bytestring(item) || !cbor_bytestring_is_definite(item) ||
	    cbor_bytestring_length(item) > room)
		return false;
	*size = cbor_bytestring_length(item);
	if (*size)
		memcpy(bytes, cbor_bytestring_handle(item), *size);
	return true;
}

size_t smp_cbor_count(const cbor_item_t *list)
{
	return list && cbor_isa_array(list) ? cbor_array_size(list) : 0;
}

const cbor_item_t *smp_cbor_get_map(const cbor_item_t *list, size_t index)
{
	const cbor_item_t *item = cbor_array_handle(list)[index];

	return cbor_isa_map(item) ? item : NULL;
}
