/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * An Arduino Leonardo: the touch at 1200 baud starts the watchdog, which a port that is opened again stops. Its
 * bootloader, Caterina, gives way to the sketch after 8 s; of AVR109 it knows the name and the exit.
 */

#include <string.h>

#include "sim/parts/board.h"

#define CDC_INTERFACE 0
#define HID_INTERFACE 2
#define CDC_NOTIFICATION 0x81
#define CDC_OUT 0x02
#define CDC_IN 0x83
#define HID_IN 0x84

#define WATCHDOG_US 120000
#define BOOTLOADER_US 8000000
#define EXIT_US 500000
#define TIMER_BOOTLOADER (DFUT_SIM_BOARD_TIMER + 1)

/* USB HID 1.11, 7.2 */
enum hid_request {
	HID_SET_REPORT = 0x09,
	HID_SET_IDLE = 0x0a,
	HID_SET_PROTOCOL = 0x0b,
};

/* AVR109 */
#define AVR109_EXIT 'E'
#define AVR109_NAME 'S'
#define AVR109_SYNC 0x1b
#define AVR109_DONE '\r'
#define AVR109_UNKNOWN '?'
#define ANSWERS_SIZE 64

/* Modifiers and six keys, report 2 */
static const uint8_t report_descriptor[] = {
	0x05, 0x01, 0x09, 0x06, 0xa1, 0x01, 0x85, 0x02, 0x05, 0x07, 0x19, 0xe0, 0x29, 0xe7, 0x15, 0x00,
	0x25, 0x01, 0x75, 0x01, 0x95, 0x08, 0x81, 0x02, 0x95, 0x01, 0x75, 0x08, 0x81, 0x03, 0x95, 0x06,
	0x75, 0x08, 0x15, 0x00, 0x25, 0x65, 0x05, 0x07, 0x19, 0x00, 0x29, 0x65, 0x81, 0x00, 0xc0,
};

#define HID_DESCRIPTOR 0x09, 0x21, 0x01, 0x01, 0x00, 0x01, 0x22, sizeof(report_descriptor), 0x00

static const uint8_t hid_descriptor[] = { HID_DESCRIPTOR };

/* clang-format off */
static const uint8_t application_descriptors[] = {
	DFUT_SIM_BOARD_DESCRIPTORS(0x2341, 0x8036, 0x0100, 3),
	DFUT_SIM_CDC_DESCRIPTORS(CDC_INTERFACE, 0x00, CDC_NOTIFICATION, CDC_IN, CDC_OUT),
	0x09, 0x04, HID_INTERFACE, 0x00, 0x01, 0x03, 0x00, 0x00, 0x00,
	HID_DESCRIPTOR,
	0x07, 0x05, HID_IN, 0x03, 0x40, 0x00, 0x01,
};
/* clang-format on */

static const uint8_t bootloader_descriptors[] = {
	DFUT_SIM_BOARD_DESCRIPTORS(0x2341, 0x0036, 0x0001, 2),
	DFUT_SIM_CDC_DESCRIPTORS(CDC_INTERFACE, 0x01, CDC_NOTIFICATION, CDC_IN, CDC_OUT),
};

static const struct dfut_sim_board_mode application = {
	.name = "application",
	.descriptors = application_descriptors,
	.size = sizeof(application_descriptors),
	.has_port = true,
	.manufacturer = "Arduino LLC",
	.product = "Arduino Leonardo",
};

static const struct dfut_sim_board_mode bootloader = {
	.name = "bootloader",
	.descriptors = bootloader_descriptors,
	.size = sizeof(bootloader_descriptors),
	.has_port = true,
	.manufacturer = "Arduino LLC",
	.product = "Arduino Leonardo",
	.serial = "",
};

struct leonardo {
	struct dfut_sim_board board;
	bool has_program;
	uint8_t answers[ANSWERS_SIZE];
	size_t answers_size;
};

