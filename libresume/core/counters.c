/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sharded relaxed counters. A thread keeps its shard for life.
 */
#include "core/counters.h"

#include "base/hot.h"

static atomic_uint next_shard;
static _Thread_local unsigned own_shard; /* shard + 1; 0: none yet */

static unsigned shard_of_thread(void) {
    if (own_shard == 0) {
        own_shard =
            atomic_fetch_add_explicit(&next_shard, 1, memory_order_relaxed) % RSM_COUNTER_SHARDS +
            1;
    }
    return own_shard - 1;
}

static void add(atomic_uint_fast64_t *counter) {
    atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

RSM_HOT void rsm_counters_outcome(struct rsm_counters *counters, int32_t path,
                                  resume_reason reason) {
    add(&counters->shard[shard_of_thread()].outcome[path][reason]);
}

static size_t bucket_of(uint64_t age_ms) {
    size_t bucket = 0;
    for (uint64_t seconds = age_ms / 1000; seconds; seconds >>= 1) {
        bucket++;
    }
    return bucket < RESUME_HISTOGRAM_BUCKETS ? bucket : RESUME_HISTOGRAM_BUCKETS - 1;
}

RSM_HOT void rsm_counters_age(struct rsm_counters *counters, int32_t histogram, uint64_t age_ms) {
    add(&counters->shard[shard_of_thread()].age[histogram][bucket_of(age_ms)]);
}

uint64_t rsm_counters_read(const struct rsm_counters *counters, int32_t path,
                           resume_reason reason) {
    uint64_t sum = 0;
    for (size_t i = 0; i < RSM_COUNTER_SHARDS; i++) {
        sum +=
            atomic_load_explicit(&counters->shard[i].outcome[path][reason], memory_order_relaxed);
    }
    return sum;
}

uint64_t rsm_counters_bucket(const struct rsm_counters *counters, int32_t histogram,
                             size_t bucket) {
    uint64_t sum = 0;
    for (size_t i = 0; i < RSM_COUNTER_SHARDS; i++) {
        sum +=
            atomic_load_explicit(&counters->shard[i].age[histogram][bucket], memory_order_relaxed);
    }
    return sum;
}
