/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists of extensions: the frame, duplicates in lists of any size, and the values that resumption
 * looks at. Whole hellos are in test_hello.c.
 */
#include "message_fixture.h"

#include "base/alloc.h"
#include "wire/extensions.h"

static struct draft list;

static struct rsm_slice slice_of(const struct draft *draft) {
    return (struct rsm_slice){draft->data, draft->len};
}

/* Walks to the end; the number of extensions that came before the fault. */
static size_t walk_all(struct rsm_slice slice, resume_fault *ret_fault) {
    struct rsm_walk walk = rsm_walk_of(slice);
    struct rsm_extension next;
    size_t count = 0;
    while (rsm_walk_next(&walk, &next)) {
        count++;
    }
    *ret_fault = walk.fault;
    assert_false(rsm_walk_next(&walk, &next)); /* the end stays the end */
    assert_int_equal(walk.fault, *ret_fault);
    return count;
}

static void walks_in_order(void **state) {
    (void)state;
    list.len = 0;
    put_extension(&list, 0xffff, "last", 4);
    put_extension(&list, 5, "", 0);
    struct rsm_walk walk = rsm_walk_of(slice_of(&list));
    struct rsm_extension next;
    assert_true(rsm_walk_next(&walk, &next));
    assert_int_equal(next.type, 0xffff);
    assert_int_equal(next.value.len, 4);
    assert_true(rsm_walk_next(&walk, &next));
    assert_int_equal(next.type, 5);
    assert_non_null(next.value.data);
    assert_int_equal(next.value.len, 0);
    assert_false(rsm_walk_next(&walk, &next));
    assert_int_equal(walk.fault, RESUME_FAULT_NONE);
    resume_fault fault = RESUME_FAULT_COUNT;
    assert_int_equal(walk_all((struct rsm_slice){0}, &fault), 0);
    assert_int_equal(fault, RESUME_FAULT_NONE);
}

static void broken_frames(void **state) {
    (void)state;
    resume_fault fault = RESUME_FAULT_NONE;
    list.len = 0;
    put_extension(&list, 23, "", 0);
    put_extension(&list, 35, "abc", 3);
    for (size_t len = 0; len <= list.len; len++) {
        uint8_t *copy = exact_copy(list.data, len);
        size_t count = walk_all((struct rsm_slice){copy, len}, &fault);
        bool border = len == 0 || len == 4 || len == list.len;
        assert_int_equal(fault, border ? RESUME_FAULT_NONE : RESUME_FAULT_EXTENSIONS);
        assert_int_equal(count, (len >= 4) + (len == list.len));
        free(copy);
    }
}

/* `count` different types from `from` on, and then one of them again. */
static void write_types(unsigned from, size_t count, unsigned again) {
    list.len = 0;
    for (size_t i = 0; i < count; i++) {
        put_extension(&list, from + (unsigned)i, "", 0);
    }
    put_extension(&list, again, "", 0);
}

static void every_duplicate_is_found(void **state) {
    (void)state;
    static const unsigned starts[] = {0, 40, 63, 64, 1000, 0xff00};
    for (size_t s = 0; s < sizeof starts / sizeof starts[0]; s++) {
        for (size_t count = 1; count <= 80; count++) {
            for (size_t again = 0; again < count; again++) {
                resume_fault fault = RESUME_FAULT_NONE;
                write_types(starts[s], count, starts[s] + (unsigned)again);
                assert_true(walk_all(slice_of(&list), &fault) <= count);
                assert_int_equal(fault, RESUME_FAULT_DUPLICATE_EXTENSION);
            }
            resume_fault fault = RESUME_FAULT_COUNT;
            write_types(starts[s], count, starts[s] + (unsigned)count);
            assert_int_equal(walk_all(slice_of(&list), &fault), count + 1);
            assert_int_equal(fault, RESUME_FAULT_NONE);
        }
    }
}

/* The longest list there can be, 16,383 empty ones of 65,535 bytes: linear, and no heap. */
static void the_longest_list(void **state) {
    (void)state;
    resume_fault fault = RESUME_FAULT_COUNT;
    write_types(0xffff - 16382, 16382, 3);
    assert_int_equal(list.len, 16383 * 4);
    rsm_alloc_fail_from(1);
    size_t count = walk_all(slice_of(&list), &fault);
    assert_int_equal(rsm_alloc_count(), 0);
    rsm_alloc_fail_from(0);
    assert_int_equal(count, 16383);
    assert_int_equal(fault, RESUME_FAULT_NONE);
    write_types(0xffff - 16382, 16382, 0xffff - 16382);
    walk_all(slice_of(&list), &fault);
    assert_int_equal(fault, RESUME_FAULT_DUPLICATE_EXTENSION);
}

