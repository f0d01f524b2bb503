/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * A Raspberry Pi Pico with a program of the pico-sdk: a serial port, whose 1200 baud restart it at once, and the
 * reset interface. The drive of its boot ROM is empty, and PICOBOOT takes no command.
 */

#include "sim/parts/board.h"

#define CDC_INTERFACE 0
#define RESET_INTERFACE 2
#define DRIVE_INTERFACE 0
#define CDC_NOTIFICATION 0x81
#define CDC_OUT 0x02
#define CDC_IN 0x82
#define DRIVE_OUT 0x02
#define DRIVE_IN 0x81
#define PICOBOOT_OUT 0x03
#define PICOBOOT_IN 0x84

/* reset_interface.c */
enum reset_request {
	RESET_BOOTSEL = 0x01,
	RESET_FLASH = 0x02,
};
#define DISABLE_DRIVE 0x01
#define DISABLE_PICOBOOT 0x02
#define DISABLE_MASK (DISABLE_DRIVE | DISABLE_PICOBOOT)

/* It is gone before the status stage; the watchdog takes its time. */
#define BOOTSEL_US 200
#define FLASH_US 100000

/* The same for every chip */
#define ROM_SERIAL "E0C9125B0D9B"
#define DRIVE_NAME "RPI     RP2             3   "

#define PICOBOOT_DESCRIPTORS(interface) \
	0x09, 0x04, interface, 0x00, 0x02, 0xff, 0x00, 0x00, 0x00, 0x07, 0x05, PICOBOOT_OUT, 0x02, 0x40, 0x00, 0x00, \
		0x07, 0x05, PICOBOOT_IN, 0x02, 0x40, 0x00, 0x00

static const uint8_t port_descriptors[] = {
	DFUT_SIM_BOARD_DESCRIPTORS(0x2e8a, 0x000a, 0x0100, 2),
	DFUT_SIM_CDC_DESCRIPTORS(CDC_INTERFACE, 0x00, CDC_NOTIFICATION, CDC_IN, CDC_OUT),
};

/* clang-format off */
static const uint8_t reset_descriptors[] = {
	DFUT_SIM_BOARD_DESCRIPTORS(0x2e8a, 0x000a, 0x0100, 3),
	DFUT_SIM_CDC_DESCRIPTORS(CDC_INTERFACE, 0x00, CDC_NOTIFICATION, CDC_IN, CDC_OUT),
	0x09, 0x04, RESET_INTERFACE, 0x00, 0x00, 0xff, 0x00, 0x01, 0x04,
};
/* clang-format on */

static const uint8_t rom_descriptors[] = {
	DFUT_SIM_BOARD_DESCRIPTORS(0x2e8a, 0x0003, 0x0100, 2),
	DFUT_SIM_DRIVE_DESCRIPTORS(DRIVE_INTERFACE, DRIVE_IN, DRIVE_OUT),
	PICOBOOT_DESCRIPTORS(DRIVE_INTERFACE + 1),
};

static const uint8_t drive_descriptors[] = {
	DFUT_SIM_BOARD_DESCRIPTORS(0x2e8a, 0x0003, 0x0100, 1),
	DFUT_SIM_DRIVE_DESCRIPTORS(DRIVE_INTERFACE, DRIVE_IN, DRIVE_OUT),
};

static const uint8_t picoboot_descriptors[] = {
	DFUT_SIM_BOARD_DESCRIPTORS(0x2e8a, 0x0003, 0x0100, 1),
	PICOBOOT_DESCRIPTORS(0),
};

static const struct dfut_sim_board_mode port_application = {
	.name = "application",
	.descriptors = port_descriptors,
	.size = sizeof(port_descriptors),
	.has_port = true,
	.manufacturer = "Raspberry Pi",
	.product = "Pico",
};

static const struct dfut_sim_board_mode reset_application = {
	.name = "application",
	.descriptors = reset_descriptors,
	.size = sizeof(reset_descriptors),
	.has_port = true,
	.manufacturer = "Raspberry Pi",
	.product = "Pico",
	.interface_name = "Reset",
};

/* By what the request disables; the ROM keeps both when nothing would be left. */
static const struct dfut_sim_board_mode roms[] = {
	{
		.name = "bootloader",
		.descriptors = rom_descriptors,
		.size = sizeof(rom_descriptors),
		.manufacturer = "Raspberry Pi",
		.product = "RP2 Boot",
		.serial = ROM_SERIAL,
	},
	[DISABLE_DRIVE] = {
		.name = "bootloader",
		.descriptors = picoboot_descriptors,
		.size = sizeof(picoboot_descriptors),
		.manufacturer = "Raspberry Pi",
		.product = "RP2 Boot",
		.serial = ROM_SERIAL,
	},
	[DISABLE_PICOBOOT] = {
		.name = "bootloader",
		.descriptors = drive_descriptors,
		.size = sizeof(drive_descriptors),
		.manufacturer = "Raspberry Pi",
		.product = "RP2 Boot",
		.serial = ROM_SERIAL,
	},
};

struct pico {
	struct dfut_sim_board board;
	bool has_reset_interface;
	bool has_baud_reset;
	struct dfut_sim_drive drive;
};

