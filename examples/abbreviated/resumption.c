/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A resume_server with the keys that another server of the fleet issues tickets under, and with a
 * session that was made elsewhere in its store.
 */
#include "resumption.h"
#include "clock.h"
#include "saved_session.h"
#include "show.h"
#include "suite.h"

#include <string.h>

static enum outcome said(resume_status status, const char *what) {
    if (status != RESUME_OK) {
        tell("%s: %s", what, resume_status_name(status));
    }
    return status == RESUME_OK ? DONE : FAILED;
}

/* Only what the record layer can do may resume; all else is a full handshake. */
static resume_status allow_suites(resume_policy *policy) {
    resume_status status = RESUME_OK;
    for (size_t i = 0; status == RESUME_OK && suite_at(i); i++) {
        status = resume_policy_allow_cipher_suite(policy, suite_at(i)->number);
    }
    return status;
}

static enum outcome make_policy(const struct wishes *wishes, resume_policy **ret_policy) {
    resume_status status = resume_policy_new(ret_policy);
    if (status == RESUME_OK) {
        status = allow_suites(*ret_policy);
    }
    if (status == RESUME_OK && wishes->allow_no_ems) {
        status = resume_policy_set_ems(*ret_policy, RESUME_EMS_ALLOW_LEGACY);
    }
    return said(status, "policy");
}

static enum outcome set_keys(resume_server_options *options, const char *url) {
    resume_keyring_options *ring_options = NULL;
    resume_keyring *ring = NULL;
    resume_status status = resume_keyring_options_new(&ring_options);
    if (status == RESUME_OK) {
        status = resume_keyring_from_url(url, ring_options, clock_now_ms(), &ring);
        if (status != RESUME_OK) {
            tell("%s: %s", url, resume_keyring_options_why(ring_options));
        }
    }
    if (status == RESUME_OK) {
        status = resume_server_options_set_keyring(options, ring);
    }
    resume_keyring_unref(ring);
    resume_keyring_options_unref(ring_options);
    return said(status, "keys");
}

/*
 * A client's view of a session as the server's: the same secret under the same ID, but the peer's
 * certificate is ours, and context and server name are what this server would have issued it with.
 * What the adapter exports passes through here unchanged in all that matters.
 */
static resume_status as_ours(const resume_session *theirs, const resume_policy *policy,
                             const char *name, resume_session_options *options,
                             resume_session **ret_session) {
    size_t secret_len = 0;
    size_t id_len = 0;
    size_t context_len = 0;
    const uint8_t *secret = resume_session_secret(theirs, &secret_len);
    const uint8_t *id = resume_session_session_id(theirs, &id_len);
    size_t name_len = name ? strlen(name) : 0;
    uint8_t context[RESUME_CONTEXT_SIZE];
    resume_status status = resume_policy_context(policy, (const uint8_t *)name, name_len, NULL, 0,
                                                 context, sizeof context, &context_len);
    const resume_status steps[] = {
        resume_session_options_set_version(options, resume_session_version(theirs)),
        resume_session_options_set_cipher_suite(options, resume_session_cipher_suite(theirs)),
        resume_session_options_set_extended_master_secret(
            options, resume_session_extended_master_secret(theirs)),
        resume_session_options_set_created(options, resume_session_created(theirs)),
        resume_session_options_set_authenticated(options, resume_session_authenticated(theirs)),
        resume_session_options_set_lifetime(options, resume_session_lifetime(theirs)),
        resume_session_options_set_secret(options, secret, secret_len),
        resume_session_options_set_session_id(options, id, id_len),
        resume_session_options_set_server_name(options, name, name_len),
        resume_session_options_set_context(options, context, context_len),
    };
    for (size_t i = 0; status == RESUME_OK && i < sizeof steps / sizeof steps[0]; i++) {
        status = steps[i];
    }
    return status == RESUME_OK ? resume_session_new(options, ret_session) : status;
}

static enum outcome fill_store(resume_server *server, const struct wishes *wishes) {
    struct saved_session saved = {0};
    resume_session_options *options = NULL;
    resume_session *session = NULL;
    enum outcome end = saved_session_read(wishes->session_path, clock_now_ms(), &saved);
    if (end != DONE) {
        return end;
    }
    resume_status status = resume_session_options_new(&options);
    if (status == RESUME_OK) {
        status = as_ours(saved.session, resume_server_policy(server), wishes->server_name, options,
                         &session);
    }
    if (status == RESUME_OK) {
        status = resume_server_store_session(server, session, clock_now_ms());
    }
    resume_session_unref(session);
    resume_session_options_unref(options);
    saved_session_clear(&saved);
    return said(status, wishes->session_path);
}

static enum outcome set_store(resume_server_options *options) {
    resume_store *store = NULL;
    resume_status status = resume_store_from_url("memory:?bytes=1M", NULL, &store);
    if (status == RESUME_OK) {
        status = resume_server_options_set_store(options, store);
    }
    resume_store_unref(store);
    return said(status, "store");
}

static enum outcome fill_options(const struct wishes *wishes, resume_policy *policy,
                                 resume_server_options *options) {
    enum outcome end = said(resume_server_options_set_policy(options, policy), "policy");
    if (end == DONE && wishes->keys) {
        end = set_keys(options, wishes->keys);
    }
    if (end == DONE && wishes->session_path) {
        end = set_store(options);
    }
    return end;
}

static enum outcome make_server(const struct wishes *wishes, resume_policy *policy,
                                resume_server **ret_server) {
    resume_server_options *options = NULL;
    if (resume_server_options_new(&options) != RESUME_OK) {
        return FAILED;
    }
    enum outcome end = fill_options(wishes, policy, options);
    if (end == DONE && resume_server_new(options, ret_server) != RESUME_OK) {
        tell("server: %s", resume_server_options_why(options));
        end = FAILED;
    }
    resume_server_options_unref(options);
    return end;
}

enum outcome resumption_new(const struct wishes *wishes, resume_server **ret_server) {
    resume_policy *policy = NULL;
    resume_server *server = NULL;
    enum outcome end = make_policy(wishes, &policy);
    if (end == DONE) {
        end = make_server(wishes, policy, &server);
    }
    if (end == DONE && wishes->session_path) {
        end = fill_store(server, wishes);
    }
    resume_policy_unref(policy);
    if (end != DONE) {
        resume_server_unref(server);
        return end;
    }
    *ret_server = server;
    return DONE;
}
