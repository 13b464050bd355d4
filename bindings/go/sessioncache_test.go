// SPDX-License-Identifier: Apache-2.0

//go:build cgo

package resume

import (
	"crypto/tls"
	"sync"
	"testing"
	"time"
)

func look(t testing.TB, config *tls.Config, want bool) *tls.ClientSessionState {
	t.Helper()
	state, ok := config.ClientSessionCache.Get("a.example")
	if ok != want || (state != nil) != want {
		t.Fatalf("found %v, want %v", ok, want)
	}
	return state
}

func ticketOf(t testing.TB, state *tls.ClientSessionState) string {
	t.Helper()
	ticket, _, err := state.ResumptionState()
	fatalIf(t, err)
	return string(ticket)
}

func TestClientUsesATicketOfTLS13Once(t *testing.T) {
	server := attached(t, serverOf(t, "random:", "", Policy{}))
	c := clientOf(t, ClientOptions{MaxTickets: 2})
	config := verifying(t, tls.VersionTLS13)
	one := user(c, config)
	var running sync.WaitGroup
	for i := 0; i < 3; i++ { // at once, so that each begins without a session
		running.Add(1)
		go func() {
			defer running.Done()
			if _, err := (&client{config: withoutGet(config)}).connect(server); err != nil {
				t.Error(err)
			}
		}()
	}
	running.Wait()
	first, second := look(t, config, true), look(t, config, true)
	look(t, config, false)
	if ticketOf(t, first) == ticketOf(t, second) {
		t.Fatal("a ticket came twice")
	}
	if stats := c.Stats(); stats.Evicted != 1 {
		t.Fatalf("%+v", stats)
	}
	one.expect(t, server, false, true)
}

// withoutGet is the config of a client that only puts.
func withoutGet(config *tls.Config) *tls.Config {
	config = config.Clone()
	config.ClientSessionCache = putOnly{config.ClientSessionCache}
	return config
}

type putOnly struct{ tls.ClientSessionCache }

func (putOnly) Get(string) (*tls.ClientSessionState, bool) { return nil, false }

func TestClientKeepsATicketOfTLS12(t *testing.T) {
	config := verifying(t, tls.VersionTLS12)
	u := user(clientOf(t, ClientOptions{}), config)
	u.expect(t, attached(t, serverOf(t, "random:", "", Policy{})), false)
	if ticketOf(t, look(t, config, true)) != ticketOf(t, look(t, config, true)) {
		t.Fatal("it is another ticket")
	}
	config.ClientSessionCache.Put("a.example", nil) // as after a failed handshake
	look(t, config, false)
}

func TestClientDropsWhatHasExpired(t *testing.T) {
	eachVersion(t, func(t *testing.T, version uint16) {
		c := clientOf(t, ClientOptions{})
		config := verifying(t, version)
		late := time.Duration(0)
		config.Time = func() time.Time { return time.Now().Add(late) }
		u := user(c, config)
		u.expect(t, attached(t, serverOf(t, "random:", "", Policy{})), false)
		late = 7*24*time.Hour + time.Minute
		look(t, config, false)
		if stats := c.Stats(); stats.Expired != 1 {
			t.Fatalf("%+v", stats)
		}
	})
}

// A session that was renewed counts from its full handshake.
func TestClientLetsNoSessionLiveForEver(t *testing.T) {
	longLived := newAuthority(t, "long")
	pair := longLived.issue(t, "server", 20*24*time.Hour)
	life := Policy{Authentication12: 150 * time.Minute, Authentication13: 150 * time.Minute}
	eachVersion(t, func(t *testing.T, version uint16) {
		for _, dialing := range []bool{false, true} {
			var now time.Duration
			clock := func() time.Time { return time.Now().Add(now) }
			server := &tls.Config{Certificates: []tls.Certificate{pair}, Time: clock}
			config := verifying(t, version)
			config.RootCAs, config.Time = longLived.pool(), clock
			c := clientOf(t, ClientOptions{Policy: life})
			connect := func() bool {
				u := &client{config: config}
				if dialing {
					u.dialer = c.NewDialer(config, PeerOptions{})
				}
				return u.resumes(t, server)
			}
			if !dialing {
				user(c, config)
			}
			for hour, want := range []bool{false, true, true, false, true, true, false} {
				now = time.Duration(hour) * time.Hour
				if got := connect(); got != want {
					t.Fatalf("dialing %v, hour %d: resumed %v", dialing, hour, got)
				}
			}
		}
	})
}

// Nor does a session get younger on the way through another cache.
func TestClientKeepsTheTimeOfTheHandshake(t *testing.T) {
	policy := Policy{Authentication12: 150 * time.Minute, Authentication13: 150 * time.Minute}
	eachVersion(t, func(t *testing.T, version uint16) {
		config, server := verifying(t, version), serverConfig(t)
		var late time.Duration
		config.Time = func() time.Time { return time.Now().Add(late) }
		server.Time = config.Time
		u := user(clientOf(t, ClientOptions{Policy: policy}), config)
		u.expect(t, server, false)
		late = time.Hour
		u.expect(t, server, true)
		session := look(t, config, true)
		for _, hours := range []time.Duration{2, 3} {
			other := clientOf(t, ClientOptions{Policy: policy}).SessionCache(config, PeerOptions{})
			late = time.Hour
			other.Put("a.example", session)
			late = hours * time.Hour
			if _, found := other.Get("a.example"); found != (hours == 2) {
				t.Fatalf("after %d hours: found %v", hours, found)
			}
		}
	})
}
