/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cipher suites that the example's record layer can do: AES in GCM (RFC 5288, RFC 5289). How
 * keys were agreed upon and who signed them is part of a suite's number, but no longer matters: an
 * abbreviated handshake does neither.
 */
#ifndef ABBREVIATED_SUITE_H
#define ABBREVIATED_SUITE_H

#include <openssl/evp.h>

#include <stddef.h>
#include <stdint.h>

struct suite {
    uint16_t number; /* IANA */
    const char *name;
    const EVP_CIPHER *(*cipher)(void);
    const EVP_MD *(*digest)(void); /* of the PRF and of the transcript */
};

/* The suite of that number, or NULL. */
const struct suite *suite_of(uint16_t number);

/* All of them; NULL from the end on. */
const struct suite *suite_at(size_t index);

#endif /* ABBREVIATED_SUITE_H */
