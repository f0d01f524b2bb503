/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* HID nodes, through hidapi. All calls block. hid-none.c in builds without it. */

#ifndef DFUT_HID_H
#define DFUT_HID_H

#include "transport/os.h"

struct dfut_hid_port;

/* The name of the node of an interface, by what hidapi tells; "" if there is none, or more than one. */
void dfut_hid_find(char *name, size_t size, const struct dfut_os_place *place, uint8_t interface);
/* Opens a node by the name that the system gives it. */
int dfut_hid_open(struct dfut_hid_port **port, const char *name, bool is_numbered);
void dfut_hid_close(struct dfut_hid_port *port);
/* Data is without the id. 0 or a negative error. */
int dfut_hid_send(struct dfut_hid_port *port, enum dfut_report_type type, uint8_t id, const uint8_t *data, size_t size);
/* Bytes without the id, or a negative error. */
int dfut_hid_get_feature(struct dfut_hid_port *port, uint8_t id, uint8_t *data, size_t room);
/* Waits for an input report, as long as it is wanted: its bytes with the id in front, or a negative error. */
int dfut_hid_read(struct dfut_hid_port *port, uint8_t *data, size_t room, bool (*is_wanted)(void *owner), void *owner);

#endif
