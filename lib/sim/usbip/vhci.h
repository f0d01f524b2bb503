/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Linux's virtual host controllers (vhci-hcd), whose ports take USB/IP devices; by way of sysfs. */

#ifndef DFUT_SIM_VHCI_H
#define DFUT_SIM_VHCI_H

#include "sim/sim.h"

#define DFUT_VHCI_PATH_SIZE 32

/* Finds a free port, on the controller that has the fewest devices: each enumerates one device at a time.
 * Returns its number, and the port path of what will be plugged in there, or a negative error with its text in sim. */
int dfut_vhci_find_port(struct dfut_sim *sim, char path[DFUT_VHCI_PATH_SIZE]);
/* Finds the port that a device was plugged into by another program. Returns its number, or -1. */
int dfut_vhci_find_device(uint32_t device_id, char path[DFUT_VHCI_PATH_SIZE]);
/* Whether a port can be used, and the system has noticed that what was there has left. */
bool dfut_vhci_is_free(int port, const char *path);
/* Hands the kernel a socket to a device. Returns 0 or a negative error with its text in sim. */
int dfut_vhci_attach(struct dfut_sim *sim, int port, int fd, uint32_t device_id);

#endif
