/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a NewSessionTicket of TLS 1.2: an answer, never a failure; what is accepted is what
 * the writer makes of its parts, byte for byte.
 */
#include <resume/handshake.h>

#include "base/bytes.h"

#include <stdlib.h>

static void require(int condition) {
    if (!condition) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static uint8_t message[70000];
    const uint8_t *ticket = NULL;
    size_t ticket_len = 0;
    uint32_t hint = 0;
    size_t len = 0;
    resume_fault fault = RESUME_FAULT_COUNT;
    resume_status status =
        resume_new_session_ticket_parse(data, size, &hint, &ticket, &ticket_len, &fault);
    require(status == (fault ? RESUME_MALFORMED : RESUME_OK));
    if (status == RESUME_OK) {
        require(ticket == data + size - ticket_len);
        require(resume_new_session_ticket_write(hint, ticket, ticket_len, message, sizeof message,
                                                &len) == RESUME_OK);
        require(len == size && memcmp(message, data, size) == 0);
    } else {
        require(!ticket && ticket_len == 0);
    }
    return 0;
}
