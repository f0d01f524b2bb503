/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Where an image goes, and what can be known of it before anything is erased: what starts on these chips begins with its
 * vectors. A SN32F26x is reached only through what is at 0, so that this is not overwritten without a yes.
 */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "image/blocks.h"
#include "language/sonix-isp/plan.h"

#define SIZE_MIN 0x100u
#define RAM_START 0x20000000u
#define VECTORS 16
/* Stack, reset, NMI and hard fault: no chip does without */
#define FIRST_VECTORS 4

/* An image that is being judged. */
struct candidate {
	struct dfut_session *session;
	const struct sonix_part *part; /* NULL: not known yet */
	const uint8_t *data;
	size_t size;
	uint32_t offset;
	uint32_t flash;	      /* bytes */
	bool is_offset_known; /* without a part, that of an image without addresses isn't */
};

/* Whether the caller has overruled it. */
static bool is_forced(const struct candidate *candidate, unsigned int check)
{
	return candidate->session->force & check;
}

static int fail(const struct candidate *candidate, unsigned int check, const char *text)
{
	return dfut_fail_check(&candidate->session->failure, DFUT_ERROR_MISMATCH, check, "%s", text);
}

static uint32_t get_vector(const struct candidate *candidate, size_t index)
{
	return dfut_le32(candidate->data + 4 * index);
}

static int check_stack(const struct candidate *candidate)
{
	uint32_t ram = candidate->part ? candidate->part->ram : SONIX_RAM_MAX;
	uint32_t stack = get_vector(candidate, 0);

	if (stack > RAM_START && stack - RAM_START <= ram && stack % 4 == 0)
		return 0;
	return dfut_fail_check(&candidate->session->failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_FORMAT,
			       "the image does not begin with the address of a stack: 0x%08" PRIx32
			       " is not in the chip's RAM",
			       stack);
}

/* Code of Thumb is at odd addresses. */
static int check_first_vectors(const struct candidate *candidate)
{
	uint32_t from = candidate->is_offset_known ? candidate->offset : 0;

	for (size_t i = 1; i < FIRST_VECTORS; i++) {
		uint32_t vector = get_vector(candidate, i);

		if ((vector % 2 && vector >= from && vector < candidate->flash) || (i > 1 && !vector))
			continue;
		return dfut_fail_check(&candidate->session->failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_FORMAT,
				       "vector %zu of the image is 0x%08" PRIx32
				       ", which is no code in the flash from 0x%05" PRIx32 " to 0x%05" PRIx32,
				       i, vector, from, candidate->flash - 1);
	}
	return 0;
}

static int check_program(const struct candidate *candidate)
{
	if (is_forced(candidate, DFUT_CHECK_FORMAT))
		return 0;
	if (candidate->size < SIZE_MIN)
		return dfut_fail_check(&candidate->session->failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_FORMAT,
				       "the image has %zu bytes, which is too little for firmware", candidate->size);
	return check_stack(candidate) < 0 ? candidate->session->failure.code : check_first_vectors(candidate);
}

/* What is at 0 on such a chip is the way into its bootloader. */
static int refuse_start(const struct candidate *candidate)
{
	fail(candidate, DFUT_CHECK_BOOTLOADER,
	     "the image is for the beginning of the flash, where this chip has the only way into its bootloader: without one "
	     "in the image it could never be updated again");
	dfut_hint(
		&candidate->session->failure,
		"firmware is linked for 0x200, behind the jump loader; if the image has a way in of its own, say that it "
		"is meant (--force bootloader)");
	return DFUT_ERROR_MISMATCH;
}

static int refuse_low_vector(const struct candidate *candidate, size_t index)
{
	struct dfut_failure *failure = &candidate->session->failure;

	dfut_fail_check(failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_MEMORY_MAP,
			"vector %zu of the image is 0x%08" PRIx32
			", below 0x200: it is linked for another place than behind the jump loader",
			index, get_vector(candidate, index));
	dfut_hint(failure,
		  "link it for 0x200; a jump loader, or an image that has one, goes to the beginning if that is asked "
		  "for (--address 0 --force bootloader)");
	return DFUT_ERROR_MISMATCH;
}

