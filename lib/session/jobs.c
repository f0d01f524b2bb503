/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What the jobs of a session share. */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "session/jobs.h"
#include "session/prospect.h"

const struct dfut_language *dfut_device_get_language(const struct dfut_device *device)
{
	return dfut_language_find(dfut_device_get_protocol(device));
}

/* NULL: the job goes through the bootloader itself. */
static const struct dfut_language *get_other(const struct dfut_session *session, const struct dfut_device *device)
{
	const struct dfut_entry *entry = device->entry;

	if (session->plan.purpose != DFUT_PURPOSE_UPDATE || device->mode == DFUT_MODE_BOOTLOADER || !entry ||
	    !entry->other_files || !entry->slots.format ||
	    strcmp(entry->slots.format, dfut_image_get_format(session->plan.image)) == 0)
		return NULL;
	return dfut_language_find(entry->other_files);
}

const struct dfut_language *dfut_session_get_language(const struct dfut_session *session)
{
	const struct dfut_language *other = get_other(session, session->device);

	return other ? other : dfut_device_get_language(session->device);
}

bool dfut_session_has_bootloader(const struct dfut_session *session, const struct dfut_device *device)
{
	const struct dfut_language *other = get_other(session, device);
	struct dfut_candidates candidates;
	const struct dfut_entry *entry;

	if (!other)
		return device->mode == DFUT_MODE_BOOTLOADER;
	candidates = dfut_registry_find_entries(device->context, device->descriptors.vendor_id);
	while ((entry = dfut_candidates_next(&candidates)) != NULL)
		if (strcmp(entry->protocol, other->name) == 0 && dfut_device_is_bootloader_of(device, entry))
			return true;
	return false;
}

bool dfut_session_can_leave(const struct dfut_session *session)
{
	const struct dfut_language *other = get_other(session, session->device);

	if (!other)
		return dfut_device_can_leave(session->device);
	return other->leave && dfut_session_has_bootloader(session, session->device);
}

static int refuse_language(struct dfut_session *session, const char *name)
{
	const struct dfut_device *device = session->device;
	char text[128];

	dfut_device_describe(device, text, sizeof(text));
	/* The title of one that has an application is that application's. */
	if (device->mode == DFUT_MODE_BOOTLOADER && !device->entry->application_count)
		dfut_fail(&session->failure, DFUT_ERROR_UNSUPPORTED,
			  "%s, %s, speaks \"%s\", which this version does not support: nothing was sent to it", text,
			  device->entry->title, name);
	else
		dfut_fail(&session->failure, DFUT_ERROR_UNSUPPORTED,
			  "the bootloader of %s speaks \"%s\", which this version does not support", text, name);
	if (device->mode != DFUT_MODE_BOOTLOADER && device->trigger_count)
		dfut_hint(&session->failure, "nothing was sent; it can still be triggered without an update%s%s",
			  device->entry->help.count ? "; " : "",
			  device->entry->help.count ? device->entry->help.items[0] : "");
	else if (device->entry && device->entry->help.count && strcmp(dfut_device_get_protocol(device), name) == 0)
		dfut_hint(&session->failure, "%s", device->entry->help.items[0]);
	return DFUT_ERROR_UNSUPPORTED;
}

/* Of a bootloader whose ids were given: what the table says of them. */
static int check_named_bootloader(struct dfut_session *session)
{
	uint16_t vendor = (uint16_t)session->bootloader_vendor_id;
	struct dfut_candidates candidates = dfut_registry_find_entries(session->context, vendor);
	const struct dfut_entry *entry;
	const struct dfut_entry *other = NULL;

	while ((entry = dfut_candidates_next(&candidates)) != NULL) {
		if (!dfut_rules_have_ids(entry->bootloader, entry->bootloader_count, vendor,
					 (uint16_t)session->bootloader_product_id))
			continue;
		if (dfut_language_find(entry->protocol))
			return 0;
		other = other ? other : entry;
	}
	return other ? refuse_language(session, other->protocol) : 0;
}

static bool has_bootloader_ids(const struct dfut_session *session)
{
	return session->bootloader_vendor_id != DFUT_MATCH_ANY && session->bootloader_product_id != DFUT_MATCH_ANY;
}

static bool is_bootloader_named(const struct dfut_session *session)
{
	return session->has_own && has_bootloader_ids(session);
}

