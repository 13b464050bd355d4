/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From an ssl.SSLContext to its SSL_CTX, and the proof that it is safe to touch it.
 *
 * Python has no call for the pointer: it is the first field after the object's head. It may be
 * used only if Python's _ssl and this module call the very same libssl: two copies in one process
 * have different layouts and different state, even at one version. So the addresses of a function,
 * as both sees it, are compared first; the version's text would prove nothing.
 * What is attached runs in C inside the handshake, where Python does not hold the GIL.
 */
#include "python_support.h"

#include <dlfcn.h>
#include <openssl/ssl.h>

#define ADVICE "use a distribution's Python, the official Docker image, conda or pyenv"

/* The file that an address was loaded from. */
static const char *file_of(const void *address) {
    Dl_info info;
    return dladdr(address, &info) != 0 && info.dli_fname != NULL ? info.dli_fname : "?";
}

/* Raises the one sentence that says what is wrong and what helps. Returns -1. */
static int refuse(const char *format, const char *first, const char *second) {
    PyObject *text = PyUnicode_FromFormat(format, first, second);
    PyObject *bytes = text == NULL ? NULL : PyUnicode_AsUTF8String(text);
    if (bytes != NULL) {
        rsm_py_raise(RESUME_E_UNSUPPORTED, PyBytes_AsString(bytes));
    }
    Py_XDECREF(bytes);
    Py_XDECREF(text);
    return -1;
}

/* The address by which the loaded module at path calls SSL_CTX_sess_set_new_cb(). */
static void *libssl_call_of(const char *path) {
    void *module = dlopen(path, RTLD_LAZY | RTLD_NOLOAD);
    if (module == NULL) {
        return NULL;
    }
    void *address = dlsym(module, "SSL_CTX_sess_set_new_cb");
    dlclose(module); /* only the count that dlopen() added */
    return address;
}

static void *our_libssl_call(void) {
    union {
        void (*call)(SSL_CTX *, int (*)(SSL *, SSL_SESSION *));
        void *address;
    } ours = {.call = SSL_CTX_sess_set_new_cb};
    return ours.address;
}

/* 0 if the module at path shares this module's libssl, else -1 with an exception. */
static int prove_same_libssl(const char *path) {
    void *theirs = libssl_call_of(path);
    void *ours = our_libssl_call();
    if (theirs == NULL) {
        return refuse("this Python carries a private OpenSSL inside %s, which libresume cannot "
                      "reach: %s",
                      path, ADVICE);
    }
    if (theirs != ours) {
        return refuse("Python's ssl module uses another OpenSSL (%s) than libresume (%s): build "
                      "libresume for this Python with `pip install --no-binary libresume "
                      "libresume`",
                      file_of(theirs), file_of(ours));
    }
    return 0;
}

/* 0 if _ssl is a loaded file that shares our libssl, else -1 with an exception. */
static int prove_module(PyObject *ssl_module) {
    PyObject *file = PyObject_GetAttrString(ssl_module, "__file__");
    if (file == NULL) {
        PyErr_Clear();
        return refuse("this Python has its ssl module %s, which libresume cannot reach: %s",
                      "built in", ADVICE);
    }
    PyObject *path = NULL;
    int proved = -1;
    if (PyUnicode_FSConverter(file, &path)) {
        proved = prove_same_libssl(PyBytes_AsString(path));
    }
    Py_XDECREF(path);
    Py_DECREF(file);
    return proved;
}

/* 0 if the object is an SSLContext of that module, else -1 with an exception. */
static int prove_type(PyObject *ssl_module, PyObject *ssl_context) {
    PyObject *type = PyObject_GetAttrString(ssl_module, "_SSLContext");
    if (type == NULL) {
        return -1;
    }
    int is_one = PyObject_IsInstance(ssl_context, type);
    Py_DECREF(type);
    if (is_one == 0) {
        PyErr_SetString(PyExc_TypeError, "an ssl.SSLContext is needed");
    }
    return is_one == 1 ? 0 : -1;
}

/* The pointer behind the object's head, whose size depends on how Python was built. */
static SSL_CTX *first_field(PyObject *ssl_context) {
    PyObject *size = PyObject_GetAttrString((PyObject *)&PyBaseObject_Type, "__basicsize__");
    if (size == NULL) {
        return NULL;
    }
    Py_ssize_t head = PyLong_AsSsize_t(size);
    Py_DECREF(size);
    return head < 0 ? NULL : *(SSL_CTX **)(void *)((char *)ssl_context + head);
}

/* A cheap look whether the pointer is what we believe: both ways must read the same options. */
static int prove_options(PyObject *ssl_context, const SSL_CTX *ctx) {
    PyObject *options = PyObject_GetAttrString(ssl_context, "options");
    if (options == NULL) {
        return -1;
    }
    unsigned long long seen = PyLong_AsUnsignedLongLongMask(options);
    Py_DECREF(options);
    if (PyErr_Occurred()) {
        return -1;
    }
    if (ctx == NULL || seen != SSL_CTX_get_options(ctx)) {
        return refuse("this Python keeps its SSL_CTX where libresume does not find it (%s): %s",
                      Py_GetVersion(), ADVICE);
    }
    return 0;
}

SSL_CTX *rsm_py_ssl_ctx(PyObject *ssl_context) {
    PyObject *ssl_module = PyImport_ImportModule("_ssl");
    if (ssl_module == NULL) {
        return NULL;
    }
    SSL_CTX *ctx = NULL;
    if (prove_type(ssl_module, ssl_context) == 0 && prove_module(ssl_module) == 0) {
        ctx = first_field(ssl_context);
        if (!PyErr_Occurred() && prove_options(ssl_context, ctx) < 0) {
            ctx = NULL;
        }
    }
    Py_DECREF(ssl_module);
    return ctx;
}

PyObject *rsm_py_attach(PyObject *ssl_context, resume_server *server) {
    SSL_CTX *ctx = rsm_py_ssl_ctx(ssl_context);
    resume_openssl_options *options = NULL;
    if (ctx == NULL) {
        return NULL;
    }
    if (resume_openssl_options_new(&options) != RESUME_OK) {
        return PyErr_NoMemory();
    }
    resume_status status = resume_openssl_attach(ctx, server, options);
    PyObject *result = status < 0 ? rsm_py_raise(status, resume_openssl_options_why(options))
                                  : rsm_py_status(status);
    resume_openssl_options_unref(options);
    return result;
}

PyObject *rsm_py_detach(PyObject *ssl_context) {
    SSL_CTX *ctx = rsm_py_ssl_ctx(ssl_context);
    return ctx == NULL ? NULL : rsm_py_status(resume_openssl_detach(ctx));
}

resume_server *rsm_py_server_of(PyObject *ssl_context) {
    SSL_CTX *ctx = rsm_py_ssl_ctx(ssl_context);
    return ctx == NULL ? NULL : resume_openssl_server(ctx);
}
