/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The devices that a capture shows, by what their host asked them when it met them. */

#ifndef DFUT_CAPTURE_DEVICES_H
#define DFUT_CAPTURE_DEVICES_H

#include "base/index.h"
#include "sim/capture/requests.h"

#define CAPTURE_CONFIGURATIONS 8
#define CAPTURE_STRINGS 256
#define CAPTURE_REPORTS 32
#define CAPTURE_PATH_SIZE 64
/* More are no capture of what somebody has plugged in. Each has some KiB. */
#define CAPTURE_DEVICE_LIMIT 8192

/* Bytes that belong to a device; a descriptor as far as it was kept. */
struct capture_bytes {
	uint8_t *data;
	size_t size;
	size_t whole; /* of what it says of itself */
};

struct capture_device {
	unsigned int bus;
	unsigned int address;
	uint64_t first; /* us: its first and its last answer */
	uint64_t last;
	struct capture_bytes descriptor;
	struct capture_bytes configurations[CAPTURE_CONFIGURATIONS];
	char *strings[CAPTURE_STRINGS];
	struct capture_bytes reports[CAPTURE_REPORTS];
	uint8_t configuration;	      /* bConfigurationValue that it was given first */
	char path[CAPTURE_PATH_SIZE]; /* "" if it is not known */
	bool has_cut_names;	      /* the capture has only the beginning of a string descriptor */
	bool is_guess;		      /* the path is that of the device in whose place it came */
	bool is_gone;
	bool is_followed;    /* another one came to its port */
	unsigned int number; /* in the session, from 1; 0 before it has arrived there */
};

struct capture_devices {
	struct capture_device **items;
	size_t count;
	struct dfut_index by_address; /* the last one on a bus with an address */
	bool are_too_many;
	struct capture_device **owners; /* of each request, in their order */
	size_t owner_count;
	size_t owner_room;
	/* The ports that hubs have reset last, one for each bus that has been seen. */
	struct capture_port {
		unsigned int bus;
		unsigned int hub;
		unsigned int port;
	} ports[16];
	size_t port_count;
};

/* A capture_visitor: learns from a request, and notes whose it was. */
int capture_devices_learn(void *devices, const struct capture_request *request);
/* Afterwards: what can only be said of all. */
void capture_devices_finish(struct capture_devices *devices);
void capture_devices_clear(struct capture_devices *devices);

/* Whether it can be shown: its descriptors are there, and it is no hub. */
bool capture_device_is_whole(const struct capture_device *device);
bool capture_device_is_hub(const struct capture_device *device);
/* The interface of an endpoint in the first configuration; -1 if it has none. */
int capture_device_find_interface(const struct capture_device *device, uint8_t endpoint, uint8_t *attributes);
/* bInterfaceClass, SubClass and Protocol of an interface's first alternate setting; false if there is none. */
bool capture_device_get_class(const struct capture_device *device, unsigned int interface, uint8_t class[3]);
/* The communications interface of a serial port (USB CDC, abstract control model), by its own number or that of its data
 * interface; -1 if it is none. */
int capture_device_find_port(const struct capture_device *device, unsigned int interface);
/* Whether an interface of the first configuration has an interrupt endpoint in this direction. */
bool capture_device_has_interrupt(const struct capture_device *device, unsigned int interface, bool is_in);
/* Whether the reports of an interface begin with their id: 1, 0, or -1 if its report descriptor is not known. */
int capture_device_is_numbered(const struct capture_device *device, unsigned int interface);

#endif
