/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * What an image has for the sectors of a memory. A leg goes by runs, which go on across the gaps between pieces of the image
 * where the sectors around them are erased: what is in a gap is FF then. All walks go forward, so that they take as long as
 * there are pieces and sectors.
 */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "language/dfuse/plan.h"

/* Not in the image. */
#define GAP 0xff

static uint64_t get_end(const struct dfuse_range *range)
{
	return range->address + (uint64_t)range->size;
}

static uint64_t get_sector_end(const struct dfuse_place *sector)
{
	return sector->address + (uint64_t)sector->size;
}

/* From a sector on. Each byte of the image lies in one. */
static size_t find_sector(const struct dfuse_work *dfuse, size_t from, uint8_t alternate, uint64_t address)
{
	while (from + 1 < dfuse->sector_count && (dfuse->sectors[from].memory->alternate != alternate ||
						  get_sector_end(&dfuse->sectors[from]) <= address))
		from++;
	return from;
}

/* The image, cut at the borders of sectors. */

struct walk {
	size_t piece;
	size_t offset; /* in it */
	size_t sector; /* of the part */
	struct dfuse_range part;
};

static bool walk_on(const struct dfuse_work *dfuse, struct walk *walk)
{
	const struct dfuse_range *piece = &dfuse->image[walk->piece];
	uint64_t address, left;

	if (walk->piece == dfuse->image_count)
		return false;
	address = piece->address + (uint64_t)walk->offset;
	walk->sector = find_sector(dfuse, walk->sector, piece->alternate, address);
	left = get_sector_end(&dfuse->sectors[walk->sector]) - address;
	walk->part = (struct dfuse_range){ (uint32_t)address, NULL, piece->size - walk->offset, piece->alternate };
	if (left < walk->part.size)
		walk->part.size = (size_t)left;
	walk->offset += walk->part.size;
	if (walk->offset == piece->size) {
		walk->piece++;
		walk->offset = 0;
	}
	return true;
}

/* Nothing comes between the run and the part that is next, or only what is erased with them. */
static bool goes_on(const struct dfuse_work *dfuse, const struct dfuse_range *run, size_t last, const struct walk *walk)
{
	const struct dfuse_place *before = &dfuse->sectors[last];
	const struct dfuse_place *sector = &dfuse->sectors[walk->sector];

	if (run->alternate != walk->part.alternate)
		return false;
	if (get_end(run) == walk->part.address)
		return true;
	return before->can_erase && sector->can_erase &&
	       (before == sector || get_sector_end(before) == sector->address);
}

bool dfuse_is_written(const struct dfuse_place *sector, bool option_bytes)
{
	return sector->differs && (sector->memory->kind == DFUSE_KIND_OPTION_BYTES) == option_bytes;
}

static bool any(const struct dfuse_place *sector)
{
	(void)sector;
	return true;
}

static bool differs(const struct dfuse_place *sector)
{
	return sector->differs;
}

static bool plain_differs(const struct dfuse_place *sector)
{
	return dfuse_is_written(sector, false);
}

static bool options_differ(const struct dfuse_place *sector)
{
	return dfuse_is_written(sector, true);
}

/* Returns how many runs there are; `runs` has room for them, or is NULL. */
static size_t collect(const struct dfuse_work *dfuse, bool (*is_in)(const struct dfuse_place *),
		      struct dfuse_range *runs, struct dfuse_size *size)
{
	struct walk walk = { .piece = 0 };
	struct dfuse_range run = { 0 };
	size_t count = 0, last = 0;

	while (walk_on(dfuse, &walk)) {
		if (!is_in(&dfuse->sectors[walk.sector]))
			continue;
		if (count && goes_on(dfuse, &run, last, &walk)) {
			size->whole += walk.part.address + walk.part.size - get_end(&run);
			run.size = (size_t)(walk.part.address + (uint64_t)walk.part.size - run.address);
		} else {
			run = walk.part;
			size->whole += run.size;
			count++;
		}
		size->image += walk.part.size;
		last = walk.sector;
		if (runs)
			runs[count - 1] = run;
	}
	return count;
}

void dfuse_count_bytes(const struct dfuse_work *dfuse, struct dfuse_size *size)
{
	*size = (struct dfuse_size){ 0 };
	collect(dfuse, differs, NULL, size);
}

