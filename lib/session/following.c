/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Following a device: whether it left, whether it came back, as what, and where. */

#include <stdio.h>
#include <string.h>

#include "session/jobs.h"
#include "session/verdict.h"

/* A device that refused a trigger, or may take it without leaving, leaves within this time or not at all. */
#define REFUSED_TIMEOUT_MS 2000
/* An application that has USB shows it within this time; one that has not is no failure. */
#define GONE_TIMEOUT_MS 3000
/* What comes back is there by then if nothing else is done on its bus. */
#define ENUMERATION_US 1000000

static uint64_t now_us(const struct dfut_session *session)
{
	return dfut_context_get_time_us(session->context);
}

void dfut_session_replace_device(struct dfut_session *session, struct dfut_device *device)
{
	dfut_device_ref(device);
	dfut_device_unref(session->device);
	session->device = device;
	dfut_session_recall_answer(session);
}

static void list_tried(const struct dfut_session *session, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i <= session->conductor.trigger_at && used < size; i++) {
		const struct dfut_trigger *trigger = dfut_session_get_trigger(session, i);

		if (trigger)
			used += (size_t)snprintf(text + used, size - used, "%s%s", i ? ", " : "", trigger->name);
	}
}

void dfut_session_name_tried(struct dfut_session *session)
{
	struct dfut_failure *failure = &session->failure;
	size_t used = strlen(failure->text);
	char tried[256];

	if (session->conductor.trigger_at == 0)
		return;
	list_tried(session, tried, sizeof(tried));
	snprintf(failure->text + used, sizeof(failure->text) - used, " (tried: %s)", tried);
}

static void trigger_had_no_effect(struct dfut_session *session)
{
	const struct dfut_trigger *trigger = session->conductor.job.trigger;
	char text[128], tried[256];

	dfut_context_log(session->context, DFUT_LOG_WARNING, "%s: no effect by %s", session->device->path,
			 trigger->name);
	session->conductor.trigger_at++;
	if (dfut_session_start_next_trigger(session))
		return;
	session->conductor.trigger_at--;
	list_tried(session, tried, sizeof(tried));
	dfut_device_describe(session->device, text, sizeof(text));
	if (session->conductor.end == DFUT_END_REFUSED)
		dfut_fail(&session->failure, DFUT_ERROR_DEVICE, "%s refused the trigger (stall) and is still there: %s",
			  text, tried);
	else
		dfut_fail(&session->failure, DFUT_ERROR_DEVICE,
			  "%s did not react to the trigger: it is still there after %u ms: %s", text,
			  session->return_timeout_ms, tried);
	if (trigger->hint)
		dfut_hint(&session->failure, "%s", trigger->hint);
	else
		dfut_hint(&session->failure,
			  "its firmware may have firmware update switched off; try the device's own way "
			  "into its bootloader, such as a button held while it is plugged in");
	dfut_session_fail(session, DFUT_ERROR_DEVICE);
}

static bool looks_the_same(const struct dfut_device *a, const struct dfut_device *b)
{
	return a->raw_size == b->raw_size && memcmp(a->raw, b->raw, a->raw_size) == 0;
}

/* Of some devices that come back it does not show by itself which mode they are in. */
static bool has_started(const struct dfut_session *session, const struct dfut_device *device)
{
	if (!dfut_session_has_bootloader(session, device) || device->entry->quirks & DFUT_QUIRK_DFU_IN_APPLICATION)
		return true;
	return dfut_descriptors_is_dfu_mode_guessed(&device->descriptors) && !looks_the_same(device, session->device);
}

/* What stands behind a slash in a name is a layout, which protection may change. */
static bool has_other_memory(const struct dfut_interface *before, const struct dfut_interface *now)
{
	size_t length = before->name ? strcspn(before->name, "/") : 0;

	if (before->number != now->number || before->alternate != now->alternate ||
	    before->class_code != now->class_code || before->subclass != now->subclass)
		return true;
	return before->name && now->name &&
	       (length != strcspn(now->name, "/") || strncmp(before->name, now->name, length) != 0);
}

/* bcdDevice may tell the version of the firmware. Bootloaders that are no DFU show other interfaces by the way that they were
 * entered. */
static bool is_other_bootloader(const struct dfut_session *session, const struct dfut_device *device)
{
	const struct dfut_descriptors *before = &session->device->descriptors;
	const struct dfut_descriptors *now = &device->descriptors;

	if (!session->plan.language || !session->plan.language->needs_dfu || !now->dfu_interface)
		return false;
	if (before->vendor_id != now->vendor_id || before->product_id != now->product_id ||
	    before->interface_count != now->interface_count)
		return true;
	for (size_t i = 0; i < now->interface_count; i++)
		if (has_other_memory(&before->interfaces[i], &now->interfaces[i]))
			return true;
	return false;
}

