/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * The init packet as the bootloader decodes it: dfu-cc.proto of nRF5 SDK 17.1, with the limits of dfu-cc.options. The
 * encoding is that of protocol buffers; fields that are not known are skipped.
 */

#include <string.h>

#include "sim/parts/nordic.h"

enum wire_type {
	WIRE_VARINT = 0,
	WIRE_64 = 1,
	WIRE_BYTES = 2,
	WIRE_32 = 5,
};

enum packet_field {
	PACKET_COMMAND = 1,
	PACKET_SIGNED_COMMAND = 2,
};

enum signed_field {
	SIGNED_COMMAND = 1,
	SIGNED_TYPE = 2,
	SIGNED_SIGNATURE = 3,
};

enum command_field {
	COMMAND_OP_CODE = 1,
	COMMAND_INIT = 2,
};

enum init_field {
	INIT_FW_VERSION = 1,
	INIT_HW_VERSION = 2,
	INIT_SD_REQ = 3,
	INIT_TYPE = 4,
	INIT_SD_SIZE = 5,
	INIT_BL_SIZE = 6,
	INIT_APP_SIZE = 7,
	INIT_HASH = 8,
	INIT_IS_DEBUG = 9,
	INIT_BOOT_VALIDATION = 10,
};

#define OP_CODE_INIT 1
#define VARINT_LIMIT 10

/* What is still to be read of a message. */
struct reader {
	const uint8_t *at;
	size_t left;
};

struct field {
	uint32_t number;
	uint32_t wire_type;
	uint64_t value;
	struct reader bytes;
};

typedef bool (*take_field)(struct dfut_sim_nordic_init *init, const struct field *field);

static bool read_varint(struct reader *reader, uint64_t *value)
{
	*value = 0;
	for (unsigned int i = 0; i < VARINT_LIMIT && reader->left; i++) {
		uint8_t byte = *reader->at++;

		reader->left--;
		*value |= (uint64_t)(byte & 0x7f) << 7 * i;
		if (!(byte & 0x80))
			return true;
	}
	return false;
}

static bool read_bytes(struct reader *reader, uint64_t size, struct reader *bytes)
{
	if (size > reader->left)
		return false;
	*bytes = (struct reader){ reader->at, (size_t)size };
	reader->at += size;
	reader->left -= (size_t)size;
	return true;
}

static bool read_field(struct reader *reader, struct field *field)
{
	uint64_t key = 0;

	memset(field, 0, sizeof(*field));
	if (!read_varint(reader, &key) || key >> 3 == 0 || key >> 3 > UINT32_MAX)
		return false;
	field->number = (uint32_t)(key >> 3);
	field->wire_type = key & 7;
	switch (field->wire_type) {
	case WIRE_VARINT:
		return read_varint(reader, &field->value);
	case WIRE_64:
		return read_bytes(reader, 8, &field->bytes);
	case WIRE_BYTES:
		return read_varint(reader, &field->value) && read_bytes(reader, field->value, &field->bytes);
	case WIRE_32:
		return read_bytes(reader, 4, &field->bytes);
	default:
		return false;
	}
}

static bool read_message(struct reader reader, take_field take, struct dfut_sim_nordic_init *init)
{
	struct field field;

	while (reader.left)
		if (!read_field(&reader, &field) || !take(init, &field))
			return false;
	return true;
}

static bool take_bytes(const struct field *field, uint8_t *bytes, size_t room, size_t *size)
{
	if (field->wire_type != WIRE_BYTES || field->bytes.left > room)
		return false;
	memcpy(bytes, field->bytes.at, field->bytes.left);
	*size = field->bytes.left;
	return true;
}

static bool take_number(const struct field *field, struct dfut_sim_nordic_number *number)
{
	*number = (struct dfut_sim_nordic_number){ true, (uint32_t)field->value };
	return field->wire_type == WIRE_VARINT;
}

static bool add_requirement(struct dfut_sim_nordic_init *init, uint64_t value)
{
	if (init->requirement_count == DFUT_SIM_NORDIC_REQUIREMENT_LIMIT)
		return false;
	init->requirements[init->requirement_count++] = (uint32_t)value;
	return true;
}

/* Packed, or one by one: a reader has to know both. */
static bool take_requirements(struct dfut_sim_nordic_init *init, const struct field *field)
{
	struct reader packed = field->bytes;
	uint64_t value;

	if (field->wire_type == WIRE_VARINT)
		return add_requirement(init, field->value);
	if (field->wire_type != WIRE_BYTES)
		return false;
	while (packed.left)
		if (!read_varint(&packed, &value) || !add_requirement(init, value))
			return false;
	return true;
}

