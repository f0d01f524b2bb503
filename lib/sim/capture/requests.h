/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The packets of a capture, put together to requests with their answers. */

#ifndef DFUT_CAPTURE_REQUESTS_H
#define DFUT_CAPTURE_REQUESTS_H

#include "sim/capture/capture.h"

struct capture_request {
	uint64_t at; /* us, as in the capture */
	uint64_t over;
	unsigned int bus;
	unsigned int address;
	uint8_t endpoint; /* bEndpointAddress of what is no control request */
	enum capture_kind kind;
	bool has_setup;
	uint8_t setup[8];
	bool is_in;
	bool is_answered; /* false if the capture ends before */
	int status;
	uint32_t asked;	     /* bytes that were to be moved */
	uint32_t moved;	     /* and that were */
	const uint8_t *data; /* of what was moved */
	size_t size;	     /* that was kept of it */
};

/* 0, or a negative enum dfut_error that ends the reading. */
typedef int (*capture_visitor)(void *data, const struct capture_request *request);

/* Calls back for each request in the order of their ends, then for those that have none. 0, DFUT_ERROR_NO_MEMORY, or what the
 * visitor returned. */
int capture_read(const uint8_t *bytes, size_t size, capture_visitor visitor, void *data, const char **error);

#endif
