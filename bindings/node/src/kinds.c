/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What the rows of objects.i and lists.i mean in Node. */

#include "lists.h"
#include "object.h"

#define OBJECT(NAME, OWNER, RELEASE) \
	static void release_##NAME(void *native) \
	{ \
		RELEASE(native); \
	} \
	const struct kind NAME##_kind = { #NAME, release_##NAME };
#define PART(NAME, WHOLE) const struct kind NAME##_kind = { #NAME, NULL };
/* One more reference to what belongs to somebody else. */
#define COUNTED(NAME, HOLD) \
	napi_value wrap_##NAME(struct call *call, struct dfut_##NAME *native, struct object *context) \
	{ \
		return wrap(call, &NAME##_kind, native ? HOLD(native) : NULL, context); \
	}
#define CARRIER(NAME, KIND)
#define WORDS(NAME, CODE, TEXT, HINT, CHECK)
#define TEXT(NAME, TEXT)
#define LAST(NAME, DO, TEXT)
#include "objects.i"
#undef OBJECT
#undef PART
#undef COUNTED
#undef WORDS
#undef TEXT
#undef LAST

#define OBJECT(NAME, OWNER, RELEASE)
#define PART(NAME, WHOLE)
#define COUNTED(NAME, HOLD)

int do_last(const struct kind *kind, void *native)
{
#define WORDS(NAME, CODE, TEXT, HINT, CHECK)
#define TEXT(NAME, TEXT)
#define LAST(NAME, DO, TEXT) \
	if (kind == &NAME##_kind) \
		return DO(native);
#include "objects.i"
#undef WORDS
#undef TEXT
#undef LAST
	return 0;
}

/* The words of an error. */
struct words {
	const char *text;
	const char *hint;
	const char *hint_line;
	unsigned int check;
};

/* Those of the object itself; false if it has none, or those of another error. */
static bool get_own_words(const struct object *object, int code, struct words *words)
{
#define LAST(NAME, DO, TEXT)
#define WORDS(NAME, CODE, TEXT, HINT, CHECK) \
	if (object->kind == &NAME##_kind) { \
		if (!object->native || CODE(object->native) != code) \
			return false; \
		*words = (struct words){ TEXT(object->native), HINT(object->native), \
					 dfut_##NAME##_get_hint_line(object->native), CHECK(object->native) }; \
		return true; \
	}
#define TEXT(NAME, TELL) \
	if (object->kind == &NAME##_kind) { \
		if (object->native) \
			words->text = TELL(object->native); \
		return true; \
	}
#include "objects.i"
	return false;
}

static void throw_words(struct call *call, const struct words *words, int code)
{
	struct module *module = NULL;
	napi_value maker = NULL;
	napi_value error = NULL;
	napi_value nobody = NULL;
	napi_value told[] = { tell_text(call, dfut_error_get_name(code)),
			      tell_text(call, words->text[0] ? words->text : dfut_error_get_text(code)),
			      tell_text(call, words->hint), tell_text(call, words->hint_line),
			      tell_text(call, words->check ? dfut_check_get_name(words->check) : NULL) };

	if (!call->has_failed && check(call, napi_get_instance_data(call->env, (void **)&module)) &&
	    check(call, napi_get_reference_value(call->env, module->make_error, &maker)) &&
	    check(call, napi_get_undefined(call->env, &nobody)) &&
	    check(call, napi_call_function(call->env, nobody, maker, sizeof(told) / sizeof(told[0]), told, &error)))
		napi_throw(call->env, error);
	call->has_failed = true;
}

void raise_error(struct call *call, const struct object *object, int code)
{
	struct words words = { "", "", "", 0 };

	while (object && !get_own_words(object, code, &words))
		object = object->parent;
	throw_words(call, &words, code);
}

void raise_words(struct call *call, struct dfut_context *context, int code)
{
	struct words words = { "", "", "", 0 };

	if (context && dfut_context_get_error_code(context) == code)
		words = (struct words){ dfut_context_get_error(context), dfut_context_get_hint(context),
					dfut_context_get_hint_line(context), dfut_context_get_failed_check(context) };
	throw_words(call, &words, code);
}

/* A list of objects is an array, with what is missing of it and whether it is complete. Lists of other things are made in lib/. */
#define LIST(COUNT, ITEM)
#define LIST_TO_NULL(ITEM)
#define LIST_PART(NAME, ITEM_NAME, COUNT, ITEM) \
	static napi_value tell_##ITEM(struct call *call, const struct dfut_##NAME *list, struct object *context) \
	{ \
		napi_value items = NULL; \
		uint32_t count = (uint32_t)COUNT(list); \
\
		check(call, napi_create_array_with_length(call->env, count, &items)); \
		for (uint32_t i = 0; !call->has_failed && i < count; i++) { \
			napi_value item = wrap_##ITEM_NAME(call, ITEM(list, i), context); \
\
			if (!call->has_failed) \
				check(call, napi_set_element(call->env, items, i, item)); \
		} \
		return items; \
	}
#define LIST_OBJECT(NAME, ITEM_NAME, COUNT, ITEM, RELEASE, IS_COMPLETE, MISSING_COUNT, MISSING) \
	LIST_PART(NAME, ITEM_NAME, COUNT, ITEM) \
	LIST_PART(NAME, ITEM_NAME, MISSING_COUNT, MISSING) \
	napi_value tell_##NAME(struct call *call, struct dfut_##NAME *list, struct object *context) \
	{ \
		napi_value result = tell_object(call); \
\
		put(call, result, "items", tell_##ITEM(call, list, context)); \
		put(call, result, "missing", tell_##MISSING(call, list, context)); \
		put(call, result, "isComplete", tell_bool(call, IS_COMPLETE(list))); \
		RELEASE(list); \
		return result; \
	}
#include "lists.i"
