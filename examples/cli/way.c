/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Ways into a bootloader that no table knows, as they are written on the command line. */

#include <string.h>

#include "numbers.h"
#include "way.h"

static bool parse_data(struct way *way, const char *text)
{
	int size = text ? number_parse_bytes(text, way->data, sizeof(way->data)) : 0;

	way->size = size > 0 ? (uint16_t)size : 0;
	return size >= 0;
}

bool way_parse_control(struct way *way, char *text)
{
	static const uint64_t most[] = { 0x7f, 0xff, 0xffff, 0xffff };
	uint64_t numbers[4] = { 0, 0, 0, 0 };
	char *part = text;

	for (size_t i = 0; i < 4; i++) {
		char *colon = part ? strchr(part, ':') : NULL;

		if (colon)
			*colon = '\0';
		if (!part || !number_parse(part, most[i], &numbers[i]))
			return false;
		part = colon ? colon + 1 : NULL;
	}
	way->kind = WAY_CONTROL;
	way->request_type = (uint8_t)numbers[0];
	way->request = (uint8_t)numbers[1];
	way->value = (uint16_t)numbers[2];
	way->index = (uint16_t)numbers[3];
	return parse_data(way, part);
}

bool way_parse_report(struct way *way, enum dfut_report_type type, char *text)
{
	const char *colon = strchr(text, ':');
	uint16_t id = 0;

	if (!colon || !number_parse_id(text, (size_t)(colon - text), &id) || id > 0xff)
		return false;
	way->kind = WAY_REPORT;
	way->report_type = type;
	way->report_id = (uint8_t)id;
	return parse_data(way, colon + 1);
}

bool way_parse_touch(struct way *way, const char *text)
{
	uint64_t baud = 0;

	if (!number_parse(text, 12000000, &baud) || baud == 0)
		return false;
	way->kind = WAY_TOUCH;
	way->baud = (uint32_t)baud;
	return true;
}

int way_apply(const struct way *way, struct dfut_session *session, int interface)
{
	switch (way->kind) {
	case WAY_OF_TABLE:
		break;
	case WAY_CONTROL:
		return dfut_session_set_trigger_request(session, way->request_type, way->request, way->value,
							way->index, way->data, way->size);
	case WAY_REPORT:
		return dfut_session_set_trigger_report(session, interface, way->report_type, way->report_id, way->data,
						       way->size);
	case WAY_TOUCH:
		return dfut_session_set_trigger_touch(session, interface, way->baud);
	}
	return 0;
}
