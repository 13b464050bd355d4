/* SPDX-License-Identifier: Apache-2.0 */
/* Tickets: round trips, every truncation and every flipped bit, retirement, threads and forks. */
#include "keys_fixture.h"

#include "base/alloc.h"
#include "core/codec.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <pthread.h>
#include <stdlib.h>

static const resume_frame frames[] = {RESUME_FRAME_RFC5077, RESUME_FRAME_AEAD,
                                      RESUME_FRAME_RFC5077_STRUCT};
static const resume_payload payloads[] = {RESUME_PAYLOAD_NATIVE, RESUME_PAYLOAD_OPENSSL,
                                          RESUME_PAYLOAD_STATE_PLAINTEXT};
#define FRAMES   (sizeof frames / sizeof frames[0])
#define VARIANTS (FRAMES * sizeof payloads / sizeof payloads[0])

static uint8_t ticket[RESUME_TICKET_MAX];
static uint8_t plain[RESUME_TICKET_MAX];

static resume_codec *codec_with(resume_keyring *ring, resume_frame frame, resume_payload payload,
                                const char *context) {
    resume_codec_options *options = NULL;
    resume_codec *codec = NULL;
    assert_int_equal(resume_codec_options_new(&options), RESUME_OK);
    assert_int_equal(resume_codec_options_set_frame(options, frame), RESUME_OK);
    assert_int_equal(resume_codec_options_set_payload(options, payload), RESUME_OK);
    if (context) {
        assert_int_equal(
            resume_codec_options_set_context(options, (const uint8_t *)context, strlen(context)),
            RESUME_OK);
    }
    assert_int_equal(resume_codec_new(ring, options, &codec), RESUME_OK);
    resume_codec_options_unref(options);
    return codec;
}

static size_t seal(const resume_codec *codec, const resume_session *session, uint64_t now,
                   uint8_t *out) {
    size_t len = 0;
    assert_int_equal(resume_codec_seal(codec, session, now, out, RESUME_TICKET_MAX, &len),
                     RESUME_OK);
    return len;
}

static resume_status try_open(const resume_codec *codec, const uint8_t *data, size_t len,
                              uint64_t now) {
    resume_session *session = NULL;
    resume_status status = resume_codec_open(codec, data, len, now, &session);
    assert_true((session != NULL) == (status == RESUME_OK || status == RESUME_RENEW));
    resume_session_unref(session);
    return status;
}

static resume_codec *codec_variant(resume_keyring *ring, size_t variant) {
    return codec_with(ring, frames[variant % FRAMES], payloads[variant / FRAMES], NULL);
}

static void assert_comes_back(const resume_codec *codec, resume_session *session) {
    resume_session *back = NULL;
    size_t len = seal(codec, session, NOW, ticket);
    assert_int_equal(resume_codec_open(codec, ticket, len, NOW, &back), RESUME_OK);
    assert_true(resume_session_equal(session, back));
    resume_session_unref(session);
    resume_session_unref(back);
}

/* I-01: frames, payloads, key sizes, short and long sessions. I-138: the flag comes back, or the
 * payload has no room and says so. */
static void test_I_01_138_round_trips(void **state) {
    (void)state;
    static const size_t appdata[] = {0, 1, 15, 16, 500, 3000, 20000};
    for (size_t variant = 0; variant < 2 * VARIANTS; variant++) {
        resume_keyring *ring = ring_of_one(1, variant < VARIANTS ? 80 : 48);
        resume_codec *codec = codec_variant(ring, variant % VARIANTS);
        bool holds_all = payloads[variant % VARIANTS / FRAMES] != RESUME_PAYLOAD_STATE_PLAINTEXT;
        for (size_t i = 0; i < sizeof appdata / sizeof appdata[0]; i++) {
            resume_session *extended = session_of(i, appdata[i]);
            size_t len = 77;
            assert_comes_back(codec, plain_session_of(i, appdata[i]));
            if (holds_all) {
                assert_comes_back(codec, resume_session_ref(extended));
            } else {
                assert_int_equal(
                    resume_codec_seal(codec, extended, NOW, ticket, sizeof ticket, &len),
                    RESUME_UNSUPPORTED);
                assert_int_equal(len, 77);
            }
            resume_session_unref(extended);
        }
        resume_codec_unref(codec);
        resume_keyring_unref(ring);
    }
}

