/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * An ESP32-S2 with Arduino's serial port over USB OTG: it restarts at once into the ROM's download mode at 1200 baud,
 * or when DTR and RTS go through four states. The ROM has a serial port and a DFU interface, whose DETACH leads to
 * DFU mode; the download itself is not there.
 */

#include <string.h>

#include "board.h"

#define CDC_INTERFACE 0
#define DFU_INTERFACE 2
#define DFU_MODE_INTERFACE 0
#define CDC_NOTIFICATION 0x81
#define CDC_OUT 0x02
#define CDC_IN 0x82

/* WillDetach and download; DFU 1.1 */
#define DFU_FUNCTIONAL 0x09, 0x21, 0x09, 0xe8, 0x03, 0x40, 0x00, 0x10, 0x01

static const uint8_t dfu_functional[] = { DFU_FUNCTIONAL };

static const uint8_t application_descriptors[] = {
	DFUT_SIM_BOARD_DESCRIPTORS(0x303a, 0x80c2, 0x0100, 2),
	DFUT_SIM_CDC_DESCRIPTORS(CDC_INTERFACE, 0x00, CDC_NOTIFICATION, CDC_IN, CDC_OUT),
};

static const uint8_t rom_descriptors[] = {
	DFUT_SIM_BOARD_DESCRIPTORS(0x303a, 0x0002, 0x0723, 3),
	DFUT_SIM_CDC_DESCRIPTORS(CDC_INTERFACE, 0x00, CDC_NOTIFICATION, CDC_IN, CDC_OUT),
	0x09, 0x04, DFU_INTERFACE, 0x00, 0x00, 0xfe, 0x01, 0x01, 0x00,
	DFU_FUNCTIONAL,
};

static const uint8_t dfu_descriptors[] = {
	DFUT_SIM_BOARD_DESCRIPTORS(0x303a, 0x0002, 0x0723, 1),
	0x09, 0x04, DFU_MODE_INTERFACE, 0x00, 0x00, 0xfe, 0x01, 0x02, 0x00,
	DFU_FUNCTIONAL,
};

static const struct dfut_sim_board_mode application = {
	.name = "application",
	.descriptors = application_descriptors,
	.size = sizeof(application_descriptors),
	.has_port = true,
	.manufacturer = "Espressif",
	.product = "ESP32-S2",
};

static const struct dfut_sim_board_mode rom = {
	.name = "bootloader",
	.descriptors = rom_descriptors,
	.size = sizeof(rom_descriptors),
	.has_port = true,
	.manufacturer = "Espressif",
	.product = "ESP32-S2",
	.serial = "0",
};

static const struct dfut_sim_board_mode dfu = {
	.name = "dfu",
	.descriptors = dfu_descriptors,
	.size = sizeof(dfu_descriptors),
	.manufacturer = "Espressif",
	.product = "ESP32-S2",
	.serial = "0",
};

struct esp32_s2 {
	struct dfut_sim_board board;
	size_t step;
};

/* Serial port. */

/* A state that is told again is none; what does not fit begins anew. */
static bool has_gone_through_states(struct esp32_s2 *esp)
{
	static const struct {
		bool is_dtr;
		bool is_rts;
	} steps[] = { { false, true }, { true, true }, { true, false }, { false, false } };
	const struct dfut_sim_cdc *cdc = &esp->board.cdc;

	if (cdc->event != DFUT_SIM_CDC_STATE || !cdc->is_changed)
		return false;
	if (cdc->is_dtr != steps[esp->step].is_dtr || cdc->is_rts != steps[esp->step].is_rts)
		esp->step = 0;
	if (cdc->is_dtr == steps[esp->step].is_dtr && cdc->is_rts == steps[esp->step].is_rts)
		esp->step++;
	return esp->step == DFUT_COUNT(steps);
}

static bool is_touched(const struct dfut_sim_cdc *cdc)
{
	return cdc->event == DFUT_SIM_CDC_CODING && cdc->is_changed &&
	       dfut_sim_cdc_get_baud(cdc) == DFUT_SIM_TOUCH_BAUD;
}

static int answer_port(struct esp32_s2 *esp, const struct dfut_sim_setup *setup, uint8_t *data)
{
	struct dfut_sim_board *board = &esp->board;
	int result = dfut_sim_board_answer(board, setup, data);

	if (!dfut_sim_board_is_application(board))
		return result;
	if (!is_touched(&board->cdc) && !has_gone_through_states(esp))
		return result;
	esp->step = 0;
	return dfut_sim_board_restart(board, board->bootloader, result);
}

