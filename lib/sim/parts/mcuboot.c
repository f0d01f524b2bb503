/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * What MCUboot does with its slots: image (boot/bootutil/include/bootutil/image.h) and trailer (docs/design.md) there.
 */

#include <string.h>

#include "base/digest.h"
#include "sim/parts/mcuboot.h"

#define ERASED 0xff
#define IMAGE_MAGIC 0x96f3b83du
#define HEADER_SIZE 0x200
#define TLV_INFO_MAGIC 0x6907
#define TLV_PROTECTED_INFO_MAGIC 0x6908
#define TLV_SHA256 0x10
#define SHA256_SIZE 32
#define TLV_INFO_SIZE 4
#define TLV_HEADER_SIZE 4
#define TRAILER_SIZE 48
#define SCRATCH_SIZE 4096u

/* In the header */
enum {
	HEADER_MAGIC = 0,
	HEADER_HEADER_SIZE = 8,
	HEADER_PROTECTED_SIZE = 10,
	HEADER_IMAGE_SIZE = 12,
	HEADER_MAJOR = 20,
	HEADER_MINOR = 21,
	HEADER_REVISION = 22,
	HEADER_END = 32,
};

/* From the end of the slot, for a write alignment of 8 */
enum {
	TRAILER_MAGIC = 16,
	TRAILER_IMAGE_OK = 24,
	TRAILER_COPY_DONE = 32,
	TRAILER_SWAP_INFO = 40,
};

#define FLAG_SET 0x01

static const uint8_t trailer_magic[16] = {
	0x77, 0xc2, 0x95, 0xf3, 0x60, 0xd2, 0xef, 0x7f, 0x35, 0x52, 0x50, 0x0f, 0x2c, 0xb6, 0x79, 0x80,
};

static uint8_t *get_trailer(const struct dfut_sim_mcuboot *mcuboot, unsigned int slot, uint32_t from_end)
{
	return mcuboot->slots[slot] + mcuboot->slot_size - from_end;
}

static bool has_trailer(const struct dfut_sim_mcuboot *mcuboot, unsigned int slot)
{
	return memcmp(get_trailer(mcuboot, slot, TRAILER_MAGIC), trailer_magic, sizeof(trailer_magic)) == 0;
}

static void erase_trailer(const struct dfut_sim_mcuboot *mcuboot, unsigned int slot)
{
	memset(get_trailer(mcuboot, slot, TRAILER_SIZE), ERASED, TRAILER_SIZE);
}

static void write_trailer(const struct dfut_sim_mcuboot *mcuboot, unsigned int slot, enum dfut_sim_mcuboot_swap swap)
{
	memcpy(get_trailer(mcuboot, slot, TRAILER_MAGIC), trailer_magic, sizeof(trailer_magic));
	*get_trailer(mcuboot, slot, TRAILER_SWAP_INFO) = (uint8_t)swap;
}

static void hash_image(const uint8_t *image, size_t size, uint8_t *hash)
{
	/* A library that can't hash leaves zeros, which is the hash of no image. */
	memset(hash, 0, SHA256_SIZE);
	dfut_digest(hash, DFUT_DIGEST_SHA256, image, size);
}

/* The SHA-256 among the TLVs that are not protected. */
static const uint8_t *find_sha256(const uint8_t *area, size_t room)
{
	size_t total, at;

	if (room < TLV_INFO_SIZE || dfut_le16(area) != TLV_INFO_MAGIC)
		return NULL;
	total = dfut_le16(area + 2);
	if (total > room)
		return NULL;
	for (at = TLV_INFO_SIZE; at + TLV_HEADER_SIZE <= total; at += TLV_HEADER_SIZE + dfut_le16(area + at + 2))
		if (dfut_le16(area + at) == TLV_SHA256 && dfut_le16(area + at + 2) == SHA256_SIZE &&
		    at + TLV_HEADER_SIZE + SHA256_SIZE <= total)
			return area + at + TLV_HEADER_SIZE;
	return NULL;
}

