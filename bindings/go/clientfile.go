// SPDX-License-Identifier: Apache-2.0

//go:build cgo

package resume

import (
	"strings"

	"github.com/libresume/libresume/bindings/go/internal/raw"
)

// Save writes all sessions to a file of mode 0600, sealed by the ring's key that seals now. The ring
// must outlive the process: "file:" or "derive:". What is saved here and used there may be offered
// twice: save last.
func (c *Client) Save(path string, keys *Keyring) error {
	return c.withFile("save client", path, keys, raw.Client_save, map[Status]string{
		NoKey: "no key of the ring seals now",
		ErrIO: "it cannot be written there",
	})
}

// Load takes the sessions of a file in place of those that the client has; Clients in Python and C
// write and read the same files. The error is Miss if there is no such file; after any error the
// client is as it was.
func (c *Client) Load(path string, keys *Keyring) error {
	return c.withFile("load client", path, keys, raw.Client_load, map[Status]string{
		Miss:        "there is no such file",
		NoKey:       "no key of the ring sealed it",
		Expired:     "the key that sealed it was retired",
		Forged:      "it was altered, or sealed by another key of that name",
		Malformed:   "it is no file of sessions",
		Unsupported: "a later version of libresume wrote it",
		TooLarge:    "it is larger than any file of sessions",
		ErrInvalid:  "it has to be a regular file of this user or root that nobody else may read or write",
		ErrIO:       "it cannot be read",
	})
}

type fileCall func(raw.Handle_client, string, raw.Handle_keyring, uint64) int

// withFile says in the error which file it is, and what is wrong with it.
func (c *Client) withFile(op, path string, keys *Keyring, call fileCall, whys map[Status]string) error {
	if !c.h.use() {
		return ErrClosed
	}
	defer c.h.done()
	if keys == nil {
		return failure(op, int(ErrInvalid), "a file of sessions is sealed: no keyring")
	}
	if !keys.h.use() {
		return ErrClosed
	}
	defer keys.h.done()
	if path == "" || strings.IndexByte(path, 0) >= 0 { // C would cut it off there
		return failure(op, int(ErrInvalid), "a path is not empty, and has no NUL inside")
	}
	status := call(c.raw(), path, keys.raw(), nowMilliseconds())
	why, known := whys[Status(status)]
	if !known {
		why = Status(status).Error()
	}
	return failure(op, status, path+": "+why)
}
