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

local classes = {} -- by the metatables of open objects; each is what a closed one has instead

-- A kind of object: its methods, and what makes one of a handle.
function object.class(noun)
    local methods, closed = {}, {}
    local function is_closed() return failed(object.E_INVALID, "this " .. noun .. " is closed") end
    methods.__index = methods
    methods.__tostring = function() return "resume." .. noun end
    closed.__tostring = function() return "resume." .. noun .. " (closed)" end
    closed.__index = function(_, name)
        if name == "close" then return function() end end
        return methods[name] and is_closed
    end
    function methods:close()
        local handle = self.handle
        self.handle = nil
        setmetatable(self, closed)
        core.close(handle)
    end
    classes[methods], classes[closed] = closed, closed
    return methods, function(handle) return setmetatable({ handle = handle }, methods) end
end

-- LuaJIT ends the handles of a state before it calls the finalizers that a program has: those find
-- every object closed.
local ended = false
if core.at_end then
    core.at_end(function()
        ended = true
        for methods, closed in pairs(classes) do
            methods.__index, methods.__tostring = closed.__index, closed.__tostring
        end
    end)
end

-- How a call ends that makes an object.
function object.made(status, handle, wrap, why)
    if status == OK and handle then return wrap(handle) end
    return failed(status, why)
end

-- The same with options, which hold on to what they were given: they go now, not when they are collected.
function object.made_with(options, why_of, status, handle, wrap)
    local why = why_of(options)
    if options then core.close(options) end
    return object.made(status, handle, wrap, why)
end

-- The handle of an argument, none of nil and of a closed object. The FFI would take any userdata for a
-- pointer, so what is no object stops here.
function object.handle_of(value)
    if value == nil or ended then return nil end
    if type(value) ~= "table" or not classes[getmetatable(value)] then
        error("an object of resume is needed, not a " .. type(value), 3)
    end
    return value.handle
end

-- Whether C can hold a number. Neither core looks: casts and the FFI's conversions cut off what does
-- not fit.
function object.fits(value, bits)
    return type(value) == "number" and value >= 0 and value < 2 ^ bits
end

-- A text that C reads up to its first zero byte.
function object.is_text(value)
    if type(value) ~= "string" then error("a string is needed, not a " .. type(value), 3) end
    return not value:find("\0", 1, true)
end

-- Sets each option by its setter; gives a status, and which option it was that failed.
function object.apply(setters, handle, options, noun)
    for name, value in pairs(options or {}) do
        if not setters[name] then
            return object.E_INVALID, ("there is no %s option %s"):format(noun, tostring(name))
        end
        local called, status = pcall(setters[name], handle, value)
        if not called then error(("%s option %s: %s"):format(noun, name, status), 3) end
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

-- A setter of values of one type. What is of another is a fault of the program.
local function typed(kind, set)
    return function(handle, value)
        if type(value) ~= kind then error(("a %s is needed, not a %s"):format(kind, type(value)), 0) end
        return set(handle, value)
    end
end

function object.flag(set) return typed("boolean", set) end
function object.bytes(set) return typed("string", set) end

-- A setter of a whole number of so many bits.
function object.whole(set, bits)
    return typed("number", function(handle, value)
        if not object.fits(value, bits) or value % 1 ~= 0 then return object.E_INVALID end
        return set(handle, value)
    end)
end

-- A setter that is called with each value of a list.
function object.each(set)
    return typed("table", function(handle, list)
        for _, value in ipairs(list) do
            local status = set(handle, value)
            if status ~= OK then return status end
        end
        return OK
    end)
end

return object
