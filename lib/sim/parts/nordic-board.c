/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * A device made with nRF5 SDK 17.1: its trigger interface (app_usbd_nrf_dfu_trigger.c, nrf_dfu_trigger_usb.c,
 * app_usbd_core.c), its bootloader on the bus, and which of the two starts (nrf_bootloader.c). The application's
 * version is the fw_version N that it was written with, as N.0.0.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/parts/nordic-board.h"

#define BOOTLOADER_CDC_INTERFACE 0
#define BOOTLOADER_IN 0x81
#define BOOTLOADER_OUT 0x01

/* app_usbd_nrf_dfu_trigger_types.h */
enum trigger_request {
	TRIGGER_DETACH = 0x00,
	TRIGGER_NORDIC_INFO = 0x07,
	TRIGGER_SEM_VER = 0x08,
};

/* In a device descriptor: USB 2.0, 9.6.1 */
#define VENDOR_ID 8
#define PRODUCT_ID 10
#define NORDIC_INFO_SIZE 24
#define FIRMWARE_ID 1
#define VERSION_SIZE 64

#define BY_VARIANT UINT32_MAX
#define SECURE_INACTIVITY_MS 120000
#define CONTINUATION_MS 10000
/* nRF52840 product specification: tERASEPAGE, tWRITE */
#define ERASE_MS 85
#define WRITE_US 41
#define HARDWARE 52

static const uint8_t trigger_descriptor[] = { DFUT_SIM_NORDIC_TRIGGER_DESCRIPTOR };

/* clang-format off */
static const uint8_t bootloader_descriptors[] = {
	0x12, 0x01, 0x00, 0x02, 0x00, 0x00, 0x00, 0x40, 0x15, 0x19, 0x1f, 0x52, 0x00, 0x01, 0x01, 0x02, 0x03, 0x01,
	0x09, 0x02, 0x4b, 0x00, 0x02, 0x01, 0x04, 0xc0, 0x32,
	DFUT_SIM_CDC_DESCRIPTORS(BOOTLOADER_CDC_INTERFACE, 0x00, 0x82, BOOTLOADER_IN, BOOTLOADER_OUT),
};
/* clang-format on */

enum race {
	RACE_GONE,
	RACE_ACK,
};

/* The pin pulls the reset while the request is still being handled. */
#define PIN_RESET_US 200
/* Long enough for the status stage to win the race */
#define LOST_RACE_US 2000

/* Modes. */

static void set_strings(struct dfut_sim_nordic_board *board)
{
	const struct dfut_sim_nordic_options *options = &board->nordic.options;
	const char *bootloader = options->variant == DFUT_SIM_NORDIC_SECURE ? "Secure DFU Bootloader" :
									      "Open DFU Bootloader";
	const char *serial = board->is_bootloader && options->bootloader_serial[0] ? options->bootloader_serial :
										     options->serial;

	board->strings[0] = (struct dfut_string){ 1, board->is_bootloader ? "Nordic Semiconductor" :
									    board->kind->manufacturer };
	board->strings[1] = (struct dfut_string){ 2, board->is_bootloader ? bootloader : board->kind->product };
	board->strings[2] = (struct dfut_string){ 3, serial };
	board->strings[3] = (struct dfut_string){ 4, "Default configuration" };
}

static void set_mode(struct dfut_sim_nordic_board *board, bool is_bootloader)
{
	const struct dfut_sim_nordic_options *options = &board->nordic.options;

	board->is_bootloader = is_bootloader;
	board->descriptors_size = is_bootloader ? sizeof(bootloader_descriptors) : board->kind->size;
	memcpy(board->descriptors, is_bootloader ? bootloader_descriptors : board->kind->descriptors,
	       board->descriptors_size);
	dfut_put_le16(&board->descriptors[VENDOR_ID],
		      is_bootloader ? options->bootloader_vendor_id : options->vendor_id);
	dfut_put_le16(&board->descriptors[PRODUCT_ID],
		      is_bootloader ? options->bootloader_product_id : options->product_id);
	dfut_sim_hid_start(&board->hid, board->kind->hid_interfaces, is_bootloader ? 0 : board->kind->hid_count);
	dfut_sim_cdc_start(&board->cdc);
	set_strings(board);
	dfut_sim_nordic_start(&board->nordic, is_bootloader);
}

