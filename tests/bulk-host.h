/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Bulk endpoints for the host of sim-host.h: one interface is claimed, and asked directly. */

#ifndef DFUT_TESTS_BULK_HOST_H
#define DFUT_TESTS_BULK_HOST_H

#include "sim-host.h"

/* More than an erase of many sectors takes */
#define BULK_LIMIT_MS 20000u

static int bulk_out(struct host *host, uint8_t endpoint, const void *data, size_t size, uint32_t limit_ms)
{
	struct dfut_action action = {
		.kind = DFUT_ACTION_WRITE,
		.timeout_ms = limit_ms + DFUT_ENDPOINT_GRACE_MS,
		.transfer = { .endpoint = endpoint, .attributes = 2, .length = (uint16_t)size, .data = data },
	};

	return host_run(host, &action, limit_ms + 2 * DFUT_ENDPOINT_GRACE_MS);
}

/* What comes is in request.buffer. */
static int bulk_in(struct host *host, uint8_t endpoint, size_t size, uint32_t limit_ms)
{
	struct dfut_action action = {
		.kind = DFUT_ACTION_READ,
		.timeout_ms = limit_ms + DFUT_ENDPOINT_GRACE_MS,
		.transfer = { .endpoint = endpoint, .attributes = 2, .length = (uint16_t)size },
	};

	return host_run(host, &action, limit_ms + 2 * DFUT_ENDPOINT_GRACE_MS);
}

static int bulk_clear_halt(struct host *host, uint8_t endpoint)
{
	struct dfut_action action = { .kind = DFUT_ACTION_CLEAR_HALT, .clear_halt = { endpoint } };

	return host_run(host, &action, 1000);
}

#endif
