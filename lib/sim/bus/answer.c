/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* How a device answers: standard requests (USB 2.0, 9.4) here, the others by its model. */

#include <string.h>

#include "sim/sim.h"

#define LANGUAGE_US_ENGLISH 0x0409

/* Offsets in descriptors: USB 2.0, 9.6 */
enum {
	CONFIGURATION_TOTAL_LENGTH = 2,
	CONFIGURATION_VALUE = 5,
	CONFIGURATION_ATTRIBUTES = 7,
	INTERFACE_NUMBER = 2,
	INTERFACE_ALTERNATE = 3,
	INTERFACE_SIZE = 9,
};
#define ATTRIBUTE_SELF_POWERED 0x40
#define ATTRIBUTE_REMOTE_WAKEUP 0x20
#define FEATURE_ENDPOINT_HALT 0
#define FEATURE_REMOTE_WAKEUP 1

const uint8_t *dfut_sim_get_configuration(const struct dfut_sim_description *description)
{
	return description->descriptors + description->descriptors[0];
}

uint8_t dfut_sim_get_configuration_value(const struct dfut_sim_description *description)
{
	return dfut_sim_get_configuration(description)[CONFIGURATION_VALUE];
}

const uint8_t *dfut_sim_find_interface(const struct dfut_sim_description *description, uint8_t number, int alternate)
{
	const uint8_t *at = description->descriptors;
	const uint8_t *end = at + description->descriptors_size;

	for (; end - at >= 2 && at[0] >= 2 && end - at >= at[0]; at += at[0]) {
		if (at[1] != DFUT_SIM_INTERFACE_DESCRIPTOR || at[0] < INTERFACE_SIZE)
			continue;
		if (at[INTERFACE_NUMBER] == number && (alternate < 0 || at[INTERFACE_ALTERNATE] == alternate))
			return at;
	}
	return NULL;
}

unsigned int dfut_sim_count_interfaces(const struct dfut_sim_description *description)
{
	const uint8_t *at = description->descriptors;
	const uint8_t *end = at + description->descriptors_size;
	unsigned int count = 0;

	for (; end - at >= 2 && at[0] >= 2 && end - at >= at[0]; at += at[0])
		if (at[1] == DFUT_SIM_INTERFACE_DESCRIPTOR && at[0] >= INTERFACE_SIZE && at[INTERFACE_NUMBER] >= count)
			count = at[INTERFACE_NUMBER] + 1u;
	return count;
}

bool dfut_sim_device_has_interface(const struct dfut_sim_device *device, uint8_t number, int alternate)
{
	struct dfut_sim_description description = dfut_sim_device_describe(device);

	return device->configuration && dfut_sim_find_interface(&description, number, alternate);
}

static int give(const struct dfut_sim_setup *setup, uint8_t *data, const void *bytes, size_t size)
{
	size_t given = size < setup->length ? size : setup->length;

	if (!(setup->request_type & DFUT_SIM_REQUEST_IN))
		return DFUT_ERROR_DEVICE;
	if (given)
		memcpy(data, bytes, given);
	return (int)given;
}

static size_t put_utf16(uint8_t *out, uint32_t point)
{
	if (point < 0x10000) {
		dfut_put_le16(out, (uint16_t)point);
		return 2;
	}
	dfut_put_le16(out, (uint16_t)(0xd800 + ((point - 0x10000) >> 10)));
	dfut_put_le16(out + 2, (uint16_t)(0xdc00 + ((point - 0x10000) & 0x3ff)));
	return 4;
}

/* A model's strings are UTF-8 by contract, so this does not look for broken ones. */
static uint32_t take_utf8(const uint8_t **text)
{
	uint8_t lead = *(*text)++;
	unsigned int more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : lead >= 0xc0 ? 1 : 0;
	uint32_t point = more == 0 ? lead : lead & (0x3fu >> more);

	while (more-- && (**text & 0xc0) == 0x80)
		point = point << 6 | (*(*text)++ & 0x3f);
	return point;
}

size_t dfut_sim_make_string(uint8_t descriptor[DFUT_SIM_STRING_ROOM], const char *utf8)
{
	const uint8_t *text = (const uint8_t *)utf8;
	size_t size = 2;

	while (*text && size <= 250)
		size += put_utf16(&descriptor[size], take_utf8(&text));
	descriptor[0] = (uint8_t)size;
	descriptor[1] = DFUT_SIM_STRING_DESCRIPTOR;
	return size;
}

