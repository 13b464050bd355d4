// SPDX-License-Identifier: Apache-2.0

//go:build cgo

package resume

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
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

// A label in common does not make an unverified server a verified one.
func TestClientDoesNotTrustWhatNobodyVerified(t *testing.T) {
	eachVersion(t, func(t *testing.T, version uint16) {
		c := clientOf(t, ClientOptions{})
		shared := PeerOptions{Label: []byte("fleet"), SharedLabel: true}
		careless, careful := verifying(t, version), verifying(t, version)
		careless.InsecureSkipVerify = true
		for _, config := range []*tls.Config{careless, careful} {
			config.ClientSessionCache = c.SessionCache(config, shared)
		}
		server := attached(t, serverOf(t, "random:", "", Policy{}))
		(&client{config: careless}).expect(t, server, false, true)
		look(t, careful, false)
		if stats := c.Stats(); stats.Unusable != 1 {
			t.Fatalf("%+v", stats)
		}
		(&client{config: careful}).expect(t, server, false, true)
		(&client{config: careless}).expect(t, server, true)
	})
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

func TestClientVerifiesAnew(t *testing.T) {
	eachVersion(t, func(t *testing.T, version uint16) {
		c := clientOf(t, ClientOptions{})
		config := verifying(t, version)
		user(c, config).expect(t, attached(t, serverOf(t, "random:", "", Policy{})), false)
		distrusting := verifying(t, version)
		distrusting.RootCAs = newAuthority(t, "another").pool()
		user(c, distrusting)
		look(t, distrusting, false)
		if stats := c.Stats(); stats.Unusable != 1 || stats.Sessions != 0 {
			t.Fatalf("%+v", stats)
		}
	})
}

// What was found good counts for a while, but never longer than the certificate.
func TestClientRemembersWhatItVerified(t *testing.T) {
	serverConfig(t)
	config := verifying(t, tls.VersionTLS13)
	late := time.Duration(0)
	config.Time = func() time.Time { return time.Now().Add(late) }
	v := new(verified)
	good := func(name string, want bool) {
		t.Helper()
		if _, ok := v.chains(identity.Certificate, config, name); ok != want {
			t.Fatalf("%s, after %v: good %v", name, late, ok)
		}
	}
	good("a.example", true)
	good("c.example", false)
	config.RootCAs = newAuthority(t, "another").pool() // which shows whether anything is verified
	good("a.example", true)
	good("b.example", false)
	late = -time.Minute
	good("a.example", false)
	late = verifiedLife
	good("a.example", false)
	config.RootCAs, late = ca.pool(), 24*time.Hour-30*time.Minute
	good("a.example", true) // for half an hour
	late = 24*time.Hour + time.Minute
	good("a.example", false)
	for i := 0; i <= verifiedMax; i++ {
		v.known[[32]byte{byte(i), byte(i >> 8)}] = verdict{}
	}
	late = 0
	good("a.example", true)
	if len(v.known) != 1 {
		t.Fatal("it grows without end: ", len(v.known))
	}
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

func TestClientFiles(t *testing.T) {
	eachVersion(t, func(t *testing.T, version uint16) {
		server := attached(t, serverOf(t, "random:", "", Policy{}))
		path := filepath.Join(t.TempDir(), "sessions")
		keys, err := OpenKeyring(keyFile(t))
		fatalIf(t, err)
		one, other := clientOf(t, ClientOptions{}), clientOf(t, ClientOptions{})
		if err := other.Load(path, keys); !errors.Is(err, Miss) {
			t.Fatal(err)
		}
		user(one, verifying(t, version)).expect(t, server, false)
		fatalIf(t, one.Save(path, keys))
		info, err := os.Stat(path)
		fatalIf(t, err)
		if info.Mode().Perm() != 0o600 {
			t.Fatal(info.Mode())
		}
		foreign, err := OpenKeyring(keyFile(t))
		fatalIf(t, err)
		if err := other.Load(path, foreign); err == nil {
			t.Fatal("foreign keys opened it")
		}
		fatalIf(t, other.Load(path, keys))
		user(other, verifying(t, version)).expect(t, server, true)
		if err := other.Load("a\x00b", keys); !errors.Is(err, ErrInvalid) {
			t.Fatal(err)
		}
		fatalIf(t, other.Clear())
		fatalIf(t, other.Close())
		for _, err := range []error{other.Save(path, keys), other.Load(path, keys), other.Clear()} {
			if !errors.Is(err, ErrClosed) {
				t.Fatal(err)
			}
		}
	})
}

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

func TestClientWithoutMuch(t *testing.T) {
	for _, options := range []ClientOptions{
		{MaxSessions: -1}, {MaxTickets: 65}, {MaxBytes: 1}, {Policy: Policy{RenewAfter: 1000}},
	} {
		if _, err := NewClient(options); !errors.Is(err, ErrInvalid) {
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

// The bytes of a session may end anywhere.
func TestLeafExtensionsOfAnything(t *testing.T) {
	u := newClient(tls.VersionTLS13)
	u.expect(t, serverConfig(t), false)
	_, state, err := u.session().ResumptionState()
	fatalIf(t, err)
	data, err := state.Bytes()
	fatalIf(t, err)
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
