/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * What differs between boards with SAM-BA. Ids of cores and chips: shumatech/BOSSA, src/Device.cpp; sizes: boards.txt of
 * their cores. Times: data sheets (SAM D21, SAM D5x/E5x, SAM3X, nRF52840, RA4M1) give the longest ones; where those would
 * make an erase take more than the 5 s that bossac waits, which works on such boards, less is taken.
 */

#include "sim/parts/samba.h"

/* tFRE 6 ms, tFPP 2.5 ms */
#define SAMD21 \
	.controller = DFUT_SIM_SAMBA_D2X, .size = 0x40000, .application = 0x2000, .ram_size = 0x8000, .page_size = 64, \
	.erase_size = 256, .unit = 4, .cpu_id = 0x410cc601, .device_id = 0x10010305, .erase_us = 4000, .page_us = 2500

static const struct dfut_sim_samba_kind kinds[] = {
	[DFUT_SIM_SAMBA_ZERO] = { .dialect = DFUT_SIM_SAMBA_ARDUINO, SAMD21 },
	[DFUT_SIM_SAMBA_MKR] = { .dialect = DFUT_SIM_SAMBA_ARDUINO, SAMD21 },
	[DFUT_SIM_SAMBA_NANO_33_IOT] = { .dialect = DFUT_SIM_SAMBA_ARDUINO, .is_secured = true, SAMD21 },
	[DFUT_SIM_SAMBA_XIAO] = { .dialect = DFUT_SIM_SAMBA_ADAFRUIT, SAMD21 },
	/* A SAMD51J19A */
	[DFUT_SIM_SAMBA_METRO_M4] = {
		.dialect = DFUT_SIM_SAMBA_ADAFRUIT,
		.controller = DFUT_SIM_SAMBA_D5X,
		.size = 0x80000,
		.application = 0x4000,
		.ram_size = 0x30000,
		.page_size = 512,
		.erase_size = 8192,
		.unit = 16,
		.cpu_id = 0x410fc241,
		.device_id = 0x60060305,
		.erase_us = 60000,
		.page_us = 1500,
	},
	/* Addresses count from the application on. */
	[DFUT_SIM_SAMBA_NANO_33_BLE] = {
		.dialect = DFUT_SIM_SAMBA_NRF52,
		.size = 0x100000,
		.application = 0x10000,
		.page_size = 4096,
		.erase_size = 4096,
		.unit = 4,
		.erase_us = 20000,
		.page_us = 42000,
	},
	[DFUT_SIM_SAMBA_UNO_R4_WIFI] = {
		.dialect = DFUT_SIM_SAMBA_RA4M1,
		.size = 0x40000,
		.application = 0x4000,
		.page_size = 2048,
		.erase_size = 2048,
		.unit = 8,
		.erase_us = 6000,
		.page_us = 14000,
	},
	/* A SAM3X8E; its flash has no bootloader. */
	[DFUT_SIM_SAMBA_DUE] = {
		.dialect = DFUT_SIM_SAMBA_ROM,
		.controller = DFUT_SIM_SAMBA_EEFC,
		.base = 0x80000,
		.size = 0x80000,
		.ram_size = 0x18000,
		.page_size = 256,
		.erase_size = 256,
		.unit = 4,
		.cpu_id = 0x412fc230,
		.device_id = 0x285e0a60,
		.erase_us = 2000,
		.page_us = 4600,
	},
};

const struct dfut_sim_samba_kind *dfut_sim_samba_get_kind(enum dfut_sim_samba_board board)
{
	return &kinds[board];
}