static int give_string(const struct dfut_sim_device *device, const struct dfut_sim_description *description,
		       const struct dfut_sim_setup *setup, uint8_t *data)
{
	uint8_t descriptor[DFUT_SIM_STRING_ROOM] = { 4, DFUT_SIM_STRING_DESCRIPTOR };
	uint8_t index = (uint8_t)setup->value;

	if (index == 0) {
		dfut_put_le16(&descriptor[2], LANGUAGE_US_ENGLISH);
		return give(setup, data, descriptor, 4);
	}
	for (size_t i = 0; i < description->string_count; i++) {
		size_t size;

		if (description->strings[i].index != index)
			continue;
		size = dfut_sim_make_string(descriptor, description->strings[i].text);
		descriptor[0] = (uint8_t)(size + device->string_surplus);
		return give(setup, data, descriptor, size);
	}
	return DFUT_ERROR_DEVICE;
}

/* By its index: they follow each other. NULL if there is none. */
static const uint8_t *find_configuration(const struct dfut_sim_description *description, unsigned int index)
{
	const uint8_t *at = dfut_sim_get_configuration(description);
	const uint8_t *end = description->descriptors + description->descriptors_size;

	for (; index; index--) {
		at += dfut_le16(at + CONFIGURATION_TOTAL_LENGTH);
		if (end - at <= CONFIGURATION_ATTRIBUTES)
			return NULL;
	}
	return at;
}

static bool hangs(const struct dfut_sim_device *device, const struct dfut_sim_description *description, uint8_t index)
{
	switch ((enum dfut_sim_strings)device->options.strings) {
	case DFUT_SIM_STRINGS_ANSWERED:
		return false;
	case DFUT_SIM_STRINGS_HANG:
		return true;
	case DFUT_SIM_STRINGS_NAMES_HANG:
		return index && !dfut_sim_is_device_string(description, index);
	}
	return false;
}

static bool give_descriptor(struct dfut_sim_device *device, const struct dfut_sim_setup *setup, uint8_t *data,
			    int *result)
{
	struct dfut_sim_description description = dfut_sim_device_describe_all(device);
	const uint8_t *configuration = find_configuration(&description, setup->value & 0xff);

	if ((setup->request_type & DFUT_SIM_RECIPIENT_MASK) != DFUT_SIM_RECIPIENT_DEVICE)
		return false;
	switch (setup->value >> 8) {
	case DFUT_SIM_DEVICE_DESCRIPTOR:
		*result = give(setup, data, description.descriptors, description.descriptors[0]);
		return true;
	case DFUT_SIM_CONFIGURATION_DESCRIPTOR:
		*result = configuration ? give(setup, data, configuration,
					       dfut_le16(&configuration[CONFIGURATION_TOTAL_LENGTH])) :
					  DFUT_ERROR_DEVICE;
		return true;
	case DFUT_SIM_STRING_DESCRIPTOR:
		dfut_sim_device_delay_answer(device, device->options.string_ms);
		*result = hangs(device, &description, (uint8_t)setup->value) ?
				  DFUT_ERROR_TIMEOUT :
				  give_string(device, &description, setup, data);
		return true;
	default:
		return false;
	}
}

static int set_configuration(struct dfut_sim_device *device, uint16_t value)
{
	if (value && !dfut_sim_device_has_configuration(device, value))
		return DFUT_ERROR_DEVICE;
	device->configuration = (uint8_t)value;
	memset(device->alternates, 0, sizeof(device->alternates));
	dfut_sim_endpoints_select(device, -1);
	dfut_sim_changed(device->sim);
	return 0;
}

static int set_interface(struct dfut_sim_device *device, const struct dfut_sim_setup *setup)
{
	uint8_t number = (uint8_t)setup->index;
	int result = 0;

	if (setup->value > 255 || !dfut_sim_device_has_interface(device, number, setup->value)) {
		dfut_sim_device_breach(device, "%s: SET_INTERFACE to interface %d, alternate %d, which does not exist",
				       dfut_sim_device_get_state_name(device), setup->index, setup->value);
		return DFUT_ERROR_DEVICE;
	}
	if (device->model->set_interface)
		result = device->model->set_interface(device->state, number, (uint8_t)setup->value);
	if (result < 0)
		return result;
	device->alternates[number] = (uint8_t)setup->value;
	dfut_sim_endpoints_select(device, number);
	return result;
}

