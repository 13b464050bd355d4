// SPDX-License-Identifier: Apache-2.0

//go:build cgo

package resume

import (
	"fmt"
	"io"
	"net/http"
	"sort"
	"strings"

	"github.com/libresume/libresume/bindings/go/internal/raw"
)

// metric is a family of samples, in the order in which they are written.
type metric struct {
	name, kind, help string
	samples          []string
}

func (m *metric) add(labels string, value any) {
	m.samples = append(m.samples, fmt.Sprintf("%s{%s} %v", m.name, labels, value))
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

// stored are the families of the server's store; none without one.
func (s *Server) stored(label string) []*metric {
	if s.store == nil {
		return nil
	}
	stats := s.store.Stats()
	numbers := []struct {
		name, kind, help string
		value            uint64
	}{
		{"entries", "gauge", "Sessions in the store.", stats.Entries},
		{"bytes", "gauge", "Bytes that they take.", stats.Bytes},
		{"hits_total", "counter", "Look-ups that found a session.", stats.Hits},
		{"misses_total", "counter", "Look-ups that found none.", stats.Misses},
		{"puts_total", "counter", "Sessions put.", stats.Puts},
		{"evictions_total", "counter", "Sessions that made room for others.", stats.Evictions},
		{"expired_total", "counter", "Sessions whose time was over.", stats.Expired},
		{"errors_total", "counter", "Calls that the backend failed.", stats.Errors},
	}
	var families []*metric
	for _, number := range numbers {
		family := &metric{name: "libresume_store_" + number.name, kind: number.kind, help: number.help}
		family.add(fmt.Sprintf("server=%q", label), number.value)
		families = append(families, family)
	}
	return families
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
		for _, family := range append(servers[label].outcomes(label), servers[label].stored(label)...) {
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
