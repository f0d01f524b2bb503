/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Pages of a large file. Not mapped: a file that is cut off would end the program. Of each page the CRC of all that is
 * before its end is kept, so that it is right only if what is before it is the same, too.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "base/file.h"
#include "image/paged.h"

/* As much as is read for a byte of it. */
#define PAGE_BYTES ((size_t)4096)
#define CHUNK_PAGES (DFUT_PAGED_CHUNK_SIZE / PAGE_BYTES)
/* Of the end, for the DFU suffix and what may be behind it. */
#define TAIL_SIZE (2 * PAGE_BYTES)
/* 4 bytes are kept for each page: 64 MiB for this. No device takes as much over USB. */
#define MAX_SIZE (UINT64_C(64) << 30)

struct dfut_paged {
	FILE *file;
	uint64_t size;
	size_t page_count;
	uint32_t *crcs;	  /* of each page, of the bytes from the file's first to its last */
	size_t judged;	  /* pages */
	size_t tail_page; /* where the tail begins */
	size_t even_size; /* bytes at the beginning that are all the same, not beyond the tail's first */
	uint8_t head[DFUT_PAGED_HEAD_SIZE];
	uint8_t tail[TAIL_SIZE + PAGE_BYTES];
};

static int fail_changed(struct dfut_failure *failure, uint64_t offset, const char *what)
{
	dfut_fail(failure, DFUT_ERROR_IO, "offset %llu: the firmware file was changed after it was judged: %s",
		  (unsigned long long)offset, what);
	dfut_hint(failure, "repeat it, and leave the file as it is meanwhile");
	return failure->code;
}

/* All of them, or an error. */
static int read_bytes(const struct dfut_paged *paged, struct dfut_failure *failure, uint64_t offset, uint8_t *bytes,
		      size_t size)
{
	size_t done = 0;

	while (done < size) {
		long long part = dfut_file_read_at(paged->file, offset + done, bytes + done, size - done);

		if (part < 0 && errno == EINTR)
			continue;
		if (part < 0)
			return dfut_fail(failure, DFUT_ERROR_IO, "offset %llu: can't be read: %s",
					 (unsigned long long)(offset + done), strerror(errno));
		if (part == 0)
			return fail_changed(failure, offset + done, "it ends here");
		done += (size_t)part;
	}
	return 0;
}

static int refuse_size(struct dfut_failure *failure, uint64_t size)
{
	return dfut_fail_check(failure, DFUT_ERROR_IMAGE, DFUT_CHECK_SIZE,
			       "has %llu bytes, the limit is %llu: no device takes more over USB",
			       (unsigned long long)size,
			       (unsigned long long)(MAX_SIZE < SIZE_MAX ? MAX_SIZE : SIZE_MAX));
}

int dfut_paged_open(struct dfut_paged **paged, struct dfut_failure *failure, FILE *file, uint64_t size)
{
	struct dfut_paged *opened = NULL;

	if (size <= MAX_SIZE && size <= SIZE_MAX)
		opened = calloc(1, sizeof(*opened));
	if (!opened) {
		fclose(file);
		return size <= MAX_SIZE && size <= SIZE_MAX ? dfut_fail_memory(failure) : refuse_size(failure, size);
	}
	opened->file = file;
	opened->size = size;
	opened->page_count = (size_t)((size + PAGE_BYTES - 1) / PAGE_BYTES);
	opened->tail_page = (size_t)((size - TAIL_SIZE) / PAGE_BYTES);
	if (read_bytes(opened, failure, 0, opened->head, sizeof(opened->head)) < 0) {
		dfut_paged_free(opened);
		return failure->code;
	}
	*paged = opened;
	return 0;
}

FILE *dfut_paged_release(struct dfut_paged *paged)
{
	FILE *file = paged->file;

	free(paged->crcs);
	free(paged);
	rewind(file); /* some systems can't read from elsewhere without going there */
	return file;
}

void dfut_paged_free(struct dfut_paged *paged)
{
	if (paged)
		fclose(dfut_paged_release(paged));
}

/* Bytes of a page: the last may have less. */
static size_t get_page_size(const struct dfut_paged *paged, size_t page)
{
	uint64_t left = paged->size - (uint64_t)page * PAGE_BYTES;

	return left < PAGE_BYTES ? (size_t)left : PAGE_BYTES;
}

