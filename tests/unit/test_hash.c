/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hash against its definition, computed digit by digit, and that no two IDs go together
 * under more keys than chance has it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/hash.h"

static const uint64_t key[RSM_MULHASH_KEY] = {
    0x243F6A8885A308D3, 0x13198A2E03707344, 0xA4093822299F31D0, 0x082EFA98EC4E6C89,
    0x452821E638D01377, 0xBE5466CF34E90C6C, 0xC0AC29B7C97C50DD, 0x3F84D5B5B5470917,
    0x9216D5D98979FB1B, 0xD1310BA698DFB5AC}; /* digits of pi */

/* sum += pair * word modulo 2^128, in digits of 16 bits, the lowest first. */
static void add_product(uint64_t sum[8], const uint64_t pair[2], uint64_t word) {
    for (unsigned i = 0; i < 8; i++) {
        uint64_t carry = 0;
        uint64_t digit = pair[i / 4] >> 16 * (i % 4) & 0xFFFFU;
        for (unsigned j = 0; i + j < 8; j++) {
            uint64_t factor = j < 4 ? word >> 16 * j & 0xFFFFU : 0;
            uint64_t all = sum[i + j] + digit * factor + carry;
            sum[i + j] = all & 0xFFFFU;
            carry = all >> 16;
        }
    }
}

static uint64_t by_definition(const uint8_t data[32]) {
    uint64_t sum[8] = {0};
    add_product(sum, key + 8, 1);
    for (size_t i = 0; i < 4; i++) {
        uint64_t word;
        memcpy(&word, data + 8 * i, 8);
        add_product(sum, key + 2 * i, word);
    }
    return sum[7] << 48 | sum[6] << 32 | sum[5] << 16 | sum[4];
}

static void test_definition(void **state) {
    uint8_t data[32] = {0};
    (void)state;
    assert_true(rsm_mulhash(key, data) == key[9]);
    for (unsigned round = 0; round < 2000; round++) {
        data[round % 32] = (uint8_t)(data[(round + 5U) % 32] * 5U + round);
        assert_true(rsm_mulhash(key, data) == by_definition(data));
    }
    memset(data, 0xFF, sizeof data);
    assert_true(rsm_mulhash(key, data) == by_definition(data));
}

static uint64_t next(uint64_t *seed) {
    *seed += UINT64_C(0x9E3779B97F4A7C15);
    uint64_t z = (*seed ^ *seed >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

/* Of how many keys in 6400 the two have these six bits alike: 100, give or take 10, if a key makes
 * two random numbers of them. */
static void collide(const uint8_t one[32], const uint8_t two[32], unsigned shift) {
    unsigned alike = 0;
    uint64_t seed = shift;
    for (unsigned round = 0; round < 6400; round++) {
        uint64_t random[RSM_MULHASH_KEY];
        for (unsigned i = 0; i < RSM_MULHASH_KEY; i++) {
            random[i] = next(&seed);
        }
        alike += ((rsm_mulhash(random, one) ^ rsm_mulhash(random, two)) >> shift & 63U) == 0;
    }
    assert_in_range(alike, 50, 150);
}

/* IDs that differ in one bit, and those that differ in the same one of two words; in each of the
 * bits that a part, a tag and a bucket are made of. */
static void test_no_two_ids_belong_together(void **state) {
    static const unsigned shifts[] = {58, 42, 26, 0};
    (void)state;
    for (unsigned bit = 0; bit < 256; bit += 17) {
        uint8_t one[32] = {0};
        uint8_t two[32] = {0};
        two[bit / 8] = (uint8_t)(1U << bit % 8);
        for (unsigned i = 0; i < 4; i++) {
            collide(one, two, shifts[i]);
        }
        two[(bit / 8 + 8) % 32] = two[bit / 8];
        collide(one, two, 58);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_definition),
        cmocka_unit_test(test_no_two_ids_belong_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
