/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The jobs of a session: probe, trigger, update, upload, each as a list of legs and a plan. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "session/update.h"
#include "trigger/command.h"

static const struct dfut_command dfuse_commands[] = {
	{ .name = "read-unprotect",
	  .text = "take the read protection off: ALL of the flash is erased for it",
	  .machine = &dfut_dfuse_unprotect_machine,
	  .mode = DFUT_MODE_BOOTLOADER },
	{ .name = NULL },
};

/* A new language is a row. */
static const struct dfut_protocol protocols[] = {
	{ .name = "dfu",
	  .plan_update = dfut_dfu_plan_update,
	  .prepare_upload = dfut_dfu_prepare_upload,
	  .leave = &dfut_dfu_leave_machine,
	  .ask = &dfut_dfu_ask_machine },
	{ .name = "dfuse",
	  .plan_update = dfut_dfuse_plan_update,
	  .prepare_upload = dfut_dfuse_prepare_upload,
	  .leave = &dfut_dfuse_leave_machine,
	  .prepare_leave = dfut_dfuse_prepare_leave,
	  .commands = dfuse_commands },
	{ .name = "nordic-serial",
	  .plan_update = dfut_nordic_plan_update,
	  .leave = &dfut_nordic_leave_machine,
	  .prepare_leave = dfut_nordic_prepare_leave },
	{ .name = "nordic-legacy-serial", .plan_update = dfut_nordic_legacy_plan_update },
};

const struct dfut_protocol *dfut_protocol_find(const struct dfut_device *device)
{
	for (size_t i = 0; i < DFUT_COUNT(protocols); i++)
		if (strcmp(protocols[i].name, dfut_device_get_protocol(device)) == 0)
			return &protocols[i];
	return NULL;
}

int dfut_protocol_need(struct dfut_session *session)
{
	const struct dfut_device *device = session->device;
	const char *name = dfut_device_get_protocol(device);
	char text[128];

	if (dfut_protocol_find(device))
		return 0;
	dfut_device_describe(device, text, sizeof(text));
	if (*name) {
		dfut_fail(&session->failure, DFUT_ERROR_UNSUPPORTED,
			  "the bootloader of %s speaks \"%s\", which this version does not", text, name);
		if (device->mode == DFUT_MODE_APPLICATION)
			dfut_hint(&session->failure,
				  "the device was left alone; triggering it without an update is possible");
		return DFUT_ERROR_UNSUPPORTED;
	}
	dfut_fail(&session->failure, DFUT_ERROR_UNSUPPORTED,
		  "%s is no device that can be updated: it has no known bootloader", text);
	return DFUT_ERROR_UNSUPPORTED;
}

bool dfut_session_can(const struct dfut_session *session, enum dfut_dfu_attribute attribute)
{
	const struct dfut_device *device = session->device;

	if (attribute == DFUT_DFU_CAN_UPLOAD && device->entry && device->entry->quirks & DFUT_QUIRK_NO_UPLOAD)
		return false;
	return device->descriptors.has_functional && device->descriptors.dfu.attributes & attribute;
}

void dfut_session_note_unverified(struct dfut_session *session, const char *text)
{
	snprintf(session->verify_note, sizeof(session->verify_note), "%s", text);
	session->verified = DFUT_VERIFIED_IMPOSSIBLE;
}

/* Restart. */

bool dfut_device_can_leave(const struct dfut_device *device)
{
	const struct dfut_protocol *protocol = dfut_protocol_find(device);

	return device->mode == DFUT_MODE_BOOTLOADER && protocol && protocol->leave &&
	       (!device->entry || (device->entry->leave != DFUT_LEAVE_NONE && device->entry->leave != DFUT_LEAVE_SELF));
}

bool dfut_session_restart_is_wanted(struct dfut_session *session)
{
	if (session->device->mode != DFUT_MODE_BOOTLOADER)
		return false;
	if (dfut_device_can_leave(session->device))
		return true;
	snprintf(session->hint, sizeof(session->hint),
		 "press the device's reset button, or unplug it and plug it in again, to "
		 "start the new firmware: it does not leave its bootloader by itself");
	return false;
}

