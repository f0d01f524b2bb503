/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Where an image goes, and whether it can be started from there: the bootloader is in front of the application in the same flash,
 * and starts whatever has a vector table behind itself.
 */

#include <inttypes.h>
#include <stdlib.h>

#include "language/sam-ba/plan.h"

/* Of the vector table, that every Cortex-M has */
#define VECTORS 16
#define LOADER_SIZE_MIN 0x2000

/* An image that is being judged. */
struct candidate {
	struct dfut_session *session;
	const struct samba_part *part;
	uint32_t start;
	const uint8_t *data; /* at the start */
	uint32_t size;	     /* from the start on */
};

void samba_finish(void *state)
{
	struct samba_work *work = state;

	dfut_blocks_free(&work->blocks);
	free(work->chunks);
}

/* The bootloader's own place. */

static int refuse_below(const struct candidate *candidate, uint32_t address)
{
	struct dfut_failure *failure = &candidate->session->failure;

	if (address == candidate->part->base)
		dfut_fail(failure, DFUT_ERROR_MISMATCH,
			  "the image is linked for 0x%" PRIx32
			  ", where the bootloader of the %s is: the application begins at "
			  "0x%" PRIx32,
			  address, candidate->part->title, candidate->start);
	else
		dfut_fail(failure, DFUT_ERROR_MISMATCH,
			  "the image has data at 0x%" PRIx32 ", and the application of the %s begins at 0x%" PRIx32
			  ": its bootloader is below",
			  address, candidate->part->title, candidate->start);
	dfut_hint(failure,
		  "link the program for 0x%" PRIx32 " (FLASH in its linker script), and take the file without a "
		  "bootloader: that can't be replaced this way",
		  candidate->start);
	return DFUT_ERROR_MISMATCH;
}

static int check_place(const struct candidate *candidate)
{
	struct dfut_segment segment;

	for (size_t i = 0; dfut_image_find_segment(candidate->session->plan.image, i, &segment); i++)
		if (segment.size && segment.has_address && segment.address < candidate->start &&
		    segment.address >= candidate->part->base)
			return refuse_below(candidate, segment.address);
	return 0;
}

/* The vector table. */

static uint32_t get_vector(const struct candidate *candidate, size_t index)
{
	return dfut_le32(candidate->data + 4 * index);
}

static int check_beginning(const struct candidate *candidate)
{
	if (candidate->size >= 4 * 2)
		return 0;
	return dfut_fail_check(&candidate->session->failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_FORMAT,
			       "the image has nothing at 0x%" PRIx32
			       ", where the application of the %s begins; all of it "
			       "is erased, so that nothing would start",
			       candidate->start, candidate->part->title);
}

static int check_stack(const struct candidate *candidate)
{
	uint32_t stack = get_vector(candidate, 0);

	if (stack > SAMBA_RAM && stack - SAMBA_RAM <= candidate->part->ram && stack % 4 == 0)
		return 0;
	dfut_fail_check(&candidate->session->failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_FORMAT,
			"the image does not begin with the address of a stack: 0x%08" PRIx32
			" is not in the RAM of the %s",
			stack, candidate->part->title);
	dfut_hint(&candidate->session->failure,
		  "it may be for another board; the bootloader would start it nevertheless");
	return DFUT_ERROR_MISMATCH;
}

/* All of what is started is linked for where it is. */
static int check_low_vectors(const struct candidate *candidate)
{
	struct dfut_failure *failure = &candidate->session->failure;

	if (candidate->session->force & DFUT_CHECK_MEMORY_MAP)
		return 0;
	for (size_t i = 1; i < VECTORS && 4 * i + 4 <= candidate->size; i++) {
		uint32_t vector = get_vector(candidate, i);

		if (!vector || vector >= candidate->start)
			continue;
		dfut_fail_check(failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_MEMORY_MAP,
				"vector %zu of the image is 0x%08" PRIx32
				": it is linked for %s, and the application of the %s begins at 0x%" PRIx32,
				i, vector,
				vector < LOADER_SIZE_MIN ? "0, as if there were no bootloader" : "another place",
				candidate->part->title, candidate->start);
		dfut_hint(failure,
			  "link the program for 0x%" PRIx32
			  " (FLASH in its linker script), and take the file without a "
			  "bootloader",
			  candidate->start);
		return DFUT_ERROR_MISMATCH;
	}
	return 0;
}

static int check_reset_vector(const struct candidate *candidate)
{
	uint32_t vector = get_vector(candidate, 1);

	if (vector % 2 && vector >= candidate->start && vector - candidate->start < candidate->size)
		return 0;
	dfut_fail_check(&candidate->session->failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_FORMAT,
			"the image would start at 0x%08" PRIx32 ", which is %s", vector,
			vector % 2 ? "not in it" : "even, and no Thumb code");
	dfut_hint(&candidate->session->failure,
		  "it is no program for 0x%" PRIx32 ", where the application of the %s begins", candidate->start,
		  candidate->part->title);
	return DFUT_ERROR_MISMATCH;
}

