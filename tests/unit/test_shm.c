/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shm: stores from the outside: sharing, sealing, what foreign bytes do, and threads. Deaths at
 * every instruction are in tests/torture.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "shm_fixture.h"
#include "store_fixture.h"

#include "base/bytes.h"
#include "store/guard.h"
#include "store/segment.h"
#include "store/table_region.h"

#include <pthread.h>

#define LATER   (NOW + 3600000U)
#define THREADS 16U
#define RECORD  180U
#define FOREIGN "shm:%s?bytes=256K&shards=2&count=300"
#define IDS     24U

static void id_of(uint64_t n, uint8_t id[32]) {
    for (unsigned i = 0; i < 4; i++) {
        uint64_t word = (n + 1) * UINT64_C(0x9E3779B97F4A7C15) * (2 * i + 1);
        memcpy(id + 8 * i, &word, 8);
    }
}

static resume_status put(resume_store *store, uint64_t n) {
    uint8_t id[32];
    uint8_t data[RECORD];
    id_of(n, id);
    memset(data, (int)(n % 251), sizeof data);
    memcpy(data, id, sizeof id);
    return resume_store_put_record(store, id, sizeof id, data, sizeof data, LATER, NOW);
}

static bool is_record_of(uint64_t n, const uint8_t *data, size_t len) {
    uint8_t id[32];
    id_of(n, id);
    return len == RECORD && memcmp(data, id, sizeof id) == 0 && data[32] == n % 251 &&
           data[RECORD - 1] == n % 251;
}

/* Whatever comes back is this ID's record. */
static resume_status look(resume_store *store, uint64_t n, bool take) {
    uint8_t id[32];
    uint8_t data[RECORD + 20];
    size_t len = 0;
    id_of(n, id);
    resume_status status =
        take ? resume_store_take_record(store, id, sizeof id, NOW, data, sizeof data, &len)
             : resume_store_get_record(store, id, sizeof id, NOW, data, sizeof data, &len);
    if (status == RESUME_OK && !is_record_of(n, data, len)) {
        fprintf(stderr, "another record than was put\n");
        abort();
    }
    return status;
}

static resume_store *open_store(const char *url, const uint8_t *secret, resume_status wanted,
                                const char *text) {
    resume_store_options *options = NULL;
    resume_store *store = NULL;
    assert_int_equal(resume_store_options_new(&options), RESUME_OK);
    if (secret) {
        assert_int_equal(resume_store_options_set_secret(options, secret, 32), RESUME_OK);
    }
    resume_status status = resume_store_from_url(url, options, &store);
    if (status != wanted || !strstr(resume_store_options_why(options), text)) {
        fail_msg("%s: %s, \"%s\" lacks \"%s\"", url, resume_status_name(status),
                 resume_store_options_why(options), text);
    }
    resume_store_options_unref(options);
    return store;
}

static void secret_of(uint8_t n, uint8_t secret[32]) {
    for (unsigned i = 0; i < 32; i++) {
        secret[i] = (uint8_t)(i * i * 7U + n * 31U + 5U);
    }
}

static void test_two_stores_on_one_path_share(void **state) {
    struct shm_place *place = *state;
    resume_store *one = open_store(place->url, NULL, RESUME_OK, "");
    resume_store *two = open_store(place->url, NULL, RESUME_OK, "");
    resume_session *session = make_session(some_id, 32, 7, 0, true);
    resume_session *found = NULL;
    assert_int_equal(resume_store_put(one, session, NOW), RESUME_OK);
    assert_int_equal(resume_store_get(two, some_id, 32, NOW, &found), RESUME_OK);
    assert_true(resume_session_equal(found, session));
    found = resume_session_unref(found);
    assert_int_equal(resume_store_take(two, some_id, 32, NOW, &found), RESUME_OK);
    found = resume_session_unref(found);
    assert_int_equal(resume_store_take(one, some_id, 32, NOW, &found), RESUME_MISS);
    assert_int_equal(put(one, 1), RESUME_OK);
    assert_int_equal(stat_of(two, RESUME_STORE_ENTRIES), 1);
    uint8_t id[32];
    id_of(1, id);
    assert_int_equal(resume_store_remove(two, id, sizeof id), RESUME_OK);
    assert_int_equal(look(one, 1, false), RESUME_MISS);
    assert_int_equal(stat_of(one, RESUME_STORE_EMPTIED), 0);
    assert_int_equal(stat_of(one, RESUME_STORE_REPLACED), 0);
    resume_session_unref(session);
    resume_store_unref(one);
    assert_int_equal(put(two, 2), RESUME_OK);
    resume_store_unref(two);
    one = open_store(place->url, NULL, RESUME_OK, ""); /* and it is still there */
    assert_int_equal(look(one, 2, false), RESUME_OK);
    resume_store_unref(one);
}

