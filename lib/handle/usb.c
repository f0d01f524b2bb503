/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Handles: USB requests and transfers, and what a system offers around them. */

#include "handle/handle.h"

#define SETUP_TIMEOUT_MS 5000
#define RECIPIENT_MASK 0x1f
#define RECIPIENT_INTERFACE 0x01
#define TYPE_MASK 0x60
#define TYPE_VENDOR 0x40

/* USB 2.0, 9.6 */
#define CONFIGURATION_DESCRIPTOR 2
#define CONFIGURATION_VALUE 5
#define INTERFACE_DESCRIPTOR 4
#define INTERFACE_NUMBER 2
#define ENDPOINT_DESCRIPTOR 5
#define ENDPOINT_ADDRESS 2
#define ENDPOINT_ATTRIBUTES 3
#define ENDPOINT_SIZE 7
#define TRANSFER_TYPE_MASK 3
#define TRANSFER_BULK 2

DFUT_API int dfut_handle_control(struct dfut_handle *handle, uint8_t request_type, uint8_t request, uint16_t value,
				 uint16_t index, void *data, uint16_t length, unsigned int timeout_ms)
{
	bool is_in = request_type & 0x80;
	struct dfut_action action = {
		.kind = DFUT_ACTION_CONTROL,
		.channel = DFUT_CHANNEL_DEVICE,
		.control = { request_type, request, value, index, length, is_in ? NULL : data },
		.timeout_ms = dfut_handle_limit_call(handle, timeout_ms),
	};
	int result = dfut_handle_check_data(handle, data, length);

	/* Systems want no claim for vendor requests (Linux, devio.c), and for none to the device. */
	if ((request_type & RECIPIENT_MASK) == RECIPIENT_INTERFACE && (request_type & TYPE_MASK) != TYPE_VENDOR)
		action.channel = (uint8_t)index;
	if (result == 0)
		result = dfut_handle_need_open(handle, DFUT_LINK_USB, action.channel);
	return result < 0 ? result : dfut_handle_perform(handle, &action, is_in ? data : NULL);
}

DFUT_API int dfut_handle_reset(struct dfut_handle *handle, unsigned int timeout_ms)
{
	struct dfut_action action = { .kind = DFUT_ACTION_RESET,
				      .channel = DFUT_CHANNEL_DEVICE,
				      .timeout_ms = dfut_handle_limit_call(handle, timeout_ms) };
	int result = dfut_handle_need_open(handle, DFUT_LINK_USB, DFUT_CHANNEL_DEVICE);

	return result < 0 ? result : dfut_handle_perform(handle, &action, NULL);
}

/* One short exchange with the system or the device. */
static int set_up(struct dfut_handle *handle, struct dfut_action *action, uint8_t open_channel)
{
	int result;

	action->timeout_ms = dfut_handle_limit_call(handle, DFUT_OPEN_TIMEOUT_MS + SETUP_TIMEOUT_MS);
	result = dfut_handle_need_open(handle, DFUT_LINK_USB, open_channel);
	return result < 0 ? result : dfut_handle_perform(handle, action, NULL);
}

DFUT_API void dfut_handle_set_keeps_drivers(struct dfut_handle *handle, bool keeps_drivers)
{
	handle->keeps_drivers = keeps_drivers;
}

DFUT_API int dfut_handle_open(struct dfut_handle *handle)
{
	dfut_handle_limit_call(handle, DFUT_OPEN_TIMEOUT_MS);
	return dfut_handle_need_open(handle, DFUT_LINK_USB, DFUT_CHANNEL_DEVICE);
}

static int check_interface(struct dfut_handle *handle, uint8_t interface)
{
	return interface == DFUT_CHANNEL_DEVICE ?
		       dfut_fail(&handle->context->failure, DFUT_ERROR_USAGE, "there is no interface %u", interface) :
		       0;
}

DFUT_API int dfut_handle_claim(struct dfut_handle *handle, uint8_t interface)
{
	int result = check_interface(handle, interface);

	dfut_handle_limit_call(handle, DFUT_OPEN_TIMEOUT_MS);
	return result < 0 ? result : dfut_handle_need_open(handle, DFUT_LINK_USB, interface);
}

DFUT_API int dfut_handle_release(struct dfut_handle *handle, uint8_t interface)
{
	struct dfut_action action = { .kind = DFUT_ACTION_RELEASE,
				      .channel = interface,
				      .timeout_ms = dfut_handle_limit_call(handle, SETUP_TIMEOUT_MS) };
	int result = check_interface(handle, interface);

	if (result == 0)
		result = dfut_handle_check_use(handle);
	if (result < 0 || !dfut_run_has_open(handle->run, DFUT_LINK_USB, interface))
		return result;
	dfut_run_forget_open(handle->run, DFUT_LINK_USB, interface);
	return dfut_handle_perform(handle, &action, NULL);
}

