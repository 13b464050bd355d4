// SPDX-License-Identifier: Apache-2.0

//go:build cgo

package resume

import (
	"crypto/rand"
	"crypto/tls"
	"encoding/binary"
	"runtime"
	"time"
	"unsafe"

	"github.com/libresume/libresume/bindings/go/internal/clock"
	"github.com/libresume/libresume/bindings/go/internal/raw"
)

const handleSize = 32 // bytes of the ID of a stored session, which is then the ticket

// A connection is what the hooks of one handshake know between them. crypto/tls runs them one after
// the other.
type connection struct {
	server *Server
	config *tls.Config // by which the handshake goes

	// Of the ClientHello; unknown where the hooks stand alone.
	alone    bool
	suites   []byte
	ems      bool
	emsKnown bool

	offered bool // there was a ticket, of whatever kind
	counted bool

	// Of the session that crypto/tls was given.
	resumed       bool
	path          Path
	reason        int
	ticket        []byte
	created       time.Time
	authenticated uint64
}

func timeFor(config *tls.Config) time.Time {
	if config.Time != nil {
		return config.Time()
	}
	return clock.Now()
}

// facts of this handshake. What C borrows is pinned until free is called.
func (c *connection) facts(cs *tls.ConnectionState, ems bool) (raw.Handle_connection, func(), bool) {
	var made raw.Handle_connection
	if raw.Connection_new(&made) != statusOK {
		return 0, nil, false
	}
	pins := new(runtime.Pinner)
	free := func() {
		raw.Connection_unref(made)
		pins.Unpin()
	}
	name := []byte(cs.ServerName)
	suites := c.suites
	if cs.Version == tls.VersionTLS13 && cs.CipherSuite != 0 {
		// crypto/tls has chosen: only its hash will do.
		suites = binary.BigEndian.AppendUint16(nil, cs.CipherSuite)
	}
	context, ok := c.context(cs)
	ok = ok && firstFailure(
		func() int { return raw.Connection_set_version(made, cs.Version) },
		func() int {
			if len(name) == 0 {
				return statusOK
			}
			pins.Pin(unsafe.SliceData(name))
			return raw.Connection_set_server_name(made, name)
		},
		func() int { return raw.Connection_set_context(made, context) },
		func() int {
			if len(suites) == 0 {
				return statusOK
			}
			pins.Pin(unsafe.SliceData(suites))
			return raw.Connection_set_cipher_suites(made, suites)
		},
		func() int { return raw.Connection_set_extended_master_secret(made, ems) },
		func() int { return raw.Connection_set_client_auth(made, clientAuthOf(c.config)) },
	) == statusOK
	if !ok {
		free()
		return 0, nil, false
	}
	return made, free, true
}

// context that sessions of this connection are issued under.
func (c *connection) context(cs *tls.ConnectionState) ([]byte, bool) {
	var buf [32]byte
	var length uint64
	status := contextOf(c.server.policy, c.config, cs.ServerName, buf[:], &length)
	return buf[:length], status == statusOK
}

// unwrap is tls.Config.UnwrapSession. Whatever is wrong with a ticket, the handshake goes on.
func (c *connection) unwrap(ticket []byte, cs tls.ConnectionState) (*tls.SessionState, error) {
	if len(ticket) == 0 || !c.server.h.use() {
		return nil, nil
	}
	defer c.server.h.done()
	c.offered = true
	now := timeFor(c.config)
	session, path, status, reason := c.find(ticket, &cs, now)
	var chains []byte
	if session != nil && (status == statusOK || status == statusRenew) {
		var refused int
		if chains, refused = checkCertificate(session, c.config); refused != raw.RESUME_REASON_RESUMED {
			reason, status = refused, raw.RESUME_FULL
		}
	}
	defer session.closeIfAny()
	var state *tls.SessionState
	// RFC 7627 section 5.3 has the handshake end where a session with extended master secret is
	// offered without it. crypto/tls does so when it sees the session.
	ends := reason == raw.RESUME_REASON_EMS_MISSING_IN_HELLO
	if ends || status == statusOK || status == statusRenew {
		var ok bool
		if state, ok = session.toState(chains); !ok {
			reason = raw.RESUME_REASON_UNSUPPORTED
		}
	}
	if state != nil && !ends && c.takeOnce(ticket, path, now, &reason) {
		c.accept(session, path, reason, ticket, now)
		return state, nil
	}
	c.server.count(path, reason, age(session, now), now)
	if ends {
		return state, nil
	}
	return nil, nil
}

func (s *Session) closeIfAny() {
	if s != nil {
		s.h.close()
	}
}

func age(session *Session, now time.Time) time.Duration {
	if session == nil {
		return 0
	}
	return now.Sub(session.Created())
}

func (c *connection) accept(session *Session, path Path, reason int, ticket []byte, now time.Time) {
	c.resumed, c.path, c.reason = true, path, reason
	c.ticket = append([]byte(nil), ticket...)
	c.created = session.Created()
	c.authenticated = get(session, raw.Session_authenticated)
	if c.alone {
		c.server.count(path, reason, age(session, now), now)
	}
}

