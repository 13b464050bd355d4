/* SPDX-License-Identifier: Apache-2.0 */
/* What the scenarios in C do with a store: all under the one ID that they know. */
#ifndef SCENARIOS_STORES_H
#define SCENARIOS_STORES_H

#include "world.h"

const char *put(struct world *w, resume_store *kept, const char *name, uint64_t now);
const char *get(struct world *w, resume_store *kept, uint64_t now);
const char *take(struct world *w, resume_store *kept);
const char *drop(struct world *w, resume_store *kept);

#endif /* SCENARIOS_STORES_H */
