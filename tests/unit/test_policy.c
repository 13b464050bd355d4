/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The policy's defaults and ranges, and the context digest that keeps sessions apart.
 */
#include "server_fixture.h"

#include "base/alloc.h"
#include "core/policy.h"

#include <pthread.h>
#include <stdio.h>

#define INVALID(call) assert_int_equal((call), RESUME_E_INVALID)

static void defaults(void **state) {
    (void)state;
    resume_policy *p = new_policy();
    assert_int_equal(resume_policy_modes(p), RESUME_MODE_TICKETS | RESUME_MODE_SESSION_IDS);
    assert_int_equal(resume_policy_lifetime(p, TLS12), 86400);
    assert_int_equal(resume_policy_lifetime(p, TLS13), 604800);
    assert_int_equal(resume_policy_authentication_lifetime(p, TLS12), 86400);
    assert_int_equal(resume_policy_authentication_lifetime(p, TLS13), 604800);
    assert_int_equal(resume_policy_ems(p), RESUME_EMS_STRICT);
    assert_true(p->isolate_server_name);
    assert_true(p->client_certificate_guard);
    assert_false(p->single_use);
    assert_false(p->forward_secrecy);
    assert_int_equal(p->renew_after, 100);
    assert_int_equal(p->skew_ms, 60000);
    assert_int_equal(p->label_len, 0);
    assert_int_equal(p->issue_context.len, 0);
    assert_int_equal(p->accepted_count, 0);
    assert_int_equal(p->suite_count, 0);
    resume_policy_unref(p);
}

/* I-95 */
static void new_without_memory(void **state) {
    (void)state;
    resume_policy *p = NULL;
    rsm_alloc_fail_once(1);
    assert_int_equal(resume_policy_new(&p), RESUME_E_NOMEM);
    rsm_alloc_fail_once(0);
    assert_null(p);
}

static void sha256_first_is_a_choice(void **state) {
    (void)state;
    resume_policy *p = new_policy();
    assert_false(resume_policy_sha256_first(p));
    OK(resume_policy_set_sha256_first(p, true));
    assert_true(resume_policy_sha256_first(p));
    INVALID(resume_policy_set_sha256_first(NULL, true));
    assert_false(resume_policy_sha256_first(NULL));
    resume_policy_unref(p);
}

static void null_is_invalid(void **state) {
    (void)state;
    uint8_t buf[32];
    size_t len = 77;
    INVALID(resume_policy_new(NULL));
    assert_null(resume_policy_ref(NULL));
    assert_null(resume_policy_unref(NULL));
    INVALID(resume_policy_set_modes(NULL, 0));
    INVALID(resume_policy_set_lifetime(NULL, TLS12, 1));
    INVALID(resume_policy_set_authentication_lifetime(NULL, TLS12, 1));
    INVALID(resume_policy_set_renew_after(NULL, 1));
    INVALID(resume_policy_set_isolate_server_name(NULL, true));
    INVALID(resume_policy_set_label(NULL, buf, 1));
    INVALID(resume_policy_set_client_certificate_guard(NULL, true));
    INVALID(resume_policy_set_ems(NULL, 0));
    INVALID(resume_policy_set_skew(NULL, 0));
    INVALID(resume_policy_set_single_use(NULL, true));
    INVALID(resume_policy_set_forward_secrecy(NULL, true));
    INVALID(resume_policy_allow_cipher_suite(NULL, 1));
    INVALID(resume_policy_set_issue_context(NULL, buf, 1));
    INVALID(resume_policy_accept_context(NULL, buf, 1));
    INVALID(resume_policy_context(NULL, NULL, 0, NULL, 0, buf, sizeof buf, &len));
    assert_int_equal(len, 77);
    assert_int_equal(resume_policy_modes(NULL), 0);
    assert_int_equal(resume_policy_lifetime(NULL, TLS12), 0);
    assert_int_equal(resume_policy_authentication_lifetime(NULL, TLS12), 0);
    assert_int_equal(resume_policy_ems(NULL), RESUME_EMS_STRICT);
}

