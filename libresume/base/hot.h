/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Marks what runs in every resumed handshake. Such functions are laid side by side in the library:
 * between two handshakes a server does so much else that the code has left the caches, and then the
 * number of pages and lines that it lies on costs more than its instructions.
 * Not for what merely runs often in a loop of its own.
 */
#ifndef RSM_BASE_HOT_H
#define RSM_BASE_HOT_H

#if defined(__GNUC__)
#define RSM_HOT __attribute__((hot))
#else
#define RSM_HOT
#endif

#endif
