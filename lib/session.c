/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * The conductor: runs a session's legs, triggers the device when a leg needs its bootloader, and follows it through
 * what that did to the bus. What the legs of each job are is in update.c.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "session.h"

#define RETURN_TIMEOUT_MS 10000
/* A device that refused, or need not leave, leaves within this time or not at all. */
#define REFUSED_TIMEOUT_MS 2000
#define PROGRESS_INTERVAL_US 50000
/* A device that is triggered once more than a session can need does not make progress. */
#define TRIGGER_LIMIT 3
#define RESTART_LIMIT 2

static void proceed(struct dfut_session *session);

static const char *const state_names[] = {
	"new",	     "probing",	  "triggering", "leaving",    "returning", "measuring", "downloading",
	"manifesting", "verifying", "uploading",  "restarting", "done",	   "failed",	"cancelled",
};

DFUT_API const char *dfut_session_state_get_name(enum dfut_session_state state)
{
	return (size_t)state < DFUT_COUNT(state_names) ? state_names[state] : "unknown";
}

DFUT_API int dfut_session_new(struct dfut_session **session, struct dfut_device *device)
{
	struct dfut_session *made = calloc(1, sizeof(*made));

	*session = NULL;
	if (!made)
		return dfut_fail_memory(&device->context->failure);
	made->context = dfut_context_ref(device->context);
	made->inbox = device->context->inbox;
	pthread_mutex_lock(&made->inbox->lock);
	made->inbox->refs++;
	pthread_mutex_unlock(&made->inbox->lock);
	made->device = dfut_device_ref(device);
	made->detach_timeout_ms = -1;
	made->return_timeout_ms = RETURN_TIMEOUT_MS;
	*session = made;
	return 0;
}

static void unlink_session(struct dfut_session *session)
{
	struct dfut_context *context = session->context;

	if (context->session_next == session)
		context->session_next = session->next;
	for (struct dfut_session **at = &context->sessions; *at; at = &(*at)->next) {
		if (*at == session) {
			*at = session->next;
			return;
		}
	}
}

static void set_watching(struct dfut_session *session, enum dfut_stage stage)
{
	bool was = session->stage >= DFUT_STAGE_LEG && session->stage < DFUT_STAGE_ENDED;
	bool is = stage >= DFUT_STAGE_LEG && stage < DFUT_STAGE_ENDED;

	if (is && !was)
		session->context->watchers++;
	if (was && !is)
		session->context->watchers--;
	session->stage = stage;
}

DFUT_API void dfut_session_free(struct dfut_session *session)
{
	if (!session)
		return;
	set_watching(session, DFUT_STAGE_ENDED);
	unlink_session(session);
	dfut_run_free(session->run);
	dfut_device_unref(session->device);
	dfut_image_free(session->image);
	dfut_facts_clear(&session->facts);
	free(session->alternate);
	dfut_inbox_unref(session->inbox);
	dfut_context_unref(session->context);
	free(session);
}

/* Options. */

DFUT_API int dfut_session_set_alternate(struct dfut_session *session, const char *alternate)
{
	free(session->alternate);
	session->alternate = alternate ? dfut_format_text("%s", alternate) : NULL;
	return alternate && !session->alternate ? dfut_fail_memory(&session->failure) : 0;
}

DFUT_API int dfut_session_set_trigger(struct dfut_session *session, const char *name)
{
	const struct dfut_device *device = session->device;

	session->has_request = false;
	session->trigger = NULL;
	if (!name)
		return 0;
	for (size_t i = 0; i < device->trigger_count; i++) {
		if (strcmp(device->triggers[i]->name, name) == 0) {
			session->trigger = device->triggers[i];
			return 0;
		}
	}
	return dfut_fail(&session->failure, DFUT_ERROR_NOT_FOUND, "the device has no trigger \"%s\"", name);
}

DFUT_API int dfut_session_set_trigger_request(struct dfut_session *session, uint8_t request_type, uint8_t request,
					      uint16_t value, uint16_t index, const void *data, uint16_t size)
{
	struct dfut_control *control = &session->request.control;

	if (request_type & 0x80)
		return dfut_fail(&session->failure, DFUT_ERROR_USAGE, "a trigger request must go from host to device");
	if (size > sizeof(control->data))
		return dfut_fail(&session->failure, DFUT_ERROR_USAGE, "a trigger request has at most %zu bytes of data",
				 sizeof(control->data));
	*control = (struct dfut_control){ request_type, request, value, index, false, { 0 }, size };
	if (size)
		memcpy(control->data, data, size);
	session->request.machine = &dfut_control_request_machine;
	session->has_request = true;
	return 0;
}

