/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* USB devices of the system, and transfers, by libusb. usb-none.c in builds without it. */

#ifndef DFUT_USB_H
#define DFUT_USB_H

#include "transport/bus.h"

/* Begins to listen for devices; events wake the system's bus. 0 or a negative error with its text. */
int dfut_usb_start(struct dfut_usb **usb, struct dfut_system *system, struct dfut_failure *failure);
/* The bus is stopping: nothing is watched any more. NULL is accepted, as in all of these. */
void dfut_usb_stop(struct dfut_usb *usb);
void dfut_usb_free(struct dfut_usb *usb);
/* 0, or a negative error: it is to be called again soon. */
int dfut_usb_dispatch(struct dfut_usb *usb);

/* For how long libusb has been beginning: it waits for a device, which may be any. 0 if it is not. */
uint64_t dfut_usb_get_beginning_us(struct dfut_usb *usb);

/* Where the operating system does not tell of devices: calls back for each but root hubs. 0 or a negative error. */
int dfut_usb_list(struct dfut_usb *usb, void (*found)(void *owner, const struct dfut_os_place *place, void *device),
		  void *owner);
void *dfut_usb_device_ref(void *device);
void dfut_usb_device_unref(void *device);
/* Descriptors where the operating system does not tell them. */
void dfut_usb_device_read(void *device, struct dfut_os_facts *facts);

/*
 * Fills in strings that are missing: opens the device, and blocks; ends with the first request that is not answered. Says when
 * one has ended. 0 or a negative error.
 */
int dfut_usb_read_strings(struct dfut_usb *usb, const struct dfut_system_place *place, const uint8_t *indexes,
			  size_t count, char *strings[256], void (*answered)(void *data), void *data);
/* Opens and closes it: 0 or a negative error. Blocks. */
int dfut_usb_try(struct dfut_usb *usb, const struct dfut_system_place *place);

struct dfut_usb_handle;

/* These block. */
int dfut_usb_handle_open(struct dfut_usb_handle **handle, struct dfut_usb *usb, const struct dfut_system_place *place);
/* A driver that holds it is detached, and attached again when it is released; or with keeps_driver, it is busy. */
int dfut_usb_handle_claim(struct dfut_usb_handle *handle, uint8_t interface, bool keeps_driver);
int dfut_usb_handle_release(struct dfut_usb_handle *handle, uint8_t interface);
int dfut_usb_handle_configure(struct dfut_usb_handle *handle, uint16_t configuration);
int dfut_usb_handle_clear_halt(struct dfut_usb_handle *handle, uint16_t endpoint);
int dfut_usb_handle_driver(struct dfut_usb_handle *handle, uint8_t interface, enum dfut_driver_request request);
int dfut_usb_handle_reset(struct dfut_usb_handle *handle);
int dfut_usb_handle_set_alternate(struct dfut_usb_handle *handle, uint8_t interface, uint16_t alternate);
void dfut_usb_handle_close(struct dfut_usb_handle *handle);

/* Called from dispatch or from a thread that closes the device; the request is complete before. */
typedef void (*dfut_usb_done)(void *owner);
/* A control transfer, or one of an endpoint: completes the request, then calls done. 0, or a negative error, and neither happens. */
int dfut_usb_handle_submit(struct dfut_usb_handle *handle, struct dfut_request *request, dfut_usb_done done,
			   void *owner);
void dfut_usb_handle_cancel(struct dfut_usb_handle *handle, struct dfut_request *request);

#endif
