/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A server's place, and connections to it within a deadline: a host and a port, or a path of a Unix
 * socket. Resolving a name may take as long as it likes, so only the background thread does it;
 * others wait for it until their deadline. Not a protocol.
 */
#ifndef RSM_STORE_DIAL_H
#define RSM_STORE_DIAL_H

#include <resume/status.h>

#include "base/cond.h"
#include "store/answer.h"

#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

enum { RSM_DIAL_ADDRESSES = 8, RSM_DIAL_HOST_MAX = 255 };

struct rsm_dial_address {
    struct sockaddr_storage to;
    socklen_t len;
};

struct rsm_dial {
    struct rsm_lock lock;
    struct rsm_cond resolved;
    char host[RSM_DIAL_HOST_MAX + 1]; /* empty: the one address is all there is */
    char port[6];
    struct rsm_dial_address addresses[RSM_DIAL_ADDRESSES];
    size_t count;
    size_t next;      /* where the next connection begins to try */
    bool stale;       /* resolve anew */
    uint64_t last_us; /* of the last resolution */
};

/* Text of "host", "host:port", "[v6]" or "[v6]:port". On failure why says what is wrong. */
RESUME_MUST_USE resume_status rsm_dial_init_host(struct rsm_dial *dial, const char *text,
                                                 size_t text_len, unsigned port, char *why);
RESUME_MUST_USE resume_status rsm_dial_init_path(struct rsm_dial *dial, const char *path,
                                                 char *why);
void rsm_dial_destroy(struct rsm_dial *dial);
/* In a forked child, before anything else. */
void rsm_dial_forget(struct rsm_dial *dial);

/* Looks the name up if that is due; may block for long. For the background thread. */
void rsm_dial_resolve(struct rsm_dial *dial);

/* The first of its addresses as text, for libraries that connect by themselves. host has
 * RSM_DIAL_HOST_MAX + 1 bytes. False if there is none until the deadline. */
bool rsm_dial_text(struct rsm_dial *dial, uint64_t deadline_us, char *host, unsigned *ret_port);

/* A connected, non-blocking socket that children do not inherit through exec. */
RESUME_MUST_USE enum rsm_answer rsm_dial_connect(struct rsm_dial *dial, uint64_t deadline_us,
                                                 int *ret_fd);

/* Waits until the socket is ready for events (poll.h); false if the deadline passes first. */
bool rsm_dial_wait(int fd, short events, uint64_t deadline_us);

#endif
