/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * One command of PICOBOOT after the other, host side (pico-bootrom-rp2040, usb_boot_device.c): 32 bytes out, data, and an
 * empty packet the other way. A failure halts the endpoints: then the status says why, and a reset of the interface ends it.
 */

#include <inttypes.h>
#include <stdio.h>

#include "language/picoboot/core.h"
#include "language/picoboot/machine.h"

/* As picotool gives it; the erase of a sector takes up to 400 ms, a page 3 ms. */
#define COMMAND_MS 3000
#define DATA_MS 10000
#define CONTROL_MS 1000
/* An acknowledgement is an empty packet; there is room for one that is not. */
#define PACKET_SIZE 64
#define FIRST_TOKEN 1

void picoboot_core_begin(struct picoboot_core *core, const struct dfut_job *job)
{
	core->job = job;
	core->own = job->own;
	core->token = FIRST_TOKEN;
}

int picoboot_core_open(struct picoboot_core *core, struct dfut_next *next)
{
	core->step = PICOBOOT_OPENING;
	return dfut_next_open(next, core->job->interface);
}

static int reset(const struct picoboot_core *core, struct dfut_next *next)
{
	return dfut_next_control(next, core->job->interface, PICOBOOT_RESET_TYPE, PICOBOOT_RESET, 0,
				 core->job->interface, NULL, 0, CONTROL_MS);
}

int picoboot_core_send(struct picoboot_core *core, const struct picoboot_command *command, const uint8_t *out,
		       struct dfut_next *next)
{
	core->command = *command;
	core->out = out;
	core->address = dfut_le32(command->arguments);
	core->in_size = 0;
	core->step = PICOBOOT_SENDING;
	picoboot_put_command(core->frame, command, ++core->token);
	return dfut_next_bulk_out(next, core->job->interface, core->own->out, core->frame, sizeof(core->frame),
				  COMMAND_MS);
}

/* Words. */

static void tell_place(const struct picoboot_core *core, char *text, size_t size)
{
	switch (core->command.op) {
	case PICOBOOT_OP_EXCLUSIVE:
		snprintf(text, size, "asking for exclusive access");
		break;
	case PICOBOOT_OP_REBOOT:
	case PICOBOOT_OP_REBOOT2:
		snprintf(text, size, "restarting it");
		break;
	case PICOBOOT_OP_ERASE:
		snprintf(text, size, "erasing the sector at 0x%08" PRIx32, core->address);
		break;
	case PICOBOOT_OP_WRITE:
		snprintf(text, size, "writing the sector at 0x%08" PRIx32, core->address);
		break;
	case PICOBOOT_OP_EXIT_XIP:
		snprintf(text, size, "preparing the flash");
		break;
	case PICOBOOT_OP_READ:
		snprintf(text, size, "reading at 0x%08" PRIx32, core->address);
		break;
	case PICOBOOT_OP_GET_INFO:
		snprintf(text, size, "asking what it has");
		break;
	}
}

static void hint_again(const struct picoboot_core *core)
{
	if (core->command.op == PICOBOOT_OP_ERASE || core->command.op == PICOBOOT_OP_WRITE)
		dfut_hint(core->job->failure,
			  "run it again: it writes what is missing; the bootloader is in ROM, and stays");
}

static int tell(struct picoboot_core *core, const char *what)
{
	char place[64];

	tell_place(core, place, sizeof(place));
	core->is_told = true;
	dfut_fail(core->job->failure, core->code, "%s: %s", place, what);
	hint_again(core);
	return core->code;
}

static void tell_status(struct picoboot_core *core, const struct picoboot_status *status)
{
	char name[64], what[96];

	/* Of another command, or of none. */
	if (status->token != core->token || status->code == PICOBOOT_STATUS_OK)
		return;
	picoboot_name_status(status->code, name, sizeof(name));
	snprintf(what, sizeof(what), "the bootloader says \"%s\"", name);
	tell(core, what);
	if (picoboot_get_status_hint(status->code))
		dfut_hint(core->job->failure, "%s", picoboot_get_status_hint(status->code));
}

/* Failing. */

static int fail(struct picoboot_core *core, int code, const char *what, struct dfut_next *next)
{
	core->code = code;
	if (code == DFUT_ERROR_GONE)
		return tell(core, what);
	if (what)
		tell(core, what);
	core->step = PICOBOOT_ASKING;
	return dfut_next_control(next, core->job->interface, PICOBOOT_STATUS_TYPE, PICOBOOT_STATUS, 0,
				 core->job->interface, NULL, PICOBOOT_STATUS_SIZE, CONTROL_MS);
}

int picoboot_core_give_up(struct picoboot_core *core, int code, struct dfut_next *next)
{
	core->code = code;
	core->is_told = true;
	core->step = PICOBOOT_GIVING_UP;
	return reset(core, next);
}

