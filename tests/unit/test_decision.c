/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The decision, rule by rule: a session that resumes is spoilt in one place and must not, for the
 * one reason. Reasons that need tickets or stores are in test_server.c.
 */
#include "server_fixture.h"

#include "core/decision.h"

/* Everything that the decision looks at, in a state in which it says yes. */
struct scene {
    resume_policy *policy;
    resume_connection *connection;
    struct recipe recipe;
    int32_t path;
    uint64_t now;
};

static const int32_t all_paths[] = {RESUME_PATH_TLS12_TICKET, RESUME_PATH_TLS12_SESSION_ID,
                                    RESUME_PATH_TLS13_TICKET, RESUME_PATH_TLS13_STORED};
#define PATHS (sizeof all_paths / sizeof *all_paths)

static struct scene scene_of(int32_t path) {
    uint16_t version = rsm_path_version(path);
    return (struct scene){new_policy(), connection_of(version), recipe_of(version), path, NOW};
}

static void done(struct scene *s) {
    resume_policy_unref(s->policy);
    resume_connection_unref(s->connection);
}

/* The recipe's session as a TLS stack would tell it. */
static resume_facts *told_of(const struct recipe *r) {
    uint8_t secret[48];
    memset(secret, 0x5A, sizeof secret);
    resume_facts *facts = NULL;
    OK(resume_facts_new(&facts));
    OK(resume_facts_set_version(facts, r->version));
    OK(resume_facts_set_cipher_suite(facts, r->suite));
    OK(resume_facts_set_secret(facts, secret, r->version == TLS13 ? 32 : 48));
    OK(resume_facts_set_compression(facts, r->compression));
    OK(resume_facts_set_extended_master_secret(facts, r->ems));
    OK(resume_facts_set_created(facts, r->created));
    OK(resume_facts_set_authenticated(facts, r->authenticated));
    OK(resume_facts_set_lifetime(facts, r->lifetime));
    OK(resume_facts_set_client_certificate(facts, r->certificate, r->verify_result));
    OK(resume_facts_set_resumable(facts, !r->not_resumable));
    OK(resume_facts_set_context(facts, r->context, r->context_len));
    OK(resume_facts_set_server_name(facts, (const uint8_t *)r->name,
                                    r->name ? strlen(r->name) : 0));
    return facts;
}

/* Each rule on a session and on the facts of one that lies elsewhere: the answer is one (I-12). */
static resume_status decide(const struct scene *s, resume_reason *ret_reason) {
    resume_session *session = session_of(&s->recipe);
    resume_facts *told = told_of(&s->recipe);
    struct rsm_facts facts;
    struct rsm_facts elsewhere;
    resume_reason reason = -1;
    rsm_facts_of(session, &facts);
    assert_true(rsm_facts_are_good(told, &elsewhere));
    resume_status status =
        rsm_decide(s->policy, &facts, s->connection, s->path, s->now, ret_reason);
    assert_int_equal(rsm_decide(s->policy, &elsewhere, s->connection, s->path, s->now, &reason),
                     status);
    assert_int_equal(reason, *ret_reason);
    resume_facts_unref(told);
    resume_session_unref(session);
    return status;
}

/* The status follows from the reason, always. */
static resume_status status_of(resume_reason reason) {
    switch (reason) {
    case RESUME_REASON_RESUMED:
        return RESUME_OK;
    case RESUME_REASON_RENEWED:
        return RESUME_RENEW;
    case RESUME_REASON_EMS_MISSING_IN_HELLO:
    case RESUME_REASON_EMS_MISSING_IN_BOTH:
        return RESUME_ABORT;
    default:
        return RESUME_FULL;
    }
}

static void expect(const struct scene *s, resume_reason reason) {
    resume_reason got = -1;
    resume_status status = decide(s, &got);
    assert_string_equal(resume_reason_name(got), resume_reason_name(reason));
    assert_int_equal(status, status_of(reason));
}

