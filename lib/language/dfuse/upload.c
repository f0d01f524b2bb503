/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Reading a memory by DfuSe: which one, from where, and how much. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "language/dfuse/machine.h"
#include "language/dfuse/plan.h"

/* The one that was chosen, else the one that has the address. NULL: the words are in the session's failure. */
static const struct dfut_interface *choose_memory(struct dfut_session *session)
{
	bool is_chosen = session->alternate || dfut_device_count_alternates(session->device) < 2;

	if (session->has_address && !is_chosen)
		return dfuse_find_memory(session, session->address);
	return dfut_session_resolve_alternate(session);
}

static int take_size(const struct dfut_session *session, uint64_t room, struct dfuse_range *range)
{
	room = session->upload_size && session->upload_size < room ? session->upload_size : room;
	range->size = room < SIZE_MAX ? (size_t)room : SIZE_MAX;
	return 0;
}

/* Who says both where and how much needs no layout. */
static int take_wish(const struct dfut_session *session, struct dfuse_range *range)
{
	range->address = session->address;
	return take_size(session, UINT64_C(0x100000000) - session->address, range);
}

static int refuse_address(struct dfut_session *session, const struct dfuse_layout *layout)
{
	dfut_fail_check(&session->failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_MEMORY_MAP,
			"0x%08" PRIx32 " is not in \"%s\"", session->address, layout->title);
	return dfuse_hint_memories(session, "the device has");
}

static int refuse_layout(struct dfut_session *session, const struct dfut_interface *memory)
{
	dfuse_refuse_layout(session, memory);
	dfut_hint(&session->failure, "say where to begin (--address) and how many bytes to read (--size)");
	return session->failure.code;
}

/* By default all that is one piece, from where it can be written: what is before that may be a bootloader that lives in it. */
static int find_range(struct dfut_session *session, const struct dfut_interface *memory, struct dfuse_range *range)
{
	bool is_told = session->has_address && session->upload_size;
	struct dfuse_layout layout;
	uint64_t room;

	range->alternate = memory->alternate;
	if (!dfuse_get_layout(session, memory, &layout))
		return is_told ? take_wish(session, range) : refuse_layout(session, memory);
	range->address = session->has_address ? session->address : dfuse_layout_get_start(&layout);
	room = dfuse_layout_get_room(&layout, range->address);
	if (is_told && session->force & DFUT_CHECK_MEMORY_MAP)
		return take_wish(session, range);
	if (!room)
		return refuse_address(session, &layout);
	return take_size(session, room, range);
}

/* What the range leaves out, of what the person may have meant. */
static void tell_rest(struct dfut_session *session, const struct dfut_interface *memory,
		      const struct dfuse_range *range)
{
	struct dfuse_layout layout;

	if (!dfuse_get_layout(session, memory, &layout))
		return;
	if (!session->has_address && range->address != layout.runs[0].address)
		snprintf(session->findings.hint, sizeof(session->findings.hint),
			 "\"%s\" begins at 0x%08" PRIx32 ": what can't be written was left out up to 0x%08" PRIx32
			 ", --address reads from elsewhere",
			 layout.title, layout.runs[0].address, range->address);
	else if (range->size < session->upload_size)
		snprintf(session->findings.hint, sizeof(session->findings.hint),
			 "\"%s\" ends at 0x%08" PRIx64 ", so that these are not %" PRIu64 " bytes", layout.title,
			 range->address + (uint64_t)range->size - 1, session->upload_size);
}

int dfuse_check_upload(struct dfut_session *session)
{
	const struct dfut_interface *memory;
	struct dfuse_range range;

	if (session->device->mode != DFUT_MODE_BOOTLOADER)
		return 0;
	memory = choose_memory(session);
	return memory ? find_range(session, memory, &range) : session->failure.code;
}

int dfuse_prepare_upload(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	const struct dfut_interface *memory = choose_memory(session);
	struct dfuse_work *dfuse = dfuse_get_work(session);

	if (!memory)
		return session->failure.code;
	free(dfuse->image);
	dfuse->image = calloc(1, sizeof(*dfuse->image));
	if (!dfuse->image)
		return dfut_fail_memory(&session->failure);
	if (find_range(session, memory, dfuse->image) < 0)
		return session->failure.code;
	tell_rest(session, memory, dfuse->image);
	dfut_session_set_memory(session, job, memory);
	dfuse_get_job(session)->ranges = dfuse->image;
	dfuse_get_job(session)->range_count = 1;
	*machine = &dfuse_read_machine;
	return 0;
}
