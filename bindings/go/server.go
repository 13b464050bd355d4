// SPDX-License-Identifier: Apache-2.0

//go:build cgo

package resume

import (
	"github.com/libresume/libresume/bindings/go/internal/raw"
)

// Path is the way that a session came or went.
type Path int32

// Reason says why a handshake resumed or not, or why a ticket was issued or not.
type Reason int32

// The paths.
var (
	PathNone     = Path(raw.RESUME_PATH_NONE)
	PathTicket12 = Path(raw.RESUME_PATH_TLS12_TICKET)
	PathStored12 = Path(raw.RESUME_PATH_TLS12_SESSION_ID)
	PathTicket13 = Path(raw.RESUME_PATH_TLS13_TICKET)
	PathStored13 = Path(raw.RESUME_PATH_TLS13_STORED)
)

// Reasons that programs ask for most; Stats has them all, by name.
var (
	Resumed    = Reason(raw.RESUME_REASON_RESUMED)
	Renewed    = Reason(raw.RESUME_REASON_RENEWED) // resumed, and a new ticket was issued
	NotOffered = Reason(raw.RESUME_REASON_NOT_OFFERED)
	Issued     = Reason(raw.RESUME_REASON_ISSUED)
)

// String is a name in snake_case, such as tls12_ticket.
func (p Path) String() string { return raw.Path_name(int(p)) }

// String is a name in snake_case, such as server_name_mismatch.
func (r Reason) String() string { return raw.Reason_name(int(r)) }

// ServerOptions are what a server is made of. It needs a Keyring or a Codec, or a Store, or both.
type ServerOptions struct {
	Keyring *Keyring
	Codec   *Codec // instead of the one that the keyring gives: another frame
	Store   *Store
	Policy  Policy

	// Trace is told of every outcome, after it was counted, by the goroutine of the handshake, which
	// waits for it. Many goroutines call it at once.
	Trace func(Event)
}

// Server decides what resumes, issues tickets and counts. Attach gives it to a tls.Config; one
// server may serve many.
type Server struct {
	h         *handle
	codec     *Codec
	store     *Store
	policy    raw.Handle_policy  // borrowed from h
	keyring   raw.Handle_keyring // borrowed from h; 0 without one
	modes     Modes              // that are left of the policy's
	singleUse bool
	trace     func(Event)
}

func (s *Server) raw() raw.Handle_server { return raw.Handle_server(s.h.pointer) }

// NewServer makes a server.
func NewServer(options ServerOptions) (*Server, error) {
	const op = "new server"
	codec, err := codecOf(&options)
	if err != nil {
		return nil, err
	}
	if options.Store != nil {
		if !options.Store.h.use() {
			return nil, ErrClosed
		}
		defer options.Store.h.done()
	}
	if codec != nil {
		if !codec.h.use() {
			return nil, ErrClosed
		}
		defer codec.h.done()
	}
	policy, err := options.Policy.build()
	if err != nil {
		return nil, err
	}
	defer raw.Policy_unref(policy)
	var set raw.Handle_server_options
	if status := raw.Server_options_new(&set); status != statusOK {
		return nil, failure(op, status, "")
	}
	defer raw.Server_options_unref(set)
	status := raw.Server_options_set_policy(set, policy)
	if status == statusOK && codec != nil {
		status = raw.Server_options_set_codec(set, codec.raw())
	}
	if status == statusOK && options.Store != nil {
		status = raw.Server_options_set_store(set, options.Store.raw())
	}
	var made raw.Handle_server
	if status == statusOK {
		status = raw.Server_new(set, &made)
	}
	if status != statusOK {
		return nil, failure(op, status, raw.Server_options_why(set))
	}
	server := &Server{
		h: newHandle(uintptr(made), func(p uintptr) {
			raw.Server_unref(raw.Handle_server(p))
		}),
		policy:    raw.Server_policy(made),
		keyring:   raw.Server_keyring(made),
		singleUse: options.Policy.SingleUse,
		trace:     options.Trace,
	}
	server.modes = Modes(raw.Policy_modes(server.policy))
	server.codec, server.store = share(codec, options.Store)
	return server, nil
}

func codecOf(options *ServerOptions) (*Codec, error) {
	if options.Codec != nil || options.Keyring == nil {
		return options.Codec, nil
	}
	return NewCodec(options.Keyring, CodecOptions{})
}

// share gives objects of the server's own, which the caller's Close does not reach.
func share(codec *Codec, store *Store) (*Codec, *Store) {
	if codec != nil {
		codec = &Codec{codec.h.share()}
	}
	if store != nil {
		store = &Store{store.h.share()}
	}
	return codec, store
}

// Close drops the server. A config that it is attached to goes on with full handshakes.
func (s *Server) Close() error {
	s.h.close()
	if s.codec != nil {
		s.codec.h.close()
	}
	if s.store != nil {
		s.store.h.close()
	}
	return nil
}

// Count says how often something happened in this process.
func (s *Server) Count(path Path, reason Reason) uint64 {
	if !s.h.use() {
		return 0
	}
	defer s.h.done()
	return raw.Server_counter(s.raw(), int(path), int(reason))
}

// Stats are all counters that are not 0, by the names of path and reason:
// stats["tls13_ticket"]["resumed"].
func (s *Server) Stats() map[string]map[string]uint64 {
	stats := map[string]map[string]uint64{}
	for path := Path(0); path < Path(raw.RESUME_PATH_COUNT); path++ {
		for reason := Reason(0); reason < Reason(raw.Reason_count()); reason++ {
			if n := s.Count(path, reason); n != 0 {
				if stats[path.String()] == nil {
					stats[path.String()] = map[string]uint64{}
				}
				stats[path.String()][reason.String()] = n
			}
		}
	}
	return stats
}

// Forget removes a session from the server's store, by its ID.
func (s *Server) Forget(id []byte) error {
	if !s.h.use() {
		return ErrClosed
	}
	defer s.h.done()
	return failure("forget", raw.Server_forget(s.raw(), id), "")
}
