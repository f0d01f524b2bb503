/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Descriptors as a device sends them, made of what libusb has parsed: also of a device that no program may open. */

#ifndef DFUT_USB_BYTES_H
#define DFUT_USB_BYTES_H

#include "transport/usb-libusb.h"

/* All in front of the bytes of a configuration: 18 bytes. */
#define DFUT_USB_DEVICE_SIZE 18

void dfut_usb_put_device(uint8_t bytes[DFUT_USB_DEVICE_SIZE], const struct libusb_device_descriptor *device);
/* The configuration and all that is in it, in the order in which it came. Returns the size, 0 if there is no room. */
size_t dfut_usb_put_configuration(uint8_t *bytes, size_t room, const struct libusb_config_descriptor *configuration);

#endif
