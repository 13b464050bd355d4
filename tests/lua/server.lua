-- SPDX-License-Identifier: Apache-2.0
-- A TLS server of LuaSec or luaossl, attached: server.lua STACK KEYS_URL PEM. Prints its port.
local resume = require "resume"
local socket = require "socket"
local stack, url, pem = arg[1], arg[2], arg[3]

local ctx
if stack == "luasec" then
    local ssl = require "ssl"
    ctx = assert(ssl.newcontext { mode = "server", protocol = "any", key = pem, certificate = pem })
else
    local context = require "openssl.ssl.context"
    local file = assert(io.open(pem))
    local text = file:read "*a"
    file:close()
    ctx = context.new("TLS", true)
    ctx:setCertificate(require("openssl.x509").new(text))
    ctx:setPrivateKey(require("openssl.pkey").new(text))
end
local server = assert(resume.server { keyring = assert(resume.keyring(url)) })
assert(resume.attach(ctx, server))
-- The context keeps what it needs: the script's own references may go.
server = nil
collectgarbage()
collectgarbage()

local listener = assert(socket.bind("127.0.0.1", 0))
io.stdout:write(select(2, listener:getsockname()), "\n")
io.stdout:flush()
while true do
    local peer = listener:accept()
    peer:settimeout(10)
    local tls = require("ssl").wrap(peer, ctx)
    if tls and tls:dohandshake() then
        tls:receive "*l"
        tls:send "hello\n"
        tls:close()
    end
    peer:close()
end
