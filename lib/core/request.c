/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Requests: how they are made, and those that a bus makes for another one that is behind it. */

#include <stdlib.h>

#include "core/action.h"
#include "core/request.h"

struct dfut_request *dfut_request_make(const struct dfut_action *action)
{
	struct dfut_request *request = calloc(1, sizeof(*request) + dfut_action_get_length(action) + 1u);

	if (!request)
		return NULL;
	request->action = *action;
	dfut_action_move_data(&request->action, request->buffer);
	return request;
}

DFUT_API int dfut_request_new(struct dfut_request **out, const struct dfut_action *action,
			      dfut_request_handler completed, void *owner)
{
	struct dfut_request *request = dfut_request_make(action);

	*out = request;
	if (!request)
		return DFUT_ERROR_NO_MEMORY;
	request->completed = completed;
	request->owner = owner;
	return 0;
}

DFUT_API void dfut_request_free(struct dfut_request *request)
{
	free(request);
}
