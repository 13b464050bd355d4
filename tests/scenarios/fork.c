/* SPDX-License-Identifier: Apache-2.0 */
/* 007: parent and child seal with the same codecs. */
#include "scenarios.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { RANDOM = 2, CODECS = 3, TICKETS = 500, MOST = 2 * TICKETS + 1 };

/* A codec, and where its nonces are in a ticket. */
struct sealer {
    const char *name;
    resume_codec *codec;
    size_t begin;
    size_t end;
    const char *before; /* the nonce of the ticket that was sealed before the fork */
};

static const char *nonce_of(struct world *w, const struct sealer *sealer, struct bytes ticket) {
    return hex(w, ticket.data + sealer->begin, sealer->end - sealer->begin);
}

static void seal_many(struct world *w, const struct sealer *sealers, const char *name) {
    FILE *file = fopen(path_of(w, name), "w");
    struct bytes payload = given(w, "payload");
    for (int i = 0; file && i < CODECS; i++) {
        for (int n = 0; n < TICKETS; n++) {
            struct bytes ticket = seal(w, sealers[i].codec, payload);
            fprintf(file, "%s %s\n", sealers[i].name, hex(w, ticket.data, ticket.len));
        }
    }
    if (!file || fclose(file) != 0) {
        die("cannot write %s", name);
    }
}

/* How many tickets of a file are well. */
static int open_many(struct world *w, const struct sealer *sealer, const struct pairs *lines) {
    const char *well = print(w, "ok %s", value_of(&w->values, "payload"));
    int count = 0;
    for (size_t i = 0; i < lines->count; i++) {
        if (strcmp(lines->all[i].name, sealer->name) == 0) {
            struct bytes ticket = unhex(w, lines->all[i].value);
            count += strcmp(open_at(w, sealer->codec, ticket, w->now), well) == 0;
        }
    }
    return count;
}

static int by_text(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int distinct(struct world *w, const struct sealer *sealer, const struct pairs *files) {
    const char *nonces[MOST] = {sealer->before};
    size_t count = 1;
    for (int file = 0; file < 2; file++) {
        for (size_t i = 0; i < files[file].count; i++) {
            const struct pair *line = &files[file].all[i];
            if (strcmp(line->name, sealer->name) == 0 && count < MOST) {
                nonces[count++] = nonce_of(w, sealer, unhex(w, line->value));
            }
        }
    }
    qsort(nonces, count, sizeof *nonces, by_text);
    int different = 1;
    for (size_t i = 1; i < count; i++) {
        different += strcmp(nonces[i - 1], nonces[i]) != 0;
    }
    return different;
}

/* Seals, waits for the parent to have sealed, opens, rotates, and leaves at once. */
static void be_child(struct world *w, const struct sealer *sealers, int told) {
    char byte = 0;
    seal_many(w, sealers, "child");
    if (read(told, &byte, 1) != 0) { /* nothing comes: the parent closes its end */
        _exit(1);
    }
    struct pairs lines = read_pairs(w, path_of(w, "parent"));
    const char *opened = "";
    for (int i = 0; i < CODECS; i++) {
        opened = print(w, "%s%s %d\n", opened, sealers[i].name, open_many(w, &sealers[i], &lines));
    }
    need(resume_keyring_rotate(resume_codec_keyring(sealers[RANDOM].codec), w->now));
    struct bytes last = seal(w, sealers[RANDOM].codec, given(w, "payload"));
    opened = print(w, "%srotated %s\n", opened, hex(w, last.data, last.len));
    write_file(path_of(w, "opened"), opened, strlen(opened));
    _exit(0);
}

static void seal_in_both(struct world *w, const struct sealer *sealers) {
    int ends[2];
    if (pipe(ends) != 0) {
        die("no pipe");
    }
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        close(ends[1]);
        be_child(w, sealers, ends[0]);
    }
    seal_many(w, sealers, "parent");
    close(ends[1]);
    int status = 1;
    if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0) {
        die("the child failed");
    }
    close(ends[0]);
}

void fork_scenario(struct world *w) {
    resume_keyring *ring = NULL;
    need(resume_keyring_from_url("random:", NULL, w->now, &ring));
    struct sealer sealers[CODECS] = {
        {"rfc5077", codec_of(w, "ring-80"), 16, 32, NULL},
        {"aead", aead_of(w, "ring-80", given(w, "label")), 17, 41, NULL},
        {"random", codec_over(w, keep_ring(w, ring)), 16, 32, NULL},
    };
    for (int i = 0; i < CODECS; i++) {
        struct bytes ticket = seal(w, sealers[i].codec, given(w, "payload"));
        sealers[i].before = nonce_of(w, &sealers[i], ticket);
    }
    seal_in_both(w, sealers);
    struct pairs files[2] = {read_pairs(w, path_of(w, "parent")),
                             read_pairs(w, path_of(w, "child"))};
    struct pairs opened = read_pairs(w, path_of(w, "opened"));
    for (int i = 0; i < 2; i++) {
        see(w, "%d", distinct(w, &sealers[i], files));
    }
    for (int i = 0; i < 2; i++) {
        see(w, "%d", open_many(w, &sealers[i], &files[1]));
    }
    for (int i = 0; i < 2; i++) {
        see(w, "%s", value_of(&opened, sealers[i].name));
    }
    see(w, "%d", distinct(w, &sealers[RANDOM], files));
    see(w, "%d", open_many(w, &sealers[RANDOM], &files[1]));
    see(w, "%s", value_of(&opened, "random"));
    struct bytes last = unhex(w, value_of(&opened, "rotated"));
    see(w, "%s", open_at(w, sealers[RANDOM].codec, last, w->now));
    need(resume_keyring_rotate(ring, w->now));
    see(w, "%s", open_at(w, sealers[RANDOM].codec, last, w->now));
}
