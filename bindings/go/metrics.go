// SPDX-License-Identifier: Apache-2.0

//go:build cgo

package resume

import (
	"fmt"
	"io"
	"net/http"
	"sort"
	"strconv"
	"strings"

	"github.com/libresume/libresume/bindings/go/internal/clock"
	"github.com/libresume/libresume/bindings/go/internal/raw"
)

// metric is a family of samples, in the order in which they are written.
type metric struct {
	name, kind, help string
	samples          []string
}

func (m *metric) add(labels string, value any) { m.addTo("", labels, value) }

// addTo adds a sample whose name has something behind the family's.
func (m *metric) addTo(suffix, labels string, value any) {
	m.samples = append(m.samples, fmt.Sprintf("%s%s{%s} %v", m.name, suffix, labels, value))
}

func (m *metric) write(w io.Writer) error {
	if len(m.samples) == 0 {
		return nil
	}
	_, err := fmt.Fprintf(w, "# HELP %s %s\n# TYPE %s %s\n%s\n",
		m.name, m.help, m.name, m.kind, strings.Join(m.samples, "\n"))
	return err
}

// modeOf is a path's mode without its version, as the Python package's metrics name it.
func modeOf(path string) string {
	switch {
	case strings.HasSuffix(path, "_ticket"):
		return "ticket"
	case path == "none":
		return path
	default:
		return "session_id"
	}
}

// outcomes are the families that Stats fills.
func (s *Server) outcomes(label string) []*metric {
	handshakes := &metric{name: "libresume_handshakes_total", kind: "counter",
		help: "Handshakes by how they ended and why."}
	resumed := &metric{name: "libresume_resumed_total", kind: "counter",
		help: "Handshakes that resumed."}
	issues := &metric{name: "libresume_issues_total", kind: "counter",
		help: "Tickets and stored sessions, issued or not."}
	for path := Path(0); path < Path(raw.RESUME_PATH_COUNT); path++ {
		byPath := fmt.Sprintf("server=%q,path=%q,mode=%q", label, path, modeOf(path.String()))
		var back uint64
		for reason := Reason(0); reason < Reason(raw.Reason_count()); reason++ {
			n := s.Count(path, reason)
			if reason == Resumed || reason == Renewed {
				back += n
			}
			if n == 0 {
				continue
			}
			family := handshakes
			if strings.Contains(reason.String(), "issued") {
				family = issues
			}
			family.add(fmt.Sprintf("%s,reason=%q", byPath, reason), n)
		}
		if path != 0 {
			resumed.add(byPath, back)
		}
	}
	return []*metric{handshakes, resumed, issues}
}

// ages are the histograms. There is no sum of ages: the library counts buckets only.
func (s *Server) ages(label string) []*metric {
	families := []*metric{
		{name: "libresume_ticket_age_seconds", kind: "histogram",
			help: "Age of each session that resumed, since it was made or renewed."},
		{name: "libresume_ticket_key_age_seconds", kind: "histogram",
			help: "Age of the key of each ticket that opened, since the key began to seal."},
	}
	for i, which := range []Histogram{TicketAges, KeyAges} {
		buckets := s.Histogram(which)
		var below uint64
		for exponent, n := range buckets {
			below += n
			limit := fmt.Sprintf("%d.0", uint64(1)<<exponent)
			if exponent == len(buckets)-1 {
				limit = "+Inf"
			}
			families[i].addTo("_bucket", fmt.Sprintf("server=%q,le=%q", label, limit), below)
		}
	}
	return families
}

// keys are the families of the server's keyring; none without one.
func (s *Server) keys(label string) []*metric {
	if s.keyring == 0 || !s.h.use() {
		return nil
	}
	defer s.h.done()
	age := &metric{name: "libresume_key_age_seconds", kind: "gauge",
		help: "Since when a key seals; below zero for one that will."}
	ends := &metric{name: "libresume_key_opens_until_timestamp_seconds", kind: "gauge",
		help: "Unix time when a key no longer opens; none for a key without an end."}
	seals := &metric{name: "libresume_key_seals_total", kind: "counter",
		help: "Tickets sealed with a key."}
	for _, key := range keysOf(s.keyring) {
		byKey := fmt.Sprintf("server=%q,key=\"%x\"", label, key.Name)
		byRole := fmt.Sprintf("%s,role=%q", byKey, key.Role)
		age.add(byRole, inSeconds(clock.Now().Sub(key.SealFrom).Milliseconds()))
		if !key.OpenUntil.IsZero() {
			ends.add(byRole, inSeconds(key.OpenUntil.UnixMilli()))
		}
		seals.add(byKey, key.Seals)
	}
	return []*metric{age, ends, seals}
}

func inSeconds(ms int64) string { return strconv.FormatFloat(float64(ms)/1000, 'f', -1, 64) }

