-- SPDX-License-Identifier: Apache-2.0
-- The bytes of a test vector: vector(folder, name).
return function(folder, name)
    local bytes = {}
    for line in io.lines(folder .. "/" .. name .. ".hex") do
        if line:sub(1, 1) ~= "#" then bytes[#bytes + 1] = line:gsub("%s", "") end
    end
    return (table.concat(bytes):gsub("%x%x", function(pair) return string.char(tonumber(pair, 16)) end))
end
