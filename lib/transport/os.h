/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * What the operating system tells of devices without opening them: os-linux.c by sysfs, os-windows.c by what
 * Plug and Play tells.
 */

#ifndef DFUT_OS_H
#define DFUT_OS_H

#include "base/base.h"
#include "dfutrigger-transport.h"

/* A device as the system names it. */
struct dfut_os_place {
	const char *path; /* port path, "" if not known */
	unsigned int bus_number;
	unsigned int address;
	uint8_t configuration; /* 0 if not known yet */
	uint16_t vendor_id;
	uint16_t product_id;
	const char *serial_number; /* "" if not known */
};

struct dfut_os_facts {
	uint8_t *descriptors; /* NULL if not told */
	size_t size;
	char *strings[256]; /* by index */
	uint8_t configuration;
};

/* 0, or a negative error: text and hint say what is missing. */
int dfut_os_check(struct dfut_failure *failure);
/* All devices, with the address 0 in the middle of a bus reset. 0 or a negative error; UNSUPPORTED where only libusb knows. */
int dfut_os_list(void (*found)(void *owner, const struct dfut_os_place *place), void *owner);
/* Descriptors and configuration; never waits for the device. */
void dfut_os_read(struct dfut_os_facts *facts, const char *path);
/* The bConfigurationValue in use, 0 for none; `known` where the system does not tell. Never waits for the device. */
uint8_t dfut_os_read_configuration(const char *path, uint8_t known);
/* Fills in the strings that the system has read. Waits as long as one of its drivers is at work with the device. */
void dfut_os_read_strings(char *strings[256], const struct dfut_os_facts *facts, const char *path);

#define DFUT_OS_NAME_SIZE 256

/* The HID node or serial port that an interface has now: its name, "" if it has none. */
void dfut_os_find_node(char name[DFUT_OS_NAME_SIZE], const struct dfut_os_place *place, enum dfut_link link,
		       uint8_t interface);
/* The report descriptor of a HID interface, to be freed; NULL if it is not told. */
uint8_t *dfut_os_read_report_descriptor(const struct dfut_os_place *place, uint8_t interface, size_t *size);

/* Whether it could be opened, without doing it: an open port is not the same as before. 0 or a negative error. */
int dfut_os_try_node(const struct dfut_os_place *place, enum dfut_link link, uint8_t interface);
/* Whether this place is empty by now, or another device is there: long before anybody tells. */
bool dfut_os_has_left(const struct dfut_os_place *place);

/* Whether the interface is that of a drive which is mounted: its driver is not to be detached. */
bool dfut_os_is_mounted(const struct dfut_os_place *place, uint8_t interface);
/* Where it is mounted; false if it is not. */
bool dfut_os_find_volume(char point[DFUT_OS_NAME_SIZE], const struct dfut_os_place *place, uint8_t interface);
/* Whether the disk with this number, as in "8:1", is the interface's; true if that can't be told. */
bool dfut_os_may_have_disk(const struct dfut_os_place *place, uint8_t interface, const char *number);
/* Why what was to be opened can't be: text and hint. Of DFUT_OK who has it, as in struct dfut_bus_ops. */
void dfut_os_explain(struct dfut_failure *failure, const struct dfut_os_place *place, enum dfut_link link,
		     uint8_t interface, int code);
/* Whether what is not there yet could be opened: 0 if so or not known, else DFUT_ERROR_ACCESS with text and hint. */
int dfut_os_foresee(struct dfut_failure *failure, const struct dfut_prospect *prospect);

#endif
