/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * The legs of an update by DfuSe: compare what the memory holds with the image, erase and write the sectors that differ,
 * read those back, start the application.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "language/dfuse/machine.h"
#include "language/dfuse/plan.h"

static int fill_job(struct dfut_session *session, struct dfut_job *job)
{
	if (dfuse_resolve(session) < 0)
		return session->failure.code;
	dfut_session_use_interface(session, job, session->plan.interface);
	job->alternate = dfuse_get_work(session)->image[0].alternate;
	dfuse_get_job(session)->read_protected = &dfuse_get_work(session)->read_protected;
	dfuse_get_job(session)->start = dfuse_get_work(session)->start;
	return 0;
}

/* Probe: what protects the part is told before anything is changed. */

static int refuse_read_protected(struct dfut_session *session)
{
	dfut_fail(&session->failure, DFUT_ERROR_DEVICE,
		  "the part's read protection is on: it can be neither read nor written, and nothing was changed");
	dfut_hint(
		&session->failure,
		"the command \"read-unprotect\" takes the read protection off, and erases everything that is on the part");
	return DFUT_ERROR_DEVICE;
}

static bool probe_is_wanted(struct dfut_session *session)
{
	/* They are not known of a device that is still to be triggered. */
	if (session->device->mode == DFUT_MODE_BOOTLOADER && dfuse_resolve(session) < 0)
		return false;
	return dfuse_get_work(session)->is_resolved && dfuse_get_work(session)->options.size &&
	       dfuse_probe_is_wanted(session);
}

static int keep_option_bytes(const uint8_t *data, size_t size, void *user_data)
{
	struct dfut_session *session = user_data;

	for (size_t i = 0; i < size && dfuse_get_work(session)->counted < DFUSE_OPTIONS_SIZE; i++)
		dfuse_get_work(session)->option_bytes[dfuse_get_work(session)->counted++] = data[i];
	return 0;
}

static int prepare_probe(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	if (fill_job(session, job) < 0)
		return session->failure.code;
	dfuse_get_work(session)->counted = 0;
	job->alternate = dfuse_get_work(session)->options.alternate;
	dfuse_get_job(session)->ranges = &dfuse_get_work(session)->options;
	dfuse_get_job(session)->range_count = 1;
	job->writer = keep_option_bytes;
	job->writer_data = session;
	*machine = &dfuse_read_machine;
	return 0;
}

static int judge_probe(struct dfut_session *session, int code)
{
	struct dfuse_work *dfuse = dfuse_get_work(session);

	if (dfuse->read_protected)
		return refuse_read_protected(session);
	/* A part that does not let them be read is asked no more. */
	if (code == DFUT_ERROR_DEVICE || code == DFUT_ERROR_PROTOCOL) {
		dfut_failure_clear(&session->failure);
		return 0;
	}
	if (code < 0)
		return code;
	dfuse_options_parse(&dfuse->protection, dfuse->options.address, dfuse->option_bytes);
	/* If nothing is compared everything counts as different. */
	return dfuse_compare_is_wanted(session) ? 0 : dfuse_check_protection(session);
}

/* Compare. */

static bool compare_is_wanted(struct dfut_session *session)
{
	return dfuse_compare_is_wanted(session);
}

static int prepare_compare(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	if (fill_job(session, job) < 0)
		return session->failure.code;
	if (dfuse_compare(dfuse_get_work(session), dfuse_get_job(session)) < 0)
		return dfut_fail_memory(&session->failure);
	*machine = &dfuse_read_machine;
	return 0;
}

static int judge_compare(struct dfut_session *session, int code)
{
	struct dfuse_work *dfuse = dfuse_get_work(session);
	size_t differ = 0;

	if (dfuse->read_protected)
		return refuse_read_protected(session);
	/* Not readable after all: then everything is written. */
	if ((code == DFUT_ERROR_DEVICE || code == DFUT_ERROR_PROTOCOL) && session->erase == DFUT_ERASE_AUTO) {
		for (size_t i = 0; i < dfuse->sector_count; i++)
			dfuse->sectors[i].differs = true;
		dfut_failure_clear(&session->failure);
		return dfuse_check_protection(session);
	}
	if (code < 0)
		return code;
	for (size_t i = 0; i < dfuse->sector_count; i++)
		differ += dfuse->sectors[i].differs;
	dfut_context_log(session->context, DFUT_LOG_INFO, "%s: %zu of %zu sectors differ", session->device->path,
			 differ, dfuse->sector_count);
	dfuse->has_compared = true;
	session->findings.unchanged = differ == 0;
	dfuse_refine_steps(session);
	if (dfut_plan_check(&session->plan, &session->failure) < 0)
		return session->failure.code;
	return dfuse_check_protection(session);
}

