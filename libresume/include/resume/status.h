/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one result type of every call that can fail, and the macros that mark public calls.
 * Not a place for reasons in words: those stand on the options object of the call that failed.
 *
 * Laws of all public headers:
 * - Handles are opaque. `_new` gives one reference, `_ref` adds one, `_unref` drops one, takes NULL
 *   and returns NULL. A handle keeps alive what it was built from, so references may be dropped in
 *   any order and from any thread.
 * - Arguments stand in the order object, inputs, outputs. A length follows its pointer. Outputs
 *   are named `ret_*`, come last and are untouched unless the comment says otherwise.
 * - NULL where a value is needed, or a value out of range, is RESUME_E_INVALID, never a crash.
 * - A const handle may be used by many threads at once; any other needs one owner at a time,
 *   unless its comment says "internally locked". No callback runs under a lock.
 * - Time is an argument, `now_ms`, in milliseconds since 1970-01-01 UTC. No call reads a clock.
 * - Values of enumerations are appended, never renumbered.
 */
#ifndef RESUME_STATUS_H
#define RESUME_STATUS_H

#ifndef RESUME_FFI
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#endif

#ifndef RESUME_API
#if defined(__GNUC__)
#define RESUME_API __attribute__((visibility("default")))
#else
#define RESUME_API
#endif
#endif

#ifndef RESUME_MUST_USE
#if defined(__GNUC__) && !defined(RESUME_FFI) && !defined(SWIG)
#define RESUME_MUST_USE __attribute__((warn_unused_result))
#else
#define RESUME_MUST_USE
#endif
#endif

#ifdef __cplusplus
extern "C" {
#endif

/**
 * The result of a call: 0 is done, a positive value is an answer about the input or the state
 * (never an accident, also for hostile bytes), a negative value is a failure of the library's
 * surroundings or a contract broken by the caller.
 */
typedef int32_t resume_status;

enum {
    RESUME_OK = 0,
    /* Answers. */
    RESUME_MISS = 1,         /* nothing under that name: no such session, no such key */
    RESUME_EXPIRED = 2,      /* it was there, its time is over */
    RESUME_FORGED = 3,       /* the MAC or tag does not match */
    RESUME_MALFORMED = 4,    /* not the format it should be */
    RESUME_RENEW = 5,        /* done, and the caller should issue anew */
    RESUME_FULL = 6,         /* go on with a full handshake */
    RESUME_ABORT = 7,        /* an RFC demands that the handshake ends (RFC 7627 section 5.3) */
    RESUME_EXISTS = 8,       /* already there, nothing changed */
    RESUME_TOO_LARGE = 9,    /* over a limit of the format, the store or the wire */
    RESUME_NO_KEY = 10,      /* no key may seal now */
    RESUME_UNSUPPORTED = 11, /* well formed, but with a feature that is refused */
    RESUME_WEAK_KEY = 12,    /* key material that a guess would find */
    RESUME_MORE = 13,        /* all well so far, more bytes are needed */
    /* Failures. */
    RESUME_E_INVALID = -1,     /* the caller broke the call's contract */
    RESUME_E_NOMEM = -2,       /* no memory */
    RESUME_E_CRYPTO = -3,      /* libcrypto or the system's random source failed */
    RESUME_E_IO = -4,          /* a file or a backend could not be reached, read or written */
    RESUME_E_BUFFER = -5,      /* the caller's buffer is too small; ret_len holds the need */
    RESUME_E_STATE = -6,       /* not possible in the object's present state */
    RESUME_E_UNSUPPORTED = -7, /* asked for something that this build lacks */
};

/**
 * Names a status.
 *
 * @param status any value, also one that this version does not know.
 * @return a static English phrase, for instance "forged: the MAC or tag does not match";
 *         "unknown status" for an unknown value. Never NULL, never freed.
 * @since 0.1
 */
RESUME_API const char *resume_status_name(resume_status status);

#ifdef __cplusplus
}
#endif

#endif /* RESUME_STATUS_H */
