-- SPDX-License-Identifier: Apache-2.0
-- The package's objects one by one: options, results, errors. Run by tests/lua/test_lua.py with the
-- core's name and the folder of the session vectors.
local resume = require "resume"
local vector = require "vector"
local now = 1700000000000
local core_name, vectors = arg[1], arg[2]

local function fails(code, text, none, message, status)
    assert(none == nil and status == code, ("%s, %s"):format(tostring(message), tostring(status)))
    assert(message:find(text, 1, true), message)
end

-- Sessions: read, written, sealed, stored.
local der = vector(vectors, "openssl_tls13")
local session = assert(resume.session_from_openssl(der, now))
assert(session:version() == 0x0304 and session:cipher_suite() == 0x1301 and session:resumable())
assert(session:created() == now and session:expires() == now + 7200000)
assert(session:server_name() == "www.example.org" and #session:id() == 32)
local again = assert(resume.session_from_native(assert(session:to_native())))
assert(again:to_native() == session:to_native() and #assert(again:to_openssl()) > 100)
fails(4, "malformed", resume.session_from_openssl("no DER", now))
fails(4, "malformed", resume.session_from_native "no session")

-- Rings: options, rotation, the clock.
local keys = assert(resume.keyring("random:", now, { seal_period_ms = 3600000, open_period_ms = 7200000 }))
fails(-1, "keyring option colour", resume.keyring("random:", now, { colour = 1 }))
local count = keys:count()
assert(keys:rotate(now) and keys:count() == count + 1)
assert(keys:tick(now + 3600000 * 4))
fails(-1, "", resume.keyring("nonsense:", now))

-- Codecs: frames, payloads, whether to renew.
keys = assert(resume.keyring("random:", now))
for _, options in ipairs {
    {}, { frame = "rfc5077", payload = "native" }, { frame = "aead", context = "a" },
    { frame = "rfc5077", payload = "openssl" },
} do
    local codec = assert(resume.codec(keys, options))
    local ticket = assert(codec:seal(session, now))
    local opened, renew = codec:open(ticket, now)
    assert(opened:to_native() == session:to_native() or options.payload ~= "native")
    assert(opened:server_name() == session:server_name() and renew == false)
    assert(keys:rotate(now))
    opened, renew = codec:open(ticket, now)
    assert(opened:version() == 0x0304 and renew == true)
    fails(3, "forged", codec:open_bytes(ticket:sub(1, -2) .. string.char((ticket:byte(-1) + 1) % 256), now))
    fails(4, "malformed", codec:open("short", now))
    fails(4, "malformed", codec:open_bytes("", now))
    fails(-1, "", codec:seal(nil, now))
end
fails(-1, "codec option colour", resume.codec(keys, { colour = 1 }))
fails(-1, "codec option frame", resume.codec(keys, { frame = "square" }))
fails(-1, "", resume.codec(keys, { context = "only for aead" }))
fails(-1, "", resume.codec())
assert(not pcall(resume.codec, session), "a session is not a ring")
local codec = assert(resume.codec(keys))
assert(codec:sealed_size(200) >= #codec:seal_bytes(("x"):rep(200), now))
-- Left out, the time is the clock's.
local fresh = assert(resume.codec(assert(resume.keyring "random:")))
assert(fresh:open_bytes(assert(fresh:seal_bytes "x")) == "x")

-- Stores.
local store = assert(resume.store "memory:?bytes=1M")
assert(store:put(session, now))
assert(store:get(session:id(), now):server_name() == "www.example.org")
assert(store:take(session:id(), now):to_native() == session:to_native())
fails(1, "miss", store:take(session:id(), now))
assert(store:put_record(session:id(), "a", now + 1000, now))
assert(store:remove(session:id()))
fails(1, "miss", store:get_record(session:id(), now))
assert(store:put_record(session:id(), "a", now + 1000, now))
assert(store:sweep(100, now + 5000) and store:stats().entries == 0)
fails(-1, "", resume.store "nonsense:")

-- Policies: all options, and what is wrong with one.
local policy = assert(resume.policy {
    modes = { "tickets", "session_ids" }, lifetime = 3600,
    authentication_lifetime = { [0x0303] = 7200, [0x0304] = 86400 }, renew_after_percent = 50,
    isolate_server_name = true, label = "here", client_certificate_guard = true, ems = "strict",
    skew_ms = 1000, single_use = true, forward_secrecy = true, sha256_first = true,
    cipher_suites = { 0x1301, 0xC02F }, accept_contexts = { "stock:haproxy:", "bytes" },
})
assert(#policy:context "a.example" == 32 and policy:context "a.example" ~= policy:context "b.example")
policy = assert(resume.policy { issue_context = "bytes" })
assert(policy:context "a.example" == "bytes")
for _, wrong in ipairs {
    { modes = { "pigeon" } }, { lifetime = 604801 }, { ems = "lax" }, { renew_after_percent = 0 },
    { issue_context = "stock:apache:" }, { accept_contexts = { ("c"):rep(33) } }, { colour = 1 },
} do
    fails(-1, "policy option " .. next(wrong), resume.policy(wrong))
end

-- Servers, with a TLS stack of one's own.
policy = assert(resume.policy { lifetime = 3600 })
local server = assert(resume.server { keyring = keys, store = "memory:", policy = policy })
fails(-1, "", resume.server {})
fails(-1, "", resume.server { store = "nonsense:" })
fails(-1, "server option colour", resume.server { keyring = keys, colour = 1 })
local ticket, seconds = server:issue_ticket(session, now)
assert(#ticket > 100 and seconds > 0 and seconds <= 7200)
local connection = {
    version = 0x0304, server_name = "www.example.org", context = policy:context "www.example.org",
    cipher_suites = "\19\1", client_auth = "none",
}
local found, reason, code = server:open_ticket(connection, ticket, now)
assert(found == nil and reason == "context_mismatch" and code == 6, reason)
assert(server:counters().tls13_ticket.context_mismatch == 1)
fails(-1, "connection option colour", server:open_ticket({ colour = 1 }, ticket, now))

-- What is closed is let go of at once, not when the collector comes by.
local function is_mapped(path)
    for line in io.lines "/proc/self/maps" do
        if line:find(path, 1, true) then return true end
    end
    return false
end
collectgarbage "stop"
local path = os.tmpname()
os.remove(path)
local shared = assert(resume.store("shm:" .. path))
local sharing = assert(resume.server { store = shared })
assert(is_mapped(path))
shared:close()
sharing:close()
assert(not is_mapped(path))
os.remove(path)
os.remove(path .. ".lock")
collectgarbage "restart"

-- Attaching what is not a context, or nothing.
local context = require "openssl.ssl.context".new("TLS", true)
fails(-1, "a context of LuaSec or luaossl is needed", resume.attach(io.stdout, server))
fails(-1, "needs an SSL_CTX and a server", resume.attach(context, nil))
fails(-1, "a context of LuaSec or luaossl is needed", resume.detach "text")
assert(resume.attach(context, server))
assert(resume.detach(context))
fails(1, "miss", resume.detach(context))

-- Memory of the caller's.
if core_name == "ffi" then
    local ffi = require "ffi"
    local pointer = ffi.cast("void **", context)[0] -- an SSL_CTX *, from wherever
    assert(resume.attach(pointer, server))
    assert(resume.detach(context))
    fails(-1, "a context of LuaSec or luaossl", resume.attach(ffi.cast("void *", nil), server))
    fails(-1, "a context of LuaSec or luaossl", resume.attach(server.handle, server))
    local data, sealed = ffi.new("uint8_t[?]", 200), ffi.new("uint8_t[?]", 512)
    local opened = ffi.new("uint8_t[?]", 512)
    for index = 0, 199 do data[index] = index end
    local length = assert(codec:seal_into(sealed, 512, data, 200, now))
    assert(length > 200 and length <= codec:sealed_size(200))
    local plain, renew = codec:open_into(opened, 512, sealed, length, now)
    assert(plain == 200 and renew == false and ffi.string(opened, 200) == ffi.string(data, 200))
    assert(keys:rotate(now))
    plain, renew = codec:open_into(opened, 512, ffi.string(sealed, length), nil, now)
    assert(plain == 200 and renew == true)
    assert(codec:open_bytes(ffi.string(sealed, length), now) == ffi.string(data, 200))
    fails(-5, "buffer", codec:seal_into(sealed, 100, data, 200, now))
    sealed[length - 1] = sealed[length - 1] + 1
    fails(3, "forged", codec:open_into(opened, 512, sealed, length, now))
    codec:close()
    fails(-1, "", codec:seal_into(sealed, 512, data, 200, now))
else
    fails(-7, "FFI", codec:seal_into())
    fails(-7, "FFI", codec:open_into())
end
print "ok"
