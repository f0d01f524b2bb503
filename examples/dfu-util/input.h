/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

#ifndef DFU_UTIL_INPUT_H
#define DFU_UTIL_INPUT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/**
 * input.c: reads to the end of a file, or of what has no size, as a pipe.
 *
 * @param limit where it stops, once it has read more
 * @param data what was read, to be freed, also after an error
 * @return 0, or ENOMEM, EIO, or EFBIG beyond the limit
 */
int input_read(FILE *file, size_t limit, uint8_t **data, size_t *size);

#endif
