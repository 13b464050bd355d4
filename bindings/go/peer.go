// SPDX-License-Identifier: Apache-2.0

//go:build cgo

package resume

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"encoding/binary"
	"net/netip"
	"reflect"
	"strings"

	"github.com/libresume/libresume/bindings/go/internal/raw"
)

// PeerOptions say what keeps sessions apart besides server name, protocols and the config's settings.
type PeerOptions struct {
	// Port that connections go to. crypto/tls does not tell it to a cache: with 0, all ports of one
	// name share their sessions. A Dialer knows it by itself.
	Port uint16

	// Label is what else sessions depend on: "proxy" for a config that speaks with a proxy, "quic" for
	// one of QUIC, one for each GetClientCertificate and VerifyPeerCertificate. Functions cannot be
	// compared: without a label, a config that has one of these shares sessions with no other cache.
	Label []byte

	// SharedLabel has Label stand alone, without the digest of the config's settings, for files that
	// are shared with other languages: their Peer with the same label is the same peer. That every
	// config with that label would have made these sessions is then yours to see to.
	SharedLabel bool
}

// peerID is a peer as the client knows it.
type peerID struct {
	host, name string
	port       uint16
	alpn       string
	label      string
}

// peerOf finds the peer that a key of crypto/tls means: a server name, or without one the address of
// the other end.
func (s *sessionCache) peerOf(key string) (peerID, bool) {
	id := s.settings
	if end, err := netip.ParseAddrPort(key); err == nil {
		id.host, id.port = end.Addr().String(), end.Port()
		return id, true
	}
	id.host = lowerASCII(strings.TrimRight(key, "."))
	if _, err := netip.ParseAddr(strings.Trim(id.host, "[]")); err != nil { // an address is not sent
		id.name = id.host
	}
	return id, id.host != "" && strings.IndexByte(id.host, 0) < 0 // C would cut it off there
}

// lowerASCII is how the C library compares names; strings.ToLower has some letters become ASCII's.
func lowerASCII(name string) string {
	lower := []byte(name)
	for i, b := range lower {
		if 'A' <= b && b <= 'Z' {
			lower[i] = b + 'a' - 'A'
		}
	}
	return string(lower)
}

// open gives one reference.
func (id *peerID) open() (raw.Handle_peer, bool) {
	var made raw.Handle_peer
	if raw.Peer_new(id.host, id.port, &made) != statusOK {
		return 0, false
	}
	ok := firstFailure(
		func() int { return raw.Peer_set_server_name(made, []byte(id.name)) },
		func() int { return raw.Peer_set_alpn(made, []byte(id.alpn)) },
		func() int { return raw.Peer_set_label(made, []byte(id.label)) },
	) == statusOK
	if !ok {
		raw.Peer_unref(made)
	}
	return made, ok
}

// settingsOf are what all peers of a config have in common.
func settingsOf(config *tls.Config, options *PeerOptions) peerID {
	id := peerID{port: options.Port, label: string(options.Label)}
	for _, protocol := range config.NextProtos {
		id.alpn += string([]byte{byte(len(protocol))}) + protocol
	}
	if !options.SharedLabel {
		id.label = string(settingsDigest(config, options.Label))
	}
	return id
}

// settingsDigest stands for all of a client's config that a session depends on: under other settings
// it might never have come about. Trust anchors are not in it, since each session's certificates are
// verified anew under today's before it is offered. Of VerifyConnection it is enough that it is there:
// it is called when a session resumes, too.
func settingsDigest(config *tls.Config, label []byte) []byte {
	digest := sha256.New()
	number := func(n int) {
		var bytes [8]byte
		binary.BigEndian.PutUint64(bytes[:], uint64(n))
		digest.Write(bytes[:])
	}
	add := func(data []byte) {
		number(len(data))
		digest.Write(data)
	}
	is := func(set bool) {
		if set {
			number(1)
		} else {
			number(0)
		}
	}
	add([]byte("libresume crypto/tls client settings 1"))
	add(label)
	is(config.InsecureSkipVerify)
	is(config.VerifyPeerCertificate != nil)
	is(config.VerifyConnection != nil)
	is(config.GetClientCertificate != nil)
	is(usesECH(config))
	number(int(config.MinVersion))
	number(int(config.MaxVersion))
	number(len(config.CipherSuites))
	for _, suite := range config.CipherSuites {
		number(int(suite))
	}
	number(len(config.Certificates))
	for _, own := range config.Certificates {
		if len(own.Certificate) > 0 {
			add(own.Certificate[0])
		}
	}
	if len(label) == 0 && (config.VerifyPeerCertificate != nil || config.GetClientCertificate != nil) {
		add(unlike())
	}
	return digest.Sum(nil)
}

// unlike gives what is like nothing else. Without random numbers there is no TLS either.
func unlike() []byte {
	data := make([]byte, sha256.Size)
	if _, err := rand.Read(data); err != nil {
		panic("resume: no random numbers: " + err.Error())
	}
	return data
}

// usesECH says whether the ClientHello is encrypted, which Go can do from 1.23 on. A session of it
// must not be offered in clear, nor the other way round.
func usesECH(config *tls.Config) bool {
	list := reflect.ValueOf(config).Elem().FieldByName("EncryptedClientHelloConfigList")
	return list.IsValid() && list.Len() > 0
}
