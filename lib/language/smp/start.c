/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Starts an image that was sent: it is looked for by its hash, marked for test, so that MCUboot goes back to the old one if nobody
 * confirms it, and the device is restarted. In MCUboot's serial recovery there is nothing to mark.
 */

#include "language/smp/restart.h"

enum start_step {
	STEP_OPEN,
	STEP_LIST,
	STEP_TEST,
	STEP_RESTART,
};

struct starting {
	struct smp smp;
	enum start_step step;
	struct smp_restart restart;
};

static int begin(void *state, const struct dfut_job *job)
{
	smp_begin(&((struct starting *)state)->smp, job);
	return 0;
}

static enum dfut_session_state phase(const void *state)
{
	return ((const struct starting *)state)->step < STEP_TEST ? DFUT_SESSION_VERIFYING : DFUT_SESSION_RESTARTING;
}

static const char *get_place(const struct starting *starting)
{
	static const char *const places[] = {
		[STEP_OPEN] = "the serial port",
		[STEP_LIST] = "the list of images",
		[STEP_TEST] = "marking the image for test",
		[STEP_RESTART] = "restart",
	};

	return places[starting->step];
}

static int restart(struct starting *starting, struct dfut_next *next)
{
	if (starting->smp.own->stays)
		return dfut_next_done(next, DFUT_END_STAYS);
	starting->step = STEP_RESTART;
	return smp_restart_begin(&starting->smp, &starting->restart, next);
}

static int mark(struct starting *starting, struct dfut_next *next)
{
	struct smp *smp = &starting->smp;
	struct smp_writer *writer = smp_request(smp, SMP_OP_WRITE, SMP_GROUP_IMAGE, SMP_IMAGE_STATE);

	smp_put_map(writer, 2);
	smp_put_text(writer, "hash");
	smp_put_bytes(writer, smp->own->hash, smp->own->hash_size);
	smp_put_text(writer, "confirm");
	smp_put_bool(writer, false);
	starting->step = STEP_TEST;
	return smp_send(smp, SMP_ANSWER_MS, SMP_TRIES, next);
}

/* Of the slots of this image. */
static bool tells_hashes(const struct smp_answer *list, unsigned int image)
{
	for (size_t i = 0; i < list->slot_count; i++)
		if (list->slots[i].image == image && list->slots[i].hash_size)
			return true;
	return false;
}

static bool has_slot(const struct smp_answer *list, unsigned int image, unsigned int slot)
{
	for (size_t i = 0; i < list->slot_count; i++)
		if (list->slots[i].image == image && list->slots[i].slot == slot)
			return true;
	return false;
}

static int fail_missing(struct starting *starting)
{
	const struct smp_job *own = starting->smp.own;
	struct dfut_failure *failure = starting->smp.job->failure;

	dfut_fail(failure, DFUT_ERROR_VERIFY, "the image was sent, and the device's list has none with its hash");
	if (own->in_recovery)
		dfut_hint(failure,
			  "MCUboot lists only what it would start: is the image signed with the device's key, "
			  "and made for this board? It stays in its serial recovery: repeat with another file");
	else
		dfut_hint(failure, "nothing was marked to be started: repeat");
	return DFUT_ERROR_VERIFY;
}

static int take_list(struct starting *starting, struct dfut_next *next)
{
	struct smp *smp = &starting->smp;
	const struct smp_job *own = smp->own;
	bool has_list = smp->answer.code == SMP_OK && smp->answer.has_images;

	own->report->is_there = has_list && smp_find_hash(&smp->answer, own->image, own->hash, own->hash_size);
	own->report->has_no_list = !has_list;
	/* MCUboot leaves out what it would not start. */
	own->report->has_no_hash = has_list && !tells_hashes(&smp->answer, own->image) &&
				   has_slot(&smp->answer, own->image, 0);
	if (!own->report->is_there && has_list && !(own->in_recovery && own->report->has_no_hash))
		return fail_missing(starting);
	if (!own->report->is_there && !own->in_recovery)
		return smp_refused(smp, get_place(starting));
	return own->tests ? mark(starting, next) : restart(starting, next);
}

static int take_mark(struct starting *starting, struct dfut_next *next)
{
	struct smp *smp = &starting->smp;
	const struct smp_answer *answer = &smp->answer;

	if (answer->code == SMP_OK || smp->own->may_refuse ||
	    (answer->group == SMP_GROUP_IMAGE && answer->code == SMP_IMAGE_ALREADY_PENDING))
		return restart(starting, next);
	smp_refused(smp, get_place(starting));
	dfut_hint(smp->job->failure, "the image is in the device, and is not started: repeat, or erase it (command "
				     "\"erase\")");
	return DFUT_ERROR_DEVICE;
}

/* Behind an adapter nobody sees it leave. */
static int finish(struct starting *starting, struct dfut_next *next)
{
	starting->smp.own->report->stayed = starting->restart.stayed;
	return dfut_next_done(next, starting->restart.stayed ? DFUT_END_STAYS : DFUT_END_RETURNS);
}

static int start_next(void *state, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	struct starting *starting = state;
	int result;

	if (!outcome)
		return smp_open(&starting->smp, next);
	result = smp_run(&starting->smp, outcome, next);
	if (result == 0)
		return 0;
	if (starting->step == STEP_RESTART) {
		result = smp_restart_go_on(&starting->smp, &starting->restart, result, next);
		return result == 1 ? finish(starting, next) : result;
	}
	if (result < 0)
		return smp_broke(&starting->smp, result, get_place(starting));
	switch (starting->step) {
	case STEP_OPEN:
		starting->step = STEP_LIST;
		return smp_ask_list(&starting->smp, next);
	case STEP_LIST:
		return take_list(starting, next);
	case STEP_TEST:
		return take_mark(starting, next);
	case STEP_RESTART:
		break;
	}
	return DFUT_ERROR_PROTOCOL;
}

const struct dfut_machine_ops smp_start_machine = {
	.name = "smp-start",
	.state_size = sizeof(struct starting),
	.begin = begin,
	.next = start_next,
	.phase = phase,
};
