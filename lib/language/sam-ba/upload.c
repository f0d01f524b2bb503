/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Reading flash by SAM-BA, for the caller: in pieces of 63 bytes, as longer ones are spoilt, of a ROM in words, and a chunk is given away once its sum
 * is right. The extended bootloaders and those that are secured can't be read.
 */

#include <inttypes.h>
#include <string.h>

#include "language/sam-ba/plan.h"
#include "language/sam-ba/probe.h"

#define REPEAT_LIMIT 3

struct samba_uploading {
	struct samba_core core;
	struct samba_probe probe;
	bool is_probed;
	uint32_t address; /* of the chunk */
	uint32_t end;
	uint8_t chunk[SAMBA_CHUNK_MAX];
	uint32_t size; /* of what is there of it */
	bool is_summing;
	unsigned int repeats;
	uint64_t done;
};

/* What can be read. */

static int refuse(const struct samba_core *core, const char *why)
{
	return dfut_fail(core->job->failure, DFUT_ERROR_UNSUPPORTED, "the flash can't be read: %s", why);
}

static int find_range(struct samba_uploading *uploading)
{
	const struct samba_job *own = uploading->core.own;
	const struct samba_part *part = own->identity->part;
	uint32_t start, left;

	if (own->identity->letters & SAMBA_CAN_IDENTIFY)
		return refuse(&uploading->core, "the extended bootloader has no command for it");
	if (own->identity->is_secured)
		return refuse(&uploading->core, "the bootloader is secured");
	if (!part)
		return refuse(&uploading->core, "the chip is not known, and so is where it has flash");
	start = own->read_address == UINT32_MAX ? part->start : own->read_address;
	if (start < part->base || start - part->base >= part->flash)
		return dfut_fail_check(uploading->core.job->failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_MEMORY_MAP,
				       "0x%08" PRIx32 " is not in the flash of the %s, which is at 0x%08" PRIx32
				       " to 0x%08" PRIx32,
				       start, part->title, part->base, part->base + part->flash - 1);
	if (part->family == SAMBA_SAM3X && start % 4)
		return refuse(&uploading->core,
			      "the chip's ROM reads words, from addresses that are multiples of 4 on");
	left = part->base + part->flash - start;
	if (own->read_size > left)
		return dfut_fail_check(uploading->core.job->failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_MEMORY_MAP,
				       "%" PRIu32 " bytes from 0x%08" PRIx32
				       " on go beyond the flash of the %s, which ends "
				       "at 0x%08" PRIx32,
				       own->read_size, start, part->title, part->base + part->flash - 1);
	uploading->address = start;
	uploading->end = start + (own->read_size ? own->read_size : left);
	return 0;
}

/* Reading. */

static uint32_t get_chunk_size(const struct samba_uploading *uploading)
{
	uint32_t left = uploading->end - uploading->address;

	return left < SAMBA_CHUNK_MAX ? left : SAMBA_CHUNK_MAX;
}

/* What a ROM reads at once of flash is zeros, but for words. */
static bool is_rom(const struct samba_uploading *uploading)
{
	return uploading->core.own->identity->part->family == SAMBA_SAM3X;
}

static uint32_t get_piece_size(const struct samba_uploading *uploading)
{
	uint32_t left = get_chunk_size(uploading) - uploading->size;
	uint32_t most = is_rom(uploading) ? 4 * SAMBA_WORDS_MAX : SAMBA_READ_MAX;

	return left < most ? left : most;
}

static int read_on(struct samba_uploading *uploading, struct dfut_next *next)
{
	uint32_t address = uploading->address + uploading->size, size;

	if (uploading->address == uploading->end)
		return dfut_next_done(next, DFUT_END_STAYS);
	size = get_piece_size(uploading);
	return samba_core_ask(&uploading->core,
			      is_rom(uploading) ? samba_make_words(address, (size + 3) / 4) :
						  samba_make_read(address, size),
			      next);
}

