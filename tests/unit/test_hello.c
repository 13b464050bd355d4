/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ClientHellos: what a well-formed one says, each fault by a message that has it, and that damage
 * of any kind ends in a named fault. Real ones are in test_hello_libssl.c.
 */
#include "message_fixture.h"

#include "base/alloc.h"
#include "wire/hello.h"

static struct draft draft;

static resume_hello *hello_of(void) {
    resume_hello *hello = NULL;
    assert_int_equal(resume_hello_new(&hello), RESUME_OK);
    return hello;
}

/* Parses bytes that end where the heap's piece ends. */
static resume_fault fault_of(const uint8_t *data, size_t len) {
    resume_hello *hello = hello_of();
    uint8_t *copy = exact_copy(data, len);
    resume_status status = resume_hello_parse(hello, copy, len);
    resume_fault fault = resume_hello_fault(hello);
    assert_int_equal(status, fault ? RESUME_MALFORMED : RESUME_OK);
    assert_int_equal(resume_hello_random(hello) != NULL, status == RESUME_OK);
    resume_hello_unref(hello);
    free(copy);
    return fault;
}

static resume_fault fault_of_parts(const struct parts *parts) {
    write_parts(&draft, parts);
    return fault_of(draft.data, draft.len);
}

static void assert_bytes(const uint8_t *got, size_t got_len, const void *want, size_t want_len) {
    assert_non_null(got);
    assert_int_equal(got_len, want_len);
    assert_memory_equal(got, want, want_len);
}

/* What a call reads, whose last argument is &len: two statements, since arguments have no order. */
#define ASSERT_READS(call, want, want_len)                                                         \
    do {                                                                                           \
        const uint8_t *got_ = (call);                                                              \
        assert_bytes(got_, len, (want), (want_len));                                               \
    } while (0)

static void everything_is_read(void **state) {
    (void)state;
    resume_hello *hello = hello_of();
    size_t len = 0;
    write_rich(&draft);
    assert_int_equal(resume_hello_parse(hello, draft.data, draft.len), RESUME_OK);
    assert_int_equal(resume_hello_fault(hello), RESUME_FAULT_NONE);
    assert_ptr_equal(resume_hello_message(hello, &len), draft.data);
    assert_int_equal(len, draft.len);
    assert_int_equal(resume_hello_version(hello), 0x0303);
    assert_memory_equal(resume_hello_random(hello), parts_random, 32);
    ASSERT_READS(resume_hello_session_id(hello, &len), parts_id, 32);
    ASSERT_READS(resume_hello_cipher_suites(hello, &len), "\xc0\x2f\x00\xff", 4);
    assert_true(resume_hello_offers_cipher_suite(hello, 0xc02f));
    assert_true(resume_hello_offers_cipher_suite(hello, 0x00ff));
    assert_false(resume_hello_offers_cipher_suite(hello, 0x2f00)); /* across two of them */
    ASSERT_READS(resume_hello_compression_methods(hello, &len), "", 1);
    ASSERT_READS(resume_hello_server_name(hello, &len), rich_name, sizeof rich_name - 1);
    ASSERT_READS(resume_hello_session_ticket(hello, &len), "a ticket", 8);
    ASSERT_READS(resume_hello_alpn(hello, &len), "\x02h2\x08http/1.1", 12);
    assert_true(resume_hello_extended_master_secret(hello));
    ASSERT_READS(resume_hello_extension(hello, 0xff01, &len), "", 1);
    ASSERT_READS(resume_hello_extension(hello, 23, &len), "", 0);
    assert_null(resume_hello_extension(hello, 0xff02, &len));
    assert_int_equal(len, 0);
    assert_true(resume_hello_offers_version(hello, 0x0304));
    assert_true(resume_hello_offers_version(hello, 0x0303));
    assert_false(resume_hello_offers_version(hello, 0x0302)); /* client_version counts no more */
    resume_hello_unref(hello);
}

