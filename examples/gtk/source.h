/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A context as a source of a GLib main loop: to be copied into any program that has one. */

#ifndef SOURCE_H
#define SOURCE_H

#include <dfutrigger.h>
#include <glib.h>

/* Called after each dispatch with what dfut_context_dispatch() returned. FALSE removes the source. */
typedef gboolean (*DfutSourceFunc)(int result, gpointer user_data);

/*
 * A source that dispatches the context whenever it has something to do. It wants to be attached, and its callback is a
 * DfutSourceFunc; without one it goes on for ever. Destroy it before the context is freed.
 */
GSource *dfut_source_new(struct dfut_context *context);

#endif
