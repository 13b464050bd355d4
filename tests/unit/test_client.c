/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The client's cache: what goes in, for how long it stays, what comes out and how often.
 */
#include "client_fixture.h"

#include <pthread.h>

static void I_116_a_tls12_session_stays_and_a_tls13_ticket_goes(void **state) { /* I-116 */
    (void)state;
    resume_client *client = client_plain();
    resume_peer *old = peer_named("old.example");
    resume_peer *new = peer_named("new.example");
    put_ticket(client, old, 1, TLS12);
    put_ticket(client, new, 2, TLS13);
    assert_int_equal(resume_client_count(client), 2);
    for (int i = 0; i < 3; i++) {
        expect_taken(client, old, 1, NOW);
    }
    expect_taken(client, new, 2, NOW);
    expect_nothing(client, new, NOW);
    assert_int_equal(resume_client_count(client), 1);
    assert_int_equal(stat_of(client, RESUME_CLIENT_HITS), 4);
    assert_int_equal(stat_of(client, RESUME_CLIENT_MISSES), 1);
    assert_int_equal(stat_of(client, RESUME_CLIENT_PUTS), 2);
    resume_peer_unref(old);
    resume_peer_unref(new);
    resume_client_unref(client);
}

static void I_115_what_was_put_comes_out(void **state) {
    (void)state;
    resume_client *client = client_plain();
    resume_peer *peer = peer_named("a.example");
    resume_session *session = session_like((struct shape){.seed = 5});
    resume_saved *saved = NULL;
    static uint8_t ticket[65535];
    size_t len = 0;
    noise(9, ticket, sizeof ticket);
    OK(resume_client_put(client, peer, session, ticket, sizeof ticket, 300, NOW)); /* I-115 */
    OK(resume_client_take(client, peer, NOW + 1, &saved));
    assert_true(resume_session_equal(resume_saved_session(saved), session));
    assert_memory_equal(resume_saved_ticket(saved, &len), ticket, sizeof ticket);
    assert_int_equal(len, sizeof ticket);
    assert_int_equal(resume_saved_lifetime_hint(saved), 300);
    assert_int_equal(resume_saved_received(saved), NOW);
    assert_int_equal(resume_saved_expires(saved), NOW + 300000);
    /* It outlives the client. */
    resume_client_unref(client);
    resume_session_unref(session);
    assert_int_equal(resume_session_version(resume_saved_session(saved)), TLS12);
    assert_ptr_equal(resume_saved_ref(saved), saved);
    resume_saved_unref(saved);
    assert_null(resume_saved_unref(saved));
    resume_peer_unref(peer);
}

static void I_116_several_tickets_come_newest_first(void **state) { /* I-116 */
    (void)state;
    resume_client *client = client_plain(); /* 4 for each peer */
    resume_peer *peer = peer_named("a.example");
    for (uint64_t seed = 1; seed <= 6; seed++) {
        put_ticket(client, peer, seed, TLS13);
    }
    assert_int_equal(resume_client_count(client), 4);
    assert_int_equal(stat_of(client, RESUME_CLIENT_EVICTED), 2);
    for (uint64_t seed = 6; seed >= 3; seed--) {
        expect_taken(client, peer, seed, NOW);
    }
    expect_nothing(client, peer, NOW);
    resume_peer_unref(peer);
    resume_client_unref(client);
}

static void a_new_tls12_session_replaces_the_old_one(void **state) { /* RFC 5077 section 3.3 */
    (void)state;
    resume_client *client = client_plain();
    resume_peer *peer = peer_named("a.example");
    put_ticket(client, peer, 1, TLS12);
    put_ticket(client, peer, 2, TLS13);
    put_ticket(client, peer, 3, TLS12);
    assert_int_equal(resume_client_count(client), 2);
    expect_taken(client, peer, 3, NOW);
    OK(resume_client_forget(client, peer));
    put_ticket(client, peer, 4, TLS12);
    put_ticket(client, peer, 5, TLS13);
    expect_taken(client, peer, 5, NOW);
    expect_taken(client, peer, 4, NOW);
    expect_taken(client, peer, 4, NOW);
    assert_int_equal(stat_of(client, RESUME_CLIENT_EVICTED), 0);
    resume_peer_unref(peer);
    resume_client_unref(client);
}

