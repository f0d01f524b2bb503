/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Objects of the library as Python objects. Each holds its parent, so that they may be dropped in any order. The object
 * at the top (a context, an image, or a virtual bus without a context) lets in one thread at a time: the others wait
 * their turn, and what is dropped meanwhile is freed by the thread that is inside, when it leaves. The GIL guards all of
 * this.
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
	HANDLER_EXPLAIN = 2,	/* of a context, during a call */
	HANDLER_COUNT = 3,
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

/* kinds.i */
static void do_last(const struct kind *kind, void *native);

static void free_native(const struct kind *kind, void *native, struct hook *hook)
{
	if (native && kind->free) {
		do_last(kind, native);
		kind->free(native);
	}
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

static PyObject *decode(const char *text)
{
	return PyUnicode_DecodeUTF8(text, (Py_ssize_t)strlen(text), "replace");
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

/* The words of an error. */
struct words {
	const char *text;
	const char *hint;
	unsigned int check;
};

static struct words get_words(const struct object *object, int code);

static void raise_error(struct object *object, int code)
{
	struct words words = get_words(object, code);
	PyObject *error;

	error = make_error ? PyObject_CallFunction(make_error, "iNNI", code, decode(words.text), decode(words.hint),
						   words.check) :
			     PyObject_CallFunction(PyExc_RuntimeError, "s", words.text);
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

/* Both turns, always in this order: what comes second is an image, inside of whose turn nobody waits for another. */
static bool enter_both(struct object *first, struct object *second)
{
	PyObject *type, *value, *traceback;

	if (!enter(first))
		return false;
	if (!second || enter(second))
		return true;
	PyErr_Fetch(&type, &value, &traceback);
	if (!leave(first, 0))
		PyErr_Clear();
	PyErr_Restore(type, value, traceback);
	return false;
}

static bool leave_both(struct object *first, struct object *second, int result)
{
	bool is_well = !second || leave(second, 0);

	return leave(first, is_well ? result : 0) && is_well;
}

/* The same; the words of an error are those of the second. */
static bool leave_inside(struct object *first, struct object *second, int result)
{
	bool is_well = leave(second, result);

	return leave(first, 0) && is_well;
}

/* From now on the other's turn is the object's, too. */
static void join(struct object *object, struct object *other)
{
	Py_INCREF((PyObject *)other);
	object->parent = other;
}
%}
