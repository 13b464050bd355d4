// SPDX-License-Identifier: Apache-2.0

//go:build cgo

package resume

import (
	"math"
	"sync"
)

// debts remember of each peer when the sessions that went out were authenticated. crypto/tls does
// not say from which session a new one comes, nor whether it comes from one at all. So the new one
// counts as no younger than the oldest of them: a session must not live for ever by being renewed.
type debts struct {
	mutex sync.Mutex
	of    map[peerID][]debt
	busy  uint64 // until then it is of no use to look for debts that are over
}

// A debt ends when nothing may be renewed from its session any more. That a connection has been open
// for longer still, and brings a ticket then, only a Dialer can tell.
type debt struct{ authenticated, until uint64 }

// Beyond that many nothing goes out. One peer has more than one debt only where sessions came by a
// file or by a Dialer, too.
const (
	debtPeersMax = 1 << 16
	debtsMax     = 16
)

// owe notes a session that goes out; false where there is no room to do so, and it must not.
func (d *debts) owe(id peerID, owed debt, now uint64) bool {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	if d.of == nil {
		d.of = map[peerID][]debt{}
	}
	if len(d.of) >= debtPeersMax && len(d.of[id]) == 0 && now >= d.busy {
		d.forgiveAll(now)
	}
	all := d.forgive(id, now)
	for _, known := range all {
		if known.authenticated == owed.authenticated {
			return true
		}
	}
	if len(all) >= debtsMax || len(all) == 0 && len(d.of) >= debtPeersMax {
		return false
	}
	d.of[id] = append(all, owed)
	d.busy = min64(d.busy, owed.until)
	return true
}

// forgiveAll drops what is over of all peers. To look at so many takes long, so that it is not done
// again before there is something to find.
func (d *debts) forgiveAll(now uint64) {
	d.busy = math.MaxUint64
	for id := range d.of {
		for _, one := range d.forgive(id, now) {
			d.busy = min64(d.busy, one.until)
		}
	}
}

// forgive drops what is over, and gives the rest.
func (d *debts) forgive(id peerID, now uint64) []debt {
	var left []debt
	for _, one := range d.of[id] {
		if one.until > now {
			left = append(left, one)
		}
	}
	if d.of[id] = left; len(left) == 0 {
		delete(d.of, id)
	}
	return left
}

// since is when a new session of the peer counts as authenticated: at created, or before.
func (d *debts) since(id peerID, created, now uint64) uint64 {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	for _, one := range d.of[id] {
		if one.until > now {
			created = min64(created, one.authenticated)
		}
	}
	return created
}
