/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files that hold secrets: opened only where nobody else can have put or read them, and replaced as
 * a whole. Not a parser of what is in them.
 */
#ifndef RSM_BASE_FILE_H
#define RSM_BASE_FILE_H

#include <resume/status.h>

/* A file open for reading. Close it with rsm_file_close(). */
struct rsm_file {
    int fd;
    uint64_t size;
    uint64_t written_ms; /* its mtime */
};

/* What tells one state of a path from another: a file renamed to it, written into, or gone. */
struct rsm_file_stamp {
    bool there;
    uint64_t device, inode, size;
    int64_t written_s, written_ns, changed_s, changed_ns;
};

struct rsm_file_stamp rsm_file_stamp(const char *path);
bool rsm_file_stamp_equal(const struct rsm_file_stamp *a, const struct rsm_file_stamp *b);

/* `why` (RSM_WHY_SIZE bytes) says what was wrong; it may be NULL. */

/* A regular file of this user or root that nobody else may reach. RESUME_OK; RESUME_MISS, there is
 * none; RESUME_E_INVALID, it is not such a file; RESUME_E_IO. */
resume_status rsm_file_open_secret(const char *path, char *why, struct rsm_file *ret_file);

/* Reads to the end or until the buffer is full. RESUME_OK or RESUME_E_IO. */
resume_status rsm_file_read(const struct rsm_file *file, const char *path, uint8_t *buf,
                            size_t buf_cap, char *why, size_t *ret_len);

void rsm_file_close(struct rsm_file *file);

/* Writes a file beside it, for its owner alone, and puts it at the path in one step: readers see
 * the old bytes or the new ones, and so does the next start after a crash. RESUME_OK,
 * RESUME_E_IO, RESUME_E_NOMEM; then what was at the path is still there. */
resume_status rsm_file_replace(const char *path, const uint8_t *data, size_t len, char *why);

#endif
