// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"

	resume "github.com/libresume/libresume/bindings/go"
)

const tickets = 500 // that parent and child seal with each codec

// A sealer is a codec and where its nonces are in a ticket.
type sealer struct {
	name       string
	codec      *resume.Codec
	begin, end int
}

func (w *world) sealers() []sealer {
	return []sealer{
		{"rfc5077", w.codec("ring-80"), 16, 32},
		{"aead", w.aead("ring-80", w.given("label")), 17, 41},
	}
}

func (w *world) sealMany(sealers []sealer, name string) {
	var lines bytes.Buffer
	for _, s := range sealers {
		for i := 0; i < tickets; i++ {
			fmt.Fprintf(&lines, "%s %x\n", s.name, seal(s.codec, w.given("payload")))
		}
	}
	need(os.WriteFile(w.path(name), lines.Bytes(), 0o600))
}

// openMany counts the tickets of a file that are well.
func (w *world) openMany(s sealer, name string) int {
	count, payload := 0, w.given("payload")
	for _, p := range readPairs(w.path(name)) {
		if p.name == s.name {
			plain, renew, err := s.codec.OpenBytes(nil, unhex(p.value))
			if err == nil && !renew && bytes.Equal(plain, payload) {
				count++
			}
		}
	}
	return count
}

// child is the second process: it seals, waits until the parent has sealed, and opens.
func child(w *world) {
	sealers := w.sealers()
	w.sealMany(sealers, "child")
	must(io.Copy(io.Discard, os.Stdin))
	var lines strings.Builder
	for _, s := range sealers {
		fmt.Fprintf(&lines, "%s %d\n", s.name, w.openMany(s, "parent"))
	}
	need(os.WriteFile(w.path("opened"), []byte(lines.String()), 0o600))
}

// fork starts this program a second time: Go cannot fork.
func fork(w *world) {
	sealers := w.sealers()
	nonces := map[string]map[string]bool{}
	note := func(s sealer, ticket []byte) { nonces[s.name][string(ticket[s.begin:s.end])] = true }
	for _, s := range sealers {
		nonces[s.name] = map[string]bool{}
		note(s, seal(s.codec, w.given("payload")))
	}
	process := exec.Command(os.Args[0], "007-child", w.folder)
	process.Stderr = os.Stderr
	told := must(process.StdinPipe())
	need(process.Start())
	w.sealMany(sealers, "parent")
	need(told.Close())
	need(process.Wait())
	for _, s := range sealers {
		for _, p := range append(readPairs(w.path("parent")), readPairs(w.path("child"))...) {
			if p.name == s.name {
				note(s, unhex(p.value))
			}
		}
		w.see("%d", len(nonces[s.name]))
	}
	for _, s := range sealers {
		w.see("%d", w.openMany(s, "child"))
	}
	for _, p := range readPairs(w.path("opened")) {
		w.see("%s", p.value)
	}
}
