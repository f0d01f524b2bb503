/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What was asked for, and whether a device fits it. */

#include <stdio.h>
#include <string.h>

#include "base/struct.h"
#include "device/match.h"
#include "device/registry.h"

bool dfut_match_is_id(int id)
{
	return id == DFUT_MATCH_ANY || (id >= 0 && id <= UINT16_MAX);
}

static bool is_number(int number)
{
	return number == DFUT_MATCH_ANY || (number >= 0 && number <= UINT8_MAX);
}

int dfut_match_take(struct dfut_match *wanted, const struct dfut_match *given, struct dfut_failure *failure)
{
	*wanted = (struct dfut_match)DFUT_MATCH_INIT;
	if (given && !dfut_struct_take(wanted, sizeof(*wanted), given))
		return dfut_fail(failure, DFUT_ERROR_USAGE, "the match is not initialised: use DFUT_MATCH_INIT");
	if (!dfut_match_is_id(wanted->vendor_id) || !dfut_match_is_id(wanted->product_id) ||
	    !dfut_match_is_id(wanted->bootloader_vendor_id) || !dfut_match_is_id(wanted->bootloader_product_id))
		return dfut_fail(failure, DFUT_ERROR_USAGE,
				 "no device has such ids: each is 0 to 0xffff, or DFUT_MATCH_ANY for any");
	if (!is_number(wanted->configuration) || !is_number(wanted->interface_number))
		return dfut_fail(
			failure, DFUT_ERROR_USAGE,
			"no device has such a configuration or interface: both are 0 to 255, or DFUT_MATCH_ANY for any");
	return 0;
}

static bool ids_fit(int vendor, int product, const struct dfut_device *device)
{
	return (vendor == DFUT_MATCH_ANY || vendor == device->descriptors.vendor_id) &&
	       (product == DFUT_MATCH_ANY || product == device->descriptors.product_id);
}

/* A bootloader that the table expects of a device with the ids that were given for the application. */
static bool is_expected(const struct dfut_match *match, const struct dfut_device *device)
{
	struct dfut_candidates candidates;
	const struct dfut_entry *entry;

	if (match->vendor_id == DFUT_MATCH_ANY || match->product_id == DFUT_MATCH_ANY)
		return false;
	candidates = dfut_registry_find_entries(device->context, (uint16_t)match->vendor_id);
	while ((entry = dfut_candidates_next(&candidates)) != NULL) {
		if (dfut_rules_have_ids(entry->application, entry->application_count, (uint16_t)match->vendor_id,
					(uint16_t)match->product_id) &&
		    dfut_rules_have_ids(entry->bootloader, entry->bootloader_count, device->descriptors.vendor_id,
					device->descriptors.product_id))
			return true;
	}
	return false;
}

static bool has_application_ids(const struct dfut_match *match)
{
	return match->vendor_id != DFUT_MATCH_ANY || match->product_id != DFUT_MATCH_ANY;
}

static bool has_bootloader_ids(const struct dfut_match *match)
{
	return match->bootloader_vendor_id != DFUT_MATCH_ANY || match->bootloader_product_id != DFUT_MATCH_ANY;
}

bool dfut_match_has_ids(const struct dfut_match *match)
{
	return has_application_ids(match) || has_bootloader_ids(match);
}

bool dfut_match_names_device(const struct dfut_match *match)
{
	return match->path || match->serial_number || match->bootloader_serial_number || dfut_match_has_ids(match);
}

/* A guess is overruled if one half of a pair of ids is the device's own, and the other one is not. */
enum dfut_mode dfut_match_get_mode(const struct dfut_match *match, const struct dfut_device *device)
{
	bool is_application, is_bootloader;

	if (!device->is_mode_guessed || !has_application_ids(match) || !has_bootloader_ids(match))
		return device->mode;
	is_application = ids_fit(match->vendor_id, match->product_id, device);
	is_bootloader = ids_fit(match->bootloader_vendor_id, match->bootloader_product_id, device);
	if (is_application == is_bootloader)
		return device->mode;
	return is_application ? DFUT_MODE_APPLICATION : DFUT_MODE_BOOTLOADER;
}

static bool fits_ids(const struct dfut_match *match, const struct dfut_device *device)
{
	if (dfut_match_get_mode(match, device) != DFUT_MODE_BOOTLOADER)
		return ids_fit(match->vendor_id, match->product_id, device);
	if (has_bootloader_ids(match))
		return ids_fit(match->bootloader_vendor_id, match->bootloader_product_id, device);
	return ids_fit(match->vendor_id, match->product_id, device) || is_expected(match, device);
}