/* I-20: modes may be switched off altogether; unknown bits are a mistake, not a mode. */
static void modes_range(void **state) {
    (void)state;
    resume_policy *p = new_policy();
    for (uint32_t modes = 0; modes <= 3; modes++) {
        OK(resume_policy_set_modes(p, modes));
        assert_int_equal(resume_policy_modes(p), modes);
    }
    INVALID(resume_policy_set_modes(p, 4));
    INVALID(resume_policy_set_modes(p, UINT32_MAX));
    assert_int_equal(resume_policy_modes(p), 3);
    resume_policy_unref(p);
}

/* I-44, I-73: no more than 24 h in TLS 1.2 and 7 days in TLS 1.3, never 0, other versions not. */
static void I_44_lifetimes_range(void **state) {
    (void)state;
    resume_policy *p = new_policy();
    OK(resume_policy_set_lifetime(p, TLS12, 1));
    OK(resume_policy_set_lifetime(p, TLS13, 2));
    OK(resume_policy_set_authentication_lifetime(p, TLS12, 3));
    OK(resume_policy_set_authentication_lifetime(p, TLS13, 4));
    INVALID(resume_policy_set_lifetime(p, TLS12, 0));
    INVALID(resume_policy_set_lifetime(p, TLS12, 86401));
    INVALID(resume_policy_set_lifetime(p, TLS13, 604801));
    INVALID(resume_policy_set_lifetime(p, 0x0302, 1));
    INVALID(resume_policy_set_authentication_lifetime(p, TLS12, 86401));
    INVALID(resume_policy_set_authentication_lifetime(p, TLS13, 604801));
    INVALID(resume_policy_set_authentication_lifetime(p, TLS13, 0));
    INVALID(resume_policy_set_authentication_lifetime(p, 0, 1));
    assert_int_equal(resume_policy_lifetime(p, TLS12), 1);
    assert_int_equal(resume_policy_lifetime(p, TLS13), 2);
    assert_int_equal(resume_policy_authentication_lifetime(p, TLS12), 3);
    assert_int_equal(resume_policy_authentication_lifetime(p, TLS13), 4);
    assert_int_equal(resume_policy_lifetime(p, 0x0302), 0);
    assert_int_equal(resume_policy_authentication_lifetime(p, 0x0302), 0);
    OK(resume_policy_set_lifetime(p, TLS12, 86400));
    OK(resume_policy_set_lifetime(p, TLS13, 604800));
    resume_policy_unref(p);
}

static void other_ranges(void **state) {
    (void)state;
    resume_policy *p = new_policy();
    OK(resume_policy_set_renew_after(p, 1));
    INVALID(resume_policy_set_renew_after(p, 0));
    INVALID(resume_policy_set_renew_after(p, 101));
    assert_int_equal(p->renew_after, 1);
    OK(resume_policy_set_skew(p, 3600000));
    INVALID(resume_policy_set_skew(p, 3600001));
    assert_int_equal(p->skew_ms, 3600000);
    OK(resume_policy_set_ems(p, RESUME_EMS_ALLOW_LEGACY));
    INVALID(resume_policy_set_ems(p, -1));
    INVALID(resume_policy_set_ems(p, 2));
    assert_int_equal(resume_policy_ems(p), RESUME_EMS_ALLOW_LEGACY);
    for (int on = 1; on >= 0; on--) {
        OK(resume_policy_set_isolate_server_name(p, on));
        OK(resume_policy_set_client_certificate_guard(p, on));
        OK(resume_policy_set_single_use(p, on));
        OK(resume_policy_set_forward_secrecy(p, on));
        assert_true(p->isolate_server_name == on && p->client_certificate_guard == on);
        assert_true(p->single_use == on && p->forward_secrecy == on);
    }
    resume_policy_unref(p);
}

