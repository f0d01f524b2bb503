/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The units that there are, as a GListModel, kept true to life by the context's device handler. */

#ifndef UNITS_H
#define UNITS_H

#include "unit.h"

#include <gio/gio.h>

struct units;

/* Attaches the context to the main loop. Free it before the context. */
struct units *units_new(struct dfut_context *context);
void units_free(struct units *units);

GListModel *units_get_model(struct units *units);
/* The firmware that all are judged with, and those that come. */
void units_set_firmware(struct units *units, Firmware *firmware);
/* Called when a unit comes, goes or changes; NULL for nobody. */
void units_set_watcher(struct units *units, void (*changed)(void *user_data), void *user_data);
bool units_are_running(struct units *units);
/* Those with a plan that can be started; free it, and drop the references in it. */
GPtrArray *units_find_planned(struct units *units);
void units_cancel_all(struct units *units);
/* Forgets a result that was read; a unit that is not plugged in goes with it. */
void units_dismiss(struct units *units, Unit *unit);

#endif
