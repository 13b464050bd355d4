/* SPDX-License-Identifier: Apache-2.0 */
#include "store/trace.h"

#include <sched.h>
#include <stdio.h>

void rsm_trace_forget(struct rsm_trace *trace) {
    atomic_store(&trace->closed, false);
    atomic_store(&trace->inside, 0);
}

void rsm_trace_init(struct rsm_trace *trace, const resume_store_options *options,
                    const char *name) {
    trace->fn = options ? options->trace : NULL;
    trace->arg = options ? options->trace_arg : NULL;
    snprintf(trace->name, sizeof trace->name, "%s", name);
    rsm_trace_forget(trace);
}

void rsm_trace_close(struct rsm_trace *trace) {
    atomic_store(&trace->closed, true);
    while (atomic_load(&trace->inside) != 0) {
        sched_yield();
    }
}

static void emit(struct rsm_trace *trace, int32_t event, int32_t cause) {
    if (!trace->fn) {
        return;
    }
    /* Before `closed` is looked at: who sets that looks at this afterwards. */
    atomic_fetch_add(&trace->inside, 1);
    if (!atomic_load(&trace->closed)) {
        trace->fn(trace->arg, trace->name, event, cause);
    }
    atomic_fetch_sub(&trace->inside, 1);
}

static int32_t cause_of(enum rsm_answer answer) {
    switch (answer) {
    case RSM_ANSWER_BUSY:
        return RESUME_STORE_CAUSE_ERROR_REPLY;
    case RSM_ANSWER_LOST:
        return RESUME_STORE_CAUSE_DISCONNECTED;
    case RSM_ANSWER_TIMEOUT:
        return RESUME_STORE_CAUSE_TIMEOUT;
    case RSM_ANSWER_UNREACHABLE:
        return RESUME_STORE_CAUSE_UNREACHABLE;
    default:
        return RESUME_STORE_CAUSE_OWN;
    }
}

void rsm_trace_tell(struct rsm_trace *trace, enum rsm_breaker_change change,
                    enum rsm_answer answer) {
    if (change == RSM_BREAKER_OPENS) {
        emit(trace, RESUME_STORE_EVENT_OPENED, cause_of(answer));
    } else if (change == RSM_BREAKER_CLOSES) {
        emit(trace, RESUME_STORE_EVENT_CLOSED, RESUME_STORE_CAUSE_NONE);
    }
}

void rsm_trace_probe(struct rsm_trace *trace) {
    emit(trace, RESUME_STORE_EVENT_PROBE, RESUME_STORE_CAUSE_NONE);
}
