/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What is done with a device that is open: requests that block, and transfers, which are asynchronous. */

#include <stdlib.h>
#include <string.h>

#include "transport/usb-libusb.h"

struct dfut_usb_handle {
	libusb_device_handle *handle;
	bool claimed[256];
	pthread_mutex_t lock;
	struct libusb_transfer *transfer; /* the last one, while it is under way; under the lock */
	struct dfut_request *request;	  /* whose it is */
};

struct transfer {
	struct dfut_usb_handle *handle;
	struct dfut_request *request;
	dfut_usb_done done;
	void *owner;
};

int dfut_usb_handle_open(struct dfut_usb_handle **handle, struct dfut_usb *usb, const struct dfut_system_place *place)
{
	struct dfut_usb_handle *made = calloc(1, sizeof(*made));
	int result;

	*handle = NULL;
	if (!made)
		return DFUT_ERROR_NO_MEMORY;
	result = dfut_usb_open(usb, place, &made->handle);
	if (result < 0) {
		free(made);
		return result;
	}
	pthread_mutex_init(&made->lock, NULL);
	*handle = made;
	return 0;
}

int dfut_usb_handle_claim(struct dfut_usb_handle *handle, uint8_t interface, bool keeps_driver)
{
	int result;

	if (handle->claimed[interface])
		return 0;
	/* libusb remembers it for the handle, and looks again when the interface is released. */
	libusb_set_auto_detach_kernel_driver(handle->handle, !keeps_driver);
	result = libusb_claim_interface(handle->handle, interface);
	handle->claimed[interface] = result == 0;
	return dfut_usb_to_error(result);
}

int dfut_usb_handle_release(struct dfut_usb_handle *handle, uint8_t interface)
{
	handle->claimed[interface] = false;
	return dfut_usb_to_error(libusb_release_interface(handle->handle, interface));
}

int dfut_usb_handle_configure(struct dfut_usb_handle *handle, uint16_t configuration)
{
	return dfut_usb_to_error(libusb_set_configuration(handle->handle, configuration ? configuration : -1));
}

int dfut_usb_handle_clear_halt(struct dfut_usb_handle *handle, uint16_t endpoint)
{
	return dfut_usb_to_error(libusb_clear_halt(handle->handle, (unsigned char)endpoint));
}

int dfut_usb_handle_driver(struct dfut_usb_handle *handle, uint8_t interface, enum dfut_driver_request request)
{
	switch (request) {
	case DFUT_DRIVER_ASK:
		return dfut_usb_to_error(libusb_kernel_driver_active(handle->handle, interface));
	case DFUT_DRIVER_DETACH:
		return dfut_usb_to_error(libusb_detach_kernel_driver(handle->handle, interface));
	case DFUT_DRIVER_ATTACH:
		return dfut_usb_to_error(libusb_attach_kernel_driver(handle->handle, interface));
	}
	return DFUT_ERROR_UNSUPPORTED;
}

int dfut_usb_handle_reset(struct dfut_usb_handle *handle)
{
	int result = libusb_reset_device(handle->handle);

	return result == LIBUSB_ERROR_NOT_FOUND || result == LIBUSB_ERROR_NO_DEVICE ? DFUT_ERROR_GONE :
										      dfut_usb_to_error(result);
}

int dfut_usb_handle_set_alternate(struct dfut_usb_handle *handle, uint8_t interface, uint16_t alternate)
{
	return dfut_usb_to_error(libusb_set_interface_alt_setting(handle->handle, interface, alternate));
}

void dfut_usb_handle_close(struct dfut_usb_handle *handle)
{
	for (int i = 0; i < 256; i++)
		if (handle->claimed[i])
			libusb_release_interface(handle->handle, i);
	libusb_close(handle->handle);
	pthread_mutex_destroy(&handle->lock);
	free(handle);
}

static bool is_control(const struct dfut_action *action)
{
	return action->kind == DFUT_ACTION_CONTROL;
}

static int take_data(const struct libusb_transfer *transfer, struct dfut_request *request)
{
	const struct dfut_action *action = dfut_request_get_action(request);
	size_t offset = is_control(action) ? LIBUSB_CONTROL_SETUP_SIZE : 0;

	if (dfut_action_is_in(action) && transfer->actual_length <= dfut_action_get_length(action))
		memcpy(dfut_request_get_buffer(request), transfer->buffer + offset, (size_t)transfer->actual_length);
	return transfer->actual_length;
}

