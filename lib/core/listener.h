/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Who listens to all that a context does, and to what goes between it and its buses: a recording. */

#ifndef DFUT_LISTENER_H
#define DFUT_LISTENER_H

#include "base/base.h"
#include "dfutrigger-transport.h"

/* What a session tells. */
struct dfut_news {
	enum {
		DFUT_NEWS_PLAN,
		DFUT_NEWS_STATE,
		DFUT_NEWS_RESULT,
	} kind;
	const char *path;		    /* of its device */
	const struct dfut_step *steps;	    /* PLAN */
	size_t step_count;		    /* PLAN */
	const char *state;		    /* STATE: its name */
	const struct dfut_failure *failure; /* RESULT; its code is 0 if all went well */
};

struct dfut_listener {
	/* A bus is about to be added: what is put in front of it takes its place. 0, or an error and nothing has changed. */
	int (*take_bus)(void *self, const struct dfut_bus_ops **ops, void **bus);
	void (*hear_log)(void *self, enum dfut_log_level level, const char *text);
	void (*hear_news)(void *self, const struct dfut_news *news);
	/* The context and its buses are gone. */
	void (*free)(void *self);
};

#endif
