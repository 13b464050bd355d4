-- SPDX-License-Identifier: Apache-2.0
-- What Lua adds to sealing and opening 200 bytes: against the same calls in a C loop, in this process,
-- in short turns; the best one of each counts, since what slows a turn down is another process, not the code.
-- Prints a JSON object a line. Run by bench/lua_seal.py: lua_seal.lua PEER NAME TARGET
local resume = require "resume"
local peer = assert(package.loadlib(arg[1], "luaopen_lua_peer"))()
local name, target = arg[2], tonumber(arg[3])
local quick = os.getenv "LIBRESUME_BENCH_QUICK"
local rounds, turns = 2000, quick and 10 or 400

local codec = assert(resume.codec(assert(resume.keyring("random:", nil, { max_seals = 0 }))))
local data = "\1" .. ("\0"):rep(199)
local ticket = assert(codec:seal_bytes(data))

local function timed(loop)
    local began = peer.now()
    loop(rounds)
    return (peer.now() - began) / rounds
end

local function measure(what, loop, peer_loop)
    local best, peer_best = math.huge, math.huge
    for turn = 1, turns do
        if jit and turn % 50 == 0 then jit.flush() end -- which traces it finds is chance
        best = math.min(best, timed(loop))
        peer_best = math.min(peer_best, peer_loop(rounds))
    end
    local ratio = best / peer_best
    print(([[{"name": "%s %s", "value": %.1f, "unit": "ns", "peer": "C call", "peer_value": %.1f, ]]
        .. [["ratio": %.3f, "target": %s, "ok": %s}]]):format(name, what, best, peer_best, ratio,
        target and ('"<= %.1f"'):format(target) or "null", target and tostring(ratio <= target) or "null"))
end

if resume.core == "ffi" and target then
    local ffi = require "ffi"
    local plain, room, sealed = ffi.new "uint8_t[200]", ffi.new "uint8_t[512]", ffi.new "uint8_t[512]"
    ffi.copy(plain, data, #data) -- as an initializer the string would bring a zero byte too many
    ffi.copy(sealed, ticket, #ticket)
    measure("seal 200 B into a buffer", function(count)
        for _ = 1, count do if not codec:seal_into(room, 512, plain, 200) then error(name) end end
    end, peer.seal)
    measure("open 200 B into a buffer", function(count)
        for _ = 1, count do if not codec:open_into(room, 512, sealed, #ticket) then error(name) end end
    end, peer.open)
    target = nil
end
measure("seal 200 B", function(count)
    for _ = 1, count do if not codec:seal_bytes(data) then error(name) end end
end, peer.seal)
measure("open 200 B", function(count)
    for _ = 1, count do if not codec:open_bytes(ticket) then error(name) end end
end, peer.open)
