/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Objects of the library as Python objects. Each holds its parent, so that they may be dropped in any order. The object
 * at the top (a context, or a virtual bus without one) lets in one thread at a time: the others wait their turn, and
 * what is dropped meanwhile is freed by the thread that is inside, when it leaves. The GIL guards all of this.
 */

%{
struct object;

/* A kind of object of the library. */
struct kind {
	const char *name;
	void (*free)(void *native);	/* NULL if it belongs to its parent */
};

enum handler {
	HANDLER_LOG = 0,	/* of a context */
	HANDLER_DEVICE = 1,
	HANDLER_PROGRESS = 0,	/* of a session */
	HANDLER_WRITER = 1,
	HANDLER_COUNT = 2,
};

/* What handlers of the library get as user data. It outlives the object if that is freed later. */
struct hook {
	PyObject *callables[HANDLER_COUNT];
	struct object *object;	/* NULL once that is gone */
};

/* What was dropped while a thread was inside. */
struct grave {
	struct grave *next;
	const struct kind *kind;
	void *native;
	struct hook *hook;
};

struct object {
	PyObject_HEAD
	const struct kind *kind;
	void *native;
	struct object *parent;
	struct hook *hook;
	/* Of the top one only: */
	PyThread_type_lock lock;
	PyThread_type_lock gate;	/* makes the lock fair: whoever waits for it holds the gate */
	unsigned int depth;		/* how often the thread that is inside has entered */
	unsigned long thread;
	struct grave *graves;
	PyObject *failure[3];		/* an exception that a handler left */
};

static PyTypeObject object_type;
static PyObject *make_error;	/* (code, text, hint, failed check): the exception to raise */

static struct object *get_top(struct object *object)
{
	while (object->parent)
		object = object->parent;
	return object;
}

static void free_native(const struct kind *kind, void *native, struct hook *hook)
{
	if (native && kind->free)
		kind->free(native);
	if (!hook)
		return;
	for (int i = 0; i < HANDLER_COUNT; i++)
		Py_CLEAR(hook->callables[i]);
	PyMem_Free(hook);
}

/* Frees what the object stands for, at once or when the thread that is inside leaves. */
static void close_object(struct object *object)
{
	struct object *top = get_top(object);
	void *native = object->native;
	struct hook *hook = object->hook;
	struct grave *grave;

	object->native = NULL;
	object->hook = NULL;
	if (hook)
		hook->object = NULL;
	if (!top->depth) {
		free_native(object->kind, native, hook);
		return;
	}
	grave = PyMem_Malloc(sizeof(*grave));
	/* Without memory for a note it stays, unused. */
	if (!grave)
		return;
	*grave = (struct grave){ top->graves, object->kind, native, hook };
	top->graves = grave;
}

static void bury(struct object *top)
{
	while (top->graves && !top->depth) {
		struct grave *grave = top->graves;

		top->graves = grave->next;
		free_native(grave->kind, grave->native, grave->hook);
		PyMem_Free(grave);
	}
}

/* Life as a Python object. */

static int traverse_object(PyObject *self, visitproc visit, void *arg)
{
	struct object *object = (struct object *)self;

	Py_VISIT(object->parent);
	for (int i = 0; i < HANDLER_COUNT && object->hook; i++)
		Py_VISIT(object->hook->callables[i]);
	for (int i = 0; i < 3; i++)
		Py_VISIT(object->failure[i]);
	return 0;
}

static int clear_object(PyObject *self)
{
	struct object *object = (struct object *)self;

	for (int i = 0; i < HANDLER_COUNT && object->hook; i++)
		Py_CLEAR(object->hook->callables[i]);
	for (int i = 0; i < 3; i++)
		Py_CLEAR(object->failure[i]);
	return 0;
}

static void dealloc_object(PyObject *self)
{
	struct object *object = (struct object *)self;

	PyObject_GC_UnTrack(self);
	close_object(object);
	bury(object);
	clear_object(self);
	if (object->lock)
		PyThread_free_lock(object->lock);
	if (object->gate)
		PyThread_free_lock(object->gate);
	Py_CLEAR(object->parent);
	PyObject_GC_Del(self);
}

static PyObject *describe_object(PyObject *self)
{
	struct object *object = (struct object *)self;

	return PyUnicode_FromFormat(object->native ? "<dfut_%s at %p>" : "<dfut_%s, closed>", object->kind->name,
				    object->native);
}

static PyObject *compare_objects(PyObject *self, PyObject *other, int operation)
{
	bool same;

	if (!PyObject_TypeCheck(other, &object_type) || (operation != Py_EQ && operation != Py_NE))
		Py_RETURN_NOTIMPLEMENTED;
	same = self == other || (((struct object *)self)->native &&
				 ((struct object *)self)->native == ((struct object *)other)->native);
	return PyBool_FromLong(same == (operation == Py_EQ));
}

static Py_hash_t hash_object(PyObject *self)
{
	return _Py_HashPointer(((struct object *)self)->native);
}

static PyTypeObject object_type = {
	PyVarObject_HEAD_INIT(NULL, 0)
	.tp_name = "dfutrigger._core.Object",
	.tp_basicsize = sizeof(struct object),
	.tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
	.tp_doc = "An object of the library.",
	.tp_traverse = traverse_object,
	.tp_clear = clear_object,
	.tp_dealloc = dealloc_object,
	.tp_repr = describe_object,
	.tp_richcompare = compare_objects,
	.tp_hash = hash_object,
};

/* Takes what `native` is; NULL with an exception if that fails. */
static PyObject *wrap(const struct kind *kind, void *native, struct object *parent)
{
	struct object *object;

	if (!native)
		Py_RETURN_NONE;
	object = PyObject_GC_New(struct object, &object_type);
	if (!object) {
		free_native(kind, native, NULL);
		return NULL;
	}
	memset((char *)object + sizeof(PyObject), 0, sizeof(*object) - sizeof(PyObject));
	object->kind = kind;
	object->native = native;
	Py_XINCREF((PyObject *)parent);
	object->parent = parent;
	if (!parent) {
		object->lock = PyThread_allocate_lock();
		object->gate = PyThread_allocate_lock();
		if (!object->lock || !object->gate) {
			Py_DECREF((PyObject *)object);
			return PyErr_NoMemory();
		}
	}
	PyObject_GC_Track((PyObject *)object);
	return (PyObject *)object;
}

/* NULL with an exception if it is not an object of that kind, or is closed. */
static struct object *unwrap(PyObject *value, const struct kind *kind)
{
	struct object *object = (struct object *)value;

	if (!PyObject_TypeCheck(value, &object_type) || object->kind != kind) {
		PyErr_Format(PyExc_TypeError, "a dfut_%s is needed, not %R", kind->name, value);
		return NULL;
	}
	if (!object->native || (!kind->free && !object->parent->native)) {
		PyErr_Format(PyExc_ValueError, "the %s is closed", kind->name);
		return NULL;
	}
	return object;
}

/* One thread at a time. */

static void acquire(struct object *top)
{
	if (PyThread_acquire_lock(top->gate, NOWAIT_LOCK)) {
		if (PyThread_acquire_lock(top->lock, NOWAIT_LOCK)) {
			PyThread_release_lock(top->gate);
			return;
		}
		PyThread_release_lock(top->gate);
	}
	Py_BEGIN_ALLOW_THREADS
	PyThread_acquire_lock(top->gate, WAIT_LOCK);
	PyThread_acquire_lock(top->lock, WAIT_LOCK);
	PyThread_release_lock(top->gate);
	Py_END_ALLOW_THREADS
}

static bool is_inside(const struct object *top)
{
	return top->depth && top->thread == PyThread_get_thread_ident();
}

/* Waits its turn; a handler is inside already. False with an exception if the object was closed meanwhile. */
static bool enter(struct object *object)
{
	struct object *top = get_top(object);

	if (!is_inside(top)) {
		acquire(top);
		top->thread = PyThread_get_thread_ident();
	}
	top->depth++;
	if (object->native)
		return true;
	if (--top->depth == 0)
		PyThread_release_lock(top->lock);
	PyErr_Format(PyExc_ValueError, "the %s was closed by another thread", object->kind->name);
	return false;
}

static const char *get_text(const struct object *object, const char **hint, unsigned int *check);

static void raise_error(struct object *object, int code)
{
	const char *hint = "";
	unsigned int check = 0;
	const char *text = get_text(object, &hint, &check);
	PyObject *error;

	if (!text[0])
		text = dfut_error_get_text(code);
	error = make_error ? PyObject_CallFunction(make_error, "iNNI", code,
						   PyUnicode_DecodeUTF8(text, (Py_ssize_t)strlen(text), "replace"),
						   PyUnicode_DecodeUTF8(hint, (Py_ssize_t)strlen(hint), "replace"), check) :
			     PyObject_CallFunction(PyExc_RuntimeError, "s", text);
	if (error)
		PyErr_SetObject((PyObject *)Py_TYPE(error), error);
	Py_XDECREF(error);
}

/* False with an exception: the result is an error, or a handler has left one. */
static bool leave(struct object *object, int result)
{
	struct object *top = get_top(object);
	bool is_last = top->depth == 1;
	bool failed = false;

	if (is_last && top->failure[0]) {
		PyErr_Restore(top->failure[0], top->failure[1], top->failure[2]);
		memset(top->failure, 0, sizeof(top->failure));
		failed = true;
	} else if (result < 0) {
		raise_error(object, result);
		failed = true;
	}
	top->depth--;
	if (is_last) {
		PyObject *type, *value, *traceback;

		/* Freeing drops callables, and with them anything. */
		PyErr_Fetch(&type, &value, &traceback);
		bury(top);
		PyErr_Restore(type, value, traceback);
		PyThread_release_lock(top->lock);
	}
	return !failed;
}

/* Handlers. */

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
		     PyUnicode_DecodeUTF8(text, (Py_ssize_t)strlen(text), "replace")));
	PyGILState_Release(state);
}

