/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * ZIP archives in memory (PKWARE APPNOTE.TXT), inflated by zlib. Nothing is unpacked to disk. Both headers of a file must
 * agree, and the sizes that they tell are judged before there is room for them. ZIP64 and archives in several parts are
 * refused by what they say in the end record. Functions that judge return 1 if what comes next can be looked at, 0 if a
 * doubt that was overruled prevents it, or an error.
 */

#include <stdio.h>
#include <string.h>

#include <zlib.h>

#include "image/format/zip.h"

/* The record at the end (4.3.16) */
#define END_SIZE 22
#define END_DISKS 4
#define END_ENTRIES_HERE 8
#define END_ENTRIES 10
#define END_DIRECTORY_SIZE 12
#define END_DIRECTORY 16
#define END_COMMENT_SIZE 20
#define MAX_COMMENT 0xffff

/* A file begins with this header (4.3.7) and its name; the directory has another one for it (4.3.12). */
#define LOCAL_SIZE 30
#define LOCAL_NUMBERS 4
#define ENTRY_SIZE 46
#define ENTRY_SYSTEM 5
#define ENTRY_NUMBERS 6
#define ENTRY_COMMENT_SIZE 32
#define ENTRY_ATTRIBUTES 38
#define ENTRY_POSITION 42

/* The numbers that both have */
#define NUMBERS_SIZE 26
#define FLAGS 2
#define METHOD 4
#define DATE 8
#define SUMS 10 /* CRC and both sizes, also those that may follow the file (4.3.9) */
#define SUMS_SIZE 12
#define CRC 10
#define PACKED_SIZE 14
#define FULL_SIZE 18
#define NAME_SIZE 22
#define EXTRA_SIZE 24

#define FLAGS_ENCRYPTED 0x2041
#define FLAG_SUMS_FOLLOW 0x0008
#define STORED 0
#define DEFLATED 8
#define VERSION 20 /* folders and deflate */
#define FIRST_DATE 0x0021
#define SYSTEM_UNIX 3
#define DOS_FOLDER 0x10
#define UNIX_KIND 0170000
#define UNIX_FOLDER 0040000
#define UNIX_FILE 0100000

/* What an archive may become: erased flash shrinks to a thousandth, a firmware does not. */
#define FREE_SIZE ((size_t)4 * 1024 * 1024)
#define MAX_RATIO 64
/* The four images that a package can have, whatever else there is. */
#define MAX_CONTENT (4 * DFUT_ZIP_MAX_FILE_SIZE)

struct reader {
	struct dfut_loader *loader;
	struct dfut_zip *zip;
	size_t directory;	    /* where it begins */
	size_t end;		    /* where its end record does */
	const uint8_t *entry;	    /* in the directory */
	const uint8_t *numbers;	    /* of the entry */
	struct dfut_zip_file *file; /* that is being read */
	const uint8_t *packed;
};

static int doubt(struct reader *reader, unsigned int check, const char *text)
{
	return dfut_image_doubt(reader->loader, DFUT_ERROR_IMAGE, check, "offset %zu: %s: %s", reader->file->position,
				reader->file->name, text);
}

/* The directory */

/* The end record reaches to the end of the file: an archive that was cut off has none. */
static int find_end(struct reader *reader)
{
	const uint8_t *data = reader->loader->image->data;
	size_t size = reader->loader->image->size;

	for (size_t comment = 0; comment <= MAX_COMMENT && comment + END_SIZE <= size; comment++) {
		reader->end = size - END_SIZE - comment;
		if (memcmp(data + reader->end, "PK\5\6", 4) == 0 &&
		    dfut_le16(data + reader->end + END_COMMENT_SIZE) == comment)
			return 1;
	}
	return dfut_image_doubt(
		reader->loader, DFUT_ERROR_IMAGE, DFUT_CHECK_LENGTH,
		"offset %zu: the ZIP archive is not complete, or followed by something: no end record at "
		"its end",
		size);
}

