/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * The conductor: runs a session's legs and triggers the device when a leg needs its bootloader. How it follows the
 * device through what that did to the bus is in following.c, what the legs of each job are in update.c.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "session/configure.h"
#include "session/jobs.h"
#include "session/prospect.h"

/* A device that is triggered once more than a session can need does not make progress. */
#define TRIGGER_LIMIT 3
#define RESTART_LIMIT 2

static uint64_t now_us(const struct dfut_session *session)
{
	return dfut_context_get_time_us(session->context);
}

static void end_session(struct dfut_session *session, enum dfut_session_state state)
{
	struct dfut_conductor *conductor = &session->conductor;
	struct dfut_progress progress;

	dfut_session_find_progress(session, &progress);
	dfut_session_set_stage(session, DFUT_STAGE_ENDED);
	dfut_watcher_remove(&session->watcher);
	dfut_run_free(conductor->run);
	conductor->run = NULL;
	conductor->state = progress.state = state;
	progress.left_ms = 0;
	dfut_session_tell_result(session);
	dfut_session_tell_progress(session, &progress);
}

/* The bus knows more about a device that can't be opened than whoever tried: its node, its owner, who holds it. */
static void explain_open(struct dfut_session *session, int code)
{
	const struct dfut_device *device = session->device;

	if (device->present)
		dfut_bus_explain(device->bus, device->instance, session->conductor.link,
				 session->conductor.job.interface, code, &session->failure);
	dfut_device_complete_hint(device, &session->failure);
}

/* It can't be seen from outside that the device waits in its bootloader, and that its application is as it was. */
static void tell_where_it_waits(struct dfut_session *session, int code)
{
	struct dfut_failure *failure = &session->failure;
	size_t used = strlen(failure->hint);

	if (code == DFUT_ERROR_GONE || !session->plan.image || session->conductor.written ||
	    !session->conductor.triggered || !session->device->present ||
	    !dfut_session_has_bootloader(session, session->device) || failure->line)
		return;
	snprintf(
		failure->hint + used, sizeof(failure->hint) - used,
		"%snothing was written; the device waits in its bootloader, its application starts %swhen it is plugged in again",
		used ? "; " : "", dfut_device_can_leave(session->device) ? "by the command \"start\", or " : "");
}

/* What was found does not fit, and nothing was done: that is no reason to leave the device in its bootloader. */
static bool is_refusal(const struct dfut_session *session, int code)
{
	return session->conductor.triggered && !session->conductor.written && !session->conductor.going_back &&
	       !dfut_session_stays(session) && session->plan.purpose != DFUT_PURPOSE_TRIGGER &&
	       session->device->present && dfut_session_can_leave(session) &&
	       (code == DFUT_ERROR_USAGE || code == DFUT_ERROR_NOT_FOUND || code == DFUT_ERROR_AMBIGUOUS ||
		code == DFUT_ERROR_UNSUPPORTED || code == DFUT_ERROR_MISMATCH || code == DFUT_ERROR_VERIFY);
}

/* False if that can't even be begun. */
static bool go_back(struct dfut_session *session)
{
	static const struct dfut_leg leg = { DFUT_SESSION_RESTARTING, DFUT_MODE_UNKNOWN, NULL,
					     dfut_session_prepare_restart, NULL };

	session->conductor.refusal = session->failure;
	session->conductor.going_back = true;
	session->plan.leg_count = 0;
	session->conductor.leg = 0;
	if (dfut_device_is_in_doubt(session->device))
		dfut_session_add_question(session);
	dfut_plan_add_leg(&session->plan, &leg);
	if (session->plan.lacks_memory)
		return false;
	dfut_context_log(session->context, DFUT_LOG_INFO, "%s: refused, and started again: %s", session->device->path,
			 session->failure.text);
	dfut_session_proceed(session);
	return true;
}

static void add_hint(struct dfut_failure *failure, const char *text)
{
	size_t used = strlen(failure->hint);

	if (!failure->line)
		snprintf(failure->hint + used, sizeof(failure->hint) - used, "%s%s", used ? "; " : "", text);
}

