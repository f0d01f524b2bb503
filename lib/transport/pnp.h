/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * What Windows' Plug and Play tells of the devices: which of its many objects are one physical device, and who drives them.
 * pnp-read.c asks the system, tests read trees from files.
 */

#ifndef DFUT_PNP_H
#define DFUT_PNP_H

#include "transport/os.h"

#define DFUT_PNP_TEXT_SIZE 256

/* CM_PROB_FAILED_INSTALL: there is no driver for it. */
#define DFUT_PNP_NO_DRIVER 28

/* One object, "device instance" by Windows. A device with several functions is one, and each of its functions another. */
struct dfut_pnp_node {
	char id[DFUT_PNP_TEXT_SIZE];	   /* "USB\VID_1209&PID_2303\SERIAL" */
	char parent[DFUT_PNP_TEXT_SIZE];   /* its parent's, "" if not told */
	char location[DFUT_PNP_TEXT_SIZE]; /* "PCIROOT(0)#PCI(1400)#USBROOT(0)#USB(3)", "" if not told */
	char service[64];		   /* the driver's, "" for none */
	char port[32];			   /* "COM5" of a serial port, else "" */
	char hid[DFUT_PNP_TEXT_SIZE];	   /* the path by which a HID collection is opened, else "" */
	unsigned int problem;		   /* why it does not work, as the Device Manager counts; 0 if it does */
};

struct dfut_pnp_tree {
	struct dfut_pnp_node *nodes;
	size_t count;
};

/* 0, or NO_MEMORY. Freed with dfut_pnp_free(), also after an error. */
int dfut_pnp_add(struct dfut_pnp_tree *tree, const struct dfut_pnp_node *node);
void dfut_pnp_free(struct dfut_pnp_tree *tree);
/* pnp-read.c, on Windows alone: what is plugged in now with these ids, and what is below it. 0 or a negative error. */
int dfut_pnp_read(struct dfut_pnp_tree *tree, uint16_t vendor_id, uint16_t product_id);

/* The ports on the way from the root hub, as in "3.2"; false if the location does not tell them. */
bool dfut_pnp_get_ports(char *ports, size_t size, const char *location);
/* The serial number that a device has told; false if Windows has made one up. */
bool dfut_pnp_get_serial_number(char *serial_number, size_t size, const struct dfut_pnp_node *device);
/* The physical device at a place. NULL if there is none, and of several alike that nothing tells apart. */
const struct dfut_pnp_node *dfut_pnp_find_device(const struct dfut_pnp_tree *tree, const struct dfut_os_place *place);
/* Whether there is any at all. */
bool dfut_pnp_is_there(const struct dfut_pnp_tree *tree, const struct dfut_os_place *place);
/* The object of one of its interfaces: the device's own if it has one function. NULL if it has none. */
const struct dfut_pnp_node *dfut_pnp_find_function(const struct dfut_pnp_tree *tree, const struct dfut_pnp_node *device,
						   uint8_t interface);
/* The HID collection or serial port that an interface has: what opens it, "" if it has none. */
void dfut_pnp_find_name(char name[DFUT_OS_NAME_SIZE], const struct dfut_pnp_tree *tree,
			const struct dfut_pnp_node *device, enum dfut_link link, uint8_t interface);
/* Whether a driver has it by which programs reach it through libusb: WinUSB, libusbK, libusb-win32. */
bool dfut_pnp_is_for_programs(const struct dfut_pnp_node *function);
/* As dfut_os_explain(). */
void dfut_pnp_explain(struct dfut_failure *failure, const struct dfut_pnp_tree *tree, const struct dfut_os_place *place,
		      enum dfut_link link, uint8_t interface, int code);

#endif
