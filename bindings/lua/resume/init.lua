-- SPDX-License-Identifier: Apache-2.0
-- libresume for Lua 5.1 to 5.4 and LuaJIT: one API over a C module and over the FFI. A call that
-- fails returns nil, a message and the status as a number. Handles are freed by the collector, in
-- any order, or at once by close(). Times are Unix milliseconds; left out, they are the clock's.
local core = require "resume.core"
local attachment = require "resume.attachment"
local codec = require "resume.codec"
local keyring = require "resume.keyring"
local policy = require "resume.policy"
local server = require "resume.server"
local session = require "resume.session"
local store = require "resume.store"

return {
    _VERSION = "0.1.0",
    core = core.name or "swig",
    attach = attachment.attach,
    audit = keyring.audit,
    codec = codec.new,
    detach = attachment.detach,
    keyring = keyring.open,
    policy = policy.new,
    server = server.new,
    session_from_native = session.from_native,
    session_from_openssl = session.from_openssl,
    store = store.open,
}
