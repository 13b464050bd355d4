// SPDX-License-Identifier: Apache-2.0

//go:build cgo && go1.24

package resume

import "crypto/tls"

const extensionEMS = 23 // extended_master_secret, RFC 7627

// offersEMS says whether the ClientHello has extended_master_secret, and whether that can be seen.
func offersEMS(hello *tls.ClientHelloInfo) (offered, known bool) {
	for _, extension := range hello.Extensions {
		offered = offered || extension == extensionEMS
	}
	return offered, true
}