/* What is between the directory and its end record belongs to ZIP64, or is hidden there. */
static int judge_end(struct reader *reader)
{
	const uint8_t *end = reader->loader->image->data + reader->end;
	size_t size = dfut_le32(end + END_DIRECTORY_SIZE);

	if (dfut_le32(end + END_DISKS) != 0 || dfut_le16(end + END_ENTRIES_HERE) != dfut_le16(end + END_ENTRIES))
		return dfut_image_doubt(reader->loader, DFUT_ERROR_IMAGE, DFUT_CHECK_FORMAT,
					"offset %zu: the ZIP archive is one of several parts, or its end record wrong",
					reader->end);
	reader->directory = dfut_le32(end + END_DIRECTORY);
	if (reader->directory <= reader->end && size == reader->end - reader->directory)
		return 1;
	return dfut_image_doubt(reader->loader, DFUT_ERROR_IMAGE, DFUT_CHECK_FORMAT,
				"offset %zu: the ZIP archive is damaged, or has the format ZIP64: its directory (%zu "
				"bytes at offset %zu) does not end here",
				reader->end, size, reader->directory);
}

/* Where the next entry begins; 0 if there is no whole one here. */
static size_t skip_entry(const struct reader *reader, size_t position)
{
	const uint8_t *entry = reader->loader->image->data + position;
	const uint8_t *numbers = entry + ENTRY_NUMBERS;
	size_t size = reader->end - position;
	size_t length;

	if (size < ENTRY_SIZE || memcmp(entry, "PK\1\2", 4) != 0)
		return 0;
	length = (size_t)ENTRY_SIZE + dfut_le16(numbers + NAME_SIZE) + dfut_le16(numbers + EXTRA_SIZE) +
		 dfut_le16(entry + ENTRY_COMMENT_SIZE);
	return length <= size ? position + length : 0;
}

/* Names and kinds */

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

static bool copy_name(const struct reader *reader, char *name, size_t size)
{
	size_t length = dfut_le16(reader->numbers + NAME_SIZE);
	bool fits = length < size;

	if (!fits)
		length = size - 1;
	memcpy(name, reader->entry + ENTRY_SIZE, length);
	name[length] = '\0';
	return fits && length > 0 && strlen(name) == length;
}

/* Kind of file, as Unix has it; 0 if it is not told. */
static uint32_t get_kind(const struct reader *reader)
{
	uint32_t attributes = dfut_le32(reader->entry + ENTRY_ATTRIBUTES);

	if (reader->entry[ENTRY_SYSTEM] == SYSTEM_UNIX)
		return attributes >> 16 & UNIX_KIND;
	return attributes & DOS_FOLDER ? UNIX_FOLDER : 0;
}

static bool is_folder(const struct reader *reader)
{
	return get_kind(reader) == UNIX_FOLDER || reader->file->name[strlen(reader->file->name) - 1] == '/';
}

static int judge_entry(struct reader *reader)
{
	struct dfut_zip_file *file = reader->file;
	struct dfut_failure *failure = reader->loader->failure;
	char name[sizeof(file->name)] = "";
	bool has_name = copy_name(reader, name, sizeof(name));
	uint32_t kind = get_kind(reader);

	memcpy(file->name, name, sizeof(name));
	dfut_clean_text(file->name);
	if (!has_name || strcmp(name, file->name) != 0)
		return dfut_fail(failure, DFUT_ERROR_IMAGE,
				 "offset %zu: \"%s\" is not the name of a file, or longer than %zu bytes",
				 file->position, file->name, sizeof(file->name) - 1);
	if (leaves_archive(name))
		return dfut_fail(failure, DFUT_ERROR_IMAGE, "offset %zu: the name \"%s\" leads out of the archive",
				 file->position, file->name);
	if (dfut_le16(reader->numbers + FLAGS) & FLAGS_ENCRYPTED)
		return dfut_fail(failure, DFUT_ERROR_UNSUPPORTED, "offset %zu: %s is encrypted", file->position,
				 file->name);
	if (kind != 0 && kind != UNIX_FILE && kind != UNIX_FOLDER)
		return dfut_fail(failure, DFUT_ERROR_IMAGE, "offset %zu: %s is a link, not a file", file->position,
				 file->name);
	if (dfut_zip_find(reader->zip, name))
		return dfut_fail(failure, DFUT_ERROR_IMAGE, "offset %zu: %s is in the archive twice", file->position,
				 file->name);
	return 1;
}

/* Places */