/* The end that a put leads to, in milliseconds from NOW; 0 if it is refused as over. */
static uint64_t life(struct shape shape, uint32_t hint) {
    resume_client *client = client_plain();
    resume_peer *peer = peer_named("a.example");
    resume_saved *saved = NULL;
    uint64_t end = 0;
    resume_status status = put_shape(client, peer, shape, hint, NOW);
    if (status == RESUME_OK) {
        OK(resume_client_take(client, peer, NOW, &saved));
        end = resume_saved_expires(saved) - NOW;
        resume_saved_unref(saved);
    } else {
        assert_int_equal(status, RESUME_EXPIRED);
        assert_int_equal(resume_client_count(client), 0);
        assert_int_equal(stat_of(client, RESUME_CLIENT_REFUSED), 1);
    }
    resume_peer_unref(peer);
    resume_client_unref(client);
    return end;
}

static void I_44_45_the_hint_counts_and_the_policy_caps(void **state) { /* I-44, I-45 */
    (void)state;
    const struct shape tls12 = {.version = TLS12};
    const struct shape tls13 = {.version = TLS13};
    assert_int_equal(life(tls12, 300), 300000);
    assert_int_equal(life(tls13, 300), 300000);
    assert_int_equal(life(tls12, 0), DAY); /* unspecified */
    assert_int_equal(life(tls13, 0), 0);   /* discard at once */
    assert_int_equal(life(tls12, UINT32_MAX), DAY);
    assert_int_equal(life(tls13, UINT32_MAX), 7 * DAY);
    assert_int_equal(life(tls13, 604800), 7 * DAY);
}

static void nothing_outlives_its_session_or_its_handshake(void **state) {
    (void)state;
    struct shape shape = {.version = TLS13, .lifetime = 60};
    assert_int_equal(life(shape, 300), 60000);
    shape = (struct shape){.version = TLS12, .lifetime = 60, .created = NOW - 59000};
    assert_int_equal(life(shape, 0), 1000);
    shape.created = NOW - 60000;
    assert_int_equal(life(shape, 0), 0);
    /* Renewed again and again, 23 hours after the handshake: one hour is left. */
    shape = (struct shape){.version = TLS12, .authenticated = NOW - 23 * HOUR};
    assert_int_equal(life(shape, 7200), HOUR);
    shape.authenticated = NOW - DAY;
    assert_int_equal(life(shape, 7200), 0);
}

static void I_116_the_expired_are_not_offered(void **state) { /* I-116 */
    (void)state;
    resume_client *client = client_plain();
    resume_peer *peer = peer_named("a.example");
    OK(put_shape(client, peer, (struct shape){.seed = 1, .version = TLS13}, 100, NOW));
    OK(put_shape(client, peer, (struct shape){.seed = 2, .version = TLS13}, 50, NOW));
    OK(put_shape(client, peer, (struct shape){.seed = 3, .version = TLS12}, 10, NOW));
    expect_taken(client, peer, 3, NOW + 9999);
    expect_taken(client, peer, 2, NOW + 10000);
    expect_nothing(client, peer, NOW + 100000);
    assert_int_equal(stat_of(client, RESUME_CLIENT_EXPIRED), 2);
    assert_int_equal(stat_of(client, RESUME_CLIENT_PEERS), 0);
    assert_int_equal(stat_of(client, RESUME_CLIENT_BYTES), 0);
    resume_peer_unref(peer);
    resume_client_unref(client);
}

static void I_115_136_what_cannot_be_offered_does_not_go_in(void **state) {
    (void)state;
    static const uint8_t ticket[4] = {1, 2, 3, 4};
    static uint8_t long_ticket[65536];
    const struct shape bad[] = {{.not_resumable = true},
                                {.compression = 1},
                                {.legacy = true} /* I-136 */,
                                {.version = TLS13, .not_resumable = true}};
    resume_client *client = client_plain();
    resume_peer *peer = peer_named("a.example");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(put_shape(client, peer, bad[i], HINT, NOW), RESUME_UNSUPPORTED);
    }
    resume_session *plain = session_like((struct shape){.seed = 1});
    resume_session *nameless = session_like((struct shape){.without_id = true});
    resume_session *tls13 = session_like((struct shape){.version = TLS13});
    assert_int_equal(resume_client_put(client, peer, nameless, NULL, 0, 0, NOW),
                     RESUME_UNSUPPORTED);
    assert_int_equal(resume_client_put(client, peer, tls13, NULL, 0, HINT, NOW),
                     RESUME_UNSUPPORTED);
    assert_int_equal(
        resume_client_put(client, peer, plain, long_ticket, sizeof long_ticket, 0, NOW),
        RESUME_TOO_LARGE); /* I-115 */
    assert_int_equal(resume_client_count(client), 0);
    assert_int_equal(stat_of(client, RESUME_CLIENT_REFUSED), 7);
    OK(resume_client_put(client, peer, plain, NULL, 0, 0, NOW)); /* by its session ID */
    OK(resume_client_put(client, peer, nameless, ticket, sizeof ticket, 0, NOW));
    resume_session_unref(plain);
    resume_session_unref(nameless);
    resume_session_unref(tls13);
    resume_peer_unref(peer);
    resume_client_unref(client);
}

