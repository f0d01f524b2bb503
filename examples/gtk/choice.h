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
	char **values;	     /* what each means; NULL ends them, as it does the names */
	choice_made made;
	void *user_data;
};

/* title: with a mnemonic; static. */
void choice_init(struct choice *choice, GtkWidget *box, const char *title, choice_made made, void *user_data);
void choice_finish(struct choice *choice);

/* What there is to choose from. */
struct options {
	GPtrArray *names;
	GPtrArray *values;
};

/* The first one means NULL. */
struct options options_new(const char *none);
/* Takes the name. */
void options_add(struct options *options, char *name, const char *value);
/* Takes the options. False if none is wanted: then the box is hidden. */
bool choice_show(struct choice *choice, struct options options, bool is_wanted, const char *chosen);

/* False if there is nothing to choose. */
bool choice_show_triggers(struct choice *choice, const struct dfut_device *device, const char *chosen);
bool choice_show_alternates(struct choice *choice, const struct dfut_device *device, const char *chosen);
/* parts: NULL where nobody has to choose one. */
bool choice_show_parts(struct choice *choice, char **parts, const char *chosen);

#endif
