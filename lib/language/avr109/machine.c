/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Reading, writing and leaving by AVR109. A block that is written erases its page before, so that whatever was not answered is
 * simply done again. What a byte too few or too many has spoilt shows only when all is read back: then it is written again.
 * Drawing: docs/protocols/avr109.md.
 */

#include <inttypes.h>
#include <string.h>

#include "language/avr109/machine.h"

#define ADDRESS_MS 500
#define COMMAND_MS 500
#define READ_MS 1000
/* A page takes 10 ms, 32 bytes of EEPROM 4 ms each */
#define WRITE_MS 2000

static int set_address(struct avr109 *avr, uint32_t address, struct dfut_next *next)
{
	avr109_put_address(&avr->message, avr->own->memory, address);
	return avr109_ask_at(avr, "setting the address", address, AVR109_REPLY_ACK, 0, ADDRESS_MS, next);
}

static int read_block(struct avr109 *avr, uint32_t address, uint16_t size, struct dfut_next *next)
{
	avr109_put_read(&avr->message, avr->own->memory, size);
	avr109_ask_at(avr, "reading", address, AVR109_REPLY_BYTES, size, READ_MS, next);
	return dfut_port_mark(&avr->port, false, 0, next);
}

/* Reading. */

struct avr109_read {
	struct avr109_questions asking;
	bool is_asked;
	bool is_reading;
	bool is_placed; /* the bootloader's address is that of what comes next */
	uint32_t done;
};

static void read_progress(const void *state, uint64_t *done, uint64_t *total)
{
	const struct avr109_read *read = state;

	*done = read->done;
	*total = read->asking.avr.own->size;
}

/* Of flash, whole words are read: what is in front of the first byte is left out. */
static uint32_t get_lead(const struct avr109_read *read)
{
	const struct avr109_job *own = read->asking.avr.own;

	return own->memory == AVR109_FLASH ? (own->address + read->done) % 2 : 0;
}

static int read_on(struct avr109_read *read, struct dfut_next *next)
{
	struct avr109 *avr = &read->asking.avr;
	const struct avr109_job *own = avr->own;
	uint32_t lead = get_lead(read), address = own->address + read->done - lead,
		 left = own->size - read->done + lead;

	if (read->done == own->size)
		return dfut_next_done(next, DFUT_END_STAYS);
	read->is_reading = read->is_placed;
	if (!read->is_placed)
		return set_address(avr, address, next);
	if (own->memory == AVR109_FLASH)
		left = (left + 1) / 2 * 2;
	return read_block(avr, address, left < own->unit ? (uint16_t)left : own->unit, next);
}

static int take_block(struct avr109_read *read)
{
	const struct avr109 *avr = &read->asking.avr;
	uint32_t lead = get_lead(read), left = avr->own->size - read->done, size = avr->size - lead;
	int result;

	size = size < left ? size : left;
	result = avr->job->writer(avr->answer + lead, size, avr->job->writer_data);
	read->done += size;
	return result < 0 ? result : 0;
}

static int ask_first(struct avr109_read *read, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	const struct avr109_job *own = read->asking.avr.own;
	int result = avr109_questions_run(&read->asking, outcome, next);

	if (result != 1)
		return result;
	read->is_asked = true;
	result = own->settle(own->settle_data);
	return result < 0 ? result : read_on(read, next);
}

static int read_next(void *state, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	struct avr109_read *read = state;
	struct avr109 *avr = &read->asking.avr;
	int result;

	if (!read->is_asked)
		return ask_first(read, outcome, next);
	result = avr109_run(avr, outcome, next);
	if (result != 1)
		return result;
	if (!avr->has_answer) {
		read->is_placed = false;
	} else if (!read->is_reading) {
		read->is_placed = true;
	} else {
		result = take_block(read);
		if (result < 0)
			return result;
		read->is_placed = avr->own->answers->has_increment;
		avr109_is_done(avr);
	}
	return read_on(read, next);
}

const struct dfut_machine_ops avr109_read_machine = {
	.name = "avr109-read",
	.state_size = sizeof(struct avr109_read),
	.begin = avr109_begin,
	.next = read_next,
	.progress = read_progress,
};

/* Writing. */

enum write_step {
	WRITE_ENTER,
	WRITE_ERASE,
	WRITE_BLANK,
	WRITE_UNITS,
	WRITE_CHECK,
};

struct avr109_write {
	struct avr109 avr;
	enum write_step step;
	bool is_moving; /* what is under way is no address */
	bool is_placed; /* the bootloader's address is this one: */
	uint32_t place;
	uint32_t at; /* address of the unit that is next */
	unsigned int rounds;
	bool has_seen; /* this unit, as: */
	uint8_t seen[AVR109_BLOCK_MAX];
	bool differs; /* what was read back in this round, first at: */
	uint32_t differs_at;
	uint8_t differs_as;
	uint64_t done;
	uint64_t total;
};

