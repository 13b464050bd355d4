/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The offer: from a ClientHello's bytes to the verdict. Every reason that a hello can bring about,
 * by ticket and by session ID; which ID to echo, whether a ticket follows, and with which hint.
 * The rules themselves are in test_decision.c, the parser in test_hello.c.
 */
#include "hello_fixture.h"

#include "base/alloc.h"

#include <resume/verdict.h>

#include <stdlib.h>

/* A server, a session that it may know, and what the client says. */
struct scene {
    resume_keyring *ring; /* borrowed */
    resume_server *server;
    resume_connection *connection;
    resume_hello *hello;
    struct recipe recipe;
    struct saying saying;
    uint64_t now;
    uint8_t ticket[RESUME_TICKET_MAX];
    size_t ticket_len;
    uint8_t message[RESUME_HELLO_SIZE_MAX];
    resume_verdict *verdict;
};

/* A server with tickets and IDs. The policy may be NULL. */
static struct scene *scene_with(resume_keyring *ring, resume_store *store, resume_policy *policy) {
    struct scene *s = calloc(1, sizeof *s);
    assert_non_null(s);
    s->ring = ring;
    s->server = server_of(ring, store, policy, NULL, NULL);
    OK(resume_connection_new(&s->connection));
    OK(resume_connection_set_version(s->connection, TLS12));
    OK(resume_connection_set_context(s->connection, some_context, sizeof some_context));
    OK(resume_hello_new(&s->hello));
    s->recipe = recipe_of(TLS12);
    s->saying = saying_of(&s->recipe);
    s->now = NOW;
    return s;
}

static struct scene *scene(void) {
    return scene_with(ring_of_one(), memory_store(), NULL);
}

static void end(struct scene *s) {
    resume_verdict_unref(s->verdict);
    resume_hello_unref(s->hello);
    resume_connection_unref(s->connection);
    resume_server_unref(s->server);
    free(s);
}

/* The client has a ticket of the recipe's session, sealed past the rules of issuing. */
static void has_ticket(struct scene *s) {
    resume_codec *codec = native_codec(s->ring);
    resume_session *session = session_of(&s->recipe);
    OK(resume_codec_seal(codec, session, NOW, s->ticket, sizeof s->ticket, &s->ticket_len));
    s->saying.ticket = s->ticket;
    s->saying.ticket_len = s->ticket_len;
    resume_session_unref(session);
    resume_codec_unref(codec);
}

/* The client has the ID of the recipe's session, which the store has, if it takes it at all. */
static void has_id(struct scene *s) {
    resume_session *session = session_of(&s->recipe);
    resume_status status = resume_store_put(resume_server_store(s->server), session, NOW);
    assert_int_equal(status, s->recipe.not_resumable ? RESUME_UNSUPPORTED : RESUME_OK);
    resume_session_unref(session);
    s->saying.id = some_id;
    s->saying.id_len = sizeof some_id;
}

static resume_status offer(struct scene *s) {
    size_t len = write_hello(&s->saying, s->message);
    s->verdict = resume_verdict_unref(s->verdict);
    OK(resume_hello_parse(s->hello, s->message, len));
    resume_status status =
        resume_server_offer(s->server, s->hello, s->connection, s->now, &s->verdict);
    assert_non_null(s->verdict);
    assert_int_equal(resume_verdict_status(s->verdict), status);
    return status;
}

static void assert_reason(const struct scene *s, resume_reason reason, int32_t path) {
    assert_string_equal(resume_reason_name(resume_verdict_reason(s->verdict)),
                        resume_reason_name(reason));
    assert_int_equal(resume_verdict_path(s->verdict), path);
    assert_int_equal(resume_server_counter(s->server, path, reason), 1);
    assert_int_equal(outcomes_of(s->server), 1);
}

/* An abbreviated handshake: the client's ID back whatever it is (I-37), no new ticket unless
 * renewed, EMS as in the session (I-137). */
