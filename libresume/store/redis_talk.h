/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a fleet's key ring asks of Redis: one named record, read and exchanged, and the server's
 * clock. On redis.c's connections, one caller at a time. Not a store.
 */
#ifndef RSM_STORE_REDIS_TALK_H
#define RSM_STORE_REDIS_TALK_H

#include "store/redis_config.h"

/* A connection, logged in. The config outlives it. */
RESUME_MUST_USE enum rsm_answer rsm_redis_open(struct rsm_redis_config *config,
                                               uint64_t deadline_us, void **ret_connection);
void rsm_redis_close(void *connection);
/* A forked child's copy, whose buffers may be half changed: only the descriptor goes. */
void rsm_redis_abandon(void *connection);

/* The server's clock, Unix milliseconds. */
RESUME_MUST_USE enum rsm_answer rsm_redis_time(void *connection, uint64_t deadline_us,
                                               uint64_t *ret_now_ms);

/* RSM_ANSWER_OK, RSM_ANSWER_MISS if there is none, RSM_ANSWER_LARGE. */
RESUME_MUST_USE enum rsm_answer rsm_redis_read(void *connection, const char *name,
                                               uint64_t deadline_us, uint8_t *buf, size_t cap,
                                               size_t *ret_len);

/* Puts `next` in the place of `old` (old_len 0: of nothing) for ttl_ms, if that is what is there.
 * RSM_ANSWER_OK; RSM_ANSWER_MISS: it was something else, and stays. */
RESUME_MUST_USE enum rsm_answer rsm_redis_exchange(void *connection, const char *name,
                                                   const uint8_t *old, size_t old_len,
                                                   const uint8_t *next, size_t next_len,
                                                   uint64_t ttl_ms, uint64_t deadline_us);

#endif
