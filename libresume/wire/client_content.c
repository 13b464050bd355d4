/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading and writing the content of a client's file. See client_content.h.
 */
#include "wire/client_content.h"

void rsm_client_content_begin(struct rsm_buffer *out, const uint8_t *salt, uint32_t count) {
    rsm_buffer_append(out, salt, RSM_CLIENT_CONTENT_SALT);
    rsm_buffer_u32(out, count);
}

void rsm_client_content_put(struct rsm_buffer *out, const struct rsm_client_record *record) {
    rsm_buffer_append(out, record->key, RSM_CLIENT_CONTENT_KEY);
    rsm_buffer_u64(out, record->received_ms);
    rsm_buffer_u64(out, record->expires_ms);
    rsm_buffer_u32(out, record->lifetime_hint);
    rsm_buffer_u16(out, record->session_len);
    rsm_buffer_append(out, record->session, record->session_len);
    rsm_buffer_u16(out, record->ticket_len);
    rsm_buffer_append(out, record->ticket, record->ticket_len);
}

resume_status rsm_client_content_open(const uint8_t *data, size_t len,
                                      struct rsm_client_content *ret_content) {
    struct rsm_client_content content = {.reader = rsm_reader_of(data, len)};
    content.salt = rsm_take(&content.reader, RSM_CLIENT_CONTENT_SALT);
    content.left = rsm_take32(&content.reader);
    if (content.reader.bad) {
        return RESUME_MALFORMED;
    }
    *ret_content = content;
    return RESUME_OK;
}

resume_status rsm_client_content_next(struct rsm_client_content *content,
                                      struct rsm_client_record *ret_record) {
    struct rsm_reader *reader = &content->reader;
    if (content->left == 0) {
        return reader->left == 0 && !reader->bad ? RESUME_MISS : RESUME_MALFORMED;
    }
    struct rsm_client_record record = {.key = rsm_take(reader, RSM_CLIENT_CONTENT_KEY)};
    record.received_ms = rsm_take64(reader);
    record.expires_ms = rsm_take64(reader);
    record.lifetime_hint = rsm_take32(reader);
    record.session_len = rsm_take16(reader);
    record.session = rsm_take(reader, record.session_len);
    record.ticket_len = rsm_take16(reader);
    record.ticket = rsm_take(reader, record.ticket_len);
    if (reader->bad) {
        return RESUME_MALFORMED;
    }
    content->left--;
    *ret_record = record;
    return RESUME_OK;
}
