/* SPDX-License-Identifier: Apache-2.0 */
/*
 * StatePlaintext (RFC 5077 section 4): the state that the RFC recommends to put into a ticket. To
 * and from the native format; docs/format.md says what of a session it has no room for.
 * Not the ticket around it (frame.h), and not what stock servers write (openssl_der.h).
 */
#ifndef RSM_WIRE_STATE_PLAINTEXT_H
#define RSM_WIRE_STATE_PLAINTEXT_H

#include <resume/status.h>

#include "base/buffer.h"
#include "wire/native.h"

/* version 2, cipher suite 2, compression 1, secret 48, client 1, timestamp 4: an anonymous one. */
#define RSM_STATE_MIN    58U
#define RSM_STATE_SECRET 48U

/* ClientAuthenticationType. */
enum { RSM_CLIENT_ANONYMOUS = 0, RSM_CLIENT_CERTIFICATE_BASED = 1, RSM_CLIENT_PSK = 2 };

/* The structure as it stands; pointers into the parsed bytes. */
struct rsm_state_plaintext {
    uint16_t cipher_suite;
    uint8_t compression;
    uint8_t client;
    uint32_t timestamp; /* Unix seconds */
    const uint8_t *secret;
    /* The certificates, each behind its 3 bytes of length, or the PSK identity. */
    const uint8_t *identity;
    size_t identity_len;
};

/* RESUME_OK, RESUME_UNSUPPORTED for another version than TLS 1.2, RESUME_MALFORMED for whatever
 * else is wrong with the bytes, a secret of zeros (I-11) and a byte too many included. */
resume_status rsm_state_plaintext_parse(const uint8_t *data, size_t len,
                                        struct rsm_state_plaintext *ret_state);

/* Reads hostile bytes into the native format, which the caller still has to parse. The answers of
 * rsm_state_plaintext_parse(); RESUME_UNSUPPORTED also for a client that is certificate_based
 * without a certificate; RESUME_TOO_LARGE, RESUME_E_NOMEM. */
resume_status rsm_state_plaintext_read(const uint8_t *data, size_t len,
                                       struct rsm_buffer *ret_native);

/* How many bytes a parsed native session takes. RESUME_OK, or RESUME_UNSUPPORTED if it holds what
 * must not get lost and has no room (I-138). */
resume_status rsm_state_plaintext_measure(const uint8_t *native, const struct rsm_native_view *view,
                                          size_t *ret_len);

/* Writes a session that rsm_state_plaintext_measure() took: exactly that many bytes. */
void rsm_state_plaintext_write(const uint8_t *native, const struct rsm_native_view *view,
                               uint8_t *out);

#endif
