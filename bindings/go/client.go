// SPDX-License-Identifier: Apache-2.0

//go:build cgo

package resume

import (
	"fmt"
	"math"
	"sync/atomic"

	"github.com/libresume/libresume/bindings/go/internal/raw"
)

// ClientOptions are what a client is made of. The zero value has the defaults.
type ClientOptions struct {
	Policy      Policy // modes, lifetimes, and the rule for extended master secret
	MaxSessions int    // in all; 0: 1000
	MaxBytes    int64  // in all; 0: 16 MiB
	MaxTickets  int    // TLS 1.3 tickets of one server, which is how many connections can begin at once; 0: 4
}

// Client keeps the sessions that clients may offer, for each server, bounded, and in a sealed file
// if wanted. SessionCache and Dialer plug it into crypto/tls; one client may serve many configs.
type Client struct {
	h      *handle
	policy raw.Handle_policy // borrowed from h

	debts      debts
	unusable   atomic.Uint64
	unreadable atomic.Uint64
}

func (c *Client) raw() raw.Handle_client { return raw.Handle_client(c.h.pointer) }

// NewClient makes an empty client.
func NewClient(options ClientOptions) (*Client, error) {
	const op = "new client"
	policy, err := options.Policy.build()
	if err != nil {
		return nil, err
	}
	defer raw.Policy_unref(policy)
	var set raw.Handle_client_options
	if status := raw.Client_options_new(&set); status != statusOK {
		return nil, failure(op, status, "")
	}
	defer raw.Client_options_unref(set)
	status := firstFailure(
		func() int { return raw.Client_options_set_policy(set, policy) },
		func() int {
			return unless0(options.MaxSessions, func(n int64) int {
				return raw.Client_options_set_max_sessions(set, within32(n))
			})
		},
		func() int {
			return unless0(options.MaxBytes, func(n int64) int {
				return raw.Client_options_set_max_bytes(set, uint64(n))
			})
		},
		func() int {
			return unless0(options.MaxTickets, func(n int64) int {
				return raw.Client_options_set_max_tickets(set, within32(n))
			})
		},
	)
	var made raw.Handle_client
	if status == statusOK {
		status = raw.Client_new(set, &made)
	}
	if status != statusOK {
		return nil, failure(op, status, raw.Client_options_why(set))
	}
	return &Client{
		h: newHandle(uintptr(made), func(p uintptr) {
			raw.Client_unref(raw.Handle_client(p))
		}),
		policy: raw.Client_policy(made),
	}, nil
}

// unless0 leaves the default where 0 is asked for.
func unless0[N int | int64](n N, set func(int64) int) int {
	if n == 0 {
		return statusOK
	}
	return set(int64(n))
}

// within32 has the C library refuse, and say why, what does not go into 32 bits.
func within32(n int64) uint {
	if n < 0 || n > math.MaxUint32 {
		return math.MaxUint32
	}
	return uint(n)
}

// Close drops the client and its sessions. Configs that have it go on with full handshakes.
func (c *Client) Close() error {
	c.h.close()
	return nil
}

// Clear forgets everything.
func (c *Client) Clear() error {
	if !c.h.use() {
		return ErrClosed
	}
	defer c.h.done()
	return failure("clear client", raw.Client_clear(c.raw()), "")
}

// ClientStats are numbers about a client.
type ClientStats struct {
	Sessions, Peers, Bytes uint64 // that there are now

	Puts, Refused      uint64 // sessions that came, and were kept or not
	Hits, Misses       uint64 // look-ups that found a session or none
	Unusable           uint64 // of the hits: found, and not offered
	Expired, Evicted   uint64
	Forgotten, Returns uint64
}

// Stats reads the numbers. Unusable are sessions that crypto/tls could not offer: without a ticket,
// of a suite that it lacks, with a certificate that is not trusted any more or not at all.
func (c *Client) Stats() ClientStats {
	var stats ClientStats
	if !c.h.use() {
		return stats
	}
	defer c.h.done()
	readNumbers(map[int]*uint64{
		raw.RESUME_CLIENT_SESSIONS:  &stats.Sessions,
		raw.RESUME_CLIENT_PEERS:     &stats.Peers,
		raw.RESUME_CLIENT_BYTES:     &stats.Bytes,
		raw.RESUME_CLIENT_PUTS:      &stats.Puts,
		raw.RESUME_CLIENT_REFUSED:   &stats.Refused,
		raw.RESUME_CLIENT_HITS:      &stats.Hits,
		raw.RESUME_CLIENT_MISSES:    &stats.Misses,
		raw.RESUME_CLIENT_EXPIRED:   &stats.Expired,
		raw.RESUME_CLIENT_EVICTED:   &stats.Evicted,
		raw.RESUME_CLIENT_FORGOTTEN: &stats.Forgotten,
		raw.RESUME_CLIENT_RETURNS:   &stats.Returns,
	}, func(which int, value *uint64) int { return raw.Client_stats(c.raw(), which, value) })
	stats.Unusable = c.unusable.Load()
	stats.Refused += c.unreadable.Load()
	return stats
}

// String says how much there is, and nothing of it.
func (c *Client) String() string {
	stats := c.Stats()
	return fmt.Sprintf("resume.Client(%d sessions, %d peers)", stats.Sessions, stats.Peers)
}

// GoString is String.
func (c *Client) GoString() string { return c.String() }
