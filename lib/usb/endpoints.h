/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The endpoints that raw descriptors name (USB 2.0, 9.6.6). */

#ifndef DFUT_ENDPOINTS_H
#define DFUT_ENDPOINTS_H

#include "base/base.h"

struct dfut_endpoint {
	uint8_t configuration; /* bConfigurationValue ... */
	uint8_t interface;     /* ... and bInterfaceNumber of what it belongs to */
	uint8_t address;       /* bEndpointAddress: bit 7 set for in */
	uint8_t attributes;    /* bmAttributes */
};

/* A walk through them; what follows nonsense is left out. */
struct dfut_endpoints {
	const uint8_t *at;
	size_t left;
	struct dfut_endpoint last;
};

void dfut_endpoints_begin(struct dfut_endpoints *walk, const uint8_t *descriptors, size_t size);
/* False after the last. */
bool dfut_endpoints_next(struct dfut_endpoints *walk, struct dfut_endpoint *endpoint);

static inline bool dfut_endpoint_is_in(const struct dfut_endpoint *endpoint)
{
	return endpoint->address & 0x80;
}

/* USB 2.0, table 9-13 */
static inline bool dfut_endpoint_is_bulk(const struct dfut_endpoint *endpoint)
{
	return (endpoint->attributes & 3) == 2;
}

static inline bool dfut_endpoint_is_interrupt(const struct dfut_endpoint *endpoint)
{
	return (endpoint->attributes & 3) == 3;
}

#endif
