/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Marks secrets for valgrind's memcheck, which then complains about each branch and each index that
 * depends on them (I-161). Without valgrind these do nothing.
 */
#ifndef SECRECY_H
#define SECRECY_H

#if defined(__has_include)
#if __has_include(<valgrind/memcheck.h>)
#include <valgrind/memcheck.h>
#endif
#endif

#ifdef VALGRIND_MAKE_MEM_UNDEFINED
#define SECRET(at, len)   ((void)VALGRIND_MAKE_MEM_UNDEFINED(at, len))
#define REVEALED(at, len) ((void)VALGRIND_MAKE_MEM_DEFINED(at, len))
#define IN_VALGRIND       (RUNNING_ON_VALGRIND != 0)
#else
#define SECRET(at, len)   ((void)(at), (void)(len))
#define REVEALED(at, len) ((void)(at), (void)(len))
#define IN_VALGRIND       0
#endif

#endif
