/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Puts the same firmware into every device that speaks DFU, all at once, in one thread:
 * update-many [--sim SPEC]... FILE [ALTERNATE] */

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dfutrigger-sim.h>
#include <dfutrigger.h>

struct jobs {
	struct dfut_session **sessions;
	char (*paths)[32];
	size_t count;
	int first_error;
};

/* What only its class describes may be somebody's webcam: it would have to be named. */
static bool is_wanted(const struct dfut_device *device)
{
	return strcmp(dfut_device_get_protocol(device), "dfu") == 0 && !dfut_device_is_generic(device);
}

/* A session that can't start is told of and left out; the others go on. */
static void start(struct jobs *jobs, struct dfut_device *device, struct dfut_image *image, const char *alternate)
{
	struct dfut_session *session = NULL;
	int code = dfut_session_new(&session, device);

	if (code < 0)
		return;
	code = dfut_session_set_alternate(session, alternate);
	if (code == 0)
		code = dfut_session_start_update(session, image);
	if (code < 0) {
		printf("%s: %s\n", dfut_device_get_path(device), dfut_session_get_message(session));
		jobs->first_error = jobs->first_error ? jobs->first_error : code;
		dfut_session_free(session);
		return;
	}
	snprintf(jobs->paths[jobs->count], sizeof(jobs->paths[0]), "%s", dfut_device_get_path(device));
	jobs->sessions[jobs->count++] = session;
}

static int start_all(struct jobs *jobs, struct dfut_context *context, struct dfut_image *image, const char *alternate)
{
	struct dfut_device_list *list = NULL;
	size_t count = 0;
	int code = dfut_device_list_new(&list, context, NULL);

	if (code < 0)
		return code;
	count = dfut_device_list_get_count(list);
	jobs->sessions = calloc(count + 1, sizeof(jobs->sessions[0]));
	jobs->paths = calloc(count + 1, sizeof(jobs->paths[0]));
	for (size_t i = 0; jobs->sessions && jobs->paths && i < count; i++)
		if (is_wanted(dfut_device_list_get(list, i)))
			start(jobs, dfut_device_list_get(list, i), image, alternate);
	dfut_device_list_free(list);
	return jobs->sessions && jobs->paths ? 0 : DFUT_ERROR_NO_MEMORY;
}

static bool is_under_way(const struct dfut_session *session)
{
	return !dfut_session_has_ended(session);
}

static bool are_under_way(const struct jobs *jobs)
{
	for (size_t i = 0; i < jobs->count; i++)
		if (is_under_way(jobs->sessions[i]))
			return true;
	return false;
}

static int show_results(const struct jobs *jobs)
{
	int first = jobs->first_error;

	for (size_t i = 0; i < jobs->count; i++) {
		int code = dfut_session_get_result(jobs->sessions[i]);

		printf("%s: %s\n", jobs->paths[i], dfut_session_get_message(jobs->sessions[i]));
		if (dfut_session_get_hint(jobs->sessions[i])[0])
			printf("%s: %s\n", jobs->paths[i], dfut_session_get_hint(jobs->sessions[i]));
		first = first ? first : code;
	}
	return first;
}

static int update_all(struct dfut_context *context, struct dfut_image *image, const char *alternate)
{
	struct jobs jobs = { NULL, NULL, 0, 0 };
	int code = start_all(&jobs, context, image, alternate);

	while (code >= 0 && are_under_way(&jobs))
		code = dfut_context_dispatch(context, -1);
	if (code >= 0)
		code = show_results(&jobs);
	for (size_t i = 0; i < jobs.count; i++)
		dfut_session_free(jobs.sessions[i]);
	free(jobs.sessions);
	free(jobs.paths);
	return code;
}

static int load_and_update(struct dfut_context *context, const char *path, const char *alternate)
{
	struct dfut_image *image = NULL;
	int code = dfut_image_load_file(&image, context, path, 0);

	if (code == 0)
		code = update_all(context, image, alternate);
	if (code < 0 && dfut_context_get_error(context)[0])
		fprintf(stderr, "%s\n%s\n", dfut_context_get_error(context), dfut_context_get_hint(context));
	dfut_image_free(image);
	return code;
}

/* Virtual devices in place of hardware. Sets `first` to the argument behind them. */
static int plug_virtual_devices(struct dfut_sim **sim, struct dfut_context *context, char **argv, int *first)
{
	int code = 0;

	*first = 1;
	if (!argv[1] || strcmp(argv[1], "--sim") != 0)
		return 0;
	code = dfut_sim_new(sim, DFUT_SIM_CLOCK_REAL);
	for (; code == 0 && argv[*first] && argv[*first + 1] && strcmp(argv[*first], "--sim") == 0; *first += 2) {
		code = dfut_sim_plug(NULL, *sim, argv[*first + 1], NULL);
		if (code < 0)
			fprintf(stderr, "%s: %s\n", argv[*first + 1], dfut_sim_get_error(*sim));
	}
	return code < 0 ? code : dfut_sim_add_to_context(*sim, context);
}

int main(int argc, char **argv)
{
	struct dfut_context *context = NULL;
	struct dfut_sim *sim = NULL;
	int first = 1;
	int code = dfut_context_new(&context);

	if (code == 0)
		code = plug_virtual_devices(&sim, context, argv, &first);
	if (code == 0 && argc <= first) {
		fprintf(stderr, "usage: update-many [--sim SPEC]... FILE [ALTERNATE]\n");
		code = DFUT_ERROR_USAGE;
	}
	if (code == 0)
		code = load_and_update(context, argv[first], argc > first + 1 ? argv[first + 1] : NULL);
	dfut_context_free(context);
	dfut_sim_free(sim);
	return code < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
