/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Arguments and results. */

#include "arguments.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "object.h"

struct scrap {
	struct scrap *next;
	char text[];
};

void begin_call(struct call *call, napi_env env, napi_callback_info info)
{
	size_t count = ARGUMENT_COUNT;

	*call = (struct call){ .env = env };
	/* What is not given is undefined. */
	if (info)
		check(call, napi_get_cb_info(env, info, &count, call->arguments, NULL, NULL));
}

napi_value end_call(struct call *call, napi_value value)
{
	while (call->scraps) {
		struct scrap *scrap = call->scraps;

		call->scraps = scrap->next;
		free(scrap);
	}
	return call->has_failed ? NULL : value;
}

bool check(struct call *call, napi_status status)
{
	const napi_extended_error_info *error = NULL;
	bool is_pending = false;

	if (call->has_failed || status == napi_ok)
		return !call->has_failed;
	napi_get_last_error_info(call->env, &error);
	napi_is_exception_pending(call->env, &is_pending);
	if (!is_pending)
		napi_throw_error(call->env, NULL,
				 error && error->error_message ? error->error_message : "Node-API failed");
	call->has_failed = true;
	return false;
}

void fail(struct call *call, const char *text)
{
	if (!call->has_failed)
		napi_throw_type_error(call->env, NULL, text);
	call->has_failed = true;
}

/* Arguments. */

static bool is_nothing(struct call *call, napi_value value)
{
	napi_valuetype type = napi_undefined;

	return call->has_failed || !check(call, napi_typeof(call->env, value, &type)) || type == napi_undefined ||
	       type == napi_null;
}

static double to_number(struct call *call, napi_value value, const char *name, double least, double most)
{
	double number = 0;
	char text[128];

	if (napi_get_value_double(call->env, value, &number) == napi_ok && number >= least && number <= most &&
	    number == floor(number))
		return number;
	snprintf(text, sizeof(text), "%s: an integer from %.0f to %.0f is needed", name, least, most);
	fail(call, text);
	return 0;
}

static const char *to_text(struct call *call, napi_value value, const char *name)
{
	struct scrap *scrap = NULL;
	size_t size = 0;
	char text[128];

	if (napi_get_value_string_utf8(call->env, value, NULL, 0, &size) != napi_ok) {
		snprintf(text, sizeof(text), "%s: a string is needed", name);
		fail(call, text);
		return NULL;
	}
	scrap = malloc(sizeof(*scrap) + size + 1);
	if (!scrap) {
		fail(call, "out of memory");
		return NULL;
	}
	scrap->next = call->scraps;
	call->scraps = scrap;
	if (!check(call, napi_get_value_string_utf8(call->env, value, scrap->text, size + 1, &size)))
		return NULL;
	/* The library would take what is in front of it. */
	if (strlen(scrap->text) != size) {
		snprintf(text, sizeof(text), "%s: a string without NUL is needed", name);
		fail(call, text);
		return NULL;
	}
	return scrap->text;
}

static const char *name_argument(const struct call *call, char *text, size_t size)
{
	snprintf(text, size, "argument %zu", call->next);
	return text;
}

napi_value take_value(struct call *call, bool *is_there)
{
	napi_value value = call->next < ARGUMENT_COUNT ? call->arguments[call->next++] : NULL;

	*is_there = value && !is_nothing(call, value);
	return value;
}

double take_number(struct call *call, double least, double most)
{
	char name[32];
	bool is_there;
	napi_value value = take_value(call, &is_there);

	return call->has_failed ? 0 : to_number(call, value, name_argument(call, name, sizeof(name)), least, most);
}

bool take_bool(struct call *call)
{
	bool result = false;
	bool is_there;
	napi_value value = take_value(call, &is_there);

	if (!call->has_failed && napi_get_value_bool(call->env, value, &result) != napi_ok)
		fail(call, "a boolean is needed");
	return result;
}

const char *take_text(struct call *call)
{
	char name[32];
	bool is_there;
	napi_value value = take_value(call, &is_there);

	return is_there ? to_text(call, value, name_argument(call, name, sizeof(name))) : NULL;
}

void *take_bytes(struct call *call, size_t *size, size_t most)
{
	bool is_there;
	napi_value value = take_value(call, &is_there);
	napi_typedarray_type type = napi_int8_array;
	void *data = NULL;

	*size = 0;
	if (!is_there)
		return NULL;
	if (napi_get_typedarray_info(call->env, value, &type, size, &data, NULL, NULL) != napi_ok ||
	    type != napi_uint8_array)
		fail(call, "a Buffer or Uint8Array is needed");
	else if (*size > most)
		fail(call, "too many bytes");
	return call->has_failed ? NULL : data;
}

struct object *take_object(struct call *call, const struct kind *kind)
{
	bool is_there;
	napi_value value = take_value(call, &is_there);

	return call->has_failed ? NULL : unwrap(call, value, kind);
}

/* Properties. */

static bool get(struct call *call, napi_value object, const char *name, napi_value *value)
{
	return !call->has_failed && check(call, napi_get_named_property(call->env, object, name, value)) &&
	       !is_nothing(call, *value);
}

double get_number(struct call *call, napi_value object, const char *name, double otherwise, double least, double most)
{
	napi_value value;

	return get(call, object, name, &value) ? to_number(call, value, name, least, most) : otherwise;
}

void get_text(struct call *call, napi_value object, const char *name, const char **text)
{
	napi_value value;

	if (get(call, object, name, &value))
		*text = to_text(call, value, name);
}

void *get_native(struct call *call, napi_value object, const char *name, const struct kind *kind)
{
	struct object *found = NULL;
	napi_value value;

	if (get(call, object, name, &value))
		found = unwrap(call, value, kind);
	return found ? found->native : NULL;
}

/* Results. */

napi_value tell_null(struct call *call)
{
	napi_value value = NULL;

	check(call, napi_get_null(call->env, &value));
	return value;
}

napi_value tell_number(struct call *call, double number)
{
	napi_value value = NULL;

	check(call, napi_create_double(call->env, number, &value));
	return value;
}

napi_value tell_bool(struct call *call, bool value)
{
	napi_value told = NULL;

	check(call, napi_get_boolean(call->env, value, &told));
	return told;
}

napi_value tell_text(struct call *call, const char *text)
{
	napi_value value = NULL;

	if (!text)
		return tell_null(call);
	check(call, napi_create_string_utf8(call->env, text, NAPI_AUTO_LENGTH, &value));
	return value;
}

napi_value tell_bytes(struct call *call, const void *data, size_t size)
{
	napi_value value = NULL;

	if (!data)
		return tell_null(call);
	check(call, napi_create_buffer_copy(call->env, size, data, NULL, &value));
	return value;
}

napi_value tell_object(struct call *call)
{
	napi_value value = NULL;

	check(call, napi_create_object(call->env, &value));
	return value;
}

void put(struct call *call, napi_value object, const char *name, napi_value value)
{
	if (!call->has_failed)
		check(call, napi_set_named_property(call->env, object, name, value));
}
