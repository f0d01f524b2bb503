/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Which of the devices that are there is meant: never one that nobody named, and never the first of several. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device/list.h"
#include "device/match.h"
#include "session/session.h"

/* In texts; more are counted. */
#define LIST_LIMIT 8

struct choice {
	struct dfut_context *context;
	const struct dfut_match *match;
	struct dfut_device_list *list;	 /* that fit the match */
	struct dfut_device **candidates; /* belong to the list */
	size_t count;
	bool is_unfit;	  /* the image fits none of them */
	bool is_narrowed; /* there were more, which seemed to fit less well */
};

typedef bool (*candidate_test)(const struct choice *choice, const struct dfut_device *device);

/* What is there. What is not known of a device that is not complete may fit, until it is. */

static bool is_named_by_image(const struct choice *choice, const struct dfut_device *device)
{
	return choice->match->image && dfut_image_names(choice->match->image, device);
}

/* Whether it waits for firmware, and says so. */
static bool is_bootloader(const struct dfut_device *device)
{
	return device->mode == DFUT_MODE_BOOTLOADER && !(device->is_generic && device->is_mode_guessed);
}

/* A product that the table knows, or that waits for firmware; anything else may be somebody's webcam. */
static bool is_known(const struct choice *choice, const struct dfut_device *device)
{
	if (dfut_match_names_device(choice->match) || is_named_by_image(choice, device) || is_bootloader(device))
		return true;
	return device->mode != DFUT_MODE_UNKNOWN && !device->is_generic;
}

static bool may_be_known(const struct choice *choice, const struct dfut_device *device)
{
	return is_known(choice, device) || dfut_device_lacks_kind(device);
}

static bool has_alternate(const struct choice *choice, const struct dfut_device *device)
{
	return device->names || device->mode == DFUT_MODE_APPLICATION || device->is_mode_guessed ||
	       dfut_match_fits_memory(choice->match, device);
}

static bool is_spoken_to(const struct dfut_device *device)
{
	const char *protocol = dfut_device_get_protocol(device);

	return !*protocol || dfut_language_find(protocol);
}

/* An Arduino Uno, of which nothing is known but who can write it, stands beside those that can be meant. */
static bool is_of_use(const struct choice *choice, const struct dfut_device *device)
{
	(void)choice;
	return is_spoken_to(device) || device->trigger_count;
}

static bool takes_image(const struct choice *choice, const struct dfut_device *device)
{
	const struct dfut_match *match = choice->match;
	struct dfut_failure ignored = { 0 };
	unsigned int force = match->force;

	if (dfut_image_is_for(match->image, match->bootloader_vendor_id, match->bootloader_product_id))
		force |= DFUT_CHECK_IDS;
	if (!is_spoken_to(device))
		return false;
	return device->names || dfut_image_fit(match->image, device, match->alternate, force, &ignored) == 0;
}

static bool waits_for_firmware(const struct choice *choice, const struct dfut_device *device)
{
	(void)choice;
	return is_bootloader(device) || dfut_device_lacks_kind(device);
}

static size_t count_kept(const struct choice *choice, candidate_test test)
{
	size_t count = 0;

	for (size_t i = 0; i < choice->count; i++)
		count += test(choice, choice->candidates[i]);
	return count;
}

static void narrow(struct choice *choice, candidate_test test)
{
	size_t count = 0;

	for (size_t i = 0; i < choice->count; i++)
		if (test(choice, choice->candidates[i]))
			choice->candidates[count++] = choice->candidates[i];
	choice->is_narrowed = choice->is_narrowed || count < choice->count;
	choice->count = count;
}

static bool is_in(const struct dfut_devices *devices, const struct dfut_device *device)
{
	for (size_t i = 0; i < devices->count; i++)
		if (devices->items[i] == device)
			return true;
	return false;
}

/* It does not fit the match as it is, and would if a name were another than none. */
static bool may_become(const struct choice *choice, const struct dfut_device *device)
{
	const struct dfut_match *match = choice->match;

	return !is_in(&choice->list->devices, device) &&
	       (dfut_device_lacks_kind(device) || ((match->serial_number || match->bootloader_serial_number) &&
						   dfut_device_lacks_string(device, device->descriptors.serial_index)));
}

