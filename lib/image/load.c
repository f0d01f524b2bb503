/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Firmware files: read, recognised, and taken apart layer by layer. */

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "image/format/elf.h"
#include "image/format/nordic.h"
#include "image/paged.h"

static bool is_named_dfu(const struct dfut_loader *loader)
{
	size_t length = loader->path ? strlen(loader->path) : 0;
	const char *end;

	if (length <= 4)
		return false;
	end = loader->path + length - 4;
	return end[0] == '.' && (end[1] | 0x20) == 'd' && (end[2] | 0x20) == 'f' && (end[3] | 0x20) == 'u';
}

/* The name promises a suffix: a file that was cut off has lost that. */
static int judge_name(struct dfut_loader *loader)
{
	const struct dfut_image *image = loader->image;

	if (!is_named_dfu(loader) || image->suffix.present || !dfut_image_is(image, DFUT_FORMAT_SUFFIX))
		return 0;
	if (dfut_image_doubt(
		    loader, DFUT_ERROR_IMAGE, DFUT_CHECK_FORMAT,
		    "offset %zu: named .dfu, but there is no DFU suffix at its end: cut off, or something else",
		    image->size) == 0)
		return 0;
	dfut_hint(loader->failure, "get the file again; if it is made so, give it a suffix (pack --suffix)");
	return loader->failure->code;
}

static int inspect_payload(struct dfut_loader *loader, const struct dfut_format *format)
{
	struct dfut_image *image = loader->image;
	int result;

	image->format = format ? format : dfut_image_recognise(image);
	loader->layer = image->format->name;
	result = image->format->inspect(loader);
	if (result < 0)
		return result;
	if (dfut_image_is(image, DFUT_FORMAT_PARTS) && image->part_count == 0)
		return dfut_fail(loader->failure, DFUT_ERROR_IMAGE,
				 "offset %zu: the file has nothing to write to a device", image->size);
	return image->lacks_memory ? dfut_fail_memory(loader->failure) : 0;
}

/* Takes the data over, also when it fails. */
static int new_image(struct dfut_image **image, uint8_t *data, size_t size)
{
	struct dfut_failure *failure = calloc(1, sizeof(*failure));

	*image = calloc(1, sizeof(**image));
	if (!*image || !failure) {
		free(data);
		free(*image);
		free(failure);
		return DFUT_ERROR_NO_MEMORY;
	}
	(*image)->references = 1;
	(*image)->failure = failure;
	(*image)->data = data;
	(*image)->size = size;
	return 0;
}

int dfut_image_build(struct dfut_loader *loader, uint8_t *data, size_t size, const struct dfut_format *format)
{
	int result = new_image(&loader->image, data, size);

	if (result < 0)
		return dfut_fail_memory(loader->failure);
	/* It gets another one when it is put in the place of an image that has one. */
	if (format && format->traits & DFUT_FORMAT_ALTERNATES)
		dfut_suffix_set(loader->image, DFUT_ID_ANY, DFUT_ID_ANY, DFUT_ID_ANY, DFUT_DFU_VERSION_DFUSE);
	result = inspect_payload(loader, format);
	if (result < 0)
		dfut_image_free(loader->image);
	return result;
}

/* What the loader has. The format is recognised if none is given. Frees the image if it fails. */
static int judge(struct dfut_image **image, struct dfut_loader *loader, const struct dfut_format *format)
{
	int result = dfut_suffix_read(loader);

	if (result == 0)
		result = inspect_payload(loader, format);
	if (result == 0)
		result = judge_name(loader);
	if (result < 0) {
		dfut_image_free(loader->image);
		return result;
	}
	*image = loader->image;
	return 0;
}

/* At this path, NULL if it is at none. Takes the data over, also when it fails. */
static int judge_bytes(struct dfut_image **image, struct dfut_failure *failure, const char *path, uint8_t *data,
		       size_t size, unsigned int force)
{
	struct dfut_loader loader = { .failure = failure, .force = force, .path = path };

	if (new_image(&loader.image, data, size) < 0)
		return dfut_fail_memory(failure);
	return judge(image, &loader, NULL);
}

int dfut_image_judge(struct dfut_image **image, struct dfut_failure *failure, uint8_t *data, size_t size,
		     unsigned int force)
{
	return judge_bytes(image, failure, NULL, data, size, force);
}

/* The same for what stays in its file, which is plain bytes. */
static int judge_pages(struct dfut_image **image, struct dfut_failure *failure, const char *path,
		       struct dfut_paged *paged, uint64_t size, unsigned int force)
{
	struct dfut_loader loader = { .failure = failure, .force = force, .path = path };

	if (dfut_paged_judge(paged, failure) < 0) {
		dfut_paged_free(paged);
		return failure->code;
	}
	if (new_image(&loader.image, NULL, (size_t)size) < 0) {
		dfut_paged_free(paged);
		return dfut_fail_memory(failure);
	}
	loader.image->paged = paged;
	return judge(image, &loader, dfut_image_find_format("raw"));
}

/* Loading */

static int fail_in_file(struct dfut_failure *failure, const char *path)
{
	struct dfut_failure inner = *failure;

	dfut_fail_check(failure, inner.code, inner.check, "%s: %s", path, inner.text);
	if (inner.hint[0])
		dfut_hint(failure, "%s", inner.hint);
	return inner.code;
}

