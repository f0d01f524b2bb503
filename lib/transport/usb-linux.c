/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Linux: udev tells when devices come and go, usbfs has their names. libusb only opens them. */

#include <errno.h>
#include <fcntl.h>
#include <libudev.h>
#include <linux/usbdevice_fs.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/strings.h"
#include "transport/usb-libusb.h"

struct dfut_usb_finder {
	struct dfut_usb *usb;
	struct udev *udev;
	struct udev_monitor *monitor;
	struct dfut_system_source source;
};

/* Who comes and goes. */

static void take_events(void *data)
{
	struct dfut_usb_finder *finder = data;
	struct udev_device *device;
	bool changed = false;

	while ((device = udev_monitor_receive_device(finder->monitor))) {
		udev_device_unref(device);
		changed = true;
	}
	if (changed)
		dfut_system_changed(finder->usb->system);
}

/* udev tells when it has given the rights. Without it the kernel tells; and without any, the slow scan sees all of it. */
static int begin_monitor(struct dfut_usb_finder *finder)
{
	const char *source = access("/run/udev/control", F_OK) == 0 ? "udev" : "kernel";

	finder->udev = udev_new();
	if (finder->udev)
		finder->monitor = udev_monitor_new_from_netlink(finder->udev, source);
	if (!finder->monitor ||
	    udev_monitor_filter_add_match_subsystem_devtype(finder->monitor, "usb", "usb_device") < 0 ||
	    udev_monitor_enable_receiving(finder->monitor) < 0)
		return DFUT_ERROR_UNSUPPORTED;
	finder->source = (struct dfut_system_source){ take_events, finder };
	return dfut_bus_watch(finder->usb->bus, udev_monitor_get_fd(finder->monitor), true, false, &finder->source);
}

int dfut_usb_finder_new(struct dfut_usb_finder **out, struct dfut_usb *usb, struct dfut_failure *failure)
{
	struct dfut_usb_finder *finder = calloc(1, sizeof(*finder));

	*out = finder;
	if (!finder)
		return dfut_fail_memory(failure);
	finder->usb = usb;
	if (begin_monitor(finder) < 0 && finder->monitor) {
		udev_monitor_unref(finder->monitor);
		finder->monitor = NULL;
	}
	return 0;
}

void dfut_usb_finder_stop(struct dfut_usb_finder *finder)
{
	if (finder && finder->monitor)
		dfut_bus_unwatch(finder->usb->bus, udev_monitor_get_fd(finder->monitor), &finder->source);
}

void dfut_usb_finder_free(struct dfut_usb_finder *finder)
{
	if (!finder)
		return;
	udev_monitor_unref(finder->monitor);
	udev_unref(finder->udev);
	free(finder);
}

/* Nodes. */

/* The node, or a negative error. Waits as long as a driver is at work with the device. */
static int open_node(const struct dfut_os_place *place)
{
	char name[DFUT_OS_NAME_SIZE];
	int node;

	dfut_os_find_node(name, place, DFUT_LINK_USB, 0);
	node = open(name, O_RDWR | O_CLOEXEC);
	if (node >= 0)
		return node;
	switch (errno) {
	case EACCES:
	case EPERM:
		return DFUT_ERROR_ACCESS;
	case ENOENT:
	case ENODEV:
	case ENXIO:
		return DFUT_ERROR_NOT_FOUND;
	case ENOMEM:
		return DFUT_ERROR_NO_MEMORY;
	}
	return DFUT_ERROR_IO;
}

/* 0 also when the device has no such string. */
static int read_string(int node, uint8_t index, char **string)
{
	uint8_t data[DFUT_STRING_LIMIT];
	struct usbdevfs_ctrltransfer request = { .bRequestType = 0x80,
						 .bRequest = 6,
						 .wValue = (uint16_t)(DFUT_STRING_DESCRIPTOR << 8 | index),
						 .wIndex = DFUT_LANGUAGE_US_ENGLISH,
						 .wLength = sizeof(data),
						 .timeout = DFUT_USB_STRING_TIMEOUT_MS,
						 .data = data };
	int size = ioctl(node, USBDEVFS_CONTROL, &request);

	if (size >= 0) {
		*string = dfut_usb_get_text(data, size);
		return 0;
	}
	switch (errno) {
	case EPIPE:
		return 0;
	case ETIMEDOUT:
		return DFUT_ERROR_TIMEOUT;
	case ENODEV:
		return DFUT_ERROR_GONE;
	}
	return DFUT_ERROR_IO;
}

int dfut_usb_read_strings(struct dfut_usb *usb, const struct dfut_system_place *place, const uint8_t *indexes,
			  size_t count, char *strings[256], void (*answered)(void *data), void *data)
{
	int node = open_node(&place->place);
	int result = 0;

	(void)usb;
	if (node < 0)
		return node;
	for (size_t i = 0; i < count && result == 0; i++) {
		if (!strings[indexes[i]])
			result = read_string(node, indexes[i], &strings[indexes[i]]);
		answered(data);
	}
	close(node);
	return result;
}

int dfut_usb_try(struct dfut_usb *usb, const struct dfut_system_place *place)
{
	int node = open_node(&place->place);

	(void)usb;
	if (node < 0)
		return node;
	close(node);
	return 0;
}

static libusb_device *find_device(libusb_device **list, const struct dfut_os_place *place)
{
	while (*list && (libusb_get_bus_number(*list) != place->bus_number ||
			 libusb_get_device_address(*list) != place->address))
		list++;
	return *list;
}

int dfut_usb_open(struct dfut_usb *usb, const struct dfut_system_place *place, libusb_device_handle **handle)
{
	libusb_device **list, *device;
	ssize_t count;
	int result = dfut_usb_begin(usb);

	if (result < 0)
		return dfut_usb_to_error(result);
	count = libusb_get_device_list(usb->libusb, &list);
	if (count < 0)
		return dfut_usb_to_error((int)count);
	/* libusb hears of it from udev, too, but maybe a moment later. */
	device = find_device(list, &place->place);
	result = device ? libusb_open(device, handle) : LIBUSB_ERROR_NO_DEVICE;
	libusb_free_device_list(list, 1);
	/* No node yet, or no longer: the bus tells which. */
	return result == LIBUSB_ERROR_NO_DEVICE ? DFUT_ERROR_NOT_FOUND : dfut_usb_to_error(result);
}
