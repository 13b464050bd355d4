/* SPDX-License-Identifier: Apache-2.0 */
/* The ring that a fleet shares: when keys are made, and what its record gives away (I-65, I-157).
 */
#include "keys_fixture.h"

#include "store/fleet_ring.h"

static const struct rsm_fleet_plan plan = {.seal_ms = HOUR, .open_ms = 3 * HOUR, .lead_ms = 25000};
static struct rsm_fleet_ring ring;
static uint8_t root[32];

static int begin(void **state) {
    (void)state;
    memset(&ring, 0, sizeof ring);
    noise(3, root, sizeof root);
    return 0;
}

static void test_a_next_key_is_always_there(void **state) {
    (void)state;
    assert_int_equal(rsm_fleet_ring_turn(&ring, &plan, NOW), RESUME_OK);
    assert_int_equal(ring.generation, 1);
    assert_int_equal(ring.keys[0].seal_from, NOW + 25000); /* the others must get it first */
    assert_int_equal(rsm_fleet_ring_turn(&ring, &plan, NOW + 24999), RESUME_MISS);
    for (uint64_t i = 1; i < 50; i++) {
        uint64_t now = NOW + 25000 + (i - 1) * HOUR;
        assert_int_equal(rsm_fleet_ring_turn(&ring, &plan, now - 1), RESUME_MISS);
        assert_int_equal(rsm_fleet_ring_turn(&ring, &plan, now), RESUME_OK);
        assert_int_equal(rsm_fleet_ring_turn(&ring, &plan, now), RESUME_MISS);
        assert_int_equal(ring.generation, i + 1);
        const struct rsm_fleet_key *next = &ring.keys[ring.count - 1];
        assert_int_equal(next->seal_from, now + HOUR); /* a whole period ahead, without a gap */
        assert_int_equal(next->seal_from, next[-1].seal_until);
        assert_int_equal(next->open_until, next->seal_until + 3 * HOUR);
        assert_int_equal(ring.count, i < 4 ? i + 1 : 5);
        assert_true(ring.keys[0].open_until > now);
    }
}

static void test_a_fleet_that_slept_waits_for_the_slowest(void **state) {
    (void)state;
    assert_int_equal(rsm_fleet_ring_turn(&ring, &plan, NOW), RESUME_OK);
    assert_int_equal(rsm_fleet_ring_turn(&ring, &plan, NOW + 24 * HOUR), RESUME_OK);
    assert_int_equal(ring.count, 1);
    assert_int_equal(ring.keys[0].seal_from, NOW + 24 * HOUR + 25000);
    for (uint64_t i = 0; i < 100; i++) { /* more keys than there is room for */
        struct rsm_fleet_plan fast = {.seal_ms = 100, .open_ms = 7 * 24 * HOUR, .lead_ms = 50};
        assert_int_equal(rsm_fleet_ring_turn(&ring, &fast, NOW + 50 * HOUR + i * 1000), RESUME_OK);
    }
    assert_int_equal(ring.count, RSM_FLEET_KEYS);
    rsm_fleet_ring_expire(&ring, NEVER);
    static const struct rsm_fleet_key none[RSM_FLEET_KEYS];
    assert_int_equal(ring.count, 0);
    assert_memory_equal(ring.keys, none, sizeof none); /* wiped */
}

/* Keys of 200 ms and hosts that may take a second to see one: each was there for a second before it
 * seals, there is no gap, and all fit. */