static void psks_are_read(void **state) {
    (void)state;
    resume_hello *hello = hello_of();
    const uint8_t *identity = NULL;
    const uint8_t *binder = NULL;
    size_t identity_len = 0;
    size_t binder_len = 0;
    uint32_t age = 0;
    write_rich(&draft);
    assert_int_equal(resume_hello_parse(hello, draft.data, draft.len), RESUME_OK);
    assert_int_equal(resume_hello_psk_count(hello), 2);
    assert_int_equal(resume_hello_psk_modes(hello), RESUME_PSK_KE | RESUME_PSK_DHE_KE);
    assert_true(resume_hello_early_data(hello));
    assert_int_equal(
        resume_hello_psk(hello, 0, &identity, &identity_len, &age, &binder, &binder_len),
        RESUME_OK);
    assert_bytes(identity, identity_len, "first", 5);
    assert_int_equal(age, 0x01020304);
    assert_int_equal(binder_len, 32);
    assert_int_equal(binder[31], 0xb1);
    assert_int_equal(
        resume_hello_psk(hello, 1, &identity, &identity_len, &age, &binder, &binder_len),
        RESUME_OK);
    assert_int_equal(identity_len, 300);
    assert_int_equal(age, 0xfffffffe);
    assert_int_equal(binder_len, 48);
    assert_ptr_equal(binder + 48, draft.data + draft.len);
    assert_int_equal(
        resume_hello_psk(hello, 2, &identity, &identity_len, &age, &binder, &binder_len),
        RESUME_MISS);
    assert_int_equal(
        resume_hello_psk(hello, SIZE_MAX, &identity, &identity_len, &age, &binder, &binder_len),
        RESUME_MISS);
    /* RFC 8446 section 4.2.11.2: without the binders and the length before them. */
    assert_int_equal(resume_hello_truncated_size(hello), draft.len - 2 - 33 - 49);
    resume_hello_unref(hello);
}

static void without_extensions(void **state) { /* RFC 5246 section 7.4.1.2 */
    (void)state;
    resume_hello *hello = hello_of();
    size_t len = 7;
    struct parts parts = parts_of(NULL, 0);
    parts.session_id_len = 0;
    for (int with_list = 0; with_list < 2; with_list++) {
        parts.extensions = with_list ? "" : NULL;
        write_parts(&draft, &parts);
        assert_int_equal(resume_hello_parse(hello, draft.data, draft.len), RESUME_OK);
        assert_non_null(resume_hello_session_id(hello, &len)); /* empty, but there */
        assert_int_equal(len, 0);
        assert_null(resume_hello_server_name(hello, &len));
        assert_null(resume_hello_session_ticket(hello, NULL));
        assert_null(resume_hello_alpn(hello, NULL));
        assert_null(resume_hello_extension(hello, 0, NULL));
        assert_false(resume_hello_extended_master_secret(hello));
        assert_false(resume_hello_early_data(hello));
        assert_int_equal(resume_hello_psk_count(hello), 0);
        assert_int_equal(resume_hello_psk_modes(hello), 0);
        assert_int_equal(resume_hello_truncated_size(hello), 0);
    }
    resume_hello_unref(hello);
}

static void versions_without_the_extension(void **state) {
    (void)state;
    static const struct {
        unsigned client;
        uint16_t asked;
        bool offered;
    } cases[] = {
        {0x0303, 0x0303, true},  {0x0303, 0x0301, true},  {0x0303, 0x0304, false},
        {0x0302, 0x0303, false}, {0x0302, 0x0302, true},  {0x0304, 0x0304, false},
        {0x0304, 0x0303, true},  {0x0303, 0x0002, false}, {0x0200, 0x0300, false},
    };
    resume_hello *hello = hello_of();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct parts parts = parts_of(NULL, 0);
        parts.version = cases[i].client;
        write_parts(&draft, &parts);
        assert_int_equal(resume_hello_parse(hello, draft.data, draft.len), RESUME_OK);
        assert_int_equal(resume_hello_offers_version(hello, cases[i].asked), cases[i].offered);
    }
    resume_hello_unref(hello);
}

