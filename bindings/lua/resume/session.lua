-- SPDX-License-Identifier: Apache-2.0
-- Sessions, read from OpenSSL's DER or the library's own form, and written again.
local core = require "resume.core"
local object = require "resume.object"

local Session, wrap = object.class "session"
local session = { wrap = wrap }

function session.from_openssl(der, now)
    local status, handle = core.session_from_openssl(der, now)
    return object.made(status, handle, wrap)
end
function session.from_native(data)
    local status, handle = core.session_from_native(data)
    return object.made(status, handle, wrap)
end

function Session:to_openssl() return object.result(core.session_to_openssl(self.handle)) end
function Session:to_native() return object.result(core.session_to_native(self.handle)) end

-- No accessor gives the secret.
function Session:version() return core.session_version(self.handle) end
function Session:cipher_suite() return core.session_cipher_suite(self.handle) end
function Session:created() return core.session_created(self.handle) end
function Session:expires() return core.session_expires(self.handle) end
function Session:resumable() return core.session_resumable(self.handle) end
function Session:id() return core.session_session_id(self.handle) end
function Session:server_name() return core.session_server_name(self.handle) end

return session