/* It resumes, whether or not a new ticket follows. */
static void expect_yes(const struct scene *s) {
    resume_reason got = -1;
    resume_status status = decide(s, &got);
    assert_true(got == RESUME_REASON_RESUMED || got == RESUME_REASON_RENEWED);
    assert_int_equal(status, status_of(got));
}

typedef void spoil_fn(struct scene *s);

/* The same rule by every path (I-12). */
static void on_every_path(spoil_fn *spoil, resume_reason reason) {
    for (size_t i = 0; i < PATHS; i++) {
        struct scene s = scene_of(all_paths[i]);
        expect_yes(&s);
        spoil(&s);
        expect(&s, reason);
        done(&s);
    }
}

static void allow_on_every_path(spoil_fn *change) {
    for (size_t i = 0; i < PATHS; i++) {
        struct scene s = scene_of(all_paths[i]);
        change(&s);
        expect_yes(&s);
        done(&s);
    }
}

/* I-01; TLS 1.3 gives a new ticket each time (RFC 8446 section C.4, I-139), TLS 1.2 none (I-35). */
static void I_01_35_unspoilt_resumes(void **state) {
    (void)state;
    for (size_t i = 0; i < PATHS; i++) {
        struct scene s = scene_of(all_paths[i]);
        bool tls13 = s.recipe.version == TLS13;
        expect(&s, tls13 ? RESUME_REASON_RENEWED : RESUME_REASON_RESUMED);
        done(&s);
    }
}

static void modes_off(struct scene *s) {
    uint32_t other = rsm_path_is_ticket(s->path) ? RESUME_MODE_SESSION_IDS : RESUME_MODE_TICKETS;
    OK(resume_policy_set_modes(s->policy, other));
}

/* I-20 */
static void mode_switched_off(void **state) {
    (void)state;
    on_every_path(modes_off, RESUME_REASON_MODE_OFF);
    struct scene s = scene_of(RESUME_PATH_TLS12_TICKET);
    s.path = RESUME_PATH_NONE;
    expect(&s, RESUME_REASON_MODE_OFF);
    done(&s);
}

/* I-46: neither issued nor accepted, but TLS 1.3 and stored sessions go on. */
static void I_46_forward_secrecy(void **state) {
    (void)state;
    for (size_t i = 0; i < PATHS; i++) {
        struct scene s = scene_of(all_paths[i]);
        OK(resume_policy_set_forward_secrecy(s.policy, true));
        assert_int_equal(rsm_decide_path(s.policy, s.path), s.path != RESUME_PATH_TLS12_TICKET);
        if (s.path == RESUME_PATH_TLS12_TICKET) {
            expect(&s, RESUME_REASON_MODE_OFF);
        } else {
            expect_yes(&s);
        }
        done(&s);
    }
}

static void other_version_in_session(struct scene *s) {
    s->recipe = recipe_of(s->recipe.version == TLS12 ? TLS13 : TLS12);
}

static void other_version_in_hello(struct scene *s) {
    OK(resume_connection_set_version(s->connection, s->recipe.version == TLS12 ? TLS13 : TLS12));
}

static void no_version_in_hello(struct scene *s) {
    OK(resume_connection_reset(s->connection));
}

/* I-03, I-19: up and down, and a handshake of which nothing is known. */
static void I_03_versions(void **state) {
    (void)state;
    on_every_path(other_version_in_session, RESUME_REASON_VERSION_MISMATCH);
    on_every_path(other_version_in_hello, RESUME_REASON_VERSION_MISMATCH);
    on_every_path(no_version_in_hello, RESUME_REASON_VERSION_MISMATCH);
    struct scene s = scene_of(RESUME_PATH_TLS12_TICKET);
    s.path = RESUME_PATH_TLS13_TICKET; /* session and hello agree, the way does not */
    expect(&s, RESUME_REASON_VERSION_MISMATCH);
    done(&s);
}

static void not_resumable(struct scene *s) {
    s->recipe.not_resumable = true;
}

/* I-25 */
static void marked_not_resumable(void **state) {
    (void)state;
    on_every_path(not_resumable, RESUME_REASON_NOT_RESUMABLE);
}

/* Times. */