/* DFU interface. */

static int answer_dfu(struct dfut_sim_board *board, const struct dfut_sim_setup *setup, uint8_t *data)
{
	bool is_dfu_mode = board->mode == &dfu;
	uint8_t state = is_dfu_mode ? DFU_IDLE : APP_IDLE;
	const uint8_t status[DFUT_SIM_GETSTATUS_SIZE] = { STATUS_OK, 0, 0, 0, state, 0 };
	bool is_in = setup->request_type & DFUT_SIM_REQUEST_IN;

	if (setup->request == DFUT_SIM_DFU_DETACH && !is_in && !is_dfu_mode)
		return dfut_sim_board_restart(board, &dfu, setup->length);
	if (setup->request == DFUT_SIM_DFU_GETSTATUS && is_in)
		return dfut_sim_board_give(setup, data, status, sizeof(status));
	if (setup->request == DFUT_SIM_DFU_GETSTATE && is_in)
		return dfut_sim_board_give(setup, data, &state, sizeof(state));
	return DFUT_ERROR_DEVICE;
}

static int answer_descriptor(const struct dfut_sim_board *board, const struct dfut_sim_setup *setup, uint8_t *data)
{
	uint16_t interface = board->mode == &dfu ? DFU_MODE_INTERFACE : DFU_INTERFACE;
	uint8_t recipient = setup->request_type & DFUT_SIM_RECIPIENT_MASK;

	if (recipient != DFUT_SIM_RECIPIENT_INTERFACE || setup->index != interface ||
	    setup->value != DFUT_SIM_FUNCTIONAL_DESCRIPTOR << 8)
		return DFUT_ERROR_DEVICE;
	return dfut_sim_board_give(setup, data, dfu_functional, sizeof(dfu_functional));
}

/* The model. */

static int esp32_s2_control(void *state, const struct dfut_sim_setup *setup, uint8_t *data)
{
	struct esp32_s2 *esp = state;
	struct dfut_sim_board *board = &esp->board;

	if ((setup->request_type & DFUT_SIM_TYPE_MASK) == DFUT_SIM_TYPE_STANDARD)
		return answer_descriptor(board, setup, data);
	if (dfut_sim_board_is_class_request(setup, board->mode == &dfu ? DFU_MODE_INTERFACE : DFU_INTERFACE))
		return answer_dfu(board, setup, data);
	return answer_port(esp, setup, data);
}

static uint32_t esp32_s2_start(void *state, enum dfut_sim_start start)
{
	struct esp32_s2 *esp = state;

	esp->step = 0;
	return dfut_sim_board_start(state, start);
}

static int esp32_s2_set_mode(void *state, const char *mode)
{
	struct esp32_s2 *esp = state;

	if (strcmp(mode, dfu.name) != 0)
		return dfut_sim_board_continue(state, mode);
	dfut_sim_board_set_mode(&esp->board, &dfu);
	return 0;
}

static const struct dfut_sim_option esp32_s2_options[] = {
	DFUT_SIM_BOARD_OPTIONS(struct esp32_s2),
};

static int esp32_s2_set_option(void *state, const char *key, const char *value)
{
	return dfut_sim_option_set(esp32_s2_options, DFUT_COUNT(esp32_s2_options), state, key, value);
}

static int esp32_s2_create(void *state, struct dfut_sim_device *device)
{
	struct esp32_s2 *esp = state;

	dfut_sim_board_create(&esp->board, device, &application, &rom, "7CDFA1036B54");
	return 0;
}

const struct dfut_sim_model dfut_sim_esp32_s2 = {
	.size = sizeof(struct dfut_sim_model),
	.name = "esp32-s2",
	.text = "an ESP32-S2 with Arduino's serial port, and the download mode of its ROM",
	.options = DFUT_SIM_BOARD_TEXT,
	.state_size = sizeof(struct esp32_s2),
	.create = esp32_s2_create,
	.set_option = esp32_s2_set_option,
	.start = esp32_s2_start,
	.set_mode = esp32_s2_set_mode,
	.get_mode_name = dfut_sim_board_get_mode_name,
	.describe = dfut_sim_board_describe,
	.control = esp32_s2_control,
	.timer = dfut_sim_board_timer,
};
