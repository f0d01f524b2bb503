/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * One command of a drive after the other, host side (Bulk-Only Transport 1.0, 5.3 and 6): 31 bytes out, data, 13 bytes in.
 * Who stalls in the middle is cleared, and says why in the status; a command that failed is asked for its sense. A drive that
 * the system has mounted gets no command: its files are read and written.
 */

#include <stdio.h>

#include "language/uf2/core.h"
#include "language/uf2/machine.h"

#define COMMAND_MS 5000
/* 32 KiB are 16 KiB of flash: four sectors of 4 KiB, or a part of one of 128 KiB, at their worst. */
#define DATA_MS 15000
#define CONTROL_MS 2000
/* A system writes its tables as well, and waits for others who use the drive. */
#define FILE_MS 30000

void uf2_core_begin(struct uf2_core *core, const struct dfut_job *job)
{
	core->job = job;
	core->own = job->own;
}

int uf2_core_open(struct uf2_core *core, struct dfut_next *next)
{
	core->step = UF2_LOOKING;
	return dfut_next_open_volume(next, core->job->interface, core->own->volume);
}

static int begin_command(struct uf2_core *core, const struct uf2_command *command, const uint8_t *out,
			 struct dfut_next *next)
{
	core->command = *command;
	core->out = out;
	core->in_size = 0;
	core->is_moved = false;
	core->has_tried = false;
	core->step = UF2_SENDING;
	uf2_put_command(core->frame, command, ++core->tag);
	return dfut_next_bulk_out(next, core->job->interface, core->own->out, core->frame, sizeof(core->frame),
				  COMMAND_MS);
}

int uf2_core_send(struct uf2_core *core, const struct uf2_command *command, const uint8_t *out, const char *place,
		  struct dfut_next *next)
{
	snprintf(core->place, sizeof(core->place), "%s", place);
	core->has_failed = false;
	core->tolerates = false;
	return begin_command(core, command, out, next);
}

static int fail(const struct uf2_core *core, int code, const char *what)
{
	dfut_fail(core->job->failure, code, "%s: %s", core->place, what);
	if (core->own->hint)
		dfut_hint(core->job->failure, "%s", core->own->hint);
	return code;
}

static int broke(const struct uf2_core *core, int code)
{
	return fail(core, code, code == DFUT_ERROR_DEVICE ? "the drive refuses it (stall)" : dfut_error_get_text(code));
}

/* Opening. */

static int refuse_open(const struct uf2_core *core, int code)
{
	return dfut_fail(core->job->failure, code, "interface %u can't be opened: %s", core->job->interface,
			 dfut_error_get_text(code));
}

/* What the caller has said. */
static int refuse_volume(const struct uf2_core *core, int code)
{
	struct dfut_failure *failure = core->job->failure;
	const char *path = core->own->volume;

	if (code == DFUT_ERROR_NOT_FOUND)
		dfut_fail(failure, code, "there is no drive of %s mounted at %s", core->own->device, path);
	else if (code == DFUT_ERROR_ACCESS)
		dfut_fail(failure, code, "the drive of %s can't be written at %s by this user", core->own->device,
			  path);
	else if (code == DFUT_ERROR_UNSUPPORTED)
		dfut_fail(failure, code, "the drive of %s can't be written by its files here, at %s or elsewhere",
			  core->own->device, path);
	else
		return dfut_fail(failure, code, "the drive of %s can't be opened at %s: %s", core->own->device, path,
				 dfut_error_get_text(code));
	dfut_hint(failure, code == DFUT_ERROR_UNSUPPORTED ?
				   "leave the path out (--volume)" :
				   "mount it there so that this user may write, or leave the path out (--volume)");
	return code;
}

static int looked(struct uf2_core *core, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	core->is_mounted = outcome->result >= 0;
	core->step = core->is_mounted ? UF2_IDLE : UF2_OPENING;
	if (core->is_mounted)
		return 1;
	if (core->own->volume)
		return refuse_volume(core, outcome->result);
	if (outcome->result != DFUT_ERROR_UNSUPPORTED)
		return refuse_open(core, outcome->result);
	return dfut_next_open(next, core->job->interface);
}

