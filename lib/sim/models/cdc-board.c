/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * A board that no table knows: an application with a serial port, which 1200 baud and DTR off bring into its bootloader, as
 * Arduino's cores do it, or DTR off and then four bytes, as Maple's core does. Two taps of its button do so, too. The
 * bootloader holds what is written to it, and starts it.
 */

#include <string.h>

#include "sim/parts/board.h"
#include "sim/parts/loader.h"

#define CDC_INTERFACE 0
#define CDC_NOTIFICATION 0x81
#define CDC_OUT 0x02
#define CDC_IN 0x83
#define RESET_US 250000
/* Numbers that pid.codes keeps for tests */
#define VENDOR_ID 0x1209
#define PRODUCT_ID 0x0005
#define BOOTLOADER_PRODUCT_ID 0x0006
#define RELEASE 0x0100

static const uint8_t application_descriptors[] = {
	DFUT_SIM_BOARD_DESCRIPTORS(VENDOR_ID, PRODUCT_ID, RELEASE, 2),
	DFUT_SIM_CDC_DESCRIPTORS(CDC_INTERFACE, 0x00, CDC_NOTIFICATION, CDC_IN, CDC_OUT),
};

static const struct dfut_sim_board_mode application = {
	.name = "application",
	.descriptors = application_descriptors,
	.size = sizeof(application_descriptors),
	.has_port = true,
	.manufacturer = "libdfutrigger",
	.product = "Virtual board",
};

/* What is told of it is the loader's. */
static const struct dfut_sim_board_mode bootloader = {
	.name = "bootloader",
	.descriptors = application_descriptors,
	.size = sizeof(application_descriptors),
	.manufacturer = "libdfutrigger",
	.product = "Virtual board",
};

struct cdc_board {
	struct dfut_sim_board board;
	struct {
		uint32_t bootloader;
		uint16_t vendor_id;
		uint16_t product_id;
		bool touch;
		uint32_t baud;
		bool magic;
	} options;
	bool fallen; /* DTR has, and nothing was said since */
	struct dfut_sim_loader loader;
};

static void start_mode(struct cdc_board *cdc_board)
{
	if (!dfut_sim_loader_has_application(&cdc_board->loader))
		dfut_sim_board_set_mode(&cdc_board->board, &bootloader);
	if (dfut_sim_board_is_bootloader(&cdc_board->board))
		dfut_sim_loader_start(&cdc_board->loader);
}

static int cdc_board_control(void *state, const struct dfut_sim_setup *setup, uint8_t *data)
{
	struct cdc_board *cdc_board = state;
	struct dfut_sim_board *board = &cdc_board->board;
	bool was_dtr = board->cdc.is_dtr;
	int result;

	if (dfut_sim_board_is_bootloader(board))
		return dfut_sim_loader_answer(&cdc_board->loader, setup, data);
	result = dfut_sim_board_answer(board, setup, data);
	if (board->cdc.event != DFUT_SIM_CDC_CODING && board->cdc.event != DFUT_SIM_CDC_STATE)
		return result;
	if (cdc_board->options.magic) {
		cdc_board->fallen = board->cdc.event == DFUT_SIM_CDC_STATE && was_dtr && !board->cdc.is_dtr;
		return result;
	}
	if (cdc_board->options.touch && dfut_sim_cdc_get_baud(&board->cdc) == cdc_board->options.baud &&
	    !board->cdc.is_dtr)
		dfut_sim_board_arm(board, &bootloader, RESET_US);
	else
		dfut_sim_board_disarm(board);
	return result;
}

/* LeafLabs' libmaple, usb_cdcacm.c: the last four bytes of what comes first after the falling edge. */
static int cdc_board_receive(void *state, uint8_t endpoint, const uint8_t *data, size_t size)
{
	static const char magic[] = { '1', 'E', 'A', 'F' };
	struct cdc_board *cdc_board = state;

	if (endpoint != CDC_OUT || size == 0)
		return (int)size;
	if (cdc_board->fallen && size >= sizeof(magic) &&
	    memcmp(data + size - sizeof(magic), magic, sizeof(magic)) == 0)
		dfut_sim_board_arm(&cdc_board->board, &bootloader, RESET_US);
	cdc_board->fallen = false;
	return (int)size;
}

static void leave_bootloader(struct cdc_board *cdc_board, enum dfut_sim_loader_event event)
{
	if (event == DFUT_SIM_LOADER_STAYS)
		return;
	dfut_sim_board_become(&cdc_board->board, &application);
	start_mode(cdc_board);
}

static int cdc_board_set_interface(void *state, uint8_t number, uint8_t alternate)
{
	struct cdc_board *cdc_board = state;

	(void)number;
	if (dfut_sim_board_is_bootloader(&cdc_board->board))
		dfut_sim_loader_set_alternate(&cdc_board->loader, alternate);
	return 0;
}

static void cdc_board_bus_reset(void *state)
{
	struct cdc_board *cdc_board = state;

	if (dfut_sim_board_is_bootloader(&cdc_board->board))
		leave_bootloader(cdc_board, dfut_sim_loader_bus_reset(&cdc_board->loader));
}

static void cdc_board_timer(void *state, unsigned int timer)
{
	struct cdc_board *cdc_board = state;

	if (dfut_sim_board_is_bootloader(&cdc_board->board)) {
		leave_bootloader(cdc_board, dfut_sim_loader_timer(&cdc_board->loader));
		return;
	}
	dfut_sim_board_timer(state, timer);
	start_mode(cdc_board);
}

