// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"os"

	resume "github.com/libresume/libresume/bindings/go"
)

func sealOpen(w *world) {
	payload := w.given("payload")
	w.see("%d", w.ring("ring-80").Len())
	long, short, other := w.codec("ring-80"), w.codec("ring-48"), w.aead("ring-80", w.given("label"))
	var tickets [][]byte
	for _, codec := range []*resume.Codec{long, short, other} {
		ticket := seal(codec, payload)
		w.see("%d %x %s", len(ticket), ticket[:16], opened(codec, ticket))
		tickets = append(tickets, ticket)
	}
	for _, of := range []struct {
		codec *resume.Codec
		name  string
	}{{long, "session-12"}, {short, "session-12"}, {other, "session-13"}} {
		ticket := must(of.codec.Seal(w.session(of.name)))
		w.see("%s", openedSession(of.codec, ticket))
		tickets = append(tickets, ticket)
	}
	if bytes.Equal(seal(long, payload), seal(long, payload)) {
		w.see("same")
	} else {
		w.see("different")
	}
	w.see("%s", opened(long, changed(tickets[0])))
	w.see("%s", opened(other, changed(tickets[2])))
	w.see("%s", opened(w.aead("ring-80", w.given("label-other")), tickets[2]))
	w.see("%s", opened(long, tickets[0][:40]))
	w.see("%s", opened(long, tickets[1]))
	var lines bytes.Buffer
	for i, ticket := range tickets {
		fmt.Fprintf(&lines, "%d %x\n", i+2, ticket)
	}
	need(os.WriteFile(w.path("tickets"), lines.Bytes(), 0o600))
	w.see("written")
}

func rotate(w *world) {
	payload := w.given("payload")
	ticket := seal(w.codec("ring-80"), payload)
	w.see("%x", ticket[:16])
	both := w.ring("ring-next?old=" + w.path("ring-80"))
	w.see("%d", both.Len())
	codec := must(resume.NewCodec(both, resume.CodecOptions{}))
	second := seal(codec, payload)
	w.see("%x", second[:16])
	w.see("%s", opened(codec, ticket))
	w.see("%s", opened(codec, second))
	w.see("%s", opened(w.codec("ring-next"), ticket))
	moving := w.ring("ring-moving")
	codec = must(resume.NewCodec(moving, resume.CodecOptions{}))
	w.see("%s", opened(codec, ticket))
	need(os.WriteFile(w.path("ring-moving"), w.given("ring-next"), 0o600))
	need(moving.Reload())
	w.see("%x", seal(codec, payload)[:16])
	w.see("%s", opened(codec, ticket))
	w.see("%s", word(moving.Rotate()))
	generated := must(resume.OpenKeyring("random:"))
	codec = must(resume.NewCodec(generated, resume.CodecOptions{}))
	ticket = seal(codec, payload)
	need(generated.Rotate())
	w.see("%s", opened(codec, ticket))
	w.see("%s", opened(codec, seal(codec, payload)))
}

func audited(key []byte) string {
	err := resume.AuditKey(key)
	var failure *resume.Error
	if errors.As(err, &failure) && failure.Why != "" {
		return word(err) + ": " + failure.Why
	}
	return word(err)
}

func weakKey(w *world) {
	w.see("%s", audited(w.given("ring-80")))
	for _, name := range []string{"zero", "same", "counting", "half-zero", "halves", "text", "name"} {
		w.see("%s", audited(w.given("weak-"+name)))
	}
	w.see("%s", audited(w.given("ring-80")[:79]))
	_, err := resume.OpenKeyring("file:" + w.path("ring-weak"))
	w.see("%s", word(err))
}

func sessionForms(w *world) {
	openssl := func(name string) string { return found(resume.ParseOpenSSLSession(w.given(name))) }
	toOpenSSL := func(name string) string {
		data, err := w.session(name).MarshalOpenSSL()
		return answer(data, false, err)
	}
	w.see("%s", found(resume.ParseSession(w.given("session-12"))))
	w.see("%s", toOpenSSL("session-12"))
	w.see("%s", openssl("session-12-der"))
	w.see("%s", toOpenSSL("session-13"))
	w.see("%s", openssl("session-13-der"))
	cut := func(name string) []byte { return w.given(name)[:len(w.given(name))-1] }
	w.see("%s", found(resume.ParseSession(cut("session-12"))))
	w.see("%s", found(resume.ParseOpenSSLSession(cut("session-12-der"))))
	w.see("%s", found(resume.ParseGoSession(w.given("session-12-go-1"))))
	w.see("%s", found(resume.ParseGoSession(w.given("session-12-go-2"))))
	w.see("%s", found(resume.ParseGoSession(must(w.session("session-12").MarshalGo()))))
}

func exchange(w *world) {
	tickets := map[string][]byte{}
	for _, p := range readPairs(w.path("tickets")) {
		tickets[p.name] = must(hex.DecodeString(p.value))
	}
	long, short, other := w.codec("ring-80"), w.codec("ring-48"), w.aead("ring-80", w.given("label"))
	w.see("%s", opened(long, tickets["2"]))
	w.see("%s", opened(short, tickets["3"]))
	w.see("%s", opened(other, tickets["4"]))
	w.see("%s", openedSession(long, tickets["5"]))
	w.see("%s", openedSession(short, tickets["6"]))
	w.see("%s", openedSession(other, tickets["7"]))
	w.see("%s", opened(w.codec("ring-next?old="+w.path("ring-80")), tickets["2"]))
	s := w.openStore("shm:" + w.path("store"))
	w.see("%s", s.get())
	w.see("%s", s.take())
	w.see("%s", s.get())
	w.see("%s", s.put("session-12"))
}
