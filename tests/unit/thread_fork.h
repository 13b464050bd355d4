/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For tests whose forked children start threads. ThreadSanitizer ends such children unless it is
 * told not to, and takes the parent's other threads, which are not there, for racing with what the
 * child makes anew: it runs these tests without a say. Read by its run-time, unused elsewhere.
 */
#ifndef THREAD_FORK_H
#define THREAD_FORK_H

const char *__tsan_default_options(void);

const char *__tsan_default_options(void) {
    return "die_after_fork=0:report_bugs=0";
}

#endif
