/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* In place of serial ports in a build without libserialport. */

#include "transport/serial.h"

void dfut_serial_find(char *name, size_t size, const struct dfut_os_place *place)
{
	(void)size;
	(void)place;
	name[0] = '\0';
}

int dfut_serial_open(struct dfut_serial_port **port, const char *name)
{
	(void)name;
	*port = NULL;
	return DFUT_ERROR_UNSUPPORTED;
}

/* Without a port nothing below is ever called. */

void dfut_serial_close(struct dfut_serial_port *port)
{
	(void)port;
}

int dfut_serial_set_line_coding(struct dfut_serial_port *port, const struct dfut_line_coding *coding)
{
	(void)port;
	(void)coding;
	return DFUT_ERROR_UNSUPPORTED;
}

int dfut_serial_set_lines(struct dfut_serial_port *port, unsigned int lines, unsigned int mask)
{
	(void)port;
	(void)lines;
	(void)mask;
	return DFUT_ERROR_UNSUPPORTED;
}

int dfut_serial_read(struct dfut_serial_port *port, uint8_t *data, size_t room)
{
	(void)port;
	(void)data;
	(void)room;
	return DFUT_ERROR_UNSUPPORTED;
}

int dfut_serial_write(struct dfut_serial_port *port, const uint8_t *data, size_t size)
{
	(void)port;
	(void)data;
	(void)size;
	return DFUT_ERROR_UNSUPPORTED;
}

dfut_event dfut_serial_get_event(const struct dfut_serial_port *port, bool writes)
{
	(void)port;
	(void)writes;
	return (dfut_event)(intptr_t)-1;
}