static uint32_t cdc_board_start(void *state, enum dfut_sim_start start)
{
	uint32_t ms = dfut_sim_board_start_by_taps(state, start);

	start_mode(state);
	return ms;
}

static int cdc_board_set_mode(void *state, const char *mode)
{
	int result = dfut_sim_board_continue(state, mode);

	if (result == 0)
		start_mode(state);
	return result;
}

static const char *cdc_board_get_state_name(const void *state)
{
	const struct cdc_board *cdc_board = state;

	return dfut_sim_board_is_bootloader(&cdc_board->board) ? dfut_sim_loader_get_state_name(&cdc_board->loader) :
								 "application";
}

static void cdc_board_describe(const void *state, struct dfut_sim_description *description)
{
	const struct cdc_board *cdc_board = state;

	if (dfut_sim_board_is_bootloader(&cdc_board->board))
		dfut_sim_loader_describe(&cdc_board->loader, description);
	else
		dfut_sim_board_describe(state, description);
}

static int cdc_board_get_memory(void *state, size_t index, struct dfut_sim_memory *memory)
{
	return dfut_sim_loader_get_memory(&((struct cdc_board *)state)->loader, index, memory);
}

#define OPTION(key, kind, member, words) \
	{ \
		key, DFUT_SIM_OPTION_##kind, offsetof(struct cdc_board, options.member), 0, 0, words \
	}

static const struct dfut_sim_option cdc_board_options[] = {
	OPTION("bootloader", CHOICE, bootloader, "dfu|dfuse|unknown"),
	OPTION("boot-vid", ID, vendor_id, NULL),
	OPTION("boot-pid", ID, product_id, NULL),
	OPTION("touch", FLAG, touch, NULL),
	{ "baud", DFUT_SIM_OPTION_NUMBER, offsetof(struct cdc_board, options.baud), 1, 12000000, NULL },
	OPTION("magic", FLAG, magic, NULL),
	DFUT_SIM_BOARD_OPTIONS(struct cdc_board),
};

static int cdc_board_set_option(void *state, const char *key, const char *value)
{
	return dfut_sim_option_set(cdc_board_options, DFUT_COUNT(cdc_board_options), state, key, value);
}

static int cdc_board_create(void *state, struct dfut_sim_device *device)
{
	struct cdc_board *cdc_board = state;

	dfut_sim_board_create(&cdc_board->board, device, &application, &bootloader, "0001");
	cdc_board->options.vendor_id = VENDOR_ID;
	cdc_board->options.product_id = BOOTLOADER_PRODUCT_ID;
	cdc_board->options.touch = true;
	cdc_board->options.baud = DFUT_SIM_TOUCH_BAUD;
	return 0;
}

static int cdc_board_prepare(void *state)
{
	static const enum dfut_sim_loader_kind kinds[] = { DFUT_SIM_LOADER_DFU, DFUT_SIM_LOADER_DFUSE,
							   DFUT_SIM_LOADER_UNKNOWN };
	struct cdc_board *cdc_board = state;
	struct dfut_sim_loader *loader = &cdc_board->loader;

	loader->kind = kinds[cdc_board->options.bootloader];
	loader->vendor_id = cdc_board->options.vendor_id;
	loader->product_id = cdc_board->options.product_id;
	loader->release = RELEASE;
	loader->manufacturer = "libdfutrigger";
	loader->product = "Virtual board (bootloader)";
	loader->serial = cdc_board->board.options.serial;
	return dfut_sim_loader_prepare(loader, cdc_board->board.device);
}

static void cdc_board_destroy(void *state)
{
	dfut_sim_loader_free(&((struct cdc_board *)state)->loader);
}

const struct dfut_sim_model dfut_sim_cdc_board = {
	.size = sizeof(struct dfut_sim_model),
	.name = "cdc-board",
	.text = "a board with a serial port that no table knows, and one of three bootloaders",
	.options =
		"bootloader=dfu|dfuse|unknown: what a touch leads to: plain DFU, DfuSe, or something without a DFU interface\n"
		"boot-vid=HHHH: vendor id of the bootloader\n"
		"boot-pid=HHHH: product id of the bootloader\n"
		"touch=yes|no: whether it takes 1200 baud for more than a speed\n"
		"baud=BAUD: another speed than 1200\n"
		"magic=yes|no: it takes DTR off and then the bytes 1EAF instead, with nothing between them\n" DFUT_SIM_BOARD_TEXT,
	.state_size = sizeof(struct cdc_board),
	.create = cdc_board_create,
	.set_option = cdc_board_set_option,
	.prepare = cdc_board_prepare,
	.destroy = cdc_board_destroy,
	.start = cdc_board_start,
	.set_mode = cdc_board_set_mode,
	.get_mode_name = dfut_sim_board_get_mode_name,
	.get_state_name = cdc_board_get_state_name,
	.describe = cdc_board_describe,
	.get_memory = cdc_board_get_memory,
	.control = cdc_board_control,
	.endpoint_receive = cdc_board_receive,
	.set_interface = cdc_board_set_interface,
	.bus_reset = cdc_board_bus_reset,
	.timer = cdc_board_timer,
};
