-- SPDX-License-Identifier: Apache-2.0
-- The core for LuaJIT: the same calls as the C module resume_core, over the FFI. Private: programs
-- use require "resume". Each call gives its status first, then its outputs.
local ffi = require "ffi"

if not pcall(ffi.typeof, "resume_keyring") then
    ffi.cdef(require "resume.cdef")
    ffi.cdef [[
    struct ssl_ctx_st;
    typedef struct resume_openssl_options resume_openssl_options;
    resume_status resume_openssl_options_new(resume_openssl_options **);
    resume_openssl_options *resume_openssl_options_unref(resume_openssl_options *);
    const char *resume_openssl_options_why(const resume_openssl_options *);
    resume_status resume_openssl_attach(struct ssl_ctx_st *, resume_server *, resume_openssl_options *);
    resume_status resume_openssl_detach(struct ssl_ctx_st *);
    struct resume_timespec { long seconds, nanoseconds; };
    int resume_clock_gettime(int, struct resume_timespec *) __asm__("clock_gettime");
    ]]
end

-- Both libraries are linked so that they stay in memory; the references are kept all the same.
local lib = ffi.load "libresume.so.0"
local openssl

local function adapter()
    openssl = openssl or ffi.load "libresume-openssl.so.0"
    return openssl
end

local core = { lib = lib, name = "ffi" }
local room_size = 66 * 1024

-- Where a call writes what is read in more than one step. Between two steps the collector may run a
-- program's finalizer, and that may call, too: so each call takes its own, and gives it back.
local spare
local function take()
    local out = spare or {
        room = ffi.new("uint8_t[?]", room_size),
        len = ffi.new "size_t[1]",
        lent = ffi.new "const uint8_t *[1]",
        reason = ffi.new "resume_reason[1]",
        seconds = ffi.new "uint32_t[1]",
    }
    spare = nil
    out.len[0], out.lent[0], out.seconds[0] = 0, nil, 0
    return out
end

-- Where a call writes what is read at once.
local written = ffi.new "size_t[1]"
local number = ffi.new "uint64_t[1]"
local text = ffi.new "const char *[1]"
local function text_of(pointer) return pointer ~= nil and ffi.string(pointer) or nil end

-- Unix milliseconds. os.time() knows seconds, and is not compiled.
local timespec = ffi.new "struct resume_timespec"
local C, floor = ffi.C, math.floor
local function clock()
    C.resume_clock_gettime(0, timespec)
    return tonumber(timespec.seconds) * 1000 + floor(tonumber(timespec.nanoseconds) / 1000000)
end

-- A time as C takes it: one that it cannot hold would be another one.
local function instant(now)
    if now == nil then return clock() end
    return now > 0 and now < 2 ^ 63 and now or 0
end

-- How many bytes a string has; nil is none, as in the C module.
local function size(bytes) return bytes and #bytes or 0 end

-- Calls whose last output is a new handle of that noun.
local function makes(call, noun)
    local cell = ffi.new("resume_" .. noun .. " *[1]")
    local unref = lib["resume_" .. noun .. "_unref"]
    local native = lib["resume_" .. call]
    local function finish(status)
        local pointer = cell[0]
        cell[0] = nil
        if pointer == nil then return status, nil end
        return status, ffi.gc(pointer, unref)
    end
    return native, cell, finish
end

for _, noun in ipairs {
    "keyring_options", "codec_options", "store_options", "server_options", "policy", "connection",
} do
    local native, cell, finish = makes(noun .. "_new", noun)
    core[noun .. "_new"] = function() return finish(native(cell)) end
end
for call, noun in pairs { codec_new = "codec", store_from_url = "store" } do
    local native, cell, finish = makes(call, noun)
    core[call] = function(a, b) return finish(native(a, b, cell)) end
end
do
    local native, cell, finish = makes("keyring_from_url", "keyring")
    function core.keyring_from_url(url, options, now)
        return finish(native(url, options, instant(now), cell))
    end
end
do
    local native, cell, finish = makes("server_new", "server")
    function core.server_new(options) return finish(native(options, cell)) end
end

-- Calls that take bytes and give a session: the length is the string's.
do
    local native, cell, finish = makes("session_from_openssl", "session")
    function core.session_from_openssl(data, now)
        return finish(native(data, size(data), instant(now), cell))
    end
end
do
    local native, cell, finish = makes("session_from_native", "session")
    function core.session_from_native(data) return finish(native(data, size(data), cell)) end