static int check_program(const struct candidate *candidate)
{
	if (candidate->session->force & DFUT_CHECK_FORMAT)
		return 0;
	if (check_beginning(candidate) < 0 || check_stack(candidate) < 0 || check_low_vectors(candidate) < 0 ||
	    check_reset_vector(candidate) < 0)
		return candidate->session->failure.code;
	return 0;
}

/* Laying it out. */

static void describe(struct dfut_memory *memory, const struct candidate *candidate)
{
	const struct samba_part *part = candidate->part;

	*memory = (struct dfut_memory){ .name = "the flash of this chip",
					.address = part->base,
					.size = part->flash,
					.start = candidate->start,
					.end = part->base + part->flash,
					.raw_start = candidate->start,
					.block_size = part->page,
					.blank = 0xff };
}

/* Of the window of a chunk: whether the image has something in it. */
static bool is_used(const struct dfut_blocks *blocks, size_t first, size_t end)
{
	return dfut_blocks_find(blocks, first) < end;
}

static bool is_blank(const struct samba_chunk *chunk)
{
	for (size_t i = 0; i < chunk->size; i++)
		if (chunk->data[i] != 0xff)
			return false;
	return true;
}

static void add_chunk(struct samba_work *work, const struct samba_part *part, uint32_t at)
{
	struct samba_chunk *chunk = &work->chunks[work->chunk_count++];
	uint32_t end = part->base + (uint32_t)work->blocks.count * part->page;

	chunk->address = part->family == SAMBA_EXTENDED ? at - work->start : at;
	chunk->size = end - at < SAMBA_CHUNK_MAX ? end - at : SAMBA_CHUNK_MAX;
	chunk->data = work->blocks.data + (at - part->base);
	chunk->is_blank = is_blank(chunk);
}

/* The first chunk comes last, so that a bootloader never starts half a program; where they have to be in order, it does. */
static int list_chunks(struct dfut_session *session, const struct samba_part *part)
{
	struct samba_work *work = samba_get_work(session);
	uint32_t end = part->base + (uint32_t)work->blocks.count * part->page;
	bool is_last = part->family != SAMBA_EXTENDED;

	free(work->chunks);
	work->chunk_count = 0;
	work->chunks = calloc((end - work->start) / SAMBA_CHUNK_MAX + 1, sizeof(*work->chunks));
	if (!work->chunks)
		return dfut_fail_memory(&session->failure);
	for (uint32_t at = work->start + (is_last ? SAMBA_CHUNK_MAX : 0); at < end; at += SAMBA_CHUNK_MAX) {
		size_t first = (at - part->base) / part->page;

		if (is_used(&work->blocks, first, first + SAMBA_CHUNK_MAX / part->page))
			add_chunk(work, part, at);
	}
	if (is_last)
		add_chunk(work, part, work->start);
	return 0;
}

int samba_take_image(struct dfut_session *session, const struct samba_part *part, uint32_t start)
{
	struct samba_work *work = samba_get_work(session);
	struct candidate candidate = { .session = session, .part = part, .start = start };
	struct dfut_memory memory;
	size_t first;

	if (check_place(&candidate) < 0)
		return session->failure.code;
	describe(&memory, &candidate);
	dfut_blocks_free(&work->blocks);
	if (dfut_blocks_take(&work->blocks, session->plan.image, &memory, &session->failure) < 0)
		return session->failure.code;
	first = (start - part->base) / part->page;
	candidate.data = work->blocks.data + (start - part->base);
	/* All of them are behind the start. */
	candidate.size = work->blocks.used[first] ? (uint32_t)(work->blocks.count - first) * part->page : 0;
	if (check_program(&candidate) < 0)
		return session->failure.code;
	work->start = start;
	return list_chunks(session, part);
}

static int judge_part(struct dfut_session *session, const struct samba_part *part)
{
	struct dfut_failure first;

	if (samba_take_image(session, part, part->start) == 0)
		return 0;
	first = session->failure;
	if (part->slow_start && samba_take_image(session, part, part->slow_start) == 0)
		return 0;
	session->failure = first;
	return first.code;
}

/* Without a part, the words are those of the commonest. */
int samba_judge_early(struct dfut_session *session)
{
	const struct samba_part *expected = samba_get_expected(session);
	struct dfut_failure words = { 0 };

	if (expected)
		return judge_part(session, expected);
	for (size_t i = 0; samba_part_get(i); i++) {
		const struct samba_part *part = samba_part_get(i);

		if (part->family == SAMBA_EXTENDED)
			continue;
		dfut_failure_clear(&session->failure);
		if (samba_take_image(session, part, part->start) == 0)
			return 0;
		if (part->family == SAMBA_SAMD21)
			words = session->failure;
	}
	session->failure = words;
	return words.code;
}
