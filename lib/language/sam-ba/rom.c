/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Writes the flash of a SAM3X from its ROM, which has no command for it: the words of a page are written where they are to be, which
 * puts them into a latch, and the flash controller is told to erase and write that page. Pages that are right are left as they
 * are. Last of all the bit is set that makes the chip start from flash.
 */

#include <inttypes.h>

#include "language/sam-ba/core.h"

#define CONTROLLER 0x400e0a00u
#define OTHER_CONTROLLER 0x400e0c00u
#define MODE 0x00
#define COMMAND 0x04
#define STATUS 0x08
/* Six wait states */
#define MODE_VALUE 0x600
#define KEY 0x5a000000u
#define ERASE_AND_WRITE 0x03
#define SET_BIT 0x0b
#define BOOT_FROM_FLASH 1
#define IS_READY (1 << 0)
#define IS_WRONG (1 << 1)
#define IS_LOCKED (1 << 2)
#define POLL_MS 2
#define POLL_LIMIT 1000
#define REPEAT_LIMIT 3

enum step {
	STEP_OPEN,
	STEP_MODE,
	STEP_OTHER_MODE,
	STEP_COMPARE,
	STEP_LATCH,
	STEP_COMMAND,
	STEP_STATUS,
	STEP_WAIT,
};

struct samba_rom {
	struct samba_core core;
	enum step step;
	size_t chunk;
	uint32_t offset;     /* of the page, in the chunk */
	uint32_t word;	     /* in the page, that is compared or written next */
	uint32_t controller; /* that was told something */
	bool is_written;     /* the page was */
	bool is_booting;     /* all are written: the last bit is set */
	bool has_zeros_only; /* so far, of what was read of the page */
	unsigned int repeats;
	unsigned int polls;
	uint64_t done;
	uint64_t total;
};

static int begin(void *state, const struct dfut_job *job)
{
	struct samba_rom *rom = state;

	samba_core_begin(&rom->core, job);
	for (size_t i = 0; i < rom->core.own->chunk_count; i++)
		rom->total += rom->core.own->chunks[i].size;
	return 0;
}

static void progress(const void *state, uint64_t *done, uint64_t *total)
{
	const struct samba_rom *rom = state;

	*done = rom->done;
	*total = rom->total;
}

static const struct samba_part *get_part(const struct samba_rom *rom)
{
	return rom->core.own->part;
}

static uint32_t get_address(const struct samba_rom *rom)
{
	return rom->core.own->chunks[rom->chunk].address + rom->offset;
}

static uint32_t get_word(const struct samba_rom *rom, uint32_t word)
{
	return dfut_le32(rom->core.own->chunks[rom->chunk].data + rom->offset + (size_t)4 * word);
}

static uint32_t get_word_count(const struct samba_rom *rom, uint32_t most)
{
	uint32_t left = get_part(rom)->page / 4 - rom->word;

	return left < most ? left : most;
}

/* Steps. */

static int poke(struct samba_rom *rom, enum step step, uint32_t address, uint32_t value, struct dfut_next *next)
{
	rom->step = step;
	return samba_core_ask(&rom->core, samba_make_pokes(address, &value, 1), next);
}

static int compare(struct samba_rom *rom, struct dfut_next *next)
{
	rom->step = STEP_COMPARE;
	return samba_core_ask(&rom->core,
			      samba_make_words(get_address(rom) + 4 * rom->word, get_word_count(rom, SAMBA_WORDS_MAX)),
			      next);
}

static int latch(struct samba_rom *rom, struct dfut_next *next)
{
	uint32_t count = get_word_count(rom, SAMBA_POKES_MAX);
	uint32_t words[SAMBA_POKES_MAX];

	rom->step = STEP_LATCH;
	for (uint32_t i = 0; i < count; i++)
		words[i] = get_word(rom, rom->word + i);
	return samba_core_ask(&rom->core, samba_make_pokes(get_address(rom) + 4 * rom->word, words, count), next);
}

/* Each half of the flash has a controller of its own. */
static int write_page(struct samba_rom *rom, struct dfut_next *next)
{
	uint32_t page = (get_address(rom) - get_part(rom)->base) / get_part(rom)->page;
	uint32_t half = get_part(rom)->flash / get_part(rom)->page / 2;

	rom->controller = page < half ? CONTROLLER : OTHER_CONTROLLER;
	rom->polls = 0;
	return poke(rom, STEP_COMMAND, rom->controller + COMMAND, KEY | page % half << 8 | ERASE_AND_WRITE, next);
}

static int boot_from_flash(struct samba_rom *rom, struct dfut_next *next)
{
	rom->is_booting = true;
	rom->controller = CONTROLLER;
	rom->polls = 0;
	return poke(rom, STEP_COMMAND, CONTROLLER + COMMAND, KEY | BOOT_FROM_FLASH << 8 | SET_BIT, next);
}

static int poll(struct samba_rom *rom, struct dfut_next *next)
{
	rom->step = STEP_STATUS;
	return samba_core_ask(&rom->core, samba_make_word(rom->controller + STATUS), next);
}

