/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The virtual bus in real systems: who has which device, and where. */

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sim/usbip/connection.h"
#include "sim/usbip/vhci.h"

#define CONNECTION_LIMIT 256
/* The listener and the pipe come before the connections. */
#define POLL_LISTENER 0
#define POLL_WAKE 1
#define POLL_CONNECTIONS 2
#define BACKLOG 16
/* Linux tells nobody when a port has become free. */
#define PORT_INTERVAL_MS 5
#define PORT_LIMIT_MS 10000

/* Where a device is plugged into this machine. */
struct place {
	struct place *next;
	struct dfut_sim_device *device;
	int port;
	char path[DFUT_VHCI_PATH_SIZE];
	uint64_t since_us; /* when the device came back, while it waits for its port; 0 otherwise */
};

struct dfut_sim_usbip {
	struct dfut_sim *sim;
	dfut_sim_usbip_handler handler;
	void *handler_data;
	int listener;
	int wake[2]; /* a pipe to itself */
	bool is_attaching;
	bool is_waiting; /* a device waits for its port */
	bool is_called;	 /* a host wants to connect */
	struct place *places;
	struct dfut_usbip_connection *connections;
	size_t connection_count;
	struct pollfd *polls;
};

/* A descriptor of ours that never blocks and that programs started by others don't get. */
static void make_own(int fd)
{
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	fcntl(fd, F_SETFL, O_NONBLOCK);
#ifdef SO_NOSIGPIPE
	setsockopt(fd, SOL_SOCKET, SO_NOSIGPIPE, &(int){ 1 }, sizeof(int));
#endif
}

static int init(struct dfut_sim_usbip *usbip, struct dfut_sim *sim)
{
	usbip->sim = sim;
	usbip->listener = -1;
	usbip->polls = calloc(POLL_CONNECTIONS + CONNECTION_LIMIT, sizeof(struct pollfd));
	if (!usbip->polls)
		return dfut_sim_fail(sim, DFUT_ERROR_NO_MEMORY, "out of memory");
	if (pipe(usbip->wake) < 0)
		return dfut_sim_fail(sim, DFUT_ERROR_IO, "pipe: %s", strerror(errno));
	make_own(usbip->wake[0]);
	make_own(usbip->wake[1]);
	return 0;
}

DFUT_SIM_API int dfut_sim_usbip_new(struct dfut_sim_usbip **usbip, struct dfut_sim *sim)
{
	int result;

	*usbip = NULL;
	if (sim->added || sim->clock != DFUT_SIM_CLOCK_REAL)
		return dfut_sim_fail(sim, DFUT_ERROR_USAGE,
				     "a sim can be exported if it has the real clock and no context");
	*usbip = calloc(1, sizeof(**usbip));
	if (!*usbip)
		return dfut_sim_fail(sim, DFUT_ERROR_NO_MEMORY, "out of memory");
	result = init(*usbip, sim);
	if (result < 0) {
		free((*usbip)->polls);
		free(*usbip);
		*usbip = NULL;
		return result;
	}
	sim->added = true;
	return 0;
}

DFUT_SIM_API void dfut_sim_usbip_set_handler(struct dfut_sim_usbip *usbip, dfut_sim_usbip_handler handler, void *data)
{
	usbip->handler = handler;
	usbip->handler_data = data;
}

static void tell(const struct dfut_sim_usbip *usbip, struct dfut_sim_device *device, const char *path)
{
	if (usbip->handler)
		usbip->handler(usbip->handler_data, device, path);
}

/* Places. */

static struct place *find_place(const struct dfut_sim_usbip *usbip, const struct dfut_sim_device *device)
{
	struct place *place = usbip->places;

	while (place && place->device != device)
		place = place->next;
	return place;
}

static struct place *add_place(struct dfut_sim_usbip *usbip, struct dfut_sim_device *device, int port, const char *path)
{
	struct place *place = calloc(1, sizeof(*place));

	if (!place)
		return NULL;
	place->device = device;
	place->port = port;
	snprintf(place->path, sizeof(place->path), "%s", path);
	place->next = usbip->places;
	usbip->places = place;
	return place;
}

static void remove_place(struct dfut_sim_usbip *usbip, struct place *place)
{
	struct place **at = &usbip->places;

	while (*at != place)
		at = &(*at)->next;
	*at = place->next;
	free(place);
}

/* Connections. */

