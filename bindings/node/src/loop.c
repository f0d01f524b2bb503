/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Node's event loop and a context. */

#include "loop.h"

#include <stdlib.h>
#include <uv.h>

#include "object.h"

struct loop {
	napi_env env;
	napi_ref callback;
	/* A thread of Node that ends waits until libuv has let go of what is closed. */
	napi_async_cleanup_hook_handle hook;
	uv_poll_t poll;
	uv_timer_t timer;
	uv_async_t wakeup;
	uv_handle_t *handles[3]; /* of those, what is open */
	unsigned int open_count;
	bool is_wrapped;
	bool is_called;
	bool is_closing;
};

static const napi_type_tag loop_tag = { 0x6466757472696767, 0x6c6f6f702d757600 };

static void free_loop(struct loop *loop)
{
	if (!loop->open_count && !loop->is_wrapped)
		free(loop);
}

static void on_closed(uv_handle_t *handle)
{
	struct loop *loop = handle->data;

	if (--loop->open_count == 0 && loop->hook)
		napi_remove_async_cleanup_hook(loop->hook);
	free_loop(loop);
}

/* From here on nothing is polled and nobody is called. */
static void close_loop(struct loop *loop)
{
	if (loop->is_closing)
		return;
	loop->is_closing = true;
	if (loop->callback)
		napi_delete_reference(loop->env, loop->callback);
	loop->callback = NULL;
	for (unsigned int i = 0; i < loop->open_count; i++)
		uv_close(loop->handles[i], on_closed);
}

static void on_end(napi_async_cleanup_hook_handle hook, void *data)
{
	(void)hook;
	close_loop(data);
}

static void finalize(napi_env env, void *data, void *hint)
{
	struct loop *loop = data;

	(void)env;
	(void)hint;
	close_loop(loop);
	loop->is_wrapped = false;
	free_loop(loop);
}

/* An exception has nobody to go to but the process. */
static void call_back(struct loop *loop)
{
	napi_handle_scope scope;
	napi_value nobody = NULL;
	napi_value function = NULL;
	napi_value error = NULL;

	if (loop->is_closing || napi_open_handle_scope(loop->env, &scope) != napi_ok)
		return;
	loop->is_called = true;
	if (napi_get_global(loop->env, &nobody) == napi_ok &&
	    napi_get_reference_value(loop->env, loop->callback, &function) == napi_ok &&
	    napi_make_callback(loop->env, NULL, nobody, function, 0, NULL, NULL) == napi_pending_exception &&
	    napi_get_and_clear_last_exception(loop->env, &error) == napi_ok)
		napi_fatal_exception(loop->env, error);
	loop->is_called = false;
	napi_close_handle_scope(loop->env, scope);
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
	(void)status;
	(void)events;
	call_back(poll->data);
}

static void on_deadline(uv_timer_t *timer)
{
	call_back(timer->data);
}

static void add_handle(struct loop *loop, uv_handle_t *handle)
{
	handle->data = loop;
	loop->handles[loop->open_count++] = handle;
}

/* @return false if libuv refuses one */
static bool open_handles(struct loop *loop, int event)
{
	uv_loop_t *uv = NULL;

	if (napi_get_uv_event_loop(loop->env, &uv) != napi_ok || uv_poll_init(uv, &loop->poll, event) < 0)
		return false;
	add_handle(loop, (uv_handle_t *)&loop->poll);
	if (uv_async_init(uv, &loop->wakeup, NULL) < 0)
		return false;
	uv_unref((uv_handle_t *)&loop->wakeup);
	add_handle(loop, (uv_handle_t *)&loop->wakeup);
	uv_timer_init(uv, &loop->timer);
	add_handle(loop, (uv_handle_t *)&loop->timer);
	return true;
}

static napi_value fail_new(struct call *call, struct loop *loop, const char *text)
{
	fail(call, text);
	if (loop && loop->open_count)
		close_loop(loop);
	else
		free(loop);
	return end_call(call, NULL);
}

napi_value loop_new(napi_env env, napi_callback_info info)
{
	struct call call;
	struct object *context;
	struct loop *loop;
	napi_value callback;
	napi_value value;
	bool is_there;

	begin_call(&call, env, info);
	context = take_object(&call, &context_kind);
	callback = take_value(&call, &is_there);
	if (call.has_failed)
		return end_call(&call, NULL);
	loop = calloc(1, sizeof(*loop));
	if (!loop)
		return fail_new(&call, NULL, "out of memory");
	loop->env = env;
	if (!open_handles(loop, dfut_context_get_event(context->native)))
		return fail_new(&call, loop, "Node's loop does not take the context's event");
	value = tell_object(&call);
	check(&call, napi_create_reference(env, callback, 1, &loop->callback));
	check(&call, napi_add_async_cleanup_hook(env, on_end, loop, &loop->hook));
	if (!check(&call, napi_type_tag_object(env, value, &loop_tag)) ||
	    !check(&call, napi_wrap(env, value, loop, finalize, NULL, NULL)))
		return fail_new(&call, loop, "out of memory");
	loop->is_wrapped = true;
	uv_poll_start(&loop->poll, UV_READABLE, on_readable);
	return end_call(&call, value);
}

static struct loop *take_loop(struct call *call)
{
	bool is_ours = false;
	struct loop *loop = NULL;
	bool is_there;
	napi_value value = take_value(call, &is_there);

	if (napi_check_object_type_tag(call->env, value, &loop_tag, &is_ours) != napi_ok || !is_ours ||
	    napi_unwrap(call->env, value, (void **)&loop) != napi_ok)
		fail(call, "a loop is needed");
	return loop;
}

napi_value loop_plan(napi_env env, napi_callback_info info)
{
	struct call call;
	struct loop *loop;
	double timeout_ms;
	bool is_kept;

	begin_call(&call, env, info);
	loop = take_loop(&call);
	timeout_ms = take_number(&call, -1, INT32_MAX);
	is_kept = take_bool(&call);
	if (call.has_failed || loop->is_closing)
		return end_call(&call, NULL);
	if (timeout_ms < 0) {
		uv_timer_stop(&loop->timer);
	} else {
		/* Time may have passed since libuv has looked at the clock. */
		uv_update_time(loop->timer.loop);
		uv_timer_start(&loop->timer, on_deadline, (uint64_t)timeout_ms, 0);
	}
	(is_kept ? uv_ref : uv_unref)((uv_handle_t *)&loop->poll);
	(is_kept ? uv_ref : uv_unref)((uv_handle_t *)&loop->timer);
	/* A program with a loop around libuv's may be asleep, and would not see what was begun from there. */
	if (!loop->is_called)
		uv_async_send(&loop->wakeup);
	return end_call(&call, NULL);
}

napi_value loop_close(napi_env env, napi_callback_info info)
{
	struct call call;
	struct loop *loop;

	begin_call(&call, env, info);
	loop = take_loop(&call);
	if (!call.has_failed)
		close_loop(loop);
	return end_call(&call, NULL);
}
