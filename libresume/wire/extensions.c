/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Walking extensions and checking their values. No allocation; hostile lists of 16,383 empty
 * extensions cost no more for each than short ones.
 */
#include "wire/extensions.h"

#define HOST_NAME     0
#define HOST_NAME_MAX 255

struct rsm_walk rsm_walk_of(struct rsm_slice list) {
    struct rsm_walk walk = {.list = list, .reader = rsm_reader_of(list.data, list.len)};
    return walk;
}

/* One bit for each type there is: 8 KiB of stack and of zeros, so only for lists that no ordinary
 * client sends. A broken frame ends it early, the walk itself finds that. */
static bool repeats(struct rsm_slice list) {
    uint64_t seen[(UINT16_MAX + 1) / 64] = {0};
    struct rsm_reader reader = rsm_reader_of(list.data, list.len);
    struct rsm_extension next;
    while (rsm_extension_take(&reader, &next)) {
        uint64_t bit = UINT64_C(1) << next.type % 64;
        if (seen[next.type / 64] & bit) {
            return true;
        }
        seen[next.type / 64] |= bit;
    }
    return false;
}

/* True if the type was there before. */
static bool remember(struct rsm_walk *walk, uint16_t type) {
    if (walk->unique) {
        return false;
    }
    if (type < 64) {
        uint64_t bit = UINT64_C(1) << type;
        bool there = walk->low & bit;
        walk->low |= bit;
        return there;
    }
    for (uint32_t i = 0; i < walk->high_count; i++) {
        if (walk->high[i] == type) {
            return true;
        }
    }
    if (walk->high_count < RSM_WALK_TYPES) {
        walk->high[walk->high_count++] = type;
        return false;
    }
    walk->unique = !repeats(walk->list);
    return !walk->unique;
}

bool rsm_walk_next(struct rsm_walk *walk, struct rsm_extension *ret_next) {
    if (!rsm_extension_take(&walk->reader, ret_next)) {
        walk->fault = walk->reader.bad ? RESUME_FAULT_EXTENSIONS : walk->fault;
        return false;
    }
    if (remember(walk, ret_next->type)) {
        walk->fault = RESUME_FAULT_DUPLICATE_EXTENSION;
        walk->reader.left = 0; /* nothing comes after a fault */
        return false;
    }
    return true;
}

struct rsm_slice rsm_extensions_find(struct rsm_slice list, uint16_t type) {
    struct rsm_reader reader = rsm_reader_of(list.data, list.len);
    struct rsm_extension next;
    while (rsm_extension_take(&reader, &next)) {
        if (next.type == type) {
            return next.value;
        }
    }
    return (struct rsm_slice){0};
}

/* RFC 4366 and 6066 wrote the list for several names of several types, but a name of an unknown
 * type has no length that one could skip: one host name is all there can be. */
resume_fault rsm_server_name_parse(struct rsm_slice value, struct rsm_slice *ret_name) {
    struct rsm_reader reader = rsm_reader_of(value.data, value.len);
    uint16_t list_len = rsm_take16(&reader);
    size_t list_left = reader.left;
    uint8_t type = rsm_take8(&reader);
    uint16_t len = rsm_take16(&reader);
    const uint8_t *name = rsm_take(&reader, len);
    if (reader.bad || reader.left || list_len != list_left || type != HOST_NAME || !len ||
        len > HOST_NAME_MAX || !rsm_is_printable(name, len)) {
        return RESUME_FAULT_SERVER_NAME; /* I-121 */
    }
    *ret_name = (struct rsm_slice){name, len};
    return RESUME_FAULT_NONE;
}

resume_fault rsm_alpn_parse(struct rsm_slice value, struct rsm_slice *ret_names) {
    struct rsm_reader reader = rsm_reader_of(value.data, value.len);
    uint16_t list_len = rsm_take16(&reader);
    struct rsm_slice names = {reader.p, reader.left};
    if (reader.bad || !list_len || list_len != names.len) {
        return RESUME_FAULT_ALPN;
    }
    while (reader.left) {
        uint8_t len = rsm_take8(&reader);
        if (!len || !rsm_take(&reader, len)) {
            return RESUME_FAULT_ALPN;
        }
    }
    *ret_names = names;
    return RESUME_FAULT_NONE;
}

resume_fault rsm_versions_parse(struct rsm_slice value, struct rsm_slice *ret_versions) {
    struct rsm_reader reader = rsm_reader_of(value.data, value.len);
    uint8_t len = rsm_take8(&reader);
    if (reader.bad || len != reader.left || !len || len % 2) {
        return RESUME_FAULT_SUPPORTED_VERSIONS;
    }
    *ret_versions = (struct rsm_slice){reader.p, len};
    return RESUME_FAULT_NONE;
}

resume_fault rsm_psk_modes_parse(struct rsm_slice value, uint32_t *ret_modes) {
    static const uint32_t bits[] = {RESUME_PSK_KE, RESUME_PSK_DHE_KE};
    struct rsm_reader reader = rsm_reader_of(value.data, value.len);
    uint8_t len = rsm_take8(&reader);
    if (reader.bad || len != reader.left || !len) {
        return RESUME_FAULT_PSK_KEY_EXCHANGE_MODES;
    }
    uint32_t modes = 0;
    for (size_t i = 0; i < len; i++) {
        modes |= reader.p[i] < 2 ? bits[reader.p[i]] : 0; /* others are GREASE or to come */
    }
    *ret_modes = modes;
    return RESUME_FAULT_NONE;
}

bool rsm_list16_has(struct rsm_slice list, uint16_t number) {
    for (size_t i = 0; i + 1 < list.len; i += 2) {
        if (rsm_get16(list.data + i) == number) {
            return true;
        }
    }
    return false;
}
