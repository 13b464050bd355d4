// SPDX-License-Identifier: Apache-2.0

//go:build cgo && !go1.24

package resume

import "crypto/tls"

// offersEMS cannot tell before Go 1.24. crypto/tls then decides alone what EMS demands.
func offersEMS(*tls.ClientHelloInfo) (offered, known bool) { return false, false }
