/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The module resume_core: the calls that the Lua package stands on, one to one. Private: programs
 * use the package. One file for Lua 5.1 (LuaJIT loads that one, too) and 5.4.
 */
%module resume_core

%{
#include "lua_support.h"
%}

%include "resume_lua.swg"
%include <stdint.i>

%rename("%(strip:[resume_])s", %$isfunction) "";

%resume_handle(codec)
%resume_handle(connection)
%resume_handle(keyring)
%resume_handle(keyring_options)
%resume_handle(policy)
%resume_handle(server)
%resume_handle(server_options)
%resume_handle(session)
%resume_handle(store)
%resume_handle(store_options)
%resume_handle(codec_options)

%define %resume_options_new(noun)
%typemap(in, numinputs=0) resume_ ## noun **ret_options (resume_ ## noun *made)
    "made = NULL; $1 = &made;"
%typemap(argout) resume_ ## noun **ret_options {
    rsm_lua_push(L, *$1, "resume_" #noun, rsm_lua_drop_ ## noun);
    SWIG_arg++;
}
%enddef
%resume_options_new(keyring_options)
%resume_options_new(store_options)
%resume_options_new(server_options)
%resume_options_new(codec_options)

typedef int32_t resume_status;
typedef int32_t resume_reason;
typedef int32_t resume_frame;
typedef int32_t resume_payload;

const char *resume_status_name(resume_status status);
resume_status resume_keyring_options_new(resume_keyring_options **ret_options);
resume_status resume_keyring_options_set_seal_period(resume_keyring_options *options, uint64_t
    period_ms);
resume_status resume_keyring_options_set_open_period(resume_keyring_options *options, uint64_t
    period_ms);
resume_status resume_keyring_options_set_max_seals(resume_keyring_options *options, uint64_t
    max_seals);
const char *resume_keyring_options_why(const resume_keyring_options *options);
resume_status resume_keyring_from_url(const char *url, resume_keyring_options *options, uint64_t
    now_ms, resume_keyring **ret_keyring);
resume_status resume_keyring_rotate(resume_keyring *keyring, uint64_t now_ms);
resume_status resume_keyring_tick(resume_keyring *keyring, uint64_t now_ms);
resume_status resume_keyring_reload(resume_keyring *keyring, uint64_t now_ms);
size_t resume_keyring_count(resume_keyring *keyring);
resume_status resume_key_audit(const uint8_t *key, size_t key_len, const char **ret_reason);
resume_status resume_codec_options_new(resume_codec_options **ret_options);
resume_status resume_codec_options_set_frame(resume_codec_options *options, resume_frame frame);
resume_status resume_codec_options_set_payload(resume_codec_options *options, resume_payload
    payload);
resume_status resume_codec_options_set_context(resume_codec_options *options, const uint8_t *data,
    size_t data_len);
const char *resume_codec_options_why(const resume_codec_options *options);
resume_status resume_codec_new(resume_keyring *keyring, resume_codec_options *options,
    resume_codec **ret_codec);
resume_status resume_codec_seal(const resume_codec *codec, const resume_session *session, uint64_t
    now_ms, uint8_t *buf, size_t buf_cap, size_t *ret_len);
resume_status resume_codec_open(const resume_codec *codec, const uint8_t *data, size_t data_len,
    uint64_t now_ms, resume_session **ret_session);
resume_status resume_codec_seal_bytes(const resume_codec *codec, const uint8_t *data, size_t
    data_len, uint64_t now_ms, uint8_t *buf, size_t buf_cap, size_t *ret_len);
resume_status resume_codec_open_bytes(const resume_codec *codec, const uint8_t *data, size_t
    data_len, uint64_t now_ms, uint8_t *buf, size_t buf_cap, size_t *ret_len);
size_t resume_codec_sealed_size(const resume_codec *codec, size_t data_len);
resume_status resume_store_options_new(resume_store_options **ret_options);
const char *resume_store_options_why(const resume_store_options *options);
resume_status resume_store_from_url(const char *url, resume_store_options *options, resume_store
    **ret_store);
resume_status resume_store_put(resume_store *store, const resume_session *session, uint64_t
    now_ms);
resume_status resume_store_get(resume_store *store, const uint8_t *id, size_t id_len, uint64_t
    now_ms, resume_session **ret_session);
resume_status resume_store_take(resume_store *store, const uint8_t *id, size_t id_len, uint64_t
    now_ms, resume_session **ret_session);
resume_status resume_store_remove(resume_store *store, const uint8_t *id, size_t id_len);
resume_status resume_store_put_record(resume_store *store, const uint8_t *id, size_t id_len, const
    uint8_t *data, size_t data_len, uint64_t expires_ms, uint64_t now_ms);
resume_status resume_store_get_record(resume_store *store, const uint8_t *id, size_t id_len,
    uint64_t now_ms, uint8_t *buf, size_t buf_cap, size_t *ret_len);
resume_status resume_store_take_record(resume_store *store, const uint8_t *id, size_t id_len,
    uint64_t now_ms, uint8_t *buf, size_t buf_cap, size_t *ret_len);