static int refuse_unknown(struct dfut_session *session)
{
	const struct dfut_device *device = session->device;
	bool is_named = !session->has_own && has_bootloader_ids(session);
	char text[128];

	dfut_fail(&session->failure, DFUT_ERROR_UNSUPPORTED, "%s can't be updated: %s",
		  dfut_device_describe(device, text, sizeof(text)),
		  is_named ? "it is not in its bootloader, and no way into it is known" : "it has no known bootloader");
	if (session->has_own)
		dfut_hint(&session->failure,
			  "name the bootloader that it becomes, too, by both of its ids (-d APP,BOOT)");
	else if (device->mode == DFUT_MODE_UNKNOWN && !device->configuration)
		dfut_hint(
			&session->failure,
			"the system has not configured it, and until then it does not show what it is: unplug it and plug "
			"it in again, at a port with enough power");
	else if (device->mode == DFUT_MODE_UNKNOWN)
		dfut_hint(&session->failure,
			  "name its way into the bootloader (a request, a report or a touch of its port)%s, or put it "
			  "into its bootloader by hand",
			  is_named ? "" : " and the ids that the bootloader has (-d APP,BOOT)");
	return DFUT_ERROR_UNSUPPORTED;
}

int dfut_session_need_language(struct dfut_session *session)
{
	const struct dfut_device *device = session->device;
	const char *name = dfut_device_get_protocol(device);

	if (device->mode != DFUT_MODE_BOOTLOADER && is_bootloader_named(session))
		return check_named_bootloader(session);
	if (dfut_device_get_language(device) || dfut_device_is_in_doubt(device))
		return 0;
	/* Which of several it is shows once the bootloader is there. */
	if (device->mode == DFUT_MODE_APPLICATION && device->entry->protocols.count)
		return 0;
	return *name ? refuse_language(session, name) : refuse_unknown(session);
}

static int check_volume(struct dfut_session *session)
{
	const struct dfut_language *language = session->plan.language;

	if (!session->volume || !language || language->has_volume)
		return 0;
	dfut_fail(&session->failure, DFUT_ERROR_UNSUPPORTED,
		  "a mounted drive was named (%s), and %s is spoken with none", session->volume, language->title);
	dfut_hint(&session->failure, "leave it out (--volume)");
	return DFUT_ERROR_UNSUPPORTED;
}

int dfut_session_check_told(struct dfut_session *session)
{
	return check_volume(session) < 0 ? session->failure.code : dfut_session_check_part(session);
}

int dfut_session_use_language(struct dfut_session *session, struct dfut_job *job)
{
	const struct dfut_language *language = dfut_session_get_language(session);
	char text[128];

	if (dfut_session_need_language(session) < 0)
		return session->failure.code;
	if (!language)
		return dfut_fail(&session->failure, DFUT_ERROR_UNSUPPORTED,
				 "which language the bootloader of %s speaks is not known: it was not asked",
				 dfut_device_describe(session->device, text, sizeof(text)));
	if (dfut_plan_set_language(&session->plan, language) < 0)
		return dfut_fail_memory(&session->failure);
	job->own = session->plan.job;
	/* What is started again was refused for that, perhaps. */
	return session->conductor.going_back ? 0 : dfut_session_check_told(session);
}

static int refuse_portless(struct dfut_session *session, const char *device, int port)
{
	if (port < 0)
		return dfut_fail(&session->failure, DFUT_ERROR_UNSUPPORTED, "%s has no serial port", device);
	return dfut_fail(&session->failure, DFUT_ERROR_UNSUPPORTED, "%s has no serial port on interface %d", device,
			 port);
}

int dfut_session_find_channel(struct dfut_session *session, struct dfut_job *job)
{
	const struct dfut_language *language = session->plan.language;
	struct dfut_target target;
	char text[128];
	int port;

	session->conductor.link = language->link;
	dfut_device_describe(session->device, text, sizeof(text));
	switch (language->link) {
	case DFUT_LINK_USB:
	case DFUT_LINK_VOLUME:
		return 0;
	case DFUT_LINK_SERIAL:
		port = session->device->entry ? session->device->entry->port : -1;
		if (!dfut_target_find_serial(&target, session->device, port))
			return refuse_portless(session, text, port);
		break;
	case DFUT_LINK_HID:
		if (!dfut_target_find_report(&target, session->device, -1, language->report))
			return dfut_fail(&session->failure, DFUT_ERROR_UNSUPPORTED,
					 "%s has no HID interface with the reports of %s", text, language->title);
		break;
	}
	job->interface = target.interface;
	job->report_size = target.report_size;
	job->is_numbered = target.is_numbered;
	return 0;
}

