/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Which part (chip) a device has, where its bootloader can't tell it: what was named, and what the table says. */

#include <stdio.h>
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

/* "a, b, c" */
static void list_parts(const struct dfut_language *language, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; language->get_part(i) && used < size; i++)
		used += (size_t)snprintf(text + used, size - used, "%s%s", i ? ", " : "", language->get_part(i));
}

static int refuse_name(struct dfut_session *session)
{
	const struct dfut_language *language = session->plan.language;
	char names[800];

	if (!language->get_part) {
		dfut_fail(&session->failure, DFUT_ERROR_USAGE, "a part was named (\"%s\"), and %s does not go by that",
			  session->part, language->title);
		dfut_hint(&session->failure, "leave it out (--part)");
		return DFUT_ERROR_USAGE;
	}
	list_parts(language, names, sizeof(names));
	dfut_fail(&session->failure, DFUT_ERROR_USAGE, "\"%s\" is no part that %s knows", session->part,
		  language->title);
	dfut_hint(&session->failure, "it knows %s", names);
	return DFUT_ERROR_USAGE;
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
	char device[128], names[800];

	list_parts(session->plan.language, names, sizeof(names));
	dfut_fail(&session->failure, DFUT_ERROR_USAGE, "which part %s has is not known, and %s can't be asked for it",
		  dfut_device_describe(session->device, device, sizeof(device)), session->plan.language->title);
	dfut_hint(&session->failure, "name it (--part): %s", names);
	return DFUT_ERROR_USAGE;
}
