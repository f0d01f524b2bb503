/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The rules of FLIP (Atmel doc7618, doc8457) that a host keeps, whatever a bootloader makes of what it sends. */

#include "sim/parts/flip.h"

#define LUFA_ALIGNMENT 32

static void breach(struct dfut_sim_flip *flip, const uint8_t *data, const char *text)
{
	dfut_sim_device_breach(flip->device, "%s: command %02x: %s", dfut_sim_dfu_state_get_name(flip->state), data[0],
			       text);
}

static bool is_second_version(const struct dfut_sim_flip *flip)
{
	return flip->part->family != DFUT_SIM_FLIP_AVR;
}

static uint32_t get_base(const struct dfut_sim_flip *flip)
{
	return dfut_sim_flip_is_lufa(flip) ? (uint32_t)flip->lufa.page << 16 : flip->base;
}

static void check_flash(struct dfut_sim_flip *flip, const uint8_t *data, uint16_t first, uint16_t last)
{
	uint32_t base = get_base(flip);

	if (base + first < dfut_sim_flip_get_application(flip) ||
	    base + last >= dfut_sim_flip_get_application_end(flip))
		breach(flip, data, "writes where the bootloader is");
	if (!dfut_sim_flip_is_lufa(flip))
		return;
	if (first % flip->part->page_size)
		breach(flip, data, "begins inside a page, and pages are counted from where it begins");
	if ((last - first + 1) % 2)
		breach(flip, data, "an odd number of bytes, which is written in words");
}

static void check_program(struct dfut_sim_flip *flip, const uint8_t *data, uint16_t length)
{
	uint16_t first = dfut_sim_flip_get_first(data);
	uint16_t last = dfut_sim_flip_get_last(data);
	uint32_t size = (uint32_t)last - first + 1;
	uint8_t header_size = dfut_sim_flip_get_header_size(flip);
	uint32_t suffix_size = is_second_version(flip) ? 0 : DFUT_SIM_FLIP_SUFFIX_SIZE;

	if (last < first) {
		breach(flip, data, "its last address is in front of the first");
		return;
	}
	if (size > DFUT_SIM_FLIP_DATA_LIMIT)
		breach(flip, data, "more than 0x400 bytes of data");
	if (length < header_size + first % header_size + size + suffix_size)
		breach(flip, data, "shorter than header, data and suffix");
	if (dfut_sim_flip_is_lufa(flip) && first % LUFA_ALIGNMENT)
		breach(flip, data, "does not begin at a multiple of 32, of which a byte is lost");
	if (is_second_version(flip) ? flip->unit == DFUT_SIM_FLIP_UNIT_FLASH : data[1] == 0)
		check_flash(flip, data, first, last);
	if (is_second_version(flip) &&
	    (flip->unit == DFUT_SIM_FLIP_UNIT_SECURITY || flip->unit == DFUT_SIM_FLIP_UNIT_CONFIGURATION ||
	     flip->unit == DFUT_SIM_FLIP_UNIT_USER))
		breach(flip, data, "writes the unit of security, fuses or user page, which may make the part unusable");
}

static void check_read(struct dfut_sim_flip *flip, const uint8_t *data, uint16_t length)
{
	if (length < DFUT_SIM_FLIP_COMMAND_SIZE) {
		breach(flip, data, "without its addresses");
		return;
	}
	if (dfut_sim_flip_get_last(data) < dfut_sim_flip_get_first(data))
		breach(flip, data, "its last address is in front of the first");
	else if (data[1] != 1 &&
		 dfut_sim_flip_get_last(data) - dfut_sim_flip_get_first(data) >= DFUT_SIM_FLIP_DATA_LIMIT)
		breach(flip, data, "more than 0x400 bytes of data");
}

static void check_write(struct dfut_sim_flip *flip, const uint8_t *data, uint16_t length)
{
	if (length < 3)
		breach(flip, data, "shorter than any");
	else if (data[1] == 1 || data[1] == 2)
		breach(flip, data, "configuration bytes of an 8051, which are never written");
	else if (data[1] == 0 && data[2] != 0xff)
		breach(flip, data, "erases a block, as only an 8051 does");
	else if (data[1] != 0 && data[1] != 3)
		breach(flip, data, "unknown");
}

