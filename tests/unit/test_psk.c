/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pre_shared_key: both lists, their limits, and each way in which they can disagree.
 */
#include "message_fixture.h"

#include "wire/psk.h"

static struct draft draft;

/* So many identities of identity_len bytes, so many binders of binder_len bytes. */
static void write_lists(size_t identity_count, size_t identity_len, size_t binder_count,
                        size_t binder_len) {
    draft.len = 0;
    size_t identities = open_(&draft, 2);
    for (size_t i = 0; i < identity_count; i++) {
        size_t identity = open_(&draft, 2);
        put_many(&draft, (unsigned)i & 0xFF, identity_len);
        close_(&draft, identity, 2);
        put16(&draft, 0xa9e0);
        put16(&draft, (unsigned)i);
    }
    close_(&draft, identities, 2);
    size_t binders = open_(&draft, 2);
    for (size_t i = 0; i < binder_count; i++) {
        put8(&draft, (unsigned)binder_len);
        put_many(&draft, 0x80 | ((unsigned)i & 0x7F), binder_len);
    }
    close_(&draft, binders, 2);
}

/* Parses, and reads each pair. */
static bool parses(void) {
    struct rsm_psk_list list = {.count = 77};
    struct rsm_psk psk;
    uint8_t *copy = exact_copy(draft.data, draft.len);
    resume_fault fault = rsm_psk_parse((struct rsm_slice){copy, draft.len}, &list);
    assert_true(fault == RESUME_FAULT_NONE || fault == RESUME_FAULT_PRE_SHARED_KEY);
    if (fault) {
        assert_int_equal(list.count, 77);
    }
    for (size_t i = 0; !fault && i < list.count; i++) {
        assert_true(rsm_psk_nth(&list, i, &psk));
        assert_int_equal(psk.obfuscated_ticket_age, 0xa9e00000 + i);
        assert_int_equal(psk.identity.data[psk.identity.len - 1], i & 0xFF);
        assert_int_equal(psk.binder.data[psk.binder.len - 1], 0x80 | (i & 0x7F));
    }
    assert_true(fault || !rsm_psk_nth(&list, list.count, &psk));
    free(copy);
    return !fault;
}

static bool lists(size_t identity_count, size_t identity_len, size_t binder_count,
                  size_t binder_len) {
    write_lists(identity_count, identity_len, binder_count, binder_len);
    return parses();
}

static void limits(void **state) {
    (void)state;
    assert_true(lists(1, 1, 1, 32));
    assert_false(lists(1, 0, 1, 32));
    assert_false(lists(1, 1, 1, 31));
    assert_false(lists(1, 1, 1, 0));
    assert_true(lists(1, 1, 1, 255));
    assert_true(lists(1, 65529, 1, 32)); /* its list is full */
    assert_true(lists(1985, 20, 1985, 32));
}

static void counts(void **state) {
    (void)state;
    assert_false(lists(0, 0, 0, 0));
    assert_false(lists(0, 0, 1, 32));
    assert_false(lists(1, 1, 0, 0));
    assert_false(lists(2, 1, 1, 32));
    assert_false(lists(1, 1, 2, 32));
    assert_true(lists(3, 1, 3, 32));
}

static void I_155_damage(void **state) {
    (void)state;
    write_lists(2, 40, 2, 32);
    size_t len = draft.len;
    for (draft.len = 0; draft.len < len; draft.len++) {
        assert_false(parses());
    }
    put8(&draft, 0);
    assert_false(parses()); /* trailing */
    write_lists(2, 40, 2, 32);
    static const size_t lengths[] = {0, 1, 2, 3, 48, 49, 94, 95, 96, 129};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            draft.data[lengths[i]] ^= (uint8_t)(1U << bit);
            assert_false(parses());
            draft.data[lengths[i]] ^= (uint8_t)(1U << bit);
        }
    }
    assert_true(parses());
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limits),
        cmocka_unit_test(counts),
        cmocka_unit_test(I_155_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
