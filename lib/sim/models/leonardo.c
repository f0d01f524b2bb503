/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Arduino's boards with an ATmega32U4: the touch at 1200 baud starts the watchdog, which a port that is opened again
 * stops. Its bootloader, Caterina, speaks AVR109 and gives way to the sketch after 8 s.
 */

#include <string.h>

#include "sim/parts/board.h"
#include "sim/parts/caterina.h"

#define CDC_INTERFACE 0
#define HID_INTERFACE 2
#define CDC_NOTIFICATION 0x81
#define CDC_OUT 0x02
#define CDC_IN 0x83
#define HID_IN 0x84
/* The bootloader's: LUFA's Descriptors.h */
#define LOADER_NOTIFICATION 0x82
#define LOADER_IN 0x83
#define LOADER_OUT 0x04

#define WATCHDOG_US 120000
/* USB 2.0, 9.6.1 */
#define VENDOR_ID 8
#define PRODUCT_ID 10

/* USB HID 1.11, 7.2 */
enum hid_request {
	HID_SET_REPORT = 0x09,
	HID_SET_IDLE = 0x0a,
	HID_SET_PROTOCOL = 0x0b,
};

/* Modifiers and six keys, report 2 */
static const uint8_t report_descriptor[] = {
	0x05, 0x01, 0x09, 0x06, 0xa1, 0x01, 0x85, 0x02, 0x05, 0x07, 0x19, 0xe0, 0x29, 0xe7, 0x15, 0x00,
	0x25, 0x01, 0x75, 0x01, 0x95, 0x08, 0x81, 0x02, 0x95, 0x01, 0x75, 0x08, 0x81, 0x03, 0x95, 0x06,
	0x75, 0x08, 0x15, 0x00, 0x25, 0x65, 0x05, 0x07, 0x19, 0x00, 0x29, 0x65, 0x81, 0x00, 0xc0,
};

#define HID_DESCRIPTOR 0x09, 0x21, 0x01, 0x01, 0x00, 0x01, 0x22, sizeof(report_descriptor), 0x00

static const uint8_t hid_descriptor[] = { HID_DESCRIPTOR };

/* clang-format off */
#define APPLICATION(vendor_id, product_id) \
	DFUT_SIM_BOARD_DESCRIPTORS(vendor_id, product_id, 0x0100, 3), \
	DFUT_SIM_CDC_DESCRIPTORS(CDC_INTERFACE, 0x00, CDC_NOTIFICATION, CDC_IN, CDC_OUT), \
	0x09, 0x04, HID_INTERFACE, 0x00, 0x01, 0x03, 0x00, 0x00, 0x00, \
	HID_DESCRIPTOR, \
	0x07, 0x05, HID_IN, 0x03, 0x40, 0x00, 0x01

/* One function, so nothing joins its interfaces; 8 bytes in control packets, 16 in the others. */
#define LOADER(vendor_id, product_id) \
	0x12, 0x01, 0x10, 0x01, 0x02, 0x00, 0x00, 0x08, (vendor_id) & 0xff, (vendor_id) >> 8, (product_id) & 0xff, \
	(product_id) >> 8, 0x01, 0x00, 0x01, 0x02, 0x00, 0x01, \
	0x09, 0x02, 0x00, 0x00, 0x02, 0x01, 0x00, 0x80, 0x32, \
	0x09, 0x04, CDC_INTERFACE, 0x00, 0x01, 0x02, 0x02, 0x01, 0x00, \
	0x05, 0x24, 0x00, 0x10, 0x01, 0x04, 0x24, 0x02, 0x04, 0x05, 0x24, 0x06, CDC_INTERFACE, CDC_INTERFACE + 1, \
	0x07, 0x05, LOADER_NOTIFICATION, 0x03, 0x08, 0x00, 0xff, \
	0x09, 0x04, CDC_INTERFACE + 1, 0x00, 0x02, 0x0a, 0x00, 0x00, 0x00, \
	0x07, 0x05, LOADER_OUT, 0x02, DFUT_SIM_CATERINA_PACKET_SIZE, 0x00, 0x01, \
	0x07, 0x05, LOADER_IN, 0x02, DFUT_SIM_CATERINA_PACKET_SIZE, 0x00, 0x01

static const uint8_t leonardo_descriptors[] = { APPLICATION(0x2341, 0x8036) };
static const uint8_t leonardo_loader_descriptors[] = { LOADER(0x2341, 0x0036) };
static const uint8_t micro_descriptors[] = { APPLICATION(0x2341, 0x8037) };
static const uint8_t micro_loader_descriptors[] = { LOADER(0x2341, 0x0037) };
static const uint8_t pro_micro_descriptors[] = { APPLICATION(0x1b4f, 0x9206) };
static const uint8_t pro_micro_loader_descriptors[] = { LOADER(0x1b4f, 0x9205) };

#define MODE(mode, bytes, maker, board, number) \
	{ .name = mode, .descriptors = bytes, .size = sizeof(bytes), .has_port = true, .manufacturer = maker, \
	  .product = board, .serial = number }
