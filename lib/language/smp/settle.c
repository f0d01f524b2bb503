/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Sees which image runs after the restart, and confirms it if it is the new one. Its first answer may take a while: MCUboot has to
 * swap the slots, and the application has to begin.
 */

#include <stdio.h>

#include "language/smp/core.h"

/* Between two questions to a device that answers, and has not restarted yet. */
#define AGAIN_MS 1000

enum settle_step {
	STEP_OPEN,
	STEP_LIST,
	STEP_PAUSE,
	STEP_CONFIRM,
};

struct settling {
	struct smp smp;
	enum settle_step step;
};

static int begin(void *state, const struct dfut_job *job)
{
	smp_begin(&((struct settling *)state)->smp, job);
	return 0;
}

static int ask(struct settling *settling, struct dfut_next *next)
{
	settling->step = STEP_LIST;
	smp_put_map(smp_request(&settling->smp, SMP_OP_READ, SMP_GROUP_IMAGE, SMP_IMAGE_STATE), 0);
	return smp_send(&settling->smp, SMP_ANSWER_MS, 1, next);
}

static int fail_silent(struct settling *settling, int code)
{
	struct smp *smp = &settling->smp;

	if (code != DFUT_ERROR_TIMEOUT)
		return smp_broke(smp, code, "asking which firmware runs");
	dfut_fail(smp->job->failure, code,
		  "the device has restarted, and does not speak SMP any more: the new firmware is not confirmed");
	dfut_hint(smp->job->failure,
		  "if it is on test, MCUboot goes back to the old one with the next restart: unplug it and plug it in "
		  "again, then repeat");
	return code;
}

static bool has_time(const struct settling *settling)
{
	return settling->smp.now_ms < settling->smp.own->patience_ms;
}

static int fail_reverted(struct settling *settling, const struct smp_slot *running)
{
	struct smp *smp = &settling->smp;
	struct dfut_failure *failure = smp->job->failure;

	if (!running) {
		dfut_fail(failure, DFUT_ERROR_DEVICE,
			  "the device has restarted, and lists no image that runs: it does "
			  "not start the new firmware");
		dfut_hint(failure,
			  "MCUboot starts only what is signed with its key and made for this board: repeat with "
			  "another file");
		return DFUT_ERROR_DEVICE;
	}
	dfut_fail(
		failure, DFUT_ERROR_DEVICE,
		"the device has restarted with its old firmware, version %s: MCUboot has not taken the new one, or went "
		"back to the old one (reverted)",
		running->version);
	dfut_hint(
		failure,
		"the old firmware is whole; MCUboot takes an image that is signed with its key, made for this board and, "
		"where it prevents downgrades, not older");
	return DFUT_ERROR_DEVICE;
}

static int confirm(struct settling *settling, struct dfut_next *next)
{
	struct smp *smp = &settling->smp;
	const struct smp_job *own = smp->own;
	struct smp_writer *writer = smp_request(smp, SMP_OP_WRITE, SMP_GROUP_IMAGE, SMP_IMAGE_STATE);

	/* Without a hash, it is the image that runs. */
	smp_put_map(writer, own->image ? 2 : 1);
	if (own->image) {
		smp_put_text(writer, "hash");
		smp_put_bytes(writer, own->hash, own->hash_size);
	}
	smp_put_text(writer, "confirm");
	smp_put_bool(writer, true);
	settling->step = STEP_CONFIRM;
	return smp_send(smp, SMP_ANSWER_MS, SMP_TRIES, next);
}

/* Behind an adapter, the old firmware may still answer. */
static bool has_yet_to_restart(const struct settling *settling)
{
	const struct smp *smp = &settling->smp;
	const struct smp_job *own = smp->own;
	const struct smp_slot *ours = smp_find_hash(&smp->answer, own->image, own->hash, own->hash_size);

	return own->report->stayed && ours && ours->pending && has_time(settling);
}

static int take_list(struct settling *settling, struct dfut_next *next)
{
	struct smp *smp = &settling->smp;
	const struct smp_job *own = smp->own;
	struct smp_report *report = own->report;
	const struct smp_slot *running = smp_find_running(&smp->answer, own->image);

	if (smp->answer.code != SMP_OK)
		return smp_refused(smp, "asking which firmware runs");
	if (!running || running != smp_find_hash(&smp->answer, own->image, own->hash, own->hash_size)) {
		if (!has_yet_to_restart(settling))
			return fail_reverted(settling, running);
		settling->step = STEP_PAUSE;
		return smp_wait(smp, AGAIN_MS, next);
	}
	report->is_there = true;
	report->is_confirmed = running->confirmed;
	snprintf(report->version, sizeof(report->version), "%s", running->version);
	return own->confirms && !running->confirmed ? confirm(settling, next) : dfut_next_done(next, DFUT_END_STAYS);
}

static int take_confirmation(struct settling *settling, struct dfut_next *next)
{
	struct smp *smp = &settling->smp;
	const struct smp_answer *answer = &smp->answer;
	struct smp_report *report = smp->own->report;

	report->is_confirmed = answer->code == SMP_OK;
	report->is_denied = answer->group == SMP_GROUP_IMAGE && answer->code == SMP_IMAGE_CONFIRM_DENIED;
	if (report->is_confirmed || report->is_denied || smp->own->may_refuse)
		return dfut_next_done(next, DFUT_END_STAYS);
	smp_refused(smp, "confirming the new firmware, which runs");
	dfut_hint(smp->job->failure,
		  "it stays on test: MCUboot goes back to the old one with the next restart, unless it is confirmed "
		  "before (command \"confirm\")");
	return DFUT_ERROR_DEVICE;
}

static int settle_next(void *state, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	struct settling *settling = state;
	int result;

	if (!outcome)
		return smp_open(&settling->smp, next);
	result = smp_run(&settling->smp, outcome, next);
	if (result == 0)
		return 0;
	if (result == DFUT_ERROR_TIMEOUT && settling->step == STEP_PAUSE)
		return ask(settling, next);
	if ((result == DFUT_ERROR_TIMEOUT || result == DFUT_ERROR_IO) && settling->step == STEP_LIST &&
	    has_time(settling))
		return ask(settling, next);
	if (result < 0)
		return fail_silent(settling, result);
	switch (settling->step) {
	case STEP_OPEN:
		return ask(settling, next);
	case STEP_LIST:
		return take_list(settling, next);
	case STEP_CONFIRM:
		return take_confirmation(settling, next);
	case STEP_PAUSE:
		break;
	}
	return DFUT_ERROR_PROTOCOL;
}

const struct dfut_machine_ops smp_settle_machine = {
	.name = "smp-settle",
	.state_size = sizeof(struct settling),
	.begin = begin,
	.next = settle_next,
};
