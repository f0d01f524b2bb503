/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * dfu.bin of ESP-IDF (tools/mkdfu.py): a cpio archive whose first file says where the others go in the flash. The ROM
 * takes the archive as it is.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "image/format/esp.h"
#include "image/pieces.h"

static const struct {
	const char *name;
	uint16_t product_id;
} chips[] = {
	{ "esp32s2", 0x0002 },
	{ "esp32s3", 0x0009 },
	{ "esp32p4", 0x0012 },
	{ "esp32s31", 0x0020 },
};

struct esp {
	struct dfut_loader *loader;
	struct dfut_pieces pieces; /* to find what overlaps */
	const uint8_t *records;
	size_t record_count;
	size_t file_count;
	size_t offset; /* of what is read next */
};

uint16_t dfut_esp_get_product_id(const char *chip)
{
	for (size_t i = 0; i < DFUT_COUNT(chips); i++)
		if (strcmp(chips[i].name, chip) == 0)
			return chips[i].product_id;
	return 0;
}

bool dfut_esp_read_address(const char *text, uint32_t *address)
{
	bool is_hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	const char *digits = is_hex ? text + 2 : text;
	unsigned long long value;

	if (digits[0] == '\0' || strlen(digits) > 10 ||
	    strspn(digits, is_hex ? "0123456789abcdefABCDEF" : "0123456789") != strlen(digits))
		return false;
	value = strtoull(digits, NULL, is_hex ? 16 : 10);
	*address = (uint32_t)value;
	return value <= UINT32_MAX;
}

bool dfut_esp_get_md5(const void *data, size_t size, uint8_t md5[DFUT_ESP_MD5_SIZE])
{
	return dfut_digest(md5, DFUT_DIGEST_MD5, data, size);
}

bool dfut_esp_matches(const struct dfut_image *image)
{
	size_t length = strlen(dfut_cpio_magic);

	return image->size >= length && memcmp(image->data, dfut_cpio_magic, length) == 0;
}

static int judge_suffix(struct esp *esp)
{
	const struct dfut_suffix *suffix = &esp->loader->image->suffix;
	int result;

	for (size_t i = 0; i < DFUT_COUNT(chips); i++)
		if (suffix->present && suffix->vendor_id == DFUT_ESP_VENDOR_ID &&
		    suffix->product_id == chips[i].product_id)
			dfut_image_add_fact(esp->loader, "chip", "%s", chips[i].name);
	if (suffix->present)
		return 0;
	result = dfut_image_doubt(
		esp->loader, DFUT_ERROR_IMAGE, DFUT_CHECK_FORMAT,
		"offset 0: this is a cpio archive without the DFU suffix that firmware for ESP chips has");
	if (result < 0)
		dfut_hint(esp->loader->failure, "use the dfu.bin that esp-idf made");
	return result;
}

/* The offset of a field of a record in the file */
static size_t of_record(const struct esp *esp, size_t index, size_t field)
{
	return (size_t)(esp->records - esp->loader->image->data) + DFUT_ESP_RECORD_SIZE * index + field;
}

static int read_index(struct esp *esp)
{
	struct dfut_cpio_entry entry;
	int result = dfut_cpio_read(esp->loader, 0, &entry);

	if (result <= 0)
		return result;
	if (strcmp(entry.name, DFUT_ESP_INFO_NAME) != 0)
		return dfut_image_doubt(esp->loader, DFUT_ERROR_IMAGE, DFUT_CHECK_FORMAT,
					"offset 0: the first file of the archive is not " DFUT_ESP_INFO_NAME
					", so it is not for an ESP chip");
	if (entry.size == 0 || entry.size % DFUT_ESP_RECORD_SIZE != 0)
		return dfut_image_doubt(esp->loader, DFUT_ERROR_IMAGE, DFUT_CHECK_LENGTH,
					"offset %zu: " DFUT_ESP_INFO_NAME " has %zu bytes, no multiple of %d",
					(size_t)(entry.data - esp->loader->image->data), entry.size,
					DFUT_ESP_RECORD_SIZE);
	esp->records = entry.data;
	esp->record_count = entry.size / DFUT_ESP_RECORD_SIZE;
	esp->offset = entry.end;
	return 1;
}

/* Long names are cut off in the record. */
static bool is_named(const uint8_t *record, const char *name)
{
	return strncmp((const char *)record + DFUT_ESP_RECORD_NAME, name, DFUT_ESP_RECORD_NAME_SIZE) == 0;
}

static int judge_md5(struct esp *esp, const struct dfut_cpio_entry *entry, const uint8_t *record)
{
	uint8_t found[DFUT_ESP_MD5_SIZE];

	if (dfut_le32(record + DFUT_ESP_RECORD_FLAGS) & DFUT_ESP_FLAG_IGNORE_MD5)
		return 0;
	if (!dfut_esp_get_md5(entry->data, entry->size, found))
		return dfut_fail(esp->loader->failure, DFUT_ERROR_UNSUPPORTED, "Mbed TLS has no MD5");
	if (memcmp(found, record + DFUT_ESP_RECORD_MD5, DFUT_ESP_MD5_SIZE) == 0)
		return 0;
	return dfut_image_doubt(esp->loader, DFUT_ERROR_IMAGE, DFUT_CHECK_HASH,
				"offset %zu: the MD5 of \"%s\" does not match: it is damaged",
				of_record(esp, esp->file_count, DFUT_ESP_RECORD_MD5), entry->name);
}

