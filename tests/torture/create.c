/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Death of the process that makes a segment, and versions of the library that meet on one.
 *
 *     torture_create dies            at the n-th entry to and exit from a system call, for every n:
 *                                    all that others can see of a segment in the making is done by
 *                                    system calls, until it has its name and is whole
 *     torture_create versions OTHER  OTHER, built with another layout, opens the same path in turn
 *     torture_create open URL N      what OTHER is told to do: open, put the records from N on,
 *                                    read them and those of all others, and stay until told to go
 */
#include "torture.h"

#include <sys/ptrace.h>

#define URL "shm:%s/sessions?bytes=256K&shards=2"

static struct row row;
static char folder[64];
static char url[160];

static bool opens_and_works(void) {
    resume_store *store = NULL;
    uint8_t version = 0;
    if (resume_store_from_url(url, NULL, &store) != RESUME_OK) {
        return false;
    }
    bool good = put(store, 1, 1) == RESUME_OK && look(store, 1, true, NOW, &version) == RESUME_OK &&
                stat_of(store, RESUME_STORE_EMPTIED) == 0;
    resume_store_unref(store);
    return good;
}

/* The child until its n-th stop; false if it had ended before. */
static bool run_to(pid_t pid, unsigned long n) {
    int status = 0;
    must(waitpid(pid, &status, 0) == pid && WIFSTOPPED(status), "start");
    for (unsigned long i = 0; i < n; i++) {
        must(ptrace(PTRACE_SYSCALL, pid, NULL, NULL) == 0, "go on");
        must(waitpid(pid, &status, 0) == pid, "waitpid");
        if (!WIFSTOPPED(status)) {
            return false;
        }
    }
    kill(pid, SIGKILL);
    must(waitpid(pid, &status, 0) == pid, "waitpid");
    return true;
}

static void die_at(unsigned long n, bool replaces, bool *ret_alive) {
    char path[128];
    snprintf(path, sizeof path, "%s/sessions", folder);
    (void)unlink(path);
    if (replaces) {
        int fd = open(path, O_WRONLY | O_CREAT, 0600);
        must(fd >= 0 && write(fd, "old", 3) == 3, "old file");
        close(fd);
    }
    pid_t pid = fork();
    must(pid >= 0, "fork");
    if (pid == 0) {
        must(ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0, "ptrace");
        raise(SIGSTOP);
        resume_store *store = NULL;
        _exit(resume_store_from_url(url, NULL, &store) == RESUME_OK ? 0 : 1);
    }
    *ret_alive = run_to(pid, n);
    if (!opens_and_works()) {
        failed(&row, "stop %lu: the next one cannot open it", n);
    }
    snprintf(path, sizeof path, "%s/sessions.new", folder);
    if (access(path, F_OK) == 0) {
        failed(&row, "stop %lu: what the dead one began is still there", n);
    }
}

static int creator_dies(void) {
    row.name = "shm: death of the creator at every system call";
    unsigned long stops[2] = {0, 0};
    for (int replaces = 0; replaces < 2; replaces++) {
        bool alive = true;
        for (unsigned long n = 0; alive; n++, row.rounds++) {
            must(n < 10000, "a creation of ten thousand calls");
            alarm(60);
            die_at(n, replaces, &alive);
            stops[replaces] = n;
        }
    }
    snprintf(row.detail, sizeof row.detail,
             "%lu stops of a new file, %lu of one that replaces another; each time the next one "
             "opened it within its wait",
             stops[0], stops[1]);
    return print_row(&row);
}

/* ---- versions -----------------------------------------------------------------------------------
 */

#define PIECE 20U

/* The own records are there, and whatever is there of others is right. */
static void check_all(resume_store *store, uint64_t first, unsigned long *failures) {
    for (uint64_t n = 0; n < 4 * PIECE; n++) {
        uint8_t version = 0;
        resume_status status = look(store, n, false, NOW, &version);
        bool own = n >= first && n < first + PIECE;
        *failures += own ? status != RESUME_OK : status != RESUME_OK && status != RESUME_MISS;
    }
    *failures += stat_of(store, RESUME_STORE_EMPTIED) != 0;
    *failures += stat_of(store, RESUME_STORE_ERRORS) != 0;
}

static int open_and_stay(const char *address, uint64_t first) {
    unsigned long failures = 0;
    resume_store *store = open_store(address);
    for (uint64_t n = first; n < first + PIECE; n++) {
        failures += put(store, n, (uint8_t)first) != RESUME_OK;
    }
    check_all(store, first, &failures);
    if (write(STDOUT_FILENO, "r", 1) != 1) {
        return 1;
    }
    char byte = 0;
    while (read(STDIN_FILENO, &byte, 1) > 0) { /* others have opened: all as before? */
        check_all(store, first, &failures);
        if (write(STDOUT_FILENO, "r", 1) != 1) {
            return 1;
        }
    }
    resume_store_unref(store);
    return failures ? 1 : 0;
}

struct party {
    pid_t pid;
    int to;
    int from;
};

static struct party begin(const char *program, uint64_t first) {
    int to[2];
    int from[2];
    char number[24];
    must(pipe2(to, O_CLOEXEC) == 0 && pipe2(from, O_CLOEXEC) == 0, "pipe");
    snprintf(number, sizeof number, "%llu", (unsigned long long)first);
    pid_t pid = fork();
    must(pid >= 0, "fork");
    if (pid == 0) {
        dup2(to[0], STDIN_FILENO);
        dup2(from[1], STDOUT_FILENO);
        execl(program, program, "open", url, number, (char *)NULL);
        _exit(127);
    }
    close(to[0]);
    close(from[1]);
    return (struct party){pid, to[1], from[0]};
}

static void hear(const struct party *party) {
    char byte = 0;
    if (read(party->from, &byte, 1) != 1) {
        failed(&row, "a version gave up");
    }
}

static int versions_meet(const char *own, const char *other) {
    row.name = "shm: two versions of the library on one path";
    for (; row.rounds < 6; row.rounds++) {
        struct party parties[4];
        alarm(60);
        for (unsigned i = 0; i < 4; i++) {
            parties[i] = begin((i + row.rounds) % 2 ? other : own, i * PIECE);
            hear(&parties[i]);
            for (unsigned k = 0; k <= i; k++) {
                must(write(parties[k].to, "g", 1) == 1, "write");
                hear(&parties[k]);
            }
        }
        for (unsigned i = 0; i < 4; i++) {
            int status = 0;
            close(parties[i].to);
            must(waitpid(parties[i].pid, &status, 0) == parties[i].pid, "waitpid");
            close(parties[i].from);
            if (status != 0) {
                failed(&row, "version %u: status %x", i, (unsigned)status);
            }
        }
    }
    snprintf(row.detail, sizeof row.detail,
             "four processes of alternating layouts, each with its own records all the time");
    return print_row(&row);
}

int main(int argc, char **argv) {
    if (argc == 4 && strcmp(argv[1], "open") == 0) {
        return open_and_stay(argv[2], strtoull(argv[3], NULL, 10));
    }
    bool dies = argc == 2 && strcmp(argv[1], "dies") == 0;
    bool meet = argc == 3 && strcmp(argv[1], "versions") == 0;
    if (!dies && !meet) {
        fprintf(stderr, "usage: torture_create dies | versions OTHER | open URL N\n");
        return 2;
    }
    make_folder(folder);
    snprintf(url, sizeof url, URL, folder);
    int status = dies ? creator_dies() : versions_meet("/proc/self/exe", argv[2]);
    remove_folder(folder);
    return status;
}
