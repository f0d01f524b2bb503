/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* DFU mode by the specification (USB DFU 1.1, A.2.3 to A.2.13). */

#include <string.h>

#include "sim/parts/dfu-device.h"

/* Goes to dfuERROR and stalls: "E" of the transition table. */
static int refuse(struct dfut_sim_dfu *dfu, uint8_t status)
{
	dfu->state = DFU_ERROR;
	dfu->status = status;
	return DFUT_ERROR_DEVICE;
}

/* Memory. */

static int program(struct dfut_sim_dfu *dfu, const uint8_t *data, uint16_t length)
{
	uint8_t *memory = dfut_sim_dfu_get_memory(dfu);

	if (dfu->state == DFU_IDLE) {
		dfu->offset = 0;
		if (dfu->options.erases)
			memset(memory, DFUT_SIM_DFU_ERASED, dfu->options.size);
		dfu->firmware_valid = 0;
	}
	if (length > dfu->options.size - dfu->offset)
		return refuse(dfu, ERR_ADDRESS);
	/* Zeros of a large memory stay what the system has not even given yet. */
	if (memcmp(memory + dfu->offset, data, length) != 0)
		memcpy(memory + dfu->offset, data, length);
	dfu->offset += length;
	dfu->state = DFU_DNLOAD_SYNC;
	dfu->busy_left = dfu->options.busy;
	return length;
}

int dfut_sim_dfu_download(struct dfut_sim_dfu *dfu, const struct dfut_sim_setup *setup, const uint8_t *data)
{
	if (!dfu->options.download || setup->length > dfu->rules.transfer_size)
		return refuse(dfu, ERR_STALLEDPKT);
	if (setup->length)
		return program(dfu, data, setup->length);
	if (dfu->state == DFU_IDLE && dfu->options.flavour != DFUT_SIM_DFU_FLAVOUR_TINYUSB)
		return refuse(dfu, ERR_STALLEDPKT);
	dfu->state = DFU_MANIFEST_SYNC;
	dfu->is_manifested = false;
	return 0;
}

uint32_t dfut_sim_dfu_read(const struct dfut_sim_dfu *dfu, uint64_t offset, uint32_t wanted, uint8_t *data)
{
	const uint8_t *memory = dfut_sim_dfu_get_memory(dfu);
	uint64_t size = dfu->options.size;

	if (dfu->options.reads == DFUT_SIM_DFU_READS_EMPTY)
		return 0;
	if (dfu->options.reads == DFUT_SIM_DFU_READS_ENDLESS) {
		for (uint32_t i = 0; i < wanted; i++)
			data[i] = memory[(offset + i) % size];
		return wanted;
	}
	if (offset >= size)
		return 0;
	wanted = size - offset < wanted ? (uint32_t)(size - offset) : wanted;
	memcpy(data, memory + offset, wanted);
	return wanted;
}

static int upload(struct dfut_sim_dfu *dfu, const struct dfut_sim_setup *setup, uint8_t *data)
{
	uint32_t length;

	if (!(dfu->rules.attributes & DFUT_DFU_CAN_UPLOAD) || setup->length > dfu->rules.transfer_size)
		return refuse(dfu, ERR_STALLEDPKT);
	if (!dfu->options.readable)
		return refuse(dfu, ERR_VENDOR);
	if (dfu->state == DFU_IDLE)
		dfu->offset = 0;
	length = dfut_sim_dfu_read(dfu, dfu->offset, setup->length, data);
	dfu->offset += length;
	dfu->state = length < setup->length ? DFU_IDLE : DFU_UPLOAD_IDLE;
	return (int)length;
}

/* Status. */

int dfut_sim_dfu_tell_status(struct dfut_sim_dfu *dfu, const struct dfut_sim_setup *setup, uint8_t *data,
			     uint32_t poll_ms)
{
	struct dfut_sim_dfu_answer answer = { dfu->status, poll_ms, dfu->state };

	return dfut_sim_dfu_answer_status(&dfu->rules, setup, data, &answer);
}

static uint32_t sync_download(struct dfut_sim_dfu *dfu)
{
	if (dfu->busy_left == 0) {
		dfu->state = DFU_DNLOAD_IDLE;
		return 0;
	}
	dfu->busy_left--;
	dfu->state = DFU_DNBUSY;
	dfut_sim_device_set_timer(dfu->device, DFUT_SIM_DFU_TIMER_WORK, dfu->options.poll_ms * DFUT_SIM_US_PER_MS);
	return dfu->options.poll_ms;
}

static uint32_t get_manifest_poll_ms(const struct dfut_sim_dfu *dfu)
{
	return dfu->options.manifest_poll_ms == DFUT_SIM_DFU_HONEST ? dfu->options.manifest_ms :
								      dfu->options.manifest_poll_ms;
}

