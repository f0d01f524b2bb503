/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A part whose bootloader speaks FLIP, and the application that it starts: none that is seen on USB, or a keyboard. */

#include <string.h>

#include "sim/models/models.h"
#include "sim/parts/flip.h"
#include "sim/parts/raw-hid.h"

#define VIA_VENDOR_ID 0xfeed
#define VIA_PRODUCT_ID 0x6060
#define SYSTEM76_VENDOR_ID 0x3384
#define SYSTEM76_PRODUCT_ID 0x0001
/* Those with an AT90USB646 */
#define SYSTEM76_LARGE_PRODUCT_ID 0x0005

enum application {
	APPLICATION_NONE,
	APPLICATION_VIA,
	APPLICATION_SYSTEM76,
};

#define MODE_BRICKED DFUT_SIM_HID_OTHER_MODE

struct flip {
	struct dfut_sim_raw_hid raw;
	struct dfut_sim_flip loader;
	struct {
		uint32_t application;
	} options;
};

static bool is_in_loader(const struct flip *flip)
{
	return flip->raw.base.mode != DFUT_SIM_HID_APPLICATION;
}

static void flip_build(void *state)
{
	struct flip *flip = state;
	bool is_system76 = flip->options.application == APPLICATION_SYSTEM76;

	if (is_in_loader(flip))
		dfut_sim_flip_start(&flip->loader);
	else
		dfut_sim_raw_hid_build(&flip->raw, is_system76 ? "System76" : "QMK",
				       is_system76 ? "Virtual Launch keyboard" : "Virtual VIA keyboard");
}

static void flip_describe(const void *state, struct dfut_sim_description *description)
{
	const struct flip *flip = state;

	if (is_in_loader(flip))
		dfut_sim_flip_describe(&flip->loader, description);
	else
		dfut_sim_hid_device_describe(state, description);
}

static const char *flip_get_state_name(const void *state)
{
	const struct flip *flip = state;

	return is_in_loader(flip) ? dfut_sim_dfu_state_get_name(flip->loader.state) : "application";
}

static int flip_control(void *state, const struct dfut_sim_setup *setup, uint8_t *data)
{
	struct flip *flip = state;

	return is_in_loader(flip) ? dfut_sim_flip_answer(&flip->loader, setup, data) :
				    dfut_sim_hid_device_control(state, setup, data);
}

static void flip_bus_reset(void *state)
{
	struct flip *flip = state;

	if (is_in_loader(flip))
		dfut_sim_flip_bus_reset(&flip->loader);
}

/* An application that USB does not see is not back. */
static uint32_t get_away_ms(const struct flip *flip)
{
	bool is_seen = is_in_loader(flip) || flip->options.application != APPLICATION_NONE;

	return is_seen ? dfut_sim_return_ms(&flip->raw.base.options.leaving) : DFUT_SIM_NEVER;
}

static void flip_timer(void *state, unsigned int timer)
{
	struct flip *flip = state;
	bool is_start;

	if (timer != DFUT_SIM_FLIP_TIMER) {
		dfut_sim_hid_device_timer(state, timer);
		return;
	}
	is_start = dfut_sim_flip_timer(&flip->loader) == DFUT_SIM_FLIP_STARTS;
	dfut_sim_hid_device_set_mode(state, is_start ? "application" : "bootloader");
	dfut_sim_device_leave(flip->raw.base.device, 0, get_away_ms(flip));
}

static int flip_set_mode(void *state, const char *mode)
{
	struct flip *flip = state;
	bool is_unseen = strcmp(mode, "application") == 0 && flip->options.application == APPLICATION_NONE;
	/* An application that can't be seen has ended when it is plugged in again. */
	int result = dfut_sim_hid_device_set_mode(state, is_unseen ? "bootloader" : mode);

	if (flip->raw.base.mode == MODE_BRICKED)
		dfut_sim_device_leave(flip->raw.base.device, 0, DFUT_SIM_NEVER);
	return result;
}