DFUT_API void dfut_session_set_detach_timeout_ms(struct dfut_session *session, int timeout_ms)
{
	session->detach_timeout_ms = timeout_ms > 0xffff ? 0xffff : timeout_ms;
}

DFUT_API void dfut_session_set_return_timeout_ms(struct dfut_session *session, unsigned int timeout_ms)
{
	session->return_timeout_ms = timeout_ms ? timeout_ms : RETURN_TIMEOUT_MS;
}

DFUT_API void dfut_session_set_verify(struct dfut_session *session, enum dfut_verify verify)
{
	session->verify = verify;
}

DFUT_API void dfut_session_set_force(struct dfut_session *session, unsigned int force)
{
	session->force = force;
}

DFUT_API void dfut_session_set_upload_size(struct dfut_session *session, uint64_t size)
{
	session->upload_size = size;
}

DFUT_API void dfut_session_set_progress_handler(struct dfut_session *session, dfut_progress_handler handler, void *user_data)
{
	session->progress_handler = handler;
	session->progress_data = user_data;
}

/* Legs and plan. */

int dfut_session_add_leg(struct dfut_session *session, const struct dfut_leg *leg)
{
	session->legs[session->leg_count++] = *leg;
	return 0;
}

void dfut_session_add_step(struct dfut_session *session, enum dfut_session_state state, uint64_t bytes, uint32_t time_ms,
			   const char *text, ...)
{
	size_t at = session->step_count++;
	va_list arguments;

	va_start(arguments, text);
	vsnprintf(session->step_texts[at], sizeof(session->step_texts[at]), text, arguments);
	va_end(arguments);
	session->steps[at] = (struct dfut_step){ state, session->step_texts[at], bytes, time_ms };
}

int dfut_session_check_start(struct dfut_session *session)
{
	if (session->stage != DFUT_STAGE_NEW)
		return dfut_fail(&session->failure, DFUT_ERROR_USAGE, "the session was started before");
	dfut_failure_clear(&session->failure);
	if (!session->device->present)
		return dfut_fail(&session->failure, DFUT_ERROR_GONE, "the device is no longer there");
	return 0;
}

int dfut_session_plan_trigger(struct dfut_session *session)
{
	const struct dfut_device *device = session->device;
	char text[128];

	if (device->mode == DFUT_MODE_BOOTLOADER)
		return 0;
	if (!session->has_request && !device->trigger_count) {
		dfut_fail(&session->failure, DFUT_ERROR_UNSUPPORTED, "no known trigger fits %s",
			  dfut_device_describe(device, text, sizeof(text)));
		dfut_hint(&session->failure, "put it into its bootloader by hand, or give the control request that does it");
		return DFUT_ERROR_UNSUPPORTED;
	}
	dfut_session_add_step(session, DFUT_SESSION_TRIGGERING, 0, 5000, "trigger %s by %s",
			      dfut_device_describe(device, text, sizeof(text)),
			      session->has_request ? "the given control request" :
			      session->trigger	   ? session->trigger->name :
						     device->triggers[0]->name);
	dfut_session_add_step(session, DFUT_SESSION_RETURNING, 0, 2 * session->return_timeout_ms,
			      "wait until it has left the bus and come back as its bootloader");
	return 0;
}

int dfut_session_begin(struct dfut_session *session)
{
	struct dfut_session **end = &session->context->sessions;

	while (*end)
		end = &(*end)->next;
	*end = session;
	session->next = NULL;
	session->stage = DFUT_STAGE_STARTED;
	return 0;
}

DFUT_API size_t dfut_session_get_step_count(const struct dfut_session *session)
{
	return session->step_count;
}

DFUT_API int dfut_session_get_step(const struct dfut_session *session, size_t index, struct dfut_step *step)
{
	if (index >= session->step_count)
		return DFUT_ERROR_NOT_FOUND;
	*step = session->steps[index];
	return 0;
}

/* States and progress. */

static uint64_t now_us(const struct dfut_session *session)
{
	return dfut_context_get_time_us(session->context);
}

