/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DER: what is strict stays strict, and what is written is read back.
 */
#include "session_fixture.h"

#include "wire/der.h"

static bool take(const char *bytes, size_t len, struct rsm_der *ret_element, size_t *ret_left) {
    uint8_t *copy = exact_copy((const uint8_t *)bytes, len);
    struct rsm_reader reader = rsm_reader_of(copy, len);
    bool ok = rsm_der_take(&reader, ret_element);
    assert_int_equal(ok, !reader.bad);
    *ret_left = reader.left;
    ret_element->data = NULL; /* it pointed into the copy */
    free(copy);
    return ok;
}

#define TAKE(bytes) take(bytes, sizeof(bytes) - 1, &element, &left)

static void takes_one_element_and_leaves_the_rest(void **state) {
    (void)state;
    struct rsm_der element;
    size_t left = 0;
    assert_true(TAKE("\x04\x02"
                     "abc"));
    assert_int_equal(element.tag, RSM_DER_OCTET_STRING);
    assert_int_equal(element.len, 2);
    assert_int_equal(left, 1);
    assert_true(TAKE("\x05\x00"));
    assert_int_equal(element.len, 0);
}

static void refuses_lengths_that_are_not_the_shortest(void **state) { /* X.690 10.1 */
    (void)state;
    struct rsm_der element;
    size_t left = 0;
    char long_form[3 + 0x80] = "\x04\x81\x80";
    assert_true(take(long_form, sizeof long_form, &element, &left));
    assert_int_equal(element.len, 0x80);
    assert_false(take(long_form, sizeof long_form - 1, &element, &left));
    assert_false(TAKE("\x04\x81\x01"
                      "a"));
    assert_false(TAKE("\x04\x82\x00\x01"
                      "a"));
    assert_false(TAKE("\x04\x83\x00\x01\x00"));
}

static void refuses_what_the_format_never_has(void **state) { /* I-155 */
    (void)state;
    struct rsm_der element;
    size_t left = 0;
    assert_false(TAKE(""));
    assert_false(TAKE("\x04"));
    assert_false(TAKE("\x04\x01"));
    assert_false(TAKE("\x30\x80\x00\x00"));             /* indefinite length */
    assert_false(TAKE("\x1f\x01\x00"));                 /* a tag of several bytes */
    assert_false(TAKE("\xbf\x21\x01\x00"));             /* likewise */
    assert_false(TAKE("\x04\x84\x01\x00\x00\x00"));     /* lengths from 16 MiB */
    assert_false(TAKE("\x04\xff\xff\xff\xff\xff\xff")); /* a length of a length */
    assert_false(TAKE("\x04\x83\xff\xff\xff"));         /* beyond the end */
}

static bool number(const char *bytes, size_t len, unsigned tag, uint64_t *ret_number) {
    uint8_t *copy = exact_copy((const uint8_t *)bytes, len);
    struct rsm_der element = {(uint8_t)tag, copy, len};
    bool ok = rsm_der_number(&element, ret_number);
    free(copy);
    return ok;
}

#define NUMBER(bytes) number(bytes, sizeof(bytes) - 1, RSM_DER_INTEGER, &got)

static void reads_numbers_of_63_bits(void **state) {
    (void)state;
    uint64_t got = 77;
    assert_true(NUMBER("\x00"));
    assert_int_equal(got, 0);
    assert_true(NUMBER("\x7f"));
    assert_int_equal(got, 0x7f);
    assert_true(NUMBER("\x00\x80"));
    assert_int_equal(got, 0x80);
    assert_true(NUMBER("\x7f\xff\xff\xff\xff\xff\xff\xff"));
    assert_int_equal(got, INT64_MAX);
}

static void refuses_numbers_in_another_form(void **state) { /* X.690 8.3.2 */
    (void)state;
    uint64_t got = 77;
    assert_false(NUMBER(""));
    assert_false(NUMBER("\x80")); /* negative */
    assert_false(NUMBER("\xff\xff"));
    assert_false(NUMBER("\x00\x7f")); /* a zero too many */
    assert_false(NUMBER("\x00\x00"));
    assert_false(NUMBER("\x00\x80\x00\x00\x00\x00\x00\x00\x00")); /* 64 bits */
    assert_false(number("\x01", 1, RSM_DER_OCTET_STRING, &got));
    assert_int_equal(got, 77);
}

static void an_explicit_tag_holds_one_element(void **state) {
    (void)state;
    struct rsm_der inner;
    struct rsm_der one = {0xa1, (const uint8_t *)"\x02\x01\x05", 3};
    struct rsm_der two = {0xa1, (const uint8_t *)"\x02\x01\x05\x05\x00", 5};
    struct rsm_der none = {0xa1, (const uint8_t *)"", 0};
    assert_true(rsm_der_inner(&one, RSM_DER_INTEGER, &inner));
    assert_int_equal(inner.len, 1);
    assert_int_equal(inner.data[0], 5);
    assert_false(rsm_der_inner(&one, RSM_DER_OCTET_STRING, &inner));
    assert_false(rsm_der_inner(&two, RSM_DER_INTEGER, &inner));
    assert_false(rsm_der_inner(&none, RSM_DER_INTEGER, &inner));
}

static void what_is_put_is_taken_at_every_border(void **state) {
    (void)state;
    static const size_t lengths[] = {0, 1, 0x7f, 0x80, 0xff, 0x100, 0xffff, 0x10000};
    static uint8_t contents[0x10000];
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        struct rsm_buffer out = {0};
        struct rsm_der outer;
        struct rsm_der inner;
        rsm_der_put_explicit(&out, RSM_DER_EXPLICIT(18), RSM_DER_OCTET_STRING, contents,
                             lengths[i]);
        assert_false(out.failed);
        assert_int_equal(out.len, rsm_der_size(rsm_der_size(lengths[i])));
        struct rsm_reader reader = rsm_reader_of(out.data, out.len);
        assert_true(rsm_der_take(&reader, &outer));
        assert_int_equal(reader.left, 0);
        assert_int_equal(outer.tag, RSM_DER_EXPLICIT(18));
        assert_true(rsm_der_inner(&outer, RSM_DER_OCTET_STRING, &inner));
        assert_int_equal(inner.len, lengths[i]);
        rsm_buffer_free(&out);
    }
}

static void numbers_are_put_in_the_form_that_is_read(void **state) {
    (void)state;
    static const uint64_t numbers[] = {0,      1,      0x7f,       0x80,      0xff,    0x100,
                                       0x7fff, 0x8000, UINT32_MAX, INT64_MAX, 0x123456};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        struct rsm_buffer out = {0};
        struct rsm_der element;
        uint64_t got = 0;
        rsm_der_put_number(&out, 0, numbers[i]);
        struct rsm_reader reader = rsm_reader_of(out.data, out.len);
        assert_true(rsm_der_take(&reader, &element) && rsm_der_number(&element, &got));
        assert_int_equal(got, numbers[i]);
        rsm_buffer_free(&out);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_one_element_and_leaves_the_rest),
        cmocka_unit_test(refuses_lengths_that_are_not_the_shortest),
        cmocka_unit_test(refuses_what_the_format_never_has),
        cmocka_unit_test(reads_numbers_of_63_bits),
        cmocka_unit_test(refuses_numbers_in_another_form),
        cmocka_unit_test(an_explicit_tag_holds_one_element),
        cmocka_unit_test(what_is_put_is_taken_at_every_border),
        cmocka_unit_test(numbers_are_put_in_the_form_that_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