static bool fits_serial(const struct dfut_match *match, const struct dfut_device *device)
{
	const char *wanted = match->serial_number;

	if (dfut_match_get_mode(match, device) == DFUT_MODE_BOOTLOADER && match->bootloader_serial_number)
		wanted = match->bootloader_serial_number;
	return !wanted || strcmp(wanted, dfut_device_get_serial_number(device)) == 0;
}

bool dfut_match_asks_for_memory(const struct dfut_match *match)
{
	return match->alternate || match->configuration != DFUT_MATCH_ANY || match->interface_number != DFUT_MATCH_ANY;
}

bool dfut_match_fits_memory(const struct dfut_match *match, const struct dfut_device *device)
{
	const struct dfut_place place = { match->configuration, match->interface_number };
	struct dfut_failure ignored;

	if (!match->alternate)
		return dfut_device_find_first(device, &place, NULL, &ignored) != NULL;
	return dfut_device_find_alternate(device, &place, match->alternate, &ignored) ||
	       ignored.code == DFUT_ERROR_AMBIGUOUS;
}

static bool fits_memory(const struct dfut_match *match, const struct dfut_device *device)
{
	return !dfut_match_asks_for_memory(match) || dfut_match_get_mode(match, device) == DFUT_MODE_APPLICATION ||
	       dfut_match_fits_memory(match, device);
}

bool dfut_match_fits(const struct dfut_match *match, const struct dfut_device *device)
{
	return fits_ids(match, device) && fits_serial(match, device) && fits_memory(match, device) &&
	       (!match->path || strcmp(match->path, device->path) == 0) &&
	       (match->mode == DFUT_MODE_UNKNOWN || match->mode == dfut_match_get_mode(match, device));
}

static bool may_fit_ids(const struct dfut_match *match, const struct dfut_device *device)
{
	if (!dfut_device_lacks_kind(device))
		return fits_ids(match, device);
	return ids_fit(match->vendor_id, match->product_id, device) ||
	       (has_bootloader_ids(match) ? ids_fit(match->bootloader_vendor_id, match->bootloader_product_id, device) :
					    is_expected(match, device));
}

bool dfut_match_may_fit(const struct dfut_match *match, const struct dfut_device *device)
{
	return may_fit_ids(match, device) && (!match->path || strcmp(match->path, device->path) == 0);
}

/* Words. */

static size_t add_text(char *text, size_t size, size_t used, const char *what, const char *value)
{
	return used < size ? used + (size_t)snprintf(text + used, size - used, "%s%s", what, value) : used;
}

static void describe_ids(int vendor, int product, char *text, size_t size)
{
	char numbers[2][8] = { "*", "*" };

	if (vendor != DFUT_MATCH_ANY)
		snprintf(numbers[0], sizeof(numbers[0]), "%04x", (unsigned int)vendor & 0xffff);
	if (product != DFUT_MATCH_ANY)
		snprintf(numbers[1], sizeof(numbers[1]), "%04x", (unsigned int)product & 0xffff);
	snprintf(text, size, "%s:%s", numbers[0], numbers[1]);
}

/* " 1209:df10, or 1209:df11 in its bootloader, at 1-2" */
void dfut_match_describe(const struct dfut_match *match, char *text, size_t size)
{
	bool is_bootloader = has_bootloader_ids(match) || match->bootloader_serial_number;
	char ids[20];
	size_t used = 0;

	text[0] = '\0';
	if (has_application_ids(match)) {
		describe_ids(match->vendor_id, match->product_id, ids, sizeof(ids));
		used = add_text(text, size, used, " ", ids);
	}
	if (match->serial_number)
		used = add_text(text, size, used, " serial ", match->serial_number);
	if (is_bootloader && used)
		used = add_text(text, size, used, ", or", "");
	if (has_bootloader_ids(match)) {
		describe_ids(match->bootloader_vendor_id, match->bootloader_product_id, ids, sizeof(ids));
		used = add_text(text, size, used, " ", ids);
	}
	if (match->bootloader_serial_number)
		used = add_text(text, size, used, " serial ", match->bootloader_serial_number);
	if (is_bootloader)
		used = add_text(text, size, used, " in its bootloader", "");
	if (match->path)
		used = add_text(text, size, used, is_bootloader ? ", at " : " at ", match->path);
	if (match->mode != DFUT_MODE_UNKNOWN && !(is_bootloader && match->mode == DFUT_MODE_BOOTLOADER))
		add_text(text, size, used, " in its ", dfut_mode_get_name(match->mode));
}