/* Returns how long it takes until it is on the bus. */
static uint32_t boot(struct dfut_sim_nordic_board *board, bool is_pin_reset)
{
	struct dfut_sim_nordic *nordic = &board->nordic;
	uint32_t away_ms = dfut_sim_return_ms(&nordic->options.leaving);
	bool waits_for_more = false;
	uint32_t ms = dfut_sim_nordic_activate(nordic, &waits_for_more);
	bool has_application = nordic->settings.application_size;

	set_mode(board, is_pin_reset || waits_for_more || !has_application);
	if (waits_for_more && has_application)
		dfut_sim_nordic_wait(nordic, ms + nordic->options.continuation_ms);
	return away_ms == DFUT_SIM_NEVER ? away_ms : away_ms + ms;
}

static void restart(struct dfut_sim_nordic_board *board, bool is_pin_reset)
{
	dfut_sim_device_leave(board->nordic.device, 0, boot(board, is_pin_reset));
}

/* Trigger. */

static int give(const struct dfut_sim_setup *setup, uint8_t *data, const void *bytes, size_t size)
{
	size_t given = size < setup->length ? size : setup->length;

	if (given)
		memcpy(data, bytes, given);
	return (int)given;
}

static int detach(struct dfut_sim_nordic_board *board, const struct dfut_sim_setup *setup)
{
	const struct dfut_sim_nordic_options *options = &board->nordic.options;
	bool is_ack = options->race == RACE_ACK || !options->leaving.leave;

	dfut_sim_device_set_timer(board->nordic.device, DFUT_SIM_NORDIC_PIN_RESET,
				  options->race == RACE_ACK ? LOST_RACE_US : PIN_RESET_US);
	return is_ack ? setup->length : DFUT_ERROR_TIMEOUT;
}

/* nrf_dfu_trigger_usb.c: where the firmware is, how large, its version and id, flash, page */
static int give_info(const struct dfut_sim_nordic *nordic, const struct dfut_sim_setup *setup, uint8_t *data)
{
	uint8_t info[NORDIC_INFO_SIZE] = { 0 };

	dfut_put_le32(info, dfut_sim_nordic_get_application_address(nordic));
	dfut_put_le32(info + 4, nordic->settings.application_size);
	dfut_put_le16(info + 8, (uint16_t)nordic->settings.application_version);
	dfut_put_le32(info + 12, FIRMWARE_ID);
	dfut_put_le32(info + 16, DFUT_SIM_NORDIC_FLASH_SIZE);
	dfut_put_le32(info + 20, DFUT_SIM_NORDIC_PAGE_SIZE);
	return give(setup, data, info, sizeof(info));
}

static int give_version(const struct dfut_sim_nordic_board *board, const struct dfut_sim_setup *setup, uint8_t *data)
{
	char text[VERSION_SIZE];
	int length = snprintf(text, sizeof(text), "%s %u.0.0", board->kind->name,
			      (unsigned int)board->nordic.settings.application_version);

	return give(setup, data, text, (size_t)length + 1);
}

static int answer_trigger(struct dfut_sim_nordic_board *board, const struct dfut_sim_setup *setup, uint8_t *data)
{
	bool is_in = setup->request_type & DFUT_SIM_REQUEST_IN;

	if (setup->request == TRIGGER_DETACH && !is_in)
		return detach(board, setup);
	if (setup->request == TRIGGER_NORDIC_INFO && is_in && setup->length == NORDIC_INFO_SIZE)
		return give_info(&board->nordic, setup, data);
	if (setup->request == TRIGGER_SEM_VER && is_in)
		return give_version(board, setup, data);
	return DFUT_ERROR_DEVICE;
}

