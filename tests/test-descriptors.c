/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "usb/descriptors.h"

#define DEVICE 18, 1, 0, 2, 0, 0, 0, 64, 0x15, 0x19, 0x0f, 0x52, 0, 1, 1, 2, 3, 1

Test(descriptors, applies_a_functional_descriptor_behind_the_last_alternate_to_all)
{
	static const uint8_t raw[] = { DEVICE, 9, 2,	36,   0,    1, 1, 0, 0xc0, 50,	 9,   4,    0,
				       0,      0, 0xfe, 1,    2,    4, 9, 4, 0,	   1,	 0,   0xfe, 1,
				       2,      5, 9,	0x21, 0x07, 0, 0, 0, 2,	   0x10, 0x01 };
	struct dfut_descriptors descriptors;

	cr_assert(eq(int, dfut_descriptors_parse(&descriptors, raw, sizeof(raw)), 0));
	cr_expect(eq(sz, descriptors.interface_count, 2));
	cr_expect(descriptors.has_functional);
	cr_expect(eq(int, descriptors.dfu.transfer_size, 512));
	cr_expect(eq(int, dfut_descriptors_get_dfu_mode(&descriptors), DFUT_MODE_BOOTLOADER));
	dfut_descriptors_finish(&descriptors);
}

Test(descriptors, takes_no_hid_descriptor_for_one_of_dfu)
{
	static const uint8_t raw[] = { DEVICE, 9, 2, 27, 0, 1, 1,    0,	   0xc0, 50, 9, 4,    0,  0,
				       1,      3, 1, 1,	 0, 9, 0x21, 0x11, 1,	 0,  1, 0x22, 63, 0 };
	struct dfut_descriptors descriptors;

	cr_assert(eq(int, dfut_descriptors_parse(&descriptors, raw, sizeof(raw)), 0));
	cr_expect(not(descriptors.has_functional));
	cr_expect(not(descriptors.functional[0]));
	dfut_descriptors_finish(&descriptors);
}

Test(descriptors, reads_the_seven_byte_form_in_front_of_the_interfaces)
{
	static const uint8_t raw[] = { DEVICE, 9, 2, 25, 0, 1, 1, 0, 0xc0, 50,	 7, 0x21, 0x03,
				       0,      1, 0, 4,	 9, 4, 0, 0, 0,	   0xfe, 1, 0,	  0 };
	struct dfut_descriptors descriptors;

	cr_assert(eq(int, dfut_descriptors_parse(&descriptors, raw, sizeof(raw)), 0));
	cr_expect(descriptors.has_functional);
	cr_expect(eq(int, descriptors.dfu.version, 0x0100));
	cr_expect(eq(int, descriptors.dfu.detach_timeout_ms, 256));
	dfut_descriptors_finish(&descriptors);
}

/* Two DFU interfaces (2 and 3), each followed by its own: 512 bytes with upload, 64 without. */
#define TWO_DFU_INTERFACES \
	9, 4, 2, 0, 0, 0xfe, 1, 2, 4, 9, 0x21, 0x07, 0, 0, 0, 2, 0x10, 0x01, 9, 4, 3, 0, 0, 0xfe, 1, 2, 5, 9, 0x21, \
		0x05, 0, 0, 64, 0, 0x10, 0x01

Test(descriptors, keeps_a_functional_descriptor_for_each_dfu_interface)
{
	static const uint8_t raw[] = { DEVICE, 9, 2, 45, 0, 2, 1, 0, 0xc0, 50, TWO_DFU_INTERFACES };
	struct dfut_descriptors descriptors;

	cr_assert(eq(int, dfut_descriptors_parse(&descriptors, raw, sizeof(raw)), 0));
	cr_expect(descriptors.has_functional);
	cr_expect(eq(int, descriptors.dfu.transfer_size, 512));
	cr_assert(dfut_descriptors_get_dfu(&descriptors, 2) == &descriptors.dfu);
	cr_assert(dfut_descriptors_get_dfu(&descriptors, 3) != NULL);
	cr_expect(eq(int, dfut_descriptors_get_dfu(&descriptors, 3)->transfer_size, 64));
	cr_expect(eq(int, dfut_descriptors_get_dfu(&descriptors, 3)->attributes, 0x05));
	dfut_descriptors_finish(&descriptors);
}

/* As above, but the second has none of its own, or it is in another configuration with the same number. */
Test(descriptors, takes_an_interface_that_says_nothing_for_what_the_first_is)
{
	static const uint8_t raw[] = { DEVICE, 9,    2, 36, 0, 2, 1, 0,	   0xc0, 50, 9, 4, 2, 0, 0,    0xfe, 1, 2, 4,
				       9,      0x21, 7, 0,  0, 0, 2, 0x10, 0x01, 9,  4, 3, 0, 0, 0xfe, 1,    2, 5 };
	struct dfut_descriptors descriptors;

	cr_assert(eq(int, dfut_descriptors_parse(&descriptors, raw, sizeof(raw)), 0));
	cr_assert(dfut_descriptors_get_dfu(&descriptors, 3) != NULL);
	cr_expect(eq(int, dfut_descriptors_get_dfu(&descriptors, 3)->transfer_size, 512));
	dfut_descriptors_finish(&descriptors);
}

Test(descriptors, keeps_configurations_apart)
{
	static const uint8_t raw[] = { DEVICE, 9,    2,	 27, 0, 1,    1,    0,	  0xc0, 50, 9, 4,    0,	   0,
				       0,      0xfe, 1,	 2,  4, 9,    0x21, 7,	  0,	0,  0, 2,    0x10, 0x01,
				       9,      2,    27, 0,  1, 2,    0,    0xc0, 50,	9,  4, 0,    0,	   0,
				       0xfe,   1,    2,	 4,  9, 0x21, 5,    0,	  0,	64, 0, 0x10, 0x01 };
	struct dfut_descriptors descriptors;

	cr_assert(eq(int, dfut_descriptors_parse(&descriptors, raw, sizeof(raw)), 0));
	cr_expect(eq(int, descriptors.dfu.transfer_size, 512));
	cr_expect(dfut_descriptors_get_dfu(&descriptors, 0) == &descriptors.dfu);
	dfut_descriptors_finish(&descriptors);
}
