// SPDX-License-Identifier: Apache-2.0

//go:build cgo

package resume

import (
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"encoding/binary"

	"github.com/libresume/libresume/bindings/go/internal/raw"
)

// A client's SessionState is a server's with another type, and in TLS 1.3 with a tail: until when it
// may be used, and ticket_age_add. The C library reads and writes the server's; the rest is here.
const (
	typeAt      = 2
	createdAt   = 5
	secretAt    = 13
	typeServer  = 1
	typeClient  = 2
	tail13      = 12
	lifetimeMax = 7 * 24 * 3600 // seconds, RFC 8446 section 4.6.1
)

// leafMark stands before what the server sent with its certificate, OCSP response and SCTs, in an
// entry of Extra, by which a session keeps it. A session that resumes shows them again.
var leafMark = []byte("libresume leaf\x01")

// A received session, as crypto/tls puts it.
type received struct {
	session raw.Handle_session // one reference
	ticket  []byte
	hint    uint32 // the ticket's lifetime in seconds; 0 in TLS 1.2, where crypto/tls does not keep it
	ageAdd  uint32
	leaf    []byte // extensions of the server's certificate
}

// readClientState reads what crypto/tls puts; false for what libresume does not know.
func readClientState(state *tls.ClientSessionState) (r received, ok bool) {
	ticket, session, err := state.ResumptionState()
	if err != nil || session == nil || len(ticket) == 0 {
		return r, false
	}
	data, err := session.Bytes()
	if err != nil || len(data) < secretAt || data[typeAt] != typeClient {
		return r, false
	}
	defer wipe(data)
	r.ticket = ticket
	if binary.BigEndian.Uint16(data) == tls.VersionTLS13 && !r.readTail(data) {
		return r, false
	}
	if at, length, found := leafExtensions(data); !found {
		return r, false
	} else if length > 0 {
		r.leaf = append([]byte(nil), data[at+2:at+2+length]...)
	}
	data[typeAt] = typeServer   // which ends before the tail; what comes behind is not looked at
	var made raw.Handle_session // not &r.session: cgo lets no memory pass that holds pointers
	ok = raw.Session_from_gotls(data, &made) == statusOK
	r.session = made
	return r, ok
}

func (r *received) readTail(data []byte) bool {
	tail := data[len(data)-tail13:]
	useBy, created := binary.BigEndian.Uint64(tail), binary.BigEndian.Uint64(data[createdAt:])
	if useBy <= created {
		return false
	}
	r.hint = lifetimeMax
	if useBy-created < lifetimeMax {
		r.hint = uint32(useBy - created)
	}
	r.ageAdd = binary.BigEndian.Uint32(tail[8:])
	return true
}

// complete gives one reference to the session with all that was received.
func (r *received) complete(authenticated uint64) (raw.Handle_session, bool) {
	set, err := sessionOptions(r.session)
	if err != nil {
		return 0, false
	}
	defer raw.Session_options_unref(set)
	var made raw.Handle_session
	status := firstFailure(
		func() int { return raw.Session_options_set_authenticated(set, authenticated) },
		func() int { return raw.Session_options_set_age_add(set, uint(r.ageAdd)) },
		func() int {
			if r.hint == 0 {
				return statusOK
			}
			return raw.Session_options_set_lifetime(set, uint(r.hint))
		},
		func() int {
			if raw.Session_version(r.session) == tls.VersionTLS13 {
				return statusOK
			}
			// As OpenSSL does it: what the ClientHello has beside the ticket, and by which a client
			// there knows that the server resumes (RFC 5077 section 3.4).
			id := sha256.Sum256(r.ticket)
			return raw.Session_options_set_session_id(set, id[:])
		},
		func() int {
			if len(r.leaf) == 0 || leafOf(r.session) != nil {
				return statusOK
			}
			entry := append(append([]byte(nil), leafMark...), r.leaf...)
			return raw.Session_options_add_appdata(set, uint16(raw.RESUME_APPDATA_GO_EXTRA), entry)
		},
		func() int { return raw.Session_new(set, &made) },
	)
	return made, status == statusOK
}

// leafOf is what a session keeps of its leaf's extensions; nil for none.
func leafOf(session raw.Handle_session) []byte {
	for i := int64(0); i < int64(raw.Session_appdata_count(session)); i++ {
		var tag uint16
		var length uint64
		address := raw.Session_appdata(session, i, &tag, &length)
		data := lent(address, length)
		if int(tag) == raw.RESUME_APPDATA_GO_EXTRA && bytes.HasPrefix(data, leafMark) {
			return data[len(leafMark):]
		}
	}
	return nil
}

