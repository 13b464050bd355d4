/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Python type behind libresume.Codec, written by hand because sealing and opening bytes are
 * the calls whose cost shows: no argument tuple, no copy, one allocation, the result's.
 * Sessions go through the generated wrapper; everything else about codecs is Python.
 */
#include "python_support.h"

#include <openssl/crypto.h>
#include <string.h>
#include <time.h>

typedef struct {
    PyObject head;
    resume_codec *codec; /* NULL after close() */
} CodecObject;

static PyTypeObject *codec_type;

enum { STACK_BUFFER_SIZE = 2048 };

static CodecObject *self_of(PyObject *object) {
    return (CodecObject *)(void *)object;
}

/* The handle of an open codec; NULL with an exception. */
static resume_codec *opened(PyObject *object) {
    resume_codec *codec = self_of(object)->codec;
    if (codec == NULL) {
        PyErr_SetString(PyExc_ValueError, "the codec is closed");
    }
    return codec;
}

resume_codec *rsm_py_codec(PyObject *object) {
    if (object == Py_None) {
        return NULL;
    }
    if (!PyObject_TypeCheck(object, codec_type)) {
        PyErr_SetString(PyExc_TypeError, "a Codec is needed");
        return NULL;
    }
    return opened(object);
}

static PyObject *codec_make(PyTypeObject *type, PyObject *args, PyObject *keywords) {
    (void)args;
    (void)keywords;
    allocfunc allocate = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
    return allocate(type, 0);
}

static int codec_init(PyObject *self, PyObject *args, PyObject *keywords) {
    PyObject *keyring_object = NULL;
    PyObject *options_object = Py_None;
    if (keywords != NULL && PyDict_Size(keywords) > 0) {
        PyErr_SetString(PyExc_TypeError, "the low-level codec takes no keywords");
        return -1;
    }
    if (!PyArg_ParseTuple(args, "O|O", &keyring_object, &options_object)) {
        return -1;
    }
    resume_keyring *keyring = rsm_py_handle(keyring_object, "resume_keyring");
    resume_codec_options *options = rsm_py_handle(options_object, "resume_codec_options");
    if (PyErr_Occurred()) {
        return -1;
    }
    resume_codec *codec = NULL;
    resume_status status = resume_codec_new(keyring, options, &codec);
    if (status != RESUME_OK) {
        rsm_py_raise(status, NULL);
        return -1;
    }
    resume_codec_unref(self_of(self)->codec); /* a second __init__() */
    self_of(self)->codec = codec;
    return 0;
}

static void codec_finish(PyObject *self) {
    PyTypeObject *type = Py_TYPE(self);
    freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);
    self_of(self)->codec = resume_codec_unref(self_of(self)->codec);
    release(self);
    Py_DECREF(type);
}

static PyObject *codec_close(PyObject *self, PyObject *unused) {
    (void)unused;
    self_of(self)->codec = resume_codec_unref(self_of(self)->codec);
    Py_RETURN_NONE;
}

static uint64_t clock_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000U + (uint64_t)now.tv_nsec / 1000000U;
}

/* The arguments of seal() and open(): bytes, and a time by position or by name. */
typedef struct {
    const uint8_t *data;
    size_t data_len;
    uint64_t now_ms;
    Py_buffer view; /* held unless data is a bytes object */
} Call;

static int take_data(PyObject *object, Call *call) {
    if (PyBytes_CheckExact(object)) {
        char *data = NULL;
        Py_ssize_t data_len = 0;
        (void)PyBytes_AsStringAndSize(object, &data, &data_len);
        call->data = (const uint8_t *)data;
        call->data_len = (size_t)data_len;
        return 0;
    }
    if (PyObject_GetBuffer(object, &call->view, PyBUF_SIMPLE) < 0) {
        return -1;
    }
    call->data = call->view.buf;
    call->data_len = (size_t)call->view.len;
    return 0;
}

static int take_time(PyObject *object, Call *call) {
    if (object == NULL || object == Py_None) {
        call->now_ms = clock_ms();
        return 0;
    }
    call->now_ms = PyLong_AsUnsignedLongLong(object);
    return call->now_ms == (uint64_t)-1 && PyErr_Occurred() ? -1 : 0;
}

/* The value of the one keyword there is; NULL with an exception for any other. */
static PyObject *named_time(PyObject *const *args, Py_ssize_t count, PyObject *names) {
    PyObject *name = PyTuple_GetItem(names, 0);
    if (count != 1 || PyTuple_Size(names) != 1 ||
        PyUnicode_CompareWithASCIIString(name, "now_ms") != 0) {
        PyErr_SetString(PyExc_TypeError, "the arguments are the bytes and now_ms");
        return NULL;
    }
    return args[1];
}

