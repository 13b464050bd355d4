/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The judgement of ticket-key material: what a guess would find is refused with a reason.
 * Not a measure of entropy: good bytes from a bad generator pass.
 */
#ifndef RSM_CORE_KEY_AUDIT_H
#define RSM_CORE_KEY_AUDIT_H

#include "core/key.h"

/* NULL if the key is good, else a static text. Reasons never quote key bytes. */
const char *rsm_key_audit(const struct rsm_key_spec *spec);

/* The same for the secret that keys are derived from; len is at least 32. */
const char *rsm_secret_audit(const uint8_t *secret, size_t len);

#endif