static int begin_page(struct samba_rom *rom, struct dfut_next *next)
{
	rom->word = 0;
	rom->has_zeros_only = true;
	if (rom->core.own->outcome->is_sum_blind && !rom->is_written)
		return latch(rom, next);
	return compare(rom, next);
}

static int next_page(struct samba_rom *rom, struct dfut_next *next)
{
	rom->repeats = 0;
	rom->is_written = false;
	rom->done += get_part(rom)->page;
	rom->offset += get_part(rom)->page;
	if (rom->offset == rom->core.own->chunks[rom->chunk].size) {
		rom->chunk++;
		rom->offset = 0;
	}
	return rom->chunk < rom->core.own->chunk_count ? begin_page(rom, next) : boot_from_flash(rom, next);
}

/* Answers. */

static int fail(const struct samba_rom *rom, int code, const char *what)
{
	struct dfut_failure *failure = rom->core.job->failure;

	dfut_fail(failure, code, "writing the flash at 0x%08" PRIx32 ": %s",
		  rom->is_booting ? get_part(rom)->base : get_address(rom), what);
	dfut_hint(failure, "repeat: the chip stays in its ROM until all is written");
	return code;
}

/* A ROM that gives zeros for flash gives nothing. */
static int differs(struct samba_rom *rom, struct dfut_next *next)
{
	if (rom->is_written && rom->has_zeros_only) {
		rom->core.own->outcome->is_sum_blind = true;
		return next_page(rom, next);
	}
	if (rom->repeats++ == REPEAT_LIMIT)
		return fail(rom, DFUT_ERROR_VERIFY, "what was written is not there");
	rom->word = 0;
	rom->core.own->outcome->differs = true;
	return latch(rom, next);
}

static int compared(struct samba_rom *rom, struct dfut_next *next)
{
	uint32_t count = get_word_count(rom, SAMBA_WORDS_MAX);
	bool is_right = true;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t word = dfut_le32(rom->core.reply.bytes + (size_t)4 * i);

		is_right = is_right && word == get_word(rom, rom->word + i);
		rom->has_zeros_only = rom->has_zeros_only && word == 0;
	}
	rom->word += count;
	if (!is_right)
		return differs(rom, next);
	return rom->word < get_part(rom)->page / 4 ? compare(rom, next) : next_page(rom, next);
}

static int latched(struct samba_rom *rom, struct dfut_next *next)
{
	rom->word += get_word_count(rom, SAMBA_POKES_MAX);
	return rom->word < get_part(rom)->page / 4 ? latch(rom, next) : write_page(rom, next);
}

static int finished(struct samba_rom *rom, struct dfut_next *next)
{
	if (rom->is_booting)
		return dfut_next_done(next, DFUT_END_STAYS);
	if (rom->core.own->outcome->is_sum_blind)
		return next_page(rom, next);
	rom->is_written = true;
	return begin_page(rom, next);
}

static int polled(struct samba_rom *rom, struct dfut_next *next)
{
	uint32_t status = dfut_le32(rom->core.reply.bytes);

	if (status & IS_LOCKED)
		return fail(rom, DFUT_ERROR_DEVICE, "the flash is locked there (bossac -u unlocks it)");
	if (status & IS_WRONG)
		return fail(rom, DFUT_ERROR_DEVICE, "the flash controller refuses it");
	if (status & IS_READY)
		return finished(rom, next);
	if (rom->polls++ == POLL_LIMIT)
		return fail(rom, DFUT_ERROR_TIMEOUT, "the flash controller does not get ready");
	rom->step = STEP_WAIT;
	return dfut_next_wait(next, POLL_MS);
}

static int take_answer(struct samba_rom *rom, struct dfut_next *next)
{
	switch (rom->step) {
	case STEP_OPEN:
		return poke(rom, STEP_MODE, CONTROLLER + MODE, MODE_VALUE, next);
	case STEP_MODE:
		return poke(rom, STEP_OTHER_MODE, OTHER_CONTROLLER + MODE, MODE_VALUE, next);
	case STEP_OTHER_MODE:
		return begin_page(rom, next);
	case STEP_COMPARE:
		return compared(rom, next);
	case STEP_LATCH:
		return latched(rom, next);
	case STEP_COMMAND:
	case STEP_WAIT:
		return poll(rom, next);
	case STEP_STATUS:
		return polled(rom, next);
	}
	return DFUT_ERROR_PROTOCOL;
}

static int write_next(void *state, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	struct samba_rom *rom = state;
	int result;

	if (!outcome)
		return samba_core_open(&rom->core, next);
	if (rom->step == STEP_WAIT)
		return take_answer(rom, next);
	result = samba_core_run(&rom->core, outcome, next);
	return result == SAMBA_ANSWERED ? take_answer(rom, next) : result;
}

const struct dfut_machine_ops samba_rom_machine = {
	.name = "sam-ba-rom",
	.state_size = sizeof(struct samba_rom),
	.begin = begin,
	.next = write_next,
	.progress = progress,
};
