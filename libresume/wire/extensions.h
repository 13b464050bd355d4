/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The extensions of hello messages (RFC 5246 section 7.4.1.4): walking a list, finding one that
 * comes twice, and the checks of those that resumption looks at. Not for pre_shared_key (psk.h).
 */
#ifndef RSM_WIRE_EXTENSIONS_H
#define RSM_WIRE_EXTENSIONS_H

#include <resume/hello.h>

#include "base/bytes.h"

#define RSM_EXTENSION_SERVER_NAME            0U
#define RSM_EXTENSION_ALPN                   16U
#define RSM_EXTENSION_EXTENDED_MASTER_SECRET 23U
#define RSM_EXTENSION_SESSION_TICKET         35U
#define RSM_EXTENSION_PRE_SHARED_KEY         41U
#define RSM_EXTENSION_EARLY_DATA             42U
#define RSM_EXTENSION_SUPPORTED_VERSIONS     43U
#define RSM_EXTENSION_PSK_MODES              45U

/* Foreign bytes, borrowed. NULL is absent; what is there and empty is not NULL. */
struct rsm_slice {
    const uint8_t *data;
    size_t len;
};

struct rsm_extension {
    uint16_t type;
    struct rsm_slice value;
};

/* Takes the next extension of a list. False at its end, and with the reader bad if the bytes make
 * none. */
static inline bool rsm_extension_take(struct rsm_reader *reader, struct rsm_extension *ret_next) {
    if (!reader->left) {
        return false;
    }
    ret_next->type = rsm_take16(reader);
    ret_next->value.len = rsm_take16(reader);
    ret_next->value.data = rsm_take(reader, ret_next->value.len);
    return !reader->bad;
}

/* How many types from 64 on a walk remembers without further ado. */
#define RSM_WALK_TYPES 16

/* A walk that also sees what comes twice. A list of n bytes takes time in O(n) and no heap. */
struct rsm_walk {
    struct rsm_slice list;
    struct rsm_reader reader;
    uint64_t low;                  /* one bit for each type below 64 */
    uint16_t high[RSM_WALK_TYPES]; /* the others */
    uint32_t high_count;
    bool unique; /* the whole list is known to be without duplicates */
    resume_fault fault;
};

struct rsm_walk rsm_walk_of(struct rsm_slice list);

/* The next extension. False at the end; the walk then has the fault, RESUME_FAULT_NONE if all is
 * well. */
bool rsm_walk_next(struct rsm_walk *walk, struct rsm_extension *ret_next);

/* The value of an extension of a list that was walked; data is NULL if it is absent. */
struct rsm_slice rsm_extensions_find(struct rsm_slice list, uint16_t type);

/* The checks of single values, as a client sends them. Each gives RESUME_FAULT_NONE, or its fault
 * with the output untouched. */

/* The host name without its frame (RFC 6066 section 3). */
resume_fault rsm_server_name_parse(struct rsm_slice value, struct rsm_slice *ret_name);
/* The list of names without its length (RFC 7301 section 3.1). */
resume_fault rsm_alpn_parse(struct rsm_slice value, struct rsm_slice *ret_names);
/* The list of versions without its length (RFC 8446 section 4.2.1). */
resume_fault rsm_versions_parse(struct rsm_slice value, struct rsm_slice *ret_versions);
/* The modes as bits (RFC 8446 section 4.2.9). */
resume_fault rsm_psk_modes_parse(struct rsm_slice value, uint32_t *ret_modes);

/* Whether a list of numbers of two bytes has a number. */
bool rsm_list16_has(struct rsm_slice list, uint16_t number);

#endif
