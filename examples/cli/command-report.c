/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* dfutrigger report FILE */

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "application.h"
#include "exit-code.h"
#include "json.h"

/** The session file that was written last. */
struct last {
	char *path; /**< NULL if there is none */
	struct timespec written;
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

static bool is_later(const struct timespec *one, const struct timespec *other)
{
	return one->tv_sec > other->tv_sec || (one->tv_sec == other->tv_sec && one->tv_nsec > other->tv_nsec);
}

/* Takes the path. */
static void look_at(struct last *last, char *path)
{
	struct stat status;

	/* A pipe would be waited for. */
	if (path && stat(path, &status) == 0 && S_ISREG(status.st_mode) &&
	    (!last->path || is_later(&status.st_mtim, &last->written)) && is_session(path)) {
		free(last->path);
		*last = (struct last){ path, status.st_mtim };
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
static char *find_last(const char *report)
{
	const char *slash = strrchr(report, '/');
	size_t length = slash ? (size_t)(slash - report) + 1 : 0;
	char *folder = length ? join(report, length, "") : join("./", 2, "");
	DIR *stream = folder ? opendir(folder) : NULL;
	struct last last = { NULL, { 0, 0 } };
	struct dirent *entry;

	while (stream && (entry = readdir(stream)))
		look_at(&last, join(report, length, entry->d_name));
	if (stream)
		closedir(stream);
	free(folder);
	return last.path;
}

static int tell(struct application *application, const char *session)
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
	char *found = options->session ? NULL : find_last(options->operands[0]);
	const char *session = options->session ? options->session : found;
	int code = dfut_context_report(application->context, options->operands[0], has_match ? &options->match : NULL,
				       session, flags);
	int exit_code = code < 0 ? application_fail(application, code) : tell(application, session);

	free(found);
	return exit_code;
}