static void assert_resumes(const struct scene *s) {
    size_t len = 99;
    const uint8_t *id = resume_verdict_session_id(s->verdict, &len);
    assert_int_equal(len, s->saying.id_len);
    assert_memory_equal(id, s->saying.id ? s->saying.id : id, len);
    const resume_session *session = resume_verdict_session(s->verdict);
    assert_non_null(session);
    assert_int_equal(resume_verdict_extended_master_secret(s->verdict),
                     resume_session_extended_master_secret(session));
    assert_int_equal(resume_verdict_alert(s->verdict), 0);
}

/* What a test spoils, and what comes of it. */
struct mismatch {
    const char *name;
    void (*spoil)(struct scene *s); /* before the ticket is sealed and the session stored */
    void (*late)(struct scene *s);  /* afterwards */
    resume_status status;
    resume_reason reason;
};

static void untouched(struct scene *s) {
    (void)s;
}

static void from_future(struct scene *s) {
    s->recipe.created = s->recipe.authenticated = NOW + HOUR;
}

static void expired(struct scene *s) {
    s->now = NOW + s->recipe.lifetime * SECOND;
}

static void authenticated_long_ago(struct scene *s) {
    s->recipe.authenticated = NOW - DAY;
}

static void tls13_session(struct scene *s) {
    const char *name = s->recipe.name;
    s->recipe = recipe_of(TLS13);
    s->recipe.name = name;
}

static void suite_not_offered(struct scene *s) {
    s->saying.suite = 0xC030;
}

static void with_compression(struct scene *s) {
    s->recipe.compression = 1;
}

static void other_name(struct scene *s) {
    s->saying.name = "b.example";
}

static void no_name(struct scene *s) {
    s->saying.name = NULL;
}

static void other_context(struct scene *s) {
    OK(resume_connection_set_context(s->connection, some_context, 31));
}

static void certificate_required(struct scene *s) {
    OK(resume_connection_set_client_auth(s->connection, RESUME_CLIENT_AUTH_REQUIRE));
}

static void certificate_unwanted(struct scene *s) {
    s->recipe.certificate = true;
}

static void certificate_invalid(struct scene *s) {
    s->recipe.certificate = true;
    s->recipe.verify_result = 20;
    certificate_required(s);
}

static void hello_without_ems(struct scene *s) {
    s->saying.ems = false;
}

static void session_without_ems(struct scene *s) {
    s->recipe.ems = false;
}

static void neither_with_ems(struct scene *s) {
    s->recipe.ems = s->saying.ems = false;
}

static void after_fatal_alert(struct scene *s) {
    s->recipe.not_resumable = true;
}

static const struct mismatch mismatches[] = {
    {"I-01 untouched", untouched, untouched, RESUME_OK, RESUME_REASON_RESUMED},
    {"I-03 version", tls13_session, untouched, RESUME_FULL, RESUME_REASON_VERSION_MISMATCH},
    {"I-04 suite", untouched, suite_not_offered, RESUME_FULL,
     RESUME_REASON_CIPHER_SUITE_NOT_OFFERED},
    {"I-08 compression", with_compression, untouched, RESUME_FULL, RESUME_REASON_COMPRESSION},
    {"I-71 lifetime", untouched, expired, RESUME_FULL, RESUME_REASON_EXPIRED},
    {"I-36 authentication", authenticated_long_ago, untouched, RESUME_FULL,
     RESUME_REASON_AUTHENTICATION_EXPIRED},
    {"I-72 future", from_future, untouched, RESUME_FULL, RESUME_REASON_FROM_FUTURE},
    {"I-120 name", untouched, other_name, RESUME_FULL, RESUME_REASON_SERVER_NAME_MISMATCH},
    {"I-121 no name", untouched, no_name, RESUME_FULL, RESUME_REASON_SERVER_NAME_MISMATCH},
    {"I-126 context", untouched, other_context, RESUME_FULL, RESUME_REASON_CONTEXT_MISMATCH},
    {"I-127 certificate", untouched, certificate_required, RESUME_FULL,
     RESUME_REASON_CLIENT_CERTIFICATE_MISSING},
    {"I-128 unwanted", certificate_unwanted, untouched, RESUME_FULL,
     RESUME_REASON_CLIENT_CERTIFICATE_UNWANTED},
    {"I-129 invalid", certificate_invalid, untouched, RESUME_FULL,
     RESUME_REASON_CLIENT_CERTIFICATE_INVALID},
    {"I-134 hello lacks EMS", untouched, hello_without_ems, RESUME_ABORT,
     RESUME_REASON_EMS_MISSING_IN_HELLO},
    {"I-135 session lacks EMS", session_without_ems, untouched, RESUME_FULL,
     RESUME_REASON_EMS_MISSING_IN_SESSION},
    {"I-136 both lack EMS", neither_with_ems, untouched, RESUME_ABORT,
     RESUME_REASON_EMS_MISSING_IN_BOTH},
    {"I-27 fatal alert", after_fatal_alert, untouched, RESUME_FULL, RESUME_REASON_NOT_RESUMABLE},
};