int dfut_session_check_format(struct dfut_session *session)
{
	const struct dfut_language *language = session->plan.language;

	if (dfut_language_takes(language, dfut_image_get_format(session->plan.image)))
		return 0;
	dfut_fail_check(&session->failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_FORMAT,
			"the bootloader takes %s, the file is \"%s\"", language->takes,
			dfut_image_get_format(session->plan.image));
	dfut_hint(&session->failure, "%s", language->hint);
	return DFUT_ERROR_MISMATCH;
}

bool dfut_device_is_language_sure(const struct dfut_device *device)
{
	if (device->mode != DFUT_MODE_APPLICATION)
		return true;
	for (size_t i = 0; i < device->entry->bootloader_count; i++)
		if (device->entry->bootloader[i].id_count)
			return true;
	return false;
}

int dfut_session_check_address(struct dfut_session *session)
{
	const struct dfut_language *language = dfut_device_get_language(session->device);

	if (!session->has_address || !language || language->has_addresses ||
	    !dfut_device_is_language_sure(session->device))
		return 0;
	dfut_fail(&session->failure, DFUT_ERROR_UNSUPPORTED,
		  "an address was given, and %s has none: the device decides what is where", language->title);
	dfut_hint(&session->failure,
		  "leave the address (--address) out, or choose a memory (--alt) if there are several");
	return DFUT_ERROR_UNSUPPORTED;
}

int dfut_session_check_transfer_size(struct dfut_session *session)
{
	const struct dfut_language *language = dfut_session_get_language(session);

	if (!session->transfer_size || !language || language->has_blocks ||
	    !dfut_device_is_language_sure(session->device))
		return 0;
	dfut_fail(&session->failure, DFUT_ERROR_UNSUPPORTED,
		  "a size of blocks was given, and that of %s can't be chosen", language->title);
	dfut_hint(&session->failure, "leave it (--transfer-size) out");
	return DFUT_ERROR_UNSUPPORTED;
}

size_t dfut_session_get_leg(const struct dfut_session *session)
{
	return session->conductor.leg;
}

bool dfut_session_is_in_bootloader(const struct dfut_session *session)
{
	return dfut_session_has_bootloader(session, session->device) || session->conductor.in_place;
}

bool dfut_session_has_triggered(const struct dfut_session *session)
{
	return session->conductor.triggered > 0;
}

bool dfut_session_can(const struct dfut_session *session, enum dfut_dfu_attribute attribute)
{
	const struct dfut_device *device = session->device;
	const struct dfut_dfu_descriptor *dfu = dfut_session_get_dfu(session);

	if (attribute == DFUT_DFU_CAN_UPLOAD && device->entry && device->entry->quirks & DFUT_QUIRK_NO_UPLOAD)
		return false;
	return dfu && dfu->attributes & attribute;
}

void dfut_session_note_verified(struct dfut_session *session)
{
	session->findings.verified = DFUT_VERIFIED_YES;
}

void dfut_session_note_unverified(struct dfut_session *session, const char *text)
{
	snprintf(session->findings.verify_note, sizeof(session->findings.verify_note), "%s", text);
	session->findings.verified = DFUT_VERIFIED_IMPOSSIBLE;
}

bool dfut_device_can_leave(const struct dfut_device *device)
{
	const struct dfut_language *language = dfut_device_get_likely_language(device);

	return device->mode == DFUT_MODE_BOOTLOADER && language && language->leave &&
	       (!device->entry || (device->entry->leave != DFUT_LEAVE_NONE && device->entry->leave != DFUT_LEAVE_SELF));
}

bool dfut_session_stays(const struct dfut_session *session)
{
	return session->restart == DFUT_RESTART_NEVER &&
	       (session->plan.purpose == DFUT_PURPOSE_UPDATE || session->plan.purpose == DFUT_PURPOSE_UPLOAD);
}

static bool is_application(const struct dfut_session *session)
{
	return session->plan.language && session->plan.language->in_application;
}

