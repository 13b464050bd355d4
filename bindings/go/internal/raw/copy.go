// SPDX-License-Identifier: Apache-2.0

package raw

// #include <stdint.h>
import "C"

import "unsafe"

// Copy gives a copy of bytes that the C library lends at an address of its own.
func Copy(address uintptr, length uint64) []byte {
	if address == 0 || length == 0 {
		return nil
	}
	// Not unsafe.Pointer(address): that is for addresses of Go's.
	data := *(**byte)(unsafe.Pointer(&address))
	return append([]byte(nil), unsafe.Slice(data, length)...)
}
