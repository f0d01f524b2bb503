/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "sim/dump/dump.h"

#define DEVICE_SIZE 18
#define CONFIGURATION_SIZE 9
#define TOTAL_LENGTH_AT 2

int dump_fail(struct dump *dump, int code, const char *text, ...)
{
	va_list arguments;

	va_start(arguments, text);
	vsnprintf(dump->error, sizeof(dump->error), text, arguments);
	va_end(arguments);
	dfut_clean_text(dump->error);
	return code;
}

int dump_add_string(struct dump *dump, unsigned int index, const char *text, size_t length)
{
	char *copy;

	if (index == 0 || index > UINT8_MAX || length == 0 || dump->string_count == DUMP_STRINGS)
		return 0;
	for (size_t i = 0; i < dump->string_count; i++)
		if (dump->strings[i].index == index)
			return 0;
	copy = dfut_sim_copy_text(text, length);
	if (!copy)
		return dump_fail(dump, DFUT_ERROR_NO_MEMORY, "out of memory");
	dump->strings[dump->string_count++] = (struct dfut_string){ (uint8_t)index, copy };
	return 0;
}

int dump_add_report(struct dump *dump, unsigned int interface, const uint8_t *bytes, size_t size)
{
	struct dump_report *report;

	if (interface >= DUMP_REPORTS || size == 0 || dump->reports[interface].bytes)
		return 0;
	report = &dump->reports[interface];
	report->bytes = malloc(size);
	if (!report->bytes)
		return dump_fail(dump, DFUT_ERROR_NO_MEMORY, "out of memory");
	memcpy(report->bytes, bytes, size);
	report->size = size;
	return 0;
}

int dump_take_descriptors(struct dump *dump, const uint8_t *bytes, size_t size)
{
	size_t total;

	if (size < DEVICE_SIZE + CONFIGURATION_SIZE || bytes[0] != DEVICE_SIZE ||
	    bytes[1] != DFUT_SIM_DEVICE_DESCRIPTOR || bytes[DEVICE_SIZE + 1] != DFUT_SIM_CONFIGURATION_DESCRIPTOR)
		return dump_fail(dump, DFUT_ERROR_IMAGE,
				 "no device descriptor with a configuration descriptor behind it");
	total = dfut_le16(bytes + DEVICE_SIZE + TOTAL_LENGTH_AT);
	if (total < CONFIGURATION_SIZE || total > size - DEVICE_SIZE || DEVICE_SIZE + total > DUMP_SIZE)
		return dump_fail(dump, DFUT_ERROR_IMAGE,
				 "a configuration descriptor of %zu bytes, of which %zu are there", total,
				 size - DEVICE_SIZE);
	dump->size = DEVICE_SIZE + total;
	memmove(dump->bytes, bytes, dump->size);
	dump->bytes[17] = 1;
	return 0;
}

static int read_all(struct dump *dump, FILE *file, char **text, size_t *size)
{
	size_t room = 65536;
	size_t got;

	*size = 0;
	*text = malloc(room);
	while (*text && (got = fread(*text + *size, 1, room - *size, file)) > 0) {
		char *grown;

		*size += got;
		if (*size < room)
			continue;
		room *= 2;
		grown = room <= DUMP_FILE_LIMIT ? realloc(*text, room) : NULL;
		if (!grown)
			return dump_fail(dump, DFUT_ERROR_IMAGE, "too long for what was saved of a device");
		*text = grown;
	}
	if (!*text)
		return dump_fail(dump, DFUT_ERROR_NO_MEMORY, "out of memory");
	return ferror(file) ? dump_fail(dump, DFUT_ERROR_IO, "%s", strerror(errno)) : 0;
}

static int read_file(struct dump *dump, const char *path)
{
	FILE *file = dfut_file_open(path);
	char *text = NULL;
	size_t size = 0;
	int result;

	if (!file)
		return dump_fail(dump, DFUT_ERROR_IO, "%s", strerror(errno));
	result = read_all(dump, file, &text, &size);
	fclose(file);
	if (result == 0)
		result = size >= 2 && text[0] == DEVICE_SIZE && text[1] == DFUT_SIM_DEVICE_DESCRIPTOR ?
				 dump_take_descriptors(dump, (uint8_t *)text, size) :
				 dump_read_lsusb(dump, text, size);
	free(text);
	return result;
}

int dump_read(struct dump *dump, const char *path)
{
	return dfut_file_is_directory(path) ? dump_read_folder(dump, path) : read_file(dump, path);
}

void dump_clear(struct dump *dump)
{
	for (size_t i = 0; i < dump->string_count; i++)
		free((char *)dump->strings[i].text);
	for (size_t i = 0; i < DUMP_REPORTS; i++)
		free(dump->reports[i].bytes);
	dump->string_count = 0;
	memset(dump->reports, 0, sizeof(dump->reports));
	dump->size = 0;
}
