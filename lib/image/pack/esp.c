/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Making dfu.bin of the files that ESP-IDF has built, byte by byte as its tools/mkdfu.py does. */

#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/file.h"
#include "base/json.h"
#include "base/struct.h"
#include "image/format/esp.h"

#define USUAL_PART_SIZE (512u * 1024)
#define USUAL_FLASH_SIZE "2MB"
#define BLOCK_SIZE 10240
#define SECTOR_SIZE 4096
#define MAX_FILES 100
#define MAX_DESCRIPTION ((size_t)1024 * 1024)

static const struct {
	const char *name;
	uint32_t bytes;
} flash_sizes[] = {
	{ "1MB", 1u << 20 },   { "2MB", 2u << 20 },   { "4MB", 4u << 20 },   { "8MB", 8u << 20 },
	{ "16MB", 16u << 20 }, { "32MB", 32u << 20 }, { "64MB", 64u << 20 }, { "128MB", 128u << 20 },
};

struct flash_file {
	uint32_t address;
	const char *path; /* as the description has it */
};

struct packer {
	struct dfut_failure *failure;
	const struct dfut_esp *esp;
	struct dfut_json_document document;
	const struct dfut_json *description;
	struct flash_file *files;
	size_t file_count;
	uint32_t part_size;
	struct dfut_buffer index;   /* dfuinfo0.dat */
	struct dfut_buffer entries; /* what comes after it */
	struct dfut_buffer archive;
};

/* The description */

static int fail_description(struct packer *packer, const char *text)
{
	return dfut_fail(packer->failure, DFUT_ERROR_IMAGE, "%s: %s", packer->esp->flasher_args, text);
}

static int read_description(struct packer *packer)
{
	const char *path = packer->esp->flasher_args;
	struct dfut_json_document *document = &packer->document;
	uint8_t *text = NULL;
	size_t size = 0;
	int result = dfut_file_read(packer->failure, path, MAX_DESCRIPTION, &text, &size);

	if (result < 0) {
		struct dfut_failure inner = *packer->failure;

		free(text);
		return dfut_fail(packer->failure, result, "%s: %s", path, inner.text);
	}
	result = dfut_json_parse(document, (const char *)text, size);
	free(text);
	packer->description = document->values;
	if (result == DFUT_ERROR_NO_MEMORY)
		return dfut_fail_memory(packer->failure);
	if (result < 0)
		return dfut_fail(packer->failure, DFUT_ERROR_IMAGE, "%s: line %d, column %d: %s", path, document->line,
				 document->column, document->mistake);
	return 0;
}

/* Of two files for the same address the later one counts. */
static void put_file(struct packer *packer, const struct flash_file *file)
{
	size_t i = 0;

	while (i < packer->file_count && packer->files[i].address < file->address)
		i++;
	if (i == packer->file_count || packer->files[i].address != file->address) {
		memmove(&packer->files[i + 1], &packer->files[i], (packer->file_count - i) * sizeof(*file));
		packer->file_count++;
	}
	packer->files[i] = *file;
}

static int list_files(struct packer *packer)
{
	const struct dfut_json *list = dfut_json_get(packer->description, "flash_files");

	if (!dfut_json_is(list, DFUT_JSON_OBJECT) || list->count == 0 || list->count > MAX_FILES)
		return fail_description(packer, list ? "\"flash_files\" has no entries, or too many" :
						       "there are no \"flash_files\" in it");
	packer->files = calloc(list->count + 1, sizeof(*packer->files));
	if (!packer->files)
		return dfut_fail_memory(packer->failure);
	for (const struct dfut_json *entry = list->first; entry; entry = entry->next) {
		struct flash_file file = { 0, dfut_json_get_text(entry) };

		if (!file.path || !file.path[0] || !dfut_esp_read_address(entry->key, &file.address))
			return dfut_fail(packer->failure, DFUT_ERROR_IMAGE,
					 "%s: \"%s\" in \"flash_files\" is not the address of a file",
					 packer->esp->flasher_args, entry->key);
		put_file(packer, &file);
	}
	return 0;
}

/* Files */

static const char *get_base_name(const char *path)
{
	const char *base = path;

	for (; *path; path++)
		if (*path == '/' || *path == '\\')
			base = path + 1;
	return base;
}

