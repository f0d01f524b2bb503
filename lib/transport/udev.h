/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* udev's rules, which give devices to users on Linux: what one looks like, and whether one is installed. */

#ifndef DFUT_UDEV_H
#define DFUT_UDEV_H

#include "base/base.h"
#include "dfutrigger-transport.h"

#define DFUT_UDEV_RULE_SIZE 512
#define DFUT_UDEV_LINE_SIZE 1024

/* Who is to be given devices, and where. */
struct dfut_udev {
	const char *root; /* where /etc, /run and /usr are: "" for this machine */
	unsigned int user_id;
	const char *user;		      /* "" if it has no name */
	bool (*has_group)(const char *group); /* whether the user is in it */
};

/* A node that is there. */
struct dfut_udev_node {
	enum dfut_link link;
	uint16_t vendor_id;
	uint16_t product_id;
	uint8_t interface; /* of a HID node */
};

/* Whether the user sits at the machine, so that the tag "uaccess" means something. */
bool dfut_udev_has_seat(const struct dfut_udev *udev);
/* The command that adds rules for a node; for what is not there yet, by the ids that it will have. Empty if it does not fit. */
void dfut_udev_make_node_line(char line[DFUT_UDEV_LINE_SIZE], const struct dfut_udev *udev,
			      const struct dfut_udev_node *node);
void dfut_udev_make_prospect_line(char line[DFUT_UDEV_LINE_SIZE], const struct dfut_udev *udev,
				  const struct dfut_prospect *prospect);
/* The same for the rule that keeps ModemManager away from a device. */
void dfut_udev_make_modem_line(char line[DFUT_UDEV_LINE_SIZE], uint16_t vendor_id, uint16_t product_id);
/* Whether one of the installed rules gives such a device to the user, as far as can be seen without udev. */
bool dfut_udev_gives(const struct dfut_udev *udev, const struct dfut_prospect *prospect);
/* Gets a rule on one line, and the path of its file. */
typedef void (*dfut_udev_visitor)(const char *path, const char *rule, void *data);
/* Tells the installed rules that name a node's ids, or give it to the user, and have no condition that it is known not to fit.
 * DFUT_ERROR_NO_MEMORY: these are not all. */
int dfut_udev_visit(const struct dfut_udev *udev, const struct dfut_udev_node *node, dfut_udev_visitor visit,
		    void *data);
/* os-linux.c: the same for this machine and this user. */
int dfut_udev_visit_installed(const struct dfut_udev_node *node, dfut_udev_visitor visit, void *data);
/* udev's patterns for the product ids from first to last, with | between them. */
void dfut_udev_cover(char *patterns, size_t size, uint16_t first, uint16_t last);

#endif
