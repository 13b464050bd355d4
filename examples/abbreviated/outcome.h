/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a step of a connection ended. The values are the example's exit statuses.
 */
#ifndef ABBREVIATED_OUTCOME_H
#define ABBREVIATED_OUTCOME_H

enum outcome {
    DONE = 0,
    FAILED = 1,   /* a socket, a file, memory, libcrypto */
    USAGE = 2,    /* the command line */
    DECLINED = 3, /* the server wants a full handshake, which this example cannot do */
    ALERTED = 4,  /* the peer sent a fatal alert */
    REFUSED = 5,  /* we sent one */
};

#endif /* ABBREVIATED_OUTCOME_H */
