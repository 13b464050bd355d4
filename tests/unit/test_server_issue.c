/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Issuing: the lifetime that is promised and honoured, what is not issued, and renewals.
 */
#include "server_fixture.h"

#include "base/alloc.h"

#define INVALID(call) assert_int_equal((call), RESUME_E_INVALID)

static uint8_t ticket[RESUME_TICKET_MAX];

/* A ring whose one key opens until then. */
static resume_keyring *ring_until(uint64_t open_until) {
    resume_keyring *ring = NULL;
    OK(resume_keyring_new(NULL, &ring));
    ring_add(ring, 1, NOW - HOUR, open_until, open_until, NOW - HOUR);
    return ring;
}

static resume_status issue(resume_server *server, const struct recipe *recipe, uint64_t now_ms,
                           size_t *ret_len, uint32_t *ret_lifetime) {
    resume_session *session = session_of(recipe);
    resume_status status = resume_server_issue_ticket(server, session, now_ms, ticket,
                                                      sizeof ticket, ret_len, ret_lifetime);
    resume_session_unref(session);
    return status;
}

static resume_status offer(resume_server *server, uint16_t version, size_t len, uint64_t now_ms,
                           resume_session **ret_session) {
    resume_connection *connection = connection_of(version);
    resume_session *session = NULL;
    resume_reason reason = -1;
    resume_status status =
        resume_server_open_ticket(server, connection, ticket, len, now_ms, &session, &reason);
    resume_connection_unref(connection);
    if (ret_session) {
        *ret_session = session;
    } else {
        resume_session_unref(session);
    }
    return status;
}

static bool resumes(resume_server *server, uint16_t version, size_t len, uint64_t now_ms) {
    resume_status status = offer(server, version, len, now_ms, NULL);
    return status == RESUME_OK || status == RESUME_RENEW;
}

static uint32_t lifetime(resume_server *server, int32_t path, uint64_t authenticated,
                         uint64_t now_ms) {
    uint32_t seconds = 0;
    OK(resume_server_lifetime(server, path, authenticated, now_ms, &seconds));
    return seconds;
}

static void null_is_invalid(void **state) {
    (void)state;
    resume_server *server = server_of(ring_of_one(), memory_store(), NULL, NULL, NULL);
    struct recipe recipe = recipe_of(TLS12);
    resume_session *session = session_of(&recipe);
    uint32_t seconds = 77;
    size_t len = 77;
    INVALID(resume_server_lifetime(NULL, RESUME_PATH_TLS12_TICKET, NOW, NOW, &seconds));
    INVALID(resume_server_lifetime(server, RESUME_PATH_TLS12_TICKET, NOW, NOW, NULL));
    INVALID(resume_server_lifetime(server, RESUME_PATH_NONE, NOW, NOW, &seconds));
    INVALID(resume_server_lifetime(server, RESUME_PATH_COUNT, NOW, NOW, &seconds));
    INVALID(resume_server_lifetime(server, -1, NOW, NOW, &seconds));
    INVALID(resume_server_issue_ticket(NULL, session, NOW, ticket, 9, &len, &seconds));
    INVALID(resume_server_issue_ticket(server, NULL, NOW, ticket, 9, &len, &seconds));
    INVALID(resume_server_issue_ticket(server, session, NOW, NULL, 9, &len, &seconds));
    INVALID(resume_server_issue_ticket(server, session, NOW, ticket, 9, NULL, &seconds));
    INVALID(resume_server_store_session(NULL, session, NOW));
    INVALID(resume_server_store_session(server, NULL, NOW));
    assert_int_equal(seconds, 77);
    assert_int_equal(len, 77);
    assert_int_equal(outcomes_of(server), 0);
    resume_session_unref(session);
    resume_server_unref(server);
}

/* I-43, I-44, I-73: by default 24 h in TLS 1.2, 7 days in TLS 1.3. */
static void I_43_44_default_lifetimes(void **state) {
    (void)state;
    resume_server *server = server_of(ring_of_one(), memory_store(), NULL, NULL, NULL);
    assert_int_equal(lifetime(server, RESUME_PATH_TLS12_TICKET, NOW, NOW), 86400);
    assert_int_equal(lifetime(server, RESUME_PATH_TLS12_SESSION_ID, NOW, NOW), 86400);
    assert_int_equal(lifetime(server, RESUME_PATH_TLS13_TICKET, NOW, NOW), 604800);
    assert_int_equal(lifetime(server, RESUME_PATH_TLS13_STORED, NOW, NOW), 604800);
    resume_server_unref(server);
}

