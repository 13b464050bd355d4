// SPDX-License-Identifier: Apache-2.0

//go:build cgo

package resume

import (
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestMetrics(t *testing.T) {
	keys, err := OpenKeyring("random:")
	if err != nil {
		t.Fatal(err)
	}
	store, err := OpenStore("memory:?bytes=1M")
	if err != nil {
		t.Fatal(err)
	}
	server, err := NewServer(ServerOptions{Keyring: keys, Store: store})
	if err != nil {
		t.Fatal(err)
	}
	for _, reason := range []Reason{Resumed, Renewed, NotOffered, Issued} {
		server.count(Path(3), int(reason), time.Second, time.Now())
	}
	answer := httptest.NewRecorder()
	MetricsHandler(map[string]*Server{"web": server, "mail": server}).ServeHTTP(answer, nil)
	text := answer.Body.String()
	for _, line := range []string{
		`libresume_handshakes_total{server="web",path="tls13_ticket",mode="ticket",reason="not_offered"} 1`,
		`libresume_resumed_total{server="mail",path="tls13_ticket",mode="ticket"} 2`,
		`libresume_issues_total{server="web",path="tls13_ticket",mode="ticket",reason="issued"} 1`,
		`libresume_store_entries{server="web"} 0`,
		`libresume_ticket_age_seconds_bucket{server="web",le="1.0"} 0`,
		`libresume_ticket_age_seconds_bucket{server="web",le="2.0"} 2`,
		`libresume_ticket_age_seconds_bucket{server="web",le="+Inf"} 2`,
		`libresume_ticket_key_age_seconds_bucket{server="mail",le="+Inf"} 0`,
		fmt.Sprintf(`libresume_key_seals_total{server="web",key="%x"} 0`, keys.Keys()[0].Name),
	} {
		if !strings.Contains(text, line+"\n") {
			t.Errorf("no %s in\n%s", line, text)
		}
	}
	told := map[string]bool{}
	for _, line := range strings.Split(text, "\n") {
		if name, is := strings.CutPrefix(line, "# TYPE "); is {
			told[strings.Fields(name)[0]] = true
		}
	}
	for _, name := range documented(t) {
		if !told[name] {
			t.Errorf("%s is documented, and not told", name)
		}
		delete(told, name)
	}
	if len(told) > 0 {
		t.Errorf("told, and not documented: %v", told)
	}
	if n := strings.Count(text, "# TYPE libresume_handshakes_total counter\n"); n != 1 {
		t.Errorf("%d heads of one family", n)
	}
	if answer.Header().Get("Content-Type")[:10] != "text/plain" {
		t.Error(answer.Header())
	}
	if err := WriteMetrics(brokenWriter{}, map[string]*Server{"web": server}); err == nil {
		t.Error("a writer that fails is not told of")
	}
}

// documented are the names that the Python package tells, too.
func documented(t *testing.T) []string {
	page, err := os.ReadFile("../../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, found := range regexp.MustCompile("(?m)^\\| `(libresume_\\w+)`").FindAllSubmatch(page, -1) {
		names = append(names, string(found[1]))
	}
	if len(names) < 40 {
		t.Fatalf("the page has %d names", len(names))
	}
	return names
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("gone") }
