/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * A board with Zephyr's CDC ACM port, on which its application speaks SMP, and MCUboot behind it. Without a valid
 * application, or if it was told to start so, MCUboot's serial recovery is on the port; a reset starts what is there.
 */

#include <string.h>

#include "sim/parts/board.h"
#include "sim/parts/smp.h"

#define CDC_INTERFACE 0
#define CDC_NOTIFICATION 0x81
#define CDC_OUT 0x01
#define CDC_IN 0x82
#define VENDOR_ID 0x2fe3
#define PRODUCT_ID 0x0004
/* CONFIG_USB_DEVICE_PID where nobody sets it */
#define RECOVERY_PRODUCT_ID 0x0100
#define DESCRIPTOR_PRODUCT_ID 10

static const uint8_t application_descriptors[] = {
	DFUT_SIM_BOARD_DESCRIPTORS(VENDOR_ID, PRODUCT_ID, 0x0401, 2),
	DFUT_SIM_CDC_DESCRIPTORS(CDC_INTERFACE, 0x00, CDC_NOTIFICATION, CDC_IN, CDC_OUT),
};

static const struct dfut_sim_board_mode application = {
	.name = "application",
	.descriptors = application_descriptors,
	.size = sizeof(application_descriptors),
	.has_port = true,
	.manufacturer = "ZEPHYR",
	.product = "USB-DEV",
};

static const struct dfut_sim_board_mode recovery = {
	.name = "bootloader",
	.descriptors = application_descriptors,
	.size = sizeof(application_descriptors),
	.has_port = true,
	.manufacturer = "ZEPHYR",
	.product = "MCUBOOT",
};

struct smp_board {
	struct dfut_sim_board board;
	uint16_t recovery_product_id;
	bool has_started; /* the pin that asks for recovery is held at the first start only */
	struct dfut_sim_smp smp;
};

static void set_mode(struct smp_board *smp_board, const struct dfut_sim_board_mode *mode)
{
	dfut_sim_board_set_mode(&smp_board->board, mode);
	if (mode == &recovery)
		dfut_put_le16(&smp_board->board.descriptors[DESCRIPTOR_PRODUCT_ID], smp_board->recovery_product_id);
	dfut_sim_smp_start(&smp_board->smp, mode == &recovery);
}

/* Returns the ms until it is on the bus. */
static uint32_t boot(struct smp_board *smp_board)
{
	uint32_t away_ms = dfut_sim_return_ms(&smp_board->board.options.leaving);
	uint32_t swap_ms = 0;
	bool is_bootable = dfut_sim_smp_boot(&smp_board->smp, &swap_ms);

	set_mode(smp_board, is_bootable ? &application : &recovery);
	return away_ms == DFUT_SIM_NEVER ? away_ms : away_ms + swap_ms;
}

static uint32_t smp_board_start(void *state, enum dfut_sim_start start)
{
	struct smp_board *smp_board = state;
	bool is_held = smp_board->smp.options.mode && !smp_board->has_started;

	(void)start;
	smp_board->has_started = true;
	if (!is_held)
		return boot(smp_board);
	set_mode(smp_board, &recovery);
	return smp_board->board.options.leaving.ms;
}

static int smp_board_continue(void *state, const char *mode)
{
	struct smp_board *smp_board = state;

	if (strcmp(mode, application.name) != 0 && strcmp(mode, recovery.name) != 0)
		return DFUT_ERROR_USAGE;
	smp_board->has_started = true;
	set_mode(smp_board, strcmp(mode, recovery.name) == 0 ? &recovery : &application);
	return 0;
}

static void smp_board_timer(void *state, unsigned int timer)
{
	struct smp_board *smp_board = state;

	switch (timer) {
	case DFUT_SIM_SMP_REPLY:
		dfut_sim_serial_timer(&smp_board->smp.serial);
		return;
	case DFUT_SIM_SMP_WORK:
		dfut_sim_smp_go_on(&smp_board->smp);
		return;
	case DFUT_SIM_SMP_RESET:
		if (smp_board->board.options.leaving.leave)
			dfut_sim_device_leave(smp_board->board.device, 0, boot(smp_board));
		return;
	default:
		return;
	}
}

