-- SPDX-License-Identifier: Apache-2.0
-- What is wrong fails or raises an error, in each Lua and each core alike, and never does anything else.
-- Run by tests/lua/test_lua.py with the core's name and the folder of the session vectors.
local resume = require "resume"
local vector = require "vector"
local core_name, vectors = arg[1], arg[2]
local now, id = 1700000000000, ("i"):rep(32)

local context = require "openssl.ssl.context".new("TLS", true)
local session = assert(resume.session_from_openssl(vector(vectors, "openssl_tls12"), now))
local keys = assert(resume.keyring("random:", now))
local codec = assert(resume.codec(keys))
local store = assert(resume.store "memory:")
local policy = assert(resume.policy())
local server = assert(resume.server { keyring = keys })

local function fails(code, text, none, message, status)
    assert(none == nil and status == code, ("%s, %s"):format(tostring(message), tostring(status)))
    assert(message:find(text, 1, true), message)
end
local function raises(text, call, ...)
    local called, message = pcall(call, ...)
    assert(not called and message:find(text, 1, true), tostring(message))
end

-- Every call with every kind of value in every place: whatever comes of it, the process goes on.
local values = {
    true, false, 0, -1, 0.5, 0 / 0, 1 / 0, -1 / 0, 1e300, 2 ^ 53, 2 ^ 63, 2 ^ 64, "", "text", "a\0b",
    ("x"):rep(200000), {}, print, coroutine.create(function() end), io.stdout, context, keys.handle,
    keys, codec, store, policy, server, session,
}
local function call_with_all(call, ...)
    local good, count = { ... }, select("#", ...)
    for place = 1, count do
        for which = 0, #values do -- 0: nil
            local tried = { (unpack or table.unpack)(good, 1, count) }
            tried[place] = values[which]
            pcall(call, (unpack or table.unpack)(tried, 1, count))
        end
    end
    pcall(call)
