/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* -s: an address, a length and words, with colons between them. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dfuse-options.h"
#include "exit-code.h"

static bool parse_number(uint32_t *number, const char *text, size_t length)
{
	char *end = NULL;
	unsigned long value;

	errno = 0;
	value = strtoul(text, &end, 0);
	*number = (uint32_t)value;
	return errno == 0 && *text != '-' && end == text + length && length && value <= UINT32_MAX;
}

static bool is_word(const char *text, size_t length, const char *word)
{
	return length == strlen(word) && memcmp(text, word, length) == 0;
}

/* What devices do by themselves, or are asked for in the quickest way anyway, needs no word. */
static bool is_known(const char *text, size_t length)
{
	return is_word(text, length, "will-reset") || is_word(text, length, "fast");
}

static bool take(struct dfuse_options *dfuse, const char *text, size_t length)
{
	const struct {
		const char *word;
		bool *flag;
	} words[] = {
		{ "leave", &dfuse->leave },
		{ "mass-erase", &dfuse->mass_erase },
		{ "unprotect", &dfuse->unprotect },
		{ "force", &dfuse->force },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (is_word(text, length, words[i].word)) {
			*words[i].flag = true;
			return true;
		}
	}
	return is_known(text, length) || parse_number(&dfuse->length, text, length);
}

int dfuse_options_read(struct dfuse_options *dfuse, struct words *words, const char *text)
{
	size_t length;

	memset(dfuse, 0, sizeof(*dfuse));
	if (!text)
		return 0;
	dfuse->is_given = true;
	length = strcspn(text, ":");
	dfuse->has_address = length > 0;
	if (dfuse->has_address && !parse_number(&dfuse->address, text, length)) {
		words_complain(words, "Invalid dfuse address: %s", text);
		return EXIT_CODE_USAGE;
	}
	for (text += length; *text; text += length) {
		text++;
		length = strcspn(text, ":");
		if (length && !take(dfuse, text, length)) {
			words_complain(words, "Invalid dfuse modifier: %s", text);
			return EXIT_CODE_USAGE;
		}
	}
	return 0;
}
