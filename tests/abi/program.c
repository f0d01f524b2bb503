/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Built with the headers of a release, run with the libraries as they are: updates a virtual board and reads it back. */

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dfutrigger-sim.h>
#include <dfutrigger-transport.h>

static const uint8_t firmware[] = "what a board of long ago was given";

struct seen {
	int calls;
	size_t length;
	uint8_t read[4096];
};

static void on_progress(struct dfut_session *session, const struct dfut_progress *progress, void *user_data)
{
	struct seen *seen = user_data;

	(void)session;
	seen->calls += progress->done <= progress->total;
}

static int on_data(const uint8_t *data, size_t size, void *user_data)
{
	struct seen *seen = user_data;
	size_t room = sizeof(seen->read) - seen->length;

	memcpy(seen->read + seen->length, data, size < room ? size : room);
	seen->length += size < room ? size : room;
	return 0;
}

/* What the last step of a session that has ended says. */
static bool has_done_it(const struct dfut_session *session)
{
	struct dfut_progress progress;
	struct dfut_step step;
	size_t count = dfut_session_get_step_count(session);

	dfut_session_get_progress(session, &progress, sizeof(progress));
	return progress.state == DFUT_SESSION_DONE && count > 0 &&
	       dfut_session_get_step(session, count - 1, &step, sizeof(step)) == 0 && step.text;
}

/* An update with an image, or else an upload. */
static int run(struct dfut_device *device, struct dfut_image *image, struct seen *seen)
{
	struct dfut_session *session = NULL;
	int code = dfut_session_new(&session, device);

	if (code < 0)
		return code;
	dfut_session_set_progress_handler(session, on_progress, seen);
	code = image ? dfut_session_start_update(session, image) : dfut_session_start_upload(session, on_data, seen);
	if (code == 0)
		code = dfut_session_run(session);
	if (code == 0 && !has_done_it(session))
		code = DFUT_ERROR_PROTOCOL;
	puts(dfut_session_get_message(session));
	dfut_session_free(session);
	return code;
}

/* The device is another one after each restart. */
static int find_and_run(struct dfut_context *context, struct dfut_image *image, struct seen *seen)
{
	struct dfut_match match = DFUT_MATCH_INIT;
	struct dfut_device *device = NULL;
	int code;

	match.path = "1-1";
	code = dfut_device_find(&device, context, &match);
	if (code == 0)
		code = run(device, image, seen);
	dfut_device_unref(device);
	return code;
}

/* Each part of an image is what the program gave. */
static bool is_whole(const struct dfut_image *image)
{
	struct dfut_segment segment;

	return dfut_image_get_segment_count(image) == 1 &&
	       dfut_image_get_segment(image, 0, &segment, sizeof(segment)) == 0 && segment.size == sizeof(firmware) &&
	       memcmp(segment.data, firmware, sizeof(firmware)) == 0;
}

static int update_and_read(struct dfut_context *context, struct dfut_image *image)
{
	static struct seen seen;
	int code = find_and_run(context, image, &seen);

	if (code == 0)
		code = find_and_run(context, NULL, &seen);
	if (code == 0 && (seen.calls == 0 || memcmp(seen.read, firmware, sizeof(firmware)) != 0))
		code = DFUT_ERROR_VERIFY;
	return code;
}

static int use(struct dfut_context *context, struct dfut_sim *sim)
{
	struct dfut_image *image = NULL;
	int code = dfut_sim_plug(NULL, sim, "dfu", NULL);

	if (code == 0)
		code = dfut_sim_add_to_context(sim, context);
	if (code == 0)
		code = dfut_image_load_buffer(&image, context, firmware, sizeof(firmware), DFUT_CHECK_FORMAT);
	if (code == 0)
		code = is_whole(image) ? update_and_read(context, image) : DFUT_ERROR_IMAGE;
	dfut_image_free(image);
	if (code < 0)
		fprintf(stderr, "%s: %s\n", dfut_error_get_name(code), dfut_context_get_error(context));
	return code;
}

int main(void)
{
	struct dfut_context *context = NULL;
	struct dfut_sim *sim = NULL;
	int code = dfut_context_new(&context);

	if (code == 0)
		code = dfut_sim_new(&sim, DFUT_SIM_CLOCK_VIRTUAL);
	if (code == 0)
		code = use(context, sim);
	dfut_context_free(context);
	dfut_sim_free(sim);
	printf("built with %d.%d.%d, run with %s\n", DFUT_VERSION_MAJOR, DFUT_VERSION_MINOR, DFUT_VERSION_PATCH,
	       dfut_get_version());
	return code < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