static void try_mismatch(const struct mismatch *m, bool by_id) {
    struct scene *s = scene();
    m->spoil(s);
    (by_id ? has_id : has_ticket)(s);
    m->late(s);
    print_message("    %s, %s\n", m->name, by_id ? "session ID" : "ticket");
    resume_reason reason = m->reason;
    if (by_id && s->recipe.not_resumable) {
        reason = RESUME_REASON_NOT_IN_STORE; /* I-81: it never got in */
    }
    assert_int_equal(offer(s), m->status);
    assert_reason(s, reason, by_id ? RESUME_PATH_TLS12_SESSION_ID : RESUME_PATH_TLS12_TICKET);
    if (m->status == RESUME_OK) {
        assert_resumes(s);
    } else {
        assert_null(resume_verdict_session(s->verdict));
        assert_int_equal(resume_verdict_alert(s->verdict), m->status == RESUME_ABORT ? 40 : 0);
        assert_int_equal(resume_verdict_new_session_ticket(s->verdict), m->status == RESUME_FULL);
    }
    end(s);
}

/* I-12, I-13: what declines by one path declines by the other, since neither checks by itself. */
static void I_01_03_04_08_12_13_134_to_136_each_mismatch(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof mismatches / sizeof *mismatches; i++) {
        try_mismatch(&mismatches[i], false);
        try_mismatch(&mismatches[i], true);
    }
}

/* What is wrong with the ticket itself is a full handshake with a new ticket, no alert. */
static void I_16_17_18_tickets_that_do_not_open(void **state) {
    (void)state;
    static const struct {
        size_t byte; /* from the end if over the length */
        resume_reason reason;
    } cases[] = {{3, RESUME_REASON_UNKNOWN_KEY}, {20, RESUME_REASON_FORGED}};
    for (size_t i = 0; i < 2; i++) {
        struct scene *s = scene();
        has_ticket(s);
        s->ticket[cases[i].byte] ^= 1;
        assert_int_equal(offer(s), RESUME_FULL);
        assert_reason(s, cases[i].reason, RESUME_PATH_TLS12_TICKET);
        assert_true(resume_verdict_new_session_ticket(s->verdict));
        end(s);
    }
    struct scene *s = scene();
    has_ticket(s);
    s->saying.ticket_len = 17; /* I-154: no seal makes that */
    assert_int_equal(offer(s), RESUME_FULL);
    assert_reason(s, RESUME_REASON_MALFORMED, RESUME_PATH_TLS12_TICKET);
    end(s);
}

static void nothing_offered(void **state) {
    (void)state;
    struct scene *s = scene();
    assert_int_equal(offer(s), RESUME_FULL);
    assert_reason(s, RESUME_REASON_NOT_OFFERED, RESUME_PATH_NONE);
    assert_true(resume_verdict_extended_master_secret(s->verdict));
    end(s);
}

/* RFC 5077 section 3.4: the session ID beside an accepted ticket is echoed, whatever it is. */
static void I_37_the_id_beside_a_ticket_is_echoed(void **state) {
    (void)state;
    static const size_t lengths[] = {0, 1, 16, 31, 32};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        struct scene *s = scene();
        has_ticket(s);
        s->saying.id = lengths[i] ? some_id : NULL;
        s->saying.id_len = lengths[i];
        assert_int_equal(offer(s), RESUME_OK);
        assert_resumes(s);
        end(s);
    }
}

