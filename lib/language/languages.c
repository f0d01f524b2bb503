/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The languages that bootloaders speak. */

#include <stdio.h>
#include <string.h>

#include "language/language.h"

/* clang-format off */
/* A new language is a line, and a folder of its name that has dfut_language_NAME; the build reads these lines, too. */
#define LANGUAGES(LANGUAGE) \
	LANGUAGE(atmel_flip) \
	LANGUAGE(avr109) \
	LANGUAGE(dfu) \
	LANGUAGE(dfuse) \
	LANGUAGE(esp_serial) \
	LANGUAGE(halfkay) \
	LANGUAGE(nordic) \
	LANGUAGE(nordic_legacy) \
	LANGUAGE(picoboot) \
	LANGUAGE(qmk_hid) \
	LANGUAGE(sam_ba) \
	LANGUAGE(sinowealth_isp) \
	LANGUAGE(smp) \
	LANGUAGE(sonix_isp) \
	LANGUAGE(uf2)

/* Those of bootloaders that are known so that they can be refused by name. The build reads these lines, too. */
#define UNSPOKEN(NAME) \
	NAME("bootloadhid") \
	NAME("ccgx-hpi") \
	NAME("colorhug") \
	NAME("corsair-bp") \
	NAME("elan-kbd") \
	NAME("ep963x") \
	NAME("flip-8051") \
	NAME("legion-hid2") \
	NAME("logitech-unifying") \
	NAME("mboot") \
	NAME("sdp") \
	NAME("steelseries") \
	NAME("stk500v1") \
	NAME("stk500v2") \
	NAME("usbasp") \
	NAME("wacom-raw")

/* clang-format on */

#define DECLARE(name) extern const struct dfut_language dfut_language_##name;
#define POINT(name) &dfut_language_##name,

LANGUAGES(DECLARE)

static const struct dfut_language *const languages[] = { LANGUAGES(POINT) };

#define QUOTE(name) name,

static const char *const unspoken[] = { UNSPOKEN(QUOTE) NULL };

const struct dfut_language *dfut_language_get(size_t index)
{
	return index < DFUT_COUNT(languages) ? languages[index] : NULL;
}

const struct dfut_language *dfut_language_find(const char *name)
{
	for (size_t i = 0; i < DFUT_COUNT(languages); i++)
		if (strcmp(languages[i]->name, name) == 0)
			return languages[i];
	return NULL;
}

static bool has_name(const char *const *names, const char *name)
{
	for (; names && *names; names++)
		if (strcmp(*names, name) == 0)
			return true;
	return false;
}

bool dfut_language_is_known(const char *name)
{
	return dfut_language_find(name) || has_name(unspoken, name);
}

void dfut_language_hint_names(struct dfut_failure *failure)
{
	char names[400] = "";
	size_t used = 0;

	for (size_t i = 0; i < DFUT_COUNT(languages) && used < sizeof(names); i++)
		if (!languages[i]->is_absent)
			used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s", used ? ", " : "",
						 languages[i]->name);
	dfut_hint(failure, "it speaks %s", names);
}

DFUT_API const char *dfut_protocol_get_name(size_t index)
{
	return index < DFUT_COUNT(languages) ? languages[index]->name : NULL;
}

DFUT_API const char *dfut_protocol_get_text(const char *name)
{
	const struct dfut_language *language = name ? dfut_language_find(name) : NULL;

	return language ? language->title : NULL;
}

DFUT_API const char *dfut_protocol_get_part(const char *name, size_t index)
{
	const struct dfut_language *language = name ? dfut_language_find(name) : NULL;

	return language && language->get_part ? language->get_part(index) : NULL;
}

bool dfut_language_takes(const struct dfut_language *language, const char *format)
{
	return !language->formats || has_name(language->formats, format) || has_name(language->others, format);
}

const struct dfut_language *dfut_language_find_by_format(const char *format)
{
	for (size_t i = 0; i < DFUT_COUNT(languages); i++)
		if (has_name(languages[i]->formats, format))
			return languages[i];
	return NULL;
}

unsigned int dfut_language_find_quirk(const struct dfut_language *language, const char *name)
{
	/* Nobody looks at what an absent one is told; which words it has is not known here. */
	if (language && language->is_absent)
		return DFUT_QUIRK_OWN;
	for (; language; language = language->base)
		for (size_t i = 0; language->quirks && language->quirks[i].name; i++)
			if (strcmp(language->quirks[i].name, name) == 0)
				return language->quirks[i].bit;
	return 0;
}
