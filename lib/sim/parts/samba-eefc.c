/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The two flash controllers of a SAM3X8E, each with a plane of 256 KiB, and its GPNVM bits (SAM3X data sheet, EEFC). */

#include <string.h>

#include "sim/parts/samba.h"

#define PLANE_REGISTERS 0x200u
#define KEY 0x5au
/* Errata: while it is written, reads wait for six cycles. */
#define WAIT_STATES 6u

enum eefc_register {
	EEFC_FMR = 0x00,
	EEFC_FCR = 0x04,
	EEFC_FSR = 0x08,
	EEFC_FRR = 0x0c,
};

enum eefc_status {
	EEFC_READY = 0x1,
	EEFC_COMMAND_ERROR = 0x2,
};

enum eefc_command {
	EEFC_GETD = 0x00,
	EEFC_WP = 0x01,
	EEFC_WPL = 0x02,
	EEFC_EWP = 0x03,
	EEFC_EWPL = 0x04,
	EEFC_EA = 0x05,
	EEFC_SLB = 0x08,
	EEFC_CLB = 0x09,
	EEFC_GLB = 0x0a,
	EEFC_SGPB = 0x0b,
	EEFC_CGPB = 0x0c,
	EEFC_GGPB = 0x0d,
};

#define GPNVM_COUNT 3u

static uint32_t get_plane_size(const struct dfut_sim_samba *samba)
{
	return samba->kind->size / DFUT_COUNT(samba->planes);
}

static bool is_ready(const struct dfut_sim_samba *samba, const struct dfut_sim_samba_plane *plane)
{
	return plane->until_us <= dfut_sim_device_get_time_us(samba->device);
}

bool dfut_sim_samba_read_eefc(struct dfut_sim_samba *samba, uint32_t offset, uint32_t *word)
{
	struct dfut_sim_samba_plane *plane = &samba->planes[offset / PLANE_REGISTERS];

	*word = 0;
	switch (offset % PLANE_REGISTERS) {
	case EEFC_FMR:
		*word = plane->mode;
		break;
	case EEFC_FSR:
		*word = (is_ready(samba, plane) ? EEFC_READY : 0) | plane->errors;
		plane->errors = 0;
		break;
	case EEFC_FRR:
		*word = plane->result;
		break;
	}
	return true;
}

/* Commands. */

static void take_time(struct dfut_sim_samba *samba, struct dfut_sim_samba_plane *plane, uint64_t us)
{
	plane->until_us = dfut_sim_device_get_time_us(samba->device) + us;
}

static void erase_plane(struct dfut_sim_samba *samba, struct dfut_sim_samba_plane *plane)
{
	uint32_t size = get_plane_size(samba);
	uint32_t start = (uint32_t)(plane - samba->planes) * size;

	for (uint32_t done = 0; done < size; done += samba->kind->erase_size)
		dfut_sim_samba_erase(samba, start + done, samba->kind->erase_size);
	take_time(samba, plane, size / samba->kind->erase_size * dfut_sim_samba_get_erase_us(samba));
}

static void write_page(struct dfut_sim_samba *samba, struct dfut_sim_samba_plane *plane, uint32_t page, bool erases)
{
	uint32_t page_size = samba->kind->page_size;
	uint32_t offset = (uint32_t)(plane - samba->planes) * get_plane_size(samba) + page * page_size;

	if (page >= get_plane_size(samba) / page_size) {
		plane->errors |= EEFC_COMMAND_ERROR;
		return;
	}
	if ((plane->mode >> 8 & 0xf) != WAIT_STATES) {
		dfut_sim_device_breach(samba->device,
				       "%s: page %u is written without the six wait states: it is spoilt",
				       dfut_sim_samba_get_state_name(samba), (unsigned int)page);
		plane->latch[0] &= 0xfe;
	}
	if (erases)
		dfut_sim_samba_erase(samba, offset, page_size);
	dfut_sim_samba_program(samba, offset, plane->latch, page_size);
	memset(plane->latch, 0xff, sizeof(plane->latch));
	take_time(samba, plane, dfut_sim_samba_get_page_us(samba));
}

static void set_gpnvm(struct dfut_sim_samba *samba, struct dfut_sim_samba_plane *plane, uint32_t bit, bool is_set)
{
	if (bit >= GPNVM_COUNT) {
		plane->errors |= EEFC_COMMAND_ERROR;
		return;
	}
	if (is_set)
		samba->settings.gpnvm |= 1u << bit;
	else
		samba->settings.gpnvm &= ~(1u << bit);
	if (is_set && bit == 0)
		dfut_sim_samba_brick(samba, "the security bit was set: GPNVM", bit);
}

static void obey(struct dfut_sim_samba *samba, struct dfut_sim_samba_plane *plane, uint8_t command, uint32_t argument)
{
	switch (command) {
	case EEFC_WP:
	case EEFC_WPL:
	case EEFC_EWP:
	case EEFC_EWPL:
		write_page(samba, plane, argument, command == EEFC_EWP || command == EEFC_EWPL);
		return;
	case EEFC_EA:
		erase_plane(samba, plane);
		return;
	case EEFC_GETD:
	case EEFC_GLB:
		plane->result = 0;
		return;
	case EEFC_SLB:
	case EEFC_CLB:
		return;
	case EEFC_SGPB:
	case EEFC_CGPB:
		set_gpnvm(samba, plane, argument, command == EEFC_SGPB);
		return;
	case EEFC_GGPB:
		plane->result = samba->settings.gpnvm;
		return;
	default:
		plane->errors |= EEFC_COMMAND_ERROR;
	}
}

void dfut_sim_samba_write_eefc(struct dfut_sim_samba *samba, uint32_t offset, uint32_t value)
{
	struct dfut_sim_samba_plane *plane = &samba->planes[offset / PLANE_REGISTERS];

	if (offset % PLANE_REGISTERS == EEFC_FMR)
		plane->mode = value;
	if (offset % PLANE_REGISTERS != EEFC_FCR)
		return;
	if (!is_ready(samba, plane))
		dfut_sim_device_breach(samba->device, "%s: a command of EEFC while it is not ready",
				       dfut_sim_samba_get_state_name(samba));
	if (value >> 24 != KEY)
		plane->errors |= EEFC_COMMAND_ERROR;
	else
		obey(samba, plane, (uint8_t)value, value >> 8 & 0xffff);
}

void dfut_sim_samba_fill_plane(struct dfut_sim_samba *samba, uint32_t offset, uint32_t value, size_t size)
{
	struct dfut_sim_samba_plane *plane = &samba->planes[offset / get_plane_size(samba)];

	if (size != 4)
		dfut_sim_device_breach(samba->device, "%s: the latch takes words only",
				       dfut_sim_samba_get_state_name(samba));
	for (size_t i = 0; i < size; i++)
		plane->latch[(offset + i) % samba->kind->page_size] = (uint8_t)(value >> i * 8);
}
