/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Sessions as an application sees them: what it sets, plans, starts and asks. conductor.c carries them out. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/struct.h"
#include "device/look.h"
#include "session/jobs.h"
#include "session/prospect.h"
#include "usb/dfu.h"

#define RETURN_TIMEOUT_MS 10000

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
	made->return_timeout_ms = RETURN_TIMEOUT_MS;
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

/* Options. */

/* Where the words of a refused call go. The session's own are those of its job, once that was started. */
static struct dfut_failure *get_words(struct dfut_session *session)
{
	return session->conductor.stage == DFUT_STAGE_NEW ? &session->failure : &session->context->failure;
}

DFUT_API int dfut_session_set_alternate(struct dfut_session *session, const char *alternate)
{
	free(session->alternate);
	session->alternate = alternate ? dfut_format_text("%s", alternate) : NULL;
	return alternate && !session->alternate ? dfut_fail_memory(get_words(session)) : 0;
}

DFUT_API int dfut_session_set_interface(struct dfut_session *session, int configuration, int interface_number)
{
	if (configuration < -1 || configuration > UINT8_MAX || interface_number < -1 || interface_number > UINT8_MAX)
		return dfut_fail(get_words(session), DFUT_ERROR_USAGE,
				 "there is no configuration %d or interface %d: both are 0 to 255, or -1 for any",
				 configuration, interface_number);
	session->place = (struct dfut_place){ configuration, interface_number };
	return 0;
}

DFUT_API int dfut_session_set_part(struct dfut_session *session, const char *part)
{
	free(session->part);
	session->part = part ? dfut_format_text("%s", part) : NULL;
	return part && !session->part ? dfut_fail_memory(get_words(session)) : 0;
}

DFUT_API int dfut_session_set_volume(struct dfut_session *session, const char *path)
{
	size_t size = path ? strlen(path) : 1;

	if (!size || size >= UINT16_MAX)
		return dfut_fail(get_words(session), DFUT_ERROR_USAGE,
				 "a path of %zu bytes is none at which a drive is mounted", size);
	free(session->volume);
	session->volume = path ? dfut_format_text("%s", path) : NULL;
	return path && !session->volume ? dfut_fail_memory(get_words(session)) : 0;
}

static int fail_trigger(struct dfut_session *session, const char *name)
{
	const struct dfut_device *device = session->device;
	char names[160] = "";
	size_t used = 0;

	for (size_t i = 0; i < device->trigger_count && used < sizeof(names); i++)
		used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s", i ? ", " : "; it has ",
					 device->triggers[i]->name);
	return dfut_fail(get_words(session), DFUT_ERROR_NOT_FOUND, "the device has no trigger \"%s\"%s", name,
			 used ? names : "; it has none");
}

DFUT_API int dfut_session_set_trigger(struct dfut_session *session, const char *name)
{
	const struct dfut_device *device = session->device;

	session->has_own = false;
	session->trigger = NULL;
	if (!name)
		return 0;
	for (size_t i = 0; i < device->trigger_count; i++) {
		if (strcmp(device->triggers[i]->name, name) == 0) {
			session->trigger = device->triggers[i];
			return 0;
		}
	}
	return fail_trigger(session, name);
}

DFUT_API void dfut_session_set_bootloader_ids(struct dfut_session *session, int vendor_id, int product_id)
{
	session->bootloader_vendor_id = vendor_id;
	session->bootloader_product_id = product_id;
}

/* Bytes that the caller gives for a trigger: 64 at most. */
static int take_data(struct dfut_session *session, uint8_t *out, const void *data, uint16_t size)
{
	if (size > 64)
		return dfut_fail(get_words(session), DFUT_ERROR_USAGE, "a trigger has at most 64 bytes of data");
	if (size && !data)
		return dfut_fail(get_words(session), DFUT_ERROR_USAGE, "no data was given for a trigger of %u bytes",
				 size);
	if (size)
		memcpy(out, data, size);
	return 0;
}

static void use_own(struct dfut_session *session, const struct dfut_trigger *trigger)
{
	session->own = *trigger;
	session->has_own = true;
}

