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

#include <sys/stat.h>
#include <sys/types.h>

#include "base/file.h"
#include "sim/sim.h"

#define STATE_MAGIC "dfutrigger-sim 1"
#define LINE_SIZE 256

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

static int find_memory(const struct dfut_sim_device *device, size_t index, struct dfut_sim_memory *memory)
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
	file = dfut_file_open(device->options.state);
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

static void write_memories(const struct dfut_sim_device *device, FILE *file)
{
	struct dfut_sim_memory memory;

	for (size_t i = 0; find_memory(device, i, &memory) == 0; i++) {
		fprintf(file, "memory %s %" PRIu64 "\n", memory.name, (uint64_t)memory.size);
		fwrite(memory.data, 1, memory.size, file);
		fputc('\n', file);
	}
}

static bool write_state(const void *data, FILE *file)
{
	const struct dfut_sim_device *device = data;

	fprintf(file, STATE_MAGIC "\nmodel %s\nmode %s\n", device->model->name,
		device->model->get_mode_name(device->state));
	write_memories(device, file);
	return fputs("end\n", file) >= 0;
}

int dfut_sim_state_save(struct dfut_sim_device *device)
{
	const char *path = device->options.state;
	int error = path ? dfut_file_replace(path, write_state, device) : 0;

	if (error == 0)
		return 0;
	return dfut_sim_fail(device->sim, error == ENOMEM ? DFUT_ERROR_NO_MEMORY : DFUT_ERROR_IO,
			     "%s: the state of the virtual device can't be saved: %s", path, dfut_file_get_text(error));
}
