-- SPDX-License-Identifier: Apache-2.0
-- A TLS server of LuaSec, attached: server.lua KEYS_URL PEM. Prints its port.
local resume = require "resume"
local socket = require "socket"
local url, pem = arg[1], arg[2]

local ssl = require "ssl"
local ctx = assert(ssl.newcontext { mode = "server", protocol = "any", key = pem, certificate = pem })
-- The context keeps what it needs: nothing here holds the server.
assert(resume.attach(ctx, assert(resume.server { keyring = assert(resume.keyring(url)) })))
collectgarbage()
collectgarbage()

local listener = assert(socket.bind("127.0.0.1", 0))
io.stdout:write(select(2, listener:getsockname()), "\n")
io.stdout:flush()
while true do
    local peer = listener:accept()
    peer:settimeout(10)
    local tls = ssl.wrap(peer, ctx)
    if tls and tls:dohandshake() then
        tls:receive "*l"
        tls:send "hello\n"
        tls:close()
    end
    peer:close()
end