static int opened(struct uf2_core *core, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	if (outcome->result < 0)
		return refuse_open(core, outcome->result);
	core->step = UF2_RESETTING;
	return dfut_next_control(next, core->job->interface, UF2_RESET_TYPE, UF2_RESET, 0, core->job->interface, NULL,
				 0, CONTROL_MS);
}

/* A bootloader that does not know the reset (stall) has nothing half done, either. */
static int was_reset(struct uf2_core *core, const struct dfut_outcome *outcome, enum uf2_core_step step,
		     uint8_t endpoint, struct dfut_next *next)
{
	if (outcome->result < 0 && outcome->result != DFUT_ERROR_DEVICE)
		return dfut_fail(core->job->failure, outcome->result, "the drive can't be reset: %s",
				 dfut_error_get_text(outcome->result));
	core->step = step;
	return step == UF2_IDLE ? 1 : dfut_next_clear_halt(next, endpoint, CONTROL_MS);
}

/* A command. */

static int take_status(struct uf2_core *core, struct dfut_next *next)
{
	core->step = UF2_TAKING;
	return dfut_next_bulk_in(next, core->job->interface, core->own->in, UF2_STATUS_SIZE, DATA_MS);
}

static int sent(struct uf2_core *core, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	if (outcome->result < 0)
		return broke(core, outcome->result);
	if (outcome->result != sizeof(core->frame))
		return fail(core, DFUT_ERROR_IO, "the drive took a part of the command");
	if (!core->command.length)
		return take_status(core, next);
	core->step = UF2_MOVING;
	if (core->command.has_content)
		dfut_next_content(next, core->command.content_at);
	if (uf2_is_out(core->command.op))
		return dfut_next_bulk_out(next, core->job->interface, core->own->out, core->out,
					  (uint16_t)core->command.length, DATA_MS);
	return dfut_next_bulk_in(next, core->job->interface, core->own->in, (uint16_t)core->command.length, DATA_MS);
}

static int moved(struct uf2_core *core, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	bool is_out = uf2_is_out(core->command.op);

	if (outcome->result == DFUT_ERROR_DEVICE) {
		core->step = UF2_CLEARING_DATA;
		return dfut_next_clear_halt(next, is_out ? core->own->out : core->own->in, CONTROL_MS);
	}
	if (outcome->result < 0)
		return broke(core, outcome->result);
	if ((uint32_t)outcome->result > core->command.length ||
	    (is_out && (uint32_t)outcome->result < core->command.length))
		return fail(core, DFUT_ERROR_IO, "the drive took a part of the data");
	core->is_moved = is_out;
	core->in_size = is_out ? 0 : (size_t)outcome->result;
	for (size_t i = 0; i < core->in_size; i++)
		core->in[i] = outcome->data[i];
	return take_status(core, next);
}

static int cleared(struct uf2_core *core, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	return outcome->result < 0 ? broke(core, outcome->result) : take_status(core, next);
}

static int ask_why(struct uf2_core *core, struct dfut_next *next)
{
	const struct uf2_command sense = { .op = UF2_OP_REQUEST_SENSE, .length = UF2_SENSE_SIZE };

	core->has_failed = true;
	return begin_command(core, &sense, NULL, next);
}

static int take_sense(struct uf2_core *core)
{
	char text[96], what[128];

	core->step = UF2_IDLE;
	uf2_read_sense(&core->sense, core->in, core->in_size);
	if (core->tolerates)
		return 1;
	uf2_name_sense(&core->sense, text, sizeof(text));
	snprintf(what, sizeof(what), "the drive says \"%s\"", text);
	return fail(core, DFUT_ERROR_DEVICE, what);
}

/* Of reading, all that was asked for has to come. */
static int passed(struct uf2_core *core)
{
	bool is_short = core->command.op == UF2_OP_READ && core->in_size < core->command.length;

	core->step = UF2_IDLE;
	if (uf2_is_out(core->command.op) ? !core->is_moved : is_short)
		return fail(core, DFUT_ERROR_PROTOCOL, "the drive says that it is done, and it is not");
	return 1;
}

