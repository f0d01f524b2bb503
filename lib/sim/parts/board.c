/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What the boards have in common whose serial port is their trigger: modes, restarts, options. */

#include <stdio.h>
#include <string.h>

#include "sim/parts/board.h"

/* In descriptors: USB 2.0, 9.6.1 and 9.6.3 */
#define DEVICE_SIZE 18
#define VENDOR_ID 8
#define PRODUCT_ID 10
#define SERIAL_INDEX 16
#define TOTAL_LENGTH (DEVICE_SIZE + 2)

#define STRING_MANUFACTURER 1
#define STRING_PRODUCT 2
#define STRING_SERIAL 3
#define STRING_INTERFACE 4

#define AWAY_MS 300
/* The restart wins against the status stage, or loses. */
#define WON_RACE_US 200
#define LOST_RACE_US 2000
/* How long a bootloader looks out for the second tap */
#define TAP_US 500000

enum stall {
	STALL_NONE,
	STALL_CODING,
	STALL_STATE,
};

enum race {
	RACE_ACK,
	RACE_GONE,
};

void dfut_sim_board_create(struct dfut_sim_board *board, struct dfut_sim_device *device,
			   const struct dfut_sim_board_mode *application, const struct dfut_sim_board_mode *bootloader,
			   const char *serial)
{
	board->device = device;
	board->application = application;
	board->bootloader = bootloader;
	board->mode = application;
	board->options.vendor_id = dfut_le16(&application->descriptors[VENDOR_ID]);
	board->options.product_id = dfut_le16(&application->descriptors[PRODUCT_ID]);
	board->options.leaving = (struct dfut_sim_return){ .leave = true, .returns = true, .ms = AWAY_MS };
	snprintf(board->options.serial, sizeof(board->options.serial), "%s", serial);
}

/* Modes. */

bool dfut_sim_board_is_application(const struct dfut_sim_board *board)
{
	return board->mode == board->application;
}

bool dfut_sim_board_is_bootloader(const struct dfut_sim_board *board)
{
	return board->mode == board->bootloader;
}

void dfut_sim_board_set_mode(struct dfut_sim_board *board, const struct dfut_sim_board_mode *mode)
{
	const char *serial = mode->serial ? mode->serial : board->options.serial;

	board->mode = mode;
	memcpy(board->descriptors, mode->descriptors, mode->size);
	dfut_put_le16(&board->descriptors[TOTAL_LENGTH], (uint16_t)(mode->size - DEVICE_SIZE));
	if (mode == board->application || mode->keeps_ids) {
		dfut_put_le16(&board->descriptors[VENDOR_ID], board->options.vendor_id);
		dfut_put_le16(&board->descriptors[PRODUCT_ID], board->options.product_id);
	}
	if (!serial[0])
		board->descriptors[SERIAL_INDEX] = 0;
	board->strings[0] = (struct dfut_string){ STRING_MANUFACTURER, mode->manufacturer };
	board->strings[1] = (struct dfut_string){ STRING_PRODUCT, mode->product };
	board->strings[2] = (struct dfut_string){ STRING_SERIAL, serial };
	board->strings[3] = (struct dfut_string){ STRING_INTERFACE, mode->interface_name };
	dfut_sim_cdc_start(&board->cdc);
}

void dfut_sim_board_become(struct dfut_sim_board *board, const struct dfut_sim_board_mode *mode)
{
	dfut_sim_board_set_mode(board, mode);
	dfut_sim_device_leave(board->device, 0, dfut_sim_return_ms(&board->options.leaving));
}

/* Restarts. */

void dfut_sim_board_arm(struct dfut_sim_board *board, const struct dfut_sim_board_mode *next, uint64_t after_us)
{
	board->next = next;
	dfut_sim_device_set_timer(board->device, DFUT_SIM_BOARD_TIMER, after_us);
}

void dfut_sim_board_disarm(struct dfut_sim_board *board)
{
	dfut_sim_device_set_timer(board->device, DFUT_SIM_BOARD_TIMER, UINT64_MAX);
}

int dfut_sim_board_restart(struct dfut_sim_board *board, const struct dfut_sim_board_mode *next, int result)
{
	bool is_gone = board->options.race == RACE_GONE && board->options.leaving.leave;

	dfut_sim_board_arm(board, next, is_gone ? WON_RACE_US : LOST_RACE_US);
	return is_gone ? DFUT_ERROR_TIMEOUT : result;
}

