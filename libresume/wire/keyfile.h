/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ticket-key files of other servers: which bytes of a file are name, AES key and HMAC key, and
 * which key seals. One const table entry for each dialect. Most are random bytes without a mark, so
 * the caller names the dialect; nothing is guessed. Pure: touches no file and judges no key.
 */
#ifndef RSM_WIRE_KEYFILE_H
#define RSM_WIRE_KEYFILE_H

#include <resume/status.h>

#include "base/buffer.h"

/* The longest file of any dialect, and the most keys in one. */
#define RSM_KEYFILE_MAX  32768U
#define RSM_KEYFILE_KEYS 64U

#define RSM_KEYFILE_NAME 16U
#define RSM_KEYFILE_SEED 32U
/* h2o's HMAC keys fill the digest's block. */
#define RSM_KEYFILE_MAC_MAX 64U

/* h2o's not_before and not_after of a key without end: the last second of the year 9999. */
#define RSM_KEYFILE_NO_END UINT64_C(253402300799)

/* What the file says about when a key seals. */
enum rsm_keyfile_role {
    RSM_KEYFILE_OPENS,
    RSM_KEYFILE_SEALS,
    RSM_KEYFILE_NEXT, /* opens already, and will seal one day */
    RSM_KEYFILE_TIMED /* not_before and not_after say it */
};

struct rsm_keyfile_key {
    uint8_t name[RSM_KEYFILE_NAME];
    uint8_t cipher_key[32];
    uint8_t mac_key[RSM_KEYFILE_MAC_MAX];
    uint8_t seed[RSM_KEYFILE_SEED]; /* from which the others follow, if has_seed */
    bool has_seed;
    enum rsm_keyfile_role role;
    size_t age;        /* of OPENS and SEALS: how many keys of the file are newer */
    size_t cipher_len; /* 16 or 32 */
    size_t mac_len;    /* cipher_len or 64 */
    uint64_t not_before_s, not_after_s; /* of TIMED */
    size_t line;                        /* where it stands in a text; 0 in binary files */
};

/* Keys in the order of the file. In locked memory: free it with rsm_secret_free(). */
struct rsm_keyfile {
    const struct rsm_keyfile_dialect *dialect;
    size_t room; /* keys that fit */
    size_t count;
    struct rsm_keyfile_key keys[];
};

/* Which keys of a file seal. */
enum rsm_keyfile_sealer {
    RSM_KEYFILE_FIRST,
    RSM_KEYFILE_LAST,
    RSM_KEYFILE_PENULTIMATE, /* and the last is the next one */
    RSM_KEYFILE_BY_TIME
};

/* One form of a key in bytes: the name, and then the two secrets. */
struct rsm_keyfile_layout {
    size_t len; /* 0: no such layout */
    size_t key_len;
    size_t cipher_at;
    size_t mac_at;
};

#define RSM_KEYFILE_LAYOUTS 2U

struct rsm_keyfile_dialect {
    const char *name;
    const char *sizes; /* of one key, for messages */
    enum rsm_keyfile_sealer sealer;
    size_t least, most; /* keys in one file */
    struct rsm_keyfile_layout layouts[RSM_KEYFILE_LAYOUTS];
    /* RESUME_OK; RESUME_MALFORMED with `why` (RSM_WHY_SIZE bytes, no secret); RESUME_E_CRYPTO. */
    resume_status (*parse)(const uint8_t *data, size_t len, struct rsm_keyfile *file, char *why);
    /* Appends one key. RESUME_OK, or RESUME_UNSUPPORTED and why. */
    resume_status (*write)(const struct rsm_keyfile_dialect *dialect,
                           const struct rsm_keyfile_key *key, struct rsm_buffer *out, char *why);
};

/* NULL for a name that is not known, and past the end of the list. */
const struct rsm_keyfile_dialect *rsm_keyfile_dialect(const char *name);
const struct rsm_keyfile_dialect *rsm_keyfile_dialect_at(size_t index);

