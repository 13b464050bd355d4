-- SPDX-License-Identifier: Apache-2.0
-- Plugs a server into a context of LuaSec or luaossl; in LuaJIT also into an SSL_CTX pointer.
local core = require "resume.core"
local object = require "resume.object"

local attachment = {}

local NOT_A_CONTEXT = "a context of LuaSec or luaossl is needed (LuaJIT's FFI: or an SSL_CTX pointer)"

-- The context keeps what it needs. Give the context to nobody before: no handshake may be running.
function attachment.attach(ctx, server)
    local status, why = core.attach(ctx, object.handle_of(server))
    if status == object.OK then return true end
    if status == object.E_INVALID and why == "" then
        why = server and server.handle and NOT_A_CONTEXT or "there is no server"
    end
    return object.failed(status, why)
end

-- The context is as it was before.
function attachment.detach(ctx)
    local status = core.detach(ctx)
    if status == object.E_INVALID then return object.failed(status, NOT_A_CONTEXT) end
    return object.result(status)
end

return attachment
