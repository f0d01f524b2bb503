/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Lists of devices: what is plugged in now, and which of it is meant. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device/registry.h"

/* How long a list waits for a bus that is still reading the strings of new devices. */
#define LOOK_LIMIT_US 2000000

struct dfut_device_list {
	struct dfut_context *context;
	size_t count;
	struct dfut_device **devices;
};

static bool ids_fit(int vendor, int product, const struct dfut_device *device)
{
	return (vendor == DFUT_MATCH_ANY || vendor == device->descriptors.vendor_id) &&
	       (product == DFUT_MATCH_ANY || product == device->descriptors.product_id);
}

/* A bootloader that the table expects of a device with the ids that were given for the application. */
static bool is_expected(const struct dfut_match *match, const struct dfut_device *device)
{
	const struct dfut_entry *entry = dfut_registry_get_table(device->context);

	for (; entry; entry = entry->next) {
		if (match->vendor_id == DFUT_MATCH_ANY || match->product_id == DFUT_MATCH_ANY)
			return false;
		if (dfut_rules_have_ids(entry->application, entry->application_count, (uint16_t)match->vendor_id,
					(uint16_t)match->product_id) &&
		    dfut_rules_have_ids(entry->bootloader, entry->bootloader_count, device->descriptors.vendor_id,
					device->descriptors.product_id))
			return true;
	}
	return false;
}

static bool fits_ids(const struct dfut_match *match, const struct dfut_device *device)
{
	bool pair = match->bootloader_vendor_id != DFUT_MATCH_ANY || match->bootloader_product_id != DFUT_MATCH_ANY;

	if (device->mode != DFUT_MODE_BOOTLOADER)
		return ids_fit(match->vendor_id, match->product_id, device);
	if (pair)
		return ids_fit(match->bootloader_vendor_id, match->bootloader_product_id, device);
	return ids_fit(match->vendor_id, match->product_id, device) || is_expected(match, device);
}

static bool fits_serial(const struct dfut_match *match, const struct dfut_device *device)
{
	const char *wanted = match->serial_number;

	if (device->mode == DFUT_MODE_BOOTLOADER && match->bootloader_serial_number)
		wanted = match->bootloader_serial_number;
	return !wanted || strcmp(wanted, dfut_device_get_serial_number(device)) == 0;
}

static bool fits_alternate(const struct dfut_match *match, const struct dfut_device *device)
{
	struct dfut_failure ignored;

	if (!match->alternate || device->mode == DFUT_MODE_APPLICATION)
		return true;
	return dfut_device_find_alternate(device, match->alternate, &ignored) != NULL;
}

static bool fits(const struct dfut_match *match, const struct dfut_device *device)
{
	if (!match)
		return true;
	return fits_ids(match, device) && fits_serial(match, device) && fits_alternate(match, device) &&
	       (!match->path || strcmp(match->path, device->path) == 0) &&
	       (match->mode == DFUT_MODE_UNKNOWN || match->mode == device->mode);
}

/* Waits until the buses have looked at everything that is there now. */
static int look(struct dfut_context *context)
{
	uint64_t until_us = dfut_context_get_time_us(context) + LOOK_LIMIT_US;
	int result = dfut_context_need_buses(context);

	if (result < 0)
		return result;
	result = dfut_context_scan(context);
	while (result >= 0 && context->incomplete && !context->dispatching &&
	       dfut_context_get_time_us(context) < until_us) {
		dfut_context_dispatch_until(context, until_us);
		result = dfut_context_scan(context);
	}
	return result;
}

static int add(struct dfut_device_list *list, struct dfut_device *device, struct dfut_failure *failure)
{
	void *grown = realloc(list->devices, (list->count + 1) * sizeof(struct dfut_device *));

	if (!grown)
		return dfut_fail_memory(failure);
	list->devices = grown;
	list->devices[list->count++] = dfut_device_ref(device);
	return 0;
}