static void an_empty_ticket_is_there(void **state) { /* RFC 5077 section 3.2 */
    (void)state;
    resume_hello *hello = hello_of();
    struct parts parts = parts_of("\x00\x23\x00\x00", 4);
    size_t len = 7;
    write_parts(&draft, &parts);
    assert_int_equal(resume_hello_parse(hello, draft.data, draft.len), RESUME_OK);
    assert_non_null(resume_hello_session_ticket(hello, &len));
    assert_int_equal(len, 0);
    resume_hello_unref(hello);
}

static void I_38_session_ids(void **state) {
    (void)state;
    static const uint8_t id[255] = {1};
    struct parts parts = parts_of(NULL, 0);
    parts.session_id = id;
    for (size_t len = 0; len <= 255; len++) {
        parts.session_id_len = len;
        assert_int_equal(fault_of_parts(&parts),
                         len <= 32 ? RESUME_FAULT_NONE : RESUME_FAULT_SESSION_ID);
    }
    assert_int_equal(resume_fault_alert(RESUME_FAULT_SESSION_ID), 50);
}

static void faults_of_fields(void **state) {
    (void)state;
    struct parts parts = parts_of(NULL, 0);
    parts.suites_len = 0;
    assert_int_equal(fault_of_parts(&parts), RESUME_FAULT_CIPHER_SUITES);
    parts.suites_len = 3;
    assert_int_equal(fault_of_parts(&parts), RESUME_FAULT_CIPHER_SUITES);
    parts = parts_of(NULL, 0);
    parts.compression_len = 0;
    assert_int_equal(fault_of_parts(&parts), RESUME_FAULT_COMPRESSION);
    parts.compression_len = 2;
    parts.compression = "\x01\x40";
    assert_int_equal(fault_of_parts(&parts), RESUME_FAULT_COMPRESSION);
    parts.compression = "\x01\x00";
    assert_int_equal(fault_of_parts(&parts), RESUME_FAULT_NONE);
}

static void faults_of_the_frame(void **state) {
    (void)state;
    write_rich(&draft);
    size_t len = draft.len;
    draft.data[0] = 2;
    assert_int_equal(fault_of(draft.data, len), RESUME_FAULT_MESSAGE_TYPE);
    assert_int_equal(fault_of(draft.data, 1), RESUME_FAULT_MESSAGE_TYPE);
    draft.data[0] = 1;
    assert_int_equal(fault_of(draft.data, 0), RESUME_FAULT_TRUNCATED);
    put8(&draft, 0);
    assert_int_equal(fault_of(draft.data, len + 1), RESUME_FAULT_TRAILING);
    draft.data[3]++; /* the message has the byte now, the list of extensions has not */
    assert_int_equal(fault_of(draft.data, len + 1), RESUME_FAULT_TRAILING);
    draft.data[3] -= 2;
    assert_int_equal(fault_of(draft.data, len - 1), RESUME_FAULT_TRUNCATED);
    memcpy(draft.data, "\x01\xff\xff\xff", 4);
    assert_int_equal(fault_of(draft.data, len), RESUME_FAULT_MESSAGE_LENGTH);
    memcpy(draft.data, "\x01\x02\x01\x45", 4); /* one more than the largest */
    assert_int_equal(fault_of(draft.data, len), RESUME_FAULT_MESSAGE_LENGTH);
    memcpy(draft.data, "\x01\x02\x01\x44", 4);
    assert_int_equal(fault_of(draft.data, len), RESUME_FAULT_TRUNCATED);
}

#define TLS13 "\x00\x2b\x00\x03\x02\x03\x04"
#define MODES "\x00\x2d\x00\x02\x01\x01"
#define B16   "0123456789abcdef"
#define PSK   "\x00\x29\x00\x2d\x00\x08\x00\x02id\x00\x00\x00\x00\x00\x21\x20" B16 B16
/* clang-format off */
#define CASE(bytes, fault) {bytes, sizeof(bytes) - 1, fault}

