/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The device table in a report: which rows fit a device, and which do not quite. */

#include "device/registry.h"
#include "report/report.h"

/* A vendor may have many. */
#define NEAR_LIMIT 12

/* What a row says of a device. */
struct verdict {
	const struct dfut_rule *rule; /* that fits, or that names its vendor; NULL for none */
	const char *misfit;	      /* NULL: it fits */
	bool is_bootloader;
	bool has_ids; /* the rule names the very device */
};

static bool names_vendor(const struct dfut_rule *rule, uint16_t vendor)
{
	for (size_t i = 0; i < rule->id_count; i++)
		if (rule->ids[i].vendor == vendor)
			return true;
	return false;
}

/* A rule that fits is better than one with the ids, and that is better than one with the vendor. */
static void judge(struct verdict *verdict, const struct dfut_rule *rule, const struct dfut_traits *traits,
		  bool is_bootloader)
{
	uint16_t vendor = traits->descriptors->vendor_id;
	const char *misfit = dfut_rule_find_misfit(rule, traits);
	bool has_ids = rule->id_count && dfut_rules_have_ids(rule, 1, vendor, traits->descriptors->product_id);
	bool is_better = !verdict->rule || (verdict->misfit && (!misfit || (has_ids && !verdict->has_ids)));

	if (is_better && (!misfit || names_vendor(rule, vendor)))
		*verdict = (struct verdict){ rule, misfit, is_bootloader, has_ids };
}

static struct verdict judge_row(const struct dfut_entry *entry, const struct dfut_traits *traits)
{
	struct verdict verdict = { 0 };

	for (size_t i = 0; i < entry->bootloader_count; i++)
		judge(&verdict, &entry->bootloader[i], traits, true);
	for (size_t i = 0; i < entry->application_count; i++)
		judge(&verdict, &entry->application[i], traits, false);
	return verdict;
}

static void tell_row(struct dfut_report *report, const struct dfut_entry *entry, const struct verdict *verdict,
		     bool is_taken)
{
	const char *mode = verdict->is_bootloader ? "bootloader" : "application";

	if (!verdict->misfit)
		dfut_report_add_fact(report, is_taken ? "row taken" : "row fits", "%s, as its %s", entry->name, mode);
	else
		dfut_report_add_fact(report, "row nearly", "%s, as its %s: another %s", entry->name, mode,
				     verdict->has_ids || !verdict->rule->id_count ? verdict->misfit : "product id");
}

void dfut_report_tell_rows(struct dfut_report *report, const struct dfut_device *device)
{
	struct dfut_candidates candidates = dfut_registry_find_entries(device->context, device->descriptors.vendor_id);
	struct dfut_traits traits = dfut_device_get_traits(device);
	const struct dfut_entry *entry;
	size_t told = 0, near = 0;

	while ((entry = dfut_candidates_next(&candidates)) != NULL) {
		struct verdict verdict = judge_row(entry, &traits);

		if (!verdict.rule)
			continue;
		told++;
		near += verdict.misfit != NULL;
		if (!verdict.misfit || near <= NEAR_LIMIT)
			tell_row(report, entry, &verdict, entry == device->entry);
	}
	if (near > NEAR_LIMIT)
		dfut_report_add_fact(report, "", "and %zu more of this vendor", near - NEAR_LIMIT);
	if (!told)
		dfut_report_add_fact(report, "row", "none of the device table, not even of its vendor");
}