static int smp_board_control(void *state, const struct dfut_sim_setup *setup, uint8_t *data)
{
	struct smp_board *smp_board = state;
	int result = dfut_sim_board_answer(&smp_board->board, setup, data);

	if (smp_board->board.cdc.event == DFUT_SIM_CDC_CODING)
		smp_board->smp.is_set = true;
	return result;
}

static int smp_board_receive(void *state, uint8_t endpoint, const uint8_t *data, size_t size)
{
	struct smp_board *smp_board = state;

	return endpoint == CDC_OUT ? dfut_sim_smp_receive(&smp_board->smp, data, size) : (int)size;
}

static int smp_board_send(void *state, uint8_t endpoint, uint8_t *data, size_t room)
{
	struct smp_board *smp_board = state;

	return endpoint == CDC_IN ? dfut_sim_smp_send(&smp_board->smp, data, room) : DFUT_ERROR_BUSY;
}

static const char *smp_board_get_state_name(const void *state)
{
	const struct smp_board *smp_board = state;

	return dfut_sim_smp_get_state_name(&smp_board->smp);
}

static int smp_board_get_memory(void *state, size_t index, struct dfut_sim_memory *memory)
{
	struct smp_board *smp_board = state;

	return dfut_sim_smp_get_memory(&smp_board->smp, index, memory);
}

static const struct dfut_sim_option smp_board_options[] = {
	DFUT_SIM_SMP_OPTIONS(struct smp_board),
	{ "recovery-pid", DFUT_SIM_OPTION_ID, offsetof(struct smp_board, recovery_product_id), 0, 0, NULL },
	DFUT_SIM_BOARD_OPTIONS(struct smp_board),
};

static int smp_board_set_option(void *state, const char *key, const char *value)
{
	return dfut_sim_option_set(smp_board_options, DFUT_COUNT(smp_board_options), state, key, value);
}

static int smp_board_create(void *state, struct dfut_sim_device *device)
{
	struct smp_board *smp_board = state;

	dfut_sim_board_create(&smp_board->board, device, &application, &recovery, "5D0A7C31E94B2F68");
	smp_board->recovery_product_id = RECOVERY_PRODUCT_ID;
	dfut_sim_smp_create(&smp_board->smp, device, &smp_board->board.cdc);
	return 0;
}

static int smp_board_prepare(void *state)
{
	struct smp_board *smp_board = state;

	return dfut_sim_smp_prepare(&smp_board->smp);
}

static void smp_board_destroy(void *state)
{
	struct smp_board *smp_board = state;

	dfut_sim_smp_free(&smp_board->smp);
}

const struct dfut_sim_model dfut_sim_smp_board = {
	.size = sizeof(struct dfut_sim_model),
	.name = "smp-board",
	.text = "a board with Zephyr and MCUboot whose serial port speaks SMP (MCUmgr)",
	.options = DFUT_SIM_SMP_TEXT "recovery-pid=HHHH: product id of recovery\n" DFUT_SIM_BOARD_TEXT,
	.state_size = sizeof(struct smp_board),
	.create = smp_board_create,
	.set_option = smp_board_set_option,
	.prepare = smp_board_prepare,
	.destroy = smp_board_destroy,
	.start = smp_board_start,
	.set_mode = smp_board_continue,
	.get_mode_name = dfut_sim_board_get_mode_name,
	.get_state_name = smp_board_get_state_name,
	.describe = dfut_sim_board_describe,
	.get_memory = smp_board_get_memory,
	.control = smp_board_control,
	.timer = smp_board_timer,
	.endpoint_send = smp_board_send,
	.endpoint_receive = smp_board_receive,
};