/* Without a payload in the options each frame has its own. */
static void test_default_payloads(void **state) {
    (void)state;
    resume_keyring *ring = ring_of_one(1, 80);
    resume_session *session = plain_session_of(1, 9);
    for (size_t f = 0; f < FRAMES; f++) {
        static const resume_payload expected[] = {RESUME_PAYLOAD_OPENSSL, RESUME_PAYLOAD_NATIVE,
                                                  RESUME_PAYLOAD_STATE_PLAINTEXT};
        resume_codec *codec = codec_of(ring, frames[f]);
        size_t len = seal(codec, session, NOW, ticket);
        for (size_t p = 0; p < sizeof payloads / sizeof payloads[0]; p++) {
            resume_codec *other = codec_with(ring, frames[f], payloads[p], NULL);
            resume_status status = try_open(other, ticket, len, NOW);
            assert_int_equal(status == RESUME_OK, payloads[p] == expected[f]);
            resume_codec_unref(other);
        }
        resume_codec_unref(codec);
    }
    resume_session_unref(session);
    resume_keyring_unref(ring);
}

static void test_bytes_of_every_length(void **state) {
    (void)state;
    uint8_t data[300];
    resume_keyring *ring = ring_of_one(1, 80);
    noise(3, data, sizeof data);
    for (size_t f = 0; f < FRAMES; f++) {
        resume_codec *codec = codec_of(ring, frames[f]);
        for (size_t n = 1; n <= sizeof data; n++) {
            size_t len = 0;
            size_t back = 0;
            size_t size = resume_codec_sealed_size(codec, n);
            assert_int_equal(resume_codec_seal_bytes(codec, data, n, NOW, ticket, size, &len),
                             RESUME_OK);
            assert_int_equal(len, size);
            assert_int_equal(resume_codec_open_bytes(codec, ticket, len, NOW, plain, len, &back),
                             RESUME_OK);
            assert_int_equal(back, n);
            assert_memory_equal(plain, data, n);
        }
        resume_codec_unref(codec);
    }
    resume_keyring_unref(ring);
}

/* The frame is RFC 5077's as others write it: opened here with libcrypto alone. */
static void test_rfc5077_against_libcrypto(void **state) {
    (void)state;
    for (size_t key_len = 48; key_len <= 80; key_len += 32) {
        uint8_t key[80];
        uint8_t mac[32];
        uint8_t out[1024];
        size_t half = (key_len - 16) / 2;
        int n = 0;
        int rest = 0;
        key_bytes(1, key, key_len);
        resume_keyring *ring = ring_of_one(1, key_len);
        resume_codec *codec = codec_of(ring, RESUME_FRAME_RFC5077);
        resume_session *session = plain_session_of(1, 0);
        size_t len = seal(codec, session, NOW, ticket);
        assert_memory_equal(ticket, key, 16);
        HMAC(EVP_sha256(), key + 16 + half, (int)half, ticket, len - 32, mac, NULL);
        assert_memory_equal(mac, ticket + len - 32, 32);
        EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
        assert_int_equal(EVP_DecryptInit_ex(ctx, half == 16 ? EVP_aes_128_cbc() : EVP_aes_256_cbc(),
                                            NULL, key + 16, ticket + 16),
                         1);
        assert_int_equal(EVP_DecryptUpdate(ctx, out, &n, ticket + 32, (int)len - 64), 1);
        assert_int_equal(EVP_DecryptFinal_ex(ctx, out + n, &rest), 1);
        EVP_CIPHER_CTX_free(ctx);
        size_t der_len = 0;
        assert_int_equal(resume_session_to_openssl(session, plain, sizeof plain, &der_len), 0);
        assert_int_equal(der_len, n + rest);
        assert_memory_equal(out, plain, der_len);
        resume_session_unref(session);
        resume_codec_unref(codec);
        resume_keyring_unref(ring);
    }
}

/* I-17, I-154: truncated anywhere or followed by anything, a ticket is declined without a crash. */
static void test_every_truncation(void **state) {
    (void)state;
    resume_keyring *ring = ring_of_one(1, 80);
    resume_session *session = plain_session_of(1, 40);
    for (size_t f = 0; f < FRAMES; f++) {
        resume_codec *codec = codec_of(ring, frames[f]);
        size_t len = seal(codec, session, NOW, ticket);
        for (size_t cut = 0; cut < len; cut++) {
            uint8_t *exact = malloc(cut ? cut : 1); /* so that ASan sees a byte too many */
            memcpy(exact, ticket, cut);
            resume_status status = try_open(codec, exact, cut, NOW);
            assert_true(status == RESUME_MALFORMED || status == RESUME_FORGED);
            free(exact);
        }
        memset(ticket + len, 0, 64);
        for (size_t more = 1; more <= 64; more++) {
            resume_status status = try_open(codec, ticket, len + more, NOW);
            assert_true(status == RESUME_MALFORMED || status == RESUME_FORGED);
        }
        resume_codec_unref(codec);
    }
    resume_session_unref(session);
    resume_keyring_unref(ring);
}

