/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Requests that a bus makes for another one that is behind it. The engine's are in engine.c. */

#include <stdlib.h>
#include <string.h>

#include "core/request.h"

DFUT_API int dfut_request_new(struct dfut_request **out, const struct dfut_action *action,
			      dfut_request_handler completed, void *owner)
{
	struct dfut_request *request = calloc(1, sizeof(*request) + action->length + 1u);

	*out = request;
	if (!request)
		return DFUT_ERROR_NO_MEMORY;
	request->action = *action;
	if (action->data && action->length && !(action->request_type & 0x80))
		memcpy(request->buffer, action->data, action->length);
	request->action.data = request->buffer;
	request->completed = completed;
	request->owner = owner;
	return 0;
}

DFUT_API void dfut_request_free(struct dfut_request *request)
{
	free(request);
}
