/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Polling and electing. See fleet.h.
 *
 * Elections: whoever finds a key due seals a ring with one more and the next generation, and Redis
 * exchanges it for the very record that was read, or not: one host's key comes into being, and the
 * others read it at once. No host seals with it before all had time to poll: it is made a whole
 * seal period ahead, and never less than the plan's lead. The instants are those of Redis's clock,
 * so one host with a mad clock makes no mad keys.
 *
 * Rollback: a record of an older generation than was seen is refused, and overwritten with what
 * this host knows, as is a record that is gone. A record that does not open is left alone: it is
 * another fleet's, or the secret is the wrong one.
 */
#include "store/fleet.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/fork.h"
#include "base/secret.h"

#include <stdio.h>

#define WAIT_MAX_US 2000000U

/* ---- life --------------------------------------------------------------------------------------
 */

static void fleet_free(struct rsm_fleet *fleet) {
    if (fleet->connection) {
        rsm_redis_close(fleet->connection);
    }
    rsm_dial_destroy(&fleet->config->dial);
    rsm_secret_free(fleet->config);
    rsm_secret_free(fleet->secret);
    rsm_worker_destroy(&fleet->worker);
    rsm_lock_destroy(&fleet->lock);
    rsm_free(fleet);
}

static void enter(void *arg) {
    struct rsm_fleet *fleet = arg;
    rsm_ref_get(&fleet->ref);
}

static void leave(void *arg) {
    struct rsm_fleet *fleet = arg;
    if (rsm_ref_put(&fleet->ref)) {
        fleet_free(fleet);
    }
}

static uint64_t work(void *arg) {
    struct rsm_fleet *fleet = arg;
    return atomic_load(&fleet->closing) ? UINT64_MAX : rsm_fleet_poll(fleet);
}

resume_status rsm_fleet_new(struct rsm_redis_config *config, struct rsm_fleet_secret *secret,
                            struct rsm_fleet **ret_fleet) {
    struct rsm_fleet *fleet = rsm_calloc(1, sizeof *fleet);
    if (!fleet) {
        rsm_dial_destroy(&config->dial);
        rsm_secret_free(config);
        rsm_secret_free(secret);
        return RESUME_E_NOMEM;
    }
    rsm_ref_init(&fleet->ref);
    atomic_init(&fleet->owners, 1U);
    rsm_lock_init(&fleet->lock);
    rsm_worker_init(&fleet->worker, work, enter, leave, fleet);
    atomic_init(&fleet->closing, false);
    atomic_init(&fleet->process, rsm_fork_generation());
    fleet->config = config;
    fleet->config->counts = &fleet->counts;
    fleet->secret = secret;
    *ret_fleet = fleet;
    return RESUME_OK;
}

struct rsm_fleet *rsm_fleet_own(struct rsm_fleet *fleet) {
    atomic_fetch_add(&fleet->owners, 1U);
    return fleet;
}

void rsm_fleet_disown(struct rsm_fleet *fleet) {
    if (atomic_fetch_sub(&fleet->owners, 1U) != 1U) {
        return;
    }
    rsm_fleet_mine(fleet);
    atomic_store(&fleet->closing, true);
    if (atomic_load(&fleet->worker.running)) {
        rsm_worker_stop(&fleet->worker, rsm_clock_us() + 2 * fleet->timeout_us);
    }
    leave(fleet);
}

/* The parent's thread is not here, and what it was writing cannot be trusted. */
static void forget(struct rsm_fleet *fleet) {
    bool had_thread = atomic_load(&fleet->worker.running);
    rsm_lock_init(&fleet->lock);
    rsm_worker_forget(&fleet->worker);
    rsm_dial_forget(&fleet->config->dial);
    rsm_wipe(&fleet->secret->ring, sizeof fleet->secret->ring);
    rsm_wipe(&fleet->secret->next, sizeof fleet->secret->next);
    fleet->has_ring = false;
    fleet->failed = false;
    fleet->why[0] = '\0';
    fleet->wait_us = 0;
    if (fleet->connection) { /* its buffers may be half changed: only the descriptor goes */
        rsm_redis_abandon(fleet->connection);
        fleet->connection = NULL;
    }
    if (had_thread) {
        (void)rsm_ref_put(&fleet->ref);
    }
}

