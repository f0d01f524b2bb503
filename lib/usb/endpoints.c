/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The endpoints that raw descriptors name. */

#include "usb/endpoints.h"

/* Types and offsets: USB 2.0, 9.6 */
enum {
	CONFIGURATION_DESCRIPTOR = 2,
	INTERFACE_DESCRIPTOR = 4,
	ENDPOINT_DESCRIPTOR = 5,
	CONFIGURATION_VALUE = 5,
	INTERFACE_NUMBER = 2,
	ENDPOINT_ADDRESS = 2,
	ENDPOINT_ATTRIBUTES = 3,
	ENDPOINT_SIZE = 7,
};

void dfut_endpoints_begin(struct dfut_endpoints *walk, const uint8_t *descriptors, size_t size)
{
	*walk = (struct dfut_endpoints){ .at = descriptors, .left = size };
}

/* Whether the descriptor that the walk is at is an endpoint's. */
static bool take(struct dfut_endpoints *walk)
{
	const uint8_t *at = walk->at;

	if (at[1] == CONFIGURATION_DESCRIPTOR && at[0] > CONFIGURATION_VALUE)
		walk->last.configuration = at[CONFIGURATION_VALUE];
	else if (at[1] == INTERFACE_DESCRIPTOR && at[0] > INTERFACE_NUMBER)
		walk->last.interface = at[INTERFACE_NUMBER];
	if (at[1] != ENDPOINT_DESCRIPTOR || at[0] < ENDPOINT_SIZE)
		return false;
	walk->last.address = at[ENDPOINT_ADDRESS];
	walk->last.attributes = at[ENDPOINT_ATTRIBUTES];
	return true;
}

bool dfut_endpoints_next(struct dfut_endpoints *walk, struct dfut_endpoint *endpoint)
{
	while (walk->left >= 2 && walk->at[0] >= 2 && walk->at[0] <= walk->left) {
		bool is_endpoint = take(walk);

		walk->left -= walk->at[0];
		walk->at += walk->at[0];
		if (!is_endpoint)
			continue;
		*endpoint = walk->last;
		return true;
	}
	return false;
}
