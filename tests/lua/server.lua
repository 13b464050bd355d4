-- SPDX-License-Identifier: Apache-2.0
-- A TLS server in Lua, attached, that speaks as tests/matrix/python_server.py does: prints its port,
-- then answers each connection. Not an example of how to write a server.
--
-- server.lua CERTIFICATE KEY [stack=luasec|luaossl] [keys=URL] [store=URL] [context=STOCK]
--            [accept=STOCK] [suites=sha256] [lifetime=SECONDS] [clients=CA]
local resume = require "resume"

local certificate, key = arg[1], arg[2]
local server, wishes = require "wishes" { (table.unpack or unpack)(arg, 3) }

-- How many handshakes have resumed: neither stack tells of a single connection.
local function resumed()
    local sum = 0
    for _, row in pairs(server:counters()) do sum = sum + (row.resumed or 0) + (row.renewed or 0) end
    return sum
end

local seen = 0
local function page(version, name)
    local now = resumed()
    local body = ("resumed=%d version=%s name=%s\n"):format(now - seen, version, name or "")
    seen = now
    return ("HTTP/1.0 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s"):format(#body, body)
end

local function print_port(port)
    io.stdout:write(("%d\n"):format(port))
    io.stdout:flush()
end

local function read(path)
    local file = assert(io.open(path))
    local text = file:read "*a"
    file:close()
    return text
end

local stacks = {}

function stacks.luasec()
    local socket, ssl = require "socket", require "ssl"
    local ctx = assert(ssl.newcontext {
        mode = "server", protocol = "any", certificate = certificate, key = key,
        cafile = wishes.clients, verify = wishes.clients and { "peer", "fail_if_no_peer_cert" } or "none",
    })
    assert(resume.attach(ctx, server))
    local listener = assert(socket.bind("127.0.0.1", 0))
    print_port(select(2, listener:getsockname()))
    while true do
        local peer = assert(listener:accept())
        peer:settimeout(10)
        local tls = ssl.wrap(peer, ctx)
        if tls and tls:dohandshake() and tls:receive "*l" then
            tls:send(page(tls:info "protocol", tls:getsniname()))
        end
        (tls or peer):close()
    end
end

local function luaossl_context()
    local ssl, context = require "openssl.ssl", require "openssl.ssl.context"
    local x509, pkey, store = require "openssl.x509", require "openssl.pkey", require "openssl.x509.store"
    local ctx = context.new("TLS", true)
    ctx:setCertificate(x509.new(read(certificate)))
    ctx:setPrivateKey(pkey.new(read(key)))
    if wishes.clients then
        ctx:setStore(store.new():add(x509.new(read(wishes.clients))))
        ctx:setVerify(ssl.VERIFY_PEER + ssl.VERIFY_FAIL_IF_NO_PEER_CERT)
    end
    return ctx
end

local versions = { [0x303] = "TLSv1.2", [0x304] = "TLSv1.3" }

-- luaossl has contexts, and cqueues the connections over them.
function stacks.luaossl()
    local cqueues, socket = require "cqueues", require "cqueues.socket"
    local ctx = luaossl_context()
    assert(resume.attach(ctx, server))
    local listener = assert(socket.listen("127.0.0.1", 0))
    assert(listener:listen())
    print_port(select(3, listener:localname()))
    local loop = cqueues.new()
    loop:wrap(function()
        while true do
            local peer = assert(listener:accept())
            peer:onerror(function(_, _, code) return code end)
            peer:settimeout(10)
            peer:setmode("b", "bf")
            if peer:starttls(ctx) and peer:read "*l" then
                local tls = peer:checktls()
                peer:write(page(versions[tls:getVersion()], tls:getHostName()))
                peer:flush()
            end
            peer:shutdown "rw"
            peer:close()
        end
    end)
    assert(loop:loop())
end

-- Nothing but the context holds what was attached.
collectgarbage()
assert(stacks[wishes.stack or "luasec"], "an unknown stack")()
