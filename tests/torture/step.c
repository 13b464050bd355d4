/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Death at every instruction of every operation: a child is single-stepped into the n-th
 * instruction of its call and killed there, for every n; then this process looks at the segment.
 *
 *     torture_step OPERATION STRIDE [stop]
 *
 * Only the call into the table is stepped through: all that comes before and after it (making the
 * look-up key, sealing, opening) touches memory of the process alone. The linker puts the functions
 * __wrap_... below before the table's; they stop the child at the beginning and at the end.
 * With "stop" the child is not killed but stays there while others work, and then goes on.
 */
#include "torture.h"

#include "store/guard.h"

#include <setjmp.h>
#include <sys/ptrace.h>

static struct row row;

/* For table_check.h: a failed check is one more failure, and ends the checks of this round. */
static jmp_buf checks_end;
#define assert_int_equal(a, b)                                                                     \
    do {                                                                                           \
        if ((uint64_t)(a) != (uint64_t)(b)) {                                                      \
            failed(&row, "%s is not %s", #a, #b);                                                  \
            longjmp(checks_end, 1);                                                                \
        }                                                                                          \
    } while (0)
#define assert_true(a)  assert_int_equal(!!(a), 1)
#define assert_false(a) assert_int_equal(!!(a), 0)
#include "table_check.h"

#define BYTES 16384U
#define IDS   12U /* that fit */
#define ID    3U  /* the one that the operations are on */

static bool stepped; /* in the child: the next call is the one */

static void halt(void) {
    if (stepped) {
        raise(SIGSTOP);
    }
}

#define WRAP(name, parameters, arguments)                                                          \
    resume_status __real_##name parameters;                                                        \
    resume_status __wrap_##name parameters;                                                        \
    resume_status __wrap_##name parameters {                                                       \
        halt();                                                                                    \
        resume_status status = __real_##name arguments;                                            \
        halt();                                                                                    \
        return status;                                                                             \
    }

WRAP(rsm_table_put,
     (struct rsm_table * table, const uint8_t *id, size_t id_len, const uint8_t *data,
      size_t data_len, uint64_t expires_ms, uint64_t now_ms),
     (table, id, id_len, data, data_len, expires_ms, now_ms))
WRAP(rsm_table_get,
     (struct rsm_table * table, const uint8_t *id, size_t id_len, uint64_t now_ms, uint8_t *buf,
      size_t buf_cap, size_t *ret_len),
     (table, id, id_len, now_ms, buf, buf_cap, ret_len))
WRAP(rsm_table_take,
     (struct rsm_table * table, const uint8_t *id, size_t id_len, uint64_t now_ms, uint8_t *buf,
      size_t buf_cap, size_t *ret_len),
     (table, id, id_len, now_ms, buf, buf_cap, ret_len))
WRAP(rsm_table_remove, (struct rsm_table * table, const uint8_t *id, size_t id_len),
     (table, id, id_len))

void __real_rsm_table_sweep(struct rsm_table *table, uint64_t now_ms, size_t max);
void __wrap_rsm_table_sweep(struct rsm_table *table, uint64_t now_ms, size_t max);
void __wrap_rsm_table_sweep(struct rsm_table *table, uint64_t now_ms, size_t max) {
    halt();
    __real_rsm_table_sweep(table, now_ms, max);
    halt();
}

/* ---- the operations -----------------------------------------------------------------------------
 */

static void do_put_new(resume_store *store) {
    (void)!put(store, 100, 2);
}

static void do_put_again(resume_store *store) {
    (void)!put(store, ID, 2);
}

static void do_get(resume_store *store) {
    uint8_t version = 0;
    (void)!look(store, ID, false, NOW, &version);
}

static void do_take(resume_store *store) {
    uint8_t version = 0;
    (void)!look(store, ID, true, NOW, &version);
}

static void do_remove(resume_store *store) {
    uint8_t id[32];
    id_of(ID, id);
    (void)!resume_store_remove(store, id, sizeof id);
}

static void do_get_expired(resume_store *store) {
    uint8_t version = 0;
    (void)!look(store, ID, false, NOW + 1000, &version);
}

static void do_sweep(resume_store *store) {
    (void)!resume_store_sweep(store, NOW + 1000, 1000);
}

static void prepare_some(resume_store *store) {
    for (uint64_t n = 0; n < IDS; n++) {
        must(put_until(store, n, 1, n == ID ? NOW + 500 : LATER) == RESUME_OK, "prepare");
    }
}

/* Full, and looked at, so that the hand has to go round. */
static void prepare_full(resume_store *store) {
    uint8_t version = 0;
    for (uint64_t n = 1000; stat_of(store, RESUME_STORE_EVICTIONS) < 5; n++) {
        must(put(store, n, 1) == RESUME_OK, "prepare");
        (void)!look(store, n - 3, false, NOW, &version);
    }
    for (uint64_t n = 0; n < IDS; n++) {
        must(put(store, n, 1) == RESUME_OK, "prepare");
    }
}

