/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Callables as handlers of the library. */

%{
/* An exception of a handler comes out of the call that the handler was called from. */
static void keep_failure(struct object *top)
{
	if (top->failure[0])
		PyErr_WriteUnraisable(NULL);
	else
		PyErr_Fetch(&top->failure[0], &top->failure[1], &top->failure[2]);
}

/* Takes the arguments. False if there was an exception. */
static bool call_handler(struct hook *hook, enum handler handler, PyObject *arguments)
{
	PyObject *callable = hook->callables[handler];
	struct object *top = hook->object ? get_top(hook->object) : NULL;
	PyObject *result = NULL;

	if (top && callable && arguments) {
		Py_INCREF(callable);
		Py_INCREF((PyObject *)top);
		result = PyObject_CallObject(callable, arguments);
		if (!result)
			keep_failure(top);
		Py_DECREF(callable);
		Py_DECREF((PyObject *)top);
	}
	PyErr_Clear();
	Py_XDECREF(arguments);
	Py_XDECREF(result);
	return result;
}

static bool set_handler(struct object *object, enum handler handler, PyObject *callable)
{
	if (callable != Py_None && !PyCallable_Check(callable)) {
		PyErr_SetString(PyExc_TypeError, "a handler must be callable");
		return false;
	}
	if (!object->hook) {
		object->hook = PyMem_Calloc(1, sizeof(*object->hook));
		if (!object->hook) {
			PyErr_NoMemory();
			return false;
		}
		object->hook->object = object;
	}
	if (callable == Py_None)
		callable = NULL;
	Py_XINCREF(callable);
	Py_XSETREF(object->hook->callables[handler], callable);
	return true;
}

static void on_log(enum dfut_log_level level, const char *text, void *user_data)
{
	PyGILState_STATE state = PyGILState_Ensure();

	call_handler(user_data, HANDLER_LOG, Py_BuildValue("(iN)", (int)level,
		     decode(text)));
	PyGILState_Release(state);
}

static void on_device(enum dfut_device_event event, struct dfut_device *device, void *user_data)
{
	PyGILState_STATE state = PyGILState_Ensure();
	struct hook *hook = user_data;

	if (hook->object && hook->callables[HANDLER_DEVICE])
		call_handler(hook, HANDLER_DEVICE, Py_BuildValue("(iN)", (int)event,
			     wrap_device(device, get_top(hook->object))));
	PyGILState_Release(state);
}

static void on_explain(const char *text, void *user_data)
{
	PyGILState_STATE state = PyGILState_Ensure();

	call_handler(user_data, HANDLER_EXPLAIN, Py_BuildValue("(N)", decode(text)));
	PyGILState_Release(state);
}

static PyObject *tell_progress(const struct dfut_progress *progress)
{
	return Py_BuildValue("(iKKKLI)", (int)progress->state, (unsigned long long)progress->done,
			     (unsigned long long)progress->total, (unsigned long long)progress->elapsed_ms,
			     (long long)progress->left_ms, progress->plan);
}

/* An exception ends the session, and comes out of the call that runs it. */
static void on_progress(struct dfut_session *session, const struct dfut_progress *progress, void *user_data)
{
	PyGILState_STATE state = PyGILState_Ensure();
	struct hook *hook = user_data;

	if (hook->object && hook->callables[HANDLER_PROGRESS] &&
	    !call_handler(hook, HANDLER_PROGRESS, tell_progress(progress)))
		dfut_session_cancel(session);
	PyGILState_Release(state);
}

static int on_bytes(const uint8_t *data, size_t size, void *user_data)
{
	PyGILState_STATE state = PyGILState_Ensure();
	PyObject *arguments = Py_BuildValue("(y#)", (const char *)data, (Py_ssize_t)size);
	bool is_taken = call_handler(user_data, HANDLER_WRITER, arguments);

	PyGILState_Release(state);
	return is_taken ? 0 : DFUT_ERROR_CANCELLED;
}
%}
