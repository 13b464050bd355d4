// SPDX-License-Identifier: Apache-2.0

//go:build cgo

package resume

import (
	"context"
	"crypto/tls"
	"net"
	"strconv"
	"sync"

	"github.com/libresume/libresume/bindings/go/internal/raw"
)

// A Dialer opens TLS connections that resume. It knows of each connection what a cache cannot know:
// its port, and from which session the next one comes. DialContext is what an http.Transport takes
// as DialTLSContext; for HTTP/2 give the config NextProtos, and the transport ForceAttemptHTTP2.
type Dialer struct {
	NetDialer *net.Dialer // nil: the zero value

	client   *Client
	config   *tls.Config
	options  PeerOptions
	verified *verified
}

// NewDialer makes a dialer. The config is cloned; nil is the zero value. A ClientSessionCache in it
// is not used.
func (c *Client) NewDialer(config *tls.Config, options PeerOptions) *Dialer {
	if config == nil {
		config = &tls.Config{}
	}
	return &Dialer{client: c, config: config.Clone(), options: options, verified: new(verified)}
}

// Dial is DialContext without a context.
func (d *Dialer) Dial(network, address string) (net.Conn, error) {
	return d.DialContext(context.Background(), network, address)
}

// DialContext connects to an address and makes the handshake. The connection is a *tls.Conn.
func (d *Dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	dialer := d.NetDialer
	if dialer == nil {
		dialer = &net.Dialer{}
	}
	plain, err := dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	conn, err := d.Client(plain, address)
	if err == nil {
		err = conn.HandshakeContext(ctx)
	}
	if err != nil {
		plain.Close()
		return nil, err
	}
	return conn, nil
}

// Client is tls.Client on a connection that somebody else has opened to an address, as through a
// proxy.
func (d *Dialer) Client(conn net.Conn, address string) (*tls.Conn, error) {
	host, service, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	options := d.options
	if port, err := strconv.ParseUint(service, 10, 16); err == nil {
		options.Port = uint16(port)
	}
	config := d.config.Clone()
	if config.ServerName == "" {
		config.ServerName = host
	}
	cache := newSessionCache(d.client, config, &options)
	cache.link, cache.verified = new(link), d.verified
	config.ClientSessionCache = cache
	verify := config.VerifyConnection
	config.VerifyConnection = func(cs tls.ConnectionState) error {
		if verify != nil {
			if err := verify(cs); err != nil {
				return err
			}
		}
		if !cs.DidResume {
			cache.declined(config.ServerName)
		}
		return nil
	}
	return tls.Client(conn, config), nil
}

// A link is what a connection has taken.
type link struct {
	mutex sync.Mutex
	saved *handle // nil: nothing
	since uint64  // when its server was authenticated
}

// give takes the reference over.
func (l *link) give(saved raw.Handle_saved, authenticated uint64) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.saved != nil {
		l.saved.close()
	}
	l.saved, l.since = newHandle(uintptr(saved), func(p uintptr) {
		raw.Saved_unref(raw.Handle_saved(p))
	}), authenticated
}

func (l *link) authenticated(created uint64) uint64 {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.saved == nil {
		return created
	}
	return min64(l.since, created)
}

// declined forgets what the server did not take, so that it is not offered again, and sessions of
// this connection are of its own full handshake.
func (s *sessionCache) declined(key string) {
	s.with(key, func(_ peerID, peer raw.Handle_peer) {
		s.link.mutex.Lock()
		defer s.link.mutex.Unlock()
		if s.link.saved != nil {
			raw.Client_forget_saved(s.client.raw(), peer, raw.Handle_saved(s.link.saved.pointer))
			s.link.saved.close()
			s.link.saved = nil
		}
	})
}
