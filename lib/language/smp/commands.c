/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What a device can be told besides an update, each one request: confirm, erase, reset, echo. */

#include <string.h>

#include "language/smp/restart.h"

/* A whole slot, before it answers. */
#define ERASE_MS 60000
#define ECHO_TEXT "libdfutrigger"

struct commanding {
	struct smp smp;
	bool is_sent;
	struct smp_restart restart;
};

static int begin(void *state, const struct dfut_job *job)
{
	smp_begin(&((struct commanding *)state)->smp, job);
	return 0;
}

/* 1: the one answer is there, and is good. The request is sent by `send`. */
static int exchange(struct commanding *commanding, const struct dfut_outcome *outcome, const char *where,
		    int (*send)(struct smp *smp, struct dfut_next *next), struct dfut_next *next)
{
	struct smp *smp = &commanding->smp;
	int result;

	if (!outcome)
		return smp_connect(smp, next);
	result = smp_run(smp, outcome, next);
	if (result == 0)
		return 0;
	if (result < 0)
		return smp_broke(smp, result, where);
	if (!commanding->is_sent) {
		commanding->is_sent = true;
		return send(smp, next);
	}
	if (smp->answer.code == SMP_OK)
		return 1;
	smp_refused(smp, where);
	if (smp->answer.group < 0 && smp->answer.code == SMP_NOT_SUPPORTED)
		dfut_hint(smp->job->failure, "its firmware is built without this command");
	return DFUT_ERROR_DEVICE;
}

static int end(int result, struct dfut_next *next)
{
	return result == 1 ? dfut_next_done(next, DFUT_END_STAYS) : result;
}

static int send_confirm(struct smp *smp, struct dfut_next *next)
{
	struct smp_writer *writer = smp_request(smp, SMP_OP_WRITE, SMP_GROUP_IMAGE, SMP_IMAGE_STATE);

	smp_put_map(writer, 1);
	smp_put_text(writer, "confirm");
	smp_put_bool(writer, true);
	return smp_send(smp, SMP_ANSWER_MS, SMP_TRIES, next);
}

static int confirm_next(void *state, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	return end(exchange(state, outcome, "confirming the firmware that runs", send_confirm, next), next);
}

static int send_erase(struct smp *smp, struct dfut_next *next)
{
	smp_put_map(smp_request(smp, SMP_OP_WRITE, SMP_GROUP_IMAGE, SMP_IMAGE_ERASE), 0);
	return smp_send(smp, ERASE_MS, 2, next);
}

static int erase_next(void *state, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	return end(exchange(state, outcome, "erasing the slot that does not run", send_erase, next), next);
}

static int send_echo(struct smp *smp, struct dfut_next *next)
{
	struct smp_writer *writer = smp_request(smp, SMP_OP_WRITE, SMP_GROUP_OS, SMP_OS_ECHO);

	smp_put_map(writer, 1);
	smp_put_text(writer, "d");
	smp_put_text(writer, ECHO_TEXT);
	return smp_send(smp, SMP_ANSWER_MS, SMP_TRIES, next);
}

static int echo_next(void *state, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	struct commanding *commanding = state;
	int result = exchange(commanding, outcome, "echo", send_echo, next);

	if (result == 1 && strcmp(commanding->smp.answer.echo, ECHO_TEXT) != 0)
		return dfut_fail(commanding->smp.job->failure, DFUT_ERROR_PROTOCOL,
				 "echo: the device answers with another text than was sent");
	return end(result, next);
}

/* Reset: whether it leaves the bus shows behind the answer. */
static int run_reset(struct commanding *commanding, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	struct smp *smp = &commanding->smp;
	int result;

	if (!outcome)
		return smp_connect(smp, next);
	result = smp_run(smp, outcome, next);
	if (result == 0)
		return 0;
	if (commanding->is_sent)
		return smp_restart_go_on(smp, &commanding->restart, result, next);
	if (result < 0)
		return smp_broke(smp, result, "restart");
	commanding->is_sent = true;
	return smp_restart_begin(smp, &commanding->restart, next);
}

static int reset_next(void *state, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	struct commanding *commanding = state;
	int result = run_reset(commanding, outcome, next);

	if (result != 1)
		return result;
	return dfut_next_done(next, commanding->restart.stayed ? DFUT_END_STAYS : DFUT_END_RETURNS);
}

const struct dfut_machine_ops smp_confirm_machine = {
	.name = "smp-confirm",
	.state_size = sizeof(struct commanding),
	.begin = begin,
	.next = confirm_next,
};

const struct dfut_machine_ops smp_erase_machine = {
	.name = "smp-erase",
	.state_size = sizeof(struct commanding),
	.begin = begin,
	.next = erase_next,
};

const struct dfut_machine_ops smp_echo_machine = {
	.name = "smp-echo",
	.state_size = sizeof(struct commanding),
	.begin = begin,
	.next = echo_next,
};

const struct dfut_machine_ops smp_reset_machine = {
	.name = "smp-reset",
	.state_size = sizeof(struct commanding),
	.begin = begin,
	.next = reset_next,
};