static int take(PyObject *const *args, Py_ssize_t count, PyObject *names, Call *call) {
    PyObject *now = count > 1 ? args[1] : NULL;
    if (count < 1 || count > 2) {
        PyErr_SetString(PyExc_TypeError, "the arguments are the bytes and now_ms");
        return -1;
    }
    if (names != NULL && PyTuple_Size(names) > 0) {
        now = named_time(args, count, names);
        if (now == NULL) {
            return -1;
        }
    }
    call->view.obj = NULL;
    return take_time(now, call) < 0 ? -1 : take_data(args[0], call);
}

static void release(Call *call) {
    if (call->view.obj != NULL) {
        PyBuffer_Release(&call->view);
    }
}

/* Seals straight into a bytes object of the size that the ticket will have. */
static PyObject *sealed(resume_codec *codec, const Call *call) {
    size_t size = resume_codec_sealed_size(codec, call->data_len);
    PyObject *ticket = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)size);
    if (ticket == NULL) {
        return NULL;
    }
    uint8_t *buf = (uint8_t *)PyBytes_AsString(ticket);
    size_t used = 0;
    resume_status status =
        resume_codec_seal_bytes(codec, call->data, call->data_len, call->now_ms, buf, size, &used);
    if (status == RESUME_OK && used == size) {
        return ticket;
    }
    PyObject *answer = NULL;
    if (status < 0) {
        rsm_py_raise(status, NULL);
    } else if (status == RESUME_OK) {
        answer = rsm_py_bytes(buf, used);
    } else {
        answer = Py_None;
        Py_INCREF(answer);
    }
    Py_DECREF(ticket);
    return answer;
}

static PyObject *codec_seal(PyObject *self, PyObject *const *args, Py_ssize_t count,
                            PyObject *names) {
    Call call;
    resume_codec *codec = opened(self);
    if (codec == NULL || take(args, count, names, &call) < 0) {
        return NULL;
    }
    PyObject *ticket = NULL;
    if (call.data_len > RESUME_TICKET_MAX) { /* no buffer for what is too large anyway */
        ticket = Py_None;
        Py_INCREF(ticket);
    } else {
        ticket = sealed(codec, &call);
    }
    release(&call);
    return ticket;
}

/* (Status, bytes or None) of what an open left in a buffer. */
static PyObject *open_answer(resume_status status, const uint8_t *buf, size_t used) {
    PyObject *result = rsm_py_status(status);
    if (result == NULL) {
        return NULL;
    }
    int has_bytes = status == RESUME_OK || status == RESUME_RENEW;
    return rsm_py_append(result, rsm_py_bytes(has_bytes ? buf : NULL, used));
}

static PyObject *open_into(resume_codec *codec, const Call *call, uint8_t *buf, size_t buf_cap) {
    size_t used = 0;
    resume_status status = resume_codec_open_bytes(codec, call->data, call->data_len, call->now_ms,
                                                   buf, buf_cap, &used);
    PyObject *answer = open_answer(status, buf, used);
    OPENSSL_cleanse(buf, used < buf_cap ? used : buf_cap);
    return answer;
}

static PyObject *open_large(resume_codec *codec, const Call *call) {
    /* What is longer than any ticket is malformed whatever the buffer holds. */
    uint8_t *buf = PyMem_Malloc(call->data_len);
    if (buf == NULL) {
        return PyErr_NoMemory();
    }
    PyObject *answer = open_into(codec, call, buf, call->data_len);
    PyMem_Free(buf);
    return answer;
}

static PyObject *codec_open(PyObject *self, PyObject *const *args, Py_ssize_t count,
                            PyObject *names) {
    uint8_t buf[STACK_BUFFER_SIZE];
    Call call;
    resume_codec *codec = opened(self);
    if (codec == NULL || take(args, count, names, &call) < 0) {
        return NULL;
    }
    PyObject *answer = call.data_len <= sizeof(buf) ? open_into(codec, &call, buf, sizeof(buf))
                                                    : open_large(codec, &call);
    release(&call);
    return answer;
}

enum { BENCH_SIZE = 200 };

static double ns_each(const struct timespec *began, unsigned long rounds) {
    struct timespec ended;
    clock_gettime(CLOCK_MONOTONIC, &ended);
    double ns =
        (double)(ended.tv_sec - began->tv_sec) * 1e9 + (double)(ended.tv_nsec - began->tv_nsec);
    return ns / (double)(rounds == 0 ? 1 : rounds);
}