static void lists_are_bounded(void **state) {
    (void)state;
    uint8_t bytes[256] = {1};
    resume_policy *p = new_policy();
    for (uint16_t i = 0; i < RSM_POLICY_SUITES_MAX; i++) {
        OK(resume_policy_allow_cipher_suite(p, i));
    }
    INVALID(resume_policy_allow_cipher_suite(p, 99));
    assert_int_equal(p->suite_count, RSM_POLICY_SUITES_MAX);
    for (uint8_t i = 0; i < RESUME_POLICY_CONTEXTS_MAX; i++) {
        INVALID(resume_policy_accept_context(p, bytes, 0));
        INVALID(resume_policy_accept_context(p, bytes, 33));
        INVALID(resume_policy_accept_context(p, NULL, 1));
        assert_int_equal(p->accepted_count, i);
        OK(resume_policy_accept_context(p, bytes, 1U + i));
        assert_int_equal(p->accepted[i].len, 1 + i);
    }
    INVALID(resume_policy_accept_context(p, bytes, 8));
    OK(resume_policy_set_label(p, bytes, 255));
    INVALID(resume_policy_set_label(p, bytes, 256));
    INVALID(resume_policy_set_label(p, NULL, 1));
    assert_int_equal(p->label_len, 255);
    OK(resume_policy_set_label(p, NULL, 0));
    assert_int_equal(p->label_len, 0);
    OK(resume_policy_set_issue_context(p, bytes, 32));
    INVALID(resume_policy_set_issue_context(p, bytes, 33));
    INVALID(resume_policy_set_issue_context(p, NULL, 1));
    assert_int_equal(p->issue_context.len, 32);
    resume_policy_unref(p);
}

/* A copy has all values and a count of its own. */
static void copy_stands_alone(void **state) {
    (void)state;
    resume_policy *p = new_policy();
    OK(resume_policy_set_lifetime(p, TLS12, 77));
    OK(resume_policy_set_single_use(p, true));
    resume_policy_ref(p);
    resume_policy *copy = rsm_policy_copy(p);
    assert_non_null(copy);
    OK(resume_policy_set_lifetime(p, TLS12, 78));
    resume_policy_unref(p);
    resume_policy_unref(p);
    assert_int_equal(resume_policy_lifetime(copy, TLS12), 77);
    assert_true(copy->single_use);
    resume_policy_unref(copy);
}

static void *ref_and_unref(void *arg) {
    for (int i = 0; i < 2000; i++) {
        resume_policy_unref(resume_policy_ref(arg));
    }
    return NULL;
}

/* I-173: references may come and go in one thread while another one copies. For
 * ThreadSanitizer. */
static void copy_while_references_move(void **state) {
    (void)state;
    resume_policy *p = new_policy();
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, ref_and_unref, p), 0);
    for (int i = 0; i < 200; i++) {
        resume_policy_unref(rsm_policy_copy(p));
    }
    assert_int_equal(pthread_join(thread, NULL), 0);
    resume_policy_unref(p);
}

/* What goes into a context. */
struct inputs {
    const char *label;
    const char *name; /* NULL: none */
    const char *auth; /* NULL: none */
    bool isolate;
};

struct context {
    uint8_t data[RESUME_CONTEXT_SIZE];
};

static struct context context_of(struct inputs in) {
    struct context context = {{0}};
    size_t len = 0;
    resume_policy *p = new_policy();
    OK(resume_policy_set_label(p, (const uint8_t *)in.label, strlen(in.label)));
    OK(resume_policy_set_isolate_server_name(p, in.isolate));
    OK(resume_policy_context(p, (const uint8_t *)in.name, in.name ? strlen(in.name) : 0,
                             (const uint8_t *)in.auth, in.auth ? strlen(in.auth) : 0, context.data,
                             sizeof context.data, &len));
    assert_int_equal(len, RESUME_CONTEXT_SIZE);
    resume_policy_unref(p);
    return context;
}

static bool same(struct inputs a, struct inputs b) {
    struct context x = context_of(a);
    struct context y = context_of(b);
    return memcmp(x.data, y.data, sizeof x.data) == 0;
}

static const struct inputs base = {"shop", "a.example", "digest", true};

