/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Where on a device a trigger, a report or a serial line goes to. */

#ifndef DFUT_TARGET_H
#define DFUT_TARGET_H

#include "device/device.h"

struct dfut_target {
	uint8_t interface;
	int report_size;  /* bytes without the id, as the device declares them; -1 if not known */
	bool is_numbered; /* the interface's reports are */
};

/* False if the device has no place for it. */
bool dfut_target_find(struct dfut_target *target, const struct dfut_device *device, const struct dfut_trigger *trigger);
/* number: -1 for the first interface that has such a report. */
bool dfut_target_find_report(struct dfut_target *target, const struct dfut_device *device, int number,
			     const struct dfut_report *report);
/* Whether a HID interface has no node yet, which tells its usages: the system makes it a little after the device. */
bool dfut_target_lacks_node(const struct dfut_device *device);
/* The usage of this page that a HID interface has: 0 if it has none, or if that is not known. */
uint16_t dfut_target_get_usage(const struct dfut_device *device, uint8_t interface, uint16_t page);
/* number: -1 for the first serial port. */
bool dfut_target_find_serial(struct dfut_target *target, const struct dfut_device *device, int number);

/* Where bulk transfers go: an interface of this class, and bEndpointAddress of its first endpoint in and out. False if the device
 * has no such interface, or that no pair of them. */
bool dfut_target_find_bulk(const struct dfut_device *device, const struct dfut_interface_class *class_,
			   uint8_t *interface, uint8_t *in, uint8_t *out);

#endif
