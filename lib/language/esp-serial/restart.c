/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * A reset by the lines of the port: RTS while DTR is off, after both were off, which forgets that the ROM was asked for. The ROM
 * of a chip that waits again all the same says so.
 */

#include <string.h>

#include "language/esp-serial/core.h"
#include "language/esp-serial/restart.h"

/* RTS on, which is reset; and what the ROM prints after that. */
#define RESET_MS 200
#define LISTEN_MS 500
#define BAUD 115200
/* SYNCs that a ROM that waits would answer */
#define CHECK_TRIES 5

/* The last that a ROM prints before it waits. */
static const char waiting[] = "waiting for download";

static int take(void *user_data, uint8_t byte)
{
	struct esp_serial_restart *restart = user_data;

	restart->matched = byte == (uint8_t)waiting[restart->matched] ? restart->matched + 1 :
									byte == (uint8_t)waiting[0];
	return restart->matched == strlen(waiting);
}

void esp_serial_restart_begin(struct esp_serial_restart *restart, const struct dfut_job *job)
{
	restart->job = job;
	dfut_port_begin(&restart->port, job, BAUD, take, restart);
}

static int set_lines(struct esp_serial_restart *restart, enum esp_serial_restart_step step, int dtr, int rts,
		     struct dfut_next *next)
{
	restart->step = step;
	return dfut_next_lines(next, restart->job->interface, dtr, rts);
}

static int restart_opened(struct esp_serial_restart *restart, const struct dfut_outcome *outcome,
			  struct dfut_next *next)
{
	int result = dfut_port_run(&restart->port, outcome, next);

	if (result < 0)
		return dfut_fail(restart->job->failure, result, "the serial port of interface %u can't be used: %s",
				 restart->job->interface, dfut_error_get_text(result));
	return result == 0 ? 0 : set_lines(restart, ESP_SERIAL_RESTART_OFF, 0, 0, next);
}

static int listened(struct esp_serial_restart *restart, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	int result = dfut_port_run(&restart->port, outcome, next);

	if (result == 0)
		return 0;
	restart->has_stayed = result == 1;
	return 1;
}

static int failed(const struct esp_serial_restart *restart, int code)
{
	dfut_fail(restart->job->failure, code, "resetting the chip by the lines of its port: %s",
		  dfut_error_get_text(code));
	dfut_hint(restart->job->failure, "press its RESET button, or unplug it and plug it in again");
	return code;
}

int esp_serial_restart_next(struct esp_serial_restart *restart, const struct dfut_outcome *outcome,
			    struct dfut_next *next)
{
	if (!outcome)
		return dfut_port_open(&restart->port, next);
	if (restart->step > ESP_SERIAL_RESTART_OPENING && outcome->result == DFUT_ERROR_GONE) {
		restart->is_gone = true;
		return 1;
	}
	if (restart->step > ESP_SERIAL_RESTART_OPENING && restart->step < ESP_SERIAL_RESTART_LISTENING &&
	    outcome->result < 0)
		return failed(restart, outcome->result);
	switch (restart->step) {
	case ESP_SERIAL_RESTART_OPENING:
		return restart_opened(restart, outcome, next);
	case ESP_SERIAL_RESTART_OFF:
		return set_lines(restart, ESP_SERIAL_RESTART_ON, -1, 1, next);
	case ESP_SERIAL_RESTART_ON:
		restart->step = ESP_SERIAL_RESTART_RESET;
		return dfut_next_wait(next, RESET_MS);
	case ESP_SERIAL_RESTART_RESET:
		return set_lines(restart, ESP_SERIAL_RESTART_RELEASING, -1, 0, next);
	case ESP_SERIAL_RESTART_RELEASING:
		restart->step = ESP_SERIAL_RESTART_LISTENING;
		return dfut_port_hear(&restart->port, outcome->elapsed_ms, LISTEN_MS, next);
	case ESP_SERIAL_RESTART_LISTENING:
		return listened(restart, outcome, next);
	}
	return DFUT_ERROR_PROTOCOL;
}

static int machine_begin(void *state, const struct dfut_job *job)
{
	esp_serial_restart_begin(state, job);
	return 0;
}

static int machine_next(void *state, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	struct esp_serial_restart *restart = state;
	const struct esp_serial_job *own = restart->job->own;
	int result = esp_serial_restart_next(restart, outcome, next);

	if (result <= 0)
		return result;
	if (own->has_stayed)
		*own->has_stayed = restart->has_stayed;
	return dfut_next_done(next, restart->is_gone ? DFUT_END_GONE : DFUT_END_STAYS);
}

const struct dfut_machine_ops esp_serial_restart_machine = {
	.name = "esp-serial-restart",
	.state_size = sizeof(struct esp_serial_restart),
	.begin = machine_begin,
	.next = machine_next,
};

/* Whether it waits. An application does not answer, which is right. */

static int check_begin(void *state, const struct dfut_job *job)
{
	struct esp_serial_core *core = state;

	esp_serial_core_begin(core, job);
	core->sync_limit = CHECK_TRIES;
	return 0;
}

static int check_next(void *state, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	struct esp_serial_core *core = state;
	const struct esp_serial_job *own = core->job->own;
	int result = outcome ? esp_serial_core_run(core, outcome, next) : esp_serial_core_connect(core, next);

	if (result == 0)
		return 0;
	*own->has_stayed = result == 1;
	dfut_failure_clear(core->job->failure);
	return dfut_next_done(next, result == DFUT_ERROR_GONE ? DFUT_END_GONE : DFUT_END_STAYS);
}

const struct dfut_machine_ops esp_serial_check_machine = {
	.name = "esp-serial-check",
	.state_size = sizeof(struct esp_serial_core),
	.begin = check_begin,
	.next = check_next,
};