static PyObject *bench_failed(resume_status status) {
    return rsm_py_raise(status < 0 ? status : RESUME_E_STATE, NULL);
}

/* For the benchmark: what the same seals cost without Python around them. */
static PyObject *codec_bench_seal(PyObject *self, PyObject *args) {
    static const uint8_t data[BENCH_SIZE] = {1};
    uint8_t buf[2 * BENCH_SIZE];
    size_t used = 0;
    unsigned long rounds = 0;
    resume_codec *codec = opened(self);
    if (codec == NULL || !PyArg_ParseTuple(args, "k", &rounds)) {
        return NULL;
    }
    uint64_t now_ms = clock_ms();
    struct timespec began;
    clock_gettime(CLOCK_MONOTONIC, &began);
    for (unsigned long i = 0; i < rounds; i++) {
        resume_status status =
            resume_codec_seal_bytes(codec, data, BENCH_SIZE, now_ms, buf, sizeof(buf), &used);
        if (status != RESUME_OK) {
            return bench_failed(status);
        }
    }
    return PyFloat_FromDouble(ns_each(&began, rounds));
}

/* Likewise for opening one ticket again and again. */
static PyObject *codec_bench_open(PyObject *self, PyObject *args) {
    static const uint8_t data[BENCH_SIZE] = {1};
    uint8_t ticket[2 * BENCH_SIZE];
    uint8_t buf[2 * BENCH_SIZE];
    size_t ticket_len = 0;
    size_t used = 0;
    unsigned long rounds = 0;
    resume_codec *codec = opened(self);
    if (codec == NULL || !PyArg_ParseTuple(args, "k", &rounds)) {
        return NULL;
    }
    uint64_t now_ms = clock_ms();
    resume_status status = resume_codec_seal_bytes(codec, data, BENCH_SIZE, now_ms, ticket,
                                                   sizeof(ticket), &ticket_len);
    struct timespec began;
    clock_gettime(CLOCK_MONOTONIC, &began);
    for (unsigned long i = 0; status == RESUME_OK && i < rounds; i++) {
        status =
            resume_codec_open_bytes(codec, ticket, ticket_len, now_ms, buf, sizeof(buf), &used);
    }
    return status == RESUME_OK ? PyFloat_FromDouble(ns_each(&began, rounds)) : bench_failed(status);
}

/* The table of methods wants one type for functions of several. */
static PyCFunction as_method(PyObject *(*call)(PyObject *, PyObject *const *, Py_ssize_t,
                                               PyObject *)) {
    union {
        PyObject *(*fast)(PyObject *, PyObject *const *, Py_ssize_t, PyObject *);
        PyCFunction plain;
    } either = {.fast = call};
    return either.plain;
}

int rsm_py_codec_setup(PyObject *module) {
    static char doc[] = "Seals and opens bytes under a keyring.";
    static PyMethodDef methods[] = {
        {"seal", NULL, METH_FASTCALL | METH_KEYWORDS,
         "seal($self, data, /, now_ms=None)\n--\n\n"
         "Seal bytes; None if no key seals now or the ticket would be too large."},
        {"open", NULL, METH_FASTCALL | METH_KEYWORDS,
         "open($self, ticket, /, now_ms=None)\n--\n\n"
         "Open a ticket: the status, and the bytes that were sealed or None."},
        {"close", codec_close, METH_NOARGS, "Release the codec; other calls then raise."},
        {"_bench_seal", codec_bench_seal, METH_VARARGS,
         "Nanoseconds that one seal of 200 bytes takes in C, over so many rounds."},
        {"_bench_open", codec_bench_open, METH_VARARGS,
         "Nanoseconds that opening a ticket of 200 bytes takes in C, over so many rounds."},
        {NULL, NULL, 0, NULL},
    };
    static PyType_Slot slots[] = {
        {Py_tp_new, codec_make},  {Py_tp_init, codec_init}, {Py_tp_dealloc, codec_finish},
        {Py_tp_methods, methods}, {Py_tp_doc, doc},         {0, NULL},
    };
    static PyType_Spec spec = {
        .name = "libresume._low.Codec",
        .basicsize = sizeof(CodecObject),
        .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
        .slots = slots,
    };
    methods[0].ml_meth = as_method(codec_seal);
    methods[1].ml_meth = as_method(codec_open);
    codec_type = (PyTypeObject *)PyType_FromSpec(&spec);
    if (codec_type == NULL) {
        return -1;
    }
    return PyModule_AddObjectRef(module, "Codec", (PyObject *)codec_type);
}
