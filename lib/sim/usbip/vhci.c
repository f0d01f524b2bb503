/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Linux's virtual host controllers: drivers/usb/usbip/vhci_sysfs.c. */

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/usbip/vhci.h"
#include "sim/usbip/wire.h"

#define PLATFORM "/sys/devices/platform"
#define FIRST_CONTROLLER PLATFORM "/vhci_hcd.0"
#define CONTROLLER_LIMIT 128
/* VDEV_ST_NULL */
#define STATE_FREE 4

/* A controller's high-speed ports, which take full-speed devices as well. */
struct controller {
	unsigned int number;
	unsigned int first;
	unsigned int free_count;
	int free_port;
	unsigned int ports;
};

/* A line of a status file. */
struct port {
	unsigned int number;
	unsigned int state;
	unsigned int device_id;
};

static FILE *open_status(unsigned int controller)
{
	char path[64];

	if (controller == 0)
		snprintf(path, sizeof(path), "%s/status", FIRST_CONTROLLER);
	else
		snprintf(path, sizeof(path), "%s/status.%u", FIRST_CONTROLLER, controller);
	return fopen(path, "re");
}

/* "hs  0000 004 000 00000000 000000 0-0": port, state, speed, device, socket, port path */
static bool take_line(const char *line, struct port *port)
{
	return sscanf(line, "hs %u %u %*u %x", &port->number, &port->state, &port->device_id) == 3;
}

static bool read_controller(struct controller *controller, unsigned int number)
{
	FILE *file = open_status(number);
	char line[128];

	*controller = (struct controller){ .number = number, .free_port = -1 };
	if (!file)
		return false;
	while (fgets(line, sizeof(line), file)) {
		struct port port;

		if (!take_line(line, &port))
			continue;
		if (controller->ports++ == 0)
			controller->first = port.number;
		if (port.state != STATE_FREE)
			continue;
		if (controller->free_count++ == 0)
			controller->free_port = (int)port.number;
	}
	fclose(file);
	return true;
}

static bool is_high_speed(unsigned int controller, const char *hub)
{
	char path[320];
	char speed[16] = "";
	FILE *file;

	snprintf(path, sizeof(path), "%s/vhci_hcd.%u/%s/speed", PLATFORM, controller, hub);
	file = fopen(path, "re");
	if (!file)
		return false;
	if (!fgets(speed, sizeof(speed), file))
		speed[0] = '\0';
	fclose(file);
	return atoi(speed) == 480;
}

/* Each controller has two root hubs, one of them for super-speed. */
static unsigned int find_bus(unsigned int controller)
{
	unsigned int bus = 0;
	char path[64];
	struct dirent *entry;
	DIR *folder;

	snprintf(path, sizeof(path), "%s/vhci_hcd.%u", PLATFORM, controller);
	folder = opendir(path);
	if (!folder)
		return 0;
	while (!bus && (entry = readdir(folder)))
		if (strncmp(entry->d_name, "usb", 3) == 0 && is_high_speed(controller, entry->d_name))
			bus = (unsigned int)strtoul(entry->d_name + 3, NULL, 10);
	closedir(folder);
	return bus;
}

static void put_path(char path[DFUT_VHCI_PATH_SIZE], const struct controller *controller, unsigned int port)
{
	snprintf(path, DFUT_VHCI_PATH_SIZE, "%u-%u", find_bus(controller->number), port - controller->first + 1);
}

int dfut_vhci_find_port(struct dfut_sim *sim, char path[DFUT_VHCI_PATH_SIZE])
{
	struct controller best = { .free_port = -1 };
	struct controller controller;

	for (unsigned int i = 0; i < CONTROLLER_LIMIT && read_controller(&controller, i); i++)
		if (controller.free_count > best.free_count)
			best = controller;
	if (best.free_port >= 0) {
		put_path(path, &best, (unsigned int)best.free_port);
		return best.free_port;
	}
	if (!read_controller(&controller, 0))
		return dfut_sim_fail(sim, DFUT_ERROR_UNSUPPORTED,
				     "the system has no virtual host controller; load it with: modprobe vhci-hcd");
	return dfut_sim_fail(sim, DFUT_ERROR_BUSY, "all ports of the virtual host controllers are taken");
}

/* The first port for which is_wanted says yes. */
static bool find_line(FILE *file, struct port *port, bool (*is_wanted)(const struct port *port, unsigned int value),
		      unsigned int value)
{
	char line[128];

	while (fgets(line, sizeof(line), file))
		if (take_line(line, port) && is_wanted(port, value))
			return true;
	return false;
}

static bool has_device(const struct port *port, unsigned int device_id)
{
	return port->state != STATE_FREE && port->device_id == device_id;
}

static bool is_free_port(const struct port *port, unsigned int number)
{
	return port->state == STATE_FREE && port->number == number;
}

int dfut_vhci_find_device(uint32_t device_id, char path[DFUT_VHCI_PATH_SIZE])
{
	struct controller controller;
	struct port port;
	bool is_found = false;

	for (unsigned int i = 0; i < CONTROLLER_LIMIT && read_controller(&controller, i); i++) {
		FILE *file = open_status(i);

		if (!file)
			break;
		is_found = find_line(file, &port, has_device, device_id);
		fclose(file);
		if (!is_found)
			continue;
		put_path(path, &controller, port.number);
		return (int)port.number;
	}
	return -1;
}

/* Linux takes a device that is back before the hub's thread has looked for one that never left. */
static bool is_known(const char *path)
{
	char folder[64];

	snprintf(folder, sizeof(folder), "/sys/bus/usb/devices/%.31s", path);
	return access(folder, F_OK) == 0;
}

bool dfut_vhci_is_free(int port, const char *path)
{
	bool is_free = false;
	struct port found;
	FILE *file;

	if (is_known(path))
		return false;
	for (unsigned int i = 0; i < CONTROLLER_LIMIT && !is_free && (file = open_status(i)); i++) {
		is_free = find_line(file, &found, is_free_port, (unsigned int)port);
		fclose(file);
	}
	return is_free;
}

int dfut_vhci_attach(struct dfut_sim *sim, int port, int fd, uint32_t device_id)
{
	FILE *file = fopen(FIRST_CONTROLLER "/attach", "we");
	bool is_done;

	if (!file && (errno == EACCES || errno == EROFS))
		return dfut_sim_fail(sim, DFUT_ERROR_ACCESS,
				     "%s/attach: %s; attaching devices to the kernel is for root", FIRST_CONTROLLER,
				     strerror(errno));
	if (!file)
		return dfut_sim_fail(sim, DFUT_ERROR_IO, "%s/attach: %s", FIRST_CONTROLLER, strerror(errno));
	is_done = fprintf(file, "%d %d %u %d", port, fd, device_id, DFUT_USBIP_SPEED_FULL) > 0;
	if (fclose(file) != 0 || !is_done)
		return dfut_sim_fail(sim, DFUT_ERROR_IO, "port %d of the virtual host controller: %s", port,
				     strerror(errno));
	return 0;
}
