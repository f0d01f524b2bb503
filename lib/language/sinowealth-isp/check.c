/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * What can be known of an image before anything is erased. It begins with the jump to the firmware. The bootloader keeps that
 * elsewhere: the chip itself begins with a jump to the bootloader, so that a dump by a hardware programmer is no such image.
 */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "image/blocks.h"
#include "language/sinowealth-isp/plan.h"
#include "language/sinowealth-isp/wire.h"

static const struct sinowealth_part parts[] = {
	{ "sh68f90", 61440 },
	{ "sh68f90a", 61440 },
	{ "sh68f881", 28672 },
};

const struct sinowealth_part *sinowealth_part_get(size_t index)
{
	return index < DFUT_COUNT(parts) ? &parts[index] : NULL;
}

const char *sinowealth_part_get_name(size_t index)
{
	return index < DFUT_COUNT(parts) ? parts[index].name : NULL;
}

static int fail(struct dfut_session *session, unsigned int check, const char *text)
{
	return dfut_fail_check(&session->failure, DFUT_ERROR_MISMATCH, check, "%s", text);
}

/* A jump to where the bootloader of a part is: 02, its address. The segment has the image's first bytes. */
static bool is_dump(const struct dfut_segment *segment)
{
	if (segment->size < SINOWEALTH_JUMP_LENGTH || segment->data[0] != SINOWEALTH_LJMP ||
	    (segment->has_address && segment->address != 0))
		return false;
	for (size_t i = 0; i < DFUT_COUNT(parts); i++)
		/* A program may well begin where a smaller part has its bootloader: only whole flashes are meant. */
		if (sinowealth_get_target(segment->data) == parts[i].size && segment->size >= parts[i].size)
			return true;
	return false;
}

/* Before it is refused as too large for what it is not. */
static int check_dump(struct dfut_session *session)
{
	struct dfut_segment segment;

	if (session->force & DFUT_CHECK_FORMAT || !dfut_image_find_segment(session->plan.image, 0, &segment) ||
	    !is_dump(&segment))
		return 0;
	fail(session, DFUT_CHECK_FORMAT,
	     "the image is what a hardware programmer reads: it begins with the jump to the bootloader, and written by that it "
	     "would start the bootloader for ever");
	dfut_hint(
		&session->failure,
		"take what \"upload\" reads, or put the jump to the firmware (02 and two bytes), which is 5 bytes before the "
		"bootloader, to the beginning, zeros to where it was, and cut the bootloader off");
	return DFUT_ERROR_MISMATCH;
}

/* That of another part. */
static int check_size(struct dfut_session *session, const struct sinowealth_part *part, size_t size)
{
	for (size_t i = 0; i < DFUT_COUNT(parts) && !(session->force & DFUT_CHECK_SIZE); i++)
		if (parts[i].size == size && parts[i].size != part->size)
			return dfut_fail_check(
				&session->failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_SIZE,
				"the image has %zu bytes, which is all of a %s: the device is said to have a %s", size,
				parts[i].name, part->name);
	return 0;
}

static int check_entry(struct dfut_session *session, const struct sinowealth_part *part, const uint8_t *image,
		       size_t size)
{
	uint16_t entry = sinowealth_get_target(image);

	if (image[0] != SINOWEALTH_LJMP)
		return dfut_fail_check(&session->failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_FORMAT,
				       "the image begins with 0x%02x, and firmware of these chips with 0x02, a jump",
				       image[0]);
	if (entry >= SINOWEALTH_JUMP_LENGTH && entry < part->size - SINOWEALTH_JUMP_SIZE && entry < size)
		return 0;
	return dfut_fail_check(&session->failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_FORMAT,
			       "the image begins with a jump to 0x%04x, where it has no program: it has 0x%04zx bytes",
			       entry, size);
}

static int check_end(struct dfut_session *session, const struct sinowealth_part *part, const uint8_t *image)
{
	const uint8_t *jump = image + part->size - SINOWEALTH_JUMP_SIZE;

	for (size_t i = 0; i < SINOWEALTH_JUMP_LENGTH; i++)
		if (jump[i])
			return dfut_fail_check(
				&session->failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_MEMORY_MAP,
				"the image has 0x%02x at 0x%04zx, where the bootloader keeps the jump to the "
				"firmware: an image has zeros there",
				jump[i], part->size - SINOWEALTH_JUMP_SIZE + i);
	return 0;
}

/* All that is not filler is one jump. */
static int check_content(struct dfut_session *session, const uint8_t *image, size_t size)
{
	for (size_t i = SINOWEALTH_JUMP_LENGTH; i < size; i++)
		if (image[i] != 0x00 && image[i] != 0xff)
			return 0;
	return fail(session, DFUT_CHECK_FORMAT, "the image has nothing behind its first jump");
}

static int judge(struct dfut_session *session, const struct sinowealth_part *part, const uint8_t *image, size_t size)
{
	if (!(session->force & DFUT_CHECK_FORMAT) &&
	    (check_entry(session, part, image, size) < 0 || check_content(session, image, size) < 0))
		return session->failure.code;
	if (!(session->force & DFUT_CHECK_MEMORY_MAP) && check_end(session, part, image) < 0)
		return session->failure.code;
	return check_size(session, part, size);
}

/* Bytes from 0 to the image's last one. */
static size_t measure(const struct dfut_image *image)
{
	struct dfut_segment segment;
	size_t end = 0;

	for (size_t i = 0; dfut_image_find_segment(image, i, &segment); i++) {
		size_t to = (segment.has_address ? segment.address : 0) + segment.size;

		end = segment.size && to > end ? to : end;
	}
	return end;
}

static int keep(struct dfut_session *session, const struct sinowealth_part *part, const uint8_t *bytes, size_t size)
{
	struct sinowealth_work *work = session->plan.work;

	free(work->image);
	work->image = calloc(1, part->size);
	if (!work->image)
		return dfut_fail_memory(&session->failure);
	memcpy(work->image, bytes, size);
	if (judge(session, part, work->image, size) < 0)
		return session->failure.code;
	memset(work->image + part->size - SINOWEALTH_JUMP_SIZE, 0, SINOWEALTH_JUMP_LENGTH);
	return 0;
}

int sinowealth_take_image(struct dfut_session *session, const struct sinowealth_part *part)
{
	const struct dfut_memory memory = { .name = "the flash of the part",
					    .size = part->size,
					    .end = part->size,
					    .block_size = SINOWEALTH_PAGE_SIZE };
	struct dfut_blocks blocks;
	int result;

	if (check_dump(session) < 0 || dfut_blocks_take(&blocks, session->plan.image, &memory, &session->failure) < 0)
		return session->failure.code;
	result = keep(session, part, blocks.data, measure(session->plan.image));
	dfut_blocks_free(&blocks);
	return result;
}
