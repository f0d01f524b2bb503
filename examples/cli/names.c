/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The names that the library knows: checks, formats, families, protocols, virtual devices. */

#include <string.h>
#include <strings.h>

#include <dfutrigger-sim.h>

#include "names.h"

static void visit_checks(names_taker take, void *data)
{
	for (unsigned int bit = 1; bit && dfut_check_get_name(bit); bit <<= 1)
		take(data, dfut_check_get_name(bit), "");
}

static void visit_formats(names_taker take, void *data)
{
	const char *name;

	for (size_t i = 0; (name = dfut_format_get_name(i)); i++)
		if (dfut_format_get_traits(name) & DFUT_FORMAT_WRITTEN)
			take(data, name, dfut_format_get_text(name));
}

static void visit_families(names_taker take, void *data)
{
	for (size_t i = 0; dfut_family_get_name(i); i++)
		take(data, dfut_family_get_name(i), "");
}

static void visit_protocols(names_taker take, void *data)
{
	for (size_t i = 0; dfut_protocol_get_name(i); i++)
		take(data, dfut_protocol_get_name(i), dfut_protocol_get_text(dfut_protocol_get_name(i)));
}

static void visit_sims(names_taker take, void *data)
{
	const char *name, *text, *options;

	for (size_t i = 0; i < dfut_sim_get_model_count(); i++)
		if (dfut_sim_get_model(i, &name, &text, &options) == 0)
			take(data, name, text);
}

void names_visit(enum option_names kind, names_taker take, void *data)
{
	if (kind == NAMES_CHECKS)
		visit_checks(take, data);
	if (kind == NAMES_FORMATS)
		visit_formats(take, data);
	if (kind == NAMES_FAMILIES)
		visit_families(take, data);
	if (kind == NAMES_PROTOCOLS)
		visit_protocols(take, data);
	if (kind == NAMES_SIMS)
		visit_sims(take, data);
}

struct search {
	const char *word;
	bool is_there;
};

static void compare(void *data, const char *name, const char *text)
{
	struct search *search = data;

	(void)text;
	search->is_there = search->is_there || strcasecmp(name, search->word) == 0;
}

bool names_have(enum option_names kind, const char *word)
{
	struct search search = { word, false };

	names_visit(kind, compare, &search);
	return search.is_there;
}

static void try_near(void *data, const char *name, const char *text)
{
	(void)text;
	near_try(data, name);
}

bool names_find_near(enum option_names kind, const char *word, size_t length, struct near *near)
{
	near_begin(near, word, length);
	names_visit(kind, try_near, near);
	return near->name[0] != '\0';
}

struct list {
	char text[200];
	size_t used;
};

static void add(void *data, const char *name, const char *text)
{
	struct list *list = data;

	(void)text;
	if (list->used < sizeof(list->text))
		list->used += (size_t)snprintf(list->text + list->used, sizeof(list->text) - list->used, "%s%s",
					       list->used ? ", " : "", name);
}

void names_fail(struct options *options, const char *option, enum option_names kind, const char *word)
{
	const char *noun = kind == NAMES_CHECKS ? "check" : kind == NAMES_FORMATS ? "format to write" : "family";
	struct list list = { "", 0 };
	struct near near;
	bool is_first;

	names_visit(kind, add, &list);
	/* What is too long to be read here is shown by "help". */
	if (list.used >= sizeof(list.text))
		snprintf(list.text, sizeof(list.text),
			 "those that \"dfutrigger help families\" shows, or 0x and a number");
	is_first = options_fail(options, "--%s: there is no %s \"%s\"; there are %s", option, noun, word, list.text);
	if (is_first && names_find_near(kind, word, strlen(word), &near))
		options_hint(options, "did you mean %s?", near.name);
}
