/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Whether the flash has what it is to have: by the bootloader's sums of it, or by reading. The first difference ends it; what looks
 * like one is asked for once more, as replies have no checksum. */

#include <string.h>

#include "language/sam-ba/core.h"

struct samba_compare {
	struct samba_core core;
	size_t chunk;
	uint32_t offset; /* in the chunk, by reading */
	bool by_reading;
	bool is_again;
	uint64_t done;
	uint64_t total;
};

static int begin(void *state, const struct dfut_job *job)
{
	struct samba_compare *compare = state;

	samba_core_begin(&compare->core, job);
	compare->by_reading = compare->core.own->by_reading;
	for (size_t i = 0; i < compare->core.own->chunk_count; i++)
		compare->total += compare->core.own->chunks[i].size;
	return 0;
}

static void progress(const void *state, uint64_t *done, uint64_t *total)
{
	const struct samba_compare *compare = state;

	*done = compare->done;
	*total = compare->total;
}

static const struct samba_chunk *get_chunk(const struct samba_compare *compare)
{
	return &compare->core.own->chunks[compare->chunk];
}

/* Bytes that are compared at once. */
static uint32_t get_size(const struct samba_compare *compare)
{
	uint32_t left = get_chunk(compare)->size - compare->offset;

	if (!compare->by_reading)
		return left;
	return left < SAMBA_READ_MAX ? left : SAMBA_READ_MAX;
}

static int ask(struct samba_compare *compare, struct dfut_next *next)
{
	uint32_t address;

	if (compare->chunk == compare->core.own->chunk_count)
		return dfut_next_done(next, DFUT_END_STAYS);
	address = get_chunk(compare)->address + compare->offset;
	return samba_core_ask(&compare->core,
			      compare->by_reading ? samba_make_read(address, get_size(compare)) :
						    samba_make_sum(address, get_size(compare)),
			      next);
}

/* How many bytes are right, of those that were asked for. */
static uint32_t count_right(const struct samba_compare *compare)
{
	const uint8_t *data = get_chunk(compare)->data + compare->offset;
	uint32_t size = get_size(compare), right = 0;

	if (!compare->by_reading)
		return samba_reply_get_sum(&compare->core.reply) == samba_crc(data, size) ? size : 0;
	while (right < size && compare->core.reply.bytes[right] == data[right])
		right++;
	return right;
}

static int move_on(struct samba_compare *compare, uint32_t size, struct dfut_next *next)
{
	compare->is_again = false;
	compare->done += size;
	compare->offset += size;
	if (compare->offset == get_chunk(compare)->size) {
		compare->chunk++;
		compare->offset = 0;
	}
	return ask(compare, next);
}

/* It sums nothing up: it is read, or nobody knows. */
static int has_no_sum(struct samba_compare *compare, struct dfut_next *next)
{
	const struct samba_job *own = compare->core.own;

	if (own->part->family == SAMBA_EXTENDED || own->identity->is_secured) {
		own->outcome->differs = true;
		return dfut_next_done(next, DFUT_END_STAYS);
	}
	compare->by_reading = true;
	return ask(compare, next);
}

static int compare_next(void *state, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	struct samba_compare *compare = state;
	struct samba_outcome *result_of = compare->core.own->outcome;
	uint32_t right, size;
	int result;

	if (!outcome)
		return samba_core_open(&compare->core, next);
	result = samba_core_run(&compare->core, outcome, next);
	if (result == SAMBA_LOST)
		return has_no_sum(compare, next);
	if (result != SAMBA_ANSWERED)
		return result;
	if (compare->core.command.letter == '\0')
		return ask(compare, next);
	right = count_right(compare);
	size = get_size(compare);
	if (right == size)
		return move_on(compare, size, next);
	if (!compare->is_again) {
		compare->is_again = true;
		return ask(compare, next);
	}
	result_of->differs = true;
	result_of->address = get_chunk(compare)->address + compare->offset + right;
	return dfut_next_done(next, DFUT_END_STAYS);
}

const struct dfut_machine_ops samba_compare_machine = {
	.name = "sam-ba-compare",
	.state_size = sizeof(struct samba_compare),
	.begin = begin,
	.next = compare_next,
	.progress = progress,
};
