/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * An ESP32-S3 or C3 at its USB-Serial-JTAG controller: to the host it looks the same whatever the chip does. DTR without
 * RTS asks for the download mode, neither takes that back, RTS without DTR resets; the rate means nothing. Or its application
 * has USB OTG, and a port that is touched: then it shows the controller in download mode only. In download mode the ROM's
 * loader listens; without an application that is valid the chip restarts for ever, and nobody does.
 */

#include <string.h>

#include "sim/parts/board.h"
#include "sim/parts/esp-loader.h"

#define CDC_INTERFACE 0
#define JTAG_INTERFACE 2
#define CDC_NOTIFICATION 0x82
#define CDC_OUT 0x01
#define CDC_IN 0x81
#define JTAG_OUT 0x02
#define JTAG_IN 0x83
/* Without the bus there is no race. */
#define RESET_US 2000

/* clang-format off */
static const uint8_t descriptors[] = {
	DFUT_SIM_BOARD_DESCRIPTORS(0x303a, 0x1001, 0x0101, 3),
	DFUT_SIM_CDC_DESCRIPTORS(CDC_INTERFACE, 0x00, CDC_NOTIFICATION, CDC_IN, CDC_OUT),
	0x09, 0x04, JTAG_INTERFACE, 0x00, 0x02, 0xff, 0xff, 0x01, 0x00,
	0x07, 0x05, JTAG_OUT, 0x02, 0x40, 0x00, 0x01,
	0x07, 0x05, JTAG_IN, 0x02, 0x40, 0x00, 0x01,
};
/* clang-format on */

static const uint8_t otg_descriptors[] = {
	DFUT_SIM_BOARD_DESCRIPTORS(0x303a, 0x1001, 0x0100, 2),
	DFUT_SIM_CDC_DESCRIPTORS(CDC_INTERFACE, 0x00, CDC_NOTIFICATION, CDC_IN, CDC_OUT),
};

static const struct dfut_sim_board_mode otg = {
	.name = "application",
	.descriptors = otg_descriptors,
	.size = sizeof(otg_descriptors),
	.has_port = true,
	.manufacturer = "Espressif",
	.product = "ESP32-S3",
};

static const struct dfut_sim_board_mode otg_download = {
	.name = "bootloader",
	.descriptors = descriptors,
	.size = sizeof(descriptors),
	.has_port = true,
	.manufacturer = "Espressif",
	.product = "USB JTAG/serial debug unit",
};

static const struct dfut_sim_board_mode application = {
	.name = "application",
	.descriptors = descriptors,
	.size = sizeof(descriptors),
	.has_port = true,
	.manufacturer = "Espressif",
	.product = "USB JTAG/serial debug unit",
};

static const struct dfut_sim_board_mode download = {
	.name = "bootloader",
	.descriptors = descriptors,
	.size = sizeof(descriptors),
	.has_port = true,
	.keeps_ids = true,
	.manufacturer = "Espressif",
	.product = "USB JTAG/serial debug unit",
};

static const struct dfut_sim_board_mode loop = {
	.name = "boot-loop",
	.descriptors = descriptors,
	.size = sizeof(descriptors),
	.has_port = true,
	.keeps_ids = true,
	.manufacturer = "Espressif",
	.product = "USB JTAG/serial debug unit",
};

static const struct dfut_sim_board_mode otg_loop = {
	.name = "boot-loop",
	.descriptors = descriptors,
	.size = sizeof(descriptors),
	.has_port = true,
	.manufacturer = "Espressif",
	.product = "USB JTAG/serial debug unit",
};

enum chip {
	CHIP_S3,
	CHIP_C3,
};

struct esp32_s3 {
	struct dfut_sim_board board;
	uint32_t chip;
	bool does_leave_bus;
	bool is_touched;
	bool is_download_wanted;
	struct dfut_sim_esp_loader loader;
};

/* What it is after a reset that asks for nothing. */
static const struct dfut_sim_board_mode *get_booted_mode(const struct esp32_s3 *esp)
{
	const struct dfut_sim_board *board = &esp->board;

	if (dfut_sim_esp_loader_is_wanted(&esp->loader))
		return board->bootloader;
	if (dfut_sim_esp_has_application(&esp->loader))
		return board->application;
	return esp->is_touched ? &otg_loop : &loop;
}

