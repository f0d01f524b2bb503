/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Objects of the library as objects of JavaScript. Each keeps its parent in memory, so that they may be collected in any order.
 * What is dropped while a call is inside the library is freed when that call leaves: a collection may happen in the middle
 * of a handler. All that was made in one thread of Node stays there, so that nobody waits for a turn.
 */

#ifndef DFUTRIGGER_NODE_OBJECT_H
#define DFUTRIGGER_NODE_OBJECT_H

#include "arguments.h"

#include <stdbool.h>

#include "dfutrigger-sim.h"
#include "dfutrigger.h"

/* A kind of object of the library. */
struct kind {
	const char *name;
	void (*release)(void *native); /* NULL if it belongs to its parent */
};

struct object {
	const struct kind *kind;
	void *native;
	struct object *parent;
	size_t references; /* JavaScript's, and those of its children */
	napi_env env;
	napi_ref wrapper;      /* weak: the JavaScript object, which has the handlers */
	unsigned int depth;    /* of the top one: calls that are inside the library */
	struct object *graves; /* of the top one: what is to be freed when the last of them leaves */
	struct object *next_grave;
	void *buried;
};

/* The kinds, of the rows of objects.i. */
#define OBJECT(NAME, OWNER, RELEASE) extern const struct kind NAME##_kind;
#define PART(NAME, WHOLE) extern const struct kind NAME##_kind;
#define COUNTED(NAME, HOLD) \
	napi_value wrap_##NAME(struct call *call, struct dfut_##NAME *native, struct object *context);
#define CARRIER(NAME, KIND)
#define WORDS(NAME, CODE, TEXT, HINT, CHECK)
#define TEXT(NAME, TEXT)
#define LAST(NAME, DO, TEXT)
#include "objects.i"
#undef OBJECT
#undef PART
#undef COUNTED
#undef CARRIER
#undef WORDS
#undef TEXT
#undef LAST

/* @return the object that it belongs to, itself if to none */
struct object *get_top(struct object *object);
/* Takes what `native` is, also if it fails. @return null of JavaScript for NULL */
napi_value wrap(struct call *call, const struct kind *kind, void *native, struct object *parent);
/* @return NULL, and the call has failed, if it is not an object of that kind, or is closed */
struct object *unwrap(struct call *call, napi_value value, const struct kind *kind);
/* A call goes into the library, and comes out of it. */
void enter(struct object *object);
void leave(struct object *object);
/* From now on it belongs to the other. */
void join(struct object *object, struct object *other);
/* Throws the error, with the words of the nearest object that has some for its code; see objects.i. */
void raise_error(struct call *call, const struct object *object, int code);
/* The same, with the words that a context has kept. */
void raise_words(struct call *call, struct dfut_context *context, int code);
/* What a row LAST says: done before it is closed by who can be told of an error. @return 0 or an error */
int do_last(const struct kind *kind, void *native);
/* close(object): frees it now; it can't be used any more. */
napi_value close_object(napi_env env, napi_callback_info info);
/* isClosed(object) */
napi_value is_closed(napi_env env, napi_callback_info info);

#endif
