/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The header is big-endian, what is behind it one map. Which keys that has tells more than the version in the header, which
 * MCUboot copies from the request. */

#include <string.h>

#include "language/smp/message.h"

/* clang-format off */
static const char *const general_texts[] = {
	[0] = "no error",
	[1] = "unknown error",
	[2] = "not enough memory",
	[3] = "invalid argument",
	[4] = "time-out in the device",
	[5] = "no such entry",
	[6] = "not possible in its present state",
	[7] = "message too long",
	[8] = "not supported",
	[9] = "damaged",
	[10] = "busy",
	[11] = "access denied",
	[12] = "version of the protocol too old",
	[13] = "version of the protocol too new",
};

static const char *const image_texts[] = {
	[1] = "unknown error",
	[2] = "the layout of its flash can't be read",
	[3] = "there is no image",
	[4] = "the image has no TLVs",
	[5] = "the image has an invalid TLV",
	[6] = "the image has two hashes",
	[7] = "a TLV has the wrong size",
	[8] = "no image has this hash",
	[9] = "no slot is free",
	[10] = "its flash can't be opened",
	[11] = "its flash can't be read",
	[12] = "its flash can't be written",
	[13] = "its flash can't be erased",
	[14] = "there is no such slot",
	[15] = "not enough memory",
	[16] = "an upload is under way already",
	[17] = "no upload is under way",
	[18] = "there is no flash",
	[19] = "a page of its flash can't be found",
	[20] = "wrong offset",
	[21] = "wrong length",
	[22] = "the image's header is wrong",
	[23] = "the image's magic is wrong",
	[24] = "the image's hash is wrong",
	[25] = "the image is linked for another place",
	[26] = "the version can't be read",
	[27] = "a newer version is there",
	[28] = "an image is pending already",
	[29] = "the image's vector table is wrong",
	[30] = "the image is too large",
	[31] = "there were more data than announced",
	[32] = "this image may not be confirmed",
	[33] = "the image that runs can't be tested",
	[34] = "which slot runs is not known",
};
/* clang-format on */

void smp_header_put(uint8_t *bytes, const struct smp_header *header)
{
	bytes[0] = (uint8_t)((header->version & 3) << 3 | (header->op & 7));
	bytes[1] = 0;
	bytes[2] = (uint8_t)(header->length >> 8);
	bytes[3] = (uint8_t)header->length;
	bytes[4] = (uint8_t)(header->group >> 8);
	bytes[5] = (uint8_t)header->group;
	bytes[6] = header->sequence;
	bytes[7] = header->command;
}

bool smp_header_read(struct smp_header *header, const uint8_t *bytes, size_t size)
{
	if (size < SMP_HEADER_SIZE)
		return false;
	*header = (struct smp_header){ .op = bytes[0] & 7,
				       .version = bytes[0] >> 3 & 3,
				       .length = (uint16_t)(bytes[2] << 8 | bytes[3]),
				       .group = (uint16_t)(bytes[4] << 8 | bytes[5]),
				       .sequence = bytes[6],
				       .command = bytes[7] };
	return header->length == size - SMP_HEADER_SIZE;
}

/* Answers. */

static unsigned int get_number(const cbor_item_t *map, const char *key)
{
	uint64_t value = 0;

	smp_cbor_get_uint(smp_cbor_find(map, key), &value);
	return value < 256 ? (unsigned int)value : 256;
}

/* Flags that are false, and the number of the only image, may be left out. */
static void read_slot(struct smp_slot *slot, const cbor_item_t *map)
{
	slot->image = get_number(map, "image");
	slot->slot = get_number(map, "slot");
	smp_cbor_get_text(smp_cbor_find(map, "version"), slot->version, sizeof(slot->version));
	dfut_clean_text(slot->version);
	smp_cbor_get_bytes(smp_cbor_find(map, "hash"), slot->hash, sizeof(slot->hash), &slot->hash_size);
	smp_cbor_get_bool(smp_cbor_find(map, "pending"), &slot->pending);
	smp_cbor_get_bool(smp_cbor_find(map, "confirmed"), &slot->confirmed);
	smp_cbor_get_bool(smp_cbor_find(map, "active"), &slot->active);
	smp_cbor_get_bool(smp_cbor_find(map, "permanent"), &slot->permanent);
}

