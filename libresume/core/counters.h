/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counters and histograms of one server, spread over cache lines so that threads do not meet.
 * Per process; reading adds the shards up.
 */
#ifndef RSM_CORE_COUNTERS_H
#define RSM_CORE_COUNTERS_H

#include <resume/server.h>

#include <stdatomic.h>

#define RSM_COUNTER_SHARDS 8

struct rsm_counters_shard {
    _Alignas(64) atomic_uint_fast64_t outcome[RESUME_PATH_COUNT][RESUME_REASON_COUNT];
    atomic_uint_fast64_t age[RESUME_HISTOGRAM_COUNT][RESUME_HISTOGRAM_BUCKETS];
};

struct rsm_counters {
    struct rsm_counters_shard shard[RSM_COUNTER_SHARDS];
};

void rsm_counters_outcome(struct rsm_counters *counters, int32_t path, resume_reason reason);
void rsm_counters_age(struct rsm_counters *counters, int32_t histogram, uint64_t age_ms);
uint64_t rsm_counters_read(const struct rsm_counters *counters, int32_t path, resume_reason reason);
uint64_t rsm_counters_bucket(const struct rsm_counters *counters, int32_t histogram, size_t bucket);

#endif
