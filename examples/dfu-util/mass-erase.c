/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The mass erase of DfuSe (ST AN3156, 5.3): one byte, and then a GETSTATUS that may take half a minute. */

#include <time.h>

#include "exit-code.h"
#include "mass-erase.h"
#include "state.h"

#define TO_INTERFACE 0x21
#define DNLOAD 1
#define ABORT 6
#define ERASE 0x41
#define STATE_DNBUSY 4
#define STATE_DNLOAD_SYNC 3
#define REQUEST_TIMEOUT_MS 45000
#define POLL_MS 20
#define LIMIT_S 120

static int fail(struct program *program, int code, const char *text)
{
	return program_fail_text(program, code, text, dfut_context_get_error(program->bus.context));
}

static bool is_busy(const struct state *state)
{
	return state->state == STATE_DNBUSY || state->state == STATE_DNLOAD_SYNC;
}

/* The first question starts it; some ROMs answer that only when all is erased. */
static int wait_until_erased(struct state *state, struct target *target, struct program *program)
{
	time_t end = time(NULL) + LIMIT_S;
	int code;

	do {
		code = state_ask(state, target->handle, target->interface->number);
		if (code == 0 && is_busy(state))
			code = dfut_context_dispatch(program->bus.context, POLL_MS) < 0 ? DFUT_ERROR_IO : 0;
	} while (code == 0 && is_busy(state) && time(NULL) < end);
	return code == 0 && is_busy(state) ? DFUT_ERROR_TIMEOUT : code;
}

int mass_erase_run(struct target *target, struct program *program)
{
	uint8_t command = ERASE;
	uint16_t number = target->interface->number;
	struct state state;
	int code;

	if (!target->is_dfuse)
		return program_fail_text(program, DFUT_ERROR_UNSUPPORTED, "a mass erase is for DfuSe devices", "");
	words_say("Performing mass erase, this can take a moment\n");
	code = dfut_handle_control(target->handle, TO_INTERFACE, DNLOAD, 0, number, &command, sizeof(command),
				   REQUEST_TIMEOUT_MS);
	if (code < 0)
		return fail(program, code, "Error during special command \"MASS_ERASE\" download");
	code = wait_until_erased(&state, target, program);
	if (code < 0)
		return fail(program, code, "Error during special command \"MASS_ERASE\" get_status");
	if (state.status != 0) {
		state_print(&state);
		words_complain(&program->words, "MASS_ERASE not correctly executed");
		return EXIT_CODE_IO;
	}
	dfut_handle_control(target->handle, TO_INTERFACE, ABORT, 0, number, NULL, 0, REQUEST_TIMEOUT_MS);
	return 0;
}
