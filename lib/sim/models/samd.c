/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * A board like the Arduino Zero at its native port: 1200 baud and DTR off, whichever comes last, restart it in 250 ms
 * unless something else is said before. Its bootloader speaks SAM-BA, as those of its relatives do. An UNO R4 WiFi is what its
 * bridge makes of it: it stays on the bus, 1200 baud alone restart the RA4M1 behind it.
 */

#include "sim/parts/board.h"
#include "sim/parts/samba.h"

#define CDC_INTERFACE 0
#define CDC_NOTIFICATION 0x81
#define CDC_OUT 0x02
#define CDC_IN 0x83
#define RESET_US 250000
#define BRIDGE_US 300000
/* ArduinoCore-sam, cores/arduino/Reset.cpp: the touch clears it */
#define BOOTS_FROM_FLASH 2u

#define PORT(name, vendor_id, product_id, release) \
	static const uint8_t name[] = { \
		DFUT_SIM_BOARD_DESCRIPTORS(vendor_id, product_id, release, 2), \
		DFUT_SIM_CDC_DESCRIPTORS(CDC_INTERFACE, 0x00, CDC_NOTIFICATION, CDC_IN, CDC_OUT), \
	}

PORT(zero_application, 0x2341, 0x804d, 0x0100);
PORT(zero_bootloader, 0x2341, 0x004d, 0x0200);
PORT(mkr_application, 0x2341, 0x804e, 0x0100);
PORT(mkr_bootloader, 0x2341, 0x004e, 0x0200);
PORT(iot_application, 0x2341, 0x8057, 0x0100);
PORT(iot_bootloader, 0x2341, 0x0057, 0x0200);
PORT(xiao_application, 0x2886, 0x802f, 0x0100);
PORT(xiao_bootloader, 0x2886, 0x002f, 0x4202);
PORT(metro_application, 0x239a, 0x8020, 0x0100);
PORT(metro_bootloader, 0x239a, 0x0020, 0x4202);
PORT(ble_application, 0x2341, 0x805a, 0x0101);
PORT(ble_bootloader, 0x2341, 0x005a, 0x0101);
PORT(r4_bridge, 0x2341, 0x1002, 0x0100);
PORT(due_application, 0x2341, 0x003e, 0x0100);
PORT(due_bootloader, 0x03eb, 0x6124, 0x0110);

#define APPLICATION(bytes, maker, called) \
	{ \
		.name = "application", .descriptors = bytes, .size = sizeof(bytes), .has_port = true, \
		.manufacturer = maker, .product = called \
	}
#define BOOTLOADER(bytes, maker, called, number) \
	{ \
		.name = "bootloader", .descriptors = bytes, .size = sizeof(bytes), .has_port = true, \
		.manufacturer = maker, .product = called, .serial = number \
	}

/* clang-format off */
static const struct {
	struct dfut_sim_board_mode application;
	struct dfut_sim_board_mode bootloader;
} faces[] = {
	[DFUT_SIM_SAMBA_ZERO] = { APPLICATION(zero_application, "Arduino LLC", "Arduino Zero"),
				  BOOTLOADER(zero_bootloader, "Arduino LLC", "Arduino Zero", "") },
	[DFUT_SIM_SAMBA_MKR] = { APPLICATION(mkr_application, "Arduino LLC", "Arduino MKR1000"),
				 BOOTLOADER(mkr_bootloader, "Arduino LLC", "Arduino MKR1000", "") },
	[DFUT_SIM_SAMBA_NANO_33_IOT] = { APPLICATION(iot_application, "Arduino LLC", "NANO 33 IoT"),
					 BOOTLOADER(iot_bootloader, "Arduino LLC", "Arduino NANO 33 IoT", "") },
	[DFUT_SIM_SAMBA_XIAO] = { APPLICATION(xiao_application, "Seeed", "Seeed XIAO M0"),
				  BOOTLOADER(xiao_bootloader, "Seeed Studio", "Seeeduino XIAO", NULL) },
	[DFUT_SIM_SAMBA_METRO_M4] = { APPLICATION(metro_application, "Adafruit", "Adafruit Metro M4"),
				      BOOTLOADER(metro_bootloader, "Adafruit Industries", "Metro M4 Express", NULL) },
	[DFUT_SIM_SAMBA_NANO_33_BLE] = { APPLICATION(ble_application, "Arduino", "Nano 33 BLE"),
					 BOOTLOADER(ble_bootloader, "Arduino", "Arduino Nano 33 BLE", NULL) },
	[DFUT_SIM_SAMBA_UNO_R4_WIFI] = { APPLICATION(r4_bridge, "Arduino", "UNO WiFi R4 CMSIS-DAP"),
					 BOOTLOADER(r4_bridge, "Arduino", "UNO WiFi R4 CMSIS-DAP", NULL) },
	[DFUT_SIM_SAMBA_DUE] = { APPLICATION(due_application, "Arduino LLC", "Arduino Due"),
				 BOOTLOADER(due_bootloader, "ATMEL", "AT91SAM", "") },
};
/* clang-format on */

