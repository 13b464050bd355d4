-- SPDX-License-Identifier: Apache-2.0
-- The scenarios in Lua 5.1 to 5.4 and LuaJIT: scenarios.lua NNN FOLDER does one and prints what each
-- step saw. What has to be seen stands on the pages beside this file, not here. README.md has the
-- rules.
local resume = require "resume"
local number, folder = arg[1], arg[2]
local TICKETS = 500 -- that parent and child seal with each codec
local values = {}

local function hex(bytes)
    return (bytes:gsub(".", function(byte) return ("%02x"):format(byte:byte()) end))
end
local function unhex(text)
    return (text:gsub("..", function(byte) return string.char(tonumber(byte, 16)) end))
end
local function given(name) return unhex(assert(values[name], name)) end

local function read_pairs(path)
    local found = {}
    for line in assert(io.lines(path)) do
        local name, value = line:match "^([^# ]+) (.*)$"
        if name then found[#found + 1] = { name, value } end
    end
    return found
end
local function write(path, bytes)
    local file = assert(io.open(path, "wb"))
    assert(file:write(bytes))
    assert(file:close())
end

for _, pair in ipairs(read_pairs(folder .. "/vectors")) do values[pair[1]] = pair[2] end
local now, hour = tonumber(values.now), tonumber(values.hour)

local function session(name) return assert(resume.session_from_native(given(name))) end
local function ring(name, at) return resume.keyring("file:" .. folder .. "/" .. name, at or now) end
local function codec(name) return assert(resume.codec(assert(ring(name)))) end
local function aead(name, context)
    return assert(resume.codec(assert(ring(name)), { frame = "aead", context = context }))
end

local step = 0
local function see(text)
    step = step + 1
    io.stdout:write(number, " ", step, " ", text, "\n")
end
-- The name of a status: what stands before the colon.
local function word(value, message) return value and "ok" or message:match "^[^:]*" end
-- That, and the bytes that came with it.
local function answer(value, more)
    if not value then return word(value, more) end
    if type(value) == "table" then value = assert(value:to_native()) end
    return (more == true and "renew " or "ok ") .. hex(value)
end
-- The last bit is the other one.
local function changed(ticket)
    local last = ticket:byte(-1)
    return ticket:sub(1, -2) .. string.char(last % 2 == 0 and last + 1 or last - 1)
end

local scenarios = {}

-- 001 seal and open
local function tried(used, payload)
    local ticket = assert(used:seal_bytes(payload, now))
    see(("%d %s %s"):format(#ticket, hex(ticket:sub(1, 16)), answer(used:open_bytes(ticket, now))))
    return ticket
end
local function tried_session(used, name)
    local ticket = assert(used:seal(session(name), now))
    see(answer(used:open(ticket, now)))
    return ticket
end
scenarios["001"] = function()
    local payload = given "payload"
    see(tostring(assert(ring "ring-80"):count()))
    local long, short, other = codec "ring-80", codec "ring-48", aead("ring-80", given "label")
    local tickets = { tried(long, payload), tried(short, payload), tried(other, payload) }
    tickets[4] = tried_session(long, "session-12")
    tickets[5] = tried_session(short, "session-12")
    tickets[6] = tried_session(other, "session-13")
    see(long:seal_bytes(payload, now) == long:seal_bytes(payload, now) and "same" or "different")
    see(answer(long:open_bytes(changed(tickets[1]), now)))
    see(answer(other:open_bytes(changed(tickets[3]), now)))
    see(answer(aead("ring-80", given "label-other"):open_bytes(tickets[3], now)))
    see(answer(long:open_bytes(tickets[1]:sub(1, 40), now)))
    see(answer(long:open_bytes(tickets[2], now)))
    for place, ticket in ipairs(tickets) do
        tickets[place] = ("%d %s\n"):format(place + 1, hex(ticket))
    end
    write(folder .. "/tickets", table.concat(tickets))
    see "written"
end

-- 002 rotate
scenarios["002"] = function()
    local payload = given "payload"
    local ticket = assert(codec "ring-80":seal_bytes(payload, now))
    see(hex(ticket:sub(1, 16)))
    local both = assert(ring("ring-next?old=" .. folder .. "/ring-80"))
    see(tostring(both:count()))
    local used = assert(resume.codec(both))
    local second = assert(used:seal_bytes(payload, now))
    see(hex(second:sub(1, 16)))
    see(answer(used:open_bytes(ticket, now)))
    see(answer(used:open_bytes(second, now)))
    see(answer(codec "ring-next":open_bytes(ticket, now)))
    local moving = assert(ring "ring-moving")
    used = assert(resume.codec(moving))
    see(answer(used:open_bytes(ticket, now)))
    write(folder .. "/ring-moving", given "ring-next")
    assert(moving:reload(now))
    see(hex(assert(used:seal_bytes(payload, now)):sub(1, 16)))
    see(answer(used:open_bytes(ticket, now)))
    see(word(moving:rotate(now)))
    local generated = assert(resume.keyring("random:", now))
    used = assert(resume.codec(generated))
    ticket = assert(used:seal_bytes(payload, now))
    assert(generated:rotate(now))
    see(answer(used:open_bytes(ticket, now)))
    see(answer(used:open_bytes(assert(used:seal_bytes(payload, now)), now)))
end

-- 003 store
scenarios["003"] = function()
    local id, one, again = given "id-12", session "session-12", session "session-12-again"
    local kept = assert(resume.store "memory:")
    see(answer(kept:get(id, now)))
    see(word(kept:put(one, now)))
    see(answer(kept:get(id, now)))
    see(word(kept:put(one, now)))
    see(word(kept:put(again, now)))
    see(answer(kept:get(id, now)))
    see(answer(kept:take(id, now)))
    see(answer(kept:take(id, now)))
    see(word(kept:remove(id)))
    assert(kept:put(one, now))
    see(word(kept:remove(id)))
    see(answer(kept:get(id, now)))
    local url = "shm:" .. folder .. "/store"
    local first, second = assert(resume.store(url)), assert(resume.store(url))
    see(word(first:put(one, now)))
    see(answer(second:get(id, now)))
    see(answer(second:take(id, now)))
    see(answer(first:get(id, now)))
    see(word(second:put(one, now)))
end

-- 004 expire
local function server_of(policy, name)
    return assert(resume.server {
        keyring = assert(ring(name or "ring-80")),
        policy = policy or assert(resume.policy { label = given "label" }),
    })
end
local suites = { [0x0303] = string.char(0xC0, 0x2F), [0x0304] = string.char(0x13, 0x01) }
-- A handshake: the answer and the reason.
local function offer(server, ticket, name, facts)
    facts = facts or {}
    local version = facts.version or 0x0303
    local policy = facts.policy or assert(resume.policy { label = given "label" })
    local found, reason, status = server:open_ticket({
        version = version,
        server_name = name,
        context = assert(policy:context(name)),
        cipher_suites = suites[version],
        extended_master_secret = true,
        client_auth = facts.client_auth,
    }, ticket, facts.now or now)
    if found then return (reason == "renewed" and "renew " or "ok ") .. reason end
    return (status == 6 and "full " or tostring(status) .. " ") .. reason
end
scenarios["004"] = function()
    local payload, id, one, over = given "payload", given "id-12", session "session-12", now + hour
    local kept = assert(resume.store "memory:")
    assert(kept:put(one, now))
    see(answer(kept:get(id, over - 1)))
    see(answer(kept:get(id, over)))
    see(word(kept:put(one, over)))
    local used = codec "ring-timed?dialect=h2o"
    local ticket = assert(used:seal_bytes(payload, now))
    see(answer(used:open_bytes(ticket, over - 1)))
    see(answer(used:open_bytes(ticket, over)))
    see(answer(used:seal_bytes(payload, over)))
    see(word(ring("ring-timed?dialect=h2o", over)))
    used = codec "ring-80"
    see(answer(used:open(assert(used:seal(one, now)), over)))
    local server = server_of(assert(resume.policy { label = given "label", lifetime = 3600 }))
    ticket = assert(server:issue_ticket(one, now))
    see(offer(server, ticket, "a.example", { now = over - 1 }))
    see(offer(server, ticket, "a.example", { now = over }))
end

-- 005 weak key
scenarios["005"] = function()
    local function audited(key)
        local good, message = resume.audit(key)
        if good then return "ok" end
        local status, why = message:match "^([^:]*):[^:]*: (.*)$"
        return status and status .. ": " .. why or message
    end
    see(audited(given "ring-80"))
    for _, name in ipairs { "zero", "same", "counting", "half-zero", "halves", "text", "name" } do
        see(audited(given("weak-" .. name)))
    end
    see(audited(given "ring-80":sub(1, 79)))
    see(word(ring "ring-weak"))
end

-- 006 isolation
scenarios["006"] = function()
    local label = given "label"
    local policy = assert(resume.policy { label = label })
    see(hex(assert(policy:context "a.example")))
    see(hex(assert(policy:context "A.Example")))
    see(hex(assert(policy:context "b.example")))
    see(hex(assert(policy:context())))
    local other = assert(resume.policy { label = given "label-other" })
    see(hex(assert(other:context "a.example")))
    local free = assert(resume.policy { label = label, isolate_server_name = false })
    see(hex(assert(free:context "a.example")) .. " " .. hex(assert(free:context "b.example")))
    local ticket = assert(server_of():issue_ticket(session "session-12", now))
    local server = server_of()
    see(offer(server, ticket, "a.example"))
    see(offer(server, ticket, "b.example"))
    see(offer(server, ticket))
    see(offer(server_of(other), ticket, "a.example", { policy = other }))
    local stock = assert(resume.policy { label = label, issue_context = given "context-a" })
    see(offer(server_of(stock), ticket, "b.example", { policy = stock }))
    see(offer(server_of(stock), ticket, "a.example", { policy = stock, client_auth = "require" }))
    ticket = assert(server_of():issue_ticket(session "session-13", now))
    see(offer(server, ticket, "a.example", { version = 0x0304 }))
    see(offer(server, ticket, "b.example", { version = 0x0304 }))
end

-- 007 fork
local nonces = { rfc5077 = { 17, 32 }, aead = { 18, 41 }, random = { 17, 32 } }
local function fork_codecs(forks)
    local codecs = { rfc5077 = codec "ring-80", aead = aead("ring-80", given "label") }
    local generated = forks and assert(resume.keyring("random:", now))
    if forks then codecs.random = assert(resume.codec(generated)) end
    return codecs, generated
end
local function seal_many(codecs, path)
    local payload, lines = given "payload", {}
    for name, used in pairs(codecs) do
        for _ = 1, TICKETS do
            lines[#lines + 1] = name .. " " .. hex(assert(used:seal_bytes(payload, now))) .. "\n"
        end
    end
    write(path, table.concat(lines))
end
local function open_many(codecs, path)
    local payload, counts = given "payload", {}
    for name in pairs(codecs) do counts[name] = 0 end
    for _, pair in ipairs(read_pairs(path)) do
        local plain, renew = codecs[pair[1]]:open_bytes(unhex(pair[2]), now)
        if plain == payload and not renew then counts[pair[1]] = counts[pair[1]] + 1 end
    end
    return counts
end
-- Seals, waits for the parent to have sealed, opens, and rotates what it can.
local function child(codecs, generated, wait)
    seal_many(codecs, folder .. "/child")
    wait()
    local lines = {}
    for name, count in pairs(open_many(codecs, folder .. "/parent")) do
        lines[#lines + 1] = ("%s %d\n"):format(name, count)
    end
    if generated then
        assert(generated:rotate(now))
        local last = assert(codecs.random:seal_bytes(given "payload", now))
        lines[#lines + 1] = "rotated " .. hex(last) .. "\n"
    end
    write(folder .. "/opened", table.concat(lines))
end
-- LuaJIT calls fork itself. Gives what tells the child that the parent has sealed, and waits for it.
local function begin_by_fork(codecs, generated)
    local ffi = require "ffi"
    ffi.cdef [[
    int fork(void); int pipe(int *ends); int close(int fd); long read(int fd, void *to, size_t len);
    int waitpid(int pid, int *status, int options); void _exit(int status);
    ]]
    local ends, status = ffi.new "int[2]", ffi.new "int[1]"
    assert(ffi.C.pipe(ends) == 0)
    io.stdout:flush()
    local pid = ffi.C.fork()
    assert(pid >= 0, "no fork")
    if pid == 0 then
        ffi.C.close(ends[1])
        local function wait() ffi.C.read(ends[0], ffi.new "char[1]", 1) end
        local done, why = pcall(child, codecs, generated, wait)
        if not done then io.stderr:write(tostring(why), "\n") end
        ffi.C._exit(done and 0 or 1)
    end
    return function()
        ffi.C.close(ends[1])
        assert(ffi.C.waitpid(pid, status, 0) == pid and status[0] == 0, "the child failed")
    end
end
-- Plain Lua has no fork: the child is this program once more, which reads until there is no more.
local function begin_by_start()
    local command = ("exec '%s' '%s' 007-child '%s'"):format(arg[-1], arg[0], folder)
    local process = assert(io.popen(command, "w"))
    return function()
        process:close()
        assert(io.open(folder .. "/opened"), "the child failed"):close()
    end
end
scenarios["007-child"] = function()
    child(fork_codecs(false), nil, function() io.read "*a" end)
end
local function distinct(name, lists)
    local seen, count = {}, 0
    for _, list in ipairs(lists) do
        for _, pair in ipairs(list) do
            local nonce = unhex(pair[2]):sub(nonces[name][1], nonces[name][2])
            if pair[1] == name and not seen[nonce] then
                seen[nonce], count = true, count + 1
            end
        end
    end
    return tostring(count)
end
scenarios["007"] = function()
    local forks = rawget(_G, "jit") ~= nil
    local before, codecs, generated = {}, fork_codecs(forks)
    for name, used in pairs(codecs) do
        before[#before + 1] = { name, hex(assert(used:seal_bytes(given "payload", now))) }
    end
    local finish = forks and begin_by_fork(codecs, generated) or begin_by_start()
    seal_many(codecs, folder .. "/parent")
    finish()
    local lists = { before, read_pairs(folder .. "/parent"), read_pairs(folder .. "/child") }
    local opened, answered = open_many(codecs, folder .. "/child"), {}
    for _, pair in ipairs(read_pairs(folder .. "/opened")) do answered[pair[1]] = pair[2] end
    see(distinct("rfc5077", lists))
    see(distinct("aead", lists))
    see(tostring(opened.rfc5077))
    see(tostring(opened.aead))
    see(answered.rfc5077)
    see(answered.aead)
    if forks then
        see(distinct("random", lists))
        see(tostring(opened.random))
        see(answered.random)
        local last = unhex(answered.rotated)
        see(answer(codecs.random:open_bytes(last, now)))
        assert(generated:rotate(now))
        see(answer(codecs.random:open_bytes(last, now)))
    end
end

-- 008 stats
local function numbers(kept)
    local stats, seen = assert(kept:stats()), {}
    for place, name in ipairs {
        "errors", "evictions", "expired", "hits", "misses", "puts", "refused", "removes",
    } do
        seen[place] = ("%s=%d"):format(name, stats[name])
    end
    return table.concat(seen, " ")
end
local function counters(server)
    local seen = {}
    for path, reasons in pairs(server:counters()) do
        for reason, count in pairs(reasons) do
            seen[#seen + 1] = ("%s.%s=%d"):format(path, reason, count)
        end
    end
    table.sort(seen)
    return #seen > 0 and table.concat(seen, " ") or "none"
end
scenarios["008"] = function()
    local id, one = given "id-12", session "session-12"
    local kept = assert(resume.store "memory:")
    see(numbers(kept))
    kept:get(id, now)
    kept:put(one, now)
    kept:put(one, now)
    kept:get(id, now)
    kept:get(id, now)
    see(numbers(kept))
    kept:put(session "session-12-again", now)
    kept:take(id, now)
    kept:take(id, now)
    kept:remove(id)
    see(numbers(kept))
    kept:put(one, now)
    kept:get(id, now + hour)
    see(numbers(kept))
    local server = server_of()
    see(counters(server))
    local first = assert(server:issue_ticket(one, now))
    local second = assert(server:issue_ticket(session "session-13", now))
    see(counters(server))
    for _ = 1, 3 do offer(server, first, "a.example") end
    see(counters(server))
    offer(server, first, "b.example")
    offer(server, changed(first), "a.example")
    offer(server, assert(server_of(nil, "ring-next"):issue_ticket(one, now)), "a.example")
    see(counters(server))
    offer(server, second, "a.example", { version = 0x0304 })
    offer(server, second, "a.example", { version = 0x0304, now = now + 168 * hour })
    see(counters(server))
end

-- 009 forms of a session
scenarios["009"] = function()
    local function from_der(der) return resume.session_from_openssl(der, now) end
    see(answer(resume.session_from_native(given "session-12")))
    see(answer(session "session-12":to_openssl()))
    see(answer(from_der(given "session-12-der")))
    see(answer(session "session-13":to_openssl()))
    see(answer(from_der(given "session-13-der")))
    see(answer(resume.session_from_native(given "session-12":sub(1, -2))))
    see(answer(from_der(given "session-12-der":sub(1, -2))))
end

-- 010 exchange
scenarios["010"] = function()
    local tickets, id = {}, given "id-12"
    for _, pair in ipairs(read_pairs(folder .. "/tickets")) do
        tickets[tonumber(pair[1])] = unhex(pair[2])
    end
    local long, short, other = codec "ring-80", codec "ring-48", aead("ring-80", given "label")
    see(answer(long:open_bytes(tickets[2], now)))
    see(answer(short:open_bytes(tickets[3], now)))
    see(answer(other:open_bytes(tickets[4], now)))
    see(answer(long:open(tickets[5], now)))
    see(answer(short:open(tickets[6], now)))
    see(answer(other:open(tickets[7], now)))
    see(answer(codec("ring-next?old=" .. folder .. "/ring-80"):open_bytes(tickets[2], now)))
    local kept = assert(resume.store("shm:" .. folder .. "/store"))
    see(answer(kept:get(id, now)))
    see(answer(kept:take(id, now)))
    see(answer(kept:get(id, now)))
    see(word(kept:put(session "session-12", now)))
end

assert(scenarios[number], "usage: scenarios.lua NNN FOLDER")()
