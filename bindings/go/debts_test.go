// SPDX-License-Identifier: Apache-2.0

//go:build cgo

package resume

import (
	"fmt"
	"testing"
)

func TestDebts(t *testing.T) {
	var d debts
	a, b := peerID{host: "a"}, peerID{host: "b"}
	expect := func(id peerID, now, want uint64) {
		t.Helper()
		if got := d.since(id, now, now); got != want {
			t.Fatalf("at %d since %d, want %d", now, got, want)
		}
	}
	expect(a, 100, 100)
	for _, authenticated := range []uint64{50, 10, 50} {
		if !d.owe(a, debt{authenticated, authenticated + 100}, 60) {
			t.Fatal("no room")
		}
	}
	expect(a, 100, 10)
	expect(a, 110, 50) // the first one is over
	expect(a, 150, 150)
	expect(b, 100, 100)
	if len(d.of[a]) != 2 {
		t.Fatal(d.of)
	}
}

func TestDebtsAreBounded(t *testing.T) {
	var d debts
	full := peerID{host: "full"}
	for i := uint64(0); i < debtsMax; i++ {
		d.owe(full, debt{i, 100}, 0)
	}
	if d.owe(full, debt{debtsMax, 100}, 99) || !d.owe(full, debt{debtsMax, 200}, 100) {
		t.Fatal("more debts of a peer than there may be, or fewer")
	}
	for i := len(d.of); i < debtPeersMax; i++ {
		d.owe(peerID{host: fmt.Sprint(i)}, debt{1, 100}, 0)
	}
	another := peerID{host: "another"}
	if d.owe(another, debt{1, 200}, 99) || !d.owe(full, debt{1, 200}, 99) {
		t.Fatal("more peers than there may be, or fewer")
	}
	if d.busy != 100 {
		t.Fatal("it looks at all of them again and again, until ", d.busy)
	}
	if !d.owe(another, debt{1, 150}, 100) || len(d.of) != 2 || d.busy != 150 {
		t.Fatal("what is over takes room", len(d.of), d.busy)
	}
}
