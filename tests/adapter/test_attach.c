/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Attach and detach: what they take, change and give back; SSL_CTXs that are switched in the middle
 * of a handshake; sessions that leave libssl and come back.
 */
#include "tls.h"

#include <string.h>

static void detach_gives_everything_back(void **state) {
    (void)state;
    FOR_EACH_WAY(way) {
        SSL_CTX *ctx = server_ctx(way);
        SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_BOTH);
        SSL_CTX_set_timeout(ctx, 1234);
        assert_int_equal(SSL_CTX_set_num_tickets(ctx, 3), 1);
        uint64_t options = SSL_CTX_get_options(ctx);
        resume_server *server = server_for(way, NULL);
        assert_int_equal(resume_openssl_detach(ctx), RESUME_MISS);
        OK(resume_openssl_attach(ctx, server, NULL));
        assert_ptr_equal(resume_openssl_server(ctx), server);
        OK(resume_openssl_attach(ctx, server, NULL)); /* a second time replaces the first */
        OK(resume_openssl_detach(ctx));
        assert_null(resume_openssl_server(ctx));
        assert_true(SSL_CTX_get_options(ctx) == options);
        assert_int_equal(SSL_CTX_get_session_cache_mode(ctx), SSL_SESS_CACHE_BOTH);
        assert_int_equal(SSL_CTX_get_timeout(ctx), 1234);
        assert_int_equal(SSL_CTX_get_num_tickets(ctx), 3);
        assert_null(SSL_CTX_get_info_callback(ctx));
        assert_null(SSL_CTX_sess_get_new_cb(ctx));
        assert_null(SSL_CTX_sess_get_get_cb(ctx));
        /* libssl's own tickets work again. */
        SSL_CTX *client = client_ctx(way);
        SSL_SESSION *session = session_from(ctx, client, "a.example");
        assert_true(resumes(ctx, client, "a.example", session));
        SSL_SESSION_free(session);
        SSL_CTX_free(client);
        SSL_CTX_free(ctx);
        resume_server_unref(server);
    }
}

static const char *chosen_suite(SSL_CTX *ctx, SSL_CTX *client) {
    struct visit visit = visit_begin(ctx, client, "a.example", NULL);
    visit_run(&visit);
    assert_true(visit.ok);
    const char *name = SSL_get_cipher_name(visit.server);
    visit_end(&visit);
    return name;
}

static void suites_with_sha256_come_first_on_request(void **state) {
    (void)state;
    resume_policy *policy = NULL;
    SSL_CTX *ctx = server_ctx(&ways[TICKET13]);
    SSL_CTX *client = client_ctx(&ways[TICKET13]);
    OK(resume_policy_new(&policy));
    OK(resume_policy_set_sha256_first(policy, true));
    struct wish wish = {.policy = policy};
    resume_server *server = server_for(&ways[TICKET13], &wish);
    uint64_t options = SSL_CTX_get_options(ctx);
    assert_string_equal(chosen_suite(ctx, client), "TLS_AES_256_GCM_SHA384");
    for (int i = 0; i < 2; i++) { /* a second attach remembers what the first one found */
        OK(resume_openssl_attach(ctx, server, NULL));
        assert_string_equal(chosen_suite(ctx, client), "TLS_AES_128_GCM_SHA256");
    }
    OK(resume_openssl_detach(ctx));
    assert_string_equal(chosen_suite(ctx, client), "TLS_AES_256_GCM_SHA384");
    assert_true(SSL_CTX_get_options(ctx) == options);
    /* What the application does not allow is not brought back. */
    assert_int_equal(SSL_CTX_set_ciphersuites(ctx, "TLS_AES_256_GCM_SHA384"), 1);
    OK(resume_openssl_attach(ctx, server, NULL));
    assert_string_equal(chosen_suite(ctx, client), "TLS_AES_256_GCM_SHA384");
    resume_policy_unref(policy);
    resume_server_unref(server);
    SSL_CTX_free(client);
    SSL_CTX_free(ctx);
}