void rsm_fleet_mine(struct rsm_fleet *fleet) {
    uint64_t process = rsm_fork_generation();
    if (atomic_load(&fleet->process) != process) {
        forget(fleet);
        atomic_store(&fleet->process, process);
    }
}

void rsm_fleet_start(struct rsm_fleet *fleet) {
    if (!atomic_load(&fleet->worker.running)) {
        (void)rsm_worker_wake(&fleet->worker);
    }
}

/* ---- what came of it ---------------------------------------------------------------------------
 */

static const char *words_of(enum rsm_answer answer) {
    switch (answer) {
    case RSM_ANSWER_TIMEOUT:
        return "no answer in time";
    case RSM_ANSWER_UNREACHABLE:
        return "no connection";
    case RSM_ANSWER_NOMEM:
        return "no memory";
    case RSM_ANSWER_REFUSED:
    case RSM_ANSWER_BUSY:
        return "refused by the server";
    default:
        return "the connection was lost";
    }
}

/* With the lock. Each failure is news once, not at every poll. */
static void set_failed(struct rsm_fleet *fleet, const char *what) {
    char why[RSM_WHY_SIZE];
    snprintf(why, sizeof why, "the ring \"%s\" in Redis: %s", fleet->name, what);
    if (!fleet->failed || strcmp(why, fleet->why) != 0) {
        memcpy(fleet->why, why, sizeof why);
        fleet->failed = true;
        fleet->told = false;
        fleet->version++;
    }
}

static void set_well(struct rsm_fleet *fleet) {
    RSM_LOCKED(&fleet->lock);
    if (fleet->failed && fleet->told) {
        fleet->failed = false;
        fleet->why[0] = '\0';
        fleet->version++;
    }
}

/* With the lock: secret->next is the newest. No expired key stays in memory until the next turn. */
static void adopt(struct rsm_fleet *fleet, uint64_t now_ms) {
    struct rsm_fleet_secret *secret = fleet->secret;
    rsm_fleet_ring_expire(&secret->next, now_ms);
    bool same = fleet->has_ring && memcmp(&secret->ring, &secret->next, sizeof secret->ring) == 0;
    secret->ring = secret->next;
    fleet->generation = secret->next.generation;
    fleet->has_ring = true;
    fleet->version += !same;
}

/* ---- one poll ----------------------------------------------------------------------------------
 */

/* What a poll found, and what it will do. */
struct poll {
    uint64_t now_ms; /* Redis's */
    size_t old_len;  /* of fleet->record, 0: there is none */
    size_t next_len; /* of fleet->next_record, 0: nothing to write */
    uint64_t ttl_ms;
    bool bad; /* the record is not ours */
};

/* With the lock. RESUME_OK: secret->next is what the fleet has, true in *ret_write if it has to be
 * written again. */
static resume_status judge(struct rsm_fleet *fleet, const struct poll *poll, bool *ret_write) {
    struct rsm_fleet_secret *secret = fleet->secret;
    rsm_wipe(&secret->next, sizeof secret->next);
    resume_status status = RESUME_OK;
    if (poll->old_len) {
        status = rsm_fleet_ring_open(fleet->record, poll->old_len, secret->root, fleet->name,
                                     &secret->next);
    }
    if (status != RESUME_OK) {
        set_failed(fleet, status == RESUME_FORGED ? "sealed under another secret, or damaged"
                                                  : resume_status_name(status));
        return status;
    }
    if (secret->next.generation >= fleet->generation) {
        return RESUME_OK;
    }
    if (poll->old_len) {
        set_failed(fleet, "an older ring than was seen before is refused");
    }
    if (!fleet->has_ring) { /* a forked child that never saw it; its parent or another host will */
        return poll->old_len ? RESUME_EXPIRED : RESUME_OK;
    }
    secret->next = secret->ring;
    secret->next.generation = fleet->generation + 1;
    *ret_write = true;
    return RESUME_OK;
}

