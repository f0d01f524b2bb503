/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * What a host sees of a device that looks at it. Its model has one configuration; an option puts another one in front of it, or
 * keeps it from being selected.
 */

#include <stdlib.h>
#include <string.h>

#include "sim/sim.h"

/* USB 2.0, 9.6 */
#define DEVICE_SIZE 18
#define DEVICE_STRINGS 14
#define DEVICE_CONFIGURATION_COUNT 17
#define CONFIGURATION_VALUE 5
#define CONFIGURATION_MAX_POWER 8
#define OTHER_SIZE 18
#define SHOWN_LIMIT (DEVICE_SIZE + OTHER_SIZE + 65535)
/* In units of 2 mA: more than a port has to give */
#define TOO_MUCH_POWER 255

/* A diagnostic interface without endpoints, which no driver wants and every system prefers. */
static const uint8_t other[OTHER_SIZE] = { 9, 2, OTHER_SIZE, 0, 1, 1, 0, 0x80, 50, 9, 4, 0, 0, 0, 0xdc, 1, 1, 0 };

static bool is_inactive(const struct dfut_sim_device *device)
{
	return device->options.dfu_configuration == 1;
}

/* The device descriptor, then what is wanted: all, or one configuration. */
static void show(const struct dfut_sim_device *device, struct dfut_sim_description *description, uint8_t *shown,
		 bool is_with_other, bool is_with_own)
{
	const uint8_t *own = description->descriptors + DEVICE_SIZE;
	size_t own_size = description->descriptors_size - DEVICE_SIZE;
	uint8_t *at = shown + DEVICE_SIZE;

	if (description->descriptors_size < DEVICE_SIZE || own_size > SHOWN_LIMIT - DEVICE_SIZE - OTHER_SIZE)
		return;
	memcpy(shown, description->descriptors, DEVICE_SIZE);
	if (is_inactive(device))
		shown[DEVICE_CONFIGURATION_COUNT] = 2;
	if (is_with_other) {
		memcpy(at, other, OTHER_SIZE);
		at += OTHER_SIZE;
	}
	if (is_with_own && own_size > CONFIGURATION_MAX_POWER) {
		memcpy(at, own, own_size);
		at[CONFIGURATION_VALUE] = is_inactive(device) ? 2 : own[CONFIGURATION_VALUE];
		at[CONFIGURATION_MAX_POWER] = device->options.configured ? own[CONFIGURATION_MAX_POWER] :
									   TOO_MUCH_POWER;
		at += own_size;
	}
	description->descriptors = shown;
	description->descriptors_size = (size_t)(at - shown);
}

static struct dfut_sim_description describe_model(const struct dfut_sim_device *device)
{
	struct dfut_sim_description description = { 0 };

	device->model->describe(device->state, &description);
	return description;
}

struct dfut_sim_description dfut_sim_device_describe_all(const struct dfut_sim_device *device)
{
	struct dfut_sim_description description = describe_model(device);

	if (device->shown)
		show(device, &description, device->shown, is_inactive(device), true);
	return description;
}

struct dfut_sim_description dfut_sim_device_describe(const struct dfut_sim_device *device)
{
	struct dfut_sim_description description = describe_model(device);
	bool is_own = !is_inactive(device) || device->configuration == 2;

	if (device->shown)
		show(device, &description, device->shown + SHOWN_LIMIT, !is_own, is_own);
	return description;
}

bool dfut_sim_device_has_configuration(const struct dfut_sim_device *device, uint16_t value)
{
	struct dfut_sim_description description;

	if (is_inactive(device))
		return value == 1 || value == 2;
	description = dfut_sim_device_describe(device);
	return value == dfut_sim_get_configuration_value(&description);
}

uint8_t dfut_sim_device_choose_configuration(const struct dfut_sim_device *device)
{
	struct dfut_sim_description description;

	if (is_inactive(device))
		return 1;
	if (!device->options.configured)
		return 0;
	description = dfut_sim_device_describe(device);
	return dfut_sim_get_configuration_value(&description);
}

bool dfut_sim_is_device_string(const struct dfut_sim_description *description, uint8_t index)
{
	return memchr(description->descriptors + DEVICE_STRINGS, index, 3) != NULL;
}

int dfut_sim_device_prepare_configurations(struct dfut_sim_device *device)
{
	if (device->options.configured && !is_inactive(device))
		return 0;
	device->shown = malloc(2 * SHOWN_LIMIT);
	return device->shown ? 0 : DFUT_ERROR_NO_MEMORY;
}

int dfut_sim_device_take_strings(const struct dfut_sim_device *device, const struct dfut_sim_description *description,
				 struct dfut_string *known, size_t *count)
{
	bool names_hang = device->options.strings == DFUT_SIM_STRINGS_NAMES_HANG;
	bool is_coming = device->names_us != UINT64_MAX;
	bool is_whole = device->options.strings == DFUT_SIM_STRINGS_ANSWERED && !is_coming;

	*count = 0;
	for (size_t i = 0; i < description->string_count && *count < DFUT_SIM_STRING_LIMIT; i++) {
		const struct dfut_string *string = &description->strings[i];

		if (is_whole || (names_hang && dfut_sim_is_device_string(description, string->index)))
			known[(*count)++] = *string;
	}
	if (*count == description->string_count)
		return 0;
	return is_coming ? DFUT_NAMES_COMING : DFUT_ERROR_TIMEOUT;
}
