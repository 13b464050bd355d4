/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading and writing NewSessionTicket of TLS 1.2.
 */
#include "wire/new_session_ticket.h"

#include "wire/hello.h"

#define BODY_MAX ((size_t)RSM_NEW_SESSION_TICKET_HEAD - RSM_MESSAGE_HEADER + RSM_TICKET_MAX)

resume_fault rsm_new_session_ticket_parse(const uint8_t *data, size_t data_len,
                                          uint32_t *ret_lifetime_hint,
                                          struct rsm_slice *ret_ticket) {
    struct rsm_reader body;
    resume_fault fault =
        rsm_message_open(data, data_len, RSM_MESSAGE_NEW_SESSION_TICKET, BODY_MAX, &body);
    if (fault) {
        return fault;
    }
    uint32_t lifetime_hint = rsm_take32(&body);
    size_t len = rsm_take16(&body);
    if (body.bad) {
        return RESUME_FAULT_TRUNCATED;
    }
    if (len != body.left) {
        return RESUME_FAULT_TICKET_LENGTH;
    }
    *ret_lifetime_hint = lifetime_hint;
    *ret_ticket = (struct rsm_slice){body.p, len};
    return RESUME_FAULT_NONE;
}

void rsm_new_session_ticket_write(uint32_t lifetime_hint, struct rsm_slice ticket, uint8_t *out) {
    size_t len = RSM_NEW_SESSION_TICKET_HEAD + ticket.len;
    rsm_message_header(out, RSM_MESSAGE_NEW_SESSION_TICKET, len - RSM_MESSAGE_HEADER);
    rsm_put32(out + RSM_MESSAGE_HEADER, lifetime_hint);
    rsm_put16(out + 8, (uint16_t)ticket.len);
    if (ticket.len) {
        memcpy(out + RSM_NEW_SESSION_TICKET_HEAD, ticket.data, ticket.len);
    }
}
