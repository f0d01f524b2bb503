/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* DFU mode of TinyUSB's dfu_device.c, which has no dfuUPLOAD-IDLE, and dfuERROR only for its own errors. */

#include <string.h>

#include "sim/parts/dfu-device.h"

/* From the status stage of a request to the reset that it asks for */
#define RESTART_US 1000

static uint32_t sync_tinyusb(struct dfut_sim_dfu *dfu)
{
	if (dfu->state == DFU_DNBUSY || dfu->state == DFU_MANIFEST)
		return 0;
	if (dfu->state != DFU_DNLOAD_SYNC)
		return dfut_sim_dfu_sync(dfu);
	if (dfu->busy_left == 0) {
		dfu->state = DFU_DNLOAD_IDLE;
		return 0;
	}
	dfut_sim_device_set_timer(dfu->device, DFUT_SIM_DFU_TIMER_WORK,
				  dfu->busy_left * dfu->options.poll_ms * DFUT_SIM_US_PER_MS);
	dfu->busy_left = 0;
	dfu->state = DFU_DNBUSY;
	return dfu->options.poll_ms;
}

int dfut_sim_dfu_reset_tinyusb(struct dfut_sim_dfu *dfu)
{
	dfu->state = DFU_IDLE;
	dfu->status = STATUS_OK;
	dfu->offset = 0;
	return 0;
}

static int download_tinyusb(struct dfut_sim_dfu *dfu, const struct dfut_sim_setup *setup, const uint8_t *data)
{
	int result;

	if (dfu->state != DFU_IDLE && dfu->state != DFU_DNLOAD_IDLE)
		return DFUT_ERROR_DEVICE;
	if (setup->length > dfu->rules.transfer_size)
		return DFUT_ERROR_DEVICE;
	result = dfut_sim_dfu_download(dfu, setup, data);
	/* The first GETSTATUS always says dfuDNBUSY: programming begins when the host has taken that answer. */
	if (dfu->state == DFU_DNLOAD_SYNC && dfu->busy_left == 0)
		dfu->busy_left = 1;
	return result;
}

static int upload_tinyusb(struct dfut_sim_dfu *dfu, const struct dfut_sim_setup *setup, uint8_t *data)
{
	uint64_t offset = (uint64_t)setup->value * dfu->rules.transfer_size;

	if (!(dfu->rules.attributes & DFUT_DFU_CAN_UPLOAD) || setup->length > dfu->rules.transfer_size)
		return DFUT_ERROR_DEVICE;
	return (int)dfut_sim_dfu_read(dfu, offset, setup->length, data);
}

int dfut_sim_dfu_answer_tinyusb(struct dfut_sim_dfu *dfu, const struct dfut_sim_setup *setup, uint8_t *data)
{
	uint32_t poll_ms;

	switch ((enum dfut_sim_dfu_request)setup->request) {
	case DFUT_SIM_DFU_DETACH:
		dfut_sim_device_set_timer(dfu->device, DFUT_SIM_DFU_TIMER_RESTART,
					  RESTART_US + dfu->options.leave_ms * DFUT_SIM_US_PER_MS);
		return 0;
	case DFUT_SIM_DFU_DNLOAD:
		return download_tinyusb(dfu, setup, data);
	case DFUT_SIM_DFU_UPLOAD:
		return upload_tinyusb(dfu, setup, data);
	case DFUT_SIM_DFU_GETSTATUS:
		poll_ms = sync_tinyusb(dfu);
		return dfut_sim_dfu_tell_status(dfu, setup, data, poll_ms);
	case DFUT_SIM_DFU_GETSTATE:
		return dfut_sim_dfu_answer_state(setup, data, dfu->state);
	case DFUT_SIM_DFU_CLRSTATUS:
	case DFUT_SIM_DFU_ABORT:
		return dfut_sim_dfu_reset_tinyusb(dfu);
	}
	return DFUT_ERROR_DEVICE;
}