/* Relative to the description; the caller frees it. */
static char *resolve(const struct packer *packer, const char *path)
{
	const char *description = packer->esp->flasher_args;
	int length = (int)(get_base_name(description) - description);

	if (path[0] == '/' || path[0] == '\\' || (path[0] && path[1] == ':'))
		return dfut_format_text("%s", path);
	return dfut_format_text("%.*s%s", length, description, path);
}

static int add_part(struct packer *packer, const char *name, uint32_t address, uint32_t flags, const uint8_t *data,
		    size_t size)
{
	uint8_t record[DFUT_ESP_RECORD_SIZE] = { 0 };
	size_t length = strlen(name);
	int result;

	dfut_put_le32(record + DFUT_ESP_RECORD_ADDRESS, address);
	dfut_put_le32(record + DFUT_ESP_RECORD_FLAGS, flags);
	memcpy(record + DFUT_ESP_RECORD_NAME, name,
	       length < DFUT_ESP_RECORD_NAME_SIZE ? length : DFUT_ESP_RECORD_NAME_SIZE);
	if (!dfut_digest(record + DFUT_ESP_RECORD_MD5, DFUT_DIGEST_MD5, data, size))
		return dfut_fail(packer->failure, DFUT_ERROR_UNSUPPORTED, "Mbed TLS has no MD5");
	result = dfut_buffer_add(&packer->index, record, sizeof(record));
	return result < 0 ? result : dfut_cpio_write(&packer->entries, name, data, size);
}

/* Erasing a large region at once takes longer than the ROM's host waits. */
static int split(struct packer *packer, const struct flash_file *file, const uint8_t *data, size_t size)
{
	const char *base = get_base_name(file->path);
	int result = 0;

	if (size > UINT32_MAX - file->address)
		return dfut_fail(packer->failure, DFUT_ERROR_IMAGE, "%s goes beyond the last address, 0xffffffff",
				 file->path);
	for (size_t done = 0; result == 0 && done < size; done += packer->part_size) {
		size_t part = size - done < packer->part_size ? size - done : packer->part_size;
		char *name = done == 0 ? dfut_format_text("%s", base) :
					 dfut_format_text("%s.%zu", base, done / packer->part_size);

		if (!name)
			return dfut_fail_memory(packer->failure);
		result = add_part(packer, name, file->address + (uint32_t)done, 0, data + done, part);
		free(name);
	}
	return result;
}

static int add_file(struct packer *packer, const struct flash_file *file)
{
	char *path = resolve(packer, file->path);
	struct dfut_failure inner;
	uint8_t *data = NULL;
	size_t size = 0;
	int result;

	if (!path)
		return dfut_fail_memory(packer->failure);
	result = dfut_file_read_named(packer->failure, path, DFUT_IMAGE_MAX_SIZE, &data, &size);
	if (result < 0) {
		inner = *packer->failure;
		dfut_fail(packer->failure, result, "%s: %s", path, inner.text);
	} else {
		result = split(packer, file, data, size);
	}
	free(data);
	free(path);
	return result;
}

/* The file */

static int find_flash_size(struct packer *packer, uint32_t *bytes)
{
	const struct dfut_json *settings = dfut_json_get(packer->description, "flash_settings");
	const char *name = packer->esp->flash_size;

	if (!name)
		name = dfut_json_get_text(dfut_json_get(settings, "flash_size"));
	if (!name)
		name = USUAL_FLASH_SIZE;
	for (size_t i = 0; i < DFUT_COUNT(flash_sizes); i++) {
		if (strcmp(flash_sizes[i].name, name) != 0)
			continue;
		*bytes = flash_sizes[i].bytes;
		return 0;
	}
	dfut_fail(packer->failure, DFUT_ERROR_USAGE, "the size of the flash is not known: \"%s\"", name);
	dfut_hint(packer->failure,
		  "set the flash size (--flash-size) to one of 1MB, 2MB, 4MB, 8MB, 16MB, 32MB, 64MB, 128MB");
	return packer->failure->code;
}