struct samd {
	struct dfut_sim_board board;
	uint32_t kind; /* enum dfut_sim_samba_board */
	struct dfut_sim_samba samba;
};

static bool is_bridged(const struct samd *samd)
{
	return samd->kind == DFUT_SIM_SAMBA_UNO_R4_WIFI;
}

/* What it starts. */

static uint32_t get_away_ms(const struct samd *samd, uint32_t ms)
{
	bool is_application = dfut_sim_board_is_application(&samd->board);

	if (!is_bridged(samd) && !dfut_sim_samba_is_whole(&samd->samba))
		return DFUT_SIM_NEVER;
	/* Nothing that could speak USB */
	if (is_application && !is_bridged(samd) && !dfut_sim_samba_has_application(&samd->samba))
		return DFUT_SIM_NEVER;
	return ms;
}

/* The bridge keeps its port, whatever the RA4M1 does. */
static void become(struct samd *samd, const struct dfut_sim_board_mode *mode)
{
	if (is_bridged(samd) && samd->board.mode)
		samd->board.mode = mode;
	else
		dfut_sim_board_set_mode(&samd->board, mode);
	dfut_sim_samba_start(&samd->samba);
}

static const struct dfut_sim_board_mode *choose(const struct samd *samd)
{
	return dfut_sim_samba_stays(&samd->samba) ? samd->board.bootloader : samd->board.application;
}

static void restart(struct samd *samd)
{
	become(samd, choose(samd));
	if (!is_bridged(samd))
		dfut_sim_device_leave(samd->board.device, 0,
				      get_away_ms(samd, dfut_sim_return_ms(&samd->board.options.leaving)));
}

static uint32_t samd_start(void *state, enum dfut_sim_start start)
{
	struct samd *samd = state;
	struct dfut_sim_board *board = &samd->board;
	uint32_t ms = dfut_sim_board_start_by_taps(state, start);
	bool is_tapped = dfut_sim_board_is_bootloader(board) && samd->kind != DFUT_SIM_SAMBA_DUE;

	become(samd, is_tapped ? board->bootloader : choose(samd));
	samd->samba.baud = dfut_sim_cdc_get_baud(&board->cdc);
	return get_away_ms(samd, ms);
}

static int samd_continue(void *state, const char *mode)
{
	struct samd *samd = state;
	int result = dfut_sim_board_continue(state, mode);

	dfut_sim_samba_start(&samd->samba);
	samd->samba.baud = dfut_sim_cdc_get_baud(&samd->board.cdc);
	return result;
}

/* Requests. */

static void watch(struct samd *samd)
{
	struct dfut_sim_board *board = &samd->board;

	if (board->cdc.event != DFUT_SIM_CDC_CODING && board->cdc.event != DFUT_SIM_CDC_STATE)
		return;
	if (dfut_sim_board_is_touched(board))
		dfut_sim_board_arm(board, board->bootloader, RESET_US);
	else
		dfut_sim_board_disarm(board);
}

static void watch_bridge(struct samd *samd)
{
	uint32_t baud = dfut_sim_cdc_get_baud(&samd->board.cdc);

	if (samd->board.cdc.event != DFUT_SIM_CDC_CODING)
		return;
	dfut_sim_samba_set_baud(&samd->samba, baud);
	if (baud == DFUT_SIM_TOUCH_BAUD && samd->board.options.leaving.leave)
		dfut_sim_device_set_timer(samd->board.device, DFUT_SIM_SAMBA_TOUCH, BRIDGE_US);
}

static int samd_control(void *state, const struct dfut_sim_setup *setup, uint8_t *data)
{
	struct samd *samd = state;
	bool is_application = dfut_sim_board_is_application(&samd->board);
	int result;

	/* Its monitor looks at endpoint 0 between commands. */
	if (!is_application && !is_bridged(samd) && samd->samba.is_hung)
		return DFUT_ERROR_TIMEOUT;
	if (!is_application && !is_bridged(samd))
		dfut_sim_device_delay_answer(samd->board.device,
					     (uint32_t)(dfut_sim_samba_get_busy_us(&samd->samba) / DFUT_SIM_US_PER_MS));
	result = dfut_sim_board_answer(&samd->board, setup, data);
	if (is_bridged(samd))
		watch_bridge(samd);
	else if (is_application)
		watch(samd);
	return result;
}

