/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Plugs a virtual device in and lists it. */

#include <stdio.h>
#include <stdlib.h>

#include <dfutrigger-sim.h>

static size_t list_devices(struct dfut_context *context)
{
	struct dfut_device_list *list;
	size_t count;

	if (dfut_device_list_new(&list, context, NULL) < 0) {
		puts(dfut_context_get_error(context));
		return 0;
	}
	count = dfut_device_list_get_count(list);
	printf("%zu devices\n", count);
	dfut_device_list_free(list);
	return count;
}

int main(void)
{
	struct dfut_sim *sim;
	struct dfut_context *context;
	size_t count = 0;

	if (dfut_sim_new(&sim, DFUT_SIM_CLOCK_VIRTUAL) < 0)
		return EXIT_FAILURE;
	if (dfut_context_new(&context) < 0) {
		dfut_sim_free(sim);
		return EXIT_FAILURE;
	}
	if (dfut_sim_plug(NULL, sim, "zephyr", NULL) < 0)
		puts(dfut_sim_get_error(sim));
	else if (dfut_sim_add_to_context(sim, context) < 0)
		puts(dfut_context_get_error(context));
	else
		count = list_devices(context);
	dfut_context_free(context);
	dfut_sim_free(sim);
	return count == 1 ? EXIT_SUCCESS : EXIT_FAILURE;
}
