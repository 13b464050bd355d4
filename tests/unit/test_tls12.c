/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Master secrets and Finished values of TLS 1.2: published values (I-160), what they depend on, and
 * what is refused. Against real handshakes: test_tls12_libssl.c.
 */
#include "secrecy.h"
#include "tls12_fixture.h"

#define SECRET_SIZE RESUME_TLS12_MASTER_SECRET_SIZE
#define VERIFY_SIZE RESUME_TLS12_VERIFY_DATA_SIZE

/* I-160 */
static void master_secrets_agree_with_published_values(void **state) {
    (void)state;
    size_t extended = 0;
    for (size_t i = 0; i < PUBLISHED; i++) {
        const struct published *p = &published[i];
        uint8_t premaster[48];
        uint8_t made[SECRET_SIZE];
        size_t len = unhex(p->premaster, premaster);
        if (p->session_hash) {
            uint8_t hash[48];
            size_t hash_len = unhex(p->session_hash, hash);
            OK(resume_tls12_extended_master_secret(p->suite, premaster, len, hash, hash_len, made));
            extended++;
        } else {
            uint8_t client[RESUME_TLS12_RANDOM_SIZE];
            uint8_t server[RESUME_TLS12_RANDOM_SIZE];
            unhex(p->hello_client, client);
            unhex(p->hello_server, server);
            OK(resume_tls12_master_secret(p->suite, premaster, len, client, server, made));
        }
        assert_hex(made, p->master);
    }
    assert_int_equal(extended, 2);
}

/* I-160: the same by the PRF alone, as an exporter of a caller's own would use it. */
static void prf_makes_the_same(void **state) {
    (void)state;
    for (size_t i = 0; i < PUBLISHED; i++) {
        const struct published *p = &published[i];
        resume_hash hash = p->suite == GCM_128 ? RESUME_HASH_SHA256 : RESUME_HASH_SHA384;
        uint8_t master[SECRET_SIZE];
        uint8_t seed[2 * RESUME_TLS12_RANDOM_SIZE];
        uint8_t made[128];
        unhex(p->master, master);
        size_t seed_len = unhex(p->server, seed);
        seed_len += unhex(p->client, seed + seed_len);
        OK(resume_tls12_prf(hash, master, sizeof master, "key expansion", seed, seed_len, made,
                            sizeof made));
        assert_hex(made, p->key_block);
    }
}

static void prf_refuses(void **state) {
    (void)state;
    char label[RESUME_TLS12_LABEL_MAX + 2];
    uint8_t seed[4] = {1, 2, 3, 4};
    uint8_t out[8] = {0xee, 0xee, 0xee, 0xee, 0xee, 0xee, 0xee, 0xee};
    uint8_t untouched[8];
    memcpy(untouched, out, sizeof out);
    memset(label, 'a', sizeof label);
    label[RESUME_TLS12_LABEL_MAX + 1] = '\0';
    INVALID(resume_tls12_prf(0, seed, 4, "a", seed, 4, out, 8));
    INVALID(resume_tls12_prf(3, seed, 4, "a", seed, 4, out, 8));
    INVALID(resume_tls12_prf(-1, seed, 4, "a", seed, 4, out, 8));
    INVALID(resume_tls12_prf(RESUME_HASH_SHA256, NULL, 4, "a", seed, 4, out, 8));
    INVALID(resume_tls12_prf(RESUME_HASH_SHA256, seed, 0, "a", seed, 4, out, 8));
    INVALID(resume_tls12_prf(RESUME_HASH_SHA256, seed, 4, NULL, seed, 4, out, 8));
    INVALID(resume_tls12_prf(RESUME_HASH_SHA256, seed, 4, "a", NULL, 4, out, 8));
    INVALID(resume_tls12_prf(RESUME_HASH_SHA256, seed, 4, "a", seed, 4, NULL, 8));
    INVALID(resume_tls12_prf(RESUME_HASH_SHA256, seed, 4, "a", seed, 4, out, 0));
    INVALID(resume_tls12_prf(RESUME_HASH_SHA256, seed, 4, label, seed, 4, out, 8));
    assert_memory_equal(out, untouched, sizeof out);
    label[RESUME_TLS12_LABEL_MAX] = '\0';
    OK(resume_tls12_prf(RESUME_HASH_SHA256, seed, 4, label, seed, 4, out, 8));
    assert_memory_not_equal(out, untouched, sizeof out);
}

/* Label and seed run together: that is the RFC's. Nothing of either is dropped, and the longer
 * output begins with the shorter. */
