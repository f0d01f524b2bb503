/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* How arguments and results cross between C and Python, objects aside. */

%{
static PyObject *tell_text(const char *text)
{
	if (!text)
		Py_RETURN_NONE;
	return decode(text);
}
%}

%typemap(out) const char * {
  $result = tell_text($1);
}
/* On Windows a handle, which is wider than a long. */
%typemap(out) dfut_event {
%#ifdef _WIN32
  $result = PyLong_FromVoidPtr($1);
%#else
  $result = PyLong_FromLong($1);
%#endif
}

/* Paths: str, bytes or os.PathLike. */
%typemap(in) const char *path (PyObject *bytes = NULL) {
  if ($input == Py_None)
    $1 = NULL;
  else if (!PyUnicode_FSConverter($input, &bytes))
    SWIG_fail;
  else
    $1 = PyBytes_AS_STRING(bytes);
}
%typemap(freearg) const char *path {
  Py_XDECREF(bytes$argnum);
}
%apply const char *path { const char *public_key };
%apply const char *path { const char *recording };

/* Buffers are held as long as the call lasts, so that nobody can resize them meanwhile. */

%define BUFFER(POINTER, LENGTH, LENGTH_TYPE, MOST, FLAGS)
%typemap(in) (POINTER, LENGTH) (Py_buffer view = {0}) {
  if ($input != Py_None && PyObject_GetBuffer($input, &view, FLAGS) < 0)
    SWIG_fail;
  if ((size_t)view.len > (size_t)(MOST)) {
    PyErr_Format(PyExc_ValueError, "%zd bytes, but %zu is the most", view.len, (size_t)(MOST));
    SWIG_fail;
  }
  $1 = view.buf;
  $2 = (LENGTH_TYPE)view.len;
}
%typemap(freearg) (POINTER, LENGTH) {
  if (view$argnum.obj)
    PyBuffer_Release(&view$argnum);
}
%enddef

BUFFER(const void *data, size_t size, size_t, SIZE_MAX, PyBUF_SIMPLE)
BUFFER(const void *data, uint16_t size, uint16_t, UINT16_MAX, PyBUF_SIMPLE)
BUFFER(const void *data, uint16_t length, uint16_t, UINT16_MAX, PyBUF_SIMPLE)

BUFFER(void *data, size_t size, size_t, SIZE_MAX, PyBUF_WRITABLE)
BUFFER(void *data, uint16_t length, uint16_t, UINT16_MAX, PyBUF_WRITABLE)
/* What goes out may be read-only; arg2 is bmRequestType, or an endpoint's address. */
BUFFER(void *data, uint16_t length_either_way, uint16_t, UINT16_MAX, arg2 & 0x80 ? PyBUF_WRITABLE : PyBUF_SIMPLE)

/* Bytes that belong to the library are copied. */
%typemap(in, numinputs=0) size_t *size (size_t size = 0) {
  $1 = &size;
}
%typemap(out) const uint8_t * {
  $result = NULL;
}
%typemap(argout) size_t *size {
  $result = result ? PyBytes_FromStringAndSize((const char *)result, (Py_ssize_t)*$1) : SWIG_Py_Void();
}

/* Handlers: a callable, or None for nobody. */

%define HANDLER(TYPE, SLOT, FUNCTION)
%typemap(in) (TYPE, void *user_data) {
  if (!set_handler(owner1, SLOT, $input))
    SWIG_fail;
  $1 = $input == Py_None ? NULL : FUNCTION;
  $2 = owner1->hook;
}
%enddef

HANDLER(dfut_log_handler handler, HANDLER_LOG, on_log)
HANDLER(dfut_explain_handler handler, HANDLER_EXPLAIN, on_explain)
HANDLER(dfut_device_handler handler, HANDLER_DEVICE, on_device)
HANDLER(dfut_progress_handler handler, HANDLER_PROGRESS, on_progress)
HANDLER(dfut_writer writer, HANDLER_WRITER, on_bytes)

/* Structures are tuples, in the order of their members. */

%define STRUCT_OUT(TYPE, NAME, TELL)
%typemap(in, numinputs=0) (struct TYPE *NAME, size_t NAME##_size) (struct TYPE found) {
  memset(&found, 0, sizeof(found));
  $1 = &found;
  $2 = sizeof(found);
}
%typemap(argout) (struct TYPE *NAME, size_t NAME##_size) {
  Py_XDECREF($result);
  $result = TELL($1);
}
%enddef

%define STRUCT_RESULT(TYPE, TELL)
%typemap(out) const struct TYPE * {
  $result = $1 ? TELL($1) : SWIG_Py_Void();
}
%enddef