void dfut_session_plan_restart(struct dfut_session *session, const char *text)
{
	if (dfut_session_stays(session))
		dfut_plan_add_step(&session->plan, DFUT_SESSION_DONE, 0, 0, "%s",
				   is_application(session) ? "leave the device as it runs, without a restart" :
							     "leave the device in its bootloader");
	else
		dfut_plan_add_step(&session->plan, DFUT_SESSION_RESTARTING, 0, 2 * session->return_timeout_ms, "%s",
				   text);
}

bool dfut_session_restart_is_wanted(struct dfut_session *session)
{
	if (!dfut_session_has_bootloader(session, session->device) || dfut_session_stays(session))
		return false;
	if (dfut_session_can_leave(session))
		return true;
	/* It may have run its application before, between writing and reading back. */
	session->findings.restarted = false;
	snprintf(session->findings.hint, sizeof(session->findings.hint),
		 "press the device's reset button, or unplug it and plug it in again, to "
		 "start the new firmware: it does not leave its bootloader by itself");
	return false;
}

int dfut_session_prepare_restart(struct dfut_session *session, struct dfut_job *job,
				 const struct dfut_machine_ops **machine)
{
	const struct dfut_language *language;

	if (dfut_session_use_language(session, job) < 0)
		return session->failure.code;
	language = session->plan.language;
	*machine = language->leave;
	job->leave = dfut_session_take_way_out(session);
	return language->prepare_leave ? language->prepare_leave(session, job) : 0;
}

const struct dfut_trigger *dfut_session_find_probe(const struct dfut_session *session)
{
	for (size_t i = 0; i < session->device->trigger_count; i++)
		if (session->device->triggers[i]->way->probe)
			return session->device->triggers[i];
	return NULL;
}

static const struct dfut_interface *find_memory(const struct dfut_session *session, struct dfut_failure *failure)
{
	static const struct dfut_place any = { -1, -1 };
	const struct dfut_device *device = session->device;
	const struct dfut_interface *slot, *first;
	struct dfut_segment segment;
	size_t count;

	if (session->alternate)
		return dfut_device_find_alternate(device, &session->place, session->alternate, failure);
	if (session->plan.image && dfut_image_find_segment(session->plan.image, 0, &segment) && segment.alternate >= 0)
		return dfut_device_find_number(device, &session->place, segment.alternate, failure);
	first = dfut_device_find_first(device, &session->place, &count, failure);
	if (count <= 1)
		return first;
	slot = session->plan.image ? dfut_device_find_slot(device, DFUT_SLOT_UPDATE) : NULL;
	if (slot && dfut_place_has(&session->place, slot))
		return slot;
	dfut_device_find_alternate(device, &any, "", failure);
	dfut_fail(failure, DFUT_ERROR_USAGE, "no memory was chosen: %s", failure->text);
	dfut_hint(failure, "choose one by the name or number of its alternate setting (--alt)");
	return NULL;
}

const struct dfut_interface *dfut_session_resolve_alternate(struct dfut_session *session)
{
	return find_memory(session, &session->failure);
}

const struct dfut_interface *dfut_session_get_first_memory(const struct dfut_session *session)
{
	const struct dfut_device *device = session->device;
	const struct dfut_interface *first = NULL;
	struct dfut_failure ignored;

	if (device->mode != DFUT_MODE_APPLICATION || session->conductor.in_place)
		first = dfut_device_find_first(device, &session->place, NULL, &ignored);
	return first ? first : device->descriptors.dfu_interface;
}

bool dfut_session_get_interface(const struct dfut_session *session, uint8_t *number)
{
	const struct dfut_device *device = session->device;
	const struct dfut_interface *memory = NULL;
	struct dfut_failure ignored;
	bool has_memories = device->mode != DFUT_MODE_APPLICATION || session->conductor.in_place;

	if (has_memories && session->plan.has_interface) {
		*number = session->plan.interface;
		return true;
	}
	if (has_memories)
		memory = find_memory(session, &ignored);
	if (!memory)
		memory = dfut_session_get_first_memory(session);
	if (memory)
		*number = memory->number;
	return memory != NULL;
}

const struct dfut_dfu_descriptor *dfut_session_get_dfu(const struct dfut_session *session)
{
	uint8_t number;

	if (!dfut_session_get_interface(session, &number))
		return NULL;
	return dfut_descriptors_get_dfu(&session->device->descriptors, number);
}

