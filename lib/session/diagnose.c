/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Whether a device can be updated: asked at once, and as a job that never blocks, for event loops. */

#include <stdio.h>

#include "base/struct.h"
#include "session/jobs.h"
#include "session/prospect.h"

/* One way that can be gone is enough; if there is none, the surest one's reason is told. */
static int diagnose_triggers(struct dfut_device *device, struct dfut_failure *failure)
{
	struct dfut_failure ignored;
	int first = 0;

	for (size_t i = 0; i < device->trigger_count; i++) {
		struct dfut_target target;
		int result;

		if (!dfut_target_find(&target, device, device->triggers[i]))
			continue;
		result = dfut_bus_diagnose(device->bus, device->instance, device->triggers[i]->way->link,
					   target.interface, first ? &ignored : failure);
		if (result == 0) {
			dfut_failure_clear(failure);
			return 0;
		}
		if (!first)
			first = result;
	}
	return first;
}

DFUT_API int dfut_device_diagnose(struct dfut_device *device)
{
	struct dfut_failure *failure = &device->context->failure;
	int result;

	dfut_failure_clear(failure);
	if (!device->present)
		return dfut_fail(failure, DFUT_ERROR_GONE, "the device is no longer there");
	result = device->trigger_count ?
			 diagnose_triggers(device, failure) :
			 dfut_bus_diagnose(device->bus, device->instance, DFUT_LINK_USB, DFUT_CHANNEL_DEVICE, failure);
	dfut_device_complete_hint(device, failure);
	dfut_device_hint_prospect(device, failure);
	return result;
}

static bool has_interface(const struct dfut_device *device, int number)
{
	const struct dfut_interface *interface;

	for (size_t i = 0; (interface = dfut_device_get_interface(device, i)); i++)
		if (interface->number == number && interface->configuration == device->configuration)
			return true;
	return false;
}

static void ask_holder(const struct dfut_device *device, enum dfut_link link, uint8_t channel,
		       struct dfut_holder *holder)
{
	struct dfut_failure told;

	if (!dfut_bus_tell_holder(device->bus, device->instance, link, channel, &told))
		return;
	if (told.text[0])
		snprintf(holder->driver, sizeof(holder->driver), "%.63s", told.text);
	if (told.hint[0])
		snprintf(holder->programs, sizeof(holder->programs), "%.511s", told.hint);
}

DFUT_API int dfut_device_get_holder(struct dfut_device *device, int interface_number, struct dfut_holder *given,
				    size_t given_size)
{
	struct dfut_failure *failure = &device->context->failure;
	struct dfut_holder holder = { "", "" };

	if (!device->present)
		return dfut_fail(failure, DFUT_ERROR_GONE, "the device is no longer there");
	if (interface_number != -1 && !has_interface(device, interface_number))
		return dfut_fail(failure, DFUT_ERROR_NOT_FOUND, "the device has no interface %d", interface_number);
	ask_holder(device, DFUT_LINK_USB, interface_number < 0 ? DFUT_CHANNEL_DEVICE : (uint8_t)interface_number,
		   &holder);
	for (size_t i = 0; i < device->node_count; i++)
		if (device->nodes[i].interface_number == interface_number)
			ask_holder(device, device->nodes[i].link, device->nodes[i].interface_number, &holder);
	dfut_struct_give(given, given_size, &holder, sizeof(holder));
	return 0;
}

struct open_state {
	unsigned int at;
};

/* Opening a device wakes it up, which takes the system its time: the engine does it on the pool. */
static int open_next(void *state, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	struct open_state *own = state;

	if (outcome && outcome->result < 0 && own->at == 1)
		return outcome->result;
	switch (own->at++) {
	case 0:
		return dfut_next_open(next, DFUT_CHANNEL_DEVICE);
	case 1:
		return dfut_next_close(next);
	}
	return dfut_next_done(next, DFUT_END_STAYS);
}

static int look_next(void *state, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	(void)state;
	return outcome ? dfut_next_done(next, DFUT_END_STAYS) : dfut_next_wait(next, DFUT_OPEN_RETRY_MS);
}