static int reset(struct esp32_s3 *esp, int result)
{
	struct dfut_sim_board *board = &esp->board;
	const struct dfut_sim_board_mode *next = esp->is_download_wanted ? board->bootloader : get_booted_mode(esp);

	if (esp->does_leave_bus)
		return dfut_sim_board_restart(board, next, result);
	dfut_sim_board_arm(board, next, RESET_US);
	return result;
}

static void start_loader(struct esp32_s3 *esp)
{
	dfut_sim_esp_loader_start(&esp->loader, dfut_sim_board_is_bootloader(&esp->board));
}

static int touch(struct esp32_s3 *esp, int result)
{
	esp->loader.is_download_forced = esp->loader.options.forces_download;
	return dfut_sim_board_restart(&esp->board, esp->board.bootloader, result);
}

static int esp32_s3_control(void *state, const struct dfut_sim_setup *setup, uint8_t *data)
{
	struct esp32_s3 *esp = state;
	const struct dfut_sim_cdc *cdc = &esp->board.cdc;
	int result = dfut_sim_board_answer(&esp->board, setup, data);

	/* arduino-esp32's USBCDC.cpp */
	if (esp->board.mode == &otg)
		return cdc->event == DFUT_SIM_CDC_CODING && cdc->is_changed &&
				       dfut_sim_cdc_get_baud(cdc) == DFUT_SIM_TOUCH_BAUD ?
			       touch(esp, result) :
			       result;
	if (cdc->event != DFUT_SIM_CDC_STATE || (cdc->is_dtr && cdc->is_rts))
		return result;
	if (cdc->is_rts)
		return reset(esp, result);
	esp->is_download_wanted = cdc->is_dtr;
	return result;
}

static int esp32_s3_receive(void *state, uint8_t endpoint, const uint8_t *data, size_t size)
{
	struct esp32_s3 *esp = state;

	if (endpoint != CDC_OUT || !dfut_sim_board_is_bootloader(&esp->board))
		return (int)size;
	return dfut_sim_esp_loader_receive(&esp->loader, data, size);
}

static int esp32_s3_send(void *state, uint8_t endpoint, uint8_t *data, size_t room)
{
	struct esp32_s3 *esp = state;

	return endpoint == CDC_IN ? dfut_sim_serial_send(&esp->loader.serial, data, room) : DFUT_ERROR_BUSY;
}

static void restart(struct esp32_s3 *esp, unsigned int timer)
{
	struct dfut_sim_board *board = &esp->board;

	if (esp->does_leave_bus) {
		esp->is_download_wanted = false;
		dfut_sim_board_timer(board, timer);
	} else if (board->options.leaving.leave) {
		board->mode = board->options.leaving.as == 1 ? board->application : board->next;
	}
	start_loader(esp);
}

static void esp32_s3_timer(void *state, unsigned int timer)
{
	struct esp32_s3 *esp = state;

	switch (timer) {
	case DFUT_SIM_ESP_LOADER_REPLY:
		dfut_sim_serial_timer(&esp->loader.serial);
		return;
	case DFUT_SIM_ESP_LOADER_RESET:
	case DFUT_SIM_ESP_LOADER_WATCHDOG:
		reset(esp, 0);
		return;
	default:
		restart(esp, timer);
	}
}

static uint32_t esp32_s3_start(void *state, enum dfut_sim_start start)
{
	struct esp32_s3 *esp = state;
	bool is_stub = start == DFUT_SIM_START_POWER && esp->loader.options.has_stub;

	esp->is_download_wanted = false;
	dfut_sim_esp_loader_lose_power(&esp->loader);
	dfut_sim_board_set_mode(&esp->board, is_stub ? esp->board.bootloader : get_booted_mode(esp));
	start_loader(esp);
	if (is_stub)
		dfut_sim_esp_loader_start_stub(&esp->loader);
	return esp->board.options.leaving.ms;
}

static int esp32_s3_continue(void *state, const char *mode)
{
	struct esp32_s3 *esp = state;

	if (strcmp(mode, loop.name) == 0)
		dfut_sim_board_set_mode(&esp->board, esp->is_touched ? &otg_loop : &loop);
	else if (dfut_sim_board_continue(state, mode) < 0)
		return DFUT_ERROR_USAGE;
	start_loader(esp);
	return 0;
}

static const char *esp32_s3_get_state_name(const void *state)
{
	const struct esp32_s3 *esp = state;

	return dfut_sim_board_is_bootloader(&esp->board) ? dfut_sim_esp_loader_get_state_name(&esp->loader) : NULL;
}

