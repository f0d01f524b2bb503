/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Systems other than Linux: libusb tells when devices come and go, and opens them. */

#include <stdlib.h>

#include "base/strings.h"
#include "transport/usb-libusb.h"

struct dfut_usb_finder {
	struct dfut_usb *usb;
	libusb_hotplug_callback_handle hotplug;
	bool has_hotplug;
};

static int LIBUSB_CALL plugged(libusb_context *libusb, libusb_device *device, libusb_hotplug_event event, void *data)
{
	(void)libusb;
	(void)device;
	(void)event;
	dfut_system_changed(((struct dfut_usb *)data)->system);
	return 0;
}

int dfut_usb_finder_new(struct dfut_usb_finder **out, struct dfut_usb *usb, struct dfut_failure *failure)
{
	struct dfut_usb_finder *finder = calloc(1, sizeof(*finder));
	int result;

	*out = finder;
	if (!finder)
		return dfut_fail_memory(failure);
	finder->usb = usb;
	result = dfut_usb_begin(usb);
	if (result < 0)
		return dfut_fail(failure, DFUT_ERROR_UNSUPPORTED, "libusb can't be started: %s",
				 libusb_strerror(result));
	finder->has_hotplug = libusb_has_capability(LIBUSB_CAP_HAS_HOTPLUG) &&
			      libusb_hotplug_register_callback(usb->libusb,
							       LIBUSB_HOTPLUG_EVENT_DEVICE_ARRIVED |
								       LIBUSB_HOTPLUG_EVENT_DEVICE_LEFT,
							       0, LIBUSB_HOTPLUG_MATCH_ANY, LIBUSB_HOTPLUG_MATCH_ANY,
							       LIBUSB_HOTPLUG_MATCH_ANY, plugged, usb,
							       &finder->hotplug) == 0;
	return 0;
}

void dfut_usb_finder_stop(struct dfut_usb_finder *finder)
{
	if (finder && finder->has_hotplug)
		libusb_hotplug_deregister_callback(finder->usb->libusb, finder->hotplug);
}

void dfut_usb_finder_free(struct dfut_usb_finder *finder)
{
	free(finder);
}

/* 0 also when the device has no such string. */
static int read_string(libusb_device_handle *handle, uint8_t index, char **string)
{
	uint8_t data[DFUT_STRING_LIMIT];
	int size = libusb_control_transfer(handle, 0x80, 6, (uint16_t)(DFUT_STRING_DESCRIPTOR << 8 | index),
					   DFUT_LANGUAGE_US_ENGLISH, data, sizeof(data), DFUT_USB_STRING_TIMEOUT_MS);

	if (size < 0 && size != LIBUSB_ERROR_PIPE)
		return dfut_usb_to_error(size);
	*string = dfut_usb_get_text(data, size);
	return 0;
}

int dfut_usb_read_strings(struct dfut_usb *usb, const struct dfut_system_place *place, const uint8_t *indexes,
			  size_t count, char *strings[256], void (*answered)(void *data), void *data)
{
	libusb_device_handle *handle;
	int result = dfut_usb_to_error(libusb_open(place->device, &handle));

	(void)usb;
	if (result < 0)
		return result;
	for (size_t i = 0; i < count && result == 0; i++) {
		if (!strings[indexes[i]])
			result = read_string(handle, indexes[i], &strings[indexes[i]]);
		answered(data);
	}
	libusb_close(handle);
	return result;
}

int dfut_usb_try(struct dfut_usb *usb, const struct dfut_system_place *place)
{
	libusb_device_handle *handle;
	int result = libusb_open(place->device, &handle);

	(void)usb;
	if (result == 0)
		libusb_close(handle);
	return dfut_usb_to_error(result);
}

int dfut_usb_open(struct dfut_usb *usb, const struct dfut_system_place *place, libusb_device_handle **handle)
{
	int result = libusb_open(place->device, handle);

	(void)usb;
	/* No node yet, or no longer: the bus tells which. */
	return result == LIBUSB_ERROR_NO_DEVICE ? DFUT_ERROR_NOT_FOUND : dfut_usb_to_error(result);
}