/* I-18, I-152, I-153: each bit counts, and every fault behind the name looks the same. */
static void test_every_flipped_bit(void **state) {
    (void)state;
    resume_keyring *ring = ring_of_one(1, 80);
    resume_session *session = plain_session_of(1, 0);
    for (size_t f = 0; f < FRAMES; f++) {
        resume_codec *codec = codec_of(ring, frames[f]);
        size_t len = seal(codec, session, NOW, ticket);
        for (size_t bit = 0; bit < 8 * len; bit++) {
            resume_status expected = RESUME_FORGED;
            if (bit < 128) {
                expected = RESUME_MISS;
            } else if (frames[f] == RESUME_FRAME_AEAD && bit < 136) {
                expected = RESUME_UNSUPPORTED; /* the frame's version */
            } else if (frames[f] == RESUME_FRAME_RFC5077_STRUCT && bit / 16 == 16) {
                expected = RESUME_MALFORMED; /* the length, which everyone sees */
            }
            ticket[bit / 8] ^= (uint8_t)(1U << bit % 8);
            assert_int_equal(try_open(codec, ticket, len, NOW), expected);
            ticket[bit / 8] ^= (uint8_t)(1U << bit % 8);
        }
        assert_int_equal(try_open(codec, ticket, len, NOW), RESUME_OK);
        resume_codec_unref(codec);
    }
    resume_session_unref(session);
    resume_keyring_unref(ring);
}

/* I-152: a bad padding under a good MAC gives the one answer of every fault. */
static void test_bad_padding_is_a_forgery(void **state) {
    (void)state;
    uint8_t key[80];
    uint8_t bad[16 * 3] = {0}; /* ends in 0, which no padding does */
    int n = 0;
    size_t back = 0;
    key_bytes(1, key, 80);
    resume_keyring *ring = ring_of_one(1, 80);
    resume_codec *codec = codec_of(ring, RESUME_FRAME_RFC5077);
    memcpy(ticket, key, 16);
    memset(ticket + 16, 7, 16);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    EVP_EncryptInit_ex(ctx, EVP_aes_256_cbc(), NULL, key + 16, ticket + 16);
    EVP_CIPHER_CTX_set_padding(ctx, 0);
    assert_int_equal(EVP_EncryptUpdate(ctx, ticket + 32, &n, bad, sizeof bad), 1);
    EVP_CIPHER_CTX_free(ctx);
    HMAC(EVP_sha256(), key + 48, 32, ticket, 32 + sizeof bad, ticket + 32 + sizeof bad, NULL);
    size_t len = 64 + sizeof bad;
    memset(plain, 0x55, 64);
    assert_int_equal(try_open(codec, ticket, len, NOW), RESUME_FORGED);
    assert_int_equal(resume_codec_open_bytes(codec, ticket, len, NOW, plain, len, &back),
                     RESUME_FORGED);
    assert_int_equal(back, 0);
    resume_codec_unref(codec);
    resume_keyring_unref(ring);
}

/* I-11, I-157: well sealed is not well formed. */
static void test_I_11_hostile_state_under_a_good_key(void **state) {
    (void)state;
    uint8_t data[200];
    resume_keyring *ring = ring_of_one(1, 80);
    for (size_t variant = 0; variant < VARIANTS; variant++) {
        resume_codec *codec = codec_variant(ring, variant);
        for (uint64_t seed = 0; seed < 300; seed++) {
            size_t len = 0;
            noise(seed, data, sizeof data);
            assert_int_equal(resume_codec_seal_bytes(codec, data, 1 + seed % 200, NOW, ticket,
                                                     sizeof ticket, &len),
                             RESUME_OK);
            resume_status status = try_open(codec, ticket, len, NOW);
            assert_true(status == RESUME_MALFORMED || status == RESUME_UNSUPPORTED);
        }
        /* A session whose secret was replaced by zeros. */
        resume_session *session = plain_session_of(1, 0);
        size_t secret_len = 0;
        size_t len = 0;
        size_t zeroed = 0;
        const uint8_t *secret = resume_session_secret(session, &secret_len);
        size_t n = 0;
        len = seal(codec, session, NOW, ticket);
        assert_int_equal(resume_codec_open_bytes(codec, ticket, len, NOW, plain, len, &n), 0);
        for (size_t i = 0; i + secret_len <= n; i++) {
            if (memcmp(plain + i, secret, secret_len) == 0) {
                memset(plain + i, 0, secret_len);
                zeroed++;
            }
        }
        assert_int_equal(zeroed, 1);
        assert_int_equal(resume_codec_seal_bytes(codec, plain, n, NOW, ticket, sizeof ticket, &len),
                         0);
        assert_int_equal(try_open(codec, ticket, len, NOW), RESUME_MALFORMED);
        resume_session_unref(session);
        resume_codec_unref(codec);
    }
    resume_keyring_unref(ring);
}