static int begin(void *state, const struct dfut_job *job)
{
	(void)state;
	(void)job;
	return 0;
}

static const struct dfut_machine_ops open_machine = {
	.name = "open", .state_size = sizeof(struct open_state), .begin = begin, .next = open_next
};
static const struct dfut_machine_ops look_machine = {
	.name = "look", .state_size = sizeof(struct open_state), .begin = begin, .next = look_next
};

/* Nodes of drivers are looked at, not opened: that would raise the lines of a serial port. 0 if one way can be gone, 1 if
 * there is none of this kind, or why the surest can't. */
static int try_nodes(struct dfut_session *session)
{
	struct dfut_device *device = session->device;
	const struct dfut_trigger *trigger;
	struct dfut_failure ignored;
	int first = 1;

	if (device->mode == DFUT_MODE_BOOTLOADER || !device->bus->ops.diagnose)
		return 1;
	for (size_t i = 0; (trigger = dfut_session_get_trigger(session, i)); i++) {
		enum dfut_link link = trigger->way->link;
		struct dfut_target target;
		int result;

		if (link == DFUT_LINK_USB || !dfut_target_find(&target, device, trigger))
			continue;
		result = dfut_bus_diagnose(device->bus, device->instance, link, target.interface,
					   first < 0 ? &ignored : &session->failure);
		if (result == 0) {
			dfut_failure_clear(&session->failure);
			return 0;
		}
		if (first < 0)
			continue;
		first = result;
		session->conductor.link = link;
		session->conductor.job.interface = target.interface;
	}
	return first;
}

static bool has_usb_way(const struct dfut_session *session)
{
	const struct dfut_trigger *trigger;

	if (session->device->mode == DFUT_MODE_BOOTLOADER)
		return true;
	for (size_t i = 0; (trigger = dfut_session_get_trigger(session, i)); i++)
		if (trigger->way->link == DFUT_LINK_USB)
			return true;
	return false;
}

static bool look_is_wanted(struct dfut_session *session)
{
	return !has_usb_way(session) && try_nodes(session) < 0;
}

static int prepare_look(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	(void)session;
	(void)job;
	*machine = &look_machine;
	return 0;
}

static int judge_look(struct dfut_session *session, int code)
{
	if (code < 0)
		return code;
	return dfut_device_is_settling(session->device, session->failure.code) ? DFUT_LEG_AGAIN : session->failure.code;
}

static bool open_is_wanted(struct dfut_session *session)
{
	return has_usb_way(session) && try_nodes(session) != 0;
}

static int prepare_open(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	dfut_failure_clear(&session->failure);
	session->conductor.link = DFUT_LINK_USB;
	job->interface = DFUT_CHANNEL_DEVICE;
	*machine = &open_machine;
	return 0;
}

static int judge_open(struct dfut_session *session, int code)
{
	if (code < 0 && code != DFUT_ERROR_CANCELLED)
		dfut_fail(&session->failure, code, "the device can't be opened: %s", dfut_error_get_text(code));
	return code;
}

DFUT_API int dfut_session_start_diagnose(struct dfut_session *session)
{
	static const struct dfut_leg legs[] = {
		{ DFUT_SESSION_DIAGNOSING, DFUT_MODE_UNKNOWN, look_is_wanted, prepare_look, judge_look },
		{ DFUT_SESSION_DIAGNOSING, DFUT_MODE_UNKNOWN, open_is_wanted, prepare_open, judge_open },
	};
	int result = dfut_session_check_start(session);

	if (result < 0)
		return result;
	if (dfut_session_need_language(session) < 0 || dfut_session_plan_trigger(session) < 0) {
		dfut_plan_clear(&session->plan);
		return session->failure.code;
	}
	dfut_plan_clear(&session->plan);
	dfut_plan_add_step(&session->plan, DFUT_SESSION_DIAGNOSING, 0, 5000, "see whether the device can be opened");
	for (size_t i = 0; i < DFUT_COUNT(legs); i++)
		dfut_plan_add_leg(&session->plan, &legs[i]);
	session->plan.purpose = DFUT_PURPOSE_DIAGNOSE;
	return dfut_session_begin(session);
}