resume_status resume_store_stats(const resume_store *store, int32_t which, uint64_t *ret_value);
resume_status resume_store_sweep(resume_store *store, uint64_t now_ms, size_t max);
resume_status resume_policy_new(resume_policy **ret_policy);
resume_status resume_policy_set_modes(resume_policy *policy, uint32_t modes);
resume_status resume_policy_set_lifetime(resume_policy *policy, uint16_t version, uint32_t
    seconds);
resume_status resume_policy_set_authentication_lifetime(resume_policy *policy, uint16_t version,
    uint32_t seconds);
resume_status resume_policy_set_renew_after(resume_policy *policy, uint32_t percent);
resume_status resume_policy_set_ems(resume_policy *policy, int32_t ems);
resume_status resume_policy_set_skew(resume_policy *policy, uint64_t skew_ms);
resume_status resume_policy_allow_cipher_suite(resume_policy *policy, uint16_t cipher_suite);
resume_status resume_policy_set_isolate_server_name(resume_policy *policy, bool isolate);
resume_status resume_policy_set_label(resume_policy *policy, const uint8_t *data, size_t
    data_len);
resume_status resume_policy_set_issue_context(resume_policy *policy, const uint8_t *data, size_t
    data_len);
resume_status resume_policy_accept_context(resume_policy *policy, const uint8_t *data, size_t
    data_len);
resume_status resume_policy_stock_context(const char *stock, uint8_t *buf, size_t buf_cap, size_t
    *ret_len);
resume_status resume_policy_set_sha256_first(resume_policy *policy, bool first);
resume_status resume_policy_set_single_use(resume_policy *policy, bool single_use);
resume_status resume_policy_set_forward_secrecy(resume_policy *policy, bool demand);
resume_status resume_policy_set_client_certificate_guard(resume_policy *policy, bool guard);
resume_status resume_policy_context(const resume_policy *policy, const uint8_t *server_name, size_t
    server_name_len, const uint8_t *client_auth, size_t client_auth_len, uint8_t *buf, size_t
    buf_cap, size_t *ret_len);
resume_status resume_connection_new(resume_connection **ret_connection);
resume_status resume_connection_set_version(resume_connection *connection, uint16_t version);
resume_status resume_connection_set_server_name(resume_connection *connection, const uint8_t *data,
    size_t data_len);
resume_status resume_connection_set_context(resume_connection *connection, const uint8_t *data,
    size_t data_len);
resume_status resume_connection_set_cipher_suites(resume_connection *connection, const uint8_t
    *data, size_t data_len);
resume_status resume_connection_set_extended_master_secret(resume_connection *connection, bool
    offered);
resume_status resume_connection_set_client_auth(resume_connection *connection, int32_t
    client_auth);
resume_status resume_server_options_new(resume_server_options **ret_options);
const char *resume_server_options_why(const resume_server_options *options);
resume_status resume_server_options_set_keyring(resume_server_options *options, resume_keyring
    *keyring);
resume_status resume_server_options_set_store(resume_server_options *options, resume_store
    *store);
resume_status resume_server_options_set_policy(resume_server_options *options, resume_policy
    *policy);
resume_status resume_server_options_set_codec(resume_server_options *options, resume_codec
    *codec);
resume_status resume_server_new(resume_server_options *options, resume_server **ret_server);
resume_status resume_server_open_ticket(resume_server *server, const resume_connection *connection,
    const uint8_t *data, size_t data_len, uint64_t now_ms, resume_session **ret_session,
    resume_reason *ret_reason);
resume_status resume_server_issue_ticket(resume_server *server, const resume_session *session,
    uint64_t now_ms, uint8_t *buf, size_t buf_cap, size_t *ret_len, uint32_t *ret_lifetime);
uint64_t resume_server_counter(const resume_server *server, int32_t path, resume_reason reason);
const char *resume_reason_name(resume_reason reason);
int32_t resume_reason_count(void);
const char *resume_path_name(int32_t path);
resume_status resume_session_from_openssl(const uint8_t *data, size_t data_len, uint64_t now_ms,
    resume_session **ret_session);
resume_status resume_session_to_openssl(const resume_session *session, uint8_t *buf, size_t
    buf_cap, size_t *ret_len);
resume_status resume_session_from_native(const uint8_t *data, size_t data_len, resume_session
    **ret_session);
resume_status resume_session_to_native(const resume_session *session, const uint8_t **ret_data,
    size_t *ret_len);
uint64_t resume_session_expires(const resume_session *session);
uint64_t resume_session_created(const resume_session *session);
uint16_t resume_session_version(const resume_session *session);
uint16_t resume_session_cipher_suite(const resume_session *session);
bool resume_session_resumable(const resume_session *session);

const uint8_t *resume_session_session_id(const resume_session *session, size_t *ret_len);
const uint8_t *resume_session_server_name(const resume_session *session, size_t *ret_len);

%rename(detach) rsm_lua_detach;
%rename(is_context) rsm_lua_context;
%typemap(in, checkfn="rsm_lua_is_anything") struct ssl_ctx_st *ctx "$1 = rsm_lua_context_at(L, $input);"
bool rsm_lua_context(struct ssl_ctx_st *ctx);
resume_status rsm_lua_detach(struct ssl_ctx_st *ctx);
/* Gives why it failed, too. */
%native(attach) int rsm_lua_attach(lua_State *L);
%native(close) int rsm_lua_close(lua_State *L);
