/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The native format against docs/format.md: vectors, each rule broken once, every truncation and
 * every flipped bit.
 */
#include "session_fixture.h"

#include "base/bytes.h"
#include "wire/native.h"

/* The fixed part and secret of the smallest vector; fields are appended to it. */
#define BASE_LEN (RSM_NATIVE_HEADER + 48)

static struct rsm_native_view view_of(const struct vector *vector) {
    struct rsm_native_view view;
    assert_int_equal(rsm_native_parse(vector->data, vector->len, &view), RESUME_OK);
    return view;
}

static const uint8_t *at(const struct vector *vector, struct rsm_span span, size_t len) {
    assert_int_equal(span.len, len);
    return vector->data + span.at;
}

static void the_smallest_session(void **state) {
    (void)state;
    struct vector vector = vector_of("native_tls12_minimal");
    struct rsm_native_view view = view_of(&vector);
    assert_int_equal(view.flags, RSM_NATIVE_EMS);
    assert_int_equal(view.version, 0x0303);
    assert_int_equal(view.cipher_suite, 0xc02f);
    assert_int_equal(view.created, UINT64_C(1700000000000));
    assert_int_equal(view.authenticated, UINT64_C(1700000000000));
    assert_int_equal(view.lifetime, 300);
    assert_int_equal(at(&vector, view.secret, 48)[0], 0x40);
    assert_int_equal(view.session_id.at | view.server_name.at | view.alpn.at | view.context.at, 0);
    assert_int_equal(view.certificate_count + view.appdata_count, 0);
}

static void every_field(void **state) {
    (void)state;
    struct vector vector = vector_of("native_tls13_full");
    struct rsm_native_view view = view_of(&vector);
    assert_int_equal(view.version, 0x0304);
    assert_int_equal(view.created, UINT64_C(1700000000123));
    assert_int_equal(view.authenticated, UINT64_C(1699996400456));
    assert_int_equal(at(&vector, view.secret, 32)[31], 0x9f);
    assert_int_equal(at(&vector, view.session_id, 32)[31], 0x1f);
    assert_memory_equal(at(&vector, view.server_name, 15), "www.example.org", 15);
    assert_memory_equal(at(&vector, view.alpn, 2), "h2", 2);
    assert_int_equal(at(&vector, view.context, 32)[0], 0xc0);
    assert_int_equal(view.verify_result, 10);
    assert_int_equal(view.age_add, 0x01020304);
    assert_int_equal(view.max_early_data, 16384);
    assert_int_equal(view.group, 0x1d);
    assert_int_equal(view.certificate_count, 2);
    assert_int_equal(at(&vector, rsm_native_nth(vector.data, view.certificates, 0), 5)[4], 5);
    assert_int_equal(at(&vector, rsm_native_nth(vector.data, view.certificates, 1), 8)[7], 9);
    assert_int_equal(view.appdata_count, 3);
    assert_memory_equal(at(&vector, rsm_native_nth(vector.data, view.appdata, 0), 8), "\0\0opaque",
                        8);
    assert_memory_equal(at(&vector, rsm_native_nth(vector.data, view.appdata, 1), 2), "\1\0", 2);
    assert_memory_equal(at(&vector, rsm_native_nth(vector.data, view.appdata, 2), 5),
                        "\1\1\xff\0\xff", 5);
}

static void unknown_fields(void **state) { /* I-159 */
    (void)state;
    struct vector optional = vector_of("native_unknown_optional");
    struct vector critical = vector_of("native_unknown_critical");
    struct rsm_native_view view;
    assert_int_equal(view_of(&optional).group, 0x17);
    assert_int_equal(rsm_native_parse(critical.data, critical.len, &view), RESUME_UNSUPPORTED);
}

