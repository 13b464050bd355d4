/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sealing and opening 200 bytes through a codec, against what others do for the same: libssl's own
 * ticket code for the RFC 5077 frame, one warm EVP context for the AEAD frame. One process, short
 * turns one after the other, medians; two threads against one by the best tenth of their turns,
 * because whatever else runs on the machine takes more from two than from one, and at its border,
 * because a lone thread is given a higher clock now and then. Prints one JSON object a line.
 *
 * libssl's code is inside libssl, so its steps are taken here with the same public calls in the
 * same order (OpenSSL 3.0: construct_stateless_ticket() and tls_decrypt_ticket(), ssl_hmac_new()
 * and its kin). The encoding of the session is left out on both sides.
 */
#include "bench.h"

#include <resume/codec.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PLAIN_SIZE 200U
#define ROOM       512U
#define NOW        UINT64_C(1700000000000)
#define BATCH      500
#define TURNS_MAX  401

static int turns = 301;
static int thread_turns = TURNS_MAX;

/* One side of a comparison: what a thread needs, on cache lines of its own. */
struct world {
    _Alignas(128) resume_codec *codec;
    EVP_CIPHER_CTX *gcm_seal, *gcm_open;
    uint8_t name[16], cipher_key[32], mac_key[32];
    uint8_t plain[PLAIN_SIZE];
    uint8_t ticket[ROOM]; /* of the codec */
    size_t ticket_len;
    uint8_t peers[ROOM]; /* of the peer */
    size_t peers_len;
    uint8_t out[ROOM];
    uint64_t count;
};

typedef void step_fn(struct world *w);

/* ---- libssl's way -------------------------------------------------------------------------------
 */

struct ssl_hmac {
    EVP_MAC_CTX *ctx;
};

static struct ssl_hmac *hmac_new(void) {
    struct ssl_hmac *hmac = OPENSSL_zalloc(sizeof *hmac);
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    check(hmac && mac && (hmac->ctx = EVP_MAC_CTX_new(mac)) != NULL, "ssl_hmac_new");
    EVP_MAC_free(mac);
    return hmac;
}

static int hmac_init(struct ssl_hmac *hmac, const uint8_t *key, size_t len) {
    static char sha256[] = "SHA256";
    OSSL_PARAM params[2] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, sha256, 0),
        OSSL_PARAM_construct_end(),
    };
    return EVP_MAC_init(hmac->ctx, key, len, params);
}

static void hmac_free(struct ssl_hmac *hmac) {
    EVP_MAC_CTX_free(hmac->ctx);
    OPENSSL_free(hmac);
}

static void libssl_seal(struct world *w) {
    uint8_t *out = w->peers;
    int len = 0;
    int last = 0;
    size_t mac_len = 0;
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    struct ssl_hmac *hmac = hmac_new();
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, "AES-256-CBC", NULL);
    check(ctx && cipher, "fetch");
    int iv_len = EVP_CIPHER_get_iv_length(cipher);
    check(RAND_bytes_ex(NULL, out + 16, (size_t)iv_len, 0) > 0 &&
              EVP_EncryptInit_ex(ctx, cipher, NULL, w->cipher_key, out + 16) &&
              hmac_init(hmac, w->mac_key, sizeof w->mac_key),
          "init");
    EVP_CIPHER_free(cipher);
    memcpy(out, w->name, 16);
    check(EVP_EncryptUpdate(ctx, out + 32, &len, w->plain, PLAIN_SIZE) &&
              EVP_EncryptFinal(ctx, out + 32 + len, &last),
          "encrypt");
    size_t signed_len = 32 + (size_t)len + (size_t)last;
    check(EVP_MAC_update(hmac->ctx, out, signed_len) &&
              EVP_MAC_final(hmac->ctx, out + signed_len, &mac_len, 64),
          "mac");
    w->peers_len = signed_len + mac_len;
    EVP_CIPHER_CTX_free(ctx);
    hmac_free(hmac);
}

