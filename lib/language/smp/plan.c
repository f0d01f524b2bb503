/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * The legs of an update by SMP: ask what the device has, send the image to the slot that does not run, mark it for test and restart,
 * see that it runs, confirm it. MCUboot's serial recovery writes over the firmware at once; there the last leg sees whether the
 * application is back.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "language/smp/plan.h"

#define OVERHEAD_MS 10000
#define ERASE_MS 40000
/* A console at 115200 baud, and flash behind it. */
#define US_PER_BYTE 150
/* A swap of two slots: three erases and writes of a page. */
#define PAGE_SIZE 4096
#define SWAP_PAGE_MS 200

static struct smp_look *get_look(const struct dfut_session *session)
{
	return &smp_get_work(session)->report.look;
}

static uint32_t get_swap_ms(const struct dfut_session *session)
{
	return (uint32_t)(dfut_image_get_size(session->plan.image) / PAGE_SIZE + 1) * SWAP_PAGE_MS;
}

static int fill_job(struct dfut_session *session, struct dfut_job *job)
{
	struct smp_work *work = smp_get_work(session);
	struct smp_job *own = session->plan.job;

	if (dfut_session_find_channel(session, job) < 0)
		return session->failure.code;
	if (session->plan.image)
		own->hash = dfut_image_get_mcuboot_hash(session->plan.image, &own->hash_size);
	own->sha = work->sha;
	own->image = work->image;
	own->upload_id = work->upload_id;
	own->message_limit = smp_get_message_limit(get_look(session));
	own->in_recovery = smp_writes_in_place(get_look(session));
	own->patience_ms = session->return_timeout_ms + session->findings.install_ms;
	own->report = &work->report;
	return 0;
}

/* Look. */

static int prepare_look(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	*machine = &smp_look_machine;
	return fill_job(session, job);
}

static void tell_slot(struct dfut_session *session, const struct smp_slot *slot)
{
	char key[48], hash[17] = "not told";

	snprintf(key, sizeof(key), "smp_image_%u_slot_%u", slot->image, slot->slot);
	if (slot->hash_size >= 8)
		dfut_image_put_hex(hash, slot->hash, 8);
	dfut_facts_add(&session->facts, key, "%s, hash %s%s%s%s%s%s", slot->version, hash,
		       slot->hash_size >= 8 ? "..." : "", slot->active ? ", active" : "",
		       slot->confirmed ? ", confirmed" : "", slot->pending ? ", pending" : "",
		       slot->permanent ? ", permanent" : "");
}

static const char *get_mode_text(int mode)
{
	static const char *const texts[] = {
		[SMP_MODE_SINGLE] = "one slot",
		[SMP_MODE_SWAP_SCRATCH] = "swap with scratch",
		[SMP_MODE_OVERWRITE] = "overwrite only",
		[SMP_MODE_SWAP_MOVE] = "swap by moving",
		[SMP_MODE_XIP] = "direct XIP",
		[SMP_MODE_XIP_REVERT] = "direct XIP with revert",
		[SMP_MODE_RAM] = "RAM load",
		[SMP_MODE_LOADER] = "firmware loader",
	};

	return mode >= 0 && (size_t)mode < DFUT_COUNT(texts) ? texts[mode] : "another one";
}

static void tell_look(struct dfut_session *session)
{
	const struct smp_look *look = get_look(session);
	const struct smp_slot *running = smp_find_running(&look->list, smp_get_work(session)->image);

	dfut_facts_add(&session->facts, "smp_server", "%s",
		       look->in_recovery ? "MCUboot's serial recovery" : "application");
	if (look->buffer_size)
		dfut_facts_add(&session->facts, "smp_buffer_size", "%zu", look->buffer_size);
	if (*look->bootloader)
		dfut_facts_add(&session->facts, "smp_bootloader", "%s", look->bootloader);
	if (look->mode != SMP_MODE_UNKNOWN)
		dfut_facts_add(&session->facts, "smp_mode", "%s", get_mode_text(look->mode));
	for (size_t i = 0; i < look->list.slot_count; i++)
		tell_slot(session, &look->list.slots[i]);
	if (running && !smp_writes_in_place(look))
		dfut_facts_add(&session->facts, "running_version", "%s", running->version);
}

