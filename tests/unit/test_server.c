/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The server's answers: every reason there is, with its count and its trace; single use; stores
 * that fail; arguments. The rules themselves are in test_decision.c.
 */
#include "server_world.h"

#define INVALID(call) assert_int_equal((call), RESUME_E_INVALID)

static producer_fn *const producers[] = {
    [RESUME_REASON_RESUMED] = make_resumed,
    [RESUME_REASON_RENEWED] = make_renewed,
    [RESUME_REASON_NOT_OFFERED] = make_not_offered,
    [RESUME_REASON_MODE_OFF] = make_mode_off,
    [RESUME_REASON_UNKNOWN_KEY] = make_unknown_key,
    [RESUME_REASON_KEY_EXPIRED] = make_key_expired,
    [RESUME_REASON_FORGED] = make_forged,
    [RESUME_REASON_MALFORMED] = make_malformed,
    [RESUME_REASON_UNSUPPORTED] = make_unsupported,
    [RESUME_REASON_NOT_IN_STORE] = make_not_in_store,
    [RESUME_REASON_STORE_FAILED] = make_store_failed,
    [RESUME_REASON_EXPIRED] = make_expired,
    [RESUME_REASON_AUTHENTICATION_EXPIRED] = make_authentication_expired,
    [RESUME_REASON_FROM_FUTURE] = make_from_future,
    [RESUME_REASON_VERSION_MISMATCH] = make_version_mismatch,
    [RESUME_REASON_CIPHER_SUITE_NOT_OFFERED] = make_cipher_suite_not_offered,
    [RESUME_REASON_CIPHER_SUITE_NOT_ALLOWED] = make_cipher_suite_not_allowed,
    [RESUME_REASON_COMPRESSION] = make_compression,
    [RESUME_REASON_SERVER_NAME_MISMATCH] = make_server_name_mismatch,
    [RESUME_REASON_CONTEXT_MISMATCH] = make_context_mismatch,
    [RESUME_REASON_CLIENT_CERTIFICATE_MISSING] = make_client_certificate_missing,
    [RESUME_REASON_CLIENT_CERTIFICATE_UNWANTED] = make_client_certificate_unwanted,
    [RESUME_REASON_CLIENT_CERTIFICATE_INVALID] = make_client_certificate_invalid,
    [RESUME_REASON_EMS_MISSING_IN_HELLO] = make_ems_missing_in_hello,
    [RESUME_REASON_EMS_MISSING_IN_SESSION] = make_ems_missing_in_session,
    [RESUME_REASON_EMS_MISSING_IN_BOTH] = make_ems_missing_in_both,
    [RESUME_REASON_NOT_RESUMABLE] = make_not_resumable,
    [RESUME_REASON_FAILED] = make_failed,
    [RESUME_REASON_ISSUED] = make_issued,
    [RESUME_REASON_NOT_ISSUED_NO_KEY] = make_not_issued_no_key,
    [RESUME_REASON_NOT_ISSUED_TOO_LARGE] = make_not_issued_too_large,
    [RESUME_REASON_NOT_ISSUED_BY_POLICY] = make_not_issued_by_policy,
    [RESUME_REASON_NOT_ISSUED_FAILED] = make_not_issued_failed,
};

/* I-28: every reason that the library knows happens, counts once, on its path alone, and is told
 * once. A reason without a producer here fails the test. */
static void every_reason(void **state) {
    (void)state;
    assert_int_equal(sizeof producers / sizeof *producers, resume_reason_count());
    for (resume_reason reason = 0; reason < resume_reason_count(); reason++) {
        int32_t path = -1;
        assert_non_null(producers[reason]);
        struct world *w = producers[reason](&path);
        assert_string_equal(resume_reason_name(w->trace.reason), resume_reason_name(reason));
        assert_int_equal(w->trace.calls, 1);
        assert_int_equal(w->trace.path, path);
        assert_int_equal(w->trace.time, w->now);
        assert_int_equal(resume_server_counter(w->server, path, reason), 1);
        assert_int_equal(outcomes_of(w->server), 1);
        end(w);
    }
}