/* Another face of the same product, or what its entry says that it becomes, though that looks like an application. */
static bool is_step(const struct dfut_session *session, const struct dfut_device *device)
{
	const struct dfut_entry *entry = session->device->entry;

	return device->mode == DFUT_MODE_APPLICATION && device->entry && entry &&
	       (device->entry == entry || dfut_device_is_bootloader_of(device, entry)) &&
	       !looks_the_same(device, session->device);
}

static enum dfut_guise get_guise(const struct dfut_session *session, const struct dfut_device *device)
{
	if (!session->conductor.triggering && has_started(session, device))
		return DFUT_GUISE_APPLICATION;
	if (!session->conductor.triggering)
		return session->conductor.end != DFUT_END_RESTARTED && is_other_bootloader(session, device) ?
			       DFUT_GUISE_STAGE :
			       DFUT_GUISE_BOOTLOADER;
	if (device->mode == DFUT_MODE_BOOTLOADER)
		return DFUT_GUISE_BOOTLOADER;
	if (is_step(session, device))
		return DFUT_GUISE_STEP;
	if (session->conductor.job.trigger->in_place && looks_the_same(device, session->device))
		return DFUT_GUISE_SAME;
	if (session->has_own && device->mode == DFUT_MODE_UNKNOWN && !looks_the_same(device, session->device))
		return DFUT_GUISE_STRANGER;
	return DFUT_GUISE_APPLICATION;
}

static enum dfut_asker get_asker(const struct dfut_session *session)
{
	if (session->conductor.triggering)
		return DFUT_ASKER_TRIGGER;
	return session->plan.legs[session->conductor.leg].state == DFUT_SESSION_RESTARTING ? DFUT_ASKER_RESTART :
											     DFUT_ASKER_LEG;
}

static enum dfut_verdict judge(const struct dfut_session *session, enum dfut_sighting sighting,
			       const struct dfut_device *device)
{
	enum dfut_guise guise = device ? get_guise(session, device) : DFUT_GUISE_NONE;
	enum dfut_asker asker = get_asker(session);
	enum dfut_verdict verdict = dfut_verdict_find(sighting, asker, session->conductor.end, guise)->verdict;

	dfut_context_log(session->context, DFUT_LOG_INFO, "%s: %s, asked by %s (%s), as %s: %s", session->device->path,
			 dfut_sighting_get_name(sighting), dfut_asker_get_name(asker),
			 dfut_end_get_name(session->conductor.end), dfut_guise_get_name(guise),
			 dfut_verdict_get_name(verdict));
	return verdict;
}

/* What each verdict means. The device is the one that has come back, if one has. */

static void arrived(struct dfut_session *session)
{
	session->conductor.triggered++;
	if (dfut_session_plan_again(session) < 0)
		dfut_session_fail(session, session->failure.code);
	else
		dfut_session_proceed(session);
}

/* The table knows the device that has come back, and what it needs. */
static void take_step(struct dfut_session *session)
{
	session->has_own = false;
	session->trigger = NULL;
	session->conductor.triggered++;
	if (session->plan.image && dfut_session_check_fit(session) < 0) {
		dfut_session_fail(session, session->failure.code);
		return;
	}
	dfut_session_proceed(session);
}

static void take_in_place(struct dfut_session *session)
{
	session->conductor.in_place = true;
	session->conductor.may_yet_leave = session->device->present;
	dfut_session_proceed(session);
}

static void take_as_it_is(struct dfut_session *session)
{
	for (size_t i = session->conductor.leg; i < session->plan.leg_count; i++)
		session->plan.legs[i].needs = DFUT_MODE_UNKNOWN;
	dfut_session_proceed(session);
}

static void fail_not_there(struct dfut_session *session)
{
	char text[128];

	dfut_fail(&session->failure, DFUT_ERROR_MISMATCH, "the device left and came back as %s, which is %s",
		  dfut_device_describe(session->device, text, sizeof(text)),
		  session->device->mode == DFUT_MODE_APPLICATION ? "its application" : "no known bootloader");
	dfut_hint(&session->failure,
		  "it restarted without staying in its bootloader: repeat, or use the device's own way into it");
	dfut_session_fail(session, DFUT_ERROR_MISMATCH);
}

