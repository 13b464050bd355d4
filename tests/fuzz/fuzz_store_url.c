/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any text as a store's URL: a store that works and stays inside its bounds, or a reason in words.
 */
#include <resume/store.h>

#include <stdlib.h>
#include <string.h>

#define NOW UINT64_C(1700000000000)

static void require(int condition) {
    if (!condition) {
        abort();
    }
}

static void use(resume_store *store) {
    uint8_t id[32] = {1};
    uint8_t buf[64];
    size_t len = 0;
    uint64_t entries = 0;
    uint64_t most = 0;
    for (uint8_t n = 0; n < 40; n++) {
        id[1] = n;
        require(resume_store_put_record(store, id, 32, id, 32, UINT64_MAX, NOW) == RESUME_OK);
        require(resume_store_get_record(store, id, 32, NOW, buf, sizeof buf, &len) == RESUME_OK);
        require(len == 32 && memcmp(buf, id, 32) == 0);
    }
    require(resume_store_stats(store, RESUME_STORE_ENTRIES, &entries) == RESUME_OK);
    require(resume_store_stats(store, RESUME_STORE_CAPACITY_ENTRIES, &most) == RESUME_OK);
    require(entries > 0 && entries <= most);
    require(resume_store_sweep(store, UINT64_MAX, SIZE_MAX) == RESUME_OK);
    require(resume_store_stats(store, RESUME_STORE_ENTRIES, &entries) == RESUME_OK);
    require(entries == 0);
}

/* shm: makes the file that its path names; nothing that chance names shall be made. */
static int names_a_file(const char *url) {
    return strstr(url, "shm") && (strchr(url, '/') || strchr(url, '%'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    resume_store_options *options = NULL;
    resume_store *store = NULL;
    char *url = malloc(size + 1);
    if (!url || resume_store_options_new(&options) != RESUME_OK) {
        free(url);
        return 0;
    }
    memcpy(url, data, size);
    url[size] = '\0';
    if (names_a_file(url)) {
        resume_store_options_unref(options);
        free(url);
        return 0;
    }
    resume_status status = resume_store_from_url(url, options, &store);
    if (status == RESUME_OK) {
        use(store);
    } else {
        require(store == NULL);
        require(status == RESUME_E_NOMEM || status == RESUME_E_INVALID ||
                status == RESUME_E_UNSUPPORTED || status == RESUME_E_IO);
        require(status == RESUME_E_NOMEM || resume_store_options_why(options)[0] != '\0');
    }
    resume_store_unref(store);
    resume_store_options_unref(options);
    free(url);
    return 0;
}