static const struct {
    const char *bytes;
    size_t len;
    resume_fault fault;
} extension_cases[] = {
    CASE("\x00", RESUME_FAULT_EXTENSIONS),
    CASE("\x00\x17\x00", RESUME_FAULT_EXTENSIONS),
    CASE("\x00\x23\x00\x01", RESUME_FAULT_EXTENSIONS),
    CASE("\x00\x17\x00\x00\x00\x17\x00\x00", RESUME_FAULT_DUPLICATE_EXTENSION),
    CASE("\x12\x34\x00\x00\x00\x17\x00\x00\x12\x34\x00\x01x", RESUME_FAULT_DUPLICATE_EXTENSION),
    CASE("\x00\x17\x00\x01\x00", RESUME_FAULT_EXTENDED_MASTER_SECRET),
    CASE("\x00\x00\x00\x00", RESUME_FAULT_SERVER_NAME),
    CASE("\x00\x10\x00\x00", RESUME_FAULT_ALPN),
    CASE("\x00\x2b\x00\x00", RESUME_FAULT_SUPPORTED_VERSIONS),
    CASE("\x00\x2b\x00\x04\x03\x03\x04\x03", RESUME_FAULT_SUPPORTED_VERSIONS),
    /* RFC 8446 sections 4.2.9 to 4.2.11, in a hello that offers TLS 1.3 */
    CASE(TLS13 MODES PSK, RESUME_FAULT_NONE),
    CASE(MODES TLS13 PSK, RESUME_FAULT_NONE),
    CASE(TLS13 "\x00\x2d\x00\x01\x00" PSK, RESUME_FAULT_PSK_KEY_EXCHANGE_MODES),
    CASE(TLS13 "\x00\x2d\x00\x01\x00", RESUME_FAULT_PSK_KEY_EXCHANGE_MODES),
    CASE(TLS13 PSK, RESUME_FAULT_MISSING_EXTENSION),
    CASE(TLS13 PSK MODES, RESUME_FAULT_PRE_SHARED_KEY_NOT_LAST),
    CASE(TLS13 MODES PSK "\x00\x17\x00\x00", RESUME_FAULT_PRE_SHARED_KEY_NOT_LAST),
    CASE(PSK MODES TLS13, RESUME_FAULT_PRE_SHARED_KEY_NOT_LAST),
    CASE(TLS13 MODES "\x00\x29\x00\x00", RESUME_FAULT_PRE_SHARED_KEY),
    CASE(TLS13 "\x00\x2a\x00\x00", RESUME_FAULT_MISSING_EXTENSION),
    CASE(TLS13 MODES "\x00\x2a\x00\x01x" PSK, RESUME_FAULT_EARLY_DATA),
    CASE(TLS13 MODES "\x00\x2a\x00\x00" PSK, RESUME_FAULT_NONE),
    /* to a client of TLS 1.2 they are unknown extensions */
    CASE(PSK MODES, RESUME_FAULT_NONE),
    CASE("\x00\x2b\x00\x03\x02\x03\x03" PSK "\x00\x2a\x00\x01x", RESUME_FAULT_NONE),
    CASE("\x00\x29\x00\x00", RESUME_FAULT_NONE),
    CASE("\x00\x29\x00\x00\x00\x29\x00\x00", RESUME_FAULT_DUPLICATE_EXTENSION),
};
/* clang-format on */

static void faults_of_extensions(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof extension_cases / sizeof extension_cases[0]; i++) {
        struct parts parts = parts_of(extension_cases[i].bytes, extension_cases[i].len);
        resume_fault fault = fault_of_parts(&parts);
        if (fault != extension_cases[i].fault) {
            fail_msg("case %zu: %s instead of %s", i, resume_fault_name(fault),
                     resume_fault_name(extension_cases[i].fault));
        }
    }
}