/* I-43: the smallest of the three, rounded down; for what is stored the key does not matter. */
static void I_43_smallest_limit_wins(void **state) {
    (void)state;
    resume_policy *policy = new_policy();
    OK(resume_policy_set_lifetime(policy, TLS12, 1000));
    OK(resume_policy_set_authentication_lifetime(policy, TLS12, 2000));
    resume_server *server =
        server_of(ring_until(NOW + 1500 * SECOND), memory_store(), policy, NULL, NULL);
    const int32_t t = RESUME_PATH_TLS12_TICKET;
    assert_int_equal(lifetime(server, t, NOW, NOW), 1000);                       /* policy */
    assert_int_equal(lifetime(server, t, NOW - 1500 * SECOND, NOW), 500);        /* handshake */
    assert_int_equal(lifetime(server, t, NOW - 1500 * SECOND - 1, NOW), 499);    /* down */
    assert_int_equal(lifetime(server, t, NOW + HOUR, NOW + 1200 * SECOND), 300); /* key */
    assert_int_equal(lifetime(server, t, NOW + HOUR, NOW + 1200 * SECOND + 1), 299);
    assert_int_equal(
        lifetime(server, RESUME_PATH_TLS12_SESSION_ID, NOW + HOUR, NOW + 1200 * SECOND), 1000);
    resume_server_unref(server);
}

/* I-45: never 0, that would be "unspecified" or "discard": nothing is left instead. */
static void I_45_lifetime_is_never_zero(void **state) {
    (void)state;
    resume_server *server =
        server_of(ring_until(NOW + 10 * SECOND), memory_store(), NULL, NULL, NULL);
    uint32_t seconds = 77;
    const int32_t t = RESUME_PATH_TLS12_TICKET;
    assert_int_equal(lifetime(server, t, NOW - DAY + 1 * SECOND, NOW), 1);
    assert_int_equal(resume_server_lifetime(server, t, NOW - DAY + 999, NOW, &seconds),
                     RESUME_EXPIRED);
    assert_int_equal(resume_server_lifetime(server, t, 0, NOW, &seconds), RESUME_EXPIRED);
    assert_int_equal(resume_server_lifetime(server, t, NOW, NOW + 9001, &seconds), RESUME_EXPIRED);
    assert_int_equal(resume_server_lifetime(server, t, NOW, NOW + 10 * SECOND, &seconds),
                     RESUME_NO_KEY);
    assert_int_equal(seconds, 77);
    resume_server_unref(server);
}

/* I-74, I-76: a handshake in the future, also beyond all time, promises no more than one of now. */
static void lifetime_of_strange_times(void **state) {
    (void)state;
    resume_policy *policy = new_policy();
    OK(resume_policy_set_authentication_lifetime(policy, TLS12, 60));
    resume_server *server = server_of(ring_of_one(), NULL, policy, NULL, NULL);
    const int32_t t = RESUME_PATH_TLS12_TICKET;
    assert_int_equal(lifetime(server, t, NOW + DAY, NOW), 60);
    assert_int_equal(lifetime(server, t, UINT64_MAX, NOW), 60);
    assert_int_equal(lifetime(server, t, UINT64_MAX - HOUR, UINT64_MAX - HOUR), 60);
    uint32_t seconds = 77;
    assert_int_equal(resume_server_lifetime(server, t, UINT64_MAX, UINT64_MAX, &seconds),
                     RESUME_NO_KEY);
    assert_int_equal(seconds, 77);
    resume_server_unref(server);
}

/* I-20, I-46 */
static void I_46_paths_that_the_policy_closes(void **state) {
    (void)state;
    resume_policy *policy = new_policy();
    OK(resume_policy_set_forward_secrecy(policy, true));
    OK(resume_policy_set_modes(policy, RESUME_MODE_TICKETS));
    resume_server *server = server_of(ring_of_one(), memory_store(), policy, NULL, NULL);
    struct recipe recipe = recipe_of(TLS12);
    uint32_t seconds = 77;
    size_t len = 77;
    assert_int_equal(resume_server_lifetime(server, RESUME_PATH_TLS12_TICKET, NOW, NOW, &seconds),
                     RESUME_FULL);
    assert_int_equal(issue(server, &recipe, NOW, &len, &seconds), RESUME_FULL);
    resume_session *session = session_of(&recipe);
    assert_int_equal(resume_server_store_session(server, session, NOW), RESUME_FULL);
    resume_session_unref(session);
    assert_int_equal(seconds, 77);
    assert_int_equal(len, 77);
    recipe = recipe_of(TLS13);
    OK(issue(server, &recipe, NOW, &len, &seconds));
    resume_server_unref(server);
}

