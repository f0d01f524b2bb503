/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Zephyr's legacy USB stack: usb_dfu.c. */

#include <string.h>

#include "sim/models/zephyr.h"

#define WORK_US 1000

static int refuse_legacy(struct dfut_sim_zephyr *zephyr, uint8_t status)
{
	zephyr->state = DFU_ERROR;
	zephyr->status = status;
	return DFUT_ERROR_DEVICE;
}

static void reset_counters(struct dfut_sim_zephyr *zephyr)
{
	zephyr->uploaded = 0;
	zephyr->last_block = 0;
	dfut_sim_zephyr_begin_image(zephyr);
}

static bool is_app_state(const struct dfut_sim_zephyr *zephyr)
{
	return zephyr->state == APP_IDLE || zephyr->state == APP_DETACH;
}

static int status_legacy(struct dfut_sim_zephyr *zephyr, const struct dfut_sim_setup *setup, uint8_t *data)
{
	if (zephyr->state == DFU_MANIFEST_SYNC && zephyr->options.reboot) {
		zephyr->state = DFU_MANIFEST_WAIT_RESET;
		dfut_sim_device_set_timer(zephyr->device, DFUT_SIM_ZEPHYR_TIMER_REBOOT,
					  DFUT_SIM_ZEPHYR_REBOOT_MS * DFUT_SIM_US_PER_MS);
	} else if (zephyr->state == DFU_MANIFEST_SYNC) {
		zephyr->state = DFU_IDLE;
	}
	return dfut_sim_zephyr_answer_status(zephyr, setup, data);
}

static int upload_legacy(struct dfut_sim_zephyr *zephyr, const struct dfut_sim_setup *setup, uint8_t *data)
{
	uint32_t wanted = setup->length < zephyr->options.transfer_size ? setup->length : zephyr->options.transfer_size;
	int given;

	if (!zephyr->options.upload)
		return refuse_legacy(zephyr, ERR_STALLEDPKT);
	if (zephyr->state == DFU_IDLE)
		reset_counters(zephyr);
	else if (zephyr->state != DFU_UPLOAD_IDLE)
		return refuse_legacy(zephyr, ERR_UNKNOWN);
	if (setup->length == 0 || (uint16_t)zephyr->last_block != setup->value)
		return refuse_legacy(zephyr, ERR_UNKNOWN);
	given = dfut_sim_zephyr_read_slot(zephyr, zephyr->uploaded, wanted, data);
	zephyr->uploaded += (uint32_t)given;
	zephyr->last_block++;
	zephyr->state = DFU_UPLOAD_IDLE;
	if (zephyr->uploaded < zephyr->options.slot_size || given == setup->length)
		return given;
	/* The short block at the end never gets out. */
	zephyr->state = DFU_IDLE;
	return 0;
}

/* The worker's queue: the request is answered at once, the work takes its time. */
static int download_legacy(struct dfut_sim_zephyr *zephyr, const struct dfut_sim_setup *setup, const uint8_t *data)
{
	uint64_t work_us = WORK_US;

	if (zephyr->state != DFU_IDLE && zephyr->state != DFU_DNLOAD_IDLE)
		return refuse_legacy(zephyr, ERR_UNKNOWN);
	if (setup->length > zephyr->options.transfer_size)
		return DFUT_ERROR_DEVICE;
	zephyr->is_first_work = zephyr->state == DFU_IDLE;
	if (zephyr->is_first_work) {
		reset_counters(zephyr);
		work_us += (uint64_t)zephyr->options.slot_size / DFUT_SIM_ZEPHYR_PAGE_SIZE * zephyr->options.erase_ms *
			   DFUT_SIM_US_PER_MS;
	}
	if (zephyr->is_first_work && zephyr->slot != dfut_sim_zephyr_get_download_slot(zephyr)) {
		refuse_legacy(zephyr, ERR_WRITE);
		return setup->length;
	}
	zephyr->state = DFU_DNBUSY;
	zephyr->work_length = setup->length;
	if (setup->length)
		memcpy(zephyr->work, data, setup->length);
	dfut_sim_device_set_timer(zephyr->device, DFUT_SIM_ZEPHYR_TIMER_WORK, work_us);
	return setup->length;
}

void dfut_sim_zephyr_legacy_work(struct dfut_sim_zephyr *zephyr)
{
	bool is_busy = zephyr->state == DFU_DNBUSY;

	if (zephyr->is_first_work)
		dfut_sim_zephyr_erase_until(zephyr, zephyr->options.slot_size);
	if (dfut_sim_zephyr_write(zephyr, zephyr->work, zephyr->work_length) < 0) {
		refuse_legacy(zephyr, ERR_WRITE);
		return;
	}
	if (zephyr->work_length == 0) {
		reset_counters(zephyr);
		dfut_sim_zephyr_request_upgrade(zephyr);
	}
	/* Whoever aborted meanwhile is in dfuIDLE; the real worker takes no notice of that. */
	if (is_busy)
		zephyr->state = zephyr->work_length ? DFU_DNLOAD_IDLE : DFU_MANIFEST_SYNC;
}

static int detach_legacy(struct dfut_sim_zephyr *zephyr, const struct dfut_sim_setup *setup)
{
	uint32_t window_ms = dfut_sim_zephyr_get_detach_timeout_ms(zephyr);

	if (zephyr->state != APP_IDLE) {
		zephyr->state = APP_IDLE;
		return DFUT_ERROR_DEVICE;
	}
	zephyr->state = APP_DETACH;
	if (!zephyr->options.will_detach && setup->value < window_ms)
		window_ms = setup->value;
	dfut_sim_device_set_timer(zephyr->device, DFUT_SIM_ZEPHYR_TIMER_DETACH, window_ms * DFUT_SIM_US_PER_MS);
	return 0;
}

static int clear_legacy(struct dfut_sim_zephyr *zephyr, const struct dfut_sim_setup *setup)
{
	if (setup->request == DFUT_SIM_DFU_ABORT)
		reset_counters(zephyr);
	zephyr->state = DFU_IDLE;
	zephyr->status = STATUS_OK;
	return 0;
}

int dfut_sim_zephyr_legacy_control(struct dfut_sim_zephyr *zephyr, const struct dfut_sim_setup *setup, uint8_t *data)
{
	bool is_refused = setup->request > DFUT_SIM_DFU_ABORT;

	if (setup->request == DFUT_SIM_DFU_GETSTATUS)
		return status_legacy(zephyr, setup, data);
	if (setup->request == DFUT_SIM_DFU_GETSTATE)
		return dfut_sim_dfu_answer_state(setup, data, zephyr->state);
	if (setup->request == DFUT_SIM_DFU_DETACH)
		return detach_legacy(zephyr, setup);
	if (setup->request == DFUT_SIM_DFU_UPLOAD && !zephyr->options.upload)
		return refuse_legacy(zephyr, ERR_STALLEDPKT);
	if (is_refused)
		return DFUT_ERROR_DEVICE;
	if (is_app_state(zephyr)) {
		zephyr->state = APP_IDLE;
		return DFUT_ERROR_DEVICE;
	}
	if (setup->request == DFUT_SIM_DFU_UPLOAD)
		return upload_legacy(zephyr, setup, data);
	if (setup->request == DFUT_SIM_DFU_DNLOAD)
		return download_legacy(zephyr, setup, data);
	return clear_legacy(zephyr, setup);
}