/* "nginx, openssl, ..": for messages. */
const char *rsm_keyfile_dialects(void);

/* An empty file with room for as many keys as the dialect has; NULL without memory. */
struct rsm_keyfile *rsm_keyfile_new(const struct rsm_keyfile_dialect *dialect);

/* Fills an empty file. What it gives, rsm_keyfile_write() writes with the same meaning.
 * RESUME_OK; RESUME_MALFORMED and why; RESUME_E_CRYPTO. */
resume_status rsm_keyfile_parse(const uint8_t *data, size_t len, struct rsm_keyfile *file,
                                char *why);

/* The keys must stand in the order that the dialect's sealer wants. RESUME_OK; RESUME_UNSUPPORTED
 * and why, if the dialect has no place for such keys or so many; RESUME_E_NOMEM. */
resume_status rsm_keyfile_write(const struct rsm_keyfile *file, struct rsm_buffer *out, char *why);

/* ---- for the dialects' own files. */

/* The layout of so many bytes, or of a key with so long secrets; NULL if there is none. */
const struct rsm_keyfile_layout *
rsm_keyfile_layout_of_len(const struct rsm_keyfile_dialect *dialect, size_t len);
const struct rsm_keyfile_layout *
rsm_keyfile_layout_of_key(const struct rsm_keyfile_dialect *dialect,
                          const struct rsm_keyfile_key *key);
void rsm_keyfile_cut(const struct rsm_keyfile_layout *layout, const uint8_t *bytes,
                     struct rsm_keyfile_key *ret_key);
void rsm_keyfile_join(const struct rsm_keyfile_layout *layout, const struct rsm_keyfile_key *key,
                      uint8_t *out);
/* RESUME_UNSUPPORTED, and why: the key's secrets have a length that the dialect does not know. */
resume_status rsm_keyfile_no_place(const struct rsm_keyfile_dialect *dialect,
                                   const struct rsm_keyfile_key *key, char *why);

/* A text, line by line, without its line ends. */
struct rsm_keyfile_lines {
    const uint8_t *p;
    size_t left;
    size_t number; /* of the line that was given last, from 1 on */
};
bool rsm_keyfile_next_line(struct rsm_keyfile_lines *lines, const uint8_t **ret_line,
                           size_t *ret_len);

/* Makes a key from Go's 32 bytes. RESUME_OK or RESUME_E_CRYPTO. */
resume_status rsm_keyfile_from_seed(const uint8_t *seed, struct rsm_keyfile_key *ret_key);

/* keyfile_lines.c */
resume_status rsm_keyfile_parse_base64(const uint8_t *data, size_t len, struct rsm_keyfile *file,
                                       char *why);
resume_status rsm_keyfile_write_base64(const struct rsm_keyfile_dialect *dialect,
                                       const struct rsm_keyfile_key *key, struct rsm_buffer *out,
                                       char *why);
/* keyfile_go.c */
resume_status rsm_keyfile_parse_seed_lines(const uint8_t *data, size_t len,
                                           struct rsm_keyfile *file, char *why);
resume_status rsm_keyfile_write_seed_line(const struct rsm_keyfile_dialect *dialect,
                                          const struct rsm_keyfile_key *key, struct rsm_buffer *out,
                                          char *why);
resume_status rsm_keyfile_parse_seeds(const uint8_t *data, size_t len, struct rsm_keyfile *file,
                                      char *why);
resume_status rsm_keyfile_write_seed(const struct rsm_keyfile_dialect *dialect,
                                     const struct rsm_keyfile_key *key, struct rsm_buffer *out,
                                     char *why);
/* keyfile_h2o.c */
resume_status rsm_keyfile_parse_h2o(const uint8_t *data, size_t len, struct rsm_keyfile *file,
                                    char *why);
resume_status rsm_keyfile_write_h2o(const struct rsm_keyfile_dialect *dialect,
                                    const struct rsm_keyfile_key *key, struct rsm_buffer *out,
                                    char *why);

#endif
