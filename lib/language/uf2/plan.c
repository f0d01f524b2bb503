/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * The legs of an update by UF2: ask the drive what it is, compare with what it shows of flash, send the blocks, and follow the
 * device through the restart that ends it.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "language/uf2/plan.h"

/* Erasing and writing 256 bytes, and their 512 on the wire, at worst. */
#define BLOCK_MS 30
#define READ_MS_PER_KIB 4
#define OVERHEAD_MS 3000

/* Loaders keep count of what they got, and some of what they have erased, until they start anew. */
static const char
	again[] = "unplug it and plug it in again, so that its bootloader forgets the part that it got; then bring it "
		  "into its bootloader and run it again";

void uf2_finish(void *work)
{
	struct uf2_work *own = work;

	uf2_blocks_free(&own->blocks);
}

/* Judging. */

/* What has a flash's addresses, where the loader of a UF2 file counts from the application's. */
static int check_archive(struct dfut_session *session)
{
	if (session->force & DFUT_CHECK_FORMAT || strcmp(dfut_image_get_format(session->plan.image), "esp") != 0)
		return 0;
	dfut_fail_check(
		&session->failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_FORMAT,
		"the file is for the DFU mode of the chip's ROM: it has the bootloader, too, which this one would "
		"write into the application");
	dfut_hint(&session->failure, "use the UF2 file, or the application's own .bin");
	return DFUT_ERROR_MISMATCH;
}

static int check_wishes(struct dfut_session *session)
{
	if (session->verify == DFUT_VERIFY_ALWAYS)
		return dfut_fail(
			&session->failure, DFUT_ERROR_VERIFY,
			"what was written by UF2 can't be read back: the bootloader restarts with the last block");
	if (session->erase != DFUT_ERASE_MASS)
		return 0;
	dfut_fail(&session->failure, DFUT_ERROR_UNSUPPORTED, "a UF2 bootloader has no command that erases all flash");
	dfut_hint(&session->failure, "leave it out (--erase): what the image touches is erased");
	return DFUT_ERROR_UNSUPPORTED;
}

static int take_blocks(struct dfut_session *session)
{
	struct uf2_work *work = uf2_get_work(session);
	struct uf2_target target;

	uf2_blocks_free(&work->blocks);
	if (uf2_find_target(session, &target) < 0)
		return session->failure.code;
	return uf2_blocks_take(&work->blocks, session->plan.image, &target, session->force, &session->failure);
}

/* Probing. */

static int prepare_probe(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	*machine = &uf2_probe_machine;
	return uf2_find_channel(session, job);
}

static int judge_probe(struct dfut_session *session, int code)
{
	if (code < 0)
		return code;
	return uf2_tell_identity(session) < 0 || take_blocks(session) < 0 ? session->failure.code : 0;
}

/* Comparing. */

/* Others have no way out but firmware. */
static bool can_leave(const struct dfut_session *session)
{
	return dfut_device_can_leave(session->device) && uf2_can_leave(&uf2_get_work(session)->identity);
}

/* Who was brought into a bootloader that only leaves with an image gets it, the same or not. */
static bool compare_is_wanted(struct dfut_session *session)
{
	return uf2_get_work(session)->identity.current.count && session->erase != DFUT_ERASE_ALL &&
	       (can_leave(session) || !dfut_session_has_triggered(session));
}

/* From this block on, so many. */
static int prepare_blocks(struct dfut_session *session, struct dfut_job *job, size_t first, size_t count)
{
	const struct uf2_work *work = uf2_get_work(session);
	const struct uf2_chip *chip = uf2_chip_find(&work->identity);
	struct uf2_job *own = uf2_get_job(session);

	own->blocks = work->blocks.data + first * UF2_BLOCK_SIZE;
	own->count = count;
	own->start = chip && chip->skips_low ? chip->start : 0;
	own->difference = &uf2_get_work(session)->difference;
	return uf2_find_channel(session, job);
}

static int prepare_compare(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	*machine = &uf2_compare_machine;
	return prepare_blocks(session, job, 0, uf2_get_work(session)->blocks.count);
}

static int judge_compare(struct dfut_session *session, int code)
{
	const struct uf2_difference *difference = &uf2_get_work(session)->difference;

	if (code < 0)
		return code;
	session->findings.unchanged = !difference->is_there;
	dfut_context_log(session->context, DFUT_LOG_INFO,
			 difference->is_there ? "%s: CURRENT.UF2 differs from 0x%08" PRIx32 " on" :
						"%s: CURRENT.UF2 has all of it already",
			 session->device->path, difference->address);
	return 0;
}

/* Downloading. Where CURRENT.UF2 tells at once what was written, the last block is kept back until that was read. */

static bool can_verify(const struct dfut_session *session)
{
	const struct uf2_work *work = uf2_get_work(session);
	const struct uf2_chip *chip = uf2_chip_find(&work->identity);

	/* What the system has read of a file before may be all that it shows. */
	return session->verify != DFUT_VERIFY_NEVER && !work->identity.is_mounted && work->identity.current.count &&
	       chip && chip->shows_at_once && work->blocks.count > 1;
}

static bool download_is_wanted(struct dfut_session *session)
{
	if (session->findings.unchanged)
		dfut_session_note_verified(session);
	return !session->findings.unchanged && can_verify(session);
}

static int prepare_download(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	uf2_get_job(session)->hint = again;
	*machine = &uf2_write_machine;
	return prepare_blocks(session, job, 0, uf2_get_work(session)->blocks.count - 1);
}

static int prepare_verify(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	uf2_get_job(session)->hint = again;
	*machine = &uf2_compare_machine;
	return prepare_blocks(session, job, 0, uf2_get_work(session)->blocks.count - 1);
}

