/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Handlers. */

#include "handlers.h"

#include "calls.h"
#include "object.h"

static const char *const names[] = { "onLog", "onDevice", "onProgress", "onBytes", "onLine" };

bool take_handler(struct call *call, struct object *object, enum handler handler)
{
	bool is_there;
	napi_value function = take_value(call, &is_there);
	napi_valuetype type = napi_undefined;
	napi_value wrapper = NULL;

	if (call->has_failed || !is_there)
		return false;
	if (!check(call, napi_typeof(call->env, function, &type)) || type != napi_function) {
		fail(call, "a handler must be a function");
		return false;
	}
	if (check(call, napi_get_reference_value(call->env, object->wrapper, &wrapper)))
		put(call, wrapper, names[handler], function);
	return !call->has_failed;
}

/* A handler that is about to be called. */
struct handler_call {
	struct call call;
	struct object *object;
	enum handler handler;
	napi_handle_scope scope;
	size_t count;
	napi_value arguments[2];
};

/* What is called is called from a call: not from a collection, where nothing of JavaScript may run. */
static bool begin_handler(struct handler_call *to, struct object *object, enum handler handler)
{
	*to = (struct handler_call){ .object = object, .handler = handler };
	if (!object->native || !get_top(object)->depth || napi_open_handle_scope(object->env, &to->scope) != napi_ok)
		return false;
	begin_call(&to->call, object->env, NULL);
	return true;
}

static void add_argument(struct handler_call *to, napi_value value)
{
	to->arguments[to->count++] = value;
}

/* @return false if there was an exception, which comes out of the call that is inside the library */
static bool end_handler(struct handler_call *to)
{
	struct call *call = &to->call;
	napi_value wrapper = NULL;
	napi_value function = NULL;
	napi_value result = NULL;

	if (!call->has_failed && check(call, napi_get_reference_value(call->env, to->object->wrapper, &wrapper)) &&
	    wrapper && check(call, napi_get_named_property(call->env, wrapper, names[to->handler], &function)))
		check(call, napi_call_function(call->env, wrapper, function, to->count, to->arguments, &result));
	end_call(call, NULL);
	napi_close_handle_scope(call->env, to->scope);
	return !call->has_failed;
}

void on_log(enum dfut_log_level level, const char *text, void *user_data)
{
	struct handler_call to;

	if (!begin_handler(&to, user_data, HANDLER_LOG))
		return;
	add_argument(&to, tell_number(&to.call, level));
	add_argument(&to, tell_text(&to.call, text));
	end_handler(&to);
}

void on_device(enum dfut_device_event event, struct dfut_device *device, void *user_data)
{
	struct handler_call to;

	if (!begin_handler(&to, user_data, HANDLER_DEVICE))
		return;
	add_argument(&to, tell_number(&to.call, event));
	add_argument(&to, wrap_device(&to.call, device, to.object));
	end_handler(&to);
}

void on_progress(struct dfut_session *session, const struct dfut_progress *progress, void *user_data)
{
	struct handler_call to;

	(void)session;
	if (!begin_handler(&to, user_data, HANDLER_PROGRESS))
		return;
	add_argument(&to, tell_progress(&to.call, progress));
	end_handler(&to);
}

void on_line(const char *text, void *user_data)
{
	struct handler_call to;

	if (!begin_handler(&to, user_data, HANDLER_LINE))
		return;
	add_argument(&to, tell_text(&to.call, text));
	end_handler(&to);
}

int on_bytes(const uint8_t *data, size_t size, void *user_data)
{
	struct handler_call to;

	if (!begin_handler(&to, user_data, HANDLER_WRITER))
		return DFUT_ERROR_CANCELLED;
	add_argument(&to, tell_bytes(&to.call, data, size));
	return end_handler(&to) ? 0 : DFUT_ERROR_CANCELLED;
}
