/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Init packets of Nordic DFU packages (nRF5 SDK 17.1: dfu-cc.proto, nrf_dfu_validation.c). What is signed are bytes, so
 * that messages are decoded from the outside in, each out of the bytes of the one around it. Functions that judge
 * return 1 if what comes next can be looked at, 0 if a doubt that was overruled prevents it, or an error.
 */

#include <stdlib.h>
#include <string.h>

#include "image/format/nordic-package.h"
#include "nordic.pb-c.h"

#define OP_CODE_INIT 1
#define HASH_SHA256 3
#define SIGNATURE_ECDSA_P256_SHA256 0
#define VALIDATION_GENERATED_CRC 1

struct decoder {
	struct dfut_loader *loader;
	struct dfut_nordic_image *image;
	ProtobufCAllocator allocator; /* which has the decoder for its data */
	bool lacks_memory;
};

/* A message that there was no memory for looks like one that is damaged. */
static void *allocate(void *user_data, size_t size)
{
	struct decoder *decoder = user_data;
	void *memory = malloc(size);

	if (!memory)
		decoder->lacks_memory = true;
	return memory;
}

static void release(void *user_data, void *memory)
{
	(void)user_data;
	free(memory);
}

/* Bytes were copied out of the file; this is where they lie in it. */
static const uint8_t *find(const struct decoder *decoder, const ProtobufCBinaryData *bytes)
{
	const struct dfut_nordic_part *part = &decoder->image->part;

	for (size_t i = 0; bytes->len > 0 && i + bytes->len <= part->init_size; i++)
		if (memcmp(part->init + i, bytes->data, bytes->len) == 0)
			return part->init + i;
	return part->init;
}

static int doubt(struct decoder *decoder, unsigned int check, const uint8_t *place, const char *text)
{
	return dfut_image_doubt(decoder->loader, DFUT_ERROR_IMAGE, check, "%s, offset %zu: %s",
				decoder->image->init_name, (size_t)(place - decoder->image->part.init), text);
}

/* The same where one can go on if the caller overruled it. */
static int mild_doubt(struct decoder *decoder, unsigned int check, const uint8_t *place, const char *text)
{
	int result = doubt(decoder, check, place, text);

	return result < 0 ? result : 1;
}

/* A field that is there twice, or a number in more bytes than it needs, may be read in another way by a bootloader. */
static int judge_encoding(struct decoder *decoder, const ProtobufCMessage *message, const uint8_t *place, size_t size)
{
	if (decoder->lacks_memory)
		return dfut_fail_memory(decoder->loader->failure);
	if (!message)
		return doubt(decoder, DFUT_CHECK_FORMAT, place,
			     "no message of an init packet begins here, or it is cut off");
	if (protobuf_c_message_get_packed_size(message) == size)
		return 1;
	decoder->image->is_ambiguous = true;
	return mild_doubt(decoder, DFUT_CHECK_FORMAT, place,
			  "fields are there twice, or longer than needed: bootloaders may read them in another way");
}

/* The innermost message */

static int read_hash(struct decoder *decoder, const Dfut__Nordic__InitCommand *init, const uint8_t *place)
{
	struct dfut_nordic_image *image = decoder->image;

	if (!init->hash || !init->hash->has_hash)
		return doubt(decoder, DFUT_CHECK_HASH, place, "the init packet has no hash");
	if (init->hash->hash_type != HASH_SHA256)
		return mild_doubt(decoder, DFUT_CHECK_HASH, place,
				  "the hash is of a kind that bootloaders do not take; they take SHA-256");
	if (init->hash->hash.len != DFUT_NORDIC_DIGEST_SIZE)
		return mild_doubt(decoder, DFUT_CHECK_HASH, place, "the hash does not have the 32 bytes of a SHA-256");
	for (size_t i = 0; i < DFUT_NORDIC_DIGEST_SIZE; i++)
		image->digest[i] = init->hash->hash.data[DFUT_NORDIC_DIGEST_SIZE - 1 - i];
	image->has_digest = true;
	dfut_image_put_hex(image->part.digest, image->digest, sizeof(image->digest));
	return 1;
}

static int read_sd_req(struct decoder *decoder, const Dfut__Nordic__InitCommand *init, const uint8_t *place)
{
	struct dfut_nordic_image *image = decoder->image;

	if (init->n_sd_req > DFUT_NORDIC_MAX_SD_REQ || init->n_boot_validation > DFUT_NORDIC_MAX_VALIDATIONS)
		return dfut_fail(decoder->loader->failure, DFUT_ERROR_IMAGE,
				 "%s, offset %zu: %zu SoftDevices and %zu boot validations: bootloaders take %d and %d",
				 image->init_name, (size_t)(place - image->part.init), init->n_sd_req,
				 init->n_boot_validation, DFUT_NORDIC_MAX_SD_REQ, DFUT_NORDIC_MAX_VALIDATIONS);
	if (init->n_sd_req > 0)
		memcpy(image->sd_req, init->sd_req, init->n_sd_req * sizeof(*init->sd_req));
	image->part.sd_req = image->sd_req;
	image->part.sd_req_count = init->n_sd_req;
	return 1;
}

