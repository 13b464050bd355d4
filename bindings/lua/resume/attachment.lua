-- SPDX-License-Identifier: Apache-2.0
-- Plugs a server into a context of LuaSec or luaossl; in LuaJIT also into an SSL_CTX pointer.
local core = require "resume.core"
local object = require "resume.object"

local attachment = {}

local function no_context()
    return object.failed(object.E_INVALID, "a context of LuaSec or luaossl is needed")
end

-- The context keeps what it needs. Give it to nobody before: no handshake may be running.
function attachment.attach(ctx, server)
    if not core.is_context(ctx) then return no_context() end
    local status, why = core.attach(ctx, object.handle_of(server))
    if status == object.OK then return true end
    return object.failed(status, why)
end

-- The context is as it was before.
function attachment.detach(ctx)
    if not core.is_context(ctx) then return no_context() end
    return object.result(core.detach(ctx))
end

return attachment
