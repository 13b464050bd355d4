-- SPDX-License-Identifier: Apache-2.0
-- The rock. It holds the package and the C module; the C libraries come from the system, or from
-- RESUME_DIR=PREFIX. In a checkout: luarocks make bindings/lua/libresume-0.1.0-1.rockspec
rockspec_format = "3.0"
package = "libresume"
version = "0.1.0-1"
source = {
    url = "git+https://github.com/libresume/libresume.git",
    tag = "v0.1.0",
}
description = {
    summary = "TLS session resumption for every server of a fleet",
    detailed = [[
        Ticket keys, session stores and rules that the servers of a fleet share, so that a TLS
        session begun at one resumes at any other: LuaSec and luaossl, C, Python, Go, nginx, HAProxy.
    ]],
    homepage = "https://github.com/libresume/libresume",
    license = "Apache-2.0",
    labels = { "tls", "security" },
}
dependencies = { "lua >= 5.1, < 5.5" }
external_dependencies = {
    RESUME = { header = "resume/openssl.h", library = "resume-openssl" },
    SWIG = { program = "swig" },
}
build = {
    type = "command",
    build_command = [[$(SWIG_BINDIR)/swig -lua -o resume_core_wrap.c bindings/swig/lua.i && ]]
        .. [[$(CC) $(CFLAGS) -w -I$(LUA_INCDIR) -I$(RESUME_INCDIR) -Ibindings/swig ]]
        .. [[$(LIBFLAG) -Wl,-z,nodelete -o resume_core.so resume_core_wrap.c ]]
        .. [[-L$(RESUME_LIBDIR) -Wl,-rpath,$(RESUME_LIBDIR) -lresume-openssl -lresume]],
    install = {
        lib = { resume_core = "resume_core.so" },
        lua = {
            ["resume.attachment"] = "bindings/lua/resume/attachment.lua",
            ["resume.cdef"] = "bindings/lua/resume/cdef.lua",
            ["resume.codec"] = "bindings/lua/resume/codec.lua",
            ["resume.connection"] = "bindings/lua/resume/connection.lua",
            ["resume.core"] = "bindings/lua/resume/core.lua",
            ["resume.ffi"] = "bindings/lua/resume/ffi.lua",
            ["resume.init"] = "bindings/lua/resume/init.lua",
            ["resume.keyring"] = "bindings/lua/resume/keyring.lua",
            ["resume.object"] = "bindings/lua/resume/object.lua",
            ["resume.policy"] = "bindings/lua/resume/policy.lua",
            ["resume.server"] = "bindings/lua/resume/server.lua",
            ["resume.session"] = "bindings/lua/resume/session.lua",
            ["resume.store"] = "bindings/lua/resume/store.lua",
            ["resty.resume"] = "bindings/lua/resty/resume.lua",
            ["resty.resume.attach"] = "bindings/lua/resty/resume/attach.lua",
            ["resty.resume.native"] = "bindings/lua/resty/resume/native.lua",
            ["resty.resume.session_ids"] = "bindings/lua/resty/resume/session_ids.lua",
        },
    },
}