/* RFC 5077 section 3.4: "If a ticket is presented by the client, the server MUST NOT attempt to use
 * the Session ID in the ClientHello for stateful session resumption." */
static void a_refused_ticket_does_not_fall_back_to_the_id(void **state) {
    (void)state;
    struct scene *s = scene();
    has_id(s);
    has_ticket(s);
    s->ticket[30] ^= 1;
    assert_int_equal(offer(s), RESUME_FULL);
    assert_reason(s, RESUME_REASON_FORGED, RESUME_PATH_TLS12_TICKET);
    s->saying.ticket_len = 0; /* an empty extension presents none */
    assert_int_equal(offer(s), RESUME_OK);
    assert_int_equal(resume_verdict_path(s->verdict), RESUME_PATH_TLS12_SESSION_ID);
    assert_false(resume_verdict_new_session_ticket(s->verdict));
    end(s);
}

/* I-30: no extension, no ticket. I-40: the ID of a new session is the server's own; it is empty
 * where a ticket follows (RFC 5077 section 3.4). I-39: and never the same twice. */
static void I_30_39_40_full_handshakes(void **state) {
    (void)state;
    struct scene *s = scene();
    size_t len = 99;
    s->saying.id = some_id;
    s->saying.id_len = sizeof some_id;
    assert_int_equal(offer(s), RESUME_FULL);
    assert_reason(s, RESUME_REASON_NOT_IN_STORE, RESUME_PATH_TLS12_SESSION_ID);
    assert_true(resume_verdict_new_session_ticket(s->verdict));
    resume_verdict_session_id(s->verdict, &len);
    assert_int_equal(len, 0);

    uint8_t first[32];
    s->saying.ticket_extension = false;
    assert_int_equal(offer(s), RESUME_FULL);
    assert_false(resume_verdict_new_session_ticket(s->verdict));
    assert_int_equal(resume_verdict_lifetime_hint(s->verdict), 0);
    memcpy(first, resume_verdict_session_id(s->verdict, &len), sizeof first);
    assert_int_equal(len, 32);
    assert_memory_not_equal(first, some_id, 32);
    assert_int_equal(offer(s), RESUME_FULL);
    assert_memory_not_equal(first, resume_verdict_session_id(s->verdict, &len), 32);
    end(s);
}

/* A server with keys alone keeps no IDs, one with a store alone gives no tickets. */
static void I_20_21_modes(void **state) {
    (void)state;
    size_t len = 99;
    struct scene *s = scene_with(ring_of_one(), NULL, NULL);
    s->saying.ticket_extension = false;
    s->saying.id = some_id;
    s->saying.id_len = 32;
    assert_int_equal(offer(s), RESUME_FULL);
    assert_reason(s, RESUME_REASON_MODE_OFF, RESUME_PATH_TLS12_SESSION_ID);
    resume_verdict_session_id(s->verdict, &len);
    assert_int_equal(len, 0);
    end(s);

    s = scene_with(NULL, memory_store(), NULL);
    s->saying.ticket = some_id;
    s->saying.ticket_len = 32;
    assert_int_equal(offer(s), RESUME_FULL);
    assert_reason(s, RESUME_REASON_MODE_OFF, RESUME_PATH_TLS12_TICKET);
    assert_false(resume_verdict_new_session_ticket(s->verdict));
    resume_verdict_session_id(s->verdict, &len);
    assert_int_equal(len, 32);
    end(s);

    resume_keyring *empty = NULL;
    OK(resume_keyring_new(NULL, &empty));
    s = scene_with(empty, NULL, NULL); /* I-21: no key at all */
    assert_int_equal(offer(s), RESUME_FULL);
    assert_false(resume_verdict_new_session_ticket(s->verdict));
    end(s);
}

/* I-35, I-36, I-43: a renewed ticket's hint ends where the authentication does; without a key to
 * seal it, no ticket is promised (I-31). */