static int judge_verify(struct dfut_session *session, int code)
{
	const struct uf2_difference *difference = &uf2_get_work(session)->difference;

	if (code < 0 || !difference->is_there)
		return code;
	dfut_fail(&session->failure, DFUT_ERROR_VERIFY,
		  "CURRENT.UF2 shows something else at 0x%08" PRIx32
		  " than was written: that was not erased, or the flash is worn out",
		  difference->address);
	dfut_hint(&session->failure, "%s", again);
	return DFUT_ERROR_VERIFY;
}

static bool end_is_wanted(struct dfut_session *session)
{
	return !session->findings.unchanged;
}

static int prepare_end(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	size_t count = uf2_get_work(session)->blocks.count;
	size_t first = can_verify(session) ? count - 1 : 0;

	uf2_get_job(session)->hint = again;
	uf2_get_job(session)->is_last = true;
	*machine = &uf2_write_machine;
	return prepare_blocks(session, job, first, count - first);
}

static int judge_end(struct dfut_session *session, int code)
{
	if (code == 0 && session->verify != DFUT_VERIFY_NEVER)
		dfut_session_note_unverified(
			session,
			can_verify(session) ?
				"all but its last 256 bytes was read back and is right; with those the bootloader restarts" :
				"the bootloader restarts with the last block, and can't be read back after that");
	return code;
}

/* The loader restarts once it has all of an image that it takes; one that is still there did not take it, or does not start it. */
static bool has_not_started(struct dfut_session *session)
{
	return !session->findings.unchanged && session->device->present &&
	       session->device->mode == DFUT_MODE_BOOTLOADER && !session->findings.restarted;
}

static int fail_start(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	(void)job;
	(void)machine;
	dfut_fail(
		&session->failure, DFUT_ERROR_DEVICE,
		"all blocks were sent, and the device is in its bootloader: it did not take them, or does not start the "
		"new firmware");
	dfut_hint(
		&session->failure,
		"unplug it and plug it in again, which makes its bootloader forget what it got before, and run it again; "
		"if it stays so, the firmware is not for this board");
	return DFUT_ERROR_DEVICE;
}

/* Leaving. */

static bool restart_is_wanted(struct dfut_session *session)
{
	if (!session->findings.unchanged || session->device->mode != DFUT_MODE_BOOTLOADER)
		return false;
	if (can_leave(session))
		return true;
	snprintf(session->findings.hint, sizeof(session->findings.hint),
		 "press the device's reset button, or unplug it and plug it in again, to start the firmware: its "
		 "bootloader leaves by itself only when it gets an image (--erase=all sends it)");
	return false;
}

int uf2_prepare_leave(struct dfut_session *session, struct dfut_job *job)
{
	uf2_get_job(session)->is_last = true;
	return uf2_find_channel(session, job);
}

/* Reading. */

int uf2_prepare_upload(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	job->size = session->upload_size;
	uf2_get_job(session)->has_address = session->has_address;
	uf2_get_job(session)->address = session->address;
	*machine = &uf2_upload_machine;
	return uf2_find_channel(session, job);
}

/* The plan. */

static void add_steps(struct dfut_session *session)
{
	size_t size = dfut_image_get_size(session->plan.image);

	dfut_plan_add_step(&session->plan, DFUT_SESSION_PROBING, 0, OVERHEAD_MS,
			   "ask the drive which bootloader it is, by INFO_UF2.TXT");
	dfut_plan_add_step(&session->plan, DFUT_SESSION_COMPARING, size,
			   (uint32_t)(OVERHEAD_MS + size / 1024 * READ_MS_PER_KIB),
			   "compare the image with CURRENT.UF2, if there is one");
	dfut_plan_add_step(&session->plan, DFUT_SESSION_DOWNLOADING, size,
			   (uint32_t)(OVERHEAD_MS + size / UF2_PAYLOAD * BLOCK_MS),
			   "write the blocks of UF2, if it differs");
	dfut_plan_add_step(&session->plan, DFUT_SESSION_RETURNING, 0, 2 * session->return_timeout_ms,
			   "wait until the device has restarted by itself");
}

int uf2_plan(struct dfut_session *session)
{
	static const struct dfut_leg legs[] = {
		{ DFUT_SESSION_PROBING, DFUT_MODE_BOOTLOADER, NULL, prepare_probe, judge_probe },
		{ DFUT_SESSION_COMPARING, DFUT_MODE_BOOTLOADER, compare_is_wanted, prepare_compare, judge_compare },
		{ DFUT_SESSION_DOWNLOADING, DFUT_MODE_BOOTLOADER, download_is_wanted, prepare_download, NULL },
		{ DFUT_SESSION_VERIFYING, DFUT_MODE_BOOTLOADER, download_is_wanted, prepare_verify, judge_verify },
		{ DFUT_SESSION_DOWNLOADING, DFUT_MODE_BOOTLOADER, end_is_wanted, prepare_end, judge_end },
		{ DFUT_SESSION_RESTARTING, DFUT_MODE_UNKNOWN, has_not_started, fail_start, NULL },
		{ DFUT_SESSION_RESTARTING, DFUT_MODE_UNKNOWN, restart_is_wanted, dfut_session_prepare_restart, NULL },
	};

	if (dfut_session_check_format(session) < 0 || check_archive(session) < 0 || check_wishes(session) < 0 ||
	    take_blocks(session) < 0 || dfut_session_plan_trigger(session) < 0)
		return session->failure.code;
	for (size_t i = 0; i < DFUT_COUNT(legs); i++)
		dfut_plan_add_leg(&session->plan, &legs[i]);
	add_steps(session);
	return 0;
}