static void a_second_attach_changes_the_server(void **state) {
    (void)state;
    FOR_EACH_WAY(way) {
        SSL_CTX *ctx = attached_ctx(way, NULL);
        SSL_CTX *client = client_ctx(way);
        SSL_SESSION *session = session_from(ctx, client, "a.example");
        resume_server *other = server_for(way, NULL);
        OK(resume_openssl_attach(ctx, other, NULL));
        resume_server_unref(other);
        assert_false(resumes_on(ctx, client, "a.example", &session));
        assert_true(resumes_on(ctx, client, "a.example", &session));
        SSL_SESSION_free(session);
        SSL_CTX_free(client);
        SSL_CTX_free(ctx);
    }
}

static void connections_outlive_a_detach(void **state) { /* I-173 */
    (void)state;
    FOR_EACH_WAY(way) {
        SSL_CTX *ctx = attached_ctx(way, NULL);
        SSL_CTX *client = client_ctx(way);
        struct visit visit = visit_begin(ctx, client, "a.example", NULL);
        visit_run(&visit);
        assert_true(visit.ok);
        OK(resume_openssl_detach(ctx));
        visit_talk(&visit);
        SSL_CTX_free(ctx);
        visit_end(&visit);
        SSL_CTX_free(client);
    }
}

static void misuse_is_refused_with_a_reason(void **state) {
    (void)state;
    SSL_CTX *ctx = server_ctx(&ways[TICKET13]);
    resume_server *server = server_for(&ways[TICKET13], NULL);
    resume_openssl_options *options = NULL;
    OK(resume_openssl_options_new(&options));
    assert_string_equal(resume_openssl_options_why(options), "");
    assert_int_equal(resume_openssl_attach(NULL, server, options), RESUME_E_INVALID);
    assert_int_equal(resume_openssl_attach(ctx, NULL, options), RESUME_E_INVALID);
    assert_true(strlen(resume_openssl_options_why(options)) > 0);
    SSL_CTX_set_max_early_data(ctx, 16384);
    assert_int_equal(resume_openssl_attach(ctx, server, options), RESUME_E_INVALID);
    assert_non_null(strstr(resume_openssl_options_why(options), "early data"));
    assert_null(resume_openssl_server(ctx));
    SSL_CTX_set_max_early_data(ctx, 0);
    OK(resume_openssl_attach(ctx, server, options));
    assert_string_equal(resume_openssl_options_why(options), "");
    assert_int_equal(resume_openssl_detach(NULL), RESUME_E_INVALID);
    assert_null(resume_openssl_server(NULL));
    assert_int_equal(resume_openssl_options_new(NULL), RESUME_E_INVALID);
    assert_int_equal(resume_openssl_options_set_client_hello(NULL, NULL, NULL), RESUME_E_INVALID);
    assert_string_equal(resume_openssl_options_why(NULL), "");
    assert_null(resume_openssl_options_unref(NULL));
    resume_openssl_options_unref(options);
    resume_server_unref(server);
    SSL_CTX_free(ctx);
}

static int info_calls;

static void on_info(const SSL *ssl, int where, int value) {
    (void)ssl;
    (void)value;
    info_calls += (where & SSL_CB_HANDSHAKE_DONE) != 0;
}

static void the_applications_info_callback_goes_on(void **state) {
    (void)state;
    SSL_CTX *ctx = server_ctx(&ways[TICKET12]);
    SSL_CTX *client = client_ctx(&ways[TICKET12]);
    resume_server *server = server_for(&ways[TICKET12], NULL);
    SSL_CTX_set_info_callback(ctx, on_info);
    OK(resume_openssl_attach(ctx, server, NULL));
    info_calls = 0;
    SSL_SESSION *session = session_from(ctx, client, "a.example");
    assert_int_equal(info_calls, 1);
    OK(resume_openssl_detach(ctx));
    assert_ptr_equal((void *)(uintptr_t)SSL_CTX_get_info_callback(ctx), (void *)(uintptr_t)on_info);
    SSL_SESSION_free(session);
    resume_server_unref(server);
    SSL_CTX_free(client);
    SSL_CTX_free(ctx);
}