static void refine_steps(struct dfut_session *session);

static int judge_look(struct dfut_session *session, int code)
{
	if (code < 0)
		return code;
	smp_get_work(session)->has_looked = true;
	tell_look(session);
	if (smp_check_device(session) < 0)
		return session->failure.code;
	session->findings.was_there = smp_get_work(session)->is_in_slot;
	if (session->findings.was_there)
		dfut_context_log(session->context, DFUT_LOG_INFO,
				 "%s: the image is in a slot already, and not sent again", session->device->path);
	refine_steps(session);
	return dfut_plan_check(&session->plan, &session->failure);
}

/* Upload. */

static bool upload_is_wanted(struct dfut_session *session)
{
	return !session->findings.unchanged && !smp_get_work(session)->is_in_slot;
}

static int prepare_upload(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	struct dfut_segment segment;

	dfut_image_find_segment(session->plan.image, 0, &segment);
	job->data = segment.data;
	job->size = segment.size;
	*machine = &smp_upload_machine;
	return fill_job(session, job);
}

/* Start. */

/* What runs is what was to be sent, and is restarted all the same; on test it would be given up by that. */
static bool runs_anew(const struct dfut_session *session)
{
	return session->restart == DFUT_RESTART_ALWAYS && session->findings.unchanged &&
	       !smp_get_work(session)->needs_settling && !smp_writes_in_place(get_look(session));
}

/* In MCUboot's serial recovery the application is started, whether it was there before or not. */
static bool start_is_wanted(struct dfut_session *session)
{
	return !session->findings.unchanged || smp_writes_in_place(get_look(session)) || runs_anew(session);
}

static int prepare_start(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	struct smp_job *own = session->plan.job;

	session->findings.install_ms = get_swap_ms(session);
	if (fill_job(session, job) < 0)
		return session->failure.code;
	own->tests = !smp_writes_in_place(get_look(session)) && !session->findings.unchanged;
	own->stays = dfut_session_stays(session);
	own->may_refuse = own->tests && !smp_can_revert(get_look(session));
	*machine = &smp_start_machine;
	return 0;
}

static void note_in_place(struct dfut_session *session)
{
	const struct smp_report *report = &smp_get_work(session)->report;

	if (session->verify == DFUT_VERIFY_NEVER)
		return;
	if (report->is_there)
		dfut_session_note_verified(session);
	else
		dfut_session_note_unverified(session, report->has_no_list ?
							      "the bootloader does not list its images" :
							      "the bootloader's list of images has no hashes");
}

static int judge_start(struct dfut_session *session, int code)
{
	if (code < 0)
		return code;
	if (smp_writes_in_place(get_look(session)) || dfut_session_stays(session))
		note_in_place(session);
	if (session->verify == DFUT_VERIFY_ALWAYS && session->findings.verified == DFUT_VERIFIED_IMPOSSIBLE)
		return dfut_fail(&session->failure, DFUT_ERROR_VERIFY, "the image was sent, and can't be verified: %s",
				 session->findings.verify_note);
	return 0;
}

/* Settle. */

/* Whether what is there now can be asked. */
static bool can_be_asked(struct dfut_session *session)
{
	const struct dfut_device *device = session->device;
	struct dfut_target target;

	return dfut_device_get_language(device) == session->plan.language && dfut_session_is_in_bootloader(session) &&
	       dfut_target_find_serial(&target, device, device->entry ? device->entry->port : -1);
}

static void note_unasked(struct dfut_session *session)
{
	char text[128];

	if (session->verify != DFUT_VERIFY_NEVER)
		dfut_session_note_unverified(session, "what came back is not known to speak SMP");
	snprintf(session->findings.hint, sizeof(session->findings.hint),
		 "the device came back as %s: if the image is on test, it has to be confirmed before the next restart",
		 dfut_device_describe(session->device, text, sizeof(text)));
}

