// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"encoding/hex"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	resume "github.com/libresume/libresume/bindings/go"
	"github.com/libresume/libresume/bindings/go/internal/clock"
)

// A pair is a line of a file: a name, a space, the value.
type pair struct{ name, value string }

// A world is a folder with vectors and key files, and the one time that the scenarios know.
type world struct {
	number, folder string
	values         map[string]string
	now            time.Time
	hour           time.Duration
	step           int
}

func need(err error) {
	if err != nil {
		log.Fatal("scenarios: ", err)
	}
}

func must[T any](value T, err error) T {
	need(err)
	return value
}

func readPairs(path string) []pair {
	file := must(os.Open(path))
	defer file.Close()
	var pairs []pair
	for lines := bufio.NewScanner(file); lines.Scan(); {
		name, value, found := strings.Cut(lines.Text(), " ")
		if found && name != "#" {
			pairs = append(pairs, pair{name, value})
		}
	}
	return pairs
}

func newWorld(number, folder string) *world {
	w := &world{number: number, folder: folder, values: map[string]string{}}
	for _, p := range readPairs(w.path("vectors")) {
		w.values[p.name] = p.value
	}
	milliseconds := func(name string) int64 {
		return must(strconv.ParseInt(w.values[name], 10, 64))
	}
	w.now = time.UnixMilli(milliseconds("now"))
	w.hour = time.Duration(milliseconds("hour")) * time.Millisecond
	w.at(0)
	return w
}

func (w *world) path(name string) string { return filepath.Join(w.folder, name) }

// at sets the time to so long after now.
func (w *world) at(later time.Duration) {
	instant := w.now.Add(later)
	clock.Now = func() time.Time { return instant }
}

func unhex(text string) []byte { return must(hex.DecodeString(text)) }

func (w *world) given(name string) []byte {
	value, found := w.values[name]
	if !found {
		log.Fatal("scenarios: no vector ", name)
	}
	return unhex(value)
}

func (w *world) session(name string) *resume.Session {
	return must(resume.ParseSession(w.given(name)))
}

func (w *world) ring(name string) *resume.Keyring {
	return must(resume.OpenKeyring("file:" + w.path(name)))
}

func (w *world) codec(name string) *resume.Codec {
	return must(resume.NewCodec(w.ring(name), resume.CodecOptions{}))
}

func (w *world) aead(name string, context []byte) *resume.Codec {
	return must(resume.NewCodec(w.ring(name),
		resume.CodecOptions{Frame: resume.FrameAEAD, Context: context}))
}

func (w *world) see(format string, seen ...any) {
	w.step++
	fmt.Printf("%s %d %s\n", w.number, w.step, fmt.Sprintf(format, seen...))
}

// word is the name of a status: what stands before the colon.
func word(err error) string {
	if err == nil {
		return "ok"
	}
	var status resume.Status
	if !errors.As(err, &status) {
		return err.Error()
	}
	name, _, _ := strings.Cut(status.Error(), ":")
	return name
}

// opened is the answer to a ticket, with what it held.
func opened(codec *resume.Codec, ticket []byte) string {
	plain, renew, err := codec.OpenBytes(nil, ticket)
	return answer(plain, renew, err)
}

func openedSession(codec *resume.Codec, ticket []byte) string {
	session, renew, err := codec.Open(ticket)
	if err != nil {
		return word(err)
	}
	return answer(must(session.MarshalBinary()), renew, nil)
}

func found(session *resume.Session, err error) string {
	if err != nil {
		return word(err)
	}
	data, err := session.MarshalBinary()
	return answer(data, false, err)
}

func answer(data []byte, renew bool, err error) string {
	switch {
	case err != nil:
		return word(err)
	case renew:
		return "renew " + hex.EncodeToString(data)
	default:
		return "ok " + hex.EncodeToString(data)
	}
}

func seal(codec *resume.Codec, data []byte) []byte { return must(codec.SealBytes(nil, data)) }

// changed has another last bit.
func changed(ticket []byte) []byte {
	other := append([]byte(nil), ticket...)
	other[len(other)-1] ^= 1
	return other
}
