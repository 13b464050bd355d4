// SPDX-License-Identifier: Apache-2.0

//go:build cgo

package resume

import (
	"bytes"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"
)

func TestServersSharingKeysResumeEachOther(t *testing.T) {
	eachVersion(t, func(t *testing.T, version uint16) {
		keys := keyFile(t)
		one, other := serverOf(t, keys, "", Policy{}), serverOf(t, keys, "", Policy{})
		c := newClient(version)
		c.expect(t, attached(t, one), false, true)
		c.expect(t, attached(t, other), true, true)
		c.expect(t, attached(t, one), true)
		expectCount(t, one, "not_offered", 1)
		path := pathOf(version, false)
		want := Resumed
		if version == tls.VersionTLS13 {
			want = Renewed
		}
		if one.Count(path, want) != 2 || other.Count(path, want) != 2 {
			t.Fatal(one.Stats(), other.Stats())
		}
	})
}

func TestAeadFrame(t *testing.T) {
	eachVersion(t, func(t *testing.T, version uint16) {
		keys, err := OpenKeyring("random:")
		fatalIf(t, err)
		codec, err := NewCodec(keys, CodecOptions{Frame: FrameAEAD, Context: []byte("fleet")})
		fatalIf(t, err)
		server, err := NewServer(ServerOptions{Codec: codec})
		fatalIf(t, err)
		c := newClient(version)
		c.expect(t, attached(t, server), false, true, true)
	})
}

func TestOtherKeysAreAFullHandshake(t *testing.T) {
	eachVersion(t, func(t *testing.T, version uint16) {
		c := newClient(version)
		c.expect(t, attached(t, serverOf(t, "random:", "", Policy{})), false, true)
		other := serverOf(t, "random:", "", Policy{})
		c.expect(t, attached(t, other), false, true)
		expectCount(t, other, "unknown_key", 1)
	})
}

func TestRotation(t *testing.T) {
	eachVersion(t, func(t *testing.T, version uint16) {
		keys, err := OpenKeyring("random:")
		fatalIf(t, err)
		server, err := NewServer(ServerOptions{Keyring: keys})
		fatalIf(t, err)
		config := attached(t, server)
		c := newClient(version)
		c.expect(t, config, false)
		before := c.ticket(t)
		fatalIf(t, keys.Rotate())
		c.expect(t, config, true)
		after := c.ticket(t)
		if bytes.Equal(before[:16], after[:16]) {
			t.Fatal("the ticket was not renewed under the new key")
		}
		c.expect(t, config, true)
	})
}

func TestATicketThatNeedsNoRenewalIsKept(t *testing.T) {
	config := attached(t, serverOf(t, "random:", "", Policy{}))
	c := newClient(tls.VersionTLS12)
	c.expect(t, config, false)
	before := c.ticket(t)
	c.expect(t, config, true)
	if !bytes.Equal(before, c.ticket(t)) {
		t.Fatal("a TLS 1.2 ticket was renewed without need")
	}
}

func TestIsolationByServerName(t *testing.T) {
	eachVersion(t, func(t *testing.T, version uint16) {
		server := serverOf(t, "random:", "", Policy{})
		config := attached(t, server)
		c := newClient(version)
		c.expect(t, config, false, true)
		c.config.ServerName = "b.example"
		c.expect(t, config, false, true)
		expectCount(t, server, "context_mismatch", 1)
		open := attached(t, serverOf(t, "random:", "", Policy{AnyServerName: true}))
		c.expect(t, open, false)
		c.config.ServerName = "a.example"
		c.expect(t, open, true)
	})
}

func TestStored(t *testing.T) {
	for _, url := range []string{"memory:", "shm:" + filepath.Join(t.TempDir(), "sessions") + "?bytes=4M"} {
		for _, single := range []bool{false, true} {
			eachVersion(t, func(t *testing.T, version uint16) {
				store, err := OpenStore(url)
				fatalIf(t, err)
				server, err := NewServer(ServerOptions{Store: store, Policy: Policy{SingleUse: single}})
				fatalIf(t, err)
				config := attached(t, server)
				c := newClient(version)
				c.expect(t, config, false, true)
				kept, ticket := c.session(), c.ticket(t)
				if len(ticket) != handleSize {
					t.Fatalf("a ticket of %d bytes", len(ticket))
				}
				c.expect(t, config, true)
				c.cache.Put("one", kept)
				c.expect(t, config, !single)
				c.cache.Put("one", kept)
				c.expect(t, attached(t, serverOf(t, "", "memory:", Policy{})), false)
			})
		}
	}
}

