/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The native session format, version 1: docs/format.md has it byte for byte. Reading checks every
 * field and finds it; writing makes the one canonical form of given fields.
 * Not for OpenSSL's format (openssl_der.h), and holds no session (core/session.h).
 */
#ifndef RSM_WIRE_NATIVE_H
#define RSM_WIRE_NATIVE_H

#include <resume/status.h>

#include "base/buffer.h"

#define RSM_NATIVE_FORMAT 1U
#define RSM_NATIVE_HEADER 28U
#define RSM_NATIVE_MAX    0xFF00U

#define RSM_NATIVE_EMS           0x01U
#define RSM_NATIVE_NOT_RESUMABLE 0x02U

#define RSM_SECRET_MAX  64U
#define RSM_ID_MAX      32U
#define RSM_CONTEXT_MAX 32U
#define RSM_NAME_MAX    255U

/* Types of the fields after the secret; bit 15 marks what a reader must understand. */
#define RSM_FIELD_CRITICAL       0x8000U
#define RSM_FIELD_SESSION_ID     1U
#define RSM_FIELD_SERVER_NAME    2U
#define RSM_FIELD_ALPN           3U
#define RSM_FIELD_CONTEXT        4U
#define RSM_FIELD_CERTIFICATE    5U
#define RSM_FIELD_VERIFY_RESULT  6U
#define RSM_FIELD_AGE_ADD        7U
#define RSM_FIELD_MAX_EARLY_DATA 8U
#define RSM_FIELD_GROUP          9U
#define RSM_FIELD_APPDATA        10U

/* The tag that OpenSSL's format uses for the time of authentication; no application has it. */
#define RSM_APPDATA_RESERVED 0xFFFFU

/* A stretch of the native bytes. Offset 0, which is the format byte, means absent. */
struct rsm_span {
    uint16_t at;
    uint16_t len;
};

/* Where everything stands in the native bytes, and the values of the fixed fields. */
struct rsm_native_view {
    uint8_t flags;
    uint8_t compression;
    uint16_t version;
    uint16_t cipher_suite;
    uint16_t group;
    uint32_t lifetime;
    uint32_t age_add;
    uint32_t max_early_data;
    int32_t verify_result;
    uint64_t created;
    uint64_t authenticated;
    struct rsm_span secret;
    struct rsm_span session_id;
    struct rsm_span server_name;
    struct rsm_span alpn;
    struct rsm_span context;
    struct rsm_span certificates; /* from the first such field to the end of the last */
    struct rsm_span appdata;      /* likewise */
    uint16_t certificate_count;
    uint16_t appdata_count;
};

/* RESUME_OK, RESUME_MALFORMED, RESUME_UNSUPPORTED. */
resume_status rsm_native_parse(const uint8_t *data, size_t len, struct rsm_native_view *ret_view);

/* The value of the index-th field of a run (certificates or appdata), which must exist. */
struct rsm_span rsm_native_nth(const uint8_t *data, struct rsm_span run, size_t index);

/* The fields to write; pointers are borrowed, a length of 0 is absent. */
struct rsm_native_fields {
    uint8_t flags;
    uint8_t compression;
    uint16_t version;
    uint16_t cipher_suite;
    uint16_t group;
    uint32_t lifetime;
    uint32_t age_add;
    uint32_t max_early_data;
    int32_t verify_result;
    uint64_t created;
    uint64_t authenticated;
    const uint8_t *secret;
    size_t secret_len;
    const uint8_t *session_id;
    size_t session_id_len;
    const uint8_t *server_name;
    size_t server_name_len;
    const uint8_t *alpn;
    size_t alpn_len;
    const uint8_t *context;
    size_t context_len;
    /* Runs of whole fields, type and length included, as rsm_native_put_field() makes them. */
    const uint8_t *certificates;
    size_t certificates_len;
    const uint8_t *appdata;
    size_t appdata_len;
};

/* Appends the canonical form. The caller checks the result with rsm_native_parse(). */
void rsm_native_write(const struct rsm_native_fields *fields, struct rsm_buffer *out);

/* Appends one field: type, length, value. */
void rsm_native_put_field(struct rsm_buffer *out, uint16_t type, const uint8_t *data, size_t len);

/* Appends a field of application data: type, length, tag, data. */
void rsm_native_put_appdata(struct rsm_buffer *out, uint16_t tag, const uint8_t *data, size_t len);

#endif
