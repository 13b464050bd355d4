/* SPDX-License-Identifier: Apache-2.0 */
/*
 * memcached://host[:port][,host[:port]...] and memcached:?unix=/path.
 */
#include "store/memcached_config.h"

#include "base/bytes.h"

#include <stdio.h>

#define PORT           11211U
#define PAUSE_FIRST_US 1000000U
#define PAUSE_LAST_US  30000000U

static resume_status take_hosts(const char *text, char *why, struct rsm_memcached_config *config) {
    for (;;) {
        size_t len = strcspn(text, ",");
        if (config->count == RSM_MEMCACHED_HOSTS) {
            snprintf(why, RSM_WHY_SIZE, "more than %d hosts", RSM_MEMCACHED_HOSTS);
            return RESUME_E_INVALID;
        }
        resume_status status =
            rsm_dial_init_host(&config->hosts[config->count].dial, text, len, PORT, why);
        if (status != RESUME_OK) {
            return status;
        }
        config->count++;
        if (text[len] == '\0') {
            return RESUME_OK;
        }
        text += len + 1;
    }
}

static resume_status take_path(const char *path, char *why, struct rsm_memcached_config *config) {
    resume_status status = rsm_dial_init_path(&config->hosts[0].dial, path, why);
    if (status == RESUME_OK) {
        memcpy(config->path, path, strlen(path) + 1);
        config->count = 1;
    }
    return status;
}

resume_status rsm_memcached_config_read(struct rsm_url *url, char *why,
                                        struct rsm_memcached_config *config) {
    memset(config, 0, sizeof *config);
    resume_status status = rsm_remote_prefix_read(url, why, config->prefix);
    const char *path = rsm_url_param(url, "unix");
    bool hosts = strncmp(url->path, "//", 2) == 0 && url->path[2];
    if (status == RESUME_OK && (path ? url->path[0] != '\0' : !hosts)) {
        snprintf(why, RSM_WHY_SIZE,
                 "memcached: takes hosts or a socket; write memcached://host:11211,other:11211 or "
                 "memcached:?unix=/run/memcached.sock");
        status = RESUME_E_INVALID;
    }
    if (status == RESUME_OK) {
        status = path ? take_path(path, why, config) : take_hosts(url->path + 2, why, config);
    }
    if (status != RESUME_OK) {
        rsm_memcached_config_destroy(config);
    }
    return status;
}

void rsm_memcached_config_destroy(struct rsm_memcached_config *config) {
    for (size_t i = 0; i < config->count; i++) {
        rsm_dial_destroy(&config->hosts[i].dial);
    }
    config->count = 0;
}

bool rsm_memcached_host_up(const struct rsm_memcached_host *host, uint64_t now_us) {
    return atomic_load_explicit(&host->down_until_us, memory_order_relaxed) <= now_us;
}

bool rsm_memcached_any_up(const struct rsm_memcached_config *config, uint64_t now_us) {
    bool any = false;
    for (size_t i = 0; i < config->count && !any; i++) {
        any = rsm_memcached_host_up(&config->hosts[i], now_us);
    }
    return any;
}

static void mark_down(struct rsm_memcached_host *host, uint64_t now_us) {
    uint64_t pause = atomic_load(&host->pause_us);
    pause = pause == 0 ? PAUSE_FIRST_US : 2 * pause;
    pause = pause > PAUSE_LAST_US ? PAUSE_LAST_US : pause;
    atomic_store(&host->pause_us, pause);
    atomic_store(&host->down_until_us, rsm_add_sat(now_us, pause));
}

bool rsm_memcached_told(struct rsm_memcached_config *config, size_t host, bool answered,
                        uint64_t now_us) {
    if (!answered) {
        mark_down(&config->hosts[host], now_us);
        return !rsm_memcached_any_up(config, now_us);
    }
    if (atomic_load_explicit(&config->hosts[host].pause_us, memory_order_relaxed)) {
        atomic_store(&config->hosts[host].pause_us, 0);
        atomic_store(&config->hosts[host].down_until_us, 0);
    }
    return false;
}