DFUT_API void dfut_session_get_progress(const struct dfut_session *session, struct dfut_progress *progress)
{
	uint64_t spent_ms;

	*progress = (struct dfut_progress){ .state = session->state, .left_ms = -1 };
	if (session->stage == DFUT_STAGE_NEW || session->stage == DFUT_STAGE_STARTED)
		return;
	if (session->stage == DFUT_STAGE_ENDED) {
		*progress = session->told;
		return;
	}
	progress->elapsed_ms = (now_us(session) - session->started_us) / 1000;
	if (session->run && session->stage == DFUT_STAGE_LEG)
		dfut_run_get_progress(session->run, &progress->done, &progress->total);
	spent_ms = (now_us(session) - session->phase_us) / 1000;
	if (progress->done && progress->total >= progress->done)
		progress->left_ms = (int64_t)(spent_ms * (progress->total - progress->done) / progress->done);
}

static void tell_progress(struct dfut_session *session, const struct dfut_progress *progress)
{
	session->told = *progress;
	session->told_us = now_us(session);
	if (session->progress_handler)
		session->progress_handler(session, progress, session->progress_data);
}

static void set_state(struct dfut_session *session, enum dfut_session_state state)
{
	struct dfut_progress progress;

	if (session->state == state)
		return;
	dfut_context_log(session->context, DFUT_LOG_INFO, "%s: %s", session->device->path, dfut_session_state_get_name(state));
	session->state = state;
	session->phase_us = now_us(session);
	dfut_session_get_progress(session, &progress);
	tell_progress(session, &progress);
}

static void update_progress(struct dfut_session *session)
{
	struct dfut_progress progress;

	if (session->stage == DFUT_STAGE_LEG && session->run)
		set_state(session, dfut_run_get_phase(session->run, session->legs[session->leg].state));
	if (now_us(session) - session->told_us < PROGRESS_INTERVAL_US)
		return;
	dfut_session_get_progress(session, &progress);
	if (progress.done != session->told.done)
		tell_progress(session, &progress);
}

static void end_session(struct dfut_session *session, enum dfut_session_state state)
{
	struct dfut_progress progress;

	dfut_session_get_progress(session, &progress);
	set_watching(session, DFUT_STAGE_ENDED);
	unlink_session(session);
	dfut_run_free(session->run);
	session->run = NULL;
	session->state = state;
	progress.state = state;
	progress.left_ms = 0;
	tell_progress(session, &progress);
}

/* The bus knows more about a device that can't be opened than whoever tried: its node, its owner, who holds it. */
static void explain_open(struct dfut_session *session, int code)
{
	const struct dfut_device *device = session->device;
	struct dfut_failure *told = &session->context->failure;
	struct dfut_failure before = *told;

	if (!device->present || !device->bus->ops.explain)
		return;
	if (device->bus->ops.explain(device->bus->self, device->instance, session->job.interface, code))
		session->failure = *told;
	*told = before;
}

static void fail_session(struct dfut_session *session, int code)
{
	if (code == DFUT_ERROR_ACCESS || code == DFUT_ERROR_BUSY)
		explain_open(session, code);
	if (session->failure.code != code)
		dfut_fail(&session->failure, code, "%s: %s", dfut_session_state_get_name(session->state),
			  dfut_error_get_text(code));
	end_session(session, code == DFUT_ERROR_CANCELLED ? DFUT_SESSION_CANCELLED : DFUT_SESSION_FAILED);
}

static void succeed(struct dfut_session *session)
{
	dfut_session_tell_success(session);
	end_session(session, DFUT_SESSION_DONE);
}

/* Following the device. */

static void replace_device(struct dfut_session *session, struct dfut_device *device)
{
	dfut_device_ref(device);
	dfut_device_unref(session->device);
	session->device = device;
}

static void go_on(struct dfut_session *session)
{
	session->leg++;
	proceed(session);
}

static bool start_trigger(struct dfut_session *session);

