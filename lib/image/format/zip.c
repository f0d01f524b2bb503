/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * ZIP archives in memory, by libarchive. Nothing is unpacked to disk. Functions that judge return 1 if what comes next
 * can be looked at, 0 if a doubt that was overruled prevents it, or an error.
 */

#include <stdio.h>
#include <string.h>

#include <archive.h>
#include <archive_entry.h>

#include "image/format/zip.h"

/* The record at the end (PKWARE APPNOTE.TXT, 4.3.16) */
#define END_SIZE 22
#define END_ENTRIES 10
#define END_COMMENT_SIZE 20
#define MAX_COMMENT 0xffff

/* A file begins with a header of this size (4.3.7), and its name. */
#define HEADER_SIZE 30
#define HEADER_NAME_LENGTH 26

/* What an archive may become: erased flash shrinks to a thousandth, a firmware does not. */
#define FREE_SIZE ((size_t)4 * 1024 * 1024)
#define MAX_RATIO 64
/* The four images that a package can have, whatever else there is. */
#define MAX_CONTENT (4 * DFUT_ZIP_MAX_FILE_SIZE)

/* Signatures of entries of the directory. Firmware may contain some, but not so many. */
#define MAX_ENTRIES 1024

#define PIECE 16384

struct reader {
	struct dfut_loader *loader;
	struct dfut_zip *zip;
	struct archive *archive;
	struct archive_entry *entry;
	struct dfut_zip_file *file; /* that is being read */
};

static int doubt(struct reader *reader, unsigned int check, const char *text)
{
	return dfut_image_doubt(reader->loader, DFUT_ERROR_IMAGE, check, "offset %zu: %s: %s", reader->file->position,
				reader->file->name, text);
}

/* The end record reaches to the end of the file: an archive that was cut off has none. */
static int judge_end(struct dfut_loader *loader, size_t *count)
{
	const uint8_t *data = loader->image->data;
	size_t size = loader->image->size;

	for (size_t comment = 0; comment <= MAX_COMMENT && comment + END_SIZE <= size; comment++) {
		const uint8_t *end = data + size - END_SIZE - comment;

		if (memcmp(end, "PK\5\6", 4) != 0 || dfut_le16(end + END_COMMENT_SIZE) != comment)
			continue;
		*count = dfut_le16(end + END_ENTRIES);
		return 1;
	}
	return dfut_image_doubt(
		loader, DFUT_ERROR_IMAGE, DFUT_CHECK_LENGTH,
		"offset %zu: the ZIP archive is not complete, or followed by something: no end record at "
		"its end",
		size);
}

/* libarchive makes room for the whole directory, whatever the end record says of it. */
static int judge_directory(struct dfut_loader *loader)
{
	const struct dfut_image *image = loader->image;
	size_t count = 0;

	for (size_t i = 0; i + 4 <= image->size; i++) {
		const uint8_t *found = memchr(image->data + i, 'P', image->size - 3 - i);

		if (!found)
			return 1;
		i = (size_t)(found - image->data);
		if (memcmp(found, "PK\1\2", 4) != 0)
			continue;
		if (++count > MAX_ENTRIES)
			return dfut_fail(loader->failure, DFUT_ERROR_IMAGE,
					 "offset %zu: the archive has more than %d files", i, DFUT_ZIP_MAX_FILES);
	}
	return 1;
}

/* Nothing is written to disk, but who gives such names means harm. */
static bool leaves_archive(const char *name)
{
	if (name[0] == '/' || strchr(name, '\\') || strchr(name, ':'))
		return true;
	for (const char *part = name; part; part = strchr(part, '/')) {
		part += *part == '/';
		if (strncmp(part, "..", 2) == 0 && (part[2] == '/' || part[2] == '\0'))
			return true;
	}
	return false;
}

/* libarchive knows only names that the locale can write, and that is "C" unless the application sets one: others are
 * taken from the header. False if there is none, or it is too long. */
static bool copy_name(struct reader *reader, char *name, size_t size)
{
	const struct dfut_image *image = reader->loader->image;
	const char *known = archive_entry_pathname_utf8(reader->entry);
	size_t position = reader->file->position;
	size_t length;

	if (known)
		return (size_t)snprintf(name, size, "%s", known) < size && known[0];
	if (position > image->size - HEADER_SIZE || memcmp(image->data + position, "PK\3\4", 4) != 0)
		return false;
	position += HEADER_SIZE;
	length = dfut_le16(image->data + position - HEADER_SIZE + HEADER_NAME_LENGTH);
	if (length >= size || length > image->size - position)
		return false;
	memcpy(name, image->data + position, length);
	name[length] = '\0';
	return length > 0 && strlen(name) == length;
}

