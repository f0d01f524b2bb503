/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * A cpio archive in the new ASCII form (cpio(5)): for each file 110 characters, its name with a NUL, its content; both
 * are padded to 4 bytes.
 */

#include <string.h>

#include "sim/parts/esp-dfu.h"

#define MAGIC "070701"
#define FIELD_SIZE 8
#define TRAILER "TRAILER!!!"

/* Places of the fields behind the magic */
enum field {
	FIELD_FILE_SIZE = 6,
	FIELD_NAME_SIZE = 11,
};

static bool get_field(const struct dfut_sim_cpio *cpio, enum field field, uint32_t *value)
{
	const char *digits = cpio->header + strlen(MAGIC) + (size_t)field * FIELD_SIZE;

	*value = 0;
	for (size_t i = 0; i < FIELD_SIZE; i++) {
		char digit = digits[i];

		if (digit >= '0' && digit <= '9')
			*value = *value << 4 | (uint32_t)(digit - '0');
		else if (digit >= 'a' && digit <= 'f')
			*value = *value << 4 | (uint32_t)(digit - 'a' + 10);
		else if (digit >= 'A' && digit <= 'F')
			*value = *value << 4 | (uint32_t)(digit - 'A' + 10);
		else
			return false;
	}
	return true;
}

static enum dfut_sim_cpio_event finish_header(struct dfut_sim_cpio *cpio)
{
	if (memcmp(cpio->header, MAGIC, strlen(MAGIC)) != 0 || !get_field(cpio, FIELD_FILE_SIZE, &cpio->file_size) ||
	    !get_field(cpio, FIELD_NAME_SIZE, &cpio->name_size))
		return DFUT_SIM_CPIO_WRONG;
	if (cpio->name_size < 2 || cpio->name_size > sizeof(cpio->name))
		return DFUT_SIM_CPIO_WRONG;
	cpio->part = DFUT_SIM_CPIO_NAME;
	cpio->collected = 0;
	return DFUT_SIM_CPIO_NOTHING;
}

static enum dfut_sim_cpio_event finish_name(struct dfut_sim_cpio *cpio)
{
	if (cpio->name[cpio->name_size - 1] != '\0')
		return DFUT_SIM_CPIO_WRONG;
	if (strcmp(cpio->name, TRAILER) == 0) {
		cpio->part = DFUT_SIM_CPIO_END;
		return DFUT_SIM_CPIO_TRAILER;
	}
	cpio->part = DFUT_SIM_CPIO_DATA;
	cpio->left = cpio->file_size;
	return DFUT_SIM_CPIO_FILE;
}

/* Headers and contents begin at multiples of 4. */
static bool is_padding(const struct dfut_sim_cpio *cpio)
{
	bool is_beginning = (cpio->part == DFUT_SIM_CPIO_HEADER && cpio->collected == 0) ||
			    (cpio->part == DFUT_SIM_CPIO_DATA && cpio->left == cpio->file_size);

	return is_beginning && cpio->at % 4;
}

static void consume(struct dfut_sim_cpio *cpio, const uint8_t **data, size_t *size, size_t count)
{
	cpio->at += count;
	*data += count;
	*size -= count;
}

static bool collect(struct dfut_sim_cpio *cpio, const uint8_t **data, size_t *size, char *into, uint32_t wanted)
{
	into[cpio->collected++] = (char)**data;
	consume(cpio, data, size, 1);
	return cpio->collected == wanted;
}

static enum dfut_sim_cpio_event take_bytes(struct dfut_sim_cpio *cpio, const uint8_t **data, size_t *size,
					   const uint8_t **bytes, size_t *count)
{
	*bytes = *data;
	*count = *size < cpio->left ? *size : cpio->left;
	cpio->left -= (uint32_t)*count;
	consume(cpio, data, size, *count);
	return DFUT_SIM_CPIO_BYTES;
}

/* What comes next in the part where it is, if there is enough of it. */
static enum dfut_sim_cpio_event take_part(struct dfut_sim_cpio *cpio, const uint8_t **data, size_t *size,
					  const uint8_t **bytes, size_t *count)
{
	switch (cpio->part) {
	case DFUT_SIM_CPIO_HEADER:
		return collect(cpio, data, size, cpio->header, sizeof(cpio->header)) ? finish_header(cpio) :
										       DFUT_SIM_CPIO_NOTHING;
	case DFUT_SIM_CPIO_NAME:
		return collect(cpio, data, size, cpio->name, cpio->name_size) ? finish_name(cpio) :
										DFUT_SIM_CPIO_NOTHING;
	case DFUT_SIM_CPIO_DATA:
		return take_bytes(cpio, data, size, bytes, count);
	case DFUT_SIM_CPIO_END:
		break;
	}
	*bytes = *data;
	*count = *size;
	consume(cpio, data, size, *size);
	return DFUT_SIM_CPIO_NOTHING;
}

enum dfut_sim_cpio_event dfut_sim_cpio_take(struct dfut_sim_cpio *cpio, const uint8_t **data, size_t *size,
					    const uint8_t **bytes, size_t *count)
{
	enum dfut_sim_cpio_event event = DFUT_SIM_CPIO_NOTHING;

	*bytes = NULL;
	*count = 0;
	while (event == DFUT_SIM_CPIO_NOTHING) {
		if (cpio->part == DFUT_SIM_CPIO_DATA && cpio->left == 0) {
			cpio->part = DFUT_SIM_CPIO_HEADER;
			cpio->collected = 0;
			return DFUT_SIM_CPIO_FILE_END;
		}
		if (*size == 0)
			return DFUT_SIM_CPIO_NOTHING;
		if (is_padding(cpio))
			consume(cpio, data, size, 1);
		else
			event = take_part(cpio, data, size, bytes, count);
	}
	return event;
}
