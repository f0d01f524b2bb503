/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Sessions as an application sees them: what it sets, plans, starts and asks. conductor.c carries them out. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/struct.h"
#include "device/look.h"
#include "session/jobs.h"
#include "session/prospect.h"

static const char *const state_names[] = {
	[DFUT_SESSION_NEW] = "new",
	[DFUT_SESSION_DIAGNOSING] = "diagnosing",
	[DFUT_SESSION_PROBING] = "probing",
	[DFUT_SESSION_TRIGGERING] = "triggering",
	[DFUT_SESSION_LEAVING] = "leaving",
	[DFUT_SESSION_RETURNING] = "returning",
	[DFUT_SESSION_MEASURING] = "measuring",
	[DFUT_SESSION_COMPARING] = "comparing",
	[DFUT_SESSION_ANNOUNCING] = "announcing",
	[DFUT_SESSION_DOWNLOADING] = "downloading",
	[DFUT_SESSION_MANIFESTING] = "manifesting",
	[DFUT_SESSION_VERIFYING] = "verifying",
	[DFUT_SESSION_UPLOADING] = "uploading",
	[DFUT_SESSION_COMMANDING] = "commanding",
	[DFUT_SESSION_RESTARTING] = "restarting",
	[DFUT_SESSION_DONE] = "done",
	[DFUT_SESSION_FAILED] = "failed",
	[DFUT_SESSION_CANCELLED] = "cancelled",
};

DFUT_API const char *dfut_session_state_get_name(enum dfut_session_state state)
{
	return (size_t)state < DFUT_COUNT(state_names) ? state_names[state] : "unknown";
}

DFUT_API int dfut_session_new(struct dfut_session **session, struct dfut_device *device)
{
	struct dfut_session *made;

	*session = NULL;
	if (!device)
		return DFUT_ERROR_USAGE;
	made = calloc(1, sizeof(*made));
	if (!made)
		return dfut_fail_memory(&device->context->failure);
	made->context = dfut_context_ref(device->context);
	made->inbox = device->context->inbox;
	pthread_mutex_lock(&made->inbox->lock);
	made->inbox->refs++;
	pthread_mutex_unlock(&made->inbox->lock);
	made->device = dfut_device_ref(device);
	made->bootloader_vendor_id = DFUT_MATCH_ANY;
	made->bootloader_product_id = DFUT_MATCH_ANY;
	made->place = (struct dfut_place){ -1, -1 };
	made->detach_timeout_ms = -1;
	made->return_timeout_ms = DFUT_RETURN_TIMEOUT_MS;
	*session = made;
	return 0;
}

void dfut_session_set_stage(struct dfut_session *session, enum dfut_stage stage)
{
	session->watcher.is_waiting = stage >= DFUT_STAGE_LEG && stage < DFUT_STAGE_ENDED;
	session->conductor.stage = stage;
}

DFUT_API void dfut_session_free(struct dfut_session *session)
{
	if (!session)
		return;
	if (session->teller.telling || (session->conductor.run && dfut_run_is_busy(session->conductor.run))) {
		dfut_fail(&session->context->failure, DFUT_ERROR_USAGE, "a session was freed from inside its handler");
		return;
	}
	dfut_session_set_stage(session, DFUT_STAGE_ENDED);
	dfut_watcher_remove(&session->watcher);
	dfut_run_free(session->conductor.run);
	dfut_device_unref(session->device);
	dfut_plan_clear(&session->plan);
	dfut_facts_clear(&session->facts);
	free(session->alternate);
	free(session->part);
	free(session->volume);
	dfut_session_forget_part_choice(session);
	dfut_inbox_unref(session->inbox);
	dfut_context_unref(session->context);
	free(session);
}

/* Planning. */

/* An object may be older than what is known by now; and what is planned depends on the names of memories. */
static void wait_for_names(struct dfut_session *session)
{
	struct dfut_look look = { session->context,
				  dfut_context_get_time_us(session->context) + DFUT_LOOK_TIMEOUT_MS * UINT64_C(1000) };
	struct dfut_device *present;

	do {
		present = dfut_device_find_present(session->device);
		if (present)
			dfut_session_replace_device(session, present);
	} while (present && present->names == DFUT_NAMES_COMING && dfut_look_go_on(&look));
}

