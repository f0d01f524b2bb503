/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Callers look at the first line, or skip as many as the program has whose place this is. */

#include <dfutrigger.h>

#include "version.h"
#include "words.h"

void version_print(const char *name, unsigned int line_count)
{
	static const char *const lines[] = {
		"which says what it says, and verifies what it writes.",
		"Free software under the MIT license, without any warranty.",
		"--help lists the options.",
	};

	words_say("%s\n\nIn its place: libdfutrigger %s,\n", name, dfut_get_version());
	for (unsigned int i = 0; i + 1 < line_count; i++)
		words_say("%s\n", lines[i]);
	words_say("\n");
}