static void remove_connection(struct dfut_sim_usbip *usbip, struct dfut_usbip_connection *connection)
{
	struct dfut_usbip_connection **at = &usbip->connections;

	while (*at != connection)
		at = &(*at)->next;
	*at = connection->next;
	usbip->connection_count--;
	dfut_usbip_connection_free(connection);
}

/* Whoever has said nothing for the longest time, and has no device, must not lock others out. */
static void make_room(struct dfut_sim_usbip *usbip)
{
	struct dfut_usbip_connection *idle = NULL;

	for (struct dfut_usbip_connection *connection = usbip->connections; connection; connection = connection->next)
		if (!connection->device && (!idle || connection->heard_us <= idle->heard_us))
			idle = connection;
	if (idle)
		remove_connection(usbip, idle);
}

static int add_connection(struct dfut_sim_usbip *usbip, int fd, struct dfut_usbip_connection **connection)
{
	int result = DFUT_ERROR_BUSY;

	if (usbip->connection_count == CONNECTION_LIMIT)
		make_room(usbip);
	if (usbip->connection_count == CONNECTION_LIMIT) {
		close(fd);
		return dfut_sim_fail(usbip->sim, result, "more than %d USB/IP connections", CONNECTION_LIMIT);
	}
	result = dfut_usbip_connection_new(connection, usbip->sim, fd);
	if (result < 0)
		return result;
	(*connection)->next = usbip->connections;
	usbip->connections = *connection;
	usbip->connection_count++;
	return 0;
}

static void accept_host(struct dfut_sim_usbip *usbip)
{
	int fd = accept(usbip->listener, NULL, NULL);
	struct dfut_usbip_connection *connection;
	int yes = 1;

	if (fd < 0 && (errno == EMFILE || errno == ENFILE))
		make_room(usbip);
	if (fd < 0)
		return;
	make_own(fd);
	/* Requests are small, and each waits for the one before. */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	add_connection(usbip, fd, &connection);
}

/* A host that lets a device go does not want it back. */
static void forget_place(struct dfut_sim_usbip *usbip, const struct dfut_sim_device *device)
{
	struct place *place = device ? find_place(usbip, device) : NULL;

	if (place && !usbip->is_attaching)
		remove_place(usbip, place);
}

static bool is_on_this_machine(const struct dfut_usbip_connection *connection)
{
	struct sockaddr_storage address = { 0 };
	socklen_t size = sizeof(address);

	if (getpeername(connection->fd, (struct sockaddr *)&address, &size) < 0)
		return false;
	if (address.ss_family == AF_INET6)
		return IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)&address)->sin6_addr);
	return address.ss_family == AF_INET &&
	       ((const struct sockaddr_in *)&address)->sin_addr.s_addr == htonl(INADDR_LOOPBACK);
}

/* A device that another program has plugged into this machine comes back to the same port, if that is allowed. */
static void remember_place(struct dfut_sim_usbip *usbip, const struct dfut_usbip_connection *connection)
{
	char path[DFUT_VHCI_PATH_SIZE];
	int port = -1;

	if (!find_place(usbip, connection->device) && is_on_this_machine(connection))
		port = dfut_vhci_find_device(connection->device_id, path);
	if (port >= 0)
		add_place(usbip, connection->device, port, path);
}

static void run_connection(struct dfut_sim_usbip *usbip, struct dfut_usbip_connection *connection)
{
	struct dfut_sim_device *before = connection->device;

	dfut_usbip_connection_run(connection);
	if (connection->device && !before)
		tell(usbip, connection->device, "");
	if (dfut_usbip_connection_has_left(connection))
		remember_place(usbip, connection);
	else if (connection->is_ended)
		forget_place(usbip, connection->device);
	if (!connection->is_ended)
		return;
	before = connection->device;
	remove_connection(usbip, connection);
	if (before)
		tell(usbip, before, NULL);
}

static void run_connections(struct dfut_sim_usbip *usbip)
{
	struct dfut_usbip_connection *next;

	for (struct dfut_usbip_connection *connection = usbip->connections; connection; connection = next) {
		next = connection->next;
		if (dfut_usbip_connection_has_work(connection))
			run_connection(usbip, connection);
	}
}

/* Plugging into this machine. */

static int choose_place(struct dfut_sim_usbip *usbip, struct dfut_sim_device *device, struct place **place)
{
	char path[DFUT_VHCI_PATH_SIZE];
	int port = dfut_vhci_find_port(usbip->sim, path);

	if (port < 0)
		return port;
	*place = add_place(usbip, device, port, path);
	return *place ? 0 : dfut_sim_fail(usbip->sim, DFUT_ERROR_NO_MEMORY, "out of memory");
}