static void libssl_open(struct world *w) {
    const uint8_t *ticket = w->peers;
    uint8_t mac[EVP_MAX_MD_SIZE];
    int len = 0;
    int last = 0;
    struct ssl_hmac *hmac = hmac_new();
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    check(ctx && memcmp(ticket, w->name, 16) == 0, "name");
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, "AES-256-CBC", NULL);
    check(cipher && hmac_init(hmac, w->mac_key, sizeof w->mac_key) &&
              EVP_DecryptInit_ex(ctx, cipher, NULL, w->cipher_key, ticket + 16),
          "init");
    EVP_CIPHER_free(cipher);
    size_t mac_len = EVP_MAC_CTX_get_mac_size(hmac->ctx);
    size_t signed_len = w->peers_len - mac_len;
    check(EVP_MAC_update(hmac->ctx, ticket, signed_len) &&
              EVP_MAC_final(hmac->ctx, mac, &mac_len, sizeof mac) &&
              CRYPTO_memcmp(mac, ticket + signed_len, mac_len) == 0,
          "mac");
    uint8_t *plain = OPENSSL_malloc(signed_len - 32);
    check(plain && EVP_DecryptUpdate(ctx, plain, &len, ticket + 32, (int)(signed_len - 32)) &&
              EVP_DecryptFinal(ctx, plain + len, &last) && len + last == PLAIN_SIZE,
          "decrypt");
    OPENSSL_free(plain);
    EVP_CIPHER_CTX_free(ctx);
    hmac_free(hmac);
}

/* ---- a warm AES-256-GCM context with a counter for its nonce
 * -------------------------------------- */

static void gcm_seal(struct world *w) {
    int n = 0;
    uint8_t iv[12] = {0};
    uint64_t count = w->count++;
    memcpy(iv, &count, sizeof count);
    memcpy(w->peers, iv, sizeof iv);
    uint8_t *cipher = w->peers + sizeof iv;
    check(EVP_EncryptInit_ex(w->gcm_seal, NULL, NULL, NULL, iv) &&
              EVP_EncryptUpdate(w->gcm_seal, NULL, &n, w->name, 16) &&
              EVP_EncryptUpdate(w->gcm_seal, cipher, &n, w->plain, PLAIN_SIZE) &&
              EVP_EncryptFinal_ex(w->gcm_seal, cipher + n, &n) &&
              EVP_CIPHER_CTX_ctrl(w->gcm_seal, EVP_CTRL_AEAD_GET_TAG, 16, cipher + PLAIN_SIZE),
          "gcm seal");
}

static void gcm_open(struct world *w) {
    int n = 0;
    const uint8_t *cipher = w->peers + 12;
    uint8_t tag[16];
    memcpy(tag, cipher + PLAIN_SIZE, sizeof tag);
    check(EVP_DecryptInit_ex(w->gcm_open, NULL, NULL, NULL, w->peers) &&
              EVP_DecryptUpdate(w->gcm_open, NULL, &n, w->name, 16) &&
              EVP_DecryptUpdate(w->gcm_open, w->out, &n, cipher, PLAIN_SIZE) &&
              EVP_CIPHER_CTX_ctrl(w->gcm_open, EVP_CTRL_AEAD_SET_TAG, 16, tag) &&
              EVP_DecryptFinal_ex(w->gcm_open, w->out + n, &n),
          "gcm open");
}

/* ---- the codec ----------------------------------------------------------------------------------
 */

static void codec_seal(struct world *w) {
    check(resume_codec_seal_bytes(w->codec, w->plain, PLAIN_SIZE, NOW, w->ticket, ROOM,
                                  &w->ticket_len) == RESUME_OK,
          "resume_codec_seal_bytes");
}

static void codec_open(struct world *w) {
    size_t len = 0;
    check(resume_codec_open_bytes(w->codec, w->ticket, w->ticket_len, NOW, w->out, ROOM, &len) ==
                  RESUME_OK &&
              len == PLAIN_SIZE,
          "resume_codec_open_bytes");
}

