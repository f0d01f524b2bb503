/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* In place of libusb in a build without it: devices are still listed where the system tells them, and reached as HID
 * nodes and serial ports. */

#include "transport/usb.h"

int dfut_usb_start(struct dfut_usb **usb, struct dfut_system *system, struct dfut_failure *failure)
{
	(void)system;
	(void)failure;
	*usb = NULL;
	return 0;
}

void dfut_usb_stop(struct dfut_usb *usb)
{
	(void)usb;
}

void dfut_usb_free(struct dfut_usb *usb)
{
	(void)usb;
}

int dfut_usb_dispatch(struct dfut_usb *usb)
{
	(void)usb;
	return 0;
}

uint64_t dfut_usb_get_beginning_us(struct dfut_usb *usb)
{
	(void)usb;
	return 0;
}

int dfut_usb_read_strings(struct dfut_usb *usb, const struct dfut_system_place *place, const uint8_t *indexes,
			  size_t count, char *strings[256], void (*answered)(void *data), void *data)
{
	(void)usb;
	(void)place;
	(void)indexes;
	(void)count;
	(void)strings;
	(void)answered;
	(void)data;
	return 0;
}

int dfut_usb_try(struct dfut_usb *usb, const struct dfut_system_place *place)
{
	(void)usb;
	(void)place;
	return DFUT_ERROR_UNSUPPORTED;
}

int dfut_usb_handle_open(struct dfut_usb_handle **handle, struct dfut_usb *usb, const struct dfut_system_place *place)
{
	(void)usb;
	(void)place;
	*handle = NULL;
	return DFUT_ERROR_UNSUPPORTED;
}

/* Without handles nothing below is ever called. */

int dfut_usb_handle_claim(struct dfut_usb_handle *handle, uint8_t interface, bool keeps_driver)
{
	(void)handle;
	(void)interface;
	(void)keeps_driver;
	return DFUT_ERROR_UNSUPPORTED;
}

int dfut_usb_handle_release(struct dfut_usb_handle *handle, uint8_t interface)
{
	(void)handle;
	(void)interface;
	return DFUT_ERROR_UNSUPPORTED;
}

int dfut_usb_handle_configure(struct dfut_usb_handle *handle, uint16_t configuration)
{
	(void)handle;
	(void)configuration;
	return DFUT_ERROR_UNSUPPORTED;
}

int dfut_usb_handle_clear_halt(struct dfut_usb_handle *handle, uint16_t endpoint)
{
	(void)handle;
	(void)endpoint;
	return DFUT_ERROR_UNSUPPORTED;
}

int dfut_usb_handle_driver(struct dfut_usb_handle *handle, uint8_t interface, enum dfut_driver_request request)
{
	(void)handle;
	(void)interface;
	(void)request;
	return DFUT_ERROR_UNSUPPORTED;
}

int dfut_usb_handle_reset(struct dfut_usb_handle *handle)
{
	(void)handle;
	return DFUT_ERROR_UNSUPPORTED;
}

int dfut_usb_handle_set_alternate(struct dfut_usb_handle *handle, uint8_t interface, uint16_t alternate)
{
	(void)handle;
	(void)interface;
	(void)alternate;
	return DFUT_ERROR_UNSUPPORTED;
}

void dfut_usb_handle_close(struct dfut_usb_handle *handle)
{
	(void)handle;
}

int dfut_usb_handle_submit(struct dfut_usb_handle *handle, struct dfut_request *request, dfut_usb_done done,
			   void *owner)
{
	(void)handle;
	(void)request;
	(void)done;
	(void)owner;
	return DFUT_ERROR_UNSUPPORTED;
}

void dfut_usb_handle_cancel(struct dfut_usb_handle *handle, struct dfut_request *request)
{
	(void)handle;
	(void)request;
}
