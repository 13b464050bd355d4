// SPDX-License-Identifier: Apache-2.0

//go:build cgo

package resume

import (
	"time"

	"github.com/libresume/libresume/bindings/go/internal/raw"
)

// Event is one outcome: what became of an offer, or of a ticket to issue. It names no secret.
type Event struct {
	Path   Path
	Reason Reason
	Time   time.Time     // by the config's clock
	Age    time.Duration // since the session was made or renewed; 0 where there is none
}

// count counts an outcome in the C library and tells the trace. The trace is called here and not by the C
// library, so that no call of C's ever comes back into Go.
func (s *Server) count(path Path, reason int, age time.Duration, now time.Time) {
	if age < 0 {
		age = 0
	}
	// It can only fail for a path or a reason that is none.
	raw.Server_count(s.raw(), int(path), reason, uint64(age.Milliseconds()), milliseconds(now))
	s.tell(path, reason, age, now)
}

func (s *Server) tell(path Path, reason int, age time.Duration, now time.Time) {
	if s.trace != nil {
		s.trace(Event{Path: path, Reason: Reason(reason), Time: now, Age: age})
	}
}

// issued tells of a ticket or of a session to store, which the C library has counted by the answer
// that it gave.
func (s *Server) issued(path Path, status int, now time.Time) {
	reason := raw.RESUME_REASON_NOT_ISSUED_FAILED
	switch status {
	case statusOK, int(Exists):
		reason = raw.RESUME_REASON_ISSUED
	case int(NoKey):
		reason = raw.RESUME_REASON_NOT_ISSUED_NO_KEY
	case int(TooLarge):
		reason = raw.RESUME_REASON_NOT_ISSUED_TOO_LARGE
	case raw.RESUME_FULL, int(Expired), int(Unsupported):
		reason = raw.RESUME_REASON_NOT_ISSUED_BY_POLICY
	}
	s.tell(path, reason, 0, now)
}

// Histogram names a distribution of ages.
type Histogram int32

// The histograms.
var (
	TicketAges = Histogram(raw.RESUME_HISTOGRAM_TICKET_AGE) // of sessions that resumed, since made or renewed
	KeyAges    = Histogram(raw.RESUME_HISTOGRAM_KEY_AGE)    // of the keys of tickets that opened, since they seal
)

// Histogram says how many ages fell into each bucket: below 1 s, below 2 s, 4 s, 8 s and so on. The
// last bucket has no end.
func (s *Server) Histogram(which Histogram) []uint64 {
	buckets := make([]uint64, raw.RESUME_HISTOGRAM_BUCKETS)
	if !s.h.use() {
		return buckets
	}
	defer s.h.done()
	for i := range buckets {
		buckets[i] = raw.Server_histogram(s.raw(), int(which), int64(i))
	}
	return buckets
}

// opened observes the age of the key of a ticket that has opened, by the name in front of it.
func (s *Server) opened(ticket []byte, now uint64) {
	const nameSize = 16
	if len(ticket) >= nameSize {
		raw.ObserveKey(s.raw(), s.keyring, ticket[:nameSize], now)
	}
}
