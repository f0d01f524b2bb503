/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Files that are too large to be held in memory: read when their bytes are needed, and compared with what was judged. */

#ifndef DFUT_PAGED_H
#define DFUT_PAGED_H

#include <stdio.h>

#include "image/image.h"

/* How much of its beginning is looked at to tell what it is. */
#define DFUT_PAGED_HEAD_SIZE ((size_t)64 * 1024)
/* As much as is read at once. */
#define DFUT_PAGED_CHUNK_SIZE ((size_t)256 * 1024)

struct dfut_paged;

/* Takes the file over, also when it fails; the size is that of the file, more than DFUT_PAGED_HEAD_SIZE. */
int dfut_paged_open(struct dfut_paged **paged, struct dfut_failure *failure, FILE *file, uint64_t size);
/* Reads all of it once; what is read later is compared with that. */
int dfut_paged_judge(struct dfut_paged *paged, struct dfut_failure *failure);
/* The same a chunk at a time, from the first to the last: its bytes, DFUT_PAGED_CHUNK_SIZE but for the last; 0 at the end. */
int dfut_paged_judge_next(struct dfut_paged *paged, struct dfut_failure *failure, uint8_t *chunk, size_t *size);
/* Bytes that are not judged. */
int dfut_paged_peek(const struct dfut_paged *paged, struct dfut_failure *failure, uint64_t offset, void *bytes,
		    size_t size);
void dfut_paged_free(struct dfut_paged *paged);
/* The same, but for the file, which can be read from its beginning. */
FILE *dfut_paged_release(struct dfut_paged *paged);

/* DFUT_PAGED_HEAD_SIZE bytes. */
uint8_t *dfut_paged_get_head(struct dfut_paged *paged);
/* What follows this offset, which is in the last 8 KiB. */
const uint8_t *dfut_paged_get_tail(const struct dfut_paged *paged, size_t offset);
/* CRC-32 of zlib's of all bytes up to this offset, which is in the last 8 KiB. */
uint32_t dfut_paged_get_crc(const struct dfut_paged *paged, size_t end);
/* Whether all bytes up to there are the same. */
bool dfut_paged_is_even(const struct dfut_paged *paged, size_t end);

/* These bytes as they were judged: 0, or DFUT_ERROR_IO if they are not the same any more. Any thread may call it. */
int dfut_paged_read(const struct dfut_paged *paged, struct dfut_failure *failure, uint64_t offset, void *bytes,
		    size_t size);

#endif
