/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OpenSSL's session format (ssl/ssl_asn1.c, SSL_SESSION_ASN1): the one that OpenSSL-based servers
 * put into tickets and caches. To and from the native format.
 * BoringSSL's format of the same name has other meanings behind the same tags; it is not this.
 */
#ifndef RSM_WIRE_OPENSSL_DER_H
#define RSM_WIRE_OPENSSL_DER_H

#include <resume/status.h>

#include "base/buffer.h"
#include "wire/native.h"

/* What a client's session has beside the session. */
struct rsm_openssl_ticket {
    const uint8_t *data;
    size_t len;             /* 0: none */
    uint32_t lifetime_hint; /* seconds, 0 where there is none */
};

/* Reads hostile bytes into the native format, which the caller still has to parse.
 * RESUME_OK, RESUME_MALFORMED, RESUME_UNSUPPORTED, RESUME_TOO_LARGE, RESUME_E_NOMEM. */
resume_status rsm_openssl_der_read(const uint8_t *data, size_t len, uint64_t now_ms,
                                   struct rsm_buffer *ret_native);

/* The ticket in the same bytes, borrowed; the same answers. */
resume_status rsm_openssl_der_read_ticket(const uint8_t *data, size_t len,
                                          struct rsm_openssl_ticket *ret_ticket);

/* Writes a parsed native session, and a client's ticket unless it is NULL. RESUME_OK,
 * RESUME_UNSUPPORTED (not resumable, compression, or a leaf that is no DER), RESUME_E_NOMEM. */
resume_status rsm_openssl_der_write(const uint8_t *native, const struct rsm_native_view *view,
                                    const struct rsm_openssl_ticket *ticket,
                                    struct rsm_buffer *ret_der);

#endif
