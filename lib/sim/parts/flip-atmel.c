/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Atmel's bootloaders: the first version of FLIP in AVR (doc7618; what it says for its security by avrdude, flip1.c), the
 * second in XMEGA and UC3, which has units of memory (doc8457; ASF, udi_dfu_atmel.c).
 */

#include <string.h>

#include "sim/parts/flip.h"

#define COMMAND(group, command) ((group) << 8 | (command))
#define ERASE_ALL 0xff

static bool is_second_version(const struct dfut_sim_flip *flip)
{
	return flip->part->family != DFUT_SIM_FLIP_AVR;
}

static int refuse(struct dfut_sim_flip *flip, uint8_t status, uint8_t state)
{
	flip->status = status;
	flip->state = state;
	return DFUT_ERROR_DEVICE;
}

static int stall(struct dfut_sim_flip *flip)
{
	return refuse(flip, ERR_STALLEDPKT, DFU_ERROR);
}

/* The first version says dfuERROR, the second one that it is idle. */
static int refuse_protected(struct dfut_sim_flip *flip)
{
	return refuse(flip, ERR_WRITE, is_second_version(flip) ? flip->idle_state : DFU_ERROR);
}

static void reset_protocol(struct dfut_sim_flip *flip)
{
	flip->status = STATUS_OK;
	flip->state = flip->idle_state;
	flip->answer = DFUT_SIM_FLIP_NOTHING;
}

/* The range of the message, in the unit. Returns false if it is not there. */
static bool take_range(struct dfut_sim_flip *flip, const struct dfut_sim_flip_memory *memory)
{
	uint32_t from = flip->base + dfut_sim_flip_get_first(flip->message);
	uint32_t last = flip->base + dfut_sim_flip_get_last(flip->message);

	if (last < from || last >= memory->size) {
		refuse(flip, ERR_ADDRESS, DFU_ERROR);
		return false;
	}
	flip->from = from;
	flip->size = last - from + 1;
	return true;
}

static bool is_closed(const struct dfut_sim_flip *flip, const struct dfut_sim_flip_memory *memory)
{
	return flip->is_secure && memory->is_guarded;
}

static int program(struct dfut_sim_flip *flip, const uint8_t *data, uint16_t length)
{
	struct dfut_sim_flip_memory memory = dfut_sim_flip_get_unit(flip, flip->unit);
	uint32_t header_size = dfut_sim_flip_get_header_size(flip);
	uint32_t suffix_size = is_second_version(flip) ? 0 : DFUT_SIM_FLIP_SUFFIX_SIZE;
	uint32_t offset;

	if (is_closed(flip, &memory))
		return refuse_protected(flip);
	if (!memory.is_writable)
		return refuse(flip, ERR_WRITE, DFU_ERROR);
	if (!take_range(flip, &memory))
		return DFUT_ERROR_DEVICE;
	offset = header_size + flip->from % header_size;
	if (flip->size > DFUT_SIM_FLIP_DATA_LIMIT || length < offset + flip->size + suffix_size)
		return stall(flip);
	dfut_sim_flip_write(flip, flip->unit, flip->from, data + offset, flip->size);
	dfut_sim_flip_take_time(flip, flip->unit, flip->from, flip->size);
	flip->is_status_due = true;
	return length;
}

/* Where it is closed, the command is taken, and what it asks for is not given. */
static int read_memory(struct dfut_sim_flip *flip, uint16_t length)
{
	struct dfut_sim_flip_memory memory = dfut_sim_flip_get_unit(flip, flip->unit);

	if (!take_range(flip, &memory))
		return DFUT_ERROR_DEVICE;
	if (flip->size > DFUT_SIM_FLIP_DATA_LIMIT)
		return stall(flip);
	flip->answer = is_closed(flip, &memory) ? DFUT_SIM_FLIP_PROTECTED : DFUT_SIM_FLIP_MEMORY;
	return length;
}