static int add_params(struct packer *packer)
{
	uint8_t params[DFUT_ESP_PARAMS_SIZE] = { 0 };
	uint32_t bytes = 0;
	int result = find_flash_size(packer, &bytes);

	if (result < 0)
		return result;
	dfut_put_le32(params + DFUT_ESP_PARAMS_CHIP_SIZE, bytes);
	dfut_put_le32(params + 16, 0x10000); /* a block */
	dfut_put_le32(params + 20, SECTOR_SIZE);
	dfut_put_le32(params + 24, 256);    /* a page */
	dfut_put_le32(params + 28, 0xffff); /* the bits of the status */
	return add_part(packer, DFUT_ESP_PARAMS_NAME, 0,
			DFUT_ESP_FLAG_PARAM | DFUT_ESP_FLAG_NOERASE | DFUT_ESP_FLAG_IGNORE_MD5, params, sizeof(params));
}

static int add_suffix(struct packer *packer)
{
	struct dfut_image image = { .data = packer->archive.data, .size = packer->archive.size };
	uint8_t suffix[DFUT_SUFFIX_SIZE];

	dfut_suffix_set(&image, DFUT_ESP_VENDOR_ID, dfut_esp_get_product_id(packer->esp->chip), DFUT_ID_ANY,
			DFUT_DFU_VERSION_1_0);
	dfut_suffix_write(&image, suffix);
	return dfut_buffer_add(&packer->archive, suffix, sizeof(suffix));
}

static int write_archive(struct packer *packer)
{
	int result = dfut_cpio_write(&packer->archive, DFUT_ESP_INFO_NAME, packer->index.data, packer->index.size);

	if (result == 0)
		result = dfut_buffer_add(&packer->archive, packer->entries.data, packer->entries.size);
	if (result == 0)
		result = dfut_cpio_write(&packer->archive, dfut_cpio_trailer, NULL, 0);
	if (result == 0 && packer->archive.size % BLOCK_SIZE != 0)
		result = dfut_buffer_fill(&packer->archive, 0, BLOCK_SIZE - packer->archive.size % BLOCK_SIZE);
	return result < 0 ? result : add_suffix(packer);
}

static int pack(struct packer *packer)
{
	int result = read_description(packer);

	if (result == 0)
		result = list_files(packer);
	if (result == 0)
		result = add_params(packer);
	for (size_t i = 0; result == 0 && i < packer->file_count; i++)
		result = add_file(packer, &packer->files[i]);
	return result < 0 ? result : write_archive(packer);
}

static int judge_wish(const struct dfut_esp *esp, struct dfut_failure *failure)
{
	if (!esp->chip || !esp->flasher_args)
		return dfut_fail(failure, DFUT_ERROR_USAGE, "chip and flasher_args.json are needed");
	if (dfut_esp_get_product_id(esp->chip))
		return 0;
	dfut_fail(failure, DFUT_ERROR_UNSUPPORTED, "\"%s\" is not a chip whose ROM speaks DFU", esp->chip);
	dfut_hint(failure, "the chips are esp32s2, esp32s3, esp32p4 and esp32s31");
	return failure->code;
}

/* mkdfu.py warns, too */
static void judge_part_size(struct dfut_image *image, uint32_t part_size)
{
	struct dfut_loader loader = { .image = image, .layer = image->format->name };

	if (part_size % SECTOR_SIZE != 0)
		dfut_image_add_fact(
			&loader, "warning",
			"parts of %lu bytes begin inside sectors of 4096: what the ROM makes of it is not known",
			(unsigned long)part_size);
}

int dfut_image_make_esp(struct dfut_image **image, struct dfut_failure *failure, const struct dfut_esp *esp)
{
	struct dfut_esp wish = DFUT_ESP_INIT;
	struct packer packer = {
		.failure = failure,
		.esp = &wish,
		.index = { .failure = failure },
		.entries = { .failure = failure },
		.archive = { .failure = failure },
	};
	int result;

	*image = NULL;
	if (esp && !dfut_struct_take(&wish, sizeof(wish), esp))
		return dfut_fail(failure, DFUT_ERROR_USAGE, "the wish is not initialised: use DFUT_ESP_INIT");
	result = judge_wish(&wish, failure);
	if (result < 0)
		return result;
	packer.part_size = wish.part_size ? wish.part_size : USUAL_PART_SIZE;
	result = pack(&packer);
	dfut_json_free(&packer.document);
	free(packer.files);
	free(packer.index.data);
	free(packer.entries.data);
	if (result < 0) {
		free(packer.archive.data);
		return result;
	}
	result = dfut_image_judge(image, failure, packer.archive.data, packer.archive.size, 0);
	if (result == 0)
		judge_part_size(*image, packer.part_size);
	return result;
}
