/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* rack COUNT: updates so many virtual boards at once, in one thread, on the virtual clock. No two do anything at the same time. */

#include <stdio.h>
#include <stdlib.h>

#include "dfutrigger-sim.h"

#define IMAGE_SIZE 16384

static void check(int result, const char *what)
{
	if (result >= 0)
		return;
	fprintf(stderr, "rack: %s: %s\n", what, dfut_error_get_text(result));
	exit(1);
}

static struct dfut_image *make_image(struct dfut_context *context)
{
	static uint8_t content[IMAGE_SIZE];
	struct dfut_image *image;

	for (size_t i = 0; i < IMAGE_SIZE; i++)
		content[i] = (uint8_t)(i * 13 + i / 256 + 129);
	check(dfut_image_load_buffer(&image, context, content, IMAGE_SIZE, 0), "image");
	return image;
}

static void plug(struct dfut_sim *sim, unsigned int number)
{
	char spec[160];

	snprintf(spec, sizeof(spec),
		 "dfu:transfer-size=512,busy=1,poll-ms=5,transfer-us=%u,detach-ms=%u,return-ms=%u,serial=S%u",
		 900 + number * 7 % 211, 20 + number, 300 + number * 5, number);
	check(dfut_sim_plug(NULL, sim, spec, NULL), dfut_sim_get_error(sim));
}

static void update_all(struct dfut_context *context, struct dfut_image *image, size_t count)
{
	struct dfut_session **sessions = calloc(count, sizeof(struct dfut_session *));
	struct dfut_device_list *list;

	if (!sessions)
		check(DFUT_ERROR_NO_MEMORY, "sessions");
	check(dfut_device_list_new(&list, context, NULL), "list");
	if (dfut_device_list_get_count(list) != count)
		check(DFUT_ERROR_NOT_FOUND, "list");
	for (size_t i = 0; i < count; i++) {
		check(dfut_session_new(&sessions[i], dfut_device_list_get(list, i)), "session");
		check(dfut_session_start_update(sessions[i], image), "start");
	}
	for (size_t i = 0; i < count; i++) {
		check(dfut_session_run(sessions[i]), "update");
		if (dfut_session_get_verified(sessions[i]) != DFUT_VERIFIED_YES)
			check(DFUT_ERROR_VERIFY, "update");
	}
	for (size_t i = 0; i < count; i++)
		dfut_session_free(sessions[i]);
	dfut_device_list_free(list);
	free(sessions);
}

int main(int argc, char **argv)
{
	unsigned int count = argc > 1 ? (unsigned int)strtoul(argv[1], NULL, 10) : 32;
	struct dfut_context *context;
	struct dfut_image *image;
	struct dfut_sim *sim;

	check(dfut_context_new(&context), "context");
	check(dfut_sim_new(&sim, DFUT_SIM_CLOCK_VIRTUAL), "sim");
	check(dfut_sim_add_to_context(sim, context), "sim");
	for (unsigned int i = 0; i < count; i++)
		plug(sim, i);
	image = make_image(context);
	update_all(context, image, count);
	dfut_image_free(image);
	dfut_context_free(context);
	dfut_sim_free(sim);
	return 0;
}
