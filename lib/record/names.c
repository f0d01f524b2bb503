/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Serial numbers and names in texts. */

#if !defined(_WIN32) && !defined(_XOPEN_SOURCE)
#define _XOPEN_SOURCE 700
#endif

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(_WIN32)
/* First windows.h */
#include <windows.h>
#include <userenv.h>

#define IS_FOLDED true
#else
#include <pwd.h>
#include <unistd.h>

#define IS_FOLDED false
#endif

#include "record/names.h"

/* What is shorter may be any word. */
#define WORD_MIN 4
/* Of vendor or product, in hex, as systems write them */
#define ID_LENGTH 4
#define USER "user"
#define NAME_SIZE 256
#define ENTRY_SIZE 4096
/* Of names in UTF-16: each becomes three bytes at most. */
#define WIDE_SIZE 1024

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

static bool is_id(const char *text)
{
	return strlen(text) == ID_LENGTH && strspn(text, "0123456789abcdefABCDEF") == ID_LENGTH;
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

/* Takes the stand-in. */
static int add_serial(struct dfut_names *names, const char *text, char *stand_in)
{
	struct dfut_name name = { .text = dfut_format_text("%s", text),
				  .stand_in = stand_in,
				  .is_serial = true,
				  .is_word = count_alphanumeric(text) >= WORD_MIN,
				  .is_id = is_id(text) };

	return add(names, &name);
}

int dfut_names_add_serial(struct dfut_names *names, const char *text)
{
	int result;

	if (!*text || dfut_names_find_serial(names, text))
		return 0;
	result = add_serial(names, text, make_stand_in(text, names->serials + 1));
	names->serials += result == 0;
	return result;
}

int dfut_names_add_known(struct dfut_names *names, const char *text, const char *stand_in)
{
	if (!*text || dfut_names_find_serial(names, text))
		return 0;
	return add_serial(names, text, dfut_format_text("%s", stand_in));
}

static int add_own(struct dfut_names *names, const char *text, const char *stand_in)
{
	struct dfut_name name = { .is_word = true, .is_folded = IS_FOLDED };

	/* The same everywhere, and a word */
	if (!text || !*text || strcmp(text, "/") == 0 || strcmp(text, "root") == 0)
		return 0;
	name.text = dfut_format_text("%s", text);
	name.stand_in = dfut_format_text("%s", stand_in);
	return add(names, &name);
}

#if defined(_WIN32)
static int add_wide(struct dfut_names *names, bool is_known, const wchar_t *wide, const char *stand_in)
{
	char text[3 * WIDE_SIZE];

	if (!is_known || !WideCharToMultiByte(CP_UTF8, 0, wide, -1, text, sizeof(text), NULL, NULL))
		return 0;
	return add_own(names, text, stand_in);
}

static bool get_profile(wchar_t *wide, DWORD size)
{
	HANDLE token;
	bool is_known = false;

	if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token))
		return false;
	is_known = GetUserProfileDirectoryW(token, wide, &size);
	CloseHandle(token);
	return is_known;
}

/* The machine has two names, of which one is cut off after 15 letters. */
int dfut_names_add_own(struct dfut_names *names)
{
	static const COMPUTER_NAME_FORMAT hosts[] = { ComputerNamePhysicalDnsHostname, ComputerNamePhysicalNetBIOS };
	wchar_t wide[WIDE_SIZE];
	DWORD size;
	int result = 0;

	for (size_t i = 0; i < DFUT_COUNT(hosts) && result == 0; i++) {
		size = WIDE_SIZE;
		result = add_wide(names, GetComputerNameExW(hosts[i], wide, &size), wide, "host");
	}
	if (result == 0)
		result = add_wide(names, get_profile(wide, WIDE_SIZE), wide, "C:\\Users\\user");
	size = WIDE_SIZE;
	return result == 0 ? add_wide(names, GetUserNameW(wide, &size), wide, USER) : result;
}
#else
/* Who has become somebody else is both. */
int dfut_names_add_own(struct dfut_names *names)
{
	char host[NAME_SIZE] = "", login[NAME_SIZE] = "", buffer[ENTRY_SIZE];
	struct passwd entry, *found = NULL;
	int result = 0;

	if (gethostname(host, sizeof(host) - 1) == 0)
		result = add_own(names, host, "host");
	if (result == 0 && getlogin_r(login, sizeof(login) - 1) == 0)
		result = add_own(names, login, USER);
	if (result < 0 || getpwuid_r(getuid(), &entry, buffer, sizeof(buffer), &found) != 0 || !found)
		return result;
	result = add_own(names, found->pw_dir, "/home/user");
	return result == 0 ? add_own(names, found->pw_name, USER) : result;
}
#endif

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

