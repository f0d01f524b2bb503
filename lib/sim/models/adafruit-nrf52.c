/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * An Adafruit Feather nRF52840 Express: it restarts at once when DTR is told to be off at 1200 baud. Its bootloader
 * takes updates on the serial port, with or without a drive beside it, which is empty. Without a valid application it
 * comes back with the drive.
 */

#include "sim/parts/adafruit-dfu.h"
#include "sim/parts/board.h"
#include "sim/parts/drive.h"

#define CDC_INTERFACE 0
#define DRIVE_INTERFACE 2
#define CDC_NOTIFICATION 0x81
#define CDC_OUT 0x02
#define CDC_IN 0x82
#define DRIVE_OUT 0x03
#define DRIVE_IN 0x83

static const uint8_t application_descriptors[] = {
	DFUT_SIM_BOARD_DESCRIPTORS(0x239a, 0x8029, 0x0100, 2),
	DFUT_SIM_CDC_DESCRIPTORS(CDC_INTERFACE, 0x00, CDC_NOTIFICATION, CDC_IN, CDC_OUT),
};

static const uint8_t serial_descriptors[] = {
	DFUT_SIM_BOARD_DESCRIPTORS(0x239a, 0x002a, 0x0100, 2),
	DFUT_SIM_CDC_DESCRIPTORS(CDC_INTERFACE, 0x00, CDC_NOTIFICATION, CDC_IN, CDC_OUT),
};

static const uint8_t uf2_descriptors[] = {
	DFUT_SIM_BOARD_DESCRIPTORS(0x239a, 0x0029, 0x0100, 3),
	DFUT_SIM_CDC_DESCRIPTORS(CDC_INTERFACE, 0x00, CDC_NOTIFICATION, CDC_IN, CDC_OUT),
	DFUT_SIM_DRIVE_DESCRIPTORS(DRIVE_INTERFACE, DRIVE_IN, DRIVE_OUT),
};

static const struct dfut_sim_board_mode application = {
	.name = "application",
	.descriptors = application_descriptors,
	.size = sizeof(application_descriptors),
	.has_port = true,
	.manufacturer = "Adafruit",
	.product = "Feather nRF52840 Express",
};

/* The same serial number in all modes: it is the chip's. */
static const struct dfut_sim_board_mode serial_bootloader = {
	.name = "bootloader",
	.descriptors = serial_descriptors,
	.size = sizeof(serial_descriptors),
	.has_port = true,
	.manufacturer = "Adafruit",
	.product = "Feather nRF52840 Express",
};

static const struct dfut_sim_board_mode uf2_bootloader = {
	.name = "bootloader",
	.descriptors = uf2_descriptors,
	.size = sizeof(uf2_descriptors),
	.has_port = true,
	.manufacturer = "Adafruit",
	.product = "Feather nRF52840 Express",
};

static const struct dfut_sim_drive_layout drive_layout = { "AdafruitFeather nRF52840 1.0 ", DRIVE_OUT, DRIVE_IN };

enum bootloader {
	BOOTLOADER_CDC,
	BOOTLOADER_UF2,
};

struct feather {
	struct dfut_sim_board board;
	uint32_t bootloader;
	struct dfut_sim_drive drive;
	struct dfut_sim_adafruit dfu;
};

static void start_bootloader(struct feather *feather)
{
	dfut_sim_drive_start(&feather->drive);
	dfut_sim_adafruit_start(&feather->dfu);
}

/* With what is in flash now. */
static void restart(struct feather *feather)
{
	struct dfut_sim_board *board = &feather->board;
	uint32_t away_ms = dfut_sim_return_ms(&board->options.leaving);
	uint32_t activation_ms = feather->dfu.activation_ms;

	feather->dfu.activation_ms = 0;
	dfut_sim_board_become(board, feather->dfu.settings.application_size ? board->application : &uf2_bootloader);
	start_bootloader(feather);
	dfut_sim_device_leave(board->device, 0, away_ms == DFUT_SIM_NEVER ? away_ms : away_ms + activation_ms);
}

static int feather_control(void *state, const struct dfut_sim_setup *setup, uint8_t *data)
{
	struct feather *feather = state;
	struct dfut_sim_board *board = &feather->board;
	int result;

	if (board->mode == &uf2_bootloader && dfut_sim_board_is_class_request(setup, DRIVE_INTERFACE))
		return dfut_sim_drive_answer(&feather->drive, setup, data);
	result = dfut_sim_board_answer(board, setup, data);
	if (dfut_sim_board_is_application(board) && board->cdc.event == DFUT_SIM_CDC_STATE &&
	    dfut_sim_board_is_touched(board))
		return dfut_sim_board_restart(board, board->bootloader, result);
	return result;
}