end
local calls = {
    { resume.audit, id }, { resume.codec, keys, {} }, { resume.keyring, "random:", now, {} },
    { resume.policy, {} }, { resume.server, { keyring = keys } }, { resume.store, "memory:" },
    { resume.session_from_native, id }, { resume.session_from_openssl, id, now },
    { resume.attach, context, server }, { resume.detach, context },
    { keys.rotate, keys, now }, { keys.tick, keys, now }, { keys.reload, keys, now }, { keys.count, keys },
    { codec.seal, codec, session, now }, { codec.open, codec, id, now }, { codec.sealed_size, codec, 1 },
    { codec.seal_bytes, codec, id, now }, { codec.open_bytes, codec, id, now },
    { store.put, store, session, now }, { store.get, store, id, now }, { store.take, store, id, now },
    { store.put_record, store, id, id, now + 1, now }, { store.get_record, store, id, now },
    { store.take_record, store, id, now }, { store.remove, store, id }, { store.sweep, store, 1, now },
    { store.stats, store }, { policy.context, policy, id, id },
    { server.issue_ticket, server, session, now }, { server.open_ticket, server, {}, id, now },
    { server.counters, server },
}
for _, name in ipairs {
    "to_openssl", "to_native", "version", "cipher_suite", "created", "expires", "resumable", "id",
    "server_name",
} do
    calls[#calls + 1] = { session[name], session }
end
for _, call in ipairs(calls) do call_with_all((unpack or table.unpack)(call)) end

-- A fault of the program is an error that says what is needed.
raises("a string is needed, not a userdata", resume.keyring, io.stdout)
raises("a string is needed, not a nil", resume.store)
raises("an object of resume is needed, not a userdata", resume.codec, io.stdout)
raises("an object of resume is needed, not a table", resume.attach, context, {})
raises("server option policy: ", resume.server, { keyring = keys, policy = { label = "a" } })
raises("server option policy: ", resume.server, { keyring = keys, policy = store })
raises("policy option label: a string is needed", resume.policy, { label = 5 })
raises("policy option single_use: a boolean is needed", resume.policy, { single_use = 1 })
raises("policy option skew_ms: a number is needed", resume.policy, { skew_ms = "5" })
raises("policy option lifetime: a number is needed", resume.policy, { lifetime = "5" })
raises("policy option accept_contexts: a table is needed", resume.policy, { accept_contexts = "bytes" })
raises("policy option cipher_suites: a number is needed", resume.policy, { cipher_suites = { "a" } })
raises("connection option server_name: a string is needed", server.open_ticket, server,
    { server_name = io.stdout }, id)
raises("", codec.seal_bytes, codec, io.stdout)
raises("", codec.seal_bytes, codec, {})
raises("", codec.seal_bytes, codec, "x", "now")
raises("", codec.seal_bytes, keys, "x")
raises("", store.put, store, keys)

-- A text that C would read in part only, and numbers that it would cut.
fails(-1, "a zero byte in the URL", resume.keyring "random:\0")
fails(-1, "a zero byte in the URL", resume.store "memory:\0?bytes=1M")
fails(-1, "policy option issue_context", resume.policy { issue_context = "stock:haproxy:\0" })
for _, number in ipairs { -1, 0.5, 0 / 0, 1 / 0, 2 ^ 64 + 2 ^ 32 } do
    for option in pairs { skew_ms = 1, renew_after_percent = 1, lifetime = 1 } do
        fails(-1, "policy option " .. option, resume.policy { [option] = number })
    end
    fails(-1, "keyring option max_seals", resume.keyring("random:", now, { max_seals = number }))
end
fails(-1, "policy option lifetime", resume.policy { lifetime = 2 ^ 32 + 5 })
fails(-1, "policy option lifetime", resume.policy { lifetime = { [0x0302] = 5 } })
fails(-1, "policy option cipher_suites", resume.policy { cipher_suites = { 0x11301 } })
fails(-1, "expires", store:put_record(id, "a", -1, now))
fails(-1, "expires", store:put_record(id, "a", 1 / 0, now))
fails(-1, "max", store:sweep(-1, now))
fails(-1, "len", codec:sealed_size(-1))

-- No time is before 1970 or far off, whatever the number.
assert(store:put_record(("t"):rep(32), "a", now + 1000, now))
for _, time in ipairs { -1, -1 / 0, 0 / 0, 1 / 0, 2 ^ 64 } do
    assert(store:get_record(("t"):rep(32), time) == "a")
end

-- Said twice is said once: two times tickets are not session IDs.
local twice = assert(resume.policy { modes = { "tickets", "tickets" } })
assert(assert(resume.server { keyring = "random:", policy = twice }):issue_ticket(session, now))

-- nil is no bytes, and not an error.
fails(4, "malformed", codec:open_bytes(nil, now))
fails(-1, "", resume.audit())

-- Closed objects: every call fails, and none is taken for what was left out.
for noun, made in pairs {
    keyring = { resume.keyring("random:", now), "count", "rotate" },
    codec = { resume.codec(keys), "sealed_size", "seal_bytes", "seal_into", "open" },
    store = { resume.store "memory:", "stats", "get", "sweep" },
    policy = { resume.policy(), "context" },
    server = { resume.server { keyring = keys }, "counters", "issue_ticket" },
    session = { resume.session_from_native(assert(session:to_native())), "version", "id", "to_native" },
} do
    local object = made[1]
    object:close()
    for place = 2, #made do fails(-1, "this " .. noun .. " is closed", object[made[place]](object)) end
    assert(object.no_such_call == nil and not pcall(object.handle))
    if noun ~= "session" then
        fails(-1, noun == "server" and "there is no" or "server option " .. noun,
            resume.server { [noun] = object })
    end
end

-- Contexts that were freed by hand, before the server.
for _, made in ipairs {
    require "openssl.ssl.context".new("TLS", true),
    assert(require "ssl".newcontext { mode = "server", protocol = "any" }),
} do
    local attached = assert(resume.server { keyring = keys })
    assert(resume.attach(made, attached))
    debug.getmetatable(made).__gc(made)
    fails(-1, "a context of LuaSec or luaossl is needed", resume.attach(made, server))
    fails(-1, "a context of LuaSec or luaossl is needed", resume.detach(made))
    attached:close()
end

-- Memory that is none.
if core_name == "ffi" then
    local ffi = require "ffi"
    local room = ffi.new "uint8_t[512]"
    raises("a buffer is needed", codec.seal_into, codec, io.stdout, 512, "x")
    raises("a buffer is needed", codec.seal_into, codec, room, -1, "x")
    raises("data is a pointer", codec.seal_into, codec, room, 512, io.stdout, 5)
    raises("data is a pointer", codec.seal_into, codec, room, 512, room, -1)
    -- The length of a string is its own.
    local length = assert(codec:seal_into(room, 512, "abc", 300, now))
    assert(codec:open_bytes(ffi.string(room, length), now) == "abc")
    for _, pointer in ipairs { ffi.cast("uint64_t", 5), ffi.new "uint8_t[64]", keys.handle } do
        fails(-1, "a context of LuaSec or luaossl", resume.attach(pointer, server))
    end
end
print "ok"
