/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Serial numbers and names in texts. */

#if !defined(_WIN32) && !defined(_XOPEN_SOURCE)
#define _XOPEN_SOURCE 700
#endif

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if !defined(_WIN32)
#include <unistd.h>
#endif

#include "record/names.h"

/* What is shorter may be any word. */
#define WORD_MIN 4
#define HOST_SIZE 256

static bool is_alphanumeric(char letter)
{
	return (letter >= '0' && letter <= '9') || (letter >= 'A' && letter <= 'Z') ||
	       (letter >= 'a' && letter <= 'z') || (unsigned char)letter >= 0x80;
}

static size_t count_alphanumeric(const char *text)
{
	size_t count = 0;

	while (*text)
		count += is_alphanumeric(*text++);
	return count;
}

/* Adding. */

static int add(struct dfut_names *names, const struct dfut_name *name)
{
	struct dfut_name *grown = name->text && name->stand_in ?
					  realloc(names->items, (names->count + 1) * sizeof(*grown)) :
					  NULL;

	if (!grown) {
		free(name->text);
		free(name->stand_in);
		return DFUT_ERROR_NO_MEMORY;
	}
	names->items = grown;
	names->items[names->count++] = *name;
	return 0;
}

/* Zeros of the same form, with the number at its end. */
static char *make_stand_in(const char *serial, size_t number)
{
	char *made = dfut_format_text("%s", serial);

	for (size_t at = strlen(serial); made && at > 0; at--) {
		if (!is_alphanumeric(made[at - 1]))
			continue;
		made[at - 1] = (char)('0' + number % 10);
		number /= 10;
	}
	return made;
}

int dfut_names_add_serial(struct dfut_names *names, const char *text)
{
	struct dfut_name name = { .is_serial = true, .is_word = count_alphanumeric(text) >= WORD_MIN };
	int result;

	if (!*text || dfut_names_find_serial(names, text))
		return 0;
	name.text = dfut_format_text("%s", text);
	name.stand_in = make_stand_in(text, names->serials + 1);
	result = add(names, &name);
	names->serials += result == 0;
	return result;
}

static int add_own(struct dfut_names *names, const char *text, const char *stand_in)
{
	struct dfut_name name = { .is_word = true };

	if (!text || !*text || strcmp(text, "/") == 0)
		return 0;
	name.text = dfut_format_text("%s", text);
	name.stand_in = dfut_format_text("%s", stand_in);
	return add(names, &name);
}

static const char *get_host(char host[HOST_SIZE])
{
#if defined(_WIN32)
	(void)host;
	return getenv("COMPUTERNAME");
#else
	if (gethostname(host, HOST_SIZE - 1) < 0)
		return NULL;
	return host;
#endif
}

int dfut_names_add_own(struct dfut_names *names)
{
	/* The folder first: it has the user's name in it. */
	static const struct {
		const char *variable;
		const char *stand_in;
	} own[] = {
		{ "HOME", "/home/user" }, { "USERPROFILE", "/home/user" }, { "USER", "user" },
		{ "LOGNAME", "user" },	  { "USERNAME", "user" },	   { "SUDO_USER", "user" },
	};
	char host[HOST_SIZE] = "";
	int result = add_own(names, get_host(host), "host");

	for (size_t i = 0; i < DFUT_COUNT(own) && result == 0; i++)
		result = add_own(names, getenv(own[i].variable), own[i].stand_in);
	return result;
}

void dfut_names_free(struct dfut_names *names)
{
	for (size_t i = 0; i < names->count; i++) {
		free(names->items[i].text);
		free(names->items[i].stand_in);
	}
	free(names->items);
	*names = (struct dfut_names){ 0 };
}

/* Finding. */

const char *dfut_names_find_serial(const struct dfut_names *names, const char *text)
{
	for (size_t i = 0; i < names->count; i++)
		if (names->items[i].is_serial && strcmp(names->items[i].text, text) == 0)
			return names->items[i].stand_in;
	return NULL;
}

/* udev writes '_' for what it does not like in a name. */
static bool is_same(char known, char found)
{
	return known == found || (found == '_' && !is_alphanumeric(known));
}

/* The length of the name if it begins there and is a word of its own; else 0. */
static size_t match(const struct dfut_name *name, const char *text)
{
	size_t length = 0;

	while (name->text[length] && is_same(name->text[length], text[length]))
		length++;
	if (name->text[length] || (is_alphanumeric(name->text[length - 1]) && is_alphanumeric(text[length])))
		return 0;
	return length;
}

static const struct dfut_name *find(const struct dfut_names *names, const char *text, bool all, size_t *length)
{
	for (size_t i = 0; i < names->count; i++) {
		const struct dfut_name *name = &names->items[i];

		if (!name->is_word || (!all && !name->is_serial))
			continue;
		*length = match(name, text);
		if (*length)
			return name;
	}
	return NULL;
}

static size_t get_longest(const struct dfut_names *names)
{
	size_t longest = 1;

	for (size_t i = 0; i < names->count; i++) {
		size_t length = strlen(names->items[i].stand_in);

		longest = length > longest ? length : longest;
	}
	return longest;
}

char *dfut_names_replace(const struct dfut_names *names, const char *text, bool all)
{
	char *made = malloc(strlen(text) * get_longest(names) + 1);
	char *to = made;
	bool is_inside = false;

	while (made && *text) {
		size_t length = 0;
		const struct dfut_name *name = is_inside ? NULL : find(names, text, all, &length);

		if (name) {
			memcpy(to, name->stand_in, strlen(name->stand_in));
			to += strlen(name->stand_in);
			text += length;
			is_inside = is_alphanumeric(text[-1]);
		} else {
			is_inside = is_alphanumeric(*text);
			*to++ = *text++;
		}
	}
	if (made)
		*to = '\0';
	return made;
}
