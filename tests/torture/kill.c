/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Workers on one segment, killed (or stopped) at random while they put, take and get; every one of
 * them compares each record that it gets with the ID that it asked for.
 *
 *     torture_kill KILLS      kill -9 out of nothing
 *     torture_kill KILLS own  the victim is stopped first, to see whether it is inside a shard:
 *                             then the deaths inside are counted, and the recoveries must be as
 * many torture_kill STOPS stop the victim is stopped for a while and goes on
 */
#include "torture.h"

#include <sys/prctl.h>

#define WORKERS 4
#define IDS     256U
#define BYTES   (UINT64_C(256) << 10)
#define SHARDS  2U
#define STUCK   3000000U /* microseconds without a single operation */

struct worker {
    pid_t pid;
    _Atomic uint64_t beats;
    _Atomic uint64_t corrupt;
    _Atomic uint64_t hits;
    _Atomic uint64_t longest_us;
};

struct world {
    struct row row;
    char folder[64];
    char url[160];
    struct outside outside;
    struct worker *workers; /* shared */
    uint64_t seed;
    unsigned long inside; /* deaths of owners */
};

static void work(struct world *w, struct worker *self, uint64_t seed) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    resume_store *store = open_store(w->url);
    for (;;) {
        uint64_t n = next_random(&seed) % IDS;
        uint8_t version = 0;
        resume_status status = RESUME_OK;
        uint64_t begun = now_us();
        switch (next_random(&seed) % 8) {
        case 0:
        case 1:
        case 2:
        case 3:
            (void)!put(store, n, (uint8_t)next_random(&seed));
            break;
        case 4:
            status = look(store, n, true, NOW, &version);
            break;
        default:
            status = look(store, n, false, NOW, &version);
        }
        uint64_t took = now_us() - begun;
        if (took > atomic_load(&self->longest_us)) {
            atomic_store(&self->longest_us, took);
        }
        atomic_fetch_add(&self->corrupt, status == RESUME_FORGED);
        atomic_fetch_add(&self->hits, status == RESUME_OK && version);
        atomic_fetch_add(&self->beats, 1);
    }
}

static void start(struct world *w, unsigned i) {
    uint64_t seed = next_random(&w->seed) | 1U;
    pid_t pid = fork();
    must(pid >= 0, "fork");
    if (pid == 0) {
        work(w, &w->workers[i], seed);
    }
    w->workers[i].pid = pid;
}

static bool owns(const struct world *w, pid_t pid) {
    for (unsigned i = 0; i < SHARDS; i++) {
        uint32_t word = atomic_load(&w->outside.locks[i].lock.word);
        if ((word & 0x3FFFFFFFU) == (uint32_t)pid) {
            return true;
        }
    }
    return false;
}

static void stop(pid_t pid) {
    int status = 0;
    must(kill(pid, SIGSTOP) == 0 && waitpid(pid, &status, WUNTRACED) == pid, "stop");
    must(WIFSTOPPED(status), "a worker ended by itself");
}

static void end(struct world *w, unsigned i, bool look_first) {
    pid_t pid = w->workers[i].pid;
    int status = 0;
    if (look_first) {
        stop(pid);
        w->inside += owns(w, pid);
    }
    kill(pid, SIGKILL);
    must(waitpid(pid, &status, 0) == pid, "waitpid");
    if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL) {
        failed(&w->row, "a worker ended by itself, status %x", (unsigned)status);
    }
}

/* Every worker gets on. */
static void watch(struct world *w) {
    for (unsigned i = 0; i < WORKERS; i++) {
        uint64_t before = atomic_load(&w->workers[i].beats);
        uint64_t begun = now_us();
        while (atomic_load(&w->workers[i].beats) == before) {
            if (now_us() - begun > STUCK) {
                failed(&w->row, "worker %u is stuck", i);
                break;
            }
            usleep(50);
        }
    }
}

static void torment(struct world *w, unsigned long rounds, const char *how) {
    for (; w->row.rounds < rounds; w->row.rounds++) {
        unsigned i = (unsigned)(next_random(&w->seed) % WORKERS);
        usleep((useconds_t)(next_random(&w->seed) % 700));
        if (how[0] == 's') {
            stop(w->workers[i].pid);
            usleep((useconds_t)(next_random(&w->seed) % 30000));
            kill(w->workers[i].pid, SIGCONT);
        } else {
            end(w, i, how[0] == 'o');
            start(w, i);
        }
        if (w->row.rounds % 100 == 99) {
            watch(w);
        }
    }
    watch(w);
}

/* With all of them gone: usable, in order, and every death inside was seen to. */
static void finish(struct world *w, const char *how) {
    for (unsigned i = 0; i < WORKERS; i++) {
        end(w, i, how[0] != 'k');
    }
    resume_store *store = open_store(w->url);
    uint64_t hits = 0;
    uint64_t longest = 0;
    for (uint64_t n = 0; n < IDS; n++) {
        uint8_t version = 0;
        if (put(store, n, 1) != RESUME_OK || look(store, n, false, NOW, &version) != RESUME_OK) {
            failed(&w->row, "the store is of no use any more");
        }
    }
    for (unsigned i = 0; i < WORKERS; i++) {
        w->row.failures += atomic_load(&w->workers[i].corrupt);
        hits += atomic_load(&w->workers[i].hits);
        uint64_t took = atomic_load(&w->workers[i].longest_us);
        longest = took > longest ? took : longest;
    }
    uint64_t emptied = stat_of(store, RESUME_STORE_EMPTIED);
    if (how[0] != 'k' && emptied != w->inside) {
        failed(&w->row, "%lu deaths inside, %lu recoveries", w->inside, (unsigned long)emptied);
    }
    if (hits == 0) {
        failed(&w->row, "nobody ever found anything");
    }
    snprintf(w->row.detail, sizeof w->row.detail,
             "%d workers, %lu records found and compared, %lu deaths seen inside a shard, %lu "
             "shards emptied, longest call %.1f ms%s",
             WORKERS, (unsigned long)hits, w->inside, (unsigned long)emptied, (double)longest / 1e3,
             how[0] == 's' ? ", its own stops included" : "");
    resume_store_unref(store);
}

int main(int argc, char **argv) {
    unsigned long rounds = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
    const char *how = argc > 2 ? argv[2] : "kill";
    struct world w = {.seed = (uint64_t)time(NULL) << 20 | (uint64_t)getpid()};
    if (rounds == 0 || !strchr("kos", how[0])) {
        fprintf(stderr, "usage: torture_kill ROUNDS [own | stop]\n");
        return 2;
    }
    w.row.name = how[0] == 'k'   ? "shm: kill -9 of random workers"
                 : how[0] == 'o' ? "shm: kill -9 of random workers, deaths inside counted"
                                 : "shm: random workers stopped and continued";
    make_folder(w.folder);
    char path[128];
    snprintf(path, sizeof path, "%s/sessions", w.folder);
    snprintf(w.url, sizeof w.url, "shm:%s?bytes=256K&shards=2", path);
    resume_store *store = open_store(w.url);
    w.outside = look_at(path, BYTES, SHARDS);
    w.workers = mmap(NULL, WORKERS * sizeof *w.workers, PROT_READ | PROT_WRITE,
                     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    must(w.workers != MAP_FAILED, "mmap");
    for (unsigned i = 0; i < WORKERS; i++) {
        start(&w, i);
    }
    torment(&w, rounds, how);
    finish(&w, how);
    resume_store_unref(store);
    remove_folder(w.folder);
    return print_row(&w.row);
}
