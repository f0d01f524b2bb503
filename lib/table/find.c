/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Finding a device in the device table. */

#include <string.h>

#include "table/table.h"

struct dfut_candidates dfut_table_find(const struct dfut_entry *table, uint16_t vendor)
{
	const struct dfut_builtin *builtin = &dfut_builtin_devices;
	struct dfut_candidates candidates = { table, builtin->candidates, builtin->generic_count };
	size_t low = 0, high = builtin->vendor_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct dfut_vendor *at = &builtin->vendors[middle];

		if (at->vendor == vendor) {
			candidates.builtin = builtin->candidates + at->first;
			candidates.left = at->count;
			break;
		}
		if (at->vendor < vendor)
			low = middle + 1;
		else
			high = middle;
	}
	return candidates;
}

const struct dfut_entry *dfut_candidates_next(struct dfut_candidates *candidates)
{
	const struct dfut_entry *entry = candidates->loaded;

	if (entry) {
		candidates->loaded = entry->next;
		return entry;
	}
	if (!candidates->left)
		return NULL;
	candidates->left--;
	return &dfut_builtin_devices.entries[*candidates->builtin++];
}

static bool range_fits(const struct dfut_id_range *range, uint16_t vendor, uint16_t product)
{
	return range->vendor == vendor && product >= range->product_first && product <= range->product_last;
}

static bool ids_fit(const struct dfut_rule *rule, uint16_t vendor, uint16_t product)
{
	for (size_t i = 0; i < rule->id_count; i++)
		if (range_fits(&rule->ids[i], vendor, product))
			return true;
	return false;
}

bool dfut_rules_have_ids(const struct dfut_rule *rules, size_t count, uint16_t vendor, uint16_t product)
{
	for (size_t i = 0; i < count; i++)
		if (ids_fit(&rules[i], vendor, product))
			return true;
	return false;
}

static bool interface_fits(const struct dfut_rule *rule, const struct dfut_descriptors *descriptors)
{
	const struct dfut_interface_class *wanted = &rule->interface;

	if (!wanted->given)
		return true;
	for (size_t i = 0; i < descriptors->interface_count; i++) {
		const struct dfut_interface *interface = &descriptors->interfaces[i];

		if (dfut_interface_class_fits(wanted, interface) &&
		    (rule->endpoints < 0 || interface->endpoint_count == rule->endpoints) &&
		    (!rule->functional || descriptors->functional[i]))
			return true;
	}
	return false;
}

/* What the device tells of its reports is evidence that it is the product that is meant, and not another one. */
static bool hid_fits(const struct dfut_rule *rule, const struct dfut_traits *traits)
{
	if (!rule->usage.page && !rule->report.type)
		return true;
	for (size_t i = 0; i < traits->hid_count; i++) {
		const struct dfut_reports *reports = &traits->hids[i].reports;

		if ((!rule->usage.page || dfut_reports_have_usage(reports, rule->usage)) &&
		    (!rule->report.type ||
		     dfut_reports_get_size(reports, rule->report.type, rule->report.id) == rule->report.size))
			return true;
	}
	return false;
}

