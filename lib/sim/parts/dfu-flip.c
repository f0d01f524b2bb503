/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Atmel's or LUFA's bootloader of an ATmega32U4 (Atmel doc7618), whose requests are DFU's: DNLOAD carries commands, of which
 * 04 00 ff erases the chip. What is no command is noted: plain DFU would look like that.
 */

#include <string.h>

#include "sim/parts/dfu-device.h"

#define HEADER_SIZE 32
#define COMMAND_SIZE 6

void dfut_sim_dfu_take_flip(struct dfut_sim_dfu *dfu)
{
	dfu->options.vendor_id = 0x03eb;
	dfu->options.product_id = 0x2ff4;
	dfu->options.transfer_size = 0x0c00;
	dfu->options.size = 0x7000;
	dfu->options.will_detach = false;
}

static uint16_t get_be16(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

/* The end is the last byte, not what follows. False if that is no part of the flash. */
static bool take_range(const struct dfut_sim_dfu *dfu, const uint8_t *data, uint32_t *from, uint32_t *size)
{
	uint32_t end = get_be16(data + 4);

	*from = get_be16(data + 2);
	*size = end - *from + 1;
	return end >= *from && end < dfu->options.size;
}

static void program(struct dfut_sim_dfu *dfu, const uint8_t *data, uint16_t length)
{
	uint32_t from, size;

	if (take_range(dfu, data, &from, &size) && length >= HEADER_SIZE && size <= length - (uint32_t)HEADER_SIZE)
		memcpy(dfut_sim_dfu_get_memory(dfu) + from, data + HEADER_SIZE, size);
}

static int download(struct dfut_sim_dfu *dfu, const struct dfut_sim_setup *setup, const uint8_t *data)
{
	uint32_t from, size;

	dfu->state = setup->length ? DFU_DNLOAD_IDLE : DFU_IDLE;
	if (setup->length >= 3 && memcmp(data, "\x04\x00\xff", 3) == 0) {
		memset(dfut_sim_dfu_get_memory(dfu), DFUT_SIM_DFU_ERASED, dfu->options.size);
	} else if (setup->length >= COMMAND_SIZE && data[0] == 1 && data[1] == 0) {
		program(dfu, data, setup->length);
	} else if (setup->length >= COMMAND_SIZE && data[0] == 3 && data[1] == 0) {
		dfu->offset = take_range(dfu, data, &from, &size) ? from : dfu->options.size;
	} else if (setup->length && data[0] != 4 && data[0] != 5 && data[0] != 6) {
		dfut_sim_device_breach(dfu->device, "%s: DNLOAD of 0x%02x and %u bytes, no command (doc7618)",
				       dfut_sim_dfu_state_get_name(dfu->state), data[0], setup->length);
	}
	return setup->length;
}

static int upload(struct dfut_sim_dfu *dfu, const struct dfut_sim_setup *setup, uint8_t *data)
{
	uint32_t left = dfu->options.size - dfu->offset;
	uint32_t size = left < setup->length ? left : setup->length;

	if (size)
		memcpy(data, dfut_sim_dfu_get_memory(dfu) + dfu->offset, size);
	dfu->offset += size;
	return (int)size;
}

int dfut_sim_dfu_answer_flip(struct dfut_sim_dfu *dfu, const struct dfut_sim_setup *setup, uint8_t *data)
{
	switch ((enum dfut_sim_dfu_request)setup->request) {
	case DFUT_SIM_DFU_DNLOAD:
		return download(dfu, setup, data);
	case DFUT_SIM_DFU_UPLOAD:
		return upload(dfu, setup, data);
	case DFUT_SIM_DFU_GETSTATUS:
		return dfut_sim_dfu_tell_status(dfu, setup, data, 0);
	case DFUT_SIM_DFU_GETSTATE:
		return dfut_sim_dfu_answer_state(setup, data, dfu->state);
	case DFUT_SIM_DFU_CLRSTATUS:
	case DFUT_SIM_DFU_ABORT:
		dfu->state = DFU_IDLE;
		return 0;
	case DFUT_SIM_DFU_DETACH:
		break;
	}
	return DFUT_ERROR_DEVICE;
}
