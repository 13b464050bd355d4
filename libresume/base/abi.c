/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Version and features of the loaded library. RSM_VERSION_TEXT comes from meson.build, the one
 * place that holds the version. Not for features of OpenSSL.
 */
#include <resume/abi.h>

#include <string.h>

#ifndef RSM_VERSION_TEXT
#error "build with meson, which defines RSM_VERSION_TEXT from the project's version"
#endif

static const char *const features[] = {
    "frame-rfc5077",   "frame-rfc5077-struct", "frame-aead", "keys-random",
    "keys-file",       "store-memory",         "store-shm",  "store-custom",
    RSM_BUILD_FEATURES /* those that a build may lack,
                          with a comma behind each */
};

uint32_t resume_abi_version(void) {
    return RESUME_VERSION;
}

const char *resume_abi_version_text(void) {
    return RSM_VERSION_TEXT;
}

bool resume_abi_has(const char *name) {
    if (!name) {
        return false;
    }
    for (size_t i = 0; i < sizeof features / sizeof features[0]; i++) {
        if (strcmp(name, features[i]) == 0) {
            return true;
        }
    }
    return false;
}