/* "*" stands for anything. */
static bool pattern_fits(const char *pattern, const char *text)
{
	const char *again = NULL; /* where the last "*" is tried next */

	while (*text) {
		if (*pattern == '*') {
			again = text;
			pattern++;
		} else if (*pattern == *text) {
			pattern++;
			text++;
		} else if (again) {
			while (*--pattern != '*')
				;
			pattern++;
			text = ++again;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}

static bool alternate_fits(const struct dfut_rule *rule, const struct dfut_traits *traits)
{
	if (!rule->alternate)
		return true;
	for (size_t i = 0; i < traits->descriptors->interface_count; i++) {
		const struct dfut_interface *interface = &traits->descriptors->interfaces[i];

		if (dfut_interface_is_dfu(interface) && interface->name &&
		    pattern_fits(rule->alternate, interface->name))
			return true;
	}
	return false;
}

static int get_version(const struct dfut_descriptors *descriptors)
{
	return descriptors->has_functional ? descriptors->dfu.version : DFUT_NO_VERSION;
}

static bool will_detach(const struct dfut_descriptors *descriptors)
{
	return descriptors->has_functional && descriptors->dfu.attributes & DFUT_DFU_WILL_DETACH;
}

const char *dfut_rule_find_misfit(const struct dfut_rule *rule, const struct dfut_traits *traits)
{
	const struct dfut_descriptors *descriptors = traits->descriptors;

	if (rule->id_count && !ids_fit(rule, descriptors->vendor_id, descriptors->product_id))
		return "ids";
	if (rule->release >= 0 && rule->release != descriptors->release)
		return "release (bcdDevice)";
	if (rule->dfu != DFUT_MODE_UNKNOWN && rule->dfu != dfut_descriptors_get_dfu_mode(descriptors))
		return "mode of a DFU interface";
	if (rule->dfu_version >= 0 && rule->dfu_version != get_version(descriptors))
		return "DFU version";
	if (rule->will_detach >= 0 && rule->will_detach != will_detach(descriptors))
		return "bitWillDetach";
	if (rule->product && strcmp(rule->product, traits->product) != 0)
		return "product string";
	if (rule->manufacturer && strcmp(rule->manufacturer, traits->manufacturer) != 0)
		return "manufacturer string";
	if (!interface_fits(rule, descriptors))
		return "interface";
	if (!alternate_fits(rule, traits))
		return "name of an alternate setting";
	return hid_fits(rule, traits) ? NULL : "HID reports";
}

static bool rule_fits(const struct dfut_rule *rule, const struct dfut_traits *traits)
{
	return !dfut_rule_find_misfit(rule, traits);
}

static const struct dfut_rule *find_rule(const struct dfut_rule *rules, size_t count, const struct dfut_traits *traits)
{
	for (size_t i = 0; i < count; i++)
		if (rule_fits(&rules[i], traits))
			return &rules[i];
	return NULL;
}

/* Classes are shared by products of all kinds. */
static bool names_product(const struct dfut_rule *rule)
{
	return rule->id_count || rule->product || rule->manufacturer || rule->usage.page || rule->report.type;
}

static bool is_generic(const struct dfut_rule *rules, size_t count, const struct dfut_traits *traits)
{
	for (size_t i = 0; i < count; i++)
		if (names_product(&rules[i]) && rule_fits(&rules[i], traits))
			return false;
	return true;
}

static bool judge_by(const struct dfut_entry *entry, enum dfut_mode mode, const struct dfut_rule *rules, size_t count,
		     const struct dfut_traits *traits, struct dfut_judgement *judgement)
{
	const struct dfut_rule *rule = find_rule(rules, count, traits);

	if (!rule)
		return false;
	*judgement = (struct dfut_judgement){
		.entry = entry,
		.mode = mode,
		.is_guessed = rule->dfu != DFUT_MODE_UNKNOWN &&
			      dfut_descriptors_is_dfu_mode_unsaid(traits->descriptors),
		.is_shared = rule->shared,
		.is_generic = is_generic(rules, count, traits),
	};
	return true;
}

bool dfut_entry_has_bootloader(const struct dfut_entry *entry, const struct dfut_traits *traits)
{
	return find_rule(entry->bootloader, entry->bootloader_count, traits);
}

void dfut_table_judge(const struct dfut_entry *table, const struct dfut_traits *traits,
		      struct dfut_judgement *judgement)
{
	struct dfut_candidates candidates = dfut_table_find(table, traits->descriptors->vendor_id);
	const struct dfut_entry *entry;

	*judgement = (struct dfut_judgement){ .mode = DFUT_MODE_UNKNOWN };
	while ((entry = dfut_candidates_next(&candidates)) != NULL) {
		if (judge_by(entry, DFUT_MODE_BOOTLOADER, entry->bootloader, entry->bootloader_count, traits,
			     judgement))
			return;
		if (judge_by(entry, DFUT_MODE_APPLICATION, entry->application, entry->application_count, traits,
			     judgement))
			return;
	}
}
