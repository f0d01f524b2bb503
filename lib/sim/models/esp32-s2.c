/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * An ESP32-S2, or an S3, with Arduino's serial port over USB OTG: it restarts at once into the ROM's download mode at 1200
 * baud, or when DTR and RTS go through four states. The ROM has a serial port, at which its loader listens, and a DFU
 * interface, whose DETACH leads to DFU mode. No line resets it: its watchdog does, and leads back into the loader as long
 * as the bit that the application set says so. What has no valid application then is not seen on the bus any more.
 */

#include <string.h>

#include "sim/parts/board.h"
#include "sim/parts/esp-dfu.h"
#include "sim/parts/esp-loader.h"

#define CDC_INTERFACE 0
#define DFU_INTERFACE 2
#define DFU_MODE_INTERFACE 0
#define CDC_NOTIFICATION 0x81
#define CDC_OUT 0x02
#define CDC_IN 0x82

#define DFU_ATTRIBUTES (DFUT_DFU_CAN_DNLOAD | DFUT_DFU_WILL_DETACH)
#define DFU_TRANSFER_SIZE 64
/* DFU 1.1 */
#define DFU_FUNCTIONAL 0x09, 0x21, DFU_ATTRIBUTES, 0xe8, 0x03, DFU_TRANSFER_SIZE, 0x00, 0x10, 0x01

static const uint8_t dfu_functional[] = { DFU_FUNCTIONAL };

static const uint8_t application_descriptors[] = {
	DFUT_SIM_BOARD_DESCRIPTORS(0x303a, 0x80c2, 0x0100, 2),
	DFUT_SIM_CDC_DESCRIPTORS(CDC_INTERFACE, 0x00, CDC_NOTIFICATION, CDC_IN, CDC_OUT),
};

/* clang-format off */
#define ROM_DESCRIPTORS(product_id) \
	DFUT_SIM_BOARD_DESCRIPTORS(0x303a, product_id, 0x0723, 3), \
	DFUT_SIM_CDC_DESCRIPTORS(CDC_INTERFACE, 0x00, CDC_NOTIFICATION, CDC_IN, CDC_OUT), \
	0x09, 0x04, DFU_INTERFACE, 0x00, 0x00, 0xfe, 0x01, 0x01, 0x00, \
	DFU_FUNCTIONAL
#define DFU_DESCRIPTORS(product_id) \
	DFUT_SIM_BOARD_DESCRIPTORS(0x303a, product_id, 0x0723, 1), \
	0x09, 0x04, DFU_MODE_INTERFACE, 0x00, 0x00, 0xfe, 0x01, 0x02, 0x00, \
	DFU_FUNCTIONAL
/* clang-format on */

static const uint8_t rom_descriptors[] = { ROM_DESCRIPTORS(0x0002) };
static const uint8_t dfu_descriptors[] = { DFU_DESCRIPTORS(0x0002) };
static const uint8_t s3_rom_descriptors[] = { ROM_DESCRIPTORS(0x0009) };
static const uint8_t s3_dfu_descriptors[] = { DFU_DESCRIPTORS(0x0009) };

