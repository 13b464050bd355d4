/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The scenarios in C: `scenarios NNN FOLDER` does one and prints what each step saw. What has to be
 * seen stands on the pages beside this file, not here. README.md has the rules.
 */
#include "scenarios.h"

#include <string.h>

static const struct {
    const char *number;
    void (*run)(struct world *w);
} scenarios[] = {
    {"001", seal_open},     {"002", rotate},    {"003", store},         {"004", expire},
    {"005", weak_key},      {"006", isolation}, {"007", fork_scenario}, {"008", stats},
    {"009", session_forms}, {"010", exchange},
};

int main(int argc, char **argv) {
    for (size_t i = 0; argc == 3 && i < sizeof scenarios / sizeof *scenarios; i++) {
        if (strcmp(argv[1], scenarios[i].number) == 0) {
            struct world world;
            world_open(&world, argv[1], argv[2]);
            scenarios[i].run(&world);
            world_free(&world);
            return 0;
        }
    }
    die("usage: scenarios NNN FOLDER");
}
