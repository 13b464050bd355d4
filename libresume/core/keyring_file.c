/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The `file:` source: key files of other servers. Which key of a file seals is the dialect's
 * matter; those in files named by old= only open. Changed files are taken by themselves, all or
 * none. Not a writer.
 */
#include "core/keyring.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/file.h"
#include "base/secret.h"
#include "core/key_audit.h"
#include "core/key_loaded.h"

#include <stdio.h>

struct file_state {
    const struct rsm_keyfile_dialect *dialect;
    struct rsm_periods periods;
    size_t count;
    char *paths[RSM_URL_PARAMS + 1]; /* the first seals */
    bool watched;
    struct rsm_file_stamp seen[RSM_URL_PARAMS + 1]; /* when the files were read, or refused */
};

/* How often a watched file is looked at, if there are handshakes; one call of stat() each. No
 * inotify: what it reports goes to one process of several that share the descriptor over a fork,
 * and it sees neither a link that is turned elsewhere nor a file on another host. */
#define LOOK_MS 1000U
/* A clock set back by more than this is a reason to look, too. */
#define BACK_MS 60000U

/* One file's content, in locked memory. */
struct content {
    uint8_t *bytes;
    size_t len;
    uint64_t written_ms; /* the file's mtime */
};

static void file_end(void *data) {
    struct file_state *state = data;
    if (state) {
        for (size_t i = 0; i < state->count; i++) {
            rsm_free(state->paths[i]);
        }
        rsm_free(state);
    }
}

static resume_status take_path(struct file_state *state, const char *path, char *why) {
    if (path[0] != '/') {
        snprintf(why, RSM_WHY_SIZE, "\"%.100s\" is not an absolute path; write file:/etc/fleet.key",
                 path);
        return RESUME_E_INVALID;
    }
    state->paths[state->count] = rsm_strndup(path, strlen(path));
    if (!state->paths[state->count]) {
        return RESUME_E_NOMEM;
    }
    state->count++;
    return RESUME_OK;
}

/* A file with several keys says itself which of them only open. */
static resume_status check_params(const struct file_state *state, char *why) {
    if (state->dialect->most > 1 && state->count > 1) {
        snprintf(why, RSM_WHY_SIZE, "old= is for one key a file; a file of %s holds all keys",
                 state->dialect->name);
        return RESUME_E_INVALID;
    }
    if (state->dialect->sealer == RSM_KEYFILE_BY_TIME && state->periods.in_url) {
        snprintf(why, RSM_WHY_SIZE, "leave out seal= and open=: a file of %s has its keys' times",
                 state->dialect->name);
        return RESUME_E_INVALID;
    }
    return RESUME_OK;
}

static resume_status take_params(struct file_state *state, struct rsm_url *url, char *why) {
    const char *dialect = rsm_url_param(url, "dialect");
    state->dialect = rsm_keyfile_dialect(dialect ? dialect : "nginx");
    if (!state->dialect) {
        return rsm_keyring_no_dialect(dialect, why);
    }
    resume_status status = take_path(state, url->path, why);
    const char *old = NULL;
    while (status == RESUME_OK && (old = rsm_url_param(url, "old")) != NULL) {
        status = take_path(state, old, why);
    }
    return status == RESUME_OK ? check_params(state, why) : status;
}

static resume_status take_watch(struct file_state *state, struct rsm_url *url, char *why) {
    const char *text = rsm_url_param(url, "watch");
    state->watched = !text || strcmp(text, "yes") == 0;
    if (text && !state->watched && strcmp(text, "no") != 0) {
        snprintf(why, RSM_WHY_SIZE, "watch=%.40s is neither yes nor no", text);
        return RESUME_E_INVALID;
    }
    return RESUME_OK;
}

static void look(struct file_state *state) {
    for (size_t i = 0; i < state->count; i++) {
        state->seen[i] = rsm_file_stamp(state->paths[i]);
    }
}

