/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pre_shared_key extension of a ClientHello (RFC 8446 section 4.2.11): identities and binders.
 * Not the check of a binder, which needs keys.
 */
#ifndef RSM_WIRE_PSK_H
#define RSM_WIRE_PSK_H

#include "wire/extensions.h"

/* Both lists without their lengths, checked to be filled and to have as many entries each. */
struct rsm_psk_list {
    struct rsm_slice identities;
    struct rsm_slice binders;
    size_t count;
};

struct rsm_psk {
    struct rsm_slice identity;
    uint32_t obfuscated_ticket_age;
    struct rsm_slice binder;
};

/* RESUME_FAULT_NONE, or RESUME_FAULT_PRE_SHARED_KEY with the output untouched. */
resume_fault rsm_psk_parse(struct rsm_slice value, struct rsm_psk_list *ret_list);

/* The index-th pair of a parsed list; false if there are not as many. */
bool rsm_psk_nth(const struct rsm_psk_list *list, size_t index, struct rsm_psk *ret_psk);

#endif