/* It was asked to leave, and is still there. */
static void stayed(struct dfut_session *session)
{
	char text[128];

	dfut_device_describe(session->device, text, sizeof(text));
	if (session->end == DFUT_END_MAY_LEAVE) {
		snprintf(session->hint, sizeof(session->hint),
			 "press the device's reset button, or unplug it and plug it in again, to start the new firmware");
		go_on(session);
		return;
	}
	if (session->triggering) {
		session->trigger_at++;
		if (start_trigger(session))
			return;
		if (session->end == DFUT_END_REFUSED)
			dfut_fail(&session->failure, DFUT_ERROR_DEVICE, "%s refused the trigger (stall) and is still there", text);
		else
			dfut_fail(&session->failure, DFUT_ERROR_DEVICE,
				  "%s did not react to the trigger: it is still there after %u ms", text,
				  session->return_timeout_ms);
		dfut_hint(&session->failure, "its firmware may have firmware update switched off; try the device's own way "
					     "into its bootloader, such as a button held while it is plugged in");
		fail_session(session, DFUT_ERROR_DEVICE);
		return;
	}
	dfut_fail(&session->failure, DFUT_ERROR_DEVICE, "%s was to restart, and is still there as before", text);
	dfut_hint(&session->failure, "unplug it and plug it in again, then repeat");
	fail_session(session, DFUT_ERROR_DEVICE);
}

static void never_returned(struct dfut_session *session)
{
	dfut_fail(&session->failure, DFUT_ERROR_TIMEOUT, "%s left the bus and did not come back within %u ms",
		  *session->device->path ? session->device->path : "the device", session->return_timeout_ms);
	if (session->triggering)
		dfut_hint(&session->failure, "give it more time, or unplug it and plug it in again");
	else
		dfut_hint(&session->failure, "if the new firmware does not use USB, this is what it looks like; otherwise unplug "
					     "the device, plug it in again and look what it is");
	fail_session(session, DFUT_ERROR_TIMEOUT);
}

static void returned_from_trigger(struct dfut_session *session, struct dfut_device *device)
{
	char text[128];

	dfut_device_describe(device, text, sizeof(text));
	if (device->mode == DFUT_MODE_BOOTLOADER) {
		replace_device(session, device);
		session->triggered++;
		proceed(session);
		return;
	}
	/* A trigger that no table knows leads to something that no table knows. */
	if (session->has_request && device->mode == DFUT_MODE_UNKNOWN &&
	    (device->raw_size != session->device->raw_size ||
	     memcmp(device->raw, session->device->raw, device->raw_size) != 0)) {
		replace_device(session, device);
		session->legs[session->leg].needs = DFUT_MODE_UNKNOWN;
		proceed(session);
		return;
	}
	dfut_fail(&session->failure, DFUT_ERROR_MISMATCH, "the device left and came back as %s, which is %s", text,
		  device->mode == DFUT_MODE_APPLICATION ? "its application" : "no known bootloader");
	dfut_hint(&session->failure, "it restarted without staying in its bootloader: repeat, or use the device's own way into it");
	replace_device(session, device);
	fail_session(session, DFUT_ERROR_MISMATCH);
}

static void returned(struct dfut_session *session, struct dfut_device *device)
{
	char text[128];

	if (session->triggering) {
		returned_from_trigger(session, device);
		return;
	}
	if (session->end == DFUT_END_RESTARTED) {
		replace_device(session, device);
		proceed(session);
		return;
	}
	replace_device(session, device);
	if (device->mode != DFUT_MODE_BOOTLOADER) {
		session->restarted = true;
		go_on(session);
		return;
	}
	if (session->end == DFUT_END_MAY_LEAVE) {
		snprintf(session->hint, sizeof(session->hint),
			 "the device came back in its bootloader: press its reset button, or unplug it and plug it in again");
		go_on(session);
		return;
	}
	dfut_fail(&session->failure, DFUT_ERROR_DEVICE, "%s restarted into its bootloader again: it does not start the new firmware",
		  dfut_device_describe(device, text, sizeof(text)));
	fail_session(session, DFUT_ERROR_DEVICE);
}

/* Who comes back is who left: by port, where the system tells it, else by serial number. */
static bool is_the_one(const struct dfut_session *session, const struct dfut_device *device)
{
	const struct dfut_device *old = session->device;
	const char *serial = dfut_device_get_serial_number(old);

	if (device == old || device->instance == old->instance)
		return false;
	if (*old->path)
		return strcmp(old->path, device->path) == 0;
	return device->arrived_us >= session->phase_us && *serial &&
	       strcmp(serial, dfut_device_get_serial_number(device)) == 0;
}

static void look_for_return(struct dfut_session *session)
{
	for (struct dfut_device *device = session->context->devices; device; device = device->next) {
		if (is_the_one(session, device)) {
			returned(session, device);
			return;
		}
	}
}

