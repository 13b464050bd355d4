/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the generated wrapper, the codec type and the attach calls of the Python module share:
 * statuses and errors as Python objects, handles as capsules, bytes.
 * Not a public header; it uses Python's limited API of 3.11 and libresume's public calls only.
 */
#ifndef RSM_PYTHON_SUPPORT_H
#define RSM_PYTHON_SUPPORT_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <resume/openssl.h>
#include <resume/resume.h>

/* The largest answer of a call that fills a buffer: a ticket, a state or a record. */
enum { RSM_PY_BUFFER_SIZE = RESUME_TICKET_MAX };

/* Adds to the module what SWIG does not write: the codec type. 0, or -1 with an exception. */
int rsm_py_setup(PyObject *module);

/* Takes the factory of exceptions, called with (status, text), and the members of Status. */
PyObject *rsm_py_register(PyObject *error_factory, PyObject *statuses);

/* The member of Status for 0 and for an answer; NULL with an exception for a failure. */
PyObject *rsm_py_status(resume_status status);

/* Raises the exception of a status; text may be NULL. Returns NULL. */
PyObject *rsm_py_raise(resume_status status, const char *text);

/* Joins the results of one call into a tuple. Takes both references, gives NULL if one is NULL. */
PyObject *rsm_py_append(PyObject *result, PyObject *item);

/* Bytes of a borrowed pointer; None for NULL. */
PyObject *rsm_py_bytes(const uint8_t *data, size_t data_len);

/* Wraps one reference in a capsule; unwraps None as NULL, without an exception. */
PyObject *rsm_py_capsule(void *handle, const char *name, PyCapsule_Destructor destructor);
void *rsm_py_handle(PyObject *object, const char *name);

/* The address behind a capsule or a codec, as a number: tells whether two handles are one. */
PyObject *rsm_py_address(PyObject *object);

/* python_codec.c */
int rsm_py_codec_setup(PyObject *module);
resume_codec *rsm_py_codec(PyObject *object);

/* python_attach.c: the SSL_CTX, proved; NULL with an exception. It lives as long as the object. */
struct ssl_ctx_st *rsm_py_ssl_ctx(PyObject *ssl_context);
PyObject *rsm_py_attach(PyObject *ssl_context, resume_server *server);
PyObject *rsm_py_detach(PyObject *ssl_context);
resume_server *rsm_py_server_of(PyObject *ssl_context);

/* python_client.c */
PyObject *rsm_py_attach_client(PyObject *ssl_context, resume_client *client, const uint8_t *label,
                               size_t label_len);
PyObject *rsm_py_detach_client(PyObject *ssl_context);
resume_client *rsm_py_client_of(PyObject *ssl_context);
/* The peer that connections of a context to this host have, the host checked or not; one
 * reference, or NULL with an exception. */
resume_peer *rsm_py_client_peer(PyObject *ssl_context, const char *host, bool verified,
                                uint16_t port);

#endif /* RSM_PYTHON_SUPPORT_H */
