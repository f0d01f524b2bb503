/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A file that gets its name only when it is complete. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <dfutrigger.h>

#include "sink.h"

static bool fail(struct sink *sink)
{
	if (!sink->error)
		sink->error = errno;
	return false;
}

static bool open_directly(struct sink *sink)
{
	sink->file = strcmp(sink->path, "-") == 0 ? stdout : fopen(sink->path, "wb");
	return sink->file ? true : fail(sink);
}

/* mkstemp() makes files that only their owner can read. */
static void set_usual_mode(int fd)
{
	mode_t mask = umask(0);

	umask(mask);
	(void)fchmod(fd, 0666 & ~mask);
}

static bool open_temporary(struct sink *sink)
{
	size_t room = strlen(sink->path) + sizeof(".XXXXXX");
	int fd = -1;

	sink->temporary = malloc(room);
	if (!sink->temporary)
		return fail(sink);
	snprintf(sink->temporary, room, "%s.XXXXXX", sink->path);
	fd = mkstemp(sink->temporary);
	if (fd < 0) {
		fail(sink);
		free(sink->temporary);
		sink->temporary = NULL;
		return false;
	}
	set_usual_mode(fd);
	sink->file = fdopen(fd, "wb");
	return sink->file ? true : fail(sink);
}

bool sink_open(struct sink *sink, const char *path, bool overwrite)
{
	struct stat status;

	memset(sink, 0, sizeof(*sink));
	sink->path = path;
	if (strcmp(path, "-") == 0)
		return open_directly(sink);
	if (stat(path, &status) == 0) {
		if (!S_ISREG(status.st_mode))
			return open_directly(sink);
		if (!overwrite) {
			sink->error = EEXIST;
			return false;
		}
	}
	return open_temporary(sink);
}

int sink_write(const uint8_t *data, size_t size, void *user_data)
{
	struct sink *sink = user_data;

	if (fwrite(data, 1, size, sink->file) == size)
		return 0;
	fail(sink);
	return DFUT_ERROR_IO;
}

bool sink_close(struct sink *sink, bool keep)
{
	if (sink->file && (sink->file == stdout ? fflush(stdout) : fclose(sink->file)) != 0)
		fail(sink);
	if (!sink->temporary)
		return sink->error == 0;
	if (keep && sink->error == 0 && rename(sink->temporary, sink->path) != 0)
		fail(sink);
	if (!keep || sink->error)
		unlink(sink->temporary);
	free(sink->temporary);
	sink->temporary = NULL;
	return sink->error == 0;
}