int dfut_session_prepare_restart(struct dfut_session *session, struct dfut_job *job,
				 const struct dfut_machine_ops **machine)
{
	const struct dfut_protocol *protocol = dfut_protocol_find(session->device);

	*machine = protocol->leave;
	return protocol->prepare_leave ? protocol->prepare_leave(session, job) : 0;
}

static int refuse(struct dfut_session *session)
{
	dfut_session_forget_plan(session);
	return session->failure.code;
}

DFUT_API int dfut_session_plan_update(struct dfut_session *session, struct dfut_image *image)
{
	const struct dfut_device *device = session->device;

	if (dfut_session_check_start(session) < 0 || dfut_protocol_need(session) < 0)
		return session->failure.code;
	if (!image)
		return dfut_fail(&session->failure, DFUT_ERROR_USAGE, "there is no image to update with");
	session->image = dfut_image_ref(image);
	if (dfut_image_check(image, device, session->alternate, session->force) < 0) {
		session->failure = session->context->failure;
		return refuse(session);
	}
	session->protocol = dfut_protocol_find(device);
	return session->protocol->plan_update(session) < 0 ? refuse(session) : 0;
}

DFUT_API int dfut_session_start_update(struct dfut_session *session, struct dfut_image *image)
{
	int result = dfut_session_plan_update(session, image);

	return result < 0 ? result : dfut_session_begin(session);
}

int dfut_session_plan_again(struct dfut_session *session)
{
	if (!session->image || dfut_protocol_find(session->device) == session->protocol)
		return 0;
	if (dfut_protocol_need(session) < 0)
		return session->failure.code;
	session->protocol = dfut_protocol_find(session->device);
	session->leg_count = 0;
	session->step_count = 0;
	session->leg = 0;
	return session->protocol->plan_update(session);
}

/* Trigger. */

static bool ask_is_wanted(struct dfut_session *session)
{
	return session->device->mode == DFUT_MODE_BOOTLOADER && dfut_protocol_find(session->device) &&
	       dfut_protocol_find(session->device)->ask &&
	       dfut_descriptors_is_dfu_mode_guessed(&session->device->descriptors);
}

static int prepare_ask(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	(void)job;
	*machine = dfut_protocol_find(session->device)->ask;
	return 0;
}

static int judge_ask(struct dfut_session *session, int code)
{
	if (code < 0)
		dfut_hint(&session->failure, "unplug it and plug it in again, then repeat");
	return code;
}

DFUT_API int dfut_session_start_trigger(struct dfut_session *session)
{
	static const struct dfut_leg legs[] = {
		{ DFUT_SESSION_TRIGGERING, DFUT_MODE_BOOTLOADER, NULL, NULL, NULL },
		{ DFUT_SESSION_TRIGGERING, DFUT_MODE_BOOTLOADER, ask_is_wanted, prepare_ask, judge_ask },
	};

	if (dfut_session_check_start(session) < 0 || dfut_session_plan_trigger(session) < 0)
		return session->failure.code;
	if (ask_is_wanted(session))
		dfut_session_add_step(session, DFUT_SESSION_TRIGGERING, 0, 2 * session->return_timeout_ms,
				      "ask the device whether it is in its bootloader, and trigger it if not");
	for (size_t i = 0; i < DFUT_COUNT(legs); i++)
		dfut_session_add_leg(session, &legs[i]);
	return dfut_session_begin(session);
}

/* Probe. */

static int prepare_probe(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	*machine = &dfut_nordic_probe_machine;
	for (size_t i = 0; i < session->device->trigger_count; i++)
		if (session->device->triggers[i]->machine == &dfut_nordic_trigger_machine)
			dfut_device_find_interface(session->device, &session->device->triggers[i]->interface,
						   &job->interface);
	return 0;
}

DFUT_API int dfut_session_start_probe(struct dfut_session *session)
{
	static const struct dfut_leg leg = { DFUT_SESSION_PROBING, DFUT_MODE_UNKNOWN, NULL, prepare_probe, NULL };
	bool known = false;

	if (dfut_session_check_start(session) < 0)
		return session->failure.code;
	for (size_t i = 0; i < session->device->trigger_count; i++)
		known = known || session->device->triggers[i]->machine == &dfut_nordic_trigger_machine;
	if (!known)
		return dfut_fail(&session->failure, DFUT_ERROR_UNSUPPORTED,
				 "the device has no trigger interface that answers questions");
	dfut_session_add_step(session, DFUT_SESSION_PROBING, 0, 5000, "read NORDIC_INFO and SEM_VER");
	dfut_session_add_leg(session, &leg);
	return dfut_session_begin(session);
}

