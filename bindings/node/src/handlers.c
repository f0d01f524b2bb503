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

/* What is called is called from a call: not from a collection, where nothing of JavaScript may run. */
static bool begin_handler(struct call *call, struct object *object, napi_handle_scope *scope)
{
	if (!object->native || !get_top(object)->depth || napi_open_handle_scope(object->env, scope) != napi_ok)
		return false;
	begin_call(call, object->env, NULL);
	return true;
}

/* @return false if there was an exception, which comes out of the call that is inside the library */
static bool end_handler(struct call *call, struct object *object, enum handler handler, napi_handle_scope scope,
			size_t count, const napi_value *arguments)
{
	napi_value wrapper = NULL;
	napi_value function = NULL;
	napi_value result = NULL;

	if (!call->has_failed && check(call, napi_get_reference_value(call->env, object->wrapper, &wrapper)) &&
	    wrapper && check(call, napi_get_named_property(call->env, wrapper, names[handler], &function)))
		check(call, napi_call_function(call->env, wrapper, function, count, arguments, &result));
	end_call(call, NULL);
	napi_close_handle_scope(object->env, scope);
	return !call->has_failed;
}

void on_log(enum dfut_log_level level, const char *text, void *user_data)
{
	struct object *object = user_data;
	napi_handle_scope scope;
	struct call call;
	napi_value arguments[2];

	if (!begin_handler(&call, object, &scope))
		return;
	arguments[0] = tell_number(&call, level);
	arguments[1] = tell_text(&call, text);
	end_handler(&call, object, HANDLER_LOG, scope, 2, arguments);
}

void on_device(enum dfut_device_event event, struct dfut_device *device, void *user_data)
{
	struct object *object = user_data;
	napi_handle_scope scope;
	struct call call;
	napi_value arguments[2];

	if (!begin_handler(&call, object, &scope))
		return;
	arguments[0] = tell_number(&call, event);
	arguments[1] = wrap_device(&call, device, object);
	end_handler(&call, object, HANDLER_DEVICE, scope, 2, arguments);
}

void on_progress(struct dfut_session *session, const struct dfut_progress *progress, void *user_data)
{
	struct object *object = user_data;
	napi_handle_scope scope;
	struct call call;
	napi_value argument;

	(void)session;
	if (!begin_handler(&call, object, &scope))
		return;
	argument = tell_progress(&call, progress);
	end_handler(&call, object, HANDLER_PROGRESS, scope, 1, &argument);
}

void on_line(const char *text, void *user_data)
{
	struct object *object = user_data;
	napi_handle_scope scope;
	struct call call;
	napi_value argument;

	if (!begin_handler(&call, object, &scope))
		return;
	argument = tell_text(&call, text);
	end_handler(&call, object, HANDLER_LINE, scope, 1, &argument);
}

int on_bytes(const uint8_t *data, size_t size, void *user_data)
{
	struct object *object = user_data;
	napi_handle_scope scope;
	struct call call;
	napi_value argument;

	if (!begin_handler(&call, object, &scope))
		return DFUT_ERROR_CANCELLED;
	argument = tell_bytes(&call, data, size);
	return end_handler(&call, object, HANDLER_WRITER, scope, 1, &argument) ? 0 : DFUT_ERROR_CANCELLED;
}
