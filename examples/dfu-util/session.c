/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What all jobs have in common. */

#include <stdio.h>
#include <string.h>

#include "exit-code.h"
#include "session.h"

/* What an application's bootloader is to have. */
static int set_wanted(struct dfut_session *session, const struct options *options)
{
	char text[300];

	if (options->alternate_name)
		snprintf(text, sizeof(text), "=%s", options->alternate_name);
	else
		snprintf(text, sizeof(text), "%ld", options->alternate);
	return options->alternate_name || options->alternate >= 0 ? dfut_session_set_alternate(session, text) : 0;
}

/* The name of one memory, where the file does not choose among several. */
static int set_alternate(struct dfut_session *session, const struct target *target, const struct options *options)
{
	char text[16];

	if (!target->is_dfu)
		return set_wanted(session, options);
	if (target->takes_any || !target->interface)
		return 0;
	snprintf(text, sizeof(text), "%u:%u", target->interface->number, target->interface->alternate);
	return dfut_session_set_alternate(session, text);
}

unsigned int session_get_force(const struct program *program)
{
	const struct dfuse_options *dfuse = &program->dfuse;

	/* What "force" is said to stand for, and what goes with a mass erase that was insisted on */
	return program->options.force | (dfuse->force ? DFUT_CHECK_MEMORY_MAP : 0) |
	       (dfuse->force && dfuse->mass_erase ? DFUT_CHECK_BOOTLOADER : 0);
}

/* More than a system can send at once is cut down, as by dfu-util. */
static uint32_t get_transfer_size(const struct options *options)
{
	return options->transfer_size > TRANSFER_SIZE_LIMIT ? TRANSFER_SIZE_LIMIT : (uint32_t)options->transfer_size;
}

int session_open(struct dfut_session **session, struct target *target, struct program *program)
{
	const struct options *options = &program->options;
	int code = dfut_session_new(session, target->device);

	if (code == 0)
		code = set_alternate(*session, target, options);
	if (code < 0)
		return code;
	if (options->detach_delay_s > 0)
		dfut_session_set_return_timeout_ms(*session, (unsigned int)options->detach_delay_s * 1000);
	dfut_session_set_force(*session, session_get_force(program));
	if (options->transfer_size > 0)
		code = dfut_session_set_transfer_size(*session, get_transfer_size(options));
	if (code == 0)
		code = dfut_session_set_interface(*session, (int)options->configuration, (int)options->interface);
	return code;
}

int session_run_command(struct target *target, struct program *program, const char *command)
{
	const struct dfuse_options *dfuse = &program->dfuse;
	struct dfut_session *session = NULL;
	int code = session_open(&session, target, program);
	int exit_code = 0;

	if (code == 0 && dfuse->has_address && target->is_dfuse && strcmp(command, "start") == 0)
		code = dfut_session_set_address(session, dfuse->address);
	if (code == 0)
		code = dfut_session_start_command(session, command);
	if (code == 0)
		code = dfut_session_run(session);
	if (code < 0)
		exit_code = program_fail_session(program, session, code);
	if (session)
		target_follow(target, session);
	dfut_session_free(session);
	return exit_code;
}