static bool settle_is_wanted(struct dfut_session *session)
{
	const struct smp_work *work = smp_get_work(session);

	if (smp_writes_in_place(get_look(session)))
		return false;
	if (session->findings.unchanged && !runs_anew(session))
		return work->needs_settling && !session->leaves_on_test;
	if (dfut_session_stays(session))
		return false;
	if (can_be_asked(session))
		return true;
	note_unasked(session);
	return false;
}

static int prepare_settle(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	struct smp_job *own = session->plan.job;

	if (fill_job(session, job) < 0)
		return session->failure.code;
	own->confirms = !session->leaves_on_test;
	own->may_refuse = !smp_can_revert(get_look(session));
	*machine = &smp_settle_machine;
	return 0;
}

static void hint_state(struct dfut_session *session)
{
	const struct smp_report *report = &smp_get_work(session)->report;
	const char *text = "";

	if (report->is_confirmed || !smp_can_revert(&report->look))
		return;
	if (report->is_denied)
		text = "the device does not let this image be confirmed over SMP: its application has to do that, or "
		       "MCUboot goes back to the old one with the next restart";
	else
		text = "the new firmware is on test: MCUboot goes back to the old one with the next restart, unless it is "
		       "confirmed before (command \"confirm\")";
	snprintf(session->findings.hint, sizeof(session->findings.hint), "%s", text);
}

static int judge_settle(struct dfut_session *session, int code)
{
	const struct smp_report *report = &smp_get_work(session)->report;

	if (code < 0)
		return code;
	if (session->verify != DFUT_VERIFY_NEVER)
		dfut_session_note_verified(session);
	if (!session->findings.unchanged || runs_anew(session))
		session->findings.restarted = true;
	snprintf(session->findings.started, sizeof(session->findings.started), "version %s%s", report->version,
		 report->is_confirmed	       ? ", confirmed" :
		 smp_can_revert(&report->look) ? ", on test" :
						 "");
	dfut_facts_add(&session->facts, "running_version", "%s", report->version);
	hint_state(session);
	return 0;
}

/* See: after MCUboot's serial recovery. An application that does not speak SMP has nothing to say. */

static bool see_is_wanted(struct dfut_session *session)
{
	return smp_writes_in_place(get_look(session)) && !dfut_session_stays(session) && can_be_asked(session);
}

static int judge_see(struct dfut_session *session, int code)
{
	if (code == DFUT_ERROR_MISMATCH || code == DFUT_ERROR_UNSUPPORTED) {
		dfut_failure_clear(&session->failure);
		session->findings.restarted = true;
		return 0;
	}
	if (code < 0)
		return code;
	if (!get_look(session)->in_recovery) {
		session->findings.restarted = true;
		return 0;
	}
	dfut_fail(
		&session->failure, DFUT_ERROR_DEVICE,
		"the device has restarted, and is in MCUboot's serial recovery again: it does not start the new firmware");
	dfut_hint(
		&session->failure,
		"is its pin or button for serial recovery held? Else the image is not signed with its key, or not made "
		"for this board: repeat with another file");
	return DFUT_ERROR_DEVICE;
}

/* What a person is told. */

static void add_download(struct dfut_session *session)
{
	const struct smp_work *work = smp_get_work(session);
	size_t size = dfut_image_get_size(session->plan.image);
	uint32_t ms = (uint32_t)(ERASE_MS + (uint64_t)size * US_PER_BYTE / 1000);

	if (!work->has_looked)
		dfut_plan_add_step(
			&session->plan, DFUT_SESSION_DOWNLOADING, size, ms,
			"send %zu bytes as image %u, to the slot that does not run; MCUboot's serial recovery, and a device "
			"with one slot, write over the firmware at once",
			size, work->image);
	else if (smp_writes_in_place(&work->report.look))
		dfut_plan_add_step(&session->plan, DFUT_SESSION_DOWNLOADING, size, ms,
				   "send %zu bytes over image %u at once: %s, so that there is no way back", size,
				   work->image,
				   work->report.look.in_recovery ? "this is MCUboot's serial recovery" :
								   "the device has one slot");
	else
		dfut_plan_add_step(&session->plan, DFUT_SESSION_DOWNLOADING, size, ms,
				   "send %zu bytes as image %u, to the slot that does not run", size, work->image);
}

