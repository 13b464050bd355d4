/* SPDX-License-Identifier: Apache-2.0 */
/*
 * memcached: over libmemcached, which spreads keys over the hosts (ketama) and speaks the protocol.
 * A connection is one memcached_st, with a socket to each host that was asked.
 *
 * One host of several that does not answer costs its share of the keys: it is left alone for a
 * while, and the others go on. Only when all are down does the breaker hear of it.
 */
#include "store/kinds.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "store/memcached_config.h"

#include <libmemcached/memcached.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define KEY_MAX       (RSM_REMOTE_PREFIX_MAX + 2U * RESUME_BACKEND_KEY_SIZE)
#define RELATIVE_MAX  (UINT64_C(30) * 86400) /* seconds; a larger number is a date */
#define TOMBSTONE     "-"
#define TOMBSTONE_TTL 1 /* second */

struct connection {
    struct rsm_memcached_config *config;
    memcached_st *mc;
    bool spoken[RSM_MEMCACHED_HOSTS]; /* there is a socket to it */
};

struct name {
    char text[KEY_MAX];
    size_t len;
    size_t host; /* that has it */
};

/* ---- connections -------------------------------------------------------------------------------
 */

static bool set(memcached_st *mc, memcached_behavior_t what, uint64_t value) {
    return memcached_behavior_set(mc, what, value) == MEMCACHED_SUCCESS;
}

/* libmemcached's own pauses are off: memcached_config.c has them, for all connections together. */
static bool set_behaviour(memcached_st *mc) {
    return set(mc, MEMCACHED_BEHAVIOR_KETAMA, 1) && set(mc, MEMCACHED_BEHAVIOR_NO_BLOCK, 1) &&
           set(mc, MEMCACHED_BEHAVIOR_TCP_NODELAY, 1) &&
           set(mc, MEMCACHED_BEHAVIOR_SUPPORT_CAS, 1) &&
           set(mc, MEMCACHED_BEHAVIOR_RETRY_TIMEOUT, 0) &&
           set(mc, MEMCACHED_BEHAVIOR_DEAD_TIMEOUT, 0);
}

/* By addresses, never by names: libmemcached would look a name up in the middle of a handshake. A
 * host without an address keeps its place, where nobody answers, so that the others keep theirs. */
static bool add_hosts(memcached_st *mc, struct rsm_memcached_config *config, uint64_t deadline_us) {
    if (config->path[0]) {
        return memcached_server_add_unix_socket(mc, config->path) == MEMCACHED_SUCCESS;
    }
    bool ok = true;
    for (size_t i = 0; ok && i < config->count; i++) {
        char host[RSM_DIAL_HOST_MAX + 1];
        unsigned port = 1;
        if (!rsm_dial_text(&config->hosts[i].dial, deadline_us, host, &port)) {
            strcpy(host, "0.0.0.0");
        }
        ok = memcached_server_add(mc, host, (in_port_t)port) == MEMCACHED_SUCCESS;
    }
    return ok;
}

static enum rsm_answer connect_to(void *arg, uint64_t deadline_us, void **ret_connection) {
    struct connection *c = rsm_calloc(1, sizeof *c);
    memcached_st *mc = memcached_create(NULL);
    if (!c || !mc || !set_behaviour(mc) || !add_hosts(mc, arg, deadline_us)) {
        memcached_free(mc);
        rsm_free(c);
        return RSM_ANSWER_NOMEM;
    }
    c->config = arg;
    c->mc = mc;
    *ret_connection = c;
    return RSM_ANSWER_OK;
}

static void close_connection(void *arg) {
    struct connection *c = arg;
    memcached_free(c->mc);
    rsm_free(c);
}

/* libmemcached sees a closed socket when it asks next, and connects again. */
static bool alive(void *connection) {
    (void)connection;
    return true;
}

/* libmemcached cannot let go of a socket without saying "quit" on it, which would close the
 * parent's connection. So the child keeps the memory and the descriptors, and uses neither. */
static void abandon(void *connection, bool whole) {
    (void)connection;
    (void)whole;
}

/* ---- one call ----------------------------------------------------------------------------------
 */