static EVP_CIPHER_CTX *gcm_new(const uint8_t *key, int encrypts) {
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    check(ctx && EVP_CipherInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, NULL, encrypts), "gcm");
    return ctx;
}

static void world_init(struct world *w, resume_frame frame) {
    resume_keyring *keyring = NULL;
    resume_codec_options *options = NULL;
    memset(w, 0, sizeof *w);
    check(RAND_bytes(w->name, sizeof w->name) == 1 &&
              RAND_bytes(w->cipher_key, sizeof w->cipher_key) == 1 &&
              RAND_bytes(w->mac_key, sizeof w->mac_key) == 1 &&
              RAND_bytes(w->plain, sizeof w->plain) == 1,
          "RAND_bytes");
    w->gcm_seal = gcm_new(w->cipher_key, 1);
    w->gcm_open = gcm_new(w->cipher_key, 0);
    check(resume_keyring_from_url("random:", NULL, NOW, &keyring) == RESUME_OK &&
              resume_codec_options_new(&options) == RESUME_OK &&
              resume_codec_options_set_frame(options, frame) == RESUME_OK &&
              resume_codec_new(keyring, options, &w->codec) == RESUME_OK,
          "codec");
    resume_codec_options_unref(options);
    resume_keyring_unref(keyring);
}

static void world_free(struct world *w) {
    EVP_CIPHER_CTX_free(w->gcm_seal);
    EVP_CIPHER_CTX_free(w->gcm_open);
    resume_codec_unref(w->codec);
}

/* ---- measuring ----------------------------------------------------------------------------------
 */

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static double quantile(double *values, int count, int percent) {
    qsort(values, (size_t)count, sizeof *values, by_value);
    return values[count * percent / 100];
}

static double batch(struct world *w, step_fn *step) {
    double start = now_ns();
    for (int i = 0; i < BATCH; i++) {
        step(w);
    }
    return (now_ns() - start) / BATCH;
}

/* times: the peer's time over ours, the more the better. Else ours over the peer's. */
static void compare(struct world *w, const char *name, step_fn *ours, const char *peer,
                    step_fn *theirs, int times, double target) {
    static double a[TURNS_MAX];
    static double b[TURNS_MAX];
    for (int i = -5; i < turns; i++) {
        double value = batch(w, ours);
        double peer_value = batch(w, theirs);
        if (i >= 0) {
            a[i] = value;
            b[i] = peer_value;
        }
    }
    double value = quantile(a, turns, 50);
    double peer_value = quantile(b, turns, 50);
    double ratio = times ? peer_value / value : value / peer_value;
    printf("{\"name\": \"%s\", \"value\": %.1f, \"unit\": \"ns\", \"peer\": \"%s\", "
           "\"peer_value\": %.1f, \"ratio\": %.3f, \"target\": \"%s %.2f\", \"ok\": %s}\n",
           name, value, peer, peer_value, ratio, times ? ">=" : "<=", target,
           (times ? ratio >= target : ratio <= target) ? "true" : "false");
}

struct job {
    struct world *w;
    step_fn *step;
    unsigned number;
    atomic_uint *missing; /* threads that are not at the start yet */
    double began, ended;
};

#define JOB_STEPS (BATCH * 10)

/* Onto the nth processor that the process may use: beside a busy neighbour the scheduler likes to
 * leave two new threads on one. */
static void pin(unsigned nth) {
    cpu_set_t all;
    cpu_set_t mine;
    CPU_ZERO(&mine);
    check(sched_getaffinity(0, sizeof all, &all) == 0, "sched_getaffinity");
    for (size_t i = 0; i < CPU_SETSIZE; i++) {
        if (CPU_ISSET(i, &all) && nth-- == 0) {
            CPU_SET(i, &mine);
            (void)sched_setaffinity(0, sizeof mine, &mine);
            return;
        }
    }
}

static void *work(void *arg) {
    struct job *job = arg;
    pin(job->number);
    job->step(job->w); /* makes the thread's contexts */
    atomic_fetch_sub(job->missing, 1);
    while (atomic_load(job->missing)) { /* waking up a thread would take too long */
    }
    job->began = now_ns();
    for (int i = 0; i < JOB_STEPS; i++) {
        job->step(job->w);
    }
    job->ended = now_ns();
    return NULL;
}

