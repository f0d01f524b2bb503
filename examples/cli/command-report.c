/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* dfutrigger report FILE */

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "application.h"
#include "exit-code.h"
#include "json.h"
#include "system.h"

/** The session file that was written last. */
struct last {
	char *path; /**< NULL if there is none */
	unsigned long long written_ns;
	bool lacks_memory; /**< it may be another one */
};

static bool is_session(const char *path)
{
	static const char first[] = "{\"dfutrigger-session\":";
	char begun[sizeof(first)] = "";
	FILE *file = fopen(path, "r");
	bool is = file && fgets(begun, sizeof(begun), file) && strcmp(begun, first) == 0;

	if (file)
		fclose(file);
	return is;
}

/* Takes the path. */
static void look_at(struct last *last, char *path)
{
	unsigned long long written_ns = 0;

	last->lacks_memory = last->lacks_memory || !path;
	/* A pipe would be waited for. */
	if (path && system_get_kind(path) == SYSTEM_FILE && system_get_written(path, &written_ns) &&
	    (!last->path || written_ns > last->written_ns) && is_session(path)) {
		free(last->path);
		last->path = path;
		last->written_ns = written_ns;
	} else {
		free(path);
	}
}

static char *join(const char *folder, size_t length, const char *name)
{
	size_t size = length + strlen(name) + 1;
	char *path = malloc(size);

	if (path)
		snprintf(path, size, "%.*s%s", (int)length, folder, name);
	return path;
}

/* In the folder where the report goes. */
static struct last find_last(const char *report)
{
	size_t length = system_get_folder_length(report);
	char *folder = length ? join(report, length, "") : join("./", 2, "");
	DIR *stream = folder ? opendir(folder) : NULL;
	struct last last = { .lacks_memory = !folder };
	struct dirent *entry;

	while (stream && (entry = readdir(stream)))
		look_at(&last, join(report, length, entry->d_name));
	if (stream)
		closedir(stream);
	free(folder);
	return last;
}

static int tell_written(struct application *application, const char *session)
{
	const char *path = application->options.operands[0];
	struct output *output = &application->output;

	if (output->json)
		return exit_code_get(output_json(output,
						 json_pack("{s:s, s:o, s:o}", "event", "report", "file",
							   new_json_text(path), "session", new_json_text(session))),
				     0);
	if (output->quiet)
		return 0;
	output_text(output, "%s: written, %s%s; read it before you send it\n", path,
		    session ? "with the session file " : "without a session file", session ? session : "");
	return 0;
}

int command_report_run(struct application *application)
{
	const struct options *options = &application->options;
	bool has_match = options_name_device(options) || options->match.serial_number ||
			 options->match.bootloader_serial_number;
	unsigned int flags = (options->record_data ? DFUT_RECORD_DATA : 0) |
			     (options->record_plain ? DFUT_RECORD_PLAIN : 0);
	struct last last = { NULL, 0, false };
	const char *session = options->session;
	int exit_code, code;

	if (!session)
		last = find_last(options->operands[0]);
	if (last.lacks_memory) {
		free(last.path);
		return application_fail_text(application, DFUT_ERROR_NO_MEMORY, NULL, "%s",
					     dfut_error_get_text(DFUT_ERROR_NO_MEMORY));
	}
	session = session ? session : last.path;
	code = dfut_context_report(application->context, options->operands[0], has_match ? &options->match : NULL,
				   session, flags);
	exit_code = code < 0 ? application_fail(application, code) : tell_written(application, session);
	free(last.path);
	return exit_code;
}