/* The second version checks a closed memory as well. Its address is past the end afterwards, which may select another 64 KiB. */
static int check_blank(struct dfut_sim_flip *flip, uint16_t length)
{
	struct dfut_sim_flip_memory memory = dfut_sim_flip_get_unit(flip, flip->unit);
	uint32_t at, end;

	if (!is_second_version(flip) && is_closed(flip, &memory))
		return refuse_protected(flip);
	if (!take_range(flip, &memory))
		return DFUT_ERROR_DEVICE;
	end = flip->from + flip->size;
	for (at = flip->from; at < end && memory.bytes[at] == DFUT_SIM_FLIP_ERASED; at++)
		continue;
	if (is_second_version(flip))
		flip->base = at & 0xffff0000;
	if (at == end)
		return length;
	flip->status = DFUT_SIM_FLIP_ERR_CHECK_ERASED;
	flip->from = at;
	flip->answer = DFUT_SIM_FLIP_ADDRESS;
	return length;
}

static int erase(struct dfut_sim_flip *flip, uint16_t length)
{
	if (flip->message[2] != ERASE_ALL)
		return stall(flip);
	dfut_sim_flip_erase(flip);
	return length;
}

static int start(struct dfut_sim_flip *flip, uint16_t length)
{
	flip->is_starting = true;
	return length;
}

/* The first version. */

static int read_id(struct dfut_sim_flip *flip, uint16_t length)
{
	static const uint8_t numbers[] = { 0x30, 0x31, 0x60, 0x61 };
	uint8_t which = flip->message[2];

	flip->base = 0;
	if (flip->message[1] == 0 && which < sizeof(flip->info)) {
		flip->byte = flip->info[which];
		flip->answer = DFUT_SIM_FLIP_BYTE;
	}
	for (size_t i = 0; flip->message[1] == 1 && i < sizeof(numbers); i++) {
		if (which != numbers[i])
			continue;
		flip->byte = flip->signature[i];
		flip->answer = DFUT_SIM_FLIP_BYTE;
	}
	if (flip->has_erased && flip->options.ids == 0)
		flip->byte = DFUT_SIM_FLIP_ERASED;
	return length;
}

static int take_first_version(struct dfut_sim_flip *flip, const uint8_t *data, uint16_t length)
{
	const uint8_t *message = flip->message;
	unsigned int command = COMMAND(message[0], message[1]);

	flip->unit = message[1] == 0 ? DFUT_SIM_FLIP_UNIT_FLASH : DFUT_SIM_FLIP_UNIT_EEPROM;
	switch (command) {
	case COMMAND(DFUT_SIM_FLIP_PROGRAM, 0):
	case COMMAND(DFUT_SIM_FLIP_PROGRAM, 1):
		return program(flip, data, length);
	case COMMAND(DFUT_SIM_FLIP_READ, 0):
	case COMMAND(DFUT_SIM_FLIP_READ, 2):
		return read_memory(flip, length);
	case COMMAND(DFUT_SIM_FLIP_READ, 1):
		flip->unit = DFUT_SIM_FLIP_UNIT_FLASH;
		return check_blank(flip, length);
	case COMMAND(DFUT_SIM_FLIP_WRITE, 0):
		return erase(flip, length);
	case COMMAND(DFUT_SIM_FLIP_WRITE, 3):
		return start(flip, length);
	case COMMAND(DFUT_SIM_FLIP_READ_ID, 0):
	case COMMAND(DFUT_SIM_FLIP_READ_ID, 1):
		return read_id(flip, length);
	case COMMAND(DFUT_SIM_FLIP_SELECT, 3):
		flip->base = (uint32_t)message[3] << 16;
		return length;
	case COMMAND(DFUT_SIM_FLIP_SELECT, 0):
		flip->base = (uint32_t)message[2] << 16;
		return length;
	default:
		return stall(flip);
	}
}

/* The second version. */

static int select_memory(struct dfut_sim_flip *flip, uint16_t length)
{
	const uint8_t *message = flip->message;
	uint32_t base = (uint32_t)message[3] << 24 | (uint32_t)message[4] << 16;

	if (message[2] == 0 && message[3] < DFUT_SIM_FLIP_UNIT_COUNT) {
		flip->unit = message[3];
		flip->base = 0;
		return length;
	}
	if (message[2] != 1 || base >= dfut_sim_flip_get_unit(flip, flip->unit).size)
		return refuse(flip, ERR_ADDRESS, DFU_ERROR);
	flip->base = base;
	return length;
}