static int begin(struct choice *choice)
{
	const struct dfut_devices *devices = &choice->list->devices;
	const struct dfut_devices *unread = &choice->list->unread;

	choice->candidates = calloc(devices->count + unread->count + 1, sizeof(*choice->candidates));
	if (!choice->candidates)
		return dfut_fail_memory(&choice->context->failure);
	for (size_t i = 0; i < devices->count; i++)
		choice->candidates[choice->count++] = devices->items[i];
	for (size_t i = 0; i < unread->count; i++)
		if (may_become(choice, unread->items[i]))
			choice->candidates[choice->count++] = unread->items[i];
	return 0;
}

/* Why it is none of them. */

static void list_devices(struct dfut_device *const *devices, size_t count, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < count && i < LIST_LIMIT && used < size; i++) {
		char name[128];

		used += (size_t)snprintf(text + used, size - used, "%s%s (%s%s)", i ? "; " : "",
					 dfut_device_describe(devices[i], name, sizeof(name)),
					 dfut_mode_get_name(devices[i]->mode),
					 devices[i]->is_mode_guessed ? ", guessed" : "");
	}
	if (count > LIST_LIMIT && used < size)
		snprintf(text + used, size - used, "; and %zu more", count - LIST_LIMIT);
}

static int fail_ambiguous(const struct choice *choice)
{
	char text[900];

	list_devices(choice->candidates, choice->count, text, sizeof(text));
	dfut_fail(&choice->context->failure, DFUT_ERROR_AMBIGUOUS, "%zu devices fit: %s", choice->count, text);
	dfut_hint(&choice->context->failure, "choose one by its port path, serial number or ids");
	return DFUT_ERROR_AMBIGUOUS;
}

static int fail_unfit(const struct choice *choice)
{
	char text[900];

	list_devices(choice->candidates, choice->count, text, sizeof(text));
	dfut_fail(&choice->context->failure, DFUT_ERROR_NOT_FOUND, "the file fits none of these devices: %s", text);
	dfut_hint(&choice->context->failure,
		  "choose one by its port path, serial number or ids to see why the file does not fit it");
	return DFUT_ERROR_NOT_FOUND;
}

/* Nothing was named, and what is there is nothing that may be taken unasked. */
static int fail_unnamed(const struct choice *choice, struct dfut_device *const *devices, size_t count)
{
	char text[900];

	list_devices(devices, count, text, sizeof(text));
	dfut_fail(&choice->context->failure, DFUT_ERROR_NOT_FOUND, "no device that is known is there, only %s", text);
	dfut_hint(
		&choice->context->failure,
		"if one of them is meant, choose it by its ids, port path or serial number; a device that the table does not "
		"know also needs its way into the bootloader (a request, a report or a touch of its port)");
	return DFUT_ERROR_NOT_FOUND;
}

static int fail_not_there(const struct choice *choice, struct dfut_device *const *devices, size_t count)
{
	char wanted[256], text[600];

	dfut_match_describe(choice->match, wanted, sizeof(wanted));
	list_devices(devices, count, text, sizeof(text));
	dfut_fail(&choice->context->failure, DFUT_ERROR_NOT_FOUND, "there is no device%s; there are %s", wanted, text);
	dfut_hint(&choice->context->failure,
		  "after an update, or in its bootloader, a device may have other ids and another serial number");
	return DFUT_ERROR_NOT_FOUND;
}

static int fail_empty(const struct choice *choice)
{
	char wanted[256];

	dfut_match_describe(choice->match, wanted, sizeof(wanted));
	dfut_fail(&choice->context->failure, DFUT_ERROR_NOT_FOUND, "there is no device%s: nothing is plugged in",
		  wanted);
	dfut_hint(&choice->context->failure, "is it plugged in, and with a cable that has data lines?");
	return DFUT_ERROR_NOT_FOUND;
}

static int fail_not_found(const struct choice *choice, const struct dfut_look *look)
{
	const struct dfut_match any = DFUT_MATCH_INIT;
	struct dfut_device_list *all;
	int result = dfut_device_list_fill(&all, look, &any);

	if (result < 0)
		return result;
	if (all->devices.count == 0)
		result = fail_empty(choice);
	else if (dfut_match_names_device(choice->match) || choice->match->mode != DFUT_MODE_UNKNOWN)
		result = fail_not_there(choice, all->devices.items, all->devices.count);
	else
		result = fail_unnamed(choice, all->devices.items, all->devices.count);
	dfut_device_list_free(all);
	return result;
}