static resume_status file_begin(struct rsm_url *url, const struct rsm_periods *periods, char *why,
                                void **ret_state) {
    struct file_state *state = rsm_calloc(1, sizeof *state);
    if (!state) {
        return RESUME_E_NOMEM;
    }
    state->periods = *periods;
    resume_status status = take_params(state, url, why);
    if (status == RESUME_OK) {
        status = take_watch(state, url, why);
    }
    if (status != RESUME_OK) {
        file_end(state);
        return status;
    }
    look(state);
    *ret_state = state;
    return RESUME_OK;
}

/* One byte more than the file has, or than any has, to see what is longer. */
static resume_status read_file(const char *path, char *why, struct content *content) {
    struct rsm_file file;
    resume_status status = rsm_file_open_secret(path, why, &file);
    if (status != RESUME_OK) {
        return status == RESUME_MISS ? RESUME_E_IO : status;
    }
    size_t room = (file.size < RSM_KEYFILE_MAX ? (size_t)file.size : RSM_KEYFILE_MAX) + 1;
    content->bytes = rsm_secret_alloc(room);
    status = content->bytes ? rsm_file_read(&file, path, content->bytes, room, why, &content->len)
                            : RESUME_E_NOMEM;
    content->written_ms = file.written_ms;
    rsm_file_close(&file);
    return status;
}

/* Without seal= and open= the operator owns the rotation and the key has no end. */
static struct rsm_key_times times_of(const struct file_state *state, uint64_t written_ms,
                                     uint64_t now_ms) {
    if (!state->periods.in_url) {
        uint64_t from = written_ms < now_ms ? written_ms : now_ms;
        return (struct rsm_key_times){from, UINT64_MAX, UINT64_MAX};
    }
    uint64_t seal_end = rsm_add_sat(written_ms, state->periods.seal_ms);
    return (struct rsm_key_times){written_ms, seal_end,
                                  rsm_add_sat(seal_end, state->periods.open_ms)};
}

static resume_status judge(const char *path, size_t line, const struct rsm_key_spec *spec,
                           char *why) {
    const char *reason = rsm_key_audit(spec);
    if (!reason) {
        return RESUME_OK;
    }
    if (line) {
        snprintf(why, RSM_WHY_SIZE, "weak key in %.100s, line %zu: %s", path, line, reason);
    } else {
        snprintf(why, RSM_WHY_SIZE, "weak key in %.100s: %s", path, reason);
    }
    return RESUME_WEAK_KEY;
}

/* The ring's file key with the same bytes, or RSM_KEYSET_MAX. */
static size_t same_key(const struct rsm_keyset *set, const struct rsm_key_spec *spec) {
    for (size_t i = 0; i < set->count; i++) {
        if (set->keys[i]->origin == RSM_KEY_FILE && rsm_key_is(set->keys[i], spec)) {
            return i;
        }
    }
    return RSM_KEYSET_MAX;
}

static enum rsm_keyfile_role role_of(uint64_t seal_from, uint64_t seal_until, uint64_t open_until) {
    if (seal_from < seal_until) {
        return RSM_KEYFILE_SEALS;
    }
    return seal_from == open_until ? RSM_KEYFILE_NEXT : RSM_KEYFILE_OPENS;
}

/* Whether a key that is in the ring goes on with its times. */
static bool keeps_times(const resume_key *key, const struct rsm_key_spec *spec, bool timed) {
    if (timed) {
        return key->seal_from == spec->seal_from && key->open_until == spec->open_until;
    }
    return role_of(key->seal_from, key->seal_until, key->open_until) ==
           role_of(spec->seal_from, spec->seal_until, spec->open_until);
}

/* A key that is known keeps its object and its times, so that touching its file prolongs nothing
 * (I-70); if its role changed, or the file itself says other times, it gets the new ones. */
