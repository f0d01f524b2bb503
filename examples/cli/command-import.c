/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* dfutrigger import CAPTURE SESSION, dfutrigger export SESSION CAPTURE */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <dfutrigger-sim.h>

#include "application.h"
#include "sink.h"
#include "system.h"

/* Bytes, of which memory holds all. */
#define FILE_LIMIT (256u << 20)
#define FIRST_ROOM 65536

/* Grows to what is there. @return 0 or what errno said; EFBIG if it is more than the limit */
static int read_rest(FILE *file, uint8_t **bytes, size_t *size)
{
	size_t room = FIRST_ROOM;
	size_t got;

	*bytes = malloc(room);
	if (!*bytes)
		return ENOMEM;
	while ((got = fread(*bytes + *size, 1, room - *size, file)) > 0) {
		uint8_t *grown;

		*size += got;
		if (*size < room)
			continue;
		if (room == FILE_LIMIT)
			return EFBIG;
		room *= 2;
		grown = realloc(*bytes, room);
		if (!grown)
			return ENOMEM;
		*bytes = grown;
	}
	return ferror(file) ? errno : 0;
}

static int read_all(const char *path, uint8_t **bytes, size_t *size)
{
	FILE *file = fopen(path, "rb");
	int error = file ? 0 : errno;

	*bytes = NULL;
	*size = 0;
	if (file) {
		error = read_rest(file, bytes, size);
		fclose(file);
	}
	return error;
}

static int convert(struct application *application, struct dfut_sim *sim, struct sink *sink, const uint8_t *bytes,
		   size_t size)
{
	const struct options *options = &application->options;
	unsigned int flags = (options->record_data ? DFUT_SIM_IMPORT_DATA : 0u) |
			     (options->record_plain ? DFUT_SIM_IMPORT_NAMES : 0u);
	int code = options->command->bit == COMMAND_EXPORT ? dfut_sim_export(sim, bytes, size, sink_write, sink) :
							     dfut_sim_import(sim, bytes, size, flags, sink_write, sink);

	if (sink->error)
		return application_fail_file(application, sink->path, sink->error);
	if (code < 0)
		return application_fail_text(application, code, NULL, "%s: %s", options->operands[0],
					     dfut_sim_get_error(sim));
	if (!sink_close(sink))
		return application_fail_file(application, sink->path, sink->error);
	return 0;
}

/* Only their owner reads what others might learn something from. */
static int convert_privately(struct application *application, struct dfut_sim *sim, struct sink *sink,
			     const uint8_t *bytes, size_t size)
{
	if (!sink->is_direct && !system_make_private(sink->file))
		return application_fail_file(application, sink->path, errno);
	return convert(application, sim, sink, bytes, size);
}

static int convert_file(struct application *application, const uint8_t *bytes, size_t size)
{
	const struct options *options = &application->options;
	struct dfut_sim *sim = NULL;
	struct sink sink = { 0 };
	int exit_code;

	if (dfut_sim_new(&sim, DFUT_SIM_CLOCK_VIRTUAL) < 0)
		return application_fail_text(application, DFUT_ERROR_NO_MEMORY, NULL, "out of memory");
	if (!sink_open(&sink, options->operands[1], options->overwrite))
		exit_code = application_fail_file(application, sink.path, sink.error);
	else
		exit_code = convert_privately(application, sim, &sink, bytes, size);
	/* Half a session is none. */
	if (exit_code != 0)
		sink_discard(&sink);
	dfut_sim_free(sim);
	return exit_code;
}

int command_import_run(struct application *application)
{
	const char *path = application->options.operands[0];
	uint8_t *bytes;
	size_t size;
	int error = read_all(path, &bytes, &size);
	int exit_code = error ? application_fail_file(application, path, error) :
				convert_file(application, bytes, size);

	free(bytes);
	return exit_code;
}

int command_export_run(struct application *application)
{
	return command_import_run(application);
}
