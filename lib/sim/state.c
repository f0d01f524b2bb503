/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * State files: the memories and the mode of a device, kept between runs. A line for each fact, memories as raw bytes
 * behind their line, so that they can be cut out with common tools.
 */

#if !defined(_WIN32) && !defined(_XOPEN_SOURCE)
#define _XOPEN_SOURCE 700
#endif

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/types.h>
#ifdef _WIN32
#include <io.h>
#include <process.h>
#include <windows.h>
/* It brings a word of COM with it. */
#undef interface
#else
#include <unistd.h>
#endif

#include "sim/sim.h"

#define STATE_MAGIC "dfutrigger-sim 1"
#define LINE_SIZE 256
#define TEMPORARY_NAMES 100

static int damaged(struct dfut_sim_device *device, const char *what)
{
	return dfut_sim_fail(device->sim, DFUT_ERROR_IO, "%s: not the state of such a device: %s",
			     device->options.state, what);
}

static bool read_line(FILE *file, char *line)
{
	size_t length;

	if (!fgets(line, LINE_SIZE, file))
		return false;
	length = strlen(line);
	if (length == 0 || line[length - 1] != '\n')
		return false;
	line[length - 1] = '\0';
	return true;
}

/* The rest of the next line if it starts with the word. */
static const char *read_fact(FILE *file, char *line, const char *word)
{
	size_t length = strlen(word);

	if (!read_line(file, line) || strncmp(line, word, length) != 0 || line[length] != ' ')
		return NULL;
	return line + length + 1;
}

static int find_memory(struct dfut_sim_device *device, size_t index, struct dfut_sim_memory *memory)
{
	if (!device->model->get_memory)
		return DFUT_ERROR_NOT_FOUND;
	return device->model->get_memory(device->state, index, memory);
}

static int load_memories(struct dfut_sim_device *device, FILE *file)
{
	char line[LINE_SIZE];
	char expected[LINE_SIZE];
	struct dfut_sim_memory memory;

	for (size_t i = 0; find_memory(device, i, &memory) == 0; i++) {
		snprintf(expected, sizeof(expected), "memory %s %" PRIu64, memory.name, (uint64_t)memory.size);
		if (!read_line(file, line) || strcmp(line, expected) != 0)
			return damaged(device, "another memory than with these options");
		if (fread(memory.data, 1, memory.size, file) != memory.size || fgetc(file) != '\n')
			return damaged(device, "truncated");
	}
	if (!read_line(file, line) || strcmp(line, "end") != 0)
		return damaged(device, "no end");
	return 0;
}

static int load(struct dfut_sim_device *device, FILE *file)
{
	char line[LINE_SIZE];
	char mode[LINE_SIZE];
	const char *fact;
	int result;

	if (!read_line(file, line) || strcmp(line, STATE_MAGIC) != 0)
		return damaged(device, "no " STATE_MAGIC);
	fact = read_fact(file, line, "model");
	if (!fact || strcmp(fact, device->model->name) != 0)
		return damaged(device, "another model");
	fact = read_fact(file, line, "mode");
	if (!fact)
		return damaged(device, "no mode");
	snprintf(mode, sizeof(mode), "%s", fact);
	result = load_memories(device, file);
	if (result < 0)
		return result;
	if (!device->model->set_mode || device->model->set_mode(device->state, mode) < 0)
		return damaged(device, "unknown mode");
	return 0;
}

int dfut_sim_state_load(struct dfut_sim_device *device, bool *found)
{
	FILE *file;
	int result;
	struct stat status;

	*found = false;
	if (!device->options.state)
		return 0;
	/* Opening a pipe would wait for its writer. */
	if (stat(device->options.state, &status) == 0 && !S_ISREG(status.st_mode))
		return damaged(device, "not a regular file");
	file = fopen(device->options.state, "rb");
	if (!file && errno == ENOENT)
		return 0;
	if (!file)
		return dfut_sim_fail(device->sim, DFUT_ERROR_IO, "%s: %s", device->options.state, strerror(errno));
	result = load(device, file);
	fclose(file);
	*found = result == 0;
	return result;
}

/* Saving: the file is replaced whole or not at all. */

static void write_memories(struct dfut_sim_device *device, FILE *file)
{
	struct dfut_sim_memory memory;

	for (size_t i = 0; find_memory(device, i, &memory) == 0; i++) {
		fprintf(file, "memory %s %" PRIu64 "\n", memory.name, (uint64_t)memory.size);
		fwrite(memory.data, 1, memory.size, file);
		fputc('\n', file);
	}
}