static void name_of(struct connection *c, const uint8_t *key, struct name *name) {
    static const char digits[] = "0123456789abcdef";
    size_t at = strlen(c->config->prefix);
    memcpy(name->text, c->config->prefix, at);
    for (size_t i = 0; i < RESUME_BACKEND_KEY_SIZE; i++) {
        name->text[at++] = digits[key[i] >> 4];
        name->text[at++] = digits[key[i] & 15];
    }
    name->len = at;
    name->host = c->config->count > 1 ? memcached_generate_hash(c->mc, name->text, at) : 0;
    name->host = name->host < c->config->count ? name->host : 0;
}

/* Of a new socket half of the time is for connecting. libmemcached counts in milliseconds. */
static enum rsm_answer begin(struct connection *c, size_t host, uint64_t deadline_us) {
    uint64_t now_us = rsm_clock_us();
    uint64_t left_us = rsm_sub_sat(deadline_us, now_us);
    if (c->config->count > 1 && !rsm_memcached_host_up(&c->config->hosts[host], now_us)) {
        rsm_remote_count(c->config->counts, RESUME_STORE_SKIPPED);
        return rsm_memcached_any_up(c->config, now_us) ? RSM_ANSWER_REFUSED
                                                       : RSM_ANSWER_UNREACHABLE;
    }
    uint64_t wait_ms = (c->spoken[host] ? left_us : left_us / 2U) / 1000U;
    wait_ms = wait_ms ? wait_ms : 1;
    bool ok = set(c->mc, MEMCACHED_BEHAVIOR_CONNECT_TIMEOUT, wait_ms) &&
              set(c->mc, MEMCACHED_BEHAVIOR_POLL_TIMEOUT, wait_ms);
    return left_us == 0 ? RSM_ANSWER_TIMEOUT : ok ? RSM_ANSWER_OK : RSM_ANSWER_NOMEM;
}

/* A host that did not answer: what its share costs, and what the breaker hears. */
static enum rsm_answer no_answer(struct connection *c, size_t host, enum rsm_answer answer) {
    bool all = rsm_memcached_told(c->config, host, false, rsm_clock_us());
    c->spoken[host] = false;
    if (all) {
        return answer;
    }
    rsm_remote_count(c->config->counts, answer == RSM_ANSWER_TIMEOUT ? RESUME_STORE_TIMEOUTS
                                                                     : RESUME_STORE_UNREACHABLE);
    return RSM_ANSWER_REFUSED;
}

static enum rsm_answer refused(const struct connection *c, int32_t which) {
    rsm_remote_count(c->config->counts, which);
    return RSM_ANSWER_REFUSED;
}

static enum rsm_answer end(struct connection *c, size_t host, memcached_return_t rc) {
    enum rsm_answer answer = RSM_ANSWER_OK;
    switch (rc) {
    case MEMCACHED_SUCCESS:
        break;
    case MEMCACHED_NOTFOUND:
    case MEMCACHED_DATA_EXISTS:
        answer = RSM_ANSWER_MISS;
        break;
    case MEMCACHED_SERVER_MEMORY_ALLOCATION_FAILURE:
    case MEMCACHED_E2BIG:
        answer = refused(c, RESUME_STORE_REPLIES_FULL);
        break;
    case MEMCACHED_SERVER_ERROR:
    case MEMCACHED_NOTSTORED:
        answer = refused(c, RESUME_STORE_REPLIES_OTHER);
        break;
    case MEMCACHED_MEMORY_ALLOCATION_FAILURE:
        return RSM_ANSWER_NOMEM;
    case MEMCACHED_TIMEOUT:
        return no_answer(c, host, RSM_ANSWER_TIMEOUT);
    default: /* refused, reset, closed, or bytes that are no reply */
        return no_answer(c, host, c->spoken[host] ? RSM_ANSWER_LOST : RSM_ANSWER_UNREACHABLE);
    }
    c->spoken[host] = true;
    (void)rsm_memcached_told(c->config, host, true, 0);
    return answer;
}

/* ---- questions ---------------------------------------------------------------------------------
 */

/* Hands a value out, and frees it. */
static enum rsm_answer deliver(const char *value, size_t len, uint8_t *buf, size_t cap,
                               size_t *ret_len) {
    if (len <= sizeof TOMBSTONE - 1) {
        return RSM_ANSWER_MISS; /* taken; no record is as short */
    }
    *ret_len = len;
    if (len > cap) {
        return RSM_ANSWER_LARGE;
    }
    memcpy(buf, value, len);
    return RSM_ANSWER_OK;
}

