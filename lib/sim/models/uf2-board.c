/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * A board whose serial port is its trigger, and whose bootloader is a drive for UF2 files: a Feather M4 or M0
 * Express with uf2-samdx1, a Metro ESP32-S2 with TinyUF2, a Feather nRF52840 Express. All but TinyUF2 have a serial port
 * beside the drive, on which they say nothing.
 */

#include "sim/parts/board.h"
#include "sim/parts/uf2.h"

#define CDC_INTERFACE 0
#define DRIVE_INTERFACE 2
#define CDC_NOTIFICATION 0x81
#define CDC_OUT 0x02
#define CDC_IN 0x82
#define DRIVE_OUT 0x03
#define DRIVE_IN 0x83
#define RESET_US 250000

#define APPLICATION_DESCRIPTORS(product_id) \
	{ \
		DFUT_SIM_BOARD_DESCRIPTORS(0x239a, product_id, 0x0100, 2), \
			DFUT_SIM_CDC_DESCRIPTORS(CDC_INTERFACE, 0x00, CDC_NOTIFICATION, CDC_IN, CDC_OUT), \
	}

#define LOADER_DESCRIPTORS(product_id) \
	{ \
		DFUT_SIM_BOARD_DESCRIPTORS(0x239a, product_id, 0x0100, 3), \
			DFUT_SIM_CDC_DESCRIPTORS(CDC_INTERFACE, 0x00, CDC_NOTIFICATION, CDC_IN, CDC_OUT), \
			DFUT_SIM_DRIVE_DESCRIPTORS(DRIVE_INTERFACE, DRIVE_IN, DRIVE_OUT), \
	}

static const uint8_t metro_descriptors[] = APPLICATION_DESCRIPTORS(0x80df);
static const uint8_t m4_descriptors[] = APPLICATION_DESCRIPTORS(0x8022);
static const uint8_t m0_descriptors[] = APPLICATION_DESCRIPTORS(0x801b);
static const uint8_t nrf52_descriptors[] = APPLICATION_DESCRIPTORS(0x8029);

static const uint8_t metro_loader_descriptors[] = {
	DFUT_SIM_BOARD_DESCRIPTORS(0x239a, 0x00df, 0x0100, 1),
	DFUT_SIM_DRIVE_DESCRIPTORS(0, DRIVE_IN, DRIVE_OUT),
};

static const uint8_t m4_loader_descriptors[] = LOADER_DESCRIPTORS(0x0022);
static const uint8_t m0_loader_descriptors[] = LOADER_DESCRIPTORS(0x001b);
static const uint8_t nrf52_loader_descriptors[] = LOADER_DESCRIPTORS(0x0029);

#define MODE(name_, bytes, has_port_, product_) \
	{ \
		.name = name_, .descriptors = bytes, .size = sizeof(bytes), .has_port = has_port_, \
		.manufacturer = "Adafruit", .product = product_, \
	}

static const struct dfut_sim_board_mode applications[] = {
	[DFUT_SIM_TINYUF2] = MODE("application", metro_descriptors, true, "Metro ESP32-S2"),
	[DFUT_SIM_UF2_SAMDX1] = MODE("application", m4_descriptors, true, "Feather M4 Express"),
	[DFUT_SIM_UF2_SAMD21] = MODE("application", m0_descriptors, true, "Feather M0 Express"),
	[DFUT_SIM_UF2_NRF52] = MODE("application", nrf52_descriptors, true, "Feather nRF52840 Express"),
};

static const struct dfut_sim_board_mode loaders[] = {
	[DFUT_SIM_TINYUF2] = MODE("bootloader", metro_loader_descriptors, false, "Metro ESP32-S2"),
	[DFUT_SIM_UF2_SAMDX1] = MODE("bootloader", m4_loader_descriptors, true, "Feather M4 Express"),
	[DFUT_SIM_UF2_SAMD21] = MODE("bootloader", m0_loader_descriptors, true, "Feather M0 Express"),
	[DFUT_SIM_UF2_NRF52] = MODE("bootloader", nrf52_loader_descriptors, true, "Feather nRF52840 Express"),
};

