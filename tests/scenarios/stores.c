/* SPDX-License-Identifier: Apache-2.0 */
/* 003: stores; and what the others do with one, see stores.h. */
#include "stores.h"

#include "scenarios.h"

const char *put(struct world *w, resume_store *kept, const char *name, uint64_t now) {
    return word(w, resume_store_put(kept, session_of(w, name), now));
}

const char *get(struct world *w, resume_store *kept, uint64_t now) {
    struct bytes id = given(w, "id-12");
    resume_session *session = NULL;
    resume_status status = resume_store_get(kept, id.data, id.len, now, &session);
    return answer_session(w, status, session);
}

const char *take(struct world *w, resume_store *kept) {
    struct bytes id = given(w, "id-12");
    resume_session *session = NULL;
    resume_status status = resume_store_take(kept, id.data, id.len, w->now, &session);
    return answer_session(w, status, session);
}

const char *drop(struct world *w, resume_store *kept) {
    struct bytes id = given(w, "id-12");
    return word(w, resume_store_remove(kept, id.data, id.len));
}

static void shared(struct world *w) {
    const char *url = print(w, "shm:%s/store", w->folder);
    resume_store *first = store_of(w, url);
    resume_store *second = store_of(w, url);
    see(w, "%s", put(w, first, "session-12", w->now));
    see(w, "%s", get(w, second, w->now));
    see(w, "%s", take(w, second));
    see(w, "%s", get(w, first, w->now));
    see(w, "%s", put(w, second, "session-12", w->now));
}

void store(struct world *w) {
    resume_store *kept = store_of(w, "memory:");
    see(w, "%s", get(w, kept, w->now));
    see(w, "%s", put(w, kept, "session-12", w->now));
    see(w, "%s", get(w, kept, w->now));
    see(w, "%s", put(w, kept, "session-12", w->now));
    see(w, "%s", put(w, kept, "session-12-again", w->now));
    see(w, "%s", get(w, kept, w->now));
    see(w, "%s", take(w, kept));
    see(w, "%s", take(w, kept));
    see(w, "%s", drop(w, kept));
    put(w, kept, "session-12", w->now);
    see(w, "%s", drop(w, kept));
    see(w, "%s", get(w, kept, w->now));
    shared(w);
}
