/* SPDX-License-Identifier: Apache-2.0 */
/*
 * I-59, I-63, I-163: after a key's retirement no byte of it is left in the process: not in the
 * ring, not in the schedules and midstates that threads kept warm, not on a stack that was used for
 * it. The test reads all of its own writable memory through /proc/self/mem.
 */
#define OPENSSL_SUPPRESS_DEPRECATED /* SHA256_CTX: to know what a midstate looks like */

#include "keys_fixture.h"

#include "core/key.h"

#include <fcntl.h>
#include <openssl/sha.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { PATTERNS = 8, PATTERN = 16, CHUNK = 1 << 16, THREADS = 3 };

/* Under TSan memory is also the run-time's, which was once seen to hold 16 bytes of a midstate (no
 * other build has, in thousands of runs). There it is said what is left and where, and races are
 * looked for. */
#ifdef __SANITIZE_THREAD__
#define OURS_ALONE false
#else
#define OURS_ALONE true
#endif

#define MASK 0x5a /* patterns are kept masked, so that the scan does not find itself */

struct pattern {
    const char *what;
    uint8_t masked[PATTERN];
};

static struct pattern patterns[PATTERNS];
static size_t pattern_count;
static uint8_t chunk[CHUNK + PATTERN];

static void wipe(void *p, size_t len) {
    volatile uint8_t *at = p;
    while (len--) {
        *at++ = 0;
    }
}

static void watch(const char *what, const uint8_t *bytes) {
    struct pattern *pattern = &patterns[pattern_count++];
    pattern->what = what;
    for (size_t i = 0; i < PATTERN; i++) {
        pattern->masked[i] = bytes[i] ^ MASK;
    }
}

/* The state of SHA-256 after one block of the key: what an HMAC keeps instead of the key. */
static void watch_midstate(const char *what, const uint8_t *key, size_t len, uint8_t pad) {
    SHA256_CTX ctx;
    uint8_t block[64];
    memset(block, pad, sizeof block);
    for (size_t i = 0; i < len; i++) {
        block[i] ^= key[i];
    }
    SHA256_Init(&ctx);
    SHA256_Update(&ctx, block, sizeof block);
    watch(what, (const uint8_t *)ctx.h);
    wipe(&ctx, sizeof ctx);
    wipe(block, sizeof block);
}

static void watch_key(const resume_key *key) {
    size_t len = 0;
    const uint8_t *mac = resume_key_mac_key(key, &len);
    pattern_count = 0;
    watch("AES key", resume_key_cipher_key(key, NULL));
    watch("AES key, second half", resume_key_cipher_key(key, NULL) + len - 16);
    watch("HMAC key", mac);
    watch("HMAC key, second half", mac + len - 16);
    watch("XAES root", key->secret->root);
    watch("XAES root, second half", key->secret->root + 16);
    watch_midstate("HMAC inner midstate", mac, len, 0x36);
    watch_midstate("HMAC outer midstate", mac, len, 0x5c);
}

static bool matches(const uint8_t *at, const struct pattern *pattern) {
    for (size_t i = 0; i < PATTERN; i++) {
        if ((at[i] ^ MASK) != pattern->masked[i]) {
            return false;
        }
    }
    return true;
}

/* Bits of the patterns found in len bytes; fewer than PATTERN of them overlap the next chunk. */
__attribute__((no_sanitize("thread", "address", "undefined"))) static unsigned
scan_chunk(const uint8_t *data, size_t len) {
    uint8_t starts[256] = {0}; /* which patterns begin with a byte */
    unsigned found = 0;
    for (size_t p = 0; p < pattern_count; p++) {
        starts[patterns[p].masked[0] ^ MASK] |= (uint8_t)(1U << p);
    }
    for (size_t i = 0; i + PATTERN <= len; i++) {
        if (starts[data[i]] == 0) {
            continue;
        }
        for (size_t p = 0; p < pattern_count; p++) {
            found |= matches(data + i, &patterns[p]) ? 1U << p : 0;
        }
    }
    return found;
}

/* Our own buffer holds copies of what is scanned. */
static bool is_chunk(uintptr_t at) {
    return at + CHUNK > (uintptr_t)chunk && at < (uintptr_t)chunk + sizeof chunk;
}

/* Where it is says what left it there: a heap, a stack, or nobody of ours. */
static void say_where(uintptr_t at, unsigned found, const char *mapping) {
    for (size_t p = 0; found && p < pattern_count; p++) {
        if (found & 1U << p) {
            print_error("%s: from %#lx on, in %s", patterns[p].what, (unsigned long)at, mapping);
        }
    }
}

static unsigned scan_mapping(int mem, uintptr_t from, uintptr_t to, const char *loud) {
    unsigned found = 0;
    for (uintptr_t at = from; at < to; at += CHUNK) {
        size_t want = to - at < CHUNK + PATTERN ? to - at : CHUNK + PATTERN;
        if (is_chunk(at)) {
            continue;
        }
        wipe(chunk, sizeof chunk);
        ssize_t got = pread(mem, chunk, want, (off_t)at);
        if (got > PATTERN) {
            unsigned here = scan_chunk(chunk, (size_t)got);
            found |= here;
            if (loud) {
                say_where(at, here, loud);
            }
        }
    }
    return found;
}