static int make_runs(struct dfuse_work *dfuse, bool (*is_in)(const struct dfuse_place *))
{
	struct dfuse_size size = { 0 };

	free(dfuse->runs);
	dfuse->run_count = collect(dfuse, is_in, NULL, &size);
	dfuse->run_bytes = size.image;
	dfuse->runs = calloc(dfuse->run_count + 1, sizeof(*dfuse->runs));
	if (!dfuse->runs)
		return DFUT_ERROR_NO_MEMORY;
	collect(dfuse, is_in, dfuse->runs, &size);
	return 0;
}

/* What counts. */

/* The first piece that does not end before an address. */
static const struct dfuse_range *find_piece(struct dfuse_work *dfuse, uint8_t alternate, uint64_t address)
{
	while (dfuse->piece + 1 < dfuse->image_count &&
	       (dfuse->image[dfuse->piece].alternate != alternate || get_end(&dfuse->image[dfuse->piece]) <= address))
		dfuse->piece++;
	return &dfuse->image[dfuse->piece];
}

static size_t find_byte(void *owner, const struct dfuse_range *range, size_t offset)
{
	uint64_t at = range->address + (uint64_t)offset;
	const struct dfuse_range *piece = find_piece(owner, range->alternate, at);

	at = piece->address > at ? piece->address : at;
	return at < get_end(range) ? (size_t)(at - range->address) : range->size;
}

/* One whose sector is not known to differ. */
static size_t find_unknown(void *owner, const struct dfuse_range *range, size_t offset)
{
	struct dfuse_work *dfuse = owner;

	while ((offset = find_byte(dfuse, range, offset)) < range->size) {
		const struct dfuse_place *sector;

		dfuse->sector = find_sector(dfuse, dfuse->sector, range->alternate, range->address + (uint64_t)offset);
		sector = &dfuse->sectors[dfuse->sector];
		if (!sector->differs)
			return offset;
		offset = (size_t)(get_sector_end(sector) - range->address);
		if (offset >= range->size)
			break;
	}
	return range->size;
}

/* Blocks. */

struct block {
	uint64_t begin;
	uint64_t end;
};

static struct block get_block(const struct dfuse_range *range, size_t offset, size_t size)
{
	uint64_t begin = range->address + (uint64_t)offset;

	return (struct block){ begin, begin + size };
}

/* What a piece has in a block. False: it begins behind it. */
static bool get_overlap(const struct dfuse_work *dfuse, size_t piece, uint8_t alternate, const struct block *block,
			struct block *overlap)
{
	const struct dfuse_range *range = &dfuse->image[piece];

	if (piece == dfuse->image_count || range->alternate != alternate || range->address >= block->end)
		return false;
	overlap->begin = range->address > block->begin ? range->address : block->begin;
	overlap->end = get_end(range) < block->end ? get_end(range) : block->end;
	return true;
}

static const uint8_t *get_bytes(const struct dfuse_work *dfuse, size_t piece, uint64_t address)
{
	return dfuse->image[piece].data + (address - dfuse->image[piece].address);
}

static const uint8_t *give(void *owner, const struct dfuse_range *range, size_t offset, uint16_t size)
{
	struct dfuse_work *dfuse = owner;
	struct block block = get_block(range, offset, size), overlap;

	if (get_overlap(dfuse, dfuse->piece, range->alternate, &block, &overlap) && overlap.begin == block.begin &&
	    overlap.end == block.end)
		return get_bytes(dfuse, dfuse->piece, block.begin);
	memset(dfuse->block, GAP, size);
	for (size_t i = dfuse->piece; get_overlap(dfuse, i, range->alternate, &block, &overlap); i++)
		memcpy(dfuse->block + (overlap.begin - block.begin), get_bytes(dfuse, i, overlap.begin),
		       (size_t)(overlap.end - overlap.begin));
	return dfuse->block;
}

