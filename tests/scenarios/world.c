/* SPDX-License-Identifier: Apache-2.0 */
/* See world.h. */
#include "world.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kind { ROOM, RING, CODEC, STORE, POLICY, SERVER, SESSION };

struct kept {
    struct kept *next;
    enum kind kind;
    void *thing;
};

void die(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fputs("scenarios: ", stderr);
    vfprintf(stderr, format, arguments);
    fputs("\n", stderr);
    va_end(arguments);
    exit(1);
}

void need(resume_status status) {
    if (status != RESUME_OK) {
        die("%s", resume_status_name(status));
    }
}

static void *keep(struct world *w, enum kind kind, void *thing) {
    struct kept *kept = malloc(sizeof *kept);
    if (!kept || !thing) {
        die("out of memory");
    }
    *kept = (struct kept){w->kept, kind, thing};
    w->kept = kept;
    return thing;
}

static void drop_kept(enum kind kind, void *thing) {
    switch (kind) {
    case ROOM:
        free(thing);
        break;
    case RING:
        resume_keyring_unref(thing);
        break;
    case CODEC:
        resume_codec_unref(thing);
        break;
    case STORE:
        resume_store_unref(thing);
        break;
    case POLICY:
        resume_policy_unref(thing);
        break;
    case SERVER:
        resume_server_unref(thing);
        break;
    case SESSION:
        resume_session_unref(thing);
        break;
    }
}

void world_open(struct world *w, const char *number, const char *folder) {
    *w = (struct world){.number = number, .folder = folder};
    w->values = read_pairs(w, path_of(w, "vectors"));
    w->now = strtoull(value_of(&w->values, "now"), NULL, 10);
    w->hour = strtoull(value_of(&w->values, "hour"), NULL, 10);
}

void world_free(struct world *w) {
    while (w->kept) {
        struct kept *kept = w->kept;
        w->kept = kept->next;
        drop_kept(kept->kind, kept->thing);
        free(kept);
    }
}

void *room(struct world *w, size_t size) {
    return keep(w, ROOM, calloc(1, size ? size : 1));
}

__attribute__((format(printf, 2, 0))) static char *vprint(struct world *w, const char *format,
                                                          va_list arguments) {
    va_list again;
    va_copy(again, arguments);
    int len = vsnprintf(NULL, 0, format, again);
    va_end(again);
    char *text = room(w, (size_t)len + 1);
    vsnprintf(text, (size_t)len + 1, format, arguments);
    return text;
}

char *print(struct world *w, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    char *text = vprint(w, format, arguments);
    va_end(arguments);
    return text;
}

void see(struct world *w, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    printf("%s %d %s\n", w->number, ++w->step, vprint(w, format, arguments));
    va_end(arguments);
}

char *path_of(struct world *w, const char *name) {
    return print(w, "%s/%s", w->folder, name);
}

struct pairs read_pairs(struct world *w, const char *path) {
    enum { MOST = 2048 };
    FILE *file = fopen(path, "r");
    if (!file) {
        die("cannot read %s", path);
    }
    struct pairs pairs = {room(w, MOST * sizeof(struct pair)), 0};
    char *line = NULL;
    size_t size = 0;
    while (getline(&line, &size, file) > 0) {
        line[strcspn(line, "\n")] = '\0';
        char *space = strchr(line, ' ');
        if (!space || line[0] == '#') {
            continue;
        }
        if (pairs.count == MOST) {
            die("%s has more lines than any file of the scenarios", path);
        }
        *space = '\0';
        pairs.all[pairs.count++] = (struct pair){print(w, "%s", line), print(w, "%s", space + 1)};
    }
    free(line);
    fclose(file);
    return pairs;
}

const char *value_of(const struct pairs *pairs, const char *name) {
    for (size_t i = 0; i < pairs->count; i++) {
        if (strcmp(pairs->all[i].name, name) == 0) {
            return pairs->all[i].value;
        }
    }
    die("there is no %s", name);
}

void write_file(const char *path, const void *data, size_t len) {
    FILE *file = fopen(path, "w");
    if (!file || fwrite(data, 1, len, file) != len || fclose(file) != 0) {
        die("cannot write %s", path);
    }
}

static unsigned digit(char c) {
    const char *digits = "0123456789abcdef";
    const char *found = c ? strchr(digits, c) : NULL;
    if (!found) {
        die("not hexadecimal");
    }
    return (unsigned)(found - digits);
}

struct bytes unhex(struct world *w, const char *text) {
    size_t len = strlen(text) / 2;
    struct bytes bytes = {room(w, len), len};
    for (size_t i = 0; i < len; i++) {
        bytes.data[i] = (uint8_t)(digit(text[2 * i]) << 4 | digit(text[2 * i + 1]));
    }
    return bytes;
}