/* Sums that follow are 0 in front of the file, or already right. */
static bool has_same_sums(const uint8_t *local, const uint8_t *numbers)
{
	bool may_lack = dfut_le16(numbers + FLAGS) & FLAG_SUMS_FOLLOW;

	for (size_t i = SUMS; i < SUMS + SUMS_SIZE; i += 4)
		if (dfut_le32(local + i) != dfut_le32(numbers + i) && !(may_lack && dfut_le32(local + i) == 0))
			return false;
	return true;
}

static bool has_same_header(const struct reader *reader, const uint8_t *header)
{
	const uint8_t *local = header + LOCAL_NUMBERS;
	const uint8_t *numbers = reader->numbers;
	uint16_t flags = dfut_le16(local + FLAGS) ^ dfut_le16(numbers + FLAGS);

	return !(flags & (FLAGS_ENCRYPTED | FLAG_SUMS_FOLLOW)) &&
	       dfut_le16(local + METHOD) == dfut_le16(numbers + METHOD) && has_same_sums(local, numbers) &&
	       dfut_le16(local + NAME_SIZE) == dfut_le16(numbers + NAME_SIZE) &&
	       memcmp(header + LOCAL_SIZE, reader->entry + ENTRY_SIZE, dfut_le16(numbers + NAME_SIZE)) == 0;
}

/* The sums behind a file, most often with a signature; their size, 0 if they are not these. */
static size_t find_sums(const struct reader *reader, size_t position)
{
	const uint8_t *data = reader->loader->image->data;
	const uint8_t *sums = reader->numbers + SUMS;
	size_t room = reader->directory - position;

	if (room >= 4 + SUMS_SIZE && memcmp(data + position, "PK\7\10", 4) == 0 &&
	    memcmp(data + position + 4, sums, SUMS_SIZE) == 0)
		return 4 + SUMS_SIZE;
	return room >= SUMS_SIZE && memcmp(data + position, sums, SUMS_SIZE) == 0 ? SUMS_SIZE : 0;
}

static int judge_overlap(struct reader *reader)
{
	for (size_t i = 0; i < reader->zip->count; i++) {
		const struct dfut_zip_file *other = &reader->zip->files[i];

		if (reader->file->position < other->end && other->position < reader->file->end)
			return dfut_fail(reader->loader->failure, DFUT_ERROR_IMAGE,
					 "offset %zu: %s and %s are in the same place of the archive",
					 reader->file->position, reader->file->name, other->name);
	}
	return 1;
}

/* Finds the bytes of the file, between its header and the directory. */
static int judge_place(struct reader *reader)
{
	const uint8_t *header;
	size_t packed_size = dfut_le32(reader->numbers + PACKED_SIZE);
	size_t name_size = dfut_le16(reader->numbers + NAME_SIZE);
	size_t room = reader->directory - reader->file->position;
	size_t begin, sums;

	if (reader->file->position > reader->directory || room < LOCAL_SIZE + name_size)
		return doubt(reader, DFUT_CHECK_FORMAT, "the directory says that it begins here, which it can't");
	header = reader->loader->image->data + reader->file->position;
	if (memcmp(header, "PK\3\4", 4) != 0)
		return doubt(reader, DFUT_CHECK_FORMAT, "the directory says that it begins here, which it does not");
	if (!has_same_header(reader, header))
		return doubt(reader, DFUT_CHECK_FORMAT,
			     "its name, its size or its CRC is another one in the directory");
	begin = LOCAL_SIZE + name_size + dfut_le16(header + LOCAL_NUMBERS + EXTRA_SIZE);
	if (begin > room || packed_size > room - begin)
		return doubt(reader, DFUT_CHECK_FORMAT, "it reaches into the directory");
	reader->packed = header + begin;
	reader->file->end = reader->file->position + begin + packed_size;
	if (dfut_le16(reader->numbers + FLAGS) & FLAG_SUMS_FOLLOW) {
		sums = find_sums(reader, reader->file->end);
		if (sums == 0)
			return doubt(reader, DFUT_CHECK_FORMAT,
				     "what follows it is not the CRC and the sizes that the directory has");
		reader->file->end += sums;
	}
	return judge_overlap(reader);
}

/* Bytes */