/* Requests. */

static int answer_descriptor(struct dfut_sim_nordic_board *board, const struct dfut_sim_setup *setup, uint8_t *data)
{
	bool is_interface = (setup->request_type & DFUT_SIM_RECIPIENT_MASK) == DFUT_SIM_RECIPIENT_INTERFACE;

	if (is_interface && !board->is_bootloader && (uint8_t)setup->index == board->kind->trigger_interface &&
	    setup->value == DFUT_SIM_FUNCTIONAL_DESCRIPTOR << 8)
		return give(setup, data, trigger_descriptor, sizeof(trigger_descriptor));
	return dfut_sim_hid_answer(&board->hid, setup, data);
}

static int answer_interface(struct dfut_sim_nordic_board *board, const struct dfut_sim_setup *setup, uint8_t *data)
{
	uint8_t interface = (uint8_t)setup->index;

	if (interface == (board->is_bootloader ? BOOTLOADER_CDC_INTERFACE : board->kind->cdc_interface))
		return dfut_sim_cdc_answer(&board->cdc, setup, data);
	if (board->is_bootloader)
		return DFUT_ERROR_DEVICE;
	if (interface != board->kind->trigger_interface)
		return dfut_sim_hid_answer(&board->hid, setup, data);
	if (setup->request == TRIGGER_DETACH && board->nordic.options.interface_detach)
		return DFUT_ERROR_DEVICE;
	return answer_trigger(board, setup, data);
}

/* app_usbd_core.c: what the core does not know goes to each class in turn, until one of them takes it. */
static int answer_device(struct dfut_sim_nordic_board *board, const struct dfut_sim_setup *setup, uint8_t *data)
{
	int result = dfut_sim_cdc_answer(&board->cdc, setup, data);

	return result == DFUT_ERROR_DEVICE && !board->is_bootloader ? answer_trigger(board, setup, data) : result;
}

int dfut_sim_nordic_board_control(void *state, const struct dfut_sim_setup *setup, uint8_t *data)
{
	struct dfut_sim_nordic_board *board = state;
	uint8_t type = setup->request_type & DFUT_SIM_TYPE_MASK;
	uint8_t recipient = setup->request_type & DFUT_SIM_RECIPIENT_MASK;
	int result = DFUT_ERROR_DEVICE;

	if (type == DFUT_SIM_TYPE_STANDARD && setup->request == DFUT_SIM_GET_DESCRIPTOR)
		return answer_descriptor(board, setup, data);
	if (type != DFUT_SIM_TYPE_CLASS)
		return DFUT_ERROR_DEVICE;
	if (recipient == DFUT_SIM_RECIPIENT_INTERFACE)
		result = answer_interface(board, setup, data);
	else if (recipient == DFUT_SIM_RECIPIENT_DEVICE)
		result = answer_device(board, setup, data);
	if (board->is_bootloader)
		dfut_sim_nordic_listen(&board->nordic, board->cdc.is_dtr);
	return result;
}

int dfut_sim_nordic_board_send(void *state, uint8_t endpoint, uint8_t *data, size_t room)
{
	struct dfut_sim_nordic_board *board = state;

	if (!board->is_bootloader || endpoint != BOOTLOADER_IN)
		return DFUT_ERROR_BUSY;
	return dfut_sim_serial_send(&board->nordic.serial, data, room);
}

int dfut_sim_nordic_board_receive(void *state, uint8_t endpoint, const uint8_t *data, size_t size)
{
	struct dfut_sim_nordic_board *board = state;

	if (!board->is_bootloader || endpoint != BOOTLOADER_OUT)
		return (int)size;
	return dfut_sim_nordic_receive(&board->nordic, data, size);
}

