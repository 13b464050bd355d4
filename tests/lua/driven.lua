-- SPDX-License-Identifier: Apache-2.0
-- A server of LuaSec that does what it is told on its standard input, a word at a time, and answers
-- each with a line: how attaching, detaching and forgetting go together. Driven by
-- tests/lua/test_lua_lives.py: driven.lua CERTIFICATE KEY KEYS_URL
local resume = require "resume"
local socket, ssl = require "socket", require "ssl"

local certificate, key, url = arg[1], arg[2], arg[3]
local ctx = assert(ssl.newcontext {
    mode = "server", protocol = "any", certificate = certificate, key = key,
})
local listener = assert(socket.bind("127.0.0.1", 0))
local server = assert(resume.server { keyring = url })

local orders = {}

function orders.port() return select(2, listener:getsockname()) end

function orders.serve()
    local peer = assert(listener:accept())
    peer:settimeout(10)
    local tls = assert(ssl.wrap(peer, ctx))
    assert(tls:dohandshake())
    tls:receive "*l"
    tls:send "HTTP/1.0 200 OK\r\nConnection: close\r\n\r\n"
    tls:close()
    return "served"
end

function orders.attach() return resume.attach(ctx, server) end
function orders.detach() return resume.detach(ctx) end

-- Nothing of ours is left but what the context keeps.
function orders.forget()
    server = nil
    collectgarbage()
    collectgarbage()
    return "forgotten"
end

function orders.counters()
    local found = {}
    for path, row in pairs(server:counters()) do
        for reason, count in pairs(row) do found[#found + 1] = ("%s.%s=%d"):format(path, reason, count) end
    end
    table.sort(found)
    return table.concat(found, " ")
end

-- Garbage of every kind while the context is in use.
function orders.litter()
    for turn = 1, 200 do
        local keys = assert(resume.keyring "random:")
        local codec = assert(resume.codec(keys))
        local other = assert(ssl.newcontext {
            mode = "server", protocol = "any", certificate = certificate, key = key,
        })
        assert(resume.attach(other, assert(resume.server { keyring = keys, store = "memory:" })))
        assert(codec:open_bytes(codec:seal_bytes "x") == "x")
        if turn % 3 == 0 then assert(resume.detach(other)) end
        if turn % 7 == 0 then keys:close() end
    end
    return "littered"
end

-- Another Lua state in another thread, which ends with a context attached.
function orders.thread()
    local thread, pipe = require "cqueues.thread".start(function(pipe, path, own_key)
        local own = require "resume"
        local context = assert(require "ssl".newcontext {
            mode = "server", protocol = "any", certificate = path, key = own_key,
        })
        local codec = assert(own.codec(assert(own.keyring "random:")))
        assert(own.attach(context, assert(own.server { keyring = "random:", store = "memory:" })))
        pipe:write(codec:open_bytes(codec:seal_bytes "sealed in a thread"), "\n")
        pipe:flush()
    end, certificate, key)
    local line = pipe:read "*l"
    assert(thread:join())
    return line
end

for word in io.lines() do
    io.stdout:write(tostring((orders[word]())), "\n")
    io.stdout:flush()
end
-- The state is closed with the context attached and all handles open.
