/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Peers: which of their parts keep sessions apart, and what their setters refuse.
 */
#include "client_fixture.h"

#include "core/peer.h"

static bool same(const resume_peer *a, const resume_peer *b) {
    return memcmp(a->digest, b->digest, sizeof a->digest) == 0;
}

static void set_name(resume_peer *peer, const char *name) {
    OK(resume_peer_set_server_name(peer, name, strlen(name)));
}

static void set_label(resume_peer *peer, const char *label) {
    OK(resume_peer_set_label(peer, (const uint8_t *)label, strlen(label)));
}

static void set_alpn(resume_peer *peer, const char *list) {
    OK(resume_peer_set_alpn(peer, (const uint8_t *)list, strlen(list)));
}

static void I_114_every_part_keeps_apart(void **state) { /* I-114 */
    (void)state;
    resume_peer *peers[8] = {NULL};
    for (size_t i = 0; i < 8; i++) {
        OK(resume_peer_new(i == 1 ? "b.example" : "a.example", i == 2 ? 8443 : 443, &peers[i]));
    }
    set_name(peers[3], "a.example");
    set_alpn(peers[4], "\x02h2");
    set_alpn(peers[5], "\x02h2\x08http/1.1");
    set_label(peers[6], "client certificate 1");
    set_label(peers[7], "client certificate 2");
    for (size_t i = 0; i < 8; i++) {
        for (size_t k = 0; k < 8; k++) {
            assert_int_equal(same(peers[i], peers[k]), i == k);
        }
    }
    for (size_t i = 0; i < 8; i++) {
        assert_null(resume_peer_unref(peers[i]));
    }
}

static void I_114_bytes_do_not_move_from_part_to_part(void **state) { /* I-114 */
    (void)state;
    resume_peer *a = peer_named("a.example");
    resume_peer *b = peer_named("a.example");
    set_name(a, "xy");
    set_label(a, "z");
    set_name(b, "x");
    set_label(b, "yz");
    assert_false(same(a, b));
    set_name(b, "xy");
    set_label(b, "z");
    assert_true(same(a, b));
    resume_peer_unref(a);
    resume_peer_unref(b);
}

static void names_compare_without_case_and_labels_with(void **state) {
    (void)state;
    resume_peer *a = peer_named("A.Example");
    resume_peer *b = peer_named("a.exAMPLE");
    assert_true(same(a, b));
    set_name(a, "WWW.a.example");
    set_name(b, "www.A.example");
    assert_true(same(a, b));
    set_label(a, "x");
    set_label(b, "X");
    assert_false(same(a, b));
    resume_peer_unref(a);
    resume_peer_unref(b);
}

static void a_part_that_is_taken_away_is_gone(void **state) {
    (void)state;
    resume_peer *a = peer_named("a.example");
    resume_peer *b = peer_named("a.example");
    set_name(a, "a");
    set_alpn(a, "\x02h2");
    set_label(a, "l");
    assert_false(same(a, b));
    OK(resume_peer_set_server_name(a, NULL, 0));
    OK(resume_peer_set_alpn(a, NULL, 0));
    OK(resume_peer_set_label(a, NULL, 0));
    assert_true(same(a, b));
    resume_peer_unref(a);
    resume_peer_unref(b);
}

static void I_115_the_longest_parts_fit_and_longer_ones_are_refused(void **state) { /* I-115 */
    (void)state;
    static uint8_t bytes[RESUME_PEER_LABEL_MAX + 1];
    static char host[257];
    resume_peer *peer = NULL;
    memset(host, 'h', 256);
    assert_int_equal(resume_peer_new(host, 1, &peer), RESUME_E_INVALID);
    assert_null(peer);
    host[255] = '\0';
    OK(resume_peer_new(host, 1, &peer));
    memset(bytes, 1, sizeof bytes); /* as a list: 32767 names of one byte */
    OK(resume_peer_set_server_name(peer, host, 255));
    assert_int_equal(resume_peer_set_server_name(peer, (char *)bytes, 256), RESUME_E_INVALID);
    OK(resume_peer_set_label(peer, bytes, RESUME_PEER_LABEL_MAX));
    assert_int_equal(resume_peer_set_label(peer, bytes, sizeof bytes), RESUME_E_INVALID);
    OK(resume_peer_set_alpn(peer, bytes, 65534));
    assert_int_equal(resume_peer_set_alpn(peer, bytes, sizeof bytes), RESUME_E_INVALID);
    resume_peer_unref(peer);
}

static void what_is_no_list_of_protocols_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *list;
        size_t len;
    } bad[] = {{"\x03h2", 3}, {"\0h2", 3}, {"\x02h2\x00", 4}, {"h2", 2}, {"\x01", 1}};
    resume_peer *peer = peer_named("a.example");
    resume_peer *other = peer_named("a.example");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(resume_peer_set_alpn(peer, (const uint8_t *)bad[i].list, bad[i].len),
                         RESUME_E_INVALID);
    }
    assert_true(same(peer, other));
    resume_peer_unref(peer);
    resume_peer_unref(other);
}

static void misuse_is_refused(void **state) {
    (void)state;
    resume_peer *peer = NULL;
    assert_int_equal(resume_peer_new("", 1, &peer), RESUME_E_INVALID);
    assert_int_equal(resume_peer_new(NULL, 1, &peer), RESUME_E_INVALID);
    assert_int_equal(resume_peer_new("a", 1, NULL), RESUME_E_INVALID);
    assert_null(peer);
    assert_int_equal(resume_peer_set_label(NULL, NULL, 0), RESUME_E_INVALID);
    OK(resume_peer_new("a", 0, &peer));
    assert_int_equal(resume_peer_set_label(peer, NULL, 1), RESUME_E_INVALID);
    assert_int_equal(resume_peer_set_alpn(peer, NULL, 1), RESUME_E_INVALID);
    assert_int_equal(resume_peer_set_server_name(peer, NULL, 1), RESUME_E_INVALID);
    assert_ptr_equal(resume_peer_ref(peer), peer);
    resume_peer_unref(peer);
    resume_peer_unref(peer);
    assert_null(resume_peer_ref(NULL));
    assert_null(resume_peer_unref(NULL));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(I_114_every_part_keeps_apart),
        cmocka_unit_test(I_114_bytes_do_not_move_from_part_to_part),
        cmocka_unit_test(names_compare_without_case_and_labels_with),
        cmocka_unit_test(a_part_that_is_taken_away_is_gone),
        cmocka_unit_test(I_115_the_longest_parts_fit_and_longer_ones_are_refused),
        cmocka_unit_test(what_is_no_list_of_protocols_is_refused),
        cmocka_unit_test(misuse_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