#ifdef _WIN32
typedef int file_mode;

static char *resolve_target(const char *path, file_mode *mode)
{
	*mode = _S_IREAD | _S_IWRITE;
	return dfut_sim_copy_text(path, strlen(path));
}

static FILE *create_new(const char *path, file_mode mode)
{
	int descriptor = _open(path, _O_CREAT | _O_EXCL | _O_WRONLY | _O_BINARY, mode);

	return descriptor < 0 ? NULL : _fdopen(descriptor, "wb");
}

static bool flush_to_disk(FILE *file)
{
	return fflush(file) == 0 && _commit(_fileno(file)) == 0;
}

static bool replace_file(const char *path, const char *by)
{
	bool done = MoveFileExA(by, path, MOVEFILE_REPLACE_EXISTING);

	errno = !done && GetLastError() == ERROR_ACCESS_DENIED ? EACCES : EIO;
	return done;
}

static unsigned long process_id(void)
{
	return (unsigned long)_getpid();
}
#else
typedef mode_t file_mode;

/* What a symbolic link leads to is replaced, not the link, and keeps its mode. */
static char *resolve_target(const char *path, file_mode *mode)
{
	struct stat status;

	*mode = 0;
	if (stat(path, &status) < 0)
		return errno == ENOENT ? dfut_sim_copy_text(path, strlen(path)) : NULL;
	if (!S_ISREG(status.st_mode)) {
		errno = S_ISDIR(status.st_mode) ? EISDIR : EINVAL;
		return NULL;
	}
	*mode = status.st_mode & 0777;
	return realpath(path, NULL);
}

static FILE *create_new(const char *path, file_mode mode)
{
	int descriptor = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666);

	if (descriptor < 0)
		return NULL;
	/* Not every file system knows modes. */
	if (mode != 0 && fchmod(descriptor, mode) < 0)
		errno = 0;
	return fdopen(descriptor, "wb");
}

static bool flush_to_disk(FILE *file)
{
	if (fflush(file) != 0)
		return false;
	return fsync(fileno(file)) == 0 || errno == EINVAL || errno == ENOSYS;
}

static bool replace_file(const char *path, const char *by)
{
	return rename(by, path) == 0;
}

static unsigned long process_id(void)
{
	return (unsigned long)getpid();
}
#endif

/* 0 or an errno */
static int write_and_close(struct dfut_sim_device *device, FILE *file)
{
	int error = 0;

	errno = 0;
	fprintf(file, STATE_MAGIC "\nmodel %s\nmode %s\n", device->model->name,
		device->model->get_mode_name(device->state));
	write_memories(device, file);
	fputs("end\n", file);
	if (ferror(file) || !flush_to_disk(file))
		error = errno ? errno : EIO;
	if (fclose(file) != 0 && error == 0)
		error = errno ? errno : EIO;
	return error;
}

/* In the folder of the target, under a name that is there for any target. The caller frees *path. */
static FILE *create_temporary(const char *target, file_mode mode, char **path)
{
	const char *slash = strrchr(target, '/');
	int folder = slash ? (int)(slash + 1 - target) : 0;
	size_t size = (size_t)folder + 64;

	*path = malloc(size);
	for (int i = 0; *path && i < TEMPORARY_NAMES; i++) {
		FILE *file;

		snprintf(*path, size, "%.*s.dfutrigger-sim-%lu-%d.tmp", folder, target, process_id(), i);
		file = create_new(*path, mode);
		if (file || errno != EEXIST)
			return file;
	}
	return NULL;
}

static int save_as(struct dfut_sim_device *device, const char *target, file_mode mode)
{
	char *temporary = NULL;
	FILE *file = create_temporary(target, mode, &temporary);
	int error = file ? write_and_close(device, file) : errno;

	if (file && error == 0 && !replace_file(target, temporary))
		error = errno;
	if (file && error != 0)
		remove(temporary);
	free(temporary);
	return error;
}

int dfut_sim_state_save(struct dfut_sim_device *device)
{
	const char *path = device->options.state;
	file_mode mode;
	char *target;
	int error;

	if (!path)
		return 0;
	errno = ENOMEM;
	target = resolve_target(path, &mode);
	error = target ? save_as(device, target, mode) : errno;
	free(target);
	if (error == 0)
		return 0;
	return dfut_sim_fail(device->sim, error == ENOMEM ? DFUT_ERROR_NO_MEMORY : DFUT_ERROR_IO,
			     "%s: the state of the virtual device can't be saved: %s", path, strerror(error));
}