/* Power starts the application; its button is pressed together with the one that HWB or the ISP pin is at. */
static uint32_t flip_start(void *state, enum dfut_sim_start start)
{
	struct flip *flip = state;
	uint32_t ms = dfut_sim_hid_device_start(state, start);

	if (dfut_sim_flip_is_bricked(&flip->loader)) {
		flip_set_mode(state, "bricked");
		return DFUT_SIM_NEVER;
	}
	if (start == DFUT_SIM_START_BUTTON || flip->options.application == APPLICATION_NONE ||
	    !dfut_sim_flip_has_application(&flip->loader))
		dfut_sim_hid_device_set_mode(state, "bootloader");
	return ms;
}

static int flip_get_memory(void *state, size_t index, struct dfut_sim_memory *memory)
{
	return dfut_sim_flip_get_memory(&((struct flip *)state)->loader, index, memory);
}

static const struct dfut_sim_option flip_options[] = {
	{ "application", DFUT_SIM_OPTION_CHOICE, offsetof(struct flip, options.application), 0, 0,
	  "none|via|system76" },
	DFUT_SIM_FLIP_OPTIONS(struct flip, loader),
	DFUT_SIM_RAW_OPTIONS,
};

static int flip_set_option(void *state, const char *key, const char *value)
{
	return dfut_sim_option_set(flip_options, DFUT_COUNT(flip_options), state, key, value);
}

static int flip_create(void *state, struct dfut_sim_device *device)
{
	struct flip *flip = state;

	dfut_sim_hid_device_create(&flip->raw.base, device, 0, 0);
	dfut_sim_flip_set_defaults(&flip->loader);
	flip->raw.base.build = flip_build;
	flip->raw.base.other_mode = "bricked";
	return 0;
}

static int flip_prepare(void *state)
{
	struct flip *flip = state;
	bool is_system76 = flip->options.application == APPLICATION_SYSTEM76;
	bool is_large = flip->loader.options.part == DFUT_SIM_FLIP_AT90USB646;

	if (!flip->raw.base.options.vendor_id)
		flip->raw.base.options.vendor_id = is_system76 ? SYSTEM76_VENDOR_ID : VIA_VENDOR_ID;
	if (!flip->raw.base.options.product_id)
		flip->raw.base.options.product_id = !is_system76 ? VIA_PRODUCT_ID :
						    is_large	 ? SYSTEM76_LARGE_PRODUCT_ID :
								   SYSTEM76_PRODUCT_ID;
	flip->raw.commands = is_system76 ? DFUT_SIM_RAW_SYSTEM76 : DFUT_SIM_RAW_VIA;
	return dfut_sim_flip_prepare(&flip->loader, flip->raw.base.device);
}

static void flip_destroy(void *state)
{
	dfut_sim_flip_free(&((struct flip *)state)->loader);
}

const struct dfut_sim_model dfut_sim_flip_device = {
	.size = sizeof(struct dfut_sim_model),
	.name = "flip",
	.text = "an AVR, XMEGA or AVR32 UC3 whose bootloader speaks Atmel's FLIP",
	.options =
		"application=none|via|system76: what it starts: something without USB, or a keyboard that a report triggers\n" DFUT_SIM_FLIP_TEXT
			DFUT_SIM_RAW_TEXT,
	.state_size = sizeof(struct flip),
	.create = flip_create,
	.set_option = flip_set_option,
	.prepare = flip_prepare,
	.destroy = flip_destroy,
	.start = flip_start,
	.set_mode = flip_set_mode,
	.get_mode_name = dfut_sim_hid_device_get_mode_name,
	.get_state_name = flip_get_state_name,
	.describe = flip_describe,
	.get_memory = flip_get_memory,
	.control = flip_control,
	.bus_reset = flip_bus_reset,
	.timer = flip_timer,
	.endpoint_send = dfut_sim_raw_hid_endpoint_send,
	.endpoint_receive = dfut_sim_raw_hid_endpoint_receive,
};
