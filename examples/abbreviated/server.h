/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The server's side of an abbreviated handshake.
 */
#ifndef ABBREVIATED_SERVER_H
#define ABBREVIATED_SERVER_H

#include "outcome.h"
#include "wishes.h"

/* Writes its port to stdout, then answers one connection after another. */
enum outcome server_run(const struct wishes *wishes);

#endif /* ABBREVIATED_SERVER_H */
