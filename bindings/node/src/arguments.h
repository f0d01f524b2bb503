/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * How arguments and results cross. A call that has failed has thrown an exception: what is taken then is zero, and what is told
 * is nothing, so that it need be asked for once.
 */

#ifndef DFUTRIGGER_NODE_ARGUMENTS_H
#define DFUTRIGGER_NODE_ARGUMENTS_H

#define NAPI_VERSION 8

#include <node_api.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SAFE_INTEGER_MAX 9007199254740991.0
#define ARGUMENT_COUNT 8

struct kind;
struct object;
struct scrap;

/* What there is once for each thread of Node that has loaded the module. */
struct module {
	napi_ref make_error; /* (code, text, hint, hint line, failed check): the error to throw */
};

struct call {
	napi_env env;
	napi_value arguments[ARGUMENT_COUNT];
	size_t next;
	bool has_failed;
	struct scrap *scraps; /* texts, until the call has ended */
};

void begin_call(struct call *call, napi_env env, napi_callback_info info);
/* @return `value`, or NULL if it has failed */
napi_value end_call(struct call *call, napi_value value);
/* A call has failed unless the status is napi_ok. */
bool check(struct call *call, napi_status status);
void fail(struct call *call, const char *text);

/* The next argument. */

/* @param[out] is_there whether it is neither null nor undefined */
napi_value take_value(struct call *call, bool *is_there);
double take_number(struct call *call, double least, double most);
bool take_bool(struct call *call);
/* @return NULL for null */
const char *take_text(struct call *call);
/* @return the bytes of a Uint8Array; NULL for null */
void *take_bytes(struct call *call, size_t *size, size_t most);
struct object *take_object(struct call *call, const struct kind *kind);

/* A property, if it is there. */

double get_number(struct call *call, napi_value object, const char *name, double otherwise, double least, double most);
/* @param[in,out] text stays as it is if there is none */
void get_text(struct call *call, napi_value object, const char *name, const char **text);
/* @return what the library has of the object; NULL if there is none */
void *get_native(struct call *call, napi_value object, const char *name, const struct kind *kind);

/* What comes back; NULL is told as null. */

napi_value tell_null(struct call *call);
napi_value tell_number(struct call *call, double number);
napi_value tell_bool(struct call *call, bool value);
napi_value tell_text(struct call *call, const char *text);
/* Copies them into a Buffer. */
napi_value tell_bytes(struct call *call, const void *data, size_t size);
napi_value tell_object(struct call *call);
void put(struct call *call, napi_value object, const char *name, napi_value value);

#endif