static uint64_t count_bytes(const struct avr109_job *own, const bool *blocks)
{
	uint64_t bytes = 0;

	for (size_t i = 0; blocks && i < own->content->blocks.count; i++)
		bytes += blocks[i] ? own->content->blocks.size : 0;
	return bytes;
}

static int write_begin(void *state, const struct dfut_job *job)
{
	struct avr109_write *write = state;

	avr109_begin(&write->avr, job);
	write->total = count_bytes(write->avr.own, write->avr.own->pending) +
		       count_bytes(write->avr.own, write->avr.own->checked);
	return 0;
}

static void write_progress(const void *state, uint64_t *done, uint64_t *total)
{
	const struct avr109_write *write = state;

	*done = write->done < write->total ? write->done : write->total;
	*total = write->total;
}

/* From the next unit on, of these blocks: false if there is none. */
static bool find_unit(struct avr109_write *write, const bool *blocks)
{
	const struct dfut_blocks *content = &write->avr.own->content->blocks;

	for (size_t i = write->at / content->size; blocks && i < content->count; i++) {
		if (blocks[i])
			return true;
		write->at = (uint32_t)(i + 1) * content->size;
	}
	return false;
}

static int write_on(struct avr109_write *write, struct dfut_next *next);

static int enter(struct avr109_write *write, enum write_step step, struct dfut_next *next)
{
	write->step = step;
	write->at = 0;
	return write_on(write, next);
}

/* Gets there, and then says so: 1, or 0 with *next filled in. */
static int go_to(struct avr109_write *write, uint32_t address, struct dfut_next *next)
{
	write->is_moving = !write->is_placed || write->place != address;
	if (!write->is_moving)
		return 1;
	write->is_placed = false;
	write->place = address;
	return set_address(&write->avr, address, next);
}

static int write_unit(struct avr109_write *write, const uint8_t *data, struct dfut_next *next)
{
	struct avr109 *avr = &write->avr;
	int result = go_to(write, write->at, next);

	if (result != 1)
		return result;
	avr109_put_write(&avr->message, avr->own->memory, data, avr->own->unit);
	avr109_ask_at(avr, "writing", write->at, AVR109_REPLY_ACK, 0, WRITE_MS, next);
	return dfut_port_mark(&avr->port, true, AVR109_HEADER_SIZE, next);
}

static int fail_verify(const struct avr109_write *write)
{
	const struct avr109 *avr = &write->avr;

	dfut_fail(avr->job->failure, DFUT_ERROR_VERIFY,
		  "read back differs at 0x%05" PRIx32 ": 0x%02x was written, 0x%02x is there", write->differs_at,
		  avr->own->content->blocks.data[write->differs_at], write->differs_as);
	dfut_hint(avr->job->failure,
		  "it was written %u times: repeat; if it happens again, the memory is worn out, or "
		  "lock bits protect it",
		  write->rounds + 1);
	return DFUT_ERROR_VERIFY;
}

static int end_round(struct avr109_write *write, struct dfut_next *next)
{
	if (!write->differs || !write->avr.own->rounds)
		return dfut_next_done(next, DFUT_END_STAYS);
	if (write->rounds == write->avr.own->rounds)
		return fail_verify(write);
	write->rounds++;
	write->differs = false;
	return enter(write, WRITE_UNITS, next);
}

static int check_unit(struct avr109_write *write, struct dfut_next *next)
{
	int result;

	if (!find_unit(write, write->avr.own->checked))
		return end_round(write, next);
	result = go_to(write, write->at, next);
	return result == 1 ? read_block(&write->avr, write->at, write->avr.own->unit, next) : result;
}

/* The next command of the step; while none is under way, the bootloader is ready for one. */
static int write_on(struct avr109_write *write, struct dfut_next *next)
{
	struct avr109 *avr = &write->avr;

	write->is_moving = false;
	switch (write->step) {
	case WRITE_ENTER:
		avr109_put_command(&avr->message, AVR109_ENTER);
		return avr109_ask(avr, "beginning", AVR109_REPLY_ANY, 0, COMMAND_MS, next);
	case WRITE_ERASE:
		if (!avr->own->erases)
			return enter(write, WRITE_BLANK, next);
		avr109_put_command(&avr->message, AVR109_ERASE);
		return avr109_ask(avr, "erasing the flash", AVR109_REPLY_ACK, 0, avr->own->erase_ms, next);
	case WRITE_BLANK:
		return avr->own->blanks ? write_unit(write, NULL, next) : enter(write, WRITE_UNITS, next);
	case WRITE_UNITS:
		return find_unit(write, avr->own->pending) ?
			       write_unit(write, avr->own->content->blocks.data + write->at, next) :
			       enter(write, WRITE_CHECK, next);
	case WRITE_CHECK:
		break;
	}
	return check_unit(write, next);
}

/* The bootloader's address has advanced. */
static void advance(struct avr109_write *write)
{
	write->place = write->at + write->avr.own->unit;
	write->is_placed = write->avr.own->answers->has_increment;
	avr109_is_done(&write->avr);
}

