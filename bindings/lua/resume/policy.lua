-- SPDX-License-Identifier: Apache-2.0
-- Policies: what may resume, and for how long. A server copies its policy.
local core = require "resume.core"
local object = require "resume.object"

local Policy, wrap = object.class "policy"
local policy = {}

-- Numbers: one for both versions, or one for each: { [0x0303] = 3600, [0x0304] = 7200 }.
local function by_version(set)
    local setters = {}
    for _, version in ipairs { 0x0303, 0x0304 } do
        local function set_one(handle, seconds) return set(handle, version, seconds) end
        setters[version] = object.whole(set_one, 32)
    end
    return function(handle, seconds)
        if type(seconds) ~= "table" then seconds = { [0x0303] = seconds, [0x0304] = seconds } end
        for version, wanted in pairs(seconds) do
            local setter = setters[version]
            local status = setter and setter(handle, wanted) or object.E_INVALID
            if status ~= object.OK then return status end
        end
        return object.OK
    end
end

-- A context is a stock server's, "stock:haproxy:" or "stock:nginx:CERTIFICATE.pem", or bytes.
local function context(text)
    local stock = text:match "^stock:(.*)$"
    if not stock then return object.OK, text end
    if not object.is_text(stock) then return object.E_INVALID end
    return core.policy_stock_context(stock)
end

local function with_context(set)
    return object.bytes(function(handle, text)
        local status, bytes = context(text)
        if status ~= object.OK then return status end
        return set(handle, bytes)
    end)
end

local modes = { tickets = 1, session_ids = 2 }

local function set_modes(handle, names)
    local chosen, sum = {}, 0
    local status = object.each(function(_, name)
        if not modes[name] then return object.E_INVALID end
        if not chosen[name] then sum = sum + modes[name] end
        chosen[name] = true
        return object.OK
    end)(handle, names)
    if status ~= object.OK then return status end
    return core.policy_set_modes(handle, sum)
end

local setters = {
    modes = set_modes,
    lifetime = by_version(core.policy_set_lifetime),
    authentication_lifetime = by_version(core.policy_set_authentication_lifetime),
    renew_after_percent = object.whole(core.policy_set_renew_after, 32),
    isolate_server_name = object.flag(core.policy_set_isolate_server_name),
    label = object.bytes(core.policy_set_label),
    client_certificate_guard = object.flag(core.policy_set_client_certificate_guard),
    ems = object.named(core.policy_set_ems, { strict = 0, allow_legacy = 1 }),
    skew_ms = object.whole(core.policy_set_skew, 63),
    single_use = object.flag(core.policy_set_single_use),
    forward_secrecy = object.flag(core.policy_set_forward_secrecy),
    sha256_first = object.flag(core.policy_set_sha256_first),
    cipher_suites = object.each(object.whole(core.policy_allow_cipher_suite, 16)),
    issue_context = with_context(core.policy_set_issue_context),
    accept_contexts = object.each(with_context(core.policy_accept_context)),
}

function policy.new(options)
    local made, handle = core.policy_new()
    if made ~= 0 then return object.failed(made) end
    local status, option = object.apply(setters, handle, options, "policy")
    if status ~= 0 then return object.failed(status, option) end
    return wrap(handle)
end

-- The bytes under which a session for that server name is issued; client_auth is a digest of what is
-- asked of clients' certificates, and nil where none is.
function Policy:context(server_name, client_auth)
    return object.result(core.policy_context(self.handle, server_name, client_auth))
end

return policy
