// SPDX-License-Identifier: Apache-2.0

//go:build cgo

package resume

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"sync"
	"time"
)

// verified remembers which servers' certificates one config has found good: to verify takes as long
// as all the rest of a handshake that resumes. Only for as long as every certificate is valid, and
// not for long, since a platform's verifier may know of more than validity.
type verified struct {
	mutex sync.Mutex
	known map[[sha256.Size]byte]verdict
}

type verdict struct {
	chains      []byte
	from, until time.Time
}

const (
	verifiedMax  = 1024
	verifiedLife = time.Hour
)

// chains verifies a server's certificates in DER, the leaf first, and gives its chains in the form of
// Session_to_gotls, or false if there is none.
func (v *verified) chains(certificates [][]byte, config *tls.Config, name string) ([]byte, bool) {
	now := timeFor(config).Round(0) // the monotonic clock stands still while a machine sleeps
	key := keyOf(certificates, name)
	v.mutex.Lock()
	known, found := v.known[key]
	v.mutex.Unlock()
	if found && !now.Before(known.from) && now.Before(known.until) {
		return known.chains, true
	}
	chains, ok := verify(certificates, x509.VerifyOptions{
		DNSName: name, Roots: config.RootCAs, CurrentTime: now,
	})
	if !ok {
		return nil, false
	}
	known = verdict{chains: encodeChains(chains), from: now, until: now.Add(verifiedLife)}
	for _, chain := range chains {
		for _, certificate := range chain {
			if certificate.NotAfter.Before(known.until) {
				known.until = certificate.NotAfter
			}
		}
	}
	v.mutex.Lock()
	defer v.mutex.Unlock()
	if v.known == nil || len(v.known) >= verifiedMax {
		v.known = map[[sha256.Size]byte]verdict{}
	}
	v.known[key] = known
	return known.chains, true
}

func keyOf(certificates [][]byte, name string) (key [sha256.Size]byte) {
	digest := sha256.New()
	var length [8]byte
	for _, data := range append([][]byte{[]byte(name)}, certificates...) {
		binary.BigEndian.PutUint64(length[:], uint64(len(data)))
		digest.Write(length[:])
		digest.Write(data)
	}
	digest.Sum(key[:0])
	return key
}
