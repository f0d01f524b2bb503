/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Which commands a DfuSe bootloader knows: UPLOAD of block 0 in dfuIDLE gives a byte for each (ST AN3156, 4.2). Others have
 * the beginning of their memory there, or refuse: so that is how one that may be of either kind is asked, too.
 */

#include <stdio.h>
#include <string.h>

#include "language/dfuse/machine.h"

/* ROMs know four commands at most. What fills all of this is no list. */
#define ROOM DFUSE_LIST_ROOM

static bool can_be_asked(const struct dfu_core *core)
{
	if (core->job->quirks & DFUT_QUIRK_NO_UPLOAD)
		return false;
	return !core->descriptor.version || core->descriptor.attributes & DFUT_DFU_CAN_UPLOAD;
}

static int ask(struct dfu_core *core, struct dfuse_list *list, struct dfut_next *next)
{
	list->room = core->transfer_size < ROOM ? core->transfer_size : ROOM;
	list->step = DFUSE_LIST_GOT;
	return dfu_core_in(core, next, DFU_UPLOAD, DFUSE_COMMAND_BLOCK, list->room, DFU_SHORT_TIMEOUT_MS);
}

/* ABORT ends an upload wherever one may have begun; after a stall the state tells what to do. */
static int keep(struct dfu_core *core, struct dfuse_list *list, const struct dfut_outcome *outcome,
		struct dfut_next *next)
{
	list->step = DFUSE_LIST_ABORTED;
	if (outcome->result < 0 && outcome->result != DFUT_ERROR_DEVICE)
		return dfu_core_broke(core, outcome->result, "UPLOAD");
	if (outcome->result < 0) {
		list->step = DFUSE_LIST_ENDED;
		return dfu_core_recover(core, next);
	}
	list->size = (size_t)outcome->result;
	memcpy(list->bytes, outcome->data, list->size < ROOM ? list->size : ROOM);
	return dfu_core_out(core, next, DFU_ABORT, 0, NULL, 0, DFU_SHORT_TIMEOUT_MS);
}

int dfuse_list_next(struct dfu_core *core, struct dfuse_list *list, const struct dfut_outcome *outcome,
		    struct dfut_next *next)
{
	int result = dfu_core_get_ready(core, outcome, next);

	if (result != 1)
		return result;
	switch (list->step) {
	case DFUSE_LIST_ASK:
		return can_be_asked(core) ? ask(core, list, next) : 1;
	case DFUSE_LIST_GOT:
		return keep(core, list, outcome, next);
	case DFUSE_LIST_ABORTED:
		if (outcome->result < 0 && outcome->result != DFUT_ERROR_DEVICE)
			return dfu_core_broke(core, outcome->result, "ABORT");
		list->step = DFUSE_LIST_ENDED;
		return dfu_core_recover(core, next);
	case DFUSE_LIST_ENDED:
		break;
	}
	return 1;
}

/* The first three are what every one of them knows. */
static bool is_list(const struct dfuse_list *list)
{
	return list->size >= 3 && list->size < list->room && list->bytes[0] == DFUSE_COMMAND_LIST &&
	       list->bytes[1] == DFUSE_COMMAND_ADDRESS && list->bytes[2] == DFUSE_COMMAND_ERASE;
}

bool dfuse_list_has(const struct dfuse_list *list, uint8_t command)
{
	for (size_t i = 0; is_list(list) && i < list->size; i++)
		if (list->bytes[i] == command)
			return true;
	return false;
}

/* The machines. */

struct asking {
	struct dfu_core core;
	struct dfuse_list list;
};

static void tell_place(const void *state, char *text, size_t size)
{
	(void)state;
	snprintf(text, size, "asking for the commands that it knows");
}

static int begin(void *state, const struct dfut_job *job)
{
	struct asking *asking = state;

	dfu_core_begin(&asking->core, job, tell_place);
	return 0;
}

static int recognise_next(void *state, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	struct asking *asking = state;
	int result = dfuse_list_next(&asking->core, &asking->list, outcome, next);

	if (result != 1)
		return result;
	if (is_list(&asking->list))
		return dfut_next_done(next, DFUT_END_STAYS);
	return dfut_fail(asking->core.job->failure, DFUT_ERROR_MISMATCH, "it has no list of commands");
}

static int check_next(void *state, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	struct asking *asking = state;
	struct dfut_failure *failure = asking->core.job->failure;
	int result = dfuse_list_next(&asking->core, &asking->list, outcome, next);

	if (result != 1)
		return result;
	if (dfuse_list_has(&asking->list, DFUSE_COMMAND_UNPROTECT))
		return dfut_next_done(next, DFUT_END_STAYS);
	dfut_fail(
		failure, DFUT_ERROR_UNSUPPORTED,
		"the bootloader does not know READ UNPROTECT (0x92): it is not in its list of commands, and nothing was "
		"erased");
	dfut_hint(failure, "the part's option bytes can be written with a debug probe");
	return DFUT_ERROR_UNSUPPORTED;
}

const struct dfut_machine_ops dfuse_recognise_machine = {
	.name = "dfuse-recognise",
	.state_size = sizeof(struct asking),
	.begin = begin,
	.next = recognise_next,
};

const struct dfut_machine_ops dfuse_check_unprotect_machine = {
	.name = "dfuse-check-unprotect",
	.state_size = sizeof(struct asking),
	.begin = begin,
	.next = check_next,
};
