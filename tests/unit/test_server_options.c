/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a server is built from: references, narrowing of modes, failures of the building.
 */
#include "server_fixture.h"

#include "base/alloc.h"
#include "core/server.h"

#define INVALID(call) assert_int_equal((call), RESUME_E_INVALID)

static resume_server_options *fresh(void) {
    resume_server_options *options = NULL;
    OK(resume_server_options_new(&options));
    return options;
}

static void null_is_invalid(void **state) {
    (void)state;
    resume_server_options *o = fresh();
    resume_server *server = NULL;
    INVALID(resume_server_options_new(NULL));
    assert_null(resume_server_options_unref(NULL));
    INVALID(resume_server_options_set_keyring(o, NULL));
    INVALID(resume_server_options_set_codec(o, NULL));
    INVALID(resume_server_options_set_store(o, NULL));
    INVALID(resume_server_options_set_policy(o, NULL));
    INVALID(resume_server_options_set_trace(NULL, NULL, NULL));
    INVALID(resume_server_new(NULL, &server));
    INVALID(resume_server_new(o, NULL));
    assert_string_equal(resume_server_options_why(NULL), "");
    assert_null(resume_server_ref(NULL));
    assert_null(resume_server_unref(NULL));
    assert_null(server);
    resume_server_options_unref(o);
}

static void null_options_are_invalid(void **state) {
    (void)state;
    resume_keyring *ring = ring_of_one();
    resume_codec *codec = native_codec(ring);
    resume_store *store = memory_store();
    resume_policy *policy = new_policy();
    INVALID(resume_server_options_set_keyring(NULL, ring));
    INVALID(resume_server_options_set_codec(NULL, codec));
    INVALID(resume_server_options_set_store(NULL, store));
    INVALID(resume_server_options_set_policy(NULL, policy));
    resume_policy_unref(policy);
    resume_store_unref(store);
    resume_codec_unref(codec);
    resume_keyring_unref(ring);
}

/* I-24: a server that could resume nothing is refused when it is made, with a reason that names
 * the cure; later success clears the reason. */
static void nothing_to_resume_with(void **state) {
    (void)state;
    resume_server_options *o = fresh();
    resume_server *server = NULL;
    assert_string_equal(resume_server_options_why(o), "");
    INVALID(resume_server_new(o, &server));
    assert_null(server);
    assert_non_null(strstr(resume_server_options_why(o), "keyring"));
    assert_non_null(strstr(resume_server_options_why(o), "store"));
    resume_store *store = memory_store();
    OK(resume_server_options_set_store(o, store));
    OK(resume_server_new(o, &server));
    assert_string_equal(resume_server_options_why(o), "");
    resume_server_unref(server);
    resume_store_unref(store);
    resume_server_options_unref(o);
}

