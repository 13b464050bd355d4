/* SPDX-License-Identifier: Apache-2.0 */
/* 005: keys that a guess would find. */
#include "scenarios.h"

static const char *audited(struct world *w, struct bytes key) {
    const char *reason = "";
    resume_status status = resume_key_audit(key.data, key.len, &reason);
    return *reason ? print(w, "%s: %s", word(w, status), reason) : word(w, status);
}

void weak_key(struct world *w) {
    static const char *const names[] = {"weak-zero",      "weak-same",   "weak-counting",
                                        "weak-half-zero", "weak-halves", "weak-text",
                                        "weak-name"};
    struct bytes good = given(w, "ring-80");
    see(w, "%s", audited(w, good));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        see(w, "%s", audited(w, given(w, names[i])));
    }
    good.len--;
    see(w, "%s", audited(w, good));
    resume_keyring *ring = NULL;
    const char *url = print(w, "file:%s/ring-weak", w->folder);
    see(w, "%s", word(w, resume_keyring_from_url(url, NULL, w->now, &ring)));
}