void dfut_session_fail(struct dfut_session *session, int code)
{
	if (is_refusal(session, code) && go_back(session))
		return;
	if (session->conductor.going_back) {
		session->failure = session->conductor.refusal;
		code = session->failure.code;
	}
	explain_open(session, code);
	if (session->failure.code != code)
		dfut_fail(&session->failure, code, "%s: %s", dfut_session_state_get_name(session->conductor.state),
			  dfut_error_get_text(code));
	if (session->conductor.stage == DFUT_STAGE_TRIGGER && code != DFUT_ERROR_CANCELLED)
		dfut_session_name_tried(session);
	tell_where_it_waits(session, code);
	if (code == DFUT_ERROR_GONE && !session->failure.hint[0])
		dfut_hint(&session->failure, "plug the device in again and repeat");
	dfut_context_log(session->context, code == DFUT_ERROR_CANCELLED ? DFUT_LOG_INFO : DFUT_LOG_ERROR, "%s: %s",
			 session->device->path, session->failure.text);
	end_session(session, code == DFUT_ERROR_CANCELLED ? DFUT_SESSION_CANCELLED : DFUT_SESSION_FAILED);
}

static void succeed(struct dfut_session *session)
{
	if (session->conductor.going_back) {
		session->failure = session->conductor.refusal;
		if (session->findings.restarted)
			add_hint(&session->failure, "nothing was written; the application has been started again");
		else
			tell_where_it_waits(session, session->failure.code);
		dfut_context_log(session->context, DFUT_LOG_ERROR, "%s: %s", session->device->path,
				 session->failure.text);
		end_session(session, DFUT_SESSION_FAILED);
		return;
	}
	dfut_session_tell_success(session);
	end_session(session, DFUT_SESSION_DONE);
}

/* Running machines. */

void dfut_session_go_on(struct dfut_session *session)
{
	session->conductor.leg++;
	dfut_session_proceed(session);
}

void dfut_session_free_run(struct dfut_session *session)
{
	dfut_run_free(session->conductor.run);
	session->conductor.run = NULL;
}

/* It had been asked to leave, and was given up: gone at the next open means that it left. */
static bool has_left_before(const struct dfut_session *session, int code)
{
	const struct dfut_run *run = session->conductor.run;

	return code == DFUT_ERROR_GONE && session->conductor.may_yet_leave && run && !dfut_run_has_reached(run);
}

static void leg_ended(void *owner, int code, enum dfut_end end)
{
	struct dfut_session *session = owner;
	struct dfut_conductor *conductor = &session->conductor;
	const struct dfut_leg *leg = &session->plan.legs[conductor->leg];

	if (has_left_before(session, code)) {
		dfut_failure_clear(&session->failure);
		code = 0;
		end = DFUT_END_RESTARTED;
	}
	dfut_session_free_run(session);
	if (code == DFUT_ERROR_NO_MEMORY) {
		dfut_session_fail(session, dfut_fail_memory(&session->failure));
		return;
	}
	if (code == 0 && end == DFUT_END_RESTARTED) {
		if (conductor->restarts++ >= RESTART_LIMIT) {
			dfut_fail(&session->failure, DFUT_ERROR_DEVICE,
				  "the device restarts again and again instead of working");
			dfut_session_fail(session, DFUT_ERROR_DEVICE);
			return;
		}
		conductor->triggering = false;
		dfut_session_wait_for_departure(session, end);
		return;
	}
	if (leg->judge)
		code = leg->judge(session, code);
	if (code < 0) {
		dfut_session_fail(session, code);
	} else if (code == DFUT_LEG_AGAIN) {
		dfut_session_proceed(session);
	} else if (end == DFUT_END_STAYS) {
		dfut_session_go_on(session);
	} else {
		conductor->triggering = false;
		dfut_session_wait_for_departure(session, end);
	}
}

/* What the system took for a bus reset, and for those of others before it, is not the device's: all is put off by it. */
static void put_off(struct dfut_session *session)
{
	struct dfut_conductor *conductor = &session->conductor;
	uint64_t held_us = conductor->run ? dfut_run_get_held_us(conductor->run) : 0;

	if (!dfut_session_get_trigger(session, conductor->trigger_at + 1))
		return;
	conductor->share_until_us += held_us;
	conductor->trigger_until_us += held_us;
}

