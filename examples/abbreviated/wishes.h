/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the command line asked for.
 */
#ifndef ABBREVIATED_WISHES_H
#define ABBREVIATED_WISHES_H

#include <stdbool.h>

/* What to spoil on purpose, to see that the peer notices. */
enum tamper { TAMPER_NOTHING, TAMPER_SESSION_ID, TAMPER_TICKET, TAMPER_FINISHED };

struct wishes {
    const char *address;      /* HOST:PORT; port 0 to listen on any free one */
    const char *session_path; /* see saved_session.h; NULL: none */
    const char *server_name;  /* to ask for, or that the stored session was made under */
    enum tamper tamper;
    bool by_session_id; /* client: offer the session ID although there is a ticket */
    bool by_ticket;     /* client: offer the ticket or nothing */
    bool no_ems;        /* client: be one from before RFC 7627 */
    const char *keys;   /* server: URL of the ticket keys, or NULL */
    bool allow_no_ems;  /* server: RESUME_EMS_ALLOW_LEGACY */
    long connections;   /* server: how many; 0: without end */
};

#endif /* ABBREVIATED_WISHES_H */