static void runs_again(struct dfut_session *session)
{
	session->findings.restarted = true;
	dfut_session_proceed(session);
}

static void go_on_started(struct dfut_session *session)
{
	session->findings.restarted = true;
	dfut_session_go_on(session);
}

static void go_on_with_hint(struct dfut_session *session, const char *hint)
{
	snprintf(session->findings.hint, sizeof(session->findings.hint), "%s", hint);
	dfut_session_go_on(session);
}

/* It may have run its application before, between writing and reading back. */
static void go_on_by_hand(struct dfut_session *session, const char *hint)
{
	session->findings.restarted = false;
	go_on_with_hint(session, hint);
}

static void stays_by_hand(struct dfut_session *session)
{
	if (dfut_session_stays(session)) {
		session->conductor.may_yet_leave = true;
		dfut_session_go_on(session);
		return;
	}
	if (dfut_session_start_next_way_out(session))
		return;
	session->conductor.may_yet_leave = true;
	go_on_by_hand(session, "press the device's reset button, or unplug it and plug it in again, to start the new "
			       "firmware");
}

static void back_by_hand(struct dfut_session *session)
{
	if (dfut_session_stays(session)) {
		dfut_session_go_on(session);
		return;
	}
	go_on_by_hand(session,
		      "the device came back in its bootloader: press its reset button, or unplug it and plug it "
		      "in again");
}

static void go_on_away(struct dfut_session *session)
{
	session->findings.restarted = true;
	go_on_with_hint(session, "the device has left its bootloader, and is not back on the bus so far");
}

static void go_on_reset_away(struct dfut_session *session)
{
	session->findings.restarted = true;
	go_on_with_hint(session,
			"the device has reset itself and is not back: unplug it and plug it in again, with its "
			"boot pin or button held if it is to be in its bootloader");
}

static void fail_stayed(struct dfut_session *session)
{
	/* What looks like a bootloader, and was asked as an application, is none. */
	bool has_ways = session->conductor.end == DFUT_END_LEAVES ||
			(session->conductor.end == DFUT_END_RESTARTED &&
			 !dfut_descriptors_is_dfu_mode_guessed(&session->device->descriptors));
	char text[128];

	if (has_ways && dfut_session_start_next_way_out(session))
		return;
	dfut_fail(&session->failure, DFUT_ERROR_DEVICE, "%s was to restart, and is still there as before",
		  dfut_device_describe(session->device, text, sizeof(text)));
	dfut_hint(&session->failure,
		  session->findings.verified == DFUT_VERIFIED_YES ?
			  "what was written is right: unplug it and plug it in again to start it, and "
			  "repeat if it is in its bootloader then" :
			  "unplug it and plug it in again, then repeat");
	dfut_session_fail(session, DFUT_ERROR_DEVICE);
}

/* What is left of the job was meant for the bootloader that was there before. */
static void end_at_next_stage(struct dfut_session *session)
{
	char text[128];

	dfut_device_describe(session->device, text, sizeof(text));
	if (session->plan.purpose == DFUT_PURPOSE_UPDATE && session->findings.verified != DFUT_VERIFIED_YES &&
	    session->verify != DFUT_VERIFY_NEVER)
		dfut_session_note_unverified(session, "another bootloader runs now, the next stage");
	if (session->verify == DFUT_VERIFY_ALWAYS && session->findings.verified == DFUT_VERIFIED_IMPOSSIBLE) {
		dfut_fail(&session->failure, DFUT_ERROR_VERIFY,
			  "it can't be read back: the device came back as %s, the next stage of its bootloader", text);
		dfut_session_fail(session, DFUT_ERROR_VERIFY);
		return;
	}
	session->findings.restarted = true;
	snprintf(session->findings.started, sizeof(session->findings.started), "%s", text);
	session->conductor.leg = session->plan.leg_count - 1;
	go_on_with_hint(session,
			"the device came back as another bootloader than it was: if that is the next of several "
			"stages, it waits for its own file");
}

static void fail_lost(struct dfut_session *session)
{
	dfut_fail(&session->failure, DFUT_ERROR_TIMEOUT, "%s left the bus and did not come back within %u ms",
		  *session->device->path ? session->device->path : "the device", session->return_timeout_ms);
	if (!*session->device->path && session->conductor.has_twin_left)
		dfut_hint(
			&session->failure,
			"another device with its serial number was away, too, and this system tells no ports: unplug both "
			"and plug them in again, then do one after the other");
	else if (session->conductor.triggering)
		dfut_hint(&session->failure, "give it more time (--timeout), or unplug it and plug it in again");
	else if (session->conductor.end == DFUT_END_RESTARTED)
		dfut_hint(&session->failure, "unplug it and plug it in again, then repeat");
	else
		dfut_hint(&session->failure,
			  "if the new firmware does not use USB, this is what it looks like; otherwise unplug "
			  "the device, plug it in again and see what it is");
	dfut_session_fail(session, DFUT_ERROR_TIMEOUT);
}

