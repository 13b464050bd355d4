// SPDX-License-Identifier: Apache-2.0

//go:build cgo

package resume

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

func clientOf(t testing.TB, options ClientOptions) *Client {
	t.Helper()
	c, err := NewClient(options)
	fatalIf(t, err)
	t.Cleanup(func() { c.Close() })
	return c
}

// verifying is a client's config that trusts the servers of these tests.
func verifying(t testing.TB, version uint16) *tls.Config {
	serverConfig(t)
	return &tls.Config{
		MinVersion: version, MaxVersion: version, ServerName: "a.example", RootCAs: ca.pool(),
	}
}

// user is a program with that client and config.
func user(c *Client, config *tls.Config) *client {
	config.ClientSessionCache = c.SessionCache(config, PeerOptions{})
	return &client{config: config}
}

func TestClientResumes(t *testing.T) {
	eachVersion(t, func(t *testing.T, version uint16) {
		server := attached(t, serverOf(t, "random:", "", Policy{}))
		c := clientOf(t, ClientOptions{})
		u := user(c, verifying(t, version))
		u.expect(t, server, false, true, true)
		state, err := u.connect(server)
		fatalIf(t, err)
		if !state.DidResume || len(state.VerifiedChains) != 1 || len(state.PeerCertificates) != 1 {
			t.Fatal(state.DidResume, state.VerifiedChains)
		}
		stats := c.Stats()
		if stats.Hits != 3 || stats.Misses != 1 || stats.Puts != 4 || stats.Unusable != 0 || stats.Peers != 1 {
			t.Fatalf("%+v", stats)
		}
		if text := c.String(); text != "resume.Client(1 sessions, 1 peers)" {
			t.Fatal(text)
		}
	})
}

func TestClientAtAServerWithoutLibresume(t *testing.T) {
	eachVersion(t, func(t *testing.T, version uint16) {
		user(clientOf(t, ClientOptions{}), verifying(t, version)).
			expect(t, serverConfig(t), false, true, true)
	})
}

func TestClientWithoutMuch(t *testing.T) {
	for _, options := range []ClientOptions{
		{MaxSessions: -1}, {MaxTickets: 65}, {MaxBytes: 1}, {MaxBytes: -1},
		{MaxTickets: math.MaxInt - (math.MaxUint32 - 5)}, // of which the last 32 bits are 5
		{Policy: Policy{RenewAfter: 1000}},
	} {
		if _, err := NewClient(options); !errors.Is(err, ErrInvalid) || err.(*Error).Why == "" {
			t.Errorf("%+v: %v", options, err)
		}
	}
	// Every call on what is closed, or was never there, is a miss.
	gone := clientOf(t, ClientOptions{MaxSessions: 10, MaxBytes: 1 << 20, MaxTickets: 1})
	gone.Close()
	for _, c := range []*Client{gone, nil} {
		u := user(c, verifying(t, tls.VersionTLS13))
		u.expect(t, attached(t, serverOf(t, "random:", "", Policy{})), false, false)
	}
	if stats := gone.Stats(); stats != (ClientStats{}) {
		t.Fatal(stats)
	}
	empty := clientOf(t, ClientOptions{})
	cache := empty.SessionCache(nil, PeerOptions{})
	cache.Put("a.example", nil)
	cache.Put("a.example", new(tls.ClientSessionState))
	if _, found := cache.Get("a.example"); found {
		t.Fatal("found in nothing")
	}
	if stats := empty.Stats(); stats.Refused != 1 || stats.Misses != 1 {
		t.Fatalf("%+v", stats)
	}
}

func TestClientManyAtOnce(t *testing.T) {
	eachVersion(t, func(t *testing.T, version uint16) {
		server := attached(t, serverOf(t, "random:", "", Policy{}))
		c := clientOf(t, ClientOptions{})
		config := verifying(t, version)
		config.ClientSessionCache = c.SessionCache(config, PeerOptions{})
		dialer := c.NewDialer(config, PeerOptions{Label: []byte("dialer")})
		var running sync.WaitGroup
		for i := 0; i < 6; i++ {
			running.Add(1)
			go func(i int) {
				defer running.Done()
				u := &client{config: config}
				if i%2 == 0 {
					u.dialer = dialer
				}
				for n := 0; n < 8; n++ {
					if _, err := u.connect(server); err != nil {
						t.Error(err)
					}
				}
			}(i)
		}
		running.Wait()
		if stats := c.Stats(); stats.Hits == 0 || stats.Unusable != 0 || stats.Puts != 48 {
			t.Fatalf("%+v", stats)
		}
	})
}

// visit reads a page by a transport of its own, which has no connection yet, and says whether the
// session resumed.
func visit(t testing.TB, transport *http.Transport, url string) (resumed bool, protocol string) {
	t.Helper()
	transport = transport.Clone()
	defer transport.CloseIdleConnections()
	answer, err := (&http.Client{Transport: transport}).Get(url)
	fatalIf(t, err)
	_, err = io.Copy(io.Discard, answer.Body)
	fatalIf(t, err)
	fatalIf(t, answer.Body.Close())
	return answer.TLS.DidResume, answer.Proto
}

func TestClientInAnHTTPTransport(t *testing.T) {
	page := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "page") })
	for _, protocol := range []string{"HTTP/1.1", "HTTP/2.0"} {
		for _, dialing := range []bool{false, true} {
			eachVersion(t, func(t *testing.T, version uint16) {
				server := httptest.NewUnstartedServer(page)
				server.EnableHTTP2 = protocol == "HTTP/2.0"
				server.TLS = attached(t, serverOf(t, "random:", "", Policy{}))
				server.StartTLS()
				defer server.Close()
				c := clientOf(t, ClientOptions{})
				config := verifying(t, version)
				transport := &http.Transport{TLSClientConfig: config, ForceAttemptHTTP2: server.EnableHTTP2}
				if dialing {
					if server.EnableHTTP2 {
						config.NextProtos = []string{"h2", "http/1.1"}
					}
					transport.DialTLSContext = c.NewDialer(config, PeerOptions{}).DialContext
				} else {
					config.ClientSessionCache = c.SessionCache(config, PeerOptions{})
				}
				for i := 0; i < 3; i++ {
					resumed, spoken := visit(t, transport, server.URL)
					if resumed != (i > 0) || spoken != protocol {
						t.Fatalf("%d, dialing %v: resumed %v by %s", i, dialing, resumed, spoken)
					}
				}
			})
		}
	}
}