static void note_file(struct esp *esp, const struct dfut_cpio_entry *entry, const uint8_t *record)
{
	bool is_param = dfut_le32(record + DFUT_ESP_RECORD_FLAGS) & DFUT_ESP_FLAG_PARAM;
	char name[256];
	char key[40];

	snprintf(key, sizeof(key), "file_%zu", esp->file_count);
	snprintf(name, sizeof(name), "%s", entry->name);
	if (is_param)
		dfut_image_add_fact(esp->loader, key, "%s, parameters, %zu bytes", name, entry->size);
	else
		dfut_image_add_fact(esp->loader, key, "%s, 0x%08lx, %zu bytes", name,
				    (unsigned long)dfut_le32(record + DFUT_ESP_RECORD_ADDRESS), entry->size);
	if (is_param && strcmp(name, DFUT_ESP_PARAMS_NAME) == 0 && entry->size == DFUT_ESP_PARAMS_SIZE)
		dfut_image_add_fact(esp->loader, "flash_size", "%lu",
				    (unsigned long)dfut_le32(entry->data + DFUT_ESP_PARAMS_CHIP_SIZE));
}

static int take_file(struct esp *esp, const struct dfut_cpio_entry *entry)
{
	const uint8_t *record = esp->records + DFUT_ESP_RECORD_SIZE * esp->file_count;
	const struct dfut_piece piece = {
		.address = dfut_le32(record + DFUT_ESP_RECORD_ADDRESS),
		.size = (uint32_t)entry->size,
		.offset = (uint32_t)of_record(esp, esp->file_count, DFUT_ESP_RECORD_ADDRESS),
	};
	int result;

	note_file(esp, entry, record);
	result = judge_md5(esp, entry, record);
	if (result < 0 || dfut_le32(record + DFUT_ESP_RECORD_FLAGS) & DFUT_ESP_FLAG_PARAM || piece.size == 0)
		return result;
	return dfut_pieces_add(&esp->pieces, &piece);
}

static int judge_file(struct esp *esp, const struct dfut_cpio_entry *entry)
{
	if (esp->file_count == esp->record_count)
		return dfut_image_doubt(esp->loader, DFUT_ERROR_IMAGE, DFUT_CHECK_FORMAT,
					"offset %zu: the archive has more files than " DFUT_ESP_INFO_NAME
					" tells of, %zu",
					entry->offset, esp->record_count);
	if (!is_named(esp->records + DFUT_ESP_RECORD_SIZE * esp->file_count, entry->name))
		return dfut_image_doubt(esp->loader, DFUT_ERROR_IMAGE, DFUT_CHECK_FORMAT,
					"offset %zu: the archive goes on with \"%s\", " DFUT_ESP_INFO_NAME
					" has another name at offset %zu",
					entry->offset, entry->name,
					of_record(esp, esp->file_count, DFUT_ESP_RECORD_NAME));
	return 1;
}

static int read_files(struct esp *esp)
{
	struct dfut_cpio_entry entry;
	int result = 1;

	while (result == 1) {
		result = dfut_cpio_read(esp->loader, esp->offset, &entry);
		if (result <= 0)
			return result;
		esp->offset = entry.end;
		if (strcmp(entry.name, dfut_cpio_trailer) == 0)
			return 1;
		result = judge_file(esp, &entry);
		if (result == 1 && take_file(esp, &entry) < 0)
			return esp->loader->failure->code;
		esp->file_count++;
	}
	return result;
}

static int judge_end(struct esp *esp)
{
	const struct dfut_image *image = esp->loader->image;
	int result = 0;

	dfut_image_add_fact(esp->loader, "files", "%zu", esp->file_count);
	if (esp->file_count < esp->record_count)
		result = dfut_image_doubt(esp->loader, DFUT_ERROR_IMAGE, DFUT_CHECK_LENGTH,
					  "offset %zu: the archive ends after %zu files, " DFUT_ESP_INFO_NAME
					  " tells of %zu",
					  esp->offset, esp->file_count, esp->record_count);
	for (size_t i = esp->offset; result == 0 && i < image->size; i++)
		if (image->data[i] != 0)
			return dfut_image_doubt(esp->loader, DFUT_ERROR_IMAGE, DFUT_CHECK_LENGTH,
						"offset %zu: more than padding after the end of the archive", i);
	return result < 0 ? result : dfut_pieces_sort(&esp->pieces);
}

int dfut_esp_inspect(struct dfut_loader *loader)
{
	struct esp esp = { .loader = loader, .pieces = { .loader = loader } };
	int result = judge_suffix(&esp);

	if (result == 0)
		result = read_index(&esp);
	if (result == 1)
		result = read_files(&esp);
	if (result == 1)
		result = judge_end(&esp);
	dfut_pieces_free(&esp.pieces);
	return result;
}