static uint32_t add_up(const struct dfut_paged *paged, size_t page, const uint8_t *bytes, size_t size)
{
	return (uint32_t)crc32(page ? paged->crcs[page - 1] : 0, bytes, (uInt)size);
}

static bool is_filled(const uint8_t *bytes, size_t size, uint8_t value)
{
	return size == 0 || (bytes[0] == value && memcmp(bytes, bytes + 1, size - 1) == 0);
}

static void take_page(struct dfut_paged *paged, size_t page, const uint8_t *bytes)
{
	size_t size = get_page_size(paged, page);

	paged->crcs[page] = add_up(paged, page, bytes, size);
	if (page >= paged->tail_page)
		memcpy(paged->tail + (page - paged->tail_page) * PAGE_BYTES, bytes, size);
	else if (paged->even_size == page * PAGE_BYTES && is_filled(bytes, size, paged->head[0]))
		paged->even_size += size;
}

int dfut_paged_judge_next(struct dfut_paged *paged, struct dfut_failure *failure, uint8_t *chunk, size_t *size)
{
	uint64_t offset = (uint64_t)paged->judged * PAGE_BYTES;
	uint64_t left = offset < paged->size ? paged->size - offset : 0;

	*size = left < DFUT_PAGED_CHUNK_SIZE ? (size_t)left : DFUT_PAGED_CHUNK_SIZE;
	if (!paged->crcs)
		paged->crcs = malloc(paged->page_count * sizeof(*paged->crcs));
	if (!paged->crcs)
		return dfut_fail_memory(failure);
	if (read_bytes(paged, failure, offset, chunk, *size) < 0)
		return failure->code;
	for (size_t done = 0; done < *size; done += PAGE_BYTES)
		take_page(paged, paged->judged++, chunk + done);
	return 0;
}

int dfut_paged_judge(struct dfut_paged *paged, struct dfut_failure *failure)
{
	uint8_t *chunk = malloc(DFUT_PAGED_CHUNK_SIZE);
	size_t size = 1;
	int result = chunk ? 0 : dfut_fail_memory(failure);

	while (result == 0 && size > 0)
		result = dfut_paged_judge_next(paged, failure, chunk, &size);
	free(chunk);
	return result;
}

int dfut_paged_peek(const struct dfut_paged *paged, struct dfut_failure *failure, uint64_t offset, void *bytes,
		    size_t size)
{
	return read_bytes(paged, failure, offset, bytes, size);
}

uint8_t *dfut_paged_get_head(struct dfut_paged *paged)
{
	return paged->head;
}

const uint8_t *dfut_paged_get_tail(const struct dfut_paged *paged, size_t offset)
{
	return paged->tail + (offset - paged->tail_page * PAGE_BYTES);
}

uint32_t dfut_paged_get_crc(const struct dfut_paged *paged, size_t end)
{
	return add_up(paged, paged->tail_page, paged->tail, end - paged->tail_page * PAGE_BYTES);
}

bool dfut_paged_is_even(const struct dfut_paged *paged, size_t end)
{
	size_t start = paged->tail_page * PAGE_BYTES;

	return paged->even_size == start && is_filled(paged->tail, end - start, paged->head[0]);
}

int dfut_paged_read(const struct dfut_paged *paged, struct dfut_failure *failure, uint64_t offset, void *bytes,
		    size_t size)
{
	uint8_t page_bytes[PAGE_BYTES];
	uint8_t *to = bytes;

	while (size > 0) {
		size_t page = (size_t)(offset / PAGE_BYTES), from = (size_t)(offset % PAGE_BYTES);
		size_t page_size = get_page_size(paged, page);
		size_t part = page_size - from < size ? page_size - from : size;

		if (read_bytes(paged, failure, offset - from, page_bytes, page_size) < 0)
			return failure->code;
		if (add_up(paged, page, page_bytes, page_size) != paged->crcs[page])
			return fail_changed(failure, offset - from, "other bytes are there");
		memcpy(to, page_bytes + from, part);
		to += part;
		offset += part;
		size -= part;
	}
	return 0;
}
