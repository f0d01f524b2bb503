/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* One USB/IP connection: what a host asks, and of the device that it has imported. */

#ifndef DFUT_SIM_USBIP_CONNECTION_H
#define DFUT_SIM_USBIP_CONNECTION_H

#include "sim/usbip/wire.h"

struct dfut_usbip_urb;

/* Bytes on their way. */
struct dfut_usbip_bytes {
	uint8_t *data;
	size_t size;
	size_t room;
};

struct dfut_usbip_connection {
	struct dfut_usbip_connection *next;
	struct dfut_sim *sim;
	int fd;
	struct dfut_sim_device *device; /* NULL until one is imported */
	uint64_t instance;
	uint32_t device_id; /* what the host calls it */
	uint64_t heard_us;  /* when its host last said something */
	uint64_t ready_count;
	bool is_ready;	 /* its descriptor */
	uint64_t end_us; /* when to close it, as the device has left; 0 before */
	bool is_ended;
	struct dfut_usbip_bytes in;
	struct dfut_usbip_bytes out;
	struct dfut_usbip_urb *urbs;
	size_t urb_count;
};

/* Takes the descriptor, which does not block, also when it fails. */
int dfut_usbip_connection_new(struct dfut_usbip_connection **connection, struct dfut_sim *sim, int fd);
void dfut_usbip_connection_free(struct dfut_usbip_connection *connection);
/* The host has the device now. */
void dfut_usbip_connection_import(struct dfut_usbip_connection *connection, struct dfut_sim_device *device);
bool dfut_usbip_connection_wants_to_write(const struct dfut_usbip_connection *connection);
/* When an answer is due, UINT64_MAX for never. */
uint64_t dfut_usbip_connection_get_next_us(const struct dfut_usbip_connection *connection);
/* Its device is no longer the one that was imported. */
bool dfut_usbip_connection_has_left(const struct dfut_usbip_connection *connection);
bool dfut_usbip_connection_has_work(const struct dfut_usbip_connection *connection);
/* Reads and writes what can be, answers what is due. Sets is_ended when the host or the device has left. */
void dfut_usbip_connection_run(struct dfut_usbip_connection *connection);
/* Answers all that the host waits for: the device is gone. */
void dfut_usbip_connection_end(struct dfut_usbip_connection *connection);

#endif
