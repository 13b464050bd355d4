// SPDX-License-Identifier: Apache-2.0

//go:build cgo

package resume

import (
	"math"
	"sync"

	"github.com/libresume/libresume/bindings/go/internal/raw"
)

// A link is what a Dialer's connection has offered, and when the server of that was authenticated:
// sessions that come by the connection are no younger.
type link struct {
	mutex   sync.Mutex
	key     string
	offered *handle // until there is an answer; nil: nothing
	since   uint64
}

func newLink() *link { return &link{since: math.MaxUint64} }

// give takes the reference over.
func (l *link) give(key string, saved raw.Handle_saved, authenticated uint64) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.offered.close()
	l.key, l.since = key, authenticated
	l.offered = newHandle(uintptr(saved), func(p uintptr) {
		raw.Saved_unref(raw.Handle_saved(p))
	})
}

func (l *link) authenticated(created uint64) uint64 {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return min64(l.since, created)
}

// settle gives what was offered, for the caller to close, and its key. If it did not resume, sessions
// to come are of the connection's own full handshake.
func (l *link) settle(resumed bool) (offered *handle, key string) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	offered, l.offered = l.offered, nil
	if !resumed {
		l.since = math.MaxUint64
	}
	return offered, l.key
}

// answered drops what was offered, which need not be kept for as long as the connection lives. What
// did not resume is forgotten, so that it is not offered again. It says whether there was anything.
func (s *sessionCache) answered(resumed bool) bool {
	offered, key := s.link.settle(resumed)
	if offered == nil {
		return false
	}
	defer offered.close()
	if !resumed {
		s.with(key, func(_ peerID, peer raw.Handle_peer) {
			raw.Client_forget_saved(s.client.raw(), peer, raw.Handle_saved(offered.pointer))
		})
	}
	return true
}
