/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The alternate settings of a device's DFU interfaces: the memories that its bootloader offers, and how one is chosen. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device/device.h"
#include "table/table.h"
#include "usb/dfu.h"

#define PROTOCOL_RUNTIME 1
#define LIST_SIZE 700

/* Memories are in the configuration of the first DFU interface; an application's interface beside them has none. */
bool dfut_device_is_memory(const struct dfut_device *device, const struct dfut_interface *interface)
{
	const struct dfut_interface *first = device->descriptors.dfu_interface;

	return first && dfut_interface_is_dfu(interface) && interface->configuration == first->configuration &&
	       (interface->protocol == PROTOCOL_RUNTIME) == (first->protocol == PROTOCOL_RUNTIME);
}

/* NULL after the last, and if the device has no DFU interface. */
static const struct dfut_interface *next_alternate(const struct dfut_device *device, size_t *at)
{
	while (*at < device->descriptors.interface_count) {
		const struct dfut_interface *interface = &device->descriptors.interfaces[(*at)++];

		if (dfut_device_is_memory(device, interface))
			return interface;
	}
	return NULL;
}

size_t dfut_device_count_alternates(const struct dfut_device *device)
{
	size_t at = 0, count = 0;

	while (next_alternate(device, &at))
		count++;
	return count;
}

bool dfut_device_must_select(const struct dfut_device *device, uint8_t interface_number)
{
	const struct dfut_interface *first = device->descriptors.dfu_interface;
	size_t count = 0;

	for (size_t i = 0; first && i < device->descriptors.interface_count; i++) {
		const struct dfut_interface *interface = &device->descriptors.interfaces[i];

		if (interface->configuration == first->configuration && interface->number == interface_number)
			count++;
	}
	return count > 1;
}

static bool has_several_interfaces(const struct dfut_device *device)
{
	const struct dfut_interface *first = NULL, *interface;
	size_t at = 0;

	while ((interface = next_alternate(device, &at))) {
		if (first && first->number != interface->number)
			return true;
		first = interface;
	}
	return false;
}

const char *dfut_device_describe_alternate(const struct dfut_device *device, const struct dfut_interface *interface,
					   char *text, size_t size)
{
	if (has_several_interfaces(device))
		snprintf(text, size, "%u:%u", interface->number, interface->alternate);
	else
		snprintf(text, size, "%u", interface->alternate);
	return text;
}

/* What was asked for: each condition that is not given fits all. */
struct wish {
	struct dfut_place place;
	int number;	  /* -1: not given */
	const char *name; /* NULL: not given */
	bool is_short;	  /* without "@", blanks around it and what tells the memory's addresses, on both sides */
};

static bool is_named(const struct wish *wish, const char *name)
{
	size_t wanted_length, length;
	const char *wanted;

	if (!wish->is_short)
		return strcmp(wish->name, name) == 0;
	wanted = dfu_find_name(wish->name, &wanted_length);
	name = dfu_find_name(name, &length);
	return length && length == wanted_length && memcmp(wanted, name, length) == 0;
}

bool dfut_place_has(const struct dfut_place *place, const struct dfut_interface *interface)
{
	return (place->configuration < 0 || place->configuration == interface->configuration) &&
	       (place->interface < 0 || place->interface == interface->number);
}

static bool fits(const struct wish *wish, const struct dfut_interface *interface)
{
	return dfut_place_has(&wish->place, interface) && (wish->number < 0 || wish->number == interface->alternate) &&
	       (!wish->name || (interface->name && is_named(wish, interface->name)));
}

/* Those that fit, listed as they can be given. Descriptors that say the same setting twice mean one. */
static size_t find(const struct dfut_device *device, const struct wish *wish, const struct dfut_interface **found,
		   char *list, size_t list_size)
{
	const struct dfut_interface *interface;
	size_t at = 0, count = 0, used = 0;

	*found = NULL;
	while ((interface = next_alternate(device, &at))) {
		char text[16];

		if (!fits(wish, interface) ||
		    (*found && (*found)->number == interface->number && (*found)->alternate == interface->alternate))
			continue;
		if (!*found)
			*found = interface;
		if (list && used < list_size)
			used += (size_t)snprintf(list + used, list_size - used, "%s%s \"%s\"", count ? ", " : "",
						 dfut_device_describe_alternate(device, interface, text, sizeof(text)),
						 interface->name ? interface->name : "");
		count++;
	}
	if (used >= list_size && list)
		memcpy(list + list_size - sizeof("..."), "...", sizeof("..."));
	return count;
}

/* A decimal number, or 0x and a hexadecimal one, up to this end; -1 if it is none that USB can have. */
static int parse_number(const char *text, const char *end)
{
	int base = text[0] == '0' && (text[1] == 'x' || text[1] == 'X') ? 16 : 10;
	char *stop;
	unsigned long number;

	if (*text < '0' || *text > '9')
		return -1;
	number = strtoul(text, &stop, base);
	return stop == end && number <= UINT8_MAX ? (int)number : -1;
}

/* By number, or else by name; "=" says that it is a name. A name as the device has it goes before what it is called for short.
 * How many fit. */
static size_t find_plain(const struct dfut_device *device, struct wish *wish, const char *text,
			 const struct dfut_interface **found)
{
	size_t count = 0;

	wish->number = parse_number(text, text + strlen(text));
	wish->name = NULL;
	wish->is_short = false;
	if (wish->number >= 0)
		count = find(device, wish, found, NULL, 0);
	if (count)
		return count;
	wish->number = -1;
	wish->name = *text == '=' ? text + 1 : text;
	count = find(device, wish, found, NULL, 0);
	if (count)
		return count;
	wish->is_short = true;
	return find(device, wish, found, NULL, 0);
}