/* Closes the file. */
static int load_whole(struct dfut_image **image, struct dfut_failure *failure, const char *path, FILE *file,
		      uint64_t said, unsigned int force)
{
	uint8_t *data = NULL;
	size_t size = 0;

	if (dfut_file_take(failure, file, said, DFUT_IMAGE_MAX_SIZE, &data, &size) < 0) {
		free(data);
		return failure->code;
	}
	return judge_bytes(image, failure, path, data, size, force);
}

/* Whether what is near its end is text, so that no DFU suffix is: that has bytes which no text has. */
static int ends_as_text(const struct dfut_paged *paged, struct dfut_failure *failure, uint64_t size, bool *is_text)
{
	uint8_t end[8192];

	if (dfut_paged_peek(paged, failure, size - sizeof(end), end, sizeof(end)) < 0)
		return failure->code;
	*is_text = true;
	for (size_t i = 0; i < sizeof(end); i++)
		if (end[i] < ' ' && end[i] != '\n' && end[i] != '\r' && end[i] != '\t')
			*is_text = false;
	return 0;
}

/* Records, of which only what they say is held in memory: the text stays in its file. Takes it over. */
static int judge_text(struct dfut_image **image, struct dfut_failure *failure, const char *path,
		      struct dfut_paged *paged, uint64_t size, unsigned int force, const struct dfut_format *format)
{
	struct dfut_loader loader = { .failure = failure, .force = force, .path = path };

	if (new_image(&loader.image, NULL, (size_t)size) < 0) {
		dfut_paged_free(paged);
		return dfut_fail_memory(failure);
	}
	loader.image->paged = paged;
	if (inspect_payload(&loader, format) < 0) {
		dfut_image_free(loader.image);
		return failure->code;
	}
	*image = loader.image;
	return 0;
}

static int refuse_size(struct dfut_failure *failure, const struct dfut_format *format, uint64_t size)
{
	dfut_fail_check(failure, DFUT_ERROR_IMAGE, DFUT_CHECK_SIZE,
			"has %llu bytes, the limit is %zu for files of the format %s, which are taken apart in memory",
			(unsigned long long)size, DFUT_IMAGE_MAX_SIZE, format->name);
	dfut_hint(failure, "plain bytes may be more: get the firmware in such a file (.bin)");
	return failure->code;
}

/* By its beginning it is told what it is: plain bytes are read when they are needed, text once. Takes the file over. */
static int load_large(struct dfut_image **image, struct dfut_failure *failure, const char *path, FILE *file,
		      uint64_t size, unsigned int force)
{
	struct dfut_image head = { .size = DFUT_PAGED_HEAD_SIZE };
	const struct dfut_format *format;
	struct dfut_paged *paged;
	bool is_text = false;

	if (dfut_paged_open(&paged, failure, file, size) < 0)
		return failure->code;
	head.data = dfut_paged_get_head(paged);
	format = dfut_image_recognise(&head);
	if (strcmp(format->name, "raw") == 0 && size > DFUT_IMAGE_HELD_SIZE)
		return judge_pages(image, failure, path, paged, size, force);
	/* A byte order mark stands in front of few, which are held. */
	if ((format->traits & DFUT_FORMAT_TEXT) && head.data[0] < 0x80 && size <= DFUT_IMAGE_MAX_SIZE &&
	    ends_as_text(paged, failure, size, &is_text) < 0) {
		dfut_paged_free(paged);
		return failure->code;
	}
	if (is_text)
		return judge_text(image, failure, path, paged, size, force, format);
	file = dfut_paged_release(paged);
	if (size <= DFUT_IMAGE_MAX_SIZE)
		return load_whole(image, failure, path, file, size, force);
	fclose(file);
	return refuse_size(failure, format, size);
}

static int load(struct dfut_image **image, struct dfut_failure *failure, const char *path, unsigned int force)
{
	FILE *file;
	uint64_t size;

	if (dfut_file_open_known(failure, path, &file, &size) < 0)
		return failure->code;
	if (size > DFUT_IMAGE_TEXT_SIZE)
		return load_large(image, failure, path, file, size, force);
	return load_whole(image, failure, path, file, size, force);
}

int dfut_image_load(struct dfut_image **image, struct dfut_failure *failure, const char *path, unsigned int force)
{
	*image = NULL;
	if (!path)
		return dfut_fail(failure, DFUT_ERROR_USAGE, "no path was given for the image");
	return load(image, failure, path, force) < 0 ? fail_in_file(failure, path) : 0;
}

int dfut_image_load_bytes(struct dfut_image **image, struct dfut_failure *failure, const void *data, size_t size,
			  unsigned int force)
{
	uint8_t *copy;

	*image = NULL;
	if (!data && size > 0)
		return dfut_fail(failure, DFUT_ERROR_USAGE, "no bytes were given for the image");
	if (size > DFUT_IMAGE_MAX_SIZE)
		return dfut_fail_check(failure, DFUT_ERROR_IMAGE, DFUT_CHECK_SIZE, "has %zu bytes, the limit is %zu",
				       size, DFUT_IMAGE_MAX_SIZE);
	copy = malloc(size > 0 ? size : 1);
	if (!copy)
		return dfut_fail_memory(failure);
	if (size > 0)
		memcpy(copy, data, size);
	return dfut_image_judge(image, failure, copy, size, force);
}
