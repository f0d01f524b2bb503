/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The way out of the ROM loader on the ROM's own port: that has no lines, and goes when the watchdog resets the chip. */

#include "language/esp-serial/probe.h"

struct leave {
	struct esp_serial_core core;
	const struct esp_serial_job *own;
	struct esp_serial_probe probe;
	bool is_known; /* which chip it is */
	struct esp_serial_script script;
};

static int leave_begin(void *state, const struct dfut_job *job)
{
	struct leave *leave = state;

	leave->own = job->own;
	leave->is_known = leave->own->identity->chip != NULL;
	esp_serial_core_begin(&leave->core, job);
	return 0;
}

static int refuse_unknown(const struct leave *leave)
{
	dfut_fail(leave->core.job->failure, DFUT_ERROR_UNSUPPORTED,
		  "which chip it is is not known, and so not how it is restarted");
	dfut_hint(leave->core.job->failure, "press its RESET button, or unplug it and plug it in again");
	return DFUT_ERROR_UNSUPPORTED;
}

static int reset(struct leave *leave, struct dfut_next *next)
{
	const struct esp_serial_chip *chip = leave->own->identity->chip;

	if (!leave->script.count && (!chip || !chip->is_supported))
		return refuse_unknown(leave);
	if (!leave->script.count)
		esp_serial_script_reset(&leave->script, chip);
	return esp_serial_script_next(&leave->script, &leave->core, next);
}

static int leave_on(struct leave *leave, struct dfut_next *next)
{
	int result = 1;

	if (!leave->is_known)
		result = esp_serial_probe_next(&leave->probe, &leave->core, next);
	if (result <= 0)
		return result;
	leave->is_known = true;
	return reset(leave, next);
}

/* The answer to what sets it off may be lost already. */
static int leave_next(void *state, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	struct leave *leave = state;
	int result;

	if (!outcome)
		return esp_serial_core_connect(&leave->core, next);
	result = esp_serial_core_run(&leave->core, outcome, next);
	if (result > 0)
		result = leave_on(leave, next);
	if (result == 0)
		return 0;
	if (result < 0 && !esp_serial_script_has_reset(&leave->script))
		return result;
	dfut_failure_clear(leave->core.job->failure);
	return dfut_next_done(next, DFUT_END_GONE);
}

const struct dfut_machine_ops esp_serial_leave_machine = {
	.name = "esp-serial-leave",
	.state_size = sizeof(struct leave),
	.begin = leave_begin,
	.next = leave_next,
};