static void I_31_35_36_43_renewal(void **state) {
    (void)state;
    resume_policy *policy = new_policy();
    OK(resume_policy_set_renew_after(policy, 50));
    resume_keyring *ring = NULL;
    OK(resume_keyring_new(NULL, &ring));
    ring_add(ring, 1, NOW - HOUR, NOW + 2 * HOUR, NOW + 3 * HOUR, NOW);
    struct scene *s = scene_with(ring, NULL, policy);
    s->recipe.authenticated = NOW - 22 * HOUR;
    has_ticket(s);
    s->now = NOW + HOUR; /* half of 7200 s */
    assert_int_equal(offer(s), RESUME_RENEW);
    assert_reason(s, RESUME_REASON_RENEWED, RESUME_PATH_TLS12_TICKET);
    assert_resumes(s);
    assert_true(resume_verdict_new_session_ticket(s->verdict));
    assert_int_equal(resume_verdict_lifetime_hint(s->verdict), 3600);
    s->now = NOW + 2 * HOUR - 1000; /* the last second of the key's sealing */
    assert_int_equal(offer(s), RESUME_RENEW);
    end(s);

    policy = new_policy();
    OK(resume_policy_set_renew_after(policy, 10));
    OK(resume_keyring_new(NULL, &ring));
    ring_add(ring, 1, NOW - HOUR, NOW + HOUR, NOW + 3 * HOUR, NOW);
    s = scene_with(ring, NULL, policy);
    has_ticket(s);
    s->now = NOW + HOUR; /* the key opens only */
    assert_int_equal(offer(s), RESUME_OK);
    assert_reason(s, RESUME_REASON_RESUMED, RESUME_PATH_TLS12_TICKET);
    assert_false(resume_verdict_new_session_ticket(s->verdict));
    end(s);
}

/* I-43: the hint of a first ticket is what is left of the key, if that is least. */
static void I_43_44_hint_of_a_full_handshake(void **state) {
    (void)state;
    resume_keyring *ring = NULL;
    OK(resume_keyring_new(NULL, &ring));
    ring_add(ring, 1, NOW - HOUR, NOW + HOUR, NOW + 90 * SECOND + HOUR, NOW);
    struct scene *s = scene_with(ring, NULL, NULL);
    assert_int_equal(offer(s), RESUME_FULL);
    assert_int_equal(resume_verdict_lifetime_hint(s->verdict), 3690);
    end(s);
    s = scene(); /* a key that lives for ever: the policy's day */
    assert_int_equal(offer(s), RESUME_FULL);
    assert_int_equal(resume_verdict_lifetime_hint(s->verdict), 86400);
    end(s);
}

/* Under the strict rule a session without EMS never resumes, so none is issued (I-81, I-136). */
static void I_136_no_ticket_without_ems_unless_allowed(void **state) {
    (void)state;
    struct scene *s = scene();
    s->saying.ems = false;
    assert_int_equal(offer(s), RESUME_FULL);
    assert_false(resume_verdict_new_session_ticket(s->verdict));
    assert_false(resume_verdict_extended_master_secret(s->verdict));
    end(s);

    resume_policy *legacy = new_policy();
    OK(resume_policy_set_ems(legacy, RESUME_EMS_ALLOW_LEGACY));
    s = scene_with(ring_of_one(), NULL, legacy);
    s->saying.ems = false;
    assert_int_equal(offer(s), RESUME_FULL);
    assert_true(resume_verdict_new_session_ticket(s->verdict));
    s->recipe.ems = false;
    has_ticket(s);
    assert_int_equal(offer(s), RESUME_OK);
    assert_resumes(s);
    end(s);
}

/* I-24, I-123: the context is computed where nothing is asked of client certificates; where it is,
 * only the stack knows it, and without it nothing resumes. */