/* Upload. */

static int pass_on(const uint8_t *data, size_t size, void *user_data)
{
	struct dfut_session *session = user_data;
	int result;

	session->telling++;
	result = session->writer(data, size, session->writer_data);
	session->telling--;
	if (result < 0)
		return dfut_fail(&session->failure, result, "the uploaded bytes could not be kept");
	session->counted += size;
	return 0;
}

static int need_upload(struct dfut_session *session)
{
	const struct dfut_protocol *protocol = dfut_protocol_find(session->device);

	if (protocol->prepare_upload)
		return 0;
	return dfut_fail(&session->failure, DFUT_ERROR_UNSUPPORTED, "a bootloader that speaks \"%s\" can't be read",
			 protocol->name);
}

static int prepare_upload(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	int result = dfut_protocol_need(session);

	if (result == 0)
		result = need_upload(session);
	if (result == 0)
		result = dfut_protocol_find(session->device)->prepare_upload(session, job, machine);
	job->writer = pass_on;
	job->writer_data = session;
	return result;
}

DFUT_API int dfut_session_start_upload(struct dfut_session *session, dfut_writer writer, void *user_data)
{
	static const struct dfut_leg leg = { DFUT_SESSION_UPLOADING, DFUT_MODE_BOOTLOADER, NULL, prepare_upload, NULL };

	if (dfut_session_check_start(session) < 0)
		return session->failure.code;
	if (!writer)
		return dfut_fail(&session->failure, DFUT_ERROR_USAGE, "there is nobody to take what is uploaded");
	if (dfut_protocol_need(session) < 0 || need_upload(session) < 0 || dfut_session_plan_trigger(session) < 0)
		return session->failure.code;
	if (session->device->mode == DFUT_MODE_BOOTLOADER && !dfut_dfu_resolve_alternate(session))
		return session->failure.code;
	session->writer = writer;
	session->writer_data = user_data;
	dfut_session_add_step(session, DFUT_SESSION_UPLOADING, session->upload_size, 120000, "read the memory");
	dfut_session_add_leg(session, &leg);
	return dfut_session_begin(session);
}

void dfut_session_tell_success(struct dfut_session *session)
{
	char text[128];
	char hint[sizeof(session->hint)];

	memcpy(hint, session->hint, sizeof(hint));
	dfut_device_describe(session->device, text, sizeof(text));
	if (session->diagnosing)
		dfut_fail(&session->failure, 0, "%s can be updated", text);
	else if (session->writer)
		dfut_fail(&session->failure, 0, "%" PRIu64 " bytes read", session->counted);
	else if (session->command)
		dfut_fail(&session->failure, 0, "%s: done%s", session->command->name,
			  session->restarted ? "; the application has been started" : "");
	else if (!session->image && session->in_place)
		dfut_fail(&session->failure, 0,
			  "the trigger was taken; %s looks as before, as its bootloader does, so whether "
			  "it switched does not show",
			  text);
	else if (!session->image)
		dfut_fail(&session->failure, 0, "%s: %s", dfut_mode_get_name(session->device->mode), text);
	else if (session->unchanged)
		dfut_fail(&session->failure, 0, "the device holds these %zu bytes already: nothing was written%s",
			  dfut_image_get_size(session->image),
			  session->restarted ? "; the firmware has been started" : "");
	else
		dfut_fail(&session->failure, 0, "%zu bytes downloaded%s%s%s%s%s", dfut_image_get_size(session->image),
			  session->verified == DFUT_VERIFIED_YES	? " and verified" :
			  session->verified == DFUT_VERIFIED_IMPOSSIBLE ? ", not verified: " :
									  ", not verified",
			  session->verified == DFUT_VERIFIED_IMPOSSIBLE ? session->verify_note : "",
			  session->device->mode == DFUT_MODE_BOOTLOADER && !session->restarted ?
				  "" :
				  "; the new firmware has been started",
			  *session->started ? ": " : "", session->started);
	dfut_hint(&session->failure, "%s", hint);
}
