// SPDX-License-Identifier: Apache-2.0

//go:build !cgo

package resume

import (
	"crypto/tls"
	"errors"
)

// ErrNoCgo is the answer of every call in a program that was built without cgo.
var ErrNoCgo = errors.New("resume: built without cgo: libresume is a C library, build with " +
	"CGO_ENABLED=1, a C compiler and libresume's development files")

// Keyring, Store, Codec, Server and Client cannot be made without cgo.
type (
	Client  struct{}
	Keyring struct{}
	Store   struct{}
	Codec   struct{}
	Server  struct{}
)

// Policy and options are without effect here.
type (
	Policy        struct{}
	ClientOptions struct {
		Policy      Policy
		MaxSessions int
		MaxBytes    int64
		MaxTickets  int
	}
	PeerOptions struct {
		Port        uint16
		Label       []byte
		SharedLabel bool
	}
	ServerOptions struct {
		Keyring *Keyring
		Codec   *Codec
		Store   *Store
		Policy  Policy
		Trace   func(Event)
	}
	Event struct{}
)

// OpenKeyring gives ErrNoCgo.
func OpenKeyring(string) (*Keyring, error) { return nil, ErrNoCgo }

// OpenStore gives ErrNoCgo.
func OpenStore(string) (*Store, error) { return nil, ErrNoCgo }

// NewServer gives ErrNoCgo.
func NewServer(ServerOptions) (*Server, error) { return nil, ErrNoCgo }

// NewClient gives ErrNoCgo.
func NewClient(ClientOptions) (*Client, error) { return nil, ErrNoCgo }

// SessionCache gives nil, with which crypto/tls resumes nothing.
func (*Client) SessionCache(*tls.Config, PeerOptions) tls.ClientSessionCache { return nil }

// Attach gives ErrNoCgo.
func Attach(*tls.Config, *Server) error { return ErrNoCgo }

// Close does nothing.
func (*Client) Close() error { return nil }

// Close does nothing.
func (*Keyring) Close() error { return nil }

// Close does nothing.
func (*Store) Close() error { return nil }

// Close does nothing.
func (*Codec) Close() error { return nil }

// Close does nothing.
func (*Server) Close() error { return nil }