static char fold(char letter)
{
	if (letter >= 'A' && letter <= 'Z')
		return (char)(letter - 'A' + 'a');
	return letter == '\\' ? '/' : letter;
}

/* udev writes '_' for what it does not like in a name. */
static bool is_same(const struct dfut_name *name, char known, char found)
{
	return known == found || (found == '_' && !is_alphanumeric(known)) ||
	       (name->is_folded && fold(known) == fold(found));
}

/* The length of the name if it begins there and is a word of its own; else 0. */
static size_t match(const struct dfut_name *name, const char *text)
{
	size_t length = 0;

	while (name->text[length] && is_same(name, name->text[length], text[length]))
		length++;
	if (name->text[length] || (is_alphanumeric(name->text[length - 1]) && is_alphanumeric(text[length])))
		return 0;
	return length;
}

/* A serial number follows, as we say it and as udev makes it a part of a name. */
static bool announces_serial(const char *text, size_t length)
{
	static const char *const leads[] = { "_", "serial ", "serial number " };

	for (size_t i = 0; i < DFUT_COUNT(leads); i++) {
		size_t lead = strlen(leads[i]);

		if (length >= lead && memcmp(text + length - lead, leads[i], lead) == 0)
			return true;
	}
	return false;
}

/* What begins at the offset. */
static const struct dfut_name *find(const struct dfut_names *names, const char *whole, size_t offset, bool all,
				    size_t *length)
{
	const char *text = whole + offset;

	for (size_t i = 0; i < names->count; i++) {
		const struct dfut_name *name = &names->items[i];

		if (!name->is_word || (!all && !name->is_serial) || (name->is_id && !announces_serial(whole, offset)))
			continue;
		*length = match(name, text);
		if (*length)
			return name;
	}
	return NULL;
}

/* Whosever home folder it is: how long it is up to the name, which follows; 0 if it is none. */
static size_t match_home(const char *text)
{
	static const char *const homes[] = { "/home/", "/Users/", "\\Users\\" };

	for (size_t i = 0; i < DFUT_COUNT(homes); i++)
		if (strncmp(text, homes[i], strlen(homes[i])) == 0)
			return strlen(homes[i]);
	return 0;
}

static size_t get_longest(const struct dfut_names *names)
{
	size_t longest = strlen(USER);

	for (size_t i = 0; i < names->count; i++) {
		size_t length = strlen(names->items[i].stand_in);

		longest = length > longest ? length : longest;
	}
	return longest;
}

static void put(char **to, const char *text, size_t length)
{
	memcpy(*to, text, length);
	*to += length;
}

char *dfut_names_replace(const struct dfut_names *names, const char *text, bool all)
{
	/* A name of one letter may be replaced by a stand-in. */
	char *made = malloc(strlen(text) * get_longest(names) + 1);
	const char *whole = text;
	char *to = made;
	bool is_inside = false;

	while (made && *text) {
		size_t length = 0;
		size_t home = all ? match_home(text) : 0;
		const struct dfut_name *name = is_inside ? NULL :
							   find(names, whole, (size_t)(text - whole), all, &length);

		if (name) {
			put(&to, name->stand_in, strlen(name->stand_in));
		} else if (home) {
			length = home + strcspn(text + home, "/\\ \"'");
			put(&to, text, home);
			put(&to, USER, length > home ? strlen(USER) : 0);
		} else {
			length = 1;
			put(&to, text, 1);
		}
		text += length;
		is_inside = is_alphanumeric(text[-1]);
	}
	if (made)
		*to = '\0';
	return made;
}
