/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What an update is going to do, for people: a sentence, made of the states of its steps. */

#include "outline.h"

#include <glib.h>
#include <stdbool.h>

/* NULL of what a person need not know. */
static const char *get_words(enum dfut_session_state state)
{
	switch (state) {
	case DFUT_SESSION_TRIGGERING:
		return "starts the bootloader";
	case DFUT_SESSION_PROBING:
	case DFUT_SESSION_DIAGNOSING:
		return "asks the device what it is";
	case DFUT_SESSION_COMPARING:
		return "compares what is there";
	case DFUT_SESSION_DOWNLOADING:
		return "writes";
	case DFUT_SESSION_VERIFYING:
		return "checks what was written";
	case DFUT_SESSION_UPLOADING:
		return "reads";
	case DFUT_SESSION_RESTARTING:
		return "starts the new firmware";
	case DFUT_SESSION_COMMANDING:
		return "carries out a command";
	case DFUT_SESSION_NEW:
	case DFUT_SESSION_LEAVING:
	case DFUT_SESSION_RETURNING:
	case DFUT_SESSION_MEASURING:
	case DFUT_SESSION_ANNOUNCING:
	case DFUT_SESSION_MANIFESTING:
	case DFUT_SESSION_DONE:
	case DFUT_SESSION_FAILED:
	case DFUT_SESSION_CANCELLED:
		break;
	}
	return NULL;
}

static char *describe_step(const struct dfut_step *step)
{
	char *size, *text;

	if (step->state != DFUT_SESSION_DOWNLOADING || !step->bytes)
		return g_strdup(get_words(step->state));
	size = g_format_size_full(step->bytes, G_FORMAT_SIZE_IEC_UNITS);
	text = g_strdup_printf("writes %s", size);
	g_free(size);
	return text;
}

static bool is_last(const GPtrArray *parts, const char *text)
{
	return parts->len && g_str_equal(g_ptr_array_index(parts, parts->len - 1), text);
}

/* "a, b, and c" */
static char *join(const GPtrArray *parts)
{
	GString *text = g_string_new(NULL);

	for (unsigned int i = 0; i < parts->len; i++) {
		bool ends = i && i + 1 == parts->len;

		g_string_append_printf(text, "%s%s%s",
				       i && parts->len > 2 ? ", " :
				       i		   ? " " :
							     "",
				       ends ? "and " : "", (const char *)g_ptr_array_index(parts, i));
	}
	if (text->len)
		text->str[0] = g_ascii_toupper(text->str[0]);
	g_string_append(text, text->len ? ". Leave the device plugged in." : "There is nothing to be done.");
	return g_string_free(text, FALSE);
}

char *outline_describe(const struct dfut_session *session)
{
	GPtrArray *parts = g_ptr_array_new_with_free_func(g_free);
	struct dfut_step step;
	char *text;

	for (size_t i = 0; session && dfut_session_get_step(session, i, &step, sizeof(step)) == 0; i++) {
		char *part = describe_step(&step);

		if (part && !is_last(parts, part))
			g_ptr_array_add(parts, part);
		else
			g_free(part);
	}
	text = join(parts);
	g_ptr_array_free(parts, TRUE);
	return text;
}

char *outline_list(const struct dfut_session *session)
{
	GString *text = g_string_new(NULL);
	struct dfut_step step;

	for (size_t i = 0; session && dfut_session_get_step(session, i, &step, sizeof(step)) == 0; i++)
		g_string_append_printf(text, "%s%zu. %s", i ? "\n" : "", i + 1, step.text);
	return g_string_free(text, FALSE);
}