/* One way to be issued a ticket, and until when it must be good. */
struct promise {
    uint16_t version;
    bool openssl_payload; /* holds whole seconds, so that the last one may be cut short */
    uint32_t lifetime;
    uint32_t policy_lifetime;
    uint32_t authentication_lifetime;
    uint64_t age;
    uint64_t key_life;
};

static resume_server *server_of_promise(const struct promise *p) {
    resume_policy *policy = new_policy();
    OK(resume_policy_set_lifetime(policy, p->version, p->policy_lifetime));
    OK(resume_policy_set_authentication_lifetime(policy, p->version, p->authentication_lifetime));
    resume_keyring *ring = ring_until(NOW + p->key_life);
    if (!p->openssl_payload) {
        return server_of(ring, NULL, policy, NULL, NULL);
    }
    resume_server_options *options = NULL;
    resume_server *server = NULL;
    OK(resume_server_options_new(&options));
    OK(resume_server_options_set_keyring(options, ring));
    OK(resume_server_options_set_policy(options, policy));
    OK(resume_server_new(options, &server));
    resume_server_options_unref(options);
    resume_keyring_unref(ring);
    resume_policy_unref(policy);
    return server;
}

/* True if a ticket went out. */
static bool keep(const struct promise *p) {
    resume_server *server = server_of_promise(p);
    struct recipe recipe = recipe_of(p->version);
    recipe.lifetime = p->lifetime;
    recipe.created = recipe.authenticated = NOW - p->age;
    uint32_t told = 0;
    size_t len = 0;
    bool issued = issue(server, &recipe, NOW, &len, &told) == RESUME_OK;
    if (issued) {
        uint64_t cut = p->openssl_payload ? SECOND : 1;
        assert_true(told >= 1);
        assert_true(told * SECOND == cut || resumes(server, p->version, len, NOW));
        assert_true(told * SECOND == cut ||
                    resumes(server, p->version, len, NOW + told * SECOND - cut));
        assert_false(resumes(server, p->version, len, NOW + DAY));
    }
    resume_server_unref(server);
    return issued;
}

/* I-43 as a property: until one millisecond before what the client was told the ticket resumes,
 * whatever the session, the policy and the key. */
static void I_43_promise_is_kept(void **state) {
    (void)state;
    static const uint32_t lives[] = {1, 600, 7200, 86400};
    static const uint64_t ages[] = {0, 1, 999, 1500, 500 * SECOND, 3000 * SECOND, 8 * HOUR};
    static const uint64_t key_lives[] = {700 * SECOND, 700 * SECOND + 1, DAY};
    unsigned issued = 0;
    for (unsigned i = 0; i < 4 * 4 * 4 * 4 * 7 * 3; i++) {
        struct promise p = {.version = i % 2 ? TLS13 : TLS12,
                            .openssl_payload = i / 2 % 2,
                            .lifetime = lives[i / 4 % 4],
                            .policy_lifetime = lives[i / 16 % 4],
                            .authentication_lifetime = lives[i / 64 % 4],
                            .age = ages[i / 256 % 7],
                            .key_life = key_lives[i / 1792]};
        issued += keep(&p);
    }
    assert_true(issued > 2000);
}

/* I-36 in TLS 1.3: each renewal starts its own life, none the handshake's. */
static void I_36_tls13_renewals_end(void **state) {
    (void)state;
    resume_policy *policy = new_policy();
    OK(resume_policy_set_lifetime(policy, TLS13, 3600));
    OK(resume_policy_set_authentication_lifetime(policy, TLS13, 9000));
    resume_server *server = server_of(ring_of_one(), NULL, policy, NULL, NULL);
    struct recipe recipe = recipe_of(TLS13);
    resume_session *session = session_of(&recipe);
    uint64_t now = NOW;
    static const uint32_t told[] = {3600, 3600, 3600, 1800};
    for (size_t i = 0; i < sizeof told / sizeof *told; i++, now += 2400 * SECOND) {
        size_t len = 0;
        uint32_t seconds = 0;
        OK(resume_server_issue_ticket(server, session, now, ticket, sizeof ticket, &len, &seconds));
        assert_int_equal(seconds, told[i]);
        resume_session_unref(session);
        assert_int_equal(offer(server, TLS13, len, now + 1, &session), RESUME_RENEW);
        assert_int_equal(resume_session_created(session), now);
        assert_int_equal(resume_session_authenticated(session), NOW);
    }
    size_t len = 77;
    assert_int_equal(
        resume_server_issue_ticket(server, session, now, ticket, sizeof ticket, &len, NULL),
        RESUME_EXPIRED);
    assert_int_equal(len, 77);
    resume_session_unref(session);
    resume_server_unref(server);
}