/* What write makes of what parse found must be the same bytes: one form for one session. */
static void writing_gives_the_vectors(void **state) {
    (void)state;
    static const char *const names[] = {"native_tls12_minimal", "native_tls13_full",
                                        "native_not_resumable"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct vector vector = vector_of(names[i]);
        struct rsm_native_view view = view_of(&vector);
        struct rsm_buffer out = {0};
        struct rsm_native_fields fields = {
            .flags = view.flags,
            .compression = view.compression,
            .version = view.version,
            .cipher_suite = view.cipher_suite,
            .group = view.group,
            .lifetime = view.lifetime,
            .age_add = view.age_add,
            .max_early_data = view.max_early_data,
            .verify_result = view.verify_result,
            .created = view.created,
            .authenticated = view.authenticated,
            .secret = vector.data + view.secret.at,
            .secret_len = view.secret.len,
            .session_id = vector.data + view.session_id.at,
            .session_id_len = view.session_id.len,
            .server_name = vector.data + view.server_name.at,
            .server_name_len = view.server_name.len,
            .alpn = vector.data + view.alpn.at,
            .alpn_len = view.alpn.len,
            .context = vector.data + view.context.at,
            .context_len = view.context.len,
            .certificates = vector.data + view.certificates.at,
            .certificates_len = view.certificates.len,
            .appdata = vector.data + view.appdata.at,
            .appdata_len = view.appdata.len,
        };
        rsm_native_write(&fields, &out);
        assert_int_equal(out.len, vector.len);
        assert_memory_equal(out.data, vector.data, vector.len);
        rsm_buffer_free(&out);
    }
}

/* ---- one rule broken -------------------------------------------------------------------------*/

static resume_status parse(const uint8_t *data, size_t len) {
    struct rsm_native_view view;
    struct rsm_native_view before;
    memset(&view, 0x5a, sizeof view);
    before = view;
    uint8_t *copy = exact_copy(data, len);
    resume_status status = rsm_native_parse(copy, len, &view);
    if (status != RESUME_OK) {
        assert_memory_equal(&view, &before, sizeof view); /* untouched */
    }
    free(copy);
    return status;
}

static resume_status with_byte(size_t offset, uint8_t value) {
    struct vector vector = vector_of("native_tls12_minimal");
    vector.data[offset] = value;
    return parse(vector.data, vector.len);
}

static void the_fixed_part_is_checked(void **state) { /* I-156, I-157 */
    (void)state;
    assert_int_equal(with_byte(0, 0), RESUME_UNSUPPORTED); /* format */
    assert_int_equal(with_byte(0, 2), RESUME_UNSUPPORTED);
    assert_int_equal(with_byte(1, 3), RESUME_OK); /* both flags */
    for (unsigned bit = 2; bit < 8; bit++) {
        assert_int_equal(with_byte(1, (uint8_t)(1U << bit)), RESUME_UNSUPPORTED);
    }
    assert_int_equal(with_byte(3, 2), RESUME_UNSUPPORTED); /* TLS 1.1 */
    assert_int_equal(with_byte(3, 5), RESUME_UNSUPPORTED);
    assert_int_equal(with_byte(3, 4), RESUME_MALFORMED); /* TLS 1.3 with EMS */
    assert_int_equal(with_byte(2, 0xfe), RESUME_UNSUPPORTED);
    assert_int_equal(with_byte(6, 0xff), RESUME_OK); /* compression: policy refuses it */
    assert_int_equal(with_byte(7, 47), RESUME_MALFORMED);
    assert_int_equal(with_byte(7, 49), RESUME_MALFORMED);
    assert_int_equal(with_byte(7, 0), RESUME_MALFORMED);
    struct vector vector = vector_of("native_tls12_minimal");
    memset(vector.data + 4, 0, 2);
    assert_int_equal(parse(vector.data, vector.len), RESUME_MALFORMED); /* no suite */
    vector = vector_of("native_tls12_minimal");
    memset(vector.data + 24, 0, 4);
    assert_int_equal(parse(vector.data, vector.len), RESUME_MALFORMED); /* no lifetime */
}

static void I_11_a_zero_secret_is_malformed(void **state) { /* I-11 */
    (void)state;
    struct vector vector = vector_of("native_tls12_minimal");
    memset(vector.data + RSM_NATIVE_HEADER, 0, 48);
    assert_int_equal(parse(vector.data, vector.len), RESUME_MALFORMED);
    vector.data[RSM_NATIVE_HEADER + 47] = 1;
    assert_int_equal(parse(vector.data, vector.len), RESUME_OK);
}

static void a_tls13_secret_has_32_or_48_bytes(void **state) {
    (void)state;
    for (unsigned len = 0; len <= 255; len++) {
        uint8_t raw[RSM_NATIVE_HEADER + 255];
        struct vector vector = vector_of("native_tls12_minimal");
        memset(raw, 0x55, sizeof raw);
        memcpy(raw, vector.data, RSM_NATIVE_HEADER);
        raw[1] = 0;
        raw[3] = 4;
        raw[7] = (uint8_t)len;
        assert_int_equal(parse(raw, RSM_NATIVE_HEADER + len),
                         len == 32 || len == 48 ? RESUME_OK : RESUME_MALFORMED);
    }
}