/* As find_plain(), or with the interface before a colon; a colon may be in a name, too. */
static size_t find_text(const struct dfut_device *device, const struct dfut_place *place, struct wish *wish,
			const char *text, const struct dfut_interface **found)
{
	const char *colon = strchr(text, ':');
	int interface = colon ? parse_number(text, colon) : -1;
	size_t count = 0;

	wish->place = *place;
	if (interface >= 0 && (place->interface < 0 || place->interface == interface)) {
		wish->place.interface = interface;
		count = find_plain(device, wish, colon + 1, found);
	}
	if (count)
		return count;
	wish->place = *place;
	return find_plain(device, wish, text, found);
}

static void refuse_several(struct dfut_failure *failure, const struct dfut_device *device, const struct wish *wish,
			   const char *alternate)
{
	const struct dfut_interface *found;
	char list[LIST_SIZE] = "";
	size_t count = find(device, wish, &found, list, sizeof(list));

	dfut_fail(failure, DFUT_ERROR_AMBIGUOUS, "%zu alternate settings fit \"%s\": %s", count, alternate, list);
	dfut_hint(failure, "choose one as it is listed, by the number in front of its name (--alt)");
}

/* " on interface 1, in configuration 2" */
static const char *describe_place(const struct dfut_place *place, char *text, size_t size)
{
	size_t used = 0;

	*text = '\0';
	if (place->interface >= 0)
		used = (size_t)snprintf(text, size, " on interface %d", place->interface);
	if (place->configuration >= 0 && used < size)
		snprintf(text + used, size - used, "%s in configuration %d", used ? "," : "", place->configuration);
	return text;
}

static void refuse_none(struct dfut_failure *failure, const struct dfut_device *device, const struct dfut_place *place,
			const char *alternate)
{
	const struct wish any = { { -1, -1 }, -1, NULL, false };
	const struct dfut_interface *first;
	char list[LIST_SIZE] = "", where[64];

	describe_place(place, where, sizeof(where));
	if (!find(device, &any, &first, list, sizeof(list)))
		dfut_fail(failure, DFUT_ERROR_UNSUPPORTED, "the device has no DFU interface");
	else if (!*alternate && !*where)
		dfut_fail(failure, DFUT_ERROR_NOT_FOUND, "the device has %s", list);
	else if (!*where)
		dfut_fail(failure, DFUT_ERROR_NOT_FOUND, "there is no alternate setting \"%s\"; the device has %s",
			  alternate, list);
	else
		dfut_fail(
			failure, DFUT_ERROR_NOT_FOUND,
			"there is no alternate setting%s%s%s%s; the device has, in configuration %u from interface %u on, %s",
			*alternate ? " \"" : "", alternate, *alternate ? "\"" : "", where, first->configuration,
			first->number, list);
	if (*list && device->names)
		dfut_hint(failure, "%s: choose the alternate setting by its number", dfut_device_get_missing(device));
}

const struct dfut_interface *dfut_device_find_alternate(const struct dfut_device *device,
							const struct dfut_place *place, const char *alternate,
							struct dfut_failure *failure)
{
	const struct dfut_interface *found = NULL;
	struct wish wish;
	size_t count = *alternate ? find_text(device, place, &wish, alternate, &found) : 0;

	if (count == 1)
		return found;
	if (count)
		refuse_several(failure, device, &wish, alternate);
	else
		refuse_none(failure, device, place, alternate);
	return NULL;
}

const struct dfut_interface *dfut_device_find_number(const struct dfut_device *device, const struct dfut_place *place,
						     int number, struct dfut_failure *failure)
{
	const struct wish wish = { *place, number, NULL, false };
	const struct dfut_interface *found;
	size_t count = find(device, &wish, &found, NULL, 0);
	char text[16];

	snprintf(text, sizeof(text), "%d", number);
	if (count == 1)
		return found;
	if (count)
		refuse_several(failure, device, &wish, text);
	else
		refuse_none(failure, device, place, text);
	return NULL;
}

const struct dfut_interface *dfut_device_find_first(const struct dfut_device *device, const struct dfut_place *place,
						    size_t *count, struct dfut_failure *failure)
{
	const struct wish wish = { *place, -1, NULL, false };
	const struct dfut_interface *found;
	size_t all = find(device, &wish, &found, NULL, 0);

	if (count)
		*count = all;
	if (!found)
		refuse_none(failure, device, place, "");
	return found;
}

bool dfut_device_is_slot(const struct dfut_device *device, const struct dfut_interface *interface, enum dfut_slot slot)
{
	const struct dfut_names *names;

	if (!device->entry || !interface || !interface->name)
		return false;
	names = &device->entry->slots.names[slot];
	for (size_t i = 0; i < names->count; i++)
		if (strcmp(names->items[i], interface->name) == 0)
			return true;
	return false;
}

const struct dfut_interface *dfut_device_find_slot(const struct dfut_device *device, enum dfut_slot slot)
{
	const struct dfut_interface *interface, *found = NULL;
	size_t at = 0;

	while ((interface = next_alternate(device, &at))) {
		if (!dfut_device_is_slot(device, interface, slot))
			continue;
		if (found && (found->number != interface->number || strcmp(found->name, interface->name) == 0))
			return NULL;
		if (!found)
			found = interface;
	}
	return found;
}
