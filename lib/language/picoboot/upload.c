/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Reading flash by PICOBOOT: from where, and how much. */

#include <inttypes.h>

#include "language/picoboot/plan.h"

/* Of the address space for flash: two chips of 16 MiB. */
#define FLASH_MAX (UINT32_C(32) * 1024 * 1024)

static uint32_t get_address(const struct dfut_session *session)
{
	return session->has_address ? session->address : PICOBOOT_FLASH;
}

int picoboot_check_upload(struct dfut_session *session)
{
	uint32_t address = get_address(session);

	if (address < PICOBOOT_FLASH || address - PICOBOOT_FLASH >= FLASH_MAX)
		return dfut_fail_check(&session->failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_MEMORY_MAP,
				       "0x%08" PRIx32 " is not in flash, which is at 0x%08x to 0x%08" PRIx32, address,
				       PICOBOOT_FLASH, PICOBOOT_FLASH + FLASH_MAX - 1);
	if (session->upload_size > FLASH_MAX - (address - PICOBOOT_FLASH))
		return dfut_fail_check(&session->failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_MEMORY_MAP,
				       "%" PRIu64 " bytes from 0x%08" PRIx32
				       " on go beyond the last address of flash, 0x%08" PRIx32,
				       session->upload_size, address, PICOBOOT_FLASH + FLASH_MAX - 1);
	return 0;
}

int picoboot_prepare_upload(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	struct picoboot_job *own = picoboot_get_job(session);

	if (picoboot_find_channel(session, job) < 0)
		return session->failure.code;
	own->is_first = true;
	own->wants_size = session->upload_size == 0;
	own->wish.address = get_address(session);
	own->wish.size = (uint32_t)session->upload_size;
	*machine = &picoboot_upload_machine;
	return 0;
}
