/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* How the bytes of an open serial port move, which is each system's own: serial-posix.c, serial-windows.c. */

#ifndef DFUT_SERIAL_IO_H
#define DFUT_SERIAL_IO_H

#include <libserialport.h>

#include "transport/os.h"

/* On Windows libserialport brings a word of COM with it. */
#undef interface

struct dfut_serial_io;

/* The error that a code of the system means: errno, GetLastError(). */
int dfut_serial_get_system_error(int code);
/* The same for what was to be opened, and could not be. */
int dfut_serial_get_open_error(int code);
/* Takes an open port for one program alone. 0 or a negative error. */
int dfut_serial_io_new(struct dfut_serial_io **io, struct sp_port *port);
/* Before the port is closed. */
void dfut_serial_io_free(struct dfut_serial_io *io);
/* Never wait. The number of bytes, 0 if there are none or no room now, or a negative error. */
int dfut_serial_io_read(struct dfut_serial_io *io, uint8_t *data, size_t room);
int dfut_serial_io_write(struct dfut_serial_io *io, const uint8_t *data, size_t size);
/* Readable, writable or signalled when it is worth while to try again. */
dfut_event dfut_serial_io_get_event(const struct dfut_serial_io *io, bool writes);

#endif
