// SPDX-License-Identifier: Apache-2.0

//go:build cgo

package resume

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"testing"
)

// What the server sent with its certificate is there again when the session resumes.
func TestClientKeepsStapleAndTimestamps(t *testing.T) {
	eachVersion(t, func(t *testing.T, version uint16) {
		server := serverConfig(t)
		server.Certificates[0].OCSPStaple = []byte("staple")
		server.Certificates[0].SignedCertificateTimestamps = [][]byte{[]byte("one"), []byte("two")}
		u := user(clientOf(t, ClientOptions{}), verifying(t, version))
		for i := 0; i < 3; i++ {
			state, err := u.connect(server)
			fatalIf(t, err)
			if state.DidResume != (i > 0) || string(state.OCSPResponse) != "staple" ||
				len(state.SignedCertificateTimestamps) != 2 ||
				string(state.SignedCertificateTimestamps[1]) != "two" {
				t.Fatalf("%d: %+v", i, state)
			}
		}
	})
}

// quic-go and others keep what is theirs in Extra, and put the session that they were given.
func TestClientKeepsWhatOthersAdd(t *testing.T) {
	eachVersion(t, func(t *testing.T, version uint16) {
		config, server := verifying(t, version), serverConfig(t)
		server.Certificates[0].OCSPStaple = []byte("staple")
		user(clientOf(t, ClientOptions{}), config).expect(t, server, false)
		for i := 0; i < 2; i++ {
			config.ClientSessionCache.Put("a.example", adding(t, look(t, config, true), fmt.Sprint("theirs ", i)))
		}
		_, state, err := look(t, config, true).ResumptionState()
		fatalIf(t, err)
		leaf := append(append([]byte(nil), leafMark...), "\x00\x05"...)
		var extra [][]byte
		for _, entry := range state.Extra {
			// The time of the handshake stands there if it is not of the same second.
			if !bytes.HasPrefix(entry, []byte("rsm\x01")) {
				extra = append(extra, entry)
			}
		}
		if len(extra) != 3 || !bytes.HasPrefix(extra[0], leaf) ||
			string(bytes.Join(extra[1:], []byte(","))) != "theirs 0,theirs 1" {
			t.Fatalf("%q", extra)
		}
	})
}

func adding(t testing.TB, session *tls.ClientSessionState, entry string) *tls.ClientSessionState {
	t.Helper()
	ticket, state, err := session.ResumptionState()
	fatalIf(t, err)
	state.Extra = append(state.Extra, []byte(entry))
	session, err = tls.NewResumptionState(ticket, state)
	fatalIf(t, err)
	return session
}

// sessionBytes are those of a TLS 1.3 session that crypto/tls put.
func sessionBytes(t testing.TB) []byte {
	u := newClient(tls.VersionTLS13)
	u.expect(t, serverConfig(t), false)
	_, state, err := u.session().ResumptionState()
	fatalIf(t, err)
	data, err := state.Bytes()
	fatalIf(t, err)
	return data
}

// The bytes of a session may end anywhere.
func TestLeafExtensionsOfAnything(t *testing.T) {
	data := sessionBytes(t)
	for n := range data {
		leafExtensions(data[:n])
		withLeaf(bytes.Clone(data[:n]), []byte("leaf"))
	}
	for at := secretAt; at < len(data); at++ {
		spoilt := bytes.Clone(data)
		spoilt[at] ^= 0xff
		leafExtensions(spoilt)
		withLeaf(spoilt, []byte("leaf"))
	}
}

// The secret stands in what they are given, and again in what they give.
func TestClientStateLeavesNoCopies(t *testing.T) {
	first := sessionBytes(t)
	first = first[: len(first)-tail13 : len(first)-tail13]
	second, ok := withLeaf(first, []byte("\x00\x05\x00\x00\x01s"))
	third := withTail(second, 1, 2)
	if !ok || len(third) != len(first)+6+tail13 {
		t.Fatal(ok, len(first), len(third))
	}
	for _, data := range [][]byte{first, second} {
		if !bytes.Equal(data, make([]byte, len(data))) {
			t.Fatalf("%x", data)
		}
	}
}
