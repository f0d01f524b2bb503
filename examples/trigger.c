/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Brings a device into its bootloader and follows it there: trigger [--sim SPEC] */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dfutrigger-sim.h>
#include <dfutrigger.h>

/* Which device: these are the ids of its application, or DFUT_MATCH_ANY if there is only one. */
#define VENDOR_ID DFUT_MATCH_ANY
#define PRODUCT_ID DFUT_MATCH_ANY

static int trigger(struct dfut_device *device)
{
	struct dfut_session *session = NULL;
	int code = dfut_session_new(&session, device);

	if (code < 0)
		return code;
	code = dfut_session_start_trigger(session);
	if (code == 0)
		code = dfut_session_run(session);
	if (code == 0) {
		/* The bootloader is another device to the system, and another object here. */
		device = dfut_session_get_device(session);
		printf("in its bootloader: %04x:%04x at %s\n", dfut_device_get_vendor_id(device),
		       dfut_device_get_product_id(device), dfut_device_get_path(device));
	} else {
		fprintf(stderr, "%s\n%s\n", dfut_session_get_message(session), dfut_session_get_hint(session));
	}
	dfut_session_free(session);
	return code;
}

static int find_and_trigger(struct dfut_context *context)
{
	struct dfut_match match = DFUT_MATCH_INIT;
	struct dfut_device *device = NULL;
	int code = 0;

	match.vendor_id = VENDOR_ID;
	match.product_id = PRODUCT_ID;
	code = dfut_device_find(&device, context, &match);
	if (code < 0) {
		fprintf(stderr, "%s\n%s\n", dfut_context_get_error(context), dfut_context_get_hint(context));
		return code;
	}
	code = trigger(device);
	dfut_device_unref(device);
	return code;
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
		code = find_and_trigger(context);
	dfut_context_free(context);
	dfut_sim_free(sim);
	return code < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
