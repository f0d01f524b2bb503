/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Reading, writing and leaving by Atmel's FLIP. What is written must have been erased before, the whole chip at once; where it
 * may be empty already it is asked for that first. Drawing: docs/protocols/atmel-flip.md.
 */

#include <inttypes.h>
#include <stdio.h>

#include "language/atmel-flip/machine.h"

#define STATUS_NOT_ERASED 0x05
#define LEAVE_TIMEOUT_MS 1000

static int begin(void *state, const struct dfut_job *job)
{
	return flip_begin(state, job);
}

/* Reading. */

struct flip_read {
	struct flip flip;
	bool is_reading;
	struct flip_range piece;
};

/* LUFA's gives whole words of flash: what is in front of the piece and behind it is left out. */
static int take_piece(struct flip_read *read, const struct dfut_outcome *outcome)
{
	struct flip *flip = &read->flip;
	int result = flip->job->writer(outcome->data + read->piece.address % 2, read->piece.size,
				       flip->job->writer_data);

	if (result < 0)
		return result;
	read->is_reading = false;
	flip_piece_is_done(flip, read->piece.size);
	return 0;
}

static int read_next(void *state, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	struct flip_read *read = state;
	struct flip *flip = &read->flip;
	int result = flip_carry_on(flip, outcome, next);
	uint32_t lead, size;

	if (result != 1)
		return result;
	if (read->is_reading) {
		result = take_piece(read, outcome);
		if (result < 0)
			return result;
	}
	if (!flip_get_piece(flip, &read->piece))
		return dfut_next_done(next, DFUT_END_STAYS);
	result = flip_select(flip, flip->own->unit, read->piece.address, next);
	if (result != 1)
		return result;
	lead = read->piece.address % 2;
	size = (lead + read->piece.size + 1) / 2 * 2;
	read->is_reading = true;
	flip_put_read(&flip->message, flip->is_two, flip->own->unit, read->piece.address - lead, size);
	return flip_send_at(flip, "reading", read->piece.address - lead, (uint16_t)size, next);
}

const struct dfut_machine_ops flip_read_machine = {
	.name = "flip-read",
	.state_size = sizeof(struct flip_read),
	.begin = begin,
	.next = read_next,
	.progress = flip_progress,
};

/* Writing. */

enum write_step {
	WRITE_BEGIN,
	WRITE_PROBE, /* whether it is empty already */
	WRITE_ERASE,
	WRITE_CHECK, /* whether it is now */
	WRITE_FIND,  /* where it is not */
	WRITE_PIECES,
};

struct flip_write {
	struct flip flip;
	enum write_step step;
	bool is_under_way; /* a command of this step */
	uint32_t checked;  /* bytes */
	uint32_t size;	   /* of what is under way */
};

static int write_on(struct flip_write *write, struct dfut_next *next);

static int enter(struct flip_write *write, enum write_step step, struct dfut_next *next)
{
	write->step = step;
	write->is_under_way = false;
	write->checked = 0;
	return write_on(write, next);
}

/* LUFA's looks at all of its flash, whatever it was asked for. */
static uint32_t get_check_size(const struct flip_write *write)
{
	uint32_t left = write->flip.own->check.size - write->checked;
	uint32_t room = FLIP_PAGE_SIZE - (write->flip.own->check.address + write->checked) % FLIP_PAGE_SIZE;

	return left < room ? left : room;
}

static int check_blank(struct flip_write *write, struct dfut_next *next)
{
	struct flip *flip = &write->flip;
	uint32_t address = flip->own->check.address + write->checked;
	int result = flip_select(flip, flip->own->unit, address, next);

	if (result != 1)
		return result;
	write->size = get_check_size(write);
	write->is_under_way = true;
	flip_put_blank_check(&flip->message, address, write->size);
	result = flip_send_at(flip, "looking whether it is empty", address, 0, next);
	flip->may_differ = true;
	return result;
}

static int erase(struct flip_write *write, struct dfut_next *next)
{
	write->is_under_way = true;
	flip_put_erase(&write->flip.message);
	return flip_send(&write->flip, "erasing the chip", 0, next);
}

static int write_piece(struct flip_write *write, struct dfut_next *next)
{
	struct flip *flip = &write->flip;
	struct flip_range piece;
	int result;

	if (!flip_get_piece(flip, &piece))
		return dfut_next_done(next, DFUT_END_STAYS);
	result = flip_select(flip, flip->own->unit, piece.address, next);
	if (result != 1)
		return result;
	write->size = piece.size;
	write->is_under_way = true;
	flip_put_program(&flip->message, flip->is_two, flip->own->unit, piece.address, piece.data, piece.size);
	return flip_send_at(flip, "writing", piece.address, 0, next);
}

/* The next command of the step; while none is under way, the device is ready for one. */
static int write_on(struct flip_write *write, struct dfut_next *next)
{
	switch (write->step) {
	case WRITE_BEGIN:
		return enter(write,
			     !write->flip.own->erases	   ? WRITE_PIECES :
			     write->flip.own->may_be_blank ? WRITE_PROBE :
							     WRITE_ERASE,
			     next);
	case WRITE_PROBE:
	case WRITE_CHECK:
		return check_blank(write, next);
	case WRITE_ERASE:
		return erase(write, next);
	case WRITE_FIND:
	case WRITE_PIECES:
		break;
	}
	return write_piece(write, next);
}

