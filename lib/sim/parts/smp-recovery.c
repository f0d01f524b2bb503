/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * MCUboot's serial recovery, boot/boot_serial/src/boot_serial.c: it writes to the first slot at once, looks at nothing
 * but lengths, and answers with the header that it was asked with.
 */

#include <string.h>

#include "sim/parts/smp.h"

#define OP_MASK 0x07
#define NO_LENGTH UINT32_MAX
#define ERASED 0xff
#define BLOCK_LIMIT 32
/* BOOT_SERIAL_MAX_MESSAGE_SIZE and what it is made of */
#define MESSAGE_SIZE 128u
#define STATE_SIZE 48u
#define HASH_SIZE 36u

/* Answers. */

static void start_answer(struct dfut_sim_smp *smp)
{
	size_t room = (MESSAGE_SIZE + HASH_SIZE + (smp->options.image_state ? STATE_SIZE : 0)) * smp->options.images;

	dfut_sim_cbor_start(&smp->cbor, smp->answer + DFUT_SIM_SMP_HEADER_SIZE, room, smp->options.encoding);
}

/* The header stays in its place: what is said a second time has another op, and its group turned round. */
static void say(struct dfut_sim_smp *smp)
{
	smp->answer[0] = (uint8_t)((smp->answer[0] & ~OP_MASK) | ((smp->answer[0] + 1) & OP_MASK));
	smp->answer[1] = 0;
	dfut_sim_smp_put16(smp->answer + 2, smp->cbor.size);
	dfut_sim_smp_say(smp, DFUT_SIM_SMP_HEADER_SIZE + smp->cbor.size);
}

static void turn_group(struct dfut_sim_smp *smp)
{
	uint8_t high = smp->answer[4];

	smp->answer[4] = smp->answer[5];
	smp->answer[5] = high;
}

static void put_code(struct dfut_sim_smp *smp, int code)
{
	dfut_sim_cbor_open_map(&smp->cbor);
	dfut_sim_cbor_put_number_as(&smp->cbor, "rc", (uint32_t)code);
	dfut_sim_cbor_close(&smp->cbor);
}

static void say_code(struct dfut_sim_smp *smp, int code)
{
	put_code(smp, code);
	say(smp);
}

/* State: only images that are valid are there. */

static bool is_confirmed(enum dfut_sim_mcuboot_swap swap, unsigned int slot)
{
	return swap == DFUT_SIM_MCUBOOT_REVERT ? slot == 1 : slot == 0;
}

static void put_state(struct dfut_sim_smp *smp, enum dfut_sim_mcuboot_swap swap, unsigned int slot)
{
	bool is_test = swap == DFUT_SIM_MCUBOOT_TEST;
	bool is_permanent = swap == DFUT_SIM_MCUBOOT_PERM;

	dfut_sim_cbor_put_flag_as(&smp->cbor, "bootable", true);
	if (is_confirmed(swap, slot))
		dfut_sim_cbor_put_flag_as(&smp->cbor, "confirmed", true);
	if (slot && (is_test || is_permanent))
		dfut_sim_cbor_put_flag_as(&smp->cbor, "pending", true);
	if (slot && is_permanent)
		dfut_sim_cbor_put_flag_as(&smp->cbor, "permanent", true);
}

static void put_slot(struct dfut_sim_smp *smp, unsigned int slot)
{
	struct dfut_sim_mcuboot mcuboot = dfut_sim_smp_get_mcuboot(smp, slot / 2);

	if (!dfut_sim_smp_has_slot(smp, slot) || !dfut_sim_mcuboot_is_valid(&mcuboot, slot % 2))
		return;
	dfut_sim_cbor_open_map(&smp->cbor);
	if (smp->options.images > 1)
		dfut_sim_cbor_put_number_as(&smp->cbor, "image", slot / 2);
	if (smp->options.image_state)
		put_state(smp, dfut_sim_mcuboot_get_swap(&mcuboot), slot % 2);
	dfut_sim_cbor_put_number_as(&smp->cbor, "slot", slot % 2);
	dfut_sim_cbor_put_text(&smp->cbor, "hash");
	dfut_sim_cbor_put_bytes(&smp->cbor, dfut_sim_mcuboot_find_hash(&mcuboot, slot % 2), DFUT_SIM_SMP_HASH_SIZE);
	dfut_sim_smp_put_version(smp, slot);
	dfut_sim_cbor_close(&smp->cbor);
}