/* I-07, I-68: another frame, context or key never opens it. */
static void test_I_07_frames_and_contexts_do_not_mix(void **state) {
    (void)state;
    resume_keyring *ring = ring_of_one(1, 80);
    resume_session *session = plain_session_of(1, 0);
    resume_codec *cbc = codec_of(ring, RESUME_FRAME_RFC5077);
    resume_codec *letter = codec_of(ring, RESUME_FRAME_RFC5077_STRUCT);
    resume_codec *aead = codec_of(ring, RESUME_FRAME_AEAD);
    resume_codec *blue = codec_with(ring, RESUME_FRAME_AEAD, RESUME_PAYLOAD_NATIVE, "blue");
    resume_codec *green = codec_with(ring, RESUME_FRAME_AEAD, RESUME_PAYLOAD_NATIVE, "green");
    size_t len = seal(blue, session, NOW, ticket);
    assert_int_equal(try_open(blue, ticket, len, NOW), RESUME_OK);
    assert_int_equal(try_open(green, ticket, len, NOW), RESUME_FORGED);
    assert_int_equal(try_open(aead, ticket, len, NOW), RESUME_FORGED);
    assert_true(try_open(cbc, ticket, len, NOW) > 0);
    len = seal(cbc, session, NOW, ticket);
    assert_true(try_open(aead, ticket, len, NOW) > 0);
    assert_int_equal(try_open(letter, ticket, len, NOW), RESUME_MALFORMED);
    len = seal(letter, session, NOW, ticket);
    assert_int_equal(try_open(cbc, ticket, len, NOW), RESUME_MALFORMED);
    assert_true(try_open(aead, ticket, len, NOW) > 0);
    resume_codec_unref(letter);
    resume_codec_unref(cbc);
    resume_codec_unref(aead);
    resume_codec_unref(blue);
    resume_codec_unref(green);
    resume_session_unref(session);
    resume_keyring_unref(ring);
}

/* The same name with other secrets is a forgery; another name is a miss (I-16, I-51). */
static void test_other_keys(void **state) {
    (void)state;
    uint8_t a[80];
    uint8_t b[80];
    resume_session *session = plain_session_of(1, 0);
    resume_keyring *ring = ring_of_one(1, 80);
    resume_keyring *unrelated = ring_of_one(2, 80);
    resume_keyring *same_name = empty_ring();
    resume_keyring *nothing = empty_ring();
    key_bytes(1, a, 80);
    key_bytes(2, b, 80);
    assert_int_equal(
        resume_keyring_add(same_name, a, 16, b + 16, 32, b + 48, 32, 0, NEVER, NEVER, NOW),
        RESUME_OK);
    for (size_t f = 0; f < FRAMES; f++) {
        size_t len = 0;
        resume_codec *codec = codec_of(ring, frames[f]);
        resume_codec *others[] = {codec_of(unrelated, frames[f]), codec_of(same_name, frames[f]),
                                  codec_of(nothing, frames[f])};
        len = seal(codec, session, NOW, ticket);
        assert_int_equal(try_open(others[0], ticket, len, NOW), RESUME_MISS);
        assert_int_equal(try_open(others[1], ticket, len, NOW), RESUME_FORGED);
        assert_int_equal(try_open(others[2], ticket, len, NOW), RESUME_MISS);
        assert_int_equal(
            resume_codec_seal(others[2], session, NOW, ticket, sizeof ticket, &len), /* I-21 */
            RESUME_NO_KEY);
        for (size_t i = 0; i < 3; i++) {
            resume_codec_unref(others[i]);
        }
        resume_codec_unref(codec);
    }
    resume_keyring_unref(ring);
    resume_keyring_unref(unrelated);
    resume_keyring_unref(same_name);
    resume_keyring_unref(nothing);
    resume_session_unref(session);
}