/* The model. */

void dfut_sim_nordic_board_timer(void *state, unsigned int timer)
{
	struct dfut_sim_nordic_board *board = state;

	switch ((enum dfut_sim_nordic_timer)timer) {
	case DFUT_SIM_NORDIC_PIN_RESET:
		if (board->nordic.options.leaving.leave)
			restart(board, board->nordic.options.leaving.as == 0);
		return;
	case DFUT_SIM_NORDIC_REPLY:
		dfut_sim_serial_timer(&board->nordic.serial);
		return;
	case DFUT_SIM_NORDIC_RESET:
		restart(board, false);
		return;
	case DFUT_SIM_NORDIC_INACTIVITY:
		if (dfut_sim_nordic_has_waited(&board->nordic))
			restart(board, false);
		return;
	}
}

/* NRF_BL_DFU_ENTER_METHOD_PINRESET: the button is the same pin. */
uint32_t dfut_sim_nordic_board_start(void *state, enum dfut_sim_start start)
{
	struct dfut_sim_nordic_board *board = state;

	boot(board, start == DFUT_SIM_START_BUTTON);
	return board->nordic.options.leaving.ms;
}

int dfut_sim_nordic_board_continue(void *state, const char *mode)
{
	struct dfut_sim_nordic_board *board = state;
	bool is_bootloader = strcmp(mode, "bootloader") == 0;

	if (!is_bootloader && strcmp(mode, "application") != 0)
		return DFUT_ERROR_USAGE;
	dfut_sim_nordic_load(&board->nordic);
	set_mode(board, is_bootloader);
	return 0;
}

const char *dfut_sim_nordic_board_get_mode_name(const void *state)
{
	const struct dfut_sim_nordic_board *board = state;

	return board->is_bootloader ? "bootloader" : "application";
}

const char *dfut_sim_nordic_board_get_state_name(const void *state)
{
	const struct dfut_sim_nordic_board *board = state;

	return board->is_bootloader ? dfut_sim_nordic_get_state_name(&board->nordic) : "application";
}

void dfut_sim_nordic_board_describe(const void *state, struct dfut_sim_description *description)
{
	const struct dfut_sim_nordic_board *board = state;

	description->descriptors = board->descriptors;
	description->descriptors_size = board->descriptors_size;
	description->strings = board->strings;
	description->string_count = DFUT_COUNT(board->strings);
}

int dfut_sim_nordic_board_get_memory(void *state, size_t index, struct dfut_sim_memory *memory)
{
	struct dfut_sim_nordic *nordic = &((struct dfut_sim_nordic_board *)state)->nordic;

	if (index > 1)
		return DFUT_ERROR_NOT_FOUND;
	*memory = index == 0 ? (struct dfut_sim_memory){ "flash", nordic->flash, DFUT_SIM_NORDIC_FLASH_SIZE } :
			       (struct dfut_sim_memory){ "settings", (uint8_t *)&nordic->saved, sizeof(nordic->saved) };
	return 0;
}

#define OPTION(key, kind, member, least, most, words) \
	{ \
		key, DFUT_SIM_OPTION_##kind, offsetof(struct dfut_sim_nordic_board, nordic.options.member), least, \
			most, words \
	}

