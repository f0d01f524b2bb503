/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

#include <errno.h>
#include <stdlib.h>

#include "input.h"

#define FIRST_ROOM ((size_t)65536)

int input_read(FILE *file, size_t limit, uint8_t **data, size_t *size)
{
	size_t room = 0;
	size_t count;

	*data = NULL;
	*size = 0;
	do {
		if (*size == room) {
			uint8_t *grown = realloc(*data, room ? 2 * room : FIRST_ROOM);

			if (!grown)
				return ENOMEM;
			*data = grown;
			room = room ? 2 * room : FIRST_ROOM;
		}
		count = fread(*data + *size, 1, room - *size, file);
		*size += count;
	} while (count && *size <= limit);
	if (count)
		return EFBIG;
	return ferror(file) ? EIO : 0;
}