static void test_sizes(void **state) {
    struct shm_place *place = *state;
    char url[200];
    resume_store *store = open_store(place->url, NULL, RESUME_OK, "");
    assert_in_range(stat_of(store, RESUME_STORE_CAPACITY_BYTES), (1 << 20) - 512, 1 << 20);
    resume_store_unref(store);
    snprintf(url, sizeof url, "shm:%s?count=300&shards=1", place->path);
    store = open_store(url, NULL, RESUME_OK, "");
    assert_int_equal(stat_of(store, RESUME_STORE_REPLACED), 1);
    assert_int_equal(stat_of(store, RESUME_STORE_CAPACITY_ENTRIES), 300);
    for (uint64_t n = 0; n < 1000; n++) {
        assert_int_equal(put(store, n), RESUME_OK);
        assert_true(stat_of(store, RESUME_STORE_ENTRIES) <= 300);
        assert_true(stat_of(store, RESUME_STORE_BYTES) <=
                    stat_of(store, RESUME_STORE_CAPACITY_BYTES));
    }
    assert_true(stat_of(store, RESUME_STORE_ENTRIES) >= 290); /* sealed records of 200 bytes fit */
    assert_int_equal(look(store, 999, false), RESUME_OK);
    resume_store_unref(store);
}

/* The ttl and the record's own end, whichever is first; expired ones are swept. */
static void test_time(void **state) {
    struct shm_place *place = *state;
    char url[200];
    uint8_t id[32];
    uint8_t buf[RECORD];
    size_t len = 0;
    snprintf(url, sizeof url, "%s&ttl=10s", place->url);
    resume_store *store = open_store(url, NULL, RESUME_OK, "");
    assert_int_equal(put(store, 1), RESUME_OK);
    assert_int_equal(put(store, 2), RESUME_OK);
    id_of(1, id);
    assert_int_equal(resume_store_get_record(store, id, 32, NOW + 9999, buf, sizeof buf, &len),
                     RESUME_OK);
    assert_int_equal(resume_store_get_record(store, id, 32, NOW + 10000, buf, sizeof buf, &len),
                     RESUME_EXPIRED);
    assert_int_equal(stat_of(store, RESUME_STORE_ENTRIES), 1);
    assert_int_equal(resume_store_sweep(store, NOW + 10000, 1000), RESUME_OK);
    assert_int_equal(stat_of(store, RESUME_STORE_ENTRIES), 0);
    assert_int_equal(stat_of(store, RESUME_STORE_EXPIRED), 2);
    resume_store_unref(store);
}

/* I-90: what is too large is not cut off, and a small buffer takes nothing away. */
static void test_large_records(void **state) {
    struct shm_place *place = *state;
    static uint8_t data[RESUME_RECORD_MAX];
    static uint8_t back[RESUME_RECORD_MAX];
    size_t len = 0;
    uint8_t id[32] = {5};
    memset(data, 0x5A, sizeof data);
    resume_store *store = open_store(place->url, NULL, RESUME_OK, "");
    for (size_t size = 1; size < sizeof data; size = size * 3 + 1) {
        resume_status status = resume_store_put_record(store, id, 32, data, size, LATER, NOW);
        assert_true(status == RESUME_OK || (size > 30000 && status == RESUME_TOO_LARGE));
        if (status == RESUME_OK && size > 1) {
            assert_int_equal(resume_store_take_record(store, id, 32, NOW, back, size - 1, &len),
                             RESUME_E_BUFFER);
            assert_int_equal(len, size);
            assert_int_equal(resume_store_take_record(store, id, 32, NOW, back, size, &len),
                             RESUME_OK);
            assert_memory_equal(back, data, size);
        }
    }
    resume_store_unref(store);
}

