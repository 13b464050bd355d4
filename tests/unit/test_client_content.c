/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The content of a client's file: bytes as docs/format.md has them, and every way to cut them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "wire/client_content.h"

#include <stdlib.h>

static const uint8_t salt[32] = "salt salt salt salt salt salt sa";
static const uint8_t key[32] = "key key key key key key key key ";

static void write_two(struct rsm_buffer *out) {
    const struct rsm_client_record record = {
        .key = key,
        .received_ms = 0x0102030405060708,
        .expires_ms = 0x1112131415161718,
        .lifetime_hint = 0x21222324,
        .session = (const uint8_t *)"ses",
        .session_len = 3,
        .ticket = (const uint8_t *)"ticket",
        .ticket_len = 6,
    };
    struct rsm_client_record bare = record;
    bare.ticket = NULL;
    bare.ticket_len = 0;
    rsm_client_content_begin(out, salt, 2);
    rsm_client_content_put(out, &record);
    rsm_client_content_put(out, &bare);
    assert_false(out->failed);
}

static void bytes_stand_where_the_format_says(void **state) {
    (void)state;
    struct rsm_buffer out = {0};
    static const uint8_t numbers[] = {
        1,    2,    3,    4, 5, 6,   7,   8,   0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x21,
        0x22, 0x23, 0x24, 0, 3, 's', 'e', 's', 0,    6,    't',  'i',  'c',  'k',  'e',  't'};
    write_two(&out);
    assert_int_equal(out.len, 32 + 4 + 65 + 59);
    assert_memory_equal(out.data, salt, 32);
    assert_memory_equal(out.data + 32, "\0\0\0\x02", 4);
    assert_memory_equal(out.data + 36, key, 32);
    assert_memory_equal(out.data + 68, numbers, sizeof numbers);
    rsm_buffer_free(&out);
}

/* Reads all of it; how many records, or a status. */
static int read_all(const uint8_t *data, size_t len) {
    struct rsm_client_content content;
    struct rsm_client_record record;
    resume_status status = rsm_client_content_open(data, len, &content);
    int count = 0;
    while (status == RESUME_OK) {
        status = rsm_client_content_next(&content, &record);
        count += status == RESUME_OK;
    }
    return status == RESUME_MISS ? count : -status;
}

static void what_was_written_is_read(void **state) {
    (void)state;
    struct rsm_buffer out = {0};
    struct rsm_client_content content;
    struct rsm_client_record record;
    write_two(&out);
    assert_int_equal(rsm_client_content_open(out.data, out.len, &content), RESUME_OK);
    assert_memory_equal(content.salt, salt, 32);
    assert_int_equal(content.left, 2);
    assert_int_equal(rsm_client_content_next(&content, &record), RESUME_OK);
    assert_memory_equal(record.key, key, 32);
    assert_true(record.received_ms == 0x0102030405060708);
    assert_true(record.expires_ms == 0x1112131415161718);
    assert_int_equal(record.lifetime_hint, 0x21222324);
    assert_int_equal(record.session_len, 3);
    assert_memory_equal(record.ticket, "ticket", 6);
    assert_int_equal(rsm_client_content_next(&content, &record), RESUME_OK);
    assert_int_equal(record.ticket_len, 0);
    assert_int_equal(rsm_client_content_next(&content, &record), RESUME_MISS);
    rsm_buffer_free(&out);
}

static void every_cut_and_every_tail_is_malformed(void **state) {
    (void)state;
    struct rsm_buffer out = {0};
    write_two(&out);
    for (size_t len = 0; len < out.len; len++) {
        uint8_t *copy = malloc(len ? len : 1); /* ends where it ends, for sanitizers */
        assert_non_null(copy);
        memcpy(copy, out.data, len);
        assert_int_equal(read_all(copy, len), -RESUME_MALFORMED);
        free(copy);
    }
    assert_int_equal(read_all(out.data, out.len), 2);
    rsm_buffer_u8(&out, 0);
    assert_int_equal(read_all(out.data, out.len), -RESUME_MALFORMED);
    rsm_buffer_free(&out);
}

static void an_empty_one_is_good(void **state) {
    (void)state;
    struct rsm_buffer out = {0};
    rsm_client_content_begin(&out, salt, 0);
    assert_int_equal(read_all(out.data, out.len), 0);
    rsm_buffer_free(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_stand_where_the_format_says),
        cmocka_unit_test(what_was_written_is_read),
        cmocka_unit_test(every_cut_and_every_tail_is_malformed),
        cmocka_unit_test(an_empty_one_is_good),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
