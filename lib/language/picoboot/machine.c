/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Machines for PICOBOOT: ask a bootloader what it is, read flash, write sectors, restart. A write does not erase, and RP2040
 * acknowledges an erase that has failed: who writes reads back. Drawing: docs/protocols/picoboot.md.
 */

#include <inttypes.h>

#include "language/picoboot/machine.h"
#include "language/picoboot/probe.h"

enum step {
	STEP_PROBING,
	STEP_EXCLUSIVE,
	STEP_READY, /* the flash can be erased */
	STEP_ERASED,
	STEP_WRITTEN,
	STEP_READ,
	STEP_LEAVING,
};

struct picoboot {
	struct picoboot_core core;
	struct picoboot_probe probe;
	enum step step;
	struct picoboot_range wish; /* what is read, if no ranges say it */
	const struct picoboot_range *ranges;
	size_t range_count;
	size_t range;	  /* that is moved ... */
	uint32_t offset;  /* ... from here on */
	uint32_t skipped; /* of the first bytes that come in: flash is read from the beginning of a page */
	uint64_t done;
	uint64_t total;
};

static int begin(void *state, const struct dfut_job *job)
{
	struct picoboot *picoboot = state;

	picoboot_core_begin(&picoboot->core, job);
	picoboot->ranges = picoboot->core.own->ranges;
	picoboot->range_count = picoboot->core.own->range_count;
	for (size_t i = 0; i < picoboot->range_count; i++)
		picoboot->total += picoboot->ranges[i].size;
	return 0;
}

static void progress(const void *state, uint64_t *done, uint64_t *total)
{
	const struct picoboot *picoboot = state;

	*done = picoboot->done;
	*total = picoboot->total;
}

static int send(struct picoboot *picoboot, enum step step, struct picoboot_command command, const uint8_t *out,
		struct dfut_next *next)
{
	picoboot->step = step;
	return picoboot_core_send(&picoboot->core, &command, out, next);
}

static void move_on(struct picoboot *picoboot, uint32_t size)
{
	picoboot->done += size;
	picoboot->offset += size;
	if (picoboot->offset < picoboot->ranges[picoboot->range].size)
		return;
	picoboot->range++;
	picoboot->offset = 0;
}

/* Probing. */

static int probe_next(void *state, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	struct picoboot *picoboot = state;
	int result = outcome ? picoboot_core_run(&picoboot->core, outcome, next) :
			       picoboot_core_open(&picoboot->core, next);

	if (!outcome || result != 1)
		return result;
	result = picoboot_probe_next(&picoboot->probe, &picoboot->core, next);
	return result == 1 ? dfut_next_done(next, DFUT_END_STAYS) : result;
}

const struct dfut_machine_ops picoboot_probe_machine = {
	.name = "picoboot-probe",
	.state_size = sizeof(struct picoboot),
	.begin = begin,
	.next = probe_next,
};

/* Reading. */

static int read_on(struct picoboot *picoboot, struct dfut_next *next)
{
	const struct picoboot_range *range = &picoboot->ranges[picoboot->range];
	uint32_t size;

	if (picoboot->range == picoboot->range_count)
		return dfut_next_done(next, DFUT_END_STAYS);
	size = range->size - picoboot->offset;
	size = size < PICOBOOT_READ_MAX ? size : PICOBOOT_READ_MAX;
	return send(picoboot, STEP_READ, picoboot_read(range->address + picoboot->offset, size), NULL, next);
}

static int take_data(struct picoboot *picoboot, struct dfut_next *next)
{
	const struct dfut_job *job = picoboot->core.job;
	size_t size = picoboot->core.in_size;
	size_t skipped = picoboot->skipped < size ? picoboot->skipped : size;
	int result = job->writer(picoboot->core.in + skipped, size - skipped, job->writer_data);

	if (result < 0)
		return picoboot_core_give_up(&picoboot->core, result, next);
	picoboot->skipped -= (uint32_t)skipped;
	move_on(picoboot, (uint32_t)size);
	return read_on(picoboot, next);
}

static int read_next(void *state, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	struct picoboot *picoboot = state;
	int result = outcome ? picoboot_core_run(&picoboot->core, outcome, next) :
			       picoboot_core_open(&picoboot->core, next);

	if (!outcome || result != 1)
		return result;
	return picoboot->step == STEP_READ ? take_data(picoboot, next) : read_on(picoboot, next);
}

const struct dfut_machine_ops picoboot_read_machine = {
	.name = "picoboot-read",
	.state_size = sizeof(struct picoboot),
	.begin = begin,
	.next = read_next,
	.progress = progress,
};

/* Uploading: how much there is shows once the chip has been asked. */

static int refuse_unsized(struct picoboot *picoboot)
{
	dfut_fail(picoboot->core.job->failure, DFUT_ERROR_USAGE,
		  "how much flash the device has can't be seen: its beginning is erased");
	dfut_hint(picoboot->core.job->failure, "say how many bytes to read (--size)");
	return DFUT_ERROR_USAGE;
}