/* I-71: valid at the last millisecond, invalid at the end. */
static void lifetime_border(void **state) {
    (void)state;
    for (size_t i = 0; i < PATHS; i++) {
        struct scene s = scene_of(all_paths[i]);
        s.now = NOW + 7200 * SECOND - 1;
        expect_yes(&s);
        s.now++;
        expect(&s, RESUME_REASON_EXPIRED);
        done(&s);
    }
}

/* I-73: today's policy caps what an older or laxer one gave; by default 24 h and 7 days. */
static void policy_caps_lifetime(void **state) {
    (void)state;
    for (size_t i = 0; i < PATHS; i++) {
        struct scene s = scene_of(all_paths[i]);
        s.recipe.lifetime = UINT32_MAX;
        s.recipe.authenticated = NOW + 30 * SECOND; /* so that this limit comes later */
        uint64_t cap = s.recipe.version == TLS12 ? DAY : 7 * DAY;
        s.now = NOW + cap - 1;
        expect_yes(&s);
        s.now++;
        expect(&s, RESUME_REASON_EXPIRED);
        OK(resume_policy_set_lifetime(s.policy, s.recipe.version, 10));
        s.now = NOW + 10 * SECOND;
        expect(&s, RESUME_REASON_EXPIRED);
        s.now--;
        expect_yes(&s);
        done(&s);
    }
}

/* I-36: the full handshake's time counts, however fresh the session. */
static void I_36_authentication_border(void **state) {
    (void)state;
    for (size_t i = 0; i < PATHS; i++) {
        struct scene s = scene_of(all_paths[i]);
        uint64_t cap = s.recipe.version == TLS12 ? DAY : 7 * DAY;
        s.recipe.authenticated = NOW - cap + 1;
        expect_yes(&s);
        s.recipe.authenticated--;
        expect(&s, RESUME_REASON_AUTHENTICATION_EXPIRED);
        OK(resume_policy_set_authentication_lifetime(s.policy, s.recipe.version, 60));
        s.recipe.authenticated = NOW - 60 * SECOND;
        expect(&s, RESUME_REASON_AUTHENTICATION_EXPIRED);
        s.recipe.authenticated++;
        expect_yes(&s);
        done(&s);
    }
}

/* I-72: 60 s of skew by default; created and authenticated alike. */
static void skew_border(void **state) {
    (void)state;
    for (size_t i = 0; i < PATHS; i++) {
        struct scene s = scene_of(all_paths[i]);
        s.recipe.created = NOW + 60 * SECOND;
        expect_yes(&s);
        s.recipe.created++;
        expect(&s, RESUME_REASON_FROM_FUTURE);
        s.recipe.created = NOW;
        s.recipe.authenticated = NOW + 60 * SECOND + 1;
        expect(&s, RESUME_REASON_FROM_FUTURE);
        OK(resume_policy_set_skew(s.policy, 0));
        s.recipe.authenticated = NOW;
        expect_yes(&s);
        s.recipe.created = NOW + 1;
        expect(&s, RESUME_REASON_FROM_FUTURE);
        done(&s);
    }
}

/* I-76: a clock that steps back beyond the skew, or to the start of time, declines and never makes
 * a session live longer. */
static void clock_steps_back(void **state) {
    (void)state;
    struct scene s = scene_of(RESUME_PATH_TLS13_TICKET);
    static const uint64_t steps[] = {0, 1, NOW - HOUR, NOW - 60 * SECOND - 1};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        s.now = steps[i];
        expect(&s, RESUME_REASON_FROM_FUTURE);
    }
    s.now = NOW - 60 * SECOND;
    expect_yes(&s);
    s.now = NOW + 7200 * SECOND; /* and forward again: the end is where it was */
    expect(&s, RESUME_REASON_EXPIRED);
    done(&s);
}

