-- SPDX-License-Identifier: Apache-2.0
-- The public headers as the FFI reads them. Written by bindings/lua/generate.sh: do not edit.
return [[
typedef int32_t resume_status;
enum {
   RESUME_OK = 0,
   RESUME_MISS = 1,
   RESUME_EXPIRED = 2,
   RESUME_FORGED = 3,
   RESUME_MALFORMED = 4,
   RESUME_RENEW = 5,
   RESUME_FULL = 6,
   RESUME_ABORT = 7,
   RESUME_EXISTS = 8,
   RESUME_TOO_LARGE = 9,
   RESUME_NO_KEY = 10,
   RESUME_UNSUPPORTED = 11,
   RESUME_WEAK_KEY = 12,
   RESUME_MORE = 13,
   RESUME_E_INVALID = -1,
   RESUME_E_NOMEM = -2,
   RESUME_E_CRYPTO = -3,
   RESUME_E_IO = -4,
   RESUME_E_BUFFER = -5,
   RESUME_E_STATE = -6,
   RESUME_E_UNSUPPORTED = -7,
};
const char *resume_status_name(resume_status status);
enum { RESUME_VERSION = 100 };
uint32_t resume_abi_version(void);
const char *resume_abi_version_text(void);
bool resume_abi_has(const char *name);
typedef struct resume_session resume_session;
typedef struct resume_session_options resume_session_options;
enum {
   RESUME_APPDATA_OPAQUE = 0,
   RESUME_APPDATA_PSK_IDENTITY = 1,
   RESUME_APPDATA_GO_EXTRA = 2
};
enum { RESUME_SESSION_SIZE_MAX = 65280 };
resume_status
resume_session_options_new(resume_session_options **ret_options);
resume_session_options *resume_session_options_unref(resume_session_options *options);
const char *resume_session_options_why(const resume_session_options *options);
resume_status
resume_session_options_set_from(resume_session_options *options, const resume_session *session);
resume_status
resume_session_options_set_version(resume_session_options *options, uint16_t version);
resume_status
resume_session_options_set_cipher_suite(resume_session_options *options, uint16_t cipher_suite);
resume_status
resume_session_options_set_compression(resume_session_options *options, uint8_t compression);
resume_status
resume_session_options_set_extended_master_secret(resume_session_options *options, bool extended);
resume_status
resume_session_options_set_created(resume_session_options *options, uint64_t created_ms);
resume_status resume_session_options_set_authenticated(
   resume_session_options *options, uint64_t authenticated_ms);
resume_status
resume_session_options_set_lifetime(resume_session_options *options, uint32_t seconds);
resume_status
resume_session_options_set_verify_result(resume_session_options *options, int32_t result);
resume_status
resume_session_options_set_age_add(resume_session_options *options, uint32_t age_add);
resume_status
resume_session_options_set_max_early_data(resume_session_options *options, uint32_t size);
resume_status
resume_session_options_set_group(resume_session_options *options, uint16_t group);
resume_status
resume_session_options_set_resumable(resume_session_options *options, bool resumable);
resume_status resume_session_options_set_secret(
   resume_session_options *options, const uint8_t *data, size_t data_len);
resume_status resume_session_options_set_session_id(
   resume_session_options *options, const uint8_t *data, size_t data_len);
resume_status resume_session_options_set_server_name(
   resume_session_options *options, const char *data, size_t data_len);
resume_status resume_session_options_set_alpn(
   resume_session_options *options, const uint8_t *data, size_t data_len);
resume_status resume_session_options_set_context(
   resume_session_options *options, const uint8_t *data, size_t data_len);
resume_status resume_session_options_add_peer_certificate(
   resume_session_options *options, const uint8_t *data, size_t data_len);
resume_status resume_session_options_add_appdata(
   resume_session_options *options, uint16_t tag, const uint8_t *data, size_t data_len);
resume_status resume_session_new(resume_session_options *options,
                                                           resume_session **ret_session);
resume_session *resume_session_ref(resume_session *session);
resume_session *resume_session_unref(resume_session *session);
resume_status resume_session_from_native(const uint8_t *data,
                                                                   size_t data_len,
                                                                   resume_session **ret_session);
resume_status resume_session_to_native(const resume_session *session,
                                                                 const uint8_t **ret_data,
                                                                 size_t *ret_len);
resume_status resume_session_from_openssl(const uint8_t *data,
                                                                    size_t data_len,
                                                                    uint64_t now_ms,
                                                                    resume_session **ret_session);
resume_status resume_session_to_openssl(const resume_session *session,
                                                                  uint8_t *buf, size_t buf_cap,
                                                                  size_t *ret_len);
resume_status resume_session_to_openssl_with_ticket(
   const resume_session *session, const uint8_t *ticket, size_t ticket_len,
   uint32_t lifetime_hint_s, uint8_t *buf, size_t buf_cap, size_t *ret_len);
resume_status
resume_session_ticket_from_openssl(const uint8_t *data, size_t data_len, const uint8_t **ret_data,
                                  size_t *ret_len, uint32_t *ret_lifetime_hint_s);
resume_status resume_session_from_state_plaintext(
   const uint8_t *data, size_t data_len, resume_session **ret_session);
resume_status resume_session_to_state_plaintext(
   const resume_session *session, uint8_t *buf, size_t buf_cap, size_t *ret_len);
enum {
   RESUME_GOTLS_LAYOUT_1 = 1,
   RESUME_GOTLS_LAYOUT_2 = 2
};
resume_status resume_session_from_gotls(const uint8_t *data,
                                                                  size_t data_len,
                                                                  resume_session **ret_session);
resume_status resume_session_to_gotls(const resume_session *session,
                                                                int32_t layout,
                                                                const uint8_t *chains,
                                                                size_t chains_len, uint8_t *buf,
                                                                size_t buf_cap, size_t *ret_len);
bool resume_session_equal(const resume_session *session, const resume_session *other);
uint16_t resume_session_version(const resume_session *session);
uint16_t resume_session_cipher_suite(const resume_session *session);
uint8_t resume_session_compression(const resume_session *session);
bool resume_session_extended_master_secret(const resume_session *session);
bool resume_session_resumable(const resume_session *session);
uint64_t resume_session_created(const resume_session *session);
uint64_t resume_session_authenticated(const resume_session *session);
uint32_t resume_session_lifetime(const resume_session *session);
uint64_t resume_session_expires(const resume_session *session);
uint32_t resume_session_age_add(const resume_session *session);
uint32_t resume_session_max_early_data(const resume_session *session);
uint16_t resume_session_group(const resume_session *session);
int32_t resume_session_verify_result(const resume_session *session);
size_t resume_session_peer_certificate_count(const resume_session *session);
size_t resume_session_appdata_count(const resume_session *session);
const uint8_t *resume_session_secret(const resume_session *session, size_t *ret_len);
const uint8_t *resume_session_session_id(const resume_session *session, size_t *ret_len);
const uint8_t *resume_session_server_name(const resume_session *session,
                                                    size_t *ret_len);
const uint8_t *resume_session_alpn(const resume_session *session, size_t *ret_len);
const uint8_t *resume_session_context(const resume_session *session, size_t *ret_len);
const uint8_t *resume_session_peer_certificate(const resume_session *session,
                                                         size_t index, size_t *ret_len);
const uint8_t *resume_session_appdata(const resume_session *session, size_t index,
                                                uint16_t *ret_tag, size_t *ret_len);
typedef struct resume_key resume_key;
typedef struct resume_keyring resume_keyring;
typedef struct resume_keyring_options resume_keyring_options;
typedef void (*resume_key_extra_free_fn)(void *extra);
enum {
   RESUME_KEY_NAME_SIZE = 16,
   RESUME_KEYRING_MAX = 64,
   RESUME_KEYRING_FILE_MAX = 32768
};
enum {
   RESUME_KEY_NEXT = 1,
   RESUME_KEY_CURRENT = 2,
   RESUME_KEY_RETIRING = 3
};
resume_status
resume_keyring_options_new(resume_keyring_options **ret_options);
resume_keyring_options *resume_keyring_options_unref(resume_keyring_options *options);
resume_status
resume_keyring_options_set_seal_period(resume_keyring_options *options, uint64_t period_ms);
resume_status
resume_keyring_options_set_open_period(resume_keyring_options *options, uint64_t period_ms);
resume_status
resume_keyring_options_set_max_seals(resume_keyring_options *options, uint64_t max_seals);
const char *resume_keyring_options_why(const resume_keyring_options *options);
resume_status resume_keyring_new(resume_keyring_options *options,
                                                           resume_keyring **ret_keyring);
resume_status resume_keyring_from_url(const char *url,
                                                                resume_keyring_options *options,
                                                                uint64_t now_ms,
                                                                resume_keyring **ret_keyring);
resume_status resume_keyring_import(const uint8_t *data, size_t data_len,
                                                              const char *dialect,
                                                              resume_keyring_options *options,
                                                              uint64_t now_ms,
                                                              resume_keyring **ret_keyring);
resume_status resume_keyring_export(resume_keyring *keyring,
                                                              const char *dialect, int index,
                                                              resume_keyring_options *options,
                                                              uint64_t now_ms, uint8_t *buf,
                                                              size_t buf_cap, size_t *ret_len);
resume_status resume_keyring_save(resume_keyring *keyring,
                                                            const char *dialect, int index,
                                                            const char *path,
                                                            resume_keyring_options *options,
                                                            uint64_t now_ms);
const char *resume_keyring_dialect_name(size_t index);
resume_keyring *resume_keyring_ref(resume_keyring *keyring);
resume_keyring *resume_keyring_unref(resume_keyring *keyring);
resume_status resume_keyring_add(
   resume_keyring *keyring, const uint8_t *name, size_t name_len, const uint8_t *cipher_key,
   size_t cipher_key_len, const uint8_t *mac_key, size_t mac_key_len, uint64_t seal_from,
   uint64_t seal_until, uint64_t open_until, uint64_t now_ms);
resume_status resume_keyring_rotate(resume_keyring *keyring,
                                                              uint64_t now_ms);
resume_status resume_keyring_tick(resume_keyring *keyring,
                                                            uint64_t now_ms);
resume_status resume_keyring_reload(resume_keyring *keyring,
                                                              uint64_t now_ms);
size_t resume_keyring_count(resume_keyring *keyring);
resume_status resume_keyring_key_at(resume_keyring *keyring,
                                                              size_t index, resume_key **ret_key);
resume_status resume_keyring_role(resume_keyring *keyring,
                                                            const resume_key *key, uint64_t now_ms,
                                                            int32_t *ret_role);
uint64_t resume_keyring_failures(resume_keyring *keyring);
resume_status resume_keyring_last_failure(resume_keyring *keyring,
                                                                    uint8_t *buf, size_t buf_cap,
                                                                    size_t *ret_len);
resume_status resume_keyring_sealing_key(resume_keyring *keyring,
                                                                   uint64_t now_ms,
                                                                   resume_key **ret_key);
resume_status resume_keyring_find(resume_keyring *keyring,
                                                            const uint8_t *name, size_t name_len,
                                                            uint64_t now_ms, resume_key **ret_key);
resume_status resume_key_audit(const uint8_t *key, size_t key_len,
                                                         const char **ret_reason);
resume_key *resume_key_ref(resume_key *key);
resume_key *resume_key_unref(resume_key *key);
const uint8_t *resume_key_name(const resume_key *key);
const uint8_t *resume_key_cipher_key(const resume_key *key, size_t *ret_len);
const uint8_t *resume_key_mac_key(const resume_key *key, size_t *ret_len);
uint64_t resume_key_seal_from(const resume_key *key);
uint64_t resume_key_seal_until(const resume_key *key);
uint64_t resume_key_open_until(const resume_key *key);
uint64_t resume_key_seals(const resume_key *key);
void resume_key_count_seal(resume_key *key);
uint64_t resume_key_serial(const resume_key *key);
resume_status resume_key_set_extra(resume_key *key, void *extra,
                                                             resume_key_extra_free_fn destroy);
void *resume_key_extra(const resume_key *key, resume_key_extra_free_fn destroy);
typedef struct resume_codec resume_codec;
typedef struct resume_codec_options resume_codec_options;
typedef int32_t resume_frame;
enum { RESUME_FRAME_RFC5077 = 1, RESUME_FRAME_AEAD = 2, RESUME_FRAME_RFC5077_STRUCT = 3 };
typedef int32_t resume_payload;
enum { RESUME_PAYLOAD_NATIVE = 1, RESUME_PAYLOAD_OPENSSL = 2, RESUME_PAYLOAD_STATE_PLAINTEXT = 3 };
enum {
   RESUME_TICKET_MAX = 65535
};
resume_status
resume_codec_options_new(resume_codec_options **ret_options);
resume_codec_options *resume_codec_options_unref(resume_codec_options *options);
resume_status
resume_codec_options_set_frame(resume_codec_options *options, resume_frame frame);
resume_status
resume_codec_options_set_payload(resume_codec_options *options, resume_payload payload);
resume_status resume_codec_options_set_context(
   resume_codec_options *options, const uint8_t *data, size_t data_len);
const char *resume_codec_options_why(const resume_codec_options *options);
resume_status resume_codec_new(resume_keyring *keyring,
                                                         resume_codec_options *options,
                                                         resume_codec **ret_codec);
resume_codec *resume_codec_ref(resume_codec *codec);
resume_codec *resume_codec_unref(resume_codec *codec);
resume_keyring *resume_codec_keyring(const resume_codec *codec);
size_t resume_codec_sealed_size(const resume_codec *codec, size_t data_len);
resume_status resume_codec_seal(const resume_codec *codec,
                                                          const resume_session *session,
                                                          uint64_t now_ms, uint8_t *buf,
                                                          size_t buf_cap, size_t *ret_len);
resume_status resume_codec_open(const resume_codec *codec,
                                                          const uint8_t *data, size_t data_len,
                                                          uint64_t now_ms,
                                                          resume_session **ret_session);
resume_status resume_codec_seal_bytes(const resume_codec *codec,
                                                                const uint8_t *data,
                                                                size_t data_len, uint64_t now_ms,
                                                                uint8_t *buf, size_t buf_cap,
                                                                size_t *ret_len);
resume_status resume_codec_open_bytes(const resume_codec *codec,
                                                                const uint8_t *data,
                                                                size_t data_len, uint64_t now_ms,
                                                                uint8_t *buf, size_t buf_cap,
                                                                size_t *ret_len);
enum {
   RESUME_BACKEND_KEY_SIZE = 32,
   RESUME_BACKEND_RECORD_MAX = 0xFFFF
};
typedef resume_status (*resume_backend_put_fn)(void *arg, const uint8_t *key, size_t key_len,
                                              const uint8_t *data, size_t data_len,
                                              uint64_t expires_ms, uint64_t now_ms);
typedef resume_status (*resume_backend_get_fn)(void *arg, const uint8_t *key, size_t key_len,
                                              uint64_t now_ms, uint8_t *buf, size_t buf_cap,
                                              size_t *ret_len);
typedef resume_status (*resume_backend_remove_fn)(void *arg, const uint8_t *key, size_t key_len);
typedef resume_status (*resume_backend_sweep_fn)(void *arg, uint64_t now_ms, size_t max);
typedef void (*resume_backend_free_fn)(void *arg);
struct resume_backend {
   size_t size;
   void *arg;
   resume_backend_put_fn put;
   resume_backend_get_fn get;
   resume_backend_get_fn take;
   resume_backend_remove_fn remove;
   resume_backend_sweep_fn sweep;
   resume_backend_free_fn free;
};
typedef struct resume_store resume_store;
typedef struct resume_store_options resume_store_options;
enum {
   RESUME_STORE_ID_MAX = 32,
   RESUME_RECORD_MAX = 0xFF00
};
enum {
   RESUME_STORE_ENTRIES = 0,
   RESUME_STORE_BYTES = 1,
   RESUME_STORE_CAPACITY_BYTES = 2,
   RESUME_STORE_CAPACITY_ENTRIES = 3,
   RESUME_STORE_HITS = 4,
   RESUME_STORE_MISSES = 5,
   RESUME_STORE_PUTS = 6,
   RESUME_STORE_EVICTIONS = 7,
   RESUME_STORE_EXPIRED = 8,
   RESUME_STORE_REMOVES = 9,
   RESUME_STORE_REFUSED = 10,
   RESUME_STORE_ERRORS = 11,
   RESUME_STORE_QUEUED = 12,
   RESUME_STORE_DROPPED = 13,
   RESUME_STORE_CONNECTIONS = 14,
   RESUME_STORE_TIMEOUTS = 15,
   RESUME_STORE_UNREACHABLE = 16,
   RESUME_STORE_DISCONNECTS = 17,
   RESUME_STORE_SKIPPED = 18,
   RESUME_STORE_BREAKER = 19,
   RESUME_STORE_BREAKER_OPENS = 20,
   RESUME_STORE_REPLIES_DENIED = 21,
   RESUME_STORE_REPLIES_MOVED = 22,
   RESUME_STORE_REPLIES_READONLY = 23,
   RESUME_STORE_REPLIES_FULL = 24,
   RESUME_STORE_REPLIES_BUSY = 25,
   RESUME_STORE_REPLIES_OTHER = 26,
   RESUME_STORE_EMPTIED = 27,
   RESUME_STORE_REPLACED = 28,
   RESUME_STORE_L1_HITS = 29,
   RESUME_STORE_L2_HITS = 30,
   RESUME_STORE_SHARED = 31,
   RESUME_STORE_L1_ONLY = 32,
   RESUME_STORE_STAT_COUNT = 33
};
enum {
   RESUME_STORE_EVENT_OPENED = 1,
   RESUME_STORE_EVENT_PROBE = 2,
   RESUME_STORE_EVENT_CLOSED = 3
};
enum {
   RESUME_STORE_CAUSE_NONE = 0,
   RESUME_STORE_CAUSE_UNREACHABLE = 1,
   RESUME_STORE_CAUSE_TIMEOUT = 2,
   RESUME_STORE_CAUSE_DISCONNECTED = 3,
   RESUME_STORE_CAUSE_ERROR_REPLY = 4,
   RESUME_STORE_CAUSE_OWN = 5
};
typedef void (*resume_store_trace_fn)(void *arg, const char *store, int32_t event, int32_t cause);
resume_status
resume_store_options_new(resume_store_options **ret_options);
resume_store_options *resume_store_options_unref(resume_store_options *options);
resume_status resume_store_options_set_lookup_key(
   resume_store_options *options, const uint8_t *data, size_t data_len);
resume_status resume_store_options_set_secret(
   resume_store_options *options, const uint8_t *data, size_t data_len);
resume_status
resume_store_options_set_codec(resume_store_options *options, resume_codec *codec);
resume_status resume_store_options_set_trace(
   resume_store_options *options, resume_store_trace_fn trace, void *arg);
const char *resume_store_options_why(const resume_store_options *options);
resume_status resume_store_from_url(const char *url,
                                                              resume_store_options *options,
                                                              resume_store **ret_store);
resume_status resume_store_from_backend(
   const struct resume_backend *backend, resume_store_options *options, resume_store **ret_store);
resume_store *resume_store_ref(resume_store *store);
resume_store *resume_store_unref(resume_store *store);
resume_status resume_store_put(resume_store *store,
                                                         const resume_session *session,
                                                         uint64_t now_ms);
resume_status resume_store_get(resume_store *store, const uint8_t *id,
                                                         size_t id_len, uint64_t now_ms,
                                                         resume_session **ret_session);
resume_status resume_store_take(resume_store *store, const uint8_t *id,
                                                          size_t id_len, uint64_t now_ms,
                                                          resume_session **ret_session);
resume_status resume_store_remove(resume_store *store, const uint8_t *id,
                                                            size_t id_len);
resume_status
resume_store_put_record(resume_store *store, const uint8_t *id, size_t id_len, const uint8_t *data,
                       size_t data_len, uint64_t expires_ms, uint64_t now_ms);
resume_status resume_store_get_record(resume_store *store,
                                                                const uint8_t *id, size_t id_len,
                                                                uint64_t now_ms, uint8_t *buf,
                                                                size_t buf_cap, size_t *ret_len);
resume_status resume_store_take_record(resume_store *store,
                                                                 const uint8_t *id, size_t id_len,
                                                                 uint64_t now_ms, uint8_t *buf,
                                                                 size_t buf_cap, size_t *ret_len);
resume_status resume_store_sweep(resume_store *store, uint64_t now_ms,
                                                           size_t max);
resume_status resume_store_stats(const resume_store *store,
                                                           int32_t which, uint64_t *ret_value);
typedef struct resume_policy resume_policy;
enum {
   RESUME_MODE_TICKETS = 1,
   RESUME_MODE_SESSION_IDS =
       2
};
enum {
   RESUME_EMS_STRICT = 0,
   RESUME_EMS_ALLOW_LEGACY = 1
};
enum {
   RESUME_CLIENT_AUTH_NONE = 0,
   RESUME_CLIENT_AUTH_REQUEST = 1,
   RESUME_CLIENT_AUTH_REQUIRE = 2
};
enum {
   RESUME_CONTEXT_SIZE = 32,
   RESUME_POLICY_CONTEXTS_MAX = 8
};
resume_status resume_policy_new(resume_policy **ret_policy);
resume_policy *resume_policy_ref(resume_policy *policy);
resume_policy *resume_policy_unref(resume_policy *policy);
resume_status resume_policy_set_modes(resume_policy *policy,
                                                                uint32_t modes);
uint32_t resume_policy_modes(const resume_policy *policy);
resume_status resume_policy_set_lifetime(resume_policy *policy,
                                                                   uint16_t version,
                                                                   uint32_t seconds);
uint32_t resume_policy_lifetime(const resume_policy *policy, uint16_t version);
resume_status resume_policy_set_authentication_lifetime(
   resume_policy *policy, uint16_t version, uint32_t seconds);
uint32_t resume_policy_authentication_lifetime(const resume_policy *policy,
                                                         uint16_t version);
resume_status resume_policy_set_renew_after(resume_policy *policy,
                                                                      uint32_t percent);
resume_status
resume_policy_set_isolate_server_name(resume_policy *policy, bool isolate);
resume_status resume_policy_set_label(resume_policy *policy,
                                                                const uint8_t *data,
                                                                size_t data_len);
resume_status
resume_policy_set_client_certificate_guard(resume_policy *policy, bool guard);
resume_status resume_policy_set_ems(resume_policy *policy, int32_t ems);
int32_t resume_policy_ems(const resume_policy *policy);
resume_status resume_policy_set_skew(resume_policy *policy,
                                                               uint64_t skew_ms);
resume_status resume_policy_set_single_use(resume_policy *policy,
                                                                     bool single_use);
resume_status resume_policy_set_forward_secrecy(resume_policy *policy,
                                                                          bool demand);
resume_status resume_policy_allow_cipher_suite(resume_policy *policy,
                                                                         uint16_t cipher_suite);
resume_status resume_policy_set_issue_context(resume_policy *policy,
                                                                        const uint8_t *data,
                                                                        size_t data_len);
resume_status resume_policy_accept_context(resume_policy *policy,
                                                                     const uint8_t *data,
                                                                     size_t data_len);
resume_status resume_policy_stock_context(const char *stock,
                                                                    uint8_t *buf, size_t buf_cap,
                                                                    size_t *ret_len);
resume_status resume_policy_set_sha256_first(resume_policy *policy,
                                                                       bool first);
bool resume_policy_sha256_first(const resume_policy *policy);
resume_status resume_policy_context(const resume_policy *policy,
                                                              const uint8_t *server_name,
                                                              size_t server_name_len,
                                                              const uint8_t *client_auth,
                                                              size_t client_auth_len, uint8_t *buf,
                                                              size_t buf_cap, size_t *ret_len);
typedef struct resume_connection resume_connection;
resume_status resume_connection_new(resume_connection **ret_connection);
resume_connection *resume_connection_ref(resume_connection *connection);
resume_connection *resume_connection_unref(resume_connection *connection);
resume_status resume_connection_reset(resume_connection *connection);
resume_status
resume_connection_set_version(resume_connection *connection, uint16_t version);
resume_status resume_connection_set_server_name(
   resume_connection *connection, const uint8_t *data, size_t data_len);
resume_status
resume_connection_set_context(resume_connection *connection, const uint8_t *data, size_t data_len);
resume_status resume_connection_set_cipher_suites(
   resume_connection *connection, const uint8_t *data, size_t data_len);
resume_status
resume_connection_set_extended_master_secret(resume_connection *connection, bool offered);
resume_status
resume_connection_set_client_auth(resume_connection *connection, int32_t client_auth);
typedef struct resume_facts resume_facts;
resume_status resume_facts_new(resume_facts **ret_facts);
resume_facts *resume_facts_ref(resume_facts *facts);
resume_facts *resume_facts_unref(resume_facts *facts);
resume_status resume_facts_reset(resume_facts *facts);
resume_status resume_facts_set_version(resume_facts *facts,
                                                                 uint16_t version);
resume_status resume_facts_set_cipher_suite(resume_facts *facts,
                                                                      uint16_t cipher_suite);
resume_status resume_facts_set_compression(resume_facts *facts,
                                                                     uint8_t compression);
resume_status resume_facts_set_secret(resume_facts *facts,
                                                                const uint8_t *data,
                                                                size_t data_len);
resume_status
resume_facts_set_extended_master_secret(resume_facts *facts, bool extended);
resume_status resume_facts_set_resumable(resume_facts *facts,
                                                                   bool resumable);
resume_status resume_facts_set_created(resume_facts *facts,
                                                                 uint64_t created_ms);
resume_status resume_facts_set_authenticated(resume_facts *facts,
                                                                       uint64_t authenticated_ms);
resume_status resume_facts_set_lifetime(resume_facts *facts,
                                                                  uint32_t seconds);
resume_status resume_facts_set_server_name(resume_facts *facts,
                                                                     const uint8_t *data,
                                                                     size_t data_len);
resume_status resume_facts_set_context(resume_facts *facts,
                                                                 const uint8_t *data,
                                                                 size_t data_len);
resume_status resume_facts_set_client_certificate(resume_facts *facts,
                                                                            bool present,
                                                                            int32_t verify_result);
typedef struct resume_hello resume_hello;
typedef int32_t resume_fault;
enum {
   RESUME_FAULT_NONE = 0,
   RESUME_FAULT_TRUNCATED = 1,
   RESUME_FAULT_TRAILING = 2,
   RESUME_FAULT_RECORD_TYPE = 3,
   RESUME_FAULT_RECORD_VERSION = 4,
   RESUME_FAULT_RECORD_LENGTH = 5,
   RESUME_FAULT_MESSAGE_TYPE = 6,
   RESUME_FAULT_MESSAGE_LENGTH = 7,
   RESUME_FAULT_SESSION_ID = 8,
   RESUME_FAULT_CIPHER_SUITES = 9,
   RESUME_FAULT_COMPRESSION = 10,
   RESUME_FAULT_EXTENSIONS = 11,
   RESUME_FAULT_DUPLICATE_EXTENSION = 12,
   RESUME_FAULT_SERVER_NAME = 13,
   RESUME_FAULT_EXTENDED_MASTER_SECRET = 14,
   RESUME_FAULT_ALPN = 15,
   RESUME_FAULT_SUPPORTED_VERSIONS = 16,
   RESUME_FAULT_PRE_SHARED_KEY = 17,
   RESUME_FAULT_PRE_SHARED_KEY_NOT_LAST = 18,
   RESUME_FAULT_PSK_KEY_EXCHANGE_MODES = 19,
   RESUME_FAULT_EARLY_DATA = 20,
   RESUME_FAULT_SESSION_TICKET = 21,
   RESUME_FAULT_TICKET_LENGTH = 22,
   RESUME_FAULT_RECORD_EMPTY = 23,
   RESUME_FAULT_RECORD_BOUNDARY = 24,
   RESUME_FAULT_MISSING_EXTENSION = 25,
   RESUME_FAULT_SELECTED_VERSION = 26,
   RESUME_FAULT_COUNT = 27
};
enum {
   RESUME_HELLO_RANDOM_SIZE = 32,
   RESUME_SESSION_ID_MAX = 32,
   RESUME_HELLO_SIZE_MAX = 131400
};
enum { RESUME_PSK_KE = 1, RESUME_PSK_DHE_KE = 2 };
const char *resume_fault_name(resume_fault fault);
int32_t resume_fault_alert(resume_fault fault);
resume_status resume_hello_new(resume_hello **ret_hello);
resume_hello *resume_hello_ref(resume_hello *hello);
resume_hello *resume_hello_unref(resume_hello *hello);
resume_status resume_hello_parse(resume_hello *hello,
                                                           const uint8_t *data, size_t data_len);
resume_status resume_hello_parse_records(resume_hello *hello,
                                                                   const uint8_t *data,
                                                                   size_t data_len,
                                                                   size_t *ret_used);
resume_fault resume_hello_fault(const resume_hello *hello);
const uint8_t *resume_hello_message(const resume_hello *hello, size_t *ret_len);
uint16_t resume_hello_version(const resume_hello *hello);
bool resume_hello_offers_version(const resume_hello *hello, uint16_t version);
const uint8_t *resume_hello_random(const resume_hello *hello);
const uint8_t *resume_hello_session_id(const resume_hello *hello, size_t *ret_len);
const uint8_t *resume_hello_cipher_suites(const resume_hello *hello, size_t *ret_len);
bool resume_hello_offers_cipher_suite(const resume_hello *hello, uint16_t cipher_suite);
const uint8_t *resume_hello_compression_methods(const resume_hello *hello,
                                                          size_t *ret_len);
const uint8_t *resume_hello_extension(const resume_hello *hello, uint16_t extension,
                                                size_t *ret_len);
const uint8_t *resume_hello_server_name(const resume_hello *hello, size_t *ret_len);
const uint8_t *resume_hello_session_ticket(const resume_hello *hello, size_t *ret_len);
bool resume_hello_extended_master_secret(const resume_hello *hello);
const uint8_t *resume_hello_alpn(const resume_hello *hello, size_t *ret_len);
size_t resume_hello_psk_count(const resume_hello *hello);
resume_status resume_hello_psk(
   const resume_hello *hello, size_t index, const uint8_t **ret_identity, size_t *ret_identity_len,
   uint32_t *ret_obfuscated_ticket_age, const uint8_t **ret_binder, size_t *ret_binder_len);
size_t resume_hello_truncated_size(const resume_hello *hello);
uint32_t resume_hello_psk_modes(const resume_hello *hello);
bool resume_hello_early_data(const resume_hello *hello);
typedef struct resume_server_hello resume_server_hello;
resume_status resume_server_hello_write(
   const uint8_t *random, const uint8_t *session_id, size_t session_id_len, uint16_t cipher_suite,
   bool extended_master_secret, bool session_ticket, const uint8_t *extensions,
   size_t extensions_len, uint8_t *buf, size_t buf_cap, size_t *ret_len);
resume_status
resume_server_hello_new(resume_server_hello **ret_server_hello);
resume_server_hello *resume_server_hello_ref(resume_server_hello *server_hello);
resume_server_hello *resume_server_hello_unref(resume_server_hello *server_hello);
resume_status
resume_server_hello_parse(resume_server_hello *server_hello, const uint8_t *data, size_t data_len);
resume_fault resume_server_hello_fault(const resume_server_hello *server_hello);
uint16_t resume_server_hello_version(const resume_server_hello *server_hello);
const uint8_t *resume_server_hello_random(const resume_server_hello *server_hello);
const uint8_t *resume_server_hello_session_id(const resume_server_hello *server_hello,
                                                        size_t *ret_len);
uint16_t resume_server_hello_cipher_suite(const resume_server_hello *server_hello);
uint8_t resume_server_hello_compression(const resume_server_hello *server_hello);
bool resume_server_hello_extended_master_secret(const resume_server_hello *server_hello);
bool resume_server_hello_session_ticket(const resume_server_hello *server_hello);
const uint8_t *resume_server_hello_extension(const resume_server_hello *server_hello,
                                                       uint16_t extension, size_t *ret_len);
resume_status
resume_new_session_ticket_write(uint32_t lifetime_hint, const uint8_t *ticket, size_t ticket_len,
                               uint8_t *buf, size_t buf_cap, size_t *ret_len);
resume_status resume_new_session_ticket_parse(
   const uint8_t *data, size_t data_len, uint32_t *ret_lifetime_hint, const uint8_t **ret_ticket,
   size_t *ret_ticket_len, resume_fault *ret_fault);
typedef struct resume_server resume_server;
typedef struct resume_server_options resume_server_options;
typedef struct resume_event resume_event;
typedef struct resume_verdict resume_verdict;
typedef int32_t resume_reason;
enum {
   RESUME_REASON_RESUMED = 0,
   RESUME_REASON_RENEWED = 1,
   RESUME_REASON_NOT_OFFERED = 2,
   RESUME_REASON_MODE_OFF = 3,
   RESUME_REASON_UNKNOWN_KEY = 4,
   RESUME_REASON_KEY_EXPIRED = 5,
   RESUME_REASON_FORGED = 6,
   RESUME_REASON_MALFORMED = 7,
   RESUME_REASON_UNSUPPORTED = 8,
   RESUME_REASON_NOT_IN_STORE = 9,
   RESUME_REASON_STORE_FAILED = 10,
   RESUME_REASON_EXPIRED = 11,
   RESUME_REASON_AUTHENTICATION_EXPIRED = 12,
   RESUME_REASON_FROM_FUTURE = 13,
   RESUME_REASON_VERSION_MISMATCH = 14,
   RESUME_REASON_CIPHER_SUITE_NOT_OFFERED = 15,
   RESUME_REASON_CIPHER_SUITE_NOT_ALLOWED = 16,
   RESUME_REASON_COMPRESSION = 17,
   RESUME_REASON_SERVER_NAME_MISMATCH = 18,
   RESUME_REASON_CONTEXT_MISMATCH = 19,
   RESUME_REASON_CLIENT_CERTIFICATE_MISSING = 20,
   RESUME_REASON_CLIENT_CERTIFICATE_UNWANTED = 21,
   RESUME_REASON_CLIENT_CERTIFICATE_INVALID = 22,
   RESUME_REASON_EMS_MISSING_IN_HELLO = 23,
   RESUME_REASON_EMS_MISSING_IN_SESSION = 24,
   RESUME_REASON_EMS_MISSING_IN_BOTH = 25,
   RESUME_REASON_NOT_RESUMABLE = 26,
   RESUME_REASON_FAILED = 27,
   RESUME_REASON_ISSUED = 28,
   RESUME_REASON_NOT_ISSUED_NO_KEY = 29,
   RESUME_REASON_NOT_ISSUED_TOO_LARGE = 30,
   RESUME_REASON_NOT_ISSUED_BY_POLICY = 31,
   RESUME_REASON_NOT_ISSUED_FAILED = 32,
   RESUME_REASON_COUNT = 33
};
enum {
   RESUME_PATH_NONE = 0,
   RESUME_PATH_TLS12_TICKET = 1,
   RESUME_PATH_TLS12_SESSION_ID = 2,
   RESUME_PATH_TLS13_TICKET = 3,
   RESUME_PATH_TLS13_STORED = 4,
   RESUME_PATH_COUNT = 5
};
enum {
   RESUME_HISTOGRAM_TICKET_AGE = 0,
   RESUME_HISTOGRAM_KEY_AGE = 1,
   RESUME_HISTOGRAM_COUNT = 2,
   RESUME_HISTOGRAM_BUCKETS = 24
};
typedef void (*resume_trace_fn)(void *arg, const resume_event *event);
const char *resume_reason_name(resume_reason reason);
int32_t resume_reason_count(void);
const char *resume_path_name(int32_t path);
resume_status
resume_server_options_new(resume_server_options **ret_options);
resume_server_options *resume_server_options_unref(resume_server_options *options);
resume_status
resume_server_options_set_keyring(resume_server_options *options, resume_keyring *keyring);
resume_status
resume_server_options_set_codec(resume_server_options *options, resume_codec *codec);
resume_status
resume_server_options_set_store(resume_server_options *options, resume_store *store);
resume_status
resume_server_options_set_policy(resume_server_options *options, resume_policy *policy);
resume_status
resume_server_options_set_trace(resume_server_options *options, resume_trace_fn trace, void *arg);
const char *resume_server_options_why(const resume_server_options *options);
resume_status resume_server_new(resume_server_options *options,
                                                          resume_server **ret_server);
resume_server *resume_server_ref(resume_server *server);
resume_server *resume_server_unref(resume_server *server);
const resume_policy *resume_server_policy(const resume_server *server);
resume_keyring *resume_server_keyring(const resume_server *server);
resume_store *resume_server_store(const resume_server *server);
resume_status resume_server_check(resume_server *server,
                                                            const resume_session *session,
                                                            const resume_connection *connection,
                                                            int32_t path, uint64_t now_ms,
                                                            resume_reason *ret_reason);
resume_status resume_server_check_facts(
   resume_server *server, const resume_facts *facts, const resume_connection *connection,
   int32_t path, uint64_t now_ms, resume_reason *ret_reason);
resume_status resume_server_open_ticket(
   resume_server *server, const resume_connection *connection, const uint8_t *data,
   size_t data_len, uint64_t now_ms, resume_session **ret_session, resume_reason *ret_reason);
resume_status
resume_server_find_session(resume_server *server, const resume_connection *connection,
                          const uint8_t *session_id, size_t session_id_len, uint64_t now_ms,
                          resume_session **ret_session, resume_reason *ret_reason);
resume_status resume_server_offer(resume_server *server,
                                                            const resume_hello *hello,
                                                            const resume_connection *connection,
                                                            uint64_t now_ms,
                                                            resume_verdict **ret_verdict);
resume_status resume_server_lifetime(resume_server *server, int32_t path,
                                                               uint64_t authenticated_ms,
                                                               uint64_t now_ms,
                                                               uint32_t *ret_lifetime);
resume_status resume_server_issue_ticket(resume_server *server,
                                                                   const resume_session *session,
                                                                   uint64_t now_ms, uint8_t *buf,
                                                                   size_t buf_cap, size_t *ret_len,
                                                                   uint32_t *ret_lifetime);
resume_status resume_server_store_session(resume_server *server,
                                                                    const resume_session *session,
                                                                    uint64_t now_ms);
resume_status resume_server_forget(resume_server *server,
                                                             const uint8_t *session_id,
                                                             size_t session_id_len);
resume_status resume_server_count(resume_server *server, int32_t path,
                                                            resume_reason reason, uint64_t age_ms,
                                                            uint64_t now_ms);
resume_status resume_server_observe(resume_server *server,
                                                              int32_t histogram, uint64_t age_ms);
uint64_t resume_server_counter(const resume_server *server, int32_t path,
                                         resume_reason reason);
uint64_t resume_server_histogram(const resume_server *server, int32_t histogram,
                                           size_t bucket);
resume_status resume_server_random(resume_server *server, uint8_t *buf,
                                                             size_t buf_len);
int32_t resume_event_path(const resume_event *event);
resume_reason resume_event_reason(const resume_event *event);
uint64_t resume_event_time(const resume_event *event);
uint64_t resume_event_age(const resume_event *event);
resume_verdict *resume_verdict_ref(resume_verdict *verdict);
resume_verdict *resume_verdict_unref(resume_verdict *verdict);
resume_status resume_verdict_status(const resume_verdict *verdict);
resume_reason resume_verdict_reason(const resume_verdict *verdict);
int32_t resume_verdict_path(const resume_verdict *verdict);
const resume_session *resume_verdict_session(const resume_verdict *verdict);
const uint8_t *resume_verdict_session_id(const resume_verdict *verdict, size_t *ret_len);
bool resume_verdict_new_session_ticket(const resume_verdict *verdict);
uint32_t resume_verdict_lifetime_hint(const resume_verdict *verdict);
bool resume_verdict_extended_master_secret(const resume_verdict *verdict);
const uint8_t *resume_verdict_context(const resume_verdict *verdict, size_t *ret_len);
int32_t resume_verdict_alert(const resume_verdict *verdict);
typedef int32_t resume_hash;
enum {
   RESUME_HASH_SHA256 = 1,
   RESUME_HASH_SHA384 = 2
};
enum { RESUME_ROLE_CLIENT = 0, RESUME_ROLE_SERVER = 1 };
enum {
   RESUME_TLS12_MASTER_SECRET_SIZE = 48,
   RESUME_TLS12_RANDOM_SIZE = 32,
   RESUME_TLS12_VERIFY_DATA_SIZE = 12,
   RESUME_TLS12_LABEL_MAX = 255
};
enum {
   RESUME_KEY_BLOCK_CLIENT_MAC_KEY = 0,
   RESUME_KEY_BLOCK_SERVER_MAC_KEY = 1,
   RESUME_KEY_BLOCK_CLIENT_KEY = 2,
   RESUME_KEY_BLOCK_SERVER_KEY = 3,
   RESUME_KEY_BLOCK_CLIENT_IV = 4,
   RESUME_KEY_BLOCK_SERVER_IV = 5,
   RESUME_KEY_BLOCK_ALL = 6
};
typedef struct resume_key_block resume_key_block;
resume_status resume_tls12_suite(uint16_t cipher_suite,
                                                           resume_hash *ret_hash,
                                                           size_t *ret_mac_key_len,
                                                           size_t *ret_key_len,
                                                           size_t *ret_iv_len);
resume_status resume_tls12_prf(resume_hash hash, const uint8_t *secret,
                                                         size_t secret_len, const char *label,
                                                         const uint8_t *seed, size_t seed_len,
                                                         uint8_t *buf, size_t buf_len);
resume_status resume_tls12_master_secret(
   uint16_t cipher_suite, const uint8_t *premaster, size_t premaster_len,
   const uint8_t *client_random, const uint8_t *server_random, uint8_t *ret_master_secret);
resume_status resume_tls12_extended_master_secret(
   uint16_t cipher_suite, const uint8_t *premaster, size_t premaster_len,
   const uint8_t *session_hash, size_t session_hash_len, uint8_t *ret_master_secret);
resume_status resume_key_block_new(uint16_t cipher_suite,
                                                             const uint8_t *master_secret,
                                                             const uint8_t *client_random,
                                                             const uint8_t *server_random,
                                                             resume_key_block **ret_key_block);
resume_key_block *resume_key_block_ref(resume_key_block *key_block);
resume_key_block *resume_key_block_unref(resume_key_block *key_block);
const uint8_t *resume_key_block_part(const resume_key_block *key_block, int32_t part,
                                               size_t *ret_len);
resume_status resume_tls12_finished(
   uint16_t cipher_suite, const uint8_t *master_secret, int32_t role,
   const uint8_t *handshake_hash, size_t handshake_hash_len, uint8_t *ret_verify_data);
resume_status
resume_tls12_finished_verify(uint16_t cipher_suite, const uint8_t *master_secret, int32_t role,
                            const uint8_t *handshake_hash, size_t handshake_hash_len,
                            const uint8_t *verify_data, size_t verify_data_len);
typedef struct resume_peer resume_peer;
typedef struct resume_client resume_client;
typedef struct resume_client_options resume_client_options;
typedef struct resume_saved resume_saved;
enum {
   RESUME_PEER_LABEL_MAX = 65535,
   RESUME_CLIENT_SESSIONS_MAX = 1 << 20,
   RESUME_CLIENT_BYTES_MAX = 1 << 30,
   RESUME_CLIENT_TICKETS_PER_PEER_MAX = 64
};
enum {
   RESUME_CLIENT_SESSIONS = 0,
   RESUME_CLIENT_PEERS = 1,
   RESUME_CLIENT_BYTES = 2,
   RESUME_CLIENT_PUTS = 3,
   RESUME_CLIENT_HITS = 4,
   RESUME_CLIENT_MISSES = 5,
   RESUME_CLIENT_RETURNS = 6,
   RESUME_CLIENT_EXPIRED = 7,
   RESUME_CLIENT_EVICTED = 8,
   RESUME_CLIENT_FORGOTTEN = 9,
   RESUME_CLIENT_REFUSED = 10,
   RESUME_CLIENT_STAT_COUNT = 11
};
resume_status resume_peer_new(const char *host, uint16_t port,
                                                        resume_peer **ret_peer);
resume_peer *resume_peer_ref(resume_peer *peer);
resume_peer *resume_peer_unref(resume_peer *peer);
resume_status resume_peer_set_server_name(resume_peer *peer,
                                                                    const char *data,
                                                                    size_t data_len);
resume_status resume_peer_set_alpn(resume_peer *peer,
                                                             const uint8_t *data, size_t data_len);
resume_status resume_peer_set_label(resume_peer *peer,
                                                              const uint8_t *data,
                                                              size_t data_len);
resume_status
resume_client_options_new(resume_client_options **ret_options);
resume_client_options *resume_client_options_unref(resume_client_options *options);
const char *resume_client_options_why(const resume_client_options *options);
resume_status
resume_client_options_set_max_sessions(resume_client_options *options, uint32_t count);
resume_status
resume_client_options_set_max_bytes(resume_client_options *options, uint64_t bytes);
resume_status
resume_client_options_set_max_tickets(resume_client_options *options, uint32_t count);
resume_status
resume_client_options_set_policy(resume_client_options *options, resume_policy *policy);
resume_status resume_client_new(const resume_client_options *options,
                                                          resume_client **ret_client);
resume_client *resume_client_ref(resume_client *client);
resume_client *resume_client_unref(resume_client *client);
const resume_policy *resume_client_policy(const resume_client *client);
resume_status resume_client_put(
   resume_client *client, const resume_peer *peer, resume_session *session, const uint8_t *ticket,
   size_t ticket_len, uint32_t lifetime_hint_s, uint64_t now_ms);
resume_status resume_client_take(resume_client *client,
                                                           const resume_peer *peer,
                                                           uint64_t now_ms,
                                                           resume_saved **ret_saved);
resume_status resume_client_return(resume_client *client,
                                                             const resume_peer *peer,
                                                             resume_saved *saved, uint64_t now_ms);
resume_status resume_client_forget(resume_client *client,
                                                             const resume_peer *peer);
resume_status resume_client_forget_saved(resume_client *client,
                                                                   const resume_peer *peer,
                                                                   const resume_saved *saved);
resume_status resume_client_clear(resume_client *client);
size_t resume_client_count(resume_client *client);
resume_status resume_client_stats(resume_client *client, int32_t which,
                                                            uint64_t *ret_value);
resume_status resume_client_save(resume_client *client, const char *path,
                                                           resume_keyring *keyring,
                                                           uint64_t now_ms);
resume_status resume_client_load(resume_client *client, const char *path,
                                                           resume_keyring *keyring,
                                                           uint64_t now_ms);
resume_saved *resume_saved_ref(resume_saved *saved);
resume_saved *resume_saved_unref(resume_saved *saved);
resume_session *resume_saved_session(const resume_saved *saved);
const uint8_t *resume_saved_ticket(const resume_saved *saved, size_t *ret_len);
uint32_t resume_saved_lifetime_hint(const resume_saved *saved);
uint64_t resume_saved_received(const resume_saved *saved);
uint64_t resume_saved_expires(const resume_saved *saved);
]]
