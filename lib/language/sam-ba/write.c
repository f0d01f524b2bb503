/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Writes flash: erases it from the application on, then sends chunk by chunk to the bootloader's buffer and has them written. What
 * is in the buffer is summed up before it is written, where the buffer can be; of those where it can't, what was written is. A
 * write is never repeated: what may be half written is erased again, and all of it begun anew.
 */

#include <inttypes.h>

#include "language/sam-ba/core.h"

/* Times that all is begun anew, and that something smaller is repeated. */
#define SETBACK_LIMIT 3
#define REPEAT_LIMIT 3

enum step {
	STEP_OPEN,
	STEP_ERASE,
	STEP_CHECK_ERASED,
	STEP_STORE,
	STEP_CHECK_STORED,
	STEP_SOURCE,
	STEP_WRITE,
	STEP_CHECK_WRITTEN,
};

struct samba_writing {
	struct samba_core core;
	enum step step;
	size_t chunk;
	unsigned int setbacks;
	unsigned int repeats;
	bool is_doubted; /* the sum of what was written was wrong, and is asked for once more */
	uint64_t done;
	uint64_t total;
};

static int begin(void *state, const struct dfut_job *job)
{
	struct samba_writing *writing = state;

	samba_core_begin(&writing->core, job);
	for (size_t i = 0; i < writing->core.own->chunk_count; i++)
		writing->total += writing->core.own->chunks[i].size;
	return 0;
}

static void progress(const void *state, uint64_t *done, uint64_t *total)
{
	const struct samba_writing *writing = state;

	*done = writing->done;
	*total = writing->total;
}

static const struct samba_job *get_own(const struct samba_writing *writing)
{
	return writing->core.own;
}

static const struct samba_chunk *get_chunk(const struct samba_writing *writing)
{
	return &get_own(writing)->chunks[writing->chunk];
}

static bool is_extended(const struct samba_writing *writing)
{
	return get_own(writing)->part->family == SAMBA_EXTENDED;
}

/* Sums of flash that are believed. */
static bool has_sums(const struct samba_writing *writing)
{
	return get_own(writing)->identity->letters & SAMBA_CAN_SUM && !get_own(writing)->outcome->is_sum_blind;
}

/* Steps. */

static int begin_step(struct samba_writing *writing, enum step step, struct samba_command command,
		      struct dfut_next *next)
{
	writing->step = step;
	return samba_core_ask(&writing->core, command, next);
}

static int erase(struct samba_writing *writing, struct dfut_next *next)
{
	const struct samba_job *own = get_own(writing);

	return begin_step(writing, STEP_ERASE,
			  samba_make_erase(own->erase_address, !is_extended(writing), SAMBA_LONG_MS + own->erase_ms),
			  next);
}

static int sum_up_flash(struct samba_writing *writing, enum step step, struct dfut_next *next)
{
	return begin_step(writing, step, samba_make_sum(get_chunk(writing)->address, get_chunk(writing)->size), next);
}

static int store(struct samba_writing *writing, struct dfut_next *next)
{
	const struct samba_chunk *chunk = get_chunk(writing);

	writing->step = STEP_STORE;
	return samba_core_store(&writing->core, get_own(writing)->part->buffer, chunk->data, chunk->size, next);
}

/* To the next chunk that is not as it is to be after the erase. */
static int go_on(struct samba_writing *writing, struct dfut_next *next)
{
	const struct samba_job *own = get_own(writing);

	while (writing->chunk < own->chunk_count && get_chunk(writing)->is_blank && !own->part->erases_on_write)
		writing->done += own->chunks[writing->chunk++].size;
	writing->repeats = 0;
	return writing->chunk < own->chunk_count ? store(writing, next) : dfut_next_done(next, DFUT_END_STAYS);
}

static int start_over(struct samba_writing *writing, struct dfut_next *next)
{
	writing->chunk = 0;
	writing->done = 0;
	writing->repeats = 0;
	return get_own(writing)->part->erases_on_write ? go_on(writing, next) : erase(writing, next);
}

/* What can't go on here. */

static int give_up(struct samba_writing *writing, const char *what)
{
	struct dfut_failure *failure = writing->core.job->failure;

	dfut_fail(failure, DFUT_ERROR_PROTOCOL, "%s at 0x%08" PRIx32 " is not what was sent, %u times", what,
		  get_own(writing)->origin + get_chunk(writing)->address, REPEAT_LIMIT + 1);
	samba_hint_stuck(failure, get_own(writing)->is_in_place);
	return DFUT_ERROR_PROTOCOL;
}

static int set_back(struct samba_writing *writing, struct dfut_next *next)
{
	if (writing->setbacks++ == SETBACK_LIMIT)
		return give_up(writing, "what the flash has");
	return start_over(writing, next);
}

/* A write erases what it writes to, so that it alone is repeated. */
static int write_again(struct samba_writing *writing, struct dfut_next *next)
{
	if (!get_own(writing)->part->erases_on_write)
		return set_back(writing, next);
	if (writing->repeats++ == REPEAT_LIMIT)
		return give_up(writing, "what the flash has");
	return store(writing, next);
}

/* Answers. */

