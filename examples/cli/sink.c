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
#define LINK_SIZE 40

static bool fail(struct sink *sink)
{
	if (!sink->error)
		sink->error = errno;
	return false;
}

static bool open_directly(struct sink *sink)
{
	sink->is_direct = true;
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

static char *new_name(const struct sink *sink, const char *text, int number)
{
	size_t room = strlen(sink->path) + sizeof(".dfutrigger-2147483647.XXXXXX");
	char *name = malloc(room);

	if (name && number)
		snprintf(name, room, "%s%s.%d", sink->path, text, number);
	else if (name)
		snprintf(name, room, "%s%s", sink->path, text);
	return name;
}

/* Files without a name (Linux's O_TMPFILE): whatever becomes of this process, none is left. */

static void put_link(char link[LINK_SIZE], int fd)
{
	snprintf(link, LINK_SIZE, "/proc/self/fd/%d", fd);
}

static int open_nameless(const struct sink *sink)
{
#ifdef O_TMPFILE
	const char *slash = strrchr(sink->path, '/');
	char *folder = slash ? strndup(sink->path, (size_t)(slash - sink->path) + 1) : strdup(".");
	int fd = folder ? open(folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666) : -1;
	char link[LINK_SIZE];

	free(folder);
	put_link(link, fd);
	/* By this it gets its name. */
	if (fd >= 0 && access(link, F_OK) != 0) {
		close(fd);
		fd = -1;
	}
	return fd;
#else
	(void)sink;
	return -1;
#endif
}

static int open_temporary(struct sink *sink)
{
	int fd = -1;

	sink->temporary = new_name(sink, ".partial.XXXXXX", 0);
	if (sink->temporary)
		fd = mkstemp(sink->temporary);
	if (fd >= 0) {
		fcntl(fd, F_SETFD, FD_CLOEXEC);
		set_usual_mode(fd);
		return fd;
	}
	fail(sink);
	free(sink->temporary);
	sink->temporary = NULL;
	return -1;
}

static bool open_new(struct sink *sink)
{
	int fd = open_nameless(sink);

	if (fd < 0)
		fd = open_temporary(sink);
	if (fd < 0)
		return false;
	sink->file = fdopen(fd, "wb");
	return sink->file ? true : fail(sink);
}

bool sink_open(struct sink *sink, const char *path, bool overwrite)
{
	struct stat status;

	memset(sink, 0, sizeof(*sink));
	sink->path = path;
	sink->overwrite = overwrite;
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
	return open_new(sink);
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

/* What else has the name stays: the caller is told EEXIST. */
static bool rename_new(const char *from, const char *to)
{
	if (link(from, to) == 0)
		return unlink(from) == 0;
	if (errno == EEXIST)
		return false;
#ifdef RENAME_NOREPLACE
	/* FAT has no links. */
	return renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0;
#else
	return false;
#endif
}

static bool link_new(const struct sink *sink, const char *to)
{
	char link[LINK_SIZE];

	if (sink->temporary)
		return rename_new(sink->temporary, to);
	put_link(link, fileno(sink->file));
	return linkat(AT_FDCWD, link, AT_FDCWD, to, AT_SYMLINK_FOLLOW) == 0;
}

/* A name that replaces another has to be there beforehand. */
static bool take_temporary_name(struct sink *sink)
{
	char *name = NULL;
	bool done = false;

	for (int number = 0; !done && number < NAME_LIMIT; number++) {
		free(name);
		name = new_name(sink, ".dfutrigger", (int)getpid() + number);
		done = name && link_new(sink, name);
		if (!name || (!done && errno != EEXIST))
			break;
	}
	if (done)
		sink->temporary = name;
	else
		free(name);
	return done;
}

static bool replace(struct sink *sink)
{
	if (!sink->temporary && !take_temporary_name(sink))
		return false;
	return rename(sink->temporary, sink->path) == 0;
}

/* Its bytes first: a name for what a crash of the system has taken away would lie. */
static bool flush_to_disk(struct sink *sink)
{
	if (fflush(sink->file) != 0)
		return false;
	return sink->is_direct || fsync(fileno(sink->file)) == 0 || errno == EINVAL || errno == ENOSYS;
}

static void close_file(struct sink *sink)
{
	if (sink->file && sink->file != stdout && fclose(sink->file) != 0)
		fail(sink);
	sink->file = NULL;
}

bool sink_close(struct sink *sink)
{
	if (sink->error == 0 && !flush_to_disk(sink))
		fail(sink);
	if (sink->error == 0 && !sink->is_direct && !(sink->overwrite ? replace(sink) : link_new(sink, sink->path)))
		fail(sink);
	if (sink->error)
		return false;
	close_file(sink);
	free(sink->temporary);
	sink->temporary = NULL;
	return sink->error == 0;
}

/* Where there is no room for another name, the bytes keep the one that they have; NULL for none. */
static char *name_partial(struct sink *sink)
{
	char *name = NULL;

	for (int number = 1; number <= NAME_LIMIT; number++) {
		name = new_name(sink, ".partial", number > 1 ? number : 0);
		if (!name)
			break;
		if (link_new(sink, name)) {
			free(sink->temporary);
			return name;
		}
		free(name);
		if (errno != EEXIST)
			break;
	}
	return sink->temporary;
}

/* What did not get as far as the file was not written. */
static void take_size(struct sink *sink)
{
	struct stat status;

	if (!sink->error)
		return;
	sink->size = 0;
	if (sink->file && !sink->is_direct && fstat(fileno(sink->file), &status) == 0)
		sink->size = (uint64_t)status.st_size;
}

char *sink_break(struct sink *sink)
{
	char *name = NULL;

	if (sink->file && fflush(sink->file) != 0)
		fail(sink);
	take_size(sink);
	if (sink->size && !sink->is_direct)
		name = name_partial(sink);
	else if (sink->size)
		name = strdup(strcmp(sink->path, "-") == 0 ? "the standard output" : sink->path);
	else if (sink->temporary)
		unlink(sink->temporary);
	if (sink->size == 0)
		free(sink->temporary);
	sink->temporary = NULL;
	close_file(sink);
	return name;
}

void sink_discard(struct sink *sink)
{
	if (sink->temporary)
		unlink(sink->temporary);
	free(sink->temporary);
	sink->temporary = NULL;
	close_file(sink);
}
