/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Life of objects, and the words of errors. */

#include "object.h"

#include <stdio.h>
#include <stdlib.h>

/* Who has this tag is one of ours, and no other object that somebody has passed. */
static const napi_type_tag object_tag = { 0x6466757472696767, 0x6e6f64652d617069 };

struct object *get_top(struct object *object)
{
	while (object->parent)
		object = object->parent;
	return object;
}

static void drop(struct object *object)
{
	while (object && --object->references == 0) {
		struct object *parent = object->parent;

		free(object);
		object = parent;
	}
}

static void release(const struct kind *kind, void *native)
{
	if (native && kind->release)
		kind->release(native);
}

/* Frees what the object stands for, now or when the last call has left. Handlers see that it is gone, and are quiet. */
static void close_native(struct object *object)
{
	struct object *top = get_top(object);
	void *native = object->native;

	object->native = NULL;
	if (!native)
		return;
	if (!top->depth) {
		release(object->kind, native);
		return;
	}
	object->buried = native;
	object->references++;
	object->next_grave = top->graves;
	top->graves = object;
}

void enter(struct object *object)
{
	get_top(object)->depth++;
}

void leave(struct object *object)
{
	struct object *top = get_top(object);

	top->depth--;
	while (top->graves && !top->depth) {
		struct object *grave = top->graves;

		top->graves = grave->next_grave;
		release(grave->kind, grave->buried);
		grave->buried = NULL;
		drop(grave);
	}
}

/* Collected, or Node ends. */
static void finalize(napi_env env, void *data, void *hint)
{
	struct object *object = data;

	(void)hint;
	close_native(object);
	if (object->wrapper)
		napi_delete_reference(env, object->wrapper);
	object->wrapper = NULL;
	drop(object);
}

napi_value wrap(struct call *call, const struct kind *kind, void *native, struct object *parent)
{
	struct object *object = native ? calloc(1, sizeof(*object)) : NULL;
	napi_value value = NULL;

	if (!native)
		return tell_null(call);
	if (!object)
		fail(call, "out of memory");
	else
		value = tell_object(call);
	if (!call->has_failed && check(call, napi_type_tag_object(call->env, value, &object_tag))) {
		*object = (struct object){
			.kind = kind, .native = native, .parent = parent, .references = 1, .env = call->env
		};
		if (check(call, napi_wrap(call->env, value, object, finalize, NULL, &object->wrapper))) {
			if (parent)
				parent->references++;
			return value;
		}
	}
	free(object);
	release(kind, native);
	return NULL;
}

struct object *unwrap(struct call *call, napi_value value, const struct kind *kind)
{
	struct object *object = NULL;
	bool is_ours = false;
	char text[64];

	if (napi_check_object_type_tag(call->env, value, &object_tag, &is_ours) != napi_ok || !is_ours ||
	    napi_unwrap(call->env, value, (void **)&object) != napi_ok || (kind && object->kind != kind)) {
		snprintf(text, sizeof(text), "a dfut_%s is needed", kind ? kind->name : "object");
		fail(call, text);
		return NULL;
	}
	if (kind && (!object->native || (!kind->release && !object->parent->native))) {
		snprintf(text, sizeof(text), "the %s is closed", kind->name);
		fail(call, text);
		return NULL;
	}
	return object;
}

void join(struct object *object, struct object *other)
{
	other->references++;
	object->parent = other;
}

napi_value close_object(napi_env env, napi_callback_info info)
{
	struct call call;
	struct object *object;
	int result;

	begin_call(&call, env, info);
	object = take_object(&call, NULL);
	if (call.has_failed || !object->native)
		return end_call(&call, NULL);
	result = do_last(object->kind, object->native);
	if (result < 0)
		raise_error(&call, object, result);
	close_native(object);
	return end_call(&call, NULL);
}

napi_value is_closed(napi_env env, napi_callback_info info)
{
	struct call call;
	struct object *object;

	begin_call(&call, env, info);
	object = take_object(&call, NULL);
	return end_call(&call, call.has_failed ? NULL : tell_bool(&call, !object->native));
}
