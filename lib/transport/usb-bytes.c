/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * libusb gives a configuration parsed. What it does not know, such as functional descriptors and those of HID and DFU, it
 * keeps behind what it belongs to, so that all can be put together again as it was.
 */

#include <string.h>

#include "transport/usb-bytes.h"

/* USB 2.0, 9.6.6; those of audio devices have two bytes more. */
#define ENDPOINT_SIZE 7
#define AUDIO_ENDPOINT_SIZE 9

struct sink {
	uint8_t *bytes;
	size_t room;
	size_t size;
	bool is_full;
};

static void put(struct sink *sink, const uint8_t *bytes, size_t size)
{
	if (size > sink->room - sink->size)
		sink->is_full = true;
	if (sink->is_full || size == 0)
		return;
	memcpy(sink->bytes + sink->size, bytes, size);
	sink->size += size;
}

static void put_extra(struct sink *sink, const uint8_t *extra, int length)
{
	if (extra && length > 0)
		put(sink, extra, (size_t)length);
}

void dfut_usb_put_device(uint8_t bytes[DFUT_USB_DEVICE_SIZE], const struct libusb_device_descriptor *device)
{
	bytes[0] = DFUT_USB_DEVICE_SIZE;
	bytes[1] = LIBUSB_DT_DEVICE;
	dfut_put_le16(bytes + 2, device->bcdUSB);
	bytes[4] = device->bDeviceClass;
	bytes[5] = device->bDeviceSubClass;
	bytes[6] = device->bDeviceProtocol;
	bytes[7] = device->bMaxPacketSize0;
	dfut_put_le16(bytes + 8, device->idVendor);
	dfut_put_le16(bytes + 10, device->idProduct);
	dfut_put_le16(bytes + 12, device->bcdDevice);
	bytes[14] = device->iManufacturer;
	bytes[15] = device->iProduct;
	bytes[16] = device->iSerialNumber;
	bytes[17] = device->bNumConfigurations;
}

static void put_endpoint(struct sink *sink, const struct libusb_endpoint_descriptor *endpoint)
{
	bool is_audio = endpoint->bLength >= AUDIO_ENDPOINT_SIZE;
	uint8_t bytes[AUDIO_ENDPOINT_SIZE] = { is_audio ? AUDIO_ENDPOINT_SIZE : ENDPOINT_SIZE,
					       LIBUSB_DT_ENDPOINT,
					       endpoint->bEndpointAddress,
					       endpoint->bmAttributes,
					       0,
					       0,
					       endpoint->bInterval,
					       endpoint->bRefresh,
					       endpoint->bSynchAddress };

	dfut_put_le16(bytes + 4, endpoint->wMaxPacketSize);
	put(sink, bytes, bytes[0]);
	put_extra(sink, endpoint->extra, endpoint->extra_length);
}

static void put_setting(struct sink *sink, const struct libusb_interface_descriptor *setting)
{
	const uint8_t bytes[] = { 9,
				  LIBUSB_DT_INTERFACE,
				  setting->bInterfaceNumber,
				  setting->bAlternateSetting,
				  setting->bNumEndpoints,
				  setting->bInterfaceClass,
				  setting->bInterfaceSubClass,
				  setting->bInterfaceProtocol,
				  setting->iInterface };

	put(sink, bytes, sizeof(bytes));
	put_extra(sink, setting->extra, setting->extra_length);
	for (int i = 0; i < setting->bNumEndpoints; i++)
		put_endpoint(sink, &setting->endpoint[i]);
}

size_t dfut_usb_put_configuration(uint8_t *bytes, size_t room, const struct libusb_config_descriptor *configuration)
{
	struct sink sink = { .bytes = bytes, .room = room };
	uint8_t head[] = { 9,
			   LIBUSB_DT_CONFIG,
			   0,
			   0,
			   configuration->bNumInterfaces,
			   configuration->bConfigurationValue,
			   configuration->iConfiguration,
			   configuration->bmAttributes,
			   configuration->MaxPower };

	put(&sink, head, sizeof(head));
	put_extra(&sink, configuration->extra, configuration->extra_length);
	for (int i = 0; i < configuration->bNumInterfaces; i++)
		for (int j = 0; j < configuration->interface[i].num_altsetting; j++)
			put_setting(&sink, &configuration->interface[i].altsetting[j]);
	if (sink.is_full || sink.size > UINT16_MAX)
		return 0;
	dfut_put_le16(bytes + 2, (uint16_t)sink.size);
	return sink.size;
}
