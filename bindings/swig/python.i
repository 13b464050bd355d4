/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The module libresume._low: every public call that makes sense in Python, one to one, for the
 * package that stands on it. Private: programs use the package.
 */
%module _low

%begin %{
#define PY_SSIZE_T_CLEAN
%}

%{
#include "python_support.h"

#include <openssl/crypto.h>
#include <stdlib.h>
%}

%init %{
    if (rsm_py_setup(m) < 0) {
#if SWIG_VERSION >= 0x040400
        return -1;
#else
        return NULL;
#endif
    }
%}

%include "resume_python.swg"

/* What python_codec.c does better, and what only a program in C needs. */
%ignore resume_codec_new;
%ignore resume_codec_seal_bytes;
%ignore resume_codec_open_bytes;

/* Calls that may wait for a file, a lock or a store let other threads run meanwhile. */
%define %resume_blocks(call)
%exception call {
    Py_BEGIN_ALLOW_THREADS
    $action
    Py_END_ALLOW_THREADS
}
%enddef
%resume_blocks(resume_keyring_from_url)
%resume_blocks(resume_keyring_reload)
%resume_blocks(resume_store_from_url)
%resume_blocks(resume_store_put)
%resume_blocks(resume_store_get)
%resume_blocks(resume_store_take)
%resume_blocks(resume_store_remove)
%resume_blocks(resume_store_put_record)
%resume_blocks(resume_store_get_record)
%resume_blocks(resume_store_take_record)
%resume_blocks(resume_store_sweep)
%resume_blocks(resume_server_find_session)
%resume_blocks(resume_server_store_session)
%resume_blocks(resume_server_forget)
%resume_blocks(resume_client_save)
%resume_blocks(resume_client_load)
%resume_blocks(resume_client_clear)

%include "resume.i"

%typemap(out) PyObject * {
    $result = $1;
    if ($result == NULL) {
        SWIG_fail;
    }
}
%typemap(out) resume_server *rsm_py_server_of {
    if ($1 == NULL && PyErr_Occurred()) {
        SWIG_fail;
    }
    resume_server *lent = resume_server_ref($1);
    $result = rsm_py_capsule(lent, "resume_server", drop_server);
    if ($result == NULL) {
        resume_server_unref(lent);
        SWIG_fail;
    }
}
%typemap(out) resume_client *rsm_py_client_of {
    if ($1 == NULL && PyErr_Occurred()) {
        SWIG_fail;
    }
    resume_client *lent = resume_client_ref($1);
    $result = rsm_py_capsule(lent, "resume_client", drop_client);
    if ($result == NULL) {
        resume_client_unref(lent);
        SWIG_fail;
    }
}
%typemap(out) resume_peer *rsm_py_client_peer {
    if ($1 == NULL) {
        SWIG_fail;
    }
    $result = rsm_py_capsule($1, "resume_peer", drop_peer);
    if ($result == NULL) {
        resume_peer_unref($1);
        SWIG_fail;
    }
}
%rename(set_types) rsm_py_register;
%rename(address) rsm_py_address;
%rename(attach) rsm_py_attach;
%rename(detach) rsm_py_detach;
%rename(server_of) rsm_py_server_of;
%rename(attach_client) rsm_py_attach_client;
%rename(detach_client) rsm_py_detach_client;
%rename(client_of) rsm_py_client_of;
%rename(client_peer) rsm_py_client_peer;
PyObject *rsm_py_register(PyObject *error_factory, PyObject *statuses);
PyObject *rsm_py_address(PyObject *object);
PyObject *rsm_py_attach(PyObject *ssl_context, resume_server *server);
PyObject *rsm_py_detach(PyObject *ssl_context);
resume_server *rsm_py_server_of(PyObject *ssl_context);
PyObject *rsm_py_attach_client(PyObject *ssl_context, resume_client *client,
                               const uint8_t *data, size_t data_len);
PyObject *rsm_py_detach_client(PyObject *ssl_context);
resume_client *rsm_py_client_of(PyObject *ssl_context);
resume_peer *rsm_py_client_peer(PyObject *ssl_context, const char *host, bool verified,
                                uint16_t port);
