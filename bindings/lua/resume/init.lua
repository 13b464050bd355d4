-- SPDX-License-Identifier: Apache-2.0
-- libresume for Lua 5.1 to 5.4 and LuaJIT: one API over the SWIG module and the FFI. A call that
-- fails returns nil, a message and the status as a number. Handles are freed by the collector, in
-- any order, or at once by close().
local forced = os.getenv "LIBRESUME_LUA_CORE"
local core
if forced == "ffi" or (forced ~= "swig" and rawget(_G, "jit")) then
    core = require "resume.ffi"
else
    core = require "resume_core"
end

local resume = { _VERSION = "0.1.0", core = core.name or "swig" }

local function clock(now) return now or os.time() * 1000 end

-- Statuses from 0 on up are answers: only 0 and RENEW (5) come with a result.
local function failed(status, why)
    local message = core.status_name(status)
    if why and why ~= "" then message = message .. ": " .. why end
    return nil, message, status
end

local function result(status, value, why)
    if status == 0 or status == 5 then return value == nil and true or value end
    return failed(status, why)
end

local function class(noun)
    local methods = {}
    methods.__index = methods
    methods.__tostring = function(self)
        return "resume." .. noun .. (self.handle and "" or " (closed)")
    end
    function methods:close()
        local handle = self.handle
        self.handle = nil
        if handle then core.close(handle) end
    end
    return methods, function(handle) return setmetatable({ handle = handle }, methods) end
end

local Keyring, keyring = class "keyring"
local Store, store = class "store"
local _, policy = class "policy"
local Codec, codec = class "codec"
local Server, server = class "server"
local Session, session = class "session"

local function object(status, handle, wrap, why)
    if (status == 0 or status == 5) and handle then return wrap(handle) end
    return failed(status, why)
end

local function handle_of(value)
    return value and value.handle
end

-- Keys: "random:", "file:PATH" and so on.
function resume.keyring(url, now)
    local _, options = core.keyring_options_new()
    local status, handle = core.keyring_from_url(url, options, clock(now))
    return object(status, handle, keyring, core.keyring_options_why(options))
end
function Keyring:rotate(now) return result(core.keyring_rotate(self.handle, clock(now))) end
function Keyring:tick(now) return result(core.keyring_tick(self.handle, clock(now))) end
function Keyring:reload(now) return result(core.keyring_reload(self.handle, clock(now))) end
function Keyring:count() return core.keyring_count(self.handle) end

-- Whether key material may be used: true, or nil and why not.
function resume.audit(key)
    local status, why = core.key_audit(key)
    return result(status, nil, why)
end

function resume.codec(keys)
    local _, options = core.codec_options_new()
    local status, handle = core.codec_new(handle_of(keys), options)
    return object(status, handle, codec, core.codec_options_why(options))
end
function Codec:seal(value, now) return result(core.codec_seal(self.handle, handle_of(value), clock(now))) end
function Codec:open(ticket, now)
    local status, handle = core.codec_open(self.handle, ticket, clock(now))
    return object(status, handle, session)
end
function Codec:seal_bytes(data, now) return result(core.codec_seal_bytes(self.handle, data, clock(now))) end
function Codec:open_bytes(data, now) return result(core.codec_open_bytes(self.handle, data, clock(now))) end

-- Sessions, read from OpenSSL's DER or the library's own form.
function resume.session_from_openssl(der, now)
    local status, handle = core.session_from_openssl(der, clock(now))
    return object(status, handle, session)
end
function resume.session_from_native(data)
    local status, handle = core.session_from_native(data)
    return object(status, handle, session)
end
function Session:to_openssl() return result(core.session_to_openssl(self.handle)) end
function Session:to_native() return result(core.session_to_native(self.handle)) end
function Session:expires() return core.session_expires(self.handle) end
function Session:created() return core.session_created(self.handle) end
function Session:version() return core.session_version(self.handle) end
function Session:cipher_suite() return core.session_cipher_suite(self.handle) end

function resume.store(url)
    local _, options = core.store_options_new()
    local status, handle = core.store_from_url(url, options)
    return object(status, handle, store, core.store_options_why(options))
