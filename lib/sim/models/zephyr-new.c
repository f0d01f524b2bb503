/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Zephyr's new USB stack: usbd_dfu.c with usbd_dfu_flash.c. Each request first decides the next state, then has its effect,
 * then the state changes: that is why a GETSTATUS tells the state before.
 */

#include "sim/models/zephyr.h"

static int refuse_new(struct dfut_sim_zephyr *zephyr, uint8_t status)
{
	zephyr->next = DFU_ERROR;
	zephyr->status = status;
	return DFUT_ERROR_DEVICE;
}

static int decide_app(struct dfut_sim_zephyr *zephyr, const struct dfut_sim_setup *setup)
{
	if (dfut_sim_zephyr_is_question(setup))
		return 0;
	if (setup->request != DFUT_SIM_DFU_DETACH || zephyr->state != APP_IDLE)
		return DFUT_ERROR_DEVICE;
	zephyr->next = APP_DETACH;
	return 0;
}

static int decide_idle(struct dfut_sim_zephyr *zephyr, const struct dfut_sim_setup *setup)
{
	bool is_upload_refused = !zephyr->options.upload || setup->length > zephyr->options.transfer_size;

	switch (setup->request) {
	case DFUT_SIM_DFU_DNLOAD:
		if (setup->length == 0)
			return refuse_new(zephyr, ERR_STALLEDPKT);
		zephyr->next = DFU_DNLOAD_SYNC;
		return 0;
	case DFUT_SIM_DFU_UPLOAD:
		if (is_upload_refused)
			return refuse_new(zephyr, ERR_STALLEDPKT);
		zephyr->next = DFU_UPLOAD_IDLE;
		return 0;
	case DFUT_SIM_DFU_ABORT:
		return 0;
	default:
		return dfut_sim_zephyr_is_question(setup) ? 0 : refuse_new(zephyr, ERR_STALLEDPKT);
	}
}

static int decide_dnload_idle(struct dfut_sim_zephyr *zephyr, const struct dfut_sim_setup *setup)
{
	if (setup->request == DFUT_SIM_DFU_DNLOAD)
		zephyr->next = setup->length ? DFU_DNLOAD_SYNC : DFU_MANIFEST_SYNC;
	else if (setup->request == DFUT_SIM_DFU_ABORT)
		zephyr->next = DFU_IDLE;
	else if (!dfut_sim_zephyr_is_question(setup))
		return refuse_new(zephyr, ERR_STALLEDPKT);
	return 0;
}

static int decide_upload_idle(struct dfut_sim_zephyr *zephyr, const struct dfut_sim_setup *setup)
{
	if (setup->request == DFUT_SIM_DFU_UPLOAD && setup->length > zephyr->options.transfer_size)
		return refuse_new(zephyr, ERR_STALLEDPKT);
	if (setup->request == DFUT_SIM_DFU_ABORT)
		zephyr->next = DFU_IDLE;
	else if (setup->request != DFUT_SIM_DFU_UPLOAD && !dfut_sim_zephyr_is_question(setup))
		return refuse_new(zephyr, ERR_STALLEDPKT);
	return 0;
}

/* CONFIG_USB_DFU_REBOOT has no counterpart there: an application that reboots when its download is complete. */
static void complete_new(struct dfut_sim_zephyr *zephyr)
{
	dfut_sim_zephyr_request_upgrade(zephyr);
	zephyr->next = zephyr->options.tolerant ? DFU_IDLE : DFU_MANIFEST;
	if (zephyr->options.reboot)
		dfut_sim_device_set_timer(zephyr->device, DFUT_SIM_ZEPHYR_TIMER_REBOOT,
					  DFUT_SIM_ZEPHYR_REBOOT_MS * DFUT_SIM_US_PER_MS);
}

static int decide_sync(struct dfut_sim_zephyr *zephyr, const struct dfut_sim_setup *setup)
{
	if (!dfut_sim_zephyr_is_question(setup))
		return refuse_new(zephyr, ERR_STALLEDPKT);
	if (setup->request != DFUT_SIM_DFU_GETSTATUS)
		return 0;
	if (zephyr->state == DFU_MANIFEST_SYNC)
		complete_new(zephyr);
	else
		zephyr->next = DFU_DNLOAD_IDLE;
	return 0;
}

static int decide_error(struct dfut_sim_zephyr *zephyr, const struct dfut_sim_setup *setup)
{
	if (dfut_sim_zephyr_is_question(setup))
		return 0;
	if (setup->request != DFUT_SIM_DFU_CLRSTATUS)
		return DFUT_ERROR_DEVICE;
	zephyr->next = DFU_IDLE;
	zephyr->status = STATUS_OK;
	return 0;
}

