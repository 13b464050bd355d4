// SPDX-License-Identifier: Apache-2.0

//go:build cgo

package resume

import (
	"crypto/tls"
	"encoding/binary"
	"errors"
	"reflect"
)

// ErrHooks says that a config has WrapSession or UnwrapSession already.
var ErrHooks = errors.New("resume: the config has WrapSession or UnwrapSession already")

// An Option changes what Attach does.
type Option func(*attachment)

// PlainHooks has Attach set WrapSession and UnwrapSession alone, for programs that call
// GetConfigForClient themselves. What is lost: TLS 1.3 sessions resume once and are not renewed,
// since nothing tells then when the client was authenticated; the outcomes that crypto/tls decides
// are not counted.
func PlainHooks() Option { return func(a *attachment) { a.plain = true } }

type attachment struct {
	server *Server
	config *tls.Config // that was attached to
	plain  bool

	user func(*tls.ClientHelloInfo) (*tls.Config, error) // its own GetConfigForClient
}

// Attach has the servers that use a config resume by the server's keys, store and policy. It sets
// WrapSession and UnwrapSession, and GetConfigForClient, which goes on calling the one that was
// there. Call it last, before the config is handed to a server; clones of the config are attached,
// too. A config that GetConfigForClient returns resumes by the same server unless it is attached
// itself.
//
// Early data, session IDs and the lifetime that the client is told remain as crypto/tls has them.
func Attach(config *tls.Config, server *Server, options ...Option) error {
	if config == nil || server == nil {
		return &Error{Op: "attach", Status: ErrInvalid, Why: "a config and a server are needed"}
	}
	if config.WrapSession != nil || config.UnwrapSession != nil {
		return ErrHooks
	}
	if layout == 0 {
		return &Error{Op: "attach", Status: ErrUnsupported,
			Why: "this version of crypto/tls writes its sessions in a way that libresume does not know"}
	}
	a := &attachment{server: server, config: config, user: config.GetConfigForClient}
	for _, option := range options {
		option(a)
	}
	config.WrapSession, config.UnwrapSession = a.hooks()
	if !a.plain && canSeeConfig {
		config.GetConfigForClient = a.configForClient
	}
	return nil
}

// hooks for connections whose ClientHello nobody has shown us. Not inlined: attachmentOf knows them
// by the one place where their code is.
//
//go:noinline
func (a *attachment) hooks() (
	func(tls.ConnectionState, *tls.SessionState) ([]byte, error),
	func([]byte, tls.ConnectionState) (*tls.SessionState, error),
) {
	wrap := func(cs tls.ConnectionState, state *tls.SessionState) ([]byte, error) {
		alone := &connection{server: a.server, config: a.config, alone: true}
		return alone.wrap(cs, state)
	}
	unwrap := func(ticket []byte, cs tls.ConnectionState) (*tls.SessionState, error) {
		if len(ticket) == 1 && &ticket[0] == &question[0] {
			return nil, answer{a}
		}
		alone := &connection{server: a.server, config: a.config, alone: true}
		return alone.unwrap(ticket, cs)
	}
	return wrap, unwrap
}

// configForClient gives each connection hooks of its own, which know its ClientHello and each other.
func (a *attachment) configForClient(hello *tls.ClientHelloInfo) (*tls.Config, error) {
	var base *tls.Config
	if a.user != nil {
		chosen, err := a.user(hello)
		if err != nil {
			return nil, err
		}
		base = chosen
	}
	if base == nil {
		base = configOf(hello)
	}
	if base == nil {
		return nil, nil
	}
	owner := a
	if base.WrapSession != nil || base.UnwrapSession != nil {
		if owner = attachmentOf(base); owner == nil {
			return base, nil // somebody else's hooks, or somebody's around ours
		}
	}
	if owner.plain {
		return base, nil
	}
	return owner.forConnection(base, hello), nil
}

func (a *attachment) forConnection(base *tls.Config, hello *tls.ClientHelloInfo) *tls.Config {
	c := &connection{server: a.server, config: base}
	c.ems, c.emsKnown = offersEMS(hello)
	c.suites = make([]byte, 0, 2*len(hello.CipherSuites))
	for _, suite := range hello.CipherSuites {
		c.suites = binary.BigEndian.AppendUint16(c.suites, suite)
	}
	config := base.Clone()
	config.WrapSession, config.UnwrapSession = c.wrap, c.unwrap
	verify := base.VerifyConnection
	config.VerifyConnection = func(cs tls.ConnectionState) error {
		if verify != nil {
			if err := verify(cs); err != nil {
				return err
			}
		}
		c.outcome(&cs)
		return nil
	}
	return config
}

// canSeeConfig says whether a ClientHelloInfo has the config of its connection, as it has had ever
// since SupportsCertificate needs it. That config is not the one that was attached: net/http and
// others clone it and add certificates and protocols. Were the field to go one day, PlainHooks is
// what remains.
var canSeeConfig = func() bool {
	field, ok := reflect.TypeOf(tls.ClientHelloInfo{}).FieldByName("config")
	return ok && field.Type == reflect.TypeOf((*tls.Config)(nil))
}()

func configOf(hello *tls.ClientHelloInfo) *tls.Config {
	return (*tls.Config)(reflect.ValueOf(hello).Elem().FieldByName("config").UnsafePointer())
}

// A ticket at this address asks our UnwrapSession whose it is; no ticket of a network has it.
var question [1]byte

type answer struct{ *attachment }

func (answer) Error() string { return "resume: not a ticket" }

var ourUnwrap = func() uintptr {
	_, unwrap := new(attachment).hooks()
	return reflect.ValueOf(unwrap).Pointer()
}()

// attachmentOf finds what Attach left in a config; nil if the hooks are not ours.
func attachmentOf(config *tls.Config) *attachment {
	if config.UnwrapSession == nil || reflect.ValueOf(config.UnwrapSession).Pointer() != ourUnwrap {
		return nil
	}
	_, err := config.UnwrapSession(question[:], tls.ConnectionState{})
	var found answer
	if !errors.As(err, &found) {
		return nil
	}
	return found.attachment
}
