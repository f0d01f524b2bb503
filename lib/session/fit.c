/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Whether an image fits a device: ids, format, size. */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "device/registry.h"
#include "image/image.h"
#include "language/language.h"
#include "session/session.h"

static bool has_range(const struct dfut_rule *rules, size_t count)
{
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < rules[i].id_count; k++)
			if (rules[i].ids[k].product_first != rules[i].ids[k].product_last)
				return true;
	return false;
}

/* The ids in a file may be those of the application or of the bootloader: both are the same product. */
static bool ids_fit(const struct dfut_device *device, uint16_t vendor, uint16_t product)
{
	const struct dfut_entry *entry = device->entry;
	uint16_t own_vendor = device->descriptors.vendor_id;
	uint16_t own_product = device->descriptors.product_id;

	if ((vendor == DFUT_ID_ANY || vendor == own_vendor) && (product == DFUT_ID_ANY || product == own_product))
		return true;
	if (!entry || vendor == DFUT_ID_ANY || product == DFUT_ID_ANY)
		return false;
	/* A family with a wildcard says nothing about one of its members. */
	if (has_range(entry->application, entry->application_count) ||
	    has_range(entry->bootloader, entry->bootloader_count))
		return false;
	return (dfut_rules_have_ids(entry->application, entry->application_count, vendor, product) ||
		dfut_rules_have_ids(entry->bootloader, entry->bootloader_count, vendor, product)) &&
	       (dfut_rules_have_ids(entry->application, entry->application_count, own_vendor, own_product) ||
		dfut_rules_have_ids(entry->bootloader, entry->bootloader_count, own_vendor, own_product));
}

bool dfut_image_is_for(const struct dfut_image *image, int vendor, int product)
{
	uint16_t own_vendor, own_product;

	return dfut_image_get_ids(image, &own_vendor, &own_product, NULL) && vendor != DFUT_MATCH_ANY &&
	       (own_vendor == DFUT_ID_ANY || own_vendor == vendor) &&
	       (own_product == DFUT_ID_ANY || product == DFUT_MATCH_ANY || own_product == product);
}

bool dfut_image_names(const struct dfut_image *image, const struct dfut_device *device)
{
	uint16_t vendor, product;

	return dfut_image_get_ids(image, &vendor, &product, NULL) && vendor != DFUT_ID_ANY && product != DFUT_ID_ANY &&
	       ids_fit(device, vendor, product);
}

/* By its very ids, not by a range of them. */
static bool is_named(const struct dfut_rule *rules, size_t count, uint16_t vendor, uint16_t product)
{
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < rules[i].id_count; k++)
			if (rules[i].ids[k].vendor == vendor && rules[i].ids[k].product_first == product &&
			    rules[i].ids[k].product_last == product)
				return true;
	return false;
}

static bool has_ids(const struct dfut_rule *rules, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (rules[i].id_count)
			return true;
	return false;
}

static bool has_protocol(const struct dfut_entry *entry, const char *protocol)
{
	for (size_t i = 0; i < entry->protocols.count; i++)
		if (strcmp(entry->protocols.items[i], protocol) == 0)
			return true;
	return false;
}

/* Of a bootloader that shows later, the ids may be any but those of one that speaks none of its languages. */
static bool may_speak(const struct dfut_device *device, uint16_t vendor, uint16_t product)
{
	struct dfut_candidates candidates = dfut_registry_find_entries(device->context, vendor);
	const struct dfut_entry *entry;
	bool is_known = false;

	while ((entry = dfut_candidates_next(&candidates)) != NULL) {
		if (!dfut_rules_have_ids(entry->bootloader, entry->bootloader_count, vendor, product))
			continue;
		if (has_protocol(device->entry, entry->protocol))
			return true;
		is_known = true;
	}
	return !is_known;
}

/* An application of no known product may have one of the known bootloaders behind it, its family's or, if that is known by
 * nothing but its language, any that speaks that: they are asked again once they are there. */
static bool may_be_bootloader(const struct dfut_device *device, uint16_t vendor, uint16_t product)
{
	const struct dfut_entry *own = device->entry;
	struct dfut_candidates candidates;
	const struct dfut_entry *entry;

	if (device->mode == DFUT_MODE_APPLICATION && own && own->protocols.count)
		return may_speak(device, vendor, product);
	if (device->mode != DFUT_MODE_APPLICATION || !own ||
	    is_named(own->application, own->application_count, device->descriptors.vendor_id,
		     device->descriptors.product_id))
		return false;
	if (has_ids(own->bootloader, own->bootloader_count))
		return dfut_rules_have_ids(own->bootloader, own->bootloader_count, vendor, product);
	candidates = dfut_registry_find_entries(device->context, vendor);
	while ((entry = dfut_candidates_next(&candidates)) != NULL)
		if (strcmp(entry->protocol, own->protocol) == 0 &&
		    dfut_rules_have_ids(entry->bootloader, entry->bootloader_count, vendor, product))
			return true;
	return false;
}

