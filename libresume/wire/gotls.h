/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SessionState, the session format of Go's crypto/tls (Go 1.21 and later), as a server has it. To
 * and from the native format. Go calls its encoding opaque, and has changed it once: layout 2, from
 * Go 1.25 on, ends a TLS 1.2 session with its group; docs/format.md has both.
 * Not Go's client sessions, nor its own tickets around them.
 */
#ifndef RSM_WIRE_GOTLS_H
#define RSM_WIRE_GOTLS_H

#include <resume/status.h>

#include "base/buffer.h"
#include "wire/native.h"

/* Reads hostile bytes into the native format, which the caller still has to parse; either layout.
 * RESUME_OK, RESUME_MALFORMED, RESUME_UNSUPPORTED (another version, a client's session),
 * RESUME_TOO_LARGE, RESUME_E_NOMEM. */
resume_status rsm_gotls_read(const uint8_t *data, size_t len, struct rsm_buffer *ret_native);

/* Writes a parsed native session in that layout (1 or 2), with these bytes as its verified chains.
 * RESUME_OK, RESUME_UNSUPPORTED (not resumable, compression, or a suite that Go lacks),
 * RESUME_E_NOMEM. */
resume_status rsm_gotls_write(const uint8_t *native, const struct rsm_native_view *view,
                              int32_t layout, const uint8_t *chains, size_t chains_len,
                              struct rsm_buffer *ret_state);

/* True if the bytes are verified chains: lists of certificates, each length of 3 bytes. */
bool rsm_gotls_are_chains(const uint8_t *data, size_t len);

#endif
