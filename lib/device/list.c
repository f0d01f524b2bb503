/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Lists of devices: what is plugged in now. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device/list.h"
#include "device/match.h"

static int add(struct dfut_devices *devices, struct dfut_device *device, struct dfut_failure *failure)
{
	if (devices->count == devices->room) {
		size_t room = devices->room ? 2 * devices->room : 16;
		void *grown = realloc(devices->items, room * sizeof(struct dfut_device *));

		if (!grown)
			return dfut_fail_memory(failure);
		devices->items = grown;
		devices->room = room;
	}
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

/* Two sorted neighbours, [0, middle) and [middle, count). Equal ones stay in their order. */
static void merge(struct dfut_device *const *from, size_t middle, size_t count, struct dfut_device **to)
{
	size_t left = 0, right = middle;

	while (left < middle || right < count) {
		bool takes_left = right == count || (left < middle && compare_devices(from[left], from[right]) <= 0);

		*to++ = takes_left ? from[left++] : from[right++];
	}
}

/* Equal places, of different buses, stay in the order in which they were found. */
static int sort(struct dfut_devices *devices, struct dfut_failure *failure)
{
	struct dfut_device **sorted = devices->count ? calloc(devices->count, sizeof(struct dfut_device *)) : NULL;

	if (devices->count && !sorted)
		return dfut_fail_memory(failure);
	for (size_t width = 1; width < devices->count; width *= 2) {
		struct dfut_device **unsorted = devices->items;

		for (size_t at = 0; at < devices->count; at += 2 * width) {
			size_t left = devices->count - at;

			merge(unsorted + at, width < left ? width : left, 2 * width < left ? 2 * width : left,
			      sorted + at);
		}
		devices->items = sorted;
		sorted = unsorted;
		devices->room = devices->count;
	}
	free(sorted);
	return 0;
}

static int fill(struct dfut_device_list *list, const struct dfut_match *match)
{
	struct dfut_failure *failure = &list->context->failure;
	struct dfut_device *device = dfut_registry_get_devices(list->context);

	for (; device; device = device->next) {
		if (dfut_match_fits(match, device) && add(&list->devices, device, failure) < 0)
			return DFUT_ERROR_NO_MEMORY;
		if (device->names && dfut_match_may_fit(match, device) && add(&list->unread, device, failure) < 0)
			return DFUT_ERROR_NO_MEMORY;
	}
	if (sort(&list->devices, failure) < 0)
		return DFUT_ERROR_NO_MEMORY;
	return sort(&list->unread, failure);
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
	struct dfut_match wanted;
	struct dfut_look look;
	int result;

	*list = NULL;
	result = dfut_match_take(&wanted, match, &context->failure);
	if (result == 0)
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