static resume_client *client_under(resume_policy *policy) {
    resume_client_options *options = NULL;
    resume_client *client = NULL;
    OK(resume_client_options_new(&options));
    OK(resume_client_options_set_policy(options, policy));
    OK(resume_client_new(options, &client));
    resume_client_options_unref(options);
    resume_policy_unref(policy);
    return client;
}

static void the_policy_rules(void **state) {
    (void)state;
    resume_policy *policy = NULL;
    resume_peer *peer = peer_named("a.example");
    resume_session *session = session_like((struct shape){.seed = 1});
    resume_saved *saved = NULL;
    OK(resume_policy_new(&policy));
    OK(resume_policy_set_modes(policy, RESUME_MODE_SESSION_IDS));
    OK(resume_policy_set_ems(policy, RESUME_EMS_ALLOW_LEGACY));
    OK(resume_policy_set_lifetime(policy, TLS12, 100));
    resume_client *client = client_under(policy);
    assert_int_equal(put_shape(client, peer, (struct shape){.seed = 1}, HINT, NOW),
                     RESUME_UNSUPPORTED); /* a ticket */
    OK(resume_client_put(client, peer, session, NULL, 0, 0, NOW));
    OK(resume_client_take(client, peer, NOW, &saved));
    assert_int_equal(resume_saved_expires(saved), NOW + 100000);
    resume_saved_unref(saved);
    resume_session_unref(session);
    session = session_like((struct shape){.seed = 2, .legacy = true});
    OK(resume_client_put(client, peer, session, NULL, 0, 0, NOW));
    put_ticket(client, peer, 3, TLS13);
    assert_int_equal(resume_policy_modes(resume_client_policy(client)), RESUME_MODE_SESSION_IDS);
    resume_client_unref(client);
    OK(resume_policy_new(&policy));
    OK(resume_policy_set_modes(policy, 0));
    client = client_under(policy);
    assert_int_equal(resume_client_put(client, peer, session, NULL, 0, 0, NOW), RESUME_UNSUPPORTED);
    assert_int_equal(put_shape(client, peer, (struct shape){.version = TLS13}, HINT, NOW),
                     RESUME_UNSUPPORTED);
    resume_session_unref(session);
    resume_peer_unref(peer);
    resume_client_unref(client);
}

static void I_114_peers_do_not_mix(void **state) { /* I-114 */
    (void)state;
    resume_client *client = client_plain();
    resume_peer *a = peer_named("a.example");
    resume_peer *b = peer_named("a.example");
    OK(resume_peer_set_label(b, (const uint8_t *)"proxy", 5));
    put_ticket(client, a, 1, TLS12);
    expect_nothing(client, b, NOW);
    put_ticket(client, b, 2, TLS12);
    expect_taken(client, a, 1, NOW);
    expect_taken(client, b, 2, NOW);
    OK(resume_client_forget(client, a));
    expect_nothing(client, a, NOW);
    expect_taken(client, b, 2, NOW);
    resume_peer_unref(a);
    resume_peer_unref(b);
    resume_client_unref(client);
}