/* A sector differs if one of the image's bytes does; the others are not looked at then. */
static int mark(void *owner, const struct dfuse_range *range, size_t offset, const uint8_t *data, uint16_t size)
{
	struct dfuse_work *dfuse = owner;
	struct block block = get_block(range, offset, size), overlap;

	for (size_t i = dfuse->piece; get_overlap(dfuse, i, range->alternate, &block, &overlap); i++) {
		while (overlap.begin < overlap.end) {
			struct dfuse_place *sector;
			uint64_t end;

			dfuse->sector = find_sector(dfuse, dfuse->sector, range->alternate, overlap.begin);
			sector = &dfuse->sectors[dfuse->sector];
			/* What is before that was left out. */
			if (overlap.begin < sector->address)
				overlap.begin = sector->address;
			end = get_sector_end(sector) < overlap.end ? get_sector_end(sector) : overlap.end;
			sector->differs = sector->differs || memcmp(data + (overlap.begin - block.begin),
								    get_bytes(dfuse, i, overlap.begin),
								    (size_t)(end - overlap.begin)) != 0;
			overlap.begin = end;
		}
	}
	return 0;
}

static int refuse_byte(struct dfuse_work *dfuse, uint8_t alternate, uint64_t address, uint8_t wanted, uint8_t there)
{
	dfut_fail(dfuse->failure, DFUT_ERROR_VERIFY,
		  "read back differs at 0x%08" PRIx32 " in \"%s\": 0x%02x was written, 0x%02x is there",
		  (uint32_t)address, dfuse_get_memory(dfuse, alternate)->layout.title, wanted, there);
	dfut_hint(dfuse->failure, "if it happens again, the sector is write-protected, which the part does not report");
	return DFUT_ERROR_VERIFY;
}

static int check(void *owner, const struct dfuse_range *range, size_t offset, const uint8_t *data, uint16_t size)
{
	struct dfuse_work *dfuse = owner;
	struct block block = get_block(range, offset, size), overlap;

	for (size_t i = dfuse->piece; get_overlap(dfuse, i, range->alternate, &block, &overlap); i++) {
		const uint8_t *there = data + (overlap.begin - block.begin);
		const uint8_t *wanted = get_bytes(dfuse, i, overlap.begin);
		size_t count = (size_t)(overlap.end - overlap.begin), at = 0;

		if (memcmp(there, wanted, count) == 0)
			continue;
		while (there[at] == wanted[at])
			at++;
		return refuse_byte(dfuse, range->alternate, overlap.begin + at, wanted[at], there[at]);
	}
	return 0;
}

static size_t count(void *owner, const struct dfuse_range *range, size_t offset, size_t size)
{
	struct dfuse_work *dfuse = owner;
	struct block block = get_block(range, offset, size), overlap;
	size_t counted = 0;

	while (dfuse->told < dfuse->image_count && (dfuse->image[dfuse->told].alternate != range->alternate ||
						    get_end(&dfuse->image[dfuse->told]) <= block.begin))
		dfuse->told++;
	for (; get_overlap(dfuse, dfuse->told, range->alternate, &block, &overlap); dfuse->told++) {
		counted += (size_t)(overlap.end - overlap.begin);
		if (overlap.end == block.end)
			break;
	}
	return counted;
}

/* Legs. */

static const struct dfuse_content compared = { find_unknown, NULL, mark, count };
static const struct dfuse_content written = { find_byte, give, NULL, count };
static const struct dfuse_content verified = { find_byte, NULL, check, count };

static void fill_job(struct dfuse_work *dfuse, struct dfuse_job *job, const struct dfuse_content *content)
{
	dfuse->piece = 0;
	dfuse->sector = 0;
	dfuse->told = 0;
	job->total = dfuse->run_bytes;
	job->ranges = dfuse->runs;
	job->range_count = dfuse->run_count;
	job->content = content;
	job->owner = dfuse;
}

int dfuse_compare(struct dfuse_work *dfuse, struct dfuse_job *job)
{
	if (make_runs(dfuse, any) < 0)
		return DFUT_ERROR_NO_MEMORY;
	for (size_t i = 0; i < dfuse->sector_count; i++)
		dfuse->sectors[i].differs = false;
	fill_job(dfuse, job, &compared);
	return 0;
}

int dfuse_write(struct dfuse_work *dfuse, struct dfuse_job *job, bool option_bytes)
{
	if (!dfuse->block)
		dfuse->block = malloc(UINT16_MAX);
	if (!dfuse->block || make_runs(dfuse, option_bytes ? options_differ : plain_differs) < 0)
		return DFUT_ERROR_NO_MEMORY;
	fill_job(dfuse, job, &written);
	return 0;
}

void dfuse_verify(struct dfuse_work *dfuse, struct dfuse_job *job, struct dfut_failure *failure)
{
	dfuse->failure = failure;
	fill_job(dfuse, job, &verified);
}