static int checked(struct flip_write *write, struct dfut_next *next)
{
	struct flip *flip = &write->flip;
	bool is_blank = flip->status.status != STATUS_NOT_ERASED;

	/* The 64 KiB in which it has stopped are selected now. */
	flip->page = -1;
	if (!is_blank && write->step == WRITE_PROBE) {
		write->step = WRITE_ERASE;
		write->is_under_way = false;
		return flip_recover(flip, next);
	}
	if (!is_blank) {
		write->step = WRITE_FIND;
		return flip_fetch(flip, 2, next);
	}
	write->checked += flip->own->answers->is_lufa ? flip->own->check.size : write->size;
	write->is_under_way = false;
	return write->checked < flip->own->check.size ? check_blank(write, next) : enter(write, WRITE_PIECES, next);
}

/* The address's bytes are big-endian, LUFA's little-endian. */
static int not_erased(const struct flip_write *write, const struct dfut_outcome *outcome)
{
	const struct flip *flip = &write->flip;
	const uint8_t *bytes = outcome->data;
	unsigned int offset = flip->own->answers->is_lufa ? dfut_le16(bytes) : (unsigned int)(bytes[0] << 8 | bytes[1]);

	dfut_fail(
		flip->job->failure, DFUT_ERROR_DEVICE,
		"the chip was erased, and is not empty: the first byte that is not 0xff is at 0x%04x, in the 64 KiB at "
		"0x%05" PRIx32,
		offset, flip->address - flip->address % FLIP_PAGE_SIZE);
	dfut_hint(flip->job->failure, "repeat; if it happens again, the flash is worn out, or lock bits protect it");
	return DFUT_ERROR_DEVICE;
}

static int write_next(void *state, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	struct flip_write *write = state;
	int result = flip_carry_on(&write->flip, outcome, next);

	if (result != 1)
		return result;
	if (!write->is_under_way)
		return write_on(write, next);
	switch (write->step) {
	case WRITE_PROBE:
	case WRITE_CHECK:
		return checked(write, next);
	case WRITE_ERASE:
		flip_forget_selection(&write->flip);
		return enter(write, WRITE_CHECK, next);
	case WRITE_FIND:
		return not_erased(write, outcome);
	case WRITE_PIECES:
		write->is_under_way = false;
		flip_piece_is_done(&write->flip, write->size);
		break;
	case WRITE_BEGIN:
		break;
	}
	return write_on(write, next);
}

const struct dfut_machine_ops flip_write_machine = {
	.name = "flip-write",
	.state_size = sizeof(struct flip_write),
	.begin = begin,
	.next = write_next,
	.progress = flip_progress,
};

/* Leaving: the watchdog resets the part. Atmel's waits for a DNLOAD without data before; LUFA's does not, and takes it. */

enum leave_step {
	LEAVE_READY,
	LEAVE_SENT,
	LEAVE_REFUSED,
	LEAVE_ENDED,
};

struct flip_leave {
	struct flip flip;
	enum leave_step step;
};

static int send_start(struct flip_leave *leave, struct dfut_next *next)
{
	int result;

	leave->step = LEAVE_SENT;
	flip_put_start(&leave->flip.message);
	result = flip_send(&leave->flip, "starting the application", 0, next);
	next->action.timeout_ms = LEAVE_TIMEOUT_MS;
	return result;
}

/* Only a stall is a no. */
static int judge_start(struct flip_leave *leave, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	struct flip *flip = &leave->flip;

	if (outcome->result == DFUT_ERROR_DEVICE && !flip->own->has_written) {
		leave->step = LEAVE_REFUSED;
		return flip_carry_on(flip, outcome, next);
	}
	leave->step = LEAVE_ENDED;
	if (outcome->result < 0)
		return dfut_next_done(next, DFUT_END_GONE);
	return flip_out(flip, next, DFU_DNLOAD, NULL, 0, LEAVE_TIMEOUT_MS);
}

static int leave_next(void *state, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	struct flip_leave *leave = state;
	int result;

	switch (leave->step) {
	case LEAVE_READY:
		result = flip_carry_on(&leave->flip, outcome, next);
		return result == 1 ? send_start(leave, next) : result;
	case LEAVE_SENT:
		return judge_start(leave, outcome, next);
	case LEAVE_REFUSED:
		result = flip_carry_on(&leave->flip, outcome, next);
		if (result < 0)
			dfut_hint(leave->flip.job->failure,
				  "unplug the device and plug it in again: that starts it, too");
		return result;
	case LEAVE_ENDED:
		break;
	}
	return dfut_next_done(next, DFUT_END_GONE);
}

const struct dfut_machine_ops flip_leave_machine = {
	.name = "flip-leave",
	.state_size = sizeof(struct flip_leave),
	.begin = begin,
	.next = leave_next,
};