/* What one of the chips is in its modes; the order is that of the option's words. */
static const struct kind {
	enum dfut_sim_esp_chip_name chip;
	struct dfut_sim_board_mode application;
	struct dfut_sim_board_mode rom;
	struct dfut_sim_board_mode dfu;
} kinds[] = {
	{
		.chip = DFUT_SIM_ESP32_S2,
		.application = { .name = "application",
				 .descriptors = application_descriptors,
				 .size = sizeof(application_descriptors),
				 .has_port = true,
				 .manufacturer = "Espressif",
				 .product = "ESP32-S2" },
		.rom = { .name = "download",
			 .descriptors = rom_descriptors,
			 .size = sizeof(rom_descriptors),
			 .has_port = true,
			 .manufacturer = "Espressif",
			 .product = "ESP32-S2",
			 .serial = "0" },
		.dfu = { .name = "bootloader",
			 .descriptors = dfu_descriptors,
			 .size = sizeof(dfu_descriptors),
			 .manufacturer = "Espressif",
			 .product = "ESP32-S2",
			 .serial = "0" },
	},
	{
		.chip = DFUT_SIM_ESP32_S3,
		.application = { .name = "application",
				 .descriptors = application_descriptors,
				 .size = sizeof(application_descriptors),
				 .has_port = true,
				 .manufacturer = "Espressif",
				 .product = "ESP32-S3" },
		.rom = { .name = "download",
			 .descriptors = s3_rom_descriptors,
			 .size = sizeof(s3_rom_descriptors),
			 .has_port = true,
			 .manufacturer = "Espressif",
			 .product = "ESP32-S3",
			 .serial = "0" },
		.dfu = { .name = "bootloader",
			 .descriptors = s3_dfu_descriptors,
			 .size = sizeof(s3_dfu_descriptors),
			 .manufacturer = "Espressif",
			 .product = "ESP32-S3",
			 .serial = "0" },
	},
};

enum detach {
	DETACH_NOW,
	DETACH_VALUE,
};

struct esp32_s2 {
	struct dfut_sim_board board;
	uint32_t chip;
	uint32_t detach;
	size_t step;
	struct dfut_sim_esp_dfu esp_dfu;
	struct dfut_sim_esp_loader loader; /* whose flash is the same */
};

static bool is_dfu(const struct esp32_s2 *esp)
{
	return esp->board.mode == &kinds[esp->chip].dfu;
}

/* Serial port. */

/* A state that is told again is none; what does not fit begins anew. */
static bool has_gone_through_states(struct esp32_s2 *esp)
{
	static const struct {
		bool is_dtr;
		bool is_rts;
	} steps[] = { { false, true }, { true, true }, { true, false }, { false, false } };
	const struct dfut_sim_cdc *cdc = &esp->board.cdc;

	if (cdc->event != DFUT_SIM_CDC_STATE || !cdc->is_changed)
		return false;
	if (cdc->is_dtr != steps[esp->step].is_dtr || cdc->is_rts != steps[esp->step].is_rts)
		esp->step = 0;
	if (cdc->is_dtr == steps[esp->step].is_dtr && cdc->is_rts == steps[esp->step].is_rts)
		esp->step++;
	return esp->step == DFUT_COUNT(steps);
}

static bool is_touched(const struct dfut_sim_cdc *cdc)
{
	return cdc->event == DFUT_SIM_CDC_CODING && cdc->is_changed &&
	       dfut_sim_cdc_get_baud(cdc) == DFUT_SIM_TOUCH_BAUD;
}

static int answer_port(struct esp32_s2 *esp, const struct dfut_sim_setup *setup, uint8_t *data)
{
	struct dfut_sim_board *board = &esp->board;
	int result = dfut_sim_board_answer(board, setup, data);

	if (!dfut_sim_board_is_application(board))
		return result;
	if (!is_touched(&board->cdc) && !has_gone_through_states(esp))
		return result;
	esp->step = 0;
	esp->loader.is_download_forced = esp->loader.options.forces_download;
	return dfut_sim_board_restart(board, board->bootloader, result);
}

/* DFU interface. */

static int detach(struct esp32_s2 *esp, const struct dfut_sim_setup *setup)
{
	const struct dfut_sim_board_mode *dfu = &kinds[esp->chip].dfu;

	if (esp->detach == DETACH_NOW || setup->value == 0)
		return dfut_sim_board_restart(&esp->board, dfu, 0);
	dfut_sim_board_arm(&esp->board, dfu, setup->value * DFUT_SIM_US_PER_MS);
	return 0;
}