static int take_second_version(struct dfut_sim_flip *flip, const uint8_t *data, uint16_t length)
{
	/* So that it comes back here if it is pulled out in the middle. */
	flip->isp_force = flip->part->family == DFUT_SIM_FLIP_UC3;
	switch (COMMAND(flip->message[0], flip->message[1])) {
	case COMMAND(DFUT_SIM_FLIP_PROGRAM, 0):
		return program(flip, data, length);
	case COMMAND(DFUT_SIM_FLIP_READ, 0):
		return read_memory(flip, length);
	case COMMAND(DFUT_SIM_FLIP_READ, 1):
		return check_blank(flip, length);
	case COMMAND(DFUT_SIM_FLIP_WRITE, 0):
		return erase(flip, length);
	case COMMAND(DFUT_SIM_FLIP_WRITE, 3):
		return start(flip, length);
	case COMMAND(DFUT_SIM_FLIP_SELECT, 3):
		return select_memory(flip, length);
	default:
		return stall(flip);
	}
}

/* Requests. */

static int download(struct dfut_sim_flip *flip, const uint8_t *data, uint16_t length)
{
	if (flip->is_starting) {
		flip->isp_force = 0;
		dfut_sim_flip_reset(flip);
		return length;
	}
	if (dfut_sim_flip_is_polled(flip) || (!length && is_second_version(flip)))
		return stall(flip);
	reset_protocol(flip);
	if (!length)
		return 0;
	/* What is missing is what was there before. */
	memcpy(flip->message, data, length < sizeof(flip->message) ? length : sizeof(flip->message));
	return is_second_version(flip) ? take_second_version(flip, data, length) :
					 take_first_version(flip, data, length);
}

static int give(const struct dfut_sim_setup *setup, uint8_t *data, const uint8_t *bytes, uint32_t size)
{
	size = size < setup->length ? size : setup->length;
	if (size)
		memcpy(data, bytes, size);
	return (int)size;
}

static int upload(struct dfut_sim_flip *flip, const struct dfut_sim_setup *setup, uint8_t *data)
{
	const uint8_t address[] = { (uint8_t)(flip->from >> 8), (uint8_t)flip->from };

	switch (flip->answer) {
	case DFUT_SIM_FLIP_NOTHING:
		break;
	case DFUT_SIM_FLIP_MEMORY:
		return give(setup, data, dfut_sim_flip_get_unit(flip, flip->unit).bytes + flip->from, flip->size);
	case DFUT_SIM_FLIP_PROTECTED:
		return refuse_protected(flip);
	case DFUT_SIM_FLIP_BYTE:
		return give(setup, data, &flip->byte, 1);
	case DFUT_SIM_FLIP_ADDRESS:
		return give(setup, data, address, sizeof(address));
	}
	return stall(flip);
}

int dfut_sim_flip_answer_atmel(struct dfut_sim_flip *flip, const struct dfut_sim_setup *setup, uint8_t *data)
{
	switch ((enum dfut_sim_dfu_request)setup->request) {
	case DFUT_SIM_DFU_DNLOAD:
		return download(flip, data, setup->length);
	case DFUT_SIM_DFU_UPLOAD:
		return upload(flip, setup, data);
	case DFUT_SIM_DFU_GETSTATUS:
		return dfut_sim_flip_tell_status(flip, setup, data);
	case DFUT_SIM_DFU_CLRSTATUS:
		reset_protocol(flip);
		return 0;
	case DFUT_SIM_DFU_GETSTATE:
		return is_second_version(flip) ? stall(flip) : dfut_sim_dfu_answer_state(setup, data, flip->state);
	case DFUT_SIM_DFU_ABORT:
		if (is_second_version(flip))
			return stall(flip);
		reset_protocol(flip);
		return 0;
	case DFUT_SIM_DFU_DETACH:
		break;
	}
	return stall(flip);
}
