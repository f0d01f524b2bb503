/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * flasher_args.json, which ESP-IDF's build leaves in its folder (esp-idf, components/esptool_py/flasher_args.json.in): the files
 * that go into the flash, and where. They are found from that folder, and none of them may be outside of it.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "image/format/esp.h"
#include "image/image.h"

#define LIST "flash_files"
#define MAX_DESCRIPTION ((size_t)1024 * 1024)
#define MAX_FILES 100
/* The largest flash that these chips have. */
#define MAX_BYTES ((size_t)256 * 1024 * 1024)
#define MAX_PATH 4096

struct file {
	uint32_t address;
	const char *name; /* as the description has it */
	uint8_t *data;
	size_t size;
};

struct flasher_args {
	struct dfut_loader *loader;
	struct dfut_json_document document;
	const struct dfut_json *description;
	struct file files[MAX_FILES];
	size_t count;
	size_t size; /* bytes of all */
};

static bool contains(const uint8_t *data, size_t size, const char *text)
{
	size_t length = strlen(text);

	for (size_t i = 0; i + length <= size; i++)
		if (memcmp(data + i, text, length) == 0)
			return true;
	return false;
}

/* An object, in which the list is named. */
bool dfut_esp_flasher_args_matches(const struct dfut_image *image)
{
	size_t at = 0;

	while (at < image->size && strchr(" \t\r\n", image->data[at]) && image->data[at])
		at++;
	return at < image->size && image->data[at] == '{' && image->size <= MAX_DESCRIPTION &&
	       contains(image->data, image->size, "\"" LIST "\"");
}

static int fail(struct flasher_args *args, const char *text)
{
	return dfut_fail(args->loader->failure, DFUT_ERROR_IMAGE, "%s", text);
}

/* The description. */

static int read_description(struct flasher_args *args)
{
	const struct dfut_image *image = args->loader->image;
	struct dfut_json_document *document = &args->document;
	int result = dfut_json_parse(document, (const char *)image->data, image->size);

	args->description = document->values;
	if (result == DFUT_ERROR_NO_MEMORY)
		return dfut_fail_memory(args->loader->failure);
	if (result < 0)
		return dfut_fail(args->loader->failure, DFUT_ERROR_IMAGE, "line %d, column %d: %s", document->line,
				 document->column, document->mistake);
	return 0;
}

static bool is_separator(char character)
{
	return character == '/' || character == '\\';
}

/* Whether a path stays in the folder that it begins in, on whichever system. */
static bool is_inside(const char *path)
{
	if (!path[0] || is_separator(path[0]) || strchr(path, ':'))
		return false;
	for (const char *part = path; *part;) {
		size_t length = strcspn(part, "/\\");

		if (length == 2 && part[0] == '.' && part[1] == '.')
			return false;
		part += length;
		part += *part != '\0';
	}
	return true;
}

static int list_files(struct flasher_args *args)
{
	const struct dfut_json *list = dfut_json_get(args->description, LIST);

	if (!dfut_json_is(list, DFUT_JSON_OBJECT) || list->count == 0)
		return fail(args, "\"" LIST "\" has no entries");
	if (list->count > MAX_FILES)
		return fail(args, "\"" LIST "\" has more entries than any firmware");
	for (const struct dfut_json *entry = list->first; entry; entry = entry->next) {
		struct file *file = &args->files[args->count];

		file->name = dfut_json_get_text(entry);
		if (!file->name || !dfut_esp_read_address(entry->key, &file->address))
			return dfut_fail(args->loader->failure, DFUT_ERROR_IMAGE,
					 "\"%s\" in \"" LIST "\" is not the address of a file", entry->key);
		if (!is_inside(file->name))
			return dfut_fail(args->loader->failure, DFUT_ERROR_IMAGE,
					 "0x%" PRIx32 ": \"%s\" is not in the folder of this file", file->address,
					 file->name);
		args->count++;
	}
	return 0;
}

/* Files. */

/* Of the file's folder, with its separator; 0: it is where we are. */
static size_t get_folder_size(const char *path)
{
	size_t size = strlen(path);

	while (size && !is_separator(path[size - 1]))
		size--;
	return size;
}

