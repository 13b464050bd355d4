/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two shared words read by one instruction, where the processor has one. For readers that find out
 * by a sequence number whether what they got belongs together: the two need not be of one moment.
 */
#ifndef RSM_BASE_WIDE_H
#define RSM_BASE_WIDE_H

#include <stdatomic.h>
#include <stdint.h>

/* Sanitizers do not see what an instruction of our own reads, so they get the plain code. */
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
#define RSM_WIDE 0
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
#define RSM_WIDE 0
#endif
#endif
#if !defined(RSM_WIDE) && defined(__SSE2__)
#define RSM_WIDE 1
#elif !defined(RSM_WIDE)
#define RSM_WIDE 0
#endif

#if RSM_WIDE
#include <emmintrin.h>

/* An acquire, as x86 keeps loads in their order: only the compiler has to be told. */
static inline __m128i rsm_wide_load(_Atomic uint64_t *from) {
    __m128i both;
    __asm__ volatile("movdqu %1, %0"
                     : "=x"(both)
                     : "m"(*(const __m128i_u *)(const void *)(uintptr_t)from)
                     : "memory");
    return both;
}
#endif

#endif