static void read_rooms(struct smp_answer *answer, const cbor_item_t *map)
{
	const cbor_item_t *list = smp_cbor_find(map, "slots");
	uint64_t max = 0;

	smp_cbor_get_uint(smp_cbor_find(map, "max_image_size"), &max);
	for (size_t i = 0; i < smp_cbor_count(list) && answer->room_count < SMP_SLOT_LIMIT; i++) {
		const cbor_item_t *slot = smp_cbor_get_map(list, i);
		struct smp_room room = { .image = get_number(map, "image"), .max = max, .upload_id = -1 };

		if (!slot)
			continue;
		room.slot = get_number(slot, "slot");
		smp_cbor_get_uint(smp_cbor_find(slot, "size"), &room.size);
		smp_cbor_get_int(smp_cbor_find(slot, "upload_image_id"), &room.upload_id);
		answer->rooms[answer->room_count++] = room;
	}
}

static void read_images(struct smp_answer *answer, const cbor_item_t *list)
{
	answer->has_images = list && cbor_isa_array(list);
	for (size_t i = 0; i < smp_cbor_count(list); i++) {
		const cbor_item_t *map = smp_cbor_get_map(list, i);

		if (map && smp_cbor_find(map, "slots"))
			read_rooms(answer, map);
		else if (map && answer->slot_count < SMP_SLOT_LIMIT)
			read_slot(&answer->slots[answer->slot_count++], map);
	}
}

/* A group's own errors are in a map of their own; general ones are not, in either version of the protocol. */
static void read_code(struct smp_answer *answer, const cbor_item_t *map)
{
	const cbor_item_t *error = smp_cbor_find(map, "err");
	uint64_t group;

	answer->group = -1;
	smp_cbor_get_int(smp_cbor_find(map, "rc"), &answer->code);
	if (smp_cbor_get_text(smp_cbor_find(map, "rsn"), answer->reason, sizeof(answer->reason)))
		dfut_clean_text(answer->reason);
	if (!error || !cbor_isa_map(error) || !smp_cbor_get_uint(smp_cbor_find(error, "group"), &group))
		return;
	answer->code = 1;
	smp_cbor_get_int(smp_cbor_find(error, "rc"), &answer->code);
	answer->group = group < 0x10000 ? (int64_t)group : 0x10000;
}

bool smp_answer_read(struct smp_answer *answer, const uint8_t *bytes, size_t size)
{
	cbor_item_t *map = smp_cbor_load(bytes, size);

	*answer = (struct smp_answer){ 0 };
	if (!map)
		return false;
	read_code(answer, map);
	answer->has_offset = smp_cbor_get_uint(smp_cbor_find(map, "off"), &answer->offset);
	answer->has_match = smp_cbor_get_bool(smp_cbor_find(map, "match"), &answer->matches);
	smp_cbor_get_uint(smp_cbor_find(map, "buf_size"), &answer->buffer_size);
	smp_cbor_get_text(smp_cbor_find(map, "r"), answer->echo, sizeof(answer->echo));
	if (smp_cbor_get_text(smp_cbor_find(map, "bootloader"), answer->bootloader, sizeof(answer->bootloader)))
		dfut_clean_text(answer->bootloader);
	answer->has_mode = smp_cbor_get_int(smp_cbor_find(map, "mode"), &answer->mode);
	smp_cbor_get_bool(smp_cbor_find(map, "no-downgrade"), &answer->prevents_downgrade);
	answer->has_split = smp_cbor_find(map, "splitStatus") != NULL;
	read_images(answer, smp_cbor_find(map, "images"));
	cbor_decref(&map);
	return true;
}

const char *smp_answer_get_text(const struct smp_answer *answer)
{
	size_t code = answer->code < 0 || answer->code > 255 ? SIZE_MAX : (size_t)answer->code;

	if (answer->group == SMP_GROUP_IMAGE)
		return code && code < DFUT_COUNT(image_texts) ? image_texts[code] : "unknown error";
	if (answer->group < 0 && code < DFUT_COUNT(general_texts))
		return general_texts[code];
	return "an error of its own";
}

/* Lists. */

const struct smp_slot *smp_find_running(const struct smp_answer *list, unsigned int image)
{
	const struct smp_slot *first = NULL;

	for (size_t i = 0; i < list->slot_count; i++) {
		if (list->slots[i].image != image)
			continue;
		if (list->slots[i].active)
			return &list->slots[i];
		if (list->slots[i].slot == 0)
			first = &list->slots[i];
	}
	/* Only the image that speaks is called active. */
	return first;
}

const struct smp_slot *smp_find_hash(const struct smp_answer *list, unsigned int image, const uint8_t *hash,
				     size_t size)
{
	for (size_t i = 0; i < list->slot_count; i++)
		if (list->slots[i].image == image && list->slots[i].hash_size == size &&
		    memcmp(list->slots[i].hash, hash, size) == 0)
			return &list->slots[i];
	return NULL;
}
