// SPDX-License-Identifier: Apache-2.0

//go:build cgo

package resume

import (
	"fmt"
	"time"

	"github.com/libresume/libresume/bindings/go/internal/raw"
)

// Session is one resumable TLS session. It never changes, and its secret is wiped with it.
type Session struct{ h *handle }

func newSession(made raw.Handle_session) *Session {
	return &Session{newHandle(uintptr(made), func(p uintptr) {
		raw.Session_unref(raw.Handle_session(p))
	})}
}

func (s *Session) raw() raw.Handle_session { return raw.Handle_session(s.h.pointer) }

// SessionOptions are what a session is made of. Version, CipherSuite, Secret, Created and Lifetime
// are needed.
type SessionOptions struct {
	Version              uint16 // tls.VersionTLS12 or tls.VersionTLS13
	CipherSuite          uint16
	Secret               []byte // master secret, or PSK after the nonce step
	ExtendedMasterSecret bool
	Created              time.Time // made or last renewed
	Authenticated        time.Time // of the full handshake; zero: Created
	Lifetime             time.Duration
	SessionID            []byte
	ServerName           string
	ALPN                 string
	Context              []byte
	Group                uint16
	VerifyResult         int
	PeerCertificates     [][]byte // DER, the leaf first
}

// String leaves the secret out.
func (o SessionOptions) String() string {
	return fmt.Sprintf("resume.SessionOptions(%#04x, suite %#04x)", o.Version, o.CipherSuite)
}

// GoString is String.
func (o SessionOptions) GoString() string { return o.String() }

// NewSession makes a session.
func NewSession(options SessionOptions) (*Session, error) {
	const op = "new session"
	set, err := sessionOptions(0)
	if err != nil {
		return nil, err
	}
	defer raw.Session_options_unref(set)
	o := &options
	status := firstFailure(
		func() int { return raw.Session_options_set_version(set, o.Version) },
		func() int { return raw.Session_options_set_cipher_suite(set, o.CipherSuite) },
		func() int { return raw.Session_options_set_secret(set, o.Secret) },
		func() int {
			return raw.Session_options_set_extended_master_secret(set, o.ExtendedMasterSecret)
		},
		func() int { return raw.Session_options_set_created(set, milliseconds(o.Created)) },
		func() int {
			if o.Authenticated.IsZero() {
				return statusOK
			}
			return raw.Session_options_set_authenticated(set, milliseconds(o.Authenticated))
		},
		func() int { return raw.Session_options_set_lifetime(set, seconds(o.Lifetime)) },
		func() int { return raw.Session_options_set_session_id(set, o.SessionID) },
		func() int { return raw.Session_options_set_server_name(set, []byte(o.ServerName)) },
		func() int { return raw.Session_options_set_alpn(set, []byte(o.ALPN)) },
		func() int { return raw.Session_options_set_context(set, o.Context) },
		func() int { return raw.Session_options_set_group(set, o.Group) },
		func() int { return raw.Session_options_set_verify_result(set, o.VerifyResult) },
	)
	for _, certificate := range o.PeerCertificates {
		if status == statusOK {
			status = raw.Session_options_add_peer_certificate(set, certificate)
		}
	}
	if status != statusOK {
		return nil, failure(op, status, raw.Session_options_why(set))
	}
	return buildSession(op, set)
}

// sessionOptions gives options, filled from a session unless it is 0.
func sessionOptions(from raw.Handle_session) (raw.Handle_session_options, error) {
	var set raw.Handle_session_options
	status := raw.Session_options_new(&set)
	if status == statusOK && from != 0 {
		if status = raw.Session_options_set_from(set, from); status != statusOK {
			raw.Session_options_unref(set)
		}
	}
	return set, failure("session options", status, "")
}

func buildSession(op string, set raw.Handle_session_options) (*Session, error) {
	var made raw.Handle_session
	if status := raw.Session_new(set, &made); status != statusOK {
		return nil, failure(op, status, raw.Session_options_why(set))
	}
	return newSession(made), nil
}

func firstFailure(calls ...func() int) int {
	for _, call := range calls {
		if status := call(); status != statusOK {
			return status
		}
	}
	return statusOK
}

func seconds(d time.Duration) uint {
	switch s := d / time.Second; {
	case s < 0:
		return 0
	case s > 0xFFFFFFFF:
		return 0xFFFFFFFF
	default:
		return uint(s)
	}
}

// ParseSession reads a session in the native format, as MarshalBinary writes it.
func ParseSession(data []byte) (*Session, error) {
	return parsed("parse session", data, raw.Session_from_native)
}

// ParseOpenSSLSession reads a session in OpenSSL's format.
func ParseOpenSSLSession(data []byte) (*Session, error) {
	return parsed("parse OpenSSL session", data,
		func(data []byte, made *raw.Handle_session) int {
			return raw.Session_from_openssl(data, nowMilliseconds(), made)
		})
}

// ParseGoSession reads the bytes of a server's tls.SessionState, of any version of Go.
func ParseGoSession(data []byte) (*Session, error) {
	return parsed("parse Go session", data, raw.Session_from_gotls)
}