static void I_24_123_context(void **state) {
    (void)state;
    struct scene *s = scene();
    uint8_t expected[RESUME_CONTEXT_SIZE];
    size_t expected_len = 0;
    size_t len = 0;
    OK(resume_connection_set_context(s->connection, NULL, 0));
    OK(resume_policy_context(resume_server_policy(s->server), (const uint8_t *)"a.example", 9, NULL,
                             0, expected, sizeof expected, &expected_len));
    s->recipe.context = expected;
    s->recipe.context_len = expected_len;
    has_ticket(s);
    assert_int_equal(offer(s), RESUME_OK);
    assert_memory_equal(resume_verdict_context(s->verdict, &len), expected, expected_len);
    assert_int_equal(len, expected_len);
    /* I-120: what was computed for one name is not there for the next. */
    s->saying.name = "b.example";
    assert_int_equal(offer(s), RESUME_FULL);
    assert_memory_not_equal(resume_verdict_context(s->verdict, &len), expected, expected_len);
    s->saying.name = "a.example";

    OK(resume_connection_reset(s->connection));
    OK(resume_connection_set_version(s->connection, TLS12));
    OK(resume_connection_set_client_auth(s->connection, RESUME_CLIENT_AUTH_REQUEST));
    assert_int_equal(offer(s), RESUME_FULL);
    assert_int_equal(resume_verdict_reason(s->verdict), RESUME_REASON_CONTEXT_MISMATCH);
    resume_verdict_context(s->verdict, &len);
    assert_int_equal(len, 0);
    /* I-81: nor is one issued that could never resume, by ticket or by ID. */
    assert_false(resume_verdict_new_session_ticket(s->verdict));
    s->saying.ticket_extension = false;
    s->saying.ticket_len = 0;
    assert_int_equal(offer(s), RESUME_FULL);
    resume_verdict_session_id(s->verdict, &len);
    assert_int_equal(len, 0);
    end(s);
}

/* I-19: in a TLS 1.3 connection a TLS 1.2 ticket or ID is no offer, nor does anything of TLS 1.2
 * follow. */
static void I_19_not_in_tls13(void **state) {
    (void)state;
    struct scene *s = scene();
    size_t len = 99;
    has_id(s);
    has_ticket(s);
    OK(resume_connection_set_version(s->connection, TLS13));
    assert_int_equal(offer(s), RESUME_FULL);
    assert_reason(s, RESUME_REASON_NOT_OFFERED, RESUME_PATH_NONE);
    assert_false(resume_verdict_new_session_ticket(s->verdict));
    assert_false(resume_verdict_extended_master_secret(s->verdict));
    resume_verdict_session_id(s->verdict, &len);
    assert_int_equal(len, 0);
    end(s);
}

/* I-46: forward secrecy demanded: no TLS 1.2 ticket, in or out. */
static void I_46_forward_secrecy(void **state) {
    (void)state;
    resume_policy *policy = new_policy();
    OK(resume_policy_set_forward_secrecy(policy, true));
    struct scene *s = scene_with(ring_of_one(), NULL, policy);
    has_ticket(s);
    assert_int_equal(offer(s), RESUME_FULL);
    assert_reason(s, RESUME_REASON_MODE_OFF, RESUME_PATH_TLS12_TICKET);
    assert_false(resume_verdict_new_session_ticket(s->verdict));
    end(s);
}

/* I-41: a client that returns before its session is stored gets a full handshake, and resumes with
 * the same hello later. */
static void I_41_back_before_it_is_stored(void **state) {
    (void)state;
    struct scene *s = scene();
    s->saying.id = some_id;
    s->saying.id_len = sizeof some_id;
    assert_int_equal(offer(s), RESUME_FULL);
    assert_reason(s, RESUME_REASON_NOT_IN_STORE, RESUME_PATH_TLS12_SESSION_ID);
    assert_int_equal(resume_verdict_alert(s->verdict), 0);
    has_id(s);
    assert_int_equal(offer(s), RESUME_OK);
    end(s);
}

/* I-25, I-27, RFC 5246 section 7.2.2: after a fatal alert the session is gone from the store, and
 * one marked not resumable is neither issued nor stored. */
static void I_25_27_fatal_alert(void **state) {
    (void)state;
    struct scene *s = scene();
    has_id(s);
    assert_int_equal(offer(s), RESUME_OK);
    OK(resume_server_forget(s->server, some_id, sizeof some_id));
    assert_int_equal(offer(s), RESUME_FULL);
    assert_int_equal(resume_verdict_reason(s->verdict), RESUME_REASON_NOT_IN_STORE);
    s->recipe.not_resumable = true;
    resume_session *session = session_of(&s->recipe);
    assert_int_equal(resume_server_store_session(s->server, session, NOW), RESUME_FULL);
    assert_int_equal(resume_server_issue_ticket(s->server, session, NOW, s->ticket,
                                                sizeof s->ticket, &s->ticket_len, NULL),
                     RESUME_FULL);
    resume_session_unref(session);
    end(s);
}

