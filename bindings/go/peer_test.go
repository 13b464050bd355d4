// SPDX-License-Identifier: Apache-2.0

//go:build cgo

package resume

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"strings"
	"testing"
	"time"
)

func TestClientOffersNothingUnderAnotherNameOrConfig(t *testing.T) {
	other := newAuthority(t, "clients").issue(t, "me", time.Hour)
	for what, change := range map[string]func(*tls.Config){
		"name":         func(c *tls.Config) { c.ServerName = "b.example" },
		"verification": func(c *tls.Config) { c.InsecureSkipVerify = true },
		"certificate":  func(c *tls.Config) { c.Certificates = []tls.Certificate{other} },
		"protocols":    func(c *tls.Config) { c.NextProtos = []string{"h2"} },
		"suites":       func(c *tls.Config) { c.CipherSuites = []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256} },
		"versions":     func(c *tls.Config) { c.MinVersion = tls.VersionTLS11 },
	} {
		t.Run(what, func(t *testing.T) {
			eachVersion(t, func(t *testing.T, version uint16) {
				server := serverOf(t, "random:", "", Policy{AnyServerName: true})
				c := clientOf(t, ClientOptions{})
				one := user(c, verifying(t, version))
				one.expect(t, attached(t, server), false)
				config := verifying(t, version)
				change(config)
				user(c, config).expect(t, attached(t, server), false)
				expectCount(t, server, "not_offered", 2)
				one.expect(t, attached(t, server), true)
			})
		})
	}
}

func TestClientHasASessionForEachOfItsCertificates(t *testing.T) {
	people := newAuthority(t, "clients")
	c := clientOf(t, ClientOptions{})
	server := attached(t, serverOf(t, "random:", "", Policy{}))
	for range [2]int{} {
		config := verifying(t, tls.VersionTLS13)
		config.Certificates = []tls.Certificate{people.issue(t, "somebody", time.Hour)}
		user(c, config).expect(t, server, false, true)
	}
}

func TestClientLabelsAndPorts(t *testing.T) {
	c := clientOf(t, ClientOptions{})
	config := verifying(t, tls.VersionTLS13)
	user(c, config).expect(t, attached(t, serverOf(t, "random:", "", Policy{})), false)
	for _, options := range []PeerOptions{
		{Port: 443}, {Label: []byte("proxy")}, {SharedLabel: true},
		{Label: []byte("fleet"), SharedLabel: true},
	} {
		if _, found := c.SessionCache(config, options).Get("a.example"); found {
			t.Errorf("%+v is no other peer", options)
		}
	}
	for _, key := range []string{"", "b.example", "127.0.0.1", "127.0.0.1:443", "a\x00b", strings.Repeat("a", 300)} {
		if _, found := config.ClientSessionCache.Get(key); found {
			t.Errorf("%q is no other peer", key)
		}
	}
	if _, found := config.ClientSessionCache.Get("A.Example."); !found {
		t.Error("a name in other letters is another peer")
	}
}

func TestPeerOfAKey(t *testing.T) {
	settings := &sessionCache{settings: peerID{port: 7}}
	for key, want := range map[string]peerID{
		"A.Example..":      {host: "a.example", name: "a.example", port: 7},
		"\u212a.example":   {host: "\u212a.example", name: "\u212a.example", port: 7}, // not k.example
		"\xff.example":     {host: "\xff.example", name: "\xff.example", port: 7},
		"192.0.2.1":        {host: "192.0.2.1", port: 7},
		"192.0.2.1:443":    {host: "192.0.2.1", port: 443},
		"2001:db8::1:443":  {host: "2001:db8::1:443", port: 7},
		"[2001:db8::1]:44": {host: "2001:db8::1", port: 44},
		"fe80::1%eth0":     {host: "fe80::1%eth0", port: 7},
	} {
		if got, ok := settings.peerOf(key); !ok || got != want {
			t.Errorf("%q: %+v", key, got)
		}
	}
	for _, key := range []string{"", "...", "a\x00b"} {
		if got, ok := settings.peerOf(key); ok {
			t.Errorf("%q: %+v", key, got)
		}
	}
}

// VerifyPeerCertificate is not called when a session resumes, so that a session of one must not come
// to another.
func TestClientSharesNothingBetweenFunctions(t *testing.T) {
	for what, add := range map[string]func(*tls.Config, string){
		"VerifyPeerCertificate": func(c *tls.Config, _ string) {
			c.VerifyPeerCertificate = func([][]byte, [][]*x509.Certificate) error { return nil }
		},
		"GetClientCertificate": func(c *tls.Config, name string) {
			c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
				return nil, errors.New(name)
			}
		},
	} {
		t.Run(what, func(t *testing.T) {
			c := clientOf(t, ClientOptions{})
			server := attached(t, serverOf(t, "random:", "", Policy{}))
			for _, label := range []string{"", "", "one", "another"} {
				config := verifying(t, tls.VersionTLS12)
				add(config, label)
				options := PeerOptions{Label: []byte(label)}
				config.ClientSessionCache = c.SessionCache(config, options)
				(&client{config: config}).expect(t, server, false, true)
				dialing := &client{config: config, dialer: c.NewDialer(config, options)}
				dialing.expect(t, server, false, true)
			}
			config := verifying(t, tls.VersionTLS12)
			add(config, "one")
			config.ClientSessionCache = c.SessionCache(config, PeerOptions{Label: []byte("one")})
			(&client{config: config}).expect(t, server, true)
		})
	}
}