static void test_keys_that_follow_each_other_fast(void **state) {
    (void)state;
    struct rsm_fleet_plan fast = {.seal_ms = 200, .open_ms = 6400, .lead_ms = 1000};
    uint64_t end = 0;
    for (uint64_t now = NOW; now < NOW + 30000; now += 130) {
        size_t count = ring.count;
        uint8_t before[RSM_FLEET_KEYS][16];
        for (size_t i = 0; i < count; i++) {
            memcpy(before[i], ring.keys[i].bytes, 16);
        }
        if (rsm_fleet_ring_turn(&ring, &fast, now) != RESUME_OK) {
            continue;
        }
        for (size_t i = 0; i < ring.count; i++) {
            bool is_new = true;
            for (size_t j = 0; j < count; j++) {
                is_new = is_new && memcmp(before[j], ring.keys[i].bytes, 16) != 0;
            }
            assert_true(!is_new || ring.keys[i].seal_from >= now + 1000);
            assert_true(i == 0 || ring.keys[i].seal_from == ring.keys[i - 1].seal_until);
        }
        assert_true(ring.keys[0].open_until > now);
        assert_true(now < NOW + 1000 || ring.keys[0].seal_from <= now);
        assert_true(ring.keys[ring.count - 1].seal_until > end);
        end = ring.keys[ring.count - 1].seal_until;
    }
    assert_true(ring.count >= 33 && ring.count <= RSM_FLEET_KEYS);
}

static void test_the_record_is_bound_to_all_that_matters(void **state) {
    (void)state;
    static struct rsm_fleet_ring back;
    uint8_t record[RSM_FLEET_RECORD];
    uint8_t other[32];
    size_t len = 0;
    assert_int_equal(rsm_fleet_ring_turn(&ring, &plan, NOW), RESUME_OK);
    assert_int_equal(rsm_fleet_ring_turn(&ring, &plan, NOW + HOUR), RESUME_OK);
    assert_int_equal(rsm_fleet_ring_seal(&ring, root, "fleet", record, &len), RESUME_OK);
    assert_int_equal(len, 13 + 24 + 1 + 2 * 104 + 16);
    assert_int_equal(rsm_fleet_ring_open(record, len, root, "fleet", &back), RESUME_OK);
    assert_memory_equal(&ring, &back, sizeof ring);
    assert_int_equal(rsm_fleet_ring_open(record, len, root, "fleet2", &back), RESUME_FORGED);
    noise(4, other, sizeof other);
    assert_int_equal(rsm_fleet_ring_open(record, len, other, "fleet", &back), RESUME_FORGED);
    for (size_t i = 0; i < len; i++) { /* the generation among them */
        record[i] ^= 1;
        resume_status expected = i < 4    ? RESUME_MALFORMED
                                 : i == 4 ? RESUME_UNSUPPORTED
                                          : RESUME_FORGED;
        assert_int_equal(rsm_fleet_ring_open(record, len, root, "fleet", &back), expected);
        record[i] ^= 1;
    }
    for (size_t cut = 0; cut < len; cut++) {
        assert_true(rsm_fleet_ring_open(record, cut, root, "fleet", &back) > RESUME_OK);
    }
}

/* I-157: what opens well may still be nonsense. */
static void test_nonsense_under_the_right_secret(void **state) {
    (void)state;
    static struct rsm_fleet_ring back;
    uint8_t record[RSM_FLEET_RECORD];
    size_t len = 0;
    for (unsigned what = 0; what < 5; what++) {
        begin(NULL);
        assert_int_equal(rsm_fleet_ring_turn(&ring, &plan, NOW), RESUME_OK);
        assert_int_equal(rsm_fleet_ring_turn(&ring, &plan, NOW + HOUR), RESUME_OK);
        struct rsm_fleet_key *key = &ring.keys[1];
        uint64_t *const wrong[] = {&key->seal_from, &key->seal_until, &key->open_until,
                                   &key->seal_until, &key->open_until};
        static const uint64_t values[] = {0, 0, 0, NEVER, NEVER};
        *wrong[what] = values[what];
        assert_int_equal(rsm_fleet_ring_seal(&ring, root, "f", record, &len), RESUME_OK);
        assert_int_equal(rsm_fleet_ring_open(record, len, root, "f", &back), RESUME_MALFORMED);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_a_next_key_is_always_there, begin),
        cmocka_unit_test_setup(test_a_fleet_that_slept_waits_for_the_slowest, begin),
        cmocka_unit_test_setup(test_keys_that_follow_each_other_fast, begin),
        cmocka_unit_test_setup(test_the_record_is_bound_to_all_that_matters, begin),
        cmocka_unit_test_setup(test_nonsense_under_the_right_secret, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