static int broke(struct picoboot_core *core, int code, struct dfut_next *next)
{
	/* The status says more than that. */
	if (code == DFUT_ERROR_DEVICE)
		return fail(core, code, NULL, next);
	return fail(core, code, dfut_error_get_text(code), next);
}

static int take_status(struct picoboot_core *core, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	struct picoboot_status status;

	if (outcome->result > 0 && picoboot_read_status(&status, outcome->data, (size_t)outcome->result))
		tell_status(core, &status);
	if (!core->is_told)
		tell(core, "the bootloader halts, and does not say why");
	core->step = PICOBOOT_CLEARING_IN;
	return dfut_next_clear_halt(next, core->own->in, CONTROL_MS);
}

/* Steps. */

static int opened(struct picoboot_core *core, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	if (outcome->result < 0)
		return dfut_fail(core->job->failure, outcome->result, "interface %u can't be opened: %s",
				 core->job->interface, dfut_error_get_text(outcome->result));
	core->step = PICOBOOT_IDLE;
	if (!core->own->is_first)
		return 1;
	core->step = PICOBOOT_RESETTING;
	return reset(core, next);
}

static int was_reset(struct picoboot_core *core, const struct dfut_outcome *outcome)
{
	if (outcome->result < 0)
		return dfut_fail(core->job->failure, outcome->result,
				 "the interface can't be reset, as PICOBOOT's can: %s",
				 dfut_error_get_text(outcome->result));
	core->step = PICOBOOT_IDLE;
	return 1;
}

static int acknowledge(struct picoboot_core *core, struct dfut_next *next)
{
	core->step = PICOBOOT_ACKNOWLEDGING;
	if (core->command.length && picoboot_is_in(core->command.op))
		return dfut_next_bulk_out(next, core->job->interface, core->own->out, NULL, 0, COMMAND_MS);
	return dfut_next_bulk_in(next, core->job->interface, core->own->in, PACKET_SIZE, COMMAND_MS);
}

static int sent(struct picoboot_core *core, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	if (outcome->result < 0)
		return broke(core, outcome->result, next);
	if (outcome->result != sizeof(core->frame))
		return fail(core, DFUT_ERROR_IO, "the device took a part of the command", next);
	if (!core->command.length)
		return acknowledge(core, next);
	core->step = PICOBOOT_MOVING;
	/* A word of the ROM tells which chip it is. */
	if ((core->command.op == PICOBOOT_OP_WRITE || core->command.op == PICOBOOT_OP_READ) &&
	    core->command.length > PICOBOOT_CHIP_SIZE)
		dfut_next_content(next, 0);
	if (picoboot_is_in(core->command.op))
		return dfut_next_bulk_in(next, core->job->interface, core->own->in, (uint16_t)core->command.length,
					 DATA_MS);
	return dfut_next_bulk_out(next, core->job->interface, core->own->out, core->out, (uint16_t)core->command.length,
				  DATA_MS);
}

static int moved(struct picoboot_core *core, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	bool may_be_short = core->command.op == PICOBOOT_OP_GET_INFO;

	if (outcome->result < 0)
		return broke(core, outcome->result, next);
	if ((uint32_t)outcome->result > core->command.length ||
	    ((uint32_t)outcome->result < core->command.length && !may_be_short))
		return fail(core, DFUT_ERROR_IO, "the data ended early", next);
	if (picoboot_is_in(core->command.op)) {
		core->in_size = (size_t)outcome->result;
		for (size_t i = 0; i < core->in_size; i++)
			core->in[i] = outcome->data[i];
	}
	return acknowledge(core, next);
}

static int acknowledged(struct picoboot_core *core, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	if (outcome->result < 0)
		return broke(core, outcome->result, next);
	if (outcome->result > 0)
		return fail(core, DFUT_ERROR_PROTOCOL, "data came in place of the acknowledgement", next);
	core->step = PICOBOOT_IDLE;
	return 1;
}

int picoboot_core_run(struct picoboot_core *core, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	switch (core->step) {
	case PICOBOOT_CLOSED:
		return picoboot_core_open(core, next);
	case PICOBOOT_OPENING:
		return opened(core, outcome, next);
	case PICOBOOT_RESETTING:
		return was_reset(core, outcome);
	case PICOBOOT_IDLE:
		return 1;
	case PICOBOOT_SENDING:
		return sent(core, outcome, next);
	case PICOBOOT_MOVING:
		return moved(core, outcome, next);
	case PICOBOOT_ACKNOWLEDGING:
		return acknowledged(core, outcome, next);
	case PICOBOOT_ASKING:
		return take_status(core, outcome, next);
	case PICOBOOT_CLEARING_IN:
		core->step = PICOBOOT_CLEARING_OUT;
		return dfut_next_clear_halt(next, core->own->out, CONTROL_MS);
	case PICOBOOT_CLEARING_OUT:
		core->step = PICOBOOT_GIVING_UP;
		return reset(core, next);
	case PICOBOOT_GIVING_UP:
		return core->code;
	}
	return DFUT_ERROR_PROTOCOL;
}
