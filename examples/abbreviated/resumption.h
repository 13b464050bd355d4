/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The server's half that is libresume's: ticket keys, a store, and the rules.
 */
#ifndef ABBREVIATED_RESUMPTION_H
#define ABBREVIATED_RESUMPTION_H

#include "outcome.h"
#include "wishes.h"

#include <resume/resume.h>

/* Makes it as the command line says. */
enum outcome resumption_new(const struct wishes *wishes, resume_server **ret_server);

#endif /* ABBREVIATED_RESUMPTION_H */
