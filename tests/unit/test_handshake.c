/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The public calls around ServerHello and NewSessionTicket: arguments, buffers, what the handle
 * tells. The bytes are tried in test_server_hello.c and test_new_session_ticket.c.
 */
#include "message_fixture.h"

#include "base/alloc.h"

#include <resume/handshake.h>

static uint8_t buf[70000];

/* A ServerHello of a resumption by ticket, with renegotiation_info. */
static resume_status write_resuming(uint8_t *out, size_t cap, size_t *ret_len) {
    return resume_server_hello_write(parts_random, parts_id, 32, 0xc02f, true, true,
                                     (const uint8_t *)"\xff\x01\x00\x01\x00", 5, out, cap, ret_len);
}

static resume_server_hello *parsed(const uint8_t *data, size_t len) {
    resume_server_hello *hello = NULL;
    assert_int_equal(resume_server_hello_new(&hello), RESUME_OK);
    assert_int_equal(resume_server_hello_parse(hello, data, len), RESUME_OK);
    return hello;
}

static void I_31_37_137_a_resuming_server_hello(void **state) {
    (void)state;
    size_t len = 0;
    assert_int_equal(write_resuming(buf, sizeof buf, &len), RESUME_OK);
    resume_server_hello *hello = parsed(buf, len);
    assert_int_equal(resume_server_hello_fault(hello), RESUME_FAULT_NONE);
    assert_int_equal(resume_server_hello_version(hello), 0x0303);
    assert_int_equal(resume_server_hello_cipher_suite(hello), 0xc02f);
    assert_int_equal(resume_server_hello_compression(hello), 0);
    assert_true(resume_server_hello_extended_master_secret(hello));
    assert_true(resume_server_hello_session_ticket(hello));
    assert_memory_equal(resume_server_hello_random(hello), parts_random, 32);
    assert_memory_equal(resume_server_hello_session_id(hello, &len), parts_id, 32);
    assert_int_equal(len, 32);
    assert_non_null(resume_server_hello_extension(hello, 0xff01, &len));
    assert_int_equal(len, 1);
    assert_non_null(resume_server_hello_extension(hello, 35, &len));
    assert_int_equal(len, 0);
    assert_null(resume_server_hello_extension(hello, 16, &len));
    assert_int_equal(len, 0);
    resume_server_hello_unref(hello);
}

static void I_37_every_length_of_the_id(void **state) {
    (void)state;
    size_t len = 0;
    for (size_t id_len = 0; id_len <= 32; id_len++) {
        size_t back_len = 77;
        assert_int_equal(resume_server_hello_write(parts_random, id_len ? parts_id : NULL, id_len,
                                                   0x1301, false, false, NULL, 0, buf, sizeof buf,
                                                   &len),
                         RESUME_OK);
        assert_int_equal(len, 42 + id_len);
        resume_server_hello *hello = parsed(buf, len);
        const uint8_t *back = resume_server_hello_session_id(hello, &back_len);
        assert_non_null(back);
        assert_int_equal(back_len, id_len);
        assert_memory_equal(back, parts_id, id_len);
        assert_false(resume_server_hello_extended_master_secret(hello));
        assert_false(resume_server_hello_session_ticket(hello));
        resume_server_hello_unref(hello);
    }
}

static void buffers(void **state) {
    (void)state;
    size_t need = 0;
    size_t len = 0;
    assert_int_equal(write_resuming(NULL, 0, &need), RESUME_OK);
    for (size_t cap = 0; cap < need; cap++) {
        memset(buf, 0xee, need);
        assert_int_equal(write_resuming(buf, cap, &len), RESUME_E_BUFFER);
        assert_int_equal(len, need);
        assert_int_equal(buf[0], 0xee);
    }
    uint8_t *exact = malloc(need);
    assert_non_null(exact);
    assert_int_equal(write_resuming(exact, need, &len), RESUME_OK);
    free(exact);
    assert_int_equal(resume_new_session_ticket_write(1, parts_id, 32, NULL, 0, &need), RESUME_OK);
    assert_int_equal(need, 42);
    assert_int_equal(resume_new_session_ticket_write(1, parts_id, 32, buf, 41, &len),
                     RESUME_E_BUFFER);
    assert_int_equal(len, 42);
    assert_int_equal(resume_new_session_ticket_write(1, parts_id, 32, buf, 42, &len), RESUME_OK);
}

