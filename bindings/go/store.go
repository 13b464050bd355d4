// SPDX-License-Identifier: Apache-2.0

//go:build cgo

package resume

import (
	"context"

	"github.com/libresume/libresume/bindings/go/internal/raw"
)

// Store keeps sessions by ID.
type Store struct{ h *handle }

// StoreStats are numbers about a store in use, which may be a little behind.
type StoreStats struct {
	Entries, Bytes, Hits, Misses, Puts, Evictions, Expired, Removes, Refused, Errors uint64
}

func (s *Store) raw() raw.Handle_store { return raw.Handle_store(s.h.pointer) }

// OpenStore makes a store from a URL, such as memory:?bytes=64M, shm:/run/app.sessions,
// redis://cache:6379/0?secret=/etc/fleet.secret, memcached://cache:11211?secret=/etc/fleet.secret,
// or tiered:?l1=URL&l2=URL. Nothing connects before the first use.
func OpenStore(url string) (*Store, error) {
	const op = "open store"
	var options raw.Handle_store_options
	if status := raw.Store_options_new(&options); status != statusOK {
		return nil, failure(op, status, "")
	}
	defer raw.Store_options_unref(options)
	var made raw.Handle_store
	if status := raw.Store_from_url(url, options, &made); status != statusOK {
		return nil, failure(op, status, raw.Store_options_why(options))
	}
	return &Store{newHandle(uintptr(made), func(p uintptr) {
		raw.Store_unref(raw.Handle_store(p))
	})}, nil
}

// Close drops the store. Servers that were built from it go on.
func (s *Store) Close() error {
	s.h.close()
	return nil
}

// call asks the context before it begins. A call that has begun ends by itself, within the timeout
// of the store's URL.
func (s *Store) call(ctx context.Context, op string, call func() int) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if !s.h.use() {
		return ErrClosed
	}
	defer s.h.done()
	return failure(op, call(), "")
}

// Put keeps a session under its ID, for its lifetime.
func (s *Store) Put(ctx context.Context, session *Session) error {
	if session == nil || !session.h.use() {
		return ErrClosed
	}
	defer session.h.done()
	return s.call(ctx, "put", func() int {
		return raw.Store_put(s.raw(), session.raw(), nowMilliseconds())
	})
}

type lookup func(raw.Handle_store, []byte, uint64, *raw.Handle_session) int

func (s *Store) find(ctx context.Context, op string, id []byte, look lookup) (*Session, error) {
	var made raw.Handle_session
	err := s.call(ctx, op, func() int { return look(s.raw(), id, nowMilliseconds(), &made) })
	if err != nil {
		return nil, err
	}
	return newSession(made), nil
}

// Get looks a session up. The error is Miss if there is none.
func (s *Store) Get(ctx context.Context, id []byte) (*Session, error) {
	return s.find(ctx, "get", id, raw.Store_get)
}

// Take looks a session up and removes it, in one step.
func (s *Store) Take(ctx context.Context, id []byte) (*Session, error) {
	return s.find(ctx, "take", id, raw.Store_take)
}

// Remove removes a session.
func (s *Store) Remove(ctx context.Context, id []byte) error {
	return s.call(ctx, "remove", func() int { return raw.Store_remove(s.raw(), id) })
}

// Stats reads the numbers.
func (s *Store) Stats() StoreStats {
	var stats StoreStats
	if !s.h.use() {
		return stats
	}
	defer s.h.done()
	readNumbers(map[int]*uint64{
		raw.RESUME_STORE_ENTRIES:   &stats.Entries,
		raw.RESUME_STORE_BYTES:     &stats.Bytes,
		raw.RESUME_STORE_HITS:      &stats.Hits,
		raw.RESUME_STORE_MISSES:    &stats.Misses,
		raw.RESUME_STORE_PUTS:      &stats.Puts,
		raw.RESUME_STORE_EVICTIONS: &stats.Evictions,
		raw.RESUME_STORE_EXPIRED:   &stats.Expired,
		raw.RESUME_STORE_REMOVES:   &stats.Removes,
		raw.RESUME_STORE_REFUSED:   &stats.Refused,
		raw.RESUME_STORE_ERRORS:    &stats.Errors,
	}, func(which int, value *uint64) int { return raw.Store_stats(s.raw(), which, value) })
	return stats
}