func parsed(op string, data []byte, read func([]byte, *raw.Handle_session) int) (*Session, error) {
	if data == nil {
		data = []byte{}
	}
	var made raw.Handle_session
	if status := read(data, &made); status != statusOK {
		return nil, failure(op, status, "")
	}
	return newSession(made), nil
}

// Close drops the session.
func (s *Session) Close() error {
	s.h.close()
	return nil
}

// MarshalBinary gives the session in the native format, its secret included.
func (s *Session) MarshalBinary() ([]byte, error) {
	if !s.h.use() {
		return nil, ErrClosed
	}
	defer s.h.done()
	var data uintptr
	var length uint64
	if status := raw.Session_to_native(s.raw(), &data, &length); status != statusOK {
		return nil, failure("marshal session", status, "")
	}
	return raw.Copy(data, length), nil
}

// MarshalOpenSSL gives the session in OpenSSL's format, its secret included.
func (s *Session) MarshalOpenSSL() ([]byte, error) {
	if !s.h.use() {
		return nil, ErrClosed
	}
	defer s.h.done()
	status, data := withBuffer(func(buf []byte, length *uint64) int {
		return raw.Session_to_openssl(s.raw(), buf, length)
	})
	return data, failure("marshal session", status, "")
}

// MarshalGo gives the session as the running Go's tls.ParseSessionState reads it, its secret
// included. A client's certificate comes without a verified chain, so that crypto/tls declines it
// where it verifies certificates; Attach does better.
func (s *Session) MarshalGo() ([]byte, error) {
	if !s.h.use() {
		return nil, ErrClosed
	}
	defer s.h.done()
	data, status := s.toGo(nil)
	return data, failure("marshal session", status, "")
}

// Equal compares two sessions in all fields.
func (s *Session) Equal(other *Session) bool {
	if s == nil || other == nil || !s.h.use() {
		return false
	}
	defer s.h.done()
	if !other.h.use() {
		return false
	}
	defer other.h.done()
	return raw.Session_equal(s.raw(), other.raw())
}

func get[T any](s *Session, read func(raw.Handle_session) T) T {
	if !s.h.use() {
		var none T
		return none
	}
	defer s.h.done()
	return read(s.raw())
}

func getBytes(s *Session, read func(raw.Handle_session, *uint64) *byte) []byte {
	return get(s, func(h raw.Handle_session) []byte {
		var length uint64
		data := read(h, &length)
		return lent(data, length)
	})
}

// Version is tls.VersionTLS12 or tls.VersionTLS13. On a closed session this and what follows give
// zero values.
func (s *Session) Version() uint16 { return get(s, raw.Session_version) }

// CipherSuite is the IANA number of the suite.
func (s *Session) CipherSuite() uint16 { return get(s, raw.Session_cipher_suite) }

// ExtendedMasterSecret says whether the TLS 1.2 secret is one (RFC 7627).
func (s *Session) ExtendedMasterSecret() bool { return get(s, raw.Session_extended_master_secret) }

// Created is when the session was made or last renewed.
func (s *Session) Created() time.Time { return timeOf(get(s, raw.Session_created)) }

// Authenticated is when the full handshake behind it took place.
func (s *Session) Authenticated() time.Time { return timeOf(get(s, raw.Session_authenticated)) }

// Lifetime counts from Created.
func (s *Session) Lifetime() time.Duration {
	return time.Duration(get(s, raw.Session_lifetime)) * time.Second
}

// ServerName is the name that the client asked for.
func (s *Session) ServerName() string { return string(getBytes(s, raw.Session_server_name)) }

// ALPN is the application protocol that was chosen.
func (s *Session) ALPN() string { return string(getBytes(s, raw.Session_alpn)) }

// SessionID is a copy of the session ID.
func (s *Session) SessionID() []byte { return getBytes(s, raw.Session_session_id) }

// Context is a copy of the isolation context.
func (s *Session) Context() []byte { return getBytes(s, raw.Session_context) }

// Secret is a copy of the secret. Wipe it after use.
func (s *Session) Secret() []byte { return getBytes(s, raw.Session_secret) }

// VerifyResult is 0 if the verification of the client's certificate went well.
func (s *Session) VerifyResult() int { return get(s, raw.Session_verify_result) }

// PeerCertificates are copies of the client's certificates in DER, the leaf first.
func (s *Session) PeerCertificates() [][]byte {
	return get(s, func(h raw.Handle_session) [][]byte {
		var all [][]byte
		for i := int64(0); i < int64(raw.Session_peer_certificate_count(h)); i++ {
			var length uint64
			data := raw.Session_peer_certificate(h, i, &length)
			all = append(all, lent(data, length))
		}
		return all
	})
}

// String leaves the secret out.
func (s *Session) String() string {
	return fmt.Sprintf("resume.Session(%#04x, suite %#04x, name %q)", s.Version(), s.CipherSuite(),
		s.ServerName())
}

// GoString is String.
func (s *Session) GoString() string { return s.String() }
