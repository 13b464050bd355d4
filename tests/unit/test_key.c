/* SPDX-License-Identifier: Apache-2.0 */
/* One key: its bytes, its times, its count, its references. */
#include "keys_fixture.h"

#include "base/alloc.h"
#include "core/key.h"

#include <openssl/evp.h>
#include <openssl/kdf.h>

static resume_key *make(uint64_t seed, size_t size) {
    uint8_t bytes[80];
    key_bytes(seed, bytes, 16 + 2 * size);
    struct rsm_key_spec spec = {.name = bytes,
                                .cipher_key = bytes + 16,
                                .mac_key = bytes + 16 + size,
                                .size = size,
                                .seal_from = 100,
                                .seal_until = 200,
                                .open_until = 300};
    resume_key *key = NULL;
    assert_int_equal(rsm_key_new(&spec, &key), RESUME_OK);
    return key;
}

static void test_getters(void **state) {
    (void)state;
    for (size_t size = 16; size <= 32; size += 16) {
        uint8_t bytes[80];
        size_t len = 0;
        key_bytes(5, bytes, 16 + 2 * size);
        resume_key *key = make(5, size);
        assert_memory_equal(resume_key_name(key), bytes, 16);
        assert_memory_equal(resume_key_cipher_key(key, &len), bytes + 16, size);
        assert_int_equal(len, size);
        assert_memory_equal(resume_key_mac_key(key, NULL), bytes + 16 + size, size);
        assert_int_equal(resume_key_seal_from(key), 100);
        assert_int_equal(resume_key_seal_until(key), 200);
        assert_int_equal(resume_key_open_until(key), 300);
        assert_int_equal(resume_key_seals(key), 0);
        assert_null(resume_key_unref(key));
    }
}

static void test_null(void **state) {
    (void)state;
    size_t len = 7;
    assert_null(resume_key_ref(NULL));
    assert_null(resume_key_unref(NULL));
    assert_null(resume_key_name(NULL));
    assert_null(resume_key_cipher_key(NULL, &len));
    assert_int_equal(len, 0);
    assert_null(resume_key_mac_key(NULL, NULL));
    assert_int_equal(resume_key_seal_from(NULL), 0);
    assert_int_equal(resume_key_seal_until(NULL), 0);
    assert_int_equal(resume_key_open_until(NULL), 0);
    assert_int_equal(resume_key_seals(NULL), 0);
    assert_int_equal(resume_key_serial(NULL), 0);
    resume_key_count_seal(NULL);
}

/* I-57: seal_from <= now < seal_until. */
static void test_seals_at_its_borders(void **state) {
    (void)state;
    resume_key *key = make(1, 32);
    assert_false(rsm_key_seals_at(key, 99));
    assert_true(rsm_key_seals_at(key, 100));
    assert_true(rsm_key_seals_at(key, 199));
    assert_false(rsm_key_seals_at(key, 200));
    assert_false(rsm_key_seals_at(key, 0));
    assert_false(rsm_key_seals_at(key, UINT64_MAX));
    resume_key_unref(key);
}

static void test_serials_are_never_used_again(void **state) {
    (void)state;
    resume_key *a = make(1, 32);
    uint64_t first = resume_key_serial(a);
    resume_key_unref(a);
    resume_key *b = make(1, 32);
    assert_true(first != 0 && resume_key_serial(b) > first);
    resume_key_unref(b);
}

/* The root of the AEAD frame is HKDF-SHA256(cipher | mac), as another implementation computes it.
 */
static void test_aead_root(void **state) {
    (void)state;
    uint8_t bytes[80];
    uint8_t expected[32];
    size_t len = sizeof expected;
    char info[] = "libresume xaes-256-gcm key";
    key_bytes(9, bytes, sizeof bytes);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_id(EVP_PKEY_HKDF, NULL);
    assert_int_equal(EVP_PKEY_derive_init(ctx), 1);
    assert_int_equal(EVP_PKEY_CTX_set_hkdf_md(ctx, EVP_sha256()), 1);
    assert_int_equal(EVP_PKEY_CTX_set1_hkdf_key(ctx, bytes + 16, 64), 1);
    assert_int_equal(EVP_PKEY_CTX_add1_hkdf_info(ctx, (unsigned char *)info, 26), 1);
    assert_int_equal(EVP_PKEY_derive(ctx, expected, &len), 1);
    EVP_PKEY_CTX_free(ctx);
    resume_key *key = make(9, 32);
    assert_memory_equal(key->secret->root, expected, 32);
    resume_key_unref(key);
}

static void test_other_times_keep_bytes_and_count(void **state) {
    (void)state;
    resume_key *key = make(3, 16);
    resume_key *later = NULL;
    resume_key_count_seal(key);
    resume_key_count_seal(key);
    assert_int_equal(rsm_key_with_times(key, 1, 2, 3, &later), RESUME_OK);
    assert_memory_equal(resume_key_name(later), resume_key_name(key), 16);
    assert_memory_equal(later->secret, key->secret, sizeof *key->secret);
    assert_int_equal(resume_key_seals(later), 2);
    assert_int_equal(resume_key_seal_from(later), 1);
    assert_int_equal(resume_key_open_until(later), 3);
    assert_true(resume_key_serial(later) != resume_key_serial(key));
    resume_key_unref(key);
    resume_key_unref(later);
}

