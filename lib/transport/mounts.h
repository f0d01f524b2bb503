/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Whether somebody has mounted a drive, as far as Linux tells: in sysfs which disks an interface has, in /proc what is mounted. */

#ifndef DFUT_MOUNTS_H
#define DFUT_MOUNTS_H

#include <stdbool.h>

struct dfut_mount {
	char disk[64];	 /* the disk or partition, as in "sda1" */
	char point[256]; /* where it is mounted */
};

/* The first that is mounted of an interface's disks, by its name in sysfs ("1-2:1.0"); what is built on them counts, too. root
 * stands before /sys and /proc, "" for the system's. False if there is none. */
bool dfut_mounts_find(struct dfut_mount *mount, const char *root, const char *interface);
/* Whether what has this number, as in "8:1", is one of an interface's disks, or on one; true, too, if sysfs shows none. */
bool dfut_mounts_may_have(const char *root, const char *interface, const char *number);

#endif
