/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Extended master secret in TLS 1.2, the rows of RFC 7627 section 5.3 for a server.
 */
#include "tls.h"

static SSL_CTX *client_without(const struct way *way) {
    SSL_CTX *ctx = client_ctx(way);
    SSL_CTX_set_options(ctx, SSL_OP_NO_EXTENDED_MASTER_SECRET);
    return ctx;
}

static struct visit visit_of(SSL_CTX *server, SSL_CTX *client, SSL_SESSION *offer) {
    struct visit visit = visit_begin(server, client, "a.example", offer);
    visit_run(&visit);
    return visit;
}

static SSL_CTX *legacy_ctx(const struct way *way, const struct wish *shared) {
    resume_policy *policy = NULL;
    OK(resume_policy_new(&policy));
    OK(resume_policy_set_ems(policy, RESUME_EMS_ALLOW_LEGACY));
    const struct wish wish = {shared ? shared->keyring : NULL, shared ? shared->store : NULL,
                              policy};
    SSL_CTX *ctx = attached_ctx(way, &wish);
    resume_policy_unref(policy);
    return ctx;
}

static void I_134_a_session_with_is_not_offered_without(void **state) { /* I-134 */
    (void)state;
    for (int i = TICKET12; i <= ID12; i++) {
        SSL_CTX *server = attached_ctx(&ways[i], NULL);
        SSL_CTX *client = client_ctx(&ways[i]);
        SSL_CTX *without = client_without(&ways[i]);
        SSL_SESSION *session = session_from(server, client, "a.example");
        struct visit visit = visit_of(server, without, session);
        assert_false(visit.ok);
        visit_end(&visit);
        assert_int_equal(counted(server, &ways[i], RESUME_REASON_EMS_MISSING_IN_HELLO), 1);
        /* The session is not his to destroy (I-26). */
        assert_true(resumes(server, client, "a.example", session));
        SSL_SESSION_free(session);
        SSL_CTX_free(server);
        SSL_CTX_free(client);
        SSL_CTX_free(without);
    }
}

static void I_135_a_session_without_is_full_with(void **state) { /* I-135 */
    (void)state;
    for (int i = TICKET12; i <= ID12; i++) {
        SSL_CTX *server = legacy_ctx(&ways[i], NULL);
        SSL_CTX *client = client_ctx(&ways[i]);
        SSL_CTX *without = client_without(&ways[i]);
        SSL_SESSION *session = session_from(server, without, "a.example");
        assert_false(resumes(server, client, "a.example", session));
        assert_int_equal(counted(server, &ways[i], RESUME_REASON_EMS_MISSING_IN_SESSION), 1);
        assert_true(resumes(server, without, "a.example", session));
        SSL_SESSION_free(session);
        SSL_CTX_free(server);
        SSL_CTX_free(client);
        SSL_CTX_free(without);
    }
}

static void I_136_neither_has_it(void **state) { /* I-136 */
    (void)state;
    for (int i = TICKET12; i <= ID12; i++) {
        const struct wish wish = {.keyring = keyring_new(), .store = store_new()};
        SSL_CTX *legacy = legacy_ctx(&ways[i], &wish);
        SSL_CTX *strict = attached_ctx(&ways[i], &wish);
        SSL_CTX *without = client_without(&ways[i]);
        SSL_SESSION *session = session_from(legacy, without, "a.example");
        assert_true(resumes(legacy, without, "a.example", session));
        struct visit visit = visit_of(strict, without, session);
        assert_false(visit.ok);
        visit_end(&visit);
        assert_int_equal(counted(strict, &ways[i], RESUME_REASON_EMS_MISSING_IN_BOTH), 1);
        /* And the strict server issues none. */
        uint64_t before = counted(strict, &ways[i], RESUME_REASON_ISSUED);
        SSL_SESSION *none = session_from(strict, without, "a.example");
        assert_int_equal(counted(strict, &ways[i], RESUME_REASON_ISSUED), before);
        assert_int_equal(counted(strict, &ways[i], RESUME_REASON_NOT_ISSUED_BY_POLICY), 1);
        SSL_SESSION_free(none);
        SSL_SESSION_free(session);
        resume_keyring_unref(wish.keyring);
        resume_store_unref(wish.store);
        SSL_CTX_free(legacy);
        SSL_CTX_free(strict);
        SSL_CTX_free(without);
    }
}

static void I_137_138_a_resumed_session_has_it(void **state) { /* I-137, I-138 */
    (void)state;
    for (int i = TICKET12; i <= ID12; i++) {
        SSL_CTX *server = attached_ctx(&ways[i], NULL);
        SSL_CTX *client = client_ctx(&ways[i]);
        SSL_SESSION *session = session_from(server, client, "a.example");
        struct visit visit = visit_of(server, client, session);
        assert_true(visit.ok && visit.reused);
        assert_int_equal(SSL_get_extms_support(visit.server), 1);
        assert_int_equal(SSL_get_extms_support(visit.client), 1);
        visit_end(&visit);
        SSL_SESSION_free(session);
        SSL_CTX_free(server);
        SSL_CTX_free(client);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(I_134_a_session_with_is_not_offered_without),
        cmocka_unit_test(I_135_a_session_without_is_full_with),
        cmocka_unit_test(I_136_neither_has_it),
        cmocka_unit_test(I_137_138_a_resumed_session_has_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