/* Behind the list that is remembered one by one, a broken frame is still a broken frame. */
static void a_long_list_that_breaks(void **state) {
    (void)state;
    resume_fault fault = RESUME_FAULT_NONE;
    write_types(500, 40, 3);
    put16(&list, 7);
    assert_int_equal(walk_all(slice_of(&list), &fault), 41);
    assert_int_equal(fault, RESUME_FAULT_EXTENSIONS);
}

static void finds(void **state) {
    (void)state;
    list.len = 0;
    put_extension(&list, 1, "one", 3);
    put_extension(&list, 2, "", 0);
    struct rsm_slice value = rsm_extensions_find(slice_of(&list), 1);
    assert_int_equal(value.len, 3);
    assert_memory_equal(value.data, "one", 3);
    value = rsm_extensions_find(slice_of(&list), 2);
    assert_non_null(value.data);
    assert_int_equal(value.len, 0);
    assert_null(rsm_extensions_find(slice_of(&list), 3).data);
    assert_null(rsm_extensions_find((struct rsm_slice){0}, 0).data);
}

/* ---- values ---------------------------------------------------------------------------------- */

typedef resume_fault slice_parser(struct rsm_slice value, struct rsm_slice *ret_slice);

static resume_fault try(slice_parser *parser, const void *bytes, size_t len) {
    struct rsm_slice got = {(const uint8_t *)"untouched", 77};
    uint8_t *copy = exact_copy(bytes, len);
    resume_fault fault = parser((struct rsm_slice){copy, len}, &got);
    if (fault) {
        assert_int_equal(got.len, 77);
    } else {
        assert_true(got.data >= copy && got.data + got.len == copy + len);
    }
    free(copy);
    return fault;
}

#define TRY(parser, bytes) try(parser, bytes, sizeof(bytes) - 1)

static resume_fault try_name(const void *name, size_t len) {
    static struct draft value;
    value.len = 0;
    size_t names = open_(&value, 2);
    put8(&value, 0);
    put_vector(&value, 2, name, len);
    close_(&value, names, 2);
    return try(rsm_server_name_parse, value.data, value.len);
}

static void I_121_server_names(void **state) { /* RFC 6066 section 3 */
    (void)state;
    static uint8_t longest[256];
    memset(longest, 'a', sizeof longest);
    assert_int_equal(try_name("a", 1), RESUME_FAULT_NONE);
    assert_int_equal(try_name("xn--bcher-kva.example", 21), RESUME_FAULT_NONE);
    assert_int_equal(try_name(longest, 255), RESUME_FAULT_NONE);
    assert_int_equal(try_name(longest, 256), RESUME_FAULT_SERVER_NAME);
    assert_int_equal(try_name("", 0), RESUME_FAULT_SERVER_NAME);
    for (unsigned byte = 0; byte < 256; byte++) {
        uint8_t name[3] = {'a', (uint8_t)byte, 'b'};
        bool printable = byte > ' ' && byte < 0x7f;
        assert_int_equal(try_name(name, 3),
                         printable ? RESUME_FAULT_NONE : RESUME_FAULT_SERVER_NAME);
    }
    slice_parser *parser = rsm_server_name_parse;
    assert_int_equal(TRY(parser, ""), RESUME_FAULT_SERVER_NAME);
    assert_int_equal(TRY(parser, "\x00\x00"), RESUME_FAULT_SERVER_NAME);
    assert_int_equal(TRY(parser, "\x00\x04\x00\x00\x01x"), RESUME_FAULT_NONE);
    assert_int_equal(TRY(parser, "\x00\x03\x00\x00\x01x"), RESUME_FAULT_SERVER_NAME);
    assert_int_equal(TRY(parser, "\x00\x05\x00\x00\x01x"), RESUME_FAULT_SERVER_NAME);
    assert_int_equal(TRY(parser, "\x00\x04\x01\x00\x01x"), RESUME_FAULT_SERVER_NAME); /* a type */
    assert_int_equal(TRY(parser, "\x00\x08\x00\x00\x01x\x00\x00\x01y"), RESUME_FAULT_SERVER_NAME);
    assert_int_equal(TRY(parser, "\x00\x08\x00\x00\x01x\x07\x00\x01y"), RESUME_FAULT_SERVER_NAME);
    assert_int_equal(TRY(parser, "\x00\x04\x00\x00\x01xy"), RESUME_FAULT_SERVER_NAME);
    assert_int_equal(TRY(parser, "\x00\x04\x00\x00\x02x"), RESUME_FAULT_SERVER_NAME);
}

