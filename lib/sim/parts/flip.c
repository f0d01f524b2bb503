/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What all bootloaders that speak FLIP have in common: descriptors, GETSTATUS, the time that work takes, leaving. */

#include <string.h>

#include "sim/parts/flip.h"

#define VENDOR_ID 0x03eb
#define HEADER_SIZE_AVR 32
#define HEADER_SIZE 64
#define LUFA_ATTRIBUTES (DFUT_DFU_CAN_DNLOAD | DFUT_DFU_CAN_UPLOAD)
#define LUFA_TRANSFER_SIZE 0x0c00
#define LUFA_WATCHDOG_MS 250
#define WATCHDOG_MS 20
#define VERSION_1_1 0x0110
/* Offsets in the device descriptor: USB 2.0, 9.6.1 */
enum {
	DEVICE_USB = 2,
	DEVICE_PACKET_SIZE = 7,
	DEVICE_SERIAL = 16,
};

enum functional {
	FUNCTIONAL_USUAL,
	FUNCTIONAL_MISSING,
	FUNCTIONAL_ZEROS,
};

enum idle {
	IDLE_DFU,
	IDLE_APPLICATION,
};

bool dfut_sim_flip_is_lufa(const struct dfut_sim_flip *flip)
{
	return flip->part->family == DFUT_SIM_FLIP_AVR && flip->options.loader != DFUT_SIM_FLIP_ATMEL;
}

uint8_t dfut_sim_flip_get_header_size(const struct dfut_sim_flip *flip)
{
	return flip->part->family == DFUT_SIM_FLIP_AVR ? HEADER_SIZE_AVR : HEADER_SIZE;
}

/* doc7618 and doc8457: high byte first */
uint16_t dfut_sim_flip_get_first(const uint8_t *message)
{
	return (uint16_t)(message[2] << 8 | message[3]);
}

uint16_t dfut_sim_flip_get_last(const uint8_t *message)
{
	return (uint16_t)(message[4] << 8 | message[5]);
}

/* Descriptors. */

static struct dfut_sim_dfu_layout get_layout(const struct dfut_sim_flip *flip)
{
	struct dfut_sim_dfu_layout layout = {
		.vendor_id = VENDOR_ID,
		.product_id = flip->part->product_id,
		.has_strings = true,
		.max_power = 50,
		.alternate_count = 1,
		.place = DFUT_SIM_PLACE_MISSING,
		.functional_size = 9,
	};

	switch (flip->part->family) {
	case DFUT_SIM_FLIP_AVR:
		/* Atmel's tells its class on the device, and none on the interface (avrdude, flip1.c). */
		layout.device_class = DFUT_SIM_DFU_CLASS;
		break;
	case DFUT_SIM_FLIP_XMEGA:
		layout.class_code = 0xff;
		break;
	case DFUT_SIM_FLIP_UC3:
		layout.class_code = DFUT_SIM_DFU_CLASS;
		layout.subclass = DFUT_SIM_DFU_SUBCLASS;
		break;
	}
	if (dfut_sim_flip_is_lufa(flip)) {
		layout.device_class = 0;
		layout.class_code = DFUT_SIM_DFU_CLASS;
		layout.subclass = DFUT_SIM_DFU_SUBCLASS;
		layout.protocol = 2;
		layout.place = DFUT_SIM_PLACE_LAST;
		layout.attributes = LUFA_ATTRIBUTES;
		layout.transfer_size = LUFA_TRANSFER_SIZE;
		layout.version = VERSION_1_1;
	}
	return layout;
}

static void change_functional(const struct dfut_sim_flip *flip, struct dfut_sim_dfu_layout *layout)
{
	switch ((enum functional)flip->options.functional) {
	case FUNCTIONAL_USUAL:
		break;
	case FUNCTIONAL_MISSING:
		layout->place = DFUT_SIM_PLACE_MISSING;
		break;
	case FUNCTIONAL_ZEROS:
		layout->place = DFUT_SIM_PLACE_LAST;
		layout->attributes = 0;
		layout->transfer_size = 0;
		layout->version = 0;
		break;
	}
}