static const struct dfut_sim_drive_layout drive_layout = { "AdafruitUF2 bootloader  1.0 ", DRIVE_OUT, DRIVE_IN };

struct uf2_board {
	struct dfut_sim_board board;
	uint32_t flavour;
	struct dfut_sim_uf2_board uf2;
	struct dfut_sim_drive drive;
};

static void start_loader(struct uf2_board *uf2)
{
	dfut_sim_uf2_board_start(&uf2->uf2);
	dfut_sim_drive_start(&uf2->drive);
}

static const struct dfut_sim_board_mode *get_booted_mode(const struct uf2_board *uf2)
{
	return dfut_sim_uf2_board_has_application(&uf2->uf2) ? uf2->board.application : uf2->board.bootloader;
}

static int answer_application(struct uf2_board *uf2, const struct dfut_sim_setup *setup, uint8_t *data)
{
	struct dfut_sim_board *board = &uf2->board;
	int result = dfut_sim_board_answer(board, setup, data);

	if (board->cdc.event != DFUT_SIM_CDC_CODING && board->cdc.event != DFUT_SIM_CDC_STATE)
		return result;
	if (dfut_sim_board_is_touched(board))
		dfut_sim_board_arm(board, board->bootloader, RESET_US);
	else
		dfut_sim_board_disarm(board);
	return result;
}

static int uf2_board_control(void *state, const struct dfut_sim_setup *setup, uint8_t *data)
{
	struct uf2_board *uf2 = state;
	uint8_t drive = uf2->flavour == DFUT_SIM_TINYUF2 ? 0 : DRIVE_INTERFACE;

	if (dfut_sim_board_is_application(&uf2->board))
		return answer_application(uf2, setup, data);
	if (dfut_sim_board_is_class_request(setup, drive))
		return dfut_sim_drive_answer(&uf2->drive, setup, data);
	return dfut_sim_board_answer(&uf2->board, setup, data);
}

static int uf2_board_receive(void *state, uint8_t endpoint, const uint8_t *data, size_t size)
{
	struct uf2_board *uf2 = state;

	return endpoint == DRIVE_OUT ? dfut_sim_drive_receive(&uf2->drive, data, size) : (int)size;
}

static int uf2_board_send(void *state, uint8_t endpoint, uint8_t *data, size_t room)
{
	struct uf2_board *uf2 = state;

	return endpoint == DRIVE_IN ? dfut_sim_drive_send(&uf2->drive, data, room) : DFUT_ERROR_BUSY;
}

static void uf2_board_timer(void *state, unsigned int timer)
{
	struct uf2_board *uf2 = state;

	switch (timer) {
	case DFUT_SIM_UF2_BOARD_WORK_TIMER:
		dfut_sim_device_set_ready(uf2->board.device);
		return;
	case DFUT_SIM_UF2_BOARD_RESTART_TIMER:
		dfut_sim_board_become(&uf2->board, get_booted_mode(uf2));
		start_loader(uf2);
		return;
	default:
		start_loader(uf2);
		dfut_sim_board_timer(state, timer);
	}
}

static void uf2_board_bus_reset(void *state)
{
	struct uf2_board *uf2 = state;

	dfut_sim_drive_start(&uf2->drive);
}

static uint32_t uf2_board_start(void *state, enum dfut_sim_start start)
{
	struct uf2_board *uf2 = state;
	uint32_t away_ms = dfut_sim_board_start_by_taps(state, start);

	start_loader(uf2);
	if (!dfut_sim_uf2_board_has_application(&uf2->uf2))
		dfut_sim_board_set_mode(&uf2->board, uf2->board.bootloader);
	return away_ms;
}

static int uf2_board_continue(void *state, const char *mode)
{
	start_loader(state);
	return dfut_sim_board_continue(state, mode);
}

