/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where memcached servers are, out of a URL, and which of them are down. Not the talk with them:
 * memcached.c.
 */
#ifndef RSM_STORE_MEMCACHED_CONFIG_H
#define RSM_STORE_MEMCACHED_CONFIG_H

#include "base/url.h"
#include "store/dial.h"
#include "store/remote.h"
#include "store/remote_url.h"

enum { RSM_MEMCACHED_HOSTS = 16 };

/* One of the servers. Its state is this process's, over all connections. */
struct rsm_memcached_host {
    struct rsm_dial dial; /* for its address alone: libmemcached makes the connections */
    atomic_uint_fast64_t down_until_us;
    atomic_uint_fast64_t pause_us; /* how long it is left alone next time; 0: it answers */
};

struct rsm_memcached_config {
    struct rsm_memcached_host hosts[RSM_MEMCACHED_HOSTS];
    size_t count;
    char path[sizeof(((struct sockaddr_un *)0)->sun_path)]; /* of a Unix socket; empty: hosts */
    char prefix[RSM_REMOTE_PREFIX_MAX + 1];
    struct rsm_remote_counts *counts;
};

/* RESUME_OK, RESUME_E_INVALID. */
RESUME_MUST_USE resume_status rsm_memcached_config_read(struct rsm_url *url, char *why,
                                                        struct rsm_memcached_config *config);
void rsm_memcached_config_destroy(struct rsm_memcached_config *config);

/* May it be asked now? */
bool rsm_memcached_host_up(const struct rsm_memcached_host *host, uint64_t now_us);
bool rsm_memcached_any_up(const struct rsm_memcached_config *config, uint64_t now_us);

/* It answered, or it did not: then it is left alone for a second, and twice as long each time after
 * that, up to half a minute. True if all of them are down now. */
bool rsm_memcached_told(struct rsm_memcached_config *config, size_t host, bool answered,
                        uint64_t now_us);

#endif
