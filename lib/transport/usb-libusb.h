/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What the files about libusb share. Only they include it. */

#ifndef DFUT_USB_LIBUSB_H
#define DFUT_USB_LIBUSB_H

#include <libusb.h>
/* On Windows it brings a word of COM with it. */
#undef interface

#include "transport/usb.h"

/* USB 2.0, 9.2.6.4 allows less; a machine with much to do adds to it. */
#define DFUT_USB_STRING_TIMEOUT_MS 2000

struct dfut_usb_finder;

struct dfut_usb {
	struct dfut_system *system;
	struct dfut_bus *bus;
	struct dfut_usb_finder *finder;
	pthread_mutex_t beginning; /* of libusb, which may take long */
	pthread_mutex_t lock;
	libusb_context *libusb; /* NULL until it is needed; under the lock */
	uint64_t begins_us;	/* since when a thread waits for it, else 0; under the lock */
	bool stopped;		/* under the lock */
	bool watch_again;	/* under the lock */
#ifndef _WIN32
	struct dfut_system_source source;
	int *watched; /* as many as libusb has */
	size_t watched_count;
#else
	bool handled; /* a thread handles events */
	int stopping;
#endif
};

int dfut_usb_to_error(int code);
/* Starts libusb, once. From any thread; blocks. 0, or an error of libusb. */
int dfut_usb_begin(struct dfut_usb *usb);
/* A string descriptor becomes text; NULL if it is none. */
char *dfut_usb_get_text(const uint8_t *data, int size);

/* Each system's own: who comes and goes, and how a device is opened. */

int dfut_usb_finder_new(struct dfut_usb_finder **finder, struct dfut_usb *usb, struct dfut_failure *failure);
/* Nothing is watched any more. */
void dfut_usb_finder_stop(struct dfut_usb_finder *finder);
void dfut_usb_finder_free(struct dfut_usb_finder *finder);
/* Blocks. 0, or a negative error. */
int dfut_usb_open(struct dfut_usb *usb, const struct dfut_system_place *place, libusb_device_handle **handle);

#endif