#define BOARD(name, maker, board) \
	{ MODE("application", name##_descriptors, maker, board, NULL), \
	  MODE("bootloader", name##_loader_descriptors, maker, board, "") }

/* In the order of the option's words; the application, then the bootloader. */
static const struct dfut_sim_board_mode boards[][2] = {
	BOARD(leonardo, "Arduino LLC", "Arduino Leonardo"),
	BOARD(micro, "Arduino LLC", "Arduino Micro"),
	BOARD(pro_micro, "SparkFun", "SparkFun Pro Micro"),
};
/* clang-format on */

struct leonardo {
	struct dfut_sim_board board;
	uint32_t kind;
	struct dfut_sim_caterina loader;
};

/* Counted from when it is back on the bus. */
static void start_loader(struct leonardo *leonardo, uint32_t away_ms)
{
	if (dfut_sim_board_is_bootloader(&leonardo->board))
		dfut_sim_caterina_start(&leonardo->loader, away_ms);
}

/* Requests. */

static int answer_descriptor(const struct leonardo *leonardo, const struct dfut_sim_setup *setup, uint8_t *data)
{
	uint8_t recipient = setup->request_type & DFUT_SIM_RECIPIENT_MASK;

	if (recipient != DFUT_SIM_RECIPIENT_INTERFACE || setup->index != HID_INTERFACE ||
	    dfut_sim_board_is_bootloader(&leonardo->board))
		return DFUT_ERROR_DEVICE;
	if (setup->value == DFUT_SIM_REPORT_DESCRIPTOR << 8)
		return dfut_sim_board_give(setup, data, report_descriptor, sizeof(report_descriptor));
	if (setup->value == DFUT_SIM_FUNCTIONAL_DESCRIPTOR << 8)
		return dfut_sim_board_give(setup, data, hid_descriptor, sizeof(hid_descriptor));
	return DFUT_ERROR_DEVICE;
}

static int answer_hid(const struct dfut_sim_setup *setup)
{
	if (setup->request_type & DFUT_SIM_REQUEST_IN)
		return DFUT_ERROR_DEVICE;
	switch (setup->request) {
	case HID_SET_REPORT:
	case HID_SET_IDLE:
	case HID_SET_PROTOCOL:
		return setup->length;
	default:
		return DFUT_ERROR_DEVICE;
	}
}

/* Only what the lines do starts or stops the watchdog. */
static void watch(struct dfut_sim_board *board)
{
	if (board->cdc.event != DFUT_SIM_CDC_STATE)
		return;
	if (dfut_sim_board_is_touched(board))
		dfut_sim_board_arm(board, board->bootloader, WATCHDOG_US);
	else
		dfut_sim_board_disarm(board);
}

/* What the bootloader does not handle, its USB stack stalls. */
static bool is_refused(const struct leonardo *leonardo, const struct dfut_sim_setup *setup)
{
	if (!dfut_sim_board_is_bootloader(&leonardo->board))
		return false;
	return setup->request == DFUT_SIM_CDC_SEND_BREAK || (setup->request == DFUT_SIM_CDC_SET_CONTROL_LINE_STATE &&
							     !dfut_sim_caterina_takes_line_state(&leonardo->loader));
}

static int leonardo_control(void *state, const struct dfut_sim_setup *setup, uint8_t *data)
{
	struct leonardo *leonardo = state;
	int result;

	if ((setup->request_type & DFUT_SIM_TYPE_MASK) == DFUT_SIM_TYPE_STANDARD)
		return answer_descriptor(leonardo, setup, data);
	if (dfut_sim_board_is_class_request(setup, HID_INTERFACE))
		return answer_hid(setup);
	if (is_refused(leonardo, setup))
		return DFUT_ERROR_DEVICE;
	result = dfut_sim_board_answer(&leonardo->board, setup, data);
	if (dfut_sim_board_is_application(&leonardo->board))
		watch(&leonardo->board);
	return result;
}

static int leonardo_receive(void *state, uint8_t endpoint, const uint8_t *data, size_t size)
{
	struct leonardo *leonardo = state;

	if (endpoint == LOADER_OUT && dfut_sim_board_is_bootloader(&leonardo->board))
		return dfut_sim_caterina_receive(&leonardo->loader, data, size);
	return (int)size;
}

static int leonardo_send(void *state, uint8_t endpoint, uint8_t *data, size_t room)
{
	struct leonardo *leonardo = state;

	if (endpoint == LOADER_IN && dfut_sim_board_is_bootloader(&leonardo->board))
		return dfut_sim_caterina_send(&leonardo->loader, data, room);
	return DFUT_ERROR_BUSY;
}

/* The model. */

/* It detaches; without a program it is there again. */
static void leave(struct leonardo *leonardo)
{
	struct dfut_sim_board *board = &leonardo->board;
	bool has_program = dfut_sim_caterina_has_program(&leonardo->loader);
	uint32_t away_ms = dfut_sim_return_ms(&board->options.leaving);

	dfut_sim_board_become(board, has_program ? board->application : board->bootloader);
	start_loader(leonardo, away_ms);
}

static void leonardo_timer(void *state, unsigned int timer)
{
	struct leonardo *leonardo = state;
	struct dfut_sim_board *board = &leonardo->board;

	if (timer == DFUT_SIM_BOARD_TIMER) {
		dfut_sim_board_timer(state, timer);
		start_loader(leonardo, dfut_sim_return_ms(&board->options.leaving));
		if (dfut_sim_board_is_bootloader(board) && dfut_sim_caterina_is_bricked(&leonardo->loader))
			dfut_sim_device_leave(board->device, 0, DFUT_SIM_NEVER);
	} else if (dfut_sim_board_is_bootloader(board) && dfut_sim_caterina_timer(&leonardo->loader, timer)) {
		leave(leonardo);
	}
}

/* The button is for the bootloader, the power switch for the sketch; but each start begins in the bootloader's code. */
static uint32_t leonardo_start(void *state, enum dfut_sim_start start)
{
	struct leonardo *leonardo = state;
	struct dfut_sim_board *board = &leonardo->board;
	bool has_program = dfut_sim_caterina_has_program(&leonardo->loader);
	bool is_bootloader = start == DFUT_SIM_START_BUTTON || !has_program;
	bool is_bricked = dfut_sim_caterina_is_bricked(&leonardo->loader);

	dfut_sim_board_set_mode(board, is_bootloader ? board->bootloader : board->application);
	start_loader(leonardo, is_bricked ? DFUT_SIM_NEVER : board->options.leaving.ms);
	return is_bricked ? DFUT_SIM_NEVER : board->options.leaving.ms;
}

static int leonardo_continue(void *state, const char *mode)
{
	struct leonardo *leonardo = state;
	int result = dfut_sim_board_continue(state, mode);

	start_loader(leonardo, 0);
	if (dfut_sim_caterina_is_bricked(&leonardo->loader))
		dfut_sim_device_leave(leonardo->board.device, 0, DFUT_SIM_NEVER);
	return result;
}

static const char *leonardo_get_state_name(const void *state)
{
	const struct leonardo *leonardo = state;

	return dfut_sim_board_is_bootloader(&leonardo->board) ? dfut_sim_caterina_get_state_name(&leonardo->loader) :
								"application";
}

static int leonardo_get_memory(void *state, size_t index, struct dfut_sim_memory *memory)
{
	return dfut_sim_caterina_get_memory(&((struct leonardo *)state)->loader, index, memory);
}

static const struct dfut_sim_option leonardo_options[] = {
	{ "board", DFUT_SIM_OPTION_CHOICE, offsetof(struct leonardo, kind), 0, 0, "leonardo|micro|pro-micro" },
	DFUT_SIM_CATERINA_OPTIONS(struct leonardo, loader),
	DFUT_SIM_BOARD_OPTIONS(struct leonardo),
};

static int leonardo_set_option(void *state, const char *key, const char *value)
{
	return dfut_sim_option_set(leonardo_options, DFUT_COUNT(leonardo_options), state, key, value);
}

static int leonardo_create(void *state, struct dfut_sim_device *device)
{
	struct leonardo *leonardo = state;

	dfut_sim_board_create(&leonardo->board, device, &boards[0][0], &boards[0][1], "HIDPC");
	/* Those of the board, if no option tells others */
	leonardo->board.options.vendor_id = 0;
	leonardo->board.options.product_id = 0;
	dfut_sim_caterina_set_defaults(&leonardo->loader);
	return 0;
}

static int leonardo_prepare(void *state)
{
	struct leonardo *leonardo = state;
	struct dfut_sim_board *board = &leonardo->board;

	board->application = &boards[leonardo->kind][0];
	board->bootloader = &boards[leonardo->kind][1];
	if (!board->options.vendor_id)
		board->options.vendor_id = dfut_le16(&board->application->descriptors[VENDOR_ID]);
	if (!board->options.product_id)
		board->options.product_id = dfut_le16(&board->application->descriptors[PRODUCT_ID]);
	return dfut_sim_caterina_prepare(&leonardo->loader, board->device);
}

static void leonardo_destroy(void *state)
{
	dfut_sim_caterina_free(&((struct leonardo *)state)->loader);
}

const struct dfut_sim_model dfut_sim_leonardo = {
	.size = sizeof(struct dfut_sim_model),
	.name = "leonardo",
	.text = "an Arduino Leonardo: a serial port and keys, and the bootloader Caterina",
	.options = "board=leonardo|micro|pro-micro: whose ids it has\n" DFUT_SIM_CATERINA_TEXT DFUT_SIM_BOARD_TEXT,
	.state_size = sizeof(struct leonardo),
	.create = leonardo_create,
	.set_option = leonardo_set_option,
	.prepare = leonardo_prepare,
	.destroy = leonardo_destroy,
	.start = leonardo_start,
	.set_mode = leonardo_continue,
	.get_mode_name = dfut_sim_board_get_mode_name,
	.get_state_name = leonardo_get_state_name,
	.get_memory = leonardo_get_memory,
	.describe = dfut_sim_board_describe,
	.control = leonardo_control,
	.timer = leonardo_timer,
	.endpoint_send = leonardo_send,
	.endpoint_receive = leonardo_receive,
};
