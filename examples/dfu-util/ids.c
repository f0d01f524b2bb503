/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* -d: hexadecimal numbers with or without 0x, "*" for any, "-" for none, and whatever else callers pass. */

#include <stdlib.h>
#include <string.h>

#include "ids.h"

static int parse_id(const char *text, int otherwise)
{
	char *end = NULL;
	unsigned long id;

	if (*text == '*')
		return DFUT_MATCH_ANY;
	if (*text == '-')
		return IDS_NONE;
	id = strtoul(text, &end, 16);
	if (end == text)
		return otherwise;
	return id < IDS_NONE ? (int)id : IDS_NONE;
}

static void parse_pair(struct id_pair *pair, const char *text, const struct id_pair *otherwise)
{
	size_t length = strcspn(text, ",");
	const char *colon = memchr(text, ':', length);

	pair->vendor_id = parse_id(text, otherwise->vendor_id);
	pair->product_id = colon ? parse_id(colon + 1, otherwise->product_id) : otherwise->product_id;
}

void ids_parse(struct ids *ids, const char *text)
{
	static const struct ids any = IDS_INIT;
	const char *comma = strchr(text, ',');

	/* As in "-d=1:2", of which a short option leaves the sign */
	if (*text == '=')
		comma = strchr(++text, ',');
	*ids = any;
	/* Without a first pair, no application is meant. */
	if (comma == text)
		ids->runtime.vendor_id = ids->runtime.product_id = IDS_NONE;
	else
		parse_pair(&ids->runtime, text, &any.runtime);
	if (comma)
		parse_pair(&ids->dfu, comma + 1, comma == text ? &any.dfu : &ids->runtime);
}

static bool fits(int id, uint16_t other)
{
	return id == DFUT_MATCH_ANY || id == (int)other;
}

bool id_pair_fits(const struct id_pair *pair, const struct dfut_device *device)
{
	return fits(pair->vendor_id, dfut_device_get_vendor_id(device)) &&
	       fits(pair->product_id, dfut_device_get_product_id(device));
}

bool id_pair_names(const struct id_pair *pair)
{
	return pair->vendor_id != DFUT_MATCH_ANY || pair->product_id != DFUT_MATCH_ANY;
}
