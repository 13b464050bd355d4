// SPDX-License-Identifier: Apache-2.0

//go:build cgo

package resume

import (
	"crypto/tls"
	"crypto/x509"

	"github.com/libresume/libresume/bindings/go/internal/raw"
)

// The layout of tls.SessionState that the running crypto/tls reads. Go says that its bytes are its
// own affair, so it is asked, not told: a TLS 1.2 session in the later layout is an error before.
var layout = probeLayout()

func probeLayout() int {
	var secret [48]byte
	secret[0] = 1
	set, err := sessionOptions(0)
	if err != nil {
		return 0
	}
	defer raw.Session_options_unref(set)
	var made raw.Handle_session
	if firstFailure(
		func() int { return raw.Session_options_set_version(set, tls.VersionTLS12) },
		func() int {
			return raw.Session_options_set_cipher_suite(set, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256)
		},
		func() int { return raw.Session_options_set_secret(set, secret[:]) },
		func() int { return raw.Session_options_set_created(set, 1000) },
		func() int { return raw.Session_options_set_lifetime(set, 1) },
		func() int { return raw.Session_new(set, &made) },
	) != statusOK {
		return 0
	}
	session := newSession(made)
	defer session.Close()
	for _, layout := range []int{raw.RESUME_GOTLS_LAYOUT_2, raw.RESUME_GOTLS_LAYOUT_1} {
		data, status := session.inLayout(layout, nil)
		if status != statusOK {
			continue
		}
		if _, err := tls.ParseSessionState(data); err == nil {
			return layout
		}
	}
	return 0
}

func (s *Session) inLayout(layout int, chains []byte) ([]byte, int) {
	status, data := withBuffer(func(buf []byte, length *uint64) int {
		return raw.Session_to_gotls(s.raw(), layout, chains, buf, length)
	})
	return data, status
}

func (s *Session) toGo(chains []byte) ([]byte, int) {
	if layout == 0 {
		return nil, int(ErrUnsupported)
	}
	return s.inLayout(layout, chains)
}

// toState gives the session as crypto/tls takes it back.
func (s *Session) toState(chains []byte) (*tls.SessionState, bool) {
	data, status := s.toGo(chains)
	if status != statusOK {
		return nil, false
	}
	// Not wiped: the state points into data.
	state, err := tls.ParseSessionState(data)
	return state, err == nil
}

// verifiedChains verifies the client's certificate anew, since a session outlives what was true
// when it began: the certificate's validity and the CAs that this server trusts. It gives the chains
// in the form of Session_to_gotls, or false if there is none. OpenSSL's sessions hold the leaf
// alone, so that one behind an intermediate CA is not verified unless that CA is trusted itself.
func verifiedChains(session *Session, config *tls.Config) ([]byte, bool) {
	certificates := session.PeerCertificates()
	if len(certificates) == 0 {
		return nil, true
	}
	chains, ok := verify(certificates, x509.VerifyOptions{
		Roots:       config.ClientCAs,
		CurrentTime: timeFor(config),
		KeyUsages:   []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
	return encodeChains(chains), ok
}

// verify verifies certificates in DER, the leaf first.
func verify(certificates [][]byte, options x509.VerifyOptions) ([][]*x509.Certificate, bool) {
	leaf, err := x509.ParseCertificate(certificates[0])
	if err != nil {
		return nil, false
	}
	options.Intermediates = x509.NewCertPool()
	for _, der := range certificates[1:] {
		intermediate, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, false
		}
		options.Intermediates.AddCert(intermediate)
	}
	chains, err := leaf.Verify(options)
	return chains, err == nil
}

// encodeChains writes chains, each without its leaf, as Session_to_gotls takes them.
func encodeChains(chains [][]*x509.Certificate) []byte {
	var out []byte
	for _, chain := range chains {
		var body []byte
		for _, certificate := range chain[1:] {
			body = appendWithLength(body, certificate.Raw)
		}
		out = appendWithLength(out, body)
	}
	return out
}

func appendWithLength(out, data []byte) []byte {
	n := len(data)
	return append(append(out, byte(n>>16), byte(n>>8), byte(n)), data...)
}