/* Up to its TLVs; 0 if there is no image, or none that fits. */
static size_t get_image_size(const struct dfut_sim_mcuboot *mcuboot, unsigned int slot)
{
	const uint8_t *image = mcuboot->slots[slot];
	uint64_t size = (uint64_t)dfut_le16(image + HEADER_HEADER_SIZE) + dfut_le32(image + HEADER_IMAGE_SIZE) +
			dfut_le16(image + HEADER_PROTECTED_SIZE);

	if (dfut_le32(image + HEADER_MAGIC) != IMAGE_MAGIC || dfut_le16(image + HEADER_HEADER_SIZE) < HEADER_END ||
	    size >= mcuboot->slot_size - TRAILER_SIZE)
		return 0;
	return (size_t)size;
}

const uint8_t *dfut_sim_mcuboot_find_hash(const struct dfut_sim_mcuboot *mcuboot, unsigned int slot)
{
	size_t size = get_image_size(mcuboot, slot);

	return size ? find_sha256(mcuboot->slots[slot] + size, mcuboot->slot_size - TRAILER_SIZE - size) : NULL;
}

bool dfut_sim_mcuboot_is_valid(const struct dfut_sim_mcuboot *mcuboot, unsigned int slot)
{
	const uint8_t *expected = dfut_sim_mcuboot_find_hash(mcuboot, slot);
	uint8_t hash[SHA256_SIZE];

	if (!expected)
		return false;
	hash_image(mcuboot->slots[slot], get_image_size(mcuboot, slot), hash);
	return memcmp(hash, expected, sizeof(hash)) == 0;
}

int dfut_sim_mcuboot_compare(const uint8_t *header, const uint8_t *other)
{
	uint32_t version = (uint32_t)header[HEADER_MAJOR] << 24 | (uint32_t)header[HEADER_MINOR] << 16 |
			   dfut_le16(header + HEADER_REVISION);
	uint32_t second = (uint32_t)other[HEADER_MAJOR] << 24 | (uint32_t)other[HEADER_MINOR] << 16 |
			  dfut_le16(other + HEADER_REVISION);

	return version < second ? -1 : version > second;
}

static bool is_acceptable(const struct dfut_sim_mcuboot *mcuboot, enum dfut_sim_mcuboot_swap swap)
{
	bool is_downgrade = mcuboot->no_downgrade && swap != DFUT_SIM_MCUBOOT_REVERT &&
			    dfut_sim_mcuboot_is_valid(mcuboot, 0) &&
			    dfut_sim_mcuboot_compare(mcuboot->slots[1], mcuboot->slots[0]) < 0;

	return dfut_sim_mcuboot_is_valid(mcuboot, 1) && !is_downgrade;
}

enum dfut_sim_mcuboot_swap dfut_sim_mcuboot_get_swap(const struct dfut_sim_mcuboot *mcuboot)
{
	if (mcuboot->slot_count < DFUT_SIM_SLOT_COUNT)
		return DFUT_SIM_MCUBOOT_NONE;
	if (has_trailer(mcuboot, 1))
		return *get_trailer(mcuboot, 1, TRAILER_IMAGE_OK) == FLAG_SET ? DFUT_SIM_MCUBOOT_PERM :
										DFUT_SIM_MCUBOOT_TEST;
	if (has_trailer(mcuboot, 0) && *get_trailer(mcuboot, 0, TRAILER_IMAGE_OK) != FLAG_SET &&
	    *get_trailer(mcuboot, 0, TRAILER_COPY_DONE) == FLAG_SET)
		return DFUT_SIM_MCUBOOT_REVERT;
	return DFUT_SIM_MCUBOOT_NONE;
}

static void swap_slots(const struct dfut_sim_mcuboot *mcuboot, enum dfut_sim_mcuboot_swap swap)
{
	uint8_t scratch[SCRATCH_SIZE];

	for (uint32_t i = 0; i < mcuboot->slot_size; i += SCRATCH_SIZE) {
		uint32_t size = mcuboot->slot_size - i < SCRATCH_SIZE ? mcuboot->slot_size - i : SCRATCH_SIZE;

		memcpy(scratch, mcuboot->slots[0] + i, size);
		memcpy(mcuboot->slots[0] + i, mcuboot->slots[1] + i, size);
		memcpy(mcuboot->slots[1] + i, scratch, size);
	}
	erase_trailer(mcuboot, 0);
	erase_trailer(mcuboot, 1);
	write_trailer(mcuboot, 0, swap);
	*get_trailer(mcuboot, 0, TRAILER_COPY_DONE) = FLAG_SET;
	if (swap != DFUT_SIM_MCUBOOT_TEST)
		*get_trailer(mcuboot, 0, TRAILER_IMAGE_OK) = FLAG_SET;
}