/* I-17, I-64: renew under an older key, expire with it. */
static void test_life_of_a_ticket(void **state) {
    (void)state;
    resume_session *session = plain_session_of(1, 0);
    for (size_t f = 0; f < FRAMES; f++) {
        resume_keyring *ring = empty_ring();
        resume_codec *codec = codec_of(ring, frames[f]);
        assert_int_equal(add_key(ring, 1, 80, NOW, NOW + 100, NOW + 300, NOW), RESUME_OK);
        assert_int_equal(add_key(ring, 2, 48, NOW + 100, NOW + 400, NOW + 900, NOW), RESUME_OK);
        size_t len = seal(codec, session, NOW + 99, ticket);
        assert_int_equal(try_open(codec, ticket, len, NOW + 99), RESUME_OK);
        assert_int_equal(try_open(codec, ticket, len, NOW + 100), RESUME_RENEW);
        assert_int_equal(try_open(codec, ticket, len, NOW + 299), RESUME_RENEW);
        assert_int_equal(try_open(codec, ticket, len, NOW + 300), RESUME_EXPIRED);
        assert_int_equal(try_open(codec, ticket, len, NOW + 100), RESUME_EXPIRED);
        resume_codec_unref(codec);
        resume_keyring_unref(ring);
    }
    resume_session_unref(session);
}

/* I-42, I-67 */
static void test_I_42_no_two_tickets_are_equal(void **state) {
    (void)state;
    enum { COUNT = 2000 };
    static uint8_t seen[COUNT][16];
    resume_keyring *ring = ring_of_one(1, 80);
    resume_session *session = plain_session_of(1, 0);
    for (size_t f = 0; f < FRAMES; f++) {
        resume_codec *codec = codec_of(ring, frames[f]);
        for (size_t i = 0; i < COUNT; i++) {
            (void)seal(codec, session, NOW, ticket);
            memcpy(seen[i], ticket + (frames[f] == RESUME_FRAME_AEAD ? 25 : 16),
                   16); /* IV; tail of the AEAD's nonce */
            for (size_t j = i > 100 ? i - 100 : 0; j < i; j++) {
                assert_memory_not_equal(seen[i], seen[j], 16);
            }
        }
        resume_codec_unref(codec);
    }
    resume_session_unref(session);
    resume_keyring_unref(ring);
}

/* I-34, I-90: buffers and limits; outputs stay as they were. */
static void test_I_34_buffers(void **state) {
    (void)state;
    static uint8_t data[65536];
    resume_keyring *ring = ring_of_one(1, 80);
    resume_session *session = plain_session_of(1, 100);
    resume_session *huge = plain_session_of(1, 60000);
    for (size_t variant = 0; variant < VARIANTS; variant++) {
        resume_codec *codec = codec_variant(ring, variant);
        size_t size = seal(codec, session, NOW, ticket);
        for (size_t cap = 0; cap < size; cap++) {
            size_t len = 0;
            uint8_t *exact = malloc(cap ? cap : 1);
            assert_int_equal(resume_codec_seal(codec, session, NOW, exact, cap, &len),
                             RESUME_E_BUFFER);
            assert_int_equal(len, size);
            free(exact);
        }
        size_t len = 77;
        assert_int_equal(resume_codec_seal(codec, session, NOW, NULL, 0, &len), RESUME_E_BUFFER);
        assert_int_equal(len, size);
        len = seal(codec, huge, NOW, ticket);
        assert_int_equal(try_open(codec, ticket, len, NOW), RESUME_OK);
        len = 77;
        assert_int_equal(
            resume_codec_seal_bytes(codec, data, sizeof data, NOW, ticket, sizeof ticket, &len),
            RESUME_TOO_LARGE);
        assert_int_equal(len, 77);
        /* The longest payload of each frame. */
        static const size_t longest[] = {65455, 65535 - 57, 65455};
        size_t most = longest[variant % FRAMES];
        assert_int_equal(
            resume_codec_seal_bytes(codec, data, most, NOW, ticket, sizeof ticket, &len), 0);
        assert_int_equal(
            resume_codec_seal_bytes(codec, data, most + 1, NOW, ticket, sizeof ticket, &len),
            RESUME_TOO_LARGE);
        size_t back = 0;
        assert_int_equal(resume_codec_open_bytes(codec, ticket, len, NOW, plain, len, &back),
                         RESUME_OK);
        assert_int_equal(back, most);
        assert_int_equal(resume_codec_open_bytes(codec, ticket, len, NOW, plain, 5, &back),
                         RESUME_E_BUFFER);
        assert_true(back > 5 && back <= len);
        resume_codec_unref(codec);
    }
    resume_session_unref(session);
    resume_session_unref(huge);
    resume_keyring_unref(ring);
}

