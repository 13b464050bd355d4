/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of statuses. Not for reasons of a single failure: those stand on options objects.
 */
#include <resume/status.h>

const char *resume_status_name(resume_status status) {
    switch (status) {
    case RESUME_OK:
        return "ok";
    case RESUME_MISS:
        return "miss: nothing under that name";
    case RESUME_EXPIRED:
        return "expired: its time is over";
    case RESUME_FORGED:
        return "forged: the MAC or tag does not match";
    case RESUME_MALFORMED:
        return "malformed: not the format it should be";
    case RESUME_RENEW:
        return "renew: done, issue anew";
    case RESUME_FULL:
        return "full: go on with a full handshake";
    case RESUME_ABORT:
        return "abort: the handshake has to end (RFC 7627 section 5.3)";
    case RESUME_EXISTS:
        return "exists: already there";
    case RESUME_TOO_LARGE:
        return "too large: over a limit";
    case RESUME_NO_KEY:
        return "no key: no key may seal now";
    case RESUME_UNSUPPORTED:
        return "unsupported: has a feature that is refused";
    case RESUME_WEAK_KEY:
        return "weak key: a guess would find it";
    case RESUME_MORE:
        return "more: all well so far, more bytes are needed";
    case RESUME_E_INVALID:
        return "invalid argument";
    case RESUME_E_NOMEM:
        return "out of memory";
    case RESUME_E_CRYPTO:
        return "libcrypto or the system's random source failed";
    case RESUME_E_IO:
        return "a file or backend could not be reached, read or written";
    case RESUME_E_BUFFER:
        return "the buffer is too small";
    case RESUME_E_STATE:
        return "not possible in this state";
    case RESUME_E_UNSUPPORTED:
        return "not supported by this build";
    default:
        return "unknown status";
    }
}