static const struct dfut_sim_option board_options[] = {
	OPTION("detach-race", CHOICE, race, 0, 0, "gone|ack"),
	OPTION("interface-detach", CHOICE, interface_detach, 0, 0, "take|stall"),
	OPTION("vid", ID, vendor_id, 0, 0, NULL),
	OPTION("pid", ID, product_id, 0, 0, NULL),
	OPTION("serial", TEXT, serial, 0, 0, NULL),
	OPTION("variant", CHOICE, variant, 0, 0, "open|secure"),
	OPTION("public-key", TEXT, public_key, 0, 0, NULL),
	OPTION("bank", CHOICE, bank, 0, 0, "single|dual"),
	OPTION("softdevice", NUMBER, softdevice, 0, UINT16_MAX, NULL),
	OPTION("hw-version", NUMBER, hw_version, 0, UINT32_MAX, NULL),
	OPTION("fw-version", NUMBER, fw_version, 0, UINT32_MAX, NULL),
	OPTION("bootloader-version", NUMBER, bootloader_version, 0, UINT32_MAX, NULL),
	OPTION("application", FLAG, has_application, 0, 0, NULL),
	OPTION("save-progress", FLAG, saves_progress, 0, 0, NULL),
	OPTION("debug", FLAG, is_debug, 0, 0, NULL),
	OPTION("requests", CHOICE, requests, 0, 0, "all|few"),
	OPTION("inactivity-ms", NUMBER, inactivity_ms, 0, 3600000, NULL),
	OPTION("continuation-ms", NUMBER, continuation_ms, 0, 3600000, NULL),
	OPTION("erase-ms", NUMBER, erase_ms, 0, 60000, NULL),
	OPTION("write-us", NUMBER, write_us, 0, 1000000, NULL),
	OPTION("bootloader-vid", ID, bootloader_vendor_id, 0, 0, NULL),
	OPTION("bootloader-pid", ID, bootloader_product_id, 0, 0, NULL),
	OPTION("bootloader-serial", TEXT, bootloader_serial, 0, 0, NULL),
	DFUT_SIM_RETURN_OPTIONS(struct dfut_sim_nordic_board, nordic.options.leaving),
};

int dfut_sim_nordic_board_set_option(void *state, const char *key, const char *value)
{
	return dfut_sim_option_set(board_options, DFUT_COUNT(board_options), state, key, value);
}

void dfut_sim_nordic_board_create(struct dfut_sim_nordic_board *board, struct dfut_sim_device *device,
				  const struct dfut_sim_nordic_kind *kind)
{
	struct dfut_sim_nordic_options *options = &board->nordic.options;

	board->kind = kind;
	board->nordic.device = device;
	board->hid.device = device;
	board->hid.state = board;
	options->bank = BY_VARIANT;
	options->hw_version = HARDWARE;
	options->fw_version = 1;
	options->bootloader_version = 1;
	options->has_application = true;
	options->inactivity_ms = BY_VARIANT;
	options->continuation_ms = CONTINUATION_MS;
	options->erase_ms = ERASE_MS;
	options->write_us = WRITE_US;
	options->vendor_id = dfut_le16(&kind->descriptors[VENDOR_ID]);
	options->product_id = dfut_le16(&kind->descriptors[PRODUCT_ID]);
	options->bootloader_vendor_id = dfut_le16(&bootloader_descriptors[VENDOR_ID]);
	options->bootloader_product_id = dfut_le16(&bootloader_descriptors[PRODUCT_ID]);
	options->leaving = (struct dfut_sim_return){ .leave = true, .returns = true, .ms = 300 };
	snprintf(options->serial, sizeof(options->serial), "%s", kind->serial);
}

int dfut_sim_nordic_board_prepare(void *state)
{
	struct dfut_sim_nordic_board *board = state;
	struct dfut_sim_nordic_options *options = &board->nordic.options;
	bool is_secure = options->variant == DFUT_SIM_NORDIC_SECURE;
	int result = dfut_sim_nordic_load_key(&board->nordic);

	if (options->bank == BY_VARIANT)
		options->bank = is_secure ? 1 : 0;
	if (options->inactivity_ms == BY_VARIANT)
		options->inactivity_ms = is_secure ? SECURE_INACTIVITY_MS : 0;
	return result < 0 ? result : dfut_sim_nordic_make_flash(&board->nordic);
}

void dfut_sim_nordic_board_destroy(void *state)
{
	struct dfut_sim_nordic_board *board = state;

	dfut_key_free(board->nordic.key);
	free(board->nordic.flash);
}
