// SPDX-License-Identifier: Apache-2.0

// Package resume lets TLS sessions resume at every server of a fleet: at servers in Go that share
// ticket keys or a store of sessions, and at servers that use OpenSSL with the same keys.
//
// It stands on the C library libresume, which pkg-config must find, and needs cgo and a C compiler.
//
//	keys, err := resume.OpenKeyring("file:/etc/fleet.key")
//	...
//	server, err := resume.NewServer(resume.ServerOptions{Keyring: keys})
//	...
//	err = resume.Attach(config, server) // a *tls.Config, as net/http and others take it
//
// Clients resume by a cache of their own, at any server:
//
//	client, err := resume.NewClient(resume.ClientOptions{})
//	...
//	config.ClientSessionCache = client.SessionCache(config, resume.PeerOptions{})
//
// What holds a reference of the C library has a Close method. It may be left out, since the garbage
// collector then does it, and it may be called at any time: what was built from the object keeps
// what it needs. Every method may be called by many goroutines at once.
package resume