static int answer_runtime(struct esp32_s2 *esp, const struct dfut_sim_setup *setup, uint8_t *data)
{
	static const uint8_t status[DFUT_SIM_GETSTATUS_SIZE] = { STATUS_OK, 0, 0, 0, APP_IDLE, 0 };

	if (!dfut_sim_is_dfu_request(setup))
		return DFUT_ERROR_DEVICE;
	if (setup->request == DFUT_SIM_DFU_DETACH)
		return detach(esp, setup);
	if (setup->request == DFUT_SIM_DFU_GETSTATUS)
		return dfut_sim_board_give(setup, data, status, sizeof(status));
	if (setup->request == DFUT_SIM_DFU_GETSTATE)
		return dfut_sim_dfu_answer_state(setup, data, APP_IDLE);
	return DFUT_ERROR_DEVICE;
}

static int answer_descriptor(const struct esp32_s2 *esp, const struct dfut_sim_setup *setup, uint8_t *data)
{
	uint16_t interface = is_dfu(esp) ? DFU_MODE_INTERFACE : DFU_INTERFACE;
	uint8_t recipient = setup->request_type & DFUT_SIM_RECIPIENT_MASK;

	if (recipient != DFUT_SIM_RECIPIENT_INTERFACE || setup->index != interface ||
	    setup->value != DFUT_SIM_FUNCTIONAL_DESCRIPTOR << 8)
		return DFUT_ERROR_DEVICE;
	return dfut_sim_board_give(setup, data, dfu_functional, sizeof(dfu_functional));
}

/* The model. */

static int esp32_s2_control(void *state, const struct dfut_sim_setup *setup, uint8_t *data)
{
	struct esp32_s2 *esp = state;
	struct dfut_sim_board *board = &esp->board;

	if ((setup->request_type & DFUT_SIM_TYPE_MASK) == DFUT_SIM_TYPE_STANDARD)
		return answer_descriptor(esp, setup, data);
	if (is_dfu(esp))
		return dfut_sim_esp_dfu_answer(&esp->esp_dfu, setup, data);
	if (board->mode == board->bootloader && dfut_sim_board_is_class_request(setup, DFU_INTERFACE))
		return answer_runtime(esp, setup, data);
	return answer_port(esp, setup, data);
}

static void esp32_s2_bus_reset(void *state)
{
	struct esp32_s2 *esp = state;

	if (is_dfu(esp))
		dfut_sim_dfu_rules_check_reset(&esp->esp_dfu.rules, esp->esp_dfu.state);
}

static const struct dfut_sim_board_mode *get_booted_mode(const struct esp32_s2 *esp)
{
	return dfut_sim_esp_dfu_has_code(&esp->esp_dfu) ? esp->board.application : esp->board.bootloader;
}

/* What it now is gets ready. */
static void start_mode(struct esp32_s2 *esp)
{
	dfut_sim_esp_dfu_start(&esp->esp_dfu, esp->board.device, DFU_TRANSFER_SIZE, DFU_ATTRIBUTES);
	dfut_sim_esp_loader_start(&esp->loader, dfut_sim_board_is_bootloader(&esp->board));
}

/* Nobody answers in place of an application that is none. What came by DFU, and what it came with, is not looked into. */
static bool is_seen(const struct esp32_s2 *esp)
{
	return !dfut_sim_board_is_application(&esp->board) || !esp->loader.has_written ||
	       dfut_sim_esp_has_application(&esp->loader);
}

/* A reset of the chip that its loader was asked for, or its watchdog. */
static void restart(struct esp32_s2 *esp)
{
	struct dfut_sim_board *board = &esp->board;
	bool is_loader = dfut_sim_esp_loader_is_wanted(&esp->loader);

	if (!board->options.leaving.leave)
		return;
	dfut_sim_board_become(board, is_loader ? board->bootloader : board->application);
	if (!is_seen(esp))
		dfut_sim_device_leave(board->device, 0, DFUT_SIM_NEVER);
	start_mode(esp);
}