static void fail_not_started(struct dfut_session *session)
{
	char text[128];

	dfut_fail(&session->failure, DFUT_ERROR_DEVICE,
		  "%s restarted into its bootloader again: it does not start the new firmware",
		  dfut_device_describe(session->device, text, sizeof(text)));
	dfut_hint(&session->failure,
		  "repeat; if it happens again, the firmware is not made for this device, or asks for the "
		  "bootloader itself");
	dfut_session_fail(session, DFUT_ERROR_DEVICE);
}

typedef void (*act)(struct dfut_session *session);

static void carry_out(struct dfut_session *session, enum dfut_verdict verdict)
{
	static const act acts[DFUT_VERDICT_COUNT] = {
		[DFUT_VERDICT_ARRIVED] = arrived,
		[DFUT_VERDICT_STEP] = take_step,
		[DFUT_VERDICT_IN_PLACE] = take_in_place,
		[DFUT_VERDICT_TAKEN] = take_as_it_is,
		[DFUT_VERDICT_NEXT] = trigger_had_no_effect,
		[DFUT_VERDICT_NOT_THERE] = fail_not_there,
		[DFUT_VERDICT_AGAIN] = dfut_session_proceed,
		[DFUT_VERDICT_RUNS_AGAIN] = runs_again,
		[DFUT_VERDICT_STARTED] = go_on_started,
		[DFUT_VERDICT_OVER] = dfut_session_go_on,
		[DFUT_VERDICT_STAYS_BY_HAND] = stays_by_hand,
		[DFUT_VERDICT_BACK_BY_HAND] = back_by_hand,
		[DFUT_VERDICT_AWAY] = go_on_away,
		[DFUT_VERDICT_RESET_AWAY] = go_on_reset_away,
		[DFUT_VERDICT_NEXT_STAGE] = end_at_next_stage,
		[DFUT_VERDICT_STAYED] = fail_stayed,
		[DFUT_VERDICT_LOST] = fail_lost,
		[DFUT_VERDICT_NOT_STARTED] = fail_not_started,
	};

	acts[verdict](session);
}

/* Who can't see devices can't say that one has not come back. */
static bool is_blind(struct dfut_session *session)
{
	int code = session->device->bus->looked;

	if (code >= 0)
		return false;
	dfut_fail(&session->failure, code, "devices can't be listed: %s", dfut_error_get_text(code));
	dfut_session_fail(session, code);
	return true;
}

void dfut_session_stayed(struct dfut_session *session)
{
	if (is_blind(session))
		return;
	carry_out(session, judge(session, DFUT_SIGHTING_STAYED, NULL));
}

void dfut_session_never_returned(struct dfut_session *session)
{
	if (is_blind(session))
		return;
	carry_out(session, judge(session, DFUT_SIGHTING_LOST, NULL));
}

void dfut_session_returned(struct dfut_session *session, struct dfut_device *device)
{
	enum dfut_verdict verdict = judge(session, DFUT_SIGHTING_BACK, device);

	dfut_session_replace_device(session, device);
	session->conductor.may_yet_leave = false;
	carry_out(session, verdict);
}

/* What it is may depend on names that are being read, and which bootloader it is on a usage that a node will tell. */
static bool is_complete(const struct dfut_session *session, const struct dfut_device *device)
{
	const struct dfut_language *language = dfut_device_get_language(device);

	if (now_us(session) >= session->conductor.deadline_us)
		return true;
	if (language && language->link == DFUT_LINK_HID && device->mode == DFUT_MODE_BOOTLOADER &&
	    dfut_target_lacks_node(device))
		return false;
	return device->names != DFUT_NAMES_COMING;
}