/* A failed seal must not leave the session in clear in the caller's buffer. */
static void test_no_plaintext_after_failure(void **state) {
    (void)state;
    size_t secret_len = 0;
    size_t len = 0;
    resume_keyring *ring = empty_ring();
    resume_codec *codec = codec_of(ring, RESUME_FRAME_RFC5077);
    resume_session *session = plain_session_of(1, 0);
    const uint8_t *secret = resume_session_secret(session, &secret_len);
    memset(ticket, 0xee, sizeof ticket);
    assert_int_equal(resume_codec_seal(codec, session, NOW, ticket, sizeof ticket, &len),
                     RESUME_NO_KEY);
    assert_null(memmem(ticket, sizeof ticket, secret, secret_len));
    resume_session_unref(session);
    resume_codec_unref(codec);
    resume_keyring_unref(ring);
}

static void test_options(void **state) {
    (void)state;
    uint8_t context[256] = {1};
    resume_codec *codec = NULL;
    resume_codec_options *options = NULL;
    resume_keyring *ring = empty_ring();
    assert_int_equal(resume_codec_options_new(&options), RESUME_OK);
    assert_int_equal(resume_codec_options_set_frame(options, 4), RESUME_E_INVALID);
    assert_non_null(strstr(resume_codec_options_why(options), "RESUME_FRAME_AEAD"));
    assert_int_equal(resume_codec_options_set_frame(options, 0), RESUME_E_INVALID);
    assert_int_equal(resume_codec_options_set_payload(options, 4), RESUME_E_INVALID);
    assert_int_equal(resume_codec_options_set_payload(options, 0), RESUME_E_INVALID);
    assert_non_null(strstr(resume_codec_options_why(options), "RESUME_PAYLOAD_NATIVE"));
    assert_int_equal(resume_codec_options_set_context(options, context, 256), RESUME_E_INVALID);
    assert_int_equal(resume_codec_options_set_context(options, NULL, 1), RESUME_E_INVALID);
    assert_int_equal(resume_codec_options_set_context(options, context, 255), RESUME_OK);
    assert_int_equal(resume_codec_new(ring, options, &codec), RESUME_E_INVALID);
    assert_non_null(strstr(resume_codec_options_why(options), "context"));
    assert_int_equal(resume_codec_options_set_frame(options, RESUME_FRAME_RFC5077_STRUCT), 0);
    assert_int_equal(resume_codec_new(ring, options, &codec), RESUME_E_INVALID);
    assert_null(codec);
    assert_int_equal(resume_codec_options_set_frame(options, RESUME_FRAME_AEAD), RESUME_OK);
    assert_int_equal(resume_codec_new(ring, options, &codec), RESUME_OK);
    assert_string_equal(resume_codec_options_why(options), "");
    assert_null(resume_codec_options_unref(options));
    resume_codec_unref(codec);
    resume_keyring_unref(ring);
}

