/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All of libresume's public calls, in the order in which they build on each other.
 * Not the adapter for OpenSSL: <resume/openssl.h> needs libssl and stands in a library of its own.
 *
 * The laws that hold for every call stand in <resume/status.h>.
 *
 * With RESUME_FFI defined, `cc -E -P -DRESUME_FFI -DRESUME_API= resume.h` gives plain declarations
 * without a system header, which SWIG and LuaJIT's ffi.cdef read.
 */
#ifndef RESUME_RESUME_H
#define RESUME_RESUME_H

#include <resume/status.h>
#include <resume/abi.h>
#include <resume/session.h>
#include <resume/keyring.h>
#include <resume/codec.h>
#include <resume/backend.h>
#include <resume/store.h>
#include <resume/policy.h>
#include <resume/connection.h>
#include <resume/facts.h>
#include <resume/hello.h>
#include <resume/handshake.h>
#include <resume/server.h>
#include <resume/verdict.h>
#include <resume/tls12.h>
#include <resume/client.h>

#endif /* RESUME_RESUME_H */
