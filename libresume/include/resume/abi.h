/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the loaded library is: its version and its features, at run time.
 * Not for compile-time switches: a program built against one version may run with a later one.
 * Every call here may be made from any thread at any time, also before and after a fork.
 */
#ifndef RESUME_ABI_H
#define RESUME_ABI_H

#ifndef RESUME_FFI
#include <resume/status.h>
#endif

#ifdef __cplusplus
extern "C" {
#endif

/** The version that these headers belong to: major * 10000 + minor * 100 + patch. */
enum { RESUME_VERSION = 100 };

/**
 * The version of the loaded library as a number.
 *
 * Compare with RESUME_VERSION, which is the version of the headers: the library may be newer
 * (calls are only ever added within one soname), it should not be older.
 *
 * @return major * 10000 + minor * 100 + patch, so 100 for 0.1.0.
 * @since 0.1
 */
RESUME_API uint32_t resume_abi_version(void);

/**
 * The version of the loaded library as text.
 *
 * @return a static string such as "0.1.0". Never NULL, never freed.
 * @since 0.1
 */
RESUME_API const char *resume_abi_version_text(void);

/**
 * Asks whether the loaded library has a feature.
 *
 * Features name what can be left out of a build or came after 0.1: "frame-rfc5077",
 * "frame-rfc5077-struct", "frame-aead", "keys-random", "keys-file", "store-memory", "store-shm",
 * "store-custom", "store-redis".
 *
 * @param name the feature's name, NUL-terminated; NULL is a feature that no build has.
 * @return true if the feature is there, false if not or if the name is unknown.
 * @since 0.1
 */
RESUME_API bool resume_abi_has(const char *name);

#ifdef __cplusplus
}
#endif

#endif /* RESUME_ABI_H */