static void trigger_ended(void *owner, int code, enum dfut_end end)
{
	struct dfut_session *session = owner;
	struct dfut_conductor *conductor = &session->conductor;

	put_off(session);
	dfut_session_free_run(session);
	if (code == DFUT_ERROR_NO_MEMORY) {
		dfut_session_fail(session, dfut_fail_memory(&session->failure));
		return;
	}
	conductor->triggering = true;
	conductor->end = end;
	if (code == 0) {
		if (end == DFUT_END_STAYED && session->device->present)
			dfut_session_stayed(session);
		else
			dfut_session_wait_for_departure(session, end);
		return;
	}
	/* The trigger before this one has worked, later than it was given time for; what is about to leave can't be opened. */
	if (conductor->trigger_at &&
	    (code == DFUT_ERROR_GONE || code == DFUT_ERROR_IO || code == DFUT_ERROR_NOT_FOUND)) {
		dfut_session_wait_for_departure(session, DFUT_END_LEAVES);
		return;
	}
	dfut_context_log(session->context, DFUT_LOG_WARNING, "%s: %s: %s", session->device->path,
			 conductor->job.trigger->name, session->failure.text);
	conductor->trigger_at++;
	if (session->device->present && dfut_session_start_next_trigger(session))
		return;
	conductor->trigger_at--;
	dfut_session_fail(session, code);
}

static int begin_run(struct dfut_session *session, const struct dfut_machine_ops *machine, dfut_run_ended ended)
{
	struct dfut_conductor *conductor = &session->conductor;
	struct dfut_peer peer = dfut_device_get_peer(session->device);
	int result;

	dfut_session_free_run(session);
	result = dfut_run_new(&conductor->run, &peer, &session->watcher, ended, session);
	if (result < 0)
		return result;
	conductor->job.failure = &session->failure;
	conductor->job.facts = &session->facts;
	result = dfut_run_begin(conductor->run, machine, &conductor->job);
	if (result < 0)
		dfut_session_free_run(session);
	return result;
}

static void configured(void *owner, int code, enum dfut_end end)
{
	struct dfut_session *session = owner;

	session->conductor.job.configuration = 0;
	if (code == 0)
		code = begin_run(session, session->conductor.machine, session->conductor.ended);
	if (code < 0)
		session->conductor.ended(session, code, end);
}

int dfut_session_start_run(struct dfut_session *session, const struct dfut_machine_ops *machine, dfut_run_ended ended)
{
	session->conductor.machine = machine;
	session->conductor.ended = ended;
	session->conductor.job.configuration = dfut_device_get_needed_configuration(session->device,
										    session->conductor.job.interface);
	return session->conductor.job.configuration ? begin_run(session, &dfut_configure_machine, configured) :
						      begin_run(session, machine, ended);
}

void dfut_session_fill_job(const struct dfut_session *session, struct dfut_job *job)
{
	const struct dfut_device *device = session->device;
	uint8_t number;

	*job = (struct dfut_job){ .detach_timeout_ms = session->detach_timeout_ms,
				  .max_packet_size = device->descriptors.max_packet_size,
				  .transfer_size = session->transfer_size,
				  .patience_ms = session->return_timeout_ms,
				  .restart = session->restart,
				  .restarts = session->conductor.restarts };
	if (dfut_session_get_interface(session, &number)) {
		dfut_session_use_interface(session, job, number);
		job->has_alternates = false;
	}
	if (session->plan.language) {
		memset(session->plan.job, 0, session->plan.language->job_size);
		job->own = session->plan.job;
	}
	if (device->entry) {
		job->quirks = device->entry->quirks;
		job->leave = device->entry->leave;
		job->leave_request = &device->entry->leave_request;
		job->manifest_ms = device->entry->manifest_ms;
	}
}

static size_t count_triggers(const struct dfut_session *session)
{
	return session->has_own || session->trigger ? 1 : session->device->trigger_count;
}

const struct dfut_trigger *dfut_session_get_trigger(const struct dfut_session *session, size_t index)
{
	if (index >= count_triggers(session))
		return NULL;
	return session->has_own ? &session->own :
	       session->trigger ? session->trigger :
				  session->device->triggers[index];
}

/* Each gets an equal share of the time that is left: the last is tried while there is still some. */
static void share_time(struct dfut_session *session)
{
	struct dfut_conductor *conductor = &session->conductor;
	uint64_t now = now_us(session);

	if (conductor->trigger_at == 0)
		conductor->trigger_until_us = now + session->return_timeout_ms * UINT64_C(1000);
	conductor->share_from_us = now;
	conductor->share_until_us = conductor->trigger_until_us;
	if (conductor->trigger_until_us > now)
		conductor->share_until_us = now + (conductor->trigger_until_us - now) /
							  (count_triggers(session) - conductor->trigger_at);
}

