/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The peer of bench/lua_seal.lua: sealing and opening 200 bytes by a loop in C, in the same
 * process. One object for each Lua; the functions give nanoseconds for each call. Never installed.
 */
#include "bench.h"

#include <resume/resume.h>

#include <lauxlib.h>
#include <lua.h>

enum { DATA = 200, ROOM = 512 };

static resume_codec *codec;
static uint8_t ticket[ROOM];
static size_t ticket_len;

int luaopen_lua_peer(lua_State *L);

/* Read at each call, as Lua does. */
static uint64_t now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (uint64_t)t.tv_sec * 1000U + (uint64_t)t.tv_nsec / 1000000U;
}

static int peer_seal(lua_State *L) {
    lua_Integer rounds = luaL_checkinteger(L, 1);
    uint8_t data[DATA] = {1};
    uint8_t out[ROOM];
    size_t len = 0;
    double began = now_ns();
    for (lua_Integer i = 0; i < rounds; i++) {
        check(!resume_codec_seal_bytes(codec, data, DATA, now_ms(), out, ROOM, &len), "seal");
    }
    lua_pushnumber(L, (now_ns() - began) / (double)rounds);
    return 1;
}

static int peer_open(lua_State *L) {
    lua_Integer rounds = luaL_checkinteger(L, 1);
    uint8_t out[ROOM];
    size_t len = 0;
    double began = now_ns();
    for (lua_Integer i = 0; i < rounds; i++) {
        check(!resume_codec_open_bytes(codec, ticket, ticket_len, now_ms(), out, ROOM, &len),
              "open");
    }
    lua_pushnumber(L, (now_ns() - began) / (double)rounds);
    return 1;
}

static int peer_now(lua_State *L) {
    lua_pushnumber(L, now_ns());
    return 1;
}

static void prepare(void) {
    resume_keyring_options *options = NULL;
    resume_keyring *keys = NULL;
    uint8_t data[DATA] = {1};
    check(!resume_keyring_options_new(&options) &&
              !resume_keyring_options_set_max_seals(options, 0) &&
              !resume_keyring_from_url("random:", options, now_ms(), &keys) &&
              !resume_codec_new(keys, NULL, &codec) &&
              !resume_codec_seal_bytes(codec, data, DATA, now_ms(), ticket, ROOM, &ticket_len),
          "the peer's codec");
    resume_keyring_unref(keys);
    resume_keyring_options_unref(options);
}

int luaopen_lua_peer(lua_State *L) {
    prepare();
    lua_newtable(L);
    lua_pushcfunction(L, peer_seal);
    lua_setfield(L, -2, "seal");
    lua_pushcfunction(L, peer_open);
    lua_setfield(L, -2, "open");
    lua_pushcfunction(L, peer_now);
    lua_setfield(L, -2, "now");
    return 1;
}