static int answer_reset(struct dfut_sim_board *board, const struct dfut_sim_setup *setup)
{
	unsigned int disabled = setup->value & DISABLE_MASK;

	switch (setup->request) {
	case RESET_BOOTSEL:
		dfut_sim_board_arm(board, &roms[disabled == DISABLE_MASK ? 0 : disabled], BOOTSEL_US);
		return board->options.leaving.leave ? DFUT_ERROR_TIMEOUT : setup->length;
	case RESET_FLASH:
		dfut_sim_board_arm(board, board->application, FLASH_US);
		return setup->length;
	default:
		return DFUT_ERROR_DEVICE;
	}
}

/* It looks at the interface and the request, not at the type. */
static bool is_reset_request(const struct pico *pico, const struct dfut_sim_setup *setup)
{
	uint8_t type = setup->request_type & DFUT_SIM_TYPE_MASK;
	uint8_t recipient = setup->request_type & DFUT_SIM_RECIPIENT_MASK;

	return dfut_sim_board_is_application(&pico->board) && pico->has_reset_interface &&
	       type != DFUT_SIM_TYPE_STANDARD && recipient == DFUT_SIM_RECIPIENT_INTERFACE &&
	       setup->index == RESET_INTERFACE;
}

static int pico_control(void *state, const struct dfut_sim_setup *setup, uint8_t *data)
{
	struct pico *pico = state;
	struct dfut_sim_board *board = &pico->board;
	int result;

	if (is_reset_request(pico, setup))
		return answer_reset(board, setup);
	if (!board->mode->has_port)
		return dfut_sim_board_is_class_request(setup, DRIVE_INTERFACE) && board->mode != &roms[DISABLE_DRIVE] ?
			       dfut_sim_drive_answer(&pico->drive, setup, data) :
			       DFUT_ERROR_DEVICE;
	result = dfut_sim_board_answer(board, setup, data);
	if (pico->has_baud_reset && board->cdc.event == DFUT_SIM_CDC_CODING &&
	    dfut_sim_cdc_get_baud(&board->cdc) == DFUT_SIM_TOUCH_BAUD)
		return dfut_sim_board_restart(board, board->bootloader, result);
	return result;
}

static int pico_receive(void *state, uint8_t endpoint, const uint8_t *data, size_t size)
{
	struct pico *pico = state;

	if (pico->board.mode->has_port || endpoint != DRIVE_OUT)
		return (int)size;
	return dfut_sim_drive_receive(&pico->drive, data, size);
}

static int pico_send(void *state, uint8_t endpoint, uint8_t *data, size_t room)
{
	struct pico *pico = state;

	if (pico->board.mode->has_port || endpoint != DRIVE_IN)
		return DFUT_ERROR_BUSY;
	return dfut_sim_drive_send(&pico->drive, data, room);
}

/* The model. */

static void pico_timer(void *state, unsigned int timer)
{
	struct pico *pico = state;

	dfut_sim_drive_start(&pico->drive, pico->board.device, DRIVE_NAME);
	dfut_sim_board_timer(state, timer);
}

static const struct dfut_sim_option pico_options[] = {
	{ "reset-interface", DFUT_SIM_OPTION_FLAG, offsetof(struct pico, has_reset_interface), 0, 0, NULL },
	{ "baud", DFUT_SIM_OPTION_FLAG, offsetof(struct pico, has_baud_reset), 0, 0, NULL },
	DFUT_SIM_BOARD_OPTIONS(struct pico),
};

static int pico_set_option(void *state, const char *key, const char *value)
{
	return dfut_sim_option_set(pico_options, DFUT_COUNT(pico_options), state, key, value);
}

static int pico_create(void *state, struct dfut_sim_device *device)
{
	struct pico *pico = state;

	dfut_sim_board_create(&pico->board, device, &reset_application, &roms[0], "E6616408432D5B2C");
	dfut_sim_drive_start(&pico->drive, pico->board.device, DRIVE_NAME);
	pico->has_reset_interface = true;
	pico->has_baud_reset = true;
	return 0;
}

static int pico_prepare(void *state)
{
	struct pico *pico = state;

	if (!pico->has_reset_interface)
		pico->board.application = &port_application;
	return 0;
}

const struct dfut_sim_model dfut_sim_pico = {
	.size = sizeof(struct dfut_sim_model),
	.name = "pico",
	.text = "a Raspberry Pi Pico: a serial port and the reset interface, and its boot ROM",
	.options = "reset-interface=yes|no: whether it has the reset interface\n"
		   "baud=yes|no: whether 1200 baud restart it\n" DFUT_SIM_BOARD_TEXT,
	.state_size = sizeof(struct pico),
	.create = pico_create,
	.set_option = pico_set_option,
	.prepare = pico_prepare,
	.start = dfut_sim_board_start,
	.set_mode = dfut_sim_board_continue,
	.get_mode_name = dfut_sim_board_get_mode_name,
	.describe = dfut_sim_board_describe,
	.control = pico_control,
	.timer = pico_timer,
	.endpoint_send = pico_send,
	.endpoint_receive = pico_receive,
};
