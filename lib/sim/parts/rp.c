/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The memories of an RP2040 or RP2350, and the work that they make. */

#include <stdlib.h>
#include <string.h>

#include "sim/parts/rp.h"

#define RP2040_RAM_SIZE (264u * 1024)
#define RP2350_RAM_SIZE (520u * 1024)
/* W25Q16JV, typical times of a sector and a page */
#define ERASE_US 45000
#define PROGRAM_US 400
#define DEFAULT_FLASH_SIZE (2u * 1024 * 1024)

void dfut_sim_rp_set_defaults(struct dfut_sim_rp *rp, struct dfut_sim_device *device)
{
	rp->device = device;
	rp->options.revision = 2;
	rp->options.flash_size = DEFAULT_FLASH_SIZE;
	rp->options.erase_us = ERASE_US;
	rp->options.program_us = PROGRAM_US;
	rp->options.erases = true;
	rp->options.buys = true;
}

uint32_t dfut_sim_rp_get_ram_size(const struct dfut_sim_rp *rp)
{
	return rp->options.chip == DFUT_SIM_RP2040 ? RP2040_RAM_SIZE : RP2350_RAM_SIZE;
}

int dfut_sim_rp_prepare(struct dfut_sim_rp *rp)
{
	/* A chip of flash has whole sectors. */
	rp->options.flash_size -= rp->options.flash_size % DFUT_SIM_RP_SECTOR_SIZE;
	rp->flash = malloc(rp->options.flash_size);
	rp->ram = calloc(1, dfut_sim_rp_get_ram_size(rp));
	rp->otp = calloc(DFUT_SIM_RP_OTP_ROWS, 2);
	if (!rp->flash || !rp->ram || !rp->otp)
		return DFUT_ERROR_NO_MEMORY;
	memset(rp->flash, 0xff, rp->options.flash_size);
	dfut_sim_rp_fill(rp);
	return 0;
}

void dfut_sim_rp_free(struct dfut_sim_rp *rp)
{
	free(rp->flash);
	free(rp->ram);
	free(rp->otp);
}

void dfut_sim_rp_start(struct dfut_sim_rp *rp)
{
	rp->work_until_us = 0;
	rp->is_restarting = false;
	rp->is_ram_written = false;
	rp->is_uf2_running = false;
	rp->uf2_status = 0;
	rp->exclusive = 0;
	rp->updated_at = 0;
	dfut_sim_device_set_timer(rp->device, DFUT_SIM_RP_WORK_TIMER, UINT64_MAX);
	dfut_sim_device_set_timer(rp->device, DFUT_SIM_RP_RESTART_TIMER, UINT64_MAX);
	dfut_sim_device_set_timer(rp->device, DFUT_SIM_RP_TRIAL_TIMER, UINT64_MAX);
	dfut_sim_rp_read_table(rp);
}

int dfut_sim_rp_get_memory(struct dfut_sim_rp *rp, size_t index, struct dfut_sim_memory *memory)
{
	if (index == 0)
		*memory = (struct dfut_sim_memory){ "flash", rp->flash, rp->options.flash_size };
	else if (index == 1 && rp->options.chip == DFUT_SIM_RP2350)
		*memory = (struct dfut_sim_memory){ "otp", rp->otp, 2 * (size_t)DFUT_SIM_RP_OTP_ROWS };
	else
		return DFUT_ERROR_NOT_FOUND;
	return 0;
}

/* Work. */

void dfut_sim_rp_work(struct dfut_sim_rp *rp, uint64_t us)
{
	uint64_t now_us = dfut_sim_device_get_time_us(rp->device);

	if (rp->work_until_us < now_us)
		rp->work_until_us = now_us;
	rp->work_until_us += us;
	dfut_sim_device_set_timer(rp->device, DFUT_SIM_RP_WORK_TIMER, rp->work_until_us - now_us);
}

bool dfut_sim_rp_is_working(const struct dfut_sim_rp *rp)
{
	return dfut_sim_device_get_time_us(rp->device) < rp->work_until_us;
}

void dfut_sim_rp_erase(struct dfut_sim_rp *rp, uint32_t offset)
{
	uint32_t at = offset % rp->options.flash_size;

	dfut_sim_rp_work(rp, rp->options.erase_us);
	if (at == 0 && rp->partition_count)
		dfut_sim_device_breach(rp->device, "flash: the partition table is erased");
	if (rp->options.erases)
		memset(rp->flash + at, 0xff, DFUT_SIM_RP_SECTOR_SIZE);
}

void dfut_sim_rp_program(struct dfut_sim_rp *rp, uint32_t offset, const uint8_t *page)
{
	uint32_t at = offset % rp->options.flash_size;
	bool is_erased = true;

	dfut_sim_rp_work(rp, rp->options.program_us);
	for (uint32_t i = 0; i < DFUT_SIM_RP_PAGE_SIZE; i++) {
		rp->flash[at + i] &= page[i];
		is_erased &= rp->flash[at + i] == page[i];
	}
	if (!is_erased && rp->options.erases)
		dfut_sim_device_breach(rp->device, "flash: the page at 0x%08x was not erased before it was written",
				       DFUT_SIM_RP_FLASH_BASE + at);
}

void dfut_sim_rp_restart(struct dfut_sim_rp *rp, enum dfut_sim_rp_restart restart, uint32_t after_ms)
{
	rp->is_restarting = true;
	rp->restart = restart;
	/* Not before the transfer that asked for it has ended. */
	dfut_sim_device_set_timer(rp->device, DFUT_SIM_RP_RESTART_TIMER,
				  after_ms ? after_ms * DFUT_SIM_US_PER_MS : DFUT_SIM_US_PER_MS);
}
