-- SPDX-License-Identifier: Apache-2.0
-- TLS 1.2 session IDs through nginx's own hooks, for an nginx that is not attached: the server's store,
-- policy and decision, under the context that attached servers have. Private.
--
-- Where client certificates are asked for it does nothing: which ones are accepted is not to be seen
-- from here, and a session must not resume under other rules.
local ffi = require "ffi"
local native = require "resty.resume.native"
local ngx_session = require "ngx.ssl.session"
local C, lib, core = ffi.C, native.lib, native.core

local tls12 = 0x0303
local extension = { server_name = 0, extended_master_secret = 23 }
local store_failed, allow_legacy = lib.RESUME_REASON_STORE_FAILED, lib.RESUME_EMS_ALLOW_LEGACY

local data = ffi.new "const unsigned char *[1]"
local len = ffi.new "size_t[1]"
local room = ffi.new "uint8_t[32]"

local function need(status, what)
    if status ~= 0 then error(what .. ": " .. core.status_name(status), 0) end
end

-- A new handle of that noun, freed by the collector.
local function make(noun, ...)
    local cell = ffi.new("resume_" .. noun .. " *[1]")
    local arguments = { ... }
    arguments[#arguments + 1] = cell
    need(lib["resume_" .. noun .. "_new"](unpack(arguments)), noun)
    return ffi.gc(cell[0], lib["resume_" .. noun .. "_unref"])
end

local function now_ms() return ngx.now() * 1000 end

local function from_hex(text)
    return (text:gsub("%x%x", function(pair) return string.char(tonumber(pair, 16)) end))
end

local function extension_of(ssl, number)
    if C.SSL_client_hello_get0_ext(ssl, number, data, len) ~= 1 then return nil end
    return ffi.string(data[0], len[0])
end

-- The host name of the server_name extension (RFC 6066 section 3): one entry of type 0. libssl itself
-- has not read it yet when it looks for the session.
local function server_name(ssl)
    local bytes = extension_of(ssl, extension.server_name)
    if not bytes then return "" end
    local high, low, kind, name_high, name_low = bytes:byte(1, 5)
    local name = bytes:sub(6)
    local whole = name_low and kind == 0 and high * 256 + low == #bytes - 2
        and name_high * 256 + name_low == #name and #name > 0 and #name <= 255
    if whole then return name end
    return nil, "malformed server name"
end

-- The context of the server's policy for that name: what attached servers give the same session.
local function context_of(server, name)
    local policy = lib.resume_server_policy(server)
    need(lib.resume_policy_context(policy, name ~= "" and name or nil, #name, nil, 0, room, 32, len),
        "context")
    return ffi.string(room, len[0])
end

-- What a connection points into: strings would be gone with the next collection.
local name_room, suites_room = ffi.new "uint8_t[255]", ffi.new "uint8_t[1024]"

-- libssl would resume a session whose suite this server has since switched off. One that the client
-- did not name, which RFC 5246 forbids it, ends the handshake whatever is said here.
local function enabled_suites(ssl)
    local list = C.SSL_get_ciphers(ssl)
    local count = math.min(C.OPENSSL_sk_num(list), 512)
    for index = 0, count - 1 do
        local suite = C.SSL_CIPHER_get_protocol_id(C.OPENSSL_sk_value(list, index))
        suites_room[2 * index], suites_room[2 * index + 1] = bit.rshift(suite, 8), bit.band(suite, 0xff)
    end
    return 2 * count
end

local function facts(server, ssl, name)
    local connection = make "connection"
    local context, suites_len = context_of(server, name), enabled_suites(ssl)
    local extended = extension_of(ssl, extension.extended_master_secret) ~= nil
    ffi.copy(name_room, name, #name)
    need(lib.resume_connection_set_version(connection, tls12), "version")
    need(lib.resume_connection_set_server_name(connection, name_room, #name), "server name")
    need(lib.resume_connection_set_context(connection, context, #context), "context")
    need(lib.resume_connection_set_cipher_suites(connection, suites_room, suites_len), "suites")
    need(lib.resume_connection_set_extended_master_secret(connection, extended), "EMS")
    return connection
end

local function find(server, connection, id)
    local cell, reason = ffi.new "resume_session *[1]", ffi.new "int32_t[1]"
    local status = lib.resume_server_find_session(server, connection, id, #id, now_ms(), cell, reason)
    if status < 0 then return nil, core.status_name(status) end
    local session = cell[0] ~= nil and ffi.gc(cell[0], lib.resume_session_unref) or nil
    return session, core.reason_name(reason[0]), reason[0]
end

local function applies(server, ssl, hook)
    local phase = ngx.get_phase()
    if phase ~= hook then return nil, "it belongs into " .. hook .. "_by_lua_block, not into " .. phase end
    if lib.resume_server_store(server) == nil then return nil, "the server has no store" end
    if C.SSL_get_verify_mode(ssl) ~= 0 then return false, "client certificates are asked for" end
    return true
end

local session_ids = {}

function session_ids.fetch(server)
    local ssl = native.connection()
    local ok, why = applies(server, ssl, "ssl_session_fetch")
    if not ok then return ok, why end
    local name, odd = server_name(ssl)
    if not name then return false, odd end
    local id = from_hex(assert(ngx_session.get_session_id()))
    local session, reason, code = find(server, facts(server, ssl, name), id)
    if not session then
        if code == nil or code == store_failed then return nil, reason end
        return false, reason
    end
    local status, der = core.session_to_openssl(session)
    need(status, "session")
    local context = lib.resume_session_context(session, len)
    -- libssl compares the session's context with the connection's, which nginx computes in its own way.
    if C.SSL_set_session_id_context(ssl, context, tonumber(len[0])) ~= 1 then error("context", 0) end
    assert(ngx_session.set_serialized_session(der))
    return true
end

-- The session of a full handshake, under the policy's context in place of nginx's.
local function session_under_policy(server, der)
    local status, session = core.session_from_openssl(der, now_ms())
    need(status, "session")
    local name = lib.resume_session_server_name(session, len)
    local context = context_of(server, name ~= nil and ffi.string(name, len[0]) or "")
    local options = make "session_options"
    need(lib.resume_session_options_set_from(options, session), "session")
    need(lib.resume_session_options_set_context(options, context, #context), "context")
    return make("session", options)
end

function session_ids.store(server)
    local ok, why = applies(server, native.connection(), "ssl_session_store")
    if not ok then return ok, why end
    local session = session_under_policy(server, assert(ngx_session.get_serialized_session()))
    local legacy = not lib.resume_session_extended_master_secret(session)
    if legacy and lib.resume_policy_ems(lib.resume_server_policy(server)) ~= allow_legacy then
        return false, "no extended master secret"
    end
    local status = lib.resume_server_store_session(server, session, now_ms())
    if status == 0 then return true end
    if status > 0 then return false, core.status_name(status) end
    return nil, core.status_name(status)
end

return session_ids