/* I-36 in TLS 1.2: a ticket that is issued again ends when the first one would have. */
static void I_36_tls12_renewal_keeps_the_end(void **state) {
    (void)state;
    resume_server *server = server_of(ring_of_one(), NULL, NULL, NULL, NULL);
    struct recipe recipe = recipe_of(TLS12);
    size_t len = 0;
    uint32_t seconds = 0;
    OK(issue(server, &recipe, NOW + 7000 * SECOND, &len, &seconds));
    assert_int_equal(seconds, 200);
    resume_session *session = NULL;
    OK(offer(server, TLS12, len, NOW + 7000 * SECOND, &session));
    assert_int_equal(resume_session_created(session), NOW);
    assert_int_equal(resume_session_expires(session), NOW + 7200 * SECOND);
    resume_session_unref(session);
    assert_int_equal(issue(server, &recipe, NOW + 7200 * SECOND, &len, &seconds), RESUME_EXPIRED);
    resume_server_unref(server);
}

/* I-43 in TLS 1.2: nor does what is in the ticket go beyond the key that seals it. */
static void I_43_tls12_ticket_ends_with_its_key(void **state) {
    (void)state;
    resume_server *server = server_of(ring_until(NOW + 2000 * SECOND), NULL, NULL, NULL, NULL);
    struct recipe recipe = recipe_of(TLS12);
    recipe.created = NOW - 1500; /* 1.5 s before, so that rounding shows */
    size_t len = 0;
    uint32_t seconds = 0;
    OK(issue(server, &recipe, NOW, &len, &seconds));
    assert_int_equal(seconds, 1999);
    resume_session *session = NULL;
    OK(offer(server, TLS12, len, NOW, &session));
    assert_int_equal(resume_session_expires(session), NOW - 1500 + 2001 * SECOND);
    resume_session_unref(session);
    resume_server_unref(server);
}

/* I-42: every ticket differs, even for one session at one time. */
static void I_42_tickets_differ(void **state) {
    (void)state;
    static uint8_t first[4096];
    resume_server *server = server_of(ring_of_one(), NULL, NULL, NULL, NULL);
    struct recipe recipe = recipe_of(TLS12);
    size_t len = 0;
    OK(issue(server, &recipe, NOW, &len, NULL)); /* ret_lifetime may be NULL */
    assert_true(len < sizeof first);
    memcpy(first, ticket, len);
    OK(issue(server, &recipe, NOW, &len, NULL));
    assert_memory_equal(first, ticket, 16); /* the key's name */
    assert_memory_not_equal(first + 16, ticket + 16, 16);
    resume_server_unref(server);
}

static uint32_t early_data_after(uint32_t before) {
    resume_server *server = server_of(ring_of_one(), NULL, NULL, NULL, NULL);
    struct recipe recipe = recipe_of(TLS13);
    resume_session_options *options = NULL;
    resume_session *session = session_of(&recipe);
    resume_session *with = NULL;
    size_t len = 0;
    OK(resume_session_options_new(&options));
    OK(resume_session_options_set_from(options, session));
    OK(resume_session_options_set_max_early_data(options, before));
    OK(resume_session_new(options, &with));
    OK(resume_server_issue_ticket(server, with, NOW, ticket, sizeof ticket, &len, NULL));
    session = resume_session_unref(session);
    assert_int_equal(offer(server, TLS13, len, NOW, &session), RESUME_RENEW);
    uint32_t after = resume_session_max_early_data(session);
    resume_session_unref(session);
    resume_session_unref(with);
    resume_session_options_unref(options);
    resume_server_unref(server);
    return after;
}

/* I-47: the permission to send early data is in the ticket if the stack gave it, and only then. */
static void I_47_early_data_only_as_configured(void **state) {
    (void)state;
    assert_int_equal(early_data_after(0), 0);
    assert_int_equal(early_data_after(16384), 16384);
}