static void alpn(void **state) { /* RFC 7301 section 3.1 */
    (void)state;
    slice_parser *parser = rsm_alpn_parse;
    assert_int_equal(TRY(parser, "\x00\x03\x02h2"), RESUME_FAULT_NONE);
    assert_int_equal(TRY(parser, "\x00\x05\x02h2\x01x"), RESUME_FAULT_NONE);
    assert_int_equal(TRY(parser, ""), RESUME_FAULT_ALPN);
    assert_int_equal(TRY(parser, "\x00"), RESUME_FAULT_ALPN);
    assert_int_equal(TRY(parser, "\x00\x00"), RESUME_FAULT_ALPN);
    assert_int_equal(TRY(parser, "\x00\x01\x00"), RESUME_FAULT_ALPN); /* an empty name */
    assert_int_equal(TRY(parser, "\x00\x04\x02h2\x00"), RESUME_FAULT_ALPN);
    assert_int_equal(TRY(parser, "\x00\x03\x03h2"), RESUME_FAULT_ALPN);
    assert_int_equal(TRY(parser, "\x00\x02\x02h2"), RESUME_FAULT_ALPN);
    assert_int_equal(TRY(parser, "\x00\x04\x02h2"), RESUME_FAULT_ALPN);
}

static void versions(void **state) { /* RFC 8446 section 4.2.1 */
    (void)state;
    slice_parser *parser = rsm_versions_parse;
    assert_int_equal(TRY(parser, "\x02\x03\x04"), RESUME_FAULT_NONE);
    assert_int_equal(TRY(parser, "\x04\xba\xba\x03\x03"), RESUME_FAULT_NONE); /* GREASE */
    assert_int_equal(TRY(parser, ""), RESUME_FAULT_SUPPORTED_VERSIONS);
    assert_int_equal(TRY(parser, "\x00"), RESUME_FAULT_SUPPORTED_VERSIONS);
    assert_int_equal(TRY(parser, "\x03\x03\x04\x03"), RESUME_FAULT_SUPPORTED_VERSIONS);
    assert_int_equal(TRY(parser, "\x02\x03\x04\x03\x03"), RESUME_FAULT_SUPPORTED_VERSIONS);
    assert_int_equal(TRY(parser, "\x04\x03\x04"), RESUME_FAULT_SUPPORTED_VERSIONS);
    uint8_t most[255] = {254};
    assert_int_equal(try(parser, most, 255), RESUME_FAULT_NONE);
}

static resume_fault try_modes(const char *bytes, size_t len, uint32_t *ret_modes) {
    uint8_t *copy = exact_copy((const uint8_t *)bytes, len);
    resume_fault fault = rsm_psk_modes_parse((struct rsm_slice){copy, len}, ret_modes);
    free(copy);
    return fault;
}

#define TRY_MODES(bytes) try_modes(bytes, sizeof(bytes) - 1, &modes)

static void psk_modes(void **state) { /* RFC 8446 section 4.2.9 */
    (void)state;
    uint32_t modes = 77;
    assert_int_equal(TRY_MODES(""), RESUME_FAULT_PSK_KEY_EXCHANGE_MODES);
    assert_int_equal(TRY_MODES("\x00"), RESUME_FAULT_PSK_KEY_EXCHANGE_MODES);
    assert_int_equal(TRY_MODES("\x02\x00"), RESUME_FAULT_PSK_KEY_EXCHANGE_MODES);
    assert_int_equal(TRY_MODES("\x01\x00\x01"), RESUME_FAULT_PSK_KEY_EXCHANGE_MODES);
    assert_int_equal(modes, 77);
    assert_int_equal(TRY_MODES("\x01\x00"), RESUME_FAULT_NONE);
    assert_int_equal(modes, RESUME_PSK_KE);
    assert_int_equal(TRY_MODES("\x02\x0b\x01"), RESUME_FAULT_NONE); /* GREASE */
    assert_int_equal(modes, RESUME_PSK_DHE_KE);
    assert_int_equal(TRY_MODES("\x01\xff"), RESUME_FAULT_NONE);
    assert_int_equal(modes, 0);
}

static void numbers_in_lists(void **state) {
    (void)state;
    struct rsm_slice three = {(const uint8_t *)"\x12\x34\x56\x78\x00\xff", 6};
    assert_true(rsm_list16_has(three, 0x1234));
    assert_true(rsm_list16_has(three, 0x00ff));
    assert_false(rsm_list16_has(three, 0x3456));
    assert_false(rsm_list16_has((struct rsm_slice){0}, 0));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(walks_in_order),
        cmocka_unit_test(broken_frames),
        cmocka_unit_test(every_duplicate_is_found),
        cmocka_unit_test(the_longest_list),
        cmocka_unit_test(a_long_list_that_breaks),
        cmocka_unit_test(finds),
        cmocka_unit_test(I_121_server_names),
        cmocka_unit_test(alpn),
        cmocka_unit_test(versions),
        cmocka_unit_test(psk_modes),
        cmocka_unit_test(numbers_in_lists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
