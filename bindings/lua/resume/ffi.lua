-- SPDX-License-Identifier: Apache-2.0
-- The core for LuaJIT: the same calls as the SWIG module resume_core, over the FFI. Private: programs
-- use require "resume". Each call gives its status first, then its outputs.
local ffi = require "ffi"

if not pcall(ffi.typeof, "resume_keyring") then
    ffi.cdef(require "resume.cdef")
    ffi.cdef [[
    struct ssl_ctx_st;
    typedef struct resume_openssl_options resume_openssl_options;
    resume_status resume_openssl_attach(struct ssl_ctx_st *, resume_server *, resume_openssl_options *);
    resume_status resume_openssl_detach(struct ssl_ctx_st *);
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

local function plain_maker(call, noun, arguments)
    local native, cell, finish = makes(call, noun)
    if arguments == 0 then
        core[call] = function() return finish(native(cell)) end
    elseif arguments == 1 then
        core[call] = function(a) return finish(native(a, cell)) end
    elseif arguments == 2 then
        core[call] = function(a, b) return finish(native(a, b, cell)) end
    else
        core[call] = function(a, b, c) return finish(native(a, b, c, cell)) end
    end
end

plain_maker("keyring_options_new", "keyring_options", 0)
plain_maker("codec_options_new", "codec_options", 0)
plain_maker("store_options_new", "store_options", 0)
plain_maker("server_options_new", "server_options", 0)
plain_maker("policy_new", "policy", 0)
plain_maker("keyring_from_url", "keyring", 3)
plain_maker("codec_new", "codec", 2)
plain_maker("store_from_url", "store", 2)
plain_maker("server_new", "server", 1)

-- Calls that take bytes and give a handle: the length is the string's.
local function session_from(call)
    local native, cell, finish = makes(call, "session")
    return native, cell, finish
end
do
    local native, cell, finish = session_from "session_from_openssl"
    function core.session_from_openssl(data, now) return finish(native(data, #data, now, cell)) end
end
do
    local native, cell, finish = session_from "session_from_native"
    function core.session_from_native(data) return finish(native(data, #data, cell)) end
end
for _, call in ipairs { "codec_open", "store_get", "store_take" } do
    local native, cell, finish = session_from(call)
    core[call] = function(a, data, now) return finish(native(a, data, #data, now, cell)) end
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
    return give(lib.resume_codec_seal(codec, session, now, zero()))
end
function core.codec_seal_bytes(codec, data, now)
    return give(lib.resume_codec_seal_bytes(codec, data, #data, now, zero()))
end
function core.codec_open_bytes(codec, data, now)
    return give(lib.resume_codec_open_bytes(codec, data, #data, now, zero()))
end
function core.store_get_record(store, id, now)
    return give(lib.resume_store_get_record(store, id, #id, now, zero()))
end
function core.store_take_record(store, id, now)
    return give(lib.resume_store_take_record(store, id, #id, now, zero()))
end
function core.session_to_openssl(session) return give(lib.resume_session_to_openssl(session, zero())) end
function core.policy_stock_context(stock) return give(lib.resume_policy_stock_context(stock, zero())) end
function core.session_to_native(session)
    lent[0], len[0] = nil, 0
    local status = lib.resume_session_to_native(session, lent, len)
    return status, lent[0] ~= nil and ffi.string(lent[0], len[0]) or nil
end

function core.store_put_record(store, id, data, expires, now)
    return lib.resume_store_put_record(store, id, #id, data, #data, expires, now)
end
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

for _, call in ipairs { "policy_set_label", "policy_set_issue_context", "policy_accept_context" } do
    local native = lib["resume_" .. call]
    core[call] = function(policy, data) return native(policy, data, #data) end
end

-- What needs nothing but the name.
for _, call in ipairs {
    "keyring_rotate", "keyring_tick", "keyring_reload", "store_put", "store_sweep",
    "policy_set_lifetime", "policy_set_isolate_server_name", "policy_set_sha256_first",
    "policy_set_single_use", "policy_set_forward_secrecy", "policy_set_client_certificate_guard",
    "server_options_set_keyring", "server_options_set_store", "server_options_set_policy",
    "server_options_set_codec", "reason_count", "session_version", "session_cipher_suite",
    "session_resumable",
} do
    core[call] = lib["resume_" .. call]
end
for _, call in ipairs { "keyring_count", "session_expires", "session_created", "server_counter" } do
    local native = lib["resume_" .. call]
    core[call] = function(...) return tonumber(native(...)) end
end
for _, call in ipairs {
    "status_name", "reason_name", "path_name", "abi_version_text", "keyring_options_why",
    "codec_options_why", "store_options_why", "server_options_why",
} do
    local native = lib["resume_" .. call]
    core[call] = function(...)
        local text = native(...)
        return text ~= nil and ffi.string(text) or nil
    end
end

local drops = {}
for _, noun in ipairs { "keyring", "codec", "store", "policy", "server", "session" } do
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

function core.attach(ctx, server)
    return adapter().resume_openssl_attach(context_of(ctx), server, nil)
end
function core.detach(ctx) return adapter().resume_openssl_detach(context_of(ctx)) end

return core