static uint32_t sync_manifest(struct dfut_sim_dfu *dfu)
{
	if (dfu->is_manifested) {
		dfu->state = DFU_IDLE;
		return 0;
	}
	dfu->state = DFU_MANIFEST;
	dfut_sim_device_set_timer(dfu->device, DFUT_SIM_DFU_TIMER_WORK, dfu->options.manifest_ms * DFUT_SIM_US_PER_MS);
	return get_manifest_poll_ms(dfu);
}

uint32_t dfut_sim_dfu_sync(struct dfut_sim_dfu *dfu)
{
	if (dfu->state == DFU_DNLOAD_SYNC)
		return sync_download(dfu);
	if (dfu->state == DFU_MANIFEST_SYNC)
		return sync_manifest(dfu);
	return 0;
}

void dfut_sim_dfu_finish_work(struct dfut_sim_dfu *dfu)
{
	if (dfu->state == DFU_DNBUSY) {
		dfu->state = DFU_DNLOAD_SYNC;
		return;
	}
	if (dfu->state != DFU_MANIFEST)
		return;
	dfu->firmware_valid = 1;
	dfu->is_manifested = true;
	dfu->state = dfu->options.tolerant ? DFU_MANIFEST_SYNC : DFU_MANIFEST_WAIT_RESET;
	if (dfu->options.tolerant || !dfu->options.will_detach)
		return;
	dfut_sim_dfu_start_application(dfu);
}

/* One function for each state, or for states that are alike. */

static int answer_idle(struct dfut_sim_dfu *dfu, const struct dfut_sim_setup *setup, uint8_t *data)
{
	switch (setup->request) {
	case DFUT_SIM_DFU_DNLOAD:
		return dfut_sim_dfu_download(dfu, setup, data);
	case DFUT_SIM_DFU_UPLOAD:
		return upload(dfu, setup, data);
	case DFUT_SIM_DFU_ABORT:
		return 0;
	default:
		return refuse(dfu, ERR_STALLEDPKT);
	}
}

static int answer_transfer_idle(struct dfut_sim_dfu *dfu, const struct dfut_sim_setup *setup, uint8_t *data)
{
	if (setup->request == DFUT_SIM_DFU_ABORT) {
		dfu->state = DFU_IDLE;
		return 0;
	}
	if (setup->request == DFUT_SIM_DFU_DNLOAD && dfu->state == DFU_DNLOAD_IDLE)
		return dfut_sim_dfu_download(dfu, setup, data);
	if (setup->request == DFUT_SIM_DFU_UPLOAD && dfu->state == DFU_UPLOAD_IDLE)
		return upload(dfu, setup, data);
	return refuse(dfu, ERR_STALLEDPKT);
}

static int answer_error(struct dfut_sim_dfu *dfu, const struct dfut_sim_setup *setup)
{
	if (setup->request != DFUT_SIM_DFU_CLRSTATUS)
		return DFUT_ERROR_DEVICE;
	dfu->state = DFU_IDLE;
	dfu->status = STATUS_OK;
	return 0;
}

static bool is_busy(const struct dfut_sim_dfu *dfu)
{
	return dfu->state == DFU_DNBUSY || dfu->state == DFU_MANIFEST;
}

int dfut_sim_dfu_answer_mode(struct dfut_sim_dfu *dfu, const struct dfut_sim_setup *setup, uint8_t *data)
{
	/* Whoever names a time that is not the real one must answer. */
	if (dfu->state == DFU_MANIFEST && dfu->options.manifest_poll_ms != DFUT_SIM_DFU_HONEST &&
	    setup->request == DFUT_SIM_DFU_GETSTATUS)
		return dfut_sim_dfu_tell_status(dfu, setup, data, get_manifest_poll_ms(dfu));
	if (is_busy(dfu))
		return refuse(dfu, ERR_STALLEDPKT);
	if (setup->request == DFUT_SIM_DFU_GETSTATUS) {
		uint32_t poll_ms = dfut_sim_dfu_sync(dfu);

		return dfut_sim_dfu_tell_status(dfu, setup, data, poll_ms);
	}
	if (setup->request == DFUT_SIM_DFU_GETSTATE)
		return dfut_sim_dfu_answer_state(setup, data, dfu->state);
	switch ((enum dfut_sim_dfu_state)dfu->state) {
	case DFU_IDLE:
		return answer_idle(dfu, setup, data);
	case DFU_DNLOAD_IDLE:
	case DFU_UPLOAD_IDLE:
		return answer_transfer_idle(dfu, setup, data);
	case DFU_ERROR:
		return answer_error(dfu, setup);
	case DFU_MANIFEST_WAIT_RESET:
		return DFUT_ERROR_DEVICE;
	case APP_IDLE:
	case APP_DETACH:
	case DFU_DNLOAD_SYNC:
	case DFU_DNBUSY:
	case DFU_MANIFEST_SYNC:
	case DFU_MANIFEST:
		break;
	}
	return refuse(dfu, ERR_STALLEDPKT);
}
