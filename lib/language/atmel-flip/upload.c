/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Reading a memory by Atmel's FLIP for the caller: flash as far as the application may have it, EEPROM, an AVR32's user page. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "language/atmel-flip/plan.h"

#define AVR32_FLASH 0x80000000
#define USER_PAGE_SIZE 512

struct extent {
	uint32_t start; /* where reading begins if nobody says it */
	uint32_t end;	/* ... and ends */
	uint32_t size;	/* of the memory */
};

static int get_extent(struct dfut_session *session, struct extent *extent)
{
	const struct flip_work *work = flip_get_work(session);
	const struct flip_part *part = work->part;

	switch (work->unit) {
	case FLIP_UNIT_FLASH:
		*extent = (struct extent){ flip_part_get_start(part), flip_part_get_end(part), part->flash };
		return 0;
	case FLIP_UNIT_EEPROM:
		*extent = (struct extent){ 0, part->eeprom, part->eeprom };
		break;
	case FLIP_UNIT_USER:
		extent->end = extent->size = part->kind == FLIP_KIND_AVR32 ? USER_PAGE_SIZE : 0;
		break;
	case FLIP_UNIT_SECURITY:
	case FLIP_UNIT_SIGNATURE:
		break;
	}
	return extent->size ? 0 :
			      dfut_fail(&session->failure, DFUT_ERROR_NOT_FOUND, "an %s has no memory \"%s\"",
					part->name, session->alternate);
}

static int find_range(struct dfut_session *session, struct flip_range *range)
{
	const struct flip_work *work = flip_get_work(session);
	struct extent extent = { 0 };
	uint32_t end;

	if (get_extent(session, &extent) < 0)
		return session->failure.code;
	range->address = session->has_address ? session->address : extent.start;
	if (session->has_address && work->part->kind == FLIP_KIND_AVR32 && range->address >= AVR32_FLASH)
		range->address -= AVR32_FLASH;
	/* Who asks for what is the bootloader's gets it. */
	end = session->has_address && (session->upload_size || range->address >= extent.end) ? extent.size : extent.end;
	if (range->address >= end) {
		dfut_fail_check(&session->failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_MEMORY_MAP,
				"0x%08" PRIx32 " is not in this memory of an %s", session->address, work->part->name);
		dfut_hint(&session->failure, "it has 0x%" PRIx32 " bytes, and addresses from 0", extent.size);
		return session->failure.code;
	}
	range->size = end - range->address;
	if (session->upload_size && session->upload_size < range->size)
		range->size = (uint32_t)session->upload_size;
	return 0;
}

static int choose(struct dfut_session *session)
{
	if (flip_choose_unit(session, &flip_get_work(session)->unit) < 0)
		return session->failure.code;
	return flip_need_part(session);
}

int flip_check_upload(struct dfut_session *session)
{
	struct flip_range range;
	enum flip_unit unit;

	/* The plan's state is there once the job has begun. */
	if (session->device->mode != DFUT_MODE_BOOTLOADER || !session->plan.work)
		return flip_choose_unit(session, &unit);
	return choose(session) < 0 ? session->failure.code : find_range(session, &range);
}

int flip_prepare_upload(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	struct flip_work *work = flip_get_work(session);

	free(work->ranges);
	work->range_count = 1;
	work->ranges = calloc(1, sizeof(*work->ranges));
	if (!work->ranges)
		return dfut_fail_memory(&session->failure);
	if (choose(session) < 0 || find_range(session, work->ranges) < 0)
		return session->failure.code;
	if (session->upload_size > work->ranges->size)
		snprintf(session->findings.hint, sizeof(session->findings.hint),
			 "the memory ends before, so that these are not %" PRIu64 " bytes", session->upload_size);
	flip_fill_job(session, job);
	*machine = &flip_read_machine;
	return 0;
}
