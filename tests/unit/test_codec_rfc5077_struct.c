/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ticket of RFC 5077 section 4 to the letter, made and opened with libcrypto alone; its length
 * field; and that no ticket of the shorter frame passes for one. What all frames have in common is
 * in test_codec.c.
 */
#include "keys_fixture.h"

#include "core/codec.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>

#define HEAD 34U /* name, IV, length */
#define MAC  32U

static uint8_t ticket[RESUME_TICKET_MAX];
static uint8_t plain[RESUME_TICKET_MAX];

static const EVP_CIPHER *cipher_of(size_t half) {
    return half == 16 ? EVP_aes_128_cbc() : EVP_aes_256_cbc();
}

/* Signs a ticket of len bytes in all. */
static void sign(const uint8_t *key, size_t half, size_t len) {
    HMAC(EVP_sha256(), key + 16 + half, (int)half, ticket, len - MAC, ticket + len - MAC, NULL);
}

/* A ticket of the ring_of_one(1, key_len), without the code under test. Returns its length. */
static size_t made(size_t key_len, const uint8_t *state, size_t state_len, int pads) {
    uint8_t key[80];
    size_t half = (key_len - 16) / 2;
    int n = 0;
    int rest = 0;
    key_bytes(1, key, key_len);
    memcpy(ticket, key, 16);
    memset(ticket + 16, 7, 16);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    assert_int_equal(EVP_EncryptInit_ex(ctx, cipher_of(half), NULL, key + 16, ticket + 16), 1);
    EVP_CIPHER_CTX_set_padding(ctx, pads);
    assert_int_equal(EVP_EncryptUpdate(ctx, ticket + HEAD, &n, state, (int)state_len), 1);
    assert_int_equal(EVP_EncryptFinal_ex(ctx, ticket + HEAD + n, &rest), 1);
    EVP_CIPHER_CTX_free(ctx);
    size_t body = (size_t)n + (size_t)rest;
    ticket[32] = (uint8_t)(body >> 8);
    ticket[33] = (uint8_t)body;
    sign(key, half, HEAD + body + MAC);
    return HEAD + body + MAC;
}

static resume_status try_open(const resume_codec *codec, size_t len) {
    resume_session *session = NULL;
    uint8_t *exact = malloc(len ? len : 1); /* so that ASan sees a byte too many */
    assert_non_null(exact);
    memcpy(exact, ticket, len);
    resume_status status = resume_codec_open(codec, exact, len, NOW, &session);
    assert_int_equal(session != NULL, status == RESUME_OK);
    resume_session_unref(session);
    free(exact);
    return status;
}

/* The anonymous state of docs/format.md, byte by byte. */
static const uint8_t anonymous[58] = {
    0x03,        0x03,             /* protocol_version */
    0xc0,        0x2f,             /* cipher_suite */
    0x00,                          /* compression_method */
    1,           2,    3,    4,    /* master_secret, then zeros */
    [53] = 0x00,                   /* client_authentication_type */
    [54] = 0x65, 0x53, 0xf1, 0x00, /* timestamp */
};

static void test_opens_what_libcrypto_makes(void **state) {
    (void)state;
    for (size_t key_len = 48; key_len <= 80; key_len += 32) {
        resume_keyring *ring = ring_of_one(1, key_len);
        resume_codec *codec = codec_of(ring, RESUME_FRAME_RFC5077_STRUCT);
        resume_session *session = NULL;
        size_t secret_len = 0;
        size_t len = made(key_len, anonymous, sizeof anonymous, 1);
        assert_int_equal(len, 16 + 16 + 2 + 64 + 32);
        assert_int_equal(resume_codec_open(codec, ticket, len, NOW, &session), RESUME_OK);
        assert_int_equal(resume_session_cipher_suite(session), 0xc02f);
        assert_memory_equal(resume_session_secret(session, &secret_len), anonymous + 5, 48);
        assert_int_equal(resume_session_authenticated(session), NOW);
        assert_int_equal(resume_session_lifetime(session), 86400);
        resume_session_unref(session);
        resume_codec_unref(codec);
        resume_keyring_unref(ring);
    }
}