// storeNumbers are all that a store tells; those that end with _total only grow.
var storeNumbers = []struct {
	which      int
	name, help string
}{
	{raw.RESUME_STORE_ENTRIES, "entries", "Sessions now in the store."},
	{raw.RESUME_STORE_BYTES, "bytes", "Bytes that they take."},
	{raw.RESUME_STORE_CAPACITY_BYTES, "capacity_bytes", "Bytes that the store never exceeds."},
	{raw.RESUME_STORE_CAPACITY_ENTRIES, "capacity_entries", "Entries that the store never exceeds."},
	{raw.RESUME_STORE_HITS, "hits_total", "Look-ups that found something."},
	{raw.RESUME_STORE_MISSES, "misses_total", "Look-ups that did not, for whatever reason."},
	{raw.RESUME_STORE_PUTS, "puts_total", "Entries put or replaced."},
	{raw.RESUME_STORE_EVICTIONS, "evictions_total", "Entries that had to go to make room."},
	{raw.RESUME_STORE_EXPIRED, "expired_total", "Entries that went because their time was over."},
	{raw.RESUME_STORE_REMOVES, "removes_total", "Entries removed or taken."},
	{raw.RESUME_STORE_REFUSED, "refused_total", "Puts that were not stored."},
	{raw.RESUME_STORE_ERRORS, "errors_total", "Failures of the backend, and records it spoilt."},
	{raw.RESUME_STORE_QUEUED, "queued", "Puts that wait now to be sent."},
	{raw.RESUME_STORE_DROPPED, "dropped_total", "Puts that never got there."},
	{raw.RESUME_STORE_CONNECTIONS, "connections", "Connections now open to the backend."},
	{raw.RESUME_STORE_TIMEOUTS, "timeouts_total", "Calls that the deadline ended."},
	{raw.RESUME_STORE_UNREACHABLE, "unreachable_total", "Connections that could not be made."},
	{raw.RESUME_STORE_DISCONNECTS, "disconnects_total", "Connections that broke or carried garbage."},
	{raw.RESUME_STORE_SKIPPED, "skipped_total", "Calls that were not made because the breaker was open."},
	{raw.RESUME_STORE_BREAKER, "breakers_open", "Processes whose breaker is not closed."},
	{raw.RESUME_STORE_BREAKER_OPENS, "breaker_opens_total", "How often a breaker opened."},
	{raw.RESUME_STORE_REPLIES_DENIED, "replies_denied_total", "Error replies: wrong password, missing permission."},
	{raw.RESUME_STORE_REPLIES_MOVED, "replies_moved_total", "Error replies: ask another node of a cluster."},
	{raw.RESUME_STORE_REPLIES_READONLY, "replies_readonly_total", "Error replies: a replica."},
	{raw.RESUME_STORE_REPLIES_FULL, "replies_full_total", "Error replies: out of memory."},
	{raw.RESUME_STORE_REPLIES_BUSY, "replies_busy_total", "Error replies: loading, busy, without its master."},
	{raw.RESUME_STORE_REPLIES_OTHER, "replies_other_total", "Error replies: anything else."},
	{raw.RESUME_STORE_EMPTIED, "emptied_total", "Shards emptied: a writer died inside, or bytes were damaged."},
	{raw.RESUME_STORE_REPLACED, "replaced", "1 if the file that was there was replaced at opening."},
	{raw.RESUME_STORE_L1_HITS, "l1_hits_total", "Look-ups that the first level answered."},
	{raw.RESUME_STORE_L2_HITS, "l2_hits_total", "Look-ups that the second level answered."},
	{raw.RESUME_STORE_SHARED, "lookups_shared_total", "Look-ups that waited for an equal one."},
	{raw.RESUME_STORE_L1_ONLY, "l1_only_total", "Puts that only the first level has."},
}

// stored are the families of the server's store; none without one.
func (s *Server) stored(label string) []*metric {
	if s.store == nil || !s.store.h.use() {
		return nil
	}
	defer s.store.h.done()
	var families []*metric
	for _, number := range storeNumbers {
		family := &metric{name: "libresume_store_" + number.name, kind: "gauge", help: number.help}
		if strings.HasSuffix(number.name, "_total") {
			family.kind = "counter"
		}
		var value uint64
		if raw.Store_stats(s.store.raw(), number.which, &value) != statusOK {
			continue
		}
		if number.which == raw.RESUME_STORE_BREAKER && value > 1 {
			value = 1 // half open is not closed either
		}
		family.add(fmt.Sprintf("server=%q", label), value)
		families = append(families, family)
	}
	return families
}

func (s *Server) metrics(label string) []*metric {
	families := append(s.outcomes(label), s.ages(label)...)
	return append(append(families, s.keys(label)...), s.stored(label)...)
}

// WriteMetrics writes the numbers of servers in Prometheus's text format, under the names that the
// Python package uses too (docs/metrics.md). The key of the map is the label server.
func WriteMetrics(w io.Writer, servers map[string]*Server) error {
	labels := make([]string, 0, len(servers))
	for label := range servers {
		labels = append(labels, label)
	}
	sort.Strings(labels)
	var families []*metric
	known := map[string]*metric{}
	for _, label := range labels {
		for _, family := range servers[label].metrics(label) {
			if same := known[family.name]; same != nil {
				same.samples = append(same.samples, family.samples...)
				continue
			}
			known[family.name] = family
			families = append(families, family)
		}
	}
	for _, family := range families {
		if err := family.write(w); err != nil {
			return err
		}
	}
	return nil
}

// MetricsHandler answers scrapes of Prometheus. Serve it where only your own people come.
func MetricsHandler(servers map[string]*Server) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		// The only failure is a peer that has gone.
		_ = WriteMetrics(w, servers)
	})
}
