/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The server that real clients talk to: listens on a free port of 127.0.0.1, prints it, forks its
 * workers and answers each connection's first line with one of its own, in HTTP's clothes:
 *
 *     resumed=1 version=TLSv1.3 name=a.example
 *
 * One connection at a time in each worker. Not an example of how to write a server.
 *
 *     server CERTIFICATE KEY [keys=URL] [store=URL] [context=STOCK] [accept=STOCK]
 *            [suites=sha256] [ems=legacy] [clients=PEM] [workers=N]
 */
#include <resume/openssl.h>

#include <openssl/ssl.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct wishes {
    const char *certificate;
    const char *key;
    const char *keys;
    const char *store;
    const char *context; /* of a stock server, to issue under */
    const char *accept;  /* of another, to accept besides */
    const char *suites;
    const char *ems;
    const char *clients; /* CAs of client certificates, which are then required */
    int workers;
};

static void die(const char *what) {
    fprintf(stderr, "server: %s\n", what);
    exit(1);
}

static void need(resume_status status, const char *what) {
    if (status != RESUME_OK) {
        fprintf(stderr, "server: %s: %s\n", what, resume_status_name(status));
        exit(1);
    }
}

static const char *value_of(const char *arg, const char *name) {
    size_t len = strlen(name);
    return strncmp(arg, name, len) == 0 && arg[len] == '=' ? arg + len + 1 : NULL;
}

static struct wishes read_arguments(int argc, char **argv) {
    if (argc < 3) {
        die("CERTIFICATE KEY [keys=URL] [store=URL] [context=STOCK] [accept=STOCK] "
            "[suites=sha256] [ems=legacy] [clients=PEM] [workers=N]");
    }
    struct wishes wishes = {.certificate = argv[1], .key = argv[2], .workers = 1};
    for (int i = 3; i < argc; i++) {
        const char *workers = value_of(argv[i], "workers");
        const char *keys = value_of(argv[i], "keys");
        const char *store = value_of(argv[i], "store");
        const char *context = value_of(argv[i], "context");
        const char *accept = value_of(argv[i], "accept");
        const char *suites = value_of(argv[i], "suites");
        const char *ems = value_of(argv[i], "ems");
        const char *clients = value_of(argv[i], "clients");
        if (!workers && !keys && !store && !context && !accept && !suites && !ems && !clients) {
            die("an argument that nobody knows");
        }
        wishes.workers = workers ? atoi(workers) : wishes.workers;
        wishes.keys = keys ? keys : wishes.keys;
        wishes.store = store ? store : wishes.store;
        wishes.context = context ? context : wishes.context;
        wishes.accept = accept ? accept : wishes.accept;
        wishes.suites = suites ? suites : wishes.suites;
        wishes.ems = ems ? ems : wishes.ems;
        wishes.clients = clients ? clients : wishes.clients;
    }
    return wishes;
}

static void set_keys(resume_server_options *options, const char *url) {
    resume_keyring_options *ring_options = NULL;
    resume_keyring *ring = NULL;
    need(resume_keyring_options_new(&ring_options), "options");
    if (resume_keyring_from_url(url, ring_options, (uint64_t)time(NULL) * 1000, &ring)) {
        die(resume_keyring_options_why(ring_options));
    }
    need(resume_server_options_set_keyring(options, ring), "keyring");
    resume_keyring_unref(ring);
    resume_keyring_options_unref(ring_options);
}

