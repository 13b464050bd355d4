// SPDX-License-Identifier: Apache-2.0

//go:build cgo

package resume

import (
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"encoding/binary"
	"sort"

	"github.com/libresume/libresume/bindings/go/internal/raw"
)

// clientAuthDigest stands for all that a config says about client certificates: a session resumes
// only where the same is said. Of the CAs it has the subjects, which is all that a pool tells; that
// the keys are the same, too, is what verifiedChains looks at.
func clientAuthDigest(config *tls.Config) []byte {
	if config == nil || config.ClientAuth == tls.NoClientCert {
		return nil
	}
	digest := sha256.New()
	var number [8]byte
	binary.BigEndian.PutUint64(number[:], uint64(config.ClientAuth))
	digest.Write(number[:])
	if config.ClientCAs == nil {
		digest.Write([]byte("system"))
		return digest.Sum(nil)
	}
	//lint:ignore SA1019 without the system's roots it has all subjects.
	subjects := append([][]byte(nil), config.ClientCAs.Subjects()...)
	sort.Slice(subjects, func(i, j int) bool { return bytes.Compare(subjects[i], subjects[j]) < 0 })
	for _, subject := range subjects {
		binary.BigEndian.PutUint64(number[:], uint64(len(subject)))
		digest.Write(number[:])
		digest.Write(subject)
	}
	return digest.Sum(nil)
}

// clientAuthOf is what the C library is told. RequireAnyClientCert verifies nothing, so that its
// sessions have no good verify result: that there is a certificate is then for checkCertificate.
func clientAuthOf(config *tls.Config) int {
	switch config.ClientAuth {
	case tls.NoClientCert:
		return raw.RESUME_CLIENT_AUTH_NONE
	case tls.RequireAndVerifyClientCert:
		return raw.RESUME_CLIENT_AUTH_REQUIRE
	default:
		return raw.RESUME_CLIENT_AUTH_REQUEST
	}
}

// checkCertificate gives the verified chains of a session that the C library found good, or why
// it may not resume here for its client certificate.
func checkCertificate(session *Session, config *tls.Config) (chains []byte, reason int) {
	some := get(session, raw.Session_peer_certificate_count) > 0
	if !some && config.ClientAuth == tls.RequireAnyClientCert {
		return nil, raw.RESUME_REASON_CLIENT_CERTIFICATE_MISSING
	}
	if !some || config.ClientAuth < tls.VerifyClientCertIfGiven {
		return nil, raw.RESUME_REASON_RESUMED
	}
	chains, ok := verifiedChains(session, config)
	if !ok {
		return nil, raw.RESUME_REASON_CLIENT_CERTIFICATE_INVALID
	}
	return chains, raw.RESUME_REASON_RESUMED
}