static void list_images(struct dfut_sim_smp *smp)
{
	dfut_sim_cbor_open_map(&smp->cbor);
	dfut_sim_cbor_put_text(&smp->cbor, "images");
	dfut_sim_cbor_open_list(&smp->cbor);
	for (unsigned int slot = 0; slot < 2 * smp->options.images; slot++)
		put_slot(smp, slot);
	dfut_sim_cbor_close(&smp->cbor);
	dfut_sim_cbor_close(&smp->cbor);
	say(smp);
}

static int find_slot(const struct dfut_sim_smp *smp, const uint8_t *hash)
{
	for (unsigned int slot = 0; slot < 2 * smp->options.images; slot++) {
		struct dfut_sim_mcuboot mcuboot = dfut_sim_smp_get_mcuboot(smp, slot / 2);

		if (dfut_sim_smp_has_slot(smp, slot) && dfut_sim_mcuboot_is_valid(&mcuboot, slot % 2) &&
		    memcmp(dfut_sim_mcuboot_find_hash(&mcuboot, slot % 2), hash, DFUT_SIM_SMP_HASH_SIZE) == 0)
			return (int)slot;
	}
	return -1;
}

static int choose_slot(const struct dfut_sim_smp *smp, unsigned int slot, bool confirm)
{
	struct dfut_sim_mcuboot mcuboot = dfut_sim_smp_get_mcuboot(smp, slot / 2);
	enum dfut_sim_mcuboot_swap swap = dfut_sim_mcuboot_get_swap(&mcuboot);

	if (slot % 2 == 0 && !confirm)
		return DFUT_SIM_SMP_INVALID;
	if (swap == DFUT_SIM_MCUBOOT_TEST || swap == DFUT_SIM_MCUBOOT_PERM)
		return DFUT_SIM_SMP_BAD_STATE;
	if (swap == DFUT_SIM_MCUBOOT_REVERT && (slot % 2 || !confirm))
		return DFUT_SIM_SMP_BAD_STATE;
	if (slot % 2)
		dfut_sim_mcuboot_request_upgrade(&mcuboot, confirm);
	else
		dfut_sim_mcuboot_confirm(&mcuboot);
	return DFUT_SIM_SMP_OK;
}

static int set_state(struct dfut_sim_smp *smp, const struct dfut_sim_smp_request *request)
{
	struct dfut_sim_cbor_field fields[] = { { .key = "confirm", .kind = DFUT_SIM_CBOR_FLAG },
						{ .key = "hash", .kind = DFUT_SIM_CBOR_BYTES } };
	const struct dfut_sim_cbor_field *hash = &fields[1];
	int slot = 0;

	if (!smp->options.image_state)
		return DFUT_SIM_SMP_NOT_SUPPORTED;
	if (!dfut_sim_smp_read(smp, request, fields, DFUT_COUNT(fields)) ||
	    (hash->size ? hash->size != DFUT_SIM_SMP_HASH_SIZE : smp->options.images > 1))
		return DFUT_SIM_SMP_INVALID;
	if (hash->size)
		slot = find_slot(smp, hash->bytes);
	if (slot < 0)
		return DFUT_SIM_SMP_NO_ENTRY;
	return choose_slot(smp, (unsigned int)slot, fields[0].flag);
}