/*
 * Nothing came back to the port in time. Somebody may have plugged the device in elsewhere; but serial numbers are not
 * always unique, so only one that no other device has is believed.
 */
static struct dfut_device *find_moved(const struct dfut_session *session)
{
	const char *serial = dfut_device_get_serial_number(session->device);
	struct dfut_device *found = NULL;

	for (struct dfut_device *device = session->context->devices; *serial && device; device = device->next) {
		if (device->entry != session->device->entry ||
		    strcmp(serial, dfut_device_get_serial_number(device)) != 0)
			continue;
		if (found || device->arrived_us < session->phase_us)
			return NULL;
		found = device;
	}
	return found;
}

static void left(struct dfut_session *session)
{
	set_watching(session, DFUT_STAGE_RETURNING);
	session->deadline_us = now_us(session) + session->return_timeout_ms * UINT64_C(1000);
	set_state(session, DFUT_SESSION_RETURNING);
	look_for_return(session);
}

static void wait_for_departure(struct dfut_session *session, enum dfut_end end)
{
	uint32_t timeout_ms = session->return_timeout_ms;

	session->end = end;
	set_watching(session, DFUT_STAGE_LEAVING);
	if (end == DFUT_END_REFUSED || end == DFUT_END_MAY_LEAVE)
		timeout_ms = timeout_ms < REFUSED_TIMEOUT_MS ? timeout_ms : REFUSED_TIMEOUT_MS;
	session->deadline_us = now_us(session) + timeout_ms * UINT64_C(1000);
	if (!session->device->present) {
		left(session);
		return;
	}
	set_state(session, DFUT_SESSION_LEAVING);
}

/* Running machines. */

static void free_run(struct dfut_session *session)
{
	dfut_run_free(session->run);
	session->run = NULL;
}

static void leg_ended(void *owner, int code, enum dfut_end end)
{
	struct dfut_session *session = owner;
	const struct dfut_leg *leg = &session->legs[session->leg];

	free_run(session);
	if (code == 0 && end == DFUT_END_RESTARTED) {
		if (session->restarts++ >= RESTART_LIMIT) {
			dfut_fail(&session->failure, DFUT_ERROR_DEVICE, "the device restarts again and again instead of working");
			fail_session(session, DFUT_ERROR_DEVICE);
			return;
		}
		session->triggering = false;
		wait_for_departure(session, end);
		return;
	}
	if (leg->judge)
		code = leg->judge(session, code);
	if (code < 0) {
		fail_session(session, code);
		return;
	}
	if (end == DFUT_END_STAYS) {
		go_on(session);
		return;
	}
	session->triggering = false;
	wait_for_departure(session, end);
}

static void trigger_ended(void *owner, int code, enum dfut_end end)
{
	struct dfut_session *session = owner;

	free_run(session);
	if (code == 0) {
		session->triggering = true;
		wait_for_departure(session, end);
		return;
	}
	session->trigger_at++;
	if (session->device->present && start_trigger(session))
		return;
	fail_session(session, code);
}

static int start_run(struct dfut_session *session, const struct dfut_machine_ops *machine, dfut_run_ended ended)
{
	int result;

	session->job.failure = &session->failure;
	session->job.facts = &session->facts;
	result = dfut_run_new(&session->run, session->device, machine, &session->job, ended, session);
	if (result < 0)
		return result;
	dfut_run_begin(session->run);
	return 0;
}

static void fill_dfu_job(const struct dfut_session *session, struct dfut_job *job)
{
	const struct dfut_device *device = session->device;

	*job = (struct dfut_job){ .detach_timeout_ms = session->detach_timeout_ms,
				  .dfu = device->descriptors.dfu,
				  .has_descriptor = device->descriptors.has_functional,
				  .max_packet_size = device->descriptors.max_packet_size };
	if (device->descriptors.dfu_index >= 0)
		job->interface = device->descriptors.interfaces[device->descriptors.dfu_index].number;
	if (device->entry) {
		job->quirks = device->entry->quirks;
		job->leave = device->entry->leave;
	}
}

static const struct dfut_trigger *get_trigger(const struct dfut_session *session)
{
	if (session->has_request || session->trigger)
		return session->trigger_at ? NULL : session->has_request ? &session->request : session->trigger;
	return session->trigger_at < session->device->trigger_count ? session->device->triggers[session->trigger_at] : NULL;
}

