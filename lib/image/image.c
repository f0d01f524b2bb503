/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Firmware files: reading and writing them, taking their layers apart, and what is known of them. */

#if !defined(_WIN32) && !defined(_XOPEN_SOURCE)
#define _XOPEN_SOURCE 700
#endif

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/types.h>
#if defined(_WIN32)
#include <io.h>
#include <process.h>
#include <windows.h>
#else
#include <unistd.h>
#endif

#include "image/image.h"

#define TEMPORARY_NAMES 100

/* In the order in which they are tried: raw takes everything. */
static const struct dfut_format formats[] = {
	{ "mcuboot", dfut_mcuboot_matches, dfut_mcuboot_inspect, false },
	{ "lmdfu", dfut_lmdfu_matches, dfut_lmdfu_inspect, true },
	{ "lpc", dfut_lpc_matches, dfut_lpc_inspect, false },
	{ "raw", dfut_raw_matches, dfut_raw_inspect, false },
};

/* Facts and doubts */

static struct dfut_fact *new_fact(struct dfut_image *image)
{
	struct dfut_fact *facts;
	size_t capacity;

	if (image->fact_count < image->fact_capacity)
		return &image->facts[image->fact_count];
	capacity = image->fact_capacity ? image->fact_capacity * 2 : 16;
	facts = realloc(image->facts, capacity * sizeof(*facts));
	if (!facts)
		return NULL;
	image->facts = facts;
	image->fact_capacity = capacity;
	return &facts[image->fact_count];
}

/* Takes the value over. */
static void add_fact(struct dfut_loader *loader, const char *key, char *value)
{
	struct dfut_fact *fact = value ? new_fact(loader->image) : NULL;

	if (!fact) {
		loader->image->lacks_memory = true;
		free(value);
		return;
	}
	fact->layer = loader->layer;
	snprintf(fact->key, sizeof(fact->key), "%s", key);
	fact->value = value;
	loader->image->fact_count++;
}

static char *format_arguments(const char *text, va_list arguments)
{
	char line[sizeof(((struct dfut_failure *)NULL)->text)];

	vsnprintf(line, sizeof(line), text, arguments);
	return dfut_format_text("%s", line);
}

void dfut_image_add_fact(struct dfut_loader *loader, const char *key, const char *text, ...)
{
	va_list arguments;

	va_start(arguments, text);
	add_fact(loader, key, format_arguments(text, arguments));
	va_end(arguments);
}

void dfut_image_put_hex(char *text, const uint8_t *data, size_t size)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < size; i++) {
		*text++ = digits[data[i] >> 4];
		*text++ = digits[data[i] & 0x0f];
	}
	*text = '\0';
}

void dfut_image_add_hex_fact(struct dfut_loader *loader, const char *key, const uint8_t *data, size_t size)
{
	char *value = malloc(2 * size + 1);

	if (value)
		dfut_image_put_hex(value, data, size);
	add_fact(loader, key, value);
}

int dfut_image_doubt(struct dfut_loader *loader, int code, unsigned int check, const char *text, ...)
{
	va_list arguments;
	char *line;

	va_start(arguments, text);
	line = format_arguments(text, arguments);
	va_end(arguments);
	if (!line)
		return dfut_fail_memory(loader->failure);
	dfut_clean_text(line);
	if (loader->force & check) {
		add_fact(loader, "warning", line);
		return 0;
	}
	dfut_fail_check(loader->failure, code, check, "%s", line);
	free(line);
	return code;
}

static void drop_suffix_notes(struct dfut_image *image)
{
	size_t kept = 0;

	for (size_t i = 0; i < image->fact_count; i++) {
		if (image->facts[i].layer == dfut_suffix_layer) {
			free(image->facts[i].value);
			continue;
		}
		image->facts[kept++] = image->facts[i];
	}
	image->fact_count = kept;
}

/* Layers */

static const struct dfut_format *find_format(const struct dfut_image *image)
{
	size_t i = 0;

	while (i < DFUT_COUNT(formats) - 1 && !formats[i].matches(image))
		i++;
	return &formats[i];
}

