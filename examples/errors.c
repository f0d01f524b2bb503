/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * What can go wrong, and what a program with windows would offer in each case:
 * errors [--sim SPEC] FILE [ALTERNATE] tries an update and says what it would show.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dfutrigger-sim.h>
#include <dfutrigger.h>

/* The library's text says what happened and its hint what to do; the code says which button to offer. */
static const char *get_offer(enum dfut_error code)
{
	switch (code) {
	case DFUT_OK:
		return "[Close]";
	case DFUT_ERROR_NOT_FOUND:
		return "wait with dfut_context_set_device_handler() until one is plugged in, then go on by itself";
	case DFUT_ERROR_AMBIGUOUS:
		return "a list to choose from, made with dfut_device_list_new()";
	case DFUT_ERROR_ACCESS:
		return "[Copy the rule] [Try again]";
	case DFUT_ERROR_BUSY:
	case DFUT_ERROR_TIMEOUT:
	case DFUT_ERROR_GONE:
	case DFUT_ERROR_IO:
		return "[Try again]: the next run recovers the device";
	case DFUT_ERROR_IMAGE:
	case DFUT_ERROR_MISMATCH:
		return "[Choose another file]";
	case DFUT_ERROR_VERIFY:
		return "[Write again]";
	case DFUT_ERROR_DEVICE:
	case DFUT_ERROR_PROTOCOL:
	case DFUT_ERROR_UNSUPPORTED:
		return "[Copy the log], for a report";
	case DFUT_ERROR_CANCELLED:
		return "nothing: the person wanted it";
	case DFUT_ERROR_NO_MEMORY:
		return "[Close]: other programs need to be closed first";
	case DFUT_ERROR_USAGE:
		break;
	}
	return "[Copy the log]: this is a mistake in the program";
}

static void show(int code, unsigned int check, const char *text, const char *hint)
{
	printf("%s: %s\n", code < 0 ? dfut_error_get_name(code) : "done", text);
	if (hint[0])
		printf("advice: %s\n", hint);
	if (check)
		printf("failed check: %s; it can be overridden, on its own, by a person who knows better\n",
		       dfut_check_get_name(check));
	printf("to offer: %s\n", get_offer((enum dfut_error)code));
}

/* What a session did is told by the session. */
static int update(struct dfut_context *context, struct dfut_device *device, struct dfut_image *image,
		  const char *alternate)
{
	struct dfut_session *session = NULL;
	int code = dfut_session_new(&session, device);

	if (code == 0)
		code = dfut_session_set_alternate(session, alternate);
	if (code == 0)
		code = dfut_session_start_update(session, image);
	if (code == 0)
		code = dfut_session_run(session);
	if (session && dfut_session_get_message(session)[0])
		show(code, dfut_session_get_failed_check(session), dfut_session_get_message(session),
		     dfut_session_get_hint(session));
	else
		show(code, dfut_context_get_failed_check(context), dfut_context_get_error(context),
		     dfut_context_get_hint(context));
	if (session && dfut_session_get_verified(session) == DFUT_VERIFIED_IMPOSSIBLE)
		printf("note: it could not be compared with what was sent\n");
	dfut_session_free(session);
	return code;
}

/* What happens before there is a session is told by the context. */
static int load_and_update(struct dfut_context *context, const char *path, const char *alternate)
{
	struct dfut_image *image = NULL;
	struct dfut_device *device = NULL;
	int code = dfut_image_load_file(&image, context, path, 0);

	if (code == 0)
		code = dfut_device_find(&device, context, NULL);
	if (code < 0)
		show(code, dfut_context_get_failed_check(context), dfut_context_get_error(context),
		     dfut_context_get_hint(context));
	else
		code = update(context, device, image, alternate);
	if (device)
		dfut_device_unref(device);
	dfut_image_free(image);
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
	int first = argc > 2 && strcmp(argv[1], "--sim") == 0 ? 3 : 1;
	int code = 0;

	if (argc <= first) {
		fprintf(stderr, "usage: errors [--sim SPEC] FILE [ALTERNATE]\n");
		return EXIT_FAILURE;
	}
	code = dfut_context_new(&context);
	if (code == 0 && first == 3)
		code = plug_virtual_device(&sim, context, argv[2]);
	if (code == 0)
		code = load_and_update(context, argv[first], argc > first + 1 ? argv[first + 1] : NULL);
	dfut_context_free(context);
	dfut_sim_free(sim);
	return code < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