struct operation {
    const char *name;
    void (*prepare)(resume_store *store);
    void (*run)(resume_store *store);
    bool after_death; /* a writer has died before, so that the operation begins with a recovery */
};

static const struct operation operations[] = {
    {"put", prepare_some, do_put_new, false},
    {"replace", prepare_some, do_put_again, false},
    {"get", prepare_some, do_get, false},
    {"take", prepare_some, do_take, false},
    {"remove", prepare_some, do_remove, false},
    {"evict", prepare_full, do_put_new, false},
    {"expire", prepare_some, do_get_expired, false},
    {"sweep", prepare_some, do_sweep, false},
    {"recover", prepare_some, do_put_new, true},
};

/* ---- the child ----------------------------------------------------------------------------------
 */

static char url[160];
static resume_store *store; /* the child's too: segments are for forked processes as well */
static struct outside outside;
static uint8_t *prepared; /* the file's bytes before each round */

static void reset(void) {
    memcpy(outside.at + 4096, prepared + 4096, outside.size - 4096);
}

static bool halted(pid_t pid, int *signal_) {
    int status = 0;
    must(waitpid(pid, &status, __WALL) == pid, "waitpid");
    *signal_ = WIFSTOPPED(status) ? WSTOPSIG(status) : 0;
    return WIFSTOPPED(status);
}

/* A child that stands at the beginning of the call. */
static pid_t begin(const struct operation *operation) {
    int by = 0;
    pid_t pid = fork();
    must(pid >= 0, "fork");
    if (pid == 0) {
        must(ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0, "ptrace");
        stepped = true;
        operation->run(store);
        _exit(0);
    }
    must(halted(pid, &by) && by == SIGSTOP, "the child does not stop before the call");
    return pid;
}

/* Up to n instructions; false if the call was over before. */
static bool step(pid_t pid, unsigned long n, unsigned long *ret_steps) {
    int by = 0;
    for (*ret_steps = 0; *ret_steps < n; ++*ret_steps) {
        must(ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL) == 0, "step");
        if (!halted(pid, &by)) {
            return false;
        }
        if (by == SIGSTOP) {
            return false;
        }
        must(by == SIGTRAP, "another signal than the step's");
    }
    return true;
}

static void end(pid_t pid) {
    int status = 0;
    kill(pid, SIGKILL);
    must(waitpid(pid, &status, __WALL) == pid, "waitpid");
}

/* ---- afterwards ---------------------------------------------------------------------------------
 */

static bool may_be_gone(const struct operation *operation, uint64_t n, bool emptied) {
    return emptied || operation->after_death || operation->prepare == prepare_full ||
           (n == ID && operation->run != do_get && operation->run != do_put_new &&
            operation->run != do_put_again);
}

/* Every entry old, new or gone, and gone only where that may be; never torn: those would be counted
 * as errors, since they do not open. */
static void check_entries(const struct operation *operation, bool emptied) {
    uint64_t errors = stat_of(store, RESUME_STORE_ERRORS);
    for (uint64_t n = 0; n < IDS; n++) {
        uint8_t version = 0;
        resume_status status = look(store, n, false, NOW, &version);
        bool old = version == 1;
        bool new = version == 2 && n == ID && operation->run == do_put_again;
        if (status == RESUME_OK ? !old && !new
                                : status != RESUME_MISS || !may_be_gone(operation, n, emptied)) {
            failed(&row, "entry %u: %s, version %u", (unsigned)n, resume_status_name(status),
                   version);
        }
    }
    if (stat_of(store, RESUME_STORE_ERRORS) != errors) {
        failed(&row, "a torn record was given out");
    }
}

static void check_usable(void) {
    for (uint64_t n = 0; n < IDS; n++) {
        uint8_t version = 0;
        if (put(store, n, 3) != RESUME_OK || look(store, n, false, NOW, &version) != RESUME_OK ||
            version != 3) {
            failed(&row, "not usable");
            return;
        }
    }
    if (setjmp(checks_end) == 0) {
        check_table(outside.table);
    }
}

/* In the order in which a server would come by: look-ups first, then a writer. */
static unsigned check_after_death(const struct operation *operation) {
    uint64_t before = stat_of(store, RESUME_STORE_EMPTIED);
    uint32_t word = atomic_load(&outside.locks->lock.word);
    bool dirty = word != 0;
    if (dirty && !(word & UINT32_C(0x40000000))) {
        failed(&row, "the kernel has not told of the death: %08x", word);
    }
    /* A look-up meets the lock only where a bucket was being changed. */
    check_entries(operation, dirty);
    check_usable();
    uint64_t emptied = stat_of(store, RESUME_STORE_EMPTIED) - before;
    if (emptied != (dirty ? 1 : 0)) {
        failed(&row, "emptied %u times", (unsigned)emptied);
    }
    return dirty;
}

