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
local lib = ffi.load(os.getenv "LIBRESUME_SO" or "libresume.so.0")
local openssl

local function adapter()
    openssl = openssl or ffi.load(os.getenv "LIBRESUME_OPENSSL_SO" or "libresume-openssl.so.0")
    return openssl
end

local core = { lib = lib, name = "ffi" }
local room_size = 66 * 1024
local room = ffi.new("uint8_t[?]", room_size)
local len = ffi.new "size_t[1]"
local lent = ffi.new "const uint8_t *[1]"
local number = ffi.new "uint64_t[1]"
local reason = ffi.new "const char *[1]"

-- Unix milliseconds. os.time() knows seconds, and is not compiled.
local timespec = ffi.new "struct resume_timespec"
local C, floor = ffi.C, math.floor
local function clock()
    C.resume_clock_gettime(0, timespec)
    return tonumber(timespec.seconds) * 1000 + floor(tonumber(timespec.nanoseconds) / 1000000)
end

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
        return finish(native(url, options, now or clock(), cell))
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
        return finish(native(data, #data, now or clock(), cell))
    end
end
do
    local native, cell, finish = makes("session_from_native", "session")
    function core.session_from_native(data) return finish(native(data, #data, cell)) end
end
for _, call in ipairs { "codec_open", "store_get", "store_take" } do
    local native, cell, finish = makes(call, "session")
    core[call] = function(a, data, now) return finish(native(a, data, #data, now or clock(), cell)) end
end

do
    local native, cell, finish = makes("server_open_ticket", "session")
    local decided = ffi.new "resume_reason[1]"
    function core.server_open_ticket(server, connection, data, now)
        local status, session = finish(
            native(server, connection, data, #data, now or clock(), cell, decided))
        return status, session, decided[0]
    end
end

-- Bytes out, and the room wiped: what was there may be secret.
local function give(status)
    if status < 0 or len[0] > room_size then return status, nil end
    local bytes = ffi.string(room, len[0])
    ffi.fill(room, len[0])
    return status, bytes
end

local function zero()
    len[0] = 0
    return room, room_size, len
end

function core.codec_seal(codec, session, now)
    return give(lib.resume_codec_seal(codec, session, now or clock(), zero()))
end
function core.codec_seal_bytes(codec, data, now)
    return give(lib.resume_codec_seal_bytes(codec, data, #data, now or clock(), zero()))
end
function core.codec_open_bytes(codec, data, now)
    return give(lib.resume_codec_open_bytes(codec, data, #data, now or clock(), zero()))
end
function core.store_get_record(store, id, now)
    return give(lib.resume_store_get_record(store, id, #id, now or clock(), zero()))
end
function core.store_take_record(store, id, now)
    return give(lib.resume_store_take_record(store, id, #id, now or clock(), zero()))
end
function core.session_to_openssl(session) return give(lib.resume_session_to_openssl(session, zero())) end
function core.policy_stock_context(stock) return give(lib.resume_policy_stock_context(stock, zero())) end
function core.policy_context(policy, name, auth)
    return give(lib.resume_policy_context(
        policy, name, name and #name or 0, auth, auth and #auth or 0, zero()))
end
local seconds = ffi.new "uint32_t[1]"
function core.server_issue_ticket(server, session, now)
    seconds[0], len[0] = 0, 0
    local status, ticket = give(lib.resume_server_issue_ticket(
        server, session, now or clock(), room, room_size, len, seconds))
    return status, ticket, seconds[0]
end

-- Bytes from memory to memory: nothing is made on the way.
function core.codec_seal_into(codec, buffer, capacity, data, size, now)
    len[0] = 0
    local status = lib.resume_codec_seal_bytes(
        codec, data, size or #data, now or clock(), buffer, capacity, len)
    return status, tonumber(len[0])
end
function core.codec_open_into(codec, buffer, capacity, data, size, now)
    len[0] = 0
    local status = lib.resume_codec_open_bytes(
        codec, data, size or #data, now or clock(), buffer, capacity, len)
    return status, tonumber(len[0])
end

-- Bytes that an object lends: copied.
function core.session_to_native(session)
    lent[0], len[0] = nil, 0
    local status = lib.resume_session_to_native(session, lent, len)
    return status, lent[0] ~= nil and ffi.string(lent[0], len[0]) or nil
end
for _, call in ipairs { "session_session_id", "session_server_name" } do
    local native = lib["resume_" .. call]
    core[call] = function(session)
        len[0] = 0
        local bytes = native(session, len)
        return bytes ~= nil and ffi.string(bytes, len[0]) or nil
    end
end

function core.store_put_record(store, id, data, expires, now)
    return lib.resume_store_put_record(store, id, #id, data, #data, expires, now or clock())
end
function core.store_put(store, session, now)
    return lib.resume_store_put(store, session, now or clock())
end
function core.store_sweep(store, now, max) return lib.resume_store_sweep(store, now or clock(), max) end
function core.store_remove(store, id) return lib.resume_store_remove(store, id, #id) end
function core.store_stats(store, which)
    number[0] = 0
    local status = lib.resume_store_stats(store, which, number)
    return status, tonumber(number[0])
end
function core.key_audit(key)
    reason[0] = nil
    local status = lib.resume_key_audit(key, #key, reason)
    return status, reason[0] ~= nil and ffi.string(reason[0]) or nil
end

for _, call in ipairs {
    "policy_set_label", "policy_set_issue_context", "policy_accept_context", "codec_options_set_context",
    "connection_set_server_name", "connection_set_context", "connection_set_cipher_suites",
} do
    local native = lib["resume_" .. call]
    core[call] = function(object, data) return native(object, data, #data) end
end
for _, call in ipairs { "keyring_rotate", "keyring_tick", "keyring_reload" } do
    local native = lib["resume_" .. call]
    core[call] = function(keyring, now) return native(keyring, now or clock()) end
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

local function text_of(pointer) return pointer ~= nil and ffi.string(pointer) or nil end
for _, call in ipairs {
    "status_name", "reason_name", "path_name", "keyring_options_why", "codec_options_why",
    "store_options_why", "server_options_why",
} do
    local native = lib["resume_" .. call]
    core[call] = function(...) return text_of(native(...)) end
end

local drops = {}
for _, noun in ipairs { "keyring", "codec", "store", "policy", "server", "session", "connection" } do
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

-- The SSL_CTX of a context of LuaSec or luaossl, the first pointer in both; or a pointer of the FFI's.
local function context_of(ctx)
    if type(ctx) == "cdata" then return ffi.cast("struct ssl_ctx_st *", ctx) end
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
