/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* "@Internal Flash  /0x08000000/04*016Kg,01*064Kg": words, an address, and runs of sectors of one size each. */

#include <stdlib.h>
#include <string.h>

#include "layout.h"
#include "words.h"

void layout_print_name(const char *name)
{
	if (!name)
		return;
	if (*name == '@')
		name++;
	words_say("DfuSe interface name: \"%.*s\"\n", (int)strcspn(name, "/"), name);
}

static uint64_t read_unit(const char **text)
{
	char letter = **text;

	if (letter == 'K' || letter == 'M' || letter == 'B' || letter == ' ')
		(*text)++;
	return letter == 'K' ? 1024 : letter == 'M' ? 1024 * 1024 : 1;
}

/* Goes over one run, "04*016Kg"; 0 if there is none. */
static uint64_t read_run(const char **text)
{
	char *end = NULL;
	uint64_t count = strtoul(*text, &end, 10);
	uint64_t size;

	if (end == *text || *end != '*')
		return 0;
	*text = end + 1;
	size = strtoul(*text, &end, 10);
	if (end == *text)
		return 0;
	*text = end;
	size *= read_unit(text);
	/* The letter that says what can be done with it */
	if (**text && **text != ',' && **text != '/')
		(*text)++;
	return count > UINT32_MAX || size > UINT32_MAX ? 0 : count * size;
}

/* The runs of one zone, which lie one behind the other. */
static bool find_in_zone(const char **text, uint64_t start, uint32_t address, uint64_t *end)
{
	for (uint64_t size; (size = read_run(text)) > 0; start += size) {
		if (address >= start && address < start + size) {
			*end = start + size;
			return true;
		}
		while (**text == ',' || **text == ' ')
			(*text)++;
	}
	return false;
}

bool layout_find_end(const char *name, uint32_t address, uint64_t *end)
{
	const char *text = name ? strchr(name, '/') : NULL;

	while (text) {
		char *behind = NULL;
		uint64_t start = strtoul(text + 1, &behind, 0);

		if (behind == text + 1 || *behind != '/')
			return false;
		text = behind + 1;
		if (find_in_zone(&text, start, address, end))
			return true;
		text = strchr(text, '/');
	}
	return false;
}
