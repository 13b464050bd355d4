/* SPDX-License-Identifier: Apache-2.0 */
/*
 * NewSessionTicket of TLS 1.2 (RFC 5077 section 3.3): a lifetime hint and a ticket. Not that of
 * TLS 1.3, which shares its name and number only.
 */
#ifndef RSM_WIRE_NEW_SESSION_TICKET_H
#define RSM_WIRE_NEW_SESSION_TICKET_H

#include "wire/extensions.h"

/* Header, hint, and the ticket's length. */
#define RSM_NEW_SESSION_TICKET_HEAD 10U
#define RSM_TICKET_MAX              0xFFFFU

/* RESUME_FAULT_NONE, or a fault with the outputs untouched. */
resume_fault rsm_new_session_ticket_parse(const uint8_t *data, size_t data_len,
                                          uint32_t *ret_lifetime_hint,
                                          struct rsm_slice *ret_ticket);

/* Writes RSM_NEW_SESSION_TICKET_HEAD bytes and the ticket, which is at most RSM_TICKET_MAX long. */
void rsm_new_session_ticket_write(uint32_t lifetime_hint, struct rsm_slice ticket, uint8_t *out);

#endif