DFUT_API int dfut_session_set_trigger_request(struct dfut_session *session, uint8_t request_type, uint8_t request,
					      uint16_t value, uint16_t index, const void *data, uint16_t size)
{
	struct dfut_trigger trigger = { .name = "the given control request",
					.way = &dfut_way_control_request,
					.number = -1 };

	if (request_type & 0x80)
		return dfut_fail(get_words(session), DFUT_ERROR_USAGE, "a trigger request must go from host to device");
	trigger.control = (struct dfut_control){ request_type, request, value, index, false, { 0 }, size };
	if (take_data(session, trigger.control.data, data, size) < 0)
		return DFUT_ERROR_USAGE;
	use_own(session, &trigger);
	return 0;
}

DFUT_API int dfut_session_set_trigger_report(struct dfut_session *session, int interface, enum dfut_report_type type,
					     uint8_t id, const void *data, uint16_t size)
{
	struct dfut_trigger trigger = { .name = "the given report", .way = &dfut_way_hid_report, .number = interface };

	if (interface < -1 || interface > 254)
		return dfut_fail(get_words(session), DFUT_ERROR_USAGE, "there is no interface %d", interface);
	if (type != DFUT_REPORT_FEATURE && type != DFUT_REPORT_OUTPUT)
		return dfut_fail(get_words(session), DFUT_ERROR_USAGE,
				 "a trigger must be a feature or an output report");
	if (!size && !id)
		return dfut_fail(get_words(session), DFUT_ERROR_USAGE, "a report without an id must have data");
	trigger.report = (struct dfut_report){ .type = type, .id = id, .size = size, .tries = 1 };
	if (take_data(session, trigger.report.data, data, size) < 0)
		return DFUT_ERROR_USAGE;
	use_own(session, &trigger);
	return 0;
}

DFUT_API int dfut_session_set_trigger_touch(struct dfut_session *session, int interface, uint32_t baud)
{
	struct dfut_trigger trigger = { .name = "the given touch", .way = &dfut_way_serial_touch, .number = interface };

	if (interface < -1 || interface > 254)
		return dfut_fail(get_words(session), DFUT_ERROR_USAGE, "there is no interface %d", interface);
	if (!baud)
		return dfut_fail(get_words(session), DFUT_ERROR_USAGE, "a touch needs a speed");
	trigger.baud = baud;
	use_own(session, &trigger);
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

DFUT_API void dfut_session_set_erase(struct dfut_session *session, enum dfut_erase erase)
{
	session->erase = erase;
}

DFUT_API void dfut_session_set_confirm(struct dfut_session *session, bool confirm)
{
	session->leaves_on_test = !confirm;
}

DFUT_API void dfut_session_set_restart(struct dfut_session *session, enum dfut_restart restart)
{
	session->restart = restart;
}

DFUT_API void dfut_session_set_force(struct dfut_session *session, unsigned int force)
{
	session->force = force;
}

DFUT_API void dfut_session_set_upload_size(struct dfut_session *session, uint64_t size)
{
	session->upload_size = size;
}

DFUT_API int dfut_session_set_transfer_size(struct dfut_session *session, uint32_t size)
{
	if (size > DFU_LONGEST_TRANSFER)
		return dfut_fail(get_words(session), DFUT_ERROR_USAGE,
				 "blocks of %" PRIu32 " bytes are more than a request can have: %d at most", size,
				 DFU_LONGEST_TRANSFER);
	session->transfer_size = (uint16_t)size;
	return 0;
}

DFUT_API int dfut_session_set_address(struct dfut_session *session, int64_t address)
{
	if (address < -1 || address > UINT32_MAX)
		return dfut_fail(get_words(session), DFUT_ERROR_USAGE, "an address has 32 bits, %" PRId64 " is none",
				 address);
	session->has_address = address >= 0;
	session->address = session->has_address ? (uint32_t)address : 0;
	return 0;
}

DFUT_API void dfut_session_set_progress_handler(struct dfut_session *session, dfut_progress_handler handler,
						void *user_data)
{
	session->progress_handler = handler;
	session->progress_data = user_data;
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
		return dfut_fail(get_words(session), DFUT_ERROR_USAGE, "the session was started before");
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
	pthread_mutex_lock(&session->inbox->lock);
	session->cancelled = true;
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
