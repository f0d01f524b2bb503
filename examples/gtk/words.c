/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What the library says, on a label. */

#include "words.h"

#include <string.h>

/* The library's texts begin small, as they may stand behind a colon. A name like errVERIFY stays as it is. */
void words_show(GtkWidget *label, const char *text)
{
	size_t word = strspn(text, "abcdefghijklmnopqrstuvwxyz");
	char *sentence = g_strdup(text);

	if (word && (text[word] == ' ' || text[word] == ':' || text[word] == ',' || !text[word]))
		sentence[0] = g_ascii_toupper(sentence[0]);
	gtk_label_set_text(GTK_LABEL(label), sentence);
	gtk_widget_set_visible(label, *sentence != '\0');
	g_free(sentence);
}