static int judge_entry(struct reader *reader)
{
	struct dfut_zip_file *file = reader->file;
	char name[sizeof(file->name)] = "";
	bool has_name;

	file->position = (size_t)archive_read_header_position(reader->archive);
	has_name = copy_name(reader, name, sizeof(name));
	memcpy(file->name, name, sizeof(name));
	dfut_clean_text(file->name);
	if (!has_name || strcmp(name, file->name) != 0)
		return dfut_fail(reader->loader->failure, DFUT_ERROR_IMAGE,
				 "offset %zu: \"%s\" is not the name of a file, or longer than %zu bytes",
				 file->position, file->name, sizeof(file->name) - 1);
	if (leaves_archive(name))
		return dfut_fail(reader->loader->failure, DFUT_ERROR_IMAGE,
				 "offset %zu: the name \"%s\" leads out of the archive", file->position, file->name);
	if (archive_entry_is_encrypted(reader->entry))
		return dfut_fail(reader->loader->failure, DFUT_ERROR_UNSUPPORTED, "offset %zu: %s is encrypted",
				 file->position, file->name);
	if (archive_entry_filetype(reader->entry) != AE_IFREG && archive_entry_filetype(reader->entry) != AE_IFDIR)
		return dfut_fail(reader->loader->failure, DFUT_ERROR_IMAGE, "offset %zu: %s is a link, not a file",
				 file->position, file->name);
	if (dfut_zip_find(reader->zip, name))
		return dfut_fail(reader->loader->failure, DFUT_ERROR_IMAGE, "offset %zu: %s is in the archive twice",
				 file->position, file->name);
	return 1;
}

/* Judged while it is unpacked: the sizes that an archive tells need not be true. */
static int judge_size(struct reader *reader)
{
	uint64_t limit = FREE_SIZE + MAX_RATIO * (uint64_t)reader->loader->image->size;

	if (limit > MAX_CONTENT)
		limit = MAX_CONTENT;

	if (reader->file->size > DFUT_ZIP_MAX_FILE_SIZE)
		return dfut_fail(reader->loader->failure, DFUT_ERROR_IMAGE,
				 "offset %zu: %s is larger than %zu MiB, which no firmware is", reader->file->position,
				 reader->file->name, DFUT_ZIP_MAX_FILE_SIZE >> 20);
	if (reader->zip->content.size > limit)
		return dfut_fail(reader->loader->failure, DFUT_ERROR_IMAGE,
				 "offset %zu: %s: %zu bytes of archive become more than %llu, which no firmware does",
				 reader->file->position, reader->file->name, reader->loader->image->size,
				 (unsigned long long)limit);
	return 1;
}

static int unpack(struct reader *reader)
{
	uint8_t piece[PIECE];
	int result = 1;

	reader->file->offset = reader->zip->content.size;
	while (result > 0) {
		la_ssize_t size = archive_read_data(reader->archive, piece, sizeof(piece));

		if (size < 0)
			return doubt(reader, DFUT_CHECK_CHECKSUM, archive_error_string(reader->archive));
		if (size == 0)
			break;
		result = dfut_buffer_add(&reader->zip->content, piece, (size_t)size);
		reader->file->size += (size_t)size;
		if (result == 0)
			result = judge_size(reader);
	}
	if (result > 0)
		reader->zip->count++;
	return result;
}

static int read_entry(struct reader *reader)
{
	int result;

	if (reader->zip->count == DFUT_ZIP_MAX_FILES)
		return dfut_fail(reader->loader->failure, DFUT_ERROR_IMAGE,
				 "offset %lld: the archive has more than %d files",
				 (long long)archive_read_header_position(reader->archive), DFUT_ZIP_MAX_FILES);
	reader->file = &reader->zip->files[reader->zip->count];
	*reader->file = (struct dfut_zip_file){ .size = 0 };
	result = judge_entry(reader);
	return result < 0 || archive_entry_filetype(reader->entry) == AE_IFDIR ? result : unpack(reader);
}

