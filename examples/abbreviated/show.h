/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the example tells on stderr: always what went wrong, and with --verbose every message, key
 * and Finished value. That is the one place where secrets are written out, because the user asked.
 */
#ifndef ABBREVIATED_SHOW_H
#define ABBREVIATED_SHOW_H

#include <stddef.h>
#include <stdint.h>

/* Turns the details on. */
void show_verbose(void);

/* Always. */
void tell(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* With --verbose only: a line, and bytes in hexadecimal under a name. */
void show(const char *format, ...) __attribute__((format(printf, 1, 2)));
void show_bytes(const char *name, const uint8_t *data, size_t data_len);

#endif /* ABBREVIATED_SHOW_H */
