// SPDX-License-Identifier: Apache-2.0

//go:build cgo

package resume

import (
	"net"
	"net/http/httptest"
	"testing"
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
	if _, err := dialer.Client(nil, "no port"); err == nil {
		t.Fatal("an address without a port")
	}
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	if _, err := dialer.Dial("tcp", server.Listener.Addr().String()); err == nil {
		t.Fatal("an unknown CA was trusted")
	}
}