static int check_ids(const struct dfut_image *image, const struct dfut_device *device, struct dfut_failure *failure)
{
	uint16_t vendor, product;
	char text[128];

	if (!dfut_image_get_ids(image, &vendor, &product, NULL) || ids_fit(device, vendor, product) ||
	    may_be_bootloader(device, vendor, product))
		return 0;
	dfut_fail_check(failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_IDS,
			"the file is made for %04x:%04x, the device is %s", vendor, product,
			dfut_device_describe(device, text, sizeof(text)));
	/* What a known product becomes is known. */
	if (device->mode != DFUT_MODE_BOOTLOADER && device->is_generic)
		dfut_hint(failure, "if it has these ids in its bootloader, name them, too (-d APP,BOOT)");
	return DFUT_ERROR_MISMATCH;
}

/* The alternate setting that it will go to, NULL while that is not known. */
static const struct dfut_interface *find_target(const struct dfut_device *device, const char *alternate)
{
	static const struct dfut_place any = { -1, -1 };
	struct dfut_failure ignored;

	if (device->mode != DFUT_MODE_BOOTLOADER || !device->descriptors.dfu_interface)
		return NULL;
	if (alternate)
		return dfut_device_find_alternate(device, &any, alternate, &ignored);
	if (dfut_device_count_alternates(device) == 1)
		return device->descriptors.dfu_interface;
	return dfut_device_find_slot(device, DFUT_SLOT_UPDATE);
}

static int fail_target(const struct dfut_device *device, const char *why, const struct dfut_interface *target,
		       struct dfut_failure *failure)
{
	const struct dfut_interface *update = dfut_device_find_slot(device, DFUT_SLOT_UPDATE);

	dfut_fail_check(failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_MEMORY_MAP, "\"%s\" %s", target->name, why);
	if (update)
		dfut_hint(failure, "download to \"%s\": the bootloader starts it from there", update->name);
	return DFUT_ERROR_MISMATCH;
}

static int check_target(const struct dfut_device *device, const struct dfut_interface *target,
			struct dfut_failure *failure)
{
	if (dfut_device_is_slot(device, target, DFUT_SLOT_READ_ONLY))
		return fail_target(device, "is read-only", target, failure);
	if (!dfut_device_is_slot(device, target, DFUT_SLOT_RUNNING) || !dfut_device_find_slot(device, DFUT_SLOT_UPDATE))
		return 0;
	return fail_target(device, "holds the firmware that runs, and can't be written in place", target, failure);
}

/* Of a device that names its slots, other memories take anything. */
static bool has_format(const struct dfut_device *device, const struct dfut_interface *target)
{
	const struct dfut_slots *slots = &device->entry->slots;
	bool has_names = slots->names[DFUT_SLOT_RUNNING].count || slots->names[DFUT_SLOT_UPDATE].count;

	return !has_names || !target || dfut_device_is_slot(device, target, DFUT_SLOT_RUNNING) ||
	       dfut_device_is_slot(device, target, DFUT_SLOT_UPDATE);
}

/* They go to another language, as long as it is not in its DFU mode. */
static bool is_other_file(const struct dfut_image *image, const struct dfut_device *device)
{
	const char *other = device->entry->other_files;

	return other && device->mode != DFUT_MODE_BOOTLOADER && dfut_language_find(other) &&
	       dfut_language_takes(dfut_language_find(other), dfut_image_get_format(image));
}

static int check_format(const struct dfut_image *image, const struct dfut_device *device,
			const struct dfut_interface *target, struct dfut_failure *failure)
{
	static const struct {
		const char *format;
		const char *text;
	} hints[] = {
		{ "mcuboot", "use the signed file, for Zephyr zephyr.signed.bin" },
		{ "esp", "use build/dfu.bin, which \"idf.py dfu\" makes" },
	};
	const char *format = device->entry->slots.format;

	if (!format || !has_format(device, target) || strcmp(format, dfut_image_get_format(image)) == 0 ||
	    is_other_file(image, device))
		return 0;
	dfut_fail_check(failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_FORMAT,
			"the device takes %s images, the file is \"%s\": it would never be started", format,
			dfut_image_get_format(image));
	for (size_t i = 0; i < DFUT_COUNT(hints); i++)
		if (strcmp(format, hints[i].format) == 0)
			dfut_hint(failure, "%s", hints[i].text);
	return DFUT_ERROR_MISMATCH;
}