func TestServersSharingAStore(t *testing.T) {
	eachVersion(t, func(t *testing.T, version uint16) {
		url := "shm:" + filepath.Join(t.TempDir(), "sessions") + "?bytes=4M"
		one, other := serverOf(t, "", url, Policy{}), serverOf(t, "", url, Policy{})
		c := newClient(version)
		c.expect(t, attached(t, one), false, true)
		c.expect(t, attached(t, other), true)
		c.expect(t, attached(t, one), true)
		fatalIf(t, one.Forget(c.ticket(t)))
		c.expect(t, attached(t, other), false)
		expectCount(t, other, "not_in_store", 1)
	})
}

func TestBadTickets(t *testing.T) {
	eachVersion(t, func(t *testing.T, version uint16) {
		server := serverOf(t, "random:", "memory:", Policy{})
		config := attached(t, server)
		c := newClient(version)
		c.expect(t, config, false)
		kept, good := c.session(), c.ticket(t)
		for length := 0; length < len(good); length++ {
			hooks := &connection{server: server, config: config}
			state, err := hooks.unwrap(good[:length], tls.ConnectionState{
				Version: version, ServerName: "a.example", CipherSuite: tls.TLS_AES_128_GCM_SHA256})
			if state != nil || err != nil {
				t.Fatalf("cut to %d bytes: %v, %v", length, state, err)
			}
		}
		random := make([]byte, len(good))
		flipped := append([]byte(nil), good...)
		flipped[len(flipped)-1] ^= 1
		if _, err := rand.Read(random); err != nil {
			t.Fatal(err)
		}
		for _, bad := range [][]byte{random, random[:32], flipped, good[:len(good)-1], {0}, bytes.Repeat(good, 40)} {
			c.offer(t, kept, bad)
			c.expect(t, config, false)
		}
		c.cache.Put("one", kept)
		c.expect(t, config, true)
	})
}

func TestExpired(t *testing.T) {
	eachVersion(t, func(t *testing.T, version uint16) {
		server := serverOf(t, "random:", "", Policy{Lifetime12: time.Minute, Lifetime13: time.Minute})
		config := attached(t, server)
		c := newClient(version)
		c.expect(t, config, false, true)
		later := config.Clone()
		later.Time = func() time.Time { return time.Now().Add(2 * time.Minute) }
		c.expect(t, later, false)
		expectCount(t, server, "expired", 1)
	})
}

// A session that is renewed again and again still ends when its authentication is too old.
func TestRenewalsDoNotExtendAuthentication(t *testing.T) {
	eachVersion(t, func(t *testing.T, version uint16) {
		server := serverOf(t, "random:?seal=24h&open=24h", "", Policy{RenewAfter: 1,
			Authentication12: 10 * time.Minute, Authentication13: 10 * time.Minute})
		var ahead time.Duration
		config := serverConfig(t)
		config.Time = func() time.Time { return time.Now().Add(ahead) }
		fatalIf(t, Attach(config, server))
		c := newClient(version)
		c.config.Time = config.Time
		c.expect(t, config, false)
		for ahead = 4 * time.Minute; ahead < 10*time.Minute; ahead += 4 * time.Minute {
			c.expect(t, config, true)
		}
		ahead = 11 * time.Minute
		c.expect(t, config, false, true)
	})
}

func TestClientCertificates(t *testing.T) {
	eachVersion(t, func(t *testing.T, version uint16) {
		server := serverOf(t, "random:", "", Policy{})
		open := attached(t, server)
		trusted := newAuthority(t, "clients")
		mutual := serverConfig(t)
		mutual.ClientAuth, mutual.ClientCAs = tls.RequireAndVerifyClientCert, trusted.pool()
		fatalIf(t, Attach(mutual, server))

		c := newClient(version)
		c.expect(t, open, false, true)
		if _, err := c.connect(mutual); err == nil {
			t.Fatal("a client without a certificate came in by its session")
		}
		c.config.Certificates = []tls.Certificate{trusted.issue(t, "client", time.Hour)}
		c.expect(t, mutual, false, true, true)
		state, err := c.connect(mutual)
		fatalIf(t, err)
		if !state.DidResume {
			t.Fatal("a session with a certificate does not resume")
		}
		kept := c.session()

		// An open server, and one with a CA of the same name and another key, decline it.
		c.expect(t, open, false)
		impostor := serverConfig(t)
		impostor.ClientAuth, impostor.ClientCAs = tls.RequireAndVerifyClientCert, newAuthority(t, "clients").pool()
		fatalIf(t, Attach(impostor, server))
		c.cache.Put("one", kept)
		if _, err := c.connect(impostor); err == nil {
			t.Fatal("a certificate of another CA came in by its session")
		}
		expectCount(t, server, "client_certificate_invalid", 1)

		// The certificate expires before the session does.
		c.cache.Put("one", kept)
		later := mutual.Clone()
		later.Time = func() time.Time { return time.Now().Add(2 * time.Hour) }
		if _, err := c.connect(later); err == nil {
			t.Fatal("an expired certificate came in by its session")
		}
		c.cache.Put("one", kept)
		c.expect(t, mutual, true)
	})
}

