/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * cpio archives ("newc"). Written by hand: the ROM's own tool sets fields that archive libraries do not leave so, and
 * an error has to name its offset.
 */

#include <stdio.h>
#include <string.h>

#include "image/format/cpio.h"

#define MAGIC_SIZE 6
#define FIELD_SIZE 8
#define FIELD_COUNT 13
#define HEADER_SIZE (MAGIC_SIZE + FIELD_SIZE * FIELD_COUNT)

/* Fields of a header */
#define MODE 1
#define NLINK 4
#define FILE_SIZE 6
#define NAME_SIZE 11

#define REGULAR_FILE 0100644

const char dfut_cpio_magic[] = "070701";
const char dfut_cpio_trailer[] = "TRAILER!!!";

static size_t round_up(size_t size)
{
	return (size + 3) / 4 * 4;
}

static bool read_field(const uint8_t *header, size_t index, uint32_t *value)
{
	const uint8_t *digits = header + MAGIC_SIZE + FIELD_SIZE * index;

	*value = 0;
	for (size_t i = 0; i < FIELD_SIZE; i++) {
		uint8_t digit = digits[i];

		if (digit >= '0' && digit <= '9')
			digit = (uint8_t)(digit - '0');
		else if ((digit | 0x20) >= 'a' && (digit | 0x20) <= 'f')
			digit = (uint8_t)((digit | 0x20) - 'a' + 10);
		else
			return false;
		*value = *value << 4 | digit;
	}
	return true;
}

static int judge_header(struct dfut_loader *loader, size_t offset)
{
	const struct dfut_image *image = loader->image;
	uint32_t value;

	if (image->size - offset < HEADER_SIZE)
		return dfut_image_doubt(loader, DFUT_ERROR_IMAGE, DFUT_CHECK_LENGTH,
					"offset %zu: the archive ends inside the header at offset %zu", image->size,
					offset);
	if (memcmp(image->data + offset, dfut_cpio_magic, MAGIC_SIZE) != 0)
		return dfut_image_doubt(loader, DFUT_ERROR_IMAGE, DFUT_CHECK_FORMAT,
					"offset %zu: no header of a cpio archive here", offset);
	for (size_t i = 0; i < FIELD_COUNT; i++)
		if (!read_field(image->data + offset, i, &value))
			return dfut_image_doubt(loader, DFUT_ERROR_IMAGE, DFUT_CHECK_FORMAT,
						"offset %zu: no hexadecimal number in the cpio header",
						offset + MAGIC_SIZE + FIELD_SIZE * i);
	return 1;
}

static int judge_name(struct dfut_loader *loader, size_t offset, size_t name_size)
{
	const struct dfut_image *image = loader->image;
	size_t left = image->size - offset - HEADER_SIZE;

	if (name_size == 0 || name_size > left)
		return dfut_image_doubt(loader, DFUT_ERROR_IMAGE, DFUT_CHECK_LENGTH,
					"offset %zu: the name in the archive has %zu bytes, %zu are left",
					offset + MAGIC_SIZE + FIELD_SIZE * NAME_SIZE, name_size, left);
	if (memchr(image->data + offset + HEADER_SIZE, '\0', name_size) !=
	    image->data + offset + HEADER_SIZE + name_size - 1)
		return dfut_image_doubt(loader, DFUT_ERROR_IMAGE, DFUT_CHECK_FORMAT,
					"offset %zu: the name in the archive does not end where it says",
					offset + HEADER_SIZE);
	return 1;
}

int dfut_cpio_read(struct dfut_loader *loader, size_t offset, struct dfut_cpio_entry *entry)
{
	const struct dfut_image *image = loader->image;
	uint32_t name_size = 0;
	uint32_t size = 0;
	size_t start;
	int result = judge_header(loader, offset);

	if (result <= 0)
		return result;
	read_field(image->data + offset, NAME_SIZE, &name_size);
	read_field(image->data + offset, FILE_SIZE, &size);
	result = judge_name(loader, offset, name_size);
	if (result <= 0)
		return result;
	start = offset + round_up(HEADER_SIZE + (size_t)name_size);
	if (start > image->size || size > image->size - start)
		return dfut_image_doubt(loader, DFUT_ERROR_IMAGE, DFUT_CHECK_LENGTH,
					"offset %zu: the file in the archive has %lu bytes, %zu are left",
					offset + MAGIC_SIZE + FIELD_SIZE * FILE_SIZE, (unsigned long)size,
					start > image->size ? 0 : image->size - start);
	entry->offset = offset;
	entry->name = (const char *)image->data + offset + HEADER_SIZE;
	entry->data = image->data + start;
	entry->size = size;
	entry->end = start + round_up(size) < image->size ? start + round_up(size) : image->size;
	return 1;
}

int dfut_cpio_write(struct dfut_buffer *archive, const char *name, const uint8_t *data, size_t size)
{
	uint32_t fields[FIELD_COUNT] = { 0 };
	char header[HEADER_SIZE + 1];
	size_t length = MAGIC_SIZE;
	size_t name_size = strlen(name) + 1;
	int result;

	fields[MODE] = data ? REGULAR_FILE : 0;
	fields[NLINK] = data ? 0 : 1;
	fields[FILE_SIZE] = (uint32_t)size;
	fields[NAME_SIZE] = (uint32_t)name_size;
	memcpy(header, dfut_cpio_magic, MAGIC_SIZE);
	for (size_t i = 0; i < FIELD_COUNT; i++)
		length += (size_t)snprintf(header + length, sizeof(header) - length, "%08lx", (unsigned long)fields[i]);
	result = dfut_buffer_add(archive, header, HEADER_SIZE);
	if (result == 0)
		result = dfut_buffer_add(archive, name, name_size);
	if (result == 0)
		result = dfut_buffer_fill(archive, 0, round_up(HEADER_SIZE + name_size) - HEADER_SIZE - name_size);
	if (result == 0)
		result = dfut_buffer_add(archive, data, size);
	return result < 0 ? result : dfut_buffer_fill(archive, 0, round_up(size) - size);
}