static void add_start(struct dfut_session *session)
{
	const struct smp_work *work = smp_get_work(session);
	const char
		*text = "mark the image for test, and restart: MCUboot goes back to the old one if it is not confirmed";

	if (dfut_session_stays(session)) {
		dfut_plan_add_step(&session->plan, DFUT_SESSION_VERIFYING, 0, OVERHEAD_MS, "%s",
				   "see that the device has it, where it tells, and mark it for test where the next "
				   "restart is to start it");
		dfut_session_plan_restart(session, "");
		return;
	}
	if (runs_anew(session))
		text = "restart";
	else if (work->has_looked && smp_writes_in_place(&work->report.look))
		text = "see that the device has it, where it tells, and restart";
	else if (work->has_looked && !smp_can_revert(&work->report.look))
		text = "mark the image to be started, and restart: this bootloader can't go back to the old one";
	else if (!work->has_looked)
		text = "mark the image for test, and restart: MCUboot goes back to the old one if it is not confirmed; "
		       "overwrite-only bootloaders can't";
	dfut_plan_add_step(&session->plan, DFUT_SESSION_RESTARTING, 0,
			   2 * session->return_timeout_ms + get_swap_ms(session), "%s", text);
}

static void add_settle(struct dfut_session *session)
{
	const struct smp_work *work = smp_get_work(session);
	const char *text = session->leaves_on_test ? "see that the new firmware runs, and leave it on test" :
						     "see that the new firmware runs, and confirm it";

	if (dfut_session_stays(session))
		return;
	if (work->has_looked && smp_writes_in_place(&work->report.look))
		text = "see that the application is back";
	dfut_plan_add_step(&session->plan, DFUT_SESSION_VERIFYING, 0, OVERHEAD_MS + get_swap_ms(session), "%s", text);
}

/* What comes behind the look is told anew. */
static void refine_steps(struct dfut_session *session)
{
	size_t keep = 0;

	while (keep < session->plan.step_count && session->plan.steps[keep].state != DFUT_SESSION_DOWNLOADING)
		keep++;
	dfut_plan_keep_steps(&session->plan, keep);
	if (upload_is_wanted(session))
		add_download(session);
	if (start_is_wanted(session))
		add_start(session);
	if (start_is_wanted(session) || settle_is_wanted(session))
		add_settle(session);
	session->plan.refined++;
}

int smp_plan(struct dfut_session *session)
{
	static const struct dfut_leg legs[] = {
		{ DFUT_SESSION_PROBING, DFUT_MODE_BOOTLOADER, NULL, prepare_look, judge_look },
		{ DFUT_SESSION_DOWNLOADING, DFUT_MODE_BOOTLOADER, upload_is_wanted, prepare_upload, NULL },
		{ DFUT_SESSION_RESTARTING, DFUT_MODE_BOOTLOADER, start_is_wanted, prepare_start, judge_start },
		{ DFUT_SESSION_VERIFYING, DFUT_MODE_UNKNOWN, settle_is_wanted, prepare_settle, judge_settle },
		{ DFUT_SESSION_VERIFYING, DFUT_MODE_UNKNOWN, see_is_wanted, prepare_look, judge_see },
	};

	if (smp_check_image(session) < 0 || dfut_session_plan_trigger(session) < 0)
		return session->failure.code;
	for (size_t i = 0; i < DFUT_COUNT(legs); i++)
		dfut_plan_add_leg(&session->plan, &legs[i]);
	dfut_plan_add_step(&session->plan, DFUT_SESSION_PROBING, 0, OVERHEAD_MS,
			   "ask the device which images and which bootloader it has");
	add_download(session);
	add_start(session);
	add_settle(session);
	return 0;
}

/* Leaving, and commands. */

int smp_prepare_leave(struct dfut_session *session, struct dfut_job *job)
{
	return fill_job(session, job);
}