static void prf_takes_all_of_its_inputs(void **state) {
    (void)state;
    uint8_t secret[48];
    uint8_t joined[100];
    uint8_t apart[100];
    noise(1, secret, sizeof secret);
    OK(resume_tls12_prf(RESUME_HASH_SHA384, secret, 48, "ab", (const uint8_t *)"cd", 2, joined,
                        100));
    OK(resume_tls12_prf(RESUME_HASH_SHA384, secret, 48, "abcd", NULL, 0, apart, 100));
    assert_memory_equal(joined, apart, 100);
    OK(resume_tls12_prf(RESUME_HASH_SHA384, secret, 48, "", (const uint8_t *)"abcd", 4, apart, 99));
    assert_memory_equal(joined, apart, 99);
    OK(resume_tls12_prf(RESUME_HASH_SHA384, secret, 48, "abcd", (const uint8_t *)"\0", 1, apart,
                        100));
    assert_memory_not_equal(joined, apart, 48);
    OK(resume_tls12_prf(RESUME_HASH_SHA384, secret, 47, "abcd", NULL, 0, apart, 100));
    assert_memory_not_equal(joined, apart, 48);
    OK(resume_tls12_prf(RESUME_HASH_SHA256, secret, 48, "abcd", NULL, 0, apart, 100));
    assert_memory_not_equal(joined, apart, 32);
}

/* RFC 7627 section 4: also if the session hash were the randoms, the label tells them apart. */
static void extended_master_secret_differs_from_the_classic_one(void **state) {
    (void)state;
    uint8_t premaster[48];
    uint8_t randoms[64];
    uint8_t classic[SECRET_SIZE];
    uint8_t extended[SECRET_SIZE];
    noise(2, premaster, sizeof premaster);
    noise(3, randoms, sizeof randoms);
    OK(resume_tls12_master_secret(GCM_128, premaster, 48, randoms, randoms + 32, classic));
    OK(resume_tls12_extended_master_secret(GCM_128, premaster, 48, randoms, 32, extended));
    assert_memory_not_equal(classic, extended, SECRET_SIZE);
    /* Another transcript, another secret. */
    OK(resume_tls12_extended_master_secret(GCM_128, premaster, 48, randoms + 32, 32, classic));
    assert_memory_not_equal(classic, extended, SECRET_SIZE);
}

static void master_secrets_refuse(void **state) {
    (void)state;
    uint8_t in[64];
    uint8_t made[SECRET_SIZE];
    uint8_t untouched[SECRET_SIZE];
    noise(4, in, sizeof in);
    memset(made, 0xee, sizeof made);
    memset(untouched, 0xee, sizeof untouched);
    INVALID(resume_tls12_master_secret(GCM_128, NULL, 48, in, in, made));
    INVALID(resume_tls12_master_secret(GCM_128, in, 0, in, in, made));
    INVALID(resume_tls12_master_secret(GCM_128, in, 48, NULL, in, made));
    INVALID(resume_tls12_master_secret(GCM_128, in, 48, in, NULL, made));
    INVALID(resume_tls12_master_secret(GCM_128, in, 48, in, in, NULL));
    assert_int_equal(resume_tls12_master_secret(0x1301, in, 48, in, in, made), RESUME_UNSUPPORTED);
    INVALID(resume_tls12_extended_master_secret(GCM_128, NULL, 48, in, 32, made));
    INVALID(resume_tls12_extended_master_secret(GCM_128, in, 0, in, 32, made));
    INVALID(resume_tls12_extended_master_secret(GCM_128, in, 48, NULL, 32, made));
    INVALID(resume_tls12_extended_master_secret(GCM_128, in, 48, in, 32, NULL));
    assert_int_equal(resume_tls12_extended_master_secret(0x1301, in, 48, in, 32, made),
                     RESUME_UNSUPPORTED);
    for (size_t len = 0; len <= 64; len++) {
        if (len != 32) {
            INVALID(resume_tls12_extended_master_secret(GCM_128, in, 48, in, len, made));
        }
        if (len != 48) {
            INVALID(resume_tls12_extended_master_secret(GCM_256, in, 48, in, len, made));
        }
    }
    assert_memory_equal(made, untouched, sizeof made);
}

