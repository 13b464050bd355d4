/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A piece of memory that processes share: an anonymous one for the children of this process, or a
 * file for whoever opens it. Here are its header, its making and its checks; what lies in it is a
 * table (table.h).
 *
 *     header, a page | one lock for each shard, 128 bytes each | the table's region
 *
 * The header says by which layout the rest was written, so that another version of the library
 * never misreads it (I-106), and is authenticated under the caller's secret. A
 * caller without one finds the secret in the header: it then keeps torn and damaged records out,
 * and not those who can read the file. A file is complete before it gets its name, and is only
 * replaced as a whole: those who have the old one mapped keep it.
 */
#ifndef RSM_STORE_SEGMENT_H
#define RSM_STORE_SEGMENT_H

#include "base/url.h"
#include "store/table.h"

#define RSM_SEGMENT_SECRET 32U

struct rsm_segment {
    uint8_t *map;
    size_t size;
    struct rsm_table_config config;     /* with the hash key of the header */
    uint8_t secret[RSM_SEGMENT_SECRET]; /* out of the header, where the caller had none */
    struct rsm_robust_line *locks;
    void *region;
    bool replaced; /* the file there was of another layout, of another size, or damaged */
};

/*
 * Makes or opens one. path NULL: anonymous. config.key is set from random bytes or from the file.
 * secret is what authenticates the header; length 0: nothing but a checksum of it does.
 * RESUME_OK; RESUME_E_INVALID (another owner, a mode that lets others in, another secret, not a
 * file), RESUME_E_IO, RESUME_E_NOMEM, RESUME_E_CRYPTO, RESUME_E_UNSUPPORTED (no robust locks), with
 * a text in why (RSM_WHY_SIZE).
 */
resume_status rsm_segment_open(const char *path, const struct rsm_table_config *config,
                               const uint8_t *secret, size_t secret_len, char *why,
                               struct rsm_segment *ret_segment);

void rsm_segment_close(struct rsm_segment *segment);

#endif
