/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What the rows of ../objects.i and ../lists.i mean in Python. */

%{
/* Kinds. */

#define OBJECT(NAME, OWNER, RELEASE)                                                                                 \
	static void free_##NAME(void *native)                                                                        \
	{                                                                                                            \
		RELEASE(native);                                                                                     \
	}                                                                                                            \
	static const struct kind NAME##_kind = { #NAME, free_##NAME };
#define PART(NAME, WHOLE) static const struct kind NAME##_kind = { #NAME, NULL };
/* One more reference to what belongs to somebody else. */
#define COUNTED(NAME, HOLD)                                                                                          \
	static PyObject *wrap_##NAME(struct dfut_##NAME *native, struct object *context)                             \
	{                                                                                                            \
		return wrap(&NAME##_kind, native ? HOLD(native) : NULL, context);                                    \
	}
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

/* Nobody can catch it here, but who did not do it before still learns that it failed. */
static void warn(const char *text)
{
	PyObject *type, *value, *traceback;

	PyErr_Fetch(&type, &value, &traceback);
	if (PyErr_WarnFormat(PyExc_RuntimeWarning, 1, "%s", text) < 0)
		PyErr_WriteUnraisable(NULL);
	PyErr_Restore(type, value, traceback);
}

static void do_last(const struct kind *kind, void *native)
{
#define OBJECT(NAME, OWNER, RELEASE)
#define PART(NAME, WHOLE)
#define COUNTED(NAME, HOLD)
#define CARRIER(NAME, KIND)
#define WORDS(NAME, CODE, TEXT, HINT, CHECK)
#define TEXT(NAME, TEXT)
#define LAST(NAME, DO, TELL)                                                                                         \
	if (kind == &NAME##_kind && DO(native) < 0)                                                                  \
		warn(TELL(native));
#include "objects.i"
#undef OBJECT
#undef PART
#undef COUNTED
#undef CARRIER
#undef WORDS
#undef TEXT
#undef LAST
}

/* What a new object keeps alive, of the object that it was made from. */
#define KEEP_nobody(OBJECT) NULL
#define KEEP_context(OBJECT) get_top(OBJECT)
#define KEEP_maker(OBJECT) (OBJECT)

/* Those of the object itself; false if it has none, or those of another error. */
static bool get_own_words(const struct object *object, int code, struct words *words)
{
#define OBJECT(NAME, OWNER, RELEASE)
#define PART(NAME, WHOLE)
#define COUNTED(NAME, HOLD)
#define CARRIER(NAME, KIND)
#define LAST(NAME, DO, TEXT)
#define WORDS(NAME, CODE, TEXT, HINT, CHECK)                                                                         \
	if (object->kind == &NAME##_kind) {                                                                          \
		if (!object->native || CODE(object->native) != code)                                                 \
			return false;                                                                                \
		*words = (struct words){ TEXT(object->native), HINT(object->native), CHECK(object->native) };        \
		return true;                                                                                         \
	}
#define TEXT(NAME, TELL)                                                                                             \
	if (object->kind == &NAME##_kind) {                                                                          \
		if (object->native)                                                                                  \
			*words = (struct words){ TELL(object->native), "", 0 };                                      \
		return true;                                                                                         \
	}
#include "objects.i"
#undef OBJECT
#undef PART
#undef COUNTED
#undef CARRIER
#undef WORDS
#undef TEXT
#undef LAST
	return false;
}

/* The words of an error: see objects.i. */
static struct words get_words(const struct object *object, int code)
{
	struct words words = { "", "", 0 };

	while (object && !get_own_words(object, code, &words))
		object = object->parent;
	if (!words.text[0])
		words.text = dfut_error_get_text(code);
	return words;
}

/* A list of objects is a list, with what is missing of it and whether it is complete. */

static PyObject *join_lists(PyObject *items, PyObject *missing, bool complete)
{
	if (items && missing)
		return Py_BuildValue("(NNN)", items, missing, PyBool_FromLong(complete));
	Py_XDECREF(items);
	Py_XDECREF(missing);
	return NULL;
}

#define LIST(COUNT, ITEM)
#define LIST_TO_NULL(ITEM)
#define LIST_PART(NAME, ITEM_NAME, COUNT, ITEM)                                                                      \
	static PyObject *tell_##ITEM(const struct dfut_##NAME *list, struct object *context)                         \
	{                                                                                                            \
		size_t count = COUNT(list);                                                                          \
		PyObject *items = PyList_New((Py_ssize_t)count);                                                     \
                                                                                                                     \
		for (size_t i = 0; items && i < count; i++) {                                                        \
			PyObject *item = wrap_##ITEM_NAME(ITEM(list, i), context);                                   \
                                                                                                                     \
			if (item)                                                                                    \
				PyList_SET_ITEM(items, (Py_ssize_t)i, item);                                         \
			else                                                                                         \
				Py_CLEAR(items);                                                                     \
		}                                                                                                    \
		return items;                                                                                        \
	}
#define LIST_OBJECT(NAME, ITEM_NAME, COUNT, ITEM, RELEASE, IS_COMPLETE, MISSING_COUNT, MISSING)                       \
	LIST_PART(NAME, ITEM_NAME, COUNT, ITEM)                                                                      \
	LIST_PART(NAME, ITEM_NAME, MISSING_COUNT, MISSING)                                                           \
	static PyObject *tell_##NAME(struct dfut_##NAME *list, struct object *context)                               \
	{                                                                                                            \
		PyObject *result = join_lists(tell_##ITEM(list, context), tell_##MISSING(list, context),             \
					      IS_COMPLETE(list));                                                    \
                                                                                                                     \
		RELEASE(list);                                                                                       \
		return result;                                                                                       \
	}
#include "lists.i"
#undef LIST
#undef LIST_TO_NULL
#undef LIST_OBJECT
#undef LIST_PART
%}

/* The same rows again: how objects cross. `owner1` is the object of the first argument, and so on. */

%define TAKE_OBJECT(NAME)
%typemap(in) struct dfut_ ## NAME * (struct object *owner), const struct dfut_ ## NAME * (struct object *owner) {
  owner = unwrap($input, &NAME ## _kind);
  if (!owner)
    SWIG_fail;
  $1 = owner->native;
}
%typemap(in, numinputs=0) struct dfut_ ## NAME ** (struct dfut_ ## NAME *made = NULL) {
  $1 = &made;
}
%enddef

%define OBJECT(NAME, OWNER, RELEASE)
TAKE_OBJECT(NAME)
%typemap(argout) struct dfut_ ## NAME ** {
  Py_XDECREF($result);
  $result = wrap(&NAME ## _kind, *$1, KEEP_ ## OWNER(owner2));
  if (!$result)
    SWIG_fail;
}
%enddef

%define PART(NAME, WHOLE)
TAKE_OBJECT(NAME)
%typemap(argout) struct dfut_ ## NAME ** {
  Py_XDECREF($result);
  $result = wrap(&NAME ## _kind, *$1, owner2);
  if (!$result)
    SWIG_fail;
}
%enddef

%define COUNTED(NAME, HOLD)
%typemap(out) struct dfut_ ## NAME * {
  $result = wrap_ ## NAME($1, get_top(owner1));
}
%enddef

%define CARRIER(NAME, KIND)
%enddef

%define WORDS(NAME, CODE, TEXT, HINT, CHECK)
%enddef

%define TEXT(NAME, TEXT)
%enddef

%define LAST(NAME, DO, TEXT)
%enddef

%include "objects.i"

/* Lists of other things are made by the classes of the package. */
%define LIST(COUNT, ITEM)
%enddef

%define LIST_TO_NULL(ITEM)
%enddef

%define LIST_OBJECT(NAME, ITEM_NAME, COUNT, ITEM, RELEASE, IS_COMPLETE, MISSING_COUNT, MISSING)
%typemap(in, numinputs=0) struct dfut_ ## NAME ** (struct dfut_ ## NAME *made = NULL) {
  $1 = &made;
}
%typemap(argout) struct dfut_ ## NAME ** {
  Py_XDECREF($result);
  $result = tell_ ## NAME(*$1, get_top(owner2));
  if (!$result)
    SWIG_fail;
}
%enddef

%include "lists.i"
