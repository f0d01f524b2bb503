/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Machines for UF2 drives: ask what it is, compare and read by CURRENT.UF2, send blocks, leave. The loader looks at what is in
 * a block, not where it is written to, and restarts once it has seen all. Drawing: docs/protocols/uf2.md.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "language/uf2/chip.h"
#include "language/uf2/core.h"
#include "language/uf2/machine.h"
#include "language/uf2/probe.h"

struct uf2 {
	struct uf2_core core;
	struct uf2_probe probe;
	bool is_working;  /* a command of the machine's own is under way, the probe is over */
	uint32_t at;	  /* block that is moved ... */
	uint32_t count;	  /* ... of so many */
	uint32_t batch;	  /* with others in this command */
	uint32_t skipped; /* upload: bytes of the first block that are not wanted ... */
	uint64_t size;	  /* ... and how many are */
	uint64_t done;
	uint8_t last[UF2_BLOCK_SIZE]; /* leaving: the block that is sent */
};

static int begin(void *state, const struct dfut_job *job)
{
	struct uf2 *uf2 = state;

	uf2_core_begin(&uf2->core, job);
	uf2->count = (uint32_t)uf2->core.own->count;
	return 0;
}

static void progress(const void *state, uint64_t *done, uint64_t *total)
{
	const struct uf2 *uf2 = state;

	*done = (uint64_t)uf2->at * UF2_PAYLOAD;
	*total = (uint64_t)uf2->count * UF2_PAYLOAD;
}

/* As uf2_core_run(): 1 once the command of the machine's own is done, or the first is to be sent. */
static int run(struct uf2 *uf2, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	return outcome ? uf2_core_run(&uf2->core, outcome, next) : uf2_core_open(&uf2->core, next);
}

/* The same, with the questions in front, if nobody has asked them yet. */
static int run_probed(struct uf2 *uf2, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	int result = run(uf2, outcome, next);

	if (!outcome || result != 1 || uf2->is_working)
		return result;
	if (uf2->core.own->identity->is_known && uf2->probe.step == UF2_PROBE_BEGIN)
		return 1;
	return uf2_probe_next(&uf2->probe, &uf2->core, next);
}

static int probe_next(void *state, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	struct uf2 *uf2 = state;
	int result = run(uf2, outcome, next);

	if (!outcome || result != 1)
		return result;
	result = uf2_probe_next(&uf2->probe, &uf2->core, next);
	return result == 1 ? dfut_next_done(next, DFUT_END_STAYS) : result;
}

const struct dfut_machine_ops uf2_probe_machine = {
	.name = "uf2-probe",
	.state_size = sizeof(struct uf2),
	.begin = begin,
	.next = probe_next,
};

/* Reading flash, as CURRENT.UF2 shows it. */

static int read_current(struct uf2 *uf2, uint32_t index, uint32_t count, struct dfut_next *next)
{
	const struct uf2_current *current = &uf2->core.own->identity->current;
	const struct uf2_command command = { UF2_OP_READ, count * UF2_SECTOR, current->lba + index, true, 0 };
	char place[64];

	snprintf(place, sizeof(place), "reading CURRENT.UF2 at 0x%08" PRIx32, current->address + index * UF2_PAYLOAD);
	uf2->is_working = true;
	uf2->batch = count;
	if (uf2->core.is_mounted)
		return uf2_core_move(&uf2->core, UF2_OP_READ, UF2_FILE_CURRENT, index * UF2_SECTOR, count * UF2_SECTOR,
				     NULL, place, next);
	return uf2_core_send(&uf2->core, &command, NULL, place, next);
}

/* What is in flash at this address, by a sector of the batch; NULL if it does not say that. */
static const uint8_t *get_content(const struct uf2 *uf2, uint32_t index, uint32_t address)
{
	struct uf2_block block;

	if ((size_t)(index + 1) * UF2_SECTOR > uf2->core.in_size ||
	    !uf2_read_block(&block, uf2->core.in + (size_t)index * UF2_SECTOR) || block.address != address ||
	    block.size != UF2_PAYLOAD)
		return NULL;
	return block.data;
}

