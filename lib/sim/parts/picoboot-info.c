/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What an RP2350 tells of itself: GET_INFO (boot/picoboot.h and boot/bootrom_constants.h of the pico-sdk). */

#include "sim/parts/rp.h"

enum info {
	INFO_SYSTEM = 1,
	INFO_PARTITIONS = 2,
	INFO_TARGET = 3,
	INFO_UF2_STATUS = 4,
};

/* Of the system */
#define SYSTEM_CHIP 0x01u
#define SYSTEM_CRITICAL 0x02u
#define SYSTEM_CPU 0x04u
#define SYSTEM_FLASH 0x08u
#define SYSTEM_RANDOM 0x10u
#define SYSTEM_BOOT 0x40u
#define SYSTEM_KNOWN (SYSTEM_CHIP | SYSTEM_CRITICAL | SYSTEM_CPU | SYSTEM_FLASH | SYSTEM_RANDOM | SYSTEM_BOOT)
/* Size of the first flash chip: 1 is 8 KiB, each more is twice as much */
#define FLASH_SIZE_SHIFT 8
#define FLASH_SIZE_LEAST (8u * 1024)

/* Of the partition table; the number of the one that is meant alone is in the top byte. */
#define TABLE_HEAD 0x0001u
#define TABLE_LOCATIONS 0x0010u
#define TABLE_SINGLE 0x8000u
#define TABLE_KNOWN (TABLE_HEAD | TABLE_LOCATIONS | TABLE_SINGLE)
#define TABLE_IS_THERE 0x100u
#define SPACE_LOCATION 0xfc000000u
#define LAST_SECTOR_SHIFT 13

#define STATUS_LOCKED 0x10u
#define RP2350_A2 2

static uint8_t *put_word(uint8_t *at, uint32_t word)
{
	dfut_put_le32(at, word);
	return at + 4;
}

static uint32_t get_flash_info(const struct dfut_sim_rp *rp)
{
	uint32_t code = 0;

	while (FLASH_SIZE_LEAST << code <= rp->options.flash_size)
		code++;
	return code << FLASH_SIZE_SHIFT;
}

static uint8_t *put_system(const struct dfut_sim_rp *rp, uint8_t *at, uint32_t flags)
{
	at = put_word(at, flags & SYSTEM_KNOWN);
	if (flags & SYSTEM_CHIP)
		at = put_word(put_word(put_word(at, 0), 0x432d5b2c), 0xe6616408);
	if (flags & SYSTEM_CRITICAL)
		at = put_word(at, 0);
	if (flags & SYSTEM_CPU)
		at = put_word(at, 0);
	if (flags & SYSTEM_FLASH)
		at = put_word(at, get_flash_info(rp));
	if (flags & SYSTEM_RANDOM)
		at = put_word(put_word(put_word(put_word(at, 0x5eed0001), 0x5eed0002), 0x5eed0003), 0x5eed0004);
	if (flags & SYSTEM_BOOT)
		at = put_word(put_word(put_word(put_word(at, 0), 0), 0), 0);
	return at;
}

static uint32_t get_space(const struct dfut_sim_rp *rp)
{
	return SPACE_LOCATION | (rp->options.flash_size / DFUT_SIM_RP_SECTOR_SIZE - 1) << LAST_SECTOR_SHIFT;
}

/* A chip of that revision can read flash only when XIP was left. */
static bool is_blind(const struct dfut_sim_picoboot *picoboot)
{
	if (picoboot->rp->options.revision > RP2350_A2 || picoboot->is_xip_left)
		return false;
	dfut_sim_device_breach(picoboot->rp->device,
			       "PICOBOOT: the partition table is asked for before XIP was left, which an A2 needs");
	return true;
}

static uint8_t *put_partitions(const struct dfut_sim_picoboot *picoboot, uint8_t *at, uint32_t flags)
{
	const struct dfut_sim_rp *rp = picoboot->rp;
	size_t count = is_blind(picoboot) ? 0 : rp->partition_count;
	size_t first = flags & TABLE_SINGLE ? flags >> 24 : 0;
	size_t end = flags & TABLE_SINGLE && first < count ? first + 1 : count;

	at = put_word(at, flags & TABLE_KNOWN);
	if (flags & TABLE_HEAD)
		at = put_word(put_word(put_word(at, (uint32_t)count | (count ? TABLE_IS_THERE : 0)), get_space(rp)),
			      rp->unpartitioned_flags | SPACE_LOCATION);
	for (size_t i = first; flags & TABLE_LOCATIONS && i < end; i++)
		at = put_word(put_word(at, rp->partitions[i].location), rp->partitions[i].flags);
	return at;
}

static uint8_t *put_target(const struct dfut_sim_picoboot *picoboot, uint8_t *at, uint32_t family)
{
	const struct dfut_sim_rp *rp = picoboot->rp;
	int target = is_blind(picoboot) ? DFUT_SIM_RP_NOWHERE : dfut_sim_rp_find_target(rp, family);

	at = put_word(at, (uint32_t)target);
	if (target == DFUT_SIM_RP_NOWHERE)
		return put_word(put_word(at, 0), 0);
	if (target == DFUT_SIM_RP_UNPARTITIONED_SPACE)
		return put_word(put_word(at, get_space(rp)), rp->unpartitioned_flags);
	return put_word(put_word(at, rp->partitions[target].location), rp->partitions[target].flags);
}

static uint8_t *put_status(const struct dfut_sim_rp *rp, uint8_t *at)
{
	return put_word(at, rp->uf2_status | (rp->exclusive ? STATUS_LOCKED : 0));
}

size_t dfut_sim_picoboot_put_info(struct dfut_sim_picoboot *picoboot)
{
	uint8_t *start = picoboot->info + 4;
	uint32_t parameter = dfut_le32(&picoboot->args[4]);
	uint8_t *end = start;

	switch (picoboot->args[0]) {
	case INFO_SYSTEM:
		end = put_system(picoboot->rp, start, parameter);
		break;
	case INFO_PARTITIONS:
		end = put_partitions(picoboot, start, parameter);
		break;
	case INFO_TARGET:
		end = put_target(picoboot, start, parameter);
		break;
	case INFO_UF2_STATUS:
		end = put_status(picoboot->rp, start);
		break;
	default:
		return 0;
	}
	/* How many words follow */
	dfut_put_le32(picoboot->info, (uint32_t)(end - start) / 4);
	return (size_t)(end - picoboot->info);
}