static enum rsm_answer get_value(struct connection *c, const struct name *name, uint8_t *buf,
                                 size_t cap, size_t *ret_len) {
    memcached_return_t rc = MEMCACHED_SUCCESS;
    uint32_t flags = 0;
    size_t len = 0;
    char *value = memcached_get(c->mc, name->text, name->len, &len, &flags, &rc);
    enum rsm_answer answer = end(c, name->host, rc);
    if (answer == RSM_ANSWER_OK) {
        answer = value ? deliver(value, len, buf, cap, ret_len) : RSM_ANSWER_MISS;
    }
    free(value); /* sealed: nothing to wipe */
    return answer;
}

/* The one value under the name, with the number that changes with it. */
static enum rsm_answer get_with_cas(struct connection *c, const struct name *name, uint8_t *buf,
                                    size_t cap, size_t *ret_len, uint64_t *ret_cas) {
    const char *keys[1] = {name->text};
    const size_t lens[1] = {name->len};
    memcached_result_st result;
    memcached_result_create(c->mc, &result);
    memcached_return_t rc = memcached_mget(c->mc, keys, lens, 1);
    enum rsm_answer answer = RSM_ANSWER_MISS;
    bool found = false;
    while (rc == MEMCACHED_SUCCESS && memcached_fetch_result(c->mc, &result, &rc)) {
        answer = deliver(memcached_result_value(&result), memcached_result_length(&result), buf,
                         cap, ret_len);
        *ret_cas = memcached_result_cas(&result);
        found = true;
    }
    memcached_result_free(&result);
    bool whole = rc == MEMCACHED_END || rc == MEMCACHED_NOTFOUND || rc == MEMCACHED_SUCCESS;
    enum rsm_answer ended = end(c, name->host, whole ? MEMCACHED_SUCCESS : rc);
    return ended == RSM_ANSWER_OK && found ? answer
           : ended == RSM_ANSWER_OK        ? RSM_ANSWER_MISS
                                           : ended;
}

/* Of all who read the same value one can put the tombstone in its place. A deletion instead could
 * succeed twice over one value, if somebody put another one between the two. */
static enum rsm_answer take_value(struct connection *c, const struct name *name,
                                  uint64_t deadline_us, uint8_t *buf, size_t cap, size_t *ret_len) {
    uint64_t cas = 0;
    enum rsm_answer answer = get_with_cas(c, name, buf, cap, ret_len, &cas);
    if (answer != RSM_ANSWER_OK) {
        return answer;
    }
    answer = begin(c, name->host, deadline_us);
    if (answer != RSM_ANSWER_OK) {
        return answer;
    }
    return end(c, name->host,
               memcached_cas(c->mc, name->text, name->len, TOMBSTONE, sizeof TOMBSTONE - 1,
                             TOMBSTONE_TTL, 0, cas));
}

static enum rsm_answer get(void *connection, bool take, const uint8_t *key, uint64_t deadline_us,
                           uint8_t *buf, size_t cap, size_t *ret_len) {
    struct connection *c = connection;
    struct name name;
    name_of(c, key, &name);
    enum rsm_answer answer = begin(c, name.host, deadline_us);
    if (answer != RSM_ANSWER_OK) {
        return answer;
    }
    return take ? take_value(c, &name, deadline_us, buf, cap, ret_len)
                : get_value(c, &name, buf, cap, ret_len);
}

/* Up to 30 days from now, or a date. Rounded up: the envelope has the exact end. */
static time_t expiration(uint64_t ttl_ms) {
    uint64_t ttl_s = (ttl_ms + 999U) / 1000U;
    return (time_t)(ttl_s > RELATIVE_MAX ? (uint64_t)time(NULL) + ttl_s : ttl_s);
}

static enum rsm_answer put_one(struct connection *c, const struct rsm_behind_item *item,
                               uint64_t now_us, uint64_t deadline_us) {
    struct name name;
    uint64_t ttl_ms = rsm_remote_ttl_ms(item, now_us);
    if (item->len == 0 || ttl_ms == 0) {
        return RSM_ANSWER_MISS; /* taken back, or over */
    }
    name_of(c, item->key, &name);
    enum rsm_answer answer = begin(c, name.host, deadline_us);
    if (answer != RSM_ANSWER_OK) {
        return answer;
    }
    return end(c, name.host,
               memcached_set(c->mc, name.text, name.len, (const char *)item->data, item->len,
                             expiration(ttl_ms), 0));
}