/* An info callback of one SSL hides libssl's end of the handshake from us; counts come later. */
static void counts_do_not_need_the_info_callback(void **state) { /* I-28 */
    (void)state;
    FOR_EACH_WAY(way) {
        SSL_CTX *ctx = attached_ctx(way, NULL);
        SSL_CTX *client = client_ctx(way);
        SSL_SESSION *session = session_from(ctx, client, "a.example");
        struct visit visit = visit_begin(ctx, client, "a.example", session);
        SSL_set_info_callback(visit.server, on_info);
        visit_run(&visit);
        assert_true(visit.ok && visit.reused);
        visit_end(&visit);
        assert_int_equal(
            counted(ctx, way, RESUME_REASON_RESUMED) + counted(ctx, way, RESUME_REASON_RENEWED), 1);
        SSL_SESSION_free(session);
        SSL_CTX_free(client);
        SSL_CTX_free(ctx);
    }
}

/* Virtual hosts: b.example is served by another SSL_CTX. */
struct hosts {
    SSL_CTX *first;
    SSL_CTX *second;
    int second_mode;
};

static bool is_b(const char *name, size_t len) {
    return len == 9 && memcmp(name, "b.example", 9) == 0;
}

static int on_server_name(SSL *ssl, int *alert, void *arg) {
    (void)alert;
    const struct hosts *hosts = arg;
    const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    if (name && is_b(name, strlen(name))) {
        SSL_set_SSL_CTX(ssl, hosts->second);
        SSL_set_verify(ssl, hosts->second_mode, NULL);
    }
    return SSL_TLSEXT_ERR_OK;
}

static int on_client_hello(SSL *ssl, int *alert, void *arg) {
    (void)alert;
    const struct hosts *hosts = arg;
    const unsigned char *data = NULL;
    size_t len = 0;
    if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &data, &len) == 1 && len > 5 &&
        is_b((const char *)data + 5, len - 5)) {
        SSL_set_SSL_CTX(ssl, hosts->second);
        SSL_set_verify(ssl, hosts->second_mode, NULL);
    }
    return SSL_CLIENT_HELLO_SUCCESS;
}

static struct hosts hosts_of(const struct way *way) {
    return (struct hosts){server_ctx(way), server_ctx(way), SSL_VERIFY_NONE};
}

static void hosts_free(struct hosts *hosts) {
    SSL_CTX_free(hosts->first);
    SSL_CTX_free(hosts->second);
}

static void contexts_switched_by_name(void **state) { /* I-132 */
    (void)state;
    FOR_EACH_WAY(way) {
        for (int attached = 0; attached < 4; attached++) { /* neither, first, second, both */
            struct hosts hosts = hosts_of(way);
            SSL_CTX *client = client_ctx(way);
            resume_server *server = server_for(way, NULL);
            SSL_CTX_set_tlsext_servername_callback(hosts.first, on_server_name);
            SSL_CTX_set_tlsext_servername_arg(hosts.first, &hosts);
            if (attached & 1) {
                OK(resume_openssl_attach(hosts.first, server, NULL));
            }
            if (attached & 2) {
                OK(resume_openssl_attach(hosts.second, server, NULL));
            }
            SSL_SESSION *session = session_from(hosts.first, client, "b.example");
            assert_true(resumes_on(hosts.first, client, "b.example", &session));
            assert_true(resumes_on(hosts.first, client, "b.example", &session));
            if (attached & 1) {
                assert_false(resumes(hosts.first, client, "a.example", session));
            }
            SSL_SESSION_free(session);
            resume_server_unref(server);
            SSL_CTX_free(client);
            hosts_free(&hosts);
        }
    }
}

/* A servername callback that tightens the rules comes after libssl has decided about resumption, so
 * such a connection leaves nothing behind that could pass by them (I-122, CVE-2025-23419). */
