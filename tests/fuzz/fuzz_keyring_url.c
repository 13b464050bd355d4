/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keyring URLs: any text gives a ring that works or a status with a reason. Paths are moved under a
 * directory that does not exist, so that no file is touched.
 */
#include <resume/keyring.h>

#include <stdlib.h>
#include <string.h>

#define NOW UINT64_C(1700000000000)

static const char nowhere[] = "file:/nonexistent-resume-fuzz";

static void check(bool holds) {
    if (!holds) {
        abort();
    }
}

static char *text_of(const uint8_t *data, size_t size) {
    bool is_file = size > 5 && memcmp(data, "file:/", 6) == 0;
    size_t skip = is_file ? 5 : 0;
    size_t head = is_file ? sizeof nowhere - 1 : 0;
    char *text = malloc(head + size - skip + 1);
    check(text != NULL);
    memcpy(text, nowhere, head);
    if (size > skip) {
        memcpy(text + head, data + skip, size - skip);
    }
    text[head + size - skip] = '\0';
    return text;
}

/* A `random:` ring seals now, one period on, and after a forced rotation. */
static void use(resume_keyring *ring) {
    resume_key *key = NULL;
    check(resume_keyring_sealing_key(ring, NOW, &key) == RESUME_OK);
    uint64_t later = resume_key_seal_until(key);
    check(later > NOW && later - NOW <= UINT64_C(86400000));
    resume_key_unref(key);
    check(resume_keyring_sealing_key(ring, later, &key) == RESUME_OK);
    check(resume_key_seal_from(key) == later);
    resume_key_unref(key);
    check(resume_keyring_rotate(ring, later) == RESUME_OK);
    check(resume_keyring_count(ring) <= RESUME_KEYRING_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    resume_keyring *ring = NULL;
    resume_keyring_options *options = NULL;
    char *text = text_of(data, size);
    check(resume_keyring_options_new(&options) == RESUME_OK);
    resume_status status = resume_keyring_from_url(text, options, NOW, &ring);
    check((ring != NULL) == (status == RESUME_OK));
    check((resume_keyring_options_why(options)[0] == '\0') == (status == RESUME_OK));
    if (ring) {
        use(ring);
    } else {
        check(status == RESUME_E_INVALID || status == RESUME_E_IO);
    }
    resume_keyring_unref(ring);
    resume_keyring_options_unref(options);
    free(text);
    return 0;
}