char *hex(struct world *w, const uint8_t *data, size_t len) {
    char *text = room(w, 2 * len + 1);
    for (size_t i = 0; i < len; i++) {
        snprintf(text + 2 * i, 3, "%02x", data[i]);
    }
    return text;
}

struct bytes given(struct world *w, const char *name) {
    return unhex(w, value_of(&w->values, name));
}

resume_keyring *keep_ring(struct world *w, resume_keyring *ring) {
    return keep(w, RING, ring);
}

resume_policy *keep_policy(struct world *w, resume_policy *policy) {
    return keep(w, POLICY, policy);
}

resume_server *keep_server(struct world *w, resume_server *server) {
    return keep(w, SERVER, server);
}

resume_session *keep_session(struct world *w, resume_session *session) {
    return keep(w, SESSION, session);
}

resume_keyring *ring_of(struct world *w, const char *name) {
    resume_keyring *ring = NULL;
    need(resume_keyring_from_url(print(w, "file:%s/%s", w->folder, name), NULL, w->now, &ring));
    return keep_ring(w, ring);
}

resume_codec *codec_over(struct world *w, resume_keyring *ring) {
    resume_codec *codec = NULL;
    need(resume_codec_new(ring, NULL, &codec));
    return keep(w, CODEC, codec);
}

resume_codec *codec_of(struct world *w, const char *name) {
    return codec_over(w, ring_of(w, name));
}

resume_codec *aead_of(struct world *w, const char *name, struct bytes context) {
    resume_codec_options *options = NULL;
    resume_codec *codec = NULL;
    need(resume_codec_options_new(&options));
    need(resume_codec_options_set_frame(options, RESUME_FRAME_AEAD));
    need(resume_codec_options_set_context(options, context.data, context.len));
    need(resume_codec_new(ring_of(w, name), options, &codec));
    resume_codec_options_unref(options);
    return keep(w, CODEC, codec);
}

resume_store *store_of(struct world *w, const char *url) {
    resume_store *store = NULL;
    need(resume_store_from_url(url, NULL, &store));
    return keep(w, STORE, store);
}

resume_session *session_of(struct world *w, const char *name) {
    struct bytes bytes = given(w, name);
    resume_session *session = NULL;
    need(resume_session_from_native(bytes.data, bytes.len, &session));
    return keep_session(w, session);
}

const char *word(struct world *w, resume_status status) {
    const char *name = resume_status_name(status);
    return print(w, "%.*s", (int)strcspn(name, ":"), name);
}

const char *answer(struct world *w, resume_status status, struct bytes data) {
    if (status != RESUME_OK && status != RESUME_RENEW) {
        return word(w, status);
    }
    return print(w, "%s %s", word(w, status), hex(w, data.data, data.len));
}

const char *answer_session(struct world *w, resume_status status, resume_session *session) {
    if (status != RESUME_OK && status != RESUME_RENEW) {
        return word(w, status);
    }
    const uint8_t *data = NULL;
    size_t len = 0;
    need(resume_session_to_native(keep_session(w, session), &data, &len));
    return print(w, "%s %s", word(w, status), hex(w, data, len));
}

struct bytes seal(struct world *w, resume_codec *codec, struct bytes data) {
    size_t size = resume_codec_sealed_size(codec, data.len);
    struct bytes ticket = {room(w, size), 0};
    need(resume_codec_seal_bytes(codec, data.data, data.len, w->now, ticket.data, size,
                                 &ticket.len));
    return ticket;
}

struct bytes seal_session(struct world *w, resume_codec *codec, const char *name) {
    struct bytes ticket = {room(w, RESUME_TICKET_MAX), 0};
    need(resume_codec_seal(codec, session_of(w, name), w->now, ticket.data, RESUME_TICKET_MAX,
                           &ticket.len));
    return ticket;
}

const char *open_at(struct world *w, resume_codec *codec, struct bytes ticket, uint64_t now) {
    struct bytes plain = {room(w, ticket.len), 0};
    resume_status status = resume_codec_open_bytes(codec, ticket.data, ticket.len, now, plain.data,
                                                   ticket.len, &plain.len);
    return answer(w, status, plain);
}

const char *open_session_at(struct world *w, resume_codec *codec, struct bytes ticket,
                            uint64_t now) {
    resume_session *session = NULL;
    resume_status status = resume_codec_open(codec, ticket.data, ticket.len, now, &session);
    return answer_session(w, status, session);
}

struct bytes changed(struct world *w, struct bytes ticket) {
    struct bytes other = {room(w, ticket.len), ticket.len};
    memcpy(other.data, ticket.data, ticket.len);
    other.data[other.len - 1] ^= 1;
    return other;
}
