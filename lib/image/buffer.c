/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A file that is put together in memory. */

#include <stdlib.h>
#include <string.h>

#include "image/image.h"

static int reserve(struct dfut_buffer *buffer, size_t size)
{
	size_t capacity = buffer->capacity ? buffer->capacity : 4096;
	uint8_t *data;

	if (size > DFUT_IMAGE_MAX_SIZE - buffer->size)
		return dfut_fail_check(buffer->failure, DFUT_ERROR_UNSUPPORTED, DFUT_CHECK_SIZE,
				       "the file would be larger than 256 MiB, which no firmware is");
	while (capacity - buffer->size < size)
		capacity *= 2;
	if (capacity == buffer->capacity)
		return 0;
	data = realloc(buffer->data, capacity);
	if (!data)
		return dfut_fail_memory(buffer->failure);
	buffer->data = data;
	buffer->capacity = capacity;
	return 0;
}

int dfut_buffer_add(struct dfut_buffer *buffer, const void *data, size_t size)
{
	int result = reserve(buffer, size);

	if (result < 0)
		return result;
	if (size > 0)
		memcpy(buffer->data + buffer->size, data, size);
	buffer->size += size;
	return 0;
}

int dfut_buffer_fill(struct dfut_buffer *buffer, uint8_t value, size_t size)
{
	int result = reserve(buffer, size);

	if (result < 0)
		return result;
	memset(buffer->data + buffer->size, value, size);
	buffer->size += size;
	return 0;
}
