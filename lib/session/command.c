/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Commands: what a device knows, and the job that gives it one. */

#include <stdio.h>
#include <string.h>

#include "session/jobs.h"

#define COMMAND_TIMEOUT_MS 30000

/* Of an application it shows once the bootloader is there. */
static bool may_know(const struct dfut_device *device, const struct dfut_command *command)
{
	return !command->quirk || device->mode != DFUT_MODE_BOOTLOADER || device->entry->quirks & command->quirk;
}

/* One that its language has for it; NULL after the last. */
static const struct dfut_command *get_own(const struct dfut_device *device, size_t index)
{
	const struct dfut_language *language = dfut_device_get_language(device);
	const struct dfut_command *command = language ? language->commands : NULL;

	for (; command && command->name; command++)
		if (may_know(device, command) && index-- == 0)
			return command;
	return NULL;
}

static size_t count_own(const struct dfut_device *device)
{
	size_t count = 0;

	while (get_own(device, count))
		count++;
	return count;
}

static bool is_own(const struct dfut_device *device, const struct dfut_command *command)
{
	for (size_t i = 0; i < count_own(device); i++)
		if (get_own(device, i) == command)
			return true;
	return false;
}

static size_t count_table(const struct dfut_device *device)
{
	return device->entry ? device->entry->command_count : 0;
}

/* Of some it does not show which mode they are in, so that success would not, either. Of a language that is not plain DFU's kin
 * the ids tell it. */
static bool is_mode_guessed(const struct dfut_device *device)
{
	const struct dfut_language *language = dfut_device_get_likely_language(device);

	return (!language || language->needs_dfu) && dfut_descriptors_is_dfu_mode_guessed(&device->descriptors);
}

/* Those of the table, those of the language, and what every bootloader knows that can be left. */
static const struct dfut_command *get_command(const struct dfut_device *device, size_t index)
{
	static const struct dfut_command start = { .name = "start",
						   .text = "leave the bootloader: the application is started",
						   .mode = DFUT_MODE_BOOTLOADER,
						   .restart = true };

	if (index < count_table(device))
		return &device->entry->commands[index];
	index -= count_table(device);
	if (index < count_own(device))
		return get_own(device, index);
	return index == count_own(device) && dfut_device_can_leave(device) && !is_mode_guessed(device) ? &start : NULL;
}

DFUT_API size_t dfut_device_get_command_count(const struct dfut_device *device)
{
	size_t count = 0;

	while (get_command(device, count))
		count++;
	return count;
}

DFUT_API const char *dfut_device_get_command_name(const struct dfut_device *device, size_t index)
{
	const struct dfut_command *command = get_command(device, index);

	return command ? command->name : NULL;
}

DFUT_API const char *dfut_device_get_command_text(const struct dfut_device *device, size_t index)
{
	const struct dfut_command *command = get_command(device, index);

	return command ? command->text : NULL;
}

/* The job. */

static const struct dfut_command *find_command(const struct dfut_device *device, const char *name)
{
	const struct dfut_command *command;

	for (size_t i = 0; (command = get_command(device, i)); i++)
		if (strcmp(command->name, name) == 0)
			return command;
	return NULL;
}

/* What only leaves has nothing to send before. */
static bool command_is_wanted(struct dfut_session *session)
{
	return session->plan.command->machine != NULL;
}

/* To another one it would mean something else. */
static int need_same_language(struct dfut_session *session)
{
	const struct dfut_language *language = session->plan.language;

	if (!language || dfut_device_get_language(session->device) == language)
		return 0;
	return dfut_fail(&session->failure, DFUT_ERROR_UNSUPPORTED,
			 "\"%s\" is for bootloaders that speak \"%s\", the one of the device speaks \"%s\"",
			 session->plan.command->name, language->name, dfut_device_get_protocol(session->device));
}

static bool check_is_wanted(struct dfut_session *session)
{
	return session->plan.command->check != NULL;
}

static int prepare_check(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	const struct dfut_command *command = session->plan.command;
	char text[128];

	(void)job;
	*machine = command->check;
	if (need_same_language(session) < 0)
		return session->failure.code;
	if (may_know(session->device, command))
		return 0;
	return dfut_fail(&session->failure, DFUT_ERROR_UNSUPPORTED, "\"%s\" is not for %s: nothing was erased",
			 command->name, dfut_device_describe(session->device, text, sizeof(text)));
}