end
for _, call in ipairs { "codec_open", "store_get", "store_take" } do
    local native, cell, finish = makes(call, "session")
    core[call] = function(a, data, now) return finish(native(a, data, size(data), instant(now), cell)) end
end

do
    local native, cell, finish = makes("server_open_ticket", "session")
    function core.server_open_ticket(server, connection, data, now)
        local out = take()
        local status, session = finish(
            native(server, connection, data, size(data), instant(now), cell, out.reason))
        local reason = out.reason[0]
        spare = out
        return status, session, reason
    end
end

-- Bytes out, and the room wiped: what was there may be secret. How much a call wrote before it failed,
-- it does not say.
local function give(out, status)
    local length, bytes = tonumber(out.len[0]), nil
    if status < 0 or length > room_size then
        length = room_size
    else
        bytes = ffi.string(out.room, length)
    end
    ffi.fill(out.room, length)
    spare = out
    return status, bytes
end

-- Calls of an object, bytes and a time.
for _, call in ipairs { "codec_seal_bytes", "codec_open_bytes", "store_get_record", "store_take_record" } do
    local native = lib["resume_" .. call]
    core[call] = function(object, data, now)
        local out = take()
        return give(out, native(
            object, data, size(data), instant(now), out.room, room_size, out.len))
    end
end
function core.codec_seal(codec, session, now)
    local out = take()
    return give(out, lib.resume_codec_seal(
        codec, session, instant(now), out.room, room_size, out.len))
end
for _, call in ipairs { "session_to_openssl", "policy_stock_context" } do
    local native = lib["resume_" .. call]
    core[call] = function(from)
        local out = take()
        return give(out, native(from, out.room, room_size, out.len))
    end
end
function core.policy_context(policy, name, auth)
    local out = take()
    return give(out, lib.resume_policy_context(
        policy, name, size(name), auth, size(auth), out.room, room_size, out.len))
end
function core.server_issue_ticket(server, session, now)
    local out = take()
    local status = lib.resume_server_issue_ticket(
        server, session, instant(now), out.room, room_size, out.len, out.seconds)
    local seconds = out.seconds[0]
    local _, ticket = give(out, status)
    return status, ticket, seconds
end

-- What a caller calls memory, and its size: an FFI's pointer, since a userdata would pass for one.
local function check_buffer(buffer, capacity)
    if type(buffer) ~= "cdata" or not (capacity >= 0 and capacity < 2 ^ 32) then
        error("a buffer is needed, a pointer of the FFI's, and how many bytes it holds", 4)
    end
end
local function size_of(data, length)
    if type(data) == "string" then return #data end
    if type(data) ~= "cdata" or not (length >= 0 and length < 2 ^ 32) then
        error("data is a pointer of the FFI's and its length, or a string", 4)
    end
    return length
end

-- Bytes from memory to memory: nothing is made on the way.
for _, what in ipairs { "seal", "open" } do
    local native = lib["resume_codec_" .. what .. "_bytes"]
    core["codec_" .. what .. "_into"] = function(codec, buffer, capacity, data, length, now)
        check_buffer(buffer, capacity)
        written[0] = 0
        local status = native(
            codec, data, size_of(data, length), instant(now), buffer, capacity, written)
        return status, tonumber(written[0])
    end
end

-- Bytes that an object lends: copied.
local function copy(out, bytes)
    local copied = bytes ~= nil and ffi.string(bytes, out.len[0]) or nil
    spare = out
    return copied
end
function core.session_to_native(session)
    local out = take()
    local status = lib.resume_session_to_native(session, out.lent, out.len)
    return status, copy(out, out.lent[0])
end
for _, call in ipairs { "session_session_id", "session_server_name" } do
    local native = lib["resume_" .. call]
    core[call] = function(session)
        local out = take()
        return copy(out, native(session, out.len))
    end
end

function core.store_put_record(store, id, data, expires, now)
    return lib.resume_store_put_record(store, id, size(id), data, size(data), expires, instant(now))
end
function core.store_put(store, session, now)
    return lib.resume_store_put(store, session, instant(now))
end
function core.store_sweep(store, now, max) return lib.resume_store_sweep(store, instant(now), max) end
function core.store_remove(store, id) return lib.resume_store_remove(store, id, size(id)) end
function core.store_stats(store, which)
    number[0] = 0
    local status = lib.resume_store_stats(store, which, number)
    return status, tonumber(number[0])
