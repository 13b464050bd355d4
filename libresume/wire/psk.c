/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading pre_shared_key: identity<1..2^16-1> and its age, binder<32..255>, as many of the one as
 * of the other.
 */
#include "wire/psk.h"

#define BINDER_MIN 32

static bool take_identity(struct rsm_reader *reader, struct rsm_psk *psk) {
    psk->identity.len = rsm_take16(reader);
    psk->identity.data = rsm_take(reader, psk->identity.len);
    psk->obfuscated_ticket_age = rsm_take32(reader);
    return !reader->bad && psk->identity.len > 0;
}

static bool take_binder(struct rsm_reader *reader, struct rsm_psk *psk) {
    psk->binder.len = rsm_take8(reader);
    psk->binder.data = rsm_take(reader, psk->binder.len);
    return !reader->bad && psk->binder.len >= BINDER_MIN;
}

static struct rsm_slice take_list(struct rsm_reader *reader) {
    struct rsm_slice list = {NULL, rsm_take16(reader)};
    list.data = rsm_take(reader, list.len);
    return list;
}

/* Walks both lists side by side; stops where either one ends or breaks. */
static bool walk(struct rsm_psk_list *list) {
    struct rsm_reader identities = rsm_reader_of(list->identities.data, list->identities.len);
    struct rsm_reader binders = rsm_reader_of(list->binders.data, list->binders.len);
    struct rsm_psk psk;
    while (identities.left && binders.left) {
        if (!take_identity(&identities, &psk) || !take_binder(&binders, &psk)) {
            return false;
        }
        list->count++;
    }
    return list->count && !identities.left && !binders.left;
}

resume_fault rsm_psk_parse(struct rsm_slice value, struct rsm_psk_list *ret_list) {
    struct rsm_reader reader = rsm_reader_of(value.data, value.len);
    struct rsm_psk_list list = {0};
    list.identities = take_list(&reader);
    list.binders = take_list(&reader);
    if (reader.bad || reader.left || !walk(&list)) {
        return RESUME_FAULT_PRE_SHARED_KEY;
    }
    *ret_list = list;
    return RESUME_FAULT_NONE;
}

bool rsm_psk_nth(const struct rsm_psk_list *list, size_t index, struct rsm_psk *ret_psk) {
    if (index >= list->count) {
        return false;
    }
    struct rsm_reader identities = rsm_reader_of(list->identities.data, list->identities.len);
    struct rsm_reader binders = rsm_reader_of(list->binders.data, list->binders.len);
    bool well = true;
    for (size_t i = 0; well && i <= index; i++) {
        well = take_identity(&identities, ret_psk) && take_binder(&binders, ret_psk);
    }
    return well;
}
