/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Endpoints in raw descriptors, of which nothing is trusted. */

#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "usb/endpoints.h"

TestSuite(endpoints, .timeout = 60);

#define CONFIGURATION(value) 9, 2, 0, 0, 1, value, 0, 0x80, 50
#define INTERFACE(number) 9, 4, number, 0, 0, 0xff, 0, 0, 0
#define ENDPOINT(address, attributes) 7, 5, address, attributes, 64, 0, 0

static size_t collect(const uint8_t *bytes, size_t size, struct dfut_endpoint *found, size_t room)
{
	struct dfut_endpoints walk;
	struct dfut_endpoint endpoint;
	size_t count = 0;

	dfut_endpoints_begin(&walk, bytes, size);
	while (dfut_endpoints_next(&walk, &endpoint)) {
		cr_assert(count < room);
		found[count++] = endpoint;
	}
	return count;
}

Test(endpoints, belong_to_interface_and_configuration)
{
	static const uint8_t bytes[] = {
		CONFIGURATION(1), INTERFACE(0), ENDPOINT(0x81, 3), INTERFACE(1), ENDPOINT(0x02, 2), 4, 0x24, 0, 0,
		CONFIGURATION(2), INTERFACE(3), ENDPOINT(0x83, 1)
	};
	struct dfut_endpoint found[4];

	cr_assert(eq(sz, collect(bytes, sizeof(bytes), found, 4), 3));
	cr_assert(found[0].configuration == 1 && found[0].interface == 0 && found[0].address == 0x81);
	cr_assert(dfut_endpoint_is_interrupt(&found[0]) && dfut_endpoint_is_in(&found[0]));
	cr_assert(found[1].configuration == 1 && found[1].interface == 1 && found[1].address == 0x02);
	cr_assert(dfut_endpoint_is_bulk(&found[1]) && !dfut_endpoint_is_in(&found[1]));
	cr_assert(found[2].configuration == 2 && found[2].interface == 3);
	cr_assert(not(dfut_endpoint_is_bulk(&found[2])));
	cr_assert(not(dfut_endpoint_is_interrupt(&found[2])));
}

/* Every length that is cut off, and a descriptor of no length, end the walk. */
Test(endpoints, nothing_is_read_beyond_the_end)
{
	static const uint8_t bytes[] = { CONFIGURATION(1), INTERFACE(0), ENDPOINT(0x81, 2), 0, 5, 0x82, 2 };
	struct dfut_endpoint found[4];

	for (size_t size = 0; size <= sizeof(bytes); size++) {
		uint8_t *exact = malloc(size ? size : 1);

		cr_assert(exact != NULL);
		memcpy(exact, bytes, size);
		cr_assert(eq(sz, collect(exact, size, found, 4), size >= 25 ? 1 : 0));
		free(exact);
	}
}

/* Too short for what they say that they are. */
Test(endpoints, short_ones_are_left_out)
{
	static const uint8_t bytes[] = { 3, 2, 0, 2, 4, 3, 5, 0x81, ENDPOINT(0x82, 2) };
	struct dfut_endpoint found[4];

	cr_assert(eq(sz, collect(bytes, sizeof(bytes), found, 4), 1));
	cr_assert(found[0].address == 0x82 && found[0].configuration == 0);
}
