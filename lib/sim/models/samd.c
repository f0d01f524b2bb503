/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * A board like the Arduino Zero at its native port: 1200 baud and DTR off, whichever comes last, restart it in 250 ms
 * unless something else is said before. What its bootloader speaks is not there.
 */

#include "sim/parts/board.h"

#define CDC_INTERFACE 0
#define CDC_NOTIFICATION 0x81
#define CDC_OUT 0x02
#define CDC_IN 0x83
#define RESET_US 250000

static const uint8_t application_descriptors[] = {
	DFUT_SIM_BOARD_DESCRIPTORS(0x2341, 0x804d, 0x0100, 2),
	DFUT_SIM_CDC_DESCRIPTORS(CDC_INTERFACE, 0x00, CDC_NOTIFICATION, CDC_IN, CDC_OUT),
};

static const uint8_t bootloader_descriptors[] = {
	DFUT_SIM_BOARD_DESCRIPTORS(0x2341, 0x004d, 0x0200, 2),
	DFUT_SIM_CDC_DESCRIPTORS(CDC_INTERFACE, 0x00, CDC_NOTIFICATION, CDC_IN, CDC_OUT),
};

static const struct dfut_sim_board_mode application = {
	.name = "application",
	.descriptors = application_descriptors,
	.size = sizeof(application_descriptors),
	.has_port = true,
	.manufacturer = "Arduino LLC",
	.product = "Arduino Zero",
};

static const struct dfut_sim_board_mode bootloader = {
	.name = "bootloader",
	.descriptors = bootloader_descriptors,
	.size = sizeof(bootloader_descriptors),
	.has_port = true,
	.manufacturer = "Arduino LLC",
	.product = "Arduino Zero",
	.serial = "",
};

struct samd {
	struct dfut_sim_board board;
};

static int samd_control(void *state, const struct dfut_sim_setup *setup, uint8_t *data)
{
	struct samd *samd = state;
	struct dfut_sim_board *board = &samd->board;
	int result = dfut_sim_board_answer(board, setup, data);

	if (!dfut_sim_board_is_application(board))
		return result;
	if (board->cdc.event != DFUT_SIM_CDC_CODING && board->cdc.event != DFUT_SIM_CDC_STATE)
		return result;
	if (dfut_sim_board_is_touched(board))
		dfut_sim_board_arm(board, board->bootloader, RESET_US);
	else
		dfut_sim_board_disarm(board);
	return result;
}

static const struct dfut_sim_option samd_options[] = {
	DFUT_SIM_BOARD_OPTIONS(struct samd),
};

static int samd_set_option(void *state, const char *key, const char *value)
{
	return dfut_sim_option_set(samd_options, DFUT_COUNT(samd_options), state, key, value);
}

static int samd_create(void *state, struct dfut_sim_device *device)
{
	struct samd *samd = state;

	dfut_sim_board_create(&samd->board, device, &application, &bootloader, "6D1F3B5C50514C5747202020FF04192D");
	return 0;
}

const struct dfut_sim_model dfut_sim_samd = {
	.size = sizeof(struct dfut_sim_model),
	.name = "samd",
	.text = "a board like the Arduino Zero: a serial port, and a bootloader with another",
	.options = DFUT_SIM_BOARD_TEXT,
	.state_size = sizeof(struct samd),
	.create = samd_create,
	.set_option = samd_set_option,
	.start = dfut_sim_board_start_by_taps,
	.set_mode = dfut_sim_board_continue,
	.get_mode_name = dfut_sim_board_get_mode_name,
	.describe = dfut_sim_board_describe,
	.control = samd_control,
	.timer = dfut_sim_board_timer,
};