static int decide_new(struct dfut_sim_zephyr *zephyr, const struct dfut_sim_setup *setup)
{
	switch ((enum dfut_sim_dfu_state)zephyr->state) {
	case APP_IDLE:
	case APP_DETACH:
		return decide_app(zephyr, setup);
	case DFU_IDLE:
		return decide_idle(zephyr, setup);
	case DFU_DNLOAD_SYNC:
	case DFU_DNBUSY:
	case DFU_MANIFEST_SYNC:
		return decide_sync(zephyr, setup);
	case DFU_DNLOAD_IDLE:
		return decide_dnload_idle(zephyr, setup);
	case DFU_MANIFEST:
		zephyr->next = DFU_MANIFEST_WAIT_RESET;
		return 0;
	case DFU_MANIFEST_WAIT_RESET:
		return 0;
	case DFU_UPLOAD_IDLE:
		return decide_upload_idle(zephyr, setup);
	case DFU_ERROR:
		return decide_error(zephyr, setup);
	}
	return DFUT_ERROR_DEVICE;
}

/* usbd_dfu_flash.c: whatever the alternate setting is, flash_img writes to its own slot. */
static int download_new(struct dfut_sim_zephyr *zephyr, const struct dfut_sim_setup *setup, const uint8_t *data)
{
	int pages;

	if (setup->value == 0) {
		dfut_sim_zephyr_begin_image(zephyr);
		zephyr->last_block = 0;
		if (setup->length == 0)
			return 0;
	} else if (zephyr->last_block + 1 != setup->value) {
		return refuse_new(zephyr, ERR_UNKNOWN);
	}
	pages = dfut_sim_zephyr_write(zephyr, data, setup->length);
	if (pages < 0)
		return refuse_new(zephyr, ERR_UNKNOWN);
	zephyr->last_block = setup->value;
	/* Flash is erased and written while the request is handled. */
	dfut_sim_device_delay_answer(zephyr->device, (uint32_t)pages * zephyr->options.erase_ms);
	return setup->length;
}

/* An error of the flash backend reaches the host as a block of nothing. */
static int upload_new(struct dfut_sim_zephyr *zephyr, const struct dfut_sim_setup *setup, uint8_t *data)
{
	int given;

	if (setup->length == 0)
		return 0;
	if (setup->value == 0) {
		zephyr->uploaded = 0;
	} else if (zephyr->last_block + 1 != setup->value) {
		refuse_new(zephyr, ERR_UNKNOWN);
		return 0;
	}
	/* The counter adds what was asked for, so it runs past the end behind a short block. */
	if (zephyr->uploaded > zephyr->options.slot_size) {
		refuse_new(zephyr, ERR_UNKNOWN);
		return 0;
	}
	given = dfut_sim_zephyr_read_slot(zephyr, zephyr->uploaded, setup->length, data);
	zephyr->last_block = setup->value;
	zephyr->uploaded += setup->length;
	return given;
}

static int answer_new(struct dfut_sim_zephyr *zephyr, const struct dfut_sim_setup *setup, uint8_t *data)
{
	switch ((enum dfut_sim_dfu_request)setup->request) {
	case DFUT_SIM_DFU_DETACH:
		if (zephyr->next == APP_DETACH)
			dfut_sim_device_set_timer(zephyr->device, DFUT_SIM_ZEPHYR_TIMER_DETACH,
						  zephyr->options.detach_ms * DFUT_SIM_US_PER_MS);
		return 0;
	case DFUT_SIM_DFU_DNLOAD:
		return zephyr->state == DFU_MANIFEST_WAIT_RESET ? setup->length : download_new(zephyr, setup, data);
	case DFUT_SIM_DFU_UPLOAD:
		return zephyr->state == DFU_MANIFEST_WAIT_RESET ? 0 : upload_new(zephyr, setup, data);
	case DFUT_SIM_DFU_GETSTATUS:
		return setup->length == DFUT_SIM_GETSTATUS_SIZE ? dfut_sim_zephyr_answer_status(zephyr, setup, data) :
								  0;
	case DFUT_SIM_DFU_GETSTATE:
		return setup->length == DFUT_SIM_GETSTATE_SIZE ? dfut_sim_dfu_answer_state(setup, data, zephyr->state) :
								 0;
	case DFUT_SIM_DFU_CLRSTATUS:
	case DFUT_SIM_DFU_ABORT:
		return 0;
	}
	return 0;
}

int dfut_sim_zephyr_new_control(struct dfut_sim_zephyr *zephyr, const struct dfut_sim_setup *setup, uint8_t *data)
{
	int result;

	if (setup->request > DFU_ERROR)
		return DFUT_ERROR_DEVICE;
	zephyr->next = zephyr->state;
	result = decide_new(zephyr, setup);
	if (result == 0)
		result = answer_new(zephyr, setup, data);
	zephyr->state = zephyr->next;
	return result;
}
