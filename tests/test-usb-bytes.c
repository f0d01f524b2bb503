/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What libusb has parsed becomes the bytes that the device has sent. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#include "transport/usb-bytes.h"

TestSuite(usb_bytes, .timeout = 30);

/* A serial port with its association, a DFU interface with two alternate settings, and an endpoint of an audio device. */
static const uint8_t whole[] = {
	9, 2,	 88,   0,    3,	   1,	 4,  0x80, 50, /* */
	8, 11,	 0,    2,    2,	   2,	 1,  0,	       /* association, in front of all interfaces */
	9, 4,	 0,    0,    1,	   2,	 2,  1,	   5,  /* */
	5, 0x24, 0,    0x10, 1,			       /* functional */
	7, 5,	 0x81, 3,    8,	   0,	 10,	       /* */
	9, 4,	 1,    0,    1,	   10,	 0,  0,	   0,  /* */
	9, 5,	 0x02, 0x0d, 0x40, 1,	 4,  3,	   2,  /* with bRefresh and bSynchAddress */
	5, 0x25, 1,    0,    0,			       /* behind its endpoint */
	9, 4,	 2,    0,    0,	   0xfe, 1,  2,	   6,  /* */
	9, 4,	 2,    1,    0,	   0xfe, 1,  2,	   7,  /* */
	9, 0x21, 13,   0xe8, 3,	   0,	 4,  0x1a, 1,  /* behind the last setting */
};

/* As libusb's own parser does it. */
static struct libusb_config_descriptor parse(void)
{
	static const struct libusb_endpoint_descriptor interrupt = { 7, 5, 0x81, 3, 8, 10, 0, 0, NULL, 0 };
	static const struct libusb_endpoint_descriptor audio = { 9, 5, 0x02, 0x0d, 0x140, 4, 3, 2, whole + 56, 5 };
	static const struct libusb_interface_descriptor control[] = { { 9, 4, 0, 0, 1, 2, 2, 1, 5, &interrupt,
									whole + 26, 5 } };
	static const struct libusb_interface_descriptor data[] = { { 9, 4, 1, 0, 1, 10, 0, 0, 0, &audio, NULL, 0 } };
	static const struct libusb_interface_descriptor dfu[] = {
		{ 9, 4, 2, 0, 0, 0xfe, 1, 2, 6, NULL, NULL, 0 },
		{ 9, 4, 2, 1, 0, 0xfe, 1, 2, 7, NULL, whole + 79, 9 },
	};
	static const struct libusb_interface interfaces[] = { { control, 1 }, { data, 1 }, { dfu, 2 } };

	return (struct libusb_config_descriptor){ .bLength = 9,
						  .bDescriptorType = 2,
						  .wTotalLength = sizeof(whole),
						  .bNumInterfaces = 3,
						  .bConfigurationValue = 1,
						  .iConfiguration = 4,
						  .bmAttributes = 0x80,
						  .MaxPower = 50,
						  .interface = interfaces,
						  .extra = whole + 9,
						  .extra_length = 8 };
}

Test(usb_bytes, puts_a_configuration_together_as_it_was)
{
	struct libusb_config_descriptor configuration = parse();
	uint8_t bytes[200];
	size_t size = dfut_usb_put_configuration(bytes, sizeof(bytes), &configuration);

	cr_assert(eq(sz, size, sizeof(whole)));
	for (size_t i = 0; i < size; i++)
		cr_expect(eq(u8, bytes[i], whole[i]), "byte %zu", i);
}

Test(usb_bytes, gives_nothing_where_not_all_has_room)
{
	struct libusb_config_descriptor configuration = parse();
	uint8_t bytes[sizeof(whole)];

	cr_expect(eq(sz, dfut_usb_put_configuration(bytes, sizeof(whole), &configuration), sizeof(whole)));
	for (size_t room = 0; room < sizeof(whole); room++)
		cr_expect(eq(sz, dfut_usb_put_configuration(bytes, room, &configuration), 0), "%zu bytes", room);
}

Test(usb_bytes, puts_a_device_together)
{
	static const uint8_t expected[DFUT_USB_DEVICE_SIZE] = { 18,   1,    0x10, 2, 0xef, 2, 1, 64, 0x8a,
								0x2e, 0x0a, 0,	  0, 1,	   1, 2, 3,  1 };
	struct libusb_device_descriptor device = { 18, 1, 0x0210, 0xef, 2, 1, 64, 0x2e8a, 0x000a, 0x0100, 1, 2, 3, 1 };
	uint8_t bytes[DFUT_USB_DEVICE_SIZE];

	dfut_usb_put_device(bytes, &device);
	cr_expect(eq(int, memcmp(bytes, expected, sizeof(bytes)), 0));
}