static void psks_of_a_tls12_hello_are_none(void **state) {
    (void)state;
    resume_hello *hello = hello_of();
    struct parts parts = parts_of(MODES PSK, sizeof(MODES PSK) - 1);
    write_parts(&draft, &parts);
    assert_int_equal(resume_hello_parse(hello, draft.data, draft.len), RESUME_OK);
    assert_int_equal(resume_hello_psk_count(hello), 0);
    assert_int_equal(resume_hello_psk_modes(hello), 0);
    assert_int_equal(resume_hello_truncated_size(hello), 0);
    assert_non_null(resume_hello_extension(hello, 41, NULL)); /* raw, it is there */
    resume_hello_unref(hello);
}

/* A message that was cut off never parses. */
static void I_155_truncation_as_received(void **state) {
    (void)state;
    write_rich(&draft);
    for (size_t len = 0; len < draft.len; len++) {
        assert_int_equal(fault_of(draft.data, len), RESUME_FAULT_TRUNCATED);
    }
}

/* The same with a header that agrees; it parses where the list of extensions would begin, which a
 * hello may lack. */
static void I_155_truncation_with_agreeing_header(void **state) {
    (void)state;
    write_rich(&draft);
    size_t well = 0;
    const size_t fields = 4 + 2 + 32 + 1 + 32 + 2 + 4 + 1 + 1;
    for (size_t len = 4; len < draft.len; len++) {
        size_t body = len - 4;
        draft.data[2] = (uint8_t)(body >> 8);
        draft.data[3] = (uint8_t)body;
        resume_fault fault = fault_of(draft.data, len);
        assert_true(fault == RESUME_FAULT_TRUNCATED || len == fields);
        well += fault == RESUME_FAULT_NONE;
    }
    assert_int_equal(well, 1);
}

/* Also with a list of extensions that agrees: the fault is then inside. */
static void I_155_truncation_of_extensions(void **state) {
    (void)state;
    static struct draft copy;
    write_rich(&draft);
    const size_t list = 4 + 2 + 32 + 1 + 32 + 2 + 4 + 1 + 1 + 2;
    size_t well = 0;
    for (size_t len = list; len < draft.len; len++) {
        struct parts parts = parts_of(draft.data + list, len - list);
        write_parts(&copy, &parts);
        resume_fault fault = fault_of(copy.data, copy.len);
        /* At a border of two extensions it is a good list, but for early_data without PSK. */
        assert_true(fault == RESUME_FAULT_NONE || fault == RESUME_FAULT_EXTENSIONS ||
                    fault == RESUME_FAULT_MISSING_EXTENSION);
        well += fault == RESUME_FAULT_NONE;
    }
    assert_int_equal(well, 8); /* the empty list, and after each before early_data */
}

/* Reads all that is there; a sanitizer sees a pointer that leads outside. */
static size_t read_all(const resume_hello *hello) {
    size_t len = 0;
    size_t sum = 0;
    const uint8_t *data = resume_hello_server_name(hello, &len);
    for (size_t i = 0; i < len; i++) {
        sum += data[i];
    }
    data = resume_hello_alpn(hello, &len);
    for (size_t i = 0; i < len; i++) {
        sum += data[i];
    }
    data = resume_hello_session_ticket(hello, &len);
    for (size_t i = 0; i < len; i++) {
        sum += data[i];
    }
    for (size_t n = 0; n < resume_hello_psk_count(hello); n++) {
        const uint8_t *binder = NULL;
        size_t binder_len = 0;
        uint32_t age = 0;
        assert_int_equal(resume_hello_psk(hello, n, &data, &len, &age, &binder, &binder_len),
                         RESUME_OK);
        assert_true(len > 0 && binder_len >= 32);
        sum += data[len - 1] + (size_t)binder[binder_len - 1];
    }
    return sum;
}