static void build_strings(struct dfut_sim_flip *flip)
{
	static const char *const names[][2] = {
		[DFUT_SIM_FLIP_ATMEL] = { "ATMEL", NULL },
		[DFUT_SIM_FLIP_LUFA] = { "LUFA Library", "LUFA DFU" },
		[DFUT_SIM_FLIP_QMK] = { "QMK", "Virtual keyboard" },
	};
	bool is_lufa = dfut_sim_flip_is_lufa(flip);
	const char *const *name = names[is_lufa ? flip->options.loader : DFUT_SIM_FLIP_ATMEL];

	flip->strings[0] = (struct dfut_string){ 1, name[0] };
	flip->strings[1] = (struct dfut_string){ 2, is_lufa ? name[1] : flip->part->product };
	flip->strings[2] = (struct dfut_string){ 3, "1.0.0" };
	flip->string_count = is_lufa ? 2 : 3;
}

static void build(struct dfut_sim_flip *flip)
{
	struct dfut_sim_dfu_layout layout = get_layout(flip);

	change_functional(flip, &layout);
	flip->descriptors_size = dfut_sim_dfu_put_descriptors(flip->descriptors, &layout);
	flip->descriptors[DEVICE_PACKET_SIZE] = dfut_sim_flip_get_header_size(flip);
	if (dfut_sim_flip_is_lufa(flip)) {
		dfut_put_le16(&flip->descriptors[DEVICE_USB], 0x0110);
		flip->descriptors[DEVICE_SERIAL] = 0;
	}
	build_strings(flip);
}

void dfut_sim_flip_describe(const struct dfut_sim_flip *flip, struct dfut_sim_description *description)
{
	description->descriptors = flip->descriptors;
	description->descriptors_size = flip->descriptors_size;
	description->strings = flip->strings;
	description->string_count = flip->string_count;
}

/* Coming and leaving. */

void dfut_sim_flip_set_defaults(struct dfut_sim_flip *flip)
{
	flip->options.part = DFUT_SIM_FLIP_ATMEGA32U4;
	flip->options.erase_ms = DFUT_SIM_FLIP_USUAL;
	flip->options.page_ms = DFUT_SIM_FLIP_USUAL;
	flip->options.watchdog_ms = DFUT_SIM_FLIP_USUAL;
}

static bool is_secure_at_first(const struct dfut_sim_flip *flip)
{
	bool is_usual = flip->options.secure == DFUT_SIM_FLIP_SECURE_USUAL;

	if (flip->part->family != DFUT_SIM_FLIP_AVR)
		return flip->security;
	return is_usual ? !dfut_sim_flip_is_lufa(flip) : flip->options.secure == DFUT_SIM_FLIP_SECURE_YES;
}

static uint8_t get_idle(const struct dfut_sim_flip *flip)
{
	bool is_second = flip->part->family != DFUT_SIM_FLIP_AVR;

	return is_second && flip->options.idle == IDLE_APPLICATION ? APP_IDLE : DFU_IDLE;
}

void dfut_sim_flip_start(struct dfut_sim_flip *flip)
{
	flip->idle_state = get_idle(flip);
	flip->state = flip->idle_state;
	flip->status = STATUS_OK;
	flip->is_secure = is_secure_at_first(flip);
	flip->is_hung = false;
	flip->has_erased = false;
	flip->is_status_due = false;
	flip->is_starting = false;
	flip->has_jumped = false;
	flip->work_until_us = 0;
	memset(flip->message, 0, sizeof(flip->message));
	flip->base = 0;
	flip->unit = DFUT_SIM_FLIP_UNIT_FLASH;
	flip->answer = DFUT_SIM_FLIP_NOTHING;
	memset(&flip->lufa, 0, sizeof(flip->lufa));
	memset(flip->lufa.buffer, DFUT_SIM_FLIP_ERASED, sizeof(flip->lufa.buffer));
	build(flip);
}

/* Nobody tells LUFA's. */
void dfut_sim_flip_bus_reset(struct dfut_sim_flip *flip)
{
	if (dfut_sim_flip_is_lufa(flip))
		return;
	flip->state = flip->idle_state;
	flip->status = STATUS_OK;
	flip->answer = DFUT_SIM_FLIP_NOTHING;
	flip->is_starting = false;
	if (flip->part->family != DFUT_SIM_FLIP_AVR)
		flip->is_secure = flip->security;
}

void dfut_sim_flip_reset(struct dfut_sim_flip *flip)
{
	uint32_t ms = flip->options.watchdog_ms;

	if (ms == DFUT_SIM_FLIP_USUAL)
		ms = dfut_sim_flip_is_lufa(flip) ? LUFA_WATCHDOG_MS : WATCHDOG_MS;
	dfut_sim_device_set_timer(flip->device, DFUT_SIM_FLIP_TIMER, ms * DFUT_SIM_US_PER_MS);
}

