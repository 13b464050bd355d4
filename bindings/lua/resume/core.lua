-- SPDX-License-Identifier: Apache-2.0
-- The calls that the package stands on: LuaJIT's FFI, or the C module resume_core. Private.
-- LIBRESUME_LUA_CORE, "ffi" or "swig", chooses; left out, LuaJIT gets the FFI.
local forced = os.getenv "LIBRESUME_LUA_CORE"
if forced == "ffi" or (forced ~= "swig" and rawget(_G, "jit")) then return require "resume.ffi" end
return require "resume_core"
