/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A command of the device table: its control requests, one after the other until the device takes one. */

#include "trigger/command.h"

/* Some devices erase before they answer. */
#define REQUEST_TIMEOUT_MS 25000

enum step {
	STEP_OPEN,
	STEP_SEND,
	STEP_SENT,
};

struct command {
	const struct dfut_job *job;
	enum step step;
	size_t at;
};

static int begin(void *state, const struct dfut_job *job)
{
	struct command *command = state;

	command->job = job;
	return 0;
}

static const struct dfut_control *get_request(const struct command *command)
{
	return &command->job->command->requests[command->at];
}

static int open_for_request(struct command *command, struct dfut_next *next)
{
	command->step = STEP_SEND;
	return dfut_next_open(next, dfut_control_get_channel(get_request(command), command->job->interface));
}

static int judge_request(struct command *command, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	const struct dfut_job *job = command->job;

	if (outcome->result >= 0)
		return dfut_next_done(next, DFUT_END_STAYS);
	if (outcome->result != DFUT_ERROR_DEVICE)
		return dfut_fail(job->failure, outcome->result, "%s: %s", job->command->name,
				 dfut_error_get_text(outcome->result));
	if (++command->at < job->command->request_count)
		return open_for_request(command, next);
	dfut_fail(job->failure, DFUT_ERROR_DEVICE, "the device refuses \"%s\" (stall)", job->command->name);
	dfut_hint(job->failure, "its firmware does not know the command: not every version of it does");
	return DFUT_ERROR_DEVICE;
}

static int next_action(void *state, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	struct command *command = state;

	switch (command->step) {
	case STEP_OPEN:
		return open_for_request(command, next);
	case STEP_SEND:
		if (outcome->result < 0)
			return dfut_fail(command->job->failure, outcome->result, "the device can't be opened: %s",
					 dfut_error_get_text(outcome->result));
		command->step = STEP_SENT;
		return dfut_next_send(next, get_request(command), command->job->interface, REQUEST_TIMEOUT_MS);
	case STEP_SENT:
		return judge_request(command, outcome, next);
	}
	return DFUT_ERROR_PROTOCOL;
}

const struct dfut_machine_ops dfut_command_machine = {
	.name = "command",
	.state_size = sizeof(struct command),
	.begin = begin,
	.next = next_action,
};