static void I_155_every_bit_flipped(void **state) {
    (void)state;
    resume_hello *hello = hello_of();
    write_rich(&draft);
    size_t malformed = 0;
    for (size_t bit = 0; bit < draft.len * 8; bit++) {
        uint8_t *copy = exact_copy(draft.data, draft.len);
        copy[bit / 8] ^= (uint8_t)(1U << bit % 8);
        resume_status status = resume_hello_parse(hello, copy, draft.len);
        assert_true(status == RESUME_OK || status == RESUME_MALFORMED);
        assert_int_equal(status == RESUME_MALFORMED, resume_hello_fault(hello) != 0);
        malformed += status == RESUME_MALFORMED;
        assert_true(read_all(hello) < SIZE_MAX);
        free(copy);
    }
    assert_true(malformed > 100);
    resume_hello_unref(hello);
}

/* Every vector full: 0xffff bytes of extensions, one unknown that fills them. */
static void the_largest_hello(void **state) {
    (void)state;
    static uint8_t suites[0xFFFE];
    static uint8_t compression[255];
    static struct draft list;
    resume_hello *hello = hello_of();
    size_t len = 0;
    list.len = 0;
    put16(&list, 0x7777);
    size_t value = open_(&list, 2);
    put_many(&list, 'x', 0xFFFF - 4);
    close_(&list, value, 2);
    struct parts parts = parts_of(list.data, list.len);
    parts.suites = suites;
    parts.suites_len = sizeof suites;
    parts.compression = compression;
    parts.compression_len = sizeof compression;
    write_parts(&draft, &parts);
    assert_int_equal(draft.len, RESUME_HELLO_SIZE_MAX);
    uint8_t *copy = exact_copy(draft.data, draft.len);
    assert_int_equal(resume_hello_parse(hello, copy, draft.len), RESUME_OK);
    assert_non_null(resume_hello_extension(hello, 0x7777, &len));
    assert_int_equal(len, 0xFFFF - 4);
    resume_hello_unref(hello);
    free(copy);
}

/* Hot path: one allocation for the handle, none for a message. */
static void parsing_allocates_nothing(void **state) {
    (void)state;
    resume_hello *hello = hello_of();
    write_rich(&draft);
    rsm_alloc_fail_from(1);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(resume_hello_parse(hello, draft.data, draft.len), RESUME_OK);
    }
    assert_int_equal(rsm_alloc_count(), 0);
    rsm_alloc_fail_from(0);
    resume_hello_unref(hello);
}

static void I_166_one_message_after_another(void **state) {
    (void)state;
    resume_hello *hello = hello_of();
    write_rich(&draft);
    assert_int_equal(resume_hello_parse(hello, draft.data, draft.len), RESUME_OK);
    assert_int_equal(resume_hello_parse(hello, draft.data, draft.len - 1), RESUME_MALFORMED);
    assert_null(resume_hello_message(hello, NULL));
    assert_null(resume_hello_server_name(hello, NULL));
    assert_int_equal(resume_hello_psk_count(hello), 0);
    struct parts parts = parts_of(NULL, 0);
    write_parts(&draft, &parts);
    assert_int_equal(resume_hello_parse(hello, draft.data, draft.len), RESUME_OK);
    assert_int_equal(resume_hello_fault(hello), RESUME_FAULT_NONE);
    assert_false(resume_hello_extended_master_secret(hello));
    resume_hello_unref(hello);
}

/* A message of n records of so many bytes each. */
static size_t in_records(const struct draft *message, size_t size, struct draft *out) {
    out->len = 0;
    for (size_t at = 0; at < message->len; at += size) {
        size_t len = message->len - at < size ? message->len - at : size;
        put(out, "\x16\x03\x01", 3);
        put_vector(out, 2, message->data + at, len);
    }
    return out->len;
}