/* The choice. */

static void choose(struct choice *choice)
{
	const struct dfut_match *match = choice->match;

	narrow(choice, may_be_known);
	if (choice->count > 1 && !dfut_match_names_device(match) && count_kept(choice, is_of_use))
		narrow(choice, is_of_use);
	choice->is_narrowed = false;
	/* One device alone is told in the session's words what it lacks. */
	if (choice->count > 1 && dfut_match_asks_for_memory(match) && count_kept(choice, has_alternate))
		narrow(choice, has_alternate);
	if (choice->count > 1 && match->image) {
		choice->is_unfit = count_kept(choice, takes_image) == 0;
		if (!choice->is_unfit)
			narrow(choice, takes_image);
	}
	if (choice->count > 1 && match->image && !dfut_match_names_device(match) &&
	    count_kept(choice, waits_for_firmware) == 1)
		narrow(choice, waits_for_firmware);
}

static bool is_candidate(const struct choice *choice, const struct dfut_device *device)
{
	for (size_t i = 0; i < choice->count; i++)
		if (choice->candidates[i] == device)
			return true;
	return false;
}

/* The first candidate by its port that more could be known of, NULL if there is none. */
static const struct dfut_device *get_incomplete(const struct choice *choice)
{
	for (size_t i = 0; i < choice->list->unread.count; i++)
		if (is_candidate(choice, choice->list->unread.items[i]))
			return choice->list->unread.items[i];
	return NULL;
}

/* Whether more to see could make it another choice. On its port there is one device. */
static bool is_decided(const struct choice *choice, const struct dfut_look *look)
{
	return !get_incomplete(choice) && (dfut_look_has_all(look) || (choice->match->path && choice->count));
}

/* Without more to see: only one that is meant whatever its names are. */
static int decide(const struct choice *choice, const struct dfut_look *look)
{
	const struct dfut_device *incomplete = get_incomplete(choice);
	bool is_one = choice->count == 1 && !choice->is_unfit;

	if (is_one && incomplete && !choice->is_narrowed && is_in(&choice->list->devices, incomplete) &&
	    (choice->match->path || dfut_match_has_ids(choice->match)))
		incomplete = NULL;
	if (incomplete || !(dfut_look_has_all(look) || (choice->match->path && choice->count)))
		return dfut_look_fail(look, incomplete, &choice->context->failure);
	if (is_one)
		return 0;
	if (choice->is_unfit)
		return fail_unfit(choice);
	return choice->count ? fail_ambiguous(choice) : fail_not_found(choice, look);
}

/* Guesses. */

/* Objects don't change: a scan puts one with this mode in the place of the one that was chosen. */
static int overrule_guess(const struct choice *choice, struct dfut_device **device)
{
	enum dfut_mode said = dfut_match_get_mode(choice->match, *device);
	struct dfut_device *old = *device;
	int result;

	if (said == old->mode)
		return 0;
	old->said_mode = said;
	result = dfut_context_look(choice->context, &choice->context->failure);
	if (result < 0)
		return result;
	for (struct dfut_device *at = dfut_registry_get_devices(choice->context); at; at = at->next)
		if (at->bus == old->bus && at->instance == old->instance)
			*device = at;
	return 0;
}

static int judge(struct choice *choice, const struct dfut_look *look)
{
	struct dfut_match wide = *choice->match;
	int result;

	/* The memory decides only between several devices. */
	wide.alternate = NULL;
	wide.configuration = DFUT_MATCH_ANY;
	wide.interface_number = DFUT_MATCH_ANY;
	choice->count = 0;
	choice->is_unfit = false;
	result = dfut_device_list_fill(&choice->list, look, &wide);
	if (result == 0)
		result = begin(choice);
	if (result == 0)
		choose(choice);
	return result;
}

static void forget(struct choice *choice)
{
	free(choice->candidates);
	choice->candidates = NULL;
	dfut_device_list_free(choice->list);
	choice->list = NULL;
}

