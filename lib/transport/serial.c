/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Serial ports, through libserialport. Its releases differ in whether a port is opened for one program alone, which is
 * done here therefore, and in whether closing it lowers DTR: what lowers DTR does it explicitly.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "transport/serial-io.h"
#include "transport/serial.h"

struct dfut_serial_port {
	struct sp_port *port;
	struct dfut_serial_io *io;
};

static int get_error(enum sp_return result)
{
	if (result == SP_ERR_MEM)
		return DFUT_ERROR_NO_MEMORY;
	if (result == SP_ERR_SUPP)
		return DFUT_ERROR_UNSUPPORTED;
	if (result == SP_ERR_ARG)
		return DFUT_ERROR_USAGE;
	return dfut_serial_get_system_error(sp_last_error_code());
}

static int judge(enum sp_return result)
{
	return result < 0 ? get_error(result) : (int)result;
}

static bool is_of(struct sp_port *port, const struct dfut_os_place *place)
{
	const char *serial_number = sp_get_port_usb_serial(port);
	int vendor = 0, product = 0;

	if (sp_get_port_transport(port) != SP_TRANSPORT_USB ||
	    sp_get_port_usb_vid_pid(port, &vendor, &product) != SP_OK || vendor != place->vendor_id ||
	    product != place->product_id)
		return false;
	return !*place->serial_number || !serial_number || strcmp(serial_number, place->serial_number) == 0;
}

void dfut_serial_find(char *name, size_t size, const struct dfut_os_place *place)
{
	struct sp_port **list;
	size_t count = 0;

	name[0] = '\0';
	if (sp_list_ports(&list) != SP_OK)
		return;
	for (size_t i = 0; list[i]; i++)
		if (is_of(list[i], place) && !count++)
			snprintf(name, size, "%s", sp_get_port_name(list[i]));
	sp_free_port_list(list);
	/* Of several alike, whose is which is not told. */
	if (count > 1 && !*place->serial_number)
		name[0] = '\0';
}

static int open_port(struct sp_port *port)
{
	enum sp_return result = sp_open(port, SP_MODE_READ_WRITE);

	return result == SP_ERR_FAIL ? dfut_serial_get_open_error(sp_last_error_code()) : judge(result);
}

int dfut_serial_open(struct dfut_serial_port **port, const char *name)
{
	struct dfut_serial_port *made = calloc(1, sizeof(*made));
	int result;

	*port = NULL;
	if (!made)
		return DFUT_ERROR_NO_MEMORY;
	result = judge(sp_get_port_by_name(name, &made->port));
	if (result == 0)
		result = open_port(made->port);
	if (result < 0) {
		if (made->port)
			sp_free_port(made->port);
		free(made);
		/* A node without its device: it is going, or not ready yet. */
		return result == DFUT_ERROR_GONE || result == DFUT_ERROR_USAGE ? DFUT_ERROR_NOT_FOUND : result;
	}
	result = dfut_serial_io_new(&made->io, made->port);
	if (result < 0) {
		sp_close(made->port);
		sp_free_port(made->port);
		free(made);
		return result;
	}
	*port = made;
	return 0;
}

void dfut_serial_close(struct dfut_serial_port *port)
{
	dfut_serial_io_free(port->io);
	sp_close(port->port);
	sp_free_port(port->port);
	free(port);
}

int dfut_serial_set_line_coding(struct dfut_serial_port *port, const struct dfut_line_coding *coding)
{
	static const enum sp_parity parities[] = { SP_PARITY_NONE, SP_PARITY_ODD, SP_PARITY_EVEN, SP_PARITY_MARK,
						   SP_PARITY_SPACE };
	struct sp_port_config *config;
	int result = judge(sp_new_config(&config));

	if (result < 0)
		return result;
	/* What a fresh configuration does not name stays as it is: one step, one request. */
	sp_set_config_baudrate(config, (int)coding->baud);
	sp_set_config_bits(config, coding->data_bits);
	sp_set_config_parity(config, parities[coding->parity]);
	sp_set_config_stopbits(config, coding->stop_bits);
	/* 0.1.1 leaves this one field of a fresh configuration as it finds it. */
	sp_set_config_xon_xoff(config, SP_XONXOFF_INVALID);
	result = judge(sp_set_config(port->port, config));
	sp_free_config(config);
	return result;
}

int dfut_serial_set_lines(struct dfut_serial_port *port, unsigned int lines, unsigned int mask)
{
	int result = 0;

	/* Windows' driver sends RTS' change only with DTR's that follows. */
	if (mask & 2)
		result = judge(sp_set_rts(port->port, lines & 2 ? SP_RTS_ON : SP_RTS_OFF));
	if (mask & 1 && result == 0)
		result = judge(sp_set_dtr(port->port, lines & 1 ? SP_DTR_ON : SP_DTR_OFF));
	return result;
}

int dfut_serial_read(struct dfut_serial_port *port, uint8_t *data, size_t room)
{
	return dfut_serial_io_read(port->io, data, room);
}

int dfut_serial_write(struct dfut_serial_port *port, const uint8_t *data, size_t size)
{
	return dfut_serial_io_write(port->io, data, size);
}

dfut_event dfut_serial_get_event(const struct dfut_serial_port *port, bool writes)
{
	return dfut_serial_io_get_event(port->io, writes);
}