static void test_arguments_and_references(void **state) {
    (void)state;
    size_t len = 0;
    resume_codec *codec = NULL;
    resume_session *session = plain_session_of(1, 0);
    resume_session *back = NULL;
    resume_keyring *ring = ring_of_one(1, 80);
    assert_int_equal(resume_codec_new(NULL, NULL, &codec), RESUME_E_INVALID);
    assert_int_equal(resume_codec_new(ring, NULL, NULL), RESUME_E_INVALID);
    assert_int_equal(resume_codec_new(ring, NULL, &codec), RESUME_OK);
    assert_ptr_equal(resume_codec_keyring(codec), ring);
    resume_keyring_unref(ring); /* I-173: the codec keeps it */
    assert_int_equal(resume_codec_seal(NULL, session, NOW, ticket, 9, &len), RESUME_E_INVALID);
    assert_int_equal(resume_codec_seal(codec, NULL, NOW, ticket, 9, &len), RESUME_E_INVALID);
    assert_int_equal(resume_codec_seal(codec, session, NOW, NULL, 9, &len), RESUME_E_INVALID);
    assert_int_equal(resume_codec_seal(codec, session, NOW, ticket, 9, NULL), RESUME_E_INVALID);
    assert_int_equal(resume_codec_seal_bytes(codec, ticket, 0, NOW, plain, 9, &len), -1);
    assert_int_equal(resume_codec_seal_bytes(codec, NULL, 1, NOW, plain, 9, &len), -1);
    assert_int_equal(resume_codec_open(codec, NULL, 1, NOW, &back), RESUME_E_INVALID);
    assert_int_equal(resume_codec_open(codec, NULL, 0, NOW, &back), RESUME_MALFORMED);
    assert_int_equal(resume_codec_open(codec, ticket, 1, NOW, NULL), RESUME_E_INVALID);
    assert_int_equal(resume_codec_open_bytes(codec, ticket, 1, NOW, NULL, 1, &len), -1);
    assert_int_equal(resume_codec_sealed_size(NULL, 5), 0);
    assert_null(resume_codec_keyring(NULL));
    assert_ptr_equal(resume_codec_ref(codec), codec);
    assert_null(resume_codec_unref(codec));
    len = seal(codec, session, NOW, ticket);
    assert_int_equal(try_open(codec, ticket, len, NOW), RESUME_OK);
    assert_null(resume_codec_unref(codec));
    assert_null(resume_codec_ref(NULL));
    assert_null(resume_codec_unref(NULL));
    resume_session_unref(session);
}

/* I-67: seals count for the key, at once under a small cap and in steps under a large one. */
static void test_seals_are_counted(void **state) {
    (void)state;
    static const uint64_t caps[] = {10, 262143, 262144, 0};
    resume_session *session = plain_session_of(1, 0);
    for (size_t i = 0; i < sizeof caps / sizeof caps[0]; i++) {
        resume_keyring_options *options = NULL;
        resume_keyring *ring = NULL;
        resume_key *key = NULL;
        assert_int_equal(resume_keyring_options_new(&options), RESUME_OK);
        assert_int_equal(resume_keyring_options_set_max_seals(options, caps[i]), RESUME_OK);
        assert_int_equal(resume_keyring_new(options, &ring), RESUME_OK);
        assert_int_equal(add_key(ring, 1, 80, 0, NEVER, NEVER, NOW), RESUME_OK);
        assert_int_equal(resume_keyring_sealing_key(ring, NOW, &key), RESUME_OK);
        resume_codec *codec = codec_of(ring, RESUME_FRAME_RFC5077);
        size_t len = 0;
        unsigned sealed = 0;
        for (unsigned n = 0; n < 600; n++) {
            sealed += resume_codec_seal(codec, session, NOW, ticket, sizeof ticket, &len) == 0;
        }
        assert_int_equal(sealed, caps[i] == 10 ? 10 : 600);
        bool exact = caps[i] && caps[i] < 262144;
        assert_int_equal(resume_key_seals(key), exact ? sealed : 512);
        resume_codec_unref(codec);
        resume_keyring_unref(ring);
        assert_int_equal(resume_key_seals(key), sealed); /* the rest came with the purge */
        resume_key_unref(key);
        resume_keyring_options_unref(options);
    }
    resume_session_unref(session);
}

/* I-95 */
static void test_no_memory_anywhere(void **state) {
    (void)state;
    resume_session *session = plain_session_of(1, 4000);
    for (unsigned long nth = 1; nth < 30; nth++) {
        for (size_t f = 0; f < FRAMES; f++) {
            size_t len = 0;
            resume_keyring *ring = ring_of_one(1, 80);
            resume_codec *codec = codec_of(ring, frames[f]);
            rsm_alloc_fail_once(nth);
            resume_status status =
                resume_codec_seal(codec, session, NOW, ticket, sizeof ticket, &len);
            rsm_alloc_fail_once(0);
            assert_true(status == RESUME_OK || status == RESUME_E_NOMEM);
            len = seal(codec, session, NOW, ticket);
            rsm_alloc_fail_once(nth);
            status = try_open(codec, ticket, len, NOW);
            rsm_alloc_fail_once(0);
            assert_true(status == RESUME_OK || status == RESUME_E_NOMEM);
            assert_int_equal(try_open(codec, ticket, len, NOW), RESUME_OK);
            resume_codec_unref(codec);
            resume_keyring_unref(ring);
        }
    }
    resume_session_unref(session);
}