/* Comparing. */

static uint32_t get_address(const struct uf2 *uf2, uint32_t at)
{
	struct uf2_block block;

	uf2_read_block(&block, uf2->core.own->blocks + (size_t)at * UF2_BLOCK_SIZE);
	return block.address;
}

/* Which block of CURRENT.UF2 is for this address; false if none is. */
static bool find_index(const struct uf2_current *current, uint32_t address, uint32_t *index)
{
	*index = (address - current->address) / UF2_PAYLOAD;
	return address >= current->address && (address - current->address) % UF2_PAYLOAD == 0 &&
	       *index < current->count;
}

static int end_comparing(struct uf2 *uf2, bool differs, uint32_t address, struct dfut_next *next)
{
	*uf2->core.own->difference = (struct uf2_difference){ differs, address };
	return dfut_next_done(next, DFUT_END_STAYS);
}

static int compare_on(struct uf2 *uf2, struct dfut_next *next)
{
	const struct uf2_job *own = uf2->core.own;
	const struct uf2_current *current = &own->identity->current;
	uint32_t first, index, count = 1;

	while (uf2->at < uf2->count && get_address(uf2, uf2->at) < own->start)
		uf2->at++;
	if (uf2->at == uf2->count)
		return end_comparing(uf2, false, 0, next);
	if (!find_index(current, get_address(uf2, uf2->at), &first))
		return end_comparing(uf2, true, get_address(uf2, uf2->at), next);
	while (count < UF2_SECTORS_MAX && uf2->at + count < uf2->count &&
	       find_index(current, get_address(uf2, uf2->at + count), &index) && index == first + count)
		count++;
	return read_current(uf2, first, count, next);
}

static int compare_batch(struct uf2 *uf2, struct dfut_next *next)
{
	for (uint32_t i = 0; i < uf2->batch; i++) {
		struct uf2_block block;
		const uint8_t *there;

		uf2_read_block(&block, uf2->core.own->blocks + (size_t)(uf2->at + i) * UF2_BLOCK_SIZE);
		there = get_content(uf2, i, block.address);
		if (!there || memcmp(there, block.data, UF2_PAYLOAD) != 0)
			return end_comparing(uf2, true, block.address, next);
	}
	uf2->at += uf2->batch;
	return compare_on(uf2, next);
}

static int compare_next(void *state, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	struct uf2 *uf2 = state;
	int result = run(uf2, outcome, next);

	if (!outcome || result != 1)
		return result;
	return uf2->is_working ? compare_batch(uf2, next) : compare_on(uf2, next);
}

const struct dfut_machine_ops uf2_compare_machine = {
	.name = "uf2-compare",
	.state_size = sizeof(struct uf2),
	.begin = begin,
	.next = compare_next,
	.progress = progress,
};

/* Uploading. */

static int refuse_range(const struct uf2 *uf2, uint32_t address)
{
	const struct uf2_current *current = &uf2->core.own->identity->current;

	return dfut_fail_check(uf2->core.job->failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_MEMORY_MAP,
			       "CURRENT.UF2 shows 0x%08" PRIx32 " to 0x%08" PRIx32
			       ", and what is to be read at 0x%08" PRIx32 " is not in it",
			       current->address, current->address + current->count * UF2_PAYLOAD - 1, address);
}

static int take_wish(struct uf2 *uf2)
{
	const struct uf2_job *own = uf2->core.own;
	const struct uf2_current *current = &own->identity->current;
	uint32_t from = own->has_address ? own->address - current->address : 0;
	uint64_t most = (uint64_t)current->count * UF2_PAYLOAD;

	if (!current->count) {
		dfut_fail(uf2->core.job->failure, DFUT_ERROR_UNSUPPORTED,
			  "the drive has no CURRENT.UF2: this bootloader does not show what is in flash");
		return DFUT_ERROR_UNSUPPORTED;
	}
	if ((own->has_address && own->address < current->address) || from >= most || uf2->core.job->size > most - from)
		return refuse_range(uf2, own->address);
	uf2->at = from / UF2_PAYLOAD;
	uf2->skipped = from % UF2_PAYLOAD;
	uf2->size = uf2->core.job->size ? uf2->core.job->size : most - from;
	return 0;
}

