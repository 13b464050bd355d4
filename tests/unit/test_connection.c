/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The facts of a connection: what the setters take, what they refuse, and reuse.
 */
#include "server_fixture.h"

#include "base/alloc.h"
#include "core/connection.h"

static resume_connection *fresh(void) {
    resume_connection *connection = NULL;
    OK(resume_connection_new(&connection));
    return connection;
}

static void assert_knows_nothing(const resume_connection *c) {
    assert_int_equal(c->version, 0);
    assert_null(c->server_name);
    assert_int_equal(c->server_name_len, 0);
    assert_int_equal(c->context.len, 0);
    assert_null(c->suites);
    assert_int_equal(c->suites_len, 0);
    assert_int_equal(c->client_auth, RESUME_CLIENT_AUTH_NONE);
    assert_false(c->extended_master_secret);
}

static void new_knows_nothing(void **state) {
    (void)state;
    resume_connection *c = fresh();
    assert_knows_nothing(c);
    resume_connection_unref(c);
}

/* I-95: no memory is an answer, and the output stays as it was. */
static void new_without_memory(void **state) {
    (void)state;
    resume_connection *c = NULL;
    rsm_alloc_fail_once(1);
    assert_int_equal(resume_connection_new(&c), RESUME_E_NOMEM);
    rsm_alloc_fail_once(0);
    assert_null(c);
}

/* I-166: a cleared object can be used again, and nothing of the last handshake is left. */
static void reset_forgets_everything(void **state) {
    (void)state;
    resume_connection *c = connection_of(TLS12);
    OK(resume_connection_set_client_auth(c, RESUME_CLIENT_AUTH_REQUIRE));
    OK(resume_connection_reset(c));
    assert_knows_nothing(c);
    OK(resume_connection_set_version(c, TLS13));
    assert_int_equal(c->version, TLS13);
    resume_connection_unref(c);
}

static void null_is_invalid(void **state) {
    (void)state;
    static const uint8_t bytes[2] = {0x13, 0x01};
    assert_int_equal(resume_connection_new(NULL), RESUME_E_INVALID);
    assert_null(resume_connection_ref(NULL));
    assert_null(resume_connection_unref(NULL));
    assert_int_equal(resume_connection_reset(NULL), RESUME_E_INVALID);
    assert_int_equal(resume_connection_set_version(NULL, TLS12), RESUME_E_INVALID);
    assert_int_equal(resume_connection_set_server_name(NULL, bytes, 2), RESUME_E_INVALID);
    assert_int_equal(resume_connection_set_context(NULL, bytes, 2), RESUME_E_INVALID);
    assert_int_equal(resume_connection_set_cipher_suites(NULL, bytes, 2), RESUME_E_INVALID);
    assert_int_equal(resume_connection_set_extended_master_secret(NULL, true), RESUME_E_INVALID);
    assert_int_equal(resume_connection_set_client_auth(NULL, 0), RESUME_E_INVALID);
}

/* I-03: only versions that resume at all. */
static void I_03_version_range(void **state) {
    (void)state;
    static const uint16_t refused[] = {0, 0x0300, 0x0301, 0x0302, 0x0305, 0xFEFD, 0xFFFF};
    resume_connection *c = fresh();
    OK(resume_connection_set_version(c, TLS12));
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        assert_int_equal(resume_connection_set_version(c, refused[i]), RESUME_E_INVALID);
        assert_int_equal(c->version, TLS12);
    }
    OK(resume_connection_set_version(c, TLS13));
    resume_connection_unref(c);
}

/* I-121: no name is not an empty pointer with a length. */
static void server_name_range(void **state) {
    (void)state;
    static const uint8_t name[256] = "a.example";
    resume_connection *c = fresh();
    OK(resume_connection_set_server_name(c, name, 255));
    assert_int_equal(resume_connection_set_server_name(c, name, 256), RESUME_E_INVALID);
    assert_int_equal(resume_connection_set_server_name(c, NULL, 1), RESUME_E_INVALID);
    assert_ptr_equal(c->server_name, name); /* borrowed, and unchanged by a refused call */
    assert_int_equal(c->server_name_len, 255);
    OK(resume_connection_set_server_name(c, NULL, 0));
    assert_null(c->server_name);
    resume_connection_unref(c);
}

static void context_is_copied(void **state) {
    (void)state;
    uint8_t context[33] = {1, 2, 3};
    resume_connection *c = fresh();
    OK(resume_connection_set_context(c, context, 32));
    context[0] = 9;
    assert_int_equal(c->context.data[0], 1);
    assert_int_equal(resume_connection_set_context(c, context, 33), RESUME_E_INVALID);
    assert_int_equal(resume_connection_set_context(c, NULL, 1), RESUME_E_INVALID);
    assert_int_equal(c->context.len, 32);
    assert_int_equal(c->context.data[0], 1);
    OK(resume_connection_set_context(c, NULL, 0));
    assert_int_equal(c->context.len, 0);
    resume_connection_unref(c);
}

/* I-10: an odd or overlong list is refused before anybody reads it in pairs. */
static void I_10_cipher_suites_range(void **state) {
    (void)state;
    static const uint8_t suites[65536];
    static const size_t refused[] = {0, 1, 3, 65533, 65535, 65536, SIZE_MAX - 1};
    resume_connection *c = fresh();
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        assert_int_equal(resume_connection_set_cipher_suites(c, suites, refused[i]),
                         RESUME_E_INVALID);
        assert_null(c->suites);
    }
    assert_int_equal(resume_connection_set_cipher_suites(c, NULL, 2), RESUME_E_INVALID);
    OK(resume_connection_set_cipher_suites(c, suites, 2));
    OK(resume_connection_set_cipher_suites(c, suites, 65534));
    assert_int_equal(c->suites_len, 65534);
    resume_connection_unref(c);
}

static void client_auth_range(void **state) {
    (void)state;
    resume_connection *c = fresh();
    for (int32_t i = RESUME_CLIENT_AUTH_NONE; i <= RESUME_CLIENT_AUTH_REQUIRE; i++) {
        OK(resume_connection_set_client_auth(c, i));
        assert_int_equal(c->client_auth, i);
    }
    assert_int_equal(resume_connection_set_client_auth(c, -1), RESUME_E_INVALID);
    assert_int_equal(resume_connection_set_client_auth(c, 3), RESUME_E_INVALID);
    assert_int_equal(c->client_auth, RESUME_CLIENT_AUTH_REQUIRE);
    resume_connection_unref(c);
}

static void references_count(void **state) {
    (void)state;
    resume_connection *c = fresh();
    assert_ptr_equal(resume_connection_ref(c), c);
    assert_null(resume_connection_unref(c));
    OK(resume_connection_set_extended_master_secret(c, true)); /* still there */
    assert_true(c->extended_master_secret);
    resume_connection_unref(c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(new_knows_nothing),        cmocka_unit_test(new_without_memory),
        cmocka_unit_test(reset_forgets_everything), cmocka_unit_test(null_is_invalid),
        cmocka_unit_test(I_03_version_range),       cmocka_unit_test(server_name_range),
        cmocka_unit_test(context_is_copied),        cmocka_unit_test(I_10_cipher_suites_range),
        cmocka_unit_test(client_auth_range),        cmocka_unit_test(references_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
