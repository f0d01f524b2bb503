/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Requests: how they are made and kept for the next one, and those that a bus makes for another one that is behind it. */

#include <stdlib.h>
#include <string.h>

#include "core/action.h"
#include "core/request.h"

/* Two are in use for each run: while a machine looks at what one brought, the next one is made. */
#define SPARE_LIMIT 64

static struct dfut_request *make(size_t room)
{
	struct dfut_request *request = malloc(sizeof(*request) + room);

	if (request)
		request->room = room;
	return request;
}

/* As if it were new. */
static void fill(struct dfut_request *request, const struct dfut_action *action)
{
	size_t room = request->room;

	memset(request, 0, sizeof(*request));
	memset(request->buffer, 0, room);
	request->room = room;
	request->action = *action;
	dfut_action_move_data(&request->action, request->buffer);
}

static struct dfut_request *take_spare(struct dfut_inbox *inbox, size_t room)
{
	struct dfut_request **at = &inbox->spares;
	struct dfut_request *request;

	while (*at && (*at)->room < room)
		at = &(*at)->next;
	request = *at;
	if (request) {
		*at = request->next;
		inbox->spare_count--;
	}
	return request;
}

struct dfut_request *dfut_request_take(struct dfut_inbox *inbox, const struct dfut_action *action)
{
	size_t room = dfut_action_get_length(action);
	struct dfut_request *request;

	pthread_mutex_lock(&inbox->lock);
	request = take_spare(inbox, room);
	pthread_mutex_unlock(&inbox->lock);
	if (!request)
		request = make(room);
	if (!request)
		return NULL;
	fill(request, action);
	request->inbox = inbox;
	pthread_mutex_lock(&inbox->lock);
	inbox->refs++;
	pthread_mutex_unlock(&inbox->lock);
	return request;
}

void dfut_request_give_back(struct dfut_request *request)
{
	struct dfut_inbox *inbox = request->inbox;
	bool is_kept;

	pthread_mutex_lock(&inbox->lock);
	is_kept = inbox->spare_count < SPARE_LIMIT;
	if (is_kept) {
		request->next = inbox->spares;
		inbox->spares = request;
		inbox->spare_count++;
	}
	pthread_mutex_unlock(&inbox->lock);
	if (!is_kept)
		free(request);
	dfut_inbox_unref(inbox);
}

bool dfut_request_is_answered(const struct dfut_request *request)
{
	bool answered;

	pthread_mutex_lock(&request->inbox->lock);
	answered = request->answered;
	pthread_mutex_unlock(&request->inbox->lock);
	return answered;
}

DFUT_API int dfut_request_new(struct dfut_request **out, const struct dfut_action *action,
			      dfut_request_handler completed, void *owner)
{
	struct dfut_request *request = make(dfut_action_get_length(action));

	*out = request;
	if (!request)
		return DFUT_ERROR_NO_MEMORY;
	fill(request, action);
	request->completed = completed;
	request->owner = owner;
	return 0;
}

DFUT_API void dfut_request_free(struct dfut_request *request)
{
	free(request);
}
