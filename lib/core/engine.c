/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The engine: runs machines on a device; time limits, cancellation, and retries of a node that is not ready yet. */

#include <stdlib.h>
#include <string.h>

#include "core/action.h"
#include "core/engine.h"
#include "core/request.h"

#define OPEN_RETRY_US (DFUT_OPEN_RETRY_MS * 1000)
/* After an arrival, the system may take a while until the node can be opened. */
#define READY_LIMIT_US 10000000
#define PERMISSION_LIMIT_US 2000000
#define LINK_COUNT (DFUT_LINK_VOLUME + 1)
/* Transfers of a device that is pulled out break before the system knows that it has left. */
#define DEPARTURE_US 1000000

struct dfut_run {
	struct dfut_watcher watcher; /* while a machine runs */
	struct dfut_watcher *maker;
	struct dfut_peer peer;
	const struct dfut_machine_ops *ops;
	void *state;
	dfut_run_ended ended;
	void *owner;
	const struct dfut_transport_ops *transport_ops;
	void *transport;
	struct dfut_next next;	      /* what its machine wanted last */
	struct dfut_request *request; /* under way */
	struct dfut_turn turn;	      /* on its bus */
	bool reopening;		      /* the wait is for the next try of an OPEN */
	int broken; /* what it may have ended with, if the wait is for the device's departure; else 0 */
	uint64_t deadline_us;
	uint64_t limit_us; /* no deadline is later */
	uint64_t started_us;
	uint64_t begun_us; /* what its machine wanted last */
	uint64_t held_us;
	bool left;    /* the device has */
	bool reached; /* something of it was open */
	bool busy;    /* a handler of the application may be running: the machine is asked, or its log told */
	bool opened[LINK_COUNT][256]; /* channels */
};

DFUT_API const struct dfut_action *dfut_request_get_action(const struct dfut_request *request)
{
	return &request->action;
}

DFUT_API uint8_t *dfut_request_get_buffer(struct dfut_request *request)
{
	return request->buffer;
}

DFUT_API void dfut_request_complete(struct dfut_request *request, int result)
{
	struct dfut_inbox *inbox = request->inbox;
	bool closed;

	if (request->completed) {
		request->completed(request->owner, request, result);
		return;
	}
	request->result = result;
	pthread_mutex_lock(&inbox->lock);
	closed = !inbox->events;
	if (!closed) {
		*inbox->end = request;
		request->next = NULL;
		request->answered = true;
		inbox->end = &request->next;
		if (!inbox->is_read || !pthread_equal(inbox->reader, pthread_self()))
			dfut_event_set_wake(inbox->events);
	}
	pthread_mutex_unlock(&inbox->lock);
	if (closed)
		dfut_request_give_back(request);
}

static uint64_t now_us(const struct dfut_run *run)
{
	return dfut_context_get_time_us(run->peer.bus->context);
}

static void drop_request(struct dfut_run *run)
{
	struct dfut_request *request = run->request;

	if (!request)
		return;
	run->request = NULL;
	request->run = NULL;
	run->transport_ops->cancel(run->transport, request);
}

static void close_transport(struct dfut_run *run)
{
	drop_request(run);
	if (run->transport_ops)
		run->transport_ops->close(run->transport);
	run->transport_ops = NULL;
	run->transport = NULL;
	memset(run->opened, 0, sizeof(run->opened));
}

int dfut_run_new(struct dfut_run **run, const struct dfut_peer *peer, struct dfut_watcher *maker, dfut_run_ended ended,
		 void *owner)
{
	struct dfut_run *made = calloc(1, sizeof(*made));

	*run = NULL;
	if (!made)
		return DFUT_ERROR_NO_MEMORY;
	made->peer = *peer;
	made->peer.path = dfut_format_text("%s", peer->path);
	made->maker = maker;
	made->ended = ended;
	made->owner = owner;
	made->limit_us = UINT64_MAX;
	if (!made->peer.path) {
		free(made);
		return DFUT_ERROR_NO_MEMORY;
	}
	*run = made;
	return 0;
}

/* Who makes the run, too, has a deadline by what it does. */
static void wake(struct dfut_run *run)
{
	dfut_watcher_wake(&run->watcher);
	if (run->maker)
		dfut_watcher_wake(run->maker);
}

static void end_turn(struct dfut_run *run)
{
	struct dfut_turn **list = run->turn.list;

	dfut_turn_end(&run->turn);
	for (struct dfut_turn *turn = list ? *list : NULL; turn; turn = turn->next)
		dfut_watcher_wake(turn->watcher);
}

/* The machine's part in it is over. */
static void stop(struct dfut_run *run)
{
	drop_request(run);
	end_turn(run);
	dfut_watcher_remove(&run->watcher);
	free(run->state);
	run->state = NULL;
	run->ops = NULL;
	run->reopening = false;
	run->broken = 0;
}