/* A caller may write the master secret over the premaster secret. */
static void output_may_lie_on_the_premaster_secret(void **state) {
    (void)state;
    uint8_t premaster[48];
    uint8_t randoms[64];
    uint8_t made[SECRET_SIZE];
    noise(5, premaster, sizeof premaster);
    noise(6, randoms, sizeof randoms);
    OK(resume_tls12_master_secret(GCM_256, premaster, 48, randoms, randoms + 32, made));
    OK(resume_tls12_master_secret(GCM_256, premaster, 48, randoms, randoms + 32, premaster));
    assert_memory_equal(made, premaster, sizeof made);
}

/* ---- Finished -----------------------------------------------------------------------------------
 */

struct finished {
    uint16_t suite;
    size_t hash_len;
    uint8_t master[SECRET_SIZE];
    uint8_t hash[48];
};

static struct finished finished_of(uint16_t suite) {
    struct finished f = {.suite = suite, .hash_len = suite == GCM_128 ? 32 : 48};
    noise(7, f.master, sizeof f.master);
    noise(8, f.hash, sizeof f.hash);
    return f;
}

static void make(const struct finished *f, int32_t role, uint8_t *out) {
    OK(resume_tls12_finished(f->suite, f->master, role, f->hash, f->hash_len, out));
}

static resume_status verify(const struct finished *f, int32_t role, const uint8_t *data,
                            size_t len) {
    return resume_tls12_finished_verify(f->suite, f->master, role, f->hash, f->hash_len, data, len);
}

/* The PRF with the label of RFC 5246 section 7.4.9. */
static void finished_is_the_prf_of_its_label(void **state) {
    (void)state;
    static const char *const labels[] = {"client finished", "server finished"};
    for (int32_t role = RESUME_ROLE_CLIENT; role <= RESUME_ROLE_SERVER; role++) {
        for (int n = 0; n < 2; n++) {
            struct finished f = finished_of(n ? GCM_256 : GCM_128);
            uint8_t made[VERIFY_SIZE];
            uint8_t expected[VERIFY_SIZE];
            make(&f, role, made);
            OK(resume_tls12_prf(n ? RESUME_HASH_SHA384 : RESUME_HASH_SHA256, f.master,
                                sizeof f.master, labels[role], f.hash, f.hash_len, expected,
                                sizeof expected));
            assert_memory_equal(made, expected, sizeof made);
        }
    }
}

static void both_finished_differ(void **state) {
    (void)state;
    struct finished f = finished_of(GCM_128);
    uint8_t client[VERIFY_SIZE];
    uint8_t server[VERIFY_SIZE];
    make(&f, RESUME_ROLE_CLIENT, client);
    make(&f, RESUME_ROLE_SERVER, server);
    assert_memory_not_equal(client, server, VERIFY_SIZE);
    /* One sent back is no answer. */
    assert_int_equal(verify(&f, RESUME_ROLE_SERVER, client, VERIFY_SIZE), RESUME_FORGED);
    OK(verify(&f, RESUME_ROLE_CLIENT, client, VERIFY_SIZE));
    OK(verify(&f, RESUME_ROLE_SERVER, server, VERIFY_SIZE));
}

static void each_flipped_bit_is_forged(void **state) {
    (void)state;
    for (int n = 0; n < 2; n++) {
        struct finished f = finished_of(n ? GCM_256 : GCM_128);
        uint8_t data[VERIFY_SIZE];
        make(&f, RESUME_ROLE_SERVER, data);
        for (size_t bit = 0; bit < 8 * sizeof data; bit++) {
            data[bit / 8] ^= (uint8_t)(1U << bit % 8);
            assert_int_equal(verify(&f, RESUME_ROLE_SERVER, data, sizeof data), RESUME_FORGED);
            data[bit / 8] ^= (uint8_t)(1U << bit % 8);
        }
        OK(verify(&f, RESUME_ROLE_SERVER, data, sizeof data));
        for (size_t bit = 0; bit < 8 * f.hash_len; bit++) {
            f.hash[bit / 8] ^= (uint8_t)(1U << bit % 8);
            assert_int_equal(verify(&f, RESUME_ROLE_SERVER, data, sizeof data), RESUME_FORGED);
            f.hash[bit / 8] ^= (uint8_t)(1U << bit % 8);
        }
        f.master[47] ^= 1;
        assert_int_equal(verify(&f, RESUME_ROLE_SERVER, data, sizeof data), RESUME_FORGED);
    }
}

