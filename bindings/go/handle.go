// SPDX-License-Identifier: Apache-2.0

//go:build cgo

package resume

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/libresume/libresume/bindings/go/internal/clock"
)

// A handle holds one reference of the C library. It is dropped by Close or by the garbage collector,
// but never while a call is using it.
type handle struct {
	pointer uintptr
	drop    func(uintptr)
	uses    atomic.Int64 // calls that are inside, and one for the owner
	closed  atomic.Bool
}

func newHandle(pointer uintptr, drop func(uintptr)) *handle {
	h := &handle{pointer: pointer, drop: drop}
	h.uses.Store(1)
	runtime.SetFinalizer(h, (*handle).close)
	return h
}

// use must be followed by done if it says true.
func (h *handle) use() bool {
	if h == nil {
		return false
	}
	for {
		uses := h.uses.Load()
		if uses <= 0 {
			return false
		}
		if h.uses.CompareAndSwap(uses, uses+1) {
			return true
		}
	}
}

func (h *handle) done() {
	if h.uses.Add(-1) == 0 {
		h.drop(h.pointer)
	}
}

func (h *handle) close() {
	if h != nil && h.closed.CompareAndSwap(false, true) {
		runtime.SetFinalizer(h, nil)
		h.done()
	}
}

// share gives another owner of the same reference, while the caller is using it.
func (h *handle) share() *handle {
	if !h.use() {
		return nil
	}
	return newHandle(h.pointer, func(uintptr) { h.done() })
}

// ticketMax bytes hold every ticket and every session: the length on the wire has 16 bits.
const ticketMax = 65535

var buffers = sync.Pool{New: func() any { return new([ticketMax]byte) }}

// withBuffer has call write into a large buffer and copies what it wrote. The buffer is wiped.
func withBuffer(call func(buf []byte, length *uint64) int) (int, []byte) {
	buf := buffers.Get().(*[ticketMax]byte)
	var length uint64
	status := call(buf[:], &length)
	var out []byte
	if status == statusOK || status == statusRenew {
		out = append(make([]byte, 0, length), buf[:length]...)
	}
	wipe(buf[:length])
	buffers.Put(buf)
	return status, out
}

func wipe(data []byte) {
	for i := range data {
		data[i] = 0
	}
}

// lent copies bytes of the C library.
func lent(data *byte, length uint64) []byte {
	if data == nil || length == 0 {
		return nil
	}
	return append([]byte(nil), unsafe.Slice(data, length)...)
}

// readNumbers reads what an object of the C library counts; 0 for what it does not know.
func readNumbers(numbers map[int]*uint64, read func(which int, value *uint64) int) {
	for which, value := range numbers {
		if read(which, value) != statusOK {
			*value = 0
		}
	}
}

func milliseconds(t time.Time) uint64 {
	if t.IsZero() || t.UnixMilli() < 0 {
		return 0
	}
	return uint64(t.UnixMilli())
}

func nowMilliseconds() uint64 { return milliseconds(clock.Now()) }

func timeOf(ms uint64) time.Time {
	if ms > uint64(1)<<62 {
		return time.Time{}
	}
	return time.UnixMilli(int64(ms))
}
