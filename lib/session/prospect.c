/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The bootloader's rights, before anything is sent to its application. */

#include <string.h>

#include "language/language.h"
#include "session/prospect.h"

#define KIND_LIMIT 32

static bool leaves_its_place(const struct dfut_device *device)
{
	for (size_t i = 0; i < device->trigger_count; i++)
		if (!device->triggers[i]->in_place)
			return true;
	return false;
}

static size_t collect(const struct dfut_entry *entry, int vendor, struct dfut_kind kinds[KIND_LIMIT])
{
	size_t count = 0;

	for (size_t i = 0; i < entry->bootloader_count; i++) {
		const struct dfut_rule *rule = &entry->bootloader[i];

		for (size_t j = 0; j < rule->id_count && count < KIND_LIMIT; j++)
			if (vendor < 0 || rule->ids[j].vendor == vendor)
				kinds[count++] = (struct dfut_kind){ rule->ids[j].vendor, rule->ids[j].product_first,
								     rule->ids[j].product_last };
	}
	return count;
}

/* A language that is not ours may be spoken where the trigger went. */
static enum dfut_link get_link(const struct dfut_device *device, const struct dfut_language *language)
{
	if (language)
		return language->link;
	return device->triggers[0]->way->link == DFUT_LINK_SERIAL ? DFUT_LINK_SERIAL : DFUT_LINK_USB;
}

int dfut_device_foresee(const struct dfut_device *device, struct dfut_failure *failure)
{
	struct dfut_kind kinds[KIND_LIMIT];
	struct dfut_prospect prospect = { .kinds = kinds };
	const struct dfut_language *language;

	if (!device->present || device->mode == DFUT_MODE_BOOTLOADER || !device->entry || !leaves_its_place(device))
		return 0;
	language = dfut_language_find(device->entry->protocol);
	prospect.link = get_link(device, language);
	/* Makers rarely change; where they do, it may become any. */
	prospect.kind_count = collect(device->entry, dfut_device_get_vendor_id(device), kinds);
	if (!prospect.kind_count)
		prospect.kind_count = collect(device->entry, -1, kinds);
	prospect.has_dfu = language ? language->needs_dfu : !prospect.kind_count;
	if (!prospect.kind_count && !prospect.has_dfu)
		return 0;
	return dfut_bus_foresee(device->bus, device->instance, &prospect, failure);
}

int dfut_session_foresee(const struct dfut_session *session, struct dfut_failure *failure)
{
	const struct dfut_device *device = session->device;
	struct dfut_kind kind = { (uint16_t)session->bootloader_vendor_id, (uint16_t)session->bootloader_product_id,
				  (uint16_t)session->bootloader_product_id };
	/* What it speaks is not known; most have DFU. */
	struct dfut_prospect prospect = { DFUT_LINK_USB, true, &kind, 1 };

	if (session->bootloader_vendor_id == DFUT_MATCH_ANY || session->bootloader_product_id == DFUT_MATCH_ANY)
		return dfut_device_foresee(device, failure);
	if (!device->present || device->mode == DFUT_MODE_BOOTLOADER)
		return 0;
	return dfut_bus_foresee(device->bus, device->instance, &prospect, failure);
}

void dfut_device_complete_hint(const struct dfut_device *device, struct dfut_failure *failure)
{
	struct dfut_failure next;
	size_t used = strlen(failure->hint);
	const char *line;

	if (failure->code != DFUT_ERROR_ACCESS || !failure->line || dfut_device_foresee(device, &next) == 0)
		return;
	line = dfut_failure_get_line(&next);
	if (strcmp(line, dfut_failure_get_line(failure)) == 0)
		return;
	/* Commands of a shell, of which the second is to follow the first; half of one would be harmful. */
	if (*line && used + 4 + strlen(line) < sizeof(failure->hint)) {
		memcpy(failure->hint + used, " && ", 4);
		memcpy(failure->hint + used + 4, line, strlen(line) + 1);
	}
}

void dfut_device_hint_prospect(const struct dfut_device *device, struct dfut_failure *failure)
{
	struct dfut_failure next;
	const char *line;

	if (failure->code || dfut_device_foresee(device, &next) == 0)
		return;
	line = dfut_failure_get_line(&next);
	dfut_hint(failure, "%s; %.*s", next.text, next.line ? (int)next.line - 1 : (int)sizeof(next.hint), next.hint);
	if (*line)
		dfut_hint_line(failure, "%s", line);
}
