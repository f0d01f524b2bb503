/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What is done with a device that is open: requests that block, and transfers, which are asynchronous. */

#include <stdlib.h>

#include "transport/usb-libusb.h"

struct dfut_usb_handle {
	libusb_device_handle *handle;
	bool claimed[256];
	pthread_mutex_t lock;
	struct transfer *transfer; /* the last one, while it is under way; under the lock */
	struct transfer *spare;	   /* for the next one; under the lock */
};

struct transfer {
	struct dfut_usb_handle *handle;
	struct libusb_transfer *libusb;
	struct dfut_request *request;
	dfut_usb_done done;
	void *owner;
};

static void free_transfer(struct transfer *transfer)
{
	if (!transfer)
		return;
	libusb_free_transfer(transfer->libusb);
	free(transfer);
}

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
	free_transfer(handle->spare);
	pthread_mutex_destroy(&handle->lock);
	free(handle);
}

static int get_result(const struct libusb_transfer *transfer)
{
	switch (transfer->status) {
	case LIBUSB_TRANSFER_COMPLETED:
		return transfer->actual_length;
	case LIBUSB_TRANSFER_STALL:
		return DFUT_ERROR_DEVICE;
	case LIBUSB_TRANSFER_NO_DEVICE:
		return DFUT_ERROR_GONE;
	case LIBUSB_TRANSFER_TIMED_OUT:
		return transfer->actual_length > 0 ? transfer->actual_length : DFUT_ERROR_TIMEOUT;
	case LIBUSB_TRANSFER_CANCELLED:
		return DFUT_ERROR_TIMEOUT;
	case LIBUSB_TRANSFER_ERROR:
	case LIBUSB_TRANSFER_OVERFLOW:
		break;
	}
	return DFUT_ERROR_IO;
}

/* One is kept: there are several only while cancelled ones come to their end. */
static void give_back(struct transfer *transfer)
{
	struct dfut_usb_handle *handle = transfer->handle;

	pthread_mutex_lock(&handle->lock);
	if (handle->transfer == transfer)
		handle->transfer = NULL;
	if (!handle->spare) {
		handle->spare = transfer;
		transfer = NULL;
	}
	pthread_mutex_unlock(&handle->lock);
	free_transfer(transfer);
}

static void LIBUSB_CALL transferred(struct libusb_transfer *transfer)
{
	const struct transfer own = *(struct transfer *)transfer->user_data;
	int result = get_result(transfer);

	give_back(transfer->user_data);
	dfut_request_complete(own.request, result);
	/* The handle may be closed from now on. */
	own.done(own.owner);
}

/* The engine keeps the time of a control transfer; one of an endpoint may have moved something when its time is over. */
static void fill_transfer(struct transfer *own, const struct dfut_action *action)
{
	const struct dfut_action_control *control = &action->control;
	struct libusb_transfer *transfer = own->libusb;
	uint8_t *buffer = dfut_request_get_buffer(own->request);
	uint32_t limit_ms = 0;

	if (action->timeout_ms > DFUT_ENDPOINT_GRACE_MS && action->timeout_ms != UINT32_MAX)
		limit_ms = action->timeout_ms - DFUT_ENDPOINT_GRACE_MS;
	if (action->kind == DFUT_ACTION_CONTROL) {
		buffer -= LIBUSB_CONTROL_SETUP_SIZE;
		libusb_fill_control_setup(buffer, control->request_type, control->request, control->value,
					  control->index, control->length);
		libusb_fill_control_transfer(transfer, own->handle->handle, buffer, transferred, own, 0);
		return;
	}
	libusb_fill_bulk_transfer(transfer, own->handle->handle, action->transfer.endpoint, buffer,
				  action->transfer.length, transferred, own, limit_ms);
	transfer->type = action->transfer.attributes & LIBUSB_TRANSFER_TYPE_INTERRUPT;
}

static struct transfer *take_transfer(struct dfut_usb_handle *handle)
{
	struct transfer *transfer;

	pthread_mutex_lock(&handle->lock);
	transfer = handle->spare;
	handle->spare = NULL;
	pthread_mutex_unlock(&handle->lock);
	if (transfer)
		return transfer;
	transfer = calloc(1, sizeof(*transfer));
	if (!transfer)
		return NULL;
	transfer->handle = handle;
	transfer->libusb = libusb_alloc_transfer(0);
	if (transfer->libusb)
		return transfer;
	free(transfer);
	return NULL;
}

int dfut_usb_handle_submit(struct dfut_usb_handle *handle, struct dfut_request *request, dfut_usb_done done,
			   void *owner)
{
	struct transfer *transfer = take_transfer(handle);
	int result;

	if (!transfer)
		return DFUT_ERROR_NO_MEMORY;
	transfer->request = request;
	transfer->done = done;
	transfer->owner = owner;
	fill_transfer(transfer, dfut_request_get_action(request));
	pthread_mutex_lock(&handle->lock);
	handle->transfer = transfer;
	result = libusb_submit_transfer(transfer->libusb);
	pthread_mutex_unlock(&handle->lock);
	if (result < 0)
		give_back(transfer);
	return dfut_usb_to_error(result);
}

void dfut_usb_handle_cancel(struct dfut_usb_handle *handle, struct dfut_request *request)
{
	pthread_mutex_lock(&handle->lock);
	if (handle->transfer && handle->transfer->request == request)
		libusb_cancel_transfer(handle->transfer->libusb);
	pthread_mutex_unlock(&handle->lock);
}
