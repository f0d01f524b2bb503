/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What can be chosen for a device, where there is something to choose. The first choice leaves it to the library. */

#ifndef CHOICE_H
#define CHOICE_H

#include <dfutrigger.h>
#include <gtk/gtk.h>
#include <stdbool.h>

/* NULL: by itself. */
typedef void (*choice_made)(const char *name, void *user_data);

struct choice {
	GtkDropDown *widget;
	char **names;		/* that the widget shows */
	choice_made made;
	void *user_data;
	gulong handler;
};

void choice_init(struct choice *choice, GtkDropDown *widget, choice_made made, void *user_data);
void choice_finish(struct choice *choice);

/* False if there is nothing to choose. */
bool choice_show_triggers(struct choice *choice, const struct dfut_device *device, const char *chosen);
bool choice_show_alternates(struct choice *choice, const struct dfut_device *device, const char *chosen);

#endif
