/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * The legs of an update by SONiX's ISP: ask the chip what it is, judge the image for that, write, start the firmware. Nothing can
 * be read; the chip tells the sum of what it has written.
 */

#include <inttypes.h>
#include <stdlib.h>

#include "language/sonix-isp/machine.h"
#include "language/sonix-isp/plan.h"

static struct sonix_work *get_work(const struct dfut_session *session)
{
	return session->plan.work;
}

void sonix_finish(void *work)
{
	free(((struct sonix_work *)work)->data);
}

/* What the bootloader tells. */

static int refuse_chip(struct dfut_session *session, const struct sonix_version *version)
{
	return dfut_fail(&session->failure, DFUT_ERROR_UNSUPPORTED,
			 "the bootloader is of no known chip: family %u, sub-family %u, member %u", version->family,
			 version->sub_family, version->member);
}

static uint8_t get_promise(const struct dfut_session *session)
{
	const struct dfut_descriptors *descriptors = &session->device->descriptors;

	return sonix_get_promise(descriptors->vendor_id, descriptors->product_id);
}

static int check_promise(struct dfut_session *session, const struct sonix_part *part)
{
	uint8_t promise = get_promise(session);

	if (!promise || promise == part->sub_family || session->force & DFUT_CHECK_IDS)
		return 0;
	return dfut_fail_check(&session->failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_IDS,
			       "the bootloader says that it is of the %s, and its ids are those of another chip",
			       part->name);
}

/* Lifting it is a yes to losing what is there. */
static int check_security(struct dfut_session *session, uint16_t security)
{
	const char *name = sonix_get_security_name(security);

	if (!name)
		return dfut_fail(&session->failure, DFUT_ERROR_UNSUPPORTED,
				 "the chip has a code security that nobody knows: 0x%04x", security);
	if (sonix_is_open(security) || session->erase == DFUT_ERASE_MASS)
		return 0;
	dfut_fail(
		&session->failure, DFUT_ERROR_UNSUPPORTED,
		"the chip's code security is on (%s): it has to be taken off first, which may erase all that is there",
		name);
	dfut_hint(&session->failure, "say that it may be lost (--erase mass)");
	return DFUT_ERROR_UNSUPPORTED;
}

static int tell(struct dfut_session *session, const struct sonix_version *version, const struct sonix_part *part)
{
	const char *security = sonix_get_security_name(version->security);

	if (dfut_facts_add(&session->facts, "sonix_part", "%s", part->name) < 0 ||
	    dfut_facts_add(&session->facts, "sonix_code_option", "0x%04x", version->code_option) < 0 ||
	    dfut_facts_add(&session->facts, "sonix_code_security", "%s", security ? security : "unknown") < 0)
		return dfut_fail_memory(&session->failure);
	return 0;
}

static int prepare_ask(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	struct sonix_job *own = session->plan.job;

	if (dfut_session_find_channel(session, job) < 0)
		return session->failure.code;
	own->version = &get_work(session)->version;
	*machine = &sonix_ask_machine;
	return 0;
}

static int judge_ask(struct dfut_session *session, int code)
{
	struct sonix_work *work = get_work(session);

	if (code < 0)
		return code;
	work->part = sonix_part_find(&work->version);
	if (!work->part)
		return refuse_chip(session, &work->version);
	if (tell(session, &work->version, work->part) < 0 || check_promise(session, work->part) < 0 ||
	    check_security(session, work->version.security) < 0 || sonix_take_image(session, work->part) < 0)
		return session->failure.code;
	return 0;
}

/* Download. */

static int prepare_download(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	const struct sonix_work *work = get_work(session);
	struct sonix_job *own = session->plan.job;

	if (dfut_session_find_channel(session, job) < 0)
		return session->failure.code;
	own->part = work->part;
	own->code_option = work->version.code_option;
	own->is_secured = !sonix_is_open(work->version.security);
	own->offset = work->offset;
	job->data = work->data;
	job->size = work->size;
	*machine = &sonix_download_machine;
	return 0;
}

static int judge_download(struct dfut_session *session, int code)
{
	if (code == 0 && session->verify != DFUT_VERIFY_NEVER)
		dfut_session_note_unverified(session,
					     get_work(session)->offset ?
						     "the chip can't be read, and tells a sum of more than the image" :
						     "the chip can't be read; the sum that it tells is right");
	return code;
}

int sonix_prepare_leave(struct dfut_session *session, struct dfut_job *job)
{
	return dfut_session_find_channel(session, job);
}

static void add_steps(struct dfut_session *session)
{
	struct dfut_plan *plan = &session->plan;
	size_t size = get_work(session)->size;

	dfut_plan_add_step(plan, DFUT_SESSION_PROBING, 0, 5000,
			   "ask the bootloader which chip it has, and judge the image for that");
	dfut_plan_add_step(plan, DFUT_SESSION_DOWNLOADING, size, (uint32_t)(15000 + size),
			   "erase the flash, write %zu bytes, and compare the sum that the chip tells", size);
	dfut_session_plan_restart(session, "start the new firmware");
}

int sonix_plan(struct dfut_session *session)
{
	static const struct dfut_leg legs[] = {
		{ DFUT_SESSION_TRIGGERING, DFUT_MODE_BOOTLOADER, NULL, NULL, NULL },
		{ DFUT_SESSION_PROBING, DFUT_MODE_BOOTLOADER, NULL, prepare_ask, judge_ask },
		{ DFUT_SESSION_DOWNLOADING, DFUT_MODE_BOOTLOADER, NULL, prepare_download, judge_download },
		{ DFUT_SESSION_RESTARTING, DFUT_MODE_BOOTLOADER, dfut_session_restart_is_wanted,
		  dfut_session_prepare_restart, NULL },
	};
	const struct sonix_part *part = session->device->mode == DFUT_MODE_BOOTLOADER ?
						sonix_part_find_only(get_promise(session)) :
						NULL;

	if (session->verify == DFUT_VERIFY_ALWAYS)
		return dfut_fail(&session->failure, DFUT_ERROR_VERIFY,
				 "the chip can't be read back; it tells the sum of what it has written");
	if (sonix_take_image(session, part) < 0 || dfut_session_plan_trigger(session) < 0)
		return session->failure.code;
	for (size_t i = 0; i < DFUT_COUNT(legs); i++)
		dfut_plan_add_leg(&session->plan, &legs[i]);
	add_steps(session);
	return 0;
}