static void an_unused_ticket_goes_back_to_its_place(void **state) {
    (void)state;
    resume_client *client = client_plain();
    resume_peer *peer = peer_named("a.example");
    resume_peer *other = peer_named("b.example");
    resume_saved *saved = NULL;
    put_ticket(client, peer, 1, TLS13);
    put_ticket(client, peer, 2, TLS13);
    OK(resume_client_take(client, peer, NOW, &saved));
    put_ticket(client, peer, 3, TLS13);
    assert_int_equal(resume_client_return(client, other, saved, NOW), RESUME_MISS);
    OK(resume_client_return(client, peer, saved, NOW));
    assert_int_equal(resume_client_return(client, peer, saved, NOW), RESUME_EXISTS);
    assert_int_equal(resume_client_count(client), 3);
    assert_int_equal(stat_of(client, RESUME_CLIENT_RETURNS), 1);
    resume_saved_unref(saved);
    for (uint64_t seed = 3; seed >= 1; seed--) {
        expect_taken(client, peer, seed, NOW);
    }
    resume_peer_unref(peer);
    resume_peer_unref(other);
    resume_client_unref(client);
}

static void not_all_come_back(void **state) {
    (void)state;
    resume_client *client = client_limited(0, 0, 2);
    resume_client *stranger = client_plain();
    resume_peer *peer = peer_named("a.example");
    resume_peer *other = peer_named("b.example");
    resume_saved *saved = NULL;
    put_ticket(client, peer, 1, TLS13);
    OK(resume_client_take(client, peer, NOW, &saved));
    assert_int_equal(resume_client_return(stranger, peer, saved, NOW), RESUME_MISS);
    assert_int_equal(resume_client_return(client, peer, saved, NOW + DAY), RESUME_EXPIRED);
    put_ticket(client, peer, 2, TLS13);
    put_ticket(client, peer, 3, TLS13);
    assert_int_equal(resume_client_return(client, peer, saved, NOW), RESUME_MISS); /* no place */
    OK(resume_client_forget(client, peer));
    assert_int_equal(resume_client_return(client, peer, saved, NOW), RESUME_MISS); /* forgotten */
    resume_saved_unref(saved);
    put_ticket(client, other, 4, TLS12);
    OK(resume_client_take(client, other, NOW, &saved));
    assert_int_equal(resume_client_return(client, other, saved, NOW), RESUME_EXISTS);
    OK(resume_client_forget_saved(client, other, saved));
    assert_int_equal(resume_client_return(client, other, saved, NOW), RESUME_MISS);
    assert_int_equal(resume_client_count(client), 0);
    resume_saved_unref(saved);
    resume_peer_unref(peer);
    resume_peer_unref(other);
    resume_client_unref(client);
    resume_client_unref(stranger);
}

static void a_failed_one_is_forgotten_and_no_other(void **state) { /* I-25 */
    (void)state;
    resume_client *client = client_plain();
    resume_peer *peer = peer_named("a.example");
    resume_saved *saved = NULL;
    put_ticket(client, peer, 1, TLS13);
    put_ticket(client, peer, 2, TLS12);
    OK(resume_client_take(client, peer, NOW, &saved));
    put_ticket(client, peer, 3, TLS12); /* in the meantime, by another connection */
    assert_int_equal(resume_client_forget_saved(client, peer, saved), RESUME_MISS);
    resume_saved_unref(saved);
    OK(resume_client_take(client, peer, NOW, &saved));
    OK(resume_client_forget_saved(client, peer, saved));
    assert_int_equal(resume_client_forget_saved(client, peer, saved), RESUME_MISS);
    resume_saved_unref(saved);
    assert_int_equal(stat_of(client, RESUME_CLIENT_FORGOTTEN), 1);
    expect_taken(client, peer, 1, NOW);
    assert_int_equal(resume_client_forget(client, peer), RESUME_MISS);
    resume_peer_unref(peer);
    resume_client_unref(client);
}

static void a_full_client_evicts_who_was_not_asked_for(void **state) {
    (void)state;
    enum { PEERS = 64 };
    resume_client *client = client_limited(PEERS, 0, 0);
    resume_peer *peers[PEERS + 1];
    for (unsigned i = 0; i <= PEERS; i++) {
        char name[16];
        snprintf(name, sizeof name, "p%u", i);
        peers[i] = peer_named(name);
    }
    for (unsigned i = 0; i < PEERS; i++) {
        put_ticket(client, peers[i], i, TLS12);
    }
    expect_taken(client, peers[0], 0, NOW);
    put_ticket(client, peers[PEERS], PEERS, TLS12);
    assert_int_equal(resume_client_count(client), PEERS);
    assert_int_equal(stat_of(client, RESUME_CLIENT_EVICTED), 1);
    expect_nothing(client, peers[1], NOW);
    for (unsigned i = 0; i <= PEERS; i++) {
        if (i != 1) {
            expect_taken(client, peers[i], i, NOW);
        }
    }
    OK(resume_client_clear(client));
    assert_int_equal(resume_client_count(client), 0);
    assert_int_equal(stat_of(client, RESUME_CLIENT_PEERS), 0);
    assert_int_equal(stat_of(client, RESUME_CLIENT_BYTES), 0);
    for (unsigned i = 0; i <= PEERS; i++) {
        resume_peer_unref(peers[i]);
    }
    resume_client_unref(client);
}