static int get_status(const struct dfut_sim_device *device, const struct dfut_sim_setup *setup, uint8_t *data)
{
	struct dfut_sim_description description = dfut_sim_device_describe(device);
	uint8_t status[2] = { 0 };
	uint8_t attributes = dfut_sim_get_configuration(&description)[CONFIGURATION_ATTRIBUTES];

	if ((setup->request_type & DFUT_SIM_RECIPIENT_MASK) == DFUT_SIM_RECIPIENT_DEVICE)
		status[0] = attributes & ATTRIBUTE_SELF_POWERED ? 1 : 0;
	else if ((setup->request_type & DFUT_SIM_RECIPIENT_MASK) == DFUT_SIM_RECIPIENT_ENDPOINT)
		status[0] = dfut_sim_endpoint_is_halted(device, (uint8_t)setup->index);
	return give(setup, data, status, sizeof(status));
}

static int set_feature(struct dfut_sim_device *device, const struct dfut_sim_setup *setup)
{
	struct dfut_sim_description description = dfut_sim_device_describe(device);
	uint8_t recipient = setup->request_type & DFUT_SIM_RECIPIENT_MASK;

	if (recipient == DFUT_SIM_RECIPIENT_DEVICE && setup->value == FEATURE_REMOTE_WAKEUP &&
	    dfut_sim_get_configuration(&description)[CONFIGURATION_ATTRIBUTES] & ATTRIBUTE_REMOTE_WAKEUP)
		return 0;
	if (recipient != DFUT_SIM_RECIPIENT_ENDPOINT || setup->value != FEATURE_ENDPOINT_HALT)
		return DFUT_ERROR_DEVICE;
	/* Endpoint 0 has no halt that lasts. */
	if (setup->index & 0x0f)
		dfut_sim_endpoint_set_halt(device, (uint8_t)setup->index, setup->request == DFUT_SIM_SET_FEATURE);
	return 0;
}

/* Returns false for what the model has to answer. */
static bool answer_standard(struct dfut_sim_device *device, const struct dfut_sim_setup *setup, uint8_t *data,
			    int *result)
{
	*result = DFUT_ERROR_DEVICE;
	switch (setup->request) {
	case DFUT_SIM_GET_STATUS:
		*result = get_status(device, setup, data);
		return true;
	case DFUT_SIM_CLEAR_FEATURE:
	case DFUT_SIM_SET_FEATURE:
		*result = set_feature(device, setup);
		return true;
	case DFUT_SIM_GET_DESCRIPTOR:
		return give_descriptor(device, setup, data, result);
	case DFUT_SIM_GET_CONFIGURATION:
		*result = give(setup, data, &device->configuration, 1);
		return true;
	case DFUT_SIM_SET_CONFIGURATION:
		*result = set_configuration(device, setup->value);
		return true;
	case DFUT_SIM_GET_INTERFACE:
		*result = give(setup, data, &device->alternates[setup->index & 0xff], 1);
		return true;
	case DFUT_SIM_SET_INTERFACE:
		*result = set_interface(device, setup);
		return true;
	default:
		return true;
	}
}

int dfut_sim_device_answer(struct dfut_sim_device *device, const struct dfut_sim_setup *setup, uint8_t *data)
{
	bool is_standard = (setup->request_type & DFUT_SIM_TYPE_MASK) == DFUT_SIM_TYPE_STANDARD;
	bool is_interface = (setup->request_type & DFUT_SIM_RECIPIENT_MASK) == DFUT_SIM_RECIPIENT_INTERFACE;
	int result;

	if (is_standard && setup->request == DFUT_SIM_SET_INTERFACE)
		return set_interface(device, setup);
	if (is_interface && !dfut_sim_device_has_interface(device, (uint8_t)setup->index, -1))
		return DFUT_ERROR_DEVICE;
	if (is_standard && setup->request == DFUT_SIM_GET_DESCRIPTOR &&
	    setup->value >> 8 == DFUT_SIM_REPORT_DESCRIPTOR && device->options.reports == 1)
		return DFUT_ERROR_TIMEOUT;
	if (is_standard && answer_standard(device, setup, data, &result))
		return result;
	result = device->model->control(device->state, setup, data);
	return result > setup->length ? setup->length : result;
}

void dfut_sim_device_reset(struct dfut_sim_device *device)
{
	dfut_sim_record_reset(device);
	device->halts = 0;
	if (device->model->bus_reset)
		device->model->bus_reset(device->state);
}
