/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * State files: the memories and the mode of a device, kept between runs. A line for each fact, memories as raw bytes
 * behind their line, so that they can be cut out with common tools.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef _WIN32
#include <windows.h>
/* It brings a word of COM with it. */
#undef interface
#endif

#include "sim.h"

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

	*found = false;
	if (!device->options.state)
		return 0;
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

static bool save(struct dfut_sim_device *device, FILE *file)
{
	struct dfut_sim_memory memory;

	fprintf(file, STATE_MAGIC "\nmodel %s\nmode %s\n", device->model->name,
		device->model->get_mode_name(device->state));
	for (size_t i = 0; find_memory(device, i, &memory) == 0; i++) {
		fprintf(file, "memory %s %" PRIu64 "\n", memory.name, (uint64_t)memory.size);
		fwrite(memory.data, 1, memory.size, file);
		fputc('\n', file);
	}
	fputs("end\n", file);
	return fflush(file) == 0 && !ferror(file);
}

static bool replace_file(const char *path, const char *by)
{
#ifdef _WIN32
	return MoveFileExA(by, path, MOVEFILE_REPLACE_EXISTING);
#else
	return rename(by, path) == 0;
#endif
}

int dfut_sim_state_save(struct dfut_sim_device *device)
{
	const char *path = device->options.state;
	size_t size = path ? strlen(path) + sizeof(".new") : 0;
	char *new_path = path ? malloc(size) : NULL;
	FILE *file;
	bool is_written = false;

	if (!path)
		return 0;
	if (!new_path)
		return DFUT_ERROR_NO_MEMORY;
	snprintf(new_path, size, "%s.new", path);
	file = fopen(new_path, "wb");
	if (file) {
		is_written = save(device, file);
		is_written = fclose(file) == 0 && is_written;
	}
	if (is_written)
		is_written = replace_file(path, new_path);
	if (file && !is_written)
		remove(new_path);
	free(new_path);
	return is_written ? 0 : DFUT_ERROR_IO;
}
