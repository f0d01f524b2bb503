/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * The legs of an update by LUFA's HID bootloader: send the pages, start the program. It tells neither its part nor what
 * becomes of a page, so that all that can be known is judged before.
 */

#include <inttypes.h>
#include <stdio.h>

#include "language/qmk-hid/parts.h"
#include "language/qmk-hid/plan.h"
#include "session/jobs.h"

#define START_SIZE 2
/* A program begins with a jump: jmp, or rjmp to wherever. */
#define JMP 0x940c
#define RJMP 0xc000
#define RJMP_MASK 0xf000
#define HINT \
	"repeat, plugged in again if it has left: without its first page it stays in its bootloader; if this address fails " \
	"again, the part may be another one than was named, or its bootloader larger"

static struct dfut_blocks *get_blocks(struct dfut_session *session)
{
	return &((struct qmk_hid_work *)session->plan.work)->blocks;
}

void qmk_hid_finish(void *work)
{
	dfut_blocks_free(&((struct qmk_hid_work *)work)->blocks);
}

/* NULL: nobody says which it is; why that matters is in the failure. */
static const struct qmk_hid_part *find_part(struct dfut_session *session)
{
	int index = dfut_session_get_part(session);

	if (index < 0)
		dfut_session_refuse_partless(session);
	return index < 0 ? NULL : qmk_hid_get_part((size_t)index);
}

/* Judging the image, which is laid out for it. */

static int check_places(struct dfut_session *session, const struct qmk_hid_part *part)
{
	struct dfut_blocks *blocks = get_blocks(session);
	struct dfut_memory memory = { .size = part->flash_size,
				      .end = part->flash_size - part->loader_size,
				      .block_size = part->form.block_size,
				      .blank = 0xff };
	char name[64];

	snprintf(name, sizeof(name), "the flash of the %s", part->title);
	memory.name = name;
	dfut_blocks_free(blocks);
	return dfut_blocks_take(blocks, session->plan.image, &memory, &session->failure);
}

static int check_vector(struct dfut_session *session)
{
	uint16_t first = dfut_le16(dfut_blocks_get(get_blocks(session), 0));

	if (first == JMP || (first & RJMP_MASK) == RJMP || session->force & DFUT_CHECK_FORMAT)
		return 0;
	return dfut_fail_check(&session->failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_FORMAT,
			       "the image has 0x%04x at address 0, where the program of an AVR begins with a jump",
			       first);
}

static int check_image(struct dfut_session *session, const struct qmk_hid_part *part)
{
	return check_places(session, part) < 0 || check_vector(session) < 0 ? session->failure.code : 0;
}

/* The length of its reports is all that the bootloader tells. */
static int check_report(struct dfut_session *session, const struct qmk_hid_part *part, const struct dfut_job *job)
{
	uint16_t size = halfkay_get_report_size(&part->form);

	if (job->report_size == size)
		return 0;
	if (job->report_size < 0)
		return dfut_fail_check(
			&session->failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_IDS,
			"the bootloader does not tell how long its reports are, those of the %s have %u bytes",
			part->title, size);
	dfut_fail_check(&session->failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_IDS,
			"the bootloader's reports have %d bytes, those of the %s %u", job->report_size, part->title,
			size);
	dfut_hint(&session->failure, "name the part that the device has (--part)");
	return DFUT_ERROR_MISMATCH;
}

static int check_bootloader(struct dfut_session *session, const struct qmk_hid_part *part, struct dfut_job *job)
{
	return dfut_session_find_channel(session, job) < 0 ? session->failure.code : check_report(session, part, job);
}

static int check_early(struct dfut_session *session)
{
	const struct qmk_hid_part *part = find_part(session);
	struct dfut_job job = { 0 };

	if (!part || (session->device->mode == DFUT_MODE_BOOTLOADER && check_bootloader(session, part, &job) < 0))
		return session->failure.code;
	return check_image(session, part);
}

/* Legs. */

static int prepare_download(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	const struct qmk_hid_part *part = find_part(session);
	struct halfkay_job *own = session->plan.job;

	if (!part || check_bootloader(session, part, job) < 0 || check_image(session, part) < 0)
		return session->failure.code;
	*own = (struct halfkay_job){ .form = &part->form, .blocks = get_blocks(session), .hint = HINT };
	*machine = &halfkay_download_machine;
	return 0;
}

static int judge_download(struct dfut_session *session, int code)
{
	if (code == 0 && session->verify != DFUT_VERIFY_NEVER)
		dfut_session_note_unverified(session,
					     "the bootloader can't be read, and tells of no page what became of it");
	return code;
}

int qmk_hid_prepare_leave(struct dfut_session *session, struct dfut_job *job)
{
	((struct halfkay_job *)session->plan.job)->start_size = START_SIZE;
	return dfut_session_find_channel(session, job);
}

int qmk_hid_plan(struct dfut_session *session)
{
	static const struct dfut_leg legs[] = {
		{ DFUT_SESSION_TRIGGERING, DFUT_MODE_BOOTLOADER, NULL, NULL, NULL },
		{ DFUT_SESSION_DOWNLOADING, DFUT_MODE_BOOTLOADER, NULL, prepare_download, judge_download },
		{ DFUT_SESSION_RESTARTING, DFUT_MODE_BOOTLOADER, dfut_session_restart_is_wanted,
		  dfut_session_prepare_restart, NULL },
	};

	if (session->verify == DFUT_VERIFY_ALWAYS)
		return dfut_fail(&session->failure, DFUT_ERROR_VERIFY,
				 "this bootloader can't be read: what it has written can't be verified");
	if (check_early(session) < 0 || dfut_session_plan_trigger(session) < 0)
		return session->failure.code;
	for (size_t i = 0; i < DFUT_COUNT(legs); i++)
		dfut_plan_add_leg(&session->plan, &legs[i]);
	dfut_plan_add_step(&session->plan, DFUT_SESSION_DOWNLOADING, dfut_image_get_size(session->plan.image),
			   (uint32_t)(10000 + dfut_image_get_size(session->plan.image) / 2),
			   "download %zu bytes page by page, the first page last",
			   dfut_image_get_size(session->plan.image));
	dfut_session_plan_restart(session, "start the new program");
	return 0;
}
