/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines on stderr, which leaves stdout to the application data.
 */
#include "show.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

static bool verbose;

void show_verbose(void) {
    verbose = true;
    tell("--verbose: secrets follow, because you asked for them; keep them out of logs");
}

void tell(const char *format, ...) {
    va_list args;
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
}

void show(const char *format, ...) {
    if (!verbose) {
        return;
    }
    va_list args;
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
}

void show_bytes(const char *name, const uint8_t *data, size_t data_len) {
    if (!verbose) {
        return;
    }
    fprintf(stderr, "    %-24s %4zu  ", name, data_len);
    for (size_t i = 0; i < data_len; i++) {
        fprintf(stderr, "%02x", data[i]);
    }
    fputc('\n', stderr);
}
