/* SPDX-License-Identifier: Apache-2.0 */
/* 008: the numbers of a store and of a server. */
#include "scenarios.h"
#include "servers.h"
#include "stores.h"

#include <stdlib.h>
#include <string.h>

static const char *numbers(struct world *w, const resume_store *kept) {
    static const struct {
        const char *name;
        int32_t which;
    } wanted[] = {
        {"errors", RESUME_STORE_ERRORS},   {"evictions", RESUME_STORE_EVICTIONS},
        {"expired", RESUME_STORE_EXPIRED}, {"hits", RESUME_STORE_HITS},
        {"misses", RESUME_STORE_MISSES},   {"puts", RESUME_STORE_PUTS},
        {"refused", RESUME_STORE_REFUSED}, {"removes", RESUME_STORE_REMOVES},
    };
    const char *line = "";
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        uint64_t value = 0;
        need(resume_store_stats(kept, wanted[i].which, &value));
        line =
            print(w, "%s%s%s=%llu", line, i ? " " : "", wanted[i].name, (unsigned long long)value);
    }
    return line;
}

static int by_name(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static const char *counters(struct world *w, const resume_server *server) {
    const char *lines[64];
    size_t count = 0;
    for (int32_t path = 0; path < RESUME_PATH_COUNT; path++) {
        for (resume_reason reason = 0; reason < resume_reason_count(); reason++) {
            uint64_t value = resume_server_counter(server, path, reason);
            if (value && count < sizeof lines / sizeof *lines) {
                lines[count++] = print(w, "%s.%s=%llu", resume_path_name(path),
                                       resume_reason_name(reason), (unsigned long long)value);
            }
        }
    }
    qsort(lines, count, sizeof *lines, by_name);
    const char *all = count ? lines[0] : "none";
    for (size_t i = 1; i < count; i++) {
        all = print(w, "%s %s", all, lines[i]);
    }
    return all;
}

static void see_store(struct world *w) {
    resume_store *kept = store_of(w, "memory:");
    see(w, "%s", numbers(w, kept));
    get(w, kept, w->now);
    put(w, kept, "session-12", w->now);
    put(w, kept, "session-12", w->now);
    get(w, kept, w->now);
    get(w, kept, w->now);
    see(w, "%s", numbers(w, kept));
    put(w, kept, "session-12-again", w->now);
    take(w, kept);
    take(w, kept);
    drop(w, kept);
    see(w, "%s", numbers(w, kept));
    put(w, kept, "session-12", w->now);
    get(w, kept, w->now + w->hour);
    see(w, "%s", numbers(w, kept));
}

void stats(struct world *w) {
    see_store(w);
    resume_server *server = server_of(w);
    see(w, "%s", counters(w, server));
    struct offer first = {.ticket = issue(w, server, "session-12"), .server_name = "a.example"};
    struct offer second = {
        .ticket = issue(w, server, "session-13"), .server_name = "a.example", .version = 0x0304};
    see(w, "%s", counters(w, server));
    for (int i = 0; i < 3; i++) {
        outcome(w, server, first);
    }
    see(w, "%s", counters(w, server));
    struct offer wrong = {.ticket = first.ticket, .server_name = "b.example"};
    outcome(w, server, wrong);
    wrong = (struct offer){.ticket = changed(w, first.ticket), .server_name = "a.example"};
    outcome(w, server, wrong);
    wrong.ticket = issue(w, server_over(w, "ring-next", policy_of(w, "label")), "session-12");
    outcome(w, server, wrong);
    see(w, "%s", counters(w, server));
    outcome(w, server, second);
    second.later = 168 * w->hour;
    outcome(w, server, second);
    see(w, "%s", counters(w, server));
}
