/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* FAT12 and FAT16 as UF2 bootloaders have them (microsoft/uf2, README; pico-bootrom-rp2040, virtual_disk.c; tinyuf2, ghostfat.c). */

#include <stdio.h>
#include <string.h>

#include "language/uf2/fat.h"

#define ENTRY_SIZE 32
#define NAME_SIZE 11
#define ATTRIBUTE_LABEL 0x08
#define ATTRIBUTE_DIRECTORY 0x10
#define NAME_LAST 0x00
#define NAME_DELETED 0xe5

#define PARTITION 446
#define SIGNATURE 510

/* The signature at the end is no part of it: RP2040's ROM leaves it out. */
bool uf2_read_volume(struct uf2_volume *volume, const uint8_t sector[UF2_SECTOR], uint32_t lba, uint32_t capacity)
{
	uint32_t cluster = sector[13], reserved = dfut_le16(sector + 14), fats = sector[16];
	uint32_t entries = dfut_le16(sector + 17), fat_size = dfut_le16(sector + 22);
	uint32_t size = dfut_le16(sector + 19) ? dfut_le16(sector + 19) : dfut_le32(sector + 32);
	uint32_t root_size = (entries * ENTRY_SIZE + UF2_SECTOR - 1) / UF2_SECTOR;

	if (dfut_le16(sector + 11) != UF2_SECTOR || !cluster || cluster & (cluster - 1) || !reserved || !fats ||
	    fats > 2 || !entries || !fat_size || lba >= capacity || size > capacity - lba ||
	    reserved + fats * fat_size + root_size >= size)
		return false;
	*volume = (struct uf2_volume){
		.root = lba + reserved + fats * fat_size, .root_size = root_size, .end = lba + size, .cluster = cluster
	};
	volume->data = volume->root + volume->root_size;
	return true;
}

uint32_t uf2_read_partition(const uint8_t sector[UF2_SECTOR])
{
	if (sector[SIGNATURE] != 0x55 || sector[SIGNATURE + 1] != 0xaa)
		return 0;
	return dfut_le32(sector + PARTITION + 8);
}

static void take_file(struct uf2_file *file, struct uf2_volume *volume, const uint8_t *entry)
{
	uint32_t number = dfut_le16(entry + 26), size = dfut_le32(entry + 28);
	uint64_t first = (uint64_t)(number - 2) * volume->cluster;
	uint64_t end = first + ((uint64_t)size + UF2_SECTOR - 1) / UF2_SECTOR;

	if (number < 2 || !size || end > volume->end - volume->data)
		return;
	if (end > volume->files_size)
		volume->files_size = (uint32_t)end;
	*file = (struct uf2_file){ true, volume->data + (uint32_t)first, size };
}

bool uf2_read_directory(struct uf2_files *files, struct uf2_volume *volume, const uint8_t sector[UF2_SECTOR])
{
	for (const uint8_t *entry = sector; entry < sector + UF2_SECTOR; entry += ENTRY_SIZE) {
		struct uf2_file other = { 0 };
		struct uf2_file *file = memcmp(entry, "INFO_UF2TXT", NAME_SIZE) == 0 ? &files->info :
					memcmp(entry, "CURRENT UF2", NAME_SIZE) == 0 ? &files->current :
										       &other;

		if (entry[0] == NAME_LAST)
			return false;
		if (entry[0] != NAME_DELETED && !(entry[11] & (ATTRIBUTE_LABEL | ATTRIBUTE_DIRECTORY)))
			take_file(file, volume, entry);
	}
	return true;
}

/* Takes a line off; false at the end. What does not fit is left out. */
static bool take_line(char *line, size_t room, const uint8_t **text, size_t *size)
{
	size_t used = 0;

	if (*size == 0 || **text == '\0')
		return false;
	while (*size && **text && **text != '\n') {
		if (**text != '\r' && used + 1 < room)
			line[used++] = (char)**text;
		(*text)++;
		(*size)--;
	}
	line[used] = '\0';
	if (*size && **text == '\n') {
		(*text)++;
		(*size)--;
	}
	dfut_clean_text(line);
	return true;
}

static void take_value(char value[UF2_TEXT_SIZE], const char *line, const char *key)
{
	size_t length = strlen(key);

	if (!*value && strncmp(line, key, length) == 0)
		snprintf(value, UF2_TEXT_SIZE, "%s", line + length);
}

bool uf2_read_info(struct uf2_info *info, const uint8_t *text, size_t size)
{
	char line[UF2_TEXT_SIZE];

	*info = (struct uf2_info){ 0 };
	if (!take_line(info->bootloader, sizeof(info->bootloader), &text, &size) ||
	    !strstr(info->bootloader, "UF2 Bootloader"))
		return false;
	while (take_line(line, sizeof(line), &text, &size)) {
		take_value(info->model, line, "Model: ");
		take_value(info->board, line, "Board-ID: ");
	}
	return true;
}
