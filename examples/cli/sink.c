/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A file that gets its name only when it is complete. */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <dfutrigger.h>

#include "sink.h"

#define NAME_LIMIT 1000

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
	size_t room = strlen(sink->path) + sizeof(".partial.XXXXXX");
	int fd = -1;

	sink->temporary = malloc(room);
	if (!sink->temporary)
		return fail(sink);
	snprintf(sink->temporary, room, "%s.partial.XXXXXX", sink->path);
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
	size_t written = fwrite(data, 1, size, sink->file);

	sink->size += written;
	if (written == size)
		return 0;
	fail(sink);
	return DFUT_ERROR_IO;
}

static void close_file(struct sink *sink)
{
	if (sink->file && (sink->file == stdout ? fflush(stdout) : fclose(sink->file)) != 0)
		fail(sink);
	sink->file = NULL;
}

bool sink_close(struct sink *sink)
{
	close_file(sink);
	if (sink->temporary && sink->error == 0 && rename(sink->temporary, sink->path) != 0)
		fail(sink);
	if (sink->error)
		return false;
	free(sink->temporary);
	sink->temporary = NULL;
	return true;
}

/* Makes the file, so that none that somebody else has is replaced. */
static bool reserve(const char *name)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);

	return fd >= 0 && close(fd) == 0;
}

/* Where there is no room for another name, the bytes keep the one that they have. */
static char *name_partial(struct sink *sink)
{
	size_t room = strlen(sink->path) + sizeof(".partial.9999");
	char *name = malloc(room);
	bool is_reserved = false;

	if (!name)
		return sink->temporary;
	snprintf(name, room, "%s.partial", sink->path);
	is_reserved = reserve(name);
	for (int number = 2; !is_reserved && errno == EEXIST && number <= NAME_LIMIT; number++) {
		snprintf(name, room, "%s.partial.%d", sink->path, number);
		is_reserved = reserve(name);
	}
	if (is_reserved && rename(sink->temporary, name) == 0) {
		free(sink->temporary);
		return name;
	}
	if (is_reserved)
		unlink(name);
	free(name);
	return sink->temporary;
}

/* What did not get as far as the file was not written. */
static void take_size(struct sink *sink)
{
	struct stat status;

	if (sink->error)
		sink->size = sink->temporary && stat(sink->temporary, &status) == 0 ? (uint64_t)status.st_size : 0;
}

char *sink_break(struct sink *sink)
{
	char *name = NULL;

	close_file(sink);
	take_size(sink);
	if (sink->size && sink->temporary)
		name = name_partial(sink);
	else if (sink->size)
		name = strdup(strcmp(sink->path, "-") == 0 ? "the standard output" : sink->path);
	else if (sink->temporary)
		unlink(sink->temporary);
	if (sink->size == 0)
		free(sink->temporary);
	sink->temporary = NULL;
	return name;
}