static resume_status add(const char *extensions, size_t len) {
    size_t need = 0;
    return resume_server_hello_write(parts_random, NULL, 0, 1, true, true,
                                     (const uint8_t *)extensions, len, NULL, 0, &need);
}

static void extensions_of_the_caller(void **state) {
    (void)state;
    static char list[0x10000];
    assert_int_equal(add("\xff\x01\x00\x01\x00", 5), RESUME_OK);
    assert_int_equal(add("\xff\x01\x00\x01", 4), RESUME_E_INVALID);
    assert_int_equal(add("\xff\x01\x00\x00\xff\x01\x00\x00", 8), RESUME_E_INVALID);
    assert_int_equal(add("\x00\x17\x00\x00", 4), RESUME_E_INVALID);
    assert_int_equal(add("\x00\x23\x00\x00", 4), RESUME_E_INVALID);
    assert_int_equal(add("\x00\x2b\x00\x02\x03\x04", 6), RESUME_E_INVALID);
    memcpy(list, "\x77\x77\xff\xf3", 4);
    assert_int_equal(add(list, 0xFFFF - 8), RESUME_OK); /* with the two it fills the list */
    assert_int_equal(add(list, 0xFFFF - 7), RESUME_TOO_LARGE);
    assert_int_equal(add(list, 0x10000), RESUME_TOO_LARGE);
}

static void I_32_34_tickets(void **state) {
    (void)state;
    static uint8_t ticket[0x10000];
    const uint8_t *back = NULL;
    size_t len = 0;
    size_t back_len = 77;
    uint32_t hint = 0;
    resume_fault fault = RESUME_FAULT_COUNT;
    assert_int_equal(resume_new_session_ticket_write(7, ticket, 0x10000, buf, sizeof buf, &len),
                     RESUME_TOO_LARGE); /* I-34 */
    assert_int_equal(resume_new_session_ticket_write(7, ticket, 0xFFFF, buf, sizeof buf, &len),
                     RESUME_OK);
    assert_int_equal(len, 10 + 0xFFFF);
    /* I-32: a ticket of no bytes */
    assert_int_equal(resume_new_session_ticket_write(7, NULL, 0, buf, sizeof buf, &len), RESUME_OK);
    assert_int_equal(resume_new_session_ticket_parse(buf, len, &hint, &back, &back_len, &fault),
                     RESUME_OK);
    assert_int_equal(hint, 7);
    assert_ptr_equal(back, buf + 10);
    assert_int_equal(back_len, 0);
    assert_int_equal(fault, RESUME_FAULT_NONE);
    hint = 99;
    assert_int_equal(resume_new_session_ticket_parse(buf, len - 1, &hint, &back, &back_len, &fault),
                     RESUME_MALFORMED);
    assert_int_equal(fault, RESUME_FAULT_TRUNCATED);
    assert_int_equal(hint, 99);
    assert_int_equal(resume_new_session_ticket_parse(buf, len - 1, &hint, &back, &back_len, NULL),
                     RESUME_MALFORMED);
}

static void a_handle_forgets(void **state) {
    (void)state;
    size_t len = 0;
    assert_int_equal(write_resuming(buf, sizeof buf, &len), RESUME_OK);
    resume_server_hello *hello = parsed(buf, len);
    assert_int_equal(resume_server_hello_parse(hello, buf, len - 1), RESUME_MALFORMED);
    assert_int_equal(resume_server_hello_fault(hello), RESUME_FAULT_TRUNCATED);
    assert_int_equal(resume_server_hello_version(hello), 0);
    assert_null(resume_server_hello_random(hello));
    assert_null(resume_server_hello_session_id(hello, &len));
    assert_int_equal(len, 0);
    assert_null(resume_server_hello_extension(hello, 35, NULL));
    assert_false(resume_server_hello_session_ticket(hello));
    resume_server_hello *again = resume_server_hello_ref(hello);
    resume_server_hello_unref(hello);
    resume_server_hello_unref(again);
}