static void check_select(struct dfut_sim_flip *flip, const uint8_t *data, uint16_t length)
{
	bool is_short = length < 4 || data[1] != 3;

	/* Atmel's of an AVR takes 06 00 and the page, as avrdude sends it. */
	if (is_short && (dfut_sim_flip_is_lufa(flip) || is_second_version(flip)))
		breach(flip, data, "selects nothing: it is 06 03 00 and the page, or the unit");
}

static void check_command(struct dfut_sim_flip *flip, const uint8_t *data, uint16_t length)
{
	if (length > DFUT_SIM_FLIP_COMMAND_SIZE && data[0] != DFUT_SIM_FLIP_PROGRAM && dfut_sim_flip_is_lufa(flip))
		breach(flip, data, "longer than 6 bytes, and may be taken for data");
	switch (data[0]) {
	case DFUT_SIM_FLIP_PROGRAM:
		if (length > DFUT_SIM_FLIP_COMMAND_SIZE)
			check_program(flip, data, length);
		else
			breach(flip, data, "without data");
		break;
	case DFUT_SIM_FLIP_READ:
		check_read(flip, data, length);
		break;
	case DFUT_SIM_FLIP_WRITE:
		check_write(flip, data, length);
		break;
	case DFUT_SIM_FLIP_READ_ID:
		if (is_second_version(flip) || length < 3)
			breach(flip, data, "unknown");
		break;
	case DFUT_SIM_FLIP_SELECT:
		check_select(flip, data, length);
		break;
	default:
		breach(flip, data, "unknown");
		break;
	}
}

static void check_download(struct dfut_sim_flip *flip, const uint8_t *data, uint16_t length)
{
	const char *name = dfut_sim_dfu_state_get_name(flip->state);

	if (flip->is_status_due)
		dfut_sim_device_breach(flip->device,
				       "%s: DNLOAD, but no GETSTATUS came after something was written or erased", name);
	if (dfut_sim_flip_is_polled(flip))
		dfut_sim_device_breach(flip->device, "%s: DNLOAD while it is being erased", name);
	if (flip->state == DFU_ERROR)
		dfut_sim_device_breach(flip->device, "%s: DNLOAD, and the error was not cleared", name);
	if (length)
		check_command(flip, data, length);
	else if (is_second_version(flip) && !flip->is_starting)
		dfut_sim_device_breach(flip->device, "%s: DNLOAD of nothing, and it was not told to start", name);
}

static void check_upload(struct dfut_sim_flip *flip, uint16_t length)
{
	bool is_lufa = dfut_sim_flip_is_lufa(flip);
	uint32_t lufa_size = (uint16_t)(flip->lufa.end - flip->lufa.start + 1);
	uint32_t size = is_lufa ? lufa_size : flip->size;

	if (is_lufa ? flip->state == DFU_UPLOAD_IDLE : flip->answer == DFUT_SIM_FLIP_MEMORY)
		if (size != length)
			dfut_sim_device_breach(flip->device, "%s: UPLOAD of %u bytes, but %u were asked for",
					       dfut_sim_dfu_state_get_name(flip->state), length, (unsigned int)size);
}

void dfut_sim_flip_rules_check(struct dfut_sim_flip *flip, const struct dfut_sim_setup *setup, const uint8_t *data)
{
	const char *name = dfut_sim_dfu_state_get_name(flip->state);

	if ((setup->request_type & DFUT_SIM_TYPE_MASK) != DFUT_SIM_TYPE_CLASS)
		return;
	if (!dfut_sim_is_dfu_request(setup)) {
		dfut_sim_device_breach(flip->device, "%s: 0x%02x 0x%02x is no DFU request (DFU 1.1, 3)", name,
				       setup->request_type, setup->request);
		return;
	}
	switch ((enum dfut_sim_dfu_request)setup->request) {
	case DFUT_SIM_DFU_DETACH:
		dfut_sim_device_breach(flip->device, "%s: DETACH, which FLIP has not", name);
		break;
	case DFUT_SIM_DFU_DNLOAD:
		check_download(flip, data, setup->length);
		break;
	case DFUT_SIM_DFU_UPLOAD:
		check_upload(flip, setup->length);
		break;
	case DFUT_SIM_DFU_GETSTATUS:
		flip->is_status_due = false;
		if (setup->length != DFUT_SIM_GETSTATUS_SIZE)
			dfut_sim_device_breach(flip->device, "%s: GETSTATUS of %u bytes", name, setup->length);
		break;
	case DFUT_SIM_DFU_CLRSTATUS:
	case DFUT_SIM_DFU_GETSTATE:
	case DFUT_SIM_DFU_ABORT:
		break;
	}
}