/* False if there is no trigger left to try. */
static bool start_trigger(struct dfut_session *session)
{
	const struct dfut_trigger *trigger = get_trigger(session);
	int result;

	if (!trigger)
		return false;
	fill_dfu_job(session, &session->job);
	session->job.control = &trigger->control;
	if (trigger->machine != &dfut_dfu_detach_machine && trigger->interface.given)
		dfut_device_find_interface(session->device, &trigger->interface, &session->job.interface);
	set_watching(session, DFUT_STAGE_TRIGGER);
	set_state(session, DFUT_SESSION_TRIGGERING);
	result = start_run(session, trigger->machine, trigger_ended);
	if (result < 0)
		fail_session(session, result);
	return true;
}

static void trigger_for_leg(struct dfut_session *session)
{
	session->trigger_at = 0;
	if (session->triggered >= TRIGGER_LIMIT) {
		dfut_fail(&session->failure, DFUT_ERROR_DEVICE, "the device keeps leaving its bootloader: triggered %u times",
			  session->triggered);
		fail_session(session, DFUT_ERROR_DEVICE);
		return;
	}
	if (!start_trigger(session)) {
		dfut_fail(&session->failure, DFUT_ERROR_UNSUPPORTED, "no known trigger fits the device");
		fail_session(session, DFUT_ERROR_UNSUPPORTED);
	}
}

