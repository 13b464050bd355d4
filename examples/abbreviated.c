/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The abbreviated handshake of TLS 1.2, on nothing but libresume and libcrypto: client and server,
 * by session ID and by ticket, with and without extended master secret. It shows which call of
 * libresume belongs to which step; --verbose shows the steps. Not a TLS stack: it does no full
 * handshake, so the session that it starts from is made by a real one:
 *
 *     openssl s_client -connect HOST:PORT -tls1_2 -sess_out session.pem
 *     abbreviated client HOST:PORT --session session.pem --verbose
 *
 * Where to read: client.c and server.c are the two sides, keys.c what they compute, record.c what
 * is on the wire.
 */
#include "abbreviated/client.h"
#include "abbreviated/server.h"
#include "abbreviated/show.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

static const char usage_text[] =
    "usage: abbreviated client HOST:PORT --session FILE [OPTIONS]\n"
    "       abbreviated server HOST:PORT [--keys URL] [--session FILE] [OPTIONS]\n"
    "\n"
    "  --session FILE     a session as openssl s_client -sess_out writes it: the one to offer, or\n"
    "                     the one to put into the server's store\n"
    "  --keys URL         ticket keys, such as file:/etc/fleet.key?dialect=nginx\n"
    "  --name NAME        the server name to ask for, or that the stored session was made under\n"
    "  --by id|ticket     what the client offers (the ticket, if there is one)\n"
    "  --no-ems           the client sends no extended_master_secret\n"
    "  --allow-no-ems     the server resumes sessions without it\n"
    "  --tamper WHAT      spoil session-id, ticket or finished on purpose\n"
    "  --connections N    the server ends after so many\n"
    "  --verbose          show messages, keys and Finished values: secrets, on stderr\n"
    "\n"
    "exit status: 0 resumed, 1 failed, 2 usage, 3 the server wants a full handshake,\n"
    "             4 the peer sent a fatal alert, 5 we did";

enum {
    OPTION_SESSION,
    OPTION_KEYS,
    OPTION_NAME,
    OPTION_BY,
    OPTION_NO_EMS,
    OPTION_ALLOW_NO_EMS,
    OPTION_TAMPER,
    OPTION_CONNECTIONS,
    OPTION_VERBOSE,
};

static const struct option options[] = {
    {"session", required_argument, NULL, OPTION_SESSION},
    {"keys", required_argument, NULL, OPTION_KEYS},
    {"name", required_argument, NULL, OPTION_NAME},
    {"by", required_argument, NULL, OPTION_BY},
    {"no-ems", no_argument, NULL, OPTION_NO_EMS},
    {"allow-no-ems", no_argument, NULL, OPTION_ALLOW_NO_EMS},
    {"tamper", required_argument, NULL, OPTION_TAMPER},
    {"connections", required_argument, NULL, OPTION_CONNECTIONS},
    {"verbose", no_argument, NULL, OPTION_VERBOSE},
    {0},
};

static int usage(const char *complaint) {
    if (complaint) {
        tell("abbreviated: %s", complaint);
    }
    tell("%s", usage_text);
    return USAGE;
}

static bool read_tamper(const char *what, enum tamper *ret_tamper) {
    static const char *const names[] = {
        [TAMPER_SESSION_ID] = "session-id",
        [TAMPER_TICKET] = "ticket",
        [TAMPER_FINISHED] = "finished",
    };
    for (enum tamper i = TAMPER_SESSION_ID; i <= TAMPER_FINISHED; i++) {
        if (strcmp(what, names[i]) == 0) {
            *ret_tamper = i;
            return true;
        }
    }
    return false;
}

/* Takes one option; false for a value that nobody knows. */
static bool take_option(int option, const char *value, struct wishes *wishes) {
    char *end = NULL;
    switch (option) {
    case OPTION_SESSION:
        wishes->session_path = value;
        return true;
    case OPTION_KEYS:
        wishes->keys = value;
        return true;
    case OPTION_NAME:
        wishes->server_name = value;
        return strlen(value) > 0 && strlen(value) < 256;
    case OPTION_BY:
        wishes->by_session_id = strcmp(value, "id") == 0;
        wishes->by_ticket = strcmp(value, "ticket") == 0;
        return wishes->by_session_id || wishes->by_ticket;
    case OPTION_NO_EMS:
        wishes->no_ems = true;
        return true;
    case OPTION_ALLOW_NO_EMS:
        wishes->allow_no_ems = true;
        return true;
    case OPTION_TAMPER:
        return read_tamper(value, &wishes->tamper);
    case OPTION_CONNECTIONS:
        wishes->connections = strtol(value, &end, 10);
        return *end == '\0' && wishes->connections > 0;
    case OPTION_VERBOSE:
        show_verbose();
        return true;
    default:
        return false;
    }
}

int main(int argc, char **argv) {
    struct wishes wishes = {0};
    int option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (!take_option(option, optarg, &wishes)) {
            return usage(option == '?' ? NULL : "a value that nobody knows");
        }
    }
    if (argc - optind != 2) {
        return usage("client or server, and HOST:PORT");
    }
    const char *side = argv[optind];
    wishes.address = argv[optind + 1];
    if (strcmp(side, "client") == 0) {
        return wishes.session_path ? (int)client_run(&wishes) : usage("a client needs --session");
    }
    if (strcmp(side, "server") == 0) {
        return wishes.session_path || wishes.keys ? (int)server_run(&wishes)
                                                  : usage("a server needs --keys or --session");
    }
    return usage("client or server");
}
