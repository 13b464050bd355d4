/* SPDX-License-Identifier: Apache-2.0 */
/* Servers for the scenarios in C, and handshakes with them. */
#ifndef SCENARIOS_SERVERS_H
#define SCENARIOS_SERVERS_H

#include "world.h"

/* What a client offers, and what the server asks; zero is TLS 1.2, no name, none, now. */
struct offer {
    struct bytes ticket;
    const char *server_name;
    uint16_t version;
    int32_t client_auth;
    uint64_t later; /* than now */
};

/* A policy with one of the labels. */
resume_policy *policy_of(struct world *w, const char *label);
resume_server *server_over(struct world *w, const char *ring, resume_policy *policy);
/* Over ring-80, with the label of all. */
resume_server *server_of(struct world *w);
struct bytes issue(struct world *w, resume_server *server, const char *name);
/* The answer and the reason. */
const char *outcome(struct world *w, resume_server *server, struct offer offer);
/* The context of the policy for a name, NULL for none. */
struct bytes context_of(struct world *w, const resume_policy *policy, const char *server_name);

#endif /* SCENARIOS_SERVERS_H */
