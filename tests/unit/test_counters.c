/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counters and histograms: every cell is its own, borders of the buckets, many threads.
 */
#include "server_fixture.h"

#include "base/alloc.h"
#include "core/counters.h"

#include <pthread.h>

static struct rsm_counters *fresh(void) {
    struct rsm_counters *counters =
        rsm_calloc_aligned(_Alignof(struct rsm_counters), sizeof *counters);
    assert_non_null(counters);
    return counters;
}

/* I-28: one counter for each path and reason, which nothing else moves. Cell n is counted n times,
 * so that a wrong cell shows. */
static void every_cell_is_its_own(void **state) {
    (void)state;
    struct rsm_counters *counters = fresh();
    uint64_t n = 0;
    for (int32_t path = 0; path < RESUME_PATH_COUNT; path++) {
        for (resume_reason reason = 0; reason < RESUME_REASON_COUNT; reason++, n++) {
            for (uint64_t i = 0; i < n; i++) {
                rsm_counters_outcome(counters, path, reason);
            }
        }
    }
    n = 0;
    for (int32_t path = 0; path < RESUME_PATH_COUNT; path++) {
        for (resume_reason reason = 0; reason < RESUME_REASON_COUNT; reason++, n++) {
            assert_int_equal(rsm_counters_read(counters, path, reason), n);
        }
    }
    for (int32_t h = 0; h < RESUME_HISTOGRAM_COUNT; h++) {
        for (size_t bucket = 0; bucket < RESUME_HISTOGRAM_BUCKETS; bucket++) {
            assert_int_equal(rsm_counters_bucket(counters, h, bucket), 0);
        }
    }
    rsm_free(counters);
}

/* I-49: the counter of issued tickets goes past 32 bits, in one shard and in the sum. */
static void I_49_tickets_issued_do_not_overflow(void **state) {
    (void)state;
    struct rsm_counters *counters = fresh();
    const int32_t path = RESUME_PATH_TLS12_TICKET;
    const uint64_t shards = RSM_COUNTER_SHARDS;
    for (size_t i = 0; i < RSM_COUNTER_SHARDS; i++) {
        atomic_store(&counters->shard[i].outcome[path][RESUME_REASON_ISSUED], UINT32_MAX);
    }
    rsm_counters_outcome(counters, path, RESUME_REASON_ISSUED);
    assert_true(rsm_counters_read(counters, path, RESUME_REASON_ISSUED) == shards * UINT32_MAX + 1);
    rsm_free(counters);
}

static size_t bucket_of(int32_t histogram, uint64_t age_ms) {
    struct rsm_counters *counters = fresh();
    rsm_counters_age(counters, histogram, age_ms);
    size_t found = RESUME_HISTOGRAM_BUCKETS;
    for (int32_t h = 0; h < RESUME_HISTOGRAM_COUNT; h++) {
        for (size_t bucket = 0; bucket < RESUME_HISTOGRAM_BUCKETS; bucket++) {
            uint64_t count = rsm_counters_bucket(counters, h, bucket);
            assert_true(count == 0 || (h == histogram && count == 1));
            found = count ? bucket : found;
        }
    }
    rsm_free(counters);
    return found;
}

/* Bucket 0 is below 1 s, bucket n below 2^n s, the last one open. */
static void borders_of_buckets(void **state) {
    (void)state;
    for (int32_t h = 0; h < RESUME_HISTOGRAM_COUNT; h++) {
        assert_int_equal(bucket_of(h, 0), 0);
        assert_int_equal(bucket_of(h, 999), 0);
        for (size_t n = 1; n < RESUME_HISTOGRAM_BUCKETS; n++) {
            uint64_t first = (UINT64_C(1) << (n - 1)) * SECOND;
            assert_int_equal(bucket_of(h, first), n);
            assert_int_equal(bucket_of(h, first - 1), n - 1);
        }
    }
}

/* I-74: an age beyond all measure goes into the open bucket, not beyond the array. */
static void last_bucket_is_open(void **state) {
    (void)state;
    const size_t last = RESUME_HISTOGRAM_BUCKETS - 1;
    assert_int_equal(bucket_of(RESUME_HISTOGRAM_KEY_AGE, (UINT64_C(1) << last) * SECOND), last);
    assert_int_equal(bucket_of(RESUME_HISTOGRAM_KEY_AGE, UINT64_C(1) << 63), last);
    assert_int_equal(bucket_of(RESUME_HISTOGRAM_TICKET_AGE, UINT64_MAX), last);
}

#define THREADS (2 * RSM_COUNTER_SHARDS + 3) /* so that shards are shared */
#define ROUNDS  2000

static void *count_a_lot(void *arg) {
    struct rsm_counters *counters = arg;
    for (int i = 0; i < ROUNDS; i++) {
        rsm_counters_outcome(counters, RESUME_PATH_TLS12_TICKET, RESUME_REASON_RESUMED);
        rsm_counters_age(counters, RESUME_HISTOGRAM_TICKET_AGE, 5000);
    }
    return NULL;
}

/* I-168: threads meet on the same cell and nothing is lost; a reader meanwhile sees a sum that
 * never falls. For ThreadSanitizer, too. */
static void threads_lose_nothing(void **state) {
    (void)state;
    struct rsm_counters *counters = fresh();
    pthread_t threads[THREADS];
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, count_a_lot, counters), 0);
    }
    uint64_t before = 0;
    for (int i = 0; i < 1000; i++) {
        uint64_t now = rsm_counters_read(counters, RESUME_PATH_TLS12_TICKET, RESUME_REASON_RESUMED);
        assert_true(now >= before);
        before = now;
    }
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    const uint64_t all = (uint64_t)THREADS * ROUNDS;
    assert_int_equal(rsm_counters_read(counters, RESUME_PATH_TLS12_TICKET, RESUME_REASON_RESUMED),
                     all);
    assert_int_equal(rsm_counters_bucket(counters, RESUME_HISTOGRAM_TICKET_AGE, 3), all);
    rsm_free(counters);
}

/* Two shards never share a cache line, or threads would wait for each other. */
static void shards_stand_apart(void **state) {
    (void)state;
    assert_int_equal(_Alignof(struct rsm_counters) % 64, 0);
    assert_int_equal(sizeof(struct rsm_counters_shard) % 64, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_cell_is_its_own),
        cmocka_unit_test(I_49_tickets_issued_do_not_overflow),
        cmocka_unit_test(borders_of_buckets),
        cmocka_unit_test(last_bucket_is_open),
        cmocka_unit_test(threads_lose_nothing),
        cmocka_unit_test(shards_stand_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