static int inspect_payload(struct dfut_loader *loader)
{
	struct dfut_image *image = loader->image;
	int result;

	image->format = find_format(image);
	loader->layer = image->format->name;
	result = image->format->inspect(loader);
	if (result < 0)
		return result;
	return image->lacks_memory ? dfut_fail_memory(loader->failure) : 0;
}

/* Takes the data over, also when it fails. */
static int new_image(struct dfut_image **image, uint8_t *data, size_t size)
{
	*image = calloc(1, sizeof(**image));
	if (!*image) {
		free(data);
		return DFUT_ERROR_NO_MEMORY;
	}
	(*image)->references = 1;
	(*image)->data = data;
	(*image)->size = size;
	return 0;
}

/* Takes the data over, also when it fails. */
static int judge(struct dfut_image **image, struct dfut_failure *failure, uint8_t *data, size_t size,
		 unsigned int force)
{
	struct dfut_loader loader = { .failure = failure, .force = force };
	int result = new_image(&loader.image, data, size);

	if (result < 0)
		return dfut_fail_memory(failure);
	result = dfut_suffix_read(&loader);
	if (result == 0)
		result = inspect_payload(&loader);
	if (result < 0) {
		dfut_image_free(loader.image);
		return result;
	}
	*image = loader.image;
	return 0;
}

/* Reading a file */

#if defined(_WIN32)
static wchar_t *wide_path(const char *path)
{
	int length = MultiByteToWideChar(CP_UTF8, 0, path, -1, NULL, 0);
	wchar_t *wide = length > 0 ? calloc((size_t)length, sizeof(*wide)) : NULL;

	if (wide)
		MultiByteToWideChar(CP_UTF8, 0, path, -1, wide, length);
	return wide;
}

static bool is_directory(const char *path)
{
	wchar_t *wide = wide_path(path);
	DWORD attributes = wide ? GetFileAttributesW(wide) : INVALID_FILE_ATTRIBUTES;

	free(wide);
	return attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_DIRECTORY);
}

