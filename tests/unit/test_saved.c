/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a client may offer: when two of them are the same, and what they take.
 */
#include "client_fixture.h"

#include "core/saved.h"

static resume_saved *made(uint64_t seed, uint16_t version, const char *ticket) {
    resume_session *session = session_like((struct shape){.seed = seed, .version = version});
    resume_saved *saved = rsm_saved_new(session, (const uint8_t *)ticket, strlen(ticket));
    assert_non_null(saved);
    resume_session_unref(session);
    return saved;
}

static void the_same_is_what_offers_the_same(void **state) {
    (void)state;
    resume_saved *saved[] = {made(1, TLS12, "ticket"), made(1, TLS12, "ticket"),
                             made(1, TLS12, "tickeT"), made(1, TLS12, "ticke"),
                             made(2, TLS12, "ticket"), made(1, TLS13, "ticket")};
    assert_true(rsm_saved_same(saved[0], saved[0]));
    assert_true(rsm_saved_same(saved[0], saved[1]));
    for (size_t i = 2; i < 6; i++) {
        assert_false(rsm_saved_same(saved[0], saved[i]));
        assert_false(rsm_saved_same(saved[i], saved[0]));
    }
    assert_false(rsm_saved_is_single_use(saved[0]));
    assert_true(rsm_saved_is_single_use(saved[5]));
    for (size_t i = 0; i < 6; i++) {
        resume_saved_unref(saved[i]);
    }
}

static void the_size_counts_session_and_ticket(void **state) {
    (void)state;
    resume_saved *bare = made(1, TLS12, "");
    resume_saved *saved = made(1, TLS12, "0123456789");
    size_t native_len = 0;
    const uint8_t *native = NULL;
    OK(resume_session_to_native(resume_saved_session(saved), &native, &native_len));
    assert_int_equal(rsm_saved_size(saved), rsm_saved_size(bare) + 10);
    assert_true(rsm_saved_size(bare) > native_len);
    assert_null(resume_saved_ticket(bare, NULL));
    resume_saved_unref(bare);
    resume_saved_unref(saved);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_is_what_offers_the_same),
        cmocka_unit_test(the_size_counts_session_and_ticket),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