static void answer_state(struct dfut_sim_smp *smp, const struct dfut_sim_smp_request *request)
{
	int code = request->op == DFUT_SIM_SMP_WRITE ? set_state(smp, request) : DFUT_SIM_SMP_OK;

	if (code)
		say_code(smp, code);
	else
		list_images(smp);
}

/* Upload. */

/* 0 and 1 are the first slot, 2 the second one, 3 the first one of the second image. */
static int find_target(const struct dfut_sim_smp *smp, uint32_t image, unsigned int *slot)
{
	if (smp->options.direct)
		*slot = image ? image - 1 : 0;
	else
		*slot = 2 * image;
	if (!smp->options.direct && image > smp->options.images)
		return DFUT_SIM_SMP_NO_ENTRY;
	return dfut_sim_smp_has_slot(smp, *slot) ? DFUT_SIM_SMP_OK : DFUT_SIM_SMP_INVALID;
}

static int begin_upload(struct dfut_sim_smp *smp, uint32_t image, uint32_t length)
{
	struct dfut_sim_smp_upload *upload = &smp->upload;
	unsigned int slot = 0;
	int code = find_target(smp, image, &slot);

	if (code)
		return code;
	upload->offset = 0;
	if (length > smp->options.slot_size)
		return DFUT_SIM_SMP_INVALID;
	memset(upload, 0, sizeof(*upload));
	upload->is_open = true;
	upload->slot = slot;
	upload->size = length;
	if (!smp->options.erase)
		dfut_sim_smp_erase(smp, slot, 0, smp->options.slot_size);
	return DFUT_SIM_SMP_OK;
}

/* Whole blocks, and in the end the rest, filled up. What is left over has to be sent again. */
static int write_part(struct dfut_sim_smp *smp, const uint8_t *bytes, size_t size)
{
	struct dfut_sim_smp_upload *upload = &smp->upload;
	size_t rest = size % smp->options.write_block;
	uint8_t block[BLOCK_LIMIT];

	if (size > smp->options.slot_size - upload->offset)
		return DFUT_SIM_SMP_INVALID;
	smp->device->counters.objects++;
	dfut_sim_smp_erase_ahead(smp, upload->offset + (uint32_t)size);
	dfut_sim_smp_write(smp, upload->slot, upload->offset, bytes, size - rest);
	upload->offset += (uint32_t)(size - rest);
	if (!rest || upload->offset + rest < upload->size)
		return DFUT_SIM_SMP_OK;
	memset(block, ERASED, sizeof(block));
	memcpy(block, bytes + size - rest, rest);
	dfut_sim_smp_write(smp, upload->slot, upload->offset, block, smp->options.write_block);
	upload->offset += (uint32_t)rest;
	return DFUT_SIM_SMP_OK;
}

static int take_part(struct dfut_sim_smp *smp, uint32_t offset, const uint8_t *bytes, size_t size)
{
	struct dfut_sim_smp_upload *upload = &smp->upload;
	int code;

	if (offset && offset != upload->offset)
		return DFUT_SIM_SMP_OK;
	if (upload->offset + size > upload->size) {
		dfut_sim_device_breach(smp->device, "%s: %zu bytes at %u of an image of %u",
				       dfut_sim_smp_get_state_name(smp), size, (unsigned int)upload->offset,
				       (unsigned int)upload->size);
		if (offset)
			return DFUT_SIM_SMP_INVALID;
	}
	code = write_part(smp, bytes, size);
	if (code == DFUT_SIM_SMP_OK && smp->options.erase && upload->offset == upload->size)
		dfut_sim_smp_erase_trailer(smp, upload->slot, upload->erased);
	return code;
}

