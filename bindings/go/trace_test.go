// SPDX-License-Identifier: Apache-2.0

//go:build cgo

package resume

import (
	"crypto/tls"
	"sync"
	"testing"
	"time"
)

// events are what a trace was told.
type events struct {
	mutex sync.Mutex
	all   []Event
}

func (e *events) add(event Event) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	e.all = append(e.all, event)
}

// counted is how often each outcome was told.
func (e *events) counted() map[string]map[string]uint64 {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	counted := map[string]map[string]uint64{}
	for _, event := range e.all {
		if counted[event.Path.String()] == nil {
			counted[event.Path.String()] = map[string]uint64{}
		}
		counted[event.Path.String()][event.Reason.String()]++
	}
	return counted
}

// The trace is told of all that is counted, and of nothing else.
func TestTrace(t *testing.T) {
	for _, mode := range []Modes{ModeTickets, ModeStore, ModeOff} {
		eachVersion(t, func(t *testing.T, version uint16) {
			var told events
			keys, err := OpenKeyring("random:")
			fatalIf(t, err)
			store, err := OpenStore("memory:?bytes=1M")
			fatalIf(t, err)
			server, err := NewServer(ServerOptions{
				Keyring: keys, Store: store, Policy: Policy{Modes: mode}, Trace: told.add,
			})
			fatalIf(t, err)
			var late time.Duration
			config := attached(t, server)
			config.Time = func() time.Time { return time.Now().Add(late) }
			c := newClient(version)
			c.expect(t, config, false, mode != ModeOff)
			late = time.Hour
			c.expect(t, config, mode != ModeOff)
			c.offer(t, c.session(), []byte("what a client made up, of whatever length it pleased to"))
			c.expect(t, config, false)
			stats, counted := server.Stats(), told.counted()
			for path, reasons := range stats {
				for reason, n := range reasons {
					if counted[path][reason] != n {
						t.Errorf("%s %s: told %d, counted %d", path, reason, counted[path][reason], n)
					}
					delete(counted[path], reason)
				}
			}
			for path, reasons := range counted {
				if len(reasons) > 0 {
					t.Errorf("told, and not counted: %s %v", path, reasons)
				}
			}
			aged := 0
			for _, event := range told.all {
				resumed := event.Reason == Resumed || event.Reason == Renewed
				if event.Time.IsZero() || resumed && event.Age > time.Hour+time.Minute {
					t.Errorf("%+v", event)
				}
				if resumed && event.Age >= time.Hour {
					aged++
				}
			}
			if want := mode != ModeOff; want != (aged == 1) {
				t.Errorf("%d resumed after an hour", aged)
			}
		})
	}
}

func TestTraceOfWhatIsNotIssued(t *testing.T) {
	var told events
	keys, err := OpenKeyring("random:")
	fatalIf(t, err)
	server, err := NewServer(ServerOptions{
		Keyring: keys, Policy: Policy{ForwardSecrecy: true}, Trace: told.add,
	})
	fatalIf(t, err)
	newClient(tls.VersionTLS12).expect(t, attached(t, server), false, false)
	const path, reason = "tls12_ticket", "not_issued_by_policy"
	if n := told.counted()[path][reason]; n != 2 || server.Stats()[path][reason] != n {
		t.Fatal(told.all, server.Stats())
	}
}

func TestHistograms(t *testing.T) {
	eachVersion(t, func(t *testing.T, version uint16) {
		server := serverOf(t, "random:", "", Policy{})
		config := attached(t, server)
		var late time.Duration
		config.Time = func() time.Time { return time.Now().Add(late) }
		c := newClient(version)
		c.expect(t, config, false, true)
		late = time.Hour // below 4096 s, at 12
		c.expect(t, config, true)
		for _, which := range []Histogram{TicketAges, KeyAges} {
			buckets := server.Histogram(which)
			var all uint64
			for _, n := range buckets {
				all += n
			}
			if all != 2 || buckets[12] != 1 || len(buckets) != 24 {
				t.Errorf("%d: %v", which, buckets)
			}
		}
		server.Close()
		if buckets := server.Histogram(KeyAges); buckets[12] != 0 {
			t.Error("a closed server tells something")
		}
	})
}

func TestRolesHaveNames(t *testing.T) {
	for role, name := range map[KeyRole]string{
		KeyNext: "next", KeyCurrent: "current", KeyRetiring: "retiring", 0: "none",
	} {
		if role.String() != name {
			t.Error(role)
		}
	}
}