static int plug_in(struct dfut_sim_usbip *usbip, const struct place *place)
{
	struct dfut_sim_device *device = place->device;
	struct dfut_usbip_connection *connection;
	int ends[2];
	int result;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0)
		return dfut_sim_fail(usbip->sim, DFUT_ERROR_IO, "socketpair: %s", strerror(errno));
	/* Not the other: Linux's driver waits on its end. */
	make_own(ends[0]);
	result = add_connection(usbip, ends[0], &connection);
	if (result < 0) {
		close(ends[1]);
		return result;
	}
	dfut_usbip_connection_import(connection, device);
	result = dfut_vhci_attach(usbip->sim, place->port, ends[1], connection->device_id);
	close(ends[1]);
	if (result < 0)
		remove_connection(usbip, connection);
	else
		tell(usbip, device, place->path);
	return result;
}

/* A port that was just left takes some time until it can be used again. */
static int attach_device(struct dfut_sim_usbip *usbip, struct dfut_sim_device *device)
{
	struct place *place = find_place(usbip, device);
	uint64_t now_us = dfut_sim_get_time_us(usbip->sim);
	int result = place ? 0 : choose_place(usbip, device, &place);

	if (result < 0)
		return result;
	if (dfut_vhci_is_free(place->port, place->path)) {
		place->since_us = 0;
		return plug_in(usbip, place);
	}
	usbip->is_waiting = true;
	if (place->since_us == 0)
		place->since_us = now_us;
	if (now_us - place->since_us < PORT_LIMIT_MS * DFUT_SIM_US_PER_MS)
		return 0;
	return dfut_sim_fail(usbip->sim, DFUT_ERROR_BUSY,
			     "port %s of the virtual host controller is not free after %d s", place->path,
			     PORT_LIMIT_MS / 1000);
}

/* What was not asked for may fail: then the host has to ask again. */
static int bring_back(struct dfut_sim_usbip *usbip, struct dfut_sim_device *device)
{
	int result = attach_device(usbip, device);

	if (usbip->is_attaching || result == 0)
		return result;
	remove_place(usbip, find_place(usbip, device));
	return 0;
}

static int attach_all(struct dfut_sim_usbip *usbip)
{
	int result = 0;

	usbip->is_waiting = false;
	for (struct dfut_sim_device *device = usbip->sim->devices; device && result == 0; device = device->next)
		if (device->present && !device->is_imported && (usbip->is_attaching || find_place(usbip, device)))
			result = bring_back(usbip, device);
	return result;
}

DFUT_SIM_API int dfut_sim_usbip_attach(struct dfut_sim_usbip *usbip)
{
	usbip->is_attaching = true;
	return attach_all(usbip);
}

/* Listening. */

