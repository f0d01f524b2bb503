/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What libusb says becomes our errors, and string descriptors become text. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

#include "transport/usb-libusb.h"

TestSuite(usb, .timeout = 30);

Test(usb, gives_each_error_of_libusb_its_meaning)
{
	static const struct {
		int libusb;
		int ours;
	} pairs[] = {
		{ LIBUSB_SUCCESS, 0 },
		{ LIBUSB_ERROR_IO, DFUT_ERROR_IO },
		{ LIBUSB_ERROR_INVALID_PARAM, DFUT_ERROR_USAGE },
		{ LIBUSB_ERROR_ACCESS, DFUT_ERROR_ACCESS },
		{ LIBUSB_ERROR_NO_DEVICE, DFUT_ERROR_GONE },
		{ LIBUSB_ERROR_NOT_FOUND, DFUT_ERROR_NOT_FOUND },
		{ LIBUSB_ERROR_BUSY, DFUT_ERROR_BUSY },
		{ LIBUSB_ERROR_TIMEOUT, DFUT_ERROR_TIMEOUT },
		{ LIBUSB_ERROR_OVERFLOW, DFUT_ERROR_IO },
		{ LIBUSB_ERROR_PIPE, DFUT_ERROR_DEVICE },
		{ LIBUSB_ERROR_INTERRUPTED, DFUT_ERROR_IO },
		{ LIBUSB_ERROR_NO_MEM, DFUT_ERROR_NO_MEMORY },
		{ LIBUSB_ERROR_NOT_SUPPORTED, DFUT_ERROR_UNSUPPORTED },
		{ LIBUSB_ERROR_OTHER, DFUT_ERROR_IO },
	};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		cr_expect(eq(int, dfut_usb_to_error(pairs[i].libusb), pairs[i].ours), "%s",
			  libusb_error_name(pairs[i].libusb));
	/* A count of bytes stays one; what a later libusb says is an error all the same. */
	cr_expect(eq(int, dfut_usb_to_error(18), 18));
	cr_expect(eq(int, dfut_usb_to_error(-50), DFUT_ERROR_IO));
}

static void expect_text(const uint8_t *data, int size, const char *text)
{
	char *read = dfut_usb_get_text(data, size);

	cr_expect(text ? read && strcmp(read, text) == 0 : !read, "%d bytes: %s", size, read ? read : "none");
	free(read);
}

Test(usb, reads_a_string_descriptor_as_far_as_it_came)
{
	static const uint8_t whole[] = { 8, 3, 'D', 0, 'F', 0, 'U', 0 };
	static const uint8_t other[] = { 8, 2, 'D', 0, 'F', 0, 'U', 0 };

	expect_text(whole, sizeof(whole), "DFU");
	expect_text(whole, 6, "DF");
	expect_text(whole, 2, NULL);
	expect_text(whole, 0, NULL);
	expect_text(whole, LIBUSB_ERROR_TIMEOUT, NULL);
	expect_text(other, sizeof(other), NULL);
}
