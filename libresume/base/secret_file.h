/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading a file that holds a secret, and refusing one that others may read. Not a parser of what
 * is in it.
 */
#ifndef RSM_BASE_SECRET_FILE_H
#define RSM_BASE_SECRET_FILE_H

#include <resume/status.h>

/* Reads at most cap bytes of a regular file that belongs to this process's user or root and is
 * closed to everybody else; a file that fills buf may be longer. RESUME_OK, RESUME_E_INVALID or
 * RESUME_E_IO; why (RSM_WHY_SIZE bytes) then names the path and the reason. ret_written_ms, the
 * file's mtime, may be NULL. */
RESUME_MUST_USE resume_status rsm_secret_file_read(const char *path, char *why, uint8_t *buf,
                                                   size_t cap, size_t *ret_len,
                                                   uint64_t *ret_written_ms);

#endif
