/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A hostile host on a USB/IP connection. The first byte says which device there is, and whether the host has imported it already. */

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sim/usbip/connection.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* In two halves, so that commands arrive in pieces. */
static void feed(struct dfut_usbip_connection *connection, int fd, const uint8_t *data, size_t size)
{
	if (size == 0 || send(fd, data, size, MSG_NOSIGNAL) < 0)
		return;
	connection->is_ready = true;
	dfut_usbip_connection_run(connection);
}

static void drain(int fd)
{
	uint8_t bytes[4096];

	while (recv(fd, bytes, sizeof(bytes), 0) > 0)
		;
}

static void serve(struct dfut_sim *sim, struct dfut_sim_device *device, const uint8_t *data, size_t size)
{
	struct dfut_usbip_connection *connection;
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0)
		return;
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	fcntl(ends[1], F_SETFL, O_NONBLOCK);
	if (dfut_usbip_connection_new(&connection, sim, ends[0]) == 0) {
		if (data[0] & 1) {
			dfut_usbip_connection_import(connection, device);
			device->configuration = 1;
		}
		feed(connection, ends[1], data + 1, size / 2);
		drain(ends[1]);
		if (!connection->is_ended)
			feed(connection, ends[1], data + 1 + size / 2, size - 1 - size / 2);
		dfut_usbip_connection_free(connection);
	}
	close(ends[1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* Those that are made at once: one with endpoints, one with requests of its own. */
	static const char *const specs[] = { "cdc-board", "dfu:transfer-size=256" };
	struct dfut_sim_device *device;
	struct dfut_sim *sim;

	if (size < 2 || size > 65536 || dfut_sim_new(&sim, DFUT_SIM_CLOCK_REAL) < 0)
		return 0;
	if (dfut_sim_plug(&device, sim, specs[data[0] >> 1 & 1], NULL) == 0)
		serve(sim, device, data, size);
	dfut_sim_free(sim);
	return 0;
}