static int upload_on(struct uf2 *uf2, struct dfut_next *next)
{
	uint64_t left = uf2->size - uf2->done + uf2->skipped;
	uint64_t count = (left + UF2_PAYLOAD - 1) / UF2_PAYLOAD;

	if (uf2->done == uf2->size)
		return dfut_next_done(next, DFUT_END_STAYS);
	return read_current(uf2, uf2->at, count < UF2_SECTORS_MAX ? (uint32_t)count : UF2_SECTORS_MAX, next);
}

static int upload_batch(struct uf2 *uf2, struct dfut_next *next)
{
	const struct dfut_job *job = uf2->core.job;
	const struct uf2_current *current = &uf2->core.own->identity->current;

	for (uint32_t i = 0; i < uf2->batch; i++) {
		uint32_t address = current->address + uf2->at * UF2_PAYLOAD;
		const uint8_t *there = get_content(uf2, i, address);
		size_t size = UF2_PAYLOAD - uf2->skipped;
		int result;

		if (!there)
			return dfut_fail(job->failure, DFUT_ERROR_PROTOCOL,
					 "CURRENT.UF2 has no block for 0x%08" PRIx32 " where that should be", address);
		size = size < uf2->size - uf2->done ? size : (size_t)(uf2->size - uf2->done);
		result = job->writer(there + uf2->skipped, size, job->writer_data);
		if (result < 0)
			return result;
		uf2->done += size;
		uf2->skipped = 0;
		uf2->at++;
	}
	return upload_on(uf2, next);
}

static int upload_next(void *state, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	struct uf2 *uf2 = state;
	int result = run_probed(uf2, outcome, next);

	if (!outcome || result != 1)
		return result;
	if (uf2->is_working)
		return upload_batch(uf2, next);
	result = take_wish(uf2);
	return result < 0 ? result : upload_on(uf2, next);
}

static void upload_progress(const void *state, uint64_t *done, uint64_t *total)
{
	const struct uf2 *uf2 = state;

	*done = uf2->done;
	*total = uf2->size;
}

const struct dfut_machine_ops uf2_upload_machine = {
	.name = "uf2-upload",
	.state_size = sizeof(struct uf2),
	.begin = begin,
	.next = upload_next,
	.progress = upload_progress,
};

/* Writing. */

/* Behind the files, where there is room for all; else over and over what is there: it is no real disk. */
static uint32_t find_room(const struct uf2 *uf2, uint32_t *lba)
{
	const struct uf2_volume *volume = &uf2->core.own->identity->volume;
	uint32_t first = volume->data + volume->files_size;

	if (volume->end - first < uf2->count)
		first = volume->data;
	*lba = first + uf2->at % (volume->end - first);
	return volume->end - *lba;
}

/*
 * Of a part that fails the system does not tell how much the loader got, and who pulls the device out then must not be told that
 * it has restarted: in a file the last block is a part by itself.
 */
static uint32_t find_batch(const struct uf2 *uf2, uint32_t room)
{
	uint32_t left = uf2->count - uf2->at;
	uint32_t most = uf2->core.is_mounted && left > 1 ? left - 1 : left;

	most = most < UF2_SECTORS_MAX ? most : UF2_SECTORS_MAX;
	return most < room ? most : room;
}