/* Million steps a second, of all threads together. */
static double rate(struct world *worlds, step_fn *step, unsigned threads) {
    pthread_t id[2];
    struct job jobs[2];
    atomic_uint missing = threads;
    for (unsigned i = 0; i < threads; i++) {
        jobs[i] = (struct job){&worlds[i], step, i, &missing, 0, 0};
        check(pthread_create(&id[i], NULL, work, &jobs[i]) == 0, "thread");
    }
    double began = 0;
    double ended = 0;
    for (unsigned i = 0; i < threads; i++) {
        pthread_join(id[i], NULL);
        began = i == 0 || jobs[i].began < began ? jobs[i].began : began;
        ended = i == 0 || jobs[i].ended > ended ? jobs[i].ended : ended;
    }
    return (double)threads * JOB_STEPS / (ended - began) * 1e3;
}

/* Both threads use one codec: only their buffers and the peer's contexts are their own. A target of
 * 0 is none. */
static void compare_threads(const struct world *w, const char *name, step_fn *step, double target) {
    struct world worlds[2] = {*w, *w};
    char aim[32] = "null";
    static double one[TURNS_MAX];
    static double two[TURNS_MAX];
    worlds[1].gcm_seal = gcm_new(w->cipher_key, 1);
    worlds[1].gcm_open = gcm_new(w->cipher_key, 0);
    for (int i = 0; i < thread_turns; i++) {
        one[i] = rate(worlds, step, 1);
        two[i] = rate(worlds, step, 2);
    }
    double value = quantile(two, thread_turns, 90);
    double peer_value = quantile(one, thread_turns, 90);
    EVP_CIPHER_CTX_free(worlds[1].gcm_seal);
    EVP_CIPHER_CTX_free(worlds[1].gcm_open);
    if (target > 0) {
        (void)snprintf(aim, sizeof aim, "\">= %.2f\"", target);
    }
    printf("{\"name\": \"%s\", \"value\": %.3f, \"unit\": \"Mop/s\", \"peer\": \"one thread\", "
           "\"peer_value\": %.3f, \"ratio\": %.3f, \"target\": %s, \"ok\": %s}\n",
           name, value, peer_value, value / peer_value, aim,
           target <= 0                    ? "null"
           : value / peer_value >= target ? "true"
                                          : "false");
}

int main(void) {
    struct world w;
    if (getenv("LIBRESUME_BENCH_QUICK")) {
        turns = 15;
        thread_turns = 3;
    }
    world_init(&w, RESUME_FRAME_RFC5077);
    compare(&w, "seal 200 B, RFC 5077 frame", codec_seal, "libssl's code", libssl_seal, 1, 5.0);
    compare(&w, "open 200 B, RFC 5077 frame", codec_open, "libssl's code", libssl_open, 1, 4.0);
    compare_threads(&w, "seal 200 B, RFC 5077 frame, 2 threads", codec_seal, 1.9);
    compare_threads(&w, "open 200 B, RFC 5077 frame, 2 threads", codec_open, 1.9);
    world_free(&w);
    world_init(&w, RESUME_FRAME_AEAD);
    compare(&w, "seal 200 B, AEAD frame", codec_seal, "warm EVP AES-256-GCM", gcm_seal, 0, 1.3);
    compare(&w, "open 200 B, AEAD frame", codec_open, "warm EVP AES-256-GCM", gcm_open, 0, 1.3);
    compare_threads(&w, "seal 200 B, AEAD frame, 2 threads", codec_seal, 1.9);
    compare_threads(&w, "open 200 B, AEAD frame, 2 threads", codec_open, 1.9);
    /* What two processors of this machine are together, and no more can be had. */
    compare_threads(&w, "warm EVP AES-256-GCM alone, 2 threads", gcm_seal, 0);
    world_free(&w);
    return 0;
}
