-- SPDX-License-Identifier: Apache-2.0
-- Codecs: seal and open, with the keys of a ring.
local core = require "resume.core"
local object = require "resume.object"
local session = require "resume.session"
local failed, handle_of, result, opened = object.failed, object.handle_of, object.result, object.opened
-- The calls whose cost shows.
local core_seal_bytes, core_open_bytes = core.codec_seal_bytes, core.codec_open_bytes
local core_seal_into, core_open_into = core.codec_seal_into, core.codec_open_into

local Codec, wrap = object.class "codec"
local codec = {}

local setters = {
    frame = object.named(core.codec_options_set_frame, { rfc5077 = 1, aead = 2, rfc5077_struct = 3 }),
    payload = object.named(
        core.codec_options_set_payload, { native = 1, openssl = 2, state_plaintext = 3 }
    ),
    context = object.bytes(core.codec_options_set_context),
}

-- Options: frame ("rfc5077", "aead", "rfc5077_struct"), payload ("openssl", "native",
-- "state_plaintext") and, for "aead", context.
function codec.new(keys, options)
    local _, made = core.codec_options_new()
    local status, option = object.apply(setters, made, options, "codec")
    if status ~= 0 then return failed(status, option) end
    local done, handle = core.codec_new(handle_of(keys), made)
    return object.made_with(made, core.codec_options_why, done, handle, wrap)
end

-- Sessions. open() gives the session, and whether its ticket should be renewed.
function Codec:seal(value, now) return result(core.codec_seal(self.handle, handle_of(value), now)) end
function Codec:open(ticket, now)
    local status, handle = core.codec_open(self.handle, ticket, now)
    return opened(status, handle and session.wrap(handle))
end

-- Bytes, as strings.
function Codec:seal_bytes(data, now)
    local status, ticket = core_seal_bytes(self.handle, data, now)
    if status == 0 then return ticket end
    return failed(status)
end
function Codec:open_bytes(ticket, now)
    local status, data = core_open_bytes(self.handle, ticket, now)
    if status == 0 then return data, false end
    return opened(status, data)
end

-- How long a ticket of so many bytes may become.
function Codec:sealed_size(len)
    if not object.fits(len, 32) then return failed(object.E_INVALID, "len is no number of bytes") end
    return core.codec_sealed_size(self.handle, len)
end

-- Bytes into a buffer of the caller's, without a string between (LuaJIT's FFI): uint8_t *, and how
-- many bytes it holds. data is a pointer and len its length, or a string. Both give the number of bytes
-- written; an unused buffer's bytes are undefined after an error, but never secret.
function Codec:seal_into(buffer, capacity, data, len, now)
    local status, written = core_seal_into(self.handle, buffer, capacity, data, len, now)
    if status == 0 then return written end
    return failed(status)
end
function Codec:open_into(buffer, capacity, ticket, len, now)
    local status, written = core_open_into(self.handle, buffer, capacity, ticket, len, now)
    if status == 0 then return written, false end
    return opened(status, written)
end

if not core_seal_into then
    local function unsupported()
        return failed(object.E_UNSUPPORTED, "buffers need LuaJIT's FFI; seal_bytes() gives a string")
    end
    Codec.seal_into, Codec.open_into = unsupported, unsupported
end

return codec
