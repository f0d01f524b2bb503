/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Lists of devices: what is plugged in now, and which of it is meant. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/struct.h"
#include "device/list.h"

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

	/* Then either half may be its own, and says what it is doing. */
	if (device->is_mode_guessed && pair &&
	    (match->vendor_id != DFUT_MATCH_ANY || match->product_id != DFUT_MATCH_ANY) &&
	    (ids_fit(match->vendor_id, match->product_id, device) ||
	     ids_fit(match->bootloader_vendor_id, match->bootloader_product_id, device)))
		return true;
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
	return dfut_device_find_alternate(device, match->alternate, &ignored) || ignored.code == DFUT_ERROR_AMBIGUOUS;
}

static bool fits(const struct dfut_match *match, const struct dfut_device *device)
{
	return fits_ids(match, device) && fits_serial(match, device) && fits_alternate(match, device) &&
	       (!match->path || strcmp(match->path, device->path) == 0) &&
	       (match->mode == DFUT_MODE_UNKNOWN || match->mode == device->mode);
}

static int add(struct dfut_devices *devices, struct dfut_device *device, struct dfut_failure *failure)
{
	void *grown = realloc(devices->items, (devices->count + 1) * sizeof(struct dfut_device *));

	if (!grown)
		return dfut_fail_memory(failure);
	devices->items = grown;
	devices->items[devices->count++] = dfut_device_ref(device);
	return 0;
}

/* "1-2" before "1-10", and before "1-2.1". */
static int compare_paths(const char *a, const char *b)
{
	for (;;) {
		char *a_end, *b_end;
		unsigned long a_number = strtoul(a, &a_end, 10);
		unsigned long b_number = strtoul(b, &b_end, 10);

		if (a_number != b_number)
			return a_number < b_number ? -1 : 1;
		if (*a_end != *b_end || !*a_end)
			return (unsigned char)*a_end - (unsigned char)*b_end;
		a = a_end + 1;
		b = b_end + 1;
	}
}

static int compare_devices(const struct dfut_device *a, const struct dfut_device *b)
{
	if (a->bus_number != b->bus_number)
		return a->bus_number < b->bus_number ? -1 : 1;
	if (*a->path || *b->path)
		return compare_paths(a->path, b->path);
	return a->address < b->address ? -1 : a->address > b->address;
}

/* Equal places, of different buses, stay in the order in which they were found. */
static void sort(struct dfut_devices *devices)
{
	for (size_t i = 1; i < devices->count; i++) {
		struct dfut_device *device = devices->items[i];
		size_t at = i;

		for (; at && compare_devices(devices->items[at - 1], device) > 0; at--)
			devices->items[at] = devices->items[at - 1];
		devices->items[at] = device;
	}
}

/* Whether a device may turn out to fit once its names are known: by what does not depend on them. */
static bool may_fit(const struct dfut_match *match, const struct dfut_device *device)
{
	struct dfut_match known = DFUT_MATCH_INIT;

	if (!match)
		return true;
	known.path = match->path;
	known.vendor_id = match->vendor_id;
	known.product_id = match->product_id;
	if (fits(&known, device))
		return true;
	known.vendor_id = match->bootloader_vendor_id;
	known.product_id = match->bootloader_product_id;
	return (known.vendor_id != DFUT_MATCH_ANY || known.product_id != DFUT_MATCH_ANY) && fits(&known, device);
}

static int fill(struct dfut_device_list *list, const struct dfut_match *match)
{
	struct dfut_failure *failure = &list->context->failure;
	struct dfut_device *device = dfut_registry_get_devices(list->context);

	for (; device; device = device->next) {
		if (fits(match, device) && add(&list->devices, device, failure) < 0)
			return DFUT_ERROR_NO_MEMORY;
		if (device->names && may_fit(match, device) && add(&list->unread, device, failure) < 0)
			return DFUT_ERROR_NO_MEMORY;
	}
	sort(&list->devices);
	sort(&list->unread);
	return 0;
}

int dfut_device_list_fill(struct dfut_device_list **list, const struct dfut_look *look, const struct dfut_match *match)
{
	struct dfut_device_list *made = calloc(1, sizeof(*made));

	*list = NULL;
	if (!made)
		return dfut_fail_memory(&look->context->failure);
	made->context = dfut_context_ref(look->context);
	made->has_all = dfut_look_has_all(look);
	if (fill(made, match) < 0) {
		dfut_device_list_free(made);
		return DFUT_ERROR_NO_MEMORY;
	}
	*list = made;
	return 0;
}

DFUT_API int dfut_device_list_new(struct dfut_device_list **list, struct dfut_context *context,
				  const struct dfut_match *match)
{
	struct dfut_match wanted = DFUT_MATCH_INIT;
	struct dfut_look look;
	int result;

	*list = NULL;
	if (match && !dfut_struct_take(&wanted, sizeof(wanted), match))
		return dfut_fail(&context->failure, DFUT_ERROR_USAGE,
				 "the match is not initialised: use DFUT_MATCH_INIT");
	result = dfut_look_begin(&look, context);
	if (result < 0)
		return result;
	while (dfut_look_go_on(&look))
		;
	return dfut_device_list_fill(list, &look, &wanted);
}

DFUT_API size_t dfut_device_list_get_count(const struct dfut_device_list *list)
{
	return list->devices.count;
}

DFUT_API struct dfut_device *dfut_device_list_get(const struct dfut_device_list *list, size_t index)
{
	return index < list->devices.count ? list->devices.items[index] : NULL;
}

DFUT_API bool dfut_device_list_is_complete(const struct dfut_device_list *list)
{
	return list->has_all && list->unread.count == 0;
}

DFUT_API size_t dfut_device_list_get_unread_count(const struct dfut_device_list *list)
{
	return list->unread.count;
}

DFUT_API struct dfut_device *dfut_device_list_get_unread(const struct dfut_device_list *list, size_t index)
{
	return index < list->unread.count ? list->unread.items[index] : NULL;
}

static void finish(struct dfut_devices *devices)
{
	for (size_t i = 0; i < devices->count; i++)
		dfut_device_unref(devices->items[i]);
	free(devices->items);
}

DFUT_API void dfut_device_list_free(struct dfut_device_list *list)
{
	if (!list)
		return;
	finish(&list->devices);
	finish(&list->unread);
	dfut_context_unref(list->context);
	free(list);
}
