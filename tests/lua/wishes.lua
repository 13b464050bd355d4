-- SPDX-License-Identifier: Apache-2.0
-- A server of the package as the tests wish it: wishes(list) of NAME=VALUE gives the server and the
-- wishes by name. Those that only a TLS stack can grant are left to it.
local resume = require "resume"

local known = {
    stack = true, keys = true, store = true, context = true, accept = true, suites = true,
    lifetime = true, clients = true,
}

local function by_name(list)
    local wishes = {}
    for _, wish in ipairs(list) do
        local name, value = wish:match "^(%w+)=(.*)$"
        assert(name and known[name], "an argument that nobody knows: " .. wish)
        wishes[name] = value
    end
    return wishes
end

local function stock(wish) return wish and "stock:" .. wish end

return function(list)
    local wishes = by_name(list)
    local policy = assert(resume.policy {
        issue_context = stock(wishes.context),
        accept_contexts = { stock(wishes.accept) },
        sha256_first = wishes.suites ~= nil,
        lifetime = wishes.lifetime and tonumber(wishes.lifetime),
    })
    local server = assert(resume.server {
        keyring = wishes.keys and assert(resume.keyring(wishes.keys)),
        store = wishes.store and assert(resume.store(wishes.store)),
        policy = policy,
    })
    return server, wishes
end
