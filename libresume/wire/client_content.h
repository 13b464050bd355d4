/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stands inside the sealed file of a client, version 1: docs/format.md has it byte for byte.
 * Not the seal around it (core/sealed_file.h), and not what the sessions in it mean.
 */
#ifndef RSM_WIRE_CLIENT_CONTENT_H
#define RSM_WIRE_CLIENT_CONTENT_H

#include <resume/status.h>

#include "base/buffer.h"
#include "base/bytes.h"

#define RSM_CLIENT_CONTENT_SALT 32U
#define RSM_CLIENT_CONTENT_KEY  32U
#define RSM_CLIENT_CONTENT_HEAD (RSM_CLIENT_CONTENT_SALT + 4U)

/* One thing to offer; pointers into the caller's bytes. */
struct rsm_client_record {
    const uint8_t *key; /* RSM_CLIENT_CONTENT_KEY bytes, of its peer */
    uint64_t received_ms;
    uint64_t expires_ms;
    uint32_t lifetime_hint;
    const uint8_t *session; /* native format */
    uint16_t session_len;
    const uint8_t *ticket;
    uint16_t ticket_len;
};

/* What is left to read. */
struct rsm_client_content {
    const uint8_t *salt;
    uint32_t left;
    struct rsm_reader reader;
};

/* Writes the head; exactly count records follow. */
void rsm_client_content_begin(struct rsm_buffer *out, const uint8_t *salt, uint32_t count);
void rsm_client_content_put(struct rsm_buffer *out, const struct rsm_client_record *record);

/* RESUME_OK or RESUME_MALFORMED. */
resume_status rsm_client_content_open(const uint8_t *data, size_t len,
                                      struct rsm_client_content *ret_content);

/* The next record: RESUME_OK; RESUME_MISS at the end, with nothing behind it; RESUME_MALFORMED. */
resume_status rsm_client_content_next(struct rsm_client_content *content,
                                      struct rsm_client_record *ret_record);

#endif
