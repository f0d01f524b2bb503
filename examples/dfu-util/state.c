/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The names of states and statuses, as in DFU 1.1, A.1 and A.2. */

#include <stddef.h>

#include "state.h"
#include "words.h"

#define GETSTATUS 3
#define STATUS_SIZE 6
#define FROM_INTERFACE 0xa1
#define TIMEOUT_MS 5000

static const char *const states[] = {
	"appIDLE",	  "appDETACH",	      "dfuIDLE",     "dfuDNLOAD-SYNC",	       "dfuDNBUSY",
	"dfuDNLOAD-IDLE", "dfuMANIFEST-SYNC", "dfuMANIFEST", "dfuMANIFEST-WAIT-RESET", "dfuUPLOAD-IDLE",
	"dfuERROR",
};

static const char *const statuses[] = {
	"No error condition is present",
	"File is not targeted for use by this device",
	"File is for this device but fails some vendor-specific test",
	"Device is unable to write memory",
	"Memory erase function failed",
	"Memory erase check failed",
	"Program memory function failed",
	"Programmed memory failed verification",
	"Cannot program memory due to received address that is out of range",
	"Received DFU_DNLOAD with wLength = 0, but device does not think that it has all data yet",
	"Device's firmware is corrupt. It cannot return to run-time (non-DFU) operations",
	"iString indicates a vendor specific error",
	"Device detected unexpected USB reset signalling",
	"Device detected unexpected power on reset",
	"Something went wrong, but the device does not know what it was",
	"Device stalled an unexpected request",
};

static const char *get(const char *const *names, size_t count, uint8_t index)
{
	return index < count ? names[index] : "INVALID";
}

int state_ask(struct state *state, struct dfut_handle *handle, uint8_t interface_number)
{
	uint8_t answer[STATUS_SIZE];
	int size = dfut_handle_control(handle, FROM_INTERFACE, GETSTATUS, 0, interface_number, answer, sizeof(answer),
				       TIMEOUT_MS);

	if (size < 0)
		return size;
	if (size < STATUS_SIZE)
		return DFUT_ERROR_PROTOCOL;
	state->status = answer[0];
	state->state = answer[4];
	return 0;
}

void state_print(const struct state *state)
{
	words_say("DFU state(%u) = %s, status(%u) = %s\n", state->state,
		  get(states, sizeof(states) / sizeof(states[0]), state->state), state->status,
		  get(statuses, sizeof(statuses) / sizeof(statuses[0]), state->status));
}