/* With the lock: the key that is due, and the record to write. */
static resume_status plan_write(struct rsm_fleet *fleet, bool write, struct poll *poll) {
    struct rsm_fleet_ring *next = &fleet->secret->next;
    if (next->generation < fleet->generation) {
        next->generation = fleet->generation; /* gone, and begun anew: goes on counting */
    }
    resume_status status = rsm_fleet_ring_turn(next, &fleet->plan, poll->now_ms);
    if (status == RESUME_MISS && !write) {
        return RESUME_OK;
    }
    if (status == RESUME_OK || status == RESUME_MISS) {
        status = rsm_fleet_ring_seal(next, fleet->secret->root, fleet->name, fleet->next_record,
                                     &poll->next_len);
    }
    if (status != RESUME_OK) {
        set_failed(fleet, resume_status_name(status));
        return status;
    }
    poll->ttl_ms = rsm_sub_sat(next->keys[next->count - 1].open_until, poll->now_ms);
    return RESUME_OK;
}

static void decide(struct rsm_fleet *fleet, struct poll *poll) {
    bool write = false;
    RSM_LOCKED(&fleet->lock);
    poll->bad = judge(fleet, poll, &write) != RESUME_OK;
    if (poll->bad) {
        return;
    }
    if (poll->old_len && !write) {
        adopt(fleet, poll->now_ms);
    }
    poll->bad = plan_write(fleet, write, poll) != RESUME_OK;
}

static enum rsm_answer fetch(struct rsm_fleet *fleet, uint64_t deadline_us, struct poll *poll) {
    enum rsm_answer answer = RSM_ANSWER_OK;
    if (!fleet->connection) {
        rsm_dial_resolve(&fleet->config->dial);
        answer = rsm_redis_open(fleet->config, deadline_us, &fleet->connection);
    }
    if (answer == RSM_ANSWER_OK) {
        answer = rsm_redis_time(fleet->connection, deadline_us, &poll->now_ms);
    }
    if (answer == RSM_ANSWER_OK) {
        answer = rsm_redis_read(fleet->connection, fleet->record_name, deadline_us, fleet->record,
                                sizeof fleet->record, &poll->old_len);
    }
    if (answer == RSM_ANSWER_LARGE) {
        poll->old_len = 1; /* no record of ours is so long */
    }
    bool known = answer == RSM_ANSWER_MISS || answer == RSM_ANSWER_LARGE;
    return known ? RSM_ANSWER_OK : answer;
}

static enum rsm_answer exchange(struct rsm_fleet *fleet, uint64_t deadline_us,
                                const struct poll *poll) {
    enum rsm_answer answer =
        rsm_redis_exchange(fleet->connection, fleet->record_name, fleet->record, poll->old_len,
                           fleet->next_record, poll->next_len, poll->ttl_ms, deadline_us);
    if (answer == RSM_ANSWER_OK) {
        RSM_LOCKED(&fleet->lock);
        adopt(fleet, poll->now_ms);
    }
    return answer;
}

static void fail(struct rsm_fleet *fleet, enum rsm_answer answer) {
    if (fleet->connection && !rsm_answer_keeps(answer)) {
        rsm_redis_close(fleet->connection);
        fleet->connection = NULL;
    }
    RSM_LOCKED(&fleet->lock);
    set_failed(fleet, words_of(answer));
}

/* Further and further apart, but never so far that a key could pass unseen. */
static uint64_t back_off(struct rsm_fleet *fleet) {
    uint64_t most = fleet->poll_us > WAIT_MAX_US ? fleet->poll_us : WAIT_MAX_US;
    fleet->wait_us = fleet->wait_us ? 2 * fleet->wait_us : fleet->poll_us;
    fleet->wait_us = fleet->wait_us < most ? fleet->wait_us : most;
    return rsm_clock_us() + fleet->wait_us;
}

uint64_t rsm_fleet_poll(struct rsm_fleet *fleet) {
    uint64_t began_us = rsm_clock_us();
    uint64_t deadline_us = began_us + fleet->timeout_us;
    struct poll poll = {0};
    enum rsm_answer answer = fetch(fleet, deadline_us, &poll);
    if (answer == RSM_ANSWER_OK) {
        decide(fleet, &poll);
        if (poll.next_len && !poll.bad) {
            answer = exchange(fleet, deadline_us, &poll);
        }
    }
    if (answer == RSM_ANSWER_MISS) {
        return began_us; /* another host was quicker: read what it made */
    }
    if (answer != RSM_ANSWER_OK) {
        fail(fleet, answer);
        return back_off(fleet);
    }
    if (!poll.bad) {
        set_well(fleet);
    }
    fleet->wait_us = 0;
    return began_us + fleet->poll_us;
}
