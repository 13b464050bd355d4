/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ServerHello on the wire: every combination that a resuming server sends is read back, and each
 * fault has its message. The public calls are in test_handshake.c.
 */
#include "message_fixture.h"

#include "wire/server_hello.h"

static struct draft draft;

static void write_hello(const void *id, size_t id_len, const void *extensions, size_t len) {
    draft.len = 0;
    put8(&draft, 2);
    size_t body = open_(&draft, 3);
    put16(&draft, 0x0303);
    put(&draft, parts_random, sizeof parts_random);
    put_vector(&draft, 1, id, id_len);
    put16(&draft, 0xc02f);
    put8(&draft, 0);
    if (extensions) {
        put_vector(&draft, 2, extensions, len);
    }
    close_(&draft, body, 3);
}

static resume_fault fault_of(const uint8_t *data, size_t len) {
    struct rsm_server_hello hello = {.cipher_suite = 0x7777};
    uint8_t *copy = exact_copy(data, len);
    resume_fault fault = rsm_server_hello_parse(copy, len, &hello);
    assert_int_equal(hello.cipher_suite == 0x7777, fault != RESUME_FAULT_NONE);
    free(copy);
    return fault;
}

static resume_fault fault_with(const void *extensions, size_t len) {
    write_hello(parts_id, 32, extensions, len);
    return fault_of(draft.data, draft.len);
}

#define WITH(extensions) fault_with(extensions, sizeof(extensions) - 1)

/* Written, read, and written again. */
static void what_is_written_is_read(void **state) {
    (void)state;
    static const uint8_t more[] = "\xff\x01\x00\x01\x00\x00\x10\x00\x05\x00\x03\x02h2";
    for (unsigned i = 0; i < 2 * 2 * 2 * 33; i++) {
        struct rsm_server_hello hello = {.cipher_suite = 0xc030,
                                         .extended_master_secret = i & 1,
                                         .session_ticket = i & 2,
                                         .random = parts_random,
                                         .session_id = {parts_id, i / 8},
                                         .extensions = {more, i & 4 ? sizeof more - 1 : 0}};
        struct rsm_server_hello back = {0};
        size_t len = rsm_server_hello_size(&hello);
        uint8_t *out = malloc(len);
        assert_non_null(out);
        rsm_server_hello_write(&hello, out);
        assert_int_equal(rsm_server_hello_parse(out, len, &back), RESUME_FAULT_NONE);
        assert_int_equal(back.version, 0x0303);
        assert_int_equal(back.cipher_suite, 0xc030);
        assert_int_equal(back.compression, 0);
        assert_int_equal(back.extended_master_secret, i & 1);
        assert_int_equal(back.session_ticket, (i & 2) != 0);
        assert_memory_equal(back.random, parts_random, 32);
        assert_int_equal(back.session_id.len, i / 8);
        assert_memory_equal(back.session_id.data, parts_id, i / 8);
        assert_int_equal(rsm_extensions_find(back.extensions, 0xff01).len, i & 4 ? 1 : 0);
        assert_int_equal(back.extensions.data != NULL, (i & 7) != 0); /* no empty list */
        free(out);
    }
}

static void the_bytes_are_those_of_the_rfc(void **state) { /* RFC 5246 section 7.4.1.3 */
    (void)state;
    struct rsm_server_hello hello = {.cipher_suite = 0xc02f,
                                     .extended_master_secret = true,
                                     .session_ticket = true,
                                     .random = parts_random,
                                     .session_id = {parts_id, 32},
                                     .extensions = {(const uint8_t *)"\xff\x01\x00\x01\x00", 5}};
    uint8_t out[128];
    size_t len = rsm_server_hello_size(&hello);
    rsm_server_hello_write(&hello, out);
    write_hello(parts_id, 32, "\x00\x17\x00\x00\x00\x23\x00\x00\xff\x01\x00\x01\x00", 13);
    assert_int_equal(len, draft.len);
    assert_memory_equal(out, draft.data, len);
}

static void the_longest_extensions(void **state) {
    (void)state;
    static uint8_t list[0xFFFF] = {0x77, 0x77};
    struct rsm_server_hello hello = {.random = parts_random, .extensions = {list, sizeof list}};
    assert_int_equal(rsm_server_hello_size(&hello), 4 + 38 + 2 + 0xFFFF);
    hello.extended_master_secret = true;
    assert_int_equal(rsm_server_hello_size(&hello), 0);
    hello.extensions.len = 0xFFFF - 4;
    assert_int_equal(rsm_server_hello_size(&hello), 4 + 38 + 2 + 0xFFFF);
    hello.extensions.len = SIZE_MAX;
    assert_int_equal(rsm_server_hello_size(&hello), 0);
    rsm_put16(list + 2, 0xFFFF - 4);
    write_hello(parts_id, 32, list, sizeof list);
    assert_int_equal(fault_of(draft.data, draft.len), RESUME_FAULT_NONE);
}