static void test_seals_what_libcrypto_opens(void **state) {
    (void)state;
    for (size_t key_len = 48; key_len <= 80; key_len += 32) {
        uint8_t key[80];
        uint8_t mac[MAC];
        uint8_t expected[256];
        size_t half = (key_len - 16) / 2;
        size_t len = 0;
        size_t state_len = 0;
        int n = 0;
        int rest = 0;
        key_bytes(1, key, key_len);
        resume_keyring *ring = ring_of_one(1, key_len);
        resume_codec *codec = codec_of(ring, RESUME_FRAME_RFC5077_STRUCT);
        resume_session *session = plain_session_of(1, 30);
        assert_int_equal(resume_codec_seal(codec, session, NOW, ticket, sizeof ticket, &len),
                         RESUME_OK);
        assert_memory_equal(ticket, key, 16);
        assert_int_equal(ticket[32] << 8 | ticket[33], len - HEAD - MAC);
        HMAC(EVP_sha256(), key + 16 + half, (int)half, ticket, len - MAC, mac, NULL);
        assert_memory_equal(mac, ticket + len - MAC, MAC);
        EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
        assert_int_equal(EVP_DecryptInit_ex(ctx, cipher_of(half), NULL, key + 16, ticket + 16), 1);
        assert_int_equal(EVP_DecryptUpdate(ctx, plain, &n, ticket + HEAD, (int)(len - HEAD - MAC)),
                         1);
        assert_int_equal(EVP_DecryptFinal_ex(ctx, plain + n, &rest), 1);
        EVP_CIPHER_CTX_free(ctx);
        assert_int_equal(
            resume_session_to_state_plaintext(session, expected, sizeof expected, &state_len),
            RESUME_OK);
        assert_int_equal(state_len, 58 + 2 + 30);
        assert_int_equal(n + rest, state_len);
        assert_memory_equal(plain, expected, state_len);
        resume_session_unref(session);
        resume_codec_unref(codec);
        resume_keyring_unref(ring);
    }
}

/* I-153, I-154: under a good MAC too, the length must be that of the ciphertext. */
static void test_the_length_is_that_of_the_ciphertext(void **state) {
    (void)state;
    uint8_t key[80];
    key_bytes(1, key, sizeof key);
    resume_keyring *ring = ring_of_one(1, 80);
    resume_codec *codec = codec_of(ring, RESUME_FRAME_RFC5077_STRUCT);
    size_t len = made(80, anonymous, sizeof anonymous, 1);
    for (unsigned length = 0; length < 0x10000; length++) {
        ticket[32] = (uint8_t)(length >> 8);
        ticket[33] = (uint8_t)length;
        sign(key, 32, len);
        assert_int_equal(try_open(codec, len), length == 64 ? RESUME_OK : RESUME_MALFORMED);
    }
    resume_codec_unref(codec);
    resume_keyring_unref(ring);
}

/* I-152: the one answer for a wrong MAC and for a wrong padding under a good one. */
static void test_faults_look_alike(void **state) {
    (void)state;
    resume_keyring *ring = ring_of_one(1, 80);
    resume_codec *codec = codec_of(ring, RESUME_FRAME_RFC5077_STRUCT);
    uint8_t bad[48] = {0}; /* ends in 0, which no padding does */
    size_t back = 0;
    size_t len = made(80, bad, sizeof bad, 0);
    memset(plain, 0x55, 48);
    assert_int_equal(resume_codec_open_bytes(codec, ticket, len, NOW, plain, len, &back),
                     RESUME_FORGED);
    assert_int_equal(back, 0);
    for (size_t i = 0; i < 48; i++) {
        assert_int_equal(plain[i], 0); /* what was decrypted is gone */
    }
    len = made(80, anonymous, sizeof anonymous, 1);
    ticket[len - 1] ^= 1;
    memset(plain, 0x55, 64);
    assert_int_equal(resume_codec_open_bytes(codec, ticket, len, NOW, plain, len, &back),
                     RESUME_FORGED);
    assert_int_equal(plain[0], 0x55); /* and here nothing was: the MAC comes first */
    resume_codec_unref(codec);
    resume_keyring_unref(ring);
}

/* Moves a part of the ticket. By way of a copy: valgrind 3.19 takes the fortified memmove() for a
 * memcpy() and complains. */
