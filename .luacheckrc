-- SPDX-License-Identifier: Apache-2.0
-- For luacheck, which ./dev lint runs over every Lua file.
std = "max" -- every Lua: the tests run in each
max_line_length = 110
files["bindings/lua/resume/cdef.lua"] = { max_line_length = false } -- the headers' own lines
files["bindings/lua/resty"] = { std = "ngx_lua+luajit" }
