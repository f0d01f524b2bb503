/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Machines of SinoWealth's ISP. Addresses advance by themselves, so that a page is never sent or asked for twice: whatever
 * breaks, the whole is begun anew. That is harmless, as nothing starts the firmware before it is enabled.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "language/sinowealth-isp/machine.h"

#define TIMEOUT_MS 5000
/* The report returns at once */
#define ERASE_MS 2000

/* What was done last. */
enum step {
	STEP_OPEN,
	STEP_ENABLE,
	STEP_ERASE,
	STEP_PAUSE,
	STEP_ANNOUNCE,
	STEP_PAGE,
	STEP_REBOOT,
};

struct machine {
	const struct dfut_job *job;
	const struct sinowealth_job *own;
	enum step step;
	enum sinowealth_command command; /* sent last */
	uint8_t report[SINOWEALTH_PAGE_REPORT_SIZE];
	uint64_t done; /* bytes */
};

static int begin(void *state, const struct dfut_job *job)
{
	struct machine *machine = state;

	machine->job = job;
	machine->own = job->own;
	return 0;
}

static void progress(const void *state, uint64_t *done, uint64_t *total)
{
	const struct machine *machine = state;

	*done = machine->done;
	*total = machine->job->size;
}

/* Errors. */

static int fail(const struct machine *machine, int code, const char *text)
{
	dfut_fail(machine->job->failure, code, "%s: %s", text, dfut_error_get_text(code));
	dfut_hint(machine->job->failure,
		  "unplug the device, plug it in again, and repeat: it comes back as its bootloader "
		  "until its firmware is whole");
	return code;
}

static int broke(const struct machine *machine, int code)
{
	char text[80];

	if (machine->step == STEP_OPEN)
		return fail(machine, code, "the interface of the bootloader can't be opened");
	if (machine->step != STEP_PAGE)
		return fail(machine, code, sinowealth_command_get_name(machine->command));
	snprintf(text, sizeof(text), "%s the page at 0x%04" PRIx64,
		 machine->command == SINOWEALTH_WRITE ? "writing" : "reading", machine->done);
	return fail(machine, code, text);
}

/* What all have. */

static int open_node(const struct machine *machine, struct dfut_next *next)
{
	return dfut_next_open_link(next, DFUT_LINK_HID, machine->job->interface);
}

static int send_command(struct machine *machine, enum step step, enum sinowealth_command command,
			struct dfut_next *next)
{
	machine->command = command;
	machine->step = step;
	sinowealth_put_command(machine->report, command);
	return dfut_next_send_report(next, machine->job->interface, DFUT_REPORT_FEATURE, SINOWEALTH_COMMAND_ID,
				     machine->report, SINOWEALTH_COMMAND_SIZE, TIMEOUT_MS);
}

/* Reading. */

static int ask_for_page(struct machine *machine, struct dfut_next *next)
{
	machine->step = STEP_PAGE;
	dfut_next_content(next, SINOWEALTH_PAGE_REPORT_SIZE - SINOWEALTH_PAGE_SIZE);
	return dfut_next_get_report(next, machine->job->interface, DFUT_REPORT_FEATURE, SINOWEALTH_PAGE_ID,
				    SINOWEALTH_PAGE_REPORT_SIZE, TIMEOUT_MS);
}

static int refuse_page(const struct machine *machine, const char *why)
{
	dfut_fail(machine->job->failure, DFUT_ERROR_PROTOCOL, "reading the page at 0x%04" PRIx64 ": %s", machine->done,
		  why);
	dfut_hint(
		machine->job->failure,
		"if it has firmware that works, start that and repeat: some can be read only when they come from there");
	return DFUT_ERROR_PROTOCOL;
}

static int take_page(struct machine *machine, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	const struct dfut_job *job = machine->job;
	const uint8_t *page = sinowealth_get_page(outcome->data, outcome->result);
	uint64_t left = job->size - machine->done, opcode_at = machine->own->opcode_at - machine->done;
	int result;

	if (!page)
		return refuse_page(machine, "what comes is no page");
	if (machine->own->is_for_people && !machine->done && page[0] != SINOWEALTH_LJMP)
		return refuse_page(machine, "it does not begin as firmware does; the flash is empty, or can't be read");
	memcpy(machine->report, page, SINOWEALTH_PAGE_SIZE);
	if (opcode_at < SINOWEALTH_PAGE_SIZE)
		machine->report[opcode_at] = 0;
	result = job->writer(machine->report, left < SINOWEALTH_PAGE_SIZE ? (size_t)left : SINOWEALTH_PAGE_SIZE,
			     job->writer_data);
	if (result < 0)
		return result;
	machine->done += left < SINOWEALTH_PAGE_SIZE ? left : SINOWEALTH_PAGE_SIZE;
	return result > 0 || machine->done == job->size ? dfut_next_done(next, DFUT_END_STAYS) :
							  ask_for_page(machine, next);
}

