/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records: where a message ends however it is cut, and that what cannot become one is refused at
 * the first byte that shows it.
 */
#include "message_fixture.h"

#include "wire/records.h"

static struct draft message;
static struct draft wire;

static resume_status scan(const uint8_t *data, size_t len, struct rsm_records *ret_records,
                          resume_fault *ret_fault) {
    uint8_t *copy = exact_copy(data, len);
    resume_status status =
        rsm_records_scan(copy, len, 1, RESUME_HELLO_SIZE_MAX, ret_records, ret_fault);
    free(copy);
    return status;
}

static void put_record(const void *data, size_t len) {
    put(&wire, "\x16\x03\x01", 3);
    put_vector(&wire, 2, data, len);
}

/* Every prefix wants more, the whole is the message, and bytes behind it are left alone. */
static void assert_reads(void) {
    static uint8_t joined[RESUME_HELLO_SIZE_MAX];
    struct rsm_records records = {0};
    resume_fault fault = RESUME_FAULT_NONE;
    size_t len = wire.len;
    for (size_t part = 0; part < len; part++) {
        assert_int_equal(scan(wire.data, part, &records, &fault), RESUME_MORE);
    }
    put(&wire, "\xff\xff", 2);
    for (size_t more = 0; more <= 2; more++) {
        assert_int_equal(scan(wire.data, len + more, &records, &fault), RESUME_OK);
        assert_int_equal(records.used, len);
        assert_int_equal(records.message_len, message.len);
        rsm_records_gather(wire.data, &records, joined);
        assert_memory_equal(joined, message.data, message.len);
    }
    assert_int_equal(fault, RESUME_FAULT_NONE);
}

static void split_in_two_anywhere(void **state) {
    (void)state;
    write_rich(&message);
    for (size_t at = 1; at < message.len; at++) {
        wire.len = 0;
        put_record(message.data, at);
        put_record(message.data + at, message.len - at);
        assert_reads();
    }
}

static void records_of_one_size(void **state) {
    (void)state;
    write_rich(&message);
    for (size_t size = 1; size <= message.len; size += size < 8 ? 1 : 37) {
        wire.len = 0;
        for (size_t at = 0; at < message.len; at += size) {
            put_record(message.data + at, message.len - at < size ? message.len - at : size);
        }
        assert_reads();
    }
}

/* The largest message in nine records, eight of them full; and in as many as it has bytes. */
static void the_largest_message(void **state) {
    (void)state;
    struct rsm_records records = {0};
    resume_fault fault = RESUME_FAULT_NONE;
    message.len = 0;
    put(&message, "\x01\x02\x01\x44", 4);
    put_many(&message, 'x', RESUME_HELLO_SIZE_MAX - 4);
    size_t cap = (size_t)RESUME_HELLO_SIZE_MAX * 6;
    uint8_t *ones = malloc(cap);
    uint8_t *joined = malloc(RESUME_HELLO_SIZE_MAX);
    assert_true(ones && joined);
    for (size_t size = 1; size <= RSM_RECORD_MAX; size *= 128) {
        size_t len = 0;
        for (size_t at = 0; at < message.len; at += size) {
            size_t n = message.len - at < size ? message.len - at : size;
            const uint8_t head[5] = {22, 3, 3, (uint8_t)(n >> 8), (uint8_t)n};
            memcpy(ones + len, head, 5);
            memcpy(ones + len + 5, message.data + at, n);
            len += 5 + n;
        }
        assert_int_equal(
            rsm_records_scan(ones, len - 1, 1, RESUME_HELLO_SIZE_MAX, &records, &fault),
            RESUME_MORE);
        assert_int_equal(rsm_records_scan(ones, len, 1, RESUME_HELLO_SIZE_MAX, &records, &fault),
                         RESUME_OK);
        assert_int_equal(records.count, (message.len + size - 1) / size);
        rsm_records_gather(ones, &records, joined);
        assert_memory_equal(joined, message.data, message.len);
    }
    assert_int_equal(records.count, 9);
    free(ones);
    free(joined);
}

/* The fault comes with the byte at `first`, not before and not later. */
static void assert_fault_at(const char *bytes, size_t len, size_t first, resume_fault want) {
    struct rsm_records records = {0};
    for (size_t part = 0; part <= len; part++) {
        resume_fault fault = RESUME_FAULT_NONE;
        resume_status status = scan((const uint8_t *)bytes, part, &records, &fault);
        assert_int_equal(status, part <= first ? RESUME_MORE : RESUME_MALFORMED);
        assert_int_equal(fault, part <= first ? RESUME_FAULT_NONE : want);
    }
}

