/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * HID nodes, through hidapi. The first byte of each of its buffers is the report's id, 0 where reports are not
 * numbered; the system takes that 0 away. It tells no error code: errno is what the system said last.
 */

#include <errno.h>
#ifdef __linux__
#include <fcntl.h>
#endif
#include <hidapi.h>
#ifdef __linux__
#include <linux/hidraw.h>
#endif
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef __linux__
#include <sys/ioctl.h>
#include <unistd.h>
#endif
#include <wchar.h>

#include "transport/hid.h"

/* Longest time until a read that nobody wants any more ends. */
#define READ_SLICE_MS 100

struct dfut_hid_port {
	hid_device *device;
	bool is_numbered;
};

/* hidapi's beginning and its errors of opening belong to the whole process. */
static pthread_mutex_t hidapi_lock = PTHREAD_MUTEX_INITIALIZER;

static int to_error(int code)
{
	switch (code) {
	case EACCES:
	case EPERM:
		return DFUT_ERROR_ACCESS;
	case EBUSY:
		return DFUT_ERROR_BUSY;
	case ENOENT:
		return DFUT_ERROR_NOT_FOUND;
	case ENODEV:
	case ENXIO:
#ifdef ESHUTDOWN
	case ESHUTDOWN:
#endif
		return DFUT_ERROR_GONE;
	case EPIPE:
		return DFUT_ERROR_DEVICE;
	case ETIMEDOUT:
		return DFUT_ERROR_TIMEOUT;
	case ENOMEM:
		return DFUT_ERROR_NO_MEMORY;
	default:
		return DFUT_ERROR_IO;
	}
}

/* Serial numbers are wide here; what is not ASCII in one is not compared. */
static bool has_serial_number(const struct hid_device_info *info, const char *serial_number)
{
	if (!*serial_number)
		return true;
	for (size_t i = 0;; i++) {
		wchar_t c = info->serial_number ? info->serial_number[i] : L'\0';

		if (c < 0x80 && (unsigned char)serial_number[i] < 0x80 && c != (wchar_t)serial_number[i])
			return false;
		if (!serial_number[i] || !c)
			return !serial_number[i] && !c;
	}
}

void dfut_hid_find(char *name, size_t size, const struct dfut_os_place *place, uint8_t interface)
{
	struct hid_device_info *list;
	size_t count = 0;

	name[0] = '\0';
	pthread_mutex_lock(&hidapi_lock);
	list = hid_enumerate(place->vendor_id, place->product_id);
	for (const struct hid_device_info *info = list; info; info = info->next) {
		/* A node for each top-level collection: the first will do. -1: the only interface. */
		if ((info->interface_number >= 0 && info->interface_number != interface) ||
		    !has_serial_number(info, place->serial_number) || strcmp(name, info->path) == 0)
			continue;
		if (!count++)
			snprintf(name, size, "%s", info->path);
	}
	hid_free_enumeration(list);
	pthread_mutex_unlock(&hidapi_lock);
}

#ifdef __linux__
/*
 * hidapi 0.13 uses memory after it has freed it if a node can be opened, but its device has left by then. Opening takes as
 * long as any report of any device does (the kernel's hidraw has one lock for all), so it is waited for here.
 */
static int try_open(const char *name, int *descriptor)
{
	int size;

	*descriptor = open(name, O_RDWR | O_CLOEXEC);
	return *descriptor < 0 || ioctl(*descriptor, HIDIOCGRDESCSIZE, &size) < 0 ? errno : 0;
}

static void end_trial(int descriptor)
{
	if (descriptor >= 0)
		close(descriptor);
}
#else
static int try_open(const char *name, int *descriptor)
{
	(void)name;
	*descriptor = -1;
	return 0;
}

static void end_trial(int descriptor)
{
	(void)descriptor;
}
#endif

static int open_device(hid_device **device, const char *name)
{
	int descriptor;
	int code = try_open(name, &descriptor);

	if (code == 0) {
		pthread_mutex_lock(&hidapi_lock);
		errno = 0;
		*device = hid_open_path(name);
		code = errno;
		pthread_mutex_unlock(&hidapi_lock);
	}
	end_trial(descriptor);
	return code;
}

int dfut_hid_open(struct dfut_hid_port **port, const char *name, bool is_numbered)
{
	struct dfut_hid_port *made = calloc(1, sizeof(*made));
	int code;

	*port = NULL;
	if (!made)
		return DFUT_ERROR_NO_MEMORY;
	made->is_numbered = is_numbered;
	code = open_device(&made->device, name);
	if (!made->device) {
		free(made);
		/* A node without its device: it is going, or not ready yet. */
		return code == ENODEV || code == ENXIO ? DFUT_ERROR_NOT_FOUND : to_error(code);
	}
	*port = made;
	return 0;
}

void dfut_hid_close(struct dfut_hid_port *port)
{
	hid_close(port->device);
	free(port);
}

int dfut_hid_send(struct dfut_hid_port *port, enum dfut_report_type type, uint8_t id, const uint8_t *data, size_t size)
{
	uint8_t *report = malloc(size + 1);
	int result;

	if (!report)
		return DFUT_ERROR_NO_MEMORY;
	report[0] = id;
	if (size)
		memcpy(report + 1, data, size);
	errno = 0;
	result = type == DFUT_REPORT_FEATURE ? hid_send_feature_report(port->device, report, size + 1) :
					       hid_write(port->device, report, size + 1);
	result = result < 0 ? to_error(errno) : 0;
	free(report);
	return result;
}

int dfut_hid_get_feature(struct dfut_hid_port *port, uint8_t id, uint8_t *data, size_t room)
{
	uint8_t *report = calloc(1, room + 1);
	int result;

	if (!report)
		return DFUT_ERROR_NO_MEMORY;
	report[0] = id;
	errno = 0;
	result = hid_get_feature_report(port->device, report, room + 1);
	result = result < 0 ? to_error(errno) : result > 0 ? result - 1 : 0;
	if (result > 0)
		memcpy(data, report + 1, (size_t)result);
	free(report);
	return result;
}

int dfut_hid_read(struct dfut_hid_port *port, uint8_t *data, size_t room, bool (*is_wanted)(void *owner), void *owner)
{
	size_t prefix = port->is_numbered ? 0 : 1;
	int result = 0;

	if (room <= prefix)
		return DFUT_ERROR_USAGE;
	data[0] = 0;
	while (result == 0 && is_wanted(owner)) {
		errno = 0;
		result = hid_read_timeout(port->device, data + prefix, room - prefix, READ_SLICE_MS);
	}
	if (result == 0)
		return DFUT_ERROR_TIMEOUT;
	/* A node that hangs up has no error code. */
	if (result < 0)
		return errno && errno != EIO ? to_error(errno) : DFUT_ERROR_GONE;
	return result + (int)prefix;
}
