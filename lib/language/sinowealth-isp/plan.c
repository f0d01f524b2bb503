/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * The legs of an update by SinoWealth's ISP: compare, erase and write, read back, and only then enable the firmware and start
 * it. What happens before that is harmless: the device comes back as its bootloader. So all is always read back.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "language/sinowealth-isp/machine.h"
#include "language/sinowealth-isp/plan.h"

static struct sinowealth_work *get_work(const struct dfut_session *session)
{
	return session->plan.work;
}

static const struct sinowealth_part *get_part(const struct dfut_session *session)
{
	int index = dfut_session_get_part(session);

	return index < 0 ? NULL : sinowealth_part_get((size_t)index);
}

void sinowealth_finish(void *work)
{
	free(((struct sinowealth_work *)work)->image);
}

/* Its applications know reports of the same ids. */
static int check_bootloader(struct dfut_session *session)
{
	const struct dfut_device *device = session->device;
	char text[128];

	if (device->mode == DFUT_MODE_BOOTLOADER && device->entry &&
	    dfut_device_is_bootloader_of(device, device->entry))
		return 0;
	return dfut_fail(&session->failure, DFUT_ERROR_MISMATCH,
			 "%s has not the ids of the bootloader: nothing was sent",
			 dfut_device_describe(device, text, sizeof(text)));
}

static int fill_job(struct dfut_session *session, struct dfut_job *job)
{
	if (!get_part(session))
		return dfut_session_refuse_partless(session);
	return check_bootloader(session) < 0 ? session->failure.code : dfut_session_find_channel(session, job);
}

static void fill_reading(struct dfut_session *session, struct dfut_job *job)
{
	struct sinowealth_job *own = session->plan.job;

	own->runs = dfut_session_has_triggered(session);
	own->opcode_at = get_part(session)->size - SINOWEALTH_JUMP_SIZE;
	job->size = get_part(session)->size;
}

/* Compare. */

static bool compare_is_wanted(struct dfut_session *session)
{
	return session->erase == DFUT_ERASE_AUTO || session->erase == DFUT_ERASE_NEEDED;
}

/* The first difference is enough. */
static int look_for_difference(const uint8_t *data, size_t size, void *user_data)
{
	struct sinowealth_work *work = get_work(user_data);

	for (size_t i = 0; i < size; i++, work->compared++) {
		if (data[i] == work->image[work->compared])
			continue;
		work->differs = true;
		return 1;
	}
	return 0;
}

static int prepare_reading(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine,
			   dfut_writer writer)
{
	if (fill_job(session, job) < 0)
		return session->failure.code;
	fill_reading(session, job);
	get_work(session)->compared = 0;
	get_work(session)->differs = false;
	job->writer = writer;
	job->writer_data = session;
	*machine = &sinowealth_read_machine;
	return 0;
}

static int prepare_compare(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	return prepare_reading(session, job, machine, look_for_difference);
}

/* Some can't be read before they are enabled, and say something odd, or nothing. */
static int judge_compare(struct dfut_session *session, int code)
{
	if (code == DFUT_ERROR_DEVICE || code == DFUT_ERROR_PROTOCOL || code == DFUT_ERROR_IO ||
	    code == DFUT_ERROR_TIMEOUT) {
		dfut_failure_clear(&session->failure);
		return 0;
	}
	if (code < 0)
		return code;
	session->findings.unchanged = !get_work(session)->differs;
	if (session->findings.unchanged)
		dfut_session_note_verified(session);
	return 0;
}

/* Download. */

static bool download_is_wanted(struct dfut_session *session)
{
	return !session->findings.unchanged;
}

static int prepare_download(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	struct sinowealth_work *work = get_work(session);

	if (fill_job(session, job) < 0)
		return session->failure.code;
	job->data = work->image;
	job->size = get_part(session)->size;
	/* Its page would otherwise be written over what the bootloader has stored there. */
	work->image[job->size - SINOWEALTH_JUMP_SIZE + 1] = work->image[1];
	work->image[job->size - SINOWEALTH_JUMP_SIZE + 2] = work->image[2];
	*machine = &sinowealth_write_machine;
	return 0;
}

/* Verify. */

static int fail_verify(struct dfut_session *session, uint8_t byte)
{
	const struct sinowealth_work *work = get_work(session);
	const struct sinowealth_part *part = get_part(session);

	dfut_fail(&session->failure, DFUT_ERROR_VERIFY,
		  "read back differs at 0x%04" PRIx32 ": 0x%02x was written, 0x%02x is there", work->compared,
		  work->image[work->compared], byte);
	dfut_hint(
		&session->failure,
		"the firmware is not started, and the device comes back as its bootloader: repeat; if it happens again, it may "
		"have another part than a %s (--part)",
		part->name);
	return DFUT_ERROR_VERIFY;
}