// find looks the session of a ticket up and asks the C library about it.
func (c *connection) find(ticket []byte, cs *tls.ConnectionState, now time.Time) (*Session, Path, int, int) {
	session, path, opened := c.open(ticket, cs.Version, now)
	if session == nil {
		return nil, path, opened, reasonOf(opened, path)
	}
	ems := c.ems
	if !c.emsKnown {
		ems = session.ExtendedMasterSecret()
	}
	facts, free, ok := c.facts(cs, ems)
	if !ok {
		return session, path, raw.RESUME_FULL, raw.RESUME_REASON_FAILED
	}
	defer free()
	var reason int32
	status := raw.Server_check(c.server.raw(), session.raw(), facts, int(path), milliseconds(now), &reason)
	if status < 0 {
		return session, path, raw.RESUME_FULL, raw.RESUME_REASON_FAILED
	}
	if path == PathTicket12 && (status == statusRenew || status == statusOK && opened == statusRenew) {
		status, reason = statusOK, int32(raw.RESUME_REASON_RESUMED)
		if c.canRenew(session, path, now) {
			status, reason = statusRenew, int32(raw.RESUME_REASON_RENEWED)
		}
	}
	return session, path, status, int(reason)
}

// canRenew: a ticket whose key seals no more is renewed if there is a key to seal the new one with.
func (c *connection) canRenew(session *Session, path Path, now time.Time) bool {
	var lifetime uint32
	return raw.Server_lifetime(c.server.raw(), int(path), raw.Session_authenticated(session.raw()),
		milliseconds(now), &lifetime) == statusOK
}

// A ticket of 32 bytes is the ID of a stored session: those that hold a session are longer.
func (c *connection) open(ticket []byte, version uint16, now time.Time) (*Session, Path, int) {
	path := pathOf(version, len(ticket) == handleSize)
	if path == PathStored12 || path == PathStored13 {
		if c.server.store == nil || c.server.modes&ModeStore == 0 || !c.server.store.h.use() {
			return nil, path, raw.RESUME_FULL
		}
		defer c.server.store.h.done()
		var made raw.Handle_session
		status := raw.Store_get(c.server.store.raw(), ticket, milliseconds(now), &made)
		if status != statusOK {
			return nil, path, status
		}
		return newSession(made), path, status
	}
	if c.server.codec == nil || c.server.modes&ModeTickets == 0 || !c.server.codec.h.use() {
		return nil, path, raw.RESUME_FULL
	}
	defer c.server.codec.h.done()
	session, status := c.server.codec.open(ticket, milliseconds(now))
	if session != nil {
		c.server.opened(ticket, milliseconds(now))
	}
	return session, path, status
}

func pathOf(version uint16, stored bool) Path {
	switch {
	case version == tls.VersionTLS13 && stored:
		return PathStored13
	case version == tls.VersionTLS13:
		return PathTicket13
	case stored:
		return PathStored12
	default:
		return PathTicket12
	}
}

// reasonOf a ticket that gave no session.
func reasonOf(status int, path Path) int {
	stored := path == PathStored12 || path == PathStored13
	switch {
	case status == raw.RESUME_FULL:
		return raw.RESUME_REASON_MODE_OFF
	case status == raw.RESUME_MISS && stored:
		return raw.RESUME_REASON_NOT_IN_STORE
	case status == raw.RESUME_MISS:
		return raw.RESUME_REASON_UNKNOWN_KEY
	case status == raw.RESUME_EXPIRED && stored:
		return raw.RESUME_REASON_EXPIRED
	case status == raw.RESUME_EXPIRED:
		return raw.RESUME_REASON_KEY_EXPIRED
	case status == raw.RESUME_FORGED:
		return raw.RESUME_REASON_FORGED
	case status == raw.RESUME_MALFORMED:
		return raw.RESUME_REASON_MALFORMED
	case status == raw.RESUME_UNSUPPORTED:
		return raw.RESUME_REASON_UNSUPPORTED
	case status == raw.RESUME_E_NOMEM || !stored:
		return raw.RESUME_REASON_FAILED
	default:
		return raw.RESUME_REASON_STORE_FAILED
	}
}

// takeOnce takes a stored session for its one use, where the policy says so. Only now: a client
// whose offer is refused must not be able to burn a session that is not its own.
func (c *connection) takeOnce(ticket []byte, path Path, now time.Time, reason *int) bool {
	if !c.server.singleUse || (path != PathStored12 && path != PathStored13) {
		return true
	}
	var made raw.Handle_session
	status := int(ErrState)
	if c.server.store.h.use() {
		status = raw.Store_take(c.server.store.raw(), ticket, milliseconds(now), &made)
		c.server.store.h.done()
	}
	if status == statusOK {
		raw.Session_unref(made)
		return true
	}
	*reason = reasonOf(status, path)
	return false
}