/* Without keys no tickets, without a store no session IDs. */
static void modes_are_narrowed(void **state) {
    (void)state;
    static const struct {
        uint32_t asked;
        bool keys;
        bool store;
        uint32_t left;
    } rows[] = {
        {3, true, true, 3},
        {3, true, false, RESUME_MODE_TICKETS},
        {3, false, true, RESUME_MODE_SESSION_IDS},
        {RESUME_MODE_TICKETS, true, true, RESUME_MODE_TICKETS},
        {RESUME_MODE_TICKETS, false, true, 0},
        {RESUME_MODE_SESSION_IDS, true, false, 0},
        {0, true, true, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        resume_policy *policy = new_policy();
        OK(resume_policy_set_modes(policy, rows[i].asked));
        resume_policy_ref(policy);
        resume_server *server =
            server_of(rows[i].keys ? ring_of_one() : NULL, rows[i].store ? memory_store() : NULL,
                      policy, NULL, NULL);
        assert_int_equal(resume_policy_modes(resume_server_policy(server)), rows[i].left);
        assert_int_equal(resume_policy_modes(policy), rows[i].asked); /* the caller's is his own */
        assert_int_equal(resume_server_keyring(server) != NULL, rows[i].keys);
        assert_int_equal(resume_server_store(server) != NULL, rows[i].store);
        resume_server_unref(server);
        resume_policy_unref(policy);
    }
}

/* A change of the policy after the server is made has no effect on it. */
static void policy_is_copied(void **state) {
    (void)state;
    resume_policy *policy = new_policy();
    OK(resume_policy_set_lifetime(policy, TLS12, 100));
    resume_policy_ref(policy);
    resume_server *server = server_of(ring_of_one(), NULL, policy, NULL, NULL);
    OK(resume_policy_set_lifetime(policy, TLS12, 200));
    assert_int_equal(resume_policy_lifetime(resume_server_policy(server), TLS12), 100);
    resume_policy_unref(policy);
    resume_server_unref(server);
}

static void defaults_without_policy(void **state) {
    (void)state;
    resume_server *server = server_of(ring_of_one(), memory_store(), NULL, NULL, NULL);
    const resume_policy *policy = resume_server_policy(server);
    assert_int_equal(resume_policy_modes(policy), 3);
    assert_int_equal(resume_policy_lifetime(policy, TLS12), 86400);
    assert_int_equal(resume_policy_ems(policy), RESUME_EMS_STRICT);
    resume_server_unref(server);
}

/* A keyring gives the codec whose tickets OpenSSL reads; a codec replaces it, ring and all. */
static void codec_before_keyring(void **state) {
    (void)state;
    resume_server_options *o = fresh();
    resume_server *server = NULL;
    resume_keyring *ring = ring_of_one();
    resume_keyring *other = ring_of_one();
    resume_codec *codec = native_codec(other);
    OK(resume_server_options_set_keyring(o, ring));
    OK(resume_server_new(o, &server));
    assert_ptr_equal(resume_server_keyring(server), ring);
    server = resume_server_unref(server);
    OK(resume_server_options_set_codec(o, codec));
    OK(resume_server_new(o, &server));
    assert_ptr_equal(resume_server_keyring(server), other);
    assert_ptr_equal(server->codec, codec);
    resume_server_unref(server);
    resume_server_options_unref(o);
    resume_codec_unref(codec);
    resume_keyring_unref(other);
    resume_keyring_unref(ring);
}

/* Setting a thing twice, also the same thing, neither frees what is in use nor leaks. For the
 * sanitizers. */
static void setters_replace(void **state) {
    (void)state;
    resume_server_options *o = fresh();
    for (int i = 0; i < 2; i++) {
        resume_keyring *ring = ring_of_one();
        resume_codec *codec = native_codec(ring);
        resume_store *store = memory_store();
        resume_policy *policy = new_policy();
        for (int twice = 0; twice < 2; twice++) {
            OK(resume_server_options_set_keyring(o, ring));
            OK(resume_server_options_set_codec(o, codec));
            OK(resume_server_options_set_store(o, store));
            OK(resume_server_options_set_policy(o, policy));
        }
        resume_policy_unref(policy);
        resume_store_unref(store);
        resume_codec_unref(codec);
        resume_keyring_unref(ring);
    }
    resume_server *server = NULL;
    OK(resume_server_new(o, &server));
    resume_server_unref(server);
    resume_server_options_unref(o);
}

/* I-173: a server keeps alive what it was made from, whoever lets go first. */
static void references_in_any_order(void **state) {
    (void)state;
    resume_server *server = server_of(ring_of_one(), memory_store(), new_policy(), NULL, NULL);
    resume_server *again = resume_server_ref(server);
    assert_ptr_equal(again, server);
    assert_null(resume_server_unref(server));
    resume_key *key = NULL;
    OK(resume_keyring_sealing_key(resume_server_keyring(again), NOW, &key));
    resume_key_unref(key);
    uint64_t entries = 1;
    OK(resume_store_stats(resume_server_store(again), RESUME_STORE_ENTRIES, &entries));
    assert_int_equal(entries, 0);
    resume_keyring *ring = resume_keyring_ref(resume_server_keyring(again));
    resume_server_unref(again);
    assert_int_equal(resume_keyring_count(ring), 1);
    resume_keyring_unref(ring);
}

static void getters_on_null(void **state) {
    (void)state;
    assert_null(resume_server_policy(NULL));
    assert_null(resume_server_keyring(NULL));
    assert_null(resume_server_store(NULL));
}

/* I-95: any allocation may fail; then there is no server, a reason, and no leak. */
static void new_without_memory(void **state) {
    (void)state;
    resume_server_options *o = NULL;
    rsm_alloc_fail_once(1);
    assert_int_equal(resume_server_options_new(&o), RESUME_E_NOMEM);
    rsm_alloc_fail_once(0);
    assert_null(o);
    o = fresh();
    resume_keyring *ring = ring_of_one();
    OK(resume_server_options_set_keyring(o, ring));
    resume_keyring_unref(ring);
    resume_server *server = NULL;
    unsigned long nth = 1;
    for (; !server; nth++) {
        rsm_alloc_fail_once(nth);
        resume_status status = resume_server_new(o, &server);
        rsm_alloc_fail_once(0);
        assert_int_equal(status, server ? RESUME_OK : RESUME_E_NOMEM);
        assert_int_equal(strlen(resume_server_options_why(o)) > 0, server == NULL);
    }
    assert_true(nth > 3); /* the server, its policy and its codec, at the least */
    resume_server_unref(server);
    resume_server_options_unref(o);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(null_is_invalid),         cmocka_unit_test(null_options_are_invalid),
        cmocka_unit_test(nothing_to_resume_with),  cmocka_unit_test(modes_are_narrowed),
        cmocka_unit_test(policy_is_copied),        cmocka_unit_test(defaults_without_policy),
        cmocka_unit_test(codec_before_keyring),    cmocka_unit_test(setters_replace),
        cmocka_unit_test(references_in_any_order), cmocka_unit_test(getters_on_null),
        cmocka_unit_test(new_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
