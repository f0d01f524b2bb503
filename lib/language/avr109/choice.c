/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Which part an AVR109 bootloader is on, and which of its memories is meant. */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "language/avr109/plan.h"

/* The part: signatures and memories are those of the chips, whichever bootloader is on them. */

static bool has_loader(const struct flip_part *part)
{
	return part && part->kind != FLIP_KIND_AVR32;
}

static const struct flip_part *get_part(size_t index)
{
	const struct flip_part *part;

	for (size_t i = 0; (part = flip_part_get(i)); i++)
		if (has_loader(part) && index-- == 0)
			return part;
	return NULL;
}

const char *avr109_part_get_name(size_t index)
{
	const struct flip_part *part = get_part(index);

	return part ? part->name : NULL;
}

const struct flip_part *avr109_find_part(const struct dfut_session *session)
{
	int index = dfut_session_get_part(session);

	return index < 0 ? NULL : get_part((size_t)index);
}

/* As FLIP tells it: the manufacturer in front of an AVR's. */
static const struct flip_part *find_by_signature(const uint8_t *signature)
{
	const uint8_t avr[FLIP_SIGNATURE_SIZE] = { 0x58, signature[0], signature[1], signature[2] };
	const uint8_t xmega[FLIP_SIGNATURE_SIZE] = { signature[0], signature[1], signature[2], 0 };
	const struct flip_part *part = flip_part_find_by_signature(avr);

	return part ? part : flip_part_find_by_signature(xmega);
}

static int refuse_signature(struct dfut_session *session)
{
	const uint8_t *signature = avr109_get_work(session)->answers.signature;

	dfut_fail_check(&session->failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_IDS,
			"the bootloader is on a part with the signature %02x %02x %02x, which is none that is known",
			signature[0], signature[1], signature[2]);
	dfut_hint(&session->failure, "avrdude may know it (-c avr109)");
	return session->failure.code;
}

static int refuse_part(struct dfut_session *session, const struct flip_part *part, const struct flip_part *told)
{
	dfut_fail_check(&session->failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_IDS,
			"the bootloader says that it is on an %s, and %s an %s", told->name,
			session->part ? "was said to be on" : "the device is known to have", part->name);
	dfut_hint(&session->failure, "name the part (--part %s) if that is what it is", told->name);
	return session->failure.code;
}

/* What is written at once: a page, as each block erases the one that it begins in. */
static int check_block(struct dfut_session *session)
{
	const struct avr109_work *work = avr109_get_work(session);
	uint16_t size = work->answers.block_size, page = work->part->page;
	bool fits = work->part->kind == FLIP_KIND_XMEGA ? size == page || size == page / 2 :
							  size >= page && size % page == 0;

	if (!size) {
		dfut_fail(&session->failure, DFUT_ERROR_UNSUPPORTED,
			  "the bootloader takes no blocks, only single bytes: nothing was written");
		dfut_hint(&session->failure, "avrdude can write it (-c avr910)");
		return DFUT_ERROR_UNSUPPORTED;
	}
	if (fits)
		return 0;
	return dfut_fail_check(&session->failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_MEMORY_MAP,
			       "the bootloader takes blocks of %u bytes, which are no whole pages: an %s has %u", size,
			       work->part->name, page);
}

int avr109_settle_part(struct dfut_session *session)
{
	struct avr109_work *work = avr109_get_work(session);
	const struct flip_part *told = find_by_signature(work->answers.signature);
	const struct flip_part *part = avr109_find_part(session);
	bool is_forced = session->force & DFUT_CHECK_IDS;

	if (!told && !(part && is_forced))
		return refuse_signature(session);
	/* Several are alike. */
	if (told && part && told->signature != part->signature && !is_forced)
		return refuse_part(session, part, told);
	work->part = part ? part : told;
	if (check_block(session) < 0)
		return session->failure.code;
	dfut_facts_add(&session->facts, "avr109_part", "%s", work->part->name);
	if (*work->answers.software)
		dfut_facts_add(&session->facts, "avr109_bootloader", "%s %s", work->answers.id, work->answers.software);
	else
		dfut_facts_add(&session->facts, "avr109_bootloader", "%s", work->answers.id);
	return 0;
}

/* The memory. */

int avr109_choose_memory(struct dfut_session *session, enum avr109_memory *memory)
{
	const char *name = session->alternate;

	*memory = AVR109_FLASH;
	if (!name || strcmp(name, "flash") == 0 || strcmp(name, "0") == 0)
		return 0;
	*memory = AVR109_EEPROM;
	if (strcmp(name, "eeprom") == 0)
		return 0;
	dfut_fail(&session->failure, DFUT_ERROR_NOT_FOUND, "there is no memory \"%s\"", name);
	dfut_hint(&session->failure, "there are flash and eeprom (--alt)");
	return DFUT_ERROR_NOT_FOUND;
}

/* Jobs. */

int avr109_fill_job(struct dfut_session *session, struct dfut_job *job)
{
	struct avr109_work *work = avr109_get_work(session);
	struct avr109_job *own = session->plan.job;

	own->answers = &work->answers;
	own->memory = work->memory;
	return dfut_session_find_channel(session, job);
}

int avr109_prepare_ask(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	avr109_get_work(session)->answers = (struct avr109_answers){ 0 };
	*machine = &avr109_ask_machine;
	return avr109_fill_job(session, job);
}
