/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Serial ports, through libserialport. Opening and settings block, reading and writing don't. serial-none.c in builds
 * without it. */

#ifndef DFUT_SERIAL_H
#define DFUT_SERIAL_H

#include "transport/os.h"

struct dfut_serial_port;

/* The name of a device's port, by what libserialport tells; "" if there is none, or more than one. */
void dfut_serial_find(char *name, size_t size, const struct dfut_os_place *place);
/* Opens a port for this program alone, by the name that the system gives it. */
int dfut_serial_open(struct dfut_serial_port **port, const char *name);
/* Leaves the lines as they are. */
void dfut_serial_close(struct dfut_serial_port *port);
int dfut_serial_set_line_coding(struct dfut_serial_port *port, const struct dfut_line_coding *coding);
/* Bits 0 DTR and 1 RTS; only those of the mask are set. */
int dfut_serial_set_lines(struct dfut_serial_port *port, unsigned int lines, unsigned int mask);
/* Bytes moved, 0 if none can be now, or a negative error. */
int dfut_serial_read(struct dfut_serial_port *port, uint8_t *data, size_t room);
int dfut_serial_write(struct dfut_serial_port *port, const uint8_t *data, size_t size);
/* To be watched: it can be read, or written. */
dfut_event dfut_serial_get_event(const struct dfut_serial_port *port, bool writes);

#endif
