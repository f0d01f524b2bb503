/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Composes what ESP-IDF's mkdfu.py makes, byte by byte and without the library. */

#ifndef DFUT_TESTS_ESP_ARCHIVE_H
#define DFUT_TESTS_ESP_ARCHIVE_H

#include <criterion/criterion.h>
#include <openssl/evp.h>
#include <stdio.h>

#include "sim/parts/esp-dfu.h"

#define ARCHIVE_SIZE (512 * 1024)

static uint8_t *archive;
static size_t archive_size;

static inline void add(const void *bytes, size_t size)
{
	memcpy(archive + archive_size, bytes, size);
	archive_size += size;
	while (archive_size % 4)
		archive[archive_size++] = 0;
}

static inline void add_file(const char *name, const void *bytes, size_t size)
{
	char header[110 + 64];
	int length = snprintf(header, sizeof(header), "070701%08x%08x%032x%08zx%032x%08zx%08x%s", 0, 0x81a4, 0, size, 0,
			      strlen(name) + 1, 0, name);

	add(header, (size_t)length + 1);
	add(bytes, size);
}

static inline void put_record(uint8_t *record, uint32_t address, uint32_t flags, const char *name, const void *bytes,
			      size_t size)
{
	unsigned int length = 0;

	memset(record, 0, DFUT_SIM_ESP_RECORD_SIZE);
	dfut_put_le32(record, address);
	dfut_put_le32(record + 4, flags);
	memcpy(record + 8, name, strlen(name));
	EVP_Digest(bytes, size, record + 72, &length, EVP_md5(), NULL);
}

struct file {
	uint32_t address;
	uint32_t flags;
	const char *name;
	size_t size;
};

static inline const uint8_t *make_bytes(size_t size)
{
	static uint8_t bytes[ARCHIVE_SIZE];

	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)(0xe9 + i * 5 + i / 256);
	return bytes;
}

static inline const uint8_t *make_params(uint32_t chip_size)
{
	static uint8_t params[32];

	dfut_put_le32(params + 12, chip_size);
	dfut_put_le32(params + 16, 0x10000);
	dfut_put_le32(params + 20, 0x1000);
	dfut_put_le32(params + 24, 0x100);
	dfut_put_le32(params + 28, 0xffff);
	return params;
}

static inline void finish_archive(void)
{
	add_file("TRAILER!!!", "", 0);
	memset(archive + archive_size, 0, 10240);
	archive_size = (archive_size + 10239) / 10240 * 10240;
}

/* As mkdfu.py makes it. */
static inline void make_archive(const struct file *files, size_t count, uint32_t chip_size)
{
	uint8_t records[8 * DFUT_SIM_ESP_RECORD_SIZE];

	free(archive);
	archive = calloc(1, ARCHIVE_SIZE);
	archive_size = 0;
	put_record(records, 0, 0x1c, "flash_params.dat", make_params(chip_size), 32);
	for (size_t i = 0; i < count; i++)
		put_record(records + (i + 1) * DFUT_SIM_ESP_RECORD_SIZE, files[i].address, files[i].flags,
			   files[i].name, make_bytes(files[i].size), files[i].size);
	add_file("dfuinfo0.dat", records, (count + 1) * DFUT_SIM_ESP_RECORD_SIZE);
	add_file("flash_params.dat", make_params(chip_size), 32);
	for (size_t i = 0; i < count; i++)
		add_file(files[i].name, make_bytes(files[i].size), files[i].size);
	finish_archive();
}

/* For one chip, as the file itself has it but the device never gets it (DFU 1.1, appendix B). */
static inline void add_suffix(uint16_t product)
{
	uint8_t suffix[16] = { 0xff, 0xff, (uint8_t)product, (uint8_t)(product >> 8), 0x3a, 0x30, 0x00, 0x01, 'U', 'F',
			       'D',  16 };
	uint32_t crc = 0xffffffff;

	memcpy(archive + archive_size, suffix, sizeof(suffix));
	for (size_t i = 0; i < archive_size + 12; i++) {
		crc ^= archive[i];
		for (unsigned int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
	}
	dfut_put_le32(archive + archive_size + 12, crc);
	archive_size += sizeof(suffix);
}

#endif
