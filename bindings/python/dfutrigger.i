/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* dfutrigger._core: the C library as it is, flat and private. People see the classes of the package. */

%module _core

%begin %{
#define PY_SSIZE_T_CLEAN
%}

%{
#include <limits.h>
#include <pythread.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "dfutrigger-sim.h"
#include "dfutrigger.h"
%}

%include <stdint.i>
%include "object.i"
%include "kinds.i"
%include "handlers.i"
%include "typemaps.i"

%rename("%(regex:/^(?:DFUT|dfut)_(.*)/\\1/)s") "";
%include "turns.i"
%rename(close) close_now;
%rename(is_closed) is_closed;
%rename(is_entered) is_entered;
%rename(set_error_maker) set_error_maker;

/* Data that goes either way. */
#pragma SWIG nowarn=322
/** A control transfer, as in the header: `data` goes out or is filled. @return the bytes moved, or an error */
int dfut_handle_control(struct dfut_handle *handle, uint8_t request_type, uint8_t request, uint16_t value,
                        uint16_t index, void *data, uint16_t length_either_way, unsigned int timeout_ms);
/** A transfer of an endpoint, as in the header: `data` goes out or is filled. @return the bytes moved, or an error */
int dfut_handle_transfer(struct dfut_handle *handle, uint8_t endpoint, void *data, uint16_t length_either_way,
                         unsigned int timeout_ms);

%include "dfutrigger.h"
%include "dfutrigger-sim.h"

/* Closes an object; it can't be used any more. */
%inline %{
static PyObject *close_now(PyObject *object)
{
	if (!PyObject_TypeCheck(object, &object_type))
		return PyErr_Format(PyExc_TypeError, "an object of the library is needed, not %R", object);
	close_object((struct object *)object);
	Py_RETURN_NONE;
}

static PyObject *is_closed(PyObject *object)
{
	if (!PyObject_TypeCheck(object, &object_type))
		return PyErr_Format(PyExc_TypeError, "an object of the library is needed, not %R", object);
	return PyBool_FromLong(!((struct object *)object)->native);
}

/* Whether the calling thread is in a handler, or another call, of the object's context. */
static PyObject *is_entered(PyObject *object)
{
	if (!PyObject_TypeCheck(object, &object_type))
		return PyErr_Format(PyExc_TypeError, "an object of the library is needed, not %R", object);
	return PyBool_FromLong(is_inside(get_top((struct object *)object)));
}

/* Who makes the exceptions: called with code, text, hint and failed check. */
static PyObject *set_error_maker(PyObject *maker)
{
	Py_INCREF(maker);
	Py_XSETREF(make_error, maker);
	Py_RETURN_NONE;
}
%}

%init %{
	if (PyType_Ready(&object_type) < 0)
		return NULL;
	Py_INCREF((PyObject *)&object_type);
	/* For proxy classes, which there are none of. */
	if (PyDict_DelItemString(d, "SWIG_PyInstanceMethod_New") < 0 || PyDict_DelItemString(d, "SWIG_PyStaticMethod_New") < 0)
		PyErr_Clear();
	if (PyModule_AddObject(m, "Object", (PyObject *)&object_type) < 0)
		return NULL;
%}
