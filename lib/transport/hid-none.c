/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* In place of HID nodes in a build without hidapi. */

#include "transport/hid.h"

void dfut_hid_find(char *name, size_t size, const struct dfut_os_place *place, uint8_t interface)
{
	(void)size;
	(void)place;
	(void)interface;
	name[0] = '\0';
}

int dfut_hid_open(struct dfut_hid_port **port, const char *name, bool is_numbered)
{
	(void)name;
	(void)is_numbered;
	*port = NULL;
	return DFUT_ERROR_UNSUPPORTED;
}

/* Without a port nothing below is ever called. */

void dfut_hid_close(struct dfut_hid_port *port)
{
	(void)port;
}

int dfut_hid_send(struct dfut_hid_port *port, enum dfut_report_type type, uint8_t id, const uint8_t *data, size_t size)
{
	(void)port;
	(void)type;
	(void)id;
	(void)data;
	(void)size;
	return DFUT_ERROR_UNSUPPORTED;
}

int dfut_hid_get_feature(struct dfut_hid_port *port, uint8_t id, uint8_t *data, size_t room)
{
	(void)port;
	(void)id;
	(void)data;
	(void)room;
	return DFUT_ERROR_UNSUPPORTED;
}

int dfut_hid_read(struct dfut_hid_port *port, uint8_t *data, size_t room, bool (*is_wanted)(void *owner), void *owner)
{
	(void)port;
	(void)data;
	(void)room;
	(void)is_wanted;
	(void)owner;
	return DFUT_ERROR_UNSUPPORTED;
}