void dfut_sim_board_timer(void *state, unsigned int timer)
{
	struct dfut_sim_board *board = state;
	bool is_spoilt = board->options.leaving.as == 1 && board->next != board->application;

	if (timer == DFUT_SIM_BOARD_TIMER && board->options.leaving.leave)
		dfut_sim_board_become(board, is_spoilt ? board->application : board->next);
}

/* Requests. */

bool dfut_sim_board_is_class_request(const struct dfut_sim_setup *setup, uint8_t interface)
{
	uint8_t kind = setup->request_type & (DFUT_SIM_TYPE_MASK | DFUT_SIM_RECIPIENT_MASK);

	return kind == (DFUT_SIM_TYPE_CLASS | DFUT_SIM_RECIPIENT_INTERFACE) && (uint8_t)setup->index == interface;
}

int dfut_sim_board_give(const struct dfut_sim_setup *setup, uint8_t *data, const void *bytes, size_t size)
{
	size_t given = size < setup->length ? size : setup->length;

	if (given)
		memcpy(data, bytes, given);
	return (int)given;
}

static bool is_stalled(const struct dfut_sim_board *board, const struct dfut_sim_setup *setup, const uint8_t *data)
{
	switch (setup->request) {
	case DFUT_SIM_CDC_SET_LINE_CODING:
		return board->options.stall == STALL_CODING && setup->length >= sizeof(uint32_t) &&
		       dfut_le32(data) == DFUT_SIM_TOUCH_BAUD;
	case DFUT_SIM_CDC_SET_CONTROL_LINE_STATE:
		return board->options.stall == STALL_STATE;
	default:
		return false;
	}
}

int dfut_sim_board_answer(struct dfut_sim_board *board, const struct dfut_sim_setup *setup, uint8_t *data)
{
	board->cdc.event = DFUT_SIM_CDC_NOTHING;
	if (!board->mode->has_port || !dfut_sim_board_is_class_request(setup, 0))
		return DFUT_ERROR_DEVICE;
	if (board->mode == board->application && is_stalled(board, setup, data))
		return DFUT_ERROR_DEVICE;
	return dfut_sim_cdc_answer(&board->cdc, setup, data);
}

bool dfut_sim_board_is_touched(const struct dfut_sim_board *board)
{
	return dfut_sim_cdc_get_baud(&board->cdc) == DFUT_SIM_TOUCH_BAUD && !board->cdc.is_dtr;
}

/* For the tables of models. */

uint32_t dfut_sim_board_start(void *state, enum dfut_sim_start start)
{
	struct dfut_sim_board *board = state;

	(void)start;
	dfut_sim_board_set_mode(board, board->application);
	return board->options.leaving.ms;
}

uint32_t dfut_sim_board_start_by_taps(void *state, enum dfut_sim_start start)
{
	struct dfut_sim_board *board = state;
	uint64_t now_us = dfut_sim_device_get_time_us(board->device);
	bool is_tap = start == DFUT_SIM_START_BUTTON;
	bool is_second = is_tap && board->tapped_us && now_us - board->tapped_us < TAP_US;

	board->tapped_us = is_tap && !is_second ? now_us : 0;
	dfut_sim_board_set_mode(board, is_second ? board->bootloader : board->application);
	return board->options.leaving.ms;
}

int dfut_sim_board_continue(void *state, const char *mode)
{
	struct dfut_sim_board *board = state;
	bool is_bootloader = strcmp(mode, board->bootloader->name) == 0;

	if (!is_bootloader && strcmp(mode, board->application->name) != 0)
		return DFUT_ERROR_USAGE;
	dfut_sim_board_set_mode(board, is_bootloader ? board->bootloader : board->application);
	return 0;
}

const char *dfut_sim_board_get_mode_name(const void *state)
{
	const struct dfut_sim_board *board = state;

	return board->mode->name;
}

void dfut_sim_board_describe(const void *state, struct dfut_sim_description *description)
{
	const struct dfut_sim_board *board = state;

	description->descriptors = board->descriptors;
	description->descriptors_size = board->mode->size;
	description->strings = board->strings;
	description->string_count = board->strings[3].text ? 4 : 3;
}
