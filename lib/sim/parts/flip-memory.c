/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The memories of parts with a FLIP bootloader, and what is in them. */

#include <stdlib.h>
#include <string.h>

#include "sim/parts/flip.h"

/* Bytes of the application that they leave the factory with */
#define APPLICATION_SIZE 0x300
#define LOADER_VERSION 0x13

/* AVR: jmp 0x68, as the vector table of a C program begins; UC3: a branch, big-endian. */
static void put_application(uint8_t *at)
{
	static const uint8_t vector[] = { 0x0c, 0x94, 0x34, 0x00 };

	memcpy(at, vector, sizeof(vector));
	for (size_t i = sizeof(vector); i < APPLICATION_SIZE; i++)
		at[i] = (uint8_t)(i * 5 + 1);
}

static uint8_t get_loader_byte(uint32_t offset)
{
	return (uint8_t)(offset * 7 + 0x5a);
}

/* Where in the flash the bootloader is */
static uint32_t get_loader(const struct dfut_sim_flip *flip)
{
	return flip->part->family == DFUT_SIM_FLIP_UC3 ? 0 : flip->part->flash_size - flip->part->loader_size;
}

uint32_t dfut_sim_flip_get_application(const struct dfut_sim_flip *flip)
{
	return flip->part->family == DFUT_SIM_FLIP_UC3 ? flip->part->loader_size : 0;
}

uint32_t dfut_sim_flip_get_application_end(const struct dfut_sim_flip *flip)
{
	return flip->part->family == DFUT_SIM_FLIP_UC3 ? flip->part->flash_size : get_loader(flip);
}

int dfut_sim_flip_prepare(struct dfut_sim_flip *flip, struct dfut_sim_device *device)
{
	const struct dfut_sim_flip_part *part = dfut_sim_flip_get_part(flip->options.part);

	flip->device = device;
	flip->part = part;
	flip->flash = malloc(part->flash_size);
	flip->eeprom = malloc(part->eeprom_size ? part->eeprom_size : 1);
	if (!flip->flash || !flip->eeprom)
		return DFUT_ERROR_NO_MEMORY;
	memset(flip->flash, DFUT_SIM_FLIP_ERASED, part->flash_size);
	memset(flip->eeprom, DFUT_SIM_FLIP_ERASED, part->eeprom_size);
	memset(flip->user, DFUT_SIM_FLIP_ERASED, sizeof(flip->user));
	memset(flip->fuses, 1, sizeof(flip->fuses));
	flip->info[0] = LOADER_VERSION;
	memcpy(flip->signature, part->signature, sizeof(flip->signature));
	flip->security = flip->options.secure == DFUT_SIM_FLIP_SECURE_YES;
	for (uint32_t i = 0; i < part->loader_size; i++)
		flip->flash[get_loader(flip) + i] = get_loader_byte(i);
	if (!flip->options.blank)
		put_application(flip->flash + dfut_sim_flip_get_application(flip));
	return 0;
}

void dfut_sim_flip_free(struct dfut_sim_flip *flip)
{
	free(flip->flash);
	free(flip->eeprom);
}

int dfut_sim_flip_get_memory(struct dfut_sim_flip *flip, size_t index, struct dfut_sim_memory *memory)
{
	const struct dfut_sim_flip_part *part = flip->part;
	const struct dfut_sim_memory memories[] = {
		{ "flash", flip->flash, part->flash_size }, { "eeprom", flip->eeprom, part->eeprom_size },
		{ "security", &flip->security, 1 },	    { "fuses", flip->fuses, sizeof(flip->fuses) },
		{ "user", flip->user, sizeof(flip->user) }, { "isp-force", &flip->isp_force, 1 },
	};
	static const size_t counts[] = {
		[DFUT_SIM_FLIP_AVR] = 2,
		[DFUT_SIM_FLIP_XMEGA] = 3,
		[DFUT_SIM_FLIP_UC3] = DFUT_COUNT(memories),
	};

	if (index >= counts[part->family])
		return DFUT_ERROR_NOT_FOUND;
	*memory = memories[index];
	return 0;
}

