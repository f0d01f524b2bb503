/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What a host has written to a device that is replayed. */

#include <stdlib.h>
#include <string.h>

#include "sim/parts/replay.h"

#define FILLER 0xff

int dfut_sim_content_add(struct dfut_sim_content *content, const uint8_t *bytes, size_t size)
{
	size_t room = content->room ? content->room : 4096;
	size_t *starts = realloc(content->starts, (content->start_count + 1) * sizeof(*starts));
	uint8_t *grown = content->bytes;

	if (!starts)
		return DFUT_ERROR_NO_MEMORY;
	content->starts = starts;
	while (room - content->size < size)
		room *= 2;
	if (room != content->room)
		grown = realloc(content->bytes, room);
	if (!grown)
		return DFUT_ERROR_NO_MEMORY;
	content->bytes = grown;
	content->room = room;
	starts[content->start_count++] = content->size;
	memcpy(grown + content->size, bytes, size);
	content->size += size;
	return 0;
}

/* What was written from there on; behind the last of it memory is erased, or empty. */
static bool is_at(struct dfut_sim_content *content, const struct dfut_tape_data *data, size_t at, uint8_t *bytes)
{
	static const uint8_t blanks[] = { FILLER, 0 };
	size_t size = data->hidden;
	size_t left = at < content->size ? content->size - at : 0;
	size_t written = left < size ? left : size;

	if (written)
		memcpy(bytes, content->bytes + at, written);
	for (size_t i = 0; i < (written < size ? DFUT_COUNT(blanks) : 1); i++) {
		memset(bytes + written, blanks[i], size - written);
		if (!dfut_tape_is_hidden(data, bytes))
			continue;
		content->last = at + written;
		return true;
	}
	return false;
}

/* Of what is much more than was written, as files that a system reads of a drive, nothing is looked for. */
static bool may_have(const struct dfut_sim_content *content, const struct dfut_tape_data *data)
{
	return data->hash_kind != DFUT_TAPE_NO_HASH && data->hidden / 2 <= content->size;
}

/* Behind the last find, where a write began, and where one block follows the other. */
bool dfut_sim_content_find(struct dfut_sim_content *content, const struct dfut_tape_data *data, uint8_t *bytes)
{
	bool may_be = may_have(content, data);

	if (may_be && (is_at(content, data, content->last, bytes) || is_at(content, data, content->size, bytes)))
		return true;
	for (size_t i = 0; may_be && i < content->start_count; i++)
		if (is_at(content, data, content->starts[i], bytes))
			return true;
	for (size_t at = 0; may_be && at < content->size; at += data->hidden)
		if (is_at(content, data, at, bytes))
			return true;
	memset(bytes, FILLER, data->hidden);
	return false;
}

void dfut_sim_content_free(struct dfut_sim_content *content)
{
	free(content->bytes);
	free(content->starts);
	*content = (struct dfut_sim_content){ 0 };
}