static void LIBUSB_CALL transferred(struct libusb_transfer *transfer)
{
	struct transfer *own = transfer->user_data;
	struct dfut_usb_handle *handle = own->handle;
	int result = DFUT_ERROR_IO;

	switch (transfer->status) {
	case LIBUSB_TRANSFER_COMPLETED:
		result = take_data(transfer, own->request);
		break;
	case LIBUSB_TRANSFER_STALL:
		result = DFUT_ERROR_DEVICE;
		break;
	case LIBUSB_TRANSFER_NO_DEVICE:
		result = DFUT_ERROR_GONE;
		break;
	case LIBUSB_TRANSFER_TIMED_OUT:
		result = transfer->actual_length > 0 ? take_data(transfer, own->request) : DFUT_ERROR_TIMEOUT;
		break;
	case LIBUSB_TRANSFER_CANCELLED:
		result = DFUT_ERROR_TIMEOUT;
		break;
	case LIBUSB_TRANSFER_ERROR:
	case LIBUSB_TRANSFER_OVERFLOW:
		break;
	}
	pthread_mutex_lock(&handle->lock);
	if (handle->transfer == transfer)
		handle->transfer = NULL;
	pthread_mutex_unlock(&handle->lock);
	dfut_request_complete(own->request, result);
	free(transfer->buffer);
	libusb_free_transfer(transfer);
	own->done(own->owner);
	free(own);
}

/* The engine keeps the time of a control transfer; one of an endpoint may have moved something when its time is over. */
static void fill_transfer(struct libusb_transfer *transfer, struct dfut_usb_handle *handle, uint8_t *buffer,
			  const struct dfut_action *action, struct transfer *own)
{
	const struct dfut_action_control *control = &action->control;
	uint32_t limit_ms = 0;

	if (action->timeout_ms > DFUT_ENDPOINT_GRACE_MS && action->timeout_ms != UINT32_MAX)
		limit_ms = action->timeout_ms - DFUT_ENDPOINT_GRACE_MS;
	if (!dfut_action_is_in(action))
		memcpy(buffer + (is_control(action) ? LIBUSB_CONTROL_SETUP_SIZE : 0),
		       dfut_request_get_buffer(own->request), dfut_action_get_length(action));
	if (is_control(action)) {
		libusb_fill_control_setup(buffer, control->request_type, control->request, control->value,
					  control->index, control->length);
		libusb_fill_control_transfer(transfer, handle->handle, buffer, transferred, own, 0);
		return;
	}
	libusb_fill_bulk_transfer(transfer, handle->handle, action->transfer.endpoint, buffer, action->transfer.length,
				  transferred, own, limit_ms);
	transfer->type = action->transfer.attributes & LIBUSB_TRANSFER_TYPE_INTERRUPT;
}

int dfut_usb_handle_submit(struct dfut_usb_handle *handle, struct dfut_request *request, dfut_usb_done done,
			   void *owner)
{
	const struct dfut_action *action = dfut_request_get_action(request);
	struct libusb_transfer *transfer = libusb_alloc_transfer(0);
	uint8_t *buffer = malloc(LIBUSB_CONTROL_SETUP_SIZE + dfut_action_get_length(action));
	struct transfer *own = calloc(1, sizeof(*own));
	int result = LIBUSB_ERROR_NO_MEM;

	if (transfer && buffer && own) {
		*own = (struct transfer){ handle, request, done, owner };
		fill_transfer(transfer, handle, buffer, action, own);
		pthread_mutex_lock(&handle->lock);
		handle->transfer = transfer;
		handle->request = request;
		result = libusb_submit_transfer(transfer);
		if (result < 0)
			handle->transfer = NULL;
		pthread_mutex_unlock(&handle->lock);
		if (result == 0)
			return 0;
	}
	libusb_free_transfer(transfer);
	free(buffer);
	free(own);
	return dfut_usb_to_error(result);
}

void dfut_usb_handle_cancel(struct dfut_usb_handle *handle, struct dfut_request *request)
{
	pthread_mutex_lock(&handle->lock);
	if (handle->transfer && handle->request == request)
		libusb_cancel_transfer(handle->transfer);
	pthread_mutex_unlock(&handle->lock);
}
