/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The library names options of the command dfutrigger; some of them are called otherwise here. */

#include <stdio.h>
#include <string.h>

#include "hint.h"

/* A hint that ends with a command has no limit; one as long as this names no options behind it. */
#define HINT_SIZE 4096

static const struct {
	const char *theirs;
	const char *ours;
} options[] = {
	{ "--address", "-s ADDRESS" },
	{ "--size", "-s :LENGTH" },
	{ "--timeout", "-E SECONDS" },
	{ "--erase mass", "-s :mass-erase:force" },
	{ "--erase=mass", "-s :mass-erase:force" },
};

/* The option that the text begins with; its words and its length. */
static const char *translate(const char *text, size_t *length)
{
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		*length = strlen(options[i].theirs);
		if (strncmp(text, options[i].theirs, *length) == 0)
			return options[i].ours;
	}
	return NULL;
}

void hint_complain(struct words *words, const char *hint)
{
	char text[HINT_SIZE];
	size_t used = 0;

	while (*hint && used + 1 < sizeof(text)) {
		size_t length = 0;
		const char *ours = translate(hint, &length);

		if (ours) {
			used += (size_t)snprintf(text + used, sizeof(text) - used, "%s", ours);
			hint += length;
		} else {
			text[used++] = *hint++;
		}
	}
	text[used < sizeof(text) ? used : sizeof(text) - 1] = '\0';
	words_complain(words, "%s%s", text, hint);
}