static uint64_t worst_us;
static unsigned long waits;

static void timed_put(resume_store *other, uint64_t n) {
    uint64_t begun = now_us();
    (void)!put(other, n, 1);
    uint64_t took = now_us() - begun;
    worst_us = took > worst_us ? took : worst_us;
    waits += took >= 9000;
}

/* The child stands inside; somebody who has not met it yet misses after 10 ms, and from then on at
 * once; look-ups never wait. Then the child goes on, and all is as if nothing had been. */
static void check_stopped(const struct operation *operation, pid_t pid) {
    uint64_t before = stat_of(store, RESUME_STORE_EMPTIED);
    unsigned long waited = waits;
    resume_store *other = open_store(url);
    for (uint64_t n = 0; n < IDS; n++) {
        uint8_t version = 0;
        if (look(other, n, false, NOW, &version) == RESUME_FORGED) {
            failed(&row, "corrupt");
        }
        timed_put(other, n);
    }
    /* The bound is 10 ms; what a busy machine adds is not the store's. */
    if (waits - waited > 2 || worst_us > 150000) {
        failed(&row, "%lu waits, the longest %lu us", waits - waited, (unsigned long)worst_us);
    }
    int by = 0;
    must(ptrace(PTRACE_CONT, pid, NULL, NULL) == 0, "continue");
    must(halted(pid, &by) && by == SIGSTOP, "the child does not stop after the call");
    end(pid);
    if (stat_of(other, RESUME_STORE_EMPTIED) != before && !operation->after_death) {
        failed(&row, "emptied though nobody died");
    }
    resume_store_unref(other);
    check_usable();
}

static unsigned long count_steps(const struct operation *operation) {
    unsigned long steps = 0;
    reset();
    pid_t pid = begin(operation);
    if (step(pid, 10000000, &steps)) {
        must(false, "a call of ten million instructions");
    }
    end(pid);
    return steps;
}

static void die_in_the_middle(void) {
    reset();
    /* As death in the middle of a change leaves it: lock marked by the kernel, a bucket odd. */
    pid_t pid = fork();
    if (pid == 0) {
        (void)rsm_part_enter(outside.table->parts);
        atomic_fetch_add(&outside.table->parts->buckets->sequence, 1);
        outside.table->parts->state->top = 17;
        raise(SIGKILL);
    }
    int status = 0;
    must(waitpid(pid, &status, 0) == pid, "waitpid");
    memcpy(prepared, outside.at, outside.size);
}

static int run(const struct operation *operation, unsigned long stride, bool stays) {
    char name[80];
    snprintf(name, sizeof name, "shm: %s at every instruction of %s", stays ? "stopped" : "death",
             operation->name);
    row.name = name;
    operation->prepare(store);
    memcpy(prepared, outside.at, outside.size);
    if (operation->after_death) {
        die_in_the_middle();
    }
    unsigned long total = count_steps(operation);
    unsigned long inside = 0;
    unsigned long steps = 0;
    for (unsigned long n = 0; n <= total - stays; n += stride, row.rounds++) {
        reset();
        alarm(60);
        pid_t pid = begin(operation);
        if (!step(pid, n, &steps) && n < total) {
            failed(&row, "only %lu instructions this time, of %lu", steps, total);
        }
        if (stays) {
            check_stopped(operation, pid);
        } else {
            end(pid);
            inside += check_after_death(operation);
        }
    }
    if (stays) {
        snprintf(row.detail, sizeof row.detail,
                 "%lu instructions, every %lu.; longest put of others %.1f ms, %lu waited", total,
                 stride, (double)worst_us / 1e3, waits);
    } else {
        snprintf(row.detail, sizeof row.detail,
                 "%lu instructions, every %lu.; %lu deaths inside the shard, each recovered", total,
                 stride, inside);
    }
    return print_row(&row);
}

static const struct operation *find(const char *name) {
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++) {
        if (strcmp(operations[i].name, name) == 0) {
            return &operations[i];
        }
    }
    return NULL;
}

int main(int argc, char **argv) {
    const struct operation *operation = argc > 2 ? find(argv[1]) : NULL;
    unsigned long stride = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
    char folder[64];
    char path[128];
    if (!operation || stride == 0) {
        fprintf(stderr, "usage: torture_step OPERATION STRIDE [stop]\n");
        return 2;
    }
    make_folder(folder);
    snprintf(path, sizeof path, "%s/sessions", folder);
    snprintf(url, sizeof url, "shm:%s?bytes=16K&shards=1", path);
    store = open_store(url);
    outside = look_at(path, BYTES, 1);
    prepared = malloc(outside.size);
    must(prepared != NULL, "malloc");
    int status = run(operation, stride, argc > 3);
    resume_store_unref(store);
    remove_folder(folder);
    return status;
}
