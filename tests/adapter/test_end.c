/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a connection ends and what becomes of its session: a fatal alert forgets it, anything else
 * keeps it, and nobody can have another client's session forgotten.
 */
#include "tls.h"

#include <string.h>

static const struct way *stored_ways[] = {&ways[ID12], &ways[STORED13]};

/* What no TLS peer sends; the server answers with a fatal alert. */
static void send_garbage(struct visit *visit) {
    char byte;
    char noise[64];
    memset(noise, 0x7F, sizeof noise);
    assert_int_equal(BIO_write(SSL_get_wbio(visit->client), noise, sizeof noise), sizeof noise);
    assert_true(SSL_read(visit->server, &byte, 1) <= 0);
    assert_int_equal(SSL_get_error(visit->server, -1), SSL_ERROR_SSL);
}

static void a_fatal_alert_forgets_the_session(void **state) { /* I-25, I-27 */
    (void)state;
    for (int i = 0; i < 2; i++) {
        SSL_CTX *server = attached_ctx(stored_ways[i], NULL);
        SSL_CTX *client = client_ctx(stored_ways[i]);
        SSL_SESSION *session = NULL;
        for (int resumed = 0; resumed < 2; resumed++) { /* made by, or resumed by the connection */
            struct visit visit = visit_begin(server, client, "a.example", session);
            visit_run(&visit);
            assert_true(visit.ok && visit.reused == resumed);
            SSL_SESSION_free(session);
            session = visit_session(&visit);
            send_garbage(&visit);
            visit_end(&visit);
            assert_false(resumes_on(server, client, "a.example", &session));
        }
        SSL_SESSION_free(session);
        SSL_CTX_free(server);
        SSL_CTX_free(client);
    }
}

static void an_end_without_close_notify_keeps_it(void **state) {
    (void)state;
    FOR_EACH_WAY(way) {
        SSL_CTX *server = attached_ctx(way, NULL);
        SSL_CTX *client = client_ctx(way);
        struct visit visit = visit_begin(server, client, "a.example", NULL);
        visit_run(&visit);
        visit_talk(&visit);
        SSL_SESSION *session = visit_session(&visit);
        SSL_free(visit.server);
        SSL_free(visit.client);
        assert_true(resumes(server, client, "a.example", session));
        SSL_SESSION_free(session);
        SSL_CTX_free(server);
        SSL_CTX_free(client);
    }
}

static void a_ticket_does_not_give_power_over_an_id(void **state) { /* I-26 */
    (void)state;
    const struct way both = {TLS1_2_VERSION, RESUME_MODE_TICKETS | RESUME_MODE_SESSION_IDS,
                             RESUME_PATH_TLS12_SESSION_ID, "both"};
    SSL_CTX *server = attached_ctx(&both, NULL);
    SSL_CTX *victim = client_ctx(&both);
    SSL_CTX *attacker = client_ctx(&both);
    SSL_CTX_set_options(victim, SSL_OP_NO_TICKET);
    SSL_SESSION *stored = session_from(server, victim, "a.example");
    SSL_SESSION *ticket = session_from(server, attacker, "a.example");
    unsigned int len = 0;
    const unsigned char *id = SSL_SESSION_get_id(stored, &len);
    assert_int_equal(len, 32);
    assert_int_equal(SSL_SESSION_set1_id(ticket, id, len), 1);
    struct visit visit = visit_begin(server, attacker, "a.example", ticket);
    visit_run(&visit);
    assert_true(visit.ok && visit.reused);
    send_garbage(&visit);
    visit_end(&visit);
    assert_true(resumes(server, victim, "a.example", stored));
    SSL_SESSION_free(stored);
    SSL_SESSION_free(ticket);
    SSL_CTX_free(server);
    SSL_CTX_free(victim);
    SSL_CTX_free(attacker);
}

/* A client that goes away in the middle is counted once, and the server is as before. */
static void a_client_that_gives_up_is_counted_once(void **state) { /* I-28 */
    (void)state;
    FOR_EACH_WAY(way) {
        SSL_CTX *server = attached_ctx(way, NULL);
        SSL_CTX *client = client_ctx(way);
        SSL_SESSION *session = session_from(server, client, "a.example");
        struct visit visit = visit_begin(server, client, "a.example", session);
        SSL_do_handshake(visit.client);
        SSL_do_handshake(visit.server);
        SSL_free(visit.client);
        SSL_free(visit.server);
        uint64_t outcomes = 0;
        for (resume_reason reason = 0; reason < RESUME_REASON_ISSUED; reason++) {
            outcomes += counted(server, way, reason);
        }
        assert_int_equal(outcomes, 1);
        assert_true(resumes(server, client, "a.example", session));
        SSL_SESSION_free(session);
        SSL_CTX_free(server);
        SSL_CTX_free(client);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fatal_alert_forgets_the_session),
        cmocka_unit_test(an_end_without_close_notify_keeps_it),
        cmocka_unit_test(a_ticket_does_not_give_power_over_an_id),
        cmocka_unit_test(a_client_that_gives_up_is_counted_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
