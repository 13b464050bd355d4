/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The client's side of an abbreviated handshake.
 */
#ifndef ABBREVIATED_CLIENT_H
#define ABBREVIATED_CLIENT_H

#include "outcome.h"
#include "wishes.h"

/* Resumes, sends a GET request, writes the answer to stdout. */
enum outcome client_run(const struct wishes *wishes);

#endif /* ABBREVIATED_CLIENT_H */
