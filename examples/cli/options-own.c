/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Options whose argument has a form of its own. */

#include <string.h>

#include "names.h"
#include "numbers.h"
#include "options-own.h"

static bool is_any(const char *text, size_t length)
{
	return length == 0 || (length == 1 && text[0] == '*');
}

static bool parse_match_id(const char *text, size_t length, int *value)
{
	uint16_t id = 0;

	*value = DFUT_MATCH_ANY;
	if (is_any(text, length))
		return true;
	if (!number_parse_id(text, length, &id))
		return false;
	*value = id;
	return true;
}

static bool parse_match_pair(const char *text, int *vendor_id, int *product_id)
{
	const char *colon = strchr(text, ':');

	if (!colon)
		return false;
	return parse_match_id(text, (size_t)(colon - text), vendor_id) &&
	       parse_match_id(colon + 1, strlen(colon + 1), product_id);
}

/* Cuts the text at its first comma. Returns what follows that, NULL for no comma. */
static char *cut_at_comma(char *text)
{
	char *comma = strchr(text, ',');

	if (!comma)
		return NULL;
	*comma = '\0';
	return comma + 1;
}

bool options_read_device(struct options *options, char *argument)
{
	struct dfut_match *match = &options->match;
	const char *bootloader = cut_at_comma(argument);

	if (bootloader && bootloader[0] &&
	    !parse_match_pair(bootloader, &match->bootloader_vendor_id, &match->bootloader_product_id))
		return false;
	/* As in dfu-util, nothing before the comma means no device in its application. */
	if (bootloader && bootloader[0] && argument[0] == '\0') {
		match->mode = DFUT_MODE_BOOTLOADER;
		return true;
	}
	return parse_match_pair(argument, &match->vendor_id, &match->product_id);
}

bool options_read_protocol(struct options *options, char *argument)
{
	char *at = strchr(argument, '@');
	uint64_t number;

	options->protocol = argument;
	options->protocol_interface = -1;
	if (!at)
		return *argument != '\0';
	*at = '\0';
	if (!number_parse(at + 1, UINT8_MAX, &number))
		return false;
	options->protocol_interface = (int)number;
	return *argument != '\0';
}

/* "\," is a comma of the text and "\\" a backslash: takes those backslashes away. Cuts it at the first other comma, if that
 * has a meaning, and returns what follows; NULL for none. */
static char *unescape(char *text, bool has_parts)
{
	char *out = text;
	char *rest;

	while (*text && (*text != ',' || !has_parts)) {
		if (*text == '\\' && (text[1] == ',' || text[1] == '\\'))
			text++;
		*out++ = *text++;
	}
	rest = *text ? text + 1 : NULL;
	*out = '\0';
	return rest;
}

bool options_read_serial(struct options *options, char *argument)
{
	char *bootloader = unescape(argument, true);

	if (bootloader)
		unescape(bootloader, false);
	if (bootloader && bootloader[0])
		options->match.bootloader_serial_number = bootloader;
	if (argument[0]) {
		options->match.serial_number = argument;
		return true;
	}
	options->match.mode = DFUT_MODE_BOOTLOADER;
	return options->match.bootloader_serial_number != NULL;
}

bool options_read_control(struct options *options, char *argument)
{
	return way_parse_control(&options->way, argument);
}

bool options_read_feature_report(struct options *options, char *argument)
{
	return way_parse_report(&options->way, DFUT_REPORT_FEATURE, argument);
}

bool options_read_output_report(struct options *options, char *argument)
{
	return way_parse_report(&options->way, DFUT_REPORT_OUTPUT, argument);
}

bool options_read_touch(struct options *options, char *argument)
{
	return way_parse_touch(&options->way, argument);
}

bool options_read_wait(struct options *options, char *argument)
{
	unsigned int time_ms = 0;

	options->wait_ms = -1;
	if (!argument)
		return true;
	if (!number_parse_seconds(argument, &time_ms))
		return false;
	options->wait_ms = (int)time_ms;
	return true;
}

bool options_read_force(struct options *options, char *argument)
{
	char *next = NULL;

	for (char *name = argument; name; name = next) {
		unsigned int check = 0;

		next = cut_at_comma(name);
		check = dfut_check_from_name(name);
		if (!check)
			names_fail(options, "force", NAMES_CHECKS, name);
		options->force |= check;
	}
	return true;
}

bool options_read_format(struct options *options, char *argument)
{
	/* Of one that is only read, the library says that. */
	if (!dfut_format_get_text(argument))
		names_fail(options, "format", NAMES_FORMATS, argument);
	options->format = argument;
	return true;
}

bool options_read_family(struct options *options, char *argument)
{
	uint64_t number = 0;

	if (!names_have(NAMES_FAMILIES, argument) && !number_parse(argument, UINT32_MAX, &number))
		names_fail(options, "family", NAMES_FAMILIES, argument);
	options->family = argument;
	return true;
}

bool option_parse_suffix_ids(const char *text, uint16_t ids[3])
{
	for (size_t i = 0; i < 3; i++) {
		const char *colon = strchr(text, ':');
		size_t length = colon ? (size_t)(colon - text) : strlen(text);

		if (!is_any(text, length) && !number_parse_id(text, length, &ids[i]))
			return false;
		if (!colon)
			return i > 0;
		text = colon + 1;
	}
	return false;
}

bool options_read_suffix(struct options *options, char *argument)
{
	for (size_t i = 0; i < 3; i++)
		options->suffix_ids[i] = DFUT_ID_ANY;
	return !argument || option_parse_suffix_ids(argument, options->suffix_ids);
}

/* "127.0.0.1", "127.0.0.1:3240", "::1", "[::1]:3240" */
bool options_read_listen(struct options *options, char *argument)
{
	char *colon = strrchr(argument, ':');
	char *bracket = argument[0] == '[' ? strchr(argument, ']') : NULL;
	uint64_t port = 0;

	if (colon && (bracket ? colon == bracket + 1 : strchr(argument, ':') == colon)) {
		if (!number_parse(colon + 1, UINT16_MAX, &port))
			return false;
		options->listen_port = (uint16_t)port;
		*colon = '\0';
	} else if (bracket && bracket[1]) {
		return false;
	}
	if (bracket)
		*bracket = '\0';
	options->listen_address = argument[0] == '[' ? argument + 1 : argument;
	return options->listen_address[0] != '\0';
}