/* MCUBOOT_OVERWRITE_ONLY: the second slot is left without a header, and there is no way back. */
static void overwrite_slot(const struct dfut_sim_mcuboot *mcuboot)
{
	memcpy(mcuboot->slots[0], mcuboot->slots[1], mcuboot->slot_size);
	erase_trailer(mcuboot, 0);
	erase_trailer(mcuboot, 1);
	memset(mcuboot->slots[1], ERASED, HEADER_SIZE);
}

bool dfut_sim_mcuboot_boot(const struct dfut_sim_mcuboot *mcuboot)
{
	enum dfut_sim_mcuboot_swap swap = dfut_sim_mcuboot_get_swap(mcuboot);

	if (swap != DFUT_SIM_MCUBOOT_NONE && !is_acceptable(mcuboot, swap)) {
		memset(mcuboot->slots[1], ERASED, mcuboot->slot_size);
		swap = DFUT_SIM_MCUBOOT_NONE;
	}
	if (swap != DFUT_SIM_MCUBOOT_NONE && mcuboot->overwrites)
		overwrite_slot(mcuboot);
	else if (swap != DFUT_SIM_MCUBOOT_NONE)
		swap_slots(mcuboot, swap);
	return dfut_sim_mcuboot_is_valid(mcuboot, 0);
}

/* boot_request_upgrade() in subsys/dfu/boot/mcuboot.c */
void dfut_sim_mcuboot_request_upgrade(const struct dfut_sim_mcuboot *mcuboot, bool permanent)
{
	if (mcuboot->slot_count < DFUT_SIM_SLOT_COUNT)
		return;
	write_trailer(mcuboot, 1, permanent ? DFUT_SIM_MCUBOOT_PERM : DFUT_SIM_MCUBOOT_TEST);
	if (permanent)
		*get_trailer(mcuboot, 1, TRAILER_IMAGE_OK) = FLAG_SET;
}

/* boot_set_next() of the active slot in bootutil_public.c: without a trailer there is nothing to confirm. */
void dfut_sim_mcuboot_confirm(const struct dfut_sim_mcuboot *mcuboot)
{
	if (has_trailer(mcuboot, 0))
		*get_trailer(mcuboot, 0, TRAILER_IMAGE_OK) = FLAG_SET;
}

void dfut_sim_mcuboot_make_image(uint8_t *slot)
{
	static const char body[] = "application 1.0.0";
	uint8_t *tlvs = slot + HEADER_SIZE + sizeof(body);

	memset(slot, 0, HEADER_SIZE);
	dfut_put_le32(slot + HEADER_MAGIC, IMAGE_MAGIC);
	dfut_put_le16(slot + HEADER_HEADER_SIZE, HEADER_SIZE);
	dfut_put_le32(slot + HEADER_IMAGE_SIZE, sizeof(body));
	slot[HEADER_MAJOR] = 1;
	memcpy(slot + HEADER_SIZE, body, sizeof(body));
	dfut_put_le16(tlvs, TLV_INFO_MAGIC);
	dfut_put_le16(tlvs + 2, TLV_INFO_SIZE + TLV_HEADER_SIZE + SHA256_SIZE);
	dfut_put_le16(tlvs + 4, TLV_SHA256);
	dfut_put_le16(tlvs + 6, SHA256_SIZE);
	hash_image(slot, HEADER_SIZE + sizeof(body), tlvs + 8);
}

uint16_t dfut_sim_mcuboot_get_bcd_version(const uint8_t *slot)
{
	unsigned int major = slot[HEADER_MAJOR] % 100, minor = slot[HEADER_MINOR] % 100;

	if (dfut_le32(slot + HEADER_MAGIC) != IMAGE_MAGIC)
		return 0;
	return (uint16_t)((major / 10) << 12 | (major % 10) << 8 | (minor / 10) << 4 | minor % 10);
}