static void next_unit(struct avr109_write *write)
{
	write->at += write->avr.own->unit;
	write->done += write->avr.own->unit;
	write->has_seen = false;
}

static int written(struct avr109_write *write, struct dfut_next *next)
{
	const struct avr109_job *own = write->avr.own;
	size_t block = write->at / own->content->blocks.size;

	advance(write);
	next_unit(write);
	if (write->at % own->content->blocks.size == 0)
		own->pending[block] = false;
	return write_on(write, next);
}

/* Of what is there, what is not as it is to be; what the image has not becomes what is there. */
static void judge_unit(struct avr109_write *write)
{
	const struct avr109 *avr = &write->avr;
	const struct avr109_job *own = avr->own;
	uint8_t *data = own->content->blocks.data;

	for (uint32_t i = 0, at = write->at; i < own->unit; i++, at++) {
		if (own->merges && !own->content->covered[at])
			data[at] = avr->answer[i];
		if (data[at] == avr->answer[i])
			continue;
		own->pending[at / own->content->blocks.size] = true;
		if (write->differs)
			continue;
		write->differs = true;
		write->differs_at = at;
		write->differs_as = avr->answer[i];
	}
}

/* Flash is compared before it is written: who reads wrong then writes a page more, and nothing worse. */
static bool takes_any(const struct avr109_job *own)
{
	return own->rounds == 0 && !own->merges;
}

/* What is not as it is to be may have been read wrong: it counts once it was read so twice. */
static int checked(struct avr109_write *write, struct dfut_next *next)
{
	struct avr109 *avr = &write->avr;
	uint16_t unit = avr->own->unit;
	bool is_right = memcmp(avr->answer, avr->own->content->blocks.data + write->at, unit) == 0;
	bool is_sure = takes_any(avr->own) || (write->has_seen && memcmp(avr->answer, write->seen, unit) == 0);

	if (!is_right && !is_sure) {
		bool is_second = write->has_seen;

		memcpy(write->seen, avr->answer, unit);
		write->has_seen = true;
		write->is_placed = false;
		return is_second ? avr109_doubt(avr, "it reads otherwise each time", next) : write_on(write, next);
	}
	judge_unit(write);
	advance(write);
	next_unit(write);
	return write_on(write, next);
}

static int write_next(void *state, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	struct avr109_write *write = state;
	int result = avr109_run(&write->avr, outcome, next);

	if (result != 1)
		return result;
	if (!write->avr.has_answer) {
		write->is_placed = false;
		return write_on(write, next);
	}
	if (write->is_moving) {
		write->is_placed = true;
		return write_on(write, next);
	}
	switch (write->step) {
	case WRITE_ENTER:
		avr109_is_done(&write->avr);
		return enter(write, WRITE_ERASE, next);
	case WRITE_ERASE:
		avr109_is_done(&write->avr);
		return enter(write, WRITE_BLANK, next);
	case WRITE_BLANK:
		advance(write);
		return enter(write, WRITE_UNITS, next);
	case WRITE_UNITS:
		return written(write, next);
	case WRITE_CHECK:
		break;
	}
	return checked(write, next);
}

const struct dfut_machine_ops avr109_write_machine = {
	.name = "avr109-write",
	.state_size = sizeof(struct avr109_write),
	.begin = write_begin,
	.next = write_next,
	.progress = write_progress,
};

/* Leaving. Some leave before what they answer has been fetched. */

enum leave_step {
	LEAVE_FINISH,
	LEAVE_EXIT,
};

struct avr109_leave {
	struct avr109 avr;
	enum leave_step step;
};

static int leave_on(struct avr109_leave *leave, struct dfut_next *next)
{
	struct avr109 *avr = &leave->avr;
	bool is_exit = leave->step == LEAVE_EXIT;

	avr109_put_command(&avr->message, is_exit ? AVR109_EXIT : AVR109_FINISH);
	return avr109_ask(avr, is_exit ? "starting the program" : "ending",
			  is_exit ? AVR109_REPLY_ACK : AVR109_REPLY_ANY, 0, COMMAND_MS, next);
}

static int leave_next(void *state, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	struct avr109_leave *leave = state;
	struct avr109 *avr = &leave->avr;
	int result = avr109_run(avr, outcome, next);

	/* It does so by itself, too. */
	if (result == DFUT_ERROR_GONE) {
		dfut_failure_clear(avr->job->failure);
		return dfut_next_done(next, DFUT_END_GONE);
	}
	if (result != 1)
		return result;
	if (avr->has_answer && leave->step == LEAVE_EXIT)
		return dfut_next_done(next, DFUT_END_GONE);
	if (avr->has_answer)
		leave->step = LEAVE_EXIT;
	return leave_on(leave, next);
}

const struct dfut_machine_ops avr109_leave_machine = {
	.name = "avr109-leave",
	.state_size = sizeof(struct avr109_leave),
	.begin = avr109_begin,
	.next = leave_next,
};
