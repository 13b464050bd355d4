// SPDX-License-Identifier: Apache-2.0

//go:build cgo

package resume

import (
	"crypto/tls"

	"github.com/libresume/libresume/bindings/go/internal/raw"
)

// SessionCache plugs the client into a config:
//
//	config.ClientSessionCache = client.SessionCache(config, resume.PeerOptions{})
//
// Do it when the config has its settings, and before it is handed to an http.Transport or to
// tls.Dial. Clones of it have the cache, too: one that gets other settings needs a cache of its own.
// Sessions stay apart where server name, protocols, verification, certificate, versions or suites
// differ. Whatever is wrong with a session, the handshake is a full one.
func (c *Client) SessionCache(config *tls.Config, options PeerOptions) tls.ClientSessionCache {
	if config == nil {
		config = &tls.Config{}
	}
	return newSessionCache(c, config, &options)
}

// A sessionCache is the client as one config sees it.
type sessionCache struct {
	client   *Client
	config   *tls.Config // as it was when the cache was made; for certificates and time
	settings peerID      // of all its peers, which lack host and name
	verified *verified   // servers' certificates
	link     *link       // of the one connection that has this cache; nil: many have it
}

func newSessionCache(client *Client, config *tls.Config, options *PeerOptions) *sessionCache {
	return &sessionCache{
		client: client, config: config.Clone(), settings: settingsOf(config, options),
		verified: new(verified),
	}
}

// with calls with the peer of a key, while the client is in use.
func (s *sessionCache) with(key string, call func(id peerID, peer raw.Handle_peer)) {
	if s.client == nil || layout == 0 || !s.client.h.use() {
		return
	}
	defer s.client.h.done()
	id, ok := s.peerOf(key)
	if !ok {
		return
	}
	peer, ok := id.open()
	if !ok {
		return
	}
	defer raw.Peer_unref(peer)
	call(id, peer)
}

// Get is tls.ClientSessionCache's: what to offer, if there is anything. A TLS 1.3 ticket is gone
// then.
func (s *sessionCache) Get(key string) (found *tls.ClientSessionState, ok bool) {
	s.with(key, func(id peerID, peer raw.Handle_peer) {
		found = s.take(id, peer, key)
	})
	return found, found != nil
}

func (s *sessionCache) take(id peerID, peer raw.Handle_peer, key string) *tls.ClientSessionState {
	for {
		var saved raw.Handle_saved
		now := milliseconds(timeFor(s.config))
		if raw.Client_take(s.client.raw(), peer, now, &saved) != statusOK {
			return nil
		}
		state, ok := s.clientState(saved, key)
		if ok = ok && s.give(id, key, saved, now); ok {
			return state
		}
		s.client.unusable.Add(1)
		// A TLS 1.2 session is still there and would be found again.
		raw.Client_forget_saved(s.client.raw(), peer, saved)
		raw.Saved_unref(saved)
	}
}

// give notes what goes out, and drops the reference if that is well.
func (s *sessionCache) give(id peerID, key string, saved raw.Handle_saved, now uint64) bool {
	session := raw.Saved_session(saved)
	authenticated := raw.Session_authenticated(session)
	if s.link != nil {
		s.link.give(key, saved, authenticated)
		return true
	}
	life := raw.Policy_authentication_lifetime(s.client.policy, raw.Session_version(session))
	if !s.client.debts.owe(id, debt{authenticated, authenticated + 1000*uint64(life)}, now) {
		return false
	}
	raw.Saved_unref(saved)
	return true
}

// Put is tls.ClientSessionCache's. crypto/tls calls it when server and Finished were verified, and
// without a session when a handshake that offered one has failed. All of the peer's are forgotten
// then, unless it is known which it was.
func (s *sessionCache) Put(key string, state *tls.ClientSessionState) {
	s.with(key, func(id peerID, peer raw.Handle_peer) {
		switch {
		case state != nil:
			s.keep(id, peer, state)
		case s.link == nil || !s.answered(false):
			raw.Client_forget(s.client.raw(), peer)
		}
	})
}

func (s *sessionCache) keep(id peerID, peer raw.Handle_peer, state *tls.ClientSessionState) {
	now := milliseconds(timeFor(s.config))
	received, ok := readClientState(state)
	if !ok {
		s.client.unreadable.Add(1)
		return
	}
	defer raw.Session_unref(received.session)
	created := raw.Session_created(received.session)
	authenticated := min64(raw.Session_authenticated(received.session), s.authenticated(id, created, now))
	session, ok := received.complete(authenticated)
	if !ok {
		s.client.unreadable.Add(1)
		return
	}
	defer raw.Session_unref(session)
	// Whether it was kept is counted there.
	raw.Client_put(s.client.raw(), peer, session, received.ticket, uint(received.hint), now)
}

// authenticated is when the server of a new session was: now, or when that of the session was which
// the connection resumed.
func (s *sessionCache) authenticated(id peerID, created, now uint64) uint64 {
	if s.link != nil {
		return s.link.authenticated(created)
	}
	return s.client.debts.since(id, created, now)
}

func min64(a, b uint64) uint64 {
	if a < b {
		return a
	}
	return b
}