/* Who comes back is who left: by its bus' port, where that is told, else by serial number, unless two that have it are away. */
bool dfut_session_is_the_one(const struct dfut_session *session, const struct dfut_device *device)
{
	const struct dfut_device *old = session->device;
	const char *serial;

	/* Ports and instances are numbered by each bus for itself. */
	if (device->bus != old->bus || device->instance == old->instance)
		return false;
	/* Of a rack full of devices nearly all are elsewhere. */
	if (*old->path)
		return strcmp(old->path, device->path) == 0 && is_complete(session, device);
	serial = dfut_device_get_serial_number(old);
	return !session->conductor.has_twin_left && device->arrived_us >= session->conductor.phase_us && *serial &&
	       strcmp(serial, dfut_device_get_serial_number(device)) == 0 && is_complete(session, device);
}

bool dfut_session_is_held_up(struct dfut_session *session)
{
	const struct dfut_device *device = session->device;

	if (!dfut_turn_is_taken(session->context->first_turn, device->bus, device->path))
		return false;
	session->conductor.deadline_us = now_us(session) + ENUMERATION_US;
	return true;
}

bool dfut_session_look_for_return(struct dfut_session *session)
{
	for (struct dfut_device *device = dfut_registry_get_devices(session->context); device; device = device->next) {
		if (dfut_session_is_the_one(session, device)) {
			dfut_session_returned(session, device);
			return true;
		}
	}
	return false;
}

bool dfut_session_is_twin(const struct dfut_session *session, const struct dfut_device *device)
{
	const struct dfut_device *own = session->device;
	const char *serial;

	if (device->entry != own->entry || (device->bus == own->bus && device->instance == own->instance))
		return false;
	serial = dfut_device_get_serial_number(own);
	return *serial && strcmp(serial, dfut_device_get_serial_number(device)) == 0;
}

/*
 * Nothing came back to the port in time. Somebody may have plugged the device in elsewhere on its bus; but serial numbers
 * are not always unique, so only one that no other device has, or had, on any bus, is believed.
 */
struct dfut_device *dfut_session_find_moved(const struct dfut_session *session)
{
	struct dfut_device *found = NULL;

	for (struct dfut_device *device = dfut_registry_get_devices(session->context); device; device = device->next) {
		if (!dfut_session_is_twin(session, device))
			continue;
		if (found || session->conductor.has_twin || device->bus != session->device->bus ||
		    device->arrived_us < session->conductor.phase_us)
			return NULL;
		found = device;
	}
	return found;
}

void dfut_session_left(struct dfut_session *session)
{
	struct dfut_conductor *conductor = &session->conductor;

	dfut_session_note_way_out(session);
	dfut_session_set_stage(session, DFUT_STAGE_RETURNING);
	conductor->deadline_us = now_us(session) + session->return_timeout_ms * UINT64_C(1000);
	if (conductor->end == DFUT_END_GONE && !conductor->triggering && session->return_timeout_ms > GONE_TIMEOUT_MS)
		conductor->deadline_us = now_us(session) + GONE_TIMEOUT_MS * UINT64_C(1000);
	if (!conductor->triggering)
		conductor->deadline_us += session->findings.install_ms * UINT64_C(1000);
	dfut_session_set_state(session, DFUT_SESSION_RETURNING);
	dfut_session_look_for_return(session);
}

/* The time that a trigger itself took does not count against the device, unless another one is to have its share. */
static uint64_t get_share_end_us(const struct dfut_session *session)
{
	uint64_t took_us = now_us(session) - session->conductor.share_from_us;

	return session->conductor.share_until_us +
	       (dfut_session_get_trigger(session, session->conductor.trigger_at + 1) ? 0 : took_us);
}

void dfut_session_wait_for_departure(struct dfut_session *session, enum dfut_end end)
{
	struct dfut_conductor *conductor = &session->conductor;
	uint32_t timeout_ms = session->return_timeout_ms;

	conductor->end = end;
	dfut_session_set_stage(session, DFUT_STAGE_LEAVING);
	if (end == DFUT_END_REFUSED || (end == DFUT_END_MAY_LEAVE && conductor->triggering))
		timeout_ms = timeout_ms < REFUSED_TIMEOUT_MS ? timeout_ms : REFUSED_TIMEOUT_MS;
	conductor->deadline_us = now_us(session) + timeout_ms * UINT64_C(1000);
	if (conductor->triggering && conductor->deadline_us > get_share_end_us(session))
		conductor->deadline_us = get_share_end_us(session);
	if (!conductor->triggering && !dfut_session_stays(session) &&
	    (conductor->ways_tried || end == DFUT_END_MAY_LEAVE || end == DFUT_END_GONE))
		conductor->deadline_us = dfut_session_get_way_out_end_us(session);
	if (!session->device->present) {
		dfut_session_left(session);
		return;
	}
	dfut_session_set_state(session, DFUT_SESSION_LEAVING);
}