static void move(size_t to, size_t from, size_t len) {
    static uint8_t between[sizeof ticket];
    memcpy(between, ticket + from, len);
    memcpy(ticket + to, between, len);
}

/* I-07, I-157: a ticket of one RFC 5077 frame is never one of the other, although the key is the
 * same, whoever adds, cuts or moves the two bytes. */
static void test_I_07_the_two_frames_do_not_mix(void **state) {
    (void)state;
    resume_keyring *ring = ring_of_one(1, 80);
    resume_codec *letter = codec_of(ring, RESUME_FRAME_RFC5077_STRUCT);
    resume_codec *usual = codec_of(ring, RESUME_FRAME_RFC5077);
    resume_session *session = plain_session_of(1, 0);
    size_t len = 0;
    assert_int_equal(resume_codec_seal(usual, session, NOW, ticket, sizeof ticket, &len), 0);
    assert_int_equal(try_open(letter, len), RESUME_MALFORMED);
    move(HEAD, 32, len - 32); /* with the length where it would stand */
    ticket[32] = (uint8_t)((len - 64) >> 8);
    ticket[33] = (uint8_t)(len - 64);
    assert_int_equal(try_open(letter, len + 2), RESUME_FORGED);
    assert_int_equal(resume_codec_seal(letter, session, NOW, ticket, sizeof ticket, &len), 0);
    assert_int_equal(try_open(usual, len), RESUME_MALFORMED);
    move(32, HEAD, len - HEAD);
    assert_int_equal(try_open(usual, len - 2), RESUME_FORGED);
    resume_session_unref(session);
    resume_codec_unref(usual);
    resume_codec_unref(letter);
    resume_keyring_unref(ring);
}

/* Both frames work with one warm context of a key, in turns. */
static void test_both_frames_in_turns(void **state) {
    (void)state;
    resume_keyring *ring = ring_of_one(1, 80);
    resume_codec *codecs[] = {codec_of(ring, RESUME_FRAME_RFC5077_STRUCT),
                              codec_of(ring, RESUME_FRAME_RFC5077)};
    for (size_t i = 0; i < 40; i++) {
        resume_session *session = plain_session_of(i, i);
        resume_session *back = NULL;
        size_t len = 0;
        assert_int_equal(
            resume_codec_seal(codecs[i % 2], session, NOW, ticket, sizeof ticket, &len), 0);
        assert_int_equal(resume_codec_open(codecs[i % 2], ticket, len, NOW, &back), RESUME_OK);
        assert_true(resume_session_equal(session, back));
        resume_session_unref(back);
        resume_session_unref(session);
    }
    resume_codec_unref(codecs[0]);
    resume_codec_unref(codecs[1]);
    resume_keyring_unref(ring);
}

/* What the state has no room for leaves nothing behind (I-138). */
static void test_I_138_an_unsupported_session_leaves_nothing(void **state) {
    (void)state;
    resume_keyring *ring = ring_of_one(1, 80);
    resume_codec *codec = codec_of(ring, RESUME_FRAME_RFC5077_STRUCT);
    resume_session *session = session_of(1, 0);
    size_t secret_len = 0;
    size_t len = 77;
    const uint8_t *secret = resume_session_secret(session, &secret_len);
    memset(ticket, 0xee, sizeof ticket);
    assert_int_equal(resume_codec_seal(codec, session, NOW, ticket, sizeof ticket, &len),
                     RESUME_UNSUPPORTED);
    assert_int_equal(len, 77);
    assert_null(memmem(ticket, sizeof ticket, secret, secret_len));
    resume_session_unref(session);
    resume_codec_unref(codec);
    resume_keyring_unref(ring);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_opens_what_libcrypto_makes),
        cmocka_unit_test(test_seals_what_libcrypto_opens),
        cmocka_unit_test(test_the_length_is_that_of_the_ciphertext),
        cmocka_unit_test(test_faults_look_alike),
        cmocka_unit_test(test_I_07_the_two_frames_do_not_mix),
        cmocka_unit_test(test_both_frames_in_turns),
        cmocka_unit_test(test_I_138_an_unsupported_session_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
