/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What a host has written to a device that is replayed. */

#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
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

static bool is_it(const uint8_t *sha256, const uint8_t *bytes, size_t size)
{
	uint8_t digest[DFUT_TAPE_SHA256_SIZE];

	return dfut_digest(digest, DFUT_DIGEST_SHA256, bytes, size) && memcmp(digest, sha256, sizeof(digest)) == 0;
}

/* What was written from there on; behind the last of it memory is erased, or empty. */
static bool is_at(struct dfut_sim_content *content, const uint8_t *sha256, size_t at, uint8_t *bytes, size_t size)
{
	static const uint8_t blanks[] = { FILLER, 0 };
	size_t left = at < content->size ? content->size - at : 0;
	size_t written = left < size ? left : size;

	if (written)
		memcpy(bytes, content->bytes + at, written);
	for (size_t i = 0; i < (written < size ? DFUT_COUNT(blanks) : 1); i++) {
		memset(bytes + written, blanks[i], size - written);
		if (!is_it(sha256, bytes, size))
			continue;
		content->last = at + written;
		return true;
	}
	return false;
}

/* Behind the last find, where a write began, and where one block follows the other. */
bool dfut_sim_content_find(struct dfut_sim_content *content, const uint8_t *sha256, uint8_t *bytes, size_t size)
{
	if (is_at(content, sha256, content->last, bytes, size) || is_at(content, sha256, content->size, bytes, size))
		return true;
	for (size_t i = 0; i < content->start_count; i++)
		if (is_at(content, sha256, content->starts[i], bytes, size))
			return true;
	for (size_t at = 0; at < content->size; at += size)
		if (is_at(content, sha256, at, bytes, size))
			return true;
	memset(bytes, FILLER, size);
	return false;
}

void dfut_sim_content_free(struct dfut_sim_content *content)
{
	free(content->bytes);
	free(content->starts);
	*content = (struct dfut_sim_content){ 0 };
}
