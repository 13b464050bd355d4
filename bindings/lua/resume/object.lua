-- SPDX-License-Identifier: Apache-2.0
-- What the package's objects have in common: how a call ends, handles, and options by name. Private.
local core = require "resume.core"
local object = { OK = 0, RENEW = 5, E_INVALID = -1, E_UNSUPPORTED = -7 }

local OK, RENEW = object.OK, object.RENEW

-- How a failed call ends.
function object.failed(status, why)
    local message = core.status_name(status)
    if why and why ~= "" then message = message .. ": " .. why end
    return nil, message, status
end
local failed = object.failed

-- How a call ends that gives a value, or true if there is none to give.
function object.result(status, value)
    if status == OK then return value == nil and true or value end
    return failed(status)
end

-- How a call ends that opens something: a second result says whether it should be sealed anew.
function object.opened(status, value)
    if status == OK or status == RENEW then return value, status == RENEW end
    return failed(status)
end

-- A kind of object: its methods, and what makes one of a handle.
function object.class(noun)
    local methods = {}
    methods.__index = methods
    methods.__tostring = function(self)
        return "resume." .. noun .. (self.handle and "" or " (closed)")
    end
    function methods:close()
        local handle = self.handle
        self.handle = nil
        if handle then core.close(handle) end
    end
    return methods, function(handle) return setmetatable({ handle = handle }, methods) end
end

-- How a call ends that makes an object.
function object.made(status, handle, wrap, why)
    if status == OK and handle then return wrap(handle) end
    return failed(status, why)
end

function object.handle_of(value) return value and value.handle end

-- Sets each option by its setter; gives a status, and which option it was that failed.
function object.apply(setters, handle, options, noun)
    for name, value in pairs(options or {}) do
        if not setters[name] then
            return object.E_INVALID, ("there is no %s option %s"):format(noun, tostring(name))
        end
        local status = setters[name](handle, value)
        if status ~= OK then return status, ("%s option %s"):format(noun, name) end
    end
    return OK
end

-- A setter of a value that has names.
function object.named(set, numbers)
    return function(handle, name)
        local number = numbers[name]
        if not number then return object.E_INVALID end
        return set(handle, number)
    end
end

return object