static int give_chunk(struct samba_uploading *uploading, struct dfut_next *next)
{
	const struct dfut_job *job = uploading->core.job;
	int result = job->writer(uploading->chunk, uploading->size, job->writer_data);

	if (result < 0)
		return result;
	uploading->address += uploading->size;
	uploading->done += uploading->size;
	uploading->size = 0;
	uploading->repeats = 0;
	return read_on(uploading, next);
}

static int check_chunk(struct samba_uploading *uploading, struct dfut_next *next)
{
	struct dfut_failure *failure = uploading->core.job->failure;

	uploading->is_summing = false;
	if (samba_reply_get_sum(&uploading->core.reply) == samba_crc(uploading->chunk, uploading->size))
		return give_chunk(uploading, next);
	if (uploading->repeats++ < REPEAT_LIMIT) {
		uploading->size = 0;
		return read_on(uploading, next);
	}
	dfut_fail(failure, DFUT_ERROR_PROTOCOL, "what was read at 0x%08" PRIx32 " has another sum than the flash",
		  uploading->address);
	samba_hint_stuck(failure, false);
	return DFUT_ERROR_PROTOCOL;
}

static int take_piece(struct samba_uploading *uploading, struct dfut_next *next)
{
	uint32_t size = get_piece_size(uploading);

	memcpy(uploading->chunk + uploading->size, uploading->core.reply.bytes, size);
	uploading->size += size;
	if (uploading->size < get_chunk_size(uploading))
		return read_on(uploading, next);
	if (!(uploading->core.own->identity->letters & SAMBA_CAN_SUM))
		return give_chunk(uploading, next);
	uploading->is_summing = true;
	return samba_core_ask(&uploading->core, samba_make_sum(uploading->address, uploading->size), next);
}

static int begin(void *state, const struct dfut_job *job)
{
	struct samba_uploading *uploading = state;

	samba_core_begin(&uploading->core, job);
	return 0;
}

static void progress(const void *state, uint64_t *done, uint64_t *total)
{
	const struct samba_uploading *uploading = state;

	*done = uploading->done + uploading->size;
	*total = uploading->done + (uploading->end - uploading->address);
}

static int upload_next(void *state, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	struct samba_uploading *uploading = state;
	int result;

	if (!outcome)
		return samba_core_open(&uploading->core, next);
	result = samba_core_run(&uploading->core, outcome, next);
	if (result == SAMBA_LOST) {
		uploading->is_summing = false;
		return give_chunk(uploading, next);
	}
	if (result != SAMBA_ANSWERED)
		return result;
	if (uploading->is_probed)
		return uploading->is_summing ? check_chunk(uploading, next) : take_piece(uploading, next);
	result = samba_probe_next(&uploading->probe, &uploading->core, next);
	if (result != SAMBA_ANSWERED)
		return result;
	uploading->is_probed = true;
	result = find_range(uploading);
	return result < 0 ? result : read_on(uploading, next);
}

const struct dfut_machine_ops samba_upload_machine = {
	.name = "sam-ba-upload",
	.state_size = sizeof(struct samba_uploading),
	.begin = begin,
	.next = upload_next,
	.progress = progress,
};

/* The job. */

int samba_check_upload(struct dfut_session *session)
{
	const struct samba_part *expected = samba_get_expected(session);

	if (session->upload_size > UINT32_MAX)
		return dfut_fail_check(&session->failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_MEMORY_MAP,
				       "%" PRIu64 " bytes are more than any of these chips has", session->upload_size);
	if (expected && expected->family == SAMBA_EXTENDED)
		return dfut_fail(&session->failure, DFUT_ERROR_UNSUPPORTED,
				 "the bootloader of this board can't be read: it has no command for it");
	return 0;
}

int samba_prepare_upload(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	struct samba_work *work = samba_get_work(session);

	work->identity = (struct samba_identity){ 0 };
	samba_get_job(session)->read_address = session->has_address ? session->address : UINT32_MAX;
	samba_get_job(session)->read_size = (uint32_t)session->upload_size;
	*machine = &samba_upload_machine;
	return samba_fill_job(session, job);
}
