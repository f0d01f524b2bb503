/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Lines and bars, in the form that programs parse. */

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "words.h"

#define BAR_WIDTH 25

void words_start(struct words *words, const char *name)
{
	memset(words, 0, sizeof(*words));
	words->name = name;
	setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
}

void words_say(const char *text, ...)
{
	va_list arguments;

	va_start(arguments, text);
	vprintf(text, arguments);
	va_end(arguments);
}

static void end_bar(struct words *words)
{
	if (words->bar)
		putchar('\n');
	words->bar = NULL;
}

void words_complain(struct words *words, const char *text, ...)
{
	va_list arguments;

	end_bar(words);
	/* Who reads both as one stream gets them in order. */
	fflush(stdout);
	fprintf(stderr, "%s: ", words->name);
	va_start(arguments, text);
	vfprintf(stderr, text, arguments);
	va_end(arguments);
	fputc('\n', stderr);
}

static bool is_drawn(const struct words *words, const char *title, unsigned int mark_count)
{
	return words->bar && strcmp(words->bar, title) == 0 && words->mark_count == mark_count;
}

void words_draw(struct words *words, const char *title, uint64_t done, uint64_t total)
{
	static const char marks[] = "=========================";
	unsigned int mark_count = 0;

	if (total < done || total == 0)
		total = done + 1;
	mark_count = (unsigned int)(BAR_WIDTH * done / total);
	if (is_drawn(words, title, mark_count))
		return;
	printf("\r%s\t[%-*.*s] %3llu%% %12llu bytes", title, BAR_WIDTH, (int)mark_count, marks,
	       (unsigned long long)(100 * done / total), (unsigned long long)done);
	words->bar = title;
	words->mark_count = mark_count;
	if (done == total) {
		end_bar(words);
		printf("%s done.\n", title);
	}
	fflush(stdout);
}