/* Counted from when it is back on the bus. */
static void limit_bootloader(struct leonardo *leonardo, uint32_t away_ms)
{
	uint64_t after_us = BOOTLOADER_US + away_ms * DFUT_SIM_US_PER_MS;

	leonardo->answers_size = 0;
	if (dfut_sim_board_is_bootloader(&leonardo->board) && leonardo->has_program && away_ms != DFUT_SIM_NEVER)
		dfut_sim_device_set_timer(leonardo->board.device, TIMER_BOOTLOADER, after_us);
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

static int leonardo_control(void *state, const struct dfut_sim_setup *setup, uint8_t *data)
{
	struct leonardo *leonardo = state;
	int result;

	if ((setup->request_type & DFUT_SIM_TYPE_MASK) == DFUT_SIM_TYPE_STANDARD)
		return answer_descriptor(leonardo, setup, data);
	if (dfut_sim_board_is_class_request(setup, HID_INTERFACE))
		return answer_hid(setup);
	result = dfut_sim_board_answer(&leonardo->board, setup, data);
	if (dfut_sim_board_is_application(&leonardo->board))
		watch(&leonardo->board);
	return result;
}

/* AVR109. */

static void say(struct leonardo *leonardo, const char *text, size_t size)
{
	if (size > sizeof(leonardo->answers) - leonardo->answers_size)
		return;
	memcpy(leonardo->answers + leonardo->answers_size, text, size);
	leonardo->answers_size += size;
}

static void obey(struct leonardo *leonardo, uint8_t command)
{
	struct dfut_sim_board *board = &leonardo->board;
	static const char name[] = "CATERIN";
	char answer = command == AVR109_EXIT ? AVR109_DONE : AVR109_UNKNOWN;

	if (command == AVR109_NAME)
		say(leonardo, name, strlen(name));
	else if (command != AVR109_SYNC)
		say(leonardo, &answer, 1);
	if (command == AVR109_EXIT)
		dfut_sim_device_set_timer(board->device, TIMER_BOOTLOADER, EXIT_US);
}

static int leonardo_receive(void *state, uint8_t endpoint, const uint8_t *data, size_t size)
{
	struct leonardo *leonardo = state;

	if (endpoint == CDC_OUT && dfut_sim_board_is_bootloader(&leonardo->board)) {
		for (size_t i = 0; i < size; i++)
			obey(leonardo, data[i]);
		dfut_sim_device_set_ready(leonardo->board.device);
	}
	return (int)size;
}

static int leonardo_send(void *state, uint8_t endpoint, uint8_t *data, size_t room)
{
	struct leonardo *leonardo = state;
	size_t given = leonardo->answers_size < room ? leonardo->answers_size : room;

	if (endpoint != CDC_IN || given == 0)
		return DFUT_ERROR_BUSY;
	memcpy(data, leonardo->answers, given);
	leonardo->answers_size -= given;
	memmove(leonardo->answers, leonardo->answers + given, leonardo->answers_size);
	return (int)given;
}

/* The model. */

static void leonardo_timer(void *state, unsigned int timer)
{
	struct leonardo *leonardo = state;
	struct dfut_sim_board *board = &leonardo->board;

	if (timer == TIMER_BOOTLOADER)
		dfut_sim_board_become(board, leonardo->has_program ? board->application : board->bootloader);
	else
		dfut_sim_board_timer(state, timer);
	limit_bootloader(leonardo, dfut_sim_return_ms(&board->options.leaving));
}

/* The button is for the bootloader, the power switch for the sketch. */
static uint32_t leonardo_start(void *state, enum dfut_sim_start start)
{
	struct leonardo *leonardo = state;
	struct dfut_sim_board *board = &leonardo->board;
	bool is_bootloader = start == DFUT_SIM_START_BUTTON || !leonardo->has_program;

	dfut_sim_board_set_mode(board, is_bootloader ? board->bootloader : board->application);
	limit_bootloader(leonardo, board->options.leaving.ms);
	return board->options.leaving.ms;
}

static const struct dfut_sim_option leonardo_options[] = {
	{ "program", DFUT_SIM_OPTION_FLAG, offsetof(struct leonardo, has_program), 0, 0, NULL },
	DFUT_SIM_BOARD_OPTIONS(struct leonardo),
};

static int leonardo_set_option(void *state, const char *key, const char *value)
{
	return dfut_sim_option_set(leonardo_options, DFUT_COUNT(leonardo_options), state, key, value);
}

static int leonardo_create(void *state, struct dfut_sim_device *device)
{
	struct leonardo *leonardo = state;

	dfut_sim_board_create(&leonardo->board, device, &application, &bootloader, "HIDPC");
	leonardo->has_program = true;
	return 0;
}

const struct dfut_sim_model dfut_sim_leonardo = {
	.size = sizeof(struct dfut_sim_model),
	.name = "leonardo",
	.text = "an Arduino Leonardo: a serial port and keys, and the bootloader Caterina",
	.options = "program=yes|no: whether there is a sketch that the bootloader gives way to\n" DFUT_SIM_BOARD_TEXT,
	.state_size = sizeof(struct leonardo),
	.create = leonardo_create,
	.set_option = leonardo_set_option,
	.start = leonardo_start,
	.set_mode = dfut_sim_board_continue,
	.get_mode_name = dfut_sim_board_get_mode_name,
	.describe = dfut_sim_board_describe,
	.control = leonardo_control,
	.timer = leonardo_timer,
	.endpoint_send = leonardo_send,
	.endpoint_receive = leonardo_receive,
};