static resume_status make_key(const struct rsm_keyset *current, const struct rsm_key_spec *spec,
                              bool timed, resume_key **ret_key) {
    size_t index = same_key(current, spec);
    if (index == RSM_KEYSET_MAX) {
        return rsm_key_new(spec, ret_key);
    }
    resume_key *known = current->keys[index];
    if (keeps_times(known, spec, timed)) {
        *ret_key = resume_key_ref(known);
        return RESUME_OK;
    }
    return rsm_key_with_times(known, spec->seal_from, spec->seal_until, spec->open_until, ret_key);
}

static resume_status add_key(struct rsm_keyset *next, resume_key *key, const char *path,
                             char *why) {
    resume_status status = rsm_keyset_add(next, key);
    if (status == RESUME_OK) {
        return RESUME_OK;
    }
    resume_key_unref(key);
    snprintf(why, RSM_WHY_SIZE, "%.120s: %s", path,
             status == RESUME_EXISTS ? "the ring already has a key with this name or secret"
                                     : "the ring is full");
    return status;
}

/* What one file gives, and where. */
struct loading {
    const struct rsm_keyset *current;
    struct rsm_keyset *next;
    const char *path;
    struct rsm_key_times times;
    uint64_t now_ms;
    bool only_opens; /* a file of old= */
    size_t taken;
};

static resume_status load_key(struct loading *loading, const struct rsm_keyfile *file, size_t place,
                              char *why) {
    const struct rsm_keyfile_key *read = &file->keys[place];
    enum rsm_keyfile_role role = loading->only_opens ? RSM_KEYFILE_OPENS : read->role;
    struct rsm_key_spec spec;
    rsm_key_loaded(read, role, &loading->times, &spec);
    spec.origin = RSM_KEY_FILE;
    resume_status status = judge(loading->path, read->line, &spec, why);
    resume_key *key = NULL;
    if (status == RESUME_OK) {
        status = make_key(loading->current, &spec, role == RSM_KEYFILE_TIMED, &key);
    }
    if (status != RESUME_OK) {
        return status;
    }
    if (key->open_until != UINT64_MAX && key->open_until <= loading->now_ms) {
        resume_key_unref(key);
        return RESUME_OK;
    }
    status = add_key(loading->next, key, loading->path, why);
    loading->taken += status == RESUME_OK;
    return status;
}

static resume_status load_bytes(const struct file_state *state, const struct content *content,
                                struct loading *loading, char *why) {
    struct rsm_keyfile *file = rsm_keyfile_new(state->dialect);
    char reason[RSM_WHY_SIZE] = "";
    if (!file) {
        return RESUME_E_NOMEM;
    }
    resume_status status = rsm_keyfile_parse(content->bytes, content->len, file, reason);
    if (status == RESUME_MALFORMED) {
        snprintf(why, RSM_WHY_SIZE, "%.80s is no key file of %s: %.140s", loading->path,
                 state->dialect->name, reason);
        status = RESUME_E_INVALID;
    }
    for (size_t i = 0; i < file->count && status == RESUME_OK; i++) {
        status = load_key(loading, file, i, why);
    }
    rsm_secret_free(file);
    return status;
}

static resume_status load(const struct file_state *state, size_t index,
                          const struct rsm_keyset *current, struct rsm_keyset *next,
                          uint64_t now_ms, char *why) {
    struct content content = {0};
    struct loading loading = {.current = current,
                              .next = next,
                              .path = state->paths[index],
                              .now_ms = now_ms,
                              .only_opens = index > 0};
    resume_status status = read_file(loading.path, why, &content);
    if (status == RESUME_OK) {
        loading.times = times_of(state, content.written_ms, now_ms);
        status = load_bytes(state, &content, &loading, why);
    }
    rsm_secret_free(content.bytes);
    if (status == RESUME_OK && loading.taken == 0 && index == 0) {
        snprintf(why, RSM_WHY_SIZE, "%s in %.100s has no time left",
                 state->dialect->most == 1 ? "the key" : "each key", loading.path);
        return RESUME_EXPIRED;
    }
    return status;
}

