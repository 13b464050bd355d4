/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A ring's keys as another server's key file: which keys, and in which order, so that there the
 * same key seals. Not how a key is written: wire/keyfile.h.
 */
#include "core/keyring.h"

#include "base/bytes.h"
#include "base/file.h"
#include "base/secret.h"
#include "wire/keyfile.h"

#include <stdio.h>

_Static_assert(RESUME_KEYRING_FILE_MAX == RSM_KEYFILE_MAX, "one limit");
_Static_assert(RSM_KEYFILE_KEYS == RSM_KEYSET_MAX, "every ring fits");

/* The keys of a ring by what they do now. All borrowed. */
struct roles {
    const resume_key *sealing;
    size_t next_count, old_count;
    const resume_key *next[RSM_KEYSET_MAX]; /* the soonest first */
    const resume_key *old[RSM_KEYSET_MAX];  /* the newest first */
    uint64_t now_ms;
};

static void sort_out(const struct rsm_keyset *set, uint64_t now_ms, struct roles *roles) {
    *roles = (struct roles){.sealing = rsm_keyset_sealing(set, now_ms), .now_ms = now_ms};
    for (size_t i = 0; i < set->count; i++) { /* the latest first */
        const resume_key *key = set->keys[i];
        if (key != roles->sealing && key->seal_from <= now_ms) {
            roles->old[roles->old_count++] = key;
        }
    }
    for (size_t i = set->count; i-- > 0;) {
        if (set->keys[i]->seal_from > now_ms) {
            roles->next[roles->next_count++] = set->keys[i];
        }
    }
}

static struct rsm_keyfile_key *put(struct rsm_keyfile *file, const resume_key *key) {
    struct rsm_keyfile_key *to = &file->keys[file->count++];
    *to = (struct rsm_keyfile_key){
        .has_seed = key->has_seed, .cipher_len = key->size, .mac_len = key->mac_size};
    memcpy(to->name, key->name, RSM_KEY_NAME);
    memcpy(to->cipher_key, key->secret->cipher_key, key->size);
    memcpy(to->mac_key, key->secret->mac_key, key->mac_size);
    memcpy(to->seed, key->secret->seed, RSM_KEY_SEED);
    return to;
}

static uint64_t to_seconds(uint64_t ms) {
    return ms / 1000 < RSM_KEYFILE_NO_END ? ms / 1000 : RSM_KEYFILE_NO_END;
}

static void put_timed(struct rsm_keyfile *file, const resume_key *key, uint64_t not_before_s) {
    uint64_t end = to_seconds(key->open_until);
    struct rsm_keyfile_key *to = put(file, key);
    to->role = RSM_KEYFILE_TIMED;
    to->not_before_s = not_before_s < end ? not_before_s : end;
    to->not_after_s = end;
}

/* h2o lets the newest key with not_before <= now seal, in whole seconds: the next ones must not
 * come early and the old ones must not look as new as the one that seals. */
static void arrange_by_time(const struct roles *roles, struct rsm_keyfile *file) {
    for (size_t i = roles->next_count; i-- > 0;) {
        const resume_key *key = roles->next[i];
        put_timed(file, key, to_seconds(rsm_add_sat(key->seal_from, 999)));
    }
    uint64_t before = to_seconds(roles->now_ms);
    if (roles->sealing) {
        before = to_seconds(roles->sealing->seal_from);
        put_timed(file, roles->sealing, before);
    }
    for (size_t i = 0; i < roles->old_count; i++) {
        uint64_t from = to_seconds(roles->old[i]->seal_from);
        before = rsm_sub_sat(before, 1);
        before = from < before ? from : before;
        put_timed(file, roles->old[i], before);
    }
}

static void arrange_first(const struct roles *roles, struct rsm_keyfile *file) {
    put(file, roles->sealing);
    for (size_t i = 0; i < roles->next_count; i++) {
        put(file, roles->next[i]);
    }
    for (size_t i = 0; i < roles->old_count; i++) {
        put(file, roles->old[i]);
    }
}

static void arrange_last(const struct roles *roles, struct rsm_keyfile *file) {
    for (size_t i = roles->old_count; i-- > 0;) {
        put(file, roles->old[i]);
    }
    for (size_t i = roles->next_count; i-- > 0;) {
        put(file, roles->next[i]);
    }
    put(file, roles->sealing);
}

/* The newest of the old keys, the one that seals, the next one. In the first place a second next
 * key does as well: there it only opens. */
static resume_status arrange_penultimate(const struct roles *roles, struct rsm_keyfile *file,
                                         char *why) {
    if (roles->next_count == 0 || roles->old_count + roles->next_count < 2) {
        snprintf(why, RSM_WHY_SIZE,
                 "a file of %s has at least 3 keys: an older one, the one that seals and the next; "
                 "this ring has no %s",
                 file->dialect->name,
                 roles->next_count == 0 ? "next key: add one whose seal_from is in the future"
                                        : "older key");
        return RESUME_UNSUPPORTED;
    }
    put(file, roles->old_count ? roles->old[0] : roles->next[1]);
    put(file, roles->sealing);
    put(file, roles->next[0]);
    return RESUME_OK;
}

