/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What the library says, on a label. */

#ifndef WORDS_H
#define WORDS_H

#include <gtk/gtk.h>

/* Shows the text as a sentence; hides the label if there is none. */
void words_show(GtkWidget *label, const char *text);

#endif
