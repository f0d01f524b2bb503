/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* DFU mode (USB DFU 1.1, appendix A) of a bootloader with one memory. */

#include <string.h>

#include "sim/parts/loader.h"

#define BLOCK_MS 4
#define MANIFEST_MS 20

static int refuse(struct dfut_sim_dfu_store *store, uint8_t status)
{
	store->state = DFU_ERROR;
	store->status = status;
	return DFUT_ERROR_DEVICE;
}

static uint64_t get_now_us(const struct dfut_sim_dfu_store *store)
{
	return dfut_sim_device_get_time_us(store->rules.device);
}

/* Work whose time has passed is done. */
static void settle(struct dfut_sim_dfu_store *store)
{
	if (get_now_us(store) < store->work_until_us)
		return;
	if (store->state == DFU_DNBUSY)
		store->state = DFU_DNLOAD_SYNC;
	if (store->state != DFU_MANIFEST)
		return;
	store->is_valid = 1;
	store->is_manifested = true;
	store->state = DFU_MANIFEST_SYNC;
}

/* Transfers. */

static int download(struct dfut_sim_dfu_store *store, const struct dfut_sim_setup *setup, const uint8_t *data)
{
	if (setup->length > store->rules.transfer_size || (setup->length == 0 && store->state == DFU_IDLE))
		return refuse(store, ERR_STALLEDPKT);
	if (setup->length == 0) {
		store->is_manifested = false;
		store->state = DFU_MANIFEST_SYNC;
		return 0;
	}
	if (store->state == DFU_IDLE) {
		memset(store->memory, DFUT_SIM_ERASED, store->size);
		store->offset = 0;
		store->is_valid = 0;
	}
	if (setup->length > store->size - store->offset)
		return refuse(store, ERR_ADDRESS);
	memcpy(store->memory + store->offset, data, setup->length);
	store->offset += setup->length;
	store->work_until_us = 0;
	store->state = DFU_DNLOAD_SYNC;
	return setup->length;
}

static int upload(struct dfut_sim_dfu_store *store, const struct dfut_sim_setup *setup, uint8_t *data)
{
	uint32_t size;

	if (setup->length > store->rules.transfer_size)
		return refuse(store, ERR_STALLEDPKT);
	if (store->state == DFU_IDLE)
		store->offset = 0;
	size = store->size - store->offset;
	size = size < setup->length ? size : setup->length;
	if (size)
		memcpy(data, store->memory + store->offset, size);
	store->offset += size;
	store->state = size < setup->length ? DFU_IDLE : DFU_UPLOAD_IDLE;
	return (int)size;
}

/* Status. */

static uint32_t begin_work(struct dfut_sim_dfu_store *store, uint8_t state, uint32_t ms)
{
	store->state = state;
	store->work_until_us = get_now_us(store) + ms * DFUT_SIM_US_PER_MS;
	return ms;
}

static uint32_t sync(struct dfut_sim_dfu_store *store)
{
	if (store->state == DFU_DNLOAD_SYNC && store->work_until_us == 0)
		return begin_work(store, DFU_DNBUSY, BLOCK_MS);
	if (store->state == DFU_DNLOAD_SYNC)
		store->state = DFU_DNLOAD_IDLE;
	if (store->state == DFU_MANIFEST_SYNC && !store->is_manifested)
		return begin_work(store, DFU_MANIFEST, MANIFEST_MS);
	if (store->state == DFU_MANIFEST_SYNC)
		store->state = DFU_IDLE;
	return 0;
}

static int get_status(struct dfut_sim_dfu_store *store, const struct dfut_sim_setup *setup, uint8_t *data)
{
	struct dfut_sim_dfu_answer answer = { .poll_ms = sync(store) };

	answer.status = store->status;
	answer.state = store->state;
	return dfut_sim_dfu_answer_status(&store->rules, setup, data, &answer);
}

/* Requests. */

static int answer_idle(struct dfut_sim_dfu_store *store, const struct dfut_sim_setup *setup, uint8_t *data)
{
	if (setup->request == DFUT_SIM_DFU_ABORT) {
		store->state = DFU_IDLE;
		return 0;
	}
	if (setup->request == DFUT_SIM_DFU_DNLOAD && store->state != DFU_UPLOAD_IDLE)
		return download(store, setup, data);
	if (setup->request == DFUT_SIM_DFU_UPLOAD && store->state != DFU_DNLOAD_IDLE)
		return upload(store, setup, data);
	return refuse(store, ERR_STALLEDPKT);
}

static int answer_error(struct dfut_sim_dfu_store *store, const struct dfut_sim_setup *setup)
{
	if (setup->request != DFUT_SIM_DFU_CLRSTATUS)
		return DFUT_ERROR_DEVICE;
	store->state = DFU_IDLE;
	store->status = STATUS_OK;
	return 0;
}

int dfut_sim_dfu_store_answer(struct dfut_sim_dfu_store *store, const struct dfut_sim_setup *setup, uint8_t *data)
{
	settle(store);
	dfut_sim_dfu_rules_check(&store->rules, setup, store->state, store->status);
	if (!dfut_sim_is_dfu_request(setup))
		return DFUT_ERROR_DEVICE;
	if (store->state == DFU_DNBUSY || store->state == DFU_MANIFEST)
		return refuse(store, ERR_STALLEDPKT);
	if (setup->request == DFUT_SIM_DFU_GETSTATUS)
		return get_status(store, setup, data);
	if (setup->request == DFUT_SIM_DFU_GETSTATE)
		return dfut_sim_dfu_answer_state(setup, data, store->state);
	if (store->state == DFU_ERROR)
		return answer_error(store, setup);
	if (store->state == DFU_DNLOAD_SYNC || store->state == DFU_MANIFEST_SYNC)
		return refuse(store, ERR_STALLEDPKT);
	return answer_idle(store, setup, data);
}

bool dfut_sim_dfu_store_bus_reset(struct dfut_sim_dfu_store *store)
{
	settle(store);
	dfut_sim_dfu_rules_check_reset(&store->rules, store->state);
	store->state = store->is_valid ? DFU_IDLE : DFU_ERROR;
	store->status = store->is_valid ? STATUS_OK : ERR_FIRMWARE;
	return store->is_valid;
}

void dfut_sim_dfu_store_start(struct dfut_sim_dfu_store *store, struct dfut_sim_device *device,
			      const struct dfut_sim_dfu_layout *layout)
{
	store->rules = (struct dfut_sim_dfu_rules){ .device = device, .transfer_size = layout->transfer_size };
	store->rules.attributes = layout->attributes;
	store->state = store->is_valid ? DFU_IDLE : DFU_ERROR;
	store->status = store->is_valid ? STATUS_OK : ERR_FIRMWARE;
	store->work_until_us = 0;
	store->offset = 0;
}