static void arguments(void **state) {
    (void)state;
    resume_server_hello *hello = NULL;
    size_t len = 77;
    const uint8_t *back = NULL;
    uint32_t hint = 0;
    assert_int_equal(resume_server_hello_new(NULL), RESUME_E_INVALID);
    assert_int_equal(resume_server_hello_new(&hello), RESUME_OK);
    assert_int_equal(resume_server_hello_parse(NULL, buf, 1), RESUME_E_INVALID);
    assert_int_equal(resume_server_hello_parse(hello, NULL, 0), RESUME_E_INVALID);
    resume_server_hello_unref(hello);
    assert_null(resume_server_hello_unref(NULL));
    assert_null(resume_server_hello_ref(NULL));
    assert_int_equal(resume_server_hello_fault(NULL), RESUME_FAULT_NONE);
#define WRITE(random, id, id_len, ext, ext_len, out, cap, ret)                                     \
    resume_server_hello_write(random, id, id_len, 1, false, false, ext, ext_len, out, cap, ret)
    assert_int_equal(WRITE(NULL, NULL, 0, NULL, 0, buf, 99, &len), RESUME_E_INVALID);
    assert_int_equal(WRITE(parts_random, NULL, 1, NULL, 0, buf, 99, &len), RESUME_E_INVALID);
    assert_int_equal(WRITE(parts_random, parts_id, 33, NULL, 0, buf, 99, &len), RESUME_E_INVALID);
    assert_int_equal(WRITE(parts_random, NULL, 0, NULL, 1, buf, 99, &len), RESUME_E_INVALID);
    assert_int_equal(WRITE(parts_random, NULL, 0, NULL, 0, NULL, 99, &len), RESUME_E_INVALID);
    assert_int_equal(WRITE(parts_random, NULL, 0, NULL, 0, buf, 99, NULL), RESUME_E_INVALID);
    assert_int_equal(resume_new_session_ticket_write(1, NULL, 1, buf, 99, &len), RESUME_E_INVALID);
    assert_int_equal(resume_new_session_ticket_write(1, NULL, 0, NULL, 9, &len), RESUME_E_INVALID);
    assert_int_equal(resume_new_session_ticket_write(1, NULL, 0, buf, 99, NULL), RESUME_E_INVALID);
    assert_int_equal(len, 77);
    assert_int_equal(resume_new_session_ticket_parse(NULL, 0, &hint, &back, &len, NULL),
                     RESUME_E_INVALID);
    assert_int_equal(resume_new_session_ticket_parse(buf, 1, NULL, &back, &len, NULL),
                     RESUME_E_INVALID);
    assert_int_equal(resume_new_session_ticket_parse(buf, 1, &hint, NULL, &len, NULL),
                     RESUME_E_INVALID);
    assert_int_equal(resume_new_session_ticket_parse(buf, 1, &hint, &back, NULL, NULL),
                     RESUME_E_INVALID);
}

static void I_95_without_memory(void **state) {
    (void)state;
    resume_server_hello *hello = NULL;
    resume_hello *client = NULL;
    rsm_alloc_fail_from(1);
    resume_status status = resume_server_hello_new(&hello);
    resume_status client_status = resume_hello_new(&client);
    rsm_alloc_fail_from(0);
    assert_int_equal(status, RESUME_E_NOMEM);
    assert_int_equal(client_status, RESUME_E_NOMEM);
    assert_null(hello);
    assert_null(client);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(I_31_37_137_a_resuming_server_hello),
        cmocka_unit_test(I_37_every_length_of_the_id),
        cmocka_unit_test(buffers),
        cmocka_unit_test(extensions_of_the_caller),
        cmocka_unit_test(I_32_34_tickets),
        cmocka_unit_test(a_handle_forgets),
        cmocka_unit_test(arguments),
        cmocka_unit_test(I_95_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
