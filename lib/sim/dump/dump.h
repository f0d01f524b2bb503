/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What somebody saved of a device: the text of `lsusb -v`, its folder in /sys/bus/usb/devices, or its bare descriptors. */

#ifndef DFUT_SIM_DUMP_H
#define DFUT_SIM_DUMP_H

#include "sim/sim.h"

#define DUMP_STRINGS 64
#define DUMP_REPORTS 32
#define DUMP_SIZE 4096
#define DUMP_PATH_SIZE 1024
#define DUMP_REPORT_SIZE 4096
/* More than a text of all devices of a machine has. */
#define DUMP_FILE_LIMIT (16 * 1024 * 1024)

struct dump {
	uint8_t bytes[DUMP_SIZE]; /* device descriptor, configuration descriptor */
	size_t size;
	struct dfut_string strings[DUMP_STRINGS]; /* their texts are ours */
	size_t string_count;
	struct dump_report {
		uint8_t *bytes;
		size_t size;
	} reports[DUMP_REPORTS]; /* of HID, by bInterfaceNumber */
	uint16_t vendor_id;	 /* which of several is meant; 0 for the only one */
	uint16_t product_id;
	char error[512];
};

/* 0, or a negative error with its words. */
int dump_read(struct dump *dump, const char *path);
void dump_clear(struct dump *dump);

/* For the readers below. */
int dump_fail(struct dump *dump, int code, const char *text, ...) DFUT_PRINTF(3, 4);
int dump_add_string(struct dump *dump, unsigned int index, const char *text, size_t length);
int dump_add_report(struct dump *dump, unsigned int interface, const uint8_t *bytes, size_t size);
/* Takes the device descriptor and the first configuration of bare descriptors. */
int dump_take_descriptors(struct dump *dump, const uint8_t *bytes, size_t size);

/* lsusb.c */
int dump_read_lsusb(struct dump *dump, const char *text, size_t size);
/* sysfs.c */
int dump_read_folder(struct dump *dump, const char *path);
/* report-items.c: the bytes of a line like "Item(Global): Usage Page, data= [ 0x60 0xff ] 65376"; 0 if it is none. */
size_t dump_read_item(const char *line, uint8_t item[5]);

#endif
