/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A row of the table for devices of which the caller says which protocol they speak. */

#include <stdio.h>

#include "language/language.h"
#include "table/table.h"

static int refuse_protocol(struct dfut_failure *failure, const char *protocol)
{
	dfut_fail(failure, DFUT_ERROR_USAGE, "\"%s\" is no protocol that this library speaks", protocol);
	dfut_language_hint_names(failure);
	return DFUT_ERROR_USAGE;
}

/* As a file would have it. */
static int add_row(struct dfut_entry **table, const char *ids, const struct dfut_language *language, int port,
		   struct dfut_failure *failure)
{
	char text[500], place[32] = "";
	int size;

	if (port >= 0)
		snprintf(place, sizeof(place), ", \"port\": %d", port);
	size = snprintf(text, sizeof(text),
			"{\"format\": 1, \"devices\": [{\"name\": \"named\", \"title\": \"%s, as it was named\", "
			"\"bootloader\": [{\"ids\": [\"%s\"]}], \"protocol\": \"%s\", \"quirks\": [%s]%s}]}",
			language->title, ids, language->name, language->in_application ? "\"dfu-in-application\"" : "",
			place);
	return dfut_table_load(table, text, (size_t)size, "the protocol that was named", failure);
}

int dfut_table_add_named(struct dfut_entry **table, int vendor_id, int product_id, const char *protocol, int port,
			 struct dfut_failure *failure)
{
	const struct dfut_language *language = protocol ? dfut_language_find(protocol) : NULL;
	char ids[16];

	if (vendor_id < 0 || vendor_id > UINT16_MAX || product_id < 0 || product_id > UINT16_MAX)
		return dfut_fail(failure, DFUT_ERROR_USAGE,
				 "which devices speak a protocol must be said by both ids (vendor and product)");
	if (!language)
		return refuse_protocol(failure, protocol ? protocol : "");
	if (port > UINT8_MAX || (port >= 0 && language->link != DFUT_LINK_SERIAL))
		return dfut_fail(failure, DFUT_ERROR_USAGE,
				 "\"%s\" is not spoken on an interface that can be named: %d", protocol, port);
	snprintf(ids, sizeof(ids), "%04x:%04x", (unsigned int)vendor_id & UINT16_MAX,
		 (unsigned int)product_id & UINT16_MAX);
	return add_row(table, ids, language, port, failure);
}