static int judge_size(struct reader *reader)
{
	uint64_t limit = FREE_SIZE + MAX_RATIO * (uint64_t)reader->loader->image->size;

	if (limit > MAX_CONTENT)
		limit = MAX_CONTENT;
	if (reader->file->size > DFUT_ZIP_MAX_FILE_SIZE)
		return dfut_fail(reader->loader->failure, DFUT_ERROR_IMAGE,
				 "offset %zu: %s is larger than %zu MiB, which no firmware is", reader->file->position,
				 reader->file->name, DFUT_ZIP_MAX_FILE_SIZE >> 20);
	if (reader->zip->content.size + reader->file->size > limit)
		return dfut_fail(reader->loader->failure, DFUT_ERROR_IMAGE,
				 "offset %zu: %s: %zu bytes of archive become more than %llu, which no firmware does",
				 reader->file->position, reader->file->name, reader->loader->image->size,
				 (unsigned long long)limit);
	return 1;
}

/* No byte may be left over on either side. */
static int inflate_file(struct reader *reader, uint8_t *bytes)
{
	z_stream stream = {
		.next_in = (uint8_t *)reader->packed,
		.avail_in = dfut_le32(reader->numbers + PACKED_SIZE),
		.next_out = bytes,
		.avail_out = (unsigned int)reader->file->size,
	};
	int status = inflateInit2(&stream, -MAX_WBITS);

	if (status == Z_OK)
		status = inflate(&stream, Z_FINISH);
	inflateEnd(&stream);
	if (status == Z_MEM_ERROR)
		return dfut_fail_memory(reader->loader->failure);
	if (status == Z_STREAM_END && stream.avail_in == 0 && stream.avail_out == 0)
		return 1;
	return doubt(reader, DFUT_CHECK_CHECKSUM, "its compressed bytes are damaged, or not those of its size");
}

static int unpack(struct reader *reader)
{
	struct dfut_zip_file *file = reader->file;
	struct dfut_buffer *content = &reader->zip->content;
	uint16_t method = dfut_le16(reader->numbers + METHOD);
	uint8_t *bytes;
	int result = 1;

	if (method != STORED && method != DEFLATED)
		return dfut_fail(reader->loader->failure, DFUT_ERROR_UNSUPPORTED,
				 "offset %zu: %s is compressed by method %u, but only deflate (8) is known",
				 file->position, file->name, (unsigned int)method);
	if (method == STORED && dfut_le32(reader->numbers + PACKED_SIZE) != file->size)
		return doubt(reader, DFUT_CHECK_LENGTH, "it is not compressed, but has two sizes");
	file->offset = content->size;
	if (dfut_buffer_fill(content, 0, file->size) < 0)
		return reader->loader->failure->code;
	bytes = content->data + file->offset;
	if (method == DEFLATED)
		result = inflate_file(reader, bytes);
	else
		memcpy(bytes, reader->packed, file->size);
	if (result > 0 && crc32(0, bytes, (unsigned int)file->size) != dfut_le32(reader->numbers + CRC))
		result = doubt(reader, DFUT_CHECK_CHECKSUM, "its CRC is another one: it is damaged");
	reader->zip->count += result > 0;
	return result;
}

static int read_entry(struct reader *reader)
{
	size_t position = dfut_le32(reader->entry + ENTRY_POSITION);
	int result;

	if (reader->zip->count == DFUT_ZIP_MAX_FILES)
		return dfut_fail(reader->loader->failure, DFUT_ERROR_IMAGE,
				 "offset %zu: the archive has more than %d files", position, DFUT_ZIP_MAX_FILES);
	reader->numbers = reader->entry + ENTRY_NUMBERS;
	reader->file = &reader->zip->files[reader->zip->count];
	*reader->file = (struct dfut_zip_file){ .position = position, .size = dfut_le32(reader->numbers + FULL_SIZE) };
	result = judge_entry(reader);
	if (result <= 0 || is_folder(reader))
		return result;
	result = judge_place(reader);
	if (result > 0)
		result = judge_size(reader);
	return result > 0 ? unpack(reader) : result;
}