static void bytes_are_bounded(void **state) {
    (void)state;
    resume_client *client = client_limited(0, 65536, 0);
    for (unsigned i = 0; i < 200; i++) {
        char name[16];
        snprintf(name, sizeof name, "p%u", i);
        resume_peer *peer = peer_named(name);
        OK(put_shape(client, peer, (struct shape){.seed = i, .appdata_len = 3000}, HINT, NOW));
        assert_true(stat_of(client, RESUME_CLIENT_BYTES) <= 65536);
        expect_taken(client, peer, i, NOW);
        resume_peer_unref(peer);
    }
    assert_in_range(resume_client_count(client), 15, 21);
    resume_peer *peer = peer_named("long");
    assert_int_equal(
        put_shape(client, peer, (struct shape){.seed = 1, .appdata_len = 60000}, HINT, NOW),
        RESUME_OK);
    resume_client_unref(client);
    client = client_limited(0, 4096, 0);
    assert_int_equal(
        put_shape(client, peer, (struct shape){.seed = 1, .appdata_len = 60000}, HINT, NOW),
        RESUME_TOO_LARGE);
    assert_int_equal(stat_of(client, RESUME_CLIENT_PEERS), 0);
    resume_peer_unref(peer);
    resume_client_unref(client);
}

/* Against a model: a list of what must be there, in the order in which it must come out. */
static void any_order_of_calls_keeps_the_counts(void **state) {
    (void)state;
    enum { PEERS = 7, TICKETS = 3 };
    resume_client *client = client_limited(12, 0, TICKETS);
    resume_peer *peers[PEERS];
    uint32_t random = 12345;
    for (unsigned i = 0; i < PEERS; i++) {
        char name[16];
        snprintf(name, sizeof name, "p%u", i);
        peers[i] = peer_named(name);
    }
    for (uint64_t step = 0; step < 4000; step++) {
        random = random * 1664525 + 1013904223;
        resume_peer *peer = peers[(random >> 8) % PEERS];
        resume_saved *saved = NULL;
        switch (random >> 29) {
        case 0:
        case 1:
        case 2:
        case 3:
            put_ticket(client, peer, step, random & 0x10000 ? TLS12 : TLS13);
            break;
        case 4:
            (void)!resume_client_forget(client, peer);
            break;
        default:
            if (resume_client_take(client, peer, NOW, &saved) == RESUME_OK) {
                if (random & 0x20000) {
                    assert_true(resume_client_return(client, peer, saved, NOW) >= 0);
                }
                resume_saved_unref(saved);
            }
            break;
        }
        assert_true(resume_client_count(client) <= 12);
        assert_true(stat_of(client, RESUME_CLIENT_PEERS) <= PEERS);
    }
    for (unsigned i = 0; i < PEERS; i++) {
        (void)!resume_client_forget(client, peers[i]);
        resume_peer_unref(peers[i]);
    }
    assert_int_equal(resume_client_count(client), 0);
    assert_int_equal(stat_of(client, RESUME_CLIENT_PEERS), 0);
    assert_int_equal(stat_of(client, RESUME_CLIENT_BYTES), 0);
    resume_client_unref(client);
}

struct taker {
    resume_client *client;
    resume_peer *peer;
    unsigned taken;
};

static void *take_all(void *arg) {
    struct taker *taker = arg;
    resume_saved *saved = NULL;
    while (resume_client_take(taker->client, taker->peer, NOW, &saved) == RESUME_OK) {
        taker->taken++;
        resume_saved_unref(saved);
    }
    return NULL;
}

