/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Reading a memory by AVR109 for the caller: flash as far as the application may have it, or EEPROM. */

#include <inttypes.h>
#include <stdio.h>

#include "language/avr109/plan.h"

static int find_range(struct dfut_session *session, const struct flip_part *part, enum avr109_memory memory,
		      struct avr109_job *own)
{
	uint32_t size = memory == AVR109_FLASH ? part->flash : part->eeprom, end = size;
	uint32_t address = session->has_address ? session->address : 0;

	/* Who asks for what is the bootloader's gets it. */
	if (memory == AVR109_FLASH && !(session->has_address && session->upload_size))
		end = address < flip_part_get_end(part) ? flip_part_get_end(part) : size;
	if (address >= end) {
		dfut_fail_check(&session->failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_MEMORY_MAP,
				"0x%08" PRIx32 " is not in this memory of an %s", address, part->name);
		dfut_hint(&session->failure, "it has 0x%" PRIx32 " bytes, and addresses from 0", size);
		return session->failure.code;
	}
	own->address = address;
	own->size = end - address;
	if (session->upload_size > own->size)
		snprintf(session->findings.hint, sizeof(session->findings.hint),
			 "the memory ends before, so that these are not %" PRIu64 " bytes", session->upload_size);
	else if (session->upload_size)
		own->size = (uint32_t)session->upload_size;
	return 0;
}

int avr109_check_upload(struct dfut_session *session)
{
	const struct flip_part *part = avr109_find_part(session);
	enum avr109_memory memory;
	struct avr109_job own;

	if (avr109_choose_memory(session, &memory) < 0)
		return session->failure.code;
	return part ? find_range(session, part, memory, &own) : 0;
}

static int settle(void *user_data)
{
	struct dfut_session *session = user_data;
	struct avr109_work *work = avr109_get_work(session);
	struct avr109_job *own = session->plan.job;

	if (avr109_settle_part(session) < 0)
		return session->failure.code;
	own->unit = work->answers.block_size < work->part->page ? work->answers.block_size : work->part->page;
	return find_range(session, work->part, work->memory, own);
}

int avr109_prepare_upload(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	struct avr109_work *work = avr109_get_work(session);
	struct avr109_job *own = session->plan.job;

	if (avr109_choose_memory(session, &work->memory) < 0 || avr109_fill_job(session, job) < 0)
		return session->failure.code;
	own->settle = settle;
	own->settle_data = session;
	*machine = &avr109_read_machine;
	return 0;
}