/* It is linked for behind the jump loader, and goes there. */
static int check_jump(const struct candidate *candidate)
{
	if (candidate->offset < SONIX_JUMP_SIZE)
		return is_forced(candidate, DFUT_CHECK_BOOTLOADER) ? 0 : refuse_start(candidate);
	if (is_forced(candidate, DFUT_CHECK_MEMORY_MAP))
		return 0;
	if (candidate->offset != SONIX_JUMP_SIZE)
		return fail(candidate, DFUT_CHECK_MEMORY_MAP,
			    "the image is for behind 0x200, and what the jump loader starts is at 0x200");
	for (size_t i = 1; i < VECTORS && 4 * i + 4 <= candidate->size; i++)
		if (get_vector(candidate, i) && get_vector(candidate, i) < SONIX_JUMP_SIZE)
			return refuse_low_vector(candidate, i);
	return 0;
}

/* Of these chips the whole flash is erased. */
static int check_rest(const struct candidate *candidate)
{
	if (!candidate->offset || is_forced(candidate, DFUT_CHECK_BOOTLOADER))
		return 0;
	fail(candidate, DFUT_CHECK_BOOTLOADER,
	     "the image is not for the beginning of the flash, all of which is erased on this chip: what starts it from "
	     "there would be lost");
	dfut_hint(&candidate->session->failure, "add the jump loader to the image, or say that it may be lost (--force "
						"bootloader)");
	return DFUT_ERROR_MISMATCH;
}

static int judge(const struct candidate *candidate)
{
	const struct sonix_part *part = candidate->part;

	/* First, as it says better why such vectors are wrong. */
	if (part && part->needs_jump && check_jump(candidate) < 0)
		return candidate->session->failure.code;
	if (check_program(candidate) < 0)
		return candidate->session->failure.code;
	return part && part->is_erased ? check_rest(candidate) : 0;
}

/* Laying it out. */

static void describe(struct dfut_memory *memory, const struct sonix_part *part)
{
	uint32_t size = part ? part->flash : SONIX_FLASH_MAX;

	*memory = (struct dfut_memory){ .name = part ? "the flash of this chip" : "the largest flash of these chips",
					.size = size,
					.end = size,
					.raw_start = part && part->needs_jump ? SONIX_JUMP_SIZE : 0,
					.block_size = SONIX_REPORT_SIZE };
}

/* First and last byte of the image, which has some. */
static void measure(struct candidate *candidate, const struct dfut_memory *memory)
{
	struct dfut_segment segment;
	uint32_t first = UINT32_MAX, end = 0;

	for (size_t i = 0; dfut_image_find_segment(candidate->session->plan.image, i, &segment); i++) {
		uint32_t address = segment.has_address ? segment.address : memory->raw_start;

		if (!segment.size)
			continue;
		candidate->is_offset_known = candidate->part || segment.has_address;
		first = address < first ? address : first;
		end = address + (uint32_t)segment.size > end ? address + (uint32_t)segment.size : end;
	}
	candidate->offset = first;
	candidate->size = end - first;
}

/* What is sent: whole reports, and a jump loader as all of its room. */
static int keep(struct dfut_session *session, const struct candidate *candidate)
{
	struct sonix_work *work = session->plan.work;
	size_t size = candidate->size;

	if (candidate->part && candidate->part->needs_jump && candidate->offset == 0 && size < SONIX_JUMP_SIZE)
		size = SONIX_JUMP_SIZE;
	size += (SONIX_REPORT_SIZE - size % SONIX_REPORT_SIZE) % SONIX_REPORT_SIZE;
	free(work->data);
	work->data = calloc(1, size);
	if (!work->data)
		return dfut_fail_memory(&session->failure);
	memcpy(work->data, candidate->data, candidate->size);
	work->size = size;
	work->offset = candidate->offset;
	return 0;
}

int sonix_take_image(struct dfut_session *session, const struct sonix_part *part)
{
	struct candidate candidate = { .session = session, .part = part };
	struct dfut_memory memory;
	struct dfut_blocks blocks;
	int result;

	describe(&memory, part);
	if (dfut_blocks_take(&blocks, session->plan.image, &memory, &session->failure) < 0)
		return session->failure.code;
	candidate.flash = memory.size;
	measure(&candidate, &memory);
	candidate.data = blocks.data + candidate.offset;
	if (candidate.offset % SONIX_REPORT_SIZE)
		result = dfut_fail(&session->failure, DFUT_ERROR_MISMATCH,
				   "the image begins at 0x%05" PRIx32 ", and the flash is written by %u bytes",
				   candidate.offset, SONIX_REPORT_SIZE);
	else
		result = judge(&candidate);
	if (result == 0)
		result = keep(session, &candidate);
	dfut_blocks_free(&blocks);
	return result;
}
