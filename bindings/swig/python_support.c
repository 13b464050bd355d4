/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Statuses, errors and handles as Python objects: see python_support.h.
 * Not generated, and not specific to one noun.
 */
#include "python_support.h"

/* Both are set once, when the package is imported, and live as long as the process. */
static PyObject *error_factory_object;
static PyObject *status_members;

PyObject *rsm_py_register(PyObject *error_factory, PyObject *statuses) {
    if (!PyCallable_Check(error_factory) || !PyTuple_Check(statuses)) {
        PyErr_SetString(PyExc_TypeError, "set_types() needs a callable and a tuple");
        return NULL;
    }
    Py_INCREF(error_factory);
    Py_XDECREF(error_factory_object);
    error_factory_object = error_factory;
    Py_INCREF(statuses);
    Py_XDECREF(status_members);
    status_members = statuses;
    Py_RETURN_NONE;
}

PyObject *rsm_py_raise(resume_status status, const char *text) {
    if (status == RESUME_E_NOMEM) {
        return PyErr_NoMemory();
    }
    if (text == NULL || text[0] == '\0') {
        text = resume_status_name(status);
    }
    if (error_factory_object == NULL) {
        PyErr_SetString(PyExc_RuntimeError, text);
        return NULL;
    }
    PyObject *error = PyObject_CallFunction(error_factory_object, "is", (int)status, text);
    if (error != NULL) {
        PyErr_SetObject((PyObject *)Py_TYPE(error), error);
        Py_DECREF(error);
    }
    return NULL;
}

PyObject *rsm_py_status(resume_status status) {
    if (status < 0) {
        return rsm_py_raise(status, NULL);
    }
    if (status_members != NULL && status < PyTuple_Size(status_members)) {
        PyObject *member = PyTuple_GetItem(status_members, status);
        Py_XINCREF(member);
        return member;
    }
    return PyLong_FromLong(status); /* an answer of a later library */
}

/* A tuple of one more item; what was a single result becomes its first. */
static PyObject *joined(PyObject *result, PyObject *item) {
    Py_ssize_t count = PyTuple_Check(result) ? PyTuple_Size(result) : 1;
    PyObject *tuple = PyTuple_New(count + 1);
    if (tuple == NULL) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *old = PyTuple_Check(result) ? PyTuple_GetItem(result, i) : result;
        Py_INCREF(old);
        PyTuple_SetItem(tuple, i, old);
    }
    Py_INCREF(item);
    PyTuple_SetItem(tuple, count, item);
    return tuple;
}

PyObject *rsm_py_append(PyObject *result, PyObject *item) {
    PyObject *tuple = (result != NULL && item != NULL) ? joined(result, item) : NULL;
    Py_XDECREF(result);
    Py_XDECREF(item);
    return tuple;
}

PyObject *rsm_py_bytes(const uint8_t *data, size_t data_len) {
    if (data == NULL) {
        Py_RETURN_NONE;
    }
    return PyBytes_FromStringAndSize((const char *)data, (Py_ssize_t)data_len);
}

PyObject *rsm_py_capsule(void *handle, const char *name, PyCapsule_Destructor destructor) {
    if (handle == NULL) {
        Py_RETURN_NONE;
    }
    return PyCapsule_New(handle, name, destructor);
}

void *rsm_py_handle(PyObject *object, const char *name) {
    if (object == Py_None) {
        return NULL;
    }
    if (!PyCapsule_IsValid(object, name)) {
        PyErr_Format(PyExc_TypeError, "a handle of %s is needed", name);
        return NULL;
    }
    return PyCapsule_GetPointer(object, name);
}

PyObject *rsm_py_address(PyObject *object) {
    if (PyCapsule_CheckExact(object)) {
        return PyLong_FromVoidPtr(PyCapsule_GetPointer(object, PyCapsule_GetName(object)));
    }
    resume_codec *codec = rsm_py_codec(object);
    return codec == NULL ? NULL : PyLong_FromVoidPtr(codec);
}

int rsm_py_setup(PyObject *module) {
    return rsm_py_codec_setup(module);
}