/* The smallest session and these fields behind it. */
static resume_status with_fields(const char *fields, size_t len) {
    struct vector vector = vector_of("native_tls12_minimal");
    assert_true(vector.len + len <= VECTOR_MAX);
    memcpy(vector.data + vector.len, fields, len);
    return parse(vector.data, vector.len + len);
}

#define FIELDS(bytes) with_fields(bytes, sizeof(bytes) - 1)

static void fields_are_checked(void **state) { /* I-155, I-156 */
    (void)state;
    assert_int_equal(FIELDS("\x00\x01\x00\x01i"), RESUME_OK);
    assert_int_equal(FIELDS("\x00\x01\x00\x00"), RESUME_MALFORMED); /* empty is absent */
    assert_int_equal(FIELDS("\x80\x02\x00\x02 a"), RESUME_MALFORMED);
    assert_int_equal(FIELDS("\x80\x02\x00\x02"
                            "a\0"),
                     RESUME_MALFORMED);
    assert_int_equal(FIELDS("\x80\x02\x00\x01\x7f"), RESUME_MALFORMED);
    assert_int_equal(FIELDS("\x80\x05\x00\x00"), RESUME_MALFORMED);
    assert_int_equal(FIELDS("\x80\x06\x00\x04\x00\x00\x00\x00"), RESUME_MALFORMED); /* 0: absent */
    assert_int_equal(FIELDS("\x80\x06\x00\x04\x80\x00\x00\x00"), RESUME_MALFORMED); /* negative */
    assert_int_equal(FIELDS("\x80\x06\x00\x04\x7f\xff\xff\xff"), RESUME_OK);
    assert_int_equal(FIELDS("\x00\x07\x00\x03\x00\x00\x01"), RESUME_MALFORMED);
    assert_int_equal(FIELDS("\x00\x07\x00\x04\xff\xff\xff\xff"), RESUME_OK);
    assert_int_equal(FIELDS("\x00\x08\x00\x05\x00\x00\x00\x00\x01"), RESUME_MALFORMED);
    assert_int_equal(FIELDS("\x00\x09\x00\x02\x00\x00"), RESUME_MALFORMED);
    assert_int_equal(FIELDS("\x00\x09\x00\x01\x01"), RESUME_MALFORMED);
    assert_int_equal(FIELDS("\x00\x0a\x00\x01\x00"), RESUME_MALFORMED);     /* no tag */
    assert_int_equal(FIELDS("\x00\x0a\x00\x02\x00\x00"), RESUME_OK);        /* empty stays empty */
    assert_int_equal(FIELDS("\x00\x0a\x00\x02\xff\xff"), RESUME_MALFORMED); /* reserved tag */
}

static void a_number_has_one_criticality(void **state) {
    (void)state;
    static const uint8_t critical[] = {2, 4, 5, 6};
    for (uint8_t number = 1; number <= 10; number++) {
        bool is_critical = memchr(critical, number, sizeof critical) != NULL;
        char field[] = {(char)(is_critical ? 0 : 0x80), (char)number, 0, 2, 1, 1};
        assert_int_equal(with_fields(field, sizeof field), RESUME_MALFORMED);
    }
    /* Inside the run of certificates it would be counted as one. */
    assert_int_equal(FIELDS("\x80\x05\x00\x01"
                            "a\x00\x05\x00\x00\x80\x05\x00\x01"
                            "b"),
                     RESUME_MALFORMED);
}

static void fields_ascend_and_only_lists_repeat(void **state) {
    (void)state;
    assert_int_equal(FIELDS("\x00\x03\x00\x01h\x00\x01\x00\x01i"), RESUME_MALFORMED);
    assert_int_equal(FIELDS("\x00\x03\x00\x01h\x80\x02\x00\x01n"), RESUME_MALFORMED);
    assert_int_equal(FIELDS("\x80\x02\x00\x01n\x00\x03\x00\x01h"), RESUME_OK);
    assert_int_equal(FIELDS("\x00\x01\x00\x01i\x00\x01\x00\x01i"), RESUME_MALFORMED);
    assert_int_equal(FIELDS("\x00\x07\x00\x04\x00\x00\x00\x01\x00\x07\x00\x04\x00\x00\x00\x01"),
                     RESUME_MALFORMED);
    assert_int_equal(FIELDS("\x00\x09\x00\x02\x00\x01\x00\x09\x00\x02\x00\x01"), RESUME_MALFORMED);
    assert_int_equal(FIELDS("\x80\x05\x00\x01"
                            "a\x80\x05\x00\x01"
                            "b"),
                     RESUME_OK);
    assert_int_equal(FIELDS("\x00\x00\x00\x00"), RESUME_MALFORMED); /* number 0 is nobody's */
    assert_int_equal(FIELDS("\x80\x00\x00\x00"), RESUME_MALFORMED);
}

