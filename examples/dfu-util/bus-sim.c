/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Virtual devices in bus.c's place, for tests: each line of DFU_UTIL_SIM names one, as dfutrigger's --sim does. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dfutrigger-sim.h>

#include "bus.h"

static int plug_all(struct dfut_sim *sim, char *specs)
{
	char *rest = NULL;
	int code = 0;

	for (char *spec = strtok_r(specs, "\n", &rest); spec && code == 0; spec = strtok_r(NULL, "\n", &rest))
		code = dfut_sim_plug(NULL, sim, spec, NULL);
	if (code < 0)
		fprintf(stderr, "DFU_UTIL_SIM: %s\n", dfut_sim_get_error(sim));
	return code;
}

int bus_open(struct bus *bus)
{
	const char *variable = getenv("DFU_UTIL_SIM");
	char *specs = strdup(variable ? variable : "");
	struct dfut_sim *sim = NULL;
	int code = specs ? dfut_context_new(&bus->context) : DFUT_ERROR_NO_MEMORY;

	if (code == 0)
		code = dfut_sim_new(&sim, DFUT_SIM_CLOCK_REAL);
	bus->own = sim;
	if (code == 0)
		code = plug_all(sim, specs);
	if (code == 0)
		code = dfut_sim_add_to_context(sim, bus->context);
	free(specs);
	return code;
}

void bus_close(struct bus *bus)
{
	dfut_context_free(bus->context);
	if (bus->own && dfut_sim_save(bus->own) < 0)
		fprintf(stderr, "DFU_UTIL_SIM: %s\n", dfut_sim_get_error(bus->own));
	dfut_sim_free(bus->own);
}