static int read_init(struct decoder *decoder, const Dfut__Nordic__InitCommand *init, const uint8_t *place)
{
	struct dfut_nordic_part *part = &decoder->image->part;
	int result;

	if (!init->has_type || init->type > DFUT_NORDIC_EXTERNAL_APPLICATION)
		return doubt(decoder, DFUT_CHECK_FORMAT, place, "the init packet does not say what it is for");
	part->type = (enum dfut_nordic_firmware)init->type;
	part->has_fw_version = init->has_fw_version;
	part->fw_version = init->fw_version;
	part->has_hw_version = init->has_hw_version;
	part->hw_version = init->hw_version;
	part->sd_size = init->sd_size;
	part->bl_size = init->bl_size;
	part->app_size = init->app_size;
	part->is_debug = init->has_is_debug && init->is_debug;
	result = read_sd_req(decoder, init, place);
	return result <= 0 ? result : read_hash(decoder, init, place);
}

static int decode_init(struct decoder *decoder, const ProtobufCBinaryData *bytes)
{
	const uint8_t *place = find(decoder, bytes);
	Dfut__Nordic__InitCommand *init = dfut__nordic__init_command__unpack(&decoder->allocator, bytes->len,
									     bytes->data);
	int result = judge_encoding(decoder, init ? &init->base : NULL, place, bytes->len);

	if (result > 0)
		result = read_init(decoder, init, place);
	decoder->image->signed_data = place;
	decoder->image->signed_size = bytes->len;
	dfut__nordic__init_command__free_unpacked(init, &decoder->allocator);
	return result;
}

/* What is around it */

static int decode_command(struct decoder *decoder, const ProtobufCBinaryData *bytes)
{
	const uint8_t *place = find(decoder, bytes);
	Dfut__Nordic__Command *command = dfut__nordic__command__unpack(&decoder->allocator, bytes->len, bytes->data);
	int result = judge_encoding(decoder, command ? &command->base : NULL, place, bytes->len);

	if (result > 0 && (!command->has_op_code || command->op_code != OP_CODE_INIT || !command->has_init))
		result = doubt(decoder, DFUT_CHECK_FORMAT, place,
			       "the command is not the one that begins an update (op code 1)");
	if (result > 0)
		result = decode_init(decoder, &command->init);
	dfut__nordic__command__free_unpacked(command, &decoder->allocator);
	return result;
}

static int read_signature(struct decoder *decoder, const Dfut__Nordic__SignedCommand *command, const uint8_t *place)
{
	decoder->image->part.is_signed = true;
	if (command->signature_type != SIGNATURE_ECDSA_P256_SHA256)
		return mild_doubt(decoder, DFUT_CHECK_FORMAT, place,
				  "the signature is of a kind that bootloaders do not take; they take ECDSA, P-256, "
				  "SHA-256");
	if (command->signature.len != DFUT_SIGNATURE_SIZE)
		return mild_doubt(decoder, DFUT_CHECK_LENGTH, place, "the signature does not have 64 bytes");
	decoder->image->signature = find(decoder, &command->signature);
	return 1;
}

static int decode_signed(struct decoder *decoder, const ProtobufCBinaryData *bytes)
{
	const uint8_t *place = find(decoder, bytes);
	Dfut__Nordic__SignedCommand *command = dfut__nordic__signed_command__unpack(&decoder->allocator, bytes->len,
										    bytes->data);
	int result = judge_encoding(decoder, command ? &command->base : NULL, place, bytes->len);

	if (result > 0 && (!command->has_command || !command->has_signature_type || !command->has_signature))
		result = doubt(decoder, DFUT_CHECK_FORMAT, place,
			       "the signed command lacks its command or its signature");
	if (result > 0)
		result = read_signature(decoder, command, place);
	if (result > 0)
		result = decode_command(decoder, &command->command);
	dfut__nordic__signed_command__free_unpacked(command, &decoder->allocator);
	return result;
}

int dfut_nordic_init_read(struct dfut_loader *loader, struct dfut_nordic_image *image)
{
	struct decoder decoder = { .loader = loader, .image = image, .allocator = { allocate, release, &decoder } };
	const uint8_t *place = image->part.init;
	size_t size = image->part.init_size;
	Dfut__Nordic__Packet *packet = dfut__nordic__packet__unpack(&decoder.allocator, size, place);
	int result = judge_encoding(&decoder, packet ? &packet->base : NULL, place, size);

	if (result > 0 && packet->has_command == packet->has_signed_command)
		result = doubt(&decoder, DFUT_CHECK_FORMAT, place,
			       "the init packet must have either a command or a signed command");
	if (result > 0)
		result = packet->has_command ? decode_command(&decoder, &packet->command) :
					       decode_signed(&decoder, &packet->signed_command);
	dfut__nordic__packet__free_unpacked(packet, &decoder.allocator);
	return result;
}

