/* SPDX-License-Identifier: Apache-2.0 */
/*
 * NewSessionTicket of TLS 1.2 (RFC 5077 section 3.3) on the wire.
 */
#include "message_fixture.h"

#include "wire/new_session_ticket.h"

static uint8_t out[RSM_NEW_SESSION_TICKET_HEAD + RSM_TICKET_MAX + 1];

static resume_fault fault_of(const uint8_t *data, size_t len) {
    uint32_t hint = 77;
    struct rsm_slice ticket = {NULL, 77};
    uint8_t *copy = exact_copy(data, len);
    resume_fault fault = rsm_new_session_ticket_parse(copy, len, &hint, &ticket);
    assert_true(!fault || (hint == 77 && ticket.len == 77));
    free(copy);
    return fault;
}

static void the_bytes_are_those_of_the_rfc(void **state) {
    (void)state;
    static const uint8_t want[] = "\x04\x00\x00\x09\x00\x01\x51\x80\x00\x03"
                                  "abc";
    rsm_new_session_ticket_write(86400, (struct rsm_slice){(const uint8_t *)"abc", 3}, out);
    assert_memory_equal(out, want, sizeof want - 1);
}

static void I_44_what_is_written_is_read(void **state) {
    (void)state;
    static uint8_t ticket[RSM_TICKET_MAX];
    static const size_t lengths[] = {0, 1, 255, 256, 65530, RSM_TICKET_MAX};
    static const uint32_t hints[] = {0, 1, 86400, UINT32_MAX}; /* I-44 */
    memset(ticket, 't', sizeof ticket);
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        for (size_t j = 0; j < sizeof hints / sizeof hints[0]; j++) {
            uint32_t hint = 77;
            struct rsm_slice back = {0};
            size_t len = RSM_NEW_SESSION_TICKET_HEAD + lengths[i];
            rsm_new_session_ticket_write(hints[j], (struct rsm_slice){ticket, lengths[i]}, out);
            assert_int_equal(rsm_new_session_ticket_parse(out, len, &hint, &back),
                             RESUME_FAULT_NONE);
            assert_int_equal(hint, hints[j]);
            assert_ptr_equal(back.data, out + RSM_NEW_SESSION_TICKET_HEAD);
            assert_int_equal(back.len, lengths[i]);
            assert_memory_equal(back.data, ticket, lengths[i]);
        }
    }
}

static void faults(void **state) {
    (void)state;
    rsm_new_session_ticket_write(5, (struct rsm_slice){(const uint8_t *)"abc", 3}, out);
    for (size_t len = 0; len < 13; len++) { /* I-155 */
        assert_int_equal(fault_of(out, len), RESUME_FAULT_TRUNCATED);
    }
    assert_int_equal(fault_of(out, 14), RESUME_FAULT_TRAILING);
    for (size_t len = 4; len < 13; len++) {
        out[3] = (uint8_t)(len - 4);
        assert_int_equal(fault_of(out, len),
                         len < 10 ? RESUME_FAULT_TRUNCATED : RESUME_FAULT_TICKET_LENGTH);
    }
    out[3] = 9;
    for (unsigned len = 0; len < 0x10000; len++) {
        rsm_put16(out + 8, (uint16_t)len);
        assert_int_equal(fault_of(out, 13),
                         len == 3 ? RESUME_FAULT_NONE : RESUME_FAULT_TICKET_LENGTH);
    }
    out[0] = 5;
    assert_int_equal(fault_of(out, 13), RESUME_FAULT_MESSAGE_TYPE);
    memcpy(out, "\x04\x01\x00\x06", 4); /* 4 + 2 + 0xFFFF, and one more */
    assert_int_equal(fault_of(out, 13), RESUME_FAULT_MESSAGE_LENGTH);
    memcpy(out, "\x04\x01\x00\x05", 4);
    assert_int_equal(fault_of(out, 13), RESUME_FAULT_TRUNCATED);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_bytes_are_those_of_the_rfc),
        cmocka_unit_test(I_44_what_is_written_is_read),
        cmocka_unit_test(faults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