static void test_descriptions_that_are_refused(void **state) {
    struct shm_place *place = *state;
    uint8_t one[32];
    uint8_t two[32];
    secret_of(1, one);
    secret_of(2, two);
    (void)open_store("shm:app.sessions", NULL, RESUME_E_INVALID, "not an absolute path");
    (void)open_store("shm:///dev/shm/x/y/z", NULL, RESUME_E_IO, "No such file");
    (void)open_store("shm:?bytes=1", NULL, RESUME_E_INVALID, "too small");
    (void)open_store("shm:?prefix=x", NULL, RESUME_E_INVALID,
                     "known: bytes, count, ttl, shards, secret");
    (void)open_store("shm:?secret=here", NULL, RESUME_E_INVALID, "not an absolute path");
    (void)open_store("shm:?secret=/no/such/file", NULL, RESUME_E_IO, "/no/such/file");
    resume_store *store = open_store(place->url, one, RESUME_OK, "");
    (void)open_store(place->url, two, RESUME_E_INVALID, "made with another secret");
    (void)open_store(place->url, NULL, RESUME_E_INVALID, "made with another secret");
    assert_int_equal(put(store, 1), RESUME_OK);
    resume_store *same = open_store(place->url, one, RESUME_OK, "");
    assert_int_equal(look(same, 1, false), RESUME_OK);
    resume_store_unref(same);
    resume_store_unref(store);
}

/* shm: without a path is for the children of this process, in both directions. */
static void test_anonymous_across_forks(void **state) {
    (void)state;
    resume_store *store = open_store("shm:?bytes=1M", NULL, RESUME_OK, "");
    assert_int_equal(put(store, 1), RESUME_OK);
    for (uint64_t n = 10; n < 14; n++) {
        pid_t pid = fork();
        if (pid == 0) {
            bool good = look(store, 1, false) == RESUME_OK && put(store, n) == RESUME_OK;
            resume_store_unref(store);
            _exit(good ? 0 : 1);
        }
        assert_ended(pid, 0);
        assert_int_equal(look(store, n, true), RESUME_OK);
    }
    resume_store *other = open_store("shm:?bytes=1M", NULL, RESUME_OK, "");
    assert_int_equal(look(other, 1, false), RESUME_MISS);
    resume_store_unref(other);
    resume_store_unref(store);
}

/* I-87: of many processes that take the same IDs at once, exactly one gets each. */
static void test_takes_of_many_processes(void **state) {
    struct shm_place *place = *state;
    enum { PROCESSES = 6, RECORDS = 400 };
    resume_store *store = open_store(place->url, NULL, RESUME_OK, "");
    _Atomic uint32_t *taken =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(taken != MAP_FAILED);
    pid_t children[PROCESSES];
    for (uint64_t n = 0; n < RECORDS; n++) {
        assert_int_equal(put(store, n), RESUME_OK);
    }
    for (unsigned i = 0; i < PROCESSES; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            resume_store *own = NULL;
            if (resume_store_from_url(place->url, NULL, &own) != RESUME_OK) {
                _exit(1);
            }
            for (uint64_t n = 0; n < RECORDS; n++) {
                if (look(own, n, true) == RESUME_OK) {
                    atomic_fetch_add(&taken[n], 1);
                }
            }
            _exit(0);
        }
    }
    for (unsigned i = 0; i < PROCESSES; i++) {
        assert_ended(children[i], 0);
    }
    for (uint64_t n = 0; n < RECORDS; n++) {
        assert_int_equal(atomic_load(&taken[n]), 1);
    }
    munmap((void *)(uintptr_t)taken, 4096);
    resume_store_unref(store);
}