/* To other bootloaders, the images of a package would be nothing but bytes without an address. */
static int check_language(const struct dfut_image *image, const struct dfut_device *device,
			  struct dfut_failure *failure)
{
	const struct dfut_language *language = dfut_language_find_by_format(dfut_image_get_format(image));

	if (!language || strcmp(device->entry->protocol, language->name) == 0)
		return 0;
	if (has_protocol(device->entry, language->name) || is_other_file(image, device))
		return 0;
	if (device->entry->protocols.count)
		return dfut_fail_check(failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_FORMAT,
				       "the file is for bootloaders that speak \"%s\", which no %s has", language->name,
				       device->entry->title);
	return dfut_fail_check(failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_FORMAT,
			       "the file is for bootloaders that speak \"%s\", the one of the device speaks \"%s\"",
			       language->name, device->entry->protocol);
}

static int check_machine(const struct dfut_image *image, const struct dfut_device *device, struct dfut_failure *failure)
{
	const char *machine = device->entry->machine;

	if (!machine || !image->machine || strcmp(machine, image->machine) == 0)
		return 0;
	return dfut_fail_check(failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_FORMAT,
			       "the program is for %s, the device has %s", image->machine, machine);
}

static int check_size(const struct dfut_image *image, const struct dfut_device *device, struct dfut_failure *failure)
{
	uint64_t size = device->entry->slots.size;

	if (!size || dfut_image_get_size(image) <= size)
		return 0;
	return dfut_fail_check(failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_SIZE,
			       "the image has %zu bytes, the memory of the device %llu", dfut_image_get_size(image),
			       (unsigned long long)size);
}

/* An application that was linked for another place, or a file that has the bootloader, too. */
static int check_start(const struct dfut_image *image, const struct dfut_device *device, struct dfut_failure *failure)
{
	const struct dfut_slots *slots = &device->entry->slots;
	struct dfut_segment segment;

	for (size_t i = 0; slots->has_start && i < dfut_image_get_segment_count(image); i++) {
		dfut_image_find_segment(image, i, &segment);
		if (!segment.has_address || segment.address >= slots->start)
			continue;
		dfut_fail_check(failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_MEMORY_MAP,
				"the file has data at 0x%08" PRIx32 ", and the application of this device begins at "
				"0x%08" PRIx32 ": its bootloader is below",
				segment.address, slots->start);
		dfut_hint(failure, "the program must be linked for 0x%08" PRIx32, slots->start);
		return DFUT_ERROR_MISMATCH;
	}
	return 0;
}

static int check_groups(const struct dfut_image *image, const struct dfut_device *device, struct dfut_failure *failure)
{
	const struct dfut_language *language = dfut_language_find(dfut_device_get_protocol(device));

	if (!dfut_image_has_several_groups(image) || (language && language->takes_groups))
		return 0;
	dfut_fail(failure, DFUT_ERROR_MISMATCH, "the file has firmware for several chips or boards");
	dfut_image_hint_families(image, failure);
	return DFUT_ERROR_MISMATCH;
}

int dfut_image_fit(const struct dfut_image *image, const struct dfut_device *device, const char *alternate,
		   unsigned int force, struct dfut_failure *failure)
{
	const struct dfut_interface *target = find_target(device, alternate);
	int result = check_groups(image, device, failure);

	if (result == 0 && !(force & DFUT_CHECK_IDS))
		result = check_ids(image, device, failure);
	if (result == 0 && device->entry && !(force & DFUT_CHECK_FORMAT))
		result = check_format(image, device, target, failure);
	if (result == 0 && device->entry && !(force & DFUT_CHECK_FORMAT))
		result = check_language(image, device, failure);
	if (result == 0 && device->entry && !(force & DFUT_CHECK_FORMAT))
		result = check_machine(image, device, failure);
	if (result == 0 && device->entry && !(force & DFUT_CHECK_SIZE))
		result = check_size(image, device, failure);
	if (result == 0 && device->entry && !(force & DFUT_CHECK_MEMORY_MAP))
		result = check_start(image, device, failure);
	if (result == 0 && !(force & DFUT_CHECK_MEMORY_MAP))
		result = check_target(device, target, failure);
	return result;
}

int dfut_session_check_fit(struct dfut_session *session)
{
	unsigned int force = session->force | (session->plan.has_right_ids ? DFUT_CHECK_IDS : 0);

	return dfut_image_fit(session->plan.image, session->device, session->alternate, force, &session->failure);
}

DFUT_API int dfut_image_check(const struct dfut_image *image, const struct dfut_device *device, const char *alternate,
			      unsigned int force)
{
	return dfut_image_fit(image, device, alternate, force, image->failure);
}