static void test_comparisons(void **state) {
    (void)state;
    uint8_t bytes[80];
    key_bytes(4, bytes, sizeof bytes);
    struct rsm_key_spec spec = {
        .name = bytes, .cipher_key = bytes + 16, .mac_key = bytes + 48, .size = 32};
    resume_key *key = make(4, 32);
    resume_key *other = make(6, 32);
    assert_true(rsm_key_is(key, &spec));
    assert_false(rsm_key_is(other, &spec));
    assert_true(rsm_key_shares_secret(key, &spec));
    assert_false(rsm_key_shares_secret(other, &spec));
    bytes[48] ^= 1; /* only the AES half is still the same */
    assert_false(rsm_key_is(key, &spec));
    assert_true(rsm_key_shares_secret(key, &spec));
    bytes[47] ^= 1;
    assert_false(rsm_key_shares_secret(key, &spec));
    resume_key_unref(key);
    resume_key_unref(other);
}

/* I-95 */
static void test_no_memory(void **state) {
    (void)state;
    uint8_t bytes[80];
    key_bytes(4, bytes, sizeof bytes);
    struct rsm_key_spec spec = {
        .name = bytes, .cipher_key = bytes + 16, .mac_key = bytes + 48, .size = 32};
    resume_key *key = NULL;
    rsm_alloc_fail_from(1);
    assert_int_equal(rsm_key_new(&spec, &key), RESUME_E_NOMEM);
    rsm_alloc_fail_from(0);
    assert_null(key);
}

static unsigned freed;

static void free_extra(void *extra) {
    (*(unsigned *)extra)++;
    freed++;
}

static void free_another(void *extra) {
    (void)extra;
    freed += 100;
}

/* I-59, I-163: what hangs on a key goes with it, once; nobody else gets it, and nobody replaces
 * it. */
static void I_59_extra_goes_with_the_key(void **state) {
    (void)state;
    unsigned mine = 0;
    unsigned other = 0;
    freed = 0;
    resume_key *key = make(9, 32);
    assert_null(resume_key_extra(key, free_extra));
    assert_int_equal(resume_key_set_extra(key, &mine, free_extra), RESUME_OK);
    assert_ptr_equal(resume_key_extra(key, free_extra), &mine);
    assert_null(resume_key_extra(key, free_another));
    assert_null(resume_key_extra(key, NULL));
    assert_int_equal(resume_key_set_extra(key, &other, free_extra), RESUME_EXISTS);
    assert_int_equal(resume_key_set_extra(key, &other, free_another), RESUME_EXISTS);
    assert_ptr_equal(resume_key_extra(key, free_extra), &mine);
    resume_key_ref(key);
    resume_key_unref(key);
    assert_int_equal(freed, 0);
    resume_key_unref(key);
    assert_int_equal(freed, 1);
    assert_int_equal(mine, 1);
    assert_int_equal(other, 0);
}

/* A key with other times is another key: it starts without. */
static void extra_is_not_carried_over(void **state) {
    (void)state;
    unsigned mine = 0;
    resume_key *key = make(9, 32);
    resume_key *later = NULL;
    assert_int_equal(resume_key_set_extra(key, &mine, free_extra), RESUME_OK);
    assert_int_equal(rsm_key_with_times(key, 1, 2, 3, &later), RESUME_OK);
    assert_null(resume_key_extra(later, free_extra));
    resume_key_unref(later);
    assert_int_equal(mine, 0);
    resume_key_unref(key);
    assert_int_equal(mine, 1);
}

static void extra_is_checked(void **state) {
    (void)state;
    unsigned mine = 0;
    resume_key *key = make(9, 32);
    assert_int_equal(resume_key_set_extra(NULL, &mine, free_extra), RESUME_E_INVALID);
    assert_int_equal(resume_key_set_extra(key, NULL, free_extra), RESUME_E_INVALID);
    assert_int_equal(resume_key_set_extra(key, &mine, NULL), RESUME_E_INVALID);
    assert_null(resume_key_extra(NULL, free_extra));
    rsm_alloc_fail_once(1); /* I-95 */
    assert_int_equal(resume_key_set_extra(key, &mine, free_extra), RESUME_E_NOMEM);
    rsm_alloc_fail_once(0);
    assert_null(resume_key_extra(key, free_extra));
    resume_key_unref(key);
    assert_int_equal(mine, 0); /* still the caller's */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_getters),
        cmocka_unit_test(test_null),
        cmocka_unit_test(test_seals_at_its_borders),
        cmocka_unit_test(test_serials_are_never_used_again),
        cmocka_unit_test(test_aead_root),
        cmocka_unit_test(test_other_times_keep_bytes_and_count),
        cmocka_unit_test(test_comparisons),
        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(I_59_extra_goes_with_the_key),
        cmocka_unit_test(extra_is_not_carried_over),
        cmocka_unit_test(extra_is_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