DFUT_API int dfut_handle_set_configuration(struct dfut_handle *handle, uint8_t configuration)
{
	struct dfut_action action = { .kind = DFUT_ACTION_CONFIGURE,
				      .channel = DFUT_CHANNEL_DEVICE,
				      .configure = { configuration } };
	int result = set_up(handle, &action, DFUT_CHANNEL_DEVICE);

	if (result == 0)
		handle->configuration = configuration;
	return result;
}

DFUT_API int dfut_handle_set_alternate(struct dfut_handle *handle, uint8_t interface, uint8_t alternate)
{
	struct dfut_action action = { .kind = DFUT_ACTION_ALTERNATE, .channel = interface, .alternate = { alternate } };
	int result = check_interface(handle, interface);

	return result < 0 ? result : set_up(handle, &action, interface);
}

DFUT_API int dfut_handle_clear_halt(struct dfut_handle *handle, uint8_t endpoint)
{
	struct dfut_action action = { .kind = DFUT_ACTION_CLEAR_HALT,
				      .channel = DFUT_CHANNEL_DEVICE,
				      .clear_halt = { endpoint } };

	return set_up(handle, &action, DFUT_CHANNEL_DEVICE);
}

static int ask_driver(struct dfut_handle *handle, uint8_t interface, enum dfut_driver_request request)
{
	struct dfut_action action = { .kind = DFUT_ACTION_DRIVER, .channel = interface, .driver = { request } };
	int result = check_interface(handle, interface);

	return result < 0 ? result : set_up(handle, &action, DFUT_CHANNEL_DEVICE);
}

DFUT_API int dfut_handle_has_driver(struct dfut_handle *handle, uint8_t interface)
{
	return ask_driver(handle, interface, DFUT_DRIVER_ASK);
}

DFUT_API int dfut_handle_detach_driver(struct dfut_handle *handle, uint8_t interface)
{
	return ask_driver(handle, interface, DFUT_DRIVER_DETACH);
}

DFUT_API int dfut_handle_attach_driver(struct dfut_handle *handle, uint8_t interface)
{
	return ask_driver(handle, interface, DFUT_DRIVER_ATTACH);
}

/* An endpoint of a configuration, and the interface that it is of; NULL if there is none. */
static const uint8_t *find_endpoint(const struct dfut_device *device, uint8_t configuration, uint8_t address,
				    uint8_t *interface)
{
	size_t left;
	const uint8_t *at = dfut_device_get_descriptors(device, &left);
	bool is_meant = false;

	for (; left >= 2 && at[0] >= 2 && at[0] <= left; left -= at[0], at += at[0]) {
		if (at[1] == CONFIGURATION_DESCRIPTOR && at[0] > CONFIGURATION_VALUE)
			is_meant = at[CONFIGURATION_VALUE] == configuration;
		else if (at[1] == INTERFACE_DESCRIPTOR && at[0] > INTERFACE_NUMBER)
			*interface = at[INTERFACE_NUMBER];
		else if (is_meant && at[1] == ENDPOINT_DESCRIPTOR && at[0] >= ENDPOINT_SIZE &&
			 at[ENDPOINT_ADDRESS] == address)
			return at;
	}
	return NULL;
}

static uint8_t get_configuration(const struct dfut_handle *handle)
{
	const struct dfut_device *device = dfut_handle_find_present(handle);

	if (handle->configuration >= 0)
		return (uint8_t)handle->configuration;
	return dfut_device_get_configuration(device ? device : handle->device);
}

DFUT_API int dfut_handle_transfer(struct dfut_handle *handle, uint8_t endpoint, void *data, uint16_t length,
				  unsigned int timeout_ms)
{
	bool is_in = endpoint & 0x80;
	struct dfut_action action = {
		.kind = is_in ? DFUT_ACTION_READ : DFUT_ACTION_WRITE,
		.transfer = { .endpoint = endpoint, .length = length, .data = is_in ? NULL : data },
		.timeout_ms = dfut_handle_limit_call(handle,
						     timeout_ms && timeout_ms < UINT32_MAX - DFUT_ENDPOINT_GRACE_MS ?
							     timeout_ms + DFUT_ENDPOINT_GRACE_MS :
							     0),
	};
	const uint8_t *descriptor = find_endpoint(handle->device, get_configuration(handle), endpoint, &action.channel);
	int result = dfut_handle_check_data(handle, data, length);

	if (result < 0)
		return result;
	if (!descriptor)
		return dfut_fail(&handle->context->failure, DFUT_ERROR_NOT_FOUND, "there is no endpoint 0x%02x",
				 endpoint);
	action.transfer.attributes = descriptor[ENDPOINT_ATTRIBUTES];
	if ((action.transfer.attributes & TRANSFER_TYPE_MASK) < TRANSFER_BULK)
		return dfut_fail(&handle->context->failure, DFUT_ERROR_UNSUPPORTED,
				 "endpoint 0x%02x is neither a bulk nor an interrupt endpoint", endpoint);
	result = dfut_handle_need_open(handle, DFUT_LINK_USB, action.channel);
	return result < 0 ? result : dfut_handle_perform(handle, &action, is_in ? data : NULL);
}