static int esp32_s3_get_memory(void *state, size_t index, struct dfut_sim_memory *memory)
{
	struct esp32_s3 *esp = state;

	if (index)
		return DFUT_ERROR_NOT_FOUND;
	*memory = (struct dfut_sim_memory){ "flash", esp->loader.flash, esp->loader.options.flash_size };
	return 0;
}

static const struct dfut_sim_option esp32_s3_options[] = {
	{ "re-enumerate", DFUT_SIM_OPTION_FLAG, offsetof(struct esp32_s3, does_leave_bus), 0, 0, NULL },
	{ "touch", DFUT_SIM_OPTION_FLAG, offsetof(struct esp32_s3, is_touched), 0, 0, NULL },
	{ "boot-log", DFUT_SIM_OPTION_FLAG, offsetof(struct esp32_s3, loader.options.has_boot_log), 0, 0, NULL },
	{ "chip", DFUT_SIM_OPTION_CHOICE, offsetof(struct esp32_s3, chip), 0, 0, "esp32-s3|esp32-c3" },
	{ "flash-size", DFUT_SIM_OPTION_SIZE, offsetof(struct esp32_s3, loader.options.flash_size), 128 * 1024,
	  64 * 1024 * 1024, NULL },
	DFUT_SIM_ESP_LOADER_OPTIONS(struct esp32_s3),
	DFUT_SIM_BOARD_OPTIONS(struct esp32_s3),
};

static int esp32_s3_set_option(void *state, const char *key, const char *value)
{
	return dfut_sim_option_set(esp32_s3_options, DFUT_COUNT(esp32_s3_options), state, key, value);
}

static int esp32_s3_create(void *state, struct dfut_sim_device *device)
{
	struct esp32_s3 *esp = state;

	dfut_sim_board_create(&esp->board, device, &application, &download, "7C:DF:A1:E0:36:B4");
	esp->does_leave_bus = true;
	dfut_sim_esp_loader_create(&esp->loader, device, DFUT_SIM_ESP32_S3);
	esp->loader.options.has_boot_log = true;
	return 0;
}

static int esp32_s3_prepare(void *state)
{
	struct esp32_s3 *esp = state;

	if (esp->is_touched) {
		esp->board.application = &otg;
		esp->board.bootloader = &otg_download;
	}
	if (esp->chip == CHIP_C3)
		esp->loader.chip = dfut_sim_esp_get_chip(DFUT_SIM_ESP32_C3);
	/* The C3 has no USB OTG. */
	if (esp->chip == CHIP_C3 && esp->is_touched)
		return DFUT_ERROR_USAGE;
	return dfut_sim_esp_loader_prepare(&esp->loader, NULL);
}

static void esp32_s3_destroy(void *state)
{
	struct esp32_s3 *esp = state;

	dfut_sim_esp_loader_free(&esp->loader);
}

const struct dfut_sim_model dfut_sim_esp32_s3_jtag = {
	.size = sizeof(struct dfut_sim_model),
	.name = "esp32-s3-jtag",
	.text = "an ESP32-S3 or C3 at its USB-Serial-JTAG port, which looks the same in download mode, and its ROM's loader",
	.options = "re-enumerate=yes|no: whether the bus sees a reset of the chip\n"
		   "touch=yes|no: its application has a port of its own, at vid and pid, which 1200 baud restart\n"
		   "chip=esp32-s3|esp32-c3: which chip it is\n"
		   "flash-size=BYTES: of its flash, whole 4 KiB; K and M are understood\n" DFUT_SIM_ESP_LOADER_TEXT
			   DFUT_SIM_BOARD_TEXT,
	.state_size = sizeof(struct esp32_s3),
	.create = esp32_s3_create,
	.set_option = esp32_s3_set_option,
	.prepare = esp32_s3_prepare,
	.start = esp32_s3_start,
	.destroy = esp32_s3_destroy,
	.set_mode = esp32_s3_continue,
	.get_mode_name = dfut_sim_board_get_mode_name,
	.get_state_name = esp32_s3_get_state_name,
	.get_memory = esp32_s3_get_memory,
	.describe = dfut_sim_board_describe,
	.control = esp32_s3_control,
	.timer = esp32_s3_timer,
	.endpoint_send = esp32_s3_send,
	.endpoint_receive = esp32_s3_receive,
};
