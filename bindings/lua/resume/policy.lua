-- SPDX-License-Identifier: Apache-2.0
-- Policies: what may resume, and for how long. A server copies its policy.
local core = require "resume.core"
local object = require "resume.object"

local Policy, wrap = object.class "policy"
local policy = {}

-- Numbers: one for both versions, or one for each: { [0x0303] = 3600, [0x0304] = 7200 }.
local function by_version(set)
    return function(handle, seconds)
        for _, version in ipairs { 0x0303, 0x0304 } do
            local wanted = seconds
            if type(seconds) == "table" then wanted = seconds[version] end
            local status = wanted and set(handle, version, wanted) or 0
            if status ~= 0 then return status end
        end
        return 0
    end
end

-- A context is a stock server's, "stock:haproxy:" or "stock:nginx:CERTIFICATE.pem", or bytes.
local function context(text)
    local stock = text:match "^stock:(.*)$"
    if not stock then return 0, text end
    return core.policy_stock_context(stock)
end

local function each(set)
    return function(handle, list)
        for _, value in ipairs(list) do
            local status = set(handle, value)
            if status ~= 0 then return status end
        end
        return 0
    end
end

local function with_context(set)
    return function(handle, text)
        local status, bytes = context(text)
        if status ~= 0 then return status end
        return set(handle, bytes)
    end
end

local modes = { tickets = 1, session_ids = 2 }

local setters = {
    modes = function(handle, names)
        local sum = 0
        for _, name in ipairs(names) do
            if not modes[name] then return object.E_INVALID end
            sum = sum + modes[name]
        end
        return core.policy_set_modes(handle, sum)
    end,
    lifetime = by_version(core.policy_set_lifetime),
    authentication_lifetime = by_version(core.policy_set_authentication_lifetime),
    renew_after_percent = core.policy_set_renew_after,
    isolate_server_name = core.policy_set_isolate_server_name,
    label = core.policy_set_label,
    client_certificate_guard = core.policy_set_client_certificate_guard,
    ems = object.named(core.policy_set_ems, { strict = 0, allow_legacy = 1 }),
    skew_ms = core.policy_set_skew,
    single_use = core.policy_set_single_use,
    forward_secrecy = core.policy_set_forward_secrecy,
    sha256_first = core.policy_set_sha256_first,
    cipher_suites = each(core.policy_allow_cipher_suite),
    issue_context = with_context(core.policy_set_issue_context),
    accept_contexts = each(with_context(core.policy_accept_context)),
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
