-- SPDX-License-Identifier: Apache-2.0
-- What each Lua and each core must do. Run by tests/lua/test_lua.py.
local resume = require "resume"
local now = 1800000000000

assert(resume.core == arg[1], "wrong core: " .. resume.core)

-- seal, open, rotate, forge
local keys = assert(resume.keyring("random:", now))
local codec = assert(resume.codec(keys))
local payload = ("x"):rep(200)
local ticket = assert(codec:seal_bytes(payload, now))
assert(ticket ~= payload and codec:open_bytes(ticket, now) == payload)
assert(keys:rotate(now))
assert(codec:open_bytes(ticket, now) == payload)
local forged = ticket:sub(1, -2) .. string.char((ticket:byte(-1) + 1) % 256)
local none, message, code = codec:open_bytes(forged, now)
assert(none == nil and message:find "forged" and code == 3, message)
local other = assert(resume.codec(assert(resume.keyring("random:", now))))
none, message, code = other:open_bytes(ticket, now)
assert(none == nil and code == 1, message)

-- store and expire
local store = assert(resume.store "memory:")
local id = ("i"):rep(32)
assert(store:put_record(id, "record", now + 1000, now))
assert(store:get_record(id, now) == "record")
none, message, code = store:get_record(id, now + 1001)
assert(none == nil and (code == 1 or code == 2), message)
local stats = assert(store:stats())
assert(stats.puts == 1 and stats.hits == 1 and stats.misses == 1)

-- weak key, bad URL, bad option: nil, message, code
none, message, code = resume.audit(("a"):rep(80))
assert(none == nil and code == 12 and #message > 0)
none, message, code = resume.keyring("nonsense:", now)
assert(none == nil and code < 0 and #message > 0)
none, message = resume.policy { colour = 1 }
assert(none == nil and message:find "colour")

-- server: isolation digest differs by policy, counters start empty
local policy = assert(resume.policy {
    issue_context = "stock:haproxy:", accept_contexts = { "mine" }, sha256_first = true,
})
local server = assert(resume.server { keyring = keys, store = store, policy = policy })
assert(next(server:counters()) == nil)
none, message, code = resume.attach(io.stdout, server)
assert(none == nil and code == -1, message)

-- no secret in a name, and closing twice is fine
assert(tostring(keys) == "resume.keyring")
keys:close()
keys:close()
assert(tostring(keys) == "resume.keyring (closed)")
none, message, code = keys:rotate(now)
assert(none == nil and code == -1, message)
assert(codec:open_bytes(ticket, now) == payload)

-- the collector frees in any order
local function make_over_a_ring()
    local ring = assert(resume.keyring("random:", now))
    return {
        assert(resume.codec(ring)), assert(resume.store "memory:"), assert(resume.server { keyring = ring }),
    }
end
for turn = 1, 300 do
    local made = make_over_a_ring()
    made[turn % 3 + 1] = nil
    if turn % 10 == 0 then collectgarbage() end
    for _, left in pairs(made) do
        assert(left.handle)
        if left.seal_bytes then assert(left:open_bytes(left:seal_bytes("y", now), now) == "y") end
    end
end
collectgarbage()
print "ok"
