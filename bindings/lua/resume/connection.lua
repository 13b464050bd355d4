-- SPDX-License-Identifier: Apache-2.0
-- What a TLS stack knows of a ClientHello, for servers that are not attached to one. Private.
local core = require "resume.core"
local object = require "resume.object"

local connection = {}

local setters = {
    version = object.whole(core.connection_set_version, 16),
    server_name = object.bytes(core.connection_set_server_name),
    context = object.bytes(core.connection_set_context),
    cipher_suites = object.bytes(core.connection_set_cipher_suites),
    extended_master_secret = object.flag(core.connection_set_extended_master_secret),
    client_auth = object.named(
        core.connection_set_client_auth, { none = 0, request = 1, require = 2 }
    ),
}

-- A handle, and the table that it borrows from: both belong to the caller until drop(). The table is
-- a copy, since the program's own may change, or be collected by compiled code that has read it.
function connection.of(facts)
    local own = {}
    for name, value in pairs(facts) do own[name] = value end
    local made, handle = core.connection_new()
    if made ~= object.OK then return object.failed(made) end
    local status, option = object.apply(setters, handle, own, "connection")
    if status ~= object.OK then
        core.close(handle)
        return object.failed(status, option)
    end
    return handle, own
end

function connection.drop(handle, own)
    core.close(handle)
    for name in pairs(own) do own[name] = nil end
end

return connection