static unsigned scan_memory(bool loud) {
    char line[512];
    unsigned found = 0;
    FILE *maps = fopen("/proc/self/maps", "r");
    int mem = open("/proc/self/mem", O_RDONLY);
    assert_non_null(maps);
    assert_true(mem >= 0);
    while (fgets(line, sizeof line, maps)) {
        unsigned long from = 0;
        unsigned long to = 0;
        char mode[5] = "";
        assert_int_equal(sscanf(line, "%lx-%lx %4s", &from, &to, mode), 3);
        /* Larger ones are a sanitizer's or valgrind's own. */
        if (mode[0] == 'r' && mode[1] == 'w' && to - from <= 16UL << 20) {
            found |= scan_mapping(mem, from, to, loud ? line : NULL);
        }
    }
    fclose(maps);
    close(mem);
    wipe(chunk, sizeof chunk);
    return found;
}

static void expect_nothing_left(void) {
    unsigned found = scan_memory(true);
    assert_true(found == 0 || !OURS_ALONE);
}

struct worker {
    resume_codec *codecs[2];
    resume_session *session;
    uint64_t now;
    pthread_barrier_t *warm, *done;
};

static bool seal_and_open(const struct worker *worker) {
    bool good = true;
    for (size_t f = 0; f < 2; f++) {
        uint8_t out[1024];
        size_t len = 0;
        resume_session *back = NULL;
        good &= resume_codec_seal(worker->codecs[f], worker->session, worker->now, out, sizeof out,
                                  &len) == RESUME_OK;
        good &= resume_codec_open(worker->codecs[f], out, len, worker->now, &back) == RESUME_OK;
        resume_session_unref(back);
    }
    return good;
}

/* Warms its cache and stays alive, idle, while the key is retired. */
static void *work(void *data) {
    const struct worker *worker = data;
    bool good = seal_and_open(worker);
    pthread_barrier_wait(worker->warm);
    pthread_barrier_wait(worker->done);
    return good ? data : NULL;
}

static void retire_and_look(resume_keyring *ring, uint64_t now, uint64_t later,
                            resume_status (*retire)(resume_keyring *ring, uint64_t now)) {
    pthread_barrier_t warm;
    pthread_barrier_t done;
    pthread_t threads[THREADS];
    resume_key *key = NULL;
    struct worker worker = {
        .codecs = {codec_of(ring, RESUME_FRAME_RFC5077), codec_of(ring, RESUME_FRAME_AEAD)},
        .session = session_of(1, 0),
        .now = now,
        .warm = &warm,
        .done = &done,
    };
    pthread_barrier_init(&warm, NULL, THREADS + 1);
    pthread_barrier_init(&done, NULL, THREADS + 1);
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, work, &worker), 0);
    }
    assert_true(seal_and_open(&worker));
    pthread_barrier_wait(&warm);
    assert_int_equal(resume_keyring_sealing_key(ring, now, &key), RESUME_OK);
    watch_key(key);
    resume_key_unref(key);
    unsigned before = scan_memory(false);
    assert_int_equal(retire(ring, later), RESUME_OK);
    expect_nothing_left();
    assert_int_equal(before, (1U << pattern_count) - 1); /* the scan sees them all while in use */
    pthread_barrier_wait(&done);
    for (size_t i = 0; i < THREADS; i++) {
        void *result = NULL;
        pthread_join(threads[i], &result);
        assert_non_null(result);
    }
    resume_codec_unref(worker.codecs[0]);
    resume_codec_unref(worker.codecs[1]);
    resume_session_unref(worker.session);
    pthread_barrier_destroy(&warm);
    pthread_barrier_destroy(&done);
}

static void test_a_generated_key_leaves_nothing(void **state) {
    (void)state;
    resume_keyring *ring = ring_from("random:", NOW);
    retire_and_look(ring, NOW, NOW + 36 * HOUR, resume_keyring_tick);
    resume_keyring_unref(ring);
}

static void test_an_added_key_leaves_nothing(void **state) {
    (void)state;
    for (size_t len = 48; len <= 80; len += 32) {
        uint8_t bytes[80];
        size_t half = (len - 16) / 2;
        resume_keyring *ring = empty_ring();
        key_bytes(7, bytes, len);
        assert_int_equal(resume_keyring_add(ring, bytes, 16, bytes + 16, half, bytes + 16 + half,
                                            half, NOW, NOW + HOUR, NOW + 2 * HOUR, NOW),
                         RESUME_OK);
        wipe(bytes, sizeof bytes);
        retire_and_look(ring, NOW, NOW + 2 * HOUR, resume_keyring_tick);
        resume_keyring_unref(ring);
    }
}

/* I-69 in part: keys go with the ring, too, if nobody holds them. */
static void test_a_ring_leaves_nothing(void **state) {
    (void)state;
    resume_key *key = NULL;
    resume_keyring *ring = ring_from("random:", NOW);
    struct worker worker = {
        .codecs = {codec_of(ring, RESUME_FRAME_RFC5077), codec_of(ring, RESUME_FRAME_AEAD)},
        .session = session_of(1, 0),
        .now = NOW};
    assert_true(seal_and_open(&worker));
    assert_int_equal(resume_keyring_sealing_key(ring, NOW, &key), RESUME_OK);
    watch_key(key);
    resume_key_unref(key);
    resume_codec_unref(worker.codecs[0]);
    resume_codec_unref(worker.codecs[1]);
    resume_session_unref(worker.session);
    resume_keyring_unref(ring);
    expect_nothing_left();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_generated_key_leaves_nothing),
        cmocka_unit_test(test_an_added_key_leaves_nothing),
        cmocka_unit_test(test_a_ring_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
