// SPDX-License-Identifier: Apache-2.0

//go:build cgo

package resume

import (
	"crypto/tls"
	"time"

	"github.com/libresume/libresume/bindings/go/internal/raw"
)

// Modes are the ways to resume.
type Modes uint

// ModeTickets are tickets that hold the session, ModeStore tickets that are the ID of a session in
// the server's store. With both, servers in Go issue tickets. ModeOff is neither.
const (
	ModeDefault Modes = 0
	ModeTickets Modes = 1
	ModeStore   Modes = 2
	ModeOff     Modes = 4
)

// Policy says what may resume, and for how long. The zero value has the defaults: tickets and store,
// 24 hours for TLS 1.2 and 7 days for TLS 1.3, isolation by server name, client certificates held to
// what is asked today, extended master secret required.
type Policy struct {
	Modes Modes

	// How long a session may resume, since it was made or renewed, and since the full handshake.
	Lifetime12, Lifetime13             time.Duration
	Authentication12, Authentication13 time.Duration

	RenewAfter     int  // percent of the lifetime after which TLS 1.2 tickets are renewed
	AnyServerName  bool // a session resumes also under another server name
	NoGuard        bool // sessions are not held to today's demand for client certificates
	LegacyEMS      bool // TLS 1.2 sessions without extended master secret may resume
	SingleUse      bool // a stored session resumes once
	ForwardSecrecy bool // no TLS 1.2 tickets
	Skew           time.Duration
	Label          []byte   // listeners with different labels share no session
	CipherSuites   []uint16 // none: all

	// IssueContext is what sessions are issued under instead of the server name and the demand for
	// client certificates, for fleets with stock servers and for those of several languages that ask
	// for client certificates. StockContext computes that of a stock server.
	IssueContext   []byte
	AcceptContexts [][]byte // accepted besides
}

// StockContext is the context of a stock server: "haproxy:", or "nginx:/path/of/ssl_certificate".
func StockContext(stock string) ([]byte, error) {
	status, data := withBuffer(func(buf []byte, length *uint64) int {
		return raw.Policy_stock_context(stock, buf, length)
	})
	return data, failure("stock context "+stock, status, "")
}

// Context is what servers with this policy issue sessions under for a server name, "" for none. The
// config is theirs, for what it asks of clients' certificates; nil is one that asks for none.
func (p *Policy) Context(config *tls.Config, serverName string) ([]byte, error) {
	made, err := p.build()
	if err != nil {
		return nil, err
	}
	defer raw.Policy_unref(made)
	status, data := withBuffer(func(buf []byte, length *uint64) int {
		return contextOf(made, config, serverName, buf, length)
	})
	return data, failure("policy context", status, "")
}

func contextOf(policy raw.Handle_policy, config *tls.Config, serverName string, buf []byte, length *uint64) int {
	var name []byte // of no bytes: a ClientHello without the extension, as in every other language
	if serverName != "" {
		name = []byte(serverName)
	}
	return raw.Policy_context(policy, name, clientAuthDigest(config), buf, length)
}

// build gives one reference.
func (p *Policy) build() (raw.Handle_policy, error) {
	var made raw.Handle_policy
	if status := raw.Policy_new(&made); status != statusOK {
		return 0, failure("new policy", status, "")
	}
	var err error
	set := func(field string, wanted bool, call func() int) {
		if err == nil && wanted {
			if status := call(); status != statusOK {
				err = failure("policy", status, field+" is out of range")
			}
		}
	}
	set("Modes", p.Modes != ModeDefault, func() int {
		return raw.Policy_set_modes(made, uint(p.Modes&^ModeOff))
	})
	for _, of := range []struct {
		field   string
		version uint16
		value   time.Duration
		call    func(raw.Handle_policy, uint16, uint) int
	}{
		{"Lifetime12", tls.VersionTLS12, p.Lifetime12, raw.Policy_set_lifetime},
		{"Lifetime13", tls.VersionTLS13, p.Lifetime13, raw.Policy_set_lifetime},
		{"Authentication12", tls.VersionTLS12, p.Authentication12, raw.Policy_set_authentication_lifetime},
		{"Authentication13", tls.VersionTLS13, p.Authentication13, raw.Policy_set_authentication_lifetime},
	} {
		of := of
		set(of.field, of.value != 0, func() int { return of.call(made, of.version, seconds(of.value)) })
	}
	set("RenewAfter", p.RenewAfter != 0, func() int {
		if p.RenewAfter < 0 {
			return int(ErrInvalid)
		}
		return raw.Policy_set_renew_after(made, uint(p.RenewAfter))
	})
	set("AnyServerName", true, func() int {
		return raw.Policy_set_isolate_server_name(made, !p.AnyServerName)
	})
	set("NoGuard", true, func() int {
		return raw.Policy_set_client_certificate_guard(made, !p.NoGuard)
	})
	set("LegacyEMS", p.LegacyEMS, func() int {
		return raw.Policy_set_ems(made, raw.RESUME_EMS_ALLOW_LEGACY)
	})
	set("SingleUse", true, func() int { return raw.Policy_set_single_use(made, p.SingleUse) })
	set("ForwardSecrecy", true, func() int {
		return raw.Policy_set_forward_secrecy(made, p.ForwardSecrecy)
	})
	set("Skew", p.Skew != 0, func() int {
		if p.Skew < 0 {
			return int(ErrInvalid)
		}
		return raw.Policy_set_skew(made, uint64(p.Skew.Milliseconds()))
	})
	set("Label", len(p.Label) > 0, func() int { return raw.Policy_set_label(made, p.Label) })
	for _, suite := range p.CipherSuites {
		set("CipherSuites", true, func() int { return raw.Policy_allow_cipher_suite(made, suite) })
	}
	set("IssueContext", len(p.IssueContext) > 0, func() int {
		return raw.Policy_set_issue_context(made, p.IssueContext)
	})
	for _, accepted := range p.AcceptContexts {
		set("AcceptContexts", true, func() int { return raw.Policy_accept_context(made, accepted) })
	}
	if err != nil {
		raw.Policy_unref(made)
		return 0, err
	}
	return made, nil
}
