// SPDX-License-Identifier: Apache-2.0

//go:build cgo

package resume

import (
	"crypto/tls"
	"testing"
	"time"
)

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
	for _, known := range v.known { // a monotonic clock knows nothing of a machine that slept
		if known.from != known.from.Round(0) || known.until != known.until.Round(0) {
			t.Fatal(known.from, known.until)
		}
	}
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
