// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"sort"
	"strings"

	resume "github.com/libresume/libresume/bindings/go"
)

// A kept is a store in which the scenarios look for one ID.
type kept struct {
	w     *world
	store *resume.Store
	id    []byte
}

func (w *world) openStore(url string) *kept {
	return &kept{w, must(resume.OpenStore(url)), w.given("id-12")}
}

func (k *kept) get() string { return found(k.store.Get(context.Background(), k.id)) }

func (k *kept) take() string { return found(k.store.Take(context.Background(), k.id)) }

func (k *kept) remove() string { return word(k.store.Remove(context.Background(), k.id)) }

func (k *kept) put(name string) string {
	return word(k.store.Put(context.Background(), k.w.session(name)))
}

func (k *kept) numbers() string {
	s := k.store.Stats()
	return fmt.Sprintf("errors=%d evictions=%d expired=%d hits=%d misses=%d puts=%d refused=%d removes=%d",
		s.Errors, s.Evictions, s.Expired, s.Hits, s.Misses, s.Puts, s.Refused, s.Removes)
}

func store(w *world) {
	s := w.openStore("memory:")
	w.see("%s", s.get())
	w.see("%s", s.put("session-12"))
	w.see("%s", s.get())
	w.see("%s", s.put("session-12"))
	w.see("%s", s.put("session-12-again"))
	w.see("%s", s.get())
	w.see("%s", s.take())
	w.see("%s", s.take())
	w.see("%s", s.remove())
	s.put("session-12")
	w.see("%s", s.remove())
	w.see("%s", s.get())
	first, second := w.openStore("shm:"+w.path("store")), w.openStore("shm:"+w.path("store"))
	w.see("%s", first.put("session-12"))
	w.see("%s", second.get())
	w.see("%s", second.take())
	w.see("%s", first.get())
	w.see("%s", second.put("session-12"))
}

func counters(server *resume.Server) string {
	var seen []string
	for path, reasons := range server.Stats() {
		for reason, count := range reasons {
			seen = append(seen, fmt.Sprintf("%s.%s=%d", path, reason, count))
		}
	}
	if len(seen) == 0 {
		return "none"
	}
	sort.Strings(seen)
	return strings.Join(seen, " ")
}

func stats(w *world) {
	s := w.openStore("memory:")
	w.see("%s", s.numbers())
	s.get()
	s.put("session-12")
	s.put("session-12")
	s.get()
	s.get()
	w.see("%s", s.numbers())
	s.put("session-12-again")
	s.take()
	s.take()
	s.remove()
	w.see("%s", s.numbers())
	s.put("session-12")
	w.at(w.hour)
	s.get()
	w.at(0)
	w.see("%s", s.numbers())
	server := w.serve("ring-80", w.policy())
	w.see("%s", counters(server.server))
	first, second := server.issue("session-12"), server.issue("session-13")
	w.see("%s", counters(server.server))
	for i := 0; i < 3; i++ {
		server.offer(first, "a.example")
	}
	w.see("%s", counters(server.server))
	server.offer(first, "b.example")
	server.offer(changed(first), "a.example")
	server.offer(w.serve("ring-next", w.policy()).issue("session-12"), "a.example")
	w.see("%s", counters(server.server))
	server.offer13(second, "a.example")
	w.at(168 * w.hour)
	server.offer13(second, "a.example")
	w.see("%s", counters(server.server))
}
