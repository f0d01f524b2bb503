/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Which dialect a bootloader speaks shows in its version. Which chip it is on is asked as bossac does it (BOSSA, src/Device.cpp):
 * from what every ARM has to what only that core's chips have, as an address where nothing is stops the core.
 */

#include <inttypes.h>
#include <string.h>

#include "language/sam-ba/probe.h"

/* An ARM7 begins with a branch. */
#define BRANCH 0xea
#define CPU_ID 0xe000ed00u
#define CPU_MASK 0xfff0
#define CPU_M0_PLUS 0xc600
#define CPU_M3 0xc230
#define CPU_M4 0xc240
#define DEVICE_ID 0x41002018u
#define CHIP_ID 0x400e0740u
#define OTHER_CHIP_ID 0x400e0940u
/* The ROM of a SAM4 */
#define ROM_MASK 0xfff00000u
#define ROM 0x00800000u
#define DISAGREEMENTS 6

static struct samba_command make_command(enum samba_probe_step step)
{
	switch (step) {
	case SAMBA_PROBE_CHIP_NAME:
		return samba_make_plain('I', SAMBA_NORMAL_MS);
	case SAMBA_PROBE_FIRST_WORD:
		return samba_make_word(0);
	case SAMBA_PROBE_CPU:
		return samba_make_word(CPU_ID);
	case SAMBA_PROBE_RESET_VECTOR:
		return samba_make_word(4);
	case SAMBA_PROBE_DEVICE:
		return samba_make_word(DEVICE_ID);
	case SAMBA_PROBE_CHIP_ID:
		return samba_make_word(CHIP_ID);
	case SAMBA_PROBE_OTHER_CHIP_ID:
		return samba_make_word(OTHER_CHIP_ID);
	case SAMBA_PROBE_BEGIN:
	case SAMBA_PROBE_VERSION:
	case SAMBA_PROBE_OVER:
		break;
	}
	return samba_make_plain('V', SAMBA_NORMAL_MS);
}

static int ask(struct samba_probe *probe, struct samba_core *core, enum samba_probe_step step, struct dfut_next *next)
{
	probe->step = step;
	return samba_core_ask(core, make_command(step), next);
}

/* 1: this answer was the same as the one before. */
static int agree(struct samba_probe *probe, const struct samba_core *core)
{
	const struct samba_reply *reply = &core->reply;
	bool is_same = probe->has_last && probe->last_size == reply->size &&
		       memcmp(probe->last, reply->bytes, reply->size) == 0;

	if (is_same) {
		probe->has_last = false;
		return 1;
	}
	probe->disagreements += probe->has_last;
	probe->has_last = true;
	probe->last_size = reply->size;
	memcpy(probe->last, reply->bytes, reply->size);
	if (probe->disagreements < DISAGREEMENTS)
		return 0;
	dfut_fail(core->job->failure, DFUT_ERROR_PROTOCOL,
		  "the bootloader answers something else each time that it is asked what it is");
	samba_hint_stuck(core->job->failure, core->own->is_in_place);
	return DFUT_ERROR_PROTOCOL;
}

/* What is asked next, by what is known. */

static enum samba_probe_step judge_version(struct samba_core *core)
{
	struct samba_identity *identity = core->own->identity;

	samba_reply_get_text(&core->reply, identity->version, sizeof(identity->version));
	identity->has_letters = samba_parse_letters(identity->version, &identity->letters);
	if (identity->letters & SAMBA_CAN_IDENTIFY)
		return SAMBA_PROBE_CHIP_NAME;
	/* What can't be read has no chip to ask. */
	return samba_core_is_extended(core) ? SAMBA_PROBE_OVER : SAMBA_PROBE_FIRST_WORD;
}

static enum samba_probe_step judge_cpu(struct samba_identity *identity, uint32_t word)
{
	identity->cpu_id = word;
	switch (word & CPU_MASK) {
	case CPU_M0_PLUS:
	case CPU_M4:
		return SAMBA_PROBE_RESET_VECTOR;
	case CPU_M3:
		return SAMBA_PROBE_CHIP_ID;
	}
	/* One that hides everything can be a secured one. */
	return word ? SAMBA_PROBE_OVER : SAMBA_PROBE_RESET_VECTOR;
}

static enum samba_probe_step judge_reset_vector(struct samba_probe *probe, struct samba_identity *identity,
						uint32_t word)
{
	probe->reset_vector = word;
	/* A bootloader that runs has one; those that are secured say 0. */
	identity->is_secured = word == 0 && identity->has_letters;
	if (!identity->cpu_id)
		return SAMBA_PROBE_OVER;
	if ((identity->cpu_id & CPU_MASK) == CPU_M4 && (word & ROM_MASK) == ROM)
		return SAMBA_PROBE_CHIP_ID;
	return SAMBA_PROBE_DEVICE;
}

static enum samba_probe_step judge_chip_id(struct samba_identity *identity, uint32_t word, bool has_other)
{
	identity->device_id = word;
	if (!word && has_other)
		return SAMBA_PROBE_OTHER_CHIP_ID;
	identity->part = samba_part_find_by_chip_id(word);
	return SAMBA_PROBE_OVER;
}

static enum samba_probe_step judge(struct samba_probe *probe, struct samba_core *core)
{
	struct samba_identity *identity = core->own->identity;
	uint32_t word = dfut_le32(core->reply.bytes);

	switch (probe->step) {
	case SAMBA_PROBE_BEGIN:
	case SAMBA_PROBE_VERSION:
		return judge_version(core);
	case SAMBA_PROBE_CHIP_NAME:
		samba_reply_get_text(&core->reply, identity->chip_name, sizeof(identity->chip_name));
		return SAMBA_PROBE_OVER;
	case SAMBA_PROBE_FIRST_WORD:
		return word >> 24 == BRANCH ? SAMBA_PROBE_OVER : SAMBA_PROBE_CPU;
	case SAMBA_PROBE_CPU:
		return judge_cpu(identity, word);
	case SAMBA_PROBE_RESET_VECTOR:
		return judge_reset_vector(probe, identity, word);
	case SAMBA_PROBE_DEVICE:
		identity->device_id = word;
		identity->part = samba_part_find_by_did(word);
		return SAMBA_PROBE_OVER;
	case SAMBA_PROBE_CHIP_ID:
		return judge_chip_id(identity, word, true);
	case SAMBA_PROBE_OTHER_CHIP_ID:
		return judge_chip_id(identity, word, false);
	case SAMBA_PROBE_OVER:
		break;
	}
	return SAMBA_PROBE_OVER;
}

int samba_probe_next(struct samba_probe *probe, struct samba_core *core, struct dfut_next *next)
{
	enum samba_probe_step step;
	int result = agree(probe, core);

	if (result < 0)
		return result;
	if (probe->step == SAMBA_PROBE_BEGIN)
		probe->step = SAMBA_PROBE_VERSION;
	if (result == 0)
		return ask(probe, core, probe->step, next);
	step = judge(probe, core);
	if (step != SAMBA_PROBE_OVER)
		return ask(probe, core, step, next);
	probe->step = step;
	return SAMBA_ANSWERED;
}
