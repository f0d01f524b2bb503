/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Puts firmware into a device and shows how far it is: update [--sim SPEC] FILE [ALTERNATE] */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dfutrigger-sim.h>
#include <dfutrigger.h>

static void show_progress(struct dfut_session *session, const struct dfut_progress *progress, void *user_data)
{
	(void)session;
	(void)user_data;
	printf("%6.2f s  %-12s", (double)progress->elapsed_ms / 1000, dfut_session_state_get_name(progress->state));
	if (progress->total > 0)
		printf(" %3u %%", (unsigned int)(progress->done * 100 / progress->total));
	if (progress->left_ms >= 0)
		printf(", %.1f s left", (double)progress->left_ms / 1000);
	printf("\n");
}

static int update(struct dfut_device *device, struct dfut_image *image, const char *alternate)
{
	struct dfut_session *session = NULL;
	int code = dfut_session_new(&session, device);

	if (code < 0)
		return code;
	code = dfut_session_set_alternate(session, alternate);
	dfut_session_set_progress_handler(session, show_progress, NULL);
	if (code == 0)
		code = dfut_session_start_update(session, image);
	if (code == 0)
		code = dfut_session_run(session);
	/* Also after success there may be something that the person has to do, such as pressing a button. */
	printf("%s\n%s\n", dfut_session_get_message(session), dfut_session_get_hint(session));
	dfut_session_free(session);
	return code;
}

static int find_and_update(struct dfut_context *context, struct dfut_image *image, const char *alternate)
{
	struct dfut_match match = DFUT_MATCH_INIT;
	struct dfut_device *device = NULL;
	int code;

	/* Of several devices those are left out that it does not fit. */
	match.image = image;
	code = dfut_device_find(&device, context, &match);
	if (code < 0)
		return code;
	code = update(device, image, alternate);
	dfut_device_unref(device);
	return code;
}

/* The file is judged before any device is looked at. */
static int load_and_update(struct dfut_context *context, const char *path, const char *alternate)
{
	struct dfut_image *image = NULL;
	int code = dfut_image_load_file(&image, context, path, 0);

	if (code == 0)
		code = find_and_update(context, image, alternate);
	if (code < 0)
		fprintf(stderr, "%s\n%s\n", dfut_context_get_error(context), dfut_context_get_hint(context));
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
		fprintf(stderr, "usage: update [--sim SPEC] FILE [ALTERNATE]\n");
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
