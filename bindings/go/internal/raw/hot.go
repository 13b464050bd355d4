// SPDX-License-Identifier: Apache-2.0

package raw

/*
#include <resume/resume.h>

// What the two hot calls answer, by value: SWIG would have C write the length into memory of Go's,
// and hands pointers over as void *, whose target cgo has to look up in the heap each time. The
// detour costs a sixth of the call.
typedef struct {
	int32_t status;
	uint32_t length;
} rsm_go_result;

static rsm_go_result rsm_go_seal(uintptr_t codec, const uint8_t *data, size_t data_len,
		uint64_t now_ms, uint8_t *buf, size_t buf_cap) {
	size_t length = 0;
	resume_status status = resume_codec_seal_bytes((const resume_codec *)codec, data, data_len,
		now_ms, buf, buf_cap, &length);
	return (rsm_go_result){status, (uint32_t)length};
}

static rsm_go_result rsm_go_open(uintptr_t codec, const uint8_t *data, size_t data_len,
		uint64_t now_ms, uint8_t *buf, size_t buf_cap) {
	size_t length = 0;
	resume_status status = resume_codec_open_bytes((const resume_codec *)codec, data, data_len,
		now_ms, buf, buf_cap, &length);
	return (rsm_go_result){status, (uint32_t)length};
}

static void rsm_go_observe_key(uintptr_t server, uintptr_t keyring, const uint8_t *name,
		size_t name_len, uint64_t now_ms) {
	resume_key *key = NULL;
	resume_status status = resume_keyring_find((resume_keyring *)keyring, name, name_len, now_ms, &key);
	if (status == RESUME_OK || status == RESUME_RENEW) {
		uint64_t from = resume_key_seal_from(key);
		// It can only fail for a histogram that is none.
		status = resume_server_observe((resume_server *)server, RESUME_HISTOGRAM_KEY_AGE,
			from < now_ms ? now_ms - from : 0);
	}
	resume_key_unref(key);
}
*/
import "C"

import "unsafe"

func pointer(data []byte) *C.uint8_t { return (*C.uint8_t)(unsafe.SliceData(data)) }

// Seal is Codec_seal_bytes, quicker; length as there.
func Seal(codec Handle_codec, data []byte, now uint64, buf []byte) (status int, length uint64) {
	result := C.rsm_go_seal(C.uintptr_t(codec), pointer(data), C.size_t(len(data)), C.uint64_t(now),
		pointer(buf), C.size_t(len(buf)))
	return int(result.status), uint64(result.length)
}

// Open is Codec_open_bytes, quicker; length as there.
func Open(codec Handle_codec, data []byte, now uint64, buf []byte) (status int, length uint64) {
	result := C.rsm_go_open(C.uintptr_t(codec), pointer(data), C.size_t(len(data)), C.uint64_t(now),
		pointer(buf), C.size_t(len(buf)))
	return int(result.status), uint64(result.length)
}

// ObserveKey counts the age of the key of that name, if the ring has it, in the server's histogram.
// In one call, since each costs more than what it does.
func ObserveKey(server Handle_server, keyring Handle_keyring, name []byte, now uint64) {
	C.rsm_go_observe_key(C.uintptr_t(server), C.uintptr_t(keyring), pointer(name), C.size_t(len(name)),
		C.uint64_t(now))
}

// Text gives a copy of a text that the C library lends at an address of its own.
func Text(address uintptr) string {
	return C.GoString(*(**C.char)(unsafe.Pointer(&address)))
}

// Copy gives a copy of bytes that the C library lends at an address of its own.
func Copy(address uintptr, length uint64) []byte {
	if address == 0 || length == 0 {
		return nil
	}
	// Not unsafe.Pointer(address): that is for addresses of Go's.
	data := *(**byte)(unsafe.Pointer(&address))
	return append([]byte(nil), unsafe.Slice(data, length)...)
}
