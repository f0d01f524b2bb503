/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * An ESP32-S3 at its USB-Serial-JTAG controller: to the host it looks the same whatever the chip does. DTR without
 * RTS asks for the download mode, neither takes that back, RTS without DTR resets; the rate means nothing. Or its application
 * has USB OTG, and a port that is touched: then it shows the controller in download mode only.
 */

#include "sim/parts/board.h"

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

struct esp32_s3 {
	struct dfut_sim_board board;
	bool does_leave_bus;
	bool is_touched;
	bool is_download_wanted;
};

static int reset(struct esp32_s3 *esp, int result)
{
	struct dfut_sim_board *board = &esp->board;
	const struct dfut_sim_board_mode *next = esp->is_download_wanted ? board->bootloader : board->application;

	if (esp->does_leave_bus)
		return dfut_sim_board_restart(board, next, result);
	dfut_sim_board_arm(board, next, RESET_US);
	return result;
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
			       dfut_sim_board_restart(&esp->board, &otg_download, result) :
			       result;
	if (cdc->event != DFUT_SIM_CDC_STATE || (cdc->is_dtr && cdc->is_rts))
		return result;
	if (cdc->is_rts)
		return reset(esp, result);
	esp->is_download_wanted = cdc->is_dtr;
	return result;
}

static void esp32_s3_timer(void *state, unsigned int timer)
{
	struct esp32_s3 *esp = state;
	struct dfut_sim_board *board = &esp->board;

	if (esp->does_leave_bus) {
		esp->is_download_wanted = false;
		dfut_sim_board_timer(state, timer);
	} else if (board->options.leaving.leave) {
		board->mode = board->options.leaving.as == 1 ? board->application : board->next;
	}
}

static uint32_t esp32_s3_start(void *state, enum dfut_sim_start start)
{
	struct esp32_s3 *esp = state;

	esp->is_download_wanted = false;
	return dfut_sim_board_start(state, start);
}

static const struct dfut_sim_option esp32_s3_options[] = {
	{ "re-enumerate", DFUT_SIM_OPTION_FLAG, offsetof(struct esp32_s3, does_leave_bus), 0, 0, NULL },
	{ "touch", DFUT_SIM_OPTION_FLAG, offsetof(struct esp32_s3, is_touched), 0, 0, NULL },
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
	return 0;
}

static int esp32_s3_prepare(void *state)
{
	struct esp32_s3 *esp = state;

	if (esp->is_touched) {
		esp->board.application = &otg;
		esp->board.bootloader = &otg_download;
	}
	return 0;
}

const struct dfut_sim_model dfut_sim_esp32_s3_jtag = {
	.size = sizeof(struct dfut_sim_model),
	.name = "esp32-s3-jtag",
	.text = "an ESP32-S3 at its USB-Serial-JTAG port, which looks the same in download mode",
	.options =
		"re-enumerate=yes|no: whether the bus sees a reset of the chip\n"
		"touch=yes|no: its application has a port of its own, at vid and pid, which 1200 baud restart\n" DFUT_SIM_BOARD_TEXT,
	.state_size = sizeof(struct esp32_s3),
	.create = esp32_s3_create,
	.set_option = esp32_s3_set_option,
	.prepare = esp32_s3_prepare,
	.start = esp32_s3_start,
	.set_mode = dfut_sim_board_continue,
	.get_mode_name = dfut_sim_board_get_mode_name,
	.describe = dfut_sim_board_describe,
	.control = esp32_s3_control,
	.timer = esp32_s3_timer,
};