static void records_are_joined(void **state) {
    (void)state;
    static struct draft wire;
    resume_hello *hello = hello_of();
    size_t len = 0;
    write_rich(&draft);
    for (size_t size = 1; size <= draft.len; size++) {
        size_t used = 0;
        size_t all = in_records(&draft, size, &wire);
        put(&wire, "\x17\x03\x03", 3); /* early data begins */
        assert_int_equal(resume_hello_parse_records(hello, wire.data, wire.len, &used), RESUME_OK);
        assert_int_equal(used, all);
        const uint8_t *message = resume_hello_message(hello, &len);
        assert_bytes(message, len, draft.data, draft.len);
        assert_int_equal(message == wire.data + 5, size == draft.len); /* no copy without need */
        assert_true(read_all(hello) > 0);
        assert_int_equal(resume_hello_parse_records(hello, wire.data, all - 1, &used), RESUME_MORE);
        assert_int_equal(resume_hello_fault(hello), RESUME_FAULT_NONE);
        assert_null(resume_hello_message(hello, NULL));
    }
    resume_hello_unref(hello);
}

static void I_95_joining_without_memory(void **state) {
    (void)state;
    static struct draft wire;
    resume_hello *hello = hello_of();
    size_t used = 7;
    write_rich(&draft);
    in_records(&draft, 100, &wire);
    rsm_alloc_fail_from(1);
    resume_status more = resume_hello_parse_records(hello, wire.data, wire.len - 1, &used);
    unsigned long asked = rsm_alloc_count();
    resume_status status = resume_hello_parse_records(hello, wire.data, wire.len, &used);
    in_records(&draft, draft.len, &wire);
    resume_status whole = resume_hello_parse_records(hello, wire.data, wire.len, &used);
    rsm_alloc_fail_from(0);
    assert_int_equal(more, RESUME_MORE);
    assert_int_equal(asked, 0);
    assert_int_equal(status, RESUME_E_NOMEM);
    assert_int_equal(whole, RESUME_OK);
    resume_hello_unref(hello);
}

static void faults_in_records(void **state) {
    (void)state;
    static struct draft wire;
    resume_hello *hello = hello_of();
    size_t used = 7;
    write_rich(&draft);
    in_records(&draft, 50, &wire);
    wire.data[55] = 21; /* an alert between */
    assert_int_equal(resume_hello_parse_records(hello, wire.data, wire.len, &used),
                     RESUME_MALFORMED);
    assert_int_equal(resume_hello_fault(hello), RESUME_FAULT_RECORD_TYPE);
    struct parts parts = parts_of("\x00\x17\x00\x01x", 5);
    write_parts(&draft, &parts);
    in_records(&draft, 50, &wire);
    assert_int_equal(resume_hello_parse_records(hello, wire.data, wire.len, &used),
                     RESUME_MALFORMED);
    assert_int_equal(resume_hello_fault(hello), RESUME_FAULT_EXTENDED_MASTER_SECRET);
    assert_int_equal(used, 7);
    resume_hello_unref(hello);
}

static void faults_have_names_and_alerts(void **state) {
    (void)state;
    for (resume_fault fault = 0; fault < RESUME_FAULT_COUNT; fault++) {
        const char *name = resume_fault_name(fault);
        assert_non_null(name);
        assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz_"), strlen(name));
        for (resume_fault other = 0; other < fault; other++) {
            assert_string_not_equal(name, resume_fault_name(other));
        }
        int32_t alert = resume_fault_alert(fault);
        assert_true(fault == RESUME_FAULT_NONE ? alert == 0
                                               : alert == 10 || alert == 22 || alert == 47 ||
                                                     alert == 50 || alert == 70 || alert == 109);
    }
    assert_string_equal(resume_fault_name(RESUME_FAULT_DUPLICATE_EXTENSION), "duplicate_extension");
    assert_string_equal(resume_fault_name(RESUME_FAULT_COUNT), "unknown");
    assert_string_equal(resume_fault_name(-1), "unknown");
    assert_int_equal(resume_fault_alert(RESUME_FAULT_COUNT), 80);
    assert_int_equal(resume_fault_alert(INT32_MIN), 80);
    /* Those that an RFC demands: RFC 8446 sections 5.1, 4.2.11, 6.2 and 4.2.1. */
    assert_int_equal(resume_fault_alert(RESUME_FAULT_RECORD_LENGTH), 22);
    assert_int_equal(resume_fault_alert(RESUME_FAULT_RECORD_TYPE), 10);
    assert_int_equal(resume_fault_alert(RESUME_FAULT_RECORD_BOUNDARY), 10);
    assert_int_equal(resume_fault_alert(RESUME_FAULT_PRE_SHARED_KEY_NOT_LAST), 47);
    assert_int_equal(resume_fault_alert(RESUME_FAULT_MISSING_EXTENSION), 109);
    assert_int_equal(resume_fault_alert(RESUME_FAULT_SELECTED_VERSION), 47);
}