/* I-74: 2038, 2106 and the end of 64 bits are times like any other. */
static void late_centuries(void **state) {
    (void)state;
    static const uint64_t starts[] = {UINT64_C(2147483647999), UINT64_C(2147483648000),
                                      UINT64_C(4294967295999), UINT64_C(4294967296000),
                                      UINT64_C(1) << 63};
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
        struct scene s = scene_of(RESUME_PATH_TLS12_TICKET);
        s.recipe.created = s.recipe.authenticated = starts[i];
        s.now = starts[i];
        expect(&s, RESUME_REASON_RESUMED);
        s.now = starts[i] + 7200 * SECOND - 1;
        expect(&s, RESUME_REASON_RESUMED);
        s.now++;
        expect(&s, RESUME_REASON_EXPIRED);
        done(&s);
    }
}

/* I-74: sums stop at the top. A wrapped end would lie in the past, a wrapped now in it too. */
static void times_saturate(void **state) {
    (void)state;
    struct scene s = scene_of(RESUME_PATH_TLS12_TICKET);
    s.recipe.created = s.recipe.authenticated = UINT64_MAX - 1;
    s.recipe.lifetime = UINT32_MAX;
    s.now = UINT64_MAX - 1;
    expect(&s, RESUME_REASON_RESUMED);
    s.now = UINT64_MAX; /* now + skew saturates as well: no time is in its future */
    expect(&s, RESUME_REASON_EXPIRED);
    s.now = UINT64_MAX - 60 * SECOND - 3;
    expect(&s, RESUME_REASON_FROM_FUTURE);
    s.recipe.created = s.recipe.authenticated = 0;
    s.now = UINT64_MAX;
    expect(&s, RESUME_REASON_EXPIRED);
    s.now = 0;
    expect(&s, RESUME_REASON_RESUMED);
    done(&s);
}

/* Renewal. */

/* I-35: a TLS 1.2 ticket is renewed from the given share of its life on, an ID never. */
static void I_35_renewal_point(void **state) {
    (void)state;
    struct scene s = scene_of(RESUME_PATH_TLS12_TICKET);
    OK(resume_policy_set_renew_after(s.policy, 25));
    s.now = NOW + 1800 * SECOND - 1;
    expect(&s, RESUME_REASON_RESUMED);
    s.now++;
    expect(&s, RESUME_REASON_RENEWED);
    s.path = RESUME_PATH_TLS12_SESSION_ID;
    expect(&s, RESUME_REASON_RESUMED);
    OK(resume_policy_set_renew_after(s.policy, 100));
    s.path = RESUME_PATH_TLS12_TICKET;
    s.now = NOW + 7200 * SECOND - 1;
    expect(&s, RESUME_REASON_RESUMED);
    done(&s);
}

/* Cipher suites. */

static void offer(struct scene *s, const uint8_t *suites, size_t len) {
    OK(resume_connection_set_cipher_suites(s->connection, suites, len));
}

static void offer_others(struct scene *s) {
    static const uint8_t tls12[] = {0xC0, 0x30, 0x2F, 0xC0, 0x2F, 0xC0}; /* pairs, not bytes */
    static const uint8_t tls13[] = {0x13, 0x02, 0x00, 0x13, 0x01, 0x00};
    if (s->recipe.version == TLS12) {
        offer(s, tls12, sizeof tls12);
    } else {
        offer(s, tls13, sizeof tls13);
    }
}

static void offer_last(struct scene *s) {
    static const uint8_t tls12[] = {0x0A, 0x0A, 0xC0, 0x30, 0xC0, 0x2F};
    static const uint8_t tls13[] = {0x0A, 0x0A, 0x13, 0x02, 0x13, 0x01};
    if (s->recipe.version == TLS12) {
        offer(s, tls12, sizeof tls12);
    } else {
        offer(s, tls13, sizeof tls13);
    }
}

static void unknown_offer(struct scene *s) {
    uint16_t version = s->recipe.version;
    OK(resume_connection_reset(s->connection));
    OK(resume_connection_set_version(s->connection, version));
    OK(resume_connection_set_server_name(s->connection, (const uint8_t *)"a.example", 9));
    OK(resume_connection_set_context(s->connection, some_context, sizeof some_context));
    OK(resume_connection_set_extended_master_secret(s->connection, version == TLS12));
}

