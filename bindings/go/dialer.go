// SPDX-License-Identifier: Apache-2.0

//go:build cgo

package resume

import (
	"context"
	"crypto/tls"
	"net"
)

// A Dialer opens TLS connections that resume. It knows of each connection what a cache cannot know:
// its port, and from which session the next one comes. DialContext is what an http.Transport takes
// as DialTLSContext; for HTTP/2 give the config NextProtos, and the transport ForceAttemptHTTP2.
// The zero value resumes nothing.
type Dialer struct {
	NetDialer *net.Dialer // nil: the zero value. Its Timeout and Deadline hold for the handshake, too

	config *tls.Config
	cache  *sessionCache // each connection has a copy, with its port and its link
}

// NewDialer makes a dialer. The config is cloned; nil is the zero value. A ClientSessionCache in it
// is not used.
func (c *Client) NewDialer(config *tls.Config, options PeerOptions) *Dialer {
	if config == nil {
		config = &tls.Config{}
	}
	return &Dialer{config: config.Clone(), cache: newSessionCache(c, config, &options)}
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
	if dialer.Timeout != 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, dialer.Timeout)
		defer cancel()
	}
	if !dialer.Deadline.IsZero() {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, dialer.Deadline)
		defer cancel()
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
	port, err := net.LookupPort("tcp", service) // it may be a name, such as https
	if err != nil {
		return nil, err
	}
	if d.cache == nil {
		d = (*Client)(nil).NewDialer(nil, PeerOptions{})
	}
	config := d.config.Clone()
	if config.ServerName == "" {
		config.ServerName = host
	}
	cache := *d.cache
	cache.settings.port, cache.link = uint16(port), newLink()
	config.ClientSessionCache = &cache
	verify := config.VerifyConnection
	config.VerifyConnection = func(cs tls.ConnectionState) error {
		if verify != nil {
			if err := verify(cs); err != nil {
				return err
			}
		}
		cache.answered(cs.DidResume)
		return nil
	}
	return tls.Client(conn, config), nil
}