static int feather_receive(void *state, uint8_t endpoint, const uint8_t *data, size_t size)
{
	struct feather *feather = state;

	if (endpoint != DRIVE_OUT)
		return dfut_sim_board_is_application(&feather->board) ?
			       (int)size :
			       dfut_sim_adafruit_receive(&feather->dfu, data, size);
	return dfut_sim_drive_receive(&feather->drive, data, size);
}

static int feather_send(void *state, uint8_t endpoint, uint8_t *data, size_t room)
{
	struct feather *feather = state;

	if (endpoint == CDC_IN && !dfut_sim_board_is_application(&feather->board))
		return dfut_sim_serial_send(&feather->dfu.serial, data, room);
	if (endpoint != DRIVE_IN)
		return DFUT_ERROR_BUSY;
	return dfut_sim_drive_send(&feather->drive, data, room);
}

static void feather_timer(void *state, unsigned int timer)
{
	struct feather *feather = state;

	switch (timer) {
	case DFUT_SIM_ADAFRUIT_REPLY:
		dfut_sim_serial_timer(&feather->dfu.serial);
		return;
	case DFUT_SIM_ADAFRUIT_RESET:
		restart(feather);
		return;
	default:
		start_bootloader(feather);
		dfut_sim_board_timer(state, timer);
	}
}

/* Who presses twice wants the drive; the touch asks for the serial port alone. */
static uint32_t feather_start(void *state, enum dfut_sim_start start)
{
	struct feather *feather = state;
	uint32_t away_ms = dfut_sim_board_start_by_taps(state, start);

	start_bootloader(feather);
	if (dfut_sim_board_is_bootloader(&feather->board) || !feather->dfu.settings.application_size)
		dfut_sim_board_set_mode(&feather->board, &uf2_bootloader);
	return away_ms;
}

static int feather_continue(void *state, const char *mode)
{
	start_bootloader(state);
	return dfut_sim_board_continue(state, mode);
}

static const char *feather_get_state_name(const void *state)
{
	const struct feather *feather = state;

	return dfut_sim_board_is_application(&feather->board) ? "application" :
								dfut_sim_adafruit_get_state_name(&feather->dfu);
}

static int feather_get_memory(void *state, size_t index, struct dfut_sim_memory *memory)
{
	struct feather *feather = state;

	return dfut_sim_adafruit_get_memory(&feather->dfu, index, memory);
}

static void feather_destroy(void *state)
{
	struct feather *feather = state;

	dfut_sim_adafruit_free(&feather->dfu);
}

static const struct dfut_sim_option feather_options[] = {
	{ "bootloader", DFUT_SIM_OPTION_CHOICE, offsetof(struct feather, bootloader), 0, 0, "cdc|uf2" },
	DFUT_SIM_ADAFRUIT_OPTIONS(struct feather),
	DFUT_SIM_BOARD_OPTIONS(struct feather),
};

static int feather_set_option(void *state, const char *key, const char *value)
{
	return dfut_sim_option_set(feather_options, DFUT_COUNT(feather_options), state, key, value);
}

static int feather_create(void *state, struct dfut_sim_device *device)
{
	struct feather *feather = state;

	dfut_sim_board_create(&feather->board, device, &application, &serial_bootloader, "3F1A9C60D5427B8E");
	dfut_sim_drive_create(&feather->drive, device, &drive_layout, NULL);
	dfut_sim_adafruit_create(&feather->dfu, device);
	return 0;
}

static int feather_prepare(void *state)
{
	struct feather *feather = state;

	if (feather->bootloader == BOOTLOADER_UF2)
		feather->board.bootloader = &uf2_bootloader;
	return dfut_sim_adafruit_prepare(&feather->dfu);
}

const struct dfut_sim_model dfut_sim_adafruit_nrf52 = {
	.size = sizeof(struct dfut_sim_model),
	.name = "adafruit-nrf52",
	.text = "an Adafruit Feather nRF52840 Express: a serial port, and its bootloader",
	.options =
		"bootloader=cdc|uf2: what the trigger leads to, a serial port alone or a drive as well\n" DFUT_SIM_ADAFRUIT_TEXT
			DFUT_SIM_BOARD_TEXT,
	.state_size = sizeof(struct feather),
	.create = feather_create,
	.set_option = feather_set_option,
	.prepare = feather_prepare,
	.start = feather_start,
	.destroy = feather_destroy,
	.set_mode = feather_continue,
	.get_mode_name = dfut_sim_board_get_mode_name,
	.get_state_name = feather_get_state_name,
	.get_memory = feather_get_memory,
	.describe = dfut_sim_board_describe,
	.control = feather_control,
	.timer = feather_timer,
	.endpoint_send = feather_send,
	.endpoint_receive = feather_receive,
};