static void samd_timer(void *state, unsigned int timer)
{
	struct samd *samd = state;

	switch (timer) {
	case DFUT_SIM_SAMBA_REPLY:
		dfut_sim_serial_timer(&samd->samba.serial);
		return;
	case DFUT_SIM_SAMBA_RESET:
		restart(samd);
		return;
	case DFUT_SIM_SAMBA_TOUCH:
		become(samd, samd->board.bootloader);
		return;
	default:
		if (samd->kind == DFUT_SIM_SAMBA_DUE)
			samd->samba.settings.gpnvm &= ~BOOTS_FROM_FLASH;
		dfut_sim_board_timer(state, timer);
		dfut_sim_samba_start(&samd->samba);
	}
}

static int samd_receive(void *state, uint8_t endpoint, const uint8_t *data, size_t size)
{
	struct samd *samd = state;

	if (endpoint != CDC_OUT || dfut_sim_board_is_application(&samd->board))
		return (int)size;
	return dfut_sim_samba_receive(&samd->samba, data, size);
}

static int samd_send(void *state, uint8_t endpoint, uint8_t *data, size_t room)
{
	struct samd *samd = state;

	if (endpoint != CDC_IN || dfut_sim_board_is_application(&samd->board))
		return DFUT_ERROR_BUSY;
	return dfut_sim_samba_send(&samd->samba, data, room);
}

static const char *samd_get_state_name(const void *state)
{
	const struct samd *samd = state;

	return dfut_sim_board_is_application(&samd->board) ? "application" :
							     dfut_sim_samba_get_state_name(&samd->samba);
}

static int samd_get_memory(void *state, size_t index, struct dfut_sim_memory *memory)
{
	struct samd *samd = state;

	return dfut_sim_samba_get_memory(&samd->samba, index, memory);
}

/* The model. */

static const struct dfut_sim_option samd_options[] = {
	{ "board", DFUT_SIM_OPTION_CHOICE, offsetof(struct samd, kind), 0, 0,
	  "zero|mkr|nano-33-iot|xiao-samd21|metro-m4|nano-33-ble|uno-r4-wifi|due" },
	DFUT_SIM_SAMBA_OPTIONS(struct samd),
	DFUT_SIM_BOARD_OPTIONS(struct samd),
};

static int samd_set_option(void *state, const char *key, const char *value)
{
	return dfut_sim_option_set(samd_options, DFUT_COUNT(samd_options), state, key, value);
}

static int samd_create(void *state, struct dfut_sim_device *device)
{
	struct samd *samd = state;

	dfut_sim_board_create(&samd->board, device, &faces[DFUT_SIM_SAMBA_ZERO].application,
			      &faces[DFUT_SIM_SAMBA_ZERO].bootloader, "6D1F3B5C50514C5747202020FF04192D");
	dfut_sim_samba_create(&samd->samba, device);
	return 0;
}

static int samd_prepare(void *state)
{
	struct samd *samd = state;
	struct dfut_sim_board *board = &samd->board;
	const uint8_t *given = board->application->descriptors;
	const uint8_t *own = faces[samd->kind].application.descriptors;

	/* Those that no option has set */
	if (board->options.vendor_id == dfut_le16(&given[8]) && board->options.product_id == dfut_le16(&given[10])) {
		board->options.vendor_id = dfut_le16(&own[8]);
		board->options.product_id = dfut_le16(&own[10]);
	}
	board->application = &faces[samd->kind].application;
	board->bootloader = &faces[samd->kind].bootloader;
	board->mode = board->application;
	return dfut_sim_samba_prepare(&samd->samba, samd->kind);
}

static void samd_destroy(void *state)
{
	struct samd *samd = state;

	dfut_sim_samba_free(&samd->samba);
}

const struct dfut_sim_model dfut_sim_samd = {
	.size = sizeof(struct dfut_sim_model),
	.name = "samd",
	.text = "a board like the Arduino Zero: a serial port, and a bootloader that speaks SAM-BA",
	.options =
		"board=zero|mkr|nano-33-iot|xiao-samd21|metro-m4|nano-33-ble|uno-r4-wifi|due: which one\n" DFUT_SIM_SAMBA_TEXT
			DFUT_SIM_BOARD_TEXT,
	.state_size = sizeof(struct samd),
	.create = samd_create,
	.set_option = samd_set_option,
	.prepare = samd_prepare,
	.destroy = samd_destroy,
	.start = samd_start,
	.set_mode = samd_continue,
	.get_mode_name = dfut_sim_board_get_mode_name,
	.get_state_name = samd_get_state_name,
	.get_memory = samd_get_memory,
	.describe = dfut_sim_board_describe,
	.control = samd_control,
	.timer = samd_timer,
	.endpoint_send = samd_send,
	.endpoint_receive = samd_receive,
};