static void lengths_end_inside(void **state) { /* I-154 */
    (void)state;
    assert_int_equal(FIELDS("\x00"), RESUME_MALFORMED);
    assert_int_equal(FIELDS("\x00\x01\x00"), RESUME_MALFORMED);
    assert_int_equal(FIELDS("\x00\x01\x00\x01"), RESUME_MALFORMED);
    assert_int_equal(FIELDS("\x00\x01\xff\xffi"), RESUME_MALFORMED);
    assert_int_equal(FIELDS("\x00\x11\x00\x01"), RESUME_MALFORMED); /* unknown, but cut short */
}

static resume_status with_field_of(uint16_t type, size_t len) {
    struct vector vector = vector_of("native_tls12_minimal");
    rsm_put16(vector.data + vector.len, type);
    rsm_put16(vector.data + vector.len + 2, (uint16_t)len);
    memset(vector.data + vector.len + 4, 'a', len);
    return parse(vector.data, vector.len + 4 + len);
}

static void I_38_values_have_limits(void **state) { /* I-38, I-156 */
    (void)state;
    static const struct {
        uint16_t type;
        size_t max;
    } limits[] = {{0x0001, 32}, {0x8002, 255}, {0x0003, 255}, {0x8004, 32}};
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        assert_int_equal(with_field_of(limits[i].type, limits[i].max), RESUME_OK);
        assert_int_equal(with_field_of(limits[i].type, limits[i].max + 1), RESUME_MALFORMED);
    }
}

static void the_whole_has_a_limit(void **state) {
    (void)state;
    struct vector vector = vector_of("native_tls12_minimal");
    size_t len = RSM_NATIVE_MAX + 1;
    uint8_t *large = calloc(1, len);
    assert_non_null(large);
    memcpy(large, vector.data, BASE_LEN);
    rsm_put16(large + BASE_LEN, RSM_FIELD_APPDATA);
    rsm_put16(large + BASE_LEN + 2, (uint16_t)(RSM_NATIVE_MAX - BASE_LEN - 4));
    assert_int_equal(parse(large, RSM_NATIVE_MAX), RESUME_OK);
    rsm_put16(large + BASE_LEN + 2, (uint16_t)(RSM_NATIVE_MAX + 1 - BASE_LEN - 4));
    assert_int_equal(parse(large, len), RESUME_MALFORMED);
    free(large);
}

/* ---- damage ----------------------------------------------------------------------------------*/

static void truncated_anywhere(void **state) { /* I-154, I-155 */
    (void)state;
    struct vector small = vector_of("native_tls12_minimal");
    struct vector full = vector_of("native_tls13_full");
    assert_int_equal(truncate_all(&small, parse), 0);
    /* A cut between two fields leaves a session with fewer of them: 13 fields, 13 such cuts. The
     * tag of a ticket or record is what tells. */
    assert_int_equal(truncate_all(&full, parse), 13);
}

static void any_bit_flipped(void **state) { /* I-18, I-155 */
    (void)state;
    static const char *const names[] = {"native_tls12_minimal", "native_tls13_full",
                                        "native_not_resumable", "native_unknown_optional"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct vector vector = vector_of(names[i]);
        size_t well = flip_all(&vector, parse);
        assert_in_range(well, 1, 8 * vector.len - 1); /* values change, structure does not */
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_smallest_session),
        cmocka_unit_test(every_field),
        cmocka_unit_test(unknown_fields),
        cmocka_unit_test(writing_gives_the_vectors),
        cmocka_unit_test(the_fixed_part_is_checked),
        cmocka_unit_test(I_11_a_zero_secret_is_malformed),
        cmocka_unit_test(a_tls13_secret_has_32_or_48_bytes),
        cmocka_unit_test(fields_are_checked),
        cmocka_unit_test(a_number_has_one_criticality),
        cmocka_unit_test(fields_ascend_and_only_lists_repeat),
        cmocka_unit_test(lengths_end_inside),
        cmocka_unit_test(I_38_values_have_limits),
        cmocka_unit_test(the_whole_has_a_limit),
        cmocka_unit_test(truncated_anywhere),
        cmocka_unit_test(any_bit_flipped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
