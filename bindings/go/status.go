// SPDX-License-Identifier: Apache-2.0

//go:build cgo

package resume

import (
	"os"

	"github.com/libresume/libresume/bindings/go/internal/raw"
)

// Status is an answer or a failure of the C library. As an error it is what errors.Is looks for.
type Status int32

// What calls of this package may answer: the first ones speak of the input or of the state, those
// that begin with Err of a failure or of a contract that the caller broke.
var (
	Miss        = Status(raw.RESUME_MISS)        // nothing under that name
	Expired     = Status(raw.RESUME_EXPIRED)     // it was there, its time is over
	Forged      = Status(raw.RESUME_FORGED)      // the MAC or tag does not match
	Malformed   = Status(raw.RESUME_MALFORMED)   // not the format it should be
	Exists      = Status(raw.RESUME_EXISTS)      // already there, nothing changed
	TooLarge    = Status(raw.RESUME_TOO_LARGE)   // over a limit of the format, the store or the wire
	NoKey       = Status(raw.RESUME_NO_KEY)      // no key may seal now
	Unsupported = Status(raw.RESUME_UNSUPPORTED) // well formed, with a feature that is refused
	WeakKey     = Status(raw.RESUME_WEAK_KEY)    // key material that a guess would find

	ErrInvalid     = Status(raw.RESUME_E_INVALID)     // an argument that is none
	ErrNoMemory    = Status(raw.RESUME_E_NOMEM)       // no memory
	ErrCrypto      = Status(raw.RESUME_E_CRYPTO)      // libcrypto or the random source failed
	ErrIO          = Status(raw.RESUME_E_IO)          // a file or a backend was not reached
	ErrState       = Status(raw.RESUME_E_STATE)       // not possible now
	ErrUnsupported = Status(raw.RESUME_E_UNSUPPORTED) // this build of the C library lacks it
)

var (
	statusOK     = raw.RESUME_OK
	statusRenew  = raw.RESUME_RENEW
	statusBuffer = raw.RESUME_E_BUFFER
)

// Error says it in words.
func (s Status) Error() string { return raw.Status_name(int(s)) }

// Error is the error of every call of this package: which call, which status and, where the C
// library knows it, why. errors.Is finds the status in it. It never holds a secret.
type Error struct {
	Op     string
	Status Status
	Why    string
}

// Error gives call and reason, or call and status.
func (e *Error) Error() string {
	if e.Why != "" {
		return "resume: " + e.Op + ": " + e.Why
	}
	return "resume: " + e.Op + ": " + e.Status.Error()
}

// Unwrap gives the status.
func (e *Error) Unwrap() error { return e.Status }

// ErrClosed is the error of a call on an object after Close; it is os.ErrClosed, too.
var ErrClosed error = closedError{}

type closedError struct{}

func (closedError) Error() string        { return "resume: use of a closed object" }
func (closedError) Is(target error) bool { return target == os.ErrClosed }

// failure gives nil for RESUME_OK.
func failure(op string, status int, why string) error {
	if status == statusOK {
		return nil
	}
	return &Error{Op: op, Status: Status(status), Why: why}
}