enum dfut_sim_flip_event dfut_sim_flip_timer(struct dfut_sim_flip *flip)
{
	bool is_start = !flip->has_jumped && dfut_sim_flip_has_application(flip);

	return is_start ? DFUT_SIM_FLIP_STARTS : DFUT_SIM_FLIP_RESTARTS;
}

/* Work. */

static enum dfut_sim_flip_erase get_erase(const struct dfut_sim_flip *flip)
{
	static const enum dfut_sim_flip_erase usual[] = {
		[DFUT_SIM_FLIP_AVR] = DFUT_SIM_FLIP_ERASE_STATUS,
		[DFUT_SIM_FLIP_XMEGA] = DFUT_SIM_FLIP_ERASE_COMMAND,
		[DFUT_SIM_FLIP_UC3] = DFUT_SIM_FLIP_ERASE_POLL,
	};

	if (flip->options.erase != DFUT_SIM_FLIP_ERASE_USUAL)
		return (enum dfut_sim_flip_erase)flip->options.erase;
	return dfut_sim_flip_is_lufa(flip) ? DFUT_SIM_FLIP_ERASE_COMMAND : usual[flip->part->family];
}

void dfut_sim_flip_erase(struct dfut_sim_flip *flip)
{
	uint32_t ms = flip->options.erase_ms == DFUT_SIM_FLIP_USUAL ? flip->part->erase_ms : flip->options.erase_ms;

	dfut_sim_flip_erase_application(flip);
	flip->is_secure = false;
	flip->has_erased = true;
	flip->is_status_due = true;
	if (get_erase(flip) == DFUT_SIM_FLIP_ERASE_COMMAND)
		dfut_sim_device_delay_answer(flip->device, ms);
	else
		flip->work_until_us = dfut_sim_device_get_time_us(flip->device) + ms * DFUT_SIM_US_PER_MS;
}

void dfut_sim_flip_take_time(const struct dfut_sim_flip *flip, uint8_t unit, uint32_t from, uint32_t size)
{
	uint32_t page_ms = flip->options.page_ms;
	uint32_t page_size = flip->part->page_size;

	if (page_ms == DFUT_SIM_FLIP_USUAL)
		page_ms = flip->part->page_ms;
	if (unit == DFUT_SIM_FLIP_UNIT_EEPROM)
		dfut_sim_device_delay_answer(flip->device, size * flip->part->eeprom_us / 1000);
	else if (size)
		dfut_sim_device_delay_answer(flip->device,
					     ((from + size - 1) / page_size - from / page_size + 1) * page_ms);
}

bool dfut_sim_flip_is_polled(const struct dfut_sim_flip *flip)
{
	return get_erase(flip) == DFUT_SIM_FLIP_ERASE_POLL &&
	       dfut_sim_device_get_time_us(flip->device) < flip->work_until_us;
}

int dfut_sim_flip_tell_status(const struct dfut_sim_flip *flip, const struct dfut_sim_setup *setup, uint8_t *data)
{
	bool is_polled = dfut_sim_flip_is_polled(flip);
	uint8_t answer[DFUT_SIM_GETSTATUS_SIZE] = { is_polled ? ERR_NOTDONE : flip->status, 0, 0, 0,
						    is_polled ? DFU_DNBUSY : flip->state };
	size_t size = setup->length < sizeof(answer) ? setup->length : sizeof(answer);

	if (size)
		memcpy(data, answer, size);
	return (int)size;
}

int dfut_sim_flip_answer(struct dfut_sim_flip *flip, const struct dfut_sim_setup *setup, uint8_t *data)
{
	uint64_t now_us = dfut_sim_device_get_time_us(flip->device);

	if (flip->is_hung)
		return DFUT_ERROR_TIMEOUT;
	dfut_sim_flip_rules_check(flip, setup, data);
	if (!dfut_sim_is_dfu_request(setup) || setup->index != 0)
		return DFUT_ERROR_DEVICE;
	if (now_us < flip->work_until_us && !dfut_sim_flip_is_polled(flip))
		dfut_sim_device_delay_answer(flip->device, (uint32_t)((flip->work_until_us - now_us + 999) / 1000));
	if (dfut_sim_flip_is_lufa(flip))
		return dfut_sim_flip_answer_lufa(flip, setup, data);
	return dfut_sim_flip_answer_atmel(flip, setup, data);
}