/* I-123, input 1 of 4: the label, so that listeners of different trust stay apart (I-124). */
static void context_depends_on_label(void **state) {
    (void)state;
    struct inputs other = base;
    assert_true(same(base, other));
    other.label = "shoq";
    assert_false(same(base, other));
    other.label = "";
    assert_false(same(base, other));
}

/* I-123, input 2 of 4: the server name (I-120). */
static void context_depends_on_name(void **state) {
    (void)state;
    struct inputs other = base;
    other.name = "b.example";
    assert_false(same(base, other));
    other.name = "a.example.";
    assert_false(same(base, other));
    other.name = "A.exAMPLE"; /* RFC 4343 */
    assert_true(same(base, other));
    other.name = "a\x0e"
                 "example"; /* '.' with the case bit gone is no '.' */
    assert_false(same(base, other));
}

/* I-121: no name is one of its own, and not the empty one either. */
static void context_without_name(void **state) {
    (void)state;
    struct inputs none = base;
    struct inputs empty = base;
    none.name = NULL;
    empty.name = "";
    assert_false(same(base, none));
    assert_false(same(none, empty));
}

/* I-123, input 3 of 4: the client-authentication digest (mode, CAs, anchors, depth). */
static void context_depends_on_client_auth(void **state) {
    (void)state;
    struct inputs other = base;
    other.auth = "digesu";
    assert_false(same(base, other));
    other.auth = "diges";
    assert_false(same(base, other));
    other.auth = NULL;
    assert_false(same(base, other));
}

/* I-123, input 4 of 4: whether names isolate; if not, the name does not matter. */
static void context_without_isolation(void **state) {
    (void)state;
    struct inputs a = base;
    struct inputs b = base;
    a.isolate = b.isolate = false;
    b.name = "b.example";
    assert_true(same(a, b));
    b.name = NULL;
    assert_true(same(a, b));
    assert_false(same(base, a));
}

/* Bytes that move from one input to the next make another context. */
static void inputs_do_not_run_together(void **state) {
    (void)state;
    struct inputs a = {"ab", "cd", "ef", true};
    struct inputs b = {"abc", "d", "ef", true};
    struct inputs c = {"ab", "c", "def", true};
    struct inputs d = {"", "abcd", "ef", true};
    assert_false(same(a, b) || same(a, c) || same(a, d) || same(b, c) || same(b, d) || same(c, d));
}

static void assert_hex(struct context context, const char *hex) {
    char text[2 * RESUME_CONTEXT_SIZE + 1];
    for (size_t i = 0; i < RESUME_CONTEXT_SIZE; i++) {
        snprintf(text + 2 * i, 3, "%02x", context.data[i]);
    }
    assert_string_equal(text, hex);
}

/* I-158: a fleet agrees on contexts over versions of the library. Values from Python's hashlib. */
static void context_vectors(void **state) {
    (void)state;
    struct inputs nothing = {"", NULL, NULL, true};
    struct inputs all = {"shop", "A.Example", "\xAA\xAA\xAA\xAA\xAA\xAA\xAA\xAA", true};
    assert_hex(context_of(nothing),
               "c85be64b889715ed48185b76b98b72ba33815323f6e1c8ed9018f3591838362e");
    assert_hex(context_of(all), "5cc57e3edbd869123e8248735017827fa186dc6a24494224c8e848317d8daa87");
}

/* The longest inputs fit. */
static void context_of_longest_inputs(void **state) {
    (void)state;
    uint8_t bytes[256];
    uint8_t buf[32] = {0};
    size_t len = 0;
    memset(bytes, 'x', sizeof bytes);
    resume_policy *p = new_policy();
    OK(resume_policy_set_label(p, bytes, 255));
    OK(resume_policy_context(p, bytes, 255, bytes, 64, buf, sizeof buf, &len));
    assert_int_equal(len, 32);
    len = 77;
    INVALID(resume_policy_context(p, bytes, 256, bytes, 64, buf, sizeof buf, &len));
    INVALID(resume_policy_context(p, bytes, 255, bytes, 65, buf, sizeof buf, &len));
    INVALID(resume_policy_context(p, NULL, 1, bytes, 64, buf, sizeof buf, &len));
    INVALID(resume_policy_context(p, bytes, 1, NULL, 1, buf, sizeof buf, &len));
    INVALID(resume_policy_context(p, bytes, 1, bytes, 1, NULL, sizeof buf, &len));
    INVALID(resume_policy_context(p, bytes, 1, bytes, 1, buf, sizeof buf, NULL));
    assert_int_equal(len, 77);
    resume_policy_unref(p);
}