static FILE *open_to_read(const char *path)
{
	wchar_t *wide = wide_path(path);
	FILE *file = wide ? _wfopen(wide, L"rb") : NULL;

	free(wide);
	return file;
}
#else
static bool is_directory(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static FILE *open_to_read(const char *path)
{
	return fopen(path, "rb");
}
#endif

static int fail_open(struct dfut_failure *failure, int error)
{
	if (error == ENOENT || error == ENOTDIR)
		return dfut_fail(failure, DFUT_ERROR_NOT_FOUND, "no such file");
	if (error == EACCES || error == EPERM)
		return dfut_fail(failure, DFUT_ERROR_ACCESS, "no permission to read it");
	if (error == ENOMEM)
		return dfut_fail_memory(failure);
	return dfut_fail(failure, DFUT_ERROR_IO, "can't be opened: %s", strerror(error));
}

/* Makes room for at least one more byte. */
static int grow(struct dfut_failure *failure, uint8_t **data, size_t *capacity)
{
	size_t larger = *capacity ? *capacity * 2 : 65536;
	uint8_t *bytes = realloc(*data, larger);

	if (!bytes)
		return dfut_fail_memory(failure);
	*data = bytes;
	*capacity = larger;
	return 0;
}

/* The size is not asked for beforehand: the file may be a pipe, or grow meanwhile. */
static int read_stream(struct dfut_failure *failure, FILE *file, uint8_t **data, size_t *size)
{
	size_t capacity = 0;

	while (!feof(file)) {
		if (*size == capacity && grow(failure, data, &capacity) < 0)
			return DFUT_ERROR_NO_MEMORY;
		errno = 0;
		*size += fread(*data + *size, 1, capacity - *size, file);
		if (ferror(file))
			return dfut_fail(failure, DFUT_ERROR_IO, "offset %zu: can't be read: %s", *size,
					 strerror(errno));
		if (*size > DFUT_IMAGE_MAX_SIZE)
			return dfut_fail_check(failure, DFUT_ERROR_IMAGE, DFUT_CHECK_SIZE,
					       "larger than 256 MiB, which no firmware is");
	}
	return 0;
}

static int read_file(struct dfut_failure *failure, const char *path, uint8_t **data, size_t *size)
{
	FILE *file;
	int result;

	if (is_directory(path))
		return dfut_fail(failure, DFUT_ERROR_IO, "is a directory, not a file");
	errno = 0;
	file = open_to_read(path);
	if (!file)
		return fail_open(failure, errno);
	result = read_stream(failure, file, data, size);
	fclose(file);
	return result;
}

static int fail_in_file(struct dfut_failure *failure, const char *path)
{
	struct dfut_failure inner = *failure;

	dfut_fail_check(failure, inner.code, inner.check, "%s: %s", path, inner.text);
	dfut_clean_text(failure->text);
	if (inner.hint[0])
		dfut_hint(failure, "%s", inner.hint);
	return inner.code;
}

DFUT_API int dfut_image_load_file(struct dfut_image **image, struct dfut_context *context, const char *path,
				  unsigned int force)
{
	struct dfut_failure *failure = dfut_context_failure(context);
	uint8_t *data = NULL;
	size_t size = 0;

	*image = NULL;
	if (!path)
		return dfut_fail(failure, DFUT_ERROR_USAGE, "no path of an image given");
	if (read_file(failure, path, &data, &size) < 0) {
		free(data);
		return fail_in_file(failure, path);
	}
	if (judge(image, failure, data, size, force) < 0)
		return fail_in_file(failure, path);
	return 0;
}

DFUT_API int dfut_image_load_buffer(struct dfut_image **image, struct dfut_context *context, const void *data,
				    size_t size, unsigned int force)
{
	struct dfut_failure *failure = dfut_context_failure(context);
	uint8_t *copy;

	*image = NULL;
	if (!data && size > 0)
		return dfut_fail(failure, DFUT_ERROR_USAGE, "no bytes of an image given");
	if (size > DFUT_IMAGE_MAX_SIZE)
		return dfut_fail_check(failure, DFUT_ERROR_IMAGE, DFUT_CHECK_SIZE,
				       "larger than 256 MiB, which no firmware is");
	copy = malloc(size > 0 ? size : 1);
	if (!copy)
		return dfut_fail_memory(failure);
	if (size > 0)
		memcpy(copy, data, size);
	return judge(image, failure, copy, size, force);
}

struct dfut_image *dfut_image_ref(struct dfut_image *image)
{
	image->references++;
	return image;
}

DFUT_API void dfut_image_free(struct dfut_image *image)
{
	if (!image || --image->references > 0)
		return;
	for (size_t i = 0; i < image->fact_count; i++)
		free(image->facts[i].value);
	free(image->facts);
	free(image->data);
	free(image);
}

/* What is in it */

DFUT_API const char *dfut_image_get_format(const struct dfut_image *image)
{
	return image->format->name;
}

DFUT_API size_t dfut_image_get_size(const struct dfut_image *image)
{
	return image->size;
}

DFUT_API size_t dfut_image_get_segment_count(const struct dfut_image *image)
{
	(void)image;
	return 1;
}

DFUT_API int dfut_image_get_segment(const struct dfut_image *image, size_t index, struct dfut_segment *segment)
{
	if (index > 0)
		return DFUT_ERROR_NOT_FOUND;
	*segment = (struct dfut_segment){
		.has_address = image->has_address,
		.address = image->address,
		.alternate = -1,
		.data = image->data,
		.size = image->size,
	};
	return 0;
}

static size_t suffix_fact_count(const struct dfut_image *image)
{
	return image->suffix.present ? DFUT_SUFFIX_FACT_COUNT : 0;
}

DFUT_API size_t dfut_image_get_fact_count(const struct dfut_image *image)
{
	return suffix_fact_count(image) + image->fact_count;
}

DFUT_API int dfut_image_get_fact(const struct dfut_image *image, size_t index, const char **layer, const char **key,
				 const char **value)
{
	size_t suffix_facts = suffix_fact_count(image);

	if (index < suffix_facts) {
		*layer = dfut_suffix_layer;
		*key = dfut_suffix_get_fact_key(index);
		*value = image->suffix.values[index];
		return 0;
	}
	index -= suffix_facts;
	if (index >= image->fact_count)
		return DFUT_ERROR_NOT_FOUND;
	*layer = image->facts[index].layer;
	*key = image->facts[index].key;
	*value = image->facts[index].value;
	return 0;
}

DFUT_API bool dfut_image_get_ids(const struct dfut_image *image, uint16_t *vendor_id, uint16_t *product_id,
				 uint16_t *release)
{
	const struct dfut_suffix *suffix = &image->suffix;

	if (vendor_id)
		*vendor_id = suffix->present ? suffix->vendor_id : DFUT_ID_ANY;
	if (product_id)
		*product_id = suffix->present ? suffix->product_id : DFUT_ID_ANY;
	if (release)
		*release = suffix->present ? suffix->release : DFUT_ID_ANY;
	return suffix->present;
}

/* Changing it */

DFUT_API int dfut_image_set_address(struct dfut_image *image, uint32_t address)
{
	if (image->format->has_addresses)
		return DFUT_ERROR_USAGE;
	image->has_address = true;
	image->address = address;
	return 0;
}

DFUT_API void dfut_image_set_suffix(struct dfut_image *image, uint16_t vendor_id, uint16_t product_id, uint16_t release)
{
	drop_suffix_notes(image);
	dfut_suffix_set(image, vendor_id, product_id, release, 0x0100);
}

DFUT_API void dfut_image_remove_suffix(struct dfut_image *image)
{
	drop_suffix_notes(image);
	image->suffix.present = false;
}

/* Puts another payload into the object that the application holds. */
static void replace_payload(struct dfut_image *image, struct dfut_image *other)
{
	struct dfut_image old = *image;

	*image = *other;
	image->references = old.references;
	image->has_address = old.has_address;
	image->address = old.address;
	if (old.suffix.present)
		dfut_suffix_set(image, old.suffix.vendor_id, old.suffix.product_id, old.suffix.release,
				old.suffix.dfu_version);
	*other = old;
	other->references = 1;
	dfut_image_free(other);
}

DFUT_API int dfut_image_wrap_mcuboot(struct dfut_image *image, const char *version, size_t header_size)
{
	struct dfut_failure failure = { 0 };
	struct dfut_loader loader = { .failure = &failure };
	uint8_t *data;
	size_t size;
	int result;

	/* A session that holds the image reads the bytes that would be replaced. */
	if (!version || dfut_image_is_mcuboot(image) || image->references > 1)
		return DFUT_ERROR_USAGE;
	result = dfut_mcuboot_wrap(image->data, image->size, version, header_size, &data, &size);
	if (result < 0)
		return result;
	result = new_image(&loader.image, data, size);
	if (result < 0)
		return result;
	result = inspect_payload(&loader);
	if (result < 0) {
		dfut_image_free(loader.image);
		return result;
	}
	replace_payload(image, loader.image);
	return 0;
}

/* Writing a file */

static int write_error(int error)
{
	if (error == EACCES || error == EPERM || error == EROFS)
		return DFUT_ERROR_ACCESS;
	return error == ENOMEM ? DFUT_ERROR_NO_MEMORY : DFUT_ERROR_IO;
}

#if defined(_WIN32)
static char *resolve_target(const char *path, int *mode)
{
	*mode = _S_IREAD | _S_IWRITE;
	if (is_directory(path)) {
		errno = EISDIR;
		return NULL;
	}
	return dfut_format_text("%s", path);
}

static FILE *create_new(const char *path, int mode)
{
	wchar_t *wide = wide_path(path);
	int descriptor = wide ? _wopen(wide, _O_CREAT | _O_EXCL | _O_WRONLY | _O_BINARY, mode) : -1;

	free(wide);
	return descriptor < 0 ? NULL : _fdopen(descriptor, "wb");
}

static bool flush_to_disk(FILE *file)
{
	return fflush(file) == 0 && _commit(_fileno(file)) == 0;
}

static void delete_file(const char *path)
{
	wchar_t *wide = wide_path(path);

	if (wide)
		DeleteFileW(wide);
	free(wide);
}

static bool replace_file(const char *from, const char *to)
{
	wchar_t *wide_from = wide_path(from);
	wchar_t *wide_to = wide_path(to);
	bool done = wide_from && wide_to && MoveFileExW(wide_from, wide_to, MOVEFILE_REPLACE_EXISTING);

	errno = !done && GetLastError() == ERROR_ACCESS_DENIED ? EACCES : EIO;
	free(wide_from);
	free(wide_to);
	return done;
}

static unsigned long process_id(void)
{
	return (unsigned long)_getpid();
}
#else
/*
 * The file that a symbolic link leads to is replaced, not the link, and it keeps its mode. A device or a pipe is
 * refused: it would become a file.
 */
static char *resolve_target(const char *path, mode_t *mode)
{
	struct stat status;

	*mode = 0;
	if (stat(path, &status) < 0)
		return errno == ENOENT ? dfut_format_text("%s", path) : NULL;
	if (!S_ISREG(status.st_mode)) {
		errno = S_ISDIR(status.st_mode) ? EISDIR : EINVAL;
		return NULL;
	}
	*mode = status.st_mode & 0777;
	return realpath(path, NULL);
}

static FILE *create_new(const char *path, mode_t mode)
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

static void delete_file(const char *path)
{
	unlink(path);
}

static bool replace_file(const char *from, const char *to)
{
	return rename(from, to) == 0;
}

static unsigned long process_id(void)
{
	return (unsigned long)getpid();
}
#endif

static bool write_layers(const struct dfut_image *image, FILE *file)
{
	uint8_t suffix[DFUT_SUFFIX_SIZE];

	if (fwrite(image->data, 1, image->size, file) != image->size)
		return false;
	if (!image->suffix.present)
		return true;
	dfut_suffix_write(image, suffix);
	return fwrite(suffix, 1, sizeof(suffix), file) == sizeof(suffix);
}

static int write_and_close(const struct dfut_image *image, FILE *file)
{
	int error = 0;

	errno = EIO;
	if (!write_layers(image, file) || !flush_to_disk(file))
		error = errno;
	if (fclose(file) != 0 && error == 0)
		error = errno;
	return error;
}

/* In the same directory, since a rename does not cross file systems. The caller frees *path. */
static FILE *create_temporary(const char *target, unsigned int mode, char **path)
{
	for (int i = 0; i < TEMPORARY_NAMES; i++) {
		FILE *file;

		*path = dfut_format_text("%s.%lu-%d.tmp", target, process_id(), i);
		if (!*path) {
			errno = ENOMEM;
			return NULL;
		}
		file = create_new(*path, mode);
		if (file || errno != EEXIST)
			return file;
		free(*path);
	}
	*path = NULL;
	return NULL;
}

static int save_as(const struct dfut_image *image, const char *target, unsigned int mode)
{
	char *temporary = NULL;
	FILE *file = create_temporary(target, mode, &temporary);
	int error = file ? write_and_close(image, file) : errno;

	if (file && error == 0 && !replace_file(temporary, target))
		error = errno;
	if (file && error != 0)
		delete_file(temporary);
	free(temporary);
	return error ? write_error(error) : 0;
}

DFUT_API int dfut_image_save_file(const struct dfut_image *image, const char *path)
{
#if defined(_WIN32)
	int mode;
#else
	mode_t mode;
#endif
	char *target;
	int result;

	if (!path)
		return DFUT_ERROR_USAGE;
	target = resolve_target(path, &mode);
	if (!target)
		return write_error(errno);
	result = save_as(image, target, (unsigned int)mode);
	free(target);
	return result;
}
