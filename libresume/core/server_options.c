/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a server is built from, and its building.
 */
#include "core/server.h"

#include "base/alloc.h"
#include "base/bytes.h"

#include <stdio.h>

resume_status resume_server_options_new(resume_server_options **ret_options) {
    if (!ret_options) {
        return RESUME_E_INVALID;
    }
    resume_server_options *options = rsm_calloc(1, sizeof *options);
    if (!options) {
        return RESUME_E_NOMEM;
    }
    *ret_options = options;
    return RESUME_OK;
}

resume_server_options *resume_server_options_unref(resume_server_options *options) {
    if (options) {
        resume_keyring_unref(options->keyring);
        resume_codec_unref(options->codec);
        resume_store_unref(options->store);
        resume_policy_unref(options->policy);
        rsm_free(options);
    }
    return NULL;
}

resume_status resume_server_options_set_keyring(resume_server_options *options,
                                                resume_keyring *keyring) {
    if (!options || !keyring) {
        return RESUME_E_INVALID;
    }
    resume_keyring_ref(keyring);
    resume_keyring_unref(options->keyring);
    options->keyring = keyring;
    return RESUME_OK;
}

resume_status resume_server_options_set_codec(resume_server_options *options, resume_codec *codec) {
    if (!options || !codec) {
        return RESUME_E_INVALID;
    }
    resume_codec_ref(codec);
    resume_codec_unref(options->codec);
    options->codec = codec;
    return RESUME_OK;
}

resume_status resume_server_options_set_store(resume_server_options *options, resume_store *store) {
    if (!options || !store) {
        return RESUME_E_INVALID;
    }
    resume_store_ref(store);
    resume_store_unref(options->store);
    options->store = store;
    return RESUME_OK;
}

resume_status resume_server_options_set_policy(resume_server_options *options,
                                               resume_policy *policy) {
    if (!options || !policy) {
        return RESUME_E_INVALID;
    }
    resume_policy_ref(policy);
    resume_policy_unref(options->policy);
    options->policy = policy;
    return RESUME_OK;
}

resume_status resume_server_options_set_trace(resume_server_options *options, resume_trace_fn trace,
                                              void *arg) {
    if (!options) {
        return RESUME_E_INVALID;
    }
    options->trace = trace;
    options->trace_arg = arg;
    return RESUME_OK;
}

const char *resume_server_options_why(const resume_server_options *options) {
    return options ? options->why : "";
}

static resume_status take_codec(resume_server *server, const resume_server_options *options) {
    if (options->codec) {
        server->codec = resume_codec_ref(options->codec);
        return RESUME_OK;
    }
    return options->keyring ? resume_codec_new(options->keyring, NULL, &server->codec) : RESUME_OK;
}

static resume_status fill(resume_server *server, const resume_server_options *options) {
    rsm_ref_init(&server->ref);
    server->policy = rsm_policy_copy(options->policy);
    if (!server->policy) {
        return RESUME_E_NOMEM;
    }
    resume_status status = take_codec(server, options);
    if (status != RESUME_OK) {
        return status;
    }
    server->keyring = server->codec ? resume_codec_keyring(server->codec) : NULL;
    server->store = resume_store_ref(options->store);
    server->trace = options->trace;
    server->trace_arg = options->trace_arg;
    if (!server->codec) {
        server->policy->modes &= ~(uint32_t)RESUME_MODE_TICKETS;
    }
    if (!server->store) {
        server->policy->modes &= ~(uint32_t)RESUME_MODE_SESSION_IDS;
    }
    return RESUME_OK;
}

resume_status resume_server_new(resume_server_options *options, resume_server **ret_server) {
    if (!options || !ret_server) {
        return RESUME_E_INVALID;
    }
    options->why[0] = '\0';
    if (!options->keyring && !options->codec && !options->store) {
        snprintf(options->why, sizeof options->why,
                 "a server needs keys for tickets, or a store for session IDs, or both; "
                 "set a keyring, a codec or a store");
        return RESUME_E_INVALID;
    }
    resume_server *server = rsm_calloc_aligned(_Alignof(resume_server), sizeof *server);
    resume_status status = server ? fill(server, options) : RESUME_E_NOMEM;
    if (status != RESUME_OK) {
        snprintf(options->why, sizeof options->why, "%s", resume_status_name(status));
        resume_server_unref(server);
        return status;
    }
    *ret_server = server;
    return RESUME_OK;
}

resume_server *resume_server_ref(resume_server *server) {
    if (server) {
        rsm_ref_get(&server->ref);
    }
    return server;
}

resume_server *resume_server_unref(resume_server *server) {
    if (server && rsm_ref_put(&server->ref)) {
        resume_codec_unref(server->codec);
        resume_store_unref(server->store);
        resume_policy_unref(server->policy);
        rsm_free(server);
    }
    return NULL;
}