int dfut_session_check_place(struct dfut_session *session)
{
	bool is_any = session->place.configuration < 0 && session->place.interface < 0;

	/* An application does not show what its bootloader has. */
	if (is_any || session->device->mode != DFUT_MODE_BOOTLOADER ||
	    dfut_device_find_first(session->device, &session->place, NULL, &session->failure))
		return 0;
	return session->failure.code;
}

int dfut_session_check_start(struct dfut_session *session)
{
	if (session->conductor.stage != DFUT_STAGE_NEW)
		return dfut_fail(&session->context->failure, DFUT_ERROR_USAGE, "the session was started before");
	dfut_failure_clear(&session->failure);
	dfut_plan_clear(&session->plan);
	dfut_session_forget_part_choice(session);
	wait_for_names(session);
	dfut_session_forget_denial(session);
	if (!session->device->present)
		return dfut_fail(&session->failure, DFUT_ERROR_GONE, "the device is no longer there");
	session->plan.part = session->device->entry ? session->device->entry->part : NULL;
	return dfut_session_check_place(session);
}

/* A trigger that could be meant for another product is only used by name. */
static int refuse_shared(struct dfut_session *session)
{
	const struct dfut_device *device = session->device;
	char text[128], names[256] = "";
	size_t used = 0;

	for (size_t i = 0; i < device->trigger_count && used < sizeof(names); i++)
		used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s", i ? ", " : "",
					 device->triggers[i]->name);
	dfut_fail(&session->failure, DFUT_ERROR_AMBIGUOUS,
		  "%s may be %s, but other products look the same: nothing was sent",
		  dfut_device_describe(device, text, sizeof(text)), device->entry->title);
	dfut_hint(&session->failure, "if you know that it is, choose the trigger by name (--how): %s", names);
	return DFUT_ERROR_AMBIGUOUS;
}

static int refuse_unfit(struct dfut_session *session)
{
	char text[128];

	dfut_device_describe(session->device, text, sizeof(text));
	switch (session->own.way->link) {
	case DFUT_LINK_HID:
		dfut_fail(&session->failure, DFUT_ERROR_UNSUPPORTED, "%s has no HID interface with such a report",
			  text);
		dfut_hint(&session->failure,
			  "a device may know more reports than it declares: name the interface (--interface)");
		break;
	case DFUT_LINK_SERIAL:
		dfut_fail(&session->failure, DFUT_ERROR_UNSUPPORTED, "%s has no serial port to touch", text);
		break;
	case DFUT_LINK_USB:
	case DFUT_LINK_VOLUME:
		return 0;
	}
	return session->failure.code;
}

/* Whoever reads the plan can still do something about rights that will be missing. */
static void plan_rights(struct dfut_session *session)
{
	struct dfut_failure missing = { 0 };

	if (dfut_session_foresee(session, &missing) == 0)
		return;
	dfut_plan_add_step(&session->plan, DFUT_SESSION_DIAGNOSING, 0, 0, "%s; %s", missing.text, missing.hint);
	dfut_context_log(session->context, DFUT_LOG_WARNING, "%s: %s", session->device->path, missing.text);
}

int dfut_session_plan_trigger(struct dfut_session *session)
{
	const struct dfut_device *device = session->device;
	struct dfut_target target;
	char text[128];

	if (device->mode == DFUT_MODE_BOOTLOADER)
		return 0;
	if (session->has_own && !dfut_target_find(&target, device, &session->own) && refuse_unfit(session) < 0)
		return session->failure.code;
	if (!dfut_session_get_trigger(session, 0)) {
		dfut_fail(&session->failure, DFUT_ERROR_UNSUPPORTED, "no known trigger fits %s",
			  dfut_device_describe(device, text, sizeof(text)));
		dfut_hint(
			&session->failure,
			"put it into its bootloader by hand, or give the trigger (--control, --feature-report, --output-report, --touch)");
		return DFUT_ERROR_UNSUPPORTED;
	}
	if (device->is_shared && !session->has_own && !session->trigger)
		return refuse_shared(session);
	plan_rights(session);
	for (size_t i = 0; i < 3 && dfut_session_get_trigger(session, i); i++)
		dfut_plan_add_step(&session->plan, DFUT_SESSION_TRIGGERING, 0, 5000, "%s %s by %s",
				   i ? "if that has no effect, trigger" : "trigger",
				   dfut_device_describe(device, text, sizeof(text)),
				   dfut_session_get_trigger(session, i)->name);
	dfut_plan_add_step(&session->plan, DFUT_SESSION_RETURNING, 0, 2 * session->return_timeout_ms,
			   "wait until it has left the bus and come back as its bootloader");
	return 0;
}

