/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Updates a device from an event loop of one's own, here poll(), which waits for other things, too:
 * update-poll [--sim SPEC] FILE [ALTERNATE]. A line on the standard input cancels.
 */

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <dfutrigger-sim.h>
#include <dfutrigger.h>

static void read_line(struct pollfd *input, struct dfut_session *session)
{
	char line[80];

	if (read(input->fd, line, sizeof(line)) > 0)
		dfut_session_cancel(session);
	else
		input->fd = -1;
}

static int loop(struct dfut_context *context, struct dfut_session *session)
{
	struct pollfd events[2] = {
		{ .fd = dfut_context_get_event(context), .events = POLLIN },
		{ .fd = STDIN_FILENO, .events = POLLIN },
	};

	while (!dfut_session_has_ended(session)) {
		int code = 0;

		/* The time must be asked for again each time: what was dispatched has changed it. */
		if (poll(events, 2, dfut_context_get_timeout_ms(context)) < 0) {
			perror("poll");
			return DFUT_ERROR_IO;
		}
		if (events[1].revents)
			read_line(&events[1], session);
		code = dfut_context_dispatch(context, 0);
		if (code < 0)
			return code;
	}
	return dfut_session_get_result(session);
}

static int update(struct dfut_context *context, struct dfut_device *device, struct dfut_image *image,
		  const char *alternate)
{
	struct dfut_session *session = NULL;
	int code = dfut_session_new(&session, device);

	if (code < 0)
		return code;
	code = dfut_session_set_alternate(session, alternate);
	if (code == 0)
		code = dfut_session_start_update(session, image);
	if (code == 0)
		code = loop(context, session);
	printf("%s\n%s\n", dfut_session_get_message(session), dfut_session_get_hint(session));
	dfut_session_free(session);
	return code;
}

static int load_and_update(struct dfut_context *context, const char *path, const char *alternate)
{
	struct dfut_match match = DFUT_MATCH_INIT;
	struct dfut_image *image = NULL;
	struct dfut_device *device = NULL;
	int code = dfut_image_load_file(&image, context, path, 0);

	match.image = image;
	if (code == 0)
		code = dfut_device_find(&device, context, &match);
	if (code == 0)
		code = update(context, device, image, alternate);
	if (code < 0)
		fprintf(stderr, "%s\n%s\n", dfut_context_get_error(context), dfut_context_get_hint(context));
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
		fprintf(stderr, "usage: update-poll [--sim SPEC] FILE [ALTERNATE]\n");
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
