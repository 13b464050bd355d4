-- SPDX-License-Identifier: Apache-2.0
-- Servers: keys, store and policy together. What is attached to contexts, and what counts.
local connection = require "resume.connection"
local core = require "resume.core"
local keyring = require "resume.keyring"
local object = require "resume.object"
local session = require "resume.session"
local store = require "resume.store"

local Server, wrap = object.class "server"
local server = {}

local function setter(set)
    return function(handle, value) return set(handle, object.handle_of(value)) end
end

local setters = {
    keyring = setter(core.server_options_set_keyring),
    store = setter(core.server_options_set_store),
    policy = setter(core.server_options_set_policy),
    codec = setter(core.server_options_set_codec),
}

-- options: keyring and store, each an object or a URL, policy, codec; any of them may be left out.
function server.new(options)
    local chosen = {}
    for name, value in pairs(options or {}) do chosen[name] = value end
    for name, open in pairs { keyring = keyring.open, store = store.open } do
        if type(chosen[name]) == "string" then
            local value, message, code = open(chosen[name])
            if not value then return nil, message, code end
            chosen[name] = value
        end
    end
    local _, set = core.server_options_new()
    local status, option = object.apply(setters, set, chosen, "server")
    if status ~= 0 then return object.failed(status, option) end
    local made, handle = core.server_new(set)
    return object.made_with(set, core.server_options_why, made, handle, wrap)
end

-- For a TLS stack of your own; attach() does all of it. A ticket for a session of a finished handshake,
-- and the lifetime in seconds to tell the client.
function Server:issue_ticket(value, now)
    local status, ticket, lifetime = core.server_issue_ticket(self.handle, object.handle_of(value), now)
    if status ~= object.OK then return object.failed(status) end
    return ticket, lifetime
end

-- The session of an offered ticket if it resumes on this connection, and the reason ("resumed", or
-- "renewed": issue anew); else nil, the reason and the status: 6 for a full handshake, 7 for one that
-- has to end. The connection is a table: version (0x0303 or 0x0304), server_name, context (usually
-- policy:context(server_name)), cipher_suites (as in the ClientHello, two bytes each),
-- extended_master_secret, client_auth ("none", "request", "require").
function Server:open_ticket(facts, ticket, now)
    local handle, own, code = connection.of(facts)
    if not handle then return nil, own, code end
    local status, found, reason = core.server_open_ticket(self.handle, handle, ticket, now)
    connection.drop(handle, own)
    if status < 0 then return object.failed(status) end
    if not found then return nil, core.reason_name(reason), status end
    return session.wrap(found), core.reason_name(reason)
end

-- The counters that are not 0, by path and reason: counters().tls13_ticket.resumed.
function Server:counters()
    local all, path = {}, 0
    while core.path_name(path) ~= "unknown" do
        local row = {}
        for reason = 0, core.reason_count() - 1 do
            local value = core.server_counter(self.handle, path, reason)
            if value > 0 then row[core.reason_name(reason)] = value end
        end
        if next(row) then all[core.path_name(path)] = row end
        path = path + 1
    end
    return all
end

return server
