/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the scenarios in C stand on: a folder with vectors and key files, the one time that they
 * know, and lines of what they saw. All that these calls give lives until world_free(). Not a part
 * of the library, and not the scenarios: what has to be seen stands on the pages beside this file.
 */
#ifndef SCENARIOS_WORLD_H
#define SCENARIOS_WORLD_H

#include <resume/resume.h>

struct bytes {
    uint8_t *data;
    size_t len;
};

/* A line of a file: a name, a space, the value. */
struct pair {
    char *name;
    char *value;
};

struct pairs {
    struct pair *all;
    size_t count;
};

struct kept;

struct world {
    const char *number;
    const char *folder;
    struct pairs values;
    uint64_t now;
    uint64_t hour;
    int step;
    struct kept *kept;
};

/* Says what went wrong where nothing should, and ends the program. */
__attribute__((format(printf, 1, 2), noreturn)) void die(const char *format, ...);
void need(resume_status status);

void world_open(struct world *w, const char *number, const char *folder);
void world_free(struct world *w);
void *room(struct world *w, size_t size);

__attribute__((format(printf, 2, 3))) char *print(struct world *w, const char *format, ...);
__attribute__((format(printf, 2, 3))) void see(struct world *w, const char *format, ...);
char *path_of(struct world *w, const char *name);
struct pairs read_pairs(struct world *w, const char *path);
const char *value_of(const struct pairs *pairs, const char *name);
void write_file(const char *path, const void *data, size_t len);

struct bytes unhex(struct world *w, const char *text);
char *hex(struct world *w, const uint8_t *data, size_t len);
struct bytes given(struct world *w, const char *name);

resume_keyring *keep_ring(struct world *w, resume_keyring *ring);
resume_keyring *ring_of(struct world *w, const char *name);
resume_codec *codec_over(struct world *w, resume_keyring *ring);
resume_codec *codec_of(struct world *w, const char *name);
resume_codec *aead_of(struct world *w, const char *name, struct bytes context);
resume_store *store_of(struct world *w, const char *url);
resume_policy *keep_policy(struct world *w, resume_policy *policy);
resume_server *keep_server(struct world *w, resume_server *server);
resume_session *keep_session(struct world *w, resume_session *session);
resume_session *session_of(struct world *w, const char *name);

/* The name of a status: what stands before the colon. */
const char *word(struct world *w, resume_status status);
/* That, and the bytes that came with it. */
const char *answer(struct world *w, resume_status status, struct bytes data);
const char *answer_session(struct world *w, resume_status status, resume_session *session);

struct bytes seal(struct world *w, resume_codec *codec, struct bytes data);
struct bytes seal_session(struct world *w, resume_codec *codec, const char *name);
const char *open_at(struct world *w, resume_codec *codec, struct bytes ticket, uint64_t now);
const char *open_session_at(struct world *w, resume_codec *codec, struct bytes ticket,
                            uint64_t now);
/* The last bit is the other one. */
struct bytes changed(struct world *w, struct bytes ticket);

#endif /* SCENARIOS_WORLD_H */
