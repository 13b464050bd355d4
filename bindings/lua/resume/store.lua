-- SPDX-License-Identifier: Apache-2.0
-- Stores: sessions, or records of any bytes, under an ID.
local core = require "resume.core"
local object = require "resume.object"
local session = require "resume.session"
local handle_of, made, result = object.handle_of, object.made, object.result

local Store, wrap = object.class "store"
local store = {}

-- Opens the store of a URL: "memory:", "shm:PATH" and so on.
function store.open(url)
    if not object.is_text(url) then return object.failed(object.E_INVALID, "a zero byte in the URL") end
    local _, options = core.store_options_new()
    local status, handle = core.store_from_url(url, options)
    return object.made_with(options, core.store_options_why, status, handle, wrap)
end

-- Sessions, under their own IDs.
function Store:put(value, now) return result(core.store_put(self.handle, handle_of(value), now)) end
function Store:get(id, now)
    local status, handle = core.store_get(self.handle, id, now)
    return made(status, handle, session.wrap)
end
function Store:take(id, now)
    local status, handle = core.store_take(self.handle, id, now)
    return made(status, handle, session.wrap)
end

-- Bytes, under any ID, until a time.
function Store:put_record(id, data, expires, now)
    if not object.fits(expires, 63) then
        return object.failed(object.E_INVALID, "expires is no time in Unix milliseconds")
    end
    return result(core.store_put_record(self.handle, id, data, expires, now))
end
function Store:get_record(id, now) return result(core.store_get_record(self.handle, id, now)) end
function Store:take_record(id, now) return result(core.store_take_record(self.handle, id, now)) end

function Store:remove(id) return result(core.store_remove(self.handle, id)) end

-- Drops up to so many entries that are over.
function Store:sweep(max, now)
    if not object.fits(max, 32) then
        return object.failed(object.E_INVALID, "max is no number of entries, from 0 on")
    end
    return result(core.store_sweep(self.handle, now, max))
end

local numbers = {
    entries = 0, bytes = 1, hits = 4, misses = 5, puts = 6, evictions = 7, expired = 8, removes = 9,
    refused = 10, errors = 11,
}

function Store:stats()
    local all = {}
    for name, which in pairs(numbers) do
        local status, value = core.store_stats(self.handle, which)
        if status ~= 0 then return object.failed(status) end
        all[name] = value
    end
    return all
end

return store