static int prepare_command(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	job->command = session->plan.command;
	*machine = session->plan.command->machine;
	if (need_same_language(session) < 0)
		return session->failure.code;
	if (session->plan.language && dfut_session_find_channel(session, job) < 0)
		return session->failure.code;
	return job->command->prepare ? job->command->prepare(session, job) : 0;
}

static bool restart_is_wanted(struct dfut_session *session)
{
	return session->plan.command->restart && dfut_session_restart_is_wanted(session);
}

/* An update is good whether the device restarts or not; here that was all. */
static bool start_has_failed(struct dfut_session *session)
{
	return !session->plan.command->machine && !session->findings.restarted;
}

static int fail_start(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	(void)job;
	(void)machine;
	dfut_fail(&session->failure, DFUT_ERROR_DEVICE,
		  "the device was asked to start its application, but is still in its bootloader");
	dfut_hint(&session->failure,
		  "repeat, press its reset button, or unplug it and plug it in again; without a valid application "
		  "it stays there");
	return DFUT_ERROR_DEVICE;
}

static int check_force(struct dfut_session *session, const struct dfut_command *command)
{
	unsigned int missing = command->force & ~session->force;

	if (!missing)
		return 0;
	dfut_fail_check(&session->failure, DFUT_ERROR_USAGE, missing,
			"\"%s\" is to %s: nothing was sent, as nobody can give that back", command->name,
			command->text);
	dfut_hint(&session->failure, "if that is what you want, force the check \"%s\" (--force)",
		  dfut_check_get_name(missing));
	return DFUT_ERROR_USAGE;
}

static int fail_unknown(struct dfut_session *session, const char *name)
{
	const char *known;
	char names[256] = "";
	size_t used = 0;

	for (size_t i = 0; (known = dfut_device_get_command_name(session->device, i)) && used < sizeof(names); i++)
		used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s", i ? ", " : "; it has ", known);
	return dfut_fail(&session->failure, DFUT_ERROR_NOT_FOUND, "the device has no command \"%s\"%s", name,
			 used ? names : "; it has none");
}

DFUT_API int dfut_session_start_command(struct dfut_session *session, const char *name)
{
	const struct dfut_command *command;
	struct dfut_leg legs[] = {
		{ DFUT_SESSION_PROBING, DFUT_MODE_BOOTLOADER, check_is_wanted, prepare_check, NULL },
		{ DFUT_SESSION_COMMANDING, DFUT_MODE_UNKNOWN, command_is_wanted, prepare_command, NULL },
		{ DFUT_SESSION_RESTARTING, DFUT_MODE_UNKNOWN, restart_is_wanted, dfut_session_prepare_restart, NULL },
		{ DFUT_SESSION_RESTARTING, DFUT_MODE_UNKNOWN, start_has_failed, fail_start, NULL },
	};
	int result = dfut_session_check_start(session);

	if (result < 0)
		return result;
	command = name ? find_command(session->device, name) : NULL;
	if (!command)
		return fail_unknown(session, name ? name : "");
	if (session->has_address && !command->restart)
		return dfut_fail(&session->failure, DFUT_ERROR_USAGE,
				 "an address was given (--address), and \"%s\" starts nothing that would have one",
				 name);
	if (check_force(session, command) < 0 || (command->restart && dfut_session_check_address(session) < 0))
		return session->failure.code;
	legs[1].needs = command->mode;
	if (command->mode == DFUT_MODE_BOOTLOADER && dfut_session_plan_trigger(session) < 0)
		return session->failure.code;
	if (is_own(session->device, command) &&
	    dfut_plan_set_language(&session->plan, dfut_device_get_language(session->device)) < 0) {
		dfut_plan_clear(&session->plan);
		return dfut_fail_memory(&session->failure);
	}
	session->plan.purpose = DFUT_PURPOSE_COMMAND;
	session->plan.command = command;
	if (dfut_device_is_in_doubt(session->device))
		dfut_session_add_question(session);
	if (command->check)
		dfut_plan_add_step(&session->plan, DFUT_SESSION_PROBING, 0, 5000, "ask the device whether it knows %s",
				   command->name);
	if (command->machine)
		dfut_plan_add_step(&session->plan, DFUT_SESSION_COMMANDING, 0, COMMAND_TIMEOUT_MS, "%s: %s",
				   command->name, command->text);
	if (command->restart)
		dfut_plan_add_step(&session->plan, DFUT_SESSION_RESTARTING, 0, 2 * session->return_timeout_ms,
				   "start the application");
	for (size_t i = 0; i < DFUT_COUNT(legs); i++)
		dfut_plan_add_leg(&session->plan, &legs[i]);
	return dfut_session_begin(session);
}