/* Download: first all memories but the option bytes, which make the part reset itself. */

static bool has_differing(const struct dfut_session *session, bool option_bytes)
{
	const struct dfuse_work *dfuse = dfuse_get_work(session);

	for (size_t i = 0; i < dfuse->sector_count; i++)
		if (dfuse_is_written(&dfuse->sectors[i], option_bytes))
			return true;
	return false;
}

static bool download_is_wanted(struct dfut_session *session)
{
	if (session->findings.unchanged)
		dfut_session_note_verified(session);
	/* What cannot be resolved is told when the job is prepared. */
	return !session->findings.unchanged && (dfuse_resolve(session) < 0 || has_differing(session, false));
}

static bool options_are_wanted(struct dfut_session *session)
{
	return !session->findings.unchanged && has_differing(session, true);
}

static int plan_erasing(struct dfut_session *session)
{
	struct dfuse_work *dfuse = dfuse_get_work(session);

	free(dfuse->erases);
	dfuse->erase_count = 0;
	dfuse->erases = calloc(dfuse->sector_count + 1, sizeof(*dfuse->erases));
	if (!dfuse->erases)
		return dfut_fail_memory(&session->failure);
	for (size_t i = 0; i < dfuse->sector_count; i++) {
		const struct dfuse_place *sector = &dfuse->sectors[i];

		if (sector->differs && sector->can_erase)
			dfuse->erases[dfuse->erase_count++] = (struct dfuse_range){ sector->address, NULL, sector->size,
										    sector->memory->alternate };
	}
	return 0;
}

static int prepare_writing(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine,
			   bool option_bytes)
{
	struct dfuse_work *dfuse;

	if (fill_job(session, job) < 0 || plan_erasing(session) < 0)
		return session->failure.code;
	dfuse = dfuse_get_work(session);
	if (dfuse_write(dfuse, dfuse_get_job(session), option_bytes) < 0)
		return dfut_fail_memory(&session->failure);
	if (dfuse->run_count)
		job->alternate = dfuse->runs[0].alternate;
	if (option_bytes)
		dfuse->erase_count = 0;
	/* Memories that can't be erased are none of its business. */
	dfuse_get_job(session)->mass_erase = session->erase == DFUT_ERASE_MASS && dfuse->erase_count > 0;
	dfuse_get_job(session)->erases = dfuse->erases;
	dfuse_get_job(session)->erase_count = dfuse_get_job(session)->mass_erase ? 0 : dfuse->erase_count;
	dfuse_get_job(session)->resets = option_bytes;
	dfuse_get_job(session)->is_unsure = &dfuse->is_unsure;
	*machine = &dfuse_download_machine;
	return 0;
}

static int prepare_download(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	return prepare_writing(session, job, machine, false);
}

static int judge_download(struct dfut_session *session, int code)
{
	return code < 0 && dfuse_get_work(session)->read_protected ? refuse_read_protected(session) : code;
}

static int prepare_options(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	return prepare_writing(session, job, machine, true);
}

static int judge_options(struct dfut_session *session, int code)
{
	if (code == 0 && dfut_session_stays(session))
		dfut_facts_add(&session->facts, "restarted_by", "the part itself, for its new option bytes");
	if (code == 0 && session->verify != DFUT_VERIFY_NEVER)
		dfut_session_note_unverified(session, "the part resets itself with its new option bytes");
	return code;
}

/* Verify what was written; the comparison has seen the rest. */

static bool can_verify(struct dfut_session *session)
{
	if (session->verify == DFUT_VERIFY_NEVER || session->findings.unchanged)
		return false;
	if (dfut_session_can(session, DFUT_DFU_CAN_UPLOAD))
		return true;
	dfut_session_note_unverified(session, "the device does not allow reading back");
	return session->verify == DFUT_VERIFY_ALWAYS;
}

static bool verify_is_wanted(struct dfut_session *session)
{
	return dfuse_get_work(session)->is_resolved && has_differing(session, false) && can_verify(session);
}

/* Where the part is in its bootloader again. */
static bool verify_options_is_wanted(struct dfut_session *session)
{
	return options_are_wanted(session) && can_verify(session) && session->device->present &&
	       session->device->mode == DFUT_MODE_BOOTLOADER;
}

static int prepare_verify(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	if (fill_job(session, job) < 0)
		return session->failure.code;
	job->alternate = dfuse_get_work(session)->runs[0].alternate;
	dfuse_verify(dfuse_get_work(session), dfuse_get_job(session), &session->failure);
	*machine = &dfuse_read_machine;
	return 0;
}