static int uf2_board_get_memory(void *state, size_t index, struct dfut_sim_memory *memory)
{
	struct uf2_board *uf2 = state;

	if (index)
		return DFUT_ERROR_NOT_FOUND;
	*memory = (struct dfut_sim_memory){ "flash", uf2->uf2.flash, uf2->uf2.kind->flash_size };
	return 0;
}

static void uf2_board_destroy(void *state)
{
	struct uf2_board *uf2 = state;

	dfut_sim_uf2_board_free(&uf2->uf2);
}

#define OPTION(key, kind, member, most, words) \
	{ \
		key, DFUT_SIM_OPTION_##kind, offsetof(struct uf2_board, member), 0, most, words \
	}

static const struct dfut_sim_option uf2_board_options[] = {
	OPTION("flavour", CHOICE, flavour, 0, "samdx1|samd21|tinyuf2|nrf52"),
	OPTION("erase-us", NUMBER, uf2.options.erase_us, 60000000, NULL),
	OPTION("program-us", NUMBER, uf2.options.program_us, 60000000, NULL),
	OPTION("last-status", FLAG, uf2.options.tells_last, 0, NULL),
	DFUT_SIM_BOARD_OPTIONS(struct uf2_board),
};

static int uf2_board_set_option(void *state, const char *key, const char *value)
{
	return dfut_sim_option_set(uf2_board_options, DFUT_COUNT(uf2_board_options), state, key, value);
}

static int uf2_board_create(void *state, struct dfut_sim_device *device)
{
	struct uf2_board *uf2 = state;

	dfut_sim_board_create(&uf2->board, device, &applications[0], &loaders[0], "2F6A01B7C3D84E95");
	/* Those of the flavour, unless others are asked for */
	uf2->board.options.vendor_id = 0;
	uf2->board.options.product_id = 0;
	dfut_sim_uf2_board_set_defaults(&uf2->uf2, device);
	return 0;
}

static int uf2_board_prepare(void *state)
{
	struct uf2_board *uf2 = state;
	struct dfut_sim_board *board = &uf2->board;

	board->application = &applications[uf2->flavour];
	board->bootloader = &loaders[uf2->flavour];
	if (!board->options.vendor_id)
		board->options.vendor_id = dfut_le16(&board->application->descriptors[8]);
	if (!board->options.product_id)
		board->options.product_id = dfut_le16(&board->application->descriptors[10]);
	dfut_sim_drive_create(&uf2->drive, board->device, &drive_layout, &uf2->uf2.medium);
	return dfut_sim_uf2_board_prepare(&uf2->uf2, dfut_sim_uf2_get_kind(uf2->flavour));
}

const struct dfut_sim_model dfut_sim_uf2_board = {
	.size = sizeof(struct dfut_sim_model),
	.name = "uf2-board",
	.text = "a board with a serial port, whose bootloader is a drive for UF2 files",
	.options =
		"flavour=samdx1|samd21|tinyuf2|nrf52: a Feather M4 or M0 with uf2-samdx1, a Metro ESP32-S2 with TinyUF2, a "
		"Feather nRF52840\n"
		"erase-us=US: time to erase what is erased at once; its chip's if not given\n"
		"program-us=US: time to write 256 bytes; its chip's if not given\n"
		"last-status=yes|no: whether the command with the last block is answered before it restarts\n" DFUT_SIM_BOARD_TEXT,
	.state_size = sizeof(struct uf2_board),
	.create = uf2_board_create,
	.set_option = uf2_board_set_option,
	.prepare = uf2_board_prepare,
	.destroy = uf2_board_destroy,
	.start = uf2_board_start,
	.set_mode = uf2_board_continue,
	.get_mode_name = dfut_sim_board_get_mode_name,
	.get_memory = uf2_board_get_memory,
	.describe = dfut_sim_board_describe,
	.control = uf2_board_control,
	.bus_reset = uf2_board_bus_reset,
	.timer = uf2_board_timer,
	.endpoint_send = uf2_board_send,
	.endpoint_receive = uf2_board_receive,
};