/* False if there is no trigger left to try, or no time. */
bool dfut_session_start_next_trigger(struct dfut_session *session)
{
	struct dfut_conductor *conductor = &session->conductor;
	const struct dfut_trigger *trigger = dfut_session_get_trigger(session, conductor->trigger_at);
	struct dfut_target target;
	uint64_t now = now_us(session);
	int result;

	if (!trigger || (conductor->trigger_at && now >= conductor->trigger_until_us))
		return false;
	share_time(session);
	session->findings.unsent[0] = '\0';
	dfut_session_fill_job(session, &conductor->job);
	conductor->job.trigger = trigger;
	if (!dfut_target_find(&target, session->device, trigger))
		target = (struct dfut_target){ .report_size = -1 };
	conductor->job.interface = target.interface;
	conductor->job.report_size = target.report_size;
	conductor->job.is_numbered = target.is_numbered;
	conductor->job.leave_ms = (uint32_t)((conductor->share_until_us - now) / 1000);
	conductor->link = trigger->way->link;
	dfut_session_set_stage(session, DFUT_STAGE_TRIGGER);
	dfut_session_set_state(session, DFUT_SESSION_TRIGGERING);
	result = dfut_session_start_run(session, trigger->way->machine, trigger_ended);
	/* It may not fit this device; the next one may. */
	if (result < 0)
		trigger_ended(session, result, DFUT_END_STAYS);
	return true;
}

static void trigger_for_leg(struct dfut_session *session)
{
	struct dfut_conductor *conductor = &session->conductor;

	conductor->trigger_at = 0;
	if (conductor->triggered >= TRIGGER_LIMIT) {
		dfut_fail(&session->failure, DFUT_ERROR_DEVICE,
			  "the device keeps leaving its bootloader: triggered %u times", conductor->triggered);
		dfut_hint(&session->failure, "try another cable and port, without a hub, and run it again");
		dfut_session_fail(session, DFUT_ERROR_DEVICE);
		return;
	}
	if (!dfut_session_start_next_trigger(session))
		dfut_session_fail(session, dfut_fail(&session->failure, DFUT_ERROR_UNSUPPORTED,
						     "no known trigger fits the device"));
}

void dfut_session_proceed(struct dfut_session *session)
{
	struct dfut_conductor *conductor = &session->conductor;

	while (conductor->leg < session->plan.leg_count) {
		const struct dfut_leg *leg = &session->plan.legs[conductor->leg];
		const struct dfut_machine_ops *machine = NULL;
		int result;

		if (leg->is_wanted && !leg->is_wanted(session)) {
			conductor->leg++;
			continue;
		}
		if (leg->needs == DFUT_MODE_BOOTLOADER && !dfut_session_is_in_bootloader(session)) {
			trigger_for_leg(session);
			return;
		}
		if (!leg->prepare) {
			conductor->leg++;
			continue;
		}
		dfut_session_fill_job(session, &conductor->job);
		conductor->link = DFUT_LINK_USB;
		conductor->ways_tried = 0;
		conductor->way_until_us = 0;
		conductor->is_other_way = false;
		result = leg->prepare(session, &conductor->job, &machine);
		if (result < 0) {
			dfut_session_fail(session, result);
			return;
		}
		conductor->written = conductor->written || leg->state == DFUT_SESSION_ANNOUNCING ||
				     leg->state == DFUT_SESSION_DOWNLOADING;
		dfut_session_set_stage(session, DFUT_STAGE_LEG);
		dfut_session_set_state(session, leg->state);
		result = dfut_session_start_run(session, machine, leg_ended);
		if (result < 0)
			dfut_session_fail(session, result);
		return;
	}
	succeed(session);
}

/* Dispatch. */

static bool is_cancelled(struct dfut_session *session)
{
	bool cancelled;

	pthread_mutex_lock(&session->inbox->lock);
	cancelled = session->cancelled;
	pthread_mutex_unlock(&session->inbox->lock);
	return cancelled;
}

static void cancel(struct dfut_session *session)
{
	const struct dfut_run *run = session->conductor.run;
	const char *remedy = run ? dfut_run_get_remedy(run) : NULL;
	char text[128];

	dfut_fail(&session->failure, DFUT_ERROR_CANCELLED, "cancelled before anything was sent");
	if (session->conductor.stage != DFUT_STAGE_STARTED) {
		dfut_device_describe(session->device, text, sizeof(text));
		dfut_fail(&session->failure, DFUT_ERROR_CANCELLED, "cancelled while %s %s",
			  dfut_session_state_get_name(session->conductor.state), text);
		dfut_hint(&session->failure, "%s",
			  remedy ? remedy : "run it again: it starts from where the device is now");
	}
	dfut_session_fail(session, DFUT_ERROR_CANCELLED);
}