/* What comes from the network is never the caller's mistake. */
static void other_lengths_are_forged(void **state) {
    (void)state;
    struct finished f = finished_of(GCM_128);
    uint8_t data[64] = {0};
    OK(resume_tls12_prf(RESUME_HASH_SHA256, f.master, sizeof f.master, "client finished", f.hash,
                        f.hash_len, data, sizeof data));
    for (size_t len = 0; len <= sizeof data; len++) {
        assert_int_equal(verify(&f, RESUME_ROLE_CLIENT, data, len),
                         len == VERIFY_SIZE ? RESUME_OK : RESUME_FORGED);
    }
    assert_int_equal(verify(&f, RESUME_ROLE_CLIENT, NULL, 0), RESUME_FORGED);
    assert_int_equal(verify(&f, RESUME_ROLE_CLIENT, data, SIZE_MAX), RESUME_FORGED);
    INVALID(verify(&f, RESUME_ROLE_CLIENT, NULL, VERIFY_SIZE));
}

static void finished_refuses(void **state) {
    (void)state;
    struct finished f = finished_of(GCM_256);
    uint8_t made[VERIFY_SIZE];
    uint8_t untouched[VERIFY_SIZE];
    memset(made, 0xee, sizeof made);
    memset(untouched, 0xee, sizeof untouched);
    INVALID(resume_tls12_finished(f.suite, NULL, 0, f.hash, 48, made));
    INVALID(resume_tls12_finished(f.suite, f.master, 0, NULL, 48, made));
    INVALID(resume_tls12_finished(f.suite, f.master, 0, f.hash, 48, NULL));
    INVALID(resume_tls12_finished(f.suite, f.master, -1, f.hash, 48, made));
    INVALID(resume_tls12_finished(f.suite, f.master, 2, f.hash, 48, made));
    INVALID(resume_tls12_finished_verify(f.suite, NULL, 0, f.hash, 48, made, 12));
    INVALID(resume_tls12_finished_verify(f.suite, f.master, 0, NULL, 48, made, 12));
    INVALID(resume_tls12_finished_verify(f.suite, f.master, 2, f.hash, 48, made, 12));
    for (size_t len = 0; len < 48; len++) { /* 32 is another suite's */
        INVALID(resume_tls12_finished(f.suite, f.master, 0, f.hash, len, made));
        INVALID(resume_tls12_finished_verify(f.suite, f.master, 0, f.hash, len, made, 12));
    }
    assert_int_equal(resume_tls12_finished(0x0005, f.master, 0, f.hash, 32, made),
                     RESUME_UNSUPPORTED);
    assert_int_equal(resume_tls12_finished_verify(0x0005, f.master, 0, f.hash, 32, made, 12),
                     RESUME_UNSUPPORTED);
    assert_memory_equal(made, untouched, sizeof made);
}

/* I-161: no branch before the answer of verify. */
static void secrets_decide_nothing(void **state) {
    (void)state;
    uint8_t premaster[48];
    uint8_t made[SECRET_SIZE];
    uint8_t data[VERIFY_SIZE] = {0};
    struct finished f = finished_of(GCM_256);
    noise(9, premaster, sizeof premaster);
    SECRET(premaster, sizeof premaster);
    OK(resume_tls12_master_secret(GCM_256, premaster, 48, f.hash, f.hash, made));
    OK(resume_tls12_extended_master_secret(GCM_256, premaster, 48, f.hash, 48, made));
    memcpy(f.master, made, sizeof made);
    resume_status status = verify(&f, RESUME_ROLE_CLIENT, data, sizeof data);
    REVEALED(&status, sizeof status);
    assert_int_equal(status, RESUME_FORGED);
    make(&f, RESUME_ROLE_CLIENT, data);
    status = verify(&f, RESUME_ROLE_CLIENT, data, sizeof data);
    REVEALED(&status, sizeof status);
    assert_int_equal(status, RESUME_OK);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(master_secrets_agree_with_published_values),
        cmocka_unit_test(prf_makes_the_same),
        cmocka_unit_test(prf_refuses),
        cmocka_unit_test(prf_takes_all_of_its_inputs),
        cmocka_unit_test(extended_master_secret_differs_from_the_classic_one),
        cmocka_unit_test(master_secrets_refuse),
        cmocka_unit_test(output_may_lie_on_the_premaster_secret),
        cmocka_unit_test(finished_is_the_prf_of_its_label),
        cmocka_unit_test(both_finished_differ),
        cmocka_unit_test(each_flipped_bit_is_forged),
        cmocka_unit_test(other_lengths_are_forged),
        cmocka_unit_test(finished_refuses),
        cmocka_unit_test(secrets_decide_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