void dfut_run_free(struct dfut_run *run)
{
	if (!run)
		return;
	stop(run);
	close_transport(run);
	free((char *)run->peer.path);
	free(run);
}

static void end(struct dfut_run *run, int code, enum dfut_end end)
{
	wake(run);
	stop(run);
	run->ended(run->owner, code, end);
}

static void log_end(struct dfut_run *run, int result)
{
	char text[64] = "wait 00 00 0000 0000 0";

	if (run->next.kind == DFUT_NEXT_ACT)
		dfut_action_describe(&run->next.action, text, sizeof(text));
	run->busy = true;
	dfut_context_log(run->peer.bus->context, DFUT_LOG_DEBUG, "%s %s: %s -> %s (%d)", run->peer.path, run->ops->name,
			 text, result < 0 ? dfut_error_get_name(result) : "ok", result);
	run->busy = false;
}

bool dfut_peer_is_settling(const struct dfut_peer *peer, int result)
{
	uint64_t age_us = dfut_context_get_time_us(peer->bus->context) - peer->arrived_us;

	if (peer->arrived_us == 0)
		return false;
	if (result == DFUT_ERROR_ACCESS)
		return age_us < PERMISSION_LIMIT_US;
	return (result == DFUT_ERROR_BUSY || result == DFUT_ERROR_NOT_FOUND) && age_us < READY_LIMIT_US;
}

static bool is_over(const struct dfut_run *run)
{
	return run->limit_us != UINT64_MAX && now_us(run) >= run->limit_us;
}

/* An action, or a wait, gets what is left of the time that the machine has. */
static void limit_time(struct dfut_run *run, uint64_t time_us)
{
	uint64_t now = now_us(run);
	uint64_t left_us = now < run->limit_us ? run->limit_us - now : 0;

	run->deadline_us = now + (time_us < left_us ? time_us : left_us);
}

static void limit_action(struct dfut_run *run)
{
	uint64_t left_ms;

	limit_time(run, run->next.action.timeout_ms * UINT64_C(1000));
	left_ms = (run->deadline_us - now_us(run) + 999) / 1000;
	if (run->next.action.timeout_ms > left_ms)
		run->next.action.timeout_ms = (uint32_t)left_ms;
}

/* Hands the action to the transport. 0, or the error that it ends with at once. */
static int submit(struct dfut_run *run)
{
	struct dfut_bus *bus = run->peer.bus;
	int result;

	if (run->left)
		return DFUT_ERROR_GONE;
	if (!run->transport_ops) {
		result = bus->ops.connect(bus->self, run->peer.instance, &run->transport_ops, &run->transport);
		result = dfut_error_take(result, 0);
		if (result < 0) {
			run->transport_ops = NULL;
			return result;
		}
	}
	limit_action(run);
	run->request = dfut_request_take(bus->context->inbox, &run->next.action);
	if (!run->request)
		return DFUT_ERROR_NO_MEMORY;
	run->request->run = run;
	run->transport_ops->submit(run->transport, run->request);
	return 0;
}

static bool is_open(const struct dfut_run *run)
{
	return run->next.kind == DFUT_NEXT_ACT && run->next.action.kind == DFUT_ACTION_OPEN;
}

static bool reopen_later(struct dfut_run *run, int result)
{
	if (!is_open(run) || run->left || !dfut_peer_is_settling(&run->peer, result) ||
	    now_us(run) + OPEN_RETRY_US >= run->limit_us)
		return false;
	run->reopening = true;
	run->deadline_us = now_us(run) + OPEN_RETRY_US;
	return true;
}

static bool begin_wait(struct dfut_run *run, int *result)
{
	*result = run->left ? DFUT_ERROR_GONE : 0;
	if (run->next.wait_us && !run->left) {
		limit_time(run, run->next.wait_us);
		return true;
	}
	log_end(run, *result);
	return false;
}

/* True if it has to be waited for. */
static bool begin_turn(struct dfut_run *run, int *result)
{
	*result = run->left ? DFUT_ERROR_GONE : 0;
	dfut_turn_ask(&run->turn, &run->peer.bus->context->first_turn, run->peer.bus, run->peer.path);
	run->turn.watcher = &run->watcher;
	return !run->left && !dfut_turn_has_come(&run->turn);
}