static resume_status arrange(const struct rsm_keyset *set, uint64_t now_ms,
                             struct rsm_keyfile *file, char *why) {
    struct roles roles;
    sort_out(set, now_ms, &roles);
    if (file->dialect->sealer == RSM_KEYFILE_BY_TIME && set->count > 0) {
        arrange_by_time(&roles, file);
        return RESUME_OK;
    }
    if (!roles.sealing) {
        snprintf(why, RSM_WHY_SIZE, "no key of the ring seals now");
        return RESUME_NO_KEY;
    }
    if (file->dialect->most == 1) {
        put(file, roles.sealing);
        return RESUME_OK;
    }
    switch (file->dialect->sealer) {
    case RSM_KEYFILE_FIRST:
        arrange_first(&roles, file);
        break;
    case RSM_KEYFILE_LAST:
        arrange_last(&roles, file);
        break;
    case RSM_KEYFILE_BY_TIME:
        break; /* done above */
    case RSM_KEYFILE_PENULTIMATE:
        return arrange_penultimate(&roles, file, why);
    }
    return RESUME_OK;
}

static resume_status choose_one(const struct rsm_keyset *set, size_t index,
                                struct rsm_keyfile *file, char *why) {
    if (index >= set->count) {
        snprintf(why, RSM_WHY_SIZE, "no key at place %zu: the ring has %zu", index, set->count);
        return RESUME_MISS;
    }
    if (file->dialect->sealer == RSM_KEYFILE_BY_TIME) {
        put_timed(file, set->keys[index], to_seconds(set->keys[index]->seal_from));
    } else {
        put(file, set->keys[index]);
    }
    return RESUME_OK;
}

static struct rsm_keyset *snapshot(resume_keyring *ring) {
    RSM_LOCKED(&ring->lock);
    return rsm_keyset_ref(ring->set);
}

static resume_status write_file(resume_keyring *ring, int index, uint64_t now_ms,
                                struct rsm_keyfile *file, struct rsm_buffer *out, char *why) {
    resume_status status = resume_keyring_tick(ring, now_ms);
    if (status != RESUME_OK) {
        return status;
    }
    struct rsm_keyset *set = snapshot(ring);
    status =
        index < 0 ? arrange(set, now_ms, file, why) : choose_one(set, (size_t)index, file, why);
    rsm_keyset_unref(set);
    return status == RESUME_OK ? rsm_keyfile_write(file, out, why) : status;
}

static resume_status export(resume_keyring *ring, const char *name, int index, uint64_t now_ms,
                            struct rsm_buffer *out, resume_keyring_options *options) {
    char why[RSM_WHY_SIZE] = "";
    const struct rsm_keyfile_dialect *dialect = rsm_keyfile_dialect(name);
    resume_status status = RESUME_E_NOMEM;
    if (!dialect) {
        status = rsm_keyring_no_dialect(name, why);
    } else {
        struct rsm_keyfile *file = rsm_keyfile_new(dialect);
        status = file ? write_file(ring, index, now_ms, file, out, why) : RESUME_E_NOMEM;
        rsm_secret_free(file);
    }
    rsm_keyring_tell(options, status, why);
    return status;
}

static bool may_export(const resume_keyring *keyring, const char *dialect, int index,
                       uint64_t now_ms) {
    return keyring && dialect && index >= -1 && now_ms <= RSM_NOW_MAX;
}

resume_status resume_keyring_export(resume_keyring *keyring, const char *dialect, int index,
                                    resume_keyring_options *options, uint64_t now_ms, uint8_t *buf,
                                    size_t buf_cap, size_t *ret_len) {
    if (!may_export(keyring, dialect, index, now_ms) || (!buf && buf_cap) || !ret_len) {
        return RESUME_E_INVALID;
    }
    struct rsm_buffer out = {0};
    resume_status status = export(keyring, dialect, index, now_ms, &out, options);
    if (status == RESUME_OK) {
        *ret_len = out.len;
        if (buf && out.data && out.len <= buf_cap) {
            memcpy(buf, out.data, out.len);
        } else {
            status = RESUME_E_BUFFER;
        }
    }
    rsm_buffer_free(&out);
    return status;
}

resume_status resume_keyring_save(resume_keyring *keyring, const char *dialect, int index,
                                  const char *path, resume_keyring_options *options,
                                  uint64_t now_ms) {
    if (!may_export(keyring, dialect, index, now_ms) || !path) {
        return RESUME_E_INVALID;
    }
    struct rsm_buffer out = {0};
    resume_status status = export(keyring, dialect, index, now_ms, &out, options);
    if (status == RESUME_OK) {
        char why[RSM_WHY_SIZE] = "";
        status = rsm_file_replace(path, out.data, out.len, why);
        rsm_keyring_tell(options, status, why);
    }
    rsm_buffer_free(&out);
    return status;
}