/* A buffer too small is told the need and not written to. */
static void context_into_small_buffer(void **state) {
    (void)state;
    uint8_t buf[32];
    uint8_t untouched[32];
    size_t len = 0;
    memset(buf, 0xEE, sizeof buf);
    memset(untouched, 0xEE, sizeof untouched);
    resume_policy *p = new_policy();
    assert_int_equal(resume_policy_context(p, NULL, 0, NULL, 0, buf, 31, &len), RESUME_E_BUFFER);
    assert_int_equal(len, 32);
    assert_memory_equal(buf, untouched, sizeof buf);
    resume_policy_unref(p);
}

/* Fleets with stock servers: their context, whatever the inputs, until it is taken away. */
static void issue_context_replaces_digest(void **state) {
    (void)state;
    static const uint8_t foreign[] = "HTTP";
    uint8_t buf[32];
    size_t len = 0;
    resume_policy *p = new_policy();
    OK(resume_policy_set_issue_context(p, foreign, 4));
    OK(resume_policy_context(p, foreign, 3, foreign, 2, buf, 4, &len));
    assert_int_equal(len, 4);
    assert_memory_equal(buf, foreign, 4);
    OK(resume_policy_set_issue_context(p, NULL, 0));
    OK(resume_policy_context(p, NULL, 0, NULL, 0, buf, sizeof buf, &len));
    assert_int_equal(len, 32);
    resume_policy_unref(p);
}

static void paths_have_versions(void **state) {
    (void)state;
    assert_int_equal(rsm_path_version(RESUME_PATH_NONE), 0);
    assert_int_equal(rsm_path_version(RESUME_PATH_TLS12_TICKET), TLS12);
    assert_int_equal(rsm_path_version(RESUME_PATH_TLS12_SESSION_ID), TLS12);
    assert_int_equal(rsm_path_version(RESUME_PATH_TLS13_TICKET), TLS13);
    assert_int_equal(rsm_path_version(RESUME_PATH_TLS13_STORED), TLS13);
    assert_int_equal(rsm_path_version(RESUME_PATH_COUNT), 0);
    assert_true(rsm_path_is_ticket(RESUME_PATH_TLS12_TICKET));
    assert_true(rsm_path_is_ticket(RESUME_PATH_TLS13_TICKET));
    assert_false(rsm_path_is_ticket(RESUME_PATH_TLS12_SESSION_ID));
    assert_false(rsm_path_is_ticket(RESUME_PATH_TLS13_STORED));
    assert_false(rsm_path_is_ticket(RESUME_PATH_NONE));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults),
        cmocka_unit_test(new_without_memory),
        cmocka_unit_test(null_is_invalid),
        cmocka_unit_test(modes_range),
        cmocka_unit_test(I_44_lifetimes_range),
        cmocka_unit_test(other_ranges),
        cmocka_unit_test(lists_are_bounded),
        cmocka_unit_test(copy_stands_alone),
        cmocka_unit_test(copy_while_references_move),
        cmocka_unit_test(context_depends_on_label),
        cmocka_unit_test(context_depends_on_name),
        cmocka_unit_test(context_without_name),
        cmocka_unit_test(context_depends_on_client_auth),
        cmocka_unit_test(context_without_isolation),
        cmocka_unit_test(inputs_do_not_run_together),
        cmocka_unit_test(context_vectors),
        cmocka_unit_test(context_of_longest_inputs),
        cmocka_unit_test(context_into_small_buffer),
        cmocka_unit_test(sha256_first_is_a_choice),
        cmocka_unit_test(issue_context_replaces_digest),
        cmocka_unit_test(paths_have_versions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
