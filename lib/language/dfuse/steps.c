/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What the plan of an update by DfuSe says: how much, and how long at worst; and once more when the comparison has shown it. */

#include <inttypes.h>
#include <string.h>

#include "language/dfuse/plan.h"

/*
 * The worst of the data sheets: 40 ms for a page of an STM32F0, 4 s for 128 KiB of an STM32F4; 100 us for a byte of an
 * STM32F4; ROMs of GD32 say 100 ms for a page. Full speed is 64 bytes in a millisecond, and requests come between.
 */
#define ERASE_MS 400
#define ERASE_MS_PER_KIB 40
#define PROGRAM_US_PER_BYTE 110
#define READ_US_PER_BYTE 32
#define MASS_ERASE_MS 45000
#define OVERHEAD_MS 5000

bool dfuse_compare_is_wanted(const struct dfut_session *session)
{
	if (session->erase == DFUT_ERASE_NEEDED)
		return true;
	return session->erase == DFUT_ERASE_AUTO && dfut_session_can(session, DFUT_DFU_CAN_UPLOAD);
}

/* Who wants the shortest way, neither compared nor verified, gets it. */
bool dfuse_probe_is_wanted(const struct dfut_session *session)
{
	bool is_shortest = session->verify == DFUT_VERIFY_NEVER && !dfuse_compare_is_wanted(session);

	return dfut_session_can(session, DFUT_DFU_CAN_UPLOAD) && !is_shortest &&
	       !(session->force & DFUT_CHECK_MEMORY_MAP);
}

static uint32_t get_read_ms(uint64_t size)
{
	return (uint32_t)(OVERHEAD_MS + size * READ_US_PER_BYTE / 1000);
}

static uint32_t get_write_ms(const struct dfut_session *session, uint64_t bytes, size_t sectors, uint64_t erased)
{
	uint64_t ms = OVERHEAD_MS + bytes * PROGRAM_US_PER_BYTE / 1000;

	if (session->erase == DFUT_ERASE_MASS)
		return (uint32_t)(ms + MASS_ERASE_MS);
	return (uint32_t)(ms + sectors * ERASE_MS + erased / 1024 * ERASE_MS_PER_KIB);
}

/* With the number of sectors, and of bytes. */
static const char *get_download_text(bool compares, size_t sectors)
{
	if (compares)
		return sectors == 1 ? "erase %zu sector if it differs, write up to %" PRIu64 " bytes" :
				      "erase those of %zu sectors that differ, write up to %" PRIu64 " bytes";
	return sectors == 1 ? "erase %zu sector, write %" PRIu64 " bytes" :
			      "erase %zu sectors, write %" PRIu64 " bytes";
}

static void add_download(struct dfut_session *session)
{
	const struct dfuse_work *dfuse = dfuse_get_work(session);
	bool compares = dfuse_compare_is_wanted(session) && !dfuse->has_compared;
	struct dfuse_size size;
	uint64_t erased = 0;
	size_t sectors = 0;

	for (size_t i = 0; i < dfuse->sector_count; i++) {
		if (!dfuse->sectors[i].differs || !dfuse->sectors[i].can_erase)
			continue;
		erased += dfuse->sectors[i].size;
		sectors++;
	}
	dfuse_count_bytes(dfuse, &size);
	if (session->erase == DFUT_ERASE_MASS)
		dfut_plan_add_step(&session->plan, DFUT_SESSION_DOWNLOADING, size.image,
				   get_write_ms(session, size.whole, sectors, erased),
				   "erase the whole memory, write %" PRIu64 " bytes", size.image);
	else
		dfut_plan_add_step(&session->plan, DFUT_SESSION_DOWNLOADING, size.image,
				   get_write_ms(session, size.whole, sectors, erased),
				   get_download_text(compares, sectors), sectors, size.image);
	if (session->verify != DFUT_VERIFY_NEVER)
		dfut_plan_add_step(&session->plan, DFUT_SESSION_VERIFYING, size.image, get_read_ms(size.whole),
				   "read back what was written, and compare");
}

/* An application does not tell what memories its bootloader has: sectors of 1 KiB take longest. */
static void add_supposed_download(struct dfut_session *session)
{
	size_t size = dfut_image_get_size(session->plan.image);

	dfut_plan_add_step(&session->plan, DFUT_SESSION_DOWNLOADING, size,
			   get_write_ms(session, size, size / 1024 + 2, size + 256 * 1024),
			   session->erase == DFUT_ERASE_MASS ? "erase the whole memory, write up to %zu bytes" :
							       "erase the sectors that differ, write up to %zu bytes",
			   size);
	if (session->verify != DFUT_VERIFY_NEVER)
		dfut_plan_add_step(&session->plan, DFUT_SESSION_VERIFYING, size, get_read_ms(size),
				   "read back what was written, and compare");
}

static void add_rest(struct dfut_session *session)
{
	dfut_session_plan_restart(session, "start the application");
}

void dfuse_add_steps(struct dfut_session *session)
{
	size_t size = dfut_image_get_size(session->plan.image);
	struct dfuse_size resolved = { 0 };

	if (dfuse_get_work(session)->is_resolved && dfuse_get_work(session)->options.size &&
	    dfuse_probe_is_wanted(session))
		dfut_plan_add_step(&session->plan, DFUT_SESSION_PROBING, 0, OVERHEAD_MS,
				   "look whether the part is protected");
	if (dfuse_get_work(session)->is_resolved)
		dfuse_count_bytes(dfuse_get_work(session), &resolved);
	if (dfuse_compare_is_wanted(session))
		dfut_plan_add_step(&session->plan, DFUT_SESSION_COMPARING, size,
				   get_read_ms(resolved.whole > size ? resolved.whole : size),
				   "read %zu bytes to see which sectors differ", size);
	if (dfuse_get_work(session)->is_resolved)
		add_download(session);
	else
		add_supposed_download(session);
	add_rest(session);
}

/* What comes behind the comparison is told anew. */
void dfuse_refine_steps(struct dfut_session *session)
{
	size_t keep = 0;

	while (keep < session->plan.step_count && session->plan.steps[keep].state != DFUT_SESSION_DOWNLOADING)
		keep++;
	dfut_plan_keep_steps(&session->plan, keep);
	if (!session->findings.unchanged)
		add_download(session);
	add_rest(session);
	session->plan.refined++;
}