static int next_of_reading(void *state, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	struct machine *machine = state;

	if (!outcome)
		return open_node(machine, next);
	if (outcome->result < 0)
		return broke(machine, outcome->result);
	switch (machine->step) {
	case STEP_OPEN:
		if (machine->own->runs)
			return send_command(machine, STEP_ENABLE, SINOWEALTH_ENABLE, next);
		return send_command(machine, STEP_ANNOUNCE, SINOWEALTH_READ, next);
	case STEP_ENABLE:
		return send_command(machine, STEP_ANNOUNCE, SINOWEALTH_READ, next);
	case STEP_ANNOUNCE:
		return ask_for_page(machine, next);
	case STEP_PAGE:
		return take_page(machine, outcome, next);
	case STEP_ERASE:
	case STEP_PAUSE:
	case STEP_REBOOT:
		break;
	}
	return DFUT_ERROR_PROTOCOL;
}

/* Writing. */

static int send_page(struct machine *machine, struct dfut_next *next)
{
	machine->step = STEP_PAGE;
	sinowealth_put_page(machine->report, machine->job->data + machine->done);
	dfut_next_content(next, SINOWEALTH_PAGE_REPORT_SIZE - SINOWEALTH_PAGE_SIZE);
	return dfut_next_send_report(next, machine->job->interface, DFUT_REPORT_FEATURE, SINOWEALTH_PAGE_ID,
				     machine->report, SINOWEALTH_PAGE_REPORT_SIZE, TIMEOUT_MS);
}

static int next_of_writing(void *state, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	struct machine *machine = state;

	if (!outcome)
		return open_node(machine, next);
	if (outcome->result < 0)
		return broke(machine, outcome->result);
	switch (machine->step) {
	case STEP_OPEN:
		return send_command(machine, STEP_ERASE, SINOWEALTH_ERASE, next);
	case STEP_ERASE:
		machine->step = STEP_PAUSE;
		return dfut_next_wait(next, ERASE_MS);
	case STEP_PAUSE:
		return send_command(machine, STEP_ANNOUNCE, SINOWEALTH_WRITE, next);
	case STEP_ANNOUNCE:
		return send_page(machine, next);
	case STEP_PAGE:
		machine->done += SINOWEALTH_PAGE_SIZE;
		return machine->done < machine->job->size ? send_page(machine, next) :
							    dfut_next_done(next, DFUT_END_STAYS);
	case STEP_ENABLE:
	case STEP_REBOOT:
		break;
	}
	return DFUT_ERROR_PROTOCOL;
}

/* Its end. */

static int next_of_enabling(void *state, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	struct machine *machine = state;

	if (!outcome)
		return open_node(machine, next);
	if (outcome->result < 0)
		return broke(machine, outcome->result);
	return machine->step == STEP_OPEN ? send_command(machine, STEP_ENABLE, SINOWEALTH_ENABLE, next) :
					    dfut_next_done(next, DFUT_END_STAYS);
}

/* It resets while it takes the report, which most often fails for that: the bus tells the rest. */
static int next_of_rebooting(void *state, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	struct machine *machine = state;

	if (!outcome)
		return open_node(machine, next);
	if (machine->step == STEP_REBOOT)
		return dfut_next_done(next, DFUT_END_LEAVES);
	return outcome->result < 0 ? broke(machine, outcome->result) :
				     send_command(machine, STEP_REBOOT, SINOWEALTH_REBOOT, next);
}

const struct dfut_machine_ops sinowealth_read_machine = {
	.name = "sinowealth-read",
	.state_size = sizeof(struct machine),
	.begin = begin,
	.next = next_of_reading,
	.progress = progress,
};

const struct dfut_machine_ops sinowealth_write_machine = {
	.name = "sinowealth-write",
	.state_size = sizeof(struct machine),
	.begin = begin,
	.next = next_of_writing,
	.progress = progress,
};

const struct dfut_machine_ops sinowealth_enable_machine = {
	.name = "sinowealth-enable", .state_size = sizeof(struct machine), .begin = begin, .next = next_of_enabling
};

const struct dfut_machine_ops sinowealth_reboot_machine = {
	.name = "sinowealth-reboot", .state_size = sizeof(struct machine), .begin = begin, .next = next_of_rebooting
};