func TestVerifiedClientIsVisibleAfterResumption(t *testing.T) {
	eachVersion(t, func(t *testing.T, version uint16) {
		trusted := newAuthority(t, "clients")
		config := serverConfig(t)
		config.ClientAuth, config.ClientCAs = tls.VerifyClientCertIfGiven, trusted.pool()
		var seen []string
		config.VerifyConnection = func(cs tls.ConnectionState) error {
			if len(cs.VerifiedChains) > 0 && cs.DidResume {
				seen = append(seen, cs.PeerCertificates[0].Subject.CommonName)
			}
			return nil
		}
		fatalIf(t, Attach(config, serverOf(t, "random:", "", Policy{})))
		c := newClient(version)
		c.expect(t, config, false, true) // without a certificate
		c = newClient(version)
		c.config.Certificates = []tls.Certificate{trusted.issue(t, "client", time.Hour)}
		c.expect(t, config, false, true)
		if len(seen) != 1 || seen[0] != "client" {
			t.Fatal(seen)
		}
	})
}

func TestGetConfigForClientIsChained(t *testing.T) {
	eachVersion(t, func(t *testing.T, version uint16) {
		server, own := serverOf(t, "random:", "", Policy{}), serverOf(t, "random:", "", Policy{})
		config, plain, special := serverConfig(t), serverConfig(t), serverConfig(t)
		fatalIf(t, Attach(special, own))
		failure := errors.New("no")
		config.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
			switch hello.ServerName {
			case "a.example":
				return nil, nil
			case "b.example":
				return plain, nil
			case "c.example":
				return special, nil
			default:
				return nil, failure
			}
		}
		fatalIf(t, Attach(config, server))
		for _, name := range []string{"a.example", "b.example", "c.example"} {
			c := newClient(version)
			c.config.ServerName = name
			c.expect(t, config, false, true, true)
		}
		expectCount(t, server, "not_offered", 2)
		expectCount(t, own, "not_offered", 1)
		c := newClient(version)
		c.config.ServerName = "d.example"
		if _, err := c.connect(config); err == nil {
			t.Fatal("its error was lost")
		}
		if plain.WrapSession != nil {
			t.Fatal("the user's config was changed")
		}
	})
}

func TestEveryKindOfClientAuthentication(t *testing.T) {
	trusted := newAuthority(t, "clients")
	for _, auth := range []tls.ClientAuthType{tls.RequestClientCert, tls.RequireAnyClientCert,
		tls.VerifyClientCertIfGiven, tls.RequireAndVerifyClientCert} {
		eachVersion(t, func(t *testing.T, version uint16) {
			config := serverConfig(t)
			config.ClientAuth, config.ClientCAs = auth, trusted.pool()
			fatalIf(t, Attach(config, serverOf(t, "random:", "", Policy{})))
			c := newClient(version)
			c.config.Certificates = []tls.Certificate{trusted.issue(t, "client", time.Hour)}
			c.expect(t, config, false, true, true)
		})
	}
}

// With one issuing context for all, as stock servers have it, the guard alone is left.
func TestGuardUnderOneContext(t *testing.T) {
	eachVersion(t, func(t *testing.T, version uint16) {
		stock, err := StockContext("haproxy:")
		fatalIf(t, err)
		server := serverOf(t, "random:", "", Policy{IssueContext: stock})
		open := attached(t, server)
		trusted := newAuthority(t, "clients")
		for _, auth := range []tls.ClientAuthType{tls.RequireAnyClientCert, tls.RequireAndVerifyClientCert} {
			mutual := serverConfig(t)
			mutual.ClientAuth, mutual.ClientCAs = auth, trusted.pool()
			fatalIf(t, Attach(mutual, server))
			c := newClient(version)
			c.expect(t, open, false, true)
			if state, err := c.connect(mutual); err == nil {
				t.Fatalf("%v: a client without a certificate came in, resumed %v", auth, state.DidResume)
			}
			c.config.Certificates = []tls.Certificate{trusted.issue(t, "client", time.Hour)}
			c.expect(t, mutual, false, true)
			c.expect(t, open, false)
		}
	})
}

// RFC 7627 section 5.3: crypto/tls is to see such a session, and then ends the handshake.
func TestExtendedMasterSecretLeftOut(t *testing.T) {
	server := serverOf(t, "random:", "", Policy{})
	config := attached(t, server)
	c := newClient(tls.VersionTLS12)
	c.expect(t, config, false)
	cs := tls.ConnectionState{Version: tls.VersionTLS12, ServerName: "a.example"}
	hooks := &connection{server: server, config: config, emsKnown: true}
	state, err := hooks.unwrap(c.ticket(t), cs)
	fatalIf(t, err)
	if state == nil || hooks.resumed {
		t.Fatal("not shown, or taken for resumed")
	}
	expectCount(t, server, "ems_missing_in_hello", 1)
}