/* The jump to the firmware is read as zeros where it is kept: if it is not, that is not the part which it was taken for. */
static int compare(const uint8_t *data, size_t size, void *user_data)
{
	struct dfut_session *session = user_data;
	struct sinowealth_work *work = get_work(session);

	for (size_t i = 0; i < size; i++, work->compared++)
		if (data[i] != work->image[work->compared])
			return fail_verify(session, data[i]);
	return 0;
}

static int prepare_verify(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	struct sinowealth_job *own = session->plan.job;
	struct sinowealth_work *work = get_work(session);

	if (prepare_reading(session, job, machine, compare) < 0)
		return session->failure.code;
	own->runs = false;
	work->image[job->size - SINOWEALTH_JUMP_SIZE + 1] = 0;
	work->image[job->size - SINOWEALTH_JUMP_SIZE + 2] = 0;
	return 0;
}

static int judge_verify(struct dfut_session *session, int code)
{
	if (code == 0)
		dfut_session_note_verified(session);
	return code;
}

/* Its end. */

static int prepare_enable(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	*machine = &sinowealth_enable_machine;
	return fill_job(session, job);
}

static int judge_enable(struct dfut_session *session, int code)
{
	if (code < 0)
		dfut_hint(&session->failure,
			  "the firmware is written, and right; repeat, so that it is started as well");
	return code;
}

static bool restart_is_wanted(struct dfut_session *session)
{
	if (!get_work(session)->stays || dfut_session_stays(session))
		return dfut_session_restart_is_wanted(session);
	snprintf(
		session->findings.hint, sizeof(session->findings.hint),
		"unplug the device and plug it in again to start the firmware: it does not restart when it is told to");
	return false;
}

int sinowealth_prepare_leave(struct dfut_session *session, struct dfut_job *job)
{
	return dfut_session_find_channel(session, job);
}

static void add_steps(struct dfut_session *session, uint32_t size)
{
	struct dfut_plan *plan = &session->plan;

	if (compare_is_wanted(session))
		dfut_plan_add_step(plan, DFUT_SESSION_COMPARING, size, 10000,
				   "compare what the flash holds with the image");
	dfut_plan_add_step(plan, DFUT_SESSION_DOWNLOADING, size, 20000,
			   "if it differs, erase all of it and write %" PRIu32 " bytes", size);
	dfut_plan_add_step(plan, DFUT_SESSION_VERIFYING, size, 10000, "read them back and compare");
	dfut_plan_add_step(plan, DFUT_SESSION_MANIFESTING, 0, 1000, "enable the firmware");
	if (!get_work(session)->stays)
		dfut_session_plan_restart(session, "start it");
}

int sinowealth_plan(struct dfut_session *session)
{
	static const struct dfut_leg legs[] = {
		{ DFUT_SESSION_TRIGGERING, DFUT_MODE_BOOTLOADER, NULL, NULL, NULL },
		{ DFUT_SESSION_COMPARING, DFUT_MODE_BOOTLOADER, compare_is_wanted, prepare_compare, judge_compare },
		{ DFUT_SESSION_DOWNLOADING, DFUT_MODE_BOOTLOADER, download_is_wanted, prepare_download, NULL },
		{ DFUT_SESSION_VERIFYING, DFUT_MODE_BOOTLOADER, download_is_wanted, prepare_verify, judge_verify },
		{ DFUT_SESSION_MANIFESTING, DFUT_MODE_BOOTLOADER, NULL, prepare_enable, judge_enable },
		{ DFUT_SESSION_RESTARTING, DFUT_MODE_BOOTLOADER, restart_is_wanted, dfut_session_prepare_restart,
		  NULL },
	};
	const struct sinowealth_part *part = get_part(session);
	const struct dfut_entry *entry = session->device->entry;

	if (!part)
		return dfut_session_refuse_partless(session);
	if (sinowealth_take_image(session, part) < 0 || dfut_session_plan_trigger(session) < 0)
		return session->failure.code;
	get_work(session)->stays = get_work(session)->stays || (entry && entry->quirks & SINOWEALTH_QUIRK_NO_REBOOT);
	for (size_t i = 0; i < DFUT_COUNT(legs); i++)
		dfut_plan_add_leg(&session->plan, &legs[i]);
	add_steps(session, part->size);
	return 0;
}

/* Upload. */

int sinowealth_check_upload(struct dfut_session *session)
{
	return get_part(session) ? 0 : dfut_session_refuse_partless(session);
}

int sinowealth_prepare_upload(struct dfut_session *session, struct dfut_job *job,
			      const struct dfut_machine_ops **machine)
{
	struct sinowealth_job *own = session->plan.job;

	if (fill_job(session, job) < 0)
		return session->failure.code;
	fill_reading(session, job);
	own->is_for_people = true;
	if (session->upload_size && session->upload_size < job->size)
		job->size = session->upload_size;
	*machine = &sinowealth_read_machine;
	return 0;
}
