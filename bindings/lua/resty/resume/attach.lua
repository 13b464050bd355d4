-- SPDX-License-Identifier: Apache-2.0
-- Plugs a server into the SSL_CTX of a connection, once for each SSL_CTX and process. Private.
--
-- In the ClientHello hook it comes before libssl looks for a session, so that the very first handshake
-- resumes like any other, and nginx's callback for that hook is known, so that it goes on being
-- called. The certificate hook is later: the connection that attaches there is issued nothing.
local ffi = require "ffi"
local native = require "resty.resume.native"
local C, adapter = ffi.C, native.adapter

-- From 1.29.2 on nginx has a ClientHello callback of its own, which Lua's calls, and which attaching in
-- a later hook would throw out.
local own_client_hello = 1029002

-- SSL_OP_NO_TICKET and SSL_OP_CIPHER_SERVER_PREFERENCE: what attaching may change of an SSL_CTX's
-- options, and an SSL has copied from it before.
local copied_options = 0x4000ULL + 0x400000ULL

local function plug(ctx, server, next_hello)
    local cell = ffi.new "resume_openssl_options *[1]"
    if adapter.resume_openssl_options_new(cell) ~= 0 then return nil, "out of memory" end
    local options = ffi.gc(cell[0], adapter.resume_openssl_options_unref)
    if adapter.resume_openssl_options_set_client_hello(options, next_hello, nil) ~= 0
        or adapter.resume_openssl_attach(ctx, server, options) ~= 0 then
        return nil, ffi.string(adapter.resume_openssl_options_why(options))
    end
    return true
end

-- A connection that was there before has copied what the SSL_CTX was then.
local function catch_up(ssl, ctx)
    local options = C.SSL_CTX_get_options(ctx)
    C.SSL_clear_options(ssl, copied_options)
    C.SSL_set_options(ssl, bit.band(options, copied_options))
    C.SSL_set_num_tickets(ssl, C.SSL_CTX_get_num_tickets(ctx))
end

-- Libssl has called nginx's callback for this connection, and will not call libresume's in its place.
local function plug_in_hello(ssl, ctx, server)
    local ok, why = plug(ctx, server, C.ngx_http_lua_ssl_client_hello_handler)
    if not ok then return nil, why end
    catch_up(ssl, ctx)
    adapter.resume_openssl_client_hello(ssl, ffi.new "int[1]", nil)
    return true
end

local shares_libssl = native.shares_libssl()

return function(server)
    local phase = ngx.get_phase()
    if phase ~= "ssl_client_hello" and phase ~= "ssl_cert" then
        return nil, "it belongs into ssl_client_hello_by_lua_block, not into " .. phase
    end
    if not shares_libssl then
        return nil, "this nginx carries a private libssl; use one that is linked to the system's"
    end
    local ssl = native.connection()
    local ctx = C.SSL_get_SSL_CTX(ssl)
    local attached = adapter.resume_openssl_server(ctx) == server
    if phase == "ssl_client_hello" then
        if not attached then return plug_in_hello(ssl, ctx, server) end
        catch_up(ssl, ctx)
        return true
    end
    if attached then return true end
    if ngx.config.nginx_version >= own_client_hello then
        return nil, "with this nginx it belongs into ssl_client_hello_by_lua_block"
    end
    return plug(ctx, server, nil)
end
