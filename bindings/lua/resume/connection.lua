-- SPDX-License-Identifier: Apache-2.0
-- What a TLS stack knows of a ClientHello, for servers that are not attached to one. Private.
local core = require "resume.core"
local object = require "resume.object"

local connection = {}

local setters = {
    version = core.connection_set_version,
    server_name = core.connection_set_server_name,
    context = core.connection_set_context,
    cipher_suites = core.connection_set_cipher_suites,
    extended_master_secret = core.connection_set_extended_master_secret,
    client_auth = object.named(
        core.connection_set_client_auth, { none = 0, request = 1, require = 2 }
    ),
}

-- A handle that borrows from the table: close it before that goes.
function connection.of(facts)
    local made, handle = core.connection_new()
    if made ~= object.OK then return object.failed(made) end
    local status, option = object.apply(setters, handle, facts, "connection")
    if status ~= object.OK then
        core.close(handle)
        return object.failed(status, option)
    end
    return handle
end

return connection