bool dfut_sim_flip_has_application(const struct dfut_sim_flip *flip)
{
	const uint8_t *vector = flip->flash + dfut_sim_flip_get_application(flip);

	if (flip->part->family == DFUT_SIM_FLIP_UC3)
		return !flip->isp_force && dfut_le32(vector) != UINT32_MAX;
	return dfut_le16(vector) != UINT16_MAX;
}

bool dfut_sim_flip_is_bricked(const struct dfut_sim_flip *flip)
{
	for (uint32_t i = 0; i < flip->part->loader_size; i++)
		if (flip->flash[get_loader(flip) + i] != get_loader_byte(i))
			return true;
	return false;
}

void dfut_sim_flip_erase_application(struct dfut_sim_flip *flip)
{
	uint32_t from = dfut_sim_flip_get_application(flip);

	memset(flip->flash + from, DFUT_SIM_FLIP_ERASED, dfut_sim_flip_get_application_end(flip) - from);
	/* isp_erase_chip() of XMEGA does that as well. */
	if (flip->part->family == DFUT_SIM_FLIP_XMEGA)
		memset(flip->eeprom, DFUT_SIM_FLIP_ERASED, flip->part->eeprom_size);
}

struct dfut_sim_flip_memory dfut_sim_flip_get_unit(struct dfut_sim_flip *flip, uint8_t unit)
{
	const struct dfut_sim_flip_part *part = flip->part;
	bool is_uc3 = part->family == DFUT_SIM_FLIP_UC3;
	uint32_t flash_size = is_uc3 ? part->flash_size : dfut_sim_flip_get_application_end(flip);

	if (unit == DFUT_SIM_FLIP_UNIT_FLASH)
		return (struct dfut_sim_flip_memory){ flip->flash, flash_size, true, true };
	if (unit == DFUT_SIM_FLIP_UNIT_EEPROM)
		return (struct dfut_sim_flip_memory){ flip->eeprom, part->eeprom_size, part->eeprom_size > 0, true };
	if (unit == DFUT_SIM_FLIP_UNIT_BOOTLOADER)
		return (struct dfut_sim_flip_memory){ flip->info, sizeof(flip->info), false, false };
	if (unit == DFUT_SIM_FLIP_UNIT_SIGNATURE)
		return (struct dfut_sim_flip_memory){ flip->signature, sizeof(flip->signature), false, false };
	if (unit == DFUT_SIM_FLIP_UNIT_SECURITY && is_uc3)
		return (struct dfut_sim_flip_memory){ &flip->security, 1, true, false };
	if (unit == DFUT_SIM_FLIP_UNIT_CONFIGURATION && is_uc3)
		return (struct dfut_sim_flip_memory){ flip->fuses, sizeof(flip->fuses), true, false };
	if (unit == DFUT_SIM_FLIP_UNIT_USER && is_uc3)
		return (struct dfut_sim_flip_memory){ flip->user, sizeof(flip->user), true, true };
	return (struct dfut_sim_flip_memory){ NULL, 0, false, true };
}

/* UC3's flash is not erased before it is written, and BOOTPROT guards what its bootloader is in. */
static void write_uc3_flash(struct dfut_sim_flip *flip, uint32_t from, const uint8_t *data, uint32_t size)
{
	for (uint32_t i = 0; i < size; i++)
		if (from + i >= dfut_sim_flip_get_application(flip))
			flip->flash[from + i] &= data[i];
}

void dfut_sim_flip_write(struct dfut_sim_flip *flip, uint8_t unit, uint32_t from, const uint8_t *data, uint32_t size)
{
	struct dfut_sim_flip_memory memory = dfut_sim_flip_get_unit(flip, unit);

	if (unit == DFUT_SIM_FLIP_UNIT_FLASH && flip->part->family == DFUT_SIM_FLIP_UC3)
		write_uc3_flash(flip, from, data, size);
	else if (unit == DFUT_SIM_FLIP_UNIT_SECURITY)
		flip->security |= data[0] != 0; /* which nothing takes back */
	else
		memcpy(memory.bytes + from, data, size);
}