static bool is_sum_right(const struct samba_writing *writing)
{
	const struct samba_chunk *chunk = get_chunk(writing);

	return samba_reply_get_sum(&writing->core.reply) == samba_crc(chunk->data, chunk->size);
}

static int erased(struct samba_writing *writing, struct dfut_next *next)
{
	if (!has_sums(writing))
		return go_on(writing, next);
	return sum_up_flash(writing, STEP_CHECK_ERASED, next);
}

/* Asked once more for the sum, then erased once more: then it is the sum that can't be believed. */
static int checked_erased(struct samba_writing *writing, struct dfut_next *next)
{
	if (samba_reply_get_sum(&writing->core.reply) == samba_crc_of_blank(get_chunk(writing)->size))
		return go_on(writing, next);
	switch (++writing->repeats) {
	case 1:
	case 3:
		return sum_up_flash(writing, STEP_CHECK_ERASED, next);
	case 2:
		return erase(writing, next);
	}
	get_own(writing)->outcome->is_sum_blind = true;
	return go_on(writing, next);
}

static int set_source(struct samba_writing *writing, struct dfut_next *next)
{
	return begin_step(writing, STEP_SOURCE, samba_make_source(get_own(writing)->part->buffer), next);
}

/* The buffer of the extended ones has no address. */
static int stored(struct samba_writing *writing, struct dfut_next *next)
{
	if (is_extended(writing) || !has_sums(writing))
		return set_source(writing, next);
	return begin_step(writing, STEP_CHECK_STORED,
			  samba_make_sum(get_own(writing)->part->buffer, get_chunk(writing)->size), next);
}

static int store_again(struct samba_writing *writing, struct dfut_next *next)
{
	if (writing->repeats++ == REPEAT_LIMIT)
		return give_up(writing, "what the bootloader's buffer has for the flash");
	return store(writing, next);
}

static int write(struct samba_writing *writing, struct dfut_next *next)
{
	const struct samba_chunk *chunk = get_chunk(writing);

	writing->step = STEP_WRITE;
	return samba_core_ask_once(&writing->core, samba_make_write(chunk->address, chunk->size, !is_extended(writing)),
				   next);
}

static int written(struct samba_writing *writing, struct dfut_next *next)
{
	writing->done += get_chunk(writing)->size;
	writing->chunk++;
	return go_on(writing, next);
}

/* Its answer says little: of the extended ones nothing at all. */
static int answered_write(struct samba_writing *writing, bool is_lost, struct dfut_next *next)
{
	writing->is_doubted = false;
	if (has_sums(writing) && (is_lost || is_extended(writing)))
		return sum_up_flash(writing, STEP_CHECK_WRITTEN, next);
	return is_lost ? write_again(writing, next) : written(writing, next);
}

static int check_written(struct samba_writing *writing, struct dfut_next *next)
{
	if (is_sum_right(writing))
		return written(writing, next);
	if (writing->is_doubted)
		return write_again(writing, next);
	writing->is_doubted = true;
	return sum_up_flash(writing, STEP_CHECK_WRITTEN, next);
}

static int take_answer(struct samba_writing *writing, struct dfut_next *next)
{
	switch (writing->step) {
	case STEP_OPEN:
		return start_over(writing, next);
	case STEP_ERASE:
		return erased(writing, next);
	case STEP_CHECK_ERASED:
		return checked_erased(writing, next);
	case STEP_STORE:
		return stored(writing, next);
	case STEP_CHECK_STORED:
		return is_sum_right(writing) ? set_source(writing, next) : store_again(writing, next);
	case STEP_SOURCE:
		return write(writing, next);
	case STEP_WRITE:
		return answered_write(writing, false, next);
	case STEP_CHECK_WRITTEN:
		return check_written(writing, next);
	}
	return DFUT_ERROR_PROTOCOL;
}

/* No answer has come, but the bootloader is there. */
static int lost(struct samba_writing *writing, struct dfut_next *next)
{
	switch (writing->step) {
	case STEP_STORE:
		return store_again(writing, next);
	case STEP_WRITE:
		return answered_write(writing, true, next);
	case STEP_CHECK_ERASED:
		return go_on(writing, next);
	case STEP_CHECK_STORED:
		return set_source(writing, next);
	/* Whether it was written is told by nothing. */
	case STEP_CHECK_WRITTEN:
		return is_extended(writing) ? written(writing, next) : set_back(writing, next);
	case STEP_OPEN:
	case STEP_ERASE:
	case STEP_SOURCE:
		break;
	}
	return DFUT_ERROR_PROTOCOL;
}

static int write_next(void *state, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	struct samba_writing *writing = state;
	int result;

	if (!outcome)
		return samba_core_open(&writing->core, next);
	result = samba_core_run(&writing->core, outcome, next);
	if (result == SAMBA_LOST)
		return lost(writing, next);
	return result == SAMBA_ANSWERED ? take_answer(writing, next) : result;
}

const struct dfut_machine_ops samba_write_machine = {
	.name = "sam-ba-write",
	.state_size = sizeof(struct samba_writing),
	.begin = begin,
	.next = write_next,
	.progress = progress,
};
