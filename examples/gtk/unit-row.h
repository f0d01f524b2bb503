/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A row of the list: one unit, what can be done with it, what is being done, how it went. */

#ifndef UNIT_ROW_H
#define UNIT_ROW_H

#include "units.h"

#include <gtk/gtk.h>

#define UNIT_ROW_TYPE (unit_row_get_type())
G_DECLARE_FINAL_TYPE(UnitRow, unit_row, APP, UNIT_ROW, GtkListBoxRow)

/* units must outlive the row. */
GtkWidget *unit_row_new(Unit *unit, struct units *units);

#endif