DFUT_API int dfut_device_list_new(struct dfut_device_list **list, struct dfut_context *context,
				  const struct dfut_match *match)
{
	struct dfut_failure *failure = &context->failure;
	struct dfut_device_list *found;
	int result;

	*list = NULL;
	if (match && match->size < sizeof(*match))
		return dfut_fail(failure, DFUT_ERROR_USAGE, "the match is not initialised: use DFUT_MATCH_INIT");
	/* A bus may say more than its code does. */
	dfut_failure_clear(failure);
	result = look(context);
	if (result < 0 && failure->code != result)
		dfut_fail(failure, result, "devices can't be listed: %s", dfut_error_get_text(result));
	if (result < 0)
		return result;
	found = calloc(1, sizeof(*found));
	if (!found)
		return dfut_fail_memory(failure);
	found->context = dfut_context_ref(context);
	for (struct dfut_device *device = dfut_registry_get_devices(context); device; device = device->next) {
		if (fits(match, device) && add(found, device, failure) < 0) {
			dfut_device_list_free(found);
			return DFUT_ERROR_NO_MEMORY;
		}
	}
	*list = found;
	return 0;
}

DFUT_API size_t dfut_device_list_get_count(const struct dfut_device_list *list)
{
	return list->count;
}

DFUT_API struct dfut_device *dfut_device_list_get(const struct dfut_device_list *list, size_t index)
{
	return index < list->count ? list->devices[index] : NULL;
}

DFUT_API void dfut_device_list_free(struct dfut_device_list *list)
{
	if (!list)
		return;
	for (size_t i = 0; i < list->count; i++)
		dfut_device_unref(list->devices[i]);
	free(list->devices);
	dfut_context_unref(list->context);
	free(list);
}

static bool is_specific(const struct dfut_match *match)
{
	return match &&
	       (match->path || match->vendor_id != DFUT_MATCH_ANY || match->product_id != DFUT_MATCH_ANY ||
		match->bootloader_vendor_id != DFUT_MATCH_ANY || match->bootloader_product_id != DFUT_MATCH_ANY);
}

static int ambiguous(struct dfut_failure *failure, const struct dfut_device_list *list, const size_t *which,
		     size_t count)
{
	char text[900];
	size_t used = 0;

	for (size_t i = 0; i < count && used < sizeof(text); i++) {
		char name[160];

		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s (%s)", i ? "; " : "",
					 dfut_device_describe(list->devices[which[i]], name, sizeof(name)),
					 dfut_mode_get_name(list->devices[which[i]]->mode));
	}
	dfut_fail(failure, DFUT_ERROR_AMBIGUOUS, "%zu devices fit: %s", count, text);
	dfut_hint(failure, "choose one by its port path, serial number or ids");
	return DFUT_ERROR_AMBIGUOUS;
}

static int choose(struct dfut_device **device, struct dfut_failure *failure, const struct dfut_device_list *list,
		  const struct dfut_match *match)
{
	size_t *which = calloc(list->count + 1, sizeof(*which));
	size_t count = 0;
	int result = 0;

	if (!which)
		return dfut_fail_memory(failure);
	for (size_t i = 0; i < list->count; i++)
		if (is_specific(match) || list->devices[i]->mode != DFUT_MODE_UNKNOWN)
			which[count++] = i;
	if (count == 0) {
		result = dfut_fail(failure, DFUT_ERROR_NOT_FOUND, "no device fits among those that are plugged in");
		dfut_hint(failure, "is it plugged in, and with a cable that has data lines?");
	} else if (count > 1) {
		result = ambiguous(failure, list, which, count);
	} else {
		*device = dfut_device_ref(list->devices[which[0]]);
	}
	free(which);
	return result;
}

DFUT_API int dfut_device_find(struct dfut_device **device, struct dfut_context *context, const struct dfut_match *match)
{
	struct dfut_device_list *list;
	int result;

	*device = NULL;
	result = dfut_device_list_new(&list, context, match);
	if (result < 0)
		return result;
	result = choose(device, &context->failure, list, match);
	dfut_device_list_free(list);
	return result;
}
