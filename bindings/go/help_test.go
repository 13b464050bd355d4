// SPDX-License-Identifier: Apache-2.0

//go:build cgo

package resume

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

func fatalIf(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// authority issues certificates to servers and clients.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

func newAuthority(t testing.TB, name string) *authority {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	fatalIf(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: time.Now().Add(30 * 24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	fatalIf(t, err)
	certificate, err := x509.ParseCertificate(der)
	fatalIf(t, err)
	return &authority{certificate, key}
}

func (a *authority) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.certificate)
	return pool
}

func (a *authority) issue(t testing.TB, name string, life time.Duration) tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	fatalIf(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name},
		DNSNames:  []string{"a.example", "b.example", "127.0.0.1"},
		NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: time.Now().Add(life),
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, key.Public(), a.key)
	fatalIf(t, err)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

var (
	once     sync.Once
	ca       *authority
	identity tls.Certificate
)

func serverConfig(t testing.TB) *tls.Config {
	once.Do(func() {
		ca = newAuthority(t, "ca")
		identity = ca.issue(t, "server", 24*time.Hour)
	})
	return &tls.Config{Certificates: []tls.Certificate{identity}}
}

// keyFile is what a fleet shares.
func keyFile(t testing.TB) string {
	path := filepath.Join(t.TempDir(), "ticket.key")
	key := make([]byte, 80)
	_, err := rand.Read(key)
	fatalIf(t, err)
	fatalIf(t, os.WriteFile(path, key, 0o600))
	return "file:" + path
}

// serverOf is a process of a fleet: a ring, a store and a server of its own.
func serverOf(t testing.TB, keys, store string, policy Policy) *Server {
	t.Helper()
	options := ServerOptions{Policy: policy}
	var err error
	if keys != "" {
		options.Keyring, err = OpenKeyring(keys)
		fatalIf(t, err)
		defer options.Keyring.Close()
	}
	if store != "" {
		options.Store, err = OpenStore(store)
		fatalIf(t, err)
		defer options.Store.Close()
	}
	server, err := NewServer(options)
	fatalIf(t, err)
	t.Cleanup(func() { server.Close() })
	return server
}

func attached(t testing.TB, server *Server, options ...Option) *tls.Config {
	t.Helper()
	config := serverConfig(t)
	fatalIf(t, Attach(config, server, options...))
	return config
}

// A client keeps the latest session of every name in a cache that a test can look into.
type client struct {
	config *tls.Config
	cache  *cache
	dialer *Dialer // instead of tls.Client, if there is one
	port   string  // that a dialer believes in; by default 443
}

type cache struct {
	mutex    sync.Mutex
	sessions map[string]*tls.ClientSessionState
	as       string // for a while the one key of all
}

func (c *cache) key(key string) string {
	if c.as != "" {
		return c.as
	}
	return key
}

func (c *cache) Get(key string) (*tls.ClientSessionState, bool) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	session := c.sessions[c.key(key)]
	return session, session != nil
}

func (c *cache) Put(key string, session *tls.ClientSessionState) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.sessions[c.key(key)] = session
}

func newClient(version uint16) *client {
	c := &cache{sessions: map[string]*tls.ClientSessionState{}, as: "one"}
	return &client{cache: c, config: &tls.Config{
		MinVersion: version, MaxVersion: version, ServerName: "a.example",
		InsecureSkipVerify: true, ClientSessionCache: c,
	}}
}

// session is what the client got last.
func (c *client) session() *tls.ClientSessionState {
	session, _ := c.cache.Get("one")
	return session
}

// ticket of the session that the client has.
func (c *client) ticket(t testing.TB) []byte {
	t.Helper()
	session, ok := c.cache.Get("one")
	if !ok {
		t.Fatal("the client has no session")
	}
	ticket, _, err := session.ResumptionState()
	fatalIf(t, err)
	return ticket
}

// offer has the client offer these bytes instead of a session's ticket.
func (c *client) offer(t testing.TB, session *tls.ClientSessionState, ticket []byte) {
	t.Helper()
	_, state, err := session.ResumptionState()
	fatalIf(t, err)
	data, err := state.Bytes() // a copy, for NewResumptionState writes into what it is given
	fatalIf(t, err)
	state, err = tls.ParseSessionState(data)
	fatalIf(t, err)
	session, err = tls.NewResumptionState(ticket, state)
	fatalIf(t, err)
	c.cache.Put("one", session)
}

// connect makes one connection, with a byte each way, so that the client has read its tickets.
func (c *client) connect(config *tls.Config) (tls.ConnectionState, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return tls.ConnectionState{}, err
	}
	defer listener.Close()
	near, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		return tls.ConnectionState{}, err
	}
	far, err := listener.Accept()
	if err != nil {
		return tls.ConnectionState{}, err
	}
	deadline := time.Now().Add(20 * time.Second)
	near.SetDeadline(deadline)
	far.SetDeadline(deadline)
	done := make(chan error, 1)
	go func() {
		defer far.Close()
		conn := tls.Server(far, config)
		var buf [1]byte
		_, err := conn.Read(buf[:])
		if err == nil {
			_, err = conn.Write(buf[:])
		}
		done <- err
	}()
	conn := tls.Client(near, c.config)
	if c.dialer != nil {
		port := "443"
		if c.port != "" {
			port = c.port
		}
		if conn, err = c.dialer.Client(near, "a.example:"+port); err != nil {
			return tls.ConnectionState{}, err
		}
	}
	var buf [1]byte
	_, err = conn.Write(buf[:])
	if err == nil {
		_, err = conn.Read(buf[:])
	}
	near.Close()
	if failed := <-done; failed != nil {
		err = failed
	}
	return conn.ConnectionState(), err
}

// resumes connects and says whether the session resumed.
func (c *client) resumes(t testing.TB, config *tls.Config) bool {
	t.Helper()
	state, err := c.connect(config)
	fatalIf(t, err)
	return state.DidResume
}

func (c *client) expect(t testing.TB, config *tls.Config, resumed ...bool) {
	t.Helper()
	for i, want := range resumed {
		if got := c.resumes(t, config); got != want {
			t.Fatalf("connection %d: resumed %v, want %v", i+1, got, want)
		}
	}
}

func eachVersion(t *testing.T, test func(t *testing.T, version uint16)) {
	t.Run("tls12", func(t *testing.T) { test(t, tls.VersionTLS12) })
	t.Run("tls13", func(t *testing.T) { test(t, tls.VersionTLS13) })
}

func expectCount(t testing.TB, server *Server, reason string, want uint64) {
	t.Helper()
	var got uint64
	for _, reasons := range server.Stats() {
		got += reasons[reason]
	}
	if got != want {
		t.Fatalf("%s: counted %d, want %d, of %v", reason, got, want, server.Stats())
	}
}