static int find(struct dfut_device **device, struct dfut_context *context, const struct dfut_match *match)
{
	struct choice choice = { .context = context, .match = match };
	struct dfut_look look;
	int result = dfut_look_begin(&look, context);

	if (result < 0)
		return result;
	result = judge(&choice, &look);
	while (result == 0 && !is_decided(&choice, &look) && dfut_look_go_on(&look)) {
		forget(&choice);
		result = judge(&choice, &look);
	}
	if (result == 0)
		result = decide(&choice, &look);
	if (result == 0) {
		*device = choice.candidates[0];
		result = overrule_guess(&choice, device);
	}
	*device = result == 0 ? dfut_device_ref(*device) : NULL;
	forget(&choice);
	return result;
}

DFUT_API int dfut_device_find(struct dfut_device **device, struct dfut_context *context, const struct dfut_match *match)
{
	struct dfut_match wanted;
	int result = dfut_match_take(&wanted, match, &context->failure);

	*device = NULL;
	return result < 0 ? result : find(device, context, &wanted);
}

/* Waiting. */

static uint64_t get_deadline_us(void *owner)
{
	const uint64_t *until_us = owner;

	return *until_us;
}

static size_t dispatch(void *owner)
{
	(void)owner;
	return 0;
}

static void device_changed(void *owner, const struct dfut_change *change)
{
	(void)owner;
	(void)change;
}

static int fail_timeout(struct dfut_context *context, int timeout_ms)
{
	struct dfut_failure *failure = &context->failure;
	char text[sizeof(failure->text)], hint[sizeof(failure->hint)];

	snprintf(text, sizeof(text), "%s", failure->text);
	snprintf(hint, sizeof(hint), "%s", failure->hint);
	dfut_fail(failure, DFUT_ERROR_TIMEOUT, "waited %d ms: %s", timeout_ms, text);
	dfut_hint(failure, "%s", hint);
	return DFUT_ERROR_TIMEOUT;
}

/* Whether another device is meant. A file for several families of chips fits none, whatever comes. */
static bool is_bystander(const struct choice *choice, const struct dfut_device *device)
{
	const struct dfut_match *match = choice->match;

	return match->image && !dfut_match_names_device(match) && !is_named_by_image(choice, device) &&
	       !device->names && !dfut_image_has_several_groups(match->image) &&
	       dfut_image_fit(match->image, device, match->alternate, match->force, &choice->context->failure) < 0;
}

/* Beside a bystander, what is waited for may still come. */
static int find_fitting(struct dfut_device **device, struct dfut_context *context, const struct dfut_match *match)
{
	const struct choice choice = { .context = context, .match = match };
	int result = find(device, context, match);

	if (result < 0 || !is_bystander(&choice, *device))
		return result;
	dfut_device_unref(*device);
	*device = NULL;
	return DFUT_ERROR_NOT_FOUND;
}

static int wait(struct dfut_device **device, struct dfut_context *context, const struct dfut_match *match,
		int timeout_ms)
{
	static const struct dfut_watcher_ops ops = { get_deadline_us, dispatch, device_changed };
	uint64_t until_us = timeout_ms < 0 ? UINT64_MAX :
					     dfut_context_get_time_us(context) + (uint64_t)timeout_ms * 1000;
	struct dfut_watcher watcher = { .is_waiting = true };
	int result = find_fitting(device, context, match);

	dfut_watcher_add(&watcher, context, &ops, &until_us);
	watcher.is_waiting = true;
	while (result == DFUT_ERROR_NOT_FOUND && dfut_context_get_time_us(context) < until_us) {
		result = dfut_context_dispatch_until(context, until_us);
		if (result >= 0)
			result = find_fitting(device, context, match);
	}
	dfut_watcher_remove(&watcher);
	return result == DFUT_ERROR_NOT_FOUND ? fail_timeout(context, timeout_ms) : result;
}

DFUT_API int dfut_device_wait(struct dfut_device **device, struct dfut_context *context, const struct dfut_match *match,
			      int timeout_ms)
{
	struct dfut_match wanted;
	int result = dfut_match_take(&wanted, match, &context->failure);

	*device = NULL;
	if (result < 0)
		return result;
	if (context->dispatching)
		return dfut_fail(&context->failure, DFUT_ERROR_USAGE, "a device can't be waited for inside a handler");
	return wait(device, context, &wanted, timeout_ms);
}