static int open_listener(const struct addrinfo *address)
{
	int fd = socket(address->ai_family, SOCK_STREAM, 0);
	int yes = 1;

	if (fd < 0)
		return -1;
	make_own(fd);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (bind(fd, address->ai_addr, address->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	yes = errno;
	close(fd);
	errno = yes;
	return -1;
}

static int get_port(int fd)
{
	struct sockaddr_storage address = { 0 };
	socklen_t size = sizeof(address);

	if (getsockname(fd, (struct sockaddr *)&address, &size) < 0)
		return 0;
	return ntohs(address.ss_family == AF_INET6 ? ((const struct sockaddr_in6 *)&address)->sin6_port :
						     ((const struct sockaddr_in *)&address)->sin_port);
}

DFUT_SIM_API int dfut_sim_usbip_listen(struct dfut_sim_usbip *usbip, const char *address, uint16_t port)
{
	struct addrinfo wanted = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM };
	struct addrinfo *found = NULL;
	char number[8];

	if (usbip->listener >= 0)
		return dfut_sim_fail(usbip->sim, DFUT_ERROR_USAGE, "the sim listens already");
	snprintf(number, sizeof(number), "%u", port);
	if (getaddrinfo(address, number, &wanted, &found) != 0)
		return dfut_sim_fail(usbip->sim, DFUT_ERROR_USAGE, "%s: not a numeric address", address);
	usbip->listener = open_listener(found);
	freeaddrinfo(found);
	if (usbip->listener >= 0)
		return get_port(usbip->listener);
	return dfut_sim_fail(usbip->sim,
			     errno == EADDRINUSE ? DFUT_ERROR_BUSY :
			     errno == EACCES	 ? DFUT_ERROR_ACCESS :
						   DFUT_ERROR_IO,
			     "%s port %u: %s", address, port, strerror(errno));
}

/* Waiting. */

static uint64_t get_next_us(const struct dfut_sim_usbip *usbip)
{
	uint64_t next_us = dfut_sim_get_next_us(usbip->sim);

	for (const struct dfut_usbip_connection *connection = usbip->connections; connection;
	     connection = connection->next) {
		uint64_t connection_us = dfut_usbip_connection_get_next_us(connection);

		next_us = connection_us < next_us ? connection_us : next_us;
	}
	return next_us;
}

/* Rounded up: what is due in 100 µs must not be looked for again and again until then. */
static int get_wait_ms(const struct dfut_sim_usbip *usbip, int timeout_ms)
{
	uint64_t next_us = get_next_us(usbip);
	uint64_t now_us = dfut_sim_get_time_us(usbip->sim);
	uint64_t wait_ms = next_us <= now_us ? 0 : (next_us - now_us) / DFUT_SIM_US_PER_MS + 1;

	if (usbip->is_waiting && wait_ms > PORT_INTERVAL_MS)
		wait_ms = PORT_INTERVAL_MS;
	if (timeout_ms >= 0 && wait_ms > (uint64_t)timeout_ms)
		return timeout_ms;
	return next_us == UINT64_MAX && !usbip->is_waiting ? -1 : wait_ms > INT32_MAX ? INT32_MAX : (int)wait_ms;
}

/* Returns how many it fills in. poll() passes over the listener if there is none. */
static nfds_t fill_polls(struct dfut_sim_usbip *usbip)
{
	nfds_t count = POLL_CONNECTIONS;

	usbip->polls[POLL_LISTENER] = (struct pollfd){ .fd = usbip->listener, .events = POLLIN };
	usbip->polls[POLL_WAKE] = (struct pollfd){ .fd = usbip->wake[0], .events = POLLIN };
	for (const struct dfut_usbip_connection *connection = usbip->connections; connection;
	     connection = connection->next) {
		short events = dfut_usbip_connection_wants_to_write(connection) ? POLLIN | POLLOUT : POLLIN;

		usbip->polls[count++] = (struct pollfd){ .fd = connection->fd, .events = events };
	}
	return count;
}

static void wait_for_events(struct dfut_sim_usbip *usbip, int timeout_ms)
{
	nfds_t count = fill_polls(usbip);
	const struct pollfd *at = &usbip->polls[POLL_CONNECTIONS];
	uint8_t bytes[64];

	/* Interrupted by a signal, it leaves no events. */
	if (poll(usbip->polls, count, get_wait_ms(usbip, timeout_ms)) < 0)
		for (nfds_t i = 0; i < count; i++)
			usbip->polls[i].revents = 0;
	usbip->is_called = usbip->polls[POLL_LISTENER].revents;
	if (usbip->polls[POLL_WAKE].revents)
		while (read(usbip->wake[0], bytes, sizeof(bytes)) > 0)
			;
	for (struct dfut_usbip_connection *connection = usbip->connections; connection; connection = connection->next)
		connection->is_ready = (at++)->revents;
}

DFUT_SIM_API int dfut_sim_usbip_dispatch(struct dfut_sim_usbip *usbip, int timeout_ms)
{
	wait_for_events(usbip, timeout_ms);
	if (usbip->is_called)
		accept_host(usbip);
	dfut_sim_run_due(usbip->sim);
	run_connections(usbip);
	return attach_all(usbip);
}

DFUT_SIM_API void dfut_sim_usbip_wake(struct dfut_sim_usbip *usbip)
{
	int before = errno;

	/* A pipe that is full wakes as well. */
	if (usbip && write(usbip->wake[1], "", 1) < 0)
		errno = before;
}

DFUT_SIM_API void dfut_sim_usbip_free(struct dfut_sim_usbip *usbip)
{
	if (!usbip)
		return;
	for (struct dfut_usbip_connection *connection = usbip->connections; connection; connection = connection->next)
		dfut_usbip_connection_end(connection);
	while (usbip->connections)
		remove_connection(usbip, usbip->connections);
	while (usbip->places) {
		struct place *place = usbip->places;

		usbip->places = place->next;
		free(place);
	}
	if (usbip->listener >= 0)
		close(usbip->listener);
	close(usbip->wake[0]);
	close(usbip->wake[1]);
	free(usbip->polls);
	free(usbip);
}