/* ---- what others see and do ---------------------------------------------------------------------
 */

struct mapping {
    uint8_t *at;
    size_t size;
};

static struct mapping map_file(const char *path) {
    struct stat st;
    int fd = open(path, O_RDWR | O_CLOEXEC);
    assert_true(fd >= 0 && fstat(fd, &st) == 0);
    struct mapping m = {.size = (size_t)st.st_size};
    m.at = mmap(NULL, m.size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    assert_true(m.at != MAP_FAILED);
    close(fd);
    return m;
}

/* I-93: neither IDs nor secrets nor records, whole or in part; not the users' secret either. */
static void test_the_file_tells_nothing(void **state) {
    struct shm_place *place = *state;
    uint8_t secret[32];
    uint8_t id[32];
    uint8_t master[16];
    uint8_t data[16];
    secret_of(3, secret);
    resume_store *store = open_store(place->url, secret, RESUME_OK, "");
    resume_session *session = make_session(some_id, 32, 0xA7, 40, true);
    assert_int_equal(resume_store_put(store, session, NOW), RESUME_OK);
    assert_int_equal(put(store, 77), RESUME_OK);
    struct mapping m = map_file(place->path);
    id_of(77, id);
    memset(master, 0xA7, sizeof master);
    memset(data, 77, sizeof data);
    assert_null(memmem(m.at, m.size, id, 8));
    assert_null(memmem(m.at, m.size, some_id, 9));
    assert_null(memmem(m.at, m.size, master, sizeof master));
    assert_null(memmem(m.at, m.size, data, sizeof data));
    for (size_t at = 0; at < sizeof secret; at += 8) {
        assert_null(memmem(m.at, m.size, secret + at, 8));
    }
    munmap(m.at, m.size);
    resume_session_unref(session);
    resume_store_unref(store);
}

/* I-94, I-100: each byte of a record edited in turn: a miss, or a byte that did not matter. */
static void test_edited_records_are_misses(void **state) {
    struct shm_place *place = *state;
    char url[200];
    snprintf(url, sizeof url, "shm:%s?bytes=64K&shards=1", place->path);
    resume_store *store = open_store(url, NULL, RESUME_OK, "");
    struct mapping m = map_file(place->path);
    uint8_t *before = malloc(m.size);
    uint8_t *with = malloc(m.size);
    unsigned edited = 0;
    unsigned missed = 0;
    assert_true(before && with);
    memcpy(before, m.at, m.size);
    assert_int_equal(put(store, 5), RESUME_OK);
    memcpy(with, m.at, m.size);
    for (size_t i = 4096; i < m.size; i++) {
        if (with[i] != before[i]) {
            m.at[i] ^= 0x10;
            edited++;
            missed += look(store, 5, false) != RESUME_OK; /* look() fails if it is another one */
            memcpy(m.at + 4096, with + 4096, m.size - 4096);
        }
    }
    assert_true(edited > RECORD);
    assert_true(missed > RECORD);
    assert_int_equal(look(store, 5, false), RESUME_OK);
    free(before);
    free(with);
    munmap(m.at, m.size);
    resume_store_unref(store);
}

/* I-94: the sealed bytes of one entry under the look-up key of another. */
static void test_moved_records_are_misses(void **state) {
    struct shm_place *place = *state;
    char url[200];
    snprintf(url, sizeof url, "shm:%s?bytes=64K&shards=1", place->path);
    resume_store *store = open_store(url, NULL, RESUME_OK, "");
    assert_int_equal(put(store, 1), RESUME_OK);
    assert_int_equal(put(store, 2), RESUME_OK);
    struct mapping m = map_file(place->path);
    struct rsm_table_config config = {.bytes = 64 << 10, .shards = 1};
    struct rsm_table *table = NULL;
    assert_int_equal(rsm_table_over(&config, m.at + 4096 + 128,
                                    (struct rsm_robust_line *)(void *)(m.at + 4096), &table),
                     RESUME_OK);
    _Atomic uint64_t *one = rsm_chunk(table->parts, 0);
    uint32_t granules = rsm_chunk_granules(rsm_word(one + 1));
    _Atomic uint64_t *two = rsm_chunk(table->parts, granules);
    assert_int_equal(rsm_chunk_len(rsm_word(one)), rsm_chunk_len(rsm_word(two)));
    for (size_t i = 0; i < rsm_words(rsm_chunk_len(rsm_word(one))); i++) {
        rsm_set_word(two + RSM_CHUNK_HEAD + i, rsm_word(one + RSM_CHUNK_HEAD + i));
    }
    assert_int_equal(look(store, 1, false), RESUME_OK);
    assert_int_equal(look(store, 2, false), RESUME_MISS);
    assert_int_equal(stat_of(store, RESUME_STORE_ERRORS), 1);
    rsm_table_free(table);
    munmap(m.at, m.size);
    resume_store_unref(store);
}

static uint64_t next_random(uint64_t *seed) {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

/* Foreign bytes behind the header: single words, runs, and words that look like something. */
static void scribble(struct mapping *m, uint64_t *seed) {
    unsigned strokes = 1 + (unsigned)(next_random(seed) % 40);
    for (unsigned i = 0; i < strokes; i++) {
        size_t words = (m->size - 4096) / 8;
        /* Anywhere, the head of it, or the locks and what the first shard keeps about itself. */
        const size_t areas[] = {words, words / 50, 84};
        size_t at = next_random(seed) % areas[next_random(seed) % 3];
        size_t run = next_random(seed) % 4 ? 1 : next_random(seed) % 200;
        unsigned kind = (unsigned)(next_random(seed) % 4);
        for (size_t k = at; k < words && k < at + run; k++) {
            uint64_t word = next_random(seed);
            word = kind == 0   ? word
                   : kind == 1 ? UINT64_MAX
                   : kind == 2 ? word & UINT64_C(0x80003FFF00003FFF)
                               : 0;
            memcpy(m->at + 4096 + 8 * k, &word, 8);
        }
    }
}

static void use_all_calls(resume_store *store, uint64_t *seed) {
    for (unsigned i = 0; i < 30; i++) {
        uint64_t n = next_random(seed) % IDS;
        uint8_t id[32];
        id_of(n, id);
        switch (next_random(seed) % 8) {
        case 0:
        case 1:
        case 2:
            (void)!put(store, n);
            break;
        case 3:
            (void)!look(store, n, true);
            break;
        case 4:
            (void)!resume_store_remove(store, id, sizeof id);
            break;
        case 5:
            (void)!resume_store_sweep(store, NOW, 1000);
            break;
        default:
            (void)!look(store, n, false);
        }
    }
}

/* A shard may find out late what is wrong with it, and then empties itself once more. */
static bool works_again(resume_store *store) {
    unsigned tries = 0;
    for (uint64_t n = 0; n < IDS; n++) {
        while (put(store, n) != RESUME_OK || look(store, n, false) != RESUME_OK) {
            if (++tries > 200) {
                return false;
            }
        }
    }
    return true;
}

/* I-102: random bytes anywhere behind the header: no crash, no hang, no wrong record (look() ends
 * the test at one), and afterwards it works. */
static void test_foreign_bytes(void **state) {
    struct shm_place *place = *state;
    char url[200];
    uint64_t seed = UINT64_C(0x1234567890ABCDEF);
    snprintf(url, sizeof url, FOREIGN, place->path);
    rsm_guard_seize_after(0);
    resume_store *store = open_store(url, NULL, RESUME_OK, "");
    struct mapping m = map_file(place->path);
    for (unsigned round = 0; round < 3000; round++) {
        scribble(&m, &seed);
        use_all_calls(store, &seed);
        if (!works_again(store)) {
            fail_msg("round %u: it does not work again", round);
        }
    }
    assert_true(stat_of(store, RESUME_STORE_EMPTIED) > 0);
    munmap(m.at, m.size);
    resume_store_unref(store);
    rsm_guard_seize_after(RSM_GUARD_SEIZE_MS);
}

/* The same while the calls run: another process writes without end. */
static void test_foreign_bytes_meanwhile(void **state) {
    struct shm_place *place = *state;
    char url[200];
    uint64_t seed = 99;
    snprintf(url, sizeof url, FOREIGN, place->path);
    rsm_guard_seize_after(0);
    resume_store *store = open_store(url, NULL, RESUME_OK, "");
    struct mapping m = map_file(place->path);
    pid_t pid = fork();
    if (pid == 0) {
        for (;;) {
            scribble(&m, &seed);
        }
    }
    seed = 5;
    for (unsigned round = 0; round < 1500; round++) {
        use_all_calls(store, &seed);
    }
    kill(pid, SIGKILL);
    assert_ended(pid, SIGKILL);
    assert_true(works_again(store));
    munmap(m.at, m.size);
    resume_store_unref(store);
    rsm_guard_seize_after(RSM_GUARD_SEIZE_MS);
}

/* ---- threads ------------------------------------------------------------------------------------
 */

struct crowd {
    resume_store *store;
    pthread_barrier_t start;
    atomic_uint next;
    atomic_uint hits;
};

static void *mix(void *arg) {
    struct crowd *crowd = arg;
    uint64_t seed = 1 + atomic_fetch_add(&crowd->next, 1);
    pthread_barrier_wait(&crowd->start);
    for (unsigned i = 0; i < 600; i++) {
        uint64_t n = next_random(&seed) % 64;
        uint8_t id[32];
        id_of(n, id);
        switch (i % 10) {
        case 0:
        case 1:
        case 2:
            (void)!put(crowd->store, n);
            break;
        case 3:
            (void)!look(crowd->store, n, true);
            break;
        case 4:
            (void)!resume_store_remove(crowd->store, id, sizeof id);
            break;
        case 5:
            (void)!resume_store_sweep(crowd->store, NOW, 10);
            break;
        case 6:
            (void)stat_of(crowd->store, RESUME_STORE_ENTRIES);
            break;
        default:
            atomic_fetch_add(&crowd->hits, look(crowd->store, n, false) == RESUME_OK);
        }
    }
    return NULL;
}

static void test_sixteen_threads(void **state) {
    struct shm_place *place = *state;
    struct crowd crowd = {.store = open_store(place->url, NULL, RESUME_OK, "")};
    pthread_t threads[THREADS];
    pthread_barrier_init(&crowd.start, NULL, THREADS);
    for (unsigned i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, mix, &crowd), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    pthread_barrier_destroy(&crowd.start);
    assert_true(atomic_load(&crowd.hits) > 100);
    assert_int_equal(stat_of(crowd.store, RESUME_STORE_EMPTIED), 0);
    resume_store_unref(crowd.store);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_two_stores_on_one_path_share, shm_setup, shm_teardown),
        cmocka_unit_test_setup_teardown(test_sizes, shm_setup, shm_teardown),
        cmocka_unit_test_setup_teardown(test_time, shm_setup, shm_teardown),
        cmocka_unit_test_setup_teardown(test_large_records, shm_setup, shm_teardown),
        cmocka_unit_test_setup_teardown(test_descriptions_that_are_refused, shm_setup,
                                        shm_teardown),
        cmocka_unit_test(test_anonymous_across_forks),
        cmocka_unit_test_setup_teardown(test_takes_of_many_processes, shm_setup, shm_teardown),
        cmocka_unit_test_setup_teardown(test_the_file_tells_nothing, shm_setup, shm_teardown),
        cmocka_unit_test_setup_teardown(test_edited_records_are_misses, shm_setup, shm_teardown),
        cmocka_unit_test_setup_teardown(test_moved_records_are_misses, shm_setup, shm_teardown),
        cmocka_unit_test_setup_teardown(test_foreign_bytes, shm_setup, shm_teardown),
        cmocka_unit_test_setup_teardown(test_foreign_bytes_meanwhile, shm_setup, shm_teardown),
        cmocka_unit_test_setup_teardown(test_sixteen_threads, shm_setup, shm_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
