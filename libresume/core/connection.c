/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Setters of a connection's facts.
 */
#include "core/connection.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/hot.h"

RSM_HOT resume_status resume_connection_new(resume_connection **ret_connection) {
    if (!ret_connection) {
        return RESUME_E_INVALID;
    }
    resume_connection *connection = rsm_malloc(sizeof *connection);
    if (!connection) {
        return RESUME_E_NOMEM;
    }
    rsm_ref_init(&connection->ref);
    (void)!resume_connection_reset(connection);
    *ret_connection = connection;
    return RESUME_OK;
}

resume_connection *resume_connection_ref(resume_connection *connection) {
    if (connection) {
        rsm_ref_get(&connection->ref);
    }
    return connection;
}

resume_connection *resume_connection_unref(resume_connection *connection) {
    if (connection && rsm_ref_put(&connection->ref)) {
        rsm_free(connection);
    }
    return NULL;
}

RSM_HOT resume_status resume_connection_reset(resume_connection *connection) {
    if (!connection) {
        return RESUME_E_INVALID;
    }
    connection->version = 0;
    connection->server_name = NULL;
    connection->server_name_len = 0;
    connection->context.len = 0;
    connection->suites = NULL;
    connection->suites_len = 0;
    connection->client_auth = RESUME_CLIENT_AUTH_NONE;
    connection->extended_master_secret = false;
    return RESUME_OK;
}

RSM_HOT resume_status resume_connection_set_version(resume_connection *connection,
                                                    uint16_t version) {
    if (!connection || (version != RSM_TLS12 && version != RSM_TLS13)) {
        return RESUME_E_INVALID;
    }
    connection->version = version;
    return RESUME_OK;
}

RSM_HOT resume_status resume_connection_set_server_name(resume_connection *connection,
                                                        const uint8_t *data, size_t data_len) {
    if (!connection || data_len > 255 || (!data && data_len)) {
        return RESUME_E_INVALID;
    }
    connection->server_name = data_len ? data : NULL;
    connection->server_name_len = data_len;
    return RESUME_OK;
}

RSM_HOT resume_status resume_connection_set_context(resume_connection *connection,
                                                    const uint8_t *data, size_t data_len) {
    if (!connection || data_len > RESUME_CONTEXT_SIZE || (!data && data_len)) {
        return RESUME_E_INVALID;
    }
    if (data_len) {
        memcpy(connection->context.data, data, data_len);
    }
    connection->context.len = data_len;
    return RESUME_OK;
}

RSM_HOT resume_status resume_connection_set_cipher_suites(resume_connection *connection,
                                                          const uint8_t *data, size_t data_len) {
    if (!connection || !data || data_len < 2 || data_len > 65534 || data_len % 2) {
        return RESUME_E_INVALID;
    }
    connection->suites = data;
    connection->suites_len = data_len;
    return RESUME_OK;
}

RSM_HOT resume_status resume_connection_set_extended_master_secret(resume_connection *connection,
                                                                   bool offered) {
    if (!connection) {
        return RESUME_E_INVALID;
    }
    connection->extended_master_secret = offered;
    return RESUME_OK;
}

RSM_HOT resume_status resume_connection_set_client_auth(resume_connection *connection,
                                                        int32_t client_auth) {
    if (!connection || client_auth < RESUME_CLIENT_AUTH_NONE ||
        client_auth > RESUME_CLIENT_AUTH_REQUIRE) {
        return RESUME_E_INVALID;
    }
    connection->client_auth = client_auth;
    return RESUME_OK;
}