static int taken(struct uf2_core *core, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	enum uf2_status status;

	if (outcome->result == DFUT_ERROR_DEVICE && !core->has_tried) {
		core->has_tried = true;
		core->step = UF2_CLEARING_STATUS;
		return dfut_next_clear_halt(next, core->own->in, CONTROL_MS);
	}
	if (outcome->result < 0)
		return broke(core, outcome->result);
	if (!uf2_read_status(&status, outcome->data, (size_t)outcome->result, core->tag))
		return fail(core, DFUT_ERROR_PROTOCOL, "what came in place of the drive's status is none");
	if (status == UF2_STATUS_PASSED)
		return core->command.op == UF2_OP_REQUEST_SENSE ? take_sense(core) : passed(core);
	if (status == UF2_STATUS_PHASE_ERROR || core->command.op == UF2_OP_REQUEST_SENSE)
		return fail(core, DFUT_ERROR_DEVICE, "the drive has lost its way");
	return ask_why(core, next);
}

/* Files. What the loader had of a part that failed is not known: the bus tells. */

int uf2_core_move(struct uf2_core *core, enum uf2_op op, const char *file, uint32_t offset, uint32_t length,
		  const uint8_t *out, const char *place, struct dfut_next *next)
{
	snprintf(core->place, sizeof(core->place), "%s", place);
	core->command = (struct uf2_command){ .op = op, .length = length };
	core->has_failed = false;
	core->tolerates = false;
	core->in_size = 0;
	core->is_moved = out != NULL;
	core->step = UF2_FILE;
	if (strcmp(file, UF2_FILE_CURRENT) == 0 || out)
		dfut_next_content(next, 0);
	return out ? dfut_next_write_file(next, core->job->interface, file, offset, out, (uint16_t)length, FILE_MS) :
		     dfut_next_read_file(next, core->job->interface, file, offset, (uint16_t)length, FILE_MS);
}

static int file_moved(struct uf2_core *core, const struct dfut_outcome *outcome)
{
	core->step = UF2_IDLE;
	if (outcome->result == DFUT_ERROR_UNSUPPORTED && core->tolerates) {
		core->has_failed = true;
		return 1;
	}
	if (outcome->result == DFUT_ERROR_UNSUPPORTED)
		return fail(core, DFUT_ERROR_MISMATCH, "it is not on the drive");
	if (outcome->result < 0)
		return broke(core, outcome->result);
	if ((uint32_t)outcome->result > core->command.length)
		return fail(core, DFUT_ERROR_IO, "more came than was asked for");
	for (; !core->is_moved && core->in_size < (size_t)outcome->result; core->in_size++)
		core->in[core->in_size] = outcome->data[core->in_size];
	return 1;
}

int uf2_core_run(struct uf2_core *core, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	switch (core->step) {
	case UF2_CLOSED:
		return uf2_core_open(core, next);
	case UF2_LOOKING:
		return looked(core, outcome, next);
	case UF2_OPENING:
		return opened(core, outcome, next);
	case UF2_RESETTING:
		return was_reset(core, outcome, UF2_CLEARING_IN, core->own->in, next);
	case UF2_CLEARING_IN:
		return was_reset(core, outcome, UF2_CLEARING_OUT, core->own->out, next);
	case UF2_CLEARING_OUT:
		return was_reset(core, outcome, UF2_IDLE, 0, next);
	case UF2_IDLE:
		return 1;
	case UF2_SENDING:
		return sent(core, outcome, next);
	case UF2_MOVING:
		return moved(core, outcome, next);
	case UF2_CLEARING_DATA:
	case UF2_CLEARING_STATUS:
		return cleared(core, outcome, next);
	case UF2_TAKING:
		return taken(core, outcome, next);
	case UF2_FILE:
		return file_moved(core, outcome);
	}
	return DFUT_ERROR_PROTOCOL;
}