/* I-95: no memory is a full handshake where a verdict can be made at all, and a clear error where
 * it cannot. */
static void I_95_without_memory(void **state) {
    (void)state;
    struct scene *s = scene();
    has_ticket(s);
    size_t len = write_hello(&s->saying, s->message);
    OK(resume_hello_parse(s->hello, s->message, len));
    rsm_alloc_fail_from(1);
    resume_status first = resume_server_offer(s->server, s->hello, s->connection, NOW, &s->verdict);
    rsm_alloc_fail_from(2);
    resume_status second =
        resume_server_offer(s->server, s->hello, s->connection, NOW, &s->verdict);
    rsm_alloc_fail_from(0);
    assert_int_equal(first, RESUME_E_NOMEM);
    assert_int_equal(second, RESUME_FULL);
    assert_int_equal(resume_verdict_reason(s->verdict), RESUME_REASON_FAILED);
    end(s);
}

static void arguments(void **state) {
    (void)state;
    struct scene *s = scene();
    resume_verdict *none = NULL;
    size_t len = 7;
    /* A hello that was never parsed has nothing to decide by. */
    assert_int_equal(resume_server_offer(s->server, s->hello, s->connection, NOW, &none),
                     RESUME_E_INVALID);
    assert_int_equal(offer(s), RESUME_FULL);
    assert_int_equal(resume_server_offer(NULL, s->hello, s->connection, NOW, &none),
                     RESUME_E_INVALID);
    assert_int_equal(resume_server_offer(s->server, NULL, s->connection, NOW, &none),
                     RESUME_E_INVALID);
    assert_int_equal(resume_server_offer(s->server, s->hello, NULL, NOW, &none), RESUME_E_INVALID);
    assert_int_equal(resume_server_offer(s->server, s->hello, s->connection, NOW, NULL),
                     RESUME_E_INVALID);
    assert_null(none);
    assert_null(resume_verdict_unref(NULL));
    assert_null(resume_verdict_ref(NULL));
    assert_int_equal(resume_verdict_status(NULL), RESUME_E_INVALID);
    assert_int_equal(resume_verdict_reason(NULL), RESUME_REASON_FAILED);
    assert_int_equal(resume_verdict_path(NULL), RESUME_PATH_NONE);
    assert_null(resume_verdict_session(NULL));
    assert_null(resume_verdict_session_id(NULL, &len));
    assert_int_equal(len, 0);
    assert_null(resume_verdict_context(NULL, NULL));
    assert_false(resume_verdict_new_session_ticket(NULL));
    assert_int_equal(resume_verdict_lifetime_hint(NULL), 0);
    assert_false(resume_verdict_extended_master_secret(NULL));
    assert_int_equal(resume_verdict_alert(NULL), 0);
    resume_verdict *again = resume_verdict_ref(s->verdict);
    assert_ptr_equal(again, s->verdict);
    resume_verdict_unref(again);
    end(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(I_01_03_04_08_12_13_134_to_136_each_mismatch),
        cmocka_unit_test(I_16_17_18_tickets_that_do_not_open),
        cmocka_unit_test(nothing_offered),
        cmocka_unit_test(I_37_the_id_beside_a_ticket_is_echoed),
        cmocka_unit_test(a_refused_ticket_does_not_fall_back_to_the_id),
        cmocka_unit_test(I_30_39_40_full_handshakes),
        cmocka_unit_test(I_20_21_modes),
        cmocka_unit_test(I_31_35_36_43_renewal),
        cmocka_unit_test(I_43_44_hint_of_a_full_handshake),
        cmocka_unit_test(I_136_no_ticket_without_ems_unless_allowed),
        cmocka_unit_test(I_24_123_context),
        cmocka_unit_test(I_19_not_in_tls13),
        cmocka_unit_test(I_46_forward_secrecy),
        cmocka_unit_test(I_41_back_before_it_is_stored),
        cmocka_unit_test(I_25_27_fatal_alert),
        cmocka_unit_test(I_95_without_memory),
        cmocka_unit_test(arguments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
