/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A ZIP of JSON files (PKWARE's APPNOTE.TXT), stored or deflated. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/capture/fwupd.h"
#include "sim/parts/inflate.h"

#define LOCAL_MAGIC 0x04034b50
#define LOCAL_SIZE 30
#define ENTRY_MAGIC 0x02014b50
#define ENTRY_SIZE 46
#define END_MAGIC 0x06054b50
#define END_SIZE 22
#define STORED 0
#define DEFLATED 8
/* Of all, unpacked */
#define SIZE_LIMIT (64u * 1024 * 1024)
#define FILES_LIMIT 256
/* RFC 1950: a stream's header; ZIP has none */
#define STREAM_HEADER "\x78\x01"

/* In the order of an update; `setup` is when the device was met. */
static const char *const phases[] = { "setup",	"composite-prepare", "prepare",		 "detach", "install", "attach",
				      "reload", "cleanup",	     "composite-cleanup" };

struct inflating {
	struct dfut_sim_inflate inflate;
	char *text;
	size_t size;
	size_t room;
};

bool fwupd_is_zip(const uint8_t *bytes, size_t size)
{
	return size >= END_SIZE && dfut_le32(bytes) == LOCAL_MAGIC;
}

static void put(void *self, uint8_t byte)
{
	struct inflating *inflating = self;

	if (inflating->size < inflating->room)
		inflating->text[inflating->size] = (char)byte;
	inflating->size++;
}

/* What a device unpacks with, that is sent it piece by piece. */
static bool inflate(struct inflating *inflating, const uint8_t *bytes, size_t size)
{
	enum dfut_sim_inflate_result result;

	dfut_sim_inflate_start(&inflating->inflate, put, inflating);
	result = dfut_sim_inflate_take(&inflating->inflate, (const uint8_t *)STREAM_HEADER, 2);
	for (size_t at = 0; at < size && result == DFUT_SIM_INFLATE_MORE && inflating->size <= inflating->room;) {
		size_t piece = size - at < DFUT_SIM_INFLATE_ROOM / 2 ? size - at : DFUT_SIM_INFLATE_ROOM / 2;

		result = dfut_sim_inflate_take(&inflating->inflate, bytes + at, piece);
		at += piece;
	}
	return result == DFUT_SIM_INFLATE_MORE && inflating->size == inflating->room;
}

static int unpack(struct fwupd_file *file, unsigned int method, const uint8_t *bytes, size_t packed)
{
	struct inflating *inflating;
	bool is_right;

	file->text = malloc(file->size + 1);
	if (!file->text)
		return DFUT_ERROR_NO_MEMORY;
	if (method == STORED && packed == file->size) {
		memcpy(file->text, bytes, packed);
		return 0;
	}
	if (method != DEFLATED)
		return DFUT_ERROR_IMAGE;
	inflating = calloc(1, sizeof(*inflating));
	if (!inflating)
		return DFUT_ERROR_NO_MEMORY;
	inflating->text = file->text;
	inflating->room = file->size;
	is_right = inflate(inflating, bytes, packed);
	free(inflating);
	return is_right ? 0 : DFUT_ERROR_IMAGE;
}

static bool is_json(const char *name)
{
	size_t length = strlen(name);

	return length > 5 && strcmp(name + length - 5, ".json") == 0;
}

/* An entry of the directory: its file's bytes are behind a header of their own. */
static int add_file(struct fwupd_files *files, const uint8_t *zip, size_t size, const uint8_t *entry,
		    size_t name_length)
{
	struct fwupd_file *file = &files->items[files->count];
	size_t packed = dfut_le32(entry + 20);
	size_t at = dfut_le32(entry + 42);

	file->size = dfut_le32(entry + 24);
	snprintf(file->name, sizeof(file->name), "%.*s", (int)(name_length < 63 ? name_length : 63),
		 (const char *)entry + ENTRY_SIZE);
	if (!is_json(file->name))
		return 0;
	if (at > size - LOCAL_SIZE || dfut_le32(zip + at) != LOCAL_MAGIC || file->size > SIZE_LIMIT - files->size)
		return DFUT_ERROR_IMAGE;
	at += LOCAL_SIZE + dfut_le16(zip + at + 26) + dfut_le16(zip + at + 28);
	if (at > size || packed > size - at)
		return DFUT_ERROR_IMAGE;
	files->count++;
	files->size += file->size;
	return unpack(file, dfut_le16(entry + 10), zip + at, packed);
}

/* "2:install-1.json": of several devices, and of several writes */
static unsigned int get_rank(const char *name)
{
	const char *colon = strchr(name, ':');
	const char *phase = colon ? colon + 1 : name;
	unsigned int rank = (unsigned int)DFUT_COUNT(phases);
	unsigned int device = colon ? (unsigned int)strtoul(name, NULL, 10) % 1000 : 0;
	unsigned long write = 0;

	for (unsigned int i = 0; i < DFUT_COUNT(phases); i++) {
		size_t length = strlen(phases[i]);

		if (strncmp(phase, phases[i], length) != 0 || (phase[length] != '.' && phase[length] != '-'))
			continue;
		rank = i;
		write = phase[length] == '-' ? strtoul(phase + length + 1, NULL, 10) % 100 : 0;
	}
	return (device * 100 + (unsigned int)write) * 100 + rank;
}

static int compare(const void *a, const void *b)
{
	unsigned int first = get_rank(((const struct fwupd_file *)a)->name);
	unsigned int second = get_rank(((const struct fwupd_file *)b)->name);

	return first < second ? -1 : first > second;
}

static const uint8_t *find_end(const uint8_t *bytes, size_t size)
{
	for (size_t back = END_SIZE; back <= size && back <= END_SIZE + UINT16_MAX; back++)
		if (dfut_le32(bytes + size - back) == END_MAGIC)
			return bytes + size - back;
	return NULL;
}

static int read_directory(struct fwupd_files *files, const uint8_t *bytes, size_t size, const uint8_t *end)
{
	size_t at = dfut_le32(end + 16);
	unsigned int count = dfut_le16(end + 10);
	int result = count <= FILES_LIMIT ? 0 : DFUT_ERROR_IMAGE;

	for (unsigned int i = 0; i < count && result == 0; i++) {
		const uint8_t *entry = bytes + at;
		size_t name_length;

		if (at > size || size - at < ENTRY_SIZE || dfut_le32(entry) != ENTRY_MAGIC)
			return DFUT_ERROR_IMAGE;
		name_length = dfut_le16(entry + 28);
		if (name_length > size - at - ENTRY_SIZE)
			return DFUT_ERROR_IMAGE;
		result = add_file(files, bytes, size, entry, name_length);
		at += ENTRY_SIZE + name_length + dfut_le16(entry + 30) + dfut_le16(entry + 32);
	}
	return result;
}

int fwupd_unpack(struct fwupd_files *files, const uint8_t *bytes, size_t size, const char **error)
{
	const uint8_t *end = size >= LOCAL_SIZE ? find_end(bytes, size) : NULL;
	int result;

	*files = (struct fwupd_files){ .items = calloc(FILES_LIMIT, sizeof(*files->items)) };
	if (!files->items)
		return DFUT_ERROR_NO_MEMORY;
	result = end ? read_directory(files, bytes, size, end) : DFUT_ERROR_IMAGE;
	if (result == DFUT_ERROR_IMAGE)
		*error = "a ZIP that is damaged, or packed in a way that is not read";
	if (result == 0)
		qsort(files->items, files->count, sizeof(*files->items), compare);
	return result;
}

void fwupd_clear(struct fwupd_files *files)
{
	for (size_t i = 0; i < files->count; i++)
		free(files->items[i].text);
	free(files->items);
	*files = (struct fwupd_files){ 0 };
}
