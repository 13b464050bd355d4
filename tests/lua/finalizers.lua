-- SPDX-License-Identifier: Apache-2.0
-- Finalizers of a program that call the package: in the middle of another call, and when the state ends,
-- where LuaJIT has dropped the handles already. Run by tests/lua/test_lua.py.
local resume = require "resume"
if rawget(_G, "jit") then require "jit".off() end -- compiled code runs no finalizers

local keys = assert(resume.keyring "random:")
local codec = assert(resume.codec(keys))
local store = assert(resume.store "memory:")
local server = assert(resume.server { keyring = keys })
local long, short = ("of a finalizer"):rep(8), "mine"
local of_finalizer, ticket = assert(codec:seal_bytes(long)), assert(codec:seal_bytes(short))

local function finalized(call)
    if not rawget(_G, "newproxy") then return setmetatable({}, { __gc = call }) end
    local proxy = newproxy(true)
    getmetatable(proxy).__gc = call
    return proxy
end

local ran = 0
local function call_between()
    assert(codec:open_bytes(of_finalizer) == long)
    ran = ran + 1
end
for turn = 1, 20000 do
    finalized(call_between)
    assert(codec:open_bytes(ticket) == short, turn)
end
assert(ran > 1000, ran)

-- Kept until the end.
last = finalized(function() -- luacheck: ignore
    local plain, _, status = codec:open_bytes(ticket)
    assert(plain == short or status == -1)
    store:put_record(("i"):rep(32), "x", 1)
    assert(next(server:counters() or {}) == nil)
    resume.server { keyring = keys }
    keys:close()
    codec:close()
    store:close()
    server:close()
    print "ended"
end)
print "ok"