// outcome counts what became of the offer, when crypto/tls has decided.
func (c *connection) outcome(cs *tls.ConnectionState) {
	if c.counted || c.alone || !c.server.h.use() {
		return
	}
	defer c.server.h.done()
	c.counted = true
	now := timeFor(c.config)
	switch {
	case c.resumed && cs.DidResume:
		c.server.count(c.path, c.reason, now.Sub(c.created), now)
	case c.resumed:
		c.server.count(c.path, raw.RESUME_REASON_NOT_RESUMABLE, 0, now)
	case !c.offered:
		c.server.count(PathNone, raw.RESUME_REASON_NOT_OFFERED, 0, now)
	}
}

// wrap is tls.Config.WrapSession.
func (c *connection) wrap(cs tls.ConnectionState, state *tls.SessionState) ([]byte, error) {
	if cs.DidResume && cs.Version == tls.VersionTLS12 && c.keepsTicket() {
		return c.ticket, nil
	}
	// Hooks that stand alone cannot know when the client was authenticated: the next handshake is
	// to be a full one.
	if !(c.alone && cs.DidResume && cs.Version == tls.VersionTLS13) && c.server.h.use() {
		defer c.server.h.done()
		if ticket := c.issue(&cs, state); ticket != nil {
			return ticket, nil
		}
	}
	return noTicket(cs.Version)
}

// noTicket: a TLS 1.2 server that has promised a ticket may send an empty one (RFC 5077 section
// 3.3). In TLS 1.3 there is no such thing, and crypto/tls has no way to send none: the client gets
// one that opens nothing.
func noTicket(version uint16) ([]byte, error) {
	if version != tls.VersionTLS13 {
		return []byte{}, nil
	}
	random := make([]byte, handleSize)
	_, err := rand.Read(random)
	return random, err
}

// keepsTicket: crypto/tls sends a ticket in every TLS 1.2 handshake; where none is due the client
// gets the one that it has.
func (c *connection) keepsTicket() bool {
	if !c.resumed || c.reason == raw.RESUME_REASON_RENEWED {
		return false
	}
	return !(c.server.singleUse && c.path == PathStored12)
}

// issue gives a ticket, or nil where there is none to give.
func (c *connection) issue(cs *tls.ConnectionState, state *tls.SessionState) []byte {
	now := timeFor(c.config)
	stored := c.server.modes&ModeTickets == 0
	data, err := state.Bytes()
	if err != nil {
		return c.failed(cs, stored, now)
	}
	defer wipe(data)
	var plain raw.Handle_session
	if raw.Session_from_gotls(data, &plain) != statusOK {
		return c.failed(cs, stored, now)
	}
	defer raw.Session_unref(plain)
	session, id := c.complete(plain, cs, stored, now)
	if session == nil {
		return c.failed(cs, stored, now)
	}
	defer session.h.close()
	if stored {
		status := raw.Server_store_session(c.server.raw(), session.raw(), milliseconds(now))
		c.server.issued(pathOf(cs.Version, true), status, now)
		if status != statusOK {
			return nil
		}
		return id
	}
	status, ticket := withBuffer(func(buf []byte, length *uint64) int {
		var lifetime uint32
		return raw.Server_issue_ticket(c.server.raw(), session.raw(), milliseconds(now), buf, length,
			&lifetime)
	})
	c.server.issued(pathOf(cs.Version, false), status, now)
	if status != statusOK {
		return nil
	}
	return ticket
}

func (c *connection) failed(cs *tls.ConnectionState, stored bool, now time.Time) []byte {
	c.server.count(pathOf(cs.Version, stored), raw.RESUME_REASON_NOT_ISSUED_FAILED, 0, now)
	return nil
}

// complete adds what crypto/tls does not keep: the server name, the context, the time of the full
// handshake, and an ID if the session is to be stored.
func (c *connection) complete(plain raw.Handle_session, cs *tls.ConnectionState, stored bool, now time.Time) (*Session, []byte) {
	context, ok := c.context(cs)
	set, err := sessionOptions(plain)
	if !ok || err != nil {
		return nil, nil
	}
	defer raw.Session_options_unref(set)
	var id []byte
	status := firstFailure(
		func() int { return raw.Session_options_set_context(set, context) },
		func() int { return raw.Session_options_set_server_name(set, []byte(cs.ServerName)) },
		func() int {
			if !cs.DidResume || !c.resumed {
				return statusOK
			}
			return raw.Session_options_set_authenticated(set, c.authenticated)
		},
		func() int {
			if !stored {
				return statusOK
			}
			id = make([]byte, handleSize)
			if _, err := rand.Read(id); err != nil {
				return int(ErrCrypto)
			}
			return raw.Session_options_set_session_id(set, id)
		},
	)
	if status != statusOK {
		return nil, nil
	}
	session, err := buildSession("issue", set)
	if err != nil {
		return nil, nil
	}
	return session, id
}