static bool take_hash_field(struct dfut_sim_nordic_init *init, const struct field *field)
{
	if (field->number == 1)
		init->hash_type = (uint32_t)field->value;
	if (field->number == 2)
		return take_bytes(field, init->hash, sizeof(init->hash), &init->hash_size);
	return true;
}

static bool take_validation_field(struct dfut_sim_nordic_init *init, const struct field *field)
{
	struct dfut_sim_nordic_validation *validation = &init->validations[init->validation_count - 1];

	if (field->number == 1)
		validation->type = (uint32_t)field->value;
	if (field->number == 2)
		return take_bytes(field, validation->bytes, sizeof(validation->bytes), &validation->size);
	return true;
}

static bool take_validation(struct dfut_sim_nordic_init *init, const struct field *field)
{
	if (field->wire_type != WIRE_BYTES || init->validation_count == DFUT_SIM_NORDIC_VALIDATION_LIMIT)
		return false;
	init->validation_count++;
	return read_message(field->bytes, take_validation_field, init);
}

static bool take_init_field(struct dfut_sim_nordic_init *init, const struct field *field)
{
	switch (field->number) {
	case INIT_FW_VERSION:
		return take_number(field, &init->fw_version);
	case INIT_HW_VERSION:
		return take_number(field, &init->hw_version);
	case INIT_SD_REQ:
		return take_requirements(init, field);
	case INIT_TYPE:
		return take_number(field, &init->type);
	case INIT_SD_SIZE:
		return take_number(field, &init->sd_size);
	case INIT_BL_SIZE:
		return take_number(field, &init->bl_size);
	case INIT_APP_SIZE:
		return take_number(field, &init->app_size);
	case INIT_HASH:
		init->has_hash = true;
		return field->wire_type == WIRE_BYTES && read_message(field->bytes, take_hash_field, init);
	case INIT_IS_DEBUG:
		init->is_debug = field->value;
		return field->wire_type == WIRE_VARINT;
	case INIT_BOOT_VALIDATION:
		return take_validation(init, field);
	default:
		return true;
	}
}

static bool take_command_field(struct dfut_sim_nordic_init *init, const struct field *field)
{
	if (field->number == COMMAND_OP_CODE)
		return field->wire_type == WIRE_VARINT && field->value == OP_CODE_INIT;
	if (field->number != COMMAND_INIT)
		return true;
	init->bytes = field->bytes.at;
	init->size = field->bytes.left;
	return field->wire_type == WIRE_BYTES && read_message(field->bytes, take_init_field, init);
}

static bool take_signed_field(struct dfut_sim_nordic_init *init, const struct field *field)
{
	switch (field->number) {
	case SIGNED_COMMAND:
		return field->wire_type == WIRE_BYTES && read_message(field->bytes, take_command_field, init);
	case SIGNED_TYPE:
		init->signature_type = (uint32_t)field->value;
		return field->wire_type == WIRE_VARINT;
	case SIGNED_SIGNATURE:
		return take_bytes(field, init->signature, sizeof(init->signature), &init->signature_size);
	default:
		return true;
	}
}

static bool take_packet_field(struct dfut_sim_nordic_init *init, const struct field *field)
{
	if (field->number != PACKET_COMMAND && field->number != PACKET_SIGNED_COMMAND)
		return true;
	init->is_signed = field->number == PACKET_SIGNED_COMMAND;
	return field->wire_type == WIRE_BYTES &&
	       read_message(field->bytes, init->is_signed ? take_signed_field : take_command_field, init);
}

bool dfut_sim_nordic_init_decode(struct dfut_sim_nordic_init *init, const uint8_t *bytes, size_t size)
{
	struct reader reader = { bytes, size };

	memset(init, 0, sizeof(*init));
	return read_message(reader, take_packet_field, init) && init->bytes;
}

uint32_t dfut_sim_nordic_init_get_size(const struct dfut_sim_nordic_init *init)
{
	switch ((enum dfut_sim_nordic_type)init->type.value) {
	case DFUT_SIM_NORDIC_APPLICATION:
		return init->app_size.value;
	case DFUT_SIM_NORDIC_SOFTDEVICE:
		return init->sd_size.value;
	case DFUT_SIM_NORDIC_BOOTLOADER_IMAGE:
		return init->bl_size.value;
	case DFUT_SIM_NORDIC_SOFTDEVICE_BOOTLOADER:
		return init->sd_size.value + init->bl_size.value;
	case DFUT_SIM_NORDIC_EXTERNAL:
		break;
	}
	return 0;
}