static void proceed(struct dfut_session *session)
{
	while (session->leg < session->leg_count) {
		const struct dfut_leg *leg = &session->legs[session->leg];
		const struct dfut_machine_ops *machine = NULL;
		int result;

		if (leg->is_wanted && !leg->is_wanted(session)) {
			session->leg++;
			continue;
		}
		if (leg->needs == DFUT_MODE_BOOTLOADER && session->device->mode != DFUT_MODE_BOOTLOADER) {
			trigger_for_leg(session);
			return;
		}
		if (!leg->prepare) {
			session->leg++;
			continue;
		}
		fill_dfu_job(session, &session->job);
		session->counted = 0;
		result = leg->prepare(session, &session->job, &machine);
		if (result < 0) {
			fail_session(session, result);
			return;
		}
		set_watching(session, DFUT_STAGE_LEG);
		set_state(session, leg->state);
		result = start_run(session, machine, leg_ended);
		if (result < 0)
			fail_session(session, result);
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
	char text[128];

	dfut_fail(&session->failure, DFUT_ERROR_CANCELLED, "cancelled while %s %s",
		  dfut_session_state_get_name(session->state), dfut_device_describe(session->device, text, sizeof(text)));
	if (session->stage != DFUT_STAGE_STARTED)
		dfut_hint(&session->failure, "run it again: it takes up where the device stands");
	fail_session(session, DFUT_ERROR_CANCELLED);
}

static uint64_t get_deadline_us(const struct dfut_session *session)
{
	switch (session->stage) {
	case DFUT_STAGE_STARTED:
		return 0;
	case DFUT_STAGE_LEG:
	case DFUT_STAGE_TRIGGER:
		return session->run ? dfut_run_get_deadline_us(session->run) : UINT64_MAX;
	case DFUT_STAGE_LEAVING:
	case DFUT_STAGE_RETURNING:
		return session->deadline_us;
	case DFUT_STAGE_NEW:
	case DFUT_STAGE_ENDED:
		break;
	}
	return UINT64_MAX;
}

static void expire(struct dfut_session *session)
{
	switch (session->stage) {
	case DFUT_STAGE_STARTED:
		session->started_us = now_us(session);
		session->phase_us = session->started_us;
		proceed(session);
		break;
	case DFUT_STAGE_LEG:
	case DFUT_STAGE_TRIGGER:
		dfut_run_expire(session->run);
		break;
	case DFUT_STAGE_LEAVING:
		stayed(session);
		break;
	case DFUT_STAGE_RETURNING:
		if (find_moved(session))
			returned(session, find_moved(session));
		else
			never_returned(session);
		break;
	case DFUT_STAGE_NEW:
	case DFUT_STAGE_ENDED:
		break;
	}
}

static size_t dispatch_session(struct dfut_session *session)
{
	if (is_cancelled(session)) {
		cancel(session);
		return 1;
	}
	update_progress(session);
	if (get_deadline_us(session) > now_us(session))
		return 0;
	expire(session);
	return 1;
}

size_t dfut_sessions_dispatch(struct dfut_context *context)
{
	struct dfut_session *session = context->sessions;
	size_t done = 0;

	while (session) {
		context->session_next = session->next;
		done += dispatch_session(session);
		session = context->session_next;
	}
	return done;
}

uint64_t dfut_sessions_get_deadline_us(struct dfut_context *context)
{
	uint64_t deadline_us = UINT64_MAX;

	for (struct dfut_session *session = context->sessions; session; session = session->next) {
		uint64_t own_us = is_cancelled(session) ? 0 : get_deadline_us(session);

		deadline_us = own_us < deadline_us ? own_us : deadline_us;
	}
	return deadline_us;
}

static void session_device_left(struct dfut_session *session)
{
	switch (session->stage) {
	case DFUT_STAGE_STARTED:
		dfut_fail(&session->failure, DFUT_ERROR_GONE, "the device left before anything was done");
		fail_session(session, DFUT_ERROR_GONE);
		break;
	case DFUT_STAGE_LEG:
	case DFUT_STAGE_TRIGGER:
		if (session->run)
			dfut_run_device_left(session->run);
		break;
	case DFUT_STAGE_LEAVING:
		left(session);
		break;
	case DFUT_STAGE_NEW:
	case DFUT_STAGE_RETURNING:
	case DFUT_STAGE_ENDED:
		break;
	}
}

static void session_device_changed(struct dfut_session *session, struct dfut_device *device, enum dfut_device_event event)
{
	bool own = session->device->bus == device->bus && session->device->instance == device->instance;

	switch (event) {
	case DFUT_DEVICE_LEFT:
		if (own)
			session_device_left(session);
		break;
	case DFUT_DEVICE_CHANGED:
		if (own)
			replace_device(session, device);
		break;
	case DFUT_DEVICE_ARRIVED:
		if (session->stage == DFUT_STAGE_RETURNING && is_the_one(session, device))
			returned(session, device);
		break;
	}
}

void dfut_sessions_device_changed(struct dfut_context *context, struct dfut_device *device, enum dfut_device_event event)
{
	struct dfut_session *session = context->sessions;

	while (session) {
		context->session_next = session->next;
		session_device_changed(session, device, event);
		session = context->session_next;
	}
}

DFUT_API int dfut_session_run(struct dfut_session *session)
{
	int result;

	if (session->stage == DFUT_STAGE_NEW)
		return dfut_fail(&session->failure, DFUT_ERROR_USAGE, "the session was not started");
	while (session->stage != DFUT_STAGE_ENDED) {
		result = dfut_context_dispatch(session->context, -1);
		if (result < 0)
			return dfut_fail(&session->failure, result, "%s", session->context->failure.text);
	}
	return session->failure.code;
}

DFUT_API void dfut_session_cancel(struct dfut_session *session)
{
	pthread_mutex_lock(&session->inbox->lock);
	session->cancelled = true;
	if (session->inbox->events)
		dfut_event_set_wake(session->inbox->events);
	pthread_mutex_unlock(&session->inbox->lock);
}

DFUT_API enum dfut_session_state dfut_session_get_state(const struct dfut_session *session)
{
	return session->state;
}

DFUT_API bool dfut_session_has_ended(const struct dfut_session *session)
{
	return session->stage == DFUT_STAGE_ENDED;
}

DFUT_API int dfut_session_get_result(const struct dfut_session *session)
{
	return session->stage == DFUT_STAGE_ENDED ? session->failure.code : 0;
}

DFUT_API const char *dfut_session_get_message(const struct dfut_session *session)
{
	return session->failure.text;
}

DFUT_API const char *dfut_session_get_hint(const struct dfut_session *session)
{
	return session->failure.hint;
}

DFUT_API unsigned int dfut_session_get_failed_check(const struct dfut_session *session)
{
	return session->failure.check;
}

DFUT_API enum dfut_verified dfut_session_get_verified(const struct dfut_session *session)
{
	return session->verified;
}

DFUT_API struct dfut_device *dfut_session_get_device(const struct dfut_session *session)
{
	return session->device;
}

DFUT_API size_t dfut_session_get_fact_count(const struct dfut_session *session)
{
	return session->facts.count;
}

DFUT_API int dfut_session_get_fact(const struct dfut_session *session, size_t index, const char **key, const char **value)
{
	if (index >= session->facts.count)
		return DFUT_ERROR_NOT_FOUND;
	*key = session->facts.items[index].key;
	*value = session->facts.items[index].value;
	return 0;
}
