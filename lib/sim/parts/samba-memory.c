/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * The memory map of SAMs with SAM-BA, as far as hosts use it; whoever goes elsewhere hangs the core. Data sheets: SAM D21,
 * SAM D5x/E5x, SAM3X.
 */

#include <string.h>

#include "sim/parts/samba.h"

#define USER_ROW 0x00804000u
#define NVM 0x41004000u
#define NVM_SIZE 0x40u
#define DSU 0x41002000u
#define DSU_SIZE 0x20u
#define DSU_DID 0x18u
/* Core */
#define CPUID 0xe000ed00u
#define AIRCR 0xe000ed0cu
#define AIRCR_RESET 0x05fa0004u
#define CORE_END 0xe000ed40u
/* SAM3X */
#define PMC 0x400e0600u
#define PMC_END 0x400e0800u
#define CHIPID 0x400e0940u
#define CHIPID_END 0x400e0948u
#define EEFC 0x400e0a00u
#define EEFC_END 0x400e0e00u
#define RSTC 0x400e1a00u
#define RSTC_END 0x400e1a0cu
#define RSTC_RESET 0xa500000du
#define RSTC_RESET_MASK 0xff00000du
#define ROM 0x00100000u
#define ROM_SIZE 0x4000u

static bool is_eefc(const struct dfut_sim_samba *samba)
{
	return samba->kind->controller == DFUT_SIM_SAMBA_EEFC;
}

static bool is_inside(uint32_t address, size_t size, uint32_t start, uint32_t length)
{
	return address >= start && size <= length && address - start <= length - size;
}

bool dfut_sim_samba_is_flash(const struct dfut_sim_samba *samba, uint32_t address)
{
	return is_inside(address, 1, samba->kind->base, samba->kind->size);
}

uint8_t *dfut_sim_samba_get_ram(struct dfut_sim_samba *samba, uint32_t address, size_t size)
{
	return is_inside(address, size, DFUT_SIM_SAMBA_RAM, samba->kind->ram_size) ?
		       samba->ram + (address - DFUT_SIM_SAMBA_RAM) :
		       NULL;
}

/* Reading. */

static uint32_t get_rom_word(uint32_t offset)
{
	static const uint32_t vectors[] = { 0x20001000, 0x00100157 };

	offset %= ROM_SIZE;
	return offset / 4 < DFUT_COUNT(vectors) ? vectors[offset / 4] : 0x4770bf00;
}

static bool read_sam3x(struct dfut_sim_samba *samba, uint32_t address, uint32_t *word)
{
	*word = 0;
	if (is_inside(address, 4, 0, ROM_SIZE) || is_inside(address, 4, ROM, ROM_SIZE))
		*word = get_rom_word(address);
	else if (address == CHIPID)
		*word = samba->kind->device_id;
	else if (is_inside(address, 4, EEFC, EEFC_END - EEFC))
		return dfut_sim_samba_read_eefc(samba, address - EEFC, word);
	else
		return is_inside(address, 4, PMC, PMC_END - PMC) ||
		       is_inside(address, 4, CHIPID, CHIPID_END - CHIPID) ||
		       is_inside(address, 4, RSTC, RSTC_END - RSTC);
	return true;
}

static bool read_samd(struct dfut_sim_samba *samba, uint32_t address, uint32_t *word)
{
	*word = 0;
	if (is_inside(address, 4, NVM, NVM_SIZE))
		return dfut_sim_samba_read_nvm(samba, address - NVM, word);
	if (address == DSU + DSU_DID)
		*word = samba->kind->device_id;
	return is_inside(address, 4, DSU, DSU_SIZE);
}

static bool read_register(struct dfut_sim_samba *samba, uint32_t address, uint32_t *word)
{
	if (is_inside(address, 4, CPUID, CORE_END - CPUID)) {
		*word = address == CPUID ? samba->kind->cpu_id : 0;
		return true;
	}
	return is_eefc(samba) ? read_sam3x(samba, address, word) : read_samd(samba, address, word);
}

static bool read_memory(struct dfut_sim_samba *samba, uint32_t address, uint8_t *bytes, size_t size)
{
	const uint8_t *from = dfut_sim_samba_get_ram(samba, address, size);

	if (!from && is_inside(address, size, samba->kind->base, samba->kind->size))
		from = samba->flash + (address - samba->kind->base);
	if (!from && !is_eefc(samba) && is_inside(address, size, USER_ROW, sizeof(samba->user)))
		from = samba->user + (address - USER_ROW);
	if (from)
		memcpy(bytes, from, size);
	return from;
}