static int send_blocks(struct uf2 *uf2, const uint8_t *blocks, struct dfut_next *next)
{
	struct uf2_command command = { .op = UF2_OP_WRITE, .has_content = true };
	uint32_t room = uf2->core.is_mounted ? UF2_SECTORS_MAX : find_room(uf2, &command.lba);
	char place[64];

	uf2->is_working = true;
	uf2->batch = find_batch(uf2, room);
	command.length = uf2->batch * UF2_SECTOR;
	snprintf(place, sizeof(place), "writing blocks %" PRIu32 " to %" PRIu32 " of %" PRIu32, uf2->at,
		 uf2->at + uf2->batch - 1, uf2->count);
	if (uf2->core.is_mounted)
		return uf2_core_move(&uf2->core, UF2_OP_WRITE, UF2_FILE_NEW, uf2->at * UF2_SECTOR, command.length,
				     blocks, place, next);
	return uf2_core_send(&uf2->core, &command, blocks, place, next);
}

static int write_on(struct uf2 *uf2, struct dfut_next *next)
{
	return send_blocks(uf2, uf2->core.own->blocks + (size_t)uf2->at * UF2_BLOCK_SIZE, next);
}

/* The loader has everything, and may restart before it has told how that went: the bus decides. */
static bool is_closing(const struct uf2 *uf2)
{
	return uf2->core.own->is_last && uf2->is_working && uf2->at + uf2->batch == uf2->count && uf2->core.is_moved &&
	       !uf2->core.has_failed && uf2->core.command.op == UF2_OP_WRITE;
}

/* As run_probed(); 2 if all of the job is sent, and *next is filled in. */
static int run_closing(struct uf2 *uf2, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	bool was_closing = is_closing(uf2);
	int result = run_probed(uf2, outcome, next);

	if (result < 0 && was_closing && !uf2->core.has_failed) {
		dfut_failure_clear(uf2->core.job->failure);
		*next = (struct dfut_next){ 0 };
		dfut_next_done(next, DFUT_END_LEAVES);
		return 2;
	}
	if (result != 1 || !uf2->is_working)
		return result;
	uf2->at += uf2->batch;
	if (uf2->at < uf2->count)
		return 1;
	/* An application without USB is not seen again. */
	dfut_next_done(next, uf2->core.own->is_last ? DFUT_END_GONE : DFUT_END_STAYS);
	return 2;
}

static int write_next(void *state, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	struct uf2 *uf2 = state;
	int result = run_closing(uf2, outcome, next);

	if (!outcome || result < 1)
		return result;
	return result == 1 ? write_on(uf2, next) : 0;
}

const struct dfut_machine_ops uf2_write_machine = {
	.name = "uf2-write",
	.state_size = sizeof(struct uf2),
	.begin = begin,
	.next = write_next,
	.progress = progress,
};

/* Leaving: an image of one block, below the application. The loader counts it, does not write it, and has seen all. */

static int send_last(struct uf2 *uf2, struct dfut_next *next)
{
	const struct uf2_identity *identity = uf2->core.own->identity;
	uint8_t blank[UF2_PAYLOAD];
	struct uf2_block block = { .count = 1, .data = blank };

	if (!uf2_can_leave(identity)) {
		dfut_fail(uf2->core.job->failure, DFUT_ERROR_UNSUPPORTED,
			  "%s leaves only when it gets firmware, or is reset", identity->info.bootloader);
		dfut_hint(uf2->core.job->failure, "press the device's reset button, or unplug it and plug it in again");
		return DFUT_ERROR_UNSUPPORTED;
	}
	memset(blank, 0xff, sizeof(blank));
	block.family = uf2_chip_find(identity)->families[0];
	uf2_put_block(uf2->last, &block);
	uf2->count = 1;
	return send_blocks(uf2, uf2->last, next);
}

static int leave_next(void *state, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	struct uf2 *uf2 = state;
	int result = run_closing(uf2, outcome, next);

	if (!outcome || result < 1)
		return result;
	return result == 1 ? send_last(uf2, next) : 0;
}

const struct dfut_machine_ops uf2_leave_machine = {
	.name = "uf2-leave",
	.state_size = sizeof(struct uf2),
	.begin = begin,
	.next = leave_next,
};
