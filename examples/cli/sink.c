/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A file that gets its name only when it is complete. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <dfutrigger.h>

#include "sink.h"
#include "system.h"

#define NAME_LIMIT 1000

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

static FILE *open_temporary(struct sink *sink)
{
	FILE *file;

	sink->temporary = new_name(sink, ".partial.XXXXXX", 0);
	file = sink->temporary ? system_create_temporary(sink->temporary) : NULL;
	if (file)
		return file;
	fail(sink);
	free(sink->temporary);
	sink->temporary = NULL;
	return NULL;
}

/* One without a name, where the system has such: whatever becomes of this process, none is left. */
static bool open_new(struct sink *sink)
{
	sink->file = system_create_nameless(sink->path);
	if (!sink->file)
		sink->file = open_temporary(sink);
	return sink->file != NULL;
}

bool sink_open(struct sink *sink, const char *path, bool overwrite)
{
	enum system_kind kind;

	memset(sink, 0, sizeof(*sink));
	sink->path = path;
	sink->overwrite = overwrite;
	if (strcmp(path, "-") == 0)
		return open_directly(sink);
	kind = system_get_kind(path);
	if (kind == SYSTEM_OTHER)
		return open_directly(sink);
	if (kind == SYSTEM_FILE && !overwrite) {
		sink->error = EEXIST;
		return false;
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

/* What else has the name stays: errno is EEXIST. */
static bool link_new(const struct sink *sink, const char *to)
{
	return sink->temporary ? system_rename_new(sink->temporary, to) : system_name(sink->file, to);
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
	return system_replace(sink->temporary, sink->path);
}

/* Its bytes first: a name for what a crash of the system has taken away would lie. */
static bool flush_to_disk(struct sink *sink)
{
	if (fflush(sink->file) != 0)
		return false;
	return sink->is_direct || system_flush(sink->file);
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
	unsigned long long size = 0;

	if (!sink->error)
		return;
	sink->size = sink->file && !sink->is_direct && system_get_size(sink->file, &size) ? size : 0;
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
