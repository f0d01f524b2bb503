/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The control requests of a virtual serial port: USB CDC PSTN 1.2, 6.3. */

#include <string.h>

#include "sim/sim.h"

enum line_state {
	LINE_STATE_DTR = 0x01,
	LINE_STATE_RTS = 0x02,
};

void dfut_sim_cdc_start(struct dfut_sim_cdc *cdc)
{
	/* 115200 8N1 */
	static const uint8_t coding[DFUT_SIM_LINE_CODING_SIZE] = { 0x00, 0xc2, 0x01, 0x00, 0x00, 0x00, 0x08 };

	memset(cdc, 0, sizeof(*cdc));
	memcpy(cdc->coding, coding, sizeof(coding));
}

uint32_t dfut_sim_cdc_get_baud(const struct dfut_sim_cdc *cdc)
{
	return dfut_le32(cdc->coding);
}

static int set_coding(struct dfut_sim_cdc *cdc, const struct dfut_sim_setup *setup, const uint8_t *data)
{
	if (setup->length != DFUT_SIM_LINE_CODING_SIZE)
		return DFUT_ERROR_DEVICE;
	cdc->event = DFUT_SIM_CDC_CODING;
	cdc->is_changed = memcmp(cdc->coding, data, DFUT_SIM_LINE_CODING_SIZE) != 0;
	memcpy(cdc->coding, data, DFUT_SIM_LINE_CODING_SIZE);
	return DFUT_SIM_LINE_CODING_SIZE;
}

static int set_state(struct dfut_sim_cdc *cdc, const struct dfut_sim_setup *setup)
{
	bool is_dtr = setup->value & LINE_STATE_DTR;
	bool is_rts = setup->value & LINE_STATE_RTS;

	cdc->event = DFUT_SIM_CDC_STATE;
	cdc->is_changed = is_dtr != cdc->is_dtr || is_rts != cdc->is_rts;
	cdc->is_dtr = is_dtr;
	cdc->is_rts = is_rts;
	return setup->length;
}

static int get_coding(const struct dfut_sim_cdc *cdc, const struct dfut_sim_setup *setup, uint8_t *data)
{
	size_t given = setup->length < DFUT_SIM_LINE_CODING_SIZE ? setup->length : DFUT_SIM_LINE_CODING_SIZE;

	if (given)
		memcpy(data, cdc->coding, given);
	return (int)given;
}

int dfut_sim_cdc_answer(struct dfut_sim_cdc *cdc, const struct dfut_sim_setup *setup, uint8_t *data)
{
	bool is_in = setup->request_type & DFUT_SIM_REQUEST_IN;

	cdc->event = DFUT_SIM_CDC_NOTHING;
	cdc->is_changed = false;
	if (is_in)
		return setup->request == DFUT_SIM_CDC_GET_LINE_CODING ? get_coding(cdc, setup, data) :
									DFUT_ERROR_DEVICE;
	switch (setup->request) {
	case DFUT_SIM_CDC_SET_LINE_CODING:
		return set_coding(cdc, setup, data);
	case DFUT_SIM_CDC_SET_CONTROL_LINE_STATE:
		return set_state(cdc, setup);
	case DFUT_SIM_CDC_SEND_BREAK:
		cdc->event = DFUT_SIM_CDC_BREAK;
		return setup->length;
	default:
		return DFUT_ERROR_DEVICE;
	}
}