static int read_entries(struct reader *reader)
{
	const uint8_t *data = reader->loader->image->data;
	size_t said = dfut_le16(data + reader->end + END_ENTRIES);
	size_t seen = 0;
	size_t next;
	int result;

	for (size_t position = reader->directory; position < reader->end; position = next) {
		next = skip_entry(reader, position);
		if (next == 0)
			return dfut_image_doubt(
				reader->loader, DFUT_ERROR_IMAGE, DFUT_CHECK_FORMAT,
				"offset %zu: the ZIP archive is damaged: its directory has no whole entry here",
				position);
		reader->entry = data + position;
		result = read_entry(reader);
		if (result <= 0)
			return result;
		seen++;
	}
	if (seen != said)
		return dfut_image_doubt(reader->loader, DFUT_ERROR_IMAGE, DFUT_CHECK_LENGTH,
					"offset %zu: the ZIP archive has %zu files, its end record says %zu",
					reader->end, seen, said);
	return 1;
}

int dfut_zip_read(struct dfut_loader *loader, struct dfut_zip *zip)
{
	struct reader reader = { .loader = loader, .zip = zip };
	int result = find_end(&reader);

	zip->content.failure = loader->failure;
	/* Never NULL, also if all files are empty. */
	if (result > 0 && dfut_buffer_fill(&zip->content, 0, 0) < 0)
		result = loader->failure->code;
	if (result > 0)
		result = judge_end(&reader);
	return result > 0 ? read_entries(&reader) : result;
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

static void put_numbers(uint8_t numbers[NUMBERS_SIZE], const struct dfut_zip *zip, const struct dfut_zip_file *file)
{
	uint32_t crc = (uint32_t)crc32(0, zip->content.data + file->offset, (unsigned int)file->size);

	memset(numbers, 0, NUMBERS_SIZE);
	dfut_put_le16(numbers, VERSION);
	dfut_put_le16(numbers + METHOD, STORED);
	dfut_put_le16(numbers + DATE, FIRST_DATE);
	dfut_put_le32(numbers + CRC, crc);
	dfut_put_le32(numbers + PACKED_SIZE, (uint32_t)file->size);
	dfut_put_le32(numbers + FULL_SIZE, (uint32_t)file->size);
	dfut_put_le16(numbers + NAME_SIZE, (uint16_t)strlen(file->name));
}

/* What zlib makes differs from version to version, so that nothing is compressed. */
static int write_file(struct dfut_buffer *archive, const struct dfut_zip *zip, struct dfut_zip_file *file)
{
	uint8_t header[LOCAL_SIZE] = "PK\3\4";
	int result;

	file->position = archive->size;
	put_numbers(header + LOCAL_NUMBERS, zip, file);
	result = dfut_buffer_add(archive, header, sizeof(header));
	if (result == 0)
		result = dfut_buffer_add(archive, file->name, strlen(file->name));
	return result < 0 ? result : dfut_buffer_add(archive, zip->content.data + file->offset, file->size);
}

static int write_entry(struct dfut_buffer *archive, const struct dfut_zip *zip, const struct dfut_zip_file *file)
{
	uint8_t entry[ENTRY_SIZE] = "PK\1\2";
	int result;

	entry[4] = VERSION;
	entry[ENTRY_SYSTEM] = SYSTEM_UNIX;
	put_numbers(entry + ENTRY_NUMBERS, zip, file);
	dfut_put_le32(entry + ENTRY_ATTRIBUTES, (uint32_t)(UNIX_FILE | 0644) << 16);
	dfut_put_le32(entry + ENTRY_POSITION, (uint32_t)file->position);
	result = dfut_buffer_add(archive, entry, sizeof(entry));
	return result < 0 ? result : dfut_buffer_add(archive, file->name, strlen(file->name));
}

int dfut_zip_write(struct dfut_buffer *archive, struct dfut_zip *zip)
{
	uint8_t end[END_SIZE] = "PK\5\6";
	size_t directory;
	int result = 0;

	for (size_t i = 0; result == 0 && i < zip->count; i++)
		result = write_file(archive, zip, &zip->files[i]);
	directory = archive->size;
	for (size_t i = 0; result == 0 && i < zip->count; i++)
		result = write_entry(archive, zip, &zip->files[i]);
	dfut_put_le16(end + END_ENTRIES_HERE, (uint16_t)zip->count);
	dfut_put_le16(end + END_ENTRIES, (uint16_t)zip->count);
	dfut_put_le32(end + END_DIRECTORY_SIZE, (uint32_t)(archive->size - directory));
	dfut_put_le32(end + END_DIRECTORY, (uint32_t)directory);
	return result < 0 ? result : dfut_buffer_add(archive, end, sizeof(end));
}
