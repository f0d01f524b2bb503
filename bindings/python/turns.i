/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What the rows of ../calls.i mean in Python. `owner1` is the object of the first argument, and so on. */

/* Only what has a row is there. */
%rename("$ignore", %$isfunction) "";
%rename("$ignore", %$isclass) "";

%define BIND(FUNCTION)
%rename("%(strip:[dfut_])s") FUNCTION;
%enddef

/* 0, or the exception that a row's turn has raised. */
%typemap(out) int {
  $result = SWIG_Py_Void();
}
%define RETURN_NUMBER(FUNCTION)
%typemap(out) int FUNCTION {
  $result = PyLong_FromLong($1);
}
%enddef

%define CALL(FUNCTION, OWNER)
BIND(FUNCTION)
%exception FUNCTION {
  if (!enter(owner ## OWNER))
    SWIG_fail;
  Py_BEGIN_ALLOW_THREADS
  $action
  Py_END_ALLOW_THREADS
  if (!leave(owner ## OWNER, result))
    SWIG_fail;
}
%enddef

%define COUNT(FUNCTION, OWNER)
CALL(FUNCTION, OWNER)
RETURN_NUMBER(FUNCTION)
%enddef

%define CALL_BOTH(FUNCTION, OWNER, OTHER)
BIND(FUNCTION)
%exception FUNCTION {
  if (!enter_both(owner ## OWNER, owner ## OTHER))
    SWIG_fail;
  Py_BEGIN_ALLOW_THREADS
  $action
  Py_END_ALLOW_THREADS
  if (!leave_both(owner ## OWNER, owner ## OTHER, result))
    SWIG_fail;
}
%enddef

%define CALL_INSIDE(FUNCTION, OWNER, OTHER)
BIND(FUNCTION)
%exception FUNCTION {
  if (!enter_both(owner ## OWNER, owner ## OTHER))
    SWIG_fail;
  Py_BEGIN_ALLOW_THREADS
  $action
  Py_END_ALLOW_THREADS
  if (!leave_inside(owner ## OWNER, owner ## OTHER, result))
    SWIG_fail;
}
%enddef

%define VALUE(FUNCTION, OWNER)
BIND(FUNCTION)
%exception FUNCTION {
  if (!enter(owner ## OWNER))
    SWIG_fail;
  $action
  if (!leave(owner ## OWNER, 0))
    SWIG_fail;
}
%enddef

%define NUMBER(FUNCTION, OWNER)
VALUE(FUNCTION, OWNER)
RETURN_NUMBER(FUNCTION)
%enddef

/* What it tells belongs to the object, and is taken over before another thread gets its turn. */
%define QUICK(FUNCTION, OWNER)
BIND(FUNCTION)
%exception FUNCTION {
  if (!enter(owner ## OWNER))
    SWIG_fail;
  $action
  if (!leave(owner ## OWNER, result))
    SWIG_fail;
}
%enddef

%define FACT(FUNCTION)
BIND(FUNCTION)
%enddef

%define ANYTIME(FUNCTION)
BIND(FUNCTION)
%enddef

%define STATIC(FUNCTION)
BIND(FUNCTION)
%enddef

%define ALONE(FUNCTION)
BIND(FUNCTION)
%exception FUNCTION {
  $action
  if (result < 0) {
    PyErr_SetString(result == DFUT_ERROR_NO_MEMORY ? PyExc_MemoryError : PyExc_LookupError, dfut_error_get_text(result));
    SWIG_fail;
  }
}
%enddef

/* What joins has nobody inside yet. */
%define JOIN(FUNCTION, OWNER, OTHER)
BIND(FUNCTION)
%exception FUNCTION {
  if (!enter(owner ## OTHER))
    SWIG_fail;
  $action
  if (result == 0)
    join(owner ## OWNER, owner ## OTHER);
  if (!leave(owner ## OTHER, 0))
    SWIG_fail;
  if (result < 0) {
    raise_error(owner ## OWNER, result);
    SWIG_fail;
  }
}
%enddef

%define UNBOUND(FUNCTION, REASON)
%enddef

%include "calls.i"
