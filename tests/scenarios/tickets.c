/* SPDX-License-Identifier: Apache-2.0 */
/* 001, 002, 009 and 010: tickets, their keys, and the forms of what is in them. */
#include "scenarios.h"
#include "stores.h"

#include <string.h>

static struct bytes tried(struct world *w, resume_codec *codec) {
    struct bytes ticket = seal(w, codec, given(w, "payload"));
    see(w, "%zu %s %s", ticket.len, hex(w, ticket.data, 16), open_at(w, codec, ticket, w->now));
    return ticket;
}

static struct bytes tried_session(struct world *w, resume_codec *codec, const char *name) {
    struct bytes ticket = seal_session(w, codec, name);
    see(w, "%s", open_session_at(w, codec, ticket, w->now));
    return ticket;
}

static void write_tickets(struct world *w, const struct bytes *tickets, size_t count) {
    const char *lines = "";
    for (size_t i = 0; i < count; i++) {
        lines = print(w, "%s%zu %s\n", lines, i + 2, hex(w, tickets[i].data, tickets[i].len));
    }
    write_file(path_of(w, "tickets"), lines, strlen(lines));
    see(w, "written");
}

void seal_open(struct world *w) {
    see(w, "%zu", resume_keyring_count(ring_of(w, "ring-80")));
    resume_codec *codec = codec_of(w, "ring-80");
    resume_codec *shorter = codec_of(w, "ring-48");
    resume_codec *aead = aead_of(w, "ring-80", given(w, "label"));
    struct bytes tickets[6] = {tried(w, codec), {0}};
    tickets[1] = tried(w, shorter);
    tickets[2] = tried(w, aead);
    tickets[3] = tried_session(w, codec, "session-12");
    tickets[4] = tried_session(w, shorter, "session-12");
    tickets[5] = tried_session(w, aead, "session-13");
    struct bytes one = seal(w, codec, given(w, "payload"));
    struct bytes two = seal(w, codec, given(w, "payload"));
    bool same = one.len == two.len && memcmp(one.data, two.data, one.len) == 0;
    see(w, "%s", same ? "same" : "different");
    see(w, "%s", open_at(w, codec, changed(w, tickets[0]), w->now));
    see(w, "%s", open_at(w, aead, changed(w, tickets[2]), w->now));
    resume_codec *other = aead_of(w, "ring-80", given(w, "label-other"));
    see(w, "%s", open_at(w, other, tickets[2], w->now));
    see(w, "%s", open_at(w, codec, (struct bytes){tickets[0].data, 40}, w->now));
    see(w, "%s", open_at(w, codec, tickets[1], w->now));
    write_tickets(w, tickets, 6);
}

static void rotate_by_hand(struct world *w) {
    resume_keyring *ring = NULL;
    need(resume_keyring_from_url("random:", NULL, w->now, &ring));
    resume_codec *codec = codec_over(w, keep_ring(w, ring));
    struct bytes ticket = seal(w, codec, given(w, "payload"));
    need(resume_keyring_rotate(ring, w->now));
    see(w, "%s", open_at(w, codec, ticket, w->now));
    see(w, "%s", open_at(w, codec, seal(w, codec, given(w, "payload")), w->now));
}

void rotate(struct world *w) {
    struct bytes payload = given(w, "payload");
    struct bytes ticket = seal(w, codec_of(w, "ring-80"), payload);
    see(w, "%s", hex(w, ticket.data, 16));
    resume_keyring *both = ring_of(w, print(w, "ring-next?old=%s/ring-80", w->folder));
    see(w, "%zu", resume_keyring_count(both));
    resume_codec *codec = codec_over(w, both);
    struct bytes second = seal(w, codec, payload);
    see(w, "%s", hex(w, second.data, 16));
    see(w, "%s", open_at(w, codec, ticket, w->now));
    see(w, "%s", open_at(w, codec, second, w->now));
    see(w, "%s", open_at(w, codec_of(w, "ring-next"), ticket, w->now));
    resume_keyring *moving = ring_of(w, "ring-moving");
    codec = codec_over(w, moving);
    see(w, "%s", open_at(w, codec, ticket, w->now));
    struct bytes next = given(w, "ring-next");
    write_file(path_of(w, "ring-moving"), next.data, next.len);
    need(resume_keyring_reload(moving, w->now));
    see(w, "%s", hex(w, seal(w, codec, payload).data, 16));
    see(w, "%s", open_at(w, codec, ticket, w->now));
    see(w, "%s", word(w, resume_keyring_rotate(moving, w->now)));
    rotate_by_hand(w);
}

