/* SPDX-License-Identifier: Apache-2.0 */
/* The scenarios in C, one function each; scenarios.c calls them by their numbers. */
#ifndef SCENARIOS_H
#define SCENARIOS_H

#include "world.h"

void seal_open(struct world *w);
void rotate(struct world *w);
void store(struct world *w);
void expire(struct world *w);
void weak_key(struct world *w);
void isolation(struct world *w);
void fork_scenario(struct world *w);
void stats(struct world *w);
void session_forms(struct world *w);
void exchange(struct world *w);

#endif /* SCENARIOS_H */
