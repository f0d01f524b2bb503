/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Handles: USB requests and transfers, and what a system offers around them. */

#include "handle/handle.h"
#include "usb/endpoints.h"

#define SETUP_TIMEOUT_MS 5000
#define RECIPIENT_MASK 0x1f
#define RECIPIENT_INTERFACE 0x01
#define TYPE_MASK 0x60
#define TYPE_VENDOR 0x40

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

static bool find_endpoint(const struct dfut_device *device, uint8_t configuration, uint8_t address,
			  struct dfut_endpoint *endpoint)
{
	struct dfut_endpoints walk;

	dfut_endpoints_begin(&walk, device->raw, device->raw_size);
	while (dfut_endpoints_next(&walk, endpoint))
		if (endpoint->configuration == configuration && endpoint->address == address)
			return true;
	return false;
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
	struct dfut_endpoint found;
	int result = dfut_handle_check_data(handle, data, length);

	if (result < 0)
		return result;
	if (!find_endpoint(handle->device, get_configuration(handle), endpoint, &found))
		return dfut_fail(&handle->context->failure, DFUT_ERROR_NOT_FOUND, "there is no endpoint 0x%02x",
				 endpoint);
	action.channel = found.interface;
	action.transfer.attributes = found.attributes;
	if (!dfut_endpoint_is_bulk(&found) && !dfut_endpoint_is_interrupt(&found))
		return dfut_fail(&handle->context->failure, DFUT_ERROR_UNSUPPORTED,
				 "endpoint 0x%02x is neither a bulk nor an interrupt endpoint", endpoint);
	result = dfut_handle_need_open(handle, DFUT_LINK_USB, action.channel);
	return result < 0 ? result : dfut_handle_perform(handle, &action, is_in ? data : NULL);
}
