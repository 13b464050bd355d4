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
#include <time.h>

/* How SWIG's errors name what they got instead: its own way takes every userdata for one of SWIG's,
 * and follows the pointers in it. */
#define SWIG_Lua_typename luaL_typename

/* More than any ticket, record or key file. */
enum { RSM_LUA_ROOM = 66 * 1024 };

struct rsm_lua_handle {
    void *pointer;
    void (*drop)(void *pointer);
};

#define RSM_LUA_DROP(noun)                                                                         \
    static void rsm_lua_drop_##noun(void *handle) {                                                \
        (void)resume_##noun##_unref(handle);                                                       \
    }
RSM_LUA_DROP(codec)
RSM_LUA_DROP(codec_options)
RSM_LUA_DROP(connection)
RSM_LUA_DROP(keyring)
RSM_LUA_DROP(keyring_options)
RSM_LUA_DROP(policy)
RSM_LUA_DROP(server)
RSM_LUA_DROP(server_options)
RSM_LUA_DROP(session)
RSM_LUA_DROP(store)
RSM_LUA_DROP(store_options)

static int rsm_lua_collect(lua_State *L) {
    struct rsm_lua_handle *handle = lua_touserdata(L, 1);
    if (handle != NULL && handle->pointer != NULL) {
        handle->drop(handle->pointer);
        handle->pointer = NULL;
    }
    return 0;
}

/* close(handle): drops its reference now, and nothing of a userdata of another origin. */
static int rsm_lua_close(lua_State *L) {
    lua_settop(L, 1);
    if (lua_getmetatable(L, 1)) {
        lua_getfield(L, 2, "__gc");
        if (lua_tocfunction(L, 3) == rsm_lua_collect) {
            return rsm_lua_collect(L);
        }
    }
    return luaL_error(L, "a handle expected, got %s", luaL_typename(L, 1));
}

/* Pushes a handle that owns what it is given, or nil. It is filled before anything else can fail,
 * so that the collector drops it. */
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

#if LUA_VERSION_NUM < 502
#define RSM_LUA_SIZE(L, index) lua_objlen(L, index)
#else
#define RSM_LUA_SIZE(L, index) lua_rawlen(L, index)
#endif

/* nil is NULL, which the library answers by itself. A handle's kind is told by what drops it, which
 * no userdata of other size or origin holds; that takes no look into the registry. */
static void *rsm_lua_handle(lua_State *L, int index, const char *type, void (*drop)(void *)) {
    if (lua_isnil(L, index)) {
        return NULL;
    }
    struct rsm_lua_handle *handle = lua_touserdata(L, index);
    if (lua_type(L, index) != LUA_TUSERDATA || RSM_LUA_SIZE(L, index) != sizeof *handle ||
        handle->drop != drop) {
        luaL_error(L, "%s expected, got %s", type, luaL_typename(L, index));
    }
    return handle->pointer;
}

static int rsm_lua_is_handle(lua_State *L, int index) {
    return lua_isnil(L, index) || lua_type(L, index) == LUA_TUSERDATA;
}

static int rsm_lua_is_anything(lua_State *L, int index) {
    (void)L;
    (void)index;
    return 1;
}

static int rsm_lua_is_bytes(lua_State *L, int index) {
    return lua_isnil(L, index) || lua_type(L, index) == LUA_TSTRING;
}

static int rsm_lua_is_time(lua_State *L, int index) {
    return lua_isnil(L, index) || lua_type(L, index) == LUA_TNUMBER;
}

/* Unix milliseconds; nil is the clock. */
static uint64_t rsm_lua_time(lua_State *L, int index) {
    if (!lua_isnil(L, index)) {
        lua_Number given = lua_tonumber(L, index);
        return given > 0 && given < 0x1p63 ? (uint64_t)given : 0;
    }
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000U + (uint64_t)now.tv_nsec / 1000000U;
}

/* A Lua 5.1 whose integers have 32 bits holds times as numbers all the same. */
static void rsm_lua_push_number(lua_State *L, uint64_t value) {
#if LUA_VERSION_NUM < 503
    lua_pushnumber(L, (lua_Number)value);
#else
    lua_pushinteger(L, (lua_Integer)value);
#endif
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

/* The SSL_CTX of a context of LuaSec or luaossl: the first pointer in both. NULL for anything else.
 */
static struct ssl_ctx_st *rsm_lua_context_at(lua_State *L, int index) {
    if (!rsm_lua_is_a(L, index, "SSL:Context") && !rsm_lua_is_a(L, index, "SSL_CTX*")) {
        return NULL;
    }
    return *(struct ssl_ctx_st **)lua_touserdata(L, index);
}

/* attach(context, server): a status, and why it failed. */
static int rsm_lua_attach(lua_State *L) {
    lua_settop(L, 2);
    struct ssl_ctx_st *ctx = rsm_lua_context_at(L, 1);
    resume_server *server = rsm_lua_handle(L, 2, "resume_server", rsm_lua_drop_server);
    resume_openssl_options *options = NULL;
    resume_status status = resume_openssl_options_new(&options);
    if (status == RESUME_OK) {
        status = resume_openssl_attach(ctx, server, options);
    }
    lua_pushinteger(L, status);
    lua_pushstring(L, resume_openssl_options_why(options));
    resume_openssl_options_unref(options);
    return 2;
}

static bool rsm_lua_context(struct ssl_ctx_st *ctx) {
    return ctx != NULL;
}

static resume_status rsm_lua_detach(struct ssl_ctx_st *ctx) {
    return resume_openssl_detach(ctx);
}

#endif /* RSM_LUA_SUPPORT_H */