static const struct kind device_kind;

static void on_device(enum dfut_device_event event, struct dfut_device *device, void *user_data)
{
	PyGILState_STATE state = PyGILState_Ensure();
	struct hook *hook = user_data;

	if (hook->object && hook->callables[HANDLER_DEVICE])
		call_handler(hook, HANDLER_DEVICE, Py_BuildValue("(iN)", (int)event,
			     wrap(&device_kind, dfut_device_ref(device), get_top(hook->object))));
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

/* Kinds. */

static void free_context(void *native)
{
	dfut_context_free(native);
}

static void free_device(void *native)
{
	dfut_device_unref(native);
}

static void free_image(void *native)
{
	dfut_image_free(native);
}

static void free_session(void *native)
{
	dfut_session_free(native);
}

static void free_handle(void *native)
{
	dfut_handle_close(native);
}

/* Nobody can catch it here, but who did not ask for Virtual.save() still learns of it. */
static void free_sim(void *native)
{
	PyObject *type, *value, *traceback;

	if (dfut_sim_save(native) < 0) {
		PyErr_Fetch(&type, &value, &traceback);
		if (PyErr_WarnFormat(PyExc_RuntimeWarning, 1, "%s", dfut_sim_get_error(native)) < 0)
			PyErr_WriteUnraisable(NULL);
		PyErr_Restore(type, value, traceback);
	}
	dfut_sim_free(native);
}

static const struct kind context_kind = { "context", free_context };
static const struct kind device_kind = { "device", free_device };
static const struct kind image_kind = { "image", free_image };
static const struct kind session_kind = { "session", free_session };
static const struct kind handle_kind = { "handle", free_handle };
static const struct kind sim_kind = { "sim", free_sim };
static const struct kind sim_device_kind = { "sim_device", NULL };

/* Where the words of an error are: in the session, in the virtual bus, else in the context. */
static const char *get_text(const struct object *object, const char **hint, unsigned int *check)
{
	const struct object *at = object;

	if (at->kind == &sim_device_kind)
		at = at->parent;
	if (!at->native)
		return "";
	if (at->kind == &sim_kind)
		return dfut_sim_get_error(at->native);
	if (at->kind == &session_kind) {
		*hint = dfut_session_get_hint(at->native);
		*check = dfut_session_get_failed_check(at->native);
		return dfut_session_get_message(at->native);
	}
	while (at->parent)
		at = at->parent;
	if (at->kind != &context_kind || !at->native)
		return "";
	*hint = dfut_context_get_hint(at->native);
	*check = dfut_context_get_failed_check(at->native);
	return dfut_context_get_error(at->native);
}

/* From now on the context's thread is the bus's, too. */
static void adopt_sim(struct object *sim, struct object *context)
{
	Py_INCREF((PyObject *)context);
	sim->parent = context;
}
%}