// quic-go puts hooks of its own around those of a config; they must go on to be called.
func TestHooksAroundOursAreLeftAlone(t *testing.T) {
	eachVersion(t, func(t *testing.T, version uint16) {
		config := attached(t, serverOf(t, "random:", "", Policy{})).Clone()
		inner, called := config.UnwrapSession, 0
		config.UnwrapSession = func(ticket []byte, cs tls.ConnectionState) (*tls.SessionState, error) {
			called++
			return inner(ticket, cs)
		}
		newClient(version).expect(t, config, false, true)
		if called == 0 {
			t.Fatal("they were replaced")
		}
	})
}

func TestPlainHooks(t *testing.T) {
	server := serverOf(t, "random:", "", Policy{})
	config := attached(t, server, PlainHooks())
	if config.GetConfigForClient != nil {
		t.Fatal("more than hooks")
	}
	newClient(tls.VersionTLS12).expect(t, config, false, true, true, true)
	newClient(tls.VersionTLS13).expect(t, config, false, true, false, true)
}

func TestAttachRefuses(t *testing.T) {
	server := serverOf(t, "random:", "", Policy{})
	config := attached(t, server)
	if err := Attach(config, server); !errors.Is(err, ErrHooks) {
		t.Fatal(err)
	}
	if err := Attach(nil, server); !errors.Is(err, ErrInvalid) {
		t.Fatal(err)
	}
	if err := Attach(serverConfig(t), nil); !errors.Is(err, ErrInvalid) {
		t.Fatal(err)
	}
}

func TestAClosedServerMeansFullHandshakes(t *testing.T) {
	eachVersion(t, func(t *testing.T, version uint16) {
		server := serverOf(t, "random:", "", Policy{})
		config := attached(t, server)
		c := newClient(version)
		c.expect(t, config, false, true)
		fatalIf(t, server.Close())
		c.expect(t, config, false, false)
	})
}

func TestModesOff(t *testing.T) {
	eachVersion(t, func(t *testing.T, version uint16) {
		config := attached(t, serverOf(t, "random:", "", Policy{Modes: ModeOff}))
		newClient(version).expect(t, config, false, false)
	})
}

// net/http clones the config and adds its protocols, and both must reach the connection.
func TestHTTP(t *testing.T) {
	eachVersion(t, func(t *testing.T, version uint16) {
		server := serverOf(t, "random:", "", Policy{})
		web := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, r.Proto)
		}))
		web.TLS = &tls.Config{}
		web.EnableHTTP2 = true
		fatalIf(t, Attach(web.TLS, server))
		web.StartTLS()
		defer web.Close()
		config := newClient(version).config
		for i := 0; i < 3; i++ {
			transport := &http.Transport{TLSClientConfig: config, ForceAttemptHTTP2: true}
			answer, err := (&http.Client{Transport: transport}).Get(web.URL)
			fatalIf(t, err)
			body, err := io.ReadAll(answer.Body)
			fatalIf(t, err)
			answer.Body.Close()
			transport.CloseIdleConnections()
			if string(body) != "HTTP/2.0" || answer.TLS.DidResume != (i > 0) {
				t.Fatalf("request %d: %s, resumed %v", i, body, answer.TLS.DidResume)
			}
		}
	})
}

func TestManyConnectionsAtOnce(t *testing.T) {
	server := serverOf(t, "random:", "", Policy{})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	fatalIf(t, err)
	web := &http.Server{TLSConfig: attached(t, server), Handler: http.NotFoundHandler()}
	served := make(chan error, 1)
	go func() { served <- web.ServeTLS(listener, "", "") }()
	results := make(chan error, 8)
	for i := 0; i < cap(results); i++ {
		go func(version uint16) {
			c := newClient(version)
			for j := 0; j < 5; j++ {
				conn, err := tls.Dial("tcp", listener.Addr().String(), c.config)
				if err == nil {
					_, err = io.WriteString(conn, "GET / HTTP/1.0\r\n\r\n")
				}
				if err == nil {
					_, err = io.ReadAll(conn)
				}
				if err == nil && conn.ConnectionState().DidResume != (j > 0) {
					err = errors.New("not resumed as it should")
				}
				if err != nil {
					results <- err
					return
				}
				conn.Close()
			}
			results <- nil
		}(tls.VersionTLS12 + uint16(i%2))
	}
	for i := 0; i < cap(results); i++ {
		fatalIf(t, <-results)
	}
	fatalIf(t, web.Close())
	<-served
	fatalIf(t, server.Close())
}
