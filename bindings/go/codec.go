// SPDX-License-Identifier: Apache-2.0

//go:build cgo

package resume

import (
	"github.com/libresume/libresume/bindings/go/internal/raw"
)

// Frame is what stands around the payload of a ticket.
type Frame int32

// Payload is how a session is written inside a ticket.
type Payload int32

// The frames and payloads. The first of each is the default and what OpenSSL's servers open.
var (
	FrameRFC5077       = Frame(raw.RESUME_FRAME_RFC5077)
	FrameAEAD          = Frame(raw.RESUME_FRAME_AEAD)
	FrameRFC5077Struct = Frame(raw.RESUME_FRAME_RFC5077_STRUCT)

	PayloadOpenSSL        = Payload(raw.RESUME_PAYLOAD_OPENSSL)
	PayloadNative         = Payload(raw.RESUME_PAYLOAD_NATIVE)
	PayloadStatePlaintext = Payload(raw.RESUME_PAYLOAD_STATE_PLAINTEXT)
)

// CodecOptions are what a codec may be told. Zero values are the defaults: FrameRFC5077, and the
// payload that belongs to the frame.
type CodecOptions struct {
	Frame   Frame
	Payload Payload
	Context []byte // authenticated with each ticket and not carried in it; FrameAEAD only
}

// Codec seals sessions into tickets and opens them.
type Codec struct{ h *handle }

func (c *Codec) raw() raw.Handle_codec { return raw.Handle_codec(c.h.pointer) }

// NewCodec makes a codec of a ring.
func NewCodec(keys *Keyring, options CodecOptions) (*Codec, error) {
	const op = "new codec"
	if keys == nil {
		return nil, failure(op, int(ErrInvalid), "no keyring")
	}
	if !keys.h.use() {
		return nil, ErrClosed
	}
	defer keys.h.done()
	var set raw.Handle_codec_options
	if status := raw.Codec_options_new(&set); status != statusOK {
		return nil, failure(op, status, "")
	}
	defer raw.Codec_options_unref(set)
	status := statusOK
	if options.Frame != 0 {
		status = raw.Codec_options_set_frame(set, int(options.Frame))
	}
	if status == statusOK && options.Payload != 0 {
		status = raw.Codec_options_set_payload(set, int(options.Payload))
	}
	if status == statusOK && len(options.Context) > 0 {
		status = raw.Codec_options_set_context(set, options.Context)
	}
	var made raw.Handle_codec
	if status == statusOK {
		status = raw.Codec_new(keys.raw(), set, &made)
	}
	if status != statusOK {
		return nil, failure(op, status, raw.Codec_options_why(set))
	}
	return &Codec{newHandle(uintptr(made), func(p uintptr) {
		raw.Codec_unref(raw.Handle_codec(p))
	})}, nil
}

// Close drops the codec.
func (c *Codec) Close() error {
	c.h.close()
	return nil
}

// Seal writes a session as a ticket.
func (c *Codec) Seal(session *Session) ([]byte, error) {
	if !c.h.use() {
		return nil, ErrClosed
	}
	defer c.h.done()
	if session == nil || !session.h.use() {
		return nil, ErrClosed
	}
	defer session.h.done()
	now := nowMilliseconds()
	status, ticket := withBuffer(func(buf []byte, length *uint64) int {
		return raw.Codec_seal(c.raw(), session.raw(), now, buf, length)
	})
	return ticket, failure("seal", status, "")
}

// Open reads a ticket: any bytes, of any length. Renew says that it is good, but that its key no
// longer seals. What is wrong with a ticket is Miss (its key is unknown), Expired, Forged,
// Malformed or Unsupported. Whether the session may resume is another question.
func (c *Codec) Open(ticket []byte) (session *Session, renew bool, err error) {
	if !c.h.use() {
		return nil, false, ErrClosed
	}
	defer c.h.done()
	made, status := c.open(ticket, nowMilliseconds())
	if made == nil {
		return nil, false, failure("open", status, "")
	}
	return made, status == statusRenew, nil
}

func (c *Codec) open(ticket []byte, now uint64) (*Session, int) {
	if ticket == nil {
		ticket = []byte{}
	}
	var made raw.Handle_session
	status := raw.Codec_open(c.raw(), ticket, now, &made)
	if status != statusOK && status != statusRenew {
		return nil, status
	}
	return newSession(made), status
}

// SealedSize says how large a ticket of so many bytes can be at most.
func (c *Codec) SealedSize(length int) int {
	if length < 0 || !c.h.use() {
		return 0
	}
	defer c.h.done()
	return int(raw.Codec_sealed_size(c.raw(), int64(length)))
}

// SealBytes seals any bytes and appends the ticket to dst. It allocates if dst has no room for
// SealedSize(len(data)) bytes more.
func (c *Codec) SealBytes(dst, data []byte) ([]byte, error) {
	if !c.h.use() {
		return dst, ErrClosed
	}
	defer c.h.done()
	old := len(dst)
	for need := uint64(len(data)) + 128; ; {
		dst = grow(dst, need)
		status, length := raw.Seal(c.raw(), data, nowMilliseconds(), dst[old:cap(dst)])
		if status == statusOK {
			return dst[: old+int(length) : cap(dst)], nil
		}
		if status != statusBuffer {
			return dst, failure("seal", status, "")
		}
		need = length
	}
}

// OpenBytes opens a ticket and appends what was sealed to dst, which it grows to
// len(dst)+len(ticket) if there is less room.
func (c *Codec) OpenBytes(dst, ticket []byte) (plain []byte, renew bool, err error) {
	if !c.h.use() {
		return dst, false, ErrClosed
	}
	defer c.h.done()
	if ticket == nil {
		ticket = []byte{}
	}
	old := len(dst)
	dst = grow(dst, uint64(len(ticket))+1)
	status, length := raw.Open(c.raw(), ticket, nowMilliseconds(), dst[old:cap(dst)])
	if status != statusOK && status != statusRenew {
		return dst, false, failure("open", status, "")
	}
	return dst[:old+int(length)], status == statusRenew, nil
}

func grow(dst []byte, room uint64) []byte {
	if uint64(cap(dst)-len(dst)) >= room {
		return dst
	}
	grown := make([]byte, len(dst), uint64(len(dst))+room)
	copy(grown, dst)
	return grown
}