static void I_116_each_ticket_is_taken_by_one_thread(void **state) { /* I-116 */
    (void)state;
    resume_client *client = client_limited(0, 0, 64);
    resume_peer *peer = peer_named("a.example");
    struct taker takers[4];
    pthread_t threads[4];
    unsigned taken = 0;
    for (uint64_t seed = 0; seed < 64; seed++) {
        put_ticket(client, peer, seed, TLS13);
    }
    for (size_t i = 0; i < 4; i++) {
        takers[i] = (struct taker){client, peer, 0};
        assert_int_equal(pthread_create(&threads[i], NULL, take_all, &takers[i]), 0);
    }
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        taken += takers[i].taken;
    }
    assert_int_equal(taken, 64);
    resume_peer_unref(peer);
    resume_client_unref(client);
}

static void misuse_is_refused(void **state) {
    (void)state;
    resume_client *client = client_plain();
    resume_peer *peer = peer_named("a.example");
    resume_session *session = session_like((struct shape){.seed = 1});
    resume_saved *saved = NULL;
    uint64_t value = 0;
    assert_int_equal(resume_client_new(NULL, NULL), RESUME_E_INVALID);
    assert_int_equal(resume_client_put(NULL, peer, session, NULL, 0, 0, NOW), RESUME_E_INVALID);
    assert_int_equal(resume_client_put(client, NULL, session, NULL, 0, 0, NOW), RESUME_E_INVALID);
    assert_int_equal(resume_client_put(client, peer, NULL, NULL, 0, 0, NOW), RESUME_E_INVALID);
    assert_int_equal(resume_client_put(client, peer, session, NULL, 1, 0, NOW), RESUME_E_INVALID);
    assert_int_equal(resume_client_take(client, peer, NOW, NULL), RESUME_E_INVALID);
    assert_int_equal(resume_client_take(client, NULL, NOW, &saved), RESUME_E_INVALID);
    assert_int_equal(resume_client_return(client, peer, NULL, NOW), RESUME_E_INVALID);
    assert_int_equal(resume_client_forget(client, NULL), RESUME_E_INVALID);
    assert_int_equal(resume_client_forget_saved(client, peer, NULL), RESUME_E_INVALID);
    assert_int_equal(resume_client_clear(NULL), RESUME_E_INVALID);
    assert_int_equal(resume_client_stats(client, -1, &value), RESUME_E_INVALID);
    assert_int_equal(resume_client_stats(client, RESUME_CLIENT_STAT_COUNT, &value),
                     RESUME_E_INVALID);
    assert_int_equal(resume_client_stats(client, 0, NULL), RESUME_E_INVALID);
    assert_int_equal(resume_client_count(NULL), 0);
    assert_null(resume_client_policy(NULL));
    assert_null(resume_saved_session(NULL));
    assert_null(resume_saved_ticket(NULL, NULL));
    assert_int_equal(resume_saved_expires(NULL), 0);
    assert_int_equal(resume_saved_received(NULL), 0);
    assert_int_equal(resume_saved_lifetime_hint(NULL), 0);
    resume_session_unref(session);
    resume_peer_unref(peer);
    resume_client_unref(resume_client_ref(client));
    assert_null(resume_client_unref(client));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(I_116_a_tls12_session_stays_and_a_tls13_ticket_goes),
        cmocka_unit_test(I_115_what_was_put_comes_out),
        cmocka_unit_test(I_116_several_tickets_come_newest_first),
        cmocka_unit_test(a_new_tls12_session_replaces_the_old_one),
        cmocka_unit_test(I_44_45_the_hint_counts_and_the_policy_caps),
        cmocka_unit_test(nothing_outlives_its_session_or_its_handshake),
        cmocka_unit_test(I_116_the_expired_are_not_offered),
        cmocka_unit_test(I_115_136_what_cannot_be_offered_does_not_go_in),
        cmocka_unit_test(the_policy_rules),
        cmocka_unit_test(I_114_peers_do_not_mix),
        cmocka_unit_test(an_unused_ticket_goes_back_to_its_place),
        cmocka_unit_test(not_all_come_back),
        cmocka_unit_test(a_failed_one_is_forgotten_and_no_other),
        cmocka_unit_test(a_full_client_evicts_who_was_not_asked_for),
        cmocka_unit_test(bytes_are_bounded),
        cmocka_unit_test(any_order_of_calls_keeps_the_counts),
        cmocka_unit_test(I_116_each_ticket_is_taken_by_one_thread),
        cmocka_unit_test(misuse_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
