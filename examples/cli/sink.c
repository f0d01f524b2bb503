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

/* The first bytes of a path, with that behind them, and the number unless it is 0. */
static char *new_name(const char *path, size_t length, const char *text, int number)
{
	size_t room = length + sizeof(".dfutrigger-2147483647.XXXXXX");
	char *name = malloc(room);

	if (name && number)
		snprintf(name, room, "%.*s%s.%d", (int)length, path, text, number);
	else if (name)
		snprintf(name, room, "%.*s%s", (int)length, path, text);
	return name;
}

/* In the folder of the target, whose own name may be as long as names can be. */
static char *new_temporary_name(const struct sink *sink, const char *text, int number)
{
	return new_name(sink->target, system_get_folder_length(sink->target), text, number);
}

static FILE *open_temporary(struct sink *sink)
{
	FILE *file;

	sink->temporary = new_temporary_name(sink, ".dfutrigger.XXXXXX", 0);
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
	sink->file = system_create_nameless(sink->target);
	if (!sink->file)
		sink->file = open_temporary(sink);
	return sink->file != NULL;
}

/* Who can read the file that is replaced can read the new one, and nobody else. */
static bool open_replacement(struct sink *sink)
{
	sink->target = system_resolve(sink->path);
	if (!sink->target)
		return fail(sink);
	return open_new(sink) && (system_copy_mode(sink->target, sink->file) || fail(sink));
}

/* A name that can't be given is an error now, and not when all is written. */
static bool open_for(struct sink *sink, enum system_kind kind)
{
	switch (kind) {
	case SYSTEM_OTHER:
		return open_directly(sink);
	case SYSTEM_FILE:
		return open_replacement(sink);
	case SYSTEM_UNKNOWN:
		return fail(sink);
	case SYSTEM_NOTHING:
	case SYSTEM_LINK:
		break;
	}
	sink->target = strdup(sink->path);
	return sink->target ? open_new(sink) : fail(sink);
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
	if (!overwrite && (kind == SYSTEM_FILE || kind == SYSTEM_LINK)) {
		sink->error = EEXIST;
		return false;
	}
	return open_for(sink, kind);
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
		name = new_temporary_name(sink, ".dfutrigger", (int)getpid() + number);
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
	return system_replace(sink->temporary, sink->target);
}

/* Its bytes first: a name for what a crash of the system has taken away would lie. */
static bool flush_to_disk(struct sink *sink)
{
	if (fflush(sink->file) != 0)
		return false;
	return sink->is_direct || system_flush(sink->file);
}

static void forget_names(struct sink *sink)
{
	free(sink->temporary);
	free(sink->target);
	sink->temporary = NULL;
	sink->target = NULL;
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
	forget_names(sink);
	return sink->error == 0;
}

/* Where there is no room for another name, the bytes keep the one that they have, or get a short one; NULL for none. */
static char *name_partial(struct sink *sink)
{
	char *name = NULL;

	for (int number = 1; number <= NAME_LIMIT; number++) {
		name = new_name(sink->path, strlen(sink->path), ".partial", number > 1 ? number : 0);
		if (!name)
			break;
		if (link_new(sink, name))
			return name;
		free(name);
		if (errno != EEXIST)
			break;
	}
	return sink->temporary || take_temporary_name(sink) ? strdup(sink->temporary) : NULL;
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
	forget_names(sink);
	close_file(sink);
	return name;
}

void sink_discard(struct sink *sink)
{
	if (sink->temporary)
		unlink(sink->temporary);
	forget_names(sink);
	close_file(sink);
}