void dfut_session_use_interface(const struct dfut_session *session, struct dfut_job *job, uint8_t number)
{
	const struct dfut_dfu_descriptor *dfu = dfut_descriptors_get_dfu(&session->device->descriptors, number);

	job->interface = number;
	job->has_alternates = dfut_device_must_select(session->device, number);
	job->has_descriptor = dfu != NULL;
	job->dfu = dfu ? *dfu : (struct dfut_dfu_descriptor){ 0 };
}

void dfut_session_set_memory(const struct dfut_session *session, struct dfut_job *job,
			     const struct dfut_interface *memory)
{
	dfut_session_use_interface(session, job, memory->number);
	job->alternate = memory->alternate;
}

/* As it was asked to; what it has started before it came back there does not matter then. */
static bool waits_in_bootloader(const struct dfut_session *session)
{
	return dfut_session_stays(session) && session->device->present &&
	       dfut_session_has_bootloader(session, session->device);
}

static const char *get_start(const struct dfut_session *session, const char *started)
{
	if (waits_in_bootloader(session))
		return is_application(session) ? "; the device was not restarted" :
						 "; the device stays in its bootloader";
	return session->findings.restarted || !dfut_session_has_bootloader(session, session->device) ? started : "";
}

void dfut_session_tell_success(struct dfut_session *session)
{
	const struct dfut_findings *findings = &session->findings;
	char text[128];

	dfut_device_describe(session->device, text, sizeof(text));
	if (session->plan.purpose == DFUT_PURPOSE_DIAGNOSE)
		dfut_fail(&session->failure, 0, "%s can be updated", text);
	else if (session->plan.purpose == DFUT_PURPOSE_UPLOAD)
		dfut_fail(&session->failure, 0, "%" PRIu64 " bytes read%s", session->plan.uploaded,
			  findings->restarted ? "; the application has been started" : "");
	else if (session->plan.purpose == DFUT_PURPOSE_COMMAND)
		dfut_fail(&session->failure, 0, "%s: done%s%s", session->plan.command->name,
			  !findings->restarted ? "" :
			  *findings->started   ? "; the next stage has been started: " :
						 "; the application has been started",
			  findings->started);
	else if (session->plan.purpose != DFUT_PURPOSE_UPDATE && session->conductor.in_place)
		dfut_fail(
			&session->failure, 0,
			"the trigger was taken; %s looks the same in its bootloader, so it can't be seen whether it switched",
			text);
	else if (session->plan.purpose != DFUT_PURPOSE_UPDATE)
		dfut_fail(&session->failure, 0, "%s: %s%s%s", dfut_mode_get_name(session->device->mode), text,
			  *findings->unsent ? "; it was there already, not sent: " : "", findings->unsent);
	else if (findings->unchanged)
		dfut_fail(&session->failure, 0, "the device holds these %zu bytes already: nothing was written%s",
			  dfut_image_get_size(session->plan.image),
			  get_start(session, findings->restarted ? "; the firmware has been started" : ""));
	else
		dfut_fail(&session->failure, 0, "%zu bytes %s%s%s%s%s%s", dfut_image_get_size(session->plan.image),
			  findings->was_there ? "were in the device already" : "downloaded",
			  findings->verified == DFUT_VERIFIED_YES	 ? " and verified" :
			  findings->verified == DFUT_VERIFIED_IMPOSSIBLE ? ", not verified: " :
									   ", not verified",
			  findings->verified == DFUT_VERIFIED_IMPOSSIBLE ? findings->verify_note : "",
			  get_start(session, "; the new firmware has been started"), *findings->started ? ": " : "",
			  findings->started);
	dfut_hint(&session->failure, "%s", findings->hint);
	if (!*findings->hint && session->plan.purpose == DFUT_PURPOSE_UPDATE && waits_in_bootloader(session))
		dfut_hint(&session->failure, "%s",
			  !dfut_session_can_leave(session) ?
				  "unplug it and plug it in again to start the new firmware" :
			  is_application(session) ?
				  "the new firmware is started by the next restart (command \"start\")" :
				  "the command \"start\" starts the new firmware");
	if (session->plan.purpose == DFUT_PURPOSE_DIAGNOSE)
		dfut_device_hint_prospect(session->device, &session->failure);
}