#define FAULT_AT(first, fault, bytes) assert_fault_at(bytes, sizeof(bytes) - 1, first, fault)

static void malformed_as_early_as_certain(void **state) {
    (void)state;
    FAULT_AT(0, RESUME_FAULT_RECORD_TYPE, "\x17\x03\x01\x00\x01x");
    FAULT_AT(0, RESUME_FAULT_RECORD_TYPE, "\x80\x2e\x01\x03\x01"); /* SSLv2 (E.2) */
    FAULT_AT(0, RESUME_FAULT_RECORD_TYPE, "GET / HTTP/1.1");
    FAULT_AT(1, RESUME_FAULT_RECORD_VERSION, "\x16\x02\x00\x00\x01\x01");
    FAULT_AT(1, RESUME_FAULT_RECORD_VERSION, "\x16\xfe\xfd\x00\x01\x01"); /* DTLS */
    FAULT_AT(3, RESUME_FAULT_RECORD_LENGTH, "\x16\x03\x01\x41\x00\x01");
    FAULT_AT(3, RESUME_FAULT_RECORD_LENGTH, "\x16\x03\x01\xff\xff\x01");
    FAULT_AT(4, RESUME_FAULT_RECORD_LENGTH, "\x16\x03\x01\x40\x01\x01");
    FAULT_AT(4, RESUME_FAULT_RECORD_EMPTY, "\x16\x03\x01\x00\x00");
    FAULT_AT(5, RESUME_FAULT_MESSAGE_TYPE, "\x16\x03\x01\x00\x08\x02\x00\x00\x04");
    FAULT_AT(6, RESUME_FAULT_MESSAGE_LENGTH, "\x16\x03\x01\x00\x08\x01\x03\x00\x00");
    FAULT_AT(7, RESUME_FAULT_MESSAGE_LENGTH, "\x16\x03\x01\x00\x08\x01\x02\x02\x00");
    FAULT_AT(8, RESUME_FAULT_MESSAGE_LENGTH, "\x16\x03\x01\x00\x08\x01\x02\x01\x45");
    /* The record is longer than its message, which shows before either is there. */
    FAULT_AT(8, RESUME_FAULT_RECORD_BOUNDARY, "\x16\x03\x01\x00\x08\x01\x00\x00\x03");
    FAULT_AT(8, RESUME_FAULT_RECORD_BOUNDARY, "\x16\x03\x01\x00\x05\x01\x00\x00\x00\x10");
}

static void malformed_in_a_later_record(void **state) {
    (void)state;
#define FIRST "\x16\x03\x01\x00\x05\x01\x00\x00\x04x"
    FAULT_AT(10, RESUME_FAULT_RECORD_TYPE, FIRST "\x15\x03\x01\x00\x02");
    FAULT_AT(10, RESUME_FAULT_RECORD_TYPE, FIRST "\x14\x03\x01\x00\x01");
    FAULT_AT(11, RESUME_FAULT_RECORD_VERSION, FIRST "\x16\x04\x01\x00\x03");
    FAULT_AT(14, RESUME_FAULT_RECORD_EMPTY, FIRST "\x16\x03\x01\x00\x00");
    FAULT_AT(14, RESUME_FAULT_RECORD_LENGTH, FIRST "\x16\x03\x01\x40\x01");
    FAULT_AT(14, RESUME_FAULT_RECORD_BOUNDARY, FIRST "\x16\x03\x01\x00\x04");
    /* The header itself is split. */
    FAULT_AT(13, RESUME_FAULT_MESSAGE_LENGTH,
             "\x16\x03\x01\x00\x02\x01\x02\x16\x03\x01\x00\x02\x01\x45\x16\x03");
    FAULT_AT(13, RESUME_FAULT_RECORD_BOUNDARY,
             "\x16\x03\x01\x00\x02\x01\x00\x16\x03\x01\x00\x03\x00\x00\x01");
}

static void any_minor_version(void **state) { /* RFC 5246 section E.1 */
    (void)state;
    struct rsm_records records = {0};
    resume_fault fault = RESUME_FAULT_NONE;
    for (unsigned minor = 0; minor < 256; minor++) {
        uint8_t record[9] = {22, 3, (uint8_t)minor, 0, 4, 1, 0, 0, 0};
        assert_int_equal(scan(record, sizeof record, &records, &fault), RESUME_OK);
        assert_int_equal(records.message_len, 4);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(split_in_two_anywhere),
        cmocka_unit_test(records_of_one_size),
        cmocka_unit_test(the_largest_message),
        cmocka_unit_test(malformed_as_early_as_certain),
        cmocka_unit_test(malformed_in_a_later_record),
        cmocka_unit_test(any_minor_version),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