static void spoil_resumable(struct recipe *r) {
    r->not_resumable = true;
}

static void spoil_compression(struct recipe *r) {
    r->compression = 1;
}

static void spoil_ems(struct recipe *r) {
    r->ems = false;
}

static void spoil_suite(struct recipe *r) {
    r->suite = 0xC013;
}

/* I-80, I-81, I-136: what this server would never resume it does not issue, as a ticket or into
 * its store. */
static void I_136_only_what_can_resume(void **state) {
    (void)state;
    static void (*const spoil[])(struct recipe *) = {spoil_resumable, spoil_compression, spoil_ems,
                                                     spoil_suite};
    resume_policy *policy = new_policy();
    OK(resume_policy_allow_cipher_suite(policy, 0xC02F));
    resume_server *server = server_of(ring_of_one(), memory_store(), policy, NULL, NULL);
    for (size_t i = 0; i < sizeof spoil / sizeof *spoil; i++) {
        struct recipe recipe = recipe_of(TLS12);
        size_t len = 77;
        spoil[i](&recipe);
        assert_int_equal(issue(server, &recipe, NOW, &len, NULL), RESUME_FULL);
        resume_session *session = session_of(&recipe);
        assert_int_equal(resume_server_store_session(server, session, NOW), RESUME_FULL);
        resume_session_unref(session);
        assert_int_equal(len, 77);
        assert_int_equal(resume_server_counter(server, RESUME_PATH_TLS12_TICKET,
                                               RESUME_REASON_NOT_ISSUED_BY_POLICY),
                         i + 1);
        assert_int_equal(resume_server_counter(server, RESUME_PATH_TLS12_SESSION_ID,
                                               RESUME_REASON_NOT_ISSUED_BY_POLICY),
                         i + 1);
    }
    uint64_t entries = 1;
    OK(resume_store_stats(resume_server_store(server), RESUME_STORE_ENTRIES, &entries));
    assert_int_equal(entries, 0);
    resume_server_unref(server);
}

/* I-136, I-138: allowed by configuration, and the flag survives as it is. */
static void I_136_138_legacy_sessions_if_allowed(void **state) {
    (void)state;
    resume_policy *policy = new_policy();
    OK(resume_policy_set_ems(policy, RESUME_EMS_ALLOW_LEGACY));
    resume_server *server = server_of(ring_of_one(), NULL, policy, NULL, NULL);
    struct recipe recipe = recipe_of(TLS12);
    recipe.ems = false;
    size_t len = 0;
    OK(issue(server, &recipe, NOW, &len, NULL));
    assert_int_equal(offer(server, TLS12, len, NOW, NULL), RESUME_FULL); /* the hello has EMS */
    assert_int_equal(resume_server_counter(server, RESUME_PATH_TLS12_TICKET,
                                           RESUME_REASON_EMS_MISSING_IN_SESSION),
                     1);
    resume_server_unref(server);
}

/* I-34: no session that can be built is too large for a ticket. */
static void I_34_largest_session_fits(void **state) {
    (void)state;
    resume_server *server = server_of(ring_of_one(), NULL, NULL, NULL, NULL);
    struct recipe recipe = recipe_of(TLS12);
    size_t len = 77;
    uint32_t seconds = 77;
    recipe.appdata_len = 64000;
    OK(issue(server, &recipe, NOW, &len, &seconds));
    assert_true(len > 64000);
    resume_server_unref(server);
}

/* A buffer too small is told the need; the ticket then fits exactly. */
static void into_small_buffer(void **state) {
    (void)state;
    resume_server *server = server_of(ring_of_one(), NULL, NULL, NULL, NULL);
    struct recipe recipe = recipe_of(TLS12);
    resume_session *session = session_of(&recipe);
    uint32_t seconds = 77;
    size_t need = 0;
    size_t len = 0;
    assert_int_equal(resume_server_issue_ticket(server, session, NOW, ticket, 9, &need, &seconds),
                     RESUME_E_BUFFER);
    assert_int_equal(seconds, 77);
    assert_int_equal(
        resume_server_counter(server, RESUME_PATH_TLS12_TICKET, RESUME_REASON_NOT_ISSUED_FAILED),
        1);
    OK(resume_server_issue_ticket(server, session, NOW, ticket, need, &len, &seconds));
    assert_int_equal(len, need);
    resume_session_unref(session);
    resume_server_unref(server);
}