static int take_wish(struct picoboot *picoboot)
{
	const struct picoboot_range *wish = &picoboot->core.own->wish;
	uint32_t flash_size = picoboot->core.own->identity->flash_size;
	uint32_t offset = wish->address - PICOBOOT_FLASH;

	if (!wish->size && !flash_size)
		return refuse_unsized(picoboot);
	if (flash_size && (offset >= flash_size || wish->size > flash_size - offset))
		return dfut_fail_check(picoboot->core.job->failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_MEMORY_MAP,
				       "the flash of the %s is at 0x%08x to 0x%08" PRIx32
				       ", and what is to be read at 0x%08" PRIx32 " to 0x%08" PRIx32,
				       picoboot_chip_get_name(picoboot->core.own->identity->chip), PICOBOOT_FLASH,
				       PICOBOOT_FLASH + flash_size - 1, wish->address,
				       wish->address + (wish->size ? wish->size - 1 : 0));
	picoboot->skipped = offset % PICOBOOT_FLASH_PAGE;
	picoboot->wish.address = wish->address - picoboot->skipped;
	picoboot->wish.size = (wish->size ? wish->size : flash_size - offset) + picoboot->skipped;
	picoboot->ranges = &picoboot->wish;
	picoboot->range_count = 1;
	picoboot->total = picoboot->wish.size;
	return 0;
}

static int upload_next(void *state, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	struct picoboot *picoboot = state;
	int result;

	if (!outcome || picoboot->step == STEP_READ)
		return read_next(state, outcome, next);
	result = picoboot_core_run(&picoboot->core, outcome, next);
	if (result == 1)
		result = picoboot_probe_next(&picoboot->probe, &picoboot->core, next);
	if (result != 1)
		return result;
	result = take_wish(picoboot);
	return result < 0 ? result : read_on(picoboot, next);
}

const struct dfut_machine_ops picoboot_upload_machine = {
	.name = "picoboot-upload",
	.state_size = sizeof(struct picoboot),
	.begin = begin,
	.next = upload_next,
	.progress = progress,
};

/* Writing. */

static bool is_erased(const uint8_t *sector)
{
	for (size_t i = 0; i < PICOBOOT_FLASH_SECTOR; i++)
		if (sector[i] != 0xff)
			return false;
	return true;
}

static int write_on(struct picoboot *picoboot, struct dfut_next *next)
{
	const struct picoboot_range *range = &picoboot->ranges[picoboot->range];

	if (picoboot->range == picoboot->range_count)
		return dfut_next_done(next, DFUT_END_STAYS);
	return send(picoboot, STEP_ERASED, picoboot_erase(range->address + picoboot->offset, PICOBOOT_FLASH_SECTOR),
		    NULL, next);
}

static int written(struct picoboot *picoboot, struct dfut_next *next)
{
	move_on(picoboot, PICOBOOT_FLASH_SECTOR);
	return write_on(picoboot, next);
}

static int erased(struct picoboot *picoboot, struct dfut_next *next)
{
	const struct picoboot_range *range = &picoboot->ranges[picoboot->range];
	const uint8_t *sector = range->data + picoboot->offset;

	if (is_erased(sector))
		return written(picoboot, next);
	return send(picoboot, STEP_WRITTEN, picoboot_write(range->address + picoboot->offset, PICOBOOT_FLASH_SECTOR),
		    sector, next);
}

static int write_next(void *state, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	struct picoboot *picoboot = state;
	int result = outcome ? picoboot_core_run(&picoboot->core, outcome, next) :
			       picoboot_core_open(&picoboot->core, next);

	if (!outcome || result != 1)
		return result;
	switch (picoboot->step) {
	case STEP_PROBING:
		return send(picoboot, STEP_EXCLUSIVE, picoboot_take(), NULL, next);
	case STEP_EXCLUSIVE:
		return send(picoboot, STEP_READY, picoboot_exit_xip(), NULL, next);
	case STEP_READY:
		return write_on(picoboot, next);
	case STEP_ERASED:
		return erased(picoboot, next);
	case STEP_WRITTEN:
		return written(picoboot, next);
	case STEP_READ:
	case STEP_LEAVING:
		break;
	}
	return DFUT_ERROR_PROTOCOL;
}

const struct dfut_machine_ops picoboot_write_machine = {
	.name = "picoboot-write",
	.state_size = sizeof(struct picoboot),
	.begin = begin,
	.next = write_next,
	.progress = progress,
};

/* Restarting. Once it is asked to, nothing that it says or does not say is a failure: what comes back tells. */

static int restart(struct picoboot *picoboot, struct dfut_next *next)
{
	const struct picoboot_job *own = picoboot->core.own;

	return send(picoboot, STEP_LEAVING,
		    own->identity->chip == PICOBOOT_CHIP_RP2040 ? picoboot_reboot() : picoboot_reboot2(own->updated),
		    NULL, next);
}

static int leave_next(void *state, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	struct picoboot *picoboot = state;
	int result;

	if (!outcome)
		return picoboot_core_open(&picoboot->core, next);
	if (picoboot->step == STEP_LEAVING && outcome->result < 0)
		return dfut_next_done(next, DFUT_END_GONE);
	result = picoboot_core_run(&picoboot->core, outcome, next);
	if (result != 1)
		return result;
	if (picoboot->step == STEP_LEAVING)
		return dfut_next_done(next, DFUT_END_GONE);
	if (picoboot->core.own->identity->chip == PICOBOOT_CHIP_UNKNOWN || picoboot->probe.step != PICOBOOT_PROBE_BEGIN)
		result = picoboot_probe_next(&picoboot->probe, &picoboot->core, next);
	return result == 1 ? restart(picoboot, next) : result;
}

const struct dfut_machine_ops picoboot_leave_machine = {
	.name = "picoboot-leave",
	.state_size = sizeof(struct picoboot),
	.begin = begin,
	.next = leave_next,
};