static resume_status load_all(const struct file_state *state, const struct rsm_keyset *current,
                              struct rsm_keyset *next, uint64_t now_ms, char *why) {
    resume_status status = RESUME_OK;
    for (size_t i = 0; i < state->count && status == RESUME_OK; i++) {
        status = load(state, i, current, next, now_ms, why);
    }
    return status;
}

/* Builds the new set of file keys aside and only then exchanges: all or nothing. */
static resume_status file_reload(const void *data, struct rsm_keyset *draft, uint64_t now_ms,
                                 char *why) {
    const struct file_state *state = data;
    struct rsm_keyset *current = rsm_keyset_copy(draft);
    if (!current) {
        return RESUME_E_NOMEM;
    }
    for (size_t i = draft->count; i-- > 0;) {
        if (draft->keys[i]->origin == RSM_KEY_FILE) {
            rsm_keyset_remove(draft, i);
        }
    }
    resume_status status = load_all(state, current, draft, now_ms, why);
    rsm_keyset_unref(current);
    return status;
}

static struct file_state *copy_of(const struct file_state *state) {
    struct file_state *copy = rsm_calloc(1, sizeof *copy);
    if (!copy) {
        return NULL;
    }
    *copy = *state;
    copy->count = 0;
    for (; copy->count < state->count; copy->count++) {
        const char *path = state->paths[copy->count];
        copy->paths[copy->count] = rsm_strndup(path, strlen(path));
        if (!copy->paths[copy->count]) {
            file_end(copy);
            return NULL;
        }
    }
    return copy;
}

static bool is_as_seen(const struct file_state *state) {
    for (size_t i = 0; i < state->count; i++) {
        struct rsm_file_stamp stamp = rsm_file_stamp(state->paths[i]);
        if (!rsm_file_stamp_equal(&stamp, &state->seen[i])) {
            return false;
        }
    }
    return true;
}

/* A file that was refused is not read again before it changes; where the fault may lie elsewhere,
 * it is. */
static bool is_final(const struct file_state *state, resume_status status) {
    bool missing = false;
    for (size_t i = 0; i < state->count; i++) {
        missing = missing || !state->seen[i].there;
    }
    return status >= RESUME_OK || status == RESUME_E_INVALID || (status == RESUME_E_IO && missing);
}

/* The files changed: takes them all, or none and says why. */
static resume_status take_changed(const struct file_state *next, struct rsm_keyset *draft,
                                  uint64_t now_ms, struct rsm_keyring_news *news) {
    struct rsm_keyset *trial = rsm_keyset_copy(draft);
    resume_status status = trial ? file_reload(next, trial, now_ms, news->why) : RESUME_E_NOMEM;
    if (status == RESUME_OK) {
        rsm_keyset_exchange(draft, trial);
        news->loaded = true;
    } else {
        news->failed = true;
        if (!news->why[0]) {
            snprintf(news->why, sizeof news->why, "%s", resume_status_name(status));
        }
    }
    rsm_keyset_unref(trial);
    return status;
}

static resume_status file_tick(const void *data, struct rsm_keyset *draft, uint64_t now_ms,
                               struct rsm_keyring_news *news, void **ret_state) {
    const struct file_state *state = data;
    if (!state->watched) {
        return RESUME_OK;
    }
    draft->due_ms = rsm_add_sat(now_ms, LOOK_MS);
    draft->before_ms = rsm_sub_sat(now_ms, BACK_MS);
    if (is_as_seen(state)) {
        return RESUME_OK;
    }
    struct file_state *next = copy_of(state);
    if (!next) {
        return RESUME_E_NOMEM;
    }
    look(next); /* before reading: what changes meanwhile is seen the next time */
    if (is_final(next, take_changed(next, draft, now_ms, news))) {
        *ret_state = next;
    } else {
        file_end(next);
    }
    return RESUME_OK;
}

const struct rsm_keyring_source rsm_keyring_file = {
    .scheme = "file",
    .params = "dialect, old, seal, open, watch",
    .begin = file_begin,
    .end = file_end,
    .tick = file_tick,
    .reload = file_reload,
};