/* One after the other: each has as long as one has. */
static enum rsm_answer put(void *connection, struct rsm_behind_item *items, size_t count,
                           uint64_t now_us, uint64_t deadline_us) {
    uint64_t each_us = rsm_sub_sat(deadline_us, now_us);
    enum rsm_answer worst = RSM_ANSWER_OK;
    for (size_t i = 0; i < count; i++) {
        enum rsm_answer answer = worst;
        if (rsm_answer_keeps(worst)) {
            answer = put_one(connection, &items[i], now_us, rsm_add_sat(rsm_clock_us(), each_us));
        }
        items[i].answer = (int)answer;
        worst = answer > worst && answer != RSM_ANSWER_MISS ? answer : worst;
    }
    return worst;
}

static enum rsm_answer remove_key(void *connection, const uint8_t *key, uint64_t deadline_us) {
    struct connection *c = connection;
    struct name name;
    name_of(c, key, &name);
    enum rsm_answer answer = begin(c, name.host, deadline_us);
    if (answer != RSM_ANSWER_OK) {
        return answer;
    }
    return end(c, name.host, memcached_delete(c->mc, name.text, name.len, 0));
}

/* Any host that answers will do: the breaker is open because none did. */
static enum rsm_answer ping(void *connection, uint64_t deadline_us) {
    struct connection *c = connection;
    enum rsm_answer answer = RSM_ANSWER_UNREACHABLE;
    bool tried[RSM_MEMCACHED_HOSTS] = {false};
    for (unsigned n = 0; n < 8U * c->config->count && !rsm_answer_healthy(answer); n++) {
        const uint8_t key[RESUME_BACKEND_KEY_SIZE] = {(uint8_t)n};
        struct name name;
        name_of(c, key, &name);
        if (tried[name.host]) {
            continue;
        }
        tried[name.host] = true;
        atomic_store(&c->config->hosts[name.host].down_until_us, 0); /* to be asked */
        answer = begin(c, name.host, deadline_us);
        if (answer == RSM_ANSWER_OK) {
            answer = end(c, name.host, memcached_exist(c->mc, name.text, name.len));
        }
        /* "No answer" of one while others are not known to be down reads as a refusal. */
        answer = c->spoken[name.host] ? answer : RSM_ANSWER_UNREACHABLE;
    }
    return answer == RSM_ANSWER_MISS ? RSM_ANSWER_OK : answer;
}

/* ---- the driver --------------------------------------------------------------------------------
 */

static resume_status config_make(struct rsm_url *url, struct rsm_remote_counts *counts, char *why,
                                 void **ret_arg) {
    struct rsm_memcached_config *config = rsm_calloc(1, sizeof *config);
    if (!config) {
        return RESUME_E_NOMEM;
    }
    resume_status status = rsm_memcached_config_read(url, why, config);
    if (status != RESUME_OK) {
        rsm_free(config);
        return status;
    }
    config->counts = counts;
    *ret_arg = config;
    return RESUME_OK;
}

static void config_free(void *arg) {
    rsm_memcached_config_destroy(arg);
    rsm_free(arg);
}

static void config_forget(void *arg) {
    struct rsm_memcached_config *config = arg;
    for (size_t i = 0; i < config->count; i++) {
        rsm_dial_forget(&config->hosts[i].dial);
        atomic_store(&config->hosts[i].down_until_us, 0);
        atomic_store(&config->hosts[i].pause_us, 0);
    }
}

static void prepare(void *arg) {
    struct rsm_memcached_config *config = arg;
    for (size_t i = 0; i < config->count; i++) {
        rsm_dial_resolve(&config->hosts[i].dial);
    }
}

static const struct rsm_remote_driver driver = {
    .params = "prefix, unix, ",
    .make = config_make,
    .free = config_free,
    .forget = config_forget,
    .prepare = prepare,
    .connections = {.connect = connect_to,
                    .alive = alive,
                    .close = close_connection,
                    .abandon = abandon},
    .get = get,
    .put = put,
    .remove = remove_key,
    .ping = ping,
};

static resume_status make(struct rsm_url *url, const resume_store_options *options, char *why,
                          resume_store **ret_store) {
    return rsm_remote_make(&driver, url, options, why, ret_store);
}

const struct rsm_store_kind rsm_store_kind_memcached = {.scheme = "memcached", .make = make};