%{
static PyObject *tell_dfu_descriptor(const struct dfut_dfu_descriptor *dfu)
{
	return Py_BuildValue("(BHHH)", dfu->attributes, dfu->detach_timeout_ms, dfu->transfer_size, dfu->version);
}

static PyObject *tell_interface(const struct dfut_interface *interface)
{
	return Py_BuildValue("(BBBBBBBBN)", interface->configuration, interface->number, interface->alternate,
			     interface->class_code, interface->subclass, interface->protocol, interface->endpoint_count,
			     interface->name_index, tell_text(interface->name));
}

static PyObject *tell_node(const struct dfut_node *node)
{
	return Py_BuildValue("(iBNHH)", (int)node->link, node->interface_number, tell_text(node->name), node->usage_page,
			     node->usage);
}

static PyObject *tell_holder(const struct dfut_holder *holder)
{
	return Py_BuildValue("(NN)", tell_text(holder->driver), tell_text(holder->programs));
}

static PyObject *tell_segment(const struct dfut_segment *segment)
{
	return Py_BuildValue("(NIiy#n)", PyBool_FromLong(segment->has_address), segment->address, segment->alternate,
			     (const char *)segment->data, (Py_ssize_t)segment->size, (Py_ssize_t)segment->size);
}

static PyObject *tell_step(const struct dfut_step *step)
{
	return Py_BuildValue("(iNKI)", (int)step->state, tell_text(step->text), (unsigned long long)step->bytes,
			     step->time_ms);
}

static PyObject *tell_record(const struct dfut_sim_record *record)
{
	return Py_BuildValue("(iKBBHHHiN)", (int)record->event, (unsigned long long)record->time_us,
			     record->request_type, record->request, record->value, record->index, record->length,
			     record->result, tell_text(record->text));
}

%}

%typemap(in, numinputs=0) struct dfut_dfu_descriptor *descriptor (struct dfut_dfu_descriptor found) {
  memset(&found, 0, sizeof(found));
  $1 = &found;
}
%typemap(argout) struct dfut_dfu_descriptor *descriptor {
  Py_XDECREF($result);
  $result = tell_dfu_descriptor($1);
}
STRUCT_OUT(dfut_holder, holder, tell_holder)
STRUCT_OUT(dfut_segment, segment, tell_segment)
STRUCT_OUT(dfut_step, step, tell_step)
STRUCT_OUT(dfut_progress, progress, tell_progress)
STRUCT_RESULT(dfut_interface, tell_interface)
STRUCT_RESULT(dfut_node, tell_node)
STRUCT_RESULT(dfut_sim_record, tell_record)

/* The owner is the image in it, NULL if there is none. */
%typemap(in) const struct dfut_match *match (struct dfut_match match = DFUT_MATCH_INIT, struct object *owner = NULL) {
  PyObject *image = Py_None;
  int mode = 0;

  $1 = NULL;
  if ($input != Py_None) {
    if (!PyArg_ParseTuple($input, "iiiizzzziOI:match", &match.vendor_id, &match.product_id, &match.bootloader_vendor_id,
                          &match.bootloader_product_id, &match.path, &match.serial_number,
                          &match.bootloader_serial_number, &match.alternate, &mode, &image, &match.force))
      SWIG_fail;
    if (image != Py_None && !(owner = unwrap(image, &image_kind)))
      SWIG_fail;
    match.mode = (enum dfut_mode)mode;
    match.image = owner ? owner->native : NULL;
    $1 = &match;
  }
}
%typemap(in) const struct dfut_line_coding *coding (struct dfut_line_coding coding) {
  if (!PyArg_ParseTuple($input, "Ibbb:line_coding", &coding.baud, &coding.stop_bits, &coding.parity,
                        &coding.data_bits))
    SWIG_fail;
  $1 = &coding;
}
%typemap(in) const struct dfut_sim_fault *fault (struct dfut_sim_fault fault) {
  int kind = 0;
  Py_ssize_t request = 0, times = 0;

  if (!PyArg_ParseTuple($input, "innI:fault", &kind, &request, &times, &fault.delay_ms))
    SWIG_fail;
  fault.size = sizeof(fault);
  fault.kind = (enum dfut_sim_fault_kind)kind;
  fault.request = (size_t)request;
  fault.times = (size_t)times;
  $1 = &fault;
}

/* Texts that come out together are a tuple. */

%typemap(in, numinputs=0) (const char **key, const char **value) (const char *key = NULL, const char *value = NULL) {
  $1 = (char **)&key;
  $2 = (char **)&value;
}
%typemap(argout) (const char **key, const char **value) {
  Py_XDECREF($result);
  $result = Py_BuildValue("(NN)", tell_text(*$1), tell_text(*$2));
}
%typemap(in, numinputs=0) (const char **layer, const char **key, const char **value)
    (const char *layer = NULL, const char *key = NULL, const char *value = NULL) {
  $1 = (char **)&layer;
  $2 = (char **)&key;
  $3 = (char **)&value;
}
%typemap(argout) (const char **layer, const char **key, const char **value) {
  Py_XDECREF($result);
  $result = Py_BuildValue("(NNN)", tell_text(*$1), tell_text(*$2), tell_text(*$3));
}
%apply (const char **layer, const char **key, const char **value) {
  (const char **name, const char **text, const char **options)
};
%typemap(in, numinputs=0) (uint16_t *vendor_id, uint16_t *product_id, uint16_t *release)
    (uint16_t vendor_id = 0, uint16_t product_id = 0, uint16_t release = 0) {
  $1 = &vendor_id;
  $2 = &product_id;
  $3 = &release;
}
%typemap(argout) (uint16_t *vendor_id, uint16_t *product_id, uint16_t *release) {
  $result = Py_BuildValue("(NHHH)", $result, *$1, *$2, *$3);
}
/* A report's id comes with its length. */
%typemap(in, numinputs=0) uint8_t *id (uint8_t id = 0) {
  $1 = &id;
}
%typemap(argout) uint8_t *id {
  $result = Py_BuildValue("(NB)", $result, *$1);
}