static void set_policy(resume_server_options *options, const struct wishes *wishes) {
    resume_policy *policy = NULL;
    need(resume_policy_new(&policy), "policy");
    uint8_t context[RESUME_CONTEXT_SIZE];
    size_t len = 0;
    if (wishes->context) {
        need(resume_policy_stock_context(wishes->context, context, sizeof context, &len), "stock");
        need(resume_policy_set_issue_context(policy, context, len), "context");
    }
    if (wishes->accept) {
        need(resume_policy_stock_context(wishes->accept, context, sizeof context, &len), "stock");
        need(resume_policy_accept_context(policy, context, len), "accept");
    }
    need(resume_policy_set_sha256_first(policy, wishes->suites != NULL), "suites");
    if (wishes->ems) {
        need(resume_policy_set_ems(policy, RESUME_EMS_ALLOW_LEGACY), "ems");
    }
    need(resume_server_options_set_policy(options, policy), "policy");
    resume_policy_unref(policy);
}

static resume_server *make_server(const struct wishes *wishes) {
    resume_server_options *options = NULL;
    resume_server *server = NULL;
    resume_store *store = NULL;
    need(resume_server_options_new(&options), "options");
    if (wishes->keys) {
        set_keys(options, wishes->keys);
    }
    if (wishes->store) {
        need(resume_store_from_url(wishes->store, NULL, &store), "store");
        need(resume_server_options_set_store(options, store), "store");
        resume_store_unref(store);
    }
    set_policy(options, wishes);
    if (resume_server_new(options, &server)) {
        die(resume_server_options_why(options));
    }
    resume_server_options_unref(options);
    return server;
}

static SSL_CTX *make_context(const struct wishes *wishes) {
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    if (!ctx || SSL_CTX_use_certificate_chain_file(ctx, wishes->certificate) != 1 ||
        SSL_CTX_use_PrivateKey_file(ctx, wishes->key, SSL_FILETYPE_PEM) != 1) {
        die("certificate or key");
    }
    if (wishes->clients) {
        if (SSL_CTX_load_verify_locations(ctx, wishes->clients, NULL) != 1) {
            die("clients");
        }
        SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    }
    resume_server *server = make_server(wishes);
    need(resume_openssl_attach(ctx, server, NULL), "attach");
    resume_server_unref(server);
    return ctx;
}

/* What the client says does not matter, but that it has said it: TLS 1.3's tickets are then out. */
static void answer(SSL *ssl) {
    char line[1024];
    char body[512];
    if (SSL_accept(ssl) != 1 || SSL_read(ssl, line, sizeof line) <= 0) {
        return;
    }
    const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    snprintf(body, sizeof body, "resumed=%d version=%s name=%.255s\n", SSL_session_reused(ssl),
             SSL_get_version(ssl), name ? name : "");
    int len = snprintf(line, sizeof line,
                       "HTTP/1.0 200 OK\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n%s",
                       strlen(body), body);
    SSL_write(ssl, line, len);
    SSL_shutdown(ssl);
    /* Until the client has read it all; closing earlier might reset the connection. */
    while (SSL_read(ssl, line, sizeof line) > 0) {
    }
}

static void serve(SSL_CTX *ctx, int listener) {
    const struct timeval patience = {.tv_sec = 10};
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        if (fd < 0) {
            continue;
        }
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        SSL *ssl = SSL_new(ctx);
        if (ssl && SSL_set_fd(ssl, fd)) {
            answer(ssl);
        }
        SSL_free(ssl);
        close(fd);
    }
}

static int listen_somewhere(void) {
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, len) || listen(listener, 64) ||
        getsockname(listener, (struct sockaddr *)&address, &len)) {
        die("no port");
    }
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    return listener;
}

int main(int argc, char **argv) {
    struct wishes wishes = read_arguments(argc, argv);
    signal(SIGPIPE, SIG_IGN);
    SSL_CTX *ctx = make_context(&wishes);
    int listener = listen_somewhere();
    pid_t parent = getpid();
    for (int i = 0; i < wishes.workers; i++) {
        if (fork() == 0) {
            prctl(PR_SET_PDEATHSIG, SIGTERM);
            if (getppid() == parent) {
                serve(ctx, listener);
            }
            _exit(0);
        }
    }
    while (wait(NULL) > 0) {
    }
    SSL_CTX_free(ctx);
    return 0;
}