/* Writing */

static int pack(struct dfut_buffer *buffer, const ProtobufCMessage *message)
{
	size_t offset = buffer->size;
	int result = dfut_buffer_fill(buffer, 0, protobuf_c_message_get_packed_size(message));

	if (result == 0)
		protobuf_c_message_pack(message, buffer->data + offset);
	return result;
}

static ProtobufCBinaryData get_bytes(const struct dfut_buffer *buffer)
{
	return (ProtobufCBinaryData){ .len = buffer->size, .data = buffer->data };
}

static void say_sizes(Dfut__Nordic__InitCommand *init, const struct dfut_nordic_part *part)
{
	init->has_app_size = part->app_size > 0;
	init->app_size = part->app_size;
	init->has_sd_size = part->sd_size > 0;
	init->sd_size = part->sd_size;
	init->has_bl_size = part->bl_size > 0;
	init->bl_size = part->bl_size;
}

/* Bootloaders check the CRC that they made themselves each time before they start it. */
static int write_init(struct dfut_buffer *file, const struct dfut_nordic_image *image)
{
	const struct dfut_nordic_part *part = &image->part;
	uint8_t reversed[DFUT_NORDIC_DIGEST_SIZE];
	uint32_t sd_req[DFUT_NORDIC_MAX_SD_REQ];
	Dfut__Nordic__InitCommand init = DFUT__NORDIC__INIT_COMMAND__INIT;
	Dfut__Nordic__Hash hash = DFUT__NORDIC__HASH__INIT;
	Dfut__Nordic__BootValidation validation = DFUT__NORDIC__BOOT_VALIDATION__INIT;
	Dfut__Nordic__BootValidation *validations[] = { &validation, &validation };

	for (size_t i = 0; i < sizeof(reversed); i++)
		reversed[i] = image->digest[sizeof(reversed) - 1 - i];
	memcpy(sd_req, image->sd_req, sizeof(sd_req));
	hash.has_hash_type = hash.has_hash = true;
	hash.hash_type = HASH_SHA256;
	hash.hash = (ProtobufCBinaryData){ .len = sizeof(reversed), .data = reversed };
	validation.has_type = validation.has_bytes = true;
	validation.type = VALIDATION_GENERATED_CRC;
	init.has_type = init.has_hw_version = init.has_is_debug = true;
	init.type = part->type;
	init.has_fw_version = part->has_fw_version;
	init.fw_version = part->fw_version;
	init.hw_version = part->hw_version;
	init.is_debug = part->is_debug;
	init.n_sd_req = part->sd_req_count;
	init.sd_req = sd_req;
	init.hash = &hash;
	init.n_boot_validation = part->type == DFUT_NORDIC_SOFTDEVICE_BOOTLOADER ? 2 : 1;
	init.boot_validation = validations;
	say_sizes(&init, part);
	return pack(file, &init.base);
}

static int write_command(struct dfut_buffer *file, const struct dfut_buffer *init)
{
	Dfut__Nordic__Command command = DFUT__NORDIC__COMMAND__INIT;

	command.has_op_code = command.has_init = true;
	command.op_code = OP_CODE_INIT;
	command.init = get_bytes(init);
	return pack(file, &command.base);
}

static int write_signed(struct dfut_buffer *file, const struct dfut_buffer *command, const struct dfut_buffer *init,
			struct dfut_key *key)
{
	uint8_t signature[DFUT_SIGNATURE_SIZE];
	Dfut__Nordic__SignedCommand message = DFUT__NORDIC__SIGNED_COMMAND__INIT;
	int result = dfut_nordic_key_sign(file->failure, key, init->data, init->size, signature);

	message.has_command = message.has_signature_type = message.has_signature = true;
	message.command = get_bytes(command);
	message.signature_type = SIGNATURE_ECDSA_P256_SHA256;
	message.signature = (ProtobufCBinaryData){ .len = sizeof(signature), .data = signature };
	return result < 0 ? result : pack(file, &message.base);
}

static int write_packet(struct dfut_buffer *file, const struct dfut_buffer *command, bool is_signed)
{
	Dfut__Nordic__Packet packet = DFUT__NORDIC__PACKET__INIT;

	packet.has_command = !is_signed;
	packet.has_signed_command = is_signed;
	packet.command = packet.signed_command = get_bytes(command);
	return pack(file, &packet.base);
}

int dfut_nordic_init_write(struct dfut_buffer *file, const struct dfut_nordic_image *image, struct dfut_key *key)
{
	struct dfut_buffer init = { .failure = file->failure };
	struct dfut_buffer command = { .failure = file->failure };
	struct dfut_buffer signed_command = { .failure = file->failure };
	int result = write_init(&init, image);

	if (result == 0)
		result = write_command(&command, &init);
	if (result == 0 && key)
		result = write_signed(&signed_command, &command, &init, key);
	if (result == 0)
		result = write_packet(file, key ? &signed_command : &command, key != NULL);
	free(init.data);
	free(command.data);
	free(signed_command.data);
	return result;
}
