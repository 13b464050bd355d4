/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a segment's file, and over a segment in use: the first byte of the input says which.
 * Never a crash, a hang or another record than was put; and afterwards the store works.
 */
#include <resume/store.h>

#include "store/guard.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOW     UINT64_C(1700000000000)
#define RECORD  100U
#define IDS     6U
#define ENOUGH  100U /* tries after which a store works again */
#define HEADER  4096U
#define OPTIONS "?bytes=16K&shards=1"

static char folder[64];
static char path[96];
static char url[128];
static resume_store *store; /* in use, mapped here too */
static uint8_t *map;
static size_t size;

static void require(int condition) {
    if (!condition) {
        abort();
    }
}

static void clean_up(void) {
    static const char *const suffixes[] = {"", ".lock", ".new"};
    resume_store_unref(store);
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        char name[128];
        snprintf(name, sizeof name, "%s%s", path, suffixes[i]);
        (void)unlink(name);
    }
    (void)rmdir(folder);
}

static void start(void) {
    snprintf(folder, sizeof folder, "%s/fuzz-segment.XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    require(mkdtemp(folder) != NULL);
    snprintf(path, sizeof path, "%s/s", folder);
    snprintf(url, sizeof url, "shm:%s" OPTIONS, path);
    require(atexit(clean_up) == 0);
    rsm_guard_seize_after(0);
}

static resume_status put(resume_store *into, uint8_t n) {
    uint8_t id[32] = {n, 7};
    uint8_t data[RECORD];
    memset(data, n, sizeof data);
    return resume_store_put_record(into, id, sizeof id, data, sizeof data, NOW + 1000, NOW);
}

static resume_status look(resume_store *in, uint8_t n, int take) {
    uint8_t id[32] = {n, 7};
    uint8_t data[RECORD + 9];
    uint8_t wanted[RECORD];
    size_t len = 0;
    memset(wanted, n, sizeof wanted);
    resume_status status =
        take ? resume_store_take_record(in, id, sizeof id, NOW, data, sizeof data, &len)
             : resume_store_get_record(in, id, sizeof id, NOW, data, sizeof data, &len);
    require(status >= 0);
    require(status != RESUME_OK || (len == RECORD && memcmp(data, wanted, RECORD) == 0));
    return status;
}

static void use(resume_store *one) {
    unsigned tries = 0;
    for (uint8_t n = 0; n < IDS; n++) {
        (void)look(one, n, n % 2);
        (void)!put(one, n);
    }
    require(resume_store_sweep(one, NOW + 2000, 1000) >= 0);
    for (uint8_t n = 0; n < IDS; n++) {
        while (put(one, n) != RESUME_OK || look(one, n, 0) != RESUME_OK) {
            require(++tries < ENOUGH);
        }
    }
}

/* A file whose head is the input's, as long as a segment is or as the input. */
static void as_file(const uint8_t *data, size_t len, int whole) {
    resume_store *own = NULL;
    (void)unlink(path);
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    require(fd >= 0 && write(fd, data, len) == (ssize_t)len);
    require(!whole || ftruncate(fd, (off_t)size) == 0);
    close(fd);
    if (resume_store_from_url(url, NULL, &own) == RESUME_OK) {
        use(own);
        resume_store_unref(own);
    }
}

/* Runs of the input over the segment: two bytes say where, one how long. */
static void over_segment(const uint8_t *data, size_t len) {
    for (uint8_t n = 0; n < IDS; n++) {
        (void)!put(store, n);
    }
    while (len > 3) {
        size_t at = HEADER + ((size_t)data[0] << 8 | data[1]) % (size - HEADER);
        size_t run = data[2] < len - 3 ? data[2] : len - 3;
        run = run < size - at ? run : size - at;
        memcpy(map + at, data + 3, run);
        data += 3 + run;
        len -= 3 + run;
    }
    use(store);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    if (!store) {
        struct stat st;
        start();
        require(resume_store_from_url(url, NULL, &store) == RESUME_OK);
        int fd = open(path, O_RDWR | O_CLOEXEC);
        require(fd >= 0 && fstat(fd, &st) == 0);
        size = (size_t)st.st_size;
        map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        require(map != MAP_FAILED);
        close(fd);
    }
    if (len == 0) {
        return 0;
    }
    if (data[0] % 8 < 2) {
        as_file(data + 1, len - 1, data[0] % 8);
    } else {
        over_segment(data + 1, len - 1);
    }
    return 0;
}