int dfut_session_begin(struct dfut_session *session)
{
	struct dfut_device *device = dfut_registry_get_devices(session->context);

	if (dfut_plan_check(&session->plan, &session->failure) < 0) {
		dfut_plan_clear(&session->plan);
		return session->failure.code;
	}
	dfut_watcher_add(&session->watcher, session->context, &dfut_session_watcher_ops, session);
	session->conductor.stage = DFUT_STAGE_STARTED;
	for (; device; device = device->next)
		session->conductor.has_twin = session->conductor.has_twin || dfut_session_is_twin(session, device);
	return 0;
}

/* Looking must not cost the session the words of its job. */
static int fail_index(const struct dfut_session *session, const char *what, size_t count, size_t index)
{
	return dfut_fail(&session->context->failure, DFUT_ERROR_NOT_FOUND,
			 "the session has %zu %s, none has the index %zu", count, what, index);
}

DFUT_API size_t dfut_session_get_step_count(const struct dfut_session *session)
{
	return session->plan.step_count;
}

DFUT_API int dfut_session_get_step(const struct dfut_session *session, size_t index, struct dfut_step *step,
				   size_t step_size)
{
	if (index >= session->plan.step_count)
		return fail_index(session, "steps", session->plan.step_count, index);
	dfut_struct_give(step, step_size, &session->plan.steps[index], sizeof(*step));
	return 0;
}

DFUT_API int dfut_session_run(struct dfut_session *session)
{
	int result;

	if (session->conductor.stage == DFUT_STAGE_NEW)
		return dfut_fail(&session->failure, DFUT_ERROR_USAGE, "the session was not started");
	/* A session that runs has no text yet. */
	if (session->conductor.stage != DFUT_STAGE_ENDED && session->context->dispatching)
		return dfut_fail(&session->context->failure, DFUT_ERROR_USAGE, "run was called from inside a handler");
	while (session->conductor.stage != DFUT_STAGE_ENDED) {
		result = dfut_context_dispatch_for(session->context, -1, &session->failure);
		if (result < 0)
			return result;
	}
	return session->failure.code;
}

DFUT_API void dfut_session_cancel(struct dfut_session *session)
{
	if (!session)
		return;
	pthread_mutex_lock(&session->inbox->lock);
	session->cancelled = true;
	session->inbox->has_cancelled = true;
	if (session->inbox->events)
		dfut_event_set_wake(session->inbox->events);
	pthread_mutex_unlock(&session->inbox->lock);
}

DFUT_API enum dfut_session_state dfut_session_get_state(const struct dfut_session *session)
{
	return session->conductor.state;
}

DFUT_API bool dfut_session_has_ended(const struct dfut_session *session)
{
	return session->conductor.stage == DFUT_STAGE_ENDED;
}

DFUT_API int dfut_session_get_result(const struct dfut_session *session)
{
	return session->conductor.stage == DFUT_STAGE_ENDED ? session->failure.code : 0;
}

DFUT_API int dfut_session_get_error_code(const struct dfut_session *session)
{
	return session->failure.code;
}

DFUT_API const char *dfut_session_get_message(const struct dfut_session *session)
{
	return session->failure.text;
}

DFUT_API const char *dfut_session_get_hint(const struct dfut_session *session)
{
	return session->failure.hint;
}

DFUT_API const char *dfut_session_get_hint_line(const struct dfut_session *session)
{
	return dfut_failure_get_line(&session->failure);
}

DFUT_API unsigned int dfut_session_get_failed_check(const struct dfut_session *session)
{
	return session->failure.check;
}

DFUT_API enum dfut_verified dfut_session_get_verified(const struct dfut_session *session)
{
	return session->findings.verified;
}

DFUT_API struct dfut_device *dfut_session_get_device(const struct dfut_session *session)
{
	return session->device;
}

DFUT_API size_t dfut_session_get_fact_count(const struct dfut_session *session)
{
	return session->facts.count;
}

DFUT_API int dfut_session_get_fact(const struct dfut_session *session, size_t index, const char **key,
				   const char **value)
{
	if (index >= session->facts.count)
		return fail_index(session, "facts", session->facts.count, index);
	*key = session->facts.items[index].key;
	*value = session->facts.items[index].value;
	return 0;
}
