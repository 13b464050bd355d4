-- SPDX-License-Identifier: Apache-2.0
-- Rings of ticket keys.
local core = require "resume.core"
local object = require "resume.object"
local result = object.result

local Keyring, wrap = object.class "keyring"
local keyring = {}

local setters = {
    seal_period_ms = object.whole(core.keyring_options_set_seal_period, 63),
    open_period_ms = object.whole(core.keyring_options_set_open_period, 63),
    max_seals = object.whole(core.keyring_options_set_max_seals, 63),
}

-- Opens the ring of a URL: "random:", "file:PATH" and so on. Options: seal_period_ms, open_period_ms,
-- max_seals (of each key; 0: no bound).
function keyring.open(url, now, options)
    if not object.is_text(url) then return object.failed(object.E_INVALID, "a zero byte in the URL") end
    local _, made = core.keyring_options_new()
    local status, option = object.apply(setters, made, options, "keyring")
    if status ~= 0 then return object.failed(status, option) end
    local opened, handle = core.keyring_from_url(url, made, now)
    return object.made_with(made, core.keyring_options_why, opened, handle, wrap)
end

-- Another key seals from now on; the one before it still opens.
function Keyring:rotate(now) return result(core.keyring_rotate(self.handle, now)) end

-- Does what is due: rotation by time, retirement, a changed file.
function Keyring:tick(now) return result(core.keyring_tick(self.handle, now)) end

-- Reads the file again, changed or not.
function Keyring:reload(now) return result(core.keyring_reload(self.handle, now)) end

function Keyring:count() return core.keyring_count(self.handle) end

-- Whether key material may be used: true, or nil and why not.
function keyring.audit(key)
    local status, why = core.key_audit(key)
    if status == 0 then return true end
    return object.failed(status, why)
end

return keyring
