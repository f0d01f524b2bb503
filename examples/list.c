/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Lists the devices that are plugged in: list [--sim SPEC] */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dfutrigger-sim.h>
#include <dfutrigger.h>

static void print_device(const struct dfut_device *device)
{
	size_t trigger_count = dfut_device_get_trigger_count(device);

	printf("%-8s %04x:%04x %-12s %s\n", dfut_device_get_path(device), dfut_device_get_vendor_id(device),
	       dfut_device_get_product_id(device), dfut_mode_get_name(dfut_device_get_mode(device)),
	       dfut_device_get_product(device));
	for (size_t i = 0; i < trigger_count; i++)
		printf("         can be triggered by %s\n", dfut_device_get_trigger_name(device, i));
}

static int list_devices(struct dfut_context *context)
{
	struct dfut_device_list *list = NULL;
	size_t count = 0;
	int code = dfut_device_list_new(&list, context, NULL);

	if (code < 0) {
		fprintf(stderr, "can't list: %s\n%s\n", dfut_context_get_error(context),
			dfut_context_get_hint(context));
		return code;
	}
	count = dfut_device_list_get_count(list);
	for (size_t i = 0; i < count; i++)
		print_device(dfut_device_list_get(list, i));
	printf("%zu devices\n", count);
	dfut_device_list_free(list);
	return 0;
}

/* A virtual device in place of hardware. */
static int plug_virtual_device(struct dfut_sim **sim, struct dfut_context *context, const char *spec)
{
	int code = dfut_sim_new(sim, DFUT_SIM_CLOCK_REAL);

	if (code < 0)
		return code;
	code = dfut_sim_plug(NULL, *sim, spec, NULL);
	if (code < 0) {
		fprintf(stderr, "%s: %s\n", spec, dfut_sim_get_error(*sim));
		return code;
	}
	return dfut_sim_add_to_context(*sim, context);
}

int main(int argc, char **argv)
{
	struct dfut_context *context = NULL;
	struct dfut_sim *sim = NULL;
	int code = dfut_context_new(&context);

	if (code == 0 && argc == 3 && strcmp(argv[1], "--sim") == 0)
		code = plug_virtual_device(&sim, context, argv[2]);
	if (code == 0)
		code = list_devices(context);
	dfut_context_free(context);
	dfut_sim_free(sim);
	return code < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
