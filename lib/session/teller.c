/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* States and progress of a session, and who is told of them. */

#include "base/struct.h"
#include "session/session.h"

#define PROGRESS_INTERVAL_US 50000
#define WORTH_TELLING_MS 1000

static uint64_t now_us(const struct dfut_session *session)
{
	return dfut_context_get_time_us(session->context);
}

/* What is left of a wait that the device has asked for while it installs what it got; 0 if it is not worth telling. */
static int64_t get_wait_ms(const struct dfut_session *session)
{
	const struct dfut_conductor *conductor = &session->conductor;
	uint64_t wait_ms = 0;

	if (conductor->run && conductor->stage == DFUT_STAGE_LEG && conductor->state == DFUT_SESSION_MANIFESTING)
		wait_ms = dfut_run_get_wait_ms(conductor->run);
	return wait_ms < WORTH_TELLING_MS ? 0 : (int64_t)wait_ms;
}

void dfut_session_find_progress(const struct dfut_session *session, struct dfut_progress *progress)
{
	const struct dfut_conductor *conductor = &session->conductor;
	uint64_t spent_ms;

	*progress = (struct dfut_progress){ .state = conductor->state, .left_ms = -1, .plan = session->plan.refined };
	if (conductor->stage == DFUT_STAGE_NEW || conductor->stage == DFUT_STAGE_STARTED)
		return;
	if (conductor->stage == DFUT_STAGE_ENDED) {
		*progress = session->teller.told;
		return;
	}
	progress->elapsed_ms = (now_us(session) - conductor->started_us) / 1000;
	if (conductor->run && conductor->stage == DFUT_STAGE_LEG)
		dfut_run_get_progress(conductor->run, &progress->done, &progress->total);
	spent_ms = (now_us(session) - conductor->phase_us) / 1000;
	if (progress->done && progress->total >= progress->done)
		progress->left_ms = (int64_t)(spent_ms * (progress->total - progress->done) / progress->done);
	if (get_wait_ms(session))
		progress->left_ms = get_wait_ms(session);
}

DFUT_API void dfut_session_get_progress(const struct dfut_session *session, struct dfut_progress *progress,
					size_t progress_size)
{
	struct dfut_progress found;

	dfut_session_find_progress(session, &found);
	dfut_struct_give(progress, progress_size, &found, sizeof(found));
}

void dfut_session_tell_progress(struct dfut_session *session, const struct dfut_progress *progress)
{
	session->teller.told = *progress;
	session->teller.told_us = now_us(session);
	session->teller.telling++;
	if (session->progress_handler)
		session->progress_handler(session, progress, session->progress_data);
	session->teller.telling--;
	dfut_context_forget_time(session->context);
}

/* The plan first, when it is a new one. */
static void tell_listener(struct dfut_session *session)
{
	struct dfut_news news = { .path = session->device->path,
				  .state = dfut_session_state_get_name(session->conductor.state) };

	if (session->teller.plans != session->plan.refined + 1) {
		session->teller.plans = session->plan.refined + 1;
		news.kind = DFUT_NEWS_PLAN;
		news.steps = session->plan.steps;
		news.step_count = session->plan.step_count;
		dfut_context_tell(session->context, &news);
	}
	news.kind = DFUT_NEWS_STATE;
	dfut_context_tell(session->context, &news);
}

void dfut_session_tell_result(const struct dfut_session *session)
{
	struct dfut_news news = { .kind = DFUT_NEWS_RESULT,
				  .path = session->device->path,
				  .failure = &session->failure };

	dfut_context_tell(session->context, &news);
}

void dfut_session_set_state(struct dfut_session *session, enum dfut_session_state state)
{
	struct dfut_progress progress;

	if (session->conductor.state == state)
		return;
	dfut_context_log(session->context, DFUT_LOG_INFO, "%s: %s", session->device->path,
			 dfut_session_state_get_name(state));
	session->conductor.state = state;
	session->conductor.phase_us = now_us(session);
	tell_listener(session);
	dfut_session_find_progress(session, &progress);
	dfut_session_tell_progress(session, &progress);
}

void dfut_session_update_progress(struct dfut_session *session)
{
	struct dfut_progress progress;

	if (session->conductor.stage == DFUT_STAGE_LEG && session->conductor.run)
		dfut_session_set_state(session, dfut_run_get_phase(session->conductor.run,
								   session->plan.legs[session->conductor.leg].state));
	dfut_session_find_progress(session, &progress);
	if (get_wait_ms(session) && get_wait_ms(session) > session->teller.told.left_ms) {
		dfut_context_log(session->context, DFUT_LOG_INFO, "%s: the device asks for %lld ms to install it",
				 session->device->path, (long long)progress.left_ms);
		dfut_session_tell_progress(session, &progress);
		return;
	}
	if (now_us(session) - session->teller.told_us < PROGRESS_INTERVAL_US)
		return;
	if (progress.done != session->teller.told.done)
		dfut_session_tell_progress(session, &progress);
}