/* I-33, I-95: whichever allocation fails, no ticket, no leak, outputs as they were, one count. */
static void I_33_ticket_without_memory(void **state) {
    (void)state;
    resume_server *server = server_of(ring_of_one(), NULL, NULL, NULL, NULL);
    struct recipe recipe = recipe_of(TLS12);
    resume_session *session = session_of(&recipe);
    resume_status status = RESUME_E_NOMEM;
    uint64_t failures = 0;
    for (unsigned long nth = 1; status != RESUME_OK; nth++) {
        size_t len = 77;
        uint32_t seconds = 77;
        rsm_alloc_fail_once(nth);
        status =
            resume_server_issue_ticket(server, session, NOW, ticket, sizeof ticket, &len, &seconds);
        rsm_alloc_fail_once(0);
        assert_true(status == RESUME_OK || status == RESUME_E_NOMEM);
        assert_true(status == RESUME_OK || (len == 77 && seconds == 77));
        failures += status != RESUME_OK;
    }
    assert_true(failures > 1);
    assert_int_equal(
        resume_server_counter(server, RESUME_PATH_TLS12_TICKET, RESUME_REASON_NOT_ISSUED_FAILED),
        failures);
    resume_session_unref(session);
    resume_server_unref(server);
}

/* I-110: the store forgets it when the session ends, which is never after what is promised. */
static void stored_with_lifetime(void **state) {
    (void)state;
    resume_policy *policy = new_policy();
    OK(resume_policy_set_lifetime(policy, TLS12, 100));
    resume_server *server = server_of(NULL, memory_store(), policy, NULL, NULL);
    struct recipe recipe = recipe_of(TLS12);
    resume_session *session = session_of(&recipe);
    resume_session *found = NULL;
    OK(resume_server_store_session(server, session, NOW));
    OK(resume_store_get(resume_server_store(server), some_id, 32, NOW + 100 * SECOND - 1, &found));
    assert_int_equal(resume_session_lifetime(found), 100);
    assert_int_equal(resume_session_authenticated(found), NOW);
    found = resume_session_unref(found);
    assert_int_equal(
        resume_store_get(resume_server_store(server), some_id, 32, NOW + 100 * SECOND, &found),
        RESUME_EXPIRED);
    assert_null(found);
    resume_session_unref(session);
    resume_server_unref(server);
}

/* I-84: a second time is no change and no failure. Without an ID there is nothing to store. */
static void stored_twice_or_without_id(void **state) {
    (void)state;
    resume_server *server = server_of(NULL, memory_store(), NULL, NULL, NULL);
    struct recipe recipe = recipe_of(TLS12);
    resume_session *session = session_of(&recipe);
    OK(resume_server_store_session(server, session, NOW));
    assert_int_equal(resume_server_store_session(server, session, NOW), RESUME_EXISTS);
    resume_session_unref(session);
    assert_int_equal(
        resume_server_counter(server, RESUME_PATH_TLS12_SESSION_ID, RESUME_REASON_ISSUED), 2);
    recipe.id = NULL;
    session = session_of(&recipe);
    INVALID(resume_server_store_session(server, session, NOW));
    resume_session_unref(session);
    assert_int_equal(outcomes_of(server), 2);
    resume_server_unref(server);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(null_is_invalid),
        cmocka_unit_test(I_43_44_default_lifetimes),
        cmocka_unit_test(I_43_smallest_limit_wins),
        cmocka_unit_test(I_45_lifetime_is_never_zero),
        cmocka_unit_test(lifetime_of_strange_times),
        cmocka_unit_test(I_46_paths_that_the_policy_closes),
        cmocka_unit_test(I_43_promise_is_kept),
        cmocka_unit_test(I_36_tls13_renewals_end),
        cmocka_unit_test(I_36_tls12_renewal_keeps_the_end),
        cmocka_unit_test(I_43_tls12_ticket_ends_with_its_key),
        cmocka_unit_test(I_42_tickets_differ),
        cmocka_unit_test(I_47_early_data_only_as_configured),
        cmocka_unit_test(I_136_only_what_can_resume),
        cmocka_unit_test(I_136_138_legacy_sessions_if_allowed),
        cmocka_unit_test(I_34_largest_session_fits),
        cmocka_unit_test(into_small_buffer),
        cmocka_unit_test(I_33_ticket_without_memory),
        cmocka_unit_test(stored_with_lifetime),
        cmocka_unit_test(stored_twice_or_without_id),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
