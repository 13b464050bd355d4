// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/tls"
	"time"

	resume "github.com/libresume/libresume/bindings/go"
	"github.com/libresume/libresume/bindings/go/internal/clock"
)

// A served is a server attached to a config, whose hooks the scenarios call as crypto/tls does.
type served struct {
	w      *world
	server *resume.Server
	config *tls.Config
}

func (w *world) policy() resume.Policy { return resume.Policy{Label: w.given("label")} }

func (w *world) serve(ring string, policy resume.Policy) *served {
	server := must(resume.NewServer(resume.ServerOptions{Keyring: w.ring(ring), Policy: policy}))
	config := &tls.Config{Time: func() time.Time { return clock.Now() }}
	need(resume.Attach(config, server, resume.PlainHooks()))
	return &served{w, server, config}
}

// issue gives a ticket for a session: Go's form of it has no server name, so that it goes as in a
// handshake under a.example.
func (s *served) issue(name string) []byte {
	session := s.w.session(name)
	state := must(tls.ParseSessionState(must(session.MarshalGo())))
	return must(s.config.WrapSession(tls.ConnectionState{
		Version:     session.Version(),
		CipherSuite: session.CipherSuite(),
		ServerName:  session.ServerName(),
	}, state))
}

func (s *served) offer(ticket []byte, name string) string {
	return s.offered(ticket, tls.ConnectionState{
		Version: tls.VersionTLS12, CipherSuite: 0xC02F, ServerName: name,
	})
}

func (s *served) offer13(ticket []byte, name string) string {
	return s.offered(ticket, tls.ConnectionState{
		Version: tls.VersionTLS13, CipherSuite: tls.TLS_AES_128_GCM_SHA256, ServerName: name,
	})
}

// offered gives the answer, which is whether there is a session, and the reason, which the hook only
// counts.
func (s *served) offered(ticket []byte, state tls.ConnectionState) string {
	before := s.server.Stats()
	session := must(s.config.UnwrapSession(ticket, state))
	reason := "none"
	for path, reasons := range s.server.Stats() {
		for name, count := range reasons {
			if count > before[path][name] {
				reason = name
			}
		}
	}
	switch {
	case session == nil:
		return "full " + reason
	case reason == resume.Renewed.String():
		return "renew " + reason
	default:
		return "ok " + reason
	}
}

func expire(w *world) {
	s := w.openStore("memory:")
	s.put("session-12")
	w.at(w.hour - time.Millisecond)
	w.see("%s", s.get())
	w.at(w.hour)
	w.see("%s", s.get())
	w.see("%s", s.put("session-12"))
	w.at(0)
	codec := w.codec("ring-timed?dialect=h2o")
	ticket := seal(codec, w.given("payload"))
	w.at(w.hour - time.Millisecond)
	w.see("%s", opened(codec, ticket))
	w.at(w.hour)
	w.see("%s", opened(codec, ticket))
	_, err := codec.SealBytes(nil, w.given("payload"))
	w.see("%s", word(err))
	_, err = resume.OpenKeyring("file:" + w.path("ring-timed") + "?dialect=h2o")
	w.see("%s", word(err))
	w.at(0)
	codec = w.codec("ring-80")
	ticket = must(codec.Seal(w.session("session-12")))
	w.at(w.hour)
	w.see("%s", openedSession(codec, ticket))
	w.at(0)
	policy := w.policy()
	policy.Lifetime12, policy.Lifetime13 = time.Hour, time.Hour
	server := w.serve("ring-80", policy)
	ticket = server.issue("session-12")
	w.at(w.hour - time.Millisecond)
	w.see("%s", server.offer(ticket, "a.example"))
	w.at(w.hour)
	w.see("%s", server.offer(ticket, "a.example"))
}

func isolation(w *world) {
	policy, other, free := w.policy(), w.policy(), w.policy()
	other.Label, free.AnyServerName = w.given("label-other"), true
	context := func(policy resume.Policy, name string) []byte { return must(policy.Context(nil, name)) }
	for _, name := range []string{"a.example", "A.Example", "b.example", ""} {
		w.see("%x", context(policy, name))
	}
	w.see("%x", context(other, "a.example"))
	w.see("%x %x", context(free, "a.example"), context(free, "b.example"))
	ticket := w.serve("ring-80", policy).issue("session-12")
	server := w.serve("ring-80", policy)
	for _, name := range []string{"a.example", "b.example", ""} {
		w.see("%s", server.offer(ticket, name))
	}
	w.see("%s", w.serve("ring-80", other).offer(ticket, "a.example"))
	stock := w.policy()
	stock.IssueContext = w.given("context-a")
	w.see("%s", w.serve("ring-80", stock).offer(ticket, "b.example"))
	asking := w.serve("ring-80", stock)
	asking.config.ClientAuth = tls.RequireAndVerifyClientCert
	w.see("%s", asking.offer(ticket, "a.example"))
	ticket = w.serve("ring-80", policy).issue("session-13")
	w.see("%s", server.offer13(ticket, "a.example"))
	w.see("%s", server.offer13(ticket, "b.example"))
}
