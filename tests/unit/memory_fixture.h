/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looks at this process from outside, through /proc: at memory that is freed already, and at how
 * much of it there is. Reading freed memory by a pointer would be undefined, and ASan would say so.
 */
#ifndef MEMORY_FIXTURE_H
#define MEMORY_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* With it, what the heap gives is never zero by chance; without, it writes nothing over what is
 * freed. Meson's tests begin with it, and with any byte. Sanitizers have heaps of their own, which
 * do the one and not the other. */
static inline void dirty_heap(bool on) {
    mallopt(M_PERTURB, on ? 0xA5 : 0);
}

/* What stands at an address, whoever owns it; false if nothing is mapped there. */
static inline bool peek(uintptr_t at, void *out, size_t len) {
    int mem = open("/proc/self/mem", O_RDONLY);
    assert_true(mem >= 0);
    ssize_t got = pread(mem, out, len, (off_t)at);
    close(mem);
    return got == (ssize_t)len;
}

/* Bytes of address space. */
static inline size_t address_space(void) {
    char text[256] = "";
    int statm = open("/proc/self/statm", O_RDONLY);
    assert_true(statm >= 0);
    assert_true(read(statm, text, sizeof text - 1) > 0);
    close(statm);
    return (size_t)strtoull(text, NULL, 10) * (size_t)sysconf(_SC_PAGESIZE);
}

#endif