static int upload_image(struct dfut_sim_smp *smp, const struct dfut_sim_smp_request *request)
{
	struct dfut_sim_cbor_field fields[] = {
		{ .key = "image", .kind = DFUT_SIM_CBOR_NUMBER },
		{ .key = "data", .kind = DFUT_SIM_CBOR_BYTES },
		{ .key = "len", .kind = DFUT_SIM_CBOR_NUMBER, .number = NO_LENGTH },
		{ .key = "off", .kind = DFUT_SIM_CBOR_NUMBER },
	};
	int code = DFUT_SIM_SMP_OK;

	if (!dfut_sim_smp_read(smp, request, fields, DFUT_COUNT(fields)) || !fields[1].is_there || !fields[3].is_there)
		return DFUT_SIM_SMP_INVALID;
	dfut_sim_smp_check_offset(smp, fields[3].number);
	if (fields[3].number == 0)
		code = begin_upload(smp, fields[0].number, fields[2].number);
	return code ? code : take_part(smp, fields[3].number, fields[1].bytes, fields[1].size);
}

static void answer_upload(struct dfut_sim_smp *smp, const struct dfut_sim_smp_request *request)
{
	int code = upload_image(smp, request);

	dfut_sim_cbor_open_map(&smp->cbor);
	dfut_sim_cbor_put_number_as(&smp->cbor, "rc", (uint32_t)code);
	if (code == DFUT_SIM_SMP_OK)
		dfut_sim_cbor_put_number_as(&smp->cbor, "off", smp->upload.offset);
	dfut_sim_cbor_close(&smp->cbor);
	say(smp);
	/* A new image is whole: it is not in the middle of anything any more. */
	if (smp->upload.offset == smp->upload.size)
		smp->upload.is_open = false;
}

/* Slots. */

static void put_slot_info(struct dfut_sim_smp *smp, unsigned int slot)
{
	dfut_sim_cbor_open_map(&smp->cbor);
	dfut_sim_cbor_put_number_as(&smp->cbor, "slot", slot % 2);
	dfut_sim_cbor_put_number_as(&smp->cbor, "size", smp->options.slot_size);
	if (smp->options.direct)
		dfut_sim_cbor_put_number_as(&smp->cbor, "upload_image_id", slot + 1);
	else if (slot % 2 == 0)
		dfut_sim_cbor_put_number_as(&smp->cbor, "upload_image_id", slot / 2);
	dfut_sim_cbor_close(&smp->cbor);
}

static void put_slots(struct dfut_sim_smp *smp)
{
	dfut_sim_cbor_open_map(&smp->cbor);
	dfut_sim_cbor_put_text(&smp->cbor, "images");
	dfut_sim_cbor_open_list(&smp->cbor);
	for (unsigned int image = 0; image < smp->options.images; image++) {
		dfut_sim_cbor_open_map(&smp->cbor);
		dfut_sim_cbor_put_number_as(&smp->cbor, "image", image);
		dfut_sim_cbor_put_text(&smp->cbor, "slots");
		dfut_sim_cbor_open_list(&smp->cbor);
		for (unsigned int slot = 0; slot < dfut_sim_smp_count_slots(smp); slot++)
			put_slot_info(smp, 2 * image + slot);
		dfut_sim_cbor_close(&smp->cbor);
		dfut_sim_cbor_put_number_as(&smp->cbor, "max_image_size", dfut_sim_smp_get_image_limit(smp));
		dfut_sim_cbor_close(&smp->cbor);
	}
	dfut_sim_cbor_close(&smp->cbor);
	dfut_sim_cbor_close(&smp->cbor);
}

/*
 * bs_slot_info() answers twice if it is written to, the second answer following the first in the buffer; and what was built
 * with ZCBOR_CANONICAL has too few states for it.
 */
static void tell_slots(struct dfut_sim_smp *smp, const struct dfut_sim_smp_request *request)
{
	bool is_twice = request->op != DFUT_SIM_SMP_READ || smp->options.encoding;

	if (smp->options.encoding)
		say_code(smp, DFUT_SIM_SMP_NO_MEMORY);
	else if (is_twice)
		say_code(smp, DFUT_SIM_SMP_NOT_SUPPORTED);
	if (is_twice)
		turn_group(smp);
	if (!smp->options.encoding)
		put_slots(smp);
	say(smp);
}