end
function Store:put(value, now) return result(core.store_put(self.handle, handle_of(value), clock(now))) end
function Store:get(id, now)
    local status, handle = core.store_get(self.handle, id, clock(now))
    return object(status, handle, session)
end
function Store:take(id, now)
    local status, handle = core.store_take(self.handle, id, clock(now))
    return object(status, handle, session)
end
function Store:remove(id) return result(core.store_remove(self.handle, id)) end
function Store:put_record(id, data, expires, now)
    return result(core.store_put_record(self.handle, id, data, expires, clock(now)))
end
function Store:get_record(id, now) return result(core.store_get_record(self.handle, id, clock(now))) end
function Store:take_record(id, now) return result(core.store_take_record(self.handle, id, clock(now))) end
local stat_numbers = {
    entries = 0, bytes = 1, hits = 4, misses = 5, puts = 6, evictions = 7, expired = 8, removes = 9,
    refused = 10, errors = 11,
}
function Store:stats()
    local all = {}
    for name, which in pairs(stat_numbers) do
        local status, value = core.store_stats(self.handle, which)
        if status ~= 0 then return failed(status) end
        all[name] = value
    end
    return all
end

-- A context is a stock server's ("stock:haproxy:", "stock:nginx:CERTIFICATE.pem") or bytes.
local function context(text)
    local stock = text:match "^stock:(.*)$"
    if not stock then return 0, text end
    return core.policy_stock_context(stock)
end

local setters = {
    isolate_server_name = core.policy_set_isolate_server_name,
    client_certificate_guard = core.policy_set_client_certificate_guard,
    single_use = core.policy_set_single_use,
    forward_secrecy = core.policy_set_forward_secrecy,
    sha256_first = core.policy_set_sha256_first,
    label = core.policy_set_label,
    issue_context = function(handle, text)
        local status, bytes = context(text)
        if status ~= 0 then return status end
        return core.policy_set_issue_context(handle, bytes)
    end,
    accept_contexts = function(handle, list)
        for _, text in ipairs(list) do
            local status, bytes = context(text)
            if status == 0 then status = core.policy_accept_context(handle, bytes) end
            if status ~= 0 then return status end
        end
        return 0
    end,
    lifetime = function(handle, seconds)
        local status = core.policy_set_lifetime(handle, 0x0303, seconds)
        if status ~= 0 then return status end
        return core.policy_set_lifetime(handle, 0x0304, seconds)
    end,
}

function resume.policy(options)
    local made, handle = core.policy_new()
    if made ~= 0 then return failed(made) end
    for name, value in pairs(options or {}) do
        if not setters[name] then return failed(-1, "no policy option " .. tostring(name)) end
        local status = setters[name](handle, value)
        if status ~= 0 then return failed(status, "policy option " .. name) end
    end
    return policy(handle)
end

-- options: keyring, store, policy, codec; each may be left out.
function resume.server(options)
    local made, set = core.server_options_new()
    if made ~= 0 then return failed(made) end
    for _, name in ipairs { "keyring", "store", "policy", "codec" } do
        if options[name] then
            local status = core["server_options_set_" .. name](set, handle_of(options[name]))
            if status ~= 0 then return failed(status, name) end
        end
    end
    local status, handle = core.server_new(set)
    return object(status, handle, server, core.server_options_why(set))
end

-- The counters that are not 0, by path and reason: counters().tls13_ticket.resumed.
function Server:counters()
    local all = {}
    for path = 0, 4 do
        local row = {}
        for reason = 0, core.reason_count() - 1 do
            local value = core.server_counter(self.handle, path, reason)
            if value > 0 then row[core.reason_name(reason)] = value end
        end
        if next(row) then all[core.path_name(path)] = row end
    end
    return all
end

-- Plugs a server into a context of LuaSec or luaossl (LuaJIT: or an SSL_CTX pointer). The context
-- keeps what it needs.
function resume.attach(ctx, attached)
    return result(core.attach(ctx, handle_of(attached)))
end
function resume.detach(ctx) return result(core.detach(ctx)) end

return resume