static int judge_verify(struct dfut_session *session, int code)
{
	if (code == 0)
		dfut_session_note_verified(session);
	if (code != DFUT_ERROR_DEVICE || session->verify != DFUT_VERIFY_AUTO)
		return code;
	dfut_session_note_unverified(session, "the device refuses to be read");
	dfut_failure_clear(&session->failure);
	return 0;
}

/* Bits without a meaning need not read as they were written. */
static int judge_verify_options(struct dfut_session *session, int code)
{
	char text[160];

	if (code != DFUT_ERROR_VERIFY || session->verify != DFUT_VERIFY_AUTO || dfuse_get_work(session)->is_unsure)
		return judge_verify(session, code);
	snprintf(text, sizeof(text), "option bytes may have bits without a meaning, and %.100s", session->failure.text);
	dfut_session_note_unverified(session, text);
	dfut_failure_clear(&session->failure);
	return 0;
}

/* Restart. */

static bool restart_is_wanted(struct dfut_session *session)
{
	return session->device->present && dfut_session_restart_is_wanted(session);
}

static int prepare_restart(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	if (fill_job(session, job) < 0)
		return session->failure.code;
	*machine = &dfuse_leave_machine;
	job->leave = dfut_session_take_way_out(session);
	return 0;
}

int dfuse_prepare_erase(struct dfut_session *session, struct dfut_job *job)
{
	const struct dfut_interface *memory = session->alternate ? dfut_session_resolve_alternate(session) :
								   dfut_session_get_first_memory(session);

	if (!memory)
		return session->failure.code ?
			       session->failure.code :
			       dfut_fail(&session->failure, DFUT_ERROR_PROTOCOL, "the device has no DFU interface");
	dfut_session_set_memory(session, job, memory);
	return 0;
}

int dfuse_prepare_leave(struct dfut_session *session, struct dfut_job *job)
{
	const struct dfut_interface *first = dfut_session_get_first_memory(session);
	struct dfuse_layout layout;
	bool is_known;

	if (!first)
		return dfut_fail(&session->failure, DFUT_ERROR_PROTOCOL, "the device has no DFU interface");
	dfut_session_set_memory(session, job, first);
	dfuse_get_job(session)->start = session->address;
	is_known = dfuse_get_layout(session, first, &layout);
	/* What was read from there need not be what the application begins with. */
	if (session->has_address && (session->plan.purpose != DFUT_PURPOSE_UPLOAD || !is_known))
		return 0;
	if (!is_known) {
		dfuse_refuse_layout(session, first);
		dfut_hint(&session->failure, "say where the application begins (--address)");
		return session->failure.code;
	}
	dfuse_get_job(session)->start = dfuse_layout_get_start(&layout);
	return 0;
}

int dfuse_plan(struct dfut_session *session)
{
	static const struct dfut_leg legs[] = {
		{ DFUT_SESSION_TRIGGERING, DFUT_MODE_BOOTLOADER, NULL, NULL, NULL },
		{ DFUT_SESSION_PROBING, DFUT_MODE_BOOTLOADER, probe_is_wanted, prepare_probe, judge_probe },
		{ DFUT_SESSION_COMPARING, DFUT_MODE_BOOTLOADER, compare_is_wanted, prepare_compare, judge_compare },
		{ DFUT_SESSION_DOWNLOADING, DFUT_MODE_BOOTLOADER, download_is_wanted, prepare_download,
		  judge_download },
		{ DFUT_SESSION_VERIFYING, DFUT_MODE_BOOTLOADER, verify_is_wanted, prepare_verify, judge_verify },
		{ DFUT_SESSION_DOWNLOADING, DFUT_MODE_BOOTLOADER, options_are_wanted, prepare_options, judge_options },
		{ DFUT_SESSION_VERIFYING, DFUT_MODE_BOOTLOADER, verify_options_is_wanted, prepare_verify,
		  judge_verify_options },
		{ DFUT_SESSION_RESTARTING, DFUT_MODE_BOOTLOADER, restart_is_wanted, prepare_restart, NULL },
	};

	if (session->device->mode == DFUT_MODE_BOOTLOADER && dfuse_resolve(session) < 0)
		return session->failure.code;
	if (dfut_session_plan_trigger(session) < 0)
		return session->failure.code;
	for (size_t i = 0; i < DFUT_COUNT(legs); i++)
		dfut_plan_add_leg(&session->plan, &legs[i]);
	dfuse_add_steps(session);
	return 0;
}