/* Names are for dashboards: all there, all different, snake_case, safe for any number. */
static void names(void **state) {
    (void)state;
    for (resume_reason a = 0; a < resume_reason_count(); a++) {
        const char *name = resume_reason_name(a);
        assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz_0123456789"), strlen(name));
        assert_true(strlen(name) > 0 && strcmp(name, "unknown") != 0);
        for (resume_reason b = 0; b < a; b++) {
            assert_string_not_equal(name, resume_reason_name(b));
        }
    }
    assert_string_equal(resume_reason_name(-1), "unknown");
    assert_string_equal(resume_reason_name(resume_reason_count()), "unknown");
    assert_string_equal(resume_reason_name(INT32_MAX), "unknown");
    assert_string_equal(resume_path_name(RESUME_PATH_TLS13_STORED), "tls13_stored");
    for (int32_t path = 0; path < RESUME_PATH_COUNT; path++) {
        assert_string_not_equal(resume_path_name(path), "unknown");
    }
    assert_string_equal(resume_path_name(-1), "unknown");
    assert_string_equal(resume_path_name(RESUME_PATH_COUNT), "unknown");
}

/* I-12: the four ways count apart. */
static void I_12_paths_count_apart(void **state) {
    (void)state;
    for (uint16_t version = TLS12; version <= TLS13; version++) {
        struct world *w = world_of(version);
        bool tls13 = version == TLS13;
        resume_reason yes = tls13 ? RESUME_REASON_RENEWED : RESUME_REASON_RESUMED;
        seal(w);
        put(w);
        assert_int_equal(offer_ticket(w), yes);
        assert_int_equal(w->trace.path,
                         tls13 ? RESUME_PATH_TLS13_TICKET : RESUME_PATH_TLS12_TICKET);
        assert_int_equal(offer_id(w), yes);
        assert_int_equal(w->trace.path,
                         tls13 ? RESUME_PATH_TLS13_STORED : RESUME_PATH_TLS12_SESSION_ID);
        assert_int_equal(outcomes_of(w->server), 2);
        end(w);
    }
}

/* The session comes back as it was sealed and stored (I-14), again and again (I-02). */
static void I_02_14_the_session_itself(void **state) {
    (void)state;
    struct world *w = world_of(TLS12);
    resume_session *expected = session_of(&w->recipe);
    seal(w);
    put(w);
    for (int i = 0; i < 10; i++) {
        resume_session *session = NULL;
        resume_reason reason = -1;
        OK(resume_server_open_ticket(w->server, w->connection, w->ticket, w->ticket_len, NOW,
                                     &session, &reason));
        assert_true(resume_session_equal(session, expected));
        session = resume_session_unref(session);
        OK(resume_server_find_session(w->server, w->connection, some_id, 32, NOW, &session,
                                      &reason));
        assert_true(resume_session_equal(session, expected));
        resume_session_unref(session);
    }
    resume_session_unref(expected);
    end(w);
}

/* The hook is told the age and called by the thread that decides; the histograms hold the ages
 * of what resumed. */
static void ages(void **state) {
    (void)state;
    struct world *w = world_of(TLS12);
    seal(w);
    w->now = NOW + 1000 * SECOND + 7; /* bucket 10: below 1024 s */
    assert_int_equal(offer_ticket(w), RESUME_REASON_RESUMED);
    assert_int_equal(w->trace.age, 1000 * SECOND + 7);
    assert_true(pthread_equal(w->trace.thread, pthread_self()));
    assert_int_equal(resume_server_histogram(w->server, RESUME_HISTOGRAM_TICKET_AGE, 10), 1);
    /* The key began to seal an hour before: 4600 s, below 8192. */
    assert_int_equal(resume_server_histogram(w->server, RESUME_HISTOGRAM_KEY_AGE, 13), 1);
    w->now = NOW - 1; /* within the skew: age 0 (I-76) */
    assert_int_equal(offer_ticket(w), RESUME_REASON_RESUMED);
    assert_int_equal(w->trace.age, 0);
    assert_int_equal(resume_server_histogram(w->server, RESUME_HISTOGRAM_TICKET_AGE, 0), 1);
    w->now = NOW + 2 * HOUR; /* expired: told, but no age of a resumption */
    assert_int_equal(offer_ticket(w), RESUME_REASON_EXPIRED);
    assert_int_equal(w->trace.age, 2 * HOUR);
    uint64_t all = 0;
    for (size_t i = 0; i < RESUME_HISTOGRAM_BUCKETS; i++) {
        all += resume_server_histogram(w->server, RESUME_HISTOGRAM_TICKET_AGE, i);
    }
    assert_int_equal(all, 2);
    end(w);
}