static bool begin_action(struct dfut_run *run, int *result)
{
	const struct dfut_action *action = &run->next.action;

	*result = 0;
	switch (action->kind) {
	case DFUT_ACTION_CLOSE:
		close_transport(run);
		break;
	case DFUT_ACTION_OPEN:
		/* By the machine before */
		if (dfut_run_has_open(run, action->link, action->channel))
			return false;
		*result = submit(run);
		if (*result == 0 || reopen_later(run, *result))
			return true;
		break;
	case DFUT_ACTION_CONTROL:
	case DFUT_ACTION_RESET:
	case DFUT_ACTION_ALTERNATE:
	case DFUT_ACTION_REPORT:
	case DFUT_ACTION_LINE_CODING:
	case DFUT_ACTION_LINES:
	case DFUT_ACTION_READ:
	case DFUT_ACTION_WRITE:
	case DFUT_ACTION_RELEASE:
	case DFUT_ACTION_CONFIGURE:
	case DFUT_ACTION_CLEAR_HALT:
	case DFUT_ACTION_DRIVER:
		*result = submit(run);
		if (*result == 0)
			return true;
		break;
	}
	log_end(run, *result);
	return false;
}

/* True if what the machine wants is under way; else it has ended at once. */
static bool carry_out(struct dfut_run *run, int *result)
{
	switch (run->next.kind) {
	case DFUT_NEXT_ACT:
		return begin_action(run, result);
	case DFUT_NEXT_WAIT:
		return begin_wait(run, result);
	case DFUT_NEXT_TURN:
		return begin_turn(run, result);
	case DFUT_NEXT_DONE:
		break;
	}
	return false;
}

/* Asks the machine for its next action until one is under way. */
static void advance(struct dfut_run *run, const struct dfut_outcome *first)
{
	struct dfut_outcome outcome;
	const struct dfut_outcome *last = first;
	int result;

	for (;;) {
		/* No machine can do anything about that. */
		if (last && last->result == DFUT_ERROR_NO_MEMORY) {
			end(run, DFUT_ERROR_NO_MEMORY, DFUT_END_STAYS);
			return;
		}
		memset(&run->next, 0, sizeof(run->next));
		run->deadline_us = UINT64_MAX;
		run->begun_us = now_us(run);
		run->busy = true;
		result = run->ops->next(run->state, last, &run->next);
		run->busy = false;
		if (result < 0) {
			end(run, result, DFUT_END_STAYS);
			return;
		}
		if (run->next.kind == DFUT_NEXT_DONE) {
			end(run, 0, run->next.end);
			return;
		}
		if (is_over(run)) {
			end(run, DFUT_ERROR_TIMEOUT, DFUT_END_STAYS);
			return;
		}
		if (carry_out(run, &result))
			return;
		outcome = (struct dfut_outcome){ .result = result,
						 .elapsed_ms = (now_us(run) - run->started_us) / 1000 };
		last = &outcome;
	}
}

/* The system took the time: for an OPEN it may have to begin a library first, which looks at all devices. */
static bool is_held(const struct dfut_run *run, int result)
{
	return run->next.kind == DFUT_NEXT_TURN || (is_open(run) && result == 0) ||
	       (run->next.kind == DFUT_NEXT_ACT && run->next.action.kind == DFUT_ACTION_RESET);
}

static void conclude(struct dfut_run *run, int result, const uint8_t *data)
{
	struct dfut_outcome outcome = { .result = result, .data = data };

	if (is_held(run, result))
		run->held_us += now_us(run) - run->begun_us;
	if (is_open(run) && result == 0) {
		run->opened[run->next.action.link][run->next.action.channel] = true;
		run->reached = true;
	}
	log_end(run, result);
	outcome.elapsed_ms = (now_us(run) - run->started_us) / 1000;
	advance(run, &outcome);
}

/* Its device can't be blamed: gives it its time again. */
static bool is_queued(struct dfut_run *run)
{
	const struct dfut_transport_ops *ops = run->transport_ops;

	if (!ops || ops->size < sizeof(*ops) || !ops->is_queued || now_us(run) >= run->limit_us ||
	    !ops->is_queued(run->transport, run->request))
		return false;
	run->deadline_us = now_us(run) + run->next.action.timeout_ms * UINT64_C(1000);
	if (run->deadline_us > run->limit_us)
		run->deadline_us = run->limit_us;
	return true;
}

/* Its time has come. */
static void expire(struct dfut_run *run)
{
	int result;

	if (run->reopening) {
		run->reopening = false;
		result = submit(run);
		if (result < 0 && !reopen_later(run, result))
			conclude(run, result, NULL);
		return;
	}
	if (run->broken) {
		result = run->broken;
		run->broken = 0;
		conclude(run, result, NULL);
		return;
	}
	if (!run->request) {
		conclude(run, 0, NULL);
		return;
	}
	if (is_queued(run))
		return;
	drop_request(run);
	conclude(run, DFUT_ERROR_TIMEOUT, NULL);
}

static bool has_turn_come(const struct dfut_run *run)
{
	return run->next.kind == DFUT_NEXT_TURN && dfut_turn_has_come(&run->turn);
}

static uint64_t get_deadline_us(void *owner)
{
	const struct dfut_run *run = owner;

	return has_turn_come(run) ? 0 : run->deadline_us;
}