/* I-162: a million bad tickets in small; nothing is allocated for them. */
static void test_bad_tickets_allocate_nothing(void **state) {
    (void)state;
    resume_keyring *ring = ring_of_one(1, 80);
    resume_session *session = plain_session_of(1, 0);
    for (size_t f = 0; f < FRAMES; f++) {
        resume_codec *codec = codec_with(ring, frames[f], RESUME_PAYLOAD_NATIVE, NULL);
        size_t len = seal(codec, session, NOW, ticket);
        assert_int_equal(try_open(codec, ticket, len, NOW), RESUME_OK);
        rsm_alloc_fail_from(0);
        assert_int_equal(try_open(codec, ticket, len, NOW), RESUME_OK);
        assert_int_equal(rsm_alloc_count(), 1); /* the session */
        ticket[len - 1] ^= 1;
        resume_status shorter = /* its length stands inside */
            frames[f] == RESUME_FRAME_RFC5077_STRUCT ? RESUME_MALFORMED : RESUME_FORGED;
        rsm_alloc_fail_from(0);
        for (unsigned i = 0; i < 1000; i++) {
            assert_int_equal(try_open(codec, ticket, len, NOW), RESUME_FORGED);
            assert_int_equal(try_open(codec, ticket, len - 48, NOW), shorter);
            (void)seal(codec, session, NOW, plain);
        }
        assert_int_equal(rsm_alloc_count(), 0);
        resume_codec_unref(codec);
    }
    resume_session_unref(session);
    resume_keyring_unref(ring);
}

/* I-65, I-167, I-170: threads seal and open, one rotates (run under TSan). */
struct race {
    resume_codec *codecs[2];
    resume_session *session;
    atomic_bool stop;
    atomic_uint failures;
};

static void *seal_and_open(void *data) {
    struct race *race = data;
    uint8_t out[2048];
    for (unsigned i = 0; !atomic_load(&race->stop); i++) {
        size_t len = 0;
        resume_session *back = NULL;
        const resume_codec *codec = race->codecs[i % 2];
        resume_status status =
            resume_codec_seal(codec, race->session, NOW + i % 60, out, sizeof out, &len);
        if (status == RESUME_OK) {
            status = resume_codec_open(codec, out, len, NOW + i % 60, &back);
        }
        bool resumed = back && resume_session_equal(back, race->session);
        /* Its key may be forced out between the two calls. */
        if (!resumed && status != RESUME_MISS && status != RESUME_EXPIRED) {
            atomic_fetch_add(&race->failures, 1);
        }
        resume_session_unref(back);
    }
    return NULL;
}

static void test_sealing_while_rotating(void **state) {
    (void)state;
    resume_keyring *ring = ring_from("random:", NOW - HOUR);
    struct race race = {.codecs = {codec_of(ring, frames[0]), codec_of(ring, frames[1])},
                        .session = session_of(1, 0)};
    pthread_t threads[3];
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, seal_and_open, &race), 0);
    }
    for (uint64_t i = 0; i < 200; i++) {
        assert_int_equal(resume_keyring_rotate(ring, NOW), RESUME_OK);
    }
    atomic_store(&race.stop, true);
    for (size_t i = 0; i < 3; i++) {
        pthread_join(threads[i], NULL);
    }
    assert_int_equal(atomic_load(&race.failures), 0);
    resume_codec_unref(race.codecs[0]);
    resume_codec_unref(race.codecs[1]);
    resume_session_unref(race.session);
    resume_keyring_unref(ring);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_I_01_138_round_trips),
        cmocka_unit_test(test_default_payloads),
        cmocka_unit_test(test_bytes_of_every_length),
        cmocka_unit_test(test_rfc5077_against_libcrypto),
        cmocka_unit_test(test_every_truncation),
        cmocka_unit_test(test_every_flipped_bit),
        cmocka_unit_test(test_bad_padding_is_a_forgery),
        cmocka_unit_test(test_I_11_hostile_state_under_a_good_key),
        cmocka_unit_test(test_I_07_frames_and_contexts_do_not_mix),
        cmocka_unit_test(test_other_keys),
        cmocka_unit_test(test_life_of_a_ticket),
        cmocka_unit_test(test_I_42_no_two_tickets_are_equal),
        cmocka_unit_test(test_I_34_buffers),
        cmocka_unit_test(test_no_plaintext_after_failure),
        cmocka_unit_test(test_options),
        cmocka_unit_test(test_arguments_and_references),
        cmocka_unit_test(test_seals_are_counted),
        cmocka_unit_test(test_no_memory_anywhere),
        cmocka_unit_test(test_bad_tickets_allocate_nothing),
        cmocka_unit_test(test_sealing_while_rotating),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
