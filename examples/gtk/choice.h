/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What can be chosen for a device, where there is something to choose. The first choice is none: it is left to the library. */

#ifndef CHOICE_H
#define CHOICE_H

#include <dfutrigger.h>
#include <gtk/gtk.h>
#include <stdbool.h>

/* NULL: by itself. */
typedef void (*choice_made)(const char *name, void *user_data);

struct choice {
	GtkBox *box; /* where it is shown */
	const char *title;
	GtkDropDown *widget; /* NULL until there is something to choose */
	char **names;	     /* that the widget shows */
	choice_made made;
	void *user_data;
};

/* title: with a mnemonic; static. */
void choice_init(struct choice *choice, GtkWidget *box, const char *title, choice_made made, void *user_data);
void choice_finish(struct choice *choice);

/* False if there is nothing to choose: then the box is hidden. */
bool choice_show_triggers(struct choice *choice, const struct dfut_device *device, const char *chosen);
bool choice_show_alternates(struct choice *choice, const struct dfut_device *device, const char *chosen);
/* parts: NULL where nobody has to choose one. */
bool choice_show_parts(struct choice *choice, char **parts, const char *chosen);

#endif
