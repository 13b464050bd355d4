/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hook that a remote store tells of its breaker. Called without any lock held, and never after
 * the store is gone, though the store's thread may end later than the store. Not a log and not a
 * counter.
 */
#ifndef RSM_STORE_TRACE_H
#define RSM_STORE_TRACE_H

#include "core/store.h"
#include "store/answer.h"
#include "store/breaker.h"

struct rsm_trace {
    resume_store_trace_fn fn; /* NULL: nobody listens */
    void *arg;
    char name[16]; /* the URL's scheme */
    atomic_bool closed;
    atomic_int inside; /* threads in the hook, or about to look whether it is closed */
};

void rsm_trace_init(struct rsm_trace *trace, const resume_store_options *options, const char *name);
/* In a forked child, before anything else: no thread of this process is inside. */
void rsm_trace_forget(struct rsm_trace *trace);
/* Waits until no thread is inside; afterwards the hook is not called any more. */
void rsm_trace_close(struct rsm_trace *trace);

/* What the breaker did, and the answer that made it do so. */
void rsm_trace_tell(struct rsm_trace *trace, enum rsm_breaker_change change,
                    enum rsm_answer answer);
void rsm_trace_probe(struct rsm_trace *trace);

#endif
