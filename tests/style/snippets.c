/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Behind a snippet of the documentation: a virtual device in each context that it makes. Linked with --wrap. */

#include <stdlib.h>

#include <dfutrigger-sim.h>
#include <dfutrigger.h>

int __real_dfut_context_new(struct dfut_context **context);
int __wrap_dfut_context_new(struct dfut_context **context);

static struct dfut_sim *sim;

static void free_sim(void)
{
	dfut_sim_free(sim);
}

int __wrap_dfut_context_new(struct dfut_context **context)
{
	int code = __real_dfut_context_new(context);

	if (code == 0)
		code = dfut_sim_new(&sim, DFUT_SIM_CLOCK_VIRTUAL);
	if (code == 0 && atexit(free_sim) != 0)
		code = DFUT_ERROR_NO_MEMORY;
	if (code == 0)
		code = dfut_sim_plug(NULL, sim, "dfu:start=bootloader", NULL);
	return code == 0 ? dfut_sim_add_to_context(sim, *context) : code;
}