/* I-35: a ticket of a key that seals no more is renewed, and says so, if there is a key to renew it
 * with; without one it just resumes. */
static void I_35_old_key(void **state) {
    (void)state;
    resume_keyring *ring = NULL;
    OK(resume_keyring_new(NULL, &ring));
    ring_add(ring, 1, NOW - HOUR, NOW + HOUR, NOW + DAY, NOW);
    struct world *w = world_with(TLS12, ring, NULL, NULL);
    seal(w);
    assert_int_equal(offer_ticket(w), RESUME_REASON_RESUMED);
    w->now = NOW + HOUR;
    assert_int_equal(offer_ticket(w), RESUME_REASON_RESUMED);
    ring_add(ring, 2, NOW, NOW + DAY, NOW + DAY, w->now);
    assert_int_equal(offer_ticket(w), RESUME_REASON_RENEWED);
    assert_int_equal(w->trace.reason, RESUME_REASON_RENEWED);
    end(w);
}

/* I-18: any bit changed is a decline with a reason, never an error, never a session. I-152,
 * I-154: so is every length. */
static void damaged_tickets(void **state) {
    (void)state;
    struct world *w = world_of(TLS12);
    seal(w);
    size_t whole = w->ticket_len;
    for (size_t bit = 0; bit < 8 * whole; bit++) {
        w->ticket[bit / 8] ^= (uint8_t)(1U << bit % 8);
        resume_reason reason = offer_ticket(w);
        assert_int_equal(reason, bit < 128 ? RESUME_REASON_UNKNOWN_KEY : RESUME_REASON_FORGED);
        w->ticket[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    for (w->ticket_len = 0; w->ticket_len < whole; w->ticket_len++) {
        assert_int_not_equal(offer_ticket(w), RESUME_REASON_RESUMED);
    }
    w->ticket_len = whole;
    assert_int_equal(offer_ticket(w), RESUME_REASON_RESUMED);
    end(w);
}

/* I-38: IDs of any length, from none to longer than there are. I-40: none is adopted. */
static void I_38_40_session_id_lengths(void **state) {
    (void)state;
    uint8_t id[64];
    struct world *w = world_of(TLS12);
    memset(id, 9, sizeof id);
    assert_int_equal(offer_id_of(w, id, 0), RESUME_REASON_NOT_OFFERED);
    assert_int_equal(offer_id_of(w, NULL, 0), RESUME_REASON_NOT_OFFERED);
    for (size_t len = 1; len <= sizeof id; len++) {
        assert_int_equal(offer_id_of(w, id, len), RESUME_REASON_NOT_IN_STORE);
    }
    put(w); /* I-85: the exact ID */
    assert_int_equal(offer_id_of(w, some_id, 31), RESUME_REASON_NOT_IN_STORE);
    assert_int_equal(offer_id(w), RESUME_REASON_RESUMED);
    end(w);
}

/* I-26: an offer that is refused burns nothing, whoever makes it. I-147: the one use does. */
static void refused_offers_burn_nothing(void **state) {
    (void)state;
    struct world *w = world_with(TLS12, NULL, memory_store(), single_use());
    put(w);
    OK(resume_connection_set_server_name(w->connection, (const uint8_t *)"b.example", 9));
    assert_int_equal(offer_id(w), RESUME_REASON_SERVER_NAME_MISMATCH);
    OK(resume_connection_set_server_name(w->connection, (const uint8_t *)"a.example", 9));
    OK(resume_connection_set_extended_master_secret(w->connection, false));
    assert_int_equal(offer_id(w), RESUME_REASON_EMS_MISSING_IN_HELLO);
    OK(resume_connection_set_extended_master_secret(w->connection, true));
    assert_int_equal(offer_id(w), RESUME_REASON_RESUMED);
    assert_int_equal(offer_id(w), RESUME_REASON_NOT_IN_STORE);
    end(w);
}

#define THREADS 8

struct racer {
    resume_server *server;
    atomic_uint *won;
    atomic_uint *lost;
};

static void *race(void *arg) {
    struct racer *racer = arg;
    resume_connection *connection = connection_of(TLS12);
    resume_session *session = NULL;
    resume_reason reason = -1;
    resume_status status =
        resume_server_find_session(racer->server, connection, some_id, 32, NOW, &session, &reason);
    atomic_fetch_add(status == RESUME_OK ? racer->won : racer->lost, 1U);
    resume_session_unref(session);
    resume_connection_unref(connection);
    return NULL;
}

/* I-87: of N threads that offer one session at once exactly one resumes, the others go on with a
 * full handshake (I-167). For ThreadSanitizer, too. */
static void one_of_many_wins(void **state) {
    (void)state;
    resume_server *server = server_of(NULL, memory_store(), single_use(), NULL, NULL);
    struct recipe recipe = recipe_of(TLS12);
    resume_session *session = session_of(&recipe);
    const unsigned rounds = 50;
    for (unsigned round = 0; round < rounds; round++) {
        atomic_uint won = 0;
        atomic_uint lost = 0;
        struct racer racer = {server, &won, &lost};
        pthread_t threads[THREADS];
        OK(resume_store_put(resume_server_store(server), session, NOW));
        for (size_t i = 0; i < THREADS; i++) {
            assert_int_equal(pthread_create(&threads[i], NULL, race, &racer), 0);
        }
        for (size_t i = 0; i < THREADS; i++) {
            assert_int_equal(pthread_join(threads[i], NULL), 0);
        }
        assert_int_equal(atomic_load(&won), 1);
        assert_int_equal(atomic_load(&lost), THREADS - 1);
    }
    const int32_t path = RESUME_PATH_TLS12_SESSION_ID;
    assert_int_equal(resume_server_counter(server, path, RESUME_REASON_RESUMED), rounds);
    assert_int_equal(resume_server_counter(server, path, RESUME_REASON_NOT_IN_STORE),
                     rounds * (THREADS - 1));
    resume_session_unref(session);
    resume_server_unref(server);
}

/* I-107, I-112: a store that fails costs full handshakes, and nothing else. */
static void store_down(void **state) {
    (void)state;
    struct world *w = world_with(TLS12, ring_of_one(), small_store(), NULL);
    OK(store(w));
    assert_int_equal(offer_id(w), RESUME_REASON_RESUMED);
    the_small.fails = true;
    assert_int_equal(offer_id(w), RESUME_REASON_STORE_FAILED);
    assert_int_equal(store(w), RESUME_E_IO);
    assert_int_equal(w->trace.reason, RESUME_REASON_NOT_ISSUED_FAILED);
    assert_int_equal(resume_server_forget(w->server, some_id, 32), RESUME_E_IO);
    OK(issue(w)); /* tickets do not need it */
    assert_int_equal(offer_ticket(w), RESUME_REASON_RESUMED);
    the_small.fails = false;
    assert_int_equal(offer_id(w), RESUME_REASON_RESUMED);
    the_small.record[the_small.len - 1] ^= 1; /* spoilt: the session in it does not read */
    the_small.record[12] ^= 1;
    assert_int_equal(offer_id(w), RESUME_REASON_NOT_IN_STORE);
    end(w);
}

/* I-20: what is switched off is not even asked. */
static void mode_off_asks_nobody(void **state) {
    (void)state;
    resume_policy *policy = new_policy();
    OK(resume_policy_set_modes(policy, RESUME_MODE_TICKETS));
    struct world *w = world_with(TLS12, ring_of_one(), small_store(), policy);
    assert_int_equal(offer_id(w), RESUME_REASON_MODE_OFF);
    assert_int_equal(store(w), RESUME_FULL);
    assert_int_equal(the_small.calls, 0);
    end(w);
}

/* I-20, I-46: a good ticket where the policy takes none, although there are keys for it. */
static void I_46_forbidden_ticket(void **state) {
    (void)state;
    resume_policy *policy = new_policy();
    OK(resume_policy_set_forward_secrecy(policy, true));
    struct world *w = world_with(TLS12, ring_of_one(), NULL, policy);
    seal(w);
    assert_int_equal(offer_ticket(w), RESUME_REASON_MODE_OFF);
    assert_int_equal(w->trace.path, RESUME_PATH_TLS12_TICKET);
    end(w);
}

/* I-27: after a fatal alert. Removing what is not there is harmless. */
static void forget(void **state) {
    (void)state;
    struct world *w = world_of(TLS12);
    put(w);
    OK(resume_server_forget(w->server, some_id, 32));
    assert_int_equal(offer_id(w), RESUME_REASON_NOT_IN_STORE);
    assert_int_equal(resume_server_forget(w->server, some_id, 32), RESUME_MISS);
    INVALID(resume_server_forget(NULL, some_id, 32));
    INVALID(resume_server_forget(w->server, NULL, 32));
    INVALID(resume_server_forget(w->server, some_id, 0));
    INVALID(resume_server_forget(w->server, some_id, 33));
    end(w);
    w = world_with(TLS12, ring_of_one(), NULL, NULL);
    assert_int_equal(resume_server_forget(w->server, some_id, 32), RESUME_MISS);
    end(w);
}

/* The check is pure: the same answer as the offer, but no count and no trace. */
static void check_is_pure(void **state) {
    (void)state;
    struct world *w = world_of(TLS12);
    resume_session *session = session_of(&w->recipe);
    resume_reason reason = -1;
    const int32_t path = RESUME_PATH_TLS12_SESSION_ID;
    OK(resume_server_check(w->server, session, w->connection, path, NOW, &reason));
    assert_int_equal(reason, RESUME_REASON_RESUMED);
    OK(resume_connection_set_extended_master_secret(w->connection, false));
    assert_int_equal(resume_server_check(w->server, session, w->connection, path, NOW, &reason),
                     RESUME_ABORT);
    assert_int_equal(reason, RESUME_REASON_EMS_MISSING_IN_HELLO);
    assert_int_equal(
        resume_server_check(w->server, session, w->connection, path, NOW + DAY, &reason),
        RESUME_FULL);
    assert_int_equal(outcomes_of(w->server), 0);
    assert_int_equal(w->trace.calls, 0);
    reason = 77;
    INVALID(resume_server_check(NULL, session, w->connection, path, NOW, &reason));
    INVALID(resume_server_check(w->server, NULL, w->connection, path, NOW, &reason));
    INVALID(resume_server_check(w->server, session, NULL, path, NOW, &reason));
    INVALID(resume_server_check(w->server, session, w->connection, -1, NOW, &reason));
    INVALID(
        resume_server_check(w->server, session, w->connection, RESUME_PATH_COUNT, NOW, &reason));
    INVALID(resume_server_check(w->server, session, w->connection, path, NOW, NULL));
    assert_int_equal(reason, 77);
    resume_session_unref(session);
    end(w);
}

/* The same about a session that lies elsewhere; I-156: one that cannot be is declined, not an
 * error. */
static void check_facts_is_pure(void **state) {
    (void)state;
    static const uint8_t secret[48] = {1};
    struct world *w = world_of(TLS12);
    resume_facts *facts = NULL;
    resume_reason reason = -1;
    const int32_t path = RESUME_PATH_TLS12_TICKET;
    OK(resume_facts_new(&facts));
    OK(resume_facts_set_version(facts, w->recipe.version));
    OK(resume_facts_set_cipher_suite(facts, w->recipe.suite));
    OK(resume_facts_set_extended_master_secret(facts, w->recipe.ems));
    OK(resume_facts_set_created(facts, w->recipe.created));
    OK(resume_facts_set_lifetime(facts, w->recipe.lifetime));
    OK(resume_facts_set_context(facts, w->recipe.context, w->recipe.context_len));
    OK(resume_facts_set_server_name(facts, (const uint8_t *)w->recipe.name, 9));
    assert_int_equal(resume_server_check_facts(w->server, facts, w->connection, path, NOW, &reason),
                     RESUME_FULL);
    assert_int_equal(reason, RESUME_REASON_UNSUPPORTED); /* no secret yet */
    OK(resume_facts_set_secret(facts, secret, sizeof secret));
    OK(resume_server_check_facts(w->server, facts, w->connection, path, NOW, &reason));
    assert_int_equal(reason, RESUME_REASON_RESUMED);
    OK(resume_connection_set_extended_master_secret(w->connection, false));
    assert_int_equal(resume_server_check_facts(w->server, facts, w->connection, path, NOW, &reason),
                     RESUME_ABORT);
    assert_int_equal(reason, RESUME_REASON_EMS_MISSING_IN_HELLO);
    assert_int_equal(outcomes_of(w->server), 0);
    assert_int_equal(w->trace.calls, 0);
    reason = 77;
    INVALID(resume_server_check_facts(NULL, facts, w->connection, path, NOW, &reason));
    INVALID(resume_server_check_facts(w->server, NULL, w->connection, path, NOW, &reason));
    INVALID(resume_server_check_facts(w->server, facts, NULL, path, NOW, &reason));
    INVALID(resume_server_check_facts(w->server, facts, w->connection, -1, NOW, &reason));
    INVALID(resume_server_check_facts(w->server, facts, w->connection, RESUME_PATH_COUNT, NOW,
                                      &reason));
    INVALID(resume_server_check_facts(w->server, facts, w->connection, path, NOW, NULL));
    assert_int_equal(reason, 77);
    resume_facts_unref(facts);
    end(w);
}

/* Broken contracts are neither counted nor told, and outputs stay. */
static void null_is_invalid(void **state) {
    (void)state;
    struct world *w = world_of(TLS12);
    resume_session *session = NULL;
    resume_reason reason = 77;
    resume_server *s = w->server;
    INVALID(resume_server_open_ticket(NULL, w->connection, some_id, 32, NOW, &session, &reason));
    INVALID(resume_server_open_ticket(s, NULL, some_id, 32, NOW, &session, &reason));
    INVALID(resume_server_open_ticket(s, w->connection, NULL, 32, NOW, &session, &reason));
    INVALID(resume_server_open_ticket(s, w->connection, some_id, 32, NOW, NULL, &reason));
    INVALID(resume_server_open_ticket(s, w->connection, some_id, 32, NOW, &session, NULL));
    INVALID(resume_server_find_session(NULL, w->connection, some_id, 32, NOW, &session, &reason));
    INVALID(resume_server_find_session(s, NULL, some_id, 32, NOW, &session, &reason));
    INVALID(resume_server_find_session(s, w->connection, NULL, 32, NOW, &session, &reason));
    INVALID(resume_server_find_session(s, w->connection, some_id, 32, NOW, NULL, &reason));
    INVALID(resume_server_find_session(s, w->connection, some_id, 32, NOW, &session, NULL));
    assert_null(session);
    assert_int_equal(reason, 77);
    assert_int_equal(outcomes_of(s), 0);
    assert_int_equal(w->trace.calls, 0);
    assert_int_equal(resume_event_path(NULL), RESUME_PATH_NONE);
    assert_int_equal(resume_event_reason(NULL), RESUME_REASON_FAILED);
    assert_int_equal(resume_event_time(NULL), 0);
    assert_int_equal(resume_event_age(NULL), 0);
    end(w);
}

/* What adapters count themselves goes the same way. */
static void counting_from_outside(void **state) {
    (void)state;
    struct world *w = world_of(TLS12);
    const int32_t path = RESUME_PATH_TLS13_TICKET;
    OK(resume_server_count(w->server, path, RESUME_REASON_UNKNOWN_KEY, 5000, NOW + 1));
    assert_int_equal(resume_server_counter(w->server, path, RESUME_REASON_UNKNOWN_KEY), 1);
    assert_int_equal(w->trace.age, 5000);
    assert_int_equal(w->trace.time, NOW + 1);
    assert_int_equal(resume_server_histogram(w->server, RESUME_HISTOGRAM_TICKET_AGE, 3), 0);
    OK(resume_server_count(w->server, path, RESUME_REASON_RENEWED, 5000, NOW));
    assert_int_equal(resume_server_histogram(w->server, RESUME_HISTOGRAM_TICKET_AGE, 3), 1);
    OK(resume_server_observe(w->server, RESUME_HISTOGRAM_KEY_AGE, 999));
    assert_int_equal(resume_server_histogram(w->server, RESUME_HISTOGRAM_KEY_AGE, 0), 1);
    assert_int_equal(w->trace.calls, 2);
    end(w);
}

static void counting_ranges(void **state) {
    (void)state;
    struct world *w = world_of(TLS12);
    resume_server *s = w->server;
    INVALID(resume_server_count(NULL, 0, 0, 0, NOW));
    INVALID(resume_server_count(s, -1, 0, 0, NOW));
    INVALID(resume_server_count(s, RESUME_PATH_COUNT, 0, 0, NOW));
    INVALID(resume_server_count(s, 0, -1, 0, NOW));
    INVALID(resume_server_count(s, 0, resume_reason_count(), 0, NOW));
    INVALID(resume_server_observe(NULL, 0, 0));
    INVALID(resume_server_observe(s, -1, 0));
    INVALID(resume_server_observe(s, RESUME_HISTOGRAM_COUNT, 0));
    assert_int_equal(resume_server_counter(NULL, 0, 0), 0);
    assert_int_equal(resume_server_counter(s, -1, 0), 0);
    assert_int_equal(resume_server_counter(s, RESUME_PATH_COUNT, 0), 0);
    assert_int_equal(resume_server_counter(s, 0, -1), 0);
    assert_int_equal(resume_server_counter(s, 0, INT32_MAX), 0);
    assert_int_equal(resume_server_histogram(NULL, 0, 0), 0);
    assert_int_equal(resume_server_histogram(s, -1, 0), 0);
    assert_int_equal(resume_server_histogram(s, RESUME_HISTOGRAM_COUNT, 0), 0);
    assert_int_equal(resume_server_histogram(s, 0, RESUME_HISTOGRAM_BUCKETS), 0);
    assert_int_equal(resume_server_histogram(s, 0, SIZE_MAX), 0);
    assert_int_equal(outcomes_of(s), 0);
    end(w);
}

/* A hook that asks the server everything while it is called. */
struct curious {
    resume_server *server;
    resume_connection *connection;
    unsigned depth;
    unsigned calls;
};

static void ask_everything(void *arg, const resume_event *event) {
    struct curious *c = arg;
    c->calls++;
    /* It is counted before it is told. */
    assert_true(
        resume_server_counter(c->server, resume_event_path(event), resume_event_reason(event)) > 0);
    if (c->depth++ == 0) {
        resume_session *session = NULL;
        resume_reason reason = -1;
        uint32_t seconds = 0;
        struct recipe recipe = recipe_of(TLS12);
        recipe.lifetime = 1000;
        resume_session *other = session_of(&recipe);
        OK(resume_server_lifetime(c->server, RESUME_PATH_TLS12_TICKET, NOW, NOW, &seconds));
        OK(resume_server_store_session(c->server, other, NOW));
        OK(resume_server_find_session(c->server, c->connection, some_id, 32, NOW, &session,
                                      &reason));
        OK(resume_server_forget(c->server, some_id, 32));
        OK(resume_keyring_tick(resume_server_keyring(c->server), NOW));
        OK(resume_store_sweep(resume_server_store(c->server), NOW, 1000));
        resume_session_unref(session);
        resume_session_unref(other);
    }
    c->depth--;
}

/* I-171: no lock is held while the hook runs: each of these would wait for ever, or find itself
 * half done. */
static void hook_runs_outside_locks(void **state) {
    (void)state;
    static uint8_t ticket[RESUME_TICKET_MAX];
    struct curious c = {0};
    resume_server *server = server_of(ring_of_one(), memory_store(), NULL, ask_everything, &c);
    c.server = server;
    c.connection = connection_of(TLS12);
    struct recipe recipe = recipe_of(TLS12);
    resume_session *session = session_of(&recipe);
    resume_session *found = NULL;
    resume_reason reason = -1;
    size_t len = 0;
    OK(resume_server_issue_ticket(server, session, NOW, ticket, sizeof ticket, &len, NULL));
    OK(resume_server_open_ticket(server, c.connection, ticket, len, NOW, &found, &reason));
    resume_session_unref(found);
    OK(resume_server_store_session(server, session, NOW));
    assert_int_equal(
        resume_server_find_session(server, c.connection, some_id, 32, NOW, &found, &reason),
        RESUME_FULL); /* the hook has forgotten it */
    assert_int_equal(c.calls, 3 * 4);
    resume_session_unref(session);
    resume_connection_unref(c.connection);
    resume_server_unref(server);
}

static void I_39_random_bytes(void **state) {
    (void)state;
    static const uint8_t zero[64];
    uint8_t a[4097] = {0};
    uint8_t b[64] = {0};
    struct world *w = world_of(TLS12);
    OK(resume_server_random(w->server, a, 64));
    OK(resume_server_random(w->server, b, 64));
    assert_memory_not_equal(a, zero, 64);
    assert_memory_not_equal(a, b, 64); /* I-39, I-140 */
    OK(resume_server_random(w->server, a, 1));
    OK(resume_server_random(w->server, a, 4096));
    INVALID(resume_server_random(w->server, a, 4097));
    INVALID(resume_server_random(w->server, a, 0));
    INVALID(resume_server_random(w->server, NULL, 1));
    INVALID(resume_server_random(NULL, a, 1));
    end(w);
}

/* I-95: whichever allocation fails, an offer is answered: a session or a full handshake. */
static void offers_without_memory(void **state) {
    (void)state;
    struct world *w = world_of(TLS12);
    seal(w);
    put(w);
    resume_reason reason = -1;
    for (unsigned long nth = 1; reason != RESUME_REASON_RESUMED; nth++) {
        rsm_alloc_fail_once(nth);
        reason = offer_ticket(w);
        rsm_alloc_fail_once(0);
        assert_true(reason == RESUME_REASON_RESUMED || reason == RESUME_REASON_FAILED);
    }
    reason = -1;
    for (unsigned long nth = 1; reason != RESUME_REASON_RESUMED; nth++) {
        rsm_alloc_fail_once(nth);
        reason = offer_id(w);
        rsm_alloc_fail_once(0);
        assert_true(reason == RESUME_REASON_RESUMED || reason == RESUME_REASON_FAILED);
    }
    assert_true(outcomes_of(w->server) >= 4);
    end(w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_reason),
        cmocka_unit_test(names),
        cmocka_unit_test(I_12_paths_count_apart),
        cmocka_unit_test(I_02_14_the_session_itself),
        cmocka_unit_test(ages),
        cmocka_unit_test(I_35_old_key),
        cmocka_unit_test(damaged_tickets),
        cmocka_unit_test(I_38_40_session_id_lengths),
        cmocka_unit_test(refused_offers_burn_nothing),
        cmocka_unit_test(one_of_many_wins),
        cmocka_unit_test(store_down),
        cmocka_unit_test(mode_off_asks_nobody),
        cmocka_unit_test(I_46_forbidden_ticket),
        cmocka_unit_test(forget),
        cmocka_unit_test(check_is_pure),
        cmocka_unit_test(check_facts_is_pure),
        cmocka_unit_test(null_is_invalid),
        cmocka_unit_test(counting_from_outside),
        cmocka_unit_test(counting_ranges),
        cmocka_unit_test(hook_runs_outside_locks),
        cmocka_unit_test(I_39_random_bytes),
        cmocka_unit_test(offers_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
