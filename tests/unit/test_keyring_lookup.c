/* SPDX-License-Identifier: Apache-2.0 */
/* The roles of a ring's keys, as they are shown: next, current, retiring, gone (I-58, I-65). */
#include "keys_fixture.h"

static void expect_roles(resume_keyring *ring, uint64_t now, const char *expected) {
    static const char letters[] = "?NCR";
    char seen[RESUME_KEYRING_MAX + 1] = "";
    assert_int_equal(resume_keyring_tick(ring, now), RESUME_OK);
    size_t count = resume_keyring_count(ring);
    for (size_t i = 0; i < count; i++) {
        resume_key *key = NULL;
        int32_t role = 0;
        assert_int_equal(resume_keyring_key_at(ring, i, &key), RESUME_OK);
        assert_int_equal(resume_keyring_role(ring, key, now, &role), RESUME_OK);
        assert_true(role >= RESUME_KEY_NEXT && role <= RESUME_KEY_RETIRING);
        seen[i] = letters[role];
        resume_key_unref(key);
    }
    assert_string_equal(seen, expected);
}

static void test_roles_of_a_random_ring(void **state) {
    (void)state;
    resume_keyring *ring = ring_from("random:?seal=1h&open=2h", NOW);
    expect_roles(ring, NOW, "NC");
    expect_roles(ring, NOW + HOUR - 1, "NC");
    expect_roles(ring, NOW + HOUR, "NCR");
    expect_roles(ring, NOW + 2 * HOUR, "NCRR");
    expect_roles(ring, NOW + 3 * HOUR, "NCRR"); /* the first left */
    assert_int_equal(resume_keyring_rotate(ring, NOW + 3 * HOUR + MINUTE), RESUME_OK);
    expect_roles(ring, NOW + 3 * HOUR + MINUTE, "NCRRR");
    resume_keyring_unref(ring);
}

static void test_of_several_that_may_seal_one_is_current(void **state) {
    (void)state;
    resume_keyring *ring = empty_ring();
    expect_roles(ring, NOW, "");
    assert_int_equal(add_key(ring, 1, 80, NOW, NEVER, NEVER, NOW), RESUME_OK);
    assert_int_equal(add_key(ring, 2, 80, NOW - 1, NEVER, NEVER, NOW), RESUME_OK);
    assert_int_equal(add_key(ring, 3, 80, NOW + 9, NOW + 9, NEVER, NOW), RESUME_OK);
    expect_roles(ring, NOW, "RCR"); /* one that never seals is no next key */
    resume_keyring_unref(ring);
}

static void test_a_key_that_is_used_up_or_gone(void **state) {
    (void)state;
    resume_keyring_options *options = NULL;
    resume_keyring *ring = NULL;
    resume_key *key = NULL;
    int32_t role = 77;
    assert_int_equal(resume_keyring_options_new(&options), RESUME_OK);
    assert_int_equal(resume_keyring_options_set_max_seals(options, 1), RESUME_OK);
    assert_int_equal(resume_keyring_new(options, &ring), RESUME_OK);
    assert_int_equal(add_key(ring, 1, 80, 0, NOW + 5, NOW + 9, NOW), RESUME_OK);
    expect_roles(ring, NOW, "C");
    assert_int_equal(resume_keyring_key_at(ring, 0, &key), RESUME_OK);
    resume_key_count_seal(key);
    expect_roles(ring, NOW, "R");
    assert_int_equal(resume_keyring_role(ring, key, NOW + 9, &role), RESUME_MISS);
    assert_int_equal(role, 77);
    assert_int_equal(resume_keyring_role(NULL, key, NOW, &role), RESUME_E_INVALID);
    assert_int_equal(resume_keyring_role(ring, NULL, NOW, &role), RESUME_E_INVALID);
    assert_int_equal(resume_keyring_role(ring, key, NEVER, &role), RESUME_E_INVALID);
    assert_int_equal(resume_keyring_role(ring, key, NOW, NULL), RESUME_E_INVALID);
    resume_key_unref(key);
    resume_keyring_unref(ring);
    resume_keyring_options_unref(options);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_roles_of_a_random_ring),
        cmocka_unit_test(test_of_several_that_may_seal_one_is_current),
        cmocka_unit_test(test_a_key_that_is_used_up_or_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