static int read_file(struct flasher_args *args, struct file *file)
{
	struct dfut_failure *failure = args->loader->failure;
	const char *path = args->loader->path;
	struct dfut_failure inner;
	char place[MAX_PATH];
	int length = snprintf(place, sizeof(place), "%.*s%s", (int)get_folder_size(path), path, file->name);

	if (length < 0 || (size_t)length >= sizeof(place))
		return dfut_fail(failure, DFUT_ERROR_IMAGE, "0x%" PRIx32 ": the path of the file is too long",
				 file->address);
	if (dfut_file_read_named(failure, place, MAX_BYTES - args->size, &file->data, &file->size) < 0) {
		inner = *failure;
		dfut_fail_check(failure, inner.code, inner.check, "0x%" PRIx32 ": %s: %s", file->address, file->name,
				inner.text);
		dfut_hint(failure, "build the project, and leave this file in its build folder");
		return inner.code;
	}
	if (file->size > UINT32_MAX - file->address)
		return dfut_fail(failure, DFUT_ERROR_IMAGE,
				 "0x%" PRIx32 ": %zu bytes there go beyond the last address, 0xffffffff", file->address,
				 file->size);
	args->size += file->size;
	return 0;
}

static int compare(const void *one, const void *two)
{
	const struct file *a = one;
	const struct file *b = two;

	return (a->address > b->address) - (a->address < b->address);
}

static int check_overlap(struct flasher_args *args)
{
	for (size_t i = 1; i < args->count; i++) {
		const struct file *last = &args->files[i - 1];

		if (args->files[i].address < last->address + (uint64_t)last->size ||
		    args->files[i].address == last->address)
			return dfut_fail(args->loader->failure, DFUT_ERROR_IMAGE,
					 "0x%" PRIx32 ": %s begins where %s, at 0x%" PRIx32
					 " with %zu bytes, is not over yet",
					 args->files[i].address, args->files[i].name, last->name, last->address,
					 last->size);
	}
	return 0;
}

static int read_files(struct flasher_args *args)
{
	for (size_t i = 0; i < args->count; i++)
		if (read_file(args, &args->files[i]) < 0)
			return args->loader->failure->code;
	qsort(args->files, args->count, sizeof(args->files[0]), compare);
	return check_overlap(args);
}

/* The image. */

static int add_parts(struct flasher_args *args)
{
	struct dfut_image *image = args->loader->image;
	uint8_t *bytes = malloc(args->size + 1);

	image->decoded = bytes;
	if (!bytes)
		return dfut_fail_memory(args->loader->failure);
	for (size_t i = 0; i < args->count; i++) {
		const struct file *file = &args->files[i];
		const struct dfut_segment segment = { true, file->address, -1, bytes, file->size };
		char key[32];

		snprintf(key, sizeof(key), "file_%zu", i);
		dfut_image_add_fact(args->loader, key, "%s, 0x%08" PRIx32 ", %zu bytes", file->name, file->address,
				    file->size);
		if (!file->size)
			continue;
		memcpy(bytes, file->data, file->size);
		bytes += file->size;
		if (dfut_image_add_part(args->loader, &segment, 0) < 0)
			return args->loader->failure->code;
	}
	return 0;
}

/* "4MB" */
static void note_flash_size(struct flasher_args *args)
{
	const struct dfut_json *settings = dfut_json_get(args->description, "flash_settings");
	const char *text = dfut_json_get_text(dfut_json_get(settings, "flash_size"));
	char *end;
	unsigned long size = text ? strtoul(text, &end, 10) : 0;

	if (size && size <= 256 && strcmp(end, "MB") == 0)
		dfut_image_add_fact(args->loader, "flash_size", "%lu", size << 20);
}

static void note_chip(struct flasher_args *args)
{
	const struct dfut_json *extra = dfut_json_get(args->description, "extra_esptool_args");
	const char *chip = dfut_json_get_text(dfut_json_get(extra, "chip"));

	if (chip)
		dfut_image_add_fact(args->loader, "chip", "%s", chip);
}

static int inspect(struct flasher_args *args)
{
	if (!args->loader->path) {
		fail(args, "it names files beside it, and was not loaded from a folder");
		dfut_hint(args->loader->failure, "load it by its path");
		return DFUT_ERROR_IMAGE;
	}
	if (read_description(args) < 0 || list_files(args) < 0 || read_files(args) < 0)
		return args->loader->failure->code;
	note_chip(args);
	note_flash_size(args);
	return add_parts(args);
}

int dfut_esp_flasher_args_inspect(struct dfut_loader *loader)
{
	struct flasher_args *args = calloc(1, sizeof(*args));
	int result;

	if (!args)
		return dfut_fail_memory(loader->failure);
	args->loader = loader;
	result = inspect(args);
	for (size_t i = 0; i < args->count; i++)
		free(args->files[i].data);
	dfut_json_free(&args->document);
	free(args);
	return result;
}