bool dfut_sim_samba_read(struct dfut_sim_samba *samba, uint32_t address, uint8_t *bytes, size_t size)
{
	uint32_t word = 0;

	if (read_memory(samba, address, bytes, size))
		return true;
	for (size_t i = 0; i < size; i++, address++) {
		if ((i == 0 || address % 4 == 0) && !read_register(samba, address & ~3u, &word))
			return false;
		bytes[i] = (uint8_t)(word >> address % 4 * 8);
	}
	return true;
}

/* Writing. */

static bool reset_if(struct dfut_sim_samba *samba, bool is_reset)
{
	if (is_reset)
		dfut_sim_samba_reset(samba);
	return true;
}

static bool write_register(struct dfut_sim_samba *samba, uint32_t address, uint32_t value)
{
	if (is_inside(address, 1, CPUID, CORE_END - CPUID))
		return reset_if(samba, address == AIRCR && value == AIRCR_RESET);
	if (is_eefc(samba) && is_inside(address, 1, RSTC, RSTC_END - RSTC))
		return reset_if(samba, address == RSTC && (value & RSTC_RESET_MASK) == RSTC_RESET);
	if (is_eefc(samba) && is_inside(address, 1, EEFC, EEFC_END - EEFC))
		dfut_sim_samba_write_eefc(samba, address - EEFC, value);
	else if (!is_eefc(samba) && is_inside(address, 1, NVM, NVM_SIZE))
		dfut_sim_samba_write_nvm(samba, address - NVM, value);
	else
		return false;
	return true;
}

bool dfut_sim_samba_write(struct dfut_sim_samba *samba, uint32_t address, uint32_t value, size_t size)
{
	uint8_t *ram = dfut_sim_samba_get_ram(samba, address, size);

	for (size_t i = 0; ram && i < size; i++)
		ram[i] = (uint8_t)(value >> i * 8);
	if (ram)
		return true;
	if (!is_inside(address, size, samba->kind->base, samba->kind->size))
		return write_register(samba, address, value);
	if (is_eefc(samba))
		dfut_sim_samba_fill_plane(samba, address - samba->kind->base, value, size);
	else
		dfut_sim_samba_fill_latch(samba, address - samba->kind->base, value, size);
	return true;
}

/* The flash. */

uint64_t dfut_sim_samba_get_erase_us(const struct dfut_sim_samba *samba)
{
	bool is_set = samba->options.erase_us != DFUT_SIM_SAMBA_BY_BOARD;

	return is_set ? samba->options.erase_us : samba->kind->erase_us;
}

uint64_t dfut_sim_samba_get_page_us(const struct dfut_sim_samba *samba)
{
	bool is_set = samba->options.page_us != DFUT_SIM_SAMBA_BY_BOARD;

	return is_set ? samba->options.page_us : samba->kind->page_us;
}

bool dfut_sim_samba_erase(struct dfut_sim_samba *samba, uint32_t offset, uint32_t size)
{
	memset(samba->flash + offset, 0xff, size);
	samba->device->counters.pages++;
	if (offset >= dfut_sim_samba_get_application(samba))
		return true;
	dfut_sim_samba_brick(samba, "its bootloader was erased at", samba->kind->base + offset);
	return false;
}

bool dfut_sim_samba_program(struct dfut_sim_samba *samba, uint32_t offset, const uint8_t *bytes, size_t size)
{
	bool is_erased = true;

	for (size_t i = 0; i < size; i++) {
		is_erased &= !(bytes[i] & ~samba->flash[offset + i]);
		samba->flash[offset + i] &= bytes[i];
	}
	samba->device->counters.words += (size + 3) / 4;
	if (offset < dfut_sim_samba_get_application(samba)) {
		dfut_sim_samba_brick(samba, "its bootloader was written to at", samba->kind->base + offset);
		return false;
	}
	if (!is_erased)
		dfut_sim_device_breach(samba->device, "%s: 0x%08x is written and was not erased",
				       dfut_sim_samba_get_state_name(samba),
				       (unsigned int)(samba->kind->base + offset));
	return true;
}
