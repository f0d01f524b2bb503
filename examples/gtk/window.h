/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The window: firmware above, devices below. */

#ifndef WINDOW_H
#define WINDOW_H

#include "playground.h"
#include "report.h"
#include "units.h"

#include <gtk/gtk.h>

#define WINDOW_TYPE (window_get_type())
G_DECLARE_FINAL_TYPE(Window, window, APP, WINDOW, GtkApplicationWindow)

/* All must outlive the window. problem: why no real device can be seen, NULL if they can. */
Window *window_new(GtkApplication *application, struct units *units, struct playground *playground,
		   struct report *report, const char *problem);
void window_open(Window *window, GFile *file);
void window_open_sample(Window *window);

#endif
