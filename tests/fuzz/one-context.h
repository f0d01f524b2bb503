/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A context that all runs of a process share: making one costs more than most of what is tried with it. */

#ifndef DFUT_FUZZ_ONE_CONTEXT_H
#define DFUT_FUZZ_ONE_CONTEXT_H

#include <stdlib.h>

#include "dfutrigger.h"

static inline struct dfut_context *get_context(void)
{
	static struct dfut_context *context;

	if (!context && dfut_context_new(&context) < 0)
		abort();
	return context;
}

#endif