static void esp32_s2_timer(void *state, unsigned int timer)
{
	struct esp32_s2 *esp = state;

	switch (timer) {
	case DFUT_SIM_ESP_LOADER_REPLY:
		dfut_sim_serial_timer(&esp->loader.serial);
		return;
	case DFUT_SIM_ESP_LOADER_RESET:
	case DFUT_SIM_ESP_LOADER_WATCHDOG:
		restart(esp);
		return;
	case DFUT_SIM_ESP_TIMER:
		dfut_sim_board_become(&esp->board, get_booted_mode(esp));
		break;
	default:
		dfut_sim_board_timer(state, timer);
	}
	start_mode(esp);
}

static int esp32_s2_receive(void *state, uint8_t endpoint, const uint8_t *data, size_t size)
{
	struct esp32_s2 *esp = state;

	if (endpoint != CDC_OUT || !dfut_sim_board_is_bootloader(&esp->board))
		return (int)size;
	return dfut_sim_esp_loader_receive(&esp->loader, data, size);
}

static int esp32_s2_send(void *state, uint8_t endpoint, uint8_t *data, size_t room)
{
	struct esp32_s2 *esp = state;

	return endpoint == CDC_IN ? dfut_sim_serial_send(&esp->loader.serial, data, room) : DFUT_ERROR_BUSY;
}

static uint32_t esp32_s2_start(void *state, enum dfut_sim_start start)
{
	struct esp32_s2 *esp = state;
	uint32_t away_ms = dfut_sim_board_start(state, start);
	bool is_stub = start == DFUT_SIM_START_POWER && esp->loader.options.has_stub;
	bool is_loader = is_stub || esp->loader.options.has_strap;

	esp->step = 0;
	dfut_sim_esp_loader_lose_power(&esp->loader);
	dfut_sim_board_set_mode(&esp->board, is_loader ? esp->board.bootloader : get_booted_mode(esp));
	start_mode(esp);
	if (is_stub)
		dfut_sim_esp_loader_start_stub(&esp->loader);
	return is_seen(esp) ? away_ms : DFUT_SIM_NEVER;
}

static int esp32_s2_set_mode(void *state, const char *mode)
{
	struct esp32_s2 *esp = state;

	if (strcmp(mode, kinds[esp->chip].dfu.name) == 0)
		dfut_sim_board_set_mode(&esp->board, &kinds[esp->chip].dfu);
	else if (dfut_sim_board_continue(state, mode) < 0)
		return DFUT_ERROR_USAGE;
	start_mode(esp);
	return 0;
}

static const char *esp32_s2_get_state_name(const void *state)
{
	const struct esp32_s2 *esp = state;

	if (dfut_sim_board_is_bootloader(&esp->board))
		return dfut_sim_esp_loader_get_state_name(&esp->loader);
	return is_dfu(esp) ? dfut_sim_dfu_state_get_name(esp->esp_dfu.state) : NULL;
}

static int esp32_s2_get_memory(void *state, size_t index, struct dfut_sim_memory *memory)
{
	struct esp32_s2 *esp = state;

	if (index)
		return DFUT_ERROR_NOT_FOUND;
	*memory = (struct dfut_sim_memory){ "flash", esp->esp_dfu.flash, esp->esp_dfu.options.flash_size };
	return 0;
}

#define OPTION(key, kind, member, least, most, words) \
	{ \
		key, DFUT_SIM_OPTION_##kind, offsetof(struct esp32_s2, member), least, most, words \
	}

static const struct dfut_sim_option esp32_s2_options[] = {
	DFUT_SIM_BOARD_OPTIONS(struct esp32_s2),
	DFUT_SIM_ESP_LOADER_OPTIONS(struct esp32_s2),
	OPTION("chip", CHOICE, chip, 0, 0, "esp32-s2|esp32-s3"),
	OPTION("detach", CHOICE, detach, 0, 0, "now|value"),
	OPTION("work", CHOICE, esp_dfu.options.work, 0, 0, "dnload|getstatus|busy"),
	OPTION("erase-percent", NUMBER, esp_dfu.options.erase_percent, 0, 10000, NULL),
	OPTION("flash-size", SIZE, esp_dfu.options.flash_size, 65536, 64 * 1024 * 1024, NULL),
	OPTION("manifest", CHOICE, esp_dfu.options.manifest, 0, 0, "idle|leave"),
	OPTION("manifest-ms", NUMBER, esp_dfu.options.manifest_ms, 0, 0xffffff, NULL),
};