static void arguments(void **state) {
    (void)state;
    resume_hello *hello = hello_of();
    const uint8_t *data = NULL;
    size_t len = 7;
    size_t used = 7;
    uint32_t age = 0;
    assert_int_equal(resume_hello_new(NULL), RESUME_E_INVALID);
    assert_int_equal(resume_hello_parse(NULL, (const uint8_t *)"", 0), RESUME_E_INVALID);
    assert_int_equal(resume_hello_parse(hello, NULL, 0), RESUME_E_INVALID);
    assert_int_equal(resume_hello_parse_records(hello, NULL, 0, &used), RESUME_E_INVALID);
    assert_int_equal(resume_hello_parse_records(NULL, (const uint8_t *)"", 0, &used),
                     RESUME_E_INVALID);
    assert_int_equal(resume_hello_parse_records(hello, (const uint8_t *)"", 0, NULL),
                     RESUME_E_INVALID);
    assert_int_equal(resume_hello_parse_records(hello, (const uint8_t *)"", 0, &used), RESUME_MORE);
    assert_int_equal(used, 7);
    assert_null(resume_hello_unref(NULL));
    assert_null(resume_hello_ref(NULL));
    assert_int_equal(resume_hello_fault(NULL), RESUME_FAULT_NONE);
    /* An empty one says nothing. */
    assert_null(resume_hello_message(hello, &len));
    assert_int_equal(len, 0);
    assert_int_equal(resume_hello_version(hello), 0);
    assert_false(resume_hello_offers_version(hello, 0x0303));
    assert_false(resume_hello_offers_version(hello, 0));
    assert_false(resume_hello_offers_cipher_suite(hello, 0));
    assert_null(resume_hello_session_id(hello, &len));
    assert_int_equal(resume_hello_psk(hello, 0, &data, &len, &age, &data, &len), RESUME_MISS);
    assert_int_equal(resume_hello_psk(hello, 0, &data, &len, NULL, &data, &len), RESUME_E_INVALID);
    resume_hello *again = resume_hello_ref(hello);
    assert_ptr_equal(again, hello);
    resume_hello_unref(again);
    resume_hello_unref(hello);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_is_read),
        cmocka_unit_test(psks_are_read),
        cmocka_unit_test(without_extensions),
        cmocka_unit_test(versions_without_the_extension),
        cmocka_unit_test(an_empty_ticket_is_there),
        cmocka_unit_test(I_38_session_ids),
        cmocka_unit_test(faults_of_fields),
        cmocka_unit_test(faults_of_the_frame),
        cmocka_unit_test(faults_of_extensions),
        cmocka_unit_test(psks_of_a_tls12_hello_are_none),
        cmocka_unit_test(I_155_truncation_as_received),
        cmocka_unit_test(I_155_truncation_with_agreeing_header),
        cmocka_unit_test(I_155_truncation_of_extensions),
        cmocka_unit_test(I_155_every_bit_flipped),
        cmocka_unit_test(the_largest_hello),
        cmocka_unit_test(parsing_allocates_nothing),
        cmocka_unit_test(I_166_one_message_after_another),
        cmocka_unit_test(records_are_joined),
        cmocka_unit_test(I_95_joining_without_memory),
        cmocka_unit_test(faults_in_records),
        cmocka_unit_test(faults_have_names_and_alerts),
        cmocka_unit_test(arguments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