/* I-04, I-05: offered, be it as the last one. */
static void I_04_05_suite_must_be_offered(void **state) {
    (void)state;
    on_every_path(offer_others, RESUME_REASON_CIPHER_SUITE_NOT_OFFERED);
    allow_on_every_path(offer_last);
    allow_on_every_path(unknown_offer);
}

/* I-06: in TLS 1.3 the hash decides (RFC 8446 section 4.2.11), for the suites of its appendix B.4;
 * a suite of another hash or of an unknown one resumes as itself only. In TLS 1.2 nothing but the
 * suite itself does (I-07). */
static void I_06_07_tls13_hash_decides(void **state) {
    (void)state;
    static const struct {
        uint16_t session;
        uint16_t offered;
        bool yes;
    } rows[] = {
        {0x1301, 0x1301, true},  {0x1301, 0x1303, true},  {0x1301, 0x1304, true},
        {0x1305, 0x1301, true},  {0x1302, 0x1302, true},  {0x1301, 0x1302, false},
        {0x1302, 0x1301, false}, {0x1301, 0x1306, false}, {0x1306, 0x1306, true},
        {0x1306, 0x1301, false}, {0x1306, 0x1307, false}, {0x1301, 0xC02F, false},
        {0x1301, 0x1300, false}, {0x00C6, 0x00C6, true},  {0x00C6, 0x1301, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct scene s = scene_of(RESUME_PATH_TLS13_TICKET);
        uint8_t offered[2] = {(uint8_t)(rows[i].offered >> 8), (uint8_t)rows[i].offered};
        s.recipe.suite = rows[i].session;
        offer(&s, offered, sizeof offered);
        expect(&s, rows[i].yes ? RESUME_REASON_RENEWED : RESUME_REASON_CIPHER_SUITE_NOT_OFFERED);
        done(&s);
    }
    struct scene s = scene_of(RESUME_PATH_TLS12_TICKET);
    static const uint8_t same_hash[] = {0xC0, 0x2B, 0x13, 0x01};
    offer(&s, same_hash, sizeof same_hash);
    expect(&s, RESUME_REASON_CIPHER_SUITE_NOT_OFFERED);
    done(&s);
}

static void allow_other_suite(struct scene *s) {
    OK(resume_policy_allow_cipher_suite(s->policy, 0xC030));
    OK(resume_policy_allow_cipher_suite(s->policy, 0x1302));
}

static void allow_this_suite(struct scene *s) {
    allow_other_suite(s);
    OK(resume_policy_allow_cipher_suite(s->policy, s->recipe.suite));
}

/* I-04, I-07: still enabled here, exactly this suite, not one of the same hash. */
static void I_04_07_suite_must_be_allowed(void **state) {
    (void)state;
    on_every_path(allow_other_suite, RESUME_REASON_CIPHER_SUITE_NOT_ALLOWED);
    allow_on_every_path(allow_this_suite);
}

static void compress(struct scene *s) {
    s->recipe.compression = 1;
}

/* I-08 */
static void I_08_compression_never(void **state) {
    (void)state;
    on_every_path(compress, RESUME_REASON_COMPRESSION);
}

/* Isolation. */

static void name_in_hello(struct scene *s, const char *name, size_t len) {
    OK(resume_connection_set_server_name(s->connection, (const uint8_t *)name, len));
}

/* I-120, I-121 */
static void server_names(void **state) {
    (void)state;
    static const struct {
        const char *session;
        const char *hello;
        size_t hello_len;
        bool same;
    } rows[] = {
        {"a.example", "a.example", 9, true},
        {"a.example", "A.Example", 9, true},
        {"A.EXAMPLE", "a.example", 9, true},
        {NULL, NULL, 0, true},
        {"a.example", "b.example", 9, false},
        {"a.example", NULL, 0, false},
        {NULL, "a.example", 9, false},
        {"a.example", "a.exampl", 8, false},
        {"a.example", "a.example.", 10, false},
        {"a.example", "xa.example", 10, false},
        {"a.example", "a.example\0x", 11, false},
        {"a.example", "a\0example", 9, false},
        {"a.example", "a.exampl\xE5", 9, false},
        {"a@example", "a`example", 9, false},
        {"a[example", "a{example", 9, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (size_t j = 0; j < PATHS; j++) {
            struct scene s = scene_of(all_paths[j]);
            s.recipe.name = rows[i].session;
            name_in_hello(&s, rows[i].hello, rows[i].hello_len);
            if (rows[i].same) {
                expect_yes(&s);
            } else {
                expect(&s, RESUME_REASON_SERVER_NAME_MISMATCH);
                OK(resume_policy_set_isolate_server_name(s.policy, false));
                expect_yes(&s);
            }
            done(&s);
        }
    }
}

static void other_context(struct scene *s) {
    static uint8_t other[32] = {0xC0, 1, 2, 4};
    s->recipe.context = other;
}

static void shorter_context(struct scene *s) {
    s->recipe.context_len = 31;
}

static void no_context_in_session(struct scene *s) {
    s->recipe.context_len = 0;
}

static void no_context_in_hello(struct scene *s) {
    OK(resume_connection_set_context(s->connection, NULL, 0));
}

static void no_context_on_either_side(struct scene *s) {
    no_context_in_session(s);
    no_context_in_hello(s);
}

static void no_context_where_certificates_count(struct scene *s) {
    no_context_on_either_side(s);
    OK(resume_connection_set_client_auth(s->connection, RESUME_CLIENT_AUTH_REQUEST));
}

/* I-23, I-126: another context, a part of it, or none on one side. I-24, I-123: none at all is good
 * only where no client certificate is asked for. */
static void contexts(void **state) {
    (void)state;
    on_every_path(other_context, RESUME_REASON_CONTEXT_MISMATCH);
    on_every_path(shorter_context, RESUME_REASON_CONTEXT_MISMATCH);
    on_every_path(no_context_in_session, RESUME_REASON_CONTEXT_MISMATCH);
    on_every_path(no_context_in_hello, RESUME_REASON_CONTEXT_MISMATCH);
    on_every_path(no_context_where_certificates_count, RESUME_REASON_CONTEXT_MISMATCH);
    allow_on_every_path(no_context_on_either_side);
}

/* One input of resume_policy_context() is different from what the session was made under. */
struct inputs {
    const char *label;
    const char *name;
    const char *auth;
    bool isolate;
};

static size_t context_of(const struct inputs *in, uint8_t *context) {
    size_t len = 0;
    resume_policy *p = new_policy();
    OK(resume_policy_set_label(p, (const uint8_t *)in->label, strlen(in->label)));
    OK(resume_policy_set_isolate_server_name(p, in->isolate));
    OK(resume_policy_context(p, (const uint8_t *)in->name, strlen(in->name),
                             (const uint8_t *)in->auth, strlen(in->auth), context, 32, &len));
    resume_policy_unref(p);
    return len;
}

static void decide_between(const struct inputs *made, const struct inputs *now, bool yes) {
    for (size_t i = 0; i < PATHS; i++) {
        uint8_t made_under[32];
        uint8_t under[32];
        struct scene s = scene_of(all_paths[i]);
        s.recipe.context = made_under;
        s.recipe.context_len = context_of(made, made_under);
        OK(resume_connection_set_context(s.connection, under, context_of(now, under)));
        if (yes) {
            expect_yes(&s);
        } else {
            expect(&s, RESUME_REASON_CONTEXT_MISMATCH);
        }
        done(&s);
    }
}

static const struct inputs made = {"listener 1", "a.example", "no clients", true};

/* I-123, I-126, one test for each input of resume_policy_context(). */
static void context_label(void **state) {
    (void)state;
    struct inputs now = made;
    decide_between(&made, &now, true);
    now.label = "listener 2"; /* I-124 */
    decide_between(&made, &now, false);
}

static void context_server_name(void **state) {
    (void)state;
    struct inputs now = made;
    now.name = "b.example";
    decide_between(&made, &now, false);
    now.name = "A.Example";
    decide_between(&made, &now, true);
}

static void context_client_auth(void **state) {
    (void)state;
    struct inputs now = made;
    now.auth = "clients of CA 1"; /* I-130 */
    decide_between(&made, &now, false);
}

static void context_isolation(void **state) {
    (void)state;
    struct inputs now = made;
    now.isolate = false;
    decide_between(&made, &now, false);
}

static void accept_it(struct scene *s) {
    static uint8_t foreign[] = {'H', 'T', 'T', 'P'};
    OK(resume_policy_accept_context(s->policy, some_context, 5));
    OK(resume_policy_accept_context(s->policy, foreign, sizeof foreign));
    s->recipe.context = foreign;
    s->recipe.context_len = sizeof foreign;
}

static void issue_it(struct scene *s) {
    static uint8_t foreign[] = {'H', 'T', 'T', 'P'};
    OK(resume_policy_set_issue_context(s->policy, foreign, sizeof foreign));
    s->recipe.context = foreign;
    s->recipe.context_len = sizeof foreign;
}

static void accept_another(struct scene *s) {
    accept_it(s);
    s->recipe.context_len = 3;
}

static void accept_with_other_name(struct scene *s) {
    accept_it(s);
    s->recipe.name = "b.example";
}

/* Foreign contexts resume where the policy says so, whole, and the name still isolates. */
static void accepted_contexts(void **state) {
    (void)state;
    allow_on_every_path(accept_it);
    allow_on_every_path(issue_it);
    on_every_path(accept_another, RESUME_REASON_CONTEXT_MISMATCH);
    on_every_path(accept_with_other_name, RESUME_REASON_SERVER_NAME_MISMATCH);
}

/* Client certificates. */

/* I-127, I-128, I-129: what is asked now, whether the session has one, how its check ended. */
static void client_certificates(void **state) {
    (void)state;
    enum { YES = RESUME_REASON_RESUMED };
    static const struct {
        int32_t asked;
        bool has;
        int32_t verified;
        resume_reason reason;
    } rows[] = {
        {RESUME_CLIENT_AUTH_NONE, false, 0, YES},
        {RESUME_CLIENT_AUTH_NONE, true, 0, RESUME_REASON_CLIENT_CERTIFICATE_UNWANTED},
        {RESUME_CLIENT_AUTH_NONE, true, 10, RESUME_REASON_CLIENT_CERTIFICATE_UNWANTED},
        {RESUME_CLIENT_AUTH_REQUEST, false, 0, YES},
        {RESUME_CLIENT_AUTH_REQUEST, true, 0, YES},
        {RESUME_CLIENT_AUTH_REQUEST, true, 10, YES},
        {RESUME_CLIENT_AUTH_REQUIRE, false, 0, RESUME_REASON_CLIENT_CERTIFICATE_MISSING},
        {RESUME_CLIENT_AUTH_REQUIRE, false, 10, RESUME_REASON_CLIENT_CERTIFICATE_MISSING},
        {RESUME_CLIENT_AUTH_REQUIRE, true, 0, YES},
        {RESUME_CLIENT_AUTH_REQUIRE, true, 10, RESUME_REASON_CLIENT_CERTIFICATE_INVALID},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (size_t j = 0; j < PATHS; j++) {
            struct scene s = scene_of(all_paths[j]);
            s.recipe.certificate = rows[i].has;
            s.recipe.verify_result = rows[i].verified;
            OK(resume_connection_set_client_auth(s.connection, rows[i].asked));
            if (rows[i].reason == YES) {
                expect_yes(&s);
            } else {
                expect(&s, rows[i].reason);
            }
            OK(resume_policy_set_client_certificate_guard(s.policy, false));
            expect_yes(&s);
            done(&s);
        }
    }
}

/* RFC 7627 section 5.3, its table for a server; I-134, I-135, I-136. */
static void I_134_135_136_extended_master_secret(void **state) {
    (void)state;
    static const struct {
        bool session;
        bool hello;
        int32_t policy;
        resume_reason reason;
    } rows[] = {
        {true, true, RESUME_EMS_STRICT, RESUME_REASON_RESUMED},
        {true, true, RESUME_EMS_ALLOW_LEGACY, RESUME_REASON_RESUMED},
        {true, false, RESUME_EMS_STRICT, RESUME_REASON_EMS_MISSING_IN_HELLO},
        {true, false, RESUME_EMS_ALLOW_LEGACY, RESUME_REASON_EMS_MISSING_IN_HELLO},
        {false, true, RESUME_EMS_STRICT, RESUME_REASON_EMS_MISSING_IN_SESSION},
        {false, true, RESUME_EMS_ALLOW_LEGACY, RESUME_REASON_EMS_MISSING_IN_SESSION},
        {false, false, RESUME_EMS_STRICT, RESUME_REASON_EMS_MISSING_IN_BOTH},
        {false, false, RESUME_EMS_ALLOW_LEGACY, RESUME_REASON_RESUMED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (int32_t path = RESUME_PATH_TLS12_TICKET; path <= RESUME_PATH_TLS12_SESSION_ID;
             path++) {
            struct scene s = scene_of(path);
            s.recipe.ems = rows[i].session;
            OK(resume_connection_set_extended_master_secret(s.connection, rows[i].hello));
            OK(resume_policy_set_ems(s.policy, rows[i].policy));
            expect(&s, rows[i].reason);
            done(&s);
        }
    }
}

/* TLS 1.3 has no such thing: the extension in its hello changes nothing (RFC 8446 appendix D). */
static void ems_is_for_tls12(void **state) {
    (void)state;
    for (int on = 0; on <= 1; on++) {
        struct scene s = scene_of(RESUME_PATH_TLS13_TICKET);
        OK(resume_connection_set_extended_master_secret(s.connection, on));
        expect(&s, RESUME_REASON_RENEWED);
        done(&s);
    }
}

/* I-23: whoever offers a session that is not for this server gets a full handshake, never an
 * abort that tells him about it. */
static void isolation_before_abort(void **state) {
    (void)state;
    struct scene s = scene_of(RESUME_PATH_TLS12_TICKET);
    OK(resume_connection_set_extended_master_secret(s.connection, false));
    expect(&s, RESUME_REASON_EMS_MISSING_IN_HELLO);
    name_in_hello(&s, "b.example", 9);
    expect(&s, RESUME_REASON_SERVER_NAME_MISMATCH);
    OK(resume_connection_set_context(s.connection, some_context, 3));
    expect(&s, RESUME_REASON_CONTEXT_MISMATCH);
    done(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(I_01_35_unspoilt_resumes),
        cmocka_unit_test(mode_switched_off),
        cmocka_unit_test(I_46_forward_secrecy),
        cmocka_unit_test(I_03_versions),
        cmocka_unit_test(marked_not_resumable),
        cmocka_unit_test(lifetime_border),
        cmocka_unit_test(policy_caps_lifetime),
        cmocka_unit_test(I_36_authentication_border),
        cmocka_unit_test(skew_border),
        cmocka_unit_test(clock_steps_back),
        cmocka_unit_test(late_centuries),
        cmocka_unit_test(times_saturate),
        cmocka_unit_test(I_35_renewal_point),
        cmocka_unit_test(I_04_05_suite_must_be_offered),
        cmocka_unit_test(I_06_07_tls13_hash_decides),
        cmocka_unit_test(I_04_07_suite_must_be_allowed),
        cmocka_unit_test(I_08_compression_never),
        cmocka_unit_test(server_names),
        cmocka_unit_test(contexts),
        cmocka_unit_test(context_label),
        cmocka_unit_test(context_server_name),
        cmocka_unit_test(context_client_auth),
        cmocka_unit_test(context_isolation),
        cmocka_unit_test(accepted_contexts),
        cmocka_unit_test(client_certificates),
        cmocka_unit_test(I_134_135_136_extended_master_secret),
        cmocka_unit_test(ems_is_for_tls12),
        cmocka_unit_test(isolation_before_abort),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
