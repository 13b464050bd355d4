// SPDX-License-Identifier: Apache-2.0

//go:build cgo

package resume

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

func TestClientForgetsWhatAServerDeclines(t *testing.T) {
	eachVersion(t, func(t *testing.T, version uint16) {
		c := clientOf(t, ClientOptions{})
		u := &client{config: verifying(t, version)}
		u.dialer = c.NewDialer(u.config, PeerOptions{})
		u.expect(t, attached(t, serverOf(t, "random:", "", Policy{})), false, true)
		silent := serverConfig(t)
		silent.SessionTicketsDisabled = true
		u.expect(t, silent, false)
		if stats := c.Stats(); stats.Sessions != 0 {
			t.Fatalf("%+v", stats)
		}
	})
}

func TestDialerTellsWhatIsWrong(t *testing.T) {
	dialer := clientOf(t, ClientOptions{}).NewDialer(nil, PeerOptions{})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	fatalIf(t, err)
	address := listener.Addr().String()
	fatalIf(t, listener.Close())
	if _, err := dialer.Dial("tcp", address); err == nil {
		t.Fatal("connected to nobody")
	}
	for _, address := range []string{"no port", "a.example:no such service", "a.example:65536"} {
		if _, err := dialer.Client(nil, address); err == nil {
			t.Fatal(address)
		}
	}
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	if _, err := dialer.Dial("tcp", server.Listener.Addr().String()); err == nil {
		t.Fatal("an unknown CA was trusted")
	}
}

func TestDialerKeepsPortsApart(t *testing.T) {
	config := verifying(t, tls.VersionTLS12)
	dialer := clientOf(t, ClientOptions{}).NewDialer(config, PeerOptions{})
	server := attached(t, serverOf(t, "random:", "", Policy{}))
	for _, visit := range []struct {
		port    string
		resumed bool
	}{{"443", false}, {"https", true}, {"imaps", false}, {"993", true}, {"https", true}} {
		(&client{config: config, dialer: dialer, port: visit.port}).expect(t, server, visit.resumed)
	}
}

// Other connections' sessions are none the worse for a handshake that failed.
func TestDialerForgetsWhatFailedAlone(t *testing.T) {
	eachVersion(t, func(t *testing.T, version uint16) {
		c := clientOf(t, ClientOptions{})
		config := verifying(t, version)
		config.ClientSessionCache = c.SessionCache(config, PeerOptions{Port: 443})
		server := attached(t, serverOf(t, "random:", "", Policy{}))
		for range [2]int{} {
			(&client{config: withoutGet(config)}).expect(t, server, false)
		}
		broken := server.Clone()
		broken.MinVersion, broken.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
		dialing := &client{config: config, dialer: c.NewDialer(config, PeerOptions{})}
		if _, err := dialing.connect(broken); err == nil {
			t.Fatal("the handshake did not fail")
		}
		left := uint64(0) // TLS 1.2 has one for all
		if version == tls.VersionTLS13 {
			left = 1
		}
		if stats := c.Stats(); stats.Hits != 1 || stats.Sessions != left {
			t.Fatalf("%+v", stats)
		}
		dialing.expect(t, server, left == 1, true)
	})
}

// What was offered is not held for as long as the connection lives.
func TestLink(t *testing.T) {
	dropped := 0
	handed := func() *handle { return newHandle(1, func(uintptr) { dropped++ }) }
	l := newLink()
	if l.authenticated(50) != 50 {
		t.Fatal("it has offered nothing")
	}
	l.offered, l.key, l.since = handed(), "a.example", 20
	s := &sessionCache{link: l}
	if !s.answered(true) || s.answered(true) || dropped != 1 || l.authenticated(50) != 20 {
		t.Fatal(dropped, l)
	}
	l.offered = handed()
	if !s.answered(false) || dropped != 2 || l.authenticated(50) != 50 {
		t.Fatal(dropped, l)
	}
}

// As a tls.Dialer's, the timeout is that of connecting and handshake together.
func TestDialerDoesNotWaitForEver(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	fatalIf(t, err)
	defer silent.Close()
	dialer := clientOf(t, ClientOptions{}).NewDialer(nil, PeerOptions{})
	for _, dialer.NetDialer = range []*net.Dialer{
		{Timeout: 100 * time.Millisecond}, {Deadline: time.Now().Add(200 * time.Millisecond)},
	} {
		if _, err := dialer.Dial("tcp", silent.Addr().String()); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
	}
}

func TestDialerOfNothing(t *testing.T) {
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	transport := server.Client().Transport.(*http.Transport)
	for _, dialer := range []*Dialer{new(Dialer), (*Client)(nil).NewDialer(transport.TLSClientConfig, PeerOptions{})} {
		conn, err := dialer.Dial("tcp", server.Listener.Addr().String())
		if trusting := dialer.config != nil; trusting != (err == nil) {
			t.Fatal(err)
		}
		if err == nil {
			fatalIf(t, conn.Close())
		}
	}
	gone := new(Client)
	fatalIf(t, gone.Close())
}