static void versions(void **state) { /* RFC 8446 section 4.2.1 */
    (void)state;
    struct rsm_server_hello hello = {0};
    write_hello(parts_id, 32, "\x00\x2b\x00\x02\x03\x04", 6);
    assert_int_equal(rsm_server_hello_parse(draft.data, draft.len, &hello), RESUME_FAULT_NONE);
    assert_int_equal(hello.version, 0x0304);
    assert_int_equal(WITH("\x00\x2b\x00\x02\x03\x03"), RESUME_FAULT_SELECTED_VERSION);
    assert_int_equal(WITH("\x00\x2b\x00\x03\x02\x03\x04"), RESUME_FAULT_SUPPORTED_VERSIONS);
    assert_int_equal(WITH("\x00\x2b\x00\x00"), RESUME_FAULT_SUPPORTED_VERSIONS);
}

static void I_38_faults(void **state) {
    (void)state;
    static const uint8_t id[255] = {0};
    assert_int_equal(WITH(""), RESUME_FAULT_NONE);
    assert_int_equal(WITH("\x00\x17\x00\x01x"), RESUME_FAULT_EXTENDED_MASTER_SECRET);
    assert_int_equal(WITH("\x00\x23\x00\x01x"), RESUME_FAULT_SESSION_TICKET);
    assert_int_equal(WITH("\x00\x23\x00\x00\x00\x23\x00\x00"), RESUME_FAULT_DUPLICATE_EXTENSION);
    assert_int_equal(WITH("\x00\x23\x00"), RESUME_FAULT_EXTENSIONS);
    for (size_t len = 0; len <= 255; len++) { /* I-38 */
        write_hello(id, len, NULL, 0);
        assert_int_equal(fault_of(draft.data, draft.len),
                         len <= 32 ? RESUME_FAULT_NONE : RESUME_FAULT_SESSION_ID);
    }
    write_hello(parts_id, 32, "\x00\x17\x00\x00", 4);
    draft.data[0] = 1;
    assert_int_equal(fault_of(draft.data, draft.len), RESUME_FAULT_MESSAGE_TYPE);
    draft.data[0] = 2;
    assert_int_equal(fault_of(draft.data, draft.len + 1), RESUME_FAULT_TRAILING);
    draft.data[3]++;
    assert_int_equal(fault_of(draft.data, draft.len + 1), RESUME_FAULT_TRAILING);
    memcpy(draft.data, "\x02\x01\x00\x48", 4); /* 38 + 32 + 2 + 0xFFFF, and one more */
    assert_int_equal(fault_of(draft.data, draft.len), RESUME_FAULT_MESSAGE_LENGTH);
    memcpy(draft.data, "\x02\x01\x00\x47", 4);
    assert_int_equal(fault_of(draft.data, draft.len), RESUME_FAULT_TRUNCATED);
}

static void I_155_truncation(void **state) {
    (void)state;
    write_hello(parts_id, 32, "\x00\x17\x00\x00\x00\x23\x00\x00", 8);
    size_t well = 0;
    for (size_t len = 0; len < draft.len; len++) {
        assert_int_equal(fault_of(draft.data, len), RESUME_FAULT_TRUNCATED);
    }
    for (size_t len = 4; len < draft.len; len++) {
        draft.data[3] = (uint8_t)(len - 4);
        well += fault_of(draft.data, len) == RESUME_FAULT_NONE;
    }
    assert_int_equal(well, 1); /* where the list would begin */
}

static void what_a_caller_may_add(void **state) {
    (void)state;
#define ACCEPTS(bytes)                                                                             \
    rsm_server_hello_accepts((struct rsm_slice){(const uint8_t *)(bytes), sizeof(bytes) - 1})
    assert_true(ACCEPTS(""));
    assert_true(ACCEPTS("\xff\x01\x00\x01\x00"));
    assert_false(ACCEPTS("\xff\x01\x00\x02\x00"));
    assert_false(ACCEPTS("\xff\x01\x00\x00\xff\x01\x00\x00"));
    assert_false(ACCEPTS("\xff\x01\x00\x00\x00\x17\x00\x00"));
    assert_false(ACCEPTS("\x00\x23\x00\x00"));
    assert_false(ACCEPTS("\x00\x2b\x00\x02\x03\x04"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(the_bytes_are_those_of_the_rfc),
        cmocka_unit_test(the_longest_extensions),
        cmocka_unit_test(versions),
        cmocka_unit_test(I_38_faults),
        cmocka_unit_test(I_155_truncation),
        cmocka_unit_test(what_a_caller_may_add),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