static const char *from_native(struct world *w, struct bytes data) {
    resume_session *session = NULL;
    resume_status status = resume_session_from_native(data.data, data.len, &session);
    return answer_session(w, status, session);
}

static const char *from_openssl(struct world *w, struct bytes data) {
    resume_session *session = NULL;
    resume_status status = resume_session_from_openssl(data.data, data.len, w->now, &session);
    return answer_session(w, status, session);
}

static const char *from_go(struct world *w, struct bytes data) {
    resume_session *session = NULL;
    resume_status status = resume_session_from_gotls(data.data, data.len, &session);
    return answer_session(w, status, session);
}

static const char *to_openssl(struct world *w, const char *name) {
    struct bytes data = {room(w, RESUME_SESSION_SIZE_MAX), 0};
    resume_status status = resume_session_to_openssl(session_of(w, name), data.data,
                                                     RESUME_SESSION_SIZE_MAX, &data.len);
    return answer(w, status, data);
}

static struct bytes cut(struct world *w, const char *name) {
    struct bytes data = given(w, name);
    data.len--;
    return data;
}

void session_forms(struct world *w) {
    see(w, "%s", from_native(w, given(w, "session-12")));
    see(w, "%s", to_openssl(w, "session-12"));
    see(w, "%s", from_openssl(w, given(w, "session-12-der")));
    see(w, "%s", to_openssl(w, "session-13"));
    see(w, "%s", from_openssl(w, given(w, "session-13-der")));
    see(w, "%s", from_native(w, cut(w, "session-12")));
    see(w, "%s", from_openssl(w, cut(w, "session-12-der")));
    see(w, "%s", from_go(w, given(w, "session-12-go-1")));
    see(w, "%s", from_go(w, given(w, "session-12-go-2")));
    struct bytes form = {room(w, RESUME_SESSION_SIZE_MAX), 0};
    need(resume_session_to_gotls(session_of(w, "session-12"), RESUME_GOTLS_LAYOUT_2, NULL, 0,
                                 form.data, RESUME_SESSION_SIZE_MAX, &form.len));
    see(w, "%s", from_go(w, form));
}

void exchange(struct world *w) {
    struct pairs lines = read_pairs(w, path_of(w, "tickets"));
    struct bytes tickets[8] = {{0}};
    for (size_t i = 2; i < 8; i++) {
        tickets[i] = unhex(w, value_of(&lines, print(w, "%zu", i)));
    }
    resume_codec *codec = codec_of(w, "ring-80");
    resume_codec *shorter = codec_of(w, "ring-48");
    resume_codec *aead = aead_of(w, "ring-80", given(w, "label"));
    see(w, "%s", open_at(w, codec, tickets[2], w->now));
    see(w, "%s", open_at(w, shorter, tickets[3], w->now));
    see(w, "%s", open_at(w, aead, tickets[4], w->now));
    see(w, "%s", open_session_at(w, codec, tickets[5], w->now));
    see(w, "%s", open_session_at(w, shorter, tickets[6], w->now));
    see(w, "%s", open_session_at(w, aead, tickets[7], w->now));
    codec = codec_of(w, print(w, "ring-next?old=%s/ring-80", w->folder));
    see(w, "%s", open_at(w, codec, tickets[2], w->now));
    resume_store *kept = store_of(w, print(w, "shm:%s/store", w->folder));
    see(w, "%s", get(w, kept, w->now));
    see(w, "%s", take(w, kept));
    see(w, "%s", get(w, kept, w->now));
    see(w, "%s", put(w, kept, "session-12", w->now));
}
