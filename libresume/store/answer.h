/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What came of asking a remote backend. Only OK, MISS and LARGE are answers to the question.
 */
#ifndef RSM_STORE_ANSWER_H
#define RSM_STORE_ANSWER_H

#include <stdbool.h>

enum rsm_answer {
    RSM_ANSWER_OK,
    RSM_ANSWER_MISS,
    RSM_ANSWER_LARGE,       /* there, and larger than the buffer; its length is known */
    RSM_ANSWER_REFUSED,     /* an error reply to this question */
    RSM_ANSWER_BUSY,        /* an error reply that every question would get */
    RSM_ANSWER_LOST,        /* closed, or what came was no reply: the connection is used up */
    RSM_ANSWER_TIMEOUT,     /* the same, and it took the whole time */
    RSM_ANSWER_UNREACHABLE, /* no connection could be made */
    RSM_ANSWER_FULL,        /* all connections were in use all the time */
    RSM_ANSWER_NOMEM
};

/* May the connection be used for another question? (I-109: never after half a reply.) */
static inline bool rsm_answer_keeps(enum rsm_answer answer) {
    return answer <= RSM_ANSWER_BUSY;
}

/* Does the backend work, as far as this answer tells? */
static inline bool rsm_answer_healthy(enum rsm_answer answer) {
    return answer <= RSM_ANSWER_REFUSED;
}

#endif