static void rules_that_come_too_late_issue_nothing(void **state) {
    (void)state;
    FOR_EACH_WAY(way) {
        struct hosts hosts = hosts_of(way);
        SSL_CTX *client = client_ctx(way);
        resume_server *server = server_for(way, NULL);
        SSL_CTX_set_tlsext_servername_callback(hosts.first, on_server_name);
        SSL_CTX_set_tlsext_servername_arg(hosts.first, &hosts);
        hosts.second_mode = SSL_VERIFY_PEER; /* asks; this client has none */
        OK(resume_openssl_attach(hosts.first, server, NULL));
        OK(resume_openssl_attach(hosts.second, server, NULL));
        SSL_SESSION *session = session_from(hosts.first, client, "b.example");
        assert_true(!session || !resumes(hosts.first, client, "b.example", session));
        assert_int_equal(counted(hosts.first, way, RESUME_REASON_ISSUED), 0);
        assert_true(counted(hosts.first, way, RESUME_REASON_NOT_ISSUED_BY_POLICY) > 0);
        SSL_SESSION_free(session);
        resume_server_unref(server);
        SSL_CTX_free(client);
        hosts_free(&hosts);
    }
}

static void rules_chosen_in_the_hello_bind(void **state) { /* I-122, I-123 */
    (void)state;
    FOR_EACH_WAY(way) {
        struct hosts hosts = hosts_of(way);
        SSL_CTX *client = client_ctx(way);
        resume_server *server = server_for(way, NULL);
        resume_openssl_options *options = NULL;
        OK(resume_openssl_options_new(&options));
        OK(resume_openssl_options_set_client_hello(options, on_client_hello, &hosts));
        OK(resume_openssl_attach(hosts.first, server, options));
        SSL_SESSION *before = session_from(hosts.first, client, "b.example");
        assert_true(resumes(hosts.first, client, "b.example", before));
        hosts.second_mode = SSL_VERIFY_PEER; /* b.example now asks for certificates */
        assert_false(resumes(hosts.first, client, "b.example", before));
        SSL_SESSION *after = session_from(hosts.first, client, "b.example");
        assert_true(resumes(hosts.first, client, "b.example", after));
        SSL_SESSION_free(before);
        SSL_SESSION_free(after);
        resume_openssl_options_unref(options);
        resume_server_unref(server);
        SSL_CTX_free(client);
        hosts_free(&hosts);
    }
}

static int refuse_hello(SSL *ssl, int *alert, void *arg) {
    (void)ssl;
    (void)arg;
    *alert = SSL_AD_UNRECOGNIZED_NAME;
    return SSL_CLIENT_HELLO_ERROR;
}

static void the_applications_hello_callback_may_refuse(void **state) {
    (void)state;
    SSL_CTX *ctx = server_ctx(&ways[TICKET13]);
    SSL_CTX *client = client_ctx(&ways[TICKET13]);
    resume_server *server = server_for(&ways[TICKET13], NULL);
    resume_openssl_options *options = NULL;
    OK(resume_openssl_options_new(&options));
    OK(resume_openssl_options_set_client_hello(options, refuse_hello, NULL));
    OK(resume_openssl_attach(ctx, server, options));
    struct visit visit = visit_begin(ctx, client, "a.example", NULL);
    visit_run(&visit);
    assert_false(visit.ok);
    visit_end(&visit);
    resume_openssl_options_unref(options);
    resume_server_unref(server);
    SSL_CTX_free(client);
    SSL_CTX_free(ctx);
}

/* An application that keeps the slot calls our callback from its own. */
static int own_hello(SSL *ssl, int *alert, void *arg) {
    return resume_openssl_client_hello(ssl, alert, arg);
}