end
function core.key_audit(key)
    text[0] = nil
    local status = lib.resume_key_audit(key, size(key), text)
    return status, text_of(text[0])
end

for _, call in ipairs {
    "policy_set_label", "policy_set_issue_context", "policy_accept_context", "codec_options_set_context",
    "connection_set_server_name", "connection_set_context", "connection_set_cipher_suites",
} do
    local native = lib["resume_" .. call]
    core[call] = function(object, data) return native(object, data, size(data)) end
end
for _, call in ipairs { "keyring_rotate", "keyring_tick", "keyring_reload" } do
    local native = lib["resume_" .. call]
    core[call] = function(keyring, now) return native(keyring, instant(now)) end
end

-- What needs nothing but the name.
for _, call in ipairs {
    "policy_set_modes", "policy_set_lifetime", "policy_set_authentication_lifetime",
    "policy_set_renew_after", "policy_set_isolate_server_name", "policy_set_sha256_first",
    "policy_set_single_use", "policy_set_forward_secrecy", "policy_set_client_certificate_guard",
    "policy_set_ems", "policy_set_skew", "policy_allow_cipher_suite",
    "keyring_options_set_seal_period", "keyring_options_set_open_period",
    "keyring_options_set_max_seals", "codec_options_set_frame", "codec_options_set_payload",
    "server_options_set_keyring", "server_options_set_store", "server_options_set_policy",
    "server_options_set_codec", "reason_count", "session_version", "session_cipher_suite",
    "session_resumable", "connection_set_version", "connection_set_extended_master_secret",
    "connection_set_client_auth",
} do
    core[call] = lib["resume_" .. call]
end
for _, call in ipairs {
    "keyring_count", "codec_sealed_size", "session_expires", "session_created", "server_counter",
} do
    local native = lib["resume_" .. call]
    core[call] = function(...) return tonumber(native(...)) end
end

for _, call in ipairs {
    "status_name", "reason_name", "path_name", "keyring_options_why", "codec_options_why",
    "store_options_why", "server_options_why",
} do
    local native = lib["resume_" .. call]
    core[call] = function(...) return text_of(native(...)) end
end

local drops = {}
for _, noun in ipairs {
    "keyring", "codec", "store", "policy", "server", "session", "connection",
    "keyring_options", "codec_options", "store_options", "server_options",
} do
    drops[noun] = { ffi.typeof("resume_" .. noun .. " *"), lib["resume_" .. noun .. "_unref"] }
end

-- Drops a handle's reference now.
function core.close(handle)
    for _, drop in pairs(drops) do
        if ffi.istype(drop[1], handle) then
            ffi.gc(handle, nil)
            drop[2](handle)
            return
        end
    end
end

-- Calls a function when the state ends and its handles have been dropped, or are about to be: the
-- collector drops them in any order, and before it calls the finalizers of userdata.
function core.at_end(call) core.ending = ffi.gc(ffi.new "uint8_t[1]", call) end

-- The SSL_CTX of a context of LuaSec or luaossl, the first pointer in both; or a pointer of the FFI's,
-- which nothing but its type vouches for.
local ssl_ctx_type, void_type = ffi.typeof "struct ssl_ctx_st *", ffi.typeof "void *"
local function context_of(ctx)
    if ffi.istype(ssl_ctx_type, ctx) or ffi.istype(void_type, ctx) then
        return ffi.cast(ssl_ctx_type, ctx)
    end
    local registry, meta = debug.getregistry(), debug.getmetatable(ctx)
    if type(ctx) == "userdata" and meta
        and (meta == registry["SSL:Context"] or meta == registry["SSL_CTX*"]) then
        return ffi.cast("struct ssl_ctx_st **", ctx)[0]
    end
    return nil
end

function core.is_context(ctx) return context_of(ctx) ~= nil end

-- Gives why it failed, too.
function core.attach(ctx, server)
    local cell = ffi.new "resume_openssl_options *[1]"
    local status = adapter().resume_openssl_options_new(cell)
    if status ~= 0 then return status end
    status = openssl.resume_openssl_attach(context_of(ctx), server, cell[0])
    local why = text_of(openssl.resume_openssl_options_why(cell[0]))
    openssl.resume_openssl_options_unref(cell[0])
    return status, why
end
function core.detach(ctx) return adapter().resume_openssl_detach(context_of(ctx)) end

return core