static int read_entries(struct reader *reader, size_t count)
{
	size_t seen = 0;
	int status = ARCHIVE_OK;
	int result = 1;

	while (result > 0) {
		status = archive_read_next_header(reader->archive, &reader->entry);
		/* A warning is about a name. */
		if (status != ARCHIVE_OK && status != ARCHIVE_WARN)
			break;
		result = read_entry(reader);
		seen++;
	}
	if (result <= 0)
		return result;
	if (status != ARCHIVE_EOF)
		return dfut_image_doubt(reader->loader, DFUT_ERROR_IMAGE, DFUT_CHECK_FORMAT,
					"offset %lld: the ZIP archive is damaged: %s",
					(long long)archive_read_header_position(reader->archive),
					archive_error_string(reader->archive));
	if (seen != count)
		return dfut_image_doubt(reader->loader, DFUT_ERROR_IMAGE, DFUT_CHECK_LENGTH,
					"offset %zu: the ZIP archive has %zu files, its end record says %zu",
					reader->loader->image->size, seen, count);
	return 1;
}

int dfut_zip_read(struct dfut_loader *loader, struct dfut_zip *zip)
{
	struct reader reader = { .loader = loader, .zip = zip, .archive = archive_read_new() };
	size_t count = 0;
	int result = judge_end(loader, &count);

	if (!reader.archive)
		return dfut_fail_memory(loader->failure);
	zip->content.failure = loader->failure;
	if (result > 0)
		result = judge_directory(loader);
	/* Never NULL, also if all files are empty. */
	if (result > 0 && dfut_buffer_fill(&zip->content, 0, 0) < 0)
		result = loader->failure->code;
	if (result > 0) {
		archive_read_support_format_zip_seekable(reader.archive);
		if (archive_read_open_memory(reader.archive, loader->image->data, loader->image->size) == ARCHIVE_OK)
			result = read_entries(&reader, count);
		else
			result = dfut_image_doubt(loader, DFUT_ERROR_IMAGE, DFUT_CHECK_FORMAT,
						  "offset 0: the ZIP archive can't be read: %s",
						  archive_error_string(reader.archive));
	}
	archive_read_free(reader.archive);
	return result;
}

const struct dfut_zip_file *dfut_zip_find(const struct dfut_zip *zip, const char *name)
{
	for (size_t i = 0; i < zip->count; i++)
		if (strcmp(zip->files[i].name, name) == 0)
			return &zip->files[i];
	return NULL;
}

/* Writing */

int dfut_zip_add(struct dfut_zip *zip, const char *name, const void *data, size_t size)
{
	struct dfut_zip_file *file = &zip->files[zip->count];

	snprintf(file->name, sizeof(file->name), "%s", name);
	file->offset = zip->content.size;
	file->size = size;
	zip->count++;
	return dfut_buffer_add(&zip->content, data, size);
}

static la_ssize_t write_piece(struct archive *archive, void *user_data, const void *data, size_t size)
{
	(void)archive;
	return dfut_buffer_add(user_data, data, size) < 0 ? -1 : (la_ssize_t)size;
}

/* libarchive writes local times, but for none: that of an entry without one is always the same. */
static bool write_file(struct archive *archive, struct archive_entry *entry, const struct dfut_zip *zip,
		       const struct dfut_zip_file *file)
{
	archive_entry_clear(entry);
	archive_entry_set_pathname(entry, file->name);
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_perm(entry, 0644);
	archive_entry_set_size(entry, (la_int64_t)file->size);
	return archive_write_header(archive, entry) == ARCHIVE_OK &&
	       archive_write_data(archive, zip->content.data + file->offset, file->size) == (la_ssize_t)file->size &&
	       archive_write_finish_entry(archive) == ARCHIVE_OK;
}

/* What zlib makes differs from version to version, so that nothing is compressed. */
static bool write_all(struct archive *archive, struct archive_entry *entry, struct dfut_buffer *buffer,
		      const struct dfut_zip *zip)
{
	bool done = archive_write_set_format_zip(archive) == ARCHIVE_OK &&
		    archive_write_set_options(archive, "zip:compression=store") == ARCHIVE_OK &&
		    archive_write_set_bytes_in_last_block(archive, 1) == ARCHIVE_OK &&
		    archive_write_open(archive, buffer, NULL, write_piece, NULL) == ARCHIVE_OK;

	for (size_t i = 0; done && i < zip->count; i++)
		done = write_file(archive, entry, zip, &zip->files[i]);
	return done && archive_write_close(archive) == ARCHIVE_OK;
}

int dfut_zip_write(struct dfut_buffer *archive, const struct dfut_zip *zip)
{
	struct archive *writer = archive_write_new();
	struct archive_entry *entry = archive_entry_new();
	bool done = writer && entry && write_all(writer, entry, archive, zip);

	archive_entry_free(entry);
	archive_write_free(writer);
	/* Writing into memory fails for want of it. */
	return done ? 0 : dfut_fail_memory(archive->failure);
}
