/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What the library says, and what others wrote, on a label. */

#include "words.h"

#include <string.h>

/* Controls, what ends a line, what turns text around */
static bool is_harmful(gunichar code)
{
	return g_unichar_iscntrl(code) || code == 0x61c || code == 0x200e || code == 0x200f ||
	       (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

char *words_clean(const char *text)
{
	GString *clean = g_string_new(NULL);

	for (; *text; text = g_utf8_next_char(text))
		g_string_append_unichar(clean, is_harmful(g_utf8_get_char(text)) ? '?' : g_utf8_get_char(text));
	return g_string_free(clean, FALSE);
}

/* Options of the command, as in " (--timeout)", are for who types. */
static void cut_options(char *text)
{
	char *from;
	char *to;

	while ((from = strstr(text, " (--")) && (to = strchr(from, ')')))
		memmove(from, to + 1, strlen(to + 1) + 1);
}

/* The library's texts begin small, as they may stand behind a colon. A name like errVERIFY stays as it is. */
void words_show(GtkWidget *label, const char *text)
{
	size_t word = strspn(text, "abcdefghijklmnopqrstuvwxyz");
	char *sentence = g_strdup(text);

	if (word && (text[word] == ' ' || text[word] == ':' || text[word] == ',' || !text[word]))
		sentence[0] = g_ascii_toupper(sentence[0]);
	cut_options(sentence);
	gtk_label_set_text(GTK_LABEL(label), sentence);
	gtk_widget_set_visible(label, *sentence != '\0');
	g_free(sentence);
}

void words_show_refusal(GtkWidget *widget, GtkWidget *icon, bool is_refused)
{
	if (!is_refused && !gtk_widget_has_css_class(widget, "refused"))
		return;
	gtk_accessible_update_property(GTK_ACCESSIBLE(icon), GTK_ACCESSIBLE_PROPERTY_LABEL,
				       is_refused ? "Not possible" : "", -1);
	if (!is_refused) {
		gtk_widget_remove_css_class(widget, "refused");
		return;
	}
	gtk_image_set_from_icon_name(GTK_IMAGE(icon), "dialog-error-symbolic");
	gtk_widget_add_css_class(widget, "refused");
}
