// SPDX-License-Identifier: Apache-2.0

//go:build cgo

package resume

import (
	"encoding/hex"
	"fmt"
	"time"

	"github.com/libresume/libresume/bindings/go/internal/raw"
)

// Keyring holds the keys that tickets are sealed and opened with.
type Keyring struct{ h *handle }

func newKeyring(made raw.Handle_keyring) *Keyring {
	return &Keyring{newHandle(uintptr(made), func(p uintptr) {
		raw.Keyring_unref(raw.Handle_keyring(p))
	})}
}

func (k *Keyring) raw() raw.Handle_keyring { return raw.Handle_keyring(k.h.pointer) }

// OpenKeyring makes a ring from a URL:
//
//	random:?seal=12h&open=24h            keys of this process, rotated by themselves
//	file:/etc/fleet.key                  key files, as nginx, HAProxy and Apache read them
//	derive:/etc/fleet.secret?step=12h    keys that every host derives from one secret and the clock
//
// An unknown scheme, parameter or unit is an error that names it.
func OpenKeyring(url string) (*Keyring, error) {
	var options raw.Handle_keyring_options
	if status := raw.Keyring_options_new(&options); status != statusOK {
		return nil, failure("open keyring", status, "")
	}
	defer raw.Keyring_options_unref(options)
	var made raw.Handle_keyring
	status := raw.Keyring_from_url(url, options, nowMilliseconds(), &made)
	if status != statusOK {
		return nil, failure("open keyring", status, raw.Keyring_options_why(options))
	}
	return newKeyring(made), nil
}

// Close drops the ring. Codecs and servers that were built from it go on.
func (k *Keyring) Close() error {
	k.h.close()
	return nil
}

func (k *Keyring) call(op string, call func(raw.Handle_keyring, uint64) int) error {
	if !k.h.use() {
		return ErrClosed
	}
	defer k.h.done()
	return failure(op, call(k.raw(), nowMilliseconds()), "")
}

// Rotate lets the next key of a random: ring seal now, before its time.
func (k *Keyring) Rotate() error { return k.call("rotate keyring", raw.Keyring_rotate) }

// Tick does the ring's scheduled work: rotates, retires keys and wipes them. Busy servers need not
// call it.
func (k *Keyring) Tick() error { return k.call("tick keyring", raw.Keyring_tick) }

// Reload reads a file: ring's files anew. On any failure the ring is unchanged.
func (k *Keyring) Reload() error { return k.call("reload keyring", raw.Keyring_reload) }

// Len says how many keys there are, in whatever state.
func (k *Keyring) Len() int {
	if !k.h.use() {
		return 0
	}
	defer k.h.done()
	return int(raw.Keyring_count(k.raw()))
}

// AuditKey judges key material before use, the name and both secrets, 48 or 80 bytes in all: what a
// guess would find is WeakKey, and the error says why.
func AuditKey(key []byte) error {
	var why uintptr
	status := raw.Key_audit(key, &why)
	return failure("audit key", status, raw.Text(why))
}

// KeyRole is what a key is in its ring.
type KeyRole int32

// The roles; 0 is none.
var (
	KeyNext     = KeyRole(raw.RESUME_KEY_NEXT)     // will seal, and opens already
	KeyCurrent  = KeyRole(raw.RESUME_KEY_CURRENT)  // seals and opens
	KeyRetiring = KeyRole(raw.RESUME_KEY_RETIRING) // opens what it sealed
)

// String is next, current or retiring.
func (r KeyRole) String() string {
	switch r {
	case KeyNext:
		return "next"
	case KeyCurrent:
		return "current"
	case KeyRetiring:
		return "retiring"
	default:
		return "none"
	}
}

// KeyInfo says of a key what is no secret.
type KeyInfo struct {
	Name      [16]byte  // stands in clear in front of each ticket
	SealFrom  time.Time // from here on it seals
	SealUntil time.Time // from here on it seals no more; zero for no end
	OpenUntil time.Time // from here on it opens no more; zero for no end
	Role      KeyRole
	Seals     uint64 // tickets that this process sealed with it
}

// String gives the name.
func (i KeyInfo) String() string { return "key " + hex.EncodeToString(i.Name[:]) }

// Keys tells of all keys, the latest first.
func (k *Keyring) Keys() []KeyInfo {
	if !k.h.use() {
		return nil
	}
	defer k.h.done()
	return keysOf(k.raw())
}

func keysOf(ring raw.Handle_keyring) []KeyInfo {
	var infos []KeyInfo
	for i := int64(0); i < int64(raw.Keyring_count(ring)); i++ {
		var key raw.Handle_key
		if raw.Keyring_key_at(ring, i, &key) != statusOK {
			break
		}
		info := KeyInfo{
			SealFrom:  timeOf(raw.Key_seal_from(key)),
			SealUntil: timeOf(raw.Key_seal_until(key)),
			OpenUntil: timeOf(raw.Key_open_until(key)),
			Seals:     raw.Key_seals(key),
		}
		var role int32
		if raw.Keyring_role(ring, key, nowMilliseconds(), &role) == statusOK {
			info.Role = KeyRole(role)
		}
		copy(info.Name[:], lent(raw.Key_name(key), uint64(len(info.Name))))
		raw.Key_unref(key)
		infos = append(infos, info)
	}
	return infos
}

// String says how many keys there are. Neither it nor GoString shows any.
func (k *Keyring) String() string { return fmt.Sprintf("resume.Keyring(%d keys)", k.Len()) }

// GoString is String.
func (k *Keyring) GoString() string { return k.String() }
