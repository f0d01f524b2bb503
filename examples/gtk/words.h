/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What the library says, on a label. */

#ifndef WORDS_H
#define WORDS_H

#include <gtk/gtk.h>
#include <stdbool.h>

/* What others wrote, as the library cleans what it says: a question mark for what is no character to be read. Of UTF-8; the caller
 * frees it. */
char *words_clean(const char *text);
/* Shows the text as a sentence; hides the label if there is none. */
void words_show(GtkWidget *label, const char *text);

/* What is not possible looks like that: a tinted row with a sign, which readers are told. */
void words_show_refusal(GtkWidget *widget, GtkWidget *icon, bool is_refused);

#endif
