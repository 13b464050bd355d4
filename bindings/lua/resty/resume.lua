-- SPDX-License-Identifier: Apache-2.0
-- libresume in nginx's Lua module (OpenResty). A call gives true when it did what it is for; false and
-- why when there was nothing to do; nil and a message for a fault, which is logged when it first
-- comes. The handshake goes on in any case. Servers are made with require "resume". Not for clients,
-- and not for nginx's stream module.
local attach = require "resty.resume.attach"
local session_ids = require "resty.resume.session_ids"

local logged = {}

local function report(name, why)
    if not logged[why] then
        logged[why] = true
        ngx.log(ngx.ERR, "resty.resume: ", name, "(): ", why)
    end
    return nil, why
end

local function handle_of(server)
    local handle = type(server) == "table" and server.handle
    if type(handle) == "cdata" then return handle end
    return nil, 'it needs a server of require "resume" that is not closed, made over the FFI'
end

local function guarded(name, call)
    return function(server)
        local handle, fault = handle_of(server)
        if not handle then return report(name, fault) end
        local ok, result, why = pcall(call, handle)
        if not ok then return report(name, tostring(result)) end
        if result == nil then return report(name, why) end
        return result, why
    end
end

return {
    _VERSION = "0.1.0",
    -- ssl_client_hello_by_lua_block: plugs the server into the SSL_CTX of this connection, for good.
    attach = guarded("attach", attach),
    -- ssl_session_fetch_by_lua_block: hands nginx the TLS 1.2 session whose ID the client offers.
    fetch = guarded("fetch", session_ids.fetch),
    -- ssl_session_store_by_lua_block: puts the TLS 1.2 session of a full handshake into the store.
    store = guarded("store", session_ids.store),
}