// clientState gives what was saved as crypto/tls takes it; false where it may not be offered under
// this config to a server of that name, or is nothing that crypto/tls could offer.
func (s *sessionCache) clientState(saved raw.Handle_saved, name string) (*tls.ClientSessionState, bool) {
	var length uint64
	address := raw.Saved_ticket(saved, &length)
	ticket := lent(address, length)
	session := raw.Saved_session(saved)
	if len(ticket) == 0 { // an ID, which is nothing to crypto/tls
		return nil, false
	}
	chains, ok := s.serverChains(session, name)
	if !ok {
		return nil, false
	}
	status, data := withBuffer(func(buf []byte, length *uint64) int {
		return raw.Session_to_gotls(session, layout, chains, buf, length)
	})
	if status != statusOK {
		return nil, false
	}
	if data, ok = withLeaf(data, leafOf(session)); !ok {
		return nil, false
	}
	data[typeAt] = typeClient
	if raw.Session_version(session) == tls.VersionTLS13 {
		// The age of a ticket counts from its receipt.
		binary.BigEndian.PutUint64(data[createdAt:], raw.Saved_received(saved)/1000)
		data = withTail(data, raw.Saved_expires(saved)/1000, uint32(raw.Session_age_add(session)))
	}
	state, err := tls.ParseSessionState(data) // which points into data
	if err != nil {
		wipe(data)
		return nil, false
	}
	made, err := tls.NewResumptionState(ticket, state)
	return made, err == nil
}

// serverChains verifies the server's certificate anew, since a session outlives what was true when
// it began: validity, and the CAs that this config trusts. Sessions of other languages may hold the
// leaf alone, so that one behind an intermediate CA is not verified.
func (s *sessionCache) serverChains(session raw.Handle_session, name string) ([]byte, bool) {
	count := int64(raw.Session_peer_certificate_count(session))
	if count == 0 {
		return nil, false // crypto/tls offers no session without
	}
	if s.config.InsecureSkipVerify {
		return nil, true
	}
	if raw.Session_verify_result(session) != 0 {
		return nil, false
	}
	var certificates [][]byte
	for i := int64(0); i < count; i++ {
		var length uint64
		data := raw.Session_peer_certificate(session, i, &length)
		certificates = append(certificates, lent(data, length))
	}
	return s.verified.chains(certificates, s.config, name)
}

// leafExtensions finds the extensions of the first certificate in the bytes of a SessionState: where
// their length of two bytes is, and how many there are. No certificate is well, and has none.
func leafExtensions(data []byte) (at, length int, ok bool) {
	at, ok = certificateList(data)
	if !ok {
		return 0, 0, false
	}
	list, ok := number(data, at, 3)
	if !ok || list == 0 {
		return at, 0, ok
	}
	certificate, ok := number(data, at+3, 3)
	at += 3 + 3 + certificate
	if !ok {
		return 0, 0, false
	}
	length, ok = number(data, at, 2)
	return at, length, ok && at+2+length <= len(data)
}

// certificateList finds the list: behind the secret, Extra and two flags.
func certificateList(data []byte) (at int, ok bool) {
	secret, ok := number(data, secretAt, 1)
	if !ok {
		return 0, false
	}
	at = secretAt + 1 + secret
	extra, ok := number(data, at, 3)
	return at + 3 + extra + 2, ok
}

// number reads so many bytes; false where they are not there.
func number(data []byte, at, width int) (n int, ok bool) {
	if at+width > len(data) {
		return 0, false
	}
	for _, b := range data[at : at+width] {
		n = n<<8 | int(b)
	}
	return n, true
}

// withTail puts what ends a TLS 1.3 session. The bytes before are wiped.
func withTail(data []byte, useBy uint64, ageAdd uint32) []byte {
	defer wipe(data)
	out := append(make([]byte, 0, len(data)+tail13), data...)
	return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint64(out, useBy), ageAdd)
}

// withLeaf puts extensions to the first certificate, which has none. The bytes before are wiped.
func withLeaf(data, leaf []byte) ([]byte, bool) {
	if len(leaf) == 0 {
		return data, true
	}
	defer wipe(data)
	list, listed := certificateList(data)
	at, length, ok := leafExtensions(data)
	if !ok || !listed || length != 0 || at == list {
		return nil, false
	}
	out := make([]byte, 0, len(data)+len(leaf))
	out = append(out, data[:at]...)
	out = binary.BigEndian.AppendUint16(out, uint16(len(leaf)))
	out = append(out, leaf...)
	out = append(out, data[at+2:]...)
	size, _ := number(data, list, 3)
	size += len(leaf)
	out[list], out[list+1], out[list+2] = byte(size>>16), byte(size>>8), byte(size)
	return out, size < 1<<24
}
