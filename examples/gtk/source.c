/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A context as a source of a GLib main loop. */

#include "source.h"

#include <glib-unix.h>

struct source {
	GSource source;
	struct dfut_context *context;
	gpointer event;
};

/* The time is asked for before each poll: what was dispatched, started or cancelled has changed it. */
static gboolean prepare(GSource *source, int *timeout_ms)
{
	*timeout_ms = dfut_context_get_timeout_ms(((struct source *)source)->context);
	return *timeout_ms == 0;
}

static gboolean check(GSource *source)
{
	struct source *own = (struct source *)source;

	return g_source_query_unix_fd(source, own->event) || dfut_context_get_timeout_ms(own->context) == 0;
}

/* 0 ms: the waiting is done by the loop. */
static gboolean dispatch(GSource *source, GSourceFunc callback, gpointer user_data)
{
	int result = dfut_context_dispatch(((struct source *)source)->context, 0);

	return callback ? ((DfutSourceFunc)(void (*)(void))callback)(result, user_data) : G_SOURCE_CONTINUE;
}

static GSourceFuncs functions = { .prepare = prepare, .check = check, .dispatch = dispatch };

GSource *dfut_source_new(struct dfut_context *context)
{
	GSource *source = g_source_new(&functions, sizeof(struct source));
	struct source *own = (struct source *)source;

	g_source_set_static_name(source, "libdfutrigger");
	own->context = context;
	own->event = g_source_add_unix_fd(source, dfut_context_get_event(context), G_IO_IN);
	return source;
}
