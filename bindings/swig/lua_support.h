/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Handles and SSL_CTX pointers for the wrapper that SWIG writes for Lua. It is compiled once for
 * each Lua, in the wrapper's own file, since each Lua has its own headers.
 */
#ifndef RSM_LUA_SUPPORT_H
#define RSM_LUA_SUPPORT_H

#include <lauxlib.h>
#include <lua.h>
#include <resume/openssl.h>
#include <resume/resume.h>
#include <string.h>

/* More than any ticket, record or key file. */
enum { RSM_LUA_ROOM = 66 * 1024 };

struct rsm_lua_handle {
    void *pointer;
    void (*drop)(void *pointer);
};

static int rsm_lua_collect(lua_State *L) {
    struct rsm_lua_handle *handle = lua_touserdata(L, 1);
    if (handle != NULL && handle->pointer != NULL) {
        handle->drop(handle->pointer);
        handle->pointer = NULL;
    }
    return 0;
}

/* Pushes a handle that owns what it is given, or nil. The userdata comes first, so that running out
 * of memory later loses nothing but this call. */
static void rsm_lua_push(lua_State *L, void *pointer, const char *type, void (*drop)(void *)) {
    if (pointer == NULL) {
        lua_pushnil(L);
        return;
    }
    struct rsm_lua_handle *handle = lua_newuserdata(L, sizeof(*handle));
    handle->pointer = pointer;
    handle->drop = drop;
    if (luaL_newmetatable(L, type)) {
        lua_pushcfunction(L, rsm_lua_collect);
        lua_setfield(L, -2, "__gc");
        lua_pushboolean(L, 0);
        lua_setfield(L, -2, "__metatable");
    }
    lua_setmetatable(L, -2);
}

static int rsm_lua_is_a(lua_State *L, int index, const char *type) {
    if (lua_type(L, index) != LUA_TUSERDATA || !lua_getmetatable(L, index)) {
        return 0;
    }
    luaL_getmetatable(L, type);
    int same = lua_rawequal(L, -1, -2);
    lua_pop(L, 2);
    return same;
}

/* nil is NULL, which the library answers by itself. */
static void *rsm_lua_handle(lua_State *L, int index, const char *type) {
    if (lua_isnil(L, index)) {
        return NULL;
    }
    if (!rsm_lua_is_a(L, index, type)) {
        luaL_error(L, "%s expected, got %s", type, luaL_typename(L, index));
    }
    return ((struct rsm_lua_handle *)lua_touserdata(L, index))->pointer;
}

static int rsm_lua_is_handle(lua_State *L, int index) {
    return lua_isnil(L, index) || lua_type(L, index) == LUA_TUSERDATA;
}

static int rsm_lua_is_bytes(lua_State *L, int index) {
    return lua_isnil(L, index) || lua_type(L, index) == LUA_TSTRING;
}

/* The SSL_CTX of a context of LuaSec or luaossl: the first pointer in both. NULL for anything else.
 */
static struct ssl_ctx_st *rsm_lua_context(lua_State *L, int index) {
    if (!rsm_lua_is_a(L, index, "SSL:Context") && !rsm_lua_is_a(L, index, "SSL_CTX*")) {
        return NULL;
    }
    return *(struct ssl_ctx_st **)lua_touserdata(L, index);
}

static resume_status rsm_lua_attach(struct ssl_ctx_st *ctx, resume_server *server) {
    return resume_openssl_attach(ctx, server, NULL);
}

static resume_status rsm_lua_detach(struct ssl_ctx_st *ctx) {
    return resume_openssl_detach(ctx);
}

#endif /* RSM_LUA_SUPPORT_H */