static uint64_t get_stage_deadline_us(const struct dfut_session *session)
{
	switch (session->conductor.stage) {
	case DFUT_STAGE_STARTED:
		return 0;
	case DFUT_STAGE_LEAVING:
	case DFUT_STAGE_RETURNING:
		return session->conductor.deadline_us;
	case DFUT_STAGE_NEW:
	case DFUT_STAGE_LEG:
	case DFUT_STAGE_TRIGGER:
	case DFUT_STAGE_ENDED:
		break;
	}
	return UINT64_MAX;
}

static void expire(struct dfut_session *session)
{
	switch (session->conductor.stage) {
	case DFUT_STAGE_STARTED:
		session->conductor.started_us = now_us(session);
		session->conductor.phase_us = session->conductor.started_us;
		dfut_session_proceed(session);
		break;
	case DFUT_STAGE_LEAVING:
		dfut_session_stayed(session);
		break;
	case DFUT_STAGE_RETURNING:
		if (dfut_session_look_for_return(session))
			break;
		if (dfut_session_is_held_up(session))
			break;
		if (dfut_session_find_moved(session))
			dfut_session_returned(session, dfut_session_find_moved(session));
		else
			dfut_session_never_returned(session);
		break;
	case DFUT_STAGE_NEW:
	case DFUT_STAGE_LEG:
	case DFUT_STAGE_TRIGGER:
	case DFUT_STAGE_ENDED:
		break;
	}
}

static uint64_t get_deadline_us(void *owner)
{
	struct dfut_session *session = owner;

	return is_cancelled(session) ? 0 : get_stage_deadline_us(session);
}

static size_t dispatch(void *owner)
{
	struct dfut_session *session = owner;

	if (is_cancelled(session)) {
		cancel(session);
		return 1;
	}
	dfut_session_update_progress(session);
	if (get_stage_deadline_us(session) > now_us(session))
		return 0;
	expire(session);
	return 1;
}

/* A run hears of it by itself. */
static void session_device_left(struct dfut_session *session)
{
	dfut_watcher_wake(&session->watcher);
	switch (session->conductor.stage) {
	case DFUT_STAGE_STARTED:
		dfut_fail(&session->failure, DFUT_ERROR_GONE, "the device left before anything was done");
		dfut_session_fail(session, DFUT_ERROR_GONE);
		break;
	case DFUT_STAGE_LEAVING:
		dfut_session_left(session);
		break;
	case DFUT_STAGE_NEW:
	case DFUT_STAGE_LEG:
	case DFUT_STAGE_TRIGGER:
	case DFUT_STAGE_RETURNING:
	case DFUT_STAGE_ENDED:
		break;
	}
}

/* Or its names have been read since. */
static void session_device_came(struct dfut_session *session, struct dfut_device *device)
{
	if (session->conductor.stage != DFUT_STAGE_RETURNING || !dfut_session_is_the_one(session, device))
		return;
	dfut_watcher_wake(&session->watcher);
	dfut_session_returned(session, device);
}

static void device_changed(void *owner, const struct dfut_change *change)
{
	struct dfut_session *session = owner;
	struct dfut_device *device = change->device;
	bool own = session->device->bus == change->bus && session->device->instance == change->instance;

	/* Once the own device has left, it may be that one. */
	if (session->conductor.stage != DFUT_STAGE_RETURNING && dfut_session_is_twin(session, device))
		session->conductor.has_twin = true;
	switch (change->event) {
	case DFUT_DEVICE_LEFT:
		if (own)
			session_device_left(session);
		else if (dfut_session_is_twin(session, device))
			session->conductor.has_twin_left = true;
		break;
	case DFUT_DEVICE_CHANGED:
		if (own)
			dfut_session_replace_device(session, device);
		else
			session_device_came(session, device);
		break;
	case DFUT_DEVICE_ARRIVED:
		session_device_came(session, device);
		break;
	}
}

const struct dfut_watcher_ops dfut_session_watcher_ops = { get_deadline_us, dispatch, device_changed };
