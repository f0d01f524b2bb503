/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Ways out of a bootloader. Where the table says how a device starts its application, that is the only one; else those of its
 * language are tried, one after the other, all within one deadline.
 */

#include "session/jobs.h"

static const enum dfut_leave own_way[] = { DFUT_LEAVE_OWN, DFUT_LEAVE_NONE };

static enum dfut_leave get_way(const struct dfut_session *session, size_t index)
{
	const struct dfut_entry *entry = session->device->entry;
	const struct dfut_language *language = session->plan.language;
	const enum dfut_leave *ways = language && language->ways_out ? language->ways_out : own_way;
	size_t at = 0;

	if (!language || !language->leave)
		return DFUT_LEAVE_NONE;
	if (entry && entry->leave != DFUT_LEAVE_UNSAID)
		return index == 0 && entry->leave != DFUT_LEAVE_SELF ? entry->leave : DFUT_LEAVE_NONE;
	while (ways[at] != DFUT_LEAVE_NONE && at < index)
		at++;
	return ways[at];
}

static size_t count_left(const struct dfut_session *session)
{
	size_t count = 0;

	while (get_way(session, session->conductor.ways_tried + count) != DFUT_LEAVE_NONE)
		count++;
	return count;
}

static const char *get_name(enum dfut_leave way)
{
	switch (way) {
	case DFUT_LEAVE_RESET:
		return "a bus reset";
	case DFUT_LEAVE_DETACH:
		return "DETACH";
	case DFUT_LEAVE_OWN:
	case DFUT_LEAVE_REQUEST:
		return "a request of its own";
	case DFUT_LEAVE_UNSAID:
	case DFUT_LEAVE_SELF:
	case DFUT_LEAVE_NONE:
		break;
	}
	return "nothing";
}

enum dfut_leave dfut_session_take_way_out(struct dfut_session *session)
{
	struct dfut_conductor *conductor = &session->conductor;
	enum dfut_leave way = get_way(session, conductor->ways_tried);

	if (way != DFUT_LEAVE_NONE)
		conductor->ways_tried++;
	return way;
}

/* The one deadline begins with the first wait; each way that is still to come has its share of it. */
uint64_t dfut_session_get_way_out_end_us(struct dfut_session *session)
{
	struct dfut_conductor *conductor = &session->conductor;
	uint64_t now_us = dfut_context_get_time_us(session->context);
	uint64_t until_us;

	if (conductor->way_until_us == 0)
		conductor->way_until_us = now_us + session->return_timeout_ms * UINT64_C(1000);
	until_us = conductor->way_until_us;
	return until_us > now_us ? now_us + (until_us - now_us) / (count_left(session) + 1) : now_us;
}

static void way_ended(void *owner, int code, enum dfut_end end)
{
	struct dfut_session *session = owner;
	struct dfut_conductor *conductor = &session->conductor;

	(void)end;
	dfut_session_free_run(session);
	if (code < 0 && code != DFUT_ERROR_GONE) {
		dfut_context_log(session->context, DFUT_LOG_INFO, "%s: %s: %s", session->device->path,
				 get_name(conductor->job.leave), session->failure.text);
		dfut_failure_clear(&session->failure);
		dfut_session_stayed(session);
		return;
	}
	dfut_session_wait_for_departure(session, conductor->end);
}

bool dfut_session_start_next_way_out(struct dfut_session *session)
{
	struct dfut_conductor *conductor = &session->conductor;
	const struct dfut_machine_ops *machine = NULL;

	if (session->device->mode != DFUT_MODE_BOOTLOADER || count_left(session) == 0)
		return false;
	if (conductor->ways_tried == 0)
		conductor->way_until_us = 0;
	conductor->is_other_way = true;
	dfut_session_fill_job(session, &conductor->job);
	conductor->link = DFUT_LINK_USB;
	if (dfut_session_prepare_restart(session, &conductor->job, &machine) < 0) {
		dfut_failure_clear(&session->failure);
		return false;
	}
	dfut_context_log(session->context, DFUT_LOG_INFO, "%s: it is still there: %s is tried", session->device->path,
			 get_name(conductor->job.leave));
	dfut_session_set_stage(session, DFUT_STAGE_LEG);
	dfut_session_set_state(session, DFUT_SESSION_RESTARTING);
	return dfut_session_start_run(session, machine, way_ended) == 0;
}

void dfut_session_note_way_out(struct dfut_session *session)
{
	const char *name = get_name(session->conductor.job.leave);

	if (!session->conductor.is_other_way)
		return;
	dfut_facts_add(&session->facts, "left_by", "%s", name);
	dfut_context_log(session->context, DFUT_LOG_INFO, "%s: %s has made it leave", session->device->path, name);
}