static int esp32_s2_set_option(void *state, const char *key, const char *value)
{
	return dfut_sim_option_set(esp32_s2_options, DFUT_COUNT(esp32_s2_options), state, key, value);
}

static int esp32_s2_create(void *state, struct dfut_sim_device *device)
{
	struct esp32_s2 *esp = state;

	dfut_sim_board_create(&esp->board, device, &kinds[0].application, &kinds[0].rom, "7CDFA1036B54");
	dfut_sim_esp_dfu_set_defaults(&esp->esp_dfu);
	dfut_sim_esp_loader_create(&esp->loader, device, kinds[0].chip);
	esp->loader.is_otg = true;
	return 0;
}

static int esp32_s2_prepare(void *state)
{
	struct esp32_s2 *esp = state;
	const struct kind *kind = &kinds[esp->chip];
	int result;

	esp->board.application = &kind->application;
	esp->board.bootloader = &kind->rom;
	esp->loader.chip = dfut_sim_esp_get_chip(kind->chip);
	esp->esp_dfu.code_address = esp->loader.chip->code_address;
	result = dfut_sim_esp_dfu_prepare(&esp->esp_dfu);
	if (result < 0)
		return result;
	esp->loader.options.flash_size = esp->esp_dfu.options.flash_size;
	return dfut_sim_esp_loader_prepare(&esp->loader, esp->esp_dfu.flash);
}

static void esp32_s2_destroy(void *state)
{
	struct esp32_s2 *esp = state;

	dfut_sim_esp_loader_free(&esp->loader);
	dfut_sim_esp_dfu_free(&esp->esp_dfu);
}

const struct dfut_sim_model dfut_sim_esp32_s2 = {
	.size = sizeof(struct dfut_sim_model),
	.name = "esp32-s2",
	.text = "an ESP32-S2 or S3 with Arduino's serial port, and the download mode of its ROM: a serial loader, and DFU",
	.options =
		"chip=esp32-s2|esp32-s3: which chip it is\n"
		"detach=now|value: whether DETACH works at once, or after wValue ms\n"
		"work=dnload|getstatus|busy: what has to wait while it erases and writes: the DNLOAD, or the GETSTATUS, or "
		"nothing, as it says dfuDNBUSY\n"
		"erase-percent=N: time to erase, in percent of the typical one\n"
		"flash-size=BYTES: of its flash, whole 64 KiB; K and M are understood\n"
		"manifest=idle|leave: whether it says dfuIDLE after the download, or dfuMANIFEST, before it restarts\n"
		"manifest-ms=MS: time until it restarts\n" DFUT_SIM_ESP_LOADER_TEXT DFUT_SIM_BOARD_TEXT,
	.state_size = sizeof(struct esp32_s2),
	.create = esp32_s2_create,
	.set_option = esp32_s2_set_option,
	.prepare = esp32_s2_prepare,
	.destroy = esp32_s2_destroy,
	.start = esp32_s2_start,
	.set_mode = esp32_s2_set_mode,
	.get_mode_name = dfut_sim_board_get_mode_name,
	.get_state_name = esp32_s2_get_state_name,
	.describe = dfut_sim_board_describe,
	.get_memory = esp32_s2_get_memory,
	.control = esp32_s2_control,
	.bus_reset = esp32_s2_bus_reset,
	.timer = esp32_s2_timer,
	.endpoint_send = esp32_s2_send,
	.endpoint_receive = esp32_s2_receive,
};
