/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What a DFU interface answers when it is asked for its state. */

#ifndef DFUTRIGGER_DFU_UTIL_STATE_H
#define DFUTRIGGER_DFU_UTIL_STATE_H

#include <stdint.h>

#include <dfutrigger.h>

/** States of DFU 1.1, A.2, that more is said of than their name. */
enum {
	STATE_DNLOAD_IDLE = 5,
	STATE_UPLOAD_IDLE = 9,
	STATE_ERROR = 10,
};

struct state {
	uint8_t status; /**< bStatus */
	uint8_t state;	/**< bState */
};

/** Asks (GETSTATUS). @return 0 or a negative enum dfut_error */
int state_ask(struct state *state, struct dfut_handle *handle, uint8_t interface_number);
/** Prints it. */
void state_print(const struct state *state);

#endif