static size_t dispatch(void *owner)
{
	struct dfut_run *run = owner;

	if (get_deadline_us(run) > now_us(run))
		return 0;
	wake(run);
	expire(run);
	return 1;
}

/* Whatever is under way ends with GONE when the device leaves; what it said last still counts. */
static void device_changed(void *owner, const struct dfut_change *change)
{
	struct dfut_run *run = owner;

	if (change->event != DFUT_DEVICE_LEFT || change->bus != run->peer.bus || change->instance != run->peer.instance)
		return;
	run->left = true;
	/* Whoever runs it now will see, and so will who gets the answer. */
	if (run->busy || (run->request && dfut_request_is_answered(run->request)))
		return;
	run->reopening = false;
	run->broken = 0;
	wake(run);
	drop_request(run);
	conclude(run, DFUT_ERROR_GONE, NULL);
}

static const struct dfut_watcher_ops watcher_ops = { get_deadline_us, dispatch, device_changed };

int dfut_run_begin(struct dfut_run *run, const struct dfut_machine_ops *ops, const struct dfut_job *job)
{
	int result;

	run->state = calloc(1, ops->state_size);
	if (!run->state)
		return DFUT_ERROR_NO_MEMORY;
	run->ops = ops;
	result = ops->begin(run->state, job);
	if (result < 0) {
		stop(run);
		return result;
	}
	run->started_us = now_us(run);
	run->watcher.is_waiting = true;
	if (run->maker)
		dfut_watcher_add_after(&run->watcher, run->maker, &watcher_ops, run);
	else
		dfut_watcher_add(&run->watcher, run->peer.bus->context, &watcher_ops, run);
	advance(run, NULL);
	return 0;
}

void dfut_run_set_limit(struct dfut_run *run, uint64_t until_us)
{
	run->limit_us = until_us;
}

bool dfut_run_is_busy(const struct dfut_run *run)
{
	return run->busy;
}

uint64_t dfut_run_get_held_us(const struct dfut_run *run)
{
	return run->held_us;
}

bool dfut_run_has_reached(const struct dfut_run *run)
{
	return run->reached;
}

bool dfut_run_has_open(const struct dfut_run *run, enum dfut_link link, uint8_t channel)
{
	return run->opened[link][channel];
}

void dfut_run_forget_open(struct dfut_run *run, enum dfut_link link, uint8_t channel)
{
	run->opened[link][channel] = false;
}

/* A transfer that breaks; a node that is missing, as it is the first to go. */
static bool is_like_departure(const struct dfut_action *action, int result)
{
	if (action->kind == DFUT_ACTION_OPEN)
		return result == DFUT_ERROR_NOT_FOUND &&
		       (action->link == DFUT_LINK_HID || action->link == DFUT_LINK_SERIAL);
	return result == DFUT_ERROR_IO && (action->link == DFUT_LINK_USB || action->link == DFUT_LINK_VOLUME) &&
	       action->kind != DFUT_ACTION_RESET;
}

/* Of a session, which can wait: who uses a handle is told at once. */
static bool conclude_later(struct dfut_run *run, int result)
{
	if (!is_like_departure(&run->next.action, result) || !run->maker || run->left ||
	    now_us(run) + DEPARTURE_US >= run->limit_us)
		return false;
	run->broken = result;
	run->deadline_us = now_us(run) + DEPARTURE_US;
	return true;
}

void dfut_request_deliver(struct dfut_request *request)
{
	struct dfut_run *run = request->run;
	int result = request->result;

	if (run) {
		wake(run);
		run->request = NULL;
		result = dfut_error_take(result, dfut_action_get_limit(&request->action));
		if (result < 0 && run->left)
			result = DFUT_ERROR_GONE;
		if (result >= 0 || (!reopen_later(run, result) && !conclude_later(run, result)))
			conclude(run, result, request->buffer);
	}
	dfut_request_give_back(request);
}

void dfut_run_get_progress(const struct dfut_run *run, uint64_t *done, uint64_t *total)
{
	*done = 0;
	*total = 0;
	if (run->ops->progress)
		run->ops->progress(run->state, done, total);
}

uint64_t dfut_run_get_wait_ms(const struct dfut_run *run)
{
	uint64_t now = now_us(run);

	if (!run->ops || run->next.kind != DFUT_NEXT_WAIT || run->deadline_us == UINT64_MAX || run->deadline_us < now)
		return 0;
	return (run->deadline_us - now) / 1000;
}

enum dfut_session_state dfut_run_get_phase(const struct dfut_run *run, enum dfut_session_state otherwise)
{
	return run->ops->phase ? run->ops->phase(run->state) : otherwise;
}

const char *dfut_run_get_remedy(const struct dfut_run *run)
{
	return run->ops && run->ops->remedy ? run->ops->remedy(run->state) : NULL;
}
