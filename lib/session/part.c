/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Which part (chip) a device has, where its bootloader can't tell it: what was named, and what the table says. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "session/jobs.h"

static int find_part(const struct dfut_language *language, const char *name)
{
	for (int i = 0; language->get_part && language->get_part((size_t)i); i++)
		if (strcasecmp(language->get_part((size_t)i), name) == 0)
			return i;
	return -1;
}

/* What the table says, of the device as it is, else as it was at first; NULL if it does not say. */
static const char *get_known(const struct dfut_session *session)
{
	const struct dfut_entry *entry = session->device->entry;

	return entry && entry->part ? entry->part : session->plan.part;
}

int dfut_session_get_part(const struct dfut_session *session)
{
	const char *name = session->part ? session->part : get_known(session);

	return name && session->plan.language ? find_part(session->plan.language, name) : -1;
}

/* The choice. */

void dfut_session_forget_part_choice(struct dfut_session *session)
{
	free(session->part_choice);
	session->part_choice = NULL;
	session->part_choice_count = 0;
}

DFUT_API const char *dfut_session_get_part_choice(const struct dfut_session *session, size_t index)
{
	return index < session->part_choice_count ? session->part_choice[index] : NULL;
}

typedef bool (*may_have)(const struct dfut_session *session, size_t index);

static bool keep_choice(struct dfut_session *session, may_have may_be)
{
	const char *(*get)(size_t index) = session->plan.language->get_part;
	size_t count = 0;

	while (get(count))
		count++;
	dfut_session_forget_part_choice(session);
	session->part_choice = calloc(count + 1, sizeof(*session->part_choice));
	for (size_t i = 0; session->part_choice && i < count; i++)
		if (!may_be || may_be(session, i))
			session->part_choice[session->part_choice_count++] = get(i);
	return session->part_choice != NULL;
}

/* "..., a, b, c" */
static int offer(struct dfut_session *session, may_have may_be, const char *what)
{
	char names[800] = "";
	size_t used = 0;

	if (!keep_choice(session, may_be))
		return dfut_fail_memory(&session->failure);
	for (size_t i = 0; i < session->part_choice_count && used < sizeof(names); i++)
		used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s", i ? ", " : "",
					 session->part_choice[i]);
	dfut_hint(&session->failure, "%s %s", what, names);
	return session->failure.code;
}

int dfut_session_offer_parts(struct dfut_session *session,
			     bool (*may_be)(const struct dfut_session *session, size_t index))
{
	return offer(session, may_be, "name it (--part):");
}

/* The part. */

static int refuse_name(struct dfut_session *session)
{
	const struct dfut_language *language = session->plan.language;

	if (!language->get_part) {
		dfut_fail(&session->failure, DFUT_ERROR_USAGE, "a part was named (\"%s\"), and %s does not go by that",
			  session->part, language->title);
		dfut_hint(&session->failure, "leave it out (--part)");
		return DFUT_ERROR_USAGE;
	}
	dfut_fail(&session->failure, DFUT_ERROR_USAGE, "\"%s\" is no part that %s knows", session->part,
		  language->title);
	return offer(session, NULL, "it knows");
}

int dfut_session_check_part(struct dfut_session *session)
{
	const char *known = get_known(session);

	if (!session->part || !session->plan.language)
		return 0;
	if (find_part(session->plan.language, session->part) < 0)
		return refuse_name(session);
	if (!known || strcasecmp(known, session->part) == 0 || session->force & DFUT_CHECK_IDS)
		return 0;
	return dfut_fail_check(&session->failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_IDS,
			       "the device has the part \"%s\", as the device table says, and \"%s\" was named", known,
			       session->part);
}

int dfut_session_refuse_partless(struct dfut_session *session)
{
	char device[128];

	dfut_fail(&session->failure, DFUT_ERROR_USAGE, "which part %s has is not known, and %s can't be asked for it",
		  dfut_device_describe(session->device, device, sizeof(device)), session->plan.language->title);
	return dfut_session_offer_parts(session, NULL);
}
