-- SPDX-License-Identifier: Apache-2.0
-- What resty.resume calls beyond the core: libresume's adapter, libssl, and the connection that
-- nginx is making. Private.
local base = require "resty.core.base"
base.allows_subsystem "http"

local ffi = require "ffi"
local core = require "resume.ffi" -- declares the public headers
local C = ffi.C

ffi.cdef [[
struct ssl_st;
typedef int (*resume_openssl_client_hello_fn)(struct ssl_st *, int *, void *);
resume_status resume_openssl_options_new(resume_openssl_options **);
resume_openssl_options *resume_openssl_options_unref(resume_openssl_options *);
resume_status resume_openssl_options_set_client_hello(resume_openssl_options *,
                                                      resume_openssl_client_hello_fn, void *);
const char *resume_openssl_options_why(const resume_openssl_options *);
resume_server *resume_openssl_server(struct ssl_ctx_st *);
int resume_openssl_client_hello(struct ssl_st *, int *, void *);

struct ssl_ctx_st *SSL_get_SSL_CTX(const struct ssl_st *);
uint64_t SSL_CTX_get_options(const struct ssl_ctx_st *);
uint64_t SSL_set_options(struct ssl_st *, uint64_t);
uint64_t SSL_clear_options(struct ssl_st *, uint64_t);
size_t SSL_CTX_get_num_tickets(const struct ssl_ctx_st *);
int SSL_set_num_tickets(struct ssl_st *, size_t);
int SSL_get_verify_mode(const struct ssl_st *);
int SSL_set_session_id_context(struct ssl_st *, const unsigned char *, unsigned int);
int SSL_client_hello_get0_ext(struct ssl_st *, unsigned int, const unsigned char **, size_t *);
void *SSL_get_ciphers(const struct ssl_st *);
uint16_t SSL_CIPHER_get_protocol_id(const void *);
int OPENSSL_sk_num(const void *);
void *OPENSSL_sk_value(const void *, int);

int ngx_http_lua_ssl_client_hello_handler(struct ssl_st *, int *, void *);
]]

local native = {
    lib = core.lib,
    core = core,
    adapter = ffi.load "libresume-openssl.so.0",
}

-- lua-resty-core has the wrapper from 0.1.29 on; the module has had the call for longer.
local ngx_ssl = require "ngx.ssl"
local pointer = ngx_ssl.get_req_ssl_pointer
if not pointer then
    ffi.cdef "void *ngx_http_lua_ffi_get_req_ssl_pointer(ngx_http_request_t *);"
    function pointer() return C.ngx_http_lua_ffi_get_req_ssl_pointer(base.get_request()) end
end

-- The SSL of the connection whose hook this is.
function native.connection()
    local ssl, why = pointer()
    if ssl == nil then error(why or "this hook has no TLS connection", 0) end
    return ffi.cast("struct ssl_st *", ssl)
end

-- A nginx with a libssl linked into it would have its structures read by another one.
function native.shares_libssl()
    local found, theirs = pcall(function() return C.SSL_CTX_get_options end)
    local ours = native.adapter.SSL_CTX_get_options
    return found and ffi.cast("intptr_t", theirs) == ffi.cast("intptr_t", ours)
end

return native