static void the_slot_may_stay_the_applications(void **state) {
    (void)state;
    FOR_EACH_WAY(way) {
        SSL_CTX *ctx = attached_ctx(way, NULL);
        SSL_CTX *client = client_ctx(way);
        SSL_CTX_set_client_hello_cb(ctx, own_hello, NULL);
        SSL_SESSION *session = session_from(ctx, client, "a.example");
        assert_true(resumes(ctx, client, "a.example", session));
        /* Without it nothing resumes, and nothing breaks. */
        SSL_CTX_set_client_hello_cb(ctx, NULL, NULL);
        assert_false(resumes(ctx, client, "a.example", session));
        assert_int_equal(resume_openssl_client_hello(NULL, NULL, NULL), SSL_CLIENT_HELLO_SUCCESS);
        SSL_SESSION_free(session);
        SSL_CTX_free(client);
        SSL_CTX_free(ctx);
    }
}

/* A session that was taken out of libssl and put into another server's store by hand. */
static void exported_sessions_resume_elsewhere(void **state) {
    (void)state;
    for (int i = 0; i < WAYS; i++) {
        const struct way *way = &ways[i];
        if (way->mode != RESUME_MODE_SESSION_IDS) {
            continue;
        }
        resume_store *store = store_new();
        SSL_CTX *first = attached_ctx(way, NULL);
        SSL_CTX *second = attached_ctx(way, &(struct wish){.store = store});
        SSL_CTX *client = client_ctx(way);
        struct visit visit = visit_begin(first, client, "a.example", NULL);
        visit_run(&visit);
        assert_true(visit.ok);
        resume_session *copy = NULL;
        uint64_t now = (uint64_t)time(NULL) * 1000;
        OK(resume_openssl_export(SSL_get_session(visit.server), now, &copy));
        OK(resume_store_put(store, copy, now));
        SSL_SESSION *session = visit_session(&visit);
        visit_end(&visit);
        assert_true(resumes(second, client, "a.example", session));
        resume_session_unref(copy);
        resume_store_unref(store);
        SSL_SESSION_free(session);
        SSL_CTX_free(first);
        SSL_CTX_free(second);
        SSL_CTX_free(client);
    }
}

static void I_15_export_and_import_are_inverse(void **state) { /* I-15 */
    (void)state;
    FOR_EACH_WAY(way) {
        SSL_CTX *ctx = attached_ctx(way, NULL);
        SSL_CTX *client = client_ctx(way);
        struct visit visit = visit_begin(ctx, client, "a.example", NULL);
        visit_run(&visit);
        resume_session *first = NULL;
        resume_session *second = NULL;
        SSL_SESSION *back = NULL;
        OK(resume_openssl_export(SSL_get_session(visit.server), 0, &first));
        visit_end(&visit);
        SSL_CTX_free(ctx); /* the copy needs nothing of it */
        OK(resume_openssl_import(first, &back));
        OK(resume_openssl_export(back, 0, &second));
        assert_true(resume_session_equal(first, second));
        assert_int_equal(resume_openssl_export(NULL, 0, &second), RESUME_E_INVALID);
        assert_int_equal(resume_openssl_export(back, 0, NULL), RESUME_E_INVALID);
        assert_int_equal(resume_openssl_import(NULL, &back), RESUME_E_INVALID);
        assert_int_equal(resume_openssl_import(first, NULL), RESUME_E_INVALID);
        SSL_SESSION_free(back);
        resume_session_unref(first);
        resume_session_unref(second);
        SSL_CTX_free(client);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(detach_gives_everything_back),
        cmocka_unit_test(suites_with_sha256_come_first_on_request),
        cmocka_unit_test(a_second_attach_changes_the_server),
        cmocka_unit_test(connections_outlive_a_detach),
        cmocka_unit_test(misuse_is_refused_with_a_reason),
        cmocka_unit_test(the_applications_info_callback_goes_on),
        cmocka_unit_test(counts_do_not_need_the_info_callback),
        cmocka_unit_test(contexts_switched_by_name),
        cmocka_unit_test(rules_that_come_too_late_issue_nothing),
        cmocka_unit_test(rules_chosen_in_the_hello_bind),
        cmocka_unit_test(the_applications_hello_callback_may_refuse),
        cmocka_unit_test(the_slot_may_stay_the_applications),
        cmocka_unit_test(exported_sessions_resume_elsewhere),
        cmocka_unit_test(I_15_export_and_import_are_inverse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