/* Messages. */

static int put_echo(struct dfut_sim_smp *smp, const struct dfut_sim_smp_request *request)
{
	struct dfut_sim_cbor_field text = { .key = "d", .kind = DFUT_SIM_CBOR_TEXT };

	if (!dfut_sim_smp_read(smp, request, &text, 1) || !text.is_there)
		return DFUT_SIM_SMP_INVALID;
	dfut_sim_cbor_open_map(&smp->cbor);
	dfut_sim_cbor_put_text(&smp->cbor, "r");
	dfut_sim_cbor_put_text_bytes(&smp->cbor, text.bytes, text.size);
	dfut_sim_cbor_close(&smp->cbor);
	return smp->cbor.is_full ? DFUT_SIM_SMP_NO_MEMORY : DFUT_SIM_SMP_OK;
}

static void answer_echo(struct dfut_sim_smp *smp, const struct dfut_sim_smp_request *request)
{
	int code = put_echo(smp, request);

	if (code) {
		start_answer(smp);
		put_code(smp, code);
	}
	say(smp);
}

static void answer_os(struct dfut_sim_smp *smp, const struct dfut_sim_smp_request *request)
{
	if (request->command == DFUT_SIM_SMP_ECHO_TEXT && smp->options.echo) {
		answer_echo(smp, request);
	} else if (request->command == DFUT_SIM_SMP_PARAMETERS && smp->options.buffer != DFUT_SIM_SMP_BUFFER_NONE) {
		dfut_sim_cbor_open_map(&smp->cbor);
		dfut_sim_smp_put_parameters(smp);
		dfut_sim_cbor_close(&smp->cbor);
		say(smp);
	} else if (request->command == DFUT_SIM_SMP_RESTART || request->command == DFUT_SIM_SMP_CONSOLE_ECHO) {
		say_code(smp, DFUT_SIM_SMP_OK);
		if (request->command == DFUT_SIM_SMP_RESTART)
			dfut_sim_smp_reset(smp);
	} else {
		say_code(smp, DFUT_SIM_SMP_NOT_SUPPORTED);
	}
}

static void answer(struct dfut_sim_smp *smp, const struct dfut_sim_smp_request *request)
{
	if (request->group == DFUT_SIM_SMP_OS)
		answer_os(smp, request);
	else if (request->group != DFUT_SIM_SMP_IMAGE)
		say_code(smp, DFUT_SIM_SMP_NOT_SUPPORTED);
	else if (request->command == DFUT_SIM_SMP_STATE)
		answer_state(smp, request);
	else if (request->command == DFUT_SIM_SMP_UPLOAD)
		answer_upload(smp, request);
	else if (request->command == DFUT_SIM_SMP_SLOT_INFO && smp->options.slot_info)
		tell_slots(smp, request);
	else
		say_code(smp, DFUT_SIM_SMP_NOT_SUPPORTED);
}

void dfut_sim_smp_recover(struct dfut_sim_smp *smp, const uint8_t *bytes, size_t size)
{
	struct dfut_sim_smp_request request = { .payload = bytes + DFUT_SIM_SMP_HEADER_SIZE };

	if (size < DFUT_SIM_SMP_HEADER_SIZE)
		return;
	request.op = bytes[0] & OP_MASK;
	request.group = dfut_sim_smp_get16(bytes + 4);
	request.command = bytes[7];
	request.size = size - DFUT_SIM_SMP_HEADER_SIZE;
	if ((request.op != DFUT_SIM_SMP_READ && request.op != DFUT_SIM_SMP_WRITE) ||
	    dfut_sim_smp_get16(bytes + 2) < request.size)
		return;
	memcpy(smp->answer, bytes, DFUT_SIM_SMP_HEADER_SIZE);
	start_answer(smp);
	answer(smp, &request);
}
